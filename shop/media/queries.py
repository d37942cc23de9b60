"""Reads over pictures."""

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
