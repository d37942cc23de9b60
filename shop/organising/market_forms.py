"""Forms of markets at the officers' desk."""

from datetime import date, datetime
from typing import Any

from wtforms import BooleanField
from wtforms.validators import ValidationError

from shop.accounts.forms import PhoneLine
from shop.kernel.clock import VIETNAM
from shop.markets.rules.calendar import SeriesRule, read_rule
from shop.markets.rules.sessions import times_wrong
from shop.organising.forms import Clock
from shop.web.forms import Choice, Day, Dong, Hidden, Line, Lines, ShopForm, Whole
from shop.web.words import _, lazy_

WEEKDAYS = {
    1: lazy_("Thứ Hai"), 2: lazy_("Thứ Ba"), 3: lazy_("Thứ Tư"), 4: lazy_("Thứ Năm"),
    5: lazy_("Thứ Sáu"), 6: lazy_("Thứ Bảy"), 7: lazy_("Chủ nhật"),
}  # fmt: skip
SHIFT_WORDS = {
    "earlier": lazy_("Họp sớm hơn, ngày trước lễ"),
    "later": lazy_("Họp muộn hơn, ngày sau lễ"),
    "none": lazy_("Vẫn họp ngày ấy"),
}
_BAD_VND = lazy_("Số tiền chưa đúng. Ghi số, ví dụ 95.000 hoặc 95k.")


class SeriesForm(ShopForm):
    """A market that comes again: by week day or by lunar days."""

    organisation = Choice(lazy_("Đơn vị mở chợ"), choices=[])
    title_vi = Line(lazy_("Tên chợ"), need=lazy_("Chị ghi tên chợ."), most=120)
    title_en = Line(lazy_("Tên chợ (tiếng Anh)"), most=120)
    weekday = Choice(lazy_("Họp thứ mấy"), choices=[])
    lunar = Line(lazy_("Ngày âm lịch"), most=20)
    shift = Choice(lazy_("Trúng ngày lễ, Tết"), choices=list(SHIFT_WORDS.items()))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.weekday.choices = [
            *((str(day), words) for day, words in WEEKDAYS.items()),
            ("0", lazy_("Theo ngày âm lịch")),
        ]

    def validate_lunar(self, field: Line) -> None:
        if self.weekday.data == "0" and self.rule is None:
            raise ValidationError(_("Ghi ngày âm lịch cách nhau bằng dấu phẩy, ví dụ 14, 30."))

    @property
    def rule(self) -> SeriesRule | None:
        if self.weekday.data != "0":
            return SeriesRule(weekday=int(self.weekday.data))
        return read_rule("lunar:" + (self.lunar.data or "").replace(" ", ""))


