"""A maker's voice: taken in as it is, heard once it is written down, gone when she says so."""

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from shop.audit.models import AuditEntry
from shop.db import db, transaction
from shop.media.store import SOUND, fetch
from shop.sellers.models import Seller
from tests.media.photos import photo
from tests.media.sounds import mp4, webm
from tests.operations.conftest import Desk
from tests.selling.conftest import StallInHand

VOICE = "/ban-hang/gian-hang/giong-noi"
RECORDED = mp4(12)


def send(stall: StallInHand, content: bytes, **words: str) -> Any:
    said = {"voice_vi": "Tôi là Sương.\nTôi làm bột.", "voice_en": ""} | words
    return stall.post(VOICE, ghi_am=(io.BytesIO(content), "../../../x.php"), **said)


def her(stall: StallInHand) -> Any:
    db.session.rollback()
    row = db.session.get_one(Seller, stall.id)
    found = row.voice_file, row.voice_ms, row.voice_vi, row.voice_en, row.slug
    db.session.rollback()
    return found


@pytest.fixture
def product(stall: StallInHand, a_variant: Callable[..., int]) -> str:
    from shop.catalogue.models import Product, Variant

    variant = a_variant(seller_id=stall.id, on_hand=5)
    found = db.session.scalars(
        select(Product.slug).join(Variant, Variant.product_id == Product.id)
        .where(Variant.id == variant)
    ).one()  # fmt: skip
    db.session.rollback()
    return found


