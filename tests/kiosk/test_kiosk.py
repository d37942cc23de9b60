"""A code on her phone, six digits at the machine: once, for ten minutes, and nobody guesses it."""

import io
import re
from datetime import timedelta

import pytest
import time_machine
from pypdf import PdfReader
from sqlalchemy import func, select

from shop.audit.models import AuditEntry
from shop.db import db, transaction
from shop.kernel.clock import now_utc, vietnam_date
from shop.kiosk.actions import (
    claim_print_job,
    close_kiosk,
    enter_by_link,
    give_print_code,
    open_kiosk,
)
from shop.kiosk.models import Kiosk, PrintJob
from shop.kiosk.rules import KIOSK_COOKIE, end_of_day, read_code
from shop.organisations.actions import appoint
from shop.organisations.models import Organisation
from shop.sellers.models import SellerMember
from tests.conftest import NOON
from tests.engines import both_engines
from tests.ordering.test_race import all_at_once

CODE = "/ban-hang/goi/ma-in"


@pytest.fixture
def a_kiosk(app, an_organisation):
    """Open a machine; return its id and a browser that is it."""

    def make(unit=None):
        unit = unit or an_organisation()
        with transaction() as session:
            row, token = open_kiosk(
                session, organisation_id=unit, name="Nhà văn hoá",
                actor_id=None, actor_name="Hương", now=now_utc(),
            )  # fmt: skip
            kiosk_id = row.id
        browser = app.test_client()
        browser.set_cookie(KIOSK_COOKIE, token)
        return kiosk_id, browser

    return make


@pytest.fixture
def asked(stall):
    """Ask for a code on her phone and read it off the page."""

    def make(*orders, size="a6"):
        answer = stall.post(CODE, don=list(orders), co=size)
        assert answer.status_code == 200, answer.text
        found = re.search(r'price--big" translate="no">([0-9]{3}) ([0-9]{3})<', answer.text)
        assert found, answer.text
        return found[1] + found[2]

    return make


def wrong_codes(but):
    return (f"{n:06d}" for n in range(100_000, 999_999) if f"{n:06d}" != but)


