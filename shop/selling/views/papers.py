"""The stall's papers: written down, corrected, put away; and which will run out."""

from typing import Any

from flask import g, request
from flask.typing import ResponseReturnValue

from shop.accounts.acting import acting
from shop.catalogue.actions import add_paper, edit_paper, withdraw_paper
from shop.catalogue.paper_queries import file_of, paper_of, papers_of
from shop.catalogue.paper_rules import holds_on, runs_out_soon
from shop.catalogue.queries import titles_of
from shop.db import db
from shop.fundraising.paper_rules import plain_pdf
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.errors import Refusal
from shop.media.reading import read_apart
from shop.media.rules import is_picture
from shop.selling.forms.papers import PaperForm
from shop.selling.views.blueprint import blueprint, done, page
from shop.web.files import file_answer
from shop.web.guards import guard, takes
from shop.web.limits import limit
from shop.web.replies import try_to

BASE = "/ban-hang/giay-to"


def show_papers(form: Any = None, **more: Any) -> str:
    session, today = db.session(), vietnam_date(now_utc())
    papers = papers_of(session, g.stall.id)
    form = form or PaperForm()
    return page(
        "papers", papers=papers, form=form.offer(titles_of(session, g.stall.id)),
        ending=runs_out_soon(papers, today), over={p.id for p in papers if not holds_on(p, today)},
        **{"refusal": None, **more},
    )  # fmt: skip


def show_paper(paper_id: int, form: Any = None, **more: Any) -> str:
    session = db.session()
    paper = paper_of(session, g.stall.id, paper_id)
    if form is None:
        form = PaperForm(obj=paper)
        form.product.data = str(paper.product_id or "")
        form.stars.data = str(paper.stars or "")
    form.offer(titles_of(session, g.stall.id))
    return page("paper", paper=paper, form=form, **{"refusal": None, **more})


@blueprint.get("/ban-hang/giay-to")
@guard("seller")
def papers_page() -> ResponseReturnValue:
    """All papers of the stall, and a form for another."""
    return show_papers()


def _sent() -> tuple[str, bytes] | None:
    """Return (ending, bytes) of a photo or PDF that came along; of a photo only its pixels are left.

    Raises:
        What pictures and PDFs are refused for.
    """
    sent = request.files.get("file")
    content = sent.stream.read() if sent else b""
    if not content:
        return None
    limit("30 per hour", "paper-file", str(g.stall.id))
    db.session.rollback()  # Nothing is held while the file waits its turn and is read.
    if not is_picture(content):
        return "pdf", plain_pdf(content).content
    return "webp", read_apart(content).content


@blueprint.post("/ban-hang/giay-to")
@guard("seller")
@takes(16)
def new_paper() -> ResponseReturnValue:
    """Write a paper down; who checks papers is asked to look."""
    form = PaperForm.posted().offer(titles_of(db.session(), g.stall.id))
    if not form.validate():
        return show_papers(form), 422
    try:
        file = _sent()
    except Refusal as refusal:
        return show_papers(form, refusal=refusal), refusal.status
    return try_to(
        lambda session: add_paper(
            session, seller_id=g.stall.id, fields=form.said, file=file, **acting()
        ),
        show=lambda **more: show_papers(form, **more),
        then=lambda _: done(BASE, "them"),
    )


@blueprint.get("/ban-hang/giay-to/<int:paper_id>")
@guard("seller")
def paper_page(paper_id: int) -> ResponseReturnValue:
    """Correct one paper."""
    return show_paper(paper_id)


@blueprint.post("/ban-hang/giay-to/<int:paper_id>")
@guard("seller")
@takes(16)
def paper(paper_id: int) -> ResponseReturnValue:
    """Store what stands on it now; it has to be looked at again."""
    paper_of(db.session(), g.stall.id, paper_id)
    form = PaperForm.posted().offer(titles_of(db.session(), g.stall.id))
    if not form.validate():
        return show_paper(paper_id, form), 422
    try:
        file = _sent()
    except Refusal as refusal:
        return show_paper(paper_id, form, refusal=refusal), refusal.status
    return try_to(
        lambda session: edit_paper(
            session,
            seller_id=g.stall.id,
            paper_id=paper_id,
            fields=form.said,
            file=file,
            **acting(),
        ),
        show=lambda **more: show_paper(paper_id, form, **more),
        then=lambda _: done(BASE, "luu"),
    )


@blueprint.get("/ban-hang/giay-to/<int:paper_id>/tep")
@guard("seller")
def paper_file(paper_id: int) -> ResponseReturnValue:
    """Her own photo or PDF, as a file to save."""
    paper_of(db.session(), g.stall.id, paper_id)
    kind, content = file_of(db.session(), paper_id)
    return file_answer(content, f"giay-{paper_id}.{kind}")


@blueprint.post("/ban-hang/giay-to/<int:paper_id>/bo")
@guard("seller")
def paper_withdrawn(paper_id: int) -> ResponseReturnValue:
    """Put a paper away; buyers do not see it any more."""
    return try_to(
        lambda session: withdraw_paper(
            session, seller_id=g.stall.id, paper_id=paper_id, **acting()
        ),
        show=show_papers,
        then=lambda _: done(BASE, "xoa"),
    )
