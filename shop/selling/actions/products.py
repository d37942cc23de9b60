"""A stall's goods with their stock and pictures, in one transaction each."""

from collections.abc import Sequence
from dataclasses import fields as fields_of
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.catalogue import actions as catalogue
from shop.catalogue.models import Product, ProductPicture, Variant
from shop.catalogue.queries import product_of, variant_of, variants_of
from shop.catalogue.rules import ProductFields, VariantFields
from shop.db import the_one
from shop.kernel.errors import NotYours
from shop.media import actions as media
from shop.media.files import Finished
from shop.media.models import Picture
from shop.media.queries import picture_of
from shop.media.rules import MOST_PER_PRODUCT, TooManyPictures
from shop.selling.rules import GoodsChange, RowsMovedOn, row_faults
from shop.stock.actions import count_stock, open_level
from shop.stock.models import StockLevel


def put_up_product(
    session: Session,
    *,
    seller_id: int,
    category_id: int,
    fields: ProductFields,
    pack: VariantFields,
    on_hand: int,
    photo: Finished | None,
    alt_vi: str,
    publish: bool,
    actor_id: int,
    actor_name: str,
    now: datetime,
) -> Product:
    """Store a product with its first pack, its stock and its photo; on sale at once if asked.

    Raises:
        TooManyPictures, AllergensNotStated: nothing is stored.
    """
    who = {"actor_id": actor_id, "actor_name": actor_name, "now": now}
    product = catalogue.create_product(
        session, seller_id=seller_id, category_id=category_id, fields=fields, variants=[pack],
        **who,  # type: ignore[arg-type]
    )  # fmt: skip
    _open_levels(session, product.id, on_hand, actor_id, now)
    if photo is not None:
        add_photo(
            session, seller_id=seller_id, product_id=product.id, photo=photo, alt_vi=alt_vi,
            alt_en="", actor_id=actor_id, now=now,
        )  # fmt: skip
    if publish:
        catalogue.publish(session, product_id=product.id, **who)  # type: ignore[arg-type]
    return product


def copy_product(
    session: Session,
    *,
    seller_id: int,
    product_id: int,
    actor_id: int,
    actor_name: str,
    now: datetime,
) -> Product:
    """Store a draft that says what another product says: its words, packs, prices and photos.

    What belongs to the first alone stays with it: stock, SKU, a reduction, papers.

    Raises:
        NotYours; TooManyPictures: nothing is stored.
    """
    who = {"actor_id": actor_id, "actor_name": actor_name, "now": now}
    like = product_of(session, seller_id, product_id)
    said: dict[str, Any] = {
        field.name: getattr(like, field.name) for field in fields_of(ProductFields)
    }
    said["slug"] = ""  # A new one is made of the title.
    packs = [
        VariantFields(
            **{field.name: getattr(pack, field.name) for field in fields_of(VariantFields)}
            | {"sku": "", "compare_at_vnd": None, "restock_on": None}
        )
        for pack in variants_of(session, product_id)
    ]
    copy = catalogue.create_product(
        session, seller_id=seller_id, category_id=like.category_id,
        fields=ProductFields(**said), variants=packs,
        **who,  # type: ignore[arg-type]
    )  # fmt: skip
    _open_levels(session, copy.id, 0, actor_id, now)
    pictures = [
        media.store_picture(
            session,
            Finished(one.digest, one.width_px, one.height_px, one.colour, one.versions, files={}),
            alt_vi=one.alt_vi, alt_en=one.alt_en, title=copy.title_vi, seller_id=seller_id,
            by_id=actor_id, now=now,
        ).id
        for one in session.scalars(
            select(Picture)
            .join(ProductPicture, ProductPicture.picture_id == Picture.id)
            .where(ProductPicture.product_id == product_id)
            .order_by(ProductPicture.position, Picture.id)
        ).all()
    ]  # fmt: skip
    catalogue.set_pictures(session, product_id=copy.id, picture_ids=pictures, now=now)
    return copy


def _open_levels(
    session: Session, product_id: int, on_hand: int, actor_id: int, now: datetime
) -> None:
    for pack in variants_of(session, product_id):
        open_level(
            session, variant_id=pack.id, product_id=product_id, on_hand=on_hand, now=now,
            actor_id=actor_id,
        )  # fmt: skip


def add_pack(
    session: Session,
    *,
    seller_id: int,
    product_id: int,
    pack: VariantFields,
    on_hand: int,
    actor_id: int,
    actor_name: str,
    now: datetime,
) -> int:
    """Offer a product in another pack, with its first count; return the pack's id.

    The same words and price again are the same pack: the form came twice.
    """
    product_of(session, seller_id, product_id)
    the_one(session, Product, product_id, to_change=True)
    same = session.scalar(
        select(Variant.id).where(
            Variant.product_id == product_id, Variant.retired_at.is_(None),
            Variant.name_vi == pack.name_vi, Variant.price_vnd == pack.price_vnd,
            Variant.weight_g == pack.weight_g,
        )
    )  # fmt: skip
    if same is not None:
        return same
    variant = catalogue.add_variant(
        session, product_id=product_id, fields=pack, actor_id=actor_id, actor_name=actor_name,
        now=now,
    )  # fmt: skip
    open_level(
        session, variant_id=variant.id, product_id=product_id, on_hand=on_hand, now=now,
        actor_id=actor_id,
    )  # fmt: skip
    return variant.id


