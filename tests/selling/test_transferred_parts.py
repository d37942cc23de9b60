"""A seller's two parts of one order, at a market and from her shop: the transfer of one pays both."""

import pytest
from sqlalchemy import select

from shop.db import db, transaction
from shop.kernel.clock import now_utc
from shop.operations.proofs import broken
from shop.ordering.models import SellerOrder
from shop.ordering.rules import Choice
from shop.payments.actions import open_payments
from shop.payments.models import CodCollection, Payment
from tests.banking.conftest import deliver
from tests.engines import both_engines
from tests.markets.conftest import a_market, at_market, choice
from tests.ordering.conftest import a_cart, place

#: Fixtures of other rooms.
__all__ = ["a_cart", "a_market", "at_market", "place"]

AT_MARKET, FROM_SHOP = 40_000, 120_000


@pytest.fixture
def parts(stall, a_market, a_variant, at_market, place):
    """Order at a market, paid in cash there, and from the shop; {source: part}."""

    def make(method: str) -> dict[str, int]:
        now = now_utc()
        market, pickup, offer, _, _ = a_market(seller_id=stall.id, price_vnd=AT_MARKET, now=now)
        jar = a_variant(seller_id=stall.id, price_vnd=95_000)
        chosen = {**choice(stall.id, market, pickup), stall.id: Choice(method=method)}
        cart = at_market({offer: 1}, {jar: 1}, now=now)
        order = place(cart, AT_MARKET + FROM_SHOP, choices=chosen, now=now).order_id
        with transaction() as session:
            open_payments(session, order, now)
        made = db.session.execute(select(SellerOrder.source_kind, SellerOrder.id)).all()
        db.session.rollback()
        return dict(made)

    return make


def offered(stall, part: int) -> str:
    """Return the sum that one tap would note as transferred, "" when there is no such tap."""
    page = stall.page(f"/ban-hang/don/{part}").replace("\xa0", " ")
    _, found, after = page.partition("Đã nhận chuyển khoản ")
    return after.split(" ")[0] if found else ""


def standing() -> tuple[set[str], int, list[int]]:
    """Return (methods of the parts, received by transfer, promised cash)."""
    db.session.rollback()
    methods = set(db.session.scalars(select(SellerOrder.method)))
    paid = sum(db.session.scalars(select(Payment.received_vnd)))
    return methods, paid, list(db.session.scalars(select(CodCollection.amount_vnd)))


@both_engines
@pytest.mark.parametrize("method", ["cod", "transfer"])
def test_the_tap_is_of_all_that_the_order_waits_for(stall, parts, method):
    part = parts(method)["market_session"]
    at = f"/ban-hang/don/{part}"
    assert offered(stall, part) == "160.000"
    assert "gồm cả phần khác của đơn" in stall.page(at)
    assert stall.post(f"{at}/tien", sau=0, so_tien="160.000").status_code == 303
    deliver()
    assert standing() == ({"transfer"}, AT_MARKET + FROM_SHOP, [])
    assert not broken(db.session())


@both_engines
def test_no_tap_is_offered_beside_a_transfer_that_came(stall, parts):
    both = parts("transfer")
    stall.post(f"/ban-hang/don/{both['shop']}/tien", sau=0, so_tien="120.000")
    deliver()
    market = both["market_session"]
    assert offered(stall, market) == ""
    answer = stall.post(f"/ban-hang/don/{market}/tien", sau=0, so_tien="40.000")
    assert answer.status_code == 409, "From a page of before."
    assert "phần khác đã chuyển khoản" in answer.text
    assert standing() == ({"cod", "transfer"}, FROM_SHOP, [AT_MARKET])


def test_no_tap_is_offered_once_somebody_has_goods_nor_of_cash_that_she_has(stall, parts):
    both = parts("cod")
    assert offered(stall, both["shop"]) == "160.000"
    for state, left in (("delivered", ""), ("confirmed", "160.000")):
        with transaction() as session:
            session.get_one(SellerOrder, both["market_session"]).state = state
        assert offered(stall, both["shop"]) == left
    for state, left in (("with_seller", "120.000"), ("promised", "160.000")):
        with transaction() as session:
            session.get_one(CodCollection, both["market_session"]).state = state
        assert offered(stall, both["shop"]) == left
