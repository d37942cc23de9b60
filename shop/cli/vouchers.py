"""`flask voucher …`: vouchers that organisations pay for."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import click
from flask.cli import AppGroup
from sqlalchemy import select

from shop.cli.acting import a_seller, a_unit, a_vnd, acting, command, one_act
from shop.cli.markets import a_session
from shop.db import db
from shop.kernel.clock import VIETNAM
from shop.vouchers import actions
from shop.vouchers.models import Voucher
from shop.vouchers.queries import vouchers_of_units
from shop.vouchers.rules import KINDS, read_voucher_code
from shop.web.words import _, dong

voucher_group = AppGroup("voucher", help="Vouchers that organisations pay for.")
_DAY = click.DateTime(["%Y-%m-%d"])


@command(voucher_group, "list")
def voucher_list() -> None:
    """Print the vouchers, how often they were used and what they took off."""
    for row in vouchers_of_units(db.session(), None):
        state = _("đã ngừng") if row.stopped_at else _("đang dùng")
        uses = f"{row.used}/{row.most_uses}" if row.most_uses else str(row.used)
        click.echo(f"{row.written}  {row.payer_vi}  {uses}  {dong(row.spent_vnd)}  {state}")


@command(voucher_group, "create")
@click.option("--unit", required=True, help="Slug of the unit that pays.")
@click.option("--seller", help="Slug of one stall; the goods of all stalls of the unit otherwise.")
@click.option("--market", help="Code of one market session; goods of stalls' own shops otherwise.")
@click.option("--code", default="", help="Made up when left out.")
@click.option("--name", required=True)
@click.option("--name-en", default="")
@click.option("--kind", type=click.Choice(KINDS), default="amount")
@click.option("--off", required=True, help="The most it takes off one order: 20k.")
@click.option("--percent", type=int, default=0)
@click.option("--from-goods", default="0", help="Goods of the order from so much on.")
@click.option("--uses", type=int)
@click.option("--each", type=int, help="So often for one phone.")
@click.option("--budget", help="The most it takes off in all.")
@click.option("--first-order", is_flag=True)
@click.option("--from", "first", type=_DAY)
@click.option("--until", "last", type=_DAY, help="The last day.")
def voucher_create(
    unit: str, seller: str | None, market: str | None, first: Any, last: Any, **typed: Any
) -> None:
    """Make a voucher that a unit pays for."""
    with one_act() as session:
        payer = a_unit(session, unit).id
        made = actions.create_voucher(
            session, code=typed["code"], name_vi=typed["name"], name_en=typed["name_en"],
            kind=typed["kind"], most_off_vnd=a_vnd(typed["off"]), percent=typed["percent"],
            seller_id=a_seller(session, seller).id if seller else None,
            organisation_id=None if seller else payer, payer_id=payer,
            market_id=a_session(session, market).id if market else None,
            min_goods_vnd=a_vnd(typed["from_goods"]), most_uses=typed["uses"],
            most_each=typed["each"], budget_vnd=a_vnd(typed["budget"]) if typed["budget"] else None,
            first_order=typed["first_order"], starts_at=_begin(first, 0), ends_at=_begin(last, 1),
            **acting(),
        )  # fmt: skip
        code = made.written
    click.echo(_("Đã làm mã %(code)s.", code=code))


@command(voucher_group, "stop")
@click.argument("code")
def voucher_stop(code: str) -> None:
    """Let a voucher hold for no further order."""
    with one_act() as session:
        changed = actions.stop_voucher(session, voucher_id=_a_voucher(session, code), **acting())
    click.echo(_("Đã ngừng mã này.") if changed else _("Mã này đã ngừng trước đó rồi."))


@command(voucher_group, "resume")
@click.argument("code")
def voucher_resume(code: str) -> None:
    """Let a stopped voucher hold again."""
    with one_act() as session:
        changed = actions.resume_voucher(session, voucher_id=_a_voucher(session, code), **acting())
    click.echo(_("Mã này dùng lại được rồi.") if changed else _("Mã này vẫn đang dùng."))


def _a_voucher(session: Any, code: str) -> int:
    found = session.scalar(select(Voucher.id).where(Voucher.code == read_voucher_code(code)))
    if found is None:
        raise click.ClickException(_("Không có mã “%(code)s”.", code=code))
    return found


def _begin(day: datetime | None, more: int) -> datetime | None:
    if day is None:
        return None
    return datetime.combine(day.date() + timedelta(days=more), time(), VIETNAM).astimezone(UTC)
