"""Opening and closing machines, giving codes, and printing what waits under one."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from shop.audit.actions import note
from shop.current import vault
from shop.db import one_at_a_time, upsert_into
from shop.kernel.errors import NotYours
from shop.kernel.sealing import token_digest
from shop.kiosk.models import Kiosk, PrintJob
from shop.kiosk.rules import CODE_FOR, LINK_FOR, end_of_day, new_code
from shop.sellers.queries import seller_of_account


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a machine is to print: whose, which, on what."""

    seller_id: int
    parcels: list[int]
    size: str


def open_kiosk(
    session: Session, *, organisation_id: int, name: str, by_link: bool = False,
    actor_id: int | None, actor_name: str, now: datetime,
) -> tuple[Kiosk, str]:  # fmt: skip
    """Let a browser print until midnight; return it with its secret.

    Args:
        by_link: the secret is of an address that makes whoever opens it first the machine;
            else it is the cookie's.
    """
    token = secrets.token_urlsafe(32)
    row = Kiosk(
        organisation_id=organisation_id, name=name, opened_at=now, opened_by_id=actor_id,
        ends_at=end_of_day(now), **{"link_digest" if by_link else "token_digest": token_digest(token)},
    )  # fmt: skip
    session.add(row)
    session.flush()
    note(
        session, action="kiosk.opened", subject_kind="kiosk", subject_id=row.id, now=now,
        actor_id=actor_id, actor_name=actor_name, name=name,
    )  # fmt: skip
    return row, token


def enter_by_link(session: Session, *, link: str, now: datetime) -> tuple[str, datetime] | None:
    """Make this browser the machine of a link: (cookie, until when); None when it was used or is old."""
    token = secrets.token_urlsafe(32)
    ends_at = session.scalar(
        update(Kiosk)
        .where(
            Kiosk.link_digest == token_digest(link), Kiosk.opened_at > now - LINK_FOR,
            Kiosk.closed_at.is_(None), Kiosk.ends_at > now,
        )
        .values(link_digest=None, token_digest=token_digest(token))
        .returning(Kiosk.ends_at)
    )  # fmt: skip
    return None if ends_at is None else (token, ends_at)


def close_kiosk(
    session: Session, *, kiosk_id: int, actor_id: int | None, actor_name: str, now: datetime
) -> bool:
    """Print nothing more at a machine; False when it was closed before.

    Raises:
        NotYours
    """
    row = one_at_a_time(session, Kiosk, kiosk_id)
    if row is None:
        raise NotYours
    if row.closed_at is not None:
        return False
    row.closed_at, row.closed_by_id = now, actor_id
    note(
        session, action="kiosk.closed", subject_kind="kiosk", subject_id=row.id, now=now,
        actor_id=actor_id, actor_name=actor_name, name=row.name,
    )  # fmt: skip
    return True


def give_print_code(
    session: Session, *, seller_id: int, parcels: Sequence[int], size: str, actor_id: int,
    actor_name: str, now: datetime,
) -> str:  # fmt: skip
    """Return six digits by which a machine prints these labels once, within ten minutes.

    Codes that she made before and did not use are worth nothing from now on.
    """
    over = (PrintJob.ends_at <= now) | (PrintJob.seller_id == seller_id)
    session.execute(
        update(PrintJob)
        .where(PrintJob.code_digest.is_not(None), over)
        .values(code_digest=None)
        .execution_options(synchronize_session=False)
    )
    job_id = None
    while job_id is None:  # Digits that stand for another job are taken anew.
        code = new_code()
        job_id = session.scalar(
            upsert_into(session, PrintJob)
            .values(
                seller_id=seller_id, code_digest=_digest(code), parcels=list(parcels), size=size,
                made_at=now, made_by_id=actor_id, ends_at=now + CODE_FOR,
            )
            .on_conflict_do_nothing(index_elements=["code_digest"])
            .returning(PrintJob.id)
        )  # fmt: skip
    note(
        session, action="print_code.given", subject_kind="seller", subject_id=seller_id, now=now,
        actor_id=actor_id, actor_name=actor_name, parcels=len(parcels),
    )  # fmt: skip
    return code


def claim_print_job(session: Session, *, kiosk_id: int, code: str, now: datetime) -> Claimed | None:
    """Take what waits under a code, for good; None when nothing does.

    Of two machines with one code at the same moment one gets it: the code is looked for and
    used up in one statement. A job of somebody who left the stall meanwhile is not printed.
    """
    if not code:
        return None
    job = session.execute(
        update(PrintJob)
        .where(PrintJob.code_digest == _digest(code), PrintJob.ends_at > now)
        .values(code_digest=None, claimed_at=now, kiosk_id=kiosk_id)
        .returning(PrintJob.seller_id, PrintJob.parcels, PrintJob.size, PrintJob.made_by_id)
    ).one_or_none()
    if job is None:
        return None
    stands_in = seller_of_account(session, job.made_by_id, now, job.seller_id)
    if stands_in is None or stands_in.id != job.seller_id:
        return None
    name = session.scalars(select(Kiosk.name).where(Kiosk.id == kiosk_id)).one()
    note(
        session, action="print_code.used", subject_kind="seller", subject_id=job.seller_id,
        now=now, parcels=len(job.parcels), name=name,
    )  # fmt: skip
    return Claimed(job.seller_id, list(job.parcels), job.size)


def _digest(code: str) -> str:
    return vault().index("print-code", code)
