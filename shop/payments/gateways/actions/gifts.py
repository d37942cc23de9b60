"""Gifts by card: wanted, paid, refunded and disputed. What the gateway tells is the only truth.

The organisation that owns the account there has the money for the fund (DECISIONS 5), and bears
the gateway's fees. What goes back to a card leaves the fund's figures at once; what the fund has
handed over already, or set aside for slips, cannot, and is the organisation's loss.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from shop.db import one_at_a_time
from shop.fundraising.actions.gifts import check_takes, receive_gift, return_gift
from shop.fundraising.models import Gift
from shop.fundraising.rules import CampaignNotOpen, GiftCame
from shop.kernel.errors import NotYours
from shop.ledger.actions import post
from shop.ledger.rules import Account, Leg
from shop.outbox.relay import record
from shop.payments.events import GatewayTold, GiftBackWanted
from shop.payments.gateways.actions.keeping import open_task
from shop.payments.gateways.actions.visits import PAGE_STAYS, SAME_ASKING, Wanted
from shop.payments.gateways.models import GatewayMessage, GiftBack, GiftVisit
from shop.payments.methods.online import offered
from shop.payments.rules.gateways import (
    VISIT_MOVES,
    NotPaidOnline,
    RefundState,
    Told,
    VisitState,
    fee_vnd,
)
from shop.sellers.models import Payee


@dataclass(frozen=True, slots=True)
class Ended:
    """What came of a message about a gift: its state and why."""

    state: str
    reason: str = ""


def want_gift_visit(session: Session, *, gift_id: int, now: datetime) -> Wanted:
    """Store that she wants to pay a gift on the card company's page; twice is the same page.

    Raises:
        NotYours, GiftCame, CampaignNotOpen
        NotPaidOnline: it is given otherwise, withdrawn, or no cards are taken.
    """
    gift = one_at_a_time(session, Gift, gift_id)
    if gift is None:
        raise NotYours
    payee_id = offered(session).get("card")
    if gift.method != "card" or gift.withdrawn_at is not None or payee_id is None:
        raise NotPaidOnline
    if gift.received_vnd:
        raise GiftCame
    check_takes(session, gift_id=gift_id, now=now)
    stands = session.execute(
        select(GiftVisit.id, GiftVisit.url)
        .where(
            GiftVisit.gift_id == gift_id,
            (
                (GiftVisit.state == VisitState.OPEN)
                & (GiftVisit.expires_at > now + timedelta(minutes=5))
            )
            | (
                (GiftVisit.state == VisitState.INTENDED) & (GiftVisit.opened_at > now - SAME_ASKING)
            ),
        )
        .order_by(GiftVisit.id.desc())
    ).first()
    if stands is not None:
        return Wanted(stands.id, stands.url)
    visit = GiftVisit(
        gift_id=gift_id, payee_id=payee_id, gateway="card",
        key=f"{gift.memo}-{secrets.token_hex(6)}", amount_vnd=gift.amount_vnd,
        state=VisitState.INTENDED, opened_at=now, expires_at=now + PAGE_STAYS, changed_at=now,
    )  # fmt: skip
    session.add(visit)
    session.flush()
    return Wanted(visit.id, "")


def keep_gift_page(
    session: Session, *, visit_id: int, url: str, outside_id: str, now: datetime
) -> None:
    """Note where she pays; "" when the gateway will not open a page."""
    values: dict[str, Any] = {"state": VisitState.FAILED, "changed_at": now}
    if url:
        values |= {"state": VisitState.OPEN, "url": url, "outside_id": outside_id}
    session.execute(
        update(GiftVisit)
        .where(GiftVisit.id == visit_id, GiftVisit.state == VisitState.INTENDED)
        .values(**values)
    )


def apply_to_gift(
    session: Session, message: GatewayMessage, told: Told, more: Sequence[Any], now: datetime
) -> Ended | None:
    """Act on a message about a gift; None when it is about something else."""
    visit = _visit(session, message.gateway, told)
    if visit is None:
        return None
    if told.about == "paid":
        return _paid(session, message, visit, told, now)
    if told.about in ("pending", "failed", "expired"):
        to = {"pending": VisitState.PENDING, "failed": VisitState.FAILED}.get(
            told.about, VisitState.EXPIRED
        )
        return Ended("applied" if _move(visit, to, now) else "ignored")
    if told.about == "dispute":
        # Gifts are paid in đồng: what a bank says of other money is a person's.
        if told.currency != "VND" or told.amount_minor > visit.amount_vnd:
            open_task(
                session, key=f"message:{message.id}", gateway=visit.gateway,
                reason="dispute_unclear", currency=told.currency, amount_minor=told.amount_minor,
                outside_id=told.outside_id, now=now,
            )  # fmt: skip
            return Ended("task", "dispute_unclear")
        _dispute(session, visit, told, now)
        return Ended("applied")
    for one in [told] if told.about == "refund" else more:
        settle_gift_back(session, visit=visit, told=one, now=now)
    return Ended("applied")


def _visit(session: Session, gateway: str, told: Told) -> GiftVisit | None:
    by_key = told.about in ("paid", "pending", "failed", "expired")
    if not (told.key if by_key else told.charge_id):
        return None
    which = GiftVisit.key == told.key if by_key else GiftVisit.charge_id == told.charge_id
    return session.scalar(
        select(GiftVisit)
        .where(GiftVisit.gateway == gateway, which)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def _move(visit: GiftVisit, to: VisitState, now: datetime) -> bool:
    if to not in VISIT_MOVES[VisitState(visit.state)]:
        return False
    visit.state, visit.changed_at = to, now
    return True


def _paid(
    session: Session, message: GatewayMessage, visit: GiftVisit, told: Told, now: datetime
) -> Ended:
    if visit.state == VisitState.PAID and visit.charge_id == told.charge_id:
        return Ended("ignored")
    if visit.outside_id not in (None, told.outside_id) or visit.state == VisitState.PAID:
        return _task(session, message, "paid_twice", told, now)
    if (told.currency, told.amount_minor) != ("VND", visit.amount_vnd):
        return _task(session, message, "wrong_amount", told, now)
    _move(visit, VisitState.PAID, now)
    visit.outside_id, visit.charge_id = told.outside_id or visit.outside_id, told.charge_id
    session.flush()
    key, paid_at = f"gift-visit:{visit.id}", min(told.at or now, now)
    gift = one_at_a_time(session, Gift, visit.gift_id)
    try:
        if gift is None or gift.withdrawn_at is not None or gift.received_vnd:
            raise CampaignNotOpen(state="")  # Withdrawn meanwhile, or paid on another page.
        with session.begin_nested():
            receive_gift(
                session, gift_id=visit.gift_id, amount_vnd=visit.amount_vnd, key=key, now=now,
                occurred_at=paid_at, against=_clearing(session, visit),
            )  # fmt: skip
    except CampaignNotOpen:
        # Too late, or too much: nobody's, and on its way back to the card.
        visit.late = True
        post(
            session, key=key, kind="gift_late", subject=f"gift:{visit.gift_id}", now=now,
            legs=[
                Leg(_clearing(session, visit), visit.amount_vnd),
                Leg(Account("suspense", f"payee:{visit.payee_id}"), -visit.amount_vnd),
            ],
        )  # fmt: skip
        want_back(session, visit=visit, now=now)
    _wake_waiting(session, message.gateway, told.charge_id, now)
    return Ended("applied")


def _task(
    session: Session, message: GatewayMessage, reason: str, told: Told, now: datetime
) -> Ended:
    open_task(
        session, key=f"message:{message.id}", gateway=message.gateway, reason=reason,
        currency=told.currency, amount_minor=told.amount_minor,
        outside_id=told.charge_id or told.outside_id, now=now,
    )  # fmt: skip
    return Ended("task", reason)


def _wake_waiting(session: Session, gateway: str, charge_id: str, now: datetime) -> None:
    """What was told of a charge before the charge itself is looked at again."""
    for message_id in session.scalars(
        select(GatewayMessage.id).where(
            GatewayMessage.gateway == gateway, GatewayMessage.charge_id == charge_id,
            GatewayMessage.state == "waiting",
        )
    ).all():  # fmt: skip
        record(session, GatewayTold(message_id=message_id), now)


def want_back(session: Session, *, visit: GiftVisit, now: datetime) -> None:
    """Ask for the money of a gift to go back to the card, once; the gateway is asked afterwards."""
    back = GiftBack(
        visit_id=visit.id, kind="refund", key=f"giftback:{visit.id}", amount_vnd=visit.amount_vnd,
        state=RefundState.INTENDED, at=now,
    )  # fmt: skip
    session.add(back)
    session.flush()
    record(session, GiftBackWanted(back.id), now)


def settle_gift_back(session: Session, *, visit: GiftVisit, told: Told, now: datetime) -> None:
    """Bring a refund of a gift to the state that the gateway tells; also one made on its own pages."""
    back = _back(session, visit, "refund", told, told.amount_minor, now)
    if back.state in {RefundState.FAILED, told.state}:
        return
    back.outside_id, back.state = told.outside_id or back.outside_id, told.state
    if told.state == RefundState.SUCCEEDED:
        _take(session, visit, back, now)
    elif told.state == RefundState.FAILED:
        _put_in_again(session, visit, back, now)
        open_task(
            session, key=f"giftback:{back.id}", gateway=visit.gateway, reason="refund_failed",
            amount_minor=back.amount_vnd, outside_id=back.outside_id or "", now=now,
        )  # fmt: skip


def _dispute(session: Session, visit: GiftVisit, told: Told, now: datetime) -> None:
    """A bank took the money back, or gave it back: booked as it stands, whichever came first."""
    back = _back(session, visit, "dispute", told, told.amount_minor, now)
    _charge_fee(session, visit, back, told, now)
    if back.state in ("won", "lost"):  # Decided is decided; only a fee may come still.
        return
    back.state = told.state
    if told.state == "won":
        _put_in_again(session, visit, back, now)
    elif told.amount_minor:
        back.amount_vnd = back.amount_vnd or told.amount_minor
        _take(session, visit, back, now)
    open_task(
        session, key=f"giftback:{back.id}:{back.state}", gateway=visit.gateway, reason="disputed",
        amount_minor=back.amount_vnd, outside_id=told.outside_id, now=now,
    )  # fmt: skip


def _charge_fee(
    session: Session, visit: GiftVisit, back: GiftBack, told: Told, now: datetime
) -> None:
    """Book what the gateway asked for a dispute so far, also after its end.

    A fee is what all its lines come to: the message that knows of more of them is later, whatever
    came first.
    """
    if told.lines <= back.lines:
        return
    back.lines = told.lines
    fees_vnd = fee_vnd(told.fee_minor, told.fee_of_minor, told.amount_minor or back.amount_vnd)
    if fees_vnd == back.fee_vnd:
        return
    unit = _unit(session, visit)
    post(
        session, key=f"giftback:{back.id}:fee:{told.lines}:{fees_vnd}",
        kind=f"dispute_{back.state or told.state}", now=now, subject=f"gift:{visit.gift_id}",
        legs=[
            Leg(Account("card_fees", unit, visit.gateway), fees_vnd - back.fee_vnd),
            Leg(_clearing(session, visit), back.fee_vnd - fees_vnd),
        ],
    )  # fmt: skip
    back.fee_vnd = fees_vnd


def _back(
    session: Session, visit: GiftVisit, kind: str, told: Told, amount_vnd: int, now: datetime
) -> GiftBack:
    """Return the row of a refund or dispute, made when it is heard of for the first time."""
    found = session.scalar(
        select(GiftBack).where(
            GiftBack.visit_id == visit.id, GiftBack.kind == kind,
            (GiftBack.outside_id == told.outside_id) | (GiftBack.key == (told.key or "-")),
        )
    )  # fmt: skip
    if found is None:
        found = GiftBack(
            visit_id=visit.id, kind=kind, key=f"{kind}:{told.outside_id}"[:120],
            outside_id=told.outside_id, amount_vnd=amount_vnd, state="", at=now,
        )  # fmt: skip
        session.add(found)
        session.flush()
    return found


def _take(session: Session, visit: GiftVisit, back: GiftBack, now: datetime) -> None:
    """Take what goes back to the card out of the fund's figures; what is not there is a loss."""
    if back.taken:
        return
    back.taken = True
    key = f"giftback:{back.id}:out"
    if visit.late:
        against = Account("suspense", f"payee:{visit.payee_id}")
        _post(session, visit, key, "gift_late", against, back.amount_vnd, now)
        return
    gone_vnd = return_gift(
        session, gift_id=visit.gift_id, amount_vnd=back.amount_vnd, key=key, now=now,
        against=_clearing(session, visit),
    )  # fmt: skip
    back.lost_vnd = back.amount_vnd - gone_vnd
    if back.lost_vnd:
        lost = Account("card_lost", _unit(session, visit), visit.gateway)
        _post(session, visit, f"{key}:lost", "card_lost", lost, back.lost_vnd, now)
        open_task(
            session, key=f"{key}:lost", gateway=visit.gateway, reason="gift_lost",
            amount_minor=back.lost_vnd, outside_id=back.outside_id or "", now=now,
        )  # fmt: skip


