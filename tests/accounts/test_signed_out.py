"""A form sent by somebody who was signed out meanwhile: it comes back to her, and to nobody else."""

import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import update

from shop.accounts.models import Account, SignIn
from shop.accounts.passwords import hashed
from shop.accounts.queries import contact_of
from shop.accounts.typed import TYPED_COOKIE
from shop.db import db, transaction
from shop.kernel.clock import now_utc
from tests.engines import both_engines

PASSWORD = "ghe tre song lua"
HASH = hashed(PASSWORD)
SUONG, HOA = "0905000777", "0905000778"
PROFILE = "/tai-khoan/ho-so"
TYPED = {"name": "Sương ở Gò Mít", "locale": "vi", "called": "anh"}
OUT = "không còn đăng nhập"
KEPT, LOST = "những gì đã ghi vẫn còn", "những gì đã ghi chợ không giữ được"
NOT_DONE = "Việc vừa rồi chưa làm."


@pytest.fixture
def suong(an_account):
    return an_account("Sương", phone="+84905000777", password_hash=HASH)


@pytest.fixture
def hoa(an_account):
    return an_account("Hoa", phone="+84905000778", password_hash=HASH)


@pytest.fixture
def phone(client, suong):
    enter(client, SUONG)
    return client


def enter(browser, who, tiep=""):
    answer = browser.post("/dang-nhap", data={"who": who, "password": PASSWORD, "next": tiep})
    assert answer.status_code == 303
    return answer


def token_on(browser, page=PROFILE):
    return re.search(r'csrf_token" value="([^"]+)"', browser.get(page).text)[1]


def ended(account_id, **how):
    with transaction() as session:
        session.execute(update(SignIn).where(SignIn.account_id == account_id).values(**how))


def on_another_device(browser, account_id):
    ended(account_id, ended_at=now_utc())


def over(browser, account_id):
    ended(account_id, expires_at=now_utc())


def idle(browser, account_id):
    ended(account_id, seen_at=now_utc() - timedelta(days=31))


def gone(browser, account_id):
    """The cookie's days are over in the browser too, and the clock cleared its row away."""
    browser.delete_cookie("s")
    with transaction() as session:
        session.query(SignIn).filter_by(account_id=account_id).delete()


def in_another_tab(browser, account_id):
    assert browser.post("/dang-xuat", data={"csrf_token": token_on(browser)}).status_code == 303


def name_of(account_id):
    name = db.session.get_one(Account, account_id).name
    db.session.rollback()
    return name


@both_engines
@pytest.mark.parametrize("out", [on_another_device, over, idle, gone, in_another_tab])
def test_a_form_of_somebody_who_was_signed_out_comes_back_filled_in_and_does_nothing(
    phone, suong, out
):
    token = token_on(phone)
    out(phone, suong)
    asked = phone.post(PROFILE, data={"csrf_token": token, **TYPED})
    assert (asked.status_code, asked.location) == (
        303, "/dang-nhap?tiep=%2Ftai-khoan%2Fho-so&ghi=con",
    )  # fmt: skip
    kept = phone.get_cookie(TYPED_COOKIE)
    assert kept.http_only
    assert "Mít" not in kept.value
    page = phone.get(asked.location)
    assert OUT in page.text
    assert KEPT in page.text
    assert TYPED["name"] not in page.text
    assert enter(phone, SUONG, PROFILE).location == PROFILE
    shown = phone.get(PROFILE).text
    assert f'value="{TYPED["name"]}"' in shown
    assert re.search(
        r'value="anh"[^>]* checked|checked[^>]* value="anh"|selected value="anh"', shown
    )
    assert NOT_DONE in shown
    assert name_of(suong) == "Sương"
    # The page has it now: nothing carries it on, and what is sent from there is done.
    assert phone.get_cookie(TYPED_COOKIE) is None
    assert NOT_DONE not in phone.get(PROFILE).text
    done = phone.post(PROFILE, data={"csrf_token": token_on(phone), **TYPED})
    assert (done.status_code, name_of(suong)) == (303, TYPED["name"])


