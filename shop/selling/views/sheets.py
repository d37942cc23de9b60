"""All goods of a stall as a file: taken along, sent in, looked at row by row, stored at once."""

from typing import Any

from flask import g, jsonify, redirect, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from shop.accounts.acting import acting
from shop.db import db, in_transaction
from shop.kernel.cells import MOST_BYTES, SheetUnreadable
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.errors import NotYours, Refusal
from shop.media.sheets import tables_in
from shop.outbox.progress import done_of
from shop.selling.actions.sheets import (
    accept_goods_sheet,
    goods_sheet,
    keep_goods_sheet,
    mark_of,
    plan,
    progress_name,
    standing,
)
from shop.selling.models import GoodsSheet
from shop.selling.sheets import COLUMNS, rows_out
from shop.selling.views.blueprint import blueprint, page, page_number
from shop.web.files import table_answer
from shop.web.guards import guard
from shop.web.limits import limit
from shop.web.links import path
from shop.web.lists import cut_list
from shop.web.words import _, language, number

AT = "/ban-hang/hang/tep"
_RATE = "60 per 1 hour"


def _heads() -> list[str]:
    return [en if language() == "en" else vi for vi, en in COLUMNS.values()]


def _file(kind: str) -> ResponseReturnValue:
    limit(_RATE, "goods-file", str(current_user.id))
    rows = rows_out(standing(db.session(), g.stall.id))
    return table_answer(kind, _heads(), rows, f"hang-hoa-{vietnam_date(now_utc()).isoformat()}")


@blueprint.get(f"{AT}.xlsx")
@guard("seller")
def goods_xlsx() -> ResponseReturnValue:
    """Her goods as a spreadsheet, formulas defused; sent back unchanged it changes nothing."""
    return _file("xlsx")


@blueprint.get(f"{AT}.csv")
@guard("seller")
def goods_csv() -> ResponseReturnValue:
    """The same as text."""
    return _file("csv")


@blueprint.get(AT)
@guard("seller")
def goods_file_page() -> ResponseReturnValue:
    """Where a file is taken and sent."""
    return page("goods_file", refusal=None)


@blueprint.post(AT)
@guard("seller")
def goods_file_sent() -> ResponseReturnValue:
    """Take a file and show what it would change; nothing of it is stored by that."""
    limit(_RATE, "goods-list", str(current_user.id))
    sent, by = request.files.get("tep"), acting()
    try:
        content = sent.stream.read(MOST_BYTES + 1) if sent and sent.filename else b""
        if not content:
            raise SheetUnreadable(why="missing")
        db.session.rollback()  # Nothing is held while the file is read.
        tables = list(tables_in(content))
        sheet_id = in_transaction(
            lambda session: keep_goods_sheet(session, seller_id=g.stall.id, tables=tables, **by)
        )
    except Refusal as refusal:
        return page("goods_file", refusal=refusal), refusal.status
    return redirect(path(f"{AT}/{sheet_id}"), 303)


@blueprint.get(f"{AT}/<int:sheet_id>")
@guard("seller")
def goods_sheet_page(sheet_id: int) -> ResponseReturnValue:
    """What a list says, row by row; how far it is, while it is being stored."""
    return _shown(sheet_id)


@blueprint.get(f"{AT}/<int:sheet_id>/den-dau")
@guard("seller")
def goods_sheet_progress(sheet_id: int) -> ResponseReturnValue:
    """How many rows of a list are written, for the page that waits for it."""
    sheet = goods_sheet(db.session(), g.stall.id, sheet_id)
    done, total = _progress(sheet)
    answer = jsonify(
        done=done, total=total, says=rows_done(done, total),
        over=sheet.state not in ("waiting", "storing"),
    )  # fmt: skip
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _progress(sheet: GoodsSheet) -> tuple[int, int]:
    return done_of(progress_name(sheet.id), now_utc()), len(sheet.cells) - 1


def rows_done(done: int, total: int) -> str:
    """Say how far a list is: "1.250 trên 5.000 dòng"."""
    return _("%(done)s trên %(total)s dòng", done=number(done), total=number(total))


def _shown(sheet_id: int, refusal: Any = None) -> str:
    session = db.session()
    sheet = goods_sheet(session, g.stall.id, sheet_id)
    done, total = _progress(sheet)
    found = plan(session, sheet) if sheet.state in ("read", "refused") else None
    rows = (found.faults or [*found.changes, *found.new]) if found else []
    return page(
        "goods_sheet", sheet=sheet, plan=found, mark=mark_of(found) if found else "",
        shown=cut_list(rows, page_number()), refusal=refusal, columns=COLUMNS, done=done,
        total=total, says=rows_done(done, total),
    )  # fmt: skip


@blueprint.post(f"{AT}/<int:sheet_id>")
@guard("seller")
def goods_sheet_accepted(sheet_id: int) -> ResponseReturnValue:
    """Store all of a list, or none of it."""
    shown, now = request.form.get("da_xem", ""), now_utc()
    try:
        in_transaction(
            lambda session: accept_goods_sheet(
                session, seller_id=g.stall.id, sheet_id=sheet_id, shown=shown, now=now
            )
        )
    except NotYours:
        raise
    except Refusal as refusal:
        return _shown(sheet_id, refusal), refusal.status
    return redirect(path(f"{AT}/{sheet_id}"), 303)
