"""Arranging the shelves themselves: the operator's work."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.audit.actions import note
from shop.catalogue.models import Category
from shop.db import touch
from shop.kernel.text import nfc, one_line, slug


def create_category(
    session: Session,
    *,
    name_vi: str,
    name_en: str,
    now: datetime,
    actor_id: int | None,
    parent_id: int | None = None,
    position: int = 0,
    description_vi: str = "",
    description_en: str = "",
    wanted_slug: str = "",
    actor_name: str = "",
) -> Category:
    """Store a category; its address comes from its name."""
    base = slug(wanted_slug or name_vi, 70) or "loai"
    taken = set(session.scalars(select(Category.slug).where(Category.slug.startswith(base))))
    address, number = base, 2
    while address in taken:
        address, number = f"{base}-{number}", number + 1
    category = Category(
        slug=address,
        parent_id=parent_id,
        name_vi=one_line(name_vi),
        name_en=one_line(name_en),
        description_vi=nfc(description_vi),
        description_en=nfc(description_en),
        position=position,
    )
    session.add(category)
    session.flush()
    touch(session, "catalogue")
    note(
        session, action="category.created", subject_kind="category", subject_id=category.id,
        now=now, actor_id=actor_id, actor_name=actor_name, name=category.name_vi,
    )  # fmt: skip
    return category
