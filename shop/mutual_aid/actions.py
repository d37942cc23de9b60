"""Calls are written, opened, cancelled and thanked for; people pledge, withdraw, and come."""

import secrets
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from shop.audit.actions import note
from shop.current import signing_keys, vault
from shop.db import one_at_a_time, touch, upsert_into
from shop.kernel.clock import remind_at
from shop.kernel.codes import random_code
from shop.kernel.errors import NotYours
from shop.kernel.sealing import private_token, token_digest
from shop.mutual_aid.events import (
    HelpCallCancelled,
    HelpCallThanked,
    PledgeDue,
    PledgeMade,
    PledgeWithdrawn,
)
from shop.mutual_aid.models import HelpCall, HelpNeed, Pledge
from shop.mutual_aid.queries import help_call, needs_of, pledge_of_attempt
from shop.mutual_aid.rules import (
    KEEP_CONTACTS,
    MOST_NEEDS,
    CallNotOpen,
    CallNotReady,
    CallState,
    IllegalCallMove,
    IllegalPledgeMove,
    NeedFull,
    NeedPledged,
    NotYetBegun,
    PledgeState,
    TooManyNeeds,
    may_move_call,
    may_move_pledge,
    missing_for_opening,
    takes_pledges,
)
from shop.outbox.relay import record

_CODE_LENGTH = 8


def write_call(
    session: Session,
    *,
    organisation_id: int,
    words: dict[str, str],
    starts_at: datetime,
    ends_at: datetime,
    consent_kind: str,
    consent_on: date | None,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
) -> HelpCall:
    """Keep a new call as a draft, which nobody sees yet.

    Args:
        words: the text columns of ``HelpCall`` by name.
    """
    row = HelpCall(
        code=random_code(_CODE_LENGTH), organisation_id=organisation_id, state=CallState.DRAFT,
        starts_at=starts_at, ends_at=ends_at, consent_kind=consent_kind, consent_on=consent_on,
        created_at=now, created_by_id=actor_id, **words,
    )  # fmt: skip
    session.add(row)
    session.flush()
    note(
        session, action="help_call.written", subject_kind="help_call", subject_id=row.id, now=now,
        actor_id=actor_id, actor_name=actor_name, code=row.code,
    )  # fmt: skip
    return row


def change_call(
    session: Session,
    *,
    call_id: int,
    words: dict[str, str],
    starts_at: datetime,
    ends_at: datetime,
    consent_kind: str,
    consent_on: date | None,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
    undoes_id: int | None = None,
) -> HelpCall:
    """Change what a call says, its time or its place; those who pledged are told of a new time.

    Raises:
        IllegalCallMove: it was cancelled.
    """
    row = help_call(session, call_id, to_change=True)
    if row.state == CallState.CANCELLED:
        raise IllegalCallMove(state=row.state)
    before: dict[str, Any] = {name: getattr(row, name) for name in words}
    before |= {
        "starts_at": row.starts_at.isoformat(), "ends_at": row.ends_at.isoformat(),
        "consent_kind": row.consent_kind,
        "consent_on": row.consent_on.isoformat() if row.consent_on else None,
    }  # fmt: skip
    moved = row.starts_at != starts_at
    for name, value in words.items():
        setattr(row, name, value)
    row.starts_at, row.ends_at = starts_at, ends_at
    touch(session, "calls")
    row.consent_kind, row.consent_on = consent_kind, consent_on
    if moved:
        for pledge_id in _waiting(session, call_id):
            record(session, PledgeDue(pledge_id), now, due_at=max(now, remind_at(starts_at)))
    note(
        session, action="help_call.changed", subject_kind="help_call", subject_id=row.id, now=now,
        actor_id=actor_id, actor_name=actor_name, undoes_id=undoes_id, code=row.code,
        before=before,
    )  # fmt: skip
    return row


def _waiting(session: Session, call_id: int) -> list[int]:
    return list(
        session.scalars(
            select(Pledge.id)
            .where(Pledge.call_id == call_id, Pledge.state == PledgeState.OFFERED)
            .order_by(Pledge.id)
        )
    )


