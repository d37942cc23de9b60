"""What is measured, subject by subject, in interleaved passes over all sizes."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa

from tests.bench import guests, raw, servers
from tests.bench.drive import Job, Measured, measure, paths
from tests.bench.guests import Goods
from tests.bench.scratch import Scratch, opened
from tests.bench.seed import rare_word

GZIP = "Accept-Encoding: gzip"


@dataclass(frozen=True)
class Counts:
    """Requests of a subject in one pass."""

    pages: int = 240
    searches: int = 60
    orders: int = 40
    products: int = 60


@dataclass
class Size:
    """The servers and scripts of one number of products."""

    products: int
    shop: servers.Running
    default: servers.Running
    bare: servers.Running
    goods: Goods
    lists: list[str]
    pages: list[str]
    searches: dict[str, str]
    found: dict[str, list[raw.Step]]
    search_url: str
    order_url: str
    orders: list[list[raw.Step]]
    replaying: servers.Running


@dataclass
class Results:
    """All passes by (subject, products); memory in kilobytes by (who, products).

    ``whole``: passes that went through every subject.
    """

    passes: dict[tuple[str, int], list[Measured]] = field(default_factory=lambda: defaultdict(list))
    memory: dict[tuple[str, int], tuple[int, int]] = field(default_factory=dict)
    whole: int = 0


def prepare(
    stack: ExitStack, scratch: Scratch, products: int, counts: Counts, passes: int, processes: int
) -> Size:
    """Seed one size and start its three servers."""
    seeded = scratch.seeded(products)
    goods = Goods(_goods(seeded, counts.products))
    words = {
        "common word": "bột", "rare word": rare_word(products // 2).lower(),
        "two words": "mật ong", "typo": "nuoc mamm ca comm",
    }  # fmt: skip
    with opened(scratch.copy(seeded, f"search_{products}"), scratch.folder) as app:
        found = {name: raw.record_search(app, text) for name, text in words.items()}
    order_url, orders = raw.record_orders(
        scratch, seeded, f"orders_{products}", goods, counts.orders * passes
    )

    served_url = scratch.copy(order_url, f"served_{products}")
    kept = raw.keep_orders(scratch.folder / f"orders_{products}.kept", served_url, orders)

    def start(name: str, url: str, **more: Any) -> servers.Running:
        running = servers.start(
            f"{name}_{products}", scratch.folder, url, processes=processes, **more
        )
        running.database_pid = scratch.database_pid
        stack.callback(servers.stop, running)
        return running

    return Size(
        products,
        start("shop", scratch.copy(seeded, f"shop_{products}"), page_cache=False),
        start("default", scratch.copy(seeded, f"default_{products}"), worker="thread"),
        start("bare", scratch.bare(products), bare=True),
        goods,
        ["/hang-hoa", "/hang-hoa?trang=2", "/loai/bot-va-ngu-coc", "/loai/nuoc-mam"],
        [f"/san-pham/mon-{p}" for p, _, _ in goods.rows],
        {name: "/tim?tu=" + quote(text) for name, text in words.items()},
        found,
        scratch.copy(seeded, f"index_{products}"),
        order_url,
        orders,
        start("replaying", served_url, bare=True, orders=kept),
    )


def _goods(url: str, number: int) -> list[tuple[int, int, int]]:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        rows = connection.execute(
            sa.text(
                "SELECT p.id, min(v.id), p.seller_id FROM products p JOIN variants v "
                "ON v.product_id = p.id GROUP BY p.id, p.seller_id ORDER BY p.id"
            )
        ).all()
    engine.dispose()
    return [tuple(row) for row in rows[:: max(1, len(rows) // number)]][:number]


Work = Callable[[], Measured]


def subjects(
    size: Size, scratch: Scratch, counts: Counts, turn: int, processes: int
) -> Iterator[tuple[str, Work]]:
    """Yield each subject's name and how to measure it once."""

    def of(server: servers.Running, jobs: Iterator[Job]) -> Work:
        ready = list(jobs)
        return lambda: measure(server, ready)

    shop, default, bare, n = size.shop, size.default, size.bare, counts.pages

    def pages(server: servers.Running, addresses: list[str], number: int, more: str = "") -> Work:
        return of(server, paths(server.port, addresses, number, more))

    servers.let_rest(default)
    # Orders of the pass before changed the numbers that pieces of pages name, so all are looked
    # at once: what is measured has its fragments warm (DECISIONS 16).
    shown = [*size.lists, *size.pages, *size.searches.values()]
    for _ in range(1 if processes == 1 else 6):  # Each process keeps pieces of its own.
        measure(shop, list(paths(shop.port, shown, len(shown))))
    yield "H", pages(bare, ["/h"], n * 2)
    yield "L", pages(bare, ["/l"], n)
    yield "B", pages(bare, ["/b"], n)
    yield "list", pages(shop, size.lists, n)
    yield "list, zipped", pages(shop, size.lists, n // 2, GZIP)
    for _ in range(1 if processes == 1 else 6):  # Each process keeps pages of its own.
        measure(default, list(paths(default.port, size.lists + size.pages, len(size.pages) + 4)))
    yield "list, cached", pages(default, size.lists, n * 2)
    yield "product", pages(shop, size.pages, n)
    yield "product, cached", pages(default, size.pages, n * 2)
    for name, address in size.searches.items():
        yield f"search: {name}", pages(shop, [address], counts.searches)
        yield (
            f"index: {name}",
            lambda name=name: raw.measure_search(
                scratch, size.search_url, size.found[name], counts.searches * 2
            ),
        )
    yield "cart", of(shop, guests.cart_pages(shop.port, size.goods, counts.orders * 2))
    yield "add to cart", of(shop, guests.adding(shop.port, size.goods, counts.orders))
    share = range(turn * counts.orders, (turn + 1) * counts.orders)
    yield "W", of(size.replaying, raw.replays(size.replaying.port, share))
    yield (
        "W, driver alone",
        lambda: raw.measure_orders(
            scratch, size.order_url, [size.orders[n] for n in share], writers=processes
        ),
    )
    yield "place order", of(shop, guests.orders_alone(shop.port, size.goods, counts.orders))
    yield "whole order", of(shop, guests.shop_errands(size.goods, counts.orders))
    yield "whole order, bare", of(bare, guests.bare_errands(size.goods, counts.orders))
    yield "whole order, default", of(default, guests.shop_errands(size.goods, counts.orders))


def run(
    sizes: list[Size],
    scratch: Scratch,
    counts: Counts,
    passes: int,
    processes: int,
    tell: Callable[[str], None],
) -> Results:
    """Measure everything so many times, sizes and subjects by turns."""
    results = Results()
    for size in sizes:  # Templates are compiled and cards rendered before anything counts.
        for server in (size.shop, size.default):
            measure(server, list(paths(server.port, size.lists + size.pages, 2 * len(size.pages))))
            measure(server, list(guests.shop_errands(size.goods, 2)))
        measure(size.bare, list(guests.bare_errands(size.goods, 2)))
    try:
        for turn in range(passes):
            tell(f"Pass {turn + 1} of {passes} ...")
            rounds = [subjects(size, scratch, counts, turn, processes) for size in sizes]
            for together in zip(*rounds, strict=True):
                for size, (name, work) in zip(sizes, together, strict=True):
                    results.passes[name, size.products].append(work())
            results.whole += 1
    except KeyboardInterrupt:  # What was measured in whole passes is still worth reading.
        if not results.whole:
            raise
    for size in sizes:
        for who, server in (("default", size.default), ("bare", size.bare)):
            results.memory[who, size.products] = server.memory_kb
    return results
