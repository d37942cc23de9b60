"""`flask cod …`: cash that carriers took, and their files."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
from flask.cli import AppGroup

from shop.banking.queries.owners import Sight, accounts_in
from shop.cli.acting import a_unit, acting, command, one_act
from shop.cli.tables import columns_of_letters, print_rows
from shop.current import current_settings
from shop.db import db
from shop.kernel.cells import MOST_BYTES
from shop.kernel.clock import now_utc
from shop.kernel.errors import NotYours
from shop.media.sheets import tables_in
from shop.payments.methods import By
from shop.remittances.actions import answers, files
from shop.remittances.queries.files import (
    file_in,
    layout_of,
    line_counts,
    line_in,
    lines_standing,
    preview_of,
    rows_of,
)
from shop.remittances.queries.parcels import at_carriers, late_before
from shop.remittances.rules.comparing import Answer
from shop.remittances.rules.sheets import What
from shop.web.words import _, dong

cod_group = AppGroup("cod", help="Cash that carriers took, and their files.")

#: Every organisation's files; sellers' own are looked at in their stalls.
ALL = Sight(units=None)


@command(cod_group, "carriers")
def cod_carriers() -> None:
    """Print what each carrier has, and how much of it is late."""
    days = current_settings().cod_late_days
    for row in at_carriers(db.session(), ALL, late_before(now_utc(), days)):
        click.echo(
            f"{row.carrier or '-'}  {row.parcels}  {dong(row.vnd)}  {row.late}  {dong(row.late_vnd)}"
        )


@command(cod_group, "read")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--unit", required=True, help="Slug of the unit whose sellers it is about.")
@click.option("--carrier", required=True, help="ghn, ghtk, viettelpost … or a name.")
@click.option("--last4", help="The unit's account that was paid; without it, each seller's hand.")
def cod_read(path: Path, unit: str, carrier: str, last4: str | None) -> None:
    """Read a carrier's file and show what it says; nothing else happens yet."""
    with path.open("rb") as file:
        content = file.read(MOST_BYTES + 1)
    with one_act() as session:
        owner = SimpleNamespace(seller_id=None, organisation_id=a_unit(session, unit).id)
        file_id = files.keep_file(
            session, owner=owner, carrier=carrier, content=content, tables=list(tables_in(content)),
            payee_id=_account_of(session, owner.organisation_id, last4), **acting(),
        )  # fmt: skip
    _show(file_id)


def _account_of(session: Any, unit_id: int, last4: str | None) -> int | None:
    if last4 is None:
        return None
    for row in accounts_in(session, ALL):
        if row.organisation_id == unit_id and row.last4 == last4:
            return row.id
    raise click.ClickException(_("Không có tài khoản số cuối %(last4)s.", last4=last4))


def _show(file_id: int) -> None:
    session = db.session()
    file = file_in(session, ALL, file_id)
    layout = layout_of(file)
    if layout is None:
        print_rows(rows_of(file))
        click.echo(
            _("Bảng lạ. Chỉ cột: flask cod columns %(id)s --head 2 A=tracking C=cod", id=file_id)
        )
        return
    if file.stored_at is None:
        preview = preview_of(session, file, layout)
        for line, how, _expected in preview.lines:
            code = line.tracking_code or line.order_code
            click.echo(f"{code}  {dong(line.received_vnd)}  {how or 'copy'}")
        click.echo(_("Chưa ghi gì. Lưu: flask cod store %(id)s", id=file_id))


@command(cod_group, "columns")
@click.argument("number", type=int)
@click.argument("columns", nargs=-1, required=True)
@click.option("--head", type=int, default=1, help="The row in which the heads stand, from 1.")
def cod_columns(number: int, columns: tuple[str, ...], head: int) -> None:
    """Say what the columns of a strange table are. COLUMNS: A=tracking C=cod D=fee …"""
    said = columns_of_letters(columns, list(What))
    with one_act() as session:
        _found(lambda: file_in(session, ALL, number), number)
        files.name_columns(session, file_id=number, at=max(0, head - 1), said=said, **acting())
    _show(number)


@command(cod_group, "store")
@click.argument("number", type=int)
def cod_store(number: int) -> None:
    """Store the lines of a file that was read. NUMBER: of `cod read`."""
    with one_act() as session:
        _found(lambda: file_in(session, ALL, number), number)
        new = files.store_file(session, file_id=number, **acting())
    click.echo(
        _("Việc này đã ghi trước đó rồi.")
        if new is None
        else _("Đã lưu, %(new)s dòng mới.", new=new)
    )


@command(cod_group, "take-file-back")
@click.argument("number", type=int)
def cod_take_file_back(number: int) -> None:
    """Take a file back of which nothing was counted, to read it anew."""
    with one_act() as session:
        _found(lambda: file_in(session, ALL, number), number)
        files.take_back_file(session, file_id=number, **acting())
    click.echo(_("Đã ghi."))


@command(cod_group, "list")
@click.argument("number", type=int)
def cod_list(number: int) -> None:
    """Print the lines of a stored file and how each stands to its parcel."""
    session, now = db.session(), now_utc()
    _found(lambda: file_in(session, ALL, number), number)
    for how in line_counts(session, ALL, now, number):
        for row in session.execute(lines_standing(ALL, how, now, number)):
            code = row.tracking_code or row.order_code
            click.echo(
                f"{row.id}  {how}  {code}  {dong(row.received_vnd)}  {dong(row.open_vnd or 0)}"
            )


@command(cod_group, "count")
@click.argument("number", type=int)
def cod_count(number: int) -> None:
    """Count all lines of a file that agree with their parcels."""
    counted = 0
    while True:
        with one_act() as session:
            _found(lambda: file_in(session, ALL, number), number)
            who = acting()
            some = answers.count_agreeing(
                session, sight=ALL, file_id=number, by=By("operator", who["actor_id"]),
                actor_name=who["actor_name"], now=who["now"],
            )  # fmt: skip
        counted += some
        if not some:
            break
    click.echo(_("Đã đếm %(count)s kiện.", count=counted))


@command(cod_group, "seek")
@click.argument("number", type=int)
def cod_seek(number: int) -> None:
    """Look once more for the parcels of a file's lines that had none."""
    with one_act() as session:
        _found(lambda: file_in(session, ALL, number), number)
        found = files.seek_again(session, file_id=number, **acting())
    click.echo(_("Tìm thấy thêm %(count)s kiện.", count=found))


@command(cod_group, "answer")
@click.argument("number", type=int)
@click.argument("answer", type=click.Choice([str(one) for one in Answer]))
def cod_answer(number: int, answer: str) -> None:
    """Say what a line is. NUMBER: of `cod list`."""
    _line(number, lambda session, what: answers.answer_line(session, answer=Answer(answer), **what))


@command(cod_group, "take-back")
@click.argument("number", type=int)
def cod_take_back(number: int) -> None:
    """Take back what was said of a line."""
    _line(number, lambda session, what: answers.take_back_answer(session, **what))


def _line(number: int, work: Callable[[Any, dict[str, Any]], bool]) -> None:
    who = acting()
    with one_act() as session:
        _found(lambda: line_in(session, ALL, number, who["now"]), number)
        new = work(session, {
            "sight": ALL, "line_id": number, "by": By("operator", who["actor_id"]),
            "actor_name": who["actor_name"], "now": who["now"],
        })  # fmt: skip
    click.echo(_("Đã ghi.") if new else _("Việc này đã ghi trước đó rồi."))


def _found(read: Callable[[], Any], number: int) -> Any:
    try:
        return read()
    except NotYours:
        raise click.ClickException(_("Không có số %(id)s.", id=number)) from None
