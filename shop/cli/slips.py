"""`flask campaign …`: 0-đồng market slips, as on the pages."""

from datetime import datetime

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.cli.acting import a_campaign, a_vnd, acting, command, one_act
from shop.cli.campaign_papers import campaign_group
from shop.cli.handing import with_right
from shop.db import db
from shop.fundraising.actions import slips as actions
from shop.fundraising.models import Beneficiary, Campaign
from shop.fundraising.queries.slips import sheets_of, slips_of
from shop.fundraising.slip_models import Slip, SlipSheet
from shop.kernel.clock import now_utc
from shop.kernel.codes import read_code
from shop.web.words import _, dong

_BY = click.option("--by", "who", required=True, help="Who does it: phone or e-mail.")


def _a_sheet(session: Session, code: str) -> tuple[SlipSheet, Campaign]:
    row = session.scalar(select(SlipSheet).where(SlipSheet.code == read_code(code)))
    if row is None:
        raise click.ClickException(_("Không có lần làm phiếu mã “%(code)s”.", code=code))
    return row, session.get_one(Campaign, row.campaign_id)


@command(campaign_group, "slips")
@click.argument("code")
def slips(code: str) -> None:
    """Print the market slips of a campaign and what is left of each. No codes that pay."""
    session = db.session()
    for sheet in sheets_of(session, a_campaign(session, code).id):
        click.echo(f"{sheet.code}  {sheet.state}  {sheet.valid_until}  {dong(sheet.budget_vnd)}")
        for row in slips_of(session, sheet.id):
            left = f"{dong(row.left_vnd)} / {dong(row.budget_vnd)}"
            click.echo(f"  {sheet.code}-{row.number}  {row.state}  {left}  {row.household}")


@command(campaign_group, "ask-slips")
@click.argument("code")
@click.option("--budget", required=True, help="What each slip is worth.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), required=True)
@click.option("--for", "households", multiple=True, required=True, help="A household's code.")
@_BY
def ask_slips(code: str, budget: str, until: datetime, households: tuple[str, ...],
              who: str) -> None:  # fmt: skip
    """Ask for a market slip for each household; a second person approves them."""
    with one_act() as session:
        campaign = a_campaign(session, code)
        by = with_right(session, who, "run_campaigns", campaign)
        wanted = [read_code(one) for one in households]
        found = session.scalars(
            select(Beneficiary.id).where(
                Beneficiary.campaign_id == campaign.id, Beneficiary.code.in_(wanted)
            )
        ).all()
        if len(found) != len(set(wanted)):
            raise click.ClickException(_("Có mã hộ không thuộc đợt này."))
        made = actions.plan_slips(
            session, campaign_id=campaign.id, households=found, budget_vnd=a_vnd(budget),
            valid_until=until.date(), **by,
        ).code  # fmt: skip
    click.echo(made)


@command(campaign_group, "approve-slips")
@click.argument("sheet")
@_BY
def approve_slips(sheet: str, who: str) -> None:
    """Approve slips as another person than the one who asked; their budget is set aside."""
    with one_act() as session:
        row, campaign = _a_sheet(session, sheet)
        by = with_right(session, who, "approve_campaigns", campaign)
        actions.approve_slips(session, sheet_id=row.id, **by)


@command(campaign_group, "cancel-slips")
@click.argument("sheet")
def cancel_slips(sheet: str) -> None:
    """Give up slips that nobody approved."""
    with one_act() as session:
        actions.cancel_slips(session, sheet_id=_a_sheet(session, sheet)[0].id, **acting())


@command(campaign_group, "close-slip")
@click.argument("slip")
def close_slip(slip: str) -> None:
    """Let SLIP, such as 7K2M9PXA-3, pay no more; what is left goes back to the fund."""
    code, _dash, number = slip.rpartition("-")
    with one_act() as session:
        sheet, _campaign = _a_sheet(session, code)
        found = session.scalar(
            select(Slip.id).where(
                Slip.sheet_id == sheet.id, Slip.number == (int(number) if number.isdecimal() else 0)
            )
        )
        if found is None:
            raise click.ClickException(_("Không có phiếu số “%(code)s”.", code=slip))
        actions.close_slip(session, slip_id=found, **acting())


@command(campaign_group, "end-slips")
def end_slips() -> None:
    """End slips whose last day has passed, as the clock does each hour."""
    with one_act() as session:
        ended = actions.end_slips_due(session, now_utc())
    click.echo(_("Đã kết thúc %(n)s phiếu.", n=ended))
