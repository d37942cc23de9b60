"""Moving an order together with its parcel and its money."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.audit.actions import note
from shop.carriers.queries import is_on_label
from shop.fulfilment.actions import AFTER_LEAVING, correct_hand_over, hand_over, settle
from shop.fulfilment.queries import hand_over_of, last_hand_overs
from shop.fulfilment.rules import CARRIED_BY_OTHERS, Parcel, without_persons
from shop.kernel.errors import NotYours
from shop.ordering.actions import mark_seen, move_seller_order, return_goods
from shop.ordering.models import Order, SellerOrder
from shop.ordering.rules import ComingBack, IllegalMove, ReturnReason, StepStays
from shop.ordering.rules import SellerOrderState as S
from shop.payments.actions import ask_for_less, move_cash
from shop.payments.holding import hold_order
from shop.payments.methods import By
from shop.payments.models import CodCollection
from shop.payments.rules.cash import CashState

#: Goods that a buyer has come back by ``take_goods_back`` alone.
_ARRIVED = frozenset({S.DELIVERED, S.COMPLETED})
#: Ends after which less is owed, or nothing will come.
_CHANGES_WHAT_IS_OWED = frozenset({S.CANCELLED, S.REFUSED, S.RETURNED, S.LOST, S.NOT_COLLECTED})


def move_order(
    session: Session,
    *,
    seller_id: int,
    seller_order_id: int,
    to: str,
    actor_id: int,
    note: str = "",
    restock: bool = True,
    now: datetime,
) -> bool:
    """Move a seller's own order one step; its cash follows. False when it stood there already.

    A tap that is sent twice is one move.

    Raises:
        IllegalMove, NotYours: nothing is stored.
    """
    part = session.execute(
        select(SellerOrder.state, SellerOrder.order_id, SellerOrder.method).where(
            SellerOrder.id == seller_order_id, SellerOrder.seller_id == seller_id
        )
    ).one_or_none()
    if part is None:
        raise NotYours(what="seller_order", id=seller_order_id)
    if part.state == to:
        return False
    if to == S.RETURNED and part.state in _ARRIVED:
        # Which goods, and whether the fee goes back too, is asked on a page of its own.
        raise IllegalMove(from_state=S(part.state), to_state=S.RETURNED, actor_kind="seller")
    if to in _CHANGES_WHAT_IS_OWED:
        hold_order(session, part.order_id)
    if to in AFTER_LEAVING:
        settle(
            session, seller_id=seller_id, seller_order_id=seller_order_id, to=to, note=note,
            restock=restock, actor_id=actor_id, now=now,
        )  # fmt: skip
    else:
        move_seller_order(
            session, seller_order_id=seller_order_id, to=to, actor_kind="seller",
            actor_id=actor_id, note=note, now=now,
        )  # fmt: skip
    mark_seen(session, seller_order_id=seller_order_id, actor_id=actor_id, now=now)
    if to == S.DELIVERED and part.method == "cod":
        _cash_changes_hands(session, seller_order_id, actor_id, now)
    if to in _CHANGES_WHAT_IS_OWED:
        ask_for_less(session, part.order_id, now)
    return True


def send_order(
    session: Session,
    *,
    seller_id: int,
    seller_order_id: int,
    parcel: Parcel,
    last4: str,
    actor_id: int,
    now: datetime,
) -> None:
    """Note that an order left the house, or waits at its pickup point.

    Raises:
        Refusals of ``fulfilment.actions.hand_over``: nothing is stored.
    """
    hand_over(
        session, seller_id=seller_id, seller_order_id=seller_order_id, parcel=parcel, last4=last4,
        actor_id=actor_id, now=now,
    )  # fmt: skip
    mark_seen(session, seller_order_id=seller_order_id, actor_id=actor_id, now=now)


def correct_sent(
    session: Session,
    *,
    seller_id: int,
    seller_order_id: int,
    hand_over_id: int,
    parcel: Parcel,
    last4: str,
    actor_id: int,
    actor_name: str,
    now: datetime,
) -> bool:
    """Put right how a parcel under way was said to have left; False when it was so already.

    Raises:
        StepStays: its code is of a label, and the carrier says itself what that is.
        Refusals of ``fulfilment.actions.correct_hand_over``: nothing is stored.
    """
    differs = correct_hand_over(
        session, seller_id=seller_id, seller_order_id=seller_order_id, hand_over_id=hand_over_id,
        parcel=parcel, last4=last4, actor_id=actor_id, now=now,
    )  # fmt: skip
    if not differs:
        return False
    wrong = hand_over_of(session, seller_order_id, hand_over_id)
    if is_on_label(session, seller_order_id, wrong.tracking_code):
        raise StepStays(why="carrier_knows")
    code = session.scalar(
        select(Order.code)
        .join(SellerOrder, SellerOrder.order_id == Order.id)
        .where(SellerOrder.id == seller_order_id)
    )
    note(
        session, action="hand_over.corrected", subject_kind="seller_order",
        subject_id=seller_order_id, now=now, actor_id=actor_id, actor_name=actor_name,
        order_code=code, changed=without_persons(differs),
    )  # fmt: skip
    return True


def take_goods_back(
    session: Session,
    *,
    seller_id: int,
    seller_order_id: int,
    coming: Sequence[ComingBack],
    reason: ReturnReason,
    gives_fee_back: bool,
    after: int,
    actor_id: int,
    note: str,
    now: datetime,
) -> bool:
    """Note which goods came back to a stall; what is owed follows. False when noted before.

    Raises:
        Refusals of ``ordering.actions.return_goods``, NotYours: nothing is stored.
    """
    order_id = session.scalar(
        select(SellerOrder.order_id).where(
            SellerOrder.id == seller_order_id, SellerOrder.seller_id == seller_id
        )
    )
    if order_id is None:
        raise NotYours(what="seller_order", id=seller_order_id)
    hold_order(session, order_id)
    returned = return_goods(
        session, seller_order_id=seller_order_id, coming=coming, reason=reason,
        gives_fee_back=gives_fee_back, after=after, actor_kind="seller", actor_id=actor_id,
        note=note, now=now,
    )  # fmt: skip
    ask_for_less(session, order_id, now)
    return returned is not None


def _cash_changes_hands(
    session: Session, seller_order_id: int, actor_id: int, now: datetime
) -> None:
    """At the door the carrier or the seller takes the cash."""
    promised = session.scalar(
        select(CodCollection.state).where(CodCollection.seller_order_id == seller_order_id)
    )
    if promised != CashState.PROMISED:
        return
    last = last_hand_overs(session, [seller_order_id]).get(seller_order_id)
    carried = last is not None and last.kind in CARRIED_BY_OTHERS
    carrier = (last.carrier or last.bus_company) if last is not None and carried else ""
    move_cash(
        session, seller_order_id=seller_order_id,
        to=CashState.WITH_CARRIER if carried else CashState.WITH_SELLER,
        by=By("seller", actor_id), carrier=carrier[:60], now=now,
    )  # fmt: skip
