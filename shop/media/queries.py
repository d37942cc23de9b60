"""Reads over pictures."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shop.kernel.errors import NotYours
from shop.media.models import Picture


def picture_of(session: Session, seller_id: int, picture_id: int) -> Picture:
    """Return a stall's picture.

    Raises:
        NotYours: it is another stall's, or there is none.
    """
    found = session.scalar(
        select(Picture).where(Picture.id == picture_id, Picture.seller_id == seller_id)
    )
    if found is None:
        raise NotYours
    return found


def picture_count(session: Session, seller_id: int) -> int:
    """Return how many pictures a stall keeps."""
    return session.scalar(select(func.count()).where(Picture.seller_id == seller_id)) or 0


def pictures_needing_words(session: Session, limit: int = 50) -> list[Any]:
    """Return the oldest pictures whose words say too little: the officer's queue.

    Returns:
        Rows of id, digest, versions, alt_vi, alt_en, seller_id, created_at.
    """
    return list(
        session.execute(
            select(
                Picture.id,
                Picture.digest,
                Picture.versions,
                Picture.alt_vi,
                Picture.alt_en,
                Picture.seller_id,
                Picture.created_at,
            )
            .where(Picture.alt_state == "needs_help")
            .order_by(Picture.id)
            .limit(limit)
        )
    )
