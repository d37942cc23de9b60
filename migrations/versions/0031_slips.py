"""0-đồng market slips: sheets of them, each household's, and where they paid."""

import sqlalchemy as sa
from alembic import op

import shop.db

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
#: As in 0026, and the slip that a line is of.
FIXED = (
    "id", "campaign_id", "number", "on_day", "amount_vnd", "kind", "code", "commitment",
    "previous", "hash", "transaction_id", "gift_id", "share_payment_id", "disbursement_id",
    "recorded_at", "slip_id",
)  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "slip_sheets",
        sa.Column("id", BIG, nullable=False),
        sa.Column("campaign_id", BIG, nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("planned_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("planned_by_id", BIG, nullable=False),
        sa.Column("approved_at", shop.db.UtcDateTime(), nullable=True),
        sa.Column("approved_by_id", BIG, nullable=True),
        sa.Column("cancelled_at", shop.db.UtcDateTime(), nullable=True),
        sa.Column("cancelled_by_id", BIG, nullable=True),
        sa.Column("postings", BIG, nullable=False),
        sa.CheckConstraint(
            "state IN ('planned', 'approved', 'cancelled')", name=op.f("ck_slip_sheets_state_known")
        ),
        sa.CheckConstraint(
            "state <> 'approved' OR approved_by_id <> planned_by_id",
            name=op.f("ck_slip_sheets_two_people"),
        ),
        *_points("slip_sheets", ("campaign_id", "campaigns"), ("planned_by_id", "accounts"),
                 ("approved_by_id", "accounts"), ("cancelled_by_id", "accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slip_sheets")),
        sa.UniqueConstraint("code", name=op.f("uq_slip_sheets_code")),
    )  # fmt: skip
    op.create_index(op.f("ix_slip_sheets_campaign_id"), "slip_sheets", ["campaign_id"])
    op.create_table(
        "slips",
        sa.Column("id", BIG, nullable=False),
        sa.Column("sheet_id", BIG, nullable=False),
        sa.Column("number", BIG, nullable=False),
        sa.Column("campaign_id", BIG, nullable=False),
        sa.Column("beneficiary_id", BIG, nullable=False),
        sa.Column("code_index", sa.String(length=40), nullable=False),
        sa.Column("data_key", sa.LargeBinary(), nullable=False),
        sa.Column("code", sa.LargeBinary(), nullable=False),
        sa.Column("budget_vnd", BIG, nullable=False),
        sa.Column("left_vnd", BIG, nullable=False),
        sa.Column("released_vnd", BIG, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("ended_at", shop.db.UtcDateTime(), nullable=True),
        sa.Column("ended_how", sa.String(length=10), nullable=False),
        sa.Column("ended_by_id", BIG, nullable=True),
        sa.Column("postings", BIG, nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'open', 'ended')", name=op.f("ck_slips_state_known")
        ),
        sa.CheckConstraint("budget_vnd > 0", name=op.f("ck_slips_budget_above_nought")),
        sa.CheckConstraint(
            "left_vnd >= 0 AND released_vnd >= 0 AND left_vnd + released_vnd <= budget_vnd",
            name=op.f("ck_slips_left_within_budget"),
        ),
        sa.CheckConstraint(
            "state <> 'ended' OR left_vnd = 0", name=op.f("ck_slips_ended_is_empty")
        ),
        sa.CheckConstraint(
            "(state = 'ended') = (ended_how <> '')", name=op.f("ck_slips_ended_somehow")
        ),
        *_points("slips", ("sheet_id", "slip_sheets"), ("campaign_id", "campaigns"),
                 ("beneficiary_id", "beneficiaries"), ("ended_by_id", "accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slips")),
        sa.UniqueConstraint("code_index", name=op.f("uq_slips_code_index")),
        sa.UniqueConstraint("sheet_id", "number", name=op.f("uq_slips_sheet_id_number")),
    )  # fmt: skip
    for column in ("campaign_id", "beneficiary_id"):
        op.create_index(op.f(f"ix_slips_{column}"), "slips", [column])
    op.create_table(
        "slip_uses",
        sa.Column("id", BIG, nullable=False),
        sa.Column("slip_id", BIG, nullable=False),
        sa.Column("order_id", BIG, nullable=False),
        sa.Column("seller_order_id", BIG, nullable=False),
        sa.Column("amount_vnd", BIG, nullable=False),
        sa.Column("at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("by_id", BIG, nullable=True),
        sa.Column("for_her", sa.Boolean(), nullable=False),
        sa.CheckConstraint("amount_vnd >= 0", name=op.f("ck_slip_uses_amount_not_negative")),
        *_points("slip_uses", ("slip_id", "slips"), ("by_id", "accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slip_uses")),
        sa.UniqueConstraint("seller_order_id", name=op.f("uq_slip_uses_seller_order_id")),
    )
    for column in ("slip_id", "order_id"):
        op.create_index(op.f(f"ix_slip_uses_{column}"), "slip_uses", [column])
    for table in ("fund_entries", "seller_orders"):
        _point(table)
        op.create_index(op.f(f"ix_{table}_slip_id"), table, ["slip_id"])
    _keep_the_account()


def _points(table: str, *columns: tuple[str, str]) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))
        for column, to in columns
    ]


def _point(table: str) -> None:
    """Add a column that points to a slip, without writing the table anew."""
    if op.get_bind().dialect.name == "sqlite":
        key = f"CONSTRAINT fk_{table}_slip_id_slips REFERENCES slips (id)"
        op.execute(f"ALTER TABLE {table} ADD COLUMN slip_id INTEGER {key}")
        return
    op.add_column(table, sa.Column("slip_id", BIG, nullable=True))
    op.create_foreign_key(f"fk_{table}_slip_id_slips", table, "slips", ["slip_id"], ["id"])


def _keep_the_account() -> None:
    """The slip of a line is fixed as everything else of it is."""
    changed = " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in FIXED)
    erased = "NEW.name IS NOT NULL OR NEW.salt IS NOT NULL"
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER fund_entries_no_update")
        op.execute(
            f"CREATE TRIGGER fund_entries_no_update BEFORE UPDATE ON fund_entries "
            f"WHEN {changed} OR {erased} "
            "BEGIN SELECT RAISE(ABORT, 'a public account is never changed'); END"
        )
        return
    changed = changed.replace("IS NOT NEW", "IS DISTINCT FROM NEW")
    op.execute(
        "CREATE OR REPLACE FUNCTION keep_fund_entry() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF {changed} OR {erased} THEN "
        "RAISE EXCEPTION 'a public account is never changed' "
        "USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN NEW; END $$"
    )
    op.execute("DROP TRIGGER fund_entries_kept ON fund_entries")
    op.execute(
        f"CREATE TRIGGER fund_entries_kept BEFORE UPDATE OF {', '.join(FIXED)}, name, salt "
        "ON fund_entries FOR EACH ROW EXECUTE FUNCTION keep_fund_entry()"
    )


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
