"""Who works for a seller, from when to when."""

from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from shop.accounts.queries import account
from shop.audit.actions import note
from shop.kernel.errors import NotYours
from shop.sellers.models import SellerMember
from shop.sellers.queries import seller
from shop.sellers.rules import ROLES, AlreadyMember, LastOwner


def appoint_member(
    session: Session,
    *,
    seller_id: int,
    account_id: int,
    role: str,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
    undoes_id: int | None = None,
) -> SellerMember:
    """Let a person work for a seller: as owner, or as staff without bank account and people.

    Raises:
        AlreadyMember
    """
    if role not in ROLES:
        raise ValueError(f"{role!r} is no role.")
    row = seller(session, seller_id, to_change=True)
    person = account(session, account_id)
    if _membership(session, seller_id, account_id, now) is not None:
        raise AlreadyMember
    member = SellerMember(
        seller_id=seller_id, account_id=account_id, role=role, since=now, appointed_by_id=actor_id
    )
    session.add(member)
    session.flush()
    note(
        session, action="seller.member_appointed", subject_kind="seller", subject_id=row.id,
        now=now, actor_id=actor_id, actor_name=actor_name, for_id=account_id,
        for_name=person.name, undoes_id=undoes_id, role=role, name=row.name_vi,
    )  # fmt: skip
    return member


def dismiss_member(
    session: Session,
    *,
    seller_id: int,
    account_id: int,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
    undoes_id: int | None = None,
) -> SellerMember:
    """End a person's work for a seller: her next page says that she is not at home there.

    Raises:
        NotYours: she does not work there.
        LastOwner: nobody else is responsible for an open stall.
    """
    row = seller(session, seller_id, to_change=True)
    member = _membership(session, seller_id, account_id, now)
    if member is None:
        raise NotYours
    if member.role == "owner" and row.is_open:
        owners = session.scalar(
            select(func.count()).select_from(SellerMember).where(
                SellerMember.seller_id == seller_id, SellerMember.role == "owner",
                SellerMember.until.is_(None),
            )
        )  # fmt: skip
        if (owners or 0) < 2:
            raise LastOwner
    member.until = now
    note(
        session, action="seller.member_dismissed", subject_kind="seller", subject_id=row.id,
        now=now, actor_id=actor_id, actor_name=actor_name, for_id=account_id,
        for_name=account(session, account_id).name, undoes_id=undoes_id, role=member.role,
        name=row.name_vi,
    )  # fmt: skip
    return member


def _membership(
    session: Session, seller_id: int, account_id: int, now: datetime
) -> SellerMember | None:
    return session.scalar(
        select(SellerMember).where(
            SellerMember.seller_id == seller_id,
            SellerMember.account_id == account_id,
            or_(SellerMember.until.is_(None), SellerMember.until > now),
        )
    )
