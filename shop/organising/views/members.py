"""The register of members at the desk: look, add, let in, move, leave, lists in and out."""

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from shop.accounts.acting import acting
from shop.db import db, in_transaction
from shop.kernel.cells import MOST_BYTES, SheetUnreadable
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.errors import NotYours, Refusal
from shop.kernel.phones import written
from shop.media.sheets import tables_in
from shop.organisations import members as acts
from shop.organisations import register
from shop.organisations.acting import (
    has_right,
    need_right,
    page_number,
    typed_words,
    units_in_sight,
)
from shop.organisations.lists.actions import keep_sheet, read_sheet, store_sheet
from shop.organisations.models import Member, MemberSheet, Organisation
from shop.organisations.queries import organisation, path_of, tree
from shop.organisations.rules import SheetMovedOn
from shop.organising import lists
from shop.organising.forms import MemberForm, MoveMemberForm
from shop.organising.views import blueprint
from shop.web.files import file_answer
from shop.web.guards import guard
from shop.web.limits import limit
from shop.web.links import path
from shop.web.lists import cut_list, walk, words_of
from shop.web.replies import try_to
from shop.web.tables import xlsx_file
from shop.web.words import tr

SEE, EDIT = "see_members", "edit_members"
UNIT = "/dieu-hanh/to-chuc/<int:unit_id>"
MEMBER = "/dieu-hanh/to-chuc/hoi-vien/<int:member_id>"
SHEET = "/dieu-hanh/to-chuc/danh-sach/<int:sheet_id>"
#: {question in the address: whom it shows}
STATES = {"": "member", "cho": "asked", "da-roi": "left"}
_RATE = "30 per 1 hour"


@blueprint.get(f"{UNIT}/hoi-vien")
@guard("officer")
def members(unit_id: int) -> ResponseReturnValue:
    """Who belongs to a unit and all below it; who asked to join comes first to the eye."""
    need_right(SEE, unit_id)
    session, typed = db.session(), typed_words()
    asked = request.args.get("xem", "")
    state = STATES.get(asked, "member")
    wanted, order = register.members_of(session, unit_id, words_of(typed), typed, state)
    return render_template(
        "organising/members.html", unit=organisation(session, unit_id), typed=typed, asked=asked,
        above=path_of(session, unit_id)[:-1], found=walk(session, wanted, order),
        numbers=register.member_numbers(session, unit_id), state=state,
        code=register.join_code_of(session, unit_id), may_edit=has_right(EDIT, unit_id),
        may_found=has_right("edit_units", unit_id),
    )  # fmt: skip


@blueprint.get(f"{UNIT}/hoi-vien/moi")
@guard("officer")
def new_member_page(unit_id: int) -> ResponseReturnValue:
    need_right(EDIT, unit_id)
    return _new_page(unit_id, MemberForm())


@blueprint.post(f"{UNIT}/hoi-vien/moi")
@guard("officer")
def new_member(unit_id: int) -> ResponseReturnValue:
    need_right(EDIT, unit_id)
    form = MemberForm.posted()
    if not form.validate():
        return _new_page(unit_id, form), 422
    by = acting()
    try:
        in_transaction(
            lambda session: acts.add_member(
                session, organisation_id=unit_id, person=form.person, **by
            )
        )
    except Refusal as refusal:
        return _new_page(unit_id, form, refusal), refusal.status
    return redirect(path(f"/dieu-hanh/to-chuc/{unit_id}/hoi-vien") + "?da=them", 303)


def _new_page(unit_id: int, form: MemberForm, refusal: Any = None) -> str:
    unit = organisation(db.session(), unit_id)
    return render_template("organising/member_new.html", unit=unit, form=form, refusal=refusal)


@blueprint.post(f"{UNIT}/hoi-vien/ma")
@guard("officer")
def new_join_code(unit_id: int) -> ResponseReturnValue:
    """Make a link and a word for joining; those before work no more."""
    need_right(EDIT, unit_id)
    by = acting()
    in_transaction(lambda session: acts.new_join_code(session, organisation_id=unit_id, **by))
    return redirect(path(f"/dieu-hanh/to-chuc/{unit_id}/hoi-vien") + "?da=luu", 303)


