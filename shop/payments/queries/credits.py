"""Reads of credits: what paid a payment, what a buyer has, what is owed."""

from dataclasses import dataclass

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from shop.current import vault
from shop.kernel.codes import in_fours
from shop.ordering.models import Order
from shop.organisations.models import Organisation
from shop.payments.models import Credit, PaymentEvent
from shop.payments.rules.credits import Owner
from shop.sellers.models import Seller

_spent = case(
    (PaymentEvent.kind == "received", PaymentEvent.amount_vnd), else_=-PaymentEvent.amount_vnd
)


def credits_in(session: Session, payment_id: int) -> list[tuple[int, int]]:
    """Return (credit, đồng) of what credits paid of a payment and did not get back, newest first."""
    vnd = func.sum(_spent).label("vnd")
    rows = session.execute(
        select(PaymentEvent.credit_id, vnd)
        .where(PaymentEvent.payment_id == payment_id, PaymentEvent.credit_id.is_not(None))
        .group_by(PaymentEvent.credit_id)
        .having(func.sum(_spent) > 0)
        .order_by(PaymentEvent.credit_id.desc())
    )
    return [(row.credit_id, int(row.vnd)) for row in rows]


@dataclass(frozen=True, slots=True)
class CreditView:
    """A credit as its buyer sees it. ``code``: "7K2M-9PXA-0111"."""

    id: int
    code: str
    issued_vnd: int
    left_vnd: int
    name_vi: str
    name_en: str


def credits_of_order(session: Session, order_id: int) -> dict[int, CreditView]:
    """Return the credits that the buyer of an order was given for it, by id. One query."""
    rows = session.execute(
        select(
            Credit.id, Credit.code, Credit.issued_vnd, Credit.left_vnd, Order.data_key,
            func.coalesce(Seller.name_vi, Organisation.name_vi).label("name_vi"),
            func.coalesce(Seller.name_en, Organisation.name_en).label("name_en"),
        )
        .join(Order, Order.id == Credit.order_id)
        .outerjoin(Seller, Seller.id == Credit.seller_id)
        .outerjoin(Organisation, Organisation.id == Credit.organisation_id)
        .where(Credit.order_id == order_id)
        .order_by(Credit.id)
    )  # fmt: skip
    return {
        row.id: CreditView(
            row.id, in_fours(vault().open(row.data_key, row.code)), row.issued_vnd, row.left_vnd,
            row.name_vi, row.name_en,
        )
        for row in rows
    }  # fmt: skip


def names_of_owner(session: Session, owner: Owner) -> tuple[str, str]:
    """Return in both languages with whom a credit is spent."""
    table, number = (
        (Seller, owner.seller_id)
        if owner.seller_id is not None
        else (Organisation, owner.organisation_id)
    )
    row = session.execute(select(table.name_vi, table.name_en).where(table.id == number)).one()
    return row.name_vi, row.name_en
