"""Photos for tests: plain ones and hostile ones."""

import io
import struct
import zlib
from typing import Any

from PIL import Image


def photo(
    size: tuple[int, int] = (800, 600), kind: str = "JPEG", colour: Any = "tomato", **options: Any
) -> bytes:
    """Return a photo of one colour with a dark bar on its left edge, to see which way is up."""
    mode = options.pop("mode", "RGB")
    picture = Image.new(mode, size, colour)
    picture.paste(Image.new(mode, (size[0] // 8, size[1]), 0), (0, 0))
    written = io.BytesIO()
    picture.save(written, kind, **options)
    return written.getvalue()


def with_notes(orientation: int = 1) -> bytes:
    """Return a photo that says where it was taken, by whom and how it was held."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x013B] = "Trần Thị Bí Mật"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (15.0, 52.0, 48.0)
    return photo(exif=exif, comment=b"nha co Lanh, thon Go Mit")


def png_that_claims(width: int, height: int) -> bytes:
    """Return a small PNG whose head promises very many pixels."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 10_000))
        + chunk(b"IEND", b"")
    )


def opened(content: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(content))
    picture.load()
    return picture
