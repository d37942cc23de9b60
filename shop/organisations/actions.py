"""Units are opened, renamed and closed; people are appointed. Each act leaves an audit line."""

from datetime import date, datetime, timedelta

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from shop.audit.actions import note
from shop.db import touch
from shop.kernel.clock import vietnam_date
from shop.kernel.text import one_line
from shop.organisations.hanging import hold_tree, keep_name, new_unit
from shop.organisations.memberships import appoint, end_membership, restore_membership
from shop.organisations.models import Membership, Organisation
from shop.organisations.queries import organisation
from shop.organisations.rules import (
    KINDS,
    UndoTooLate,
    UnitEnded,
    UnitInUse,
    WrongParent,
    WrongTerm,
    may_hang_below,
)

__all__ = [
    "appoint",
    "close_organisation",
    "create_organisation",
    "end_membership",
    "hide_organisation",
    "rename_organisation",
    "reopen_organisation",
    "restore_membership",
    "show_organisation",
]


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
        WrongTerm: it would be older than what it hangs below.
    """
    if kind not in KINDS:
        raise WrongParent(kind=kind, parent_kind=None)
    hold_tree(session)
    today = vietnam_date(now)
    parent = organisation(session, parent_id, to_change=True) if parent_id is not None else None
    if parent is not None and parent.valid_to is not None and parent.valid_to < today:
        raise UnitEnded
    if parent is not None and (valid_from or today) < parent.valid_from:
        raise WrongTerm  # It would hang below nothing until its parent is there.
    if not may_hang_below(kind, parent.kind if parent is not None else None):
        raise WrongParent(kind=kind, parent_kind=parent.kind if parent is not None else None)
    unit = new_unit(
        session, kind=kind, name_vi=name_vi, name_en=name_en, parent_id=parent_id,
        valid_from=valid_from or today,
    )  # fmt: skip
    note(
        session, action="organisation.created", subject_kind="organisation", subject_id=unit.id,
        now=now, actor_id=actor_id, actor_name=actor_name, kind=kind, name=unit.name_vi,
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
    unit = organisation(session, organisation_id, to_change=True)
    before = {"vi": unit.name_vi, "en": unit.name_en}
    vi = one_line(name_vi)[:160]
    if before != (wanted := {"vi": vi, "en": one_line(name_en)[:160] or vi}):
        keep_name(session, unit, vietnam_date(now))
        unit.name_vi, unit.name_en = wanted["vi"], wanted["en"]
        note(
            session, action="organisation.renamed", subject_kind="organisation",
            subject_id=unit.id, now=now, actor_id=actor_id, actor_name=actor_name,
            undoes_id=undoes_id, before=before, after={"vi": unit.name_vi, "en": unit.name_en},
        )  # fmt: skip
        touch(session, "catalogue")
    return unit


def hide_organisation(
    session: Session, *, organisation_id: int, actor_id: int | None, actor_name: str,
    now: datetime, undoes_id: int | None = None,
) -> None:  # fmt: skip
    """Let nobody but officers come upon a unit: no groups of it, no joining.

    Raises:
        UnitEnded; UndoTooLate: it is hidden already.
    """
    unit = organisation(session, organisation_id, to_change=True)
    if unit.valid_to is not None:
        raise UnitEnded
    if unit.hidden_at is not None:
        raise UndoTooLate
    unit.hidden_at = now
    note(
        session, action="organisation.hidden", subject_kind="organisation", subject_id=unit.id,
        now=now, actor_id=actor_id, actor_name=actor_name, undoes_id=undoes_id, name=unit.name_vi,
    )  # fmt: skip
    touch(session, "chat_groups")


def show_organisation(
    session: Session, *, organisation_id: int, actor_id: int | None, actor_name: str,
    now: datetime, undoes_id: int | None = None,
) -> None:  # fmt: skip
    """Let everybody come upon a unit again.

    Raises:
        UndoTooLate: it is not hidden.
    """
    unit = organisation(session, organisation_id, to_change=True)
    if unit.hidden_at is None:
        raise UndoTooLate
    unit.hidden_at = None
    note(
        session, action="organisation.shown", subject_kind="organisation", subject_id=unit.id,
        now=now, actor_id=actor_id, actor_name=actor_name, undoes_id=undoes_id, name=unit.name_vi,
    )  # fmt: skip
    touch(session, "chat_groups")


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
    hold_tree(session)
    unit = organisation(session, organisation_id, to_change=True)
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
    hold_tree(session)
    unit = organisation(session, organisation_id, to_change=True)
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
