"""Products: written as drafts, put on show, hidden, changed."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shop.audit.actions import note
from shop.catalogue import rules
from shop.catalogue.actions.shelving import changed, locked
from shop.catalogue.actions.variants import store_variant
from shop.catalogue.models import Product, ProductPicture, Variant
from shop.catalogue.rules import ProductFields, VariantFields
from shop.catalogue.season_rules import check_season
from shop.db import touch
from shop.kernel.text import nfc, one_line, slug
from shop.sellers.models import Seller

#: Texts that keep their line breaks.
_LONG = frozenset(
    f"{name}_{lang}" for name in ("description", "ingredients") for lang in ("vi", "en")
)


def create_product(
    session: Session,
    *,
    seller_id: int,
    category_id: int,
    now: datetime,
    actor_id: int | None,
    fields: ProductFields,
    variants: Sequence[VariantFields],
    actor_name: str = "",
) -> Product:
    """Store a draft with its pack sizes. ``publish`` puts it on show.

    Raises:
        SkuTaken: a pack size names a SKU that exists; nothing is stored.
        SeasonHalf, SeasonTurned: its days make no season.
    """
    check_season(fields.season_from, fields.season_to)
    values = _cleaned(fields)
    wanted = values.pop("slug") or slug(values["title_vi"], 90) or "san-pham"
    product = Product(
        **values,
        slug=_free_slug(session, slug(wanted, 90) or "san-pham"),
        seller_id=seller_id,
        category_id=category_id,
        province_code=session.get_one(Seller, seller_id).province_code,
        created_at=now,
        updated_at=now,
        published_at=None,
    )
    session.add(product)
    session.flush()
    for position, pack in enumerate(variants):
        store_variant(session, product, pack, position)
    changed(session, product, now)
    note(
        session, action="product.created", subject_kind="product", subject_id=product.id, now=now,
        actor_id=actor_id, actor_name=actor_name, title=product.title_vi,
    )  # fmt: skip
    return product


def edit_product(
    session: Session,
    *,
    product_id: int,
    now: datetime,
    actor_id: int | None,
    fields: ProductFields,
    category_id: int | None = None,
    actor_name: str = "",
) -> Product:
    """Store what a product says. Its address stays, so that links keep working.

    Raises:
        SeasonHalf, SeasonTurned: its days make no season; nothing is stored.
        AllergensNotStated: it is on show, and nobody says any more what is in it.
    """
    check_season(fields.season_from, fields.season_to)
    product = locked(session, product_id)
    values = _cleaned(fields)
    if product.state == "published" and not values["allergens"]:
        raise rules.AllergensNotStated
    values.pop("slug")
    for name, value in values.items():
        setattr(product, name, value)
    if category_id is not None:
        product.category_id = category_id
    changed(session, product, now)
    note(
        session, action="product.edited", subject_kind="product", subject_id=product_id, now=now,
        actor_id=actor_id, actor_name=actor_name, title=product.title_vi,
    )  # fmt: skip
    return product


def publish(
    session: Session,
    *,
    product_id: int,
    now: datetime,
    actor_id: int | None,
    actor_name: str = "",
) -> Product:
    """Put a product on show.

    Raises:
        IllegalMove: it is on show already.
        NothingOnSale: it has no pack size.
        AllergensNotStated: nobody said what is in it.
    """
    product = locked(session, product_id)
    rules.check_move(product.state, "published")
    if _lowest_price(session, product_id) is None:
        raise rules.NothingOnSale
    if not product.allergens:
        raise rules.AllergensNotStated
    product.state = "published"
    product.published_at = product.published_at or now
    changed(session, product, now)
    note(
        session, action="product.published", subject_kind="product", subject_id=product_id, now=now,
        actor_id=actor_id, actor_name=actor_name, title=product.title_vi,
    )  # fmt: skip
    return product


def hide(
    session: Session,
    *,
    product_id: int,
    now: datetime,
    actor_id: int | None,
    actor_name: str = "",
) -> Product:
    """Take a product off the shelves; ``publish`` brings it back at its old place.

    Raises:
        IllegalMove: it is not on show.
    """
    product = locked(session, product_id)
    rules.check_move(product.state, "hidden")
    product.state = "hidden"
    changed(session, product, now)
    note(
        session, action="product.hidden", subject_kind="product", subject_id=product_id, now=now,
        actor_id=actor_id, actor_name=actor_name, title=product.title_vi,
    )  # fmt: skip
    return product


def set_pictures(
    session: Session, *, product_id: int, picture_ids: Sequence[int], now: datetime
) -> None:
    """Give a product these pictures in this order; the first is its face."""
    product = locked(session, product_id)
    session.query(ProductPicture).filter_by(product_id=product_id).delete()
    for position, picture_id in enumerate(dict.fromkeys(picture_ids)):
        session.add(ProductPicture(product_id=product_id, picture_id=picture_id, position=position))
    changed(session, product, now)


def renew_pages_of(session: Session, *, picture_id: int) -> None:
    """Note that a picture's words changed: pages that show it are made anew."""
    for product in session.scalars(
        select(Product)
        .join(ProductPicture, ProductPicture.product_id == Product.id)
        .where(ProductPicture.picture_id == picture_id)
        .order_by(Product.id)
        .with_for_update(of=Product)
    ):
        product.version += 1
    touch(session, "catalogue")


def _lowest_price(session: Session, product_id: int) -> int | None:
    return session.scalar(
        select(func.min(Variant.price_vnd)).where(
            Variant.product_id == product_id, Variant.retired_at.is_(None)
        )
    )


def _cleaned(fields: ProductFields) -> dict[str, Any]:
    values = asdict(fields)
    for name, value in values.items():
        if isinstance(value, str):
            values[name] = nfc(value) if name in _LONG else one_line(value)
    values["allergens"] = rules.clean_allergens(fields.allergens)
    values["traces"] = rules.clean_traces(fields.traces, fields.allergens)
    return values


def _free_slug(session: Session, wanted: str) -> str:
    """Return ``wanted``, or ``wanted-2`` and so on when it is taken."""
    taken = set(
        session.scalars(
            select(Product.slug).where(
                (Product.slug == wanted) | Product.slug.startswith(f"{wanted}-", autoescape=True)
            )
        )
    )
    if wanted not in taken:
        return wanted
    number = 2
    while f"{wanted}-{number}" in taken:
        number += 1
    return f"{wanted}-{number}"
