"""`flask settlement …`: settlements with sellers, by command.

Approving and marking as sent are two people's: each command names whose word it carries out,
and that person must have the right in the organisation.
"""

from datetime import date
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup
from sqlalchemy.orm import Session

from shop.cli.acting import a_unit, acting, command, every_row, one_act, who_may
from shop.db import db
from shop.kernel.amounts import read_dong
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.whole_files import write_whole
from shop.payouts import papers
from shop.payouts.actions import deciding, drafting, funds, sending
from shop.payouts.queries.owed import transfers_due
from shop.payouts.queries.statements import (
    all_statements,
    payout_marks,
    payout_seen,
    progress,
    settlement_row,
    settlements_page,
    statement_row,
)
from shop.payouts.rules import RHYTHMS, FundTransferMoved, NothingReady
from shop.web.tables import TABLES
from shop.web.words import _, dong, tr

settlement_group = AppGroup("settlement", help="Settlements with sellers.")
BY = click.option("--by", "who", required=True, help="Whose word it is: phone or e-mail.")
REFERENCE = click.option("--reference", required=True, help="The bank's number of the transfer.")
#: As on the pages (operations.views.payouts).
ACT, DECIDE = ("propose_money_out", "confirm_money_out"), ("confirm_money_out",)


def _person(session: Session, who: str, rights: tuple[str, ...], unit: int) -> tuple[int, str]:
    """Return whose word it is, who must have a right in the organisation, or end with a sentence."""
    found = who_may(session, who, unit, *rights)
    return found.id, found.name


def _amount(typed: str | None) -> int | None:
    if typed is None:
        return None
    amount = read_dong(typed)
    if amount is None:
        raise click.ClickException(_("Số tiền %(typed)s chưa đúng.", typed=typed))
    return amount


def _done() -> None:
    click.echo(_("Đã ghi."))


@command(settlement_group, "list")
def settlement_list() -> None:
    """Print the settlements, the newest first."""
    for row in every_row(lambda page: settlements_page(db.session(), None, page)):
        click.echo(
            f"{row.id}  {row.from_on} – {row.to_on}  {tr(row, 'name')}  {row.seller_count}"
            f"  {dong(row.pays_vnd)}  {row.state}"
        )


@command(settlement_group, "show")
@click.argument("settlement_id", type=int)
def settlement_show(settlement_id: int) -> None:
    """Print the statements of a settlement: number, seller, what is paid, where it stands.

    What was sent has the words for `settlement received` and `settlement failed`.
    """
    session = db.session()
    settlement_row(session, settlement_id)
    far, marks = progress(session, settlement_id, now_utc()), payout_marks(session, settlement_id)
    for row in all_statements(session, settlement_id):
        stands = far.troubles.get(row.id, row.state)
        sent = f"  --payout {marks[row.id]}" if row.id in marks else ""
        click.echo(f"{row.id}  {tr(row, 'name')}  {dong(row.pays_vnd)}  {stands}{sent}")


@command(settlement_group, "draft")
@click.argument("organisation")
@click.option("--to", "to_on", help="The last day, 2026-10-31; yesterday when left out.")
@click.option("--least", help="What is less goes on to the next one.")
def settlement_draft(organisation: str, to_on: str | None, least: str | None) -> None:
    """Draft a settlement of an organisation; nothing is paid by that."""
    now = now_utc()
    try:
        last = date.fromisoformat(to_on) if to_on else date.fromordinal(vietnam_date(now).toordinal() - 1)  # fmt: skip
    except ValueError as wrong:
        raise click.ClickException(_("Ngày chưa đúng. Ghi như 2026-10-17.")) from wrong
    with one_act() as session:
        made = drafting.draft_settlement(
            session, organisation_id=a_unit(session, organisation).id, to_on=last,
            least_vnd=_amount(least), **acting(now),
        )  # fmt: skip
        said = _("Đã lập nháp quyết toán số %(id)s: %(sellers)s người bán, %(sum)s.", id=made.id,
                 sellers=made.seller_count, sum=dong(made.pays_vnd))  # fmt: skip
    click.echo(said)


@command(settlement_group, "drop")
@click.argument("settlement_id", type=int)
def settlement_drop(settlement_id: int) -> None:
    """Throw a draft away."""
    with one_act() as session:
        drafting.drop_settlement(session, settlement_id=settlement_id, **acting())
    _done()


@command(settlement_group, "approve")
@click.argument("settlement_id", type=int)
@BY
def settlement_approve(settlement_id: int, who: str) -> None:
    """Approve a draft. Whoever does that marks none of its transfers as sent."""
    with one_act() as session:
        unit = settlement_row(session, settlement_id).organisation_id
        person, name = _person(session, who, DECIDE, unit)
        deciding.approve_settlement(
            session, settlement_id=settlement_id, approver_id=person, for_name=name, **acting()
        )
    _done()


@command(settlement_group, "unapprove")
@click.argument("settlement_id", type=int)
def settlement_unapprove(settlement_id: int) -> None:
    """Make a draft of it again, while nobody was paid."""
    with one_act() as session:
        deciding.unapprove_settlement(session, settlement_id=settlement_id, **acting())
    _done()


