"""What happens to pictures apart from the page: the worker's part, and finished pictures."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

from flask import Flask
from sqlalchemy import exists, select

from shop.db import db, transaction
from shop.kernel.clock import now_utc
from shop.kernel.settings import Settings
from shop.media.actions import add_versions
from shop.media.events import PictureForgotten, PictureStored
from shop.media.files import Finished, master_of
from shop.media.models import Picture, Upload
from shop.media.serving import MediaFiles
from shop.media.store import fetch, folder_of, keep, open_store, throw_away
from shop.outbox.relay import subscribe


def make_the_rest(event: PictureStored) -> None:
    """Make the slow format, and widths that could wait; the second time nothing is left to do."""
    # Here and below, not above: a server that makes no pictures does without Pillow.
    from shop.media.pipeline import finish_rest

    picture = db.session.get(Picture, event.picture_id)
    db.session.rollback()
    if picture is None or "avif" in picture.versions:
        return
    digest, have = picture.digest, picture.versions
    master = fetch(master_of(digest))
    if master is None:
        raise FileNotFoundError(f"The master of picture {event.picture_id} is not in the store.")
    versions, files = finish_rest(digest, master, have)
    if versions:
        keep(files)
        with transaction() as session:
            add_versions(session, digest, versions, now_utc())


def delete_files(event: PictureForgotten) -> None:
    """Delete the files of a picture that no row shows any more, nor a photo that is on its way."""
    shown = db.session.scalar(select(exists().where(Picture.digest == event.digest)))
    coming = db.session.scalars(select(Upload.finished).where(Upload.finished.is_not(None))).all()
    db.session.rollback()
    if not shown and event.digest not in [one and one["digest"] for one in coming]:
        throw_away(event.digest)


def finish_our_own(
    paths: Sequence[Path], told: Callable[[Path], None] = lambda path: None
) -> dict[Path, Finished]:
    """Make and keep the first pictures of masters that come with the shop, on all processors.

    These are our own, so they are unpacked in this process; each is WebP, no larger than a
    master, and without notes. Call it outside a transaction and store the rows with
    ``store_picture``: the worker makes the rest.
    """
    from shop.media.pipeline import finish_first

    def one(path: Path) -> Finished:
        return finish_first(path.read_bytes())

    made: dict[Path, Finished] = {}
    with ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1)) as pool:
        for path, finished in zip(paths, pool.map(one, paths), strict=True):
            keep(finished.files)
            made[path] = Finished(**{**finished.__dict__, "files": {}})
            told(path)
    return made


def init_media(app: Flask, settings: Settings) -> None:
    """Open the store, serve its files, and let the worker make what can wait."""
    folder, opened = folder_of(settings), cache(lambda: open_store(settings))
    app.extensions["media_store"] = opened
    subscribe(app, PictureStored, "media.avif", make_the_rest)
    subscribe(app, PictureForgotten, "media.files", delete_files)
    app.wsgi_app = MediaFiles(  # type: ignore[method-assign]
        app.wsgi_app, folder=folder, store=opened, https=settings.is_https
    )