def test_a_recording_that_cannot_be_stored_is_sent_again_later(
    app: Flask, stall: StallInHand, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Silent:
        def put(self, *_args: Any, **_kwargs: Any) -> None:
            raise TimeoutError

    app.config["PROPAGATE_BUGS"] = False
    monkeypatch.setattr("shop.media.store.store", Silent)
    answer = send(stall, RECORDED)
    assert (answer.status_code, answer.headers.get("Retry-After")) == (503, "5")
    assert her(stall)[0] == ""


def test_a_recording_with_its_words_is_heard_on_both_pages(
    stall: StallInHand,
    client: FlaskClient,
    product: str,
) -> None:
    assert send(stall, RECORDED).status_code == 303
    file, ms, _vi, _en, slug = her(stall)
    assert ms == 12_000
    assert SOUND.fullmatch(file)
    assert fetch(file) == RECORDED
    for page in (f"/nguoi-lam/{slug}", f"/san-pham/{product}"):
        text = client.get(page).text
        assert re.search(rf'<audio controls preload="none" src="/media/{file}"', text), page
        assert "<p>Tôi làm bột.</p>" in text
        assert "autoplay" not in text


def test_without_words_nobody_hears_it_until_an_officer_writes_it_down(
    stall: StallInHand,
    client: FlaskClient,
    operator: Desk,
    product: str,
) -> None:
    assert send(stall, RECORDED, voice_vi="").status_code == 303
    slug = her(stall)[4]
    assert "<audio" not in client.get(f"/nguoi-lam/{slug}").text
    assert "<audio" not in client.get(f"/san-pham/{product}").text
    assert "Chưa có lời ghi" in stall.page(VOICE)
    assert "Lời nói chờ chép" in operator.get("/dieu-hanh/anh").text
    at = f"/dieu-hanh/giong-noi/{stall.id}"
    assert operator.post(at, **{f"v{stall.id}-said_vi": " "}).status_code == 422
    assert operator.post(at, **{f"v{stall.id}-said_vi": "Tôi là Sương."}).status_code == 303
    assert "Lời nói chờ chép" not in operator.get("/dieu-hanh/anh").text
    assert "<audio" in client.get(f"/nguoi-lam/{slug}").text


def test_english_readers_get_the_translation_and_the_words_as_spoken(
    stall: StallInHand,
    client: FlaskClient,
    product: str,
) -> None:
    send(stall, RECORDED, voice_en="I am Sương.")
    page = client.get(f"/en/nguoi-lam/{her(stall)[4]}").text
    assert "<p>I am Sương.</p>" in page
    assert re.search(r'lang="vi">\s*<p>Tôi là Sương', page)


@pytest.mark.parametrize(
    "content",
    [
        b"<script>alert(1)</script>" * 50, b"\x89PNG\r\n\x1a\n" + bytes(500), photo(),
        mp4(9, kind=b"vide"), webm(9, kind=1), mp4(75), mp4(0.3), mp4(9)[:40],
        b"OggS" + bytes(5_000_000),
    ],
    ids=["html", "png", "photo", "film", "film in webm", "too long", "slip", "cut", "too heavy"],
)  # fmt: skip
def test_what_is_no_short_recording_stores_nothing(
    stall: StallInHand,
    app: Flask,
    content: bytes,
) -> None:
    answer = send(stall, content)
    assert answer.status_code == 422
    assert "alert--loi" in answer.text
    assert "Tôi làm bột." in answer.text, "What was typed is kept."
    assert her(stall)[0] == ""


def test_another_recording_takes_its_place_and_removal_ends_it(
    stall: StallInHand,
    client: FlaskClient,
) -> None:
    send(stall, RECORDED)
    first = her(stall)[0]
    send(stall, webm(7))
    second = her(stall)[0]
    assert first != second
    assert fetch(first) is None
    assert second.endswith("-tieng.webm")
    assert stall.post(VOICE, voice_vi="Lời mới.").status_code == 303
    assert her(stall)[:3] == (second, 7_000, "Lời mới.")
    assert stall.post(f"{VOICE}/bo").status_code == 303
    assert her(stall)[:3] == ("", 0, "")
    assert fetch(second) is None
    assert client.get(f"/media/{second}").status_code == 404
    assert stall.post(f"{VOICE}/bo").status_code == 409
    lines = db.session.scalars(
        select(AuditEntry.action)
        .where(AuditEntry.action.startswith("seller.voice_"))
        .order_by(AuditEntry.id)
    ).all()
    assert lines == [
        "seller.voice_recorded", "seller.voice_recorded", "seller.voice_transcribed",
        "seller.voice_removed",
    ]  # fmt: skip


def test_the_same_recording_of_two_stalls_stays_for_the_other(
    a_stall: Any,
    client: FlaskClient,
    a_seller: Any,
) -> None:
    one = a_stall()
    other = a_seller("Nhà bên")
    send(one, RECORDED)
    file = her(one)[0]
    with transaction() as session:
        session.get_one(Seller, other).voice_file = file
    one.post(f"{VOICE}/bo")
    assert fetch(file) == RECORDED


@pytest.mark.parametrize(
    ("wanted", "status", "content", "told"),
    [
        ("", 200, RECORDED, None),
        ("bytes=0-9", 206, RECORDED[:10], f"bytes 0-9/{len(RECORDED)}"),
        ("bytes=100-", 206, RECORDED[100:], f"bytes 100-{len(RECORDED) - 1}/{len(RECORDED)}"),
        ("bytes=-10", 206, RECORDED[-10:], None),
        ("bytes=0-99999999", 206, RECORDED, None),
        (f"bytes={len(RECORDED)}-", 416, b"", f"bytes */{len(RECORDED)}"),
        ("bytes=9-2", 416, b"", None), ("bytes=-", 416, b"", None),
        ("bytes=0-1,5-6", 200, RECORDED, None), ("kilometres=1-2", 200, RECORDED, None),
    ],
)  # fmt: skip
def test_players_get_the_part_that_they_ask_for_with_safe_headers(
    stall: StallInHand, client: FlaskClient, wanted: str, status: int, content: bytes,
    told: str | None,
) -> None:  # fmt: skip
    send(stall, RECORDED)
    answer = client.get(f"/media/{her(stall)[0]}", headers={"Range": wanted} if wanted else {})
    assert (answer.status_code, answer.data) == (status, content)
    assert answer.headers["Content-Length"] == str(len(content))
    assert answer.headers["Content-Type"] == "audio/mp4"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["Accept-Ranges"] == "bytes"
    if told:
        assert answer.headers["Content-Range"] == told


def test_addresses_beside_a_recording_lead_nowhere(client: FlaskClient) -> None:
    for file in (
        "ab/" + "ab" * 16 + "-tieng.php", "ab/../" + "ab" * 16 + "-tieng.m4a",
        "cd/" + "ab" * 16 + "-tieng.m4a", "ab/" + "ab" * 16 + "-tieng.m4a",
    ):  # fmt: skip
        assert client.get(f"/media/{file}").status_code == 404


def test_the_stall_of_blind_makers_shows_their_goods_and_nobody_elses(
    app: Flask, client: FlaskClient, a_seller: Any, a_variant: Any
) -> None:
    weavers, others = a_seller("Tổ đan Tay Ấm"), a_seller("Nhà khác")
    a_variant("Rổ tre", seller_id=weavers)
    a_variant("Bột gạo", seller_id=others)
    empty = client.get("/hang-nguoi-khiem-thi-lam")
    assert (empty.status_code, "Quầy này đang trống" in empty.text) == (200, True)
    from shop.sellers.actions import edit_seller
    from tests.conftest import NOON

    with transaction() as session:
        edit_seller(
            session, seller_id=weavers, changes={"blind_makers": True}, actor_id=None,
            actor_name="", now=NOON,
        )  # fmt: skip
    for start in ("", "/en"):
        page = client.get(f"{start}/hang-nguoi-khiem-thi-lam").text
        assert "Rổ tre" in page
        assert "Bột gạo" not in page
    assert client.get("/hang-nguoi-khiem-thi-lam?trang=2").status_code == 404
    assert client.get("/hang-nguoi-khiem-thi-lam?trang=x").status_code == 404
    assert 'href="/hang-nguoi-khiem-thi-lam"' in client.get("/").text
