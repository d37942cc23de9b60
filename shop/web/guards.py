"""Who may use a view: every view declares exactly one guard, and a test looks for it.

Guards known here are about the request; upper floors register those that need
accounts, sellers or the tree. A guard function returns None to let pass, a
response to answer instead, or aborts.
"""

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask, abort, current_app, g, request
from markupsafe import Markup

from shop.current import signing_keys
from shop.kernel.sealing import same_secret

View = TypeVar("View", bound=Callable[..., Any])
GuardFunction = Callable[[], Any]

SAFE = {"GET", "HEAD", "OPTIONS"}
#: Guards whose posts carry no token: pages without a session and signed outside messages.
WITHOUT_TOKEN = {"anyone", "visitor", "link", "hook"}
CSRF_HOURS = 12
#: A form without files. Werkzeug's own bound (MAX_FORM_MEMORY_SIZE) does not reach it, and six
#: megabytes of "a&a&a&" are three million fields (QUALITY T31).
FORM_BYTES = 512 * 1024

_guards: dict[str, GuardFunction] = {name: lambda: None for name in WITHOUT_TOKEN}


def guard(name: str) -> Callable[[View], View]:
    """Declare who may use a view: ``@guard("seller")`` directly above ``def``."""

    def declare(view: View) -> View:
        view.guard = name  # type: ignore[attr-defined]
        return view

    return declare


def takes(megabytes: int) -> Callable[[View], View]:
    """Let a view receive more than the shop's usual 6 MB: photos. Below ``@guard``."""

    def declare(view: View) -> View:
        view.most_bytes = megabytes * 1024 * 1024  # type: ignore[attr-defined]
        return view

    return declare


def register_guard(name: str, check: GuardFunction) -> None:
    """Make a guard known. Called while the application is built."""
    _guards[name] = check


def pass_guard(name: str) -> Any:
    """Ask a guard inside a view, for an act whose kind says who may: None lets it pass."""
    return _guards[name]()


def guard_of(app: Flask, endpoint: str) -> str | None:
    """Return the name that a view declared, or None: the walker's test fails then."""
    return getattr(app.view_functions[endpoint], "guard", None)


def csrf_token() -> str:
    """Return a token for this sign-in, masked anew each time against BREACH.

    Its last part lets nothing be done: it tells for which account the page was made, when that
    sign-in is over.
    """
    made, mark, key = f"{int(time.time())}", secrets.token_hex(8), signing_keys()[0]
    reader = _reader_mac(mark, g.get("reader", 0), key)
    return f"{made}.{mark}.{_csrf_mac(made, mark, key)}.{reader}"


def csrf_field() -> Markup:
    return Markup('<input type="hidden" name="csrf_token" value="%s">') % csrf_token()


def _csrf_mac(made: str, mark: str, key: str) -> str:
    text = f"csrf:{g.get('sign_in_digest', '')}:{made}:{mark}".encode()
    return hmac.new(key.encode(), text, hashlib.sha256).hexdigest()


def _reader_mac(mark: str, account_id: int, key: str) -> str:
    text = f"reader:{account_id}:{mark}".encode("utf-8", "surrogatepass")
    return hmac.new(key.encode(), text, hashlib.sha256).hexdigest()[:16]


def _token_holds(token: str) -> bool:
    made, mark, mac, *_reader = [*token.split("."), "", ""]
    if not made.isdecimal() or len(made) > 12 or time.time() - int(made) > CSRF_HOURS * 3600:
        return False
    return any(same_secret(mac, _csrf_mac(made, mark, key)) for key in signing_keys())


def reader_mark(token: str) -> str:
    """Return what of a form's token tells whose page it was, without what lets it be taken."""
    parts = token.split(".")
    return f"{parts[1]}.{parts[3]}" if len(parts) == 4 else ""


def was_made_for(mark: str, account_id: int) -> bool:
    """Tell whether a form's page was made for an account, however long ago, in any sign-in."""
    drawn, _, mac = mark.partition(".")
    return any(same_secret(mac, _reader_mac(drawn, account_id, key)) for key in signing_keys())


def answer_old_forms(app: Flask, answer: GuardFunction) -> None:
    """Let an upper floor answer a form whose token holds no more; None: the page that says so."""
    app.extensions["old_forms"] = answer


def _from_elsewhere() -> bool:
    """Tell whether a browser says that another site sent this request."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = request.headers.get("Origin")
    if origin is not None:
        ours = {urlsplit(current_app.config["BASE_URL"]).netloc, request.host}
        try:
            return urlsplit(origin).netloc not in ours
        except ValueError:  # "http://[" and the like: no browser of ours writes that.
            return True
    return False


def init_guards(app: Flask) -> None:
    @app.before_request
    def _check() -> Any:
        if request.endpoint is None or request.endpoint not in app.view_functions:
            return None
        if "\0" in request.path:
            abort(404)  # Nothing is named so, and PostgreSQL cannot even look for it.
        name = guard_of(app, request.endpoint)
        if name is None or name not in _guards:
            abort(500)  # A view without a guard is a bug; it fails closed.
        # Before anything reads the form, the token's check included.
        most_bytes = getattr(app.view_functions[request.endpoint], "most_bytes", None)
        if request.mimetype == "application/x-www-form-urlencoded":
            request.max_content_length = FORM_BYTES
        elif most_bytes is not None:
            request.max_content_length = most_bytes
        if request.method not in SAFE and name != "hook" and _from_elsewhere():
            abort(403)
        answer = _guards[name]()
        if answer is not None:
            return answer
        if request.method not in SAFE and name not in WITHOUT_TOKEN:
            token = request.form.get("csrf_token") or request.headers.get("X-CSRF-Token", "")
            if not _token_holds(token):
                g.form_expired = True
                return current_app.extensions["old_forms"]() or abort(400)
        return None

    app.jinja_env.globals.update(csrf_field=csrf_field, csrf_token=csrf_token)
