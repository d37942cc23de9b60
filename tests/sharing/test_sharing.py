"""What is passed on says what the public page says, of the day it names, and leads back to it."""

import io
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import zxingcpp
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from pypdf import PdfReader
from sqlalchemy import func, select

from shop.db import db, transaction
from shop.kernel.clock import now_utc, vietnam_date
from shop.media.store import fetch
from shop.mutual_aid.actions import add_need, cancel_call, open_call, pledge, write_call
from shop.sharing import making
from shop.sharing.drawing import _font_for, _knows, draw, poster
from shop.sharing.making import file_of, make_ahead
from shop.sharing.models import SharePicture, ShareVisits
from shop.sharing.queries import CARDS, card_of_call
from shop.sharing.rules import (
    SIZES_PX,
    Card,
    Figure,
    Shape,
    Source,
    looks_like_a_machine,
    read_short,
    short_code,
    shortened,
    wrapped,
)
from tests.media.photos import photo

CARD = Card(
    kind="Giúp nhau", title="Cấy sáu sào lúa",
    lines=("Giúp một gia đình ở thôn Gò Mít", "6:00 Chủ nhật, 29/11", "Nhà văn hoá thôn"),
    figure=Figure(date(2026, 11, 26), "đã có 7 trên 10 người"),
    by="Hội Liên hiệp Phụ nữ xã Sông Lành", address="https://cho.example/giup-nhau/K4TX9Q2M",
    short="cho.example/giup-nhau/K4TX9Q2M", scan="Quét để xem và nhận lời",
)  # fmt: skip
LONG = Card(
    kind="Giúp nhau", title="Dựng lại mái nhà cho ba hộ bị bão quật đổ " * 3,
    lines=("Một dòng rất dài " * 12,) * 6, figure=Figure(date(2026, 11, 26), "đã có " * 30),
    by="Hội Liên hiệp Phụ nữ phường " * 4, address="https://cho.example/" + "a" * 80,
    short="cho.example/" + "a" * 80, scan="Quét",
)  # fmt: skip


def read_qr(picture: Any) -> list[str]:
    return [found.text for found in zxingcpp.read_barcodes(picture)]


