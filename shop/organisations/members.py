"""The register: women are added, ask to join, are let in, move, leave, are forgotten."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from shop.audit.actions import note
from shop.current import vault
from shop.db import one_at_a_time, rows_into
from shop.kernel.clock import vietnam_date
from shop.kernel.codes import random_code
from shop.kernel.errors import NotYours
from shop.kernel.text import fold, one_line
from shop.organisations.models import (
    JoinCode,
    Member,
    MemberWord,
    Organisation,
    PastMemberUnit,
)
from shop.organisations.queries import organisation
from shop.organisations.rules import MemberMovedOn, UndoTooLate, UnitEnded

_INTO_MEMBERS = rows_into(Member)
_INTO_WORDS = rows_into(MemberWord)
_LONGEST_WORD = 40


@dataclass(frozen=True)
class Person:
    """What a register says of a woman. ``phone``: E.164 or None."""

    name: str
    phone: str | None = None
    born_in: int | None = None
    joined_on: date | None = None


def sort_name(name: str) -> str:
    """Return a name as Vietnamese lists sort it: the given name first.

    >>> sort_name("Nguyễn Thị Ánh")
    'anh nguyen thi anh'
    """
    folded = fold(name)
    return f"{folded.rsplit(' ', 1)[-1]} {folded}"[:130] if folded else ""


def add_member(
    session: Session,
    *,
    organisation_id: int,
    person: Person,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
    undoes_id: int | None = None,
) -> Member:
    """Enter a woman into the register of a unit.

    Raises:
        UnitEnded
    """
    _open(session, organisation_id)
    row = Member(**_row(organisation_id, person, "member", "officer", actor_id, now))
    session.add(row)
    session.flush()
    keep_words(session, [(row.id, row.sort_name)])
    _note(session, row, "added", now, actor_id, actor_name, undoes_id)
    return row


def ask_to_join(
    session: Session, *, organisation_id: int, person: Person, attempt_id: str, now: datetime
) -> int:
    """Let somebody ask to join; once for each sent form. An officer lets her in.

    Raises:
        UnitEnded
    """
    _open(session, organisation_id)
    known = session.scalar(select(Member.id).where(Member.attempt_id == attempt_id))
    if known is not None:
        return known
    row = Member(**_row(organisation_id, person, "asked", "link", None, now), attempt_id=attempt_id)
    session.add(row)
    session.flush()
    keep_words(session, [(row.id, row.sort_name)])
    return row.id


def let_in(
    session: Session,
    *,
    member_id: int,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
    undoes_id: int | None = None,
) -> Member:
    """Say yes to who asked to join, or take back that somebody left.

    Raises:
        MemberMovedOn: she is a member already, or was forgotten.
    """
    row = held(session, member_id)
    if row.state == "member" or not row.name:
        raise MemberMovedOn
    _open(session, row.organisation_id)
    if row.state == "asked":
        row.joined_on = vietnam_date(now)
    row.state, row.left_on = "member", None
    session.flush()
    _note(session, row, "let_in", now, actor_id, actor_name, undoes_id)
    return row


def leave(
    session: Session,
    *,
    member_id: int,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
    undoes_id: int | None = None,
) -> Member:
    """Write down that a woman left, or that she is not let in. She counts until yesterday.

    Raises:
        MemberMovedOn: she left before.
    """
    row = held(session, member_id)
    if row.state == "left":
        raise MemberMovedOn
    row.state, row.left_on = "left", max(vietnam_date(now) - timedelta(days=1), row.joined_on)
    session.flush()
    _note(session, row, "left", now, actor_id, actor_name, undoes_id)
    return row


def forget_member(
    session: Session, *, member_id: int, actor_id: int | None, actor_name: str, now: datetime
) -> None:
    """Drop name, year and phone of who left: only that somebody was there stays, for numbers.

    Raises:
        MemberMovedOn: she has not left.
    """
    row = held(session, member_id)
    if row.state != "left":
        raise MemberMovedOn
    row.name = row.sort_name = ""
    row.data_key = row.contact = b""
    row.born_in = row.phone_index = None
    session.flush()
    drop_words(session, MemberWord.member_id == row.id)
    _note(session, row, "forgotten", now, actor_id, actor_name, None)


def change_member(
    session: Session,
    *,
    member_id: int,
    person: Person,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
) -> None:
    """Put right what the register says of a woman."""
    row = held(session, member_id)
    said = _row(row.organisation_id, person, row.state, row.came_by, row.added_by_id, now)
    for field in ("name", "sort_name", "born_in", "data_key", "contact", "phone_index"):
        setattr(row, field, said[field])
    if person.joined_on is not None and (row.left_on is None or person.joined_on <= row.left_on):
        row.joined_on = person.joined_on
    session.flush()
    drop_words(session, MemberWord.member_id == row.id)
    keep_words(session, [(row.id, row.sort_name)])
    _note(session, row, "changed", now, actor_id, actor_name, None)


def move_member(
    session: Session,
    *,
    member_id: int,
    organisation_id: int,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
    undoes_id: int | None = None,
) -> Member:
    """Let a woman belong to another unit from today on; where she was before is kept.

    Raises:
        UnitEnded; MemberMovedOn: she belongs there already.
    """
    row = held(session, member_id)
    _open(session, organisation_id)
    if row.organisation_id == organisation_id or row.state == "left":
        raise MemberMovedOn
    was, today = row.organisation_id, vietnam_date(now)
    _keep_past(session, Member.id == row.id, today, None)
    session.execute(
        update(Member).where(Member.id == row.id).values(organisation_id=organisation_id)
    )
    session.refresh(row)
    _note(session, row, "moved", now, actor_id, actor_name, undoes_id, unit_before=was)
    return row


def add_members(
    session: Session,
    people: Sequence[tuple[int, Person]],
    *,
    sheet_id: int,
    actor_id: int | None,
    now: datetime,
) -> None:
    """Enter many at once, each in her unit; the list's own act writes the audit line."""
    rows = [
        {**_row(unit, person, "member", "list", actor_id, now), "sheet_id": sheet_id,
         "attempt_id": None}
        for unit, person in people
    ]  # fmt: skip
    for start in range(0, len(rows), 2_000):
        session.connection().execute(_INTO_MEMBERS, rows[start : start + 2_000])
    came = select(Member.id, Member.sort_name).where(Member.sheet_id == sheet_id)
    keep_words(session, [(row.id, row.sort_name) for row in session.execute(came)])


