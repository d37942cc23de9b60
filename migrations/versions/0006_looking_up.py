"""One complaint per rendered form, and names folded for the desk's search."""

import sqlalchemy as sa
from alembic import op

from shop.kernel.text import fold

revision = "0006"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("complaints", sa.Column("attempt_id", sa.String(40)))
    op.create_index("uq_complaints_attempt_id", "complaints", ["attempt_id"], unique=True)
    for table, length in (("accounts", 160), ("sellers", 500)):
        op.add_column(
            table, sa.Column("search_text", sa.String(length), nullable=False, server_default="")
        )
    _fold("accounts", 160, lambda row: fold(row.name), "name")
    _fold("sellers", 500, _of_seller, "name_vi", "name_en", "person", "phone")


def _fold(name: str, length: int, text_of: object, *columns: str) -> None:
    connection = op.get_bind()
    table = sa.table(name, *(sa.column(c) for c in ("id", "search_text", *columns)))
    wanted = sa.select(table.c.id, *(table.c[c] for c in columns))
    rows = [{"row": r.id, "text": text_of(r)[:length]} for r in connection.execute(wanted)]  # type: ignore[operator]
    if rows:
        change = table.update().where(table.c.id == sa.bindparam("row"))
        connection.execute(change.values(search_text=sa.bindparam("text")), rows)


def _of_seller(row: sa.Row) -> str:
    """As ``sellers.rules.seller_search_text`` was when this was written."""
    return f"{fold(f'{row.name_vi} {row.name_en} {row.person}')} 0{row.phone.removeprefix('+84')}"


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
