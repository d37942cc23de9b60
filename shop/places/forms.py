"""Fields for phones and addresses, and the words of what they find."""

from functools import lru_cache
from typing import Any

from babel import Locale
from sqlalchemy.orm import Session
from wtforms import StringField
from wtforms.validators import StopValidation, ValidationError
from wtforms.widgets import TelInput

from shop.kernel.phones import Phone, WrongPhone, parse_phone, written
from shop.kernel.text import fold, one_line
from shop.places.queries import find_wards, provinces, units_version, ward, wards_of
from shop.places.rules.addresses import Address
from shop.places.rules.names import short_name
from shop.places.rules.search import WardHit, only_match
from shop.web.forms import Choice, Hidden, Line, Lines
from shop.web.words import _, language, lazy_, listing, ngettext

#: Old units that are named in full beside a ward; more are counted.
MOST_OLD_NAMES = 3


class PhoneField(StringField):
    """A phone in any writing. ``data`` is a ``Phone`` or None; what was typed stays shown.

    Args:
        need: the sentence when it is empty; None: it may be.
        hotlines: whether 1800 and 1900 numbers will do; couriers cannot call them.
    """

    widget = TelInput()

    def __init__(self, label: Any = None, *, need: Any = None, hotlines: bool = False,
                 country: str = "VN", **kwargs: Any) -> None:  # fmt: skip
        super().__init__(label, **kwargs)
        self.need, self.hotlines, self.country = need, hotlines, country
        self.required = need is not None

    def process_data(self, value: Phone | str | None) -> None:
        """Take a stored number, E.164 or a ``Phone``."""
        e164 = value.e164 if isinstance(value, Phone) else value
        self.text, self.wrong = written(e164) if e164 else "", None
        self.data = parse_phone(e164) if e164 else None

    def process_formdata(self, valuelist: list[str]) -> None:
        if not valuelist:
            return
        self.text, self.wrong, self.data = one_line(valuelist[0]), None, None
        if self.text:
            try:
                self.data = parse_phone(self.text, self.country)
            except WrongPhone as wrong:
                self.wrong = wrong

    def _value(self) -> str:
        return self.text

    def pre_validate(self, form: Any) -> None:
        if self.wrong is not None:
            raise StopValidation(phone_sentence(self.wrong))
        if self.data is None and self.need is not None:
            raise StopValidation(str(self.need))
        if self.data is not None and self.data.kind == "hotline" and not self.hotlines:
            raise StopValidation(
                _("Tổng đài %(typed)s không nhận cuộc gọi giao hàng. Anh/chị ghi số di động.",
                  typed=self.text)
            )  # fmt: skip

    @property
    def notice(self) -> str:
        """Return what to tell about a number of before 2018, or ""."""
        if self.data is None or not self.data.converted_from:
            return ""
        return _("Số %(old)s nay là %(new)s.", old=self.data.converted_from, new=self.data.display)


def phone_sentence(wrong: WrongPhone) -> str:
    """Return what is wrong with a number, and what to do."""
    if wrong.reason == "two":
        return _("Anh/chị ghi một số điện thoại thôi, số kia ghi vào lời nhắn.")
    if wrong.reason == "letters" or wrong.digits == 0:
        return _("Ô này chỉ ghi số điện thoại, ví dụ 0905 000 123.")
    if wrong.reason == "unknown":
        return _("Chưa gọi được số %(typed)s. Anh/chị xem lại giúp, ví dụ 0905 000 123; "
                 "số nước ngoài có dấu + ở đầu.", typed=wrong.text)  # fmt: skip
    if wrong.reason == "short":
        return _("Số %(typed)s mới có %(digits)s số. Anh/chị xem lại giúp, ví dụ 0905 000 123.",
                 typed=wrong.text, digits=wrong.digits)  # fmt: skip
    return _("Số %(typed)s có tới %(digits)s số. Anh/chị xem lại giúp, ví dụ 0905 000 123.",
             typed=wrong.text, digits=wrong.digits)  # fmt: skip


