"""The first page of the desk: what waits, what is stuck, what is late."""

from flask import current_app, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user

from shop.db import db
from shop.kernel.clock import now_utc
from shop.media.queries import pictures_needing_words
from shop.operations.queries import health, jobs
from shop.operations.views import blueprint
from shop.operations.views.acting import units_in_sight
from shop.organisations.queries import tree
from shop.sellers.queries import sellers_list
from shop.web.guards import guard


@blueprint.get("/dieu-hanh")
@guard("officer")
def overview() -> ResponseReturnValue:
    session, now = db.session(), now_utc()
    if current_user.kind == "operator":
        found = health(session, now)
        late = found["beat_at"] is None or (now - found["beat_at"]).total_seconds() > 120
        return render_template(
            "operations/overview.html", health=found, jobs=jobs(session), worker_late=late,
            needs_factor=not current_user.has_second_factor,
            embedded=not current_app.extensions["settings"].is_production,
        )  # fmt: skip
    units = tree(session, units_in_sight("see_unit"))
    rows = sellers_list(session, units_in_sight("see_sellers"))
    mine = {row.id for row in rows}
    pictures = sum(row.seller_id in mine for row in pictures_needing_words(session, 500))
    return render_template("operations/officer.html", units=units, sellers=rows, pictures=pictures)
