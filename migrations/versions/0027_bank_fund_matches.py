"""Which line of a campaign's fund is the money that a bank told of."""

import sqlalchemy as sa
from alembic import op

import shop.db

revision = "0027"
down_revision = "0026a"
branch_labels = None
depends_on = None

#: As in 0013: a seller sees what hangs on a notice of hers.
NOBODY = "coalesce(current_setting('shop.seller', true), '') = ''"
HERS = "EXISTS (SELECT FROM bank_notices n WHERE n.id = notice_id)"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "bank_fund_matches",
        sa.Column("id", BIG, nullable=False),
        sa.Column("notice_id", BIG, nullable=False),
        sa.Column("fund_entry_id", BIG, nullable=False),
        sa.Column("at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("matched_by_id", BIG, nullable=True),
        sa.Column("undone_at", shop.db.UtcDateTime(), nullable=True),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_bank_fund_matches_{column}_{table}")
            )
            for column, table in (
                ("notice_id", "bank_notices"), ("fund_entry_id", "fund_entries"),
                ("matched_by_id", "accounts"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_fund_matches")),
        sa.UniqueConstraint("fund_entry_id", name=op.f("uq_bank_fund_matches_fund_entry_id")),
    )  # fmt: skip
    op.create_index(
        "uq_bank_fund_matches_notice_now", "bank_fund_matches", ["notice_id"], unique=True,
        sqlite_where=sa.text("undone_at IS NULL"), postgresql_where=sa.text("undone_at IS NULL"),
    )  # fmt: skip
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE bank_fund_matches ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE bank_fund_matches FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY bank_fund_matches_hers ON bank_fund_matches USING ({NOBODY} OR {HERS})"
        )


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
