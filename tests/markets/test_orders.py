"""Ordering at a market: one cart beside shop goods, limits under fifty buyers, closing hours."""

import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select, true

from shop.db import db, in_transaction, transaction
from shop.kernel.errors import NotYours
from shop.markets.actions import orders
from shop.markets.models import MarketOffer, MarketOrder, MarketPickup, MarketSession
from shop.markets.rules.refusals import OrdersFixed
from shop.ordering import actions
from shop.ordering.models import Order, SellerOrder, SellerOrderMove
from shop.ordering.rules import LineGone, PickupNotOffered, PriceChanged
from shop.organising import market_day
from shop.prepared import Prepared
from shop.sellers.models import Seller
from shop.stock.models import StockLevel
from shop.vouchers import actions as vouchers
from shop.vouchers.models import Voucher
from shop.vouchers.rules import VoucherChanged, VoucherNotForThese
from tests.conftest import NOON
from tests.engines import both_engines
from tests.markets.conftest import NOWHERE, choice
from tests.ordering.test_race import BUYERS, all_at_once


def standing(market: int, pickup: int, offer: int) -> tuple[int, int, int, int]:
    db.session.rollback()
    row = db.session.get(MarketSession, market)
    return (
        row.orders, row.amount_vnd, db.session.get(MarketPickup, pickup).taken,
        db.session.get(MarketOffer, offer).taken,
    )  # fmt: skip


@both_engines
def test_one_checkout_holds_shop_and_market_goods_of_one_seller_and_gives_all_back(
    app, a_market, a_variant, at_market, place
):  # fmt: skip
    market, pickup, offer, variant, seller = a_market(price_vnd=40_000)
    jar = a_variant(seller_id=seller, price_vnd=95_000)
    cart = at_market({offer: 3}, {jar: 1})
    placed = place(cart, 120_000 + 95_000 + 25_000, choices=choice(seller, market, pickup))
    parts = db.session.scalars(select(SellerOrder).order_by(SellerOrder.source_kind)).all()
    assert [(p.source_kind, p.source_id, p.total_vnd) for p in parts] == [
        ("market_session", market, 120_000), ("shop", 0, 120_000),
    ]  # fmt: skip
    at, shop = parts
    assert (at.delivery, at.market_pickup_id, at.pickup_point_id) == ("pickup", pickup, None)
    assert at.reserved_until is None, "Held until hand-over."
    assert shop.reserved_until is not None
    assert standing(market, pickup, offer) == (1, 120_000, 1, 3)
    assert db.session.get(StockLevel, variant).reserved == 3
    bag = db.session.scalars(select(MarketOrder)).one()
    assert (bag.number, bag.parts, bag.amount_vnd, bag.late) == (1, 1, 120_000, False)
    with transaction() as session:
        actions.cancel_by_buyer(session, order_id=placed.order_id, now=NOON)
    assert standing(market, pickup, offer) == (0, 0, 0, 0)
    assert db.session.get(StockLevel, variant).reserved == 0


def test_two_sellers_at_one_market_are_one_bag_with_one_place(
    app, a_market, a_seller, a_variant, at_market, place
):  # fmt: skip
    from shop.markets.actions import offers

    market, pickup, offer, _, seller = a_market()
    unit = db.session.get(Seller, seller).organisation_id
    other = a_seller("Hoa", organisation_id=unit)
    leaves = a_variant("Lá", seller_id=other, on_hand=9)
    with transaction() as session:
        second = offers.ask_for_offer(
            session, session_id=market, variant_id=leaves, price_vnd=5_000, quantity=9, heard=True,
            actor_id=None, actor_name="", now=NOON,
        ).id  # fmt: skip
    chosen = choice(seller, market, pickup) | choice(other, market, pickup)
    placed = place(at_market({offer: 1, second: 2}), 50_000, choices=chosen)
    bag = db.session.scalars(select(MarketOrder)).one()
    assert (bag.parts, bag.amount_vnd) == (2, 50_000)
    assert standing(market, pickup, offer)[:3] == (1, 50_000, 1)
    with transaction() as session:
        actions.cancel_by_buyer(
            session, order_id=placed.order_id, seller_order_id=placed.seller_order_ids[0], now=NOON
        )
    assert standing(market, pickup, offer)[0] == 1, "The rest of the bag stands."


