"""Call my helper: who she is, when she can be reached, what one asks her; and her own desk."""

from flask import redirect, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user

from shop.accounts.acting import acting
from shop.accounts.queries import contact_of
from shop.db import db, in_transaction
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.errors import Refusal
from shop.kernel.phones import written
from shop.learning import actions
from shop.learning.queries import (
    helpers_of,
    hours_of,
    question,
    questions_in,
    questions_of,
    shared_with,
    units_of,
)
from shop.learning.rules import NoUnitOfHers
from shop.organisations.acting import need_right, page_number, units_in_sight
from shop.organisations.queries import organisation
from shop.organising.learning_forms import AnswerForm, HoursForm, QuestionForm
from shop.organising.views import blueprint
from shop.sellers.guards import stall_around
from shop.web.guards import guard
from shop.web.limits import limit
from shop.web.links import path
from shop.web.lists import cut

MINE = "/tai-khoan/nguoi-giup"
DESK = "/dieu-hanh/hoi-dap"


@blueprint.get(MINE)
@guard("signed_in")
def my_helper() -> ResponseReturnValue:
    return _mine(QuestionForm(), None, 200)


@blueprint.post(MINE)
@guard("signed_in")
def ask_my_helper() -> ResponseReturnValue:
    form, now, her = QuestionForm.posted(), now_utc(), current_user.id
    if not form.validate():
        return _mine(form, None, 422)
    limit("20 per 1 hour", "question", str(her))
    units = units_of(db.session(), her, vietnam_date(now))
    if not units:
        refused = NoUnitOfHers()
        return _mine(form, refused, refused.status)
    try:
        in_transaction(
            lambda session: actions.ask(
                session, account_id=her, organisation_id=units[0], text=form.text.data or "",
                wants_call=bool(form.wants_call.data), now=now,
            )
        )  # fmt: skip
    except Refusal as refusal:
        return _mine(form, refusal, refusal.status)
    return redirect(path(MINE) + "?da=da-hoi", 303)


def _mine(form: QuestionForm, refusal: Refusal | None, status: int) -> ResponseReturnValue:
    session, her, today = db.session(), current_user.id, vietnam_date(now_utc())
    units = units_of(session, her, today)
    return render_template(
        "organising/my_helper.html", stall=stall_around(), form=form, refusal=refusal, written=written,
        unit=organisation(session, units[0]) if units else None,
        helpers=[one for one in helpers_of(session, units[0], today) if one.account_id != her]
        if units else [],
        my_questions=questions_of(session, her), shared=shared_with(session, units, her),
    ), status  # fmt: skip


@blueprint.get(DESK)
@guard("officer")
def questions_desk() -> ResponseReturnValue:
    return _desk({}, None, 200)


def _desk(
    forms: dict[int, AnswerForm], refusal: Refusal | None, status: int,
    hours: HoursForm | None = None,
) -> ResponseReturnValue:  # fmt: skip
    session = db.session()
    found = cut(session, questions_in(units_in_sight("answer_questions")), page_number(), 20)
    return render_template(
        "organising/questions_desk.html", found=found, refusal=refusal, written=written,
        phones={row.id: contact_of(row)["phone"] for _q, row, _u in found.rows},
        forms={
            one.id: AnswerForm(prefix=f"q{one.id}-", answer=one.answer, is_shared=one.is_shared)
            for one, _who, _unit in found.rows
        } | forms,
        hours=hours or HoursForm(words=hours_of(session, current_user.id)),
    ), status  # fmt: skip


@blueprint.post(f"{DESK}/<int:question_id>")
@guard("officer")
def answer_question(question_id: int) -> ResponseReturnValue:
    need_right("answer_questions", question(db.session(), question_id).organisation_id)
    form, by = AnswerForm.posted(prefix=f"q{question_id}-"), acting()
    if not form.validate():
        return _desk({question_id: form}, None, 422)
    in_transaction(
        lambda session: actions.answer_question(
            session, question_id=question_id, answer=form.answer.data or "",
            is_shared=bool(form.is_shared.data), **by,
        )
    )  # fmt: skip
    return redirect(path(DESK) + "?da=gui", 303)


@blueprint.post(f"{DESK}/gio")
@guard("officer")
def say_hours() -> ResponseReturnValue:
    """Say when she can be reached."""
    form, by = HoursForm.posted(), acting()
    if not form.validate():
        return _desk({}, None, 422, form)
    in_transaction(
        lambda session: actions.say_hours(
            session, account_id=by["actor_id"], words=form.words.data or "", **by
        )
    )
    return redirect(path(DESK) + "?da=luu", 303)
