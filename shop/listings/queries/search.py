"""Search on folded words: exact and beginning words first, then names that are spelt alike.

SQLite answers from FTS5 tables, PostgreSQL from GIN indexes (migration 0003). At most 100
products by their titles and 100 by all their words are ranked, however many match; 2,000 and
2,000 where a visitor narrows them or has them in another order, so that what she asks for is
not cut away before it is looked for.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Boolean, Integer, String, column, text
from sqlalchemy.orm import Session

from shop.db import is_sqlite
from shop.listings.rules import Asked, Words
from shop.prepared import Prepared

#: From so many hits on there may be more than were looked at.
MOST_LOOKED_AT = 100
MOST_NARROWED = 2000
MOST_CANDIDATES = 200

_FOUND = """
SELECT p.id, {title} AS title, p.off_season AS away
FROM ({candidates}) c {join} products p ON p.id = c.id JOIN sellers s ON s.id = p.seller_id
WHERE p.state = 'published' AND s.approved_at IS NOT NULL AND s.closed_at IS NULL{more}
"""
#: All of them in one row, as many numbers as lines: a driver's step from row to row lets other
#: threads in, which costs more than the rest of a search. Only where their order means nothing.
_IN_ONE_ROW = "SELECT {ids} AS ids, {titles} AS titles, {away} AS away FROM ({found}) f"
_SQLITE_JOINED = {
    "ids": "group_concat(f.id)", "titles": "group_concat(f.title, char(10))",
    "away": "group_concat(CASE WHEN f.away THEN f.id END)",
}  # fmt: skip
_PG_JOINED = {
    "ids": "string_agg(CAST(f.id AS text), ',')", "titles": "string_agg(f.title, E'\\n')",
    "away": "string_agg(CASE WHEN f.away THEN CAST(f.id AS text) END, ',')",
}  # fmt: skip
#: What a visitor may narrow a search by.
_NARROWED = {
    "in_stock": """EXISTS (
SELECT 1 FROM stock_levels l JOIN variants v ON v.id = l.variant_id
WHERE l.product_id = p.id AND l.on_hand > l.reserved AND v.retired_at IS NULL)""",
    "blind_makers": "s.blind_makers",
    "province_code": "p.province_code = :province_code",
    "ward_code": "s.ward_code = :ward_code",
    "least": "p.price_vnd >= :least",
    "most": "p.price_vnd <= :most",
}
#: Orders that the database makes; the best match is found by the rules.
_ORDERS = {
    "moi": " ORDER BY p.off_season, p.published_at DESC, p.id DESC",
    "gia-tang": " ORDER BY p.off_season, p.price_vnd, p.id",
    "gia-giam": " ORDER BY p.off_season, p.price_vnd DESC, p.id DESC",
}

_SQLITE_TITLE = "substr(p.search_text, 1, instr(p.search_text || char(10), char(10)) - 1)"
_SQLITE = """
SELECT rowid AS id FROM (SELECT rowid FROM product_search WHERE product_search MATCH :in_title LIMIT {most})
UNION SELECT rowid FROM (SELECT rowid FROM product_search WHERE product_search MATCH :anywhere LIMIT {most})
"""
_SQLITE_NEAR = """
SELECT rowid AS id FROM (
SELECT rowid FROM product_search_near WHERE product_search_near MATCH :grams ORDER BY rank LIMIT 100)
"""

_PG_TITLE = "split_part(p.search_text, E'\\n', 1)"
_PG = """
(SELECT id FROM products WHERE state = 'published'
 AND to_tsvector('simple', split_part(search_text, E'\\n', 1)) @@ to_tsquery('simple', :words) LIMIT {most})
UNION
(SELECT id FROM products WHERE state = 'published'
 AND to_tsvector('simple', search_text) @@ to_tsquery('simple', :words) LIMIT {most})
