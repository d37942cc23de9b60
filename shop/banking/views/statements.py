"""A bank's statement file: read, looked at, then stored."""

from functools import partial
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from shop.accounts.acting import acting
from shop.banking.actions.statements import (
    MOST_WAITING,
    copies_of,
    name_columns,
    preview,
    preview_of,
    store,
)
from shop.banking.files import Table, open_file
from shop.banking.forms import StatementForm
from shop.banking.queries.columns import known_layouts, table_of
from shop.banking.queries.notices import not_in_statement, statement_in, statements_in, told
from shop.banking.queries.owners import account_in, accounts_in
from shop.banking.rules.columns import What, by_column, guess_columns, is_understood
from shop.banking.rules.heads import StatementUnreadable
from shop.banking.rules.shown import mark_of
from shop.banking.views.desk import Desk
from shop.db import db, in_transaction
from shop.kernel.cells import MOST_BYTES
from shop.kernel.errors import NotYours, Refusal
from shop.web.columns import posted_columns, shown_columns
from shop.web.guards import guard
from shop.web.limits import limit
from shop.web.replies import try_to
from shop.web.words import _, tr

#: Files of one person; a spreadsheet costs the machine about a quarter of a second.
_RATE = "60 per hour"
#: Lines that a preview shows.
SHOWN = 40


def open_statements(blueprint: Blueprint, desk: Desk) -> None:
    """Give a blueprint the pages of statement files."""

    @blueprint.get(f"{desk.base}/sao-ke")
    @guard(desk.guard)
    def bank_statements() -> ResponseReturnValue:
        """Choose a file, and what was stored before."""
        return show_statements(desk)

    @blueprint.post(f"{desk.base}/sao-ke")
    @guard(desk.guard)
    def bank_statement_read() -> ResponseReturnValue:
        """Read a file and keep it as a preview; nothing else happens yet."""
        return _read(desk)

    @blueprint.get(f"{desk.base}/sao-ke/<int:statement_id>")
    @guard(desk.guard)
    def bank_statement(statement_id: int) -> ResponseReturnValue:
        """What a file says, before and after it is stored."""
        return _one(desk, statement_id)

    @blueprint.post(f"{desk.base}/sao-ke/<int:statement_id>")
    @guard(desk.guard)
    def bank_statement_stored(statement_id: int) -> ResponseReturnValue:
        """Store the lines; what was told before stays as it is."""
        statement_in(db.session(), desk.sight("statements"), statement_id)
        shown, act = request.form.get("da_xem", ""), acting()
        return try_to(
            lambda session: store(session, statement_id=statement_id, shown=shown, **act),
            show=partial(_one, desk, statement_id),
            then=lambda _: desk.done("sao-ke", f"/sao-ke/{statement_id}"),
        )

    @blueprint.get(f"{desk.base}/sao-ke/<int:statement_id>/cot")
    @guard(desk.guard)
    def bank_statement_columns(statement_id: int) -> ResponseReturnValue:
        """Say what the columns of a strange table are."""
        statement = statement_in(db.session(), desk.sight("statements"), statement_id)
        limit(_RATE, "statement-columns-shown", str(current_user.id))
        table = table_of(statement)
        if table is None:
            return desk.done("", f"/sao-ke/{statement_id}")
        return show_columns(desk, statement_id, table)

    @blueprint.post(f"{desk.base}/sao-ke/<int:statement_id>/cot")
    @guard(desk.guard)
    def bank_statement_columns_named(statement_id: int) -> ResponseReturnValue:
        """Read the file by them; it is looked at again before anything is stored."""
        return _name(desk, statement_id)


def _offer(desk: Desk, form: StatementForm) -> StatementForm:
    form.account.choices = [
        (str(row.id), _("%(bank)s, số cuối %(last4)s, %(name)s", bank=row.bank_name, last4=row.last4,
            name=tr({"n_vi": row.seller_vi or row.name_vi, "n_en": row.seller_en or row.name_en}, "n")))
        for row in accounts_in(db.session(), desk.sight("statements"))
    ]  # fmt: skip
    return form


