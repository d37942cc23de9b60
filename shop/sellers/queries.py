"""Reads of member businesses, their people and their bank accounts."""

import csv
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import Select, cast, func, literal, null, or_, select, union_all
from sqlalchemy.orm import Session

from shop.accounts.models import Account
from shop.current import vault
from shop.db import the_one
from shop.organisations.models import OrganisationClosure
from shop.sellers.helping_rules import BOARD, REACH, Help
from shop.sellers.models import HelperGrant, Payee, Seller, SellerMember
from shop.sellers.rules import Bank, Stall

_BANKS = Path(__file__).parent / "data" / "banks.csv"


@lru_cache(maxsize=1)
def banks() -> dict[str, Bank]:
    """Return {BIN: bank} of the banks that transfers can go to, by short name."""
    with _BANKS.open(encoding="utf-8", newline="") as file:
        return {
            row["bin"]: Bank(
                row["bin"], row["short_name"], row["name"], row["receives_vietqr"] == "yes"
            )
            for row in csv.DictReader(file)
        }


def _works_there(account_id: int, now: datetime) -> Any:
    return (
        SellerMember.account_id == account_id,
        SellerMember.since <= now,
        or_(SellerMember.until.is_(None), SellerMember.until > now),
    )


def stalls_of(session: Session, account_id: int, now: datetime) -> Sequence[Any]:
    """Return (id, slug, name_vi, name_en, role, approved_at, closed_at) of a person's stalls."""
    return session.execute(
        select(
            Seller.id, Seller.slug, Seller.name_vi, Seller.name_en, SellerMember.role,
            Seller.approved_at, Seller.closed_at,
        )
        .join(SellerMember, SellerMember.seller_id == Seller.id)
        .where(*_works_there(account_id, now))
        .order_by(Seller.closed_at.is_not(None), Seller.id)
    ).all()  # fmt: skip


def holding(now: datetime) -> tuple[Any, ...]:
    """Return the conditions of leave to help that holds: nobody ended it, its owner is one still."""
    return (
        HelperGrant.revoked_at.is_(None),
        HelperGrant.starts_at <= now,
        HelperGrant.ends_at > now,
        select(SellerMember.id)
        .where(
            SellerMember.seller_id == HelperGrant.seller_id,
            SellerMember.account_id == HelperGrant.owner_id,
            SellerMember.role == "owner",
            SellerMember.since <= now,
            or_(SellerMember.until.is_(None), SellerMember.until > now),
        )
        .exists(),
    )


def helped_stalls_of(session: Session, account_id: int, now: datetime) -> Sequence[Any]:
    """Return the stalls (with ``id``) at which a person helps."""
    return session.execute(
        select(Seller.id)
        .join(HelperGrant, HelperGrant.seller_id == Seller.id)
        .where(HelperGrant.helper_id == account_id, *holding(now))
    ).all()


def _own_and_helped(session: Session, account_id: int, now: datetime) -> list[Any]:
    """Return a person's own stalls, then those at which she helps, in one look."""
    shown = (
        Seller.id, Seller.slug, Seller.name_vi, Seller.name_en, Seller.approved_at,
        Seller.closed_at,
    )  # fmt: skip
    own = (
        select(
            *shown, SellerMember.role, cast(null(), HelperGrant.id.type).label("grant_id"),
            cast(null(), HelperGrant.owner_id.type).label("owner_id"),
            cast(null(), Account.name.type).label("owner_name"),
            cast(null(), HelperGrant.rights.type).label("rights"),
            cast(null(), HelperGrant.ends_at.type).label("ends_at"),
        )
        .join(SellerMember, SellerMember.seller_id == Seller.id)
        .where(*_works_there(account_id, now))
    )  # fmt: skip
    helped = (
        select(
            *shown, literal("helper"), HelperGrant.id, HelperGrant.owner_id, Account.name,
            HelperGrant.rights, HelperGrant.ends_at,
        )
        .join(HelperGrant, HelperGrant.seller_id == Seller.id)
        .join(Account, Account.id == HelperGrant.owner_id)
        .where(HelperGrant.helper_id == account_id, *holding(now))
    )  # fmt: skip
    found = session.execute(union_all(own, helped)).all()
    at_home = {row.id for row in found if row.role != "helper"}
    return sorted(
        (row for row in found if row.role != "helper" or row.id not in at_home),
        key=lambda row: (row.role == "helper", row.closed_at is not None, row.id),
    )


def seller_of_account(
    session: Session, account_id: int, now: datetime, wanted_id: int | None = None
) -> Stall | None:
    """Return the stall a person stands in: the one she chose if it is hers, or her first.

    Her own come before those at which she helps.
    """
    rows = _own_and_helped(session, account_id, now)
    if not rows:
        return None
    chosen = next((row for row in rows if row.id == wanted_id), rows[0])
    leave = None
    if chosen.role == "helper":
        leave = Help(
            grant_id=chosen.grant_id, owner_id=chosen.owner_id, owner_name=chosen.owner_name,
            rights=frozenset(chosen.rights), ends_at=chosen.ends_at,
        )  # fmt: skip
    return Stall(
        id=chosen.id,
        slug=chosen.slug,
        name_vi=chosen.name_vi,
        name_en=chosen.name_en,
        role=chosen.role,
        is_open=chosen.approved_at is not None and chosen.closed_at is None,
        others=tuple((r.id, r.name_vi, r.name_en) for r in rows if r.id != chosen.id),
        help=leave,
    )


