"""A stall closes when whoever answers for it alone deletes her account; not before it is done."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from shop.ledger.models import LedgerAccount
from shop.operations.queries import OVER
from shop.operations.rules import StallNotDone
from shop.ordering.models import SellerOrder
from shop.ordering.rules import SellerOrderState as S
from shop.outbox.relay import record
from shop.sellers.actions import close_seller
from shop.sellers.events import StallLeft
from shop.sellers.models import Seller, SellerMember

#: Accounts of a seller on which somebody owes or waits.
_OPEN_MONEY = (
    "buyers_owe", "carrier_cod", "credit", "prepaid", "seller_payable", "seller_receivable",
    "share_due",
)  # fmt: skip


def stalls_left_alone(session: Session, account_id: int) -> Sequence[Any]:
    """Return (id, name_vi, name_en) of open stalls for which nobody but her answers.

    Staff without an owner do not keep a stall: they may not touch its bank account or people.
    """
    other = aliased(SellerMember)
    an_owner = exists().where(
        other.seller_id == Seller.id, other.account_id != account_id, other.until.is_(None),
        other.role == "owner",
    )  # fmt: skip
    anybody = exists().where(
        other.seller_id == Seller.id, other.account_id != account_id, other.until.is_(None)
    )
    return session.execute(
        select(Seller.id, Seller.name_vi, Seller.name_en)
        .join(SellerMember, SellerMember.seller_id == Seller.id)
        .where(
            SellerMember.account_id == account_id, SellerMember.until.is_(None),
            Seller.is_open,
            or_((SellerMember.role == "owner") & ~an_owner, ~anybody),
        )
        .order_by(Seller.id)
    ).all()  # fmt: skip


def close_stalls_left(session: Session, account_id: int, now: datetime) -> None:
    """Close the stalls that nobody answers for when she goes, and tell their officers.

    Raises:
        StallNotDone: a buyer waits for goods, or somebody for money.
    """
    for stall in stalls_left_alone(session, account_id):
        orders = session.scalar(
            select(func.count()).where(
                SellerOrder.seller_id == stall.id, SellerOrder.state.not_in((*OVER, S.DELIVERED))
            )
        )
        money = session.scalar(
            select(LedgerAccount.id)
            .where(
                LedgerAccount.owner == f"seller:{stall.id}", LedgerAccount.kind.in_(_OPEN_MONEY),
                LedgerAccount.balance_vnd != 0,
            )
            .limit(1)
        )  # fmt: skip
        if orders or money is not None:
            raise StallNotDone(
                name_vi=stall.name_vi, name_en=stall.name_en, orders=orders or 0,
                money=money is not None,
            )  # fmt: skip
        close_seller(
            session, seller_id=stall.id, actor_id=account_id, actor_name="", now=now,
            reason="account deleted",
        )  # fmt: skip
        record(session, StallLeft(seller_id=stall.id), now)