class AddressFields:
    """Where to send to; a form takes it in beside ``ShopForm`` and calls ``fill_places``.

    The ward comes from the list of what the search found, from the two selects, or
    from the words themselves when they can mean one place only. A form that does not need an
    address this time (pickup) sets ``address_needed = False`` before validating.
    """

    #: The search box, and the words for which the ward below was chosen.
    place = Line(lazy_("Xã, phường"))
    place_for = Hidden()
    place_pick = StringField()
    province = Choice(lazy_("Tỉnh, thành phố"), choices=[], validate_choice=False)
    ward = Choice(lazy_("Xã, phường trong tỉnh"), choices=[], validate_choice=False)
    line1 = Line(lazy_("Số nhà, đường hoặc thôn, gần đâu"), most=160)
    country = Choice(lazy_("Nước"), choices=[], validate_choice=False)
    foreign_lines = Lines(lazy_("Địa chỉ, ghi như trên thư"), most=300)
    postal_code = Line(lazy_("Mã bưu chính"), most=16)
    #: Pressed "Tìm" ("place") or "Chọn tỉnh" ("province"): show choices, order nothing.
    find = StringField()

    address_needed = True
    hits: list[WardHit] = []
    #: (code, name, full_name, province_code, province_name, region), or None.
    chosen: Any = None

    @property
    def is_asking(self) -> bool:
        """Tell whether a button of the address was pressed, not the one of the form."""
        return self.find.data in ("place", "province")

    @property
    def is_abroad(self) -> bool:
        return bool(self.country.data)

    @property
    def chosen_label(self) -> str:
        return f"{self.chosen.full_name}, {self.chosen.province_name}" if self.chosen else ""

    @property
    def place_options(self) -> list[dict[str, str]]:
        """Return what the search found, as rows of ``pick``."""
        return [{"value": h.ward_code, "label": h.label, "note": hit_note(h)} for h in self.hits]

    def validate_place(self, field: Line) -> None:
        if not self.address_needed or self.is_abroad or self.chosen is not None:
            return
        if self.hits:
            raise ValidationError(
                ngettext("Có %(num)s nơi có thể đúng. Anh/chị chọn nơi ấy ở dưới.",
                         "Có %(num)s nơi có thể đúng. Anh/chị chọn một nơi ở dưới.", len(self.hits))
            )  # fmt: skip
        if field.data and field.data != self.place_for.data:
            raise ValidationError(nothing_found(field.data))
        raise ValidationError(_("Anh/chị cho biết xã, phường nơi nhận."))

    def validate_line1(self, field: Line) -> None:
        if self.address_needed and not self.is_abroad and not field.data:
            raise ValidationError(_("Anh/chị ghi số nhà, đường hoặc thôn để người giao tìm được."))

    def validate_foreign_lines(self, field: Lines) -> None:
        if self.address_needed and self.is_abroad and len(field.data or "") < 8:
            raise ValidationError(
                _("Anh/chị ghi đủ địa chỉ ở nước ngoài: số nhà, đường, thành phố.")
            )

    def address(self) -> Address:
        """Return the address of a form that was filled and holds."""
        if self.is_abroad:
            return Address(
                country=self.country.data,
                foreign_lines=self.foreign_lines.data or "",
                postal_code=self.postal_code.data or "",
            )
        typed = self.place.data or ""
        return Address(
            province_code=self.chosen.province_code,
            ward_code=self.chosen.code,
            ward_name=self.chosen.full_name,
            province_name=self.chosen.province_name,
            line1=self.line1.data or "",
            legacy_text="" if fold(typed) == fold(self.chosen_label) else typed,
            units_version=self.units_version,
        )

    units_version = ""


def fill_places(form: Any, session: Session) -> None:
    """Give a form with ``AddressFields`` its lists, and find the ward that was meant.

    Called on every GET and POST before validating. Afterwards ``form.chosen`` is the ward
    or None, ``form.hits`` what to choose from.
    """
    form.units_version = units_version(session)
    form.country.choices = [("", _("Ở Việt Nam")), *countries(language())]
    if form.country.data not in dict(form.country.choices):
        form.country.data = ""
    form.chosen = _chosen(form, session)
    if form.chosen is not None:
        form.province.data, form.ward.data = form.chosen.province_code, form.chosen.code
        form.place.data = form.place.data or form.chosen_label
    else:
        form.ward.data = ""
    form.place_for.data = form.place.data
    named = [(row.code, row.name) for row in provinces(session)]
    form.province.choices = [("", _("Chọn tỉnh, thành phố")), *named]
    wards = wards_of(session, form.province.data) if form.province.data else ()
    form.ward.choices = [
        ("", _("Chọn xã, phường")),
        *((row.code, ward_option(row)) for row in wards),
    ]


