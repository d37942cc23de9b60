"""A voucher at the checkout, as a buyer meets it."""

import pytest

from shop.buying.views import checkout as views
from shop.db import db, transaction
from shop.vouchers import actions
from tests.buying.conftest import hidden
from tests.conftest import NOON


def test_a_right_code_is_shown_with_who_pays_before_the_button(
    stall, a_voucher, checkout, orders
):  # fmt: skip
    seller, variant, unit = stall
    a_voucher("TET2027", seller_id=seller, payer_id=unit)
    page = checkout(variant, voucher="tet-2o27")
    html = page.look()
    assert "Hội LHPN xã Sông Lành trả 20.000\N{NO-BREAK SPACE}đồng cho anh/chị." in html
    assert html.index("trả 20.000") < html.index("Đặt hàng, ")
    answer = page.send()
    assert answer.status_code == 303
    (order,) = orders()
    assert (order.discount_vnd, order.total_vnd) == (20_000, order.items_vnd + order.shipping_vnd - 20_000)  # fmt: skip
    html = page.browser.get(answer.location).text
    assert "Giảm giá, Hội LHPN xã Sông Lành trả" in html
    assert "−20.000" in html


def test_a_wrong_code_is_said_at_its_field_and_nothing_is_ordered_by_accident(
    stall, checkout, orders
):  # fmt: skip
    _seller, variant, _unit = stall
    page = checkout(variant)
    page.look()
    answer = page.send(voucher="NHAM")
    assert answer.status_code == 409
    assert "Chợ không có mã này." in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert orders() == []
    # She leaves it there and orders without: that is what the page said.
    page.remember(answer.text)
    assert hidden(answer.text, "voucher_refused") == "NHAM"
    assert page.send(voucher="NHAM", voucher_refused="NHAM").status_code == 303
    assert [order.discount_vnd for order in orders()] == [0]


@pytest.mark.parametrize("typed", ["!!!", "   ", "Ế" * 40])
def test_what_is_no_code_is_answered_like_an_unknown_one(stall, checkout, typed):
    html = checkout(stall[1], voucher=typed).look()
    assert ("Chợ không có mã này." in html) == bool(typed.strip())


def test_a_voucher_that_ran_out_meanwhile_asks_again_with_both_totals(
    stall, a_voucher, checkout, orders
):  # fmt: skip
    seller, variant, _unit = stall
    voucher = a_voucher("TET2027", seller_id=seller)
    page = checkout(variant, voucher="TET2027")
    page.look()
    shown = int(page.typed["shown_total"])
    with transaction() as session:
        actions.stop_voucher(session, voucher_id=voucher.id, actor_id=None, now=NOON)
    answer = page.send()
    assert answer.status_code == 409
    assert "Mã này hết hạn rồi." in answer.text
    assert int(hidden(answer.text, "shown_total")) == shown + 20_000
    assert orders() == []
    page.remember(answer.text)
    assert page.send(voucher_refused="TET2027").status_code == 303
    assert [order.total_vnd for order in orders()] == [shown + 20_000]


def test_a_first_order_without_an_account_is_known_by_its_phone(
    stall, a_voucher, checkout, orders
):  # fmt: skip
    seller, variant, _unit = stall
    a_voucher("CHAO", seller_id=seller, first_order=True)
    page = checkout(variant, voucher="CHAO")
    assert page.order().status_code == 303
    again = checkout(variant, voucher="CHAO")
    assert "chỉ dành cho đơn đầu tiên" in again.look()
    other = checkout(variant, voucher="CHAO", phone="0905 000 999")
    assert "bớt 20.000" in other.look()
    assert [order.discount_vnd for order in orders()] == [20_000]


def test_the_small_script_gets_the_voucher_with_the_figures(
    stall, a_voucher, checkout
):  # fmt: skip
    a_voucher("TET2027", seller_id=stall[0])
    page = checkout(stall[1], voucher="TET2027")
    html = page.browser.post("/dat-hang/tinh", data=page.typed).text
    assert 'data-part="voucher"' in html
    assert "bớt 20.000" in html


