"""Which products a list shows, in order, with what is left of each. Two statements at most."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, bindparam, func, literal, select
from sqlalchemy.orm import Session

from shop.catalogue.models import Product, Shelving, Variant
from shop.listings.rules import MOST_COUNTED, PER_PAGE, Asked
from shop.prepared import Prepared, numbered, one_of
from shop.sellers.models import Seller
from shop.stock.models import StockLevel


class Shape(NamedTuple):
    """What a list's statement looks like; its values come later, so it is built once."""

    shelved: bool
    sort: str = "moi"
    in_stock: bool = False
    blind_makers: bool = False
    province: bool = False
    ward: bool = False
    least: bool = False
    most: bool = False
    of_seller: bool = False


def first_pack(column: Any) -> ColumnElement[Any]:
    """The pack size a card counts: the cheapest that is in stock, else the cheapest.

    For few products at once; ``_with_packs`` orders by the same rule.
    """
    return (
        select(column)
        .select_from(Variant)
        .outerjoin(StockLevel, StockLevel.variant_id == Variant.id)
        .where(Variant.product_id == Product.id, Variant.retired_at.is_(None))
        .order_by(
            (func.coalesce(StockLevel.available, 0) <= 0),
            Variant.price_vnd,
            Variant.position,
            Variant.id,
        )
        .limit(1)
        .correlate(Product)
        .scalar_subquery()
    )


class Listed(NamedTuple):
    """A product of a list: what names its finished card (see ``kept``), and whose it is."""

    id: int
    version: int
    seller_version: int
    pack_id: int
    available: int
    #: The sizes that are there differ in price.
    prices_differ: bool
    seller_id: int


#: What is read of each pack size.
_columns = (
    Product.id,
    Product.version,
    Seller.version.label("seller_version"),
    Variant.id.label("pack_id"),
    func.coalesce(StockLevel.available, 0).label("available"),
    Variant.price_vnd,
    Product.seller_id,
)


def _with_packs(rows: Any, *by: Any) -> Select[*tuple[Any, ...]]:
    """Return a row for each pack size of the products, ordered so that the counted one is first.

    All of them are few, and cheaper to read than to choose from for each product anew.
    """
    return (
        rows.join(Variant, (Variant.product_id == Product.id) & Variant.retired_at.is_(None))
        .outerjoin(StockLevel, StockLevel.variant_id == Variant.id)
        .order_by(
            *by,
            func.coalesce(StockLevel.available, 0) <= 0,
            Variant.price_vnd,
            Variant.position,
            Variant.id,
        )
    )


def _first_of_each(rows: Iterable[Any]) -> list[Listed]:
    """Return each product once, in order, with the pack size that its card counts."""
    found = []
    for _, sizes in groupby(rows, itemgetter(0)):
        first, *others = sizes
        differ = any(one.available > 0 and one.price_vnd != first.price_vnd for one in others)
        found.append(Listed._make((*first[:5], differ, first.seller_id)))
    return found


in_stock = (
    select(literal(1))
    .select_from(StockLevel)
    .join(Variant, Variant.id == StockLevel.variant_id)
    .where(
        StockLevel.product_id == Product.id, StockLevel.available > 0, Variant.retired_at.is_(None)
    )
    .correlate(Product)
    .exists()
)


def _matching(shape: Shape, *columns: Any) -> Select[*tuple[Any, ...]]:
    """The products of a list, unordered."""
    statement = select(*columns).select_from(Product).join(Seller, Seller.id == Product.seller_id)
    if shape.shelved:
        statement = statement.join(Shelving, Shelving.product_id == Product.id).where(
            Shelving.category_id == bindparam("category_id")
        )
    statement = statement.where(Product.state == "published", Seller.is_open)
    price = Shelving.price_vnd if shape.shelved else Product.price_vnd
    if shape.province:
        statement = statement.where(Product.province_code == bindparam("province_code"))
    if shape.ward:
        statement = statement.where(Seller.ward_code == bindparam("ward_code"))
    if not shape.shelved and not shape.of_seller:  # Shelves hold nothing that is out of season.
        statement = statement.where(Product.off_season.is_(False))
    if shape.of_seller:
        statement = statement.where(Product.seller_id == bindparam("seller_id"))
    if shape.least:
        statement = statement.where(price >= bindparam("least_vnd"))
    if shape.most:
        statement = statement.where(price <= bindparam("most_vnd"))
    if shape.blind_makers:
        statement = statement.where(Seller.blind_makers.is_(True))
    if shape.in_stock:
        statement = statement.where(in_stock)
    return statement


# How many rows a page has stands in the statement: sent beside it, SQLite plans anew each time.
# A first page skips none: PostgreSQL takes an offset that it does not know for a tenth of all.
@lru_cache(maxsize=512)
def _page_of(shape: Shape, limit: int, first: bool) -> Prepared:
    return Prepared(lambda: _page_statement(shape, limit, first))


