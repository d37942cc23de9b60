"""What `flask doctor` looks at."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app
from sqlalchemy import func, select, text

from shop.accounts.models import Account
from shop.accounts.queries import contact_of
from shop.banking.models import BankNotice
from shop.banking.queries.feeds import feeds_in, refused_since
from shop.banking.queries.notices import OPEN, WAITS_LONG
from shop.banking.rules.feeds import SERVICES
from shop.cli.aside import left_in
from shop.cli.backup import LAST
from shop.cli.grants import is_above_policies, owns_tables
from shop.current import current_settings
from shop.db import db, sqlite_driver
from shop.kernel.settings import ROOT, Settings
from shop.media.store import store
from shop.outbox.models import Heartbeat, Job, OutboxMessage
from shop.payouts.jobs import DRAFT_DUE, not_drafted
from shop.places.models import PlacesRelease
from shop.web.limits import Limits
from shop.web.words import _, moment, tr

#: Builds of SQLite whose WAL reset cannot lose a commit (QUALITY 1.2).
FREE_MEGABYTES = 300
#: A public shop that made no backup for longer is unwell.
BACKUP_WITHIN = timedelta(hours=48)


@dataclass(frozen=True)
class Finding:
    """One line: what was looked at, whether it is well, and what it says."""

    what: str
    healthy: bool
    says: str


def sqlite_is_safe(version: tuple[int, ...]) -> bool:
    """Tell whether a SQLite is free of the WAL-reset fault (3.7.0 to 3.51.2)."""
    return (
        version >= (3, 51, 3)
        or (3, 50, 7) <= version < (3, 51, 0)
        or (3, 44, 6) <= version < (3, 45, 0)
    )


def findings(now: datetime) -> list[Finding]:
    """Look at everything; a look that breaks is itself an unhealthy finding."""
    settings = current_settings()
    looks: tuple[tuple[str, Callable[[Settings, datetime], Iterator[Finding]]], ...] = (
        (_("Cơ sở dữ liệu"), _database),
        (_("Đĩa"), _disk),
        (_("Đường ra mạng"), lines_out),
        (_("Khoá"), _keys),
        (_("Khoá vân tay"), _passkeys),
        (_("Kho ảnh"), _storage),
        (_("Giới hạn lượt thử"), _limits),
        (_("Thư"), _mail),
        (_("Thợ"), _worker),
        (_("Ngân hàng báo"), _bank),
        (_("Quyết toán"), _settlements),
        (_("Sao lưu"), _backup),
    )
    found: list[Finding] = []
    for what, look in looks:
        try:
            found += list(look(settings, now))
        except Exception as error:  # Whatever is broken is what the doctor is for.
            db.session.remove()
            found.append(Finding(what, False, f"{type(error).__name__}: {str(error)[:160]}"))
    return found


def _database(settings: Settings, now: datetime) -> Iterator[Finding]:
    what = _("Cơ sở dữ liệu")
    db.session.execute(text("SELECT 1"))
    if settings.sqlalchemy_url.startswith("sqlite"):
        version = sqlite_driver.sqlite_version
        safe = sqlite_is_safe(tuple(int(part) for part in version.split(".")))
        says = (
            _("SQLite %(version)s, ghi bền", version=version)
            if safe
            else _(
                "SQLite %(version)s có lỗi mất ghi khi nhiều kết nối; cài gói pysqlite3",
                version=version,
            )
        )
        yield Finding(what, safe, says)
    else:
        yield Finding(what, True, str(db.session.scalar(text("SHOW server_version"))))
        yield _role(settings)
    here = MigrationContext.configure(db.session.connection()).get_current_revision()
    head = ScriptDirectory(str(ROOT / "migrations")).get_current_head()
    yield Finding(
        _("Bảng"),
        here == head,
        _("đang ở bản %(here)s, mới nhất là %(head)s", here=here, head=head),
    )
    release = db.session.scalar(select(PlacesRelease.version))
    yield Finding(_("Tỉnh và xã"), release is not None, release or _("chưa nạp; chạy flask serve"))


def _disk(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Mails, pictures and compiled pages lie here whichever the database is; SQLite's file too."""
    file = settings.sqlite_file
    folders = [settings.instance, *([file.parent] if file else [])]
    free = min(shutil.disk_usage(folder).free for folder in folders) // 2**20
    yield Finding(_("Đĩa"), free >= FREE_MEGABYTES, _("còn trống %(free)s MB", free=free))


