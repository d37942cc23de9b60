"""Tracking by code and four digits: one answer to every wrong pair, and not too often."""

import re

import pytest


@pytest.fixture
def order(checkout, a_variant, orders):
    assert checkout(a_variant()).order().status_code == 303
    return orders()[0]


def track(browser, code, last4):
    return browser.post("/tra-don", data={"code": code, "last4": last4})


def test_the_right_pair_opens_the_order_with_the_address_masked(app, order):
    visitor = app.test_client()
    for written in (order.code, order.code.lower(), f" {order.code[:4]}-{order.code[4:]} "):
        answer = track(visitor, written, "0123")
        assert (answer.status_code, answer.location) == (303, f"/don/{order.code}")
    html = visitor.get(f"/don/{order.code}").text
    assert "15 kiệt 42" not in html
    assert "Trần Minh" not in html
    assert "Châu" in html
    assert "/d/" not in re.sub(r"/dat|/doi|/dieu|/dia", "", html)
    assert visitor.post(f"/don/{order.code}/huy", data={"part": ""}).status_code == 404


def test_every_wrong_pair_gets_the_same_answer(app, order):
    answers = set()
    for code, last4 in ((order.code, "9999"), ("AAAA2222", "0123"), ("AAAA2222", "9999")):
        answer = track(app.test_client(), code, last4)
        assert answer.status_code == 422
        assert "Set-Cookie" not in answer.headers
        answers.add(answer.text.replace(code, "").replace(last4, ""))
    assert len(answers) == 1


@pytest.mark.parametrize(
    ("code", "last4"),
    [("", ""), ("x" * 10_000, "0123"), ("👩🏽‍🌾", "0123"), ("AAAA2222", "012"), ("AAAA2222", "٠١٢٣"),
     ("a\x00b", "0\x001"), ("AAAA2222", "9" * 5000)],
)  # fmt: skip
def test_wrong_input_is_named_beside_the_field(client, code, last4):
    answer = track(client, code, last4)
    assert answer.status_code == 422
    assert "<title>Lỗi:" in answer.text


def test_guessing_one_code_is_slowed_down_from_everywhere(app, order):
    for n in range(8):
        assert track(app.test_client(), order.code, f"{n:04d}").status_code == 422
    answer = track(app.test_client(), order.code, "0123")
    assert answer.status_code == 429
    assert "Retry-After" in answer.headers


def test_whoever_has_the_order_looks_as_often_as_she_likes_and_guesses_still_count(app, order):
    for n in range(12):
        assert track(app.test_client(), order.code, "0123").status_code == 303, n
    for n in range(8):
        assert track(app.test_client(), order.code, f"9{n:03d}").status_code == 422
    assert track(app.test_client(), order.code, "9999").status_code == 429


def test_guessing_many_codes_from_one_place_is_slowed_down(client):
    statuses = [track(client, f"AAAA22{n:02d}", "0123").status_code for n in range(21)]
    assert statuses == [422] * 20 + [429]


def test_the_empty_form_is_the_same_for_all(client):
    first, second = client.get("/tra-don"), client.get("/tra-don")
    assert first.data == second.data
    assert "Set-Cookie" not in first.headers
    assert "public" in first.headers["Cache-Control"]
    assert 'value="AAAA2222"' in client.get("/tra-don?ma=aaaa-2222").text
    assert client.get("/tra-don?ma=%00%ff").status_code == 200
