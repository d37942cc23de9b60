"""`flask commission …` and `flask tax …`: who gets what of a sale, and what is withheld."""

from datetime import date, datetime
from typing import Any

import click
from flask.cli import AppGroup
from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.catalogue.models import Category
from shop.cli.acting import a_seller, a_unit, a_vnd, acting, command, one_act, who_may
from shop.db import db
from shop.kernel.amounts import read_hundredths
from shop.kernel.clock import now_utc, vietnam_date
from shop.payouts.actions import taxes
from shop.payouts.queries.taxes import tax_payment_in, tax_payments, tax_standing
from shop.shares import actions, queries
from shop.shares.rules import TAX_CATEGORIES, Rate
from shop.web.words import _, day, dong, tr

commission_group = AppGroup("commission", help="What organisations keep of what is sold.")
tax_group = AppGroup("tax", help="Rates of tax, and which organisations withhold.")

DAY = click.DateTime(["%Y-%m-%d"])
FROM = click.option("--from", "from_on", type=DAY, help="Today, when left out.")
TO = click.option("--to", "until_on", type=DAY, help="The last day.")


def _percent(typed: str) -> int:
    found = read_hundredths(typed)
    if found is None:
        raise click.ClickException(_("Phần trăm %(typed)s chưa đúng.", typed=typed))
    return found


def _date(moment: datetime | None) -> date | None:
    return moment.date() if moment is not None else None


def _a_shelf(session: Session, slug: str) -> int:
    found = session.scalar(select(Category.id).where(Category.slug == slug))
    if found is None:
        raise click.ClickException(_("Không có loại hàng “%(slug)s”.", slug=slug))
    return found


def _days(row: Any) -> str:
    last = f" {day(row.until_on, 'year')}" if row.until_on else ""
    return f"{day(row.from_on, 'year')} –{last}"


@command(commission_group, "list")
@click.option("--over", is_flag=True, help="Those that have ended.")
def commission_list(over: bool) -> None:
    """Print the rules, in the order in which they are asked."""
    rows = queries.commission_rules(db.session(), None, vietnam_date(now_utc()), over=over)
    for row in rows:
        whose = tr(row, "seller_name") if row.seller_id else "*"
        whose = tr(row, "category_name") if row.category_id else whose
        rate = Rate(row.hundredths, row.fixed_vnd).text
        click.echo(f"{row.id}  {row.unit_slug}  {rate}  {whose}  {_days(row)}")


@command(commission_group, "add")
@click.argument("unit")
@click.option("--percent", default="0", help="Of the price of the goods, such as 7.5.")
@click.option("--fixed", default="", help="Đồng of each unit sold.")
@click.option("--seller", help="Slug, for one seller alone.")
@click.option("--category", help="Slug, for one shelf and those below it.")
@FROM
@TO
def commission_add(unit: str, percent: str, fixed: str, seller: str | None, category: str | None,
                   from_on: datetime | None, until_on: datetime | None) -> None:  # fmt: skip
    """Let a unit keep a part of what is sold below it. UNIT: its slug."""
    if seller and category:
        raise click.ClickException(
            _("Chị chọn một người bán hoặc một loại hàng, không chọn cả hai.")
        )
    by = acting()
    rate = Rate(_percent(percent), a_vnd(fixed) if fixed else 0)
    with one_act() as session:
        unit_id = a_unit(session, unit).id
        seller_id = a_seller(session, seller).id if seller else None
        if seller_id is not None and not queries.is_below(session, seller_id, unit_id):
            raise click.ClickException(_("Người bán này không thuộc tổ chức được giữ."))
        rule_id = actions.add_commission_rule(
            session, organisation_id=unit_id, rate=rate, seller_id=seller_id,
            category_id=_a_shelf(session, category) if category else None,
            from_on=_date(from_on) or vietnam_date(by["now"]), until_on=_date(until_on), **by,
        ).id  # fmt: skip
    click.echo(_("Đã đặt mức hoa hồng số %(id)s.", id=rule_id))


@command(commission_group, "end")
@click.argument("rule_id", type=int)
def commission_end(rule_id: int) -> None:
    """Let a rule hold for nothing that is sold from now on."""
    with one_act() as session:
        actions.end_commission_rule(session, rule_id=rule_id, **acting())
    click.echo(_("Mức hoa hồng số %(id)s đã thôi.", id=rule_id))


@command(tax_group, "list")
def tax_list() -> None:
    """Print the rates and the organisations that withhold."""
    session = db.session()
    for row in queries.tax_rules(session):
        rates = f"{Rate(row.vat).text or 0} + {Rate(row.pit).text or 0}"
        click.echo(f"{row.id}  {row.category}  {rates}  {_days(row)}  {row.legal_ref}")
    units = queries.collecting_units(session, None)
    on = queries.withholdings(session, [unit.id for unit in units])
    for unit in units:
        state = _("đang khấu trừ") if unit.id in on else _("không khấu trừ")
        click.echo(f"{tr(unit, 'name')}: {state}")


@command(tax_group, "add")
@click.argument("category", type=click.Choice(TAX_CATEGORIES))
@click.option("--vat", required=True, help="Percent.")
@click.option("--pit", required=True, help="Percent.")
@click.option("--law", required=True, help="Where it is written: law, article.")
@FROM
@TO
def tax_add(category: str, vat: str, pit: str, law: str, from_on: datetime | None,
            until_on: datetime | None) -> None:  # fmt: skip
    """Write down what the law has withheld from a kind of goods."""
    by = acting()
    with one_act() as session:
        rule_id = actions.add_tax_rule(
            session, category=category, vat=_percent(vat), pit=_percent(pit), legal_ref=law,
            from_on=_date(from_on) or vietnam_date(by["now"]), until_on=_date(until_on), **by,
        ).id  # fmt: skip
    click.echo(_("Đã ghi mức thuế số %(id)s.", id=rule_id))


