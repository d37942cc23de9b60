"""Pages of the shop's duties: how to buy, delivery, returns, privacy, ranking, terms."""

from datetime import date

from flask import abort, render_template
from flask.typing import ResponseReturnValue

from shop.accounts.terms import all_terms, current_terms
from shop.kernel.clock import now_utc, vietnam_date
from shop.operations.forms import COMPLAINT_WORDS
from shop.operations.rules import COMPLAINT_KINDS, deadline_of
from shop.operations.views import blueprint
from shop.reviews.forms import REASON_WORDS
from shop.web.guards import guard


def _today() -> date:
    return vietnam_date(now_utc())


@blueprint.get("/cach-mua")
@guard("anyone")
def how_to_buy() -> ResponseReturnValue:
    return render_template("operations/how_to_buy.html")


@blueprint.get("/giao-hang")
@guard("anyone")
def delivery() -> ResponseReturnValue:
    return render_template("operations/delivery.html")


@blueprint.get("/doi-tra")
@guard("anyone")
def returns() -> ResponseReturnValue:
    return render_template("operations/returns.html")


@blueprint.get("/rieng-tu")
@guard("anyone")
def privacy() -> ResponseReturnValue:
    terms = current_terms("privacy", _today())
    return render_template("operations/privacy.html", terms=terms)


@blueprint.get("/xep-thu-tu")
@guard("anyone")
def ranking() -> ResponseReturnValue:
    return render_template("operations/ranking.html", reasons=REASON_WORDS.values())


@blueprint.get("/dieu-khoan")
@guard("anyone")
def terms() -> ResponseReturnValue:
    return _terms(current_terms("ordering", _today()).version)


@blueprint.get("/dieu-khoan/<version>")
@guard("anyone")
def terms_of(version: str) -> ResponseReturnValue:
    """Show the terms as they were: every order names the version it was placed under."""
    return _terms(version)


def _terms(version: str) -> ResponseReturnValue:
    today = _today()
    versions = [terms for terms in all_terms() if terms.kind == "ordering"]
    shown = next((terms for terms in versions if terms.version == version), None)
    if shown is None:
        abort(404)
    rows = [(COMPLAINT_WORDS[k], deadline_of(k, today)) for k in COMPLAINT_KINDS]
    return render_template(
        "operations/terms.html", shown=shown, versions=versions, deadlines=rows,
        current=current_terms("ordering", today),
    )  # fmt: skip
