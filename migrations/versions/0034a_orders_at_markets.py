"""What is ordered at a market: cart, place and time, the bag's number, what counts for the limits."""

import sqlalchemy as sa
from alembic import op

import shop.db

revision = "0034a"
down_revision = "0034"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT_MARKET = sa.text("market_pickup_id IS NOT NULL")


def upgrade() -> None:
    number = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    # SQLite adds a column with its rules at once; a rebuilt table would lose what refers to it.
    op.execute(
        f"ALTER TABLE cart_items ADD COLUMN market_offer_id {number} "
        "CONSTRAINT fk_cart_items_market_offer_id_market_offers REFERENCES market_offers (id)"
    )
    op.execute(
        f"ALTER TABLE seller_orders ADD COLUMN market_pickup_id {number} "
        "CONSTRAINT fk_seller_orders_market_pickup_id_market_pickups "
        "REFERENCES market_pickups (id)"
    )
    op.create_index(
        "ix_seller_orders_at_market",
        "seller_orders",
        ["market_pickup_id"],
        sqlite_where=AT_MARKET,
        postgresql_where=AT_MARKET,
    )
    op.add_column("market_sessions", sa.Column("numbers", BIG, nullable=False, server_default="0"))
    op.create_table(
        "market_orders",
        sa.Column("id", BIG, nullable=False),
        sa.Column("session_id", BIG, nullable=False),
        sa.Column("order_id", BIG, nullable=False),
        sa.Column("pickup_id", BIG, nullable=False),
        sa.Column("number", BIG, nullable=False),
        sa.Column("parts", BIG, nullable=False),
        sa.Column("amount_vnd", BIG, nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("written_by_id", BIG, nullable=True),
        sa.Column("at", shop.db.UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "parts >= 0 AND amount_vnd >= 0", name=op.f("ck_market_orders_sums_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_market_orders_order_id_orders")
        ),
        sa.ForeignKeyConstraint(
            ["pickup_id"], ["market_pickups.id"],
            name=op.f("fk_market_orders_pickup_id_market_pickups"),
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["market_sessions.id"],
            name=op.f("fk_market_orders_session_id_market_sessions"),
        ),
        sa.ForeignKeyConstraint(
            ["written_by_id"], ["accounts.id"], name=op.f("fk_market_orders_written_by_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_market_orders")),
        sa.UniqueConstraint(
            "session_id", "number", name=op.f("uq_market_orders_session_id_number")
        ),
        sa.UniqueConstraint(
            "session_id", "order_id", name=op.f("uq_market_orders_session_id_order_id")
        ),
    )  # fmt: skip
    op.create_index("ix_market_orders_order_id", "market_orders", ["order_id"])
    op.create_index("ix_market_orders_pickup_id", "market_orders", ["pickup_id"])


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
