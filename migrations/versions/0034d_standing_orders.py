"""Standing orders at markets, their lines, and what came of each."""

import sqlalchemy as sa
from alembic import op

import shop.db

revision = "0034d"
down_revision = "0034c"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
STANDS = sa.text("ended_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "standing_orders",
        sa.Column("id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("series_id", BIG, nullable=False),
        sa.Column("method", sa.String(length=10), nullable=False),
        sa.Column("pickup_vi", sa.String(length=120), nullable=False),
        sa.Column("created_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("paused_at", shop.db.UtcDateTime(), nullable=True),
        sa.Column("ended_at", shop.db.UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "method IN ('cod', 'transfer')", name=op.f("ck_standing_orders_method_known")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_standing_orders_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["series_id"], ["market_series.id"],
            name=op.f("fk_standing_orders_series_id_market_series"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standing_orders")),
    )  # fmt: skip
    op.create_index(
        "uq_standing_orders_now", "standing_orders", ["account_id", "series_id"], unique=True,
        sqlite_where=STANDS, postgresql_where=STANDS,
    )  # fmt: skip
    op.create_index("ix_standing_orders_series_id", "standing_orders", ["series_id"])
    op.create_table(
        "standing_lines",
        sa.Column("standing_id", BIG, nullable=False),
        sa.Column("variant_id", BIG, nullable=False),
        sa.Column("quantity", BIG, nullable=False),
        sa.Column("most_price_vnd", BIG, nullable=False),
        sa.CheckConstraint(
            "quantity >= 1 AND quantity <= 999", name=op.f("ck_standing_lines_quantity_range")
        ),
        sa.CheckConstraint("most_price_vnd > 0", name=op.f("ck_standing_lines_price_positive")),
        sa.ForeignKeyConstraint(
            ["standing_id"], ["standing_orders.id"],
            name=op.f("fk_standing_lines_standing_id_standing_orders"),
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["variants.id"], name=op.f("fk_standing_lines_variant_id_variants")
        ),
        sa.PrimaryKeyConstraint("standing_id", "variant_id", name=op.f("pk_standing_lines")),
    )  # fmt: skip
    op.create_table(
        "standing_runs",
        sa.Column("id", BIG, nullable=False),
        sa.Column("standing_id", BIG, nullable=False),
        sa.Column("session_id", BIG, nullable=False),
        sa.Column("order_id", BIG, nullable=True),
        sa.Column("left_out", BIG, nullable=False),
        sa.Column("why", sa.String(length=40), nullable=False),
        sa.Column("at", shop.db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_standing_runs_order_id_orders")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["market_sessions.id"],
            name=op.f("fk_standing_runs_session_id_market_sessions"),
        ),
        sa.ForeignKeyConstraint(
            ["standing_id"], ["standing_orders.id"],
            name=op.f("fk_standing_runs_standing_id_standing_orders"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standing_runs")),
        sa.UniqueConstraint(
            "standing_id", "session_id", name=op.f("uq_standing_runs_standing_id_session_id")
        ),
    )  # fmt: skip
    op.create_index("ix_standing_runs_session_id", "standing_runs", ["session_id"])


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
