"""Orders that sellers wrote for somebody: who wrote, from where, and the words as they came."""

import sqlalchemy as sa
from alembic import op

from shop.db import UtcDateTime

revision = "0042b"
down_revision = "0042a"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_SAID = "current_setting('shop.seller', true)"


def upgrade() -> None:
    op.create_table(
        "written_orders",
        sa.Column("id", Big, nullable=False),
        sa.Column("order_id", Big, nullable=False),
        sa.Column("seller_id", Big, nullable=False),
        sa.Column("channel", sa.String(8), nullable=False),
        sa.Column("original", sa.LargeBinary(), nullable=False),
        sa.Column("written_at", UtcDateTime(), nullable=False),
        sa.Column("written_by_id", Big),
        sa.CheckConstraint(
            "channel IN ('phone', 'stall', 'chat')", name=op.f("ck_written_orders_channel_known")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_written_orders_order_id_orders")
        ),
        sa.ForeignKeyConstraint(
            ["seller_id"], ["sellers.id"], name=op.f("fk_written_orders_seller_id_sellers")
        ),
        sa.ForeignKeyConstraint(
            ["written_by_id"], ["accounts.id"],
            name=op.f("fk_written_orders_written_by_id_accounts"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_written_orders")),
        sa.UniqueConstraint("order_id", name=op.f("uq_written_orders_order_id")),
    )  # fmt: skip
    op.create_index(op.f("ix_written_orders_seller_id"), "written_orders", ["seller_id"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE written_orders ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE written_orders FORCE ROW LEVEL SECURITY")  # For the owner as well.
        op.execute(
            f"CREATE POLICY written_orders_hers ON written_orders USING (coalesce({_SAID}, '') = ''"
            f" OR seller_id = nullif({_SAID}, '')::bigint)"
        )


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
