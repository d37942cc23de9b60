"""What must always be true of money. Each query returns no row while all is well."""

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Select, String, case, cast, exists, func, literal, or_, select
from sqlalchemy.orm import Session

from shop.fundraising.models import Gift
from shop.ledger.models import LedgerTransaction
from shop.ordering.models import SellerOrder
from shop.ordering.rules import NOTHING_OWED
from shop.ordering.rules import SellerOrderState as S
from shop.outbox.models import OutboxMessage
from shop.payments.came_back import known_back_now
from shop.payments.models import (
    CashMove,
    CodCollection,
    Credit,
    Payment,
    PaymentEvent,
    Refund,
    RefundAllocation,
    ToBook,
)
from shop.payments.queries.refunds import decided_of_part
from shop.payments.rules.books import let_off_now
from shop.payments.rules.cash import COD, About
from shop.payments.rules.refunds import COUNTING, RefundState, Way
from shop.payments.told import CASH, TRANSFER

#: Money given back; every other step counts, keeps, gives up, or names a fee.
_given_back = (CashMove.from_state == CashMove.to_state) & (CashMove.about == "")
_way_back = CashMove.about == About.RETURN_FEE
_owed = case(
    (SellerOrder.state.in_(sorted(NOTHING_OWED)), 0),
    else_=SellerOrder.total_vnd
    - SellerOrder.returned_items_vnd
    - SellerOrder.returned_shipping_vnd,
)


def _sum(amount: Any) -> Any:
    return func.coalesce(func.sum(amount), 0)


def _news_under_way(order_id: Any) -> Any:
    """Tell whether payments have yet to hear of an order's last move: they ask for less then.

    News that nobody could deliver is parked, and that is no excuse.
    """
    return exists().where(
        OutboxMessage.subscriber.in_(("payments.follow_move", "payments.follow_return")),
        OutboxMessage.delivered_at.is_(None),
        OutboxMessage.parked_at.is_(None),
        OutboxMessage.payload["order_id"].as_integer() == order_id,
    )


def _refunds_of(column: Any, *states: str) -> Any:
    """Return the sum of the refunds in these states, for one payment or parcel."""
    return (
        select(func.coalesce(func.sum(Refund.amount_vnd), 0))
        .where(column, Refund.state.in_(sorted(states)))
        .scalar_subquery()
    )


def _let_off_differs(of: str, number: Any, stored: Any, parts: Any) -> Callable[..., Any]:
    """Return who looks for what buyers are let off otherwise than refunds that are done say."""
    let_off, ahead = (
        decided_of_part(RefundAllocation.let_off_vnd),
        decided_of_part(RefundAllocation.ahead_vnd),
    )
    wanted = (
        select(
            number.label("number"), stored.label("stored_vnd"), SellerOrder.id,
            _owed.label("owed_vnd"), let_off.label("let_off_vnd"), ahead.label("ahead_vnd"),
            SellerOrder.returned_items_vnd,
        )
        .join(SellerOrder, parts)
        .where(
            or_(stored != 0, let_off != 0, ahead != 0), ~_news_under_way(SellerOrder.order_id),
            ~exists().where(ToBook.subject == literal(f"{of}:") + cast(number, String)),
        )
    )  # fmt: skip

    def look(session: Session) -> Iterator[dict[str, Any]]:
        rows = session.execute(wanted).all()
        known = known_back_now(session, [row.id for row in rows if row.returned_items_vnd])
        stands = {row.number: row.stored_vnd for row in rows}
        should = dict.fromkeys(stands, 0)
        for row in rows:
            should[row.number] += let_off_now(
                row.owed_vnd, int(row.let_off_vnd), int(row.ahead_vnd),
                known.get(row.id, 0),
            )  # fmt: skip
        for one, vnd in stands.items():
            if vnd != should[one]:
                yield {number.key: one, stored.key: vnd}

    return look


_of_payment = Refund.payment_id == Payment.id
_of_cash = Refund.seller_order_id == CodCollection.seller_order_id

_to_credit = case(
    (PaymentEvent.kind == "refunded", PaymentEvent.amount_vnd), else_=-PaymentEvent.amount_vnd
)
_of_transfers = (
    select(func.coalesce(func.sum(_to_credit), 0))
    .where(PaymentEvent.credit_id == Credit.id)
    .scalar_subquery()
)
#: Steps of cash that went back stand below nought.
_of_steps = (
    select(func.coalesce(func.sum(CashMove.amount_vnd), 0))
    .where(CashMove.credit_id == Credit.id)
    .scalar_subquery()
)
_by_credit = (
    select(func.coalesce(-func.sum(_to_credit), 0))
    .where(PaymentEvent.payment_id == Payment.id, PaymentEvent.credit_id.is_not(None))
    .scalar_subquery()
)
_credited = (
    select(func.coalesce(-func.sum(CashMove.amount_vnd), 0))
    .where(
        CashMove.seller_order_id == CodCollection.seller_order_id, CashMove.credit_id.is_not(None)
    )
    .scalar_subquery()
)

