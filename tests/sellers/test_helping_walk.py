"""Every page and act of a stall, of things that are there, by everybody it is open or closed to.

The ids are real (the owner reaches each page of them, seen here too), so a 404 means "not yours", and a page that
opened where it should not would be seen. A new address is walked by itself; an argument that
tests/test_walkers.py cannot fill fails by its name.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from shop.db import transaction
from shop.kernel.clock import now_utc, vietnam_date
from shop.sellers.actions import dismiss_member
from shop.sellers.guards import HOME_ADDRESS
from shop.sellers.helping import grant_help, revoke_help
from shop.sellers.helping_rules import BOARD, HOME, RIGHTS, Help
from shop.sellers.models import HelperGrant, SellerMember
from shop.web.guards import guard_of
from tests.conftest import NOON
from tests.test_walkers import (
    Neighbourhood,
    Walker,
    a_neighbourhood,
    address,
    beside,
    hers,
    stored,
)

__all__ = ["a_neighbourhood", "beside", "hers", "stored"]

#: Where a right may open anything at all, said apart from REACH: (whole addresses, beginnings).
_ORDERS = ({"/ban-hang", "/ban-hang/bang", "/ban-hang/nghe"}, ("/ban-hang/don/", "/ban-hang/goi"))
_GOODS = ("/ban-hang/hang", "/ban-hang/loai/", "/ban-hang/lo/", "/ban-hang/kho")
ROOMS: dict[str, tuple[set[str], tuple[str, ...]]] = {
    "see_orders": _ORDERS,
    "move_orders": ({*_ORDERS[0], "/ban-hang/viet-don"}, _ORDERS[1]),
    "answer_money": _ORDERS,
    "edit_goods": (set(), _GOODS),
    "count_stock": (set(), _GOODS),
    "answer_reviews": (set(), ("/ban-hang/danh-gia",)),
}
#: Whoever helps: for whom she does, stopping, and going to another stall.
ALWAYS = {"/ban-hang/giup", "/ban-hang/giup/thoi", "/ban-hang/gian-khac"}

#: A whole page that says "not found" takes longer than all that led to it.
BRIEFLY = "application/json"
#: What a page has to be asked, to be there at all.
ASKED = {"selling.earnings_lines": "?o=da-ban"}


class Step(NamedTuple):
    """A page or an act of a stall."""

    endpoint: str
    method: str
    rule: str
    way: str
    names_something: bool


def steps(app: Flask, of: Neighbourhood) -> list[Step]:
    """Return every page and act of a stall with the ids of a neighbourhood."""
    found = []
    for rule in app.url_map.iter_rules():
        if guard_of(app, rule.endpoint) == "seller":
            values = {name: of.id_of(rule.endpoint, name) for name in rule.arguments}
            way = address(app, rule, values) + ASKED.get(rule.endpoint, "")
            found += [
                Step(rule.endpoint, method, rule.rule, way, bool(rule.arguments))
                for method in sorted(set(rule.methods or ()) - {"HEAD", "OPTIONS"})
            ]
    return found


def owner_of(stall: int) -> int:
    with transaction() as session:
        return session.scalars(
            select(SellerMember.account_id).where(
                SellerMember.seller_id == stall, SellerMember.role == "owner"
            )
        ).one()


@pytest.fixture
def a_helper(
    an_account: Callable[..., int], sign_in: Callable[..., FlaskClient]
) -> Callable[..., tuple[Walker, int]]:
    """Let somebody help at a stall; returns her, signed in and seen there, and her leave's id."""

    def make(
        name: str, stall: int, owner_id: int, rights: tuple[str, ...] = RIGHTS
    ) -> tuple[Walker, int]:
        person, now = an_account(f"Giúp {name}"), now_utc()
        with transaction() as session:
            grant = grant_help(
                session, seller_id=stall, helper_id=person, owner_id=owner_id, rights=rights,
                last_day=vietnam_date(now + timedelta(9)), consent_kind="voice",
                consent_on=vietnam_date(now), actor_id=None, actor_name="Hương", now=now,
            ).id  # fmt: skip
        browser = sign_in(person, "seller")
        assert browser.get("/ban-hang/giup").status_code == 200
        return Walker(name, browser), grant

    return make