def test_the_last_asked_for_source_holds_in_the_cart(app, a_market, at_market, a_cart):
    _, _, offer, variant, _ = a_market(price_vnd=40_000)
    cart = at_market({offer: 3}, {variant: 5})
    from shop.ordering.queries import cart_lines

    [line] = cart_lines(db.session(), cart, NOON)
    assert (line.quantity, line.unit_price_vnd, line.market_offer_id) == (3, 40_000, offer)


@pytest.mark.parametrize(
    ("when", "adds", "orders_"),
    [(-2, False, False), (0, True, True), (24 * 2, False, False)],
)
def test_orders_are_taken_from_the_opening_to_the_close_and_not_a_minute_longer(
    app, a_market, at_market, place, when, adds, orders_
):  # fmt: skip
    market, pickup, offer, _, seller = a_market()
    now = NOON + timedelta(hours=when)
    if adds:
        at_market({offer: 1}, now=now)
    else:
        with pytest.raises(NotYours):
            at_market({offer: 1}, now=now)
    cart = at_market({offer: 1})
    bought = {"choices": choice(seller, market, pickup), "now": now, "destination": NOWHERE}
    if orders_:
        assert place(cart, 40_000, **bought)
    else:
        with pytest.raises(LineGone):
            place(cart, 40_000, **bought)
        assert standing(market, pickup, offer) == (0, 0, 0, 0)


def test_after_the_close_an_officer_still_writes_down_and_nobody_cancels_herself(
    app, a_market, at_market, place, an_account
):  # fmt: skip
    market, pickup, offer, _, seller = a_market()
    officer = an_account("Hương")
    early = place(at_market({offer: 1}), 40_000, choices=choice(seller, market, pickup))
    later = NOON + timedelta(days=2, hours=1)
    with pytest.raises(OrdersFixed), transaction() as session:
        actions.cancel_by_buyer(session, order_id=early.order_id, now=later)
    late = {"choices": choice(seller, market, pickup), "destination": NOWHERE, "now": later}
    place(at_market({offer: 1}), 40_000, late=True, written_by_id=officer, **late)
    bags = db.session.scalars(select(MarketOrder).order_by(MarketOrder.number)).all()
    assert [(bag.number, bag.late) for bag in bags] == [(1, False), (2, True)]
    over = {**late, "now": NOON + timedelta(days=4)}
    with pytest.raises(LineGone):
        place(at_market({offer: 1}), 40_000, late=True, written_by_id=officer, **over)


def test_price_place_and_pickup_are_those_that_were_shown(
    app, a_market, at_market, place
):  # fmt: skip
    market, pickup, offer, _, seller = a_market()
    cart = at_market({offer: 2})
    with pytest.raises(PriceChanged):
        place(cart, 95_000 * 2, choices=choice(seller, market, pickup))
    with pytest.raises(PickupNotOffered):
        place(cart, 80_000, choices=choice(seller, market, pickup + 99))
    assert standing(market, pickup, offer) == (0, 0, 0, 0)
    assert db.session.scalars(select(Order.id)).all() == []


def shoppers(app, at_market, place, market, pickup, offer, seller, many):
    carts = [at_market({offer: 1}) for _ in range(many)]

    def one(number: int) -> str:
        place(
            carts[number], 40_000, attempt_id=f"attempt of {number}",
            choices=choice(seller, market, pickup), destination=NOWHERE,
        )  # fmt: skip
        return "placed"

    return all_at_once(app, one, many)


