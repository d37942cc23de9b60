"""Changes to stock. Each leaves a row that says why."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from shop.catalogue.actions import reprice, sold_out_is
from shop.catalogue.models import Variant
from shop.db import touch
from shop.prepared import Prepared
from shop.stock.lot_actions import fit, mark_in, mark_out, unfill
from shop.stock.models import StockLevel
from shop.stock.preorder_actions import give_up, lock_levels, serve, take_places, unclaimed
from shop.stock.rules import BelowReserved, MoreThanFree, NotEnoughStock, Short, Units, summed
from shop.stock.writing import write_down

_level = StockLevel.__table__


def _reserving(guard: Any) -> Prepared:
    return Prepared(
        lambda: (
            update(_level)  # type: ignore[arg-type]
            .where(_level.c.variant_id == bindparam("v"), guard)
            .values(reserved=_level.c.reserved + bindparam("n"))
            .returning((_level.c.on_hand - _level.c.reserved).label("left"))
        )
    )


_none_free = select(StockLevel.variant_id).where(
    StockLevel.variant_id == Variant.id, StockLevel.on_hand > StockLevel.reserved
)
# A pack that is not counted has none.
sold_out_is(~_none_free.correlate(Variant).exists())

#: Its guard is against overselling; ``tests/ordering/test_race.py`` shows what it is worth.
_RESERVE = _reserving(_level.c.on_hand - _level.c.reserved >= bindparam("n"))


def open_level(
    session: Session,
    *,
    variant_id: int,
    product_id: int,
    on_hand: int,
    now: datetime,
    actor_id: int | None = None,
) -> None:
    """Begin to keep stock of a new variant with a first count, ``on_hand >= 0``."""
    session.execute(
        insert(StockLevel).values(
            variant_id=variant_id, product_id=product_id, on_hand=on_hand, reserved=0
        )
    )
    write_down(session, [Units(variant_id, on_hand)], "counted", +1, 0, now, actor_id=actor_id)
    touch(session, "stock")
    if on_hand:
        reprice(session, [product_id])


def count_stock(
    session: Session,
    *,
    variant_id: int,
    on_hand: int,
    now: datetime,
    reason: str = "",
    actor_id: int | None = None,
) -> int:
    """Set how many units the seller counted, and return by how many that differs.

    Args:
        on_hand: all units in the house, those promised to orders included.

    Raises:
        BelowReserved: orders wait for more units than that; nothing is stored.
    """
    level = session.execute(
        select(StockLevel.on_hand, StockLevel.reserved)
        .where(StockLevel.variant_id == variant_id)
        .with_for_update()
    ).one()
    if on_hand < level.reserved:
        raise BelowReserved(variant_id=variant_id, on_hand=on_hand, reserved=level.reserved)
    change = on_hand - level.on_hand
    if change:
        session.execute(
            update(StockLevel).where(StockLevel.variant_id == variant_id).values(on_hand=on_hand)
        )
        write_down(
            session, [Units(variant_id, change)], "counted", +1, 0, now,
            actor_id=actor_id, reason=reason,
        )  # fmt: skip
        touch(session, "stock")
        if change < 0:
            fit(session, [variant_id], actor_id=actor_id, now=now)
        else:
            serve(session, [variant_id], now=now, actor_id=actor_id, arrived=True)
        _reprice(session, [variant_id])
    return change


def change_stock(
    session: Session,
    *,
    variant_id: int,
    change: int,
    now: datetime,
    reason: str = "",
    actor_id: int | None = None,
) -> None:
    """Add units, or take some away that are not promised to orders.

    Raises:
        MoreThanFree: orders wait for more units than would be left; nothing is stored.
    """
    changed = session.execute(
        update(StockLevel)
        .where(
            StockLevel.variant_id == variant_id, StockLevel.on_hand + change >= StockLevel.reserved
        )
        .values(on_hand=StockLevel.on_hand + change)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        level = session.execute(
            select(StockLevel.on_hand, StockLevel.reserved).where(
                StockLevel.variant_id == variant_id
            )
        ).one()
        raise MoreThanFree(
            on_hand=level.on_hand, reserved=level.reserved, free=level.on_hand - level.reserved
        )
    write_down(
        session, [Units(variant_id, change)], "counted", +1, 0, now,
        actor_id=actor_id, reason=reason,
    )  # fmt: skip
    touch(session, "stock")
    if change < 0:
        fit(session, [variant_id], actor_id=actor_id, now=now)
    else:
        serve(session, [variant_id], now=now, actor_id=actor_id, arrived=True)
    _reprice(session, [variant_id])


def warn_at(session: Session, *, variant_id: int, at: int | None) -> None:
    """Say at how few units for sale the seller wants to be told; None: never."""
    session.execute(
        update(StockLevel)
        .where(StockLevel.variant_id == variant_id)
        .values(warn_at=at, warned_at=None)
    )


def reserve(
    session: Session, units: Sequence[Units], *, now: datetime, actor_id: int | None = None
) -> None:
    """Promise units to orders.

    Check and change are one statement, so two buyers never both get the last
    unit. Variants go in id order, so no two orders wait for each other in a ring.

    Raises:
        NotEnoughStock: names every variant that ran short with what is left. The units
            reserved before that are undone with the caller's transaction.
    """
    wanted = summed(units)
    free = {v: _reserve_one(session, v, quantity) for v, quantity in wanted.items()}
    if short := {v: wanted[v] for v, left in free.items() if left is None}:
        left = dict(
            session.execute(
                select(StockLevel.variant_id, StockLevel.available).where(
                    StockLevel.variant_id.in_(short)
                )
            ).all()
        )
        raise NotEnoughStock(
            short=tuple(Short(v, wanted, left.get(v, 0)) for v, wanted in short.items())
        )
    write_down(session, units, "reserved", 0, +1, now, actor_id=actor_id)
    touch(session, "stock")
    if gone := [variant_id for variant_id, left in free.items() if left == 0]:
        _reprice(session, gone)


def promise(
    session: Session,
    units: Sequence[Units],
    ahead: Sequence[Units],
    *,
    now: datetime,
    actor_id: int | None = None,
) -> None:
    """Promise what is there, and places of what is ordered ahead.

    Raises:
        NotEnoughStock: as of ``reserve`` and ``take_places``.
    """
    if ahead:  # Rows of both kinds are held in one order.
        lock_levels(session, {each.variant_id for each in (*units, *ahead)})
    if units:
        reserve(session, units, now=now, actor_id=actor_id)
    if ahead:
        take_places(session, ahead, now=now)


def promise_again(
    session: Session, units: Sequence[Units], ahead: Sequence[Units], *, now: datetime
) -> None:
    """Promise anew what a cancelled order had: what it ordered ahead may have come meanwhile.

    Raises:
        NotEnoughStock: as of ``reserve`` and ``take_places``.
    """
    wanted = summed(ahead)
    lock_levels(session, {*wanted, *summed(units)})
    free = unclaimed(session, wanted)
    there = [each for each in ahead if free.get(each.variant_id, 0) >= wanted[each.variant_id]]
    promise(
        session, [*units, *there], [each for each in ahead if each not in there], now=now
    )  # fmt: skip


def _reserve_one(session: Session, variant_id: int, quantity: int) -> int | None:
    """Return how many are free then; None: not enough were, nothing is changed."""
    return _RESERVE.scalar(session, {"v": variant_id, "n": quantity})


def _reprice(session: Session, variant_ids: Iterable[int]) -> None:
    """Show the price of what can be bought, now that some of these ran out or came back."""
    reprice(
        session,
        select(StockLevel.product_id).where(StockLevel.variant_id.in_(sorted(set(variant_ids)))),
    )


def release(
    session: Session, units: Sequence[Units], *, now: datetime, actor_id: int | None = None
) -> None:
    """Free units that were promised to an order which will not be sent.

    What it ordered ahead it gives up; what becomes free is the next one's who waits.
    """
    held = give_up(session, units, now=now)
    _change(session, held, 0, -1)
    write_down(session, held, "released", 0, -1, now, actor_id=actor_id)
    unfill(session, _orders(units), actor_id=actor_id, now=now)
    serve(session, {each.variant_id for each in held}, now=now, actor_id=actor_id)
    if held:
        _reprice(session, [each.variant_id for each in held])


def take_out(
    session: Session, units: Sequence[Units], *, now: datetime, actor_id: int | None = None
) -> None:
    """Promised units leave the house: they are neither on hand nor reserved any more."""
    _change(session, units, -1, -1)
    write_down(session, units, "sold", -1, -1, now, actor_id=actor_id)
    mark_out(session, _orders(units), now=now)
    fit(session, {each.variant_id for each in units}, actor_id=actor_id, now=now)


def put_back(
    session: Session, units: Sequence[Units], *, now: datetime, actor_id: int | None = None
) -> None:
    """Units that were said to have left lie in their parcel still: on hand, and promised."""
    _change(session, units, +1, +1)
    write_down(session, units, "sold", +1, +1, now, actor_id=actor_id)
    mark_in(session, _orders(units))


def keep_out(
    session: Session, units: Sequence[Units], *, now: datetime, actor_id: int | None = None
) -> None:
    """Units that were said to have come back whole are with their buyer still.

    Raises:
        NotEnoughStock: they were promised to somebody else meanwhile.
    """
    for variant_id, quantity in summed(units).items():
        if _reserve_one(session, variant_id, quantity) is None:
            left = (
                session.scalar(
                    select(StockLevel.available).where(StockLevel.variant_id == variant_id)
                )
                or 0
            )
            raise NotEnoughStock(short=(Short(variant_id, quantity, left),))
    _change(session, units, -1, -1)
    write_down(session, units, "returned", -1, 0, now, actor_id=actor_id)
    fit(session, {each.variant_id for each in units}, actor_id=actor_id, now=now)
    _reprice(session, [each.variant_id for each in units])


def take_back(
    session: Session, units: Sequence[Units], *, now: datetime, actor_id: int | None = None
) -> None:
    """Units that were sold come back whole and are for sale again."""
    _change(session, units, +1, 0)
    write_down(session, units, "returned", +1, 0, now, actor_id=actor_id)
    serve(session, {each.variant_id for each in units}, now=now, actor_id=actor_id)
    _reprice(session, [each.variant_id for each in units])


def _orders(units: Iterable[Units]) -> list[int]:
    return [each.seller_order_id for each in units if each.seller_order_id is not None]


def _change(session: Session, units: Iterable[Units], on_hand: int, reserved: int) -> None:
    """Add ``quantity`` times these signs to each level; the table's CHECK stops a wrong sum."""
    rows = [{"v": variant_id, "n": quantity} for variant_id, quantity in summed(units).items()]
    if not rows:
        return
    table = StockLevel.__table__
    session.connection().execute(
        update(table)  # type: ignore[arg-type]
        .where(table.c.variant_id == bindparam("v"))
        .values(
            on_hand=table.c.on_hand + on_hand * bindparam("n"),
            reserved=table.c.reserved + reserved * bindparam("n"),
        ),
        rows,
    )
    touch(session, "stock")


