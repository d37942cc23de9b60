"""Passkeys: what a phone signed opens its owner's account, once, here, and nobody else's."""

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from shop.accounts.actions import disable_account
from shop.accounts.models import Account, Passkey, SignIn
from shop.accounts.passwords import hashed
from shop.accounts.rules import MOST_PASSKEYS
from shop.audit.models import AuditEntry
from shop.db import db, transaction
from shop.kernel.clock import now_utc
from shop.kernel.settings import WrongSetting, read_settings
from shop.outbox.models import OutboxMessage
from tests.accounts.authenticator import PRESENT, Phone, plain, text
from tests.engines import both_engines
from tests.operations.conftest import Desk

PASSWORD = "ghe tre song lua"
HASH = hashed(PASSWORD)
HERE = "http://localhost"


@pytest.fixture
def shop(make_app: Callable[..., Flask]) -> Flask:
    return make_app(base_url=HERE)


@pytest.fixture
def suong(shop: Flask, an_account: Callable[..., int]) -> int:
    return an_account("Sương", phone="+84905000777", email="s@example.com", password_hash=HASH)


def a_browser(shop: Flask) -> FlaskClient:
    return shop.test_client()


def signed_in(shop: Flask, account_id: int) -> Desk:
    """Sign in by password: fresh, and not more than a password."""
    browser = a_browser(shop)
    assert browser.post("/dang-nhap", data={"who": "0905000777", "password": PASSWORD}).status_code == 303  # fmt: skip
    return Desk(browser, account_id)


def asked(desk: Any, way: str) -> dict[str, Any]:
    answer = desk.post(way)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.json


def keep(desk: Desk, phone: Phone, name: str = "Máy của tôi") -> Any:
    made = phone.make(asked(desk, "/tai-khoan/khoa/hoi"))
    return desk.post("/tai-khoan/khoa", name=name, credential=made)


def enter(browser: FlaskClient, phone: Phone, **more: str) -> Any:
    signed = phone.sign(asked(browser, "/dang-nhap/khoa/hoi"))
    return browser.post("/dang-nhap/khoa", data={"credential": signed, **more})


def settle() -> None:
    with transaction() as session:
        session.execute(update(Passkey).values(settles_at=now_utc() - timedelta(minutes=1)))


def is_in(browser: FlaskClient) -> bool:
    return browser.get("/tai-khoan").status_code == 200


@both_engines
def test_a_phone_is_added_opens_the_account_without_typing_and_is_let_go(
    shop: Flask, suong: int
) -> None:
    mine, phone = signed_in(shop, suong), Phone()
    options = mine.post("/tai-khoan/khoa/hoi").json
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert options["rp"]["id"] == "localhost"
    assert b"Suong" not in plain(options["user"]["id"])
    assert keep(mine, phone).status_code == 303
    assert "Máy của tôi" in mine.get("/tai-khoan/khoa").text

    browser = a_browser(shop)
    assert asked(browser, "/dang-nhap/khoa/hoi")["allowCredentials"] == []
    entered = enter(browser, phone, next="/tai-khoan/khoa")
    assert (entered.status_code, entered.location) == (303, "/tai-khoan/khoa")
    assert is_in(browser)
    db.session.rollback()
    key = db.session.scalars(select(Passkey)).one()
    assert (key.sign_count, key.used_at is not None) == (1, True)

    way = f"/tai-khoan/khoa/{key.id}/bo"
    db.session.rollback()
    assert mine.post(way).status_code == 303
    assert mine.post(way).status_code == 404
    assert enter(a_browser(shop), phone).status_code == 422
    lines = db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert [one for one in lines if "passkey" in one] == [
        "account.passkey_added", "account.passkey_removed",
    ]  # fmt: skip
    told = db.session.scalars(
        select(OutboxMessage).where(OutboxMessage.event == "accounts.secret_changed")
    ).all()
    assert {message.payload["what"] for message in told} == {"passkey"}


def _wrong_origin(phone: Phone) -> None:
    phone.origin = "http://localhost.example.com"


def _wrong_place(phone: Phone) -> None:
    phone.domain = "example.com"


def _not_unlocked(phone: Phone) -> None:
    phone.flags = PRESENT


def _behind(phone: Phone) -> None:
    phone.count = -1 + 0


def _of_another(phone: Phone) -> None:
    phone.handle = b"somebody else"


def _another_key(phone: Phone) -> None:
    phone.key = Phone().key


def _unknown(phone: Phone) -> None:
    phone.id = b"never seen here!"


