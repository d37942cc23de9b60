"""The order's page: who may see it, what it says, and what can be done there."""

import io
import re
from datetime import timedelta

import pytest
import zxingcpp
from PIL import Image
from sqlalchemy import select, update

from shop.accounts.models import Account, SignIn
from shop.accounts.passwords import hashed
from shop.db import db, transaction
from shop.kernel.clock import now_utc, vietnam_date
from shop.ordering import actions as ordering
from shop.ordering.models import CartItem, Order, SellerOrder
from shop.ordering.rules import Holds
from shop.payments.actions import confirm_received
from shop.payments.methods import By
from shop.payments.models import Payment, PaymentEvent
from shop.payments.queries import transfers_of
from shop.sellers.actions import change_bank_account
from shop.shipping.models import PickupPoint
from shop.web.words import moment, speaking
from tests.conftest import NOON
from tests.engines import both_engines


@pytest.fixture
def ordered(checkout, a_seller, a_variant, orders):
    """Order from two makers, one by transfer; return (browser, address, order, sellers)."""

    def make(browser=None, **typed):
        first, second = a_seller("Bột Gò Mít", person="chị Sương"), a_seller("Tổ đan Tay Ấm")
        page = checkout(
            {a_variant("Bột ngũ cốc", seller_id=first): 2, a_variant("Rổ", seller_id=second): 1},
            browser,
        )
        page.typed |= {f"p{first}-method": "transfer", **typed}
        answer = page.order()
        assert answer.status_code == 303, answer.text
        order = orders()[-1]
        return page.browser, f"/don/{order.code}", order, (first, second)

    return make


def link_of(html: str) -> str:
    found = re.search(r'href="https?://[^/"]+(/d/[^"]+)"', html)
    assert found
    return found[1]


def test_after_ordering_everything_is_on_the_page(ordered):
    browser, address, order, _sellers = ordered()
    answer = browser.get(address + "?da=dat-hang")
    html = answer.text
    assert answer.status_code == 200
    code = order.code
    assert f"{code[:4]} {code[4:]}" in html
    assert "Đã nhận đơn của anh/chị." in html
    assert "15 kiệt 42" in html
    with transaction() as session:
        [transfer] = transfers_of(session, order.id)
    assert transfer.memo in html
    assert transfer.holder in html
    assert f'data-copy="{transfer.account_number}"' in html
    assert "210.000" in html
    assert f'href="/khieu-nai?don={code}"' in html
    assert 'aria-current="step"' in html
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert browser.get("/en" + address).status_code == 200


def test_a_stranger_learns_nothing_not_even_whether_it_exists(ordered, app):
    _browser, address, order, _sellers = ordered()
    stranger = app.test_client()
    real, made_up = stranger.get(address), stranger.get("/don/AAAA2222")
    assert (real.status_code, made_up.status_code) == (303, 303)
    assert real.location == f"/tra-don?ma={order.code}"
    for path in ("/huy", "/dat-lai", "/qr/1.svg", "/qr/1.png"):
        assert stranger.get(address + path).status_code == 404
    for path in (
        "/huy",
        "/dat-lai",
        "/mo",
        "/da-chuyen/1",
        "/tai-khoan",
        "/bao-gia/1",
        "/vao-tai-khoan",
    ):
        assert stranger.post(address + path).status_code == 404


def test_the_pass_of_one_order_does_not_open_another(ordered, app):
    browser, _address, _order, _ = ordered()
    _other, other_address, _order2, _ = ordered(app.test_client())
    cookie = browser.get_cookie("don-k", path=_address)
    assert cookie is not None
    thief = app.test_client()
    thief.set_cookie("don-k", cookie.value, path=other_address)
    assert thief.get(other_address).status_code == 303


def test_the_private_link_opens_the_order_again_and_again_without_the_address(ordered, app):
    browser, address, _order, _ = ordered()
    link = link_of(browser.get(address).text)
    for _ in range(2):
        visitor = app.test_client()
        answer = visitor.get(link)
        assert (answer.status_code, answer.location) == (303, address)
        html = visitor.get(address).text
        assert "15 kiệt 42" not in html
        assert "0905 000 123" not in html
        assert "Phường Hội An" in html
    assert app.test_client().get("/d/" + "x" * 32).status_code == 404
    assert visitor.post(address + "/mo", data={"proof": "0905 000 124"}).status_code == 422
    assert visitor.post(address + "/mo", data={"proof": ""}).status_code == 422
    assert visitor.post(address + "/mo", data={"proof": "0905.000.123"}).status_code == 303
    assert "15 kiệt 42" in visitor.get(address).text


