"""Reads for mails and notices: who hears about what, in which language."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from shop.accounts.models import Account
from shop.current import vault
from shop.kernel.clock import vietnam_date
from shop.notifications.models import Notice
from shop.ordering.models import Order, SellerOrder
from shop.organisations.models import Membership, OrganisationClosure
from shop.organisations.permissions import roles_with
from shop.sellers.models import SellerMember


@dataclass(frozen=True)
class Reader:
    """Somebody who gets a mail. ``key``: names her in the mail's own key.

    ``order_code``: of a buyer, whose mails go when her order is erased.
    """

    key: str
    name: str
    email: str
    locale: str
    called: str = "chi"
    order_code: str = ""


def _readers(session: Session, wanted: Any) -> list[Reader]:
    keys = vault()
    found = []
    for row in session.execute(wanted):
        email = keys.open(row.data_key, row.contact).get("email")
        if email:
            found.append(Reader(f"account:{row.id}", row.name, email, row.locale, row.called))
    return found


_PERSON = (
    Account.id, Account.name, Account.data_key, Account.contact, Account.locale, Account.called,
)  # fmt: skip
_OPEN = (Account.disabled_at.is_(None), Account.deleted_at.is_(None))


def readers_of_seller(session: Session, seller_id: int, now: datetime) -> list[Reader]:
    """Return the people of a stall who have a mail address."""
    return _readers(
        session,
        select(*_PERSON)
        .join(SellerMember, SellerMember.account_id == Account.id)
        .where(
            SellerMember.seller_id == seller_id,
            or_(SellerMember.until.is_(None), SellerMember.until > now),
            *_OPEN,
        )
        .order_by(Account.id),
    )


def readers_with_right(
    session: Session, right: str, organisation_id: int, now: datetime
) -> list[Reader]:
    """Return the people who have a right in a unit and a mail address."""
    on = vietnam_date(now)
    holders = (
        select(Membership.account_id)
        .join(OrganisationClosure, OrganisationClosure.ancestor_id == Membership.organisation_id)
        .where(
            OrganisationClosure.descendant_id == organisation_id,
            Membership.role.in_(sorted(roles_with(right))),
            Membership.starts_on <= on,
            or_(Membership.ends_on.is_(None), Membership.ends_on >= on),
        )
    )
    return _readers(
        session, select(*_PERSON).where(Account.id.in_(holders), *_OPEN).order_by(Account.id)
    )


def readers_below(session: Session, organisation_id: int, now: datetime) -> list[Reader]:
    """Return everybody who serves or belongs in a unit or below it and has a mail address."""
    on = vietnam_date(now)
    inside = (
        select(Membership.account_id)
        .join(OrganisationClosure, OrganisationClosure.descendant_id == Membership.organisation_id)
        .where(
            OrganisationClosure.ancestor_id == organisation_id,
            Membership.starts_on <= on,
            or_(Membership.ends_on.is_(None), Membership.ends_on >= on),
        )
    )
    return _readers(
        session, select(*_PERSON).where(Account.id.in_(inside), *_OPEN).order_by(Account.id)
    )


def accounts_below(session: Session, organisation_id: int, now: datetime) -> set[int]:
    """Return everybody who serves or belongs in a unit or below it, mail address or not."""
    on = vietnam_date(now)
    return set(
        session.scalars(
            select(Membership.account_id)
            .join(
                OrganisationClosure,
                OrganisationClosure.descendant_id == Membership.organisation_id,
            )
            .where(
                OrganisationClosure.ancestor_id == organisation_id,
                Membership.starts_on <= on,
                or_(Membership.ends_on.is_(None), Membership.ends_on >= on),
            )
        )
    )


def reader_of_account(session: Session, account_id: int) -> Reader | None:
    """Return a person with a mail address, or None."""
    found = _readers(session, select(*_PERSON).where(Account.id == account_id, *_OPEN))
    return found[0] if found else None


def notices(session: Session, seller_id: int, limit: int = 50) -> Sequence[Any]:
    """Return a stall's newest notices, unread ones first, with the order that each is about.

    Who ordered is sealed in ``data_key`` and ``contact``: ``ordering.queries.contact_of``.
    """
    return session.execute(
        select(
            Notice.id, Notice.kind, Notice.seller_order_id, Notice.facts, Notice.created_at,
            Notice.read_at, SellerOrder.total_vnd, Order.data_key, Order.contact,
        )
        .outerjoin(SellerOrder, SellerOrder.id == Notice.seller_order_id)
        .outerjoin(Order, Order.id == SellerOrder.order_id)
        .where(Notice.seller_id == seller_id)
        .order_by(Notice.read_at.is_not(None), Notice.id.desc())
        .limit(limit)
    ).all()  # fmt: skip


def unread_notices(session: Session, seller_id: int) -> int:
    """Return how many notices a stall has not seen."""
    return (
        session.scalar(
            select(func.count()).where(Notice.seller_id == seller_id, Notice.read_at.is_(None))
        )
        or 0
    )
