"""Forgetting who placed an order: when she asks, and by itself years after all was done.

The order's key goes, and with it every copy of what lay sealed under it, backups included. What
was sold and what was paid stays, as the books must.
"""

import secrets
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import select, true, update
from sqlalchemy.orm import Session

from shop.accounts.models import Consent
from shop.audit.actions import note
from shop.carriers.models import CarrierAccount, CarrierParcel, CarrierWord
from shop.current import vault
from shop.db import the_one
from shop.fulfilment.models import HandOver
from shop.kernel.sealing import token_digest
from shop.operations.actions.complaints import erase_complaint
from shop.operations.events import OrderErased
from shop.operations.queries import complaints_to_erase, order_is_open, orders_to_erase
from shop.operations.rules import NotFinished
from shop.ordering.models import (
    GoodsReturn,
    Order,
    SellerOrder,
    SellerOrderMove,
    WrittenOrder,
)
from shop.ordering.rules import Contact
from shop.outbox.relay import record
from shop.payments.models import (
    CashMove,
    Credit,
    Payment,
    PaymentEvent,
    Refund,
    RefundWord,
)
from shop.reviews.actions import forget_writer_of_order
from shop.vouchers.actions import forget_phone


def erase_order(
    session: Session, *, order_id: int, actor_id: int | None, actor_name: str, now: datetime
) -> Order:
    """Take name, phones, mail and address off an order, for good.

    Raises:
        NotFinished: goods or money of it are still under way.
    """
    row = the_one(session, Order, order_id, to_change=True)
    if row.erased_at is not None:
        return row
    if order_is_open(session, order_id):
        raise NotFinished
    keys, key = vault(), vault().new_key()
    _forget_beside(session, order_id, now)  # Her parts before their money.
    _forget_sealed(session, row, key)
    nonce = secrets.token_hex(16)
    row.data_key, row.contact = key, keys.seal(key, asdict(Contact("", "")))
    row.phone_index, row.has_email = "", False
    # Its private link, and the passes of browsers that opened it, open nothing any more.
    row.link_nonce, row.link_digest = nonce, token_digest(secrets.token_urlsafe(24))
    row.erased_at = now
    record(session, OrderErased(order_id), now)
    note(
        session, action="order.erased", subject_kind="order", subject_id=order_id, now=now,
        actor_id=actor_id, actor_name=actor_name, code=row.code,
    )  # fmt: skip
    return row


def _forget_sealed(session: Session, row: Order, key: bytes) -> None:
    """Drop what lay sealed under the order's key; a code that is money stays readable."""
    keys = vault()
    for credit in session.scalars(select(Credit).where(Credit.order_id == row.id)):
        credit.code = keys.seal(key, keys.open(row.data_key, credit.code))
    payments = select(Payment.id).where(Payment.order_id == row.id)
    parts = select(SellerOrder.id).where(SellerOrder.order_id == row.id)
    refunds = select(Refund.id).where(
        Refund.payment_id.in_(payments) | Refund.seller_order_id.in_(parts)
    )
    session.execute(update(Refund).where(Refund.id.in_(refunds)).values(account=None, note=""))
    session.execute(
        update(RefundWord)
        .where(RefundWord.refund_id.in_(refunds))
        .values(said=keys.seal(key, {"by": "", "words": ""}))
    )
    session.execute(
        update(WrittenOrder)
        .where(WrittenOrder.order_id == row.id)
        .values(original=keys.seal(key, ""))
    )


def _forget_beside(session: Session, order_id: int, now: datetime) -> None:
    """Her words to the makers, the digests of consents and vouchers, and her name below reviews."""
    session.execute(update(SellerOrder).where(SellerOrder.order_id == order_id).values(note=""))
    _forget_on_the_way(session, order_id)
    _forget_in_trails(session, order_id)
    session.execute(
        update(Consent)
        .where(
            Consent.order_id == order_id, Consent.kind == "marketing",
            Consent.account_id.is_(None), Consent.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=now)
    )  # fmt: skip
    session.execute(
        update(Consent)
        .where(Consent.order_id == order_id)
        .values(phone_index=None, email_index=None)
    )
    forget_phone(session, order_id=order_id)
    forget_writer_of_order(session, order_id=order_id)


def _forget_on_the_way(session: Session, order_id: int) -> None:
    """Where she met her parcels and whom she called, and what carriers said; their codes stay."""
    parts = select(SellerOrder.id).where(SellerOrder.order_id == order_id)
    session.execute(
        update(HandOver)
        .where(HandOver.seller_order_id.in_(parts))
        .values(note="", contact_phone="", tracking_url="", station="", plate="")
    )
    sellers = select(SellerOrder.seller_id).where(SellerOrder.order_id == order_id)
    accounts = select(CarrierAccount.id).where(CarrierAccount.seller_id.in_(sellers))
    codes = select(CarrierParcel.tracking_code).where(
        CarrierParcel.seller_order_id.in_(parts), CarrierParcel.tracking_code != ""
    )
    session.execute(
        update(CarrierWord)
        .where(CarrierWord.account_id.in_(accounts), CarrierWord.tracking_code.in_(codes))
        .values(words="")
    )
    session.execute(
        update(CarrierParcel).where(CarrierParcel.seller_order_id.in_(parts)).values(words="")
    )


def _forget_in_trails(session: Session, order_id: int) -> None:
    """What people wrote beside its steps, goods and money; the lines stay, and the shop's marks."""
    parts = select(SellerOrder.id).where(SellerOrder.order_id == order_id)
    payments = select(Payment.id).where(Payment.order_id == order_id)
    by_people = ("buyer", "seller", "operator")
    for row, wrote in (
        (SellerOrderMove, SellerOrderMove.actor_kind != "system"),
        (GoodsReturn, true()),
        (CashMove, CashMove.actor_kind.in_(by_people)),
    ):
        session.execute(
            update(row).where(row.seller_order_id.in_(parts), row.note != "", wrote).values(note="")
        )
    session.execute(
        update(PaymentEvent)
        .where(
            PaymentEvent.payment_id.in_(payments), PaymentEvent.note != "",
            PaymentEvent.actor_kind.in_(by_people),
        )
        .values(note="")
    )  # fmt: skip


def erase_old(session: Session, *, now: datetime, limit: int = 20) -> int:
    """Forget who stands in orders and complaints that have been over for years; return how many.

    The same acts as by hand. An order of which money is still open is left to people.
    """
    orders = orders_to_erase(session, now, limit)
    for order_id in orders:
        erase_order(session, order_id=order_id, actor_id=None, actor_name="", now=now)
    complaints = complaints_to_erase(session, now, limit)
    for complaint_id in complaints:
        erase_complaint(session, complaint_id=complaint_id, actor_id=None, actor_name="", now=now)
    return len(orders) + len(complaints)
