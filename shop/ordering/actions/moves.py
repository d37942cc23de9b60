"""Moving a seller's part of an order from one state to the next."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.orm import Session

from shop.db import whole_orders
from shop.kernel.clock import vietnam_date
from shop.kernel.errors import NotYours
from shop.markets.actions.orders import give_back_part
from shop.markets.queries.sessions import fixed_pickups
from shop.markets.rules.refusals import OrdersFixed
from shop.ordering import queries
from shop.ordering.actions.slips import settle_slip
from shop.ordering.actions.taking_back import all_that_is_left, keep_return
from shop.ordering.events import SellerOrderMoved
from shop.ordering.models import (
    Cart,
    GoodsKept,
    GoodsReturn,
    LineItem,
    Order,
    SellerOrder,
    SellerOrderMove,
)
from shop.ordering.rules import (
    BUYER_CANCELS,
    COMPLETE_AFTER,
    EXPIRING,
    LINK_AFTER,
    NOT_ARRIVED,
    NOT_LEFT,
    SETTLED,
    FeeOutOfRange,
    GoodsAwaited,
    Holds,
    IllegalMove,
    PriceChanged,
    ReturnReason,
    StepStays,
    check_taken_back,
    clock_begins,
    move,
    reserved_until,
    stock_effect,
    take_back,
    take_back_at_stall,
    without_wrong_taps,
    wrong_taps,
)
from shop.ordering.rules import SellerOrderState as S
from shop.ordering.wrong_taps import WrongTap, follow_wrong_tap
from shop.outbox import relay
from shop.sellers.queries import payees_of
from shop.shares.queries import share_book_now
from shop.shares.rules import after_discount, withheld_of
from shop.stock import actions as stock
from shop.stock.lot_actions import fill_lines, unfill
from shop.stock.preorder_queries import waiting_for
from shop.stock.rules import NotEnoughStock, Units
from shop.vouchers.actions import give_back_use

#: No parcel from a village to anywhere costs more.
MOST_FEE_VND = 50_000_000


@dataclass(frozen=True, slots=True)
class Moved:
    """A move that was made."""

    move_id: int
    order_id: int
    seller_order_id: int
    seller_id: int
    from_state: S
    to_state: S


def move_seller_order(
    session: Session,
    *,
    seller_order_id: int,
    to: str,
    actor_kind: str,
    actor_id: int | None,
    now: datetime,
    note: str = "",
    restock: bool = True,
) -> Moved:
    """Move one part to its next state, write it down, and let stock follow.

    The caller has checked that it belongs to whoever acts.

    Args:
        to: a ``SellerOrderState``.
        actor_kind: "buyer", "seller", "officer", "operator" or "system".
        restock: goods that came back whole are for sale again.

    Raises:
        IllegalMove: no such move from here for this actor; nothing is stored.
        GoodsAwaited: it is to be packed, and what was ordered ahead is not there yet.
        NotYours: there is no such seller order.
    """
    part = _part(session, seller_order_id)
    if part.state == S.CANCELLED:  # ``revive_expired`` alone, which has the money and the goods.
        raise IllegalMove(from_state=S.CANCELLED, to_state=S(to), actor_kind=actor_kind)
    return _make(session, part, S(to), actor_kind, actor_id, note, now, restock=restock)


def take_move_back(
    session: Session,
    *,
    seller_order_id: int,
    move_id: int,
    actor_kind: str,
    actor_id: int | None,
    now: datetime,
) -> Moved | None:
    """Take a person's last standing step back by the opposite one, which is a row of its own.

    Returns:
        The step back; None when this step was taken back before.

    Raises:
        NotYours: no such step of this part.
        IllegalMove: something happened after it, nobody tapped it, or it has no way back.
        StepStays: something hangs on it by now.
        NotEnoughStock: what nobody came for was sold to somebody else since.
    """
    part = locked_part(session, seller_order_id)
    steps = session.execute(
        select(
            SellerOrderMove.id, SellerOrderMove.from_state, SellerOrderMove.to_state,
            SellerOrderMove.actor_kind, SellerOrderMove.at,
        )
        .where(SellerOrderMove.seller_order_id == part.id, SellerOrderMove.id >= move_id)
        .order_by(SellerOrderMove.id)
    ).all()  # fmt: skip
    if not steps or steps[0].id != move_id:
        raise NotYours(what="move", id=move_id)
    wrong = steps[0]
    if wrong in [tapped for tapped, _back in wrong_taps(steps)]:
        return None
    if without_wrong_taps(steps)[-1] != wrong:
        raise IllegalMove(
            from_state=S(part.state), to_state=wrong.from_state, actor_kind=actor_kind
        )
    check_taken_back(wrong, part, now)
    if wrong.to_state == S.DELIVERED and _some_came_back(session, part.id):
        raise StepStays(why="goods_back")
    back = S(wrong.from_state)
    follow_wrong_tap(
        session,
        WrongTap(wrong.id, part.order_id, part.id, S(wrong.to_state), back, wrong.at, now),
    )
    session.execute(  # Not everything is settled any more.
        update(Order).where(Order.id == part.order_id).values(link_expires_at=None)
    )
    return _make(session, part, back, actor_kind, actor_id, "", now, check=take_back)


def _some_came_back(session: Session, seller_order_id: int) -> bool:
    kept = select(GoodsKept.return_id)
    back = select(GoodsReturn.id).where(
        GoodsReturn.seller_order_id == seller_order_id, GoodsReturn.id.not_in(kept)
    )
    return session.scalar(back.limit(1)) is not None


def hold_again(session: Session, *, seller_order_id: int, now: datetime) -> None:
    """Let the clock run anew of a part that is not packed after all and was not paid for.

    Not of what a closed market has fixed: that is paid at the stall too.
    """
    part = _part(session, seller_order_id)
    if part.market_pickup_id and fixed_pickups(session, [part.market_pickup_id], now):
        return
    until = _placed_until(session, part.id, part.method, queries.holds(), now)
    hold_until(session, [part.id], until)


def take_stall_move_back(
    session: Session,
    *,
    seller_order_id: int,
    to: str,
    actor_kind: str,
    actor_id: int | None,
    now: datetime,
    is_back: bool = False,
) -> Moved:
    """Take back what a market's stall did with a part, by a move of its own.

    The caller knows that nothing happened since.

    Args:
        is_back: its goods are written down already.

    Raises:
        IllegalMove: the part is elsewhere by now.
        NotEnoughStock: what nobody came for was sold to somebody else since.
    """
    part = locked_part(session, seller_order_id)
    session.execute(update(Order).where(Order.id == part.order_id).values(link_expires_at=None))
    return _make(
        session, part, S(to), actor_kind, actor_id, "", now, check=take_back_at_stall,
        is_promised=is_back,
    )  # fmt: skip


def cancel_by_buyer(
    session: Session,
    *,
    order_id: int,
    now: datetime,
    seller_order_id: int | None = None,
    actor_id: int | None = None,
    note: str = "",
) -> list[int]:
    """Cancel what the buyer may still cancel of her order; return those seller orders' ids.

    Args:
        seller_order_id: only this part; all parts that are not packed yet when left out.

    Raises:
        IllegalMove: everything is packed, sent or cancelled already.
        NotYours: the part is not of this order.
    """
    parts = session.execute(
        _PART.where(SellerOrder.order_id == order_id).order_by(SellerOrder.id)
    ).all()
    if seller_order_id is not None:
        parts = [part for part in parts if part.id == seller_order_id]
    if not parts:
        raise NotYours(what="seller_order", id=seller_order_id or order_id)
    if all(part.state == S.CANCELLED for part in parts):
        return []  # Tapped twice, or the clock was quicker: it is as she wants it.
    open_parts = [part for part in parts if part.state in BUYER_CANCELS]
    fixed = fixed_pickups(
        session, [part.market_pickup_id for part in open_parts if part.market_pickup_id], now
    )
    if fixed:  # The lists are made: others rely on them.
        open_parts = [part for part in open_parts if part.market_pickup_id not in fixed]
        if not open_parts:
            raise OrdersFixed
    if not open_parts:
        raise IllegalMove(from_state=S(parts[0].state), to_state=S.CANCELLED, actor_kind="buyer")
    for part in open_parts:
        _make(session, part, S.CANCELLED, "buyer", actor_id, note, now)
    return [part.id for part in open_parts]


def expire_due(session: Session, *, now: datetime, limit: int = 50) -> list[int]:
    """Cancel parts whose promise has run out, and free their stock; return their ids.

    A transfer that was reported has no such time (``hold_until``), so it never expires.
    """
    due = session.execute(
        _PART.where(SellerOrder.reserved_until <= now, SellerOrder.state.in_(sorted(EXPIRING)))
        .order_by(SellerOrder.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for part in due:
        _make(session, part, S.CANCELLED, "system", None, "expired", now)
    return [part.id for part in due]


def complete_delivered(session: Session, *, now: datetime, limit: int = 50) -> list[int]:
    """Complete parts that arrived a week ago; return their ids. Each leaves its line in the moves."""
    lately = select(SellerOrderMove.id).where(
        SellerOrderMove.seller_order_id == SellerOrder.id,
        SellerOrderMove.to_state == S.DELIVERED,
        SellerOrderMove.at > now - COMPLETE_AFTER,
    )
    due = session.execute(
        _PART.where(SellerOrder.state == S.DELIVERED, ~lately.exists())
        .order_by(SellerOrder.id)
        .limit(limit)
        .with_for_update(of=SellerOrder, skip_locked=True)
    ).all()
    for part in due:
        _make(session, part, S.COMPLETED, "system", None, "", now)
    return [part.id for part in due]


def hold_until(session: Session, seller_order_ids: Iterable[int], until: datetime | None) -> int:
    """Promise stock until a moment, or with None until hand-over or cancel.

    Payments call it: a reported or received transfer is held without end. Parts that
    are past waiting stay as they are. Returns how many parts it holds for.
    """
    held = session.execute(
        update(SellerOrder)
        .where(
            SellerOrder.id.in_(sorted(seller_order_ids)),
            SellerOrder.state.in_([S.PLACED, S.CONFIRMED]),
        )
        .values(reserved_until=until)
    )
    return held.rowcount  # type: ignore[attr-defined]


def revive_expired(session: Session, *, seller_order_ids: Iterable[int], now: datetime) -> bool:
    """Place parts again whose time ran out before their money came; False when some cannot be.

    All of them or none: one charge paid for all. The stock has to stand. A voucher's or slip's use was
    given back with the cancelling, so what it was taken off is not placed again.
    """
    parts = [locked_part(session, one) for one in sorted(seller_order_ids)]
    gone = [part for part in parts if part.state == S.CANCELLED]
    if not gone or any(part.voucher_id or part.slip_id for part in gone):
        return False
    if not all(_ran_out(session, part.id) for part in gone):
        return False
    lines = queries.lines_of(session, [part.id for part in gone])
    units = [Units(line.variant_id, line.quantity, line.seller_order_id) for line in lines]
    ahead = [each for each, line in zip(units, lines, strict=True) if line.ready_on is not None]
    try:
        with session.begin_nested():
            stock.promise_again(session, [one for one in units if one not in ahead], ahead, now=now)
    except NotEnoughStock:
        return False
    for part in gone:
        _make(session, part, S.PLACED, "system", None, "paid_late", now, is_promised=True)
    session.execute(update(Order).where(Order.id == gone[0].order_id).values(link_expires_at=None))
    return True


def change_method(
    session: Session, *, payees: Mapping[int, int], method: str, holds: Holds | None, now: datetime
) -> None:
    """Let parts that wait for their money be paid in another way; they are held as for that one.

    Args:
        payees: who is paid, by seller order. Tax is withheld as this one does, at the rates of
            the day of the sale; commission and shares of campaigns stay as they were agreed.
        holds: None where no clock decides: money is there, or a person said so. Then parcels
            that are packed or on their way change as well.

    Raises:
        IllegalMove: a part waits for no money any more.
    """
    for seller_order_id, payee_id in sorted(payees.items()):
        part = locked_part(session, seller_order_id)
        if part.state not in (NOT_LEFT if holds is not None else NOT_ARRIVED):
            raise IllegalMove(from_state=S(part.state), to_state=S.PLACED, actor_kind="buyer")
        until = holds and _placed_until(session, seller_order_id, method, holds, now)
        session.execute(
            update(SellerOrder)
            .where(SellerOrder.id == seller_order_id)
            .values(method=method, payee_id=payee_id, reserved_until=until)
        )
        _withhold_anew(session, part, method, payee_id)


def _withhold_anew(session: Session, part: Any, method: str, payee_id: int) -> None:
    """Reckon a part's tax for another payee: one who collects may withhold, another may not."""
    book, on = share_book_now(session), vietnam_date(part.placed_at)
    withholds = method != "cod" and bool(payees_of(session, [payee_id], book.collectors))
    lines = queries.lines_of(session, [part.id])
    borne_vnd = part.discount_vnd if part.voucher_payer_id is None else 0
    vat_vnd = pit_vnd = 0
    for line, goods_vnd in zip(
        lines, after_discount([line.total_vnd for line in lines], borne_vnd), strict=True
    ):
        maker_vnd = goods_vnd - line.commission_vnd - line.campaign_share_vnd
        tax = book.tax_of(line.tax_category, on) if withholds else (0, 0)
        vat, pit = withheld_of(goods_vnd, maker_vnd, tax)
        session.execute(
            update(LineItem)
            .where(LineItem.id == line.id)
            .values(tax_vat_vnd=vat, tax_pit_vnd=pit)
        )  # fmt: skip
        vat_vnd, pit_vnd = vat_vnd + vat, pit_vnd + pit
    session.execute(
        update(SellerOrder)
        .where(SellerOrder.id == part.id)
        .values(tax_vat_vnd=vat_vnd, tax_pit_vnd=pit_vnd)
    )