def _put_in_again(session: Session, visit: GiftVisit, back: GiftBack, now: datetime) -> None:
    """It did not leave after all: the fund has it again."""
    if not back.taken:
        return
    back.taken = False
    key = f"giftback:{back.id}:in"
    if visit.late:
        against = Account("suspense", f"payee:{visit.payee_id}")
        _post(session, visit, key, "gift_late", against, -back.amount_vnd, now)
        return
    if back.lost_vnd:
        lost = Account("card_lost", _unit(session, visit), visit.gateway)
        _post(session, visit, f"{key}:lost", "card_lost", lost, -back.lost_vnd, now)
    again_vnd = back.amount_vnd - back.lost_vnd
    if again_vnd:
        receive_gift(
            session, gift_id=visit.gift_id, amount_vnd=again_vnd, key=key, now=now,
            against=_clearing(session, visit), again=True,
        )  # fmt: skip
    back.lost_vnd = 0


def _post(
    session: Session, visit: GiftVisit, key: str, kind: str, against: Account, vnd: int,
    now: datetime,
) -> None:  # fmt: skip
    post(
        session, key=key, kind=kind, subject=f"gift:{visit.gift_id}", now=now,
        legs=[Leg(against, vnd), Leg(_clearing(session, visit), -vnd)],
    )  # fmt: skip


def _unit(session: Session, visit: GiftVisit) -> str:
    return f"organisation:{session.get_one(Payee, visit.payee_id).organisation_id}"


def _clearing(session: Session, visit: GiftVisit) -> Account:
    return Account("card_clearing", _unit(session, visit), visit.gateway)
