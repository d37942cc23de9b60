"""A running shop with the demo data, and a real Chromium to visit it."""

import os
import re
import shutil
import socket
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from flask_migrate import upgrade
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Error,
    Page,
    Playwright,
    sync_playwright,
)
from sqlalchemy import select, update

from shop.app import create_app
from shop.cli.commands import open_migrations
from shop.db import db, transaction
from shop.demo.load import load_demo
from shop.kernel.clock import now_utc
from shop.outbox.models import Job, OutboxMessage
from shop.outbox.relay import deliver_waiting
from shop.outbox.worker import run_due_jobs
from tests import engines
from tests.processes import start_server

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
#: The same engine without a window, its bars and its histories: pages cost two fifths of the CPU
#: time in it.
SHELL = shutil.which("chromium-headless-shell") or CHROMIUM
#: Files that are walked in the whole Chromium: the main job, and what leans on more than its pages:
#: keys, lines that stay open, what is kept without a network. Some files open one of their own.
WHOLE = {"test_journeys", "test_live_board", "test_market", "test_passkey", "test_slow_line"}
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
]  # fmt: skip


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            # A worker keeps what it opened: one person's pages, or the journeys of a file.
            who = getattr(item, "callspec", None) and item.callspec.params.get("who")
            item.add_marker(pytest.mark.xdist_group(f"{item.path.stem}-{who or ''}"))


@dataclass(frozen=True)
class LiveShop:
    """A server on loopback. ``instance``: its folder, with database and mails."""

    address: str
    instance: Path
    process: BaseProcess


@pytest.fixture(scope="session")
def demo_instance(shared: Path, sqlite_template: Path) -> Path:
    """An instance folder with the demo shop loaded; made once per run."""
    made = shared / "demo"
    with FileLock(str(shared / "demo.lock")):
        if not made.exists():
            making = shared / "demo-making"
            making.mkdir()
            shutil.copy(sqlite_template, making / "shop.sqlite")
            app = create_app(engines.settings(making))
            open_migrations(app)
            with app.app_context():
                upgrade()
                load_demo(now_utc())
                _work_through()
                db.session.remove()
                db.engine.dispose()
            making.rename(made)
    return made


#: So many pictures get their slow format before tests look: a minute's work for all of them.
#: The others are shown as in a shop's first minutes; the soak waits for every one.
_SLOW_PICTURES = 12


def _work_through() -> None:
    """Tell and do what the demo's orders left for later: each copy's server would do it anew."""

    def deliver_all() -> None:
        while deliver_waiting(now_utc()):
            pass

    if not os.environ.get("SOAK"):
        slow = OutboxMessage.subscriber == "media.avif"
        made = select(OutboxMessage.id).where(slow).order_by(OutboxMessage.id).limit(_SLOW_PICTURES)
        with transaction() as session:
            session.execute(
                update(OutboxMessage)
                .where(slow, OutboxMessage.id.not_in(made.scalar_subquery()))
                .values(delivered_at=now_utc())
            )
    deliver_all()
    run_due_jobs(now_utc())
    deliver_all()  # What the jobs left for later, too.
    if not os.environ.get("SOAK"):
        # Each ten minutes it draws pictures for chats, eight at a time: a second's work in each copy.
        with transaction() as session:
            later = update(Job).where(Job.name == "sharing.make_ahead")
            session.execute(later.values(due_at=now_utc() + timedelta(days=1)))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(instance: Path, **environ: str) -> Iterator[LiveShop]:
    """Serve an instance folder with the production server until the block ends."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    process = start_server(
        {
            **{k: v for k, v in os.environ.items() if not k.startswith("SHOP_")},
            "SHOP_INSTANCE": str(instance),
            "SHOP_PORT": str(port),
            "SHOP_BASE_URL": address,
            **{f"SHOP_{k.upper()}": v for k, v in engines.KEYS.items()},
            **environ,
        }
    )
    try:
        for _ in range(900):
            try:
                urllib.request.urlopen(f"{address}/healthz", timeout=2).close()
                break
            except OSError:
                time.sleep(0.1)
                assert process.is_alive(), "The server ended at its start."
        yield LiveShop(address, instance, process)
    finally:
        process.terminate()
        process.join(15)
        if process.is_alive():
            process.kill()
            process.join()


#: Cards are offered by the demo's union, and their pages say all they can; nobody answers there.
CARDS = {
    "SHOP_STRIPE_SECRET_KEY": "sk_test_of_nobody", "SHOP_STRIPE_WEBHOOK_SECRET": "whsec_of_nobody",
    "SHOP_STRIPE_API": "http://127.0.0.1:9", "SHOP_STRIPE_PAGES": "http://127.0.0.1:9",
    "SHOP_ONLINE_ORGANISATION": "2", "SHOP_STRIPE_RATES": "EUR 27500 2026-06-01",
}  # fmt: skip


@pytest.fixture(scope="session")
def demo_shop(demo_instance: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveShop]:
    """A demo shop that tests only look at."""
    instance = tmp_path_factory.mktemp("look") / "instance"
    shutil.copytree(demo_instance, instance)
    with serving(instance, **CARDS) as live:
        yield live


@pytest.fixture
def live_shop(demo_instance: Path, tmp_path: Path) -> Iterator[LiveShop]:
    """A demo shop of one test's own, to buy and sell in."""
    instance = tmp_path / "instance"
    shutil.copytree(demo_instance, instance)
    with serving(instance) as live:
        yield live


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@contextmanager
def opened(playwright: Playwright, executable: str, *more: str) -> Iterator[Browser]:
    """Chromium from the system's packages. Its absence is a failure in CI, said aloud elsewhere."""
    if not executable:
        if os.environ.get("CI"):
            pytest.fail("Chromium is absent: apt-get install chromium")
        pytest.skip(
            "Chromium is absent: the browser journeys did not run (apt-get install chromium)"
        )
    chromium = playwright.chromium.launch(executable_path=executable, args=[*FLAGS, *more])
    yield chromium
    chromium.close()


