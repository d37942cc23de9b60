"""Every step that is tapped wrongly now and then: taken back once, with its stock, cash, books and words."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import func, select, update

from shop.audit.models import AuditEntry
from shop.carriers.models import CarrierAccount, CarrierParcel
from shop.db import db, transaction
from shop.fulfilment.models import HandOver
from shop.fulfilment.rules import Parcel
from shop.kernel.clock import now_utc, vietnam_date
from shop.ledger.queries import booked
from shop.notifications.actions import claim_mail
from shop.operations.actions import receive_complaint
from shop.operations.models import Complaint
from shop.operations.proofs import broken
from shop.ordering.actions import (
    complete_delivered,
    expire_due,
    hold_until,
    move_seller_order,
    return_goods,
)
from shop.ordering.models import LineItem, Order, SellerOrder, SellerOrderMove
from shop.ordering.queries import contact_of
from shop.ordering.rules import (
    DELIVERED_BACK_WITHIN,
    ComingBack,
    IllegalMove,
    ReturnReason,
    StepStays,
    check_taken_back,
    step_to_take_back,
    stock_effect,
    without_wrong_taps,
    wrong_taps,
)
from shop.ordering.rules import SellerOrderState as S
from shop.outbox.models import OutboxMessage
from shop.outbox.relay import deliver_waiting
from shop.payments.actions import take_back_confirmation
from shop.payments.gateways.models import GatewayVisit
from shop.payments.methods import By
from shop.payments.methods.cod import keep_unasked, last_step, take_cash_step_back
from shop.payments.models import CodCollection, Payment, PaymentEvent
from shop.payments.noted import note_cash_counted
from shop.payments.rules.cash import About
from shop.payments.wrong_steps import take_step_back
from shop.reviews.models import Review
from shop.reviews.queries import reviewables
from shop.sellers.helping import grant_help
from shop.selling.actions.orders import correct_sent
from shop.stock.models import StockLevel
from tests.engines import both_engines
from tests.ordering.test_race import all_at_once
from tests.selling.test_wrong_steps import cash_of, pay, payment_of

NOW = datetime(2026, 11, 28, 3, tzinfo=UTC)


@pytest.fixture(autouse=True)
def all_is_proved(request: pytest.FixtureRequest) -> Any:
    """After each test that used the shop, stock, orders, payments and books hold together."""
    used = "app" in request.fixturenames
    yield
    if used:
        db.session.rollback()
        assert broken(db.session()) == {}
        db.session.rollback()


def back(stall: Any, part: int, move: int | None = None) -> Any:
    return stall.post(f"/ban-hang/don/{part}/buoc/lui/{move or last_standing(part)}")


def last_standing(part: int) -> int:
    db.session.rollback()
    moves = db.session.scalars(
        select(SellerOrderMove)
        .where(SellerOrderMove.seller_order_id == part)
        .order_by(SellerOrderMove.id)
    ).all()
    found = without_wrong_taps(moves)[-1].id
    db.session.rollback()
    return found


def tap(stall: Any, part: int, to: str) -> None:
    assert stall.post(f"/ban-hang/don/{part}/buoc", toi=to).status_code == 303


def send(stall: Any, part: int, **fields: str) -> None:
    said = {"kieu": "carrier", "hang": "ghtk", "ma": "S1A2", **fields}
    assert stall.post(f"/ban-hang/don/{part}/giao", **said).status_code == 303


def stock_of(part: int) -> tuple[int, int]:
    db.session.rollback()
    found = db.session.execute(
        select(StockLevel.on_hand, StockLevel.reserved)
        .join(LineItem, LineItem.variant_id == StockLevel.variant_id)
        .where(LineItem.seller_order_id == part)
    ).one()
    db.session.rollback()
    return tuple(found)


def audited(action: str) -> list[Any]:
    db.session.rollback()
    found = db.session.execute(
        select(AuditEntry.actor_id, AuditEntry.actor_name, AuditEntry.facts).where(
            AuditEntry.action == action
        )
    ).all()
    db.session.rollback()
    return list(found)


def a_step(to: S, start: S, kind: str = "seller", at: datetime = NOW) -> Any:
    return SimpleNamespace(id=1, from_state=start, to_state=to, actor_kind=kind, at=at)


def a_part(state: S, delivery: str = "delivery", point: int | None = None) -> Any:
    return SimpleNamespace(state=state, delivery=delivery, pickup_point_id=point)


def test_the_buyers_the_clocks_and_a_carriers_word_is_no_wrong_tap():
    for kind in ("buyer", "system"):
        with pytest.raises(IllegalMove):
            check_taken_back(a_step(S.DELIVERED, S.HANDED_OVER, kind), a_part(S.DELIVERED), NOW)
    check_taken_back(a_step(S.DELIVERED, S.HANDED_OVER), a_part(S.DELIVERED), NOW)


def test_an_arrival_is_taken_back_for_a_day_and_other_steps_as_long_as_they_are_the_last():
    at = NOW - DELIVERED_BACK_WITHIN
    arrived, sent = (
        a_step(S.DELIVERED, S.HANDED_OVER, at=at),
        a_step(S.HANDED_OVER, S.PACKED, at=at),
    )
    check_taken_back(arrived, a_part(S.DELIVERED), NOW)
    later = NOW + timedelta(seconds=1)
    with pytest.raises(StepStays) as kept:
        check_taken_back(arrived, a_part(S.DELIVERED), later)
    assert kept.value.why == "too_late"
    check_taken_back(sent, a_part(S.HANDED_OVER), later + timedelta(days=30))


def test_what_a_markets_stall_says_of_goods_the_stall_takes_back():
    for to, start in (
        (S.READY_FOR_PICKUP, S.PACKED), (S.DELIVERED, S.READY_FOR_PICKUP),
        (S.NOT_COLLECTED, S.READY_FOR_PICKUP),
    ):  # fmt: skip
        check_taken_back(a_step(to, start), a_part(to, "pickup", 5), NOW)
        with pytest.raises(IllegalMove):
            check_taken_back(a_step(to, start), a_part(to, "pickup"), NOW)
    check_taken_back(a_step(S.PACKED, S.CONFIRMED), a_part(S.PACKED, "pickup"), NOW)


def test_steps_are_taken_back_one_after_the_other():
    packed, sent = a_step(S.PACKED, S.CONFIRMED), a_step(S.HANDED_OVER, S.PACKED)
    unsent, unpacked = a_step(S.PACKED, S.HANDED_OVER), a_step(S.CONFIRMED, S.PACKED)
    assert wrong_taps([packed, sent, unsent]) == [(sent, unsent)]
    assert step_to_take_back([packed, sent, unsent], a_part(S.PACKED), NOW) is packed
    assert without_wrong_taps([packed, sent, unsent, unpacked]) == []
    assert step_to_take_back([packed, sent, unsent, unpacked], a_part(S.CONFIRMED), NOW) is None


def test_a_parcel_that_did_not_leave_is_in_the_house_and_promised():
    assert stock_effect(S.HANDED_OVER, S.PACKED) == "put_back"
    assert stock_effect(S.PACKED, S.CONFIRMED) is None
    assert stock_effect(S.READY_FOR_PICKUP, S.PACKED) is None
    assert stock_effect(S.DELIVERED, S.HANDED_OVER) is None


@both_engines
def test_sent_then_packed_are_taken_back_and_all_is_as_it_was(stall, in_state, state_of, by_link):
    part = in_state("confirmed", seller_id=stall.id)
    before = stock_of(part)
    send(stall, part)
    assert stock_of(part) == (before[0] - 1, before[1] - 1)
    wrong = last_standing(part)
    page = stall.page(f"/ban-hang/don/{part}")
    assert f"/buoc/lui/{wrong}" in page
    assert "Bấm nhầm, hàng chưa gửi đi" in page
    for _ in range(2):  # A second tap, or the page posted anew, is no second step.
        answer = back(stall, part, wrong)
        assert answer.headers["Location"] == f"/ban-hang/don/{part}?da=hoan-tac"
    assert state_of(part) == "packed"
    assert stock_of(part) == before
    assert db.session.scalars(select(HandOver.undone_at)).one() is not None
    page = stall.page(f"/ban-hang/don/{part}")
    assert "S1A2" not in page
    assert "Ghi nhầm, hàng chưa gửi đi" in page
    browser, address = by_link()
    assert "S1A2" not in browser.get(address).text
    assert back(stall, part).status_code == 303
    assert state_of(part) == "confirmed"
    assert stock_of(part) == before
    (name,) = {line.actor_name for line in audited("order_step.taken_back")}
    assert name == "Nguyễn Thị Sương"
    steps = [(one.facts["step"], one.facts["back"]) for one in audited("order_step.taken_back")]
    assert steps == [("handed_over", "packed"), ("packed", "confirmed")]
    assert back(stall, part, wrong).status_code == 303, "It was taken back before."
    assert state_of(part) == "confirmed"
    send(stall, part, ma="S1A3")
    assert "S1A3" in browser.get(address).text


@both_engines
def test_goods_that_were_packed_unpaid_are_held_for_their_money_again(stall, in_state):
    part = in_state("confirmed", seller_id=stall.id, method="transfer")
    tap(stall, part, "packed")
    assert db.session.get_one(SellerOrder, part).reserved_until is None
    db.session.rollback()
    assert back(stall, part).status_code == 303
    until = db.session.get_one(SellerOrder, part).reserved_until
    db.session.rollback()
    assert until is not None
    with transaction() as session:
        assert expire_due(session, now=until - timedelta(minutes=1)) == []
        assert expire_due(session, now=until) == [part]
    paid = in_state("confirmed", seller_id=stall.id, method="transfer")
    pay(payment_of(paid).id)
    tap(stall, paid, "packed")
    assert back(stall, paid).status_code == 303
    assert db.session.get_one(SellerOrder, paid).reserved_until is None
    db.session.rollback()


@both_engines
def test_goods_whose_buyers_bank_is_at_it_run_out_of_no_time(stall, in_state):
    part = in_state("confirmed", seller_id=stall.id, method="transfer")
    paid = payment_of(part).id
    with transaction() as session:  # As the gateway's word that her bank is at it leaves it.
        session.execute(update(SellerOrder).values(method="card"))
        session.execute(update(Payment).values(method="card"))
        session.add(
            GatewayVisit(
                payment_id=paid, gateway="card", key="v", amount_vnd=120_000, currency="VND",
                amount_minor=120_000, rate=1, locale="vi", state="pending", url="",
                opened_at=now_utc(), expires_at=now_utc(), changed_at=now_utc(),
            )
        )  # fmt: skip
        hold_until(session, [part], None)
    tap(stall, part, "packed")
    assert back(stall, part).status_code == 303
    assert db.session.get_one(SellerOrder, part).reserved_until is None
    db.session.rollback()
    with transaction() as session:  # It said no: she may try again, and not for ever.
        session.execute(update(GatewayVisit).values(state="failed"))
    tap(stall, part, "packed")
    assert back(stall, part).status_code == 303
    assert db.session.get_one(SellerOrder, part).reserved_until is not None
    db.session.rollback()


@both_engines
def test_goods_whose_money_a_person_looked_for_are_held_as_they_were(stall, in_state):
    part = in_state("confirmed", seller_id=stall.id, method="transfer")
    paid = payment_of(part).id
    pay(paid)
    with transaction() as session:
        noted = session.scalars(
            select(PaymentEvent.id).where(PaymentEvent.kind == "received")
        ).one()
        take_back_confirmation(
            session, payment_id=paid, event_id=noted, by=By("seller", stall.owner_id),
            now=now_utc(),
        )  # fmt: skip
    tap(stall, part, "packed")
    assert back(stall, part).status_code == 303
    assert db.session.get_one(SellerOrder, part).reserved_until is None
    db.session.rollback()


@both_engines
def test_an_arrival_is_taken_back_with_the_cash_that_nobody_counted(
    stall, in_state, state_of, by_link
):
    part = in_state("packed", seller_id=stall.id)
    send(stall, part)
    tap(stall, part, "delivered")
    assert cash_of(part) == ("with_carrier", 120_000)
    assert "Lấy lại được trong 24 giờ" in stall.page(f"/ban-hang/don/{part}")
    wrong = last_standing(part)
    for _ in range(2):
        assert back(stall, part, wrong).status_code == 303
    assert state_of(part) == "handed_over"
    assert cash_of(part) == ("promised", 120_000)
    held = db.session.get_one(CodCollection, part)
    assert (held.taken_vnd, held.taken_by, held.taken_at, held.carrier) == (0, "", None, "")
    order = db.session.get_one(SellerOrder, part).order_id
    assert db.session.get_one(Order, order).link_expires_at is None
    assert [one.arrived_at for one in reviewables(db.session(), order)] == [None]
    db.session.rollback()
    subject = f"cash:{part}"
    assert not any(booked(db.session(), [subject]).get(subject, {}).values())
    db.session.rollback()
    with transaction() as session:
        assert complete_delivered(session, now=now_utc() + timedelta(days=30)) == []
    browser, address = by_link()
    shown = browser.get(address).text
    assert "S1A2" in shown
    assert f"{address}/danh-gia" not in shown
    tap(stall, part, "delivered")
    assert cash_of(part) == ("with_carrier", 120_000)


@both_engines
def test_an_arrival_that_was_paid_ahead_is_the_buyers_money_again(stall, in_state, state_of):
    part = in_state("packed", seller_id=stall.id, method="transfer")
    pay(payment_of(part).id)
    send(stall, part, kieu="own")
    tap(stall, part, "delivered")
    assert back(stall, part).status_code == 303
    assert state_of(part) == "handed_over"
    subject = f"payment:{payment_of(part).id}"
    stands = {a.kind: vnd for a, vnd in booked(db.session(), [subject])[subject].items() if vnd}
    assert stands == {"bank": 120_000, "prepaid": -120_000}
    db.session.rollback()


@both_engines
def test_what_a_carrier_paid_by_mistake_keeps_no_arrival_that_was_paid_ahead(
    stall, in_state, state_of
):
    """Lost, paid for by the carrier, both taken back; then it arrived, by a wrong tap again."""
    part = in_state("packed", seller_id=stall.id, method="transfer")
    pay(payment_of(part).id)
    send(stall, part)
    tap(stall, part, "lost")
    by = By("seller", stall.owner_id)

    with transaction() as session:
        keep_unasked(
            session, seller_order_id=part, about=About.AMENDS, amount_vnd=50_000, payee_id=None,
            key="amends", by=by, note="", now=now_utc(),
        )  # fmt: skip
    with transaction() as session:
        take_cash_step_back(
            session, seller_order_id=part, move_id=last_step(session, part), by=by, note="",
            now=now_utc(),
        )  # fmt: skip
    assert back(stall, part).status_code == 303
    tap(stall, part, "delivered")
    assert back(stall, part).status_code == 303
    assert state_of(part) == "handed_over"


@both_engines
def test_counted_cash_keeps_an_arrival_until_that_is_taken_back(stall, in_state, state_of):
    part = in_state("packed", seller_id=stall.id)
    send(stall, part, kieu="own")
    tap(stall, part, "delivered")
    assert stall.post(f"/ban-hang/don/{part}/thu-ho", so_tien="120k").status_code == 303
    answer = back(stall, part)
    assert answer.status_code == 409
    assert "Chị lấy lại bước tiền ấy ở phần Tiền trước" in answer.text
    assert state_of(part) == "delivered"
    assert cash_of(part) == ("remitted", 120_000)
    step = last_step(db.session(), part)
    db.session.rollback()
    assert stall.post(f"/ban-hang/don/{part}/thu-ho/lui/{step}").status_code == 303
    assert cash_of(part) == ("with_seller", 120_000)
    assert back(stall, part).status_code == 303
    assert cash_of(part) == ("promised", 120_000)
    tap(stall, part, "delivered")
    assert cash_of(part) == ("with_seller", 120_000)


@both_engines
def test_goods_at_a_pickup_point_wait_there_again_or_are_not_there_yet(
    stall, in_state, state_of, point_of
):
    part = in_state("packed", seller_id=stall.id, pickup_point_id=point_of(stall.id))
    before = stock_of(part)
    assert stall.post(f"/ban-hang/don/{part}/san-sang").status_code == 303
    tap(stall, part, "not_collected")
    assert stock_of(part) == (before[0], before[1] - 1)
    assert cash_of(part)[0] == "written_off"
    assert back(stall, part).status_code == 303
    assert state_of(part) == "ready_for_pickup"
    assert stock_of(part) == before
    assert cash_of(part)[0] == "promised"
    tap(stall, part, "delivered")
    assert back(stall, part).status_code == 303
    assert state_of(part) == "ready_for_pickup"
    assert stock_of(part) == before
    assert "Bấm nhầm, hàng chưa để ra điểm lấy" in stall.page(f"/ban-hang/don/{part}")
    assert back(stall, part).status_code == 303
    assert state_of(part) == "packed"
    assert stock_of(part) == before
    assert db.session.scalar(
        select(func.count(HandOver.id)).where(HandOver.undone_at.is_(None))
    ) == 0  # fmt: skip
    db.session.rollback()


def test_what_nobody_came_for_and_was_sold_since_is_not_promised_twice(
    stall, in_state, state_of, point_of, a_variant
):
    last = a_variant(seller_id=stall.id, on_hand=1)
    at = point_of(stall.id)
    part = in_state("ready_for_pickup", seller_id=stall.id, variant_id=last, pickup_point_id=at)
    tap(stall, part, "not_collected")
    in_state("placed", seller_id=stall.id, variant_id=last, pickup_point_id=at)
    answer = back(stall, part)
    assert answer.status_code == 409
    assert "vừa hết hàng" in answer.text
    assert state_of(part) == "not_collected"


@pytest.fixture
def arrived(stall, in_state):
    part = in_state("packed", seller_id=stall.id)
    send(stall, part)
    tap(stall, part, "delivered")
    return part


def stays(stall: Any, part: int, words: str, state: str = "delivered") -> None:
    answer = back(stall, part)
    assert answer.status_code == 409
    assert words in answer.text
    db.session.rollback()
    assert db.session.get_one(SellerOrder, part).state == state
    db.session.rollback()


def test_after_a_day_an_arrival_stays(stall, in_state):
    part = in_state("handed_over", seller_id=stall.id)
    with transaction() as session:
        move_seller_order(
            session, seller_order_id=part, to="delivered", actor_kind="seller", actor_id=None,
            now=now_utc() - DELIVERED_BACK_WITHIN,
        )  # fmt: skip
    assert "/lui/" not in stall.page(f"/ban-hang/don/{part}")
    stays(stall, part, "quá 24 giờ")


@both_engines
def test_goods_that_a_buyer_wrote_of_have_arrived(stall, arrived):
    with transaction() as session:
        product = session.scalars(select(LineItem.product_id)).first()
        session.add(
            Review(
                seller_id=stall.id, product_id=product, locale="vi", written_at=now_utc(), stars=4,
                seller_order_id=arrived, text="Ngon.",
            )
        )  # fmt: skip
        session.flush()
    answer = back(stall, arrived)
    assert answer.status_code == 409
    assert "Khách đã viết đánh giá" in answer.text
    with transaction() as session:
        session.delete(session.scalars(select(Review)).one())


def complain(part: int, kind: str, **reached_by: str) -> None:
    """Complain of the order of a part: its buyer by the phone of the order, unless said otherwise."""
    with transaction() as session:
        order = session.get_one(Order, session.get_one(SellerOrder, part).order_id)
        reached_by = reached_by or {"phone": contact_of(order).phone}
        receive_complaint(
            session, kind=kind, name="Châu", order_code=order.code, text="Hũ nứt.", locale="vi",
            now=now_utc(), **{"phone": None, "email": None, **reached_by},
        )  # fmt: skip


@both_engines
def test_a_complaint_of_goods_keeps_an_arrival_and_one_that_nothing_came_does_not(
    stall, arrived, state_of
):
    complain(arrived, "goods")
    stays(stall, arrived, "Khách đang khiếu nại")
    with transaction() as session:
        session.scalars(select(Complaint)).one().settled_at = now_utc()
    complain(arrived, "not_arrived")
    assert back(stall, arrived).status_code == 303
    assert state_of(arrived) == "handed_over"


@both_engines
def test_a_strangers_complaint_keeps_no_arrival(stall, arrived, state_of):
    complain(arrived, "goods", phone="+84900000999", email="nguoi.la@example.com")
    assert back(stall, arrived).status_code == 303
    assert state_of(arrived) == "handed_over"


def test_goods_that_came_back_keep_an_arrival(stall, in_state):
    part = in_state("packed", seller_id=stall.id, quantity=2)
    send(stall, part)
    tap(stall, part, "delivered")
    with transaction() as session:
        line = session.scalars(select(LineItem.id)).one()
        return_goods(
            session, seller_order_id=part, coming=[ComingBack(line, 1, restock=True)],
            reason=ReturnReason.FAULTY, gives_fee_back=False, after=0, actor_kind="seller",
            actor_id=None, now=now_utc(),
        )  # fmt: skip
    stays(stall, part, "đã ghi có hàng về lại")


def a_label(part: int, seller_id: int, track: str = "made") -> None:
    with transaction() as session:
        account = CarrierAccount(
            seller_id=seller_id, carrier="ghn", address=f"label{part:010d}", data_key=b"",
            secret=b"", is_test=False, started_at=now_utc(),
        )  # fmt: skip
        session.add(account)
        session.flush()
        session.add(
            CarrierParcel(
                seller_id=seller_id, seller_order_id=part, account_id=account.id,
                client_code=f"label-{part}", state="made", tracking_code="GHN7", weight_g=600,
                cod_vnd=120_000, track=track, asked_at=now_utc(),
            )
        )  # fmt: skip


@both_engines
def test_a_parcel_that_a_carrier_is_to_fetch_stays_packed_and_one_that_it_brought_stays_there(
    stall, in_state
):
    part = in_state("confirmed", seller_id=stall.id)
    tap(stall, part, "packed")
    a_label(part, stall.id)
    stays(stall, part, "Chị báo hãng thôi lấy trước", "packed")
    send(stall, part, hang="ghn", ma="GHN7")
    stays(stall, part, "Chị báo hãng thôi lấy trước", "handed_over")
    at = db.session.scalars(select(HandOver.id)).one()
    db.session.rollback()
    answer = stall.post(
        f"/ban-hang/don/{part}/giao/{at}/sua", kieu="carrier", hang="ghn", ma="GHN8"
    )
    assert answer.status_code == 409
    assert "mã vận đơn hãng báo tự ghi" in answer.text
    tap(stall, part, "delivered")
    with transaction() as session:
        session.scalars(select(CarrierParcel)).one().track = "delivered"
    stays(stall, part, "báo đã giao tới khách")


@both_engines
def test_a_code_that_a_carrier_gave_stays_and_a_slip_beside_it_is_put_right(stall, in_state):
    part = in_state("packed", seller_id=stall.id)
    a_label(part, stall.id)
    send(stall, part, hang="ghn", ma="GHN8")
    for code, status in (("GHN7", 303), ("GHN9", 409)):
        at = db.session.scalars(select(HandOver.id).where(HandOver.undone_at.is_(None))).one()
        db.session.rollback()
        address = f"/ban-hang/don/{part}/giao/{at}/sua"
        answer = stall.post(address, kieu="carrier", hang="ghn", ma=code)
        assert answer.status_code == status, code


def test_a_label_that_was_only_tried_out_keeps_no_code_as_it_is(stall, in_state):
    part = in_state("packed", seller_id=stall.id)
    a_label(part, stall.id)
    with transaction() as session:
        session.execute(update(CarrierAccount).values(is_test=True))
    send(stall, part, hang="ghn", ma="GHN7")
    at = db.session.scalars(select(HandOver.id)).one()
    db.session.rollback()
    assert stall.post(f"/ban-hang/don/{part}/giao/{at}/sua", **RIGHT).status_code == 303


def test_another_stalls_order_is_not_there_and_nothing_is_what_no_button_says(
    a_stall, stall, in_state, state_of
):
    part = in_state("confirmed", seller_id=stall.id)
    send(stall, part)
    move = last_standing(part)
    other = a_stall()
    assert back(other, part, move).status_code == 404
    assert other.post(f"/ban-hang/don/{part}/giao/1/sua", kieu="own").status_code == 404
    assert back(stall, part, move - 1).status_code == 409, "Not the last."
    assert back(stall, part, 10**9).status_code == 404
    assert state_of(part) == "handed_over"


def test_a_sale_at_the_stall_itself_has_no_way_back(stall, in_state, point_of):
    part = in_state("packed", seller_id=stall.id, pickup_point_id=point_of(stall.id))
    stall.post(f"/ban-hang/don/{part}/san-sang")
    tap(stall, part, "delivered")
    with transaction() as session:
        session.get_one(SellerOrder, part).pickup_point_id = None
    assert "/lui/" not in stall.page(f"/ban-hang/don/{part}")
    assert back(stall, part).status_code == 409


@both_engines
def test_a_buyer_who_was_told_is_told_once_that_it_was_wrong(stall, in_state, deliver, mails):
    part = in_state("confirmed", seller_id=stall.id)
    send(stall, part)
    deliver()
    before = {mail["Message-ID"] for mail in mails()}
    wrong = last_standing(part)
    for _ in range(2):
        back(stall, part, wrong)
    deliver()
    (letter,) = [mail for mail in mails() if mail["Message-ID"] not in before]
    text = letter.get_body(("plain",)).get_content()
    assert "chưa gửi đi" in letter["Subject"]
    assert "báo nhầm" in text
    assert "S1A2" not in text


@pytest.mark.parametrize(
    ("left", "said", "unsaid"),
    [
        ({}, "Mã vận đơn và đường dẫn", "Nhà xe"),
        (
            {"kieu": "bus", "nha_xe": "Xe Thử Bốn", "ben": "Bến Thử", "bien_so": "00A-000.01"},
            "Nhà xe Xe Thử Bốn chưa nhận hàng", "Mã vận đơn",
        ),
        ({"kieu": "own"}, "Khi hàng gửi đi thật", "Mã vận đơn"),
        ({"hang": "other", "ten_hang": "Hãng Thử", "ma": ""}, "Khi hàng gửi đi thật", "Mã vận đơn"),
    ],
)  # fmt: skip
def test_a_buyer_whose_parcel_did_not_leave_is_told_what_of_its_first_letter_is_void(
    stall, in_state, deliver, mails, left, said, unsaid
):
    part = in_state("packed", seller_id=stall.id)
    send(stall, part, **left)
    deliver()
    assert back(stall, part).status_code == 303
    send(stall, part, kieu="bus", nha_xe="Xe Thử Năm", ben="Bến Thử", bien_so="00A-000.02")
    deliver()
    (letter,) = [mail for mail in mails() if "chưa gửi đi" in mail["Subject"]]
    text = letter.get_body(("plain",)).get_content()
    assert said in text
    assert unsaid not in text


def test_a_letter_on_its_way_out_is_waited_for(stall, in_state):
    part = in_state("confirmed", seller_id=stall.id)
    deliver_waiting(now_utc())
    tap(stall, part, "packed")
    with transaction() as session:  # Another worker has it in hand.
        claim_mail(session, key=f"move:{last_standing(part)}:buyer", now=now_utc())
    back(stall, part)
    deliver_waiting(now_utc())
    stuck = db.session.scalars(
        select(OutboxMessage.last_error).where(OutboxMessage.delivered_at.is_(None))
    ).all()
    db.session.rollback()
    assert [error for error in stuck if error], "The word that it was wrong comes after it."


def test_a_helper_takes_back_what_she_may_tap(stall, in_state, state_of, an_account, sign_in):
    part = in_state("confirmed", seller_id=stall.id)
    for rights, status in ((["see_orders"], 404), (["move_orders"], 303)):
        person = an_account()
        with transaction() as session:
            grant_help(
                session, seller_id=stall.id, helper_id=person, owner_id=stall.owner_id,
                rights=rights, last_day=vietnam_date(now_utc() + timedelta(days=9)),
                consent_kind="voice", consent_on=vietnam_date(now_utc()), actor_id=None,
                actor_name="Hương", now=now_utc(),
            )  # fmt: skip
        helper = type(stall)(stall.id, person, sign_in(person, "seller"))
        if status == 303:
            page = f"/ban-hang/don/{part}"
            said = {"kieu": "carrier", "hang": "ghtk", "ma": "S8"}
            assert helper.post(f"{page}/giao", token_from=page, **said).status_code == 303
            at = db.session.scalars(select(HandOver.id).where(HandOver.undone_at.is_(None))).one()
            db.session.rollback()
            fixed = helper.post(f"{page}/giao/{at}/sua", token_from=page, **said | {"ma": "S9"})
            assert fixed.status_code == 303
        else:
            tap(stall, part, "packed")
            assert "bam-nham" not in helper.page(f"/ban-hang/don/{part}")
        move = last_standing(part)
        address = f"/ban-hang/don/{part}/buoc/lui/{move}"
        answer = helper.post(address, token_from="/ban-hang/giup")
        assert answer.status_code == status, rights
        if status == 404:
            back(stall, part)
    assert state_of(part) == "packed"


@both_engines
def test_cash_that_is_counted_in_the_same_moment_is_counted_or_waited_for(app, stall, arrived):
    move = last_standing(arrived)

    def work(number: int) -> str:
        with transaction() as session:
            if number % 2:
                note_cash_counted(
                    session, seller_order_id=arrived, counted_vnd=120_000, by=By("seller"),
                    now=now_utc(),
                )  # fmt: skip
                return "counted"
            taken = take_step_back(
                session, seller_order_id=arrived, move_id=move, by=By("seller"), now=now_utc()
            )
            return "taken back" if taken else "again"

    outcomes = all_at_once(app, work, 8)
    state, cash = db.session.get_one(SellerOrder, arrived).state, cash_of(arrived)[0]
    assert (state, cash) in (("handed_over", "promised"), ("delivered", "remitted")), outcomes
    assert outcomes["taken back"] == (state == "handed_over"), outcomes


@both_engines
def test_eight_taps_at_once_are_one_step_back(app, stall, in_state, state_of):
    part = in_state("confirmed", seller_id=stall.id)
    before = stock_of(part)
    send(stall, part)
    move = last_standing(part)

    def work(_: int) -> str:
        with transaction() as session:
            taken = take_step_back(
                session, seller_order_id=part, move_id=move, by=By("seller"), now=now_utc()
            )
            return "taken back" if taken else "again"

    assert all_at_once(app, work, 8) == {"taken back": 1, "again": 7}
    assert state_of(part) == "packed"
    assert stock_of(part) == before
    assert len(audited("order_step.taken_back")) == 1


@pytest.fixture
def sent(stall, in_state):
    """A parcel that was sent with a wrong code, and the address at which that is put right."""
    part = in_state("packed", seller_id=stall.id)
    send(stall, part, ma="GOSAI1", ghi_chu="Gọi trước")
    at = db.session.scalars(select(HandOver.id)).one()
    db.session.rollback()
    return part, f"/ban-hang/don/{part}/giao/{at}/sua"


RIGHT = {"kieu": "carrier", "hang": "ghtk", "ma": "goDung2", "ghi_chu": "Gọi trước"}


@both_engines
def test_a_wrong_code_is_put_right_on_every_page_and_the_trail_has_both(stall, sent, by_link):
    part, address = sent
    page = stall.page(f"/ban-hang/don/{part}")
    assert address in page
    assert 'value="GOSAI1"' in page
    assert 'value="https' not in page.split('id="sua-gui"')[1], "The link follows by itself."
    for _ in range(2):  # Posted anew it changes nothing more.
        answer = stall.post(address, **RIGHT)
        assert answer.headers["Location"] == f"/ban-hang/don/{part}?da=da-sua-gui"
    browser, her_page = by_link()
    for shown in (stall.page(f"/ban-hang/don/{part}"), browser.get(her_page).text):
        assert "GODUNG2" in shown
        assert "GOSAI1" not in shown
    (line,) = audited("hand_over.corrected")
    assert line.actor_name == "Nguyễn Thị Sương"
    assert line.facts["changed"] == {
        "tracking_code": ["GOSAI1", "GODUNG2"],
        "tracking_url": [],
    }
    rows = db.session.scalars(select(HandOver).order_by(HandOver.id)).all()
    assert [row.undone_at is None for row in rows] == [False, True]
    assert rows[1].at == rows[0].at, "It left when it left."
    db.session.rollback()
    tap(stall, part, "delivered")
    assert cash_of(part) == ("with_carrier", 120_000)


def test_the_trail_names_what_was_corrected_and_tells_no_phone_note_or_link(app, stall, sent):
    _part, address = sent
    coach = {
        "kieu": "bus", "nha_xe": "Xe Thử Bốn", "ben": "Ngõ nhà chị Châu",
        "dien_thoai": "0905 000 129", "ghi_chu": "Gọi số 0905 000 128",
    }  # fmt: skip
    assert stall.post(address, **coach).status_code == 303
    (line,) = audited("hand_over.corrected")
    assert line.facts["changed"] == {
        "carrier": ["Giao Hàng Tiết Kiệm (GHTK)", ""], "tracking_code": ["GOSAI1", ""],
        "bus_company": [], "contact_phone": [], "kind": [], "note": [], "station": [],
        "tracking_url": [],
    }  # fmt: skip
    entry = db.session.scalars(
        select(AuditEntry).where(AuditEntry.action == "hand_over.corrected")
    ).one()
    words = app.jinja_env.get_template("operations/audit_words.html").make_module()
    said = str(words.act(entry, ""))
    assert (
        ": nhà xe, hãng từ Giao Hàng Tiết Kiệm (GHTK) thành không có, điện thoại, cách gửi,"
        " dặn khách thêm, khách nhận ở, mã vận đơn từ GOSAI1 thành không có, đường dẫn tra cứu"
    ) in said
    db.session.rollback()


@both_engines
def test_who_takes_the_cash_follows_from_what_was_put_right(stall, sent):
    part, address = sent
    assert stall.post(address, kieu="own").status_code == 303
    tap(stall, part, "delivered")
    assert cash_of(part) == ("with_seller", 120_000)


def test_a_buyer_is_told_when_she_would_look_in_the_wrong_place_and_only_then(
    stall, sent, deliver, mails
):
    _part, address = sent
    deliver()
    before = len(mails())
    note = {**RIGHT, "ma": "GOSAI1", "ghi_chu": "Gọi sau"}
    assert stall.post(address, **note).status_code == 303
    deliver()
    assert len(mails()) == before
    at = db.session.scalars(select(HandOver.id).where(HandOver.undone_at.is_(None))).one()
    db.session.rollback()
    stall.post(address.replace("/giao/1/", f"/giao/{at}/"), **RIGHT)
    deliver()
    (letter,) = [mail for mail in mails() if "sửa nơi xem hàng" in mail["Subject"]]
    text = letter.get_body(("plain",)).get_content()
    assert "https://i.ghtk.vn/GODUNG2" in text
    assert "GOSAI1" not in text
    assert len(mails()) == before + 1


@pytest.mark.parametrize("then", [{"ghi_chu": "Gọi sau"}, {"ma": "goDung3"}])
def test_put_right_twice_before_the_letter_went_out_it_is_told_once_and_as_it_is_now(
    stall, sent, deliver, mails, then
):
    part, address = sent
    deliver()
    stall.post(address, **RIGHT)
    at = db.session.scalars(select(HandOver.id).where(HandOver.undone_at.is_(None))).one()
    db.session.rollback()
    right = {**RIGHT, **then}
    assert stall.post(f"/ban-hang/don/{part}/giao/{at}/sua", **right).status_code == 303
    deliver()
    (letter,) = [mail for mail in mails() if "sửa nơi xem hàng" in mail["Subject"]]
    assert right["ma"].upper() in letter.get_body(("plain",)).get_content()


def test_put_right_before_the_first_letter_went_out_it_is_told_once(stall, sent, deliver, mails):
    _part, address = sent
    stall.post(address, **RIGHT)
    deliver()
    assert not [mail for mail in mails() if "sửa nơi xem hàng" in mail["Subject"]]
    (letter,) = [mail for mail in mails() if "đã gửi hàng" in mail["Subject"]]
    assert "GODUNG2" in letter.get_body(("plain",)).get_content()


def test_a_code_is_put_right_after_the_day_on_which_its_parcel_was_to_come(stall, sent):
    _part, address = sent
    day = vietnam_date(now_utc()) - timedelta(days=1)
    with transaction() as session:
        session.execute(update(HandOver).values(expected_on=day))
    said = {**RIGHT, "ngay": day.isoformat()}
    other = {**RIGHT, "ngay": (day - timedelta(days=1)).isoformat()}
    assert stall.post(address, **other).status_code == 422, "Another day that is over."
    assert stall.post(address, **said).status_code == 303
    at = db.session.scalars(select(HandOver.id).where(HandOver.undone_at.is_(None))).one()
    assert db.session.get_one(HandOver, at).expected_on == day
    db.session.rollback()


def test_a_correction_is_asked_for_what_the_first_form_was_and_a_late_one_is_refused(
    a_stall, stall, sent, state_of
):
    part, address = sent
    for wrong, words in (
        ({**RIGHT, "ma": ""}, "Chị ghi mã vận đơn"),
        ({**RIGHT, "tra_cuu": "http://x"}, "bắt đầu bằng https://"),
        ({"kieu": "bus"}, "Chị ghi tên nhà xe"),
    ):
        answer = stall.post(address, **wrong)
        assert answer.status_code == 422
        assert words in answer.text
    assert a_stall().post(address, **RIGHT).status_code == 404
    stall.post(address, **RIGHT)
    late = stall.post(address, **{**RIGHT, "ma": "TRE3"})
    assert late.status_code == 409
    assert "vừa có người sửa" in late.text
    tap(stall, part, "delivered")
    late = stall.post(address, **{**RIGHT, "ma": "TRE3"})
    assert late.status_code == 409
    assert state_of(part) == "delivered"
    assert "sua-gui" not in stall.page(f"/ban-hang/don/{part}")
    assert db.session.scalar(select(func.count(HandOver.id))) == 2
    db.session.rollback()


@both_engines
def test_two_who_put_it_right_at_once_leave_one_that_stands(app, stall, sent):
    part, address = sent
    at = int(address.split("/")[-2])

    def work(number: int) -> str:
        with transaction() as session:
            correct_sent(
                session, seller_id=stall.id, seller_order_id=part, hand_over_id=at,
                parcel=Parcel("carrier", carrier="ghtk", tracking_code=f"LUC{number}"), last4="",
                actor_id=stall.owner_id, actor_name="", now=now_utc(),
            )  # fmt: skip
        return "put right"

    assert all_at_once(app, work, 6) == {"put right": 1, "not_under_way": 5}
    standing = select(func.count(HandOver.id)).where(HandOver.undone_at.is_(None))
    assert db.session.scalar(standing) == 1
    db.session.rollback()
