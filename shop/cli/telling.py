"""`flask organisation group-… / announce`: chat groups of units, and what a unit tells those below."""

import click

from shop.cli.acting import a_unit, acting, command, one_act
from shop.cli.units import organisation_group
from shop.db import db
from shop.organisations.telling import actions as acts
from shop.organisations.telling.queries import groups_of
from shop.organisations.telling.rules import AUDIENCES, GROUP_KINDS
from shop.web.words import _


@command(organisation_group, "groups")
@click.argument("slug")
def organisation_groups(slug: str) -> None:
    """Print the chat groups of a unit and of all below it."""
    session = db.session()
    for row, name_vi, _name_en in groups_of(session, a_unit(session, slug).id):
        click.echo(f"{row.id}  {row.kind}  {row.name}  {row.link}  {row.size or '-'}  {name_vi}")


@command(organisation_group, "group-add")
@click.argument("slug")
@click.option("--kind", type=click.Choice(GROUP_KINDS), required=True)
@click.option("--name", required=True)
@click.option("--link", required=True)
@click.option("--size", type=click.IntRange(0, 1_000_000))
@click.option("--for", "for_whom", type=click.Choice(AUDIENCES), default="members")
def organisation_group_add(
    slug: str, kind: str, name: str, link: str, size: int | None, for_whom: str
) -> None:
    """List a chat group of a unit."""
    with one_act() as session:
        made = acts.add_group(
            session, organisation_id=a_unit(session, slug).id, kind=kind, name=name, link=link,
            size=size, for_whom=for_whom, **acting(),
        ).id  # fmt: skip
    click.echo(_("Đã thêm nhóm số %(id)s.", id=made))


@command(organisation_group, "group-resize")
@click.argument("number", type=int)
@click.argument("size", type=click.IntRange(0, 1_000_000))
def organisation_group_resize(number: int, size: int) -> None:
    """Write down how many are in a group now."""
    with one_act() as session:
        acts.resize_group(session, group_id=number, size=size, **acting())
    click.echo(_("Đã ghi số người của nhóm số %(id)s.", id=number))


@command(organisation_group, "group-strike")
@click.argument("number", type=int)
def organisation_group_strike(number: int) -> None:
    """Take a group off the list."""
    with one_act() as session:
        acts.strike_group(session, group_id=number, **acting())
    click.echo(_("Đã bỏ nhóm số %(id)s khỏi danh sách.", id=number))


@command(organisation_group, "announce")
@click.argument("slug")
@click.option("--title", required=True)
@click.option("--text", required=True)
@click.option("--open/--closed", "is_open", default=True, help="Whether the address is for all.")
def organisation_announce(slug: str, title: str, text: str, is_open: bool) -> None:
    """Tell everybody below a unit something."""
    with one_act() as session:
        made = acts.announce(
            session, organisation_id=a_unit(session, slug).id, title=title, text=text,
            is_open=is_open, **acting(),
        ).id  # fmt: skip
    click.echo(_("Đã gửi thông báo số %(id)s.", id=made))


@command(organisation_group, "announcement-back")
@click.argument("number", type=int)
def organisation_announcement_back(number: int) -> None:
    """Let an announcement be read no more."""
    with one_act() as session:
        acts.take_announcement_back(session, announcement_id=number, **acting())
    click.echo(_("Đã thu hồi thông báo số %(id)s.", id=number))
