"""Paying by card in a real browser, against the stand-in; and the command for Stripe's test mode."""

import os
import shutil
import subprocess
import sys

import pytest

from shop.kernel.settings import ROOT
from tests import stripe_journeys
from tests.browser.conftest import Walk, serving
from tests.browser.test_journeys import SCREENS
from tests.card_journeys import environment, pay_and_get_it_back, tell_door
from tests.sites import served
from tests.stripe_stand_in import KEY, SECRET, StripeStandIn


@pytest.fixture
def stand_in():
    """Stripe's stand-in as a server: (the account, its address)."""
    account = StripeStandIn()
    with served(account.site) as address:
        account.page = address
        yield account, address


@pytest.mark.parametrize("screen", SCREENS)
def test_a_buyer_gives_up_is_declined_pays_and_gets_her_money_back(
    demo_instance, tmp_path, visit, stand_in, screen
):
    account, address = stand_in
    instance = tmp_path / "instance"
    shutil.copytree(demo_instance, instance)
    with serving(instance, **environment(instance, KEY, SECRET, address, address)) as live:

        def tell() -> int:
            told, account.events = account.events, []
            for event in told:
                assert tell_door(live.address, SECRET, event) == 200
            return len(told)

        pay_and_get_it_back(Walk(visit, live, screen), tell)
    assert [one["status"] for one in account.refunds.values()] == ["succeeded"]


def test_the_command_walks_the_same_way_with_the_stand_in(demo_instance):
    """By its own switch; what is left to Stripe's test mode is Stripe alone."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith("SHOP_")}
    command = [sys.executable, "-m", "tests.stripe_journeys", "--stand-in", str(demo_instance)]
    done = subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines() == [
        "360×740: left, declined, paid and given back",
        "1280×900: left, declined, paid and given back",
    ]


def test_key_and_addresses_are_all_that_the_switch_changes():
    environ = {"SHOP_STRIPE_SECRET_KEY": "sk_test_real", "HOME": "/h"}
    with stripe_journeys.stand_in(environ) as led:
        changed = {name for name in led if led[name] != environ.get(name)}
    assert changed == {"SHOP_STRIPE_SECRET_KEY", "SHOP_STRIPE_API", "SHOP_STRIPE_PAGES"}
    assert stripe_journeys.trouble({**environ, "SHOP_STRIPE_SECRET_KEY": led["SHOP_STRIPE_SECRET_KEY"]}) == ""  # fmt: skip


@pytest.mark.parametrize(
    ("key", "said"),
    [("", "is missing"), ("sk_live_abc", "real money"), ("rk_live_abc", "real money"),
     ("pk_test_abc", "no key of the test mode")],
)  # fmt: skip
def test_the_command_says_why_it_does_not_run(capsys, key, said):
    assert stripe_journeys.main({"SHOP_STRIPE_SECRET_KEY": key}) == 2
    assert said in capsys.readouterr().err
