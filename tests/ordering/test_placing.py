"""Placing orders against a real database."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select, update

from shop.catalogue.models import Product, Variant
from shop.db import db, in_transaction, transaction
from shop.kernel.sealing import token_digest
from shop.ordering import actions, queries
from shop.ordering.events import OrderPlaced
from shop.ordering.models import CartItem, LineItem, Order, SellerOrder, SellerOrderMove
from shop.ordering.rules import (
    AttemptReused,
    Choice,
    EmptyCart,
    LineGone,
    MethodNotOffered,
    PickupNotOffered,
    PriceChanged,
)
from shop.outbox.models import OutboxMessage
from shop.outbox.relay import subscribe
from shop.sellers.models import Seller
from shop.shipping.models import PickupPoint
from shop.stock.models import StockMove
from shop.stock.rules import NotEnoughStock
from tests.conftest import NOON
from tests.engines import both_engines
from tests.ordering.conftest import BERLIN, HA_NOI, HOI_AN, LAN
from tests.ordering.proof import how_many, kinds, level

STORED = (Order, SellerOrder, LineItem, SellerOrderMove, OutboxMessage)


@pytest.fixture
def told(app):
    """A subscriber to orders: what it was told."""
    heard = []
    subscribe(app, OrderPlaced, "test", heard.append)
    return heard


def seller_of(variant_id: int) -> int:
    return db.session.scalars(
        select(Product.seller_id).join(Variant).where(Variant.id == variant_id)
    ).one()


@both_engines
def test_one_order_has_a_part_for_each_seller_and_promises_the_stock(
    app, told, a_variant, a_cart, place
):
    flour, tea = a_variant(price_vnd=95_000), a_variant(price_vnd=60_000, weight_g=200)
    cart = a_cart({tea: 3, flour: 2})
    # Flour: 190.000 + 30.000 (1.200 g); tea: 180.000 + 25.000 (600 g).
    placed = place(cart, 425_000, choices={seller_of(tea): Choice(method="transfer", note="ít đá")})

    page = queries.order_page(db.session(), placed.order_id)
    assert page is not None
    assert (page.order.items_vnd, page.order.shipping_vnd, page.order.total_vnd) == (
        370_000, 55_000, 425_000,
    )  # fmt: skip
    assert [(p.row.method, p.row.note, p.row.total_vnd, p.row.state) for p in page.parts] == [
        ("cod", "", 220_000, "placed"),
        ("transfer", "ít đá", 205_000, "placed"),
    ]
    assert [p.row.id for p in page.parts] == placed.seller_order_ids
    assert [line.quantity for part in page.parts for line in part.lines] == [2, 3]
    assert [step.to_state for part in page.parts for step in part.moves] == ["placed", "placed"]
    assert (page.contact, page.summary.key) == (LAN, "placed")
    assert page.parts[0].row.payee_id is not None
    assert (level(db.session(), flour), level(db.session(), tea)) == ((9, 2), (9, 3))
    assert kinds(db.session(), tea) == ["counted", "reserved"]
    assert how_many(db.session(), CartItem) == (0,)
    mine = select(OutboxMessage.payload).where(OutboxMessage.subscriber == "test")
    assert db.session.scalars(mine).one() == {"order_id": placed.order_id}


def test_who_and_where_is_sealed_and_only_ward_and_province_stay_readable(app, an_order):
    placed = an_order()
    row = db.session.execute(select(*Order.__table__.c)).one()
    everything = "|".join(str(value) for value in row)
    for secret in ("Trần", "Lan", "912345678", "lan@example", "Lê Lợi"):
        assert secret not in everything
        assert secret.encode() not in row.contact
    assert (row.ward_name, row.has_email) == ("Phường Hải Châu", True)
    assert placed.link_token not in everything
    assert row.link_digest == token_digest(placed.link_token)


def test_the_private_link_is_the_same_later_and_after_a_new_secret_key(app, an_order):
    placed = an_order()
    order = queries.order_page(db.session(), placed.order_id).order
    assert queries.link_token(order) == placed.link_token
    app.config["SECRET_KEY_FALLBACKS"] = [app.secret_key]
    app.secret_key = "another" * 8
    assert queries.link_token(order) == placed.link_token


def test_the_code_can_be_read_aloud_and_nothing_in_it_counts(app, an_order, a_variant):
    jar = a_variant()
    codes = {an_order(variant_id=jar).code for _ in range(3)}
    assert len(codes) == 3
    assert all(len(code) == 8 and not set(code) & set("ILOU") for code in codes)


@both_engines
def test_the_same_attempt_twice_is_one_order_and_the_same_answer(app, a_variant, a_cart, place):
    jar = a_variant()
    cart = a_cart({jar: 1})
    first = place(cart, 120_000, attempt_id="one")
    again = place(cart, 120_000, attempt_id="one")
    assert replace(again, replayed=False) == first
    assert (first.replayed, again.replayed) == (False, True)
    assert how_many(db.session(), Order, SellerOrder) == (1, 1)
    assert level(db.session(), jar) == (9, 1)


@both_engines
def test_the_same_attempt_with_other_input_is_refused(app, a_variant, a_cart, place):
    jar = a_variant()
    cart = a_cart({jar: 1})
    place(cart, 120_000, attempt_id="one")
    before = how_many(db.session(), *STORED)
    with pytest.raises(AttemptReused) as refusal:
        place(cart, 120_000, attempt_id="one", attempt_digest="e" * 64)
    assert refusal.value.status == 422
    assert how_many(db.session(), *STORED) == before


def test_two_tabs_of_one_cart_make_one_order(app, a_variant, a_cart, place):
    cart = a_cart({a_variant(): 1})
    place(cart, 120_000, attempt_id="first tab")
    with pytest.raises(EmptyCart):
        place(cart, 120_000, attempt_id="second tab")
    assert how_many(db.session(), Order) == (1,)


@pytest.mark.parametrize("shown_vnd", [0, -1, 119_999, 95_000, 10**15])
def test_a_tampered_total_is_asked_again_and_stores_nothing(
    app, told, a_variant, a_cart, place, shown_vnd
):
    jar = a_variant()
    cart = a_cart({jar: 1})
    with pytest.raises(PriceChanged) as refusal:
        place(cart, shown_vnd)
    assert (refusal.value.shown_vnd, refusal.value.actual_vnd) == (shown_vnd, 120_000)
    assert how_many(db.session(), *STORED) == (0, 0, 0, 0, 0)
    assert how_many(db.session(), CartItem) == (1,)
    assert level(db.session(), jar) == (9, 0)


@both_engines
def test_what_ran_short_is_named_and_everything_else_is_kept(app, told, a_variant, a_cart, place):
    plenty, scarce = a_variant("Trà lá vối"), a_variant("Mật ong", on_hand=2)
    cart = a_cart({plenty: 1, scarce: 2})
    with transaction() as session:
        session.execute(update(Variant).values(price_vnd=95_000))
    other = a_cart({scarce: 1})
    place(other, 120_000)
    before = how_many(db.session(), *STORED, StockMove)
    with pytest.raises(NotEnoughStock) as refusal:
        place(cart, 95_000 * 3 + 25_000 + 30_000)
    short = refusal.value.short
    assert [(s.variant_id, s.title_vi, s.wanted, s.left, s.unit_vi) for s in short] == [
        (scarce, "Mật ong", 2, 1, "hũ")
    ]
    assert how_many(db.session(), *STORED, StockMove) == before
    assert [line.variant_id for line in queries.cart_lines(db.session(), cart)] == [plenty, scarce]
    assert level(db.session(), plenty) == (9, 0)


@pytest.mark.parametrize("what", ["hidden", "retired", "closed"])
def test_what_is_not_sold_any_more_is_named(app, a_variant, a_cart, place, what):
    jar = a_variant("Nước mắm")
    cart = a_cart({jar: 1})
    with transaction() as session:
        if what == "hidden":
            session.execute(update(Product).values(state="hidden"))
        elif what == "retired":
            session.execute(update(Variant).values(retired_at=NOON))
        else:
            session.execute(update(Seller).values(closed_at=NOON))
    with pytest.raises(LineGone) as refusal:
        place(cart, 120_000)
    assert [line.title_vi for line in refusal.value.lines] == ["Nước mắm"]
    assert how_many(db.session(), Order, CartItem) == (0, 1)


def test_a_later_price_leaves_the_order_alone(app, a_variant, an_order):
    jar = a_variant()
    placed = an_order(variant_id=jar)
    with transaction() as session:
        session.execute(update(Variant).values(price_vnd=990_000, name_vi="Khác"))
        session.execute(update(Product).values(title_vi="Khác"))
    line = queries.order_page(db.session(), placed.order_id).parts[0].lines[0]
    assert (line.title_vi, line.variant_vi, line.unit_price_vnd, line.total_vnd) == (
        "Bột ngũ cốc", "Hũ 500 g", 95_000, 95_000,
    )  # fmt: skip


def test_the_fee_is_that_of_the_zone(app, a_variant, an_order):
    jar = a_variant()
    for destination, fee_vnd in ((HOI_AN, 15_000), (HA_NOI, 35_000)):
        placed = an_order(variant_id=jar, destination=destination, total_vnd=95_000 + fee_vnd)
        part = queries.order_page(db.session(), placed.order_id).parts[0].row
        assert part.shipping_vnd == fee_vnd


def test_goods_above_the_threshold_travel_free(app, a_seller, a_variant, an_order):
    jar = a_variant(seller_id=a_seller(free_from_vnd=190_000))
    an_order(2, variant_id=jar, total_vnd=190_000)


def test_collecting_costs_no_fee_and_needs_no_address(app, a_variant, an_order):
    from shop.shipping.rules import Destination

    jar = a_variant()
    point = db.session.scalars(select(PickupPoint.id)).one()
    placed = an_order(
        variant_id=jar, choice=Choice("pickup", "cod", point), destination=Destination()
    )
    part = queries.order_page(db.session(), placed.order_id).parts[0].row
    assert (part.total_vnd, part.delivery, part.pickup_name_vi) == (95_000, "pickup", "Nhà chị Mẫu")


def test_the_pickup_point_of_another_seller_is_refused(app, a_variant, an_order):
    mine, other = a_variant(), a_variant()
    point = db.session.scalars(
        select(PickupPoint.id).where(PickupPoint.seller_id == seller_of(other))
    ).one()
    with pytest.raises(PickupNotOffered):
        an_order(variant_id=mine, choice=Choice("pickup", "cod", point))
    assert how_many(db.session(), Order) == (0,)


def test_cash_is_not_collected_abroad(app, an_order):
    with pytest.raises(MethodNotOffered):
        an_order(destination=BERLIN, total_vnd=95_000)
    assert how_many(db.session(), Order) == (0,)


@both_engines
def test_a_seller_paid_through_her_organisation_has_its_payee_or_the_nearest_above(
    app, an_organisation, a_seller, a_variant, an_order
):
    from shop.current import vault
    from shop.sellers.models import Payee
    from shop.sellers.queries import payee_of

    commune = an_organisation()
    branch = an_organisation("Chi hội Gò Mít", parent_id=commune, kind="branch")
    sellers = [
        a_seller(organisation_id=unit, paid_through_organisation=True) for unit in (commune, branch)
    ]
    for unit in (an_organisation("Hội khác"), commune):
        with transaction() as session:
            key = vault().new_key()
            payee = Payee(
                organisation_id=unit, bank_bin="970405", bank_name="Agribank", holder="HOI LHPN",
                data_key=key, account_number=vault().seal(key, "1"), last4="0001", started_at=NOON,
            )  # fmt: skip
            session.add(payee)
            session.flush()
            payee_id = payee.id
    for seller in sellers:
        placed = an_order(variant_id=a_variant(seller_id=seller))
        part = queries.order_page(db.session(), placed.order_id).parts[0].row
        assert part.payee_id == payee_id == payee_of(db.session(), seller).id
        db.session.rollback()


@both_engines
@pytest.mark.parametrize(
    "step", ["_insert_parts", "_insert_lines", "_promise", "promise", "vault", "relay"]
)
def test_a_crash_between_the_steps_stores_nothing(
    app, told, a_variant, a_cart, place, monkeypatch, step
):
    from shop.ordering.actions import placing

    class Crash(Exception):
        pass

    def crash(*_args, **_more):
        raise Crash

    jar = a_variant()
    cart = a_cart({jar: 1})
    if step == "relay":
        monkeypatch.setattr(placing.relay, "record", crash)
    else:
        monkeypatch.setattr(placing, step, crash)
    with pytest.raises(Crash):
        place(cart, 120_000)
    monkeypatch.undo()
    assert how_many(db.session(), *STORED, CartItem) == (0, 0, 0, 0, 0, 1)
    assert level(db.session(), jar) == (9, 0)
    assert kinds(db.session(), jar) == ["counted"]


def test_an_order_costs_as_many_statements_for_fifty_lines_as_it_must(
    app, a_seller, a_variant, a_cart, place, count_queries
):
    seller = a_seller()
    two = a_cart({a_variant(seller_id=seller, weight_g=10): 1 for _ in range(2)})
    twelve = a_cart({a_variant(seller_id=seller, weight_g=10): 1 for _ in range(12)})
    with count_queries() as few:
        place(two, 2 * 95_000 + 25_000)
    with count_queries() as many:
        place(twelve, 12 * 95_000 + 25_000)
    # One conditional UPDATE for each further variant, and nothing else.
    assert len(many) - len(few) == 10
    assert len(few) <= 16


def test_every_order_has_its_message_in_the_same_transaction(app, told, an_order, a_variant):
    from shop.outbox.relay import deliver_waiting

    jar = a_variant()
    placed = [an_order(variant_id=jar).order_id for _ in range(3)]
    deliver_waiting(NOON)
    assert [event.order_id for event in told] == placed


def test_an_order_is_found_by_its_link_until_it_is_over(app, an_order):
    placed = an_order()
    by_link = queries.order_by_link
    assert by_link(db.session(), placed.link_token, NOON) == placed.order_id
    other = "y" if placed.link_token.endswith("x") else "x"
    assert by_link(db.session(), placed.link_token[:-1] + other, NOON) is None
    assert by_link(db.session(), "\ud800", NOON) is None
    with transaction() as session:
        session.execute(update(Order).values(link_expires_at=NOON))
    assert by_link(db.session(), placed.link_token, NOON) is None


def test_an_order_is_found_by_code_and_the_last_four_digits_together(app, an_order, monkeypatch):
    from shop.kernel.sealing import Vault

    placed = an_order()
    opened = []
    real = Vault.open
    monkeypatch.setattr(Vault, "open", lambda *a: opened.append(1) or real(*a))
    find = queries.order_by_code_and_last4
    assert find(db.session(), placed.code, "5678") == placed.order_id
    assert find(db.session(), f" {placed.code[:4]}-{placed.code[4:].lower()}", "5678")
    work = []
    for code, last4 in (
        (placed.code, "5679"), (placed.code, ""), (placed.code, "+84912345678"), ("ZZZZZZZZ", "5678"),
        ("", "0000"), ("ZZZZZZZZ", "0000"), (placed.code, "é678"), ("\x00" * 9000, "9" * 9000),
    ):  # fmt: skip
        opened.clear()
        assert find(db.session(), code, last4) is None
        work.append(len(opened))
    assert set(work) == {1}


def test_what_belongs_to_another_account_or_seller_does_not_exist(
    app, an_order, an_account, a_seller
):
    mine, other = an_account(), an_account()
    placed = an_order(account_id=mine)
    session = db.session()
    assert [row.order.code for row in queries.orders_of_account(session, mine)] == [placed.code]
    assert queries.orders_of_account(session, other) == []
    part = placed.seller_order_ids[0]
    seller = session.scalars(select(SellerOrder.seller_id)).one()
    assert queries.seller_order_page(session, seller, part)[2].row.id == part
    assert queries.seller_order_page(session, a_seller(), part) is None


def test_an_orders_page_takes_four_queries_whatever_its_size(
    app, a_variant, a_cart, place, count_queries
):
    content = {a_variant(): 1 for _ in range(4)}
    placed = place(a_cart(content), 4 * 120_000)
    db.session.rollback()
    with count_queries() as seen:
        page = queries.order_page(db.session(), placed.order_id)
    assert len(page.parts) == 4
    assert len(seen) <= 4


def test_an_order_without_an_account_can_be_claimed_once(app, an_order, an_account):
    placed, mine, other = an_order(), an_account(), an_account()
    with transaction() as session:
        assert actions.claim_order(session, order_id=placed.order_id, account_id=mine)
        assert not actions.claim_order(session, order_id=placed.order_id, account_id=other)
    assert db.session.scalars(select(Order.account_id)).one() == mine


def test_an_earlier_order_is_put_into_the_cart_again_as_far_as_it_is_sold(
    app, a_variant, a_cart, place
):
    flour, tea = a_variant(), a_variant()
    placed = place(a_cart({flour: 2, tea: 1}), 3 * 95_000 + 30_000 + 25_000)
    with transaction() as session:
        session.execute(update(Variant).where(Variant.id == tea).values(retired_at=NOON))
    cart = a_cart({flour: 1})
    for _ in range(2):
        again = in_transaction(
            lambda session: actions.order_again(
                session, cart_id=cart, order_id=placed.order_id, now=NOON
            )
        )
        assert (again.added, again.left_out) == (1, (tea,))
    assert [(x.variant_id, x.quantity) for x in queries.cart_lines(db.session(), cart)] == [
        (flour, 2)
    ]
    assert db.session.scalar(select(func.count()).select_from(CartItem)) == 1
