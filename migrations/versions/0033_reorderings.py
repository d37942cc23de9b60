"""Units move, become one and are divided; what they hung below and were called before is kept."""

import sqlalchemy as sa
from alembic import op

import shop.db

revision = "0033"
down_revision = "0029"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "reorderings",
        sa.Column("id", BIG, nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("top_id", BIG, nullable=True),
        sa.Column("plan", sa.JSON(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("decision", sa.String(length=160), nullable=False),
        sa.Column("number", BIG, nullable=True),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("proposed_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("proposed_by_id", BIG, nullable=True),
        sa.Column("decided_at", shop.db.UtcDateTime(), nullable=True),
        sa.Column("decided_by_id", BIG, nullable=True),
        sa.CheckConstraint(
            "decided_by_id IS NULL OR state = 'dropped' OR decided_by_id <> proposed_by_id",
            name=op.f("ck_reorderings_two_people"),
        ),
        sa.CheckConstraint(
            "(number IS NULL) = (state IN ('proposed', 'dropped'))",
            name=op.f("ck_reorderings_numbered"),
        ),
        sa.ForeignKeyConstraint(
            ["top_id"], ["organisations.id"],
            name=op.f("fk_reorderings_top_id_organisations"),
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by_id"], ["accounts.id"],
            name=op.f("fk_reorderings_proposed_by_id_accounts"),
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["accounts.id"],
            name=op.f("fk_reorderings_decided_by_id_accounts"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reorderings")),
        sa.UniqueConstraint("number", name=op.f("uq_reorderings_number")),
    )  # fmt: skip
    op.create_index(op.f("ix_reorderings_top_id"), "reorderings", ["top_id"])
    op.create_table(
        "organisation_past_parents",
        sa.Column("id", BIG, nullable=False),
        sa.Column("organisation_id", BIG, nullable=False),
        sa.Column("parent_id", BIG, nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("reordering_id", BIG, nullable=True),
        sa.CheckConstraint(
            "valid_to >= valid_from", name=op.f("ck_organisation_past_parents_ends_after_start")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"],
            name=op.f("fk_organisation_past_parents_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["organisations.id"],
            name=op.f("fk_organisation_past_parents_parent_id_organisations"),
        ),
        sa.ForeignKeyConstraint(
            ["reordering_id"], ["reorderings.id"],
            name=op.f("fk_organisation_past_parents_reordering_id_reorderings"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation_past_parents")),
    )  # fmt: skip
    op.create_index(
        "ix_organisation_past_parents_unit", "organisation_past_parents",
        ["organisation_id", "valid_to"],
    )  # fmt: skip
    op.create_table(
        "organisation_past_names",
        sa.Column("id", BIG, nullable=False),
        sa.Column("organisation_id", BIG, nullable=False),
        sa.Column("name_vi", sa.String(length=160), nullable=False),
        sa.Column("name_en", sa.String(length=160), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.CheckConstraint(
            "valid_to >= valid_from", name=op.f("ck_organisation_past_names_ends_after_start")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"],
            name=op.f("fk_organisation_past_names_organisation_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation_past_names")),
    )  # fmt: skip
    op.create_index(
        "ix_organisation_past_names_unit", "organisation_past_names",
        ["organisation_id", "valid_to"],
    )  # fmt: skip


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
