"""Money for an order that was to be paid at the door: one tap, and nobody collects any more."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier

import pytest
from sqlalchemy import func, select

from shop.audit.models import AuditEntry
from shop.banking.actions.answers import (
    accept_for_cash,
    close,
)
from shop.banking.actions.codes import cash_order_of_code, payment_of_code
from shop.banking.models import BankNotice
from shop.banking.queries.inbox import cards_of
from shop.banking.queries.notices import notice_in
from shop.banking.queries.owners import Sight
from shop.banking.rules.matching import NoticeSettled, SeveralOfOrder
from shop.db import db, in_transaction, transaction
from shop.kernel.clock import now_utc
from shop.kernel.errors import NotYours, Refusal
from shop.operations.proofs import broken
from shop.ordering import actions as ordering
from shop.ordering.models import Order, SellerOrder, SellerOrderMove
from shop.payments import actions as payments
from shop.payments.actions import open_payments
from shop.payments.methods import By
from shop.payments.models import CodCollection, Payment, PaymentEvent, Refund
from shop.payments.queries import last_cash_move
from shop.payments.rules.cash import (
    NotPaidAtTheDoor,
    OtherSum,
    PaidBesideTheDoor,
    ReturnFeeStands,
)
from shop.payments.wrong_steps import take_step_back
from shop.sellers.models import Payee
from shop.selling.actions.orders import move_order
from tests.banking.conftest import deliver
from tests.banking.test_decisions import seen
from tests.engines import both_engines
from tests.payments.conftest import standing

SELLER = By("seller")
DUE = 110_000


@dataclass
class AtTheDoor:
    order_id: int
    parts: list[int]
    seller_id: int
    code: str


@pytest.fixture
def at_the_door(a_seller, a_variant, an_order):
    """Place an order of 110,000 to be paid at the door."""

    def make(seller_id: int | None = None) -> AtTheDoor:
        seller = seller_id or a_seller()
        variant = a_variant(seller_id=seller, price_vnd=95_000)
        made = an_order({variant: (seller, "cod")}, now=now_utc())
        db.session.rollback()
        code = db.session.get_one(Order, made.order_id).code
        db.session.rollback()
        return AtTheDoor(made.order_id, made.parts, seller, code)

    return make


def say(notice, order, by: By = SELLER) -> bool:
    with transaction() as session:
        said = accept_for_cash(
            session, notice_id=notice.id, order_id=order.order_id, by=by, now=now_utc()
        )
    deliver()
    return said


def method(order) -> str:
    db.session.rollback()
    return db.session.get_one(SellerOrder, order.parts[0]).method


def promised(order) -> list[int]:
    db.session.rollback()
    return list(
        db.session.scalars(
            select(CodCollection.amount_vnd).where(CodCollection.seller_order_id.in_(order.parts))
        )
    )


def payment(order) -> Payment:
    db.session.rollback()
    return db.session.scalars(select(Payment).where(Payment.order_id == order.order_id)).one()


def move(order, *states: str) -> None:
    for to in states:
        with transaction() as session:
            ordering.move_seller_order(
                session, seller_order_id=order.parts[0], to=to, actor_kind="seller", actor_id=None,
                now=now_utc(),
            )  # fmt: skip
            open_payments(session, order.order_id, now_utc())
    deliver()


def card(notice, seller_id: int):
    db.session.rollback()
    row = notice_in(db.session(), Sight(seller_id=seller_id), notice.id)
    return cards_of(db.session(), [row])[0]


def is_proved() -> bool:
    db.session.rollback()
    return not broken(db.session())


@both_engines
def test_one_tap_pays_the_order_by_transfer(at_the_door, a_service):
    order = at_the_door()
    notice = a_service(seller_id=order.seller_id).tell(DUE, f"ck don {order.code.lower()} Chau")
    assert seen(notice) == ("task", "unknown", None), "Only a person says so."
    [door] = card(notice, order.seller_id).doors
    assert (door.order_id, door.is_named, door.left) == (order.order_id, True, False)
    assert say(notice, order)
    paid = payment(order)
    assert (method(order), promised(order)) == ("transfer", [])
    assert (paid.amount_vnd, paid.received_vnd) == (DUE, DUE)
    assert standing(f"payment:{paid.id}") == {"bank": DUE, "prepaid": -DUE}
    assert seen(notice)[0] == "matched"
    move(order, "packed", "handed_over", "delivered")
    assert promised(order) == [], "Nobody collects."
    assert "prepaid" not in standing(f"payment:{paid.id}")
    assert is_proved()


@both_engines
def test_a_second_tap_and_a_second_transfer_count_nothing(at_the_door, a_service):
    order = at_the_door()
    service = a_service(seller_id=order.seller_id)
    first, second = service.tell(DUE, order.code), service.tell(DUE, f"{order.code} lan hai")
    assert say(first, order)
    assert not say(first, order)
    with pytest.raises(NotPaidAtTheDoor):
        say(second, order)
    assert payment(order).received_vnd == DUE
    assert seen(second)[0] == "task"
    assert is_proved()


@both_engines
@pytest.mark.parametrize("amount", [DUE - 1_000, DUE + 1_000])
def test_only_the_very_sum_pays(at_the_door, a_service, amount):
    order = at_the_door()
    notice = a_service(seller_id=order.seller_id).tell(amount, order.code)
    assert card(notice, order.seller_id).doors == []
    with pytest.raises(OtherSum) as refused:
        say(notice, order)
    assert (refused.value.owed_vnd, refused.value.amount_vnd) == (DUE, amount)
    assert (method(order), promised(order)) == ("cod", [DUE])
    assert is_proved()


@both_engines
@pytest.mark.parametrize("states", [["cancelled"], ["confirmed", "packed", "handed_over", "delivered"]])  # fmt: skip
def test_nothing_is_turned_that_was_cancelled_or_arrived(at_the_door, a_service, states):
    order = at_the_door()
    notice = a_service(seller_id=order.seller_id).tell(DUE, order.code)
    move(order, *states)
    with pytest.raises(NotPaidAtTheDoor):
        say(notice, order)
    assert (method(order), seen(notice)[0]) == ("cod", "task")


@both_engines
def test_somebody_elses_money_pays_nothing(at_the_door, a_service, a_seller, a_variant):
    order, other = at_the_door(), at_the_door()
    notice = a_service(seller_id=other.seller_id).tell(DUE, order.code)
    assert [one.order_id for one in card(notice, other.seller_id).doors] == [other.order_id]
    with pytest.raises(NotPaidAtTheDoor):
        say(notice, order)
    assert method(order) == "cod"


@both_engines
def test_a_parcel_on_its_way_is_turned_and_said_so(at_the_door, a_service):
    order = at_the_door()
    move(order, "confirmed", "packed", "handed_over")
    notice = a_service(seller_id=order.seller_id).tell(DUE, order.code)
    assert card(notice, order.seller_id).doors[0].left
    assert say(notice, order)
    assert promised(order) == []
    assert is_proved()


@both_engines
def test_taken_back_the_cash_is_waited_for_again(at_the_door, a_service):
    order = at_the_door()
    notice = a_service(seller_id=order.seller_id).tell(DUE, order.code)
    for _ in range(2):  # And once more after that.
        assert say(notice, order)
        event = db.session.scalars(
            select(PaymentEvent.id)
            .where(PaymentEvent.kind == "received", PaymentEvent.amount_vnd > 0)
            .order_by(PaymentEvent.id.desc())
        ).first()
        paid = payment(order)
        db.session.rollback()
        with transaction() as session:
            payments.take_back_confirmation(
                session, payment_id=paid.id, event_id=event, by=SELLER, now=now_utc()
            )
        deliver()
        assert (method(order), promised(order)) == ("cod", [DUE])
        assert payment(order).amount_vnd == 0, "No transfer is asked for."
        assert seen(notice)[0] == "task"
        assert is_proved()


def take_back_money(order) -> None:
    """Take back what was noted of an order's transfer, at the order."""
    paid = payment(order).id
    event = db.session.scalars(
        select(PaymentEvent.id)
        .where(PaymentEvent.payment_id == paid, PaymentEvent.kind == "received")
        .order_by(PaymentEvent.id.desc())
    ).first()
    db.session.rollback()
    with transaction() as session:
        payments.take_back_confirmation(
            session, payment_id=paid, event_id=event, by=SELLER, now=now_utc()
        )
    deliver()


