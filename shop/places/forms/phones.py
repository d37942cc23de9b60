"""A field for phones, and the words for wrong ones."""

import re
from typing import Any

from wtforms import StringField
from wtforms.validators import StopValidation
from wtforms.widgets import TelInput

from shop.kernel.phones import Phone, WrongPhone, parse_phone, written
from shop.kernel.text import one_line
from shop.web.words import _

_BEGUN_HERE = re.compile(r"[\s(]*(0|\+\s*84[\s.(]*)0?[235789]")


class PhoneField(StringField):
    """A phone in any writing. ``data`` is a ``Phone`` or None; what was typed stays shown.

    Args:
        need: the sentence when it is empty; None: it may be.
        hotlines: whether 1800 and 1900 numbers will do; couriers cannot call them.
    """

    widget = TelInput()

    def __init__(self, label: Any = None, *, need: Any = None, hotlines: bool = False,
                 country: str = "VN", **kwargs: Any) -> None:  # fmt: skip
        super().__init__(label, **kwargs)
        self.need, self.hotlines, self.country = need, hotlines, country
        self.required = need is not None

    def process_data(self, value: Phone | str | None) -> None:
        """Take a stored number, E.164 or a ``Phone``."""
        e164 = value.e164 if isinstance(value, Phone) else value
        self.text, self.wrong = written(e164) if e164 else "", None
        self.data = parse_phone(e164) if e164 else None

    def process_formdata(self, valuelist: list[str]) -> None:
        if not valuelist:
            return
        self.text, self.wrong, self.data = one_line(valuelist[0]), None, None
        if self.text:
            try:
                self.data = parse_phone(self.text, self.country)
            except WrongPhone as wrong:
                self.wrong = wrong

    def read_in(self, country: str) -> None:
        """Read what was typed anew, as the number of somebody in a country (two letters)."""
        self.country = country
        self.process_formdata(self.raw_data or [])

    def _value(self) -> str:
        return self.text

    def pre_validate(self, form: Any) -> None:
        if self.wrong is not None:
            raise StopValidation(phone_sentence(self.wrong))
        if self.data is None and self.need is not None:
            raise StopValidation(str(self.need))
        if self.data is not None and self.data.kind == "hotline" and not self.hotlines:
            raise StopValidation(
                _("Tổng đài %(typed)s không nhận cuộc gọi giao hàng. Anh/chị ghi số di động.",
                  typed=self.text)
            )  # fmt: skip

    @property
    def notice(self) -> str:
        """Return what to tell about a number of before 2018, or ""."""
        if self.data is None or not self.data.converted_from:
            return ""
        return _("Số %(old)s nay là %(new)s.", old=self.data.converted_from, new=self.data.display)


def phone_sentence(wrong: WrongPhone) -> str:
    """Return what is wrong with a number, and what to do."""
    if wrong.reason == "two":
        return _("Anh/chị ghi một số điện thoại thôi, số kia ghi vào lời nhắn.")
    if wrong.reason == "letters" or wrong.digits == 0:
        return _("Ô này chỉ ghi số điện thoại, ví dụ 0905 000 123.")
    if wrong.reason == "either":
        return _("Số %(typed)s có thể là số Việt Nam, cũng có thể là số nước ngoài. Anh/chị ghi mã nước ở đầu, ví dụ +84 905 000 123.",
                 typed=wrong.text)  # fmt: skip
    if wrong.reason == "unknown":
        said = _("Chưa gọi được số %(typed)s.", typed=wrong.text)
    elif wrong.reason == "short":
        said = _("Số %(typed)s mới có %(digits)s số.", typed=wrong.text, digits=wrong.digits)
    else:
        said = _("Số %(typed)s có tới %(digits)s số.", typed=wrong.text, digits=wrong.digits)
    return f"{said} {_what_to_do(wrong)}"


def _what_to_do(wrong: WrongPhone) -> str:
    # Who wrote a digit too few or too many of a number of here need not hear of other countries.
    if wrong.reason != "unknown" and _BEGUN_HERE.match(wrong.text):
        return _("Anh/chị xem lại giúp, ví dụ 0905 000 123.")
    return _("Anh/chị xem lại giúp, ví dụ 0905 000 123; số nước ngoài có dấu + ở đầu.")
