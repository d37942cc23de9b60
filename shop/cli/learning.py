"""`flask class …`, `flask lesson …`, `flask question …`: training and help, as at the desk."""

import secrets
from datetime import datetime, timedelta
from pathlib import Path

import click
from flask.cli import AppGroup
from sqlalchemy.orm import Session

from shop.cli.acting import a_person, a_phone, a_unit, acting, command, every_row, one_act
from shop.db import db
from shop.kernel.clock import VIETNAM
from shop.kernel.codes import read_code
from shop.learning import actions
from shop.learning.models import Lecture
from shop.learning.queries import (
    class_by_code,
    classes_of,
    lessons,
    questions_in,
    seats_of,
    stalls_that_read,
    written_lesson,
    written_lessons,
)
from shop.learning.rules import DEEDS, MOST_SEATS, SeatState
from shop.organising.lesson_deeds import stalls_that_did
from shop.web.lists import cut
from shop.web.words import _, language, moment, tr

class_group = AppGroup("class", help="Classes: sign-up and who came.")
lesson_group = AppGroup("lesson", help="Lessons: trainers' own, and how far stalls are.")
question_group = AppGroup("question", help="What members ask their officers.")

WHEN = click.DateTime(["%Y-%m-%d %H:%M"])
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_STATES = {"came": SeatState.CAME, "absent": SeatState.ABSENT, "again": SeatState.TAKEN,
           "withdrawn": SeatState.WITHDRAWN}  # fmt: skip


def _class(session: Session, code: str) -> Lecture:
    return class_by_code(session, read_code(code)[:12])


@command(class_group, "list")
def class_list() -> None:
    """Print the classes, the newest first."""
    session = db.session()
    for row, _vi, _en in every_row(lambda page: cut(session, classes_of(None), page)):
        click.echo(
            f"{row.code}  {moment(row.starts_at)}  {row.taken}/{row.seats}  {tr(row, 'title')}"
        )


@command(class_group, "show")
@click.argument("code")
def class_show(code: str) -> None:
    """Print who signed up for a class, and who came."""
    with one_act() as session:
        for row, said in seats_of(session, _class(session, code).id):
            click.echo(f"{row.id}  {row.state}  {said['name']}  {said['phone'] or ''}")


@command(class_group, "call")
@click.argument("unit")
@click.option("--title", required=True)
@click.option("--about", default="")
@click.option("--place", required=True)
@click.option("--link", default="", help="https://… for who learns from afar.")
@click.option("--trainer", required=True)
@click.option("--phone", required=True)
@click.option("--from", "starts", type=WHEN, required=True, help="2026-11-29 19:00")
@click.option("--hours", type=click.IntRange(1, 12), default=2)
@click.option("--seats", type=click.IntRange(1, MOST_SEATS), default=20)
def class_call(unit: str, title: str, about: str, place: str, link: str, trainer: str, phone: str,
               starts: datetime, hours: int, seats: int) -> None:  # fmt: skip
    """Hold a class; everybody may sign up. UNIT: its slug."""
    begins = starts.replace(tzinfo=VIETNAM)
    said = {
        "title_vi": title, "title_en": "", "about_vi": about, "about_en": "", "place_vi": place,
        "place_en": "", "link": link, "trainer_name": trainer, "trainer_phone": a_phone(phone) or "",
        "starts_at": begins, "ends_at": begins + timedelta(hours=hours), "seats": seats,
    }  # fmt: skip
    with one_act() as session:
        of = a_unit(session, unit).id
        code = actions.call_class(session, organisation_id=of, said=said, **acting()).code
    click.echo(_("Đã mở lớp %(code)s.", code=code))


@command(class_group, "change")
@click.argument("code")
@click.option("--title")
@click.option("--place")
@click.option("--from", "starts", type=WHEN)
@click.option("--seats", type=click.IntRange(1, MOST_SEATS))
def class_change(code: str, title: str | None, place: str | None, starts: datetime | None,
                 seats: int | None) -> None:  # fmt: skip
    """Change what is given; the rest stays."""
    with one_act() as session:
        row = _class(session, code)
        begins = starts.replace(tzinfo=VIETNAM) if starts else row.starts_at
        said = {
            "title_vi": title or row.title_vi, "place_vi": place or row.place_vi,
            "starts_at": begins, "ends_at": begins + (row.ends_at - row.starts_at),
            "seats": seats or row.seats,
        }  # fmt: skip
        actions.change_class(session, class_id=row.id, said=said, **acting())
    click.echo(_("Đã lưu."))


@command(class_group, "cancel")
@click.argument("code")
@click.option("--reason", required=True)
def class_cancel(code: str, reason: str) -> None:
    """Call it off; those who signed up with an account are told."""
    with one_act() as session:
        row = _class(session, code)
        actions.cancel_class(session, class_id=row.id, reason=reason, **acting())
    click.echo(_("Đã huỷ lớp. Người đã ghi tên và để lại thư được báo."))