@both_engines
@pytest.mark.parametrize(
    ("limits", "refused", "placed"),
    [
        ({"max_orders": 3}, "market_full", 3),
        ({"max_amount_vnd": 100_000}, "market_full", 2),
        ({"pickup_most": 4}, "market_pickup_full", 4),
        ({"quantity": 5}, "market_offer_short", 5),
    ],
)
def test_no_limit_is_passed_by_fifty_at_once(
    app, a_market, at_market, place, limits, refused, placed
):  # fmt: skip
    market, pickup, offer, variant, seller = a_market(**{"quantity": 60, "on_hand": 99, **limits})
    many = BUYERS if "max_orders" in limits else 16
    outcomes = shoppers(app, at_market, place, market, pickup, offer, seller, many)
    assert outcomes["placed"] == placed, outcomes
    # Who read after the last was gone is told by the cart's own check.
    assert set(outcomes) <= {"placed", refused, "not_enough_stock"}, outcomes
    assert standing(market, pickup, offer) == (placed, 40_000 * placed, placed, placed)
    numbers = db.session.scalars(select(MarketOrder.number).order_by(MarketOrder.number)).all()
    assert numbers == list(range(1, placed + 1))
    assert db.session.get(StockLevel, variant).reserved == placed


def test_what_needs_a_least_number_is_a_part_of_its_own(
    app, a_market, a_variant, at_market, place
):  # fmt: skip
    """So it can fall alone, with its money and stock, by an ordinary cancelling."""
    from shop.markets.actions import offers

    market, pickup, offer, _, seller = a_market(price_vnd=40_000)
    cake = a_variant("Bánh", seller_id=seller, on_hand=9)
    with transaction() as session:
        alone = offers.ask_for_offer(
            session, session_id=market, variant_id=cake, price_vnd=10_000, quantity=9, least=4,
            heard=True, actor_id=None, actor_name="", now=NOON,
        ).id  # fmt: skip
    chosen = choice(seller, market, pickup)
    chosen[f"{seller}m{market}o{alone}"] = chosen[f"{seller}m{market}"]
    place(at_market({offer: 1, alone: 2}), 60_000, choices=chosen, destination=NOWHERE)
    parts = db.session.scalars(select(SellerOrder).order_by(SellerOrder.items_vnd)).all()
    assert [(p.source_kind, p.source_id, p.items_vnd) for p in parts] == [
        ("market_offer", alone, 20_000), ("market_session", market, 40_000),
    ]  # fmt: skip
    bag = db.session.scalars(select(MarketOrder)).one()
    assert (bag.parts, bag.amount_vnd) == (2, 60_000)


@both_engines
def test_without_the_guard_the_same_race_takes_more_than_the_session_carries(
    app, a_market, at_market, place, monkeypatch
):  # fmt: skip
    market, pickup, offer, _, seller = a_market(max_orders=3, quantity=60, on_hand=99)
    monkeypatch.setattr(orders, "_room", true)
    monkeypatch.setattr(
        orders,
        "_COUNT",
        {late: Prepared(lambda late=late: orders._counted(late)) for late in (False, True)},
    )
    outcomes = shoppers(app, at_market, place, market, pickup, offer, seller, 8)
    assert outcomes == {"placed": 8}


