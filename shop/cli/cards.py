"""`flask card …`: what people have to look at of cards and wallets, as at the desk."""

from collections.abc import Callable
from typing import Any

import click
from flask.cli import AppGroup

from shop.cli.acting import acting, command, every_row, one_act
from shop.db import db
from shop.kernel.errors import NotYours
from shop.payments.gateways.actions import settling
from shop.payments.gateways.tasks import task_in, tasks_of, ways_out
from shop.web.lists import cut
from shop.web.words import _, dong, foreign, moment

card_group = AppGroup("card", help="Cards and wallets: what a person has to look at.")

TASK = click.argument("task_id", type=int)


@command(card_group, "tasks")
@click.option("--closed", is_flag=True, help="Those that are done.")
def card_tasks(closed: bool) -> None:
    """Print tasks: number, where, what, how much, of which order."""
    for row in every_row(lambda page: cut(db.session(), tasks_of(None, closed=closed), page)):
        amount = foreign(row.amount_minor, row.currency) if row.amount_minor else "-"
        end = f"  {row.outcome}  {row.said}".rstrip() if closed else ""
        click.echo(
            f"{row.id}  {row.gateway}  {row.reason}  {amount}  {row.order_code or '-'}"
            f"  {moment(row.opened_at)}{end}"
        )


@command(card_group, "show")
@TASK
def card_show(task_id: int) -> None:
    """Print one task, and what each way out of it would move."""
    session = db.session()
    row = _task(task_id)
    ways = ways_out(session, row)
    click.echo(f"{row.gateway}  {row.reason}  {row.outside_id or '-'}  {row.order_code or '-'}")
    for name, vnd in (
        ("count", ways.count_vnd), ("give-back", ways.back_vnd), ("write-off", ways.lost_vnd),
        ("book-payout", ways.payout_vnd),
    ):  # fmt: skip
        if vnd:
            click.echo(f"  card {name} {task_id}  {dong(vnd)}")


def _task(task_id: int) -> Any:
    try:
        return task_in(db.session(), None, task_id)
    except NotYours:
        raise click.ClickException(_("Không có số %(id)s.", id=task_id)) from None


def _end(task_id: int, work: Callable[..., None], **what: Any) -> None:
    _task(task_id)
    with one_act() as session:
        work(session, task_id=task_id, **what, **acting())
    click.echo(_("Đã ghi. Việc ấy xong rồi."))


@command(card_group, "count")
@TASK
def card_count(task_id: int) -> None:
    """Take what came otherwise than it was asked for as money for the order."""
    _end(task_id, settling.count_money)


@command(card_group, "give-back")
@TASK
def card_give_back(task_id: int) -> None:
    """Send the money back to the card or wallet it came from."""
    _end(task_id, settling.give_back)


@command(card_group, "write-off")
@TASK
def card_write_off(task_id: int) -> None:
    """Give up what left the gateway beyond what came."""
    _end(task_id, settling.write_off)


@command(card_group, "book-payout")
@TASK
def card_book_payout(task_id: int) -> None:
    """Book a payout that reached the bank though not all of it is known."""
    _end(task_id, settling.book_payout)


@command(card_group, "close")
@TASK
@click.option("--said", required=True, help="What was done, or why nothing is to be done.")
def card_close(task_id: int, said: str) -> None:
    """Close a task that needs nothing more from the shop."""
    _end(task_id, settling.close_task, said=said[:300])
