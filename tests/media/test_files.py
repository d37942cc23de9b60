"""Files are kept, served cheaply and safely, and go when nobody shows them."""

import pytest
from obstore.store import LocalStore, MemoryStore
from sqlalchemy import select

from shop.db import db, transaction
from shop.kernel.clock import now_utc
from shop.kernel.errors import NotYours, OutsideFailure
from shop.media import actions, queries, rules, store
from shop.media.files import file_name
from shop.media.models import Picture, Upload
from shop.media.pipeline import finish
from shop.media.work import finish_our_own
from shop.outbox.models import OutboxMessage
from shop.outbox.relay import deliver_waiting
from tests.conftest import NOON
from tests.engines import both_engines
from tests.media.photos import photo

WORDS = "Hũ nhựa nắp vàng, muối đỏ hạt to, cao bằng gang tay"


@pytest.fixture
def a_picture(app):
    """Keep a photo for a stall; returns its id and digest."""

    def make(seller_id=1, content=None, alt=WORDS):
        finished = finish(content or photo((1000, 1000)))
        store.keep(finished.files)
        with transaction() as session:
            kept = actions.store_picture(
                session, finished, alt_vi=alt, seller_id=seller_id, title="Muối ớt", now=NOON
            )
            return kept.id, finished.digest

    return make


@both_engines
def test_a_picture_gets_its_slow_format_from_the_worker(app, a_picture):
    picture_id, digest = a_picture()
    assert "avif" not in db.session.get(Picture, picture_id).versions
    db.session.rollback()
    assert deliver_waiting(now_utc()) == 1
    versions = db.session.get(Picture, picture_id).versions
    assert versions["avif"] == [320, 640, 960]
    assert versions["jpg"] == [160, 320, 640, 960]
    assert store.fetch(file_name(digest, 640, "avif"))[4:12] == b"ftypavif"


def test_a_second_delivery_changes_nothing(app, a_picture):
    from shop.media.events import PictureStored
    from shop.media.work import make_the_rest

    picture_id, _ = a_picture()
    make_the_rest(PictureStored(picture_id=picture_id))
    make_the_rest(PictureStored(picture_id=picture_id))
    make_the_rest(PictureStored(picture_id=999_999))
    assert db.session.get(Picture, picture_id).versions["avif"] == [320, 640, 960]


def test_a_missing_master_is_tried_again_and_not_forgotten(app, a_picture):
    _, digest = a_picture()
    store.throw_away(digest)
    deliver_waiting(now_utc())
    message = db.session.scalar(select(OutboxMessage))
    assert message.delivered_at is None
    assert "master" in message.last_error


def test_files_are_served_for_ever_without_cookie_or_script(client, a_picture):
    _, digest = a_picture()
    answer = client.get(f"/media/{digest[:2]}/{digest}-320.webp")
    assert answer.status_code == 200
    assert answer.content_type == "image/webp"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Vary"] == "Save-Data"
    again = client.get(
        f"/media/{digest[:2]}/{digest}-320.webp", headers={"If-None-Match": answer.headers["ETag"]}
    )
    assert (again.status_code, again.data) == (304, b"")
    head = client.head(f"/media/{digest[:2]}/{digest}-320.webp")
    assert (head.status_code, head.data) == (200, b"")
    assert int(head.headers["Content-Length"]) == len(answer.data)


def test_a_phone_that_saves_data_gets_a_small_one(client, a_picture):
    _, digest = a_picture()
    small = client.get(f"/media/{digest[:2]}/{digest}-320.jpg").data
    wide = f"/media/{digest[:2]}/{digest}-960.jpg"
    assert client.get(wide, headers={"Save-Data": "on"}).data == small
    assert len(client.get(wide).data) > len(small)
    tiny = client.get(f"/media/{digest[:2]}/{digest}-160.jpg", headers={"Save-Data": "on"}).data
    assert len(tiny) < len(small)


def test_a_narrow_picture_is_served_even_to_a_phone_that_saves_data(client, a_picture):
    _, digest = a_picture(content=photo((200, 200)))
    address = f"/media/{digest[:2]}/{digest}-200.jpg"
    assert client.get(address, headers={"Save-Data": "on"}).status_code == 200


@pytest.mark.parametrize(
    "address",
    [
        "/media/",
        "/media/ab/abcdef",
        "/media/../shop.sqlite",
        "/media/ab/../../shop.sqlite",
        "/media/%2e%2e/secret.key",
        "/media/aa/" + "a" * 32 + "-320.webp",
        "/media/ab/" + "a" * 32 + "-320.webp",
        "/media/aa/" + "a" * 32 + "-320.svg",
        "/media/aa/" + "a" * 32 + "-320.webp\x00.html",
        "/media/AA/" + "A" * 32 + "-320.webp",
    ],
)
def test_nothing_else_is_served_from_there(client, address):
    answer = client.get(address)
    assert answer.status_code == 404
    assert answer.mimetype == "text/html"


def test_posting_to_a_picture_does_nothing(client, a_picture):
    _, digest = a_picture()
    assert client.post(f"/media/{digest[:2]}/{digest}-320.webp").status_code in (404, 405)


