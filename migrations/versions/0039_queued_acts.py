"""What phones did without a network: each act once, and what became of it."""

import sqlalchemy as sa
from alembic import op

import shop.db

revision = "0039"
down_revision = "0037"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WAITS = sa.text("outcome = 'conflict' AND settled_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "queued_acts",
        sa.Column("id", BIG, nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("about_id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("stored_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("why", sa.String(length=40), nullable=False),
        sa.Column("settled_at", shop.db.UtcDateTime(), nullable=True),
        sa.Column("settled_by_id", BIG, nullable=True),
        sa.CheckConstraint(
            "outcome IN ('done', 'conflict')", name=op.f("ck_queued_acts_outcome_known")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_queued_acts_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["settled_by_id"], ["accounts.id"], name=op.f("fk_queued_acts_settled_by_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queued_acts")),
        sa.UniqueConstraint("key", name=op.f("uq_queued_acts_key")),
    )  # fmt: skip
    op.create_index(
        "ix_queued_acts_waiting", "queued_acts", ["about_id", "kind"],
        sqlite_where=WAITS, postgresql_where=WAITS,
    )  # fmt: skip


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
