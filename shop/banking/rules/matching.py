"""Which order a transfer pays: the decision table of DOMAIN 1.2.

Only code, account and amount together confirm by themselves; all else is asked of a person.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from shop.kernel.errors import Refusal

#: A transfer without a code is put beside orders that were placed so long before it.
LIKELY_WITHIN = timedelta(hours=48)
#: Somebody who taps "received" has seen the money: at most so long before the bank's own time.
TAPPED_BEFORE = timedelta(days=1)

#: Reasons by which a notice settles by itself.
EXACT, KNOWN = "exact", "known"
#: The bank took back what it had credited: nothing can be counted of it.
REVERSED = "reversed"
#: Reasons for which a person is asked, each with its own sentence in the templates.
ASKED = (
    "short", "over", "paid_already", "late", "by_key", "two_codes", "other_code", "other_account",
    "wrong_account", "likely", "unknown", "maybe_same", "maybe_known", "foreign_currency",
    "taken_back", "fund_over", "fund_sum", "fund_dropped", "pass_open",
    "pass_sum", "pass_known", "in_books", REVERSED,
)  # fmt: skip


class NoticeSettled(Refusal):
    """Somebody answered first, or the notice settled by itself. ``state``: what it is now."""

    code = "notice_settled"


class NoticeStays(Refusal):
    """Money moved by this answer: it is taken back at the order, not here."""

    code = "notice_stays"


class NoSuchOrder(Refusal):
    """No order with this code waits for a transfer into this account. ``typed``: the code."""

    code = "no_such_order"
    status = 422


class SeveralOfOrder(Refusal):
    """An order is paid by several transfers, and the sum does not say which is meant.

    ``memos``: (memo, đồng still missing) of each.
    """

    code = "several_of_order"
    status = 422


class NotThatPass(Refusal):
    """The gifts by card have not left yet, or another line of the bank is they. ``pass_id``."""

    code = "not_that_pass"


class NotInBooks(Refusal):
    """Nothing like this is counted any more, or another line of the bank is it already."""

    code = "not_in_books"


class MoreThanOwed(Refusal):
    """The seller owes the organisation less than this money. ``owed_vnd``."""

    code = "more_than_owed"


class MoreThanHeld(Refusal):
    """The wallet has less of the organisation than this money and its fee. ``held_vnd``."""

    code = "more_than_wallet_holds"


@dataclass(frozen=True, slots=True)
class Tap:
    """A person's "received" that no notice has been found for."""

    event_id: int
    amount_vnd: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """A payment that a transfer may be for."""

    payment_id: int
    missing_vnd: int
    #: Cancelled or expired: nothing is owed any more.
    is_over: bool = False
    #: The money is on the very account that the buyer was shown.
    is_here: bool = True
    #: The account it should have gone to belongs to the same seller or unit.
    is_ours: bool = True
    taps: tuple[Tap, ...] = ()

    def tap_of(self, amount_vnd: int) -> Tap | None:
        return next((tap for tap in self.taps if tap.amount_vnd == amount_vnd), None)


@dataclass(frozen=True, slots=True)
class ForFund:
    """A gift, or what a seller pays in of her shares, that a transfer names by its memo."""

    kind: Literal["gift", "share"]
    id: int
    memo: str
    title_vi: str
    title_en: str
    amount_vnd: int
    #: The campaign takes this money: for a gift, on its day; for a share, as long as she owes.
    takes: bool
    is_here: bool = True
    is_ours: bool = True
    #: Of a gift: she said that she does not give it, and now money came.
    withdrawn: bool = False
    #: Of a share: what she owes still.
    due_vnd: int = 0
    #: Lines that a person noted by hand and no notice has been found for.
    taps: tuple[Tap, ...] = ()

    def tap_of(self, amount_vnd: int) -> Tap | None:
        return next((tap for tap in self.taps if tap.amount_vnd == amount_vnd), None)


