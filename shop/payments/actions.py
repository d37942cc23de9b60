"""Changes to payments. Money lies in the payees' accounts; here is only what is known of it."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from shop.db import whole_orders
from shop.fundraising.actions.gifts import withdraw_gifts_of
from shop.kernel.errors import NotYours
from shop.ordering.actions import hold_until, move_seller_order, revive_expired
from shop.ordering.models import Order, SellerOrder
from shop.ordering.rules import SellerOrderState
from shop.outbox.relay import record
from shop.payments import refunds
from shop.payments.events import (
    PaymentNotFound,
    PaymentReceived,
    PaymentReported,
)
from shop.payments.holding import held_payment, hold_parts
from shop.payments.methods import METHODS, By
from shop.payments.methods.cod import (
    expect_written_off,
    gave_back,
    keep_cash_move,
    keep_rest,
    keep_return_fee,
    keep_sent_back,
    keep_unasked,
    take_cash_step_back,
)
from shop.payments.methods.transfer import keep_event
from shop.payments.models import CodCollection, Payment, PaymentEvent
from shop.payments.queries import last_money_event, seller_orders_of
from shop.payments.rules.amounts import (
    AmountOutOfRange,
    MoneyMovedOn,
    NothingToPay,
    NotLate,
    missing_vnd,
)
from shop.payments.rules.cash import About, CashState, IllegalCashMove, WrittenOffFor
from shop.payments.rules.credits import PaidByCredit
from shop.payments.rules.gateways import ONLINE, ToldByGateway
from shop.payments.rules.vietqr import is_one_transfer
from shop.payments.told import CASH, TRANSFER, Subject


def open_payments(
    session: Session, order_id: int, now: datetime, *, methods: Collection[str] | None = None
) -> None:
    """Ask for what an order owes, by every method: one transfer per payee, cash per parcel.

    Called in the transaction that places the order or accepts a quote, and again whenever a
    part is cancelled or comes back. Doing it twice changes nothing.

    Args:
        methods: only these, where it is known that no part is paid otherwise.
    """
    with whole_orders(session):
        if methods is None:
            methods = session.connection().execute(_METHODS_OF, {"order": order_id}).scalars().all()
        for name, method in METHODS.items():
            if name in methods:
                method.open(session, order_id, now)


_METHODS_OF = (
    select(SellerOrder.method).where(SellerOrder.order_id == bindparam("order")).distinct()
)


def ask_for_less(session: Session, order_id: int, now: datetime) -> None:
    """Ask for what is owed once less is to come, and promise back what came too much.

    The caller held the order's parts before it changed any (``holding.hold_order``). Doing it twice
    changes nothing.
    """
    with whole_orders(session):
        open_payments(session, order_id, now)
        refunds.ask_back_of_order(session, order_id, now)
        _withdraw_gifts_of_ended(session, order_id, now)


def _withdraw_gifts_of_ended(session: Session, order_id: int, now: datetime) -> None:
    """Ask no more for what was to be given beside an order of which nothing is left."""
    given = session.scalar(select(Order.gift_vnd).where(Order.id == order_id))
    if not given:
        return
    stands = select(SellerOrder.id).where(
        SellerOrder.order_id == order_id, SellerOrder.state != SellerOrderState.CANCELLED
    )
    if session.scalar(stands.limit(1)) is None:
        withdraw_gifts_of(session, order_id=order_id, now=now)


def report(session: Session, *, payment_id: int, now: datetime) -> bool:
    """Note that the buyer says she transferred, and tell the payee; False when told before.

    The reservation stays until the payee answers. After cancel or expiry the report is
    kept too: the payee then looks for money that came late.

    Raises:
        NothingToPay: it is all there.
    """
    payment = locked_payment(session, payment_id)
    missing = missing_vnd(payment.amount_vnd, payment.received_vnd, payment.refunded_vnd)
    if not missing and payment.expired_at is None:
        raise NothingToPay
    # What was owed and there when she said so: more owed since (a fee agreed to later) is news.
    stood = (payment.amount_vnd, payment.received_vnd, int(payment.expired_at is not None))
    key = f"reported:{payment_id}:{':'.join(map(str, stood))}"
    if payment.not_found_at is not None:  # She says so again after the payee looked in vain.
        key += f":{payment.not_found_at.timestamp():.0f}"
    event_id = keep_event(session, payment_id, "reported", key, By("buyer"), now, missing)
    if event_id is None:
        return False
    payment.reported_at = now
    _hold(session, payment_id)
    event = PaymentReported(payment_id=payment_id, order_id=payment.order_id, event_id=event_id)
    record(session, event, now)
    return True


def confirm_received(
    session: Session,
    *,
    payment_id: int,
    amount_vnd: int,
    after: int,
    by: By,
    note: str = "",
    now: datetime,
) -> bool:
    """Note money that reached the payee's account; False when this tap was counted before.

    A seller who has all her money thereby confirms the order, so she taps once. An
    officer who collects for her does not: the seller still says whether she has the goods.

    Args:
        amount_vnd: what came, also less or more than is owed.
        after: ``last_money_event`` of the page that was tapped.

    Raises:
        AmountOutOfRange
        ToldByGateway: it is paid on another page, and that one says what came.
        MoneyMovedOn: other money came or went since that page was made, perhaps this very
            transfer, told by the bank.
    """
    if not is_one_transfer(amount_vnd):
        raise AmountOutOfRange(amount_vnd=amount_vnd)
    payment = locked_payment(session, payment_id)
    if payment.method in ONLINE:
        raise ToldByGateway
    last = last_money_event(session, payment_id)
    key = f"received:{payment_id}:{after}"
    event_id = keep_event(session, payment_id, "received", key, by, now, amount_vnd, note)
    if event_id is None:
        return False
    if after != last:
        raise MoneyMovedOn
    _came(session, payment, event_id, amount_vnd, by, now)
    return True


def receive_noticed(
    session: Session,
    *,
    payment_id: int,
    notice_id: int,
    amount_vnd: int,
    attempt: int = 0,
    payee_id: int | None = None,
    by: By,
    now: datetime,
) -> int | None:
    """Note money that a bank told of; return the event, None when this notice was counted before.

    What settles by itself, ``By("system")``, confirms no order: the seller still says
    whether she has the goods.

    Args:
        attempt: how often this notice was counted and taken back before.
        payee_id: the account that it is on, when it is not the one that the buyer was shown.
    """
    payment = locked_payment(session, payment_id)
    key = f"notice:{notice_id}:{payment_id}:{attempt}"
    event_id = keep_event(
        session, payment_id, "received", key, by, now, amount_vnd, payee_id=payee_id
    )
    if event_id is not None:
        _came(session, payment, event_id, amount_vnd, by, now)
    return event_id


def receive_from_carrier(
    session: Session, *, payment_id: int, key: str, amount_vnd: int, payee_id: int | None, by: By,
    note: str, now: datetime,
) -> bool:  # fmt: skip
    """Note what a carrier collected beside a transfer; False when ``key`` was noted before."""
    payment = locked_payment(session, payment_id)
    event_id = keep_event(
        session, payment_id, "received", key, by, now, amount_vnd, note, payee_id=payee_id
    )
    if event_id is not None:
        _came(session, payment, event_id, amount_vnd, by, now)
    return event_id is not None


def found_elsewhere(
    session: Session, *, payment_id: int, event_id: int, payee_id: int, by: By, now: datetime
) -> int | None:
    """Book money that a person noted on the account of the same owner where a bank says it is.

    Nothing came or went: no sum changes, and nobody is told.

    Args:
        event_id: the person's "received".

    Returns:
        The event that stands for it now, None when it was taken back meanwhile.
    """
    locked_payment(session, payment_id)
    noted = session.execute(
        select(PaymentEvent.amount_vnd, PaymentEvent.note).where(
            PaymentEvent.id == event_id, PaymentEvent.payment_id == payment_id
        )
    ).one()
    # It is there before it is not here: what went back meanwhile is never more than what came.
    found = keep_event(
        session, payment_id, "received", f"found:{event_id}", by, now, noted.amount_vnd,
        noted.note, payee_id=payee_id,
    )  # fmt: skip
    if found is not None:
        keep_event(session, payment_id, "received", f"undo:{event_id}", by, now, -noted.amount_vnd)
    return found


def receive_online(
    session: Session,
    *,
    payment_id: int,
    visit_id: int,
    amount_vnd: int,
    currency: str,
    amount_minor: int,
    now: datetime,
) -> int | None:
    """Note money that a gateway has for a payment; None when this visit was counted before.

    Parts whose time ran out before it came are placed again while their goods are there.
    """
    payment = locked_payment(session, payment_id)
    foreign = {"currency": currency, "amount_minor": amount_minor} if currency != "VND" else {}
    event_id = keep_event(
        session, payment_id, "received", f"visit:{visit_id}", By("system"), now, amount_vnd,
        **foreign,
    )  # fmt: skip
    if event_id is None:
        return None
    _came(session, payment, event_id, amount_vnd, By("system"), now)
    return event_id


def _came(
    session: Session, payment: Payment, event_id: int, amount_vnd: int, by: By, now: datetime
) -> None:
    """Follow money that came, and tell the others."""
    follow_received(session, payment, by, now)
    _tell_received(session, payment, event_id, amount_vnd, now)


def follow_received(session: Session, payment: Payment, by: By, now: datetime) -> None:
    """Keep the goods, and confirm the order of a seller who has all her money.

    Parts whose time ran out before it came are placed again while their goods are there and all
    that they cost has come.
    """
    session.refresh(payment)
    payment_id = payment.id
    _revive(session, payment, now)
    _hold(session, payment_id)
    if by.kind == "seller" and not missing_vnd(
        payment.amount_vnd, payment.received_vnd, payment.refunded_vnd
    ):
        for part in seller_orders_of(session, payment_id):
            if part.state == SellerOrderState.PLACED:
                move_seller_order(
                    session, seller_order_id=part.id, to=SellerOrderState.CONFIRMED,
                    actor_kind=by.kind, actor_id=by.account_id, now=now,
                )  # fmt: skip
    refunds.ask_back(session, Subject(TRANSFER, payment_id), now)


def _revive(session: Session, payment: Payment, now: datetime) -> None:
    parts = seller_orders_of(session, payment.id)
    over_vnd = sum(part.total_vnd for part in parts if part.state == SellerOrderState.CANCELLED)
    if not over_vnd:
        return
    # What is owed follows at once, also when news of a cancelled part is still under way.
    open_payments(session, payment.order_id, now, methods=(payment.method,))
    session.refresh(payment)
    if payment.received_vnd - payment.refunded_vnd < payment.amount_vnd + over_vnd:
        return
    if revive_expired(session, seller_order_ids=[part.id for part in parts], now=now):
        open_payments(session, payment.order_id, now, methods=(payment.method,))
        session.refresh(payment)


def take_back_confirmation(
    session: Session, *, payment_id: int, event_id: int, by: By, note: str = "", now: datetime
) -> bool:
    """Correct a wrong "received" or "given back" by an opposite event; the wrong one stays readable.

    Raises:
        NotYours: no such confirmation of this payment.
        MoreThanReceived: some of it was given back to the buyer already.
        PaidByCredit: nobody confirmed it, a credit paid or was filled.
    """
    payment = locked_payment(session, payment_id)
    wrong = session.execute(
        select(PaymentEvent.kind, PaymentEvent.amount_vnd, PaymentEvent.credit_id).where(
            PaymentEvent.id == event_id,
            PaymentEvent.payment_id == payment_id,
            PaymentEvent.kind.in_(("received", "refunded")),
            PaymentEvent.amount_vnd > 0,
        )
    ).one_or_none()
    if wrong is None:
        raise NotYours
    if wrong.credit_id is not None:
        raise PaidByCredit
    of = Subject(TRANSFER, payment_id)
    if wrong.kind == "refunded":
        refund_id = refunds.refund_of(session, event_id=event_id)
        return _taken_back(session, of, refund_id, by, note, now)
    undone = keep_event(
        session, payment_id, wrong.kind, f"undo:{event_id}", by, now, -wrong.amount_vnd, note
    )  # fmt: skip
    if undone is None:
        return False
    session.refresh(payment)
    refunds.make_room(session, of, payment.received_vnd - payment.refunded_vnd, now)
    refunds.ask_back(session, of, now)
    _tell_received(session, payment, undone, -wrong.amount_vnd, now)
    return True


def _taken_back(
    session: Session, of: Subject, refund_id: int, by: By, note: str, now: datetime
) -> bool:
    """Take a wrong "given back" back; the money has to go back still."""
    new = refunds.take_back(session, refund_id=refund_id, by=by, note=note, now=now)
    if new:
        refunds.ask_back(session, of, now)
    return new


def close_late_report(
    session: Session, *, payment_id: int, by: By, note: str = "", now: datetime
) -> bool:
    """Note that money said to be sent for an order that is over did not come; False when noted before.

    The buyer may say so again, and money that comes after all can still be noted.

    Raises:
        NotLate: the order still waits for it, nobody said so, or some of it is there.
    """
    payment = locked_payment(session, payment_id)
    if payment.expired_at is None or payment.reported_at is None or payment.received_vnd:
        raise NotLate
    if payment.not_found_at is not None and payment.not_found_at >= payment.reported_at:
        return False
    key = f"not-found:{payment_id}:{payment.reported_at.timestamp():.6f}"
    event_id = keep_event(session, payment_id, "failed", key, by, now, 0, note)
    if event_id is None:
        return False
    session.execute(update(Payment).where(Payment.id == payment_id).values(not_found_at=now))
    event = PaymentNotFound(payment_id=payment_id, order_id=payment.order_id, event_id=event_id)
    record(session, event, now)
    return True


def move_cash(
    session: Session,
    *,
    seller_order_id: int,
    to: CashState,
    by: By,
    counted_vnd: int = 0,
    fee_vnd: int = 0,
    off_vnd: int = 0,
    payee_id: int | None = None,
    carrier: str = "",
    note: str = "",
    now: datetime,
) -> bool:
    """Note who holds the cash of a parcel now; False when that was known.

    What a carrier brings less than it took, and is neither fee nor given up, it still has.

    Args:
        fee_vnd, off_vnd: of what a carrier took: its fee, and what is given up.
        payee_id: the organisation's account that a carrier paid into.
        carrier: who took it at the door, as buyers read the name; "" when the seller did.
        counted_vnd: what was there, when the seller confirms that it arrived ("remitted").

    Raises:
        IllegalCashMove, AmountOutOfRange
    """
    hold_parts(session, Subject(CASH, seller_order_id))
    if to != CashState.REMITTED:
        if min(counted_vnd, fee_vnd, off_vnd) < 0:
            raise AmountOutOfRange(amount_vnd=counted_vnd)
        return _moved(
            session, seller_order_id, now,
            keep_cash_move(
                session, seller_order_id=seller_order_id, to=to, counted_vnd=0, by=by, note=note,
                carrier=carrier, now=now,
            ),
        )  # fmt: skip
    _check_kept(counted_vnd, fee_vnd, off_vnd)
    if fee_vnd or off_vnd or payee_id is not None:
        cash = CodCollection
        held = session.execute(
            select(cash.taken_vnd, cash.state, cash.taken_by).where(
                cash.seller_order_id == seller_order_id
            )
        ).one()
        # Only a carrier keeps something for itself, and no more than it took.
        if held.taken_by != "carrier":
            raise IllegalCashMove(state=held.state, to=to)
        if fee_vnd + off_vnd > held.taken_vnd:
            raise AmountOutOfRange(amount_vnd=fee_vnd + off_vnd)
    return _moved(
        session, seller_order_id, now,
        keep_cash_move(
            session, seller_order_id=seller_order_id, to=to, counted_vnd=counted_vnd, by=by,
            note=note, fee_vnd=fee_vnd, off_vnd=off_vnd, payee_id=payee_id, now=now,
        ),
    )  # fmt: skip


def _moved(session: Session, seller_order_id: int, now: datetime, moved: bool) -> bool:
    """Promise what has to go back of cash that came to rest; return ``moved``."""
    if moved:
        refunds.ask_back(session, Subject(CASH, seller_order_id), now)
    return moved


def _check_kept(*amounts: int) -> None:
    """Refuse sums of cash that cannot be: none, below nought, or larger than any parcel's."""
    if min(amounts) < 0 or not is_one_transfer(sum(amounts)):
        raise AmountOutOfRange(amount_vnd=amounts[0])


