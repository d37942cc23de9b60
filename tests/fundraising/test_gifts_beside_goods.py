"""A gift to a campaign beside goods: in the cart, at the checkout, on the order's page, in the fund."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from shop.banking.rules.matching import ForFund, decide
from shop.buying.actions import cancel
from shop.db import db, in_transaction, transaction
from shop.fundraising.actions.gifts import confirm_gift, offer_gift, receive_gift
from shop.fundraising.models import Campaign, Gift
from shop.fundraising.queries.figures import figures_of
from shop.fundraising.queries.gifts import gift_link_token
from shop.kernel.clock import now_utc, vietnam_date
from shop.ordering.models import CartGift, SellerOrder
from shop.payments.models import CodCollection, Payment
from tests.engines import both_engines


def gifts() -> list[Gift]:
    db.session.rollback()
    return list(db.session.scalars(select(Gift).order_by(Gift.id)))


def raised(campaign_id: int) -> int:
    db.session.rollback()
    return figures_of(db.session(), [campaign_id])[campaign_id].raised_vnd


def code_of(campaign_id: int) -> str:
    db.session.rollback()
    return db.session.get_one(Campaign, campaign_id).code


def put(client, campaign_id: int, **typed: str):
    return client.post("/gio/gop", data={"dot": code_of(campaign_id), "amount": "50000", **typed})


def fund_fields(html: str) -> dict[str, str]:
    """Return what the checkout would send of the gift: hidden inputs, and ticks that are set."""
    found = {}
    for tag in re.findall(r"<input[^>]*name=\"fund_[^>]*>", html):
        name, value = re.search(r'name="(\w+)"', tag)[1], re.search(r'value="([^"]*)"', tag)
        if 'type="checkbox"' not in tag or " checked" in tag:
            found[name] = value[1] if value else "y"
    return found


@both_engines
def test_a_gift_beside_goods_is_a_transfer_of_its_own_and_counts_when_it_came(
    client, checkout, a_campaign, a_variant, orders,
):  # fmt: skip
    campaign = a_campaign()
    page = checkout(a_variant(price_vnd=95_000), email="lan@example.org")
    answer = put(client, campaign)
    assert (answer.status_code, answer.location) == (303, "/gio?da=gop-vao-gio#gop")
    cart = client.get("/gio").text
    assert "Góp 50.000" in cart
    assert "Người giao hàng không thu" in cart
    page.typed |= fund_fields(client.get("/dat-hang").text)
    assert page.typed["fund_vnd"] == "50000"
    html = page.look()
    # Goods 95.000, delivery 15.000, the gift; what the parcel costs stays what it was.
    assert page.typed["shown_total"] == "110000"
    assert "Đặt hàng, 160.000" in html
    assert page.send(fund_named="y", fund_message="Chúc các chị khoẻ").status_code == 303
    [order], [gift] = orders(), gifts()
    assert (order.total_vnd, order.gift_vnd, gift.order_id) == (110_000, 50_000, order.id)
    assert (gift.amount_vnd, gift.shown_name, gift.message) == (
        50_000, "Trần Minh Châu", "Chúc các chị khoẻ",
    )  # fmt: skip
    # The courier collects the goods alone, and no payment to a seller holds a đồng of the gift.
    assert db.session.scalars(select(CodCollection.amount_vnd)).all() == [110_000]
    assert db.session.scalars(select(Payment.id)).all() == []
    assert db.session.scalars(select(CartGift)).all() == []
    shown = client.get(f"/don/{order.code}").text
    assert gift.memo in shown
    assert "Người giao hàng không thu" in shown
    assert "Chưa tới quỹ" in shown
    assert raised(campaign) == 0
    in_transaction(
        lambda session: confirm_gift(
            session, gift_id=gift.id, amount_vnd=50_000, seen_vnd=0, actor_id=None,
            actor_name="thủ quỹ", now=now_utc(),
        )
    )  # fmt: skip
    assert raised(campaign) == 50_000
    shown = client.get(f"/don/{order.code}").text
    assert "Quỹ đã nhận ngày" in shown
    assert gift.memo in shown
    assert "Chưa tới quỹ" not in shown


def test_a_transfer_to_the_fund_is_numbered_with_those_to_sellers(
    client, checkout, a_campaign, a_variant, a_seller, orders,
):  # fmt: skip
    seller = a_seller()
    page = checkout(a_variant(seller_id=seller), **{f"p{seller}-method": "transfer"})
    put(client, a_campaign())
    page.typed |= fund_fields(client.get("/dat-hang").text)
    page.look()
    assert page.send().status_code == 303
    shown = client.get(f"/don/{orders()[0].code}").text
    assert "Chuyển khoản 1 trên 2" in shown
    assert "Chuyển khoản 2 trên 2" in shown
    assert gifts()[0].memo != db.session.scalars(select(Payment.memo)).one()


def test_rounding_up_is_unticked_said_in_words_and_exact(
    client, checkout, a_campaign, a_variant, orders,
):  # fmt: skip
    campaign = a_campaign()
    page = checkout(a_variant(price_vnd=97_000))
    page.typed |= fund_fields(client.get("/dat-hang").text)
    assert "fund_round" not in page.typed
    assert "fund_keep" not in page.typed
    html = page.look()
    assert re.search(r"Làm tròn lên 120.000.đồng: góp 8.000.đồng", html)
    assert "Đặt hàng, 112.000" in html
    page.typed["fund_round"] = "y"
    assert "Đặt hàng, 120.000" in page.look()
    assert page.send().status_code == 303
    [gift] = gifts()
    assert (gift.amount_vnd, gift.rounds_up, gift.shown_name) == (8_000, True, "")
    assert orders()[0].total_vnd + gift.amount_vnd == 120_000
    assert gift.campaign_id == campaign


def test_what_is_not_ticked_is_not_given_and_leaves_the_cart(
    client, checkout, a_campaign, a_variant, orders,
):  # fmt: skip
    page = checkout(a_variant())
    put(client, a_campaign())
    page.typed |= fund_fields(client.get("/dat-hang").text)
    del page.typed["fund_keep"]
    assert "Đặt hàng, 110.000" in page.look()
    assert page.send().status_code == 303
    assert (gifts(), orders()[0].gift_vnd) == ([], 0)
    assert db.session.scalars(select(CartGift)).all() == []


def test_a_campaign_that_closed_meanwhile_takes_no_gift_and_no_order_with_it(
    client, checkout, a_campaign, a_variant, orders,
):  # fmt: skip
    campaign = a_campaign()
    page = checkout(a_variant())
    put(client, campaign)
    page.typed |= fund_fields(client.get("/dat-hang").text)
    page.look()
    with transaction() as session:
        session.get_one(Campaign, campaign).state = "closed"
    refused = page.send()
    assert refused.status_code == 409
    assert (gifts(), orders()) == ([], [])
    assert "không nhận thêm nữa" in refused.text
    assert fund_fields(refused.text) == {}
    page.remember(refused.text)
    for name in [name for name in page.typed if name.startswith("fund_")]:
        del page.typed[name]
    assert page.send().status_code == 303
    assert (gifts(), len(orders())) == ([], 1)
    assert put(client, campaign).status_code == 409


@both_engines
def test_an_order_that_comes_to_nothing_takes_its_unpaid_gift_along_and_leaves_a_paid_one(
    client, checkout, a_campaign, a_variant, orders,
):  # fmt: skip
    campaign = a_campaign()
    for _ in range(2):
        page = checkout(a_variant())
        put(client, campaign)
        page.typed |= fund_fields(client.get("/dat-hang").text)
        page.look()
        assert page.send().status_code == 303
    unpaid, paid = (gift.id for gift in gifts())
    in_transaction(
        lambda session: receive_gift(
            session, gift_id=paid, amount_vnd=50_000, key="gift:a", now=now_utc()
        )
    )
    for order in orders():
        order_id = order.id
        in_transaction(
            lambda session, order_id=order_id: cancel(
                session, order_id=order_id, seller_order_id=None, actor_id=None, note="",
                now=now_utc(),
            )
        )  # fmt: skip
    assert [(g.id, g.withdrawn_at is None) for g in gifts()] == [(unpaid, False), (paid, True)]
    assert raised(campaign) == 50_000
    html = client.get(f"/don/{orders()[0].code}").text
    assert "Anh/chị không góp khoản này nữa" in html
    assert "Góp 50.000" in html
    assert "Chuyển khoản 1 trên" not in html


def test_she_takes_an_unpaid_gift_back_and_whoever_only_tracks_the_order_cannot(
    app, client, checkout, a_campaign, a_variant, orders,
):  # fmt: skip
    page = checkout(a_variant())
    put(client, a_campaign())
    page.typed |= fund_fields(client.get("/dat-hang").text)
    page.look()
    page.send()
    code, [gift] = orders()[0].code, gifts()
    other = app.test_client()
    other.post("/tra-don", data={"code": code, "last4": "0123"})
    tracked = other.get(f"/don/{code}").text
    assert "/dong-gop/" not in tracked
    assert gift.memo in tracked
    assert other.post(f"/don/{code}/gop/1/thoi").status_code == 404
    assert client.post(f"/don/{code}/gop/2/thoi").status_code == 404
    answer = client.post(f"/don/{code}/gop/1/thoi")
    assert answer.location == f"/don/{code}?da=thoi-gop"
    assert gifts()[0].withdrawn_at is not None
    # Money that comes all the same asks a person.
    late = ForFund("gift", 1, gift.memo, "", "", 50_000, takes=False, withdrawn=True)
    assert decide(50_000, [], [], funds=[late]).reason == "fund_dropped"


def test_a_cart_with_a_gift_alone_leads_to_the_form_that_needs_no_address(client, a_campaign):
    campaign = a_campaign()
    assert put(client, campaign, amount="own", own="75k").status_code == 303
    html = client.get("/gio").text
    assert "không cần địa chỉ" in html
    assert f'href="/gay-quy/{code_of(campaign)}?gop=75000#gop"' in html
    form = client.get(f"/gay-quy/{code_of(campaign)}?gop=75000").text
    assert 'value="75.000"' in form
    assert '<option selected value="own">' in form
    for odd in ("", "x", "-5", "9" * 30):
        assert client.get(f"/gay-quy/{code_of(campaign)}?gop={odd}").status_code == 200
    assert client.post("/gio/gop/bo").location == "/gio?da=bo-gop#gop"
    assert "Khoản góp" not in client.get("/gio").text


@pytest.mark.parametrize(
    ("typed", "status"),
    [
        ({"amount": "own", "own": ""}, 422), ({"amount": "own", "own": "500"}, 422),
        ({"amount": "7"}, 422), ({"amount": "-50000"}, 422), ({"amount": "own", "own": "9" * 30}, 422),
        ({"dot": "KHONGCO1"}, 404), ({"dot": "\x00"}, 404), ({"gop": "lam-tron"}, 303),
    ],
)  # fmt: skip
def test_what_cannot_be_a_gift_stays_out_of_the_cart(client, a_campaign, typed, status):
    assert put(client, a_campaign(), **typed).status_code == status
    db.session.rollback()
    kept = db.session.scalars(select(CartGift)).all()
    assert [(one.amount_vnd, one.rounds_up) for one in kept] == (
        [(0, True)] if status == 303 else []
    )


def test_a_guests_gift_follows_her_who_signs_in(app, an_account, a_campaign):
    from shop.ordering.actions import join_carts, open_cart, put_gift

    one, other, now = a_campaign(), a_campaign(), now_utc()

    def carts(session):
        her = open_cart(session, token="", account_id=account, now=now)
        guest = open_cart(session, token="a token of a guest", account_id=None, now=now)
        put_gift(
            session, cart_id=guest, campaign_id=one, amount_vnd=20_000, rounds_up=False, now=now
        )
        return her, guest

    account = an_account()
    her, guest = in_transaction(carts)
    in_transaction(lambda s: join_carts(s, account_id=account, cart_id=guest, now=now))
    db.session.rollback()
    assert db.session.get_one(CartGift, her).campaign_id == one
    del other


def test_a_gift_to_a_campaign_that_is_over_asks_nobody_to_transfer(
    client, checkout, a_campaign, a_variant, orders,
):  # fmt: skip
    campaign = a_campaign()
    page = checkout(a_variant())
    put(client, campaign)
    page.typed |= fund_fields(client.get("/dat-hang").text)
    page.look()
    page.send()
    with transaction() as session:
        row = session.get_one(Campaign, campaign)
        row.closes_on = vietnam_date(now_utc()) - timedelta(days=1)
    html = client.get(f"/don/{orders()[0].code}").text
    assert "Đợt này đã khép, anh/chị đừng chuyển nữa" in html
    assert "Chủ tài khoản" not in html
    assert db.session.scalars(select(SellerOrder.state)).all() == ["placed"]


def test_the_open_page_of_a_gift_learns_once_that_it_came(client, a_campaign):
    campaign = a_campaign()
    with transaction() as session:
        gift = offer_gift(
            session, campaign_id=campaign, amount_vnd=50_000, contact={"name": "", "email": None},
            shown_name="", message="", attempt_id="one", locale="vi", now=now_utc(),
        )  # fmt: skip
        at, gift_id = f"/dong-gop/{gift_link_token(gift)}", gift.id
    page = client.get(at).text
    mark = re.search(r'data-mark="([^"]+)"', page)[1].replace("&#34;", '"')
    watched = re.search(r'data-watch="([^"]+)"', page)[1]
    assert watched == f"{at}/tien"
    # What is asked for stands in the part that goes once the money is there (static/js/watch.js).
    assert "Số tài khoản" in page.partition('data-transfer="1"')[2]
    assert client.get(watched, headers={"If-None-Match": mark}).status_code == 304
    in_transaction(
        lambda session: receive_gift(
            session, gift_id=gift_id, amount_vnd=50_000, key="gift:one", now=now_utc()
        )
    )
    news = client.get(watched, headers={"If-None-Match": mark})
    assert news.json == {
        "headline": "Khoản góp của anh/chị", "settled": ["1"],
        "says": "Quỹ đã nhận 50.000\u00a0đồng của anh/chị. Cảm ơn anh/chị.",
    }  # fmt: skip
    assert news.headers["Cache-Control"] == "no-store"
    for again in (news.headers["ETag"], "W/" + news.headers["ETag"]):
        assert client.get(watched, headers={"If-None-Match": again}).status_code == 304
    assert "data-watch" not in client.get(at).text
    assert client.get("/dong-gop/khong-co/tien").status_code == 404


def test_the_open_page_of_an_order_learns_once_that_the_gift_beside_it_came(
    client, checkout, a_campaign, a_variant, a_seller, orders,
):  # fmt: skip
    seller = a_seller()
    page = checkout(a_variant(seller_id=seller), **{f"p{seller}-method": "transfer"})
    put(client, a_campaign())
    page.typed |= fund_fields(client.get("/dat-hang").text)
    page.look()
    page.send()
    [order], [gift] = orders(), gifts()
    html = client.get(f"/don/{order.code}").text
    mark = re.search(r'data-mark="([^"]+)"', html)[1].replace("&#34;", '"')
    watched = re.search(r'data-watch="([^"]+)"', html)[1]
    assert html.count("data-watch") == 1, "Two payees, one look."
    assert gift.memo in html.partition('data-transfer="gop-1"')[2]
    assert client.get(watched, headers={"If-None-Match": mark}).status_code == 304
    in_transaction(
        lambda session: receive_gift(
            session, gift_id=gift.id, amount_vnd=50_000, key="gift:one", now=now_utc()
        )
    )
    news = client.get(watched, headers={"If-None-Match": mark})
    assert news.json["says"] == "Quỹ đã nhận 50.000\u00a0đồng của anh/chị. Cảm ơn anh/chị."
    assert news.json["settled"] == ["gop-1"], "The seller's transfer is still asked for."
    again = news.headers["ETag"]
    assert client.get(watched, headers={"If-None-Match": again}).status_code == 304
    html = client.get(f"/don/{order.code}").text.replace("&#34;", '"')
    assert f'data-mark="{again}"' in html, "A page made anew knows as much."
