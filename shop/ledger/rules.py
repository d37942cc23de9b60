"""The chart of accounts, and what a posting must satisfy. Plain Python.

Amounts are signed đồng: a debit is above zero, a credit below. A posting moves money
between accounts and loses none, so its amounts sum to nought.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

#: Larger than any sum that passes through a shop, and exact in every program that reads a CSV.
MOST_VND = 2**53

DEBIT, CREDIT = 1, -1


class WrongPosting(ValueError):
    """A posting that cannot be true. Always a bug of the caller, never somebody's choice."""


class Kind(NamedTuple):
    """A kind of account.

    normal: ``DEBIT`` for money that lies somewhere or is owed to somebody here, ``CREDIT`` for
        whose money it is. owners: what the account's owner may be. detail: what its detail
        says, "" when it has none. either_side: the balance may stand on both sides.
    """

    normal: int
    owners: frozenset[str]
    detail: str = ""
    either_side: bool = False


_SELLER = frozenset({"seller"})
_ORGANISATION = frozenset({"organisation"})
_HOLDER = frozenset({"payee", "seller"})
_CAMPAIGN = frozenset({"campaign"})

#: Every kind of account. First where money lies, then whose money it is.
KINDS: Mapping[str, Kind] = {
    # A bank account that buyers pay into: a seller's own, or an organisation's.
    # Below nought: a carrier took the way back of a parcel off before it paid for others. Of a
    # campaign's own account: what market slips paid and has to be transferred to where sellers are
    # paid from; below nought, shares that settlements kept and that it has to get.
    "bank": Kind(DEBIT, frozenset({"payee"}), either_side=True),
    # Cash that a carrier took at the door and has not brought yet.
    "carrier_cod": Kind(DEBIT, _SELLER, "carrier"),
    # Cash that the seller took at the door or counter and has not counted yet.
    "cash_with_seller": Kind(DEBIT, _SELLER),
    # Cash that reached the seller and that she counted. Below nought: she gave cash back to a
    # buyer before the carrier brought it.
    "seller_cash": Kind(DEBIT, _SELLER, either_side=True),
    # What carriers paid to an organisation's account for her parcels, as far as she is concerned:
    # the organisation owes it to her (seller_payable).
    "cash_with_collector": Kind(DEBIT, _SELLER, "collector", either_side=True),
    # Cards and wallets: with the gateway, not in the bank yet. Below nought: it took back more
    # than it had.
    "card_clearing": Kind(DEBIT, _ORGANISATION, "gateway", either_side=True),
    # What gateways kept for their work.
    "card_fees": Kind(DEBIT, _ORGANISATION, "gateway", either_side=True),
    # A buyer's bank took it back, and nobody has decided yet.
    "card_disputed": Kind(DEBIT, _ORGANISATION, "gateway"),
    # It decided for the buyer.
    "card_lost": Kind(DEBIT, _ORGANISATION, "gateway"),
    # Goods arrived, the buyer has not paid.
    "buyers_owe": Kind(DEBIT, _SELLER, "collector"),
    # What a seller owes: shares to funds, commission, debts of returns.
    "seller_receivable": Kind(DEBIT, _SELLER, "creditor"),
    # What carriers kept or asked for carrying: from a seller, or from the organisation that bears
    # the way back of what buyers refused.
    "carrier_fees": Kind(DEBIT, _SELLER | _ORGANISATION, "carrier"),
    # What an organisation gave to buyers by its vouchers.
    "voucher_cost": Kind(DEBIT, _ORGANISATION),
    # Money that will not come any more.
    "written_off": Kind(DEBIT, _SELLER),
    # Buyers paid, the goods have not arrived.
    "prepaid": Kind(CREDIT, _SELLER, "collector"),
    # Goods that a seller sold for money into her own hands.
    "sales": Kind(CREDIT, _SELLER),
    # What buyers paid her for delivery, apart from the goods.
    "delivery": Kind(CREDIT, _SELLER),
    # What carriers paid her for goods that they lost or spoiled: no sale, she bore the loss.
    "amends": Kind(CREDIT, _SELLER),
    # What an organisation that collects owes to a seller, for goods and for delivery. Below
    # nought: goods came back after she was paid, and the next settlement takes it off.
    "seller_payable": Kind(CREDIT, _SELLER, "collector", either_side=True),
    "delivery_payable": Kind(CREDIT, _SELLER, "collector", either_side=True),
    # Buyers' money that has to go back to them.
    "refunds_payable": Kind(CREDIT, _HOLDER),
    # What buyers may still buy for with codes that they took instead of their money.
    "credit": Kind(CREDIT, _SELLER | _ORGANISATION),
    # Money that nobody has explained yet.
    "suspense": Kind(CREDIT, _HOLDER, either_side=True),
    # The same account of an organisation, or a campaign's own, as far as funds are concerned: what
    # they hold, less gifts by card on their way there.
    "fund_bank": Kind(DEBIT, frozenset({"payee"}), either_side=True),
    # Cash that was given to a campaign and is not in the bank yet.
    "campaign_cash": Kind(DEBIT, _CAMPAIGN),
    # Money that reached a campaign's fund: gifts and shares of sales ("raised"). The fund's
    # balance ("held") is this less what it spent on costs and what it handed over.
    "campaign_fund": Kind(CREDIT, _CAMPAIGN),
    "campaign_costs": Kind(DEBIT, _CAMPAIGN),
    "campaign_given": Kind(DEBIT, _CAMPAIGN),
    # What market slips of a fund paid to sellers: handed over too.
    "campaign_slips": Kind(DEBIT, _CAMPAIGN),
    # Of what a fund holds: set aside for slips that were approved, not spent or not arrived yet;
    # and its other half, so that it moves no money.
    "campaign_set_aside": Kind(CREDIT, _CAMPAIGN),
    "campaign_kept_back": Kind(DEBIT, _CAMPAIGN),
    # Shares of goods that arrived and are not in the fund yet ("promised"), and who owes them.
    # Below nought: goods came back after their share was paid in; the next sale makes up for it.
    "campaign_promised": Kind(CREDIT, _CAMPAIGN, either_side=True),
    "share_due": Kind(DEBIT, _SELLER, "campaign", either_side=True),
    # For the public account alone: what was paid for goods that arrived ("sold"), and whose it
    # is: the makers', an organisation's commission, the fund's share.
    "campaign_sold": Kind(CREDIT, _CAMPAIGN),
    "campaign_split": Kind(DEBIT, _CAMPAIGN, "whose"),
    "commission": Kind(CREDIT, _ORGANISATION),
    # Below nought: goods came back after their tax was paid to the tax office.
    "tax_withheld": Kind(CREDIT, _ORGANISATION, either_side=True),
}


