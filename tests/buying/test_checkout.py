"""Checkout: one page, one attempt, at most one order."""

import json
import re
from html import unescape

import pytest
from sqlalchemy import func, select

from shop.accounts.models import Consent, SavedAddress
from shop.accounts.terms import current_terms
from shop.db import db, transaction
from shop.kernel.clock import vietnam_date
from shop.ordering.models import CartItem, SellerOrder
from shop.ordering.queries import contact_of
from shop.payments.models import CodCollection, Payment
from shop.sellers.models import Payee
from shop.stock.models import StockLevel
from tests.buying.conftest import WARD, hidden
from tests.engines import both_engines

HOSTILE = {
    "empty": "",
    "10,000 characters": "á" * 10_000,
    "NUL": "a\x00b",
    "emoji": "👩🏽‍🌾" * 3,
    "markup": "<script>alert(1)</script>",
    "right to left": "\u202eabc",
    "huge number": "9" * 400,
    "negative": "-1",
    "other digits": "٣٤",
}
FIELDS = (
    "name", "phone", "email", "place", "province", "ward", "line1", "country", "foreign_lines",
    "receiver_name", "receiver_phone", "gift_note", "agree", "attempt", "shown_total",
    "place_pick", "find", "step",
)  # fmt: skip


def count(table) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(table))


@both_engines
def test_a_guest_orders_for_cash(checkout, a_variant, orders):
    page = checkout({a_variant(price_vnd=95_000): 2})
    answer = page.order(news="y", email="chau@example.com")
    assert answer.status_code == 303, answer.text
    [order] = orders()
    assert answer.location == f"/don/{order.code}?da=dat-hang"
    assert order.total_vnd == 190_000 + 20_000
    assert order.ward_name == "Phường Hội An"
    contact = contact_of(order)
    assert (contact.name, contact.phone, contact.street) == (
        "Trần Minh Châu", "+84905000123", "15 kiệt 42",
    )  # fmt: skip
    assert count(CodCollection) == 1
    assert count(CartItem) == 0
    consents = db.session.scalars(select(Consent).order_by(Consent.kind)).all()
    assert [c.kind for c in consents] == ["marketing", "ordering"]
    assert {c.order_id for c in consents} == {order.id}
    assert consents[1].text_version == order.terms_version


def test_a_guest_without_an_address_is_asked_for_no_news(checkout, a_variant):
    assert checkout(a_variant()).order(news="y").status_code == 303
    assert [c.kind for c in db.session.scalars(select(Consent))] == ["ordering"]


def test_other_terms_than_the_page_named_are_agreed_to_anew(checkout, a_variant, orders):
    page = checkout(a_variant())
    page.look()
    for shown in ("2025-01", ""):
        answer = page.send(terms=shown)
        assert answer.status_code == 422
        assert "Điều khoản vừa có bản mới" in answer.text
        assert 'value="15 kiệt 42"' in answer.text
        assert "checked" not in re.search(r'<input[^>]*name="agree"[^>]*>', answer.text)[0]
        assert not orders()
        page.remember(answer.text)
    first = dict(page.typed)
    assert page.send().status_code == 303
    again = page.browser.post("/dat-hang", data=first | {"terms": page.typed["terms"]})
    assert again.status_code == 303, "The same attempt shows the same order."
    [order] = orders()
    mine = page.browser.get(f"/don/{order.code}").text
    day = vietnam_date(order.placed_at)
    assert f"/dieu-khoan/{order.terms_version}" in mine
    assert f"/giao-hang/{current_terms('delivery', day).version}" in mine
    assert f"/doi-tra/{current_terms('returns', day).version}" in mine


def test_the_page_has_no_figures_before_it_knows_where_to(checkout, a_variant):
    page = checkout(a_variant())
    html = page.browser.get("/dat-hang").text
    assert hidden(html, "shown_total") == ""
    assert "Xem phí giao và tổng tiền" in html
    assert "checked" not in re.search(r'<input[^>]*name="agree"[^>]*>', html)[0]
    assert "checked" not in re.search(r'<input[^>]*name="news"[^>]*>', html)[0]
    html = page.look()
    assert hidden(html, "shown_total") == "110000"
    assert "Đặt hàng, 110.000" in html
    assert 'value="15 kiệt 42"' in html


