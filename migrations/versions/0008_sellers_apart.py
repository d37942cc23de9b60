"""Sellers are kept apart by PostgreSQL itself: row-level security behind the queries' own WHERE.

A request of a stall says who it works for (``shop.db.act_for_seller``). Then only her rows
are there. Requests of nobody's stall (visitors, buyers by their links, officers, the worker)
say nothing and meet no rows less; their scope is the queries' matter.
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_SAID = "current_setting('shop.seller', true)"  # NULL in a fresh session, '' afterwards.
NOBODY = f"coalesce({_SAID}, '') = ''"
HERS = f"nullif({_SAID}, '')::bigint"

#: Read and written by the seller alone. What hangs on a seller order is found through it, and
#: the rule of that table holds there too.
PRIVATE = {
    "seller_orders": f"seller_id = {HERS}",
    "orders": "EXISTS (SELECT FROM seller_orders s WHERE s.order_id = orders.id)",
    "payments": "EXISTS (SELECT FROM seller_orders s"
    " WHERE s.order_id = payments.order_id AND s.payee_id = payments.payee_id)",
    "payment_events": "EXISTS (SELECT FROM payments p WHERE p.id = payment_id)",
    **dict.fromkeys(
        ("line_items", "seller_order_moves", "hand_overs", "cod_collections", "cash_moves"),
        "EXISTS (SELECT FROM seller_orders s WHERE s.id = seller_order_id)",
    ),
    "stock_moves": "EXISTS (SELECT FROM variants v JOIN products p ON p.id = v.product_id"
    f" WHERE v.id = variant_id AND p.seller_id = {HERS})",
    "seller_members": f"seller_id = {HERS}",
    "notices": f"seller_id = {HERS}",
    # No seller's business at all.
    "saved_addresses": "false",
    "complaints": "false",
}

#: An organisation's account is told to every buyer, and to the sellers it collects for.
READ_ALSO = {"payees": "organisation_id IS NOT NULL"}

#: Everybody may read these, drafts of goods too: a rule on reading would keep searches and
#: lists from their indexes, since PostgreSQL asks the rule first. Only the seller writes.
_OF_HER_PRODUCT = (
    f"EXISTS (SELECT FROM products p WHERE p.id = product_id AND p.seller_id = {HERS})"
)
OWNED = {
    "sellers": f"id = {HERS}",
    "payees": f"seller_id = {HERS}",
    "products": f"seller_id = {HERS}",
    "variants": _OF_HER_PRODUCT,
    "stock_levels": _OF_HER_PRODUCT,
    "shelvings": _OF_HER_PRODUCT,
    "product_pictures": _OF_HER_PRODUCT,
    "pictures": f"seller_id = {HERS}",
    "rate_tables": f"seller_id = {HERS}",
    "rates": "EXISTS (SELECT FROM rate_tables t"
    f" WHERE t.id = rate_table_id AND t.seller_id = {HERS})",
    "pickup_points": f"seller_id = {HERS}",
}


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        return
    for table, hers in PRIVATE.items():
        _protect(table)
        op.execute(f"CREATE POLICY {table}_hers ON {table} USING ({NOBODY} OR {hers})")
    for table, hers in OWNED.items():
        _protect(table)
        rule = f"({NOBODY} OR {hers})"
        read = f"({NOBODY} OR {hers} OR {READ_ALSO[table]})" if table in READ_ALSO else "(true)"
        for verb, how in (
            ("select", f"USING {read}"),
            ("insert", f"WITH CHECK {rule}"),
            ("update", f"USING {rule}"),
            ("delete", f"USING {rule}"),
        ):
            op.execute(f"CREATE POLICY {table}_{verb} ON {table} FOR {verb.upper()} {how}")


def _protect(table: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")  # For the owner as well.


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
