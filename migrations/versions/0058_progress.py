"""How far long work is, told beside the transaction that does it."""

import sqlalchemy as sa
from alembic import op

from shop.db import UtcDateTime

revision = "0058"
down_revision = "0056a"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "progress",
        sa.Column("work", sa.String(60), nullable=False),
        sa.Column("done", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("told_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("work", name="pk_progress"),
    )


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
