"""Calls for help, what each needs, and who promised it."""

import sqlalchemy as sa
from alembic import op

import shop.db

revision = "0023"
down_revision = "0020"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "help_calls",
        sa.Column("id", BIG, nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("organisation_id", BIG, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("title_vi", sa.String(length=120), nullable=False),
        sa.Column("title_en", sa.String(length=120), nullable=False),
        sa.Column("for_whom_vi", sa.String(length=160), nullable=False),
        sa.Column("for_whom_en", sa.String(length=160), nullable=False),
        sa.Column("story_vi", sa.Text(), nullable=False),
        sa.Column("story_en", sa.Text(), nullable=False),
        sa.Column("place_vi", sa.String(length=200), nullable=False),
        sa.Column("place_en", sa.String(length=200), nullable=False),
        sa.Column("contact_name", sa.String(length=80), nullable=False),
        sa.Column("contact_phone", sa.String(length=20), nullable=False),
        sa.Column("starts_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("ends_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("consent_kind", sa.String(length=10), nullable=False),
        sa.Column("consent_on", sa.Date(), nullable=True),
        sa.Column("created_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("created_by_id", BIG, nullable=True),
        sa.Column("opened_at", shop.db.UtcDateTime(), nullable=True),
        sa.Column("cancelled_at", shop.db.UtcDateTime(), nullable=True),
        sa.Column("cancel_reason", sa.String(length=300), nullable=False),
        sa.Column("thanks_vi", sa.Text(), nullable=False),
        sa.Column("thanks_en", sa.Text(), nullable=False),
        sa.Column("thanked_at", shop.db.UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "state IN ('draft', 'open', 'cancelled')", name=op.f("ck_help_calls_state_known")
        ),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_help_calls_ends_after_start")),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["accounts.id"], name=op.f("fk_help_calls_created_by_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_help_calls_organisation_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_help_calls")),
        sa.UniqueConstraint("code", name=op.f("uq_help_calls_code")),
    )
    op.create_index(
        op.f("ix_help_calls_organisation_id"), "help_calls", ["organisation_id"], unique=False
    )
    op.create_index("ix_help_calls_shown", "help_calls", ["state", "starts_at"], unique=False)
    op.create_table(
        "help_needs",
        sa.Column("id", BIG, nullable=False),
        sa.Column("call_id", BIG, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("words_vi", sa.String(length=160), nullable=False),
        sa.Column("words_en", sa.String(length=160), nullable=False),
        sa.Column("unit_vi", sa.String(length=30), nullable=False),
        sa.Column("unit_en", sa.String(length=30), nullable=False),
        sa.Column("wanted", BIG, nullable=False),
        sa.Column("pledged", BIG, nullable=False),
        sa.CheckConstraint(
            "kind IN ('labour', 'meals', 'tools', 'goods')", name=op.f("ck_help_needs_kind_known")
        ),
        sa.CheckConstraint(
            "0 <= pledged AND pledged <= wanted", name=op.f("ck_help_needs_pledged_within_wanted")
        ),
        sa.CheckConstraint(
            "wanted >= 1 AND wanted <= 9999", name=op.f("ck_help_needs_wanted_range")
        ),
        sa.ForeignKeyConstraint(
            ["call_id"], ["help_calls.id"], name=op.f("fk_help_needs_call_id_help_calls")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_help_needs")),
    )
    op.create_index(op.f("ix_help_needs_call_id"), "help_needs", ["call_id"], unique=False)
    op.create_table(
        "help_pledges",
        sa.Column("id", BIG, nullable=False),
        sa.Column("call_id", BIG, nullable=False),
        sa.Column("need_id", BIG, nullable=False),
        sa.Column("attempt_id", sa.String(length=40), nullable=False),
        sa.Column("link_nonce", sa.String(length=32), nullable=False),
        sa.Column("link_digest", sa.String(length=64), nullable=False),
        sa.Column("quantity", BIG, nullable=False),
        sa.Column("stated_value_vnd", BIG, nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("data_key", sa.LargeBinary(), nullable=False),
        sa.Column("contact", sa.LargeBinary(), nullable=False),
        sa.Column("shown_name", sa.String(length=60), nullable=False),
        sa.Column("locale", sa.String(length=2), nullable=False),
        sa.Column("pledged_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("written_by_id", BIG, nullable=True),
        sa.Column("changed_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("changed_by_id", BIG, nullable=True),
        sa.CheckConstraint(
            "state IN ('offered', 'came', 'absent', 'withdrawn')",
            name=op.f("ck_help_pledges_state_known"),
        ),
        sa.CheckConstraint("quantity >= 1", name=op.f("ck_help_pledges_quantity_positive")),
        sa.CheckConstraint(
            "stated_value_vnd IS NULL OR stated_value_vnd >= 0",
            name=op.f("ck_help_pledges_value_not_negative"),
        ),
        sa.ForeignKeyConstraint(
            ["call_id"], ["help_calls.id"], name=op.f("fk_help_pledges_call_id_help_calls")
        ),
        sa.ForeignKeyConstraint(
            ["changed_by_id"], ["accounts.id"], name=op.f("fk_help_pledges_changed_by_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["need_id"], ["help_needs.id"], name=op.f("fk_help_pledges_need_id_help_needs")
        ),
        sa.ForeignKeyConstraint(
            ["written_by_id"], ["accounts.id"], name=op.f("fk_help_pledges_written_by_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_help_pledges")),
        sa.UniqueConstraint("attempt_id", name=op.f("uq_help_pledges_attempt_id")),
        sa.UniqueConstraint("link_digest", name=op.f("uq_help_pledges_link_digest")),
    )
    op.create_index(op.f("ix_help_pledges_call_id"), "help_pledges", ["call_id"], unique=False)
    op.create_index(op.f("ix_help_pledges_need_id"), "help_pledges", ["need_id"], unique=False)


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
