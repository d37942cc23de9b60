"""What a helper's act came to, in facts that are read back to the owner."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shop.catalogue.models import Product, Variant
from shop.ordering.models import Order, SellerOrder
from shop.reviews.models import Review
from shop.selling.queries.orders import money_of
from shop.stock.lot_models import Lot
from shop.stock.queries import levels


def came_to(
    session: Session, seller_id: int, endpoint: str, arguments: dict[str, Any]
) -> dict[str, Any]:
    """Return plain facts without personal data: an order's code and state, a good's price.

    Read after the act, in its transaction: it says how things stand now.
    """
    if "seller_order_id" in arguments:
        return _of_order(session, arguments["seller_order_id"])
    if "lot_id" in arguments:
        return _of_lot(session, arguments["lot_id"])
    if "variant_id" in arguments:
        return _of_pack(session, arguments["variant_id"])
    product_id = arguments.get("product_id")
    if "review_id" in arguments:
        product_id = session.scalar(
            select(Review.product_id).where(Review.id == arguments["review_id"])
        )
    if product_id is None and endpoint in (
        "selling.new_product",
        "selling.quick_product",
    ):
        product_id = session.scalar(
            select(func.max(Product.id)).where(Product.seller_id == seller_id)
        )
    return _of_product(session, product_id) if product_id is not None else {}


def _of_order(session: Session, seller_order_id: int) -> dict[str, Any]:
    row = session.execute(
        select(Order.code, SellerOrder.state, SellerOrder.delivery)
        .join(Order, Order.id == SellerOrder.order_id)
        .where(SellerOrder.id == seller_order_id)
    ).one_or_none()
    if row is None:
        return {}
    money = money_of(session, [seller_order_id]).get(seller_order_id)
    held = money.held_vnd if money and money.method != "cod" else money.paid_vnd if money else 0
    return {
        "code": row.code, "state": str(row.state), "delivery": str(row.delivery),
        "held_vnd": held or 0,
    }  # fmt: skip


def _of_pack(session: Session, variant_id: int) -> dict[str, Any]:
    row = session.execute(
        select(
            Product.title_vi, Product.title_en, Variant.name_vi.label("pack_vi"),
            Variant.name_en.label("pack_en"), Variant.price_vnd,
        )
        .join(Product, Product.id == Variant.product_id)
        .where(Variant.id == variant_id)
    ).one_or_none()  # fmt: skip
    if row is None:
        return {}
    level = levels(session, [variant_id]).get(variant_id)
    return {**row._asdict(), "on_hand": level.on_hand if level else 0}


def _of_lot(session: Session, lot_id: int) -> dict[str, Any]:
    row = session.execute(select(Lot.variant_id, Lot.name).where(Lot.id == lot_id)).one_or_none()
    return {**_of_pack(session, row.variant_id), "lot": row.name} if row else {}


def _of_product(session: Session, product_id: int) -> dict[str, Any]:
    row = session.execute(
        select(Product.title_vi, Product.title_en).where(Product.id == product_id)
    ).one_or_none()
    return row._asdict() if row else {}
