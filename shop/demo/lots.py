"""Two lots of the first maker's cereal jars: one for the orders to come, one near its last day."""

from datetime import datetime, timedelta

from sqlalchemy import select

from shop.catalogue.models import Product, Variant
from shop.db import transaction
from shop.kernel.clock import vietnam_date
from shop.sellers.models import Seller
from shop.selling.actions.lots import begin_lot
from shop.stock.lot_rules import LotFields

#: So many days ago at most, since nothing was put up before.
OLDEST = 50


def load_lots(seller_id: int, now: datetime) -> None:
    """Begin the lots before anything is packed, so that orders say which they are from."""
    today = vietnam_date(now)
    with transaction() as session:
        variant_id = session.scalars(
            select(Variant.id)
            .join(Product, Product.id == Variant.product_id)
            .join(Seller, Seller.id == Product.seller_id)
            .where(Seller.id == seller_id, Product.slug == "ngu-coc-hop-sang")
            .order_by(Variant.position, Variant.id)
            .limit(1)
        ).one()
        for made, lasts, quantity in ((80, 90, 6), (20, 160, 12)):
            begin_lot(
                session, seller_id=seller_id, variant_id=variant_id, quantity=quantity,
                fields=LotFields(
                    f"L{today - timedelta(days=made):%y%m%d}", today - timedelta(days=made),
                    today + timedelta(days=lasts - made), "Đậu và mè của vườn nhà ở thôn Gò Mít",
                    "Beans and sesame of our own garden in Gò Mít hamlet",
                ),
                is_counted=False, reason="", actor_id=None,
                now=now - timedelta(days=min(made, OLDEST)),
            )  # fmt: skip
