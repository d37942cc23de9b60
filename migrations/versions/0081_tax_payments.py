"""Tax that was withheld is paid to the tax office: planned by one person, sent by another."""

import sqlalchemy as sa
from alembic import op

import shop.db

revision = "0081"
down_revision = "0080"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_PLANNED = sa.text("state = 'planned'")


def upgrade() -> None:
    op.create_table(
        "tax_payments",
        sa.Column("id", BIG, nullable=False),
        sa.Column("organisation_id", BIG, nullable=False),
        sa.Column("payee_id", BIG, nullable=False),
        sa.Column("amount_vnd", BIG, nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("planned_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("planned_by_id", BIG, nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.Column("reference", sa.String(length=60), nullable=False),
        sa.Column("receipt_no", sa.String(length=60), nullable=False),
        sa.Column("sent_at", shop.db.UtcDateTime(), nullable=True),
        sa.Column("sent_by_id", BIG, nullable=True),
        sa.Column("ended_at", shop.db.UtcDateTime(), nullable=True),
        sa.Column("ended_by_id", BIG, nullable=True),
        sa.Column("ended_for", sa.String(length=200), nullable=False),
        sa.CheckConstraint("amount_vnd > 0", name=op.f("ck_tax_payments_amount_positive")),
        sa.CheckConstraint("last_on >= first_on", name=op.f("ck_tax_payments_ends_after_start")),
        sa.CheckConstraint(
            "state IN ('planned', 'sent', 'came_back', 'dropped')",
            name=op.f("ck_tax_payments_state_known"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('sent', 'came_back') OR reference <> '' AND receipt_no <> ''"
            " AND paid_on IS NOT NULL AND sent_by_id IS NOT NULL AND sent_at IS NOT NULL"
            " AND sent_by_id <> planned_by_id",
            name=op.f("ck_tax_payments_sent_by_another"),
        ),
        *(
            sa.ForeignKeyConstraint(
                [name], [f"{to}.id"], name=op.f(f"fk_tax_payments_{name}_{to}")
            )
            for name, to in (
                ("organisation_id", "organisations"), ("payee_id", "payees"),
                ("planned_by_id", "accounts"), ("sent_by_id", "accounts"),
                ("ended_by_id", "accounts"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tax_payments")),
    )  # fmt: skip
    op.create_index(op.f("ix_tax_payments_organisation_id"), "tax_payments", ["organisation_id"])
    op.create_index(
        "uq_tax_payments_planned", "tax_payments", ["organisation_id"], unique=True,
        sqlite_where=_PLANNED, postgresql_where=_PLANNED,
    )  # fmt: skip


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