@time_machine.travel(NOON, tick=False)
def test_a_visitor_buys_at_the_market_from_its_page_to_her_order(app, a_market, count_queries):
    market, pickup, offer, variant, _ = a_market(price_vnd=40_000, least=4)
    code = db.session.get(MarketSession, market).code
    browser = app.test_client()
    assert code in browser.get("/phien-cho").text
    with count_queries() as seen:
        page = browser.get(f"/phien-cho/{code}")
    assert len(seen) <= 8, seen
    assert "Set-Cookie" not in page.headers
    assert "public" in page.headers["Cache-Control"]
    assert "csrf" not in page.text
    assert "Còn 10" in page.text.replace("\u00a0", " ")
    assert "ít nhất 4" in page.text.replace("\u00a0", " ")
    assert page.text.index('<a href="#diem">') < page.text.index("Hàng của phiên")
    assert browser.post(
        "/gio/them", data={"mon": str(variant), "phien": str(offer)}
    ).status_code == 303  # fmt: skip
    cart = browser.get("/gio").text
    assert "40.000" in cart
    assert "không mất phí giao" in cart
    page = browser.get("/dat-hang")
    assert f"m{market}-delivery" in page.text
    assert f'value="pickup-{pickup}"' in page.text
    assert "Giao tận nơi" not in page.text
    attempt = re.search(r'name="attempt"[^>]*value="([0-9a-f]{32})"', page.text)[1]
    form = {
        "name": "Trần Lan", "phone": "0905 000 123", "agree": "y", "attempt": attempt,
        "shown_total": "40000", "terms": "2026-01", f"m{market}-delivery": f"pickup-{pickup}",
        f"m{market}-method": "cod", "step": "",
    }  # fmt: skip
    answer = browser.post("/dat-hang", data=form)
    assert answer.status_code == 303, answer.text
    mine = browser.get(answer.location).text
    assert "Nhà văn hoá thôn" in mine
    assert standing(market, pickup, offer) == (1, 40_000, 1, 1)


@both_engines
def test_a_code_for_a_market_holds_for_what_is_sold_there_and_is_given_back_with_it(
    app, a_market, a_variant, at_market, place
):  # fmt: skip
    market, pickup, offer, _, seller = a_market(price_vnd=40_000)
    jar = a_variant(seller_id=seller, price_vnd=95_000)
    unit = db.session.get(Seller, seller).organisation_id
    db.session.rollback()
    there, at_home = (
        in_transaction(
            lambda session, of=of, code=code: vouchers.create_voucher(
                session, code=code, name_vi="Chợ", name_en="Market", kind="amount",
                most_off_vnd=30_000, organisation_id=unit, payer_id=unit, market_id=of,
                actor_id=None, now=NOON,
            ).id
        )
        for of, code in ((market, "CHOMOI"), (None, "GIANHANG"))
    )  # fmt: skip
    chosen = choice(seller, market, pickup)
    with pytest.raises(VoucherChanged) as refused:
        place(at_market({}, {jar: 1}), 120_000, voucher_code="CHOMOI")
    assert isinstance(refused.value.facts["reason"], VoucherNotForThese)
    placed = place(
        at_market({offer: 3}, {jar: 1}), 90_000 + 120_000, choices=chosen, voucher_code="CHOMOI"
    )
    parts = db.session.scalars(select(SellerOrder).order_by(SellerOrder.source_kind)).all()
    assert [(p.source_kind, p.voucher_id, p.total_vnd) for p in parts] == [
        ("market_session", there, 90_000), ("shop", None, 120_000),
    ]  # fmt: skip
    assert standing(market, pickup, offer)[1] == 120_000, "A market counts what goods are worth."
    with transaction() as session:
        actions.cancel_by_buyer(session, order_id=placed.order_id, now=NOON)
    assert standing(market, pickup, offer) == (0, 0, 0, 0)
    db.session.rollback()
    assert [db.session.get_one(Voucher, n).used for n in (there, at_home)] == [0, 0]
    with pytest.raises(VoucherChanged) as refused:
        place(at_market({offer: 3}), 120_000, choices=chosen, voucher_code="GIANHANG")
    assert isinstance(refused.value.facts["reason"], VoucherNotForThese)


def test_the_first_line_of_an_order_says_that_an_officer_wrote_it_down(app, a_market, an_account):
    market, pickup, offer, *_ = a_market()
    officer = an_account()
    with transaction() as session:
        market_day.order_for(
            session, session_id=market, goods={offer: 1}, name="Lan", phone="+84905000123",
            pickup_id=pickup, method="cod", attempt_id="a", locale="vi", actor_id=officer,
            actor_name="Hoa", now=NOON,
        )  # fmt: skip
    line = select(SellerOrderMove.from_state, SellerOrderMove.actor_kind, SellerOrderMove.actor_id)
    assert db.session.execute(line).one() == ("", "officer", officer)
