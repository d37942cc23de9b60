"""Whatever a stall notes about money leaves its line in the audit trail: who, when, from where."""

import inspect

from sqlalchemy import func, select

from shop.audit.models import AuditEntry
from shop.db import db, in_transaction
from shop.payments.actions import report
from shop.payments.models import CashMove, PaymentEvent
from shop.selling.views import money, refunds
from tests.conftest import NOON
from tests.selling.test_orders import SEND, payment_of, tapped


def lines(of: str) -> list[tuple[str, int | None]]:
    """Return (act, đồng) of the lines about payments or cash; each says who did it and from where."""
    db.session.rollback()
    rows = db.session.scalars(
        select(AuditEntry).where(AuditEntry.subject_kind == of).order_by(AuditEntry.id)
    ).all()
    assert all(row.actor_id and row.actor_name and row.origin for row in rows)
    assert {row.channel for row in rows} == {"web"}
    return [(row.action, row.facts.get("amount_vnd")) for row in rows]


def last(of: type) -> int:
    found = db.session.scalar(select(func.max(of.id)))
    db.session.rollback()
    return int(found)


def test_a_transfer_that_came_was_wrong_and_went_back(stall, in_state):
    order = in_state("placed", seller_id=stall.id, method="transfer")
    at = f"/ban-hang/don/{order}"
    for _ in range(2):  # A double tap is one act.
        stall.post(f"{at}/tien", so_tien="120k", sau="0")
    for _ in range(2):
        stall.post(f"{at}/tien/lui/{last(PaymentEvent)}")
    stall.post(f"{at}/tien", so_tien="150k", sau=str(last(PaymentEvent)))
    stall.post(f"{at}/tien/tra", so_tien="30k", sau=str(last(PaymentEvent)))
    assert lines("payment") == [
        ("payment.received", 120_000), ("payment.taken_back", 120_000),
        ("payment.received", 150_000),
    ]  # fmt: skip
    assert ("refund.done", 30_000) in lines("refund")


def test_money_that_she_looked_for_and_did_not_find(stall, in_state):
    order = in_state("placed", seller_id=stall.id, method="transfer")
    payment_id = payment_of(order).id
    in_transaction(lambda session: report(session, payment_id=payment_id, now=NOON))
    tapped(stall, order, "cancelled")
    assert stall.post(f"/ban-hang/don/{order}/tien/khong-thay").status_code == 303
    assert lines("payment") == [("payment.not_found", 0)]


def test_cash_from_the_door(stall, in_state):
    order = in_state("packed", seller_id=stall.id)
    at = f"/ban-hang/don/{order}"
    stall.post(f"{at}/giao", **SEND)
    tapped(stall, order, "delivered")
    for _ in range(2):
        stall.post(f"{at}/thu-ho", so_tien="120k")
    for _ in range(2):
        stall.post(f"{at}/thu-ho/lui/{last(CashMove)}")
    stall.post(f"{at}/thu-ho/khong-ve", ly_do="gone")
    assert lines("cash") == [
        ("cash.counted", 120_000), ("cash.taken_back", None), ("cash.written_off", None),
    ]  # fmt: skip


def test_no_page_of_the_stall_moves_money_beside_them():
    """What notes without a line stands in ``payments.actions``: no page of money calls it."""
    for page in (money, refunds):
        assert "payments.actions" not in inspect.getsource(page)
