"""Keeps what lists read in step with what products say: shelves, lowest price, words, counts."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from shop.catalogue import rules
from shop.catalogue.models import Category, Product, Shelving, Variant
from shop.catalogue.queries import category_tree
from shop.catalogue.season_rules import away_of
from shop.db import touch
from shop.kernel.clock import vietnam_date
from shop.sellers.models import Seller

#: What tells of a pack size that none of it is there. Named by the floor that keeps the stock.
_sold_out: list[ColumnElement[bool]] = []


def sold_out_is(condition: ColumnElement[bool]) -> None:
    """Let lists show prices of what is there: ``condition`` is about a row of ``Variant``."""
    _sold_out[:] = [condition]


def shown_price() -> ScalarSelect[Any]:
    """Return the price that lists show of a row of ``Product``: the lowest of what is there.

    Of all where nothing is there; NULL where nothing is sold. Cards choose by the same rule.
    """
    return (
        select(Variant.price_vnd)
        .where(Variant.product_id == Product.id, Variant.retired_at.is_(None))
        .order_by(*_sold_out, Variant.price_vnd)
        .limit(1)
        .correlate(Product)
        .scalar_subquery()
    )


def reprice(session: Session, product_ids: Any) -> None:
    """Bring the shown prices of products up to date after a change of their stock.

    One statement where none changes.

    Args:
        product_ids: a list, or a SELECT of one column.
    """
    shown = func.coalesce(shown_price(), 0)
    moved = session.scalars(
        select(Product.id)
        .where(Product.id.in_(product_ids), Product.price_vnd != shown)
        .order_by(Product.id)
    ).all()
    if not moved:
        return
    session.execute(
        update(Product)
        .where(Product.id.in_(moved))
        .values(price_vnd=shown, version=Product.version + 1)
    )
    price = select(Product.price_vnd).where(Product.id == Shelving.product_id).scalar_subquery()
    session.execute(update(Shelving).where(Shelving.product_id.in_(moved)).values(price_vnd=price))
    touch(session, "catalogue")


def reshelve(session: Session, product_id: int) -> None:
    """Bring everything that is kept ready about one product up to date.

    Called at the end of each change to a product, its pack sizes or its seller.
    """
    product = session.get_one(Product, product_id)
    seller = session.get_one(Seller, product.seller_id)
    above = category_tree(session).above(product.category_id)
    price_vnd = session.scalar(select(shown_price()).where(Product.id == product_id))
    product.price_vnd = price_vnd or 0
    product.province_code = seller.province_code
    product.search_text = rules.search_text(
        rules.Naming(
            titles=(product.title_vi, product.title_en),
            categories=tuple(name for s in above[::-1] for name in (s.name_vi, s.name_en)),
            seller=(seller.name_vi, seller.name_en, seller.person),
            places=(
                seller.hamlet_vi, seller.hamlet_en, seller.ward_name, seller.province_name,
            ),
        )
    )  # fmt: skip
    session.flush()
    shown = product.state == "published" and price_vnd is not None and seller.is_open
    shown = shown and not product.off_season
    _shelve(session, product, {shelf.id for shelf in above} if shown else set())
    touch(session, "catalogue")


def reshelve_seller(session: Session, seller_id: int) -> None:
    """Reshelve all goods of a seller: she opened, closed, moved or took another name."""
    for product_id in session.scalars(
        select(Product.id).where(Product.seller_id == seller_id).order_by(Product.id)
    ).all():
        session.get_one(Product, product_id).version += 1
        reshelve(session, product_id)
    touch(session, "catalogue")


def recount(session: Session, category_ids: set[int], seller_ids: set[int]) -> None:
    """Count anew what categories and sellers show. Rows are locked first, in id order.

    Without the lock two publishers on PostgreSQL would each miss the other's product.
    """
    session.execute(
        select(Category.id)
        .where(Category.id.in_(category_ids))
        .order_by(Category.id)
        .with_for_update()
    ).all()
    session.execute(
        select(Seller.id).where(Seller.id.in_(seller_ids)).order_by(Seller.id).with_for_update()
    ).all()
    on_shelf = select(func.count()).where(Shelving.category_id == Category.id).scalar_subquery()
    session.execute(
        update(Category).where(Category.id.in_(category_ids)).values(product_count=on_shelf)
    )
    shown = (
        select(func.count())
        .select_from(Product)
        .where(
            Product.seller_id == Seller.id,
            or_(
                select(Shelving.product_id).where(Shelving.product_id == Product.id).exists(),
                # Out of season it stands on its maker's page alone.
                and_(
                    Product.off_season,
                    Product.state == "published",
                    Product.price_vnd > 0,
                    Seller.is_open,
                ),
            ),
        )
        .scalar_subquery()
    )
    session.execute(update(Seller).where(Seller.id.in_(seller_ids)).values(product_count=shown))


def renew_pages(session: Session, product_ids: Iterable[int]) -> None:
    """Note that pages and cards of these products say something else now."""
    wanted = sorted(set(product_ids))
    if wanted:
        session.execute(
            update(Product).where(Product.id.in_(wanted)).values(version=Product.version + 1)
        )
        touch(session, "catalogue")


def changed(session: Session, product: Product, now: datetime) -> None:
    """Finish a change to a product: a new version, its shelves in step."""
    product.version += 1
    product.updated_at = now
    product.off_season = is_off(product, vietnam_date(now))
    session.flush()
    reshelve(session, product.id)


def is_off(product: Product, today: date) -> bool:
    """Tell whether a product is out of its season on a day."""
    return away_of(product.season_from, product.season_to, product.season_yearly, today) is not None


def locked(session: Session, product_id: int) -> Product:
    """Return a product as it is now, nobody else changing it until the transaction ends."""
    session.flush()
    return session.scalars(
        select(Product)
        .where(Product.id == product_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def _shelve(session: Session, product: Product, wanted: set[int]) -> None:
    here = set(
        session.scalars(select(Shelving.category_id).where(Shelving.product_id == product.id))
    )
    if gone := here - wanted:
        session.execute(
            delete(Shelving).where(
                Shelving.product_id == product.id, Shelving.category_id.in_(gone)
            )
        )
    if stay := here & wanted:
        session.execute(
            update(Shelving)
            .where(Shelving.product_id == product.id, Shelving.category_id.in_(stay))
            .values(price_vnd=product.price_vnd, published_at=product.published_at)
        )
    published_at: datetime | None = product.published_at
    if published_at is not None:
        for category_id in sorted(wanted - here):
            session.add(
                Shelving(
                    category_id=category_id,
                    product_id=product.id,
                    published_at=published_at,
                    price_vnd=product.price_vnd,
                )
            )
    session.flush()
    if here != wanted:
        recount(session, here | wanted, {product.seller_id})
