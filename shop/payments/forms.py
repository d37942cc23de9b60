"""Forms about transferred money, for whoever's account it reached: a seller or an organisation."""

from collections.abc import Callable
from typing import Any, TypeVar

from wtforms import BooleanField, HiddenField
from wtforms.fields.core import Label
from wtforms.validators import ValidationError

from shop.payments.rules.refunds import Way
from shop.web.forms import Choice, Day, Dong, Line, ShopForm, Whole
from shop.web.words import _, lazy_

WRONG = lazy_("Số tiền chưa đúng. Chị ghi số, ví dụ 95.000 hoặc 95k.")


_Form = TypeVar("_Form", bound=ShopForm)


def of_refund(form: _Form, refund_id: int) -> _Form:
    """Give a form's fields ids of their own: a page may hold the same form for several refunds."""
    for field in form:
        field.id = f"{field.id}-{refund_id}"
        field.label = Label(field.id, field.label.text)
    return form


def for_each(
    make: Callable[[int], _Form], posted: _Form | None, posted_for: int
) -> Callable[[int], _Form]:
    """Return what gives each refund its form; what was posted stands at the one it was sent for."""

    def of(refund_id: int) -> _Form:
        mine = posted if refund_id == posted_for else None
        return mine if mine is not None else of_refund(make(refund_id), refund_id)

    return of


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


def sent_back_form(refund_id: int) -> "SentBackForm":
    return SentBackForm(sent_to=f"/tra/{refund_id}")


class SentBackForm(ShopForm):
    """A refund that was transferred: what the bank calls it.

    toi: ``RefundView.mark`` of the page; truoc: it went where the buyer had wanted it before.
    """

    toi = HiddenField()
    truoc = HiddenField()
    ma = Line(lazy_("Mã giao dịch của ngân hàng"), most=60, id="ma-giao-dich")


class PromiseForm(ShopForm):
    """Money that the payee lets the buyer have back: of lines, or an amount.

    Fields of lines are ``dong-<line id>``, units each.
    """

    beside = r"dong-\d+"

    so_tien = Dong(
        lazy_("Số tiền"), least=1, most=499_999_999, wrong=WRONG, id="hua-tra",
    )  # fmt: skip
    cua = Whole(least=1, most=2**53, id="hua-tra-cua")
    sau = Whole(least=0, most=2**53, need=lazy_("Chị tải lại trang rồi bấm lần nữa."))
    ghi_chu = Line(lazy_("Ghi chú"), most=300, id="hua-tra-ghi-chu")
    bang_ma = BooleanField(lazy_("Trả bằng mã mua hàng"), id="hua-tra-bang-ma")

    def __init__(self, formdata: Any = None, **kwargs: Any) -> None:
        super().__init__(formdata, **kwargs)
        for name in formdata or ():
            line = name.removeprefix("dong-")
            if name != line and line.isascii() and line.isdecimal() and len(line) < 18:
                units: Any = Whole(  # Not bound to a form yet; its type says that it is.
                    most=9_999, id=name,
                    wrong=lazy_("Chưa rõ mấy món. Chị ghi số nguyên, ví dụ 1 hay 2."),
                )  # fmt: skip
                self._fields[name] = self.meta.bind_field(self, units, {"name": name, "prefix": ""})
                self._fields[name].process(formdata)

    @property
    def way(self) -> Way:
        """How it goes back: to the account that the buyer names, or as a code at once."""
        return Way.CREDIT if self.bang_ma.data else Way.BANK

    @property
    def lines(self) -> dict[int, int]:
        """Units by line item, as far as she wrote some."""
        return {
            int(name.removeprefix("dong-")): field.data
            for name, field in self._fields.items()
            if name.startswith("dong-") and field.data
        }

    def _names_lines(self) -> bool:
        """Tell whether she wrote units, readable or not; nought is none."""
        return any(
            field.text and field.data != 0
            for name, field in self._fields.items()
            if name.startswith("dong-")
        )

    def validate_so_tien(self, field: Dong) -> None:
        if field.text and self._names_lines():
            raise ValidationError(_("Chị ghi số món hoặc số tiền, đừng ghi cả hai."))
        if field.data is None and not field.text and not self._names_lines():
            raise ValidationError(_("Chị ghi số món, hoặc ghi số tiền."))

    def validate_cua(self, field: Whole) -> None:
        if field.text and self._names_lines():
            raise ValidationError(
                _("Món của ai thì trừ vào người ấy. Chị để ô này như cũ, hoặc chỉ ghi số tiền.")
            )


#: How a buyer told the desk something.
HOWS = {
    "phone": lazy_("Qua điện thoại"),
    "in_person": lazy_("Nói trực tiếp"),
    "paper": lazy_("Viết giấy"),
    "voice": lazy_("Thu âm"),
}


class GivenWordForm(ShopForm):
    """What a buyer said of money that waits for her: it goes to a campaign."""

    quy = Choice(lazy_("Góp cho đợt nào"), choices=[], id="loi-quy")
    ai = Line(lazy_("Ai nói"), need=lazy_("Chị ghi ai nói."), most=80, id="loi-ai")
    ngay = Day(lazy_("Nói ngày nào"), need=lazy_("Chị ghi ngày khách nói."), id="loi-ngay")
    cach = Choice(lazy_("Nói bằng cách nào"), choices=list(HOWS.items()), id="loi-cach")
    loi = Line(lazy_("Khách nói gì"), most=300, id="loi-khach")
    hien_ten = BooleanField(lazy_("Khách muốn hiện tên trong sổ công khai"), id="loi-ten")


class NoteForm(ShopForm):
    """A tap that may carry a few words."""

    ghi_chu = Line(lazy_("Ghi chú"), most=300, id="loi-ghi-chu")


class CloseTaskForm(ShopForm):
    """Why a task about cards needs nothing more from the shop."""

    da_lam = Line(
        lazy_("Chị đã làm gì, hoặc vì sao không phải làm gì"), most=300,
        need=lazy_("Chị ghi một câu, để người sau đọc lại hiểu."), id="da-lam",
    )  # fmt: skip
