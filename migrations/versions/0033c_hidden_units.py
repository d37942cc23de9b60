"""Units that nobody but officers comes upon."""

import sqlalchemy as sa
from alembic import op

import shop.db

revision = "0033c"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("organisations", sa.Column("hidden_at", shop.db.UtcDateTime(), nullable=True))


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
