"""``python -m tests.stripe_journeys [--stand-in] [DEMO]``: pay by card in Stripe's real test mode.

A real browser does what a buyer does. Wanted in the environment: ``SHOP_STRIPE_SECRET_KEY``, a key
of the test mode. With ``--stand-in`` nobody outside is asked: the same journeys, by the same
library, with the stand-in of the tests for Stripe. A demo shop is served on this machine; what
Stripe tells is fetched from its list of events, since Stripe cannot
call a machine without a name, and brought to the shop's door signed as Stripe signs. DEMO: the
instance folder of a demo shop to work on a copy of; one is made when left out.
"""

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import stripe
from flask_migrate import upgrade
from playwright.sync_api import sync_playwright

from shop.app import create_app
from shop.cli.commands import open_migrations
from shop.db import db
from shop.demo.load import load_demo
from shop.kernel.clock import now_utc
from tests import engines
from tests.browser.conftest import CHROMIUM, FLAGS, LiveShop, Walk, serving
from tests.card_journeys import environment, pay_and_get_it_back, tell_door
from tests.sites import served
from tests.stripe_stand_in import KEY, StripeStandIn

#: Only this run's shop knows it: it signs what is brought to its door.
SECRET = "whsec_of_this_run_alone"
SCREENS = ((360, 740, True), (1280, 900, True))


def trouble(environ: Mapping[str, str]) -> str:
    """Return why the journeys cannot run, "" when they can."""
    key = environ.get("SHOP_STRIPE_SECRET_KEY", "")
    if not key:
        return (
            "SHOP_STRIPE_SECRET_KEY is missing. Set a secret key of Stripe's test mode (sk_test_…)."
        )
    if not key.startswith(("sk_test_", "rk_test_")):
        return (
            "SHOP_STRIPE_SECRET_KEY is no key of the test mode (sk_test_…, rk_test_…): real money"
            " is not touched by this command."
        )
    if not CHROMIUM:
        return "Chromium is absent (apt-get install chromium)."
    return ""


@contextmanager
def stand_in(environ: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Put the stand-in in Stripe's place; yields the environment that leads there.

    No more differs than key and addresses: the shop and its library do not know.
    """
    account = StripeStandIn()
    with served(account.site) as address:
        account.page = address
        yield {
            **environ, "SHOP_STRIPE_SECRET_KEY": KEY, "SHOP_STRIPE_API": address,
            "SHOP_STRIPE_PAGES": address,
        }  # fmt: skip


def run(words: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run the journeys as the command line says; return the exit status."""
    folders = [Path(word) for word in words if word != "--stand-in"]
    demo = folders[0] if folders else None
    if "--stand-in" not in words:
        return main(environ, demo=demo)
    with stand_in(environ) as led:
        return main(led, demo=demo)


def main(environ: Mapping[str, str], screens: Any = SCREENS, demo: Path | None = None) -> int:
    """Run the journeys; return the exit status: 0 all went well, 1 something did not, 2 not run."""
    why = trouble(environ)
    if why:
        print(why, file=sys.stderr)
        return 2
    failed = 0
    with visits() as visit:
        for screen in screens:
            name = f"{screen[0]}×{screen[1]}"
            try:
                _one(environ, screen, demo, visit)
            except (AssertionError, stripe.StripeError, OSError) as wrong:
                failed = 1
                print(f"{name}: failed: {type(wrong).__name__}: {wrong}", flush=True)
            else:
                print(f"{name}: left, declined, paid and given back")
    return failed


def _one(environ: Mapping[str, str], screen: Any, demo: Path | None, visit: Any) -> None:
    key = environ["SHOP_STRIPE_SECRET_KEY"]
    api = environ.get("SHOP_STRIPE_API", "https://api.stripe.com")
    pages = environ.get("SHOP_STRIPE_PAGES", "https://checkout.stripe.com")
    with tempfile.TemporaryDirectory() as folder:
        instance = _demo(Path(folder), demo)
        with serving(instance, **environment(instance, key, SECRET, api, pages)) as live:
            events = Events(key, api, live)
            pay_and_get_it_back(Walk(visit, live, screen), events.tell)


def _demo(folder: Path, made: Path | None) -> Path:
    """Return a demo shop in a folder: a copy of one that is there, or made anew."""
    instance = folder / "instance"
    if made is not None:
        shutil.copytree(made, instance)
        return instance
    instance.mkdir()
    shutil.copy(engines.sqlite_template(folder), instance / "shop.sqlite")
    app = create_app(engines.settings(instance))
    open_migrations(app)
    with app.app_context():
        upgrade()
        load_demo(now_utc())
        db.session.remove()
        db.engine.dispose()
    return instance


class Events:
    """What Stripe has to tell since this run began, brought to the shop's door once each."""

    def __init__(self, key: str, api: str, live: LiveShop) -> None:
        self.client = stripe.StripeClient(key, base_addresses={"api": api})
        self.live, self.since, self.brought = live, int(time.time()) - 5, set[str]()

    def tell(self) -> int:
        found = self.client.v1.events.list({"created": {"gte": self.since}, "limit": 100})
        new = [event for event in found.data if event.id not in self.brought]
        for event in reversed(new):
            assert tell_door(self.live.address, SECRET, event.to_dict()) == 200
            self.brought.add(event.id)
        return len(new)


@contextmanager
def visits() -> Iterator[Any]:
    """Open pages as the browser tests do, without their looking at scripts' faults on other sites."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)

        def go(live: LiveShop, path: str, *, width: int, height: int, javascript: bool, **more: Any) -> Any:  # fmt: skip
            context = chromium.new_context(
                base_url=live.address, viewport={"width": width, "height": height},
                java_script_enabled=javascript, locale="vi-VN", **more,
            )  # fmt: skip
            page = context.new_page()
            page.set_default_timeout(30_000)
            page.goto(path)
            return page

        yield go
        chromium.close()


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:], os.environ))
