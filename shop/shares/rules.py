"""What of a sale goes to whom: the maker, commission, a campaign, tax withheld. Plain Python.

Percentages are whole hundredths of a percent: 800 is 8 %.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from shop.kernel.errors import Refusal
from shop.kernel.money import split_vnd

#: One hundred percent.
WHOLE = 10_000
#: The most that a rule may ask for: above it, a wrong key was hit.
MOST_COMMISSION = 5_000
MOST_TAX = 2_500
MOST_FIXED_VND = 10_000_000

#: What goods are for the tax office, in the order of the forms of DOMAIN 3.3. "" is not said yet.
TAX_CATEGORIES = ("goods", "goods_service", "services", "other")


class RateOutOfRange(Refusal):
    """A rule asks for nothing, or for more than can be meant."""

    code = "rate_out_of_range"


class RuleOver(Refusal):
    """The rule has ended before."""

    code = "rule_over"


class DayPassed(Refusal):
    """A rule begins today or later: what was sold before is not asked for anew."""

    code = "day_passed"


class NoTaxRules(Refusal):
    """Nothing can be withheld while no rate is known for today."""

    code = "no_tax_rules"


class Rate(NamedTuple):
    """So much of the goods' price, and so many đồng of each unit."""

    hundredths: int = 0
    fixed_vnd: int = 0

    @property
    def text(self) -> str:
        """As it is kept on what was sold: "8", "7,5", "8+2000", "+2000"."""
        whole, rest = divmod(self.hundredths, 100)
        percent = f"{whole},{rest:02d}".rstrip("0").rstrip(",") if self.hundredths else ""
        return percent + (f"+{self.fixed_vnd}" if self.fixed_vnd else "")


def check_rate(rate: Rate) -> Rate:
    """Return a rate that can be meant.

    Raises:
        RateOutOfRange
    """
    if not (
        0 <= rate.hundredths <= MOST_COMMISSION
        and 0 <= rate.fixed_vnd <= MOST_FIXED_VND
        and any(rate)
    ):
        raise RateOutOfRange(most=MOST_COMMISSION)
    return rate


@dataclass(frozen=True, slots=True)
class CommissionRule:
    """From one seller, one shelf, or all below an organisation. ``until_on``: the last day."""

    id: int
    organisation_id: int
    rate: Rate
    from_on: date
    until_on: date | None = None
    seller_id: int | None = None
    #: The shelf and all below it; None for every shelf.
    category_ids: frozenset[int] | None = None

    def holds(self, on: date, seller_id: int, category_id: int) -> bool:
        return (
            self.from_on <= on
            and (self.until_on is None or on <= self.until_on)
            and self.seller_id in (None, seller_id)
            and (self.category_ids is None or category_id in self.category_ids)
        )


@dataclass(frozen=True, slots=True)
class TaxRule:
    """What is withheld from goods of a category. ``until_on``: the last day."""

    category: str
    vat: int
    pit: int
    from_on: date
    until_on: date | None = None

    def holds(self, on: date) -> bool:
        return self.from_on <= on and (self.until_on is None or on <= self.until_on)


class Creditor(NamedTuple):
    """The organisation that a commission is for."""

    id: int
    name_vi: str
    name_en: str


