"""Refunds as buyers and payees read them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shop.current import vault
from shop.fundraising.models import Campaign, Gift
from shop.kernel.errors import NotYours
from shop.ordering.models import Order, SellerOrder
from shop.payments.methods import METHODS
from shop.payments.models import Payment, Refund, RefundAllocation
from shop.payments.rules.refunds import OPEN, WAITING, RefundState, Way, where_mark
from shop.payments.rules.vietqr import PURPOSE_LENGTH, vietqr_or_none
from shop.sellers.models import Payee
from shop.sellers.queries import banks


def decided_of_part(column: Any) -> Any:
    """Return what refunds that are done say of a part: a sum, for statements about ``SellerOrder``."""
    return (
        select(func.coalesce(func.sum(column), 0))
        .join(Refund, Refund.id == RefundAllocation.refund_id)
        .where(RefundAllocation.seller_order_id == SellerOrder.id, Refund.state == RefundState.DONE)
        .correlate(SellerOrder)
        .scalar_subquery()
    )


@dataclass(frozen=True, slots=True)
class BuyerAccount:
    """Where a buyer wants her money."""

    bin: str
    number: str
    holder: str

    @property
    def bank_name(self) -> str:
        bank = banks().get(self.bin)
        return bank.short_name if bank else self.bin

    @property
    def last4(self) -> str:
        return self.number[-4:]


class GiftOfRefund(NamedTuple):
    """The gift that money is to be, instead of going back. ``received_at``: when the fund had it."""

    memo: str
    received_at: datetime | None
    code: str
    title_vi: str
    title_en: str


@dataclass(frozen=True, slots=True)
class RefundView:
    """One refund. ``number``: its place among those of its order or payment, from 1."""

    id: int
    number: int
    order_code: str
    payment_id: int | None
    seller_order_id: int | None
    payee_id: int | None
    #: Whoever collects for the seller, and so gives back: an organisation's id.
    organisation_id: int | None
    amount_vnd: int
    reason: str
    way: str
    state: str
    note: str
    reference: str
    account: BuyerAccount | None
    asked_at: datetime
    account_at: datetime | None
    sent_at: datetime | None
    method: str
    #: The credit that it went back as.
    credit_id: int | None = None
    #: The gift that it is to be, and its campaign.
    gift: GiftOfRefund | None = None
    #: ``payments.rules.refunds.where_mark``: what is noted as sent is compared with it.
    mark: str = ""

    def moved_on_from(self, seen: str | None) -> bool:
        """Tell whether a form about this refund was shown before the buyer wished otherwise."""
        return bool(seen) and seen != self.mark and str(seen).startswith(f"{self.id}.")

    @property
    def is_waiting(self) -> bool:
        """Whether a person has to see to it."""
        return self.state in WAITING and self.way != Way.CARD

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def is_done(self) -> bool:
        return self.state == RefundState.DONE

    @property
    def wants_account(self) -> bool:
        """Whether the buyer is asked where to, or may still say another account."""
        return self.is_waiting and self.way in (Way.BANK, Way.CAMPAIGN)

    @property
    def may_be_credit(self) -> bool:
        """Whether the buyer may have a code instead of money."""
        return self.wants_account and Way.CREDIT in self.ways

    @property
    def may_be_gift(self) -> bool:
        """Whether the buyer may give it to a campaign instead."""
        return self.wants_account and self.way == Way.BANK and Way.CAMPAIGN in self.ways

    @property
    def to_fund(self) -> GiftOfRefund | None:
        """The gift that it goes to, or went to."""
        return self.gift if self.way == Way.CAMPAIGN else None

    @property
    def memo(self) -> str:
        """What the transfer says: letters and digits, for every bank; to a fund, the gift's memo."""
        if self.to_fund is not None:
            return self.to_fund.memo
        return f"HOAN TIEN DON {self.order_code}"[:PURPOSE_LENGTH]

    @property
    def payload(self) -> str | None:
        """What the QR picture for the payee's app says; None without an account, or beyond one transfer."""
        bank = banks().get(self.account.bin) if self.account else None
        if not self.is_waiting or self.account is None or bank is None:
            return None
        if not bank.receives_vietqr:
            return None
        return vietqr_or_none(self.account.bin, self.account.number, self.amount_vnd, self.memo)

    @property
    def ways(self) -> tuple[Way, ...]:
        """Between which the buyer may choose, the bank first."""
        method = METHODS.get(self.method)
        return tuple(way for way in (method.ways if method else ()) if way != Way.CASH)