@both_engines
def test_a_parcel_that_left_as_paid_ahead_is_not_said_to_be_collected_for(a_stall, at_the_door):
    stall = a_stall()
    order = at_the_door(stall.id)
    at = f"/ban-hang/don/{order.parts[0]}"
    stall.post(f"{at}/tien", sau=0, so_tien="110.000")
    deliver()
    for to in ("confirmed", "packed"):
        stall.post(f"{at}/buoc", toi=to)
    stall.post(f"{at}/giao", kieu="carrier", hang="ghtk", ma="S1A2")
    deliver()
    take_back_money(order)
    assert (method(order), promised(order)) == ("transfer", []), "Nobody was sent to collect."
    assert (payment(order).amount_vnd, payment(order).expired_at) == (DUE, None)
    page = stall.get(at).text
    assert "lúc giao không ai thu tiền" in page
    assert "khách còn phải chuyển khoản 110.000" in page.replace("\xa0", " ")
    stall.post(f"{at}/buoc", toi="delivered")
    deliver()
    assert promised(order) == []
    assert standing(f"cash:{order.parts[0]}") == {}, "No cash lies with the carrier."
    assert is_proved()


@both_engines
@pytest.mark.parametrize(("actor", "again"), [("system", "cod"), ("seller", "transfer")])
def test_a_next_try_collects_only_when_it_is_the_same_parcel(
    at_the_door, a_service, actor, again
):  # fmt: skip
    order = at_the_door()
    move(order, "confirmed", "packed", "handed_over")
    assert say(a_service(seller_id=order.seller_id).tell(DUE, order.code), order)
    move(order, "delivery_failed")
    with transaction() as session:
        ordering.move_seller_order(
            session, seller_order_id=order.parts[0], to="handed_over", actor_kind=actor,
            actor_id=None, now=now_utc(),
        )  # fmt: skip
    take_back_money(order)
    assert method(order) == again
    assert is_proved()


