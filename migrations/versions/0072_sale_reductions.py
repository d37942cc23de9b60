"""What buyers who keep their goods were let off is no revenue: kept by order, counted by month."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

import sqlalchemy as sa
from alembic import op

import shop.db

revision = "0072"
down_revision = "0071"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
#: Parts that arrived, and what refunds that are done say of each.
DECIDED = (
    "SELECT so.id, so.seller_id, so.method, p.organisation_id,"
    " so.total_vnd - so.returned_items_vnd - so.returned_shipping_vnd AS due_vnd,"
    " sum(a.let_off_vnd) AS let_off_vnd, sum(a.ahead_vnd) AS ahead_vnd"
    " FROM seller_orders so JOIN refund_allocations a ON a.seller_order_id = so.id"
    " JOIN refunds r ON r.id = a.refund_id AND r.state = 'done'"
    " LEFT JOIN payees p ON p.id = so.payee_id"
    " WHERE so.state IN ('delivered', 'completed', 'returned') AND EXISTS (SELECT 1 FROM"
    " seller_order_moves m WHERE m.seller_order_id = so.id AND m.to_state = 'delivered')"
    " GROUP BY so.id, so.seller_id, so.method, p.organisation_id, so.total_vnd,"
    " so.returned_items_vnd, so.returned_shipping_vnd"
    " HAVING sum(a.let_off_vnd) <> 0 OR sum(a.ahead_vnd) <> 0"
)
#: When the last of it went back, and when the goods arrived.
WENT = (
    "SELECT coalesce(e.at, c.at) AS at FROM refund_allocations a"
    " JOIN refunds r ON r.id = a.refund_id AND r.state = 'done'"
    " LEFT JOIN payment_events e ON e.id = r.event_id LEFT JOIN cash_moves c ON c.id = r.move_id"
    " WHERE a.seller_order_id = :part AND (a.let_off_vnd <> 0 OR a.ahead_vnd <> 0)"
    " UNION ALL SELECT m.at FROM seller_order_moves m"
    " WHERE m.seller_order_id = :part AND m.to_state = 'delivered' AND m.from_state <> 'returned'"
)
GIVEN = (
    "SELECT l.line_item_id, l.quantity, r.asked_at AS at FROM refund_lines l"
    " JOIN refunds r ON r.id = l.refund_id AND r.state = 'done'"
    " JOIN refund_allocations a ON a.refund_id = r.id AND a.ahead_vnd > 0"
    " JOIN line_items i ON i.id = l.line_item_id AND i.seller_order_id = a.seller_order_id"
    " WHERE a.seller_order_id = :part ORDER BY r.id"
)
CAME_BACK = (
    "SELECT g.id, g.items_vnd, g.at, l.line_item_id, l.quantity, i.unit_price_vnd"
    " FROM goods_returns g JOIN goods_return_lines l ON l.return_id = g.id"
    " JOIN line_items i ON i.id = l.line_item_id LEFT JOIN goods_kept k ON k.return_id = g.id"
    " WHERE g.seller_order_id = :part AND k.return_id IS NULL ORDER BY g.at, g.id, l.line_item_id"
)
COUNT = (
    "INSERT INTO sold_months (seller_id, month, collector_id, orders, goods_vnd, returns_vnd,"
    " delivery_vnd, commission_vnd, vat_vnd, pit_vnd, reductions_vnd)"
    " VALUES (:seller, :month, :collector, 0, 0, 0, 0, 0, 0, 0, :vnd)"
    " ON CONFLICT (seller_id, month, collector_id)"
    " DO UPDATE SET reductions_vnd = sold_months.reductions_vnd + excluded.reductions_vnd"
)


def upgrade() -> None:
    reductions = op.create_table(
        "sale_reductions",
        sa.Column("id", BIG, nullable=False),
        sa.Column("seller_id", BIG, nullable=False),
        sa.Column("seller_order_id", BIG, nullable=False),
        sa.Column("vnd", BIG, nullable=False),
        sa.Column("at", shop.db.UtcDateTime(), nullable=False),
        sa.CheckConstraint("vnd <> 0", name=op.f("ck_sale_reductions_vnd_not_nought")),
        *(
            sa.ForeignKeyConstraint(
                [f"{name}_id"], [f"{name}s.id"], name=op.f(f"fk_sale_reductions_{name}_id_{name}s")
            )
            for name in ("seller", "seller_order")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sale_reductions")),
    )
    op.create_index(
        op.f("ix_sale_reductions_seller_order_id"), "sale_reductions", ["seller_order_id"]
    )
    op.add_column(
        "sold_months", sa.Column("reductions_vnd", BIG, nullable=False, server_default="0")
    )
    for row, at in list(_let_off()):
        op.bulk_insert(reductions, [row])
        _count(row, at)
    if op.get_bind().dialect.name != "sqlite":
        said = "current_setting('shop.seller', true)"
        hers = f"seller_id = nullif({said}, '')::bigint"
        op.execute("ALTER TABLE sale_reductions ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE sale_reductions FORCE ROW LEVEL SECURITY")
        op.execute(
            "CREATE POLICY sale_reductions_hers ON sale_reductions "
            f"USING (coalesce({said}, '') = '' OR {hers})"
        )


def _let_off() -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for part in _all(DECIDED):
        ahead_vnd = max(0, int(part.ahead_vnd) - _known_vnd(part.id))
        vnd = max(0, min(part.due_vnd, int(part.let_off_vnd) + ahead_vnd))
        if vnd:
            at = max(row.at for row in _all(WENT, part.id))
            collector = part.organisation_id if part.method != "cod" else None
            yield (
                {"seller_id": part.seller_id, "seller_order_id": part.id, "vnd": vnd, "at": at},
                {"seller": part.seller_id, "month": _month(at), "collector": collector or 0},
            )


def _month(at: datetime) -> Any:
    return (at + timedelta(hours=7)).date().replace(day=1)  # In Vietnam.


def _all(statement: str, part: int | None = None) -> Any:
    asked = sa.text(statement)
    if " AS at " in statement or "g.at" in statement:
        asked = asked.columns(at=shop.db.UtcDateTime())
    return op.get_bind().execute(asked, {} if part is None else {"part": part}).all()


def _known_vnd(part: int) -> int:
    """Return what of the goods that came back is units whose money went back by line before."""
    left = [[row.line_item_id, row.at, row.quantity] for row in _all(GIVEN, part)]
    returns: dict[int, list[Any]] = {}
    for row in _all(CAME_BACK, part):
        returns.setdefault(row.id, []).append(row)
    found_vnd = 0
    for rows in returns.values():
        all_vnd = known = 0
        for row in rows:
            all_vnd += row.quantity * row.unit_price_vnd
            units = row.quantity
            for one in left:
                if one[0] == row.line_item_id and one[1] <= row.at:
                    taken = min(one[2], units)
                    one[2] -= taken
                    units -= taken
                    known += taken * row.unit_price_vnd
        if all_vnd:
            goods_vnd = rows[0].items_vnd
            found_vnd += goods_vnd - int(goods_vnd * Fraction(all_vnd - known, all_vnd))
    return found_vnd


def _count(row: dict[str, Any], month: dict[str, Any]) -> None:
    op.get_bind().execute(
        sa.text(COUNT).bindparams(sa.bindparam("month", type_=sa.Date())),
        {**month, "vnd": row["vnd"]},
    )


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
