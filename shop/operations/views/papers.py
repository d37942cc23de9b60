"""Papers that wait for somebody to look at them: an officer says that she has seen one."""

from typing import Any

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from shop.accounts.acting import acting
from shop.catalogue.actions import check_paper
from shop.catalogue.models import Paper
from shop.catalogue.paper_queries import file_of, papers_to_check
from shop.db import db, in_transaction
from shop.kernel.errors import NotYours, Refusal
from shop.operations.views import blueprint
from shop.organisations.acting import need_right, page_number, units_in_sight
from shop.sellers.queries import seller
from shop.web.files import file_answer
from shop.web.guards import guard
from shop.web.links import path
from shop.web.lists import cut

RIGHT = "check_papers"


@blueprint.get("/dieu-hanh/giay-to")
@guard("officer")
def papers() -> ResponseReturnValue:
    """What stalls wrote down and nobody has looked at, the oldest first."""
    return _page()


def _mine(paper_id: int) -> None:
    paper = db.session().get(Paper, paper_id)
    if paper is None:
        raise NotYours(what="paper", id=paper_id)
    need_right(RIGHT, seller(db.session(), paper.seller_id).organisation_id)


@blueprint.get("/dieu-hanh/giay-to/<int:paper_id>/tep")
@guard("officer")
def paper_file(paper_id: int) -> ResponseReturnValue:
    """The photo or PDF, as a file to save, for who checks it: nothing of it runs here."""
    _mine(paper_id)
    kind, content = file_of(db.session(), paper_id)
    return file_answer(content, f"giay-{paper_id}.{kind}")


@blueprint.post("/dieu-hanh/giay-to/<int:paper_id>")
@guard("officer")
def paper_checked(paper_id: int) -> ResponseReturnValue:
    """She has the paper before her, and it says this."""
    _mine(paper_id)
    read = request.form.get("ban", "")
    version = int(read) if read.isascii() and read.isdecimal() and len(read) < 9 else 0
    act = acting()
    try:
        in_transaction(
            lambda session: check_paper(session, paper_id=paper_id, version=version, **act)
        )
    except NotYours:
        raise
    except Refusal as refusal:
        return _page(refusal), refusal.status
    return redirect(path("/dieu-hanh/giay-to") + "?da=luu", 303)


def _page(refusal: Any = None) -> str:
    found = cut(db.session(), papers_to_check(units_in_sight(RIGHT)), page_number())
    return render_template("operations/papers.html", found=found, refusal=refusal)
