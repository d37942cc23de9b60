"""Bank transfer: one payment per payee, known by its memo."""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, case, func, select, update
from sqlalchemy.orm import Session

from shop.current import current_settings
from shop.db import upsert_into
from shop.ordering.models import SellerOrder
from shop.ordering.rules import NOTHING_OWED
from shop.payments.methods.letting_off import let_off_in
from shop.payments.methods.protocol import By, Standing
from shop.payments.models import Payment, PaymentEvent
from shop.payments.rules.amounts import MoreThanReceived, payment_state
from shop.payments.rules.memo import new_memo
from shop.payments.rules.refunds import Way
from shop.payments.told import TRANSFER, Subject, tell_books

# Put together once: building a statement costs more than sending it.
_OWED = (
    select(
        SellerOrder.payee_id,
        # ``ordering.rules.owed_vnd``, part by part.
        func.sum(
            case(
                (SellerOrder.state.in_(sorted(NOTHING_OWED)), 0),
                else_=SellerOrder.total_vnd
                - SellerOrder.returned_items_vnd
                - SellerOrder.returned_shipping_vnd,
            )
        ).label("amount_vnd"),
        func.min(case((SellerOrder.state.in_(("awaiting_quote", "quoted")), 0), else_=1)).label(
            "agreed"
        ),
    )
    .where(
        SellerOrder.order_id == bindparam("order"),
        SellerOrder.method == bindparam("name"),
        SellerOrder.payee_id.is_not(None),
    )
    .group_by(SellerOrder.payee_id)
    .order_by(SellerOrder.payee_id)
)


class Transfer:
    """The buyer transfers to the payee's own account; the shop never holds the money."""

    name = "transfer"
    ways: tuple[Way, ...] = (Way.BANK, Way.CASH, Way.CREDIT, Way.CAMPAIGN)

    def offer(
        self, *, payee_id: int | None, abroad: bool, pickup: bool, goods_vnd: int = 0
    ) -> bool:
        return payee_id is not None

    def open(self, session: Session, order_id: int, now: datetime) -> None:
        values = {"order": order_id, "name": self.name}
        owed = session.connection().execute(_OWED, values).all()
        if not owed:
            return
        known = {
            row.payee_id: row
            for row in session.execute(
                select(
                    Payment.id, Payment.payee_id, Payment.amount_vnd, Payment.refunded_vnd,
                    Payment.let_off_vnd,
                ).where(Payment.order_id == order_id, Payment.method == self.name)
            )
        }  # fmt: skip
        let_off: dict[int | None, int] = {}
        if any(row.refunded_vnd or row.let_off_vnd for row in known.values()):
            for one in let_off_in(session, order_id, self.name):
                let_off[one.payee_id] = let_off.get(one.payee_id, 0) + one.vnd
        for row in owed:
            before = known.get(row.payee_id)
            if before is None:
                if row.amount_vnd:
                    self._ask(session, order_id, row.payee_id, int(row.amount_vnd), now)
                continue
            off_vnd = let_off.get(row.payee_id, 0)
            if before.let_off_vnd != off_vnd:
                session.execute(
                    update(Payment).where(Payment.id == before.id).values(let_off_vnd=off_vnd)
                )
            asked_vnd = int(row.amount_vnd) - off_vnd
            if before.amount_vnd != asked_vnd:
                over = row.amount_vnd == 0 and bool(row.agreed)
                self._ask_anew(session, before.id, asked_vnd, over, now)

    def _ask(
        self, session: Session, order_id: int, payee_id: int, amount_vnd: int, now: datetime
    ) -> None:
        payment = Payment(
            order_id=order_id, payee_id=payee_id, method=self.name, memo=unused_memo(session),
            amount_vnd=amount_vnd, opened_at=now,
        )  # fmt: skip
        session.add(payment)
        session.flush()
        keep_event(
            session, payment.id, "opened", f"opened:{payment.id}", By("system"), now, amount_vnd
        )

    def _ask_anew(
        self, session: Session, payment_id: int, amount_vnd: int, over: bool, now: datetime
    ) -> None:
        """What is owed changed: a part was cancelled, ran out of time, or was agreed to later."""
        session.execute(
            update(Payment)
            .where(Payment.id == payment_id)
            .values(amount_vnd=amount_vnd, expired_at=now if over else None)
        )
        count = session.scalar(
            select(func.count()).select_from(PaymentEvent).where(
                PaymentEvent.payment_id == payment_id
            )
        )  # fmt: skip
        kind = "expired" if over else "opened"
        key = f"owed:{payment_id}:{count}"
        keep_event(session, payment_id, kind, key, By("system"), now, amount_vnd)

    def status(self, session: Session, seller_order_ids: list[int]) -> dict[int, Standing]:
        """Return it for every way of paying ahead: they are kept alike."""
        rows = session.execute(
            select(
                SellerOrder.id, Payment.id.label("payment_id"), Payment.method, Payment.amount_vnd,
                Payment.received_vnd, Payment.refunded_vnd, Payment.reported_at,
                Payment.expired_at, refunded_at().label("refunded_at"),
            )
            .join(
                Payment,
                (Payment.order_id == SellerOrder.order_id)
                & (Payment.payee_id == SellerOrder.payee_id)
                & (Payment.method == SellerOrder.method),
            )
            .where(SellerOrder.id.in_(seller_order_ids))
        )  # fmt: skip
        return {
            row.id: Standing(
                row.method,
                payment_state(row.amount_vnd, row.received_vnd, row.refunded_vnd),
                row.amount_vnd, row.received_vnd, row.refunded_vnd,
                row.payment_id, row.reported_at, row.expired_at, row.received_vnd,
                row.refunded_at,
            )
            for row in rows
        }  # fmt: skip

    def refund(
        self, session: Session, *, of_id: int, amount_vnd: int, key: str, by: By, note: str,
        now: datetime,
    ) -> int | None:  # fmt: skip
        return keep_event(session, of_id, "refunded", key, by, now, amount_vnd, note)


