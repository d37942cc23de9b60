"""Photos that arrive in pieces, and a new product while it is being written."""

import sqlalchemy as sa
from alembic import op

from shop.db import UtcDateTime

revision = "0046"
down_revision = "0048a"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_SAID = "current_setting('shop.seller', true)"
_HERS = f"coalesce({_SAID}, '') = '' OR seller_id = nullif({_SAID}, '')::bigint"


def upgrade() -> None:
    op.create_table(
        "uploads",
        sa.Column("key", sa.String(32), nullable=False),
        sa.Column("seller_id", Big, nullable=False),
        sa.Column("size_bytes", Big, nullable=False),
        sa.Column("received_bytes", Big, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("finished", sa.JSON()),
        sa.CheckConstraint(
            "size_bytes > 0 AND received_bytes >= 0 AND received_bytes <= size_bytes",
            name=op.f("ck_uploads_received_within_size"),
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_uploads")),
    )
    op.create_index("ix_uploads_of_stall", "uploads", ["seller_id"])
    op.create_index("ix_uploads_created", "uploads", ["created_at"])
    op.create_table(
        "upload_parts",
        sa.Column("key", sa.String(32), nullable=False),
        sa.Column("start", Big, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["key"], ["uploads.key"], name=op.f("fk_upload_parts_key_uploads")),
        sa.PrimaryKeyConstraint("key", "start", name=op.f("pk_upload_parts")),
    )
    op.create_table(
        "goods_drafts",
        sa.Column("key", sa.String(32), nullable=False),
        sa.Column("seller_id", Big, nullable=False),
        sa.Column("by_id", Big, nullable=False),
        sa.Column("typed", sa.JSON(), nullable=False),
        sa.Column("saved_at", UtcDateTime(), nullable=False),
        sa.Column("product_id", Big),
        sa.ForeignKeyConstraint(
            ["seller_id"], ["sellers.id"], name=op.f("fk_goods_drafts_seller_id_sellers")
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_goods_drafts_product_id_products")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_goods_drafts")),
    )
    op.create_index("ix_goods_drafts_open", "goods_drafts", ["seller_id", "by_id", "saved_at"])
    op.create_index("ix_goods_drafts_saved", "goods_drafts", ["saved_at"])
    if op.get_bind().dialect.name == "sqlite":
        return
    for table, rule in (
        ("uploads", _HERS),
        ("goods_drafts", _HERS),
        ("upload_parts", "EXISTS (SELECT 1 FROM uploads u WHERE u.key = upload_parts.key)"),
    ):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")  # For the owner as well.
        op.execute(f"CREATE POLICY {table}_hers ON {table} USING ({rule})")


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
