"""Money that left the organisation's bank for a seller: sent, confirmed, or come back."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from shop.accounts.models import Account as Person
from shop.audit.actions import note
from shop.kernel.errors import NotYours, Refusal
from shop.kernel.text import one_line
from shop.ledger.actions import Posting, post_all, reverse_posted
from shop.ledger.rules import Account, Leg
from shop.outbox.relay import record
from shop.payouts.actions.deciding import hold
from shop.payouts.events import PayoutFailed, PayoutSent
from shop.payouts.models import Payout, PayoutStatement
from shop.payouts.queries.owed import bank_money, short_of, still_held_vnd, transfers_due
from shop.payouts.queries.statements import banks_now
from shop.payouts.rules import (
    DEBTS,
    DELIVERY,
    GOODS,
    PAYABLE,
    AccountChanged,
    AccountOnHold,
    BankNow,
    BooksHoldLess,
    FundMoneyFirst,
    MoreThanHers,
    NoAccountToPay,
    NothingReady,
    ReferenceNeeded,
    SamePerson,
    StatementMoved,
    StatementState,
    Trouble,
    check_statement_move,
    trouble,
    where_it_leaves,
)
from shop.sellers.queries import current_payee

_S = PayoutStatement


def send_payout(
    session: Session, *, statement_id: int, reference: str, sender_id: int, now: datetime,
    actor_id: int | None, actor_name: str, for_name: str | None = None,
) -> Payout:  # fmt: skip
    """Note that a seller was transferred what her statement says, with the bank's number.

    Raises:
        ReferenceNeeded, StatementMoved, SamePerson, NoAccountToPay, AccountChanged,
        AccountOnHold, MoreThanHers, BooksHoldLess, FundMoneyFirst
    """
    settlement_id = session.scalar(select(_S.settlement_id).where(_S.id == statement_id))
    if settlement_id is None:
        raise NotYours(what="payout_statement", id=statement_id)
    [payout] = _send(
        session, settlement_id, [statement_id], reference, sender_id, now, actor_id, actor_name,
        for_name,
    )  # fmt: skip
    return payout


def send_all_payouts(
    session: Session, *, settlement_id: int, statement_ids: Sequence[int], reference: str,
    sender_id: int, now: datetime, actor_id: int | None, actor_name: str,
    for_name: str | None = None,
) -> list[Payout]:  # fmt: skip
    """Note that all these sellers were paid by one bulk transfer: all of them or none.

    Args:
        statement_ids: those that stood on the list which was sent.

    Raises:
        NothingReady, and as ``send_payout`` does when one of them cannot be.
    """
    if not statement_ids:
        raise NothingReady
    return _send(
        session, settlement_id, statement_ids, reference, sender_id, now, actor_id, actor_name,
        for_name,
    )  # fmt: skip


def _send(
    session: Session,
    settlement_id: int,
    statement_ids: Sequence[int],
    reference: str,
    sender_id: int,
    now: datetime,
    actor_id: int | None,
    actor_name: str,
    for_name: str | None,
) -> list[Payout]:
    reference = one_line(reference)[:60]
    if not reference:
        raise ReferenceNeeded
    settlement = hold(session, settlement_id)
    own = current_payee(session, organisation_id=settlement.organisation_id)
    if own is None:
        raise NoAccountToPay
    statements = _to_be_sent(session, settlement_id, statement_ids)
    _check(session, statements, sender_id, now)
    _claim(session, statements)
    payouts = [
        Payout(
            statement_id=one.id, organisation_id=settlement.organisation_id,
            seller_id=one.seller_id, amount_vnd=one.pays_vnd, payee_id=one.payee_id,
            from_payee_id=own.id, reference=reference, state=StatementState.SENT.value,
            approved_by_id=one.approved_by_id, account_by_id=one.account_by_id,
            sent_by_id=sender_id, sent_at=now,
        )
        for one in statements
    ]  # fmt: skip
    session.add_all(payouts)
    session.flush()
    _book(session, settlement.organisation_id, own.id, statements, payouts, now)
    for payout in payouts:
        _tell(session, "payout.sent", payout, now, actor_id, actor_name,
              sender_id, for_name, reference=reference)  # fmt: skip
        record(session, PayoutSent(payout.id, payout.statement_id, payout.seller_id), now)
    return payouts


def _to_be_sent(
    session: Session, settlement_id: int, statement_ids: Sequence[int]
) -> list[PayoutStatement]:
    found = session.scalars(
        select(_S)
        .where(_S.settlement_id == settlement_id, _S.id.in_(list(statement_ids)))
        .order_by(_S.id)
        .execution_options(populate_existing=True)
    ).all()
    if len(found) != len(set(statement_ids)):
        raise NotYours(what="payout_statement")
    return list(found)


def _check(
    session: Session, statements: Sequence[PayoutStatement], sender_id: int, now: datetime
) -> None:
    """Refuse what must not be paid now, or not by this person."""
    banks = banks_now(session, [one.seller_id for one in statements])
    for one in statements:
        if one.state not in PAYABLE:
            raise StatementMoved(state=one.state, to=str(StatementState.SENT))
        if sender_id in (one.approved_by_id, one.account_by_id):
            raise SamePerson(name=session.scalar(select(Person.name).where(Person.id == sender_id)))
        bank = banks.get(one.seller_id, BankNow(None))
        found = trouble(one.payee_id, bank, now)
        if found == Trouble.NO_ACCOUNT:
            raise NoAccountToPay
        if found == Trouble.CHANGED:
            raise AccountChanged
        if found == Trouble.ON_HOLD:
            raise AccountOnHold(until=bank.free_at)


def _claim(session: Session, statements: Sequence[PayoutStatement]) -> None:
    """Take each statement in one step; whoever comes second finds it gone."""
    ids = [one.id for one in statements]
    taken = session.execute(
        update(_S)
        .where(_S.id.in_(ids), _S.state.in_([str(state) for state in PAYABLE]))
        .values(state=StatementState.SENT.value)
        .execution_options(synchronize_session=False)
    ).rowcount  # type: ignore[attr-defined]
    if taken != len(ids):
        raise StatementMoved(state=str(StatementState.SENT), to=str(StatementState.SENT))


def _book(
    session: Session,
    organisation_id: int,
    own_id: int,
    statements: Sequence[PayoutStatement],
    payouts: Sequence[Payout],
    now: datetime,
) -> None:
    """Post each payout: what the organisation owed her is gone, and the money from its bank."""
    held, added_vnd = bank_money(session, organisation_id, own_id)
    try:
        where_it_leaves(list(held.items()), sum(p.amount_vnd for p in payouts), added_vnd)
    except BooksHoldLess as less:
        raise _why_less(session, organisation_id, **less.facts) from less
    detail = f"organisation:{organisation_id}"
    postings = []
    for one, payout in zip(statements, payouts, strict=True):
        seller = f"seller:{one.seller_id}"
        cleared = (
            (GOODS, one.of_goods_vnd), (DELIVERY, one.of_delivery_vnd), (DEBTS, one.of_debts_vnd),
        )  # fmt: skip
        left = where_it_leaves(list(held.items()), payout.amount_vnd, max(added_vnd, 0))
        for payee_id, vnd in left.items():
            added_vnd -= max(0, vnd - max(0, held[payee_id]))
            held[payee_id] -= vnd
        legs = [Leg(Account(kind, seller, detail), vnd) for kind, vnd in cleared]
        legs += [Leg(Account("bank", f"payee:{payee_id}"), -vnd) for payee_id, vnd in left.items()]
        postings.append(Posting(_key(payout.id), "paid_out", legs, now, f"payout:{payout.id}"))
    post_all(session, postings, now)
    # Only now the accounts are held: a return or a refund may have been faster.
    short = short_of(session, statements, are_paid=True)
    if short:
        raise MoreThanHers(short_vnd=sum(short.values()))
    missing_vnd = -still_held_vnd(session, organisation_id)
    if missing_vnd > 0:
        wanted = sum(payout.amount_vnd for payout in payouts)
        held_vnd = max(0, wanted - missing_vnd)
        raise _why_less(session, organisation_id, held_vnd=held_vnd, wanted_vnd=wanted)


def _why_less(session: Session, organisation_id: int, **facts: Any) -> Refusal:
    """Return why the books hold less: what slips paid may lie on campaigns' own accounts still."""
    due = transfers_due(session, [organisation_id])
    waits_vnd = sum(max(0, row.due_vnd) for row in due)
    return FundMoneyFirst(waits_vnd=waits_vnd, **facts) if waits_vnd else BooksHoldLess(**facts)


