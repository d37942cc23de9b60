"""Who gets what of one seller's part: reckoned at the sale, kept on it, never reckoned again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from shop.ordering.rules.carts import CartLine, Stall
from shop.shares.rules import Creditor, Rate, ShareBook, Shares, after_discount, shares_of


@dataclass(frozen=True, slots=True)
class Sharing:
    """One part's shares, in all and by variant. ``creditor``: whom the commission is for."""

    creditor: Creditor | None
    lines: Mapping[int, Shares]
    rates: Mapping[int, str]

    @property
    def goods_vnd(self) -> int:
        return sum(sum(each[:3]) for each in self.lines.values())

    @property
    def maker_vnd(self) -> int:
        return sum(each.maker_vnd for each in self.lines.values())

    @property
    def commission_vnd(self) -> int:
        return sum(each.commission_vnd for each in self.lines.values())

    @property
    def campaign_vnd(self) -> int:
        return sum(each.campaign_vnd for each in self.lines.values())

    @property
    def vat_vnd(self) -> int:
        return sum(each.vat_vnd for each in self.lines.values())

    @property
    def pit_vnd(self) -> int:
        return sum(each.pit_vnd for each in self.lines.values())


def sharing_of(
    stall: Stall,
    lines: Sequence[CartLine],
    book: ShareBook,
    on: date,
    *,
    withholds: bool = False,
    discount_vnd: int = 0,
    campaign: Mapping[int, int] | None = None,
) -> Sharing:
    """Return who gets what of one seller's goods when they are sold on this day.

    Args:
        withholds: whether the organisation that is paid withholds tax.
        discount_vnd: a reduction that the seller herself bears.
        campaign: what of each line a campaign gets, by variant.
    """
    creditor = book.creditor_of(stall.organisation_id, on)
    goods = after_discount([line.total_vnd for line in lines], discount_vnd)
    shares: dict[int, Shares] = {}
    rates: dict[int, str] = {}
    for line, vnd in zip(lines, goods, strict=True):
        rate: Rate | None = book.rate_of(creditor, stall.id, line.category_id, on)
        shares[line.variant_id] = shares_of(
            vnd, line.quantity, rate, campaign_vnd=(campaign or {}).get(line.variant_id, 0),
            tax=book.tax_of(line.tax_category, on) if withholds else (0, 0),
        )  # fmt: skip
        rates[line.variant_id] = rate.text if rate else ""
    return Sharing(creditor if any(rates.values()) else None, shares, rates)
