"""What a market slip paid of a part is seen at that part's stall alone on PostgreSQL, as in 0008."""

from alembic import op

revision = "0034f"
down_revision = "0029b"
branch_labels = None
depends_on = None

_SAID = "current_setting('shop.seller', true)"


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        return
    op.execute("ALTER TABLE slip_uses ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE slip_uses FORCE ROW LEVEL SECURITY")  # For the owner as well.
    op.execute(
        f"CREATE POLICY slip_uses_of_her_parts ON slip_uses USING (coalesce({_SAID}, '') = '' "
        "OR EXISTS (SELECT FROM seller_orders s WHERE s.id = slip_uses.seller_order_id))"
    )


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
