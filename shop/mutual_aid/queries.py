"""Reads of calls for help: what visitors see, what organisers see, one pledge by its link."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from shop.current import vault
from shop.db import the_one
from shop.kernel.errors import NotYours
from shop.kernel.sealing import token_digest
from shop.mutual_aid.models import HelpCall, HelpNeed, Pledge
from shop.mutual_aid.rules import CallState, PledgeState, takes_pledges
from shop.organisations.models import Organisation
from shop.web.links import private_token_of

#: Finished calls that the public list shows.
MOST_FINISHED = 30


@dataclass(frozen=True)
class CallPage:
    """A call as visitors read it. ``helpers``: by need, only those who gave a name to show."""

    row: Any
    organisation: Any
    needs: Sequence[Any]
    helpers: dict[int, list[str]]
    #: By need: units of those who came, once somebody noted it.
    came: dict[int, int]
    takes: bool


_SHOWN = (
    HelpCall.id, HelpCall.code, HelpCall.state, HelpCall.title_vi, HelpCall.title_en,
    HelpCall.for_whom_vi, HelpCall.for_whom_en, HelpCall.place_vi, HelpCall.place_en,
    HelpCall.starts_at, HelpCall.ends_at, HelpCall.thanked_at,
)  # fmt: skip


def calls_shown(session: Session, now: datetime) -> tuple[list[Any], list[Any]]:
    """Return (calls to come, the last ones that took place), each with ``needs``: its lines."""
    sums = (
        select(
            HelpNeed.call_id, func.sum(HelpNeed.wanted).label("wanted"),
            func.sum(HelpNeed.pledged).label("pledged"),
        )
        .group_by(HelpNeed.call_id)
        .subquery()
    )  # fmt: skip
    rows = (
        select(*_SHOWN, sums.c.wanted, sums.c.pledged)
        .join(sums, sums.c.call_id == HelpCall.id)
        .where(HelpCall.state == CallState.OPEN)
    )
    coming = session.execute(
        rows.where(HelpCall.ends_at > now).order_by(HelpCall.starts_at, HelpCall.id)
    ).all()
    over = session.execute(
        rows.where(HelpCall.ends_at <= now)
        .order_by(HelpCall.starts_at.desc(), HelpCall.id)
        .limit(MOST_FINISHED)
    ).all()
    return list(coming), list(over)


def call_page(session: Session, code: str, now: datetime) -> CallPage | None:
    """Return a call that was opened, also when it was cancelled since; None for drafts."""
    row = session.scalar(
        select(HelpCall).where(HelpCall.code == code, HelpCall.opened_at.is_not(None))
    )
    if row is None:
        return None
    helpers: dict[int, list[str]] = {}
    came: dict[int, int] = {}
    for need_id, name, quantity, state in session.execute(
        select(Pledge.need_id, Pledge.shown_name, Pledge.quantity, Pledge.state)
        .where(Pledge.call_id == row.id, Pledge.state != PledgeState.WITHDRAWN)
        .order_by(Pledge.id)
    ):
        if state == PledgeState.CAME:
            came[need_id] = came.get(need_id, 0) + quantity
        if name and state != PledgeState.ABSENT:
            helpers.setdefault(need_id, []).append(name)
    return CallPage(
        row=row,
        organisation=session.get_one(Organisation, row.organisation_id),
        needs=needs_of(session, row.id),
        helpers=helpers,
        came=came,
        takes=takes_pledges(row.state, row.starts_at, now),
    )


def needs_of(session: Session, call_id: int) -> Sequence[HelpNeed]:
    return session.scalars(
        select(HelpNeed).where(HelpNeed.call_id == call_id).order_by(HelpNeed.id)
    ).all()


def calls_of(units: Select[int] | None, typed: Sequence[str] = ()) -> Select[*tuple[Any, ...]]:
    """Return the statement of the calls of some units, the next first; None: of all.

    Args:
        typed: folded words; each stands in the title or the place.
    """
    wanted: Select[*tuple[Any, ...]] = (
        select(
            HelpCall.id, HelpCall.code, HelpCall.state, HelpCall.title_vi, HelpCall.title_en,
            HelpCall.starts_at, HelpCall.ends_at, HelpCall.thanked_at,
            Organisation.name_vi.label("unit_vi"), Organisation.name_en.label("unit_en"),
        )
        .join(Organisation, Organisation.id == HelpCall.organisation_id)
        .order_by(HelpCall.starts_at.desc(), HelpCall.id.desc())
    )  # fmt: skip
    if units is not None:
        wanted = wanted.where(HelpCall.organisation_id.in_(units))
    for word in typed:
        pattern = f"%{word}%"
        wanted = wanted.where(or_(HelpCall.title_vi.ilike(pattern), HelpCall.code.ilike(pattern)))
    return wanted


def help_call(session: Session, call_id: int, *, to_change: bool = False) -> HelpCall:
    """Return a call.

    Args:
        to_change: held until the transaction ends.

    Raises:
        NotYours: there is none.
    """
    return the_one(session, HelpCall, call_id, to_change=to_change)


def pledges_of(session: Session, call_id: int) -> list[tuple[Any, dict[str, Any]]]:
    """Return everybody who pledged with what she left: {"name", "phone", "email", "note"}."""
    rows = session.execute(
        select(
            Pledge.id, Pledge.need_id, Pledge.quantity, Pledge.state, Pledge.shown_name,
            Pledge.stated_value_vnd, Pledge.pledged_at, Pledge.written_by_id, Pledge.data_key,
            Pledge.contact, HelpNeed.kind, HelpNeed.words_vi, HelpNeed.words_en, HelpNeed.unit_vi,
            HelpNeed.unit_en,
        )
        .join(HelpNeed, HelpNeed.id == Pledge.need_id)
        .where(Pledge.call_id == call_id)
        .order_by(Pledge.state == PledgeState.WITHDRAWN, Pledge.need_id, Pledge.id)
    ).all()  # fmt: skip
    return [(row, contact_of(row)) for row in rows]


def contact_of(row: Any) -> dict[str, Any]:
    """Open what somebody left with her pledge; empty once it was forgotten."""
    if not row.contact:
        return {"name": "", "phone": None, "email": None, "note": ""}
    return vault().open(row.data_key, row.contact)


def pledge_by_link(session: Session, token: str) -> Pledge:
    """Return the pledge of a private link.

    Raises:
        NotYours
    """
    found = session.scalar(select(Pledge).where(Pledge.link_digest == token_digest(token)))
    if found is None:
        raise NotYours
    return found


def pledge_token(row: Any) -> str:
    """Make the private link's token of a pledge again, for mails."""
    return private_token_of("pledge", row)


def pledge_of_attempt(session: Session, attempt_id: str) -> Pledge | None:
    return session.scalar(select(Pledge).where(Pledge.attempt_id == attempt_id))
