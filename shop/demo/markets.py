"""The Saturday market of the invented commune: a series and the session that takes orders."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shop.catalogue.models import Product, Variant
from shop.db import transaction
from shop.kernel.clock import VIETNAM, vietnam_date
from shop.markets.actions import offers, sessions
from shop.markets.models import MarketSession
from shop.markets.queries.sessions import offers_of, pickups_of
from shop.organisations.models import OrganisationClosure
from shop.organising import closing, market_day
from shop.organising.market_lists import market_lists
from shop.queued.actions import take_in
from shop.queued.rules import Act, Kind
from shop.sellers.models import Seller
from shop.stock.models import StockLevel

#: Where and when buyers collect: (name, in English, from, to, orders at most).
_PLACES = (
    ("Nhà văn hoá thôn Gò Mít", "Gò Mít hamlet house", time(6, 30), time(8, 0), 60),
    ("Nhà văn hoá thôn Gò Mít", "Gò Mít hamlet house", time(8, 0), time(9, 30), 60),
    ("Đầu chợ Bến Đò", "At the Bến Đò market gate", time(7, 0), time(9, 0), None),
)
#: Who rings the officer and orders: invented people.
_BUYERS = (
    ("Nguyễn Thị Bình", "+84900000201"), ("Lê Văn Sáu", "+84900000202"),
    ("Phạm Thị Hường", "+84900000203"), ("Trần Quốc Đạt", "+84900000204"),
    ("Huỳnh Thị Xuân", "+84900000205"),
)  # fmt: skip
#: So many things lie on the market's table.
_GOODS = 9


def load_markets(units: Mapping[str, int], people: Mapping[str, int], now: datetime) -> None:
    """Write the series in the name of the commune's Union, and show the coming session."""
    by = {"actor_id": people["officer"], "actor_name": "Võ Thị Hạnh"}
    unit = units["hoi-lhpn-xa-song-lanh"]
    then = now - timedelta(days=30)
    with transaction() as session:
        series = sessions.write_series(
            session, organisation_id=unit, title_vi="Phiên chợ thứ Bảy Sông Lành",
            title_en="Sông Lành Saturday market", rule="weekly:6", shift="earlier", now=then, **by,
        ).id  # fmt: skip
        goods = _goods(session, unit)
    coming = next_saturday(now)
    with transaction() as session:
        row = write(session, unit, series, coming, {**by, "now": now - timedelta(days=3)}, goods)
        sessions.show_session(session, session_id=row.id, now=now - timedelta(days=2), **by)
        open_id = row.id
    for n, buyer in enumerate(_BUYERS[:3]):
        _ring(open_id, goods, n, buyer, by, now - timedelta(hours=20 - n))
    # Two that are over: of one the bags wait, the other is settled.
    last = coming
    while _at(last - timedelta(days=1), time(18)) > now:
        last -= timedelta(weeks=1)
    _held(unit, series, last, goods, by, now, settled=False)
    _held(unit, series, last - timedelta(weeks=1), goods, by, now, settled=True)


def _held(
    unit: int, series: int, on: date, goods: list[tuple[int, int, int]], by: dict[str, Any],
    now: datetime, *, settled: bool,
) -> None:  # fmt: skip
    """A market that was held on a Saturday: ordered from, closed, and settled or not yet."""
    begun, closes = _at(on - timedelta(days=5), time(6)), _at(on - timedelta(days=1), time(18))
    with transaction() as session:
        market = write(
            session, unit, series, on, {**by, "now": begun}, goods[:5], collects=not settled
        ).id
        sessions.show_session(session, session_id=market, now=begun, **by)
    for n, buyer in enumerate(_BUYERS):
        _ring(market, goods[:5], n, buyer, by, closes - timedelta(hours=9 * (n + 1)))
    closing.close_now(market, min(now, closes + timedelta(minutes=1)))
    if not settled:
        _from_phones(market, by, now)
        return
    evening = _at(on, time(19))
    with transaction() as session:
        numbers = [bag.number for bag in market_lists(session, market).bags]
    for number in numbers:
        act = market_day.leave_bag if number == numbers[-1] else market_day.hand_over_bag
        with transaction() as session:
            act(
                session, session_id=market, number=number, key=f"demo-{market}-{number}",
                now=_at(on, time(7, number)), **by,
            )  # fmt: skip
    with transaction() as session:
        market_day.settle_market(session, session_id=market, now=evening, **by)


def _from_phones(market: int, by: dict[str, Any], now: datetime) -> None:
    """Two phones at the stall sent what they did: two bags handed over, one of them twice over."""
    with transaction() as session:
        waiting = [bag for bag in market_lists(session, market).bags if bag.waits]
        bags = [(bag.number, bag.due_vnd) for bag in waiting[-2:]]

    def hand_over(session: Session, values: dict[str, Any], act: Act, now: datetime) -> None:
        market_day.hand_over_bag(
            session, session_id=market, number=values["number"], shown_vnd=values["due"],
            key=act.key, at=act.at, now=now, **by,
        )  # fmt: skip

    kind = Kind("officer", dict, hand_over, "market")
    for n, (number, due_vnd) in enumerate(bags):
        facts = {"market": market, "number": number, "due": due_vnd}
        _sent(market, n, "market.hand_over", kind, facts, by, now)
    late = {"market": market, "number": bags[0][0]}
    _sent(market, len(bags), "market.leave", kind, late, by, now, why="market_bag_done")


