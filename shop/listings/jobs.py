"""What the clock starts: the search index is put in order each day."""

from datetime import datetime

from sqlalchemy import text

from shop.db import db, in_transaction, is_sqlite

#: Each change of a product is a piece of its own, and a search looks into every piece.
_INTO_ONE_PIECE = (
    text("INSERT INTO product_search(product_search) VALUES ('optimize')"),
    text("INSERT INTO product_search_near(product_search_near) VALUES ('optimize')"),
)


def tidy_search(now: datetime) -> None:
    """Bring SQLite's search index into one piece. PostgreSQL's autovacuum tends its own."""
    if not is_sqlite(db.session()):
        return
    for statement in _INTO_ONE_PIECE:
        in_transaction(lambda session, statement=statement: session.execute(statement))
