"""Gifts that are paid on a card company's page."""

import sqlalchemy as sa
from alembic import op

import shop.db

revision = "0029b"
down_revision = "0029a"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "gift_visits",
        sa.Column("id", BIG, nullable=False),
        sa.Column("gift_id", BIG, nullable=False),
        sa.Column("payee_id", BIG, nullable=False),
        sa.Column("gateway", sa.String(length=10), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("amount_vnd", BIG, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("outside_id", sa.String(length=120), nullable=True),
        sa.Column("charge_id", sa.String(length=120), nullable=True),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("opened_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("expires_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("changed_at", shop.db.UtcDateTime(), nullable=False),
        sa.CheckConstraint("amount_vnd > 0", name="amount_positive"),
        sa.ForeignKeyConstraint(
            ["gift_id"], ["gifts.id"], name=op.f("fk_gift_visits_gift_id_gifts")
        ),
        sa.ForeignKeyConstraint(
            ["payee_id"], ["payees.id"], name=op.f("fk_gift_visits_payee_id_payees")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gift_visits")),
        sa.UniqueConstraint(
            "gateway", "outside_id", name=op.f("uq_gift_visits_gateway_outside_id")
        ),
        sa.UniqueConstraint("key", name=op.f("uq_gift_visits_key")),
    )
    op.create_index(op.f("ix_gift_visits_gift_id"), "gift_visits", ["gift_id"])
    op.create_index(op.f("ix_gift_visits_charge_id"), "gift_visits", ["charge_id"])
    op.create_table(
        "gift_backs",
        sa.Column("id", BIG, nullable=False),
        sa.Column("visit_id", BIG, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("outside_id", sa.String(length=120), nullable=True),
        sa.Column("amount_vnd", BIG, nullable=False),
        sa.Column("lost_vnd", BIG, nullable=False),
        sa.Column("fee_vnd", BIG, nullable=False),
        sa.Column("taken", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("at", shop.db.UtcDateTime(), nullable=False),
        sa.CheckConstraint("kind IN ('refund', 'dispute')", name="kind_known"),
        sa.CheckConstraint("0 <= lost_vnd AND lost_vnd <= amount_vnd", name="lost_within_amount"),
        sa.ForeignKeyConstraint(
            ["visit_id"], ["gift_visits.id"], name=op.f("fk_gift_backs_visit_id_gift_visits")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gift_backs")),
        sa.UniqueConstraint("key", name=op.f("uq_gift_backs_key")),
    )
    op.create_index(op.f("ix_gift_backs_visit_id"), "gift_backs", ["visit_id"])


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
