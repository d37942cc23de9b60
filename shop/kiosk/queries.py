"""Reads of machines and of what they printed."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

from shop.kernel.sealing import token_digest
from shop.kiosk.models import Kiosk, PrintJob
from shop.organisations.models import Organisation

#: So many machines stand on an officer's page: those of today.
MOST_KIOSKS = 50


def kiosk_of(session: Session, token: str, now: datetime) -> Kiosk | None:
    """Return the open machine whose browser shows this cookie."""
    if not token:
        return None
    return session.scalar(
        select(Kiosk).where(
            Kiosk.token_digest == token_digest(token), Kiosk.closed_at.is_(None),
            Kiosk.ends_at > now,
        )
    )  # fmt: skip


def open_kiosks(
    session: Session, units: Select[int] | None, now: datetime
) -> list[Row[*tuple[Any, ...]]]:
    """Return the machines of some units (None: all) that are open, the newest first. One query."""
    printed = (
        select(func.count(PrintJob.id))
        .where(PrintJob.kiosk_id == Kiosk.id)
        .correlate(Kiosk)
        .scalar_subquery()
    )
    wanted = (
        select(
            Kiosk.id, Kiosk.name, Kiosk.opened_at, Kiosk.ends_at, Kiosk.organisation_id,
            Organisation.name_vi, Organisation.name_en, printed.label("printed"),
        )
        .join(Organisation, Organisation.id == Kiosk.organisation_id)
        .where(Kiosk.closed_at.is_(None), Kiosk.ends_at > now)
        .order_by(Kiosk.id.desc())
        .limit(MOST_KIOSKS)
    )  # fmt: skip
    if units is not None:
        wanted = wanted.where(Kiosk.organisation_id.in_(units))
    return list(session.execute(wanted))
