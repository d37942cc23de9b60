"""Saving what a product, a pack or the stall says, unless somebody else did so since the page was made."""

from dataclasses import asdict
from dataclasses import fields as fields_of
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.audit.models import AuditEntry
from shop.catalogue import actions as catalogue
from shop.catalogue.models import Product, Variant
from shop.catalogue.queries import product_of, variant_of
from shop.catalogue.rules import ProductFields, VariantFields, clean_allergens, clean_traces
from shop.db import the_one
from shop.sellers import actions as sellers
from shop.sellers.models import Seller
from shop.sellers.queries import seller
from shop.selling.seen_rules import GoodsMovedOn, moved_on

#: What a page of a product and of a pack shows, by the names of what is stored.
_OF_PRODUCT = [field.name for field in fields_of(ProductFields) if field.name != "slug"]
_OF_PACK = [
    field.name for field in fields_of(VariantFields) if field.name not in ("position", "sku")
]
_OF_STALL = (
    "person", "phone", "hamlet_vi", "since_year", "sentence_vi", "story_vi", "dispatch_vi",
    "returns_vi", "lead_days_min", "lead_days_max", "name_en", "hamlet_en", "sentence_en",
    "story_en", "dispatch_en", "returns_en",
)  # fmt: skip


def said_of(product: Product) -> dict[str, Any]:
    """Return all that a product's page shows in its fields."""
    said = {name: getattr(product, name) for name in _OF_PRODUCT}
    return {**said, "category_id": product.category_id}


def pack_of(pack: Variant) -> dict[str, Any]:
    """Return all that a pack's page shows in its fields."""
    return {name: getattr(pack, name) for name in _OF_PACK}


def edit_own_product(
    session: Session,
    *,
    seller_id: int,
    product_id: int,
    fields: ProductFields,
    category_id: int,
    seen: str,
    **who: Any,
) -> None:
    """Store what a product says.

    Raises:
        GoodsMovedOn: somebody else saved since ``seen``; nothing is stored. NotYours.
    """
    product_of(session, seller_id, product_id)
    product = the_one(session, Product, product_id, to_change=True)
    typed = {**asdict(fields), "category_id": category_id}
    typed["allergens"] = clean_allergens(fields.allergens)
    typed["traces"] = clean_traces(fields.traces, fields.allergens)
    if moved := moved_on(seen, said_of(product), typed):
        raise GoodsMovedOn(moved=moved, **_last(session, "product", product_id))
    catalogue.edit_product(
        session, product_id=product_id, fields=fields, category_id=category_id, **who
    )


def edit_own_pack(
    session: Session,
    *,
    seller_id: int,
    variant_id: int,
    fields: VariantFields,
    seen: str,
    **who: Any,
) -> None:
    """Store what a pack says and costs.

    Raises:
        GoodsMovedOn: somebody else saved since ``seen``; nothing is stored. SkuTaken, NotYours.
    """
    product_id = variant_of(session, seller_id, variant_id).product_id
    the_one(session, Product, product_id, to_change=True)  # As every change of a pack does.
    pack = variant_of(session, seller_id, variant_id)
    session.refresh(pack)
    if moved := moved_on(seen, pack_of(pack), asdict(fields)):
        raise GoodsMovedOn(moved=moved, **_last(session, "variant", variant_id))
    catalogue.edit_variant(session, variant_id=variant_id, fields=fields, **who)


def stall_of(row: Seller) -> dict[str, Any]:
    """Return all that the page of a stall's words shows in its fields."""
    return {name: getattr(row, name) for name in _OF_STALL}


def edit_own_stall(
    session: Session, *, seller_id: int, changes: dict[str, Any], seen: str, **who: Any
) -> None:
    """Store what a stall says about itself.

    Raises:
        GoodsMovedOn: somebody else saved since ``seen``; nothing is stored.
    """
    row = seller(session, seller_id, to_change=True)
    if moved := moved_on(seen, stall_of(row), {**stall_of(row), **changes}):
        raise GoodsMovedOn(moved=moved, **_last(session, "seller", seller_id))
    sellers.edit_seller(session, seller_id=seller_id, changes=changes, **who)


def _last(session: Session, kind: str, subject_id: int) -> dict[str, Any]:
    """Return who changed it last and when: a name or "", a time or None."""
    row: tuple[str, datetime] | None = session.execute(
        select(AuditEntry.actor_name, AuditEntry.at)
        .where(
            AuditEntry.subject_kind == kind, AuditEntry.subject_id == subject_id,
            AuditEntry.action == f"{kind}.edited",
        )
        .order_by(AuditEntry.id.desc())
        .limit(1)
    ).one_or_none()  # type: ignore[assignment]  # fmt: skip
    return {"by": row[0] if row else "", "at": row[1] if row else None}
