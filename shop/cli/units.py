"""`flask organisation …`: the tree of associations, and who serves in it."""

from datetime import date, datetime
from typing import Any

import click
from flask.cli import AppGroup
from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.accounts.models import Account
from shop.cli.acting import (
    a_bank,
    a_person,
    a_unit,
    acting,
    asked_before,
    command,
    one_act,
    sure_of,
    who_may,
)
from shop.db import db
from shop.kernel.clock import vietnam_date
from shop.operations.forms import UNIT_KINDS
from shop.operations.queries.units import reordering_in
from shop.organisations import actions as organisations
from shop.organisations.memberships import hand_over
from shop.organisations.models import Membership
from shop.organisations.permissions import ROLES
from shop.organisations.queries import tree
from shop.organisations.reordering import (
    check_plan,
    do_reordering,
    drop_reordering,
    propose_reordering,
)
from shop.organisations.rules import KINDS
from shop.organisations.structure import structure_on
from shop.sellers.actions import change_bank_account
from shop.sellers.queries import open_sellers_in
from shop.sellers.units import follow_units
from shop.web.words import _

organisation_group = AppGroup("organisation", help="The tree of associations.")


@command(organisation_group, "list")
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="As the tree stood on a day.")
def organisation_list(on: datetime | None) -> None:
    """Print the tree, of today or of an earlier day."""
    session = db.session()
    for row in structure_on(session, on.date()) if on is not None else tree(session):
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


@command(organisation_group, "hide")
@click.argument("slug")
def organisation_hide(slug: str) -> None:
    """Let nobody but officers come upon a unit."""
    with one_act() as session:
        organisations.hide_organisation(
            session, organisation_id=a_unit(session, slug).id, **acting()
        )
    click.echo(_("Đã ẩn tổ chức %(slug)s.", slug=slug))


@command(organisation_group, "show")
@click.argument("slug")
def organisation_show(slug: str) -> None:
    """Let everybody come upon a unit again."""
    with one_act() as session:
        organisations.show_organisation(
            session, organisation_id=a_unit(session, slug).id, **acting()
        )
    click.echo(_("Tổ chức %(slug)s hiện lại rồi.", slug=slug))


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


BY = click.option("--by", "who", required=True, help="Whose word it is: phone or e-mail.")
DECISION = click.option("--decision", default="", help="Number and day of the paper.")


def _propose(kind: str, plan: dict[str, Any], who: str, decision: str) -> None:
    """Write a proposal down in the name of somebody who leads all that it would change."""
    with one_act() as session:
        by = acting()
        top = check_plan(session, kind, plan, vietnam_date(by["now"]))
        person = _leads(session, who, top)
        made = propose_reordering(
            session, kind=kind, plan=plan, decision=decision, proposer_id=person.id,
            for_name=person.name, **by,
        ).id  # fmt: skip
    click.echo(_("Đã đề nghị, số %(id)s. Một người khác đồng ý thì mới đổi.", id=made))


def _leads(session: Session, who: str, top: int | None) -> Account:
    person = a_person(session, who)
    return person if person.operator_since else who_may(session, who, top, "edit_units")


@command(organisation_group, "move")
@click.argument("slug")
@click.option("--under", help="Slug of the unit above; left out: the top.")
@DECISION
@BY
def organisation_move(slug: str, under: str | None, decision: str, who: str) -> None:
    """Propose to hang a unit, with all that is below it, under another."""
    session = db.session()
    unit, parent = a_unit(session, slug).id, a_unit(session, under).id if under else None
    _propose("move", {"unit_id": unit, "parent_id": parent}, who, decision)


@command(organisation_group, "merge")
@click.argument("slugs", nargs=-1, required=True)
@click.option("--into", help="Slug of the unit that takes the others in; left out: a new one.")
@click.option("--name", default="", help="Name of the new unit.")
@click.option("--name-en", default="")
@click.option("--carry/--no-carry", default=True, help="Whether offices go along.")
@DECISION
@BY
def organisation_merge(slugs: tuple[str, ...], into: str | None, name: str, name_en: str,
                       carry: bool, decision: str, who: str) -> None:  # fmt: skip
    """Propose to make several units one."""
    session = db.session()
    plan = {
        "unit_ids": [a_unit(session, slug).id for slug in slugs], "name_vi": name,
        "into_id": a_unit(session, into).id if into else None, "name_en": name_en, "carry": carry,
    }  # fmt: skip
    _propose("merge", plan, who, decision)


