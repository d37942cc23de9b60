"""What a picture may be, and what good words for it are."""

import re
from collections.abc import Sequence
from datetime import timedelta

from shop.kernel.errors import Refusal
from shop.kernel.text import fold

#: One photo as it comes from a phone. Source: QUALITY T31.
MOST_BYTES = 15 * 1024 * 1024
#: Known by their content, never by the name of the file. Source: QUALITY T32.
FORMATS = ("JPEG", "PNG", "WEBP")
#: A JPEG is made smaller while it is read, so it may be larger than the others.
MOST_PIXELS = {"JPEG": 64_000_000, "PNG": 24_000_000, "WEBP": 24_000_000}
MOST_SIDE_PX = 12_000
LEAST_SIDE_PX = 160
#: The longest side of what is kept for print and for later formats.
MASTER_PX = 1600
#: The longest side of a photo that only shows what happened.
SMALL_PX = 960
#: Widths of what pages show; a narrower picture is never made larger.
WIDTHS = (160, 320, 640, 960)
AVIF_WIDTHS = (320, 640, 960)
#: The widest that is made before the shop opens for the first time; the worker makes the rest.
FIRST_PX = 640
#: What phones that save data get instead of anything wider.
SAVING_WIDTH = 320
#: A photo in pieces: the phone has made it smaller before, so that 300 KB are usual.
MOST_UPLOAD_BYTES = 4 * 1024 * 1024
MOST_PART_BYTES = 256 * 1024
#: Photos of one stall that may be on their way at once, and for how long.
MOST_UPLOADS = 12
UPLOAD_KEPT = timedelta(days=2)
#: The name of one, as the phone makes it.
UPLOAD_KEY = re.compile(r"[0-9a-f]{32}")
#: Pictures that one stall keeps, and that one product shows. Source: QUALITY T35.
MOST_PER_STALL = 600
MOST_PER_PRODUCT = 12


class PictureMissing(Refusal):
    """Nothing was chosen."""

    code = "picture_missing"
    status = 422


class PictureEmpty(Refusal):
    """The file has no content: it did not arrive."""

    code = "picture_empty"
    status = 422


class PictureTooHeavy(Refusal):
    """``most_mb``: what is taken."""

    code = "picture_too_heavy"
    status = 422


class PictureUnknown(Refusal):
    """Not a photo of a kind that is taken, whatever its name says."""

    code = "picture_unknown"
    status = 422


class PictureHeic(Refusal):
    """A photo in the format of many phones' cameras, which is not opened here."""

    code = "picture_heic"
    status = 422


class PictureBroken(Refusal):
    """It begins like a photo and cannot be read to its end, or not within bounds."""

    code = "picture_broken"
    status = 422


class PictureTooLarge(Refusal):
    """``width_px``, ``height_px``; ``most_mp`` million pixels and ``most_side_px`` are taken."""

    code = "picture_too_large"
    status = 422


class PictureTooSmall(Refusal):
    """``width_px``, ``height_px``; ``least_px`` is the least for each side."""

    code = "picture_too_small"
    status = 422


class PictureMoves(Refusal):
    """An animation. ``frames``: how many pictures are in it."""

    code = "picture_moves"
    status = 422


class TooManyPictures(Refusal):
    """``most``: how many may be kept, in the place that is full."""

    code = "too_many_pictures"
    status = 422


class PicturesBusy(Refusal):
    """No more photos are read just now. ``retry_after_s``: seconds until it is worth a try."""

    code = "pictures_busy"
    status = 503


class TooManyUploads(Refusal):
    """``most``: photos of one stall that may be on their way at once."""

    code = "too_many_uploads"
    status = 429


class UploadOutOfStep(Refusal):
    """The piece does not follow what came before. ``received``: where the next one begins."""

    code = "upload_out_of_step"


class UploadUnfinished(Refusal):
    """Not all of the photo has come. ``received``, ``size``: bytes."""

    code = "upload_unfinished"
    status = 422


