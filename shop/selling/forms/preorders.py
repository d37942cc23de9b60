"""Forms of ordering ahead."""

from shop.stock.preorder_rules import MOST
from shop.web.forms import Day, Line, ShopForm, Whole
from shop.web.words import lazy_


class _DayForm(ShopForm):
    ready_on = Day(
        lazy_("Giao được từ ngày nào?"), need=lazy_("Chị ghi ngày giao được."), ahead=True
    )


class PreorderForm(_DayForm):
    """From which day, and how many pieces at most."""

    cap = Whole(
        lazy_("Nhận nhiều nhất bao nhiêu?"), least=1, most=MOST,
        need=lazy_("Chị ghi nhận đặt trước nhiều nhất bao nhiêu."),
    )  # fmt: skip


class DelayForm(_DayForm):
    """Another day, and why."""

    late_for = Line(lazy_("Vì sao muộn?"), need=lazy_("Chị ghi vài chữ cho khách biết."), most=200)
