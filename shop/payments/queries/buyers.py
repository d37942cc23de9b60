"""What the buyer reads of her payments."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from shop.current import current_settings, vault
from shop.organisations.models import Organisation
from shop.payments.gateways.models import GatewayRefund, GatewayVisit
from shop.payments.methods import GATEWAYS, METHODS, Standing
from shop.payments.methods.transfer import received_at, refunded_at
from shop.payments.models import Payment
from shop.payments.rules.amounts import (
    PaymentState,
    is_answered,
    missing_vnd,
    payment_state,
    surplus_vnd,
)
from shop.payments.rules.gateways import ONLINE, Amounts
from shop.payments.rules.vietqr import vietqr_or_none
from shop.prepared import Prepared
from shop.sellers.models import Payee


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
    #: The organisation that collects for the sellers; None: the seller's own account is paid.
    organisation_vi: str | None
    organisation_en: str | None
    reported_at: datetime | None
    expired_at: datetime | None
    not_found_at: datetime | None = None
    refunded_at: datetime | None = None
    #: Of it: paid by her credits.
    credit_vnd: int = 0
    received_at: datetime | None = None

    @property
    def is_reported(self) -> bool:
        """Whether she says that she transferred, and nothing was noted since."""
        return self.reported_at is not None and not is_answered(
            self.received_vnd, self.reported_at, self.received_at
        )

    @property
    def was_looked_for(self) -> bool:
        """Whether the payee looked since the buyer said she transferred, and found nothing."""
        return bool(
            self.not_found_at and self.reported_at and self.not_found_at >= self.reported_at
        )

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
        """What the QR picture says; None when nothing is missing or one transfer cannot carry it."""
        return vietqr_or_none(self.bank_bin, self.account_number, self.missing_vnd, self.memo)


@Prepared
def _transfers() -> Any:
    return (
        select(
            Payment.id, Payment.payee_id, Payment.amount_vnd, Payment.received_vnd,
            Payment.refunded_vnd, Payment.memo, Payment.reported_at, Payment.expired_at,
            Payment.not_found_at, refunded_at().label("refunded_at"), Payment.credit_vnd,
            received_at().label("received_at"),
            Payee.bank_bin, Payee.bank_name, Payee.holder, Payee.data_key, Payee.account_number,
            Organisation.name_vi.label("organisation_vi"),
            Organisation.name_en.label("organisation_en"),
        )
        .join(Payee, Payee.id == Payment.payee_id)
        .outerjoin(Organisation, Organisation.id == Payee.organisation_id)
        .where(Payment.order_id == bindparam("order"), Payment.method == "transfer")
        .order_by(Payment.id)
    )  # fmt: skip


_HELD = (
    select(Payment.received_vnd, Payment.refunded_vnd)
    .where(Payment.order_id == bindparam("order"))
    .order_by(Payment.id)
)


@dataclass(frozen=True, slots=True)
class OnlineView:
    """What is paid of an order on one other page: by card, or by one wallet."""

    id: int
    method: str
    payee_id: int
    amount_vnd: int
    received_vnd: int
    refunded_vnd: int
    expired_at: datetime | None
    refunded_at: datetime | None
    organisation_vi: str
    organisation_en: str
    #: Her bank has not answered yet.
    is_pending: bool
    #: On its way back to the card.
    going_back_vnd: int

    @property
    def state(self) -> PaymentState:
        return payment_state(self.amount_vnd, self.received_vnd, self.refunded_vnd)

    @property
    def missing_vnd(self) -> int:
        return missing_vnd(self.amount_vnd, self.received_vnd, self.refunded_vnd)

    @property
    def is_on(self) -> bool:
        """Whether the shop can send her there; its keys may be gone since she ordered."""
        return GATEWAYS[self.method].is_on(current_settings())

    @property
    def takes(self) -> Amounts:
        """What one payment there may be."""
        return GATEWAYS[self.method].takes

    @property
    def surplus_vnd(self) -> int:
        """What has to go back still and is not on its way."""
        surplus = surplus_vnd(self.amount_vnd, self.received_vnd, self.refunded_vnd)
        return max(0, surplus - self.going_back_vnd)


_going_back = (
    select(func.coalesce(func.sum(GatewayRefund.amount_vnd), 0))
    .where(GatewayRefund.payment_id == Payment.id, GatewayRefund.state.in_(("intended", "pending")))
    .correlate(Payment)
    .scalar_subquery()
)
_pending = (
    select(GatewayVisit.id)
    .where(GatewayVisit.payment_id == Payment.id, GatewayVisit.state == "pending")
    .correlate(Payment)
    .exists()
)
_ONLINE = (
    select(
        Payment.id, Payment.method, Payment.payee_id, Payment.amount_vnd, Payment.received_vnd,
        Payment.refunded_vnd, Payment.expired_at, refunded_at().label("refunded_at"),
        Organisation.name_vi.label("organisation_vi"),
        Organisation.name_en.label("organisation_en"), _pending.label("is_pending"),
        _going_back.label("going_back_vnd"),
    )
    .join(Payee, Payee.id == Payment.payee_id)
    .join(Organisation, Organisation.id == Payee.organisation_id)
    .where(Payment.order_id == bindparam("order"), Payment.method.in_(ONLINE))
    .order_by(Payment.id)
)  # fmt: skip


def online_of(session: Session, order_id: int) -> list[OnlineView]:
    """Return what is paid of an order on other pages, in a stable order. One query."""
    rows = session.connection().execute(_ONLINE, {"order": order_id})
    return [
        OnlineView(**{**row._mapping, "is_pending": bool(row.is_pending),
                      "going_back_vnd": int(row.going_back_vnd)})
        for row in rows
    ]  # fmt: skip


def transfers_of(session: Session, order_id: int) -> list[TransferView]:
    """Return the transfers that an order asks for, in a stable order. One query."""
    rows = _transfers.all(session, {"order": order_id})
    return [
        TransferView(
            id=row.id, payee_id=row.payee_id, amount_vnd=row.amount_vnd,
            received_vnd=row.received_vnd, refunded_vnd=row.refunded_vnd, memo=row.memo,
            bank_bin=row.bank_bin, bank_name=row.bank_name, holder=row.holder,
            account_number=vault().open(row.data_key, row.account_number),
            organisation_vi=row.organisation_vi, organisation_en=row.organisation_en,
            reported_at=row.reported_at, expired_at=row.expired_at,
            not_found_at=row.not_found_at, refunded_at=row.refunded_at,
            credit_vnd=row.credit_vnd, received_at=row.received_at,
        )
        for row in rows
    ]  # fmt: skip


def held_of(session: Session, order_id: int) -> list[int]:
    """Return what came and was not given back of each payment of an order, in their order."""
    rows = session.execute(_HELD, {"order": order_id})
    return [row.received_vnd - row.refunded_vnd for row in rows]


def standings(session: Session, seller_order_ids: Iterable[int]) -> dict[int, Standing]:
    """Return where the money of seller orders stands: a query for cash, one for the rest."""
    ids = list(seller_order_ids)
    return METHODS["cod"].status(session, ids) | METHODS["transfer"].status(session, ids)
