"""`flask message …`, `flask undo` and `flask audit`: stuck messages and the audit trail."""

from html import unescape

import click
from flask import current_app
from flask.cli import AppGroup, with_appcontext

from shop.cli.acting import acting, command, every_row, one_act
from shop.cli.speech import spoken
from shop.db import db
from shop.operations import actions as desk
from shop.operations.queries import audit_page, names_of_subjects, parked_page
from shop.operations.undo import undo as take_back
from shop.web.words import _, moment, tr

message_group = AppGroup("message", help="Outbox messages that are stuck.")


@command(message_group, "list")
def message_list() -> None:
    """Print the messages that could not be delivered."""
    for row in every_row(lambda page: parked_page(db.session(), page)):
        click.echo(f"{row.id}  {row.event} → {row.subscriber}  {row.last_error or ''}")


@command(message_group, "retry")
@click.argument("message_id", type=int)
def message_retry(message_id: int) -> None:
    """Give a stuck message a fresh start."""
    with one_act() as session:
        desk.try_message_again(session, message_id=message_id, **acting())
    click.echo(_("Đã cho gửi lại thư số %(id)s.", id=message_id))


@command(message_group, "drop")
@click.argument("message_id", type=int)
@click.option("--reason", required=True)
def message_drop(message_id: int, reason: str) -> None:
    """Settle a stuck message by hand."""
    with one_act() as session:
        desk.drop_message(session, message_id=message_id, reason=reason, **acting())
    click.echo(_("Đã bỏ thư số %(id)s.", id=message_id))


@click.command("undo")
@click.argument("entry_id", type=int)
@with_appcontext
@spoken
def undo(entry_id: int) -> None:
    """Take the act of an audit line back, where no money moved."""
    with one_act() as session:
        take_back(session, entry_id=entry_id, **acting())
    click.echo(_("Đã trả lại dòng %(id)s.", id=entry_id))


@click.command("audit")
@click.option("--kind", default="", help="account, organisation, seller …")
@with_appcontext
@spoken
def audit(kind: str) -> None:
    """Print the last fifty lines of the audit trail."""
    template = current_app.jinja_env.get_template("operations/audit_words.html")
    words = template.make_module()
    rows = audit_page(db.session(), kind=kind).rows
    names = names_of_subjects(db.session(), rows)
    for row in rows:
        called = names.get((row.subject_kind, row.subject_id))
        said = unescape(str(words.act(row, tr(called, "name") if called else ""))).strip()  # type: ignore[attr-defined]
        by = unescape(str(words.doer(row))).strip() or "-"  # type: ignore[attr-defined]
        click.echo(f"{row.id}  {moment(row.at)}  {by}: {said}")
