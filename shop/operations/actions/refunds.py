"""Refunds out of an organisation's account. Each leaves its audit line where refunds are kept."""

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.fundraising.models import Campaign
from shop.kernel.errors import NotYours
from shop.payments import given_word, refunds
from shop.payments.methods import By
from shop.payments.models import Payment, Refund
from shop.payments.rules.refunds import RefundReason, Way
from shop.payments.told import TRANSFER, Subject


def note_sent_back(
    session: Session, *, payment_id: int, refund_id: int, seen: str, is_before: bool = False,
    reference: str = "", by: By, now: datetime,
) -> bool:  # fmt: skip
    """Note that a refund was transferred where the page said; False when noted before.

    Raises:
        NotYours: not of this payment.
        And as ``refunds.note_sent_as_seen`` does.
    """
    _check(session, payment_id, refund_id)
    return refunds.note_sent_as_seen(
        session, refund_id=refund_id, seen=seen, is_before=is_before, reference=reference, by=by,
        now=now,
    )  # fmt: skip


def note_account_wrong(
    session: Session, *, payment_id: int, refund_id: int, by: By, now: datetime
) -> bool:
    """Note that there is no such account, and ask the buyer again; False when that was done.

    Raises:
        NotYours, RefundMovedOn
    """
    _check(session, payment_id, refund_id)
    return refunds.ask_for_account_again(session, refund_id=refund_id, by=by, now=now)


def withdraw_promise(
    session: Session, *, payment_id: int, refund_id: int, by: By, now: datetime
) -> bool:
    """Take back a promise that waits; False when that was done.

    Raises:
        NotYours, RefundMovedOn
    """
    _check(session, payment_id, refund_id)
    return refunds.take_back_promise(session, refund_id=refund_id, by=by, now=now)


def give_as_credit(
    session: Session, *, payment_id: int, refund_id: int, by: By, now: datetime
) -> bool:
    """Let the buyer have a code for what waits to go back; False when she has it already.

    Raises:
        NotYours, NoSuchWay, RefundMovedOn
    """
    _check(session, payment_id, refund_id)
    order_id = session.scalars(select(Payment.order_id).where(Payment.id == payment_id)).one()
    return refunds.take_as_credit(session, order_id=order_id, refund_id=refund_id, by=by, now=now)


def record_word(
    session: Session, *, payment_id: int, refund_id: int, campaign_code: str, said_by: str,
    words: str, said_on: date, said_how: str, named: bool, by: By, now: datetime,
) -> bool:  # fmt: skip
    """Write down that the buyer gives what waits for her to a campaign. Another person acts on it.

    Raises:
        NotYours, RefundMovedOn, CampaignNotOpen, GiftOutOfRange
    """
    _check(session, payment_id, refund_id)
    campaign_id = session.scalar(select(Campaign.id).where(Campaign.code == campaign_code))
    if campaign_id is None:
        raise NotYours
    given_word.record_word(
        session, refund_id=refund_id, campaign_id=campaign_id, said_by=said_by, words=words,
        said_on=said_on, said_how=said_how, named=named, by=by, now=now,
    )  # fmt: skip
    return True


def carry_out_word(
    session: Session, *, payment_id: int, refund_id: int, by: By, now: datetime
) -> bool:
    """Let the money go to the fund as the buyer said.

    Raises:
        NotYours, NotYourCampaign, RefundMovedOn, CampaignNotOpen
    """
    _check(session, payment_id, refund_id)
    given_word.carry_out_word(
        session, refund_id=refund_id, by=by, now=now
    )  # fmt: skip
    return True


def drop_word(session: Session, *, payment_id: int, refund_id: int, by: By, now: datetime) -> bool:
    """Forget a word on which nobody has acted.

    Raises:
        NotYours
    """
    _check(session, payment_id, refund_id)
    return given_word.drop_word(session, refund_id=refund_id, by=by, now=now)


def promise_back(
    session: Session, *, payment_id: int, amount_vnd: int | None = None,
    lines: dict[int, int] | None = None, of_part: int | None = None, after: int, words: str = "",
    way: Way = Way.BANK, by: By, now: datetime,
) -> bool:  # fmt: skip
    """Let the buyer have some back though all of it was owed; False when that was counted before.

    Args:
        of_part: the seller order whose sale it is taken from; of all in proportion when left out.
        after: ``promised_so_far`` of the page that was tapped.
        way: to her bank, or as a code at once.

    Raises:
        MoreThanReceived, NothingToGiveBack, AmountOutOfRange
        NotYours: a part or line of something else.
    """
    by_part = {of_part: amount_vnd} if of_part and amount_vnd else None
    of = Subject(TRANSFER, payment_id)
    made = refunds.refund(
        session, of=of, amount_vnd=amount_vnd, by_part=by_part, lines=lines,
        reason=RefundReason.GOODWILL, way=way, key=f"goodwill:{of}:{after}",
        by=by, note=words, now=now,
    )  # fmt: skip
    return made is not None


def _check(session: Session, payment_id: int, refund_id: int) -> None:
    found = session.scalar(
        select(Refund.id).where(Refund.id == refund_id, Refund.payment_id == payment_id)
    )
    if found is None:
        raise NotYours
