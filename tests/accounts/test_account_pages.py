"""One's own account: contact, devices, consents, the second factor, what is kept, and its end."""

import base64
import json
import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask, request, url_for
from flask.testing import FlaskClient
from sqlalchemy import select, text, update
from werkzeug.routing import BuildError

from shop.accounts.actions import (
    give_code,
    note_consent,
    open_account_after_order,
    save_address,
    start_sign_in,
)
from shop.accounts.events import SecretChanged
from shop.accounts.guards import page_of_form
from shop.accounts.jobs import forget_spent_secrets
from shop.accounts.models import (
    Account,
    Consent,
    OneTimeKey,
    RecoveryCode,
    SavedAddress,
    SignIn,
    SignInFailures,
)
from shop.accounts.passwords import hashed
from shop.accounts.queries import account_by, contact_of, saved_addresses
from shop.accounts.rules import ContactMissing, ContactTaken, WeakPassword, totp_code
from shop.audit.models import AuditEntry
from shop.db import db, transaction
from shop.kernel.clock import now_utc
from shop.outbox.models import OutboxMessage
from shop.outbox.relay import deliver_waiting
from tests.conftest import NOON
from tests.engines import both_engines

PASSWORD = "ghe tre song lua"
HASH = hashed(PASSWORD)
PAGES = (
    "",
    "/ho-so",
    "/lien-he",
    "/dia-chi",
    "/dong-y",
    "/mat-khau",
    "/hai-lop",
    "/khoa",
    "/thiet-bi",
    "/xoa",
)


@pytest.fixture
def suong(an_account: Callable[..., int]) -> int:
    return an_account("Sương", phone="+84905000777", email="suong@example.net", password_hash=HASH)


@pytest.fixture
def mine(suong: int, sign_in: Callable[..., FlaskClient]) -> FlaskClient:
    return sign_in(suong)


def _post(browser: FlaskClient, way: str, **fields: str) -> Any:
    found = re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/tai-khoan").text)
    assert found is not None
    return browser.post(way, data={"csrf_token": found[1], **fields})


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("language", ["", "/en"])
def test_every_page_of_an_account_stands(mine: FlaskClient, page: str, language: str) -> None:
    answer = mine.get(f"{language}/tai-khoan{page}")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.text.count("<h1") == 1


@pytest.mark.parametrize("page", PAGES)
def test_a_stranger_is_asked_to_sign_in(client: FlaskClient, page: str) -> None:
    assert client.get(f"/tai-khoan{page}").location.startswith("/dang-nhap?tiep=")


def test_name_and_language_change(mine: FlaskClient, suong: int) -> None:
    assert _post(mine, "/tai-khoan/ho-so", name="", locale="vi").status_code == 422
    assert _post(mine, "/tai-khoan/ho-so", name="Lê Sương", locale="xx").status_code == 422
    assert _post(mine, "/tai-khoan/ho-so", name=" Lê  Sương ", locale="en").status_code == 303
    row = db.session.get_one(Account, suong)
    assert (row.name, row.locale, row.called) == ("Lê Sương", "en", "chi")
    wrong = _post(mine, "/tai-khoan/ho-so", name="Lê Sương", locale="en", called="ông")
    assert wrong.status_code == 422
    said = _post(mine, "/tai-khoan/ho-so", name="Lê Sương", locale="en", called="anh")
    assert said.status_code == 303
    db.session.expire_all()
    assert db.session.get_one(Account, suong).called == "anh"


def test_contact_changes_freshly_proved_and_never_to_somebody_elses(
    mine: FlaskClient, suong: int, an_account: Callable[..., int]
) -> None:
    an_account("Lan", phone="+84905000888")
    taken = _post(mine, "/tai-khoan/lien-he", phone="0905 000 888", email="suong@example.net")
    assert taken.status_code == 409
    assert '<a href="#phone">Số điện thoại này đã có tài khoản khác.' in taken.text
    assert 'id="phone-loi"' in taken.text
    assert taken.text.count('aria-invalid="true"') == 1
    none = _post(mine, "/tai-khoan/lien-he", phone="", email="")
    assert none.status_code == 422
    assert '<a href="#phone">Cần ít nhất' in none.text
    assert _post(mine, "/tai-khoan/lien-he", phone="12", email="").status_code == 422
    done = _post(mine, "/tai-khoan/lien-he", phone="0905 000 999", email="MOI@example.net")
    assert done.status_code == 303
    assert contact_of(db.session.get_one(Account, suong)) == {
        "phone": "+84905000999", "email": "moi@example.net",
    }  # fmt: skip
    assert account_by(db.session(), phone="+84905000777") is None
    db.session.rollback()
    token = re.search(r'csrf_token" value="([^"]+)"', mine.get("/tai-khoan").text)
    with time_machine.travel(now_utc() + timedelta(minutes=11)):
        late = mine.post(
            "/tai-khoan/lien-he",
            data={"csrf_token": token[1], "phone": "0905000777"},
        )
        assert late.location == "/xac-nhan?tiep=%2Ftai-khoan%2Flien-he"
        assert mine.get("/tai-khoan/lien-he").status_code == 303
        assert _post(mine, "/xac-nhan", secret="wrong").status_code == 422
        proved = _post(mine, "/xac-nhan", secret=PASSWORD, next="/tai-khoan/lien-he")
        assert proved.location == "/tai-khoan/lien-he"
        assert mine.get("/tai-khoan/lien-he").status_code == 200


