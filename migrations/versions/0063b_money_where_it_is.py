"""Which of its owner's other bank accounts money of a payment came to or left."""

import sqlalchemy as sa
from alembic import op

revision = "0063b"
down_revision = "0063a"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    name = "fk_payment_events_payee_id_payees"
    if op.get_bind().dialect.name == "sqlite":  # Without writing the table anew.
        op.execute(
            "ALTER TABLE payment_events ADD COLUMN payee_id INTEGER "
            f"CONSTRAINT {name} REFERENCES payees (id)"
        )
        return
    op.add_column("payment_events", sa.Column("payee_id", BIG, nullable=True))
    op.create_foreign_key(name, "payment_events", "payees", ["payee_id"], ["id"])


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
