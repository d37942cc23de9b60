"""Ordering ahead: places of a round, taken within its cap, served first come first when goods arrive.

The row of the pack's level is the lock of all this: whoever takes a place, brings goods or
gives a place up holds it first, so that goods never pass somebody who waits.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shop.catalogue.actions import renew_pages
from shop.db import is_sqlite, touch
from shop.kernel.clock import vietnam_date
from shop.prepared import Prepared
from shop.stock.models import StockLevel
from shop.stock.preorder_models import Preorder, PreorderPlace
from shop.stock.preorder_rules import (
    NoPreorder,
    PreorderNotLater,
    PreorderRuns,
    StillInStock,
    check_ready_on,
)
from shop.stock.rules import NotEnoughStock, Short, Units, summed
from shop.stock.writing import write_down

_rounds: Any = Preorder.__table__
_places: Any = PreorderPlace.__table__
_waits = (PreorderPlace.held < PreorderPlace.quantity, PreorderPlace.given_up_at.is_(None))


def _taking(guard: Any) -> Prepared:
    return Prepared(
        lambda: (
            update(_rounds)
            .where(
                _rounds.c.variant_id == bindparam("v"), _rounds.c.ended_at.is_(None),
                _rounds.c.ready_on > bindparam("today"), guard,
            )
            .values(taken=_rounds.c.taken + bindparam("n"))
        )
    )  # fmt: skip


#: Its guard is against promising more than the cap; ``tests/ordering/test_preorders.py`` shows it.
_TAKE = _taking(_rounds.c.taken + bindparam("n") <= _rounds.c.cap)


def open_preorder(
    session: Session,
    *,
    variant_id: int,
    product_id: int,
    ready_on: date,
    cap: int,
    now: datetime,
    actor_id: int | None,
) -> int:
    """Take orders for a pack of which nothing is left, up to ``cap`` pieces; return the round's id.

    Raises:
        PreorderDay, StillInStock, PreorderRuns: nothing is stored.
    """
    check_ready_on(ready_on, vietnam_date(now))
    lock_levels(session, [variant_id])
    free = _free_of(session, [variant_id])[variant_id]
    if free > 0:
        raise StillInStock(left=free)
    try:
        with session.begin_nested():
            made = session.execute(
                insert(Preorder)
                .values(
                    variant_id=variant_id, product_id=product_id, ready_on=ready_on, cap=cap,
                    opened_at=now, opened_by_id=actor_id,
                )
                .returning(Preorder.id)
            ).scalar_one()  # fmt: skip
    except IntegrityError:
        raise PreorderRuns from None
    renew_pages(session, [product_id])
    return made


def end_preorder(session: Session, *, variant_id: int, now: datetime) -> None:
    """Take no more orders ahead; who has ordered still waits and is served.

    Raises:
        NoPreorder: none runs.
    """
    lock_levels(session, [variant_id])
    if not _end(session, [variant_id], now):
        raise NoPreorder


def move_preorder(
    session: Session, *, variant_id: int, ready_on: date, reason: str, now: datetime
) -> dict[int, date]:
    """Put off the day for everybody who waits; return the seller orders that do, in id order.

    Each with the day that it was told before. Who waits for a later day already is left alone.

    Raises:
        PreorderDay; NoPreorder: no round runs and nobody waits; PreorderNotLater: the day
            that they wait for is no earlier.
    """
    check_ready_on(ready_on, vietnam_date(now))
    lock_levels(session, [variant_id])
    waiting = session.execute(
        select(PreorderPlace.seller_order_id, PreorderPlace.preorder_id)
        .where(PreorderPlace.variant_id == variant_id, *_waits)
        .order_by(PreorderPlace.seller_order_id)
    ).all()
    of_round = dict(
        session.execute(
            select(Preorder.id, Preorder.ready_on).where(
                Preorder.variant_id == variant_id,
                or_(
                    Preorder.ended_at.is_(None),
                    Preorder.id.in_({row.preorder_id for row in waiting}),
                ),
            )
        ).all()
    )
    if not of_round:
        raise NoPreorder
    moved = sorted(each for each, day in of_round.items() if day < ready_on)
    if not moved:
        raise PreorderNotLater(ready_on=min(of_round.values()))
    session.execute(
        update(Preorder).where(Preorder.id.in_(moved)).values(ready_on=ready_on, moved_for=reason)
    )
    _renew(session, [variant_id])
    return {
        row.seller_order_id: of_round[row.preorder_id]
        for row in waiting
        if row.preorder_id in moved
    }


def end_due(session: Session, *, today: date, now: datetime) -> int:
    """End the rounds whose day is there; return how many. Who waits, waits for the goods."""
    due = session.scalars(
        select(Preorder.variant_id)
        .where(Preorder.ended_at.is_(None), Preorder.ready_on <= today)
        .order_by(Preorder.variant_id)
    ).all()
    return _end(session, due, now) if due else 0


def take_places(session: Session, units: Sequence[Units], *, now: datetime) -> None:
    """Promise pieces that are not there yet to orders, within the cap of the pack's round.

    Check and change are one statement for each pack, in id order.

    Raises:
        NotEnoughStock: names each pack with the places that are left; what was taken before
            that is undone with the caller's transaction.
    """
    wanted, today = summed(units), vietnam_date(now)
    lock_levels(session, wanted)
    short = {
        variant_id: quantity
        for variant_id, quantity in wanted.items()
        if _TAKE.run(session, {"v": variant_id, "n": quantity, "today": today}) != 1
    }
    rounds = {
        row.variant_id: row
        for row in session.execute(
            select(
                Preorder.variant_id, Preorder.id, Preorder.taken, Preorder.cap, Preorder.product_id
            ).where(Preorder.variant_id.in_(wanted), Preorder.ended_at.is_(None))
        )
    }
    if short:
        left = {v: row.cap - row.taken for v, row in rounds.items()}
        raise NotEnoughStock(
            short=tuple(Short(v, quantity, left.get(v, 0)) for v, quantity in short.items())
        )
    session.execute(
        insert(PreorderPlace),
        [
            {
                "preorder_id": rounds[each.variant_id].id, "variant_id": each.variant_id,
                "seller_order_id": each.seller_order_id, "quantity": each.quantity,
            }
            for each in units
        ],
    )  # fmt: skip
    renew_pages(session, [row.product_id for row in rounds.values() if row.taken >= row.cap])
    touch(session, "stock")
    serve(session, wanted, now=now)


def serve(
    session: Session,
    variant_ids: Iterable[int],
    *,
    now: datetime,
    actor_id: int | None = None,
    arrived: bool = False,
) -> None:
    """Hold free units for those who ordered ahead, who came first being served first.

    The caller holds the packs' levels.

    Args:
        arrived: goods were brought. When more came than were waited for, the round is over,
            also when nobody waited.
    """
    wanted = sorted(set(variant_ids))
    queues: dict[int, list[Any]] = {variant_id: [] for variant_id in wanted} if arrived else {}
    for row in session.execute(
        select(
            PreorderPlace.id, PreorderPlace.variant_id, PreorderPlace.seller_order_id,
            (PreorderPlace.quantity - PreorderPlace.held).label("missing"),
        )
        .where(PreorderPlace.variant_id.in_(wanted), *_waits)
        .order_by(PreorderPlace.variant_id, PreorderPlace.id)
    ):  # fmt: skip
        queues.setdefault(row.variant_id, []).append(row)
    there = _free_of(session, queues) if queues else {}
    over = set()
    for variant_id, queue in queues.items():
        free = there[variant_id]
        held = []
        for row in queue:
            quantity = min(free, row.missing)
            if quantity <= 0:
                break
            free -= quantity
            held.append(Units(variant_id, quantity, row.seller_order_id))
            session.execute(
                update(PreorderPlace)
                .where(PreorderPlace.id == row.id)
                .values(held=PreorderPlace.held + quantity)
            )
        if held:
            session.execute(
                update(StockLevel)
                .where(StockLevel.variant_id == variant_id)
                .values(reserved=StockLevel.reserved + sum(each.quantity for each in held))
            )
            write_down(session, held, "held", 0, +1, now, actor_id=actor_id)
        if arrived and free > 0:
            over.add(variant_id)
    if over:
        _end(session, over, now)


def give_up(session: Session, units: Sequence[Units], *, now: datetime) -> list[Units]:
    """Give the places of cancelled orders back; return the units that were really held for them."""
    orders = sorted({each.seller_order_id for each in units if each.seller_order_id is not None})
    of_them = select(
        PreorderPlace.id, PreorderPlace.preorder_id, PreorderPlace.variant_id,
        PreorderPlace.seller_order_id, PreorderPlace.quantity, PreorderPlace.held,
    ).where(PreorderPlace.seller_order_id.in_(orders), PreorderPlace.given_up_at.is_(None))  # fmt: skip
    found = session.execute(of_them).all() if orders else ()
    if not found:
        return list(units)
    lock_levels(session, {each.variant_id for each in units})
    missing: dict[tuple[int, int | None], int] = {}
    for row in session.execute(of_them.order_by(PreorderPlace.id)).all():
        missing[row.variant_id, row.seller_order_id] = row.quantity - row.held
        session.execute(
            update(PreorderPlace).where(PreorderPlace.id == row.id).values(given_up_at=now)
        )
        session.execute(
            update(Preorder)
            .where(Preorder.id == row.preorder_id)
            .values(taken=Preorder.taken - row.quantity)
        )
    _renew(session, {row.variant_id for row in found})
    less = [
        Units(
            each.variant_id,
            each.quantity - missing.get((each.variant_id, each.seller_order_id), 0),
            each.seller_order_id,
        )
        for each in units
    ]
    return [each for each in less if each.quantity > 0]


def lock_levels(session: Session, variant_ids: Iterable[int]) -> None:
    """Hold the levels of these packs, in id order. On SQLite there is one writer anyway."""
    if not is_sqlite(session):
        session.execute(
            select(StockLevel.variant_id)
            .where(StockLevel.variant_id.in_(sorted(variant_ids)))
            .order_by(StockLevel.variant_id)
            .with_for_update()
        ).all()


def unclaimed(session: Session, variant_ids: Iterable[int]) -> dict[int, int]:
    """Return how many units are free of the packs that nobody waits for."""
    wanted = sorted(variant_ids)
    claimed = session.scalars(
        select(PreorderPlace.variant_id).where(PreorderPlace.variant_id.in_(wanted), *_waits)
    ).all()
    return _free_of(session, set(wanted) - set(claimed))


def _free_of(session: Session, variant_ids: Iterable[int]) -> dict[int, int]:
    return dict(
        session.execute(
            select(StockLevel.variant_id, StockLevel.available).where(
                StockLevel.variant_id.in_(sorted(variant_ids))
            )
        ).all()
    )


def _end(session: Session, variant_ids: Iterable[int], now: datetime) -> int:
    ended = session.scalars(
        update(Preorder)
        .where(Preorder.variant_id.in_(sorted(variant_ids)), Preorder.ended_at.is_(None))
        .values(ended_at=now)
        .returning(Preorder.product_id)
    ).all()
    renew_pages(session, ended)
    return len(ended)


def _renew(session: Session, variant_ids: Iterable[int]) -> None:
    renew_pages(
        session,
        session.scalars(
            select(Preorder.product_id).where(Preorder.variant_id.in_(sorted(variant_ids)))
        ).all(),
    )