def test_each_makers_box_says_what_comes_from_her(checkout, a_variant):
    page = checkout({a_variant("Bột mè đen", price_vnd=95_000): 2})
    html = page.look()
    makers = re.search(r'data-part="makers">(.*?)data-part="total"', html, re.S)[1]
    assert re.search(r"2.hũ Bột mè đen, hũ 500.g, 190.000.đồng", makers)


def test_pressing_order_before_the_fee_was_shown_shows_it_and_orders_nothing(
    checkout, a_variant, orders
):
    page = checkout(a_variant())
    attempt = hidden(page.browser.get("/dat-hang").text, "attempt")
    answer = page.send(attempt=attempt, shown_total="")
    assert answer.status_code == 200
    assert "Đã tính xong phí giao" in answer.text
    assert orders() == []
    page.remember(answer.text)
    assert page.send().status_code == 303
    assert len(orders()) == 1


def test_the_same_attempt_twice_is_one_order(checkout, a_variant, orders):
    page = checkout(a_variant())
    first = page.order()
    again = page.send()
    assert (first.status_code, again.status_code) == (303, 303)
    assert first.location == again.location
    assert len(orders()) == 1
    assert count(CodCollection) == 1
    assert count(Consent) == 1


def test_an_attempt_cannot_be_used_for_something_else(checkout, a_variant, orders):
    page = checkout(a_variant())
    page.order()
    answer = page.send(name="Người khác")
    assert answer.status_code == 422
    assert len(orders()) == 1


def test_two_tabs_make_one_order_of_one_cart(checkout, a_variant, orders):
    page = checkout(a_variant())
    page.look()
    first = dict(page.typed)
    page.look()
    assert page.send().status_code == 303
    answer = page.browser.post("/dat-hang", data=first)
    assert answer.status_code == 409
    assert len(orders()) == 1


@pytest.mark.parametrize("total", ["1", "0", "109999", "99999999999999"])
def test_a_tampered_total_asks_again_with_both_amounts(checkout, a_variant, orders, total):
    page = checkout(a_variant())
    page.look()
    answer = page.send(shown_total=total, name="Trần Thị Giữ Lại")
    assert answer.status_code == 409
    assert "110.000" in answer.text
    assert "Trần Thị Giữ Lại" in answer.text
    assert orders() == []


def test_a_total_that_moved_asks_again_and_the_new_one_holds(checkout, a_variant, orders):
    variant = a_variant(price_vnd=95_000)
    page = checkout(variant)
    page.look()
    with transaction() as session:
        from shop.catalogue.models import Variant

        session.get_one(Variant, variant).price_vnd = 99_000
    answer = page.send()
    assert answer.status_code == 409
    assert "110.000" in answer.text
    assert "114.000" in answer.text
    page.remember(answer.text)
    page.typed |= {"agree": "y"}
    assert page.send().status_code == 303
    assert orders()[0].total_vnd == 114_000


def test_a_line_that_ran_short_is_named_and_the_rest_is_kept(checkout, a_variant, orders):
    gone, stays = a_variant("Mật ong rừng"), a_variant("Bánh tráng")
    page = checkout({gone: 2, stays: 1})
    page.look()
    with transaction() as session:
        session.get_one(StockLevel, gone).on_hand = 1
    answer = page.send()
    assert answer.status_code == 409
    assert "Mật ong rừng" in answer.text
    assert 'href="/gio"' in answer.text
    assert "15 kiệt 42" in answer.text
    assert orders() == []
    assert count(CartItem) == 2
    assert 'name="step" value="fit"' in answer.text


