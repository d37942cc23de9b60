"""A rule of commission or tax that was ended by mistake stands again where it stood."""

from alembic import op

revision = "0068"
down_revision = "0067"
branch_labels = None
depends_on = None


def upgrade() -> None:
    number = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    for table in ("commission_rules", "tax_rules"):
        op.execute(
            f"ALTER TABLE {table} ADD COLUMN continues_id {number} "
            f"CONSTRAINT fk_{table}_continues_id_{table} REFERENCES {table} (id)"
        )


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
