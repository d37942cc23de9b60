"""Commands about who wants to sell: invite, look, ask again, say no."""

import click

from shop.cli.acting import a_phone, a_unit, acting, command, one_act
from shop.cli.stalls import seller_group
from shop.db import db
from shop.sellers.joining import (
    applications_in,
    ask_again,
    decline,
    invite,
    invite_again,
    take_invitation_back,
)
from shop.sellers.joining_rules import STATES
from shop.web.links import absolute
from shop.web.words import _


@command(seller_group, "applications")
@click.option("--state", "states", type=click.Choice(STATES), multiple=True)
def seller_applications(states: tuple[str, ...]) -> None:
    """Print who asked, was invited or sent her stall in."""
    for row in db.session().execute(applications_in(None, states or STATES)):
        click.echo(f"{row.id}  {row.name} ({row.state})  {row.offers}".rstrip())


@command(seller_group, "invite")
@click.option("--organisation", help="Slug of the unit; needed for somebody new.")
@click.option("--name", default="")
@click.option("--phone", default="")
@click.option("--application", "number", type=int, help="Of the list: who asked, or lost her word.")
def seller_invite(organisation: str | None, name: str, phone: str, number: int | None) -> None:
    """Give a word by which a woman opens her stall."""
    by = acting()
    with one_act() as session:
        if number is not None:
            code = invite_again(session, application_id=number, **by)
        elif organisation and name and phone:
            unit = a_unit(session, organisation).id
            _row, code = invite(
                session, organisation_id=unit, name=name, phone=a_phone(phone) or "", **by
            )
        else:
            raise click.ClickException(_("Ghi tổ chức, tên và số điện thoại, hoặc số thứ tự."))
    click.echo(_("Mã mời: %(code)s. %(link)s", code=code, link=absolute(f"/mo-gian-hang/{code}")))


@command(seller_group, "uninvite")
@click.argument("number", type=int)
def seller_uninvite(number: int) -> None:
    """Let an invitation lead nowhere any more. NUMBER: of the list."""
    with one_act() as session:
        take_invitation_back(session, application_id=number, **acting())
    click.echo(_("Đã rút lời mời."))


@command(seller_group, "ask-again")
@click.argument("number", type=int)
@click.option("--words", required=True, help="What is missing or wrong still.")
def seller_ask_again(number: int, words: str) -> None:
    """Say what is missing before a stall is opened. NUMBER: of the list."""
    with one_act() as session:
        ask_again(session, application_id=number, words=words, **acting())
    click.echo(_("Đã gửi lời hỏi lại."))


@command(seller_group, "decline")
@click.argument("number", type=int)
@click.option("--reason", required=True)
def seller_decline(number: int, reason: str) -> None:
    """Say no to somebody who wants to sell, and why. NUMBER: of the list."""
    with one_act() as session:
        decline(session, application_id=number, reason=reason, **acting())
    click.echo(_("Đã trả lời, kèm lý do."))
