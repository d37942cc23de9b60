"""Owners let others help at their stall, and everything that these do is read back to them."""

from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

from flask import Flask, current_app, g, has_request_context, request
from flask_login import current_user
from sqlalchemy import select, update
from sqlalchemy.orm import Session, aliased

from shop.accounts.models import Account
from shop.accounts.queries import account
from shop.audit.actions import note
from shop.current import vault
from shop.db import before_commit, on_commit
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.errors import NotYours
from shop.kernel.text import one_line
from shop.outbox.relay import record
from shop.sellers.events import HelperActed, HelperChanged
from shop.sellers.helping_rules import (
    HEARD,
    NOT_TOLD,
    REVOKED_BY,
    AlreadyHelps,
    ConsentMissing,
    HelpEnded,
    NotHerself,
    end_of,
    granted,
)
from shop.sellers.models import HelperAct, HelperGrant
from shop.sellers.queries import holding, members_of, seller
from shop.web.guards import SAFE

#: Says what an act came to, from above: (session, stall, endpoint, its arguments) -> facts.
Describe = Callable[[Session, int, str, dict[str, Any]], dict[str, Any]]


def grant_help(
    session: Session,
    *,
    seller_id: int,
    helper_id: int,
    owner_id: int,
    rights: Sequence[str],
    last_day: date,
    consent_kind: str,
    consent_on: date,
    consent_note: str = "",
    consent_file: tuple[str, bytes] | None = None,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
) -> HelperGrant:
    """Let a person do named things at a stall until the end of a day.

    Args:
        consent_kind: "own" when the owner herself grants it, else what an officer heard or saw.
        consent_file: (ending, bytes) of her voice or of the paper.

    Raises:
        NotYours: nobody owns the stall by that id.
        NotHerself, AlreadyHelps, NoRightNamed, HelpTooLong, ConsentMissing
    """
    row = seller(session, seller_id, to_change=True)
    people = members_of(session, seller_id, now)
    if owner_id not in {one.account_id for one in people if one.role == "owner"}:
        raise NotYours
    if helper_id in {one.account_id for one in people}:
        raise NotHerself
    if is_helping(session, seller_id, helper_id, now):
        raise AlreadyHelps
    is_own = consent_kind == "own" and actor_id == owner_id
    if not (is_own or consent_kind in HEARD) or consent_on > vietnam_date(now):
        raise ConsentMissing
    ends_at = end_of(last_day)
    person = account(session, helper_id)
    key = vault().new_key() if consent_file else None
    grant = HelperGrant(
        seller_id=seller_id, helper_id=helper_id, owner_id=owner_id,
        rights=granted(list(rights), ends_at=ends_at, now=now), starts_at=now, ends_at=ends_at,
        consent_kind=consent_kind, consent_on=consent_on, recorded_by_id=actor_id,
        recorded_by_name=actor_name, consent_note=one_line(consent_note)[:300],
        data_key=key, consent_file=key and consent_file and _sealed(key, consent_file[1]),
        consent_file_kind=consent_file[0] if consent_file else "",
    )  # fmt: skip
    session.add(grant)
    session.flush()
    record(session, HelperChanged(grant_id=grant.id, what="granted"), now)
    note(
        session, action="seller.helper_granted", subject_kind="seller", subject_id=row.id, now=now,
        actor_id=actor_id, actor_name=actor_name, for_id=helper_id, for_name=person.name,
        name=row.name_vi, grant_id=grant.id, rights=grant.rights, last_day=last_day.isoformat(),
        consent=consent_kind, consent_on=consent_on.isoformat(),
    )  # fmt: skip
    return grant


def revoke_help(
    session: Session,
    *,
    seller_id: int,
    grant_id: int,
    how: str,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
    undoes_id: int | None = None,
) -> HelperGrant:
    """End somebody's help at once: her next page is not there any more.

    Args:
        how: of ``REVOKED_BY``.

    Raises:
        NotYours: this stall has no such leave.
        HelpEnded
    """
    if how not in REVOKED_BY:
        raise ValueError(f"{how!r} is no way to end it.")
    row = seller(session, seller_id, to_change=True)
    grant = session.get(HelperGrant, grant_id, populate_existing=True)
    if grant is None or grant.seller_id != seller_id:
        raise NotYours
    if grant.revoked_at is not None or grant.ends_at <= now:
        raise HelpEnded
    grant.revoked_at, grant.revoked_by_id, grant.revoked_how = now, actor_id, how
    record(session, HelperChanged(grant_id=grant.id, what="revoked"), now)
    note(
        session, action="seller.helper_revoked", subject_kind="seller", subject_id=row.id, now=now,
        actor_id=actor_id, actor_name=actor_name, for_id=grant.helper_id,
        for_name=account(session, grant.helper_id).name, undoes_id=undoes_id, name=row.name_vi,
        grant_id=grant.id, how=how,
    )  # fmt: skip
    return grant


def forget_helper(session: Session, *, account_id: int, now: datetime) -> None:
    """End all help of a person whose account was erased; what was done stays, without her name."""
    session.execute(
        update(HelperGrant)
        .where(HelperGrant.helper_id == account_id, HelperGrant.revoked_at.is_(None))
        .values(revoked_at=now, revoked_how="erased")
    )
    for_her = select(HelperGrant.id).where(HelperGrant.owner_id == account_id)
    for which, nameless in (
        (HelperAct.helper_id == account_id, {"helper_name": ""}),
        (HelperAct.grant_id.in_(for_her), {"owner_name": ""}),
    ):
        session.execute(update(HelperAct).where(which).values(nameless))
    session.execute(
        update(HelperGrant)
        .where(HelperGrant.recorded_by_id == account_id)
        .values(recorded_by_name="")
    )