def _chosen(form: Any, session: Session) -> Any:
    """Return the ward that the search, its list or the selects name; sets ``form.hits``."""
    picked = ward(session, form.place_pick.data or "") if form.place_pick.data else None
    if picked is not None:
        return picked
    selected = ward(session, form.ward.data) if form.ward.data else None
    if selected is not None and form.province.data not in ("", None, selected.province_code):
        selected = None  # Another province was chosen; its wards come with the next page.
    text = form.place.data or ""
    if not text or (text == form.place_for.data and form.find.data != "place"):
        return selected
    hits = find_wards(session, text)
    if selected is not None and (not hits or selected.code in {h.ward_code for h in hits}):
        return selected
    one = only_match(hits) if selected is None else None
    if one is None:
        form.hits = hits
        return None
    return ward(session, one.ward_code)


def address_data(address: Address) -> dict[str, str]:
    """Return a stored address as ``data=`` of a form with ``AddressFields``."""
    label = f"{address.ward_name}, {address.province_name}" if address.ward_code else ""
    place = address.legacy_text or label
    return {
        "place": place,
        "place_for": place,
        "province": address.province_code,
        "ward": address.ward_code,
        "line1": ", ".join(part for part in (address.line1, address.hamlet) if part),
        "country": "" if address.country == "VN" else address.country,
        "foreign_lines": address.foreign_lines,
        "postal_code": address.postal_code,
    }


def hit_note(hit: WardHit) -> str:
    """Return the old names of a found ward, the typed one first: "gồm Phước Ninh, … cũ"."""
    if hit.old_name and hit.split:
        return _("Một phần %(name)s cũ, %(district)s, %(province)s. Anh/chị xem giấy tờ hoặc hỏi thôn.",
                 name=hit.old_name, district=hit.old_district, province=hit.old_province)  # fmt: skip
    names = [_short(name) for name in hit.made_of if name not in (hit.old_name, hit.ward_name)]
    if hit.old_name:
        district = hit.old_district[:1].lower() + hit.old_district[1:]
        names = [f"{_short(hit.old_name)} ({district})", *names]
    if not names:
        return ""
    more = len(names) - MOST_OLD_NAMES
    shown = names[:MOST_OLD_NAMES] if more > 1 else names
    if more > 1:
        shown = [*shown, ngettext("%(num)s nơi khác", "%(num)s nơi khác", more)]
    return _("Gồm %(names)s cũ", names=listing(shown))


def _short(name: str) -> str:
    """Return "Phước Ninh", but "Phường 5" where the name is a number."""
    short = short_name(name)
    return name if short.isdigit() else short


def hit_text(hit: WardHit) -> str:
    """Return what the search box shows of a chosen ward; the old name stays for the driver."""
    if not hit.old_name:
        return hit.label
    return _("%(label)s (%(name)s cũ)", label=hit.label, name=hit.old_name)


def nothing_found(text: str) -> str:
    return _("Chưa thấy nơi nào tên “%(typed)s”. Anh/chị gõ tên xã, phường, cũ hay mới đều được, "
             "hoặc chọn trong danh sách tỉnh.", typed=text)  # fmt: skip


def ward_option(row: Any) -> str:
    """Return "Quế Phước (xã)": the name first, so that typing its letters finds it in a list."""
    kind = row.full_name.removesuffix(row.name).strip().lower()
    return f"{row.name} ({kind})"


@lru_cache(maxsize=2)
def countries(spoken: str) -> list[tuple[str, str]]:
    """Return (two letters, name) of every country but Vietnam, by name."""
    apart = {"VN", "ZZ", "EU", "EZ", "UN", "QO", "XA", "XB"}
    names = Locale(spoken).territories.items()
    known = [(c, n) for c, n in names if len(c) == 2 and c.isalpha() and c not in apart]
    return sorted(known, key=lambda country: fold(country[1]))
