"""The form about goods that came back: how much of each line, why, and the delivery fee."""

from collections.abc import Iterable, Iterator
from typing import Any

from flask import request
from wtforms import BooleanField
from wtforms.validators import ValidationError

from shop.ordering.rules import ComingBack, ReturnReason, gives_fee_back
from shop.web.forms import Choice, Line, ShopForm, Whole
from shop.web.words import lazy_

#: Why goods come back that had arrived, in the order of the page.
REASONS = (ReturnReason.FAULTY, ReturnReason.CHANGE_OF_MIND)


class ReturnForm(ShopForm):
    """What one return is about. ``phi``: whether the delivery fee goes back; asked second."""

    ly_do = Choice(
        lazy_("Vì sao hàng về?"),
        choices=[("", "")] + [(str(reason), str(reason)) for reason in REASONS],
        default="",
    )
    phi = Choice(
        lazy_("Phí giao"), choices=[("", ""), ("tra", "tra"), ("khong", "khong")], default=""
    )
    ghi_chu = Line(lazy_("Ghi chú cho đơn này"), most=300)
    sau = Whole(least=0, most=2**53, need=lazy_("Chị tải lại trang rồi bấm lần nữa."))

    def validate_ly_do(self, field: Any) -> None:
        if not field.data:
            raise ValidationError(str(lazy_("Chị chọn vì sao hàng về.")))

    @property
    def reason(self) -> ReturnReason:
        return ReturnReason(self.ly_do.data)

    @property
    def gives_fee_back(self) -> bool:
        """What she chose, or what is usual for the reason while she has not."""
        return self.phi.data == "tra" if self.phi.data else gives_fee_back(self.reason)


class ReturnLineForm(ShopForm):
    """How much of one line came back. Field names begin with ``d<line id>-``."""

    so = Whole(lazy_("Số về"), least=0, most=0)
    nguyen = BooleanField(lazy_("Hàng còn nguyên, bán lại được"))

    line: Any

    @property
    def quantity(self) -> int:
        return int(self.so.data or 0)


class ReturnForms:
    """The whole form: ``main`` and one line form per line of which something is left.

    ``is_old``: from a page that was shown before something came back, perhaps this very
    return; all lines count then as they were sold, and the action tells what is new.
    """

    def __init__(
        self, lines: Iterable[Any], *, posted: bool, after: int = 0, is_old: bool = False
    ) -> None:
        fields = request.form if posted else None
        self.main = ReturnForm(fields) if posted else ReturnForm(sau=after)
        left = {line: line.quantity - (0 if is_old else line.returned) for line in lines}
        self.lines = [_line_form(line, fields, most) for line, most in left.items() if most]
        if not posted and len(self.lines) == 1 and self.lines[0].so.most == 1:
            self.lines[0].so.data = 1
        self.is_empty = False

    def validate(self) -> bool:
        """Check every part, so that all that is wrong is said at once."""
        right = [form.validate() for form in (self.main, *self.lines)]
        self.is_empty = all(right) and not self.coming
        return all(right) and not self.is_empty

    @property
    def coming(self) -> list[ComingBack]:
        return [
            ComingBack(form.line.id, form.quantity, bool(form.nguyen.data))
            for form in self.lines
            if form.quantity
        ]

    @property
    def wrong(self) -> Iterator[tuple[str, str]]:
        """(id of the input, sentence) of what is wrong with the lines, for the summary."""
        for form in self.lines:
            if form.so.errors:
                yield str(form.so.id), str(form.so.errors[0])
        if self.is_empty and self.lines:
            yield str(self.lines[0].so.id), str(lazy_("Chị ghi món nào về, mấy cái."))


def _line_form(line: Any, fields: Any, left: int) -> ReturnLineForm:
    form = ReturnLineForm(fields, prefix=f"d{line.id}-")
    form.line = line
    form.so.most = left
    form.so.wrong = lazy_("Khách còn giữ %(left)s. Chị ghi một số từ 0 đến %(left)s.", left=left)
    return form
