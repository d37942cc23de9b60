"""Addresses, names of places, and phones (which live in the kernel, since sign-in reads them)."""

from shop.kernel.phones import (
    Phone,
    WrongPhone,
    last_four,
    parse_phone,
)
from shop.places.rules.addresses import Address, lines, one_line
from shop.places.rules.search import Likeness, ProvinceHit, WardHit, only_match

__all__ = [
    "Address",
    "Likeness",
    "Phone",
    "ProvinceHit",
    "WardHit",
    "WrongPhone",
    "last_four",
    "lines",
    "one_line",
    "only_match",
    "parse_phone",
]
