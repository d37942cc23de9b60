"""Search on folded words: exact and beginning words first, then names that are spelt alike.

SQLite answers from FTS5 tables, PostgreSQL from GIN indexes (migration 0003). At most 100
products by their titles and 100 by all their words are ranked, however many match; 2,000 and
2,000 where a visitor narrows them or has them in another order, so that what she asks for is
not cut away before it is looked for.
"""

from functools import lru_cache
from typing import Any

from sqlalchemy import String, column, text
from sqlalchemy.orm import Session

from shop.db import is_sqlite
from shop.listings.rules import Asked, Words
from shop.prepared import Prepared

#: From so many hits on there may be more than were looked at.
MOST_LOOKED_AT = 100
MOST_NARROWED = 2000
MOST_CANDIDATES = 200

#: Products of the candidates that are on show.
_SHOWN = """
FROM ({candidates}) c {join} products p ON p.id = c.id JOIN sellers s ON s.id = p.seller_id
WHERE p.state = 'published' AND s.approved_at IS NOT NULL AND s.closed_at IS NULL{more}
"""
#: Best match first: the phrase at the title's start, then at the start of one of its words, then
#: all words, then some of them, then the newest. What is out of season comes last.
_RANKED = """
SELECT id FROM (
SELECT id, away, length(title) AS long, CASE
WHEN {at}(title, :inside) = 1 THEN 0 WHEN {at}(title, :inside) > 1 THEN 1{several} ELSE 4
END AS place FROM found
) r ORDER BY away, place, CASE WHEN place < 4 THEN long ELSE 0 END, id DESC"""
#: Kept, or SQLite would cut each title out again wherever it is named.
_TITLED = """WITH found AS MATERIALIZED (
SELECT p.id, ' ' || {title} AS title, p.off_season AS away {shown}
) """
#: All of them in one row: a driver's step from row to row lets other threads in, which costs more
#: than the rest of a search.
_IN_ONE_ROW = "SELECT {ids} AS ids FROM ({found} LIMIT {most}) f"
_NEAR_IN_ONE_ROW = (
    "SELECT {ids} AS ids, {titles} AS titles FROM (SELECT p.id, {title} AS title {shown}) f"
)
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

_SQLITE_WORDS = {
    "ids": "group_concat(f.id)", "titles": "group_concat(f.title, char(10))", "at": "instr",
    "title": "substr(p.search_text, 1, instr(p.search_text || char(10), char(10)) - 1)",
    # SQLite would begin with all products; its CROSS JOIN keeps the order as written.
    "join": "CROSS JOIN",
}  # fmt: skip
_SQLITE = """
SELECT rowid AS id FROM (SELECT rowid FROM product_search WHERE product_search MATCH :in_title LIMIT {most})
UNION SELECT rowid FROM (SELECT rowid FROM product_search WHERE product_search MATCH :anywhere LIMIT {most})
"""
_SQLITE_NEAR = """
SELECT rowid AS id FROM (
SELECT rowid FROM product_search_near WHERE product_search_near MATCH :grams ORDER BY rank LIMIT 60)
"""

_PG_WORDS = {
    "ids": "string_agg(CAST(f.id AS text), ',')", "titles": "string_agg(f.title, E'\\n')",
    "at": "strpos", "title": "split_part(p.search_text, E'\\n', 1)", "join": "JOIN",
}  # fmt: skip
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
def _statement(sqlite: bool, words: int, narrowed: tuple[str, ...], sort: str) -> Prepared:
    own = _SQLITE_WORDS if sqlite else _PG_WORDS
    most = MOST_NARROWED if narrowed or sort in _ORDERS else MOST_LOOKED_AT
    shown = _SHOWN.format(
        candidates=(_SQLITE if sqlite else _PG).format(most=most),
        more="".join(f" AND {_NARROWED[name]}" for name in narrowed),
        **own,
    )
    if sort in _ORDERS:
        titled, found = "", f"SELECT p.id {shown}{_ORDERS[sort]}"
    else:
        held = [f"{own['at']}(title, :begun_{place}) > 0" for place in range(words)]
        several = f" WHEN {' AND '.join(held)} THEN 2 WHEN {' OR '.join(held)} THEN 3"
        titled = _TITLED.format(shown=shown, **own)
        found = _RANKED.format(several=several if words > 1 else "", **own)
    joined = titled + _IN_ONE_ROW.format(found=found, most=MOST_CANDIDATES, **own)
    return Prepared(lambda: text(joined).columns(column("ids", String)))


@lru_cache
def _near_statement(sqlite: bool) -> Prepared:
    own = _SQLITE_WORDS if sqlite else _PG_WORDS
    shown = _SHOWN.format(candidates=_SQLITE_NEAR if sqlite else _PG_NEAR, more="", **own)
    joined = _NEAR_IN_ONE_ROW.format(shown=shown, **own)
    return Prepared(lambda: text(joined).columns(column("ids", String), column("titles", String)))


def hits(session: Session, words: Words, asked: Asked) -> list[int]:
    """Return the ids of products that hold every word, the last one as a beginning.

    In the order asked for, ``MOST_CANDIDATES`` at most. One statement.
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
    values |= {name: value for name, value in by.items() if value is not True}
    if asked.sort not in _ORDERS:
        values["inside"] = f" {words.phrase}"
        if len(words.all) > 1:
            values |= {f"begun_{place}": begun for place, begun in enumerate(words.begun)}
    joined = _statement(sqlite, len(words.all), tuple(by), asked.sort).scalar(session, values)
    return [int(one) for one in joined.split(",")] if joined else []


def near_hits(session: Session, words: Words) -> list[tuple[int, str]]:
    """Return (id, folded title) of products whose titles are spelt like the words, in no order."""
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
    ids, titles = _near_statement(sqlite).first(session, values)
    if ids is None:
        return []
    return [(int(i), title) for i, title in zip(ids.split(","), titles.split("\n"), strict=True)]


def _grams(word: str) -> set[str]:
    return {word[i : i + 3] for i in range(len(word) - 2)}
