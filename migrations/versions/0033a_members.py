"""The register of members, how they join, and lists that are read in as a whole."""

import sqlalchemy as sa
from alembic import op

import shop.db

revision = "0033a"
down_revision = "0033"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _to(table: str, column: str, of: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{of}.id"], name=op.f(f"fk_{table}_{column}_{of}"))


def upgrade() -> None:
    op.create_table(
        "member_sheets",
        sa.Column("id", BIG, nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("organisation_id", BIG, nullable=True),
        sa.Column("data_key", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("rows", BIG, nullable=False),
        sa.Column("sent_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("sent_by_id", BIG, nullable=True),
        sa.Column("stored_at", shop.db.UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('members', 'units')", name=op.f("ck_member_sheets_kind_known")
        ),
        _to("member_sheets", "organisation_id", "organisations"),
        _to("member_sheets", "sent_by_id", "accounts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_sheets")),
    )
    op.create_index(op.f("ix_member_sheets_organisation_id"), "member_sheets", ["organisation_id"])
    op.create_table(
        "members",
        sa.Column("id", BIG, nullable=False),
        sa.Column("organisation_id", BIG, nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("sort_name", sa.String(length=130), nullable=False),
        sa.Column("born_in", BIG, nullable=True),
        sa.Column("data_key", sa.LargeBinary(), nullable=False),
        sa.Column("contact", sa.LargeBinary(), nullable=False),
        sa.Column("phone_index", sa.String(length=40), nullable=True),
        sa.Column("joined_on", sa.Date(), nullable=False),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.Column("came_by", sa.String(length=8), nullable=False),
        sa.Column("added_by_id", BIG, nullable=True),
        sa.Column("sheet_id", BIG, nullable=True),
        sa.Column("attempt_id", sa.String(length=32), nullable=True),
        sa.Column("created_at", shop.db.UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "state IN ('asked', 'member', 'left')", name=op.f("ck_members_state_known")
        ),
        sa.CheckConstraint(
            "(state = 'left') = (left_on IS NOT NULL)", name=op.f("ck_members_left_on_a_day")
        ),
        _to("members", "organisation_id", "organisations"),
        _to("members", "added_by_id", "accounts"),
        _to("members", "sheet_id", "member_sheets"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_members")),
        sa.UniqueConstraint("attempt_id", name=op.f("uq_members_attempt_id")),
    )
    op.create_index("ix_members_unit", "members", ["organisation_id", "state", "sort_name", "id"])
    op.create_index("ix_members_sorted", "members", ["state", "sort_name", "id"])
    op.create_index("ix_members_phone", "members", ["phone_index"])
    op.create_index(op.f("ix_members_sheet_id"), "members", ["sheet_id"])
    op.create_table(
        "member_past_units",
        sa.Column("id", BIG, nullable=False),
        sa.Column("member_id", BIG, nullable=False),
        sa.Column("organisation_id", BIG, nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("reordering_id", BIG, nullable=True),
        sa.CheckConstraint(
            "valid_to >= valid_from", name=op.f("ck_member_past_units_ends_after_start")
        ),
        _to("member_past_units", "member_id", "members"),
        _to("member_past_units", "organisation_id", "organisations"),
        _to("member_past_units", "reordering_id", "reorderings"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_past_units")),
    )
    op.create_index("ix_member_past_units_member", "member_past_units", ["member_id", "valid_to"])
    op.create_index("ix_member_past_units_reordering", "member_past_units", ["reordering_id"])
    op.create_table(
        "join_codes",
        sa.Column("id", BIG, nullable=False),
        sa.Column("organisation_id", BIG, nullable=False),
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("made_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("made_by_id", BIG, nullable=True),
        sa.Column("ended_at", shop.db.UtcDateTime(), nullable=True),
        _to("join_codes", "organisation_id", "organisations"),
        _to("join_codes", "made_by_id", "accounts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_join_codes")),
        sa.UniqueConstraint("code", name=op.f("uq_join_codes_code")),
    )
    op.create_index(op.f("ix_join_codes_organisation_id"), "join_codes", ["organisation_id"])


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
