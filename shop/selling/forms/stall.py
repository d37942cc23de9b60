"""Forms of the stall itself: its words, its delivery fees, its places, its bank account."""

from typing import Any

from wtforms import FormField
from wtforms.validators import ValidationError

from shop.kernel.phones import read_phone
from shop.sellers.queries import banks
from shop.sellers.rules import account_number
from shop.shipping.rules import Rate, Tariff, Zone
from shop.web.forms import Choice, Day, Dong, Grams, Hidden, Line, Lines, ShopForm, Whole
from shop.web.words import lazy_

#: Zones that a seller sets a fee for; abroad is always asked.
ZONES: tuple[tuple[Zone, Any], ...] = (
    (Zone.COMMUNE, lazy_("Cùng xã, phường")),
    (Zone.PROVINCE, lazy_("Cùng tỉnh, thành phố")),
    (Zone.REGION, lazy_("Cùng miền")),
    (Zone.COUNTRY, lazy_("Các tỉnh khác")),
)


class AwayForm(ShopForm):
    """Until when she has a holiday."""

    until = Day(lazy_("Nghỉ tới hết ngày"), need=lazy_("Chị ghi ngày nghỉ cuối cùng."))


class StallForm(ShopForm):
    """What a stall says about itself. Names are those of ``sellers.actions.EDITABLE``."""

    da_xem = Hidden()
    person = Line(lazy_("Người bán"), need=lazy_("Chị ghi tên người bán."), most=120)
    phone = Line(
        lazy_("Số điện thoại khách gọi"), need=lazy_("Chị ghi số điện thoại để khách gọi."), most=40
    )
    hamlet_vi = Line(lazy_("Thôn, xóm"), most=120)
    since_year = Whole(
        lazy_("Làm từ năm nào?"), least=1900, most=2100, wrong=lazy_("Chị ghi năm, ví dụ 2015.")
    )
    sentence_vi = Line(lazy_("Một câu của chị"), most=300)
    story_vi = Lines(lazy_("Chuyện của gian hàng"), most=6000)
    dispatch_vi = Lines(lazy_("Chị gửi hàng thế nào?"), most=2000)
    returns_vi = Lines(lazy_("Đổi trả thế nào?"), most=2000)
    lead_days_min = Whole(
        lazy_("Gửi hàng sau ít nhất mấy ngày?"), least=0, most=60, need=lazy_("Chị ghi số ngày.")
    )
    lead_days_max = Whole(
        lazy_("Và nhiều nhất mấy ngày?"), least=0, most=90, need=lazy_("Chị ghi số ngày.")
    )
    name_en = Line(lazy_("Tên gian hàng bằng tiếng Anh"), most=120)
    hamlet_en = Line(lazy_("Thôn, xóm bằng tiếng Anh"), most=120)
    sentence_en = Line(lazy_("Một câu bằng tiếng Anh"), most=300)
    story_en = Lines(lazy_("Chuyện bằng tiếng Anh"), most=6000)
    dispatch_en = Lines(lazy_("Cách gửi hàng bằng tiếng Anh"), most=2000)
    returns_en = Lines(lazy_("Cách đổi trả bằng tiếng Anh"), most=2000)

    def validate_phone(self, field: Any) -> None:
        if read_phone(field.data or "") is None:
            raise ValidationError(str(lazy_("Số điện thoại chưa đúng. Chị xem lại giúp.")))

    def validate_lead_days_max(self, field: Any) -> None:
        least = self.lead_days_min.data
        if field.data is not None and least is not None and field.data < least:
            raise ValidationError(str(lazy_("Số ngày nhiều nhất phải bằng hoặc hơn ít nhất.")))

    @property
    def changes(self) -> dict[str, Any]:
        values = {name: value for name, value in self.data.items() if name != "da_xem"}
        phone = read_phone(self.phone.data or "")
        values["phone"] = phone.e164 if phone else ""
        values["name_en"] = values["name_en"] or None
        return {name: value for name, value in values.items() if name != "name_en" or value}


class VoiceForm(ShopForm):
    """What a maker says in her recording; the recording itself is a file beside it."""

    voice_vi = Lines(lazy_("Lời chị nói"), most=3000)
    voice_en = Lines(lazy_("Lời ấy bằng tiếng Anh"), most=3000)


class RateForm(ShopForm):
    """The fee for one zone; all empty means that buyers there ask first."""

    first_g = Grams(lazy_("Bước đầu (gam)"), least=1, most=1_000_000)
    first_vnd = Dong(lazy_("Giá bước đầu"), least=0, most=5_000_000)
    step_g = Grams(lazy_("Mỗi bước sau (gam)"), least=1, most=1_000_000)
    step_vnd = Dong(lazy_("Giá mỗi bước sau"), least=0, most=5_000_000)
    max_g = Grams(lazy_("Nặng nhất (gam)"), least=1, most=1_000_000)
    days_min = Whole(lazy_("Đi ít nhất mấy ngày"), least=0, most=60)
    days_max = Whole(lazy_("Nhiều nhất mấy ngày"), least=0, most=90)

    def validate(self, extra_validators: Any = None) -> bool:
        fine = super().validate(extra_validators)
        given = [
            field
            for field in self
            if field.data is not None or field.raw_data not in ([], [""], None)
        ]
        typed = [field for field in given if getattr(field, "text", "")]
        if not typed:
            return fine
        for field in self:
            if not getattr(field, "text", "") and not field.errors:
                field.errors = [str(lazy_("Chị điền đủ cả hàng này, hoặc xoá trống cả hàng."))]
                fine = False
        if fine and self.max_g.data < self.first_g.data:
            self.max_g.errors = [str(lazy_("Nặng nhất phải bằng hoặc hơn bước đầu."))]
            return False
        if fine and self.days_max.data < self.days_min.data:
            self.days_max.errors = [str(lazy_("Số ngày nhiều nhất phải bằng hoặc hơn ít nhất."))]
            return False
        return fine

    @property
    def rate(self) -> Rate | None:
        if self.first_g.data is None:
            return None
        return Rate(**{field.short_name: field.data for field in self})


