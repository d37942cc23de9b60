"""The orders of who is signed in."""

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from shop.buying.rules import grouped_code
from shop.buying.views.blueprint import blueprint
from shop.db import db
from shop.ordering.queries import orders_of_account
from shop.web.guards import guard

A_PAGE = 20


@blueprint.get("/tai-khoan/don-hang")
@guard("signed_in")
def my_orders() -> ResponseReturnValue:
    before = request.args.get("truoc", "")
    before_id = (
        int(before) if before.isascii() and before.isdecimal() and len(before) < 18 else None
    )
    rows = orders_of_account(db.session(), current_user.id, limit=A_PAGE + 1, before_id=before_id)
    return render_template(
        "buying/mine.html",
        rows=rows[:A_PAGE],
        older=rows[A_PAGE - 1].order.id if len(rows) > A_PAGE else None,
        grouped_code=grouped_code,
    )
