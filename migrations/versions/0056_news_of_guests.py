"""Where the news goes that somebody without an account agreed to, for withdrawing all of it."""

import sqlalchemy as sa
from alembic import op

revision = "0056"
down_revision = "0053"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("consents", sa.Column("email_index", sa.String(40), nullable=True))
    op.create_index(op.f("ix_consents_email_index"), "consents", ["email_index"])


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