@both_engines
def test_the_carrier_collects_all_the_same_and_it_goes_back(at_the_door, a_service):
    order = at_the_door()
    move(order, "confirmed", "packed", "handed_over")
    assert say(a_service(seller_id=order.seller_id).tell(DUE, order.code), order)
    move(order, "delivered")
    paid = payment(order)
    after = db.session.scalars(select(PaymentEvent.id).where(PaymentEvent.kind == "received")).one()
    db.session.rollback()
    with transaction() as session:
        payments.confirm_received(
            session, payment_id=paid.id, amount_vnd=DUE, after=after, by=SELLER, now=now_utc()
        )
    deliver()
    assert db.session.scalars(select(Refund.amount_vnd)).all() == [DUE]
    assert is_proved()


@both_engines
def test_a_units_account_pays_for_all_that_it_collects(
    collecting_unit, at_the_door, a_service, an_officer
):
    unit, seller = collecting_unit()
    order = at_the_door(seller)
    notice = a_service(unit_id=unit).tell(DUE, order.code)
    with transaction() as session:
        row = session.get_one(BankNotice, notice.id)
        assert row.organisation_id == unit
    assert say(notice, order, By("officer"))
    paid = payment(order)
    assert db.session.get_one(Payee, paid.payee_id).organisation_id == unit
    db.session.rollback()
    assert (method(order), paid.received_vnd) == ("transfer", DUE)
    assert is_proved()


@both_engines
def test_an_answered_notice_turns_nothing(at_the_door, a_service):
    order = at_the_door()
    notice = a_service(seller_id=order.seller_id).tell(DUE, order.code)
    with transaction() as session:
        close(session, notice_id=notice.id, to="ignored", by=SELLER, now=now_utc())
    with pytest.raises(NoticeSettled):
        say(notice, order)
    with pytest.raises(NotYours), transaction() as session:
        accept_for_cash(session, notice_id=999, order_id=order.order_id, by=SELLER, now=now_utc())
    assert method(order) == "cod"


@both_engines
def test_in_the_inbox_she_taps_once_or_types_the_orders_code(a_stall, at_the_door, a_service):
    stall = a_stall()
    service = a_service(seller_id=stall.id)
    for answer in ("nhan", "ma"):
        order = at_the_door(stall.id)
        notice = service.tell(DUE, f"tien hang {order.code}")
        page = stall.get("/ban-hang/ngan-hang").text
        assert f"Khách đã chuyển khoản cho đơn trả khi nhận {order.code}?" in page
        said = {"tra_loi": answer, "khoan": order.order_id, "ma": order.code}
        assert stall.post(f"/ban-hang/ngan-hang/{notice.id}", **said).status_code == 303
        deliver()
        assert (method(order), payment(order).received_vnd) == ("transfer", DUE)
        page = stall.get(f"/ban-hang/don/{order.parts[0]}").text
        assert "đã trả trước, tiền thu hộ 0 ₫" in page
        slip = stall.get(f"/ban-hang/don/{order.parts[0]}/phieu").text
        assert "Thu của người nhận" not in slip
    written = db.session.scalars(select(AuditEntry.action)).all()
    assert written.count("payment.instead_of_cash") == written.count("bank_notice.accepted") == 2
    assert is_proved()


