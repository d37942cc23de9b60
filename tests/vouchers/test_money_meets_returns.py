"""Money that goes back and goods that come back meet on one order: they wait for each other."""

from threading import Barrier, BrokenBarrierError, Thread, current_thread

import pytest
from sqlalchemy import select

from shop.db import db, transaction
from shop.operations.proofs import broken as found_broken
from shop.ordering import actions as ordering
from shop.ordering.actions import returns
from shop.ordering.rules import Choice, ComingBack, ReturnReason
from shop.payments import refunds
from shop.payments.actions import confirm_received, move_cash, open_payments
from shop.payments.methods import By
from shop.payments.models import Payment
from shop.payments.refunds import promising
from shop.payments.rules.cash import CashState
from shop.payments.rules.refunds import RefundReason, Way
from shop.payments.told import CASH, TRANSFER, Subject
from tests.conftest import NOON
from tests.vouchers.test_placing import last_return, moved, ordering_lines

SELLER = By("seller")
#: Orders on which both meet.
TIMES = 8


def at_once(app, *works) -> list[str]:
    """Run each in a thread of its own, once; return what went wrong."""
    wrong: list[str] = []
    gate = Barrier(len(works))

    def run(work) -> None:
        with app.app_context():
            gate.wait()
            try:
                with transaction() as session:
                    work(session)
            except Exception as error:
                wrong.append(f"{type(error).__name__}: {error}"[:300])
            finally:
                db.session.remove()

    threads = [Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return wrong


@pytest.fixture
def paid(stall, a_voucher, a_cart, place):
    """A delivered, paid order of two units of which an organisation's voucher paid 20."""

    def make(method: str) -> tuple[Subject, int, int]:
        seller, variant, unit = stall
        voucher = a_voucher(seller_id=seller, payer_id=unit)
        placed = place(
            a_cart({variant: 2}), 190_000 + 30_000 - 20_000, voucher_code=voucher.code,
            choices={seller: Choice(method=method)},
        )  # fmt: skip
        [part] = placed.seller_order_ids
        with transaction() as session:
            open_payments(session, placed.order_id, NOON)
        if method == "cod":
            moved(part, "confirmed", "packed", "handed_over", "delivered")
            for to in (CashState.WITH_SELLER, CashState.REMITTED):
                counted = 200_000 if to == CashState.REMITTED else 0
                with transaction() as session:
                    move_cash(
                        session, seller_order_id=part, to=to, counted_vnd=counted, by=SELLER,
                        now=NOON,
                    )  # fmt: skip
            return Subject(CASH, part), part, placed.order_id
        payment = db.session.scalars(
            select(Payment.id).where(Payment.order_id == placed.order_id)
        ).one()
        db.session.rollback()
        with transaction() as session:
            confirm_received(
                session, payment_id=payment, amount_vnd=200_000, after=0, by=SELLER, now=NOON
            )
        moved(part, "packed", "handed_over", "delivered")
        return Subject(TRANSFER, payment), part, placed.order_id

    return make


@pytest.mark.parametrize("engine_name", ["postgresql"])
@pytest.mark.parametrize("method", ["transfer", "cod"])
@pytest.mark.parametrize("meet", [True, False])
def test_a_refund_and_a_return_of_one_order_never_wait_for_each_other(
    app, paid, monkeypatch, method, meet, engine_name
):
    """``meet``: each has its first lock before the other asks for its second, if it can.

    A deadlock would be tried again after a second, five times at most: here nothing is.
    """
    both = Barrier(2)

    def wait(work):
        def held(*args, **more):
            found = work(*args, **more)
            try:
                if meet and current_thread().name.startswith("Thread"):
                    both.wait(0.3)
            except BrokenBarrierError:  # The other one waits for this one's lock, as it should.
                pass
            return found

        return held

    monkeypatch.setattr(promising, "hold", wait(promising.hold))
    monkeypatch.setattr(returns, "locked_part", wait(returns.locked_part))
    for time in range(TIMES):
        both.reset()
        of, part, order_id = paid(method)
        [line] = ordering_lines(part)
        db.session.rollback()

        def give_back(session, of=of, line=line, time=time) -> None:
            made = refunds.refund(
                session, of=of, lines={line: 1}, reason=RefundReason.GOODWILL, way=Way.BANK,
                key=f"meets:{time}", by=SELLER, now=NOON,
            )  # fmt: skip
            refunds.note_sent(session, refund_id=made, by=SELLER, now=NOON)

        def come_back(session, part=part, line=line, order_id=order_id) -> None:
            ordering.return_goods(
                session, seller_order_id=part, coming=[ComingBack(line, 1, True)],
                reason=ReturnReason.FAULTY, gives_fee_back=False, after=last_return(part),
                actor_kind="seller", actor_id=None, now=NOON,
            )  # fmt: skip
            open_payments(session, order_id, NOON)
            refunds.ask_back_of_order(session, order_id, NOON)

        assert at_once(app, give_back, come_back) == []
    db.session.rollback()
    assert found_broken(db.session()) == {}
