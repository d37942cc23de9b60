"""Where money left from that a card paid and that did not go back to it; lines of disputes; payouts
that came back."""

import sqlalchemy as sa
from alembic import op

from shop.db import UtcDateTime

revision = "0064a"
down_revision = "0063b"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column(
        "payment_events",
        sa.Column("left_from", sa.String(10), nullable=False, server_default=""),
    )
    op.add_column("gateway_disputes", sa.Column("lines", BIG, nullable=False, server_default="0"))
    op.add_column("gateway_payouts", sa.Column("failed_at", UtcDateTime(), nullable=True))


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