@both_engines
def test_a_short_line_is_trimmed_in_the_checkout_and_the_new_total_is_agreed_to(
    checkout, a_variant, orders
):
    short = a_variant("Mật ong rừng", price_vnd=95_000)
    page = checkout({short: 3})
    page.look()
    with transaction() as session:
        session.get_one(StockLevel, short).on_hand = 2
    refused = page.send(name="Trần Thị Giữ Lại")
    assert refused.status_code == 409
    assert "Bớt cho vừa rồi đặt" in refused.text
    answer = page.send(name="Trần Thị Giữ Lại", step="fit")
    assert answer.status_code == 200
    for kept in ("Trần Thị Giữ Lại", "0905 000 123", "15 kiệt 42"):
        assert kept in answer.text
    assert f'value="{WARD}" selected' in answer.text or f'selected value="{WARD}"' in answer.text
    assert "Đã bớt giỏ cho vừa hàng còn" in answer.text
    assert "Đặt hàng, 210.000" in answer.text
    assert orders() == [], "Nothing is ordered at a total that was not shown."
    page.remember(answer.text)
    assert page.send().status_code == 303
    assert orders()[0].total_vnd == 210_000


def test_what_is_sold_out_altogether_is_not_trimmed_to_an_empty_order(checkout, a_variant):
    gone = a_variant("Mật ong rừng")
    page = checkout(gone)
    page.look()
    with transaction() as session:
        session.get_one(StockLevel, gone).on_hand = 0
    answer = page.send()
    assert answer.status_code == 409
    assert "Bớt cho vừa" not in answer.text
    assert "Sửa giỏ hàng" in answer.text
    assert "Giỏ còn trống" in page.send(step="fit").text


def test_enter_in_a_field_of_the_checkout_presses_no_search(checkout, a_variant):
    page = checkout(a_variant())
    html = page.look()
    form = html[html.index("data-checkout") :]
    assert re.search(r"<button[^>]*>", form)[0] == "<button hidden>"


def test_two_makers_are_paid_apart(checkout, a_seller, a_variant, orders):
    first, second = a_seller("Bột Gò Mít"), a_seller("Tổ đan Tay Ấm")
    page = checkout({a_variant(seller_id=first): 1, a_variant(seller_id=second): 1})
    page.typed |= {f"p{first}-method": "transfer", f"p{second}-delivery": "delivery"}
    page.typed[f"p{first}-note"] = "Gọi trước nhé"
    answer = page.order()
    assert answer.status_code == 303
    db.session.rollback()
    parts = {p.seller_id: p for p in db.session.scalars(select(SellerOrder))}
    assert (parts[first].method, parts[second].method) == ("transfer", "cod")
    assert parts[first].note == "Gọi trước nhé"
    assert (count(Payment), count(CodCollection)) == (1, 1)


def test_what_is_wrong_in_a_makers_part_is_said_with_her_name(checkout, a_seller, a_variant):
    first, second = a_seller("Bột Gò Mít"), a_seller("Tổ đan Tay Ấm")
    page = checkout({a_variant(seller_id=first): 1, a_variant(seller_id=second): 1})
    page.look()
    answer = page.send(**{f"p{first}-method": "none", f"p{second}-method": "none"})
    assert answer.status_code == 422
    for name in ("Bột Gò Mít", "Tổ đan Tay Ấm"):
        assert re.search(rf'<a href="#[^"]*">{name}: Anh/chị chọn cách trả tiền', answer.text)


def test_picking_up_needs_no_address_and_no_fee(checkout, a_seller, a_variant, orders):
    from shop.shipping.models import PickupPoint

    seller = a_seller()
    page = checkout(a_variant(seller_id=seller))
    point = db.session.scalar(select(PickupPoint.id).where(PickupPoint.seller_id == seller))
    db.session.rollback()
    page.typed |= {
        f"p{seller}-delivery": f"pickup-{point}",
        "ward": "",
        "province": "",
        "line1": "",
    }
    assert page.order().status_code == 303
    assert orders()[0].total_vnd == 95_000
    assert db.session.scalar(select(SellerOrder.pickup_point_id)) == point


def test_the_old_name_by_which_the_place_was_asked_for_is_kept(checkout, a_variant, orders):
    page = checkout(a_variant())
    noted = "Xã Quế Phước, Đà Nẵng (xã Phước Ninh cũ)"
    page.typed |= {
        "place": "Xã Quế Phước, Đà Nẵng", "place_for": "Xã Quế Phước, Đà Nẵng", "ward": "20669",
        "province": "48", "place_old": noted,
    }  # fmt: skip
    assert page.order().status_code == 303
    contact = contact_of(orders()[0])
    assert (contact.street, contact.old_place, contact.old_district) == (
        "15 kiệt 42", "Xã Phước Ninh, Huyện Quế Sơn", "Huyện Quế Sơn",
    )  # fmt: skip


