"""Approving a settlement, and taking that back while no money moved."""

from datetime import datetime
from typing import Any

from sqlalchemy import case, func, select, update
from sqlalchemy.orm import Session

from shop.audit.actions import note
from shop.db import one_at_a_time
from shop.kernel.errors import NotYours
from shop.organisations.queries import organisation
from shop.payouts.models import Payout, PayoutSetting, PayoutStatement, Settlement
from shop.payouts.rules import (
    PAYABLE,
    RHYTHMS,
    NoAccountToPay,
    SameAccount,
    SettledSince,
    SettlementState,
    StatementMoved,
    StatementState,
    check_settlement_move,
)
from shop.sellers.models import Payee
from shop.sellers.queries import current_payee

_S = PayoutStatement


def hold(session: Session, settlement_id: int) -> Settlement:
    """Return a settlement; acts on it and on its statements go one after another.

    Raises:
        NotYours: there is none.
    """
    found = one_at_a_time(session, Settlement, settlement_id)
    if found is None:
        raise NotYours(what="settlement", id=settlement_id)
    return found


def set_state(settlement: Settlement, to: SettlementState) -> None:
    check_settlement_move(settlement.state, to)
    settlement.state = to


def approve_settlement(
    session: Session,
    *,
    settlement_id: int,
    approver_id: int,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
    for_name: str | None = None,
) -> Settlement:
    """Say that a draft is right. Each seller's account of this moment is the one to be paid.

    Args:
        approver_id: who answers for it; she does not mark its transfers as sent.

    Raises:
        SettlementMoved: it is no draft any more.
    """
    settlement = hold(session, settlement_id)
    set_state(settlement, SettlementState.APPROVED)
    settlement.approved_at, settlement.approved_by_id = now, approver_id
    session.flush()
    session.execute(
        update(_S)
        .where(_S.settlement_id == settlement_id)
        .values(
            state=case(
                (_S.pays_vnd > 0, StatementState.APPROVED.value),
                else_=StatementState.CARRIED.value,
            ),
            payee_id=_account_now(),
            approved_by_id=approver_id,
            account_by_id=None,
        )
        .execution_options(synchronize_session=False)
    )
    _note(session, "settlement.approved", settlement, now, actor_id, actor_name,
          for_id=approver_id, for_name=for_name, pays_vnd=settlement.pays_vnd)  # fmt: skip
    return settlement