def seller_kinds(session: Session, account_id: int, now: datetime) -> set[str]:
    """Return {"seller"} for a person who works for a stall, or helps at one."""
    found = session.scalar(select(SellerMember.id).where(*_works_there(account_id, now)).limit(1))
    if found is None:
        found = session.scalar(
            select(HelperGrant.id)
            .where(HelperGrant.helper_id == account_id, *holding(now))
            .limit(1)
        )
    return {"seller"} if found is not None else set()


def seller(session: Session, seller_id: int, *, to_change: bool = False) -> Seller:
    """Return a seller.

    Args:
        to_change: acts on her go one after another, each seeing what the one before did.

    Raises:
        NotYours: there is none.
    """
    return the_one(session, Seller, seller_id, to_change=to_change)


def sellers_list(session: Session) -> Sequence[Any]:
    """Return every seller, those not yet open first, then by name."""
    return session.execute(sellers_statement()).all()


def sellers_statement(within: Select[int] | None = None) -> Select[*tuple[Any, ...]]:
    """Return the statement of a board's sellers, those not yet open first, then by name.

    Args:
        within: ids of the units whose sellers are shown; all of them when left out.
    """
    wanted = select(
        Seller.id, Seller.slug, Seller.name_vi, Seller.name_en, Seller.person, Seller.phone,
        Seller.ward_name, Seller.organisation_id, Seller.organisation_path,
        Seller.product_count, Seller.approved_at, Seller.closed_at,
    ).order_by(
        Seller.closed_at.is_not(None), Seller.approved_at.is_not(None), Seller.name_vi, Seller.id
    )  # fmt: skip
    if within is not None:
        wanted = wanted.where(Seller.organisation_id.in_(within))
    return wanted


def open_sellers_in(session: Session, organisation_id: int) -> int:
    """Return how many stalls of a unit are not closed."""
    return (
        session.scalar(
            select(func.count()).select_from(Seller).where(
                Seller.organisation_id == organisation_id, Seller.closed_at.is_(None)
            )
        )
        or 0
    )  # fmt: skip


def members_of(session: Session, seller_id: int, now: datetime) -> Sequence[Any]:
    """Return (id, role, since, account_id, name, locale) of who works for a seller now."""
    return session.execute(
        select(
            SellerMember.id, SellerMember.role, SellerMember.since, SellerMember.account_id,
            Account.name, Account.locale,
        )
        .join(Account, Account.id == SellerMember.account_id)
        .where(
            SellerMember.seller_id == seller_id,
            SellerMember.since <= now,
            or_(SellerMember.until.is_(None), SellerMember.until > now),
            Account.deleted_at.is_(None),
        )
        .order_by(SellerMember.role, SellerMember.id)
    ).all()  # fmt: skip


def who_sees_orders(session: Session, seller_id: int, now: datetime) -> set[int]:
    """Return the accounts of a stall's people, and of who helps there with leave to see orders."""
    helping = session.execute(
        select(HelperGrant.helper_id, HelperGrant.rights)
        .join(Account, Account.id == HelperGrant.helper_id)
        .where(HelperGrant.seller_id == seller_id, Account.deleted_at.is_(None), *holding(now))
    )
    return {one.account_id for one in members_of(session, seller_id, now)} | {
        one.helper_id for one in helping if not set(REACH[BOARD]).isdisjoint(one.rights)
    }


def payees_of(
    session: Session, payee_ids: Iterable[int | None], organisation_ids: Iterable[int]
) -> set[int]:
    """Return which of these accounts are of one of these organisations."""
    return set(
        session.scalars(
            select(Payee.id).where(
                Payee.id.in_([one for one in payee_ids if one is not None]),
                Payee.organisation_id.in_(list(organisation_ids)),
            )
        )
    )


def payee_of(session: Session, seller_id: int) -> Payee | None:
    """Return the account that a seller's buyers pay into now: her own, or her organisation's.

    An organisation without an account of its own collects on the nearest one above it.
    """
    row = session.execute(
        select(Seller.paid_through_organisation, Seller.organisation_id).where(
            Seller.id == seller_id
        )
    ).one_or_none()
    if row is None:
        return None
    if not row.paid_through_organisation:
        return session.scalar(
            select(Payee).where(Payee.seller_id == seller_id, Payee.ended_at.is_(None))
        )
    return session.scalar(
        select(Payee)
        .join(OrganisationClosure, OrganisationClosure.ancestor_id == Payee.organisation_id)
        .where(OrganisationClosure.descendant_id == row.organisation_id, Payee.ended_at.is_(None))
        .order_by(OrganisationClosure.depth)
        .limit(1)
    )


def current_payee(
    session: Session, *, seller_id: int | None = None, organisation_id: int | None = None
) -> Payee | None:
    """Return the open account of exactly this seller or this organisation."""
    return session.scalar(
        select(Payee).where(
            Payee.seller_id == seller_id
            if seller_id is not None
            else Payee.organisation_id == organisation_id,
            Payee.ended_at.is_(None),
        )
    )


def earlier_payee(session: Session, payee: Payee) -> Payee | None:
    """Return the account that was paid before this one, or None."""
    same_owner = (
        Payee.seller_id == payee.seller_id
        if payee.seller_id is not None
        else Payee.organisation_id == payee.organisation_id
    )
    return session.scalar(
        select(Payee)
        .where(
            same_owner, Payee.id < payee.id, Payee.ended_at.is_not(None), Payee.is_apart.is_(False)
        )
        .order_by(Payee.id.desc())
        .limit(1)
    )


def account_number_of(payee: Any) -> str:
    """Open the number of a bank account (a ``Payee`` or a row with its columns)."""
    return vault().open(payee.data_key, payee.account_number)
