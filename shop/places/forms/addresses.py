"""Fields for an address: a ward by any name, a street, or another country."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy.orm import Session
from wtforms import StringField
from wtforms.validators import ValidationError
from wtforms.widgets import HiddenInput

from shop.kernel.text import fold
from shop.places.forms.words import (
    BESIDE_OLD,
    COUNTRY_CODES,
    ELSEWHERE,
    countries,
    hit_note,
    nothing_found,
    provinces_found,
    ward_option,
)
from shop.places.queries import Units, find_provinces, find_wards, units
from shop.places.rules.addresses import Address
from shop.places.rules.search import ProvinceHit, WardHit, only_match
from shop.web.forms import Choice, Hidden, Line, Lines, Options, options
from shop.web.words import _, language, lazy_, ngettext


class AddressFields:
    """Where to send to; a form takes it in beside ``ShopForm`` and calls ``fill_places``.

    The ward comes from the list of what the search found, from the two selects, or
    from the words themselves when they can mean one place only. A form that does not need an
    address this time (pickup) sets ``address_needed = False`` before validating. Names of
    fields that stand above the address on the page go into ``above_address``, so that the
    error summary keeps their order.
    """

    #: The search box, and the words for which the ward below was chosen.
    place = Line(lazy_("Xã, phường"))
    place_for = Hidden()
    place_pick = StringField()
    #: Set by the script: the old name that led to the ward.
    place_old = Line(most=160, widget=HiddenInput())
    province = Choice(lazy_("Tỉnh, thành phố"), choices=[], validate_choice=False)
    ward = Choice(lazy_("Xã, phường trong tỉnh"), choices=[], validate_choice=False)
    line1 = Line(lazy_("Số nhà, đường hoặc thôn, gần đâu"), most=160)
    country = Choice(lazy_("Nước"), choices=[], validate_choice=False)
    foreign_lines = Lines(lazy_("Địa chỉ, ghi như trên thư"), most=300)
    postal_code = Line(lazy_("Mã bưu chính"), most=16)
    #: Pressed "Tìm" ("place") or "Chọn tỉnh" ("province"): show choices, order nothing.
    find = StringField()

    #: What is said when a part is missing.
    ward_missing = lazy_("Anh/chị cho biết xã, phường nơi nhận.")
    line_missing = lazy_("Anh/chị ghi số nhà, đường hoặc thôn để người giao tìm được.")
    above_address: tuple[str, ...] = ()
    address_needed = True
    units_version = ""
    hits: Sequence[WardHit] = ()
    #: What provinces the search names, when it says no more than that.
    provinces: Sequence[ProvinceHit] = ()
    #: "" chosen or empty, "unknown" name, "many" hits, no more than a "province", "moved" to
    #: another province.
    place_state = ""
    #: (code, name, full_name, province_code, province_name, region), or None.
    chosen: Any = None
    #: The ward as it was called before, when it was asked for so, and its district then.
    old_place = old_district = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in reversed(self.above_address):
            self._fields.move_to_end(name, last=False)  # type: ignore[attr-defined]

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

    @property
    def provinces_found(self) -> str:
        """Return what to do after a search that named a province, or ""."""
        return provinces_found(self.provinces) if self.provinces else ""

    @property
    def typed_place(self) -> str:
        """Return what the ward was asked for by, "" when it is the ward's own name."""
        typed = self.place_old.data or self.place.data or ""
        label = self.chosen_label
        return "" if typed == label or fold(typed) == fold(label) else typed

    def validate_place(self, field: Line) -> None:
        if not self.address_needed or self.is_abroad or self.chosen is not None:
            return
        if self.place_state == "many":
            raise ValidationError(
                ngettext("Có %(num)s nơi có thể đúng. Anh/chị chọn nơi ấy ở dưới.",
                         "Có %(num)s nơi có thể đúng. Anh/chị chọn một nơi ở dưới.", len(self.hits))
            )  # fmt: skip
        if self.place_state == "province":
            raise ValidationError(self.provinces_found)
        if self.place_state == "unknown":
            raise ValidationError(nothing_found(field.data or ""))
        if self.place_state == "moved":
            raise ValidationError(_("Anh/chị chọn xã, phường trong tỉnh vừa đổi."))
        raise ValidationError(str(self.ward_missing))

    def validate_line1(self, field: Line) -> None:
        if self.address_needed and not self.is_abroad and not field.data:
            raise ValidationError(str(self.line_missing))

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
        return Address(
            province_code=self.chosen.province_code,
            ward_code=self.chosen.code,
            ward_name=self.chosen.full_name,
            province_name=self.chosen.province_name,
            line1=self.line1.data or "",
            legacy_text=self.typed_place,
            units_version=self.units_version,
        )


class SentFromFields(AddressFields):
    """Where a stall's goods are sent from."""

    ward_missing = lazy_("Chị cho biết xã, phường nơi hàng gửi đi.")
    line_missing = lazy_("Chị ghi số nhà, đường hoặc thôn để hãng tới lấy hàng.")


