"""Public pages are the same bytes for all, kept until something changes, and never personal."""

import gzip

import pytest
from sqlalchemy import select

from shop.db import db, touch, transaction
from shop.web.models import PublicVersion
from shop.web.pages import _plain
from tests.engines import both_engines

HOME = "/"


def test_a_visitor_without_a_cart_gets_no_cookie_and_the_same_bytes(client, a_variant):
    a_variant()
    first, second = client.get(HOME), client.get(HOME)
    assert first.status_code == 200
    assert "Set-Cookie" not in first.headers
    assert first.data == second.data
    assert first.headers["ETag"] == second.headers["ETag"]
    assert first.headers["Cache-Control"].startswith("public, max-age=0, s-maxage=")


def test_an_unchanged_page_is_not_sent_again(client, a_variant):
    a_variant()
    etag = client.get(HOME).headers["ETag"]
    for _ in range(2):
        again = client.get(HOME, headers={"If-None-Match": etag})
        assert (again.status_code, again.data) == (304, b"")


def test_the_kept_page_answers_without_asking_the_database(client, a_variant, count_queries, app):
    a_variant()
    client.get(HOME)
    app.extensions["page_cache"].look_elsewhere()
    with count_queries() as seen:
        client.get(HOME)
    assert seen == []


@both_engines
def test_a_stored_change_throws_kept_pages_away(client, a_variant):
    a_variant("Mật ong")
    assert "Mật ong" in client.get(HOME).text
    a_variant("Chổi đót")
    assert "Chổi đót" not in client.get(HOME).text, "kept, since nobody said that it changed"
    with transaction() as session:
        touch(session, "catalogue")
    assert "Chổi đót" in client.get(HOME).text
    assert db.session.scalar(select(PublicVersion.version)) == 1


def test_a_change_that_is_taken_back_counts_nothing(client, a_variant):
    a_variant()
    with pytest.raises(LookupError), transaction() as session:
        touch(session, "catalogue")
        raise LookupError
    assert db.session.scalar(select(PublicVersion.version)) is None


def test_another_process_hears_of_a_change_within_a_second(make_app, client, a_variant, app):
    a_variant("Mật ong")
    other = make_app()
    visitor = other.test_client()
    assert "Mật ong" in visitor.get(HOME).text
    a_variant("Chổi đót")
    with transaction() as session:
        touch(session, "catalogue")
    cache = other.extensions["page_cache"]
    cache._next_look = 0.0
    assert "Chổi đót" in visitor.get(HOME).text
    with other.app_context():
        db.engine.dispose()


def test_pages_of_somebody_are_private(client, a_variant, app, an_account, sign_in):
    variant = a_variant()
    client.post("/gio/them", data={"mon": variant, "so": 1})
    with_cart = client.get(HOME)
    assert "private" in with_cart.headers["Cache-Control"]
    assert "Cookie" in with_cart.headers["Vary"]
    signed_in = sign_in(an_account()).get("/tai-khoan")
    assert signed_in.headers["Cache-Control"] == "no-store"
    stranger = app.test_client().get(HOME)
    assert stranger.data != with_cart.data


def test_pages_travel_compressed_when_the_browser_can(client, a_variant):
    a_variant()
    plain = client.get(HOME)
    for _ in range(2):
        zipped = client.get(HOME, headers={"Accept-Encoding": "gzip"})
        assert zipped.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(zipped.data) == plain.data


def test_languages_are_kept_apart(client, a_variant):
    a_variant()
    assert 'lang="vi"' in client.get(HOME).text[:200]
    assert 'lang="en"' in client.get("/en/").text[:200]
    assert 'lang="vi"' in client.get(HOME).text[:200]


@both_engines
def test_stock_throws_pages_away_but_not_what_names_no_number(make_app, client, a_variant, app):
    a_variant("Mật ong")
    other = make_app()
    visitor, here, there = (
        other.test_client(), app.extensions["page_cache"], other.extensions["page_cache"]
    )  # fmt: skip
    for browser in (client, visitor):
        assert "Mật ong" in browser.get(HOME).text
    kept = here.version_but_stock, there.version_but_stock
    a_variant("Chổi đót")
    for topic, same in (("stock", True), ("catalogue", False)):
        with transaction() as session:
            touch(session, topic)
        there._next_look = 0.0
        for browser in (client, visitor):
            assert "Chổi đót" in browser.get(HOME).text
        assert (here.version_but_stock == kept[0]) is same
        assert (there.version_but_stock == kept[1]) is same
    with other.app_context():
        db.engine.dispose()


def test_a_walk_through_sixty_goods_unzips_each_page_once():
    walk = [gzip.compress(f"<h1>Món {n}</h1>".encode()) for n in range(60)]
    _plain.cache_clear()
    for zipped in walk * 3:
        _plain(zipped)
    assert _plain.cache_info().misses == len(walk)
