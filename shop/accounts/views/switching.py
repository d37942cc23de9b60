"""Several people on one phone: each has a sign-in of her own, and going on as another is one tap.

Who waits is kept in a cookie of tokens, as secret as the one in use. A tap asks for no password,
and gives none: where money goes and what opens an account ask again (``switch_sign_in``).
"""

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from shop.accounts.actions import end_sign_in, switch_sign_in
from shop.accounts.guards import (
    drop_cookie,
    forget_pages,
    give_cookie,
    let_wait,
    my_token,
    remember_device,
    waiting_tokens,
)
from shop.accounts.queries import waiting_sign_ins
from shop.accounts.rules import HOME_OF, MAY_WAIT
from shop.accounts.views import blueprint
from shop.db import db, transaction
from shop.kernel.clock import now_utc
from shop.kernel.errors import NotYours
from shop.kernel.sealing import token_digest
from shop.web.guards import guard
from shop.web.links import path


@blueprint.get("/doi-nguoi")
@guard("visitor")
def who_is_here() -> ResponseReturnValue:
    """Show who is signed in on this phone: the one in use, and who waits."""
    rows = waiting_sign_ins(db.session(), waiting_tokens(), now_utc())
    may_wait = current_user.is_authenticated and current_user.kind in MAY_WAIT
    return render_template("accounts/switch.html", rows=rows, may_wait=may_wait)


@blueprint.post("/doi-nguoi")
@guard("visitor")
def switch() -> ResponseReturnValue:
    """Go on as somebody who waits on this phone."""
    wanted, now, tokens = request.form.get("nguoi", ""), now_utc(), waiting_tokens()
    rows = waiting_sign_ins(db.session(), tokens, now)
    row = next((row for row in rows if str(row.sign_in_id) == wanted), None)
    if row is None:
        raise NotYours
    waits = _mine_to_wait()
    with transaction() as session:
        if current_user.is_authenticated and not waits:
            _end_mine(session)
        left = current_user.id if current_user.is_authenticated else None
        token = switch_sign_in(session, sign_in_id=row.sign_in_id, left_id=left, now=now)
    live = {one.token_digest for one in rows} - {row.token_digest}
    others = [kept for kept in tokens if token_digest(kept) in live]
    answer = redirect(path(HOME_OF[row.kind]), 303)
    give_cookie(answer, token, row.kind)
    let_wait(answer, waits + others)
    remember_device(answer, row.account_id)
    forget_pages(answer)
    return answer


@blueprint.post("/doi-nguoi/them")
@guard("signed_in")
def let_another_in() -> ResponseReturnValue:
    """Wait on this phone while somebody else signs in on it."""
    waits = _mine_to_wait()
    if not waits:
        raise NotYours
    answer = redirect(path("/dang-nhap"), 303)
    drop_cookie(answer)
    let_wait(answer, waits + waiting_tokens())
    return answer


def _mine_to_wait() -> list[str]:
    """Return this browser's own token when its owner may wait; the Union's desks may not."""
    may = current_user.is_authenticated and current_user.kind in MAY_WAIT
    return [my_token()] if may else []


def _end_mine(session: Session) -> None:
    end_sign_in(
        session, account_id=current_user.id, sign_in_id=current_user.sign_in_id,
        actor_name=current_user.name, now=now_utc(),
    )  # fmt: skip
