"""Lots of goods: what is left of each, which orders it went into, and who was told of a recall."""

import sqlalchemy as sa
from alembic import op

from shop.db import UtcDateTime

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_SAID = "current_setting('shop.seller', true)"
_HERS = f"seller_id = nullif({_SAID}, '')::bigint"
#: Who sees a row while a seller's request is served: her own lots, and what belongs to them.
_POLICIES = {
    "lots": _HERS,
    **dict.fromkeys(
        ("lot_moves", "lot_uses", "lot_told"),
        f"lot_id IN (SELECT id FROM lots WHERE {_HERS})",  # noqa: S608
    ),
}


def upgrade() -> None:
    op.add_column("stock_levels", sa.Column("warn_at", Big))
    op.add_column("stock_levels", sa.Column("warned_at", UtcDateTime()))
    op.create_table(
        "lots",
        sa.Column("id", Big, nullable=False),
        sa.Column("code", sa.String(12), nullable=False),
        sa.Column("seller_id", Big, nullable=False),
        sa.Column("product_id", Big, nullable=False),
        sa.Column("variant_id", Big, nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("made_on", sa.Date()),
        sa.Column("best_before", sa.Date()),
        sa.Column("from_vi", sa.String(300), nullable=False),
        sa.Column("from_en", sa.String(300), nullable=False),
        sa.Column("left_units", Big, nullable=False),
        sa.Column("packed_units", Big, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by_id", Big),
        sa.Column("warned", sa.String(5), nullable=False),
        sa.Column("recalled_at", UtcDateTime()),
        sa.Column("recalled_by_id", Big),
        sa.Column("recall_vi", sa.String(500), nullable=False),
        sa.Column("recall_en", sa.String(500), nullable=False),
        sa.CheckConstraint(
            "left_units >= 0 AND packed_units >= 0", name=op.f("ck_lots_never_below_zero")
        ),
        sa.CheckConstraint(
            "made_on IS NULL OR best_before IS NULL OR made_on <= best_before",
            name=op.f("ck_lots_days_in_order"),
        ),
        sa.ForeignKeyConstraint(
            ["seller_id"], ["sellers.id"], name=op.f("fk_lots_seller_id_sellers")
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_lots_product_id_products")
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["variants.id"], name=op.f("fk_lots_variant_id_variants")
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["accounts.id"], name=op.f("fk_lots_created_by_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["recalled_by_id"], ["accounts.id"], name=op.f("fk_lots_recalled_by_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lots")),
        sa.UniqueConstraint("code", name=op.f("uq_lots_code")),
        sa.UniqueConstraint("variant_id", "name", name=op.f("uq_lots_variant_id_name")),
    )
    op.create_index(op.f("ix_lots_seller_id"), "lots", ["seller_id"])
    op.create_table(
        "lot_moves",
        sa.Column("id", Big, nullable=False),
        sa.Column("lot_id", Big, nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("change", Big, nullable=False),
        sa.Column("seller_order_id", Big),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("actor_id", Big),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name=op.f("fk_lot_moves_lot_id_lots")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot_moves")),
    )
    op.create_index(op.f("ix_lot_moves_lot_id"), "lot_moves", ["lot_id"])
    op.create_table(
        "lot_uses",
        sa.Column("lot_id", Big, nullable=False),
        sa.Column("line_item_id", Big, nullable=False),
        sa.Column("seller_order_id", Big, nullable=False),
        sa.Column("quantity", Big, nullable=False),
        sa.Column("returned", Big, nullable=False),
        sa.Column("out_at", UtcDateTime()),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by_id", Big),
        sa.CheckConstraint("quantity >= 1", name=op.f("ck_lot_uses_quantity_positive")),
        sa.CheckConstraint(
            "0 <= returned AND returned <= quantity", name=op.f("ck_lot_uses_returned_within_used")
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name=op.f("fk_lot_uses_lot_id_lots")),
        sa.PrimaryKeyConstraint("lot_id", "line_item_id", name=op.f("pk_lot_uses")),
    )
    op.create_index(op.f("ix_lot_uses_line_item_id"), "lot_uses", ["line_item_id"])
    op.create_index("ix_lot_uses_seller_order_id", "lot_uses", ["seller_order_id"])
    op.create_table(
        "lot_told",
        sa.Column("lot_id", Big, nullable=False),
        sa.Column("seller_order_id", Big, nullable=False),
        sa.Column("told_at", UtcDateTime(), nullable=False),
        sa.Column("told_by_id", Big),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name=op.f("fk_lot_told_lot_id_lots")),
        sa.PrimaryKeyConstraint("lot_id", "seller_order_id", name=op.f("pk_lot_told")),
    )
    if op.get_bind().dialect.name == "postgresql":
        for table, hers in _POLICIES.items():
            op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
            op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")  # For the owner as well.
            op.execute(
                f"CREATE POLICY {table}_hers ON {table}"
                f" USING (coalesce({_SAID}, '') = '' OR {hers})"
            )


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
