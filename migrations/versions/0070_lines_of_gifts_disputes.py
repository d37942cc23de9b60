"""Of how many lines of the gateway's account the fee of a gift's dispute is."""

import sqlalchemy as sa
from alembic import op

revision = "0070"
down_revision = "0069"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("gift_backs", sa.Column("lines", BIG, nullable=False, server_default="0"))
    # It stood in the names of the postings; the oldest did not say it, those were of one line.
    known: dict[int, int] = {}
    keys = sa.text("SELECT key FROM ledger_transactions WHERE key LIKE 'giftback:%:fee:%'")
    for key in op.get_bind().execute(keys).scalars():
        _, number, _, *told = key.split(":")
        lines = int(told[0]) if len(told) > 1 else 1
        known[int(number)] = max(lines, known.get(int(number), 0))
    for number, lines in known.items():
        op.execute(
            sa.text("UPDATE gift_backs SET lines = :lines WHERE id = :id").bindparams(
                lines=lines, id=number
            )
        )


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
