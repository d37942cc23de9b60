"""A hand-over that was tapped or written wrongly says when that turned out; what is right is another."""

import sqlalchemy as sa
from alembic import op

import shop.db

revision = "0077"
down_revision = "0076"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("hand_overs", sa.Column("undone_at", shop.db.UtcDateTime(), nullable=True))


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