def fill_places(form: Any, session: Session) -> None:
    """Give a form with ``AddressFields`` its lists, and find the ward that was meant.

    Called on every GET and POST before validating. Afterwards ``form.chosen`` is the ward
    or None, ``form.hits`` what to choose from.
    """
    known = units(session)
    form.units_version = known.version
    form.country.choices = _country_choices(language())
    if form.country.data not in COUNTRY_CODES:
        form.country.data = ""
    form.chosen = _chosen(form, session, known)
    if form.chosen is not None:
        form.province.data, form.ward.data = form.chosen.province_code, form.chosen.code
        form.old_place, form.old_district = _called_before(form, session, known)
        form.place.data = form.place.data or form.chosen_label
    form.place_for.data = form.place.data
    form.province.choices = _province_choices(known, language())
    form.ward.choices = _ward_choices(known, form.province.data or "", language())


def _called_before(form: Any, session: Session, known: Units) -> tuple[str, str]:
    """Return the old names of the ward and its district, if it was asked for by them.

    Words that mean other wards or a province, and not this one, are of before she chose it from the lists:
    they are forgotten, or the driver would read them on the label.
    """
    named = [
        said for typed in (form.place_old.data, form.place.data) if (said := _said(form, typed))
    ]
    found = [(said, find_wards(session, said)) for said in named]
    if any(
        form.chosen.code not in {h.ward_code for h in hits}
        and (hits or find_provinces(known, said))
        for said, hits in found
    ) or (not named and find_provinces(known, form.place.data or "")):
        _forget_words(form)
        return "", ""
    for said, hits in found[:1]:
        for hit in hits:
            if hit.old_district and hit.ward_code == form.chosen.code:
                return ", ".join(x for x in (hit.old_name, hit.old_district) if x), hit.old_district
        return ("", "") if hits else (said, "")
    return "", ""


def _said(form: Any, typed: str | None) -> str:
    """Return what words say beside the ward's own name: "xã Phước Ninh", "" for nothing."""
    said = typed or ""
    if not said:
        return ""
    if said.startswith(form.chosen_label):
        said = said.rpartition("(")[2].rstrip(")")
    said = BESIDE_OLD.sub("", said).strip()
    return said if set(fold(said).split()) - set(fold(form.chosen_label).split()) else ""


def _forget_words(form: Any) -> None:
    """Empty the search, as the script does when she goes on with the lists."""
    form.place.data = form.place_old.data = ""


# The lists of one release in both languages: put together once, not with every page.


@lru_cache(maxsize=2)
def _country_choices(spoken: str) -> Options:
    other = _("Nước khác, ghi tên nước trong địa chỉ")
    return _choices(("", _("Ở Việt Nam")), *countries(spoken), (ELSEWHERE, other))


@lru_cache(maxsize=2)
def _province_choices(known: Units, spoken: str) -> Options:
    named = ((row.code, row.name) for row in known.provinces)
    return _choices(("", _("Chọn tỉnh, thành phố")), *named)


@lru_cache(maxsize=80)
def _ward_choices(known: Units, province_code: str, spoken: str) -> Options:
    named = ((row.code, ward_option(row)) for row in known.by_province.get(province_code, ()))
    return _choices(("", _("Chọn xã, phường")), *named)


def _choices(*pairs: tuple[str, str]) -> Options:
    return Options(options(pairs) or ())


def _chosen(form: Any, session: Session, known: Units) -> Any:
    """Return the ward that is meant, or None. Sets ``form.hits`` and ``form.place_state``."""
    text, pressed = form.place.data or "", form.find.data
    is_new = text != (form.place_for.data or "")
    if form.place_pick.data and not is_new and not form.is_asking:
        picked = known.wards.get(form.place_pick.data)
        if picked is not None:
            return picked
    selected = known.wards.get(form.ward.data)
    moved = selected is not None and form.province.data not in ("", None, selected.province_code)
    if moved and not is_new and pressed != "place":
        form.place_state = "moved"  # Its wards come with the next page.
        _forget_words(form)
        return None
    if pressed == "province" or not text or (selected is not None and not is_new and not pressed):
        return None if moved else selected
    hits = find_wards(session, text)
    if selected is not None and not pressed and selected.code in {h.ward_code for h in hits}:
        return selected
    provinces = find_provinces(known, text)
    one = only_match(hits) if not provinces else None  # "Bắc Giang" is a ward of today, too.
    if one is not None and (pressed or selected is None):
        return known.wards.get(one.ward_code)
    form.hits, form.provinces = hits, provinces
    form.place_state = "many" if hits else "province" if provinces else "unknown"
    if (is_new or pressed) and len({hit.code for hit in provinces}) == 1:
        form.province.data, form.ward.data = provinces[0].code, ""
    return None


def address_data(address: Address) -> dict[str, str]:
    """Return a stored address as ``data=`` of a form with ``AddressFields``."""
    label = f"{address.ward_name}, {address.province_name}" if address.ward_code else ""
    return {
        "place": label,
        "place_for": label,
        "place_old": address.legacy_text,
        "province": address.province_code,
        "ward": address.ward_code,
        "line1": ", ".join(part for part in (address.line1, address.hamlet) if part),
        "country": "" if address.country == "VN" else address.country,
        "foreign_lines": address.foreign_lines,
        "postal_code": address.postal_code,
    }