def settle_rest(
    session: Session,
    *,
    seller_order_id: int,
    after: int,
    counted_vnd: int = 0,
    fee_vnd: int = 0,
    off_vnd: int = 0,
    payee_id: int | None = None,
    above: bool = False,
    elsewhere: bool = False,
    by: By,
    note: str = "",
    now: datetime,
) -> bool:
    """Settle what a carrier kept back of a parcel that was counted; False when noted before.

    Args:
        after: ``last_cash_move`` of the page that was tapped.
        counted_vnd, fee_vnd, off_vnd: more of it came; was its fee; is given up.
        payee_id: as when it was counted first.
        above: more came than it kept back, as a person says who looked; else that is refused.
        elsewhere: to another place than the first part, as a person says who looked.

    Raises:
        AmountOutOfRange, NothingKeptBack, PaidElsewhere
    """
    _check_kept(counted_vnd, fee_vnd, off_vnd)
    return keep_rest(
        session, seller_order_id=seller_order_id, counted_vnd=counted_vnd, fee_vnd=fee_vnd,
        off_vnd=off_vnd, payee_id=payee_id, above=above, elsewhere=elsewhere,
        key=f"cash-rest:{seller_order_id}:{after}", by=by, note=note, now=now,
    ) is not None  # fmt: skip