def test_a_link_runs_out_ninety_days_after_all_is_settled(ordered, app):
    from datetime import timedelta

    from shop.kernel.clock import now_utc
    from shop.ordering.models import Order

    browser, address, order, _ = ordered()
    link = link_of(browser.get(address).text)
    with transaction() as session:
        session.get_one(Order, order.id).link_expires_at = now_utc() - timedelta(seconds=1)
    assert app.test_client().get(link).status_code == 404


def test_the_owner_sees_her_order_and_others_do_not(ordered, sign_in, an_account):
    person = an_account()
    _browser, address, order, _ = ordered(sign_in(person))
    fresh = sign_in(person)
    assert "15 kiệt 42" in fresh.get(address).text
    listed = fresh.get("/tai-khoan/don-hang").text
    assert f"{order.code[:4]} {order.code[4:]}" in listed
    other = sign_in(an_account())
    assert other.get(address).status_code == 303
    assert f"{order.code[:4]} {order.code[4:]}" not in other.get("/tai-khoan/don-hang").text


def test_the_pictures_read_back_as_the_transfer(ordered):
    browser, address, order, _ = ordered()
    with transaction() as session:
        [transfer] = transfers_of(session, order.id)
    answer = browser.get(address + "/qr/1.png")
    assert answer.mimetype == "image/png"
    assert answer.headers["Cache-Control"] == "no-store"
    [read] = zxingcpp.read_barcodes(Image.open(io.BytesIO(answer.data)))
    assert read.text == transfer.payload
    assert browser.get(address + "/qr/1.svg").mimetype == "image/svg+xml"
    assert browser.get(address + "/qr/2.png").status_code == 404
    assert browser.get(address + "/qr/0.png").status_code == 404


def test_reporting_twice_tells_once(ordered):
    browser, address, _order, _ = ordered()
    for _ in range(2):
        assert browser.post(address + "/da-chuyen/1").status_code == 303
    assert browser.post(address + "/da-chuyen/2").status_code == 404
    db.session.rollback()
    kinds = db.session.scalars(select(PaymentEvent.kind).order_by(PaymentEvent.id)).all()
    assert kinds == ["opened", "reported"]
    assert "đã báo chuyển khoản" in browser.get(address).text


@both_engines
def test_cancelling_one_part_asks_for_less_and_keeps_the_other(ordered):
    browser, address, _order, _ = ordered()
    db.session.rollback()
    first, second = db.session.scalars(select(SellerOrder.id).order_by(SellerOrder.id)).all()
    assert "Huỷ một phần đơn" in browser.get(f"{address}/huy?phan={first}").text
    answer = browser.post(address + "/huy", data={"part": str(first), "reason": "Đặt nhầm"})
    assert answer.location == address + "?da=huy-don"
    db.session.rollback()
    states = dict(db.session.execute(select(SellerOrder.id, SellerOrder.state)).all())
    assert states == {first: "cancelled", second: "placed"}
    assert db.session.scalar(select(Payment.amount_vnd)) == 0
    again = browser.post(address + "/huy", data={"part": str(first)})
    assert again.location == address + "?da=huy-don", "Tapped twice it is as she wants it."
    html = browser.get(address).text.replace("\xa0", " ")
    [goods, kept] = db.session.scalars(select(SellerOrder.total_vnd).order_by(SellerOrder.id))
    assert f"-{goods:,}".replace(",", ".") in html.replace("−", "-")
    assert re.search(rf"Tổng cộng</dt><dd>{kept:,}".replace(",", "."), html)
    for wrong in ("999999", "x", "-1", "9" * 30):
        assert browser.post(address + "/huy", data={"part": wrong}).status_code in (404, 409)
    assert (
        browser.post(address + "/huy", data={"part": "", "reason": "x" * 10_000}).status_code == 422
    )
    assert browser.post(address + "/huy", data={"part": ""}).status_code == 303
    assert "Đơn đã huỷ" in browser.get(address).text
    assert "Đơn này đã huỷ rồi" in browser.get(address + "/huy").text


