"""`flask backup` and `flask restore`: the whole shop as one sealed file, and back again.

Inside: the database as it stood at one moment, every picture and recording, and a manifest with
the size and SHA-256 of each. Papers lie in the database. Never inside: the keys. A backup is whole or it is not there.
"""

import contextlib
import errno
import hashlib
import json
import os
import secrets
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import IO, Any

import click
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask.cli import with_appcontext
from flask_migrate import upgrade
from sqlalchemy import select

from shop.accounts.models import Account
from shop.accounts.queries import contact_of
from shop.cli import copies
from shop.cli.aside import BACKUP, RESTORE, aside
from shop.cli.locks import OnlyServer, OtherServer
from shop.cli.speech import spoken
from shop.current import current_settings
from shop.db import db
from shop.kernel.archive import Damaged, NotAnArchive, Opening, Sealing, WrongKey
from shop.kernel.clock import now_utc
from shop.kernel.errors import OutsideFailure
from shop.kernel.key_files import make_key
from shop.kernel.settings import ROOT, Settings
from shop.media.files import file_name
from shop.media.models import Picture
from shop.media.store import fetch, is_only_here, keep, store
from shop.operations.proofs import CHECKS, ask
from shop.sellers.models import Seller
from shop.web.words import _, moment, number

MANIFEST = "manifest.json"
FORMAT = 1
#: Beside the database: when the last backup was made here, for `flask doctor`.
LAST = "last-backup.json"
_CHUNK = 1024 * 1024


