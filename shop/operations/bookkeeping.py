"""Reads for the pages of the books: which accounts somebody may see, and whose they are."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from sqlalchemy import Select, String, case, cast, func, literal, or_, select, union_all
from sqlalchemy.orm import Session

from shop.fundraising.models import Campaign
from shop.kernel.errors import NotYours
from shop.ledger.models import LedgerAccount, LedgerEntry, LedgerTransaction
from shop.ledger.queries import entries_of, statement
from shop.ledger.rules import KINDS, Account
from shop.ordering.models import Order, SellerOrder
from shop.organisations.models import Organisation, OrganisationClosure
from shop.payments.models import Payment
from shop.payments.told import named_in
from shop.sellers.models import Payee, Seller
from shop.web.words import NBSP

#: Accounts, and entries of a statement, on one page.
PAGE = 50
_PLACE = case({kind: place for place, kind in enumerate(KINDS)}, value=LedgerAccount.kind)


def _named(word: str, number: Any) -> Any:
    return (literal(f"{word}:") + cast(number, String)).label("owner")


def in_sight(units: Select[int] | None) -> Any:
    """Return the condition of accounts that belong to units, their sellers, or their banks."""
    if units is None:
        return LedgerAccount.id.is_not(None)
    sellers = select(Seller.id).where(Seller.organisation_id.in_(units))
    owners = union_all(
        select(_named("seller", Seller.id)).where(Seller.organisation_id.in_(units)),
        select(_named("organisation", Organisation.id)).where(Organisation.id.in_(units)),
        select(_named("payee", Payee.id)).where(
            or_(Payee.organisation_id.in_(units), Payee.seller_id.in_(sellers))
        ),
    )
    return LedgerAccount.owner.in_(owners)


def are_of_unit(session: Session, organisation_id: int, accounts: Sequence[Account]) -> bool:
    """Tell whether accounts, opened or not, belong to a unit, to those below it or their sellers.

    With whom they are ("organisation:3") is one of these too, or a carrier or gateway.
    """
    below = select(OrganisationClosure.descendant_id).where(
        OrganisationClosure.ancestor_id == organisation_id
    )
    sellers = select(Seller.id).where(Seller.organisation_id.in_(below))
    where = {
        "organisation": select(Organisation.id).where(Organisation.id.in_(below)),
        "seller": sellers,
        "payee": select(Payee.id).where(
            or_(Payee.organisation_id.in_(below), Payee.seller_id.in_(sellers))
        ),
    }
    named: dict[str, set[int]] = {}
    for account in accounts:
        for part in (account.owner, account.detail):
            word, colon, number = part.partition(":")
            if part == account.detail and not (colon and word in where):
                continue
            if word not in where or not number.isdecimal():
                return False
            named.setdefault(word, set()).add(int(number))
    return all(
        ids <= set(session.scalars(where[word].where(_ID[word].in_(sorted(ids)))))
        for word, ids in named.items()
    )


_ID = {"organisation": Organisation.id, "seller": Seller.id, "payee": Payee.id}


def sums_by_kind(session: Session, units: Select[int] | None) -> Sequence[Any]:
    """Return (kind, accounts, vnd) of the accounts in sight, in the order of the chart."""
    return session.execute(
        select(
            LedgerAccount.kind,
            func.count().label("accounts"),
            func.sum(LedgerAccount.balance_vnd).label("vnd"),
        )
        .where(in_sight(units))
        .group_by(LedgerAccount.kind)
        .order_by(_PLACE)
    ).all()


def accounts_of_kind(
    session: Session, units: Select[int] | None, kind: str, page: int
) -> tuple[Sequence[Any], int]:
    """Return one page of accounts of a kind, the largest sums first, and how many pages there are."""
    where = (in_sight(units), LedgerAccount.kind == kind)
    rows = session.execute(
        select(
            LedgerAccount.id, LedgerAccount.kind, LedgerAccount.owner, LedgerAccount.detail,
            LedgerAccount.balance_vnd,
        )
        .where(*where)
        .order_by(func.abs(LedgerAccount.balance_vnd).desc(), LedgerAccount.id)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    ).all()  # fmt: skip
    count = session.scalar(select(func.count()).select_from(LedgerAccount).where(*where)) or 0
    return rows, -(-count // PAGE)


def account_in_sight(session: Session, units: Select[int] | None, account_id: int) -> Any:
    """Return an account (id, kind, owner, detail, balance_vnd).

    Raises:
        NotYours: there is none, or it belongs to others.
    """
    found = session.execute(
        select(
            LedgerAccount.id, LedgerAccount.kind, LedgerAccount.owner, LedgerAccount.detail,
            LedgerAccount.balance_vnd,
        ).where(LedgerAccount.id == account_id, in_sight(units))
    ).one_or_none()  # fmt: skip
    if found is None:
        raise NotYours(what="ledger_account", id=account_id)
    return found


def whole_statement(
    session: Session, account_id: int, at_once: int = 500
) -> Iterator[tuple[Any, str]]:
    """Return every entry of an account with its code of ``codes_about``, the newest first.

    Read a little at a time.
    """
    before = None
    while rows := statement(session, account_id, before_id=before, limit=at_once):
        codes = codes_about(session, {row.subject for row in rows})
        yield from ((row, codes.get(row.subject, "")) for row in rows)
        before = rows[-1].id


def postings_about(
    session: Session, units: Select[int] | None, subject: str
) -> list[tuple[Any, Sequence[Any]]]:
    """Return the transactions about a subject with their entries, the first first.

    Raises:
        NotYours: there is none, or one of their accounts belongs to others.
    """
    rows = session.execute(
        select(
            LedgerTransaction.id, LedgerTransaction.kind, LedgerTransaction.occurred_at,
            LedgerTransaction.note, LedgerTransaction.key,
        )
        .where(LedgerTransaction.subject == subject)
        .order_by(LedgerTransaction.id)
    ).all()  # fmt: skip
    touched = (
        select(LedgerEntry.account_id)
        .join(LedgerTransaction, LedgerTransaction.id == LedgerEntry.transaction_id)
        .where(LedgerTransaction.subject == subject)
    )
    foreign = session.scalar(
        select(LedgerAccount.id)
        .where(LedgerAccount.id.in_(touched), LedgerAccount.id.not_in(select(LedgerAccount.id).where(in_sight(units))))
        .limit(1)
    )  # fmt: skip
    if not rows or foreign is not None:
        raise NotYours(what="ledger_subject", id=subject)
    return [(row, entries_of(session, row.id)) for row in rows]


def codes_about(session: Session, subjects: Collection[str]) -> dict[str, str]:
    """Return the code of the order or fundraiser of each subject: {"payment:12": "K7M2P9QX"}."""
    payments, parts = named_in(set(subjects))
    funds: dict[int, list[str]] = {}
    for subject in subjects:
        of, _, number = subject.partition(":")
        if of in ("campaign", "fund_transfer") and number.isdecimal():
            funds.setdefault(int(number), []).append(subject)
    paid = select(Payment.id, Order.code).join(Order, Order.id == Payment.order_id)
    sold = select(SellerOrder.id, Order.code).join(Order, Order.id == SellerOrder.order_id)
    found: dict[str, str] = {}
    for asked, named in (
        (paid.where(Payment.id.in_(payments)), payments),
        (sold.where(SellerOrder.id.in_(parts)), parts),
        (select(Campaign.id, Campaign.code).where(Campaign.id.in_(funds)), funds),
    ):
        for one, code in session.execute(asked):
            found |= dict.fromkeys(named[one], str(code))
    return found


#: With whom money of cards and wallets lies, by the word in the books.
_GATEWAYS = {"card": "Stripe", "vnpay": "VNPay", "momo": "MoMo", "zalopay": "ZaloPay"}


def names_of_owners(session: Session, owners: Collection[str]) -> dict[str, Any]:
    """Return whose accounts these are: {"seller:12": {"name_vi", "name_en", "bank"}}.

    ``bank``: its name and the account's last four digits, "" for others than payees.
    """
    ids: dict[str, set[int]] = {}
    for owner in owners:
        word, _, number = owner.partition(":")
        if number.isdecimal():
            ids.setdefault(word, set()).add(int(number))
    found: dict[str, Any] = {
        word: {"name_vi": name, "name_en": name, "bank": ""}
        for word, name in _GATEWAYS.items()
        if word in owners
    }
    for word, named in (
        ("seller", select(Seller.id, Seller.name_vi, Seller.name_en)),
        ("organisation", select(Organisation.id, Organisation.name_vi, Organisation.name_en)),
        ("campaign", select(Campaign.id, Campaign.title_vi.label("name_vi"),
                            Campaign.title_en.label("name_en"))),
    ):  # fmt: skip
        of = ids.get(word, ())
        rows = session.execute(named.where(named.selected_columns.id.in_(of))) if of else ()
        for row in rows:
            found[f"{word}:{row.id}"] = {"name_vi": row.name_vi, "name_en": row.name_en, "bank": ""}
    for row in session.execute(
        select(
            Payee.id, Payee.bank_name, Payee.last4,
            func.coalesce(Seller.name_vi, Organisation.name_vi).label("name_vi"),
            func.coalesce(Seller.name_en, Organisation.name_en).label("name_en"),
        )
        .outerjoin(Seller, Seller.id == Payee.seller_id)
        .outerjoin(Organisation, Organisation.id == Payee.organisation_id)
        .where(Payee.id.in_(ids.get("payee", ())))
    ):  # fmt: skip
        found[f"payee:{row.id}"] = {
            "name_vi": row.name_vi, "name_en": row.name_en,
            "bank": f"{row.bank_name}{NBSP}…{row.last4}",
        }  # fmt: skip
    return found
