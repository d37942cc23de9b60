"""A wrong setting stops the start with one sentence that names the variable."""

import contextlib
import errno
import os
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text

from shop.app import create_app
from shop.db import db
from shop.kernel.key_files import kept_or_made
from shop.kernel.settings import Settings, WrongSetting, read_settings
from tests import engines


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("SHOP_PORT", "80000", "SHOP_PORT must be a whole number from 1 to 65535"),
        ("SHOP_PORT", "many", "SHOP_PORT must be a whole number"),
        ("SHOP_PORT", "١٢", "SHOP_PORT must be a whole number"),
        ("SHOP_OPERATOR_EMAIL", "zz", "SHOP_OPERATOR_EMAIL must be like giup@example.vn"),
        ("SHOP_OPERATOR_EMAIL", "Hảo <hao@cho.vn>", "SHOP_OPERATOR_EMAIL must be like"),
        ("SHOP_MODE", "prod", "SHOP_MODE must be embedded or production"),
        ("SHOP_DATABASE_URL", "mysql://x", "SHOP_DATABASE_URL must begin with"),
        ("SHOP_BASE_URL", "cho.example.vn", "SHOP_BASE_URL must begin with https:// or http://"),
        ("SHOP_BASE_URL", "https://[x", "SHOP_BASE_URL must begin with"),
        ("SHOP_BASE_URL", "http://x:99999", "SHOP_BASE_URL must begin with"),
        ("SHOP_MEDIA_URL", "https://s3.example.vn/b", "SHOP_MEDIA_URL must begin with s3://"),
        ("SHOP_MEDIA_BASE_URL", "cdn.example.vn", "SHOP_MEDIA_BASE_URL must begin with"),
        ("SHOP_S3_ENDPOINT", "s3.example.vn", "SHOP_S3_ENDPOINT must begin with"),
        (
            "SHOP_MAIL_URL",
            "smtp://",
            "SHOP_MAIL_URL must begin with smtp:// or smtps:// and a host",
        ),
        ("SHOP_MAIL_URL", "smtp://h:abc", "SHOP_MAIL_URL must begin with"),
        ("SHOP_MAIL_FROM", "x", "SHOP_MAIL_FROM must be like"),
        ("SHOP_REDIS_URL", "foo", "SHOP_REDIS_URL must begin with redis://"),
        ("SHOP_OPERATOR_NAME", " ", "SHOP_OPERATOR_NAME must not be empty"),
        ("SHOP_INSTANCE", "", "SHOP_INSTANCE must not be empty"),
        ("SHOP_BASE_URL", "https://cho.example.vn/shop", "SHOP_BASE_URL must be like"),
        ("SHOP_PROCESSES", "4", "SHOP_PROCESSES above 1 needs PostgreSQL"),
        ("SHOP_MEMO_PREFIX", "cp", "SHOP_MEMO_PREFIX must be two capital letters"),
        ("SHOP_SECRET_KEY", "short", "SHOP_SECRET_KEY must have 32 characters"),
        (
            "SHOP_SECRET_KEY_FALLBACKS",
            f"{'k' * 32}, short",
            "SHOP_SECRET_KEY_FALLBACKS must be keys of 32",
        ),
        ("SHOP_MASTER_KEY", "zz", "SHOP_MASTER_KEY must be 64 hexadecimal digits"),
        ("SHOP_MEDIA_URL", "s3://bucket", "SHOP_S3_ACCESS_KEY"),
        ("SHOP_MAIL_URL", "http://x", "SHOP_MAIL_URL must begin with smtp"),
        ("SHOP_PAGE_CACHE", "yes", "SHOP_PAGE_CACHE must be 0 or 1"),
        (
            "SHOP_MIGRATION_DATABASE_URL",
            "sqlite:///x.sqlite",
            "SHOP_MIGRATION_DATABASE_URL must be like postgresql",
        ),
        (
            "SHOP_MIGRATION_DATABASE_URL",
            "postgresql+psycopg://shop_owner@db/shop",
            "SHOP_DATABASE_URL must be like postgresql",
        ),
        ("SHOP_PROT", "1", "SHOP_PROT is not a setting"),
    ],
)
def test_a_wrong_value_is_named(tmp_path, name, value, says):
    with pytest.raises(WrongSetting, match=says):
        read_settings({"SHOP_INSTANCE": str(tmp_path), name: value})


