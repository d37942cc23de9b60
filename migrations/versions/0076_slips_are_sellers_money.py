"""What slips paid sellers, and shares that settlements kept, change sides of the fund's account.

A job brings the books of what was posted before in step.
"""

from alembic import op

revision = "0076"
down_revision = "0075"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "INSERT INTO to_book (subject) SELECT 'voucher:' || id FROM seller_orders "
        "WHERE slip_id IS NOT NULL "
        "AND 'voucher:' || id NOT IN (SELECT subject FROM to_book)"
    )
    op.execute(
        "INSERT INTO to_book (subject) SELECT 'kept_share:' || transaction_id FROM fund_entries "
        "WHERE kind = 'share' AND share_payment_id IS NULL AND amount_vnd > 0"
    )