"""
_PG_NEAR = """
SELECT id FROM products WHERE state = 'published'
AND :phrase <% split_part(search_text, E'\\n', 1) LIMIT 100
"""


@lru_cache(maxsize=512)
def _statement(
    sqlite: bool, near: bool, narrowed: tuple[str, ...] = (), sort: str = ""
) -> Prepared:
    more = "".join(f" AND {_NARROWED[name]}" for name in narrowed)
    most = MOST_NARROWED if narrowed or sort in _ORDERS else MOST_LOOKED_AT
    candidates = (_SQLITE_NEAR if near else _SQLITE) if sqlite else (_PG_NEAR if near else _PG)
    found = _FOUND.format(
        title=_SQLITE_TITLE if sqlite else _PG_TITLE,
        candidates=candidates.format(most=most),
        # SQLite would begin with all products; its CROSS JOIN keeps the order as written.
        join="CROSS JOIN" if sqlite else "JOIN",
        more=more + _ORDERS.get(sort, ""),
    )
    if sort in _ORDERS:
        return Prepared(
            lambda: text(found).columns(
                column("id", Integer), column("title", String), column("away", Boolean)
            )
        )
    joined = _IN_ONE_ROW.format(**(_SQLITE_JOINED if sqlite else _PG_JOINED), found=found)
    return Prepared(
        lambda: text(joined).columns(*(column(name, String) for name in ("ids", "titles", "away")))
    )


#: A product that matches: its id, its title, folded and in all languages, and whether it is out
#: of season.
Hit = tuple[int, str, bool]


def _found(session: Session, statement: Prepared, values: dict[str, Any]) -> list[Hit]:
    joined, titles, gone = statement.first(session, values)
    if joined is None:
        return []
    ids, away = joined.split(","), set(gone.split(",")) if gone else ()
    return [(int(i), title, i in away) for i, title in zip(ids, titles.split("\n"), strict=True)]


def hits(session: Session, words: Words, asked: Asked) -> Sequence[Any]:
    """Return (id, folded title, out of season) of products that hold every word.

    The last one as a beginning. In the order asked for; best matches first is no order of the database's. One statement.
    """
    sqlite = is_sqlite(session)
    *whole, last = words.all
    if sqlite:
        ending = f'"{last}"*' if len(last) > 1 else f'"{last}"'
        match = " AND ".join([*(f'"{word}"' for word in whole), ending])
        values: dict[str, Any] = {"in_title": f"title : ({match})", "anywhere": match}
    else:
        values = {"words": " & ".join([*whole, f"{last}:*" if len(last) > 1 else last])}
    least, most = asked.price_range
    narrowed = {
        "in_stock": asked.in_stock or None, "blind_makers": asked.blind_makers or None,
        "province_code": asked.province_code or None, "ward_code": asked.ward_code or None,
        "least": least, "most": most,
    }  # fmt: skip
    by = {name: value for name, value in narrowed.items() if value is not None}
    statement = _statement(sqlite, False, tuple(by), asked.sort)
    values |= {name: value for name, value in by.items() if value is not True}
    if asked.sort in _ORDERS:
        return statement.all(session, values)
    return _found(session, statement, values)


def near_hits(session: Session, words: Words) -> Sequence[Any]:
    """Return products whose titles are spelt like the words: rows as of ``hits``."""
    sqlite = is_sqlite(session)
    if sqlite:
        grams = sorted({gram for word in words.all for gram in _grams(word)} | _grams(words.phrase))
        if not grams:
            return []
        values = {"grams": " OR ".join(f'"{gram}"' for gram in grams[:60])}
    else:
        # Below pg_trgm's own 0.6, which misses "nuoc man phu quok". For this transaction only.
        session.execute(text("SELECT set_config('pg_trgm.word_similarity_threshold', '0.4', true)"))
        values = {"phrase": words.phrase}
    return _found(session, _statement(sqlite, True), values)


def _grams(word: str) -> set[str]:
    return {word[i : i + 3] for i in range(len(word) - 2)}
