"""Taking back what a market's stall did with a bag, until the market is settled."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.kernel.errors import NotYours
from shop.markets.actions.sessions import note_session
from shop.markets.models import MarketAct, MarketOrder, MarketSession
from shop.markets.rules.refusals import BagMovedOn
from shop.ordering.rules import IllegalMove, ReturnChanged
from shop.ordering.rules import SellerOrderState as S
from shop.organising.market_day import IN_CASH, bag_of, first_time, parts_at, remember
from shop.payments.methods import By
from shop.payments.rules.amounts import MoneyWentBack, MoreThanReceived
from shop.payments.rules.cash import IllegalCashMove, NotTheLastStep
from shop.payments.rules.refunds import RefundMovedOn
from shop.payments.wrong_steps import (
    leave_goods_with_buyer,
    take_hand_over_back,
    take_leaving_back,
)

#: Goods or money of a bag are not where the stall's last act left them.
_MOVED_ON = (
    IllegalMove, IllegalCashMove, MoneyWentBack, MoreThanReceived, NotTheLastStep, RefundMovedOn,
    ReturnChanged,
)  # fmt: skip


def take_act_back(
    session: Session, *, session_id: int, number: int, act_id: int, key: str,
    actor_id: int | None, actor_name: str, now: datetime, at: datetime | None = None,
) -> bool:  # fmt: skip
    """Take back what the stall did with a bag last; False when that was taken back before.

    A bag that was handed over waits again, and the cash for it; somebody came after all; goods
    are with their buyer still, and what was given back for them is paid again. Each by the
    opposite act and the opposite posting; both stay readable.

    Args:
        act_id: of what was to be taken back, as the page or the phone showed it.

    Raises:
        NotYours, MarketNotBegun
        SessionMoved: the market is settled.
        BagMovedOn: something else happened to the bag since, goods or money.
        NotEnoughStock: the goods were sold to somebody else meanwhile.
    """
    bag, row = bag_of(session, session_id, number, now)
    mine = first_time(session, row, "taken_back", key, bag, actor_id, at or now, now)
    if mine is None:
        return False
    act = session.get(MarketAct, act_id)
    if act is None or (act.session_id, act.order_id) != (row.id, bag.order_id):
        raise NotYours
    standing = standing_acts(session, row.id, bag.order_id).get(bag.order_id)
    remember(session, mine, act=act_id)
    if standing is None or standing.id != act_id:
        if act_id in _taken_back(session, row.id, bag.order_id):
            return False  # Two phones took it back.
        raise BagMovedOn(number=number)
    try:
        _opposite(session, row, bag, act, By("officer", actor_id), now)
    except _MOVED_ON as moved:
        raise BagMovedOn(number=number) from moved
    note_session(
        session, "bag_taken_back", row, actor_id, actor_name, now, number=number, what=act.kind
    )
    return True


def _opposite(
    session: Session, row: MarketSession, bag: MarketOrder, act: MarketAct, by: By, now: datetime
) -> None:
    if act.kind == "goods_back":
        leave_goods_with_buyer(session, return_id=act.facts["return"], by=by, now=now)
        return
    left_in = S.DELIVERED if act.kind == "handed_over" else S.NOT_COLLECTED
    parts = parts_at(session, row.id, bag.order_id, [s for s in S if s != S.CANCELLED])
    elsewhere = next(
        (S(p.state) for p in parts if p.state != left_in or p.returned_items_vnd), None
    )
    if elsewhere is not None or not parts:
        raise IllegalMove(
            from_state=elsewhere or S.CANCELLED, to_state=S.READY_FOR_PICKUP, actor_kind=by.kind
        )
    if act.kind == "handed_over":
        take_hand_over_back(
            session, seller_order_ids=[part.id for part in parts], order_id=bag.order_id,
            at=act.stored_at, note=IN_CASH, by=by, now=now,
        )  # fmt: skip
        return
    for part in parts:
        take_leaving_back(session, seller_order_id=part.id, by=by, now=now)


def standing_acts(
    session: Session, session_id: int, order_id: int | None = None
) -> dict[int, MarketAct]:
    """Return the last act of each bag that stands and can be taken back, by its order. One query."""
    of_bag: dict[int, list[MarketAct]] = {}
    for act in session.scalars(_acts_of_bags(session_id, order_id)):
        mine = of_bag.setdefault(act.order_id or 0, [])
        if act.kind == "taken_back":
            of_bag[act.order_id or 0] = [one for one in mine if one.id != act.facts.get("act")]
        else:
            mine.append(act)
    last = {order: acts[-1] for order, acts in of_bag.items() if acts}
    # One from before this was remembered says too little to be taken back.
    return {order: act for order, act in last.items() if act.facts}


def _acts_of_bags(session_id: int, order_id: int | None) -> Any:
    acts = select(MarketAct).where(
        MarketAct.session_id == session_id, MarketAct.order_id.is_not(None)
    )
    if order_id is not None:
        acts = acts.where(MarketAct.order_id == order_id)
    return acts.order_by(MarketAct.id).execution_options(populate_existing=True)


def _taken_back(session: Session, session_id: int, order_id: int) -> set[int]:
    """Return the acts of a bag that were taken back, but for one that was stored just now."""
    *before, _mine = [
        act.facts.get("act", 0)
        for act in session.scalars(_acts_of_bags(session_id, order_id))
        if act.kind == "taken_back"
    ]
    return set(before)
