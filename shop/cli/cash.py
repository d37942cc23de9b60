"""`flask campaign …`: money that came without a code and cash of funds, as on the pages."""

import secrets
from datetime import date, datetime

import click
from sqlalchemy.orm import Session

from shop.cli.acting import a_campaign, a_vnd, acting, command, one_act
from shop.cli.campaigns import a_gift, campaign_group
from shop.cli.handing import with_right
from shop.fundraising.actions import cash, gifts
from shop.fundraising.models import Campaign, CashDeposit
from shop.kernel.clock import now_utc, vietnam_date
from shop.web.words import _

_DAY = click.DateTime(["%Y-%m-%d"])


@command(campaign_group, "write-gift")
@click.argument("code")
@click.option("--by", "who", required=True, help="Who writes it down: phone or e-mail.")
@click.option("--amount", required=True)
@click.option("--on", "on_day", type=_DAY, required=True)
@click.option("--name", default="", help="As everybody reads it; nobody's when left out.")
@click.option("--cash", "in_cash", is_flag=True, help="Cash; without it, a transfer.")
def write_gift(
    code: str, who: str, amount: str, on_day: datetime, name: str, in_cash: bool
) -> None:
    """Write down a gift that came without a code; print its memo. It counts once confirmed."""
    day = _past(on_day)
    with one_act() as session:
        campaign = a_campaign(session, code)
        by = with_right(session, who, "run_campaigns", campaign)
        memo = gifts.note_gift(
            session, campaign_id=campaign.id, amount_vnd=a_vnd(amount), came_on=day,
            in_cash=in_cash, shown_name=name.strip(), attempt_id=secrets.token_hex(16), **by,
        ).memo  # fmt: skip
    click.echo(memo)


def _past(day: datetime) -> date:
    if day.date() > vietnam_date(now_utc()):
        raise click.UsageError("--on is a day to come.")
    return day.date()


@command(campaign_group, "drop-gift")
@click.argument("memo")
def drop_gift(memo: str) -> None:
    """Give up what was written down by mistake, before somebody confirmed it."""
    with one_act() as session:
        gifts.drop_noted_gift(session, gift_id=a_gift(session, memo).id, **acting())
    click.echo(_("Đã lưu."))


@command(campaign_group, "cash-paid-in")
@click.argument("code")
@click.option("--by", "who", required=True, help="Who says so: phone or e-mail.")
@click.option("--amount", required=True)
@click.option("--on", "on_day", type=_DAY, required=True)
@click.option("--reference", default="", help="The bank's, of its slip.")
def paid_in(code: str, who: str, amount: str, on_day: datetime, reference: str) -> None:
    """Say that cash of a fund was paid into its account; print the number of that."""
    day = _past(on_day)
    with one_act() as session:
        campaign = a_campaign(session, code)
        by = with_right(session, who, "run_campaigns", campaign)
        said = cash.say_paid_in(
            session, campaign_id=campaign.id, amount_vnd=a_vnd(amount), on_day=day,
            reference=reference.strip(), **by,
        ).id  # fmt: skip
    click.echo(said)


@command(campaign_group, "note-cash-paid-in")
@click.argument("number", type=int)
@click.option("--by", "who", required=True, help="Who saw it on the account: phone or e-mail.")
def note_paid_in(number: int, who: str) -> None:
    """Note, as another person, that cash is on the account."""
    with one_act() as session:
        by = with_right(session, who, "approve_campaigns", _campaign_of(session, number))
        cash.note_paid_in(session, deposit_id=number, **by)
    click.echo(_("Đã lưu."))


@command(campaign_group, "drop-cash-paid-in")
@click.argument("number", type=int)
def drop_paid_in(number: int) -> None:
    """Take back that cash was paid in, before another person noted it."""
    with one_act() as session:
        cash.drop_paid_in(session, deposit_id=number, **acting())
    click.echo(_("Đã lưu."))


@command(campaign_group, "cash-not-paid-in")
@click.argument("number", type=int)
def not_paid_in(number: int) -> None:
    """Put right that cash was noted as paid in which is not on the account."""
    with one_act() as session:
        cash.take_back_paid_in(session, deposit_id=number, **acting())
    click.echo(_("Đã lưu."))


def _campaign_of(session: Session, number: int) -> Campaign:
    row = session.get(CashDeposit, number)
    if row is None:
        raise click.ClickException(_("Không có lần nộp tiền số %(number)s.", number=number))
    return session.get_one(Campaign, row.campaign_id)
