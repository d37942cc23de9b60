"""NUL and numbers too large, wherever they are put: a page that says so, on both engines."""

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