def refunded_at() -> Any:
    """Return when money of a payment last went back, as a column beside ``Payment``."""
    return (
        select(func.max(PaymentEvent.at))
        .where(
            PaymentEvent.payment_id == Payment.id,
            PaymentEvent.kind == "refunded",
            PaymentEvent.amount_vnd > 0,
        )
        .correlate(Payment)
        .scalar_subquery()
    )


def received_at() -> Any:
    """Return when money of a payment was last noted, as a column beside ``Payment``."""
    return (
        select(func.max(PaymentEvent.at))
        .where(PaymentEvent.payment_id == Payment.id, PaymentEvent.kind == "received")
        .correlate(Payment)
        .scalar_subquery()
    )


def unused_memo(session: Session) -> str:
    """Return a memo that no payment has; two alike among billions are tried again."""
    prefix = current_settings().memo_prefix
    while True:
        memo = new_memo(prefix)
        if session.scalar(select(Payment.id).where(Payment.memo == memo)) is None:
            return memo


def keep_event(
    session: Session,
    payment_id: int,
    kind: str,
    key: str,
    by: By,
    now: datetime,
    amount_vnd: int = 0,
    note: str = "",
    currency: str | None = None,
    amount_minor: int | None = None,
    credit_id: int | None = None,
    payee_id: int | None = None,
    left_from: str = "",
) -> int | None:
    """Store one event and keep the payment's sums: the only place that changes them.

    Args:
        credit_id: the buyer's credit that it came from or goes back as.
        payee_id: the owner's other account that it came to. What goes back leaves that account
            when the one that the buyer was shown has too little of this payment; what is taken
            back does so where it was.
        left_from: ``rules.books.LeftFrom`` when it does not leave where it came to.

    Returns:
        The event's id, or None when ``key`` was stored before: nothing changes then.

    Raises:
        MoreThanReceived: more would go back, or be taken back, than came in.
    """
    if key.startswith("undo:"):
        payee_id = session.scalar(
            select(PaymentEvent.payee_id).where(PaymentEvent.id == int(key.removeprefix("undo:")))
        )
    elif kind == "refunded" and credit_id is None:
        payee_id = _leaves(session, payment_id, amount_vnd)
    event_id = session.scalar(
        upsert_into(session, PaymentEvent)
        .values(
            payment_id=payment_id, kind=kind, amount_vnd=amount_vnd, key=key,
            actor_kind=by.kind, actor_id=by.account_id, note=note, at=now, currency=currency,
            amount_minor=amount_minor, credit_id=credit_id, payee_id=payee_id,
            left_from=left_from,
        )
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(PaymentEvent.id)
    )  # fmt: skip
    if event_id is None or kind not in ("received", "refunded"):
        return event_id
    received = Payment.received_vnd + (amount_vnd if kind == "received" else 0)
    refunded = Payment.refunded_vnd + (amount_vnd if kind == "refunded" else 0)
    by_credit_vnd = amount_vnd if credit_id is not None else 0
    credit = Payment.credit_vnd + (by_credit_vnd if kind == "received" else -by_credit_vnd)
    changed = session.execute(
        update(Payment)
        .where(Payment.id == payment_id, refunded >= 0, refunded <= received)
        .values(received_vnd=received, refunded_vnd=refunded, credit_vnd=credit)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        raise MoreThanReceived(amount_vnd=abs(amount_vnd))
    tell_books(session, Subject(TRANSFER, payment_id), f"payment-event:{event_id}")
    return event_id


def _leaves(session: Session, payment_id: int, amount_vnd: int) -> int | None:
    """Return the other account that has money of a payment which the buyer's account lacks."""
    came = case((PaymentEvent.kind == "received", 1), else_=-1) * PaymentEvent.amount_vnd
    elsewhere = session.execute(
        select(PaymentEvent.payee_id, func.sum(came).label("vnd"))
        .where(PaymentEvent.payment_id == payment_id, PaymentEvent.payee_id.is_not(None))
        .group_by(PaymentEvent.payee_id)
        .order_by(PaymentEvent.payee_id)
    ).all()
    if not elsewhere:
        return None
    held_vnd = session.scalar(
        select(Payment.received_vnd - Payment.refunded_vnd - Payment.credit_vnd).where(
            Payment.id == payment_id
        )
    )
    if (held_vnd or 0) - sum(row.vnd for row in elsewhere) >= amount_vnd:
        return None
    return next((row.payee_id for row in elsewhere if row.vnd >= amount_vnd), None)
