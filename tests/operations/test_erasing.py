"""Forgetting: an order's buyer, a complaint's writer, and what is over for years by itself."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from shop.accounts.models import Consent
from shop.audit.models import AuditEntry
from shop.db import db, transaction
from shop.kernel.clock import now_utc
from shop.operations.actions import (
    answer_complaint,
    erase_complaint,
    erase_old,
    erase_order,
    receive_complaint,
)
from shop.operations.models import Complaint
from shop.operations.queries import complaint_words
from shop.operations.rules import AnsweredBefore, NotFinished
from shop.ordering.models import Order, SellerOrder, SellerOrderMove
from shop.ordering.queries import contact_of
from tests.engines import both_engines
from tests.operations.conftest import Desk

BY = {"actor_id": None, "actor_name": "Hảo"}
OLD = timedelta(days=365 * 3 + 5)


def _over(order_id: int, state: str = "cancelled") -> None:
    with transaction() as session:
        session.execute(
            update(SellerOrder).where(SellerOrder.order_id == order_id).values(state=state)
        )


@both_engines
def test_an_order_forgets_its_buyer_once_all_is_done_and_keeps_its_sums(
    app: Flask, checkout: Any, a_variant: Any, orders: Any
) -> None:  # fmt: skip
    page = checkout(a_variant(), app.test_client())
    seller = page.sellers[0]
    answer = page.order(email="chau@example.com", news="y", **{f"p{seller}-note": "Gọi chị Châu"})
    [order] = orders()
    order_id, total = order.id, order.total_vnd
    with pytest.raises(NotFinished), transaction() as session:
        erase_order(session, order_id=order_id, now=now_utc(), **BY)
    _over(order_id)
    with transaction() as session:
        erase_order(session, order_id=order_id, now=now_utc(), **BY)
    with transaction() as session:  # Once more changes nothing.
        erase_order(session, order_id=order_id, now=now_utc(), **BY)
    [order] = orders()
    contact = contact_of(order)
    assert (contact.name, contact.phone, contact.email, contact.street) == ("", "", "", "")
    assert (order.phone_index, order.has_email, order.total_vnd) == ("", False, total)
    assert db.session.scalars(select(SellerOrder.note)).all() == [""]
    for row in db.session.scalars(select(Consent)):
        assert (row.phone_index, row.email_index) == (None, None)
        assert row.kind != "marketing" or row.withdrawn_at is not None
    acts = db.session.scalars(select(AuditEntry.action)).all()
    assert acts.count("order.erased") == 1
    db.session.rollback()
    code = answer.location.split("?")[0]
    assert page.browser.get(code).status_code == 303, "Its pass opens nothing any more."
    last4 = app.test_client().post("/tra-don", data={"code": code[5:], "last4": "0123"})
    assert last4.status_code == 422


@both_engines
def test_what_is_over_for_three_years_is_forgotten_by_itself(
    app: Flask, checkout: Any, a_variant: Any, orders: Any
) -> None:  # fmt: skip
    now, jar = now_utc(), a_variant(on_hand=9)
    for phone in ("0905 000 123", "0905 000 124"):
        assert checkout({jar: 1}, app.test_client(), phone=phone).order().status_code == 303
    old, young = orders()
    ids = (old.id, young.id)
    _over(ids[0])
    _over(ids[1], "placed")
    with transaction() as session:
        row = receive_complaint(
            session, kind="goods", name="Châu", phone="+84905000123", email=None, order_code="",
            text="Nứt.", locale="vi", now=now,
        )  # fmt: skip
        answer_complaint(
            session, complaint_id=row.id, answer="Chào chị Châu", settled=True, outcome="Gửi lại",
            now=now, **BY,
        )  # fmt: skip

    def names() -> list[str]:
        return [contact_of(one).name for one in orders()]

    with transaction() as session:
        assert erase_old(session, now=now + timedelta(days=365 * 3 - 1)) == 0
    with transaction() as session:
        assert erase_old(session, now=now + OLD) == 2
    assert names() == ["", "Trần Minh Châu"], "The other is not done."
    row = db.session.scalars(select(Complaint)).one()
    assert complaint_words(row)["name"] == complaint_words(row)["text"] == row.answer == ""
    assert row.outcome == "Gửi lại"
    db.session.rollback()
    with transaction() as session:
        assert erase_old(session, now=now + OLD) == 0
    assert db.session.scalars(select(SellerOrderMove.id)).all(), "The trail stays."


def test_the_desk_forgets_an_order_by_page_and_says_why_not(
    app: Flask, checkout: Any, a_variant: Any, orders: Any, operator: Desk
) -> None:  # fmt: skip
    assert checkout(a_variant(), app.test_client()).order().status_code == 303
    [order] = orders()
    code, order_id, way = order.code, order.id, "/dieu-hanh/bo-ten-don"
    assert code in operator.get(f"{way}?don={code}").text
    assert operator.post(way, code=code).status_code == 422
    assert operator.post(way, code="ZZZZ9999", sure="y").status_code == 422
    refused = operator.post(way, code=code, sure="y")
    assert refused.status_code == 409
    assert "còn dang dở" in refused.text
    _over(order_id)
    assert operator.post(way, code=code.lower(), sure="y").status_code == 303
    assert contact_of(orders()[0]).name == ""
    assert db.session.get_one(Order, order_id).erased_at is not None
    line = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert (line.action, line.actor_id) == ("order.erased", operator.account_id)


def test_a_complaint_goes_on_as_a_second_step_that_another_answers(
    app: Flask, operator: Desk, an_account: Any
) -> None:
    now = now_utc()

    def sent(**changes: Any) -> Any:
        import re

        import time_machine

        browser = app.test_client()
        shown = re.search(r'name="shown"[^>]* value="([^"]+)"', browser.get("/khieu-nai").text)[1]
        form = {"kind": "other", "text": "Tôi chưa đồng ý.", "name": "Châu", "shown": shown}
        with time_machine.travel(now_utc() + timedelta(seconds=5)):
            return browser.post("/khieu-nai", data={**form, **changes})

    with transaction() as session:
        first = receive_complaint(
            session, kind="goods", name="Châu", phone="+84905000123", email=None, order_code="",
            text="Nứt.", locale="vi", now=now,
        )  # fmt: skip
        code, first_id = first.code, first.id
    state = f"/khieu-nai/{code}"
    assert "Viết lại khiếu nại này" not in app.test_client().get(state).text
    way = f"/dieu-hanh/khieu-nai/{first_id}"
    assert operator.post(way, answer="Chợ xem rồi.").status_code == 303
    assert f"/khieu-nai?don={code}" in app.test_client().get(state).text
    assert sent(order_code=code, phone="0905 000 999").status_code == 303
    assert sent(order_code=code, phone="0905 000 123").status_code == 303
    assert sent(order_code=code, phone="0905 000 123").status_code == 303
    db.session.rollback()
    rows = db.session.scalars(select(Complaint).order_by(Complaint.id)).all()
    assert [row.continues_id for row in rows] == [None, None, first_id, None]
    second = rows[2]
    assert (second.kind, second.answered_at) == ("goods", None), "With days of its own."
    second_id, second_code = second.id, second.code
    db.session.rollback()
    assert second_code in operator.get(way).text
    again = f"/dieu-hanh/khieu-nai/{second_id}"
    assert code in operator.get(again).text
    assert operator.post(again, answer="Vẫn vậy.").status_code == 303, "Nobody else is there."
    other = an_account("Hoa", operator=True)
    refused = operator.post(again, answer="Vẫn vậy thôi.")
    assert refused.status_code == 409
    assert "một người điều hành khác" in refused.text
    with pytest.raises(AnsweredBefore), transaction() as session:
        answer_complaint(
            session, complaint_id=second_id, answer="", settled=True, outcome="x",
            actor_id=operator.account_id, actor_name="Hảo", now=now,
        )  # fmt: skip
    with transaction() as session:
        answer_complaint(
            session, complaint_id=second_id, answer="Đổi hũ.", settled=True, outcome="Đổi hũ",
            actor_id=other, actor_name="Hoa", now=now,
        )  # fmt: skip
    assert operator.post(f"{way}/bo-ten").status_code == 409, "The first is not settled."
    with transaction() as session:
        erase_complaint(session, complaint_id=second_id, now=now, **BY)
    assert "Tôi chưa đồng ý" not in operator.get(again).text
