"""A post that had to wait for a proof: its form comes back filled in, for her and nobody else."""

import base64
import random
import re
from datetime import timedelta

import pytest
from flask import g
from wtforms import BooleanField, PasswordField

from shop.accounts.forms import ContactForm
from shop.accounts.models import Account, SignIn
from shop.accounts.passwords import hashed
from shop.accounts.queries import contact_of
from shop.accounts.typed import SECRETS, TYPED_COOKIE, TYPED_FOR, opened_typed, sealed_typed
from shop.db import db, transaction
from shop.kernel.clock import now_utc
from shop.kernel.sealing import Vault
from shop.web.forms import Choices, ShopForm
from shop.web.guards import csrf_token
from tests.engines import both_engines

PASSWORD = "ghe tre song lua"
CONTACT = "/tai-khoan/lien-he"
NOT_DONE = "Việc vừa rồi chưa làm"
TYPED = {"phone": "0905 000 999", "email": "moi@example.net"}


@pytest.fixture
def suong(an_account):
    return an_account(
        "Sương", phone="+84905000777", email="suong@example.net", password_hash=hashed(PASSWORD)
    )


@pytest.fixture
def mine(suong, sign_in):
    return sign_in(suong)


def noise(length):
    """Text that no packing shortens much."""
    return base64.b64encode(random.Random(length).randbytes(length)).decode()


def sealed(app, fields, page=CONTACT, account_id=7):
    """What the browser keeps of a post of these fields, from a page made for an account."""
    with app.test_request_context(page):
        g.reader = account_id
        token = csrf_token()
    with app.test_request_context(page, method="POST", data={**fields, "csrf_token": token}):
        return sealed_typed(page, now_utc())[0]


def grown_old() -> None:
    """The proof of every sign-in ran out."""
    with transaction() as session:
        for row in session.query(SignIn):
            row.proved_at = row.strong_at = now_utc() - timedelta(minutes=11)


def posted(browser, way, token_of="/tai-khoan", **fields):
    token = re.search(r'csrf_token" value="([^"]+)"', browser.get(token_of).text)[1]
    return browser.post(way, data={"csrf_token": token, **fields})


def proved(browser, asked, **more):
    back = browser.get(asked.location)
    form = {"next": re.search(r'name="next"[^>]*value="([^"]*)"', back.text)[1], **more}
    return posted(browser, "/xac-nhan", secret=PASSWORD, **form)


@both_engines
@pytest.mark.parametrize("language", ["", "/en"])
def test_a_form_keeps_what_was_typed_when_the_proof_ran_out_meanwhile(mine, suong, language):
    grown_old()
    asked = posted(mine, f"{language}{CONTACT}", **TYPED)
    assert (asked.status_code, asked.location) == (
        303, f"{language}/xac-nhan?tiep=%2Ftai-khoan%2Flien-he",
    )  # fmt: skip
    kept = mine.get_cookie(TYPED_COOKIE)
    assert kept.http_only
    assert TYPED["phone"] not in kept.value
    assert TYPED["email"] not in kept.value
    # Whoever tries to look before she proved it is only asked again, and nothing is lost by it.
    assert mine.get(f"{language}{CONTACT}").status_code == 303
    done = proved(mine, asked)
    assert done.location == CONTACT
    page = mine.get(f"{language}{CONTACT}").text
    assert 'value="0905 000 999"' in page
    assert 'value="moi@example.net"' in page
    assert (NOT_DONE if not language else "not done yet") in page
    assert "mật khẩu, mã, tệp" not in page
    # Nothing was done by itself, and the page has it now: no cookie carries it on.
    assert contact_of(db.session.get_one(Account, suong))["email"] == "suong@example.net"
    db.session.rollback()
    assert mine.get_cookie(TYPED_COOKIE) is None
    again = mine.get(CONTACT).text
    assert NOT_DONE not in again
    assert 'value="suong@example.net"' in again
    assert posted(mine, CONTACT, **TYPED).status_code == 303


def test_another_page_and_another_person_on_the_same_browser_see_nothing_of_it(
    mine, sign_in, an_account
):
    grown_old()
    posted(mine, CONTACT, **TYPED)
    kept = mine.get_cookie(TYPED_COOKIE).value
    assert TYPED["phone"] not in mine.get("/tai-khoan/ho-so").text
    assert mine.get_cookie(TYPED_COOKIE) is not None  # Another page leaves it alone.
    other = sign_in(an_account("Lan", phone="+84905000888"))
    other.set_cookie(TYPED_COOKIE, kept)
    page = other.get(CONTACT)
    assert page.status_code == 200
    assert TYPED["phone"] not in page.text
    assert NOT_DONE not in page.text


@pytest.mark.parametrize("wrong", ["x", "é", "A" * 80, "A" * 4000, "%00"])
def test_a_cookie_that_nobody_sealed_is_as_none(mine, wrong):
    mine.set_cookie(TYPED_COOKIE, wrong)
    page = mine.get(CONTACT)
    assert page.status_code == 200
    assert NOT_DONE not in page.text


