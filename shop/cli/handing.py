"""`flask campaign …`: whether accounts verify, and hand-overs, as on the pages."""

from datetime import datetime
from typing import Any

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.cli.acting import a_campaign, a_vnd, acting, command, one_act, who_may
from shop.cli.campaigns import campaign_group
from shop.db import db
from shop.fundraising.actions import handing as actions
from shop.fundraising.actions import returning
from shop.fundraising.models import Campaign, Disbursement, DisbursementReturn
from shop.fundraising.queries.accounts import verify
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.codes import read_code
from shop.places.queries import ward
from shop.web.words import _, dong

_DAY = click.DateTime(["%Y-%m-%d"])


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


def with_right(session: Session, who: str, right: str, campaign: Campaign) -> dict[str, Any]:
    """Return who acts, by phone or e-mail; a person has the same right as at the desk."""
    person = who_may(session, who, campaign.organisation_id, right)
    return {"actor_id": person.id, "actor_name": person.name, "now": now_utc()}


def planned(session: Session, code: str) -> tuple[Disbursement, Campaign]:
    """Return a hand-over or cost by its code, with its campaign."""
    row = session.scalar(select(Disbursement).where(Disbursement.code == read_code(code)))
    if row is None:
        raise click.ClickException(_("Không có khoản trao mã “%(code)s”.", code=code))
    return row, session.get_one(Campaign, row.campaign_id)


@command(campaign_group, "hand-overs")
@click.argument("code")
def disbursements(code: str) -> None:
    """Print what is planned, approved and done of a campaign. Nobody's name."""
    session = db.session()
    campaign = a_campaign(session, code)
    for row in session.scalars(
        select(Disbursement)
        .where(Disbursement.campaign_id == campaign.id)
        .order_by(Disbursement.id)
    ):
        worth = dong(row.amount_vnd) if row.amount_vnd else row.goods_vi
        click.echo(f"{row.code}  {row.state}  {row.purpose}  {worth}  {row.words_vi}")


@command(campaign_group, "plan")
@click.argument("code")
@click.option("--by", "who", required=True, help="Who plans it: phone or e-mail.")
@click.option("--words", required=True, help="What for, as everybody reads it; nobody's name.")
@click.option("--amount", default="", help="Money; without it, goods.")
@click.option("--goods", default="", help="Goods: what and how much.")
@click.option("--worth", default="", help="What the goods are worth, beside every sum.")
@click.option("--cost", is_flag=True, help="A cost; without it, a hand-over.")
@click.option("--name", default="", help="Who gets it; kept sealed.")
@click.option("--phone", default="", help="Hers; kept sealed.")
@click.option("--ward", "ward_code", default="", help="Her commune's code, which everybody reads.")
@click.option("--households", type=click.IntRange(1, 9999), default=1)
@click.option("--consent-for", type=click.Choice(["initials", "name"]), default=None)
@click.option("--consent-kind", type=click.Choice(["in_person", "voice", "paper"]), default=None)
@click.option("--consent-on", type=_DAY, default=None)
@click.option("--consent-until", type=_DAY, default=None)
def plan(code: str, who: str, words: str, amount: str, goods: str, worth: str, cost: bool,
         **her: Any) -> None:  # fmt: skip
    """Plan a hand-over or a cost; a second person approves it."""
    if bool(amount) == bool(goods):
        raise click.UsageError("--amount or --goods, one of them.")
    said: dict[str, Any] = {
        "purpose": "cost" if cost else "hand_over", "form": "money" if amount else "goods",
        "words_vi": words, "amount_vnd": a_vnd(amount) if amount else 0, "goods_vi": goods,
        "stated_value_vnd": a_vnd(worth) if worth else None,
    }  # fmt: skip
    with one_act() as session:
        campaign = a_campaign(session, code)
        by = with_right(session, who, "run_campaigns", campaign)
        if not cost:
            said["beneficiary_id"] = _beneficiary(session, campaign.id, by, **her)
        made = actions.plan(session, campaign_id=campaign.id, said=said, **by).code
    click.echo(made)


def _beneficiary(session: Session, campaign_id: int, by: dict[str, Any], **her: Any) -> int:
    place = ward(session, her["ward_code"])
    if place is None or not her["name"]:
        raise click.UsageError("--name and the code of a commune: --ward.")
    consent = {
        name: her[name].date() if name in ("consent_on", "consent_until") else her[name]
        for name in ("consent_for", "consent_kind", "consent_on", "consent_until")
        if her[name] is not None
    }
    if consent and len(consent) < 4:
        raise click.UsageError("A consent has all of --consent-for, -kind, -on and -until.")
    return actions.add_beneficiary(
        session, campaign_id=campaign_id, ward_code=place.code, ward_name=place.full_name,
        contact={"name": her["name"], "phone": her["phone"], "address": "", "note": ""},
        households=her["households"], consent=consent, actor_id=by["actor_id"], now=by["now"],
    ).id  # fmt: skip


