"""Orders that were erased earlier leave no digest of a phone at the vouchers that they used."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0071"
down_revision = "0070"
branch_labels = None
depends_on = None


def upgrade() -> None:
    connection = op.get_bind()
    uses = connection.execute(
        sa.text(
            "SELECT id FROM voucher_uses WHERE order_id IN"
            " (SELECT id FROM orders WHERE erased_at IS NOT NULL)"
        )
    )
    for use in uses.scalars().all():
        connection.execute(
            sa.text("UPDATE voucher_uses SET phone_index = :nobody WHERE id = :use"),
            {"nobody": secrets.token_urlsafe(24), "use": use},
        )


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
