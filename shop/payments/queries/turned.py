"""Parcels to be paid at the door that a transfer may pay, and those that one paid."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, null, select
from sqlalchemy.orm import Session

from shop.ordering.models import Order, SellerOrder, SellerOrderMove
from shop.ordering.queries import WAS_TAKEN_BACK
from shop.ordering.rules import NOT_ARRIVED
from shop.ordering.rules import SellerOrderState as S
from shop.payments.models import CodCollection, Payment, PaymentEvent
from shop.payments.rules.cash import CashState
from shop.sellers.models import Payee, Seller

#: Parcels that left the house: their carrier was told to collect.
ON_THE_WAY = (S.HANDED_OVER, S.DELIVERY_FAILED)
#: Looked through for the code that a buyer wrote.
MOST_ORDERS = 200
_AT_THE_DOOR = (
    select(
        SellerOrder.id, SellerOrder.payee_id, SellerOrder.seller_id, SellerOrder.state,
        CodCollection.amount_vnd,
    )
    .join(CodCollection, CodCollection.seller_order_id == SellerOrder.id)
    .join(Payee, Payee.id == SellerOrder.payee_id)
    .where(SellerOrder.method == "cod", CodCollection.state == CashState.PROMISED)
    .order_by(SellerOrder.id)
)  # fmt: skip


def at_the_door(session: Session, order_id: int, owner: Any) -> Sequence[Any]:
    """Return the parcels of an order whose cash is waited for and whose transfers go to this owner.

    Args:
        owner: a row with ``seller_id`` and ``organisation_id``.
    """
    mine = (
        Payee.seller_id == owner.seller_id
        if owner.seller_id is not None
        else Payee.organisation_id == owner.organisation_id
    )
    return session.execute(_AT_THE_DOOR.where(SellerOrder.order_id == order_id, mine)).all()


def transferable_vnd(session: Session, seller_order_id: int) -> int:
    """Return what a buyer may transfer to her seller instead of paying at the door, 0: nothing.

    All that the order waits for on that account, as one transfer; nothing once a part of it is
    there, which stands in the books as other parts' money.
    """
    part = session.execute(
        select(SellerOrder.order_id, SellerOrder.seller_id, null().label("organisation_id")).where(
            SellerOrder.id == seller_order_id
        )
    ).one()
    parts = at_the_door(session, part.order_id, part)
    if seller_order_id not in {one.id for one in parts} or len({one.payee_id for one in parts}) > 1:
        return 0
    if any(one.state not in NOT_ARRIVED for one in parts):
        return 0
    beside = session.execute(
        select(Payment.amount_vnd, Payment.received_vnd).where(
            Payment.order_id == part.order_id,
            Payment.payee_id == parts[0].payee_id,
            Payment.method == "transfer",
        )
    ).one_or_none()
    if beside is not None and beside.received_vnd:
        return 0
    return sum(one.amount_vnd for one in parts) + (beside.amount_vnd if beside else 0)


def orders_at_the_door(
    session: Session, owners: Collection[tuple[int | None, int | None]], amounts: Collection[int]
) -> Sequence[Any]:
    """Return the orders of which some owner is to get just such a sum at the door, newest first.

    Not those of which other parts are paid by transfer into that account: money for both is not
    shared anew, and the sum at the door alone is refused.

    Each with its owner (``seller_id``, ``organisation_id``), ``vnd``, ``part_id`` and ``left``:
    how many of its parcels are under way already. No statement where none can be.
    """
    if not owners or not amounts:
        return ()
    sellers = {seller for seller, _ in owners if seller is not None}
    units = {unit for _, unit in owners if unit is not None}
    vnd = func.sum(CodCollection.amount_vnd)
    return session.execute(
        select(
            Order.id, Order.code, Order.data_key, Order.contact, Order.placed_at, Payee.seller_id,
            Payee.organisation_id, vnd.label("vnd"), func.min(SellerOrder.id).label("part_id"),
            func.sum(case((SellerOrder.state.in_(ON_THE_WAY), 1), else_=0)).label("left"),
        )
        .join(SellerOrder, SellerOrder.order_id == Order.id)
        .join(CodCollection, CodCollection.seller_order_id == SellerOrder.id)
        .join(Payee, Payee.id == SellerOrder.payee_id)
        .outerjoin(
            Payment,
            (Payment.order_id == Order.id)
            & (Payment.payee_id == SellerOrder.payee_id)
            & (Payment.method == "transfer"),
        )
        .where(
            SellerOrder.method == "cod", CodCollection.state == CashState.PROMISED,
            Payee.seller_id.in_(sorted(sellers)) | Payee.organisation_id.in_(sorted(units)),
        )
        .group_by(Order.id, Payee.seller_id, Payee.organisation_id)
        .having(
            vnd.in_(sorted(amounts)),
            func.sum(func.coalesce(Payment.amount_vnd + Payment.received_vnd, 0)) == 0,
        )
        .order_by(Order.id.desc())
        .limit(MOST_ORDERS)
    ).all()  # fmt: skip


def sellers_of_parts(session: Session, order_ids: Collection[int]) -> dict[int, list[Any]]:
    """Return who sells what of these orders is to be paid at the door."""
    found: dict[int, list[Any]] = {order_id: [] for order_id in order_ids}
    if found:
        for row in session.execute(
            select(SellerOrder.order_id, Seller.name_vi, Seller.name_en)
            .join(Seller, Seller.id == SellerOrder.seller_id)
            .where(SellerOrder.order_id.in_(sorted(found)), SellerOrder.method == "cod")
            .order_by(SellerOrder.id)
        ):
            found[row.order_id].append(row)
    return found


def turned_parts(session: Session, payment_id: int, *, ever: bool = False) -> list[int]:
    """Return the parts of a transfer that were to be paid at the door first.

    Args:
        ever: also those that are so again, each as often as it was turned.
    """
    keys = session.scalars(
        select(PaymentEvent.key).where(
            PaymentEvent.payment_id == payment_id,
            PaymentEvent.key.like(f"for-cash:{payment_id}:%"),
        )
    ).all()
    parts = [int(key.split(":")[2]) for key in keys]
    if ever or not parts:
        return parts
    return list(
        session.scalars(
            select(SellerOrder.id)
            .where(SellerOrder.id.in_(sorted(set(parts))), SellerOrder.method == "transfer")
            .order_by(SellerOrder.id)
        )
    )


def unpaid_transfers(session: Session, order_id: int) -> Sequence[int]:
    """Return the transfers of an order of which nothing came."""
    owed = select(Payment.id).where(
        Payment.order_id == order_id, Payment.method == "transfer", Payment.received_vnd == 0
    )
    return session.scalars(owed.order_by(Payment.id)).all()


def turned_at(session: Session, payment_id: int, seller_order_id: int) -> datetime | None:
    """Return when a parcel's cash was paid by this transfer instead, None when it never was to be."""
    return session.scalar(
        select(func.max(PaymentEvent.at)).where(
            PaymentEvent.payment_id == payment_id,
            PaymentEvent.key.like(f"for-cash:{payment_id}:{seller_order_id}:%"),
        )
    )


def left_since(session: Session, payment_id: int, seller_order_id: int) -> bool:
    """Tell whether a parcel was handed over as paid ahead, after its cash was turned.

    Its carrier's own next try is the same parcel, which is collected for as it was sent.
    """
    since = turned_at(session, payment_id, seller_order_id)
    move = SellerOrderMove
    sent = (move.from_state == S.PACKED) | (
        (move.from_state == S.DELIVERY_FAILED) & (move.actor_kind != "system")
    )
    last = session.scalar(
        select(func.max(move.at)).where(
            move.seller_order_id == seller_order_id, sent,
            move.to_state.in_((S.HANDED_OVER, S.READY_FOR_PICKUP)), ~WAS_TAKEN_BACK,
        )
    )  # fmt: skip
    return since is not None and last is not None and last >= since
