"""A word on money that goes back is seen at its seller's stall alone on PostgreSQL, as in 0008."""

from alembic import op

revision = "0035"
down_revision = "0031a"
branch_labels = None
depends_on = None

_SAID = "current_setting('shop.seller', true)"


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        return
    op.execute("ALTER TABLE refund_words ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE refund_words FORCE ROW LEVEL SECURITY")  # For the owner as well.
    op.execute(
        f"CREATE POLICY refund_words_of_her_refunds ON refund_words USING (coalesce({_SAID}, '') = '' "
        "OR EXISTS (SELECT FROM refunds r WHERE r.id = refund_words.refund_id))"
    )


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
