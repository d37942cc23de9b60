"""`flask organisation report / report-write`: a unit's report of a quarter."""

import re

import click

from shop.cli.acting import a_unit, acting, command, one_act
from shop.cli.units import organisation_group
from shop.db import db
from shop.kernel.clock import now_utc, vietnam_date
from shop.organisations.telling.actions import write_quarter
from shop.organising.quarters import LINES, Line, Quarter, report_of
from shop.web.words import _

QUARTER = click.option("--quarter", required=True, help="As 2026-3.")


def _quarter(typed: str) -> Quarter:
    found = re.fullmatch(r"(20[0-9]{2})-([1-4])", typed)
    if found is None:
        raise click.ClickException(_("Ghi quý như 2026-3."))
    return Quarter(int(found[1]), int(found[2]))


def _lines(unit_id: int, quarter: Quarter) -> list[Line]:
    return report_of(db.session(), unit_id, quarter, vietnam_date(now_utc()))


@command(organisation_group, "report")
@click.argument("slug")
@QUARTER
def organisation_report(slug: str, quarter: str) -> None:
    """Print a unit's report of a quarter, with the quarter before beside it."""
    with one_act() as session:
        unit_id = a_unit(session, slug).id
        lines = _lines(unit_id, _quarter(quarter))
    for line in lines:
        click.echo(f"{line.key}  {line.words}: {line.said or '-'}  ({line.before or '-'})")


@command(organisation_group, "report-write")
@click.argument("slug")
@QUARTER
@click.option(
    "--line", "said", type=(click.Choice([key for key, _w, _k in LINES]), str), multiple=True
)
def organisation_report_write(slug: str, quarter: str, said: tuple[tuple[str, str], ...]) -> None:
    """Write lines of a report; an empty one is counted by the shop again."""
    of = _quarter(quarter)
    with one_act() as session:
        unit_id = a_unit(session, slug).id
        kept = {line.key: line.said for line in _lines(unit_id, of) if line.said != line.counted}
        write_quarter(
            session, organisation_id=unit_id, year=of.year, quarter=of.number,
            lines=kept | dict(said), **acting(),
        )  # fmt: skip
    click.echo(_("Đã lưu báo cáo."))
