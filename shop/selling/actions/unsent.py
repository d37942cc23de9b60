"""Steps that come late from a phone: made once, or left for a person."""

from datetime import datetime

from sqlalchemy.orm import Session

from shop.db import one_at_a_time
from shop.kernel.errors import NotYours
from shop.ordering.models import SellerOrder
from shop.queued.actions import settle_act
from shop.selling.actions.orders import move_order
from shop.selling.queries.unsent import ids_of_steps
from shop.selling.unsent_rules import is_behind


def step_from_phone(
    session: Session, *, seller_id: int, seller_order_id: int, to: str, actor_id: int, now: datetime
) -> bool:
    """Make a step that was tapped without a network; False when it was made meanwhile.

    Raises:
        IllegalMove, NotYours: nothing is stored.
    """
    part = one_at_a_time(session, SellerOrder, seller_order_id)
    if part is None or part.seller_id != seller_id:
        raise NotYours(what="seller_order", id=seller_order_id)
    if is_behind(part.state, to):
        return False
    return move_order(
        session, seller_id=seller_id, seller_order_id=seller_order_id, to=to, actor_id=actor_id,
        now=now,
    )  # fmt: skip


def settle_steps(
    session: Session, *, seller_id: int, seller_order_id: int, actor_id: int, now: datetime
) -> int:
    """Note that somebody looked at an order's steps that could not be made; return how many.

    Raises:
        NotYours: the stall never had such steps of this order.
    """
    found = ids_of_steps(session, seller_id, seller_order_id)
    if not found:
        raise NotYours(what="seller_order", id=seller_order_id)
    return sum(settle_act(session, act_id=one, actor_id=actor_id, now=now) for one in found)
