"""NUL and numbers too large, wherever they are put: a page that says so, on both engines."""

import io
import time
from urllib.parse import quote

from tests.engines import both_engines

NUL = "\x00"


ADDRESSES = (
    "/san-pham/a%00b", "/nguoi-lam/%00", "/loai/%00", "/dia-chi/tinh/%00a", "/don/%00",
    "/d/%00", "/khieu-nai/%00", "/dat-mat-khau/%00", "/dieu-khoan/%00", "/tra-don?ma=%00",
    "/tim?tu=%00", "/hang-hoa?tinh=%00", "/nguoi-lam?tinh=%00", "/dia-chi/tim?q=%00",
    "/dang-nhap?tiep=%00", "/hang-hoa?gia=%00", "/san-pham/x?mon=%00",
)  # fmt: skip


@both_engines
def test_nul_in_an_address_never_breaks_a_page(client):
    for address in ADDRESSES:
        assert client.get(address).status_code in (200, 303, 400, 404, 410), address


@both_engines
def test_nul_in_any_field_of_a_visitor_never_breaks_a_page(app, client, a_variant):
    client.post("/gio/them", data={"mon": a_variant()})
    names = (
        "name", "phone", "email", "place", "place_for", "province", "ward", "country", "line1",
        "receiver_name", "receiver_phone", "gift_note", "attempt", "shown_total", "step", "mon",
        "so", "tinh", "code", "last4", "who", "password", "next", "kind", "text", "order_code",
        "shown", "find", "place_pick",
    )  # fmt: skip
    posts = (
        "/dat-hang", "/dat-hang/tinh", "/gio/them", "/gio/doi", "/gio/bo", "/gio/noi-giao",
        "/tra-don", "/dang-nhap", "/dang-nhap/ma", "/quen-mat-khau", "/khieu-nai",
    )  # fmt: skip
    for address in posts:
        for value in (NUL, f"4{NUL}8", f"{NUL}20242", "9" * 4_000):
            answer = client.post(address, data=dict.fromkeys(names, value))
            assert answer.status_code in (200, 303, 400, 404, 409, 422), (address, value[:9])


def test_forms_are_bounded_before_anything_reads_them(client, app):
    """QUALITY T31; Flask alone lets a form fill 500 MB of memory and any number of parts."""
    for body, kind in (
        ({"text": "a" * 200_000}, "multipart/form-data"),
        ({"text": "a" * 600_000}, "application/x-www-form-urlencoded"),
        ({f"n{n}": "x" for n in range(150)}, "multipart/form-data"),
        ({"photos": (io.BytesIO(b"x" * 49_000_000), "a.jpg")}, "multipart/form-data"),
    ):
        assert client.post("/khieu-nai", data=body, content_type=kind).status_code == 413
    photo = {"photo": (io.BytesIO(b"x" * 7_000_000), "a.jpg")}  # Where none is asked for.
    assert client.post("/tra-don", data=photo).status_code == 413
    ten_thousand = {"text": "🥜" * 10_000}  # Far too long, and still told so in words.
    assert client.post("/khieu-nai", data=ten_thousand).status_code == 422


def test_a_photo_page_takes_no_larger_form_without_a_photo(app, an_account, sign_in, a_seller):
    owner = an_account()
    a_seller(owner_id=owner)
    answer = sign_in(owner, "seller").post("/ban-hang/hang/moi", data={"title_vi": "a" * 600_000})
    assert answer.status_code == 413


def test_nested_json_and_other_bodies_are_only_empty_forms(client):
    """QUALITY T30: 15 kB of brackets end Python's JSON reader; no view reads JSON."""
    for body, kind in (
        ("[" * 15_000, "application/json"), ("{" * 50_000, "application/json"),
        ("<a/>", "application/xml"), ("\x00\xff", "text/plain"),
    ):  # fmt: skip
        for address in ("/gio/them", "/tra-don", "/khieu-nai", "/dang-nhap"):
            answer = client.post(address, data=body, content_type=kind)
            assert answer.status_code in (303, 400, 404, 422), (address, kind)


SECRETS = (
    "é",
    "😀.x",
    "1.é.é",
    f"{int(time.time())}.a.é",
    "\x7f",
    "1.2.3.4",
    "." * 50,
    "a" * 5_000,
)


def test_secrets_that_are_not_ascii_are_only_wrong(client, app, an_account, sign_in, a_seller):
    """QUALITY T08: ``hmac.compare_digest`` raises on them."""
    owner = an_account()
    a_seller(owner_id=owner)
    browser = sign_in(owner, "seller")
    for secret in SECRETS:
        for address in ("/tai-khoan/mat-khau", "/ban-hang/tin"):
            assert browser.post(address, data={"csrf_token": secret}).status_code == 400
        for name in ("s", "d", "cart", "p", "stall"):
            stranger = app.test_client()
            raw = secret.encode().decode("latin-1")
            for address in ("/", "/gio", "/tai-khoan", "/don/ABCD2345"):
                answer = stranger.get(address, headers={"Cookie": f"{name}={raw}"})
                assert answer.status_code in (200, 303, 404), (name, secret)
        assert client.get("/d/" + quote(secret.replace("/", ""), safe="")).status_code == 404