@both_engines
def test_cancelling_what_is_paid_asks_at_once_where_the_money_goes(ordered):
    browser, address, order, _ = ordered()
    [transfer] = transfers_of(db.session(), order.id)
    db.session.rollback()
    with transaction() as session:
        confirm_received(
            session, payment_id=transfer.id, amount_vnd=transfer.amount_vnd, after=0,
            by=By("seller"), now=now_utc(),
        )  # fmt: skip
    asked = browser.get(address + "/huy").text.replace("\xa0", " ")
    amount = f"{transfer.amount_vnd:,} đồng".replace(",", ".")
    assert f"Chị Sương đã nhận {amount}, sẽ trả lại anh/chị." in asked
    assert "Anh/chị gọi để cho số tài khoản" not in asked
    answer = browser.post(address + "/huy", data={"part": ""})
    page = browser.get(answer.location).text.replace("\xa0", " ")
    assert f"Anh/chị nhận lại {amount}" in page
    assert "Anh/chị cho biết tài khoản:" in page
    assert "Phần này đã huỷ." in page
    assert not re.search(r"Bước \d trên \d\. Phần này đã huỷ", page)
    assert "Bước 2 trên 2." not in page


def test_packed_goods_cannot_be_cancelled_here(ordered):
    browser, address, _order, _ = ordered()
    db.session.rollback()
    parts = db.session.scalars(select(SellerOrder.id)).all()
    with transaction() as session:
        for part in parts:
            for to in ("confirmed", "packed"):
                ordering.move_seller_order(
                    session,
                    seller_order_id=part,
                    to=to,
                    actor_kind="seller",
                    actor_id=None,
                    now=NOON,
                )
    assert browser.post(address + "/huy", data={"part": ""}).status_code == 409
    assert "/huy" not in browser.get(address).text


def test_ordering_again_says_what_changed_and_fills_the_cart(ordered, a_variant):
    browser, address, _order, _ = ordered()
    from shop.catalogue.models import Product, Variant
    from shop.ordering.models import LineItem

    db.session.rollback()
    [dearer, gone] = db.session.scalars(select(LineItem.variant_id).order_by(LineItem.id)).all()
    with transaction() as session:
        session.get_one(Variant, dearer).price_vnd = 99_000
        session.get_one(Product, session.get_one(Variant, gone).product_id).state = "hidden"
    html = browser.get(address + "/dat-lai").text
    assert "Không còn bán" in html
    assert "99.000" in html
    assert "95.000" in html
    for _ in range(2):
        answer = browser.post(address + "/dat-lai")
        assert answer.location == f"/gio?da=dat-lai-bot&thieu={gone}"
    # Not on show any more: the page of anybody's cart does not tell its name.
    assert "Món nghỉ bán thì để lại." in browser.get(answer.location).text
    db.session.rollback()
    assert db.session.execute(select(CartItem.variant_id, CartItem.quantity)).all() == [(dearer, 2)]


def test_what_nobody_may_order_now_stays_out_of_the_cart_and_is_said(ordered, a_variant):
    browser, address, _order, _ = ordered()
    from shop.catalogue.models import Product, Variant
    from shop.ordering.models import LineItem
    from shop.sellers.models import Seller

    db.session.rollback()
    [away, off] = db.session.scalars(select(LineItem.variant_id).order_by(LineItem.id)).all()
    day = vietnam_date(now_utc())
    with transaction() as session:
        resting = session.get_one(Product, session.get_one(Variant, away).product_id)
        session.get_one(Seller, resting.seller_id).away_until = day + timedelta(days=5)
    html = browser.get(address + "/dat-lai").text
    assert "Người bán nghỉ tới hết ngày" in html
    with transaction() as session:
        seasonal = session.get_one(Product, session.get_one(Variant, off).product_id)
        session.get_one(Seller, seasonal.seller_id).away_until = None
        seasonal.season_from = day + timedelta(days=40)
        seasonal.season_to = day + timedelta(days=90)
    html = browser.get(address + "/dat-lai").text
    assert "Hết mùa, có lại khoảng" in html
    answer = browser.post(address + "/dat-lai")
    db.session.rollback()
    kept = set(db.session.scalars(select(CartItem.variant_id)))
    assert off not in kept
    assert answer.location == f"/gio?da=dat-lai-bot&thieu={away}.{off}"


