"""What an organisation owes the sellers it collects for, and how it is paid out. Plain Python."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from shop.kernel.clock import VIETNAM
from shop.kernel.errors import Refusal
from shop.kernel.text import ascii_only

#: A seller's changed bank account is paid only after this (QUALITY T21).
HOLD_AFTER_CHANGE = timedelta(hours=48)
#: The kinds of the ledger's accounts that say what stands between a seller and an organisation.
GOODS, DELIVERY, DEBTS = "seller_payable", "delivery_payable", "seller_receivable"
RHYTHMS = ("by_hand", "weekly", "monthly")
#: A memo of a transfer has room for so much.
MEMO_LENGTH = 25


class SettlementState(StrEnum):
    """A settlement as a whole. Money moves in its statements."""

    DRAFTED = "drafted"
    APPROVED = "approved"
    DROPPED = "dropped"


class StatementState(StrEnum):
    """One seller's part of a settlement."""

    DRAFTED = "drafted"
    #: May be paid.
    APPROVED = "approved"
    #: Nothing to pay now: goes on to the next settlement.
    CARRIED = "carried"
    SENT = "sent"
    CONFIRMED = "confirmed"
    #: The bank sent it back: may be paid again.
    FAILED = "failed"


_S, _P = SettlementState, StatementState

SETTLEMENT_MOVES: Mapping[SettlementState, frozenset[SettlementState]] = {
    _S.DRAFTED: frozenset({_S.APPROVED, _S.DROPPED}),
    _S.APPROVED: frozenset({_S.DRAFTED}),
    _S.DROPPED: frozenset(),
}
STATEMENT_MOVES: Mapping[StatementState, frozenset[StatementState]] = {
    _P.DRAFTED: frozenset({_P.APPROVED, _P.CARRIED}),
    _P.APPROVED: frozenset({_P.DRAFTED, _P.CARRIED, _P.SENT}),
    _P.CARRIED: frozenset({_P.DRAFTED}),
    _P.SENT: frozenset({_P.CONFIRMED, _P.FAILED}),
    _P.CONFIRMED: frozenset({_P.FAILED}),
    _P.FAILED: frozenset({_P.CARRIED, _P.SENT}),
}
#: Statements that wait for a transfer.
PAYABLE = tuple(state for state, to in STATEMENT_MOVES.items() if _P.SENT in to)


def check_settlement_move(state: str, to: SettlementState) -> None:
    """Refuse what the table does not know.

    Raises:
        SettlementMoved
    """
    if to not in SETTLEMENT_MOVES[SettlementState(state)]:
        raise SettlementMoved(state=state, to=str(to))


def check_statement_move(state: str, to: StatementState) -> None:
    """Refuse what the table does not know.

    Raises:
        StatementMoved
    """
    if to not in STATEMENT_MOVES[StatementState(state)]:
        raise StatementMoved(state=state, to=str(to))


class SettlementMoved(Refusal):
    """Somebody did something to it meanwhile. ``state``, ``to``."""

    code = "settlement_moved"


class StatementMoved(Refusal):
    """It was paid, confirmed or sent back meanwhile. ``state``, ``to``."""

    code = "statement_moved"


def payout_mark(payout_id: int, state: str) -> str:
    """Return how a page or command names a transfer as it showed it.

    >>> payout_mark(12, "sent")
    '12.sent'
    """
    return f"{payout_id}.{state}"


class NothingToSettle(Refusal):
    """No seller has anything that is not in a statement yet."""

    code = "nothing_to_settle"


class DraftWaits(Refusal):
    """One draft at a time: the one before is approved or dropped first. ``settlement_id``."""

    code = "draft_waits"


class WrongPeriod(Refusal):
    """It would end before the last one did, or in the future. ``last_on``."""

    code = "wrong_period"
    status = 422


class SettledSince(Refusal):
    """A payout was made, or a later settlement stands on this one."""

    code = "settled_since"


class SamePerson(Refusal):
    """Whoever approved amount or account does not mark the transfer as sent (QUALITY T27). ``name``."""

    code = "same_person"


class ReferenceNeeded(Refusal):
    """No payout without the bank's number of the transfer."""

    code = "reference_needed"
    status = 422


class NoAccountToPay(Refusal):
    """The seller has not said which account is hers, or the organisation has none to pay from."""

    code = "no_account_to_pay"


class AccountChanged(Refusal):
    """The seller's account is another one than was approved."""

    code = "account_changed"


class SameAccount(Refusal):
    """The seller's account is the one that was approved: there is nothing to answer for."""

    code = "same_account"


class AccountOnHold(Refusal):
    """The seller's account was changed lately. ``until``: when it may be paid."""

    code = "account_on_hold"


class BooksHoldLess(Refusal):
    """The organisation's accounts hold less than is to be paid. ``held_vnd``, ``wanted_vnd``."""

    code = "books_hold_less"


class FundMoneyFirst(Refusal):
    """What slips paid is on campaigns' own accounts still. ``held_vnd``, ``wanted_vnd``, ``waits_vnd``."""

    code = "fund_money_first"


class FundTransferMoved(Refusal):
    """Another sum is to be transferred by now, or none: ``due_vnd``."""

    code = "fund_transfer_moved"


