"""`flask serve`, `doctor` and `settings` as a newcomer meets them."""

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from datetime import timedelta
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller

from shop.app import create_app
from shop.cli import health
from shop.cli.commands import register
from shop.cli.copies import write_anew
from shop.cli.locks import OnlyServer, OtherServer
from shop.cli.server import Server
from shop.db import db, sqlite_driver, transaction
from shop.demo.people import SIGN_INS
from shop.kernel.settings import ROOT, Settings
from shop.outbox import worker
from shop.outbox.models import OutboxMessage
from tests import engines
from tests.bench.servers import children
from tests.browser.conftest import free_port
from tests.conftest import NOON

FLASK = [sys.executable, "-m", "flask", "--app", "wsgi"]


def environment(instance: Path, **more: str) -> dict[str, str]:
    return {
        **{k: v for k, v in os.environ.items() if not k.startswith("SHOP_")},
        "SHOP_INSTANCE": str(instance),
        **more,
    }


class Started:
    """`flask serve` in a folder; ``line`` waits for what it prints."""

    def __init__(self, instance: Path, port: int, **more: str) -> None:
        self.address = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen(
            [*FLASK, "serve"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env=environment(instance, SHOP_PORT=str(port), SHOP_BASE_URL=self.address, **more),
        )  # fmt: skip

    @property
    def cpu_s(self) -> float:
        """Processor time of the shop and all that it started: the same on a busy machine."""
        with contextlib.suppress(OSError):
            pids = [self.process.pid, *children(self.process.pid)]
            fields = [Path(f"/proc/{p}/stat").read_text().rpartition(")")[2].split() for p in pids]
            # Its own time (user, system), and that of processes which have ended.
            ticks = sum(int(one) for of in fields for one in of[11:15])
            return ticks / os.sysconf("SC_CLK_TCK")
        return 0.0

    def wait(self, *, most_s: float) -> None:
        """Wait until it answers, for so many seconds of its own work at most."""
        used, working = 0.0, time.monotonic()
        while True:
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{self.address}/healthz", timeout=2).close()
                return
            assert self.process.poll() is None, self.process.stdout.read()
            now = self.cpu_s
            assert now < most_s, f"The start took {now:.0f} s of work."
            if now > used:
                used, working = now, time.monotonic()
            assert time.monotonic() - working < 60, "It does nothing and does not answer."
            time.sleep(0.1)

    def stop(self) -> str:
        self.process.send_signal(signal.SIGTERM)
        said, _ = self.process.communicate(timeout=20)
        return said


@pytest.mark.xdist_group("serve")
def test_a_first_start_opens_the_demo_shop_and_a_second_keeps_its_data(tmp_path):
    first = Started(tmp_path, free_port())
    first.wait(most_s=60)  # DECISIONS 18
    page = urllib.request.urlopen(first.address).read().decode()
    assert "Bột ngũ cốc" in page
    other = subprocess.run(
        [*FLASK, "serve"], cwd=ROOT, env=environment(tmp_path, SHOP_PORT=str(free_port())),
        capture_output=True, text=True,
    )  # fmt: skip
    assert other.returncode == 1
    assert str(first.process.pid) in other.stderr
    said = first.stop()
    with sqlite3.connect(tmp_path / "shop.sqlite") as stored:
        for shown in (
            "products WHERE state = 'draft'",
            "products WHERE state = 'hidden'",
            "products WHERE traces <> '[]'",
            "papers WHERE checked_at IS NULL",
            "papers WHERE kind = 'food_safety'",
            "product_pictures WHERE position = 1",
            "seller_orders WHERE state = 'delivered' AND returned_items_vnd > 0",
            "payments WHERE reported_at > expired_at",
        ):
            (found,) = stored.execute(f"SELECT count(*) FROM {shown}").fetchone()
            assert found > 0, shown
    assert first.address in said
    assert said.count("mật khẩu") == len(SIGN_INS)
    assert first.process.returncode == 0

    second = Started(tmp_path, free_port())
    second.wait(most_s=10)  # It loads nothing.
    assert "Bột ngũ cốc" in urllib.request.urlopen(second.address).read().decode()
    assert "hàng mẫu" not in second.stop()
    proved = subprocess.run(
        [*FLASK, "prove"], cwd=ROOT, env=environment(tmp_path), capture_output=True, text=True
    )
    assert proved.returncode == 0, proved.stdout

    with contextlib.closing(sqlite3.connect(next(tmp_path.glob("*.sqlite")))) as kept:
        [(asked_by, wrong)] = kept.execute("SELECT asked_by, broken FROM proofs LIMIT 1").fetchall()
        [(posted,)] = kept.execute("SELECT count(*) FROM ledger_transactions").fetchall()
    assert (asked_by, wrong) == ("demo", 0)
    assert posted > 20


def test_a_wrong_setting_stops_the_start_with_one_sentence(tmp_path):
    run = subprocess.run(
        [*FLASK, "serve"], cwd=ROOT, env=environment(tmp_path, SHOP_PORT="many"),
        capture_output=True, text=True,
    )  # fmt: skip
    assert run.returncode != 0
    assert "SHOP_PORT must be a whole number" in run.stderr
    assert "Traceback" not in run.stderr


def test_a_start_writes_the_file_anew_once_a_month_and_nothing_erased_stays_in_it(app):
    settings = app.extensions["settings"]
    path = Path(settings.instance) / "shop.sqlite"
    db.session.remove()
    db.engine.dispose()
    with contextlib.closing(sqlite_driver.connect(path, isolation_level=None)) as earlier:
        earlier.execute("PRAGMA secure_delete = OFF")  # As shops did before they overwrote.
        earlier.execute("CREATE TABLE was (name TEXT)")
        earlier.execute("INSERT INTO was VALUES ('erased long ago')")
        earlier.execute("DELETE FROM was")
        earlier.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert b"erased long ago" in path.read_bytes()
    today = NOON.date()
    write_anew(settings, today)
    assert b"erased long ago" not in path.read_bytes()
    with contextlib.closing(sqlite_driver.connect(path)) as shop:
        for days, rewritten in ((29, False), (30, True)):
            write_anew(settings, today + timedelta(days=days))
            (kept,) = shop.execute("PRAGMA user_version").fetchone()
            assert (kept != today.toordinal()) is rewritten


@pytest.fixture
def commands(app):
    register(app)
    return app.test_cli_runner()


def test_the_doctor_finds_a_living_shop_healthy(commands, app):
    worker.beat(health_now())
    run = commands.invoke(args=["doctor"])
    assert run.exit_code == 0, run.output
    assert "✘" not in run.output
    assert "healthy" not in run.output


def test_the_doctor_speaks_english(commands, app):
    worker.beat(health_now())
    assert "Database" in commands.invoke(args=["doctor", "--lang", "en"]).output


def test_the_doctor_names_what_is_wrong(commands, app):
    with transaction() as session:
        session.add(
            OutboxMessage(
                event="x", subscriber="y", payload={}, recorded_at=NOON, due_at=NOON, parked_at=NOON
            )
        )
    run = commands.invoke(args=["doctor"])
    assert run.exit_code == 1
    assert run.output.count("✘") == 2, run.output  # No worker has been seen, one message is parked.


def test_the_doctor_reaches_the_mail_server_and_sends_nothing(app, make_app):
    class Greeted:
        mails = 0

        async def handle_DATA(self, *_):
            self.mails += 1
            return "250 OK"

    greeted = Greeted()
    with contextlib.ExitStack() as stack:
        server = Controller(greeted, hostname="127.0.0.1", port=free_port())
        server.start()
        stack.callback(server.stop)
        for port, healthy in ((server.port, True), (free_port(), False)):
            other = make_app(mail_url=f"smtp://127.0.0.1:{port}")
            with other.app_context():
                (found,) = health._mail(other.extensions["settings"], NOON)
            assert found.healthy is healthy, found.says
    assert greeted.mails == 0


@engines.both_engines
def test_the_doctor_looks_at_the_disk_whichever_the_database_is(commands, app, monkeypatch):
    monkeypatch.setattr(health, "FREE_MEGABYTES", 10**9)
    assert "✘ Đĩa: còn trống" in commands.invoke(args=["doctor"]).output


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("postgresql+psycopg://u:p@127.0.0.1:1/x", "127.0.0.1"),
        ("sqlite:////proc/nowhere/shop.sqlite", "unable to open database file"),
    ],
)
def test_a_database_that_cannot_be_opened_is_one_sentence(tmp_path, url, says):
    shop = create_app(engines.settings(tmp_path, url))
    register(shop)
    run = shop.test_cli_runner().invoke(args=["serve"])
    assert run.exit_code == 1
    assert "Không mở được cơ sở dữ liệu của SHOP_DATABASE_URL: " in run.output
    assert says in run.output
    assert len(run.output.strip().splitlines()) == 1


