"""The letters around a call for help: to those who pledged, and to those who organise."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.kernel.clock import remind_at
from shop.mutual_aid.models import HelpCall, HelpNeed, Pledge
from shop.mutual_aid.queries import contact_of, pledge_token
from shop.mutual_aid.rules import CallState, PledgeState
from shop.notifications.letters import link
from shop.notifications.mailing import Letter, write
from shop.notifications.queries import Reader, readers_below, readers_with_right
from shop.organisations.models import Organisation
from shop.organisations.telling.models import Announcement


def _facts(session: Session, row: Pledge) -> dict[str, Any]:
    return {
        "pledge": row, "call": session.get_one(HelpCall, row.call_id),
        "need": session.get_one(HelpNeed, row.need_id),
        "address": link(f"/gop/{pledge_token(row)}", row.locale),
    }  # fmt: skip


def _reader(row: Pledge) -> Reader | None:
    said = contact_of(row)
    if not said["email"]:
        return None
    return Reader(f"pledge:{row.id}", said["name"], said["email"], row.locale)


def _to_helper(session: Session, row: Pledge | None, kind: str, key: str) -> list[Letter]:
    reader = _reader(row) if row is not None else None
    if row is None or reader is None:
        return []
    return [write("pledge", key, reader, kind=kind, **_facts(session, row))]


def of_pledge(session: Session, pledge_id: int) -> list[Letter]:
    """To whoever pledged: what she promised, with her private link."""
    return _to_helper(session, session.get(Pledge, pledge_id), "made", f"pledge:{pledge_id}")


def of_withdrawal(session: Session, pledge_id: int, now: datetime) -> list[Letter]:
    """To the organisers: a place is free again."""
    row = session.get(Pledge, pledge_id)
    if row is None:
        return []
    facts = _facts(session, row)
    name = contact_of(row)["name"]
    unit = facts["call"].organisation_id
    return [
        write(
            "pledge_withdrawn", f"pledge-withdrawn:{pledge_id}", reader, **{
                **facts, "name": name,
                "address": link(f"/dieu-hanh/giup-nhau/{row.call_id}", reader.locale),
            },
        )
        for reader in readers_with_right(session, "run_calls", unit, now)
    ]  # fmt: skip


def of_due_pledge(session: Session, pledge_id: int, now: datetime) -> list[Letter]:
    """To whoever pledged, the evening before; nothing when she withdrew or the day has moved on."""
    row = session.get(Pledge, pledge_id)
    call = session.get(HelpCall, row.call_id) if row is not None else None
    if row is None or call is None or row.state != PledgeState.OFFERED:
        return []
    if call.state != CallState.OPEN or not remind_at(call.starts_at) <= now < call.starts_at:
        return []
    return _to_helper(session, row, "due", f"pledge-due:{pledge_id}:{call.starts_at:%Y%m%d%H%M}")


def of_cancelled_call(session: Session, call_id: int) -> list[Letter]:
    """To everybody who pledged: it does not take place."""
    return _to_all(session, call_id, PledgeState.OFFERED, "cancelled")


def of_thanks(session: Session, call_id: int) -> list[Letter]:
    """To everybody who came."""
    return _to_all(session, call_id, PledgeState.CAME, "thanked")


def _to_all(session: Session, call_id: int, state: str, kind: str) -> list[Letter]:
    rows = session.scalars(
        select(Pledge).where(Pledge.call_id == call_id, Pledge.state == state).order_by(Pledge.id)
    )
    return [
        letter
        for row in rows
        for letter in _to_helper(session, row, kind, f"pledge-{kind}:{row.id}")
    ]


def of_announcement(session: Session, announcement_id: int, now: datetime) -> list[Letter]:
    """To everybody below a unit: what it tells them; nothing once it was taken back."""
    row = session.get(Announcement, announcement_id)
    if row is None or row.taken_back_at is not None:
        return []
    unit = session.get_one(Organisation, row.organisation_id)
    return [
        write(
            "announcement", f"announcement:{row.id}", reader, row=row, unit=unit,
            address=link("/tai-khoan/thong-bao", reader.locale),
        )
        for reader in readers_below(session, row.organisation_id, now)
    ]  # fmt: skip
