"""The guard "officer": people with an office in the tree, and operators."""

from flask import Flask, abort, g
from flask_login import current_user
from werkzeug.wrappers import Response

from shop.accounts.guards import ask_to_sign_in, second_factor_first
from shop.accounts.queries import know_kinds
from shop.db import db
from shop.kernel.clock import now_utc, vietnam_date
from shop.organisations.queries import officer_kinds, rights_of


def _officer() -> Response | None:
    """Let officers in; ``g.scope`` is {right: unit ids} of the person behind the request.

    Rights are read with every request, so a dismissal holds at once.
    """
    if not current_user.is_authenticated:
        return ask_to_sign_in()
    if current_user.kind not in ("officer", "operator"):
        abort(404)
    today = vietnam_date(now_utc())
    g.scope = rights_of(db.session(), current_user.id, today)
    if not (current_user.is_operator or g.scope["see_sellers"] or g.scope["teach"]):
        abort(404)
    return second_factor_first()


def init_organisations(app: Flask) -> None:
    from shop.web.guards import register_guard

    register_guard("officer", _officer)
    know_kinds(app, officer_kinds)