@pytest.mark.parametrize(
    "lie",
    [_wrong_origin, _wrong_place, _not_unlocked, _behind, _of_another, _another_key, _unknown],
)
def test_an_answer_that_is_not_right_opens_nothing(
    shop: Flask, suong: int, lie: Callable[[Phone], None]
) -> None:
    phone = Phone()
    assert keep(signed_in(shop, suong), phone).status_code == 303
    assert enter(a_browser(shop), phone).status_code == 303
    lie(phone)
    browser = a_browser(shop)
    before = db.session.scalars(select(SignIn.id)).all()
    db.session.rollback()
    answer = enter(browser, phone)
    assert answer.status_code == 422
    assert "Khoá của máy này chưa đúng" in answer.text
    assert not is_in(browser)
    assert db.session.scalars(select(SignIn.id)).all() == before


def test_a_key_that_was_made_elsewhere_or_without_the_lock_is_not_kept(
    shop: Flask, suong: int
) -> None:
    mine = signed_in(shop, suong)
    for lie in (_wrong_origin, _wrong_place, _not_unlocked):
        phone = Phone()
        lie(phone)
        assert keep(mine, phone).status_code == 422
    assert mine.post("/tai-khoan/khoa", name="Máy", credential="{}").status_code == 422
    assert not db.session.scalars(select(Passkey)).all()


@both_engines
def test_what_was_signed_counts_once_soon_in_its_browser_and_for_its_purpose(
    shop: Flask, suong: int
) -> None:
    mine, phone = signed_in(shop, suong), Phone()
    keep(mine, phone)
    browser = a_browser(shop)
    signed = phone.sign(asked(browser, "/dang-nhap/khoa/hoi"))
    challenge = browser.get_cookie("khoa").value
    assert a_browser(shop).post("/dang-nhap/khoa", data={"credential": signed}).status_code == 422
    assert browser.post("/dang-nhap/khoa", data={"credential": signed}).status_code == 303
    thief = a_browser(shop)
    thief.set_cookie("khoa", challenge)
    with transaction() as session:  # Synced keys count nothing: only the challenge tells.
        session.execute(update(Passkey).values(sign_count=0))
    assert thief.post("/dang-nhap/khoa", data={"credential": signed}).status_code == 422

    late = phone.sign(asked(browser, "/dang-nhap/khoa/hoi"))
    with time_machine.travel(now_utc() + timedelta(minutes=6)):
        assert browser.post("/dang-nhap/khoa", data={"credential": late}).status_code == 422
    to_prove = phone.sign(asked(mine, "/xac-nhan/khoa/hoi"))
    thief.set_cookie("khoa", mine.browser.get_cookie("khoa").value)
    assert thief.post("/dang-nhap/khoa", data={"credential": to_prove}).status_code == 422
    assert not is_in(thief)


def test_bytes_changed_on_the_way_open_nothing_and_break_nothing(shop: Flask, suong: int) -> None:
    phone, browser = Phone(), a_browser(shop)
    keep(signed_in(shop, suong), phone)
    signed = json.loads(phone.sign(asked(browser, "/dang-nhap/khoa/hoi")))
    for name, value in signed["response"].items():
        for other in (text(plain(value)[:-1] + b"\0"), "", "é", "A", "!" * 40):
            told = {**signed, "response": {**signed["response"], name: other}}
            answer = browser.post("/dang-nhap/khoa", data={"credential": json.dumps(told)})
            assert answer.status_code == 422, (name, other)
    for whole in ("", "[]", "{", "null", '{"id": 1}', "[" * 3000, "x" * 30_000):
        assert browser.post("/dang-nhap/khoa", data={"credential": whole}).status_code == 422


def test_a_key_of_yesterday_is_more_than_a_password_and_one_of_today_is_not(
    shop: Flask, suong: int
) -> None:
    mine, phone = signed_in(shop, suong), Phone()
    keep(mine, phone)
    strong = {"next": "/tai-khoan", "strong": "1"}
    page = mine.get("/xac-nhan?chac=1&tiep=/tai-khoan").text
    assert 'data-passkey="/xac-nhan/khoa/hoi"' in page
    signed = phone.sign(asked(mine, "/xac-nhan/khoa/hoi"))
    assert mine.post("/xac-nhan/khoa", credential=signed, **strong).status_code == 422
    settle()
    signed = phone.sign(asked(mine, "/xac-nhan/khoa/hoi"))
    assert mine.post("/xac-nhan/khoa", credential=signed, **strong).status_code == 303
    row = db.session.scalars(select(SignIn).where(SignIn.strong_at.is_not(None))).one()
    assert row.account_id == suong
    db.session.rollback()
    second = Phone()  # Made right after more than a password: it counts at once.
    keep(Desk(mine.browser, suong), second)
    newest = db.session.scalars(select(Passkey).order_by(Passkey.id.desc())).first()
    assert newest is not None
    assert newest.settles_at == newest.created_at


