"""Money into an organisation's account: who may note it, what counts once, what is written down."""

import re
from typing import Any

import pytest
from sqlalchemy import select

from shop.audit.models import AuditEntry
from shop.db import db, transaction
from shop.kernel.clock import now_utc
from shop.ordering.actions import cancel_by_buyer, move_seller_order
from shop.ordering.models import LineItem, SellerOrder
from shop.payments.actions import open_payments
from shop.payments.models import Payment, PaymentEvent, Refund
from tests.engines import both_engines
from tests.old_forms import sent_late


def stored(payment_id: int) -> tuple[int, int, int]:
    db.session.rollback()
    found = db.session.get_one(Payment, payment_id)
    return found.amount_vnd, found.received_vnd, found.refunded_vnd


def is_under(desk: Any, heading: str, payment_id: int) -> bool:
    """Tell whether the desk lists a transfer under a heading."""
    page = desk.get(f"/dieu-hanh/tien-ve?muc={heading}").text
    return f'href="/dieu-hanh/tien-ve/{payment_id}"' in page


def acts() -> list[str]:
    db.session.rollback()
    return list(
        db.session.scalars(
            select(AuditEntry.action)
            .where(AuditEntry.subject_kind == "payment")
            .order_by(AuditEntry.id)
        )
    )


@pytest.mark.parametrize("role", ["head", "treasurer"])
def test_whoever_keeps_the_books_notes_what_came_once(
    collected: tuple[int, int], an_officer: Any, role: str
) -> None:
    unit, payment = collected
    desk = an_officer(unit, role)
    due, *_ = stored(payment)
    page = desk.get("/dieu-hanh/tien-ve")
    assert page.status_code == 200
    assert "Châu" in page.text
    assert "Bột ngũ cốc Gò Mít" in page.text
    assert "/dieu-hanh/tien-ve" in desk.get("/dieu-hanh").text
    way = f"/dieu-hanh/tien-ve/{payment}"
    for _ in range(2):
        assert desk.post(way, so_tien=str(due), sau="0").status_code == 303
    assert stored(payment) == (due, due, 0)
    assert acts() == ["payment.received"]
    part = db.session.scalars(select(SellerOrder.state)).one()
    assert part == "placed", "The seller still says whether she has the goods."


@pytest.mark.parametrize("role", ["deputy", "officer", "member"])
def test_other_roles_find_no_money_page(
    collected: tuple[int, int], an_officer: Any, role: str
) -> None:
    unit, payment = collected
    desk = an_officer(unit, role)
    assert desk.get("/dieu-hanh/tien-ve").status_code == 404
    assert 'href="/dieu-hanh/tien-ve"' not in desk.get("/dieu-hanh").text
    assert desk.get(f"/dieu-hanh/tien-ve/{payment}").status_code == 404
    answer = desk.post(f"/dieu-hanh/tien-ve/{payment}", so_tien="1000", sau="0")
    assert answer.status_code == 404
    assert stored(payment)[1] == 0


def test_another_units_money_is_not_there(
    collected: tuple[int, int], an_organisation: Any, an_officer: Any
) -> None:
    _, payment = collected
    desk = an_officer(an_organisation("Hội xã khác"), "treasurer")
    assert "Châu" not in desk.get("/dieu-hanh/tien-ve").text
    way = f"/dieu-hanh/tien-ve/{payment}"
    assert desk.get(way).status_code == 404
    for where in ("", "/tra"):
        assert desk.post(way + where, so_tien="1000", sau="0").status_code == 404
    assert stored(payment)[1:] == (0, 0)
    assert acts() == []


@both_engines
def test_an_operator_notes_too_little_too_much_and_what_went_back(
    collected: tuple[int, int], operator: Any
) -> None:
    _, payment = collected
    way = f"/dieu-hanh/tien-ve/{payment}"
    due, *_ = stored(payment)
    assert operator.post(way, so_tien="", sau="0").status_code == 422
    assert operator.post(way, so_tien="1000", sau="0").status_code == 303
    assert stored(payment)[1] == 1_000
    first = max(db.session.scalars(select(PaymentEvent.id).where(PaymentEvent.kind == "received")))
    assert operator.post(way, so_tien=str(due), sau=str(first)).status_code == 303
    assert stored(payment) == (due, due + 1_000, 0)
    last = max(db.session.scalars(select(PaymentEvent.id).where(PaymentEvent.kind == "received")))
    assert operator.post(f"{way}/tra", so_tien=str(2 * due), sau=str(last)).status_code == 409
    for _ in range(2):
        assert operator.post(f"{way}/tra", so_tien="1000", sau=str(last)).status_code == 303
    assert stored(payment) == (due, due + 1_000, 1_000)
    assert acts() == ["payment.received", "payment.received", "payment.given_back"]
    assert "Ghi đã trả lại khách" in operator.get("/dieu-hanh/nhat-ky").text


