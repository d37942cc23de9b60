"""Whoever deleted her account earlier leaves what helpers did, and the news of it, by name."""

import sqlalchemy as sa
from alembic import op

revision = "0073"
down_revision = "0072"
branch_labels = None
depends_on = None

grants = sa.table(
    "helper_grants",
    *map(sa.column, ("id", "helper_id", "owner_id", "recorded_by_id", "recorded_by_name")),
)
acts = sa.table(
    "helper_acts", *map(sa.column, ("id", "grant_id", "helper_name", "owner_name"))
)  # fmt: skip
notices = sa.table("notices", *map(sa.column, ("key", "facts")))


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    gone = sa.text("SELECT id FROM accounts WHERE deleted_at IS NOT NULL")
    for part in ("helper", "owner"):
        hers = sa.select(grants.c.id).where(grants.c[f"{part}_id"].in_(gone))
        op.execute(acts.update().where(acts.c.grant_id.in_(hers)).values({f"{part}_name": ""}))
        keys = sa.union_all(
            *(
                sa.select(sa.literal(f"helper-{kind}:") + sa.cast(number, sa.String)).where(
                    which.in_(hers)
                )
                for kind, number, which in (
                    ("act", acts.c.id, acts.c.grant_id),
                    ("granted", grants.c.id, grants.c.id),
                    ("revoked", grants.c.id, grants.c.id),
                )
            )
        )
        without = (
            f"json_remove(facts, '$.{part}')" if sqlite else f"(facts::jsonb - '{part}')::json"
        )
        op.execute(notices.update().where(notices.c.key.in_(keys)).values(facts=sa.text(without)))
    op.execute(grants.update().where(grants.c.recorded_by_id.in_(gone)).values(recorded_by_name=""))


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
