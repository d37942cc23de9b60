"""A parcel leaves with everything its buyer needs, or not at all."""

import pytest
from sqlalchemy import func, select

from shop.db import db, in_transaction
from shop.fulfilment import actions, queries, rules
from shop.fulfilment.models import HandOver
from shop.fulfilment.rules import Parcel
from shop.kernel.errors import NotYours
from shop.ordering.models import SellerOrderMove
from shop.ordering.rules import IllegalMove
from shop.stock.queries import levels
from tests.conftest import NOON
from tests.engines import both_engines

GHTK = Parcel(kind="carrier", carrier="ghtk", tracking_code="S1 A2")


def hand_over(seller_id, seller_order_id, parcel=GHTK, last4="0118"):
    return in_transaction(
        lambda session: actions.hand_over(
            session, seller_id=seller_id, seller_order_id=seller_order_id, parcel=parcel,
            last4=last4, actor_id=None, now=NOON,
        )
    )  # fmt: skip


def settle(seller_id, seller_order_id, to, **more):
    return in_transaction(
        lambda session: actions.settle(
            session, seller_id=seller_id, seller_order_id=seller_order_id, to=to, actor_id=None,
            now=NOON, **more,
        )
    )  # fmt: skip


@both_engines
def test_a_packed_order_is_handed_over_with_its_tracking(app, a_seller, in_state, state_of):
    seller_id = a_seller()
    seller_order_id = in_state("packed", seller_id=seller_id)
    hand_over(seller_id, seller_order_id)
    assert state_of(seller_order_id) == "handed_over"
    (row,) = queries.hand_overs_of(db.session(), seller_order_id)
    assert (row.kind, row.tracking_code, row.tracking_url) == (
        "carrier", "S1A2", "https://i.ghtk.vn/S1A2",
    )  # fmt: skip


@both_engines
def test_packing_and_sending_at_once_is_two_moves_and_one_tap(app, a_seller, in_state, state_of):
    seller_id = a_seller()
    seller_order_id = in_state("confirmed", seller_id=seller_id)
    hand_over(seller_id, seller_order_id)
    steps = db.session.execute(
        select(SellerOrderMove.from_state, SellerOrderMove.to_state)
        .where(SellerOrderMove.seller_order_id == seller_order_id)
        .order_by(SellerOrderMove.id)
    ).all()
    assert steps[-2:] == [("confirmed", "packed"), ("packed", "handed_over")]


@both_engines
@pytest.mark.parametrize(
    ("state", "parcel", "refusal"),
    [
        ("packed", Parcel(kind="carrier", carrier="ghn"), rules.HandOverIncomplete),
        ("packed", Parcel(kind="pickup"), rules.WrongWayOut),
        ("packed", Parcel(kind="carrier", carrier="x", tracking_url="http://x.vn"),
         rules.WrongTrackingUrl),
        ("placed", GHTK, IllegalMove),
        ("delivered", GHTK, IllegalMove),
        ("cancelled", GHTK, IllegalMove),
        ("handed_over", GHTK, IllegalMove),
    ],
)  # fmt: skip
def test_what_is_refused_leaves_nothing_behind(
    app, a_seller, in_state, state_of, state, parcel, refusal
):
    seller_id = a_seller()
    seller_order_id = in_state(state, seller_id=seller_id)
    before = db.session.scalar(select(func.count()).select_from(SellerOrderMove))
    with pytest.raises(refusal):
        hand_over(seller_id, seller_order_id, parcel)
    assert state_of(seller_order_id) == state
    assert db.session.scalar(select(func.count()).select_from(HandOver)) == 0
    assert db.session.scalar(select(func.count()).select_from(SellerOrderMove)) == before


@both_engines
def test_another_stalls_parcel_does_not_exist(app, a_seller, in_state, state_of):
    seller_id, other = a_seller(), a_seller()
    packed = in_state("packed", seller_id=seller_id)
    sent = in_state("handed_over", seller_id=seller_id)
    with pytest.raises(NotYours):
        hand_over(other, packed)
    with pytest.raises(NotYours):
        settle(other, sent, "delivered")
    assert (state_of(packed), state_of(sent)) == ("packed", "handed_over")


@both_engines
def test_a_second_try_is_a_second_row(app, a_seller, in_state, state_of):
    seller_id = a_seller()
    seller_order_id = in_state("packed", seller_id=seller_id)
    hand_over(seller_id, seller_order_id)
    settle(seller_id, seller_order_id, "delivery_failed", note="Khách không nghe máy")
    hand_over(seller_id, seller_order_id, Parcel(kind="own", note="Chiều mai mang qua"))
    assert state_of(seller_order_id) == "handed_over"
    kinds = [row.kind for row in queries.hand_overs_of(db.session(), seller_order_id)]
    assert kinds == ["own", "carrier"]
    last = queries.last_hand_overs(db.session(), [seller_order_id])
    assert last[seller_order_id].kind == "own"


@both_engines
def test_goods_that_wait_at_the_point_are_collected_or_not(
    app, a_seller, a_variant, in_state, point_of, state_of
):
    seller_id = a_seller()
    variant_id = a_variant(seller_id=seller_id, on_hand=9)
    orders = [
        in_state("packed", seller_id=seller_id, variant_id=variant_id,
                 pickup_point_id=point_of(seller_id))
        for _ in range(2)
    ]  # fmt: skip
    for seller_order_id, to, on_hand in zip(
        orders, ("delivered", "not_collected"), (8, 8), strict=True
    ):
        with pytest.raises(rules.WrongWayOut):
            hand_over(seller_id, seller_order_id)
        hand_over(seller_id, seller_order_id, Parcel(kind="pickup"))
        assert state_of(seller_order_id) == "ready_for_pickup"
        settle(seller_id, seller_order_id, to)
        assert state_of(seller_order_id) == to
        assert levels(db.session(), [variant_id])[variant_id].on_hand == on_hand
    assert levels(db.session(), [variant_id])[variant_id].reserved == 0


@both_engines
@pytest.mark.parametrize(("restock", "on_hand"), [(True, 9), (False, 8)])
def test_goods_that_come_back_are_for_sale_only_if_they_are_whole(
    app, a_seller, a_variant, in_state, restock, on_hand
):
    seller_id = a_seller()
    variant_id = a_variant(seller_id=seller_id, on_hand=9)
    seller_order_id = in_state("refused", seller_id=seller_id, variant_id=variant_id)
    settle(seller_id, seller_order_id, "returned", restock=restock, note="Hũ nứt nắp")
    assert levels(db.session(), [variant_id])[variant_id].on_hand == on_hand


@both_engines
def test_a_lost_parcel_is_lost(app, a_seller, in_state, state_of):
    seller_id = a_seller()
    seller_order_id = in_state("handed_over", seller_id=seller_id)
    settle(seller_id, seller_order_id, "lost", note="Hãng báo thất lạc")
    assert state_of(seller_order_id) == "lost"
    with pytest.raises(IllegalMove):
        settle(seller_id, seller_order_id, "delivered")


def test_what_is_not_about_a_parcel_is_a_bug(app, a_seller, in_state):
    seller_id = a_seller()
    seller_order_id = in_state("placed", seller_id=seller_id)
    with pytest.raises(ValueError, match="confirmed"):
        settle(seller_id, seller_order_id, "confirmed")
