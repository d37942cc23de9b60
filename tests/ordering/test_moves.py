"""Moving parts: who, what stock does, what runs out, what is asked and answered."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from shop.db import db, in_transaction, transaction
from shop.kernel.errors import NotYours
from shop.notifications.rules import is_told_to_buyer, notice_of_move
from shop.ordering import actions, queries
from shop.ordering.events import SellerOrderMoved
from shop.ordering.jobs import complete_delivered, expire_reservations
from shop.ordering.models import Order, SellerOrder, SellerOrderMove
from shop.ordering.rules import Choice, FeeOutOfRange, Holds, IllegalMove, PriceChanged
from shop.outbox.models import OutboxMessage
from shop.outbox.relay import deliver_waiting, subscribe
from shop.shipping.models import PickupPoint
from tests.conftest import NOON
from tests.engines import both_engines
from tests.ordering.conftest import BERLIN
from tests.ordering.proof import how_many, kinds, level


def go(part_id: int, to: str, kind: str = "seller", **more):
    return in_transaction(
        lambda session: actions.move_seller_order(
            session, seller_order_id=part_id, to=to, actor_kind=kind, actor_id=None,
            now=more.pop("now", NOON), **more,
        )
    )  # fmt: skip


def part_row(part_id: int):
    db.session.rollback()
    return db.session.execute(
        select(*SellerOrder.__table__.c).where(SellerOrder.id == part_id)
    ).one()


@pytest.mark.parametrize(
    ("way", "on_hand", "reserved", "told"),
    [
        ("confirmed packed handed_over delivered completed", 7, 0, "sold"),
        ("confirmed packed handed_over delivered returned", 9, 0, "sold returned"),
        ("confirmed packed handed_over delivered completed returned", 9, 0, "sold returned"),
        ("confirmed packed handed_over refused returned", 9, 0, "sold returned"),
        ("confirmed packed handed_over delivery_failed handed_over delivered", 7, 0, "sold"),
        ("confirmed packed handed_over delivery_failed returned", 9, 0, "sold returned"),
        ("confirmed packed handed_over lost", 7, 0, "sold"),
        ("confirmed packed", 9, 2, ""),
        ("confirmed packed cancelled", 9, 0, "released"),
        ("cancelled", 9, 0, "released"),
    ],
)
@both_engines
def test_stock_follows_the_goods(app, a_variant, an_order, way, on_hand, reserved, told):
    jar = a_variant()
    part = an_order(2, variant_id=jar).seller_order_ids[0]
    for to in way.split():
        go(part, to, "operator")
    assert level(db.session(), jar) == (on_hand, reserved)
    assert kinds(db.session(), jar)[2:] == told.split()
    assert part_row(part).state == way.split()[-1]


@pytest.mark.parametrize(
    ("way", "on_hand", "told"),
    [
        ("confirmed packed ready_for_pickup delivered", 8, "sold"),
        ("confirmed packed ready_for_pickup not_collected", 9, "released"),
    ],
)
def test_goods_that_are_collected_leave_when_they_are_collected(
    app, a_variant, an_order, way, on_hand, told
):
    jar = a_variant()
    point = db.session.scalars(select(PickupPoint.id)).one()
    part = an_order(variant_id=jar, choice=Choice("pickup", "cod", point)).seller_order_ids[0]
    for to in way.split():
        assert level(db.session(), jar) == (9, 1)
        go(part, to)
    assert level(db.session(), jar) == (on_hand, 0)
    assert kinds(db.session(), jar)[2:] == told.split()


def test_goods_that_come_back_broken_are_not_for_sale_again(app, a_variant, an_order):
    jar = a_variant()
    part = an_order(2, variant_id=jar).seller_order_ids[0]
    for to in ("confirmed", "packed", "handed_over", "delivered"):
        go(part, to)
    go(part, "returned", restock=False, note="vỡ trên đường")
    assert level(db.session(), jar) == (7, 0)
    last = queries.order_page(db.session(), part_row(part).order_id).parts[0].moves[-1]
    assert (last.from_state, last.to_state, last.note) == ("delivered", "returned", "vỡ trên đường")


@both_engines
def test_every_move_says_who_and_when_and_is_told_once(app, an_order, an_account):
    heard: list[SellerOrderMoved] = []
    subscribe(app, SellerOrderMoved, "test", heard.append)
    seller = an_account()
    placed = an_order()
    moved = in_transaction(
        lambda session: actions.move_seller_order(
            session, seller_order_id=placed.seller_order_ids[0], to="confirmed",
            actor_kind="seller", actor_id=seller, note="mai gửi", now=NOON + timedelta(hours=1),
        )
    )  # fmt: skip
    step = queries.order_page(db.session(), placed.order_id).parts[0].moves[-1]
    assert (step.actor_kind, step.actor_id, step.note, step.at) == (
        "seller", seller, "mai gửi", NOON + timedelta(hours=1),
    )  # fmt: skip
    db.session.rollback()
    deliver_waiting(NOON + timedelta(hours=1))
    deliver_waiting(NOON + timedelta(hours=2))
    assert heard == [
        SellerOrderMoved(
            moved.move_id, placed.order_id, placed.seller_order_ids[0], moved.seller_id, "placed",
            "confirmed", "seller",
        )
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("to", "kind"),
    [
        ("packed", "seller"), ("placed", "seller"), ("confirmed", "buyer"), ("lost", "operator"),
        ("completed", "system"), ("ready_for_pickup", "seller"),
    ],
)  # fmt: skip
def test_a_move_that_is_not_allowed_changes_nothing(app, a_variant, an_order, to, kind):
    jar = a_variant()
    part = an_order(variant_id=jar).seller_order_ids[0]
    before = how_many(db.session(), SellerOrderMove, OutboxMessage)
    with pytest.raises(IllegalMove) as refusal:
        go(part, to, kind)
    assert (refusal.value.from_state, refusal.value.to_state) == ("placed", to)
    assert how_many(db.session(), SellerOrderMove, OutboxMessage) == before
    assert level(db.session(), jar) == (9, 1)


def test_what_does_not_exist_is_not_found(app):
    with pytest.raises(NotYours):
        go(4711, "confirmed")


@both_engines
def test_of_two_who_move_at_once_the_second_is_told_so(app, a_variant, an_order, monkeypatch):
    """The rival's step is injected between the look and the write."""
    from shop.ordering.actions import moves

    jar = a_variant()
    part = an_order(variant_id=jar).seller_order_ids[0]
    stale = part_row(part)
    go(part, "cancelled", "buyer")
    real = moves._part
    answers = iter([stale])
    monkeypatch.setattr(moves, "_part", lambda s, i: next(answers, None) or real(s, i))
    with pytest.raises(IllegalMove) as refusal:
        go(part, "confirmed")
    assert refusal.value.from_state == "cancelled"
    assert level(db.session(), jar) == (9, 0)
    assert kinds(db.session(), jar) == ["counted", "reserved", "released"]


