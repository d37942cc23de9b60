from datetime import timedelta

import pytest
from sqlalchemy import func, select

from shop.audit.models import AuditEntry
from shop.catalogue import actions, rules
from shop.catalogue.actions.bulk import add_packs
from shop.catalogue.models import Category, Product, ProductPicture, Shelving, Variant
from shop.catalogue.rules import ProductFields, VariantFields
from shop.db import db, transaction
from shop.media.models import Picture
from shop.sellers.models import Seller
from shop.web.models import PublicVersion
from tests.conftest import NOON
from tests.engines import both_engines


def fields(title="Bột mè đen", **more):
    return ProductFields(
        **{"title_vi": title, "unit_vi": "hũ", "unit_en": "jar", "allergens": ["sesame"], **more}
    )


def pack(**more):
    return VariantFields(
        **{"name_vi": "Hũ 500 g", "price_vnd": 95_000, "weight_g": 600, "net_g": 500, **more}
    )


@pytest.fixture
def a_product(a_seller, a_category):
    def make(*, seller_id=None, category_id=None, published=True, variants=(pack(),), **more):
        seller_id, category_id = seller_id or a_seller(), category_id or a_category()
        with transaction() as session:
            product = actions.create_product(
                session, seller_id=seller_id, category_id=category_id,
                now=NOON, actor_id=None, fields=fields(**more), variants=variants,
            )  # fmt: skip
            if published:
                actions.publish(session, product_id=product.id, now=NOON, actor_id=None)
            return product.id

    return make


def shelves(product_id):
    return set(
        db.session.scalars(select(Shelving.category_id).where(Shelving.product_id == product_id))
    )


def counts(*category_ids):
    db.session.expire_all()
    return [db.session.get(Category, i).product_count for i in category_ids]


@both_engines
def test_a_published_product_stands_on_its_shelf_and_all_above(
    app, a_product, a_category, a_seller
):
    top = a_category("Bánh")
    mid = a_category("Bánh tráng", parent_id=top)
    other = a_category("Trà")
    seller = a_seller()
    product_id = a_product(category_id=mid, seller_id=seller)
    assert shelves(product_id) == {top, mid}
    assert counts(top, mid, other) == [1, 1, 0]
    assert db.session.get(Seller, seller).product_count == 1


@both_engines
def test_hiding_empties_the_shelves_and_publishing_brings_back_the_old_place(app, a_product):
    product_id = a_product()
    (category_id,) = shelves(product_id)
    with transaction() as session:
        actions.hide(session, product_id=product_id, now=NOON, actor_id=None)
    assert shelves(product_id) == set()
    assert counts(category_id) == [0]
    with transaction() as session:
        actions.publish(session, product_id=product_id, now=NOON + timedelta(days=3), actor_id=None)
    assert counts(category_id) == [1]
    assert db.session.scalar(select(Shelving.published_at)) == NOON


def test_a_draft_is_on_no_shelf(app, a_product):
    product_id = a_product(published=False)
    assert shelves(product_id) == set()
    assert db.session.get(Product, product_id).published_at is None


def test_moving_to_another_category_moves_the_shelves(app, a_product, a_category):
    product_id = a_product()
    (before,) = shelves(product_id)
    after = a_category("Khác")
    with transaction() as session:
        actions.edit_product(
            session, product_id=product_id, now=NOON, actor_id=None, fields=fields(),
            category_id=after,
        )  # fmt: skip
    assert shelves(product_id) == {after}
    assert counts(before, after) == [0, 1]


def test_the_lowest_price_on_sale_is_kept_for_lists(app, a_product):
    product_id = a_product(variants=[pack(), pack(name_vi="Túi 250 g", price_vnd=50_000)])
    assert db.session.get(Product, product_id).price_vnd == 50_000
    low = db.session.scalar(select(Variant.id).where(Variant.price_vnd == 50_000))
    with transaction() as session:
        actions.retire_variant(session, variant_id=low, now=NOON, actor_id=None)
    db.session.expire_all()
    assert db.session.get(Product, product_id).price_vnd == 95_000
    assert db.session.scalar(select(Shelving.price_vnd)) == 95_000


def test_each_change_makes_a_new_version_and_stale_pages(app, a_product):
    product_id = a_product()
    before = db.session.get(Product, product_id).version
    seen = db.session.scalar(select(PublicVersion.version).filter_by(topic="catalogue"))
    variant_id = db.session.scalar(select(Variant.id))
    with transaction() as session:
        actions.edit_variant(
            session, variant_id=variant_id, now=NOON, actor_id=None, fields=pack(price_vnd=99_000)
        )
    db.session.expire_all()
    assert db.session.get(Product, product_id).version == before + 1
    assert db.session.scalar(select(PublicVersion.version).filter_by(topic="catalogue")) == seen + 1
    assert db.session.get(Variant, variant_id).sku  # The old one stays.


