"""Series and sessions are written, copied, changed, shown and cancelled."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from shop.audit.actions import note
from shop.db import touch
from shop.kernel.clock import vietnam_date
from shop.kernel.codes import random_code
from shop.kernel.errors import NotYours
from shop.markets.holidays import holidays
from shop.markets.models import (
    MarketOffer,
    MarketOrder,
    MarketPickup,
    MarketSeries,
    MarketSession,
)
from shop.markets.queries.sessions import last_session, market_series, market_session, pickups_of
from shop.markets.rules.calendar import MarketDay, market_day, read_rule, title_on
from shop.markets.rules.refusals import (
    DayTaken,
    NothingToCopy,
    PickupTaken,
    SeriesEnded,
    SessionMoved,
    SessionNotReady,
    SessionOrdered,
    TooManyPickups,
)
from shop.markets.rules.sessions import (
    MOST_PICKUPS,
    SessionState,
    may_move_session,
    missing_for_showing,
)
from shop.organisations.models import OrganisationClosure
from shop.sellers.models import Payee

_CODE_LENGTH = 8
#: What an officer says of a session, beside its state.
SAID = (
    "title_vi", "title_en", "note_vi", "note_en", "opens_at", "closes_at", "hand_over_at",
    "ends_at", "max_orders", "max_amount_vnd", "collects",
)  # fmt: skip


def write_series(
    session: Session, *, organisation_id: int, title_vi: str, title_en: str, rule: str, shift: str,
    actor_id: int | None, actor_name: str, now: datetime,
) -> MarketSeries:  # fmt: skip
    """Keep a market that comes again. ``rule``: as ``SeriesRule.text``."""
    row = MarketSeries(
        code=random_code(_CODE_LENGTH), organisation_id=organisation_id, title_vi=title_vi,
        title_en=title_en, rule=rule, shift=shift, created_at=now, created_by_id=actor_id,
    )  # fmt: skip
    session.add(row)
    session.flush()
    _note_series(session, "written", row, actor_id, actor_name, now)
    return row


def end_series(
    session: Session, *, series_id: int, actor_id: int | None, actor_name: str, now: datetime,
    undoes_id: int | None = None,
) -> MarketSeries:  # fmt: skip
    """No more sessions come of it; those that are written stay.

    Raises:
        SeriesEnded
    """
    row = market_series(session, series_id, to_change=True)
    if row.ended_at is not None:
        raise SeriesEnded
    row.ended_at = now
    _note_series(session, "ended", row, actor_id, actor_name, now, undoes_id)
    return row


def resume_series(
    session: Session, *, series_id: int, actor_id: int | None, actor_name: str, now: datetime,
    undoes_id: int | None = None,
) -> MarketSeries:  # fmt: skip
    """Take an ending back."""
    row = market_series(session, series_id, to_change=True)
    row.ended_at = None
    _note_series(session, "resumed", row, actor_id, actor_name, now, undoes_id)
    return row


def _note_series(
    session: Session, word: str, row: MarketSeries, actor_id: int | None, actor_name: str,
    now: datetime, undoes_id: int | None = None,
) -> None:  # fmt: skip
    note(
        session, action=f"market_series.{word}", subject_kind="market_series", subject_id=row.id,
        now=now, actor_id=actor_id, actor_name=actor_name, undoes_id=undoes_id, code=row.code,
    )  # fmt: skip


def write_session(
    session: Session, *, organisation_id: int, series_id: int | None, said: dict[str, Any],
    actor_id: int | None, actor_name: str, now: datetime,
) -> MarketSession:  # fmt: skip
    """Keep a new session as a draft, which nobody else sees yet.

    Args:
        said: the columns of ``SAID`` by name.

    Raises:
        SeriesEnded, DayTaken
        NotYours: the series is another unit's.
    """
    if series_id is not None:
        series = market_series(session, series_id, to_change=True)
        if series.organisation_id != organisation_id:
            raise NotYours
        if series.ended_at is not None:
            raise SeriesEnded
        _check_day(session, series_id, vietnam_date(said["hand_over_at"]))
    return _keep_new(session, organisation_id, series_id, said, actor_id, actor_name, now)


def _check_day(session: Session, series_id: int, on: date) -> None:
    taken = session.scalars(
        select(MarketSession.hand_over_at).where(
            MarketSession.series_id == series_id, MarketSession.state != SessionState.CANCELLED
        )
    )
    if on in {vietnam_date(at) for at in taken}:
        raise DayTaken(on=on)


def _keep_new(
    session: Session, organisation_id: int, series_id: int | None, said: dict[str, Any],
    actor_id: int | None, actor_name: str, now: datetime, copied_from_id: int | None = None,
) -> MarketSession:  # fmt: skip
    row = MarketSession(
        code=random_code(_CODE_LENGTH), organisation_id=organisation_id, series_id=series_id,
        state=SessionState.DRAFT, created_at=now, created_by_id=actor_id, orders=0, amount_vnd=0,
        copied_from_id=copied_from_id, **said,
    )  # fmt: skip
    session.add(row)
    session.flush()
    note_session(session, "copied" if copied_from_id else "written", row, actor_id, actor_name, now)
    return row


def next_day(rule: str, shift: str, last_at: datetime | None, now: datetime) -> MarketDay:
    """Return the day of a series' next session: after its last one, and not over already.

    Args:
        rule, shift: the series' own.
        last_at: hand-over of its last session.
    """
    today = vietnam_date(now)
    read = read_rule(rule)
    if read is None:
        raise ValueError(f"{rule} is no rule of a series.")
    after = max(today, vietnam_date(last_at)) if last_at is not None else today
    return market_day(read, shift, holidays(), after)


def copy_session(
    session: Session, *, series_id: int, actor_id: int | None, actor_name: str, now: datetime,
) -> MarketSession:  # fmt: skip
    """Write the next session like the last one, on the next day of its series.

    Places, times and goods come along, and a day in the title becomes the new one; what a seller
    said yes to once is asked anew, unless she said yes for every time.

    Raises:
        SeriesEnded, NothingToCopy
    """
    series = market_series(session, series_id, to_change=True)
    if series.ended_at is not None:
        raise SeriesEnded
    last = last_session(session, series_id)
    if last is None:
        raise NothingToCopy
    following = next_day(series.rule, series.shift, last.hand_over_at, now).on
    was = vietnam_date(last.hand_over_at)
    by = timedelta(days=(following - was).days)
    said = {name: getattr(last, name) for name in SAID}
    for name in ("title_vi", "title_en"):
        said[name] = title_on(said[name], was, following)
    for name in ("opens_at", "closes_at", "hand_over_at", "ends_at"):
        said[name] += by
    row = _keep_new(
        session, last.organisation_id, series_id, said, actor_id, actor_name, now, last.id
    )
    for pickup in pickups_of(session, last.id):
        session.add(
            MarketPickup(
                session_id=row.id, name_vi=pickup.name_vi, name_en=pickup.name_en,
                address_vi=pickup.address_vi, address_en=pickup.address_en,
                starts_at=pickup.starts_at + by, ends_at=pickup.ends_at + by,
                max_orders=pickup.max_orders, taken=0,
            )
        )  # fmt: skip
    _copy_offers(session, last.id, row.id, now)
    session.flush()
    return row


def _copy_offers(session: Session, from_id: int, to_id: int, now: datetime) -> None:
    for offer in session.scalars(
        select(MarketOffer)
        .where(MarketOffer.session_id == from_id, MarketOffer.ended_at.is_(None))
        .order_by(MarketOffer.id)
    ):
        session.add(
            MarketOffer(
                session_id=to_id, seller_id=offer.seller_id, variant_id=offer.variant_id,
                price_vnd=offer.price_vnd, quantity=offer.quantity, least=offer.least, taken=0,
                every_time=offer.every_time,
                seller_agreed_at=now if offer.every_time else None, officer_agreed_at=now,
                created_at=now,
            )
        )  # fmt: skip


def change_session(
    session: Session, *, session_id: int, said: dict[str, Any], actor_id: int | None,
    actor_name: str, now: datetime, undoes_id: int | None = None,
) -> MarketSession:  # fmt: skip
    """Change what a session says. Once somebody has ordered, its times and payee stay.

    Raises:
        SessionMoved: it was cancelled, or is closed. SessionOrdered
    """
    row = market_session(session, session_id, to_change=True)
    if row.state == SessionState.CANCELLED or row.closed_at is not None:
        raise SessionMoved(state=row.state)
    fixed = ("opens_at", "closes_at", "hand_over_at", "ends_at", "collects")
    if row.orders and any(
        said.get(name, getattr(row, name)) != getattr(row, name) for name in fixed
    ):
        raise SessionOrdered
    before = {name: _written(getattr(row, name)) for name in said}
    for name, value in said.items():
        setattr(row, name, value)
    if row.state == SessionState.SHOWN:
        row.payee_id = _payee(session, row)
        if row.collects and row.payee_id is None:
            raise SessionNotReady(missing="payee")
    note_session(session, "changed", row, actor_id, actor_name, now, undoes_id, before=before)
    return row


def _written(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def add_pickup(
    session: Session, *, session_id: int, name_vi: str, name_en: str, address_vi: str,
    address_en: str, starts_at: datetime, ends_at: datetime, max_orders: int | None,
    actor_id: int | None, actor_name: str, now: datetime,
    undoes_id: int | None = None,
) -> MarketPickup:  # fmt: skip
    """Add a place and a time at which buyers collect.

    Raises:
        TooManyPickups, SessionMoved
    """
    row = lock_open_session(session, session_id)
    if len(pickups_of(session, session_id)) >= MOST_PICKUPS:
        raise TooManyPickups(most=MOST_PICKUPS)
    pickup = MarketPickup(
        session_id=session_id, name_vi=name_vi, name_en=name_en, address_vi=address_vi,
        address_en=address_en, starts_at=starts_at, ends_at=ends_at, max_orders=max_orders,
        taken=0,
    )  # fmt: skip
    session.add(pickup)
    session.flush()
    note_session(
        session, "pickup_added", row, actor_id, actor_name, now, undoes_id, pickup_id=pickup.id
    )
    return pickup


def remove_pickup(
    session: Session, *, session_id: int, pickup_id: int, actor_id: int | None, actor_name: str,
    now: datetime, undoes_id: int | None = None,
) -> None:  # fmt: skip
    """Take a place and time away that nobody chose.

    Raises:
        NotYours, SessionMoved, PickupTaken
    """
    row = lock_open_session(session, session_id)
    pickup = session.get(MarketPickup, pickup_id)
    if pickup is None or pickup.session_id != session_id:
        raise NotYours
    # Orders that were cancelled gave the place back and still say where they would have been.
    chosen = session.scalar(select(exists().where(MarketOrder.pickup_id == pickup_id)))
    if chosen or pickup.taken or (row.orders and len(pickups_of(session, session_id)) == 1):
        raise PickupTaken
    before = {
        name: _written(getattr(pickup, name))
        for name in (
            "name_vi", "name_en", "address_vi", "address_en", "starts_at", "ends_at", "max_orders"
        )
    }  # fmt: skip
    session.delete(pickup)
    session.flush()
    note_session(
        session, "pickup_removed", row, actor_id, actor_name, now, undoes_id, before=before
    )


def lock_open_session(session: Session, session_id: int) -> MarketSession:
    """Return a session that is neither cancelled nor closed, held; raises SessionMoved."""
    row = market_session(session, session_id, to_change=True)
    if row.state == SessionState.CANCELLED or row.closed_at is not None:
        raise SessionMoved(state=row.state)
    return row


def show_session(
    session: Session, *, session_id: int, actor_id: int | None, actor_name: str, now: datetime,
    undoes_id: int | None = None,
) -> MarketSession:  # fmt: skip
    """Show a session to everybody; orders are taken from its opening on.

    Raises:
        SessionMoved, SessionNotReady
    """
    row = _moved(session, session_id, SessionState.SHOWN)
    offers = session.scalar(
        select(func.count())
        .select_from(MarketOffer)
        .where(
            MarketOffer.session_id == session_id, MarketOffer.ended_at.is_(None),
            MarketOffer.seller_agreed_at.is_not(None), MarketOffer.officer_agreed_at.is_not(None),
        )
    )  # fmt: skip
    payee_id = _payee(session, row)
    missing = missing_for_showing(
        row, len(pickups_of(session, session_id)), offers or 0, payee_id is not None, now
    )
    if missing is not None:
        raise SessionNotReady(missing=missing)
    row.state, row.shown_at, row.payee_id = SessionState.SHOWN, now, payee_id
    note_session(session, "shown", row, actor_id, actor_name, now, undoes_id)
    return row


def _payee(session: Session, row: MarketSession) -> int | None:
    """Return the nearest account at or above the unit, when it collects."""
    if not row.collects:
        return None
    return session.scalar(
        select(Payee.id)
        .join(OrganisationClosure, OrganisationClosure.ancestor_id == Payee.organisation_id)
        .where(OrganisationClosure.descendant_id == row.organisation_id, Payee.ended_at.is_(None))
        .order_by(OrganisationClosure.depth)
        .limit(1)
    )


def hide_session(
    session: Session, *, session_id: int, actor_id: int | None, actor_name: str, now: datetime,
    undoes_id: int | None = None,
) -> MarketSession:  # fmt: skip
    """Take the showing of a session back while nobody has ordered.

    Raises:
        SessionOrdered: somebody has. SessionMoved: it is not shown, or over.
    """
    row = market_session(session, session_id, to_change=True)
    if row.orders:
        raise SessionOrdered
    if row.state != SessionState.SHOWN or row.closed_at is not None:
        raise SessionMoved(state=row.state)
    row.state, row.shown_at, row.payee_id = SessionState.DRAFT, None, None
    note_session(session, "hidden", row, actor_id, actor_name, now, undoes_id)
    return row


def cancel_session(
    session: Session, *, session_id: int, reason: str, actor_id: int | None, actor_name: str,
    now: datetime, undoes_id: int | None = None,
) -> MarketSession:  # fmt: skip
    """Call it off, while nobody has ordered.

    Raises:
        SessionMoved, SessionOrdered
    """
    row = _moved(session, session_id, SessionState.CANCELLED)
    if row.orders:
        raise SessionOrdered
    row.state, row.cancelled_at, row.cancel_reason = SessionState.CANCELLED, now, reason
    note_session(session, "cancelled", row, actor_id, actor_name, now, undoes_id)
    return row


def resume_session(
    session: Session, *, session_id: int, actor_id: int | None, actor_name: str, now: datetime,
    undoes_id: int | None = None,
) -> MarketSession:  # fmt: skip
    """Take a cancelling back: it is as before, shown or a draft.

    Raises:
        SessionMoved: it is not cancelled. DayTaken: another one is on its day now.
    """
    row = market_session(session, session_id, to_change=True)
    if row.state != SessionState.CANCELLED:
        raise SessionMoved(state=row.state)
    if row.series_id is not None:
        _check_day(session, row.series_id, vietnam_date(row.hand_over_at))
    row.state = SessionState.SHOWN if row.shown_at is not None else SessionState.DRAFT
    row.cancelled_at, row.cancel_reason = None, ""
    note_session(session, "resumed", row, actor_id, actor_name, now, undoes_id)
    return row


def _moved(session: Session, session_id: int, to: SessionState) -> MarketSession:
    row = market_session(session, session_id, to_change=True)
    if not may_move_session(row.state, to) or row.closed_at is not None:
        raise SessionMoved(state=row.state)
    return row


def note_session(
    session: Session, word: str, row: MarketSession, actor_id: int | None, actor_name: str,
    now: datetime, undoes_id: int | None = None, **facts: Any,
) -> None:  # fmt: skip
    """Write down what was done to a session; its public page is made anew."""
    touch(session, "markets")
    note(
        session, action=f"market_session.{word}", subject_kind="market_session",
        subject_id=row.id, now=now, actor_id=actor_id, actor_name=actor_name, undoes_id=undoes_id,
        code=row.code, **facts,
    )  # fmt: skip