def add_need(
    session: Session,
    *,
    call_id: int,
    kind: str,
    words_vi: str,
    words_en: str,
    unit_vi: str,
    unit_en: str,
    wanted: int,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
) -> HelpNeed:
    """Add a line of what is needed.

    Raises:
        TooManyNeeds, IllegalCallMove
    """
    call = help_call(session, call_id, to_change=True)
    if call.state == CallState.CANCELLED:
        raise IllegalCallMove(state=call.state)
    if len(needs_of(session, call_id)) >= MOST_NEEDS:
        raise TooManyNeeds(most=MOST_NEEDS)
    row = HelpNeed(
        call_id=call_id, kind=kind, words_vi=words_vi, words_en=words_en, unit_vi=unit_vi,
        unit_en=unit_en, wanted=wanted, pledged=0,
    )  # fmt: skip
    session.add(row)
    session.flush()
    note(
        session, action="help_need.added", subject_kind="help_call", subject_id=call_id, now=now,
        actor_id=actor_id, actor_name=actor_name, need_id=row.id, wanted=wanted, code=call.code,
    )  # fmt: skip
    return row


def resize_need(
    session: Session, *, call_id: int, need_id: int, wanted: int, actor_id: int | None,
    actor_name: str, now: datetime, undoes_id: int | None = None,
) -> None:  # fmt: skip
    """Ask for more or fewer of something; 0 takes the line away.

    Raises:
        NotYours, NeedPledged: more than that was promised already.
    """
    need = one_at_a_time(session, HelpNeed, need_id)
    if need is None or need.call_id != call_id:
        raise NotYours
    if wanted < need.pledged or (wanted == 0 and _was_pledged(session, need_id)):
        raise NeedPledged(pledged=need.pledged, unit_vi=need.unit_vi, unit_en=need.unit_en)
    before = need.wanted
    if wanted:
        need.wanted = wanted
    else:
        session.execute(delete(HelpNeed).where(HelpNeed.id == need_id))
        session.expunge(need)
    note(
        session, action="help_need.resized" if wanted else "help_need.removed",
        subject_kind="help_call", subject_id=call_id, now=now, actor_id=actor_id,
        actor_name=actor_name, undoes_id=undoes_id, need_id=need_id, before=before, wanted=wanted,
        code=help_call(session, call_id).code,
    )  # fmt: skip


def _was_pledged(session: Session, need_id: int) -> bool:
    return session.scalar(select(Pledge.id).where(Pledge.need_id == need_id).limit(1)) is not None


def open_call(
    session: Session, *, call_id: int, actor_id: int | None, actor_name: str, now: datetime,
    undoes_id: int | None = None,
) -> HelpCall:  # fmt: skip
    """Show a call to everybody.

    Raises:
        IllegalCallMove, CallNotReady
    """
    row = _moved(session, call_id, CallState.OPEN)
    needs = len(needs_of(session, call_id))
    missing = missing_for_opening(needs, row.starts_at, row.consent_kind, now)
    if missing is not None:
        raise CallNotReady(missing=missing)
    row.state, row.opened_at = CallState.OPEN, now
    note(
        session, action="help_call.opened", subject_kind="help_call", subject_id=row.id, now=now,
        actor_id=actor_id, actor_name=actor_name, undoes_id=undoes_id, code=row.code,
    )  # fmt: skip
    return row


def hide_call(
    session: Session, *, call_id: int, actor_id: int | None, actor_name: str, now: datetime,
    undoes_id: int | None = None,
) -> HelpCall:  # fmt: skip
    """Take the opening of a call back while nobody has pledged.

    Raises:
        IllegalCallMove: somebody has, or it is not open.
    """
    row = help_call(session, call_id, to_change=True)
    pledged = session.scalar(select(Pledge.id).where(Pledge.call_id == call_id).limit(1))
    if row.state != CallState.OPEN or pledged is not None:
        raise IllegalCallMove(state=row.state)
    row.state, row.opened_at = CallState.DRAFT, None
    touch(session, "calls")
    note(
        session, action="help_call.hidden", subject_kind="help_call", subject_id=row.id, now=now,
        actor_id=actor_id, actor_name=actor_name, undoes_id=undoes_id, code=row.code,
    )  # fmt: skip
    return row


def cancel_call(
    session: Session, *, call_id: int, reason: str, actor_id: int | None, actor_name: str,
    now: datetime, undoes_id: int | None = None,
) -> HelpCall:  # fmt: skip
    """Call it off; everybody who pledged and left a mail address is told why.

    Raises:
        IllegalCallMove
    """
    row = _moved(session, call_id, CallState.CANCELLED)
    row.state, row.cancelled_at, row.cancel_reason = CallState.CANCELLED, now, reason
    note(
        session, action="help_call.cancelled", subject_kind="help_call", subject_id=row.id,
        now=now, actor_id=actor_id, actor_name=actor_name, undoes_id=undoes_id, code=row.code,
    )  # fmt: skip
    if row.opened_at is not None:
        record(session, HelpCallCancelled(row.id), now)
    return row