@command(tax_group, "end")
@click.argument("rule_id", type=int)
def tax_end(rule_id: int) -> None:
    """Let a rate hold for nothing that is sold from now on."""
    with one_act() as session:
        actions.end_tax_rule(session, rule_id=rule_id, **acting())
    click.echo(_("Mức thuế số %(id)s đã thôi.", id=rule_id))


@command(tax_group, "on")
@click.argument("unit")
def tax_on(unit: str) -> None:
    """Let a unit withhold tax from what it collects. UNIT: its slug."""
    with one_act() as session:
        new = actions.withhold_tax(session, organisation_id=a_unit(session, unit).id, **acting())
    click.echo(_("Đã bật khấu trừ thuế.") if new else _("Việc này đã ghi trước đó rồi."))


@command(tax_group, "off")
@click.argument("unit")
def tax_off(unit: str) -> None:
    """Let a unit withhold nothing of what is sold from now on. UNIT: its slug."""
    with one_act() as session:
        new = actions.stop_withholding(
            session, organisation_id=a_unit(session, unit).id, **acting()
        )
    click.echo(_("Đã tắt khấu trừ thuế.") if new else _("Việc này đã ghi trước đó rồi."))


#: As on the pages (operations.views.tax_payments).
PLAN, SEND = "propose_money_out", "confirm_money_out"
BY = click.option("--by", "who", required=True, help="Whose word it is: phone or e-mail.")


@command(tax_group, "payments")
def tax_paid_so_far() -> None:
    """Print what stands withheld of each unit, and what was planned and paid."""
    session = db.session()
    for row in tax_standing(session, None):
        click.echo(f"{tr(row, 'name')}  {dong(row.left_vnd)}")
    for row in session.execute(tax_payments(None)):
        days = f"{day(row.first_on, 'year')} – {day(row.last_on, 'year')}"
        click.echo(f"{row.id}  {row.state}  {tr(row, 'name')}  {days}  {dong(row.amount_vnd)}")


@command(tax_group, "plan-payment")
@click.argument("unit")
@click.option("--amount", required=True)
@click.option("--from", "first_on", type=DAY, required=True, help="The period's first day.")
@click.option("--to", "last_on", type=DAY, required=True, help="The period's last day.")
@BY
def tax_payment_planned(
    unit: str, amount: str, first_on: datetime, last_on: datetime, who: str
) -> None:
    """Plan to pay tax that UNIT, its slug, withheld; another person pays it."""
    if last_on < first_on:
        raise click.UsageError("--to is before --from.")
    with one_act() as session:
        unit_id = a_unit(session, unit).id
        person = who_may(session, who, unit_id, PLAN)
        made = taxes.plan_tax_payment(
            session, organisation_id=unit_id, amount_vnd=a_vnd(amount), first_on=first_on.date(),
            last_on=last_on.date(), planner_id=person.id, for_name=person.name, **acting(),
        ).id  # fmt: skip
    click.echo(made)


@command(tax_group, "paid")
@click.argument("payment_id", type=int)
@click.option("--on", "paid_on", type=DAY, required=True)
@click.option("--reference", required=True, help="The bank's number of the transfer.")
@click.option("--receipt", required=True, help="The number of the receipt.")
@BY
def tax_payment_paid(
    payment_id: int, paid_on: datetime, reference: str, receipt: str, who: str
) -> None:
    """Note that a second person paid the tax office."""
    if paid_on.date() > vietnam_date(now_utc()):
        raise click.UsageError("--on is a day to come.")
    with one_act() as session:
        row = tax_payment_in(session, None, payment_id)
        person = who_may(session, who, row.organisation_id, SEND)
        new = taxes.send_tax_payment(
            session, payment_id=payment_id, reference=reference, receipt_no=receipt,
            paid_on=paid_on.date(), sender_id=person.id, for_name=person.name, **acting(),
        )  # fmt: skip
    click.echo(_("Đã ghi.") if new else _("Việc này đã ghi trước đó rồi."))


@command(tax_group, "correct-receipt")
@click.argument("payment_id", type=int)
@click.option("--receipt", required=True, help="The right number of the receipt.")
@BY
def tax_receipt_corrected(payment_id: int, receipt: str, who: str) -> None:
    """Put right the receipt's number of a payment that a second person noted."""
    with one_act() as session:
        row = tax_payment_in(session, None, payment_id)
        person = who_may(session, who, row.organisation_id, SEND)
        new = taxes.correct_tax_receipt(
            session, payment_id=payment_id, receipt_no=receipt, corrector_id=person.id,
            for_name=person.name, **acting(),
        )  # fmt: skip
    click.echo(_("Đã ghi.") if new else _("Việc này đã ghi trước đó rồi."))


@command(tax_group, "payment-back")
@click.argument("payment_id", type=int)
@click.option("--why", required=True, help="What the bank says.")
def tax_payment_back(payment_id: int, why: str) -> None:
    """Note that the bank sent a payment back."""
    with one_act() as session:
        taxes.tax_payment_came_back(session, payment_id=payment_id, why=why, **acting())
    click.echo(_("Đã ghi."))


@command(tax_group, "drop-payment")
@click.argument("payment_id", type=int)
def tax_payment_dropped(payment_id: int) -> None:
    """Give up a payment that nobody made yet."""
    with one_act() as session:
        taxes.drop_tax_payment(session, payment_id=payment_id, **acting())
    click.echo(_("Đã ghi."))
