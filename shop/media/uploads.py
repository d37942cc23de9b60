"""Photos that arrive in pieces: begun, carried on after a cut, read when whole, used or forgotten.

A piece is stored where it follows what is there, in one statement, so that the same piece
twice counts once and two lines at once cannot mix.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from shop.db import transaction, upsert_into
from shop.kernel.errors import NotYours
from shop.media.events import PictureForgotten
from shop.media.files import Finished
from shop.media.models import Upload, UploadPart
from shop.media.rules import (
    MOST_PART_BYTES,
    MOST_UPLOAD_BYTES,
    MOST_UPLOADS,
    UPLOAD_KEPT,
    UPLOAD_KEY,
    PictureEmpty,
    PictureTooHeavy,
    TooManyUploads,
    UploadOutOfStep,
    UploadUnfinished,
)
from shop.outbox.relay import record


def upload_of(session: Session, seller_id: int, key: str) -> Upload:
    """Return a stall's photo on its way. Raises: NotYours."""
    found = session.get(Upload, key) if UPLOAD_KEY.fullmatch(key) else None
    if found is None or found.seller_id != seller_id:
        raise NotYours
    return found


def begin_upload(
    session: Session, *, seller_id: int, key: str, size_bytes: int, now: datetime
) -> Upload:
    """Make room for a photo; asked again, return what is there of it.

    Raises:
        PictureEmpty, PictureTooHeavy, TooManyUploads; NotYours: the key is no key, or another's.
    """
    if not UPLOAD_KEY.fullmatch(key):
        raise NotYours
    if size_bytes < 1:
        raise PictureEmpty
    if size_bytes > MOST_UPLOAD_BYTES:
        raise PictureTooHeavy(most_mb=MOST_UPLOAD_BYTES // 1024 // 1024)
    if session.get(Upload, key) is None:
        under_way = session.scalar(select(func.count()).where(Upload.seller_id == seller_id)) or 0
        if under_way >= MOST_UPLOADS:
            raise TooManyUploads(most=MOST_UPLOADS)
        session.execute(
            upsert_into(session, Upload)
            .values(
                key=key, seller_id=seller_id, size_bytes=size_bytes, received_bytes=0,
                created_at=now,
            )
            .on_conflict_do_nothing()
        )  # fmt: skip
    return upload_of(session, seller_id, key)


def add_part(session: Session, *, seller_id: int, key: str, start: int, content: bytes) -> int:
    """Store a piece that follows what is there; return how many bytes there are now.

    Raises:
        UploadOutOfStep: it begins elsewhere or runs over the end; the phone goes on from
            ``received``. PictureTooHeavy: the piece itself.
    """
    if len(content) > MOST_PART_BYTES:
        raise PictureTooHeavy(most_mb=1)
    upload = upload_of(session, seller_id, key)
    end = start + len(content)
    grown = session.execute(
        update(Upload)
        .where(
            Upload.key == key, Upload.received_bytes == start, Upload.size_bytes >= end,
            Upload.finished.is_(None),
        )
        .values(received_bytes=end)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    if not content or grown.rowcount != 1:  # type: ignore[attr-defined]
        session.refresh(upload)
        raise UploadOutOfStep(received=upload.received_bytes)
    session.add(UploadPart(key=key, start=start, content=content))
    return end


def whole_photo(session: Session, seller_id: int, key: str) -> bytes:
    """Return all bytes of a photo that came to its end. Raises: NotYours, UploadUnfinished."""
    upload = upload_of(session, seller_id, key)
    if upload.received_bytes != upload.size_bytes:
        raise UploadUnfinished(received=upload.received_bytes, size=upload.size_bytes)
    parts = session.scalars(
        select(UploadPart.content).where(UploadPart.key == key).order_by(UploadPart.start)
    )
    return b"".join(parts)


def finish_upload(session: Session, *, seller_id: int, key: str, finished: Finished) -> Upload:
    """Note what a photo is now that its files are kept; its pieces go. A second time is the same."""
    upload = upload_of(session, seller_id, key)
    upload.finished = {name: value for name, value in vars(finished).items() if name != "files"}
    session.execute(delete(UploadPart).where(UploadPart.key == key))
    return upload


def drop_upload(session: Session, *, seller_id: int, key: str, now: datetime) -> None:
    """Forget a photo that she does not want, or that is none. Nothing to forget is fine."""
    try:
        upload = upload_of(session, seller_id, key)
    except NotYours:
        return
    _forget(session, upload, now)


def take_upload(session: Session, *, seller_id: int, key: str) -> Finished:
    """Return a finished photo for whoever stores it now; it is on its way no more.

    Raises:
        NotYours; UploadUnfinished: nobody has read it yet.
    """
    upload = upload_of(session, seller_id, key)
    if upload.finished is None:
        raise UploadUnfinished(received=upload.received_bytes, size=upload.size_bytes)
    taken = Finished(**upload.finished, files={})
    session.delete(upload)
    return taken


def forget_old_uploads(now: datetime) -> None:
    """Forget photos that nobody used. The worker calls it."""
    with transaction() as session:
        for upload in session.scalars(
            select(Upload).where(Upload.created_at < now - UPLOAD_KEPT).limit(500)
        ).all():
            _forget(session, upload, now)


def _forget(session: Session, upload: Upload, now: datetime) -> None:
    facts: dict[str, Any] | None = upload.finished
    session.execute(delete(UploadPart).where(UploadPart.key == upload.key))
    session.delete(upload)
    if facts is not None:  # Its files go too, unless a picture shows the same.
        record(session, PictureForgotten(digest=facts["digest"]), now)