def test_production_refuses_to_start_without_keys_or_https(tmp_path):
    base = {"SHOP_INSTANCE": str(tmp_path), "SHOP_MODE": "production"}
    with pytest.raises(WrongSetting, match="https"):
        read_settings(base)
    with pytest.raises(WrongSetting, match="SHOP_SECRET_KEY"):
        read_settings({**base, "SHOP_BASE_URL": "https://cho.example.vn"})


def test_links_follow_the_port_unless_an_address_is_given(tmp_path):
    there = {"SHOP_INSTANCE": str(tmp_path), "SHOP_PORT": "8123"}
    assert read_settings(there).base_url == "http://127.0.0.1:8123"
    given = {**there, "SHOP_BASE_URL": "https://cho.example.vn"}
    assert read_settings(given).base_url == "https://cho.example.vn"


def test_embedded_makes_its_own_keys_once_and_only_for_itself(tmp_path):
    first = read_settings({"SHOP_INSTANCE": str(tmp_path)})
    second = read_settings({"SHOP_INSTANCE": str(tmp_path)})
    assert (first.secret_key, first.master_key) == (second.secret_key, second.master_key)
    assert len(first.secret_key) == 64
    assert (tmp_path / "secret.key").stat().st_mode & 0o077 == 0


def test_a_relative_folder_is_the_one_below_where_the_shop_was_started(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = read_settings({"SHOP_INSTANCE": "here/shop"})
    assert settings.instance == str(tmp_path / "here" / "shop")
    assert settings.sqlite_file == tmp_path / "here" / "shop" / "shop.sqlite"
    assert (tmp_path / "here" / "shop" / "secret.key").exists()
    app = create_app(settings)
    with app.app_context():
        db.session.execute(text("SELECT 1"))
        db.session.remove()
        db.engine.dispose()
    assert settings.sqlite_file.exists(), "The database lies beside keys, media and mail."


def test_every_setting_says_what_it_is_for():
    from dataclasses import fields

    assert all(len(field.metadata["doc"]) > 15 for field in fields(Settings))


_STRIPE = {"SHOP_STRIPE_SECRET_KEY": "sk_test_x", "SHOP_STRIPE_WEBHOOK_SECRET": "whsec_x"}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"SHOP_STRIPE_SECRET_KEY": "sk_test_x"}, "set SHOP_STRIPE_WEBHOOK_SECRET too"),
        (_STRIPE, "SHOP_ONLINE_ORGANISATION must name"),
        ({**_STRIPE, "SHOP_ONLINE_ORGANISATION": "x"}, "SHOP_ONLINE_ORGANISATION must be a whole"),
        (
            {**_STRIPE, "SHOP_ONLINE_ORGANISATION": "1", "SHOP_STRIPE_SECRET_KEY": "pk_test_x"},
            "SHOP_STRIPE_SECRET_KEY must begin with sk_ or rk_",
        ),
        (
            {**_STRIPE, "SHOP_ONLINE_ORGANISATION": "1", "SHOP_STRIPE_WEBHOOK_SECRET": "x"},
            "SHOP_STRIPE_WEBHOOK_SECRET must begin with whsec_",
        ),
        ({"SHOP_STRIPE_RATES": "EUR 27500"}, "must be like EUR 27500 2026-11-20"),
        ({"SHOP_STRIPE_RATES": "XYZ 27500 2026-11-20"}, "'XYZ' is none of"),
        ({"SHOP_STRIPE_RATES": "EUR 27500 20/11/2026"}, "must be a day like 2026-11-20"),
        (
            {"SHOP_STRIPE_RATES": "EUR 1 2026-11-20, EUR 2 2026-11-20"},
            "a currency stands there twice",
        ),
        (
            {"SHOP_STRIPE_PAGES": "http://pay.example.com"},
            "SHOP_STRIPE_PAGES must begin with https",
        ),
        ({"SHOP_HOLD_ONLINE_MINUTES": "5"}, "whole number from 30 to 720"),
    ],
)
def test_wrong_keys_of_gateways_stop_the_start(tmp_path, given, says):
    with pytest.raises(WrongSetting, match=says):
        read_settings({"SHOP_INSTANCE": str(tmp_path), **given})


