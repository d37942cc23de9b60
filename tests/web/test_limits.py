"""Limits count each try once, whichever process sees it, and go on when the store is down."""

import socket
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import NullPool, create_engine, func, select

from shop.cli import health
from shop.db import db
from shop.kernel.clock import now_utc
from shop.kernel.settings import Settings
from shop.web.limits import Counters, Limits, SharedCounters, forget_counts, read_rate, visitor_key
from shop.web.models import RateCount
from tests import engines
from tests.buying.test_races import at_once
from tests.engines import both_engines

pytestmark = pytest.mark.xdist_group("races")

RATE = "5 per 15 minutes"


@pytest.fixture
def two_processes(make_app: Callable[..., Flask], app: Flask) -> Iterator[list[Limits]]:
    """The limits of two servers over one database."""
    shops = [app, make_app()]
    yield [Limits(SharedCounters(shop), "secret") for shop in shops]
    with shops[1].app_context():
        db.engine.dispose()


@both_engines
def test_two_processes_share_one_count(two_processes: list[Limits]) -> None:
    one, other = two_processes
    said = [limits.hit(RATE, "sign-in", "0905") for limits in (one, other, one, other, one)]
    assert said == [True] * 5
    assert not one.hit(RATE, "sign-in", "0905")
    assert not other.hit(RATE, "sign-in", "0905")
    assert other.hit(RATE, "sign-in", "0906"), "Somebody else is counted apart."
    assert 890 <= other.wait_s(RATE, "sign-in", "0905") <= 900


@both_engines
def test_sixteen_guesses_at_once_count_sixteen(app: Flask, two_processes: list[Limits]) -> None:
    jobs = [lambda limits=two_processes[n % 2]: limits.hit(RATE, "guess") for n in range(16)]
    answers = at_once(app, jobs)
    assert answers.count(True) == 5, answers
    assert answers.count(False) == 11
    db.session.rollback()
    assert db.session.scalar(select(func.sum(RateCount.count))) == 16


@both_engines
def test_a_window_that_is_over_counts_anew_and_is_swept(
    app: Flask, two_processes: list[Limits]
) -> None:
    one, other = two_processes
    for _ in range(6):
        one.hit(RATE, "x")
    with time_machine.travel(now_utc() + timedelta(minutes=16)):
        assert other.hit(RATE, "x")
        forget_counts(now_utc())
        db.session.rollback()
        assert db.session.scalar(select(RateCount.count)) == 1
    with time_machine.travel(now_utc() + timedelta(minutes=40)):
        forget_counts(now_utc())
        db.session.rollback()
        assert db.session.scalar(select(RateCount.count)) is None


def test_the_table_does_not_say_who_tried(app: Flask, two_processes: list[Limits]) -> None:
    two_processes[0].hit(RATE, "sign-in-account", "+84905000777")
    key = db.session.scalars(select(RateCount.key)).one()
    assert "905" not in key
    assert "sign-in" not in key


def _closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_without_its_redis_a_process_limits_alone_and_does_not_wait(
    make_app: Callable[..., Flask],
) -> None:
    shop = make_app(redis_url=f"redis://127.0.0.1:{_closed_port()}/0")
    limits: Limits = shop.extensions["limits"]
    started = time.monotonic()
    said = [limits.hit(RATE, "sign-in", "0905") for _ in range(7)]
    assert said == [True] * 5 + [False] * 2
    assert limits.wait_s(RATE, "sign-in", "0905") > 800
    assert time.monotonic() - started < 1, "Each try waited for the dead store."


def test_a_redis_that_hangs_costs_a_fifth_of_a_second_once(make_app: Callable[..., Flask]) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        shop = make_app(redis_url=f"redis://127.0.0.1:{deaf.getsockname()[1]}/0")
        limits: Limits = shop.extensions["limits"]
        started = time.monotonic()
        said = [limits.hit(RATE, "sign-in", "0905") for _ in range(20)]
        took = time.monotonic() - started
    assert said == [True] * 5 + [False] * 15
    assert took < 1.5, took


def test_tries_before_the_store_broke_still_count(app: Flask) -> None:
    store = SharedCounters(app)
    limits = Limits(store, "secret")
    assert all(limits.hit(RATE, "x") for _ in range(4))
    store.incr = None  # type: ignore[method-assign, assignment]
    assert limits.hit(RATE, "x")
    assert not limits.hit(RATE, "x"), "The window began anew."


@pytest.mark.parametrize(
    ("url", "more", "several"),
    [
        ("", {}, False),
        ("", {"mode": "production"}, False),
        ("postgresql+psycopg://x/y", {}, False),
        ("postgresql+psycopg://x/y", {"processes": 2}, True),
        ("postgresql+psycopg://x/y", {"mode": "production"}, True),
    ],
)
def test_counts_are_shared_where_several_servers_may_run(
    tmp_path: Path, url: str, more: dict[str, Any], several: bool
) -> None:
    settings: Settings = engines.settings(tmp_path, url, **more)
    assert settings.has_several_servers is several


