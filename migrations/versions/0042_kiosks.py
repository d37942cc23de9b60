"""Machines that print for a day, and labels that wait under six digits."""

import sqlalchemy as sa
from alembic import op

from shop.db import UtcDateTime

revision = "0042"
down_revision = "0040"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_SAID = "current_setting('shop.seller', true)"


def upgrade() -> None:
    op.create_table(
        "kiosks",
        sa.Column("id", Big, nullable=False),
        sa.Column("organisation_id", Big, nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("token_digest", sa.String(64)),
        sa.Column("link_digest", sa.String(64)),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("opened_by_id", Big),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("closed_at", UtcDateTime()),
        sa.Column("closed_by_id", Big),
        sa.CheckConstraint("ends_at > opened_at", name=op.f("ck_kiosks_ends_after_start")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"],
            name=op.f("fk_kiosks_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(
            ["opened_by_id"], ["accounts.id"], name=op.f("fk_kiosks_opened_by_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["closed_by_id"], ["accounts.id"], name=op.f("fk_kiosks_closed_by_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kiosks")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_kiosks_token_digest")),
        sa.UniqueConstraint("link_digest", name=op.f("uq_kiosks_link_digest")),
    )  # fmt: skip
    op.create_index(op.f("ix_kiosks_organisation_id"), "kiosks", ["organisation_id"])
    op.create_table(
        "print_jobs",
        sa.Column("id", Big, nullable=False),
        sa.Column("seller_id", Big, nullable=False),
        sa.Column("code_digest", sa.String(40)),
        sa.Column("parcels", sa.JSON(), nullable=False),
        sa.Column("size", sa.String(8), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_by_id", Big, nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("claimed_at", UtcDateTime()),
        sa.Column("kiosk_id", Big),
        sa.CheckConstraint(
            "(claimed_at IS NULL) = (kiosk_id IS NULL)", name=op.f("ck_print_jobs_claimed_by_one")
        ),
        sa.ForeignKeyConstraint(
            ["seller_id"], ["sellers.id"], name=op.f("fk_print_jobs_seller_id_sellers")
        ),
        sa.ForeignKeyConstraint(
            ["made_by_id"], ["accounts.id"], name=op.f("fk_print_jobs_made_by_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["kiosk_id"], ["kiosks.id"], name=op.f("fk_print_jobs_kiosk_id_kiosks")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_print_jobs")),
        sa.UniqueConstraint("code_digest", name=op.f("uq_print_jobs_code_digest")),
    )
    op.create_index(op.f("ix_print_jobs_seller_id"), "print_jobs", ["seller_id"])
    op.create_index("ix_print_jobs_ends", "print_jobs", ["ends_at"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE print_jobs ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE print_jobs FORCE ROW LEVEL SECURITY")  # For the owner as well.
        op.execute(
            f"CREATE POLICY print_jobs_hers ON print_jobs USING (coalesce({_SAID}, '') = '' "
            f"OR seller_id = nullif({_SAID}, '')::bigint)"
        )


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
