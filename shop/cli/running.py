"""Commands that run the shop and tell how it is."""

import os
import signal
import sys
import threading
from dataclasses import fields

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from flask_migrate import upgrade
from sqlalchemy.exc import OperationalError, ProgrammingError

from shop.cli import health
from shop.cli.backup import backup, restore
from shop.cli.copies import write_anew
from shop.cli.locks import OnlyServer, OtherServer
from shop.cli.speech import spoken
from shop.current import current_settings
from shop.db import db, sqlite_driver, transaction
from shop.demo.load import demo_sign_ins, is_empty, load_demo
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.settings import Settings
from shop.operations.proofs import CHECKS, SHOWN, ask
from shop.outbox import worker
from shop.places.actions import load_places
from shop.web.words import _

#: Ends of the names of settings whose value may hold a password.
_WITH_PASSWORDS = ("database_url", "redis_url", "mail_url")
#: What PostgreSQL says to a role that does not own a table.
_NOT_ALLOWED = "42501"


def prepare() -> None:
    """Bring the database to today's tables and places; fill an empty embedded shop."""
    settings = current_settings()
    _migrate()
    now = now_utc()
    db.session.remove()
    try:
        write_anew(settings, vietnam_date(now))
    except sqlite_driver.OperationalError as error:  # The shop opens, and tries again next time.
        click.echo(_("Chưa viết lại được tệp cơ sở dữ liệu: %(why)s", why=error), err=True)
    with transaction() as session:
        load_places(session, today=vietnam_date(now))
    if settings.demo and not settings.is_production and is_empty(db.session()):
        click.echo(_("Đang bày hàng mẫu (chỉ lần đầu) …"))
        load_demo(now)
        ask("demo")
    db.session.remove()
    db.engine.dispose()


def _migrate() -> None:
    try:
        upgrade()
    except (OperationalError, sqlite_driver.OperationalError) as error:
        if getattr(error, "statement", None) is not None:
            raise  # It was opened; what a migration asked went wrong.
        why = " ".join(str(getattr(error, "orig", error)).split())
        raise click.ClickException(
            _("Không mở được cơ sở dữ liệu của SHOP_DATABASE_URL: %(why)s", why=why)
        ) from None
    except ProgrammingError as error:
        if getattr(error.orig, "sqlstate", None) != _NOT_ALLOWED:
            raise
        raise click.ClickException(
            _(
                "Bảng chưa ở bản mới nhất và vai này không được sửa bảng: "
                "chạy flask db upgrade với SHOP_MIGRATION_DATABASE_URL trước đã."
            )
        ) from None


@click.command("serve")
@with_appcontext
@spoken
def serve() -> None:
    """Migrate, load the demo shop once, and serve until stopped."""
    settings = current_settings()
    try:
        lock = OnlyServer(settings)
    except OtherServer as other:
        click.echo(
            _(
                "Chợ đang chạy ở tiến trình %(pid)s với cùng cơ sở dữ liệu; dừng nó trước đã.",
                pid=other.pid,
            ),
            err=True,
        )
        sys.exit(1)
    prepare()
    click.echo()
    click.echo(
        _("Chợ mở cửa ở %(address)s (bản tiếng Anh: %(address)s/en/)", address=settings.base_url)
    )
    for line in demo_sign_ins(db.session()):
        click.echo("  " + line)
    click.echo(_("Bấm Ctrl-C để đóng."))
    db.session.remove()
    db.engine.dispose()
    lock.keep_across_exec()
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "shop.cli.server"])  # noqa: S606


@click.command("live")
@with_appcontext
@spoken
def live() -> None:
    """Tell open boards of news, in a process of its own beside the servers, until stopped."""
    settings = current_settings()
    if settings.sqlalchemy_url.startswith("sqlite"):
        raise click.ClickException(
            _(
                "Chợ nhỏ trên SQLite không cần tiến trình này: chính máy chủ báo cho bảng đơn đang mở."
            )
        )
    click.echo(
        _(
            "Báo tin cho bảng đơn đang mở ở %(host)s:%(port)s.",
            host=settings.host,
            port=settings.live_port,
        )
    )
    db.session.remove()
    db.engine.dispose()
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "shop.cli.server", "live"])  # noqa: S606


@click.command("push-key")
def push_key() -> None:
    """Make the key that signs news pushed to browsers; keep it as SHOP_PUSH_KEY."""
    from shop.notifications.push_rules import new_key

    click.echo(new_key())


@click.command("work")
@with_appcontext
@spoken
def work() -> None:
    """Drain the outbox and run due jobs until stopped."""
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    click.echo(_("Thợ bắt đầu làm việc; Ctrl-C để nghỉ."))
    worker.run(current_app._get_current_object(), stop)  # type: ignore[attr-defined]


@click.command("doctor")
@with_appcontext
@spoken
def doctor() -> None:
    """Say what is healthy and what is not; exit status 1 when something is not."""
    findings = health.findings(now_utc())
    for finding in findings:
        click.echo(f"{'✔' if finding.healthy else '✘'} {finding.what}: {finding.says}")
    sys.exit(0 if all(finding.healthy for finding in findings) else 1)


@click.command("prove")
@with_appcontext
@spoken
def prove() -> None:
    """Ask for everything that must always be true, money before all; exit status 1 when it is not.

    What was found is stored and shown on the page "Is the money healthy?".
    """
    found = ask("command")
    for name in CHECKS:
        rows = found.get(name, ())
        click.echo(f"{'✘' if rows else '✔'} {name}")
        for row in rows[:SHOWN]:
            click.echo("    " + ", ".join(f"{key}={value}" for key, value in row.items()))
    sys.exit(1 if found else 0)


@click.command("settings")
@with_appcontext
def settings_command() -> None:
    """List every setting, its value now (secrets hidden) and what it is for."""
    settings = current_settings()
    for field in fields(Settings):
        value = getattr(settings, field.name)
        secret = "key" in field.name or field.name.endswith(_WITH_PASSWORDS)
        shown = "(set)" if secret and value else repr(value)
        click.echo(f"SHOP_{field.name.upper()}={shown}\n    {field.metadata['doc']}")


def register(app: Flask) -> None:
    """Add the commands to an application."""
    for command in (serve, live, push_key, work, doctor, prove, backup, restore, settings_command):
        app.cli.add_command(command)
