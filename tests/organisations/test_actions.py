"""Units open, are renamed and close; people are appointed; and each act leaves its line."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from shop.audit.models import AuditEntry
from shop.db import db, transaction
from shop.kernel.errors import NotYours
from shop.operations.undo import undo
from shop.organisations.actions import (
    appoint,
    close_organisation,
    create_organisation,
    end_membership,
    rename_organisation,
)
from shop.organisations.models import Membership, Organisation, OrganisationClosure
from shop.organisations.queries import path_of, tree
from shop.organisations.rules import (
    KINDS,
    AlreadyAppointed,
    UndoTooLate,
    UnitEnded,
    UnitInUse,
    WrongParent,
    WrongTerm,
    may_hang_below,
)
from tests.conftest import NOON
from tests.engines import both_engines

TODAY = date(2026, 11, 23)
BY: dict[str, Any] = {"actor_id": None, "actor_name": "Hảo", "now": NOON}


def _make(kind: str, name: str, parent_id: int | None = None) -> int:
    with transaction() as session:
        return create_organisation(
            session, kind=kind, name_vi=name, name_en="", parent_id=parent_id, **BY
        ).id


def _lines() -> list[str]:
    return list(db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


@both_engines
def test_a_unit_knows_every_unit_above_it(app: Flask) -> None:
    city = _make("province", "Hội LHPN thành phố Đà Nẵng")
    commune = _make("commune", "Hội LHPN xã Sông Lành", city)
    branch = _make("branch", "Chi hội Gò Mít", commune)
    rows = db.session.execute(
        select(OrganisationClosure.ancestor_id, OrganisationClosure.depth)
        .where(OrganisationClosure.descendant_id == branch)
        .order_by(OrganisationClosure.depth)
    ).all()
    assert rows == [(branch, 0), (commune, 1), (city, 2)]
    assert [step["id"] for step in path_of(db.session(), branch)] == [city, commune, branch]
    shown = [(row["id"], row["depth"]) for row in tree(db.session())]
    assert shown == [(city, 0), (commune, 1), (branch, 2)]
    assert _lines() == ["organisation.created"] * 3


def test_the_same_name_twice_gets_two_addresses(app: Flask) -> None:
    first, second = (
        _make("commune", "Hội LHPN xã Hoà Bình"),
        _make("commune", "Hội LHPN xã Hoà Bình"),
    )
    slugs = db.session.scalars(select(Organisation.slug).order_by(Organisation.id)).all()
    assert first != second
    assert len(set(slugs)) == 2


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("above", [*KINDS, None])
def test_a_unit_hangs_below_a_higher_one_only(kind: str, above: str | None) -> None:
    higher = KINDS.index(above) < KINDS.index(kind) if above else kind in ("province", "commune")
    assert may_hang_below(kind, above) == higher


def test_a_wrong_parent_is_refused_and_nothing_is_stored(app: Flask) -> None:
    branch = _make("branch", "Chi hội Gò Mít", _make("commune", "Hội LHPN xã Sông Lành"))
    with pytest.raises(WrongParent):
        _make("commune", "Xã dưới chi hội", branch)
    with pytest.raises(WrongParent):
        _make("branch", "Chi hội không cha")
    with pytest.raises(NotYours):
        _make("branch", "Chi hội của ai", 9999)
    assert len(db.session.scalars(select(Organisation)).all()) == 2


@both_engines
def test_a_unit_in_use_is_not_closed_and_a_closed_one_gets_nothing_new(
    app: Flask, an_account: Callable[..., int]
) -> None:
    commune, person = _make("commune", "Hội LHPN xã Sông Lành"), an_account()
    branch = _make("branch", "Chi hội Gò Mít", commune)
    with pytest.raises(UnitInUse) as refused, transaction() as session:
        close_organisation(session, organisation_id=commune, open_sellers=0, **BY)
    assert refused.value.units == 1
    with pytest.raises(UnitInUse), transaction() as session:
        close_organisation(session, organisation_id=branch, open_sellers=2, **BY)
    with transaction() as session:
        close_organisation(session, organisation_id=branch, open_sellers=0, **BY)
    with pytest.raises(UnitEnded), transaction() as session:
        close_organisation(session, organisation_id=branch, open_sellers=0, **BY)
    with pytest.raises(UnitEnded), transaction() as session:
        appoint(
            session, organisation_id=branch, account_id=person, role="head",
            starts_on=TODAY, **BY,
        )  # fmt: skip
    with transaction() as session:
        session.get_one(Organisation, branch).valid_from = TODAY - timedelta(days=5)
    with pytest.raises(UnitEnded):
        _make("group", "Tổ dưới chi hội đã khép", branch)


def test_the_same_role_twice_at_a_time_is_refused_and_afterwards_not(
    app: Flask, an_account: Callable[..., int]
) -> None:
    unit, person = _make("commune", "Hội LHPN xã Sông Lành"), an_account()
    wanted: dict[str, Any] = {"organisation_id": unit, "account_id": person, "role": "head"}
    with transaction() as session:
        appoint(session, **wanted, starts_on=TODAY, ends_on=TODAY + timedelta(days=30), **BY)
    for starts_on, ends_on in (
        (TODAY, None), (TODAY + timedelta(days=30), None), (TODAY - timedelta(days=9), TODAY),
    ):  # fmt: skip
        with pytest.raises(AlreadyAppointed), transaction() as session:
            appoint(session, **wanted, starts_on=starts_on, ends_on=ends_on, **BY)
    with pytest.raises(WrongTerm), transaction() as session:
        appoint(session, **wanted, starts_on=TODAY, ends_on=TODAY - timedelta(days=1), **BY)
    with transaction() as session:
        appoint(session, **wanted, starts_on=TODAY + timedelta(days=31), **BY)
    assert len(db.session.scalars(select(Membership)).all()) == 2


def _last_entry() -> int:
    db.session.rollback()
    return db.session.scalars(select(AuditEntry.id).order_by(AuditEntry.id.desc())).first() or 0


def _undo(entry_id: int) -> None:
    with transaction() as session:
        undo(session, entry_id=entry_id, **BY)


@pytest.mark.parametrize("days_served", [20, 0])
def test_the_end_of_a_term_is_not_taken_back_once_she_was_appointed_again(
    app: Flask, an_account: Callable[..., int], days_served: int
) -> None:
    unit, person = _make("commune", "Hội LHPN xã Sông Lành"), an_account("Lành")
    wanted: dict[str, Any] = {"organisation_id": unit, "account_id": person, "role": "treasurer"}
    with transaction() as session:
        first = appoint(
            session, **wanted, starts_on=TODAY - timedelta(days=days_served), **BY
        ).id  # fmt: skip
    with transaction() as session:
        end_membership(session, membership_id=first, organisation_id=unit, **BY)
    ended = _last_entry()
    with transaction() as session:
        again = appoint(session, **wanted, starts_on=TODAY, **BY).id
    with pytest.raises(UndoTooLate):
        _undo(ended)
    db.session.rollback()
    terms = db.session.scalars(select(Membership).where(Membership.account_id == person)).all()
    assert [term.id for term in terms if term.ends_on is None] == [again]
    db.session.rollback()
    with transaction() as session:
        end_membership(session, membership_id=again, organisation_id=unit, **BY)
    _undo(ended)


@both_engines
def test_every_act_on_units_can_be_taken_back_once(
    app: Flask, an_account: Callable[..., int]
) -> None:
    unit, person = _make("commune", "Hội LHPN xã Sông Lành"), an_account("Lành")
    with transaction() as session:
        rename_organisation(
            session, organisation_id=unit, name_vi="Hội LHPN xã Sông Mới", name_en="", **BY
        )
    renamed = _last_entry()
    _undo(renamed)
    assert db.session.get_one(Organisation, unit).name_vi == "Hội LHPN xã Sông Lành"
    with pytest.raises(UndoTooLate):
        _undo(renamed)
    with transaction() as session:
        membership = appoint(
            session, organisation_id=unit, account_id=person, role="head",
            starts_on=TODAY - timedelta(days=20), **BY,
        ).id  # fmt: skip
    with transaction() as session:
        close_organisation(session, organisation_id=unit, open_sellers=0, **BY)
    _undo(_last_entry())
    assert db.session.get_one(Organisation, unit).valid_to is None
    assert db.session.get_one(Membership, membership).ends_on is None
    with transaction() as session:
        end_membership(session, membership_id=membership, organisation_id=unit, **BY)
    _undo(_last_entry())
    db.session.rollback()
    assert db.session.get_one(Membership, membership).ends_on is None
    with transaction() as session:
        day_long = appoint(
            session,
            organisation_id=unit,
            account_id=person,
            role="treasurer",
            starts_on=TODAY,
            **BY,
        ).id
    _undo(_last_entry())
    db.session.rollback()
    assert db.session.get(Membership, day_long) is None
    ended = db.session.scalars(
        select(AuditEntry.id).where(AuditEntry.action == "membership.ended")
        .order_by(AuditEntry.id.desc())
    ).first()  # fmt: skip
    _undo(ended or 0)
    db.session.rollback()
    roles = db.session.scalars(select(Membership.role).order_by(Membership.id)).all()
    assert sorted(roles) == ["head", "treasurer"]


@both_engines
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entries SET actor_name = 'x'", "UPDATE audit_entries SET for_name = 'x'",
        "UPDATE audit_entries SET facts = '{}'", "UPDATE audit_entries SET actor_id = 7",
        "UPDATE audit_entries SET actor_name = '', at = '2020-01-01'", "DELETE FROM audit_entries",
    ],
)  # fmt: skip
def test_the_audit_trail_cannot_be_changed(app: Flask, statement: str) -> None:
    _make("commune", "Hội LHPN xã Sông Lành")
    with pytest.raises(DBAPIError), transaction() as session:
        session.execute(text(statement))
    db.session.rollback()
    assert db.session.scalars(select(AuditEntry.actor_name)).all() == ["Hảo"]


def test_an_act_that_fails_leaves_no_line(app: Flask) -> None:
    with pytest.raises(RuntimeError), transaction() as session:
        create_organisation(
            session, kind="commune", name_vi="Hội", name_en="", parent_id=None, **BY
        )
        raise RuntimeError
    assert _lines() == []
    assert not db.session.scalars(select(Organisation)).all()
