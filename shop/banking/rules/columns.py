"""Which column of a bank's table says what, as a person names it; what cannot be so is told her."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from shop.banking.rules.denials import (
    currencies_unsaid,
    days_denied,
    has_both_ways,
    is_running,
    is_swapped,
    reference_repeats,
)
from shop.banking.rules.heads import (
    MONEY,
    MORE_TEXT,
    Heads,
    StatementUnreadable,
    cell_in,
    find_heads,
    has_money,
    is_amount,
    moves_money,
    text_in,
    words_say,
)
from shop.banking.rules.naming import read_named
from shop.banking.rules.statements import accounts_said, currency_in, is_blank
from shop.banking.rules.ways import is_signed, way_of
from shop.kernel.cells import MOST_COLUMNS, MOST_ROWS, Unreadable, read_moment
from shop.kernel.errors import Refusal
from shop.kernel.strange_tables import Row, guess_head, head_rows, is_words


class What(StrEnum):
    """What a column says, in the order in which it is offered."""

    DATE = "date"
    TEXT = "text"
    CREDIT = "credit"
    DEBIT = "debit"
    AMOUNT = "amount"
    WAY = "way"
    REFERENCE = "reference"
    ACCOUNT = "account"
    CURRENCY = "currency"


#: The row of the head, and what is missing, as ``ColumnsWrong`` names where a fault is.
HEAD, NOWHERE = "head", ""


class ColumnsWrong(Refusal):
    """The columns cannot be what was said. ``faults``: [(column from 0, HEAD or NOWHERE, why)].

    Why: "no_date", "no_text", "no_money" is missing; "twice", "both", "no_days", "no_words",
    "no_amounts", "balance", "no_signs", "no_ways", "no_account", "accounts", "no_currency", "days",
    "repeats", "running", "signed", "swapped" of a column, "currency" of one that is not used; "line",
    "nameless", "below" of the head.
    """

    code = "columns_wrong"
    status = 422


def guess_columns(rows: Sequence[Row]) -> tuple[int, dict[int, What]]:
    """Return the row that is most likely the head, and what it says of its columns."""
    try:
        heads = find_heads(rows)
        at, said = heads.at, heads.columns
    except StatementUnreadable:
        at = guess_head(rows)
        said = words_say(rows[at : at + head_rows(rows, at)])
    return at, by_column(said)


def is_understood(rows: Sequence[Row]) -> bool:
    """Tell whether a table's own words say what its columns are."""
    try:
        return find_heads(rows) is not None
    except StatementUnreadable:
        return False


def by_column(columns: Mapping[str, int]) -> dict[int, What]:
    """Return {column: what} of ``Heads.columns``; one that holds signed sums is an amount alone."""
    found: dict[int, What] = {}
    for what, column in columns.items():
        if what == MORE_TEXT:
            found[column] = What.TEXT
        elif what in set(What) and (column not in found or what == What.AMOUNT):
            found[column] = What(what)
    return found


def named_by_hand(rows: Sequence[Row], at: int, said: Mapping[int, str]) -> Heads:
    """Return the head that a person named.

    Args:
        at: the row in which it stands, from 0; -1 for a table without one.
        said: {column: a ``What`` or ""}; the text may stand in two columns.

    Raises:
        ColumnsWrong
    """
    rows = [row[:MOST_COLUMNS] for row in rows[:MOST_ROWS]]
    faults: list[tuple[int | str, str]] = []
    columns: dict[str, int] = {}
    for column, what in sorted(said.items()):
        if what == What.TEXT and what in columns and MORE_TEXT not in columns:
            columns[MORE_TEXT] = column
        elif what and what in columns:
            faults.append((column, "twice"))
        elif what:
            columns[What(what).value] = column
    if What.AMOUNT in columns and {What.CREDIT, What.DEBIT} & set(columns):
        faults.append((columns[What.AMOUNT], "both"))
    faults += [
        (NOWHERE, why)
        for why, one_of in (
            ("no_date", {What.DATE}), ("no_text", {What.TEXT}),
            ("no_money", {What.CREDIT, What.AMOUNT}),
        )
        if not one_of & set(columns)
    ]  # fmt: skip
    heads = Heads(at, head_rows(rows, at) if at >= 0 else 1, columns)
    if not faults:
        faults = _faults_below(rows, heads)
    if faults:
        raise ColumnsWrong(faults=faults)
    return heads