def keep_words(session: Session, named: Iterable[tuple[int, str]]) -> None:
    """Let members be found by each word of their names.

    Args:
        named: (id, sort name) of members who have no words yet.
    """
    rows = [
        {"word": word, "member_id": member_id}
        for member_id, name in named
        for word in sorted({part[:_LONGEST_WORD] for part in name.split()})
    ]
    for start in range(0, len(rows), 5_000):
        session.connection().execute(_INTO_WORDS, rows[start : start + 5_000])


def drop_words(session: Session, which: Any) -> None:
    """Let members be found by no word any more: their names are gone, or become others."""
    session.execute(delete(MemberWord).where(which), execution_options={"synchronize_session": False})  # fmt: skip


def members_follow(
    session: Session, ended: int, heir: int, today: date, reordering_id: int
) -> dict[str, int]:
    """Let the members of an ended unit belong to its heir; where they were is kept.

    Returns:
        {id: unit} of those whose past says nothing, because they came only today or wait.
    """
    there = Member.organisation_id == ended
    _keep_past(session, there & (Member.state == "member"), today, reordering_id)
    known = select(PastMemberUnit.member_id).where(PastMemberUnit.reordering_id == reordering_id)
    late = session.scalars(
        select(Member.id).where(there, Member.state != "left", Member.id.not_in(known))
    ).all()
    session.execute(
        update(Member).where(there, Member.state != "left").values(organisation_id=heir),
        execution_options={"synchronize_session": False},
    )
    return {str(member_id): ended for member_id in late}


def members_back(
    session: Session, ended: int, heir: int, reordering_id: int, late: dict[str, int]
) -> None:
    """Let those who came along belong again to the unit that they came from."""
    of_this = (PastMemberUnit.reordering_id == reordering_id) & (
        PastMemberUnit.organisation_id == ended
    )
    came = select(PastMemberUnit.member_id).where(of_this).scalar_subquery()
    others = [int(member_id) for member_id, unit in late.items() if unit == ended]
    session.execute(
        update(Member)
        .where(or_(Member.id.in_(came), Member.id.in_(others)), Member.organisation_id == heir)
        .values(organisation_id=ended),
        execution_options={"synchronize_session": False},
    )
    session.execute(delete(PastMemberUnit).where(of_this))


