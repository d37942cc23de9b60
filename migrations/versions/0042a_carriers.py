"""Accounts at carriers, the parcels sent by them, and each word of theirs once."""

import sqlalchemy as sa
from alembic import op

from shop.db import UtcDateTime

revision = "0042a"
down_revision = "0041"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_SAID = "current_setting('shop.seller', true)"
_ALIVE = sa.text("state IN ('asked', 'made', 'cancelling')")


def upgrade() -> None:
    op.create_table(
        "carrier_accounts",
        sa.Column("id", Big, nullable=False),
        sa.Column("seller_id", Big, nullable=False),
        sa.Column("carrier", sa.String(12), nullable=False),
        sa.Column("address", sa.String(32), nullable=False),
        sa.Column("data_key", sa.LargeBinary(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("is_test", sa.Boolean(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("started_by_id", Big),
        sa.Column("ended_at", UtcDateTime()),
        sa.ForeignKeyConstraint(
            ["seller_id"], ["sellers.id"], name=op.f("fk_carrier_accounts_seller_id_sellers")
        ),
        sa.ForeignKeyConstraint(
            ["started_by_id"], ["accounts.id"],
            name=op.f("fk_carrier_accounts_started_by_id_accounts"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_carrier_accounts")),
        sa.UniqueConstraint("address", name=op.f("uq_carrier_accounts_address")),
    )  # fmt: skip
    op.create_index(op.f("ix_carrier_accounts_seller_id"), "carrier_accounts", ["seller_id"])
    op.create_table(
        "carrier_parcels",
        sa.Column("id", Big, nullable=False),
        sa.Column("seller_id", Big, nullable=False),
        sa.Column("seller_order_id", Big, nullable=False),
        sa.Column("account_id", Big, nullable=False),
        sa.Column("client_code", sa.String(40), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("tracking_code", sa.String(60), nullable=False),
        sa.Column("weight_g", Big, nullable=False),
        sa.Column("cod_vnd", Big, nullable=False),
        sa.Column("quoted_vnd", Big),
        sa.Column("fee_vnd", Big),
        sa.Column("track", sa.String(10), nullable=False),
        sa.Column("tracked_at", UtcDateTime()),
        sa.Column("words", sa.String(200), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("asked_by_id", Big),
        sa.Column("settled_at", UtcDateTime()),
        sa.CheckConstraint(
            "state IN ('asked', 'made', 'refused', 'cancelling', 'cancelled')",
            name=op.f("ck_carrier_parcels_state_known"),
        ),
        sa.CheckConstraint("weight_g > 0", name=op.f("ck_carrier_parcels_weight_positive")),
        sa.CheckConstraint("cod_vnd >= 0", name=op.f("ck_carrier_parcels_cod_not_negative")),
        sa.CheckConstraint(
            "quoted_vnd IS NULL OR quoted_vnd >= 0",
            name=op.f("ck_carrier_parcels_quoted_not_negative"),
        ),
        sa.CheckConstraint(
            "fee_vnd IS NULL OR fee_vnd >= 0", name=op.f("ck_carrier_parcels_fee_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["seller_id"], ["sellers.id"], name=op.f("fk_carrier_parcels_seller_id_sellers")
        ),
        sa.ForeignKeyConstraint(
            ["seller_order_id"], ["seller_orders.id"],
            name=op.f("fk_carrier_parcels_seller_order_id_seller_orders"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["carrier_accounts.id"],
            name=op.f("fk_carrier_parcels_account_id_carrier_accounts"),
        ),
        sa.ForeignKeyConstraint(
            ["asked_by_id"], ["accounts.id"], name=op.f("fk_carrier_parcels_asked_by_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_carrier_parcels")),
        sa.UniqueConstraint("client_code", name=op.f("uq_carrier_parcels_client_code")),
    )  # fmt: skip
    op.create_index(op.f("ix_carrier_parcels_seller_id"), "carrier_parcels", ["seller_id"])
    op.create_index(
        op.f("ix_carrier_parcels_seller_order_id"), "carrier_parcels", ["seller_order_id"]
    )
    op.create_index("ix_carrier_parcels_code", "carrier_parcels", ["account_id", "tracking_code"])
    op.create_index(
        "uq_carrier_parcels_alive", "carrier_parcels", ["seller_order_id"], unique=True,
        sqlite_where=_ALIVE, postgresql_where=_ALIVE,
    )  # fmt: skip
    op.create_table(
        "carrier_words",
        sa.Column("id", Big, nullable=False),
        sa.Column("account_id", Big, nullable=False),
        sa.Column("key", sa.String(150), nullable=False),
        sa.Column("tracking_code", sa.String(60), nullable=False),
        sa.Column("track", sa.String(10), nullable=False),
        sa.Column("said_at", UtcDateTime()),
        sa.Column("words", sa.String(200), nullable=False),
        sa.Column("came_at", UtcDateTime(), nullable=False),
        sa.Column("applied_at", UtcDateTime()),
        sa.ForeignKeyConstraint(
            ["account_id"], ["carrier_accounts.id"],
            name=op.f("fk_carrier_words_account_id_carrier_accounts"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_carrier_words")),
        sa.UniqueConstraint("account_id", "key", name=op.f("uq_carrier_words_account_id_key")),
    )  # fmt: skip
    if op.get_bind().dialect.name == "sqlite":
        return
    hers = f"seller_id = nullif({_SAID}, '')::bigint"
    of_hers = "EXISTS (SELECT FROM carrier_accounts a WHERE a.id = account_id)"
    for table, rule in (
        ("carrier_accounts", hers), ("carrier_parcels", hers), ("carrier_words", of_hers),
    ):  # fmt: skip
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")  # For the owner as well.
        op.execute(
            f"CREATE POLICY {table}_hers ON {table} USING (coalesce({_SAID}, '') = '' OR {rule})"
        )


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
