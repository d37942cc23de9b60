"""Reviews at the desk: words are hidden only for a listed reason, in sight of all, and shown again."""

from collections.abc import Callable
from typing import Any

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from shop.accounts.acting import acting
from shop.db import db
from shop.operations.views import blueprint
from shop.organisations.acting import need_right, page_number, units_in_sight
from shop.reviews.actions import hide_words, let_stand, show_words
from shop.reviews.forms import REASON_WORDS, HideForm, KeepForm
from shop.reviews.queries import reviews_for_desk, versions_of, whole_review
from shop.sellers.queries import seller
from shop.web.guards import guard
from shop.web.links import path
from shop.web.lists import cut
from shop.web.replies import try_to

RIGHT = "judge_reviews"


@blueprint.get("/dieu-hanh/danh-gia")
@guard("officer")
def reviews() -> ResponseReturnValue:
    """What makers reported and what is hidden; the rest when asked for."""
    everything = request.args.get("xem") == "tat-ca"
    found = cut(
        db.session(),
        reviews_for_desk(units_in_sight(RIGHT), all_of_them=everything),
        page_number(),
    )
    return render_template(
        "operations/reviews.html", found=found, everything=everything, reasons=REASON_WORDS
    )


@blueprint.get("/dieu-hanh/danh-gia/<int:review_id>")
@guard("officer")
def review_desk(review_id: int) -> ResponseReturnValue:
    return _desk(review_id)


@blueprint.post("/dieu-hanh/danh-gia/<int:review_id>/an")
@guard("officer")
def review_hidden(review_id: int) -> ResponseReturnValue:
    """Hide the words or the reply; the stars stay."""
    _mine(review_id)
    form = HideForm.posted()
    if not form.validate():
        return _desk(review_id, hide=form), 422
    return _done(
        review_id,
        lambda session, by: hide_words(
            session, review_id=review_id, what=form.what.data or "", reason=form.reason.data, **by
        ),
    )


@blueprint.post("/dieu-hanh/danh-gia/<int:review_id>/hien")
@guard("officer")
def review_shown(review_id: int) -> ResponseReturnValue:
    """Show again what was hidden."""
    _mine(review_id)
    what = request.form.get("what", "words")[:10]
    return _done(
        review_id,
        lambda session, by: show_words(session, review_id=review_id, what=what, **by),
    )


@blueprint.post("/dieu-hanh/danh-gia/<int:review_id>/giu")
@guard("officer")
def review_kept(review_id: int) -> ResponseReturnValue:
    """Answer a report: the words stay."""
    _mine(review_id)
    form = KeepForm.posted()
    if not form.validate():
        return _desk(review_id, keep=form), 422
    return _done(
        review_id,
        lambda session, by: let_stand(
            session, review_id=review_id, answer=form.answer.data or "", **by
        ),
    )


def _mine(review_id: int) -> Any:
    row = whole_review(db.session(), review_id)
    need_right(RIGHT, seller(db.session(), row.seller_id).organisation_id)
    return row


def _done(review_id: int, work: Callable[[Session, dict[str, Any]], object]) -> ResponseReturnValue:
    by = acting()
    return try_to(
        lambda session: work(session, by),
        show=lambda refusal: _desk(review_id, refusal=refusal),
        then=lambda _: redirect(path(f"/dieu-hanh/danh-gia/{review_id}") + "?da=luu", 303),
    )


def _desk(review_id: int, **more: Any) -> str:
    row = _mine(review_id)
    return render_template(
        "operations/review.html",
        row=row,
        versions=versions_of(db.session(), review_id),
        reasons=REASON_WORDS,
        **{"hide": HideForm(), "keep": KeepForm(), "refusal": None, **more},
    )
