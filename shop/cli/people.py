"""Commands of the operator: people here, and the door to units, stalls and the desk.

The same actions as the pages, with the same audit lines (DECISIONS 19).
"""

import click
from flask import Flask
from flask.cli import AppGroup

from shop.accounts import actions as accounts
from shop.cli import joining as _joining  # noqa: F401  Its commands are those of sellers.
from shop.cli import quarters as _quarters  # noqa: F401  Its commands are those of units.
from shop.cli import telling as _telling  # noqa: F401  Likewise.
from shop.cli.acting import a_person, a_phone, acting, command, one_act
from shop.cli.bank import bank_group
from shop.cli.calls import call_group
from shop.cli.cards import card_group
from shop.cli.cod import cod_group
from shop.cli.corrections import correction_group
from shop.cli.desk import audit, message_group, undo
from shop.cli.duties import complaint_group, money_group, order_group, paper_group, picture_group
from shop.cli.kiosks import kiosk_group
from shop.cli.learning import class_group, lesson_group, question_group
from shop.cli.markets import market_group
from shop.cli.members import member_group
from shop.cli.reviews import review_group
from shop.cli.settlements import settlement_group
from shop.cli.shares import commission_group, tax_group
from shop.cli.slips import campaign_group
from shop.cli.stalls import seller_group
from shop.cli.units import organisation_group
from shop.cli.vouchers import voucher_group
from shop.kernel.clock import now_utc
from shop.web.words import _

operator_group = AppGroup("operator", help="People who operate the shop.")
account_group = AppGroup("account", help="Accounts of people who sign in.")

PASSWORD = click.option(
    "--password", prompt=True, prompt_required=False, hide_input=True, confirmation_prompt=True,
    default=None, help="Asked for when given without a value; a one-time code without it.",
)  # fmt: skip


def register(app: Flask) -> None:
    """Add the commands to an application."""
    for group in (
        operator_group, account_group, organisation_group, member_group, seller_group, message_group,
        complaint_group, picture_group, money_group, bank_group, cod_group, order_group,
        paper_group, call_group, kiosk_group, campaign_group, market_group, card_group, settlement_group, voucher_group,
        commission_group, tax_group, correction_group, review_group, class_group, lesson_group, question_group,
    ):  # fmt: skip
        app.cli.add_command(group)
    app.cli.add_command(undo)
    app.cli.add_command(audit)


def _say_code(name: str, code: str) -> None:
    click.echo(
        _("Mã cho %(name)s: %(code)s (dùng một lần, trong 20 phút)", name=name,
          code=f"{code[:4]} {code[4:]}")
    )  # fmt: skip


def _create(name: str, phone: str | None, email: str | None, password: str | None,
            operator: bool) -> None:  # fmt: skip
    now = now_utc()
    with one_act() as session:
        person = accounts.create_account(
            session, name=name, phone=a_phone(phone), email=email, password=password,
            operator=operator, **acting(now),
        )  # fmt: skip
        code = (
            accounts.give_code(session, account_id=person.id, **acting(now))
            if password is None
            else None
        )
    click.echo(_("Đã mở tài khoản cho %(name)s.", name=name))
    if code is not None:
        _say_code(name, code)


@command(operator_group, "create")
@click.option("--name", required=True)
@click.option("--phone")
@click.option("--email")
@PASSWORD
def operator_create(name: str, phone: str | None, email: str | None, password: str | None) -> None:
    """Open an account that operates the shop."""
    _create(name, phone, email, password, operator=True)


@command(account_group, "create")
@click.option("--name", required=True)
@click.option("--phone")
@click.option("--email")
@PASSWORD
def account_create(name: str, phone: str | None, email: str | None, password: str | None) -> None:
    """Open an account for a person."""
    _create(name, phone, email, password, operator=False)


@command(account_group, "disable")
@click.argument("who")
def account_disable(who: str) -> None:
    """Sign a person out everywhere and keep her out. WHO: phone or e-mail."""
    with one_act() as session:
        person = a_person(session, who)
        accounts.disable_account(session, account_id=person.id, **acting())
        name = person.name
    click.echo(_("Đã tắt tài khoản của %(name)s.", name=name))


@command(account_group, "enable")
@click.argument("who")
def account_enable(who: str) -> None:
    """Let a person sign in again. WHO: phone or e-mail."""
    with one_act() as session:
        person = a_person(session, who)
        accounts.enable_account(session, account_id=person.id, **acting())
        name = person.name
    click.echo(_("Đã bật lại tài khoản của %(name)s.", name=name))


@command(account_group, "code")
@click.argument("who")
def account_code(who: str) -> None:
    """Print a one-time code to read out. WHO: phone or e-mail."""
    with one_act() as session:
        person = a_person(session, who)
        code = accounts.give_code(session, account_id=person.id, **acting())
        name = person.name
    _say_code(name, code)


@command(account_group, "lost-phone")
@click.argument("who")
def account_lost_phone(who: str) -> None:
    """Sign a person out everywhere and drop her passkeys. WHO: phone or e-mail."""
    with one_act() as session:
        person = a_person(session, who)
        accounts.revoke_devices(session, account_id=person.id, **acting())
        name = person.name
    click.echo(_("Mọi máy của %(name)s đã thoát ra.", name=name))


@command(account_group, "drop-second-factor")
@click.argument("who")
def account_drop_second_factor(who: str) -> None:
    """Take the second factor off for somebody who lost her phone. WHO: phone or e-mail."""
    with one_act() as session:
        person = a_person(session, who)
        accounts.drop_second_factor(session, account_id=person.id, **acting())
        name = person.name
    click.echo(_("Đã gỡ lớp thứ hai của %(name)s.", name=name))
