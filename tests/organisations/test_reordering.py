"""Units move, become one and are divided: by two people, with a history, taken back until used."""

import contextlib
import random
import threading
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select
from sqlalchemy.exc import IntegrityError

from shop.audit.models import AuditEntry
from shop.db import db, in_transaction, transaction
from shop.kernel.errors import Refusal
from shop.operations.undo import undo
from shop.organisations import reordering
from shop.organisations.actions import appoint, close_organisation, create_organisation
from shop.organisations.memberships import end_membership
from shop.organisations.models import Membership, Organisation, OrganisationClosure, PastParent
from shop.organisations.queries import may, path_of
from shop.organisations.reordering import do_reordering, drop_reordering, propose_reordering
from shop.organisations.rules import (
    NothingToReorder,
    NotOneKind,
    ReorderedByOneself,
    ReorderingMovedOn,
    UndoTooLate,
    UnitEnded,
    WouldRing,
    WrongParent,
    WrongTerm,
)
from shop.organisations.structure import (
    INVARIANTS,
    became_of,
    history_of,
    inside_on,
    structure_on,
)
from shop.sellers.models import Seller
from shop.sellers.units import follow_units
from tests.conftest import NOON
from tests.engines import both_engines

TODAY = date(2026, 11, 23)
BEFORE = TODAY - timedelta(days=1)
BY: dict[str, Any] = {"actor_id": None, "actor_name": "Hảo"}


@pytest.fixture
def two(an_account: Callable[..., int]) -> tuple[int, int]:
    return an_account("Hạnh"), an_account("Hoà")


@pytest.fixture
def city(an_organisation: Callable[..., int]) -> dict[str, int]:
    """A city with two communes; the first with two branches, the second with one."""
    top = an_organisation("Hội LHPN thành phố", kind="province")
    north, south = an_organisation("Xã Bắc", top), an_organisation("Xã Nam", top)
    return {
        "top": top, "north": north, "south": south,
        "a": an_organisation("Chi hội A", north, "branch"),
        "b": an_organisation("Chi hội B", north, "branch"),
        "c": an_organisation("Chi hội C", south, "branch"),
    }  # fmt: skip


def merged(*units: int, into: int | None = None, name: str = "Xã Mới", carry: bool = True) -> Any:
    named = {"name_vi": name, "name_en": "", "carry": carry}
    return "merge", {"unit_ids": list(units), "into_id": into, **named}


def moved(unit: int, parent: int | None) -> Any:
    return "move", {"unit_id": unit, "parent_id": parent}


def divided(unit: int, *names: str, children: Any = (), keeps: bool = False) -> Any:
    parts = [{"name_vi": name, "name_en": ""} for name in names]
    return "split", {
        "unit_id": unit, "parts": parts, "keeps": keeps, "carry": True,
        "children": {str(child): part for child, part in dict(children).items()},
    }  # fmt: skip


def propose(what: Any, two: tuple[int, int], now: Any = NOON) -> int:
    kind, plan = what
    with transaction() as session:
        return propose_reordering(
            session, kind=kind, plan=plan, proposer_id=two[0], now=now, **BY
        ).id


def confirm(number: int, confirmer: int, now: Any = NOON) -> bool:
    return in_transaction(
        lambda session: do_reordering(
            session, reordering_id=number, confirmer_id=confirmer, follow=follow_units, now=now,
            **BY,
        )
    )  # fmt: skip


def do(what: Any, two: tuple[int, int], now: Any = NOON) -> int:
    number = propose(what, two, now)
    assert confirm(number, two[1], now)
    return number


def take_back(now: Any = NOON) -> None:
    db.session.rollback()
    entry = db.session.scalars(
        select(AuditEntry.id).where(AuditEntry.action == "organisation.reordered")
        .order_by(AuditEntry.id.desc())
    ).first()  # fmt: skip
    with transaction() as session:
        undo(session, entry_id=entry or 0, now=now, **BY)


def newest() -> int:
    db.session.rollback()
    return db.session.scalars(select(Organisation.id).order_by(Organisation.id.desc())).first() or 0


def snapshot() -> Any:
    """Return all that the tree and its offices consist of, but for units that never were."""
    db.session.rollback()
    session = db.session()
    units = [
        (u.id, u.parent_id, u.valid_to)
        for u in session.scalars(select(Organisation).order_by(Organisation.id))
        if u.valid_to is None or u.valid_to >= u.valid_from
    ]
    known = {unit[0] for unit in units}
    closure = sorted(
        tuple(row)
        for row in session.execute(
            select(
                OrganisationClosure.ancestor_id, OrganisationClosure.descendant_id,
                OrganisationClosure.depth,
            )
        )
        if row.descendant_id in known
    )  # fmt: skip
    terms = [
        (m.id, m.organisation_id, m.ends_on)
        for m in session.scalars(select(Membership).order_by(Membership.id))
    ]
    stalls = [tuple(r) for r in session.execute(select(Seller.id, Seller.organisation_id))]
    past = [
        tuple(r) for r in session.execute(select(PastParent.organisation_id, PastParent.valid_to))
    ]
    return units, closure, terms, stalls, past


