"""Lessons: for everybody, on one's own page with what comes next, and at the trainers' desk."""

from functools import partial
from typing import Any

from flask import Response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from shop.accounts.acting import acting
from shop.db import db, in_transaction
from shop.kernel.clock import now_utc
from shop.kernel.errors import NotYours, Refusal
from shop.learning import actions
from shop.learning.models import WrittenLesson
from shop.learning.queries import (
    Lesson,
    lesson,
    lessons,
    reads_of,
    stalls_that_read,
    written_lesson,
    written_lessons,
)
from shop.learning.rules import LessonUnreadable, Text, read_lesson
from shop.organisations.acting import need_right, page_number, unit_choices, units_in_sight
from shop.organising.learning_forms import LessonForm
from shop.organising.lesson_deeds import DEED_WORDS, deeds_done, stalls_that_did, stalls_there
from shop.organising.lesson_papers import lesson_pdf
from shop.organising.views import blueprint
from shop.web.guards import guard
from shop.web.links import path
from shop.web.lists import cut
from shop.web.words import language

MINE = "/tai-khoan/bai-hoc"
DESK = "/dieu-hanh/bai-hoc"


@blueprint.get("/bai-hoc")
@guard("anyone")
def lessons_shown() -> str:
    return render_template("organising/lessons.html", lessons=lessons(db.session()))


@blueprint.get("/bai-hoc/<slug>")
@guard("anyone")
def lesson_shown(slug: str) -> str:
    one = lesson(db.session(), slug)
    return render_template("organising/lesson.html", one=one, text=one.told(language()))


