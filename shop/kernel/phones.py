"""Phone numbers as people write them, kept as E.164."""

from dataclasses import dataclass

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

_MOBILE = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}


@dataclass(frozen=True)
class Phone:
    """A number that can exist. ``e164`` is what is stored: "+84905000118"."""

    e164: str
    is_mobile: bool

    @property
    def last4(self) -> str:
        return self.e164[-4:]


def read_phone(text: str, country: str = "VN") -> Phone | None:
    """Return the number of "0905.000.118", "+84 905…", "84905…", "0084…" or a foreign one.

    Args:
        country: two letters of the country that a number without a prefix belongs to.
    """
    if not text or len(text) > 40:
        return None
    bare = text.strip()
    digits = "".join(c for c in bare if c.isascii() and c.isdigit())
    if digits.startswith("00"):
        bare = "+" + digits[2:]
    elif country == "VN" and digits.startswith("84") and len(digits) in (11, 12):
        bare = "+" + digits
    try:
        number = phonenumbers.parse(bare, country)
    except phonenumbers.NumberParseException:
        return None
    if number.extension or not phonenumbers.is_valid_number(number):
        return None
    return Phone(
        phonenumbers.format_number(number, PhoneNumberFormat.E164),
        phonenumbers.number_type(number) in _MOBILE,
    )


def written(e164: str) -> str:
    """Return a stored number for reading: "0905 000 118", or "+1 650-253-0000" from abroad."""
    try:
        number = phonenumbers.parse(e164, None)
    except phonenumbers.NumberParseException:
        return e164
    home = number.country_code == 84
    style = PhoneNumberFormat.NATIONAL if home else PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(number, style)
