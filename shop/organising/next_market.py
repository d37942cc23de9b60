"""Late money for a market that is over pays the same goods at the next one of its series.

The buyer says so; whoever keeps the money writes it down. What was to go back becomes a code, the
code pays an order at the next market, and what the goods there cost less stays on the code. So no
money moves, and what holds of refunds, codes and orders each for itself holds here too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.current import vault
from shop.kernel.errors import NotYours
from shop.markets.models import MarketOffer, MarketPickup, MarketSession
from shop.markets.queries.sessions import pickups_of
from shop.markets.rules.refusals import NoNextMarket, NotAtNextMarket
from shop.markets.rules.sessions import SessionState
from shop.ordering.actions import Placed
from shop.ordering.models import LineItem, Order, SellerOrder
from shop.ordering.queries import contact_of
from shop.organising.market_day import order_for
from shop.payments.methods import By
from shop.payments.models import Credit, Payment, Refund
from shop.payments.refunds import take_as_credit
from shop.payments.rules.amounts import missing_vnd
from shop.payments.rules.refunds import WAITING, RefundMovedOn, RefundReason, RefundState
from shop.payments.spending import spend_credit
from shop.sellers.models import Payee


@dataclass(frozen=True, slots=True)
class NextMarket:
    """What late money would pay: the same goods at the next market of the series."""

    order: Any
    money_vnd: int
    market: MarketSession
    pickup: MarketPickup
    #: How many, by offer; and (title_vi, title_en, quantity, price_vnd) for people.
    goods: Mapping[int, int]
    lines: tuple[Any, ...]

    @property
    def total_vnd(self) -> int:
        return sum(line.quantity * line.price_vnd for line in self.lines)

    @property
    def left_vnd(self) -> int:
        """What stays on the code; below nought: what the buyer still pays."""
        return self.money_vnd - self.total_vnd


@dataclass(frozen=True, slots=True)
class Line:
    title_vi: str
    title_en: str
    quantity: int
    price_vnd: int


def whose_late_money(session: Session, refund_id: int) -> Any:
    """Return whose account late market money is on, of which order, and which market it was for.

    Raises:
        NotYours: no such refund, or it is not late money for goods of a market.
    """
    row = session.execute(
        select(
            Payment.id.label("payment_id"), Payment.order_id, Payee.organisation_id,
            Payee.seller_id, MarketSession.organisation_id.label("market_unit_id"),
            MarketSession.id.label("market_id"),
        )
        .select_from(Refund)
        .join(Payment, Payment.id == Refund.payment_id)
        .join(Payee, Payee.id == Payment.payee_id)
        .join(SellerOrder, _paid_by_it())
        .join(MarketPickup, MarketPickup.id == SellerOrder.market_pickup_id)
        .join(MarketSession, MarketSession.id == MarketPickup.session_id)
        .where(Refund.id == refund_id, Refund.reason == RefundReason.LATE)
        .order_by(MarketSession.id.desc())
        .limit(1)
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotYours
    return row


def late_on_own_accounts(session: Session, market_id: int) -> Sequence[Any]:
    """Return late money for a market's goods that lies on its sellers' own accounts, and waits.

    A unit's own late money stands at its treasurer's; this is asked of the market's officers.
    """
    return session.execute(
        select(
            Refund.id, Refund.amount_vnd, Order.code, SellerOrder.seller_name_vi,
            SellerOrder.seller_name_en,
        )
        .select_from(Refund)
        .join(Payment, Payment.id == Refund.payment_id)
        .join(Payee, Payee.id == Payment.payee_id)
        .join(Order, Order.id == Payment.order_id)
        .join(SellerOrder, _paid_by_it())
        .join(MarketPickup, MarketPickup.id == SellerOrder.market_pickup_id)
        .where(
            MarketPickup.session_id == market_id, Refund.reason == RefundReason.LATE,
            Refund.state.in_(WAITING), Payee.organisation_id.is_(None),
        )
        .order_by(Refund.id)
        .distinct()
    ).all()  # fmt: skip


def _paid_by_it() -> Any:
    """Return the condition of seller orders that a payment is for."""
    return (
        (SellerOrder.order_id == Payment.order_id)
        & (SellerOrder.payee_id == Payment.payee_id)
        & (SellerOrder.method == Payment.method)
    )


def next_market(session: Session, refund_id: int, now: datetime) -> NextMarket:
    """Return what late money would pay at the next market that takes orders.

    Raises:
        NotYours
        RefundMovedOn: it went another way.
        NoNextMarket: no market of the series takes orders now.
        NotAtNextMarket: something is not sold there, or fewer than wanted.
    """
    of = whose_late_money(session, refund_id)
    refund = session.execute(
        select(Refund.state, Refund.amount_vnd).where(Refund.id == refund_id)
    ).one()
    if refund.state not in WAITING:
        raise RefundMovedOn(state=refund.state, to=RefundState.DONE)
    before = _where_it_stood(session, of.payment_id)
    market = _open_after(session, before, now)
    goods, lines = _goods_there(session, of.payment_id, market.id)
    return NextMarket(
        session.get_one(Order, of.order_id), refund.amount_vnd, market,
        _place(session, market.id, of.payment_id), goods, lines,
    )  # fmt: skip


def _where_it_stood(session: Session, payment_id: int) -> MarketSession:
    return session.scalars(
        select(MarketSession)
        .join(MarketPickup, MarketPickup.session_id == MarketSession.id)
        .join(SellerOrder, SellerOrder.market_pickup_id == MarketPickup.id)
        .join(Payment, _paid_by_it())
        .where(Payment.id == payment_id)
        .order_by(MarketSession.id.desc())
        .limit(1)
    ).one()


def _open_after(session: Session, before: MarketSession, now: datetime) -> MarketSession:
    found = session.scalars(
        select(MarketSession)
        .where(
            MarketSession.series_id == before.series_id, MarketSession.id != before.id,
            MarketSession.state == SessionState.SHOWN, MarketSession.closed_at.is_(None),
            MarketSession.opens_at <= now, MarketSession.closes_at > now,
        )
        .order_by(MarketSession.hand_over_at)
        .limit(1)
    ).one_or_none()  # fmt: skip
    if found is None or before.series_id is None:
        raise NoNextMarket(title_vi=before.title_vi, title_en=before.title_en)
    return found


def _goods_there(
    session: Session, payment_id: int, session_id: int
) -> tuple[dict[int, int], tuple[Line, ...]]:
    """Return the offers of the same things there, as many as were ordered, and their words."""
    goods: dict[int, int] = {}
    lines = []
    for line in session.execute(
        select(
            LineItem.variant_id, LineItem.quantity, LineItem.title_vi, LineItem.title_en,
            MarketOffer.id.label("offer_id"), MarketOffer.price_vnd,
            (MarketOffer.quantity - MarketOffer.taken).label("left"),
        )
        .select_from(Payment)
        .join(SellerOrder, _paid_by_it())
        .join(LineItem, LineItem.seller_order_id == SellerOrder.id)
        .outerjoin(
            MarketOffer,
            (MarketOffer.session_id == session_id)
            & (MarketOffer.variant_id == LineItem.variant_id)
            & MarketOffer.ended_at.is_(None) & MarketOffer.fell_at.is_(None)
            & MarketOffer.seller_agreed_at.is_not(None)
            & MarketOffer.officer_agreed_at.is_not(None),
        )
        .where(Payment.id == payment_id, SellerOrder.market_pickup_id.is_not(None))
        .order_by(LineItem.id)
    ):  # fmt: skip
        if line.offer_id is None or line.left < line.quantity:
            raise NotAtNextMarket(title_vi=line.title_vi, title_en=line.title_en)
        goods[line.offer_id] = goods.get(line.offer_id, 0) + line.quantity
        lines.append(Line(line.title_vi, line.title_en, line.quantity, line.price_vnd))
    return goods, tuple(lines)


def _place(session: Session, session_id: int, payment_id: int) -> MarketPickup:
    """Return the place of the same name as before, or else the first that has room."""
    before = session.scalar(
        select(MarketPickup.name_vi)
        .join(SellerOrder, SellerOrder.market_pickup_id == MarketPickup.id)
        .join(Payment, _paid_by_it())
        .where(Payment.id == payment_id)
        .limit(1)
    )
    places = pickups_of(session, session_id)
    free = [one for one in places if one.max_orders is None or one.taken < one.max_orders]
    if not free:
        raise NotAtNextMarket(title_vi="", title_en="")
    return next((one for one in free if one.name_vi == before), free[0])


def take_to_next_market(session: Session, *, refund_id: int, by: By, now: datetime) -> Placed:
    """Order the same goods at the next market and pay them with the late money.

    What they cost more is asked of the buyer as for any order there; what they cost less she has
    on her code.

    Raises:
        What ``next_market``, ``order_for`` and ``take_as_credit`` refuse: nothing is stored.
    """
    found = next_market(session, refund_id, now)
    order = found.order
    take_as_credit(session, order_id=order.id, refund_id=refund_id, by=by, now=now)
    contact = contact_of(order)
    placed = order_for(
        session, session_id=found.market.id, goods=found.goods, name=contact.name,
        phone=contact.phone or "", email=contact.email or "", pickup_id=found.pickup.id,
        method="transfer", attempt_id=f"late-{refund_id}", locale=order.locale,
        account_id=order.account_id, actor_kind=by.kind, actor_id=by.account_id,
        actor_name=by.name, now=now,
    )  # fmt: skip
    given = session.scalar(select(Refund.credit_id).where(Refund.id == refund_id))
    credit = session.get_one(Credit, given)
    typed = vault().open(order.data_key, credit.code)
    for payment in _payments_to(session, placed.order_id, credit):
        session.refresh(credit)
        if credit.left_vnd and missing_vnd(
            payment.amount_vnd, payment.received_vnd, payment.refunded_vnd
        ):
            spend_credit(
                session, order_id=placed.order_id, payment_id=payment.id, typed=typed, by=by,
                now=now,
            )  # fmt: skip
    return placed


def _payments_to(session: Session, order_id: int, credit: Credit) -> list[Payment]:
    """Return the payments of an order that the owner of a code is paid by."""
    return list(
        session.scalars(
            select(Payment)
            .join(Payee, Payee.id == Payment.payee_id)
            .where(
                Payment.order_id == order_id,
                Payee.seller_id.is_not_distinct_from(credit.seller_id),
                Payee.organisation_id.is_not_distinct_from(credit.organisation_id),
            )
            .order_by(Payment.id)
        )
    )
