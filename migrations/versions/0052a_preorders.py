"""Rounds of goods that are ordered ahead, and who waits for them."""

import sqlalchemy as sa
from alembic import op

from shop.db import UtcDateTime

revision = "0052a"
down_revision = "0053a"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_SAID = "current_setting('shop.seller', true)"
_NOBODY = f"coalesce({_SAID}, '') = ''"
_HERS = f"nullif({_SAID}, '')::bigint"
_WAITS = sa.text("held < quantity AND given_up_at IS NULL")
_OPEN = sa.text("ended_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "preorders",
        sa.Column("id", BIG, nullable=False),
        sa.Column("variant_id", BIG, nullable=False),
        sa.Column("product_id", BIG, nullable=False),
        sa.Column("ready_on", sa.Date(), nullable=False),
        sa.Column("moved_for", sa.String(200), server_default="", nullable=False),
        sa.Column("cap", BIG, nullable=False),
        sa.Column("taken", BIG, server_default="0", nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("opened_by_id", BIG, nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("0 <= taken AND taken <= cap", name=op.f("ck_preorders_within_cap")),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["variants.id"], name=op.f("fk_preorders_variant_id_variants")
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_preorders_product_id_products")
        ),
        sa.ForeignKeyConstraint(
            ["opened_by_id"], ["accounts.id"], name=op.f("fk_preorders_opened_by_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_preorders")),
    )
    op.create_index("ix_preorders_variant_id", "preorders", ["variant_id"])
    op.create_index("ix_preorders_product_id", "preorders", ["product_id"])
    op.create_index(
        "ix_preorders_open", "preorders", ["variant_id"], unique=True,
        sqlite_where=_OPEN, postgresql_where=_OPEN,
    )  # fmt: skip
    op.create_table(
        "preorder_places",
        sa.Column("id", BIG, nullable=False),
        sa.Column("preorder_id", BIG, nullable=False),
        sa.Column("variant_id", BIG, nullable=False),
        sa.Column("seller_order_id", BIG, nullable=False),
        sa.Column("quantity", BIG, nullable=False),
        sa.Column("held", BIG, server_default="0", nullable=False),
        sa.Column("given_up_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("quantity >= 1", name=op.f("ck_preorder_places_quantity_positive")),
        sa.CheckConstraint(
            "0 <= held AND held <= quantity", name=op.f("ck_preorder_places_held_within_quantity")
        ),
        sa.ForeignKeyConstraint(
            ["preorder_id"], ["preorders.id"], name=op.f("fk_preorder_places_preorder_id_preorders")
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["variants.id"], name=op.f("fk_preorder_places_variant_id_variants")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_preorder_places")),
    )
    op.create_index("ix_preorder_places_preorder_id", "preorder_places", ["preorder_id"])
    op.create_index("ix_preorder_places_seller_order_id", "preorder_places", ["seller_order_id"])
    op.create_index(
        "ix_preorder_places_waiting", "preorder_places", ["variant_id"],
        sqlite_where=_WAITS, postgresql_where=_WAITS,
    )  # fmt: skip
    op.add_column("line_items", sa.Column("ready_on", sa.Date(), nullable=True))
    if op.get_bind().dialect.name != "sqlite":
        _keep_sellers_apart()


def _keep_sellers_apart() -> None:
    hers = f"EXISTS (SELECT FROM products p WHERE p.id = product_id AND p.seller_id = {_HERS})"
    rule = f"({_NOBODY} OR {hers})"
    for table in ("preorders", "preorder_places"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    for verb, how in (
        ("select", "USING (true)"),
        ("insert", f"WITH CHECK {rule}"),
        ("update", f"USING {rule}"),
        ("delete", f"USING {rule}"),
    ):
        op.execute(f"CREATE POLICY preorders_{verb} ON preorders FOR {verb.upper()} {how}")
    op.execute(
        f"CREATE POLICY preorder_places_hers ON preorder_places USING ({_NOBODY} OR EXISTS ("
        "SELECT FROM variants v JOIN products p ON p.id = v.product_id"
        f" WHERE v.id = variant_id AND p.seller_id = {_HERS}))"
    )


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
