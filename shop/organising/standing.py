"""Standing orders are made of an order at a market, paused, ended, and ordered when one opens."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.accounts.models import Account
from shop.accounts.queries import contact_of
from shop.audit.actions import note
from shop.catalogue.models import Product, Variant
from shop.db import in_transaction, one_at_a_time, upsert_into
from shop.kernel.clock import now_utc
from shop.kernel.errors import NotYours, Refusal
from shop.markets.events import MarketAnnounced
from shop.markets.models import MarketOffer, MarketOrder, MarketPickup, MarketSeries, MarketSession
from shop.markets.queries.sessions import pickups_of
from shop.markets.rules.sessions import NoticeKind
from shop.ordering.models import LineItem, Order, SellerOrder
from shop.ordering.rules import SellerOrderState as S
from shop.organising.events import StandingOrderRun
from shop.organising.market_day import order_for
from shop.organising.models import StandingLine, StandingOrder, StandingRun
from shop.outbox.relay import record
from shop.stock.models import StockLevel


class NoMarketGoods(Refusal):
    """The order has nothing of a market that comes again."""

    code = "no_market_goods"


class StandsAlready(Refusal):
    """She has a standing order at this market: it is paused or ended first."""

    code = "standing_order_there"


def keep_standing(
    session: Session, *, account_id: int, order_code: str, actor_name: str, now: datetime
) -> StandingOrder:
    """Take what an order held of a market at every session of its series from now on.

    Raises:
        NotYours: not her order. NoMarketGoods, StandsAlready
    """
    order_id = session.scalar(
        select(Order.id).where(Order.code == order_code, Order.account_id == account_id)
    )
    if order_id is None:
        raise NotYours
    lines = session.execute(
        select(
            MarketSession.series_id, MarketSession.id.label("session_id"), MarketPickup.name_vi,
            SellerOrder.method,
            LineItem.variant_id, LineItem.quantity, LineItem.unit_price_vnd,
        )
        .join(SellerOrder, SellerOrder.id == LineItem.seller_order_id)
        .join(MarketPickup, MarketPickup.id == SellerOrder.market_pickup_id)
        .join(MarketSession, MarketSession.id == MarketPickup.session_id)
        .join(MarketSeries, MarketSeries.id == MarketSession.series_id)
        .where(
            SellerOrder.order_id == order_id, SellerOrder.state != S.CANCELLED,
            MarketSeries.ended_at.is_(None),
        )
        .order_by(MarketSession.series_id, LineItem.id)
    ).all()  # fmt: skip
    if not lines:
        raise NoMarketGoods
    first = lines[0]
    there = session.scalar(
        select(StandingOrder.id).where(
            StandingOrder.account_id == account_id, StandingOrder.series_id == first.series_id,
            StandingOrder.ended_at.is_(None),
        )
    )  # fmt: skip
    if there is not None:
        raise StandsAlready
    row = StandingOrder(
        account_id=account_id, series_id=first.series_id, method=first.method,
        pickup_vi=first.name_vi, created_at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    wanted = {line.variant_id: line for line in lines if line.series_id == first.series_id}
    session.add_all(
        StandingLine(
            standing_id=row.id,
            variant_id=variant,
            quantity=line.quantity,
            most_price_vnd=line.unit_price_vnd,
        )
        for variant, line in wanted.items()
    )
    # The session that this order is of has its order: a later reminder of it orders nothing.
    session.add_all(
        StandingRun(
            standing_id=row.id, session_id=one, order_id=order_id, left_out=0, why="", at=now
        )
        for one in sorted({line.session_id for line in wanted.values()})
    )
    _note(session, "made", row, actor_name, now)
    return row


def pause_standing(
    session: Session, *, account_id: int, standing_id: int, paused: bool, actor_name: str,
    now: datetime,
) -> None:  # fmt: skip
    """Order nothing until she goes on, or go on.

    Raises:
        NotYours
    """
    row = _hers(session, account_id, standing_id)
    row.paused_at = now if paused else None
    _note(session, "paused" if paused else "resumed", row, actor_name, now)


def end_standing(
    session: Session, *, account_id: int, standing_id: int, actor_name: str, now: datetime
) -> None:
    """Order it no more.

    Raises:
        NotYours
    """
    row = _hers(session, account_id, standing_id)
    row.ended_at = now
    _note(session, "ended", row, actor_name, now)


def _hers(session: Session, account_id: int, standing_id: int) -> StandingOrder:
    row = one_at_a_time(session, StandingOrder, standing_id)
    if row is None or row.account_id != account_id or row.ended_at is not None:
        raise NotYours
    return row


def _note(session: Session, word: str, row: StandingOrder, actor_name: str, now: datetime) -> None:
    note(
        session, action=f"standing_order.{word}", subject_kind="standing_order",
        subject_id=row.id, now=now, actor_id=row.account_id, actor_name=actor_name,
    )  # fmt: skip


def follow_announcement(event: MarketAnnounced) -> None:
    """Order for everybody who has a standing order, when a session of hers opens."""
    if event.kind == NoticeKind.CLOSED:
        return
    now = now_utc()
    for standing_id in in_transaction(lambda session: to_run(session, event.session_id)):
        run_standing(standing_id, event.session_id, now)


def to_run(session: Session, session_id: int) -> list[int]:
    """Return the standing orders that this session has not answered yet, first come first served."""
    done = select(StandingRun.standing_id).where(StandingRun.session_id == session_id)
    return list(
        session.scalars(
            select(StandingOrder.id)
            .join(MarketSession, MarketSession.series_id == StandingOrder.series_id)
            .join(Account, Account.id == StandingOrder.account_id)
            .where(
                MarketSession.id == session_id, StandingOrder.ended_at.is_(None),
                StandingOrder.paused_at.is_(None), StandingOrder.id.not_in(done),
                Account.deleted_at.is_(None), Account.disabled_at.is_(None),
            )
            .order_by(StandingOrder.id)
        )
    )  # fmt: skip


def run_standing(standing_id: int, session_id: int, now: datetime) -> None:
    """Order it once from a session; when that is refused, keep why. She is told either way."""
    try:
        in_transaction(lambda session: _run(session, standing_id, session_id, now))
    except Refusal as refusal:
        why = refusal.code[:40]
        in_transaction(lambda session: _keep(session, standing_id, session_id, None, 0, why, now))


def _run(session: Session, standing_id: int, session_id: int, now: datetime) -> None:
    row = session.get_one(StandingOrder, standing_id)
    goods, left_out = _goods(session, standing_id, session_id)
    run_id = _keep(session, standing_id, session_id, None, left_out, "", now)
    if run_id is None:
        return
    person = session.get_one(Account, row.account_id)
    said = contact_of(person)
    places = [
        place
        for place in pickups_of(session, session_id)
        if place.max_orders is None or place.taken < place.max_orders
    ]
    place = next((one for one in places if one.name_vi == row.pickup_vi), None)
    place = place or (places[0] if places else None)
    placed = order_for(
        session, session_id=session_id, goods=goods, name=person.name,
        phone=said["phone"] or "", email=said["email"] or "", account_id=row.account_id,
        pickup_id=place.id if place else 0, method=row.method,
        attempt_id=f"standing-{standing_id}-{session_id}", locale=person.locale,
        actor_kind="buyer", actor_id=None, actor_name=person.name, now=now,
    )  # fmt: skip
    session.get_one(StandingRun, run_id).order_id = placed.order_id


def _goods(session: Session, standing_id: int, session_id: int) -> tuple[dict[int, int], int]:
    """Return ({offer: how many} that can be had as agreed, how many things cannot)."""
    rows = session.execute(
        select(
            StandingLine.quantity, StandingLine.most_price_vnd, MarketOffer.id,
            MarketOffer.price_vnd, (MarketOffer.quantity - MarketOffer.taken).label("left"),
            StockLevel.available.label("in_stock"),
        )
        .outerjoin(
            MarketOffer,
            (MarketOffer.variant_id == StandingLine.variant_id)
            & (MarketOffer.session_id == session_id)
            & MarketOffer.ended_at.is_(None)
            & MarketOffer.seller_agreed_at.is_not(None)
            & MarketOffer.officer_agreed_at.is_not(None),
        )
        .outerjoin(StockLevel, StockLevel.variant_id == StandingLine.variant_id)
        .where(StandingLine.standing_id == standing_id)
    ).all()  # fmt: skip
    goods = {
        row.id: row.quantity
        for row in rows
        if row.id is not None
        and row.price_vnd <= row.most_price_vnd
        and min(row.left, row.in_stock or 0) >= row.quantity
    }
    return goods, len(rows) - len(goods)


def _keep(
    session: Session, standing_id: int, session_id: int, order_id: int | None, left_out: int,
    why: str, now: datetime,
) -> int | None:  # fmt: skip
    """Note what came of it; None when that is noted already."""
    run_id = session.scalar(
        upsert_into(session, StandingRun)
        .values(
            standing_id=standing_id, session_id=session_id, order_id=order_id, left_out=left_out,
            why=why, at=now,
        )
        .on_conflict_do_nothing(index_elements=["standing_id", "session_id"])
        .returning(StandingRun.id)
    )  # fmt: skip
    if run_id is not None:
        record(session, StandingOrderRun(run_id), now)
    return run_id


def standing_of(session: Session, account_id: int) -> list[tuple[Any, list[Any]]]:
    """Return a person's standing orders with their lines. Two queries."""
    rows = session.execute(
        select(
            StandingOrder.id, StandingOrder.method, StandingOrder.pickup_vi,
            StandingOrder.paused_at, StandingOrder.created_at, MarketSeries.title_vi,
            MarketSeries.title_en,
        )
        .join(MarketSeries, MarketSeries.id == StandingOrder.series_id)
        .where(StandingOrder.account_id == account_id, StandingOrder.ended_at.is_(None))
        .order_by(StandingOrder.id)
    ).all()  # fmt: skip
    lines: dict[int, list[Any]] = {}
    for line in session.execute(
        select(
            StandingLine.standing_id, StandingLine.quantity, StandingLine.most_price_vnd,
            Product.title_vi, Product.title_en, Product.unit_vi, Product.unit_en,
            Variant.name_vi.label("variant_vi"), Variant.name_en.label("variant_en"),
        )
        .join(Variant, Variant.id == StandingLine.variant_id)
        .join(Product, Product.id == Variant.product_id)
        .where(StandingLine.standing_id.in_([row.id for row in rows]))
        .order_by(StandingLine.variant_id)
    ):  # fmt: skip
        lines.setdefault(line.standing_id, []).append(line)
    return [(row, lines.get(row.id, [])) for row in rows]


def orders_to_repeat(session: Session, account_id: int) -> list[Any]:
    """Return a person's newest orders at markets that come again: (code, title_vi, title_en)."""
    return list(
        session.execute(
            select(Order.code, MarketSession.title_vi, MarketSession.title_en, Order.placed_at)
            .join(MarketOrder, MarketOrder.order_id == Order.id)
            .join(MarketSession, MarketSession.id == MarketOrder.session_id)
            .join(MarketSeries, MarketSeries.id == MarketSession.series_id)
            .where(
                Order.account_id == account_id, MarketOrder.parts > 0,
                MarketSeries.ended_at.is_(None),
                MarketSeries.id.not_in(
                    select(StandingOrder.series_id).where(
                        StandingOrder.account_id == account_id, StandingOrder.ended_at.is_(None)
                    )
                ),
            )
            .order_by(Order.id.desc())
            .limit(5)
        )
    )  # fmt: skip
