"""Forms about transferred money, for whoever's account it reached: a seller or an organisation."""

from wtforms import HiddenField

from shop.web.forms import Dong, Line, ShopForm, Whole
from shop.web.words import lazy_


class ReceivedForm(ShopForm):
    """Money that reached the payee's account; ``after`` is the last event that the page showed."""

    so_tien = Dong(
        lazy_("Số tiền đã tới"), least=1, most=499_999_999, need=lazy_("Chị ghi số tiền đã tới.")
    )
    sau = Whole(least=0, most=2**53, need=lazy_("Chị tải lại trang rồi bấm lần nữa."))
    ghi_chu = Line(lazy_("Ghi chú"), most=300)
    ve = HiddenField()


class GiveBackForm(ShopForm):
    """Money transferred back by hand to the buyer."""

    so_tien = Dong(
        lazy_("Số tiền đã trả lại khách"), least=1, most=499_999_999,
        need=lazy_("Chị ghi số tiền đã trả lại."),
    )  # fmt: skip
    sau = Whole(least=0, most=2**53, need=lazy_("Chị tải lại trang rồi bấm lần nữa."))
    ghi_chu = Line(lazy_("Ghi chú"), most=300)
