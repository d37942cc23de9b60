"""Her word on what she bought: only once it has arrived, only by whoever holds the order's link."""

from typing import Any

from flask import abort, redirect, render_template
from flask.typing import ResponseReturnValue

from shop.buying.rules import grouped_code
from shop.buying.views.blueprint import blueprint
from shop.buying.views.orders import actor_id, opened, order_row
from shop.db import db
from shop.kernel.clock import now_utc
from shop.kernel.errors import Refusal
from shop.ordering.models import Order
from shop.ordering.queries import contact_of
from shop.reviews import actions
from shop.reviews.forms import STAR_WORDS, ReviewForm
from shop.reviews.queries import Reviewable, reviewable, reviewables
from shop.reviews.rules import MOST_LETTERS, NameShown, shown_name
from shop.web.guards import guard
from shop.web.limits import limit
from shop.web.links import path
from shop.web.replies import try_to
from shop.web.words import language


def _hers() -> int:
    """Return the order's id for who holds its link or ordered here.

    Code and phone are on the parcel: whoever only knows them, the seller too, may not speak for her.
    """
    if not opened().is_hers:
        abort(404)
    return opened().id


@blueprint.get("/don/<code>/danh-gia")
@guard("link")
def reviews_page(code: str) -> ResponseReturnValue:
    """What of the order can be reviewed, and what she has said."""
    found = reviewables(db.session(), _hers())
    return render_template(
        "buying/reviews.html", found=found, code=code, grouped_code=grouped_code(code),
        now=now_utc(),
    )  # fmt: skip


@blueprint.get("/don/<code>/danh-gia/<int:number>")
@guard("link")
def review_page(code: str, number: int) -> ResponseReturnValue:
    of = reviewable(db.session(), _hers(), number)
    return _page(code, of, _form_of(of))


@blueprint.post("/don/<code>/danh-gia/<int:number>")
@guard("link")
def review(code: str, number: int) -> ResponseReturnValue:
    """Keep what she says; the same form sent twice is said once."""
    order_id, form, now = _hers(), ReviewForm.posted(), now_utc()
    of = reviewable(db.session(), order_id, number)
    limit("30 per hour", "review", str(order_id))
    if not form.validate():
        return _page(code, of, form), 422
    said: dict[str, Any] = {
        "stars": int(form.stars.data), "text": form.text.data, "locale": language(),
        **_named(order_id, form.name.data),
    }  # fmt: skip
    return try_to(
        lambda session: actions.write_review(
            session, order_id=order_id, number=number, writer_id=actor_id(), now=now, **said
        ),
        show=lambda refusal: _page(code, of, form, refusal),
        then=lambda _: redirect(path(f"/don/{code}/danh-gia") + "?da=danh-gia", 303),
    )


def _named(order_id: int, how: str) -> dict[str, str]:
    """Return what the page will show of who ordered."""
    name = shown_name(how, contact_of(order_row(order_id)).name)
    place = db.session().get_one(Order, order_id).province_name
    return {"shown_name": name, "place": "" if how == NameShown.NONE else place}


def _form_of(of: Reviewable) -> ReviewForm:
    if of.review is None:
        return ReviewForm()
    said = of.review.shown_name
    how = NameShown.INITIAL if said.endswith(".") else NameShown.GIVEN if said else NameShown.NONE
    return ReviewForm(stars=str(of.review.stars), text=of.review.text, name=how.value)


def _page(code: str, of: Reviewable, form: ReviewForm, refusal: Refusal | None = None) -> str:
    order_id = opened().id
    names = {
        how.value: ", ".join(filter(None, _named(order_id, how).values())) for how in NameShown
    }
    return render_template(
        "buying/review.html", code=code, of=of, form=form, refusal=refusal, names=names,
        now=now_utc(), stars=STAR_WORDS, most=MOST_LETTERS,
    )  # fmt: skip