@command(settlement_group, "put-off")
@click.argument("statement_id", type=int)
def settlement_put_off(statement_id: int) -> None:
    """Do not pay a statement: the next settlement takes up its lines."""
    with one_act() as session:
        drafting.put_off(session, statement_id=statement_id, **acting())
    _done()


@command(settlement_group, "file")
@click.argument("settlement_id", type=int)
@click.option("--out", required=True, type=click.Path(dir_okay=False), help="….xlsx or ….csv")
def settlement_file(settlement_id: int, out: str) -> None:
    """Write the list of transfers for the bank. It holds whole account numbers."""
    kind = Path(out).suffix[1:].lower()
    if kind not in TABLES:
        raise click.ClickException(_("Tên tệp kết thúc bằng .xlsx hoặc .csv."))
    with one_act() as session:
        ready = progress(session, settlement_id, now_utc()).ready
        if not ready:
            raise NothingReady
        deciding.note_file_taken(
            session, settlement_id=settlement_id, payments=len(ready), **acting()
        )
        content = TABLES[kind](*papers.bank_sheet(session, ready)).read()
    write_whole(Path(out), content)
    _done()


@command(settlement_group, "sent-all")
@click.argument("settlement_id", type=int)
@REFERENCE
@BY
def settlement_sent_all(settlement_id: int, reference: str, who: str) -> None:
    """Note that all who can be paid were, by one list."""
    with one_act() as session:
        unit = settlement_row(session, settlement_id).organisation_id
        person, name = _person(session, who, ACT, unit)
        ready = progress(session, settlement_id, now_utc(), person).ready
        sending.send_all_payouts(
            session, settlement_id=settlement_id, statement_ids=ready, reference=reference,
            sender_id=person, for_name=name, **acting(),
        )  # fmt: skip
    _done()


@command(settlement_group, "sent")
@click.argument("statement_id", type=int)
@REFERENCE
@BY
def settlement_sent(statement_id: int, reference: str, who: str) -> None:
    """Note that a seller was paid. STATEMENT_ID: as `settlement show` prints it."""
    with one_act() as session:
        unit = statement_row(session, statement_id).organisation_id
        person, name = _person(session, who, ACT, unit)
        sending.send_payout(
            session, statement_id=statement_id, reference=reference, sender_id=person,
            for_name=name, **acting(),
        )  # fmt: skip
    _done()


@command(settlement_group, "account")
@click.argument("statement_id", type=int)
@BY
def settlement_account(statement_id: int, who: str) -> None:
    """Approve the account that a seller changed to after the settlement was approved."""
    with one_act() as session:
        unit = statement_row(session, statement_id).organisation_id
        person, name = _person(session, who, DECIDE, unit)
        deciding.approve_account(
            session, statement_id=statement_id, approver_id=person, for_name=name, **acting()
        )
    _done()


PAYOUT = click.option(
    "--payout", "mark", required=True, help="Which transfer, as `settlement show` prints it."
)


@command(settlement_group, "received")
@click.argument("statement_id", type=int)
@PAYOUT
def settlement_received(statement_id: int, mark: str) -> None:
    """Note that the money reached the seller."""
    with one_act() as session:
        sending.confirm_payout(session, **payout_seen(session, statement_id, mark), **acting())
    _done()


@command(settlement_group, "failed")
@click.argument("statement_id", type=int)
@PAYOUT
@click.option("--why", required=True, help="What the bank says.")
def settlement_failed(statement_id: int, mark: str, why: str) -> None:
    """Note that the bank sent the transfer back."""
    with one_act() as session:
        sending.fail_payout(
            session, **payout_seen(session, statement_id, mark), why=why, **acting()
        )
    _done()


@command(settlement_group, "funds")
def settlement_funds() -> None:
    """Print what is to be transferred between campaigns' own accounts and their organisations'.

    Below nought: to the campaign.
    """
    for row in transfers_due(db.session(), None):
        click.echo(f"{row.code}  {tr(row, 'title')}  {dong(row.due_vnd)}")


@command(settlement_group, "fund-sent")
@click.argument("campaign_code")
@REFERENCE
@BY
def settlement_fund_sent(campaign_code: str, reference: str, who: str) -> None:
    """Note that what `settlement funds` prints of a campaign was transferred."""
    with one_act() as session:
        rows = transfers_due(session, None)
        row = next((row for row in rows if row.code == campaign_code.upper()), None)
        if row is None:
            raise FundTransferMoved(due_vnd=0)
        _person(session, who, ACT, row.organisation_id)
        funds.note_fund_transfer(
            session, campaign_id=row.campaign_id, amount_vnd=row.due_vnd, reference=reference,
            **acting(),
        )  # fmt: skip
    _done()


@command(settlement_group, "rhythm")
@click.argument("organisation")
@click.option("--every", type=click.Choice(RHYTHMS), required=True)
@click.option("--least", default="0", help="What is less goes on to the next one.")
def settlement_rhythm(organisation: str, every: str, least: str) -> None:
    """Say how often settlements are drafted by themselves."""
    with one_act() as session:
        unit: Any = a_unit(session, organisation)
        deciding.change_rhythm(
            session, organisation_id=unit.id, rhythm=every, least_vnd=_amount(least) or 0,
            **acting(),
        )  # fmt: skip
    _done()