def check_tree(days: Iterator[date] | list[date]) -> None:
    """The tree is a tree: today by its closure, on every day by its dates."""
    db.session.rollback()
    session = db.session()
    for name, query in INVARIANTS.items():
        assert session.execute(query).all() == [], name
    for day in days:
        rows = structure_on(session, day)
        there = {row["id"]: row["parent_id"] for row in rows}
        units = session.scalars(
            select(Organisation.id).where(
                Organisation.valid_from <= day,
                Organisation.valid_to.is_(None) | (Organisation.valid_to >= day),
            )
        ).all()
        assert sorted(there) == sorted(units), f"rings or lost units on {day}"
        assert all(parent is None or parent in there for parent in there.values()), day
    db.session.rollback()


@both_engines
def test_two_communes_become_one_with_all_that_is_below_and_come_apart_again(
    app: Flask, city: dict[str, int], two: tuple[int, int], an_account: Callable[..., int],
    a_seller: Callable[..., int],
) -> None:  # fmt: skip
    head, member = an_account("Lành"), an_account("Sen")
    stall = a_seller(organisation_id=city["north"])
    with transaction() as session:
        for person, role in ((head, "head"), (member, "member")):
            appoint(
                session, organisation_id=city["north"], account_id=person, role=role,
                starts_on=TODAY - timedelta(days=99), now=NOON, **BY,
            )  # fmt: skip
    before = snapshot()
    do(merged(city["north"], city["south"]), two)
    new = newest()
    session = db.session()
    assert [step["id"] for step in path_of(session, city["c"])] == [city["top"], new, city["c"]]
    assert session.get_one(Seller, stall).organisation_id == new
    assert may(session, head, "edit_units", city["c"], TODAY), "her office went along"
    assert may(session, head, "see_books", city["south"], TODAY), "what the ended one left is hers"
    assert became_of(session, session.get_one(Organisation, city["south"])).id == new
    old = {row["id"]: row for row in structure_on(session, BEFORE)}
    assert old[city["a"]]["parent_id"] == city["north"]
    assert new not in old
    assert inside_on(old.values(), {city["north"]}) == {city["north"], city["a"], city["b"]}
    assert inside_on(structure_on(session, TODAY), {new}) == {new, city["a"], city["b"], city["c"]}
    assert history_of(session, city["a"])[0]["name_vi"] == "Xã Bắc"
    check_tree([BEFORE, TODAY, TODAY + timedelta(days=9)])
    take_back()
    assert snapshot() == before
    check_tree([BEFORE, TODAY])
    with pytest.raises(UndoTooLate):
        take_back()


def test_offices_end_with_a_merger_that_does_not_carry_them_and_members_go_along(
    app: Flask, city: dict[str, int], two: tuple[int, int], an_account: Callable[..., int]
) -> None:
    head, member = an_account("Lành"), an_account("Sen")
    with transaction() as session:
        for person, role in ((head, "head"), (member, "member")):
            appoint(
                session, organisation_id=city["north"], account_id=person, role=role,
                starts_on=TODAY - timedelta(days=9), now=NOON, **BY,
            )  # fmt: skip
    do(merged(city["north"], into=city["south"], carry=False), two)
    session = db.session()
    assert not may(session, head, "see_unit", city["a"], TODAY)
    assert may(session, head, "see_unit", city["north"], BEFORE)
    assert may(session, member, "see_unit", city["south"], TODAY)
    assert session.get_one(Organisation, city["a"]).parent_id == city["south"]


def test_a_unit_is_divided_and_its_parts_take_what_was_given_to_them(
    app: Flask, city: dict[str, int], two: tuple[int, int], a_seller: Callable[..., int]
) -> None:
    stall = a_seller(organisation_id=city["north"])
    before = snapshot()
    do(divided(city["north"], "Xã Một", "Xã Hai", children={city["b"]: 1}), two)
    second, first = newest(), newest() - 1
    session = db.session()
    assert session.get_one(Organisation, city["a"]).parent_id == first
    assert session.get_one(Organisation, city["b"]).parent_id == second
    assert session.get_one(Seller, stall).organisation_id == first
    assert session.get_one(Organisation, city["north"]).valid_to == BEFORE
    check_tree([BEFORE, TODAY])
    take_back()
    assert snapshot() == before
    do(divided(city["north"], "", "Xã Ba", children={city["b"]: 1}, keeps=True), two)
    assert db.session.get_one(Organisation, city["north"]).valid_to is None
    assert db.session.get_one(Organisation, city["b"]).parent_id == newest()
    check_tree([BEFORE, TODAY])


