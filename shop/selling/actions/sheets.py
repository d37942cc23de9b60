"""A list of goods: kept as sent, compared with what stands, stored whole or not at all."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from shop.audit.actions import note
from shop.catalogue.actions.bulk import NewGoods, add_packs, change_many, create_many
from shop.catalogue.models import Category, Product, Variant
from shop.catalogue.queries import category_choices
from shop.catalogue.season_rules import away_of
from shop.db import the_one, transaction
from shop.kernel.clock import vietnam_date
from shop.kernel.errors import NotYours
from shop.kernel.text import fold
from shop.outbox.relay import record
from shop.selling.events import GoodsSheetAccepted
from shop.selling.models import GoodsSheet
from shop.selling.season_cells import season_days, written
from shop.selling.sheets import (
    OF_PRODUCT,
    NewRow,
    Plan,
    RowChange,
    SheetMovedOn,
    plan_of,
    table_in,
)
from shop.stock.actions import count_many, open_levels
from shop.stock.models import StockLevel

Row = TypeVar("Row")
#: Rows that are written before the page is told how far it is.
AT_ONCE = 250
#: So long a list is kept after it was sent.
KEPT_FOR = timedelta(days=30)
_PACK = ("name_vi", "price_vnd", "weight_g", "net_g", "net_ml", "pieces")


def standing(session: Session, seller_id: int) -> list[dict[str, Any]]:
    """Return the packs of a stall as a table has them: one row each, by product and pack."""
    # Always in Vietnamese: a file means the same whoever looks at it, the worker included.
    names = {key: vi for key, vi, _en in category_choices(session)}
    rows = session.execute(
        select(
            Variant.id, Variant.product_id, Variant.sku, Product.title_vi, Variant.name_vi,
            Product.unit_vi, Variant.price_vnd, StockLevel.on_hand, StockLevel.reserved,
            Variant.weight_g, Variant.net_g, Variant.net_ml, Variant.pieces, Product.summary_vi,
            Product.category_id, Product.season_from, Product.season_to, Product.season_yearly,
        )
        .join(Product, Product.id == Variant.product_id)
        .join(StockLevel, StockLevel.variant_id == Variant.id)
        .where(Product.seller_id == seller_id, Variant.retired_at.is_(None))
        .order_by(Product.title_vi, Product.id, Variant.position, Variant.id)
    )  # fmt: skip
    return [
        {
            **row._asdict(), "shelf": names.get(row.category_id, ""),
            "season": written(row.season_from, row.season_to, row.season_yearly),
        }
        for row in rows
    ]  # fmt: skip


def keep_goods_sheet(
    session: Session,
    *,
    seller_id: int,
    tables: Iterable[list[list[Any]]],
    actor_id: int,
    actor_name: str,
    now: datetime,
) -> int:
    """Keep a list as it was sent; nothing of it is stored by that. Return its number.

    Raises:
        NotAGoodsTable, TooManyRows
    """
    sheet = GoodsSheet(
        seller_id=seller_id, by_id=actor_id, by_name=actor_name, state="read",
        cells=table_in(tables), shown="", told={}, sent_at=now, changed_at=now,
    )  # fmt: skip
    session.add(sheet)
    session.flush()
    return sheet.id


def goods_sheet(session: Session, seller_id: int, sheet_id: int) -> GoodsSheet:
    """Return a stall's list. Raises: NotYours."""
    sheet = session.get(GoodsSheet, sheet_id)
    if sheet is None or sheet.seller_id != seller_id:
        raise NotYours
    return sheet


def progress_name(sheet_id: int) -> str:
    """Return the name under which a list tells how far it is."""
    return f"goods-sheet-{sheet_id}"


def plan(session: Session, sheet: GoodsSheet) -> Plan:
    """Return what a list would do to the goods as they stand now."""
    stands = standing(session, sheet.seller_id)
    shelves = {w: vi for _key, vi, en in category_choices(session) for w in (vi, en)}
    hers = {pack["sku"] for pack in stands}
    # Her own packs that retired keep their SKU.
    kept = session.scalars(
        select(Variant.sku).where(
            Variant.seller_id == sheet.seller_id, Variant.sku.in_(_typed(sheet))
        )
    )
    return plan_of(sheet.cells, stands, shelves, set(kept) - hers)


