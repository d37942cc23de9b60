"""A buyer's word, told to the desk, that money of hers goes to a campaign: two people act on it.

Her own page needs none of this (``refunds.take_as_gift``): she says it herself there. At the desk
one person writes down who agreed, when and how; another one, having read that, carries it out.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from shop.current import vault
from shop.fundraising.models import Campaign
from shop.fundraising.rules import CampaignNotOpen, NotYourCampaign, check_gift, takes_money
from shop.kernel.clock import vietnam_date
from shop.kernel.errors import NotYours
from shop.ordering.models import Order
from shop.payments import refunds
from shop.payments.methods import By
from shop.payments.models import Refund, RefundWord
from shop.payments.queries.refunds import order_id_of
from shop.payments.rules.refunds import WAITING, RefundMovedOn, RefundState, Way
from shop.payments.written import write_down


def record_word(
    session: Session, *, refund_id: int, campaign_id: int, said_by: str, words: str, said_on: date,
    said_how: str, named: bool, by: By, now: datetime,
) -> int:  # fmt: skip
    """Write down that a buyer gives what waits for her to a campaign; return the word's id.

    Nothing moves yet. A word that waits already is left as it is, and its id returned.

    Raises:
        NotYours: no such refund or campaign.
        RefundMovedOn: it went, or is not to go back any more.
        CampaignNotOpen, GiftOutOfRange
    """
    refund = session.execute(
        select(Refund.state, Refund.way, Refund.amount_vnd)
        .where(Refund.id == refund_id)
        .with_for_update()
    ).one_or_none()
    campaign = session.get(Campaign, campaign_id)
    if refund is None or campaign is None:
        raise NotYours
    waiting = waiting_word(session, refund_id)
    if waiting is not None:
        return waiting.id
    if refund.state not in WAITING or refund.way == Way.CAMPAIGN:
        raise RefundMovedOn(state=refund.state, to=RefundState.ACCOUNT_GIVEN)
    check_gift(refund.amount_vnd)
    _check_takes(campaign, now)
    key = _key(session, refund_id)
    word = RefundWord(
        refund_id=refund_id, campaign_id=campaign_id,
        said=vault().seal(key, {"by": said_by, "words": words}), said_on=said_on,
        said_how=said_how, named=named, recorded_at=now, recorded_by_id=by.account_id,
        recorded_by=by.name,
    )  # fmt: skip
    session.add(word)
    session.flush()
    _written(session, "recorded", refund_id, by, now, how=said_how, on=str(said_on))
    return word.id


def carry_out_word(session: Session, *, refund_id: int, by: By, now: datetime) -> int:
    """Let the money go to the fund as the buyer said; return the gift.

    Raises:
        NotYours: no word of hers waits.
        NotYourCampaign: whoever wrote it down does not carry it out as well.
        Everything that ``refunds.take_as_gift`` refuses.
    """
    word = _locked(session, refund_id)
    if by.account_id == word.recorded_by_id and (by.account_id or by.name == word.recorded_by):
        raise NotYourCampaign
    order_id = order_id_of(session, refund_id)
    gift_id = refunds.take_as_gift(
        session, order_id=order_id, refund_id=refund_id, campaign_id=word.campaign_id,
        named=word.named, by=by, now=now,
    )  # fmt: skip
    _end(session, word, by, now, gift_id)
    _written(session, "carried_out", refund_id, by, now)
    return gift_id


def drop_word(session: Session, *, refund_id: int, by: By, now: datetime) -> bool:
    """Forget a word on which nobody has acted: it was misheard, or she thought better of it.

    Raises:
        NotYours: none waits.
    """
    _end(session, _locked(session, refund_id), by, now, None)
    _written(session, "dropped", refund_id, by, now)
    return True


def waiting_word(session: Session, refund_id: int) -> Any:
    """Return the word that waits to be carried out for a refund, or None."""
    return session.scalar(
        select(RefundWord).where(RefundWord.refund_id == refund_id, RefundWord.ended_at.is_(None))
    )


def said_in(session: Session, word: RefundWord) -> dict[str, str]:
    """Open who spoke and what she said: {"by", "words"}; empty once her contact was erased."""
    key = _key(session, word.refund_id)
    return vault().open(key, word.said) if key else {"by": "", "words": ""}


def _check_takes(campaign: Campaign, now: datetime) -> None:
    today = vietnam_date(now)
    if not takes_money(campaign.state, campaign.opens_on, campaign.closes_on, today):
        raise CampaignNotOpen(state=campaign.state)


def _key(session: Session, refund_id: int) -> bytes:
    order_id = order_id_of(session, refund_id)
    return session.scalars(select(Order.data_key).where(Order.id == order_id)).one()


def _locked(session: Session, refund_id: int) -> RefundWord:
    word = session.scalar(
        select(RefundWord)
        .where(RefundWord.refund_id == refund_id, RefundWord.ended_at.is_(None))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if word is None:
        raise NotYours
    return word


def _end(session: Session, word: RefundWord, by: By, now: datetime, gift_id: int | None) -> None:
    changed = session.execute(
        update(RefundWord)
        .where(RefundWord.id == word.id, RefundWord.ended_at.is_(None))
        .values(ended_at=now, ended_by_id=by.account_id, gift_id=gift_id)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        raise NotYours


def _written(
    session: Session, act: str, refund_id: int, by: By, now: datetime, **facts: Any
) -> None:
    write_down(session, f"refund_word.{act}", ("refund", refund_id), by, now, **facts)