@pytest.mark.parametrize("engine_name", ["postgresql"])
def test_guesses_at_two_servers_are_refused_together(
    make_app: Callable[..., Flask], app: Flask
) -> None:
    """Through real pages: the eleventh wrong password is refused, whoever was asked."""
    servers = [make_app(processes=2), make_app(processes=2)]
    answers = [
        servers[n % 2].test_client().post(
            "/dang-nhap", data={"who": "0905000777", "password": "guess guess"}
        ).status_code
        for n in range(12)
    ]  # fmt: skip
    assert answers == [422] * 10 + [429] * 2
    for server in servers:
        with server.app_context():
            db.session.remove()
            db.engine.dispose()


@pytest.mark.parametrize("engine_name", ["postgresql"])
def test_nobody_waits_long_for_a_counter(app: Flask, two_processes: list[Limits]) -> None:
    """Who holds a counter lets others go on from memory; other statements keep their patience."""
    limits = two_processes[0]
    assert limits.hit(RATE, "x")
    with db.engine.begin() as other:
        other.execute(select(RateCount.key).with_for_update())
        started = time.monotonic()
        assert limits.hit(RATE, "x")
        assert time.monotonic() - started < 4
    with db.engine.connect() as after:
        assert after.exec_driver_sql("SHOW lock_timeout").scalar() == "10s"


@pytest.mark.parametrize("engine_name", ["postgresql"])
def test_a_try_counts_for_all_although_the_database_was_started_anew(
    app: Flask, two_processes: list[Limits]
) -> None:
    limits = two_processes[0]
    assert limits.hit(RATE, "x")
    db.session.rollback()
    outside = create_engine(db.engine.url, poolclass=NullPool)
    with outside.connect() as other:
        other.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    assert limits.hit(RATE, "x")
    db.session.rollback()
    assert db.session.scalar(select(RateCount.count)) == 2


def test_a_shop_of_one_process_counts_without_the_database(
    app: Flask, count_queries: Callable[[], Any]
) -> None:
    with count_queries() as seen:
        assert app.extensions["limits"].hit(RATE, "x")
    assert not seen


@pytest.mark.parametrize(
    ("words", "rate"),
    [
        ("5 per 15 minutes", (5, 900)), ("60 per hour", (60, 3600)), ("1 per second", (1, 1)),
        ("1000 per day", (1000, 86_400)),
    ],
)  # fmt: skip
def test_rates_are_read_from_words(words: str, rate: tuple[int, int]) -> None:
    assert read_rate(words) == rate


@pytest.mark.parametrize(
    "words", ["", "5", "5 per", "x per hour", "5 per fortnight", "-1 per hour"]
)
def test_what_is_no_rate_is_a_bug(words: str) -> None:
    with pytest.raises(ValueError, match="rate"):
        read_rate(words)


@pytest.mark.parametrize(
    ("address", "visitor"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8::1", "2001:db8::/64"), ("2001:db8::2:3:4:5", "2001:db8::/64"),
        ("2001:db8:0:0:2:3:4:5", "2001:db8::/64"), ("2001:DB8:1:2:3::4", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"), ("fe80::1%eth0", "fe80::/64"), ("::1", "::/64"),
        ("unknown", "unknown"), ("", "unknown"),
    ],
)  # fmt: skip
def test_one_household_counts_as_one_visitor_however_its_address_is_written(
    app: Flask, address: str, visitor: str
) -> None:
    with app.test_request_context(environ_base={"REMOTE_ADDR": address}):
        assert visitor_key() == visitor


def test_memory_counts_each_window_anew_and_forgets_those_that_are_over() -> None:
    counters = Counters()
    with time_machine.travel(now_utc(), tick=False) as clock:
        assert [counters.incr("a", 60) for _ in range(3)] == [1, 2, 3]
        ends = counters.get_expiry("a")
        assert ends == pytest.approx(time.time() + 60)
        clock.shift(59)
        assert counters.incr("a", 60) == 4
        clock.shift(2)
        assert counters.incr("a", 60) == 1
        clock.shift(3600)
        counters.incr("b", 60)
        assert set(counters._counts) == {"b"}


def test_the_doctor_says_where_tries_are_counted(make_app: Callable[..., Flask]) -> None:
    alone = make_app()
    dead = make_app(redis_url=f"redis://127.0.0.1:{_closed_port()}/0")
    said = []
    for shop in (alone, dead):
        with shop.app_context():
            settings = shop.extensions["settings"]
            said += list(health._limits(settings, now_utc()))
            db.session.remove()
            db.engine.dispose()
    assert [finding.healthy for finding in said] == [True, False]
    assert "một tiến trình" in said[0].says
    assert "đếm riêng" in said[1].says