def _typed(sheet: GoodsSheet) -> set[str]:
    heads = [fold(str(cell)) for cell in sheet.cells[0]]
    at = next((i for i, head in enumerate(heads) if head in ("ma hang", "sku")), None)
    if at is None:
        return set()
    cells = {row[at] for row in sheet.cells[1:] if len(row) > at}
    return {str(int(c)) if isinstance(c, float) and c.is_integer() else str(c) for c in cells}


def mark_of(found: Plan) -> str:
    """Return a mark of what a plan would do: two plans of one mark do the same."""
    parts = [*map(asdict, found.changes), *map(asdict, found.new)]
    return hashlib.blake2b(repr(parts).encode(), digest_size=16).hexdigest()


def accept_goods_sheet(
    session: Session, *, seller_id: int, sheet_id: int, shown: str, now: datetime
) -> None:
    """Let the worker store a list. Accepted before, it stays so.

    Raises:
        SheetMovedOn: it would do something else than what she saw, or has faults. NotYours.
    """
    goods_sheet(session, seller_id, sheet_id)
    sheet = the_one(session, GoodsSheet, sheet_id, to_change=True)
    if sheet.state not in ("read", "refused"):
        return
    found = plan(session, sheet)
    if found.faults or mark_of(found) != shown:
        raise SheetMovedOn
    sheet.state, sheet.shown, sheet.changed_at, sheet.told = "waiting", shown, now, {}
    record(session, GoodsSheetAccepted(sheet_id), now)


def store_rows(
    session: Session, sheet: GoodsSheet, now: datetime, tell: Callable[[int], None]
) -> None:
    """Store all rows of a list that was agreed to.

    Args:
        tell: hears after each part how many rows are written, those that stay as they are included.

    Raises:
        SheetMovedOn: it would do something else than what she saw; nothing is stored.
    """
    session.execute(
        select(Product.id)
        .where(Product.seller_id == sheet.seller_id)
        .order_by(Product.id)
        .with_for_update()
    ).all()
    found = plan(session, sheet)
    if found.faults or mark_of(found) != sheet.shown:
        raise SheetMovedOn
    shelves, done = _shelf_ids(session), found.same
    for some in batched(found.changes):
        _change(session, sheet, some, shelves, now)
        tell(done := done + len(some))
    for rows in _with_their_products(found.new):
        _create(session, sheet, rows, shelves, now)
        tell(done := done + len(rows))
    numbers = {"changed": len(found.changes), "new": len(found.new), "same": found.same}
    note(
        session, action="goods.sheet_stored", subject_kind="seller", subject_id=sheet.seller_id,
        now=now, actor_id=sheet.by_id, actor_name=sheet.by_name, rows=numbers,
    )  # fmt: skip
    sheet = the_one(session, GoodsSheet, sheet.id)
    sheet.state, sheet.changed_at, sheet.told = "stored", now, numbers