#: Each returns no row while all is well (QUALITY §2).
INVARIANTS: dict[str, Select[*tuple[Any, ...]]] = {
    "payment sums are the sums of their events": (
        select(Payment.id)
        .outerjoin(PaymentEvent, PaymentEvent.payment_id == Payment.id)
        .group_by(Payment.id, Payment.received_vnd, Payment.refunded_vnd)
        .having(
            or_(
                func.coalesce(
                    func.sum(
                        case((PaymentEvent.kind == "received", PaymentEvent.amount_vnd), else_=0)
                    ),
                    0,
                )
                != Payment.received_vnd,
                func.coalesce(
                    func.sum(
                        case((PaymentEvent.kind == "refunded", PaymentEvent.amount_vnd), else_=0)
                    ),
                    0,
                )
                != Payment.refunded_vnd,
            )
        )
    ),
    "cash sums are the sums of their steps": (
        select(CodCollection.seller_order_id)
        .outerjoin(CashMove, CashMove.seller_order_id == CodCollection.seller_order_id)
        .group_by(*CodCollection.__table__.c)
        .having(
            or_(
                _sum(case((_given_back, 0), else_=CashMove.amount_vnd))
                != CodCollection.received_vnd,
                _sum(case((_given_back, CashMove.amount_vnd), else_=0))
                != -CodCollection.refunded_vnd,
                _sum(case((_way_back, 0), else_=CashMove.fee_vnd)) != CodCollection.fee_vnd,
                _sum(case((_way_back, CashMove.fee_vnd), else_=0)) != CodCollection.return_fee_vnd,
                _sum(CashMove.off_vnd) != CodCollection.off_vnd,
            )
        )
    ),
    "a transfer asks for what its parts are owed": (
        select(Payment.id, Payment.amount_vnd)
        .join(
            SellerOrder,
            (Payment.order_id == SellerOrder.order_id)
            & (Payment.payee_id == SellerOrder.payee_id)
            & (Payment.method == SellerOrder.method),
        )
        .where(~_news_under_way(Payment.order_id))
        .group_by(Payment.id, Payment.amount_vnd, Payment.let_off_vnd)
        .having(func.sum(_owed) != Payment.amount_vnd + Payment.let_off_vnd)
    ),
    "cash that was taken asks for what its parcel is owed": (
        select(CodCollection.seller_order_id, CodCollection.amount_vnd)
        .join(SellerOrder, SellerOrder.id == CodCollection.seller_order_id)
        .where(
            CodCollection.taken_vnd > 0,
            CodCollection.amount_vnd + CodCollection.let_off_vnd != _owed,
            ~_news_under_way(SellerOrder.order_id),
        )
    ),
    "every agreed part is asked for": (
        select(SellerOrder.id)
        .outerjoin(CodCollection, CodCollection.seller_order_id == SellerOrder.id)
        .outerjoin(
            Payment,
            (Payment.order_id == SellerOrder.order_id)
            & (Payment.payee_id == SellerOrder.payee_id)
            & (Payment.method == SellerOrder.method),
        )
        .where(
            SellerOrder.state.not_in((S.AWAITING_QUOTE, S.QUOTED, S.CANCELLED)),
            SellerOrder.total_vnd > 0,
            CodCollection.seller_order_id.is_(None),
            Payment.id.is_(None),
        )
    ),
    "the shares of a refund are the refund": (
        select(Refund.id, Refund.amount_vnd)
        .outerjoin(RefundAllocation, RefundAllocation.refund_id == Refund.id)
        .group_by(Refund.id, Refund.amount_vnd)
        .having(func.coalesce(func.sum(RefundAllocation.amount_vnd), 0) != Refund.amount_vnd)
    ),
    "what went back of a transfer is what its refunds say": (
        select(Payment.id, Payment.refunded_vnd).where(
            Payment.refunded_vnd != _refunds_of(_of_payment, RefundState.DONE)
        )
    ),
    "what went back of cash is what its refunds say": (
        select(CodCollection.seller_order_id, CodCollection.refunded_vnd).where(
            CodCollection.refunded_vnd != _refunds_of(_of_cash, RefundState.DONE)
        )
    ),
    "what is left of a credit is what was put in less what was spent": (
        select(Credit.id, Credit.left_vnd).where(Credit.left_vnd != _of_transfers - _of_steps)
    ),
    "what credits paid of a payment is the sum of its events": (
        select(Payment.id, Payment.credit_vnd).where(Payment.credit_vnd != _by_credit)
    ),
    "what went back of cash as credit is the sum of its steps": (
        select(CodCollection.seller_order_id, CodCollection.credited_vnd).where(
            CodCollection.credited_vnd != _credited
        )
    ),
    "what a fund has instead of a buyer, on one account, is in that fund": (
        select(Refund.id, Gift.id.label("gift_id"), Gift.received_vnd)
        .join(Gift, Gift.id == Refund.gift_id)
        .join(
            LedgerTransaction,
            LedgerTransaction.key == literal("gift:") + cast(Gift.id, String) + ":refund",
        )
        .where(
            Refund.state == RefundState.DONE,
            Refund.way == Way.CAMPAIGN,
            Gift.received_vnd < Refund.amount_vnd,
        )
    ),
    "no more is promised back than came": (
        select(Payment.id, Payment.received_vnd).where(
            Payment.received_vnd < _refunds_of(_of_payment, *COUNTING)
        )
    ),
}
#: What one query cannot ask: which goods that came back are units whose money had gone back.
LOOKS: dict[str, Callable[[Session], Iterator[dict[str, Any]]]] = {
    "buyers are let off of a transfer what its refunds say": _let_off_differs(
        TRANSFER,
        Payment.id,
        Payment.let_off_vnd,
        (SellerOrder.order_id == Payment.order_id)
        & (SellerOrder.payee_id == Payment.payee_id)
        & (SellerOrder.method == Payment.method),
    ),
    "buyers are let off of cash what its refunds say": _let_off_differs(
        CASH,
        CodCollection.seller_order_id,
        CodCollection.let_off_vnd,
        (SellerOrder.id == CodCollection.seller_order_id) & (SellerOrder.method == COD),
    ),
}
