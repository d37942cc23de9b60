"""What is done at a market's stall, each act once, and the settlement after it."""

import sqlalchemy as sa
from alembic import op

import shop.db

revision = "0034c"
down_revision = "0034b"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    number = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    op.execute(
        f"ALTER TABLE market_sessions ADD COLUMN settlement_id {number} "
        "CONSTRAINT fk_market_sessions_settlement_id_settlements REFERENCES settlements (id)"
    )
    op.create_table(
        "market_acts",
        sa.Column("id", BIG, nullable=False),
        sa.Column("session_id", BIG, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("order_id", BIG, nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("actor_id", BIG, nullable=True),
        sa.Column("at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("stored_at", shop.db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["accounts.id"], name=op.f("fk_market_acts_actor_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_market_acts_order_id_orders")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["market_sessions.id"],
            name=op.f("fk_market_acts_session_id_market_sessions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_market_acts")),
        sa.UniqueConstraint("key", name=op.f("uq_market_acts_key")),
    )  # fmt: skip
    op.create_index("ix_market_acts_order", "market_acts", ["session_id", "order_id"])


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