def test_in_english_too_and_by_a_code_that_was_read_out(phone, suong):
    token = token_on(phone)
    on_another_device(phone, suong)
    asked = phone.post(f"/en{PROFILE}", data={"csrf_token": token, **TYPED})
    assert asked.location == "/en/dang-nhap?tiep=%2Ftai-khoan%2Fho-so&ghi=con"
    page = phone.get(asked.location).text
    assert "You were signed out" in page
    assert "what you typed is still there" in page
    # The other ways in lead back as well.
    by_code = re.search(r'href="(/en/dang-nhap/ma\?[^"]+)"', page)[1]
    assert f'value="{PROFILE}"' in phone.get(by_code).text


def test_another_account_on_the_same_phone_never_sees_it_and_she_does_afterwards(phone, hoa, suong):
    token = token_on(phone)
    on_another_device(phone, suong)
    phone.post(PROFILE, data={"csrf_token": token, **TYPED})
    enter(phone, HOA, PROFILE)
    page = phone.get(PROFILE).text
    assert 'value="Hoa"' in page
    assert TYPED["name"] not in page
    assert NOT_DONE not in page
    # It waits for its own: hers when she goes on in this browser within the quarter of an hour.
    enter(phone, SUONG)
    assert TYPED["name"] in phone.get(PROFILE).text


def test_after_a_quarter_of_an_hour_it_is_gone(phone, suong):
    token = token_on(phone)
    on_another_device(phone, suong)
    phone.post(PROFILE, data={"csrf_token": token, **TYPED})
    kept = phone.get_cookie(TYPED_COOKIE).value
    with time_machine.travel(now_utc() + timedelta(minutes=16)):
        enter(phone, SUONG)
        phone.set_cookie(TYPED_COOKIE, kept)
        assert TYPED["name"] not in phone.get(PROFILE).text


@pytest.mark.parametrize("token", ["", "1.2.3", "1.2.3.4", "1700000000.aa.bb.cc", "é.é.é.é"])
def test_what_no_page_of_hers_sent_never_comes_up(phone, suong, token):
    on_another_device(phone, suong)
    asked = phone.post(PROFILE, data={"csrf_token": token, **TYPED})
    assert asked.status_code == 303
    enter(phone, SUONG, PROFILE)
    page = phone.get(PROFILE).text
    assert TYPED["name"] not in page
    assert NOT_DONE not in page


def test_a_browser_in_which_nobody_ever_was_is_led_to_sign_in_and_nothing_is_kept(client, suong):
    for fields in ({}, {"csrf_token": "1.2.3.4", **TYPED}):
        asked = client.post(PROFILE, data=fields)
        assert asked.location == "/dang-nhap?tiep=%2Ftai-khoan%2Fho-so&ghi=mat"
        assert client.get_cookie(TYPED_COOKIE) is None
    page = client.get(asked.location).text
    assert OUT in page
    assert LOST in page
    assert OUT not in client.get("/dang-nhap?tiep=%2Ftai-khoan%2Fho-so").text


def test_passwords_are_not_kept_and_the_sign_in_page_says_that_nothing_is(phone, suong):
    token = token_on(phone, "/tai-khoan/mat-khau")
    on_another_device(phone, suong)
    asked = phone.post(
        "/tai-khoan/mat-khau",
        data={"csrf_token": token, "current": PASSWORD, "password": "mot cau khac rat dai"},
    )
    assert asked.location.endswith("&ghi=mat")
    enter(phone, SUONG)
    page = phone.get("/tai-khoan/mat-khau").text
    assert "mot cau" not in page
    assert "Chợ không giữ mật khẩu" in page
    assert NOT_DONE in page