def test_anothers_key_proves_nothing_and_is_not_mine_to_let_go(
    shop: Flask, suong: int, an_account: Callable[..., int], sign_in: Callable[..., Any]
) -> None:
    phone = Phone()
    keep(signed_in(shop, suong), phone)
    hoa = a_browser(shop)
    an_account("Hoa", phone="+84905000778", password_hash=HASH)
    hoa.post("/dang-nhap", data={"who": "0905000778", "password": PASSWORD})
    desk = Desk(hoa, 0)
    signed = phone.sign(asked(desk, "/xac-nhan/khoa/hoi"))
    assert desk.post("/xac-nhan/khoa", credential=signed).status_code == 422
    key = db.session.scalars(select(Passkey.id)).one()
    db.session.rollback()
    assert desk.post(f"/tai-khoan/khoa/{key}/bo").status_code == 404
    made = phone.make(asked(desk, "/tai-khoan/khoa/hoi"))
    assert desk.post("/tai-khoan/khoa", name="Máy", credential=made).status_code == 422


def test_a_closed_account_is_not_opened_by_its_key(shop: Flask, suong: int) -> None:
    phone = Phone()
    keep(signed_in(shop, suong), phone)
    with transaction() as session:
        disable_account(session, account_id=suong, actor_id=None, actor_name="", now=now_utc())
    assert enter(a_browser(shop), phone).status_code == 422


def test_a_key_is_added_after_a_fresh_secret_ten_at_most(shop: Flask, suong: int) -> None:
    mine = signed_in(shop, suong)
    for _ in range(MOST_PASSKEYS):
        assert keep(mine, Phone()).status_code == 303
    refused = keep(mine, Phone())
    assert (refused.status_code, "nhiều nhất 10 khoá" in refused.text) == (409, True)
    made = Phone().make(asked(mine, "/tai-khoan/khoa/hoi"))
    with transaction() as session:
        session.execute(update(SignIn).values(proved_at=now_utc() - timedelta(minutes=11)))
    assert mine.post("/tai-khoan/khoa/hoi").status_code == 404
    assert mine.post("/tai-khoan/khoa", name="Máy", credential=made).location.startswith(
        "/xac-nhan"
    )
    assert len(db.session.scalars(select(Passkey)).all()) == MOST_PASSKEYS


def test_whoever_has_a_second_factor_gives_it_before_a_key_and_then_enters_by_the_key_alone(
    shop: Flask, suong: int
) -> None:
    mine, phone = signed_in(shop, suong), Phone()
    keep(mine, phone)
    with transaction() as session:
        session.get_one(Account, suong).second_factor_at = now_utc()
        session.get_one(Account, suong).second_factor = b"x"
    assert mine.get("/tai-khoan/khoa").location.startswith("/xac-nhan")
    assert "chac=1" in mine.get("/tai-khoan/khoa").location
    browser = a_browser(shop)
    assert enter(browser, phone).location == "/tai-khoan"
    assert is_in(browser)


def test_without_a_name_or_https_there_are_no_passkeys_and_nothing_offers_them(
    make_app: Callable[..., Flask], tmp_path: Any
) -> None:
    shop = make_app(base_url="http://127.0.0.1:8000")
    browser = shop.test_client()
    assert browser.post("/dang-nhap/khoa/hoi").status_code == 404
    assert "data-passkey" not in browser.get("/dang-nhap").text
    there = {"SHOP_INSTANCE": str(tmp_path), "SHOP_BASE_URL": "https://cho.hoi.example.vn"}
    assert read_settings(there).passkey_domain == "cho.hoi.example.vn"
    above = {**there, "SHOP_SIGN_IN_DOMAIN": "hoi.example.vn"}
    assert read_settings(above).passkey_domain == "hoi.example.vn"
    assert read_settings({**there, "SHOP_BASE_URL": "https://[::1]"}).passkey_domain == ""
    assert read_settings({**there, "SHOP_BASE_URL": "http://cho.example.vn"}).passkey_domain == ""
    for wrong in ("vn", "i.example.vn", "cho.khac.vn"):
        with pytest.raises(WrongSetting, match="SHOP_SIGN_IN_DOMAIN"):
            read_settings({**there, "SHOP_SIGN_IN_DOMAIN": wrong})


def test_the_library_is_read_in_by_whoever_uses_it_alone() -> None:
    asks = "import shop.app, sys; print('webauthn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asks], capture_output=True, text=True, check=True).stdout == "False\n"  # fmt: skip