def _placed_until(
    session: Session, seller_order_id: int, method: str, holds: Holds, now: datetime
) -> datetime | None:
    days = [line.waits_until for line in queries.lines_of(session, [seller_order_id])]
    return reserved_until(S.PLACED, method, holds, clock_begins(method, days, now))


def _ran_out(session: Session, seller_order_id: int) -> bool:
    """Tell whether the clock cancelled it, and nobody else."""
    note = session.scalar(
        select(SellerOrderMove.note)
        .where(
            SellerOrderMove.seller_order_id == seller_order_id,
            SellerOrderMove.to_state == S.CANCELLED,
        )
        .order_by(SellerOrderMove.id.desc())
        .limit(1)
    )
    return note == "expired"


def quote_fee(
    session: Session,
    *,
    seller_order_id: int,
    fee_vnd: int,
    actor_kind: str,
    actor_id: int | None,
    holds: Holds,
    now: datetime,
    arrives_from: date | None = None,
    arrives_to: date | None = None,
    note: str = "",
) -> Moved:
    """Answer a buyer who asked what delivery costs, or correct that; she then accepts or cancels.

    Raises:
        FeeOutOfRange, IllegalMove: nothing is stored.
    """
    if not 0 <= fee_vnd <= MOST_FEE_VND:
        raise FeeOutOfRange(most_vnd=MOST_FEE_VND)
    part = _part(session, seller_order_id)
    moved = _make(
        session, part, S.QUOTED, actor_kind, actor_id, note, now,
        shipping_vnd=fee_vnd,
        total_vnd=SellerOrder.items_vnd + fee_vnd - SellerOrder.discount_vnd,
        arrives_from=arrives_from,
        arrives_to=arrives_to,
        reserved_until=reserved_until(S.QUOTED, part.method, holds, now),
    )  # fmt: skip
    session.execute(
        update(Order)
        .where(Order.id == part.order_id)
        .values(
            shipping_vnd=Order.shipping_vnd + (fee_vnd - part.shipping_vnd),
            total_vnd=Order.total_vnd + (fee_vnd - part.shipping_vnd),
        )
    )
    return moved