def open_levels(
    session: Session,
    levels: Sequence[tuple[int, int, int]],
    *,
    now: datetime,
    actor_id: int | None,
) -> None:
    """Begin to keep stock of many new variants: (variant, product, first count) each."""
    if not levels:
        return
    rows = [
        {"variant_id": variant_id, "product_id": product_id, "on_hand": on_hand, "reserved": 0}
        for variant_id, product_id, on_hand in levels
    ]
    session.execute(insert(StockLevel), rows)
    counted = [Units(variant_id, on_hand) for variant_id, _product, on_hand in levels]
    write_down(session, counted, "counted", +1, 0, now, actor_id=actor_id)
    touch(session, "stock")
    reprice(session, sorted({product_id for _variant, product_id, on_hand in levels if on_hand}))


def count_many(
    session: Session, counts: Mapping[int, int], *, now: datetime, actor_id: int | None
) -> None:
    """Set what was counted of many variants, whose levels the caller holds.

    Raises:
        BelowReserved: orders wait for more of one than that; nothing is stored.
    """
    if not counts:
        return
    changes = []
    for level in session.execute(
        select(StockLevel.variant_id, StockLevel.on_hand, StockLevel.reserved)
        .where(StockLevel.variant_id.in_(counts))
        .order_by(StockLevel.variant_id)
        .with_for_update()
    ):
        on_hand = counts[level.variant_id]
        if on_hand < level.reserved:
            raise BelowReserved(
                variant_id=level.variant_id, on_hand=on_hand, reserved=level.reserved
            )
        if on_hand != level.on_hand:
            changes.append(Units(level.variant_id, on_hand - level.on_hand))
    if changes:
        _change(session, changes, +1, 0)
        write_down(session, changes, "counted", +1, 0, now, actor_id=actor_id)
        if fewer := [each.variant_id for each in changes if each.quantity < 0]:
            fit(session, fewer, actor_id=actor_id, now=now)
        if more := [each.variant_id for each in changes if each.quantity > 0]:
            serve(session, more, now=now, actor_id=actor_id, arrived=True)
        _reprice(session, [each.variant_id for each in changes])