def batched(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    """Cut rows into parts that are stored one after the other, in one transaction."""
    for at in range(0, len(rows), AT_ONCE):
        yield rows[at : at + AT_ONCE]


def _with_their_products(new: Sequence[NewRow]) -> Iterator[list[NewRow]]:
    """Cut new rows into parts; the packs of a product that is new too stay together."""
    drafts: dict[str, list[NewRow]] = {}
    for row in new:
        if row.product_id is None:
            drafts.setdefault(fold(row.values["title_vi"]), []).append(row)
    some: list[NewRow] = []
    for rows in [[row] for row in new if row.product_id is not None] + list(drafts.values()):
        some += rows
        if len(some) >= AT_ONCE:
            yield some
            some = []
    if some:
        yield some


def _shelf_ids(session: Session) -> dict[str, int]:
    return {w: key for key, vi, en in category_choices(session) for w in (vi, en)}


def _change(
    session: Session, sheet: GoodsSheet, some: Sequence[RowChange], shelves: Mapping[str, int],
    now: datetime,
) -> None:  # fmt: skip
    products: dict[int, dict[str, Any]] = {}
    packs, counts = {}, {}
    for one in some:
        then = {name: value for name, (_was, value) in one.values.items()}
        said = {name: then[name] for name in OF_PRODUCT if name in then}
        if said:
            products.setdefault(one.product_id, {}).update(_of_product(said, shelves, now))
        packs[one.variant_id] = (one.product_id, {n: then[n] for n in _PACK if n in then})
        if "on_hand" in then:
            counts[one.variant_id] = then["on_hand"]
        if "price_vnd" in then:
            note(
                session, action="variant.edited", subject_kind="variant",
                subject_id=one.variant_id, now=now, actor_id=sheet.by_id,
                actor_name=sheet.by_name, title=one.title, pack=one.name,
                before_vnd=one.values["price_vnd"][0], price_vnd=then["price_vnd"],
            )  # fmt: skip
    change_many(session, seller_id=sheet.seller_id, products=products, packs=packs, now=now)
    count_many(session, counts, now=now, actor_id=sheet.by_id)


def _of_product(
    said: Mapping[str, Any], shelves: Mapping[str, int], now: datetime
) -> dict[str, Any]:
    values = {name: value for name, value in said.items() if name not in ("shelf", "season")}
    if said.get("shelf"):
        values["category_id"] = shelves[said["shelf"]]
    if "season" in said:
        values |= _season(said["season"], now)
    return values


def _season(cell: str, now: datetime) -> dict[str, Any]:
    today = vietnam_date(now)
    begins_on, ends_on, yearly = season_days(cell, today)
    return {
        "season_from": begins_on, "season_to": ends_on, "season_yearly": yearly,
        "off_season": away_of(begins_on, ends_on, yearly, today) is not None,
    }  # fmt: skip


def _create(
    session: Session,
    sheet: GoodsSheet,
    new: list[NewRow],
    shelves: Mapping[str, int],
    now: datetime,
) -> None:
    """Store new packs of goods that stand, and drafts with theirs."""
    added = [row for row in new if row.product_id is not None]
    drafts: dict[str, list[NewRow]] = {}
    for row in new:
        if row.product_id is None:
            drafts.setdefault(fold(row.values["title_vi"]), []).append(row)
    first = session.scalar(select(Category.id).order_by(Category.position, Category.id).limit(1))
    goods = [
        NewGoods(
            {
                **{n: rows[0].values.get(n) or "" for n in ("title_vi", "unit_vi", "summary_vi")},
                **_season(rows[0].values.get("season") or "", now),
                "allergens": [],
                "category_id": shelves.get(rows[0].values.get("shelf") or "", first),
            },
            [_pack(row) for row in rows],
        )
        for rows in drafts.values()
    ]
    made = add_packs(session, [(int(row.product_id or 0), _pack(row)) for row in added])
    made += create_many(session, seller_id=sheet.seller_id, goods=goods, now=now)
    in_order = [*added, *(row for rows in drafts.values() for row in rows)]
    open_levels(
        session,
        [
            (variant_id, product_id, row.values["on_hand"])
            for (variant_id, product_id), row in zip(made, in_order, strict=True)
        ],
        now=now, actor_id=sheet.by_id,
    )  # fmt: skip
    stand = {row.product_id: {} for row in added if row.product_id is not None}
    change_many(session, seller_id=sheet.seller_id, products=stand, packs={}, now=now)


def _pack(row: NewRow) -> dict[str, Any]:
    return {name: row.values.get(name) for name in (*_PACK, "sku")}


def forget_goods_sheets(now: datetime) -> None:
    """Forget lists that were sent long ago. The worker calls it."""
    with transaction() as session:
        session.execute(delete(GoodsSheet).where(GoodsSheet.sent_at < now - KEPT_FOR))
