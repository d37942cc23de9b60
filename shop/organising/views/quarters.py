"""A unit's report of a quarter at the desk: counted by the shop, free to edit, as file and on paper."""

from datetime import date
from typing import Any

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from shop.accounts.acting import acting
from shop.db import db, in_transaction
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.errors import NotYours
from shop.kernel.text import nfc
from shop.organisations.acting import need_right
from shop.organisations.queries import organisation, path_of
from shop.organisations.telling.actions import write_quarter
from shop.organising.quarter_papers import pdf_of
from shop.organising.quarters import LINES, Quarter, file_rows, report_of, shown
from shop.organising.views import blueprint
from shop.web.files import file_answer, table_answer
from shop.web.forms import read_day, waiting_fields
from shop.web.guards import guard
from shop.web.links import path
from shop.web.words import _

RIGHT = "write_reports"
BASE = "/dieu-hanh/to-chuc/<int:unit_id>/bao-cao-quy"
ONE = f"{BASE}/<int:year>-<int:number>"
_MOST = 2_000


@blueprint.get(BASE)
@guard("officer")
def quarter_now(unit_id: int) -> ResponseReturnValue:
    """Lead to the report of this quarter."""
    need_right(RIGHT, unit_id)
    now = Quarter.of(vietnam_date(now_utc()))
    return redirect(path(f"/dieu-hanh/to-chuc/{unit_id}/bao-cao-quy/{now.year}-{now.number}"), 303)


def _asked(unit_id: int, year: int, number: int) -> tuple[Quarter, date | None]:
    need_right(RIGHT, unit_id)
    if not (2000 <= year <= 2100 and 1 <= number <= 4):
        raise NotYours
    return Quarter(year, number), read_day(request.args.get("ngay", ""))


def _page(template: str, unit_id: int, year: int, number: int) -> str:
    session, today = db.session(), vietnam_date(now_utc())
    quarter, by = _asked(unit_id, year, number)
    return render_template(
        f"organising/{template}.html", unit=organisation(session, unit_id), quarter=quarter,
        above=path_of(session, unit_id)[:-1], today=today, by=by,
        lines=report_of(session, unit_id, quarter, today, by), shown=shown, waiting=waiting_fields(),
    )  # fmt: skip


@blueprint.get(ONE)
@guard("officer")
def quarter_report(unit_id: int, year: int, number: int) -> ResponseReturnValue:
    """The report with what the shop knows filled in, free to edit."""
    return _page("quarter", unit_id, year, number)


@blueprint.post(ONE)
@guard("officer")
def quarter_written(unit_id: int, year: int, number: int) -> ResponseReturnValue:
    """Keep what was written; a line that says what the shop counted is counted again next time."""
    _quarter, structure = _asked(unit_id, year, number)
    by, said = acting(), dict[str, Any]()
    for key, _words, _kind in LINES:
        text = nfc(request.form.get(key, "").replace("\r\n", "\n")).strip()[:_MOST]
        # What she saw, not what is counted by now: an order more is no figure of her own.
        said[key] = "" if text == request.form.get(f"{key}-dem", "") else text
    in_transaction(
        lambda session: write_quarter(
            session, organisation_id=unit_id, year=year, quarter=number, lines=said, **by
        )
    )
    return redirect(
        path(f"/dieu-hanh/to-chuc/{unit_id}/bao-cao-quy/{year}-{number}")
        + "?da=luu"
        + (f"&ngay={structure.isoformat()}" if structure else ""),
        303,
    )


@blueprint.get(f"{ONE}/in")
@guard("officer")
def quarter_print(unit_id: int, year: int, number: int) -> ResponseReturnValue:
    """The report on paper, with lines to sign."""
    return _page("quarter_print", unit_id, year, number)


@blueprint.get(f"{ONE}.xlsx")
@guard("officer")
def quarter_xlsx(unit_id: int, year: int, number: int) -> ResponseReturnValue:
    quarter, by = _asked(unit_id, year, number)
    lines = report_of(db.session(), unit_id, quarter, vietnam_date(now_utc()), by)
    heads = [_("Chỉ tiêu"), _("Quý này"), _("Quý trước")]
    return table_answer("xlsx", heads, file_rows(lines), f"bao-cao-quy-{year}-{number}")


@blueprint.get(f"{ONE}.pdf")
@guard("officer")
def quarter_pdf(unit_id: int, year: int, number: int) -> ResponseReturnValue:
    """The same on paper, as a file to keep or send."""
    quarter, by = _asked(unit_id, year, number)
    session, today = db.session(), vietnam_date(now_utc())
    lines = report_of(session, unit_id, quarter, today, by)
    made = pdf_of(
        organisation(session, unit_id), path_of(session, unit_id)[:-1], quarter, lines, today, by
    )
    return file_answer(made, f"bao-cao-quy-{year}-{number}.pdf")