def _role(settings: Settings) -> Finding:
    """The shop's role should be held by the policies that keep sellers apart (QUALITY T23)."""
    connection = db.session.connection()
    role = str(connection.scalar(text("SELECT current_user")))
    healthy, says = True, _("%(role)s, vai thường", role=role)
    if is_above_policies(connection):
        healthy = False
        says = _("%(role)s bỏ qua được luật tách người bán; hãy dùng một vai thường", role=role)
    elif owns_tables(connection):
        healthy = not settings.is_production
        says = _(
            "%(role)s làm chủ các bảng; hãy đặt SHOP_MIGRATION_DATABASE_URL và dùng một vai thường",
            role=role,
        )
    return Finding(_("Vai cơ sở dữ liệu"), healthy, says)


def lines_out(settings: Settings, now: datetime) -> Iterator[Finding]:
    """What leaves this machine should travel under a certificate that is looked at (QUALITY T51)."""
    open_lines = [
        f"SHOP_{name.upper()}"
        for name in ("database_url", "redis_url", "s3_endpoint")
        if not _is_private(getattr(settings, name))
    ]
    says = _("nối với máy khác bằng TLS, có xem chứng thư")
    if open_lines:
        says = _("%(names)s đi qua mạng không có TLS kiểm chứng thư", names=", ".join(open_lines))
    yield Finding(_("Đường ra mạng"), not open_lines, says)


def _is_private(address: str) -> bool:
    parts = urlsplit(address)
    asked = parse_qs(parts.query)
    host = asked.get("host", [parts.hostname or ""])[0]
    if not host or host.startswith("/") or host in ("localhost", "127.0.0.1", "::1"):
        return True
    if parts.scheme.startswith("postgresql"):
        return asked.get("sslmode") == ["verify-full"]
    return parts.scheme in ("https", "rediss", "valkeys")


def _keys(settings: Settings, now: datetime) -> Iterator[Finding]:
    someone = db.session.scalar(select(Account).where(Account.deleted_at.is_(None)).limit(1))
    if someone is not None:
        contact_of(someone)  # Raises when the master key is not the one that sealed.
    yield Finding(_("Khoá"), True, _("khoá chính mở được dữ liệu"))