# --- Cancel -------------------------------------------------------------------------


@both_engines
def test_the_buyer_cancels_what_is_not_packed_and_keeps_the_rest(app, a_variant, a_cart, place):
    flour, tea = a_variant(), a_variant()
    placed = place(a_cart({flour: 1, tea: 1}), 240_000)
    first, second = placed.seller_order_ids
    for to in ("confirmed", "packed"):
        go(first, to)
    cancelled = in_transaction(
        lambda session: actions.cancel_by_buyer(session, order_id=placed.order_id, now=NOON)
    )
    assert cancelled == [second]
    assert (level(db.session(), flour), level(db.session(), tea)) == ((9, 1), (9, 0))
    page = queries.order_page(db.session(), placed.order_id)
    assert (page.summary.key, page.summary.cancelled) == ("packed", 1)
    assert page.order.total_vnd == 240_000
    with pytest.raises(IllegalMove):
        in_transaction(
            lambda session: actions.cancel_by_buyer(session, order_id=placed.order_id, now=NOON)
        )


def test_a_part_of_another_order_cannot_be_cancelled(app, a_variant, an_order):
    jar = a_variant()
    mine, other = an_order(variant_id=jar), an_order(variant_id=jar)
    with pytest.raises(NotYours):
        in_transaction(
            lambda session: actions.cancel_by_buyer(
                session, order_id=mine.order_id, seller_order_id=other.seller_order_ids[0], now=NOON
            )
        )
    assert level(db.session(), jar) == (9, 2)