@command(campaign_group, "approve-plan")
@click.argument("code")
@click.option("--by", "who", required=True, help="Who answers for it: phone or e-mail.")
def approve_plan(code: str, who: str) -> None:
    """Approve a plan as another person than the one who planned it."""
    with one_act() as session:
        row, campaign = planned(session, code)
        by = with_right(session, who, "approve_campaigns", campaign)
        actions.approve(session, disbursement_id=row.id, **by)
    click.echo(_("Đã lưu."))


@command(campaign_group, "done")
@click.argument("code")
@click.option("--on", "done_on", type=_DAY, required=True)
@click.option("--witness", "witnesses", multiple=True, required=True, help="Twice: two people.")
@click.option("--voucher", required=True)
def done(code: str, done_on: datetime, witnesses: tuple[str, ...], voucher: str) -> None:
    """Note that it was handed over or paid, before two witnesses."""
    seen = {name.strip() for name in witnesses if name.strip()}
    if len(seen) != 2 or not voucher.strip():
        raise click.UsageError("Two different people: --witness A --witness B; and --voucher.")
    if done_on.date() > vietnam_date(now_utc()):
        raise click.UsageError("--on is a day to come.")
    with one_act() as session:
        row, _campaign = planned(session, code)
        actions.hand_over(
            session, disbursement_id=row.id, done_on=done_on.date(), voucher_no=voucher.strip(),
            witnesses=(witnesses[0].strip(), witnesses[1].strip()), **acting(),
        )  # fmt: skip
    click.echo(_("Đã lưu."))


@command(campaign_group, "drop-plan")
@click.argument("code")
def drop_plan(code: str) -> None:
    """Give up what was not handed over yet."""
    with one_act() as session:
        row, _campaign = planned(session, code)
        actions.cancel(session, disbursement_id=row.id, **acting())
    click.echo(_("Đã lưu."))


@command(campaign_group, "came-back")
@click.argument("code")
@click.option("--by", "who", required=True, help="Who says so: phone or e-mail.")
@click.option("--amount", required=True)
@click.option("--on", "on_day", type=_DAY, required=True)
@click.option("--reference", default="", help="The bank's; without it, noted by mistake.")
@click.option("--why", required=True, help="As everybody reads it; nobody's name.")
def came_back(code: str, who: str, amount: str, on_day: datetime, reference: str, why: str) -> None:
    """Say that money of a hand-over or cost is in the fund again; print the number of that."""
    if on_day.date() > vietnam_date(now_utc()) or not why.strip():
        raise click.UsageError("--on is a day to come, or --why is empty.")
    with one_act() as session:
        row, campaign = planned(session, code)
        by = with_right(session, who, "run_campaigns", campaign)
        said = returning.say_returned(
            session, disbursement_id=row.id, amount_vnd=a_vnd(amount), on_day=on_day.date(),
            reference=reference.strip(), why=why.strip(), **by,
        ).id  # fmt: skip
    click.echo(said)


@command(campaign_group, "note-back")
@click.argument("number", type=int)
@click.option("--by", "who", required=True, help="Who answers for it: phone or e-mail.")
def note_back(number: int, who: str) -> None:
    """Note, as another person, that it came back: the fund has the money again."""
    with one_act() as session:
        campaign = _campaign_of_return(session, number)
        by = with_right(session, who, "approve_campaigns", campaign)
        returning.note_returned(session, return_id=number, **by)
    click.echo(_("Đã lưu."))


@command(campaign_group, "drop-back")
@click.argument("number", type=int)
def drop_back(number: int) -> None:
    """Take back that money came back, before another person noted it."""
    with one_act() as session:
        returning.drop_returned(session, return_id=number, **acting())
    click.echo(_("Đã lưu."))


def _campaign_of_return(session: Session, number: int) -> Campaign:
    row = session.get(DisbursementReturn, number)
    if row is None:
        raise click.ClickException(_("Không có lần về lại quỹ số %(number)s.", number=number))
    return session.get_one(Campaign, session.get_one(Disbursement, row.disbursement_id).campaign_id)
