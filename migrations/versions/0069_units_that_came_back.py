"""Goods that came back after money of other units went back by line: what of it is still to be paid.

Before, whatever came back was counted as the units whose money had gone back. Two things in the
rows say so still: money by line that was made larger by what had come back before, and money that
a person gave by amount for goods that the shop did not pay by itself.
"""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0069"
down_revision = "0068"
branch_labels = None
depends_on = None

#: Refunds that were not taken back and did not fail, by part; ``units``: of each line, none by amount.
SHARES = sa.text(
    "SELECT a.seller_order_id AS part, r.id, r.asked_at, a.amount_vnd, a.over_vnd, a.let_off_vnd, "
    "a.ahead_vnd, l.line_item_id AS line, l.quantity AS units "
    "FROM refund_allocations a JOIN refunds r ON r.id = a.refund_id "
    "LEFT JOIN (refund_lines l JOIN line_items i ON i.id = l.line_item_id) "
    "ON l.refund_id = r.id AND i.seller_order_id = a.seller_order_id "
    "WHERE r.state NOT IN ('failed', 'taken_back') AND a.seller_order_id IN ("
    "SELECT b.seller_order_id FROM refund_allocations b "
    "JOIN goods_returns g ON g.seller_order_id = b.seller_order_id WHERE b.ahead_vnd > 0) "
    "ORDER BY a.seller_order_id, r.asked_at, r.id"
)
RETURNS = sa.text(
    "SELECT g.id, g.at, g.items_vnd, l.line_item_id AS line, l.quantity AS units, "
    "i.unit_price_vnd AS price_vnd FROM goods_returns g "
    "JOIN goods_return_lines l ON l.return_id = g.id JOIN line_items i ON i.id = l.line_item_id "
    "WHERE g.seller_order_id = :part AND g.id NOT IN (SELECT return_id FROM goods_kept) "
    "ORDER BY g.at, g.id"
)


def upgrade() -> None:
    _let_the_trail_be_written()
    op.execute("UPDATE refund_allocations SET ahead_vnd = amount_vnd WHERE ahead_vnd > amount_vnd")
    by_part: dict[int, list[Any]] = {}
    for row in op.get_bind().execute(SHARES).all():
        by_part.setdefault(row.part, []).append(row)
    for part, shares in by_part.items():
        for refund_id, vnd in _paid_by_hand(shares, op.get_bind().execute(RETURNS, {"part": part})):
            op.execute(
                sa.text(
                    "UPDATE refund_allocations SET let_off_vnd = let_off_vnd - :vnd "
                    "WHERE refund_id = :refund AND seller_order_id = :part"
                ).bindparams(vnd=vnd, refund=refund_id, part=part)
            )
    _keep_the_trail()
    # A job brings their books in step, asks for as much less, and promises what is to go back.
    for subject, column in (("payment", "payment_id"), ("cash", "seller_order_id")):
        op.execute(
            f"INSERT INTO to_book (subject) SELECT DISTINCT '{subject}:' || r.{column} "  # noqa: S608
            "FROM refunds r JOIN refund_allocations a ON a.refund_id = r.id AND a.ahead_vnd > 0 "
            "JOIN goods_returns g ON g.seller_order_id = a.seller_order_id "
            f"WHERE r.{column} IS NOT NULL "
            f"AND '{subject}:' || r.{column} NOT IN (SELECT subject FROM to_book)"
        )


def _paid_by_hand(shares: list[Any], returns: Any) -> Iterator[tuple[int, int]]:
    """Return (refund, đồng) of what was given by amount for other goods that came back before it."""
    given = [[row.line, row.asked_at, row.units] for row in shares if row.ahead_vnd and row.line]
    others: list[list[Any]] = []  # [when, đồng not paid yet]
    by_return: dict[int, list[Any]] = {}
    for row in returns:
        by_return.setdefault(row.id, []).append(row)
    for some in by_return.values():
        all_vnd = others_vnd = 0
        for row in some:
            units = row.units
            for one in given:
                if one[0] == row.line and one[1] <= row.at:
                    known = min(units, one[2])
                    one[2] -= known
                    units -= known
            all_vnd += row.units * row.price_vnd
            others_vnd += units * row.price_vnd
        if all_vnd:
            others.append([some[0].at, some[0].items_vnd * others_vnd // all_vnd])
    for row in shares:
        if row.line:
            continue
        paid_vnd = row.amount_vnd - max(0, row.over_vnd)
        itself_vnd = paid_vnd - row.let_off_vnd  # The shop promised it, or it counted as that.
        by_hand_vnd = 0
        for one in others:
            if one[0] <= row.asked_at:
                one_vnd = min(one[1], max(0, itself_vnd))
                itself_vnd -= one_vnd
                more_vnd = min(one[1] - one_vnd, row.let_off_vnd - by_hand_vnd)
                by_hand_vnd += max(0, more_vnd)
                one[1] -= one_vnd + max(0, more_vnd)
        if by_hand_vnd:
            yield row.id, by_hand_vnd


def _let_the_trail_be_written() -> None:
    """Shares are never changed (0015), but where a rule told them wrongly."""
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
