"""Whose account something is about: a seller's own, or one of the units that a person sees."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from shop.banking.rules.movements import bare_account
from shop.banking.rules.naming import Named
from shop.current import vault
from shop.kernel.errors import NotYours
from shop.organisations.models import Organisation
from shop.prepared import Prepared
from shop.sellers.models import Payee, Seller


@dataclass(frozen=True, slots=True)
class Sight:
    """What a person sees: one stall, or units by ids, by a select of ids, or None for all."""

    seller_id: int | None = None
    units: Iterable[int] | Select[int] | None = ()

    def of(self, table: Any) -> Any:
        """Return the condition on a table with an owner."""
        if self.seller_id is not None:
            return table.seller_id == self.seller_id
        if self.units is None:
            return table.organisation_id.is_not(None)
        ids = self.units if isinstance(self.units, Select) else list(self.units)
        return table.organisation_id.in_(ids)


def accounts_in(session: Session, sight: Sight) -> Sequence[Any]:
    """Return the bank accounts of a sight with their owners' names, those paid now first."""
    return session.execute(
        select(
            Payee.id, Payee.seller_id, Payee.organisation_id, Payee.bank_name, Payee.holder,
            Payee.last4, Payee.ended_at, Seller.name_vi.label("seller_vi"),
            Seller.name_en.label("seller_en"), Organisation.name_vi, Organisation.name_en,
        )
        .outerjoin(Seller, Seller.id == Payee.seller_id)
        .outerjoin(Organisation, Organisation.id == Payee.organisation_id)
        .where(sight.of(Payee))
        .order_by(Payee.ended_at.is_not(None), Payee.id.desc())
    ).all()  # fmt: skip


def account_in(session: Session, sight: Sight, payee_id: int) -> Payee:
    """Return one bank account of a sight.

    Raises:
        NotYours
    """
    found = session.scalar(select(Payee).where(Payee.id == payee_id, sight.of(Payee)))
    if found is None:
        raise NotYours
    return found


def account_numbered(session: Session, owner: Any, numbers: Iterable[str]) -> Any | None:
    """Return the newest account of an owner with one of these numbers, as the bank writes them.

    Args:
        owner: a row with ``seller_id`` and ``organisation_id``: a feed, an account.
    """
    wanted = {bare_account(number) for number in numbers}
    for row in _accounts_of(session, owner):
        if _number(row) in wanted:
            return row
    return None


def account_named(session: Session, account: Any, named: Named) -> Any | None:
    """Return the newest of an owner's accounts that a statement is of; None when it names none.

    Args:
        account: as chosen; where the statement leaves it open it is this one.
    """
    chosen = _number(account)
    rows = [(row, _number(row)) for row in _accounts_of(session, account)]
    row, number = max(rows, key=lambda one: (named.fits(one[1]), one[1] == chosen))
    return row if named.fits(number) else None


def _number(row: Any) -> str:
    return bare_account(vault().open(row.data_key, row.account_number))


def accounts_like(session: Session, payee: Any) -> list[int]:
    """Return the ids of an owner's accounts that are the same account at the bank.

    Changing the account and back again makes a row each time; the money is one place.
    """
    number = _number(payee)
    return [
        row.id
        for row in _accounts_of(session, payee)
        if row.last4 == payee.last4 and _number(row) == number
    ]


def _accounts_of(session: Session, owner: Any) -> Sequence[Any]:
    if owner.seller_id is not None:
        return _OF_SELLER.all(session, {"owner": owner.seller_id})
    return _OF_UNIT.all(session, {"owner": owner.organisation_id})


def _owned_by(column: Any) -> Any:
    return (
        select(
            Payee.id, Payee.seller_id, Payee.organisation_id, Payee.data_key,
            Payee.account_number, Payee.last4,
        )
        .where(column == bindparam("owner"))
        .order_by(Payee.id.desc())
    )  # fmt: skip


_OF_SELLER = Prepared(lambda: _owned_by(Payee.seller_id))
_OF_UNIT = Prepared(lambda: _owned_by(Payee.organisation_id))