@blueprint.get(f"{UNIT}/hoi-vien.xlsx")
@guard("officer")
def members_xlsx(unit_id: int) -> ResponseReturnValue:
    """The members of a unit and all below it as a spreadsheet, formulas defused."""
    need_right(EDIT, unit_id)  # Whoever helps looks one up; she takes no list along.
    limit(_RATE, "members-file", str(current_user.id))
    slug = organisation(db.session(), unit_id).slug
    rows = lists.member_rows(register.everybody(db.session(), unit_id))
    return _file(lists.member_heads(), rows, f"hoi-vien-{slug}")


@blueprint.get(f"{UNIT}/cay.xlsx")
@guard("officer")
def units_xlsx(unit_id: int) -> ResponseReturnValue:
    """The open units below a unit, in the shape in which they are read in."""
    need_right("see_unit", unit_id)
    return _file(lists.unit_heads(), lists.unit_rows(db.session(), unit_id), f"to-chuc-{unit_id}")


def _file(heads: list[str], rows: Any, name: str) -> ResponseReturnValue:
    file = xlsx_file(heads, rows, grouped=False)  # There are years of birth.
    name = f"{name}-{vietnam_date(now_utc()).isoformat()}.xlsx"
    return file_answer(file, name)


@blueprint.get(f"{UNIT}/nhap/<kind>")
@guard("officer")
def list_page(unit_id: int, kind: str) -> ResponseReturnValue:
    need_right(_right_of(kind), unit_id)
    return _list_page(unit_id, kind)


def _right_of(kind: str) -> str:
    """Return what a person must be allowed to read a list in.

    Raises:
        NotYours: there are no such lists.
    """
    if kind not in lists.KINDS:
        raise NotYours
    return {"hoi-vien": EDIT, "to-chuc": "edit_units"}[kind]


def _list_page(unit_id: int, kind: str, refusal: Any = None) -> str:
    return render_template(
        "organising/list_new.html", unit=organisation(db.session(), unit_id), kind=kind,
        refusal=refusal,
    )  # fmt: skip


@blueprint.post(f"{UNIT}/nhap/<kind>")
@guard("officer")
def list_sent(unit_id: int, kind: str) -> ResponseReturnValue:
    """Take a file and show what it says, row by row; nothing of it is stored by that."""
    need_right(_right_of(kind), unit_id)
    limit(_RATE, "members-list", str(current_user.id))
    sent, by = request.files.get("tep"), acting()
    try:
        content = sent.stream.read(MOST_BYTES + 1) if sent and sent.filename else b""
        if not content:
            raise SheetUnreadable(why="missing")
        db.session.rollback()  # Nothing is held while the file is read.
        tables = list(tables_in(content))
        sheet_id = in_transaction(
            lambda session: keep_sheet(
                session, kind=lists.KINDS[kind], organisation_id=unit_id, tables=tables, **by
            )
        )
    except Refusal as refusal:
        return _list_page(unit_id, kind, refusal), refusal.status
    return redirect(path(f"/dieu-hanh/to-chuc/danh-sach/{sheet_id}"), 303)


def _sheet(sheet_id: int) -> MemberSheet:
    row = register.sheet(db.session(), sheet_id)
    right = EDIT if row.kind == "members" else "edit_units"
    need_right(right, row.organisation_id if row.organisation_id is not None else -1)
    return row


@blueprint.get(SHEET)
@guard("officer")
def list_read(sheet_id: int) -> ResponseReturnValue:
    """What a list says: what is wrong in which row, or all that would be stored."""
    return _sheet_page(sheet_id)


def _sheet_page(sheet_id: int, refusal: Any = None) -> str:
    session, row = db.session(), _sheet(sheet_id)
    try:
        read = read_sheet(session, row, now_utc())
    except SheetMovedOn as moved:
        read, refusal = None, refusal or (moved if row.stored_at is None else None)
    shown = cut_list(read.faults or read.rows if read else [], page_number())
    units: dict[int, Organisation] = {}
    if read and row.kind == "members":
        ids = {one.unit_id for one in shown.rows if not isinstance(one, tuple)}
        units = {unit_id: organisation(session, unit_id) for unit_id in ids}
    return render_template(
        "organising/list_read.html", sheet=row, read=read, shown=shown, units=units,
        unit=session.get(Organisation, row.organisation_id), refusal=refusal, written=written,
    )  # fmt: skip