def test_a_forgotten_picture_loses_its_files_unless_another_shows_the_same(app, client, a_picture):
    first, digest = a_picture(seller_id=1)
    second, same = a_picture(seller_id=2)
    assert digest == same
    deliver_waiting(now_utc())
    for seller_id, picture_id, left in ((1, first, 200), (2, second, 404)):
        with transaction() as session:
            actions.forget_picture(session, seller_id=seller_id, picture_id=picture_id, now=NOON)
        deliver_waiting(now_utc())
        for kind in ("jpg", "avif"):
            assert client.get(f"/media/{digest[:2]}/{digest}-320.{kind}").status_code == left


def test_a_forgotten_picture_leaves_its_files_to_a_photo_that_is_on_its_way(app, client, a_picture):
    first, digest = a_picture(seller_id=1)
    deliver_waiting(now_utc())
    with transaction() as session:
        session.add(
            Upload(
                key="a" * 32, seller_id=1, size_bytes=9, received_bytes=9, created_at=NOON,
                finished={"digest": digest},
            )
        )  # fmt: skip
        actions.forget_picture(session, seller_id=1, picture_id=first, now=NOON)
    deliver_waiting(now_utc())
    assert client.get(f"/media/{digest[:2]}/{digest}-320.jpg").status_code == 200


def test_another_stalls_picture_does_not_exist(app, a_picture):
    picture_id, _ = a_picture(seller_id=1)
    for act in (
        lambda s: actions.forget_picture(s, seller_id=2, picture_id=picture_id, now=NOON),
        lambda s: actions.describe_picture(s, seller_id=2, picture_id=picture_id, alt_vi=WORDS),
        lambda s: queries.picture_of(s, 2, picture_id),
    ):
        with pytest.raises(NotYours), transaction() as session:
            act(session)
    assert db.session.get(Picture, picture_id).alt_vi == WORDS


def needing_words() -> list[int]:
    db.session.rollback()
    return list(db.session.scalars(select(Picture.id).where(Picture.alt_state == "needs_help")))


def test_weak_words_wait_in_the_queue_until_somebody_writes_better(app, a_picture):
    picture_id, _ = a_picture(alt="IMG_1234.jpg")
    a_picture(alt=WORDS, content=photo(colour="gold"))
    assert needing_words() == [picture_id]
    with transaction() as session:
        actions.describe_picture(session, seller_id=1, picture_id=picture_id, alt_vi=WORDS)
    assert needing_words() == []


def test_a_stall_keeps_so_many_pictures_and_no_more(app, a_picture, monkeypatch):
    monkeypatch.setattr("shop.media.actions.MOST_PER_STALL", 2)
    a_picture()
    a_picture()
    with pytest.raises(rules.TooManyPictures) as refused:
        a_picture()
    assert refused.value.most == 2
    a_picture(seller_id=2)
    assert queries.picture_count(db.session(), 1) == 2


def test_the_shops_own_pictures_open_narrow_and_the_worker_widens_them(app, tmp_path):
    paths = []
    for n, colour in enumerate(("red", "green", "blue")):
        path = tmp_path / f"{n}.webp"
        path.write_bytes(photo((1200, 1200), "WEBP", colour=colour))
        paths.append(path)
    made = finish_our_own(paths)
    assert list(made) == paths
    for finished in made.values():
        assert store.fetch(file_name(finished.digest, 320, "webp"))
        assert store.fetch(file_name(finished.digest, 960, "webp")) is None
    with transaction() as session:
        kept = actions.store_picture(
            session, made[paths[0]], alt_vi=WORDS, seller_id=1, title="Muối ớt", now=NOON
        ).id
    deliver_waiting(now_utc())
    versions = db.session.get(Picture, kept).versions
    assert versions["webp"] == [160, 320, 640, 960]
    assert versions["avif"] == [320, 640, 960]
    assert store.fetch(file_name(made[paths[0]].digest, 960, "jpg"))


def test_a_store_that_fails_says_so(app, tmp_path):
    class Full:
        pass

    with pytest.raises(OutsideFailure):
        store.keep({"ab/x": b"1"}, Full())
    with pytest.raises(OutsideFailure):
        store.fetch("ab/x", Full())


@pytest.mark.parametrize("make", [lambda tmp: LocalStore(tmp, mkdir=True), lambda tmp: MemoryStore()],
                         ids=["folder", "memory"])  # fmt: skip
def test_stores_keep_fetch_and_throw_away(make, tmp_path):
    kept = make(tmp_path / "media")
    digest, other = "ab" + "0" * 30, "ab" + "1" * 30
    files = {file_name(digest, 320, "jpg"): b"1", file_name(other, 320, "jpg"): b"2"}
    store.keep(files, kept)
    store.keep(files, kept)
    assert store.fetch(file_name(digest, 320, "jpg"), kept) == b"1"
    assert store.fetch(file_name(digest, 640, "jpg"), kept) is None
    store.throw_away(digest, kept)
    store.throw_away(digest, kept)
    store.throw_away("cd" + "0" * 30, kept)
    assert store.fetch(file_name(digest, 320, "jpg"), kept) is None
    assert store.fetch(file_name(other, 320, "jpg"), kept) == b"2"


def test_names_of_pictures_kept_before_they_were_shortened_still_hold():
    now, before = "ab" + "0" * 18, "ab" + "0" * 30
    assert len(finish(photo((200, 200))).digest) == len(now)
    assert all(store.NAME.fullmatch(file_name(name, 320, "jpg")) for name in (now, before))
    assert not store.NAME.fullmatch(file_name(now + "0" * 4, 320, "jpg"))