def test_a_cut_while_a_key_is_written_leaves_none_behind(tmp_path, monkeypatch):
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as cut:
        cut.setattr(os, "fsync", full)
        with pytest.raises(WrongSetting, match=r"SHOP_INSTANCE must be a folder .* No space left"):
            read_settings({"SHOP_INSTANCE": str(tmp_path)})
    assert list(tmp_path.iterdir()) == []
    assert len(read_settings({"SHOP_INSTANCE": str(tmp_path)}).secret_key) == 64
    assert {path.name for path in tmp_path.iterdir()} == {"secret.key", "master.key"}


@pytest.mark.parametrize(
    ("name", "holds", "says"),
    [
        ("secret.key", "", "secret.key must hold 32 characters or more"),
        ("secret.key", "short\n", "secret.key must hold 32 characters or more"),
        ("master.key", "", "master.key must hold 64 hexadecimal digits"),
        ("master.key", "5a" * 31, "master.key must hold 64 hexadecimal digits"),
    ],
)
def test_what_a_key_file_holds_is_looked_at_like_a_setting(tmp_path, name, holds, says):
    (tmp_path / name).write_text(holds)
    with pytest.raises(WrongSetting, match=says):
        read_settings({"SHOP_INSTANCE": str(tmp_path)})


def test_two_first_starts_at_once_make_one_key(tmp_path, monkeypatch):
    """Each would make its own, were they not to take turns."""
    both = threading.Barrier(2, timeout=0.5)
    replace = os.replace

    def late(part: str, path: Path) -> None:
        with contextlib.suppress(threading.BrokenBarrierError):
            both.wait()
        replace(part, path)

    monkeypatch.setattr(os, "replace", late)
    with ThreadPoolExecutor(2) as starts:
        read = [starts.submit(kept_or_made, tmp_path / "secret.key") for _ in range(2)]
    keys = {one.result() for one in read}
    assert keys == {(tmp_path / "secret.key").read_text()}


def test_no_second_master_key_is_made_for_a_database_that_holds_accounts(tmp_path):
    there = {"SHOP_INSTANCE": str(tmp_path)}
    with contextlib.closing(sqlite3.connect(tmp_path / "shop.sqlite")) as shop:
        first = read_settings(there).master_key  # A database without tables was never used.
        shop.execute("CREATE TABLE accounts (id INTEGER PRIMARY KEY)")
        shop.commit()
        (tmp_path / "master.key").unlink()
        second = read_settings(there).master_key
        assert second != first, "No account was sealed by the first."
        shop.execute("INSERT INTO accounts VALUES (1)")
        shop.commit()
    (tmp_path / "master.key").unlink()
    with pytest.raises(WrongSetting, match=r"master.key is missing, .* put the file back"):
        read_settings(there)
    assert not (tmp_path / "master.key").exists()
    assert read_settings({**there, "SHOP_MASTER_KEY": second}).master_key == second


def test_no_master_key_is_made_for_a_database_that_is_not_there(tmp_path):
    away = "postgresql+psycopg://u:p@127.0.0.1:1/x"
    with pytest.raises(WrongSetting, match=r"master.key is missing, .* could not be asked"):
        read_settings({"SHOP_INSTANCE": str(tmp_path), "SHOP_DATABASE_URL": away})


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    keys = {"SHOP_SECRET_KEY": "s" * 32, "SHOP_MASTER_KEY": "5a" * 32}
    for more in ({}, keys):
        with pytest.raises(
            WrongSetting, match=r"SHOP_INSTANCE must be a folder .* Not a directory"
        ):
            read_settings({"SHOP_INSTANCE": str(tmp_path / "file" / "x"), **more})


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///",
        "postgresql+psycopg://role@host",
        "postgresql+psycopg://role@host/",
        "postgresql+psycopg://role:p@host:port/x",
    ],
)
def test_an_address_that_names_no_database_stops_the_start(tmp_path, url):
    with pytest.raises(WrongSetting, match="SHOP_DATABASE_URL must be like"):
        create_app(engines.settings(tmp_path, url))