@both_engines
def test_a_code_with_another_sum_is_said_so(a_stall, at_the_door, a_service):
    stall = a_stall()
    order = at_the_door(stall.id)
    notice = a_service(seller_id=stall.id).tell(90_000, order.code)
    answer = stall.post(f"/ban-hang/ngan-hang/{notice.id}", tra_loi="ma", ma=order.code)
    assert answer.status_code == 422
    assert "Đơn này trả khi nhận 110.000" in answer.text
    assert method(order) == "cod"


@both_engines
@pytest.mark.parametrize("other", ["transfer", "tap", "cancelled", "delivered"])
def test_two_at_once_pay_the_order_once(app, at_the_door, a_service, other):
    """The same notice or another one is tapped, or the order is cancelled or delivered."""
    order = at_the_door()
    service = a_service(seller_id=order.seller_id)
    first, second = service.tell(DUE, order.code).id, service.tell(DUE, f"{order.code} 2").id
    if other == "delivered":
        move(order, "confirmed", "packed", "handed_over")
    together = Barrier(2)

    def taps(notice_id: int):
        return lambda session: accept_for_cash(
            session, notice_id=notice_id, order_id=order.order_id, by=By("officer"), now=now_utc()
        )

    def moves(session) -> bool:
        ordering.move_seller_order(
            session, seller_order_id=order.parts[0], to=other, actor_kind="seller", actor_id=None,
            now=now_utc(),
        )  # fmt: skip
        return True

    beside = {"transfer": taps(second), "tap": taps(first)}.get(other, moves)

    def work(one) -> bool:
        with app.app_context():
            together.wait()
            try:
                return in_transaction(one)
            except Refusal:
                return False

    with ThreadPoolExecutor(2) as people:
        done = list(people.map(work, [taps(first), beside]))
    deliver()
    paid = db.session.scalars(select(Payment).where(Payment.order_id == order.order_id)).all()
    received = [one.received_vnd for one in paid]
    if other in ("transfer", "tap"):
        assert (sorted(done), received) == ([False, True], [DUE])
    else:  # Whichever came first: cash or transfer, and never both.
        assert received == ([DUE] if done[0] else [])
        assert (method(order) == "transfer") == done[0]
        assert bool(promised(order)) == (not done[0])
    db.session.rollback()
    assert is_proved()


@pytest.fixture
def arrived_by_mistake(at_the_door, an_account):
    """Place an order at the door that was tapped as arrived with its cash, and that was taken back."""

    def make(seller_id: int | None = None) -> AtTheDoor:
        order = at_the_door(seller_id)
        move(order, "confirmed", "packed", "handed_over")
        arrive(order, an_account())
        with transaction() as session:
            take_step_back(
                session, seller_order_id=order.parts[0], move_id=last_move(order), by=SELLER,
                now=now_utc(),
            )  # fmt: skip
        deliver()
        return order

    return make


def arrive(order, by: int) -> None:
    """Tap it as arrived; whoever brought it took the cash."""
    with transaction() as session:
        move_order(
            session, seller_id=order.seller_id, seller_order_id=order.parts[0], to="delivered",
            actor_id=by, now=now_utc(),
        )  # fmt: skip
    deliver()


def last_move(order) -> int:
    db.session.rollback()
    last = select(func.max(SellerOrderMove.id)).where(
        SellerOrderMove.seller_order_id == order.parts[0]
    )
    found = db.session.scalars(last).one()
    db.session.rollback()
    return found


