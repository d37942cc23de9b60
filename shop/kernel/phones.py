"""Phone numbers as people write them, kept as E.164. Source: DOMAIN §2.2."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType, ValidationResult

from shop.kernel.errors import Refusal
from shop.kernel.text import fold

Kind = Literal["mobile", "landline", "hotline", "foreign"]

_MOBILE_TYPES = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}
_MOST_LETTERS = 60
#: Words that people write beside a number.
_LABELS = {
    "so", "sdt", "dt", "dd", "tel", "phone", "mobile", "di", "dong", "dien", "thoai", "zalo",
    "cua", "toi", "my", "hoac", "va", "or", "and",
}  # fmt: skip
_EITHER = re.compile(r"[/,;|]|\b(?:hoặc|và|or|and)\b", re.IGNORECASE)
_SEPARATORS = re.compile(r"[\s.()\[\]/,;:|_+\-\u2010-\u2015·•]")
#: The letter O written for a nought, beside a digit and in no word.
_LETTER_O = re.compile(r"(?<![^\W\d_])[oO](?=[\doO])|(?<=\d)[oO](?![^\W\d_])")

#: Mobiles had eleven digits until 2018: 0120 became 070, 016x became 03x.
_OF_ELEVEN = {
    "0120": "070", "0121": "079", "0122": "077", "0126": "076", "0128": "078",
    "0123": "083", "0124": "084", "0125": "085", "0127": "081", "0129": "082",
    "0186": "056", "0188": "058", "0199": "059",
    **{f"016{n}": f"03{n}" for n in range(2, 10)},
}  # fmt: skip


class WrongPhone(Refusal):
    """A number that cannot be called.

    ``reason``: "short", "long", "letters" (more than a number), "two" (numbers in one
    field), "either" (one of Vietnam and one of the country) or "unknown" (no such number).
    ``text`` as typed, ``digits`` counted; after +84 with the nought that was left out.
    """

    code = "wrong_phone"
    reason: str
    text: str
    digits: int


@dataclass(frozen=True)
class Phone:
    """A number that can exist. ``e164`` is what is stored: "+84905000118"."""

    e164: str
    kind: Kind
    is_mobile: bool
    #: "0905 000 118"
    display: str
    #: "0120 512 3456" when the eleven digits of before 2018 were typed; people are told.
    converted_from: str = ""

    @property
    def last4(self) -> str:
        return last_four(self.e164)


def parse_phone(text: str, country: str = "VN") -> Phone:
    """Return the number of "0905.000.118", "+84 (0)905…", "84905…", "0084…" or a foreign one.

    Args:
        country: two letters of the country that a number without a prefix belongs to;
            where it cannot be one of there, it is tried as a Vietnamese one. What can be
            both is refused: nobody knows whom it would call.

    Raises:
        WrongPhone: says what is wrong and counts the digits.
    """
    typed = text.strip()
    plain = _LETTER_O.sub("0", _plain(typed))
    digits = "".join(c for c in plain if c.isdigit())
    if len(typed) > _MOST_LETTERS:
        raise WrongPhone(reason="long", text=typed[:_MOST_LETTERS], digits=len(digits))
    others = _SEPARATORS.sub("", re.sub(r"[^\W\d_]+|\d+", " ", plain)).strip()
    if others or "+" in plain.lstrip("([ +") or not _only_labels(plain):
        raise WrongPhone(reason="letters", text=typed, digits=len(digits))
    international = plain.lstrip("([ ").startswith("+")
    try:
        return _read(digits, typed, country, international=international)
    except WrongPhone as wrong:
        if wrong.reason in ("long", "unknown") and _holds_two(plain, digits):
            raise WrongPhone(reason="two", text=typed, digits=len(digits)) from None
        raise


def read_phone(text: str, country: str = "VN") -> Phone | None:
    """Return the number of a text, or None when it is none."""
    try:
        return parse_phone(text, country)
    except WrongPhone:
        return None


def written(e164: str) -> str:
    """Return a stored number for reading: "0905 000 118", or "+1 650-253-0000" from abroad."""
    national = f"0{e164[3:]}" if e164.startswith("+84") else ""
    if re.fullmatch(r"0[35789]\d{8}", national):
        return f"{national[:4]} {national[4:7]} {national[7:]}"
    try:
        number = phonenumbers.parse(e164, None)
    except phonenumbers.NumberParseException:
        return e164
    style = PhoneNumberFormat.NATIONAL if national else PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(number, style)


def last_four(e164: str) -> str:
    """Return the four digits that prove an order is yours."""
    return e164[-4:]


def _plain(text: str) -> str:
    """Return text with every kind of digit as 0-9, without the invisible marks of copying."""
    wide = unicodedata.normalize("NFKC", text)
    shown = (c for c in wide if unicodedata.category(c) not in ("Cf", "Cc") or c.isspace())
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in shown)


def _only_labels(plain: str) -> bool:
    words = re.findall(r"[^\W\d_]+", unicodedata.normalize("NFC", plain))
    return all(part in _LABELS for word in words for part in fold(word).split() or [word])


def _holds_two(plain: str, digits: str) -> bool:
    """Tell whether two numbers stand in one field."""
    parts = ["".join(c for c in part if c.isdigit()) for part in _EITHER.split(plain)]
    half = len(digits) // 2
    for pair in (parts, [digits[:half], digits[half:]]):
        if len(pair) == 2 and all(re.fullmatch(r"0[235789]\d{8,9}", part) for part in pair):
            return True
    return False


def _read(digits: str, typed: str, country: str, *, international: bool) -> Phone:
    if not international and digits.startswith("00"):
        # "0011" is how Australia dials out: no number of +1 goes on with a 1.
        digits, international = digits[4 if digits.startswith("0011") else 2 :], True
    if international and not digits.startswith("84"):
        return _foreign(f"+{digits}", None, typed)
    if international:
        return _vietnamese(_national(digits[2:]), typed)
    if country != "VN" and not _rather_vietnamese(digits, typed, country):
        return _foreign(digits, country, typed)
    if digits.startswith("84") and len(digits) >= 10:
        return _vietnamese(_national(digits[2:]), typed)
    return _vietnamese(_national(digits), typed, count=len(digits))


def _rather_vietnamese(digits: str, typed: str, country: str) -> bool:
    """Tell whether somebody abroad gave a number of home: one that cannot be of there."""
    try:
        there = phonenumbers.is_valid_number(phonenumbers.parse(digits, country))
    except phonenumbers.NumberParseException:
        there = False
    if there and re.fullmatch(r"0[35789]\d{8}", digits):
        raise WrongPhone(reason="either", text=typed, digits=len(digits))
    return not there and re.fullmatch(r"(0|84)[235789]\d{8,9}", digits) is not None


def _national(digits: str) -> str:
    """Return digits as they are dialled inside Vietnam."""
    if re.fullmatch(r"1[89]00\d*|0\d*", digits):
        return digits
    return f"0{digits}" if re.match(r"[235789]|1[2689]", digits) else digits


def _vietnamese(digits: str, typed: str, count: int | None = None) -> Phone:
    """Return the number that is dialled so; ``count``: of digits as typed, when they are others."""
    if re.fullmatch(r"0[35789]\d{8}", digits):
        e164 = f"+84{digits[1:]}"
        return Phone(e164, "mobile", True, written(e164))
    if re.fullmatch(r"01\d{9}", digits) and digits[:4] in _OF_ELEVEN:
        e164 = f"+84{_OF_ELEVEN[digits[:4]][1:]}{digits[4:]}"
        before = f"{digits[:4]} {digits[4:7]} {digits[7:]}"
        return Phone(e164, "mobile", True, written(e164), converted_from=before)
    if re.fullmatch(r"1[89]00\d{4,6}", digits):
        return Phone(f"+84{digits}", "hotline", False, f"{digits[:4]} {digits[4:]}")
    if re.fullmatch(r"02\d{9}", digits):
        e164 = f"+84{digits[1:]}"
        if phonenumbers.is_valid_number(phonenumbers.parse(e164, None)):
            return Phone(e164, "landline", False, written(e164))
    full = 11 if digits.startswith(("01", "02")) else 10
    reason = "short" if len(digits) < full else "long" if len(digits) > full else "unknown"
    raise WrongPhone(reason=reason, text=typed, digits=len(digits) if count is None else count)


def _foreign(digits: str, country: str | None, typed: str) -> Phone:
    count = sum(c.isdigit() for c in digits)
    try:
        number = phonenumbers.parse(digits, country)
    except phonenumbers.NumberParseException:
        reason = "short" if count < 7 else "unknown"
        raise WrongPhone(reason=reason, text=typed, digits=count) from None
    if number.country_code == 84:  # Dialled from there: "011 84 905…".
        return _vietnamese(_national(phonenumbers.national_significant_number(number)), typed)
    possible = phonenumbers.is_possible_number_with_reason(number)
    if possible != ValidationResult.IS_POSSIBLE:
        reason = {
            ValidationResult.TOO_LONG: "long",
            ValidationResult.INVALID_COUNTRY_CODE: "unknown",
        }
        raise WrongPhone(reason=reason.get(possible, "short"), text=typed, digits=count)
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    is_mobile = phonenumbers.number_type(number) in _MOBILE_TYPES
    return Phone(e164, "foreign", is_mobile, written(e164))