#: Refusals by the name that the reading process answers with.
READING_REFUSALS: dict[str, type[Refusal]] = {
    kind.code: kind
    for kind in (
        PictureEmpty,
        PictureTooHeavy,
        PictureUnknown,
        PictureHeic,
        PictureBroken,
        PictureTooLarge,
        PictureTooSmall,
        PictureMoves,
    )
}


#: Brands of HEIF files whose pictures are HEVC, and those of any HEIF picture.
_HEIC = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})


def is_heic(content: bytes) -> bool:
    """Return whether a file says of itself, in its first bytes, that it is an HEIC photo."""
    return content[4:8] == b"ftyp" and content[8:12] in _HEIC


def is_picture(content: bytes) -> bool:
    """Tell whether bytes begin as a photo of a kind that is taken does."""
    return (
        content[:3] == b"\xff\xd8\xff" or content[:4] == b"\x89PNG" or content[8:12] == b"WEBP"
    )  # fmt: skip


def check_size(kind: str, width_px: int, height_px: int, frames: int) -> None:
    """Refuse a bomb before any pixel of it is unpacked.

    Raises:
        PictureTooLarge, PictureTooSmall, PictureMoves
    """
    most = MOST_PIXELS[kind]
    if max(width_px, height_px) > MOST_SIDE_PX or width_px * height_px > most:
        raise PictureTooLarge(
            width_px=width_px,
            height_px=height_px,
            most_mp=most // 1_000_000,
            most_side_px=MOST_SIDE_PX,
        )
    if min(width_px, height_px) < LEAST_SIDE_PX:
        raise PictureTooSmall(width_px=width_px, height_px=height_px, least_px=LEAST_SIDE_PX)
    if frames != 1:
        raise PictureMoves(frames=frames)


def widths_for(width_px: int, wanted: Sequence[int] = WIDTHS) -> list[int]:
    """Return the widths that a picture gets: none above its own, at least one.

    >>> widths_for(2000), widths_for(500), widths_for(170)
    ([160, 320, 640, 960], [160, 320, 500], [160, 170])
    """
    fitting = [width for width in wanted if width <= width_px]
    return fitting if len(fitting) == len(wanted) else [*fitting, *_own(width_px, fitting)]


def _own(width_px: int, fitting: Sequence[int]) -> list[int]:
    return [] if fitting and fitting[-1] == width_px else [width_px]


#: Shortest description that can say what is in a picture. Source: DOMAIN §6.4.
LEAST_ALT = 10
_FILE_NAME = re.compile(
    r"\.(jpe?g|png|webp|heic|gif)\b|^(img|dsc|image|photo|screenshot|fb img|zalo)[\s_-]*\d+", re.I
)
_BARE = {
    "anh", "hinh", "hinh anh", "tam anh", "buc anh", "anh san pham", "hinh san pham", "san pham",
    "photo", "picture", "image", "product", "product photo", "anh chup", "anh minh hoa",
}  # fmt: skip
_PHONE_OR_PRICE = re.compile(r"(\d[\s.]?){9,}|\d+\s?(k|đ|vnd|đồng|ngàn|nghìn)\b", re.I)


def alt_weakness(text: str, title: str = "") -> str:
    """Return why words say too little to someone who cannot see the picture; "" when they do.

    Never a reason to refuse: the picture is kept and somebody helps with the words.

    Returns:
        "missing", "file_name", "bare", "same_as_name", "short" or "phone".
    """
    folded = fold(text)
    if not folded:
        return "missing"
    if _FILE_NAME.search(text.strip()) or _FILE_NAME.search(folded):
        return "file_name"
    if folded in _BARE:
        return "bare"
    if title and folded.removeprefix("anh ").removeprefix("hinh ") == fold(title):
        return "same_as_name"
    if _PHONE_OR_PRICE.search(text):
        return "phone"
    return "short" if len(text.strip()) < LEAST_ALT else ""


def alt_state(text: str, title: str = "") -> str:
    """Return "written", or "needs_help": then it waits in the officer's queue."""
    return "needs_help" if alt_weakness(text, title) else "written"
