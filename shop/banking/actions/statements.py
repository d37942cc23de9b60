"""Statement files: kept sealed as a preview, then stored line by line, each line once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from shop.audit.actions import note
from shop.banking.actions.keeping import keep_notice, lock_account
from shop.banking.events import NoticeKept
from shop.banking.files import Table, read_named
from shop.banking.models import BankLayout, BankStatement
from shop.banking.queries.columns import packed
from shop.banking.queries.notices import report_for, reports_near, waiting_by_key
from shop.banking.queries.owners import account_named, accounts_like
from shop.banking.queries.reversals import as_reversal
from shop.banking.rules.columns import named_by_hand
from shop.banking.rules.heads import StatementUnreadable
from shop.banking.rules.movements import Movement
from shop.banking.rules.shown import StatementMovedOn, mark_of
from shop.banking.rules.statements import Statement, StatementEmpty, StatementOfOther
from shop.banking.rules.twins import Report, twin_of
from shop.current import vault
from shop.db import one_at_a_time, the_one, upsert_into
from shop.kernel.strange_tables import head_of
from shop.organisations.models import Organisation
from shop.outbox.relay import record
from shop.sellers.models import Payee, Seller

#: Previews that nobody stored: how long they are kept, and how many of one owner.
KEPT_FOR, MOST_WAITING = timedelta(days=1), 3


@dataclass(frozen=True, slots=True)
class Preview:
    """What a file that is not stored yet says. ``unread``: numbers of rows that were left out;
    ``beside``: names of sheets that were; ``layout``: as a person named its columns, of a head that is known again; ``is_named``:
    somebody named them, now or once; ``may_name``: its rows are kept, so that she may."""

    lines: list[Movement]
    unread: list[int | str]
    beside: list[str]
    went_vnd: int
    layout: dict[str, Any] | None
    is_named: bool
    may_name: bool

    @property
    def came_vnd(self) -> int:
        return sum(line.amount_vnd for line in self.lines if (line.amount_vnd or 0) > 0)  # type: ignore[misc]


def preview(
    session: Session,
    *,
    statement: Statement | None,
    account: Payee,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
    table: Table | None = None,
) -> int:
    """Keep what a file says, sealed, so that it can be looked at before anything comes of it.

    Args:
        statement: None when somebody has to name its columns first.
        account: as chosen; the number that stands in the file goes before it.
        table: its rows, for whoever names the columns.

    Raises:
        StatementOfOther: the file names an account that this owner does not have; not where columns
            that she named before say so: she may have named them wrongly.
        StatementEmpty: no money came in it, and its rows are not kept: else she may name its columns.
    """
    if table is not None:
        table = replace(table, account_id=account.id)
    row = BankStatement(data_key=vault().new_key(), uploaded_at=now, uploaded_by_id=actor_id)
    try:
        if statement is not None:
            _say(session, row, statement, account, table)
    except StatementEmpty:
        if table is None:
            raise
        statement = None
    except StatementOfOther:
        if table is None or table.heads is None:
            raise
        statement = None
    if statement is None:
        assert table is not None
        _wait_for_names(row, account, table, now)
    session.add(row)
    session.flush()
    _make_room(session, row)
    note(
        session, action="bank_statement.read", subject_kind="bank_statement", subject_id=row.id,
        now=now, actor_id=actor_id, actor_name=actor_name, lines=row.line_count,
    )  # fmt: skip
    return row.id


def _make_room(session: Session, newest: BankStatement) -> None:
    """Throw an owner's oldest previews away where too many wait."""
    # Of two at once the later sees the earlier's. Not the account: whoever stores one of these holds
    # the file before that.
    if newest.seller_id is not None:
        one_at_a_time(session, Seller, newest.seller_id)
    elif newest.organisation_id is not None:
        one_at_a_time(session, Organisation, newest.organisation_id)
    waiting = session.scalars(
        select(BankStatement.id)
        .where(
            BankStatement.stored_at.is_(None), BankStatement.seller_id == newest.seller_id
            if newest.seller_id is not None
            else BankStatement.organisation_id == newest.organisation_id,
        )
        .order_by(BankStatement.id.desc())
    ).all()  # fmt: skip
    if old := waiting[MOST_WAITING:]:
        session.execute(
            delete(BankStatement).where(
                BankStatement.id.in_(old), BankStatement.stored_at.is_(None)
            )
        )


