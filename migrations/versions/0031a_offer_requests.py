"""What sellers ask to sell for a campaign themselves."""

import sqlalchemy as sa
from alembic import op

import shop.db

revision = "0031a"
down_revision = "0034f"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_SAID = "current_setting('shop.seller', true)"
#: As in 0008: a stall sees what it asked for itself.
HERS = f"(coalesce({_SAID}, '') = '' OR seller_id = nullif({_SAID}, '')::bigint)"


def upgrade() -> None:
    op.create_table(
        "offer_requests",
        sa.Column("id", BIG, nullable=False),
        sa.Column("campaign_id", BIG, nullable=False),
        sa.Column("seller_id", BIG, nullable=False),
        sa.Column("product_id", BIG, nullable=False),
        sa.Column("share_kind", sa.String(length=10), nullable=False),
        sa.Column("share_vnd", BIG, nullable=False),
        sa.Column("share_hundredths", BIG, nullable=False),
        sa.Column("cost_vnd", BIG, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("asked_by_id", BIG, nullable=True),
        sa.Column("asked_by_name", sa.String(length=80), nullable=False),
        sa.Column("asked_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("answered_at", shop.db.UtcDateTime(), nullable=True),
        sa.Column("answered_by_id", BIG, nullable=True),
        sa.Column("offer_id", BIG, nullable=True),
        sa.CheckConstraint(
            "share_kind IN ('fixed', 'percent', 'after_cost', 'all')",
            name=op.f("ck_offer_requests_share_kind_known"),
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'accepted', 'declined', 'withdrawn')",
            name=op.f("ck_offer_requests_state_known"),
        ),
        sa.CheckConstraint(
            "(state = 'accepted') = (offer_id IS NOT NULL)",
            name=op.f("ck_offer_requests_accepted_is_sold"),
        ),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_offer_requests_{column}_{table}")
            )
            for column, table in (
                ("campaign_id", "campaigns"), ("seller_id", "sellers"),
                ("product_id", "products"), ("asked_by_id", "accounts"),
                ("answered_by_id", "accounts"), ("offer_id", "campaign_offers"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer_requests")),
    )  # fmt: skip
    for column in ("campaign_id", "seller_id"):
        op.create_index(op.f(f"ix_offer_requests_{column}"), "offer_requests", [column])
    op.create_index(
        "uq_offer_requests_product_waiting", "offer_requests", ["product_id"], unique=True,
        sqlite_where=sa.text("state = 'waiting'"), postgresql_where=sa.text("state = 'waiting'"),
    )  # fmt: skip
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE offer_requests ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE offer_requests FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY offer_requests_hers ON offer_requests USING {HERS}")


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