def test_guessing_codes_ends_after_a_while_and_ordering_does_not(
    stall, a_voucher, checkout, orders
):  # fmt: skip
    a_voucher("TET2027", seller_id=stall[0])
    page = checkout(stall[1])
    page.look()
    for number in range(90):
        page.browser.post("/dat-hang/tinh", data={**page.typed, "voucher": f"MA{number}"})
    html = page.browser.post(
        "/dat-hang", data={**page.typed, "voucher": "TET2027", "step": "look"}
    ).text
    assert "thử mã nhiều lần quá" in html
    assert "bớt 20.000" not in html
    answer = page.send(voucher="TET2027")
    assert answer.status_code == 429
    assert orders() == []
    page.remember(answer.text)
    assert page.send(voucher="TET2027", voucher_refused="TET2027").status_code == 303
    assert len(orders()) == 1
    db.session.rollback()


def test_right_codes_and_the_same_wrong_one_use_up_nothing_for_the_neighbours(
    stall, a_voucher, checkout, orders, monkeypatch
):  # fmt: skip
    monkeypatch.setattr(views, "_GUESSES", "4 per hour")
    a_voucher("TET2027", seller_id=stall[0])
    a_voucher("SOMMAI", seller_id=stall[0], most_each=1)
    page = checkout(stall[1])
    page.look()
    for code in ("TET2027", "SOMMAI", "SAI", "sai") * 4:
        html = page.browser.post("/dat-hang/tinh", data={**page.typed, "voucher": code}).text
        assert "thử mã nhiều lần quá" not in html, code
    page.typed["voucher"] = "TET2027"
    for number in range(6):
        other = checkout(stall[1], voucher="TET2027", phone=f"0905 000 10{number}")
        assert other.order().status_code == 303
    assert len(orders()) == 6


def test_a_neighbour_who_guesses_takes_the_right_code_from_nobody(
    app, stall, a_voucher, checkout, orders, monkeypatch
):  # fmt: skip
    monkeypatch.setattr(views, "_GUESSES", "9 per hour")
    monkeypatch.setattr(views, "_MORE_GUESSES", "7 per hour")
    a_voucher("TET2027", seller_id=stall[0])
    hers = checkout(stall[1], app.test_client(), voucher="TET2027")
    guesser = checkout(stall[1], app.test_client())
    guesser.look()

    def tried(page, code):
        typed = {**page.typed, "voucher": code}
        return page.browser.post("/dat-hang/tinh", data=typed).text

    for number in range(9):
        assert "Chợ không có mã này." in tried(guesser, f"MA{number}")
    assert "thử mã nhiều lần quá" in tried(guesser, "TET2027"), "Whoever guessed has no more."
    for _ in range(20):
        assert "bớt 20.000" in hers.look()
    assert "Chợ không có mã này." in tried(hers, "TET2072"), "She may mistype it."
    assert hers.order().status_code == 303
    assert [order.discount_vnd for order in orders()] == [20_000]
    # Nor does a new cart for each few guesses go on for ever.
    said = []
    for cart in range(3):
        other = checkout(stall[1], app.test_client())
        other.look()
        said += [tried(other, f"XA{cart}{number}") for number in range(6)]
    asked = ["Chợ không có mã này." in html for html in said]
    assert asked[:6] == [True] * 3 + [False] * 3
    assert sum(asked) == 6, "One of the seven was hers."


def test_wrong_codes_that_are_ordered_with_are_guesses_too(stall, checkout, orders, monkeypatch):
    monkeypatch.setattr(views, "_GUESSES", "4 per hour")
    page = checkout(stall[1])
    page.look()
    said = [page.send(voucher=f"MA{number}") for number in range(6)]
    assert [answer.status_code for answer in said[-2:]] == [429, 429]
    assert "thử mã nhiều lần quá" in said[-1].text
    assert "thử mã nhiều lần quá" not in said[0].text
    assert orders() == []