def test_the_link_lives_ninety_days_after_the_last_part_is_settled(app, a_variant, a_cart, place):
    placed = place(a_cart({a_variant(): 1, a_variant(): 1}), 240_000)
    first, second = placed.seller_order_ids
    ends = select(Order.link_expires_at)
    go(first, "cancelled")
    assert db.session.scalars(ends).one() is None
    for to in ("confirmed", "packed", "handed_over", "delivered"):
        go(second, to)
    db.session.rollback()
    assert db.session.scalars(ends).one() == NOON + timedelta(days=90)


# --- What runs out ------------------------------------------------------------------


@pytest.mark.parametrize(("method", "hours"), [("cod", 72), ("transfer", 24)])
@both_engines
def test_a_promise_runs_out_by_the_clock_and_not_before(
    app, a_variant, an_order, state_of, method, hours
):
    jar = a_variant()
    part = an_order(2, variant_id=jar, choice=Choice(method=method)).seller_order_ids[0]
    expire_reservations(NOON + timedelta(hours=hours, seconds=-1))
    assert (state_of(part), level(db.session(), jar)) == ("placed", (9, 2))
    db.session.rollback()
    expire_reservations(NOON + timedelta(hours=hours))
    assert (state_of(part), level(db.session(), jar)) == ("cancelled", (9, 0))
    step = queries.order_page(db.session(), part_row(part).order_id).parts[0].moves[-1]
    assert (step.actor_kind, step.note) == ("system", "expired")
    db.session.rollback()
    expire_reservations(NOON + timedelta(days=400))
    assert kinds(db.session(), jar) == ["counted", "reserved", "released"]


def test_cash_that_was_confirmed_is_held_until_it_is_sent(app, a_variant, an_order, state_of):
    part = an_order().seller_order_ids[0]
    go(part, "confirmed")
    expire_reservations(NOON + timedelta(days=400))
    assert state_of(part) == "confirmed"


def test_a_confirmed_transfer_that_nobody_reported_still_runs_out(app, an_order, state_of):
    part = an_order(choice=Choice(method="transfer")).seller_order_ids[0]
    go(part, "confirmed")
    expire_reservations(NOON + timedelta(hours=24))
    assert state_of(part) == "cancelled"


def test_a_reported_transfer_never_runs_out_until_it_is_opened_again(app, an_order, state_of):
    part = an_order(choice=Choice(method="transfer")).seller_order_ids[0]
    assert in_transaction(lambda session: actions.hold_until(session, [part], None)) == 1
    expire_reservations(NOON + timedelta(days=400))
    assert state_of(part) == "placed"
    again = NOON + timedelta(days=401)
    in_transaction(lambda session: actions.hold_until(session, [part], again))
    expire_reservations(again)
    assert state_of(part) == "cancelled"


def test_nothing_is_held_longer_for_what_is_over(app, an_order):
    part = an_order().seller_order_ids[0]
    go(part, "cancelled", "buyer")
    assert in_transaction(lambda session: actions.hold_until(session, [part], NOON)) == 0
    assert part_row(part).reserved_until is None


def test_many_promises_run_out_in_one_go(app, a_variant, an_order):
    jar = a_variant(on_hand=40)
    for _ in range(23):
        an_order(variant_id=jar)
    expire_reservations(NOON + timedelta(days=4))
    assert level(db.session(), jar) == (40, 0)


# --- Asked and answered -------------------------------------------------------------


def asked(an_order) -> int:
    return an_order(
        destination=BERLIN, total_vnd=95_000, choice=Choice(method="transfer")
    ).seller_order_ids[0]


def answer(part_id: int, fee_vnd: int, **more):
    return in_transaction(
        lambda session: actions.quote_fee(
            session, seller_order_id=part_id, fee_vnd=fee_vnd, actor_kind="seller", actor_id=None,
            holds=Holds(), now=NOON + timedelta(hours=1), **more,
        )
    )  # fmt: skip


