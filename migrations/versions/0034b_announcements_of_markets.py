"""What was announced of a market, each kind once."""

import sqlalchemy as sa
from alembic import op

import shop.db

revision = "0034b"
down_revision = "0034a"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "market_notices",
        sa.Column("session_id", BIG, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("at", shop.db.UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('opened', 'day', 'hours', 'closed')",
            name=op.f("ck_market_notices_kind_known"),
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["market_sessions.id"],
            name=op.f("fk_market_notices_session_id_market_sessions"),
        ),
        sa.PrimaryKeyConstraint("session_id", "kind", name=op.f("pk_market_notices")),
    )


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
