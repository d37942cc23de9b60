"""`make bench` measures every subject and leaves nothing behind. Times are no matter here."""

import os
import subprocess
import sys
from contextlib import closing
from math import isfinite
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from shop.db import db
from tests.bench import prints, raw
from tests.bench.__main__ import bench, read
from tests.bench.passes import Results
from tests.bench.report import ratios, table


def test_a_quick_bench_puts_a_number_into_every_row(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    results: Results = bench(read(["--quick"]), lambda text: None)
    subjects = {name for name, _ in results.passes}
    assert {"H", "L", "B", "W", "list", "product", "place order", "whole order"} <= subjects
    for passes in results.passes.values():
        assert len(passes) == 1
        assert all(isfinite(value) for value in (passes[0].cpu, passes[0].per_s, passes[0].p99))
        assert passes[0].per_s > 0
    assert all(isfinite(one.value) for one in ratios(results))
    assert "whole order" in table(results, "Bench")
    assert list(tmp_path.iterdir()) == []


def test_nothing_of_a_bench_on_postgresql_is_left() -> None:
    """Only its own process can tell: the server's lock is made again as that ends."""
    code = (
        "from tests.bench.scratch import a_folder, scratch\n"
        "with a_folder('bench-') as folder, scratch('postgresql', folder):\n"
        "    print(folder)"
    )
    own = {name: value for name, value in os.environ.items() if name not in _OF_OTHERS}
    done = subprocess.run([sys.executable, "-c", code], env=own, capture_output=True, check=True)
    folder = Path(done.stdout.decode().split()[-1])
    assert folder.name.startswith("bench-")
    assert not folder.exists()


#: Servers that other tests started, and where those keep their locks.
_OF_OTHERS = ("TEST_DATABASE_URL", "XDG_RUNTIME_DIR")


@pytest.mark.parametrize("engine_name", ["postgresql"])
def test_what_is_sent_without_the_shop_is_planned_as_in_it(app: Flask) -> None:
    url = db.engine.url.render_as_string(False)
    with closing(raw._driver(url)) as alone:
        seen = alone.execute("SHOW random_page_cost").fetchone()
    assert seen == db.session.execute(text("SHOW random_page_cost")).one()


def test_what_the_bench_draws_are_a_picture_and_a_document():
    drawn = {what: draw() for what, _, draw in prints.jobs(prints.PHOTO.read_bytes())}
    assert len(drawn) == 9
    assert all(made[:3] == b"\xff\xd8\xff" or made[:5] == b"%PDF-" for made in drawn.values())