def accept(part_id: int, shown_vnd: int):
    return in_transaction(
        lambda session: actions.accept_quote(
            session, seller_order_id=part_id, shown_total_vnd=shown_vnd, holds=Holds(),
            now=NOON + timedelta(hours=2),
        )
    )  # fmt: skip


@both_engines
def test_delivery_abroad_is_asked_answered_and_agreed_to(app, a_variant, an_order):
    part = asked(an_order)
    row = part_row(part)
    assert (row.state, row.zone, row.shipping_vnd, row.reserved_until) == (
        "awaiting_quote", "abroad", 0, NOON + timedelta(hours=168),
    )  # fmt: skip
    answer(part, 450_000, arrives_from=date(2026, 12, 5), arrives_to=date(2026, 12, 20), note="EMS")
    row = part_row(part)
    assert (row.state, row.total_vnd, row.arrives_to) == ("quoted", 545_000, date(2026, 12, 20))
    assert db.session.scalars(select(Order.total_vnd)).one() == 545_000
    accept(part, 545_000)
    row = part_row(part)
    assert (row.state, row.reserved_until) == ("placed", NOON + timedelta(hours=2 + 24))


def test_another_total_than_was_quoted_is_not_agreed_to(app, an_order):
    part = asked(an_order)
    answer(part, 450_000)
    with pytest.raises(PriceChanged) as refusal:
        accept(part, 95_000)
    assert refusal.value.actual_vnd == 545_000
    assert part_row(part).state == "quoted"


@pytest.mark.parametrize("fee_vnd", [-1, 50_000_001, 2**62])
def test_a_quoted_fee_stays_within_reason(app, an_order, fee_vnd):
    part = asked(an_order)
    with pytest.raises(FeeOutOfRange):
        answer(part, fee_vnd)
    assert part_row(part).state == "awaiting_quote"


def test_only_what_is_asked_is_answered_and_only_what_is_quoted_is_accepted(app, an_order):
    part = an_order().seller_order_ids[0]
    for act in (lambda: answer(part, 1_000), lambda: accept(part, 120_000)):
        with pytest.raises(IllegalMove):
            act()
    assert db.session.scalars(select(Order.total_vnd)).one() == 120_000


def test_a_question_that_nobody_answers_runs_out(app, an_order, state_of):
    part = asked(an_order)
    expire_reservations(NOON + timedelta(hours=168))
    assert state_of(part) == "cancelled"


def test_too_heavy_a_parcel_at_home_is_asked_for_too(app, a_variant, an_order):
    jar = a_variant(on_hand=99)
    part = an_order(51, variant_id=jar, total_vnd=51 * 95_000).seller_order_ids[0]
    row = part_row(part)
    assert (row.state, row.weight_g, row.zone) == ("awaiting_quote", 30_600, "province")


def test_when_a_seller_first_opened_an_order_is_kept(app, an_order):
    part = an_order().seller_order_ids[0]
    for hours in (1, 2):
        in_transaction(
            lambda session, h=hours: actions.mark_seen(
                session, seller_order_id=part, actor_id=None, now=NOON + timedelta(hours=h)
            )
        )
    assert part_row(part).seen_at == NOON + timedelta(hours=1)


def test_what_was_done_is_never_rewritten(app, an_order):
    from sqlalchemy.exc import IntegrityError

    an_order()
    with pytest.raises(IntegrityError), transaction() as session:
        session.execute(update(SellerOrderMove).values(note="khác"))


@both_engines
def test_what_arrived_a_week_ago_is_completed_once_and_without_a_letter(app, a_variant, an_order):
    jar = a_variant()
    old, fresh = (an_order(1, variant_id=jar).seller_order_ids[0] for _ in range(2))
    for part, day in ((old, NOON), (fresh, NOON + timedelta(days=1))):
        for to in ("confirmed", "packed", "handed_over", "delivered"):
            go(part, to, now=day)
    for _ in range(2):
        complete_delivered(NOON + timedelta(days=7, hours=1))
    assert (part_row(old).state, part_row(fresh).state) == ("completed", "delivered")
    made = db.session.scalars(
        select(SellerOrderMove.actor_kind).where(SellerOrderMove.to_state == "completed")
    ).all()
    assert made == ["system"]
    assert not is_told_to_buyer("completed")
    assert notice_of_move("completed", "system") is None