def _sent(
    market: int, n: int, name: str, kind: Kind, values: dict[str, Any], by: dict[str, Any],
    now: datetime, why: str | None = None,
) -> None:  # fmt: skip
    at = now - timedelta(minutes=50 - n)
    act = Act(f"{market:016x}{n:016x}", name, {k: str(v) for k, v in values.items()}, at)
    with transaction() as session:
        take_in(
            session, act=act, kind=kind, values=values, account_id=by["actor_id"], now=now, why=why
        )


def _ring(
    market: int, goods: list[tuple[int, int, int]], n: int, buyer: tuple[str, str],
    by: dict[str, Any], at: datetime,
) -> None:  # fmt: skip
    with transaction() as session:
        places = pickups_of(session, market)
        offers_by = {one.variant_id: one for one in offers_of(session, market)}
        wanted = {offers_by[goods[(n + k) % len(goods)][0]].id: 1 + (n + k) % 2 for k in range(2)}
        market_day.order_for(
            session, session_id=market, goods=wanted, name=buyer[0], phone=buyer[1],
            pickup_id=places[n % len(places)].id, method="transfer" if n % 3 == 1 else "cod",
            attempt_id=f"demo-market-{market}-{n}", locale="vi", now=at, **by,
        )  # fmt: skip


def next_saturday(now: datetime) -> date:
    """Return the first Saturday for which orders do not close within a day."""
    today = vietnam_date(now)
    on = today + timedelta(days=(5 - today.weekday()) % 7)
    while _at(on - timedelta(days=1), time(18)) < now + timedelta(days=1):
        on += timedelta(days=7)
    return on


def _at(on: date, clock: time) -> datetime:
    return datetime.combine(on, clock, VIETNAM)


def _goods(session: Session, unit: int) -> list[tuple[int, int, int]]:
    """Return (variant id, price, in stock) of the first packs of each seller under the unit."""
    below = select(OrganisationClosure.descendant_id).where(OrganisationClosure.ancestor_id == unit)
    first = (
        select(func.min(Variant.id))
        .join(StockLevel, StockLevel.variant_id == Variant.id)
        .where(Variant.retired_at.is_(None), StockLevel.available >= 6)
        .group_by(Variant.product_id)
    )
    rows = session.execute(
        select(Variant.id, Variant.price_vnd, StockLevel.available)
        .join(Product, Product.id == Variant.product_id)
        .join(Seller, Seller.id == Product.seller_id)
        .join(StockLevel, StockLevel.variant_id == Variant.id)
        .where(
            Variant.id.in_(first), Product.state == "published", Seller.is_open,
            Seller.organisation_id.in_(below),
        )
        .order_by(Seller.id, Product.id)
        .limit(_GOODS)
    )  # fmt: skip
    return [(row[0], row[1], row[2]) for row in rows]


def write(
    session: Session, unit: int, series: int, on: date, by: dict[str, Any],
    goods: list[tuple[int, int, int]], *, collects: bool = True,
) -> MarketSession:  # fmt: skip
    """Write a session of a Saturday with its places and what sellers bring."""
    friday, monday = on - timedelta(days=1), on - timedelta(days=5)
    row = sessions.write_session(
        session, organisation_id=unit, series_id=series,
        said={
            "title_vi": f"Phiên chợ thứ Bảy {on:%d/%m}", "title_en": f"Saturday market {on:%d/%m}",
            "note_vi": "Anh/chị mang theo giỏ, chợ không dùng túi ni lông.",
            "note_en": "Please bring a basket: the market uses no plastic bags.",
            "opens_at": min(_at(monday, time(6)), by["now"]), "closes_at": _at(friday, time(18)),
            "hand_over_at": _at(on, time(6, 30)), "ends_at": _at(on, time(9, 30)),
            "max_orders": 120, "max_amount_vnd": None, "collects": collects,
        }, **by,
    )  # fmt: skip
    for vi, en, starts, ends, most in _PLACES:
        sessions.add_pickup(
            session, session_id=row.id, name_vi=vi, name_en=en, address_vi="xã Sông Lành",
            address_en="Sông Lành commune", starts_at=_at(on, starts), ends_at=_at(on, ends),
            max_orders=most, **by,
        )  # fmt: skip
    for n, (variant, price_vnd, stock) in enumerate(goods):
        offers.ask_for_offer(
            session, session_id=row.id, variant_id=variant,
            price_vnd=price_vnd * 9 // 10 // 1_000 * 1_000 if n % 3 == 0 else price_vnd,
            quantity=min(stock, 20), least=4 if n % 4 == 3 else 0, heard=True, **by,
        )  # fmt: skip
    return row
