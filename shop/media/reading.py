"""Hand a stranger's photo to the reading process and take back what it made."""

import json
import os
import subprocess
import sys
import threading
from typing import NamedTuple

from shop.kernel.settings import ROOT
from shop.media.files import Finished, file_name
from shop.media.rules import MOST_BYTES, READING_REFUSALS, PictureBroken, PictureEmpty
from shop.media.rules import PictureTooHeavy as TooHeavy

#: Processes at once in one server; further photos wait their turn.
_turns = threading.BoundedSemaphore(2)
#: The letters of a paper can be read in it.
READABLE_PX = 960
#: The kernel counts 5 seconds of work; this is for waiting on a busy machine.
PATIENCE_S = 45


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


def finish_apart(original: bytes) -> Finished:
    """Return the clean pictures of a photo, unpacked in a process of its own.

    Raises:
        A refusal of ``media.rules.READING_REFUSALS``; PictureBroken too when the process
        ran out of memory or time.
    """
    if not original:
        raise PictureEmpty
    if len(original) > MOST_BYTES:
        raise TooHeavy(most_mb=MOST_BYTES // 1024 // 1024)
    with _turns:
        try:
            done = subprocess.run(
                [sys.executable, "-m", "shop.media.child"],
                input=original,
                capture_output=True,
                timeout=PATIENCE_S,
                cwd=ROOT,
                # No settings, keys or addresses of the shop go along. One arena: threads
                # of the decoder would otherwise each take 64 MB of address space.
                env={
                    "PATH": os.defpath,
                    "MALLOC_ARENA_MAX": "1",
                    "PYTHONDONTWRITEBYTECODE": "1",
                    "LANG": "C.UTF-8",
                },
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise PictureBroken from None
    line, _, content = done.stdout.partition(b"\n")
    if done.returncode != 0 or not line:
        raise PictureBroken
    head = json.loads(line)
    if "refused" in head:
        raise READING_REFUSALS[head["refused"]](**head["facts"])
    files, at = {}, 0
    for name, size in head.pop("files"):
        files[name] = content[at : at + size]
        at += size
    return Finished(files=files, **head)
