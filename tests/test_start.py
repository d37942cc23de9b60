"""What a server holds in memory from its start is what it needs for pages."""

import os
import subprocess
import sys

from shop.kernel.settings import ROOT


def _loaded_after(start: str, **settings: str) -> set[str]:
    """Return the modules that a fresh process holds after a statement."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{start}\nprint(*sys.modules)"],
        cwd=ROOT, env={"PATH": os.defpath, **settings}, capture_output=True, text=True,
        timeout=120, check=True,
    )  # fmt: skip
    return set(done.stdout.split())


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
