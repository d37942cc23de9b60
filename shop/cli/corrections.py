"""`flask correction …`: corrections of the books. One person proposes, another confirms."""

from typing import Any

import click
from flask.cli import AppGroup
from sqlalchemy.orm import Session

from shop.cli.acting import a_unit, acting, command, every_row, one_act, who_may
from shop.db import db
from shop.kernel.amounts import read_dong
from shop.ledger.rules import Account, Leg
from shop.operations.actions import corrections
from shop.operations.queries.corrections import correction_in, corrections_page
from shop.web.words import _, dong, tr

correction_group = AppGroup("correction", help="Corrections of the books, by two people.")
BY = click.option("--by", "who", required=True, help="Whose word it is: phone or e-mail.")
#: As on the pages (operations.views.corrections).
PROPOSE, CONFIRM = "confirm_money_in", "confirm_money_out"


def _person(session: Session, who: str, rights: tuple[str, ...], unit: int) -> tuple[int, str]:
    found = who_may(session, who, unit, *rights)
    return found.id, found.name


def _leg(typed: str, sign: int) -> Leg:
    """Return a side of ``kind:owner:detail=amount``, such as ``suspense:seller:3=120k``."""
    name, _equals, sum_ = typed.rpartition("=")
    kind, _colon, rest = name.partition(":")
    word, _colon, rest = rest.partition(":")
    number, _colon, detail = rest.partition(":")
    amount = read_dong(sum_)
    if not (kind and number and amount):
        raise click.ClickException(_("Ghi như suspense:seller:3=120k."))
    return Leg(Account(kind, f"{word}:{number}", detail), sign * amount)


@command(correction_group, "list")
def correction_list() -> None:
    """Print the corrections, those that wait first."""
    for row in every_row(lambda page: corrections_page(db.session(), None, page)):
        line = f"{row.id}  {row.state}  {tr(row, 'name')}  {dong(row.amount_vnd)}"
        click.echo(f"{line}  {row.reason}  {row.evidence}")


@command(correction_group, "propose")
@click.argument("unit")
@click.option("--debit", "debits", multiple=True, required=True, help="suspense:seller:3=120k")
@click.option("--credit", "credits_", multiple=True, required=True)
@click.option("--reason", required=True)
@click.option("--evidence", required=True, help="Where another can see that it is so.")
@BY
def correction_propose(
    unit: str, debits: tuple[str, ...], credits_: tuple[str, ...], who: str, **words: Any
) -> None:
    """Propose a posting in the books of a unit; nothing is posted by that."""
    legs = [_leg(one, 1) for one in debits] + [_leg(one, -1) for one in credits_]
    with one_act() as session:
        of = a_unit(session, unit).id
        person, name = _person(session, who, (PROPOSE,), of)
        made = corrections.propose_correction(
            session, organisation_id=of, legs=legs, proposer_id=person, for_name=name, **words,
            **acting(),
        )  # fmt: skip
        said = _("Đã đề nghị điều chỉnh số %(id)s. Người khác ghi sổ.", id=made.id)
    click.echo(said)


@command(correction_group, "confirm")
@click.argument("correction_id", type=int)
@BY
def correction_confirm(correction_id: int, who: str) -> None:
    """Post what another person proposed."""
    with one_act() as session:
        unit = correction_in(session, None, correction_id).organisation_id
        person, name = _person(session, who, (CONFIRM,), unit)
        new = corrections.confirm_correction(
            session, correction_id=correction_id, confirmer_id=person, for_name=name, **acting()
        )
    click.echo(_("Đã ghi.") if new else _("Việc này đã ghi trước đó rồi."))


@command(correction_group, "decline")
@click.argument("correction_id", type=int)
@BY
def correction_decline(correction_id: int, who: str) -> None:
    """Let a proposal go."""
    with one_act() as session:
        unit = correction_in(session, None, correction_id).organisation_id
        person, name = _person(session, who, (PROPOSE, CONFIRM), unit)
        new = corrections.decline_correction(
            session, correction_id=correction_id, decider_id=person, for_name=name, **acting()
        )
    click.echo(_("Đã ghi.") if new else _("Việc này đã ghi trước đó rồi."))