def test_the_address_is_made_once_and_never_twice(app, a_product):
    first, second = a_product(), a_product()
    slugs = [db.session.get(Product, i).slug for i in (first, second)]
    assert slugs == ["bot-me-den", "bot-me-den-2"]
    with transaction() as session:
        actions.edit_product(
            session, product_id=first, now=NOON, actor_id=None, fields=fields("Tên khác hẳn")
        )
    db.session.expire_all()
    assert db.session.get(Product, first).slug == "bot-me-den"
    third = a_product(title="!!!")
    assert db.session.get(Product, third).slug == "san-pham"


@both_engines
def test_a_sku_that_is_taken_in_her_stall_is_refused_and_nothing_is_stored(
    app, a_product, a_seller
):
    stall = a_seller()
    mine = a_product(seller_id=stall, variants=[pack(sku="GM-1")])
    with pytest.raises(rules.SkuTaken):
        a_product(seller_id=stall, variants=[pack(sku="GM-1")])
    assert db.session.scalar(select(func.count(Product.id))) == 1
    assert db.session.scalar(select(func.count(Variant.id))) == 1
    db.session.rollback()
    a_product(variants=[pack(sku="GM-1")])  # What another stall calls her own is no matter.
    with transaction() as session:
        row = {"name_vi": "Hũ", "price_vnd": 1_000, "weight_g": 100}
        add_packs(session, [(mine, {**row, "sku": "GM-1"}), (mine, {**row, "sku": "GM-9"})])
    assert sorted(db.session.scalars(select(Variant.sku).where(Variant.seller_id == stall))) == [
        "GM-1", "GM-1-2", "GM-9",
    ]  # fmt: skip


def test_what_is_on_show_does_not_lose_its_allergens(app, a_product):
    def unsay(product_id):
        with transaction() as session:
            actions.edit_product(
                session, product_id=product_id, now=NOON, actor_id=None,
                fields=fields(allergens=[]),
            )  # fmt: skip

    shown = a_product()
    with pytest.raises(rules.AllergensNotStated):
        unsay(shown)
    assert db.session.get(Product, shown).allergens
    unsay(a_product(published=False))


def test_nothing_to_sell_and_nothing_said_about_allergens_are_refused(app, a_product):
    with pytest.raises(rules.NothingOnSale):
        a_product(variants=[])
    with pytest.raises(rules.AllergensNotStated):
        a_product(allergens=[])
    assert db.session.scalar(select(func.count(Product.id))) == 0
    assert db.session.scalar(select(func.count(AuditEntry.id))) == 0


def test_the_last_pack_size_on_show_stays(app, a_product):
    a_product()
    variant_id = db.session.scalar(select(Variant.id))
    with pytest.raises(rules.LastVariant), transaction() as session:
        actions.retire_variant(session, variant_id=variant_id, now=NOON, actor_id=None)
    db.session.expire_all()
    assert db.session.get(Variant, variant_id).retired_at is None


def test_an_old_price_that_is_not_higher_is_not_kept(app, a_product):
    a_product(variants=[pack(compare_at_vnd=90_000)])
    assert db.session.scalar(select(Variant.compare_at_vnd)) is None


def test_a_closed_seller_leaves_the_shelves_and_comes_back(app, a_product, a_seller):
    seller_id = a_seller()
    product_id = a_product(seller_id=seller_id)
    for closed_at, shelved in ((NOON, 0), (None, 1)):
        with transaction() as session:
            session.get_one(Seller, seller_id).closed_at = closed_at
            session.flush()
            actions.reshelve_seller(session, seller_id)
        assert len(shelves(product_id)) == shelved
        db.session.expire_all()
        assert db.session.get(Seller, seller_id).product_count == shelved


def test_pictures_keep_their_order_and_doubles_count_once(app, a_product):
    product_id = a_product()
    with transaction() as session:
        ids = []
        for n in range(3):
            picture = Picture(
                digest=f"{n:032d}", width_px=9, height_px=9, colour="#ffffff", versions={},
                created_at=NOON,
            )  # fmt: skip
            session.add(picture)
            session.flush()
            ids.append(picture.id)
        actions.set_pictures(
            session, product_id=product_id, picture_ids=[ids[2], ids[0], ids[2]], now=NOON
        )
    rows = db.session.execute(
        select(ProductPicture.picture_id).order_by(ProductPicture.position)
    ).scalars()
    assert list(rows) == [ids[2], ids[0]]
    before = db.session.get(Product, product_id).version
    with transaction() as session:
        actions.renew_pages_of(session, picture_id=ids[0])
    db.session.expire_all()
    assert db.session.get(Product, product_id).version == before + 1


@both_engines
def test_a_number_of_our_own_that_she_has_typed_elsewhere_is_passed_over(app, a_product, a_seller):
    stall = a_seller()
    mine = a_product(seller_id=stall)
    a_product(variants=[pack(sku=f"P{mine}-2")])  # Another stall's own.
    a_product(seller_id=stall, variants=[pack(sku=f"P{mine}-2"), pack(sku=f"P{mine}-3")])
    with transaction() as session:
        variant = actions.add_variant(
            session, product_id=mine, fields=pack(name_vi="Hũ 1 kg"), now=NOON, actor_id=None
        )
        assert variant.sku == f"P{mine}-4"
