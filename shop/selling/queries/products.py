"""A stall's goods as its own pages show them, drafts and hidden ones included."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, func, literal, select
from sqlalchemy.orm import Session

from shop.accounts.models import Account
from shop.catalogue.models import Product, ProductPicture, Variant
from shop.catalogue.queries import pictures_of, product_of, variants_of
from shop.media.models import Picture
from shop.ordering.models import Order, SellerOrder
from shop.stock.lot_queries import goods_to_see
from shop.stock.models import StockLevel
from shop.stock.queries import levels, moves_of

PAGE_SIZE = 24
#: Which goods a list shows.
SHELVES = {"dang-bay": ("published",), "cat": ("draft", "hidden")}


@dataclass(frozen=True, slots=True)
class GoodsPage:
    """One page of a stall's goods. ``packs``: by product id; ``faces``: first pictures."""

    shelf: str
    counts: dict[str, int]
    products: Sequence[Row[*tuple[Any, ...]]]
    packs: dict[int, list[Row[*tuple[Any, ...]]]]
    faces: dict[int, Row[*tuple[Any, ...]]]
    page: int
    pages: int
    #: Lots that end soon, and packs of which little is left.
    to_see: int = 0


#: The first picture of a product.
_FACE = (
    select(ProductPicture.picture_id)
    .where(ProductPicture.product_id == Product.id)
    .order_by(ProductPicture.position, ProductPicture.picture_id)
    .limit(1)
    .correlate(Product)
    .scalar_subquery()
)


