"""Standing orders of who is signed in: what she takes at every market, paused or ended in one tap."""

from collections.abc import Callable
from typing import Any

from flask import redirect, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user

from shop.db import db
from shop.kernel.clock import now_utc
from shop.kernel.errors import Refusal
from shop.organising import standing
from shop.organising.views import blueprint
from shop.web.guards import guard
from shop.web.links import path
from shop.web.replies import try_to

BASE = "/tai-khoan/don-deu"


def _page(refusal: Refusal | None = None, status: int = 200) -> ResponseReturnValue:
    session = db.session()
    return render_template(
        "organising/standing.html", rows=standing.standing_of(session, current_user.id),
        recent=standing.orders_to_repeat(session, current_user.id), refusal=refusal,
    ), status  # fmt: skip


@blueprint.get("/tai-khoan/don-deu")
@guard("signed_in")
def standing_orders() -> ResponseReturnValue:
    return _page()


def _do(act: Callable[..., Any], **what: Any) -> ResponseReturnValue:
    by = {"account_id": current_user.id, "actor_name": current_user.name, "now": now_utc()}
    return try_to(
        lambda session: act(session, **what, **by),
        show=lambda refusal: _page(refusal, refusal.status),
        then=lambda _: redirect(path(BASE) + "?da=luu", 303),
    )


@blueprint.post("/tai-khoan/don-deu/tu/<code>")
@guard("signed_in")
def keep_standing_order(code: str) -> ResponseReturnValue:
    """Take what this order held of a market at every session from now on."""
    return _do(standing.keep_standing, order_code=code[:12])


@blueprint.post("/tai-khoan/don-deu/<int:standing_id>/nghi")
@guard("signed_in")
def pause_standing_order(standing_id: int) -> ResponseReturnValue:
    return _do(standing.pause_standing, standing_id=standing_id, paused=True)


@blueprint.post("/tai-khoan/don-deu/<int:standing_id>/tiep")
@guard("signed_in")
def resume_standing_order(standing_id: int) -> ResponseReturnValue:
    return _do(standing.pause_standing, standing_id=standing_id, paused=False)


@blueprint.post("/tai-khoan/don-deu/<int:standing_id>/thoi")
@guard("signed_in")
def end_standing_order(standing_id: int) -> ResponseReturnValue:
    return _do(standing.end_standing, standing_id=standing_id)
