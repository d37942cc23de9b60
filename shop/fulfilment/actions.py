"""Parcels leave, arrive, come back or are lost. The order moves in the same transaction."""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from shop.fulfilment.models import HandOver
from shop.fulfilment.rules import Parcel, complete
from shop.kernel.errors import NotYours
from shop.ordering.actions import Moved, move_seller_order
from shop.ordering.models import SellerOrder
from shop.ordering.rules import SellerOrderState as S

#: Where a parcel can go after it left, and what each needs.
AFTER_LEAVING = frozenset(
    {S.DELIVERED, S.DELIVERY_FAILED, S.REFUSED, S.RETURNED, S.LOST, S.NOT_COLLECTED}
)


def hand_over(
    session: Session,
    *,
    seller_id: int,
    seller_order_id: int,
    parcel: Parcel,
    last4: str = "",
    actor_kind: str = "seller",
    actor_id: int | None,
    now: datetime,
) -> Moved:
    """Note that a parcel left, or waits at its pickup point, and move the order there.

    A seller who packs and sends at once says so once: a confirmed order is packed on the way.
    After a failed delivery this is the next try, with a row of its own.

    Args:
        last4: of the receiver's phone, which some carriers' tracking pages ask for.

    Raises:
        HandOverIncomplete, WrongTrackingUrl, WrongWayOut, IllegalMove, NotYours: nothing
        is stored.
    """
    part = _own(session, seller_id, seller_order_id)
    whole = complete(parcel, part.delivery, last4)
    step = {"actor_kind": actor_kind, "actor_id": actor_id, "now": now}
    if part.state == S.CONFIRMED:
        move_seller_order(session, seller_order_id=part.id, to=S.PACKED, **step)  # type: ignore[arg-type]
    to = S.READY_FOR_PICKUP if whole.kind == "pickup" else S.HANDED_OVER
    moved = move_seller_order(session, seller_order_id=part.id, to=to, note=whole.note, **step)  # type: ignore[arg-type]
    session.add(HandOver(**asdict(whole), seller_order_id=part.id, at=now, by_id=actor_id))
    session.flush()
    return moved


def settle(
    session: Session,
    *,
    seller_id: int,
    seller_order_id: int,
    to: str,
    note: str = "",
    restock: bool = True,
    actor_kind: str = "seller",
    actor_id: int | None,
    now: datetime,
) -> Moved:
    """Note how it went with a parcel that left: delivered, failed, refused, returned, lost,
    not collected.

    Args:
        restock: goods that came back whole are for sale again; spoilt ones are not.

    Raises:
        IllegalMove, NotYours: nothing is stored.
    """
    part = _own(session, seller_id, seller_order_id)
    if to not in AFTER_LEAVING:
        raise ValueError(f"{to} is not about a parcel that left.")
    return move_seller_order(
        session,
        seller_order_id=part.id,
        to=to,
        note=note,
        restock=restock,
        actor_kind=actor_kind,
        actor_id=actor_id,
        now=now,
    )


def _own(session: Session, seller_id: int, seller_order_id: int) -> Row[int, str, str]:
    part = session.execute(
        select(SellerOrder.id, SellerOrder.state, SellerOrder.delivery).where(
            SellerOrder.id == seller_order_id, SellerOrder.seller_id == seller_id
        )
    ).one_or_none()
    if part is None:
        raise NotYours(what="seller_order", id=seller_order_id)
    return part
