"""Who is behind a request: the cookie is looked up once, when somebody asks."""

from urllib.parse import urlencode

from flask import Flask, Request, abort, g, redirect, request, url_for
from flask_login import LoginManager, current_user
from werkzeug.wrappers import Response

from shop.accounts.models import SignIn
from shop.accounts.queries import signed_in
from shop.accounts.rules import SEEN_EVERY, SignedIn, is_idle
from shop.db import db, transaction
from shop.kernel.clock import now_utc
from shop.kernel.settings import Settings
from shop.web.guards import register_guard


def cookie_name(settings: Settings) -> str:
    """``__Host-s`` over https; a plain-http shop says so by another name."""
    return "__Host-s" if settings.is_https else "s"


def _person_of(incoming: Request) -> SignedIn | None:
    from flask import current_app

    token = incoming.cookies.get(cookie_name(current_app.extensions["settings"]))
    if not token:
        return None
    now = now_utc()
    row = signed_in(db.session(), token, now)
    if row is None or is_idle(row.kind, row.seen_at, now):
        return None
    g.sign_in_digest = row.token_digest
    g.seen_late = now - row.seen_at > SEEN_EVERY
    return SignedIn(
        id=row.id,
        name=row.name,
        locale=row.locale,
        kind=row.kind,
        sign_in_id=row.sign_in_id,
        proved_at=row.proved_at,
        is_operator=row.operator_since is not None,
    )


def ask_to_sign_in() -> Response:
    """Send a stranger to the sign-in page and bring her back afterwards."""
    back = request.full_path.rstrip("?") if request.method == "GET" else "/"
    return redirect(url_for("accounts.sign_in_page") + "?" + urlencode({"tiep": back}), 303)


def _signed_in() -> Response | None:
    return None if current_user.is_authenticated else ask_to_sign_in()


def _operator() -> Response | None:
    if not current_user.is_authenticated:
        return ask_to_sign_in()
    if not (current_user.is_operator and current_user.kind == "operator"):
        abort(404)
    return None


def init_sign_in(app: Flask) -> None:
    logins = LoginManager()
    logins.session_protection = None
    logins.init_app(app, add_context_processor=False)
    logins.request_loader(_person_of)
    register_guard("signed_in", _signed_in)
    register_guard("operator", _operator)
    app.jinja_env.globals["current_user"] = current_user

    @app.after_request
    def _mark_seen(response: Response) -> Response:
        if g.pop("seen_late", False) and current_user.is_authenticated:
            with transaction() as session:
                row = session.get(SignIn, current_user.sign_in_id)
                if row is not None:
                    row.seen_at = now_utc()
        return response
