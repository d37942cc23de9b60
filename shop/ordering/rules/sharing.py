"""Who gets what of one seller's part: reckoned at the sale, kept on it, never reckoned again."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from shop.ordering.rules.carts import CartLine, SoldFor, Stall
from shop.shares.rules import Creditor, Rate, ShareBook, Shares, after_discount, back_vnd, shares_of


@dataclass(frozen=True, slots=True)
class Sharing:
    """One part's shares, in all and by variant. ``creditor``: whom the commission is for."""

    creditor: Creditor | None
    lines: Mapping[int, Shares]
    rates: Mapping[int, str]
    #: The campaigns of the lines that give a share to one, by variant.
    funds: Mapping[int, SoldFor] = field(default_factory=dict)

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
) -> Sharing:
    """Return who gets what of one seller's goods when they are sold on this day.

    Args:
        withholds: whether the organisation that is paid withholds tax.
        discount_vnd: a reduction that the seller herself bears.
    """
    creditor = book.creditor_of(stall.organisation_id, on)
    goods = after_discount([line.total_vnd for line in lines], discount_vnd)
    shares: dict[int, Shares] = {}
    rates: dict[int, str] = {}
    for line, vnd in zip(lines, goods, strict=True):
        rate: Rate | None = book.rate_of(creditor, stall.id, line.category_id, on)
        shares[line.variant_id] = shares_of(
            vnd, line.quantity, rate,
            campaign_vnd=line.sold_for.share_of(vnd, line.quantity, on) if line.sold_for else 0,
            tax=book.tax_of(line.tax_category, on) if withholds else (0, 0),
        )  # fmt: skip
        rates[line.variant_id] = rate.text if rate else ""
    funds = {
        line.variant_id: line.sold_for
        for line in lines
        if line.sold_for is not None and shares[line.variant_id].campaign_vnd
    }
    return Sharing(creditor if any(rates.values()) else None, shares, rates, funds)


class WhoGets(NamedTuple):
    """What a buyer is told: of so much for the goods, so much to the makers and to others.

    others: (name_vi, name_en, đồng), the first named first.
    lines: (variant, its campaign, đồng) of each line that gives to one; before the sale alone.
    """

    goods_vnd: int
    maker_vnd: int
    others: Sequence[tuple[str, str, int]]
    lines: Sequence[tuple[int, SoldFor, int]] = ()


def who_gets(sharings: Iterable[Sharing]) -> WhoGets:
    """Return who gets what of several parts together."""
    goods = maker = 0
    others: dict[Creditor, int] = {}
    funds: dict[tuple[str, str], int] = {}
    lines: list[tuple[int, SoldFor, int]] = []
    for one in sharings:
        goods, maker = goods + one.goods_vnd, maker + one.maker_vnd
        if one.creditor is not None and one.commission_vnd:
            others[one.creditor] = others.get(one.creditor, 0) + one.commission_vnd
        for variant, fund in one.funds.items():
            name = fund.title_vi, fund.title_en or fund.title_vi
            funds[name] = funds.get(name, 0) + one.lines[variant].campaign_vnd
            lines.append((variant, fund, one.lines[variant].campaign_vnd))
    told = [(vi, en, vnd) for (vi, en), vnd in funds.items()]
    told += [(creditor.name_vi, creditor.name_en, vnd) for creditor, vnd in others.items()]
    return WhoGets(goods, maker, told, lines)


def who_gets_of_part(part: Any, lines: Iterable[Any]) -> WhoGets:
    """Return who gets what of a stored part, without what came back.

    Args:
        part: a seller order's columns, with ``creditor_name_vi`` and ``creditor_name_en``.
        lines: its lines, with what came back of each.
    """
    if part.voucher_payer_id is None:
        goods = part.items_vnd - part.discount_vnd - part.returned_items_vnd
    else:  # What an organisation's voucher pays is hers like money.
        goods = part.items_vnd - sum(line.returned * line.unit_price_vnd for line in lines)
    kept = part.commission_vnd - part.returned_commission_vnd
    funds: dict[tuple[str, str], int] = {}
    for line in lines if part.campaign_vnd else ():
        back = back_vnd(line.campaign_share_vnd, line.quantity, line.returned)
        if line.campaign_id is not None and line.campaign_share_vnd > back:
            name = line.campaign_vi, line.campaign_en or line.campaign_vi
            funds[name] = funds.get(name, 0) + line.campaign_share_vnd - back
    others = [(vi, en, vnd) for (vi, en), vnd in funds.items()]
    if kept:
        others.append((part.creditor_name_vi, part.creditor_name_en, kept))
    return WhoGets(goods, goods - sum(vnd for _, _, vnd in others), others)
