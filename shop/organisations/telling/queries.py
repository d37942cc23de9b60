"""Reads of chat groups and announcements: a unit's, everybody's, and one's own."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from shop.kernel.errors import NotYours
from shop.organisations.models import Membership, Organisation, OrganisationClosure
from shop.organisations.telling.models import Announcement, AnnouncementRead, ChatGroup


def groups_of(session: Session, unit_id: int) -> Sequence[Any]:
    """Return (ChatGroup, names of its unit) of a unit and all below it, by unit and name."""
    return session.execute(
        select(ChatGroup, Organisation.name_vi, Organisation.name_en)
        .join(Organisation, Organisation.id == ChatGroup.organisation_id)
        .join(OrganisationClosure, OrganisationClosure.descendant_id == ChatGroup.organisation_id)
        .where(OrganisationClosure.ancestor_id == unit_id, ChatGroup.ended_at.is_(None))
        .order_by(OrganisationClosure.depth, Organisation.name_vi, ChatGroup.name)
        .limit(500)
    ).all()


def public_groups(session: Session) -> Sequence[Any]:
    """Return (ChatGroup, names of its unit) of what everybody may see, of open units alone."""
    return session.execute(
        select(ChatGroup, Organisation.name_vi, Organisation.name_en)
        .join(Organisation, Organisation.id == ChatGroup.organisation_id)
        .where(
            ChatGroup.for_whom == "public", ChatGroup.ended_at.is_(None),
            Organisation.valid_to.is_(None), Organisation.hidden_at.is_(None),
        )
        .order_by(Organisation.name_vi, ChatGroup.name, ChatGroup.id)
        .limit(300)
    ).all()  # fmt: skip


def group(session: Session, group_id: int) -> ChatGroup:
    """Return a chat group that is listed.

    Raises:
        NotYours: there is none.
    """
    row = session.get(ChatGroup, group_id)
    if row is None or row.ended_at is not None:
        raise NotYours
    return row


def announcements_of(unit_id: int) -> Any:
    """Return a statement of (Announcement, how many read it) of a unit, the newest first."""
    read = (
        select(func.count())
        .select_from(AnnouncementRead)
        .where(AnnouncementRead.announcement_id == Announcement.id)
        .correlate(Announcement)
        .scalar_subquery()
    )
    return (
        select(Announcement, read.label("read"))
        .where(Announcement.organisation_id == unit_id)
        .order_by(Announcement.made_at.desc(), Announcement.id.desc())
    )


def told_to(account_id: int, on: date) -> Any:
    """Return a statement of what was told to a person: by her units and those above them.

    Each with its unit and whether she has read it, the newest first.
    """
    above = (
        select(OrganisationClosure.ancestor_id)
        .join(Membership, Membership.organisation_id == OrganisationClosure.descendant_id)
        .where(
            Membership.account_id == account_id, Membership.starts_on <= on,
            or_(Membership.ends_on.is_(None), Membership.ends_on >= on),
        )
    )  # fmt: skip
    mine = and_(
        AnnouncementRead.announcement_id == Announcement.id,
        AnnouncementRead.account_id == account_id,
    )
    return (
        select(Announcement, Organisation, AnnouncementRead.read_at)
        .join(Organisation, Organisation.id == Announcement.organisation_id)
        .outerjoin(AnnouncementRead, mine)
        .where(Announcement.organisation_id.in_(above), Announcement.taken_back_at.is_(None))
        .order_by(Announcement.made_at.desc(), Announcement.id.desc())
    )


def open_announcement(session: Session, code: str) -> Any:
    """Return (Announcement, Organisation) that everybody may read, or None."""
    return session.execute(
        select(Announcement, Organisation)
        .join(Organisation, Organisation.id == Announcement.organisation_id)
        .where(
            Announcement.code == code, Announcement.is_open, Announcement.taken_back_at.is_(None)
        )
    ).one_or_none()