def test_what_was_typed_is_kept_for_a_quarter_of_an_hour(app):
    kept, now = sealed(app, TYPED), now_utc()
    with app.test_request_context(CONTACT):
        assert opened_typed(kept, 7, now + TYPED_FOR - timedelta(seconds=1)).fields["email"] == [
            "moi@example.net"
        ]
        assert opened_typed(kept, 7, now + TYPED_FOR + timedelta(seconds=1)) is None
        assert opened_typed(kept, 8, now) is None
    with app.test_request_context("/tai-khoan"):
        assert opened_typed(kept, 7, now) is None


def test_passwords_codes_files_and_very_long_texts_are_not_kept_and_that_is_said(app):
    fields = {"email": "moi@example.net", "phone": "đ" * 9_000}
    for more, left in (
        ({}, True),
        ({"phone": "1"}, False),
        ({"phone": "1", "password": "x"}, True),
    ):
        kept = sealed(app, {**fields, **more})
        assert len(kept) < 4000  # With its name and marks a browser takes it.
        with app.test_request_context(CONTACT):
            typed = opened_typed(kept, 7, now_utc())
        assert typed.left is left
        assert typed.fields == {"email": ["moi@example.net"]} | (
            {"phone": ["1"]} if "phone" in more else {}
        )


@pytest.mark.parametrize(
    ("fields", "kept"),
    [
        ({f"f{number}": "x" for number in range(4_000)}, 0),
        ({f"f{number}": "x" for number in range(60)}, 0),
        ({f"f{number}": noise(2 * number) for number in range(59)}, 42),
        ({"e" * 3_000: "x", "email": "moi@example.net"}, 0),
    ],
)
def test_a_post_of_very_many_fields_is_sealed_once(app, monkeypatch, fields, kept):
    seals = []
    seal = Vault.seal_anew
    monkeypatch.setattr(
        Vault, "seal_anew", lambda vault, kept: seals.append(kept) or seal(vault, kept)
    )
    kept_in = sealed(app, fields)
    assert len(seals) == 1
    assert len(kept_in) < 4_000
    with app.test_request_context(CONTACT):
        typed = opened_typed(kept_in, 7, now_utc())
    assert typed.left
    assert list(typed.fields) == [f"f{number}" for number in range(kept)]


def test_every_field_of_a_password_is_one_that_is_never_kept():
    def kinds(kind):
        return {kind}.union(*map(kinds, kind.__subclasses__()))

    named = {
        (field.name or attribute)
        for kind in kinds(ShopForm)
        for attribute in dir(kind)
        if hasattr(field := getattr(kind, attribute), "field_class")
        and issubclass(field.field_class, PasswordField)
    }
    assert named
    assert named <= SECRETS


def test_a_box_that_was_unticked_stays_unticked(app):
    class Form(ContactForm):
        news = BooleanField("Tin")

    kept = sealed(app, TYPED)
    with app.test_request_context(CONTACT):
        g.typed = opened_typed(kept, 7, now_utc())
        form = Form(data={"news": True, "phone": "1"})
        assert (form.news.data, form.phone.data) == (False, "0905 000 999")
        assert g.typed.shown


def test_a_list_of_ticks_that_was_too_long_to_be_kept_stays_as_the_page_draws_it(app):
    names = [noise(60 + number) for number in range(60)]

    class Form(ContactForm):
        goods = Choices("Hàng", choices=[(name, name) for name in names])
        days = Choices("Ngày", choices=[("2", "Thứ hai"), ("3", "Thứ ba")])

    kept = sealed(app, {**TYPED, "goods": names})
    with app.test_request_context(CONTACT):
        g.typed = opened_typed(kept, 7, now_utc())
        form = Form(data={"goods": names[:2], "days": ["2"]})
        assert (form.goods.data, form.days.data) == (names[:2], [])
        assert form.phone.data == "0905 000 999"
        assert g.typed.left


def test_a_long_description_fits_whole(app):
    """What a seller writes in an evening: four thousand letters (the field's own most)."""
    words = [
        "ngũ",
        "cốc",
        "rang",
        "tay",
        "ở",
        "Gò",
        "Mít,",
        "mẻ",
        "nhỏ",
        "hạt",
        "nở",
        "đều,",
        "không",
        "phẩm",
        "màu",
        "hay",
        "đường",
    ]
    chosen = random.Random(7).choices([*words, *(noise(2) for _ in range(40))], k=1_200)
    text = " ".join(chosen)[:4_000]
    kept = sealed(app, {**TYPED, "description_vi": text})
    assert len(kept) < 4_000
    with app.test_request_context(CONTACT):
        typed = opened_typed(kept, 7, now_utc())
    assert typed.fields["description_vi"] == [text]
    assert not typed.left
