"""Two people on one phone, two stalls of one person: one tap, and nothing runs together."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from shop.accounts.actions import create_account, start_sign_in
from shop.accounts.models import SignIn
from shop.accounts.passwords import hashed
from shop.audit.models import AuditEntry
from shop.db import db, transaction
from shop.kernel.clock import now_utc
from tests.engines import both_engines
from tests.operations.conftest import Desk

PASSWORD = "ghe tre song lua"
HASH = hashed(PASSWORD)
SUONG, HOA = "0905000777", "0905000778"


@pytest.fixture
def stalls(an_account: Callable[..., int], a_seller: Callable[..., int]) -> dict[str, int]:
    suong = an_account("Sương", phone="+84905000777", password_hash=HASH)
    hoa = an_account("Hoa", phone="+84905000778", password_hash=HASH)
    return {
        "suong": suong, "hoa": hoa, "bot": a_seller("Bột Gò Mít", owner_id=suong),
        "tra": a_seller("Trà Hoa", owner_id=hoa),
    }  # fmt: skip


def enter(phone: FlaskClient, who: str) -> None:
    answer = phone.post("/dang-nhap", data={"who": who, "password": PASSWORD})
    assert answer.status_code == 303, answer.text


def token_of(phone: FlaskClient, page: str = "/tai-khoan") -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', phone.get(page).text)
    assert found is not None
    return found[1]


def both_on_one_phone(app: Flask) -> FlaskClient:
    """Sương signs in and waits; Hoa signs in."""
    phone = app.test_client()
    enter(phone, SUONG)
    left = phone.post("/doi-nguoi/them", data={"csrf_token": token_of(phone)})
    assert (left.status_code, left.location) == (303, "/dang-nhap")
    assert phone.get("/tai-khoan").status_code == 303
    enter(phone, HOA)
    return phone


def go_on_as(phone: FlaskClient, name: str) -> Any:
    page = phone.get("/doi-nguoi").text
    found = re.search(rf'name="nguoi" value="(\d+)">(?:(?!</form>).)*Vào với tên {name}', page)
    assert found is not None, page
    return phone.post("/doi-nguoi", data={"nguoi": found[1]})


def who_is_in(phone: FlaskClient) -> str:
    found = re.search("Chào ([^<]+)</h1>", phone.get("/tai-khoan").text)
    return found[1] if found else ""


@both_engines
def test_two_people_go_on_as_each_other_by_one_tap_and_the_trail_says_who(
    app: Flask, stalls: dict[str, int]
) -> None:
    phone = both_on_one_phone(app)
    assert who_is_in(phone) == "Hoa"
    assert "Trà Hoa" in phone.get("/ban-hang").text
    page = phone.get("/ban-hang/gian-khac").text
    assert "Vào với tên Sương" in page
    before = phone.get_cookie("a").value
    answer = go_on_as(phone, "Sương")
    assert (answer.location, answer.headers["Clear-Site-Data"]) == ("/ban-hang", '"storage"')
    assert who_is_in(phone) == "Sương"
    board = phone.get("/ban-hang").text
    assert "Bột Gò Mít" in board
    assert "Trà Hoa" not in board
    assert phone.get_cookie("s").value != before  # A new secret with every change of role.
    thief = app.test_client()
    thief.set_cookie("s", before)
    assert thief.get("/tai-khoan").status_code == 303
    line = db.session.scalars(
        select(AuditEntry).where(AuditEntry.action == "sign_in.switched")
    ).one()
    assert (line.actor_id, line.facts["left"]) == (stalls["suong"], stalls["hoa"])
    assert phone.post("/tai-khoan/ho-so", data={"csrf_token": token_of(phone), "name": "Chị Sương", "locale": "vi"}).status_code == 303  # fmt: skip
    db.session.rollback()
    line = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert line is not None
    assert line.actor_id == stalls["suong"]


def test_nothing_runs_together_token_cart_freshness_or_stall(
    app: Flask, stalls: dict[str, int], a_variant: Callable[..., int]
) -> None:
    variant = a_variant(seller_id=stalls["tra"])
    phone = both_on_one_phone(app)
    hers = token_of(phone)
    assert phone.post("/gio/them", data={"mon": variant, "so": "2", "csrf_token": hers}).status_code == 303  # fmt: skip
    assert "2" in re.findall(r'name="so"[^>]*value="(\d+)"', phone.get("/gio").text)
    phone.set_cookie("stall", str(stalls["tra"]))
    go_on_as(phone, "Sương")
    assert "Trà Hoa" not in phone.get("/ban-hang").text
    assert not re.findall(r'name="so"[^>]*value="(\d+)"', phone.get("/gio").text)
    refused = phone.post("/tai-khoan/ho-so", data={"csrf_token": hers, "name": "X", "locale": "vi"})
    assert refused.status_code == 400
    asked = phone.get("/tai-khoan/khoa")  # Signed in a moment ago, and asked all the same.
    assert asked.location.startswith("/xac-nhan")
    go_on_as(phone, "Hoa")
    assert "2" in re.findall(r'name="so"[^>]*value="(\d+)"', phone.get("/gio").text)


def test_signing_out_leaves_the_other_and_leads_to_her(app: Flask, stalls: dict[str, int]) -> None:
    phone = both_on_one_phone(app)
    out = phone.post("/dang-xuat", data={"csrf_token": token_of(phone)})
    assert out.location == "/doi-nguoi?da=ra"
    assert who_is_in(phone) == ""
    assert "Vào với tên Sương" in phone.get("/doi-nguoi").text
    assert "Hoa" not in phone.get("/doi-nguoi").text
    go_on_as(phone, "Sương")
    assert who_is_in(phone) == "Sương"
    assert phone.get_cookie("a") is None
    assert phone.post("/dang-xuat", data={"csrf_token": token_of(phone)}).location == "/?da=ra"


def test_whoever_was_signed_out_elsewhere_or_stayed_away_waits_no_longer(
    app: Flask, stalls: dict[str, int]
) -> None:
    phone = both_on_one_phone(app)
    mine = select(SignIn.id).where(SignIn.account_id == stalls["suong"])
    row = db.session.scalars(mine).one()
    db.session.rollback()
    with transaction() as session:
        session.execute(
            update(SignIn).where(SignIn.id == row).values(seen_at=now_utc() - timedelta(days=91))
        )
    assert phone.post("/doi-nguoi", data={"nguoi": row}).status_code == 404
    with transaction() as session:
        session.execute(update(SignIn).where(SignIn.id == row).values(seen_at=now_utc()))
    assert "Sương" in phone.get("/doi-nguoi").text
    elsewhere = app.test_client()
    enter(elsewhere, SUONG)
    answer = elsewhere.post(
        "/tai-khoan/thiet-bi/ket-thuc-may-khac", data={"csrf_token": token_of(elsewhere)}
    )
    assert answer.status_code == 303
    assert who_is_in(elsewhere) == "Sương"
    assert phone.post("/doi-nguoi", data={"nguoi": row}).status_code == 404
    assert who_is_in(phone) == "Hoa"


def test_who_enters_anew_waits_no_longer_and_a_number_alone_opens_nothing(
    app: Flask, stalls: dict[str, int]
) -> None:
    phone = both_on_one_phone(app)
    row = db.session.scalars(select(SignIn.id).where(SignIn.account_id == stalls["suong"])).one()
    db.session.rollback()
    stranger = app.test_client()
    assert stranger.post("/doi-nguoi", data={"nguoi": row}).status_code == 404
    stranger.set_cookie("a", "not-a-token.neither")
    assert stranger.post("/doi-nguoi", data={"nguoi": row}).status_code == 404
    assert phone.post("/doi-nguoi", data={"nguoi": "x"}).status_code == 404
    enter(phone, SUONG)
    assert who_is_in(phone) == "Sương"
    assert phone.get_cookie("a") is None
    db.session.rollback()
    assert db.session.get_one(SignIn, row).ended_at is not None


def test_the_desks_of_the_union_are_never_left_to_wait(app: Flask, stalls: dict[str, int]) -> None:
    phone, now = both_on_one_phone(app), now_utc()
    with transaction() as session:
        boss = create_account(
            session, name="Hảo", phone="+84905000779", email=None, operator=True, actor_id=None,
            actor_name="", now=now,
        )  # fmt: skip
        _, token = start_sign_in(session, account_id=boss.id, kind="operator", device="", now=now)
        boss_id = boss.id
    waits = phone.get_cookie("a").value
    desk = app.test_client()
    desk.set_cookie("s", token)
    desk.set_cookie("a", waits)
    assert Desk(desk, boss_id).post("/doi-nguoi/them").status_code == 404
    go_on_as(desk, "Sương")
    assert desk.get_cookie("a") is None
    live = select(SignIn.id).where(SignIn.account_id == boss_id, SignIn.ended_at.is_(None))
    assert not db.session.scalars(live).all()
    db.session.rollback()
    thief = app.test_client()
    with transaction() as session:
        _, token = start_sign_in(session, account_id=boss_id, kind="operator", device="", now=now)
    thief.set_cookie("a", token)
    assert "Vào với tên Hảo" not in thief.get("/doi-nguoi").text


def test_one_person_with_two_stalls_changes_by_one_tap_and_reads_where_she_stands(
    app: Flask, stalls: dict[str, int], a_seller: Callable[..., int]
) -> None:
    second = a_seller("Mật ong Thử", owner_id=stalls["suong"])
    phone = app.test_client()
    enter(phone, SUONG)
    for page in ("/ban-hang", "/ban-hang/gian-khac"):
        assert re.search(rf'name="stall" value="{second}"', phone.get(page).text), page
    way = {"csrf_token": token_of(phone), "stall": str(second)}
    assert phone.post("/ban-hang/gian-khac", data=way).location == "/ban-hang"
    for page in ("/ban-hang", "/ban-hang/hang", "/ban-hang/gian-hang", "/ban-hang/tien", "/ban-hang/gian-khac"):  # fmt: skip
        top = phone.get(page).text.split("<main")[0]
        assert "Mật ong Thử" in top.split("bar-top__name")[1], page
        assert "Bột Gò Mít" not in top
        assert 'href="/ban-hang/gian-khac"' in top


def test_who_signs_in_where_another_never_signed_out_finds_nothing_kept_of_her(
    app: Flask, stalls: dict[str, int]
) -> None:
    phone = app.test_client()
    first = phone.post("/dang-nhap", data={"who": SUONG, "password": PASSWORD})
    assert "Clear-Site-Data" not in first.headers
    with app.app_context(), transaction() as session:  # Shut out by her officer, say.
        session.execute(update(SignIn).values(ended_at=now_utc()))
    again = phone.post("/dang-nhap", data={"who": SUONG, "password": PASSWORD})
    assert "Clear-Site-Data" not in again.headers, "What she has not sent yet is hers."
    with app.app_context(), transaction() as session:
        session.execute(update(SignIn).values(ended_at=now_utc()))
    other = phone.post("/dang-nhap", data={"who": HOA, "password": PASSWORD})
    assert other.headers["Clear-Site-Data"] == '"storage"'
    over_her = phone.post("/dang-nhap", data={"who": SUONG, "password": PASSWORD})
    assert over_her.headers["Clear-Site-Data"] == '"storage"', "She was still in."
