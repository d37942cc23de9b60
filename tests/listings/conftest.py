"""A small shop of its own for pages: makers, shelves and goods put up by the real actions."""

from collections.abc import Callable
from datetime import timedelta
from itertools import count

import pytest

from shop.catalogue import actions
from shop.catalogue.models import Product
from shop.catalogue.queries import variants_of
from shop.catalogue.rules import ProductFields, VariantFields
from shop.db import db, transaction
from shop.media.models import Picture
from shop.stock.actions import open_level
from tests.conftest import NOON

_numbers = count(1)


@pytest.fixture
def a_product(app, a_seller, a_category) -> Callable[..., Product]:
    """Put a product on show with pack sizes (name, price, on hand) and a picture."""

    def make(title="Bột mè đen", *, seller_id=None, category_id=None, packs=(("Hũ 500 g", 95_000, 9),),
             published=True, restock_on=None, picture=True, **more) -> Product:  # fmt: skip
        n = next(_numbers)
        seller_id, category_id = seller_id or a_seller(), category_id or a_category()
        with transaction() as session:
            product = actions.create_product(
                session, seller_id=seller_id, category_id=category_id, now=NOON, actor_id=None,
                fields=ProductFields(
                    **{"title_vi": title, "unit_vi": "hũ", "unit_en": "jar",
                       "allergens": ["sesame"], **more}
                ),
                variants=[
                    VariantFields(
                        name_vi=name, price_vnd=price, weight_g=600, net_g=500,
                        restock_on=restock_on,
                    )
                    for name, price, _ in packs
                ],
            )  # fmt: skip
            for variant, (_, _, on_hand) in zip(
                variants_of(session, product.id), packs, strict=True
            ):
                open_level(
                    session, variant_id=variant.id, product_id=product.id, on_hand=on_hand, now=NOON
                )
            if picture:
                shown = Picture(
                    digest=f"{n:032x}", width_px=640, height_px=640, colour="#f0b52e",
                    versions={"jpg": [320, 640], "webp": [320, 640]}, alt_vi="Hũ bột", alt_en="A jar",
                    created_at=NOON,
                )  # fmt: skip
                session.add(shown)
                session.flush()
                actions.set_pictures(
                    session, product_id=product.id, picture_ids=[shown.id], now=NOON
                )
            if published:
                actions.publish(
                    session, product_id=product.id, now=NOON + timedelta(minutes=n), actor_id=None
                )
            product_id = product.id
        return db.session.get_one(Product, product_id)

    return make
