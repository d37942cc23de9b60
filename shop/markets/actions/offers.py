"""What sellers bring to a session: the officer asks or the seller offers, and both agree."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.catalogue.models import Product, Variant
from shop.db import one_at_a_time
from shop.kernel.errors import NotYours
from shop.markets.actions.sessions import lock_open_session, note_session
from shop.markets.models import MarketOffer, MarketSession
from shop.markets.rules.refusals import OfferedAlready, OfferSold
from shop.organisations.models import OrganisationClosure
from shop.sellers.models import Seller


def ask_for_offer(
    session: Session, *, session_id: int, variant_id: int, price_vnd: int, quantity: int,
    least: int = 0, heard: bool = False, actor_id: int | None, actor_name: str, now: datetime,
) -> MarketOffer:  # fmt: skip
    """Ask a seller to bring something; it is sold once she says yes.

    Args:
        heard: she said yes to the officer, by voice.

    Raises:
        SessionMoved, OfferedAlready, OfferSold
        NotYours: no such thing of a seller under the session's unit.
    """
    row = lock_open_session(session, session_id)
    return _keep(
        session, row, variant_id, None, price_vnd, quantity, least, False,
        now if heard else None, now, "offer_asked", actor_id, actor_name, now, heard=heard,
    )  # fmt: skip


def offer_goods(
    session: Session, *, session_id: int, seller_id: int, variant_id: int, price_vnd: int,
    quantity: int, least: int = 0, every_time: bool = False, actor_id: int | None,
    actor_name: str, now: datetime,
) -> MarketOffer:  # fmt: skip
    """A seller says what she would bring; it is sold once the officer says yes.

    Raises:
        SessionMoved, OfferedAlready, OfferSold
        NotYours: not hers, or the session is no unit's that she belongs to.
    """
    row = lock_open_session(session, session_id)
    return _keep(
        session, row, variant_id, seller_id, price_vnd, quantity, least, every_time, now, None,
        "offer_made", actor_id, actor_name, now,
    )  # fmt: skip


def _keep(
    session: Session, row: MarketSession, variant_id: int, seller_id: int | None, price_vnd: int,
    quantity: int, least: int, every_time: bool, seller_at: datetime | None,
    officer_at: datetime | None, word: str, actor_id: int | None, actor_name: str, now: datetime,
    **facts: Any,
) -> MarketOffer:  # fmt: skip
    owner = _seller_under(session, row, variant_id)
    if owner is None or seller_id not in (None, owner):
        raise NotYours
    offer = session.scalar(
        select(MarketOffer).where(
            MarketOffer.session_id == row.id, MarketOffer.variant_id == variant_id
        )
    )
    if offer is None:
        offer = MarketOffer(
            session_id=row.id, variant_id=variant_id, seller_id=owner, taken=0, created_at=now
        )
        session.add(offer)
    elif offer.ended_at is None:
        raise OfferedAlready
    elif offer.taken:
        raise OfferSold(taken=offer.taken)
    offer.price_vnd, offer.quantity, offer.least = price_vnd, quantity, min(least, quantity)
    offer.every_time, offer.ended_at = every_time, None
    offer.seller_agreed_at, offer.officer_agreed_at = seller_at, officer_at
    session.flush()
    _note(session, word, row, offer, actor_id, actor_name, now, **facts)
    return offer


def _seller_under(session: Session, row: MarketSession, variant_id: int) -> int | None:
    """Return whose a thing is, when she is on sale and under the session's unit."""
    return session.scalar(
        select(Seller.id)
        .join(Product, Product.seller_id == Seller.id)
        .join(Variant, Variant.product_id == Product.id)
        .join(OrganisationClosure, OrganisationClosure.descendant_id == Seller.organisation_id)
        .where(
            Variant.id == variant_id, Variant.retired_at.is_(None), Product.state == "published",
            Seller.is_open,
            OrganisationClosure.ancestor_id == row.organisation_id,
        )
    )  # fmt: skip


