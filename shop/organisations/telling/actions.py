"""Groups are listed and struck off; units announce; what was read counts."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.audit.actions import note
from shop.db import one_at_a_time, touch, upsert_into
from shop.kernel.codes import random_code
from shop.kernel.errors import NotYours
from shop.kernel.text import nfc, one_line
from shop.organisations.queries import organisation
from shop.organisations.rules import UndoTooLate, UnitEnded
from shop.organisations.telling.events import Announced
from shop.organisations.telling.models import (
    Announcement,
    AnnouncementRead,
    ChatGroup,
    QuarterReport,
)
from shop.organisations.telling.rules import (
    AUDIENCES,
    AnnouncementTakenBack,
    group_link,
)
from shop.outbox.relay import record


def add_group(
    session: Session,
    *,
    organisation_id: int,
    kind: str,
    for_whom: str,
    name: str,
    link: str,
    size: int | None,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
) -> ChatGroup:
    """List a chat group of a unit.

    Raises:
        NotAGroupLink, UnitEnded
    """
    if for_whom not in AUDIENCES:
        raise ValueError(f"{for_whom!r} is no audience.")
    unit = organisation(session, organisation_id, to_change=True)
    if unit.valid_to is not None:
        raise UnitEnded
    row = ChatGroup(
        organisation_id=organisation_id, kind=kind, for_whom=for_whom, name=one_line(name)[:120],
        link=group_link(kind, link), size=size, added_at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    _note_group(session, row, "added", now, actor_id, actor_name, None)
    return row


def resize_group(
    session: Session, *, group_id: int, size: int | None, actor_id: int | None, actor_name: str,
    now: datetime, undoes_id: int | None = None,
) -> None:  # fmt: skip
    """Write down how many are in a group now."""
    row = held_group(session, group_id)
    before, row.size = row.size, size
    if before != size:
        _note_group(session, row, "resized", now, actor_id, actor_name, undoes_id, before)


def strike_group(
    session: Session, *, group_id: int, actor_id: int | None, actor_name: str, now: datetime,
    undoes_id: int | None = None,
) -> None:  # fmt: skip
    """Take a group off the list.

    Raises:
        UndoTooLate: it is off already.
    """
    row = held_group(session, group_id)
    if row.ended_at is not None:
        raise UndoTooLate
    row.ended_at = now
    _note_group(session, row, "struck", now, actor_id, actor_name, undoes_id)


def list_group_again(
    session: Session, *, group_id: int, actor_id: int | None, actor_name: str, now: datetime,
    undoes_id: int | None = None,
) -> None:  # fmt: skip
    """Put a group back on the list.

    Raises:
        UndoTooLate: it is there.
    """
    row = held_group(session, group_id)
    if row.ended_at is None:
        raise UndoTooLate
    row.ended_at = None
    _note_group(session, row, "listed_again", now, actor_id, actor_name, undoes_id)


def announce(
    session: Session,
    *,
    organisation_id: int,
    title: str,
    text: str,
    is_open: bool,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
) -> Announcement:
    """Tell everybody below a unit something: on their pages at once, by mail through the outbox.

    Raises:
        UnitEnded
    """
    unit = organisation(session, organisation_id)
    if unit.valid_to is not None:
        raise UnitEnded
    row = Announcement(
        code=random_code(10), organisation_id=organisation_id, title=one_line(title)[:120],
        text=nfc(text)[:4000], is_open=is_open, made_at=now, made_by_id=actor_id,
    )  # fmt: skip
    session.add(row)
    session.flush()
    record(session, Announced(row.id), now)
    note(
        session, action="announcement.made", subject_kind="announcement", subject_id=row.id,
        now=now, actor_id=actor_id, actor_name=actor_name, name=row.title,
        organisation_id=organisation_id,
    )  # fmt: skip
    return row


def take_announcement_back(
    session: Session, *, announcement_id: int, actor_id: int | None, actor_name: str,
    now: datetime, undoes_id: int | None = None,
) -> None:  # fmt: skip
    """Let an announcement be read no more; mails that went out stay where they are.

    Raises:
        AnnouncementTakenBack
    """
    row = one_at_a_time(session, Announcement, announcement_id)
    if row is None:
        raise NotYours
    if row.taken_back_at is not None:
        raise AnnouncementTakenBack
    row.taken_back_at = now
    note(
        session, action="announcement.taken_back", subject_kind="announcement",
        subject_id=row.id, now=now, actor_id=actor_id, actor_name=actor_name,
        undoes_id=undoes_id, name=row.title, organisation_id=row.organisation_id,
    )  # fmt: skip


def note_read(session: Session, announcement_id: int, account_id: int, now: datetime) -> None:
    """Count that somebody read an announcement, once."""
    session.execute(
        upsert_into(session, AnnouncementRead)
        .values(announcement_id=announcement_id, account_id=account_id, read_at=now)
        .on_conflict_do_nothing()
    )


def write_quarter(
    session: Session,
    *,
    organisation_id: int,
    year: int,
    quarter: int,
    lines: dict[str, str],
    actor_id: int | None,
    actor_name: str,
    now: datetime,
    undoes_id: int | None = None,
) -> None:
    """Keep what an officer wrote into a report; an empty line is counted by the shop again."""
    organisation(session, organisation_id, to_change=True)
    row = session.scalar(
        select(QuarterReport).where(
            QuarterReport.organisation_id == organisation_id, QuarterReport.year == year,
            QuarterReport.quarter == quarter,
        )
    )  # fmt: skip
    if row is None:
        row = QuarterReport(
            organisation_id=organisation_id, year=year, quarter=quarter, lines={}, written_at=now
        )
        session.add(row)
    before, wanted = row.lines, {key: said for key, said in lines.items() if said}
    row.lines, row.written_at, row.written_by_id = wanted, now, actor_id
    session.flush()
    if before != wanted:
        note(
            session, action="quarter_report.written", subject_kind="organisation",
            subject_id=organisation_id, now=now, actor_id=actor_id, actor_name=actor_name,
            undoes_id=undoes_id, year=year, quarter=quarter, before=before,
        )  # fmt: skip


def held_group(session: Session, group_id: int) -> ChatGroup:
    """Return a group, held until the transaction ends.

    Raises:
        NotYours
    """
    row = one_at_a_time(session, ChatGroup, group_id)
    if row is None:
        raise NotYours
    return row


def _note_group(
    session: Session, row: ChatGroup, what: str, now: datetime, actor_id: int | None,
    actor_name: str, undoes_id: int | None, before: int | None = None,
) -> None:  # fmt: skip
    note(
        session, action=f"chat_group.{what}", subject_kind="chat_group", subject_id=row.id,
        now=now, actor_id=actor_id, actor_name=actor_name, undoes_id=undoes_id, name=row.name,
        organisation_id=row.organisation_id, size_before=before,
    )  # fmt: skip
    touch(session, "chat_groups")
