"""Parcels leave, arrive, come back or are lost. The order moves in the same transaction."""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Row, select, update
from sqlalchemy.orm import Session

from shop.fulfilment.events import HandOverCorrected
from shop.fulfilment.models import HandOver
from shop.fulfilment.queries import hand_over_of, last_hand_overs
from shop.fulfilment.rules import NotUnderWay, Parcel, changed, complete, is_found_elsewhere
from shop.kernel.errors import NotYours
from shop.ordering.actions import Moved, move_seller_order
from shop.ordering.models import SellerOrder
from shop.ordering.rules import SellerOrderState as S
from shop.ordering.wrong_taps import WrongTap
from shop.outbox import relay

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


def correct_hand_over(
    session: Session,
    *,
    seller_id: int,
    seller_order_id: int,
    hand_over_id: int,
    parcel: Parcel,
    last4: str = "",
    actor_id: int | None,
    now: datetime,
) -> dict[str, list[str]]:
    """Write anew how a parcel under way left; what was wrong stays, and counts no more.

    Args:
        hand_over_id: what the page showed.

    Returns:
        What it was and what it is now, by field; nothing when all of it is the same.

    Raises:
        NotUnderWay: it is not on its way, or somebody was faster.
        HandOverIncomplete, WrongTrackingUrl, WrongWayOut, NotYours: nothing is stored.
    """
    part = session.execute(
        _OWN.where(
            SellerOrder.id == seller_order_id, SellerOrder.seller_id == seller_id
        ).with_for_update(key_share=True)
    ).one_or_none()
    if part is None:
        raise NotYours(what="seller_order", id=seller_order_id)
    hand_over_of(session, part.id, hand_over_id)
    wrong = last_hand_overs(session, [part.id]).get(part.id)
    if part.state != S.HANDED_OVER or wrong is None:
        raise NotUnderWay
    right = complete(parcel, part.delivery, last4)
    differs = changed(wrong, right)
    if not differs:
        return {}
    if wrong.id != hand_over_id:
        raise NotUnderWay
    _undo(session, wrong.id, now)
    row = HandOver(**asdict(right), seller_order_id=part.id, at=wrong.at, by_id=actor_id)
    session.add(row)
    session.flush()
    if is_found_elsewhere(differs):
        event = HandOverCorrected(row.id, part.order_id, part.id, now.isoformat())
        relay.record(session, event, now)
    return differs


def undo_hand_over(session: Session, tap: WrongTap) -> None:
    """A parcel did not leave after all: how it was said to have left counts no more."""
    if tap.back != S.PACKED:
        return
    wrong = last_hand_overs(session, [tap.seller_order_id]).get(tap.seller_order_id)
    if wrong is not None:
        _undo(session, wrong.id, tap.now)


def _undo(session: Session, hand_over_id: int, now: datetime) -> None:
    session.execute(update(HandOver).where(HandOver.id == hand_over_id).values(undone_at=now))


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


_OWN = select(SellerOrder.id, SellerOrder.state, SellerOrder.delivery, SellerOrder.order_id)


def _own(session: Session, seller_id: int, seller_order_id: int) -> Row[int, str, str, int]:
    part = session.execute(
        _OWN.where(SellerOrder.id == seller_order_id, SellerOrder.seller_id == seller_id)
    ).one_or_none()
    if part is None:
        raise NotYours(what="seller_order", id=seller_order_id)
    return part
