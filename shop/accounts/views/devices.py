"""Where one is signed in, with a way to end each and all."""

from flask import redirect, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user

from shop.accounts.actions import end_every_sign_in, end_other_sign_ins, end_sign_in
from shop.accounts.guards import drop_cookie
from shop.accounts.queries import live_sign_ins
from shop.accounts.views import blueprint
from shop.db import db, transaction
from shop.kernel.clock import now_utc
from shop.kernel.errors import NotYours
from shop.web.guards import guard
from shop.web.links import path


@blueprint.get("/tai-khoan/thiet-bi")
@guard("signed_in")
def devices() -> ResponseReturnValue:
    rows = live_sign_ins(db.session(), current_user.id, now_utc())
    return render_template("accounts/devices.html", rows=rows)


@blueprint.post("/tai-khoan/thiet-bi/<int:sign_in_id>/ket-thuc")
@guard("signed_in")
def end_device(sign_in_id: int) -> ResponseReturnValue:
    with transaction() as session:
        ended = end_sign_in(
            session, account_id=current_user.id, sign_in_id=sign_in_id,
            actor_name=current_user.name, now=now_utc(),
        )  # fmt: skip
    if not ended:
        raise NotYours
    if sign_in_id == current_user.sign_in_id:
        answer = redirect(path("/") + "?da=ra", 303)
        drop_cookie(answer)
        return answer
    return redirect(path("/tai-khoan/thiet-bi") + "?da=thiet-bi", 303)


@blueprint.post("/tai-khoan/thiet-bi/ket-thuc-het")
@guard("signed_in")
def end_all_devices() -> ResponseReturnValue:
    """Sign out everywhere, here too."""
    with transaction() as session:
        end_every_sign_in(
            session, account_id=current_user.id, actor_name=current_user.name, now=now_utc()
        )
    answer = redirect(path("/") + "?da=ra", 303)
    drop_cookie(answer)
    return answer


@blueprint.post("/tai-khoan/thiet-bi/ket-thuc-may-khac")
@guard("signed_in")
def end_other_devices() -> ResponseReturnValue:
    """Sign out everywhere but here."""
    with transaction() as session:
        end_other_sign_ins(
            session, account_id=current_user.id, sign_in_id=current_user.sign_in_id,
            actor_name=current_user.name, now=now_utc(),
        )  # fmt: skip
    return redirect(path("/tai-khoan/thiet-bi") + "?da=may-khac", 303)
