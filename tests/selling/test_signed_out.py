"""What a seller typed when her sign-in was over: at her stall, in the form it was typed into."""

import html
import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from werkzeug.wrappers import Response

from shop.accounts.guards import remember_device
from shop.accounts.models import SignIn
from shop.catalogue.models import Product
from shop.db import db, transaction
from shop.kernel.clock import now_utc
from shop.ordering.models import Order
from shop.payments.models import PaymentEvent
from shop.sellers.helping import grant_help
from shop.web.guards import csrf_token
from tests.old_forms import sent_late
from tests.selling.test_goods_table import price_and_count, said
from tests.selling.test_stall import FEES
from tests.selling.test_writing import fields, value

NEW = "/ban-hang/hang/moi"
LONG = "Muối rang với ớt và sả Gò Mít, không phẩm màu. " * 30
NOT_DONE = "Việc vừa rồi chưa làm."


def entered_here(app, browser, account_id):
    """Mark the browser as one in which she came in."""
    with app.test_request_context("/"):
        answer = Response()
        remember_device(answer, account_id)
    browser.set_cookie("d", re.search("d=([^;]+)", answer.headers["Set-Cookie"])[1])


def token_on(browser, page):
    return re.search(r'name="csrf_token" value="([^"]+)"', browser.get(page).text)[1]


def sign_ins(**how):
    with transaction() as session:
        session.execute(update(SignIn).values(**how))


def signed_out_while(browser, page, way="", **typed):
    """Send a page's form once its sign-in is over, then be in again."""
    token = token_on(browser, page)
    sign_ins(ended_at=now_utc())
    asked = browser.post(
        way or page, data={"csrf_token": token, **typed},
        headers={"Referer": f"http://localhost{page}"},
    )  # fmt: skip
    sign_ins(ended_at=None)
    assert asked.status_code == 303
    assert asked.location.startswith("/dang-nhap?tiep=%2Fban-hang")
    assert asked.location.endswith("&ghi=con")


def test_a_new_products_long_description_comes_back_without_a_script(app, stall):
    entered_here(app, stall.browser, stall.owner_id)
    signed_out_while(
        stall.browser, NEW, "/ban-hang/hang/nhanh", khoa="1" * 32, title_vi="Muối ớt rang",
        price_vnd="95 ngàn", portion="hũ 500 g", on_hand="7", allergens=["fish", "soy"],
        description_vi=LONG, season_from="1/3", lam="ban",
    )  # fmt: skip
    page = stall.page(NEW)
    assert LONG.strip() in page
    assert value(page, "title_vi") == "Muối ớt rang"
    assert value(page, "khoa") == "1" * 32
    assert value(page, "on_hand") == "7"
    assert re.search('value="fish"[^>]* checked', page)
    assert not re.search('value="none"[^>]* checked', page)
    assert NOT_DONE in page
    assert db.session.scalar(select(func.count(Product.id))) == 0


def test_what_was_typed_at_one_stall_comes_back_at_that_one_alone(app, stall, a_seller):
    second = a_seller(owner_id=stall.owner_id)
    entered_here(app, stall.browser, stall.owner_id)
    words = {"story_vi": LONG, "title_vi": "Gò Mít"}
    for stands_at, elsewhere in ((None, second), (second, stall.id)):
        if stands_at is None:
            stall.browser.delete_cookie("stall")
        else:
            stall.browser.set_cookie("stall", str(stands_at))
        signed_out_while(
            stall.browser, NEW, "/ban-hang/hang/nhanh", title_vi=words["title_vi"],
            price_vnd="95", description_vi=LONG,
        )  # fmt: skip
        stall.browser.set_cookie("stall", str(elsewhere))
        assert LONG.strip() not in stall.page(NEW)
        stall.browser.set_cookie("stall", str(stands_at or stall.id))
        assert LONG.strip() in stall.page(NEW)


def test_a_helper_finds_hers_and_the_owner_of_the_stall_does_not(app, stall, an_account, sign_in):
    helper = an_account("Tám", phone="+84905000888")
    with transaction() as session:
        grant_help(
            session, seller_id=stall.id, helper_id=helper, owner_id=stall.owner_id,
            rights=["edit_goods"], last_day=(now_utc() + timedelta(days=9)).date(),
            consent_kind="own", consent_on=now_utc().date(), actor_id=stall.owner_id,
            actor_name="Sương", now=now_utc(),
        )  # fmt: skip
    browser = sign_in(helper, "seller")
    entered_here(app, browser, helper)
    signed_out_while(browser, NEW, "/ban-hang/hang/nhanh", title_vi="Muối", description_vi=LONG)
    kept = browser.get_cookie("ghi").value
    stall.browser.set_cookie("ghi", kept)
    assert LONG.strip() not in stall.page(NEW)
    assert LONG.strip() in browser.get(NEW).text


