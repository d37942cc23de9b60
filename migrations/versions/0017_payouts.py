"""Settlements with sellers: drafts, statements, transfers, and which entries they are made of."""

import sqlalchemy as sa
from alembic import op

import shop.db

revision = "0017"
down_revision = "0019"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

_SAID = "current_setting('shop.seller', true)"
NOBODY = f"coalesce({_SAID}, '') = ''"
HERS = f"nullif({_SAID}, '')::bigint"

#: What a request of a stall meets of these tables, as in 0008: her own statements and transfers.
PRIVATE = {
    "payout_statements": f"seller_id = {HERS}",
    "payouts": f"seller_id = {HERS}",
    "payout_lines": "EXISTS (SELECT FROM payout_statements s WHERE s.id = statement_id)",
}


def upgrade() -> None:
    op.create_table(
        "payout_settings",
        sa.Column("organisation_id", BIG, nullable=False),
        sa.Column("rhythm", sa.String(length=10), nullable=False),
        sa.Column("least_vnd", BIG, nullable=False),
        sa.Column("changed_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("changed_by_id", BIG, nullable=True),
        sa.Column("looked_at", shop.db.UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "rhythm IN ('by_hand', 'weekly', 'monthly')",
            name=op.f("ck_payout_settings_rhythm_known"),
        ),
        sa.CheckConstraint("least_vnd >= 0", name=op.f("ck_payout_settings_least_not_negative")),
        sa.ForeignKeyConstraint(
            ["changed_by_id"],
            ["accounts.id"],
            name=op.f("fk_payout_settings_changed_by_id_accounts"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_payout_settings_organisation_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_payout_settings")),
    )
    op.create_table(
        "settlements",
        sa.Column("id", BIG, nullable=False),
        sa.Column("organisation_id", BIG, nullable=False),
        sa.Column("source_kind", sa.String(length=10), nullable=False),
        sa.Column("source_id", BIG, nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=False),
        sa.Column("least_vnd", BIG, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("seller_count", BIG, nullable=False),
        sa.Column("line_count", BIG, nullable=False),
        sa.Column("pays_vnd", BIG, nullable=False),
        sa.Column("carried_vnd", BIG, nullable=False),
        sa.Column("drafted_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("drafted_by_id", BIG, nullable=True),
        sa.Column("approved_at", shop.db.UtcDateTime(), nullable=True),
        sa.Column("approved_by_id", BIG, nullable=True),
        sa.Column("dropped_at", shop.db.UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "(state = 'approved') = (approved_by_id IS NOT NULL)",
            name=op.f("ck_settlements_approved_by_somebody"),
        ),
        sa.CheckConstraint(
            "source_kind IN ('period', 'market')", name=op.f("ck_settlements_source_known")
        ),
        sa.CheckConstraint(
            "state IN ('drafted', 'approved', 'dropped')", name=op.f("ck_settlements_state_known")
        ),
        sa.CheckConstraint("to_on >= from_on", name=op.f("ck_settlements_ends_after_start")),
        sa.ForeignKeyConstraint(
            ["approved_by_id"], ["accounts.id"], name=op.f("fk_settlements_approved_by_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["drafted_by_id"], ["accounts.id"], name=op.f("fk_settlements_drafted_by_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_settlements_organisation_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settlements")),
    )
    op.create_index(
        "ix_settlements_organisation_id", "settlements", ["organisation_id", "id"], unique=False
    )
    op.create_index(
        "uq_settlements_one_draft",
        "settlements",
        ["organisation_id"],
        unique=True,
        sqlite_where=sa.text("state = 'drafted'"),
        postgresql_where=sa.text("state = 'drafted'"),
    )
    op.create_table(
        "payout_marks",
        sa.Column("settlement_id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("open_from_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["ledger_accounts.id"],
            name=op.f("fk_payout_marks_account_id_ledger_accounts"),
        ),
        sa.ForeignKeyConstraint(
            ["settlement_id"],
            ["settlements.id"],
            name=op.f("fk_payout_marks_settlement_id_settlements"),
        ),
        sa.PrimaryKeyConstraint("settlement_id", "account_id", name=op.f("pk_payout_marks")),
    )
    op.create_index(
        op.f("ix_payout_marks_account_id"), "payout_marks", ["account_id"], unique=False
    )
    op.create_table(
        "payout_statements",
        sa.Column("id", BIG, nullable=False),
        sa.Column("settlement_id", BIG, nullable=False),
        sa.Column("organisation_id", BIG, nullable=False),
        sa.Column("seller_id", BIG, nullable=False),
        sa.Column("previous_id", BIG, nullable=True),
        sa.Column("opening_vnd", BIG, nullable=False),
        sa.Column("goods_vnd", BIG, nullable=False),
        sa.Column("delivery_vnd", BIG, nullable=False),
        sa.Column("returns_vnd", BIG, nullable=False),
        sa.Column("commission_vnd", BIG, nullable=False),
        sa.Column("tax_vnd", BIG, nullable=False),
        sa.Column("debts_vnd", BIG, nullable=False),
        sa.Column("due_vnd", BIG, nullable=False),
        sa.Column("of_goods_vnd", BIG, nullable=False),
        sa.Column("of_delivery_vnd", BIG, nullable=False),
        sa.Column("of_debts_vnd", BIG, nullable=False),
        sa.Column("pays_vnd", BIG, nullable=False),
        sa.Column("carried_vnd", BIG, nullable=False),
        sa.Column("line_count", BIG, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("payee_id", BIG, nullable=True),
        sa.Column("approved_by_id", BIG, nullable=True),
        sa.CheckConstraint(
            "state = 'drafted' OR approved_by_id IS NOT NULL",
            name=op.f("ck_payout_statements_approved_by_somebody"),
        ),
        sa.CheckConstraint(
            "state IN ('drafted', 'approved', 'carried', 'sent', 'confirmed', 'failed')",
            name=op.f("ck_payout_statements_state_known"),
        ),
        sa.CheckConstraint(
            "state IN ('drafted', 'carried') OR pays_vnd > 0",
            name=op.f("ck_payout_statements_nothing_is_not_paid"),
        ),
        sa.CheckConstraint(
            "due_vnd = of_goods_vnd + of_delivery_vnd + of_debts_vnd",
            name=op.f("ck_payout_statements_due_is_of_accounts"),
        ),
        sa.CheckConstraint(
            "due_vnd = opening_vnd + goods_vnd + delivery_vnd + returns_vnd + commission_vnd + tax_vnd + debts_vnd",
            name=op.f("ck_payout_statements_due_is_its_sums"),
        ),
        sa.CheckConstraint(
            "due_vnd = pays_vnd + carried_vnd", name=op.f("ck_payout_statements_paid_or_carried")
        ),
        sa.CheckConstraint(
            "pays_vnd >= 0 AND (pays_vnd = 0 OR carried_vnd = 0)",
            name=op.f("ck_payout_statements_never_both"),
        ),
        sa.ForeignKeyConstraint(
            ["approved_by_id"],
            ["accounts.id"],
            name=op.f("fk_payout_statements_approved_by_id_accounts"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_payout_statements_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(
            ["payee_id"], ["payees.id"], name=op.f("fk_payout_statements_payee_id_payees")
        ),
        sa.ForeignKeyConstraint(
            ["previous_id"],
            ["payout_statements.id"],
            name=op.f("fk_payout_statements_previous_id_payout_statements"),
        ),
        sa.ForeignKeyConstraint(
            ["seller_id"], ["sellers.id"], name=op.f("fk_payout_statements_seller_id_sellers")
        ),
        sa.ForeignKeyConstraint(
            ["settlement_id"],
            ["settlements.id"],
            name=op.f("fk_payout_statements_settlement_id_settlements"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payout_statements")),
        sa.UniqueConstraint("previous_id", name=op.f("uq_payout_statements_previous_id")),
        sa.UniqueConstraint(
            "settlement_id", "seller_id", name=op.f("uq_payout_statements_settlement_id_seller_id")
        ),
    )
    op.create_index(
        "ix_payout_statements_seller",
        "payout_statements",
        ["organisation_id", "seller_id", "id"],
        unique=False,
    )
    op.create_index(
        "ix_payout_statements_seller_id", "payout_statements", ["seller_id", "id"], unique=False
    )
    op.create_table(
        "payout_lines",
        sa.Column("entry_id", BIG, autoincrement=False, nullable=False),
        sa.Column("statement_id", BIG, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("amount_vnd", BIG, nullable=False),
        sa.Column("commission_vnd", BIG, nullable=False),
        sa.Column("tax_vnd", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["ledger_entries.id"],
            name=op.f("fk_payout_lines_entry_id_ledger_entries"),
        ),
        sa.ForeignKeyConstraint(
            ["statement_id"],
            ["payout_statements.id"],
            name=op.f("fk_payout_lines_statement_id_payout_statements"),
        ),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_payout_lines")),
    )
    op.create_index(
        "ix_payout_lines_statement", "payout_lines", ["statement_id", "entry_id"], unique=False
    )
    op.create_table(
        "payouts",
        sa.Column("id", BIG, nullable=False),
        sa.Column("statement_id", BIG, nullable=False),
        sa.Column("organisation_id", BIG, nullable=False),
        sa.Column("seller_id", BIG, nullable=False),
        sa.Column("amount_vnd", BIG, nullable=False),
        sa.Column("payee_id", BIG, nullable=False),
        sa.Column("from_payee_id", BIG, nullable=False),
        sa.Column("reference", sa.String(length=60), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("approved_by_id", BIG, nullable=False),
        sa.Column("sent_by_id", BIG, nullable=False),
        sa.Column("sent_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("settled_at", shop.db.UtcDateTime(), nullable=True),
        sa.Column("settled_by_id", BIG, nullable=True),
        sa.Column("failed_for", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "(state = 'sent') = (settled_at IS NULL)", name=op.f("ck_payouts_settled_at_some_time")
        ),
        sa.CheckConstraint(
            "state IN ('sent', 'confirmed', 'failed')", name=op.f("ck_payouts_state_known")
        ),
        sa.CheckConstraint("amount_vnd > 0", name=op.f("ck_payouts_amount_above_nought")),
        sa.CheckConstraint("length(trim(reference)) > 0", name=op.f("ck_payouts_has_reference")),
        sa.CheckConstraint("sent_by_id <> approved_by_id", name=op.f("ck_payouts_two_people")),
        sa.ForeignKeyConstraint(
            ["approved_by_id"], ["accounts.id"], name=op.f("fk_payouts_approved_by_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["from_payee_id"], ["payees.id"], name=op.f("fk_payouts_from_payee_id_payees")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_payouts_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(
            ["payee_id"], ["payees.id"], name=op.f("fk_payouts_payee_id_payees")
        ),
        sa.ForeignKeyConstraint(
            ["seller_id"], ["sellers.id"], name=op.f("fk_payouts_seller_id_sellers")
        ),
        sa.ForeignKeyConstraint(
            ["sent_by_id"], ["accounts.id"], name=op.f("fk_payouts_sent_by_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["settled_by_id"], ["accounts.id"], name=op.f("fk_payouts_settled_by_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["statement_id"],
            ["payout_statements.id"],
            name=op.f("fk_payouts_statement_id_payout_statements"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payouts")),
    )
    op.create_index("ix_payouts_statement_id", "payouts", ["statement_id", "id"], unique=False)
    op.create_index(
        "uq_payouts_one_stands",
        "payouts",
        ["statement_id"],
        unique=True,
        sqlite_where=sa.text("state <> 'failed'"),
        postgresql_where=sa.text("state <> 'failed'"),
    )
    op.create_index(
        "ix_ledger_accounts_detail", "ledger_accounts", ["detail", "kind"], unique=False
    )

    if op.get_bind().dialect.name == "postgresql":
        for table, hers in PRIVATE.items():
            op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
            op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
            op.execute(f"CREATE POLICY {table}_hers ON {table} USING ({NOBODY} OR {hers})")


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
