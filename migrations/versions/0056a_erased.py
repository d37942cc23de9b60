"""When a name was taken off an order or a complaint, and which complaint goes on from which."""

import sqlalchemy as sa
from alembic import op

from shop.db import UtcDateTime

revision = "0056a"
down_revision = "0052a"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("orders", sa.Column("erased_at", UtcDateTime(), nullable=True))
    with op.batch_alter_table("complaints") as table:
        table.add_column(sa.Column("erased_at", UtcDateTime(), nullable=True))
        table.add_column(sa.Column("continues_id", BIG, nullable=True))
        table.create_foreign_key(
            "fk_complaints_continues_id_complaints", "complaints", ["continues_id"], ["id"]
        )
        table.create_index("ix_complaints_continues_id", ["continues_id"], unique=True)


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