def accept_quote(
    session: Session,
    *,
    seller_order_id: int,
    shown_total_vnd: int,
    holds: Holds,
    now: datetime,
    actor_id: int | None = None,
) -> Moved:
    """The buyer agrees to a quoted fee: the part is placed.

    Raises:
        PriceChanged: she saw another total; IllegalMove: it is not quoted (any more).
    """
    part = _part(session, seller_order_id)
    if part.state == S.QUOTED and part.total_vnd != shown_total_vnd:
        raise PriceChanged(shown_vnd=shown_total_vnd, actual_vnd=part.total_vnd)
    # A voucher may leave nothing to pay. Until now another fee could have been told.
    method = part.method if part.total_vnd else "nothing"
    return _make(
        session, part, S.PLACED, "buyer", actor_id, "", now, method=method,
        reserved_until=_placed_until(session, part.id, method, holds, now),
    )  # fmt: skip


def mark_seen(
    session: Session, *, seller_order_id: int, actor_id: int | None, now: datetime
) -> None:
    """Note who of a stall first opened an order, and when."""
    session.execute(
        update(SellerOrder)
        .where(SellerOrder.id == seller_order_id, SellerOrder.seen_at.is_(None))
        .values(seen_at=now, seen_by_id=actor_id)
    )


def claim_order(session: Session, *, order_id: int, account_id: int) -> bool:
    """Let an order that was placed without an account show in one; False if it is another's."""
    claimed = session.execute(
        update(Order)
        .where(Order.id == order_id, Order.account_id.is_(None))
        .values(account_id=account_id)
    )
    return claimed.rowcount == 1  # type: ignore[attr-defined]


