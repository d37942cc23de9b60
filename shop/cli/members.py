"""`flask member …`: the register of members, lists in and out, and words for joining."""

from datetime import datetime
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from shop.cli.acting import a_phone, a_unit, acting, command, one_act
from shop.cli.units import organisation_group
from shop.db import db
from shop.kernel.clock import now_utc
from shop.kernel.whole_files import write_whole
from shop.media.sheets import tables_in
from shop.organisations import members
from shop.organisations.lists.actions import keep_sheet, read_sheet, store_sheet
from shop.organisations.members import Person
from shop.organisations.register import everybody, members_of, sheet
from shop.organising.lists import member_heads, member_rows, unit_heads, unit_rows
from shop.web.lists import words_of
from shop.web.tables import xlsx_file
from shop.web.words import _

member_group = AppGroup("member", help="The register of members.")
FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))


@command(member_group, "list")
@click.argument("unit")
@click.option("--find", "typed", default="", help="Words of a name, or a whole phone.")
@click.option("--state", type=click.Choice(["member", "asked", "left"]), default="member")
def member_list(unit: str, typed: str, state: str) -> None:
    """Print the members of a unit and all below it."""
    session = db.session()
    wanted, order = members_of(session, a_unit(session, unit).id, words_of(typed), typed, state)
    for row in session.execute(wanted.order_by(*order).execution_options(yield_per=1_000)):
        click.echo(f"{row.id}  {row.name}  {row.joined_on}  {row.name_vi}")


@command(member_group, "add")
@click.argument("unit")
@click.option("--name", required=True)
@click.option("--phone")
@click.option("--born", type=click.IntRange(1900, 2100))
@click.option("--joined", type=click.DateTime(["%Y-%m-%d"]))
def member_add(
    unit: str, name: str, phone: str | None, born: int | None, joined: datetime | None
) -> None:
    """Enter a woman into the register of a unit."""
    person = Person(name, a_phone(phone), born, joined.date() if joined is not None else None)
    with one_act() as session:
        of = a_unit(session, unit).id
        made = members.add_member(session, organisation_id=of, person=person, **acting()).id
    click.echo(_("Đã thêm hội viên số %(id)s.", id=made))


@command(member_group, "change")
@click.argument("number", type=int)
@click.option("--name", required=True)
@click.option("--phone")
@click.option("--born", type=click.IntRange(1900, 2100))
def member_change(number: int, name: str, phone: str | None, born: int | None) -> None:
    """Put right what the register says of a woman."""
    person = Person(name, a_phone(phone), born)
    with one_act() as session:
        members.change_member(session, member_id=number, person=person, **acting())
    click.echo(_("Đã sửa hội viên số %(id)s.", id=number))


@command(member_group, "let-in")
@click.argument("number", type=int)
def member_let_in(number: int) -> None:
    """Say yes to who asked to join, or let who left come back."""
    with one_act() as session:
        members.let_in(session, member_id=number, **acting())
    click.echo(_("Đã nhận hội viên số %(id)s.", id=number))


@command(member_group, "leave")
@click.argument("number", type=int)
def member_leave(number: int) -> None:
    """Write down that a woman left."""
    with one_act() as session:
        members.leave(session, member_id=number, **acting())
    click.echo(_("Hội viên số %(id)s đã thôi.", id=number))


@command(member_group, "forget")
@click.argument("number", type=int)
def member_forget(number: int) -> None:
    """Drop name, year and phone of who left."""
    with one_act() as session:
        members.forget_member(session, member_id=number, **acting())
    click.echo(_("Đã xoá tên số %(id)s.", id=number))


@command(member_group, "move")
@click.argument("number", type=int)
@click.argument("unit")
def member_move(number: int, unit: str) -> None:
    """Let a woman belong to another unit from today on."""
    with one_act() as session:
        members.move_member(
            session, member_id=number, organisation_id=a_unit(session, unit).id, **acting()
        )
    click.echo(_("Đã chuyển hội viên số %(id)s.", id=number))


@command(member_group, "code")
@click.argument("unit")
def member_code(unit: str) -> None:
    """Make a new word for joining a unit; the one before works no more."""
    with one_act() as session:
        of = a_unit(session, unit).id
        code = members.new_join_code(session, organisation_id=of, **acting())
    click.echo(_("Mã tham gia: %(code)s", code=code))


@command(member_group, "export")
@click.argument("unit")
@click.argument("file", type=click.Path(path_type=Path))
def member_export(unit: str, file: Path) -> None:
    """Write the members of a unit and all below it to a spreadsheet."""
    session = db.session()
    rows = member_rows(everybody(session, a_unit(session, unit).id))
    write_whole(file, xlsx_file(member_heads(), rows, grouped=False).read())
    click.echo(str(file))


@command(member_group, "import")
@click.argument("unit")
@FILE
@click.option("--store", is_flag=True, help="Store it; without, only what it says is printed.")
def member_import(unit: str, file: Path, store: bool) -> None:
    """Read a list of members in: all of it, or nothing while a row is wrong."""
    _read_in("members", a_unit(db.session(), unit).id, file, store)


@command(organisation_group, "export")
@click.argument("slug")
@click.argument("file", type=click.Path(path_type=Path))
def organisation_export(slug: str, file: Path) -> None:
    """Write the units below one to a spreadsheet."""
    session = db.session()
    file.write_bytes(xlsx_file(unit_heads(), unit_rows(session, a_unit(session, slug).id)).read())
    click.echo(str(file))


@command(organisation_group, "import")
@FILE
@click.option("--under", help="Slug of the unit below which they go; left out: the top.")
@click.option("--store", is_flag=True, help="Store it; without, only what it says is printed.")
def organisation_import(file: Path, under: str | None, store: bool) -> None:
    """Read a list of units in: all of it, or nothing while a row is wrong."""
    _read_in("units", a_unit(db.session(), under).id if under else None, file, store)


def _read_in(kind: str, unit_id: int | None, file: Path, store: bool) -> None:
    """Keep a list, print what is wrong with it, and store it when that is wished."""
    tables, by = list(tables_in(file.read_bytes())), acting()
    with one_act() as session:
        number = keep_sheet(session, kind=kind, organisation_id=unit_id, tables=tables, **by)
        read = read_sheet(session, sheet(session, number), now_utc())
    template = current_app.jinja_env.get_template("organising/list_words.html")
    words = template.make_module()
    for row, code, said in read.faults:
        sentence = str(words.fault(code, said)).strip()  # type: ignore[attr-defined]
        click.echo(_("Dòng %(n)s", n=row) + f": {sentence}")
    if store:
        with one_act() as session:
            count = store_sheet(session, sheet_id=number, **by)
        click.echo(_("Đã nhập %(n)s dòng.", n=count))
    elif not read.faults:
        click.echo(_("%(n)s dòng sẽ được nhập.", n=len(read.rows)))
