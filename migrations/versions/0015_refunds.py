"""Money that goes back is a refund, allocated to seller orders.

What was noted before becomes refunds that are done, or taken back where the tap was wrong. Their
reason is "before": which seller's part they were meant for was never asked, so the books keep
sharing them as they did (``payments/queries/history.py``).
"""

import sqlalchemy as sa
from alembic import op

import shop.db
from shop.kernel.money import split_vnd

revision = "0015"
down_revision = "0023"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

_SAID = "current_setting('shop.seller', true)"
NOBODY = f"coalesce({_SAID}, '') = ''"
#: As in 0008: what hangs on a seller's order or payment is found through it.
PRIVATE = {
    "refunds": "EXISTS (SELECT FROM payments p WHERE p.id = payment_id)"
    " OR EXISTS (SELECT FROM cod_collections c WHERE c.seller_order_id = refunds.seller_order_id)",
    "refund_allocations": "EXISTS (SELECT FROM seller_orders s WHERE s.id = seller_order_id)",
}


def upgrade() -> None:
    _tables()
    _bring_over_transfers()
    _bring_over_cash()
    _keep_allocations()
    if op.get_bind().dialect.name == "postgresql":
        for table, hers in PRIVATE.items():
            op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
            op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
            op.execute(f"CREATE POLICY {table}_hers ON {table} USING ({NOBODY} OR {hers})")


