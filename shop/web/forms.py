"""The parent of every form, and fields that forgive how people write.

Tokens are checked before a view runs (``web.guards``), so forms hold only input.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import g, has_request_context, request
from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    Field,
    Form,
    FormField,
    SelectField,
    SelectMultipleField,
    StringField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.fields.core import Label
from wtforms.meta import DefaultMeta
from wtforms.validators import InputRequired, Length, ValidationError
from wtforms.widgets import DateInput, HiddenInput, TextArea

from shop.kernel.amounts import read_dong, read_grams, read_whole
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.text import nfc, one_line
from shop.web.inputs import written_input
from shop.web.words import _, lazy_, number

DEFAULT_MESSAGES = {
    "This field is required.": lazy_("Điền ô này giúp nhé."),
    "Not a valid choice.": lazy_("Chọn một mục trong danh sách nhé."),
    "Not a valid integer value.": lazy_("Ghi một số giúp nhé."),
    "Not a valid date value.": lazy_("Ghi ngày, ví dụ 17/10/2026."),
    "Invalid Choice: could not coerce.": lazy_("Chọn một mục trong danh sách nhé."),
}


class _Messages:
    """WTForms' own sentences in our words."""

    def gettext(self, text: str) -> str:
        return str(DEFAULT_MESSAGES.get(text, text))

    def ngettext(self, one: str, many: str, n: int) -> str:
        return one if n == 1 else many


@dataclass
class Typed:
    """What was typed into a form of this page, whose post had to wait; ``g.typed`` of a request.

    Its form shows it again, and the page's frame says that nothing was done yet.
    """

    fields: dict[str, list[str]]
    #: Whether something could not be kept: a file, a password, a very long text.
    left: bool
    #: The names of texts and lists that were too long to be kept.
    cut: frozenset[str] = frozenset()
    #: At which of several stalls with the same pages it was typed.
    place: int | None = None
    #: The path that it was sent to.
    way: str = ""
    #: Whether a form of the page shows it again.
    shown: bool = False


def waiting_fields(sent_to: str = "") -> MultiDict[str, str]:
    """Return what was typed into inputs that a page fills in itself: they show it again.

    ``sent_to``: as for a form.
    """
    typed: Typed | None = g.get("typed")
    if typed is None or not typed.fields or not typed.way.endswith(sent_to):
        return MultiDict()
    typed.shown = True
    return MultiDict(typed.fields)


class ShopForm(Form):
    """A form over the posted fields of this request: ``CheckoutForm.posted()``.

    ``sent_to``: how the path ends that this one of several forms with the same names is sent to.
    """

    #: A pattern of the inputs that the form's template writes beside its fields.
    beside = ""

    def __init__(self, formdata: Any = None, *args: Any, sent_to: str = "", **kwargs: Any) -> None:
        super().__init__(formdata, *args, **kwargs)
        typed: Typed | None = g.get("typed") if has_request_context() else None
        if formdata is not None or typed is None or not typed.fields:
            return
        if typed.way.endswith(sent_to) and self._was_sent_in(typed):
            fields = MultiDict(typed.fields)
            for field in self:
                # A box that was not ticked is not posted; a text that is not there was not kept.
                # Ticks that were too many to be kept are not unticked by that.
                if field.name in fields or (_is_box(field) and field.name not in typed.cut):
                    field.process(fields)
                    # What a button or the page itself sent is nothing that she wrote.
                    typed.shown = typed.shown or not isinstance(field, Hidden)

    def _was_sent_in(self, typed: Typed) -> bool:
        """Tell whether these are this form's fields, or it is one row of what was sent."""
        sent = typed.fields.keys() | typed.cut
        mine = {
            each.name
            for field in self
            for each in ((*field.form, field) if isinstance(field, FormField) else (field,))
        }
        if all(re.fullmatch(self.beside, name) for name in sent - mine):
            return True
        return bool(self._prefix) and all(f.name in sent for f in self if not _is_box(f))

    class Meta(DefaultMeta):
        def get_translations(self, form: Form) -> Any:
            return _Messages()

        def bind_field(self, form: Form, unbound_field: Any, options: dict[str, Any]) -> Field:
            """Copy a field as it was made for the form's first request: all are made alike.

            Making it anew was most of a form's cost. What requests change of a field (data,
            errors, choices) they set as a whole, so that the copies may share the rest.
            """
            begun = vars(unbound_field).get("begun")
            if begun is None:
                begun = super().bind_field(form, unbound_field, {**options, "prefix": ""})
                begun._form = begun.meta = None
                unbound_field.begun = begun
            field: Field = object.__new__(type(begun))
            vars(field).update(vars(begun), _form=form, meta=self)
            if options["prefix"]:
                field.name = options["prefix"] + begun.name
                if begun.id == begun.name:
                    field.id = field.name
                    field.label = Label(field.id, begun.label.text)
            return field

        def render_field(self, field: Field, render_kw: dict[str, Any]) -> Any:
            written = written_input(field, render_kw)
            return super().render_field(field, render_kw) if written is None else written

    @classmethod
    def posted(cls, **kwargs: Any) -> Any:
        return cls(request.form, **kwargs)

    @classmethod
    def asked(cls, **kwargs: Any) -> Any:
        """The same over the query string, for searches and filters."""
        return cls(request.args, **kwargs)


