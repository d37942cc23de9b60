"""Money on its way back to cards and wallets: asked for once, never more than came."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shop.kernel.errors import NotYours
from shop.outbox.relay import record
from shop.payments.events import CardRefundWanted
from shop.payments.gateways.models import GatewayDispute, GatewayRefund, GatewayVisit
from shop.payments.methods.protocol import By, Taken
from shop.payments.models import Payment, PaymentEvent
from shop.payments.rules.amounts import AmountOutOfRange, MoreThanReceived
from shop.payments.rules.books import LeftFrom
from shop.payments.rules.gateways import ONLINE, RefundState, VisitState, part_of

#: Where a session keeps a refund that a gateway told of before the shop asked for it.
MADE_OUTSIDE = "card_refund_made_outside"


def start_refund(
    session: Session,
    *,
    payment_id: int,
    amount_vnd: int,
    key: str,
    by: By,
    note: str = "",
    now: datetime,
) -> int | None:
    """Ask for money to go back to the card or wallet that paid; the gateway is called after this transaction.

    It is taken from one charge, the newest of which something is left (``pieces_of``). The payment
    counts it as given back when the gateway says so (``refunds.settled``); one that fails becomes
    a task.

    Args:
        key: at most 60 characters; the same asks once.

    Returns:
        The id in ``gateway_refunds``; None when ``key`` was asked before.

    Raises:
        AmountOutOfRange, NotYours
        MoreThanReceived: more than that charge has left; nothing is stored.
    """
    if amount_vnd <= 0:
        raise AmountOutOfRange(amount_vnd=amount_vnd)
    # Two who refund at once wait for each other here.
    payment = session.scalar(
        select(Payment)
        .where(Payment.id == payment_id, Payment.method.in_(ONLINE))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if payment is None:
        raise NotYours
    if session.scalar(select(GatewayRefund.id).where(GatewayRefund.key == key)) is not None:
        return None
    going_vnd = under_way_vnd(session, payment_id)
    if amount_vnd > payment.received_vnd - payment.refunded_vnd - going_vnd:
        raise MoreThanReceived(amount_vnd=amount_vnd)
    charges = _charges(session, payment_id)
    if not charges or amount_vnd > charges[0].left_vnd:
        raise MoreThanReceived(amount_vnd=amount_vnd)
    visit, left_vnd, left_minor = charges[0]
    refund = GatewayRefund(
        payment_id=payment_id, visit_id=visit.id, gateway=visit.gateway, key=key,
        amount_vnd=amount_vnd, currency=visit.currency,
        amount_minor=part_of(
            amount_vnd, visit.amount_vnd, visit.amount_minor, left_vnd, left_minor
        ),
        state=RefundState.INTENDED, actor_kind=by.kind, actor_id=by.account_id, note=note,
        wanted_at=now, changed_at=now,
    )  # fmt: skip
    session.add(refund)
    session.flush()
    record(session, CardRefundWanted(refund_id=refund.id), now)
    return refund.id


class _Charge(NamedTuple):
    """A charge of which something is left to go back."""

    visit: GatewayVisit
    left_vnd: int
    left_minor: int


def _charges(session: Session, payment_id: int) -> list[_Charge]:
    """Return the charges of a payment of which something is left, the newest first."""
    found = [_Charge(visit, *left_of(session, visit)) for visit in _paid(session, payment_id)]
    return [charge for charge in found if charge.left_vnd > 0]


def pieces_of(session: Session, payment_id: int, amount_vnd: int) -> list[int]:
    """Return in which sums an amount goes back: what each charge has left, the newest first.

    Raises:
        MoreThanReceived
    """
    found, rest_vnd = list[int](), amount_vnd
    for charge in _charges(session, payment_id):
        found.append(min(rest_vnd, charge.left_vnd))
        rest_vnd -= found[-1]
        if not rest_vnd:
            return found
    raise MoreThanReceived(amount_vnd=amount_vnd, held_vnd=amount_vnd - rest_vnd)


_UNDER_WAY = (RefundState.INTENDED, RefundState.PENDING)


def under_way_vnd(session: Session, payment_id: int) -> int:
    """Return what is going back to the card and was not counted yet."""
    return _sum(
        session, GatewayRefund.amount_vnd, GatewayRefund.payment_id == payment_id,
        GatewayRefund.state.in_(_UNDER_WAY),
    )  # fmt: skip


def _paid(session: Session, payment_id: int) -> list[GatewayVisit]:
    return list(
        session.scalars(
            select(GatewayVisit)
            .where(
                GatewayVisit.payment_id == payment_id,
                GatewayVisit.state == VisitState.PAID,
                GatewayVisit.charge_id.is_not(None),
            )
            .order_by(GatewayVisit.id.desc())
        )
    )


def left_of(session: Session, visit: GatewayVisit) -> tuple[int, int]:
    """Return what of a charge is there to go back: đồng, and in its currency.

    What goes back or has gone is not, nor what the buyer's bank took.
    """
    gone = session.execute(
        select(
            func.coalesce(func.sum(GatewayRefund.amount_vnd), 0).label("vnd"),
            func.coalesce(func.sum(GatewayRefund.amount_minor), 0).label("minor"),
        ).where(GatewayRefund.visit_id == visit.id, GatewayRefund.state != RefundState.FAILED)
    ).one()
    taken_vnd = _sum(
        session, GatewayDispute.taken_vnd, GatewayDispute.visit_id == visit.id,
        GatewayDispute.state != "won",
    )  # fmt: skip
    left_vnd, left_minor = visit.amount_vnd - int(gone.vnd), visit.amount_minor - int(gone.minor)
    if not taken_vnd:
        return left_vnd, left_minor
    taken_minor = part_of(
        taken_vnd, visit.amount_vnd, visit.amount_minor, left_vnd, left_minor
    )  # fmt: skip
    return max(0, left_vnd - taken_vnd), max(0, left_minor - taken_minor)


def taken_of(session: Session, payment_id: int) -> Taken:
    """Return what buyers' banks took back of a payment, less what counts as given back by that."""
    of_payment = GatewayDispute.payment_id == payment_id
    counted_vnd = _sum(
        session, PaymentEvent.amount_vnd, PaymentEvent.payment_id == payment_id,
        PaymentEvent.left_from == LeftFrom.LOST,
    )  # fmt: skip
    return Taken(
        _sum(session, GatewayDispute.taken_vnd, of_payment, GatewayDispute.state == "open"),
        _sum(session, GatewayDispute.taken_vnd, of_payment, GatewayDispute.state == "lost")
        - counted_vnd,
    )


def _sum(session: Session, amount: Any, *where: Any) -> int:
    return int(session.scalar(select(func.coalesce(func.sum(amount), 0)).where(*where)) or 0)
