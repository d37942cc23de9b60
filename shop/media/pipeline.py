"""Turn a photo as it came into clean pictures of fixed widths.

Nothing of the original survives but its pixels: the camera's orientation is applied,
then position, names, colour profile and every other note are dropped (QUALITY T32).
Needs Pillow alone, so that a child process with little memory can run it.
"""

import hashlib
import io
from collections.abc import Mapping, Sequence
from typing import Any

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from shop.media.files import Finished, file_name, master_of
from shop.media.rules import (
    AVIF_WIDTHS,
    FIRST_PX,
    FORMATS,
    MASTER_PX,
    MOST_BYTES,
    SMALL_PX,
    PictureBroken,
    PictureEmpty,
    PictureHeic,
    PictureTooHeavy,
    PictureUnknown,
    check_size,
    is_heic,
    widths_for,
)

# check_size is the limit, before any pixel is unpacked; Pillow's own is a warning at another one.
Image.MAX_IMAGE_PIXELS = None

_WRITE: dict[str, tuple[str, dict[str, Any]]] = {
    "jpg": ("JPEG", {"quality": 80, "progressive": True, "optimize": True}),
    "webp": ("WEBP", {"quality": 72, "method": 4}),
    "avif": ("AVIF", {"quality": 55, "speed": 8, "max_threads": 1}),
}


#: Formats that every picture has from the start.
QUICK = ("jpg", "webp")
#: 80 bits: no two pictures share a name, and a list of 24 cards stays small on the line.
DIGEST_CHARS = 20


def finish(original: bytes) -> Finished:
    """Return the clean pictures of a photo.

    Raises:
        A refusal of ``media.rules.READING_REFUSALS``; MemoryError for a bomb that passed.
    """
    master = _read(original)
    master.thumbnail((MASTER_PX, MASTER_PX), Image.Resampling.LANCZOS)
    kept = io.BytesIO()
    master.save(kept, "WEBP", quality=88, method=4)
    return _finished(master, kept.getvalue(), widths_for(master.width))


def finish_small(original: bytes) -> Finished:
    """Return a small master of a photo and no widths, for a photo that is kept sealed for years.

    Raises:
        As ``finish``.
    """
    master = _read(original)
    master.thumbnail((SMALL_PX, SMALL_PX), Image.Resampling.LANCZOS)
    kept = io.BytesIO()
    master.save(kept, "WEBP", quality=60, method=4)
    return _finished(master, kept.getvalue(), [])


def finish_first(master: bytes) -> Finished:
    """Return the narrow pictures of a master of our own, which is kept as it is.

    A fourth of the work of ``finish``; ``finish_rest`` does the other part when there is time.
    """
    picture = _opened(master)
    widths = widths_for(picture.width)
    return _finished(picture, master, [w for w in widths if w <= FIRST_PX] or widths[:1])


def finish_rest(
    digest: str, master: bytes, have: Mapping[str, Sequence[int]]
) -> tuple[dict[str, list[int]], dict[str, bytes]]:
    """Return what a picture still lacks, the slow format included: all its widths, and new files.

    Args:
        master: as ``finish`` or ``finish_first`` kept it.
        have: widths by format that are there already.
    """
    picture = _opened(master)
    versions: dict[str, list[int]] = {}
    files: dict[str, bytes] = {}
    for kind, widths in (
        *((kind, widths_for(picture.width)) for kind in QUICK),
        ("avif", [width for width in AVIF_WIDTHS if width <= picture.width]),
    ):
        lacking = sorted(set(widths) - set(have.get(kind, ())))
        if lacking:
            versions[kind] = sorted({*widths, *have.get(kind, ())})
            files.update(_written(picture, digest, lacking, (kind,)))
    return versions, files


def _finished(master: Image.Image, kept: bytes, widths: list[int]) -> Finished:
    digest = hashlib.sha256(kept).hexdigest()[:DIGEST_CHARS]
    red, green, blue = master.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))  # type: ignore[misc]
    return Finished(
        digest=digest,
        width_px=master.width,
        height_px=master.height,
        colour=f"#{red:02x}{green:02x}{blue:02x}",
        versions={kind: list(widths) for kind in QUICK},
        files={
            master_of(digest): kept,
            **_written(master, digest, widths, QUICK),
        },
    )


def _opened(master: bytes) -> Image.Image:
    with Image.open(io.BytesIO(master), formats=("WEBP",)) as picture:
        picture.load()
        return picture.convert("RGB")


def _read(original: bytes) -> Image.Image:
    if not original:
        raise PictureEmpty
    if len(original) > MOST_BYTES:
        raise PictureTooHeavy(most_mb=MOST_BYTES // 1024 // 1024)
    try:
        picture = Image.open(io.BytesIO(original), formats=FORMATS)
    except UnidentifiedImageError:
        raise (PictureHeic if is_heic(original) else PictureUnknown) from None
    except Exception:  # Pillow raises many kinds for broken heads.
        raise PictureBroken from None
    # Many phones hang a depth map behind the photo and call the pair MPO: the first is the photo.
    kind = "JPEG" if picture.format == "MPO" else str(picture.format)
    try:
        frames = 1 if kind == "JPEG" else getattr(picture, "n_frames", 1)
    except Exception:
        raise PictureBroken from None
    check_size(kind, picture.width, picture.height, frames)
    try:
        picture.draft(None, (MASTER_PX, MASTER_PX))
        picture.load()
        return _plain(picture)
    except MemoryError:
        raise
    except Exception:  # Cut off, damaged, or a polyglot: it is not a photo that can be shown.
        raise PictureBroken from None


def _plain(picture: Image.Image) -> Image.Image:
    """Return red, green and blue in sRGB on white, with no notes attached."""
    if picture.mode.startswith("I"):
        picture = picture.point(lambda value: value / 256).convert("L")
    elif picture.mode in ("1", "P"):
        picture = picture.convert("RGBA" if "transparency" in picture.info else "RGB")
    # Fewer pixels first: everything after it takes copies, and memory is counted.
    picture.thumbnail((2 * MASTER_PX, 2 * MASTER_PX), Image.Resampling.BOX, reducing_gap=2.0)
    picture = ImageOps.exif_transpose(picture)
    profile = picture.info.get("icc_profile")
    if profile and picture.mode in ("RGB", "CMYK", "L"):
        picture = _to_srgb(picture, profile)
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        through = picture.convert("RGBA")
        paper = Image.new("RGBA", through.size, "white")
        picture = Image.alpha_composite(paper, through)
    bare = Image.new("RGB", picture.size)
    bare.paste(picture.convert("RGB"))
    return bare


def _to_srgb(picture: Image.Image, profile: bytes) -> Image.Image:
    try:
        turned = ImageCms.profileToProfile(
            picture,
            ImageCms.ImageCmsProfile(io.BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            outputMode="RGB",
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        return picture  # A broken profile is ignored; the pixels are still a photo.
    return turned or picture


def _written(
    picture: Image.Image, digest: str, widths: Sequence[int], kinds: Sequence[str]
) -> dict[str, bytes]:
    """Return files by name; each width is made once, from the one above it, for all formats."""
    files = {}
    for width in sorted(widths, reverse=True):
        height = max(1, round(picture.height * width / picture.width))
        if (width, height) != picture.size:
            picture = picture.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)
        for kind in kinds:
            name, options = _WRITE[kind]
            written = io.BytesIO()
            picture.save(written, name, **options)
            files[file_name(digest, width, kind)] = written.getvalue()
    return files