def _is_box(field: Field) -> bool:
    return isinstance(field, (BooleanField, SelectMultipleField))


class _Text(StringField):
    """Text of at most so many characters; ``need``: what is said when it is missing."""

    longest = 120

    def __init__(
        self, label: Any = None, *, need: Any = None, most: int | None = None, **kwargs: Any
    ) -> None:
        checks = [InputRequired(need)] if need is not None else []
        most = most or self.longest
        too_long = lazy_("Dài quá, viết gọn trong %(most)s chữ giúp nhé.", most=most)
        checks.append(Length(max=most, message=too_long))  # type: ignore[arg-type]
        super().__init__(label, [*checks, *kwargs.pop("validators", [])], **kwargs)
        self.required = need is not None

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = self.tidy(valuelist[0]) if valuelist else ""

    def pre_validate(self, form: Any) -> None:
        if self.required and not self.data:
            self.raw_data = []

    @staticmethod
    def tidy(text: str) -> str:
        return one_line(text)


class Line(_Text):
    """One line of text: NFC, controls dropped, spaces squeezed. ``most``: characters."""


class Lines(_Text):
    """Several lines of text."""

    widget = TextArea()
    longest = 2000

    @staticmethod
    def tidy(text: str) -> str:
        return nfc(text.replace("\r\n", "\n"))


class Whole(StringField):
    """A whole number within bounds; "1.250" and "1 250" are read as 1250."""

    data: Any

    def __init__(self, label: Any = None, *, least: int = 0, most: int = 2**31, need: Any = None,
                 wrong: Any = None, **kwargs: Any) -> None:  # fmt: skip
        super().__init__(label, **kwargs)
        self.least, self.most, self.need, self.wrong = least, most, need, wrong
        self.text = ""

    def process_formdata(self, valuelist: list[str]) -> None:
        self.text = one_line(valuelist[0]) if valuelist else ""
        self.data = read_whole(self.text)

    def _value(self) -> str:
        return self.text or ("" if self.data is None else str(self.data))

    def pre_validate(self, form: Any) -> None:
        if not self.text and self.data is None:
            if self.need is not None:
                raise ValidationError(str(self.need))
        elif self.data is None or not self.least <= self.data <= self.most:
            bounds = {"least": number(self.least), "most": number(self.most)}
            raise ValidationError(
                str(self.wrong or _("Ghi một số từ %(least)s đến %(most)s giúp nhé.", **bounds))
            )


class Grams(Whole):
    """A weight in grams as people write it: 500, 1.200, "1,2 kg", "2 lạng", "ký rưỡi"."""

    def __init__(self, label: Any = None, **kwargs: Any) -> None:
        kwargs.setdefault(
            "wrong", lazy_("Chưa rõ bao nhiêu. Chị ghi như 500 g, 1,2 kg hay 2 lạng.")
        )
        super().__init__(label, **kwargs)

    def process_formdata(self, valuelist: list[str]) -> None:
        self.text = one_line(valuelist[0]) if valuelist else ""
        self.data = read_grams(self.text)

    def _value(self) -> str:
        return self.text or ("" if self.data is None else number(self.data))


