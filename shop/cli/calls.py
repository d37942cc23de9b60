"""`flask call …`: calls for help, as at the desk."""

import secrets
from datetime import datetime

import click
from flask.cli import AppGroup
from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.cli.acting import a_phone, a_unit, acting, command, one_act
from shop.db import db
from shop.kernel.clock import VIETNAM
from shop.kernel.codes import read_code
from shop.mutual_aid import actions
from shop.mutual_aid.models import HelpCall
from shop.mutual_aid.queries import calls_of, needs_of, pledges_of
from shop.mutual_aid.rules import CONSENT_KINDS, NeedKind, PledgeState
from shop.organising.forms import NEED_WORDS
from shop.web.words import _, counted, language, moment, tr

call_group = AppGroup("call", help="Calls for help: labour, meals, tools, goods.")

WHEN = click.DateTime(["%Y-%m-%d %H:%M"])


def _at(typed: datetime) -> datetime:
    return typed.replace(tzinfo=VIETNAM)


def _a_call(session: Session, code: str) -> HelpCall:
    found = session.scalar(select(HelpCall).where(HelpCall.code == read_code(code)))
    if found is None:
        raise click.ClickException(_("Không có lời gọi mã “%(code)s”.", code=code))
    return found


@command(call_group, "list")
def call_list() -> None:
    """Print the calls, the newest first."""
    for row in db.session().execute(calls_of(None).limit(200)):
        click.echo(f"{row.code}  {row.state}  {moment(row.starts_at)}  {tr(row, 'title')}")


@command(call_group, "show")
@click.argument("code")
def call_show(code: str) -> None:
    """Print what a call needs, and who promised it."""
    session = db.session()
    call = _a_call(session, code)
    for need in needs_of(session, call.id):
        wanted = counted(need.wanted, tr(need, "unit"))
        click.echo(
            f"{need.id}  {NEED_WORDS[NeedKind(need.kind)]}: {tr(need, 'words')}, {wanted}, {need.pledged}"
        )
    for row, said in pledges_of(session, call.id):
        click.echo(
            f"  {row.id}  {row.state}  {row.quantity}  {said['name']}  {said['phone'] or ''}"
        )


@command(call_group, "write")
@click.argument("unit")
@click.option("--title", required=True)
@click.option("--for", "for_whom", required=True, help="As far as the household agreed.")
@click.option("--story", default="")
@click.option("--place", required=True)
@click.option("--contact", required=True, help="Whom to ring.")
@click.option("--phone", required=True)
@click.option("--from", "starts", type=WHEN, required=True, help="2026-11-29 06:00")
@click.option("--to", "ends", type=WHEN, required=True)
@click.option("--consent", type=click.Choice(CONSENT_KINDS))
@click.option("--consent-on", type=click.DateTime(["%Y-%m-%d"]))
def call_write(unit: str, title: str, for_whom: str, story: str, place: str, contact: str,
               phone: str, starts: datetime, ends: datetime, consent: str | None,
               consent_on: datetime | None) -> None:  # fmt: skip
    """Keep a new call as a draft. UNIT: its slug."""
    words = {
        "title_vi": title, "for_whom_vi": for_whom, "story_vi": story, "place_vi": place,
        "contact_name": contact, "contact_phone": a_phone(phone) or "",
    }  # fmt: skip
    if _at(ends) <= _at(starts):
        raise click.ClickException(_("Giờ xong phải sau giờ bắt đầu, cùng ngày."))
    with one_act() as session:
        code = actions.write_call(
            session, organisation_id=a_unit(session, unit).id, words=words, starts_at=_at(starts),
            ends_at=_at(ends), consent_kind=consent or "",
            consent_on=consent_on.date() if consent_on else None, **acting(),
        ).code  # fmt: skip
    click.echo(_("Đã lưu nháp lời gọi %(code)s.", code=code))


@command(call_group, "change")
@click.argument("code")
@click.option("--title")
@click.option("--place")
@click.option("--from", "starts", type=WHEN)
@click.option("--to", "ends", type=WHEN)
@click.option("--consent", type=click.Choice(CONSENT_KINDS))
@click.option("--consent-on", type=click.DateTime(["%Y-%m-%d"]))
def call_change(code: str, title: str | None, place: str | None, starts: datetime | None,
                ends: datetime | None, consent: str | None, consent_on: datetime | None) -> None:  # fmt: skip
    """Change what is given; the rest stays."""
    with one_act() as session:
        row = _a_call(session, code)
        starts_at = _at(starts) if starts else row.starts_at
        ends_at = _at(ends) if ends else row.ends_at
        if ends_at <= starts_at:
            raise click.ClickException(_("Giờ xong phải sau giờ bắt đầu, cùng ngày."))
        actions.change_call(
            session, call_id=row.id,
            words={"title_vi": title or row.title_vi, "place_vi": place or row.place_vi},
            starts_at=starts_at, ends_at=ends_at, consent_kind=consent or row.consent_kind,
            consent_on=consent_on.date() if consent_on else row.consent_on, **acting(),
        )  # fmt: skip
    click.echo(_("Đã lưu."))


