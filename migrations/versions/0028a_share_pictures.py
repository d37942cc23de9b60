"""Which share pictures are kept."""

import sqlalchemy as sa
from alembic import op

import shop.db

revision = "0028a"
down_revision = "0028"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "share_pictures",
        sa.Column("id", BIG, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("shape", sa.String(length=10), nullable=False),
        sa.Column("locale", sa.String(length=2), nullable=False),
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.Column("made_at", shop.db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_share_pictures")),
        sa.UniqueConstraint(
            "kind", "key", "shape", "locale",
            name=op.f("uq_share_pictures_kind_key_shape_locale"),
        ),
    )  # fmt: skip


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
