"""`flask campaign …`: papers and evidence, consent, what is published, names, an account apart."""

from datetime import datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.cli.acting import a_bank, a_campaign, acting, command, one_act
from shop.cli.campaigns import a_gift
from shop.cli.cash import campaign_group
from shop.cli.handing import planned
from shop.db import db
from shop.fundraising.actions import duties, gifts, papers
from shop.fundraising.actions import handing as hand_overs
from shop.fundraising.actions.accounts_apart import collect_apart
from shop.fundraising.models import Beneficiary, CampaignFile
from shop.fundraising.paper_rules import ROLES, Consent, is_public
from shop.fundraising.rules import Duty
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.codes import read_code
from shop.mutual_aid.rules import CONSENT_KINDS
from shop.organising.kept_papers import read_paper
from shop.web.words import _

_DAY = click.DateTime(["%Y-%m-%d"])
_consent_kind = click.option("--consent-kind", type=click.Choice(list(CONSENT_KINDS)))
_consent_on = click.option("--consent-on", type=_DAY)
_consent_until = click.option("--consent-until", type=_DAY, help="The last day of it.")


def _consent(kind: str | None, on: datetime | None, until: datetime | None) -> Consent | None:
    return Consent(kind, on.date(), until.date()) if kind and on and until else None


@command(campaign_group, "files")
@click.argument("code")
def files(code: str) -> None:
    """Print the papers and evidence of a campaign, and who may see each today."""
    session, today = db.session(), vietnam_date(now_utc())
    campaign = a_campaign(session, code)
    for row in session.scalars(
        select(CampaignFile)
        .where(CampaignFile.campaign_id == campaign.id)
        .order_by(CampaignFile.id)
    ):
        who = "removed" if row.removed_at else "public" if is_public(row, today) else "officers"
        click.echo(f"{row.id}  {row.role}  {row.kind}  {who}  {row.caption_vi}")


@command(campaign_group, "add-file")
@click.argument("code")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option("--hand-over", default="", help="Code of the hand-over that it proves.")
@click.option("--caption", required=True, help="What it shows; nobody's name.")
@click.option("--public", is_flag=True, help="Everybody may see it; otherwise officers alone.")
@click.option("--shows-people", is_flag=True, help="Somebody can be recognised in it.")
@_consent_kind
@_consent_on
@_consent_until
def add_file(code: str, file: Path, role: str, hand_over: str, caption: str, public: bool,
             shows_people: bool, **agreed: Any) -> None:  # fmt: skip
    """Keep a paper of a campaign, or what proves a hand-over of it."""
    if (role == "evidence") is not bool(hand_over):
        raise click.UsageError("--role evidence together with --hand-over.")
    with one_act() as session:
        campaign = a_campaign(session, code)
        of = planned(session, hand_over)[0].id if hand_over else None
        made = papers.add_file(
            session, campaign_id=campaign.id, role=role, paper=read_paper(file.read_bytes()),
            caption_vi=caption, disbursement_id=of, is_public=public, shows_people=shows_people,
            consent=_consent(*agreed.values()), **acting(),
        ).id  # fmt: skip
    click.echo(made)


@command(campaign_group, "show-file")
@click.argument("file_id", type=int)
@click.option("--shows-people", is_flag=True)
@_consent_kind
@_consent_on
@_consent_until
def show_file(file_id: int, shows_people: bool, **agreed: Any) -> None:
    """Let everybody see a file."""
    with one_act() as session:
        papers.show_file(
            session, file_id=file_id, is_public=True, shows_people=shows_people,
            consent=_consent(*agreed.values()), **acting(),
        )  # fmt: skip
    click.echo(_("Đã lưu."))


@command(campaign_group, "hide-file")
@click.argument("file_id", type=int)
def hide_file(file_id: int) -> None:
    """Let officers alone see a file, from this moment on."""
    with one_act() as session:
        papers.show_file(session, file_id=file_id, is_public=False, **acting())
    click.echo(_("Đã lưu."))


@command(campaign_group, "remove-file")
@click.argument("file_id", type=int)
@click.option("--back", is_flag=True, help="Put it back, for officers.")
def remove_file(file_id: int, back: bool) -> None:
    """Take a file out of sight of everybody."""
    with one_act() as session:
        act = papers.restore_file if back else papers.remove_file
        act(session, file_id=file_id, **acting())
    click.echo(_("Đã lưu."))