def test_proving_again_is_limited_and_gives_a_new_token(mine: FlaskClient) -> None:
    before = mine.get_cookie("s", domain="localhost").value
    assert _post(mine, "/xac-nhan", secret=PASSWORD).status_code == 303
    assert mine.get_cookie("s", domain="localhost").value != before
    statuses = [_post(mine, "/xac-nhan", secret="x").status_code for _ in range(10)]
    assert statuses == [422] * 9 + [429]


def test_a_changed_password_ends_every_other_sign_in(
    mine: FlaskClient, suong: int, sign_in: Callable[..., FlaskClient]
) -> None:
    other = sign_in(suong)
    wrong = _post(mine, "/tai-khoan/mat-khau", current="x", password="mot mat khau khac han")
    assert wrong.status_code == 422
    weak = _post(mine, "/tai-khoan/mat-khau", current=PASSWORD, password="suong0905000777")
    assert weak.status_code == 422
    assert '<a href="#password">Mật khẩu này dễ đoán quá' in weak.text
    assert 'id="password-loi"' in weak.text
    assert "suong0905000777" not in weak.text
    assert db.session.get_one(Account, suong).password_hash == HASH
    db.session.rollback()
    done = _post(mine, "/tai-khoan/mat-khau", current=PASSWORD, password="mot mat khau khac han")
    assert done.status_code == 303
    assert mine.get("/tai-khoan").status_code == 200
    assert other.get("/tai-khoan").status_code == 303
    assert "account.password_changed" in db.session.scalars(select(AuditEntry.action)).all()


def test_devices_are_listed_and_ended_one_by_one_and_all(
    mine: FlaskClient, suong: int, app: Flask, an_account: Callable[..., int]
) -> None:
    lan = an_account("Lan")
    with transaction() as session:
        row, token = start_sign_in(
            session, account_id=suong, kind="buyer", device="Chrome, Android", now=now_utc()
        )
        foreign, _ = start_sign_in(
            session, account_id=lan, kind="buyer", device="Safari, iPhone", now=now_utc()
        )
        row_id, foreign_id = row.id, foreign.id
    page = mine.get("/tai-khoan/thiet-bi").text
    assert "Chrome, Android" in page
    assert "Safari" not in page
    phone = app.test_client()
    phone.set_cookie("s", token)
    assert phone.get("/tai-khoan").status_code == 200
    assert _post(mine, f"/tai-khoan/thiet-bi/{foreign_id}/ket-thuc").status_code == 404
    assert _post(mine, f"/tai-khoan/thiet-bi/{row_id}/ket-thuc").status_code == 303
    assert phone.get("/tai-khoan").status_code == 303
    assert _post(mine, "/tai-khoan/thiet-bi/ket-thuc-het").status_code == 303
    mine.set_cookie("s", "token-x")
    alive = db.session.scalars(select(SignIn.account_id).where(SignIn.ended_at.is_(None))).all()
    assert alive == [lan]