def resume_call(
    session: Session, *, call_id: int, actor_id: int | None, actor_name: str, now: datetime,
    undoes_id: int | None = None,
) -> HelpCall:  # fmt: skip
    """Take a cancelling back: it is as before, open or a draft. What was mailed stays mailed.

    Raises:
        IllegalCallMove: it is not cancelled.
    """
    row = help_call(session, call_id, to_change=True)
    if row.state != CallState.CANCELLED:
        raise IllegalCallMove(state=row.state)
    row.state = CallState.OPEN if row.opened_at is not None else CallState.DRAFT
    row.cancelled_at, row.cancel_reason = None, ""
    touch(session, "calls")
    note(
        session, action="help_call.resumed", subject_kind="help_call", subject_id=row.id, now=now,
        actor_id=actor_id, actor_name=actor_name, undoes_id=undoes_id, code=row.code,
    )  # fmt: skip
    return row


def thank_for_call(
    session: Session, *, call_id: int, thanks_vi: str, thanks_en: str, actor_id: int | None,
    actor_name: str, now: datetime,
) -> HelpCall:  # fmt: skip
    """Write what came of it; everybody who came is thanked by mail, once.

    Raises:
        IllegalCallMove: it is not open. NotYetBegun
    """
    row = help_call(session, call_id, to_change=True)
    if row.state != CallState.OPEN:
        raise IllegalCallMove(state=row.state)
    if now < row.starts_at:
        raise NotYetBegun
    first = row.thanked_at is None
    row.thanks_vi, row.thanks_en, row.thanked_at = thanks_vi, thanks_en, row.thanked_at or now
    note(
        session, action="help_call.thanked", subject_kind="help_call", subject_id=row.id, now=now,
        actor_id=actor_id, actor_name=actor_name, code=row.code,
    )  # fmt: skip
    if first:
        record(session, HelpCallThanked(row.id), now)
    return row


def _moved(session: Session, call_id: int, to: CallState) -> HelpCall:
    row = help_call(session, call_id, to_change=True)
    touch(session, "calls")
    if not may_move_call(row.state, to):
        raise IllegalCallMove(state=row.state)
    return row


def pledge(
    session: Session,
    *,
    call_id: int,
    need_id: int,
    quantity: int,
    contact: dict[str, Any],
    shown_name: str,
    stated_value_vnd: int | None = None,
    attempt_id: str,
    locale: str,
    written_by_id: int | None = None,
    now: datetime,
) -> Pledge:
    """Promise something; the same form sent again returns what it promised the first time.

    What is left of the need is checked and taken in one statement, so that of two who want
    the last place one gets it.

    Args:
        contact: {"name", "phone", "email", "note"}, sealed here.

    Raises:
        CallNotOpen, NeedFull, NotYours: nothing is stored.
    """
    # Shared: many pledge at once, and whoever cancels waits for them or they for her.
    call = session.get(HelpCall, call_id, with_for_update={"read": True}, populate_existing=True)
    if call is None:
        raise NotYours
    nonce = secrets.token_hex(16)
    key = vault().new_key()
    pledge_id = session.scalar(
        upsert_into(session, Pledge)
        .values(
            call_id=call_id, need_id=need_id, attempt_id=attempt_id, link_nonce=nonce,
            link_digest=token_digest(private_token("pledge", signing_keys()[0], nonce)),
            quantity=quantity, stated_value_vnd=stated_value_vnd, state=PledgeState.OFFERED,
            data_key=key, contact=vault().seal(key, contact), shown_name=shown_name, locale=locale,
            pledged_at=now, written_by_id=written_by_id, changed_at=now,
            changed_by_id=written_by_id,
        )
        .on_conflict_do_nothing(index_elements=["attempt_id"])
        .returning(Pledge.id)
    )  # fmt: skip
    if pledge_id is None:
        return session.scalars(select(Pledge).where(Pledge.attempt_id == attempt_id)).one()
    if not takes_pledges(call.state, call.starts_at, now):
        raise CallNotOpen
    _take(session, call_id, need_id, quantity)
    touch(session, "calls")
    record(session, PledgeMade(pledge_id), now)
    record(session, PledgeDue(pledge_id), now, due_at=max(now, remind_at(call.starts_at)))
    return session.get_one(Pledge, pledge_id)