@pytest.mark.parametrize("card", [CARD, LONG], ids=["plain", "far too long"])
@pytest.mark.parametrize("shape", Shape)
def test_a_picture_has_its_size_weighs_little_and_its_qr_leads_to_the_page(
    shape: Shape, card: Card
) -> None:
    content = draw(card, shape)
    picture = Image.open(io.BytesIO(content))
    assert (picture.format, picture.size) == ("JPEG", SIZES_PX[shape])
    assert len(content) < 300_000
    assert read_qr(picture) == [card.address]
    if card is CARD:  # As a phone shows it in a chat.
        assert read_qr(picture.resize((picture.width // 2, picture.height // 2))) == [card.address]


def test_a_photo_of_the_work_finds_its_place() -> None:
    content = draw(CARD, Shape.TALL, photo((900, 700), colour="#00ff00"))
    picture = Image.open(io.BytesIO(content)).convert("RGB")
    greens = [picture.getpixel((500, y)) for y in range(0, 1350, 10)]
    assert sum(1 for r, g, b in greens if g > 200 and r < 60) > 30  # type: ignore[misc]
    assert read_qr(picture) == [CARD.address]


def test_every_vietnamese_letter_is_in_the_typefaces() -> None:
    vowels = "aăâeêioôơuưy"
    marks = "\u0300\u0301\u0303\u0309\u0323"
    import unicodedata

    letters = {unicodedata.normalize("NFC", vowel + mark) for vowel in vowels for mark in marks}
    for letter in letters | {letter.upper() for letter in letters} | set("đĐ0123456789.,:/×–“”"):
        for kind in ("plain", "bold"):
            assert _knows(kind, letter), letter
        assert _font_for(letter, "title", 40) is not None
    assert all(_knows("title", letter) for letter in letters)
    assert not _knows("title", "漢")


def test_a_poster_is_one_tagged_page_with_its_words_and_a_qr() -> None:
    content = poster(CARD)
    page = PdfReader(io.BytesIO(content))
    assert len(page.pages) == 1
    assert [round(side) for side in page.pages[0].mediabox[2:]] == [595, 842]
    said = "".join(page.pages[0].extract_text().split())
    for word in CARD.words:
        assert "".join(word.split()) in said, word
    assert b"/MarkInfo" in content
    most = {
        "title": "Dựng mái nhà " * 9, "lines": ("một gia đình " * 12, "30/11", "Nhà văn hoá " * 16),
        "figure": Figure(date(2026, 11, 26), "7 trên 10 người, " * 8),
    }  # fmt: skip
    assert len(PdfReader(io.BytesIO(poster(Card(**CARD.__dict__ | most)))).pages) == 1


def test_a_figure_is_dated_and_another_figure_is_another_picture() -> None:
    assert CARD.dated == "Đến 26/11/2026: đã có 7 trên 10 người"
    later = Card(**{**CARD.__dict__, "figure": Figure(date(2026, 11, 27), "đã có 7 trên 10 người")})
    assert later.digest != CARD.digest
    assert CARD.text.endswith(CARD.address)
    assert CARD.dated in CARD.text


def test_words_are_wrapped_and_what_is_left_out_is_told() -> None:
    lines = wrapped("một hai ba bốnnămsáubảy", 7, len)
    assert lines == ["một hai", "ba", "bốnnăms", "áubảy"]
    assert wrapped("", 7, len) == []
    assert shortened(["a,", "b"], 1) == ["a …"]


@pytest.fixture
def a_call(app: Flask, an_organisation: Callable[..., int]) -> Callable[..., str]:
    def make(*, opened: bool = True) -> str:
        now, by = now_utc(), {"actor_id": None, "actor_name": "Hương", "now": now_utc()}
        with transaction() as session:
            row = write_call(
                session, organisation_id=an_organisation_id, words={
                    "title_vi": "Cấy sáu sào lúa", "title_en": "Transplanting rice",
                    "for_whom_vi": "một gia đình ở thôn Gò Mít", "place_vi": "Đầu làng",
                    "story_vi": "Chị Mai nằm viện.", "contact_name": "Hạnh",
                    "contact_phone": "+84905000777",
                },
                starts_at=now + timedelta(days=3), ends_at=now + timedelta(days=3, hours=4),
                consent_kind="voice", consent_on=vietnam_date(now), **by,
            )  # fmt: skip
            add_need(
                session, call_id=row.id, kind="labour", words_vi="Người cấy", words_en="",
                unit_vi="người", unit_en="person", wanted=9, **by,
            )  # fmt: skip
            if opened:
                open_call(session, call_id=row.id, **by)
            return row.code

    an_organisation_id = an_organisation()
    return make


def promise(code: str, name: str, shown: str) -> None:
    from shop.mutual_aid.models import HelpCall, HelpNeed

    with transaction() as session:
        call = session.scalars(select(HelpCall).where(HelpCall.code == code)).one()
        need = session.scalars(select(HelpNeed).where(HelpNeed.call_id == call.id)).one()
        pledge(
            session, call_id=call.id, need_id=need.id, quantity=2,
            contact={"name": name, "phone": "+84905000333", "email": None, "note": "đem cuốc"},
            shown_name=shown, attempt_id=f"{name}-1", locale="vi", now=now_utc(),
        )  # fmt: skip


def test_no_name_of_anybody_is_on_a_card(app: Flask, a_call: Any) -> None:
    code = a_call()
    promise(code, "Nguyễn Thị Kín", "")
    promise(code, "Trần Thị Hiện", "Trần Thị Hiện")
    with app.test_request_context():
        card = card_of_call(db.session(), code, now_utc())
    assert card is not None
    said = " ".join((*card.words, card.text)).replace("\xa0", " ")
    assert "đã có 4 trên 9 người" in said
    for masked in ("Kín", "Hiện", "Mai", "Hạnh", "333", "777", "cuốc"):
        assert masked not in said


@pytest.mark.parametrize("state", ["draft", "cancelled", "unknown", "other kind"])
def test_what_is_not_public_has_no_picture(client: FlaskClient, a_call: Any, state: str) -> None:
    from shop.mutual_aid.models import HelpCall

    code = "ABCDEFGH" if state == "unknown" else a_call(opened=state != "draft")
    if state == "cancelled":
        with transaction() as session:
            call = session.scalars(select(HelpCall).where(HelpCall.code == code)).one()
            cancel_call(
                session, call_id=call.id, reason="Mưa", actor_id=None, actor_name="", now=now_utc()
            )
    kind = "tai-khoan" if state == "other kind" else "giup-nhau"
    for last in ("", "/vuong.jpg", "/xem-truoc.jpg", "/to-a4.pdf"):
        assert client.get(f"/chia-se/{kind}/{code}{last}").status_code == 404
    assert db.session.scalar(select(func.count()).select_from(SharePicture)) == 0


def test_a_picture_is_drawn_once_and_anew_when_its_figure_changes(
    app: Flask, client: FlaskClient, a_call: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, drawn = a_call(), []
    monkeypatch.setattr(making, "draw", lambda card, *how: drawn.append(card) or draw(card, *how))
    way = f"/chia-se/giup-nhau/{code}/vuong.jpg"
    first = client.get(way)
    assert (first.status_code, first.content_type) == (200, "image/jpeg")
    assert "public" in first.headers["Cache-Control"]
    assert "Set-Cookie" not in first.headers
    assert client.get(way).data == first.data
    again = client.get(way, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert len(drawn) == 1
    old = file_of(drawn[0].digest, Shape.SQUARE)
    assert fetch(old) == first.data
    promise(code, "Lan", "")
    second = client.get(way)
    assert second.headers["ETag"] != first.headers["ETag"]
    assert len(drawn) == 2
    assert fetch(old) is None, "The old file is thrown away."
    assert db.session.scalar(select(func.count()).select_from(SharePicture)) == 1


def test_of_many_who_come_at_once_one_waits_for_the_picture_of_another(
    app: Flask, client: FlaskClient, a_call: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, drawn = a_call(), []
    monkeypatch.setattr(making, "draw", lambda card, *how: drawn.append(card) or draw(card, *how))
    with app.test_request_context():
        card = card_of_call(db.session(), code, now_utc())
        assert card is not None
        first = making.make("giup-nhau", code, card, Shape.SQUARE, now_utc())
        assert making.make("giup-nhau", code, card, Shape.SQUARE, now_utc()) == first
    assert len(drawn) == 1


def test_two_processes_may_keep_the_same_picture(
    app: Flask, client: FlaskClient, a_call: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = a_call()
    assert client.get(f"/chia-se/giup-nhau/{code}/vuong.jpg").status_code == 200
    # The other process looked before this one had stored its line.
    monkeypatch.setattr(making, "kept_digest", lambda *_, **__: None)
    assert client.get(f"/chia-se/giup-nhau/{code}/vuong.jpg").status_code == 200
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(SharePicture)) == 1


def test_the_worker_draws_ahead_so_that_nobody_waits(
    app: Flask, client: FlaskClient, a_call: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = a_call()
    make_ahead(now_utc())

    def never(*_: Any) -> bytes:
        raise AssertionError("It was drawn before.")

    monkeypatch.setattr(making, "draw", never)
    for shape in Shape:
        assert client.get(f"/chia-se/giup-nhau/{code}/{shape}.jpg").status_code == 200
    make_ahead(now_utc())


def test_the_page_of_a_call_names_its_preview_and_the_share_page_has_everything(
    client: FlaskClient, a_call: Any
) -> None:
    code = a_call()
    page = client.get(f"/giup-nhau/{code}").text
    found = re.search(r'property="og:image" content="https?://[^/]+(/[^"]+)"', page)
    assert found is not None
    assert client.get(found[1]).content_type == "image/jpeg"
    for start in ("", "/en"):
        answer = client.get(f"{start}/chia-se/giup-nhau/{code}")
        assert answer.status_code == 200
        assert answer.headers["X-Robots-Tag"] == "noindex"
        for way in set(
            re.findall(rf'(?:href|src)="({start}/chia-se/[^"]+\.(?:jpg|pdf))"', answer.text)
        ):
            assert client.get(way).status_code == 200, way
        assert f"/giup-nhau/{code}</textarea>" in answer.text
    assert "Transplanting rice" in client.get(f"/en/chia-se/giup-nhau/{code}").text


def test_a_campaigns_picture_says_what_was_raised_by_the_books_and_on_which_day(
    app: Flask, client: FlaskClient, a_campaign: Callable[..., int]
) -> None:
    from shop.fundraising.models import Campaign

    code = db.session.get_one(Campaign, a_campaign()).code
    db.session.rollback()
    with app.test_request_context():
        card = CARDS["gay-quy"](db.session(), code, now_utc())
    assert card is not None
    today = f"{vietnam_date(now_utc()):%d/%m/%Y}"
    said = card.dated.replace("\xa0", " ")
    assert said == f"Đến {today}: đã gây được 0 đồng, cần 50.000.000 đồng"
    assert card.address.endswith(f"/gay-quy/{code}")
    picture = client.get(f"/chia-se/gay-quy/{code}/dung.jpg")
    assert read_qr(Image.open(io.BytesIO(picture.data))) == [card.address]
    assert client.get(f"/chia-se/gay-quy/{code}/to-a4.pdf").status_code == 200
    page = client.get(f"/gay-quy/{code}").text
    assert f'/chia-se/gay-quy/{code}/xem-truoc.jpg"' in page


@pytest.mark.parametrize("state", ["draft", "waiting", "cancelled"])
def test_a_campaign_that_is_not_public_has_no_picture(
    client: FlaskClient, a_campaign: Callable[..., int], state: str
) -> None:
    from shop.fundraising.models import Campaign

    code = db.session.get_one(Campaign, a_campaign(state=state)).code
    db.session.rollback()
    for last in ("", "/vuong.jpg", "/to-a4.pdf"):
        assert client.get(f"/chia-se/gay-quy/{code}{last}").status_code == 404


def test_words_of_a_stranger_do_not_reach_the_store(client: FlaskClient, a_call: Any) -> None:
    code = a_call()
    for last in ("/tron.jpg", "/..%2f..%2fx.jpg", "/vuong.png", "/vuong.jpg/x"):
        assert client.get(f"/chia-se/giup-nhau/{code}{last}").status_code == 404
    assert client.get(f"/chia-se/giup-nhau/{code.lower()}/vuong.jpg").status_code == 404


GOODS = Card(
    kind="Hàng nhà làm", title="Bánh tráng nước cốt dừa phơi sương của tổ Đông Yên " * 2,
    lines=("chị Mẫu, thôn Gò Mít",), figure=None, by="Bột ngũ cốc Gò Mít", scan="Quét để đặt",
    price="1.250.000 ₫ một thùng", address="https://cho.example/s/H3F-A",
    short="cho.example/s/H3F-A", in_words="https://cho.example/s/H3F-L",
)  # fmt: skip


@pytest.mark.parametrize("shape", Shape)
def test_a_thing_for_sale_shows_its_photo_in_every_shape_and_leads_to_its_short_link(shape) -> None:
    content = draw(GOODS, shape, photo((900, 700), colour="#00ff00"))
    picture = Image.open(io.BytesIO(content)).convert("RGB")
    assert len(content) < 300_000
    greens = [
        picture.getpixel((x, y))
        for x in range(0, picture.width, 20) for y in range(0, picture.height, 20)
    ]  # fmt: skip
    assert sum(1 for r, g, b in greens if g > 200 and r < 60) > 40  # type: ignore[misc]
    assert read_qr(picture) == [GOODS.address]


@pytest.mark.parametrize(("paper", "size"), [("a4", (595, 842)), ("a5", (420, 595))])
def test_a_poster_of_a_thing_has_photo_and_price_on_one_page(paper, size) -> None:
    content = poster(GOODS, paper, photo((900, 700), colour="#00ff00"))
    [page] = PdfReader(io.BytesIO(content)).pages
    assert tuple(round(side) for side in page.mediabox[2:]) == size
    assert "1.250.000₫" in "".join(page.extract_text().split())
    assert [(image.image.width, image.image.height) for image in page.images]


def test_short_links_say_what_and_from_where_and_nothing_else_is_one() -> None:
    for number in (1, 31, 32, 123456789):
        for source in Source:
            code = short_code("nguoi-lam", number, source)
            assert read_short(code.lower()) == ("nguoi-lam", number, source)
    for wrong in (
        "",
        "H",
        "H-A",
        "X3F-A",
        "H3F",
        "H3F-Z",
        "H\u0660-A",
        "H" + "Z" * 11 + "-A",
        "H3U-A",
    ):
        assert read_short(wrong) is None
    assert looks_like_a_machine("facebookexternalhit/1.1")
    assert looks_like_a_machine("")
    assert not looks_like_a_machine("Mozilla/5.0 (Linux; Android 10) Chrome/120")


def test_a_thing_and_a_stall_are_shared_and_visits_are_counted_by_source(
    app: Flask, client: FlaskClient, a_seller: Any, a_variant: Any, an_account: Any, sign_in: Any
) -> None:
    from shop.catalogue.models import Product, Variant
    from shop.sellers.models import Seller

    owner = an_account("Sương")
    stall = a_seller(owner_id=owner)
    jar = a_variant(seller_id=stall)
    product = db.session.scalars(select(Product).join(Variant).where(Variant.id == jar)).one()
    slug, number = product.slug, product.id
    page = client.get(f"/chia-se/san-pham/{slug}").text
    for words in (
        "95.000",
        "chị Mẫu, thôn Gò Mít",
        f"/s/{short_code('san-pham', number, Source.WORDS)}",
    ):
        assert words in page
    square = client.get(f"/chia-se/san-pham/{slug}/vuong.jpg").data
    [link] = read_qr(Image.open(io.BytesIO(square)))
    assert link == f"{app.config['BASE_URL']}/s/{short_code('san-pham', number, Source.PICTURE)}"
    for paper in ("a4", "a5"):
        assert client.get(f"/chia-se/san-pham/{slug}/to-{paper}.pdf").mimetype == "application/pdf"
    assert client.get(f"/chia-se/san-pham/{slug}/to-a3.pdf").status_code == 404
    shown = client.get(f"/san-pham/{slug}").text
    image = re.search(r'og:image" content="([^"]+)"', shown)
    assert image is not None
    assert re.search(r"/chia-se/san-pham/.+/xem-truoc\.jpg\?v=\d+\.\d+$", image[1])
    browser = {"User-Agent": "Mozilla/5.0 (Linux; Android 10) Chrome/120"}
    for code in (short_code("san-pham", number, source) for source in Source):
        answer = client.get(f"/s/{code}", headers=browser)
        assert (answer.status_code, answer.location) == (302, f"/san-pham/{slug}")
        assert "Set-Cookie" not in answer.headers
        assert answer.headers["Cache-Control"] == "no-store"
    client.get(f"/s/{code}", headers=browser)
    client.get(f"/s/{code}", headers={"User-Agent": "facebookexternalhit/1.1"})
    client.head(f"/s/{code}", headers=browser)
    client.get(f"/s/{short_code('nguoi-lam', stall, Source.POSTER)}", headers=browser)
    db.session.rollback()
    seen = {(row.kind, row.source): row.visits for row in db.session.scalars(select(ShareVisits))}
    assert seen == {
        ("san-pham", "A"): 1, ("san-pham", "T"): 1, ("san-pham", "L"): 2, ("nguoi-lam", "T"): 1,
    }  # fmt: skip
    told = sign_in(owner, "seller").get("/ban-hang/chia-se").text
    for way in (
        f"/chia-se/san-pham/{slug}",
        f"/chia-se/nguoi-lam/{db.session.get_one(Seller, stall).slug}",
    ):
        assert f'href="{way}"' in told
    assert "Cả gian hàng" in told
    assert "Bột ngũ cốc" in told
    assert client.get("/s/H999999-A", headers=browser).status_code == 404
    with transaction() as session:
        session.get_one(Product, number).state = "hidden"
    assert client.get(f"/chia-se/san-pham/{slug}").status_code == 404


def test_the_worker_draws_previews_of_goods_once_and_anew_when_they_changed_and_lets_old_ones_go(
    app: Flask, a_seller: Any, a_variant: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from shop.catalogue.models import Product, Variant
    from shop.sharing.actions import look_again

    stall = a_seller()
    jar = a_variant(seller_id=stall)
    product = db.session.scalars(select(Product).join(Variant).where(Variant.id == jar)).one()
    slug, number = product.slug, product.id
    drawn: list[str] = []
    monkeypatch.setattr(
        making, "draw", lambda card, shape, photo=None: drawn.append(card.title) or b"picture"
    )

    def kept() -> dict[tuple[str, str], str]:
        db.session.rollback()
        rows = db.session.scalars(select(SharePicture)).all()
        db.session.rollback()
        return {(row.kind, row.shape): row.digest for row in rows}

    now = now_utc()
    make_ahead(now)
    first = kept()
    assert set(first) == {("san-pham", "xem-truoc"), ("nguoi-lam", "xem-truoc")}
    make_ahead(now)
    assert len(drawn) == 2, "what has not changed is not looked at again"
    with app.test_request_context():
        wanted = CARDS["san-pham"](db.session(), slug, now)
        assert wanted is not None
        making.make("san-pham", slug, wanted, Shape.SQUARE, now)
    with transaction() as session:
        row = session.get_one(Product, number)
        row.price_vnd, row.updated_at = 96_000, now + timedelta(minutes=1)
    make_ahead(now + timedelta(minutes=2))
    second = kept()
    assert set(second) == set(first), "the square one of the old price is gone"
    assert second["san-pham", "xem-truoc"] != first["san-pham", "xem-truoc"]
    for shape in (Shape.SQUARE, Shape.PREVIEW):
        assert fetch(file_of(first["san-pham", "xem-truoc"], shape)) is None
    assert fetch(file_of(second["san-pham", "xem-truoc"], Shape.PREVIEW)) == b"picture"
    many = len(drawn)
    with transaction() as session:
        look_again(session, stall)
    make_ahead(now + timedelta(minutes=3))
    assert len(drawn) == many, "looked at, and right as it was"
    with transaction() as session:
        session.get_one(Product, number).state = "hidden"
    make_ahead(now + timedelta(minutes=4))
    assert set(kept()) == {("nguoi-lam", "xem-truoc")}
    assert fetch(file_of(second["san-pham", "xem-truoc"], Shape.PREVIEW)) is None


def test_visits_of_a_market_are_shown_to_whoever_prepares_it(
    client: FlaskClient, a_market: Any, an_officer: Any, an_organisation: Any
) -> None:
    from shop.markets.models import MarketSession

    market = a_market(now=now_utc())[0]
    unit = db.session.get_one(MarketSession, market).organisation_id
    db.session.rollback()
    desk, at = an_officer(unit), f"/dieu-hanh/phien-cho/{market}/chia-se"
    assert "Chưa có lượt nào" in desk.get(at).text
    browser = {"User-Agent": "Mozilla/5.0 (Linux; Android 10) Chrome/120"}
    for source in (Source.WORDS, Source.WORDS, Source.POSTER):
        assert client.get(f"/s/{short_code('phien-cho', market, source)}", headers=browser).location
    rows = re.findall(r'scope="row"[^>]*>([^<]+)</th><td[^>]*>([^<]+)<', desk.get(at).text)
    assert rows == [
        ("Trong ảnh", "0"), ("Trên tờ dán", "1"), ("Trong lời nhắn", "2"), ("Cộng", "3"),
    ]  # fmt: skip
    assert at in desk.get(f"/dieu-hanh/phien-cho/{market}").text
    assert an_officer(an_organisation("Xã khác")).get(at).status_code == 404


def _greens(picture: Any) -> int:
    """Count how many of 100 points, from side to side and top to bottom, show the green photo."""
    small = picture.convert("RGB").resize((10, 10))
    points = [small.getpixel((x, y)) for x in range(10) for y in range(10)]
    return sum(1 for r, g, b in points if g > 180 and r < 110 and b < 110)


@pytest.fixture
def a_green_jar(app: Flask, a_seller: Any, a_variant: Any) -> tuple[str, str, int]:
    """Put a thing on show whose photo is all green; returns (slug, slug of the stall, pack)."""
    from shop.catalogue.actions.products import set_pictures
    from shop.catalogue.models import Product, Variant
    from shop.media.actions import store_picture
    from shop.media.pipeline import finish
    from shop.media.store import keep
    from shop.sellers.models import Seller

    stall = a_seller()
    jar = a_variant(seller_id=stall)
    finished = finish(photo((1400, 1100), colour="#00ff00"))
    keep(finished.files)
    with transaction() as session:
        product = session.scalars(select(Product).join(Variant).where(Variant.id == jar)).one()
        shown = store_picture(
            session, finished, alt_vi="Một hũ xanh", seller_id=stall, now=now_utc()
        )
        set_pictures(session, product_id=product.id, picture_ids=[shown.id], now=now_utc())
        return product.slug, session.get_one(Seller, stall).slug, jar


def test_what_is_passed_on_of_a_thing_and_its_stall_holds_the_photo_that_was_put_up(
    client: FlaskClient, a_green_jar: tuple[str, str, int]
) -> None:
    slug, stall, _jar = a_green_jar
    for about in (f"san-pham/{slug}", f"nguoi-lam/{stall}"):
        for shape in Shape:
            content = client.get(f"/chia-se/{about}/{shape}.jpg").data
            picture = Image.open(io.BytesIO(content))
            assert picture.size == SIZES_PX[shape]
            assert len(content) < 300_000
            assert _greens(picture) >= 8, (about, shape)
            assert len(read_qr(picture)) == 1
        for paper in ("a4", "a5"):
            [page] = PdfReader(
                io.BytesIO(client.get(f"/chia-se/{about}/to-{paper}.pdf").data)
            ).pages
            assert any(_greens(image.image) >= 80 for image in page.images), (about, paper)


def test_a_photo_that_is_lost_leaves_the_words_and_is_told(
    app: Flask, client: FlaskClient, a_green_jar: tuple[str, str, int], caplog: Any
) -> None:
    from shop.media.store import throw_away
    from shop.sharing.queries import card_of_product

    with app.test_request_context():
        card = card_of_product(db.session(), a_green_jar[0], now_utc())
    assert card.picture is not None
    throw_away(card.picture[3:].partition("-")[0])
    assert client.get(f"/chia-se/san-pham/{a_green_jar[0]}/vuong.jpg").status_code == 200
    assert "is not in the store" in caplog.text


def test_a_market_is_shared_from_its_page_and_its_preview_changes_with_what_is_drawn(
    client: FlaskClient, a_market: Any
) -> None:
    from shop.markets.models import MarketSession
    from shop.markets.queries.shown import market_page

    market = a_market(now=now_utc())[0]
    code = db.session.get_one(MarketSession, market).code
    db.session.rollback()

    page = client.get(f"/phien-cho/{code}").text
    assert f'href="/chia-se/phien-cho/{code}"' in page
    assert re.search(r"xem-truoc\.jpg\?v=[0-9a-f]{12}\"", page)

    def version(phase: str = "taking", *faces: str) -> str:
        page = market_page(db.session(), code)
        assert page is not None
        said = page.drawn(phase, faces)
        db.session.rollback()
        return said

    before = version()
    assert version() == before
    with transaction() as session:
        session.get_one(MarketSession, market).title_vi = "Phiên chợ khác"
    named = version()
    with transaction() as session:
        session.get_one(MarketSession, market).hand_over_at += timedelta(hours=1)
    assert len({before, named, version(), version("over"), version("taking", "ab")}) == 5


def test_what_is_passed_on_in_one_tap_has_words_picture_and_address(
    client: FlaskClient, a_green_jar: tuple[str, str, int]
) -> None:
    slug = a_green_jar[0]
    page = client.get(f"/chia-se/san-pham/{slug}").text
    [button] = re.findall(r"<button[^>]*data-share=[^>]*>", page)
    assert f'data-file="/chia-se/san-pham/{slug}/vuong.jpg"' in button
    assert "95.000" in button
    assert re.search(r'data-share="[^"]+/s/[^"]+-L"', button)
    assert "/s/" not in re.findall(r'data-text="([^"]*)"', button)[0]
