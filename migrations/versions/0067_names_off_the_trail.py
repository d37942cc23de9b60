"""Whoever deletes her account leaves the audit trail by name; the line and her number stay."""

import sqlalchemy as sa
from alembic import op

revision = "0067"
down_revision = "0066"
branch_labels = None
depends_on = None

FIXED = (
    "id", "at", "actor_id", "for_id", "channel", "origin", "action", "subject_kind", "subject_id",
    "facts", "undoes_id",
)  # fmt: skip
#: A name may be taken off, never put in.
CHANGED = " OR ".join(
    [
        *(f"OLD.{name} IS NOT NEW.{name}" for name in FIXED if name != "facts"),
        "CAST(OLD.facts AS TEXT) IS NOT CAST(NEW.facts AS TEXT)",
        "NEW.actor_name <> OLD.actor_name AND NEW.actor_name <> ''",
        "NEW.for_name IS NOT OLD.for_name AND NEW.for_name IS NOT NULL",
    ]
)
GONE = "SELECT id FROM accounts WHERE deleted_at IS NOT NULL"
COLUMNS = ("actor_id", "actor_name", "for_id", "for_name", "action", "facts")


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    op.create_index("ix_audit_entries_for_id", "audit_entries", ["for_id"])
    op.execute(
        "DROP TRIGGER audit_entries_no_update"
        if sqlite
        else "DROP TRIGGER audit_entries_kept ON audit_entries"
    )
    # What a person calls her phone is as much hers as her name: it belongs to the key alone.
    entries, gone = sa.table("audit_entries", *map(sa.column, COLUMNS)), sa.text(GONE)
    without = sa.text("json_remove(facts, '$.name')" if sqlite else "(facts::jsonb - 'name')::json")
    for where, values in (
        (
            entries.c.action.in_(["account.passkey_added", "account.passkey_removed"]),
            {"facts": without},
        ),
        (entries.c.actor_id.in_(gone), {"actor_name": ""}),
        (entries.c.for_id.in_(gone), {"for_name": None}),
    ):
        op.execute(entries.update().where(where).values(values))
    if sqlite:
        op.execute(
            "CREATE TRIGGER audit_entries_no_update BEFORE UPDATE ON audit_entries "
            f"WHEN {CHANGED} BEGIN SELECT RAISE(ABORT, 'a trail is never changed'); END"
        )
        return
    changed = CHANGED.replace("IS NOT NEW", "IS DISTINCT FROM NEW").replace(
        "IS NOT OLD", "IS DISTINCT FROM OLD"
    ).replace("IS NOT CAST", "IS DISTINCT FROM CAST")  # fmt: skip
    op.execute(
        "CREATE FUNCTION keep_audit_entry() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF TG_OP = 'DELETE' OR {changed} THEN "
        "RAISE EXCEPTION 'a trail is never changed' "
        "USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_entries_kept BEFORE UPDATE OR DELETE ON audit_entries "
        "FOR EACH ROW EXECUTE FUNCTION keep_audit_entry()"
    )


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
