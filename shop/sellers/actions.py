"""Member businesses are entered, changed, opened and closed. Each act leaves an audit line."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from shop.audit.actions import note
from shop.db import touch
from shop.kernel.clock import vietnam_date
from shop.kernel.text import nfc, one_line, slug
from shop.organisations.queries import organisation, path_of
from shop.organisations.rules import UnitEnded
from shop.outbox.relay import record
from shop.places.queries import ward
from shop.sellers.bank_accounts import change_bank_account, restore_bank_account
from shop.sellers.events import SellerChanged
from shop.sellers.members import appoint_member, dismiss_member
from shop.sellers.models import Seller, SellerApplication
from shop.sellers.queries import members_of, payee_of, seller
from shop.sellers.rules import (
    MOST_DAYS_AWAY,
    AwayTooLong,
    MissingForApproval,
    NothingToClose,
    UnknownWard,
    initials_of,
)

__all__ = [
    "appoint_member",
    "approve_seller",
    "change_bank_account",
    "close_seller",
    "create_seller",
    "dismiss_member",
    "edit_seller",
    "end_holidays",
    "go_away",
    "reopen_seller",
    "restore_bank_account",
    "unapprove_seller",
]

#: Fields that ``edit_seller`` changes, with the most characters of one-line ones (0: several lines).
EDITABLE: dict[str, int | None] = {
    "name_vi": 120, "name_en": 120, "person": 120, "phone": 20, "hamlet_vi": 120,
    "hamlet_en": 120, "sentence_vi": 300, "sentence_en": 300, "checked_vi": 300,
    "checked_en": 300, "initials": 3, "story_vi": 0, "story_en": 0, "dispatch_vi": 0,
    "dispatch_en": 0, "returns_vi": 0, "returns_en": 0, "since_year": None,
    "blind_makers": None, "lead_days_min": None, "lead_days_max": None,
    "paid_through_organisation": None, "entity_kind": 20, "picture_id": None,
}  # fmt: skip

#: The same member business entered again so soon is a form that came twice.
SENT_AGAIN_WITHIN = timedelta(hours=1)


def create_seller(
    session: Session,
    *,
    organisation_id: int,
    name_vi: str,
    name_en: str = "",
    entity_kind: str,
    person: str,
    phone: str,
    ward_code: str,
    hamlet_vi: str = "",
    hamlet_en: str = "",
    actor_id: int | None,
    actor_name: str,
    now: datetime,
    **more: Any,
) -> Seller:
    """Enter a member business. Buyers see it once it is approved.

    The same one again within an hour is the one that stands: the form came twice.

    Args:
        phone: E.164, shown to buyers.
        more: further fields of ``EDITABLE``.

    Raises:
        UnitEnded, UnknownWard
    """
    unit = organisation(session, organisation_id)
    if unit.valid_to is not None and unit.valid_to < vietnam_date(now):
        raise UnitEnded
    place = ward(session, ward_code)
    if place is None:
        raise UnknownWard
    name = one_line(name_vi)[:120]
    before = session.scalar(
        select(Seller).where(
            Seller.organisation_id == organisation_id, Seller.name_vi == name,
            Seller.phone == phone, Seller.ward_code == place.code, Seller.closed_at.is_(None),
            Seller.created_at > now - SENT_AGAIN_WITHIN,
        )
    )  # fmt: skip
    if before is not None:
        return before
    row = Seller(
        slug=_free_slug(session, name),
        organisation_id=organisation_id,
        organisation_path=path_of(session, organisation_id),
        entity_kind=entity_kind,
        name_vi=name,
        name_en=one_line(name_en)[:120] or name,
        initials=initials_of(name),
        person=one_line(person)[:120],
        phone=phone,
        hamlet_vi=one_line(hamlet_vi)[:120],
        hamlet_en=one_line(hamlet_en)[:120],
        ward_code=place.code,
        province_code=place.province_code,
        ward_name=place.full_name,
        province_name=place.province_name,
        region=place.region,
        created_at=now,
    )
    for field, value in more.items():
        setattr(row, field, _clean(field, value))
    session.add(row)
    session.flush()
    note(
        session, action="seller.created", subject_kind="seller", subject_id=row.id, now=now,
        actor_id=actor_id, actor_name=actor_name, name=name, organisation_id=organisation_id,
    )  # fmt: skip
    return row


def edit_seller(
    session: Session,
    *,
    seller_id: int,
    changes: dict[str, Any],
    actor_id: int | None,
    actor_name: str,
    now: datetime,
    ward_code: str | None = None,
    for_id: int | None = None,
    for_name: str | None = None,
    undoes_id: int | None = None,
) -> Seller:
    """Change what a seller's page says. The audit line keeps what stood there before.

    Args:
        changes: values for fields of ``EDITABLE``; others are a bug.
        ward_code: where parcels start from now on.

    Raises:
        UnknownWard
    """
    row = seller(session, seller_id, to_change=True)
    before: dict[str, Any] = {}
    for field, value in changes.items():
        wanted = _clean(field, value)
        if getattr(row, field) != wanted:
            before[field] = getattr(row, field)
            setattr(row, field, wanted)
    if ward_code is not None and ward_code != row.ward_code:
        place = ward(session, ward_code)
        if place is None:
            raise UnknownWard
        before["ward_code"] = row.ward_code
        row.ward_code, row.ward_name = place.code, place.full_name
        row.province_code, row.province_name = place.province_code, place.province_name
        row.region = place.region
    if before:
        row.version += 1
        _tell(session, row, "edited", now)
        note(
            session, action="seller.edited", subject_kind="seller", subject_id=row.id, now=now,
            actor_id=actor_id, actor_name=actor_name, for_id=for_id, for_name=for_name,
            undoes_id=undoes_id, name=row.name_vi, before=before,
        )  # fmt: skip
    return row


def approve_seller(
    session: Session,
    *,
    seller_id: int,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
    checked_vi: str = "",
    checked_en: str = "",
    undoes_id: int | None = None,
) -> Seller:
    """Open a stall to buyers, once somebody is responsible for it and money can reach it.

    Args:
        checked_vi: what was checked, by whom, on which date; the page shows it.

    Raises:
        NothingToClose, MissingForApproval
    """
    row = seller(session, seller_id, to_change=True)
    if row.approved_at is not None:
        raise NothingToClose
    if payee_of(session, seller_id) is None:
        raise MissingForApproval(what="bank")
    if not any(member.role == "owner" for member in members_of(session, seller_id, now)):
        raise MissingForApproval(what="member")
    row.approved_at, row.approved_by_id = now, actor_id
    if checked_vi:
        row.checked_vi, row.checked_en = one_line(checked_vi)[:300], one_line(checked_en)[:300]
    row.version += 1
    _application_follows(session, row, ("preparing", "sent", "again"), "approved", now)
    _tell(session, row, "approved", now)
    note(
        session, action="seller.approved", subject_kind="seller", subject_id=row.id, now=now,
        actor_id=actor_id, actor_name=actor_name, undoes_id=undoes_id, name=row.name_vi,
    )  # fmt: skip
    return row


def unapprove_seller(
    session: Session,
    *,
    seller_id: int,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
    undoes_id: int | None = None,
) -> Seller:
    """Take an approval back: the stall is prepared again and buyers do not see it.

    Raises:
        NothingToClose
    """
    row = seller(session, seller_id, to_change=True)
    if row.approved_at is None:
        raise NothingToClose
    row.approved_at = row.approved_by_id = None
    row.version += 1
    _application_follows(session, row, ("approved",), "sent", now)
    _tell(session, row, "closed", now)
    note(
        session, action="seller.unapproved", subject_kind="seller", subject_id=row.id, now=now,
        actor_id=actor_id, actor_name=actor_name, undoes_id=undoes_id, name=row.name_vi,
    )  # fmt: skip
    return row


def close_seller(
    session: Session,
    *,
    seller_id: int,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
    reason: str = "",
    undoes_id: int | None = None,
) -> Seller:
    """Take a stall off the market at once. Orders under way are still finished.

    Raises:
        NothingToClose
    """
    row = seller(session, seller_id, to_change=True)
    if row.closed_at is not None:
        raise NothingToClose
    row.closed_at = now
    row.version += 1
    _tell(session, row, "closed", now)
    note(
        session, action="seller.closed", subject_kind="seller", subject_id=row.id, now=now,
        actor_id=actor_id, actor_name=actor_name, undoes_id=undoes_id, name=row.name_vi,
        reason=one_line(reason)[:300],
    )  # fmt: skip
    return row


def reopen_seller(
    session: Session,
    *,
    seller_id: int,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
    undoes_id: int | None = None,
) -> Seller:
    """Put a closed stall back on the market.

    Raises:
        NothingToClose, UnitEnded
    """
    row = seller(session, seller_id, to_change=True)
    if row.closed_at is None:
        raise NothingToClose
    if organisation(session, row.organisation_id).valid_to is not None:
        raise UnitEnded
    row.closed_at = None
    row.version += 1
    _tell(session, row, "reopened", now)
    note(
        session, action="seller.reopened", subject_kind="seller", subject_id=row.id, now=now,
        actor_id=actor_id, actor_name=actor_name, undoes_id=undoes_id, name=row.name_vi,
    )  # fmt: skip
    return row


def go_away(
    session: Session, *, seller_id: int, until: date | None, actor_id: int | None,
    actor_name: str, now: datetime,
) -> bool:  # fmt: skip
    """Take a holiday until a day has ended, or come back today (None). False: it was so before.

    Raises:
        AwayTooLong
    """
    row, today = seller(session, seller_id, to_change=True), vietnam_date(now)
    if until is not None and not 0 <= (until - today).days <= MOST_DAYS_AWAY:
        raise AwayTooLong(most=MOST_DAYS_AWAY)
    if row.away_until == until:
        return False
    row.away_until = until
    row.version += 1
    _tell(session, row, "edited", now)
    note(
        session, action="seller.away", subject_kind="seller", subject_id=row.id, now=now,
        actor_id=actor_id, actor_name=actor_name, name=row.name_vi,
        until=until.isoformat() if until else None,
    )  # fmt: skip
    return True


def end_holidays(session: Session, now: datetime) -> int:
    """Let the pages of those who are back be made anew; return how many.

    Orders are taken from the first hour of the day after: whoever asks looks at the day itself.
    """
    over = session.scalars(
        select(Seller.id).where(Seller.away_until < vietnam_date(now)).order_by(Seller.id)
    ).all()
    for seller_id in over:
        go_away(session, seller_id=seller_id, until=None, actor_id=None, actor_name="", now=now)
    return len(over)


def _application_follows(
    session: Session, row: Seller, states: tuple[str, ...], to: str, now: datetime
) -> None:
    """Let the application of a stall that came by one stand as the stall does."""
    session.execute(
        update(SellerApplication)
        .where(SellerApplication.seller_id == row.id, SellerApplication.state.in_(states))
        .values(state=to, answered_at=now, answer="")
    )


def _tell(session: Session, row: Seller, what: str, now: datetime) -> None:
    touch(session, "catalogue")
    record(session, SellerChanged(seller_id=row.id, what=what), now)


def _clean(field: str, value: Any) -> Any:
    most = EDITABLE[field]
    if most is None or not isinstance(value, str):
        return value
    return one_line(value)[:most] if most else nfc(value)


def _free_slug(session: Session, name: str) -> str:
    """Return an address part that no seller has yet."""
    base = slug(name, 70) or "nguoi-ban"
    taken = set(
        session.scalars(select(Seller.slug).where(Seller.slug.startswith(base, autoescape=True)))
    )
    free = (base, *(f"{base}-{n}" for n in range(2, len(taken) + 3)))
    return next(candidate for candidate in free if candidate not in taken)
