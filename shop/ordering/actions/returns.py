"""Some or all of what had arrived comes back to the seller."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.ordering.actions.moves import finish_return, locked_part, take_stall_move_back
from shop.ordering.actions.taking_back import keep_return, return_no_more, sold_lines
from shop.ordering.events import GoodsCameBack, ReturnTakenBack
from shop.ordering.models import GoodsKept, GoodsReturn, GoodsReturnLine
from shop.ordering.queries.returns import last_return
from shop.ordering.rules import (
    MAY_COME_BACK,
    ComingBack,
    IllegalMove,
    NothingCameBack,
    ReturnChanged,
    ReturnReason,
)
from shop.ordering.rules import SellerOrderState as S
from shop.outbox import relay


@dataclass(frozen=True, slots=True)
class Returned:
    """A return that was stored. ``is_whole``: nothing is left with the buyer."""

    return_id: int
    order_id: int
    seller_order_id: int
    is_whole: bool


def return_goods(
    session: Session,
    *,
    seller_order_id: int,
    coming: Sequence[ComingBack],
    reason: ReturnReason,
    gives_fee_back: bool,
    after: int,
    actor_kind: str,
    actor_id: int | None,
    note: str = "",
    now: datetime,
) -> Returned | None:
    """Note which goods came back, and what the buyer owes less; None when that was noted before.

    The part stays delivered or completed while something of it is left, and becomes
    returned with the last unit. The caller has checked that it belongs to whoever acts.

    Args:
        coming: each line at most once.
        gives_fee_back: all of the delivery fee that did not go back yet.
        after: ``last_return`` of the page that was tapped, 0 before any.

    Raises:
        NothingCameBack, MoreThanSold: the goods are not what they are said to be.
        IllegalMove: the part did not arrive, or all of it is back.
        ReturnChanged: the same page stored another return before.
        NotYours: there is no such part. Nothing is stored.
    """
    wanted = {each.line_id: each for each in coming if each.quantity > 0}
    if not wanted or len(wanted) < sum(each.quantity > 0 for each in coming):
        raise NothingCameBack
    part = locked_part(session, seller_order_id)
    key = f"return:{seller_order_id}:{after}"
    if _noted_before(session, key, wanted, reason):
        return None
    if part.state not in MAY_COME_BACK:
        raise IllegalMove(from_state=S(part.state), to_state=S.RETURNED, actor_kind=actor_kind)
    return_id = keep_return(
        session, seller_order_id=seller_order_id, coming=list(wanted.values()), reason=reason,
        gives_fee_back=gives_fee_back, key=key, actor_kind=actor_kind, actor_id=actor_id,
        note=note, now=now,
    )  # fmt: skip
    if return_id is None:
        raise ReturnChanged
    is_whole = all(line.returned == line.quantity for line in sold_lines(session, part.id))
    if is_whole:
        finish_return(session, part, actor_kind=actor_kind, actor_id=actor_id, note=note, now=now)
    relay.record(
        session, GoodsCameBack(return_id, part.order_id, part.id, part.seller_id, is_whole), now
    )
    return Returned(return_id, part.order_id, part.id, is_whole)


def take_return_back(
    session: Session, *, return_id: int, actor_kind: str, actor_id: int | None, now: datetime
) -> Returned | None:
    """Note that goods did not come back after all; None when that was noted before.

    The return stays readable, with who took it back; sums, stock and lots are as before it.

    Raises:
        ReturnChanged: more came back since.
        NotEnoughStock: the goods were sold to somebody else meanwhile. Nothing is stored.
    """
    row = session.get_one(GoodsReturn, return_id)
    part = locked_part(session, row.seller_order_id)
    if session.get(GoodsKept, return_id) is not None:
        return None
    if last_return(session, part.id) != return_id:
        raise ReturnChanged
    return_no_more(session, row, actor_kind=actor_kind, actor_id=actor_id, now=now)
    if part.state == S.RETURNED:
        take_stall_move_back(
            session, seller_order_id=part.id, to=S.DELIVERED, actor_kind=actor_kind,
            actor_id=actor_id, now=now, is_back=True,
        )  # fmt: skip
    relay.record(session, ReturnTakenBack(return_id, part.order_id, part.id, part.seller_id), now)
    return Returned(return_id, part.order_id, part.id, False)


def _noted_before(
    session: Session,
    key: str,
    wanted: Mapping[int, ComingBack],
    reason: ReturnReason,
) -> bool:
    """Tell whether this very return is stored already.

    Raises:
        ReturnChanged: another one is.
    """
    stored = session.execute(
        select(GoodsReturn.id, GoodsReturn.reason).where(GoodsReturn.key == key)
    ).one_or_none()
    if stored is None:
        return False
    lines = session.execute(
        select(GoodsReturnLine.line_item_id, GoodsReturnLine.quantity, GoodsReturnLine.restocked)
        .where(GoodsReturnLine.return_id == stored.id)
    )  # fmt: skip
    same = {(row.line_item_id, row.quantity, bool(row.restocked)) for row in lines} == {
        (each.line_id, each.quantity, each.restock) for each in wanted.values()
    }
    if not same or stored.reason != reason:
        raise ReturnChanged
    return True
