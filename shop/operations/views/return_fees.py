"""Who bears what carriers ask for bringing back a stall's refused parcels."""

from typing import Any

from flask import redirect, render_template
from flask.typing import ResponseReturnValue

from shop.accounts.acting import acting
from shop.db import db, in_transaction
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.errors import NotYours, Refusal
from shop.operations.forms import ReturnFeeForm
from shop.operations.views import blueprint
from shop.organisations.acting import has_right, need_right
from shop.organisations.queries import organisation
from shop.remittances.actions.bearers import set_bearer
from shop.remittances.queries.bearers import bearer_on, bearers_of
from shop.sellers.queries import seller
from shop.web.guards import guard
from shop.web.links import path

#: What a unit gives away of its money is decided by the same people as its shares.
SEE, SET = "see_sellers", "set_shares"


def _stall(seller_id: int, right: str) -> Any:
    row = seller(db.session(), seller_id)
    need_right(right, row.organisation_id)
    return row


@blueprint.get("/dieu-hanh/nguoi-ban/<int:seller_id>/phi-hoan")
@guard("officer")
def return_fee_page(seller_id: int) -> ResponseReturnValue:
    return _page(seller_id)


def _page(seller_id: int, form: Any = None, refusal: Any = None) -> str:
    session, row = db.session(), _stall(seller_id, SEE)
    today = vietnam_date(now_utc())
    bearer = bearer_on(session, seller_id, today)
    shown = form or ReturnFeeForm(data={"bearer": "unit" if bearer else "seller", "from_on": today})
    return render_template(
        "operations/return_fee.html", seller=row, unit=organisation(session, row.organisation_id),
        bearer=bearer, rules=bearers_of(session, seller_id), form=shown, refusal=refusal,
        may_set=has_right(SET, row.organisation_id),
    )  # fmt: skip


@blueprint.post("/dieu-hanh/nguoi-ban/<int:seller_id>/phi-hoan")
@guard("officer")
def return_fee(seller_id: int) -> ResponseReturnValue:
    """The unit bears it from a day on, or the seller does again."""
    row, form = _stall(seller_id, SET), ReturnFeeForm.posted()
    if not form.validate():
        return _page(seller_id, form), 422
    unit = row.organisation_id if form.bearer.data == "unit" else None
    by = acting()
    try:
        in_transaction(
            lambda session: set_bearer(
                session,
                seller_id=seller_id,
                organisation_id=unit,
                valid_from=form.from_on.data,
                **by,
            )
        )
    except NotYours:
        raise
    except Refusal as refusal:
        return _page(seller_id, form, refusal), refusal.status
    return redirect(path(f"/dieu-hanh/nguoi-ban/{seller_id}/phi-hoan") + "?da=luu", 303)