@dataclass(frozen=True, slots=True)
class OfPass:
    """Gifts by card on their way from the shop's account to the fund's, or what cards took back.

    The fund counted them when the cards paid: the bank's line is only recognised, never counted.
    """

    id: int
    code: str
    title_vi: str
    title_en: str
    amount_vnd: int
    #: The second person wrote down that it left, and it did not come back.
    is_sent: bool
    #: Another line of the bank is this transfer already.
    is_known: bool

    @property
    def may_be(self) -> bool:
        """Whether somebody may say that a line is this transfer."""
        return self.is_sent and not self.is_known


@dataclass(frozen=True, slots=True)
class InBooks:
    """Money that was counted before the bank told of it: its line is only recognised.

    ``kind``: what cards paid out; a carrier's file; a settlement's transfer that came back; cash
    of a fund that was paid in; money of a hand-over or cost that came back to its fund.
    """

    kind: Literal["card", "carrier", "payout", "deposit", "returned"]
    id: int
    amount_vnd: int
    #: The carrier, the seller whom the transfer did not reach, or the title of the fund's campaign.
    name_vi: str = ""
    name_en: str = ""
    #: Of a transfer: its settlement and her statement, where somebody notes that it came back.
    settlement_id: int = 0
    statement_id: int = 0
    #: Of a fund: its campaign, and the hand-over that it comes back from.
    campaign_id: int = 0
    disbursement_id: int = 0
    #: Nobody noted yet that it is there: the books still have it where it was before.
    waits: bool = False

    @property
    def subject(self) -> str:
        """What a notice of this money has for its reason: "carrier:3"."""
        return f"{self.kind}:{self.id}"


def shares_of(amount_vnd: int, missing: Sequence[int]) -> list[int]:
    """Return what each order has of one transfer: each what it misses, and the rest is the last's.

    Nothing for an order says that the money does not reach so far.

    >>> shares_of(482_000, [241_000, 241_000]), shares_of(470_000, [241_000, 241_000])
    ([241000, 241000], [241000, 229000])
    >>> shares_of(500_000, [241_000, 241_000]), shares_of(200_000, [241_000, 241_000])
    ([241000, 259000], [200000, 0])
    """
    shares, left = [], amount_vnd
    for one in missing[:-1]:
        shares.append(min(one, left))
        left -= shares[-1]
    return [*shares, left]


def codes_typed(text: str) -> list[str]:
    """Return the codes that somebody typed; one written in groups of four stays one.

    >>> codes_typed("VSRVTXSH CP7K2M9PXA"), codes_typed("VSRVTXSH, CP7K 2M9P XA"), codes_typed("vsrv txsh")
    (['VSRVTXSH', 'CP7K2M9PXA'], ['VSRVTXSH', 'CP7K 2M9P XA'], ['vsrv txsh'])
    """
    found: list[str] = []
    for part in _BETWEEN.split(text):
        words = part.split()
        found += words if all(len(word) >= _SHORTEST for word in words) else [part.strip()]
    return found


#: What stands between codes, and how short one may be: an order's.
_BETWEEN, _SHORTEST = re.compile(r"[,;+&]"), 8


def settlements_in(text: str) -> list[int]:
    """Return the numbers of settlements that a bank's text names; banks drop spaces.

    >>> settlements_in("HOAN TRA GD QT2 BOT NGU COC"), settlements_in("hoantragdqt12"), settlements_in("QT")
    ([2], [12], [])
    """
    return [int(number) for number in _SETTLEMENT.findall(text.upper())]


def is_no_sale(text: str) -> bool:
    """Tell whether a text is one of cards, carriers or settlements: no buyer writes so.

    >>> is_no_sale("STRIPE PAYMENTS UK"), is_no_sale("GHN TT COD 1127"), is_no_sale("GD QT2 LOI")
    (True, True, True)
    >>> is_no_sale("tien banh codon"), is_no_sale("chuyen tien")
    (False, False)
    """
    return _NO_SALE.search(text.upper()) is not None


