"""An order that is erased forgets what was written beside it; its steps, codes and sums stay."""

from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError

from shop.carriers.models import CarrierAccount, CarrierParcel, CarrierWord
from shop.db import db, transaction
from shop.fulfilment.models import HandOver
from shop.kernel.clock import now_utc
from shop.operations.actions import erase_order
from shop.ordering.models import GoodsReturn, SellerOrder, SellerOrderMove
from shop.payments.models import CashMove, Payment, PaymentEvent, Refund
from tests.engines import both_engines
from tests.selling.test_taken_back import send, tap

HERS = "Gọi chị Châu 0905 000 128"
TRAILS = (SellerOrderMove, GoodsReturn, CashMove, PaymentEvent)


def words(column: Any) -> list[str]:
    db.session.rollback()
    found = list(db.session.scalars(select(column).where(column != "")))
    db.session.rollback()
    return found


def _over(stall: Any, part: int) -> int:
    """Bring an order to its end, with words of people and of the shop in each trail."""
    send(stall, part, ma="GO1", tra_cuu="https://example.com/?last4=0128", ghi_chu=HERS)
    first = db.session.scalars(select(HandOver.id)).one()
    db.session.rollback()
    put_right = {"kieu": "own", "ghi_chu": HERS}
    assert stall.post(f"/ban-hang/don/{part}/giao/{first}/sua", **put_right).status_code == 303
    tap(stall, part, "delivered")
    now = now_utc()
    with transaction() as session:
        row = session.get_one(SellerOrder, part)
        account = CarrierAccount(
            seller_id=stall.id, carrier="ghn", address="x", data_key=b"", secret=b"",
            is_test=False, started_at=now,
        )  # fmt: skip
        session.add(account)
        session.flush()
        parcel = CarrierParcel(
            seller_id=stall.id, seller_order_id=part, account_id=account.id, client_code="c",
            state="cancelled", tracking_code="GO1", weight_g=1, cod_vnd=0, words=HERS, asked_at=now,
        )  # fmt: skip
        told = {"account_id": account.id, "came_at": now, "words": HERS}
        by = {"actor_kind": "seller", "note": HERS, "at": now}
        session.add_all(
            [
                parcel,
                HandOver(
                    seller_order_id=part, kind="bus", bus_company="Xe Thử Bốn", at=now,
                    plate="00A-000.00", station="Ngõ nhà chị Châu", contact_phone="+84905000129",
                    note=HERS, undone_at=now,
                ),
                CarrierWord(key="1", tracking_code="GO1", **told),
                CarrierWord(key="2", tracking_code="GO2", **told | {"words": "Của đơn khác"}),
                GoodsReturn(
                    seller_order_id=part, key="return:x", reason="damaged", items_vnd=0,
                    shipping_vnd=0, **by,
                ),
                CashMove(
                    seller_order_id=part, from_state="with_carrier", to_state="with_carrier",
                    about="rest", key="cash:x", **by,
                ),
                SellerOrderMove(
                    seller_order_id=part, from_state="delivered", to_state="completed",
                    **by | {"actor_kind": "system", "note": "expired"},
                ),
            ]
        )  # fmt: skip
        payment = Payment(
            order_id=row.order_id, payee_id=row.payee_id, method="transfer", memo="CPX0000000",
            amount_vnd=0, opened_at=now,
        )  # fmt: skip
        session.add(payment)
        session.flush()
        session.add_all(
            [
                PaymentEvent(payment_id=payment.id, kind="failed", key="x", **by),
                PaymentEvent(
                    payment_id=payment.id, kind="failed", key="y",
                    **by | {"actor_kind": "officer", "note": "cash at the market"},
                ),
                Refund(
                    payment_id=payment.id, amount_vnd=1, reason="goodwill", way="transfer",
                    state="taken_back", key="z", actor_kind="seller", note=HERS, asked_at=now,
                    changed_at=now,
                ),
            ]
        )  # fmt: skip
        row.state = "completed"
        return row.order_id


@both_engines
def test_an_erased_order_leaves_no_word_phone_or_link_beside_it(stall, in_state):
    order_id = _over(stall, in_state("packed", seller_id=stall.id))
    for column in (HandOver.note, HandOver.contact_phone, HandOver.tracking_url, CarrierWord.words,
                   *(trail.note for trail in TRAILS)):  # fmt: skip
        assert words(column), column
    with transaction() as session:
        erase_order(session, order_id=order_id, actor_id=None, actor_name="", now=now_utc())
    for name in ("note", "contact_phone", "tracking_url", "station", "plate"):
        assert words(getattr(HandOver, name)) == [], name
    assert words(HandOver.tracking_code) == ["GO1"]
    assert words(SellerOrderMove.note) == ["expired"]
    assert words(PaymentEvent.note) == ["cash at the market"]
    assert words(GoodsReturn.note) == words(CashMove.note) == words(Refund.note) == []
    assert words(CarrierParcel.words) == []
    assert words(CarrierWord.words) == ["Của đơn khác"]


@both_engines
def test_a_note_goes_from_a_trail_and_nothing_else_of_the_line_changes(stall, in_state):
    _over(stall, in_state("packed", seller_id=stall.id))
    for trail in TRAILS:
        for values in ({"note": "Khác"}, {"actor_kind": "buyer"}, {"note": "", "actor_kind": "x"}):
            with (
                pytest.raises(DBAPIError, match=r"never changed|permission denied"),
                transaction() as session,
            ):
                session.execute(update(trail).where(trail.note == HERS).values(**values))
    with transaction() as session:
        session.execute(update(GoodsReturn).values(note=""))
    with pytest.raises(DBAPIError, match="never changed"), transaction() as session:
        session.execute(update(GoodsReturn).values(note=HERS))
