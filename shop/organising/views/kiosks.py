"""Machines that print for sellers: an officer opens one at her place for the day, and closes it."""

from flask import redirect, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user

from shop.accounts.acting import acting
from shop.accounts.actions import end_sign_in
from shop.accounts.guards import drop_cookie, set_private_cookie
from shop.db import db, transaction
from shop.kernel.clock import now_utc
from shop.kernel.errors import NotYours
from shop.kiosk import actions
from shop.kiosk.models import Kiosk
from shop.kiosk.queries import open_kiosks
from shop.kiosk.rules import KIOSK_COOKIE
from shop.organisations.acting import need_right, unit_choices, units_in_sight
from shop.organising.forms import KioskForm
from shop.organising.views import blueprint
from shop.web.guards import guard
from shop.web.links import path

#: Who gives codes to members may let them print too.
RIGHT = "give_code"


def _form(form: KioskForm) -> KioskForm:
    form.organisation.choices = unit_choices(RIGHT)
    return form


def _show(form: KioskForm, status: int = 200) -> ResponseReturnValue:
    units = units_in_sight(RIGHT)
    if not form.organisation.choices:
        raise NotYours
    found = open_kiosks(db.session(), units, now_utc())
    return render_template("organising/kiosks.html", form=form, kiosks=found), status


@blueprint.get("/dieu-hanh/may-in")
@guard("officer")
def kiosks() -> ResponseReturnValue:
    """Which machines are open, and a form that makes this one another."""
    return _show(_form(KioskForm()))


@blueprint.post("/dieu-hanh/may-in")
@guard("officer")
def open_kiosk() -> ResponseReturnValue:
    """Make this browser a machine until midnight, and sign the officer out of it.

    Others stand at it from now on: it must not know her any more.
    """
    form = _form(KioskForm.posted())
    if not form.validate():
        return _show(form, 422)
    unit, by = int(form.organisation.data), acting()
    need_right(RIGHT, unit)
    with transaction() as session:
        row, token = actions.open_kiosk(
            session, organisation_id=unit, name=form.name.data or "", **by
        )
        seconds = int((row.ends_at - by["now"]).total_seconds())
        end_sign_in(
            session, account_id=current_user.id, sign_in_id=current_user.sign_in_id,
            actor_name=current_user.name, now=by["now"],
        )  # fmt: skip
    answer = redirect(path("/may-in"), 303)
    drop_cookie(answer)
    set_private_cookie(answer, KIOSK_COOKIE, token, seconds)
    return answer


@blueprint.post("/dieu-hanh/may-in/<int:kiosk_id>/dong")
@guard("officer")
def close_kiosk(kiosk_id: int) -> ResponseReturnValue:
    row = db.session().get(Kiosk, kiosk_id)
    if row is None:
        raise NotYours
    need_right(RIGHT, row.organisation_id)
    with transaction() as session:
        actions.close_kiosk(session, kiosk_id=kiosk_id, **acting())
    return redirect(path("/dieu-hanh/may-in") + "?da=dong-may-in", 303)