def _key(payout_id: int) -> str:
    return f"payout:{payout_id}:sent"


def confirm_payout(
    session: Session, *, payout_id: int, now: datetime, actor_id: int | None, actor_name: str,
    seen: str | None = None,
) -> Payout:  # fmt: skip
    """Note that the money reached the seller.

    Args:
        seen: the state that the page showed it in; None: whichever it is in.

    Raises:
        StatementMoved: it was confirmed, or came back.
    """
    payout = _settled(session, payout_id, StatementState.CONFIRMED, now, actor_id, seen)
    _tell(session, "payout.confirmed", payout, now, actor_id, actor_name)
    return payout


def fail_payout(
    session: Session, *, payout_id: int, why: str, now: datetime, actor_id: int | None,
    actor_name: str, seen: str | None = None,
) -> Payout:  # fmt: skip
    """Note that the bank sent a transfer back: it is owed again, and may be paid again.

    Args:
        seen: as of ``confirm_payout``.

    Raises:
        StatementMoved: it came back before, or the seller has it by now.
    """
    payout = _settled(session, payout_id, StatementState.FAILED, now, actor_id, seen)
    payout.failed_for = one_line(why)[:200]
    session.flush()
    reverse_posted(session, posted=_key(payout_id), key=f"payout:{payout_id}:failed", now=now)
    _tell(session, "payout.failed", payout, now, actor_id, actor_name)
    record(session, PayoutFailed(payout.id, payout.statement_id, payout.seller_id), now)
    return payout