@pytest.mark.parametrize(("ending", "mine"), [("", "tien-toi"), ("/tra", "tra-lai")])
def test_a_sum_sent_too_late_comes_back_in_its_own_form_alone(
    collected: tuple[int, int], operator: Any, ending: str, mine: str
) -> None:
    _, payment = collected
    way, (due, *_) = f"/dieu-hanh/tien-ve/{payment}", stored(payment)
    came = due + 1_000 if ending else 0
    if came:
        assert operator.post(way, so_tien=str(came), sau="0").status_code == 303
    page = sent_late(operator.browser, way, f"{way}{ending}", so_tien="41.234", sau="1")
    shown = re.findall(r'<input[^>]*value="41.234"[^>]*>', page)
    assert [mine in one for one in shown] == [True]
    assert stored(payment)[1:] == (came, 0)


@both_engines
def test_a_wrong_confirmation_is_taken_back_once(collected: tuple[int, int], operator: Any) -> None:
    _, payment = collected
    way = f"/dieu-hanh/tien-ve/{payment}"
    assert operator.post(way, so_tien="1000", sau="0").status_code == 303
    wrong = db.session.scalars(select(PaymentEvent.id).where(PaymentEvent.kind == "received")).one()
    for _ in range(2):
        assert operator.post(f"{way}/lui/{wrong}").status_code == 303
    assert operator.post(f"{way}/lui/{wrong + 1000}").status_code == 404
    assert stored(payment)[1] == 0
    assert acts() == ["payment.received", "payment.taken_back"]


@both_engines
def test_late_money_is_looked_for_and_its_report_closed_once(
    collected: tuple[int, int], operator: Any
) -> None:
    _, payment = collected
    way = f"/dieu-hanh/tien-ve/{payment}"
    assert operator.post(f"{way}/khong-thay").status_code == 409, "It is still waited for."
    with transaction() as session:
        order_id = session.scalars(select(Payment.order_id).where(Payment.id == payment)).one()
        cancel_by_buyer(session, order_id=order_id, now=now_utc())
        open_payments(session, order_id, now_utc())
    assert is_under(operator, "late", payment)
    assert "Đã đủ tiền." not in operator.get(way).text
    for _ in range(2):
        assert operator.post(f"{way}/khong-thay", ghi_chu="Xem sao kê").status_code == 303
    assert acts() == ["payment.not_found"]
    assert not is_under(operator, "late", payment)
    assert "Xem sao kê" in operator.get(way).text
    assert "tiền không tới" in operator.get("/dieu-hanh/nhat-ky").text


@both_engines
@pytest.mark.parametrize("end", ["refused", "lost", "returned"])
def test_money_of_what_came_to_nothing_is_given_back_by_who_holds_it(
    collected: tuple[int, int], operator: Any, end: str
) -> None:
    _, payment = collected
    way = f"/dieu-hanh/tien-ve/{payment}"
    due, *_ = stored(payment)
    assert operator.post(way, so_tien=str(due), sau="0").status_code == 303
    ways = {"returned": ("refused", "returned")}.get(end, (end,))
    with transaction() as session:
        order_id = session.scalars(select(Payment.order_id).where(Payment.id == payment)).one()
        part = session.scalars(select(SellerOrder.id).where(SellerOrder.order_id == order_id)).one()
        for to in ("confirmed", "packed", "handed_over", *ways):
            move_seller_order(
                session, seller_order_id=part, to=to, actor_kind="operator", actor_id=None,
                now=now_utc(),
            )  # fmt: skip
        open_payments(session, order_id, now_utc())
    assert stored(payment) == (0, due, 0)
    assert is_under(operator, "back", payment)
    page = operator.get(way).text
    assert "chị trả lại khách" in page
    assert f'value="{due:,}"'.replace(",", ".") in page
    last = max(db.session.scalars(select(PaymentEvent.id).where(PaymentEvent.kind == "received")))
    assert operator.post(f"{way}/tra", so_tien=str(due), sau=str(last)).status_code == 303
    assert "Đã trả lại khách đủ." in operator.get(way).text
    assert not is_under(operator, "back", payment)
    assert is_under(operator, "done", payment)


@both_engines
def test_an_officer_is_told_that_units_are_taken_from_whoever_sold_them(
    collected: tuple[int, int], an_officer: Any
) -> None:
    unit, payment = collected
    desk, at = an_officer(unit, "treasurer"), f"/dieu-hanh/tien-ve/{payment}"
    line, part = db.session.execute(select(LineItem.id, LineItem.seller_order_id)).one()
    due, *_ = stored(payment)
    assert desk.post(at, so_tien=str(due), sau="0").status_code == 303
    answer = desk.post(f"{at}/hua-tra", sau="0", cua=str(part), **{f"dong-{line}": "1"})
    assert answer.status_code == 422
    assert "Món của ai thì trừ vào người ấy" in answer.text
    assert db.session.scalars(select(Refund.id)).all() == []
    db.session.rollback()
    assert desk.post(f"{at}/hua-tra", sau="0", **{f"dong-{line}": "1"}).status_code == 303
