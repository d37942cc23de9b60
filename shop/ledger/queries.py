"""Reads of the books: balances, statements, and what must always be true of them."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from shop.ledger.models import LedgerAccount, LedgerEntry, LedgerTransaction
from shop.ledger.rules import CREDIT, KINDS, Account
from shop.prepared import Among, PreparedForSeveral

_NAME = (LedgerAccount.kind, LedgerAccount.owner, LedgerAccount.detail)


def balance(session: Session, account: Account) -> int:
    """Return an account's balance, debit positive; 0 when it was never used."""
    wanted = select(LedgerAccount.balance_vnd).where(
        *(column == value for column, value in zip(_NAME, account, strict=True))
    )
    return session.scalar(wanted) or 0


def accounts_of(session: Session, owners: Iterable[str] | None) -> Sequence[Any]:
    """Return (id, kind, owner, detail, balance_vnd) of accounts, by owner and chart.

    Args:
        owners: such as "seller:12"; None for all.
    """
    wanted = select(LedgerAccount.id, *_NAME, LedgerAccount.balance_vnd)
    if owners is not None:
        wanted = wanted.where(LedgerAccount.owner.in_(list(owners)))
    places = {kind: place for place, kind in enumerate(KINDS)}
    rows = session.execute(wanted).all()
    return sorted(rows, key=lambda row: (row.owner, places[row.kind], row.detail))


def statement(
    session: Session, account_id: int, *, before_id: int | None = None, limit: int = 50
) -> Sequence[Any]:
    """Return the newest entries of an account, each with the balance after it.

    Args:
        before_id: only entries older than this one: the last of the page before.
    """
    wanted = (
        select(
            LedgerEntry.id, LedgerEntry.transaction_id, LedgerEntry.amount_vnd,
            LedgerEntry.balance_vnd, LedgerEntry.currency, LedgerEntry.amount_minor,
            LedgerTransaction.key, LedgerTransaction.kind, LedgerTransaction.subject,
            LedgerTransaction.occurred_at, LedgerTransaction.recorded_at, LedgerTransaction.note,
        )
        .join(LedgerTransaction, LedgerTransaction.id == LedgerEntry.transaction_id)
        .where(LedgerEntry.account_id == account_id)
        .order_by(LedgerEntry.id.desc())
        .limit(limit)
    )  # fmt: skip
    if before_id is not None:
        wanted = wanted.where(LedgerEntry.id < before_id)
    return session.execute(wanted).all()


def entries_of(session: Session, transaction_id: int) -> Sequence[Any]:
    """Return the entries of a transaction with the names of their accounts, debits first."""
    return session.execute(
        select(
            LedgerEntry.account_id, *_NAME, LedgerEntry.amount_vnd, LedgerEntry.currency,
            LedgerEntry.amount_minor,
        )
        .join(LedgerAccount, LedgerAccount.id == LedgerEntry.account_id)
        .where(LedgerEntry.transaction_id == transaction_id)
        .order_by(LedgerEntry.amount_vnd < 0, LedgerEntry.id)
    ).all()  # fmt: skip


def is_booked(session: Session, subject: str) -> bool:
    """Tell whether anything was posted about a subject."""
    found = select(LedgerTransaction.id).where(LedgerTransaction.subject == subject).limit(1)
    return session.scalar(found) is not None


@PreparedForSeveral
def _stands(among: Among) -> Any:
    return (
        select(LedgerTransaction.subject, *_NAME, func.sum(LedgerEntry.amount_vnd).label("vnd"))
        .join(LedgerEntry, LedgerEntry.transaction_id == LedgerTransaction.id)
        .join(LedgerAccount, LedgerAccount.id == LedgerEntry.account_id)
        .where(among(LedgerTransaction.subject))
        .group_by(LedgerTransaction.subject, *_NAME)
    )


def booked(session: Session, subjects: Iterable[str]) -> dict[str, dict[Account, int]]:
    """Return what stands in the books about each subject: {subject: {account: đồng}}, no noughts."""
    session.flush()  # Prepared statements see what is stored.
    found: dict[str, dict[Account, int]] = {}
    for row in _stands.all(session, subjects):
        if row.vnd:
            account = Account(row.kind, row.owner, row.detail)
            found.setdefault(row.subject, {})[account] = int(row.vnd)
    return found


_legs = (
    select(
        LedgerEntry.transaction_id,
        func.count().label("legs"),
        func.sum(LedgerEntry.amount_vnd).label("vnd"),
    )
    .group_by(LedgerEntry.transaction_id)
    .subquery()
)
_sums = (
    select(LedgerEntry.account_id, func.sum(LedgerEntry.amount_vnd).label("vnd"))
    .group_by(LedgerEntry.account_id)
    .subquery()
)
_running = select(
    LedgerEntry.id,
    LedgerEntry.account_id,
    LedgerEntry.balance_vnd,
    func.sum(LedgerEntry.amount_vnd)
    .over(partition_by=LedgerEntry.account_id, order_by=LedgerEntry.id)
    .label("summed"),
).subquery()
_credit_kinds = [kind for kind, of in KINDS.items() if of.normal == CREDIT]
_either = [kind for kind, of in KINDS.items() if of.either_side]

#: Each returns no row while all is well (QUALITY §2). They read all of the books: for the night.
INVARIANTS: dict[str, Any] = {
    "I6 every transaction has two legs or more and sums to nought": (
        select(LedgerTransaction.id, LedgerTransaction.key, _legs.c.legs, _legs.c.vnd)
        .outerjoin(_legs, _legs.c.transaction_id == LedgerTransaction.id)
        .where(
            or_(
                _legs.c.legs.is_(None),
                _legs.c.legs < 2,
                _legs.c.legs != LedgerTransaction.legs,
                _legs.c.vnd != 0,
            )
        )
    ),
    "I6 every entry is sealed": (
        select(LedgerEntry.id, LedgerEntry.transaction_id, LedgerEntry.account_id)
        .outerjoin(LedgerTransaction, LedgerTransaction.id == LedgerEntry.transaction_id)
        .where(LedgerTransaction.id.is_(None))
    ),
    "I6 all entries sum to nought": (
        select(func.sum(LedgerEntry.amount_vnd).label("vnd")).having(
            func.sum(LedgerEntry.amount_vnd) != 0
        )
    ),
    "balances are the sums of their entries": (
        select(
            LedgerAccount.id.label("account_id"),
            LedgerAccount.balance_vnd,
            _sums.c.vnd.label("summed"),
        )
        .outerjoin(_sums, _sums.c.account_id == LedgerAccount.id)
        .where(LedgerAccount.balance_vnd != func.coalesce(_sums.c.vnd, 0))
    ),
    "every line of a statement carries the balance after it": (
        select(_running).where(_running.c.balance_vnd != _running.c.summed)
    ),
    "no account stands on its wrong side": (
        select(LedgerAccount.id.label("account_id"), *_NAME, LedgerAccount.balance_vnd).where(
            LedgerAccount.kind.not_in(_either),
            case(
                (LedgerAccount.kind.in_(_credit_kinds), LedgerAccount.balance_vnd > 0),
                else_=LedgerAccount.balance_vnd < 0,
            ),
        )
    ),
    "every account is of a known kind": (
        select(LedgerAccount.id.label("account_id"), *_NAME).where(
            LedgerAccount.kind.not_in(list(KINDS))
        )
    ),
}
