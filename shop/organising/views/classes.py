"""Classes: for everybody to see, to sign up for, and at the trainers' desk."""

import secrets
from collections.abc import Callable
from typing import Any

from flask import Response, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from shop.accounts.acting import acting
from shop.accounts.queries import account, contact_of
from shop.db import db, in_transaction
from shop.kernel.clock import now_utc
from shop.kernel.codes import read_code
from shop.kernel.errors import NotYours, Refusal
from shop.kernel.phones import written
from shop.learning import actions
from shop.learning.models import Lecture, Seat
from shop.learning.queries import (
    a_class,
    class_by_code,
    classes_of,
    coming_classes,
    my_seats,
    seat,
    seat_contact,
    seats_of,
)
from shop.learning.rules import SeatState, takes_people
from shop.organisations.acting import need_right, page_number, unit_choices, units_in_sight
from shop.organisations.queries import organisation
from shop.organising.learning_forms import CancelClassForm, ClassForm, SeatForm
from shop.organising.lesson_papers import certificate_pdf
from shop.organising.views import blueprint
from shop.web.files import file_answer
from shop.web.guards import guard
from shop.web.limits import limit
from shop.web.links import path
from shop.web.lists import cut
from shop.web.replies import try_to

MINE = "/tai-khoan/lop-hoc"
DESK = "/dieu-hanh/lop-hoc"
#: {part of the address: what it notes}
_MOVES = {
    "den": SeatState.CAME, "vang": SeatState.ABSENT, "ghi-lai": SeatState.TAKEN,
    "nhuong-cho": SeatState.WITHDRAWN,
}  # fmt: skip


@blueprint.get("/lop-hoc")
@guard("anyone")
def classes() -> str:
    return render_template("organising/classes.html", rows=coming_classes(db.session(), now_utc()))


@blueprint.get(MINE)
@guard("signed_in")
def my_classes() -> str:
    return render_template(
        "organising/my_classes.html", rows=my_seats(db.session(), current_user.id), now=now_utc()
    )


@blueprint.get(f"{MINE}/<code>")
@guard("signed_in")
def class_page(code: str) -> ResponseReturnValue:
    return _page(class_by_code(db.session(), read_code(code)[:12]), None, None, 200)


def _page(
    row: Lecture, form: SeatForm | None, refusal: Refusal | None, status: int
) -> ResponseReturnValue:
    session, now = db.session(), now_utc()
    hers = my_seats(session, current_user.id, row.id)
    if form is None:
        her = account(session, current_user.id)
        known = {} if hers else {"name": her.name, "phone": contact_of(her)["phone"]}
        form = SeatForm(**known)
    form.attempt.data = secrets.token_hex(16)
    return render_template(
        "organising/class.html", row=row, form=form, refusal=refusal, seats=hers, now=now,
        unit=organisation(session, row.organisation_id), written=written,
        takes=takes_people(row.cancelled_at is None, row.starts_at, now),
    ), status  # fmt: skip


@blueprint.post(f"{MINE}/<code>")
@guard("signed_in")
def sign_up(code: str) -> ResponseReturnValue:
    """Take a seat for oneself or for another; one rendered form takes at most one."""
    row = class_by_code(db.session(), read_code(code)[:12])
    form, now, her = SeatForm.posted(), now_utc(), current_user.id
    if not form.validate():
        return _page(row, form, None, 422)
    limit("40 per 1 hour", "seat", str(her))
    class_id = row.id
    try:
        in_transaction(
            lambda session: actions.take_seat(
                session, class_id=class_id, contact=form.contact, account_id=her,
                attempt_id=_attempt(form), now=now,
            )
        )  # fmt: skip
    except Refusal as refusal:
        return _page(a_class(db.session(), class_id), form, refusal, refusal.status)
    return redirect(path(f"{MINE}/{row.code}") + "?da=ghi-ten", 303)


def _attempt(form: SeatForm) -> str:
    """Return the name of this rendering of a form."""
    said = form.attempt.data or ""
    return said if len(said) == 32 and said.isalnum() else secrets.token_hex(16)


@blueprint.post("/tai-khoan/lop-hoc/cho/<int:seat_id>/thoi")
@guard("signed_in")
def give_seat_back(seat_id: int) -> ResponseReturnValue:
    now, her = now_utc(), current_user.id
    row = _her_seat(seat_id)
    code = a_class(db.session(), row.class_id).code
    in_transaction(
        lambda session: actions.give_seat_back(session, seat_id=seat_id, account_id=her, now=now)
    )
    return redirect(path(f"{MINE}/{code}") + "?da=thoi-hoc", 303)


def _her_seat(seat_id: int) -> Seat:
    row = seat(db.session(), seat_id)
    if row.account_id != current_user.id:
        raise NotYours
    return row


@blueprint.get("/tai-khoan/lop-hoc/cho/<int:seat_id>/chung-nhan.pdf")
@guard("signed_in")
def my_certificate(seat_id: int) -> Response:
    return _certificate(_her_seat(seat_id))


def _certificate(row: Seat) -> Response:
    """Return the paper of who came; there is none for others."""
    session = db.session()
    name = seat_contact(row)["name"]
    if row.state != SeatState.CAME or not name:
        raise NotYours
    held = a_class(session, row.class_id)
    made = certificate_pdf(held, organisation(session, held.organisation_id), name)
    return file_answer(made, f"chung-nhan-{row.id}.pdf")


