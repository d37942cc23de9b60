"""Reviews of goods that arrived, their earlier words, and how often each number of stars was given."""

import sqlalchemy as sa
from alembic import op

from shop.db import UtcDateTime

revision = "0050"
down_revision = "0055"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_SAID = "current_setting('shop.seller', true)"
_HERS = f"coalesce({_SAID}, '') = '' OR seller_id = nullif({_SAID}, '')::bigint"
_TABLES = ("reviews", "review_versions", "review_sums")


def upgrade() -> None:
    op.create_table(
        "reviews",
        sa.Column("id", Big, nullable=False),
        sa.Column("seller_id", Big, nullable=False),
        sa.Column("product_id", Big, nullable=False),
        sa.Column("seller_order_id", Big, nullable=False),
        sa.Column("stars", Big, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("shown_name", sa.String(60), nullable=False),
        sa.Column("place", sa.String(80), nullable=False),
        sa.Column("locale", sa.String(2), nullable=False),
        sa.Column("written_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime()),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.Column("replied_at", UtcDateTime()),
        sa.Column("replied_by_id", Big),
        sa.Column("hidden_at", UtcDateTime()),
        sa.Column("hidden_reason", sa.String(20), nullable=False),
        sa.Column("reply_hidden_at", UtcDateTime()),
        sa.Column("reply_hidden_reason", sa.String(20), nullable=False),
        sa.Column("reported_at", UtcDateTime()),
        sa.Column("report_reason", sa.String(20), nullable=False),
        sa.Column("report_text", sa.String(500), nullable=False),
        sa.Column("report_answered_at", UtcDateTime()),
        sa.Column("report_answer", sa.String(500), nullable=False),
        sa.CheckConstraint("stars BETWEEN 1 AND 5", name=op.f("ck_reviews_stars_range")),
        sa.CheckConstraint(
            "(hidden_at IS NULL) = (hidden_reason = '')",
            name=op.f("ck_reviews_hidden_with_reason"),
        ),
        sa.CheckConstraint(
            "(reply_hidden_at IS NULL) = (reply_hidden_reason = '')",
            name=op.f("ck_reviews_reply_hidden_with_reason"),
        ),
        sa.CheckConstraint(
            "(replied_at IS NULL) = (reply = '')", name=op.f("ck_reviews_reply_with_time")
        ),
        sa.ForeignKeyConstraint(
            ["seller_id"], ["sellers.id"], name=op.f("fk_reviews_seller_id_sellers")
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_reviews_product_id_products")
        ),
        sa.ForeignKeyConstraint(
            ["seller_order_id"],
            ["seller_orders.id"],
            name=op.f("fk_reviews_seller_order_id_seller_orders"),
        ),
        sa.ForeignKeyConstraint(
            ["replied_by_id"], ["accounts.id"], name=op.f("fk_reviews_replied_by_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviews")),
        sa.UniqueConstraint(
            "seller_order_id", "product_id", name=op.f("uq_reviews_seller_order_id_product_id")
        ),
    )
    op.create_index("ix_reviews_of_product", "reviews", ["product_id", "written_at", "id"])
    op.create_index("ix_reviews_of_seller", "reviews", ["seller_id", "written_at", "id"])
    op.create_table(
        "review_versions",
        sa.Column("id", Big, nullable=False),
        sa.Column("review_id", Big, nullable=False),
        sa.Column("seller_id", Big, nullable=False),
        sa.Column("is_reply", sa.Boolean(), nullable=False),
        sa.Column("stars", Big),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["review_id"], ["reviews.id"], name=op.f("fk_review_versions_review_id_reviews")
        ),
        sa.ForeignKeyConstraint(
            ["seller_id"], ["sellers.id"], name=op.f("fk_review_versions_seller_id_sellers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_versions")),
    )
    op.create_index(op.f("ix_review_versions_review_id"), "review_versions", ["review_id"])
    op.create_table(
        "review_sums",
        sa.Column("product_id", Big, nullable=False),
        sa.Column("seller_id", Big, nullable=False),
        *(sa.Column(f"stars_{stars}", Big, nullable=False) for stars in range(1, 6)),
        sa.Column("version", Big, nullable=False),
        sa.CheckConstraint(
            "stars_1 >= 0 AND stars_2 >= 0 AND stars_3 >= 0 AND stars_4 >= 0 AND stars_5 >= 0",
            name=op.f("ck_review_sums_never_below_zero"),
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_review_sums_product_id_products")
        ),
        sa.ForeignKeyConstraint(
            ["seller_id"], ["sellers.id"], name=op.f("fk_review_sums_seller_id_sellers")
        ),
        sa.PrimaryKeyConstraint("product_id", name=op.f("pk_review_sums")),
    )
    op.create_index(op.f("ix_review_sums_seller_id"), "review_sums", ["seller_id"])
    if op.get_bind().dialect.name == "postgresql":
        for table in _TABLES:
            op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
            op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")  # For the owner as well.
            op.execute(f"CREATE POLICY {table}_hers ON {table} USING ({_HERS})")


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
