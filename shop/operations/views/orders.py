"""Steps of orders that a seller tapped wrongly: an officer who helps her takes them back."""

from typing import Any

from flask import redirect, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user

from shop.accounts.acting import acting
from shop.db import db, in_transaction
from shop.kernel.clock import now_utc
from shop.kernel.errors import NotYours, Refusal
from shop.operations.queries import steps_to_take_back
from shop.operations.views import blueprint
from shop.ordering.queries import seller_order_page
from shop.organisations.acting import need_right, page_number
from shop.payments.methods import By
from shop.payments.wrong_steps import take_step_back
from shop.sellers.queries import seller
from shop.web.guards import guard
from shop.web.links import path

RIGHT = "move_orders"


@blueprint.get("/dieu-hanh/nguoi-ban/<int:seller_id>/don")
@guard("officer")
def seller_steps(seller_id: int) -> ResponseReturnValue:
    """Orders of a stall whose last step somebody tapped, each with its way back."""
    need_right(RIGHT, seller(db.session(), seller_id).organisation_id)
    return _page(seller_id)


@blueprint.post("/dieu-hanh/nguoi-ban/<int:seller_id>/don/<int:seller_order_id>/lui/<int:move_id>")
@guard("officer")
def step_taken_back(seller_id: int, seller_order_id: int, move_id: int) -> ResponseReturnValue:
    """A step was wrong: the order is where it was before it."""
    need_right(RIGHT, seller(db.session(), seller_id).organisation_id)
    if seller_order_page(db.session(), seller_id, seller_order_id) is None:
        raise NotYours(what="seller_order", id=seller_order_id)
    who = acting()
    kind = "operator" if current_user.kind == "operator" else "officer"
    by = By(kind, who["actor_id"], who["actor_name"])
    try:
        in_transaction(
            lambda session: take_step_back(
                session, seller_order_id=seller_order_id, move_id=move_id, by=by, now=who["now"]
            )
        )
    except NotYours:
        raise
    except Refusal as refusal:
        return _page(seller_id, refusal), refusal.status
    return redirect(path(f"/dieu-hanh/nguoi-ban/{seller_id}/don") + "?da=hoan-tac", 303)


def _page(seller_id: int, refusal: Any = None) -> str:
    session = db.session()
    return render_template(
        "operations/seller_steps.html", seller=seller(session, seller_id), refusal=refusal,
        found=steps_to_take_back(session, seller_id, now_utc(), page_number()),
    )  # fmt: skip
