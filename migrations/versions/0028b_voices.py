"""A maker's introduction in her own voice."""

import sqlalchemy as sa
from alembic import op

import shop.db

revision = "0028b"
down_revision = "0028a"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    for column in (
        sa.Column("voice_file", sa.String(length=48), nullable=False, server_default=""),
        sa.Column("voice_ms", BIG, nullable=False, server_default="0"),
        sa.Column("voice_vi", sa.Text(), nullable=False, server_default=""),
        sa.Column("voice_en", sa.Text(), nullable=False, server_default=""),
        sa.Column("voice_at", shop.db.UtcDateTime(), nullable=True),
    ):
        op.add_column("sellers", column)


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