def let_go_of_account(session: Session, *, account_id: int) -> int:
    """Unlink an erased person's orders from her account; return how many. Their copies stay."""
    unlinked = session.execute(
        update(Order).where(Order.account_id == account_id).values(account_id=None)
    )
    session.execute(delete(Cart).where(Cart.account_id == account_id))
    return unlinked.rowcount  # type: ignore[attr-defined]


_PART = select(
    SellerOrder.id,
    SellerOrder.order_id,
    SellerOrder.seller_id,
    SellerOrder.state,
    SellerOrder.method,
    SellerOrder.delivery,
    SellerOrder.shipping_vnd,
    SellerOrder.total_vnd,
    SellerOrder.voucher_id,
    SellerOrder.voucher_payer_id,
    SellerOrder.discount_vnd,
    SellerOrder.placed_at,
    SellerOrder.items_vnd,
    SellerOrder.market_pickup_id,
    SellerOrder.pickup_point_id,
    SellerOrder.slip_id,
    (SellerOrder.discount_vnd + SellerOrder.delivery_off_vnd).label("off_vnd"),
)


def _part(session: Session, seller_order_id: int) -> Row[*tuple[Any, ...]]:
    part = session.execute(_PART.where(SellerOrder.id == seller_order_id)).one_or_none()
    if part is None:
        raise NotYours(what="seller_order", id=seller_order_id)
    return part


