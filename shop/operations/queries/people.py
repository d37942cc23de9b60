"""Looking people, stalls and units up."""

from datetime import date
from typing import Any

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import Session

from shop.accounts.models import Account
from shop.accounts.queries import identifier
from shop.current import vault
from shop.kernel.phones import read_phone
from shop.kernel.text import fold
from shop.ordering.models import SellerOrder
from shop.organisations.queries import tree
from shop.organisations.structure import structure_on
from shop.payments.models import Payment
from shop.sellers.models import Seller
from shop.sellers.queries import sellers_statement
from shop.web.lists import Page, cut, cut_list, holds_words, words_of


def accounts_page(session: Session, typed: str, page: int) -> Page:
    """Return accounts by whole phone, whole e-mail or words of the name, the newest first.

    Phones and addresses are sealed: only whole ones are found, by their keyed digest.
    """
    wanted = (
        select(
            Account.id, Account.name, Account.created_at, Account.operator_since,
            Account.disabled_at, Account.second_factor_at,
            Account.password_hash.is_not(None).label("has_password"),
            Account.phone_index.is_not(None).label("has_phone"),
            Account.email_index.is_not(None).label("has_email"),
        )
        .where(Account.deleted_at.is_(None))
        .order_by(Account.id.desc())
    )  # fmt: skip
    if typed:
        wanted = wanted.where(*_is_person(typed))
    return cut(session, wanted, page)


def people_named(typed: str) -> Select[int]:
    """Return the ids of the accounts that somebody means, erased ones included."""
    return select(Account.id).where(*_is_person(typed))


def _is_person(typed: str) -> list[Any]:
    found = identifier(typed)
    if found is not None:
        column = Account.phone_index if found[0] == "phone" else Account.email_index
        return [column == vault().index(*found)]
    # Nothing but signs finds nobody, not everybody.
    return holds_words(Account.search_text, typed) or [Account.id.is_(None)]


def sellers_page(session: Session, within: Select[int] | None, typed: str, page: int) -> Page:
    """Return sellers by words of their names or person, or by phone, those to approve first.

    Args:
        within: ids of the units whose sellers are shown; all of them when left out.
    """
    wanted = sellers_statement(within)
    if typed:
        phone = read_phone(typed)
        words = holds_words(Seller.search_text, typed) or [Seller.id.is_(None)]
        by_phone = Seller.phone == (phone.e164 if phone is not None else "")
        wanted = wanted.where(or_(and_(*words), by_phone))
    return cut(session, wanted, page)


def units_page(
    session: Session,
    within: Select[int] | None,
    typed: str,
    page: int,
    on: date | None = None,
) -> Page:
    """Return units in the order of the tree, or those whose name holds what was typed.

    Args:
        on: as the tree stood on a day, with the names of then; today when left out, with the
            units that ended named as such.
    """
    words = words_of(typed)
    if on is None:
        rows = tree(session, within)
    else:
        rows = structure_on(session, on)
        if within is not None:
            seen = set(session.scalars(within))
            rows = [row for row in rows if row["id"] in seen]
    if typed:
        rows = [
            row
            for row in rows
            if words and all(word in fold(f"{row['name_vi']} {row['name_en']}") for word in words)
        ]
    return cut_list(rows, page)


def payee_was_used(session: Session, payee_id: int) -> bool:
    """Tell whether a buyer was ever asked to pay into this account."""
    asked = session.scalar(select(Payment.id).where(Payment.payee_id == payee_id).limit(1))
    sold = session.scalar(select(SellerOrder.id).where(SellerOrder.payee_id == payee_id).limit(1))
    return asked is not None or sold is not None
