"""Who is behind a request: the cookie is looked up once, when somebody asks."""

import hmac
import logging
import secrets
from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlencode, urlsplit

from flask import (
    Flask,
    Request,
    abort,
    current_app,
    g,
    has_request_context,
    redirect,
    request,
)
from flask import Response as FlaskResponse
from flask_login import LoginManager, current_user
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import RequestRedirect
from werkzeug.wrappers import Response

from shop.accounts.models import Account, SignIn
from shop.accounts.queries import has_passkey, kind_of, signed_in
from shop.accounts.rules import (
    LIFETIMES,
    MAY_WAIT,
    MOST_WAITING,
    SEEN_EVERY,
    SignedIn,
    is_fresh,
    is_idle,
    safe_path,
)
from shop.accounts.typed import TYPED_COOKIE, TYPED_FOR, forget_typed, opened_typed, sealed_typed
from shop.current import current_settings, signing_keys
from shop.db import Busy, db, transaction
from shop.kernel.clock import now_utc
from shop.kernel.sealing import same_secret
from shop.kernel.settings import Settings
from shop.web.guards import answer_old_forms, reader_mark, register_guard, was_made_for
from shop.web.links import path
from shop.web.words import call

#: Told of every sign-in, inside its transaction: (session, account id, now).
OnSignIn = Callable[[Session, int, datetime], None]
DEVICE_SECONDS = 400 * 24 * 3600
#: Posts of the ways in and out themselves; a form that waits for them goes on waiting.
_NOTHING_TYPED = frozenset(
    {
        "accounts.prove", "accounts.prove_with_passkey", "accounts.sign_out",
        "accounts.let_another_in",
    }
)  # fmt: skip
logger = logging.getLogger(__name__)


def cookie_name(settings: Settings) -> str:
    """``__Host-s`` over https; a plain-http shop says so by another name."""
    return "__Host-s" if settings.is_https else "s"


def device_cookie_name(settings: Settings) -> str:
    return "__Host-d" if settings.is_https else "d"


def waiting_cookie_name(settings: Settings) -> str:
    return "__Host-a" if settings.is_https else "a"


def waiting_tokens() -> list[str]:
    """Return the tokens of others who stay signed in on this phone, the latest first."""
    kept = request.cookies.get(waiting_cookie_name(current_settings()), "")
    return [token for token in kept.split(".")[:MOST_WAITING] if token]


def my_token() -> str:
    """Return the token of this browser's own sign-in, or ""."""
    return request.cookies.get(cookie_name(current_settings()), "")


def let_wait(response: Response, tokens: list[str]) -> None:
    """Let these sign-ins wait on this phone, and no others."""
    name = waiting_cookie_name(current_settings())
    if tokens:
        set_private_cookie(response, name, ".".join(tokens[:MOST_WAITING]), DEVICE_SECONDS)
    else:
        response.delete_cookie(
            name, path="/", secure=current_settings().is_https, httponly=True, samesite="Lax"
        )


def others_wait() -> bool:
    """Tell whether somebody may wait on this phone: no more than a look at a cookie."""
    return has_request_context() and waiting_cookie_name(current_settings()) in request.cookies


def set_private_cookie(response: Response, name: str, value: str, seconds: int | None) -> None:
    """Set a cookie that scripts cannot read and other sites do not send."""
    response.set_cookie(
        name, value, max_age=seconds, secure=current_settings().is_https, httponly=True,
        samesite="Lax", path="/",
    )  # fmt: skip


def give_cookie(response: Response, token: str, kind: str) -> None:
    """Hand a sign-in's token to the browser for as long as it may live."""
    seconds = int(LIFETIMES[kind].absolute.total_seconds())
    set_private_cookie(response, cookie_name(current_settings()), token, seconds)


def forget_pages(response: Response) -> None:
    """Let a browser forget kept pages and lists: the next one before it is another person."""
    response.headers["Clear-Site-Data"] = '"storage"'


def drop_cookie(response: Response) -> None:
    """Sign a browser out, and let it forget what pages kept for hours without a network."""
    forget_pages(response)
    response.delete_cookie(
        cookie_name(current_settings()), path="/", secure=current_settings().is_https, httponly=True,
        samesite="Lax",
    )  # fmt: skip


def remember_device(response: Response, account_id: int) -> None:
    """Mark this browser as one from which the account was entered before (QUALITY T15)."""
    device = secrets.token_hex(16)
    value = f"{device}.{account_id}.{_device_mac(device, account_id, signing_keys()[0])}"
    set_private_cookie(response, device_cookie_name(current_settings()), value, DEVICE_SECONDS)