def count_unasked(
    session: Session,
    *,
    seller_order_id: int,
    after: int,
    amount_vnd: int,
    for_goods: bool,
    payee_id: int | None = None,
    by: By,
    note: str = "",
    now: datetime,
) -> bool:
    """Count what a carrier paid for a parcel that came to nothing; False when noted before.

    The buyer owes nothing and is owed nothing of it.

    Args:
        for_goods: for goods that it lost or spoiled: the seller's, who bore that. Else nobody has
            explained it, and it may go back (``send_back_to_carrier``).
        payee_id: the organisation's account that it came to; None: her hand.

    Raises:
        AmountOutOfRange
        IllegalCashMove: cash of it was taken, or is waited for.
    """
    _check_kept(amount_vnd)
    return keep_unasked(
        session, seller_order_id=seller_order_id, about=About.AMENDS if for_goods else About.REST,
        amount_vnd=amount_vnd, payee_id=payee_id, key=f"cash-unasked:{seller_order_id}:{after}",
        by=by, note=note, now=now,
    ) is not None  # fmt: skip


def send_back_to_carrier(
    session: Session,
    *,
    seller_order_id: int,
    after: int,
    amount_vnd: int,
    payee_id: int | None = None,
    by: By,
    note: str = "",
    now: datetime,
) -> bool:
    """Note that what a carrier paid too much of a parcel went back to it; False when noted before.

    Args:
        payee_id: the organisation's account that it came to and left; None: her hand.

    Raises:
        AmountOutOfRange, NothingTooMuch
    """
    _check_kept(amount_vnd)
    return keep_sent_back(
        session, seller_order_id=seller_order_id, amount_vnd=amount_vnd, payee_id=payee_id,
        key=f"cash-sent-back:{seller_order_id}:{after}", by=by, note=note, now=now,
    ) is not None  # fmt: skip


