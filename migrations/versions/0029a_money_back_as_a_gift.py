"""Money that was to go back to a buyer goes to a campaign's fund, by her own word."""

import sqlalchemy as sa
from alembic import op

import shop.db

revision = "0029a"
down_revision = "0033d"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    number = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    # SQLite adds a column with its rules at once; a rebuilt table would lose what refers to it.
    op.execute(
        f"ALTER TABLE refunds ADD COLUMN gift_id {number} "
        "CONSTRAINT fk_refunds_gift_id_gifts REFERENCES gifts (id)"
    )
    op.create_index(op.f("ix_refunds_gift_id"), "refunds", ["gift_id"])
    op.create_table(
        "refund_words",
        sa.Column("id", BIG, nullable=False),
        sa.Column("refund_id", BIG, nullable=False),
        sa.Column("campaign_id", BIG, nullable=False),
        sa.Column("said", sa.LargeBinary(), nullable=False),
        sa.Column("said_on", sa.Date(), nullable=False),
        sa.Column("said_how", sa.String(length=10), nullable=False),
        sa.Column("named", sa.Boolean(), nullable=False),
        sa.Column("recorded_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("recorded_by_id", BIG, nullable=True),
        sa.Column("recorded_by", sa.String(length=80), nullable=False),
        sa.Column("ended_at", shop.db.UtcDateTime(), nullable=True),
        sa.Column("ended_by_id", BIG, nullable=True),
        sa.Column("gift_id", BIG, nullable=True),
        sa.CheckConstraint(
            "said_how IN ('phone', 'in_person', 'paper', 'voice')", name="said_how_known"
        ),
        sa.CheckConstraint("gift_id IS NULL OR ended_at IS NOT NULL", name="done_is_ended"),
        sa.CheckConstraint(
            "gift_id IS NULL OR recorded_by_id IS NULL OR ended_by_id IS NULL"
            " OR ended_by_id <> recorded_by_id",
            name="two_people",
        ),
        sa.ForeignKeyConstraint(
            ["refund_id"], ["refunds.id"], name=op.f("fk_refund_words_refund_id_refunds")
        ),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_refund_words_campaign_id_campaigns")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["accounts.id"],
            name=op.f("fk_refund_words_recorded_by_id_accounts"),
        ),
        sa.ForeignKeyConstraint(
            ["ended_by_id"], ["accounts.id"], name=op.f("fk_refund_words_ended_by_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["gift_id"], ["gifts.id"], name=op.f("fk_refund_words_gift_id_gifts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund_words")),
    )  # fmt: skip
    op.create_index(
        "uq_refund_words_waiting", "refund_words", ["refund_id"], unique=True,
        sqlite_where=sa.text("ended_at IS NULL"), postgresql_where=sa.text("ended_at IS NULL"),
    )  # fmt: skip


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
