"""Headers on every kind of answer (QUALITY T02, T09-T12, T49)."""

import re

import pytest
from flask import request

from shop.web.guards import guard


def answers(client):
    yield client.get("/")
    yield client.get("/tai-khoan")
    yield client.get("/khong-co")
    yield client.delete("/")
    yield client.get("/hang-hoa?gia=x%00")


def test_every_answer_carries_the_policy(client):
    for answer in answers(client):
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "data:" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "Referrer-Policy" in answer.headers


def test_https_shops_say_so(make_app, tmp_path):
    app = make_app(base_url="https://cho.example.vn")
    answer = app.test_client().get("/", base_url="https://cho.example.vn")
    assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]


HARDENED = {
    "X-Content-Type-Options": "nosniff",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
}


def test_answers_of_every_status_and_files_carry_them(make_app):
    app = make_app(base_url="https://cho.example.vn")
    app.config["PROPAGATE_BUGS"] = False

    @app.get("/broken")
    @guard("anyone")
    def broken() -> str:
        raise KeyError

    browser, base = app.test_client(), "https://cho.example.vn"
    style = app.extensions["asset"]("css/base.css")
    seen = {}
    for method, way, accepts in (
        ("GET", "/", ""), ("GET", "/tai-khoan", ""), ("GET", "/khong-co", ""), ("DELETE", "/", ""),
        ("GET", "/broken", ""), ("GET", style, ""), ("GET", style, "gzip"), ("POST", style, ""),
        ("GET", "/media/ab/" + "ab" * 16 + "-320.jpg", ""), ("GET", "/healthz", ""),
    ):  # fmt: skip
        answer = browser.open(
            way, method=method, base_url=base, headers={"Accept-Encoding": accepts}
        )
        seen[answer.status_code] = answer
        for name, value in HARDENED.items():
            assert answer.headers[name] == value, f"{method} {way}: {name}"
        assert "Server" not in answer.headers
    assert {200, 303, 404, 405, 500} <= set(seen)
    assert "KeyError" not in seen[500].text
    assert "Traceback" not in seen[500].text


def test_every_wrong_method_names_the_right_ones(client, app):
    """Error pages of one's own lose this header unless somebody sees to it."""
    tried = 0
    for rule in app.url_map.iter_rules():
        address = re.sub(r"<[^>]+>", "1", rule.rule)
        answer = client.open(address, method="PATCH")
        if answer.status_code == 404 and rule.arguments:
            continue  # "1" is no name that this address takes.
        tried += 1
        assert answer.status_code == 405, address
        allowed = set(answer.headers["Allow"].replace(" ", "").split(","))
        assert set(rule.methods or ()) <= allowed, address
    assert tried > 100


def test_what_a_proxy_says_counts_only_where_a_proxy_is_known(make_app):
    said = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Host": "evil.example"}
    seen = {}
    for proxies in (0, 1):
        app = make_app(trusted_proxies=proxies, page_cache=False)

        @app.get("/who")
        @guard("anyone")
        def who() -> str:
            return f"{request.remote_addr} {request.host}"

        seen[proxies] = app.test_client().get("/who", headers=said)
    assert seen[0].text == "127.0.0.1 localhost"
    assert seen[1].status_code == 400, "the proxy hands on a host that is not ours"


def test_a_wrong_method_says_which_are_right(client):
    answer = client.delete("/")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]
    assert client.open("/", method="TRACE").status_code == 405


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example"])
def test_other_host_names_are_refused(client, host):
    assert client.get("/", headers={"Host": host}).status_code == 400


def test_static_files_are_kept_for_a_year_and_fonts_spare_data(client, app):
    style = client.get(app.extensions["asset"]("css/base.css"))
    assert "immutable" in style.headers["Cache-Control"]
    assert style.headers["X-Content-Type-Options"] == "nosniff"
    font = app.extensions["asset"]("fonts/BeVietnamPro-400.woff2")
    assert client.get(font).status_code == 200
    spared = client.get(font, headers={"Save-Data": "on"})
    assert (spared.status_code, spared.data) == (204, b"")
    assert "Save-Data" in spared.headers["Vary"]


@pytest.mark.parametrize("path", ["/.git/config", "/static/../wsgi.py", "/instance/secret.key"])
def test_what_is_not_public_is_not_served(client, path):
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/%00", "/san-pham/%ff%fe", "/tim?tu=%00", "/tim?tu=" + "a" * 3000, "/tim?tu=%ff", "/tim?tu=%F0%9F%A5%9C",
        "/hang-hoa?trang=99999999999999999999", "/hang-hoa?trang=-1", "/hang-hoa?gia-tu=abc&gia-den=-5",
        "/loai/%E2%80%AE", "/hang-hoa?loai[]=1&loai=2", "/tim?tu=" + "%22%29%20OR%20NEAR%28", "/en/en/en/",
    ],
)  # fmt: skip
def test_odd_addresses_never_break_a_page(client, a_variant, path):
    a_variant()
    assert client.get(path).status_code in (200, 301, 302, 303, 308, 400, 404, 414, 422)
