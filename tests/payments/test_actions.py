"""Money that comes: asked for once per payee, counted once per tap, corrected and given back."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from shop.db import db, transaction
from shop.kernel.errors import NotYours
from shop.ordering import actions as ordering
from shop.outbox.models import OutboxMessage
from shop.payments import actions, refunds
from shop.payments.events import PaymentReported
from shop.payments.handlers import follow_move
from shop.payments.methods import By
from shop.payments.queries import (
    last_cash_move,
    last_money_event,
    payment_of_organisations,
    standings,
    transfers_into,
    transfers_of,
)
from shop.payments.rules.amounts import AmountOutOfRange, MoreThanReceived, NothingToPay
from shop.payments.rules.cash import CashState, IllegalCashMove
from shop.payments.rules.memo import read_memo
from shop.payments.told import CASH, TRANSFER, Subject
from shop.stock.models import StockLevel
from tests.conftest import NOON
from tests.engines import both_engines
from tests.payments.conftest import cash_of, events_of, part_of, payments_of, under

SELLER = By("seller")
LATER = NOON + timedelta(hours=1)


@pytest.fixture
def a_transfer(a_seller, a_variant, an_order):
    """One order of 95,000 + 15,000 đồng to one seller by transfer: (order, payment, part, seller)."""

    def make(method: str = "transfer", **more):
        seller = a_seller()
        variant = a_variant(seller_id=seller)
        made = an_order({variant: (seller, method)}, **more)
        payments = payments_of(made.order_id)
        return made, payments[0] if payments else None, made.parts[0], seller

    return make


def received(payment_id: int, amount: int, after: int | None = None, by: By = SELLER) -> bool:
    with transaction() as session:
        seen = last_money_event(session, payment_id) if after is None else after
        return actions.confirm_received(
            session, payment_id=payment_id, amount_vnd=amount, after=seen, by=by, now=LATER
        )


def state_of(part: int) -> str:
    db.session.rollback()
    return standings(db.session(), [part])[part].state


@both_engines
def test_each_payee_is_asked_once_and_cash_is_promised_per_parcel(a_seller, a_variant, an_order):
    first, second, third = a_seller(), a_seller(), a_seller()
    made = an_order({
        a_variant(seller_id=first): (first, "transfer"),
        a_variant(seller_id=second): (second, "transfer"),
        a_variant(seller_id=third): (third, "cod"),
    })  # fmt: skip
    payments = payments_of(made.order_id)
    assert len({p.payee_id for p in payments}) == len({p.memo for p in payments}) == 2
    for payment in payments:
        assert payment.amount_vnd == 95_000 + 15_000
        assert read_memo(payment.memo, "CP") == [payment.memo]
        assert events_of(payment.id) == [("opened", 110_000)]
    assert cash_of(made.parts[2]).state == "promised"
    assert cash_of(made.parts[2]).amount_vnd == 110_000
    with transaction() as session:
        actions.open_payments(session, made.order_id, LATER)
    assert [p.memo for p in payments_of(made.order_id)] == [p.memo for p in payments]
    assert events_of(payments[0].id) == [("opened", 110_000)]


@both_engines
def test_two_sellers_who_collect_together_are_one_transfer(
    a_seller, a_variant, an_order, an_organisation
):
    from shop.current import vault
    from shop.sellers.models import Payee

    unit = an_organisation()
    with transaction() as session:
        key = vault().new_key()
        session.add(
            Payee(
                organisation_id=unit, bank_bin="970405", bank_name="Agribank", holder="HOI PHU NU",
                data_key=key, account_number=vault().seal(key, "4210205123456"), last4="3456",
                started_at=NOON,
            )
        )  # fmt: skip
    sellers = [a_seller(organisation_id=unit, paid_through_organisation=True) for _ in range(2)]
    made = an_order({a_variant(seller_id=s): (s, "transfer") for s in sellers})
    [payment] = payments_of(made.order_id)
    assert payment.amount_vnd == 220_000
    assert payment_of_organisations(db.session(), [unit], payment.id).id == payment.id
    assert received(payment.id, 220_000, by=By("officer"))
    assert [part_of(part).state for part in made.parts] == ["placed", "placed"]
    with transaction() as session:
        ordering.cancel_by_buyer(
            session, order_id=made.order_id, seller_order_id=made.parts[0], now=LATER
        )
        actions.open_payments(session, made.order_id, LATER)
    assert state_of(made.parts[1]) == "overpaid"
    assert [p.id for p in db.session.execute(transfers_into([unit], "back"))] == [payment.id]


@both_engines
def test_a_report_tells_the_payee_once_and_keeps_the_goods(app, a_transfer):
    from shop.outbox.relay import subscribe

    heard: list[PaymentReported] = []
    subscribe(app, PaymentReported, "test", heard.append)
    _made, payment, part, seller = a_transfer()
    assert part_of(part).reserved_until is not None
    for told in (True, False):
        with transaction() as session:
            assert actions.report(session, payment_id=payment.id, now=LATER) is told
    assert events_of(payment.id) == [("opened", 110_000), ("reported", 110_000)]
    assert part_of(part).reserved_until is None
    assert under("reported", seller) == [payment.id]
    db.session.rollback()
    messages = db.session.scalars(
        select(OutboxMessage).where(
            OutboxMessage.event == "payment.reported", OutboxMessage.subscriber == "test"
        )
    ).all()
    assert [m.payload["payment_id"] for m in messages] == [payment.id]


@both_engines
def test_a_double_tap_counts_once(a_transfer):
    _made, payment, part, _seller = a_transfer()
    assert received(payment.id, 110_000, after=0)
    assert not received(payment.id, 110_000, after=0)
    assert events_of(payment.id) == [("opened", 110_000), ("received", 110_000)]
    assert state_of(part) == "paid"


@both_engines
def test_all_the_money_confirms_the_order_of_the_seller_who_tapped(a_transfer):
    _made, payment, part, _seller = a_transfer()
    received(payment.id, 60_000)
    assert (state_of(part), part_of(part).state) == ("part_paid", "placed")
    assert part_of(part).reserved_until is None
    received(payment.id, 50_000)
    assert (state_of(part), part_of(part).state) == ("paid", "confirmed")


@both_engines
def test_too_much_is_said_and_given_back(a_transfer):
    _made, payment, part, seller = a_transfer()
    received(payment.id, 130_000)
    assert state_of(part) == "overpaid"
    assert under("back", seller) == [payment.id]
    for counted in (True, False):
        with transaction() as session:
            after = last_money_event(session, payment.id) if counted else after  # noqa: F821
            assert refunds.give_back(
                session, of=Subject(TRANSFER, payment.id), amount_vnd=20_000, after=after, by=SELLER,
                now=LATER,
            ) is counted  # fmt: skip
    assert state_of(part) == "paid"
    assert under("back", seller) == []


@both_engines
def test_a_wrong_confirmation_is_corrected_by_an_opposite_event(a_transfer):
    _made, payment, part, _seller = a_transfer()
    received(payment.id, 110_000)
    event_id = last_money_event(db.session(), payment.id)
    db.session.rollback()
    for counted in (True, False):
        with transaction() as session:
            assert actions.take_back_confirmation(
                session, payment_id=payment.id, event_id=event_id, by=SELLER, now=LATER
            ) is counted  # fmt: skip
    assert events_of(payment.id)[1:] == [("received", 110_000), ("received", -110_000)]
    assert state_of(part) == "unpaid"
    assert received(payment.id, 110_000)
    assert state_of(part) == "paid"


@both_engines
def test_what_cannot_be_is_refused_and_nothing_is_stored(a_transfer):
    _made, payment, _part, _seller = a_transfer()
    _other, other_payment, _p, _s = a_transfer()
    for amount in (0, -1, 500_000_000, 10**15):
        with pytest.raises(AmountOutOfRange):
            received(payment.id, amount, after=0)
    received(payment.id, 110_000)
    event_id = last_money_event(db.session(), payment.id)
    with pytest.raises(MoreThanReceived), transaction() as session:
        refunds.give_back(
            session, of=Subject(TRANSFER, payment.id), amount_vnd=110_001, after=event_id, by=SELLER,
            now=LATER,
        )  # fmt: skip
    with transaction() as session:
        refunds.give_back(
            session,
            of=Subject(TRANSFER, payment.id),
            amount_vnd=1_000,
            after=event_id,
            by=SELLER,
            now=LATER,
        )
    with pytest.raises(MoreThanReceived), transaction() as session:
        actions.take_back_confirmation(
            session, payment_id=payment.id, event_id=event_id, by=SELLER, now=LATER
        )
    with pytest.raises(NotYours), transaction() as session:
        actions.take_back_confirmation(
            session, payment_id=other_payment.id, event_id=event_id, by=SELLER, now=LATER
        )
    received(payment.id, 1_000)
    with pytest.raises(NothingToPay), transaction() as session:
        actions.report(session, payment_id=payment.id, now=LATER)
    with pytest.raises(NotYours), transaction() as session:
        actions.report(session, payment_id=999_999, now=LATER)
    assert [kind for kind, _ in events_of(payment.id)] == [
        "opened", "received", "refunded", "opened", "received",  # She is let off what went back.
    ]  # fmt: skip
    assert [kind for kind, _ in events_of(other_payment.id)] == ["opened"]


@both_engines
def test_money_that_comes_after_expiry_becomes_a_task(app, a_transfer):
    made, payment, part, seller = a_transfer()
    much_later = NOON + timedelta(hours=25)
    with transaction() as session:
        assert ordering.expire_due(session, now=much_later) == [part]
    follow_move(_moved(made, part, "cancelled"))
    assert payments_of(made.order_id)[0].amount_vnd == 0
    assert events_of(payment.id)[-1] == ("expired", 0)
    with transaction() as session:
        assert actions.report(session, payment_id=payment.id, now=much_later)
    assert under("late", seller) == [payment.id]
    received(payment.id, 109_999)
    assert under("back", seller) == [payment.id]
    assert part_of(part).state == "cancelled", "Too little comes back to nobody's goods."


@both_engines
@pytest.mark.parametrize("stands", [True, False])
def test_late_money_finds_its_order_again_while_the_goods_are_there(app, a_transfer, stands):
    made, payment, part, seller = a_transfer()
    with transaction() as session:
        ordering.expire_due(session, now=NOON + timedelta(hours=25))
        if not stands:  # Somebody else has them by now.
            session.execute(update(StockLevel).values(reserved=StockLevel.on_hand))
    follow_move(_moved(made, part, "cancelled"))
    held = db.session.scalars(select(StockLevel.reserved)).one()
    received(payment.id, 110_000)
    back = under("back", seller)
    now_held = db.session.scalars(select(StockLevel.reserved)).one()
    if stands:
        assert (part_of(part).state, back, now_held) == ("confirmed", [], held + 1)
        assert payments_of(made.order_id)[0].amount_vnd == 110_000
    else:
        assert (part_of(part).state, back, now_held) == ("cancelled", [payment.id], held)


def _moved(made, part, to):
    from shop.ordering.events import SellerOrderMoved

    return SellerOrderMoved(1, made.order_id, part, 1, "placed", to, "system")


@both_engines
def test_a_reported_transfer_never_expires(a_transfer):
    _made, payment, part, _seller = a_transfer()
    with transaction() as session:
        actions.report(session, payment_id=payment.id, now=LATER)
    with transaction() as session:
        assert ordering.expire_due(session, now=NOON + timedelta(days=90)) == []
    assert part_of(part).state == "placed"


def test_a_part_agreed_to_after_a_report_is_reported_and_held_anew(
    an_organisation, a_seller, a_variant, an_order
):
    """Two makers who collect together, abroad: the second fee is agreed to after the first report."""
    from shop.current import vault
    from shop.ordering.rules import Holds
    from shop.sellers.models import Payee

    unit = an_organisation()
    with transaction() as session:
        key = vault().new_key()
        session.add(
            Payee(
                organisation_id=unit, bank_bin="970405", bank_name="Agribank", holder="HOI PHU NU",
                data_key=key, account_number=vault().seal(key, "4210205123456"), last4="3456",
                started_at=NOON,
            )
        )  # fmt: skip
    sellers = [a_seller(organisation_id=unit, paid_through_organisation=True) for _ in range(2)]
    made = an_order({a_variant(seller_id=s): (s, "transfer") for s in sellers}, country="DE")
    for part in made.parts:
        with transaction() as session:
            ordering.quote_fee(
                session, seller_order_id=part, fee_vnd=300_000, actor_kind="seller", actor_id=None,
                holds=Holds(), now=LATER,
            )  # fmt: skip
        with transaction() as session:
            ordering.accept_quote(
                session, seller_order_id=part, shown_total_vnd=395_000, holds=Holds(), now=LATER
            )
            actions.open_payments(session, made.order_id, LATER)
        [payment] = payments_of(made.order_id)
        with transaction() as session:
            assert actions.report(session, payment_id=payment.id, now=LATER)
        assert part_of(part).reserved_until is None
    with transaction() as session:
        assert ordering.expire_due(session, now=NOON + timedelta(days=90)) == []


@both_engines
def test_cash_goes_from_hand_to_hand_as_the_table_says(a_transfer):
    made, nothing, part, _seller = a_transfer("cod")
    assert nothing is None
    with pytest.raises(IllegalCashMove), transaction() as session:
        actions.move_cash(
            session, seller_order_id=part, to=CashState.REMITTED, by=SELLER, counted_vnd=1,
            now=LATER,
        )  # fmt: skip
    for told in (True, False):
        with transaction() as session:
            assert actions.move_cash(
                session, seller_order_id=part, to=CashState.WITH_CARRIER, by=SELLER, now=LATER
            ) is told  # fmt: skip
    with transaction() as session:
        actions.move_cash(
            session, seller_order_id=part, to=CashState.REMITTED, by=SELLER, counted_vnd=110_000,
            now=LATER,
        )  # fmt: skip
    assert (cash_of(part).state, cash_of(part).received_vnd) == ("remitted", 110_000)
    db.session.rollback()
    after = last_cash_move(db.session(), part)
    db.session.rollback()
    for counted in (True, False):
        with transaction() as session:
            assert refunds.give_back(
                session, of=Subject(CASH, part), amount_vnd=95_000, after=after, by=SELLER,
                now=LATER,
            ) is counted  # fmt: skip
    with pytest.raises(MoreThanReceived), transaction() as session:
        refunds.give_back(
            session,
            of=Subject(CASH, part),
            amount_vnd=95_000,
            after=after + 1,
            by=SELLER,
            now=LATER,
        )
    assert cash_of(part).refunded_vnd == 95_000
    assert made.parts == [part]


@both_engines
def test_cash_paid_at_the_door_is_counted_although_the_goods_came_back(a_transfer):
    made, _nothing, part, _seller = a_transfer("cod")
    with transaction() as session:
        for to in ("confirmed", "packed", "handed_over", "delivered"):
            ordering.move_seller_order(
                session, seller_order_id=part, to=to, actor_kind="operator", actor_id=None,
                now=LATER,
            )  # fmt: skip
        system = By("system")
        actions.move_cash(
            session, seller_order_id=part, to=CashState.WITH_CARRIER, by=system, now=LATER
        )
        ordering.move_seller_order(
            session, seller_order_id=part, to="returned", actor_kind="operator", actor_id=None,
            now=LATER,
        )  # fmt: skip
        actions.open_payments(session, made.order_id, LATER)
    assert cash_of(part).state == "with_carrier"
    with transaction() as session:
        actions.move_cash(
            session, seller_order_id=part, to=CashState.REMITTED, counted_vnd=110_000, by=system,
            now=LATER,
        )  # fmt: skip
    assert (cash_of(part).state, cash_of(part).received_vnd) == ("remitted", 110_000)


@both_engines
def test_cash_of_a_cancelled_parcel_is_written_off(a_transfer):
    made, _nothing, part, _seller = a_transfer("cod")
    with transaction() as session:
        ordering.cancel_by_buyer(session, order_id=made.order_id, now=LATER)
        actions.open_payments(session, made.order_id, LATER)
        actions.open_payments(session, made.order_id, LATER)
    assert cash_of(part).state == "written_off"


@both_engines
def test_nothing_is_asked_before_the_buyer_agreed_to_the_fee(a_transfer):
    made, payment, part, _seller = a_transfer(country="US")
    assert payment is None
    from shop.ordering.rules import Holds

    with transaction() as session:
        ordering.quote_fee(
            session, seller_order_id=part, fee_vnd=350_000, actor_kind="seller", actor_id=None,
            holds=Holds(), now=LATER,
        )  # fmt: skip
        actions.open_payments(session, made.order_id, LATER)
    assert payments_of(made.order_id) == []
    with transaction() as session:
        ordering.accept_quote(
            session, seller_order_id=part, shown_total_vnd=445_000, holds=Holds(), now=LATER
        )
        actions.open_payments(session, made.order_id, LATER)
    assert [p.amount_vnd for p in payments_of(made.order_id)] == [445_000]


def test_a_stalls_own_payment_is_none_of_any_organisation(a_transfer):
    _made, payment, _part, seller = a_transfer()
    with transaction() as session:
        assert actions.report(session, payment_id=payment.id, now=LATER)
    session = db.session()
    assert under("reported", seller) == [payment.id]
    for units in (None, []):
        with pytest.raises(NotYours):
            payment_of_organisations(session, units, payment.id)
        assert session.execute(transfers_into(units, "reported")).all() == []


def test_the_account_number_is_opened_only_for_the_page(a_transfer, count_queries):
    made, payment, _part, _seller = a_transfer()
    with count_queries() as seen:
        [view] = transfers_of(db.session(), made.order_id)
    assert len(seen) == 1
    assert view.account_number.isdigit()
    assert view.payload is not None
    assert payment.memo in view.payload
    assert str(view.missing_vnd) in view.payload


def test_the_trail_of_money_cannot_be_rewritten(a_transfer):
    from sqlalchemy.exc import DBAPIError

    _made, payment, _part, _seller = a_transfer()
    received(payment.id, 110_000)
    for statement in ("UPDATE payment_events SET amount_vnd = 1", "DELETE FROM payment_events"):
        with pytest.raises(DBAPIError), transaction() as session:
            session.connection().exec_driver_sql(statement)
