"""Corrections of the books by hand: two people, a reason, and a posting of its own (QUALITY T27).

What was posted stays as it is: triggers of the database refuse every change of it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.audit.actions import note
from shop.db import one_at_a_time
from shop.kernel.errors import NotYours
from shop.ledger.actions import post
from shop.ledger.models import LedgerAccount, LedgerEntry
from shop.ledger.rules import Account, Leg
from shop.operations.bookkeeping import are_of_unit
from shop.operations.correcting import (
    CorrectionMovedOn,
    CorrectionState,
    SecondPerson,
    WrongCorrection,
    WrongSide,
    check_legs,
    is_too_old,
    stands_well,
)
from shop.operations.models import Correction


def propose_correction(
    session: Session,
    *,
    organisation_id: int,
    legs: Sequence[Leg],
    reason: str,
    evidence: str,
    proposer_id: int,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
    for_name: str | None = None,
) -> Correction:
    """Write down what should be posted and why; nothing is posted by that.

    Args:
        organisation_id: whose books: all accounts are its own or its sellers'.
        evidence: where a second person can see that it is so.

    Raises:
        WrongCorrection: nothing is stored.
        NotYours: an account of others.
    """
    found = check_legs(legs)
    if not reason.strip() or not evidence.strip():
        raise WrongCorrection(why="words")
    if not are_of_unit(session, organisation_id, [leg.account for leg in found]):
        raise NotYours(what="ledger_account")
    made = Correction(
        organisation_id=organisation_id, legs=[[*leg.account, leg.amount_vnd] for leg in found],
        amount_vnd=sum(leg.amount_vnd for leg in found if leg.amount_vnd > 0),
        reason=reason.strip(), evidence=evidence.strip(), state=CorrectionState.PROPOSED,
        proposed_at=now, proposed_by_id=proposer_id,
    )  # fmt: skip
    session.add(made)
    session.flush()
    _note(session, "proposed", made, now, actor_id, actor_name, proposer_id, for_name)
    return made


def confirm_correction(
    session: Session,
    *,
    correction_id: int,
    confirmer_id: int,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
    for_name: str | None = None,
) -> bool:
    """Post what another person proposed; False when it is posted already.

    Raises:
        SecondPerson: she proposed it herself.
        CorrectionMovedOn: it was declined, or is too old.
        WrongSide: an account would stand where it cannot; nothing is posted.
    """
    held = _hold(session, correction_id)
    if held.proposed_by_id == confirmer_id:
        raise SecondPerson
    if held.state == CorrectionState.POSTED:
        return False
    if held.state != CorrectionState.PROPOSED or is_too_old(held.proposed_at, now):
        raise CorrectionMovedOn(state="old" if held.state == "proposed" else held.state)
    held.transaction_id = post(
        session, key=f"correction:{held.id}", kind="corrected", legs=legs_of(held), now=now,
        subject=f"correction:{held.id}", note=held.reason,
    )  # fmt: skip
    held.state, held.decided_at, held.decided_by_id = CorrectionState.POSTED, now, confirmer_id
    session.flush()
    _check_sides(session, held.transaction_id)
    _note(session, "posted", held, now, actor_id, actor_name, confirmer_id, for_name)
    return True


def decline_correction(
    session: Session,
    *,
    correction_id: int,
    decider_id: int | None,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
    for_name: str | None = None,
    undoes_id: int | None = None,
) -> bool:
    """Let a proposal go, whoever made it; False when that was done before.

    Raises:
        CorrectionMovedOn: it is posted; another correction puts that right.
    """
    held = _hold(session, correction_id)
    if held.state == CorrectionState.DECLINED:
        return False
    if held.state == CorrectionState.POSTED:
        raise CorrectionMovedOn(state=held.state)
    held.state, held.decided_at, held.decided_by_id = CorrectionState.DECLINED, now, decider_id
    session.flush()
    _note(session, "declined", held, now, actor_id, actor_name, decider_id, for_name, undoes_id)
    return True


def legs_of(correction: Correction) -> list[Leg]:
    return [Leg(Account(kind, owner, detail), vnd) for kind, owner, detail, vnd in correction.legs]


def _hold(session: Session, correction_id: int) -> Correction:
    found = one_at_a_time(session, Correction, correction_id)
    if found is None:
        raise NotYours(what="correction", id=correction_id)
    return found


def _check_sides(session: Session, transaction_id: int | None) -> None:
    rows = session.execute(
        select(LedgerAccount.kind, LedgerEntry.balance_vnd)
        .join(LedgerAccount, LedgerAccount.id == LedgerEntry.account_id)
        .where(LedgerEntry.transaction_id == transaction_id)
    )
    for row in rows:
        if not stands_well(row.kind, row.balance_vnd):
            raise WrongSide(kind=row.kind)


def _note(
    session: Session,
    act: str,
    correction: Correction,
    now: datetime,
    actor_id: int | None,
    actor_name: str,
    for_id: int | None,
    for_name: str | None,
    undoes_id: int | None = None,
) -> None:
    facts: dict[str, Any] = {"amount_vnd": correction.amount_vnd, "legs": correction.legs}
    note(
        session, action=f"correction.{act}", subject_kind="correction", subject_id=correction.id,
        actor_id=actor_id, actor_name=actor_name, for_id=for_id, for_name=for_name,
        undoes_id=undoes_id, now=now, **facts,
    )  # fmt: skip
