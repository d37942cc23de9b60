"""Gifts by card on their way to the fund's own account. Plain Python.

A card's money reaches the bank account of the organisation that owns the account at the gateway.
From there it is passed on: one person plans it, another transfers it and writes down the bank's
number. What cards took back after it was passed on goes the other way.
"""

import re

from shop.kernel.errors import Refusal


class NothingToPass(Refusal):
    """No gift by card waits to be passed on: all is on the fund's account, or not in the bank yet."""

    code = "nothing_to_pass"


class PassPlanned(Refusal):
    """Another transfer of this fund's gifts by card is planned already. ``pass_id``."""

    code = "pass_planned"


def due_vnd(in_fund_vnd: int, in_bank: bool, passed_vnd: int) -> int:
    """Return what of one gift is to be passed on now; below nought: the fund has too much of it.

    Args:
        in_fund_vnd: what the fund's account counts of it, less what went back to the card.
        in_bank: the gateway's payout brought it to the organisation's bank.

    >>> due_vnd(100_000, False, 0), due_vnd(100_000, True, 0), due_vnd(100_000, True, 100_000)
    (0, 100000, 0)
    >>> due_vnd(70_000, True, 100_000)
    -30000
    """
    return (in_fund_vnd if in_bank else 0) - passed_vnd


def transfer_text(pass_id: int, campaign_code: str) -> str:
    """Return what stands in the transfer.

    >>> transfer_text(12, "AB12CD34")
    'QUY AB12CD34 DOT 12'
    """
    return f"QUY {campaign_code} DOT {pass_id}"


def read_transfer_text(text: str) -> list[tuple[str, int]]:
    """Return (code of the campaign, number) of each such text in a bank's; banks drop spaces.

    >>> read_transfer_text("FT26330 quy ab12cd34 dot 12-CT DI"), read_transfer_text("QUYAB12CD34DOT12")
    ([('AB12CD34', 12)], [('AB12CD34', 12)])
    >>> read_transfer_text("dot 12 quy vi nguoi ngheo"), read_transfer_text("QUY AB12CD34 DOT 0")
    ([], [])
    """
    return [(code, int(number)) for code, number in _TEXT.findall(text.upper())]


#: A campaign's code has eight characters; numbers of transfers stay below a billion.
_TEXT = re.compile(r"QUY[\s.-]*([0-9A-Z]{8})[\s.-]*DOT[\s.-]*([1-9][0-9]{0,8})(?![0-9])")
