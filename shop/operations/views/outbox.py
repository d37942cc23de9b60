"""Messages that could not be delivered: try again, or settle by hand with a reason."""

from flask import redirect, render_template
from flask.typing import ResponseReturnValue

from shop.accounts.acting import acting
from shop.db import db
from shop.kernel.errors import Refusal
from shop.operations.actions import drop_message, try_message_again
from shop.operations.forms import ReasonForm
from shop.operations.queries import parked_page
from shop.operations.views import blueprint
from shop.organisations.acting import page_number
from shop.web.guards import guard
from shop.web.links import path
from shop.web.replies import try_to


@blueprint.get("/dieu-hanh/thu-ket")
@guard("operator")
def parked() -> ResponseReturnValue:
    return _page()


@blueprint.post("/dieu-hanh/thu-ket/<int:message_id>/thu-lai")
@guard("operator")
def try_again(message_id: int) -> ResponseReturnValue:
    by = acting()
    return try_to(
        lambda session: try_message_again(session, message_id=message_id, **by),
        show=_refused,
        then=lambda _: redirect(path("/dieu-hanh/thu-ket") + "?da=thu-lai", 303),
    )


@blueprint.post("/dieu-hanh/thu-ket/<int:message_id>/bo")
@guard("operator")
def drop(message_id: int) -> ResponseReturnValue:
    form = ReasonForm.posted(prefix=f"m{message_id}-")
    if not form.validate():
        return _page(message_id, form, status=422)
    by = acting()
    return try_to(
        lambda session: drop_message(session, message_id=message_id, reason=form.reason.data, **by),
        show=_refused,
        then=lambda _: redirect(path("/dieu-hanh/thu-ket") + "?da=luu", 303),
    )


def _refused(refusal: Refusal) -> ResponseReturnValue:
    return _page(refusal=refusal, status=refusal.status)


def _page(
    wrong_id: int | None = None,
    wrong: ReasonForm | None = None,
    *,
    refusal: Refusal | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    found = parked_page(db.session(), page_number())
    forms = {
        row.id: wrong
        if wrong is not None and row.id == wrong_id
        else ReasonForm(prefix=f"m{row.id}-")
        for row in found.rows
    }
    return (
        render_template(
            "operations/parked.html", found=found, forms=forms, wrong=wrong, refusal=refusal
        ),
        status,
    )
