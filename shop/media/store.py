"""Where the files of pictures lie: a folder now, an S3-compatible bucket by configuration."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import current_app

from shop.kernel.errors import OutsideFailure
from shop.kernel.settings import Settings

#: One of ``obstore``'s stores. That package is loaded when the first file is asked for: pages
#: are served without it.
Store = Any

TYPES = {
    "jpg": "image/jpeg", "webp": "image/webp", "avif": "image/avif", "pdf": "application/pdf",
    "m4a": "audio/mp4", "webm": "audio/webm", "ogg": "audio/ogg", "mp3": "audio/mpeg",
    "wav": "audio/wav",
}  # fmt: skip
#: Names say their content, so what they name never changes.
FOREVER = "public, max-age=31536000, immutable"
NAME = re.compile(
    r"([0-9a-f]{2})/(\1[0-9a-f]{18}(?:[0-9a-f]{12})?)-(goc|[1-9]\d{1,3})\.(jpg|webp|avif)"
)
#: Recordings lie beside the pictures and are served in parts, as players ask for them.
SOUND = re.compile(r"([0-9a-f]{2})/(\1[0-9a-f]{30})-tieng\.(m4a|webm|ogg|mp3|wav)")


def is_only_here(name: str) -> bool:
    """Tell whether a file is a picture or a recording: nobody can make it anew from the database.

    Pictures to share, which lie under ``chia-se/``, are drawn again when somebody asks.
    """
    return bool(NAME.fullmatch(name) or SOUND.fullmatch(name))


def folder_of(settings: Settings) -> Path | None:
    """Return the folder of the files, or None when a bucket holds them."""
    if settings.media_url.startswith("s3://"):
        return None
    return Path(settings.media_url or Path(settings.instance) / "media").resolve()


def open_store(settings: Settings) -> Store:
    """Return the store that the settings name. Asks nothing of it yet."""
    from obstore.store import LocalStore, S3Store

    folder = folder_of(settings)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        return LocalStore(folder, mkdir=True)
    address = urlsplit(settings.media_url)
    more: dict[str, Any] = {}
    if settings.s3_endpoint:
        more["endpoint"] = settings.s3_endpoint
    return S3Store(
        address.netloc,
        prefix=address.path.strip("/") or None,
        region=settings.s3_region,
        access_key_id=settings.s3_access_key,
        secret_access_key=settings.s3_secret_key,
        virtual_hosted_style_request=False,
        client_options={
            "allow_http": settings.s3_endpoint.startswith("http://"),
            "timeout": "20s",
            "connect_timeout": "5s",
        },
        retry_config={"max_retries": 2},
        **more,
    )


def store() -> Store:
    """Return the store of this shop."""
    return current_app.extensions["media_store"]()


def keep(files: Mapping[str, bytes], into: Store | None = None) -> None:
    """Store files under their names. A second time changes nothing.

    Raises:
        OutsideFailure: the disk is full or the bucket does not answer.
    """
    from obstore.store import LocalStore

    kept: Any = into or store()
    for name, content in files.items():
        try:
            if isinstance(kept, LocalStore):
                # A folder keeps no types; the name says them.
                kept.put(name, content)
            else:
                kind = name.rpartition(".")[2]
                kept.put(
                    name,
                    content,
                    attributes={"Content-Type": TYPES[kind], "Cache-Control": FOREVER},
                )
        except Exception as error:  # obstore's own kinds differ by store.
            raise OutsideFailure(f"{name} was not stored: {error!r}") from error


def fetch(name: str, of: Store | None = None) -> bytes | None:
    """Return a file, or None when there is no such name.

    Raises:
        OutsideFailure: the store does not answer.
    """
    try:
        return bytes((of or store()).get(name).bytes())
    except FileNotFoundError:
        return None
    except Exception as error:
        raise OutsideFailure(f"{name} was not read: {error!r}") from error


def drop(names: Sequence[str], of: Store | None = None) -> None:
    """Delete files by name; one that is gone already does not matter."""
    kept: Any = of or store()
    for name in names:
        try:
            kept.delete(name)
        except FileNotFoundError:
            continue
        except Exception as error:
            raise OutsideFailure(f"{name} was not deleted: {error!r}") from error


def throw_away(digest: str, of: Store | None = None) -> None:
    """Delete every file of a picture; those that are gone already do not matter."""
    kept: Any = of or store()
    try:
        prefix = digest[:2]
        names = [
            found["path"]
            for batch in kept.list(prefix=prefix)
            for found in batch
            if found["path"].startswith(f"{prefix}/{digest}-")
        ]
        if names:
            kept.delete(names)
    except FileNotFoundError:
        return
    except Exception as error:
        raise OutsideFailure(f"{digest} was not deleted: {error!r}") from error
