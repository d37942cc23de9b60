"""What a carrier keeps back of a parcel's cash, its fee, and who it paid; the way back of refused ones."""

import sqlalchemy as sa
from alembic import op

import shop.db

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AMOUNTS = {
    "cod_collections": ("fee_vnd", "off_vnd", "return_fee_vnd"),
    "cash_moves": ("fee_vnd", "off_vnd"),
}
POINTERS = {
    "cod_collections": {"payee_id": "payees"},
    "cash_moves": {"payee_id": "payees", "bearer_id": "organisations"},
}

#: The step at which somebody took the cash, wrong taps aside.
TAKEN = (
    "FROM cash_moves m WHERE m.seller_order_id = cod_collections.seller_order_id "
    "AND m.from_state = 'promised' AND m.to_state <> 'written_off'"
)


def upgrade() -> None:
    for table, names in AMOUNTS.items():
        for name in names:
            op.add_column(table, sa.Column(name, BIG, server_default="0", nullable=False))
    for table, pointers in POINTERS.items():
        for name, to in pointers.items():
            _point(table, name, to)
    op.add_column(
        "cash_moves", sa.Column("about", sa.String(10), server_default="", nullable=False)
    )
    op.add_column(
        "cod_collections", sa.Column("carrier", sa.String(60), server_default="", nullable=False)
    )
    op.add_column("cod_collections", sa.Column("taken_at", shop.db.UtcDateTime(), nullable=True))
    op.create_index(
        "ix_cod_collections_state_taken_at", "cod_collections", ["state", "taken_at"], unique=False
    )
    op.execute(
        f"UPDATE cod_collections SET carrier = coalesce((SELECT max(m.carrier) {TAKEN}), ''), "  # noqa: S608
        f"taken_at = (SELECT max(m.at) {TAKEN}) WHERE taken_by <> ''"
    )
    # What a carrier brought less stood as unexplained; it is with the carrier still. A job posts it.
    op.execute(
        "INSERT INTO to_book (subject) SELECT 'cash:' || seller_order_id FROM cod_collections "
        "WHERE taken_by = 'carrier' AND state = 'remitted' AND received_vnd < taken_vnd "
        "AND 'cash:' || seller_order_id NOT IN (SELECT subject FROM to_book)"
    )


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