def change_goods(
    session: Session,
    *,
    seller_id: int,
    changes: Sequence[GoodsChange],
    actor_id: int | None,
    actor_name: str,
    now: datetime,
) -> int:
    """Store new prices and counts of a stall's packs, all or none; return how many packs changed.

    Raises:
        RowsMovedOn: names each row that somebody changed meanwhile; nothing is stored.
        NotYours: a pack is another stall's.
    """
    wanted = {change.variant_id: change for change in changes}
    standing = _standing(session, seller_id, sorted(wanted))
    faults = [
        fault
        for pack in standing
        for fault in row_faults(
            wanted[pack.id], price_vnd=pack.price_vnd, on_hand=pack.on_hand, reserved=pack.reserved
        )
    ]
    if faults:
        raise RowsMovedOn(faults=tuple(faults))
    prices = {c.variant_id: c.price_vnd[1] for c in changes if c.price_vnd}
    catalogue.change_prices(
        session, prices=prices, actor_id=actor_id, actor_name=actor_name, now=now
    )
    for variant_id in sorted(wanted):
        if counted := wanted[variant_id].on_hand:
            count_stock(
                session, variant_id=variant_id, on_hand=counted[1], actor_id=actor_id, now=now
            )
    return len(wanted)


def _standing(session: Session, seller_id: int, variant_ids: list[int]) -> Sequence[Any]:
    """Return packs as they stand, locked in the order in which orders and edits lock them."""
    own = (
        select(Variant.id, Variant.product_id)
        .join(Product, Product.id == Variant.product_id)
        .where(
            Product.seller_id == seller_id, Variant.id.in_(variant_ids),
            Variant.retired_at.is_(None),
        )
    )  # fmt: skip
    packs = session.execute(own).all()
    for variant_id in set(variant_ids) - {pack.id for pack in packs}:
        raise NotYours(what="variant", id=variant_id)
    session.execute(
        select(Product.id)
        .where(Product.id.in_({pack.product_id for pack in packs}))
        .order_by(Product.id)
        .with_for_update()
    ).all()
    return session.execute(
        select(Variant.id, Variant.price_vnd, StockLevel.on_hand, StockLevel.reserved)
        .join(StockLevel, StockLevel.variant_id == Variant.id)
        .where(Variant.id.in_(variant_ids))
        .order_by(Variant.id)
        .with_for_update(of=StockLevel)
    ).all()


def own_pack(session: Session, seller_id: int, variant_id: int) -> int:
    """Return the product of a stall's own pack. Raises: NotYours."""
    return variant_of(session, seller_id, variant_id).product_id


def _picture_ids(session: Session, product_id: int) -> list[int]:
    return list(
        session.scalars(
            select(ProductPicture.picture_id)
            .where(ProductPicture.product_id == product_id)
            .order_by(ProductPicture.position, ProductPicture.picture_id)
        )
    )


def add_photo(
    session: Session,
    *,
    seller_id: int,
    product_id: int,
    photo: Finished,
    alt_vi: str,
    alt_en: str,
    actor_id: int,
    now: datetime,
) -> Picture:
    """Hang a photo, whose files are kept already, behind a product's others.

    Raises:
        TooManyPictures, NotYours: nothing is stored.
    """
    product = product_of(session, seller_id, product_id)
    shown = _picture_ids(session, product_id)
    if len(shown) >= MOST_PER_PRODUCT:
        raise TooManyPictures(most=MOST_PER_PRODUCT)
    picture = media.store_picture(
        session, photo, alt_vi=alt_vi, alt_en=alt_en, title=product.title_vi,
        seller_id=seller_id, by_id=actor_id, now=now,
    )  # fmt: skip
    catalogue.set_pictures(
        session, product_id=product_id, picture_ids=[*shown, picture.id], now=now
    )
    return picture


def describe_photo(
    session: Session,
    *,
    seller_id: int,
    product_id: int,
    picture_id: int,
    alt_vi: str,
    alt_en: str,
) -> Picture:
    """Write other words for a product's photo. Raises: NotYours."""
    product = _shows(session, seller_id, product_id, picture_id)
    picture = media.describe_picture(
        session, seller_id=seller_id, picture_id=picture_id, alt_vi=alt_vi, alt_en=alt_en,
        title=product.title_vi,
    )  # fmt: skip
    catalogue.renew_pages_of(session, picture_id=picture_id)
    return picture


def show_photo_first(
    session: Session, *, seller_id: int, product_id: int, picture_id: int, now: datetime
) -> None:
    """Make a photo the face of its product. Raises: NotYours."""
    _shows(session, seller_id, product_id, picture_id)
    others = [each for each in _picture_ids(session, product_id) if each != picture_id]
    catalogue.set_pictures(
        session, product_id=product_id, picture_ids=[picture_id, *others], now=now
    )


def remove_photo(
    session: Session, *, seller_id: int, product_id: int, picture_id: int, now: datetime
) -> None:
    """Take a photo off a product and forget it. Raises: NotYours."""
    _shows(session, seller_id, product_id, picture_id)
    left = [each for each in _picture_ids(session, product_id) if each != picture_id]
    catalogue.set_pictures(session, product_id=product_id, picture_ids=left, now=now)
    still_shown = session.scalar(
        select(ProductPicture.product_id).where(ProductPicture.picture_id == picture_id).limit(1)
    )
    if still_shown is None:
        media.forget_picture(session, seller_id=seller_id, picture_id=picture_id, now=now)


def _shows(session: Session, seller_id: int, product_id: int, picture_id: int) -> Product:
    product = product_of(session, seller_id, product_id)
    picture_of(session, seller_id, picture_id)
    if picture_id not in _picture_ids(session, product_id):
        raise NotYours(what="picture", id=picture_id)
    return product
