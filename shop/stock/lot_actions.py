"""Changes to lots. Whatever stock does, its lots say no more than it has.

Where a level is changed as well, its row is locked first; lots go in id order after it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from shop.db import touch
from shop.kernel.clock import vietnam_date
from shop.kernel.codes import random_code
from shop.kernel.errors import NotYours
from shop.outbox.relay import record
from shop.stock.lot_events import StockWorthSeeing
from shop.stock.lot_models import Lot, LotMove, LotTold, LotUse
from shop.stock.lot_queries import is_low, news_of_levels, news_of_lots
from shop.stock.lot_rules import (
    LotFields,
    LotNameTaken,
    LotRecalled,
    MoreThanInHouse,
    MoreThanInLine,
    NotEnoughInLot,
    OnShelf,
    fitting,
    nearness,
    proposed,
    returned_from,
)
from shop.stock.models import StockLevel

CODE_LENGTH = 10


def open_lot(
    session: Session,
    *,
    seller_id: int,
    product_id: int,
    variant_id: int,
    fields: LotFields,
    actor_id: int | None,
    now: datetime,
) -> Lot:
    """Begin a lot with nothing in it yet.

    Raises:
        LotNameTaken: nothing is stored.
    """
    _name_is_free(session, variant_id, fields.name)
    lot = Lot(
        code=random_code(CODE_LENGTH), seller_id=seller_id, product_id=product_id,
        variant_id=variant_id, name=fields.name, made_on=fields.made_on,
        best_before=fields.best_before, from_vi=fields.from_vi, from_en=fields.from_en,
        left_units=0, packed_units=0, created_at=now, created_by_id=actor_id,
    )  # fmt: skip
    session.add(lot)
    session.flush()
    return lot


def put_in(
    session: Session, *, lot_id: int, quantity: int, reason: str = "",
    actor_id: int | None, now: datetime,
) -> None:  # fmt: skip
    """Say that so many units which lie in the house without a lot belong to this one.

    Raises:
        MoreThanInHouse: nothing is stored.
    """
    variant_id = session.scalar(select(Lot.variant_id).where(Lot.id == lot_id))
    on_hand = session.scalar(
        select(StockLevel.on_hand).where(StockLevel.variant_id == variant_id).with_for_update()
    )
    there = sum(row.left + row.packed for row in _shelf(session, [variant_id or 0]))
    if there + quantity > (on_hand or 0):
        raise MoreThanInHouse(free=max(0, (on_hand or 0) - there))
    _change(session, {lot_id: quantity}, "made", actor_id, now, reason=reason)


def take_from(
    session: Session, *, lot_id: int, quantity: int, reason: str, actor_id: int | None,
    now: datetime,
) -> None:  # fmt: skip
    """Take units out of a lot that are spoilt, given away or sold elsewhere.

    Raises:
        NotEnoughInLot: nothing is stored.
    """
    _change(session, {lot_id: -quantity}, "taken", actor_id, now, reason=reason)


def edit_lot(session: Session, *, lot_id: int, fields: LotFields) -> None:
    """Store what a lot says.

    Raises:
        LotNameTaken: nothing is stored.
    """
    lot = session.get_one(Lot, lot_id, with_for_update=True)
    if fields.name != lot.name:
        _name_is_free(session, lot.variant_id, fields.name)
    if fields.best_before != lot.best_before:
        lot.warned = ""
    lot.name, lot.made_on, lot.best_before = fields.name, fields.made_on, fields.best_before
    lot.from_vi, lot.from_en = fields.from_vi, fields.from_en
    session.flush()
    touch(session, "lots")


def recall_lot(
    session: Session, *, lot_id: int, words_vi: str, words_en: str, actor_id: int | None,
    now: datetime,
) -> None:  # fmt: skip
    """Call a lot back: its page says so, and no parcel is filled from it any more."""
    session.execute(
        update(Lot)
        .where(Lot.id == lot_id)
        .values(
            recalled_at=now, recalled_by_id=actor_id, recall_vi=words_vi, recall_en=words_en
        )
    )  # fmt: skip
    touch(session, "lots")


def end_recall(session: Session, *, lot_id: int) -> None:
    """Call it back no more: it was said by mistake. Who was told stays written down."""
    session.execute(
        update(Lot).where(Lot.id == lot_id).values(recalled_at=None, recall_vi="", recall_en="")
    )
    touch(session, "lots")


def tell(
    session: Session, *, lot_id: int, seller_order_id: int, is_told: bool, actor_id: int | None,
    now: datetime,
) -> None:  # fmt: skip
    """Note that the buyer of an order was told of the recall, or that she was not after all.

    Raises:
        NotYours: nothing of that order came from the lot.
    """
    used = session.scalar(
        select(LotUse.lot_id)
        .where(LotUse.lot_id == lot_id, LotUse.seller_order_id == seller_order_id)
        .limit(1)
    )
    if used is None:
        raise NotYours(what="lot_use", id=seller_order_id)
    session.execute(
        delete(LotTold).where(LotTold.lot_id == lot_id, LotTold.seller_order_id == seller_order_id)
    )
    if is_told:
        session.add(
            LotTold(
                lot_id=lot_id, seller_order_id=seller_order_id, told_at=now, told_by_id=actor_id
            )
        )


def fill_lines(
    session: Session,
    lines: Sequence[Any],
    *,
    seller_order_id: int,
    actor_id: int | None,
    now: datetime,
) -> None:
    """Say of packed lines from which lots they are: first expired first out, as far as lots reach.

    Args:
        lines: id, variant_id, quantity of each. A line that says so already stays as it is.
    """
    shelf = _shelf(session, {line.variant_id for line in lines})
    if not shelf:
        return  # No lots, nothing to say: most stalls.
    filled = set(
        session.scalars(
            select(LotUse.line_item_id).where(LotUse.seller_order_id == seller_order_id)
        )
    )
    left = {row.id: row.left for row in shelf}
    for line in lines:
        if line.id in filled:
            continue
        chosen = proposed(
            [_on_shelf(row, left[row.id]) for row in shelf if row.variant_id == line.variant_id],
            line.quantity, vietnam_date(now),
        )  # fmt: skip
        for lot_id, taken in chosen.items():
            left[lot_id] -= taken
        _use(session, chosen, line.id, seller_order_id, actor_id, now)


def choose_lots(
    session: Session,
    line: Any,
    chosen: Mapping[int, int],
    *,
    seller_order_id: int,
    is_out: bool,
    actor_id: int | None,
    now: datetime,
) -> None:
    """Say anew from which lots a packed line is; units may stay without a lot.

    Args:
        line: id, variant_id, quantity, returned.
        chosen: units by lot, of this line's variant.
        is_out: its parcel has left the house.

    Raises:
        MoreThanInLine, NotEnoughInLot, LotRecalled, NotYours: nothing is stored.
    """
    wanted = {lot_id: units for lot_id, units in sorted(chosen.items()) if units > 0}
    if sum(wanted.values()) > line.quantity:
        raise MoreThanInLine(quantity=line.quantity)
    session.execute(
        select(StockLevel.variant_id)
        .where(StockLevel.variant_id == line.variant_id)
        .with_for_update()
    )
    known = {row.id: row for row in _shelf(session, [line.variant_id])}
    before = {
        use.lot_id: use
        for use in session.scalars(select(LotUse).where(LotUse.line_item_id == line.id))
    }
    for lot_id in wanted.keys() - before.keys():
        if lot_id not in known:
            raise NotYours(what="lot", id=lot_id)
        if known[lot_id].recalled_at is not None:
            raise LotRecalled(name=known[lot_id].name)
    back = {lot_id: use.quantity - use.returned for lot_id, use in before.items()}
    _change(session, back, "unpacked", actor_id, now, packed=not is_out, order=seller_order_id)
    session.execute(delete(LotUse).where(LotUse.line_item_id == line.id))
    _use(session, wanted, line.id, seller_order_id, actor_id, now, is_out=is_out)
    fit(session, [line.variant_id], actor_id=actor_id, now=now)


def unfill(
    session: Session, seller_order_ids: Iterable[int], *, actor_id: int | None, now: datetime
) -> None:
    """The parcels of these orders are opened again: what they were filled from is left once more."""
    waiting = LotUse.seller_order_id.in_(sorted(set(seller_order_ids))) & LotUse.out_at.is_(None)
    uses = session.execute(
        select(LotUse.lot_id, LotUse.quantity, LotUse.seller_order_id).where(waiting)
    ).all()
    if not uses:
        return
    for lot_id, quantity, seller_order_id in sorted(tuple(use) for use in uses):
        _change(
            session, {lot_id: quantity}, "unpacked", actor_id, now, packed=True,
            order=seller_order_id,
        )  # fmt: skip
    session.execute(delete(LotUse).where(waiting))


def mark_out(session: Session, seller_order_ids: Iterable[int], *, now: datetime) -> None:
    """The parcels of these orders left the house, with what they were filled from."""
    waiting = LotUse.seller_order_id.in_(sorted(set(seller_order_ids))) & LotUse.out_at.is_(None)
    gone: dict[int, int] = defaultdict(int)
    for lot_id, quantity in session.execute(
        select(LotUse.lot_id, LotUse.quantity).where(waiting)
    ):  # fmt: skip
        gone[lot_id] += quantity
    for lot_id, quantity in sorted(gone.items()):
        session.execute(
            update(Lot).where(Lot.id == lot_id).values(packed_units=Lot.packed_units - quantity)
        )
    if gone:
        session.execute(update(LotUse).where(waiting).values(out_at=now))


def mark_in(session: Session, seller_order_ids: Iterable[int]) -> None:
    """The parcels of these orders lie in the house still, with what they were filled from."""
    out = LotUse.seller_order_id.in_(sorted(set(seller_order_ids))) & LotUse.out_at.is_not(None)
    here: dict[int, int] = defaultdict(int)
    for lot_id, quantity in session.execute(select(LotUse.lot_id, LotUse.quantity).where(out)):
        here[lot_id] += quantity
    for lot_id, quantity in sorted(here.items()):
        session.execute(
            update(Lot).where(Lot.id == lot_id).values(packed_units=Lot.packed_units + quantity)
        )
    if here:
        session.execute(update(LotUse).where(out).values(out_at=None))


def keep_with_buyer(
    session: Session,
    kept: Iterable[tuple[int, int, bool]],
    *,
    seller_order_id: int,
    actor_id: int | None,
    now: datetime,
) -> None:
    """Units of lines did not come back after all: they are left of their lots no more.

    What went out of a lot meanwhile stays as it is; ``fit`` brings its count in step.

    Args:
        kept: (line id, quantity, whether they were for sale again).
    """
    for line_item_id, left, restocked in kept:
        quantity = left
        uses = session.execute(
            select(LotUse.lot_id, LotUse.returned, Lot.left_units)
            .join(Lot, Lot.id == LotUse.lot_id)
            .where(LotUse.line_item_id == line_item_id, LotUse.returned > 0)
            .order_by(LotUse.lot_id.desc())
        ).all()
        for use in uses:
            units = min(quantity, use.returned)
            quantity -= units
            session.execute(
                update(LotUse)
                .where(LotUse.lot_id == use.lot_id, LotUse.line_item_id == line_item_id)
                .values(returned=LotUse.returned - units)
            )
            if restocked and units:
                less = {use.lot_id: -min(units, use.left_units)}
                _change(session, less, "returned", actor_id, now, order=seller_order_id)


def give_back(
    session: Session,
    coming: Iterable[tuple[int, int, bool]],
    *,
    seller_order_id: int,
    actor_id: int | None,
    now: datetime,
) -> None:
    """Units of lines came back. Whole ones are left of their lot again; stock has them already.

    Args:
        coming: (line id, quantity, whether they are for sale again).
    """
    uses: dict[int, dict[int, int]] = defaultdict(dict)
    for use in session.execute(
        select(LotUse.line_item_id, LotUse.lot_id, LotUse.quantity, LotUse.returned)
        .where(LotUse.seller_order_id == seller_order_id)
        .order_by(LotUse.lot_id)
    ):
        uses[use.line_item_id][use.lot_id] = use.quantity - use.returned
    for line_item_id, quantity, restocked in coming:
        for lot_id, units in returned_from(uses[line_item_id], quantity).items():
            session.execute(
                update(LotUse)
                .where(LotUse.lot_id == lot_id, LotUse.line_item_id == line_item_id)
                .values(returned=LotUse.returned + units)
            )
            if restocked:
                _change(
                    session, {lot_id: units}, "returned", actor_id, now, order=seller_order_id
                )  # fmt: skip


def fit(
    session: Session, variant_ids: Iterable[int], *, actor_id: int | None, now: datetime
) -> None:
    """Let lots shrink to what lies in the house: fewer were counted, or went without a lot's name."""
    by_variant: dict[int, list[Any]] = defaultdict(list)
    for row in _shelf(session, variant_ids):
        by_variant[row.variant_id].append(row)
    for rows in by_variant.values():
        too_many = sum(row.left + row.packed for row in rows) - rows[0].on_hand
        if too_many > 0:
            taken = fitting([_on_shelf(row, row.left) for row in rows], too_many)
            _change(session, {lot: -n for lot, n in taken.items()}, "fitted", actor_id, now)


