"""``python -m tests.bench``: seed, serve, measure, print."""

import argparse
import signal
import sys
import time
from contextlib import ExitStack
from typing import Any

from tests.bench.passes import Counts, Results, prepare, run
from tests.bench.report import table
from tests.bench.scratch import a_folder, scratch

QUICK = Counts(pages=12, searches=4, orders=3, products=6)


def read(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--sizes", default="1000,20000", help="numbers of products")
    parser.add_argument("--passes", type=int, default=5)
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--quick", action="store_true", help="60 products, one short pass")
    asked = parser.parse_args(arguments)
    if asked.quick:
        asked.sizes, asked.passes = "60", 1
    asked.sizes = [int(size) for size in asked.sizes.split(",")]
    return asked


def bench(asked: argparse.Namespace, tell: Any) -> Results:
    """Measure in a folder of its own; servers and folder are gone afterwards."""
    counts = QUICK if asked.quick else Counts()
    # One process may open a SQLite file, so one writes; two write to PostgreSQL.
    processes = 1 if asked.engine == "sqlite" else 2
    with ExitStack() as stack:
        folder = stack.enter_context(a_folder("bench-"))
        place = stack.enter_context(scratch(asked.engine, folder))
        sizes = []
        for products in asked.sizes:
            tell(f"Seeding {products:,} products ...")
            began = time.monotonic()
            sizes.append(prepare(stack, place, products, counts, asked.passes, processes))
            tell(f"... served after {time.monotonic() - began:.0f} s.")
        return run(sizes, place, counts, asked.passes, processes, tell)


def main() -> None:
    asked = read()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # Ends the servers too.

    def tell(text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    results = bench(asked, tell)
    passes = f"{results.whole} passes" if results.whole > 1 else "one pass"
    print(table(results, f"Chợ Phiên on {asked.engine}, medians of {passes}"))


if __name__ == "__main__":
    main()
