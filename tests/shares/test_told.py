"""Buyers are told who gets what before they order, and afterwards as it was agreed."""

import html

import pytest

from shop.db import db, touch, transaction
from shop.shares import actions
from tests.shares.conftest import BY

PLAIN = "Người làm nhận đủ 100% tiền hàng."


@pytest.fixture
def stall(union, a_seller):
    return a_seller(organisation_id=union)


def text_of(answer) -> str:
    return html.unescape(answer.text).replace("\xa0", " ")


def slug_of(variant: int) -> str:
    from shop.catalogue.models import Product, Variant

    product = db.session.get_one(Product, db.session.get_one(Variant, variant).product_id)
    db.session.rollback()
    return product.slug


def test_a_products_page_says_who_gets_what_and_follows_the_rules(
    client, stall, union, a_variant, a_rule, count_queries
):
    variant = a_variant(seller_id=stall, price_vnd=100_000)
    at = f"/san-pham/{slug_of(variant)}"
    first = client.get(at)
    assert PLAIN in text_of(first)
    assert "100% of the price" in text_of(client.get(f"/en{at}"))
    rule = a_rule(union)
    answer = client.get(at)
    told = "Trong 100.000 đồng tiền hàng: 92.000 đồng về người làm, 8.000 đồng cho Hội LHPN xã Sông Lành."
    assert told in text_of(answer)
    assert "s-maxage" in answer.headers["Cache-Control"]
    assert "Set-Cookie" not in answer.headers
    assert "92,000" in text_of(client.get(f"/en{at}"))
    with transaction() as session:
        touch(session, "stock")
    with count_queries() as seen:
        assert client.get(at).status_code == 200
    assert 0 < len(seen) <= 8, "the rules are at hand"
    with transaction() as session:
        actions.end_commission_rule(session, rule_id=rule, **BY)
    assert PLAIN in text_of(client.get(at))


def test_cart_checkout_and_order_say_who_gets_what_of_all_goods(
    client, stall, union, a_seller, a_variant, a_rule, checkout, orders
):  # fmt: skip
    hers, other = a_variant(seller_id=stall), a_variant(seller_id=a_seller("Nhà khác"))
    rule = a_rule(union)
    page = checkout({hers: 2, other: 1})
    told = "Trong 285.000 đồng tiền hàng: 269.800 đồng về người làm, 15.200 đồng cho Hội LHPN xã Sông Lành."
    assert told in text_of(client.get("/gio"))
    assert told in html.unescape(page.look()).replace("\xa0", " ")
    sent = page.send()
    assert sent.status_code == 303
    with transaction() as session:
        actions.end_commission_rule(session, rule_id=rule, **BY)
    shown = text_of(client.get(sent.location))
    assert "Trong 190.000 đồng tiền hàng: 174.800 đồng về người làm, 15.200 đồng cho Hội" in shown
    assert shown.count(PLAIN) == 1, "the other maker's part"
    client.post(f"{sent.location.split('?')[0]}/huy")
    shown = text_of(client.get(sent.location))
    assert "Đơn đã huỷ" in shown
    assert "về người làm" not in shown, "Nobody gets anything of what is cancelled."
    assert PLAIN not in shown
    assert PLAIN not in told


def test_without_a_rule_cart_and_checkout_say_that_all_is_hers(client, stall, a_variant, checkout):
    page = checkout(a_variant(seller_id=stall))
    assert PLAIN in text_of(client.get("/gio"))
    assert PLAIN in html.unescape(page.look())


def test_what_came_back_is_not_told_of():
    from types import SimpleNamespace

    from shop.ordering.rules import who_gets_of_part

    part = SimpleNamespace(
        items_vnd=99_999, discount_vnd=0, returned_items_vnd=33_333, commission_vnd=8_000,
        returned_commission_vnd=2_666, voucher_payer_id=None, campaign_vnd=0, creditor_name_vi="Hội", creditor_name_en="Union",
    )  # fmt: skip
    assert who_gets_of_part(part, []) == (66_666, 61_332, [("Hội", "Union", 5_334)], ())


def test_what_an_organisations_voucher_pays_is_the_makers_too():
    from types import SimpleNamespace

    from shop.ordering.rules import who_gets_of_part

    part = SimpleNamespace(
        items_vnd=90_000, discount_vnd=30_000, returned_items_vnd=20_000, commission_vnd=7_200,
        returned_commission_vnd=2_400, voucher_payer_id=4, campaign_vnd=0, creditor_name_vi="Hội",
        creditor_name_en="Union",
    )  # fmt: skip
    lines = [SimpleNamespace(returned=1, unit_price_vnd=30_000)]
    assert who_gets_of_part(part, lines) == (60_000, 55_200, [("Hội", "Union", 4_800)], ())