def known_device(account_id: int | None) -> str | None:
    """Return the mark of a browser from which this account was entered before, or None."""
    device, owner = _marked_device()
    return device if account_id is not None and owner == account_id else None


def last_on_device() -> int | None:
    """Return who is in on this browser, or was last; None when nobody is known to have been."""
    if current_user.is_authenticated:
        return current_user.id
    return _marked_device()[1]


def make_hers(response: Response, session: Session, account_id: int, now: datetime) -> None:
    """Mark this browser as the one of whoever comes in; another's kept pages are forgotten.

    What a desk's people did at a market without a network is not wiped for that: it is money and
    waits for whoever did it; the names beside it go when the market is over.
    """
    before = last_on_device()
    if before is not None and before != account_id:  # She never signed out of it.
        person = session.get(Account, before)
        if person is None or kind_of(session, person, now) in MAY_WAIT:
            forget_pages(response)
    remember_device(response, account_id)


def _marked_device() -> tuple[str | None, int | None]:
    device, _, rest = request.cookies.get(device_cookie_name(current_settings()), "").partition(".")
    owner, _, mac = rest.partition(".")
    if not owner.isascii() or not owner.isdecimal() or len(owner) > 18:
        return None, None
    macs = [_device_mac(device, int(owner), key) for key in signing_keys()]
    return (device, int(owner)) if any(same_secret(mac, one) for one in macs) else (None, None)


def _device_mac(device: str, account_id: int, key: str) -> str:
    text = f"device:{device}:{account_id}".encode("utf-8", "surrogatepass")
    return hmac.new(key.encode(), text, "sha256").hexdigest()


def _person_of(incoming: Request) -> SignedIn | None:
    token = incoming.cookies.get(cookie_name(current_settings()))
    if not token:
        return None
    now = now_utc()
    row = signed_in(db.session(), token, now)
    if row is None or is_idle(row.kind, row.seen_at, now):
        return None
    call(row.called)
    g.sign_in_digest, g.reader = row.token_digest, row.id
    g.seen_late = now - row.seen_at > SEEN_EVERY
    kept = incoming.cookies.get(TYPED_COOKIE)
    if kept and incoming.method == "GET" and _by_hand(incoming):
        g.typed = opened_typed(kept, row.id, now)
    return SignedIn(
        id=row.id,
        name=row.name,
        locale=row.locale,
        kind=row.kind,
        sign_in_id=row.sign_in_id,
        proved_at=row.proved_at,
        is_operator=row.operator_since is not None,
        has_second_factor=row.second_factor_at is not None,
        strong_at=row.strong_at,
    )


def _back() -> str:
    """The address to come back to after signing in or proving again; posts cannot be repeated."""
    return request.full_path.rstrip("?") if request.method == "GET" else "/"


def page_of_form() -> str:
    """The page to come back to from a post that has to wait: the one that it was sent from.

    A browser that does not say so comes to the address of the post, where that opens as a page.
    """
    sent_from = urlsplit(request.referrer or "")
    page = sent_from.path.removeprefix(request.script_root)
    query = f"?{sent_from.query}" if sent_from.query else ""
    if sent_from.netloc == request.host and _opens(page):
        return page + query
    return request.path if _opens(request.path) else "/"


def _opens(address: str) -> bool:
    """Tell whether an address of the shop answers a reader."""
    adapter = current_app.create_url_adapter(request)
    try:
        return adapter is not None and bool(adapter.match(address, method="GET"))
    except (NotFound, MethodNotAllowed, RequestRedirect):
        return False


def ask_to_sign_in() -> Response:
    """Send a stranger to the sign-in page and bring her back afterwards.

    A form that somebody sent who was signed out since comes back with her, filled in, not yet
    done. Of a browser in which nobody ever was, nothing is read.
    """
    if not _was_typed():
        return redirect(path("/dang-nhap") + "?" + urlencode({"tiep": _back()}), 303)
    back, kept, brings = page_of_form(), "", False
    if back != "/" and _marked_device()[1] is not None and "csrf_token" in request.form:
        kept, brings = sealed_typed(back, now_utc())
    asked = {"tiep": back, "ghi": "con" if brings else "mat"}
    answer = redirect(path("/dang-nhap") + "?" + urlencode(asked), 303)
    if kept:
        _keep_typed(answer, kept)
    return answer


