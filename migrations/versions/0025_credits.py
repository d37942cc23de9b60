"""Codes that are money: what sellers and organisations owe to buyers who took a code for it."""

import sqlalchemy as sa
from alembic import op

import shop.db

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

_SAID = "current_setting('shop.seller', true)"
#: As in 0008: a stall sees what it owes itself.
HERS = f"(coalesce({_SAID}, '') = '' OR seller_id = nullif({_SAID}, '')::bigint)"


def upgrade() -> None:
    op.create_table(
        "credits",
        sa.Column("id", BIG, nullable=False),
        sa.Column("code_index", sa.String(length=40), nullable=False),
        sa.Column("code", sa.LargeBinary(), nullable=False),
        sa.Column("order_id", BIG, nullable=False),
        sa.Column("seller_id", BIG, nullable=True),
        sa.Column("organisation_id", BIG, nullable=True),
        sa.Column("issued_vnd", BIG, nullable=False),
        sa.Column("left_vnd", BIG, nullable=False),
        sa.Column("issued_at", shop.db.UtcDateTime(), nullable=False),
        sa.CheckConstraint("issued_vnd > 0", name=op.f("ck_credits_issued_above_nought")),
        sa.CheckConstraint(
            "0 <= left_vnd AND left_vnd <= issued_vnd", name=op.f("ck_credits_left_within_issued")
        ),
        sa.CheckConstraint(
            "(seller_id IS NULL) <> (organisation_id IS NULL)", name=op.f("ck_credits_one_owner")
        ),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_credits_{column}_{table}")
            )
            for column, table in (
                ("order_id", "orders"), ("seller_id", "sellers"),
                ("organisation_id", "organisations"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credits")),
        sa.UniqueConstraint("code_index", name=op.f("uq_credits_code_index")),
    )  # fmt: skip
    for column in ("order_id", "seller_id", "organisation_id"):
        op.create_index(op.f(f"ix_credits_{column}"), "credits", [column])
    for table in ("payment_events", "cash_moves", "refunds"):
        _point(table, "credit_id", "credits")
        op.create_index(op.f(f"ix_{table}_credit_id"), table, ["credit_id"])
    op.add_column("payments", sa.Column("credit_vnd", BIG, server_default="0", nullable=False))
    op.add_column(
        "cod_collections", sa.Column("credited_vnd", BIG, server_default="0", nullable=False)
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE credits ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE credits FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY credits_hers ON credits USING {HERS}")


def _point(table: str, name: str, to: str) -> None:
    """Add a column that points to another table, without writing the table anew."""
    if op.get_bind().dialect.name == "sqlite":
        key = f"CONSTRAINT fk_{table}_{name}_{to} REFERENCES {to} (id)"
        op.execute(f"ALTER TABLE {table} ADD COLUMN {name} INTEGER {key}")
        return
    op.add_column(table, sa.Column(name, BIG, nullable=True))
    op.create_foreign_key(f"fk_{table}_{name}_{to}", table, to, [name], ["id"])


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