def _page_statement(shape: Shape, limit: int, first: bool) -> Select[*tuple[Any, ...]]:
    # The page is cut first and only its rows are looked at closely: rows that an
    # offset skips must not have their stock read.
    table = Shelving if shape.shelved else Product
    ids = Shelving.product_id if shape.shelved else Product.id
    if shape.sort == "moi":
        by, direction = table.published_at, "desc"
    else:
        by, direction = table.price_vnd, "asc" if shape.sort == "gia-tang" else "desc"
    page = (
        _matching(shape, ids.label("id"), by.label("by"))
        .order_by(getattr(by, direction)(), getattr(ids, direction)())
        .limit(limit)
        .offset(None if first else bindparam("offset"))
        .subquery("page")
    )
    rows = (
        select(*_columns)
        .select_from(page)
        .join(Product, Product.id == page.c.id)
        .join(Seller, Seller.id == Product.seller_id)
    )
    return _with_packs(rows, getattr(page.c.by, direction)(), getattr(page.c.id, direction)())


@lru_cache(maxsize=512)
def _count_statement(shape: Shape) -> Select[*tuple[Any, ...]]:
    some = _matching(shape, literal(1)).limit(MOST_COUNTED + 1).subquery()
    return select(func.count()).select_from(some)


def _values(asked: Asked, category_id: int | None, seller_id: int | None) -> tuple[Shape, dict]:
    least_vnd, most_vnd = asked.price_range
    shape = Shape(
        shelved=category_id is not None,
        sort=asked.sort,
        in_stock=asked.in_stock,
        blind_makers=asked.blind_makers,
        province=bool(asked.province_code),
        ward=bool(asked.ward_code),
        least=least_vnd is not None,
        most=most_vnd is not None,
        of_seller=seller_id is not None,
    )
    values = {
        "category_id": category_id,
        "seller_id": seller_id,
        "province_code": asked.province_code or None,
        "ward_code": asked.ward_code or None,
        "least_vnd": least_vnd,
        "most_vnd": most_vnd,
    }
    return shape, {name: value for name, value in values.items() if value is not None}


def listed(
    session: Session,
    asked: Asked,
    *,
    category_id: int | None = None,
    seller_id: int | None = None,
    limit: int = PER_PAGE,
) -> list[Listed]:
    """Return one page of a list. One statement."""
    shape, values = _values(asked, category_id, seller_id)
    if asked.page > 1:
        values["offset"] = (asked.page - 1) * PER_PAGE
    return _first_of_each(_page_of(shape, limit, asked.page == 1).all(session, values))


@lru_cache(maxsize=8)
def _of_maker(limit: int) -> Prepared:
    page = (
        select(Product.id)
        .where(
            Product.seller_id == bindparam("seller_id"),
            Product.id != bindparam("besides"),
            Product.state == "published",
        )
        .order_by(Product.id.desc())
        .limit(limit)
        .subquery("page")
    )
    rows = (
        select(*_columns)
        .select_from(page)
        .join(Product, Product.id == page.c.id)
        .join(Seller, Seller.id == Product.seller_id)
    )
    return Prepared(lambda: _with_packs(rows, Product.id.desc()))


def others_of_maker(session: Session, seller_id: int, *, besides: int, limit: int) -> list[Listed]:
    """Return an open maker's latest products but one. One statement."""
    values = {"seller_id": seller_id, "besides": besides}
    return _first_of_each(_of_maker(limit).all(session, values))


def count_of(
    session: Session,
    asked: Asked,
    *,
    category_id: int | None = None,
    seller_id: int | None = None,
) -> int:
    """Return how many products a list has, counted up to ``MOST_COUNTED`` + 1. One statement."""
    shape, values = _values(asked, category_id, seller_id)
    return session.scalar(_count_statement(shape._replace(sort="moi")), values) or 0


#: As many places as a page has, so that the statement is always the same.
_NONE = numbered("id", [0] * PER_PAGE)


@Prepared
def _these() -> Any:
    # The state is looked at afterwards: asked for here, it makes SQLite read the whole index
    # of published products instead of the few rows that are named.
    rows = (
        select(*_columns, Product.state)
        .select_from(Product)
        .join(Seller, Seller.id == Product.seller_id)
        .where(one_of(Product.id, "id", PER_PAGE), Seller.is_open)
    )
    return _with_packs(rows, Product.id)


def these(session: Session, product_ids: Sequence[int]) -> list[Listed]:
    """Return products on show by their ids, a page at most, in the same order.

    One statement, or none.
    """
    if not product_ids:
        return []
    rows = _these.all(session, _NONE | numbered("id", product_ids))
    found = {row.id: row for row in _first_of_each(r for r in rows if r.state == "published")}
    return [found[i] for i in product_ids if i in found]
