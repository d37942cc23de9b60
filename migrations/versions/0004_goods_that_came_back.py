"""Goods that came back, in part or whole, and what that does to the money of an order."""

import sqlalchemy as sa
from alembic import op

import shop.db

revision = "0004"
down_revision = "0008"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
#: States in which a part is owed nothing for.
NOT_OWED = "'awaiting_quote', 'quoted', 'cancelled', 'refused', 'lost', 'not_collected', 'returned'"


def upgrade() -> None:
    _new_columns()
    _new_tables()
    _cash()
    _fill()
    _keep_the_trail()
    _keep_sellers_apart()


def _new_columns() -> None:
    number = "INTEGER" if _is_sqlite() else "BIGINT"
    # SQLite adds a column with its CHECK at once; a rebuilt table would lose what refers to it.
    for table, column, name, rule in (
        ("line_items", "returned", "returned_within_sold", "returned BETWEEN 0 AND quantity"),
        (
            "seller_orders", "returned_items_vnd", "returned_items_within_sold",
            "0 <= returned_items_vnd AND returned_items_vnd <= items_vnd - discount_vnd",
        ),
        (
            "seller_orders", "returned_shipping_vnd", "returned_shipping_within_sold",
            "0 <= returned_shipping_vnd AND returned_shipping_vnd <= shipping_vnd",
        ),
    ):  # fmt: skip
        op.execute(
            f"ALTER TABLE {table} ADD COLUMN {column} {number} DEFAULT 0 NOT NULL "
            f"CONSTRAINT ck_{table}_{name} CHECK ({rule})"
        )
    op.add_column("payments", sa.Column("not_found_at", shop.db.UtcDateTime(), nullable=True))
    op.add_column(
        "cash_moves", sa.Column("reason", sa.String(10), server_default="", nullable=False)
    )