def tell_of_stock(session: Session, *, today: date, now: datetime) -> None:
    """Record for each stall what is new of its stock, and remember that she was told."""
    lots: dict[int, list[int]] = defaultdict(list)
    packs: dict[int, list[int]] = defaultdict(list)
    for row in news_of_lots(session, today):
        lots[row.seller_id].append(row.id)
        session.execute(
            update(Lot).where(Lot.id == row.id).values(warned=nearness(row.best_before, today))
        )
    session.execute(  # What was filled up again may be told of again.
        update(StockLevel)
        .where(StockLevel.warned_at.is_not(None), ~is_low())
        .values(warned_at=None)
        .execution_options(synchronize_session=False)
    )
    for row in news_of_levels(session):
        packs[row.seller_id].append(row.variant_id)
        session.execute(
            update(StockLevel).where(StockLevel.variant_id == row.variant_id).values(warned_at=now)
        )
    for seller_id in sorted({*lots, *packs}):
        record(
            session,
            StockWorthSeeing(seller_id, tuple(lots[seller_id]), tuple(packs[seller_id])),
            now,
        )


def _shelf(session: Session, variant_ids: Iterable[int]) -> Sequence[Any]:
    """Return the lots of variants in id order, locked, each with its variant's stock."""
    return session.execute(
        select(
            Lot.id, Lot.variant_id, Lot.name, Lot.best_before, Lot.made_on, Lot.recalled_at,
            Lot.left_units.label("left"), Lot.packed_units.label("packed"), StockLevel.on_hand,
        )
        .join(StockLevel, StockLevel.variant_id == Lot.variant_id)
        .where(Lot.variant_id.in_(sorted(set(variant_ids))))
        .order_by(Lot.id)
        .with_for_update(of=Lot)
    ).all()  # fmt: skip


