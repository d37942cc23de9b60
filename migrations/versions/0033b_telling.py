"""Chat groups of units, announcements and who has read them, reports of quarters."""

import sqlalchemy as sa
from alembic import op

import shop.db

revision = "0033b"
down_revision = "0033a"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _to(table: str, column: str, of: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{of}.id"], name=op.f(f"fk_{table}_{column}_{of}"))


def upgrade() -> None:
    op.create_table(
        "chat_groups",
        sa.Column("id", BIG, nullable=False),
        sa.Column("organisation_id", BIG, nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("for_whom", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("link", sa.String(length=300), nullable=False),
        sa.Column("size", BIG, nullable=True),
        sa.Column("added_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("ended_at", shop.db.UtcDateTime(), nullable=True),
        sa.CheckConstraint("kind IN ('zalo', 'facebook')", name=op.f("ck_chat_groups_kind_known")),
        sa.CheckConstraint(
            "for_whom IN ('members', 'public')", name=op.f("ck_chat_groups_audience_known")
        ),
        sa.CheckConstraint(
            "size IS NULL OR size >= 0", name=op.f("ck_chat_groups_size_not_negative")
        ),
        _to("chat_groups", "organisation_id", "organisations"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chat_groups")),
    )
    op.create_index(op.f("ix_chat_groups_organisation_id"), "chat_groups", ["organisation_id"])
    op.create_table(
        "announcements",
        sa.Column("id", BIG, nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("organisation_id", BIG, nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("made_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("made_by_id", BIG, nullable=True),
        sa.Column("taken_back_at", shop.db.UtcDateTime(), nullable=True),
        _to("announcements", "organisation_id", "organisations"),
        _to("announcements", "made_by_id", "accounts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcements")),
        sa.UniqueConstraint("code", name=op.f("uq_announcements_code")),
    )
    op.create_index("ix_announcements_unit", "announcements", ["organisation_id", "made_at"])
    op.create_table(
        "announcement_reads",
        sa.Column("announcement_id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("read_at", shop.db.UtcDateTime(), nullable=False),
        _to("announcement_reads", "announcement_id", "announcements"),
        _to("announcement_reads", "account_id", "accounts"),
        sa.PrimaryKeyConstraint(
            "announcement_id", "account_id", name=op.f("pk_announcement_reads")
        ),
    )
    op.create_table(
        "quarter_reports",
        sa.Column("id", BIG, nullable=False),
        sa.Column("organisation_id", BIG, nullable=False),
        sa.Column("year", BIG, nullable=False),
        sa.Column("quarter", BIG, nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.Column("written_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("written_by_id", BIG, nullable=True),
        sa.CheckConstraint(
            "quarter BETWEEN 1 AND 4", name=op.f("ck_quarter_reports_quarter_of_a_year")
        ),
        _to("quarter_reports", "organisation_id", "organisations"),
        _to("quarter_reports", "written_by_id", "accounts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarter_reports")),
        sa.UniqueConstraint(
            "organisation_id", "year", "quarter",
            name=op.f("uq_quarter_reports_organisation_id_year_quarter"),
        ),
    )  # fmt: skip


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
