"""A market's settlement holds what was sold there alone, and may wait beside that of a period."""

import sqlalchemy as sa
from alembic import op

revision = "0063a"
down_revision = "0063"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # What was drawn up after a market until now held all that was open: it was a period.
    op.execute("UPDATE settlements SET source_kind = 'period', source_id = 0")
    op.drop_index("uq_settlements_one_draft", "settlements")
    op.create_index(
        "uq_settlements_one_draft",
        "settlements",
        ["organisation_id", "source_kind", "source_id"],
        unique=True,
        sqlite_where=sa.text("state = 'drafted'"),
        postgresql_where=sa.text("state = 'drafted'"),
    )


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