def test_one_person_alone_changes_nothing(
    app: Flask, city: dict[str, int], two: tuple[int, int]
) -> None:
    before = snapshot()
    number = propose(moved(city["a"], city["south"]), two)
    assert snapshot() == before, "a proposal changes nothing"
    with pytest.raises(ReorderedByOneself):
        confirm(number, two[0])
    with transaction() as session:
        drop_reordering(session, reordering_id=number, decider_id=two[0], now=NOON, **BY)
    with pytest.raises(ReorderingMovedOn):
        confirm(number, two[1])
    assert snapshot() == before
    again = propose(moved(city["a"], city["south"]), two)
    assert confirm(again, two[1])
    assert not confirm(again, two[1]), "the second tap does nothing"


def test_what_makes_no_tree_is_refused_and_nothing_is_stored(
    app: Flask, city: dict[str, int], two: tuple[int, int], an_organisation: Callable[..., int]
) -> None:
    group = an_organisation("Tổ", city["a"], "group")
    before = snapshot()
    for refusal, what in (
        (WouldRing, moved(city["top"], city["a"])), (WouldRing, moved(city["a"], city["a"])),
        (WrongParent, moved(city["b"], group)),
        (WrongParent, moved(city["a"], None)), (NothingToReorder, moved(city["a"], city["north"])),
        (NotOneKind, merged(city["north"], city["a"])), (NothingToReorder, merged(city["north"])),
        (NothingToReorder, merged(city["north"], into=city["north"])),
        (NothingToReorder, merged(city["north"], city["south"], name=" ")),
        (NothingToReorder, divided(city["north"], "Một mình")),
        (NothingToReorder, divided(city["north"], "Một", "Hai", children={city["a"]: 7})),
    ):  # fmt: skip
        with pytest.raises(refusal):
            propose(what, two)
    assert snapshot() == before
    twice = [propose(merged(city["north"], city["south"], name=name), two) for name in "AB"]
    late = propose(moved(city["c"], city["north"]), two)
    assert confirm(twice[0], two[1])
    after = snapshot()
    for number in (twice[1], late):  # Merged twice; and below a parent that ended meanwhile.
        with pytest.raises(UnitEnded):
            confirm(number, two[1])
    with pytest.raises(UnitEnded), transaction() as session:
        create_organisation(
            session, kind="branch", name_vi="X", name_en="", parent_id=city["north"],
            now=NOON + timedelta(days=2), **BY,
        )  # fmt: skip
    with pytest.raises(WrongTerm), transaction() as session:
        create_organisation(
            session, kind="branch", name_vi="X", name_en="", parent_id=newest(), now=NOON,
            valid_from=BEFORE, **BY,
        )  # fmt: skip
    assert snapshot() == after


def test_what_was_built_on_a_merger_keeps_it_from_being_taken_back(
    app: Flask, city: dict[str, int], two: tuple[int, int], an_account: Callable[..., int],
    a_seller: Callable[..., int],
) -> None:  # fmt: skip
    head = an_account("Lành")
    with transaction() as session:
        appoint(
            session, organisation_id=city["north"], account_id=head, role="head",
            starts_on=BEFORE, now=NOON, **BY,
        )  # fmt: skip
    do(merged(city["north"], city["south"]), two)
    new = newest()
    carried = db.session.scalars(
        select(Membership.id).where(Membership.organisation_id == new)
    ).one()
    with transaction() as session:
        end_membership(
            session, membership_id=carried, organisation_id=new, now=NOON + timedelta(days=3), **BY
        )
    with pytest.raises(UndoTooLate):  # It would give her office back, which she lost since.
        take_back()
    do(divided(city["top"], "", "X", keeps=True), two)
    take_back()
    number = do(merged(city["a"], city["b"], name="Chi hội AB"), two)
    joined = newest()
    a_seller(organisation_id=joined)
    with pytest.raises(UndoTooLate):
        take_back()
    assert number
    assert db.session.get_one(Organisation, city["a"]).valid_to == BEFORE


