"""What must always be true of orders. Each query returns no row while all is well."""

from sqlalchemy import and_, func, or_, select

from shop.catalogue.models import Product, Variant
from shop.ordering.models import LineItem, Order, SellerOrder
from shop.ordering.rules import EXPIRING, HOLDING
from shop.stock.models import StockLevel

_parts = (
    select(
        SellerOrder.order_id,
        func.sum(SellerOrder.items_vnd).label("items_vnd"),
        func.sum(SellerOrder.shipping_vnd).label("shipping_vnd"),
        func.sum(SellerOrder.discount_vnd).label("discount_vnd"),
        func.sum(SellerOrder.total_vnd).label("total_vnd"),
    )
    .group_by(SellerOrder.order_id)
    .subquery()
)
_lines = (
    select(LineItem.seller_order_id, func.sum(LineItem.total_vnd).label("items_vnd"))
    .group_by(LineItem.seller_order_id)
    .subquery()
)
_promised = (
    select(LineItem.variant_id, func.sum(LineItem.quantity).label("units"))
    .join(SellerOrder, SellerOrder.id == LineItem.seller_order_id)
    .where(SellerOrder.state.in_(sorted(HOLDING)))
    .group_by(LineItem.variant_id)
    .subquery()
)

INVARIANTS = {
    "I5 an order is the sum of its parts": (
        select(Order.id, Order.total_vnd, _parts.c.total_vnd.label("parts_vnd"))
        .outerjoin(_parts, _parts.c.order_id == Order.id)
        .where(
            or_(
                _parts.c.order_id.is_(None),
                Order.items_vnd != _parts.c.items_vnd,
                Order.shipping_vnd != _parts.c.shipping_vnd,
                Order.discount_vnd != _parts.c.discount_vnd,
                Order.total_vnd != _parts.c.total_vnd,
                Order.total_vnd != Order.items_vnd + Order.shipping_vnd - Order.discount_vnd,
            )
        )
    ),
    "I5 a part is the sum of its lines": (
        select(SellerOrder.id, SellerOrder.items_vnd, _lines.c.items_vnd.label("lines_vnd"))
        .outerjoin(_lines, _lines.c.seller_order_id == SellerOrder.id)
        .where(or_(_lines.c.items_vnd.is_(None), SellerOrder.items_vnd != _lines.c.items_vnd))
    ),
    "I5 a line belongs to its seller": (
        select(LineItem.id, SellerOrder.seller_id, Product.seller_id.label("product_seller_id"))
        .join(SellerOrder, SellerOrder.id == LineItem.seller_order_id)
        .join(Variant, Variant.id == LineItem.variant_id)
        .join(Product, Product.id == Variant.product_id)
        .where(or_(Product.seller_id != SellerOrder.seller_id, Product.id != LineItem.product_id))
    ),
    "I1 what is reserved is what live orders wait for": (
        select(StockLevel.variant_id, StockLevel.reserved, _promised.c.units)
        .outerjoin(_promised, _promised.c.variant_id == StockLevel.variant_id)
        .where(StockLevel.reserved != func.coalesce(_promised.c.units, 0))
    ),
    "Only orders that still wait hold stock by the clock": (
        select(SellerOrder.id, SellerOrder.state).where(
            and_(
                SellerOrder.reserved_until.is_not(None),
                SellerOrder.state.not_in(sorted(EXPIRING)),
            )
        )
    ),
}
