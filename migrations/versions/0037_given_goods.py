"""Goods that members give to a campaign: who, by which private link, and what became of them.

The table stood since 0026; nothing in the shop has ever written into it.
"""

import sqlalchemy as sa
from alembic import op

import shop.db

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NOBODY = "coalesce(current_setting('shop.seller', true), '') = ''"


def upgrade() -> None:
    op.drop_table("goods_gifts")
    op.create_table(
        "goods_gifts",
        sa.Column("id", BIG, nullable=False),
        sa.Column("campaign_id", BIG, nullable=False),
        sa.Column("attempt_id", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("words", sa.String(length=120), nullable=False),
        sa.Column("quantity", BIG, nullable=False),
        sa.Column("unit", sa.String(length=30), nullable=False),
        sa.Column("stated_value_vnd", BIG, nullable=True),
        sa.Column("data_key", sa.LargeBinary(), nullable=False),
        sa.Column("contact", sa.LargeBinary(), nullable=False),
        sa.Column("shown_name", sa.String(length=80), nullable=False),
        sa.Column("locale", sa.String(length=2), nullable=False),
        sa.Column("link_nonce", sa.String(length=32), nullable=False),
        sa.Column("link_digest", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("offer_id", BIG, nullable=True),
        sa.Column("given_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("answered_at", shop.db.UtcDateTime(), nullable=True),
        sa.Column("answered_by_id", BIG, nullable=True),
        sa.CheckConstraint(
            "quantity BETWEEN 1 AND 9999", name=op.f("ck_goods_gifts_quantity_range")
        ),
        sa.CheckConstraint(
            "stated_value_vnd IS NULL OR stated_value_vnd >= 0",
            name=op.f("ck_goods_gifts_value_not_negative"),
        ),
        sa.CheckConstraint(
            "state IN ('offered', 'accepted', 'declined', 'sold')",
            name=op.f("ck_goods_gifts_state_known"),
        ),
        sa.CheckConstraint(
            "(state = 'sold') = (offer_id IS NOT NULL)", name=op.f("ck_goods_gifts_sold_has_offer")
        ),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_goods_gifts_{column}_{table}")
            )
            for column, table in (
                ("campaign_id", "campaigns"), ("offer_id", "campaign_offers"),
                ("answered_by_id", "accounts"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_goods_gifts")),
        *(
            sa.UniqueConstraint(column, name=op.f(f"uq_goods_gifts_{column}"))
            for column in ("attempt_id", "code", "link_digest")
        ),
    )  # fmt: skip
    for column in ("campaign_id", "offer_id"):
        op.create_index(op.f(f"ix_goods_gifts_{column}"), "goods_gifts", [column])
    if op.get_bind().dialect.name == "postgresql":  # A stall never asks who gave: 0040's way.
        op.execute("ALTER TABLE goods_gifts ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE goods_gifts FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY goods_gifts_not_a_stalls ON goods_gifts USING ({NOBODY})")


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
