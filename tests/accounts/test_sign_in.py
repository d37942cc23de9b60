"""Signing in: what opens, what does not, and what a cookie is worth afterwards."""

import re
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from shop.accounts.actions import (
    begin_second_factor,
    change_password,
    confirm_second_factor,
    disable_account,
    give_code,
)
from shop.accounts.guards import known_device, last_on_device
from shop.accounts.models import Account, OneTimeKey, SignIn, SignInFailures
from shop.accounts.passwords import hashed
from shop.accounts.queries import link_token
from shop.accounts.rules import totp_code
from shop.audit.models import AuditEntry
from shop.current import vault
from shop.db import Busy, db, transaction
from shop.kernel.clock import now_utc
from shop.outbox.models import OutboxMessage
from tests.engines import both_engines

PASSWORD = "ghe tre song lua"
HASH = hashed(PASSWORD)
PHONE = "+84905000777"


@pytest.fixture
def suong(an_account: Callable[..., int]) -> int:
    """A buyer with a phone, an e-mail and a password."""
    return an_account("Sương", phone=PHONE, email="suong@example.com", password_hash=HASH)


def _enter(browser: FlaskClient, who: str = "0905 000 777", password: str = PASSWORD, **more: str):
    return browser.post("/dang-nhap", data={"who": who, "password": password, **more})