def test_an_old_name_of_another_province_never_stands_on_the_label(checkout, a_variant, orders):
    page = checkout(a_variant())
    words = "Phước Ninh, Quế Sơn"
    page.typed |= {"place": words, "place_for": words, "province": "79", "ward": "27316"}
    page.look()
    assert page.send().status_code == 303
    [order] = orders()
    contact = contact_of(order)
    assert (order.province_code, order.ward_code) == ("79", "27316")
    assert (contact.old_place, contact.old_district) == ("", "")


def test_anothers_pickup_point_is_not_offered(checkout, a_seller, a_variant, orders):
    from shop.shipping.models import PickupPoint

    seller, other = a_seller(), a_seller()
    point = db.session.scalar(select(PickupPoint.id).where(PickupPoint.seller_id == other))
    db.session.rollback()
    page = checkout(a_variant(seller_id=seller))
    page.look()
    for value in (f"pickup-{point}", "pickup-", "pickup-x", "fly", "", "pickup-" + "9" * 40):
        answer = page.send(**{f"p{seller}-delivery": value})
        assert answer.status_code == 422, value
        assert f'href="#p{seller}-delivery-0"' in answer.text
    assert orders() == []


def test_a_seller_without_an_account_takes_no_transfers(checkout, a_seller, a_variant, orders):
    seller = a_seller()
    with transaction() as session:
        session.query(Payee).filter_by(seller_id=seller).delete()
    page = checkout(a_variant(seller_id=seller))
    html = page.look()
    assert 'value="transfer"' not in html
    answer = page.send(**{f"p{seller}-method": "transfer"})
    assert answer.status_code == 422
    assert orders() == []


def test_abroad_asks_for_a_quote_and_takes_no_cash(checkout, a_seller, a_variant, orders):
    seller = a_seller()
    page = checkout(a_variant(seller_id=seller))
    page.typed |= {
        "country": "US",
        "foreign_lines": "12 Main St\nSpringfield",
        "ward": "",
        "province": "",
    }
    html = page.look()
    assert "nhờ báo phí giao" in html
    assert "Cộng, chưa kể phí giao" in html
    assert "Tổng cộng" not in html
    assert 'value="cod"' not in html
    assert page.send().status_code == 422
    assert page.send(**{f"p{seller}-method": "transfer"}).status_code == 303
    [order] = orders()
    assert "Cộng, chưa kể phí giao" in page.browser.get(f"/don/{order.code}").text
    assert order.country == "US"
    assert "Springfield" in contact_of(order).street
    db.session.rollback()
    assert db.session.scalar(select(SellerOrder.state)) == "awaiting_quote"
    assert count(Payment) == 0


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("(650) 253-0000", "+16502530000"), ("1 650 253 0000", "+16502530000"),
        ("011 84 905 111 222", "+84905111222"), ("0905 111 222", "+84905111222"),
    ],
)  # fmt: skip
def test_a_phone_of_the_chosen_country_needs_no_prefix(gift_page, orders, typed, stored):
    page, seller = gift_page
    page.typed |= {
        "country": "US", "foreign_lines": "12 Main St\nSpringfield", "ward": "", "province": "",
        "phone": typed, "receiver_name": "Hoa", "receiver_phone": typed,
        f"p{seller}-method": "transfer",
    }  # fmt: skip
    assert page.order().status_code == 303
    contact = contact_of(orders()[0])
    assert (contact.phone, contact.receiver_phone) == (stored, stored)


@pytest.mark.parametrize("looked", [True, False])
def test_abroad_the_only_way_of_paying_stands_chosen(gift_page, orders, looked):
    page, seller = gift_page
    if looked:
        page.look()
    page.typed |= {"country": "DE", "foreign_lines": "Hauptstr. 1\n10115 Berlin", "ward": "",
                   "postal_code": "10115", "province": ""}  # fmt: skip
    page.typed.setdefault("attempt", "a" * 32)
    answer = page.send()
    assert answer.status_code == (409 if looked else 200), answer.text
    assert chosen_way(answer.text, seller) == "transfer"
    assert orders() == []
    page.typed |= {f"p{seller}-method": "transfer", f"p{seller}-preset": "transfer"}
    page.remember(answer.text)
    assert page.send().status_code == 303
    shown = page.browser.get(f"/don/{orders()[0].code}").text
    assert "Hauptstr. 1, 10115 Berlin<br>Đức<" in shown


