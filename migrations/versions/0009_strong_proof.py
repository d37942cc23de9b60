"""When something beyond the password was last given: changing a bank account asks for it."""

import sqlalchemy as sa
from alembic import op

import shop.db

revision = "0009"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sign_ins", sa.Column("strong_at", shop.db.UtcDateTime(), nullable=True))


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