class TaxPaymentPlanned(Refusal):
    """Another payment of this organisation's tax waits for its second person. ``payment_id``."""

    code = "tax_payment_planned"


class MoreThanWithheld(Refusal):
    """Less was withheld until the period's end and not paid yet. ``left_vnd``."""

    code = "more_than_withheld"
    status = 422


class MoreThanHers(Refusal):
    """Goods came back since it was drafted: paid whole, it would take other sellers' money.

    ``short_vnd``: so much.
    """

    code = "more_than_hers"


class NothingReady(Refusal):
    """No statement of this settlement can be paid now."""

    code = "nothing_ready"


class Trouble(StrEnum):
    """Why a statement that is to be paid cannot be paid now."""

    NO_ACCOUNT = "no_account"
    CHANGED = "changed"
    ON_HOLD = "on_hold"
    #: What came back since leaves less of hers than is to be paid.
    SHORT = "short"
    #: Whoever would mark it as sent approved its account.
    SAME_PERSON = "same_person"


@dataclass(frozen=True, slots=True)
class BankNow:
    """A seller's account at this moment. ``payee_id`` None: she has none."""

    payee_id: int | None
    started_at: datetime | None = None
    had_earlier: bool = False

    @property
    def free_at(self) -> datetime | None:
        """When it may be paid; None when it was her first, or there is none."""
        if self.started_at is None or not self.had_earlier:
            return None
        return self.started_at + HOLD_AFTER_CHANGE


def trouble(
    approved_id: int | None, bank: BankNow, now: datetime, short_vnd: int = 0
) -> Trouble | None:
    """Return what stands in the way of paying an approved statement, or None."""
    if short_vnd:
        return Trouble.SHORT
    if bank.payee_id is None:
        return Trouble.NO_ACCOUNT
    if bank.payee_id != approved_id:
        return Trouble.CHANGED
    if bank.free_at is not None and now < bank.free_at:
        return Trouble.ON_HOLD
    return None


def pays_vnd(due_vnd: int, least_vnd: int) -> int:
    """Return what is paid of a due: all of it, or nothing when it is too little or a debt."""
    return due_vnd if due_vnd >= max(1, least_vnd) else 0


def cut_off(to_on: date, now: datetime) -> datetime:
    """Return the moment up to which entries belong to a period: the end of its last day."""
    ends_at = datetime.combine(to_on + timedelta(days=1), datetime.min.time(), VIETNAM)
    return min(ends_at, now)


def due_period(rhythm: str, last_on: date | None, today: date) -> tuple[date, date] | None:
    """Return (from, to) of the newest whole week or month that is not settled, however long ago.

    >>> due_period("monthly", date(2026, 9, 30), date(2026, 11, 26))
    (datetime.date(2026, 10, 1), datetime.date(2026, 10, 31))
    """
    if rhythm == "weekly":  # Weeks end on Sundays.
        to_on = today - timedelta(days=today.isoweekday())
        from_on = to_on - timedelta(days=6)
    elif rhythm == "monthly":
        to_on = today.replace(day=1) - timedelta(days=1)
        from_on = to_on.replace(day=1)
    else:
        return None
    if last_on is not None and last_on >= to_on:
        return None
    return (last_on + timedelta(days=1) if last_on is not None else from_on), to_on


def next_period_on(rhythm: str, today: date) -> date | None:
    """Return the day from which on the running week or month is settled; None: by hand.

    >>> next_period_on("weekly", date(2026, 11, 26))
    datetime.date(2026, 11, 30)
    """
    if rhythm == "weekly":
        return today + timedelta(days=8 - today.isoweekday())
    if rhythm == "monthly":
        return (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    return None


def where_it_leaves(
    held: Sequence[tuple[int, int]], wanted_vnd: int, elsewhere_vnd: int = 0
) -> dict[int, int]:
    """Return which of an organisation's bank accounts a payout leaves: {payee id: đồng}.

    Buyers paid into the account of their day, and the organisation moves its own money between
    its accounts without telling the shop. So the first account pays what it can, then the others.

    Args:
        held: (payee id, balance) with the account that is paid from first.
        elsewhere_vnd: what the organisation adds itself: cards on their way to its bank, reductions.

    Raises:
        BooksHoldLess
    """
    held_vnd = sum(max(0, vnd) for _, vnd in held)
    if wanted_vnd > held_vnd + elsewhere_vnd:
        raise BooksHoldLess(held_vnd=held_vnd + elsewhere_vnd, wanted_vnd=wanted_vnd)
    left_vnd, found = wanted_vnd, dict[int, int]()
    for payee_id, vnd in held:
        if taken := min(left_vnd, max(0, vnd)):
            found[payee_id] = taken
            left_vnd -= taken
    if left_vnd:  # Its own money: for reductions that it bears, or until a card company has paid.
        found[held[0][0]] = found.get(held[0][0], 0) + left_vnd
    return found


def memo(settlement_id: int, seller_name: str) -> str:
    """Return what a transfer to a seller says: "QT12 BOT NGU COC GO MIT", 25 characters at most."""
    return f"QT{settlement_id} {ascii_only(seller_name).upper()}"[:MEMO_LENGTH].strip()