def unapprove_settlement(
    session: Session,
    *,
    settlement_id: int,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
    undoes_id: int | None = None,
) -> Settlement:
    """Make a draft of an approved settlement again, as long as nothing was built on it.

    Raises:
        SettlementMoved: it is not approved.
        SettledSince: somebody was paid, or there is a later settlement of a period.
    """
    settlement = hold(session, settlement_id)
    organisation(session, settlement.organisation_id, to_change=True)
    check_settlement_move(settlement.state, SettlementState.DRAFTED)
    paid = select(Payout.id).join(_S, _S.id == Payout.statement_id)
    later = select(Settlement.id).where(
        Settlement.organisation_id == settlement.organisation_id,
        Settlement.source_kind == settlement.source_kind,
        Settlement.source_kind == "period",
        Settlement.id > settlement_id,
        Settlement.state != SettlementState.DROPPED,
    )
    for built_on_it in (paid.where(_S.settlement_id == settlement_id), later):
        if session.scalar(built_on_it.limit(1)) is not None:
            raise SettledSince
    settlement.state = SettlementState.DRAFTED
    settlement.approved_at = settlement.approved_by_id = None
    session.flush()
    session.execute(
        update(_S)
        .where(_S.settlement_id == settlement_id)
        .values(
            state=StatementState.DRAFTED.value, payee_id=None, approved_by_id=None,
            account_by_id=None,
        )
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    _note(
        session, "settlement.unapproved", settlement, now, actor_id, actor_name,
        undoes_id=undoes_id,
    )  # fmt: skip
    return settlement


def approve_account(
    session: Session,
    *,
    statement_id: int,
    approver_id: int,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
    for_name: str | None = None,
) -> PayoutStatement:
    """Say that a seller's changed account is the one to be paid.

    Whoever approved the amount still did, and neither of the two marks the transfer as sent.

    Args:
        approver_id: who answers for the account; said twice, it is said once.

    Raises:
        StatementMoved: it is not waiting for a transfer.
        NoAccountToPay: she has none.
        SameAccount: it is approved already.
    """
    statement = held_statement(session, statement_id)
    if statement.state not in PAYABLE:
        raise StatementMoved(state=statement.state, to=str(StatementState.APPROVED))
    account = current_payee(session, seller_id=statement.seller_id)
    if account is None:
        raise NoAccountToPay
    if account.id == statement.payee_id:
        if statement.account_by_id == approver_id:
            return statement
        raise SameAccount
    statement.payee_id, statement.account_by_id = account.id, approver_id
    session.flush()
    note(
        session, action="payout.account_approved", subject_kind="payout_statement",
        subject_id=statement_id, now=now, actor_id=actor_id, actor_name=actor_name,
        for_id=approver_id if approver_id != actor_id else None, for_name=for_name,
        payee_id=account.id, seller_id=statement.seller_id,
    )  # fmt: skip
    return statement


def held_statement(session: Session, statement_id: int) -> PayoutStatement:
    """Return a statement whose settlement is held.

    Raises:
        NotYours: there is none.
    """
    settlement_id = session.scalar(select(_S.settlement_id).where(_S.id == statement_id))
    if settlement_id is None:
        raise NotYours(what="payout_statement", id=statement_id)
    hold(session, settlement_id)
    return session.get_one(_S, statement_id, populate_existing=True)


def change_rhythm(
    session: Session,
    *,
    organisation_id: int,
    rhythm: str,
    least_vnd: int,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
    undoes_id: int | None = None,
) -> PayoutSetting:
    """Say how often an organisation settles by itself, and from which sum on it pays."""
    if rhythm not in RHYTHMS:
        raise ValueError(f"{rhythm!r} is no rhythm.")
    organisation(session, organisation_id, to_change=True)
    setting = session.get(PayoutSetting, organisation_id, populate_existing=True)
    if setting is None:
        setting = PayoutSetting(
            organisation_id=organisation_id, rhythm="by_hand", least_vnd=0, changed_at=now
        )
        session.add(setting)
    before = {"rhythm": setting.rhythm, "least_vnd": setting.least_vnd}
    after = {"rhythm": rhythm, "least_vnd": least_vnd}
    setting.rhythm, setting.least_vnd = rhythm, least_vnd
    setting.changed_at, setting.changed_by_id = now, actor_id
    session.flush()
    if before != after:
        note(
            session, action="payout.rhythm_changed", subject_kind="organisation",
            subject_id=organisation_id, now=now, actor_id=actor_id, actor_name=actor_name,
            undoes_id=undoes_id, before=before, after=after,
        )  # fmt: skip
    return setting


def note_file_taken(
    session: Session,
    *,
    settlement_id: int,
    payments: int,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
) -> None:
    """Write down who took the list of accounts and amounts along."""
    settlement = hold(session, settlement_id)
    _note(session, "settlement.file_taken", settlement, now, actor_id, actor_name,
          payments=payments)  # fmt: skip


def _account_now() -> Any:
    """Return the account that a statement's seller is paid on now, in SQL."""
    return (
        select(func.max(Payee.id))
        .where(Payee.seller_id == _S.seller_id, Payee.ended_at.is_(None))
        .correlate(_S)
        .scalar_subquery()
    )


def _note(
    session: Session,
    action: str,
    settlement: Settlement,
    now: datetime,
    actor_id: int | None,
    actor_name: str,
    *,
    for_id: int | None = None,
    for_name: str | None = None,
    undoes_id: int | None = None,
    **facts: Any,
) -> None:
    note(
        session, action=action, subject_kind="settlement", subject_id=settlement.id, now=now,
        actor_id=actor_id, actor_name=actor_name, for_id=for_id if for_id != actor_id else None,
        for_name=for_name, undoes_id=undoes_id, organisation_id=settlement.organisation_id,
        **facts,
    )  # fmt: skip
