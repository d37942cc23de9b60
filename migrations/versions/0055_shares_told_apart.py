"""What of each share of a refund lowers nobody's money."""

import sqlalchemy as sa
from alembic import op

revision = "0055"
down_revision = "0052"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

#: The shop promised it by itself since more came than was asked for, while nothing had fallen
#: away: all of it was above what is due. Of the others none is told apart, and their books stand.
SURPLUS = (
    "SELECT id FROM refunds WHERE reason = 'overpaid' AND actor_kind = 'system' "
    "AND payment_id IS NOT NULL"
)


def upgrade() -> None:
    op.add_column(
        "refund_allocations", sa.Column("over_vnd", BIG, server_default="0", nullable=False)
    )
    _let_the_trail_be_written()
    op.execute(
        f"UPDATE refund_allocations SET over_vnd = amount_vnd WHERE refund_id IN ({SURPLUS})"  # noqa: S608
    )
    _keep_the_trail()
    # A later refund of one part may have lowered another's money too. A job posts what is missing.
    op.execute(
        "INSERT INTO to_book (subject) SELECT DISTINCT 'payment:' || payment_id FROM refunds "  # noqa: S608
        f"WHERE id IN ({SURPLUS}) AND 'payment:' || payment_id NOT IN (SELECT subject FROM to_book)"
    )


def _let_the_trail_be_written() -> None:
    """Shares are never changed (0015): this once they are told what they left open."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER refund_allocations_no_update")
    else:
        op.execute("ALTER TABLE refund_allocations DISABLE TRIGGER refund_allocations_kept")


def _keep_the_trail() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE TRIGGER refund_allocations_no_update BEFORE UPDATE ON refund_allocations"
            " BEGIN SELECT RAISE(ABORT, 'a trail is never changed'); END"
        )
    else:
        op.execute("ALTER TABLE refund_allocations ENABLE TRIGGER refund_allocations_kept")


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