def _passkeys(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Browsers make passkeys for a name over https; a public shop has one."""
    domain = settings.passkey_domain
    says = (
        _("dùng được, cho tên miền %(domain)s", domain=domain)
        if domain
        else _("chưa dùng được: cần tên miền và https trong SHOP_BASE_URL")
    )
    yield Finding(_("Khoá vân tay"), bool(domain) or not settings.is_production, says)


def _storage(settings: Settings, now: datetime) -> Iterator[Finding]:
    # Content is its own name, so the probe is written over itself and costs nothing twice.
    store().put("doctor", b"doctor")
    where = settings.media_url or str(Path(settings.instance) / "media")
    readable = bytes(store().get("doctor").bytes()) == b"doctor"
    says = where if readable else _("%(where)s: ghi được mà đọc lại không đúng", where=where)
    yield Finding(_("Kho ảnh"), readable, says)


def _limits(settings: Settings, now: datetime) -> Iterator[Finding]:
    what = _("Giới hạn lượt thử")
    limits: Limits = current_app.extensions["limits"]
    if not (settings.redis_url or settings.has_several_servers):
        yield Finding(what, True, _("đếm trong bộ nhớ, vì chỉ một tiến trình phục vụ"))
        return
    where = _("Valkey hoặc Redis") if settings.redis_url else _("cơ sở dữ liệu")
    if limits.shares():
        yield Finding(what, True, _("mọi tiến trình đếm chung trong %(where)s", where=where))
    else:
        says = _("%(where)s không trả lời: mỗi tiến trình đang đếm riêng", where=where)
        yield Finding(what, False, says)


def _mail(settings: Settings, now: datetime) -> Iterator[Finding]:
    if settings.mail_url:
        # Here: a server that sends no mail is a megabyte lighter.
        from shop.notifications.backend import greet_server

        where = urlsplit(settings.mail_url).hostname
        try:
            greet_server(current_app)
        except OSError as error:  # Whatever a mail server says no with is one, too.
            why = f"{type(error).__name__}: {str(error)[:160]}"
            says = _("không nối được máy chủ thư %(where)s: %(why)s", where=where, why=why)
            yield Finding(_("Thư"), False, says)
        else:
            yield Finding(_("Thư"), True, _("máy chủ thư %(where)s trả lời", where=where))
    else:
        yield Finding(
            _("Thư"),
            not settings.is_production,
            _("chưa đặt máy chủ thư: thư nằm trong %(folder)s", folder=f"{settings.instance}/mail"),
        )


def _worker(settings: Settings, now: datetime) -> Iterator[Finding]:
    beat = db.session.scalar(select(func.max(Heartbeat.beat_at)))
    alive = beat is not None and now - beat < timedelta(minutes=3)
    yield Finding(
        _("Thợ"),
        alive,
        _("dấu hiệu cuối lúc %(at)s", at=moment(beat)) if beat else _("chưa chạy lần nào"),
    )
    parked = (
        db.session.scalar(select(func.count()).where(OutboxMessage.parked_at.is_not(None))) or 0
    )
    yield Finding(_("Thư kẹt"), parked == 0, _("%(num)s tin không gửi được", num=parked))
    late = db.session.scalars(select(Job.name).where(Job.failures > 0)).all()
    yield Finding(_("Việc theo giờ"), not late, ", ".join(late) or _("chạy đều"))


def _backup(settings: Settings, now: datetime) -> Iterator[Finding]:
    """When this machine last made a backup; a public shop should have one of yesterday."""
    what, path = _("Sao lưu"), Path(settings.instance) / LAST
    last = json.loads(path.read_text()) if path.exists() else None
    folders = {path.parent, path.parent / "backups"}
    if last is not None:
        folders.add(Path(last["path"]).parent)
    for left in sorted(one for folder in folders for one in left_in(folder)):
        yield Finding(
            _("Bản sao dở"), False,
            _("%(path)s có thể giữ cả cơ sở dữ liệu chưa niêm phong: xoá nó", path=left),
        )  # fmt: skip
    if last is None:
        yield Finding(what, not settings.is_production, _("chưa sao lưu lần nào từ máy này"))
        return
    at = datetime.fromisoformat(last["at"])
    fresh = now - at < BACKUP_WITHIN
    yield Finding(what, fresh or not settings.is_production, _("lần cuối %(at)s", at=moment(at)))


def _bank(settings: Settings, now: datetime) -> Iterator[Finding]:
    """One line for each service that tells of money: how old its last word is, and what was refused."""
    what = _("Ngân hàng báo")
    feeds = feeds_in(db.session(), None, ended=False)
    refused = refused_since(db.session(), [feed.id for feed in feeds])
    for feed in feeds:
        name = f"{SERVICES[feed.kind]}, {tr(feed, 'name')}"
        if feed.id in refused:
            says = _(
                "%(name)s: tin bị từ chối từ lúc %(at)s", name=name, at=moment(refused[feed.id])
            )
        elif feed.last_at is None:
            says = _("%(name)s: chưa có tin nào", name=name)
        else:
            hours = int((now - feed.last_at).total_seconds() // 3600)
            says = _("%(name)s: tin cuối cách đây %(hours)s giờ", name=name, hours=hours)
        yield Finding(what, feed.id not in refused, says)
    waits = db.session.scalar(
        select(func.count()).where(
            BankNotice.state.in_(OPEN), BankNotice.received_at < now - WAITS_LONG
        )
    )  # fmt: skip
    if feeds or waits:
        yield Finding(
            _("Tiền chưa rõ"),
            not waits,
            _("%(num)s khoản chờ quá một ngày", num=waits),
        )


def _settlements(settings: Settings, now: datetime) -> Iterator[Finding]:
    """When settlements were last looked for by themselves, and whose period waits for a draft."""
    what = _("Quyết toán")
    settled_by_the_clock = not_drafted(db.session(), now)
    if settled_by_the_clock is None:
        return
    ran = db.session.scalar(select(Job.finished_at).where(Job.name == DRAFT_DUE))
    yield Finding(
        what,
        ran is not None and now - ran < timedelta(hours=3),
        _("lần cuối xem kỳ nào đến hạn: %(at)s", at=moment(ran)) if ran else _("chưa chạy lần nào"),
    )
    if settled_by_the_clock:
        names = ", ".join(tr(row, "name") for row in settled_by_the_clock)
        yield Finding(what, False, _("kỳ đã hết mà chưa có quyết toán: %(names)s", names=names))
