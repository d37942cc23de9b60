"""The one permission table, over its whole square, and how far a right reaches."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from shop.db import db, transaction
from shop.organisations.actions import appoint, close_organisation, end_membership
from shop.organisations.models import Membership
from shop.organisations.permissions import RIGHTS, ROLES, roles_with
from shop.organisations.queries import may, rights_of, units_where
from tests.conftest import NOON
from tests.engines import both_engines

TODAY = date(2026, 11, 23)
BY: dict[str, Any] = {"actor_id": None, "actor_name": "Hảo", "now": NOON}

#: The square once more, written down by hand: a changed mark in the table is seen here.
EXPECTED = {
    "see_unit": "head deputy treasurer officer member organiser helper trainer",
    "see_sellers": "head deputy treasurer officer organiser helper",
    "see_orders": "head deputy treasurer officer organiser helper",
    "move_orders": "head deputy officer",
    "edit_units": "head deputy",
    "appoint": "head",
    "create_seller": "head deputy officer",
    "edit_seller": "head deputy officer helper",
    "approve_seller": "head deputy",
    "give_code": "head deputy officer helper",
    "check_papers": "head deputy officer",
    "describe_pictures": "head deputy officer helper",
    "answer_complaints": "head deputy officer helper",
    "judge_reviews": "head deputy",
    "change_bank_account": "head treasurer",
    "confirm_money_in": "head treasurer",
    "propose_money_out": "treasurer officer",
    "confirm_money_out": "head deputy",
    "give_vouchers": "head deputy treasurer",
    "see_books": "head deputy treasurer",
    "set_shares": "head deputy",
    "run_calls": "head deputy officer organiser",
    "run_campaigns": "head deputy officer organiser",
    "approve_campaigns": "head deputy treasurer",
    "run_markets": "head deputy officer organiser",
    "run_stall": "head deputy officer organiser helper",
    "see_audit": "head deputy treasurer",
    "see_members": "head deputy officer helper",
    "edit_members": "head deputy officer",
    "keep_groups": "head deputy officer organiser",
    "announce": "head deputy officer organiser",
    "write_reports": "head deputy officer",
    "teach": "head deputy officer trainer",
    "answer_questions": "head deputy officer helper trainer",
}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("right", RIGHTS)
def test_every_cell_of_the_table_is_as_decided(right: str, role: str) -> None:
    assert (role in RIGHTS[right]) == (role in EXPECTED[right].split())


def test_money_going_out_takes_two_different_hands() -> None:
    assert not roles_with("propose_money_out") & roles_with("confirm_money_out")


def test_an_unknown_right_is_a_bug() -> None:
    with pytest.raises(KeyError):
        roles_with("fly")


@pytest.fixture
def three_units(an_organisation: Callable[..., int]) -> tuple[int, int, int]:
    """A commune, a branch below it, and another commune."""
    top = an_organisation("Hội LHPN xã Sông Lành")
    return (
        top,
        an_organisation("Chi hội Gò Mít", parent_id=top, kind="branch"),
        an_organisation("Khác"),
    )


@both_engines
@pytest.mark.parametrize("role", ROLES)
def test_rights_run_down_the_subtree_and_nowhere_else(
    app: Flask, three_units: tuple[int, int, int], an_account: Callable[..., int], role: str
) -> None:
    top, branch, other = three_units
    person = an_account()
    with transaction() as session:
        appoint(session, organisation_id=top, account_id=person, role=role, starts_on=TODAY, **BY)
    session = db.session()
    found = rights_of(session, person, TODAY)
    for right, roles in RIGHTS.items():
        expected = {top, branch} if role in roles else set()
        assert found[right] == expected
        assert set(session.scalars(units_where(person, right, TODAY))) == expected
        for unit in (top, branch, other):
            assert may(session, person, right, unit, TODAY) == (unit in expected)


@both_engines
def test_a_right_below_does_not_reach_up(
    app: Flask, three_units: tuple[int, int, int], an_account: Callable[..., int]
) -> None:
    top, branch, _other = three_units
    person = an_account()
    with transaction() as session:
        appoint(
            session, organisation_id=branch, account_id=person, role="head", starts_on=TODAY, **BY
        )
    assert may(db.session(), person, "edit_units", branch, TODAY)
    assert not may(db.session(), person, "edit_units", top, TODAY)


@both_engines
def test_rights_hold_from_the_first_to_the_last_day(
    app: Flask, three_units: tuple[int, int, int], an_account: Callable[..., int]
) -> None:
    top, _branch, _other = three_units
    person = an_account()
    last = TODAY + timedelta(days=10)
    with transaction() as session:
        appoint(
            session, organisation_id=top, account_id=person, role="head",
            starts_on=TODAY + timedelta(days=1), ends_on=last, **BY,
        )  # fmt: skip
    held = [
        may(db.session(), person, "appoint", top, on)
        for on in (TODAY, TODAY + timedelta(days=1), last, last + timedelta(days=1))
    ]
    assert held == [False, True, True, False]


@both_engines
def test_a_dismissal_and_a_closed_unit_end_rights_at_once(
    app: Flask, three_units: tuple[int, int, int], an_account: Callable[..., int]
) -> None:
    top, branch, other = three_units
    one, two = an_account(), an_account()
    with transaction() as session:
        first = appoint(
            session, organisation_id=top, account_id=one, role="head",
            starts_on=TODAY - timedelta(days=9), **BY,
        )  # fmt: skip
        appoint(
            session, organisation_id=other, account_id=two, role="head",
            starts_on=TODAY - timedelta(days=9), **BY,
        )  # fmt: skip
        first_id = first.id
    with transaction() as session:
        end_membership(session, membership_id=first_id, organisation_id=top, **BY)
        close_organisation(session, organisation_id=other, open_sellers=0, **BY)
    assert not may(db.session(), one, "see_unit", branch, TODAY)
    assert not may(db.session(), two, "see_unit", other, TODAY)
    assert may(db.session(), one, "see_unit", branch, TODAY - timedelta(days=2))
    kept = db.session.scalars(select(Membership.ends_on)).all()
    assert kept == [TODAY - timedelta(days=1)] * 2
