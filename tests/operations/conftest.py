"""An operator at her desk, and forms with their tokens."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient


class Desk:
    """A signed-in browser that fills forms: ``desk.post("/dieu-hanh/…", name="…")``."""

    def __init__(self, browser: FlaskClient, account_id: int) -> None:
        self.browser = browser
        self.account_id = account_id
        self._token = ""

    def get(self, way: str, **kwargs: Any) -> Any:
        return self.browser.get(way, **kwargs)

    def post(self, way: str, /, **fields: Any) -> Any:
        if not self._token:
            page = self.browser.get("/tai-khoan").text
            self._token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
        return self.browser.post(way, data={"csrf_token": self._token, **fields})


@pytest.fixture
def operator(an_account: Callable[..., int], sign_in: Callable[..., FlaskClient]) -> Desk:
    person = an_account("Hảo", phone="+84905000999", email="hao@example.net", operator=True)
    return Desk(sign_in(person, "operator"), person)


@pytest.fixture
def an_officer(
    app: Any, an_account: Callable[..., int], sign_in: Callable[..., FlaskClient]
) -> Callable[..., Desk]:
    """An officer of a unit: ``an_officer(unit_id, "officer")``."""
    from shop.db import transaction
    from shop.kernel.clock import now_utc, vietnam_date
    from shop.organisations.actions import appoint

    def make(unit_id: int, role: str = "officer") -> Desk:
        person, now = an_account(f"Cán bộ {role}"), now_utc()
        with transaction() as session:
            appoint(
                session, organisation_id=unit_id, account_id=person, role=role,
                starts_on=vietnam_date(now), actor_id=None, actor_name="", now=now,
            )  # fmt: skip
        return Desk(sign_in(person, "officer"), person)

    return make
