"""The first page of the desk: what waits, what is stuck, what is late."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flask import g, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import Select

from shop.current import current_settings
from shop.db import db
from shop.fundraising.queries.campaigns import waiting_for
from shop.kernel.clock import now_utc, vietnam_date
from shop.operations.proofs import last_proof
from shop.operations.queries import health, jobs, officer_numbers, stalls_to_call
from shop.operations.views import blueprint
from shop.organisations.queries import units_where
from shop.payments.gateways.tasks import tasks_waiting
from shop.web.guards import guard


@blueprint.get("/dieu-hanh")
@guard("officer")
def overview() -> ResponseReturnValue:
    session, now = db.session(), now_utc()
    if current_user.kind == "operator":
        found = health(session, now)
        late = found["beat_at"] is None or (now - found["beat_at"]).total_seconds() > 120
        return render_template(
            "operations/overview.html", proof=last_proof(session), health=found, jobs=jobs(session), worker_late=late,
            to_call=_to_call(None), needs_factor=not current_user.has_second_factor,
            embedded=not current_settings().is_production,
        )  # fmt: skip
    numbers = officer_numbers(
        session, *(_units(right) for right in ("see_unit", "see_sellers", "describe_pictures"))
    )
    keeps_books, approves = bool(g.scope["see_books"]), bool(g.scope["approve_campaigns"])
    return render_template(
        "operations/officer.html", numbers=numbers, to_call=_to_call(_units("see_sellers")),
        card_tasks=tasks_waiting(session, _units("see_books")) if keeps_books else None,
        to_approve=waiting_for(session, _units("approve_campaigns"), current_user.id) if approves else 0,
    )  # fmt: skip


def _to_call(within: Select[int] | None) -> Sequence[Any]:
    wait = timedelta(minutes=current_settings().unseen_minutes)
    return stalls_to_call(db.session(), within, now_utc() - wait)


def _units(right: str) -> Select[int]:
    return units_where(current_user.id, right, vietnam_date(now_utc()))