def test_a_phone_that_may_be_of_two_countries_is_asked_for_with_its_code(gift_page, orders):
    page, seller = gift_page
    page.typed |= {
        "country": "FR", "foreign_lines": "12 rue Haute\nParis", "ward": "", "province": "",
        "phone": "0912 345 678", f"p{seller}-method": "transfer",
    }  # fmt: skip
    answer = page.order()
    assert answer.status_code == 422
    assert "Anh/chị ghi mã nước ở đầu, ví dụ +84 905 000 123." in answer.text
    assert page.order(phone="+84 912 345 678").status_code == 303
    assert contact_of(orders()[0]).phone == "+84912345678"


def test_an_order_with_one_quote_says_what_is_due_and_what_waits(checkout, a_seller, a_variant):
    near, far = a_seller("Hợp tác xã Gần"), a_seller("Hợp tác xã Nặng")
    page = checkout({a_variant(seller_id=near): 1, a_variant(seller_id=far, weight_g=31_000): 1})
    html = page.look()
    assert "Đặt hàng, nhờ báo phí phần còn lại" in html
    assert "Phần của Hợp tác xã Gần, 110.000" in unescape(html).replace("\u00a0", " ")
    assert "Phần của Hợp tác xã Nặng chưa phải trả gì" in unescape(html).replace("\u00a0", " ")
    assert "nhờ báo phí giao</" not in html
    assert page.send().status_code == 303
    db.session.rollback()
    states = dict(db.session.execute(select(SellerOrder.seller_id, SellerOrder.state)).all())
    assert states == {near: "placed", far: "awaiting_quote"}


def test_somebody_else_receives_it(checkout, a_variant, orders):
    page = checkout(a_variant())
    answer = page.order(receiver_phone="0912 345 678")
    assert answer.status_code == 422
    answer = page.order(receiver_name="Nguyễn Thị Mẹ", gift_note="Chúc mẹ khoẻ")
    assert answer.status_code == 303
    contact = contact_of(orders()[0])
    assert (contact.to_name, contact.to_phone) == ("Nguyễn Thị Mẹ", "+84912345678")
    db.session.rollback()
    assert "Chúc mẹ khoẻ" in db.session.scalar(select(SellerOrder.note))


def chosen_way(html: str, seller: int) -> str:
    return re.search(rf'name="p{seller}-method" value="(\w+)"[^>]* checked', html)[1]


@pytest.fixture
def gift_page(checkout, a_seller, a_variant):
    """The page of somebody who has a ward already, as the shop shows it, and whose goods they are."""
    seller = a_seller()
    page = checkout(a_variant(seller_id=seller))
    page.typed |= {f"p{seller}-preset": "cod", f"p{seller}-method": "cod"}
    return page, seller


def test_a_gift_is_paid_ahead_unless_its_buyer_chooses_cash(gift_page, orders):
    page, seller = gift_page
    html = page.look()
    assert chosen_way(html, seller) == hidden(html, f"p{seller}-preset") == "cod"
    assert "Người nhận trả tiền khi hàng tới tay." not in html
    page.typed["receiver_name"] = "Nguyễn Thị Mẹ"
    answer = page.send()
    assert (answer.status_code, orders()) == (200, [])
    assert "Anh/chị xem lại cách trả tiền rồi bấm đặt hàng." in answer.text
    assert "Người nhận trả tiền khi hàng tới tay." in answer.text
    assert chosen_way(answer.text, seller) == hidden(answer.text, f"p{seller}-preset") == "transfer"
    page.typed |= {f"p{seller}-method": "transfer", f"p{seller}-preset": "transfer"}
    page.remember(answer.text)
    assert page.send().status_code == 303
    assert db.session.scalar(select(SellerOrder.method)) == "transfer"


