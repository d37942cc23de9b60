"""Who took cash at the door, and what waits to be posted from before there were books."""

import sqlalchemy as sa
from alembic import op

revision = "0012a"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "cash_moves", sa.Column("carrier", sa.String(60), server_default="", nullable=False)
    )
    op.create_table(
        "to_book",
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_to_book")),
    )
    op.execute("INSERT INTO to_book (subject) SELECT 'payment:' || id FROM payments")
    op.execute(
        "INSERT INTO to_book (subject) SELECT 'cash:' || seller_order_id FROM cod_collections"
    )


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