@dataclass(frozen=True, slots=True)
class ShareBook:
    """Every rule that holds or will hold, as one sale needs them.

    commissions: by organisation, the first first. above: by unit, those of these organisations
        at or above it, the nearest first. collectors: organisations that withhold tax.
    """

    commissions: Mapping[int, Sequence[CommissionRule]] = field(default_factory=dict)
    creditors: Mapping[int, Creditor] = field(default_factory=dict)
    above: Mapping[int, Sequence[int]] = field(default_factory=dict)
    taxes: Sequence[TaxRule] = ()
    collectors: frozenset[int] = frozenset()

    def creditor_of(self, organisation_id: int, on: date) -> Creditor | None:
        """Return the nearest organisation, from a seller's up, that has any rule on this day."""
        for unit in self.above.get(organisation_id, ()):
            rules = self.commissions.get(unit, ())
            if any(r.from_on <= on and (r.until_on is None or on <= r.until_on) for r in rules):
                return self.creditors[unit]
        return None

    def rate_of(
        self, creditor: Creditor | None, seller_id: int, category_id: int, on: date
    ) -> Rate | None:
        """Return the rate of the first rule that fits, None when nothing is asked for."""
        rules = self.commissions.get(creditor.id, ()) if creditor else ()
        return next((r.rate for r in rules if r.holds(on, seller_id, category_id)), None)

    def tax_of(self, category: str, on: date) -> tuple[int, int]:
        """Return the rates (VAT, PIT) of a category on a day.

        The highest of that day when the category is not known: DOMAIN 3.3 (44.2.b).
        """
        valid = [rule for rule in self.taxes if rule.holds(on)]
        named = [rule for rule in valid if rule.category == category]
        rates = [(rule.vat, rule.pit) for rule in (named[:1] or valid)]
        return max(rates, key=sum, default=(0, 0))


NO_SHARES = ShareBook()


class Shares(NamedTuple):
    """What of one line goes to whom. They sum to what the buyer pays for its goods.

    ``vat_vnd`` and ``pit_vnd`` are of the maker's part: withheld for her, not taken from others.
    """

    maker_vnd: int
    commission_vnd: int
    campaign_vnd: int
    vat_vnd: int = 0
    pit_vnd: int = 0


def of_percent(amount_vnd: int, hundredths: int) -> int:
    """Return a part of an amount, halves up.

    >>> of_percent(95_000, 800), of_percent(33, 150)
    (7600, 0)
    """
    return (amount_vnd * hundredths + WHOLE // 2) // WHOLE


def shares_of(
    goods_vnd: int,
    quantity: int,
    rate: Rate | None = None,
    *,
    campaign_vnd: int = 0,
    tax: tuple[int, int] = (0, 0),
) -> Shares:
    """Share what is paid for the goods of one line, to the last đồng; nobody gets less than nought.

    The campaign has what the buyer was told, then the commission what is left of its rate, and
    tax is withheld from the maker's part, reckoned on all that was paid for the goods.
    """
    campaign = max(0, min(campaign_vnd, goods_vnd))
    asked = of_percent(goods_vnd, rate.hundredths) + rate.fixed_vnd * quantity if rate else 0
    commission = min(asked, goods_vnd - campaign)
    maker = goods_vnd - campaign - commission
    return Shares(maker, commission, campaign, *withheld_of(goods_vnd, maker, tax))


def withheld_of(goods_vnd: int, maker_vnd: int, tax: tuple[int, int]) -> tuple[int, int]:
    """Return the VAT and PIT of what was paid for goods: never more than the maker's part.

    >>> withheld_of(95_000, 87_400, (100, 50)), withheld_of(95_000, 1_000, (100, 50))
    ((950, 475), (950, 50))
    """
    vat = min(of_percent(goods_vnd, tax[0]), maker_vnd)
    return vat, min(of_percent(goods_vnd, tax[1]), maker_vnd - vat)


def after_discount(goods: Sequence[int], discount_vnd: int) -> list[int]:
    """Return what is paid for each line once a reduction of all is shared among them."""
    if not discount_vnd:
        return list(goods)
    parts = split_vnd(discount_vnd, goods)
    return [vnd - part for vnd, part in zip(goods, parts, strict=True)]


def back_vnd(frozen_vnd: int, quantity: int, returned: int) -> int:
    """Return how much of what was kept of a line goes back once so many units came back.

    Rounded down on all that came back so far: the steps of several returns lose nothing, and
    with the last unit all of it is back.

    >>> [back_vnd(100, 3, n) for n in (1, 2, 3)]
    [33, 66, 100]
    """
    return frozen_vnd * returned // quantity