@both_engines
def test_money_for_an_order_whose_arrival_was_taken_back_pays_it_and_is_taken_back(
    arrived_by_mistake, a_service
):
    order = arrived_by_mistake()
    notice = a_service(seller_id=order.seller_id).tell(DUE, order.code)
    [door] = card(notice, order.seller_id).doors
    assert (door.order_id, door.left) == (order.order_id, True)
    assert say(notice, order)
    assert (method(order), promised(order)) == ("transfer", [0])
    assert (payment(order).received_vnd, seen(notice)[0]) == (DUE, "matched")
    assert is_proved()
    take_back_money(order)
    assert (method(order), promised(order)) == ("cod", [DUE])
    assert is_proved()
    second = a_service(seller_id=order.seller_id).tell(DUE, f"{order.code} 2")
    assert [one.order_id for one in card(second, order.seller_id).doors] == [order.order_id]
    assert say(second, order)
    move(order, "delivered")
    assert (method(order), promised(order)) == ("transfer", [0]), "Nobody collects."
    assert standing(f"cash:{order.parts[0]}") == {}
    assert is_proved()


@both_engines
def test_what_a_carrier_asked_for_the_way_back_keeps_a_transfer_until_that_is_taken_back(
    arrived_by_mistake, a_service, an_account
):
    """Also of one that had been tapped as arrived; the fee goes, and the cash is waited for."""
    order = arrived_by_mistake()
    [part] = order.parts
    assert say(a_service(seller_id=order.seller_id).tell(DUE, order.code), order)
    move(order, "refused")
    noted = {"seller_order_id": part, "by": SELLER, "now": now_utc()}
    with transaction() as session:
        payments.charge_return_fee(
            session, after=last_cash_move(session, part), fee_vnd=12_000, carrier="ghtk", **noted
        )
    take_back_money(order)
    refused = last_move(order)
    with pytest.raises(ReturnFeeStands), transaction() as session:
        take_step_back(session, move_id=refused, **noted)
    with transaction() as session:
        payments.take_back_cash_step(session, move_id=last_cash_move(session, part), **noted)
        take_step_back(session, move_id=refused, **noted)
    deliver()
    assert (method(order), promised(order)) == ("cod", [DUE])
    assert is_proved()
    arrive(order, an_account())
    with pytest.raises(NotPaidAtTheDoor):
        say(a_service(seller_id=order.seller_id).tell(DUE, f"{order.code} 3"), order)
    assert is_proved()


@pytest.fixture
def half_at_the_door(collecting_unit, a_seller, a_variant, an_order):
    """Place an order on a unit's account: 110,000 at the door, and 65,000 by transfer."""

    def make() -> tuple[int, AtTheDoor]:
        unit, one = collecting_unit()
        two = a_seller(organisation_id=unit, paid_through_organisation=True)
        at_door = a_variant(seller_id=one, price_vnd=95_000)
        ahead = a_variant(seller_id=two, price_vnd=50_000)
        made = an_order({at_door: (one, "cod"), ahead: (two, "transfer")}, now=now_utc())
        db.session.rollback()
        code = db.session.get_one(Order, made.order_id).code
        parts = list(
            db.session.scalars(
                select(CodCollection.seller_order_id).where(
                    CodCollection.seller_order_id.in_(made.parts)
                )
            )
        )
        db.session.rollback()
        return unit, AtTheDoor(made.order_id, parts, one, code)

    return make


def unit_card(notice, unit: int):
    db.session.rollback()
    return cards_of(db.session(), [notice_in(db.session(), Sight(units=[unit]), notice.id)])[0]


def means(notice, order) -> int | None:
    """Return the order that its typed code means as one at the door; None: its transfer."""
    db.session.rollback()
    found = cash_order_of_code(
        db.session(), db.session.get_one(BankNotice, notice.id), order.code.lower()
    )
    db.session.rollback()
    return found


@both_engines
def test_a_typed_code_means_the_transfer_that_misses_this_sum(half_at_the_door, a_service):
    unit, order = half_at_the_door()
    service = a_service(unit_id=unit)
    assert means(service.tell(65_000, "tien rau"), order) is None
    assert means(service.tell(60_000, "tien rau thieu"), order) is None
    assert means(service.tell(DUE, "tien tra"), order) == order.order_id
    both = service.tell(DUE + 65_000, "tien ca hai")
    assert means(both, order) == order.order_id
    assert say(both, order, By("officer"))
    assert (method(order), payment(order).received_vnd) == ("transfer", DUE + 65_000)
    assert is_proved()


