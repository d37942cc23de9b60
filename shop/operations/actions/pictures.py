"""Words for pictures, in their maker's stead."""

from datetime import datetime

from sqlalchemy.orm import Session

from shop.audit.actions import note
from shop.kernel.errors import NotYours
from shop.media.actions import describe_picture
from shop.media.models import Picture


def write_words(
    session: Session,
    *,
    picture_id: int,
    alt_vi: str,
    alt_en: str,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
    undoes_id: int | None = None,
) -> Picture:
    """Describe a picture for people who cannot see it, in its maker's stead.

    Raises:
        NotYours
    """
    found = session.get(Picture, picture_id)
    if found is None or found.seller_id is None:
        raise NotYours
    before = {"vi": found.alt_vi, "en": found.alt_en}
    picture = describe_picture(
        session, seller_id=found.seller_id, picture_id=picture_id, alt_vi=alt_vi, alt_en=alt_en
    )
    note(
        session, action="picture.described", subject_kind="picture", subject_id=picture_id, now=now,
        actor_id=actor_id, actor_name=actor_name, undoes_id=undoes_id, before=before,
    )  # fmt: skip
    return picture