@blueprint.post(SHEET)
@guard("officer")
def list_stored(sheet_id: int) -> ResponseReturnValue:
    """Store all of a list, or none of it."""
    _sheet(sheet_id)
    by = acting()
    try:
        in_transaction(lambda session: store_sheet(session, sheet_id=sheet_id, **by))
    except NotYours:
        raise
    except Refusal as refusal:
        return _sheet_page(sheet_id, refusal), refusal.status
    return redirect(path(f"/dieu-hanh/to-chuc/danh-sach/{sheet_id}") + "?da=nhap", 303)


def _member(member_id: int, right: str) -> Member:
    row = register.member(db.session(), member_id)
    need_right(right, row.organisation_id)
    return row


@blueprint.get(MEMBER)
@guard("officer")
def member(member_id: int) -> ResponseReturnValue:
    _member(member_id, SEE)
    return _member_page(member_id)


def _member_page(member_id: int, form: MemberForm | None = None, refusal: Any = None) -> str:
    session, row = db.session(), register.member(db.session(), member_id)
    phone = register.phone_of(row)
    form = form or MemberForm(
        name=row.name, phone=written(phone) if phone else "", born=row.born_in,
        joined=row.joined_on,
    )  # fmt: skip
    return render_template(
        "organising/member.html", row=row, phone=phone, written=written, form=form,
        above=path_of(session, row.organisation_id), move=_move_form(MoveMemberForm(), row),
        refusal=refusal, may_edit=has_right(EDIT, row.organisation_id),
        today=vietnam_date(now_utc()),
    )  # fmt: skip


def _move_form(form: MoveMemberForm, row: Member) -> MoveMemberForm:
    form.unit.choices = [
        (str(unit["id"]), "– " * unit["depth"] + tr(unit, "name"))
        for unit in tree(db.session(), units_in_sight(EDIT))
        if unit["valid_to"] is None and unit["id"] != row.organisation_id
    ]
    return form


@blueprint.post(MEMBER)
@guard("officer")
def change_member(member_id: int) -> ResponseReturnValue:
    _member(member_id, EDIT)
    form = MemberForm.posted()
    if not form.validate():
        return _member_page(member_id, form), 422
    by = acting()
    return _done(
        member_id,
        lambda session: acts.change_member(session, member_id=member_id, person=form.person, **by),
    )


@blueprint.post(f"{MEMBER}/chuyen")
@guard("officer")
def move_member(member_id: int) -> ResponseReturnValue:
    form = _move_form(MoveMemberForm.posted(), _member(member_id, EDIT))
    if not form.validate():
        return _member_page(member_id), 422
    by, to = acting(), int(form.unit.data)
    return _done(
        member_id,
        lambda session: acts.move_member(session, member_id=member_id, organisation_id=to, **by),
    )


@blueprint.post(f"{MEMBER}/nhan")
@guard("officer")
def let_member_in(member_id: int) -> ResponseReturnValue:
    _member(member_id, EDIT)
    by = acting()
    return _done(member_id, lambda session: acts.let_in(session, member_id=member_id, **by))


@blueprint.post(f"{MEMBER}/roi")
@guard("officer")
def member_left(member_id: int) -> ResponseReturnValue:
    _member(member_id, EDIT)
    by = acting()
    return _done(member_id, lambda session: acts.leave(session, member_id=member_id, **by))


@blueprint.post(f"{MEMBER}/quen")
@guard("officer")
def forget_member(member_id: int) -> ResponseReturnValue:
    _member(member_id, EDIT)
    by = acting()
    return _done(member_id, lambda session: acts.forget_member(session, member_id=member_id, **by))


def _done(member_id: int, work: Callable[[Session], object]) -> ResponseReturnValue:
    return try_to(
        work,
        show=partial(_member_page, member_id),
        then=lambda _: redirect(path(f"/dieu-hanh/to-chuc/hoi-vien/{member_id}") + "?da=luu", 303),
    )
