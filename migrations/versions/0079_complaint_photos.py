"""Photos come with a complaint: sealed by its key, forgotten with it."""

import sqlalchemy as sa
from alembic import op

revision = "0079"
down_revision = "0078"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "complaint_photos",
        sa.Column("complaint_id", BIG, nullable=False),
        sa.Column("number", BIG, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["complaint_id"], ["complaints.id"],
            name=op.f("fk_complaint_photos_complaint_id_complaints"),
        ),
        sa.PrimaryKeyConstraint("complaint_id", "number", name=op.f("pk_complaint_photos")),
    )  # fmt: skip
    if op.get_bind().dialect.name != "sqlite":  # No seller's business at all, as complaints are.
        op.execute("ALTER TABLE complaint_photos ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE complaint_photos FORCE ROW LEVEL SECURITY")
        op.execute(
            "CREATE POLICY complaint_photos_hers ON complaint_photos "
            "USING (coalesce(current_setting('shop.seller', true), '') = '')"
        )


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