def locked_part(session: Session, seller_order_id: int) -> Row[*tuple[Any, ...]]:
    """Return a part, locked until the transaction ends.

    Raises:
        NotYours: there is none.
    """
    part = session.execute(
        _PART.where(SellerOrder.id == seller_order_id).with_for_update(key_share=True)
    ).one_or_none()
    if part is None:
        raise NotYours(what="seller_order", id=seller_order_id)
    return part


def finish_return(
    session: Session,
    part: Row[*tuple[Any, ...]],
    *,
    actor_kind: str,
    actor_id: int | None,
    note: str,
    now: datetime,
) -> Moved:
    """Move a part to returned whose goods are all written down as back."""
    return _make(session, part, S.RETURNED, actor_kind, actor_id, note, now, is_back=True)


def _make(
    session: Session,
    part: Row[*tuple[Any, ...]],
    to: S,
    actor_kind: str,
    actor_id: int | None,
    note: str,
    now: datetime,
    *,
    restock: bool = True,
    is_back: bool = False,
    check: Callable[[S, S, str], S] | None = None,
    is_promised: bool = False,
    **values: Any,
) -> Moved:
    """Compare and set the state, then everything that follows from the move.

    Args:
        is_back: the goods that came back are written down already.
        check: another table than that of the moves.
        is_promised: stock was promised to it anew already.
    """
    current = S(part.state)
    if check is None:
        move(current, to, actor_kind, part.delivery)
    else:
        check(current, to, actor_kind)
    # What is paid ahead is still waited for once it is confirmed; every other step ends that.
    waits = to == S.CONFIRMED and part.method not in ("cod", "nothing")
    if "reserved_until" not in values and not waits:
        values["reserved_until"] = None
    changed = session.execute(
        update(SellerOrder)
        .where(SellerOrder.id == part.id, SellerOrder.state == part.state)
        .values(state=to, **values)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        raise IllegalMove(
            from_state=S(_part(session, part.id).state), to_state=to, actor_kind=actor_kind
        )
    move_id = session.execute(
        insert(SellerOrderMove)
        .values(
            seller_order_id=part.id,
            from_state=current,
            to_state=to,
            actor_kind=actor_kind,
            actor_id=actor_id,
            note=note,
            at=now,
        )
        .returning(SellerOrderMove.id)
    ).scalar_one()
    if to == S.CANCELLED:
        _give_back_scarce(session, part, now)
    if to == S.RETURNED:
        if not is_back:
            _take_all_back(session, part.id, current, restock, actor_kind, actor_id, note, now)
    elif not is_promised:
        _move_stock(session, part.id, current, to, actor_id, now)
    _lots_follow(session, part.id, current, to, actor_id, now)
    if part.slip_id is not None:
        settle_slip(session, part.id, now)
    if to in SETTLED:
        _let_link_end(session, part.order_id, now)
    relay.record(
        session,
        SellerOrderMoved(
            move_id, part.order_id, part.id, part.seller_id, current.value, to.value, actor_kind
        ),
        now,
    )
    return Moved(move_id, part.order_id, part.id, part.seller_id, current, to)


def _give_back_scarce(session: Session, part: Row[*tuple[Any, ...]], now: datetime) -> None:
    """Give back what a cancelled part took of what there is a count of: a voucher, a market's places."""
    if part.voucher_id is not None:
        with whole_orders(session):  # The voucher may be an organisation's.
            give_back_use(
                session, voucher_id=part.voucher_id, order_id=part.order_id,
                amount_vnd=part.off_vnd, now=now,
            )  # fmt: skip
    if part.market_pickup_id is not None:
        lines = queries.lines_of(session, [part.id])
        give_back_part(
            session, pickup_id=part.market_pickup_id, order_id=part.order_id,
            amount_vnd=part.items_vnd, goods=[(line.variant_id, line.quantity) for line in lines],
        )  # fmt: skip


def _lots_follow(
    session: Session,
    seller_order_id: int,
    current: S,
    to: S,
    actor_id: int | None,
    now: datetime,
) -> None:
    """Fill a part out of lots when it is packed, and empty it when it is unpacked.

    Raises:
        GoodsAwaited: some of it is ordered ahead and not there yet.
    """
    packs = (current, to) == (S.CONFIRMED, S.PACKED)
    if packs and (missing := waiting_for(session, seller_order_id)):
        raise GoodsAwaited(
            ready_on=max(row.ready_on for row in missing),
            pieces=sum(row.pieces for row in missing),
        )
    if packs or current == S.NOT_COLLECTED:  # What was opened again is packed once more.
        fill_lines(
            session, queries.lines_of(session, [seller_order_id]),
            seller_order_id=seller_order_id, actor_id=actor_id, now=now,
        )  # fmt: skip
    if (current, to) == (S.PACKED, S.CONFIRMED):
        unfill(session, [seller_order_id], actor_id=actor_id, now=now)


def _move_stock(
    session: Session,
    seller_order_id: int,
    current: S,
    to: S,
    actor_id: int | None,
    now: datetime,
) -> None:
    effect = stock_effect(current, to)
    if effect is None:
        return
    units = [
        Units(line.variant_id, line.quantity, seller_order_id)
        for line in queries.lines_of(session, [seller_order_id])
    ]
    change = {
        "release": stock.release, "take_out": stock.take_out, "promise": stock.reserve,
        "put_back": stock.put_back,
    }[effect]  # fmt: skip
    change(session, units, now=now, actor_id=actor_id)


def _take_all_back(
    session: Session,
    seller_order_id: int,
    current: S,
    restock: bool,
    actor_kind: str,
    actor_id: int | None,
    note: str,
    now: datetime,
) -> None:
    """Everything that is left with the buyer or under way comes home, and is owed nothing for."""
    arrived = current in (S.DELIVERED, S.COMPLETED)
    keep_return(
        session, seller_order_id=seller_order_id,
        coming=all_that_is_left(session, seller_order_id, restock=restock),
        reason=ReturnReason.FAULTY if arrived else ReturnReason.NOT_ACCEPTED, gives_fee_back=True,
        key=f"return:{seller_order_id}:whole", actor_kind=actor_kind, actor_id=actor_id, note=note,
        now=now,
    )  # fmt: skip


def _let_link_end(session: Session, order_id: int, now: datetime) -> None:
    """Once every part is settled, the private link lives its last 90 days."""
    still_open = select(SellerOrder.id).where(
        SellerOrder.order_id == order_id, SellerOrder.state.not_in(sorted(SETTLED))
    )
    with whole_orders(session):
        session.execute(
            update(Order)
            .where(Order.id == order_id, ~still_open.exists())
            .values(link_expires_at=now + LINK_AFTER)
        )