def _wait_for_names(row: BankStatement, account: Payee, table: Table, now: datetime) -> None:
    """Keep the rows of a file of which nothing is understood yet."""
    row.payee_id = account.id
    row.seller_id, row.organisation_id = account.seller_id, account.organisation_id
    row.currency, row.line_count, row.went_count, row.unread_count = "VND", 0, 0, 0
    row.first_at = row.last_at = now
    row.lines = vault().seal(row.data_key, {"lines": [], "unread": []})
    row.rows = vault().seal(row.data_key, packed(table))


def _say(
    session: Session, row: BankStatement, statement: Statement, account: Payee, table: Table | None
) -> None:
    """Write down what a file says.

    Raises:
        StatementOfOther, StatementEmpty
    """
    named = account_named(session, account, statement.named)
    if named is not None:
        account = session.get_one(Payee, named.id)
    elif statement.named.first:
        raise StatementOfOther(last4=statement.named.first[-4:])
    lines, went, went_vnd = _with_reversals(session, statement, account)
    if not lines:
        raise StatementEmpty
    times = [line.booked_at for line in lines]
    row.payee_id = account.id
    row.seller_id, row.organisation_id = account.seller_id, account.organisation_id
    row.currency, row.line_count = statement.currency, len(lines)
    row.went_count, row.unread_count = went, len(statement.unread)
    row.first_at, row.last_at = min(times), max(times)
    row.lines = vault().seal(
        row.data_key,
        {
            "lines": [_packed(line) for line in lines], "unread": statement.unread[:50],
            "beside": statement.beside, "went_vnd": went_vnd,
            "layout": _layout(table), "is_named": table is not None and table.heads is not None,
            "may_name": table is not None,
        },
    )  # fmt: skip
    row.rows = vault().seal(row.data_key, packed(table)) if table is not None else None


def _with_reversals(
    session: Session, statement: Statement, account: Payee
) -> tuple[list[Movement], int, int]:
    """Return the lines with those that the bank took back again, how many only went, and how much."""
    told = [as_reversal(session, account, one, statement.lines) for one in statement.maybe]
    reversed_ = [one for one in told if one.is_reversal]
    back_vnd = sum(one.amount_vnd or 0 for one in reversed_)
    return (
        [*statement.lines, *reversed_], statement.went + len(told) - len(reversed_),
        statement.went_vnd + back_vnd,
    )  # fmt: skip


def name_columns(
    session: Session,
    *,
    statement_id: int,
    table: Table,
    at: int,
    said: Mapping[int, str],
    actor_id: int | None,
    actor_name: str,
    now: datetime,
) -> bool:
    """Read a file by its columns as a person names them; False once it is stored.

    Nothing is remembered of it before its lines are stored.

    Args:
        table: its rows, as ``table_of`` opened them; they stay as they came.
        at: the row, from 0, in which the heads stand; -1 of a table without. said: {column: ``What`` or ""}.

    Raises:
        ColumnsWrong, StatementUnreadable, StatementOfOther, StatementEmpty: all stays as it was.
    """
    named = replace(table, heads=named_by_hand(table.rows, min(at, len(table.rows) - 1), said))
    found = read_named(named)  # Nothing is held while it is read.
    row = the_one(session, BankStatement, statement_id, to_change=True)
    if row.stored_at is not None:
        return False
    _say(session, row, found, session.get_one(Payee, table.account_id), named)
    note(
        session, action="bank_statement.columns_named", subject_kind="bank_statement",
        subject_id=row.id, now=now, actor_id=actor_id, actor_name=actor_name, lines=row.line_count,
    )  # fmt: skip
    return True


def preview_of(statement: BankStatement) -> Preview:
    """Open what a file says that is not stored yet."""
    found = vault().open(statement.data_key, statement.lines)
    return Preview(
        [_unpacked(line) for line in found["lines"]], found["unread"], found.get("beside", []),
        found.get("went_vnd", 0), found.get("layout"), found.get("is_named", False),
        found.get("may_name", False),
    )  # fmt: skip


def copies_of(
    session: Session, statement: BankStatement, lines: Sequence[Movement]
) -> list[Report | None]:
    """Return for each line the earlier report of the same money, or None when it is new."""
    payees = accounts_like(session, session.get(Payee, statement.payee_id))
    batch = f"statement:{statement.id}"
    amounts = sorted({line.amount_vnd for line in lines if line.amount_vnd is not None})
    foreign = sorted({line.currency for line in lines if line.amount_vnd is None})
    near = reports_near(
        session, payees, amounts, statement.first_at, statement.last_at, batch=batch,
        currencies=foreign,
    )  # fmt: skip
    by_amount: dict[int | str, list[Report]] = {}
    for report in near:
        by_amount.setdefault(report.amount, []).append(report)
    found: list[Report | None] = []
    for line in lines:
        one = report_for(line, batch)
        there = by_amount.get(one.amount, [])
        twin = twin_of(one, there)
        if twin is not None:
            there.remove(twin)  # Each report is told again by one line alone.
        found.append(twin)
    return found