def find_written_off_cash(
    session: Session, *, seller_order_id: int, by: By, note: str = "", now: datetime
) -> None:
    """Note that cash which was given up comes after all: it is with the carrier until it is counted.

    Raises:
        IllegalCashMove: no carrier took it, or it is not given up.
    """
    hold_parts(session, Subject(CASH, seller_order_id))
    expect_written_off(session, seller_order_id=seller_order_id, by=by, note=note, now=now)
    refunds.ask_back(session, Subject(CASH, seller_order_id), now)


def charge_return_fee(
    session: Session,
    *,
    seller_order_id: int,
    after: int,
    fee_vnd: int,
    carrier: str,
    payee_id: int | None = None,
    bearer_id: int | None = None,
    by: By,
    note: str = "",
    now: datetime,
) -> bool:
    """Note what a carrier asked for bringing a refused parcel back; False when noted before.

    The buyer owes nothing.

    Args:
        payee_id: the organisation's account whose payment is less by it.
        bearer_id: the organisation whose cost it is; None: the seller's own.

    Raises:
        AmountOutOfRange, NoWayBack
    """
    _check_kept(fee_vnd)
    return keep_return_fee(
        session, seller_order_id=seller_order_id, fee_vnd=fee_vnd, carrier=carrier,
        payee_id=payee_id, bearer_id=bearer_id, key=f"cash-way-back:{seller_order_id}:{after}",
        by=by, note=note, now=now,
    ) is not None  # fmt: skip


