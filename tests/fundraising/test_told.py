"""Which part of a price goes where: said before anybody buys, and again on everything she keeps."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from shop.catalogue.models import Product, Variant
from shop.db import db, in_transaction, touch, transaction
from shop.fundraising.actions import campaigns
from shop.fundraising.models import Campaign
from shop.kernel.clock import now_utc, vietnam_date
from shop.ordering.models import SellerOrder
from tests.conftest import NOON
from tests.engines import both_engines
from tests.fundraising.test_sales import BY, offered

SENTENCE = re.compile(
    r"<b>20\.000\sđồng mỗi [^<]+ vào quỹ</b> <a href=\"/gay-quy/(\w+)\"[^>]*>Bò giống cho chị em nghèo"
)


def page_of(variant: int) -> str:
    product = db.session.get_one(Product, db.session.get_one(Variant, variant).product_id)
    db.session.rollback()
    return f"/san-pham/{product.slug}"


@pytest.fixture
def fund(a_campaign) -> int:
    return a_campaign(opens_on=vietnam_date(NOON), closes_on=None, standing=True)


@both_engines
def test_every_page_and_mail_of_a_purchase_says_which_part_the_fund_gets(
    client, fund, an_account, a_seller, a_variant, checkout, deliver, mails, sign_in
):  # fmt: skip
    owner = an_account("Sương")
    variant = a_variant(seller_id=a_seller(owner_id=owner), on_hand=9)
    shown = client.get(page_of(variant)).text
    assert "vào quỹ" not in shown
    assert "vào quỹ" not in client.get("/hang-hoa").text
    offered(fund, variant)
    for listed in ("/hang-hoa", "/tim?tu=bot", "/"):
        assert re.search(r"<b>20.000 đồng mỗi [^<]+ vào quỹ</b>", plain(client.get(listed).text)), (
            listed
        )
    shown = client.get(page_of(variant)).text
    assert SENTENCE.search(shown)
    assert client.get(f"/gay-quy/{SENTENCE.search(shown)[1]}").status_code == 200
    assert "20.000 đồng cho Bò giống cho chị em nghèo" in plain(shown)
    english = client.get("/en" + page_of(variant)).text
    assert "goes to the fund</b>" in english
    buying = checkout({variant: 2}, email="chau@example.net")
    told = "40.000 đồng cho Bò giống cho chị em nghèo"
    of_line = "Trong đó 40.000 đồng vào quỹ Bò giống cho chị em nghèo: 20.000 đồng mỗi "
    for page in (client.get("/gio").text, buying.look()):
        assert told in plain(page)
        assert of_line in plain(page)
    answer = buying.send()
    assert answer.status_code == 303
    bought = plain(client.get(answer.headers["Location"]).text)
    assert told in bought
    assert "Trong đó 40.000 đồng vào quỹ Bò giống cho chị em nghèo." in bought
    deliver()
    [mail] = [one for one in mails() if one["To"] == "chau@example.net"]
    words = plain(mail.get_body(("plain",)).get_content())
    assert "Trong đó 40.000 đồng vào quỹ Bò giống cho chị em nghèo" in words
    [part] = db.session.scalars(select(SellerOrder.id)).all()
    db.session.rollback()
    hers = sign_in(owner, "seller").get(f"/ban-hang/don/{part}")
    assert "Trong đó 40.000 đồng vào quỹ Bò giống" in plain(hers.text), (
        "She reads what she owes it."
    )
    in_transaction(lambda s: campaigns.close_campaign(s, campaign_id=fund, now=now_utc(), **BY))
    assert "vào quỹ" not in client.get("/hang-hoa").text, "Its card says so at once."


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


@both_engines
def test_a_product_page_says_nothing_once_the_campaign_is_over(client, fund, a_seller, a_variant):
    variant = a_variant(seller_id=a_seller(), on_hand=9)
    offered(fund, variant)
    today = vietnam_date(now_utc())
    days = {"opens_on": today - timedelta(days=2), "closes_on": today - timedelta(days=1)}
    for gone in (days, {"state": "closed"}):
        assert SENTENCE.search(client.get(page_of(variant)).text)
        with transaction() as session:
            session.execute(update(Campaign).values(**gone))
            touch(session, "products")  # As closing does; a new day makes every page anew.
        shown = plain(client.get(page_of(variant)).text)
        assert "vào quỹ" not in shown
        assert "Bò giống" not in shown
        with transaction() as session:
            session.execute(
                update(Campaign).values(state="open", closes_on=None, distribute_by=None)
            )
            touch(session, "products")


@both_engines
def test_a_campaign_links_to_the_goods_that_are_sold_for_it(client, fund, a_seller, a_variant):
    variant = a_variant(seller_id=a_seller(), on_hand=9)
    offered(fund, variant)
    code = db.session.get_one(Campaign, fund).code
    db.session.rollback()
    [address] = re.findall(r'href="(/san-pham/[^"]+)"', client.get(f"/gay-quy/{code}").text)
    assert client.get(address).status_code == 200


@both_engines
def test_the_sitemap_names_campaigns_that_were_opened_and_no_draft(client, a_campaign):
    opened, draft = a_campaign(state="finished"), a_campaign(state="draft")
    codes = [db.session.get_one(Campaign, one).code for one in (opened, draft)]
    db.session.rollback()
    text = client.get("/sitemap.xml").text
    assert [f"/gay-quy/{code}</loc>" in text for code in codes] == [True, False]


@both_engines
def test_a_search_finds_a_campaign_by_its_words_and_by_whom_it_helps(client, a_campaign):
    shown = a_campaign(title_vi="Mái ấm Sông Lành", for_whom_vi="trẻ mồ côi thôn Đá Chồng")
    a_campaign(state="draft", title_vi="Mái ấm chưa ai duyệt")
    over = a_campaign(state="finished", title_vi="Mái ấm năm ngoái")
    codes = {one: db.session.get_one(Campaign, one).code for one in (shown, over)}
    db.session.rollback()
    for typed, found in {
        "mai am": [shown, over], "MÁI ẤM da chong": [shown], "song lanh": [shown, over], "mo coi da chong": [shown],
        "orphans": [], "xyzzy": [],
    }.items():  # fmt: skip
        page = client.get("/tim", query_string={"tu": typed}).text
        links = re.findall(r'href="/gay-quy/(\w+)">Gây quỹ: ', page)
        assert sorted(links) == sorted(codes[one] for one in found), typed
    assert "chưa ai duyệt" not in client.get("/tim?tu=mai+am").text


@pytest.mark.parametrize(
    ("share", "said"),
    [
        ({"kind": "percent", "hundredths": 1_250}, "23.750 đồng vào quỹ %s: 12,5 % tiền hàng."),
        (
            {"kind": "after_cost", "cost_vnd": 60_000},
            "70.000 đồng vào quỹ %s: tất cả phần lãi, sau khi trừ vốn 60.000 đồng mỗi ",
        ),
        ({"kind": "all"}, "190.000 đồng vào quỹ %s: tất cả tiền hàng."),
    ],
)
def test_a_cart_says_of_each_line_by_which_rule_how_much_goes_where(
    client, checkout, fund, a_seller, a_variant, share, said
):  # fmt: skip
    seller = a_seller()
    variant, other = (a_variant(seller_id=seller, on_hand=9) for _ in range(2))
    offered(fund, variant, **share)
    buying = checkout({variant: 2, other: 1})
    for page in (client.get("/gio").text, buying.look()):
        assert said.replace("%s", "Bò giống cho chị em nghèo") in plain(page)
        assert page.count("vào quỹ Bò giống") == 1, "The other line gives nothing."