@blueprint.get(DESK)
@guard("officer")
def classes_desk() -> ResponseReturnValue:
    if not unit_choices("teach"):
        raise NotYours
    return render_template(
        "organising/classes_desk.html", now=now_utc(),
        found=cut(db.session(), classes_of(units_in_sight("teach")), page_number()),
    )  # fmt: skip


def _offered(form: ClassForm) -> ClassForm:
    form.organisation.choices = unit_choices("teach")
    return form


@blueprint.get(f"{DESK}/moi")
@guard("officer")
def new_class_page() -> ResponseReturnValue:
    form = ClassForm(seats=20, trainer_name=current_user.name)
    return _edit(None, _offered(form), None, 200)


@blueprint.post(f"{DESK}/moi")
@guard("officer")
def new_class() -> ResponseReturnValue:
    form, by = _offered(ClassForm.posted()), acting()
    if not form.validate():
        return _edit(None, form, None, 422)
    made = in_transaction(
        lambda session: (
            actions.call_class(
                session, organisation_id=int(form.organisation.data), said=form.said, **by
            ).id
        )
    )
    return redirect(path(f"{DESK}/{made}") + "?da=them", 303)


def _edit(
    row: Lecture | None, form: ClassForm, refusal: Refusal | None, status: int
) -> ResponseReturnValue:
    return render_template(
        "organising/class_edit.html", row=row, form=form, refusal=refusal
    ), status  # fmt: skip


def _mine(class_id: int) -> Lecture:
    row = a_class(db.session(), class_id)
    need_right("teach", row.organisation_id)
    return row


@blueprint.get(f"{DESK}/<int:class_id>/sua")
@guard("officer")
def change_class_page(class_id: int) -> ResponseReturnValue:
    row = _mine(class_id)
    return _edit(row, _offered(ClassForm.of(row)), None, 200)


@blueprint.post(f"{DESK}/<int:class_id>/sua")
@guard("officer")
def change_class(class_id: int) -> ResponseReturnValue:
    row, by = _mine(class_id), acting()
    form = _offered(ClassForm.posted(organisation=str(row.organisation_id)))
    form.organisation.data = str(row.organisation_id)  # The unit that holds it stays.
    if not form.validate():
        return _edit(row, form, None, 422)
    try:
        in_transaction(
            lambda session: actions.change_class(session, class_id=class_id, said=form.said, **by)
        )
    except Refusal as refusal:
        return _edit(_mine(class_id), form, refusal, refusal.status)
    return redirect(path(f"{DESK}/{class_id}") + "?da=luu", 303)


@blueprint.get(f"{DESK}/<int:class_id>")
@guard("officer")
def class_desk(class_id: int) -> ResponseReturnValue:
    return _desk(class_id)


def _desk(
    class_id: int, refusal: Refusal | None = None, status: int = 200, **forms: Any
) -> ResponseReturnValue:
    row = _mine(class_id)
    seat_form = forms.get("seat_form") or SeatForm()
    seat_form.attempt.data = secrets.token_hex(16)
    return render_template(
        "organising/class_desk.html", row=row, seats=seats_of(db.session(), class_id),
        refusal=refusal, now=now_utc(), seat_form=seat_form,
        cancel_form=forms.get("cancel_form") or CancelClassForm(),
    ), status  # fmt: skip


def _act(
    class_id: int, work: Callable[[Session], Any], done: str, **forms: Any
) -> ResponseReturnValue:
    return try_to(
        work,
        show=lambda refusal: _desk(class_id, refusal, refusal.status, **forms),
        then=lambda _: redirect(path(f"{DESK}/{class_id}") + f"?da={done}", 303),
    )


@blueprint.post(f"{DESK}/<int:class_id>/huy")
@guard("officer")
def cancel_class(class_id: int) -> ResponseReturnValue:
    _mine(class_id)
    form, by = CancelClassForm.posted(), acting()
    if not form.validate():
        return _desk(class_id, status=422, cancel_form=form)
    return _act(
        class_id,
        lambda session: actions.cancel_class(
            session, class_id=class_id, reason=form.reason.data or "", **by
        ),
        "luu", cancel_form=form,
    )  # fmt: skip


@blueprint.post(f"{DESK}/<int:class_id>/ghi")
@guard("officer")
def sign_up_for(class_id: int) -> ResponseReturnValue:
    """Write down somebody who rang or came by."""
    _mine(class_id)
    form, by = SeatForm.posted(), acting()
    if not form.validate():
        return _desk(class_id, status=422, seat_form=form)
    return _act(
        class_id,
        lambda session: actions.sign_up_for(
            session, class_id=class_id, contact=form.contact, attempt_id=_attempt(form), **by
        ),
        "them", seat_form=form,
    )  # fmt: skip


@blueprint.post(f"{DESK}/<int:class_id>/nguoi/<int:seat_id>/<to>")
@guard("officer")
def note_attendance(class_id: int, seat_id: int, to: str) -> ResponseReturnValue:
    _mine(class_id)
    if to not in _MOVES or seat(db.session(), seat_id).class_id != class_id:
        raise NotYours
    by = acting()
    return _act(
        class_id,
        lambda session: actions.note_attendance(
            session, class_id=class_id, seat_id=seat_id, to=_MOVES[to], **by
        ),
        "luu",
    )  # fmt: skip


@blueprint.get(f"{DESK}/<int:class_id>/nguoi/<int:seat_id>/chung-nhan.pdf")
@guard("officer")
def certificate(class_id: int, seat_id: int) -> Response:
    _mine(class_id)
    row = seat(db.session(), seat_id)
    if row.class_id != class_id:
        raise NotYours
    return _certificate(row)
