"""The letters around a market: to its officers, its sellers, and buyers who want news."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from shop.accounts.models import Account, Consent
from shop.accounts.queries import agrees
from shop.markets.models import MarketOrder, MarketPickup, MarketSession
from shop.markets.queries.sessions import offers_of
from shop.markets.rules.sessions import NoticeKind, SessionState
from shop.notifications.letters import buyer_of, link, private_link
from shop.notifications.mailing import Letter, write
from shop.notifications.queries import (
    Reader,
    reader_of_account,
    readers_of_seller,
    readers_with_right,
)
from shop.ordering.models import Order
from shop.ordering.queries import contact_of, news_token, order_page
from shop.organising.market_lists import chat_text, market_lists
from shop.sharing.queries import card
from shop.web.words import speaking

#: Who ordered at a market of the series within this time hears of the next, when she wants news.
REMEMBERED = timedelta(days=365)


def of_announcement(session: Session, session_id: int, kind: str, now: datetime) -> list[Letter]:
    """Return the letters of one announcement. Each reader gets each kind once."""
    row = session.get(MarketSession, session_id)
    if row is None or row.state == SessionState.CANCELLED:
        return []
    key = f"market:{session_id}:{kind}"
    letters = [
        write(
            "market_desk", key, reader, row=row, kind=kind, text=_text(session, row, kind, reader, now),
            address=link(f"/dieu-hanh/phien-cho/{row.id}", reader.locale),
            picture=link(f"/chia-se/phien-cho/{row.code}", reader.locale),
        )
        for reader in readers_with_right(session, "run_markets", row.organisation_id, now)
    ]  # fmt: skip
    letters += _to_sellers(session, row, kind, key, now)
    if kind == NoticeKind.CLOSED:
        return letters + _to_buyers(session, row, key)
    return letters + _to_friends(session, row, kind, key, now)


def _text(session: Session, row: MarketSession, kind: str, reader: Reader, now: datetime) -> str:
    """Return words to paste into a chat group, in the reader's language."""
    with speaking(reader.locale):
        if kind == NoticeKind.CLOSED:
            return chat_text(row, market_lists(session, row.id), "mang")
        made = card(session, "phien-cho", row.code, now)
        return made.text if made is not None else ""


def _to_sellers(
    session: Session, row: MarketSession, kind: str, key: str, now: datetime
) -> list[Letter]:
    found: dict[int, list[Any]] = {}
    for offer in offers_of(session, row.id):
        if offer.ended_at is None and offer.seller_agreed_at and offer.officer_agreed_at:
            found.setdefault(offer.seller_id, []).append(offer)
    return [
        write(
            "market_seller", key, reader, row=row, kind=kind, offers=offers,
            address=link("/ban-hang/phien-cho", reader.locale),
        )
        for seller_id, offers in found.items()
        if kind in (NoticeKind.OPENED, NoticeKind.CLOSED)
        for reader in readers_of_seller(session, seller_id, now)
    ]  # fmt: skip


def _to_buyers(session: Session, row: MarketSession, key: str) -> list[Letter]:
    """To whoever ordered and left an address: her bag's number, where and when."""
    bags = session.execute(
        select(MarketOrder.order_id, MarketOrder.number, MarketPickup)
        .join(MarketPickup, MarketPickup.id == MarketOrder.pickup_id)
        .join(Order, Order.id == MarketOrder.order_id)
        .where(MarketOrder.session_id == row.id, MarketOrder.parts > 0, Order.has_email)
        .order_by(MarketOrder.number)
    ).all()
    letters = []
    for bag in bags:
        page = order_page(session, bag.order_id)
        buyer = buyer_of(page) if page is not None else None
        if page is not None and buyer is not None:
            letters.append(
                write(
                    "market_bag", key, buyer, row=row, number=bag.number, pickup=bag.MarketPickup,
                    code=page.order.code, address=private_link(page),
                )
            )  # fmt: skip
    return letters


def _to_friends(
    session: Session, row: MarketSession, kind: str, key: str, now: datetime
) -> list[Letter]:
    """To people who ordered at this market before and want news."""
    if kind == NoticeKind.HOURS or row.series_id is None:
        return []
    before = session.scalars(
        select(Order.account_id)
        .join(MarketOrder, MarketOrder.order_id == Order.id)
        .join(MarketSession, MarketSession.id == MarketOrder.session_id)
        .join(Account, Account.id == Order.account_id)
        .where(
            MarketSession.series_id == row.series_id, MarketOrder.at > now - REMEMBERED,
            Account.deleted_at.is_(None),
        )
        .distinct()
    )  # fmt: skip
    readers = [
        reader
        for account_id in sorted(one for one in before if one is not None)
        if agrees(session, account_id, "marketing")
        and (reader := reader_of_account(session, account_id)) is not None
    ]
    hers = [(reader, link("/tai-khoan/dong-y", reader.locale)) for reader in readers]
    hers += _guests(session, row.series_id, {reader.email for reader in readers}, now)
    return [
        write(
            "market_news", key, reader, row=row, kind=kind, stop=stop,
            address=link(f"/phien-cho/{row.code}", reader.locale),
        )
        for reader, stop in hers
    ]  # fmt: skip


def _guests(
    session: Session, series_id: int, told: set[str], now: datetime
) -> list[tuple[Reader, str]]:
    """Return who ordered there without an account and wants news, each with her link to stop it.

    One letter an address, named by the first of her orders.
    """
    orders = session.execute(
        select(
            Order.id, Order.code, Order.link_nonce, Order.link_digest, Order.data_key,
            Order.contact, Order.locale,
        )
        .where(
            Order.account_id.is_(None), Order.has_email,
            exists().where(
                Consent.order_id == Order.id, Consent.account_id.is_(None),
                Consent.kind == "marketing", Consent.withdrawn_at.is_(None),
            ),
            exists().where(
                MarketOrder.order_id == Order.id, MarketOrder.session_id == MarketSession.id,
                MarketSession.series_id == series_id, MarketOrder.at > now - REMEMBERED,
            ),
        )
        .order_by(Order.id)
    ).all()  # fmt: skip
    found: dict[str, tuple[Reader, str]] = {}
    for order in orders:
        contact = contact_of(order)
        if contact.email and contact.email not in told and contact.email not in found:
            stop = link(f"/thoi-nhan-tin/{order.code}/{news_token(order)}", order.locale)
            reader = Reader(f"guest:{order.id}", contact.name, contact.email, order.locale)
            found[contact.email] = (reader, stop)
    return list(found.values())