@command(class_group, "sign-up")
@click.argument("code")
@click.option("--name", required=True)
@click.option("--phone")
def class_sign_up(code: str, name: str, phone: str | None) -> None:
    """Write down somebody who rang."""
    with one_act() as session:
        row = _class(session, code)
        actions.sign_up_for(
            session, class_id=row.id, contact={"name": name, "phone": a_phone(phone)},
            attempt_id=secrets.token_hex(16), **acting(),
        )  # fmt: skip
    click.echo(_("Đã ghi tên."))


@command(class_group, "note")
@click.argument("code")
@click.argument("seat_id", type=int)
@click.argument("state", type=click.Choice(list(_STATES)))
def class_note(code: str, seat_id: int, state: str) -> None:
    """Note that somebody came or did not, take that back, or give her seat to another."""
    with one_act() as session:
        row = _class(session, code)
        actions.note_attendance(
            session, class_id=row.id, seat_id=seat_id, to=_STATES[state], **acting()
        )
    click.echo(_("Đã lưu."))


@command(lesson_group, "list")
def lesson_list() -> None:
    """Print every lesson, at how many stalls it was read and done, and trainers' own by number."""
    session = db.session()
    read, did = stalls_that_read(session, None), stalls_that_did(session, None)
    for one in lessons(session):
        numbers = f"{read.get(one.slug, 0)}  {did.get(one.deed, '-')}"
        click.echo(f"{one.slug}  {numbers}  {one.told(language()).title}")
    for row, _vi, _en in every_row(lambda page: cut(session, written_lessons(None), page)):
        click.echo(f"{row.id}  {row.state}  {row.slug}")


@command(lesson_group, "write")
@click.argument("unit")
@click.argument("vi", type=FILE)
@click.argument("en", type=FILE)
@click.option("--deed", type=click.Choice(DEEDS), help="What it leads to.")
def lesson_write(unit: str, vi: Path, en: Path, deed: str | None) -> None:
    """Keep a lesson as a draft from two Markdown files, one for each language."""
    with one_act() as session:
        of = a_unit(session, unit).id
        made = actions.write_lesson(
            session, organisation_id=of, body_vi=vi.read_text(), body_en=en.read_text(),
            deed=deed or "", **acting(),
        ).id  # fmt: skip
    click.echo(_("Đã lưu bài số %(id)s, chờ duyệt.", id=made))


@command(lesson_group, "change")
@click.argument("number", type=int)
@click.argument("vi", type=FILE)
@click.argument("en", type=FILE)
def lesson_change(number: int, vi: Path, en: Path) -> None:
    """Write a lesson anew; it is reviewed again before anybody reads it."""
    with one_act() as session:
        actions.change_lesson(
            session, lesson_id=number, body_vi=vi.read_text(), body_en=en.read_text(),
            deed=written_lesson(session, number).deed, **acting(),
        )  # fmt: skip
    click.echo(_("Đã lưu."))


@command(lesson_group, "show")
@click.argument("number", type=int)
@click.option("--hide", is_flag=True, help="Put it away instead.")
def lesson_show(number: int, hide: bool) -> None:
    """Let everybody read a reviewed lesson."""
    act = actions.hide_lesson if hide else actions.show_lesson
    with one_act() as session:
        act(session, lesson_id=number, **acting())
    click.echo(_("Đã lưu."))


@command(question_group, "list")
def question_list() -> None:
    """Print what is asked, the unanswered first."""
    session = db.session()
    for row, who, unit in every_row(lambda page: cut(session, questions_in(None), page)):
        state = "answered" if row.answered_at else "waits"
        click.echo(f"{row.id}  {state}  {who.name}, {tr(unit, 'name')}: {row.text}")


@command(question_group, "answer")
@click.argument("number", type=int)
@click.argument("words")
@click.option("--share", is_flag=True, help="Others of the unit may read it.")
def question_answer(number: int, words: str, share: bool) -> None:
    """Answer; whoever asked is told."""
    with one_act() as session:
        actions.answer_question(
            session, question_id=number, answer=words, is_shared=share, **acting()
        )
    click.echo(_("Đã gửi."))


@command(question_group, "hours")
@click.argument("who")
@click.argument("words")
def question_hours(who: str, words: str) -> None:
    """Write down when somebody who helps can be reached. WHO: phone or e-mail."""
    with one_act() as session:
        person = a_person(session, who)
        by = acting()
        actions.say_hours(
            session, words=words, account_id=person.id, **by
        )  # fmt: skip
    click.echo(_("Đã lưu."))
