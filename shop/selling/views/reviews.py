"""What buyers said of her goods: she replies, and may ask the desk to look. She hides nothing."""

from typing import Any

from flask import g
from flask.typing import ResponseReturnValue

from shop.accounts.acting import acting
from shop.db import db
from shop.kernel.errors import NotYours
from shop.reviews import actions
from shop.reviews.forms import REASON_WORDS, ReplyForm, ReportForm
from shop.reviews.queries import (
    PER_PAGE,
    counts_of_seller,
    reviews_for_maker,
    unanswered,
    whole_review,
)
from shop.reviews.rules import MOST_LETTERS, may_report
from shop.selling.views.blueprint import blueprint, done, page, page_number
from shop.web.guards import guard
from shop.web.lists import cut
from shop.web.replies import try_to


@blueprint.get("/ban-hang/danh-gia")
@guard("seller")
def reviews_page() -> ResponseReturnValue:
    """All reviews of her goods, those without a reply first."""
    session = db.session()
    return page(
        "reviews",
        found=cut(session, reviews_for_maker(g.stall.id), page_number(), PER_PAGE),
        counts=counts_of_seller(session, g.stall.id),
        waiting=unanswered(session, g.stall.id),
        reasons=REASON_WORDS,
    )


@blueprint.get("/ban-hang/danh-gia/<int:review_id>")
@guard("seller")
def review_page(review_id: int) -> ResponseReturnValue:
    return _show(review_id)


@blueprint.post("/ban-hang/danh-gia/<int:review_id>")
@guard("seller")
def reply_to_review(review_id: int) -> ResponseReturnValue:
    _hers(review_id)
    form = ReplyForm.posted()
    if not form.validate():
        return _show(review_id, form=form), 422
    return try_to(
        lambda session: actions.reply_to(
            session, review_id=review_id, seller_id=g.stall.id, text=form.reply.data or "",
            **acting(),
        ),
        show=lambda **more: _show(review_id, form=form, **more),
        then=lambda _: done("/ban-hang/danh-gia", "luu"),
    )  # fmt: skip


@blueprint.post("/ban-hang/danh-gia/<int:review_id>/bao")
@guard("seller")
def report_review(review_id: int) -> ResponseReturnValue:
    """Ask the desk to look at the words; until then nothing changes."""
    _hers(review_id)
    form = ReportForm.posted()
    if not form.validate():
        return _show(review_id, report=form), 422
    return try_to(
        lambda session: actions.report(
            session, review_id=review_id, seller_id=g.stall.id, reason=form.reason.data,
            text=form.why.data or "", **acting(),
        ),
        show=lambda **more: _show(review_id, report=form, **more),
        then=lambda _: done(f"/ban-hang/danh-gia/{review_id}", "gui"),
    )  # fmt: skip


def _hers(review_id: int) -> Any:
    row = whole_review(db.session(), review_id)
    if row.seller_id != g.stall.id:
        raise NotYours
    return row


def _show(review_id: int, **more: Any) -> str:
    row = _hers(review_id)
    return page(
        "review",
        row=row,
        reasons=REASON_WORDS,
        most=MOST_LETTERS,
        may_report=may_report(row.reported_at, row.report_answered_at, row.changed_at)
        and bool(row.text)
        and row.hidden_at is None,
        **{"form": ReplyForm(reply=row.reply), "report": ReportForm(), "refusal": None, **more},
    )
