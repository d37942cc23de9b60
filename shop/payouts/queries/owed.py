"""What organisations owe the sellers they collect for, read from balances of the books alone."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import BigInteger, Select, cast, func, literal, select
from sqlalchemy import Integer as Whole
from sqlalchemy import String as Text
from sqlalchemy.orm import Session

from shop.ledger.models import LedgerAccount
from shop.ledger.rules import DEBIT, KINDS
from shop.organisations.models import Organisation
from shop.payouts.models import PayoutSetting
from shop.payouts.rules import DEBTS, DELIVERY, GOODS
from shop.sellers.models import Payee

BETWEEN = (GOODS, DELIVERY, DEBTS)
#: Money of an organisation that is elsewhere, or that it has spent for its sellers.
_ITS_OWN = [k for k, of in KINDS.items() if of.normal == DEBIT and "organisation" in of.owners]
_NUMBER = BigInteger().with_variant(Whole(), "sqlite")


def is_between(organisation_id: int, account: Any = LedgerAccount) -> Any:
    """Return the condition of accounts that stand between an organisation and its sellers."""
    return (account.detail == f"organisation:{organisation_id}") & account.kind.in_(BETWEEN)


def seller_of_account(account: Any = LedgerAccount) -> Any:
    """Return the seller's id out of an account's owner, "seller:12", in SQL."""
    return cast(func.substr(account.owner, len("seller:") + 1), _NUMBER)


def least_of(session: Session, organisation_id: int) -> int:
    """Return the sum from which on an organisation pays."""
    found = select(PayoutSetting.least_vnd).where(PayoutSetting.organisation_id == organisation_id)
    return session.scalar(found) or 0


def owed_by(session: Session, units: Select[int] | Iterable[int] | None) -> Sequence[Any]:
    """Return the organisations that collect: (id, name_vi, name_en, sellers, owed_vnd, rhythm, least_vnd).

    ``owed_vnd``: what they owe their sellers, debts taken off.
    """
    wanted = (
        select(
            Organisation.id, Organisation.name_vi, Organisation.name_en,
            func.count(func.distinct(LedgerAccount.owner)).label("sellers"),
            (-func.coalesce(func.sum(LedgerAccount.balance_vnd), 0)).label("owed_vnd"),
            func.coalesce(PayoutSetting.rhythm, "by_hand").label("rhythm"),
            func.coalesce(PayoutSetting.least_vnd, 0).label("least_vnd"),
        )
        .join(
            LedgerAccount,
            (LedgerAccount.detail == literal("organisation:") + cast(Organisation.id, Text))
            & LedgerAccount.kind.in_(BETWEEN),
        )
        .outerjoin(PayoutSetting, PayoutSetting.organisation_id == Organisation.id)
        .group_by(Organisation.id, PayoutSetting.rhythm, PayoutSetting.least_vnd)
        .order_by(Organisation.name_vi, Organisation.id)
    )  # fmt: skip
    if units is not None:
        wanted = wanted.where(Organisation.id.in_(units))
    return session.execute(wanted).all()


def owed_to_seller(session: Session, seller_id: int) -> Sequence[Any]:
    """Return (id, name_vi, name_en, owed_vnd) of the organisations that collect for a seller."""
    return session.execute(
        select(
            Organisation.id, Organisation.name_vi, Organisation.name_en,
            (-func.sum(LedgerAccount.balance_vnd)).label("owed_vnd"),
        )
        .join(
            LedgerAccount,
            LedgerAccount.detail == literal("organisation:") + cast(Organisation.id, Text),
        )
        .where(LedgerAccount.owner == f"seller:{seller_id}", LedgerAccount.kind.in_(BETWEEN))
        .group_by(Organisation.id)
        .order_by(Organisation.id)
    ).all()  # fmt: skip


def bank_money(session: Session, organisation_id: int, own_id: int) -> tuple[dict[int, int], int]:
    """Return ({account: đồng} of an organisation, the one that pays first; đồng that it adds itself).

    It adds what card companies have not paid yet, and what it bears: reductions, fees, ways back.
    """
    rows = session.execute(
        select(Payee.id, func.coalesce(LedgerAccount.balance_vnd, 0).label("vnd"))
        .outerjoin(
            LedgerAccount,
            (LedgerAccount.kind == "bank")
            & (LedgerAccount.owner == literal("payee:") + cast(Payee.id, Text)),
        )
        .where(Payee.organisation_id == organisation_id)
        .order_by(Payee.id != own_id, Payee.id.desc())
    ).all()
    return {row.id: row.vnd for row in rows}, _added_by_itself(session, organisation_id)


def _added_by_itself(session: Session, organisation_id: int) -> int:
    found = session.scalar(
        select(func.sum(LedgerAccount.balance_vnd)).where(
            LedgerAccount.kind.in_(_ITS_OWN),
            LedgerAccount.owner == f"organisation:{organisation_id}",
        )
    )
    return int(found or 0)


def still_held_vnd(session: Session, organisation_id: int) -> int:
    """Return what an organisation's banks hold of buyers' money, as booked, with what it adds."""
    held, added_vnd = bank_money(session, organisation_id, 0)
    return sum(held.values()) + added_vnd
