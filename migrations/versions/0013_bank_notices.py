"""What banks say of money that came: services, statement files, each movement once."""

import sqlalchemy as sa
from alembic import op

import shop.db

revision = "0013"
down_revision = "0012a"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

_SAID = "current_setting('shop.seller', true)"
NOBODY = f"coalesce({_SAID}, '') = ''"
HERS = f"nullif({_SAID}, '')::bigint"

#: What a request of a stall meets of these tables, as in 0008: what banks told of her account.
PRIVATE = {
    **dict.fromkeys(("bank_feeds", "bank_statements", "bank_notices"), f"seller_id = {HERS}"),
    "bank_refusals": "EXISTS (SELECT FROM bank_feeds f WHERE f.id = feed_id)",
    **dict.fromkeys(
        ("bank_notice_moves", "bank_matches"),
        "EXISTS (SELECT FROM bank_notices n WHERE n.id = notice_id)",
    ),
}


def upgrade() -> None:
    op.create_table(
        "bank_feeds",
        sa.Column("id", BIG, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("seller_id", BIG, nullable=True),
        sa.Column("organisation_id", BIG, nullable=True),
        sa.Column("address", sa.String(length=32), nullable=False),
        sa.Column("data_key", sa.LargeBinary(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("started_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("started_by_id", BIG, nullable=True),
        sa.Column("ended_at", shop.db.UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "(seller_id IS NULL) <> (organisation_id IS NULL)", name=op.f("ck_bank_feeds_one_owner")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_bank_feeds_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(
            ["seller_id"], ["sellers.id"], name=op.f("fk_bank_feeds_seller_id_sellers")
        ),
        sa.ForeignKeyConstraint(
            ["started_by_id"], ["accounts.id"], name=op.f("fk_bank_feeds_started_by_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_feeds")),
        sa.UniqueConstraint("address", name=op.f("uq_bank_feeds_address")),
    )
    op.create_index(
        op.f("ix_bank_feeds_organisation_id"), "bank_feeds", ["organisation_id"], unique=False
    )
    op.create_index(op.f("ix_bank_feeds_seller_id"), "bank_feeds", ["seller_id"], unique=False)

    op.create_table(
        "bank_refusals",
        sa.Column("id", BIG, nullable=False),
        sa.Column("feed_id", BIG, nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("times", BIG, nullable=False),
        sa.Column("last_at", shop.db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["feed_id"], ["bank_feeds.id"], name=op.f("fk_bank_refusals_feed_id_bank_feeds")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_refusals")),
        sa.UniqueConstraint(
            "feed_id", "on_day", "reason", name=op.f("uq_bank_refusals_feed_id_on_day_reason")
        ),
    )
    op.create_table(
        "bank_statements",
        sa.Column("id", BIG, nullable=False),
        sa.Column("payee_id", BIG, nullable=False),
        sa.Column("seller_id", BIG, nullable=True),
        sa.Column("organisation_id", BIG, nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("line_count", BIG, nullable=False),
        sa.Column("went_count", BIG, nullable=False),
        sa.Column("unread_count", BIG, nullable=False),
        sa.Column("first_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("last_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("data_key", sa.LargeBinary(), nullable=False),
        sa.Column("lines", sa.LargeBinary(), nullable=False),
        sa.Column("uploaded_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("uploaded_by_id", BIG, nullable=True),
        sa.Column("stored_at", shop.db.UtcDateTime(), nullable=True),
        sa.Column("new_count", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_bank_statements_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(
            ["payee_id"], ["payees.id"], name=op.f("fk_bank_statements_payee_id_payees")
        ),
        sa.ForeignKeyConstraint(
            ["seller_id"], ["sellers.id"], name=op.f("fk_bank_statements_seller_id_sellers")
        ),
        sa.ForeignKeyConstraint(
            ["uploaded_by_id"],
            ["accounts.id"],
            name=op.f("fk_bank_statements_uploaded_by_id_accounts"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_statements")),
    )
    op.create_index(
        op.f("ix_bank_statements_organisation_id"),
        "bank_statements",
        ["organisation_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_bank_statements_payee_id"), "bank_statements", ["payee_id"], unique=False
    )
    op.create_index(
        op.f("ix_bank_statements_seller_id"), "bank_statements", ["seller_id"], unique=False
    )

    op.create_table(
        "bank_notices",
        sa.Column("id", BIG, nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("feed_id", BIG, nullable=True),
        sa.Column("statement_id", BIG, nullable=True),
        sa.Column("seller_id", BIG, nullable=True),
        sa.Column("organisation_id", BIG, nullable=True),
        sa.Column("payee_id", BIG, nullable=True),
        sa.Column("last4", sa.String(length=4), nullable=False),
        sa.Column("amount_vnd", BIG, nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("reference", sa.String(length=60), nullable=False),
        sa.Column("booked_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("by_day", sa.Boolean(), nullable=False),
        sa.Column("data_key", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("payment_id", BIG, nullable=True),
        sa.Column("same_as_id", BIG, nullable=True),
        sa.Column("decided_at", shop.db.UtcDateTime(), nullable=True),
        sa.Column("decided_by_id", BIG, nullable=True),
        sa.Column("reminded_at", shop.db.UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "(seller_id IS NULL) <> (organisation_id IS NULL)",
            name=op.f("ck_bank_notices_one_owner"),
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["accounts.id"], name=op.f("fk_bank_notices_decided_by_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["feed_id"], ["bank_feeds.id"], name=op.f("fk_bank_notices_feed_id_bank_feeds")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_bank_notices_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(
            ["payee_id"], ["payees.id"], name=op.f("fk_bank_notices_payee_id_payees")
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payments.id"], name=op.f("fk_bank_notices_payment_id_payments")
        ),
        sa.ForeignKeyConstraint(
            ["same_as_id"],
            ["bank_notices.id"],
            name=op.f("fk_bank_notices_same_as_id_bank_notices"),
        ),
        sa.ForeignKeyConstraint(
            ["seller_id"], ["sellers.id"], name=op.f("fk_bank_notices_seller_id_sellers")
        ),
        sa.ForeignKeyConstraint(
            ["statement_id"],
            ["bank_statements.id"],
            name=op.f("fk_bank_notices_statement_id_bank_statements"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_notices")),
        sa.UniqueConstraint("key", name=op.f("uq_bank_notices_key")),
    )
    op.create_index(
        "ix_bank_notices_feed_id_received_at",
        "bank_notices",
        ["feed_id", "received_at"],
        unique=False,
    )
    op.create_index(
        "ix_bank_notices_organisation_state",
        "bank_notices",
        ["organisation_id", "state"],
        unique=False,
    )
    op.create_index(
        op.f("ix_bank_notices_payment_id"), "bank_notices", ["payment_id"], unique=False
    )
    op.create_index(
        op.f("ix_bank_notices_same_as_id"), "bank_notices", ["same_as_id"], unique=False
    )
    op.create_index(
        "ix_bank_notices_same_money", "bank_notices", ["payee_id", "amount_vnd"], unique=False
    )
    op.create_index(
        "ix_bank_notices_seller_state", "bank_notices", ["seller_id", "state"], unique=False
    )
    op.create_index(
        op.f("ix_bank_notices_statement_id"), "bank_notices", ["statement_id"], unique=False
    )

    op.create_table(
        "bank_matches",
        sa.Column("id", BIG, nullable=False),
        sa.Column("notice_id", BIG, nullable=False),
        sa.Column("payment_id", BIG, nullable=False),
        sa.Column("payment_event_id", BIG, nullable=False),
        sa.Column("amount_vnd", BIG, nullable=False),
        sa.Column("at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("matched_by_id", BIG, nullable=True),
        sa.Column("undone_at", shop.db.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["matched_by_id"], ["accounts.id"], name=op.f("fk_bank_matches_matched_by_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["bank_notices.id"], name=op.f("fk_bank_matches_notice_id_bank_notices")
        ),
        sa.ForeignKeyConstraint(
            ["payment_event_id"],
            ["payment_events.id"],
            name=op.f("fk_bank_matches_payment_event_id_payment_events"),
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payments.id"], name=op.f("fk_bank_matches_payment_id_payments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_matches")),
    )
    op.create_index(op.f("ix_bank_matches_notice_id"), "bank_matches", ["notice_id"], unique=False)
    op.create_index(
        op.f("ix_bank_matches_payment_id"), "bank_matches", ["payment_id"], unique=False
    )
    op.create_index(
        "uq_bank_matches_event_now",
        "bank_matches",
        ["payment_event_id"],
        unique=True,
        sqlite_where=sa.text("undone_at IS NULL"),
        postgresql_where=sa.text("undone_at IS NULL"),
    )

    op.create_table(
        "bank_notice_moves",
        sa.Column("id", BIG, nullable=False),
        sa.Column("notice_id", BIG, nullable=False),
        sa.Column("from_state", sa.String(length=10), nullable=False),
        sa.Column("to_state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("actor_kind", sa.String(length=10), nullable=False),
        sa.Column("actor_id", BIG, nullable=True),
        sa.Column("at", shop.db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["accounts.id"], name=op.f("fk_bank_notice_moves_actor_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["notice_id"],
            ["bank_notices.id"],
            name=op.f("fk_bank_notice_moves_notice_id_bank_notices"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_notice_moves")),
    )
    op.create_index(
        op.f("ix_bank_notice_moves_notice_id"), "bank_notice_moves", ["notice_id"], unique=False
    )

    _keep("bank_notice_moves")
    if op.get_bind().dialect.name == "postgresql":
        for table, hers in PRIVATE.items():
            op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
            op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
            op.execute(f"CREATE POLICY {table}_hers ON {table} USING ({NOBODY} OR {hers})")


def _keep(trail: str) -> None:
    """Let nobody change or remove what is written down, as in 0002."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {trail}_no_{verb.lower()} BEFORE {verb} ON {trail} "
                "BEGIN SELECT RAISE(ABORT, 'a trail is never changed'); END"
            )
        return
    op.execute(
        f"CREATE TRIGGER {trail}_kept BEFORE UPDATE OR DELETE ON {trail} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        f"CREATE TRIGGER {trail}_kept_whole BEFORE TRUNCATE ON {trail} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