@command(campaign_group, "consent")
@click.argument("beneficiary")
@click.option("--for", "consent_for", type=click.Choice(["initials", "name"]))
@_consent_kind
@_consent_on
@_consent_until
def consent(beneficiary: str, consent_for: str | None, **agreed: Any) -> None:
    """Write down what a beneficiary (her code) lets be read of her; without --for, no more."""
    with one_act() as session:
        papers.change_consent(
            session, beneficiary_id=_beneficiary(session, beneficiary), consent_for=consent_for or "",
            consent=_consent(*agreed.values()), **acting(),
        )  # fmt: skip
    click.echo(_("Đã lưu."))


def _beneficiary(session: Session, code: str) -> int:
    found = session.scalar(select(Beneficiary.id).where(Beneficiary.code == read_code(code)))
    if found is None:
        raise click.ClickException(_("Không có người nhận mã “%(code)s”.", code=code))
    return found


@command(campaign_group, "forget-beneficiary")
@click.argument("beneficiary")
def forget_beneficiary(beneficiary: str) -> None:
    """Drop for good who got something (her code), because she asks; her commune stays."""
    with one_act() as session:
        papers.forget_beneficiary(
            session, beneficiary_id=_beneficiary(session, beneficiary), **acting()
        )
    click.echo(_("Đã lưu."))


@command(campaign_group, "publish")
@click.argument("code")
@click.argument("duty", type=click.Choice([Duty.TOTALS.value, Duty.USES.value]))
@click.option("--withdraw", is_flag=True)
def publish(code: str, duty: str, withdraw: bool) -> None:
    """Publish what came (totals) or what it was used for (uses), as the ledger has it."""
    with one_act() as session:
        act = duties.withdraw_report if withdraw else duties.publish_report
        act(session, campaign_id=a_campaign(session, code).id, duty=duty, **acting())
    click.echo(_("Đã lưu."))


@command(campaign_group, "own-account")
@click.argument("code")
@click.argument("bank")
@click.argument("number")
@click.argument("holder")
def own_account(code: str, bank: str, number: str, holder: str) -> None:
    """Collect for a campaign on a bank account of its own. BANK: short name or BIN."""
    with one_act() as session:
        collect_apart(
            session, campaign_id=a_campaign(session, code).id, bank_bin=a_bank(bank),
            holder=holder, number=number, **acting(),
        )  # fmt: skip
    click.echo(_("Đã lưu."))


@command(campaign_group, "hide-name")
@click.argument("memo")
@click.option("--why", default="")
@click.option("--show", is_flag=True, help="Show it again.")
def hide_name(memo: str, why: str, show: bool) -> None:
    """Keep a giver's improper name out of the public account; the line and its amount stay."""
    if not show and not why.strip():
        raise click.UsageError("--why")
    with one_act() as session:
        gifts.hide_name(
            session, gift_id=a_gift(session, memo).id, hidden=not show, reason=why.strip(),
            **acting(),
        )  # fmt: skip
    click.echo(_("Đã lưu."))


@command(campaign_group, "forget-giver")
@click.argument("memo")
def forget_giver(memo: str) -> None:
    """Drop for good who gave (the gift's memo), because she asks; the account still verifies."""
    with one_act() as session:
        gifts.forget_giver(session, gift_id=a_gift(session, memo).id, **acting())
    click.echo(_("Đã lưu."))


@command(campaign_group, "unapprove-plan")
@click.argument("code")
def unapprove_plan(code: str) -> None:
    """Take the approval of a plan back while nothing was handed over."""
    with one_act() as session:
        hand_overs.unapprove(session, disbursement_id=_at(session, code), **acting())
    click.echo(_("Đã lưu."))


@command(campaign_group, "plan-again")
@click.argument("code")
def plan_again(code: str) -> None:
    """Take up a plan that was dropped."""
    with one_act() as session:
        hand_overs.plan_again(session, disbursement_id=_at(session, code), **acting())
    click.echo(_("Đã lưu."))


def _at(session: Session, code: str) -> int:
    return planned(session, code)[0].id
