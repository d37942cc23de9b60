"""Money of a hand-over or cost that comes back to its fund: said by one person, noted by another."""

import sqlalchemy as sa
from alembic import op

import shop.db

revision = "0080"
down_revision = "0079"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_OPEN = sa.text("state = 'said'")


def upgrade() -> None:
    op.create_table(
        "disbursement_returns",
        sa.Column("id", BIG, nullable=False),
        sa.Column("disbursement_id", BIG, nullable=False),
        sa.Column("amount_vnd", BIG, nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("reference", sa.String(length=60), nullable=False),
        sa.Column("why", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("said_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("said_by_id", BIG, nullable=False),
        sa.Column("decided_at", shop.db.UtcDateTime(), nullable=True),
        sa.Column("decided_by_id", BIG, nullable=True),
        sa.Column("entry_id", BIG, nullable=True),
        sa.CheckConstraint(
            "amount_vnd > 0", name=op.f("ck_disbursement_returns_amount_positive")
        ),
        sa.CheckConstraint("why <> ''", name=op.f("ck_disbursement_returns_has_reason")),
        sa.CheckConstraint(
            "state IN ('said', 'noted', 'dropped')",
            name=op.f("ck_disbursement_returns_state_known"),
        ),
        sa.CheckConstraint(
            "(state = 'noted') = (entry_id IS NOT NULL)",
            name=op.f("ck_disbursement_returns_noted_is_a_line"),
        ),
        sa.CheckConstraint(
            "state <> 'noted' OR decided_by_id IS NOT NULL AND decided_by_id <> said_by_id",
            name=op.f("ck_disbursement_returns_two_people"),
        ),
        *(
            sa.ForeignKeyConstraint(
                [name], [f"{to}.id"], name=op.f(f"fk_disbursement_returns_{name}_{to}")
            )
            for name, to in (
                ("disbursement_id", "disbursements"), ("said_by_id", "accounts"),
                ("decided_by_id", "accounts"), ("entry_id", "fund_entries"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disbursement_returns")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_disbursement_returns_entry_id")),
    )  # fmt: skip
    op.create_index(
        op.f("ix_disbursement_returns_disbursement_id"), "disbursement_returns",
        ["disbursement_id"],
    )  # fmt: skip
    op.create_index(
        "uq_disbursement_returns_open", "disbursement_returns", ["disbursement_id"], unique=True,
        sqlite_where=_OPEN, postgresql_where=_OPEN,
    )  # fmt: skip


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