def _sealed(key: bytes, content: bytes) -> bytes:
    return vault().seal(key, b64encode(content).decode())


def consent_file_of(session: Session, seller_id: int, grant_id: int) -> tuple[str, bytes]:
    """Return (ending, bytes) of what was kept of the owner's consent.

    Raises:
        NotYours: another stall's, or nothing was kept.
    """
    grant = session.get(HelperGrant, grant_id)
    if grant is None or grant.seller_id != seller_id or not (grant.data_key and grant.consent_file):
        raise NotYours
    return grant.consent_file_kind, b64decode(vault().open(grant.data_key, grant.consent_file))


def is_helping(session: Session, seller_id: int, account_id: int, now: datetime) -> bool:
    """Tell whether a person may help at a stall now."""
    found = session.scalar(
        select(HelperGrant.id)
        .where(
            HelperGrant.seller_id == seller_id, HelperGrant.helper_id == account_id, *holding(now)
        )
        .limit(1)
    )
    return found is not None


def grants_of(session: Session, seller_id: int, limit: int = 50) -> Sequence[Any]:
    """Return the leaves to help at a stall with both names, the newest first."""
    helper, owner = aliased(Account), aliased(Account)
    return session.execute(
        select(
            HelperGrant.id, HelperGrant.helper_id, HelperGrant.owner_id, HelperGrant.rights,
            HelperGrant.starts_at, HelperGrant.ends_at, HelperGrant.consent_kind,
            HelperGrant.consent_on, HelperGrant.recorded_by_name, HelperGrant.consent_note,
            HelperGrant.consent_file_kind, HelperGrant.revoked_at, HelperGrant.revoked_how,
            helper.name.label("helper_name"), owner.name.label("owner_name"),
        )
        .join(helper, helper.id == HelperGrant.helper_id)
        .join(owner, owner.id == HelperGrant.owner_id)
        .where(HelperGrant.seller_id == seller_id)
        .order_by(HelperGrant.revoked_at.is_not(None), HelperGrant.id.desc())
        .limit(limit)
    ).all()  # fmt: skip


def acts_of(
    session: Session, seller_id: int, *, grant_id: int | None = None, limit: int = 30
) -> Sequence[HelperAct]:
    """Return what helpers did at a stall, the newest first."""
    wanted = select(HelperAct).where(HelperAct.seller_id == seller_id)
    if grant_id is not None:
        wanted = wanted.where(HelperAct.grant_id == grant_id)
    return session.scalars(wanted.order_by(HelperAct.id.desc()).limit(limit)).all()


def acted_on_order(session: Session, seller_order_id: int) -> dict[int, tuple[str, str]]:
    """Return {account of a helper: (her name, for whom)} of those who acted on an order."""
    rows = session.execute(
        select(HelperAct.helper_id, HelperAct.helper_name, HelperAct.owner_name)
        .where(HelperAct.seller_order_id == seller_order_id)
        .order_by(HelperAct.id)
    )
    return {row.helper_id: (row.helper_name, row.owner_name) for row in rows}


def read_back_with(app: Flask, describe: Describe) -> None:
    """Let an upper room say what an act came to; the owner reads it."""
    app.extensions["helper_acts"] = describe


def init_helping(app: Flask) -> None:
    before_commit(app, _read_back)
    on_commit(app, _was_read_back)

    @app.after_request
    def _the_act_is_over(response: Any) -> Any:
        g.pop("helping", None)  # What is stored about the sign-in afterwards is no act of hers.
        return response


def acted_on(**about: Any) -> None:
    """Say what this request's act concerns when its address does not: {"seller_order_id": 7}."""
    g.helped_act = (request.endpoint or "", about)


def nothing_to_tell() -> None:
    """Let the owner not read of this request: nothing of hers is other than before."""
    g.pop("helping", None)


def _read_back(session: Session) -> None:
    """Write down what a helper does, in the very transaction that does it."""
    if not has_request_context() or "helping" not in g or request.method in SAFE:
        return
    # What a phone noted without a network is named by who takes it in.
    done, about = g.get("helped_act") or (request.endpoint or "", dict(request.view_args or {}))
    if done in NOT_TOLD:
        return
    stall, leave, now = g.stall, g.helping, now_utc()
    session.flush()
    describe: Describe = current_app.extensions.get("helper_acts", lambda *_: {})
    facts = describe(session, stall.id, done, about)
    act = HelperAct(
        seller_id=stall.id, grant_id=leave.grant_id, at=now, helper_id=current_user.id,
        helper_name=current_user.name, owner_name=leave.owner_name, act=done,
        facts=facts, seller_order_id=about.get("seller_order_id"),
    )  # fmt: skip
    session.add(act)
    session.flush()
    record(session, HelperActed(act_id=act.id), now)
    note(
        session, action="seller.helped", subject_kind="seller", subject_id=stall.id, now=now,
        actor_id=current_user.id, actor_name=current_user.name, name=stall.name_vi,
        act=act.act, grant_id=leave.grant_id, came_to=facts,
    )  # fmt: skip


def _was_read_back(_session: Session) -> None:
    if has_request_context() and request.method not in SAFE:
        g.pop("helping", None)  # One request is one act, however many transactions it takes.
