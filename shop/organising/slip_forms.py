"""The form by which slips are asked for."""

from wtforms.validators import ValidationError

from shop.fundraising.slip_rules import LEAST_SLIP_VND, MOST_SLIP_VND
from shop.web.forms import Choices, Day, Dong, ShopForm
from shop.web.words import _, lazy_


class SlipsForm(ShopForm):
    """Slips of the same budget for some households of a campaign."""

    households = Choices(lazy_("Cho hộ nào"), choices=[])
    budget = Dong(
        lazy_("Mỗi phiếu bao nhiêu"), least=LEAST_SLIP_VND, most=MOST_SLIP_VND,
        wrong=lazy_("Mỗi phiếu từ 10.000 ₫ đến 5 triệu. Ghi số, ví dụ 200.000 hoặc 200k."),
    )  # fmt: skip
    valid_until = Day(lazy_("Dùng đến hết ngày"), need=lazy_("Chị ghi ngày cuối."), ahead=True)

    def validate_households(self, field: Choices) -> None:
        if not field.data:
            raise ValidationError(_("Chị chọn ít nhất một hộ."))

    def validate_budget(self, field: Dong) -> None:
        if field.data is None:
            raise ValidationError(_("Chị ghi mỗi phiếu bao nhiêu tiền."))