def no_longer(a_helper: Any, stall: int, other: int) -> list[Walker]:
    """Return people who could do everything at a stall until a moment ago.

    Args:
        other: an account that owns the stall beside its owner, for that long.
    """
    owner_id = owner_of(stall)
    with transaction() as session:
        session.add(SellerMember(seller_id=stall, account_id=other, role="owner", since=NOON))
    revoked, ended = a_helper("revoked", stall, owner_id)
    expired, over = a_helper("expired", stall, owner_id)
    orphaned, _ = a_helper("owner gone", stall, other)
    by = {"actor_id": owner_id, "actor_name": "", "now": now_utc()}
    with transaction() as session:
        revoke_help(session, seller_id=stall, grant_id=ended, how="owner", **by)
        row = session.get_one(HelperGrant, over)
        row.ends_at = row.starts_at + timedelta(microseconds=1)
        dismiss_member(session, seller_id=stall, account_id=other, **by)
    return [revoked, expired, orphaned]


def test_nobody_without_leave_that_holds_finds_any_address_of_a_stall(
    app: Flask, hers: Neighbourhood, beside: Neighbourhood, a_helper: Any, an_account: Any,
    sign_in: Any, stored: Callable[[], int],
) -> None:  # fmt: skip
    """In a session that was open before it ended, too."""
    stall, elsewhere = hers.ids["seller_id"], beside.ids["seller_id"]
    stranger = Walker("stranger", app.test_client())
    closed = [
        Walker("never helped", sign_in(an_account("Mận"), "seller")),
        *no_longer(a_helper, stall, an_account("Hoa")),
    ]
    # Who stands at a stall of her own is shown that one, where nothing is named.
    at_another = [
        Walker("another seller", beside.people["owner"]),
        a_helper("helps at another stall", elsewhere, owner_of(elsewhere))[0],
    ]
    for walker in closed + at_another:
        walker.browser.environ_base["HTTP_ACCEPT"] = BRIEFLY
    wrong = []
    for step in steps(app, hers):
        method, way = step.method, step.way
        before = stored()
        for walker in closed + (at_another if step.names_something else []):
            answer = walker.go(method, way)
            # The door for sellers at the foot of every page shows who has no stall how to open one.
            if way == "/ban-hang" and answer.headers.get("Location") == "/mo-gian-hang":
                continue
            if answer.status_code != 404:
                wrong.append(f"{walker.name}: {method} {way} answered {answer.status_code}")
        answer = stranger.go(method, way)
        if not answer.headers.get("Location", "").startswith("/dang-nhap?"):
            wrong.append(f"stranger: {method} {way} answered {answer.status_code}")
        if stored() != before:
            wrong.append(f"{method} {way} stored something")
    assert not wrong, "\n".join(wrong)


def test_each_right_opens_what_it_names_and_nothing_else(
    app: Flask, hers: Neighbourhood, a_helper: Any, stored: Callable[[], int]
) -> None:
    """A form without its token comes as far as the guard lets it: 400 says that she may."""
    stall = hers.ids["seller_id"]
    owner, owner_id = Walker("owner", hers.people["owner"]), owner_of(stall)
    helpers = {right: a_helper(right, stall, owner_id, (right,))[0] for right in RIGHTS}
    leaves = {right: Help(1, 1, "", frozenset([right]), NOON) for right in RIGHTS}
    wrong = []
    for step in steps(app, hers):
        method, way = step.method, step.way
        open_to_owner = owner.go("GET", way).status_code if method == "GET" else 400
        if open_to_owner == 404 and step.endpoint != HOME:
            wrong.append(f"owner: {way} is not there, so nobody's 404 says anything")
        for right, walker in helpers.items():
            before, opens = stored(), leaves[right].reaches(step.endpoint)
            walker.browser.environ_base["HTTP_ACCEPT"] = "text/html" if opens else BRIEFLY
            if opens:
                # Her first page is none of the owner's.
                expected = 200 if step.endpoint == HOME else open_to_owner
                answer = walker.browser.open(way, method=method)
                whole, beginnings = ROOMS[right]
                if step.rule not in whole | ALWAYS and not step.rule.startswith(beginnings):
                    wrong.append(f"{right}: {method} {step.rule} is no room of this right")
            else:
                # Where signing in leads, she is sent on to her own first page.
                expected = 303 if step.endpoint == BOARD else 404
                answer = walker.go(method, way)
                if stored() != before:
                    wrong.append(f"{right}: {method} {way} stored something")
            if answer.status_code != expected:
                wrong.append(f"{right}: {method} {way} answered {answer.status_code}")
            if answer.status_code == 303 and answer.location != HOME_ADDRESS:
                wrong.append(f"{right}: {way} leads to {answer.location}")
    assert not wrong, "\n".join(wrong)
