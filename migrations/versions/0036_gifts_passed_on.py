"""Gifts by card are passed on to the fund's own account: transfers, and what each gift has of them."""

import sqlalchemy as sa
from alembic import op

import shop.db

revision = "0036"
down_revision = "0042b"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column(
        "gift_visits", sa.Column("payout_outside_id", sa.String(length=120), nullable=True)
    )
    op.create_table(
        "gift_passes",
        sa.Column("id", BIG, nullable=False),
        sa.Column("campaign_id", BIG, nullable=False),
        sa.Column("from_payee_id", BIG, nullable=False),
        sa.Column("to_payee_id", BIG, nullable=False),
        sa.Column("amount_vnd", BIG, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("planned_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("planned_by_id", BIG, nullable=False),
        sa.Column("reference", sa.String(length=60), nullable=False),
        sa.Column("sent_at", shop.db.UtcDateTime(), nullable=True),
        sa.Column("sent_by_id", BIG, nullable=True),
        sa.Column("ended_at", shop.db.UtcDateTime(), nullable=True),
        sa.Column("ended_by_id", BIG, nullable=True),
        sa.Column("ended_for", sa.String(length=200), nullable=False),
        sa.CheckConstraint("amount_vnd <> 0", name=op.f("ck_gift_passes_amount_not_nought")),
        sa.CheckConstraint(
            "state IN ('planned', 'sent', 'came_back', 'dropped')",
            name=op.f("ck_gift_passes_state_known"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('sent', 'came_back') OR reference <> '' AND sent_by_id IS NOT NULL"
            " AND sent_at IS NOT NULL AND sent_by_id <> planned_by_id",
            name=op.f("ck_gift_passes_sent_by_another"),
        ),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_gift_passes_{column}_{table}")
            )
            for column, table in (
                ("campaign_id", "campaigns"), ("from_payee_id", "payees"),
                ("to_payee_id", "payees"), ("planned_by_id", "accounts"),
                ("sent_by_id", "accounts"), ("ended_by_id", "accounts"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gift_passes")),
    )  # fmt: skip
    op.create_index("ix_gift_passes_campaign_id", "gift_passes", ["campaign_id"])
    planned = sa.text("state = 'planned'")
    op.create_index(
        "uq_gift_passes_planned", "gift_passes", ["campaign_id", "from_payee_id"], unique=True,
        sqlite_where=planned, postgresql_where=planned,
    )  # fmt: skip
    op.create_table(
        "gift_pass_lines",
        sa.Column("pass_id", BIG, nullable=False),
        sa.Column("visit_id", BIG, nullable=False),
        sa.Column("amount_vnd", BIG, nullable=False),
        sa.CheckConstraint("amount_vnd <> 0", name=op.f("ck_gift_pass_lines_amount_not_nought")),
        sa.ForeignKeyConstraint(
            ["pass_id"], ["gift_passes.id"], name=op.f("fk_gift_pass_lines_pass_id_gift_passes")
        ),
        sa.ForeignKeyConstraint(
            ["visit_id"], ["gift_visits.id"], name=op.f("fk_gift_pass_lines_visit_id_gift_visits")
        ),
        sa.PrimaryKeyConstraint("pass_id", "visit_id", name=op.f("pk_gift_pass_lines")),
    )
    op.create_index("ix_gift_pass_lines_visit_id", "gift_pass_lines", ["visit_id"])


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
