"""What a reordering of the tree would change, and which ones there are."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, aliased

from shop.accounts.models import Account
from shop.fundraising.models import Campaign
from shop.kernel.errors import NotYours
from shop.mutual_aid.models import HelpCall
from shop.organisations.hanging import ancestors
from shop.organisations.models import (
    Membership,
    Organisation,
    OrganisationClosure,
    Reordering,
)
from shop.organisations.queries import organisation
from shop.organisations.reordering import open_below, units_of
from shop.sellers.models import Seller
from shop.web.lists import Page, cut


def reorderings_page(session: Session, within: Select[int] | None, page: int) -> Page:
    """Return what was proposed and done, what waits first.

    Args:
        within: ids of the units whose reorderings are shown; all of them when left out.
    """
    proposer = aliased(Account)
    wanted = (
        select(Reordering, proposer.name.label("proposed_by"))
        .outerjoin(proposer, proposer.id == Reordering.proposed_by_id)
        .order_by(Reordering.state != "proposed", Reordering.id.desc())
    )
    if within is not None:
        wanted = wanted.where(Reordering.top_id.in_(within))
    return cut(session, wanted, page)


def reordering_in(session: Session, reordering_id: int) -> Any:
    """Return (Reordering, names of who proposed and who decided).

    Raises:
        NotYours: there is none.
    """
    proposer, decider = aliased(Account), aliased(Account)
    found = session.execute(
        select(
            Reordering, proposer.name.label("proposed_by"), decider.name.label("decided_by")
        )
        .outerjoin(proposer, proposer.id == Reordering.proposed_by_id)
        .outerjoin(decider, decider.id == Reordering.decided_by_id)
        .where(Reordering.id == reordering_id)
    ).one_or_none()  # fmt: skip
    if found is None:
        raise NotYours
    return found


def named_in(session: Session, rows: Iterable[Reordering]) -> dict[int, Organisation]:
    """Return the units that reorderings name, by id."""
    ids = {unit for row in rows for unit in units_of(row.plan)}
    ids |= {row.plan["parent_id"] for row in rows if row.plan.get("parent_id") is not None}
    for row in rows:
        ids |= {int(unit) for unit in row.plan.get("children", {})}
        ids |= set(row.facts.get("new", []))
    return {
        unit.id: unit
        for unit in session.scalars(select(Organisation).where(Organisation.id.in_(ids)))
    }


def effects(session: Session, row: Reordering, today: date) -> dict[str, Any]:
    """Return what would change: units that hang otherwise and that end, whom and what it concerns.

    Returns:
        "hung": [(unit, where it hangs now, words or unit where it will)], "ended": units,
        "numbers": how many units, offices, members' roles, stalls, running campaigns and calls
        are in or below them; "gain", "lose": [(person's name, role, name of her unit)].
    """
    plan = row.plan
    hung: list[tuple[Organisation, Organisation | None, Any]] = []
    ended: list[Organisation] = []
    gain: set[int] = set()
    lose: set[int] = set()
    if row.kind == "move":
        unit = organisation(session, plan["unit_id"])
        new = session.get(Organisation, plan["parent_id"]) if plan["parent_id"] else None
        hung = [(unit, _parent(session, unit), new)]
        old_line = set(ancestors(session, unit.parent_id)) if unit.parent_id else set()
        new_line = set(ancestors(session, new.id)) if new is not None else set()
        gain, lose = new_line - old_line, old_line - new_line
    elif row.kind == "merge":
        ended = [organisation(session, unit_id) for unit_id in plan["unit_ids"]]
        into = session.get(Organisation, plan["into_id"]) if plan.get("into_id") else None
        hung = [(child, unit, into) for unit in ended for child in open_below(session, unit.id)]
        lose = set() if plan["carry"] else {unit.id for unit in ended}
        gain = {unit.id for unit in ended} if plan["carry"] else set()
        gain |= {into.id} if into is not None else set()
    else:
        unit = organisation(session, plan["unit_id"])
        ended = [] if plan["keeps"] else [unit]
        for child in open_below(session, unit.id):
            number = plan["children"].get(str(child.id), 0)
            if number or not plan["keeps"]:
                hung.append((child, unit, plan["parts"][number]))
        lose = {unit.id}
    inside = [unit.id for unit, *_rest in hung] + [unit.id for unit in ended]
    return {
        "hung": hung, "ended": ended, "numbers": _numbers(session, inside, today),
        "gain": _offices(session, gain, today), "lose": _offices(session, lose, today),
    }  # fmt: skip


def _parent(session: Session, unit: Organisation) -> Organisation | None:
    return session.get(Organisation, unit.parent_id) if unit.parent_id is not None else None


def _numbers(session: Session, inside: Sequence[int], today: date) -> dict[str, int]:
    units = (
        select(OrganisationClosure.descendant_id)
        .where(OrganisationClosure.ancestor_id.in_(inside))
        .distinct()
    )

    def count(table: Any, *where: Any) -> int:
        of = table.id if table is Organisation else table.organisation_id
        return session.scalar(
            select(func.count()).select_from(table).where(of.in_(units), *where)
        ) or 0  # fmt: skip

    holds = (
        Membership.starts_on <= today,
        or_(Membership.ends_on.is_(None), Membership.ends_on >= today),
    )
    return {
        "units": count(Organisation, Organisation.valid_to.is_(None)),
        "offices": count(Membership, Membership.role != "member", *holds),
        "members": count(Membership, Membership.role == "member", *holds),
        "sellers": count(Seller, Seller.closed_at.is_(None)),
        "campaigns": count(Campaign, Campaign.state == "open"),
        "calls": count(HelpCall, HelpCall.state == "open"),
    }


def _offices(session: Session, units: set[int], today: date) -> Sequence[Any]:
    """Return (name of a person, role, names of the unit) of those who serve in some units."""
    return session.execute(
        select(Account.name, Membership.role, Organisation.name_vi, Organisation.name_en)
        .join(Account, Account.id == Membership.account_id)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .where(
            Membership.organisation_id.in_(units), Membership.role != "member",
            Membership.starts_on <= today,
            or_(Membership.ends_on.is_(None), Membership.ends_on >= today),
        )
        .order_by(Membership.id)
    ).all()  # fmt: skip
