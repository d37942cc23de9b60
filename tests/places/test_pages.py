"""What the address field asks while somebody types."""

import pytest


def test_found_places_come_with_words_and_codes(client):
    answer = client.get("/dia-chi/tim?q=phuoc+ninh+nong+son")
    assert answer.status_code == 200
    assert answer.mimetype == "application/json"
    assert answer.json == [
        {
            "code": "20669",
            "province": "48",
            "label": "Xã Quế Phước, Đà Nẵng",
            "note": "Gồm Phước Ninh (huyện Quế Sơn), Ninh Phước và Quế Lâm cũ",
            "text": "Xã Quế Phước, Đà Nẵng (xã Phước Ninh cũ)",
        }
    ]


def test_a_province_that_is_named_comes_first_and_leads_to_its_list(client):
    row = client.get("/dia-chi/tim?q=quang+nam").json[0]
    assert row == {
        "code": "", "province": "48", "label": "Quảng Nam nay thuộc Đà Nẵng",
        "note": "Chọn xã, phường trong danh sách", "text": "",
    }  # fmt: skip
    assert client.get("/dia-chi/tim?q=ha+noi").json[0]["label"] == "Hà Nội"


def test_wards_of_a_province_come_as_the_select_shows_them(client):
    rows = client.get("/dia-chi/tinh/48").json
    assert len(rows) == 94
    assert {"code": "20669", "label": "Quế Phước (xã)"} in rows
    assert client.get("/dia-chi/tinh/99").status_code == 404
    assert client.get("/dia-chi/tinh/480").status_code == 404


@pytest.mark.parametrize(
    "address", ["/dia-chi/tim?q=que", "/dia-chi/tinh/48", "/en/dia-chi/tim?q=que"]
)
def test_answers_may_be_kept_by_browsers_but_do_not_fill_the_page_cache(app, client, address):
    for _ in range(2):
        answer = client.get(address)
        assert answer.headers["Cache-Control"] == "public, max-age=3600"
        assert "Set-Cookie" not in answer.headers
        assert answer.headers["ETag"]
    assert app.extensions["page_cache"].hits == 0


@pytest.mark.parametrize(
    "query",
    ["", "?q=", "?q=%00", "?q=%FF%FE", "?q=" + "x" * 5000, "?q=%F0%9F%98%80", "?q=a&q=b", "?q='--"],
)
def test_strange_questions_are_answered_with_nothing(client, query):
    answer = client.get(f"/dia-chi/tim{query}")
    assert (answer.status_code, answer.json) == (200, [])


def test_a_search_costs_few_statements(client, count_queries):
    with count_queries() as seen:
        client.get("/dia-chi/tim?q=tan+an")
    assert len(seen) <= 3
