"""What must always be true of orders. Each query returns no row while all is well."""

from sqlalchemy import and_, case, func, literal, or_, select, union_all

from shop.catalogue.models import Product, Variant
from shop.fundraising.slip_models import SlipUse
from shop.ordering.models import (
    GoodsKept,
    GoodsReturn,
    GoodsReturnLine,
    LineItem,
    Order,
    SellerOrder,
)
from shop.ordering.rules import EXPIRING, HOLDING
from shop.ordering.rules import SellerOrderState as S
from shop.ordering.rules.slips import GONE
from shop.stock.lot_models import Lot, LotUse
from shop.stock.models import StockLevel, StockMove
from shop.vouchers.models import Voucher, VoucherUse

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
#: Returns that were noted by mistake.
_mistaken = select(GoodsKept.return_id)
_returns = (
    select(
        GoodsReturn.seller_order_id,
        func.sum(GoodsReturn.items_vnd).label("items_vnd"),
        func.sum(GoodsReturn.shipping_vnd).label("shipping_vnd"),
        func.sum(GoodsReturn.commission_vnd).label("commission_vnd"),
        func.sum(GoodsReturn.tax_vat_vnd).label("tax_vat_vnd"),
        func.sum(GoodsReturn.tax_pit_vnd).label("tax_pit_vnd"),
    )
    .where(GoodsReturn.id.not_in(_mistaken))
    .group_by(GoodsReturn.seller_order_id)
    .subquery()
)
_returned_units = (
    select(GoodsReturnLine.line_item_id, func.sum(GoodsReturnLine.quantity).label("units"))
    .where(GoodsReturnLine.return_id.not_in(_mistaken))
    .group_by(GoodsReturnLine.line_item_id)
    .subquery()
)
_left_with_buyer = (
    select(
        LineItem.seller_order_id,
        func.sum(LineItem.quantity - LineItem.returned).label("units"),
    )
    .group_by(LineItem.seller_order_id)
    .subquery()
)
# Units that returns say are for sale again, less units that stock took back.
_restocked = union_all(
    select(
        LineItem.seller_order_id,
        LineItem.variant_id,
        case((GoodsReturnLine.restocked, GoodsReturnLine.quantity), else_=0).label("units"),
    )
    .join(GoodsReturnLine, GoodsReturnLine.line_item_id == LineItem.id)
    .where(GoodsReturnLine.return_id.not_in(_mistaken)),
    select(
        StockMove.seller_order_id,
        StockMove.variant_id,
        (literal(0) - StockMove.on_hand_change).label("units"),
    ).where(StockMove.kind == "returned"),
).subquery()

_uses = (
    select(
        VoucherUse.voucher_id,
        func.sum(case((VoucherUse.given_back_at.is_(None), 1), else_=0)).label("used"),
        func.sum(VoucherUse.amount_vnd).label("spent_vnd"),
    )
    .group_by(VoucherUse.voucher_id)
    .subquery()
)
_reduced = (
    select(
        SellerOrder.order_id,
        SellerOrder.voucher_id,
        func.sum(SellerOrder.discount_vnd + SellerOrder.delivery_off_vnd).label("off_vnd"),
        func.count(SellerOrder.id).label("parts"),
    )
    .where(SellerOrder.voucher_id.is_not(None), SellerOrder.state != S.CANCELLED)
    .group_by(SellerOrder.order_id, SellerOrder.voucher_id)
    .subquery()
)

_from_lots = (
    select(
        LotUse.line_item_id,
        func.sum(LotUse.quantity).label("units"),
        func.sum(case((Lot.variant_id == LineItem.variant_id, 0), else_=1)).label("strangers"),
    )
    .join(Lot, Lot.id == LotUse.lot_id)
    .join(LineItem, LineItem.id == LotUse.line_item_id)
    .group_by(LotUse.line_item_id)
    .subquery()
)