def test_one_server_holds_a_sqlite_file_whatever_its_folder(tmp_path):
    file, link = tmp_path / "shop.sqlite", tmp_path / "link.sqlite"
    link.symlink_to(file)
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
    here = engines.settings(tmp_path / "here", f"sqlite:///{file}")
    there = engines.settings(tmp_path / "there", f"sqlite:///{link}")
    first = OnlyServer(here)
    with pytest.raises(OtherServer) as refused:
        OnlyServer(there)
    assert refused.value.pid == str(os.getpid())
    OnlyServer(engines.settings(tmp_path / "there")).let_go()  # What was refused holds nothing.
    first.let_go()
    OnlyServer(there).let_go()


def health_now():
    from shop.kernel.clock import now_utc

    return now_utc()


def test_settings_are_listed_without_secrets(commands, app):
    output = commands.invoke(args=["settings"]).output
    assert "SHOP_PORT=8000" in output
    assert "5a5a" not in output
    assert "teststests" not in output


@pytest.mark.parametrize(
    ("version", "safe"),
    [
        ((3, 40, 1), False),
        ((3, 44, 6), True),
        ((3, 50, 7), True),
        ((3, 51, 2), False),
        ((3, 53, 4), True),
    ],
)
def test_the_doctor_knows_the_faulty_sqlites(version, safe):
    assert health.sqlite_is_safe(version) is safe