def test_a_move_is_not_taken_back_to_below_a_unit_that_ended_or_over_a_later_act(
    app: Flask, city: dict[str, int], two: tuple[int, int]
) -> None:
    do(moved(city["c"], city["north"]), two)
    with transaction() as session:
        close_organisation(session, organisation_id=city["south"], open_sellers=0, now=NOON, **BY)
    with pytest.raises(UndoTooLate):
        take_back()
    do(merged(city["a"], city["b"], name="AB"), two)
    check_tree([BEFORE, TODAY])


@pytest.mark.parametrize(
    ("engine_name", "seed"), [("sqlite", 1), ("sqlite", 2), ("sqlite", 3), ("postgresql", 4)]
)
def test_whatever_is_done_the_tree_stays_a_tree_on_every_day(
    app: Flask, city: dict[str, int], two: tuple[int, int], seed: int
) -> None:
    chance, now, done = random.Random(seed), NOON, 0
    for _step in range(45):
        now += timedelta(days=chance.choice((0, 0, 1, 5)))
        db.session.rollback()
        units = [
            u.id for u in db.session.scalars(select(Organisation).order_by(Organisation.id))
            if u.valid_to is None or chance.random() < 0.1
        ]  # fmt: skip
        one, other = chance.choice(units), chance.choice([*units, None])
        try:
            match chance.randrange(6):
                case 0 | 1:
                    do(moved(one, other), two, now)
                case 2:
                    into = chance.choice([None, None, chance.choice(units)])
                    do(merged(*chance.sample(units, 2), into=into, name=f"M{done}"), two, now)
                case 3:
                    below = {u: chance.randrange(2) for u in units}
                    keeps = chance.random() < 0.5
                    do(divided(one, f"S{done}", f"T{done}", children=below, keeps=keeps), two, now)
                case 4:
                    with transaction() as session:
                        kind = chance.choice(("commune", "branch", "branch", "group", "club"))
                        create_organisation(
                            session, kind=kind, name_vi=f"N{done}", name_en="", parent_id=other,
                            now=now, **BY,
                        )  # fmt: skip
                case _:
                    take_back(now)
            done += 1
        except (Refusal, ValueError):
            pass
        db.session.rollback()
    assert done >= 12
    days = [NOON.date() + timedelta(days=n) for n in range(-1, (now - NOON).days + 2)]
    check_tree(days)


@pytest.fixture
def meeting(
    app: Flask, city: dict[str, int], two: tuple[int, int], monkeypatch: pytest.MonkeyPatch,
    an_organisation: Callable[..., int],
) -> Callable[..., list[str]]:  # fmt: skip
    """Two moves at once, each below the other: kinds would forbid it, so they are silenced.

    ``meeting(seconds)``: how long one waits for the other; where the lock holds, in vain.
    """
    monkeypatch.setattr(reordering, "may_hang_below", lambda *_: True)
    first = propose(moved(city["a"], city["b"]), two)
    second = propose(moved(city["b"], city["a"]), two)
    both_asked = threading.Barrier(2)
    patience = [1.5]
    asked = reordering.check_plan

    def ask_and_wait(*args: Any) -> Any:
        found = asked(*args)
        with contextlib.suppress(threading.BrokenBarrierError):
            both_asked.wait(timeout=patience[0])
        return found

    monkeypatch.setattr(reordering, "check_plan", ask_and_wait)

    def run(seconds: float = 1.5) -> list[str]:
        patience[0] = seconds
        came: list[str] = []

        def one(number: int) -> None:
            with app.app_context():
                try:
                    confirm(number, two[1])
                    came.append("done")
                except Refusal as refusal:
                    came.append(refusal.code)
                except IntegrityError as error:
                    came.append(type(error).__name__)
                finally:
                    db.session.remove()

        threads = [threading.Thread(target=one, args=(number,)) for number in (first, second)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sorted(came)

    return run


@both_engines
def test_of_two_moves_that_would_make_a_ring_one_is_refused(
    app: Flask, meeting: Callable[..., list[str]]
) -> None:
    assert meeting() == ["done", "would_ring"]
    check_tree([BEFORE, TODAY])


@pytest.mark.parametrize("engine_name", ["postgresql"])
def test_without_the_lock_of_the_tree_only_the_number_of_the_act_stops_the_second(
    app: Flask, meeting: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reordering, "hold_tree", lambda _session: None)
    both_numbered = threading.Barrier(2)

    def wait_for_both(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "max(reorderings.number)" in statement:
            both_numbered.wait(timeout=30)

    event.listen(db.engine, "after_cursor_execute", wait_for_both)
    try:
        said = meeting(30)
    finally:
        event.remove(db.engine, "after_cursor_execute", wait_for_both)
    assert said == ["IntegrityError", "done"], "both saw a tree in which they could move"
    check_tree([BEFORE, TODAY])
