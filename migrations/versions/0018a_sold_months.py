"""What each seller sold, month by month, kept ready."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

import shop.db

revision = "0018a"
down_revision = "0023"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
COUNTED = (
    "orders", "goods_vnd", "returns_vnd", "delivery_vnd", "commission_vnd", "vat_vnd", "pit_vnd",
)  # fmt: skip
#: What arrived and what came back of it, as shop/earnings counts both.
ARRIVED = (
    "SELECT so.seller_id, m.at, so.method, p.organisation_id, 1, so.items_vnd - CASE WHEN"
    " so.voucher_payer_id IS NULL THEN so.discount_vnd ELSE 0 END, 0, so.shipping_vnd + CASE WHEN"
    " so.voucher_payer_id IS NULL THEN 0 ELSE so.delivery_off_vnd END, so.commission_vnd,"
    " so.tax_vat_vnd, so.tax_pit_vnd"
    " FROM seller_order_moves m JOIN seller_orders so ON so.id = m.seller_order_id"
    " LEFT JOIN payees p ON p.id = so.payee_id WHERE m.to_state = 'delivered'"
)
CAME_BACK = (
    "SELECT so.seller_id, r.at, so.method, p.organisation_id, 0, 0, r.items_vnd + CASE WHEN"
    " so.voucher_payer_id IS NULL OR so.discount_vnd = 0 THEN 0 ELSE r.off_vnd END,"
    " -r.shipping_vnd - CASE WHEN so.voucher_payer_id IS NULL OR so.discount_vnd > 0 THEN 0"
    " ELSE r.off_vnd END, -r.commission_vnd, -r.tax_vat_vnd, -r.tax_pit_vnd"
    " FROM goods_returns r JOIN seller_orders so ON so.id = r.seller_order_id"
    " LEFT JOIN payees p ON p.id = so.payee_id WHERE EXISTS (SELECT 1 FROM seller_order_moves m"
    " WHERE m.seller_order_id = so.id AND m.to_state = 'delivered')"
)


def upgrade() -> None:
    months = op.create_table(
        "sold_months",
        sa.Column("seller_id", BIG, nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("collector_id", BIG, nullable=False, autoincrement=False),
        *(sa.Column(name, BIG, nullable=False) for name in COUNTED),
        sa.CheckConstraint("orders >= 0", name=op.f("ck_sold_months_orders_not_negative")),
        sa.ForeignKeyConstraint(
            ["seller_id"], ["sellers.id"], name=op.f("fk_sold_months_seller_id_sellers")
        ),
        sa.PrimaryKeyConstraint("seller_id", "month", "collector_id", name=op.f("pk_sold_months")),
    )
    rows = list(_counted())
    if rows:
        op.bulk_insert(months, rows)
    if op.get_bind().dialect.name != "sqlite":
        said = "current_setting('shop.seller', true)"
        hers = f"seller_id = nullif({said}, '')::bigint"
        op.execute("ALTER TABLE sold_months ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE sold_months FORCE ROW LEVEL SECURITY")
        op.execute(
            "CREATE POLICY sold_months_hers ON sold_months "
            f"USING (coalesce({said}, '') = '' OR {hers})"
        )


def _counted() -> Iterator[dict[str, Any]]:
    found: dict[tuple[Any, ...], list[int]] = {}
    for statement in (ARRIVED, CAME_BACK):
        asked = sa.text(statement).columns(at=shop.db.UtcDateTime())
        for seller_id, at, method, organisation_id, *sums in op.get_bind().execute(asked):
            month = (at + timedelta(hours=7)).date().replace(day=1)  # In Vietnam.
            collector = organisation_id if method != "cod" and organisation_id else 0
            kept = found.setdefault((seller_id, month, collector), [0] * len(COUNTED))
            kept[:] = [one + more for one, more in zip(kept, sums, strict=True)]
    for (seller_id, month, collector), sums in sorted(found.items()):
        named = dict(zip(COUNTED, sums, strict=True))
        yield {"seller_id": seller_id, "month": month, "collector_id": collector, **named}


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
