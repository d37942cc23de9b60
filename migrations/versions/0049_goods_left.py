"""How much of given goods is left after a stall sold some of them."""

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0047"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("goods_gifts") as table:
        table.add_column(sa.Column("left_over", BIG, nullable=True))
        table.create_check_constraint(
            "left_within_quantity", "left_over IS NULL OR left_over BETWEEN 0 AND quantity"
        )


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
