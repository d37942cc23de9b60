"""`flask organisation …`: the tree of associations, and who serves in it."""

from datetime import date, datetime

import click
from flask.cli import AppGroup
from sqlalchemy import select

from shop.cli.acting import a_bank, a_person, a_unit, acting, command, one_act
from shop.db import db
from shop.kernel.clock import vietnam_date
from shop.operations.forms import UNIT_KINDS
from shop.organisations import actions as organisations
from shop.organisations.models import Membership
from shop.organisations.permissions import ROLES
from shop.organisations.queries import tree
from shop.organisations.rules import KINDS
from shop.sellers.actions import change_bank_account
from shop.sellers.queries import open_sellers_in
from shop.web.words import _

organisation_group = AppGroup("organisation", help="The tree of associations.")


@command(organisation_group, "list")
def organisation_list() -> None:
    """Print the tree."""
    for row in tree(db.session()):
        state = _("đã khép") if row["valid_to"] else _("đang hoạt động")
        kind = UNIT_KINDS[row["kind"]]
        click.echo(f"{'  ' * row['depth']}{row['slug']}  {row['name_vi']} ({kind}, {state})")


@command(organisation_group, "create")
@click.option("--kind", type=click.Choice(KINDS), required=True)
@click.option("--name", required=True)
@click.option("--name-en", default="")
@click.option("--parent", help="Slug of the unit above.")
def organisation_create(kind: str, name: str, name_en: str, parent: str | None) -> None:
    """Open a unit."""
    with one_act() as session:
        above = a_unit(session, parent).id if parent else None
        unit = organisations.create_organisation(
            session, kind=kind, name_vi=name, name_en=name_en, parent_id=above, **acting()
        )
        slug = unit.slug
    click.echo(_("Đã thêm tổ chức %(slug)s.", slug=slug))


@command(organisation_group, "rename")
@click.argument("slug")
@click.option("--name", required=True)
@click.option("--name-en", default="")
def organisation_rename(slug: str, name: str, name_en: str) -> None:
    """Give a unit another name."""
    with one_act() as session:
        organisations.rename_organisation(
            session, organisation_id=a_unit(session, slug).id, name_vi=name, name_en=name_en,
            **acting(),
        )  # fmt: skip
    click.echo(_("Đã đổi tên tổ chức %(slug)s.", slug=slug))


@command(organisation_group, "bank")
@click.argument("slug")
@click.option("--bank", required=True, help="Short name or BIN.")
@click.option("--holder", required=True)
@click.option("--number", prompt=True, help="Asked for, so that it stays out of the history.")
def organisation_bank(slug: str, bank: str, holder: str, number: str) -> None:
    """Let the transfers that a unit collects go to another account."""
    with one_act() as session:
        payee = change_bank_account(
            session, organisation_id=a_unit(session, slug).id, bank_bin=a_bank(bank),
            holder=holder, number=number, **acting(),
        )  # fmt: skip
        name, last4 = payee.bank_name, payee.last4
    click.echo(
        _("Tổ chức %(slug)s nhận tiền ở %(bank)s, bốn số cuối %(last4)s.", slug=slug, bank=name,
          last4=last4)
    )  # fmt: skip


@command(organisation_group, "close")
@click.argument("slug")
def organisation_close(slug: str) -> None:
    """End a unit and the terms in it."""
    with one_act() as session:
        unit_id = a_unit(session, slug).id
        organisations.close_organisation(
            session, organisation_id=unit_id, open_sellers=open_sellers_in(session, unit_id),
            **acting(),
        )  # fmt: skip
    click.echo(_("Đã khép tổ chức %(slug)s.", slug=slug))


@command(organisation_group, "appoint")
@click.argument("slug")
@click.argument("who")
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option("--from", "starts_on", type=click.DateTime(["%Y-%m-%d"]))
@click.option("--to", "ends_on", type=click.DateTime(["%Y-%m-%d"]))
def organisation_appoint(slug: str, who: str, role: str, starts_on: datetime | None,
                         ends_on: datetime | None) -> None:  # fmt: skip
    """Give a person a role in a unit. WHO: phone or e-mail."""
    by = acting()
    with one_act() as session:
        person = a_person(session, who)
        organisations.appoint(
            session, organisation_id=a_unit(session, slug).id, account_id=person.id, role=role,
            starts_on=_day(starts_on) or vietnam_date(by["now"]), ends_on=_day(ends_on), **by,
        )  # fmt: skip
        name = person.name
    click.echo(_("Đã giao vai trò cho %(name)s.", name=name))


def _day(moment_: datetime | None) -> date | None:
    return moment_.date() if moment_ is not None else None


@command(organisation_group, "dismiss")
@click.argument("slug")
@click.argument("who")
@click.option("--role", type=click.Choice(ROLES), required=True)
def organisation_dismiss(slug: str, who: str, role: str) -> None:
    """End a person's role in a unit at once. WHO: phone or e-mail."""
    with one_act() as session:
        person, unit = a_person(session, who), a_unit(session, slug)
        membership = session.scalar(
            select(Membership.id)
            .where(
                Membership.organisation_id == unit.id,
                Membership.account_id == person.id,
                Membership.role == role,
            )
            .order_by(Membership.ends_on.is_not(None), Membership.id.desc())
        )
        organisations.end_membership(
            session, membership_id=membership or 0, organisation_id=unit.id, **acting()
        )
        name = person.name
    click.echo(_("%(name)s đã thôi vai trò.", name=name))