class TariffForm(ShopForm):
    """A stall's delivery fees from a day on."""

    commune = FormField(RateForm)
    province = FormField(RateForm)
    region = FormField(RateForm)
    country = FormField(RateForm)
    free_from_vnd = Dong(lazy_("Miễn phí giao cho đơn từ"), least=1_000, most=500_000_000)
    volume_divisor = Choice(
        lazy_("Hàng cồng kềnh: dài × rộng × cao (cm) chia cho"),
        choices=[("6000", "6.000"), ("5000", "5.000"), ("4000", "4.000"), ("3000", "3.000")],
        default="6000",
    )
    valid_from = Day(lazy_("Áp dụng từ ngày"), need=lazy_("Chị ghi ngày bắt đầu."), ahead=True)
    source_note = Line(lazy_("Lấy theo bảng giá nào?"), most=200)

    @property
    def wrong(self) -> list[tuple[str, str]]:
        """Every fault as (id of its input, sentence with the names of zone and field)."""
        zones = {zone.value: f"{words}, " for zone, words in ZONES}
        return [
            (each.id, f"{zones.get(field.short_name, '')}{each.label.text}: {each.errors[0]}")
            for field in self
            for each in (field.form if isinstance(field, FormField) else [field])
            if each.errors
        ]

    @property
    def tariff(self) -> Tariff:
        rates = {zone: getattr(self, zone.value).form.rate for zone, _ in ZONES}
        return Tariff(
            {zone: rate for zone, rate in rates.items() if rate is not None},
            int(self.volume_divisor.data),
            self.free_from_vnd.data,
        )

    @classmethod
    def of(cls, tariff: Tariff, **more: Any) -> "TariffForm":
        """Return the form filled with a tariff as it stands."""
        filled: dict[str, Any] = {
            zone.value: {
                name: getattr(tariff.rates[zone], name)
                for name in (
                    "first_g", "first_vnd", "step_g", "step_vnd", "max_g", "days_min", "days_max",
                )
            }
            for zone, _ in ZONES
            if zone in tariff.rates
        }  # fmt: skip
        return cls(
            data={
                **filled,
                "free_from_vnd": tariff.free_from_vnd,
                "volume_divisor": str(tariff.volume_divisor),
                **more,
            }
        )


class PickupPointForm(ShopForm):
    """A place where buyers collect. Empty English repeats the Vietnamese."""

    name_vi = Line(lazy_("Tên điểm lấy hàng"), need=lazy_("Chị ghi tên điểm."), most=120)
    address_vi = Line(lazy_("Ở đâu?"), need=lazy_("Chị ghi địa chỉ để khách tìm tới."), most=200)
    hours_vi = Line(lazy_("Giờ nào lấy được?"), need=lazy_("Chị ghi ngày giờ lấy hàng."), most=120)
    name_en = Line(lazy_("Tên điểm bằng tiếng Anh"), most=120)
    address_en = Line(lazy_("Địa chỉ bằng tiếng Anh"), most=200)
    hours_en = Line(lazy_("Giờ lấy bằng tiếng Anh"), most=120)

    @property
    def words(self) -> dict[str, str]:
        said = {name: value or "" for name, value in self.data.items()}
        for name in ("name", "address", "hours"):
            said[f"{name}_en"] = said[f"{name}_en"] or said[f"{name}_vi"]
        return said


class BankForm(ShopForm):
    """The account that buyers' transfers go to."""

    bank_bin = Choice(lazy_("Ngân hàng"), default="")
    number = Line(lazy_("Số tài khoản"), need=lazy_("Chị ghi số tài khoản."), most=40)
    holder = Line(
        lazy_("Tên chủ tài khoản"),
        need=lazy_("Chị ghi tên in trên thẻ hoặc trong ứng dụng."),
        most=80,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = sorted(banks().values(), key=lambda bank: bank.short_name)
        self.bank_bin.choices = [
            ("", lazy_("Chọn ngân hàng")),
            *(
                (bank.bin, f"{bank.short_name} · {bank.name}")
                for bank in known
                if bank.receives_vietqr
            ),
        ]

    def validate_bank_bin(self, field: Any) -> None:
        if not field.data:
            raise ValidationError(str(lazy_("Chị chọn ngân hàng.")))

    def validate_number(self, field: Any) -> None:
        if field.data and account_number(field.data) is None:
            raise ValidationError(
                str(lazy_("Số tài khoản có từ 4 đến 19 chữ số. Chị xem lại giúp."))
            )