@click.command("backup")
@click.argument("to", required=False, type=click.Path(path_type=Path))
@click.option("--key-file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_appcontext
@spoken
def backup(to: Path | None, key_file: Path | None) -> None:
    """Copy the whole shop, while it runs, into one sealed file. TO: its name, or a folder."""
    settings = current_settings()
    now = now_utc()
    name = f"cho-phien-{now:%Y%m%dT%H%M%SZ}.saoluu"
    to = to or Path(settings.instance) / "backups"
    path = to if to.suffix and not to.is_dir() else to / name
    if path.exists():
        raise click.ClickException(_("%(path)s đã có rồi; chọn tên khác.", path=path))
    key = _key(settings, key_file, may_make=True)
    with _said():
        path.parent.mkdir(parents=True, exist_ok=True)
        manifest = _write(settings, path, key, now)
        last = {"at": now.isoformat(), "path": str(path), "size": path.stat().st_size}
        (Path(settings.instance) / LAST).write_text(json.dumps(last))
    click.echo(
        _("Đã sao lưu vào %(path)s: %(size)s byte, %(count)s tệp ảnh và tiếng nói, bản bảng %(migration)s.",
          path=path, size=number(last["size"]), count=number(len(manifest["files"]) - 1),
          migration=manifest["migration"])
    )  # fmt: skip
    click.echo(_("Khoá chính và khoá sao lưu không nằm trong tệp: giữ bản khác ở nơi khác."))


@click.command("restore")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--key-file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--over", is_flag=True, help="Put it in the place of the shop that stands there.")
@with_appcontext
@spoken
def restore(path: Path, key_file: Path | None, over: bool) -> None:
    """Put a backup back, then ask for everything that must always be true. PATH: of the backup."""
    settings = current_settings()
    key = _key(settings, key_file, may_make=False)
    with _said():
        Path(settings.instance).mkdir(parents=True, exist_ok=True)
        try:
            OnlyServer(settings)
        except OtherServer as other:
            raise click.ClickException(
                _("Chợ đang chạy ở tiến trình %(pid)s; dừng nó trước đã.", pid=other.pid)
            ) from None
        if not over and not copies.is_empty(settings):
            raise click.ClickException(
                _("Ở đây đang có một chợ. Muốn thay nó thì thêm --over; bản cũ được giữ lại.")
            )
        manifest = _read(settings, path, key)
    made_at = datetime.fromisoformat(manifest["made_at"])
    click.echo(_("Đã đặt lại bản sao lưu lúc %(at)s.", at=moment(made_at)))
    upgrade()
    _look_after(settings)


@dataclass
class Listed:
    """What lies in an archive: each file's name, size and SHA-256."""

    files: list[dict[str, Any]] = field(default_factory=list)

    def add(self, name: str, size: int, sha256: str) -> None:
        self.files.append({"name": name, "size": size, "sha256": sha256})


def _write(settings: Settings, path: Path, key: bytes, now: datetime) -> dict[str, Any]:
    """Write a backup under a temporary name, and give it its own once it is whole and on disk.

    The database lies open in between: in the shop's own folder, never beside the backup.
    """
    with (
        aside(Path(settings.instance), BACKUP) as own,
        aside(path.parent, BACKUP) as beside,
        open(beside / "part", "xb", opener=_for_owner) as into,
    ):
        copy = own / copies.name_of(settings)
        # The database first: files that come later are no harm, missing ones would be.
        copies.copy_out(settings, copy)
        sealing, listed = Sealing(into, key), Listed()
        with tarfile.open(fileobj=sealing, mode="w|") as tar:
            with copy.open("rb") as database:
                _pack(tar, listed, copy.name, database, copy.stat().st_size)
            copy.unlink()
            for name in _media_names():
                content = fetch(name)
                if content is not None:  # Thrown away since the list was made.
                    _pack(tar, listed, f"media/{name}", BytesIO(content), len(content))
            manifest = {
                "format": FORMAT, "made_at": now.isoformat(),
                "migration": _migration(), "files": listed.files,
            }  # fmt: skip
            told = json.dumps(manifest).encode()
            _pack(tar, Listed(), MANIFEST, BytesIO(told), len(told))
        sealing.finish()
        into.flush()
        os.fsync(into.fileno())
        os.replace(into.name, path)
        return manifest


def _for_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _pack(tar: tarfile.TarFile, listed: Listed, name: str, content: IO[bytes], size: int) -> None:
    about = tarfile.TarInfo(name)
    about.size = size
    counted = _Counted(content)
    tar.addfile(about, counted)  # type: ignore[arg-type]
    listed.add(name, size, counted.sha256.hexdigest())


class _Counted:
    """A file that is hashed while it is read."""

    def __init__(self, of: IO[bytes]) -> None:
        self._of, self.sha256 = of, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._of.read(size)
        self.sha256.update(data)
        return data


def _media_names() -> Iterator[str]:
    for batch in store().list():
        for found in batch:
            if is_only_here(found["path"]):
                yield found["path"]


def _migration() -> str:
    return MigrationContext.configure(db.session.connection()).get_current_revision() or ""


def _read(settings: Settings, path: Path, key: bytes) -> dict[str, Any]:
    """Unpack a backup aside, prove all of it, and only then let it be the shop."""
    with aside(Path(settings.instance), RESTORE) as own:
        with path.open("rb") as file:
            manifest = _unpack(file, key, own)
        if manifest.get("migration") not in {
            revision.revision
            for revision in ScriptDirectory(str(ROOT / "migrations")).walk_revisions()
        }:
            raise click.ClickException(
                _("Bản sao lưu là của một bản chợ mới hơn; cài bản ấy rồi đặt lại.")
            )
        name = copies.name_of(settings)
        if name not in {one["name"] for one in manifest["files"]}:
            raise click.ClickException(
                _("Bản sao lưu là của loại cơ sở dữ liệu khác; xem SHOP_DATABASE_URL.")
            )
        for one in manifest["files"]:
            if one["name"].startswith("media/"):
                media = one["name"].removeprefix("media/")
                keep({media: (own / one["name"]).read_bytes()})
        db.session.remove()
        db.engine.dispose()
        kept = copies.put_back(settings, own / name, f".cu-{secrets.token_hex(4)}")
        if kept is not None:
            click.echo(_("Bản cũ giữ ở %(path)s.", path=kept))
        return manifest


def _unpack(file: IO[bytes], key: bytes, into: Path) -> dict[str, Any]:
    """Write what an archive holds into a folder; every file is what the manifest says of it."""
    found: dict[str, dict[str, Any]] = {}
    told = b""
    opened = Opening(file, key)
    try:
        with tarfile.open(fileobj=opened, mode="r|") as tar:
            for about in tar:
                content = tar.extractfile(about)
                if content is None or not _is_ours(about.name):
                    raise Damaged
                if about.name == MANIFEST:
                    told = content.read()
                    continue
                found[about.name] = _take_out(into / about.name, content, about.name)
        while opened.read(_CHUNK):  # To the end, so that a file cut short shows.
            pass
        manifest = json.loads(told)
        if manifest["format"] != FORMAT or {f["name"]: f for f in manifest["files"]} != found:
            raise Damaged
        return manifest
    except (tarfile.TarError, KeyError, ValueError, EOFError) as error:
        raise Damaged from error


def _is_ours(name: str) -> bool:
    media = name.removeprefix("media/")
    known = (MANIFEST, "database.sqlite", "database.dump")
    return name in known or (media != name and is_only_here(media))


def _take_out(path: Path, content: IO[bytes], name: str) -> dict[str, Any]:
    path.parent.mkdir(parents=True, exist_ok=True)
    size, sha256 = 0, hashlib.sha256()
    with path.open("wb") as into:
        while data := content.read(_CHUNK):
            into.write(data)
            sha256.update(data)
            size += len(data)
    return {"name": name, "size": size, "sha256": sha256.hexdigest()}


def _look_after(settings: Settings) -> None:
    """Say whether the restored shop is whole: its files, master key, stock, orders, money."""
    missing = list(missing_files())
    click.echo(
        f"{'✘' if missing else '✔'} "
        + _("%(num)s tệp ảnh hay tiếng nói thiếu", num=len(missing))
    )  # fmt: skip
    opens = _master_key_opens()
    click.echo(
        f"{'✔' if opens else '✘'} "
        + (_("khoá chính mở được dữ liệu") if opens else
           _("khoá chính không phải của bản này: đặt lại SHOP_MASTER_KEY hay tệp master.key cũ"))
    )  # fmt: skip
    broken = ask("restore")
    for name in CHECKS:
        click.echo(f"{'✘' if name in broken else '✔'} {name}")
    if missing or broken or not opens:
        sys.exit(1)


def missing_files() -> Iterator[str]:
    """Return the names of files that a row speaks of and the store does not have."""
    there = set(_media_names())
    for name in _named_files():
        if name not in there:
            yield name


def _named_files() -> Iterator[str]:
    for picture in db.session.execute(select(Picture.digest, Picture.versions)):
        for kind, widths in picture.versions.items():
            for width in widths:
                yield file_name(picture.digest, width, kind)
    yield from db.session.scalars(
        select(Seller.voice_file).where(Seller.voice_file != "").distinct()
    )


def _master_key_opens() -> bool:
    someone = db.session.scalar(select(Account).where(Account.deleted_at.is_(None)).limit(1))
    try:
        return someone is None or contact_of(someone) is not None
    except Exception:  # Whatever the lock says, it does not open.
        db.session.rollback()
        return False


def _key(settings: Settings, key_file: Path | None, *, may_make: bool) -> bytes:
    """Return the key of backups: of the option, of the setting, or of the instance folder."""
    told = key_file.read_text().strip() if key_file else settings.backup_key
    own = Path(settings.instance) / "backup.key"
    if not told and own.exists():
        told = own.read_text().strip()
    if not told and may_make and not settings.is_production:
        own.parent.mkdir(parents=True, exist_ok=True)
        told = make_key(own)
        click.echo(_("Đã làm khoá sao lưu ở %(path)s: chép một bản ra nơi khác.", path=own))
    with contextlib.suppress(ValueError):
        key = bytes.fromhex(told)
        if len(key) == 32:
            return key
    raise click.ClickException(
        _("Cần khoá sao lưu, 64 chữ số thập lục phân: SHOP_BACKUP_KEY hoặc --key-file.")
    )


@contextlib.contextmanager
def _said() -> Iterator[None]:
    """Say what went wrong outside of the shop in one sentence."""
    try:
        yield
    except NotAnArchive:
        says = _("Tệp này không phải bản sao lưu của chợ.")
    except WrongKey:
        says = _("Khoá sao lưu không phải khoá của tệp này.")
    except Damaged:
        says = _("Bản sao lưu bị cắt hoặc bị sửa; không đặt lại gì cả.")
    except copies.ToolMissing as missing:
        says = _("Máy này thiếu %(tool)s của PostgreSQL; cài gói postgresql-client.",
                 tool=missing.tool)  # fmt: skip
    except OutsideFailure as failed:
        says = _("Không xong: %(says)s", says=str(failed)[:200])
    except copies.ToolFailed as failed:
        says = _("Không xong: %(says)s", says=failed.says)
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        says = (
            _("Đĩa đầy; không để lại gì dở dang.")
            if full
            else _("Không xong: %(says)s", says=error)
        )
    else:
        return
    raise click.ClickException(says)