def write_cash_off(
    session: Session,
    *,
    seller_order_id: int,
    reason: WrittenOffFor,
    by: By,
    note: str,
    now: datetime,
) -> bool:
    """Give up cash that was taken at the door and will not come; False when that was noted.

    Args:
        reason: whether the buyer has it, or paid and it is gone: then she gets back what
            she is owed all the same.

    Raises:
        IllegalCashMove: nobody took it, or it was counted.
    """
    hold_parts(session, Subject(CASH, seller_order_id))
    taken = session.execute(
        select(CodCollection.state, CodCollection.taken_vnd).where(
            CodCollection.seller_order_id == seller_order_id
        )
    ).one()
    if taken.state == CashState.PROMISED:
        raise IllegalCashMove(state=taken.state, to=CashState.WRITTEN_OFF)
    written_off = keep_cash_move(
        session, seller_order_id=seller_order_id, to=CashState.WRITTEN_OFF, counted_vnd=0, by=by,
        note=note, reason=reason, now=now,
    )  # fmt: skip
    if written_off:
        refunds.ask_back(session, Subject(CASH, seller_order_id), now)
    return written_off


def take_back_cash_step(
    session: Session, *, seller_order_id: int, move_id: int, by: By, now: datetime
) -> bool:
    """Take the last tap on a parcel's cash back; False when it was taken back before.

    Raises:
        NotTheLastStep, IllegalCashMove, MoreThanReceived
    """
    of = Subject(CASH, seller_order_id)
    hold_parts(session, of)
    if gave_back(session, seller_order_id, move_id):
        refund_id = refunds.refund_of(session, move_id=move_id)
        return _taken_back(session, of, refund_id, by, "", now)
    done = take_cash_step_back(
        session, seller_order_id=seller_order_id, move_id=move_id, by=by, note="", now=now
    )
    if done is not None:
        refunds.make_room(session, of, 0, now)
    return done is not None


def locked_payment(session: Session, payment_id: int) -> Payment:
    """Return a payment as it is stored now, held with its parts.

    Raises:
        NotYours: there is none.
    """
    payment = held_payment(session, payment_id)
    if payment is None:
        raise NotYours
    return payment


def _hold(session: Session, payment_id: int) -> None:
    """Keep the goods until hand-over or cancel: a person has to look first."""
    hold_until(session, [part.id for part in seller_orders_of(session, payment_id)], None)


def _tell_received(
    session: Session, payment: Payment, event_id: int, amount_vnd: int, now: datetime
) -> None:
    record(
        session,
        PaymentReceived(
            payment_id=payment.id, order_id=payment.order_id, event_id=event_id,
            amount_vnd=amount_vnd,
        ),
        now,
    )  # fmt: skip
