"""What the self-checks found, each time they were asked."""

import sqlalchemy as sa
from alembic import op

import shop.db

revision = "0012b"
down_revision = "0009"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "proofs",
        sa.Column("id", BIG, nullable=False),
        sa.Column("asked_by", sa.String(length=10), nullable=False),
        sa.Column("started_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("finished_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("broken", BIG, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proofs")),
    )
    op.create_index(op.f("ix_proofs_finished_at"), "proofs", ["finished_at"])
    op.create_table(
        "proof_lines",
        sa.Column("proof_id", BIG, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("found", BIG, nullable=False),
        sa.Column("rows", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["proof_id"],
            ["proofs.id"],
            name=op.f("fk_proof_lines_proof_id_proofs"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("proof_id", "name", name=op.f("pk_proof_lines")),
    )


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
