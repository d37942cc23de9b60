"""The same shop over an S3-compatible bucket."""

from collections.abc import Iterator
from urllib.request import Request, urlopen

import boto3
import pytest
from moto.server import ThreadedMotoServer

from shop.db import db, transaction
from shop.kernel.clock import now_utc
from shop.media import actions, store
from shop.media.files import file_name
from shop.media.models import Picture
from shop.media.pipeline import finish
from shop.outbox.relay import deliver_waiting
from tests.conftest import NOON
from tests.media.photos import photo


@pytest.fixture
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    with urlopen(Request(f"{address}/pictures", method="PUT")) as answer:
        assert answer.status == 200
    yield address
    server.stop()


@pytest.fixture
def bucket_app(make_app, endpoint):
    built = make_app(
        media_url="s3://pictures/shop",
        s3_endpoint=endpoint,
        s3_region="us-east-1",
        s3_access_key="key",
        s3_secret_key="secret",
    )
    with built.app_context():
        yield built
        db.session.remove()
        db.engine.dispose()


def test_pictures_live_in_a_bucket(bucket_app, endpoint):
    finished = finish(photo((1000, 1000)))
    store.keep(finished.files)
    with transaction() as session:
        picture = actions.store_picture(session, finished, alt_vi="", seller_id=1, now=NOON)
        picture_id = picture.id
    deliver_waiting(now_utc())
    assert db.session.get(Picture, picture_id).versions["avif"] == [320, 640, 960]
    name = file_name(finished.digest, 320, "avif")
    stored = boto3.client(
        "s3", endpoint_url=endpoint, aws_access_key_id="key", aws_secret_access_key="secret",
        region_name="us-east-1",
    ).head_object(Bucket="pictures", Key=f"shop/{name}")  # fmt: skip
    assert (stored["ContentType"], stored["CacheControl"]) == ("image/avif", store.FOREVER)
    answer = bucket_app.test_client().get(f"/media/{name}")
    assert (answer.status_code, answer.content_type) == (200, "image/avif")
    assert bucket_app.test_client().get(f"/media/{name[:-4]}webp").status_code == 200
    with transaction() as session:
        actions.forget_picture(session, seller_id=1, picture_id=picture_id, now=NOON)
    deliver_waiting(now_utc())
    assert store.fetch(name) is None
    assert bucket_app.test_client().get(f"/media/{name}").status_code == 404


def test_a_bucket_that_does_not_answer_is_said_politely(make_app):
    built = make_app(
        media_url="s3://pictures", s3_endpoint="http://127.0.0.1:1", s3_access_key="k",
        s3_secret_key="s",
    )  # fmt: skip
    answer = built.test_client().get("/media/aa/" + "a" * 32 + "-320.jpg")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"


def test_pages_point_to_the_buckets_own_address(make_app):
    built = make_app(media_base_url="https://anh.example.vn/")
    with built.test_request_context("/"):
        address = built.jinja_env.globals["media_path"]("ab" + "0" * 30, 320, "jpg")
    assert address == "https://anh.example.vn/ab/ab" + "0" * 30 + "-320.jpg"
