"""Lists of goods that a stall sends in: shown row by row, then stored whole or not at all."""

import sqlalchemy as sa
from alembic import op

from shop.db import UtcDateTime

revision = "0046a"
down_revision = "0045a"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_SAID = "current_setting('shop.seller', true)"


def upgrade() -> None:
    op.create_table(
        "goods_sheets",
        sa.Column("id", Big, nullable=False),
        sa.Column("seller_id", Big, nullable=False),
        sa.Column("by_id", Big, nullable=False),
        sa.Column("by_name", sa.String(120), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("cells", sa.JSON(), nullable=False),
        sa.Column("shown", sa.String(32), nullable=False),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "state IN ('read', 'waiting', 'storing', 'stored', 'refused')",
            name=op.f("ck_goods_sheets_state_known"),
        ),
        sa.ForeignKeyConstraint(
            ["seller_id"], ["sellers.id"], name=op.f("fk_goods_sheets_seller_id_sellers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_goods_sheets")),
    )
    op.create_index("ix_goods_sheets_of_stall", "goods_sheets", ["seller_id", "id"])
    op.create_index("ix_goods_sheets_sent", "goods_sheets", ["sent_at"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE goods_sheets ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE goods_sheets FORCE ROW LEVEL SECURITY")  # For the owner as well.
        op.execute(
            f"CREATE POLICY goods_sheets_hers ON goods_sheets USING (coalesce({_SAID}, '') = ''"
            f" OR seller_id = nullif({_SAID}, '')::bigint)"
        )


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