def test_the_server_opens_no_second_door_and_knows_no_debugging(tmp_path, app):
    """QUALITY T49, T52: no control socket, bounded request lines, proxies only where named."""
    for proxies, allowed in ((0, []), (1, ["127.0.0.1"])):
        cfg = Server(engines.settings(tmp_path, trusted_proxies=proxies)).cfg
        assert cfg.control_socket_disable is True
        assert (cfg.limit_request_line, cfg.limit_request_fields) == (8190, 60)
        assert cfg.forwarded_allow_ips == allowed
        assert cfg.timeout == 60
    assert app.debug is False


@pytest.mark.parametrize(
    ("name", "address", "private"),
    [
        ("database_url", "postgresql+psycopg://shop_app@db.example.vn/shop", False),
        ("database_url", "postgresql+psycopg://shop_app@db.example.vn/shop?sslmode=require", False),
        ("database_url", "postgresql+psycopg://a@db.example.vn/b?sslmode=verify-full", True),
        ("database_url", "postgresql+psycopg://shop_app@127.0.0.1/shop", True),
        ("database_url", "postgresql+psycopg://shop_app@/shop?host=/run/postgresql", True),
        ("redis_url", "redis://counts.example.vn:6379/0", False),
        ("redis_url", "rediss://counts.example.vn:6379/0", True),
        ("redis_url", "redis://localhost:6379/0", True),
        ("s3_endpoint", "http://pictures.example.vn", False),
        ("s3_endpoint", "https://pictures.example.vn", True),
    ],
)
def test_the_doctor_warns_of_open_lines_to_other_machines(tmp_path, app, name, address, private):
    """QUALITY T51: what leaves the machine travels under a certificate that is looked at."""
    found = list(health.lines_out(Settings(instance=str(tmp_path), **{name: address}), NOON))
    assert [finding.healthy for finding in found] == [private]
    assert name.upper() in found[0].says or private