def acts():
    db.session.rollback()
    return list(db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


@pytest.mark.parametrize(
    ("typed", "read"),
    [("123456", "123456"), ("123 456", "123456"), ("12.34-56", "123456"), ("000000", "000000"),
     ("12345", ""), ("1234567", ""), ("１２３４５６", ""), ("12345x", ""), ("", "")],
)  # fmt: skip
def test_digits_are_read_as_people_type_them(typed, read):
    assert read_code(typed) == read


def test_a_machine_shuts_at_midnight_in_vietnam():
    assert end_of_day(NOON).isoformat().endswith("T00:00:00+07:00")
    assert timedelta(0) < end_of_day(NOON) - NOON <= timedelta(days=1)


def test_six_digits_print_the_labels_once_and_nothing_else(stall, in_state, a_kiosk, asked):
    orders = [in_state("packed", seller_id=stall.id) for _ in range(2)]
    page = stall.page(f"{CODE}?don={orders[0]}&don={orders[1]}")
    assert "Lấy mã in" in page
    code = asked(*orders, size="75x100")
    _kiosk, machine = a_kiosk()
    shown = machine.get("/may-in")
    assert shown.headers["Cache-Control"] == "no-store"
    answer = machine.post("/may-in", data={"ma": f"{code[:3]} {code[3:]}"})
    assert answer.content_type == "application/pdf"
    assert answer.headers["Cache-Control"] == "no-store"
    assert len(PdfReader(io.BytesIO(answer.data)).pages) == 2
    again = machine.post("/may-in", data={"ma": code})
    assert again.status_code == 422
    for name in ("CPH", "0912", "Đặng", "Quyền"):  # Nothing of an order stands on its page.
        assert name not in shown.text + again.text
    assert [a for a in acts() if a.startswith(("kiosk", "print"))] == [
        "print_code.given", "kiosk.opened", "print_code.used",
    ]  # fmt: skip


def test_a_code_is_over_after_ten_minutes_and_when_she_makes_another(
    stall, in_state, a_kiosk, asked
):  # fmt: skip
    order = in_state("packed", seller_id=stall.id)
    _kiosk, machine = a_kiosk()
    first, second = asked(order), asked(order)
    if first != second:
        assert machine.post("/may-in", data={"ma": first}).status_code == 422
    with time_machine.travel(now_utc() + timedelta(minutes=10, seconds=1)):
        assert machine.post("/may-in", data={"ma": second}).status_code == 422
    assert machine.post("/may-in", data={"ma": second}).status_code == 200


def test_after_five_wrong_codes_a_machine_rests_and_the_right_one_is_not_looked_at(
    stall, in_state, a_kiosk, asked
):  # fmt: skip
    order = in_state("packed", seller_id=stall.id)
    code = asked(order)
    _kiosk, machine = a_kiosk()
    wrong = wrong_codes(code)
    for _ in range(5):
        assert machine.post("/may-in", data={"ma": next(wrong)}).status_code == 422
    assert machine.post("/may-in", data={"ma": code}).status_code == 429
    _other, beside = a_kiosk()
    assert beside.post("/may-in", data={"ma": code}).status_code == 200


def test_right_codes_do_not_count_as_tries(stall, in_state, a_kiosk, asked):
    order = in_state("packed", seller_id=stall.id)
    _kiosk, machine = a_kiosk()
    for _ in range(7):
        assert machine.post("/may-in", data={"ma": asked(order)}).status_code == 200


def test_fifty_wrong_codes_an_hour_over_all_machines_end_the_guessing(
    stall, in_state, a_kiosk, asked
):  # fmt: skip
    code = asked(in_state("packed", seller_id=stall.id))
    wrong, statuses = wrong_codes(code), []
    for _ in range(11):
        _kiosk, machine = a_kiosk()
        statuses += [
            machine.post("/may-in", data={"ma": next(wrong)}).status_code for _ in range(5)
        ]
    assert statuses == [422] * 50 + [429] * 5
    _kiosk, machine = a_kiosk()
    assert machine.post("/may-in", data={"ma": code}).status_code == 429


@both_engines
def test_one_code_at_two_machines_at_once_is_one_job(app, a_seller, an_account, a_kiosk):
    owner = an_account()
    seller = a_seller(owner_id=owner)
    kiosks = [a_kiosk()[0] for _ in range(2)]
    with transaction() as session:
        code = give_print_code(
            session, seller_id=seller, parcels=[1], size="a6", actor_id=owner, actor_name="",
            now=now_utc(),
        )  # fmt: skip

    def one(number):
        with transaction() as session:
            job = claim_print_job(session, kiosk_id=kiosks[number % 2], code=code, now=now_utc())
        return "printed" if job else "nothing"

    assert all_at_once(app, one, 8) == {"printed": 1, "nothing": 7}
    claimed = select(func.count(PrintJob.id)).where(PrintJob.claimed_at.is_not(None))
    assert db.session.scalar(claimed) == 1


def test_a_browser_that_nobody_opened_prints_nothing(stall, in_state, asked, client):
    code = asked(in_state("packed", seller_id=stall.id))
    assert "chưa mở" in client.get("/may-in").text
    client.set_cookie(KIOSK_COOKIE, "x" * 43)
    assert client.post("/may-in", data={"ma": code}).status_code == 409
    assert db.session.scalar(select(PrintJob.claimed_at)) is None


def test_a_closed_machine_and_yesterdays_print_nothing(stall, in_state, asked, a_kiosk):
    code = asked(in_state("packed", seller_id=stall.id))
    kiosk_id, machine = a_kiosk()
    with time_machine.travel(now_utc() + timedelta(days=1)):
        assert machine.post("/may-in", data={"ma": code}).status_code == 409
    with transaction() as session:
        who = {"actor_id": None, "actor_name": "", "now": now_utc()}
        assert close_kiosk(session, kiosk_id=kiosk_id, **who)
        assert not close_kiosk(session, kiosk_id=kiosk_id, **who)
    assert machine.post("/may-in", data={"ma": code}).status_code == 409


def test_whoever_left_the_stall_meanwhile_prints_nothing(stall, in_state, asked, a_kiosk):
    code = asked(in_state("packed", seller_id=stall.id))
    with transaction() as session:
        member = session.scalars(
            select(SellerMember).where(SellerMember.seller_id == stall.id)
        ).one()
        member.until = now_utc() - timedelta(seconds=1)
    _kiosk, machine = a_kiosk()
    assert machine.post("/may-in", data={"ma": code}).status_code == 422


def test_another_stalls_parcel_is_not_printed(stall, in_state, a_seller, asked, a_kiosk):
    foreign, own = in_state("packed", seller_id=a_seller()), in_state("packed", seller_id=stall.id)
    assert stall.post(CODE, don=foreign).status_code == 422
    _kiosk, machine = a_kiosk()
    answer = machine.post("/may-in", data={"ma": asked(foreign, own)})
    assert len(PdfReader(io.BytesIO(answer.data)).pages) == 1


def test_an_officer_makes_her_browser_the_machine_and_is_signed_out_of_it(
    an_organisation, an_account, sign_in
):
    unit, other, head = an_organisation(), an_organisation(), an_account("Hương")
    with transaction() as session:
        appoint(
            session, organisation_id=unit, account_id=head, role="officer",
            starts_on=vietnam_date(now_utc()), actor_id=None, actor_name="", now=now_utc(),
        )  # fmt: skip
    browser = sign_in(head, "officer")

    def token():
        return re.search(r'csrf_token" value="([^"]+)"', browser.get("/dieu-hanh/may-in").text)[1]

    form = {"csrf_token": token(), "name": "Nhà văn hoá"}
    assert (
        browser.post("/dieu-hanh/may-in", data={**form, "organisation": other}).status_code == 422
    )
    assert browser.post("/dieu-hanh/may-in", data={**form, "organisation": unit, "name": ""}).status_code == 422  # fmt: skip
    opened = browser.post("/dieu-hanh/may-in", data={**form, "organisation": unit})
    assert opened.headers["Location"].endswith("/may-in")
    assert "Nhà văn hoá" in browser.get("/may-in").text
    assert browser.get("/dieu-hanh/may-in").status_code == 303  # She is asked to sign in.
    at_home = sign_in(head, "officer")
    found = re.search(r'csrf_token" value="([^"]+)"', at_home.get("/dieu-hanh/may-in").text)
    kiosk_id = db.session.scalars(select(Kiosk.id)).one()
    closed = at_home.post(f"/dieu-hanh/may-in/{kiosk_id}/dong", data={"csrf_token": found[1]})
    assert closed.status_code == 303
    assert "chưa mở" in browser.get("/may-in").text
    assert [a for a in acts() if a.startswith("kiosk")] == ["kiosk.opened", "kiosk.closed"]


def test_a_link_from_the_command_opens_one_machine_once(app, an_organisation, client, run):
    unit = an_organisation()
    slug = db.session.scalars(select(Organisation.slug).where(Organisation.id == unit)).one()
    said = run("kiosk", "open", slug, "Nhà văn hoá")
    link = re.search(r"/may-in/mo/(\S+)", said)[0]
    assert client.get(link).status_code == 303
    assert "Nhà văn hoá" in client.get("/may-in").text
    second = app.test_client()
    second.get(link)
    assert "chưa mở" in second.get("/may-in").text
    assert "Nhà văn hoá" in run("kiosk", "list")
    assert "Đã đóng" in run("kiosk", "close", "1")
    assert "trước đó rồi" in run("kiosk", "close", "1")
    with transaction() as session:
        _row, late = open_kiosk(
            session, organisation_id=unit, name="x", by_link=True, actor_id=None, actor_name="",
            now=now_utc() - timedelta(minutes=11),
        )  # fmt: skip
        assert enter_by_link(session, link=late, now=now_utc()) is None