class Dong(Whole):
    """An amount of money as people write it: 95.000, 95k, 95 ngàn, 1tr2, 1,2 triệu."""

    def __init__(self, label: Any = None, *, least: int = 1_000, most: int = 500_000_000,
                 **kwargs: Any) -> None:  # fmt: skip
        kwargs.setdefault("wrong", lazy_("Giá chưa đúng. Chị ghi số, ví dụ 95.000 hoặc 95k."))
        super().__init__(label, least=least, most=most, **kwargs)

    def process_formdata(self, valuelist: list[str]) -> None:
        self.text = one_line(valuelist[0]) if valuelist else ""
        self.data = read_dong(self.text)

    def _value(self) -> str:
        return self.text or ("" if self.data is None else number(self.data))


class Day(StringField):
    """A day: what a date picker sends, or "17/10/2026", "17-10-26" as people write it.

    ``ahead``: a day that is over says nothing to anybody, unless it is what was noted before.
    """

    widget = DateInput()
    data: Any  # a date, or None

    def __init__(
        self, label: Any = None, *, need: Any = None, ahead: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(label, **kwargs)
        self.need, self.ahead = need, ahead
        self.text = ""

    def process_formdata(self, valuelist: list[str]) -> None:
        self.text = one_line(valuelist[0]) if valuelist else ""
        self.data = read_day(self.text)

    def _value(self) -> str:
        return self.data.isoformat() if self.data else self.text

    def pre_validate(self, form: Any) -> None:
        if self.text and self.data is None:
            raise ValidationError(str(lazy_("Ngày chưa đúng. Ghi như 17/10/2026 nhé.")))
        over = self.data and self.data < vietnam_date(now_utc())
        if self.ahead and over and self.data != self.object_data:
            raise ValidationError(_("Ngày này đã qua. Ghi hôm nay hoặc ngày sau đó nhé."))
        if not self.text and self.data is None and self.need is not None:
            raise ValidationError(str(self.need))


class Options(tuple[SelectChoice, ...]):
    """A list to choose from that is put together once, for the fields of many requests."""

    __slots__ = ()


def options(pairs: Iterable[Any] | None) -> Sequence[SelectChoice] | None:
    """Return (value, label) pairs as WTForms wants them."""
    if pairs is None or isinstance(pairs, Options):
        return pairs
    return [each if isinstance(each, SelectChoice) else SelectChoice(*each) for each in pairs]


class _Pairs:
    """Takes choices as pairs, at once or later: ``form.bank.choices = [("970405", "Agribank")]``."""

    @property
    def choices(self) -> Any:
        return super().choices  # type: ignore[misc]

    @choices.setter
    def choices(self, pairs: Any) -> None:
        SelectField.choices.fset(self, options(pairs))  # type: ignore[union-attr]

    def __init__(self, label: Any = None, *, choices: Any = None, **kwargs: Any) -> None:
        super().__init__(label, choices=options(choices), **kwargs)  # type: ignore[call-arg]


class Choice(_Pairs, SelectField):
    """One of a list. Choices are (value, label) pairs, labels in both languages."""


class Choices(_Pairs, SelectMultipleField):
    """Some of a list, drawn as ticks by the template."""


class Hidden(StringField):
    widget = HiddenInput()


def read_day(text: str) -> date | None:
    """Return a day or None.

    >>> [str(read_day(t)) for t in ("2026-10-17", "17/10/2026", "7.1.26", "31/2/2026")]
    ['2026-10-17', '2026-10-17', '2026-01-07', 'None']
    """
    picked = re.fullmatch(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", text)
    typed = re.fullmatch(r"([0-9]{1,2})[/.\- ]([0-9]{1,2})[/.\- ]([0-9]{4}|[0-9]{2})", text)
    if picked:
        year, month, day = map(int, picked.groups())
    elif typed:
        day, month, year = map(int, typed.groups())
        year += 2000 if year < 100 else 0
    else:
        return None
    try:
        return date(year, month, day) if 2000 <= year <= 2100 else None
    except ValueError:
        return None
