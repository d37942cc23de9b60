"""`flask card …`: what people have to look at of cards and wallets, as at the desk."""

from collections.abc import Callable
from typing import Any

import click
from flask.cli import AppGroup
from sqlalchemy.orm import Session

from shop.cli.acting import acting, command, every_row, one_act, who_may
from shop.db import db
from shop.kernel.errors import NotYours
from shop.payments.gateways import passes
from shop.payments.gateways.actions import passing, settling
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
        ("count", ways.count_vnd), ("give-back", ways.back_vnd),
        ("give-otherwise", ways.other_vnd), ("write-off", ways.lost_vnd),
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


@command(card_group, "give-otherwise")
@TASK
def card_give_otherwise(task_id: int) -> None:
    """Ask the buyer for an account, since her card takes nothing more."""
    _end(task_id, settling.give_otherwise)


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


PASS = click.argument("pass_id", type=int)
BY = click.option("--by", "who", required=True, help="Whose word it is: phone or e-mail.")
#: As on the pages (operations.views.gift_passes).
PLAN, SEND = "propose_money_out", "confirm_money_out"


def _by(session: Session, who: str, right: str, unit: int) -> dict[str, Any]:
    """Return who answers for it with her name, or end with a sentence."""
    found = who_may(session, who, unit, right)
    return {"id": found.id, "name": found.name}


@command(card_group, "gifts")
def card_gifts() -> None:
    """Print where gifts by card are: fund, gifts, at the gateway, to be passed on, passed on."""
    for row in passes.funds_by_card(db.session(), None):
        planned = f"  gift_pass {row.planned_id}" if row.planned_id else ""
        click.echo(
            f"{row.code}  {row.title_vi}  {row.gifts}  {dong(row.at_gateway_vnd)}"
            f"  {dong(row.due_vnd)}  {dong(row.passed_vnd)}{planned}"
        )


@command(card_group, "pass-gifts")
@click.argument("campaign")
@BY
def card_pass_gifts(campaign: str, who: str) -> None:
    """Plan to pass on what waits of a campaign's gifts by card, CAMPAIGN its code."""
    with one_act() as session:
        rows = [row for row in passes.funds_by_card(session, None) if row.code == campaign]
        if not rows:
            raise click.ClickException(
                _("Không có khoản góp bằng thẻ nào cho “%(code)s”.", code=campaign)
            )
        made = []
        for row in [row for row in rows if row.due_vnd] or rows[:1]:
            gives = row.card_unit_id if row.due_vnd >= 0 else row.organisation_id
            by = _by(session, who, PLAN, gives)
            planned = passing.plan_pass(
                session, campaign_id=row.campaign_id, from_payee_id=row.from_payee_id,
                planner_id=by["id"], for_name=by["name"], **acting(),
            )  # fmt: skip
            made.append((planned.id, planned.amount_vnd))
    for pass_id, vnd in made:
        click.echo(_("Lần chuyển số %(id)s: %(vnd)s.", id=pass_id, vnd=dong(vnd)))


@command(card_group, "gifts-sent")
@PASS
@click.option("--reference", required=True, help="The bank's number of the transfer.")
@BY
def card_gifts_sent(pass_id: int, reference: str, who: str) -> None:
    """Note that a second person transferred it to the fund."""
    with one_act() as session:
        row = passes.pass_in(session, None, pass_id)
        by = _by(session, who, SEND, row.giver_id)
        new = passing.send_pass(
            session, pass_id=pass_id, reference=reference, sender_id=by["id"],
            for_name=by["name"], **acting(),
        )  # fmt: skip
    click.echo(_("Đã ghi.") if new else _("Việc này đã ghi trước đó rồi."))


@command(card_group, "gifts-back")
@PASS
@click.option("--why", required=True, help="What the bank says.")
def card_gifts_back(pass_id: int, why: str) -> None:
    """Note that the bank sent the transfer back."""
    with one_act() as session:
        passing.pass_came_back(session, pass_id=pass_id, why=why, **acting())
    click.echo(_("Đã ghi."))


@command(card_group, "gifts-drop")
@PASS
def card_gifts_drop(pass_id: int) -> None:
    """Give up a transfer that nobody made yet."""
    with one_act() as session:
        passing.drop_pass(session, pass_id=pass_id, **acting())
    click.echo(_("Đã ghi."))