def test_cash_that_she_chooses_for_a_gift_stays_and_the_order_says_who_pays(gift_page, orders):
    page, seller = gift_page
    page.typed |= {"receiver_name": "Nguyễn Thị Mẹ", f"p{seller}-preset": "transfer"}
    html = page.look()
    assert chosen_way(html, seller) == "cod"
    assert hidden(html, f"p{seller}-preset") == "transfer"
    answer = page.send()
    assert answer.status_code == 303
    assert db.session.scalar(select(SellerOrder.method)) == "cod"
    assert "Người nhận trả tiền khi hàng tới tay." in page.browser.get(answer.location).text
    page = page.browser.get(answer.location.replace("/don/", "/en/don/")).text
    assert "The receiver pays on receiving the goods." in page


def test_the_shops_own_choice_follows_whether_it_is_a_gift(gift_page):
    page, seller = gift_page
    html = page.browser.post("/dat-hang/tinh", data={**page.typed, "receiver_name": "Mẹ"}).text
    assert chosen_way(html, seller) == "transfer"
    assert "Người khác nhận hàng, nên chợ chọn sẵn chuyển khoản." in html
    page.typed |= {f"p{seller}-method": "transfer", f"p{seller}-preset": "transfer"}
    assert chosen_way(page.look(), seller) == "cod"
    page.typed[f"p{seller}-preset"] = "cod"
    assert chosen_way(page.look(), seller) == "transfer"


def test_who_takes_no_transfers_is_paid_by_the_receiver_and_the_page_says_so(
    checkout, a_seller, a_variant, orders
):
    seller = a_seller()
    with transaction() as session:
        session.query(Payee).filter_by(seller_id=seller).delete()
    page = checkout(a_variant(seller_id=seller))
    page.typed |= {"receiver_name": "Mẹ", f"p{seller}-preset": "cod"}
    html = page.look()
    assert chosen_way(html, seller) == "cod"
    assert "Người nhận trả tiền khi hàng tới tay." in html
    assert page.send().status_code == 303


def test_errors_lead_to_their_fields_and_what_was_typed_stays(checkout, a_variant, orders):
    page = checkout(a_variant())
    answer = page.order(phone="0905 000 12", name="Trần Minh Châu", agree="", line1="")
    assert answer.status_code == 422
    html = answer.text
    assert "<title>Lỗi:" in html
    assert re.search(r'role="alert" tabindex="-1"[^>]*data-summary', html)
    for name in ("phone", "agree", "line1"):
        assert f'href="#{name}"' in html
        tag = re.search(rf'<input[^>]*id="{name}"[^>]*>', html)[0]
        assert 'aria-invalid="true"' in tag
        assert f"{name}-loi" in tag
        assert f'id="{name}-loi"' in html
    assert 'value="0905 000 12"' in html
    assert 'value="Trần Minh Châu"' in html
    assert "mới có 9 số" in html
    assert '<a href="#phone">Số điện thoại: ' in html
    assert '<a href="#agree">Anh/chị đánh dấu' in html, "A tick's own words are no name for it."
    assert orders() == []


@pytest.mark.parametrize("kind", HOSTILE)
def test_wrong_input_of_every_kind_is_answered_and_stores_nothing(
    checkout, a_variant, orders, kind, app
):
    page = checkout(a_variant())
    page.look()
    seller = page.sellers[0]
    for name in (*FIELDS, f"p{seller}-delivery", f"p{seller}-method", f"p{seller}-note"):
        for address in ("/dat-hang", "/dat-hang/tinh"):
            answer = page.browser.post(
                address, data={**page.typed, name: HOSTILE[kind], "agree": ""}
            )
            assert answer.status_code in (200, 409, 413, 422), f"{name}: {answer.status_code}"
            assert "<script>alert" not in answer.text
    assert orders() == []


@pytest.mark.parametrize(
    "body", [b"name=\xff\xfe&phone=\xc3\x28", b"%ff=%00", b"", b"attempt[]=1", b"\x00" * 50]
)
def test_broken_bodies_are_answered(checkout, a_variant, orders, body):
    page = checkout(a_variant())
    for address in ("/dat-hang", "/tra-don", "/dat-hang/tinh"):
        answer = page.browser.post(
            address, data=body, content_type="application/x-www-form-urlencoded"
        )
        assert answer.status_code < 500
    assert (
        page.browser.post(
            "/dat-hang", data=json.dumps({"name": 1}), content_type="application/json"
        ).status_code
        < 500
    )
    assert orders() == []


