"""A bank's line is recognised as gifts by card passed on to the fund's own account."""

import sqlalchemy as sa
from alembic import op

import shop.db

revision = "0043"
down_revision = "0045"
branch_labels = None
depends_on = None

#: As in 0013: a seller sees what hangs on a notice of hers.
NOBODY = "coalesce(current_setting('shop.seller', true), '') = ''"
HERS = "EXISTS (SELECT FROM bank_notices n WHERE n.id = notice_id)"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "bank_pass_matches",
        sa.Column("id", BIG, nullable=False),
        sa.Column("notice_id", BIG, nullable=False),
        sa.Column("pass_id", BIG, nullable=False),
        sa.Column("at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("matched_by_id", BIG, nullable=True),
        sa.Column("undone_at", shop.db.UtcDateTime(), nullable=True),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_bank_pass_matches_{column}_{table}")
            )
            for column, table in (
                ("notice_id", "bank_notices"), ("pass_id", "gift_passes"),
                ("matched_by_id", "accounts"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_pass_matches")),
    )  # fmt: skip
    now = sa.text("undone_at IS NULL")
    for name in ("notice", "pass"):
        op.create_index(
            f"uq_bank_pass_matches_{name}_now", "bank_pass_matches", [f"{name}_id"], unique=True,
            sqlite_where=now, postgresql_where=now,
        )  # fmt: skip
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE bank_pass_matches ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE bank_pass_matches FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY bank_pass_matches_hers ON bank_pass_matches USING ({NOBODY} OR {HERS})"
        )


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
