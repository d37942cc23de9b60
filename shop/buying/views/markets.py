"""Markets as everybody sees them: which are open, until when, what is left, where to collect."""

from flask import abort, redirect, render_template
from flask.typing import ResponseReturnValue

from shop.buying.views.blueprint import blueprint
from shop.db import db
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.codes import read_code
from shop.markets.queries.shown import market_page, markets_shown, next_after
from shop.markets.rules.lunar import lunar_of
from shop.markets.rules.sessions import Phase, phase_of
from shop.ordering.queries import faces
from shop.web.guards import guard
from shop.web.links import path


@blueprint.get("/phien-cho")
@guard("anyone")
def market_list() -> str:
    now = now_utc()
    rows = [(row, phase_of(row, now)) for row in markets_shown(db.session(), now)]
    open_now = (Phase.COMING, Phase.TAKING)
    return render_template(
        "buying/markets.html",
        coming=[one for one in rows if one[1] in open_now],
        over=[one for one in reversed(rows) if one[1] not in open_now],
    )


@blueprint.get("/phien-cho/<code>")
@guard("anyone")
def market(code: str) -> ResponseReturnValue:
    session, now = db.session(), now_utc()
    page = market_page(session, read_code(code)[:12])
    if page is None:
        abort(404)
    if page.row.code != code:
        return redirect(path(f"/phien-cho/{page.row.code}"), 301)
    phase = phase_of(page.row, now)
    takes = phase in (Phase.COMING, Phase.TAKING)
    days_left = (vietnam_date(page.row.closes_at) - vietnam_date(now)).days
    return render_template(
        "buying/market.html", page=page, row=page.row, phase=phase, days_left=days_left,
        moon=lunar_of(vietnam_date(page.row.hand_over_at)),
        faces=faces(session, [goods.product_id for goods in page.goods]),
        following=None if takes else next_after(session, page.row, now),
    )  # fmt: skip