class SessionForm(ShopForm):
    """One market: when orders are taken, when it is held, how much it can carry."""

    series = Choice(lazy_("Thuộc chợ nào"), choices=[])
    title_vi = Line(lazy_("Tên phiên"), need=lazy_("Chị ghi tên phiên chợ."), most=120)
    title_en = Line(lazy_("Tên phiên (tiếng Anh)"), most=120)
    opens_on = Day(lazy_("Mở đơn ngày"), need=lazy_("Chị ghi ngày mở đơn."), ahead=True)
    opens = Clock(lazy_("Mở đơn lúc"), need=lazy_("Chị ghi giờ mở đơn."))
    closes_on = Day(lazy_("Chốt đơn ngày"), need=lazy_("Chị ghi ngày chốt đơn."), ahead=True)
    closes = Clock(lazy_("Chốt đơn lúc"), need=lazy_("Chị ghi giờ chốt đơn."))
    on = Day(lazy_("Họp chợ ngày"), need=lazy_("Chị ghi ngày họp chợ."), ahead=True)
    starts = Clock(lazy_("Nhận hàng từ"), need=lazy_("Chị ghi giờ bắt đầu nhận hàng."))
    ends = Clock(lazy_("Nhận hàng đến"), need=lazy_("Chị ghi giờ tan chợ."))
    max_orders = Whole(lazy_("Nhiều nhất bao nhiêu đơn"), least=1, most=99_999)
    max_amount = Dong(
        lazy_("Nhiều nhất bao nhiêu tiền"), least=1_000, most=100_000_000_000, wrong=_BAD_VND
    )
    collects = BooleanField(lazy_("Hội thu tiền rồi trả lại từng chị"))
    note_vi = Lines(lazy_("Lời dặn"), most=600)
    note_en = Lines(lazy_("Lời dặn (tiếng Anh)"), most=600)

    def validate_ends(self, field: Clock) -> None:
        if not all(one.data for one in (self.opens_on, self.opens, self.closes_on, self.closes,
                                        self.on, self.starts, self.ends)):  # fmt: skip
            return
        words = {
            "closes": _("Giờ chốt đơn phải sau giờ mở đơn, cách nhau không quá 60 ngày."),
            "hand_over": _("Ngày họp chợ phải sau giờ chốt đơn."),
            "ends": _("Giờ tan chợ phải sau giờ bắt đầu nhận hàng."),
        }
        said = self.said
        wrong = times_wrong(
            said["opens_at"], said["closes_at"], said["hand_over_at"], said["ends_at"]
        )
        if wrong is not None:
            raise ValidationError(words[wrong])

    @property
    def said(self) -> dict[str, Any]:
        """Return the columns of a session; only of a form whose times are all there."""

        def at(on: date, clock: Any) -> datetime:
            return datetime.combine(on, clock, VIETNAM)

        return {
            "title_vi": self.title_vi.data, "title_en": self.title_en.data,
            "note_vi": self.note_vi.data, "note_en": self.note_en.data,
            "opens_at": at(self.opens_on.data, self.opens.data),
            "closes_at": at(self.closes_on.data, self.closes.data),
            "hand_over_at": at(self.on.data, self.starts.data),
            "ends_at": at(self.on.data, self.ends.data),
            "max_orders": self.max_orders.data, "max_amount_vnd": self.max_amount.data,
            "collects": bool(self.collects.data),
        }  # fmt: skip


class PickupForm(ShopForm):
    """A place and a time at which buyers collect."""

    name_vi = Line(lazy_("Điểm nhận"), need=lazy_("Chị ghi tên điểm nhận."), most=120)
    name_en = Line(lazy_("Điểm nhận (tiếng Anh)"), most=120)
    address_vi = Line(lazy_("Địa chỉ"), most=200)
    address_en = Line(lazy_("Địa chỉ (tiếng Anh)"), most=200)
    starts = Clock(lazy_("Từ"), need=lazy_("Chị ghi giờ bắt đầu."))
    ends = Clock(lazy_("Đến"), need=lazy_("Chị ghi giờ kết thúc."))
    max_orders = Whole(lazy_("Nhận nhiều nhất bao nhiêu đơn"), least=1, most=99_999)

    def validate_ends(self, field: Clock) -> None:
        if field.data and self.starts.data and field.data <= self.starts.data:
            raise ValidationError(_("Giờ kết thúc phải sau giờ bắt đầu."))


class CancelSessionForm(ShopForm):
    reason = Line(lazy_("Vì sao"), need=lazy_("Chị ghi lý do."), most=300)


class PhoneOrderForm(ShopForm):
    """An order of somebody who rings: who, where she collects, how she pays. Goods are beside it."""

    beside = r"n\d+"

    name = Line(lazy_("Họ và tên"), need=lazy_("Chị ghi họ tên người đặt."), most=80)
    phone = PhoneLine(lazy_("Số điện thoại"), need=lazy_("Chị ghi số điện thoại."))
    pickup = Choice(lazy_("Nhận ở đâu, lúc nào"), choices=[])
    method = Choice(
        lazy_("Trả tiền"),
        choices=[("cod", lazy_("Tiền mặt lúc nhận")), ("transfer", lazy_("Chuyển khoản trước"))],
    )
    attempt = Hidden()
