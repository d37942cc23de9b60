"""Addresses, names of places, and phones (which live in the kernel, since sign-in reads them)."""

from shop.kernel.phones import (
    Phone,
    WrongPhone,
    last_four,
    parse_phone,
    written,
)
from shop.places.rules.addresses import Address, lines, one_line
from shop.places.rules.search import Likeness, WardHit, only_match

#: "0905 123 456" from "+84905123456".
phone_for_reading = written

__all__ = [
    "Address",
    "Likeness",
    "Phone",
    "WardHit",
    "WrongPhone",
    "last_four",
    "lines",
    "one_line",
    "only_match",
    "parse_phone",
    "phone_for_reading",
]
