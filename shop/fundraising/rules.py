"""Rules of campaigns: kinds, moves, deadlines, shares of sales, and the chain of the account.

Plain Python. Where the law is meant, its source is DOMAIN 3.4; no page claims compliance.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from shop.kernel.errors import Refusal


class CampaignKind(StrEnum):
    """Follows from what a supporter gets back.

    relief: nothing, for a disaster, epidemic, incident or serious illness (the emergency
    decree's scope). giving: nothing, for anything else. sale: goods, and a part of their price
    goes to the fund.
    """

    RELIEF = "relief"
    GIVING = "giving"
    SALE = "sale"


class CampaignState(StrEnum):
    DRAFT = "draft"
    WAITING = "waiting"
    OPEN = "open"
    CLOSED = "closed"
    FINISHED = "finished"
    CANCELLED = "cancelled"


CAMPAIGN_MOVES: Mapping[CampaignState, frozenset[CampaignState]] = {
    CampaignState.DRAFT: frozenset({CampaignState.WAITING, CampaignState.CANCELLED}),
    # Back to a draft when somebody has to change it.
    CampaignState.WAITING: frozenset(
        {CampaignState.DRAFT, CampaignState.OPEN, CampaignState.CANCELLED}
    ),
    CampaignState.OPEN: frozenset({CampaignState.CLOSED}),
    CampaignState.CLOSED: frozenset({CampaignState.FINISHED}),
    CampaignState.FINISHED: frozenset(),
    CampaignState.CANCELLED: frozenset(),
}

#: What it says can be changed only before anybody was asked for money.
CHANGEABLE = frozenset({CampaignState.DRAFT, CampaignState.WAITING})
#: Money may leave the fund: hand-overs and costs.
SPENDING = frozenset({CampaignState.OPEN, CampaignState.CLOSED})


class ShareKind(StrEnum):
    """How much of a sale goes to the fund."""

    FIXED = "fixed"
    PERCENT = "percent"
    AFTER_COST = "after_cost"
    ALL = "all"


class EntryKind(StrEnum):
    """What a line of the public account is. Its opposite sign is a correction of an earlier one."""

    GIFT = "gift"
    SHARE = "share"
    COST = "cost"
    HANDED_OVER = "handed_over"
    #: A household's market slip paid a seller.
    SLIP = "slip"


#: Above zero: money into the fund.
SIGNS: Mapping[EntryKind, int] = {
    EntryKind.GIFT: 1, EntryKind.SHARE: 1, EntryKind.COST: -1, EntryKind.HANDED_OVER: -1,
    EntryKind.SLIP: -1,
}  # fmt: skip


class Duty(StrEnum):
    """What an organiser has to do by a day: say what it is about, say what came, hand it over,
    say what it was used for."""

    ANNOUNCE = "announce"
    TOTALS = "totals"
    HAND_OVER = "hand_over"
    USES = "uses"


#: DOMAIN 3.4, Decree 93/2021: at most so long, and days after.
RELIEF_MOST_DAYS = 90
RELIEF_HAND_OVER_DAYS = 20
ANNOUNCE_DAYS = 3
#: Days to say what came and what it was used for: by the decree, and as the shop asks of others.
REPORT_DAYS: Mapping[CampaignKind, int] = {
    CampaignKind.RELIEF: 15, CampaignKind.GIVING: 30, CampaignKind.SALE: 30,
}  # fmt: skip
#: Nobody promises a hand-over further away than this.
MOST_HAND_OVER_DAYS = 366
APPROVERS = 2
MOST_GOAL_VND = 100_000_000_000
LEAST_GIFT_VND = 1_000
MOST_GIFT_VND = 500_000_000
WHOLE = 10_000
#: How to reach somebody who gave is kept for so long.
KEEP_GIVERS = timedelta(days=365)


class IllegalCampaignMove(Refusal):
    """The campaign is not in a state for that any more. ``state``."""

    code = "illegal_campaign_move"


class CampaignFixed(Refusal):
    """What it says cannot be changed: people were asked for money already. ``state``."""

    code = "campaign_fixed"


class CampaignNotReady(Refusal):
    """It cannot be opened as it stands. ``missing``: words of ``missing_for_submitting``."""

    code = "campaign_not_ready"


class ApprovedAlready(Refusal):
    """This person approved it before; another one has to."""

    code = "campaign_approved_already"


class CampaignChanged(Refusal):
    """It was changed since this person read it: nobody answers for words that she did not see."""

    code = "campaign_changed"


class NotYourCampaign(Refusal):
    """Nobody decides alone about what she wrote, planned or approved herself."""

    code = "campaign_needs_another"


class CampaignNotOpen(Refusal):
    """It takes no gifts and sells nothing now: not open yet, or over. ``state``."""

    code = "campaign_not_open"


class SoldForAnother(Refusal):
    """The product is sold for a campaign already. ``code_of``: which."""

    code = "sold_for_another"


class ShareOutOfRange(Refusal):
    """The share is nothing, or more than a unit costs. ``price_vnd``."""

    code = "share_out_of_range"


class NotASale(Refusal):
    """Nothing is sold for a campaign of pure giving."""

    code = "not_a_sale"


class CampaignHasMoney(Refusal):
    """Money is in the fund or promised still. ``held_vnd``, ``promised_vnd``, ``owed_back_vnd``."""

    code = "campaign_has_money"


class NotEnoughInFund(Refusal):
    """The fund has less than that. ``held_vnd``."""

    code = "not_enough_in_fund"


class MoreThanInCash(Refusal):
    """The fund has less cash that is not paid in yet. ``cash_vnd``."""

    code = "more_than_in_cash"
    status = 422


class CountedOtherSum(Refusal):
    """Two people did not find the same cash. ``written_vnd``: what the first one wrote down."""

    code = "counted_other_sum"
    status = 422


class MoreThanHandedOver(Refusal):
    """More is said to come back than was handed over and has not come back. ``left_vnd``."""

    code = "more_than_handed_over"
    status = 422


class GiftOutOfRange(Refusal):
    """A gift is between ``least_vnd`` and ``most_vnd``."""

    code = "gift_out_of_range"


class GiftCame(Refusal):
    """Money of it is in the fund: it is not withdrawn any more."""

    code = "gift_came"


class GiftByCard(Refusal):
    """The card company alone tells what came of it; nobody notes or takes it back by hand."""

    code = "gift_by_card"


class GiftOfRefund(Refusal):
    """What was to go back to a buyer became it, on one account: it leaves the fund with that."""

    code = "gift_of_refund"


class NoAccountForFund(Refusal):
    """The unit has no bank account that a campaign could collect into."""

    code = "no_account_for_fund"


def kind_of(gets_back: str, emergency: bool) -> CampaignKind:
    """Return the kind that follows from the form's two questions.

    Args:
        gets_back: "goods" or "nothing".
        emergency: a disaster, epidemic, incident or serious illness.
    """
    if gets_back == "goods":
        return CampaignKind.SALE
    return CampaignKind.RELIEF if emergency else CampaignKind.GIVING


def may_move(state: str, to: str) -> bool:
    """Tell whether a campaign goes from one state to another."""
    return CampaignState(to) in CAMPAIGN_MOVES[CampaignState(state)]


def takes_money(state: str, opens_on: date, closes_on: date | None, today: date) -> bool:
    """Tell whether gifts and sales count for a campaign on a day in Vietnam."""
    return (
        state == CampaignState.OPEN
        and opens_on <= today
        and (closes_on is None or today <= closes_on)
    )


def missing_for_submitting(campaign: Any, today: date) -> list[str]:
    """Return what a campaign lacks before people can be asked to approve it; [] when nothing.

    "closes_past", "too_long" and "hand_over_late" are days that do not fit its kind.
    """
    kind = CampaignKind(campaign.kind)
    found = [
        name
        for name in (
            "why_vi",
            "beneficiary_rule_vi",
            "spending_vi",
            "legal_basis_vi",
            "document_no",
        )
        if not getattr(campaign, name).strip()
    ]
    if campaign.closes_on is None:
        return found if kind == CampaignKind.SALE else [*found, "closes_on"]
    if campaign.closes_on < today:
        found.append("closes_past")
    if campaign.distribute_by is None:
        return [*found, "distribute_by"]
    if kind == CampaignKind.RELIEF:
        if campaign.closes_on > campaign.opens_on + timedelta(days=RELIEF_MOST_DAYS):
            found.append("too_long")
        most = timedelta(days=RELIEF_HAND_OVER_DAYS)
    else:
        most = timedelta(days=MOST_HAND_OVER_DAYS)
    if campaign.distribute_by > campaign.closes_on + most:
        found.append("hand_over_late")
    return found


def may_approve(account_id: int, author_id: int | None, approvals: Sequence[int]) -> bool:
    """Tell whether a person may approve a campaign after these others.

    Two different people, and whoever wrote it is at most one of them: since the two are
    different, the rule against approving twice says both.
    """
    return account_id not in approvals and len(approvals) < APPROVERS


def deadlines(
    kind: str, opened_on: date, closes_on: date | None, distribute_by: date | None
) -> list[tuple[Duty, date]]:
    """Return what has to be done by which day. The page itself is the announcement."""
    found = [(Duty.ANNOUNCE, opened_on + timedelta(days=ANNOUNCE_DAYS))]
    report = timedelta(days=REPORT_DAYS[CampaignKind(kind)])
    if closes_on is not None:
        found.append((Duty.TOTALS, closes_on + report))
    if distribute_by is not None:
        found += [(Duty.HAND_OVER, distribute_by), (Duty.USES, distribute_by + report)]
    return found


def is_late(due_on: date, done_on: date | None, today: date) -> bool:
    """Tell whether a duty was or is late."""
    return (done_on or today) > due_on


@dataclass(frozen=True, slots=True)
class ShareRule:
    """What of each sale of a product goes to a campaign."""

    campaign_id: int
    kind: str
    vnd: int = 0
    hundredths: int = 0
    cost_vnd: int = 0

    def of(self, paid_vnd: int, quantity: int) -> int:
        """Return the share of one line, never more than was paid for its goods.

        >>> ShareRule(1, "fixed", vnd=20_000).of(190_000, 2)
        40000
        >>> ShareRule(1, "percent", hundredths=1_500).of(99_999, 1)
        15000
        >>> ShareRule(1, "after_cost", cost_vnd=60_000).of(190_000, 2)
        70000
        """
        if self.kind == ShareKind.ALL:
            return paid_vnd
        if self.kind == ShareKind.FIXED:
            return min(paid_vnd, self.vnd * quantity)
        if self.kind == ShareKind.PERCENT:
            return min(paid_vnd, (paid_vnd * self.hundredths + WHOLE // 2) // WHOLE)
        return max(0, paid_vnd - self.cost_vnd * quantity)


def check_share(rule: ShareRule, price_vnd: int) -> ShareRule:
    """Return a share that can be meant for goods of this price.

    Raises:
        ShareOutOfRange
    """
    fits = {
        ShareKind.FIXED: 0 < rule.vnd <= price_vnd,
        ShareKind.PERCENT: 0 < rule.hundredths <= WHOLE,
        ShareKind.AFTER_COST: 0 < rule.cost_vnd < price_vnd,
        ShareKind.ALL: True,
    }[ShareKind(rule.kind)]
    if not fits:
        raise ShareOutOfRange(price_vnd=price_vnd)
    return rule


class Figures(NamedTuple):
    """The figures of a campaign, never merged (DECISIONS 9). All from the ledger."""

    sold_vnd: int = 0
    makers_vnd: int = 0
    raised_vnd: int = 0
    promised_vnd: int = 0
    costs_vnd: int = 0
    handed_over_vnd: int = 0
    #: Of what was handed over: what market slips paid to sellers.
    slips_vnd: int = 0
    #: Of what is held: set aside for slips that are not spent, or whose goods have not arrived.
    set_aside_vnd: int = 0
    #: Of shares that were paid in: goods came back since, and the fund owes them to sellers.
    owed_back_vnd: int = 0
    #: Of what is held: cash that is not in the bank yet.
    cash_vnd: int = 0
    #: Of what was sold: what organisations keep of it. Makers, they and the fund have it all.
    commission_vnd: int = 0

    @property
    def held_vnd(self) -> int:
        """What is in the fund now."""
        return self.raised_vnd - self.costs_vnd - self.handed_over_vnd

    @property
    def free_vnd(self) -> int:
        """What of it is set aside for nothing and in the bank: only that is spent."""
        return self.held_vnd - self.set_aside_vnd - self.cash_vnd


def check_gift(amount_vnd: int) -> int:
    """Return an amount that can be given.

    Raises:
        GiftOutOfRange
    """
    if not LEAST_GIFT_VND <= amount_vnd <= MOST_GIFT_VND:
        raise GiftOutOfRange(least_vnd=LEAST_GIFT_VND, most_vnd=MOST_GIFT_VND)
    return amount_vnd


def round_up_vnd(total_vnd: int, step_vnd: int = 10_000) -> int:
    """Return what rounds a total up to a full step; a whole step when it is full already.

    What is missing is never less than a gift can be: then it goes up to the step after.

    >>> round_up_vnd(187_000), round_up_vnd(190_000), round_up_vnd(189_500)
    (3000, 10000, 10500)
    """
    missing_vnd = step_vnd - total_vnd % step_vnd
    return missing_vnd if missing_vnd >= LEAST_GIFT_VND else missing_vnd + step_vnd


def name_commitment(name: str, salt: str) -> str:
    """Return the commitment to a name: it proves a name that is told and gives none away."""
    return hashlib.sha256(f"{salt}\n{name}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class ChainedEntry:
    """What of an entry the chain covers."""

    number: int
    on_day: date
    kind: str
    amount_vnd: int
    code: str
    commitment: str


def entry_hash(campaign_code: str, previous: str, entry: ChainedEntry) -> str:
    """Return the hash of an entry: SHA-256 of these lines, the hash before first, UTF-8.

    Anybody can do it again from the public CSV: previous, campaign, number, day (ISO), kind,
    amount in đồng, code, commitment, each on a line of its own, no line break at the end.
    """
    lines = (
        previous, campaign_code, str(entry.number), entry.on_day.isoformat(), entry.kind,
        str(entry.amount_vnd), entry.code, entry.commitment,
    )  # fmt: skip
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


class Break(NamedTuple):
    """Where a chain stops being true. ``what``: "number", "previous", "hash" or "name"."""

    number: int
    what: str


def first_break(campaign_code: str, entries: Iterable[Any]) -> Break | None:
    """Return the first entry that is not as it was written; None when all are.

    Args:
        entries: rows of ``FundEntry`` in the order of their numbers, read one by one.
    """
    previous = ""
    for place, row in enumerate(entries, 1):
        if row.number != place:
            return Break(place, "number")
        if row.previous != previous:
            return Break(place, "previous")
        said = ChainedEntry(
            row.number, row.on_day, row.kind, row.amount_vnd, row.code, row.commitment
        )
        if entry_hash(campaign_code, previous, said) != row.hash:
            return Break(place, "hash")
        if row.salt is not None and name_commitment(row.name, row.salt) != row.commitment:
            return Break(place, "name")
        previous = row.hash
    return None


def shown_beneficiary(row: Any, name: str, today: date) -> str:
    """Return what the public reads of a beneficiary beside her commune: "" for nothing.

    Args:
        row: its ``consent_for`` and ``consent_until``. name: her own, opened for this alone.
    """
    holds = row.consent_until is not None and today <= row.consent_until
    if not holds or not row.consent_for:
        return ""
    if row.consent_for == "name":
        return name
    return " ".join(f"{word[0]}." for word in name.split())
