"""Browsers that want news pushed to them."""

import sqlalchemy as sa
from alembic import op

from shop.db import UtcDateTime

revision = "0045a"
down_revision = "0047a"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "push_devices",
        sa.Column("id", Big, nullable=False),
        sa.Column("account_id", Big, nullable=False),
        sa.Column("sign_in_id", Big, nullable=False),
        sa.Column("endpoint", sa.String(600), nullable=False),
        sa.Column("p256dh", sa.String(100), nullable=False),
        sa.Column("auth", sa.String(30), nullable=False),
        sa.Column("locale", sa.String(2), nullable=False),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_push_devices_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["sign_in_id"], ["sign_ins.id"], name=op.f("fk_push_devices_sign_in_id_sign_ins"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_devices")),
        sa.UniqueConstraint("endpoint", name=op.f("uq_push_devices_endpoint")),
    )  # fmt: skip
    op.create_index(op.f("ix_push_devices_account_id"), "push_devices", ["account_id"])
    op.create_index(op.f("ix_push_devices_sign_in_id"), "push_devices", ["sign_in_id"])


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