def pledge_for(
    session: Session,
    *,
    call_id: int,
    need_id: int,
    quantity: int,
    contact: dict[str, Any],
    shown_name: str = "",
    stated_value_vnd: int | None = None,
    attempt_id: str,
    locale: str,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
) -> Pledge:
    """Write down what somebody promised on the phone; once for each attempt.

    Raises:
        CallNotOpen, NeedFull, NotYours: nothing is stored.
    """
    known = pledge_of_attempt(session, attempt_id)
    if known is not None:
        return known
    row = pledge(
        session, call_id=call_id, need_id=need_id, quantity=quantity, contact=contact,
        shown_name=shown_name, stated_value_vnd=stated_value_vnd, attempt_id=attempt_id,
        locale=locale, written_by_id=actor_id, now=now,
    )  # fmt: skip
    note(
        session, action="pledge.written", subject_kind="help_call", subject_id=call_id, now=now,
        actor_id=actor_id, actor_name=actor_name, pledge_id=row.id,
        code=help_call(session, call_id).code,
    )  # fmt: skip
    return row


def _take(session: Session, call_id: int, need_id: int, quantity: int) -> None:
    taken = session.scalar(
        update(HelpNeed)
        .where(
            HelpNeed.id == need_id,
            HelpNeed.call_id == call_id,
            HelpNeed.pledged + quantity <= HelpNeed.wanted,
        )
        .values(pledged=HelpNeed.pledged + quantity)
        .returning(HelpNeed.id)
    )
    if taken is None:
        need = session.get(HelpNeed, need_id, populate_existing=True)
        if need is None or need.call_id != call_id:
            raise NotYours
        raise NeedFull(left=need.wanted - need.pledged, unit_vi=need.unit_vi, unit_en=need.unit_en)


def withdraw(session: Session, *, pledge_id: int, by_id: int | None, now: datetime) -> Pledge:
    """Give a place back: she cannot come. The organiser is told.

    Raises:
        IllegalPledgeMove
    """
    row = _pledge_to(session, pledge_id, PledgeState.WITHDRAWN)
    _to_state(row, PledgeState.WITHDRAWN, by_id, now)
    session.execute(
        update(HelpNeed)
        .where(HelpNeed.id == row.need_id)
        .values(pledged=HelpNeed.pledged - row.quantity)
    )
    touch(session, "calls")
    record(session, PledgeWithdrawn(row.id), now)
    return row


def withdraw_for(
    session: Session,
    *,
    call_id: int,
    pledge_id: int,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
) -> Pledge:
    """Give a place back for somebody who rang.

    Raises:
        NotYours, IllegalPledgeMove
    """
    found = session.get(Pledge, pledge_id)
    if found is None or found.call_id != call_id:
        raise NotYours
    row = withdraw(session, pledge_id=pledge_id, by_id=actor_id, now=now)
    note(
        session, action="pledge.withdrawn", subject_kind="help_call", subject_id=call_id,
        now=now, actor_id=actor_id, actor_name=actor_name, pledge_id=pledge_id,
        code=help_call(session, call_id).code,
    )  # fmt: skip
    return row


def note_who_came(
    session: Session,
    *,
    call_id: int,
    pledge_id: int,
    to: PledgeState,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
) -> Pledge:
    """Note that somebody came or did not; "offered" takes a wrong tap back.

    Raises:
        NotYours, NotYetBegun, IllegalPledgeMove
    """
    call = help_call(session, call_id)
    row = _pledge_to(session, pledge_id, to)
    if row.call_id != call_id:
        raise NotYours
    if now < call.starts_at:
        raise NotYetBegun
    _to_state(row, to, actor_id, now)
    note(
        session, action=f"pledge.{to}", subject_kind="help_call", subject_id=call_id, now=now,
        actor_id=actor_id, actor_name=actor_name, pledge_id=pledge_id, code=call.code,
    )  # fmt: skip
    return row


def _pledge_to(session: Session, pledge_id: int, to: PledgeState) -> Pledge:
    row = one_at_a_time(session, Pledge, pledge_id)
    if row is None:
        raise NotYours
    if not may_move_pledge(row.state, to):
        raise IllegalPledgeMove(state=row.state)
    return row


def _to_state(row: Pledge, to: PledgeState, by_id: int | None, now: datetime) -> None:
    row.state, row.changed_at, row.changed_by_id = to, now, by_id


def forget_helpers(session: Session, now: datetime, limit: int = 200) -> int:
    """Drop names and numbers of those who helped long ago; return how many."""
    old = session.scalars(
        select(Pledge.id)
        .join(HelpCall, HelpCall.id == Pledge.call_id)
        .where(HelpCall.ends_at < now - KEEP_CONTACTS, Pledge.data_key != b"")
        .order_by(Pledge.id)
        .limit(limit)
    ).all()
    if old:
        session.execute(
            update(Pledge)
            .where(Pledge.id.in_(old))
            .values(data_key=b"", contact=b"", shown_name="")
        )
    return len(old)
