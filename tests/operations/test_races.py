"""Two at the desk at once: one act is done, the other is told so, on both engines."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from shop.audit.models import AuditEntry
from shop.db import db
from shop.sellers.models import Payee, SellerMember
from tests.buying.test_races import at_once
from tests.engines import both_engines
from tests.operations.conftest import Desk

pytestmark = pytest.mark.xdist_group("races")

HANDS = 5


def together(app: Flask, desk: Desk, way: str, **fields: str) -> list[int]:
    """Post the same form from several browsers of one person at the same moment."""
    page = desk.get("/tai-khoan").text
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    cookie = desk.browser.get_cookie("s")
    assert found is not None
    assert cookie is not None
    token, value = found[1], cookie.value
    db.session.rollback()

    def send() -> Any:
        browser = app.test_client()
        browser.set_cookie("s", value)
        return browser.post(way, data={"csrf_token": token, **fields})

    answers = at_once(app, [send] * HANDS)
    assert not [a for a in answers if isinstance(a, Exception)], answers
    return sorted(answer.status_code for answer in answers)


def lines(*where: Any) -> list[AuditEntry]:
    db.session.rollback()
    return list(db.session.scalars(select(AuditEntry).where(*where).order_by(AuditEntry.id)))


def an_act(desk: Desk, name: str, world: dict[str, int]) -> None:
    """Do one act whose line can be taken back."""
    seller, person, unit = world["seller"], world["person"], world["unit"]
    bank = {"bank": "970405", "number": "123456789", "holder": "Trần Thị Lành"}
    way, fields = {
        "account.disabled": (f"/dieu-hanh/tai-khoan/{person}/tat", {}),
        "seller.closed": (f"/dieu-hanh/nguoi-ban/{seller}/dong", {"reason": "Nghỉ"}),
        "seller.bank_account_changed": (f"/dieu-hanh/nguoi-ban/{seller}/ngan-hang", bank),
        "seller.member_appointed": (
            f"/dieu-hanh/nguoi-ban/{seller}/nguoi", {"who": "0905000555", "role": "staff", "person": str(person)},
        ),
        "organisation.renamed": (f"/dieu-hanh/to-chuc/{unit}/ten", {"name_vi": "Tên mới"}),
    }[name]  # fmt: skip
    assert desk.post(way, **fields).status_code == 303


@both_engines
@pytest.mark.parametrize(
    "action",
    ["account.disabled", "seller.closed", "seller.bank_account_changed", "seller.member_appointed",
     "organisation.renamed"],
)  # fmt: skip
def test_an_act_taken_back_by_several_at_once_is_taken_back_once(
    app: Flask, operator: Desk, an_account: Any, a_seller: Any, an_organisation: Any, action: str
) -> None:
    unit = an_organisation()
    world = {
        "unit": unit, "seller": a_seller(organisation_id=unit, owner_id=operator.account_id),
        "person": an_account("Lành", phone="+84905000555"),
    }  # fmt: skip
    an_act(operator, action, world)
    (line,) = lines(AuditEntry.action == action)
    entry_id = line.id
    answers = together(app, operator, f"/dieu-hanh/nhat-ky/{entry_id}/tra-lai")
    assert answers == [303] + [409] * (HANDS - 1)
    assert len(lines(AuditEntry.undoes_id == entry_id)) == 1


@both_engines
def test_a_bank_account_sent_several_times_at_once_leaves_one_account_in_use(
    app: Flask, operator: Desk, a_seller: Callable[..., int]
) -> None:
    seller = a_seller()
    bank = {"bank": "970405", "number": "123456789", "holder": "Trần Thị Lành"}
    answers = together(app, operator, f"/dieu-hanh/nguoi-ban/{seller}/ngan-hang", **bank)
    assert answers == [303] * HANDS
    db.session.rollback()
    in_use = db.session.scalars(
        select(Payee.last4).where(Payee.seller_id == seller, Payee.ended_at.is_(None))
    ).all()
    assert in_use == ["6789"]


@both_engines
def test_a_person_added_several_times_at_once_works_there_once(
    app: Flask, operator: Desk, a_seller: Callable[..., int], an_account: Any
) -> None:
    seller = a_seller()
    lanh = an_account("Lành", phone="+84905000555")
    way = f"/dieu-hanh/nguoi-ban/{seller}/nguoi"
    answers = together(app, operator, way, who="0905000555", role="staff", person=str(lanh))
    assert answers == [303] + [409] * (HANDS - 1)
    db.session.rollback()
    assert len(db.session.scalars(select(SellerMember)).all()) == 1


@both_engines
def test_a_stall_closed_by_several_at_once_is_closed_once(
    app: Flask, operator: Desk, a_seller: Callable[..., int]
) -> None:
    seller = a_seller()
    answers = together(app, operator, f"/dieu-hanh/nguoi-ban/{seller}/dong", reason="Nghỉ")
    assert answers == [303] + [409] * (HANDS - 1)
    assert len(lines(AuditEntry.action == "seller.closed")) == 1
