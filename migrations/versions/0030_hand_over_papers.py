"""Papers and evidence of campaigns, what organisers published, hidden names, accounts apart."""

import sqlalchemy as sa
from alembic import op

import shop.db

revision = "0030"
down_revision = "0033b"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _references(table: str, *pairs: tuple[str, str]) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))
        for column, to in pairs
    ]


def upgrade() -> None:
    # Nothing ever wrote into it; pictures that anybody can open do not fit a consent that ends.
    op.drop_table("disbursement_evidence")
    op.create_table(
        "campaign_files",
        sa.Column("id", BIG, nullable=False),
        sa.Column("campaign_id", BIG, nullable=False),
        sa.Column("disbursement_id", BIG, nullable=True),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=5), nullable=False),
        sa.Column("caption_vi", sa.String(length=200), nullable=False),
        sa.Column("caption_en", sa.String(length=200), nullable=False),
        sa.Column("size_bytes", BIG, nullable=False),
        sa.Column("width_px", BIG, nullable=False),
        sa.Column("height_px", BIG, nullable=False),
        sa.Column("data_key", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("shows_people", sa.Boolean(), nullable=False),
        sa.Column("consent_kind", sa.String(length=10), nullable=False),
        sa.Column("consent_on", sa.Date(), nullable=True),
        sa.Column("consent_until", sa.Date(), nullable=True),
        sa.Column("added_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("added_by_id", BIG, nullable=True),
        sa.Column("removed_at", shop.db.UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "role IN ('decision', 'rules', 'evidence', 'other')",
            name=op.f("ck_campaign_files_role_known"),
        ),
        sa.CheckConstraint("kind IN ('webp', 'pdf')", name=op.f("ck_campaign_files_kind_known")),
        sa.CheckConstraint(
            "(role = 'evidence') = (disbursement_id IS NOT NULL)",
            name=op.f("ck_campaign_files_evidence_of_something"),
        ),
        sa.CheckConstraint(
            "NOT (is_public AND shows_people)"
            " OR consent_kind <> '' AND consent_on IS NOT NULL AND consent_until IS NOT NULL",
            name=op.f("ck_campaign_files_shown_people_agreed"),
        ),
        *_references(
            "campaign_files", ("campaign_id", "campaigns"), ("disbursement_id", "disbursements"),
            ("added_by_id", "accounts"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_files")),
    )  # fmt: skip
    for column in ("campaign_id", "disbursement_id"):
        op.create_index(op.f(f"ix_campaign_files_{column}"), "campaign_files", [column])
    op.create_table(
        "campaign_reports",
        sa.Column("id", BIG, nullable=False),
        sa.Column("campaign_id", BIG, nullable=False),
        sa.Column("duty", sa.String(length=12), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("entries", BIG, nullable=False),
        sa.Column("chain", sa.String(length=64), nullable=False),
        sa.Column("published_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("published_by_id", BIG, nullable=True),
        sa.Column("withdrawn_at", shop.db.UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "duty IN ('totals', 'uses')", name=op.f("ck_campaign_reports_duty_known")
        ),
        *_references(
            "campaign_reports", ("campaign_id", "campaigns"), ("published_by_id", "accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_reports")),
    )
    op.create_index(op.f("ix_campaign_reports_campaign_id"), "campaign_reports", ["campaign_id"])
    op.create_index(
        "uq_campaign_reports_now", "campaign_reports", ["campaign_id", "duty"], unique=True,
        sqlite_where=sa.text("withdrawn_at IS NULL"),
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )  # fmt: skip
    op.add_column("gifts", sa.Column("name_hidden_at", shop.db.UtcDateTime(), nullable=True))
    op.add_column(
        "campaign_deadlines",
        sa.Column("reminded", sa.String(length=6), nullable=False, server_default=""),
    )
    op.add_column(
        "payees", sa.Column("is_apart", sa.Boolean(), nullable=False, server_default=sa.false())
    )


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
