"""Where a seller's money is, in her words, and which days a look at it covers. Plain Python."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from shop.ledger.rules import shown_vnd

#: {name in the address: kinds of her accounts whose balances are counted together}. Each reads
#: as money that is hers or that she owes; the first are what she waits for.
POTS: Mapping[str, tuple[str, ...]] = {
    "tren-duong": ("prepaid",),
    "khach-no": ("buyers_owe",),
    "nha-xe": ("carrier_cod",),
    "chua-dem": ("cash_with_seller",),
    "o-hoi": ("seller_payable", "delivery_payable"),
    "da-nhan": ("bank", "seller_cash"),
    "toi-no": ("seller_receivable",),
    "gop-quy": ("share_due",),
    "tra-khach": ("refunds_payable",),
    # Money of buyers that is with her already: they come for goods with a code.
    "ma-khach": ("credit",),
    "phi-xe": ("carrier_fees",),
    "hang-den": ("amends",),
    "mat": ("written_off",),
    "chua-ro": ("suspense",),
    # What she sold for money into her own hands; sums of all time.
    "da-ban": ("sales", "delivery"),
}


def pots_of(accounts: Iterable[Any]) -> dict[str, int]:
    """Return what is in each pot, as people read it, of rows with ``kind`` and ``balance_vnd``."""
    found = dict.fromkeys(POTS, 0)
    for account in accounts:
        for name, kinds in POTS.items():
            if account.kind in kinds:
                found[name] += shown_vnd(account.kind, account.balance_vnd)
    return found


class Period(NamedTuple):
    """Some whole months. ``last``: the last day."""

    name: str
    first: date
    last: date


#: Choices beside a month of its own, such as "2026-11".
PERIODS = ("thang-nay", "thang-truoc", "quy-nay", "nam-nay", "nam-truoc")


def period_of(name: str, today: date) -> Period:
    """Return the days of a choice; this month for an unknown one.

    >>> period_of("quy-nay", date(2026, 11, 26))[1:]
    (datetime.date(2026, 10, 1), datetime.date(2026, 12, 31))
    """
    this = today.replace(day=1)
    if name == "thang-truoc":
        first = (this - timedelta(days=1)).replace(day=1)
        return Period(name, first, this - timedelta(days=1))
    if name == "quy-nay":
        first = this.replace(month=(today.month - 1) // 3 * 3 + 1)
        return Period(name, first, _months_later(first, 3) - timedelta(days=1))
    if name in ("nam-nay", "nam-truoc"):
        year = today.year - (name == "nam-truoc")
        return Period(name, date(year, 1, 1), date(year, 12, 31))
    month = _month(name)
    if month is not None:
        return Period(name, month, _months_later(month, 1) - timedelta(days=1))
    return Period("thang-nay", this, _months_later(this, 1) - timedelta(days=1))


def _month(name: str) -> date | None:
    year, _, month = name.partition("-")
    if len(name) != 7 or not (name.isascii() and year.isdecimal() and month.isdecimal()):
        return None
    in_range = 2000 <= int(year) <= 2100 and 1 <= int(month) <= 12
    return date(int(year), int(month), 1) if in_range else None


def _months_later(first: date, count: int) -> date:
    months = first.year * 12 + first.month - 1 + count
    return date(months // 12, months % 12 + 1, 1)


def revenue_vnd(goods_vnd: int, returns_vnd: int, reductions_vnd: int, delivery_vnd: int) -> int:
    """Return goods and delivery, less what came back and what buyers were let off.

    It is what a household's threshold counts: DOMAIN 3.3, price reductions are no revenue.
    """
    return goods_vnd - returns_vnd - reductions_vnd + delivery_vnd


@dataclass(frozen=True, slots=True)
class Sold:
    """What a seller sold in some months, returns taken off where they happened."""

    orders: int = 0
    goods_vnd: int = 0
    returns_vnd: int = 0
    delivery_vnd: int = 0
    commission_vnd: int = 0
    vat_vnd: int = 0
    pit_vnd: int = 0
    reductions_vnd: int = 0

    @property
    def revenue_vnd(self) -> int:
        return revenue_vnd(self.goods_vnd, self.returns_vnd, self.reductions_vnd, self.delivery_vnd)

    @property
    def withheld_vnd(self) -> int:
        return self.vat_vnd + self.pit_vnd

    @property
    def net_vnd(self) -> int:
        """What is left to her, shares of campaigns not yet taken off."""
        return self.revenue_vnd - self.commission_vnd - self.withheld_vnd


class Threshold(NamedTuple):
    """The revenue of a year up to which a household owes no tax, and where that is written."""

    from_year: int
    vnd: int
    note_at_percent: int
    source_vi: str
    source_en: str


@cache
def _thresholds() -> list[Threshold]:
    with (Path(__file__).parent / "data" / "thresholds.toml").open("rb") as file:
        return [Threshold(**row) for row in tomllib.load(file)["threshold"]]


def threshold_of(year: int) -> Threshold | None:
    """Return the threshold of a year, None when none is known."""
    known = [row for row in _thresholds() if row.from_year <= year]
    return max(known, key=lambda row: row.from_year, default=None)


#: Kinds of sellers whom the threshold of households concerns.
HOUSEHOLDS = frozenset({"ca_nhan", "ho_kinh_doanh"})


def nears(threshold: Threshold | None, entity_kind: str, revenue_vnd: int) -> bool:
    """Tell whether a household's revenue of a year is so near the threshold, not above it, that she is told."""
    return (
        threshold is not None
        and entity_kind in HOUSEHOLDS
        and revenue_vnd * 100 >= threshold.vnd * threshold.note_at_percent
        and revenue_vnd <= threshold.vnd
    )


def passes(threshold: Threshold | None, entity_kind: str, revenue_vnd: int) -> bool:
    """Tell whether a household's revenue of a year is above the threshold: it owes tax."""
    return threshold is not None and entity_kind in HOUSEHOLDS and revenue_vnd > threshold.vnd