def test_the_second_factor_is_turned_on_by_its_first_code_and_shows_ten_codes_once(
    mine: FlaskClient, suong: int
) -> None:
    page = mine.get("/tai-khoan/hai-lop").text
    secret = re.search(r'translate="no">([A-Z2-7 ]{30,})<', page)
    assert secret is not None
    key = base64.b32decode(secret[1].replace(" ", ""))
    picture = mine.get("/tai-khoan/hai-lop/ma.svg")
    assert picture.mimetype == "image/svg+xml"
    assert picture.headers["Cache-Control"] == "no-store"
    assert _post(mine, "/tai-khoan/hai-lop", code="000000").status_code == 422
    assert db.session.get_one(Account, suong).second_factor_at is None
    db.session.rollback()
    code = totp_code(key, int(now_utc().timestamp()) // 30)
    done = _post(mine, "/tai-khoan/hai-lop", code=code)
    assert done.status_code == 200
    codes = re.findall(r"<li><b>([0-9A-Z ]{20,})</b>", done.text)
    assert len(codes) == 10
    assert not {c.replace(" ", "") for c in codes} & set(
        db.session.scalars(select(RecoveryCode.digest))
    )
    assert mine.get("/tai-khoan/hai-lop/ma.svg").status_code == 404
    assert secret[1] not in mine.get("/tai-khoan/hai-lop").text
    assert _post(mine, "/tai-khoan/hai-lop/tat").status_code == 303
    assert not db.session.scalars(select(RecoveryCode)).all()


def test_a_new_second_factor_is_told_to_its_owner(mine: FlaskClient, suong: int) -> None:
    page = mine.get("/tai-khoan/hai-lop").text
    secret = re.search(r'translate="no">([A-Z2-7 ]{30,})<', page)
    assert secret is not None
    code = totp_code(base64.b32decode(secret[1].replace(" ", "")), int(now_utc().timestamp()) // 30)
    assert _post(mine, "/tai-khoan/hai-lop", code=code).status_code == 200

    def told() -> list[str]:
        return [
            message.payload["what"]
            for message in db.session.scalars(select(OutboxMessage).order_by(OutboxMessage.id))
            if message.event == SecretChanged.name
        ]

    assert told() == ["second_factor"]
    assert _post(mine, "/tai-khoan/hai-lop/tat").status_code == 303
    db.session.rollback()
    assert told() == ["second_factor"] * 2


def test_consents_are_unticked_given_and_withdrawn(mine: FlaskClient, suong: int) -> None:
    assert "checked" not in mine.get("/tai-khoan/dong-y").text
    assert _post(mine, "/tai-khoan/dong-y", agree="y").status_code == 303
    assert _post(mine, "/tai-khoan/dong-y", agree="y").status_code == 303
    row = db.session.scalars(select(Consent)).one()
    assert (row.kind, row.channel, row.withdrawn_at) == ("marketing", "account", None)
    db.session.rollback()
    assert _post(mine, "/tai-khoan/dong-y").status_code == 303
    assert db.session.scalars(select(Consent.withdrawn_at)).one() is not None


@both_engines
def test_ten_addresses_are_kept_each_once_and_only_for_their_owner(
    app: Flask, suong: int, an_account: Callable[..., int], sign_in: Callable[..., Any]
) -> None:
    for n in range(12):
        with transaction() as session:
            save_address(
                session, account_id=suong, now=NOON + timedelta(minutes=n),
                address={"line1": f"{n} Trần Phú", "ward_name": "Phường Hội An"},
            )  # fmt: skip
    with transaction() as session:
        save_address(
            session, account_id=suong, now=NOON + timedelta(hours=1),
            address={"ward_name": "Phường Hội An", "line1": "5 Trần Phú"},
        )  # fmt: skip
    rows = saved_addresses(db.session(), suong)
    assert len(rows) == 10
    assert rows[0]["address"]["line1"] == "5 Trần Phú"
    assert b"Tr\xe1\xba\xa7n" not in b"".join(db.session.scalars(select(SavedAddress.address)))
    db.session.rollback()
    lan = sign_in(an_account("Lan"))
    assert _post(lan, f"/tai-khoan/dia-chi/{rows[0]['id']}/xoa").status_code == 404
    own = sign_in(suong)
    assert "5 Trần Phú, Phường Hội An" in own.get("/tai-khoan/dia-chi").text
    assert _post(own, f"/tai-khoan/dia-chi/{rows[0]['id']}/xoa").status_code == 303
    assert len(saved_addresses(db.session(), suong)) == 9


def test_a_person_gets_all_that_is_kept_about_her(mine: FlaskClient, suong: int) -> None:
    with transaction() as session:
        save_address(session, account_id=suong, address={"line1": "15 Trần Phú"}, now=NOON)
        note_consent(
            session, kind="ordering", text_version="2026-01", channel="checkout", now=NOON,
            account_id=suong,
        )  # fmt: skip
    answer = mine.get("/tai-khoan/du-lieu.json")
    assert "attachment" in answer.headers["Content-Disposition"]
    kept = answer.json
    assert kept is not None
    assert kept["phone"] == "+84905000777"
    assert kept["addresses"][0]["address"]["line1"] == "15 Trần Phú"
    assert kept["consents"][0]["kind"] == "ordering"
    assert "argon2" not in answer.text


@both_engines
def test_a_deleted_person_is_nowhere_and_her_orders_lose_the_link(
    app: Flask, suong: int, sign_in: Callable[..., Any], engine_name: str
) -> None:
    with transaction() as session:
        save_address(session, account_id=suong, address={"line1": "15 Trần Phú"}, now=NOON)
    browser = sign_in(suong)
    assert _post(browser, "/tai-khoan/ho-so", name="Sương Trần", locale="vi").status_code == 303
    hers = db.session.get_one(Account, suong)
    assert hers.phone_index
    assert hers.password_hash
    erased = [
        "Sương".encode(), hers.data_key, hers.contact, hers.phone_index.encode(),
        hers.password_hash.encode(),
    ]  # fmt: skip
    db.session.rollback()
    assert _post(browser, "/tai-khoan/xoa").status_code == 422
    assert _post(browser, "/tai-khoan/xoa", sure="y").status_code == 303
    assert browser.get("/tai-khoan").status_code == 303
    row = db.session.get_one(Account, suong)
    assert (row.name, row.phone_index, row.password_hash) == ("", None, None)
    assert contact_of(row) == {"phone": None, "email": None}
    assert not db.session.scalars(select(SavedAddress)).all()
    entry = db.session.scalars(
        select(AuditEntry).where(AuditEntry.action == "account.deleted")
    ).one()
    assert entry.actor_name == ""
    db.session.rollback()
    deliver_waiting(now_utc())
    assert set(db.session.scalars(select(OutboxMessage.last_error))) == {None}
    db.session.rollback()
    if engine_name == "sqlite":
        folder = Path(app.extensions["settings"].instance)
        for file in (folder / "shop.sqlite", folder / "shop.sqlite-wal"):
            kept = file.read_bytes() if file.exists() else b""
            assert not [part for part in erased if part in kept], file.name
    again = app.test_client().post("/dang-nhap", data={"who": "0905000777", "password": PASSWORD})
    assert again.status_code == 422


@both_engines
def test_a_deleted_person_stands_in_the_trail_by_number_only(
    app: Flask, suong: int, an_account: Callable[..., int], sign_in: Callable[..., Any]
) -> None:
    operator = an_account("Hảo", operator=True)
    browser = sign_in(suong)  # A line by her.
    _post(browser, "/tai-khoan/ho-so", name="Sương", locale="en")
    by = {"actor_id": operator, "actor_name": "Hảo", "now": NOON}
    with transaction() as session:  # One for her.
        give_code(session, account_id=suong, **by)
    before = _trail()
    assert any("Sương" in line for line in before)
    assert _post(browser, "/tai-khoan/xoa", sure="y").status_code == 303
    after = _trail()
    assert len(after) > len(before) > 1
    assert not any("Sương" in line for line in after)
    assert any("Hảo" in line for line in after), "Who helped her stays."
    assert set(db.session.scalars(select(AuditEntry.actor_id))) == {suong, operator}
    db.session.rollback()
    shown = sign_in(operator, "operator").get("/dieu-hanh/nhat-ky").text
    assert f"Ai làm: tài khoản đã xoá (số {suong})" in unescape(shown)
    assert "Sương" not in unescape(shown)


def _trail() -> list[str]:
    db.session.rollback()
    rows = db.session.execute(text("SELECT actor_name, for_name, facts FROM audit_entries")).all()
    db.session.rollback()
    return [json.dumps([str(value) for value in row], ensure_ascii=False) for row in rows]


def test_the_last_operator_cannot_delete_herself(
    an_account: Callable[..., int], sign_in: Callable[..., Any]
) -> None:
    person = an_account("Hảo", operator=True)
    browser = sign_in(person, "operator")
    assert _post(browser, "/tai-khoan/xoa", sure="y").status_code == 409
    assert db.session.get_one(Account, person).deleted_at is None


@both_engines
def test_a_stall_closes_with_the_account_of_whoever_answers_for_it_alone(
    app: Flask, an_account: Callable[..., int], sign_in: Callable[..., Any],
    a_seller: Callable[..., int],
) -> None:  # fmt: skip
    from shop.ledger.models import LedgerAccount
    from shop.sellers.members import appoint_member
    from shop.sellers.models import Seller

    stall, hers, staff = a_seller("Bột Gò Mít"), an_account("Sương"), an_account("Nga")
    by = {"seller_id": stall, "actor_id": None, "actor_name": "", "now": NOON}
    with transaction() as session:
        appoint_member(session, account_id=hers, role="owner", **by)
        appoint_member(session, account_id=staff, role="staff", **by)
        session.add(
            LedgerAccount(
                kind="seller_payable", owner=f"seller:{stall}", detail="", balance_vnd=-5_000,
                opened_at=NOON,
            )
        )  # fmt: skip
    assert "sẽ đóng ngay" not in sign_in(staff).get("/tai-khoan/xoa").text
    browser = sign_in(hers)
    assert "Bột Gò Mít sẽ đóng ngay" in browser.get("/tai-khoan/xoa").text
    refused = _post(browser, "/tai-khoan/xoa", sure="y")
    assert refused.status_code == 409
    assert "nhờ Hội thêm người trông coi" in refused.text
    assert db.session.get_one(Account, hers).deleted_at is None
    db.session.rollback()
    with transaction() as session:
        session.execute(update(LedgerAccount).values(balance_vnd=0))
    assert _post(browser, "/tai-khoan/xoa", sure="y").status_code == 303
    assert db.session.get_one(Seller, stall).closed_at is not None
    assert "sellers.stall_left" in db.session.scalars(select(OutboxMessage.event)).all()


def _open(**changes: Any) -> int:
    wanted: dict[str, Any] = {
        "name": "Châu", "phone": "+84905000123", "email": None, "password": None, "locale": "vi",
        "terms_version": "2026-01", "order_id": 1, "now": NOON, **changes,
    }  # fmt: skip
    with transaction() as session:
        return open_account_after_order(session, **wanted).id


@both_engines
def test_one_tick_after_ordering_opens_an_account_with_its_consent(app: Flask) -> None:
    person = _open(password=PASSWORD)
    row = db.session.scalars(select(Consent)).one()
    assert (row.kind, row.account_id, row.order_id, row.text_version) == (
        "account", person, 1, "2026-01",
    )  # fmt: skip
    db.session.rollback()
    for refusal, changes in (
        (ContactTaken, {}), (ContactMissing, {"phone": None}),
        (WeakPassword, {"phone": "+84905000124", "password": "short"}),
    ):  # fmt: skip
        with pytest.raises(refusal):
            _open(**changes)
    assert len(db.session.scalars(select(Account)).all()) == 1


def test_spent_secrets_and_old_counts_are_forgotten(app: Flask, suong: int) -> None:
    from shop.accounts.actions import count_try

    with transaction() as session:
        give_code(session, account_id=suong, actor_id=None, actor_name="", now=NOON)
        start_sign_in(session, account_id=suong, kind="operator", device="", now=NOON)
        count_try(session, identifier="+84905000777", now=NOON)
    forget_spent_secrets(NOON + timedelta(hours=12))
    assert db.session.scalars(select(SignInFailures)).all()
    db.session.rollback()
    forget_spent_secrets(NOON + timedelta(days=2))
    assert not db.session.scalars(select(SignInFailures)).all()
    assert not db.session.scalars(select(OneTimeKey)).all()
    assert db.session.scalars(select(SignIn)).all()
    db.session.rollback()
    forget_spent_secrets(NOON + timedelta(days=92))
    assert not db.session.scalars(select(SignIn)).all()


def test_proving_again_leads_back_to_a_page_whatever_was_posted(app):
    """Most acts have an address that no reader can open: a proof would end on 405."""
    asked = [rule for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())]
    assert len(asked) > 300
    for rule in asked:
        values = dict.fromkeys(rule.arguments, "1")
        for script_root in ("", "/en"):
            with app.test_request_context(
                "/", method="POST", environ_overrides={"SCRIPT_NAME": script_root}
            ):
                try:
                    posted = url_for(rule.endpoint, **values).removeprefix(script_root)
                except BuildError:  # Its address is no number; one of another kind will do.
                    continue
            for sent_from, back in (
                (f"http://localhost{script_root}/ban-hang/gian-hang?sua=1", "/ban-hang/gian-hang?sua=1"),
                (f"http://localhost{posted}", None), ("http://elsewhere.example/ban-hang", None), ("", None),
            ):  # fmt: skip
                with app.test_request_context(
                    posted, method="POST", headers={"Referer": sent_from},
                    environ_overrides={"SCRIPT_NAME": script_root},
                ):  # fmt: skip
                    page = page_of_form()
                    adapter = app.create_url_adapter(request)
                    assert adapter.match(page.partition("?")[0], method="GET")
                    assert page == back or back is None, posted
