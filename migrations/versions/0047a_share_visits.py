"""How many came by the short links of what is shared, a day; nobody is followed."""

import sqlalchemy as sa
from alembic import op

revision = "0047a"
down_revision = "0043"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "share_visits",
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("subject_id", Big, nullable=False),
        sa.Column("source", sa.String(1), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("visits", Big, nullable=False),
        sa.PrimaryKeyConstraint(
            "kind", "subject_id", "source", "on_day", name=op.f("pk_share_visits")
        ),
    )


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
