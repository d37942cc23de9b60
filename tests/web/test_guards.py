"""What reaches a view, and what a fault tells the log."""

import json
import logging
import re

import pytest

from shop.web.logs import JsonLines


@pytest.mark.parametrize(
    "origin",
    ["http://[", "http://[::1", "null", "https://evil.example", "://", "http://localhost@e"],
)
def test_an_origin_that_is_not_ours_is_refused_however_it_is_written(client, origin):
    answer = client.post("/gio/them", data={"mon": 1}, headers={"Origin": origin})
    assert answer.status_code == 403


def test_our_own_origin_and_no_origin_pass(client):
    for headers in ({"Origin": "http://localhost"}, {"Sec-Fetch-Site": "same-origin"}, {}):
        assert client.post("/gio/them", data={"mon": 1}, headers=headers).status_code == 404


def test_a_fault_on_a_private_page_keeps_its_token_out_of_the_log(app, client, caplog, monkeypatch):
    app.config["PROPAGATE_BUGS"] = False

    def broken(*_args, **_kwargs):
        raise KeyError("canary-of-the-text")

    monkeypatch.setattr("shop.buying.views.orders.order_by_link", broken)
    logger = logging.getLogger("shop")
    logger.addHandler(caplog.handler)
    caplog.handler.setFormatter(JsonLines())
    try:
        assert client.get("/d/canary-of-the-link").status_code == 500
    finally:
        logger.removeHandler(caplog.handler)
    assert "KeyError" in caplog.text
    assert "canary" not in caplog.text


def test_a_line_of_the_log_has_fields_of_a_short_list_only(app):
    """QUALITY T46: whatever is hung on a record, only these are written."""
    record = logging.LogRecord("shop.x", logging.INFO, "x.py", 1, "said", None, None)
    record.phone = record.token = "canary"
    with app.test_request_context("/don/canary-code?t=canary"):
        line = json.loads(JsonLines().format(record))
    assert set(line) == {"at", "level", "logger", "message", "route", "method"}
    assert "canary" not in json.dumps(line)


def test_forms_rendered_under_the_key_before_are_still_taken(app, an_account, sign_in):
    """QUALITY T06: a new secret key, the old one kept as a fallback for a while."""
    browser = sign_in(an_account())
    page = browser.get("/tai-khoan/dong-y").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
    old, app.secret_key = app.secret_key, "another" * 8
    assert browser.post("/tai-khoan/dong-y", data={"csrf_token": token}).status_code == 400
    app.config["SECRET_KEY_FALLBACKS"] = [old]
    assert browser.post("/tai-khoan/dong-y", data={"csrf_token": token}).status_code == 303
