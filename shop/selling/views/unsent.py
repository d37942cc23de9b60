"""Steps tapped on a phone without a network: how they come in, and who looks at what did not fit."""

from datetime import datetime
from typing import Any

from flask import Flask, g
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from shop.db import transaction
from shop.kernel.clock import now_utc
from shop.queued.rules import Act, Kind
from shop.queued.views import take_kind
from shop.sellers.guards import standing_at, was_done
from shop.selling.actions.unsent import settle_steps, step_from_phone
from shop.selling.unsent_rules import STEP, read_step
from shop.selling.views.blueprint import blueprint, done
from shop.web.guards import guard


@blueprint.post("/ban-hang/don/<int:seller_order_id>/viec-may/xong")
@guard("seller")
def late_step_seen(seller_order_id: int) -> ResponseReturnValue:
    """Somebody looked at what a phone had noted and the shop could not do."""
    with transaction() as session:
        settle_steps(
            session, seller_id=g.stall.id, seller_order_id=seller_order_id,
            actor_id=current_user.id, now=now_utc(),
        )  # fmt: skip
    return done("/ban-hang", "luu")


def _do(session: Session, values: dict[str, Any], _act: Act, now: datetime) -> None:
    moved = step_from_phone(
        session, seller_id=values["stall"], seller_order_id=values["order"], to=values["to"],
        actor_id=current_user.id, now=now,
    )  # fmt: skip
    if moved:
        was_done()


def _at_her_stall(values: dict[str, Any]) -> Any:
    """Stand where she tapped, whichever stall of hers she stands in now."""
    return standing_at(values["stall"], "selling.move", {"seller_order_id": values["order"]})


def init_unsent(app: Flask) -> None:
    """Take in the steps that phones send late."""
    take_kind(app, STEP, Kind("signed_in", read_step, _do, "stall", within=_at_her_stall))
