"""Vouchers: what they take off, who pays for it, and which orders used them."""

import sqlalchemy as sa
from alembic import op

import shop.db

revision = "0016"
down_revision = "0017"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

_SAID = "current_setting('shop.seller', true)"
NOBODY = f"coalesce({_SAID}, '') = ''"
HERS = f"nullif({_SAID}, '')::bigint"

#: A stall makes and stops its own; it reads those of the organisations above it too, since its
#: orders name them. Counting uses of those is done with the wider sight of whole orders.
HER_VOUCHER = f"({NOBODY} OR seller_id = {HERS})"
READ_ALSO = f"({NOBODY} OR seller_id = {HERS} OR organisation_id IS NOT NULL)"
#: A use tells of an order, and only those of her own vouchers are her business.
HER_USE = f"({NOBODY} OR EXISTS (SELECT FROM vouchers v WHERE v.id = voucher_id AND v.seller_id = {HERS}))"


def upgrade() -> None:
    op.create_table(
        "vouchers",
        sa.Column("id", BIG, nullable=False),
        sa.Column("code", sa.String(16), nullable=False),
        sa.Column("name_vi", sa.String(120), nullable=False),
        sa.Column("name_en", sa.String(120), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("most_off_vnd", BIG, nullable=False),
        sa.Column("percent", BIG, nullable=False),
        sa.Column("seller_id", BIG, nullable=True),
        sa.Column("organisation_id", BIG, nullable=True),
        sa.Column("source_kind", sa.String(16), nullable=False),
        sa.Column("source_id", BIG, nullable=False),
        sa.Column("payer_id", BIG, nullable=True),
        sa.Column("min_goods_vnd", BIG, nullable=False),
        sa.Column("most_uses", BIG, nullable=True),
        sa.Column("most_each", BIG, nullable=True),
        sa.Column("budget_vnd", BIG, nullable=True),
        sa.Column("first_order", sa.Boolean(), nullable=False),
        sa.Column("starts_at", shop.db.UtcDateTime(), nullable=True),
        sa.Column("ends_at", shop.db.UtcDateTime(), nullable=True),
        sa.Column("used", BIG, nullable=False),
        sa.Column("spent_vnd", BIG, nullable=False),
        sa.Column("created_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("created_by_id", BIG, nullable=True),
        sa.Column("stopped_at", shop.db.UtcDateTime(), nullable=True),
        sa.Column("stopped_by_id", BIG, nullable=True),
        sa.CheckConstraint(
            "kind IN ('amount', 'percent', 'delivery')", name=op.f("ck_vouchers_kind_known")
        ),
        sa.CheckConstraint(
            "(seller_id IS NULL) <> (organisation_id IS NULL)", name=op.f("ck_vouchers_one_scope")
        ),
        sa.CheckConstraint(
            "payer_id IS NOT NULL OR seller_id IS NOT NULL", name=op.f("ck_vouchers_payer_stated")
        ),
        sa.CheckConstraint(
            "most_off_vnd > 0 AND percent BETWEEN 0 AND 100",
            name=op.f("ck_vouchers_worth_something"),
        ),
        sa.CheckConstraint(
            "used >= 0 AND (most_uses IS NULL OR used <= most_uses)",
            name=op.f("ck_vouchers_used_within_limit"),
        ),
        sa.CheckConstraint(
            "spent_vnd >= 0 AND (budget_vnd IS NULL OR spent_vnd <= budget_vnd)",
            name=op.f("ck_vouchers_spent_within_budget"),
        ),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_vouchers_{column}_{table}")
            )
            for column, table in (
                ("seller_id", "sellers"), ("organisation_id", "organisations"),
                ("payer_id", "organisations"), ("created_by_id", "accounts"),
                ("stopped_by_id", "accounts"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vouchers")),
        sa.UniqueConstraint("code", name=op.f("uq_vouchers_code")),
    )  # fmt: skip
    for column in ("seller_id", "organisation_id", "payer_id"):
        op.create_index(op.f(f"ix_vouchers_{column}"), "vouchers", [column])
    op.create_table(
        "voucher_uses",
        sa.Column("id", BIG, nullable=False),
        sa.Column("voucher_id", BIG, nullable=False),
        sa.Column("order_id", BIG, nullable=False),
        sa.Column("phone_index", sa.String(40), nullable=False),
        sa.Column("account_id", BIG, nullable=True),
        sa.Column("amount_vnd", BIG, nullable=False),
        sa.Column("parts", BIG, nullable=False),
        sa.Column("first_order", sa.Boolean(), nullable=False),
        sa.Column("at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("given_back_at", shop.db.UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "amount_vnd >= 0 AND parts >= 0", name=op.f("ck_voucher_uses_not_negative")
        ),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_voucher_uses_{column}_{table}")
            )
            for column, table in (
                ("voucher_id", "vouchers"), ("order_id", "orders"), ("account_id", "accounts")
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voucher_uses")),
        sa.UniqueConstraint(
            "voucher_id", "order_id", name=op.f("uq_voucher_uses_voucher_id_order_id")
        ),
    )  # fmt: skip
    for column in ("order_id", "account_id"):
        op.create_index(op.f(f"ix_voucher_uses_{column}"), "voucher_uses", [column])
    op.create_index("ix_voucher_uses_phone", "voucher_uses", ["voucher_id", "phone_index"])
    live = sa.text("first_order AND given_back_at IS NULL")
    op.create_index(
        "uq_voucher_uses_first_order", "voucher_uses", ["phone_index"], unique=True,
        sqlite_where=live, postgresql_where=live,
    )  # fmt: skip
    _new_columns()
    _keep_sellers_apart()


def _new_columns() -> None:
    number = "INTEGER" if _is_sqlite() else "BIGINT"
    # SQLite adds a column with its rules at once; a rebuilt table would lose what refers to it.
    for table, column, name, rule in (
        (
            "seller_orders", "delivery_off_vnd", "delivery_off_not_negative",
            "delivery_off_vnd >= 0",
        ),
        (
            "seller_orders", "returned_off_vnd", "returned_off_within_given",
            "0 <= returned_off_vnd AND returned_off_vnd <= discount_vnd + delivery_off_vnd",
        ),
        ("goods_returns", "off_vnd", "off_not_negative", "off_vnd >= 0"),
    ):  # fmt: skip
        op.execute(
            f"ALTER TABLE {table} ADD COLUMN {column} {number} DEFAULT 0 NOT NULL "
            f"CONSTRAINT ck_{table}_{name} CHECK ({rule})"
        )
    for column, other in (("voucher_id", "vouchers"), ("voucher_payer_id", "organisations")):
        op.execute(
            f"ALTER TABLE seller_orders ADD COLUMN {column} {number} "
            f"CONSTRAINT fk_seller_orders_{column}_{other} REFERENCES {other} (id)"
        )


def _keep_sellers_apart() -> None:
    if _is_sqlite():
        return
    for table, read, write in (
        ("vouchers", READ_ALSO, HER_VOUCHER), ("voucher_uses", HER_USE, HER_USE)
    ):  # fmt: skip
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        for verb, how in (
            ("select", f"USING {read}"),
            ("insert", f"WITH CHECK {write}"),
            ("update", f"USING {write}"),
            ("delete", f"USING {write}"),
        ):
            op.execute(f"CREATE POLICY {table}_{verb} ON {table} FOR {verb.upper()} {how}")


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
