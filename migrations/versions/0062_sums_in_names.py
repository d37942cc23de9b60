"""A carrier's line is named by its sums too: what comes later for the same parcel is another."""

import sqlalchemy as sa
from alembic import op

revision = "0062"
down_revision = "0064a"
branch_labels = None
depends_on = None


def upgrade() -> None:
    lines = sa.table(
        "remittance_lines",
        sa.column("key", sa.String),
        sa.column("received_vnd", sa.BigInteger),
        sa.column("return_fee_vnd", sa.BigInteger),
    )
    text = [sa.cast(lines.c[name], sa.String) for name in ("received_vnd", "return_fee_vnd")]
    op.execute(lines.update().values(key=lines.c.key + ":" + text[0] + "-" + text[1]))


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
