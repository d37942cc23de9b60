"""The last day of a seller's holiday."""

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0040a"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sellers", sa.Column("away_until", sa.Date(), nullable=True))


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