def _token(browser: FlaskClient, page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', browser.get(page).text)
    assert found is not None, page
    return found[1]


@both_engines
@pytest.mark.parametrize(
    "who", ["0905 000 777", "+84905000777", "84905000777", "SUONG@example.com"]
)
def test_phone_and_mail_open_the_account(client: FlaskClient, suong: int, who: str) -> None:
    answer = _enter(client, who)
    assert answer.status_code == 303
    assert answer.location == "/tai-khoan"
    page = client.get("/tai-khoan")
    assert page.status_code == 200
    assert "Sương" in page.text
    assert page.headers["Cache-Control"] == "no-store"


def test_the_cookie_is_private_and_the_table_holds_only_its_digest(
    client: FlaskClient, suong: int
) -> None:
    cookies = _enter(client).headers.getlist("Set-Cookie")
    mine = next(c for c in cookies if c.startswith("s="))
    for part in ("HttpOnly", "SameSite=Lax", "Path=/"):
        assert part in mine
    assert "Domain" not in mine
    assert "Secure" not in mine  # Plain http says so by its other name.
    token = mine.split(";")[0][2:]
    assert token not in db.session.scalars(select(SignIn.token_digest)).all()


def test_over_https_the_cookie_is_bound_to_the_host(
    make_app: Callable[..., Flask], suong: int
) -> None:
    shop = make_app(base_url="https://cho.example.vn")
    answer = shop.test_client().post(
        "/dang-nhap", data={"who": PHONE, "password": PASSWORD}, base_url="https://cho.example.vn"
    )
    mine = next(c for c in answer.headers.getlist("Set-Cookie") if c.startswith("__Host-s="))
    assert "Secure" in mine
    assert "Path=/" in mine
    assert "Domain" not in mine


def test_the_page_says_the_same_for_a_wrong_password_and_an_unknown_phone(
    client: FlaskClient, suong: int
) -> None:
    wrong = _enter(client, password="ghe tre song lux")
    unknown = _enter(client, "0905 000 779", "ghe tre song lux")
    assert wrong.status_code == unknown.status_code == 422
    bare = [re.sub(r'value="0905 000 77\d"', "", a.text) for a in (wrong, unknown)]
    assert bare[0] == bare[1]
    assert PASSWORD not in wrong.text
    assert not db.session.scalars(select(SignIn)).all()


def test_an_unknown_phone_costs_as_much_work_as_a_wrong_password(
    client: FlaskClient, suong: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shop.accounts.passwords as passwords

    class Counting:
        calls = 0

        def verify(self, kept: str, given: bytes) -> bool:
            Counting.calls += 1
            return original.verify(kept, given)

    original = passwords._HASHER
    monkeypatch.setattr(passwords, "_HASHER", Counting())
    passwords._nobodys_hash.cache_clear()
    monkeypatch.setattr(passwords, "_nobodys_hash", lambda: HASH)
    _enter(client, password="ghe tre song lux")
    after_wrong = Counting.calls
    _enter(client, "0905 000 779", "ghe tre song lux")
    assert Counting.calls == 2 * after_wrong > 0
    counted = db.session.scalars(select(SignInFailures.failures)).all()
    assert counted == [1, 1]


def test_signing_in_anew_ends_the_sign_in_before(client: FlaskClient, suong: int) -> None:
    _enter(client)
    first = client.get_cookie("s").value
    _enter(client)
    second = client.get_cookie("s").value
    assert first != second
    client.set_cookie("s", first)
    assert client.get("/tai-khoan").status_code == 303


def test_a_copied_cookie_dies_with_sign_out(app: Flask, client: FlaskClient, suong: int) -> None:
    _enter(client)
    thief = app.test_client()
    thief.set_cookie("s", client.get_cookie("s").value)
    assert thief.get("/tai-khoan").status_code == 200
    answer = client.post("/dang-xuat", data={"csrf_token": _token(client, "/tai-khoan")})
    assert answer.status_code == 303
    assert thief.get("/tai-khoan").status_code == 303
    assert client.get_cookie("s") is None


@both_engines
def test_a_copied_cookie_dies_with_the_password_and_with_the_account(
    app: Flask, client: FlaskClient, suong: int
) -> None:
    now = now_utc()
    _enter(client)
    with transaction() as session:
        change_password(
            session, account_id=suong, password="mot mat khau khac han", actor_id=suong,
            actor_name="Sương", now=now,
        )  # fmt: skip
    assert client.get("/tai-khoan").status_code == 303
    assert _enter(client).status_code == 422
    assert _enter(client, password="mot mat khau khac han").status_code == 303
    with transaction() as session:
        disable_account(session, account_id=suong, actor_id=None, actor_name="Hảo", now=now)
    assert client.get("/tai-khoan").status_code == 303
    assert _enter(client, password="mot mat khau khac han").status_code == 422


def test_a_sign_in_ends_when_it_is_not_used_and_at_last_in_any_case(
    client: FlaskClient, suong: int
) -> None:
    start = now_utc()
    with time_machine.travel(start, tick=False) as clock:
        _enter(client)
        for _ in range(6):
            clock.shift(timedelta(days=29))
            assert client.get("/tai-khoan").status_code == 200
        clock.shift(timedelta(days=7))
        assert client.get("/tai-khoan").status_code == 303  # 181 days in all.
        _enter(client)
        clock.shift(timedelta(days=31))
        assert client.get("/tai-khoan").status_code == 303


def test_sixteen_guesses_at_once_count_sixteen(
    app: Flask, suong: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shop.accounts.views.entering.PER_ACCOUNT", "16 per 15 minutes")
    statuses: list[int] = []

    def guess(n: int) -> None:
        statuses.append(_enter(app.test_client(), password=f"guess {n} guess").status_code)

    threads = [threading.Thread(target=guess, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [422] * 16
    assert db.session.scalars(select(SignInFailures.failures)).all() == [16]
    refused = _enter(app.test_client())
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0


def test_strangers_cannot_lock_the_owner_out_of_a_device_she_used(
    app: Flask, client: FlaskClient, suong: int
) -> None:
    _enter(client)
    stranger = app.test_client()
    for _ in range(12):
        last = _enter(stranger, password="guess guess guess")
    assert last.status_code == 429
    assert _enter(stranger).status_code == 429
    client.delete_cookie("s")
    assert _enter(client).status_code == 303


def test_a_device_mark_of_another_account_or_with_a_changed_sign_is_worth_nothing(
    app: Flask, client: FlaskClient, suong: int, an_account: Callable[..., int]
) -> None:
    an_account("Lan", phone="+84905000778", password_hash=HASH)
    _enter(client, "0905000778")
    mark = client.get_cookie("d").value
    device, _, mac = mark.split(".")
    for forged in (mark, f"{device}.{suong}.{mac}", f"{device}.{suong}.é", f"x.{suong}", "."):
        stranger = app.test_client()
        stranger.set_cookie("d", forged)
        assert _enter(stranger, password="guess guess guess").status_code in (422, 429)
    assert app.extensions["limits"].hit("10 per 15 minutes", "sign-in-account", PHONE)


def test_after_a_hundred_failures_an_unknown_device_needs_a_link(
    app: Flask, client: FlaskClient, suong: int
) -> None:
    _enter(client)
    with transaction() as session:
        session.add(
            SignInFailures(
                identifier_index=vault().index("sign-in", PHONE), failures=100, last_at=now_utc()
            )
        )
    stranger = app.test_client()
    assert _enter(stranger).status_code == 422  # The right password; the same answer.
    client.delete_cookie("s")
    assert _enter(client).status_code == 303
    assert db.session.scalars(select(SignInFailures)).all() == []


def test_a_new_device_is_told_to_its_owner_and_a_known_one_is_not(
    client: FlaskClient, suong: int, app: Flask
) -> None:
    heard: list[str] = []
    app.extensions.setdefault("subscribers", {}).setdefault("accounts.new_device_signed_in", {})[
        "probe"
    ] = heard.append
    _enter(client)
    client.delete_cookie("s")
    _enter(client)
    messages = db.session.scalars(
        select(OutboxMessage).where(OutboxMessage.subscriber == "probe")
    ).all()
    assert len(messages) == 1


def test_a_browser_is_known_under_the_key_before(
    app: Flask, client: FlaskClient, suong: int
) -> None:
    """QUALITY T06: a new secret key, the old one kept as a fallback for a while."""
    _enter(client)
    cookie = client.get_cookie("d")
    assert cookie is not None

    def known() -> tuple[bool, int | None]:
        with app.test_request_context(headers={"Cookie": f"d={cookie.value}"}):
            return known_device(suong) is not None, last_on_device()

    old, app.secret_key = app.secret_key, "another" * 8
    assert known() == (False, None)
    app.config["SECRET_KEY_FALLBACKS"] = [old]
    assert known() == (True, suong)


def test_after_signing_in_she_comes_back_where_she_was_and_never_elsewhere(
    client: FlaskClient, suong: int
) -> None:
    asked = client.get("/tai-khoan/thiet-bi")
    assert asked.status_code == 303
    assert asked.location == "/dang-nhap?tiep=%2Ftai-khoan%2Fthiet-bi"
    assert _enter(client, next="/tai-khoan/thiet-bi").location == "/tai-khoan/thiet-bi"
    assert _enter(client, next="//evil.vn").location == "/tai-khoan"
    english = client.post(
        "/en/dang-nhap", data={"who": PHONE, "password": PASSWORD, "next": "/tai-khoan/xoa"}
    )
    assert english.location == "/en/tai-khoan/xoa"


def test_another_site_cannot_sign_anybody_in(client: FlaskClient, suong: int) -> None:
    answer = client.post(
        "/dang-nhap", data={"who": PHONE, "password": PASSWORD},
        headers={"Sec-Fetch-Site": "cross-site"},
    )  # fmt: skip
    assert answer.status_code == 403
    assert not db.session.scalars(select(SignIn)).all()


@both_engines
def test_a_code_that_was_read_out_signs_in_once_within_twenty_minutes(
    app: Flask, suong: int, engine_name: str
) -> None:
    with transaction() as session:
        code = give_code(session, account_id=suong, actor_id=None, actor_name="Hảo", now=now_utc())
    kept = db.session.scalars(select(OneTimeKey)).one()
    assert len(code) == 8
    assert code not in kept.digest

    def enter(typed: str, phone: str = "0905 000 777") -> int:
        data = {"who": phone, "code": typed}
        return app.test_client().post("/dang-nhap/ma", data=data).status_code

    assert enter("0" * 8) == 422
    assert enter(code, "0905000779") == 422
    spoken = f"{code[:4].lower()} {code[4:]}".replace("1", "l").replace("0", "o")
    assert enter(spoken) == 303
    assert enter(code) == 422
    actions = db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert "account.code_given" in actions
    assert "account.code_used" in actions


def test_a_code_also_opens_an_account_that_has_a_mail_address_alone(app: Flask, an_account) -> None:
    operator = an_account(phone=None, email="op@example.com", operator=True)
    with transaction() as session:
        code = give_code(session, account_id=operator, actor_id=None, actor_name="", now=now_utc())
    data = {"who": "OP@example.com", "code": code}
    assert app.test_client().post("/dang-nhap/ma", data=data).status_code == 303


def test_a_code_runs_out_and_an_earlier_code_dies_with_a_new_one(app: Flask, suong: int) -> None:
    now = now_utc()
    with transaction() as session:
        first = give_code(session, account_id=suong, actor_id=None, actor_name="Hảo", now=now)
        second = give_code(session, account_id=suong, actor_id=None, actor_name="Hảo", now=now)
    client = app.test_client()
    assert client.post("/dang-nhap/ma", data={"who": PHONE, "code": first}).status_code == 422
    with time_machine.travel(now + timedelta(minutes=21)):
        answer = client.post("/dang-nhap/ma", data={"who": PHONE, "code": second})
        assert answer.status_code == 422


def _second_factor(account_id: int) -> tuple[bytes, list[str]]:
    import base64

    now = now_utc()
    with transaction() as session:
        secret = base64.b32decode(begin_second_factor(session, account_id=account_id))
    with transaction() as session:
        step = int(now.timestamp()) // 30
        codes = confirm_second_factor(
            session,
            account_id=account_id,
            typed=totp_code(secret, step),
            keep_sign_in=None,
            now=now,
        )
    return secret, codes


@both_engines
def test_with_a_second_factor_the_password_alone_opens_nothing(
    client: FlaskClient, suong: int
) -> None:
    secret, codes = _second_factor(suong)
    answer = _enter(client)
    assert answer.location == "/dang-nhap/buoc-hai?tiep="
    assert client.get("/tai-khoan").status_code == 303
    with time_machine.travel(now_utc() + timedelta(minutes=1), tick=False) as clock:
        code = totp_code(secret, int(now_utc().timestamp()) // 30)
        assert client.post("/dang-nhap/buoc-hai", data={"code": "000000"}).status_code == 422
        assert client.post("/dang-nhap/buoc-hai", data={"code": code}).status_code == 303
        assert client.get("/tai-khoan").status_code == 200
        # The same code is worth nothing a second time, a recovery code once.
        client.delete_cookie("s")
        _enter(client)
        assert client.post("/dang-nhap/buoc-hai", data={"code": code}).status_code == 422
        assert (
            client.post("/dang-nhap/buoc-hai", data={"code": codes[0].lower()}).status_code == 303
        )
        client.delete_cookie("s")
        _enter(client)
        assert client.post("/dang-nhap/buoc-hai", data={"code": codes[0]}).status_code == 422
        clock.shift(timedelta(minutes=6))
        again = client.post("/dang-nhap/buoc-hai", data={"code": codes[1]})
        assert again.location == "/dang-nhap"  # Five minutes after the password it is too late.


def test_a_read_out_code_does_not_skip_the_second_factor(client: FlaskClient, suong: int) -> None:
    _second_factor(suong)
    with transaction() as session:
        code = give_code(session, account_id=suong, actor_id=None, actor_name="Hảo", now=now_utc())
    answer = client.post("/dang-nhap/ma", data={"who": PHONE, "code": code})
    assert answer.location.startswith("/dang-nhap/buoc-hai")
    assert client.get("/tai-khoan").status_code == 303


def test_guessing_six_digits_is_slowed(client: FlaskClient, suong: int) -> None:
    _second_factor(suong)
    _enter(client)
    statuses = [
        client.post("/dang-nhap/buoc-hai", data={"code": f"{n:06d}"}).status_code for n in range(11)
    ]
    assert statuses == [422] * 10 + [429]


def test_asking_for_a_link_answers_the_same_for_everybody(client: FlaskClient, suong: int) -> None:
    app_messages = []
    client.application.extensions.setdefault("subscribers", {}).setdefault(
        "accounts.password_link_asked", {}
    )["probe"] = app_messages.append
    known = client.post("/quen-mat-khau", data={"email": "suong@example.com"})
    unknown = client.post("/quen-mat-khau", data={"email": "nobody@example.com"})
    assert known.status_code == unknown.status_code == 303
    assert known.location == unknown.location
    payloads = db.session.scalars(
        select(OutboxMessage.payload).where(OutboxMessage.subscriber == "probe")
    ).all()
    assert [p["account_id"] for p in payloads] == [suong, 0]
    assert "suong" not in str(payloads)


@both_engines
def test_a_mailed_link_sets_a_password_once_and_signs_nobody_in(
    client: FlaskClient, suong: int
) -> None:
    from shop.accounts.actions import make_password_link

    now = now_utc()
    with transaction() as session:
        token = make_password_link(session, account_id=suong, nonce="n1", asked_at=now)
        assert make_password_link(session, account_id=suong, nonce="n1", asked_at=now) == token
    way = f"/dat-mat-khau/{token}"
    assert token == link_token("n1")
    assert client.get(way).status_code == 200
    assert client.get(way).headers["Referrer-Policy"] == "no-referrer"
    assert client.post(way, data={"password": "short"}).status_code == 422
    assert client.post(way, data={"password": "mot mat khau khac han"}).status_code == 303
    assert client.get("/tai-khoan").status_code == 303
    assert client.post(way, data={"password": "va mot cai khac nua"}).status_code == 410
    assert client.get(way).status_code == 410
    assert _enter(client, password="mot mat khau khac han").status_code == 303


def test_a_mailed_link_runs_out_after_thirty_minutes(client: FlaskClient, suong: int) -> None:
    from shop.accounts.actions import make_password_link

    with transaction() as session:
        token = make_password_link(
            session, account_id=suong, nonce="n1", asked_at=now_utc() - timedelta(minutes=31)
        )
    answer = client.post(f"/dat-mat-khau/{token}", data={"password": "mot mat khau khac han"})
    assert answer.status_code == 410
    assert db.session.get_one(Account, suong).password_hash == HASH


@pytest.mark.parametrize(
    "bad", ["", "a" * 10_000, "\x00", "0905000777' OR 1=1 --", "👩‍🌾", "@", "a@b", "+84" * 50]
)
def test_hostile_names_get_a_sentence(client: FlaskClient, suong: int, bad: str) -> None:
    answer = _enter(client, bad)
    assert answer.status_code == 422
    assert "<title>Lỗi:" in answer.text


def test_an_old_hash_is_made_anew_at_sign_in(client: FlaskClient, suong: int) -> None:
    from argon2 import PasswordHasher

    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    with transaction() as session:
        session.get_one(Account, suong).password_hash = weak
    assert _enter(client).status_code == 303
    kept = db.session.get_one(Account, suong).password_hash
    assert kept is not None
    assert "m=19456,t=2,p=1" in kept


def test_a_page_is_given_although_its_sign_in_cannot_be_marked_as_seen(
    app: Flask, client: FlaskClient, suong: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer says what was done; a busy database must not turn it into a fault."""
    _enter(client)

    def busy(_sign_in_id: int) -> None:
        raise Busy

    monkeypatch.setattr("shop.accounts.guards._seen_now", busy)
    with time_machine.travel(now_utc() + timedelta(minutes=6)):
        assert client.get("/tai-khoan").status_code == 200


def test_a_mailed_link_dies_when_the_address_it_went_to_is_given_up(
    client: FlaskClient, suong: int
) -> None:
    from shop.accounts.actions import change_contact, make_password_link

    now = now_utc()
    with transaction() as session:
        token = make_password_link(session, account_id=suong, nonce="n1", asked_at=now)
    with transaction() as session:
        change_contact(
            session, account_id=suong, phone=PHONE, email="moi@example.com", actor_id=suong,
            actor_name="Sương", now=now,
        )  # fmt: skip
    assert client.get(f"/dat-mat-khau/{token}").status_code == 410
    answer = client.post(f"/dat-mat-khau/{token}", data={"password": "mot mat khau khac han"})
    assert answer.status_code == 410
    assert _enter(client).status_code == 303
