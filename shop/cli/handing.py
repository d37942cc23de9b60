"""`flask campaign …`: whether accounts verify, and hand-overs, as on the pages."""

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.cli.acting import command
from shop.cli.campaigns import campaign_group
from shop.db import db
from shop.fundraising.models import Campaign
from shop.fundraising.queries.accounts import verify
from shop.kernel.codes import read_code
from shop.web.words import _


def a_campaign(session: Session, code: str) -> Campaign:
    """Return the campaign of a code as it is typed."""
    found = session.scalar(select(Campaign).where(Campaign.code == read_code(code)))
    if found is None:
        raise click.ClickException(_("Không có đợt gây quỹ mã “%(code)s”.", code=code))
    return found


@command(campaign_group, "verify")
@click.argument("code", required=False)
def campaign_verify(code: str | None) -> None:
    """Do the chain of an account again, of CODE or of all; exit status 1 when one is not whole."""
    session = db.session()
    wanted = (
        [a_campaign(session, code)]
        if code
        else session.scalars(select(Campaign).where(Campaign.entries > 0).order_by(Campaign.id))
    )
    broken = 0
    for campaign in wanted:
        found = verify(session, campaign)
        if found.what:
            broken += 1
            click.echo(
                _("%(code)s  KHÔNG KHỚP  dòng %(n)s  %(what)s", code=campaign.code, n=found.number,
                  what=found.what)
            )  # fmt: skip
        else:
            click.echo(
                _("%(code)s  khớp  %(n)s dòng  %(chain)s", code=campaign.code, n=found.lines,
                  chain=found.chain)
            )  # fmt: skip
    if broken:
        raise click.ClickException(_("Có sổ không khớp."))
