"""A list is sent, looked at row by row, and stored as a whole or not at all."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from shop.audit.actions import note
from shop.current import vault
from shop.db import one_at_a_time, touch
from shop.kernel.clock import vietnam_date
from shop.kernel.errors import NotYours
from shop.kernel.text import fold
from shop.organisations.hanging import hold_tree, new_unit, subtree
from shop.organisations.lists.rules import (
    MEMBER_COLUMNS,
    MOST_LISTED,
    UNIT_COLUMNS,
    MemberRow,
    Read,
    UnitRow,
    heads,
    read_members,
    read_units,
)
from shop.organisations.members import Person, add_members, drop_words
from shop.organisations.models import (
    Member,
    MemberSheet,
    MemberWord,
    Organisation,
    PastMemberUnit,
)
from shop.organisations.queries import organisation
from shop.organisations.rules import (
    SheetHasFaults,
    SheetMovedOn,
    UndoTooLate,
    UnitEnded,
    WrongTerm,
)

#: A list that nobody stored is thrown away when the next one comes after this time.
KEPT_FOR = timedelta(days=1)


def keep_sheet(
    session: Session,
    *,
    kind: str,
    organisation_id: int | None,
    tables: Sequence[Sequence[Sequence[Any]]],
    actor_id: int | None,
    actor_name: str,
    now: datetime,
) -> int:
    """Keep what a file says, sealed, to be looked at; nothing else is stored by that.

    Args:
        tables: the same file divided in several ways; the one with heads is taken.
    """
    columns = MEMBER_COLUMNS if kind == "members" else UNIT_COLUMNS
    table = next((one for one in tables if heads(one, columns)), tables[0] if tables else [])
    session.execute(
        update(MemberSheet)
        .where(MemberSheet.stored_at.is_(None), MemberSheet.sent_at < now - KEPT_FOR)
        .values(content=b"", data_key=b"")
    )
    safe = vault()
    key = safe.new_key()
    rows = [list(row) for row in table[:MOST_LISTED]]
    sheet = MemberSheet(
        kind=kind, organisation_id=organisation_id, data_key=key, content=safe.seal(key, rows),
        rows=len(rows), sent_at=now, sent_by_id=actor_id,
    )  # fmt: skip
    session.add(sheet)
    session.flush()
    note(
        session, action="sheet.read", subject_kind="sheet", subject_id=sheet.id, now=now,
        actor_id=actor_id, actor_name=actor_name, kind=kind, rows=len(rows),
    )  # fmt: skip
    return sheet.id


def read_sheet(session: Session, sheet: MemberSheet, now: datetime) -> Read:
    """Return what a kept list says as the tree and the register stand now.

    Raises:
        SheetMovedOn: it was stored or thrown away.
    """
    if not sheet.content or sheet.stored_at is not None or sheet.sent_at < now - KEPT_FOR:
        raise SheetMovedOn
    table, today = vault().open(sheet.data_key, sheet.content), vietnam_date(now)
    unit_id = sheet.organisation_id
    wanted = select(Organisation).where(Organisation.valid_to.is_(None))
    if unit_id is not None:
        wanted = wanted.where(Organisation.id.in_(subtree(session, unit_id)))
    units = session.scalars(wanted).all()
    if sheet.kind == "units":
        there: dict[str, list[tuple[int, str]]] = {}
        for unit in units:
            there.setdefault(fold(unit.name_vi), []).append((unit.id, unit.kind))
        own = organisation(session, unit_id) if unit_id is not None else None
        return read_units(
            table, units=there, own=(own.id, own.kind) if own is not None else None, today=today
        )
    named: dict[str, list[int]] = {}
    for unit in units:
        named.setdefault(fold(unit.name_vi), []).append(unit.id)
    index = vault().index
    known = {
        (row.organisation_id, fold(row.name), row.phone_index)
        for row in session.execute(
            select(Member.organisation_id, Member.name, Member.phone_index).where(
                Member.organisation_id.in_([unit.id for unit in units]), Member.state == "member"
            )
        )
    }

    def is_known(unit: int, name: str, phone: str | None) -> bool:
        return (unit, name, index("phone", phone) if phone else None) in known

    return read_members(
        table, units=named, own_id=unit_id or 0, is_known=is_known, today=today
    )  # fmt: skip


def store_sheet(
    session: Session, *, sheet_id: int, actor_id: int | None, actor_name: str, now: datetime
) -> int:
    """Store every row of a list, or none; return how many.

    Raises:
        SheetMovedOn, SheetHasFaults, UnitEnded
    """
    hold_tree(session)
    sheet = one_at_a_time(session, MemberSheet, sheet_id)
    if sheet is None:
        raise NotYours
    read = read_sheet(session, sheet, now)
    if read.faults:
        raise SheetHasFaults(rows=len({fault[0] for fault in read.faults}))
    if sheet.organisation_id is not None:
        unit = organisation(session, sheet.organisation_id, to_change=True)
        if unit.valid_to is not None:
            raise UnitEnded
    if sheet.kind == "units":
        made = _found_units(session, read.rows, now)
        touch(session, "catalogue")
    else:
        made = []
        add_members(
            session, [_person(row) for row in read.rows], sheet_id=sheet_id, actor_id=actor_id,
            now=now,
        )  # fmt: skip
    sheet.stored_at, sheet.content, sheet.data_key = now, b"", b""
    session.flush()
    note(
        session, action=f"sheet.{sheet.kind}_stored", subject_kind="sheet", subject_id=sheet_id,
        now=now, actor_id=actor_id, actor_name=actor_name, rows=len(read.rows), units=made,
        organisation_id=sheet.organisation_id,
    )  # fmt: skip
    return len(read.rows)


def take_members_back(
    session: Session, *, sheet_id: int, actor_id: int | None, actor_name: str, now: datetime,
    undoes_id: int | None = None,
) -> None:  # fmt: skip
    """Take the members of a list out again, while all of them are as the list said.

    Raises:
        UndoTooLate: one of them left, moved or was changed since.
    """
    there = select(Member).where(Member.sheet_id == sheet_id)
    rows = session.scalars(there).all()
    sheet = session.get(MemberSheet, sheet_id)
    if sheet is None or sheet.stored_at is None or not rows:
        raise UndoTooLate
    ids = select(Member.id).where(Member.sheet_id == sheet_id)
    moved = session.scalar(
        select(PastMemberUnit.id).where(PastMemberUnit.member_id.in_(ids)).limit(1)
    )
    if moved is not None or any(row.state != "member" for row in rows):
        raise UndoTooLate
    drop_words(session, MemberWord.member_id.in_(ids))
    for row in rows:
        session.delete(row)
    note(
        session, action="sheet.members_taken_back", subject_kind="sheet", subject_id=sheet_id,
        now=now, actor_id=actor_id, actor_name=actor_name, undoes_id=undoes_id, rows=len(rows),
    )  # fmt: skip


def _person(row: MemberRow) -> tuple[int, Person]:
    return row.unit_id, Person(row.name, row.phone, row.born_in, row.joined_on)


def _found_units(session: Session, rows: Sequence[UnitRow], now: datetime) -> list[int]:
    """Found the units of a list, each below its parent of the tree or of an earlier row."""
    today, made = vietnam_date(now), {}
    for row in rows:
        parent_id = made[-row.parent] if row.parent is not None and row.parent < 0 else row.parent
        parent = organisation(session, parent_id) if parent_id is not None else None
        valid_from = row.valid_from or (
            max(today, parent.valid_from) if parent is not None else today
        )
        late = row.valid_to is not None and row.valid_to < valid_from
        if late or (parent is not None and not _holds_all(parent, valid_from, row.valid_to)):
            raise WrongTerm
        made[row.number] = new_unit(
            session, kind=row.kind, name_vi=row.name_vi, name_en=row.name_en, parent_id=parent_id,
            valid_from=valid_from, valid_to=row.valid_to,
        ).id  # fmt: skip
    return list(made.values())


def _holds_all(parent: Organisation, valid_from: Any, valid_to: Any) -> bool:
    """Tell whether a parent is there as long as what hangs below it."""
    ends = parent.valid_to is None or (valid_to is not None and valid_to <= parent.valid_to)
    return parent.valid_from <= valid_from and ends
