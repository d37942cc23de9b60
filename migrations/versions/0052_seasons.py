"""Goods that are sold for a part of the year."""

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0046a"
branch_labels = None
depends_on = None

WHOLE = (
    "(season_from IS NULL) = (season_to IS NULL)"
    " AND (season_from IS NULL OR season_from <= season_to)"
)


def upgrade() -> None:
    op.add_column("products", sa.Column("season_from", sa.Date(), nullable=True))
    if op.get_bind().dialect.name == "sqlite":
        # Made anew, the table would lose the triggers that keep its search index.
        op.execute(
            f"ALTER TABLE products ADD COLUMN season_to DATE"
            f" CONSTRAINT ck_products_season_whole CHECK ({WHOLE})"
        )
    else:
        op.add_column("products", sa.Column("season_to", sa.Date(), nullable=True))
        op.create_check_constraint("season_whole", "products", WHOLE)
    for name in ("season_yearly", "off_season"):
        op.add_column(
            "products", sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False)
        )
    op.create_index(
        "ix_products_seasonal",
        "products",
        ["season_to"],
        sqlite_where=sa.text("season_from IS NOT NULL"),
        postgresql_where=sa.text("season_from IS NOT NULL"),
    )


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
