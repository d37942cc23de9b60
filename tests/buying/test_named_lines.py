"""What a line is called: a bag of a product that is counted by the jar is a bag everywhere."""

import html
import re

import pytest
from sqlalchemy import select

from shop.catalogue.models import Variant
from shop.db import transaction
from shop.ordering.models import SellerOrder
from shop.sellers.models import SellerMember
from shop.stock.actions import count_stock, open_level
from tests.conftest import NOON


def words(page: str) -> str:
    text = re.sub(r"<[^>]*>", " ", page[page.index("<main") :])
    return re.sub(r"\s+", " ", html.unescape(text).replace("\u00a0", " "))


@pytest.fixture
def jar_and_bag(a_variant):
    """Return a jar and a bag of one product, which is counted by the jar."""
    jar = a_variant("Bột ngũ cốc", title_en="Cereal flour")
    with transaction() as session:
        one = session.get_one(Variant, jar)
        bag = Variant(
            product_id=one.product_id, seller_id=one.seller_id, sku="TUI", name_vi="Túi 1 kg",
            name_en="Bag 1 kg", price_vnd=175_000, net_g=1000, weight_g=1100, position=1,
        )  # fmt: skip
        session.add(bag)
        session.flush()
        open_level(session, variant_id=bag.id, product_id=one.product_id, on_hand=9, now=NOON)
        return jar, bag.id


def test_the_cart_tells_two_packs_of_one_product_apart_for_eyes_and_ears(client, jar_and_bag):
    for pack in jar_and_bag:
        client.post("/gio/them", data={"mon": pack})
    page = client.get("/gio").text.replace("\u00a0", " ")
    titles = re.findall(r'<h3><a href="/san-pham/[^"]*">([^<]*)</a>', page)
    assert titles == ["Bột ngũ cốc, hũ 500 g", "Bột ngũ cốc, túi 1 kg"]
    assert "175.000 đồng / túi<" in page
    for named in (
        r'<input name="so"[^>]*aria-label="([^"]*)"', r"<legend[^>]*>(Số lượng[^<]*)<",
        r"Bỏ ra<span class=\"vh\">([^<]*)<",
    ):  # fmt: skip
        said = re.findall(named, page)
        assert len(said) == len(set(said)) == 2


@pytest.mark.parametrize(
    ("tongue", "jar_words", "bag_words"),
    [
        ("", ("Bột ngũ cốc, hũ 500 g", "1 hũ × 95.000 đồng"),
         ("Bột ngũ cốc, túi 1 kg", "2 túi × 175.000 đồng")),
        ("/en", ("Cereal flour, 500 g jar", "1 jar × 95,000"),
         ("Cereal flour, bag 1 kg", "2 bags × 175,000")),
    ],
)  # fmt: skip
def test_checkout_order_and_cancelling_name_the_pack_in_its_own_unit(
    checkout, jar_and_bag, orders, tongue, jar_words, bag_words
):
    jar, bag = jar_and_bag
    page = checkout({jar: 1, bag: 2})
    looked = words(page.browser.get(f"{tongue}/dat-hang").text)
    assert page.order().status_code == 303
    at = f"{tongue}/don/{orders()[-1].code}"
    ordered = words(page.browser.get(at).text)
    for shown in (looked, ordered):
        for each in (*jar_words, *bag_words):
            assert each in shown
    in_words = f"{bag_words[1].split(' × ')[0]} {bag_words[0]}"
    assert in_words in looked  # In the maker's own box.
    assert in_words in words(page.browser.get(f"{at}/huy").text)
    again = words(page.browser.get(f"{at}/dat-lai").text)
    assert f"{bag_words[0]} , {bag_words[1].split(' × ')[0]}" in again


def test_what_ran_short_is_named_with_its_pack(checkout, jar_and_bag):
    jar, bag = jar_and_bag
    page = checkout({jar: 1, bag: 2})
    page.look()
    with transaction() as session:
        count_stock(session, variant_id=bag, on_hand=1, now=NOON)
    answer = page.send()
    assert answer.status_code == 409
    assert "Bột ngũ cốc, túi 1 kg chỉ còn 1 túi, không đủ 2." in words(answer.text)


def test_the_seller_counts_bags_as_bags(checkout, jar_and_bag, sign_in, an_account):
    checkout({jar_and_bag[1]: 2}).order()
    owner = an_account(name="Nguyễn Thị Sương")
    with transaction() as session:
        part = session.scalars(select(SellerOrder)).one()
        session.add(
            SellerMember(seller_id=part.seller_id, account_id=owner, role="owner", since=NOON)
        )
    seller = sign_in(owner, "seller")
    assert "2 túi Bột ngũ cốc, túi 1 kg" in words(seller.get("/ban-hang").text)
    at = f"/ban-hang/don/{part.id}"
    assert "2 túi Bột ngũ cốc, túi 1 kg" in words(seller.get(at).text)
    assert "Bột ngũ cốc, túi 1 kg 2 túi" in words(seller.get(f"{at}/phieu").text)
    assert "Còn 7 túi" in words(seller.get("/ban-hang/hang").text)