def _settled(
    session: Session,
    payout_id: int,
    to: StatementState,
    now: datetime,
    actor_id: int | None,
    seen: str | None,
) -> Payout:
    """Bring a payout and its statement to another state, once."""
    row = session.execute(
        select(_S.settlement_id, _S.id)
        .join(Payout, Payout.statement_id == _S.id)
        .where(Payout.id == payout_id)
    ).one_or_none()
    if row is None:
        raise NotYours(what="payout", id=payout_id)
    hold(session, row.settlement_id)
    payout = session.get_one(Payout, payout_id, populate_existing=True)
    check_statement_move(payout.state, to)
    before = payout.state
    if seen not in (None, before):
        raise StatementMoved(state=before, to=str(to))
    payout.state, payout.settled_at, payout.settled_by_id = to.value, now, actor_id
    session.flush()
    changed = session.execute(
        update(_S)
        .where(_S.id == row.id, _S.state == before)
        .values(state=to.value)
        .execution_options(synchronize_session=False)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        raise StatementMoved(state=before, to=str(to))
    return payout


def _tell(
    session: Session,
    action: str,
    payout: Payout,
    now: datetime,
    actor_id: int | None,
    actor_name: str,
    for_id: int | None = None,
    for_name: str | None = None,
    **facts: Any,
) -> None:
    note(
        session, action=action, subject_kind="payout", subject_id=payout.id, now=now,
        actor_id=actor_id, actor_name=actor_name, for_id=for_id if for_id != actor_id else None,
        for_name=for_name, amount_vnd=payout.amount_vnd, statement_id=payout.statement_id,
        seller_id=payout.seller_id, **facts,
    )  # fmt: skip
