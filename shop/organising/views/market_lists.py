"""The lists of a market for its officers: as page, PDF, spreadsheet, and words for a chat group."""

from flask import render_template
from flask.typing import ResponseReturnValue

from shop.db import db
from shop.kernel.clock import now_utc
from shop.kernel.errors import NotYours
from shop.markets.rules.sessions import phase_of
from shop.organisations.models import Organisation
from shop.organising import market_lists as made
from shop.organising.views import blueprint
from shop.organising.views.markets import mine
from shop.web.files import file_answer, table_answer
from shop.web.guards import guard


@blueprint.get("/dieu-hanh/phien-cho/<int:market_id>/danh-sach/<kind>")
@guard("officer")
def market_list(market_id: int, kind: str) -> ResponseReturnValue:
    row = mine(market_id)
    _check(kind)
    lists = made.market_lists(db.session(), market_id)
    return render_template(
        "organising/market_list.html", row=row, kind=kind, phase=phase_of(row, now_utc()),
        sections=made.sections(lists, kind), titles={k: made.list_title(k) for k in made.KINDS},
        text=made.chat_text(row, lists, kind), bags=len(lists.bags),
    )  # fmt: skip


def _check(kind: str) -> None:
    if kind not in made.KINDS:
        raise NotYours


@blueprint.get("/dieu-hanh/phien-cho/<int:market_id>/danh-sach/<kind>.pdf")
@guard("officer")
def market_list_pdf(market_id: int, kind: str) -> ResponseReturnValue:
    row = mine(market_id)
    _check(kind)
    session = db.session()
    unit = session.get_one(Organisation, row.organisation_id)
    drawn = made.pdf_of(row, unit, made.market_lists(session, market_id), kind)
    return file_answer(drawn, f"phien-cho-{row.code}-{kind}.pdf", shown=True)


@blueprint.get("/dieu-hanh/phien-cho/<int:market_id>/danh-sach/<kind>.xlsx")
@guard("officer")
def market_list_xlsx(market_id: int, kind: str) -> ResponseReturnValue:
    row = mine(market_id)
    _check(kind)
    head, rows = made.file_rows(made.market_lists(db.session(), market_id), kind)
    return table_answer("xlsx", head, rows, f"phien-cho-{row.code}-{kind}")
