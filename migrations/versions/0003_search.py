"""Search: an index over the folded words of published products, kept by the database itself."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _sqlite()
    else:
        _postgresql()


# products.search_text holds the titles on its first line and the rest on its second.
_TITLE = "substr({row}.search_text, 1, instr({row}.search_text || char(10), char(10)) - 1)"
_WORDS = "substr({row}.search_text, instr({row}.search_text || char(10), char(10)) + 1)"


def _sqlite() -> None:
    # Contentless: the words stand in products already. Removing a row needs its old words.
    op.execute(
        "CREATE VIRTUAL TABLE product_search "
        "USING fts5(title, words, content='', prefix='2 3', tokenize='unicode61')"
    )
    # Titles only, cut into threes: finds names that are spelt alike.
    op.execute(
        "CREATE VIRTUAL TABLE product_search_near USING fts5(title, content='', tokenize='trigram')"
    )
    op.execute(
        f"CREATE TRIGGER product_search_added AFTER INSERT ON products BEGIN {_add('NEW')} END"
    )
    op.execute(
        f"CREATE TRIGGER product_search_removed AFTER DELETE ON products BEGIN {_drop('OLD')} END"
    )
    op.execute(
        "CREATE TRIGGER product_search_changed AFTER UPDATE OF search_text, state ON products "
        "WHEN OLD.search_text IS NOT NEW.search_text OR OLD.state IS NOT NEW.state "
        f"BEGIN {_drop('OLD')} {_add('NEW')} END"
    )
    for table, names, values in _values("products"):
        op.execute(
            f"INSERT INTO {table}(rowid, {names}) SELECT id, {values} "  # noqa: S608
            "FROM products WHERE state = 'published'"
        )


def _values(row: str) -> tuple[tuple[str, str, str], ...]:
    title, words = _TITLE.format(row=row), _WORDS.format(row=row)
    return (
        ("product_search", "title, words", f"{title}, {words}"),
        ("product_search_near", "title", title),
    )


def _add(row: str) -> str:
    return " ".join(
        f"INSERT INTO {table}(rowid, {names}) SELECT {row}.id, {values} "
        f"WHERE {row}.state = 'published';"
        for table, names, values in _values(row)
    )


def _drop(row: str) -> str:
    return " ".join(
        f"INSERT INTO {table}({table}, rowid, {names}) SELECT 'delete', {row}.id, {values} "
        f"WHERE {row}.state = 'published';"
        for table, names, values in _values(row)
    )


def _postgresql() -> None:
    _trigrams()
    # Expression indexes follow the table by themselves; partial ones hold published rows only.
    op.execute(
        "CREATE INDEX ix_search_title ON products USING gin "
        "(to_tsvector('simple', split_part(search_text, E'\\n', 1))) WHERE state = 'published'"
    )
    op.execute(
        "CREATE INDEX ix_search_words ON products USING gin "
        "(to_tsvector('simple', search_text)) WHERE state = 'published'"
    )
    op.execute(
        "CREATE INDEX ix_search_near ON products USING gin "
        "(split_part(search_text, E'\\n', 1) gin_trgm_ops) "
        "WHERE state = 'published'"
    )


def _trigrams() -> None:
    connection = op.get_bind()
    if connection.scalar(sa.text("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'")):
        return
    try:
        with connection.begin_nested():
            connection.execute(sa.text("CREATE EXTENSION pg_trgm"))
    except sa.exc.DBAPIError as error:
        raise RuntimeError(
            "Search needs PostgreSQL's extension pg_trgm and this account may not add it. "
            "Let an administrator run CREATE EXTENSION pg_trgm in this database, then migrate again."
        ) from error


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
