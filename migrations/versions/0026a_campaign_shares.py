"""What campaigns get of a seller's part, kept with it."""

from alembic import op

revision = "0026a"
down_revision = "0025a"
branch_labels = None
depends_on = None


def upgrade() -> None:
    number = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    # SQLite adds a column with its rules at once; a rebuilt table would lose what refers to it.
    op.execute(
        f"ALTER TABLE seller_orders ADD COLUMN campaign_vnd {number} DEFAULT 0 NOT NULL "
        "CONSTRAINT ck_seller_orders_campaigns_within_goods "
        "CHECK (0 <= campaign_vnd AND campaign_vnd <= items_vnd)"
    )


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