def test_what_is_sold_out_stays_out_and_is_named_and_of_what_is_short_the_rest_goes_in(ordered):
    browser, address, _order, _ = ordered()
    from shop.ordering.models import LineItem
    from shop.stock.models import StockLevel

    db.session.rollback()
    [short, out] = db.session.scalars(select(LineItem.variant_id).order_by(LineItem.id)).all()
    with transaction() as session:
        for variant, left in ((short, 1), (out, 0)):
            level = session.get_one(StockLevel, variant)
            level.on_hand = level.reserved + left
    html = browser.get(address + "/dat-lai").text.replace("\u00a0", " ")
    assert "Chỉ còn 1 hũ." in html
    assert "Đang hết hàng, không bỏ vào giỏ." in html
    assert "Bỏ 1 món vào giỏ" in html
    answer = browser.post(address + "/dat-lai")
    db.session.rollback()
    assert db.session.execute(select(CartItem.variant_id, CartItem.quantity)).all() == [(short, 1)]
    cart = browser.get(answer.location).text.replace("\u00a0", " ")
    assert "nên để lại: Rổ, hũ 500 g." in cart, re.findall(r'role="status">.*', cart)
    assert "Bớt cho vừa" not in cart


def filled(browser):
    """Return what a checkout that nobody typed into holds of name, phone and house."""
    html = browser.get("/dat-hang").text
    found = [re.search(rf'<input[^>]*name="{name}"[^>]*>', html) for name in ("name", "phone", "line1")]  # fmt: skip
    return [
        value[1] if one and (value := re.search(r' value="([^"]*)"', one[0])) else ""
        for one in found
    ]


def test_a_guest_who_orders_again_need_not_write_it_all_again(ordered, app):
    browser, address, _order, _ = ordered()
    link = link_of(browser.get(address).text)
    other = app.test_client()
    other.get(link)
    # By the link alone the address is masked, so nothing is filled in; she is told how.
    assert "khỏi ghi lại" in other.get(address + "/dat-lai").text
    other.post(address + "/dat-lai")
    assert filled(other) == ["", "", ""]
    other.post(address + "/mo", data={"proof": "0905 000 123"})
    assert "khỏi ghi lại" not in other.get(address + "/dat-lai").text
    other.post(address + "/dat-lai")
    assert filled(other)[0] == "Trần Minh Châu"
    assert filled(other)[1].replace(" ", "") == "0905000123"
    assert filled(other)[2] == "15 kiệt 42"


def test_who_only_knows_code_and_phone_gets_no_checkout_filled_in(ordered, app):
    _browser, address, order, _ = ordered()
    driver = app.test_client()
    driver.post("/tra-don", data={"code": order.code, "last4": "0123"})
    driver.post(address + "/mo", data={"proof": "0905 000 123"})
    assert driver.post(address + "/dat-lai").status_code == 303
    assert filled(driver) == ["", "", ""]


def test_a_buyer_who_collects_and_lost_her_link_proves_that_it_is_hers(checkout, a_seller, a_variant, orders, app):  # fmt: skip
    seller = a_seller()
    page = checkout(a_variant(seller_id=seller))
    point = db.session.scalar(select(PickupPoint.id).where(PickupPoint.seller_id == seller))
    page.typed |= {f"p{seller}-delivery": f"pickup-{point}"}
    db.session.rollback()
    assert page.order().status_code == 303
    [order] = orders()
    stranger = app.test_client()
    stranger.post("/tra-don", data={"code": order.code, "last4": "0123"})
    html = stranger.get(f"/don/{order.code}").text
    assert "Xem đủ, huỷ hay trả lời đơn này" in html
    assert f"/don/{order.code}/huy" not in html
    assert stranger.post(f"/don/{order.code}/mo", data={"proof": "0905 000 123"}).status_code == 303
    assert f"/don/{order.code}/huy" in stranger.get(f"/don/{order.code}").text