_REFUNDS = (
    select(
        Refund.id, Refund.payment_id, Refund.seller_order_id, Refund.amount_vnd, Refund.reason,
        Refund.way, Refund.state, Refund.note, Refund.reference, Refund.account, Refund.asked_at,
        Refund.account_at, Refund.sent_at, Order.code, Order.data_key, Payment.method,
        Payment.payee_id, Payee.organisation_id, Refund.credit_id, Refund.gift_id,
        Gift.memo, Gift.received_at, Campaign.code.label("campaign_code"), Campaign.title_vi,
        Campaign.title_en,
    )
    .outerjoin(Payment, Payment.id == Refund.payment_id)
    .outerjoin(Payee, Payee.id == Payment.payee_id)
    .outerjoin(SellerOrder, SellerOrder.id == Refund.seller_order_id)
    .outerjoin(Gift, Gift.id == Refund.gift_id)
    .outerjoin(Campaign, Campaign.id == Gift.campaign_id)
    .join(Order, (Order.id == Payment.order_id) | (Order.id == SellerOrder.order_id))
    .order_by(Refund.id)
)  # fmt: skip


def _views(rows: Sequence[Any]) -> list[RefundView]:
    return [
        RefundView(
            id=row.id, number=number, order_code=row.code, payment_id=row.payment_id,
            seller_order_id=row.seller_order_id, payee_id=row.payee_id,
            organisation_id=row.organisation_id, amount_vnd=row.amount_vnd, reason=row.reason,
            way=row.way, state=row.state, note=row.note, reference=row.reference,
            account=BuyerAccount(**vault().open(row.data_key, row.account))
            if row.account is not None
            else None,
            asked_at=row.asked_at, account_at=row.account_at, sent_at=row.sent_at,
            method=row.method or "cod", credit_id=row.credit_id,
            gift=GiftOfRefund(
                row.memo, row.received_at, row.campaign_code, row.title_vi, row.title_en
            )
            if row.gift_id is not None
            else None,
            mark=where_mark(row.id, row.way, row.account),
        )
        for number, row in enumerate(rows, 1)
    ]  # fmt: skip


def refunds_of_payment(session: Session, payment_id: int) -> list[RefundView]:
    """Return what went or is to go back of a payment, oldest first. One query."""
    return _views(session.execute(_REFUNDS.where(Refund.payment_id == payment_id)).all())


def refunds_of_cash(session: Session, seller_order_id: int) -> list[RefundView]:
    """Return what went or is to go back of the cash of a parcel, oldest first. One query."""
    return _views(session.execute(_REFUNDS.where(Refund.seller_order_id == seller_order_id)).all())


def refunds_of_order(session: Session, order_id: int) -> list[RefundView]:
    """Return what went or is to go back of a whole order, oldest first. One query."""
    return _views(session.execute(_REFUNDS.where(Order.id == order_id)).all())


def order_id_of(session: Session, refund_id: int) -> int:
    """Return the order that a refund is of."""
    return session.scalars(
        select(Order.id)
        .select_from(Refund)
        .outerjoin(Payment, Payment.id == Refund.payment_id)
        .outerjoin(SellerOrder, SellerOrder.id == Refund.seller_order_id)
        .join(Order, (Order.id == Payment.order_id) | (Order.id == SellerOrder.order_id))
        .where(Refund.id == refund_id)
    ).one()


def promised_so_far(refunds: Sequence[RefundView]) -> int:
    """Return the last refund's id, 0 before any: a form carries it, so that it counts once."""
    return max((refund.id for refund in refunds), default=0)


def refund_view(session: Session, refund_id: int) -> RefundView:
    """Return one refund.

    Raises:
        NotYours
    """
    found = _views(session.execute(_REFUNDS.where(Refund.id == refund_id)).all())
    if not found:
        raise NotYours
    return found[0]