@command(call_group, "need")
@click.argument("code")
@click.option("--kind", type=click.Choice([kind.value for kind in NeedKind]), required=True)
@click.option("--words", required=True)
@click.option("--wanted", type=click.IntRange(1, 9999), required=True)
@click.option("--unit", required=True, help="What is counted: người, suất.")
def call_need(code: str, kind: str, words: str, wanted: int, unit: str) -> None:
    """Add a line of what is needed."""
    with one_act() as session:
        actions.add_need(
            session, call_id=_a_call(session, code).id, kind=kind, words_vi=words, words_en="",
            unit_vi=unit, unit_en="", wanted=wanted, **acting(),
        )  # fmt: skip
    click.echo(_("Đã thêm."))


@command(call_group, "resize")
@click.argument("code")
@click.argument("need_id", type=int)
@click.option("--wanted", type=click.IntRange(0, 9999), required=True, help="0 takes it away.")
def call_resize(code: str, need_id: int, wanted: int) -> None:
    """Ask for more or fewer of something."""
    with one_act() as session:
        actions.resize_need(
            session, call_id=_a_call(session, code).id, need_id=need_id, wanted=wanted, **acting()
        )
    click.echo(_("Đã lưu."))


@command(call_group, "open")
@click.argument("code")
def call_open(code: str) -> None:
    """Show a call to everybody."""
    with one_act() as session:
        actions.open_call(session, call_id=_a_call(session, code).id, **acting())
    click.echo(_("Đã mở, mọi người thấy lời gọi rồi."))


@command(call_group, "cancel")
@click.argument("code")
@click.option("--reason", required=True)
def call_cancel(code: str, reason: str) -> None:
    """Call it off; those who promised and left a mail address are told."""
    with one_act() as session:
        actions.cancel_call(session, call_id=_a_call(session, code).id, reason=reason, **acting())
    click.echo(_("Đã huỷ. Người đã nhận lời và để lại thư được báo."))


@command(call_group, "pledge")
@click.argument("code")
@click.argument("need_id", type=int)
@click.option("--quantity", type=click.IntRange(1, 9999), required=True)
@click.option("--name", required=True)
@click.option("--phone", required=True)
def call_pledge(code: str, need_id: int, quantity: int, name: str, phone: str) -> None:
    """Write down what somebody promised on the phone."""
    contact = {"name": name, "phone": a_phone(phone), "email": None, "note": ""}
    with one_act() as session:
        actions.pledge_for(
            session, call_id=_a_call(session, code).id, need_id=need_id, quantity=quantity,
            contact=contact, attempt_id=secrets.token_hex(16), locale=language(), **acting(),
        )  # fmt: skip
    click.echo(_("Đã ghi lời nhận."))


@command(call_group, "withdraw")
@click.argument("code")
@click.argument("pledge_id", type=int)
def call_withdraw(code: str, pledge_id: int) -> None:
    """Give a place back for somebody who cannot come."""
    with one_act() as session:
        actions.withdraw_for(
            session, call_id=_a_call(session, code).id, pledge_id=pledge_id, **acting()
        )
    click.echo(_("Đã báo không đến được. Chỗ ấy để cho người khác."))


@command(call_group, "came")
@click.argument("code")
@click.argument("pledge_id", type=int)
@click.option("--no", "absent", is_flag=True, help="She did not come.")
@click.option("--unknown", is_flag=True, help="Take a wrong note back.")
def call_came(code: str, pledge_id: int, absent: bool, unknown: bool) -> None:
    """Note that somebody came."""
    to = PledgeState.OFFERED if unknown else PledgeState.ABSENT if absent else PledgeState.CAME
    with one_act() as session:
        actions.note_who_came(
            session, call_id=_a_call(session, code).id, pledge_id=pledge_id, to=to, **acting()
        )
    click.echo(_("Đã lưu."))


@command(call_group, "thank")
@click.argument("code")
@click.option("--words", required=True, help="What came of it.")
@click.option("--words-en", default="")
def call_thank(code: str, words: str, words_en: str) -> None:
    """Write what came of it; everybody who came is thanked by mail, once."""
    with one_act() as session:
        actions.thank_for_call(
            session, call_id=_a_call(session, code).id, thanks_vi=words, thanks_en=words_en,
            **acting(),
        )  # fmt: skip
    click.echo(_("Đã lưu."))
