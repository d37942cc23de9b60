"""A gift to a campaign beside the goods of a cart and of an order."""

import sqlalchemy as sa
from alembic import op

import shop.db

revision = "0029"
down_revision = "0027"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "cart_gifts",
        sa.Column("cart_id", BIG, nullable=False),
        sa.Column("campaign_id", BIG, nullable=False),
        sa.Column("amount_vnd", BIG, nullable=False),
        sa.Column("rounds_up", sa.Boolean(), nullable=False),
        sa.Column("added_at", shop.db.UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "amount_vnd > 0 OR (amount_vnd = 0 AND rounds_up)", name="gives_something"
        ),
        sa.ForeignKeyConstraint(
            ["cart_id"], ["carts.id"], name=op.f("fk_cart_gifts_cart_id_carts"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_cart_gifts_campaign_id_campaigns")
        ),
        sa.PrimaryKeyConstraint("cart_id", name=op.f("pk_cart_gifts")),
    )
    op.add_column("gifts", sa.Column("withdrawn_at", shop.db.UtcDateTime(), nullable=True))
    op.add_column("orders", sa.Column("gift_vnd", BIG, nullable=False, server_default="0"))


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
