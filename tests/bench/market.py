"""``python -m tests.bench.market``: closing and listing a market of 2,000 orders.

60 sellers bring 300 things; each order holds three of them. Closing, each list as page, PDF and
spreadsheet, and the evening's sums are measured on both engines. Bar: 3 seconds each.
"""

import argparse
import random
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from shop.catalogue.models import Category, Product, Variant
from shop.current import vault
from shop.db import db
from shop.markets.models import MarketOffer, MarketOrder, MarketPickup, MarketSession
from shop.ordering.models import LineItem, Order, SellerOrder, SellerOrderMove
from shop.organisations.models import Organisation
from shop.organising import closing, market_day, market_lists
from shop.payments.models import CodCollection
from tests import engines
from tests.bench.scratch import a_folder, opened, scratch
from tests.bench.settlement import fill, insert, people

NOW = datetime(2026, 11, 28, 2, tzinfo=UTC)
BAR_S = 3.0


def seed(connection: sa.Connection, orders: int, sellers: int, things: int) -> None:
    """Fill one market whose orders may be closed."""
    people(connection, sellers)
    insert(connection, Category, iter([fill(Category, id=1, slug="x", name_vi="X", name_en="X")]))
    insert(connection, Product, (
        fill(Product, id=n, slug=f"p{n}", seller_id=n % sellers + 1, category_id=1,
             state="published", title_vi=f"Món {n}", title_en=f"Thing {n}", price_vnd=20_000,
             published_at=NOW)
        for n in range(1, things + 1)
    ))  # fmt: skip
    insert(connection, Variant, (
        fill(Variant, id=n, product_id=n, seller_id=n % sellers + 1, sku=f"S{n}", price_vnd=20_000,
             weight_g=100, position=0)
        for n in range(1, things + 1)
    ))  # fmt: skip
    insert(connection, MarketSession, iter([
        fill(MarketSession, id=1, code="MARKET01", organisation_id=1, state="shown",
             title_vi="Phiên chợ", opens_at=NOW - timedelta(days=5), closes_at=NOW,
             hand_over_at=NOW + timedelta(hours=9), ends_at=NOW + timedelta(hours=12),
             orders=orders, numbers=orders, amount_vnd=60_000 * orders, collects=True, payee_id=1)
    ]))  # fmt: skip
    insert(connection, MarketPickup, (
        fill(MarketPickup, id=n, session_id=1, name_vi=f"Điểm {n}", taken=orders // 4,
             starts_at=NOW + timedelta(hours=9), ends_at=NOW + timedelta(hours=12))
        for n in range(1, 5)
    ))  # fmt: skip
    dice = random.Random(5)
    picked = [dice.sample(range(1, things + 1), 3) for _ in range(orders)]
    taken = [0] * (things + 1)
    for three in picked:
        for thing in three:
            taken[thing] += 1
    insert(connection, MarketOffer, (
        fill(MarketOffer, id=n, session_id=1, seller_id=n % sellers + 1, variant_id=n,
             price_vnd=20_000, quantity=9_999, taken=taken[n], seller_agreed_at=NOW,
             officer_agreed_at=NOW)
        for n in range(1, things + 1)
    ))  # fmt: skip
    key = vault().new_key()
    insert(connection, Order, (
        fill(Order, id=n, code=f"M{n:07d}", attempt_id=f"{n:032d}", link_nonce=f"{n:032d}",
             link_digest=f"{n:064d}", data_key=key, total_vnd=60_000, items_vnd=60_000,
             contact=vault().seal(key, {"name": f"Khách Thị {n}", "phone": f"+84900{n:06d}"}))
        for n in range(1, orders + 1)
    ))  # fmt: skip
    insert(connection, MarketOrder, (
        fill(MarketOrder, id=n, session_id=1, order_id=n, pickup_id=n % 4 + 1, number=n, parts=3,
             amount_vnd=60_000)
        for n in range(1, orders + 1)
    ))  # fmt: skip
    parts = [(o, t) for o, three in enumerate(picked, 1) for t in sorted(three)]
    # Two things of one seller are one part: keep the first of each.
    seen: dict[tuple[int, int], int] = {}
    for o, t in parts:
        seen.setdefault((o, t % sellers + 1), len(seen) + 1)
    insert(connection, SellerOrder, (
        fill(SellerOrder, id=part, order_id=o, seller_id=seller, payee_id=1, state="placed",
             method="cod", delivery="pickup", source_kind="market_session", source_id=1,
             market_pickup_id=o % 4 + 1, items_vnd=20_000, total_vnd=20_000,
             seller_name_vi=f"Chị {seller}")
        for (o, seller), part in seen.items()
    ))  # fmt: skip
    insert(connection, LineItem, (
        fill(LineItem, seller_order_id=seen[o, t % sellers + 1], variant_id=t, product_id=t,
             product_slug=f"p{t}", title_vi=f"Món {t}", unit_vi="hũ", quantity=1,
             unit_price_vnd=20_000, total_vnd=20_000)
        for o, t in parts
    ))  # fmt: skip
    insert(connection, SellerOrderMove, (
        fill(SellerOrderMove, seller_order_id=part, to_state="placed", actor_kind="buyer")
        for part in seen.values()
    ))  # fmt: skip
    insert(connection, CodCollection, (
        fill(CodCollection, seller_order_id=part, amount_vnd=20_000, state="promised")
        for part in seen.values()
    ))  # fmt: skip
    if connection.dialect.name == "postgresql":
        for table in ("orders", "seller_orders"):
            connection.exec_driver_sql(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"
            )


def measured(app: Any) -> dict[str, float]:
    """Return the seconds of each piece of work."""
    found: dict[str, float] = {}

    def take(name: str, work: Callable[[], Any]) -> Any:
        began = time.monotonic()
        made = work()
        found[name] = time.monotonic() - began
        return made

    take("close", lambda: closing.close_now(1, NOW))
    row = db.session.get(MarketSession, 1)
    unit = db.session.get(Organisation, 1)
    for kind in market_lists.KINDS:

        def page(kind: str = kind) -> None:
            lists = market_lists.market_lists(db.session(), 1)
            market_lists.sections(lists, kind)
            market_lists.chat_text(row, lists, kind)

        take(f"list {kind}", page)
    lists = market_lists.market_lists(db.session(), 1)
    for kind in market_lists.KINDS:
        take(f"pdf {kind}", lambda kind=kind: market_lists.pdf_of(row, unit, lists, kind))
    take("sums", lambda: market_day.sums_of_sellers(db.session(), 1))
    db.session.rollback()
    return found


def bench(engine: str, orders: int, sellers: int, things: int) -> dict[str, float]:
    with a_folder("bench-") as folder, scratch(engine, folder) as place:
        url = place.empty("market")
        engines.migrate(url, folder)
        with opened(url, folder) as app, app.app_context():
            with db.engine.begin() as connection:
                seed(connection, orders, sellers, things)
            with app.test_request_context():
                return measured(app)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=engines.ENGINES, action="append")
    parser.add_argument("--orders", type=int, default=2_000)
    parser.add_argument("--sellers", type=int, default=60)
    parser.add_argument("--things", type=int, default=300)
    given = parser.parse_args()
    late = 0
    for engine in given.engine or engines.ENGINES:
        for name, seconds in bench(engine, given.orders, given.sellers, given.things).items():
            late += seconds > BAR_S
            print(f"{engine:<11} {name:<10} {seconds:6.2f} s  (bar {BAR_S:.0f} s)")
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(main())
