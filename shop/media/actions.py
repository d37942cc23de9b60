"""Keep, describe and forget pictures. Files are written before, and deleted after."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from shop.db import touch
from shop.media.events import PictureForgotten, PictureReady, PictureStored
from shop.media.files import Finished
from shop.media.models import Picture
from shop.media.queries import picture_count, picture_of
from shop.media.rules import MOST_PER_STALL, TooManyPictures, alt_state
from shop.outbox.relay import record


def store_picture(
    session: Session,
    finished: Finished,
    *,
    alt_vi: str,
    alt_en: str = "",
    title: str = "",
    seller_id: int | None = None,
    by_id: int | None = None,
    now: datetime,
) -> Picture:
    """Store the row of a picture whose files are kept, and ask the worker for what can wait.

    Args:
        title: name of what it shows, which is not a description of it.
        seller_id: the stall it belongs to; None for the shop's own.

    Raises:
        TooManyPictures: the stall keeps as many as it may.
    """
    if seller_id is not None and picture_count(session, seller_id) >= MOST_PER_STALL:
        raise TooManyPictures(most=MOST_PER_STALL)
    picture = Picture(
        digest=finished.digest,
        width_px=finished.width_px,
        height_px=finished.height_px,
        colour=finished.colour,
        versions=dict(finished.versions),
        alt_vi=alt_vi,
        alt_en=alt_en,
        alt_state=alt_state(alt_vi, title),
        created_at=now,
        created_by_id=by_id,
        seller_id=seller_id,
    )
    session.add(picture)
    session.flush()
    record(session, PictureStored(picture_id=picture.id), now)
    return picture


def describe_picture(
    session: Session,
    *,
    seller_id: int,
    picture_id: int,
    alt_vi: str,
    alt_en: str = "",
    title: str = "",
) -> Picture:
    """Write other words for a stall's picture. Never refused for being short."""
    picture = picture_of(session, seller_id, picture_id)
    picture.alt_vi, picture.alt_en = alt_vi, alt_en
    picture.alt_state = alt_state(alt_vi, title)
    touch(session, "catalogue")
    return picture


def forget_picture(session: Session, *, seller_id: int, picture_id: int, now: datetime) -> None:
    """Take a picture away for good. Whoever shows it has let go of it before."""
    picture = picture_of(session, seller_id, picture_id)
    session.execute(delete(Picture).where(Picture.id == picture.id))
    session.expunge(picture)
    record(session, PictureForgotten(digest=picture.digest), now)
    touch(session, "catalogue")


def add_versions(
    session: Session, digest: str, versions: Mapping[str, list[int]], now: datetime
) -> None:
    """Note which widths of a picture are ready, for every row that shows it, and tell of it.

    Args:
        versions: all widths by format, for the formats that grew.
    """
    for row in session.execute(
        select(Picture.id, Picture.versions).where(Picture.digest == digest)
    ):
        grown = {**row.versions, **versions}
        if grown != row.versions:
            session.execute(update(Picture).where(Picture.id == row.id).values(versions=grown))
            record(session, PictureReady(row.id), now)
