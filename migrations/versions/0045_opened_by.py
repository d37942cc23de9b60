"""Who of a stall first opened an order."""

from alembic import op

revision = "0045"
down_revision = "0049"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Said as it is: SQLite takes a column with its reference, and no reference afterwards.
    big = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    op.execute(
        f"ALTER TABLE seller_orders ADD COLUMN seen_by_id {big}"
        " CONSTRAINT fk_seller_orders_seen_by_id_accounts REFERENCES accounts (id)"
    )


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
