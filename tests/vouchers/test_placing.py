"""Orders with a voucher, against a real database."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from shop.db import db, transaction
from shop.operations.actions import erase_order
from shop.ordering import actions as ordering
from shop.ordering import queries
from shop.ordering.models import Order, SellerOrder
from shop.ordering.rules import Choice, ComingBack, Contact, Holds, PriceChanged, ReturnReason
from shop.payments.actions import confirm_received, open_payments
from shop.payments.methods import By
from shop.payments.models import CodCollection, Payment
from shop.shipping.models import PickupPoint
from shop.vouchers import actions
from shop.vouchers.models import VoucherUse
from shop.vouchers.rules import CodeTaken, VoucherChanged
from tests.conftest import NOON
from tests.engines import both_engines
from tests.ordering.conftest import BERLIN
from tests.ordering.proof import how_many
from tests.payments.conftest import standing

DAY = timedelta(days=1)
#: 95.000 of goods and 25.000 for delivery.
FULL = 120_000


def parts_of(order_id: int) -> list[SellerOrder]:
    db.session.rollback()
    return list(
        db.session.scalars(
            select(SellerOrder).where(SellerOrder.order_id == order_id).order_by(SellerOrder.id)
        )
    )


def refused(place, *args, **more) -> VoucherChanged:
    with pytest.raises(VoucherChanged) as caught:
        place(*args, **more)
    return caught.value


@both_engines
def test_an_order_is_less_by_what_the_voucher_takes(stall, a_voucher, a_cart, place, voucher_now):
    seller, variant, _unit = stall
    voucher = a_voucher("TET2027", seller_id=seller, most_uses=5)
    placed = place(a_cart({variant: 1}), FULL - 20_000, voucher_code="tet-2O27")
    order = db.session.get_one(Order, placed.order_id)
    assert (order.items_vnd, order.discount_vnd, order.total_vnd) == (95_000, 20_000, 100_000)
    part = parts_of(placed.order_id)[0]
    assert (part.discount_vnd, part.total_vnd, part.voucher_id, part.voucher_payer_id) == (
        20_000, 100_000, voucher.id, None,
    )  # fmt: skip
    now = voucher_now(voucher.id)
    assert (now.used, now.spent_vnd) == (1, 20_000)


@both_engines
def test_one_voucher_is_shared_among_the_sellers_below_its_organisation(
    stall, a_voucher, a_variant, a_seller, a_cart, place, an_organisation
):
    _seller, variant, unit = stall
    below = an_organisation("Chi hội", parent_id=unit, kind="branch")
    other = a_variant(price_vnd=40_000, seller_id=a_seller("Chị Hoa", organisation_id=below))
    stranger = a_variant(price_vnd=70_000, seller_id=a_seller("Nơi khác"))
    voucher = a_voucher(organisation_id=unit, payer_id=unit)
    cart = a_cart({variant: 1, other: 1, stranger: 1})
    placed = place(cart, 95_000 + 40_000 + 70_000 + 75_000 - 20_000, voucher_code=voucher.code)
    parts = {part.items_vnd: part for part in parts_of(placed.order_id)}
    assert {vnd: part.discount_vnd for vnd, part in parts.items()} == {
        95_000: 14_074, 40_000: 5_926, 70_000: 0,
    }  # fmt: skip
    assert [parts[vnd].voucher_id for vnd in (95_000, 40_000, 70_000)] == [
        voucher.id, voucher.id, None,
    ]  # fmt: skip
    assert {part.voucher_payer_id for part in parts.values()} == {unit, None}


@both_engines
def test_delivery_is_cheaper_by_a_voucher_for_it(stall, a_voucher, a_cart, place):
    seller, variant, unit = stall
    voucher = a_voucher(kind="delivery", most_off_vnd=15_000, seller_id=seller, payer_id=unit)
    placed = place(a_cart({variant: 1}), FULL - 15_000, voucher_code=voucher.code)
    part = parts_of(placed.order_id)[0]
    assert (part.discount_vnd, part.delivery_off_vnd, part.shipping_vnd, part.total_vnd) == (
        0, 15_000, 10_000, 105_000,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("terms", "why"),
    [
        ({"starts_at": NOON + DAY}, "voucher_not_yet"),
        ({"ends_at": NOON + DAY}, "voucher_over"),
        ({"min_goods_vnd": 95_001}, "voucher_minimum"),
        ({"budget_vnd": 19_999}, "voucher_used_up"),
    ],
)
def test_a_voucher_that_does_not_hold_is_said_with_both_totals(
    stall, a_voucher, a_cart, place, terms, why
):
    seller, variant, _unit = stall
    voucher = a_voucher(seller_id=seller, **terms)
    now = NOON + DAY if why == "voucher_over" else NOON
    before = how_many(db.session(), Order, SellerOrder, VoucherUse)
    said = refused(
        place, a_cart({variant: 1}), FULL - 20_000, voucher_code=voucher.code, now=now
    )  # fmt: skip
    assert (said.reason.code, said.shown_vnd, said.actual_vnd) == (why, FULL - 20_000, FULL)
    assert how_many(db.session(), Order, SellerOrder, VoucherUse) == before


def test_no_such_code_another_makers_code_and_a_stopped_one(
    stall, a_voucher, a_seller, a_cart, place
):
    seller, variant, _unit = stall
    cart = a_cart({variant: 1})
    assert refused(place, cart, FULL, voucher_code="NOPE").reason.code == "voucher_unknown"
    other = a_voucher(seller_id=a_seller("Chị Hoa"))
    said = refused(place, cart, FULL, voucher_code=other.code)
    assert said.reason.code == "voucher_not_for_these"
    mine = a_voucher(seller_id=seller)
    with transaction() as session:
        assert actions.stop_voucher(session, voucher_id=mine.id, actor_id=None, now=NOON)
        assert not actions.stop_voucher(session, voucher_id=mine.id, actor_id=None, now=NOON)
    assert refused(place, cart, FULL, voucher_code=mine.code).reason.code == "voucher_over"
    with transaction() as session:
        assert actions.resume_voucher(session, voucher_id=mine.id, actor_id=None, now=NOON)
        assert not actions.resume_voucher(session, voucher_id=mine.id, actor_id=None, now=NOON)
    place(cart, FULL - 20_000, voucher_code=mine.code)


def test_who_did_not_see_the_reduction_is_asked_with_the_lower_total(
    stall, a_voucher, a_cart, place
):
    seller, variant, _unit = stall
    voucher = a_voucher(seller_id=seller)
    with pytest.raises(PriceChanged) as said:
        place(a_cart({variant: 1}), FULL, voucher_code=voucher.code)
    assert (said.value.shown_vnd, said.value.actual_vnd) == (FULL, FULL - 20_000)


@both_engines
def test_one_phone_uses_it_once_and_another_phone_too(stall, a_voucher, a_cart, place):
    seller, variant, _unit = stall
    voucher = a_voucher(seller_id=seller, most_each=1)
    place(a_cart({variant: 1}), FULL - 20_000, voucher_code=voucher.code)
    said = refused(place, a_cart({variant: 1}), FULL - 20_000, voucher_code=voucher.code)
    assert said.reason.code == "voucher_used_by_you"
    hoa = Contact("Hoa", "+84905000999", street="1")
    place(a_cart({variant: 1}), FULL - 20_000, voucher_code=voucher.code, contact=hoa)


@both_engines
def test_an_erased_order_leaves_no_phone_at_its_voucher(stall, a_voucher, a_cart, place):
    seller, variant, _unit = stall
    voucher = a_voucher(seller_id=seller, most_each=1, first_order=True)

    def phones() -> list[str]:
        db.session.rollback()
        found = db.session.scalars(select(VoucherUse.phone_index).order_by(VoucherUse.id)).all()
        db.session.rollback()
        return list(found)

    for number in range(2):
        made = place(a_cart({variant: 1}), FULL - 20_000, voucher_code=voucher.code)
        before = phones()
        with transaction() as session:
            session.execute(
                update(SellerOrder)
                .where(SellerOrder.order_id == made.order_id)
                .values(state="completed")
            )
        with transaction() as session:
            erase_order(session, order_id=made.order_id, actor_id=None, actor_name="Hảo", now=NOON)
        after = phones()
        assert after[:number] == before[:number]
        assert after[number] not in before, "of one phone each time"
        assert len(after[number]) > 30
    with transaction() as session:
        session.execute(
            update(SellerOrder)
            .where(SellerOrder.order_id.in_(select(VoucherUse.order_id)))
            .values(state="placed")
        )


@both_engines
def test_only_a_first_order_is_less_by_a_voucher_for_it(stall, a_voucher, a_cart, place):
    seller, variant, _unit = stall
    voucher = a_voucher(seller_id=seller, first_order=True)
    first = place(a_cart({variant: 1}), FULL - 20_000, voucher_code=voucher.code)
    said = refused(place, a_cart({variant: 1}), FULL - 20_000, voucher_code=voucher.code)
    assert said.reason.code == "voucher_first_order"
    with transaction() as session:
        ordering.cancel_by_buyer(session, order_id=first.order_id, now=NOON)
    # Cancelled, it was no first order, and the use is free again.
    place(a_cart({variant: 1}), FULL - 20_000, voucher_code=voucher.code)


@both_engines
def test_what_is_cancelled_before_it_is_sent_is_given_back_part_by_part(
    stall, a_voucher, a_variant, a_seller, a_cart, place, voucher_now
):
    _seller, variant, unit = stall
    other = a_variant(price_vnd=40_000, seller_id=a_seller("Chị Hoa", organisation_id=unit))
    voucher = a_voucher(organisation_id=unit, payer_id=unit, most_uses=1, budget_vnd=20_000)
    placed = place(a_cart({variant: 1, other: 1}), 165_000, voucher_code=voucher.code)
    one, _two = placed.seller_order_ids
    with transaction() as session:
        ordering.cancel_by_buyer(session, order_id=placed.order_id, seller_order_id=one, now=NOON)
    now = voucher_now(voucher.id)
    assert (now.used, now.spent_vnd) == (1, 5_926)
    with transaction() as session:
        ordering.expire_due(session, now=NOON + 4 * DAY)
    now = voucher_now(voucher.id)
    assert (now.used, now.spent_vnd) == (0, 0)
    use = db.session.scalars(select(VoucherUse)).one()
    assert (use.parts, use.amount_vnd, use.given_back_at) == (0, 0, NOON + 4 * DAY)
    place(a_cart({variant: 1}), FULL - 20_000, voucher_code=voucher.code)


def moved(part: int, *states: str, at=NOON) -> None:
    for to in states:
        with transaction() as session:
            ordering.move_seller_order(
                session, seller_order_id=part, to=to, actor_kind="operator", actor_id=None, now=at
            )


@both_engines
def test_once_it_was_sent_nothing_of_it_is_given_back(stall, a_voucher, a_cart, place, voucher_now):
    seller, variant, _unit = stall
    voucher = a_voucher(seller_id=seller)
    placed = place(a_cart({variant: 1}), FULL - 20_000, voucher_code=voucher.code)
    moved(placed.seller_order_ids[0], "confirmed", "packed", "handed_over", "refused", "returned")
    now = voucher_now(voucher.id)
    assert (now.used, now.spent_vnd) == (1, 20_000)


@both_engines
def test_the_organisation_that_pays_owes_the_seller_what_the_buyer_does_not_pay(
    stall, a_voucher, a_cart, place
):
    seller, variant, unit = stall
    voucher = a_voucher(seller_id=seller, payer_id=unit)
    placed = place(
        a_cart({variant: 2}), 190_000 + 30_000 - 20_000, voucher_code=voucher.code,
        choices={seller: Choice(method="transfer")},
    )  # fmt: skip
    part = placed.seller_order_ids[0]
    with transaction() as session:
        open_payments(session, placed.order_id, NOON)
    payment = db.session.scalars(select(Payment)).one()
    assert payment.amount_vnd == 200_000
    with transaction() as session:
        confirm_received(
            session, payment_id=payment.id, amount_vnd=200_000, after=0, by=By("seller"), now=NOON
        )
    assert standing(f"voucher:{part}") == {}
    moved(part, "packed", "handed_over", "delivered")
    assert standing(f"voucher:{part}") == {"voucher_cost": 20_000, "seller_payable": -20_000}
    assert standing(f"payment:{payment.id}") == {
        "bank": 200_000, "sales": -170_000, "delivery": -30_000,
    }  # fmt: skip
    line = ordering_lines(part)[0]
    for n, left in ((1, 10_000), (1, 0)):
        with transaction() as session:
            back = ordering.return_goods(
                session, seller_order_id=part, coming=[ComingBack(line, n, True)],
                reason=ReturnReason.FAULTY, gives_fee_back=False, after=last_return(part),
                actor_kind="seller", actor_id=None, now=NOON + DAY,
            )  # fmt: skip
            assert back is not None
            open_payments(session, placed.order_id, NOON + DAY)
        stands = standing(f"voucher:{part}")
        assert stands.get("voucher_cost", 0) == -stands.get("seller_payable", 0) == left
    row = parts_of(placed.order_id)[0]
    assert (row.returned_items_vnd, row.returned_off_vnd) == (170_000, 20_000)


def ordering_lines(part: int) -> list[int]:
    return [line.id for line in queries.lines_of(db.session(), [part])]


def last_return(part: int) -> int:
    return queries.last_return(db.session(), part)


def test_a_seller_who_gives_it_herself_just_asks_for_less(stall, a_voucher, a_cart, place):
    seller, variant, _unit = stall
    voucher = a_voucher(seller_id=seller)
    placed = place(a_cart({variant: 1}), FULL - 20_000, voucher_code=voucher.code)
    part = placed.seller_order_ids[0]
    with transaction() as session:
        open_payments(session, placed.order_id, NOON)
    moved(part, "confirmed", "packed", "handed_over", "delivered")
    assert standing(f"voucher:{part}") == {}
    assert standing(f"cash:{part}") == {
        "buyers_owe": 100_000, "sales": -75_000, "delivery": -25_000,
    }  # fmt: skip


@both_engines
def test_the_fee_that_an_organisation_paid_is_spared_with_the_fee_alone(
    stall, a_voucher, a_cart, place
):
    seller, variant, unit = stall
    voucher = a_voucher(kind="delivery", most_off_vnd=15_000, seller_id=seller, payer_id=unit)
    placed = place(a_cart({variant: 2}), 190_000 + 30_000 - 15_000, voucher_code=voucher.code)
    part = placed.seller_order_ids[0]
    with transaction() as session:
        open_payments(session, placed.order_id, NOON)
    moved(part, "confirmed", "packed", "handed_over", "delivered")
    line = ordering_lines(part)[0]
    for gives_fee_back, left in ((False, 15_000), (True, 0)):
        with transaction() as session:
            ordering.return_goods(
                session, seller_order_id=part, coming=[ComingBack(line, 1, True)],
                reason=ReturnReason.FAULTY, gives_fee_back=gives_fee_back,
                after=last_return(part), actor_kind="seller", actor_id=None, now=NOON,
            )  # fmt: skip
            open_payments(session, placed.order_id, NOON)
        assert standing(f"voucher:{part}").get("voucher_cost", 0) == left
    row = parts_of(placed.order_id)[0]
    assert (row.returned_items_vnd, row.returned_shipping_vnd) == (190_000, 15_000)


@both_engines
def test_a_voucher_that_pays_for_all_leaves_nothing_to_ask_for(stall, a_voucher, a_cart, place):
    seller, variant, unit = stall
    point = db.session.scalars(select(PickupPoint.id).where(PickupPoint.seller_id == seller)).one()
    voucher = a_voucher(seller_id=seller, payer_id=unit, most_off_vnd=200_000)
    choice = Choice(delivery="pickup", method="transfer", pickup_point_id=point)
    placed = place(
        a_cart({variant: 1}), 0, voucher_code=voucher.code, choices={seller: choice}
    )  # fmt: skip
    with transaction() as session:
        open_payments(session, placed.order_id, NOON)
    part = parts_of(placed.order_id)[0]
    assert (part.method, part.total_vnd, part.discount_vnd) == ("nothing", 0, 95_000)
    assert how_many(db.session(), Payment, CodCollection) == (0, 0)
    moved(part.id, "confirmed")
    with transaction() as session:
        assert ordering.expire_due(session, now=NOON + timedelta(days=30)) == []
    moved(part.id, "packed", "ready_for_pickup", "delivered")
    assert standing(f"voucher:{part.id}") == {"voucher_cost": 95_000, "seller_payable": -95_000}


@both_engines
def test_a_fee_that_is_told_after_a_free_one_is_asked_for(stall, a_voucher, a_cart, place):
    seller, variant, unit = stall
    voucher = a_voucher(seller_id=seller, payer_id=unit, most_off_vnd=200_000)
    placed = place(
        a_cart({variant: 1}), 0, voucher_code=voucher.code, destination=BERLIN,
        choices={seller: Choice(method="transfer")},
    )  # fmt: skip
    [part] = placed.seller_order_ids
    for fee_vnd in (0, 300_000):
        with transaction() as session:
            ordering.quote_fee(
                session, seller_order_id=part, fee_vnd=fee_vnd, actor_kind="seller",
                actor_id=None, holds=Holds(), now=NOON,
            )  # fmt: skip
    with transaction() as session:
        ordering.accept_quote(
            session, seller_order_id=part, shown_total_vnd=300_000, holds=Holds(), now=NOON
        )
        open_payments(session, placed.order_id, NOON)
    assert [(row.method, row.total_vnd) for row in parts_of(placed.order_id)] == [
        ("transfer", 300_000)
    ]
    assert db.session.scalars(select(Payment.amount_vnd)).all() == [300_000]


def test_without_a_voucher_placing_asks_nothing_more_of_the_database(
    stall, a_voucher, a_cart, place, count_queries
):
    seller, variant, _unit = stall
    voucher = a_voucher(seller_id=seller)
    plain, reduced = a_cart({variant: 1}), a_cart({variant: 1})
    with count_queries() as without:
        place(plain, FULL)
    with count_queries() as with_one:
        place(reduced, FULL - 20_000, voucher_code=voucher.code)
    assert not [said for said in without if "voucher" in said and "seller_orders" not in said]
    # Finding it, counting it, and the use.
    assert len(with_one) == len(without) + 3


def test_two_vouchers_have_two_codes(a_voucher, a_seller):
    seller = a_seller("Chị Hoa")
    a_voucher("TET2027", seller_id=seller)
    with pytest.raises(CodeTaken):
        a_voucher("tet 2o27", seller_id=seller)
    assert len(a_voucher("       ", seller_id=seller).code) == 8
