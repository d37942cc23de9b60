"""A rule of commission or tax that was put in force again earlier stands where it stood, too."""

import sqlalchemy as sa
from alembic import op

revision = "0075"
down_revision = "0074"
branch_labels = None
depends_on = None

entries = sa.table(
    "audit_entries",
    *map(sa.column, ("id", "action", "subject_id", "undoes_id")),
    sa.column("facts", sa.JSON),
)


def upgrade() -> None:
    connection, ended = op.get_bind(), entries.alias("ended")
    for kind in ("commission_rule", "tax_rule"):
        rules = sa.table(f"{kind}s", sa.column("id"), sa.column("continues_id"))
        # An end that was taken back: the rule that was ended, and the one that it became.
        undone = sa.select(
            entries.c.subject_id, entries.c.facts, ended.c.subject_id, ended.c.facts
        ).where(
            ended.c.id == entries.c.undoes_id, entries.c.action == f"{kind}.made",
            ended.c.action == f"{kind}.ended",
        )  # fmt: skip
        of_facts = kind == "commission_rule"  # Its lines are about the organisation.
        for again, said, before, told in connection.execute(undone.order_by(entries.c.id)).all():
            new, old = (said["rule_id"], told["rule_id"]) if of_facts else (again, before)
            first = sa.select(sa.func.coalesce(rules.c.continues_id, rules.c.id)).where(
                rules.c.id == old
            )
            connection.execute(
                rules.update()
                .where(rules.c.id == new, rules.c.continues_id.is_(None))
                .values(continues_id=connection.scalar(first))
            )


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