def agree_to_offer(
    session: Session, *, offer_id: int, seller_id: int | None, every_time: bool = False,
    actor_id: int | None, actor_name: str, now: datetime,
) -> MarketOffer:  # fmt: skip
    """Say yes: the seller to what she was asked for, the officer to what she offered.

    Args:
        seller_id: whose stall says so; None: the officer does.

    Raises:
        NotYours, SessionMoved
    """
    offer, row = _held(session, offer_id, seller_id)
    if seller_id is None:
        offer.officer_agreed_at = offer.officer_agreed_at or now
    else:
        offer.seller_agreed_at = offer.seller_agreed_at or now
        offer.every_time = every_time
    _note(
        session, "offer_accepted" if seller_id is None else "offer_agreed", row, offer, actor_id,
        actor_name, now,
    )  # fmt: skip
    return offer


def resize_offer(
    session: Session, *, offer_id: int, seller_id: int | None, quantity: int,
    actor_id: int | None, actor_name: str, now: datetime, undoes_id: int | None = None,
) -> MarketOffer:  # fmt: skip
    """Bring more or fewer; never fewer than were ordered.

    Raises:
        NotYours, SessionMoved, OfferSold
    """
    offer, row = _held(session, offer_id, seller_id)
    if quantity < max(1, offer.taken):
        raise OfferSold(taken=offer.taken)
    before, offer.quantity = offer.quantity, quantity
    offer.least = min(offer.least, quantity)
    _note(session, "offer_resized", row, offer, actor_id, actor_name, now, undoes_id, before=before)
    return offer


def end_offer(
    session: Session, *, offer_id: int, seller_id: int | None, actor_id: int | None,
    actor_name: str, now: datetime, undoes_id: int | None = None,
) -> MarketOffer:  # fmt: skip
    """Take something off a session that nobody has ordered; also how a seller says no.

    Raises:
        NotYours, SessionMoved, OfferSold
    """
    offer, row = _held(session, offer_id, seller_id)
    if offer.taken:
        raise OfferSold(taken=offer.taken)
    offer.ended_at = now
    _note(session, "offer_ended", row, offer, actor_id, actor_name, now, undoes_id)
    return offer


def offer_again(
    session: Session, *, offer_id: int, actor_id: int | None, actor_name: str, now: datetime,
    undoes_id: int | None = None,
) -> MarketOffer:  # fmt: skip
    """Take an ending back: it stands as before, with what was agreed.

    Raises:
        NotYours, SessionMoved
    """
    offer = one_at_a_time(session, MarketOffer, offer_id)
    if offer is None:
        raise NotYours
    row = lock_open_session(session, offer.session_id)
    offer.ended_at = None
    _note(session, "offer_again", row, offer, actor_id, actor_name, now, undoes_id)
    return offer


def _held(
    session: Session, offer_id: int, seller_id: int | None
) -> tuple[MarketOffer, MarketSession]:
    """Return an offer that stands and its session, both held; the session first, as orders do."""
    session_id = session.scalar(select(MarketOffer.session_id).where(MarketOffer.id == offer_id))
    if session_id is None:
        raise NotYours
    row = lock_open_session(session, session_id)
    offer = one_at_a_time(session, MarketOffer, offer_id)
    if offer is None or offer.ended_at is not None or seller_id not in (None, offer.seller_id):
        raise NotYours
    return offer, row


def _note(
    session: Session, word: str, row: MarketSession, offer: MarketOffer, actor_id: int | None,
    actor_name: str, now: datetime, undoes_id: int | None = None, **facts: Any,
) -> None:  # fmt: skip
    note_session(
        session, word, row, actor_id, actor_name, now, undoes_id, offer_id=offer.id,
        seller_id=offer.seller_id, variant_id=offer.variant_id, quantity=offer.quantity, **facts,
    )  # fmt: skip