def test_a_page_of_a_locked_account_leads_to_sign_in_and_brings_nothing_to_others(
    phone, suong, hoa
):
    token = token_on(phone)
    with transaction() as session:
        session.get_one(Account, suong).disabled_at = now_utc()
    assert phone.post(PROFILE, data={"csrf_token": token, **TYPED}).status_code == 303
    assert phone.post("/dang-nhap", data={"who": SUONG, "password": PASSWORD}).status_code == 422
    enter(phone, HOA)
    assert TYPED["name"] not in phone.get(PROFILE).text


def test_what_a_pages_script_sends_or_fetches_neither_keeps_nor_takes_it(phone, suong):
    token = token_on(phone)
    on_another_device(phone, suong)
    by_script = {"Sec-Fetch-Mode": "cors"}
    asked = phone.post(PROFILE, data={"csrf_token": token, **TYPED}, headers=by_script)
    assert (asked.status_code, asked.location) == (303, "/dang-nhap?tiep=%2F")
    assert phone.get_cookie(TYPED_COOKIE) is None
    phone.post(PROFILE, data={"csrf_token": token, **TYPED})
    enter(phone, SUONG)
    assert TYPED["name"] not in phone.get(PROFILE, headers=by_script).text
    assert TYPED["name"] in phone.get(PROFILE).text


@pytest.mark.parametrize("way", ["/xac-nhan", "/dang-xuat", "/doi-nguoi/them"])
def test_ways_in_and_out_do_not_push_out_what_waits(phone, suong, way):
    token = token_on(phone)
    on_another_device(phone, suong)
    phone.post(PROFILE, data={"csrf_token": token, **TYPED})
    answer = phone.post(way, data={"csrf_token": token, "secret": "x", "next": PROFILE})
    assert answer.status_code == 303
    assert "ghi=" not in answer.location
    enter(phone, SUONG)
    assert TYPED["name"] in phone.get(PROFILE).text


def left_open(browser):
    return timedelta(hours=13)


def signed_in_anew(browser):
    enter(browser, SUONG)
    return timedelta()


@pytest.mark.parametrize("since", [left_open, signed_in_anew])
def test_a_form_from_before_comes_back_filled_in_instead_of_an_error(phone, suong, since):
    """A seller's sign-in outlives her open page; another tab may have signed in meanwhile."""
    token = token_on(phone)
    later = since(phone)
    with time_machine.travel(now_utc() + later):
        again = phone.post(
            PROFILE, data={"csrf_token": token, **TYPED},
            headers={"Referer": f"http://localhost{PROFILE}?tu=x"},
        )  # fmt: skip
        assert (again.status_code, again.location) == (303, f"{PROFILE}?tu=x")
        assert name_of(suong) == "Sương"
        page = phone.get(again.location).text
        assert f'value="{TYPED["name"]}"' in page
        assert NOT_DONE in page
        done = phone.post(PROFILE, data={"csrf_token": token_on(phone), **TYPED})
        assert (done.status_code, name_of(suong)) == (303, TYPED["name"])


def test_a_form_of_another_who_was_in_before_is_refused_as_ever(phone, suong, hoa):
    token = token_on(phone)
    enter(phone, HOA)
    answer = phone.post(PROFILE, data={"csrf_token": token, **TYPED})
    assert answer.status_code == 400
    assert phone.get_cookie(TYPED_COOKIE) is None
    assert TYPED["name"] not in phone.get(PROFILE).text
    assert name_of(hoa) == "Hoa"


def test_the_part_of_a_token_that_tells_whose_page_it_was_lets_nothing_be_done(phone, suong):
    made, mark, mac, reader = token_on(phone).split(".")
    for wrong in (f"{made}.{mark}..{reader}", f"{made}.{mark}.{reader}", f".{mark}.{mac}.{reader}"):
        assert phone.post(PROFILE, data={"csrf_token": wrong, **TYPED}).status_code in (303, 400)
    assert name_of(suong) == "Sương"
    assert contact_of(db.session.get_one(Account, suong))["phone"] == "+84905000777"
    assert (
        phone.post(PROFILE, data={"csrf_token": f"{made}.{mark}.{mac}", **TYPED}).status_code == 303
    )
    assert name_of(suong) == TYPED["name"]