_SETTLEMENT = re.compile(r"QT([1-9][0-9]{0,8})(?![0-9])")
_NO_SALE = re.compile(r"STRIPE|(?<![A-Z])(COD|QT[1-9][0-9]*)(?![0-9A-Z])")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a transfer is. ``payment_id``: of what it pays, or the first guess, or None."""

    reason: str
    payment_id: int | None = None
    #: The person's "received" that told the same money before.
    tap: Tap | None = None
    #: The gift or share that it is, instead of a payment.
    fund: ForFund | None = None
    #: The gifts by card passed on that it is: their money was counted before.
    passed: OfPass | None = None

    @property
    def settles(self) -> bool:
        return self.reason in (EXACT, KNOWN)

    @property
    def counts(self) -> bool:
        """Whether money that nobody noted before would be counted by itself."""
        return self.reason == EXACT and self.passed is None


def decide(
    amount_vnd: int,
    named: Sequence[Wanted],
    likely: Sequence[Wanted],
    *,
    may_be_copy: bool = False,
    funds: Sequence[ForFund] = (),
    passes: Sequence[OfPass] = (),
    in_books: bool = False,
) -> Verdict:
    """Return what a transfer into one of our accounts is.

    Args:
        named: the payments whose codes stand in its text.
        likely: payments into this account of just this amount, placed shortly before, or
            that a person has just noted by hand.
        may_be_copy: another source told of the same code and amount that day.
        funds: the gifts and shares whose codes stand in its text.
        passes: the transfers of gifts by card into this account that its text names.
        in_books: it is like money that was counted before, by its text or its sum.
    """
    if len(named) + len(funds) + len(passes) > 1:
        return Verdict("two_codes", next((one.payment_id for one in named if one.is_ours), None))
    if passes:
        return _of_pass(amount_vnd, passes[0], may_be_copy)
    if funds:
        return _of_fund(amount_vnd, funds[0], may_be_copy)
    if named:
        return _of_named(amount_vnd, named[0], likely, may_be_copy)
    if in_books:  # An equal order is chance: counted for it, the money would be there twice.
        return Verdict("in_books")
    noted = [one for one in likely if one.tap_of(amount_vnd)]
    if noted:
        return Verdict("maybe_known", noted[0].payment_id)
    if len(likely) == 1:
        return Verdict("likely", likely[0].payment_id)
    return Verdict("unknown")


def _of_fund(amount_vnd: int, one: ForFund, may_be_copy: bool) -> Verdict:
    """A gift of another amount is still a gift: it is taken as it came. A share has to be right."""
    if not one.is_ours:
        return Verdict("wrong_account")
    if not one.is_here:
        return Verdict("other_account")
    tap = one.tap_of(amount_vnd)
    if tap is not None:
        return Verdict(KNOWN, tap=tap, fund=one)
    if may_be_copy:
        return Verdict("maybe_same")
    if not one.takes:
        return Verdict("fund_dropped" if one.withdrawn else "fund_over")
    if one.kind == "share" and not amount_vnd == one.amount_vnd <= one.due_vnd:
        return Verdict("fund_sum")
    return Verdict(EXACT, fund=one)


def _of_pass(amount_vnd: int, one: OfPass, may_be_copy: bool) -> Verdict:
    if one.is_known:
        return Verdict("maybe_same" if may_be_copy else "pass_known")
    if not one.is_sent:
        return Verdict("pass_open")
    if amount_vnd != one.amount_vnd:
        return Verdict("pass_sum")
    return Verdict(EXACT, passed=one)


def _of_named(amount_vnd: int, one: Wanted, likely: Sequence[Wanted], may_be_copy: bool) -> Verdict:
    mine = one.payment_id
    if not one.is_ours:
        return Verdict("wrong_account")
    if not one.is_here:
        return Verdict("other_account", mine)
    tap = one.tap_of(amount_vnd)
    if tap is not None:
        return Verdict(KNOWN, mine, tap)
    if may_be_copy:
        return Verdict("maybe_same", mine)
    if one.is_over:
        return Verdict("late", mine)
    if one.missing_vnd == amount_vnd:
        return Verdict(EXACT, mine)
    if one.missing_vnd == 0:
        return Verdict("paid_already", mine)
    if any(other.payment_id != mine and other.missing_vnd == amount_vnd for other in likely):
        return Verdict("other_code", mine)
    return Verdict("short" if amount_vnd < one.missing_vnd else "over", mine)
