"""Pack sizes with their prices."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shop.audit.actions import note
from shop.catalogue import rules
from shop.catalogue.actions.shelving import changed, locked
from shop.catalogue.models import Product, Variant
from shop.catalogue.rules import VariantFields
from shop.kernel.text import one_line


def add_variant(
    session: Session,
    *,
    product_id: int,
    now: datetime,
    actor_id: int | None,
    fields: VariantFields,
    actor_name: str = "",
) -> Variant:
    """Store another pack size, last in order unless a position is given.

    Raises:
        SkuTaken: the SKU names another pack size.
    """
    product = locked(session, product_id)
    last = session.scalar(
        select(func.max(Variant.position)).where(Variant.product_id == product_id)
    )
    variant = store_variant(session, product, fields, 0 if last is None else last + 1)
    changed(session, product, now)
    note(
        session, action="variant.added", subject_kind="variant", subject_id=variant.id, now=now,
        actor_id=actor_id, actor_name=actor_name, title=product.title_vi, pack=variant.name_vi,
        price_vnd=variant.price_vnd,
    )  # fmt: skip
    return variant


def edit_variant(
    session: Session,
    *,
    variant_id: int,
    now: datetime,
    actor_id: int | None,
    fields: VariantFields,
    actor_name: str = "",
) -> Variant:
    """Store what a pack size says and costs. An empty SKU or position leaves the old one.

    Raises:
        SkuTaken: the SKU names another pack size.
    """
    variant = session.get_one(Variant, variant_id)
    product = locked(session, variant.product_id)
    before_vnd = variant.price_vnd
    for name, value in _cleaned_pack(fields).items():
        if name in ("sku", "position") and (value is None or value == ""):
            continue
        if name == "sku" and value != variant.sku:
            _check_sku(session, variant.seller_id, value)
        setattr(variant, name, value)
    changed(session, product, now)
    note(
        session, action="variant.edited", subject_kind="variant", subject_id=variant_id, now=now,
        actor_id=actor_id, actor_name=actor_name, title=product.title_vi, pack=variant.name_vi,
        before_vnd=before_vnd, price_vnd=variant.price_vnd,
    )  # fmt: skip
    return variant


def change_prices(
    session: Session,
    *,
    prices: Mapping[int, int],
    now: datetime,
    actor_id: int | None,
    actor_name: str = "",
) -> None:
    """Store new prices by pack, each product renewed once. A "reduced" price that is not ends."""
    packs = session.scalars(
        select(Variant).where(Variant.id.in_(prices)).order_by(Variant.product_id, Variant.id)
    ).all()
    for product_id, group in groupby(packs, key=lambda pack: pack.product_id):
        product = locked(session, product_id)
        for pack in group:
            before_vnd, pack.price_vnd = pack.price_vnd, prices[pack.id]
            if pack.compare_at_vnd is not None and pack.compare_at_vnd <= pack.price_vnd:
                pack.compare_at_vnd = None
            note(
                session, action="variant.edited", subject_kind="variant", subject_id=pack.id,
                now=now, actor_id=actor_id, actor_name=actor_name, title=product.title_vi,
                pack=pack.name_vi, before_vnd=before_vnd, price_vnd=pack.price_vnd,
            )  # fmt: skip
        changed(session, product, now)


def retire_variant(
    session: Session,
    *,
    variant_id: int,
    now: datetime,
    actor_id: int | None,
    actor_name: str = "",
) -> Variant:
    """Sell a pack size no more. Past orders keep it.

    Raises:
        LastVariant: it is the last one of a product on show.
    """
    variant = session.get_one(Variant, variant_id)
    product = locked(session, variant.product_id)
    if variant.retired_at is not None:
        return variant
    others = session.scalar(
        select(func.count()).where(
            Variant.product_id == product.id,
            Variant.retired_at.is_(None),
            Variant.id != variant_id,
        )
    )
    if not others and product.state == "published":
        raise rules.LastVariant
    variant.retired_at = now
    changed(session, product, now)
    note(
        session, action="variant.retired", subject_kind="variant", subject_id=variant_id, now=now,
        actor_id=actor_id, actor_name=actor_name, title=product.title_vi, pack=variant.name_vi,
    )  # fmt: skip
    return variant


def store_variant(
    session: Session, product: Product, fields: VariantFields, position: int
) -> Variant:
    values = _cleaned_pack(fields)
    if values["position"] is None:
        values["position"] = position
    if values["sku"]:
        _check_sku(session, product.seller_id, values["sku"])
    else:
        values["sku"] = _free_sku(session, product)
    variant = Variant(product_id=product.id, seller_id=product.seller_id, **values)
    session.add(variant)
    session.flush()
    return variant


def _cleaned_pack(fields: VariantFields) -> dict[str, Any]:
    values = asdict(fields)
    for name in ("name_vi", "name_en", "sku"):
        values[name] = one_line(values[name])
    was = values["compare_at_vnd"]
    if was is not None and was <= fields.price_vnd:
        values["compare_at_vnd"] = None  # A "reduced" price that is not lower says nothing.
    return values


def _free_sku(session: Session, product: Product) -> str:
    """Return "P12-3", or the next one that nobody of her stall has typed for a pack."""
    n = session.scalar(select(func.count()).where(Variant.product_id == product.id)) or 0
    base = f"P{product.id}-"
    taken = set(
        session.scalars(
            select(Variant.sku).where(
                Variant.seller_id == product.seller_id,
                Variant.sku.startswith(base, autoescape=True),
            )
        )
    )
    return next(
        sku
        for sku in (f"{base}{n + more}" for more in range(1, len(taken) + 2))
        if sku not in taken
    )


def _check_sku(session: Session, seller_id: int, sku: str) -> None:
    hers = select(Variant.id).where(Variant.seller_id == seller_id, Variant.sku == sku)
    if session.scalar(hers) is not None:
        raise rules.SkuTaken(sku=sku)
