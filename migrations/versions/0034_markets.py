"""Markets: series, sessions, places, what sellers bring."""

import sqlalchemy as sa
from alembic import op

import shop.db

revision = "0034"
down_revision = "0033c"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DUE = sa.text("state = 'shown' AND closed_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "market_series",
        sa.Column("id", BIG, nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("organisation_id", BIG, nullable=False),
        sa.Column("title_vi", sa.String(length=120), nullable=False),
        sa.Column("title_en", sa.String(length=120), nullable=False),
        sa.Column("rule", sa.String(length=30), nullable=False),
        sa.Column("shift", sa.String(length=10), nullable=False),
        sa.Column("created_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("created_by_id", BIG, nullable=True),
        sa.Column("ended_at", shop.db.UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "shift IN ('earlier', 'later', 'none')", name=op.f("ck_market_series_shift_known")
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["accounts.id"], name=op.f("fk_market_series_created_by_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_market_series_organisation_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_market_series")),
        sa.UniqueConstraint("code", name=op.f("uq_market_series_code")),
    )
    op.create_index(
        op.f("ix_market_series_organisation_id"), "market_series", ["organisation_id"], unique=False
    )
    op.create_table(
        "market_sessions",
        sa.Column("id", BIG, nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("series_id", BIG, nullable=True),
        sa.Column("organisation_id", BIG, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("title_vi", sa.String(length=120), nullable=False),
        sa.Column("title_en", sa.String(length=120), nullable=False),
        sa.Column("note_vi", sa.String(length=600), nullable=False),
        sa.Column("note_en", sa.String(length=600), nullable=False),
        sa.Column("opens_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("closes_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("hand_over_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("ends_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("max_orders", BIG, nullable=True),
        sa.Column("max_amount_vnd", BIG, nullable=True),
        sa.Column("orders", BIG, nullable=False),
        sa.Column("amount_vnd", BIG, nullable=False),
        sa.Column("collects", sa.Boolean(), nullable=False),
        sa.Column("payee_id", BIG, nullable=True),
        sa.Column("copied_from_id", BIG, nullable=True),
        sa.Column("created_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("created_by_id", BIG, nullable=True),
        sa.Column("shown_at", shop.db.UtcDateTime(), nullable=True),
        sa.Column("closed_at", shop.db.UtcDateTime(), nullable=True),
        sa.Column("settled_at", shop.db.UtcDateTime(), nullable=True),
        sa.Column("cancelled_at", shop.db.UtcDateTime(), nullable=True),
        sa.Column("cancel_reason", sa.String(length=300), nullable=False),
        sa.CheckConstraint(
            "state IN ('draft', 'shown', 'cancelled')", name=op.f("ck_market_sessions_state_known")
        ),
        sa.CheckConstraint(
            "opens_at < closes_at AND closes_at <= hand_over_at AND hand_over_at < ends_at",
            name=op.f("ck_market_sessions_times_in_order"),
        ),
        sa.CheckConstraint(
            "orders >= 0 AND amount_vnd >= 0", name=op.f("ck_market_sessions_sums_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["copied_from_id"],
            ["market_sessions.id"],
            name=op.f("fk_market_sessions_copied_from_id_market_sessions"),
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"],
            ["accounts.id"],
            name=op.f("fk_market_sessions_created_by_id_accounts"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_market_sessions_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(
            ["payee_id"], ["payees.id"], name=op.f("fk_market_sessions_payee_id_payees")
        ),
        sa.ForeignKeyConstraint(
            ["series_id"],
            ["market_series.id"],
            name=op.f("fk_market_sessions_series_id_market_series"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_market_sessions")),
        sa.UniqueConstraint("code", name=op.f("uq_market_sessions_code")),
    )
    op.create_index(
        "ix_market_sessions_due",
        "market_sessions",
        ["closes_at"],
        unique=False,
        sqlite_where=DUE,
        postgresql_where=DUE,
    )
    op.create_index(
        op.f("ix_market_sessions_organisation_id"),
        "market_sessions",
        ["organisation_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_market_sessions_series_id"), "market_sessions", ["series_id"], unique=False
    )
    op.create_index(
        "ix_market_sessions_shown", "market_sessions", ["state", "closes_at"], unique=False
    )
    op.create_table(
        "market_offers",
        sa.Column("id", BIG, nullable=False),
        sa.Column("session_id", BIG, nullable=False),
        sa.Column("seller_id", BIG, nullable=False),
        sa.Column("variant_id", BIG, nullable=False),
        sa.Column("price_vnd", BIG, nullable=False),
        sa.Column("quantity", BIG, nullable=False),
        sa.Column("least", BIG, nullable=False),
        sa.Column("taken", BIG, nullable=False),
        sa.Column("every_time", sa.Boolean(), nullable=False),
        sa.Column("seller_agreed_at", shop.db.UtcDateTime(), nullable=True),
        sa.Column("officer_agreed_at", shop.db.UtcDateTime(), nullable=True),
        sa.Column("ended_at", shop.db.UtcDateTime(), nullable=True),
        sa.Column("fell_at", shop.db.UtcDateTime(), nullable=True),
        sa.Column("created_at", shop.db.UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "0 <= least AND least <= quantity", name=op.f("ck_market_offers_least_within_quantity")
        ),
        sa.CheckConstraint(
            "0 <= taken AND taken <= quantity", name=op.f("ck_market_offers_taken_within_quantity")
        ),
        sa.CheckConstraint("price_vnd > 0", name=op.f("ck_market_offers_price_positive")),
        sa.ForeignKeyConstraint(
            ["seller_id"], ["sellers.id"], name=op.f("fk_market_offers_seller_id_sellers")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["market_sessions.id"],
            name=op.f("fk_market_offers_session_id_market_sessions"),
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["variants.id"], name=op.f("fk_market_offers_variant_id_variants")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_market_offers")),
        sa.UniqueConstraint(
            "session_id", "variant_id", name=op.f("uq_market_offers_session_id_variant_id")
        ),
    )
    op.create_index(
        op.f("ix_market_offers_seller_id"), "market_offers", ["seller_id"], unique=False
    )
    op.create_index(
        op.f("ix_market_offers_variant_id"), "market_offers", ["variant_id"], unique=False
    )
    op.create_table(
        "market_pickups",
        sa.Column("id", BIG, nullable=False),
        sa.Column("session_id", BIG, nullable=False),
        sa.Column("name_vi", sa.String(length=120), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=False),
        sa.Column("address_vi", sa.String(length=200), nullable=False),
        sa.Column("address_en", sa.String(length=200), nullable=False),
        sa.Column("starts_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("ends_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("max_orders", BIG, nullable=True),
        sa.Column("taken", BIG, nullable=False),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_market_pickups_ends_after_start")),
        sa.CheckConstraint(
            "taken >= 0 AND (max_orders IS NULL OR taken <= max_orders)",
            name=op.f("ck_market_pickups_taken_within_most"),
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["market_sessions.id"],
            name=op.f("fk_market_pickups_session_id_market_sessions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_market_pickups")),
    )
    op.create_index(
        op.f("ix_market_pickups_session_id"), "market_pickups", ["session_id"], unique=False
    )


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