def goods(session: Session, seller_id: int, shelf: str, page: int, today: date) -> GoodsPage:
    """Return a page of a stall's goods with prices and stock. Three queries."""
    shelf = shelf if shelf in SHELVES else "dang-bay"
    by_state = dict(
        session.execute(
            select(Product.state, func.count())
            .where(Product.seller_id == seller_id)
            .group_by(Product.state)
            .union_all(
                select(literal("to_see"), func.count()).select_from(
                    goods_to_see(seller_id, today).subquery()
                )
            )
        ).all()
    )
    counts = {
        name: sum(by_state.get(state, 0) for state in states) for name, states in SHELVES.items()
    }
    pages = max(1, -(-counts[shelf] // PAGE_SIZE))
    page = min(max(1, page), pages)
    products = session.execute(
        select(
            Product.id, Product.slug, Product.state, Product.title_vi, Product.title_en,
            Product.unit_vi, Product.unit_en, Product.allergens, Picture.digest, Picture.versions,
        )
        .outerjoin(Picture, Picture.id == _FACE)
        .where(Product.seller_id == seller_id, Product.state.in_(SHELVES[shelf]))
        .order_by(Product.title_vi, Product.id)
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    ).all()  # fmt: skip
    ids = [product.id for product in products]
    faces = {product.id: product for product in products if product.digest}
    return GoodsPage(
        shelf, counts, products, _packs(session, ids), faces, page, pages, by_state["to_see"]
    )


def _packs(session: Session, product_ids: list[int]) -> dict[int, list[Row[*tuple[Any, ...]]]]:
    packs: dict[int, list[Row[*tuple[Any, ...]]]] = defaultdict(list)
    for row in session.execute(
        select(
            Variant.id, Variant.product_id, Variant.name_vi, Variant.name_en, Variant.price_vnd,
            func.coalesce(StockLevel.on_hand, 0).label("on_hand"),
            func.coalesce(StockLevel.reserved, 0).label("reserved"),
        )
        .outerjoin(StockLevel, StockLevel.variant_id == Variant.id)
        .where(Variant.product_id.in_(product_ids), Variant.retired_at.is_(None))
        .order_by(Variant.position, Variant.id)
    ):  # fmt: skip
        packs[row.product_id].append(row)
    return packs


#: Packs on one page of the table: a stall's whole shelf, as a rule.
TABLE_SIZE = 100


@dataclass(frozen=True, slots=True)
class TablePage:
    """Packs of a stall, by product. ``packs``: id, words, price_vnd, on_hand, reserved, state."""

    packs: Sequence[Row[*tuple[Any, ...]]]
    page: int
    pages: int


def goods_table(session: Session, seller_id: int, page: int) -> TablePage:
    """Return packs of all a stall's goods with price and stock. Two queries."""
    own = (Product.seller_id == seller_id, Variant.retired_at.is_(None))
    count = session.scalar(select(func.count()).select_from(Variant).join(Product).where(*own))
    pages = max(1, -(-(count or 0) // TABLE_SIZE))
    page = min(max(1, page), pages)
    packs = session.execute(
        select(
            Variant.id, Variant.product_id, Variant.name_vi, Variant.name_en, Variant.price_vnd,
            Product.title_vi, Product.title_en, Product.unit_vi, Product.unit_en, Product.state,
            StockLevel.on_hand, StockLevel.reserved,
        )
        .join(Product, Product.id == Variant.product_id)
        .join(StockLevel, StockLevel.variant_id == Variant.id)
        .where(*own)
        .order_by(Product.title_vi, Product.id, Variant.position, Variant.id)
        .limit(TABLE_SIZE)
        .offset((page - 1) * TABLE_SIZE)
    ).all()  # fmt: skip
    return TablePage(packs, page, pages)


@dataclass(frozen=True, slots=True)
class ProductView:
    """One product on its seller's page. ``levels``: (on_hand, reserved, available) by pack."""

    product: Product
    packs: list[Variant]
    levels: dict[int, Row[*tuple[Any, ...]]]
    pictures: Sequence[Any]


def product_view(session: Session, seller_id: int, product_id: int) -> ProductView:
    """Return a stall's own product with its packs, stock and pictures.

    Raises:
        NotYours
    """
    product = product_of(session, seller_id, product_id)
    packs = variants_of(session, product_id)
    return ProductView(
        product,
        packs,
        levels(session, [pack.id for pack in packs]),
        pictures_of(session, product_id),
    )


@dataclass(frozen=True, slots=True)
class StockMoveRow:
    """Why a level changed. ``order``: (id, code) of the order, when it was one of this stall.

    ``available``: how many could be sold after it.
    """

    move: Row[*tuple[Any, ...]]
    order: Row[*tuple[Any, ...]] | None
    by: str
    available: int

    @property
    def available_before(self) -> int:
        return self.available - self.move.on_hand_change + self.move.reserved_change


def last_category(session: Session, seller_id: int) -> int | None:
    """Return the category of what a stall put up last; None for its first product."""
    return session.scalar(
        select(Product.category_id)
        .where(Product.seller_id == seller_id)
        .order_by(Product.id.desc())
        .limit(1)
    )


def stock_story(
    session: Session, seller_id: int, variant_id: int, available: int
) -> list[StockMoveRow]:
    """Return why a pack's stock changed, newest first, with orders and people by name.

    By when it happened: what was done without a line, or brought in later, stands where it belongs.

    Args:
        available: how many can be sold now.
    """
    moves = sorted(moves_of(session, variant_id, 60), key=lambda m: (m.at, m.id), reverse=True)
    orders = {
        row.id: row
        for row in session.execute(
            select(SellerOrder.id, Order.code)
            .join(Order, Order.id == SellerOrder.order_id)
            .where(
                SellerOrder.id.in_([move.seller_order_id for move in moves]),
                SellerOrder.seller_id == seller_id,
            )
        )
    }
    names = dict(
        session.execute(
            select(Account.id, Account.name).where(
                Account.id.in_({move.actor_id for move in moves} - {None})
            )
        ).all()
    )
    story = []
    for move in moves:
        story.append(
            StockMoveRow(
                move, orders.get(move.seller_order_id), names.get(move.actor_id, ""), available
            )
        )
        available = story[-1].available_before
    return story
