"""Storing what a bank says, once, and every step that comes of it."""

from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from shop.accounts.queries import vault
from shop.banking.events import NoticeKept
from shop.banking.models import BankNotice, BankNoticeMove
from shop.banking.queries.notices import report_for, reports_near
from shop.banking.queries.owners import account_numbered, accounts_like
from shop.banking.queries.reversals import as_reversal
from shop.banking.rules.feeds import SERVICES
from shop.banking.rules.matching import REVERSED
from shop.banking.rules.movements import Movement
from shop.banking.rules.twins import Report, twin_of
from shop.outbox.relay import record
from shop.payments.methods import By
from shop.prepared import PreparedInsert
from shop.sellers.models import Payee

SYSTEM = By("system")
_INTO_NOTICES = PreparedInsert(
    BankNotice,
    lambda insert: insert.on_conflict_do_nothing(index_elements=["key"]).returning(
        BankNotice.__table__.c.id
    ),
)
_INTO_MOVES = PreparedInsert(BankNoticeMove)


def keep_told(session: Session, *, feed: Any, movement: Movement, now: datetime) -> int | None:
    """Store what a service told; None when it told the same before, however long ago.

    Money on an account that the shop does not know is noted without its words: it is
    nobody's business here.
    """
    account = account_numbered(session, feed, movement.accounts)
    owner = f"seller:{feed.seller_id}" if feed.seller_id else f"unit:{feed.organisation_id}"
    known = account is not None
    if known:
        movement = as_reversal(session, account, movement)
    copy = _told_before(session, account, feed, movement) if known else None
    number = movement.accounts[0] if movement.accounts else ""
    return keep_notice(
        session, movement, owner=feed, payee_id=account.id if known else None,
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


def keep_notice(
    session: Session,
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
) -> int | None:
    """Store a movement under its key and have somebody look for its order; None: known before.

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
    sealing = vault().new_key()
    said = {
        "text": "" if private else movement.text,
        "written": "" if private else movement.written,
        "raw": "" if private else movement.raw,
    }
    notice_id = _INTO_NOTICES.scalar(session, {
        "key": key, "source": source, "feed_id": feed_id, "statement_id": statement_id,
        "seller_id": owner.seller_id, "organisation_id": owner.organisation_id,
        "payee_id": payee_id, "last4": last4, "amount_vnd": movement.amount_vnd,
        "currency": movement.currency, "reference": "" if private else movement.reference,
        "booked_at": movement.booked_at, "by_day": movement.by_day, "data_key": sealing,
        "sealed": vault().seal(sealing, said), "received_at": now, "state": state,
        "reason": reason, "same_as_id": same_as_id,
    })  # fmt: skip
    if notice_id is None:
        return None
    _keep_move(session, notice_id, "", state, reason, SYSTEM, now)
    if state == "new":
        record(session, NoticeKept(notice_id=notice_id), now)
    return notice_id


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
    _keep_move(session, notice_id, known, to, reason, by, now)
    return True


def _keep_move(
    session: Session, notice_id: int, before: str, to: str, reason: str, by: By, now: datetime
) -> None:
    _INTO_MOVES.run(session, {
        "notice_id": notice_id, "from_state": before, "to_state": to, "reason": reason,
        "actor_kind": by.kind, "actor_id": by.account_id, "at": now,
    })  # fmt: skip


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
