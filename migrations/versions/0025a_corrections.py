"""Corrections of the books: one person proposes, another one confirms."""

import sqlalchemy as sa
from alembic import op

import shop.db

revision = "0025a"
down_revision = "0028b"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "corrections",
        sa.Column("id", BIG, nullable=False),
        sa.Column("organisation_id", BIG, nullable=False),
        sa.Column("legs", sa.JSON(), nullable=False),
        sa.Column("amount_vnd", BIG, nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("evidence", sa.String(length=300), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("proposed_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("proposed_by_id", BIG, nullable=False),
        sa.Column("decided_at", shop.db.UtcDateTime(), nullable=True),
        sa.Column("decided_by_id", BIG, nullable=True),
        sa.Column("transaction_id", BIG, nullable=True),
        sa.CheckConstraint(
            "state IN ('proposed', 'posted', 'declined')", name=op.f("ck_corrections_state_known")
        ),
        sa.CheckConstraint("amount_vnd > 0", name=op.f("ck_corrections_amount_above_nought")),
        sa.CheckConstraint(
            "state <> 'posted' OR (decided_by_id <> proposed_by_id AND transaction_id IS NOT NULL"
            " AND decided_by_id IS NOT NULL)",
            name=op.f("ck_corrections_posted_by_two"),
        ),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_corrections_{column}_{table}")
            )
            for column, table in (
                ("organisation_id", "organisations"), ("proposed_by_id", "accounts"),
                ("decided_by_id", "accounts"), ("transaction_id", "ledger_transactions"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corrections")),
        sa.UniqueConstraint("transaction_id", name=op.f("uq_corrections_transaction_id")),
    )  # fmt: skip
    op.create_index(op.f("ix_corrections_organisation_id"), "corrections", ["organisation_id"])


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
