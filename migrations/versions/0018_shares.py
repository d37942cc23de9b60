"""Who gets what of a sale: rules of commission and tax, and what was agreed at each sale."""

import sqlalchemy as sa
from alembic import op

import shop.db

revision = "0018"
down_revision = "0012b"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NOBODY = "coalesce(current_setting('shop.seller', true), '') = ''"

#: (table, column, name of its CHECK, CHECK). SQLite adds a column with its CHECK at once; a
#: rebuilt table would lose what refers to it. A CHECK of several columns comes with the last.
COLUMNS = (
    ("seller_orders", "commission_vnd", "commission_has_creditor",
     "commission_vnd = 0 OR commission_organisation_id IS NOT NULL"),
    ("seller_orders", "tax_vat_vnd", "", ""),
    ("seller_orders", "tax_pit_vnd", "shares_within_goods",
     "0 <= commission_vnd AND 0 <= tax_vat_vnd AND 0 <= tax_pit_vnd"
     " AND commission_vnd + tax_vat_vnd + tax_pit_vnd <= items_vnd"),
    ("seller_orders", "returned_commission_vnd", "", ""),
    ("seller_orders", "returned_vat_vnd", "", ""),
    ("seller_orders", "returned_pit_vnd", "returned_shares_within_kept",
     "returned_commission_vnd BETWEEN 0 AND commission_vnd"
     " AND returned_vat_vnd BETWEEN 0 AND tax_vat_vnd"
     " AND returned_pit_vnd BETWEEN 0 AND tax_pit_vnd"),
    ("line_items", "commission_vnd", "", ""),
    ("line_items", "tax_vat_vnd", "", ""),
    ("line_items", "tax_pit_vnd", "", ""),
    ("goods_returns", "commission_vnd", "", ""),
    ("goods_returns", "tax_vat_vnd", "", ""),
    ("goods_returns", "tax_pit_vnd", "shares_not_negative",
     "commission_vnd >= 0 AND tax_vat_vnd >= 0 AND tax_pit_vnd >= 0"),
)  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "share_editions",
        sa.Column("id", BIG, nullable=False),
        sa.Column("name", sa.String(length=24), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_share_editions_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_share_editions")),
    )
    op.create_table(
        "commission_rules",
        sa.Column("id", BIG, nullable=False),
        sa.Column("organisation_id", BIG, nullable=False),
        sa.Column("seller_id", BIG, nullable=True),
        sa.Column("category_id", BIG, nullable=True),
        sa.Column("hundredths", BIG, nullable=False),
        sa.Column("fixed_vnd", BIG, nullable=False),
        *_days_and_people("commission_rules"),
        sa.CheckConstraint(
            "hundredths BETWEEN 0 AND 5000", name=op.f("ck_commission_rules_hundredths_range")
        ),
        sa.CheckConstraint(
            "fixed_vnd BETWEEN 0 AND 10000000", name=op.f("ck_commission_rules_fixed_range")
        ),
        sa.CheckConstraint(
            "hundredths + fixed_vnd > 0", name=op.f("ck_commission_rules_asks_something")
        ),
        sa.CheckConstraint(
            "seller_id IS NULL OR category_id IS NULL", name=op.f("ck_commission_rules_one_aim")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"],
            name=op.f("fk_commission_rules_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(
            ["seller_id"], ["sellers.id"], name=op.f("fk_commission_rules_seller_id_sellers")
        ),
        sa.ForeignKeyConstraint(
            ["category_id"], ["categories.id"],
            name=op.f("fk_commission_rules_category_id_categories"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commission_rules")),
    )  # fmt: skip
    op.create_index(
        op.f("ix_commission_rules_organisation_id"), "commission_rules", ["organisation_id"]
    )
    op.create_table(
        "tax_rules",
        sa.Column("id", BIG, nullable=False),
        sa.Column("category", sa.String(length=20), nullable=False),
        sa.Column("vat", BIG, nullable=False),
        sa.Column("pit", BIG, nullable=False),
        sa.Column("legal_ref", sa.String(length=200), nullable=False),
        *_days_and_people("tax_rules"),
        sa.CheckConstraint(
            "vat BETWEEN 0 AND 2500 AND pit BETWEEN 0 AND 2500",
            name=op.f("ck_tax_rules_rates_range"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tax_rules")),
    )
    _withholdings()
    _columns()
    _apart()


def _days_and_people(table: str) -> list[sa.Column | sa.ForeignKeyConstraint]:
    return [
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("made_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("made_by_id", BIG, nullable=True),
        sa.Column("ended_at", shop.db.UtcDateTime(), nullable=True),
        sa.Column("ended_by_id", BIG, nullable=True),
        *(
            sa.ForeignKeyConstraint(
                [column], ["accounts.id"], name=op.f(f"fk_{table}_{column}_accounts")
            )
            for column in ("made_by_id", "ended_by_id")
        ),
    ]


def _withholdings() -> None:
    op.create_table(
        "withholdings",
        sa.Column("id", BIG, nullable=False),
        sa.Column("organisation_id", BIG, nullable=False),
        sa.Column("started_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("started_by_id", BIG, nullable=True),
        sa.Column("ended_at", shop.db.UtcDateTime(), nullable=True),
        sa.Column("ended_by_id", BIG, nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"],
            name=op.f("fk_withholdings_organisation_id_organisations"),
        ),
        *(
            sa.ForeignKeyConstraint(
                [column], ["accounts.id"], name=op.f(f"fk_withholdings_{column}_accounts")
            )
            for column in ("started_by_id", "ended_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_withholdings")),
    )  # fmt: skip
    now = sa.text("ended_at IS NULL")
    op.create_index(
        "uq_withholdings_now", "withholdings", ["organisation_id"], unique=True,
        sqlite_where=now, postgresql_where=now,
    )  # fmt: skip


def _columns() -> None:
    number = "INTEGER" if _is_sqlite() else "BIGINT"
    op.execute(
        f"ALTER TABLE seller_orders ADD COLUMN commission_organisation_id {number} CONSTRAINT "
        "fk_seller_orders_commission_organisation_id_organisations REFERENCES organisations (id)"
    )
    op.add_column(
        "line_items",
        sa.Column("commission_rate", sa.String(length=24), server_default="", nullable=False),
    )
    for table, column, name, rule in COLUMNS:
        check = f" CONSTRAINT ck_{table}_{name} CHECK ({rule})" if rule else ""
        op.execute(f"ALTER TABLE {table} ADD COLUMN {column} {number} DEFAULT 0 NOT NULL{check}")


def _apart() -> None:
    """A stall reads the rules, as buyers do on every page, and writes none."""
    if _is_sqlite():
        return
    op.execute("ALTER TABLE commission_rules ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE commission_rules FORCE ROW LEVEL SECURITY")
    for verb, how in (
        ("select", "USING (true)"),
        ("insert", f"WITH CHECK ({NOBODY})"),
        ("update", f"USING ({NOBODY})"),
        ("delete", f"USING ({NOBODY})"),
    ):
        op.execute(
            f"CREATE POLICY commission_rules_{verb} ON commission_rules FOR {verb.upper()} {how}"
        )


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
