"""Forms about transferred money, for whoever's account it reached: a seller or an organisation."""

from wtforms import HiddenField

from shop.web.forms import Dong, Line, ShopForm, Whole
from shop.web.words import lazy_

WRONG = lazy_("Số tiền chưa đúng. Chị ghi số, ví dụ 95.000 hoặc 95k.")


class ReceivedForm(ShopForm):
    """Money that reached the payee's account; ``after`` is the last event that the page showed."""

    so_tien = Dong(
        lazy_("Số tiền đã tới"), least=1, most=499_999_999, need=lazy_("Chị ghi số tiền đã tới."),
        wrong=WRONG, id="tien-toi",
    )  # fmt: skip
    #: Hidden; what is wrong with it is said at the sum, the input that is on the page.
    sau = Whole(
        least=0, most=2**53, need=lazy_("Chị tải lại trang rồi bấm lần nữa."), id="tien-toi"
    )
    ghi_chu = Line(lazy_("Ghi chú"), most=300, id="tien-toi-ghi-chu")
    ve = HiddenField()


class GiveBackForm(ShopForm):
    """Money transferred back by hand to the buyer."""

    so_tien = Dong(
        lazy_("Số tiền đã trả lại khách"), least=1, most=499_999_999,
        need=lazy_("Chị ghi số tiền đã trả lại."), wrong=WRONG, id="tra-lai",
    )  # fmt: skip
    sau = Whole(least=0, most=2**53, need=lazy_("Chị tải lại trang rồi bấm lần nữa."), id="tra-lai")
    ghi_chu = Line(lazy_("Ghi chú"), most=300, id="tra-lai-ghi-chu")


class NoteForm(ShopForm):
    """A tap that may carry a few words."""

    ghi_chu = Line(lazy_("Ghi chú"), most=300, id="loi-ghi-chu")
