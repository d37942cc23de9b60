"""What a payee reads: payments into her account, cash of her parcels, and what waits for her."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Select, and_, func, not_, or_, select
from sqlalchemy.orm import Session

from shop.kernel.errors import NotYours
from shop.ordering.models import Order, SellerOrder
from shop.payments.methods.cod import paid_at_the_door
from shop.payments.models import CodCollection, Payment
from shop.payments.queries.columns import payment_rows
from shop.payments.rules.cash import SETTLED
from shop.payments.rules.gateways import ONLINE
from shop.sellers.models import Payee

#: Organisations: their ids, a select of ids, or None for all.
Units = Iterable[int] | Select[int] | None


def late_report() -> Any:
    """Return the condition of a payment said to be on its way although all is over ("tiền về muộn").

    Nobody has looked since she said so, or noted any of it.
    """
    return and_(
        Payment.expired_at.is_not(None),
        Payment.reported_at.is_not(None),
        Payment.received_vnd == 0,
        or_(Payment.not_found_at.is_(None), Payment.not_found_at < Payment.reported_at),
    )


def is_late(row: Any) -> bool:
    """Tell of one row of these queries what ``late_report`` asks of all."""
    return (
        row.expired_at is not None
        and row.reported_at is not None
        and not row.received_vnd
        and (row.not_found_at is None or row.not_found_at < row.reported_at)
    )


def surplus() -> Any:
    """Return the condition of a payment of which more is there than is owed."""
    return Payment.received_vnd - Payment.refunded_vnd > Payment.amount_vnd


def cash_to_give_back() -> Any:
    """Return the condition of cash of which some has to go back, and no more is waited for."""
    return and_(
        CodCollection.state.in_(SETTLED),
        paid_at_the_door() - CodCollection.refunded_vnd > CodCollection.amount_vnd,
    )


_HELD = Payment.received_vnd - Payment.refunded_vnd
_SAID_TO_COME = and_(Payment.reported_at.is_not(None), Payment.amount_vnd > _HELD)
#: Where a payment into an organisation's account stands on the desk: {heading: conditions}.
HEADINGS: dict[str, tuple[Any, ...]] = {
    "reported": (_SAID_TO_COME, not_(late_report())),
    "late": (late_report(),),
    "back": (surplus(),),
    "waiting": (
        Payment.reported_at.is_(None),
        Payment.amount_vnd > _HELD,
        Payment.method.not_in(ONLINE),
    ),
    # Nobody looks for these in the bank: whom the buyer pays tells the shop.
    "online": (
        Payment.reported_at.is_(None),
        Payment.amount_vnd > _HELD,
        Payment.method.in_(ONLINE),
    ),
    "done": (Payment.received_vnd > 0, Payment.amount_vnd == _HELD),
}


def payment_of_organisations(session: Session, organisation_ids: Units, payment_id: int) -> Any:
    """Return a payment into the account of one of these organisations.

    Raises:
        NotYours
    """
    row = session.execute(
        payment_rows(Payment.id == payment_id, _collected_by(organisation_ids))
    ).one_or_none()
    if row is None:
        raise NotYours
    return row


def transfers_into(
    organisation_ids: Units, heading: str | None = None, *, code: str = ""
) -> Select[*tuple[Any, ...]]:
    """Return the statement of the payments into organisations' accounts.

    Args:
        heading: one of ``HEADINGS``; all of them when left out.
        code: a transfer's memo or an order's code.
    """
    wanted = payment_rows(_collected_by(organisation_ids))
    if code:
        wanted = wanted.where(or_(Payment.memo == code, Order.code == code))
    if heading is None:
        return wanted
    wanted = wanted.where(*HEADINGS[heading])
    # What was done and what is only awaited is read from its new end; what waits, from its old.
    newest_first = heading in ("waiting", "online", "done")
    return wanted.order_by(None).order_by(Payment.id.desc()) if newest_first else wanted


def transfer_counts(session: Session, organisation_ids: Units) -> dict[str, int]:
    """Return how many payments stand under each heading. One statement."""
    row = session.execute(
        select(
            *(
                select(func.count(Payment.id))
                .join(Payee, Payee.id == Payment.payee_id)
                .where(_collected_by(organisation_ids), *conditions)
                .scalar_subquery()
                .label(name)
                for name, conditions in HEADINGS.items()
            )
        )
    ).one()
    return dict(row._mapping)


def _collected_by(organisation_ids: Units) -> Any:
    """Whose account it is: by ids, by a select of ids, or with None every organisation's."""
    if organisation_ids is None:
        return Payee.organisation_id.is_not(None)
    ids = organisation_ids if isinstance(organisation_ids, Select) else list(organisation_ids)
    return Payee.organisation_id.in_(ids)


def cash_of_seller(session: Session, seller_id: int, seller_order_id: int) -> Any:
    """Return the cash of one of a seller's parcels.

    Raises:
        NotYours
    """
    row = session.execute(
        select(
            CodCollection.seller_order_id, CodCollection.amount_vnd, CodCollection.received_vnd,
            CodCollection.refunded_vnd, CodCollection.state, CodCollection.changed_at,
            CodCollection.taken_vnd, CodCollection.taken_by, CodCollection.written_off_for,
        )
        .join(SellerOrder, SellerOrder.id == CodCollection.seller_order_id)
        .where(CodCollection.seller_order_id == seller_order_id, SellerOrder.seller_id == seller_id)
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotYours
    return row
