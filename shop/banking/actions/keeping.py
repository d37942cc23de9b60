"""Storing what a bank says, once, and every step that comes of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from shop.banking.events import NoticeKept
from shop.banking.models import BankNotice, BankNoticeMove
from shop.banking.queries.notices import report_for, reports_near
from shop.banking.queries.owners import account_numbered, accounts_like
from shop.banking.queries.reversals import as_reversal
from shop.banking.rules.feeds import SERVICES
from shop.banking.rules.matching import REVERSED
from shop.banking.rules.movements import Movement
from shop.banking.rules.twins import Report, twin_of
from shop.current import vault
from shop.outbox.relay import record_all
from shop.payments.methods import By
from shop.prepared import PreparedInsert
from shop.sellers.models import Payee

SYSTEM = By("system")
_INTO_NOTICES = PreparedInsert(
    BankNotice,
    lambda insert: insert.on_conflict_do_nothing(index_elements=["key"]).returning(
        BankNotice.__table__.c.id, BankNotice.__table__.c.key
    ),
)
_INTO_MOVES = PreparedInsert(BankNoticeMove)


@dataclass(frozen=True, slots=True)
class Message:
    """What a service told in one message, proved. ``feed``: a row of ``feed_at``."""

    feed: Any
    movements: Sequence[Movement]
    now: datetime


def keep_messages(session: Session, messages: Sequence[Message]) -> list[list[int | None]]:
    """Store several messages as ``keep_told`` does, in few statements; return what that returns."""
    found: list[list[int | None]] = [[None] * len(one.movements) for one in messages]
    accounts: dict[Any, Any] = {}
    waiting: list[tuple[list[int | None], int, dict[str, Any]]] = []

    def store() -> None:
        ids = _keep_all(session, [row for _, _, row in waiting])
        for (its, place, _), notice_id in zip(waiting, ids, strict=True):
            its[place] = notice_id
        waiting.clear()

    for message, its in zip(messages, found, strict=True):
        for place, movement in enumerate(message.movements):
            if _looks_back(movement):
                store()  # What came just before may be what it is compared with.
            row = _told_row(session, message.feed, movement, message.now, accounts)
            waiting.append((its, place, row))
    store()
    return found


def keep_told(session: Session, *, feed: Any, movement: Movement, now: datetime) -> int | None:
    """Store what a service told; None when it told the same before, however long ago.

    Money on an account that the shop does not know is noted without its words: it is
    nobody's business here.
    """
    return keep_messages(session, [Message(feed, [movement], now)])[0][0]


def _looks_back(movement: Movement) -> bool:
    """Tell whether a movement is compared with earlier ones as it is stored."""
    return movement.amount_vnd is None or movement.amount_vnd < 0 or movement.is_reversal


def _told_row(
    session: Session, feed: Any, movement: Movement, now: datetime, accounts: dict[Any, Any]
) -> dict[str, Any]:
    """Return the notice of what a service told. ``accounts``: those looked for before."""
    wanted = (feed.seller_id, feed.organisation_id, movement.accounts)
    if wanted not in accounts:
        accounts[wanted] = account_numbered(session, feed, movement.accounts)
    account = accounts[wanted]
    owner = f"seller:{feed.seller_id}" if feed.seller_id else f"unit:{feed.organisation_id}"
    known = account is not None
    if known:
        movement = as_reversal(session, account, movement)
    copy = _told_before(session, account, feed, movement) if known else None
    number = movement.accounts[0] if movement.accounts else ""
    return _row_of(
        movement, owner=feed, payee_id=account.id if known else None,
        source=SERVICES[feed.kind], key=f"{SERVICES[feed.kind]}:{owner}:{movement.outside_id}",
        feed_id=feed.id, last4=account.last4 if known else number[-4:],
        now=now, same_as_id=copy.id if copy else None,
    )  # fmt: skip


def _told_before(session: Session, account: Any, feed: Any, movement: Movement) -> Report | None:
    """Return the report of a file that told the same before, of what a person is asked at once.

    Everything else is compared by whoever looks for its order.
    """
    if movement.amount_vnd is not None and not movement.is_reversal:
        return None
    lock_account(session, account.id)
    batch = f"service:{SERVICES[feed.kind]}"
    near = reports_near(
        session, accounts_like(session, account),
        [] if movement.amount_vnd is None else [movement.amount_vnd],
        movement.booked_at, movement.booked_at, batch=batch,
        currencies=[movement.currency] if movement.amount_vnd is None else [],
    )  # fmt: skip
    return twin_of(report_for(movement, batch), near)


def keep_notice(session: Session, movement: Movement, **about: Any) -> int | None:
    """Store a movement under its key and have somebody look for its order; None: known before.

    Args:
        about: as of ``_row_of``.
    """
    return _keep_all(session, [_row_of(movement, **about)])[0]


def _row_of(
    movement: Movement,
    *,
    owner: Any,
    payee_id: int | None,
    source: str,
    key: str,
    last4: str,
    now: datetime,
    feed_id: int | None = None,
    statement_id: int | None = None,
    same_as_id: int | None = None,
) -> dict[str, Any]:
    """Return the notice of a movement.

    Args:
        owner: a row with ``seller_id`` and ``organisation_id``.
        same_as_id: the earlier report of the same money; nothing is to be looked for then.
    """
    below = movement.amount_vnd is not None and movement.amount_vnd < 0
    went = below and not movement.is_reversal
    private = payee_id is None or went
    state, reason = "new", ""
    if payee_id is None:
        state = "elsewhere"
    elif went:
        state = "outgoing"
    elif same_as_id is not None:
        state = "same"
    elif movement.is_reversal:  # Perhaps of money that an order has: a person looks.
        state, reason = "task", REVERSED
    elif movement.amount_vnd is None:
        state, reason = "task", "foreign_currency"
    said = {
        "text": "" if private else movement.text,
        "written": "" if private else movement.written,
        "raw": "" if private else movement.raw,
    }
    sealing, sealed = vault().seal_anew(said)
    return {
        "key": key, "source": source, "feed_id": feed_id, "statement_id": statement_id,
        "seller_id": owner.seller_id, "organisation_id": owner.organisation_id,
        "payee_id": payee_id, "last4": last4, "amount_vnd": movement.amount_vnd,
        "currency": movement.currency, "reference": "" if private else movement.reference,
        "booked_at": movement.booked_at, "by_day": movement.by_day, "data_key": sealing,
        "sealed": sealed, "received_at": now, "state": state,
        "reason": reason, "same_as_id": same_as_id,
    }  # fmt: skip


def _keep_all(session: Session, rows: Sequence[dict[str, Any]]) -> list[int | None]:
    """Store notices, each once, and how they began; return the id of each, None if known before."""
    # Always in one order: who stores the same meanwhile must not wait for us while we wait for him.
    inserted = _INTO_NOTICES.several(session, sorted(rows, key=itemgetter("key")))
    stored = {row.key: row.id for row in inserted}
    found = [stored.pop(row["key"], None) for row in rows]
    new = [(i, row) for i, row in zip(found, rows, strict=True) if i is not None]
    _INTO_MOVES.several(session, [
        _move_of(i, "", row["state"], row["reason"], SYSTEM, row["received_at"]) for i, row in new
    ])  # fmt: skip
    record_all(
        session,
        [(NoticeKept(notice_id=i), row["received_at"]) for i, row in new if row["state"] == "new"],
    )
    return found


def move_notice(
    session: Session,
    notice_id: int,
    *,
    known: str,
    to: str,
    reason: str,
    by: By,
    now: datetime,
    **values: Any,
) -> bool:
    """Change a notice's state by comparing first; False when somebody else was faster."""
    decided = to != "task"
    changed = session.execute(
        update(BankNotice)
        .where(BankNotice.id == notice_id, BankNotice.state == known)
        .values(
            state=to, reason=reason, decided_at=now if decided else None,
            decided_by_id=by.account_id if decided else None, **values,
        )
    )  # fmt: skip
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        return False
    _INTO_MOVES.run(session, _move_of(notice_id, known, to, reason, by, now))
    return True


def _move_of(
    notice_id: int, before: str, to: str, reason: str, by: By, now: datetime
) -> dict[str, Any]:
    return {
        "notice_id": notice_id, "from_state": before, "to_state": to, "reason": reason,
        "actor_kind": by.kind, "actor_id": by.account_id, "at": now,
    }  # fmt: skip


def lock_account(session: Session, payee_id: int | None) -> None:
    """Let only one transaction at a time look at the money of an account."""
    account = session.execute(
        select(Payee.seller_id, Payee.organisation_id).where(Payee.id == payee_id)
    ).one_or_none()
    if account is None:
        return
    mine = (
        Payee.seller_id == account.seller_id
        if account.seller_id is not None
        else Payee.organisation_id == account.organisation_id
    )
    session.execute(select(Payee.id).where(mine).order_by(Payee.id).with_for_update(key_share=True))