def test_a_quote_is_answered_by_the_link(checkout, a_seller, a_variant, orders, app):
    seller = a_seller()
    page = checkout(a_variant(seller_id=seller))
    page.typed |= {
        "country": "US",
        "foreign_lines": "12 Main St, Springfield",
        "ward": "",
        "province": "",
        f"p{seller}-method": "transfer",
    }
    assert page.order().status_code == 303
    order = orders()[0]
    address = f"/don/{order.code}"
    html = page.browser.get(address).text
    assert "Chờ người bán báo phí giao" in html
    link = link_of(html)
    db.session.rollback()
    part = db.session.scalar(select(SellerOrder.id))
    with transaction() as session:
        ordering.quote_fee(
            session,
            seller_order_id=part,
            fee_vnd=360_000,
            actor_kind="seller",
            actor_id=None,
            holds=Holds(),
            now=NOON,
        )
    visitor = app.test_client()
    visitor.get(link)
    before = visitor.get(address).text
    assert "455.000" in before
    with transaction() as session:  # She told too much: the first fee is no step of the order.
        ordering.quote_fee(
            session, seller_order_id=part, fee_vnd=350_000, actor_kind="seller", actor_id=None,
            holds=Holds(), now=NOON,
        )  # fmt: skip
    again = visitor.get(address).text
    assert again.count("<b>Người bán đã báo phí</b>") == 1
    steps = r"Bước (\d+) trên (\d+)"
    assert re.search(steps, again).groups() == re.search(steps, before).groups()
    assert "445.000" in again
    with speaking("vi"):
        until = moment(NOON + timedelta(hours=Holds().quote_hours))
    assert f"Giá này và hàng giữ cho anh/chị đến {until}." in visitor.get(address).text
    assert (
        visitor.post(f"{address}/bao-gia/{part}", data={"shown_total": "95000"}).status_code == 409
    )
    assert (
        visitor.post(f"{address}/bao-gia/{part + 1}", data={"shown_total": "445000"}).status_code
        == 404
    )
    assert visitor.post(f"{address}/bao-gia/{part}", data={"shown_total": "x"}).status_code == 404
    assert (
        visitor.post(f"{address}/bao-gia/{part}", data={"shown_total": "445000"}).status_code == 303
    )
    db.session.rollback()
    assert db.session.scalar(select(Payment.amount_vnd)) == 445_000
    assert "445.000" in visitor.get(address).text


def test_one_tick_opens_an_account_with_this_order_in_it(ordered):
    browser, address, order, _ = ordered()
    assert browser.post(address + "/tai-khoan", data={}).status_code == 422
    answer = browser.post(address + "/tai-khoan", data={"wants": "y"})
    assert answer.location == address + "?da=mo-tai-khoan", answer.text
    db.session.rollback()
    [person] = db.session.scalars(select(Account)).all()
    assert person.name == "Trần Minh Châu"
    assert order.code[:4] in browser.get("/tai-khoan/don-hang").text
    assert "15 kiệt 42" in browser.get("/tai-khoan/dia-chi").text
    assert browser.post(address + "/tai-khoan", data={"wants": "y"}).location == address
    db.session.rollback()
    assert len(db.session.scalars(select(Account)).all()) == 1


def test_an_account_that_is_opened_where_a_seller_never_signed_out_leaves_nothing_kept_of_her(
    ordered, an_account, app
):  # fmt: skip
    an_account("Sương", phone="+84905000777", password_hash=hashed("ghe tre song lua"))
    browser = app.test_client()
    entered = {"who": "0905000777", "password": "ghe tre song lua"}
    assert browser.post("/dang-nhap", data=entered).status_code == 303
    with transaction() as session:  # Her sign-in is over; what her phone keeps is still there.
        session.execute(update(SignIn).values(ended_at=now_utc()))
    browser, address, _order, _ = ordered(browser)
    answer = browser.post(address + "/tai-khoan", data={"wants": "y"})
    assert answer.location == address + "?da=mo-tai-khoan", answer.text
    assert answer.headers["Clear-Site-Data"] == '"storage"'
    # The phone is the buyer's now: nothing of hers goes when she comes back, and a seller's does.
    assert browser.post("/dang-nhap", data=entered).headers["Clear-Site-Data"] == '"storage"'
    fresh = app.test_client()
    fresh, address, _order, _ = ordered(fresh, phone="0905 000 456")
    assert "Clear-Site-Data" not in fresh.post(address + "/tai-khoan", data={"wants": "y"}).headers


def signed_in(browser, other):
    """Let the person of another browser be signed in in this one too."""
    browser.set_cookie("s", other.get_cookie("s").value)
    return browser


def test_who_only_knows_code_and_phone_gets_no_link_and_no_account(
    ordered, app, sign_in, an_account
):
    """The seller and the driver know both: they stand on the parcel."""
    _browser, address, order, _ = ordered()
    driver = app.test_client()
    driver.post("/tra-don", data={"code": order.code, "last4": "0123"})
    assert driver.post(address + "/mo", data={"proof": "0905 000 123"}).status_code == 303
    html = driver.get(address).text
    assert "15 kiệt 42" in html
    assert "/d/" not in html
    assert "/tai-khoan" not in html.split("<main", 1)[1].split("</main>", 1)[0]
    assert driver.post(address + "/tai-khoan", data={"wants": "y"}).status_code == 404
    signed_in(driver, sign_in(an_account()))
    assert driver.post(address + "/vao-tai-khoan").status_code == 404
    db.session.rollback()
    assert db.session.scalar(select(Order.account_id)) is None


