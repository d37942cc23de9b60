"""The text inside a VietQR picture: one transfer to one account, amount and memo filled in.

Source: NAPAS "Quy định định dạng mã VietQR" v1.0 (09/2021), with the traps of DOMAIN 1.1.
"""

import re

from shop.kernel.text import ascii_only

#: One NAPAS 247 transfer is below 500 million đồng.
TRANSFER_LIMIT_VND = 500_000_000
PURPOSE_LENGTH = 25
_SERVICE = "A000000727"
_TO_ACCOUNT = "QRIBFTTA"


def crc16(text: str) -> str:
    """Return the checksum at the end of a VietQR: CRC-16/CCITT-FALSE, four hex digits."""
    value = 0xFFFF
    for byte in text.encode("ascii"):
        value ^= byte << 8
        for _ in range(8):
            value = (value << 1) ^ 0x1021 if value & 0x8000 else value << 1
            value &= 0xFFFF
    return f"{value:04X}"


def _field(tag: str, value: str) -> str:
    """Return tag, two-digit length in characters, value."""
    if not 1 <= len(value) <= 99 or not value.isascii():
        raise ValueError(f"Field {tag} cannot hold {value!r}.")
    return f"{tag}{len(value):02d}{value}"


def is_one_transfer(amount_vnd: int) -> bool:
    """Tell whether one transfer can carry so much: 1 to 499,999,999."""
    return 0 < amount_vnd < TRANSFER_LIMIT_VND


def vietqr(bank_bin: str, account: str, amount_vnd: int, memo: str) -> str:
    """Return what a bank's app reads from the picture.

    Args:
        bank_bin: six digits of the bank.
        account: number as the bank writes it; spaces and dots are dropped.
        amount_vnd: 1 to 499,999,999.
        memo: accents and punctuation are dropped, 25 characters are kept.

    Raises:
        ValueError: a value that the format cannot carry.
    """
    account = re.sub(r"[\s.-]", "", account)
    if not re.fullmatch(r"[0-9]{6}", bank_bin):
        raise ValueError(f"{bank_bin!r} is not the number of a bank.")
    if not re.fullmatch(r"[0-9A-Za-z]{1,19}", account):
        raise ValueError("An account number has at most 19 letters and digits.")
    if not is_one_transfer(amount_vnd):
        raise ValueError(f"One transfer cannot carry {amount_vnd} đồng.")
    purpose = ascii_only(memo)[:PURPOSE_LENGTH].strip()
    if not purpose:
        raise ValueError("A transfer without a memo cannot be matched.")
    payee = _field("00", bank_bin) + _field("01", account)
    merchant = _field("00", _SERVICE) + _field("01", payee) + _field("02", _TO_ACCOUNT)
    payload = "".join((
        _field("00", "01"),
        _field("01", "12"),
        _field("38", merchant),
        _field("53", "704"),
        _field("54", str(amount_vnd)),
        _field("58", "VN"),
        _field("62", _field("08", purpose)),
        "6304",
    ))  # fmt: skip
    return payload + crc16(payload)


def vietqr_or_none(bank_bin: str, account: str, amount_vnd: int, memo: str) -> str | None:
    """Return as ``vietqr``; None when nothing is to be paid, or more than one transfer can carry."""
    return vietqr(bank_bin, account, amount_vnd, memo) if is_one_transfer(amount_vnd) else None


def grouped(account: str) -> str:
    """Return an account number in fours for reading: "4210 2051 2345 6"."""
    bare = re.sub(r"[\s.-]", "", account)
    return " ".join(bare[i : i + 4] for i in range(0, len(bare), 4))