INVARIANTS = {
    "the lots of a line are of its pack, and no more than it": (
        select(LineItem.id, LineItem.quantity, _from_lots.c.units, _from_lots.c.strangers)
        .join(_from_lots, _from_lots.c.line_item_id == LineItem.id)
        .where(or_(_from_lots.c.units > LineItem.quantity, _from_lots.c.strangers > 0))
    ),
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
    "I2 stock takes back what returns put on sale again": (
        select(
            _restocked.c.seller_order_id,
            _restocked.c.variant_id,
            func.sum(_restocked.c.units).label("units"),
        )
        .group_by(_restocked.c.seller_order_id, _restocked.c.variant_id)
        .having(func.sum(_restocked.c.units) != 0)
    ),
    "I5 what a part is owed less is the sum of its returns": (
        select(SellerOrder.id, SellerOrder.returned_items_vnd, SellerOrder.returned_shipping_vnd)
        .outerjoin(_returns, _returns.c.seller_order_id == SellerOrder.id)
        .where(
            or_(
                SellerOrder.returned_items_vnd != func.coalesce(_returns.c.items_vnd, 0),
                SellerOrder.returned_shipping_vnd != func.coalesce(_returns.c.shipping_vnd, 0),
            )
        )
    ),
    "I8 what a part gives to others is the sum of its lines": (
        select(SellerOrder.id)
        .outerjoin(LineItem, LineItem.seller_order_id == SellerOrder.id)
        .group_by(
            SellerOrder.id,
            SellerOrder.commission_vnd,
            SellerOrder.tax_vat_vnd,
            SellerOrder.tax_pit_vnd,
        )
        .having(
            or_(
                SellerOrder.commission_vnd != func.coalesce(func.sum(LineItem.commission_vnd), 0),
                SellerOrder.tax_vat_vnd != func.coalesce(func.sum(LineItem.tax_vat_vnd), 0),
                SellerOrder.tax_pit_vnd != func.coalesce(func.sum(LineItem.tax_pit_vnd), 0),
            )
        )
    ),
    "I8 no line gives others more than it was sold for": (
        select(LineItem.id).where(
            LineItem.commission_vnd
            + LineItem.campaign_share_vnd
            + LineItem.tax_vat_vnd
            + LineItem.tax_pit_vnd
            > LineItem.total_vnd
        )
    ),
    "I8 what others give back of a part is the sum of its returns": (
        select(SellerOrder.id)
        .outerjoin(_returns, _returns.c.seller_order_id == SellerOrder.id)
        .where(
            or_(
                SellerOrder.returned_commission_vnd != func.coalesce(_returns.c.commission_vnd, 0),
                SellerOrder.returned_vat_vnd != func.coalesce(_returns.c.tax_vat_vnd, 0),
                SellerOrder.returned_pit_vnd != func.coalesce(_returns.c.tax_pit_vnd, 0),
            )
        )
    ),
    "I5 no more of a line comes back than was sold": (
        select(LineItem.id, LineItem.quantity, LineItem.returned)
        .outerjoin(_returned_units, _returned_units.c.line_item_id == LineItem.id)
        .where(
            or_(
                LineItem.returned != func.coalesce(_returned_units.c.units, 0),
                LineItem.returned > LineItem.quantity,
                LineItem.returned < 0,
            )
        )
    ),
    "a voucher counts the orders that use it": (
        select(Voucher.id, Voucher.used, _uses.c.used.label("uses"))
        .outerjoin(_uses, _uses.c.voucher_id == Voucher.id)
        .where(
            or_(
                Voucher.used != func.coalesce(_uses.c.used, 0),
                Voucher.spent_vnd != func.coalesce(_uses.c.spent_vnd, 0),
            )
        )
    ),
    "what a use takes off is what its parts say": (
        select(
            func.coalesce(VoucherUse.order_id, _reduced.c.order_id).label("order_id"),
            func.coalesce(VoucherUse.amount_vnd, 0).label("amount_vnd"),
            func.coalesce(_reduced.c.off_vnd, 0).label("off_vnd"),
        )
        .join(
            _reduced,
            and_(
                _reduced.c.order_id == VoucherUse.order_id,
                _reduced.c.voucher_id == VoucherUse.voucher_id,
            ),
            full=True,
        )
        .where(
            or_(
                func.coalesce(VoucherUse.amount_vnd, 0) != func.coalesce(_reduced.c.off_vnd, 0),
                func.coalesce(VoucherUse.parts, 0) != func.coalesce(_reduced.c.parts, 0),
            )
        )
    ),
    "what a slip pays is what its parts say": (
        select(SellerOrder.id, SellerOrder.slip_id, SlipUse.slip_id.label("use_of"))
        .join(SlipUse, SlipUse.seller_order_id == SellerOrder.id, full=True)
        .where(
            or_(SellerOrder.slip_id.is_not(None), SlipUse.id.is_not(None)),
            or_(
                func.coalesce(SellerOrder.slip_id, 0) != func.coalesce(SlipUse.slip_id, 0),
                func.coalesce(SlipUse.amount_vnd, -1)
                != case(
                    (SellerOrder.state.in_(GONE), 0),
                    else_=SellerOrder.discount_vnd
                    + SellerOrder.delivery_off_vnd
                    - SellerOrder.returned_off_vnd,
                ),
            ),
        )
    ),
    "A part is returned when nothing of it is left": (
        select(SellerOrder.id, SellerOrder.state, _left_with_buyer.c.units)
        .join(_left_with_buyer, _left_with_buyer.c.seller_order_id == SellerOrder.id)
        .where(
            or_(
                and_(SellerOrder.state == S.RETURNED, _left_with_buyer.c.units != 0),
                and_(SellerOrder.state != S.RETURNED, _left_with_buyer.c.units == 0),
            )
        )
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