def test_an_order_of_another_account_is_not_said_to_be_kept(ordered, app, sign_in, an_account):
    browser, address, _order, _ = ordered()
    signed_in(browser, sign_in(an_account()))
    for _ in range(2):
        answer = browser.post(address + "/vao-tai-khoan")
        assert answer.location == address + "?da=luu", answer.text[:3000]
    signed_in(browser, sign_in(an_account()))
    assert browser.post(address + "/vao-tai-khoan").status_code == 404


def test_a_weak_password_or_a_taken_number_opens_nothing(ordered, an_account):
    an_account(phone="+84905000123")
    browser, address, _order, _ = ordered()
    answer = browser.post(address + "/tai-khoan", data={"wants": "y"})
    assert answer.status_code == 409
    other, other_address, _o, _ = ordered(phone="0905 000 999")
    answer = other.post(other_address + "/tai-khoan", data={"wants": "y", "password": "xyz123"})
    assert '<a href="#password">Mật khẩu ngắn quá' in answer.text
    assert 'id="password-loi"' in answer.text
    assert '<details class="more" open><summary>Đặt mật khẩu' in answer.text
    assert "xyz123" not in answer.text
    assert answer.status_code in (409, 422)
    db.session.rollback()
    assert len(db.session.scalars(select(Account)).all()) == 1


def test_the_page_takes_few_queries_whatever_its_size(
    checkout, a_seller, a_variant, count_queries, orders
):
    counts = []
    for makers in (1, 4):
        page = checkout({a_variant(seller_id=a_seller()): 1 for _ in range(makers)})
        answer = page.order()
        page.browser.get(answer.location)
        with count_queries() as seen:
            assert page.browser.get(answer.location).status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 11, counts


def through_the_union(an_organisation):
    """Make a unit that collects, for ``a_seller``."""
    unit = an_organisation("Hội LHPN xã Sông Lành")
    with transaction() as session:
        change_bank_account(
            session, organisation_id=unit, bank_bin="970405", holder="HOI LHPN XA SONG LANH",
            number="123456789", actor_id=None, actor_name="Hảo", now=NOON,
        )  # fmt: skip
    return {"organisation_id": unit, "paid_through_organisation": True}


def test_where_the_union_collects_every_page_says_who_takes_the_money(
    checkout, a_seller, a_variant, an_organisation, orders
):
    seller = a_seller(person="cô Lành", **through_the_union(an_organisation))
    other = a_seller(person="chị Sương")
    page = checkout({a_variant(seller_id=seller): 1, a_variant(seller_id=other): 1})
    assert "hoặc đến Hội thu hộ người bán" in page.browser.get("/gio").text
    asked = page.look()
    assert "Chuyển khoản cho Hội<" in asked
    assert "Chuyển khoản cho cô Lành" not in asked
    assert "Chuyển khoản cho chị Sương" in asked
    for one in (seller, other):
        page.typed[f"p{one}-method"] = "transfer"
    page.remember(page.browser.post("/dat-hang", data={**page.typed, "step": "look"}).text)
    assert page.send().status_code == 303
    order = orders()[-1]
    shown = page.browser.get(f"/don/{order.code}").text
    assert "Mỗi nơi nhận tiền có tài khoản riêng" in shown
    assert "Tiền đi thẳng đến từng người bán" not in shown
    [union, own] = re.findall(r'<section class="split".*?</form>.*?</p>', shown, re.S)
    if "chị Sương" in union:
        union, own = own, union
    assert "cho Hội LHPN xã Sông Lành</h2>" in union
    assert "Hội LHPN xã Sông Lành nhận tiền rồi chuyển cho cô Lành." in union
    assert "tài khoản người bán" not in union
    assert "Tiền nằm ở tài khoản người bán, chợ không giữ." in own
    number = 1 + [t.organisation_vi is None for t in transfers_of(db.session(), order.id)].index(
        False
    )
    db.session.rollback()
    page.browser.post(f"/don/{order.code}/da-chuyen/{number}")
    told = page.browser.get(f"/don/{order.code}").text
    assert "Hội LHPN xã Sông Lành đang xem tài khoản, hàng vẫn giữ cho anh/chị." in told
    assert "Hội LHPN xã Sông Lành đang xem tài khoản. Thấy tiền, cô Lành gói hàng." in told
    assert "ô Lành đang xem tài khoản" not in told