@command(organisation_group, "split")
@click.argument("slug")
@click.option("--part", "parts", multiple=True, required=True, help="'Name: slug, slug'")
@click.option("--keeps/--ends", default=False, help="Whether the unit itself is the first part.")
@click.option("--carry/--no-carry", default=True, help="Whether offices go to the first part.")
@DECISION
@BY
def organisation_split(slug: str, parts: tuple[str, ...], keeps: bool, carry: bool,
                       decision: str, who: str) -> None:  # fmt: skip
    """Propose to divide a unit; each part is a new one with some of the units below."""
    session = db.session()
    named, children = [{"name_vi": "", "name_en": ""}] if keeps else [], {}
    for part in parts:
        name, _colon, below = part.partition(":")
        for child in below.replace(",", " ").split():
            children[str(a_unit(session, child).id)] = len(named)
        named.append({"name_vi": name.strip(), "name_en": ""})
    plan = {"unit_id": a_unit(session, slug).id, "parts": named, "children": children,
            "keeps": keeps, "carry": carry}  # fmt: skip
    _propose("split", plan, who, decision)


@command(organisation_group, "confirm")
@click.argument("number", type=int)
@BY
def organisation_confirm(number: int, who: str) -> None:
    """Say as a second person that a proposal shall hold from today on."""
    with one_act() as session:
        person = _leads(session, who, reordering_in(session, number).Reordering.top_id)
        fresh = do_reordering(
            session, reordering_id=number, confirmer_id=person.id, follow=follow_units,
            for_name=person.name, **acting(),
        )  # fmt: skip
    click.echo(_("Đã sắp xếp lại.") if fresh else _("Đề nghị này đã đổi trước đó rồi."))


@command(organisation_group, "drop")
@click.argument("number", type=int)
@BY
def organisation_drop(number: int, who: str) -> None:
    """Say that a proposal is not meant any more."""
    with one_act() as session:
        person = _leads(session, who, reordering_in(session, number).Reordering.top_id)
        drop_reordering(
            session, reordering_id=number, decider_id=person.id, for_name=person.name, **acting()
        )
    click.echo(_("Đã thôi đề nghị %(id)s.", id=number))


@command(organisation_group, "appoint")
@click.argument("slug")
@click.argument("who")
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option("--from", "starts_on", type=click.DateTime(["%Y-%m-%d"]))
@click.option("--to", "ends_on", type=click.DateTime(["%Y-%m-%d"]))
@asked_before
def organisation_appoint(slug: str, who: str, role: str, starts_on: datetime | None,
                         ends_on: datetime | None, yes: bool) -> None:  # fmt: skip
    """Give a person a role in a unit. WHO: phone or e-mail."""
    sure_of(who, yes)
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


@command(organisation_group, "hand-over")
@click.argument("slug")
@click.argument("who")
@click.argument("to")
@click.option("--role", type=click.Choice(ROLES), required=True)
@asked_before
def organisation_hand_over(slug: str, who: str, to: str, role: str, yes: bool) -> None:
    """Give a role from one person to another in one act. WHO, TO: phone or e-mail."""
    sure_of(to, yes)
    with one_act() as session:
        unit = a_unit(session, slug)
        person, heir = a_person(session, who), a_person(session, to)
        hand_over(
            session, membership_id=_newest_term(session, unit.id, person.id, role),
            organisation_id=unit.id, account_id=heir.id, **acting(),
        )  # fmt: skip
        name = heir.name
    click.echo(_("Đã giao vai trò cho %(name)s.", name=name))


def _newest_term(session: Session, unit_id: int, person_id: int, role: str) -> int:
    """Return the term that a person holds, or held last; 0 when there was none."""
    found = session.scalar(
        select(Membership.id)
        .where(
            Membership.organisation_id == unit_id, Membership.account_id == person_id,
            Membership.role == role,
        )
        .order_by(Membership.ends_on.is_not(None), Membership.id.desc())
    )  # fmt: skip
    return found or 0


@command(organisation_group, "dismiss")
@click.argument("slug")
@click.argument("who")
@click.option("--role", type=click.Choice(ROLES), required=True)
def organisation_dismiss(slug: str, who: str, role: str) -> None:
    """End a person's role in a unit at once. WHO: phone or e-mail."""
    with one_act() as session:
        person, unit = a_person(session, who), a_unit(session, slug)
        organisations.end_membership(
            session, membership_id=_newest_term(session, unit.id, person.id, role),
            organisation_id=unit.id, **acting(),
        )  # fmt: skip
        name = person.name
    click.echo(_("%(name)s đã thôi vai trò.", name=name))
