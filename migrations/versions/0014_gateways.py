"""Cards and wallets: visits to payment pages, what gateways told, refunds, disputes, payouts."""

import sqlalchemy as sa
from alembic import op

import shop.db

revision = "0014"
down_revision = "0018a"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

#: An organisation's business: no request of a stall reads or writes these (as in 0008).
APART = (
    "gateway_visits", "gateway_messages", "gateway_refusals", "gateway_refunds",
    "gateway_disputes", "gateway_payouts", "gateway_tasks",
)  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "gateway_refusals",
        sa.Column("id", BIG, nullable=False),
        sa.Column("gateway", sa.String(length=10), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("times", BIG, nullable=False),
        sa.Column("last_at", shop.db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gateway_refusals")),
        sa.UniqueConstraint(
            "gateway", "on_day", "reason", name=op.f("uq_gateway_refusals_gateway_on_day_reason")
        ),
    )
    op.create_table(
        "gateway_payouts",
        sa.Column("id", BIG, nullable=False),
        sa.Column("gateway", sa.String(length=10), nullable=False),
        sa.Column("outside_id", sa.String(length=120), nullable=False),
        sa.Column("organisation_id", BIG, nullable=False),
        sa.Column("payee_id", BIG, nullable=False),
        sa.Column("bank_vnd", BIG, nullable=False),
        sa.Column("fees_vnd", BIG, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount_minor", BIG, nullable=False),
        sa.Column("paid_at", shop.db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_gateway_payouts_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(
            ["payee_id"], ["payees.id"], name=op.f("fk_gateway_payouts_payee_id_payees")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gateway_payouts")),
        sa.UniqueConstraint(
            "gateway", "outside_id", name=op.f("uq_gateway_payouts_gateway_outside_id")
        ),
    )
    op.create_index(
        op.f("ix_gateway_payouts_organisation_id"),
        "gateway_payouts",
        ["organisation_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_gateway_payouts_payee_id"), "gateway_payouts", ["payee_id"], unique=False
    )
    op.create_table(
        "gateway_messages",
        sa.Column("id", BIG, nullable=False),
        sa.Column("gateway", sa.String(length=10), nullable=False),
        sa.Column("outside_id", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("data_key", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("copies", BIG, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("charge_id", sa.String(length=120), nullable=True),
        sa.Column("payment_id", BIG, nullable=True),
        sa.Column("applied_at", shop.db.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payments.id"], name=op.f("fk_gateway_messages_payment_id_payments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gateway_messages")),
        sa.UniqueConstraint(
            "gateway", "outside_id", name=op.f("uq_gateway_messages_gateway_outside_id")
        ),
    )
    op.create_index(
        op.f("ix_gateway_messages_charge_id"), "gateway_messages", ["charge_id"], unique=False
    )
    op.create_index(
        op.f("ix_gateway_messages_payment_id"), "gateway_messages", ["payment_id"], unique=False
    )
    op.create_index(op.f("ix_gateway_messages_state"), "gateway_messages", ["state"], unique=False)
    op.create_table(
        "gateway_tasks",
        sa.Column("id", BIG, nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("gateway", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("payment_id", BIG, nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount_minor", BIG, nullable=False),
        sa.Column("outside_id", sa.String(length=120), nullable=False),
        sa.Column("opened_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("closed_at", shop.db.UtcDateTime(), nullable=True),
        sa.Column("closed_by_id", BIG, nullable=True),
        sa.Column("said", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(
            ["closed_by_id"], ["accounts.id"], name=op.f("fk_gateway_tasks_closed_by_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payments.id"], name=op.f("fk_gateway_tasks_payment_id_payments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gateway_tasks")),
        sa.UniqueConstraint("key", name=op.f("uq_gateway_tasks_key")),
    )
    op.create_index(
        op.f("ix_gateway_tasks_payment_id"), "gateway_tasks", ["payment_id"], unique=False
    )
    op.create_table(
        "gateway_visits",
        sa.Column("id", BIG, nullable=False),
        sa.Column("payment_id", BIG, nullable=False),
        sa.Column("gateway", sa.String(length=10), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("amount_vnd", BIG, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount_minor", BIG, nullable=False),
        sa.Column("rate", sa.String(length=40), nullable=False),
        sa.Column("locale", sa.String(length=5), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("outside_id", sa.String(length=120), nullable=True),
        sa.Column("charge_id", sa.String(length=120), nullable=True),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("opened_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("expires_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("changed_at", shop.db.UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "amount_vnd > 0 AND amount_minor > 0", name=op.f("ck_gateway_visits_amount_positive")
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payments.id"], name=op.f("fk_gateway_visits_payment_id_payments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gateway_visits")),
        sa.UniqueConstraint(
            "gateway", "outside_id", name=op.f("uq_gateway_visits_gateway_outside_id")
        ),
        sa.UniqueConstraint("key", name=op.f("uq_gateway_visits_key")),
    )
    op.create_index(
        op.f("ix_gateway_visits_charge_id"), "gateway_visits", ["charge_id"], unique=False
    )
    op.create_index(
        op.f("ix_gateway_visits_payment_id"), "gateway_visits", ["payment_id"], unique=False
    )
    op.create_table(
        "gateway_disputes",
        sa.Column("id", BIG, nullable=False),
        sa.Column("gateway", sa.String(length=10), nullable=False),
        sa.Column("outside_id", sa.String(length=120), nullable=False),
        sa.Column("visit_id", BIG, nullable=False),
        sa.Column("payment_id", BIG, nullable=False),
        sa.Column("taken_vnd", BIG, nullable=False),
        sa.Column("fee_vnd", BIG, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount_minor", BIG, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("opened_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("closed_at", shop.db.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payments.id"], name=op.f("fk_gateway_disputes_payment_id_payments")
        ),
        sa.ForeignKeyConstraint(
            ["visit_id"],
            ["gateway_visits.id"],
            name=op.f("fk_gateway_disputes_visit_id_gateway_visits"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gateway_disputes")),
        sa.UniqueConstraint(
            "gateway", "outside_id", name=op.f("uq_gateway_disputes_gateway_outside_id")
        ),
    )
    op.create_index(
        op.f("ix_gateway_disputes_payment_id"), "gateway_disputes", ["payment_id"], unique=False
    )
    op.create_index(op.f("ix_gateway_disputes_state"), "gateway_disputes", ["state"], unique=False)
    op.create_index(
        op.f("ix_gateway_disputes_visit_id"), "gateway_disputes", ["visit_id"], unique=False
    )
    op.create_table(
        "gateway_refunds",
        sa.Column("id", BIG, nullable=False),
        sa.Column("payment_id", BIG, nullable=False),
        sa.Column("visit_id", BIG, nullable=False),
        sa.Column("gateway", sa.String(length=10), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("amount_vnd", BIG, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount_minor", BIG, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("outside_id", sa.String(length=120), nullable=True),
        sa.Column("reason", sa.String(length=60), nullable=False),
        sa.Column("actor_kind", sa.String(length=10), nullable=False),
        sa.Column("actor_id", BIG, nullable=True),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("wanted_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("changed_at", shop.db.UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "amount_vnd > 0 AND amount_minor > 0", name=op.f("ck_gateway_refunds_amount_positive")
        ),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["accounts.id"], name=op.f("fk_gateway_refunds_actor_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payments.id"], name=op.f("fk_gateway_refunds_payment_id_payments")
        ),
        sa.ForeignKeyConstraint(
            ["visit_id"],
            ["gateway_visits.id"],
            name=op.f("fk_gateway_refunds_visit_id_gateway_visits"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gateway_refunds")),
        sa.UniqueConstraint(
            "gateway", "outside_id", name=op.f("uq_gateway_refunds_gateway_outside_id")
        ),
        sa.UniqueConstraint("key", name=op.f("uq_gateway_refunds_key")),
    )
    op.create_index(
        op.f("ix_gateway_refunds_payment_id"), "gateway_refunds", ["payment_id"], unique=False
    )
    op.create_index(op.f("ix_gateway_refunds_state"), "gateway_refunds", ["state"], unique=False)
    op.create_index(
        op.f("ix_gateway_refunds_visit_id"), "gateway_refunds", ["visit_id"], unique=False
    )
    op.add_column("payment_events", sa.Column("currency", sa.String(length=3), nullable=True))
    op.add_column("payment_events", sa.Column("amount_minor", BIG, nullable=True))
    if op.get_bind().dialect.name == "postgresql":
        nobody = "coalesce(current_setting('shop.seller', true), '') = ''"
        for table in APART:
            op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
            op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
            op.execute(f"CREATE POLICY {table}_apart ON {table} USING ({nobody})")


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
