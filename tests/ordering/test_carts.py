"""Carts: what goes in, what comes out, whose they are and how long they last."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from shop.catalogue.models import Product, Variant
from shop.db import db, in_transaction, transaction
from shop.kernel.errors import NotYours
from shop.ordering import actions, queries
from shop.ordering.jobs import forget_carts
from shop.ordering.models import Cart, CartItem
from shop.ordering.rules import CartFull, TooManyOfOne
from shop.stock.models import StockLevel
from shop.stock.rules import NotEnoughStock
from tests.conftest import NOON
from tests.engines import both_engines
from tests.ordering.proof import how_many


def content(cart_id: int) -> dict[int, int]:
    db.session.rollback()
    return {line.variant_id: line.quantity for line in queries.cart_lines(db.session(), cart_id)}


def do(action, **more):
    return in_transaction(lambda session: action(session, now=more.pop("now", NOON), **more))


@both_engines
def test_the_same_thing_put_in_twice_is_one_line(app, a_variant, a_cart):
    jar = a_variant()
    cart = a_cart({jar: 2})
    do(actions.add_to_cart, cart_id=cart, variant_id=jar, quantity=3)
    assert content(cart) == {jar: 5}


@both_engines
def test_a_thing_taken_out_comes_back_until_the_next_change(app, a_variant, a_cart):
    jar, tea = a_variant(), a_variant()
    cart = a_cart({jar: 2, tea: 1})
    do(actions.remove_from_cart, cart_id=cart, variant_id=jar)
    assert content(cart) == {tea: 1}
    assert [line.variant_id for line in queries.removed_lines(db.session(), cart)] == [jar]
    do(actions.undo_removal, cart_id=cart)
    assert content(cart) == {jar: 2, tea: 1}
    do(actions.set_quantities, cart_id=cart, quantities={jar: 0})
    do(actions.set_quantities, cart_id=cart, quantities={tea: 4})
    do(actions.undo_removal, cart_id=cart)
    assert content(cart) == {tea: 4}


def test_a_thing_put_in_again_after_it_was_taken_out_starts_anew(app, a_variant, a_cart):
    jar = a_variant()
    cart = a_cart({jar: 7})
    do(actions.remove_from_cart, cart_id=cart, variant_id=jar)
    do(actions.add_to_cart, cart_id=cart, variant_id=jar, quantity=1)
    assert content(cart) == {jar: 1}


def test_a_cart_holds_at_most_999_of_one_thing_and_fifty_things(app, a_seller, a_variant, a_cart):
    jar = a_variant(on_hand=5000)
    cart = a_cart({jar: 999})
    with pytest.raises(TooManyOfOne) as refusal:
        do(actions.add_to_cart, cart_id=cart, variant_id=jar, quantity=1)
    assert refusal.value.most == 999
    with pytest.raises(TooManyOfOne):
        do(actions.set_quantities, cart_id=cart, quantities={jar: 1000})
    seller = a_seller()
    full = a_cart({a_variant(seller_id=seller): 1 for _ in range(50)})
    with pytest.raises(CartFull) as full_refusal:
        do(actions.add_to_cart, cart_id=full, variant_id=jar, quantity=1)
    assert full_refusal.value.most == 50
    assert content(cart) == {jar: 999}
    assert len(content(full)) == 50


@pytest.mark.parametrize("state", ["draft", "hidden"])
def test_what_is_not_sold_is_not_put_in(app, a_variant, a_cart, state):
    cart, hidden = a_cart({}), a_variant(state=state)
    for variant_id in (hidden, 4711, 0, 2**53):
        with pytest.raises(NotYours):
            do(actions.add_to_cart, cart_id=cart, variant_id=variant_id, quantity=1)
    assert content(cart) == {}


def test_what_is_sold_out_is_named(app, a_variant, a_cart):
    cart, gone = a_cart({}), a_variant("Chổi đót", on_hand=0)
    with pytest.raises(NotEnoughStock) as refusal:
        do(actions.add_to_cart, cart_id=cart, variant_id=gone, quantity=1)
    assert (refusal.value.short[0].title_vi, refusal.value.short[0].left) == ("Chổi đót", 0)


def test_a_cart_promises_nothing(app, a_variant, a_cart):
    last = a_variant(on_hand=1)
    a_cart({last: 1})
    a_cart({last: 1})
    assert db.session.scalars(select(StockLevel.reserved)).one() == 0


def test_a_price_that_moved_is_said_until_she_changes_that_line_with_the_price_before_her(
    app, a_variant, a_cart
):
    jar, tea = a_variant(price_vnd=95_000), a_variant(price_vnd=40_000)
    cart = a_cart({jar: 1, tea: 1})

    def moved() -> set[int]:
        return {one.variant_id for one in queries.cart_lines(db.session(), cart) if one.price_moved}

    with transaction() as session:
        session.execute(update(Variant).values(price_vnd=Variant.price_vnd + 3_000))
    line = queries.cart_lines(db.session(), cart)[0]
    assert (line.seen_price_vnd, line.unit_price_vnd) == (95_000, 98_000)
    # Her page was drawn before the price moved: what she changes tells nothing of the new one.
    do(actions.set_quantities, cart_id=cart, quantities={jar: 2}, seen_vnd={jar: 95_000})
    assert moved() == {jar, tea}
    do(actions.set_quantities, cart_id=cart, quantities={jar: 3}, seen_vnd={jar: 98_000})
    assert moved() == {tea}
    do(actions.remove_from_cart, cart_id=cart, variant_id=jar)
    assert moved() == {tea}


def test_a_cart_is_made_to_fit_what_is_left(app, a_variant, a_cart):
    plenty, few, none, hidden = (a_variant() for _ in range(4))
    cart = a_cart({plenty: 3, few: 3, none: 3, hidden: 3})
    with transaction() as session:
        levels = update(StockLevel)
        session.execute(levels.where(StockLevel.variant_id == few).values(on_hand=2))
        session.execute(levels.where(StockLevel.variant_id == none).values(on_hand=0))
        product = select(Variant.product_id).where(Variant.id == hidden).scalar_subquery()
        session.execute(update(Product).where(Product.id == product).values(state="hidden"))
    do(actions.fit_cart_to_stock, cart_id=cart)
    assert content(cart) == {plenty: 3, few: 2}
    with transaction() as session:  # The moves of this test's own hand, for the fixture's look.
        from shop.stock.models import StockMove

        for variant_id, change in ((few, -7), (none, -9)):
            session.add(
                StockMove(variant_id=variant_id, kind="counted", on_hand_change=change,
                          reserved_change=0, at=NOON)
            )  # fmt: skip


# --- Whose --------------------------------------------------------------------------


def mine(account_id: int) -> int | None:
    db.session.rollback()
    return queries.cart_id_of(db.session(), token=None, account_id=account_id, now=NOON)


@both_engines
def test_a_browsers_cart_becomes_the_accounts_at_sign_in(app, a_variant, a_cart, an_account):
    jar, lan = a_variant(), an_account()
    guest = a_cart({jar: 2}, token="secret")
    assert queries.guest_cart_id(db.session(), "secret", NOON) == guest
    assert do(actions.join_carts, account_id=lan, cart_id=guest) == guest
    assert mine(lan) == guest
    # Whoever uses this browser after she signed out does not see it.
    assert queries.guest_cart_id(db.session(), "secret", NOON) is None


@both_engines
def test_two_carts_become_one_with_the_larger_quantities(app, a_variant, a_cart, an_account):
    flour, tea, honey, lan = a_variant(), a_variant(), a_variant(), an_account()
    hers = a_cart({flour: 2, tea: 5}, account_id=lan)
    guest = a_cart({flour: 3, tea: 1, honey: 1})
    assert do(actions.join_carts, account_id=lan, cart_id=guest) == hers
    assert content(hers) == {flour: 3, tea: 5, honey: 1}
    assert how_many(db.session(), Cart) == (1,)
    assert do(actions.join_carts, account_id=lan, cart_id=hers) == hers
    assert do(actions.join_carts, account_id=lan, cart_id=None) == hers


def test_joined_carts_stay_within_fifty_things(app, a_seller, a_variant, a_cart, an_account):
    seller, lan = a_seller(), an_account()
    things = [a_variant(seller_id=seller) for _ in range(55)]
    hers = a_cart(dict.fromkeys(things[:40], 1), account_id=lan)
    guest = a_cart(dict.fromkeys(things[30:], 2))
    do(actions.join_carts, account_id=lan, cart_id=guest)
    held = content(hers)
    assert len(held) == 50
    assert [held[thing] for thing in things[:50]] == [1] * 30 + [2] * 20


def test_nobody_joins_the_cart_of_another_account(app, a_variant, a_cart, an_account):
    lan, hoa = an_account(), an_account()
    hers = a_cart({a_variant(): 1}, account_id=lan)
    assert do(actions.join_carts, account_id=hoa, cart_id=hers) is None
    assert mine(lan) == hers
    assert mine(hoa) is None


@both_engines
def test_nobody_empties_the_cart_of_another_account(app, a_variant, a_cart, an_account):
    jar, lan, hoa = a_variant(), an_account(), an_account()
    hers = a_cart({jar: 1}, account_id=lan)
    a_cart({jar: 3}, account_id=hoa)
    do(actions.join_carts, account_id=hoa, cart_id=hers)
    assert content(hers) == {jar: 1}


def test_an_account_has_one_cart_on_all_its_devices(app, a_variant, a_cart, an_account):
    jar, lan = a_variant(), an_account()
    first = a_cart({jar: 1}, account_id=lan)
    assert a_cart({jar: 1}, account_id=lan) == first
    assert content(first) == {jar: 2}


def test_a_cart_lasts_thirty_days_after_its_last_change(app, a_variant, a_cart):
    jar = a_variant()
    cart = a_cart({jar: 1}, token="secret")
    late = NOON + timedelta(days=29)
    do(actions.set_quantities, cart_id=cart, quantities={jar: 2}, now=late)
    find = queries.guest_cart_id
    assert find(db.session(), "secret", late + timedelta(days=29)) == cart
    assert find(db.session(), "secret", late + timedelta(days=30)) is None
    db.session.rollback()
    forget_carts(late + timedelta(days=30, seconds=-1))
    assert how_many(db.session(), Cart, CartItem) == (1, 1)
    forget_carts(late + timedelta(days=30))
    assert how_many(db.session(), Cart, CartItem) == (0, 0)


def test_the_token_itself_is_not_stored(app, a_cart):
    a_cart({}, token="secret-of-the-cookie")
    row = db.session.execute(select(*Cart.__table__.c)).one()
    assert "secret-of-the-cookie" not in "|".join(map(str, row))
