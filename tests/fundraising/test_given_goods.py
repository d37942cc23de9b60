"""A woman gives fruit, others sell it: asked, answered, sold with all of it for the fund."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from shop.audit.models import AuditEntry
from shop.catalogue.models import Product, Variant
from shop.db import db, in_transaction, transaction
from shop.fundraising.actions import campaigns
from shop.fundraising.actions import goods as actions
from shop.fundraising.actions.gifts import offer_gift, receive_gift
from shop.fundraising.goods_models import GoodsGift
from shop.fundraising.jobs import forget_givers
from shop.fundraising.models import Campaign, CampaignOffer, Gift
from shop.fundraising.queries.gifts import giver_of
from shop.fundraising.queries.proofs import broken_chains
from shop.kernel.clock import now_utc
from shop.operations.undo import OPPOSITES
from shop.stock.models import StockLevel
from shop.web.shown import shown_now
from tests.conftest import NOON
from tests.engines import both_engines
from tests.fundraising.test_sales import BY, arrive, figures

TYPED = {
    "words": "Xoài cát nhà trồng", "quantity": "30", "unit": "kg", "value": "600k",
    "name": "Lê Thị Lành", "phone": "0905 000 321", "note": "Sáng mai, thôn Gò Mít",
    "show_name": "y",
}  # fmt: skip


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


@pytest.fixture
def world(a_campaign, a_seller, a_category, an_officer):
    """(campaign, its code, its officer, a stall, a category)."""
    one, shelf = a_campaign(standing=True), a_category()
    with transaction() as session:
        row = session.get_one(Campaign, one)
        code, unit = row.code, row.organisation_id
    stall = a_seller(organisation_id=unit)
    return one, code, an_officer(unit), stall, shelf


def given() -> GoodsGift:
    db.session.rollback()
    return db.session.scalars(select(GoodsGift)).one()


def sold_with(stall: int, shelf: int) -> dict[str, Any]:
    form = {
        "seller": stall, "category": shelf, "price": "25k", "weight": "1100", "allergens": ["milk", "soy"],
        "consent_kind": "in_person", "consent_by": "chị Sương", "consent_on": "2026-11-01",
    }  # fmt: skip
    return {f"b{given().id}-{name}": value for name, value in form.items()}


@both_engines
def test_given_fruit_is_sold_by_a_stall_and_all_of_it_is_the_funds(
    client, world, an_order, fill_slowly
):  # fmt: skip
    one, code, officer, stall, shelf = world
    here = f"/gay-quy/{code}"
    assert f"{here}/gop-hang" in client.get(here).text
    sent = fill_slowly(f"{here}/gop-hang", {**TYPED, "phone": "12"})
    assert (sent.status_code, "field--bad" in sent.text) == (422, True)
    sent = fill_slowly(f"{here}/gop-hang", TYPED)
    assert sent.status_code == 303
    receipt = sent.headers["Location"].split("?")[0]
    row = given()
    words, key = row.words, row.contact
    assert (row.state, words, b"0905" in key) == ("offered", TYPED["words"], False)
    mine = client.get(receipt)
    assert "cán bộ sẽ gọi lại" in mine.text
    assert (mine.headers["Cache-Control"], mine.headers["Referrer-Policy"]) == (
        "no-store", "no-referrer",
    )  # fmt: skip
    assert words not in client.get(here).text, "Nothing is shown before an officer has read it."
    desk = f"/dieu-hanh/gay-quy/{one}/hang-gop"
    page = officer.get(desk).text
    assert "Lê Thị Lành" in page
    assert "+84905000321" in page
    assert officer.post(f"{desk}/{row.id}/ban", **sold_with(stall, shelf)).status_code == 409
    assert officer.post(f"{desk}/{row.id}/nhan").status_code == 303
    shown = plain(client.get(here).text)
    assert "Xoài cát nhà trồng" in shown
    assert "600.000 đồng" in shown
    assert "000 321" not in shown
    assert figures(one)[:6] == (0, 0, 0, 0, 0, 0), "Its value is beside the money, never inside."
    wrong = officer.post(
        f"{desk}/{row.id}/ban", **sold_with(stall, shelf) | {f"b{row.id}-price": ""}
    )
    assert (wrong.status_code, "Chị ghi giá bán." in wrong.text) == (422, True)
    for ticked, said in (
        ([], "Chị chọn các chất có trong món"), (["none", "milk"], "Chị bỏ bớt một bên"),
    ):  # fmt: skip
        fields = sold_with(stall, shelf) | {f"b{row.id}-allergens": ticked}
        refused = officer.post(f"{desk}/{row.id}/ban", **fields)
        assert (refused.status_code, said in refused.text) == (422, True)
    assert officer.post(f"{desk}/{row.id}/ban", **sold_with(stall, shelf)).status_code == 303
    assert db.session.scalars(select(Product.allergens)).one() == ["soy", "milk"]
    offer = db.session.scalars(select(CampaignOffer)).one()
    assert (offer.share_kind, offer.given_by, offer.seller_id) == ("all", "Lê Thị Lành", stall)
    slug = db.session.get_one(Product, offer.product_id).slug
    variant = db.session.scalars(select(Variant.id)).one()
    db.session.rollback()
    page = plain(client.get(f"/san-pham/{slug}").text)
    assert "Tất cả tiền hàng vào quỹ" in page
    assert "Hàng Lê Thị Lành góp." in page
    assert "25.000 đồng cho Bò giống" in page
    assert "đang bán giúp" in plain(client.get(receipt).text)
    arrive(an_order({variant: (stall, "cod")}, quantity=2).parts[0])
    now = figures(one)
    assert (now.sold_vnd, now.makers_vnd, now.promised_vnd) == (50_000, 0, 50_000)
    assert '30 <span lang="vi">kg</span>' in client.get(here).text, (
        "What was given stays as it was."
    )


@both_engines
def test_goods_are_asked_for_once_answered_once_and_taken_back(client, world, run, fill_slowly):
    one, code, officer, stall, shelf = world
    sent = fill_slowly(f"/gay-quy/{code}/gop-hang", {**TYPED, "show_name": ""}, twice=True)
    assert sent.status_code == 303
    row = given()
    goods_id, shown_name = row.id, row.shown_name
    assert shown_name == ""
    desk = f"/dieu-hanh/gay-quy/{one}/hang-gop"
    assert officer.post(f"{desk}/{goods_id}/xyz").status_code == 404
    assert officer.post(f"/dieu-hanh/gay-quy/999/hang-gop/{goods_id}/nhan").status_code == 404
    assert officer.post(f"{desk}/{goods_id}/khong").status_code == 303
    assert officer.post(f"{desk}/{goods_id}/nhan").status_code == 409
    by = {"actor_id": officer.account_id, "actor_name": "Hương"}
    [entry] = db.session.scalars(
        select(AuditEntry).where(AuditEntry.action == "goods_gift.declined")
    ).all()
    in_transaction(lambda s: OPPOSITES["goods_gift.declined"](s, entry, {**by, "now": NOON}))
    assert given().state == "offered"
    assert TYPED["words"] in run("campaign", "goods", code)
    run("campaign", "accept-goods", str(goods_id))
    with transaction() as session:
        from shop.catalogue.models import Category
        from shop.sellers.models import Seller

        named = session.get_one(Seller, stall).slug, session.get_one(Category, shelf).slug
    told = ("--category", named[1], "--price", "20k", "--weight", "1000", "--consent", "in_person",
            "--consent-by", "chị Sương", "--consent-on", "2026-11-01")  # fmt: skip
    run("campaign", "sell-goods", str(goods_id), named[0], *told)
    offer = db.session.scalars(select(CampaignOffer)).one()
    assert offer.given_by == ""
    shown = client.get(f"/gay-quy/{code}").text
    assert "Lê Thị Lành" not in shown, "She did not want to be named."
    quantity = given().quantity
    in_transaction(lambda s: s.execute(update(StockLevel).values(reserved=1)))
    in_transaction(lambda s: actions.sell_goods_no_more(s, goods_id=goods_id, now=NOON, **by))
    assert given().state == "accepted"
    assert given().left_over == quantity - 1, "One is promised to a buyer: it is not sold again."
    db.session.rollback()
    assert db.session.scalars(select(CampaignOffer.ended_at)).one() is not None
    assert db.session.scalars(select(Product.state)).one() == "hidden"


@both_engines
def test_only_a_running_sale_takes_goods(client, a_campaign):
    for made in ({"kind": "giving"}, {"state": "closed"}, {"state": "draft"}):
        code = db.session.get_one(Campaign, a_campaign(**made)).code
        db.session.rollback()
        assert client.get(f"/gay-quy/{code}/gop-hang").status_code == 404, made
        assert client.post(f"/gay-quy/{code}/gop-hang", data=TYPED).status_code == 404, made


@pytest.fixture
def fill_slowly(client):
    """Send a form that was opened a while ago; ``twice``: tap twice."""

    def send(address: str, typed: dict[str, str], twice: bool = False):
        assert 'name="shown"' in client.get(address).text
        told = {**typed, "shown": shown_now(now_utc() - timedelta(seconds=30))}
        answers = [client.post(address, data=told) for _ in range(1 + twice)]
        return answers[-1]

    return send


def test_a_second_tap_leads_to_the_same_link_after_a_new_secret_key(app, client, world):
    code = world[1]
    told = {**TYPED, "shown": shown_now(now_utc() - timedelta(seconds=30))}
    first = client.post(f"/gay-quy/{code}/gop-hang", data=told).headers["Location"]
    app.config["SECRET_KEY_FALLBACKS"] = [app.secret_key]
    app.secret_key = "another" * 8
    assert client.post(f"/gay-quy/{code}/gop-hang", data=told).headers["Location"] == first
    assert client.get(first).status_code == 200


@both_engines
def test_how_to_reach_those_who_gave_is_forgotten_a_year_after(
    app, a_campaign, client, world, fill_slowly
):  # fmt: skip
    one, code, officer, _stall, _shelf = world
    assert fill_slowly(f"/gay-quy/{code}/gop-hang", TYPED).status_code == 303
    goods_id, over, now = given().id, a_campaign(), now_utc()

    def give(campaign_id: int, attempt: str, came: bool) -> int:
        with transaction() as session:
            gift = offer_gift(
                session, campaign_id=campaign_id, amount_vnd=50_000, shown_name="Chị Mẫu",
                contact={"name": "Chị Mẫu", "email": "mau@example.net"}, message="Chúc khoẻ",
                attempt_id=attempt, locale="vi", now=now,
            )  # fmt: skip
            if came:
                receive_gift(session, gift_id=gift.id, amount_vnd=50_000, key=attempt, now=now)
            return gift.id

    never, running, ended = give(one, "a", False), give(one, "b", True), give(over, "c", True)
    in_transaction(lambda s: campaigns.close_campaign(s, campaign_id=over, now=now, **BY))

    def kept() -> list[bool]:
        db.session.rollback()
        gifts = [db.session.get_one(Gift, key) for key in (never, running, ended)]
        return [bool(row.contact) for row in (given(), *gifts)]

    forget_givers(now + timedelta(days=360))
    assert kept() == [True, True, True, True]
    forget_givers(now + timedelta(days=370))
    # Her fund still hands over: she is still written to.
    assert kept() == [False, False, True, False]
    gone, stays = db.session.get_one(Gift, never), db.session.get_one(Gift, ended)
    assert (gone.shown_name, gone.message, gone.forgotten_at is None) == ("", "", False)
    assert (stays.shown_name, stays.has_email, stays.received_vnd) == ("Chị Mẫu", False, 50_000)
    assert giver_of(stays) == {"name": "", "email": None}
    assert (given().id, given().shown_name) == (goods_id, "Lê Thị Lành"), "As she let it be read."
    assert list(broken_chains(db.session())) == []
    page = officer.get(f"/dieu-hanh/gay-quy/{one}/hang-gop")
    assert (page.status_code, "không còn giữ cách liên lạc" in page.text) == (200, True)


def test_neighbours_behind_one_address_do_not_take_each_others_turns(
    app, client, world, fill_slowly
):
    address, limits = f"/gay-quy/{world[1]}/gop-hang", app.extensions["limits"]
    for _ in range(10):
        limits.hit("10 per hour", "goods", "127.0.0.1")
    answers = [fill_slowly(address, TYPED).status_code for _ in range(4)]
    assert answers == [303] * 3 + [429]
    assert fill_slowly(address, TYPED | {"phone": "0905 000 322"}).status_code == 303
    for _ in range(100):
        limits.hit("100 per hour", "goods-more", "127.0.0.1")
    assert fill_slowly(address, TYPED | {"phone": "0905 000 323"}).status_code == 429