def _new_tables() -> None:
    op.create_table(
        "goods_returns",
        sa.Column("id", BIG, nullable=False),
        sa.Column("seller_order_id", BIG, nullable=False),
        sa.Column("key", sa.String(80), nullable=False),
        sa.Column("reason", sa.String(20), nullable=False),
        sa.Column("items_vnd", BIG, nullable=False),
        sa.Column("shipping_vnd", BIG, nullable=False),
        sa.Column("note", sa.String(300), nullable=False),
        sa.Column("actor_kind", sa.String(10), nullable=False),
        sa.Column("actor_id", BIG, nullable=True),
        sa.Column("at", shop.db.UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "items_vnd >= 0 AND shipping_vnd >= 0", name=op.f("ck_goods_returns_sums_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["accounts.id"], name=op.f("fk_goods_returns_actor_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["seller_order_id"], ["seller_orders.id"],
            name=op.f("fk_goods_returns_seller_order_id_seller_orders"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_goods_returns")),
        sa.UniqueConstraint("key", name=op.f("uq_goods_returns_key")),
    )  # fmt: skip
    op.create_index(op.f("ix_goods_returns_seller_order_id"), "goods_returns", ["seller_order_id"])
    op.create_table(
        "goods_return_lines",
        sa.Column("return_id", BIG, nullable=False),
        sa.Column("line_item_id", BIG, nullable=False),
        sa.Column("quantity", BIG, nullable=False),
        sa.Column("restocked", sa.Boolean(), nullable=False),
        sa.CheckConstraint("quantity >= 1", name=op.f("ck_goods_return_lines_quantity_positive")),
        sa.ForeignKeyConstraint(
            ["line_item_id"], ["line_items.id"],
            name=op.f("fk_goods_return_lines_line_item_id_line_items"),
        ),
        sa.ForeignKeyConstraint(
            ["return_id"], ["goods_returns.id"],
            name=op.f("fk_goods_return_lines_return_id_goods_returns"),
        ),
        sa.PrimaryKeyConstraint("return_id", "line_item_id", name=op.f("pk_goods_return_lines")),
    )  # fmt: skip
    op.create_index(
        op.f("ix_goods_return_lines_line_item_id"), "goods_return_lines", ["line_item_id"]
    )


def _cash() -> None:
    """What was taken at the door, beside what is owed: more may go back than she counted."""
    rule = "0 <= refunded_vnd AND (refunded_vnd <= received_vnd OR refunded_vnd <= taken_vnd)"
    hands = "taken_by IN ('', 'carrier', 'seller')"
    if not _is_sqlite():
        for name, length in (("taken_by", 10), ("written_off_for", 10)):
            op.add_column(
                "cod_collections",
                sa.Column(name, sa.String(length), server_default="", nullable=False),
            )
        op.add_column(
            "cod_collections", sa.Column("taken_vnd", BIG, server_default="0", nullable=False)
        )
        op.drop_constraint("ck_cod_collections_refund_within_received", "cod_collections")
        op.create_check_constraint(
            op.f("ck_cod_collections_refund_within_paid"), "cod_collections", rule
        )
        op.create_check_constraint(
            op.f("ck_cod_collections_taken_by_known"), "cod_collections", hands
        )
        return
    # SQLite changes no CHECK in place. The moves refer to these rows, so they are put aside
    # and stored again under the same name before the transaction ends.
    op.execute("PRAGMA defer_foreign_keys = ON")
    op.execute("CREATE TEMPORARY TABLE put_aside AS SELECT * FROM cod_collections")
    op.drop_table("cod_collections")
    op.create_table(
        "cod_collections",
        sa.Column("seller_order_id", BIG, nullable=False),
        sa.Column("amount_vnd", BIG, nullable=False),
        sa.Column("taken_vnd", BIG, server_default="0", nullable=False),
        sa.Column("taken_by", sa.String(10), server_default="", nullable=False),
        sa.Column("written_off_for", sa.String(10), server_default="", nullable=False),
        sa.Column("received_vnd", BIG, nullable=False),
        sa.Column("refunded_vnd", BIG, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("changed_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("changed_by_id", BIG, nullable=True),
        sa.CheckConstraint(rule, name=op.f("ck_cod_collections_refund_within_paid")),
        sa.CheckConstraint(hands, name=op.f("ck_cod_collections_taken_by_known")),
        sa.ForeignKeyConstraint(
            ["changed_by_id"], ["accounts.id"],
            name=op.f("fk_cod_collections_changed_by_id_accounts"),
        ),
        sa.ForeignKeyConstraint(
            ["seller_order_id"], ["seller_orders.id"],
            name=op.f("fk_cod_collections_seller_order_id_seller_orders"),
        ),
        sa.PrimaryKeyConstraint("seller_order_id", name=op.f("pk_cod_collections")),
    )  # fmt: skip
    kept = (
        "seller_order_id, amount_vnd, received_vnd, refunded_vnd, state, changed_at, changed_by_id"
    )
    op.execute(f"INSERT INTO cod_collections ({kept}) SELECT {kept} FROM put_aside")  # noqa: S608
    op.execute("DROP TABLE put_aside")


def _fill() -> None:
    """Say of what happened before what it would say today."""
    op.execute(
        "INSERT INTO goods_returns "
        "(seller_order_id, key, reason, items_vnd, shipping_vnd, note, actor_kind, actor_id, at) "
        "SELECT so.id, 'return:' || so.id || '\\:whole', 'not_accepted', "
        "so.items_vnd - so.discount_vnd, so.shipping_vnd, m.note, m.actor_kind, m.actor_id, m.at "
        "FROM seller_orders so JOIN seller_order_moves m ON m.seller_order_id = so.id "
        "WHERE so.state = 'returned' AND m.to_state = 'returned' ORDER BY m.id"
    )
    op.execute(
        "INSERT INTO goods_return_lines (return_id, line_item_id, quantity, restocked) "
        "SELECT r.id, li.id, li.quantity, EXISTS (SELECT 1 FROM stock_moves sm WHERE "
        "sm.seller_order_id = li.seller_order_id AND sm.variant_id = li.variant_id "
        "AND sm.kind = 'returned') "
        "FROM goods_returns r JOIN line_items li ON li.seller_order_id = r.seller_order_id"
    )
    op.execute(
        "UPDATE line_items SET returned = quantity WHERE seller_order_id IN "
        "(SELECT seller_order_id FROM goods_returns)"
    )
    op.execute(
        "UPDATE seller_orders SET returned_items_vnd = items_vnd - discount_vnd, "
        "returned_shipping_vnd = shipping_vnd WHERE state = 'returned'"
    )
    op.execute(
        "UPDATE cod_collections SET taken_vnd = amount_vnd, taken_by = CASE WHEN EXISTS "
        "(SELECT 1 FROM cash_moves cm WHERE cm.seller_order_id = cod_collections.seller_order_id "
        "AND cm.to_state = 'with_carrier') THEN 'carrier' ELSE 'seller' END "
        "WHERE state IN ('with_carrier', 'with_seller', 'remitted')"
    )
    op.execute(
        "UPDATE cod_collections SET amount_vnd = 0 WHERE taken_vnd > 0 AND seller_order_id IN "
        "(SELECT id FROM seller_orders WHERE state = 'returned')"
    )
    owed = (
        f"(SELECT COALESCE(SUM(CASE WHEN so.state IN ({NOT_OWED}) THEN 0 ELSE so.total_vnd END), 0) "  # noqa: S608
        "FROM seller_orders so WHERE so.order_id = payments.order_id "
        "AND so.payee_id = payments.payee_id AND so.method = payments.method)"
    )
    op.execute(f"UPDATE payments SET amount_vnd = {owed} WHERE amount_vnd <> {owed}")  # noqa: S608
    op.execute(
        "UPDATE payments SET expired_at = opened_at "
        "WHERE amount_vnd = 0 AND expired_at IS NULL AND received_vnd > 0"
    )


def _keep_the_trail() -> None:
    """Like every trail since 0002: no line is changed or taken away."""
    for table in ("goods_returns", "goods_return_lines"):
        if _is_sqlite():
            for verb in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                    "BEGIN SELECT RAISE(ABORT, 'a trail is never changed'); END"
                )
            continue
        op.execute(
            f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_kept_whole BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def _keep_sellers_apart() -> None:
    """Like every table since 0008 that hangs on a seller order: a stall meets its own rows only."""
    if _is_sqlite():
        return
    nobody = "coalesce(current_setting('shop.seller', true), '') = ''"
    for table, hers in (
        ("goods_returns", "EXISTS (SELECT FROM seller_orders s WHERE s.id = seller_order_id)"),
        ("goods_return_lines", "EXISTS (SELECT FROM goods_returns r WHERE r.id = return_id)"),
    ):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY {table}_hers ON {table} USING ({nobody} OR {hers})")


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
