"""A SKU is one within a stall, not within the whole shop."""

import sqlalchemy as sa
from alembic import op

revision = "0065"
down_revision = "0062"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("variants") as table:
        table.add_column(sa.Column("seller_id", BIG, nullable=True))
    op.execute(
        "UPDATE variants SET seller_id ="
        " (SELECT seller_id FROM products WHERE products.id = variants.product_id)"
    )
    with op.batch_alter_table("variants") as table:
        table.alter_column("seller_id", existing_type=BIG, nullable=False)
        table.create_foreign_key("fk_variants_seller_id_sellers", "sellers", ["seller_id"], ["id"])
        table.drop_constraint("uq_variants_sku", type_="unique")
        table.create_unique_constraint("uq_variants_seller_id_sku", ["seller_id", "sku"])


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