def new_join_code(
    session: Session, *, organisation_id: int, actor_id: int | None, actor_name: str, now: datetime
) -> str:
    """Make the word by which people ask to join; the one before works no more.

    Raises:
        UnitEnded
    """
    unit = _open(session, organisation_id)
    session.execute(
        update(JoinCode)
        .where(JoinCode.organisation_id == organisation_id, JoinCode.ended_at.is_(None))
        .values(ended_at=now)
    )
    code = random_code(8)
    session.add(
        JoinCode(organisation_id=organisation_id, code=code, made_at=now, made_by_id=actor_id)
    )
    note(
        session, action="join_code.made", subject_kind="organisation", subject_id=unit.id,
        now=now, actor_id=actor_id, actor_name=actor_name, name=unit.name_vi,
    )  # fmt: skip
    return code


def held(session: Session, member_id: int) -> Member:
    """Return a member's row, held until the transaction ends.

    Raises:
        NotYours
    """
    row = one_at_a_time(session, Member, member_id)
    if row is None:
        raise NotYours
    return row


def forget_entry(
    session: Session, *, member_id: int, actor_id: int | None, actor_name: str, now: datetime,
    undoes_id: int | None = None,
) -> None:  # fmt: skip
    """Take an entry back as if it had never been: while she belongs where she was entered.

    Raises:
        UndoTooLate: she left or moved since.
    """
    row = held(session, member_id)
    moved = session.scalar(
        select(func.count()).select_from(PastMemberUnit).where(
            PastMemberUnit.member_id == member_id
        )
    )  # fmt: skip
    if row.state != "member" or moved:
        raise UndoTooLate
    drop_words(session, MemberWord.member_id == member_id)
    session.delete(row)
    _note(session, row, "entry_taken_back", now, actor_id, actor_name, undoes_id)


def _open(session: Session, organisation_id: int) -> Organisation:
    unit = organisation(session, organisation_id, to_change=True)
    if unit.valid_to is not None:
        raise UnitEnded
    return unit


def _row(
    organisation_id: int, person: Person, state: str, came_by: str, added_by_id: int | None,
    now: datetime,
) -> dict[str, Any]:  # fmt: skip
    name, safe = one_line(person.name)[:120], vault()
    key = safe.new_key() if person.phone else b""
    return {
        "organisation_id": organisation_id, "state": state, "name": name,
        "sort_name": sort_name(name), "born_in": person.born_in, "data_key": key,
        "contact": safe.seal(key, {"phone": person.phone}) if person.phone else b"",
        "phone_index": safe.index("phone", person.phone) if person.phone else None,
        "joined_on": person.joined_on or vietnam_date(now), "left_on": None, "came_by": came_by,
        "added_by_id": added_by_id, "created_at": now,
    }  # fmt: skip


def _keep_past(session: Session, which: Any, today: date, reordering_id: int | None) -> None:
    """Write down which units some members belonged to until yesterday."""
    last = today - timedelta(days=1)
    since = (
        select(func.max(PastMemberUnit.valid_to))
        .where(PastMemberUnit.member_id == Member.id)
        .correlate(Member)
        .scalar_subquery()
    )
    rows: Iterable[Any] = session.execute(
        select(Member.id, Member.organisation_id, Member.joined_on, since.label("until")).where(
            which
        )
    ).all()
    past = []
    for row in rows:
        first = row.until + timedelta(days=1) if row.until is not None else row.joined_on
        if first <= last:
            past.append(
                {"member_id": row.id, "organisation_id": row.organisation_id, "valid_from": first,
                 "valid_to": last, "reordering_id": reordering_id}
            )  # fmt: skip
    if past:
        session.connection().execute(rows_into(PastMemberUnit), past)


def _note(
    session: Session, row: Member, what: str, now: datetime, actor_id: int | None,
    actor_name: str, undoes_id: int | None, **facts: Any,
) -> None:  # fmt: skip
    note(
        session, action=f"member.{what}", subject_kind="member", subject_id=row.id, now=now,
        actor_id=actor_id, actor_name=actor_name, undoes_id=undoes_id,
        organisation_id=row.organisation_id, **facts,
    )  # fmt: skip
