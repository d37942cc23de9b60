"""Late money for a market that is over: the buyer takes the same goods at the next one."""

from typing import Any

from flask import redirect, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user

from shop.accounts.acting import acting
from shop.db import db, in_transaction
from shop.kernel.clock import now_utc
from shop.kernel.errors import NotYours, Refusal
from shop.organisations.acting import need_right
from shop.organising.next_market import next_market, take_to_next_market, whose_late_money
from shop.organising.views import blueprint
from shop.payments.methods import By
from shop.web.guards import guard
from shop.web.links import path

BASE = "/dieu-hanh/phien-cho/tien-tre"


def _mine(refund_id: int) -> Any:
    """Return whose late money it is: on a unit's account its treasurer's, else the market's officers'.

    Raises:
        NotYours
    """
    row = whose_late_money(db.session(), refund_id)
    if row.organisation_id is not None:
        need_right("confirm_money_in", row.organisation_id)
    else:
        need_right("run_markets", row.market_unit_id)
    return row


@blueprint.get(f"{BASE}/<int:refund_id>")
@guard("officer")
def late_money_page(refund_id: int) -> ResponseReturnValue:
    """What it would pay at the next market."""
    return _page(refund_id)


def _page(refund_id: int, refusal: Any = None) -> ResponseReturnValue:
    row, found = _mine(refund_id), None
    try:
        found = next_market(db.session(), refund_id, now_utc())
    except NotYours:
        raise
    except Refusal as why:
        refusal = refusal or why
    return render_template(
        "organising/next_market.html", found=found, back=_back(row), refusal=refusal
    ), refusal.status if refusal else 200  # fmt: skip


@blueprint.post(f"{BASE}/<int:refund_id>")
@guard("officer")
def late_money_to_next_market(refund_id: int) -> ResponseReturnValue:
    """The buyer said so: the order at the next market is written down and paid."""
    row, who = _mine(refund_id), acting()
    kind = "operator" if current_user.kind == "operator" else "officer"
    by = By(kind, who["actor_id"], who["actor_name"])
    try:
        in_transaction(
            lambda session: (
                take_to_next_market(session, refund_id=refund_id, by=by, now=who["now"]).order_id
            )
        )
    except NotYours:
        raise
    except Refusal as refusal:
        return _page(refund_id, refusal)
    return redirect(path(_back(row)) + "?da=phien-sau", 303)


def _back(row: Any) -> str:
    """Return where she came from: the money of her unit, or the desk of the market."""
    if row.organisation_id is not None:
        return f"/dieu-hanh/tien-ve/{row.payment_id}"
    return f"/dieu-hanh/phien-cho/{row.market_id}"
