"""A man may be called "anh" where the shop speaks to sellers and officers."""

from alembic import op

revision = "0066"
down_revision = "0065"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # In place on both engines: nearly every table points to this one.
    op.execute(
        "ALTER TABLE accounts ADD COLUMN called VARCHAR(3) DEFAULT 'chi' NOT NULL"
        " CONSTRAINT ck_accounts_called_known CHECK (called IN ('chi', 'anh'))"
    )


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
