"""What hangs on a seller or on her orders at a market is hers alone on PostgreSQL, as in 0008.

What she brings is read by everybody and written by her; bags and acts of others do not exist for
whoever works at a stall.
"""

from alembic import op

revision = "0034e"
down_revision = "0034d"
branch_labels = None
depends_on = None

_SAID = "current_setting('shop.seller', true)"
NOBODY = f"coalesce({_SAID}, '') = ''"
HERS = f"nullif({_SAID}, '')::bigint"
#: Found through the parts of the order, whose own rule holds there.
OF_ORDERS = ("market_orders", "market_acts", "standing_runs")


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        return
    for table in OF_ORDERS:
        _protect(table)
        op.execute(
            f"CREATE POLICY {table}_hers ON {table} USING ({NOBODY} OR EXISTS "
            f"(SELECT FROM seller_orders s WHERE s.order_id = {table}.order_id))"
        )
    _protect("market_offers")
    rule = f"({NOBODY} OR seller_id = {HERS})"
    for verb, how in (
        ("select", "USING (true)"),
        ("insert", f"WITH CHECK {rule}"),
        ("update", f"USING {rule}"),
        ("delete", f"USING {rule}"),
    ):
        op.execute(f"CREATE POLICY market_offers_{verb} ON market_offers FOR {verb.upper()} {how}")


def _protect(table: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")  # For the owner as well.


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
