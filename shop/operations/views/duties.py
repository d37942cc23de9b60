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
    return _dated("delivery", None)


@blueprint.get("/giao-hang/<version>")
@guard("anyone")
def delivery_of(version: str) -> ResponseReturnValue:
    """Show the rules of delivery as they were: an order goes by those of its day."""
    return _dated("delivery", version)


@blueprint.get("/doi-tra")
@guard("anyone")
def returns() -> ResponseReturnValue:
    return _dated("returns", None)


@blueprint.get("/doi-tra/<version>")
@guard("anyone")
def returns_of(version: str) -> ResponseReturnValue:
    """Show the rules of returns as they were."""
    return _dated("returns", version)


@blueprint.get("/rieng-tu")
@guard("anyone")
def privacy() -> ResponseReturnValue:
    return _dated("privacy", None)


@blueprint.get("/rieng-tu/<version>")
@guard("anyone")
def privacy_of(version: str) -> ResponseReturnValue:
    """Show what the shop said before of how it keeps what it knows."""
    return _dated("privacy", version)


def _dated(kind: str, version: str | None) -> ResponseReturnValue:
    """Show a page whose text has versions: the one that holds, or the one named."""
    current = current_terms(kind, _today())
    versions = [terms for terms in all_terms() if terms.kind == kind]
    shown = (
        current if version is None else next((t for t in versions if t.version == version), None)
    )
    if shown is None:
        abort(404)
    return render_template(
        f"operations/{kind}.html", shown=shown, current=current, versions=versions
    )


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
