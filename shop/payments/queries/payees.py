"""What a payee reads: payments into her account, cash of her parcels, and what waits for her."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from shop.kernel.errors import NotYours
from shop.ordering.models import SellerOrder
from shop.ordering.rules import SellerOrderState as S
from shop.payments.models import CodCollection, Payment
from shop.payments.queries.columns import payment_rows
from shop.sellers.models import Payee

#: Goods came back or never arrived although they were paid: the buyer waits for her money.
CAME_TO_NOTHING = (S.RETURNED, S.LOST, S.NOT_COLLECTED)


def payment_of_seller(session: Session, seller_id: int, payment_id: int) -> Any:
    """Return a payment into a seller's own account.

    Raises:
        NotYours: also when an organisation collects for her.
    """
    row = session.execute(
        payment_rows(Payment.id == payment_id, Payee.seller_id == seller_id)
    ).one_or_none()
    if row is None:
        raise NotYours
    return row


def payment_of_organisations(
    session: Session, organisation_ids: Iterable[int], payment_id: int
) -> Any:
    """Return a payment into the account of one of these organisations.

    Raises:
        NotYours
    """
    row = session.execute(
        payment_rows(Payment.id == payment_id, Payee.organisation_id.in_(list(organisation_ids)))
    ).one_or_none()
    if row is None:
        raise NotYours
    return row


def reported_to(
    session: Session, *, seller_id: int | None = None, organisation_ids: Iterable[int] = ()
) -> Sequence[Any]:
    """Return payments that buyers say they made and that are not all there: the payee looks."""
    return list(
        session.execute(
            payment_rows(
                _owned_by(seller_id, organisation_ids),
                Payment.reported_at.is_not(None),
                Payment.received_vnd - Payment.refunded_vnd < Payment.amount_vnd,
            )
        )
    )


def late_reports(
    session: Session, *, seller_id: int | None = None, organisation_ids: Iterable[int] = ()
) -> Sequence[Any]:
    """Return payments reported after all was cancelled and not yet looked at ("tiền về muộn")."""
    return list(
        session.execute(
            payment_rows(
                _owned_by(seller_id, organisation_ids),
                Payment.expired_at.is_not(None),
                Payment.reported_at > Payment.expired_at,
                Payment.received_vnd == 0,
            )
        )
    )


def to_give_back(
    session: Session, *, seller_id: int | None = None, organisation_ids: Iterable[int] = ()
) -> Sequence[Any]:
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
            payment_rows(
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


def cash_of_seller(session: Session, seller_id: int, seller_order_id: int) -> Any:
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
