"""What everybody reads of a campaign's money: its account, whether it verifies, files, the year."""

from flask import Response, abort, redirect, render_template
from flask.typing import ResponseReturnValue

from shop.db import db
from shop.fundraising.models import CampaignFile
from shop.fundraising.paper_rules import is_public
from shop.fundraising.queries.accounts import (
    MOST_SHOWN,
    all_lines,
    campaigns_of_year,
    handed_over,
    lines_page,
    slips_paid,
    verify,
    years_of,
)
from shop.fundraising.queries.campaigns import CampaignPage, campaign_page
from shop.fundraising.queries.cash import deposits_shown
from shop.fundraising.queries.papers import content_of, file_of, files_shown, reports_of
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.codes import read_code
from shop.organisations.acting import page_number
from shop.organising import reports
from shop.organising.campaign_forms import DUTY_WORDS, KIND_WORDS
from shop.organising.handing_forms import ROLE_WORDS
from shop.organising.views import blueprint
from shop.web.files import file_answer, table_answer
from shop.web.guards import guard
from shop.web.limits import limit, visitor_key
from shop.web.links import path
from shop.web.tables import with_sums


def _found(code: str) -> CampaignPage:
    """Return a campaign that was opened, by its code as it is read aloud too; else 404."""
    found = campaign_page(db.session(), read_code(code)[:12], vietnam_date(now_utc()))
    return found or abort(404)


@blueprint.get("/gay-quy/<code>/so-quy")
@guard("visitor")
def fund_account(code: str) -> ResponseReturnValue:
    found, session, today = _found(code), db.session(), vietnam_date(now_utc())
    if found.row.code != code:
        return redirect(path(f"/gay-quy/{found.row.code}/so-quy"), 301)
    files = files_shown(session, found.row.id, today)
    return render_template(
        "organising/account.html", page=found, lines=lines_page(session, found.row, page_number()),
        given=handed_over(session, found.row.id, today, files, MOST_SHOWN), most=MOST_SHOWN,
        today=today, duties=DUTY_WORDS, deposits=deposits_shown(session, found.row.id),
        kinds=KIND_WORDS, papers=[file for file in files if file.disbursement_id is None],
        roles=ROLE_WORDS,
    )  # fmt: skip


@blueprint.get("/gay-quy/<code>/kiem-so")
@guard("visitor")
def check_account(code: str) -> ResponseReturnValue:
    """Do the chain again, line by line, while the reader waits."""
    limit("60 per 15 minutes", "verify", visitor_key())
    found = _found(code)
    return render_template(
        "organising/account_check.html", page=found, verdict=verify(db.session(), found.row)
    )  # fmt: skip


@blueprint.get("/gay-quy/<code>/so-quy.csv")
@guard("visitor")
def fund_account_csv(code: str) -> ResponseReturnValue:
    """Every line: what its sums are, anybody can add up again; its hashes too."""
    limit("60 per 15 minutes", "fund-file", visitor_key())
    found = _found(code)
    lines = reports.file_rows(all_lines(db.session(), found.row.id))
    return table_answer("csv", reports.FILE_HEAD, lines, _stem(found))


@blueprint.get("/gay-quy/<code>/so-quy.xlsx")
@guard("visitor")
def fund_account_xlsx(code: str) -> ResponseReturnValue:
    """The same for people: heads and kinds in words, what the fund had after each line."""
    limit("20 per 15 minutes", "fund-file", visitor_key())
    found = _found(code)
    lines = with_sums(reports.sheet_rows(all_lines(db.session(), found.row.id)))
    return table_answer("xlsx", reports.sheet_head(), lines, _stem(found))


def _stem(found: CampaignPage) -> str:
    return f"so-quy-{found.row.code}-{vietnam_date(now_utc()).isoformat()}"


@blueprint.get("/gay-quy/<code>/giay-to/<int:file_id>")
@guard("visitor")
def fund_paper(code: str, file_id: int) -> ResponseReturnValue:
    """A paper or picture as long as everybody may see it; nobody keeps a copy on the way."""
    limit("600 per 15 minutes", "fund-paper", visitor_key())
    found = _found(code)
    row = file_of(db.session(), found.row.id, file_id)
    if not is_public(row, vietnam_date(now_utc())):
        abort(404)
    return paper_answer(row)


def paper_answer(row: CampaignFile) -> Response:
    """Send a kept file: a picture to look at, a PDF to save; nothing of it runs here."""
    name = f"giay-to-{row.id}.{row.kind}"
    answer = file_answer(content_of(row), name, shown=row.kind == "webp")
    answer.headers["X-Robots-Tag"] = "noindex"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


@blueprint.get("/gay-quy/<code>/bao-cao")
@guard("visitor")
def fund_report(code: str) -> ResponseReturnValue:
    """Receipts and payments on one sheet to print and sign."""
    found, today = _found(code), vietnam_date(now_utc())
    return render_template(
        "organising/report.html", page=found, today=today, kinds=KIND_WORDS, duties=DUTY_WORDS,
        given=handed_over(db.session(), found.row.id, today),
        slips=slips_paid(db.session(), found.row.id),
        reports=reports_of(db.session(), found.row.id),
    )  # fmt: skip


@blueprint.get("/gay-quy/<code>/bao-cao.pdf")
@guard("visitor")
def fund_report_pdf(code: str) -> ResponseReturnValue:
    limit("20 per 15 minutes", "fund-file", visitor_key())
    found, today = _found(code), vietnam_date(now_utc())
    made = reports.pdf_of(
        found, handed_over(db.session(), found.row.id, today),
        slips_paid(db.session(), found.row.id), today,
    )  # fmt: skip
    return file_answer(made, f"bao-cao-{found.row.code}.pdf", shown=True)


@blueprint.get("/gay-quy/nam/<int:year>")
@guard("anyone")
def funds_of_year(year: int) -> ResponseReturnValue:
    """What all campaigns together received, spent and handed over in a year."""
    years = years_of(db.session())
    if year not in years and year != vietnam_date(now_utc()).year:
        abort(404)
    rows = campaigns_of_year(db.session(), year)
    return render_template("organising/year.html", year=year, years=years, rows=rows)
