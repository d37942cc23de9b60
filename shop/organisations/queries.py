"""Reads of the tree, and who may do what in it."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from shop.accounts.models import Account
from shop.db import the_one
from shop.kernel.clock import vietnam_date
from shop.organisations.models import Membership, Organisation, OrganisationClosure
from shop.organisations.permissions import RIGHTS, roles_with


def _holds(on: date) -> Any:
    """Condition: a membership holds on a day, in a unit that is open."""
    return and_(
        Membership.starts_on <= on,
        or_(Membership.ends_on.is_(None), Membership.ends_on >= on),
        Organisation.valid_from <= on,
        or_(Organisation.valid_to.is_(None), Organisation.valid_to >= on),
    )


def units_where(account_id: int, right: str, on: date) -> Select[int]:
    """Return a statement of the ids of all units in which a person has a right.

    For scoping other queries: ``.where(Seller.organisation_id.in_(units_where(…)))``.
    """
    return (
        select(OrganisationClosure.descendant_id)
        .join(Membership, Membership.organisation_id == OrganisationClosure.ancestor_id)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .where(
            Membership.account_id == account_id,
            Membership.role.in_(sorted(roles_with(right))),
            _holds(on),
        )
    )


def may(session: Session, account_id: int, right: str, organisation_id: int, on: date) -> bool:
    """Tell whether a person has a right in a unit on a day, from there or from above."""
    allowed = units_where(account_id, right, on).where(
        OrganisationClosure.descendant_id == organisation_id
    )
    return session.scalar(select(allowed.exists())) or False


def rights_of(session: Session, account_id: int, on: date) -> dict[str, frozenset[int]]:
    """Return {right: ids of the units it holds in, subtrees included} of a person on a day."""
    rows = session.execute(
        select(Membership.role, OrganisationClosure.descendant_id)
        .join(OrganisationClosure, OrganisationClosure.ancestor_id == Membership.organisation_id)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .where(Membership.account_id == account_id, _holds(on))
    ).all()
    return {
        right: frozenset(unit for role, unit in rows if role in roles)
        for right, roles in RIGHTS.items()
    }


def officer_kinds(session: Session, account_id: int, now: datetime) -> set[str]:
    """Return {"officer"} for a person with an office on this day. Plain members have none."""
    held = session.scalar(
        select(
            exists()
            .where(
                Membership.account_id == account_id,
                Membership.role != "member",
                Membership.organisation_id == Organisation.id,
                _holds(vietnam_date(now)),
            )
            .correlate(None)
        )
    )
    return {"officer"} if held else set()


def organisation(
    session: Session, organisation_id: int, *, to_change: bool = False
) -> Organisation:
    """Return a unit.

    Args:
        to_change: acts on it go one after another, each seeing what the one before did.

    Raises:
        NotYours: there is none.
    """
    return the_one(session, Organisation, organisation_id, to_change=to_change)


def path_of(session: Session, organisation_id: int) -> list[dict[str, Any]]:
    """Return [{"id", "vi", "en"}] from the top of the tree down to a unit, for snapshots."""
    rows = session.execute(
        select(Organisation.id, Organisation.name_vi, Organisation.name_en)
        .join(OrganisationClosure, OrganisationClosure.ancestor_id == Organisation.id)
        .where(OrganisationClosure.descendant_id == organisation_id)
        .order_by(OrganisationClosure.depth.desc())
    )
    return [{"id": row.id, "vi": row.name_vi, "en": row.name_en} for row in rows]


def tree(session: Session, within: Select[int] | None = None) -> list[dict[str, Any]]:
    """Return every unit as a flat list in the order of the tree, with its depth and officers.

    Args:
        within: ids of the units to show; all of them when left out.
    """
    parent = aliased(OrganisationClosure)
    wanted = (
        select(
            Organisation.id, Organisation.slug, Organisation.kind, Organisation.parent_id,
            Organisation.name_vi, Organisation.name_en, Organisation.valid_to,
            func.max(parent.depth).label("depth"),
        )
        .join(parent, parent.descendant_id == Organisation.id)
        .group_by(Organisation.id)
        .order_by(Organisation.name_vi, Organisation.id)
    )  # fmt: skip
    if within is not None:
        wanted = wanted.where(Organisation.id.in_(within))
    rows = [dict(row) for row in session.execute(wanted).mappings()]
    known = {row["id"] for row in rows}
    below: dict[int | None, list[dict[str, Any]]] = {}
    for row in rows:
        above = row["parent_id"] if row["parent_id"] in known else None
        below.setdefault(above, []).append(row)
    ordered: list[dict[str, Any]] = []

    def walk(unit: int | None, depth: int) -> None:
        for row in below.get(unit, ()):
            ordered.append({**row, "depth": depth})
            walk(row["id"], depth + 1)

    walk(None, 0)
    return ordered


def memberships_in(session: Session, organisation_id: int) -> Sequence[Any]:
    """Return who served in a unit: (membership columns, name, who appointed), in office first."""
    appointer = aliased(Account)
    return session.execute(
        select(
            Membership.id, Membership.role, Membership.starts_on, Membership.ends_on,
            Membership.account_id, Account.name, appointer.name.label("appointed_by"),
        )
        .join(Account, Account.id == Membership.account_id)
        .outerjoin(appointer, appointer.id == Membership.appointed_by_id)
        .where(Membership.organisation_id == organisation_id)
        .order_by(Membership.ends_on.is_not(None), Membership.starts_on, Membership.id)
    ).all()  # fmt: skip


def open_units(session: Session, on: date) -> Sequence[Any]:
    """Return (id, kind, name_vi, name_en) of the units that are open on a day, by name."""
    return session.execute(
        select(Organisation.id, Organisation.kind, Organisation.name_vi, Organisation.name_en)
        .where(or_(Organisation.valid_to.is_(None), Organisation.valid_to >= on))
        .order_by(Organisation.name_vi, Organisation.id)
    ).all()
