"""Reads of payments: for the buyer's page, for the payee, for boards."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, case, func, or_, select
from sqlalchemy.orm import Session

from shop.accounts.queries import vault
from shop.kernel.errors import NotYours
from shop.ordering.models import Order, SellerOrder
from shop.ordering.rules import SellerOrderState as S
from shop.payments.methods import METHODS, Standing
from shop.payments.models import CashMove, CodCollection, Payment, PaymentEvent
from shop.payments.rules.amounts import (
    PaymentState,
    missing_vnd,
    payment_state,
    surplus_vnd,
)
from shop.payments.rules.vietqr import TRANSFER_LIMIT_VND, vietqr
from shop.sellers.models import Payee

#: Goods came back or never arrived although they were paid: the buyer waits for her money.
CAME_TO_NOTHING = (S.RETURNED, S.LOST, S.NOT_COLLECTED)


@dataclass(frozen=True, slots=True)
class TransferView:
    """One transfer of an order as the buyer sees it."""

    id: int
    payee_id: int
    amount_vnd: int
    received_vnd: int
    refunded_vnd: int
    memo: str
    bank_bin: str
    bank_name: str
    holder: str
    account_number: str
    reported_at: datetime | None
    expired_at: datetime | None

    @property
    def state(self) -> PaymentState:
        return payment_state(self.amount_vnd, self.received_vnd, self.refunded_vnd)

    @property
    def missing_vnd(self) -> int:
        return missing_vnd(self.amount_vnd, self.received_vnd, self.refunded_vnd)

    @property
    def surplus_vnd(self) -> int:
        return surplus_vnd(self.amount_vnd, self.received_vnd, self.refunded_vnd)

    @property
    def payload(self) -> str | None:
        """What the QR picture says; None when nothing is missing or one transfer is too small."""
        if not 0 < self.missing_vnd < TRANSFER_LIMIT_VND:
            return None
        return vietqr(self.bank_bin, self.account_number, self.missing_vnd, self.memo)


def transfers_of(session: Session, order_id: int) -> list[TransferView]:
    """Return the transfers that an order asks for, in a stable order. One query."""
    rows = session.execute(
        select(
            Payment.id, Payment.payee_id, Payment.amount_vnd, Payment.received_vnd,
            Payment.refunded_vnd, Payment.memo, Payment.reported_at, Payment.expired_at,
            Payee.bank_bin, Payee.bank_name, Payee.holder, Payee.data_key, Payee.account_number,
        )
        .join(Payee, Payee.id == Payment.payee_id)
        .where(Payment.order_id == order_id, Payment.method == "transfer")
        .order_by(Payment.id)
    )  # fmt: skip
    return [
        TransferView(
            id=row.id, payee_id=row.payee_id, amount_vnd=row.amount_vnd,
            received_vnd=row.received_vnd, refunded_vnd=row.refunded_vnd, memo=row.memo,
            bank_bin=row.bank_bin, bank_name=row.bank_name, holder=row.holder,
            account_number=vault().open(row.data_key, row.account_number),
            reported_at=row.reported_at, expired_at=row.expired_at,
        )
        for row in rows
    ]  # fmt: skip


def standings(session: Session, seller_order_ids: Iterable[int]) -> dict[int, Standing]:
    """Return where the money of seller orders stands: one query for each method."""
    ids = list(seller_order_ids)
    found: dict[int, Standing] = {}
    for method in METHODS.values():
        found |= method.status(session, ids)
    return found


_COLUMNS = (
    Payment.id, Payment.order_id, Order.code.label("order_code"), Payment.memo,
    Payment.amount_vnd, Payment.received_vnd, Payment.refunded_vnd, Payment.opened_at,
    Payment.reported_at, Payment.expired_at, Payee.seller_id, Payee.organisation_id,
    Payee.bank_name, Payee.last4,
)  # fmt: skip


def _payments(*where: Any) -> Select[Any]:
    return (
        select(*_COLUMNS)
        .join(Payee, Payee.id == Payment.payee_id)
        .join(Order, Order.id == Payment.order_id)
        .where(*where)
        .order_by(Payment.id)
    )


def payment_of_order(session: Session, order_id: int, payment_id: int) -> Row[Any]:
    """Return one payment of a buyer's order.

    Raises:
        NotYours
    """
    row = session.execute(
        _payments(Payment.id == payment_id, Payment.order_id == order_id)
    ).one_or_none()
    if row is None:
        raise NotYours
    return row


def payment_of_seller(session: Session, seller_id: int, payment_id: int) -> Row[Any]:
    """Return a payment into a seller's own account.

    Raises:
        NotYours: also when an organisation collects for her.
    """
    row = session.execute(
        _payments(Payment.id == payment_id, Payee.seller_id == seller_id)
    ).one_or_none()
    if row is None:
        raise NotYours
    return row


def payment_of_organisations(
    session: Session, organisation_ids: Iterable[int], payment_id: int
) -> Row[Any]:
    """Return a payment into the account of one of these organisations.

    Raises:
        NotYours
    """
    row = session.execute(
        _payments(Payment.id == payment_id, Payee.organisation_id.in_(list(organisation_ids)))
    ).one_or_none()
    if row is None:
        raise NotYours
    return row


def reported_to(
    session: Session, *, seller_id: int | None = None, organisation_ids: Iterable[int] = ()
) -> list[Row[Any]]:
    """Return payments that buyers say they made and that are not all there: the payee looks."""
    return list(
        session.execute(
            _payments(
                _owned_by(seller_id, organisation_ids),
                Payment.reported_at.is_not(None),
                Payment.received_vnd - Payment.refunded_vnd < Payment.amount_vnd,
            )
        )
    )


def late_reports(
    session: Session, *, seller_id: int | None = None, organisation_ids: Iterable[int] = ()
) -> list[Row[Any]]:
    """Return payments reported after all was cancelled and not yet looked at ("tiền về muộn")."""
    return list(
        session.execute(
            _payments(
                _owned_by(seller_id, organisation_ids),
                Payment.expired_at.is_not(None),
                Payment.reported_at > Payment.expired_at,
                Payment.received_vnd == 0,
            )
        )
    )


def to_give_back(
    session: Session, *, seller_id: int | None = None, organisation_ids: Iterable[int] = ()
) -> list[Row[Any]]:
    """Return payments of which money has to go back to the buyer.

    More came in than is owed (too much, or after cancel or expiry), or the goods came back
    or never arrived and nothing was given back yet.
    """
    came_to_nothing = (
        select(SellerOrder.id)
        .where(
            SellerOrder.order_id == Payment.order_id,
            SellerOrder.payee_id == Payment.payee_id,
            SellerOrder.method == Payment.method,
            SellerOrder.state.in_(CAME_TO_NOTHING),
        )
        .exists()
    )
    return list(
        session.execute(
            _payments(
                _owned_by(seller_id, organisation_ids),
                or_(
                    Payment.received_vnd - Payment.refunded_vnd > Payment.amount_vnd,
                    (Payment.received_vnd > 0) & (Payment.refunded_vnd == 0) & came_to_nothing,
                ),
            )
        )
    )


def _owned_by(seller_id: int | None, organisation_ids: Iterable[int]) -> Any:
    return or_(Payee.seller_id == seller_id, Payee.organisation_id.in_(list(organisation_ids)))


def last_money_event(session: Session, payment_id: int) -> int:
    """Return the id of the last money that came or went, 0 before any: forms carry it.

    Two pages that show the same standing send the same number, and the second counts nothing.
    """
    return (
        session.scalar(
            select(func.max(PaymentEvent.id)).where(
                PaymentEvent.payment_id == payment_id,
                PaymentEvent.kind.in_(("received", "refunded")),
            )
        )
        or 0
    )


def events_of(session: Session, payment_id: int) -> list[Row[Any]]:
    """Return what happened to a payment, oldest first."""
    return list(
        session.execute(
            select(
                PaymentEvent.id, PaymentEvent.kind, PaymentEvent.amount_vnd, PaymentEvent.key,
                PaymentEvent.actor_kind, PaymentEvent.actor_id, PaymentEvent.note, PaymentEvent.at,
            )
            .where(PaymentEvent.payment_id == payment_id)
            .order_by(PaymentEvent.id)
        )
    )  # fmt: skip


def seller_orders_of(session: Session, payment_id: int) -> list[Row[Any]]:
    """Return (id, seller_id, state) of the seller orders that a payment covers."""
    return list(
        session.execute(
            select(SellerOrder.id, SellerOrder.seller_id, SellerOrder.state)
            .join(
                Payment,
                (Payment.order_id == SellerOrder.order_id)
                & (Payment.payee_id == SellerOrder.payee_id)
                & (Payment.method == SellerOrder.method),
            )
            .where(Payment.id == payment_id)
            .order_by(SellerOrder.id)
        )
    )


def cash_of_seller(session: Session, seller_id: int, seller_order_id: int) -> Row[Any]:
    """Return the cash of one of a seller's parcels.

    Raises:
        NotYours
    """
    row = session.execute(
        select(
            CodCollection.seller_order_id, CodCollection.amount_vnd, CodCollection.received_vnd,
            CodCollection.refunded_vnd, CodCollection.state, CodCollection.changed_at,
        )
        .join(SellerOrder, SellerOrder.id == CodCollection.seller_order_id)
        .where(CodCollection.seller_order_id == seller_order_id, SellerOrder.seller_id == seller_id)
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotYours
    return row


def last_cash_move(session: Session, seller_order_id: int) -> int:
    """Return the id of the last step of a parcel's cash, 0 before any: forms carry it."""
    return (
        session.scalar(
            select(func.max(CashMove.id)).where(CashMove.seller_order_id == seller_order_id)
        )
        or 0
    )