@both_engines
def test_a_door_that_would_be_refused_is_not_offered(half_at_the_door, a_service):
    unit, order = half_at_the_door()
    notice = a_service(unit_id=unit).tell(DUE, order.code)
    assert unit_card(notice, unit).doors == []
    with pytest.raises(OtherSum) as refused:
        say(notice, order, By("officer"))
    assert (refused.value.owed_vnd, refused.value.transfer_vnd) == (DUE + 65_000, 65_000)
    paid = payment(order).id
    db.session.rollback()
    with transaction() as session:
        payments.confirm_received(
            session, payment_id=paid, amount_vnd=65_000, after=0, by=By("officer"), now=now_utc()
        )
    deliver()
    assert unit_card(notice, unit).doors == []
    with pytest.raises(PaidBesideTheDoor):
        say(notice, order, By("officer"))
    assert (method(order), promised(order)) == ("cod", [DUE])
    assert is_proved()


@both_engines
def test_a_step_back_from_lost_lets_the_cash_be_waited_for_again(at_the_door, a_service):
    order = at_the_door()
    move(order, "confirmed", "packed", "handed_over")
    assert say(a_service(seller_id=order.seller_id).tell(DUE, order.code), order)
    move(order, "lost")
    take_back_money(order)
    assert method(order) == "transfer", "Nothing is waited for of a lost parcel."
    lost = db.session.scalars(
        select(SellerOrderMove.id).order_by(SellerOrderMove.id.desc()).limit(1)
    ).one()
    db.session.rollback()
    with transaction() as session:
        take_step_back(
            session, seller_order_id=order.parts[0], move_id=lost, by=SELLER, now=now_utc()
        )
    deliver()
    assert (method(order), promised(order)) == ("cod", [DUE])
    assert payment(order).amount_vnd == 0, "No transfer is asked for."
    assert is_proved()


@pytest.fixture
def on_two_accounts(collecting_unit, a_seller, a_variant, an_order):
    """Place an order paid by two transfers into accounts of one unit; (unit, code, payments)."""

    def make(first_vnd: int, second_vnd: int) -> tuple[int, str, dict[int, str]]:
        unit, one = collecting_unit()
        two = a_seller(organisation_id=unit, paid_through_organisation=True)
        jar = a_variant(seller_id=one, price_vnd=first_vnd - 15_000)
        leaves = a_variant(seller_id=two, price_vnd=second_vnd - 15_000)
        made = an_order({jar: (one, "transfer"), leaves: (two, "transfer")}, now=now_utc())
        with transaction() as session:
            now = session.scalars(select(Payee).where(Payee.organisation_id == unit)).one()
            facts = {c.key: getattr(now, c.key) for c in Payee.__table__.c if c.key != "id"}
            before = Payee(**facts | {"ended_at": now_utc()})
            session.add(before)
            session.flush()
            part = session.scalars(select(SellerOrder).where(SellerOrder.seller_id == two)).one()
            part.payee_id = before.id
            session.flush()
            open_payments(session, made.order_id, now_utc())
        db.session.rollback()
        code = db.session.get_one(Order, made.order_id).code
        rows = db.session.execute(select(Payment.id, Payment.memo).order_by(Payment.id)).all()
        db.session.rollback()
        return unit, code, dict(rows)

    return make


@both_engines
def test_of_several_transfers_of_a_code_the_one_that_misses_this_sum_is_meant(
    on_two_accounts, a_service
):
    unit, code, payments = on_two_accounts(DUE, 65_000)
    service = a_service(unit_id=unit)
    first, second = payments

    def named(amount_vnd: int, typed: str) -> int:
        notice = service.tell(amount_vnd, f"tien {amount_vnd}")
        db.session.rollback()
        row = db.session.get_one(BankNotice, notice.id)
        return payment_of_code(db.session(), row, typed)

    assert (named(DUE, code), named(65_000, code.lower())) == (first, second)
    with pytest.raises(SeveralOfOrder) as asked:
        named(60_000, code)
    assert sorted(asked.value.memos) == sorted(zip(payments.values(), (DUE, 65_000), strict=True))
    assert named(60_000, payments[second]) == second, "She typed which."


def test_of_two_transfers_of_the_same_sum_a_person_says_which(
    on_two_accounts, a_service, an_officer
):
    unit, code, payments = on_two_accounts(DUE, DUE)
    notice = a_service(unit_id=unit).tell(DUE, "tien rau")
    way = f"/dieu-hanh/tien-ve/ngan-hang/{notice.id}"
    answer = an_officer(unit, "treasurer").post(way, tra_loi="ma", ma=code)
    assert answer.status_code == 422
    assert all(memo in answer.text for memo in payments.values())
    assert "còn thiếu 110.000" in answer.text
