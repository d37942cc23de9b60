"""What reaches a view, and what a fault tells the log."""

import logging

import pytest


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
    from shop.web.logs import JsonLines

    logger = logging.getLogger("shop")
    logger.addHandler(caplog.handler)
    caplog.handler.setFormatter(JsonLines())
    try:
        assert client.get("/d/canary-of-the-link").status_code == 500
    finally:
        logger.removeHandler(caplog.handler)
    assert "KeyError" in caplog.text
    assert "canary" not in caplog.text
