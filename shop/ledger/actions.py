"""Writing in the books. Postings are added and never changed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select, text, tuple_, update
from sqlalchemy.orm import Session

from shop.db import is_sqlite, rows_into, upsert_into
from shop.kernel.errors import Refusal
from shop.ledger.models import LedgerAccount, LedgerEntry, LedgerTransaction
from shop.ledger.queries import entries_of
from shop.ledger.rules import Account, Leg, tidy

_INTO_ENTRIES = rows_into(LedgerEntry)
_INTO_TRANSACTIONS = rows_into(LedgerTransaction)
_NEW_BALANCE = (
    update(LedgerAccount.__table__)  # type: ignore[arg-type]
    .where(LedgerAccount.__table__.c.id == bindparam("account"))
    .values(balance_vnd=bindparam("balance"))
)


class AlreadyReversed(Refusal):
    """A mistake is put right once."""

    code = "already_reversed"


@dataclass(frozen=True, slots=True)
class Posting:
    """What is to be posted. ``key`` is the repeat-safe name of its cause."""

    key: str
    kind: str
    legs: Sequence[Leg]
    occurred_at: datetime
    subject: str = ""
    note: str = ""
    reversal_of: int | None = None


def post(
    session: Session,
    *,
    key: str,
    kind: str,
    legs: Iterable[Leg],
    now: datetime,
    occurred_at: datetime | None = None,
    subject: str = "",
    note: str = "",
) -> int | None:
    """Post one transaction; return its id, or None when ``key`` was posted before.

    Args:
        occurred_at: when it happened; now, when left out.

    Raises:
        WrongPosting: it does not balance or has fewer than two legs; nothing is stored.
    """
    posting = Posting(key, kind, tuple(legs), occurred_at or now, subject, note)
    return post_all(session, [posting], now)[0]


def post_all(session: Session, postings: Sequence[Posting], now: datetime) -> list[int | None]:
    """Post several transactions of one unit of work; return their ids as ``post`` does.

    All their accounts are locked first and in id order, so that two that meet wait for
    each other instead of blocking each other. Whoever changes other rows too does so before.

    Raises:
        WrongPosting: nothing is stored.
    """
    legs = [tidy(posting.legs) for posting in postings]
    ids, balances = _locked(session, {leg.account for some in legs for leg in some}, now)
    # Only now: whoever posted the same keys held these accounts and has let go of them.
    wanted = [posting.key for posting in postings]
    known = set(
        session.scalars(select(LedgerTransaction.key).where(LedgerTransaction.key.in_(wanted)))
    )
    fresh = [i for i, key in enumerate(wanted) if key not in known and key not in wanted[:i]]
    numbers = dict(zip(fresh, _next_ids(session, len(fresh)), strict=True))
    entries: list[dict[str, Any]] = []
    for i in fresh:
        for leg in legs[i]:
            account = ids[leg.account]
            balances[account] += leg.amount_vnd
            entries.append({
                "transaction_id": numbers[i], "account_id": account,
                "amount_vnd": leg.amount_vnd, "balance_vnd": balances[account],
                "currency": leg.currency, "amount_minor": leg.amount_minor,
            })  # fmt: skip
    if fresh:
        _write(session, entries, [_row(postings[i], numbers[i], len(legs[i]), now) for i in fresh])
        touched = sorted({entry["account_id"] for entry in entries})
        session.connection().execute(
            _NEW_BALANCE, [{"account": one, "balance": balances[one]} for one in touched]
        )
    return [numbers.get(i) for i in range(len(postings))]


def reverse_posted(
    session: Session, *, posted: str, key: str, now: datetime, note: str = ""
) -> int | None:
    """Put right what was posted under a key, as ``reverse`` does.

    Args:
        posted: the key of what was posted; whoever asks knows that it was.
    """
    found = session.scalar(select(LedgerTransaction.id).where(LedgerTransaction.key == posted))
    assert found is not None  # It was posted with the step that is taken back, or neither is.
    return reverse(session, transaction_id=found, key=key, now=now, note=note)


def reverse(
    session: Session, *, transaction_id: int, key: str, now: datetime, note: str = ""
) -> int | None:
    """Put a mistake right by its opposite; None when ``key`` was posted before.

    Raises:
        AlreadyReversed: somebody did so under another key.
    """
    wrong = session.execute(
        select(LedgerTransaction.subject, LedgerTransaction.kind).where(
            LedgerTransaction.id == transaction_id
        )
    ).one()
    opposite = [
        Leg(
            Account(row.kind, row.owner, row.detail), -row.amount_vnd, row.currency,
            None if row.amount_minor is None else -row.amount_minor,
        )
        for row in entries_of(session, transaction_id)
    ]  # fmt: skip
    _locked(session, {leg.account for leg in opposite}, now)
    done = session.scalar(
        select(LedgerTransaction.key).where(LedgerTransaction.reversal_of == transaction_id)
    )
    if done not in (None, key):
        raise AlreadyReversed(key=done)
    posting = Posting(key, "reversed", opposite, now, wrong.subject, note, transaction_id)
    return post_all(session, [posting], now)[0]


def _row(posting: Posting, number: int, legs: int, now: datetime) -> dict[str, Any]:
    return {
        "id": number, "key": posting.key, "kind": posting.kind, "subject": posting.subject,
        "occurred_at": posting.occurred_at, "recorded_at": now, "note": posting.note,
        "reversal_of": posting.reversal_of, "legs": legs,
    }  # fmt: skip


def _write(
    session: Session, entries: list[dict[str, Any]], transactions: list[dict[str, Any]]
) -> None:
    """Entries first: the row of a transaction is their seal, and nothing is added to it."""
    connection = session.connection()
    connection.execute(_INTO_ENTRIES, entries)
    connection.execute(_INTO_TRANSACTIONS, transactions)


def _locked(
    session: Session, accounts: set[Account], now: datetime
) -> tuple[dict[Account, int], dict[int, int]]:
    """Return ids by name and balances by id of accounts, opened where missing, locked in id order."""
    names = sorted(accounts)
    found = _found(session, names)
    missing = [name for name in names if name not in found]
    if missing:
        _open(session, missing, now)
        found |= _found(session, missing)
    locked = session.execute(
        select(LedgerAccount.id, LedgerAccount.balance_vnd)
        .where(LedgerAccount.id.in_(sorted(found.values())))
        .order_by(LedgerAccount.id)
        .with_for_update()
    )
    return found, {row.id: row.balance_vnd for row in locked}


def _found(session: Session, names: Sequence[Account]) -> dict[Account, int]:
    columns = (LedgerAccount.kind, LedgerAccount.owner, LedgerAccount.detail)
    rows = session.execute(
        select(LedgerAccount.id, *columns).where(tuple_(*columns).in_([tuple(n) for n in names]))
    )
    return {Account(row.kind, row.owner, row.detail): row.id for row in rows}


def _open(session: Session, names: Sequence[Account], now: datetime) -> None:
    """Open accounts in the order of their names; who meets another waits and finds them open."""
    rows = [{**name._asdict(), "balance_vnd": 0, "opened_at": now} for name in names]
    session.execute(upsert_into(session, LedgerAccount).values(rows).on_conflict_do_nothing())


def _next_ids(session: Session, count: int) -> list[int]:
    """Return ids for transactions whose entries come first."""
    if is_sqlite(session):  # One writer at a time: nobody takes the same.
        last = session.scalar(select(func.coalesce(func.max(LedgerTransaction.id), 0))) or 0
        return list(range(last + 1, last + 1 + count))
    drawn = text(
        "SELECT nextval(pg_get_serial_sequence('ledger_transactions', 'id'))"
        " FROM generate_series(1, :count)"
    )
    return list(session.scalars(drawn, {"count": count}))
