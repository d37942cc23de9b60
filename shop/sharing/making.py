"""Makes share pictures once: the worker ahead of time, the first visitor where it has not yet."""

import logging
import threading
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from shop.db import db, transaction, upsert_into
from shop.media.store import drop, fetch, keep
from shop.sharing.actions import looked_at
from shop.sharing.drawing import draw, poster
from shop.sharing.models import SharePicture
from shop.sharing.queries import (
    card,
    goods_to_make,
    kept_digest,
    kept_of,
    no_longer_shown,
    on_poster,
    to_make_ahead,
)
from shop.sharing.rules import PAPERS, Card, Shape
from shop.web.words import speaking

logger = logging.getLogger(__name__)
#: One picture at a time in a process: each takes a quarter of a second of one core.
_turns = threading.BoundedSemaphore(1)
MADE_AHEAD_LOCALES = ("vi",)


def file_of(digest: str, shape: Shape) -> str:
    """Return the name of a picture's file in the store."""
    return f"chia-se/{digest}-{shape}.jpg"


def poster_file(digest: str, paper: str = "a4") -> str:
    return f"chia-se/{digest}-{paper}.pdf"


def kept(kind: str, key: str, wanted: Card, shape: Shape) -> bytes | None:
    """Return the picture that says what the card says, when it was made before."""
    row = kept_digest(db.session(), kind, key, shape, wanted.locale)
    return fetch(file_of(wanted.digest, shape)) if row and row.digest == wanted.digest else None


def make(kind: str, key: str, wanted: Card, shape: Shape, now: datetime) -> bytes:
    """Draw a picture, keep it, and let go of the one that it replaces."""
    db.session.rollback()  # Nothing is held while it is drawn.
    photo = _photo(wanted)
    with _turns:
        found = kept(kind, key, wanted, shape)  # By whoever was here before.
        db.session.rollback()
        if found is not None:
            return found
        content = draw(wanted, shape, photo)
        keep({file_of(wanted.digest, shape): content})
        old = _keep_row(kind, key, wanted, shape, now)
    if old not in (None, wanted.digest):
        drop([file_of(str(old), shape), *(poster_file(str(old), paper) for paper in PAPERS)])
    return content


def _photo(wanted: Card) -> bytes | None:
    """Return the content of a card's photo. One that is lost leaves the words, and is told."""
    photo = fetch(wanted.picture) if wanted.picture else None
    if wanted.picture and photo is None:
        logger.error("The photo of a share picture is not in the store: %s", wanted.picture)
    return photo


def _keep_row(kind: str, key: str, wanted: Card, shape: Shape, now: datetime) -> str | None:
    """Say which picture is the newest; return the one before. Two processes may say so at once."""
    with transaction() as session:
        row = kept_digest(session, kind, key, shape, wanted.locale, to_change=True)
        old = row.digest if row else None
        new = {"digest": wanted.digest, "made_at": now}
        session.execute(
            upsert_into(session, SharePicture)
            .values(kind=kind, key=key, shape=shape, locale=wanted.locale, **new)
            .on_conflict_do_update(index_elements=["kind", "key", "shape", "locale"], set_=new)
        )
    return old


def poster_of(wanted: Card, paper: str) -> bytes:
    """Return a card's page to print, kept until its pictures are made anew."""
    name = poster_file(wanted.digest, paper)
    found = fetch(name)
    if found is None:
        with _turns:
            found = fetch(name)
            if found is None:
                found = poster(on_poster(wanted), paper, _photo(wanted))
                keep({name: found})
    return found


def make_ahead(now: datetime) -> None:
    """Draw what is missing or out of date, so that nobody waits for it; drop what is not shown.

    Calls, campaigns and markets that run are looked at each time, for their figures move. Goods
    and stalls when they changed, and of them the preview only: it is what a chat asks for before
    anybody has looked; the large ones are asked for by people, who wait a moment.
    """
    for locale in MADE_AHEAD_LOCALES:
        with speaking(locale):
            for kind, key in to_make_ahead(db.session(), now):
                _make_all(kind, key, Shape, now)
            for kind, key in goods_to_make(db.session(), locale):
                wanted = _make_all(kind, key, [Shape.PREVIEW], now)
                _look(kind, key, locale, wanted, now)
    with transaction() as session:
        gone = _forget(session, no_longer_shown(session))
    drop(gone)
    db.session.rollback()


def _make_all(kind: str, key: str, shapes: Iterable[Shape], now: datetime) -> Card | None:
    wanted = card(db.session(), kind, key, now)
    for shape in shapes if wanted else ():
        if wanted and kept(kind, key, wanted, shape) is None:
            make(kind, key, wanted, shape, now)
    db.session.rollback()
    return wanted


def _look(kind: str, key: str, locale: str, wanted: Card | None, now: datetime) -> None:
    """Note that a picture says what its page says, and drop those that no longer do."""
    with transaction() as session:
        kept_now = kept_of(session, kind, key, locale)
        gone = _forget(session, [row for row in kept_now if wanted and row.digest != wanted.digest])
        looked_at(session, kind, key, locale, now)
    drop(gone)


def _forget(session: Session, rows: Iterable[SharePicture]) -> list[str]:
    """Forget some pictures; return their files, to be dropped once that is stored."""
    files = []
    for row in rows:
        files.append(file_of(row.digest, Shape(row.shape)))
        files += [poster_file(row.digest, paper) for paper in PAPERS]
        session.delete(row)
    session.flush()
    return files
