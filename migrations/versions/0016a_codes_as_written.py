"""A voucher's code as whoever made it wrote it: what it is found by takes look-alikes as one."""

import sqlalchemy as sa
from alembic import op

revision = "0016a"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "vouchers", sa.Column("written", sa.String(16), server_default="", nullable=False)
    )
    op.execute("UPDATE vouchers SET written = code")


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