def _tables() -> None:
    op.create_table(
        "refunds",
        sa.Column("id", BIG, nullable=False),
        sa.Column("payment_id", BIG, nullable=True),
        sa.Column("seller_order_id", BIG, nullable=True),
        sa.Column("amount_vnd", BIG, nullable=False),
        sa.Column("reason", sa.String(length=12), nullable=False),
        sa.Column("way", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=14), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("actor_kind", sa.String(length=10), nullable=False),
        sa.Column("actor_id", BIG, nullable=True),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("account", sa.LargeBinary(), nullable=True),
        sa.Column("reference", sa.String(length=60), nullable=False),
        sa.Column("event_id", BIG, nullable=True),
        sa.Column("move_id", BIG, nullable=True),
        sa.Column("asked_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("account_at", shop.db.UtcDateTime(), nullable=True),
        sa.Column("sent_at", shop.db.UtcDateTime(), nullable=True),
        sa.Column("changed_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("changed_by_id", BIG, nullable=True),
        sa.CheckConstraint(
            "(payment_id IS NULL) <> (seller_order_id IS NULL)",
            name=op.f("ck_refunds_of_payment_or_cash"),
        ),
        sa.CheckConstraint("amount_vnd > 0", name=op.f("ck_refunds_amount_above_nought")),
        sa.CheckConstraint(
            "state <> 'done' OR (event_id IS NULL) <> (move_id IS NULL)",
            name=op.f("ck_refunds_done_moved_money"),
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payments.id"], name=op.f("fk_refunds_payment_id_payments")
        ),
        sa.ForeignKeyConstraint(
            ["seller_order_id"], ["cod_collections.seller_order_id"],
            name=op.f("fk_refunds_seller_order_id_cod_collections"),
        ),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["accounts.id"], name=op.f("fk_refunds_actor_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["changed_by_id"], ["accounts.id"], name=op.f("fk_refunds_changed_by_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["payment_events.id"], name=op.f("fk_refunds_event_id_payment_events")
        ),
        sa.ForeignKeyConstraint(
            ["move_id"], ["cash_moves.id"], name=op.f("fk_refunds_move_id_cash_moves")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refunds")),
        sa.UniqueConstraint("key", name=op.f("uq_refunds_key")),
        sa.UniqueConstraint("event_id", name=op.f("uq_refunds_event_id")),
        sa.UniqueConstraint("move_id", name=op.f("uq_refunds_move_id")),
    )  # fmt: skip
    op.create_index(op.f("ix_refunds_payment_id"), "refunds", ["payment_id"])
    op.create_index(op.f("ix_refunds_seller_order_id"), "refunds", ["seller_order_id"])
    op.create_table(
        "refund_allocations",
        sa.Column("refund_id", BIG, nullable=False),
        sa.Column("seller_order_id", BIG, nullable=False),
        sa.Column("amount_vnd", BIG, nullable=False),
        sa.CheckConstraint(
            "amount_vnd > 0", name=op.f("ck_refund_allocations_amount_above_nought")
        ),
        sa.ForeignKeyConstraint(
            ["refund_id"], ["refunds.id"], name=op.f("fk_refund_allocations_refund_id_refunds")
        ),
        sa.ForeignKeyConstraint(
            ["seller_order_id"], ["seller_orders.id"],
            name=op.f("fk_refund_allocations_seller_order_id_seller_orders"),
        ),
        sa.PrimaryKeyConstraint(
            "refund_id", "seller_order_id", name=op.f("pk_refund_allocations")
        ),
    )  # fmt: skip
    op.create_index(
        op.f("ix_refund_allocations_seller_order_id"), "refund_allocations", ["seller_order_id"]
    )


def _bring_over_transfers() -> None:
    """Each "refunded" above nought becomes a refund; one that was undone is taken back."""
    op.execute(
        """INSERT INTO refunds (payment_id, amount_vnd, reason, way, state, key, actor_kind,
          actor_id, note, reference, event_id, asked_at, sent_at, changed_at, changed_by_id)
        SELECT e.payment_id, e.amount_vnd, 'before', 'bank',
          CASE WHEN u.id IS NULL THEN 'done' ELSE 'taken_back' END, e.key, e.actor_kind,
          e.actor_id, e.note, '', e.id, e.at, e.at, coalesce(u.at, e.at),
          CASE WHEN u.id IS NULL THEN e.actor_id ELSE u.actor_id END
        FROM payment_events e LEFT JOIN payment_events u ON u.key = 'undo:' || e.id
        WHERE e.kind = 'refunded' AND e.amount_vnd > 0 ORDER BY e.id"""
    )
    connection = op.get_bind()
    found = connection.execute(
        sa.text(
            """SELECT r.id, r.amount_vnd, s.id AS part_id, s.total_vnd
            FROM refunds r JOIN payments p ON p.id = r.payment_id
            JOIN seller_orders s ON s.order_id = p.order_id AND s.payee_id = p.payee_id
              AND s.method = p.method
            ORDER BY r.id, s.id"""
        )
    ).all()
    by_refund: dict[int, list[sa.Row]] = {}
    for row in found:
        by_refund.setdefault(row.id, []).append(row)
    rows = []
    for refund_id, parts in by_refund.items():
        weights = [part.total_vnd for part in parts]
        shares = split_vnd(parts[0].amount_vnd, weights if any(weights) else [1] * len(parts))
        rows += [
            {"refund": refund_id, "part": part.part_id, "vnd": vnd}
            for part, vnd in zip(parts, shares, strict=True)
            if vnd
        ]
    if rows:
        connection.execute(
            sa.text(
                "INSERT INTO refund_allocations (refund_id, seller_order_id, amount_vnd)"
                " VALUES (:refund, :part, :vnd)"
            ),
            rows,
        )


def _bring_over_cash() -> None:
    op.execute(
        """INSERT INTO refunds (seller_order_id, amount_vnd, reason, way, state, key, actor_kind,
          actor_id, note, reference, move_id, asked_at, sent_at, changed_at, changed_by_id)
        SELECT m.seller_order_id, -m.amount_vnd, 'before', 'cash',
          CASE WHEN u.id IS NULL THEN 'done' ELSE 'taken_back' END, m.key, m.actor_kind,
          m.actor_id, m.note, '', m.id, m.at, m.at, coalesce(u.at, m.at),
          CASE WHEN u.id IS NULL THEN m.actor_id ELSE u.actor_id END
        FROM cash_moves m LEFT JOIN cash_moves u ON u.key = 'cash-undo:' || m.id
        WHERE m.from_state = m.to_state AND m.about = '' AND m.amount_vnd < 0 ORDER BY m.id"""
    )
    op.execute(
        """INSERT INTO refund_allocations (refund_id, seller_order_id, amount_vnd)
        SELECT id, seller_order_id, amount_vnd FROM refunds WHERE seller_order_id IS NOT NULL"""
    )


def _keep_allocations() -> None:
    """Whose money a refund is taken from is never changed, as in 0002."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER refund_allocations_no_{verb.lower()} BEFORE {verb}"
                " ON refund_allocations"
                " BEGIN SELECT RAISE(ABORT, 'a trail is never changed'); END"
            )
        return
    op.execute(
        "CREATE TRIGGER refund_allocations_kept BEFORE UPDATE OR DELETE ON refund_allocations "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER refund_allocations_kept_whole BEFORE TRUNCATE ON refund_allocations "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