def test_an_empty_cart_has_nothing_to_order(client, orders):
    assert "Giỏ còn trống" in client.get("/dat-hang").text
    answer = client.post(
        "/dat-hang",
        data={
            "name": "A",
            "phone": "0905000123",
            "agree": "y",
            "attempt": "a" * 32,
            "shown_total": "0",
        },
    )
    assert answer.status_code == 409
    assert orders() == []


def test_the_search_box_finds_an_old_name_without_a_script(checkout, a_variant, orders):
    page = checkout(a_variant())
    page.typed |= {"ward": "", "province": ""}
    answer = page.send(place="Phước Ninh", find="place")
    assert answer.status_code == 200
    assert "Quế Phước" in answer.text
    assert orders() == []


def test_the_fragment_says_the_same_as_the_page(checkout, a_variant):
    page = checkout(a_variant())
    page.look()
    answer = page.browser.post("/dat-hang/tinh", data=page.typed)
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert hidden(answer.text, "shown_total") == "110000"
    assert 'data-part="makers"' in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


def test_who_is_signed_in_finds_her_address_again(checkout, a_variant, an_account, sign_in, orders):
    person = an_account(name="Lê Thị Có", phone="+84905000777")
    browser = sign_in(person)
    page = checkout({a_variant(): 1}, browser)
    assert 'value="Lê Thị Có"' in browser.get("/dat-hang").text
    assert page.order().status_code == 303
    assert orders()[0].account_id == person
    assert count(SavedAddress) == 1
    page = checkout({a_variant(): 1}, browser)
    html = browser.get("/dat-hang").text
    assert 'value="15 kiệt 42"' in html
    assert "Hội An" in html


def test_orders_of_one_phone_are_limited(checkout, a_variant, app, orders):
    page = checkout(a_variant())
    page.look()
    page.send(shown_total="1")
    for _ in range(11):
        assert page.send(shown_total="1").status_code == 409
    answer = page.send(shown_total="1")
    assert answer.status_code == 429
    assert "Retry-After" in answer.headers
    assert "Anh/chị thử nhiều lần quá. Chờ" in answer.text
    for kept in ("Trần Minh Châu", "0905 000 123", "15 kiệt 42"):
        assert kept in answer.text


def test_who_shares_an_address_with_sixty_others_still_orders_and_one_cart_tries_six_times(
    checkout, a_variant, app
):  # fmt: skip
    variant, limits = a_variant(on_hand=99), app.extensions["limits"]
    for _ in range(60):
        limits.hit("60 per hour", "order", "127.0.0.1")
    for number in range(3):
        page = checkout({variant: 1}, app.test_client(), phone=f"0905 000 1{number}1")
        assert page.order().status_code == 303
    stuck = checkout({variant: 1}, app.test_client(), phone="0905 000 151")
    stuck.look()
    answers = [stuck.send(shown_total="1").status_code for _ in range(7)]
    assert answers == [409] * 6 + [429]
    neighbour = checkout({variant: 1}, app.test_client(), phone="0905 000 152")
    assert neighbour.order().status_code == 303


def test_an_address_ends_after_six_hundred_more_orders_an_hour(checkout, a_variant, app):
    limits = app.extensions["limits"]
    for _ in range(60):
        limits.hit("60 per hour", "order", "127.0.0.1")
    for _ in range(600):
        limits.hit("600 per hour", "order-more", "127.0.0.1")
    answer = checkout(a_variant()).order()
    assert answer.status_code == 429
    assert "Retry-After" in answer.headers


def test_the_page_takes_few_queries_whatever_its_size(checkout, a_seller, a_variant, count_queries):
    seller = a_seller()
    counts = []
    for more in (1, 6):
        page = checkout(
            {a_variant(seller_id=seller if more == 1 else a_seller()): 1 for _ in range(more)}
        )
        with count_queries() as seen:
            assert page.browser.get("/dat-hang").status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 9, counts
