"""Members are found by the words of their names, and do not exist for whoever works at a stall.

The register is the officers': a stall's pages never ask for it. Should one forget, PostgreSQL finds
no row (as in 0008 for other stalls' orders).
"""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0035"
branch_labels = None
depends_on = None

NOBODY = "coalesce(current_setting('shop.seller', true), '') = ''"
_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    words = op.create_table(
        "member_words",
        sa.Column("word", sa.String(40), nullable=False),
        sa.Column("member_id", _BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_member_words_member_id_members")
        ),
        sa.PrimaryKeyConstraint("word", "member_id", name=op.f("pk_member_words")),
    )
    _fill(words)
    op.create_index("ix_member_words_member", "member_words", ["member_id"])
    if op.get_bind().dialect.name == "sqlite":
        return
    for table in ("members", "member_words", "member_past_units", "member_sheets"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")  # For the owner as well.
        op.execute(f"CREATE POLICY {table}_of_officers ON {table} USING ({NOBODY})")


def _fill(words: sa.Table) -> None:
    """Write down the words of those who are in the register, a thousand at a time."""
    link, last = op.get_bind(), 0
    some = sa.text(
        "SELECT id, sort_name FROM members WHERE id > :last AND sort_name <> '' ORDER BY id LIMIT 1000"
    )
    while rows := link.execute(some, {"last": last}).all():
        last = rows[-1].id
        link.execute(
            words.insert(),
            [
                {"word": word, "member_id": row.id}
                for row in rows
                for word in sorted({part[:40] for part in row.sort_name.split()})
            ],
        )


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
