"""Sides of boxes and moments of looks, kept as the other numbers and moments are."""

import sqlalchemy as sa
from alembic import op

from shop.db import UtcDateTime

revision = "0053a"
down_revision = "0056"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return  # SQLite keeps all whole numbers and all moments alike.
    for name in ("length_cm", "width_cm", "height_cm", "looks"):
        op.alter_column("carrier_parcels", name, type_=sa.BigInteger())
    op.alter_column("carrier_parcels", "next_look_at", type_=UtcDateTime())


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
