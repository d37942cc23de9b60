"""Units are opened, renamed and closed; people are appointed. Each act leaves an audit line."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from shop.accounts.queries import account
from shop.audit.actions import note
from shop.db import touch
from shop.kernel.clock import vietnam_date
from shop.kernel.errors import NotYours
from shop.kernel.text import one_line, slug
from shop.organisations.models import Membership, Organisation, OrganisationClosure
from shop.organisations.permissions import ROLES
from shop.organisations.queries import organisation
from shop.organisations.rules import (
    KINDS,
    AlreadyAppointed,
    UndoTooLate,
    UnitEnded,
    UnitInUse,
    WrongParent,
    WrongTerm,
    holds_on,
    may_hang_below,
)


def create_organisation(
    session: Session,
    *,
    kind: str,
    name_vi: str,
    name_en: str,
    parent_id: int | None,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
    valid_from: date | None = None,
) -> Organisation:
    """Open a unit below another one, or at the top.

    Raises:
        WrongParent, UnitEnded
    """
    if kind not in KINDS:
        raise WrongParent(kind=kind, parent_kind=None)
    today = vietnam_date(now)
    parent = organisation(session, parent_id) if parent_id is not None else None
    if parent is not None and parent.valid_to is not None and parent.valid_to < today:
        raise UnitEnded
    if not may_hang_below(kind, parent.kind if parent is not None else None):
        raise WrongParent(kind=kind, parent_kind=parent.kind if parent is not None else None)
    name = one_line(name_vi)[:160]
    unit = Organisation(
        slug=_free_slug(session, name),
        kind=kind,
        parent_id=parent_id,
        name_vi=name,
        name_en=one_line(name_en)[:160] or name,
        valid_from=valid_from or today,
    )
    session.add(unit)
    session.flush()
    session.add(OrganisationClosure(ancestor_id=unit.id, descendant_id=unit.id, depth=0))
    if parent_id is not None:
        above = session.execute(
            select(OrganisationClosure.ancestor_id, OrganisationClosure.depth).where(
                OrganisationClosure.descendant_id == parent_id
            )
        ).all()
        session.add_all(
            OrganisationClosure(ancestor_id=ancestor, descendant_id=unit.id, depth=depth + 1)
            for ancestor, depth in above
        )
    session.flush()
    note(
        session, action="organisation.created", subject_kind="organisation", subject_id=unit.id,
        now=now, actor_id=actor_id, actor_name=actor_name, kind=kind, name=name,
        parent_id=parent_id,
    )  # fmt: skip
    return unit


def rename_organisation(
    session: Session,
    *,
    organisation_id: int,
    name_vi: str,
    name_en: str,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
    undoes_id: int | None = None,
) -> Organisation:
    """Give a unit another name. Orders and sellers keep the name of their day."""
    unit = organisation(session, organisation_id)
    before = {"vi": unit.name_vi, "en": unit.name_en}
    unit.name_vi = one_line(name_vi)[:160]
    unit.name_en = one_line(name_en)[:160] or unit.name_vi
    if before != {"vi": unit.name_vi, "en": unit.name_en}:
        note(
            session, action="organisation.renamed", subject_kind="organisation",
            subject_id=unit.id, now=now, actor_id=actor_id, actor_name=actor_name,
            undoes_id=undoes_id, before=before, after={"vi": unit.name_vi, "en": unit.name_en},
        )  # fmt: skip
        touch(session, "catalogue")
    return unit


def close_organisation(
    session: Session,
    *,
    organisation_id: int,
    open_sellers: int,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
    undoes_id: int | None = None,
) -> Organisation:
    """End a unit today; the terms of its officers end with it.

    Args:
        open_sellers: how many sellers still belong to it; counted above, where sellers are known.

    Raises:
        UnitEnded, UnitInUse
    """
    unit = organisation(session, organisation_id)
    today = vietnam_date(now)
    if unit.valid_to is not None:
        raise UnitEnded
    open_below = session.scalar(
        select(func.count()).select_from(Organisation).where(
            Organisation.parent_id == organisation_id, Organisation.valid_to.is_(None)
        )
    )  # fmt: skip
    if open_below or open_sellers:
        raise UnitInUse(units=open_below or 0, sellers=open_sellers)
    # The last day counts, so a unit that closes today ended yesterday.
    last_day = max(today - timedelta(days=1), unit.valid_from - timedelta(days=1))
    unit.valid_to = last_day
    ended = session.scalars(
        update(Membership)
        .where(
            Membership.organisation_id == organisation_id,
            or_(Membership.ends_on.is_(None), Membership.ends_on > last_day),
            Membership.starts_on <= last_day,
        )
        .values(ends_on=last_day)
        .returning(Membership.id)
    ).all()
    note(
        session, action="organisation.closed", subject_kind="organisation", subject_id=unit.id,
        now=now, actor_id=actor_id, actor_name=actor_name, undoes_id=undoes_id,
        name=unit.name_vi, memberships=sorted(ended),
    )  # fmt: skip
    touch(session, "catalogue")
    return unit


def reopen_organisation(
    session: Session,
    *,
    organisation_id: int,
    memberships: list[int],
    actor_id: int | None,
    actor_name: str,
    now: datetime,
    undoes_id: int | None = None,
) -> Organisation:
    """Take a closing back, with the terms that it ended.

    Raises:
        UndoTooLate: the unit is open, or the one above it was closed since.
    """
    unit = organisation(session, organisation_id)
    parent = organisation(session, unit.parent_id) if unit.parent_id is not None else None
    if unit.valid_to is None or (parent is not None and parent.valid_to is not None):
        raise UndoTooLate
    unit.valid_to = None
    session.execute(
        update(Membership)
        .where(Membership.id.in_(memberships), Membership.organisation_id == organisation_id)
        .values(ends_on=None)
    )
    note(
        session, action="organisation.reopened", subject_kind="organisation", subject_id=unit.id,
        now=now, actor_id=actor_id, actor_name=actor_name, undoes_id=undoes_id, name=unit.name_vi,
    )  # fmt: skip
    touch(session, "catalogue")
    return unit


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
    unit = organisation(session, organisation_id)
    person = account(session, account_id)
    if not holds_on(unit.valid_from, unit.valid_to, max(starts_on, unit.valid_from)):
        raise UnitEnded
    if ends_on is not None and ends_on < starts_on:
        raise WrongTerm
    overlapping = session.scalar(
        select(Membership.id)
        .where(
            Membership.organisation_id == organisation_id,
            Membership.account_id == account_id,
            Membership.role == role,
            or_(Membership.ends_on.is_(None), Membership.ends_on >= starts_on),
            Membership.starts_on <= (ends_on or date.max),
        )
        .limit(1)
    )
    if overlapping is not None:
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
    membership = session.get(Membership, membership_id)
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
    membership = session.get(Membership, facts["membership_id"])
    ends_on = date.fromisoformat(facts["before_ends_on"]) if facts["before_ends_on"] else None
    if membership is None or membership.account_id != account_id:
        return appoint(
            session, organisation_id=organisation_id, account_id=account_id, role=facts["role"],
            starts_on=date.fromisoformat(facts["starts_on"]), ends_on=ends_on, actor_id=actor_id,
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


def _free_slug(session: Session, name: str) -> str:
    """Return an address part that no unit has yet."""
    base = slug(name, 70) or "hoi"
    taken = set(
        session.scalars(
            select(Organisation.slug).where(Organisation.slug.startswith(base, autoescape=True))
        )
    )
    return next(
        s for s in (base, *(f"{base}-{n}" for n in range(2, len(taken) + 3))) if s not in taken
    )
