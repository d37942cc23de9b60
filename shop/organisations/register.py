"""Reads of the register of members: who is in a unit and below, and who asked to join."""

from datetime import date
from typing import Any

from sqlalchemy import func, literal, select
from sqlalchemy.orm import Session, aliased

from shop.current import vault
from shop.kernel.errors import NotYours
from shop.kernel.phones import read_phone
from shop.organisations.models import (
    JoinCode,
    Member,
    MemberSheet,
    MemberWord,
    Organisation,
    OrganisationClosure,
    PastMemberUnit,
)
from shop.web.lists import MOST_COUNTED

#: What so many have is met on the way through the register; fewer are looked up by their words.
_MANY = 10_000
#: A word is counted to here, and so many of those who have the rarest are asked for the others.
_MOST, _SOME = 20_000, 500


def members_of(
    session: Session, unit_id: int, words: list[str], typed: str, state: str
) -> tuple[Any, tuple[Any, Any]]:
    """Return a statement of the members of a unit and of all below it, and its order: by given name.

    Args:
        words: folded words; a word of the name begins with each of them.
        typed: the same as it was typed: a whole phone finds whoever has it.
    """
    inside = select(OrganisationClosure.descendant_id).where(
        OrganisationClosure.ancestor_id == unit_id
    )
    wanted = (
        select(
            Member.id, Member.name, Member.state, Member.joined_on, Member.left_on, Member.born_in,
            Member.organisation_id, Organisation.name_vi, Organisation.name_en,
        )
        .join(Organisation, Organisation.id == Member.organisation_id)
        .where(Member.organisation_id.in_(inside), Member.state == state)
    )  # fmt: skip
    order = (Member.sort_name, Member.id)
    phone = read_phone(typed) if typed else None
    if phone is not None:
        return wanted.where(Member.phone_index == vault().index("phone", phone.e164)), order
    if not words or _many(session, words):
        # Every page meets enough of them on a short walk through the register in its order.
        return wanted.where(*map(_has, words)), order
    # Found first, then sorted: left to itself PostgreSQL walks the whole register in order.
    named = select(MemberWord.member_id).where(_begins(words[0]))
    for word in words[1:]:
        also = aliased(MemberWord)
        named = named.where(
            MemberWord.member_id.in_(select(also.member_id).where(_begins(word, also)))
        )
    named = named.distinct().subquery()
    wanted = wanted.join(named, named.c.member_id == Member.id)
    return wanted, (Member.sort_name + "", Member.id)


def _has(word: str) -> Any:
    """Condition: a word of the name begins so, asked of the name itself."""
    return (" " + Member.sort_name).contains(f" {word}", autoescape=True)


def _begins(word: str, words: Any = MemberWord) -> Any:
    """Condition: a word of a name begins so. Asked as a range, which an index answers."""
    after = word[:-1] + chr(ord(word[-1]) + 1)
    return (words.word >= word) & (words.word < after)


def _many(session: Session, words: list[str]) -> bool:
    """Tell whether many names have all these words: told by some names that have the rarest one."""
    numbers = {}
    for word in words:
        some = select(literal(1)).select_from(MemberWord).where(_begins(word)).limit(_MOST)
        numbers[word] = session.scalar(select(func.count()).select_from(some.subquery())) or 0
    rarest = min(words, key=lambda word: numbers[word])
    others = [_has(word) for word in words if word != rarest]
    if not others or numbers[rarest] < _MANY:
        return numbers[rarest] >= _MANY
    asked = select(MemberWord.member_id).where(_begins(rarest)).limit(_SOME).subquery()
    met = session.scalar(
        select(func.count())
        .select_from(Member)
        .join(asked, asked.c.member_id == Member.id)
        .where(*others)
    )
    return (met or 0) * numbers[rarest] >= _MANY * min(_SOME, numbers[rarest])


def member_numbers(session: Session, unit_id: int) -> dict[str, int]:
    """Return how many members a unit and all below it have: {"asked", "member", "left"}.

    Counted to ``MOST_COUNTED``, as lists are: the report of a quarter tells the whole number.
    """
    inside = select(OrganisationClosure.descendant_id).where(
        OrganisationClosure.ancestor_id == unit_id
    )

    def counted(state: str) -> int:
        some = (
            select(literal(1))
            .select_from(Member)
            .where(Member.organisation_id.in_(inside), Member.state == state)
            .limit(MOST_COUNTED)
            .subquery()
        )
        return session.scalar(select(func.count()).select_from(some)) or 0

    return {state: counted(state) for state in ("asked", "member", "left")}


def member(session: Session, member_id: int) -> Member:
    """Return a member.

    Raises:
        NotYours: there is none.
    """
    row = session.get(Member, member_id)
    if row is None:
        raise NotYours
    return row


def phone_of(row: Member) -> str | None:
    """Return a member's phone as E.164."""
    return vault().open(row.data_key, row.contact)["phone"] if row.contact else None


def join_code_of(session: Session, unit_id: int) -> str | None:
    """Return the word by which people ask to join a unit now."""
    return session.scalar(
        select(JoinCode.code).where(
            JoinCode.organisation_id == unit_id, JoinCode.ended_at.is_(None)
        )
    )


def unit_by_code(session: Session, code: str) -> Organisation | None:
    """Return the open unit that a word leads to."""
    return session.scalar(
        select(Organisation)
        .join(JoinCode, JoinCode.organisation_id == Organisation.id)
        .where(
            JoinCode.code == code,
            JoinCode.ended_at.is_(None),
            Organisation.valid_to.is_(None),
            Organisation.hidden_at.is_(None),
        )
    )


def sheet(session: Session, sheet_id: int) -> MemberSheet:
    """Return a list that was sent.

    Raises:
        NotYours: there is none.
    """
    row = session.get(MemberSheet, sheet_id)
    if row is None:
        raise NotYours
    return row


def everybody(session: Session, unit_id: int) -> Any:
    """Go through the members of a unit and below: (name, phone, born, joined, unit), for a file."""
    inside = select(OrganisationClosure.descendant_id).where(
        OrganisationClosure.ancestor_id == unit_id
    )
    found = session.execute(
        select(Member, Organisation.name_vi)
        .join(Organisation, Organisation.id == Member.organisation_id)
        .where(Member.organisation_id.in_(inside), Member.state == "member")
        .order_by(Member.sort_name, Member.id)
        .execution_options(yield_per=1_000)
    )
    for row, unit in found:
        yield row.name, phone_of(row), row.born_in, row.joined_on, unit


def count_on(session: Session, unit_ids: set[int], on: date, *where: Any) -> int:
    """Return how many women were members of some units on a day, wherever they are today.

    Those who are there now are counted at once; only who moved since is looked at singly.

    Args:
        where: what else must hold of them instead of being a member on that very day.
    """
    holds = where or ((Member.joined_on <= on) & (Member.left_on.is_(None) | (Member.left_on >= on)),)  # fmt: skip
    held_then = (PastMemberUnit.valid_from <= on) & (PastMemberUnit.valid_to >= on)
    moved = (
        select(func.count())
        .select_from(PastMemberUnit)
        .join(Member, Member.id == PastMemberUnit.member_id)
        .where(held_then, Member.state != "asked", *holds)
    )
    here = Member.organisation_id.in_(unit_ids)
    now = session.scalar(
        select(func.count()).select_from(Member).where(here, Member.state != "asked", *holds)
    )
    gone = session.scalar(moved.where(here))
    there = session.scalar(moved.where(PastMemberUnit.organisation_id.in_(unit_ids)))
    return (now or 0) - (gone or 0) + (there or 0)
