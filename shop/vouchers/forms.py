"""What somebody types to make a voucher, in words a seller knows."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from wtforms import BooleanField
from wtforms.validators import ValidationError

from shop.kernel.clock import VIETNAM
from shop.vouchers.rules import MOST_OFF_VND
from shop.web.forms import Choice, Day, Dong, Line, ShopForm, Whole
from shop.web.words import _, lazy_

KIND_WORDS = {
    "amount": lazy_("Bớt một số tiền"),
    "percent": lazy_("Bớt theo phần trăm"),
    "delivery": lazy_("Bớt phí giao"),
}
_WRONG = lazy_("Số tiền chưa đúng. Chị ghi số, ví dụ 20.000 hoặc 20k.")


class VoucherForm(ShopForm):
    """A new voucher. Empty limits are no limits."""

    code = Line(lazy_("Mã khách gõ"), most=24)
    name_vi = Line(lazy_("Tên khuyến mãi"), need=lazy_("Chị ghi tên khuyến mãi."), most=120)
    name_en = Line(lazy_("Tên tiếng Anh"), most=120)
    kind = Choice(lazy_("Bớt cách nào"), choices=list(KIND_WORDS.items()), default="amount")
    percent = Whole(lazy_("Bao nhiêu phần trăm"), least=1, most=100)
    most_off_vnd = Dong(
        lazy_("Bớt nhiều nhất mỗi đơn"), least=1_000, most=MOST_OFF_VND,
        need=lazy_("Chị ghi số tiền bớt."), wrong=_WRONG,
    )  # fmt: skip
    min_goods_vnd = Dong(lazy_("Dùng cho đơn có tiền hàng từ"), least=0, wrong=_WRONG)
    most_uses = Whole(lazy_("Dùng được mấy đơn"), least=1, most=1_000_000)
    most_each = Whole(lazy_("Mỗi khách dùng mấy lần"), least=1, most=1_000)
    budget_vnd = Dong(
        lazy_("Tổng tiền bớt không quá"), least=1_000, most=10**12, wrong=_WRONG
    )  # fmt: skip
    starts_on = Day(lazy_("Dùng từ ngày"))
    ends_on = Day(lazy_("Đến hết ngày"), ahead=True)
    first_order = BooleanField(lazy_("Chỉ cho đơn đầu tiên của khách"))

    def validate_percent(self, field: Whole) -> None:
        if self.kind.data == "percent" and not field.data:
            raise ValidationError(_("Chị ghi bao nhiêu phần trăm."))

    @property
    def terms(self) -> dict[str, Any]:
        """What ``create_voucher`` takes of it. Days are Vietnam's, the last one included."""
        percent = self.percent.data if self.kind.data == "percent" else 0
        return {
            "code": self.code.data or "", "name_vi": self.name_vi.data,
            "name_en": self.name_en.data or "", "kind": self.kind.data, "percent": percent or 0,
            "most_off_vnd": self.most_off_vnd.data, "min_goods_vnd": self.min_goods_vnd.data or 0,
            "most_uses": self.most_uses.data, "most_each": self.most_each.data,
            "budget_vnd": self.budget_vnd.data, "first_order": bool(self.first_order.data),
            "starts_at": _begin(self.starts_on.data, 0), "ends_at": _begin(self.ends_on.data, 1),
        }  # fmt: skip


class UnitVoucherForm(VoucherForm):
    """A voucher that an organisation pays for."""

    unit = Choice(lazy_("Tổ chức trả tiền"))
    #: "0": what makers sell in their own shops.
    market = Choice(lazy_("Dùng ở đâu"), default="0")


def _begin(day: Any, more: int) -> datetime | None:
    """Return when a day begins in Vietnam, ``more`` days later."""
    if day is None:
        return None
    return datetime.combine(day + timedelta(days=more), time(), VIETNAM).astimezone(UTC)
