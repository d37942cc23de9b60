"""The catalogue follows news from below."""

import pytest
from sqlalchemy import select

from shop.catalogue.models import Product, ProductPicture, Variant
from shop.db import db, transaction
from shop.media.actions import add_versions
from shop.media.models import Picture
from shop.outbox import relay
from tests.conftest import NOON
from tests.engines import both_engines


@pytest.fixture
def pictured(app, a_variant):
    """A product that shows one picture; (product id, digest)."""
    variant = a_variant()
    with transaction() as session:
        product_id = session.get_one(Variant, variant).product_id
        picture = Picture(
            digest="ab" * 16, width_px=1200, height_px=1200, colour="#f0b52e",
            versions={"jpg": [320], "webp": [320]}, created_at=NOON,
        )  # fmt: skip
        session.add(picture)
        session.flush()
        session.add(ProductPicture(product_id=product_id, picture_id=picture.id))
    return product_id, "ab" * 16


@both_engines
def test_a_lighter_picture_renews_what_was_rendered_with_the_heavier(app, pictured):
    product_id, digest = pictured
    before = db.session.get_one(Product, product_id).version
    db.session.rollback()
    for _ in range(2):
        with transaction() as session:
            add_versions(session, digest, {"avif": [320]}, NOON)
        while relay.deliver_waiting(NOON):
            pass
    db.session.rollback()
    assert db.session.scalar(select(Product.version).where(Product.id == product_id)) == before + 1
