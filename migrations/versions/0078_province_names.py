"""Provinces are found by every name they had; places are loaded anew, with their old districts."""

import sqlalchemy as sa
from alembic import op

revision = "0078"
down_revision = "0077"
branch_labels = None
depends_on = None

KEY = sa.String(length=80).with_variant(sa.String(length=80, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "province_names",
        sa.Column("key", KEY, nullable=False),
        sa.Column("province_code", sa.String(length=2), nullable=False),
        sa.Column("former", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(
            ["province_code"], ["provinces.code"],
            name=op.f("fk_province_names_province_code_provinces"),
        ),
        sa.PrimaryKeyConstraint("key", "province_code", "former", name=op.f("pk_province_names")),
    )  # fmt: skip
    # The list that is shipped is the same: without its version it is loaded once more.
    op.execute("DELETE FROM places_releases")


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