def show_statements(desk: Desk, form: Any = None, refusal: Any = None) -> str:
    form = form or _offer(desk, StatementForm())
    return desk.page(
        "statements", form=form, refusal=refusal, most=MOST_WAITING,
        rows=statements_in(db.session(), desk.sight("statements")),
    )  # fmt: skip


def _read(desk: Desk) -> ResponseReturnValue:
    form = _offer(desk, StatementForm.posted())
    if not form.validate():
        return show_statements(desk, form), 422
    account = account_in(db.session(), desk.sight("statements"), int(form.account.data))
    limit(_RATE, "statement", str(current_user.id))
    sent, act = request.files.get("tep"), acting()
    try:
        content = sent.stream.read(MOST_BYTES + 1) if sent and sent.filename else b""
        if not content:
            raise StatementUnreadable(why="missing")
        known = known_layouts(db.session(), account)
        db.session.rollback()  # Nothing is held while the file is read.
        opened = open_file(content, known)
        if opened.refusal is not None and opened.table is None:
            raise opened.refusal
        statement_id = in_transaction(
            lambda session: preview(
                session, statement=opened.statement, account=account, table=opened.table, **act
            )
        )  # fmt: skip
    except NotYours:
        raise
    except Refusal as refusal:
        return show_statements(desk, form, refusal), refusal.status
    return desk.done("", f"/sao-ke/{statement_id}")


def _one(desk: Desk, statement_id: int, refusal: Any = None) -> ResponseReturnValue:
    session = db.session()
    statement = statement_in(session, desk.sight("statements"), statement_id)
    values: dict[str, Any] = {"lines": [], "said": None, "new": 0, "beside": []}
    if statement.stored_at is not None:
        rows = not_in_statement(session, statement)
        values["beside"] = [(row, told(row)) for row in rows]
    elif not statement.line_count:
        return desk.done("", f"/sao-ke/{statement_id}/cot")
    else:
        said = values["said"] = preview_of(statement)
        copies = copies_of(session, statement, said.lines)
        values["lines"] = list(zip(said.lines, copies, strict=True))[:SHOWN]
        values["new"] = sum(copy is None for copy in copies)
    return desk.page(
        "statement", statement=statement, account=_account(desk, statement), shown=SHOWN,
        refusal=refusal, mark=mark_of(statement.lines), **values,
    )  # fmt: skip


def _account(desk: Desk, statement: Any) -> Any:
    [account] = [
        row
        for row in accounts_in(db.session(), desk.sight("statements"))
        if row.id == statement.payee_id
    ]
    return account


def show_columns(
    desk: Desk, statement_id: int, table: Table, refusal: Any = None
) -> ResponseReturnValue:
    statement = statement_in(db.session(), desk.sight("statements"), statement_id)
    if request.method == "POST":
        at, said = posted_columns(len(table.rows), set(What), headless=True)
    elif table.heads is not None:
        at, said = table.heads.at, dict(by_column(table.heads.columns))
    else:
        at, said = guess_columns(table.rows)
    shown, known = shown_columns(table.rows, at, said), table.heads is not None
    places = [column for column, _head, _cells in shown["columns"]]
    return desk.page(
        "columns", statement=statement, account=_account(desk, statement), refusal=refusal,
        table=shown, whats=list(What), known=known, read=not known and is_understood(table.rows),
        first=next((column for column in places if column not in said), next(iter(places), 0)),
    )  # fmt: skip


def _name(desk: Desk, statement_id: int) -> ResponseReturnValue:
    statement = statement_in(db.session(), desk.sight("statements"), statement_id)
    limit(_RATE, "statement-columns", str(current_user.id))
    table = table_of(statement)
    if table is None:
        return desk.done("", f"/sao-ke/{statement_id}")
    at, said = posted_columns(len(table.rows), set(What), headless=True)
    act = acting()
    db.session.rollback()  # Nothing is held while the file is read.
    return try_to(
        lambda session: name_columns(
            session, statement_id=statement_id, table=table, at=at, said=said, **act
        ),
        show=partial(show_columns, desk, statement_id, table),
        then=lambda _: desk.done("", f"/sao-ke/{statement_id}"),
    )