class Account(NamedTuple):
    """The name of an account: ``Account("carrier_cod", "seller:12", "Viettel Post")``.

    owner: a word of ``Kind.owners`` and its id.
    """

    kind: str
    owner: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Leg:
    """One entry to be: a debit above zero, a credit below.

    ``currency`` and ``amount_minor`` say what was paid when it was not đồng: ISO 4217 and
    its smallest unit, signed as ``amount_vnd``.
    """

    account: Account
    amount_vnd: int
    currency: str | None = None
    amount_minor: int | None = None


def check_account(account: Account) -> Account:
    """Return an account whose name is right.

    Raises:
        WrongPosting
    """
    kind = KINDS.get(account.kind)
    word, _, number = account.owner.partition(":")
    if kind is None or word not in kind.owners or not (number.isascii() and number.isdecimal()):
        raise WrongPosting(f"No such account: {account}.")
    if (account.detail and not kind.detail) or len(account.detail) > 60:
        raise WrongPosting(f"{account.kind} accounts have no such detail: {account}.")
    return account


def tidy(legs: Iterable[Leg]) -> list[Leg]:
    """Return the legs of a posting: one an account, none of nought, in a stable order.

    Raises:
        WrongPosting: it does not balance, has fewer than two legs, an amount is no whole
            number of đồng or too large, an account has no right name, or one account is
            paid in two currencies.
    """
    merged: dict[Account, Leg] = {}
    for leg in legs:
        _check_amounts(leg)
        before = merged.get(check_account(leg.account))
        merged[leg.account] = leg if before is None else _together(before, leg)
    found = [merged[account] for account in sorted(merged) if merged[account].amount_vnd]
    if len(found) < 2:
        raise WrongPosting(f"{len(found)} legs; a posting has two or more.")
    if sum(leg.amount_vnd for leg in found):
        raise WrongPosting(f"Sums to {sum(leg.amount_vnd for leg in found)}, not to nought.")
    return found


def _check_amounts(leg: Leg) -> None:
    for amount in (leg.amount_vnd, leg.amount_minor or 0):
        if type(amount) is not int or abs(amount) >= MOST_VND:
            raise WrongPosting(f"{amount!r} is no amount.")
    if (leg.currency is None) != (leg.amount_minor is None):
        raise WrongPosting("A foreign amount has its currency.")


def _together(one: Leg, other: Leg) -> Leg:
    if one.currency != other.currency:
        raise WrongPosting(f"{one.account} would be paid in two currencies.")
    minor = (one.amount_minor or 0) + (other.amount_minor or 0)
    return Leg(
        one.account, one.amount_vnd + other.amount_vnd, one.currency,
        None if one.currency is None else minor,
    )  # fmt: skip


def legs_between(before: Mapping[Account, int], after: Mapping[Account, int]) -> list[Leg]:
    """Return the legs that lead from some balances to others; none when they are equal."""
    return [
        Leg(account, change)
        for account in sorted({*before, *after})
        if (change := after.get(account, 0) - before.get(account, 0))
    ]


def shown_vnd(kind: str, balance_vnd: int) -> int:
    """Return a balance as people read it: above zero on the account's normal side."""
    return balance_vnd * KINDS[kind].normal