@pytest.fixture(scope="session")
def whole(playwright: Playwright) -> Iterator[Browser]:
    """Chromium as people have it."""
    with opened(playwright, CHROMIUM) as chromium:
        yield chromium


@pytest.fixture(scope="session")
def shell(playwright: Playwright) -> Iterator[Browser]:
    """The lightest Chromium there is."""
    with opened(playwright, SHELL) as chromium:
        yield chromium


@pytest.fixture(scope="module")
def browser(request: pytest.FixtureRequest) -> Browser:
    """The Chromium of a file's journeys."""
    return request.getfixturevalue("whole" if request.path.stem in WHOLE else "shell")


def at(path: str) -> re.Pattern[str]:
    """Match addresses under ``path``. What comes after "?" only says where one wanted to go."""
    return re.compile(rf"^[^?#]*{path}")


def arrive(page: Page, what: Callable[[], object]) -> None:
    """Do something that leads to another page, and wait until that is there.

    A click alone does not wait for the answer to its form: what is opened next would cut it off.
    It is asked again and again from here: a page without scripts has no frames or timers to wait in.
    """
    page.evaluate("() => { window.left = true }")
    what()
    for _ in range(400):
        with suppress(Error):  # It was asked of the page that went meanwhile.
            if page.evaluate("() => !window.left && document.readyState === 'complete'"):
                return
        page.wait_for_timeout(50)
    raise AssertionError(f"No other page came after {page.url}")


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open a page: ``visit(shop, "/gio", width=360, height=740, javascript=False)``.

    Every page fails its test on a script error or a breach of the content policy.
    """
    opened: list[BrowserContext] = []
    wrong: list[str] = []

    def go(live: LiveShop, path: str = "/", *, width: int = 360, height: int = 740,
           javascript: bool = True, **more: Any) -> Page:  # fmt: skip
        context = browser.new_context(
            base_url=live.address, viewport={"width": width, "height": height},
            java_script_enabled=javascript, locale="vi-VN", timezone_id="Asia/Ho_Chi_Minh", **more,
        )  # fmt: skip
        opened.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: wrong.append(f"script: {error}"))
        page.on(
            "console",
            lambda said: (
                wrong.append(said.text)
                if "Content Security Policy" in said.text or "Refused to" in said.text
                else None
            ),
        )
        page.goto(path)
        return page

    yield go
    for context in opened:
        context.close()
    assert not wrong


class Walk:
    """One person at one screen; every page is opened with it."""

    def __init__(self, visit, live, screen) -> None:
        self.visit, self.live = visit, live
        self.width, self.height, self.script = screen

    def open(self, path: str, **more) -> Page:
        return self.visit(
            self.live, path, width=self.width, height=self.height, javascript=self.script, **more
        )


@pytest.fixture
def walk(live_shop, visit, request) -> Walk:
    return Walk(visit, live_shop, request.param)