def test_an_order_written_for_a_buyer_comes_back_with_its_counts(stall, a_variant):
    flour = a_variant("Bột ngũ cốc", seller_id=stall.id, on_hand=10)
    page = sent_late(stall.browser, "/ban-hang/viet-don", **fields(flour))
    assert value(page, f"n{flour}") == "2"
    assert value(page, "line1") == "15 Lê Lợi"
    assert "chi oi 2 hu bot ngu coc nhe" in page
    assert db.session.scalar(select(func.count(Order.id))) == 0


def test_a_table_of_goods_comes_back_row_by_row(stall, a_variant):
    packs = [a_variant(title, seller_id=stall.id, on_hand=20) for title in ("Bánh", "Chè")]
    at = "/ban-hang/hang/bang"
    sent = said(stall.page(at)) | {f"p{packs[0]}-price_vnd": "105k", f"p{packs[1]}-on_hand": "7"}
    assert said(sent_late(stall.browser, at, **sent)) == {
        name: html.escape(text) for name, text in sent.items()
    }
    assert price_and_count(packs[0]) == (95_000, 20)


def test_delivery_fees_come_back_zone_by_zone(stall):
    page = sent_late(
        stall.browser, "/ban-hang/gian-hang/phi-giao",
        **{f"{zone}-{field}": "" for zone in ("commune", "region", "country") for field in (
            "first_g", "first_vnd", "step_g", "step_vnd", "max_g", "days_min", "days_max")},
        **FEES, free_from_vnd="300k", valid_from="2026-12-24", source_note="Bưu điện",
    )  # fmt: skip
    assert value(page, "province-first_vnd") == "25k"
    assert value(page, "commune-first_g") == ""
    assert value(page, "free_from_vnd") == "300k"
    assert value(page, "source_note") == "Bưu điện"


@pytest.mark.parametrize(("way", "mine"), [("tien", "tien-toi"), ("tien/tra", "tra-lai")])
def test_a_sum_comes_back_in_the_form_that_it_was_typed_into_alone(stall, cancelled, way, mine):
    at = cancelled[1]
    both = stall.page(at)
    assert 'id="tien-toi"' in both
    assert 'id="tra-lai"' in both
    events = db.session.scalar(select(func.count(PaymentEvent.id)))
    page = sent_late(
        stall.browser, at, f"{at}/{way}", so_tien="41.234", sau="1", ghi_chu="ghi nhầm"
    )
    shown = re.findall(r'<input[^>]*value="41.234"[^>]*>', page)
    assert len(shown) == 1
    assert f'id="{mine}"' in shown[0]
    assert len(re.findall('value="ghi nhầm"', page)) == 1
    db.session.rollback()
    assert db.session.scalar(select(func.count(PaymentEvent.id))) == events


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("", "Trang vừa gửi mở cho tài khoản khác"),
        ("/en", "The page you sent was opened for another account"),
    ],
)
def test_a_page_of_one_account_that_is_sent_as_another_says_so_and_does_nothing(
    stall, a_seller, an_account, sign_in, language, said
):  # fmt: skip
    token = token_on(stall.browser, NEW)
    neighbour = an_account("Mai <b>")
    a_seller(owner_id=neighbour)
    hers = sign_in(neighbour, "seller")
    typed = {"csrf_token": token, "khoa": "1" * 32, "title_vi": "Muối", "lam": "ban"}
    way, page = f"{language}/ban-hang/hang/nhanh", f"{language}{NEW}"
    answer = hers.post(way, data=typed, headers={"Referer": f"http://localhost{page}"})
    assert answer.status_code == 400
    main = answer.text.split("<main")[1].split("</main>")[0]
    assert said in main
    assert "Mai &lt;b&gt;" in main
    assert f'href="{language}/doi-nguoi"' in main
    assert f'href="{page}"' in main
    assert "Muối" not in main
    assert hers.get(f"{language}/doi-nguoi").status_code == 200
    assert db.session.scalar(select(func.count(Product.id))) == 0


@pytest.mark.parametrize("token", ["", "1.2", "1.2.3", "x"])
def test_a_form_without_a_token_of_ours_is_no_other_accounts(stall, token):
    answer = stall.browser.post(
        "/ban-hang/hang/nhanh", data={"csrf_token": token, "title_vi": "Muối"},
        headers={"Referer": f"http://localhost{NEW}"},
    )  # fmt: skip
    assert answer.status_code == 400
    assert "để lâu quá" in answer.text


def test_a_page_that_was_opened_before_anybody_came_in_is_no_other_accounts(app, stall):
    with app.test_request_context("/"):
        token = csrf_token()
    answer = stall.browser.post(
        "/ban-hang/hang/nhanh", data={"csrf_token": token, "title_vi": "Muối"}
    )
    assert answer.status_code == 400
    assert "để lâu quá" in answer.text
