"""Hand a stranger's photo to the reading process and take back what it made."""

import json
from typing import NamedTuple

from shop.media.apart import Reader
from shop.media.files import Finished, file_name, master_of
from shop.media.rules import MOST_BYTES, READING_REFUSALS, PictureBroken, PictureEmpty
from shop.media.rules import PictureTooHeavy as TooHeavy

#: The letters of a paper can be read in it.
READABLE_PX = 960
#: The kernel counts 5 seconds of work; the rest is for waiting on a busy machine.
_pictures = Reader("shop.media.child", patience_s=45)
#: Whoever has no account keeps no seller's photo waiting, and no thread of the server for long.
_visitors = Reader("shop.media.child", "small", patience_s=15, at_once=1, wait_s=3)


class Readable(NamedTuple):
    """One WebP of a photo, of which nothing but its pixels is left."""

    content: bytes
    width_px: int
    height_px: int


def read_apart(original: bytes) -> Readable:
    """Return a photo as it is kept sealed: cleaned, and of a width that can be read.

    Raises:
        What ``finish_apart`` refuses.
    """
    made = finish_apart(original)
    width = max(width for width in made.versions["webp"] if width <= READABLE_PX)
    content = made.files[file_name(made.digest, width, "webp")]
    return Readable(content, width, round(made.height_px * width / made.width_px))


def read_visitors(original: bytes) -> bytes:
    """Return a visitor's photo as it is kept sealed: a WebP, cleaned and small.

    Raises:
        What ``finish_apart`` refuses; PicturesBusy.
    """
    made = _made_by(_visitors, original)
    return made.files[master_of(made.digest)]


def finish_apart(original: bytes) -> Finished:
    """Return the clean pictures of a photo, unpacked in a process of its own.

    Raises:
        A refusal of ``media.rules.READING_REFUSALS``; PictureBroken too when the process
        ran out of memory or time.
    """
    return _made_by(_pictures, original)


def _made_by(reader: Reader, original: bytes) -> Finished:
    if not original:
        raise PictureEmpty
    if len(original) > MOST_BYTES:
        raise TooHeavy(most_mb=MOST_BYTES // 1024 // 1024)
    line, _, content = reader.read(original).partition(b"\n")
    if not line:
        raise PictureBroken
    head = json.loads(line)
    if "refused" in head:
        raise READING_REFUSALS[head["refused"]](**head["facts"])
    files, at = {}, 0
    for name, size in head.pop("files"):
        files[name] = content[at : at + size]
        at += size
    return Finished(files=files, **head)