def store(
    session: Session,
    *,
    statement_id: int,
    shown: str | None,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
) -> int | None:
    """Store the lines of a preview as notices; return how many are new, None when stored before.

    Args:
        shown: ``mark_of`` the lines that were looked at; None: whatever it says now.

    Raises:
        StatementUnreadable: nobody has said what its columns are.
        StatementMovedOn: it was read otherwise since.
    """
    statement = the_one(session, BankStatement, statement_id, to_change=True)
    if statement.stored_at is not None:
        return None
    if not statement.line_count:
        raise StatementUnreadable(why="table")
    if shown is not None and shown != mark_of(statement.lines):
        raise StatementMovedOn
    lock_account(session, statement.payee_id)
    said = preview_of(statement)
    lines = said.lines
    last4 = session.get_one(Payee, statement.payee_id).last4
    new, copies = 0, copies_of(session, statement, lines)
    for number, (line, copy) in enumerate(zip(lines, copies, strict=True)):
        keep_notice(
            session, replace(line, outside_id=str(number)), owner=statement,
            payee_id=statement.payee_id, source="statement",
            key=f"statement:{statement.id}:{number}", last4=last4, now=now,
            statement_id=statement.id, same_as_id=copy.id if copy else None,
        )  # fmt: skip
        new += copy is None
    # The bank's own word: what a service told without signing it is looked at again.
    for waiting in waiting_by_key(session, {copy.id for copy in copies if copy}):
        record(session, NoticeKept(notice_id=waiting), now)
    statement.stored_at, statement.new_count = now, new
    if said.layout is not None:
        _remember(session, statement, said.layout, actor_id, now)
    statement.lines = vault().seal(statement.data_key, {"lines": [], "unread": []})
    statement.rows = None
    note(
        session, action="bank_statement.stored", subject_kind="bank_statement",
        subject_id=statement.id, now=now, actor_id=actor_id, actor_name=actor_name,
        lines=len(lines), new=new,
    )  # fmt: skip
    return new


def _layout(table: Table | None) -> dict[str, Any] | None:
    """Return what is remembered of a table whose columns a person named."""
    if table is None or table.heads is None or table.heads.at < 0:
        return None
    heads = table.heads
    return {
        "head": head_of(table.rows[heads.at : heads.lines_from]), "deep": heads.deep, "columns": dict(heads.columns),
    }  # fmt: skip


def _remember(
    session: Session,
    statement: BankStatement,
    layout: dict[str, Any],
    actor_id: int | None,
    now: datetime,
) -> None:
    """Know the table again in the next file of this bank's."""
    head = layout["head"]
    bank = session.get_one(Payee, statement.payee_id).bank_bin
    owner = (
        f"seller:{statement.seller_id}"
        if statement.seller_id is not None
        else f"unit:{statement.organisation_id}"
    )
    values = {
        "deep": layout["deep"], "columns": layout["columns"], "saved_at": now,
        "saved_by_id": actor_id,
    }  # fmt: skip
    session.execute(
        upsert_into(session, BankLayout)
        .values(
            key=f"{owner}:{bank}:{head}", seller_id=statement.seller_id,
            organisation_id=statement.organisation_id, bank_bin=bank, head=head, **values,
        )
        .on_conflict_do_update(index_elements=["key"], set_=values)
    )  # fmt: skip


def forget_previews(session: Session, now: datetime) -> int:
    """Throw away previews that nobody stored within a day."""
    gone = session.execute(
        delete(BankStatement).where(
            BankStatement.stored_at.is_(None), BankStatement.uploaded_at < now - KEPT_FOR
        )
    )
    return gone.rowcount  # type: ignore[attr-defined]


def _packed(line: Movement) -> list[Any]:
    return [
        line.amount_vnd, line.currency, line.written, line.booked_at.isoformat(), line.by_day,
        line.text, line.reference, line.is_reversal,
    ]  # fmt: skip


def _unpacked(packed: list[Any]) -> Movement:
    amount, currency, written, booked_at, by_day, text, reference, *reversal = packed
    return Movement(
        "", (), amount, currency, written, datetime.fromisoformat(booked_at), by_day, text,
        reference, is_reversal=any(reversal),
    )  # fmt: skip