@blueprint.get("/bai-hoc/<slug>.pdf")
@guard("anyone")
def lesson_paper(slug: str) -> Response:
    """The lesson in large print."""
    answer = Response(lesson_pdf(lesson(db.session(), slug)), mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'attachment; filename="{slug}.pdf"'
    return answer


@blueprint.get(MINE)
@guard("signed_in")
def my_lessons() -> str:
    """What she has learnt, and what comes next: the first lesson that is not done."""
    session = db.session()
    found, reads = lessons(session), reads_of(session, current_user.id)
    deeds = deeds_done(session, current_user.id)
    rows = [(one, is_done(one, reads, deeds), one.deed in deeds) for one in found]
    following = next((one for one, done, _did in rows if not done), None)
    return render_template("organising/my_lessons.html", rows=rows, following=following)


def is_done(one: Lesson, reads: Any, deeds: frozenset[str]) -> bool:
    """Tell whether a lesson is done: what it leads to was, or she says so where it leads nowhere."""
    return one.deed in deeds if one.deed else one.slug in reads


@blueprint.get(f"{MINE}/<slug>")
@guard("signed_in")
def my_lesson(slug: str) -> str:
    session = db.session()
    found, reads = lessons(session), reads_of(session, current_user.id)
    one = lesson(session, slug)
    deeds = deeds_done(session, current_user.id)
    after = [other for other in found if other.number > one.number]
    return render_template(
        "organising/my_lesson.html", one=one, text=one.told(language()), read=slug in reads,
        did=one.deed in deeds, deed=DEED_WORDS.get(one.deed), after=after[0] if after else None,
    )  # fmt: skip


@blueprint.post(f"{MINE}/<slug>")
@guard("signed_in")
def lesson_gone_through(slug: str) -> ResponseReturnValue:
    now, reader = now_utc(), current_user.id
    in_transaction(
        lambda session: actions.note_lesson_read(session, account_id=reader, slug=slug, now=now)
    )
    return redirect(path(f"{MINE}/{slug}") + "?da=hoc-xong", 303)


@blueprint.get(DESK)
@guard("officer")
def lessons_desk() -> ResponseReturnValue:
    """How far the stalls of her units are, as numbers, and what trainers wrote."""
    session, units = db.session(), units_in_sight("teach")
    if not unit_choices("teach"):
        raise NotYours
    return render_template(
        "organising/lessons_desk.html", lessons=lessons(session), stalls=stalls_there(session, units),
        did=stalls_that_did(session, units), read=stalls_that_read(session, units),
        found=cut(session, written_lessons(units), page_number()), title_of=title_of,
    )  # fmt: skip


def title_of(row: WrittenLesson) -> str:
    return read_lesson(row.body_en if language() == "en" else row.body_vi).title


def _offered(form: LessonForm) -> LessonForm:
    form.organisation.choices = unit_choices("teach")
    return form


@blueprint.get(f"{DESK}/moi")
@guard("officer")
def new_lesson_page() -> ResponseReturnValue:
    return _edit(None, _offered(LessonForm()), None, 200)


@blueprint.post(f"{DESK}/moi")
@guard("officer")
def new_lesson() -> ResponseReturnValue:
    form, by = _offered(LessonForm.posted()), acting()
    if not form.validate():
        return _edit(None, form, None, 422)
    try:
        made = in_transaction(
            lambda session: actions.write_lesson(
                session, organisation_id=int(form.organisation.data), body_vi=form.body_vi.data or "",
                body_en=form.body_en.data or "", deed=form.deed.data or "", **by,
            ).id
        )  # fmt: skip
    except Refusal as refusal:
        return _edit(None, form, refusal, refusal.status)
    return redirect(path(f"{DESK}/{made}") + "?da=them", 303)


def _mine(lesson_id: int) -> WrittenLesson:
    row = written_lesson(db.session(), lesson_id)
    need_right("teach", row.organisation_id)
    return row


@blueprint.get(f"{DESK}/<int:lesson_id>")
@guard("officer")
def lesson_desk(lesson_id: int) -> ResponseReturnValue:
    return _one(lesson_id, None, 200)


def _one(lesson_id: int, refusal: Refusal | None, status: int) -> ResponseReturnValue:
    row = _mine(lesson_id)
    form = LessonForm(
        body_vi=row.body_vi, body_en=row.body_en, deed=row.deed,
        organisation=str(row.organisation_id),
    )  # fmt: skip
    return _edit(row, _offered(form), refusal, status)


@blueprint.post(f"{DESK}/<int:lesson_id>")
@guard("officer")
def lesson_changed(lesson_id: int) -> ResponseReturnValue:
    row, by = _mine(lesson_id), acting()
    form = _offered(LessonForm.posted(organisation=str(row.organisation_id)))
    form.organisation.data = str(row.organisation_id)  # The unit that wrote it stays.
    if not form.validate():
        return _edit(row, form, None, 422)
    try:
        in_transaction(
            lambda session: actions.change_lesson(
                session, lesson_id=lesson_id, body_vi=form.body_vi.data or "", body_en=form.body_en.data or "",
                deed=form.deed.data or "", **by,
            )
        )  # fmt: skip
    except Refusal as refusal:
        return _edit(_mine(lesson_id), form, refusal, refusal.status)
    return redirect(path(f"{DESK}/{lesson_id}") + "?da=luu", 303)


@blueprint.post(f"{DESK}/<int:lesson_id>/<to>")
@guard("officer")
def show_lesson(lesson_id: int, to: str) -> ResponseReturnValue:
    """Let everybody read it, or nobody."""
    _mine(lesson_id)
    by = acting()
    if to == "cho-doc":
        act = partial(actions.show_lesson, read=request.form.get("da-doc", ""))
    elif to == "cat":
        act = actions.hide_lesson
    else:
        raise NotYours
    try:
        in_transaction(lambda session: act(session, lesson_id=lesson_id, **by))
    except Refusal as refusal:
        return _one(lesson_id, refusal, refusal.status)
    return redirect(path(f"{DESK}/{lesson_id}") + "?da=luu", 303)


def _edit(
    row: WrittenLesson | None, form: LessonForm, refusal: Refusal | None, status: int
) -> ResponseReturnValue:
    return render_template(
        "organising/lesson_edit.html", row=row, form=form, refusal=refusal, text=_preview(form)
    ), status  # fmt: skip


def _preview(form: LessonForm) -> Text | None:
    """Return what readers will see of what was typed, once it can be read."""
    try:
        return read_lesson((form.body_en if language() == "en" else form.body_vi).data or "")
    except LessonUnreadable:
        return None
