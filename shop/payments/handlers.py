"""What payments do when the rest of the shop has news."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.db import in_transaction, transaction
from shop.kernel.clock import now_utc
from shop.ordering.events import GoodsCameBack, SellerOrderMoved
from shop.ordering.models import Order
from shop.ordering.rules import TAKEN_BACK
from shop.payments.actions import ask_for_less
from shop.payments.events import PaymentReceived
from shop.payments.holding import hold_order
from shop.payments.queries.turned import unpaid_transfers
from shop.payments.turned import ask_cash_again

#: Moves that change what is owed or what will come.
_CHANGING = frozenset(
    {"placed", "cancelled", "refused", "returned", "lost", "not_collected"}
)  # fmt: skip


def follow_move(event: SellerOrderMoved) -> None:
    """Ask for less once a part is cancelled, ran out of time, or came back.

    People who cancel did so in the same transaction; clocks, carriers and stalls did not.

    Once a wrong tap is taken back, cash that nobody transferred is waited for again.
    """
    if event.to_state in _CHANGING:
        _ask_anew(event.order_id)
    elif (event.from_state, event.to_state) in TAKEN_BACK:
        in_transaction(lambda session: _wait_for_cash(session, event.order_id))


def _wait_for_cash(session: Session, order_id: int) -> None:
    for payment_id in unpaid_transfers(session, order_id):
        ask_cash_again(session, payment_id=payment_id, now=now_utc())


def follow_return(event: GoodsCameBack) -> None:
    """Ask for less once goods came back, some or all."""
    _ask_anew(event.order_id)


def follow_taken_back(event: PaymentReceived) -> None:
    """Wait for cash again when a buyer did not transfer it after all."""
    if event.amount_vnd < 0:
        in_transaction(
            lambda session: ask_cash_again(session, payment_id=event.payment_id, now=now_utc())
        )


def _ask_anew(order_id: int) -> None:
    with transaction() as session:
        if session.scalar(select(Order.id).where(Order.id == order_id)) is not None:
            hold_order(session, order_id)
            ask_for_less(session, order_id, now_utc())