def is_denied(rows: Sequence[Row], heads: Heads) -> bool:
    """Tell whether a table's cells deny what was said once of its columns; without lines they do not."""
    faults = _faults_below([row[:MOST_COLUMNS] for row in rows[:MOST_ROWS]], heads)
    return any(why != "no_days" for _where, why in faults)


def _faults_below(rows: Sequence[Row], heads: Heads) -> list[tuple[int | str, str]]:
    """Return what the cells deny of what was said of their columns."""
    columns = heads.columns

    def has_day(row: Row) -> bool:
        return read_moment(cell_in(columns, row, What.DATE)) is not None

    if days_denied(columns, rows[heads.lines_from :]):
        return [(columns[What.DATE], "days")]
    lines = [row for row in rows[heads.lines_from :] if has_day(row)]
    if not lines:
        return [(columns[What.DATE], "no_days")]
    cells = {
        what: [c for row in lines if not is_blank(c := cell_in(columns, row, what))]
        for what in columns
    }
    faults: list[tuple[int | str, str]] = []
    if heads.at >= 0 and has_day(rows[heads.at]):
        faults.append((HEAD, "line"))
    elif heads.at >= 0 and not _has_names(rows, heads):
        faults.append((HEAD, "nameless"))
    elif any(moves_money(columns, row) for row in heads.above(rows)):
        faults.append((HEAD, "below"))
    if not any(c.isalpha() for row in lines for c in text_in(columns, row)):
        faults.append((columns[What.TEXT], "no_words"))
    faults += _faults_of_money(columns, lines, cells)
    if What.ACCOUNT in columns:
        accounts = accounts_said(heads, rows)
        if len(accounts) > 1:
            faults.append((columns[What.ACCOUNT], "accounts"))
        elif not read_named([("account", one) for one in accounts]).first:
            faults.append((columns[What.ACCOUNT], "no_account"))
    if What.CURRENCY in columns and not any(currency_in([str(c)]) for c in cells[What.CURRENCY]):
        faults.append((columns[What.CURRENCY], "no_currency"))
    faults += [(column, "currency") for column in currencies_unsaid(columns, lines)]
    if What.REFERENCE in columns and reference_repeats(columns, lines):
        faults.append((columns[What.REFERENCE], "repeats"))
    return faults


def _has_names(rows: Sequence[Row], heads: Heads) -> bool:
    """Tell whether a head has words over what matters, and its first row over more than one of them."""
    needed = [heads.columns[w] for w in (What.DATE, What.TEXT, *MONEY) if w in heads.columns]
    head = rows[heads.at : heads.lines_from]
    return all(any(is_words(row, column) for row in head) for column in needed) and (
        sum(is_words(head[0], column) for column in needed) > 1
    )


def _faults_of_money(
    columns: Mapping[str, int], lines: Sequence[Row], cells: Mapping[str, Sequence[Any]]
) -> list[tuple[int | str, str]]:
    faults: list[tuple[int | str, str]] = []
    for what in (What.CREDIT, What.DEBIT, What.AMOUNT):
        read = [is_amount(cell) for cell in cells.get(what, ())]
        if what in columns and sum(read) * 2 < len(read):
            faults.append((columns[what], "no_amounts"))
    moving = [what for what in (What.CREDIT, What.DEBIT, What.AMOUNT) if cells.get(what)]
    if not moving:
        faults.append((columns.get(What.CREDIT, columns.get(What.AMOUNT, 0)), "no_amounts"))
    if faults:
        return faults
    both = sum(
        has_money(cell_in(columns, row, What.CREDIT))
        and has_money(cell_in(columns, row, What.DEBIT))
        for row in lines
    )
    if both * 2 > len(lines):
        faults.append((columns[What.DEBIT], "balance"))
    if What.AMOUNT in columns and not any(map(is_signed, cells[What.AMOUNT])):
        if What.WAY not in columns:
            faults.append((columns[What.AMOUNT], "no_signs"))
        elif not any(_says(way_of, cell) for cell in cells[What.WAY]):
            faults.append((columns[What.WAY], "no_ways"))
    if What.CREDIT in columns and has_both_ways(columns, lines):
        faults.append((columns[What.CREDIT], "signed"))
    if not faults:
        named = {columns[what] for what in MONEY if what in columns}
        faults += [(column, "running") for column in sorted(named) if is_running(lines, column)]
    if not faults and What.CREDIT in columns and is_swapped(columns, lines):
        faults.append((columns[What.CREDIT], "swapped"))
    return faults


def _says(read: Callable[[Any], Any], cell: Any) -> bool:
    try:
        return bool(read(cell))
    except Unreadable:
        return False