def _form_again() -> Response | None:
    """The way back to a form that was open for too long, or since before she signed in anew.

    None when its page was made for somebody else, which the error page says then, or nobody
    knows for whom.
    """
    if not _was_typed() or not current_user.is_authenticated:
        return None
    back = page_of_form()
    mark = reader_mark(request.form.get("csrf_token", ""))
    mine = was_made_for(mark, current_user.id)
    if mark and not mine and not was_made_for(mark, 0):
        g.form_of_another = back
    if back == "/" or not mine:
        return None
    answer = redirect(path(safe_path(back, back.partition("?")[0])), 303)
    _keep_typed(answer, sealed_typed(back, now_utc())[0])
    return answer


def _by_hand(asked: Request) -> bool:
    """Tell what a person opens or sends from what a page's script fetches."""
    return asked.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"


def _was_typed() -> bool:
    """Tell a form whose fields may be kept; scripts keep by themselves what did not arrive."""
    return request.method == "POST" and _by_hand(request) and request.endpoint not in _NOTHING_TYPED


def _keep_typed(answer: Response, kept: str) -> None:
    set_private_cookie(answer, TYPED_COOKIE, kept, int(TYPED_FOR.total_seconds()))


def fresh_or_ask(form_page: str | None = None) -> Response | None:
    """None when a secret was given within ten minutes; otherwise the way to give it again.

    Views of dangerous acts (bank account, contact, second factor) begin with it, GET and POST.
    ``form_page``: where a post began, when that is one page whatever the browser says.
    """
    fresh = is_fresh(current_user.proved_at, now_utc())
    return None if fresh else _way_to_proof(form_page)


def strong_or_ask() -> Response | None:
    """None when more than the password was given within ten minutes; otherwise the way to it.

    For where the money goes: a password may have been looked at over a shoulder (QUALITY T18).
    """
    return None if is_fresh(current_user.strong_at, now_utc()) else _way_to_proof(chac=1)


def _way_to_proof(form_page: str | None = None, **more: int) -> Response:
    """Return the way to a proof and back; what was posted is shown again then, not yet done."""
    posted = request.method == "POST"
    back = form_page or (page_of_form() if posted else _back())
    answer = redirect(path("/xac-nhan") + "?" + urlencode({"tiep": back, **more}), 303)
    if posted:
        _keep_typed(answer, sealed_typed(back, now_utc())[0])
    return answer


def second_factor_first() -> Response | None:
    """In a public shop, operators and officers set up a second factor before anything else.

    A passkey is one: then she came in by it, or gave it since.
    """
    if not current_settings().is_production or current_user.has_second_factor:
        return None
    if current_user.strong_at is not None and has_passkey(db.session(), current_user.id):
        return None
    return redirect(path("/tai-khoan/hai-lop"), 303)


def _signed_in() -> Response | None:
    return None if current_user.is_authenticated else ask_to_sign_in()


def _operator() -> Response | None:
    if not current_user.is_authenticated:
        return ask_to_sign_in()
    if not (current_user.is_operator and current_user.kind == "operator"):
        abort(404)
    return second_factor_first()


def when_signed_in(app: Flask, told: OnSignIn) -> None:
    """Run ``told(session, account_id, now)`` in the transaction of every sign-in by page.

    A cart joins its owner there; the request is at hand.
    """
    app.extensions.setdefault("when_signed_in", []).append(told)


class _SignIns(LoginManager):
    """Knows a person by the shop's own cookie alone: nobody signs in by Flask's session."""

    def _load_user(self) -> None:
        self._update_request_context_with_user(_person_of(request))


def init_sign_in(app: Flask) -> None:
    _SignIns().init_app(app, add_context_processor=False)
    register_guard("signed_in", _signed_in)
    register_guard("operator", _operator)
    answer_old_forms(app, _form_again)
    app.jinja_env.globals.update(current_user=current_user, others_wait=others_wait)

    @app.after_request
    def _typed_is_shown(response: FlaskResponse) -> FlaskResponse:
        """Leave it to the page from then on; on the way to another proof it waits on."""
        if g.pop("typed", None) is not None and response.status_code == 200:
            forget_typed(response)
        return response

    @app.after_request
    def _mark_seen(response: FlaskResponse) -> FlaskResponse:
        if g.pop("seen_late", False) and current_user.is_authenticated:
            try:
                _seen_now(current_user.sign_in_id)
            except (Busy, DBAPIError, PoolTimeout) as error:
                # What the page was asked for is done; it is marked the next time.
                logger.warning("A sign-in was not marked as seen: %s", type(error).__name__)
        return response


def _seen_now(sign_in_id: int) -> None:
    with transaction() as session:
        row = session.get(SignIn, sign_in_id)
        if row is not None:
            row.seen_at = now_utc()
