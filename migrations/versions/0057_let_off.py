"""What buyers are let off stays so, and for which units money went back."""

import sqlalchemy as sa
from alembic import op

revision = "0057"
down_revision = "0064"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    # Of refunds from before, nothing is told apart: what they say, and their books, stand.
    for table in ("payments", "cod_collections", "refund_allocations"):
        op.add_column(table, sa.Column("let_off_vnd", BIG, server_default="0", nullable=False))
    op.add_column(
        "refund_allocations", sa.Column("ahead_vnd", BIG, server_default="0", nullable=False)
    )
    op.create_table(
        "refund_lines",
        sa.Column("refund_id", BIG, nullable=False),
        sa.Column("line_item_id", BIG, nullable=False),
        sa.Column("quantity", BIG, nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_refund_lines_quantity_above_nought")),
        sa.ForeignKeyConstraint(
            ["refund_id"], ["refunds.id"], name=op.f("fk_refund_lines_refund_id_refunds")
        ),
        sa.ForeignKeyConstraint(
            ["line_item_id"], ["line_items.id"],
            name=op.f("fk_refund_lines_line_item_id_line_items"),
        ),
        sa.PrimaryKeyConstraint("refund_id", "line_item_id", name=op.f("pk_refund_lines")),
    )  # fmt: skip
    op.create_index(op.f("ix_refund_lines_line_item_id"), "refund_lines", ["line_item_id"])
    _keep_the_trail()
    _keep_sellers_apart()


def _keep_the_trail() -> None:
    """Like the shares of refunds: no line is changed or taken away."""
    if _is_sqlite():
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER refund_lines_no_{verb.lower()} BEFORE {verb} ON refund_lines "
                "BEGIN SELECT RAISE(ABORT, 'a trail is never changed'); END"
            )
        return
    op.execute(
        "CREATE TRIGGER refund_lines_kept BEFORE UPDATE OR DELETE ON refund_lines "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER refund_lines_kept_whole BEFORE TRUNCATE ON refund_lines "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def _keep_sellers_apart() -> None:
    if _is_sqlite():
        return
    nobody = "coalesce(current_setting('shop.seller', true), '') = ''"
    hers = "EXISTS (SELECT FROM refunds r WHERE r.id = refund_id)"
    op.execute("ALTER TABLE refund_lines ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE refund_lines FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY refund_lines_hers ON refund_lines USING ({nobody} OR {hers})")


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