#: Each returns no row while all is well (QUALITY §2).
INVARIANTS: dict[str, Select[Any]] = {
    "payment sums are the sums of their events": (
        select(Payment.id)
        .outerjoin(PaymentEvent, PaymentEvent.payment_id == Payment.id)
        .group_by(Payment.id, Payment.received_vnd, Payment.refunded_vnd)
        .having(
            or_(
                func.coalesce(
                    func.sum(
                        case((PaymentEvent.kind == "received", PaymentEvent.amount_vnd), else_=0)
                    ),
                    0,
                )
                != Payment.received_vnd,
                func.coalesce(
                    func.sum(
                        case((PaymentEvent.kind == "refunded", PaymentEvent.amount_vnd), else_=0)
                    ),
                    0,
                )
                != Payment.refunded_vnd,
            )
        )
    ),
    "every agreed part is asked for": (
        select(SellerOrder.id)
        .outerjoin(CodCollection, CodCollection.seller_order_id == SellerOrder.id)
        .outerjoin(
            Payment,
            (Payment.order_id == SellerOrder.order_id)
            & (Payment.payee_id == SellerOrder.payee_id)
            & (Payment.method == SellerOrder.method),
        )
        .where(
            SellerOrder.state.not_in((S.AWAITING_QUOTE, S.QUOTED, S.CANCELLED)),
            CodCollection.seller_order_id.is_(None),
            Payment.id.is_(None),
        )
    ),
}
