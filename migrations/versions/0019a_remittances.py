"""What carriers say they paid: their tables, files and lines; who bears the way back."""

import sqlalchemy as sa
from alembic import op

import shop.db

revision = "0019a"
down_revision = "0014"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

_SAID = "current_setting('shop.seller', true)"
NOBODY = f"coalesce({_SAID}, '') = ''"
HERS = f"nullif({_SAID}, '')::bigint"

#: What a request of a stall meets of these tables, as in 0008: her own files alone.
PRIVATE = {
    "carrier_layouts": f"seller_id = {HERS}",
    "remittances": f"seller_id = {HERS}",
    "remittance_lines": "EXISTS (SELECT FROM remittances r WHERE r.id = remittance_id)",
}


def _big(name: str, *, null: bool = False) -> sa.Column:
    return sa.Column(name, BIG, nullable=null)


def _points(table: str, **columns: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([name], [f"{to}.id"], name=op.f(f"fk_{table}_{name}_{to}"))
        for name, to in columns.items()
    ]


def _index(table: str, *columns: str) -> None:
    op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns), unique=False)


def upgrade() -> None:
    one_owner = "(seller_id IS NULL) <> (organisation_id IS NULL)"
    op.create_table(
        "carrier_layouts",
        _big("id"),
        sa.Column("key", sa.String(length=200), nullable=False),
        _big("seller_id", null=True),
        _big("organisation_id", null=True),
        sa.Column("carrier", sa.String(length=60), nullable=False),
        sa.Column("head", sa.String(length=64), nullable=False),
        _big("deep"),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("saved_at", shop.db.UtcDateTime(), nullable=False),
        _big("saved_by_id", null=True),
        sa.CheckConstraint(one_owner, name=op.f("ck_carrier_layouts_one_owner")),
        *_points(
            "carrier_layouts", seller_id="sellers", organisation_id="organisations",
            saved_by_id="accounts",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_carrier_layouts")),
        sa.UniqueConstraint("key", name=op.f("uq_carrier_layouts_key")),
    )  # fmt: skip
    op.create_table(
        "remittances",
        _big("id"),
        sa.Column("key", sa.String(length=120), nullable=False),
        _big("seller_id", null=True),
        _big("organisation_id", null=True),
        sa.Column("carrier", sa.String(length=60), nullable=False),
        _big("payee_id", null=True),
        sa.Column("reference", sa.String(length=60), nullable=False),
        sa.Column("layout", sa.JSON(), nullable=True),
        sa.Column("data_key", sa.LargeBinary(), nullable=False),
        sa.Column("rows", sa.LargeBinary(), nullable=False),
        _big("line_count"),
        _big("copy_count"),
        _big("unread_count"),
        _big("received_vnd"),
        sa.Column("uploaded_at", shop.db.UtcDateTime(), nullable=False),
        _big("uploaded_by_id", null=True),
        sa.Column("stored_at", shop.db.UtcDateTime(), nullable=True),
        sa.CheckConstraint(one_owner, name=op.f("ck_remittances_one_owner")),
        *_points(
            "remittances", seller_id="sellers", organisation_id="organisations",
            payee_id="payees", uploaded_by_id="accounts",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remittances")),
        sa.UniqueConstraint("key", name=op.f("uq_remittances_key")),
    )  # fmt: skip
    op.create_table(
        "remittance_lines",
        _big("id"),
        _big("remittance_id"),
        sa.Column("key", sa.String(length=240), nullable=False),
        _big("number"),
        sa.Column("tracking_code", sa.String(length=60), nullable=False),
        sa.Column("order_code", sa.String(length=60), nullable=False),
        _big("cod_vnd", null=True),
        _big("received_vnd"),
        _big("fee_vnd"),
        _big("return_fee_vnd"),
        sa.Column("on_day", sa.Date(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        _big("seller_order_id", null=True),
        _big("move_id", null=True),
        sa.Column("aside_at", shop.db.UtcDateTime(), nullable=True),
        _big("answered_by_id", null=True),
        sa.CheckConstraint(
            "received_vnd >= 0 AND fee_vnd >= 0 AND return_fee_vnd >= 0",
            name=op.f("ck_remittance_lines_sums_not_negative"),
        ),
        *_points(
            "remittance_lines", remittance_id="remittances", seller_order_id="seller_orders",
            move_id="cash_moves", answered_by_id="accounts",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remittance_lines")),
        sa.UniqueConstraint("key", name=op.f("uq_remittance_lines_key")),
    )  # fmt: skip
    op.create_table(
        "return_fee_rules",
        _big("id"),
        _big("seller_id"),
        _big("organisation_id", null=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("set_at", shop.db.UtcDateTime(), nullable=False),
        _big("set_by_id", null=True),
        *_points(
            "return_fee_rules", seller_id="sellers", organisation_id="organisations",
            set_by_id="accounts",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_fee_rules")),
    )  # fmt: skip
    for table in ("carrier_layouts", "remittances"):
        _index(table, "seller_id")
        _index(table, "organisation_id")
    _index("remittance_lines", "remittance_id", "number")
    _index("remittance_lines", "seller_order_id")
    _index("remittance_lines", "move_id")
    _index("return_fee_rules", "seller_id")
    _index("hand_overs", "tracking_code")
    if op.get_bind().dialect.name == "postgresql":
        _keep_apart()


def _keep_apart() -> None:
    for table, hers in PRIVATE.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY {table}_hers ON {table} USING ({NOBODY} OR {hers})")
    # Who bears the way back is said by officers; a seller reads her own.
    op.execute("ALTER TABLE return_fee_rules ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE return_fee_rules FORCE ROW LEVEL SECURITY")
    for verb, how in (
        ("select", f"USING ({NOBODY} OR seller_id = {HERS})"),
        ("insert", f"WITH CHECK ({NOBODY})"),
        ("update", f"USING ({NOBODY})"),
        ("delete", f"USING ({NOBODY})"),
    ):
        op.execute(
            f"CREATE POLICY return_fee_rules_{verb} ON return_fee_rules FOR {verb.upper()} {how}"
        )


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
