"""A buyer who was to pay at the door transferred the money to her seller: one tap of the seller."""

import pytest
from sqlalchemy import select

from shop.carriers.actions import ask_for_parcel, open_account
from shop.db import db, transaction
from shop.kernel.clock import now_utc
from shop.operations.proofs import broken
from shop.ordering.models import Order, SellerOrder
from shop.ordering.queries import link_token
from shop.payments.models import CodCollection, Payment, Refund
from tests.banking.conftest import deliver
from tests.engines import both_engines
from tests.payments.conftest import an_order

#: A fixture of another room.
__all__ = ["an_order"]

DUE = 110_000


@pytest.fixture
def part(stall, a_variant, an_order):
    variant = a_variant(seller_id=stall.id, price_vnd=95_000)
    [part] = an_order({variant: (stall.id, "cod")}, now=now_utc()).parts
    db.session.rollback()
    return part


def money(part: int) -> tuple[str, int | None, int]:
    """Return (method, promised cash, received by transfer)."""
    db.session.rollback()
    row = db.session.get_one(SellerOrder, part)
    cash = db.session.get(CodCollection, part)
    paid = db.session.scalar(select(Payment.received_vnd).where(Payment.order_id == row.order_id))
    return row.method, cash and cash.amount_vnd, paid or 0


@both_engines
def test_one_tap_and_nobody_collects(stall, part, app):
    at = f"/ban-hang/don/{part}"
    assert "Đã nhận chuyển khoản 110.000" in stall.get(at).text
    said = {"sau": 0, "so_tien": "110.000"}
    for _ in range(2):  # A second tap of the same page counts nothing.
        assert stall.post(f"{at}/tien", **said).status_code == 303
        deliver()
        assert money(part) == ("transfer", None, DUE)
    page = stall.get(at).text
    assert "đã trả trước, tiền thu hộ 0 ₫" in page
    assert "Hãng vẫn thu tiền" not in page, "Nobody was sent with it yet."
    assert "Thu của người nhận" not in stall.get(f"{at}/phieu").text
    order = db.session.scalars(select(Order)).one()
    token, code = link_token(order), order.code
    db.session.rollback()
    buyer = app.test_client()
    assert buyer.get(f"/d/{token}").status_code == 303
    page = buyer.get(f"/don/{code}").text
    assert "Người bán đã nhận đủ 110.000" in page
    assert "khi nhận hàng" not in page
    assert not broken(db.session())


@both_engines
@pytest.mark.parametrize("sum_", ["100.000", "120.000"])
def test_another_sum_is_refused_and_the_cash_still_waited_for(stall, part, sum_):
    answer = stall.post(f"/ban-hang/don/{part}/tien", sau=0, so_tien=sum_)
    assert answer.status_code == 422
    assert "Đơn này trả khi nhận 110.000" in answer.text
    assert money(part) == ("cod", DUE, 0)


@both_engines
def test_what_a_carrier_collects_all_the_same_goes_back(stall, part):
    at = f"/ban-hang/don/{part}"
    for to in ("confirmed", "packed"):
        stall.post(f"{at}/buoc", toi=to)
    stall.post(f"{at}/giao", kieu="carrier", hang="ghtk", ma="S1A2")
    deliver()
    assert db.session.get_one(SellerOrder, part).state == "handed_over"
    db.session.rollback()
    assert "hãng vẫn có thể thu tiền của khách" in stall.get(at).text
    stall.post(f"{at}/tien", sau=0, so_tien="110.000")
    deliver()
    page = stall.get(at).text
    assert "chị báo hãng đừng thu tiền của khách nữa" in page
    assert "Hãng vẫn thu tiền của khách?" in page
    after = page.split('name="sau" value="')[1].split('"')[0]
    stall.post(f"{at}/buoc", toi="delivered")
    assert stall.post(f"{at}/tien", sau=after, so_tien="110.000").status_code == 303
    deliver()
    assert db.session.scalars(select(Refund.amount_vnd)).all() == [DUE]
    assert money(part) == ("transfer", None, 2 * DUE)
    page = stall.get(at).text
    after = page.split('name="sau" value="')[1].split('"')[0]
    stall.post(f"{at}/tien/tra", sau=after, so_tien="110.000")
    page = stall.get(at).text
    assert "Hãng vẫn thu tiền của khách?" not in page
    assert "Tiền hãng thu của đơn này đã ghi rồi" in page
    assert not broken(db.session())


@both_engines
def test_a_helper_who_answers_for_no_money_and_another_stall_turn_nothing(a_stall, part):
    other = a_stall()
    said = {"sau": 0, "so_tien": "110.000"}
    assert other.post(f"/ban-hang/don/{part}/tien", **said).status_code == 404
    assert money(part) == ("cod", DUE, 0)


@both_engines
def test_a_parcel_the_carrier_was_asked_to_collect_for_is_said_though_it_left_later(
    stall, part
):  # fmt: skip
    at = f"/ban-hang/don/{part}"
    for to in ("confirmed", "packed"):
        stall.post(f"{at}/buoc", toi=to)
    with transaction() as session:
        account = open_account(
            session, seller_id=stall.id, carrier="ghtk", keys={"token": "t" * 20}, is_test=False,
            actor_id=None, actor_name="Sương", now=now_utc(),
        )  # fmt: skip
        ask_for_parcel(
            session, seller_id=stall.id, seller_order_id=part, account_id=account.id,
            weight_g=900, quoted_vnd=31_500, actor_id=None, now=now_utc(),
        )  # fmt: skip
    stall.post(f"{at}/tien", sau=0, so_tien="110.000")
    deliver()
    stall.post(f"{at}/giao", kieu="carrier", hang="ghtk", ma="S1A2")
    deliver()
    page = stall.get(at).text.replace("\xa0", " ")
    assert "Kiện đã đưa hãng còn ghi thu 110.000" in page
    assert "Hãng vẫn thu tiền của khách?" in page
