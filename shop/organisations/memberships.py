"""Who serves in which unit, from when to when. Each act leaves an audit line."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from shop.accounts.queries import account
from shop.audit.actions import note
from shop.kernel.clock import vietnam_date
from shop.kernel.errors import NotYours
from shop.organisations.models import Membership
from shop.organisations.permissions import ROLES
from shop.organisations.queries import organisation
from shop.organisations.rules import AlreadyAppointed, UndoTooLate, UnitEnded, WrongTerm, holds_on


def appoint(
    session: Session,
    *,
    organisation_id: int,
    account_id: int,
    role: str,
    starts_on: date,
    ends_on: date | None = None,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
    undoes_id: int | None = None,
) -> Membership:
    """Give a person a role in a unit for a time.

    Raises:
        UnitEnded, WrongTerm, AlreadyAppointed
    """
    if role not in ROLES:
        raise ValueError(f"{role!r} is no role.")
    unit = organisation(session, organisation_id, to_change=True)
    person = account(session, account_id)
    if not holds_on(unit.valid_from, unit.valid_to, max(starts_on, unit.valid_from)):
        raise UnitEnded
    if ends_on is not None and ends_on < starts_on:
        raise WrongTerm
    if _serves(session, organisation_id, account_id, role, starts_on, ends_on):
        raise AlreadyAppointed
    membership = Membership(
        organisation_id=organisation_id,
        account_id=account_id,
        role=role,
        starts_on=starts_on,
        ends_on=ends_on,
        appointed_by_id=actor_id,
        created_at=now,
    )
    session.add(membership)
    session.flush()
    note(
        session, action="membership.appointed", subject_kind="organisation",
        subject_id=organisation_id, now=now, actor_id=actor_id, actor_name=actor_name,
        for_id=account_id, for_name=person.name, undoes_id=undoes_id, role=role,
        membership_id=membership.id,
        starts_on=starts_on.isoformat(), ends_on=ends_on and ends_on.isoformat(),
    )  # fmt: skip
    return membership


def _serves(
    session: Session,
    organisation_id: int,
    account_id: int,
    role: str,
    starts_on: date,
    ends_on: date | None,
    *,
    but_id: int = 0,
) -> bool:
    """Tell whether a person has a role in a unit on any day of a time, by another term."""
    overlapping = session.scalar(
        select(Membership.id)
        .where(
            Membership.organisation_id == organisation_id,
            Membership.account_id == account_id,
            Membership.role == role,
            Membership.id != but_id,
            or_(Membership.ends_on.is_(None), Membership.ends_on >= starts_on),
            Membership.starts_on <= (ends_on or date.max),
        )
        .limit(1)
    )
    return overlapping is not None


def end_membership(
    session: Session,
    *,
    membership_id: int,
    organisation_id: int,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
    undoes_id: int | None = None,
) -> Membership:
    """Let a person's role in a unit end at once: her rights are gone with the next page.

    Raises:
        NotYours: no such term there, or it ended before.
    """
    organisation(session, organisation_id, to_change=True)
    membership = session.get(Membership, membership_id, populate_existing=True)
    today = vietnam_date(now)
    if (
        membership is None
        or membership.organisation_id != organisation_id
        or (membership.ends_on is not None and membership.ends_on < today)
    ):
        raise NotYours
    person_name = account(session, membership.account_id).name
    before = membership.ends_on
    if membership.starts_on >= today:  # It never held a whole day: nothing to keep.
        session.delete(membership)
    else:
        membership.ends_on = today - timedelta(days=1)
    note(
        session, action="membership.ended", subject_kind="organisation",
        subject_id=organisation_id, now=now, actor_id=actor_id, actor_name=actor_name,
        for_id=membership.account_id, for_name=person_name, undoes_id=undoes_id,
        role=membership.role, membership_id=membership_id, starts_on=membership.starts_on.isoformat(),
        before_ends_on=before and before.isoformat(),
    )  # fmt: skip
    return membership


def hand_over(
    session: Session,
    *,
    membership_id: int,
    organisation_id: int,
    account_id: int,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
) -> Membership:
    """Let a person's role end and another take it up at once, for what is left of its term.

    Raises:
        NotYours: no such term there, or it ended before.
        AlreadyAppointed, UnitEnded
    """
    by: dict[str, Any] = {"actor_id": actor_id, "actor_name": actor_name, "now": now}
    term = session.get(Membership, membership_id)
    if term is None or term.organisation_id != organisation_id:
        raise NotYours
    role, ends_on = term.role, term.ends_on
    if term.account_id == account_id:
        raise AlreadyAppointed
    end_membership(session, membership_id=membership_id, organisation_id=organisation_id, **by)
    session.flush()
    return appoint(
        session, organisation_id=organisation_id, account_id=account_id, role=role,
        starts_on=vietnam_date(now), ends_on=ends_on, **by,
    )  # fmt: skip


def restore_membership(
    session: Session,
    *,
    organisation_id: int,
    account_id: int,
    facts: dict[str, Any],
    actor_id: int | None,
    actor_name: str,
    now: datetime,
    undoes_id: int | None = None,
) -> Membership:
    """Take the end of a term back: it runs on as it did, or anew when it never held a day.

    Args:
        facts: what the audit line of the end keeps.

    Raises:
        UndoTooLate: the person was appointed again since.
    """
    organisation(session, organisation_id, to_change=True)
    membership = session.get(Membership, facts["membership_id"], populate_existing=True)
    ends_on = date.fromisoformat(facts["before_ends_on"]) if facts["before_ends_on"] else None
    starts_on = date.fromisoformat(facts["starts_on"])
    if _serves(
        session, organisation_id, account_id, facts["role"], starts_on, ends_on,
        but_id=facts["membership_id"],
    ):  # fmt: skip
        raise UndoTooLate
    if membership is None or membership.account_id != account_id:
        return appoint(
            session, organisation_id=organisation_id, account_id=account_id, role=facts["role"],
            starts_on=starts_on, ends_on=ends_on, actor_id=actor_id,
            actor_name=actor_name, now=now, undoes_id=undoes_id,
        )  # fmt: skip
    if membership.ends_on is None or membership.ends_on >= vietnam_date(now):
        raise UndoTooLate
    membership.ends_on = ends_on
    note(
        session, action="membership.restored", subject_kind="organisation",
        subject_id=organisation_id, now=now, actor_id=actor_id, actor_name=actor_name,
        for_id=account_id, for_name=account(session, account_id).name, undoes_id=undoes_id,
        role=membership.role, membership_id=membership.id,
    )  # fmt: skip
    return membership
