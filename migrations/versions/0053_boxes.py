"""How large the box of a parcel is, and when a carrier that said nothing is asked."""

import sqlalchemy as sa
from alembic import op

revision = "0053"
down_revision = "0054"
branch_labels = None
depends_on = None

SIDES = ("length_cm", "width_cm", "height_cm")


def upgrade() -> None:
    for side in SIDES:
        # What carriers were told of parcels before: ten centimetres each way.
        op.add_column(
            "carrier_parcels", sa.Column(side, sa.Integer(), server_default="10", nullable=False)
        )
    op.add_column(
        "carrier_parcels", sa.Column("looks", sa.Integer(), server_default="0", nullable=False)
    )
    op.add_column("carrier_parcels", sa.Column("next_look_at", sa.DateTime(timezone=True)))
    op.execute(
        "UPDATE carrier_parcels SET next_look_at = asked_at WHERE state = 'made'"
        " AND track NOT IN ('delivered', 'returned', 'lost', 'cancelled')"
    )
    op.create_index(
        "ix_carrier_parcels_to_look", "carrier_parcels", ["next_look_at"],
        sqlite_where=sa.text("state = 'made' AND next_look_at IS NOT NULL"),
        postgresql_where=sa.text("state = 'made' AND next_look_at IS NOT NULL"),
    )  # fmt: skip


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
