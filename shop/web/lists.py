"""Lists in pages: the rows of one page and how many pages there are. Two statements each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import request
from sqlalchemy import Select, func, literal, select, tuple_
from sqlalchemy.orm import Session

from shop.kernel.text import fold
from shop.web.links import PAGE

PAGE_SIZE = 50
#: Longer lists are counted to here: their end is found by searching, not by turning pages.
MOST_COUNTED = 10_000
#: More words than this narrow nothing down.
_MOST_WORDS = 6


def page_number() -> int:
    """Return which page of a list is asked for, from 1."""
    asked = request.args.get(PAGE, "")
    return int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 7 else 1


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list. ``page`` from 1; ``total``: rows on all pages."""

    rows: Sequence[Any]
    page: int
    pages: int
    total: int


def cut(
    session: Session, wanted: Select[*tuple[Any, ...]], page: int, size: int = PAGE_SIZE
) -> Page:
    """Return a page of what a statement finds; pages that do not exist show the last one."""
    some = (
        wanted.with_only_columns(literal(1), maintain_column_froms=True)
        .order_by(None)
        .limit(MOST_COUNTED)
        .subquery()
    )
    total = session.scalar(select(func.count()).select_from(some)) or 0
    page, pages = _within(page, total, size)
    rows = session.execute(wanted.limit(size).offset((page - 1) * size)).all()
    return Page(rows, page, pages, total)


#: Questions of the address of a long list: the row after which, or before which, it goes on.
AFTER, BEFORE = "sau", "truoc"


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some rows of a long list that follow each other. ``before``, ``after``: ids of the rows
    where it goes on, None at its ends."""

    rows: Sequence[Any]
    before: int | None
    after: int | None


def walk(
    session: Session, wanted: Select[*tuple[Any, ...]], order: tuple[Any, Any],
    size: int = PAGE_SIZE,
) -> Stretch:  # fmt: skip
    """Return the rows of a long list from where the address says; as quick at its end as at its beginning.

    Args:
        wanted: rows that have an ``id``, in no order.
        order: what they are sorted by, with the id last.
    """
    back = BEFORE in request.args
    at = _at(session, wanted, order, request.args.get(BEFORE if back else AFTER, ""))
    back = back and at is not None
    some = wanted.order_by(*(key.desc() if back else key.asc() for key in order)).limit(size + 1)
    if at is not None:
        here = tuple_(*order)
        some = some.where(here < tuple_(*at) if back else here > tuple_(*at))
    rows = session.execute(some).all()
    more, rows = len(rows) > size, rows[:size]
    rows = rows[::-1] if back else rows
    if not rows:
        return Stretch(rows, None, None)
    is_before, is_after = (more, True) if back else (at is not None, more)
    return Stretch(rows, rows[0].id if is_before else None, rows[-1].id if is_after else None)


def _at(session: Session, wanted: Any, order: tuple[Any, Any], asked: str) -> Any:
    """Return where a row of this very list stands; None: there is no such row in it."""
    if not asked.isascii() or not asked.isdecimal() or len(asked) > 15:
        return None
    return session.execute(
        wanted.with_only_columns(*order, maintain_column_froms=True).where(order[1] == int(asked))
    ).first()


def cut_list(rows: Sequence[Any], page: int, size: int = PAGE_SIZE) -> Page:
    """Return a page of rows that are at hand."""
    page, pages = _within(page, len(rows), size)
    return Page(rows[(page - 1) * size : page * size], page, pages, len(rows))


def _within(page: int, total: int, size: int) -> tuple[int, int]:
    pages = max(1, -(-total // size))
    return min(max(1, page), pages), pages


def words_of(typed: str) -> list[str]:
    """Return what to look for of what somebody typed: "Lành  Gò" is "lanh" and "go"."""
    return fold(typed).split()[:_MOST_WORDS]


def holds_words(column: Any, typed: str) -> list[Any]:
    """Conditions: a folded column holds every word that somebody typed."""
    return [column.contains(word, autoescape=True) for word in words_of(typed)]