def _on_shelf(row: Any, left: int) -> OnShelf:
    return OnShelf(row.id, left, row.best_before, row.made_on, row.recalled_at is not None)


def _use(
    session: Session,
    chosen: Mapping[int, int],
    line_item_id: int,
    seller_order_id: int,
    actor_id: int | None,
    now: datetime,
    *,
    is_out: bool = False,
) -> None:
    taken = {lot_id: -units for lot_id, units in chosen.items()}
    _change(session, taken, "packed", actor_id, now, packed=not is_out, order=seller_order_id)
    for lot_id, units in chosen.items():
        session.add(
            LotUse(
                lot_id=lot_id, line_item_id=line_item_id, seller_order_id=seller_order_id,
                quantity=units, returned=0, out_at=now if is_out else None, at=now, by_id=actor_id,
            )
        )  # fmt: skip
    session.flush()


def _change(
    session: Session,
    changes: Mapping[int, int],
    kind: str,
    actor_id: int | None,
    now: datetime,
    *,
    packed: bool = False,
    order: int | None = None,
    reason: str = "",
) -> None:
    """Add to what is left of lots and write down why; check and change are one statement.

    Args:
        packed: what is left no more lies in a parcel in the house, and the other way round.

    Raises:
        NotEnoughInLot
    """
    for lot_id, change in sorted(changes.items()):
        if not change:
            continue
        changed = session.execute(
            update(Lot)
            .where(Lot.id == lot_id, Lot.left_units + change >= 0)
            .values(
                left_units=Lot.left_units + change,
                packed_units=Lot.packed_units - (change if packed else 0),
            )
        )
        if changed.rowcount != 1:  # type: ignore[attr-defined]
            lot = session.get_one(Lot, lot_id, populate_existing=True)
            raise NotEnoughInLot(name=lot.name, left=lot.left_units)
        session.execute(
            insert(LotMove).values(
                lot_id=lot_id, kind=kind, change=change, seller_order_id=order, reason=reason,
                actor_id=actor_id, at=now,
            )
        )  # fmt: skip
        touch(session, "stock")


def _name_is_free(session: Session, variant_id: int, name: str) -> None:
    taken = select(Lot.id).where(Lot.variant_id == variant_id, Lot.name == name)
    if session.scalar(taken) is not None:
        raise LotNameTaken(name=name)
