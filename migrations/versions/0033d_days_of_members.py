"""Members of a unit by their days, so that a quarter's numbers are read from an index alone."""

from alembic import op

revision = "0033d"
down_revision = "0034e"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_members_days", "members", ["organisation_id", "joined_on", "left_on", "state"]
    )


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
