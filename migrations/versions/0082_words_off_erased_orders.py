"""An erased order's words to and of its buyer go from its trails too; the steps and sums stay.

So it is for those erased before.
"""

import sqlalchemy as sa
from alembic import op

revision = "0082"
down_revision = "0081"
branch_labels = None
depends_on = None

TRAILS = ("seller_order_moves", "goods_returns", "payment_events", "cash_moves")
ERASED = "(SELECT so.id FROM seller_orders so JOIN orders o ON o.id = so.order_id WHERE o.erased_at IS NOT NULL)"
OF_PARCEL = ("note", "contact_phone", "tracking_url", "station", "plate")


def upgrade() -> None:
    for table in TRAILS:
        _let_notes_be_emptied(table)
    for table, which in (
        ("seller_order_moves", "actor_kind <> 'system'"), ("goods_returns", "1 = 1"),
        ("cash_moves", "actor_kind NOT IN ('officer', 'system')"),
    ):  # fmt: skip
        op.execute(
            f"UPDATE {table} SET note = '' "  # noqa: S608
            f"WHERE note <> '' AND {which} AND seller_order_id IN {ERASED}"
        )
    payments = "(SELECT p.id FROM payments p JOIN orders o ON o.id = p.order_id WHERE o.erased_at IS NOT NULL)"
    op.execute(
        "UPDATE payment_events SET note = '' WHERE note <> '' "  # noqa: S608
        f"AND actor_kind NOT IN ('officer', 'system') AND payment_id IN {payments}"
    )
    op.execute(
        f"UPDATE refunds SET note = '' WHERE payment_id IN {payments} "  # noqa: S608
        f"OR seller_order_id IN {ERASED}"
    )
    emptied = ", ".join(f"{name} = ''" for name in OF_PARCEL)
    op.execute(f"UPDATE hand_overs SET {emptied} WHERE seller_order_id IN {ERASED}")  # noqa: S608
    op.execute(
        "UPDATE carrier_words SET words = '' WHERE EXISTS (SELECT 1 FROM carrier_parcels p "  # noqa: S608
        "JOIN carrier_accounts a ON a.seller_id = p.seller_id "
        "WHERE a.id = carrier_words.account_id AND p.tracking_code <> '' "
        f"AND p.tracking_code = carrier_words.tracking_code AND p.seller_order_id IN {ERASED})"
    )
    op.execute(f"UPDATE carrier_parcels SET words = '' WHERE seller_order_id IN {ERASED}")  # noqa: S608


def _let_notes_be_emptied(table: str) -> None:
    """A note may be taken off a line, never put in or changed; the line itself stays as it is."""
    bind = op.get_bind()
    fixed = [c["name"] for c in sa.inspect(bind).get_columns(table) if c["name"] != "note"]
    if bind.dialect.name == "sqlite":
        changed = " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in fixed)
        op.execute(f"DROP TRIGGER {table}_no_update")
        op.execute(
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} "
            f"WHEN {changed} OR NEW.note <> '' OR OLD.note = '' "
            "BEGIN SELECT RAISE(ABORT, 'a trail is never changed'); END"
        )
        return
    op.execute(
        "CREATE OR REPLACE FUNCTION keep_all_but_note() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN IF TG_OP = 'DELETE' OR NEW.note <> '' OR OLD.note = '' "
        "OR to_jsonb(OLD) - 'note' IS DISTINCT FROM to_jsonb(NEW) - 'note' THEN "
        "RAISE EXCEPTION 'a trail is never changed' "
        "USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN NEW; END $$"
    )
    op.execute(f"DROP TRIGGER {table}_kept ON {table}")
    op.execute(
        f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION keep_all_but_note()"
    )


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
