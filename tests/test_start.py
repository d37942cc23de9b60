"""What a server holds in memory from its start is what it needs for pages."""

import os
import subprocess
import sys

import pytest

from shop.kernel.settings import ROOT


def _told(program: str, **settings: str) -> list[str]:
    """Return the words that a fresh process prints."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT, env={"PATH": os.defpath, **settings}, capture_output=True, text=True,
        timeout=120, check=True,
    )  # fmt: skip
    return done.stdout.split()


def _loaded_after(start: str, **settings: str) -> set[str]:
    """Return the modules that a fresh process holds after a statement."""
    return set(_told(f"import sys\n{start}\nprint(*sys.modules)", **settings))


def test_the_servers_first_process_holds_the_server_alone():
    loaded = _loaded_after("import shop.cli.server")
    assert not loaded & {"flask", "sqlalchemy", "shop.app", "shop.cli.commands"}


def test_pages_are_served_without_what_makes_pictures(tmp_path):
    loaded = _loaded_after(
        "from shop.app import create_app\ncreate_app()", SHOP_INSTANCE=str(tmp_path)
    )
    assert "shop.listings.views" in loaded
    assert not loaded & {"PIL", "obstore"}
    # Nor what sends mail, draws QR codes, reads English, counts in Redis or writes statements.
    assert not loaded & {"flask_mailman", "segno", "babel", "limits", "typst", "xlsxwriter"}
    assert "sqlalchemy.dialects.postgresql" not in loaded  # A shop on SQLite has one engine.


@pytest.mark.parametrize(
    "start",
    [
        "import wsgi",
        "from shop.cli.server import Server, read_settings\nServer(read_settings()).load()",
    ],
)
def test_the_collector_looks_for_no_garbage_in_what_a_start_builds(tmp_path, start):
    collector = "gc.isenabled(), gc.get_stats()[2]['collections'], gc.get_freeze_count() > 100_000"
    told = _told(f"import gc\n{start}\nprint({collector})", SHOP_INSTANCE=str(tmp_path))
    assert told == ["True", "0", "True"]
