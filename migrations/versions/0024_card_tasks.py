"""How a task about cards ended, and what was written off by it."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0026"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column(
        "gateway_tasks", sa.Column("outcome", sa.String(12), server_default="", nullable=False)
    )
    op.add_column("gateway_tasks", sa.Column("lost_vnd", BIG, server_default="0", nullable=False))
    op.create_index("ix_gateway_tasks_closed_at", "gateway_tasks", ["closed_at", "id"])


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
