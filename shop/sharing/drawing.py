"""Draws a card: pictures by Pillow, the poster by Typst, a QR in each that leads to the page."""

import base64
import io
import json
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from shop.kernel.settings import ROOT
from shop.sharing.rules import (
    INK,
    INK_2,
    PAPER,
    PLATE,
    SIZES_PX,
    WEAVE,
    Card,
    Shape,
    shortened,
    wrapped,
)

_DATA = Path(__file__).parent / "data"
_TEXT = ROOT / "shop" / "payouts" / "data" / "fonts"
_FONTS = {
    "title": ROOT / "static" / "fonts" / "Bricolage-800.woff2",
    "plain": _TEXT / "BeVietnamPro-400.ttf",
    "bold": _TEXT / "BeVietnamPro-600.ttf",
}
MARGIN = 60
#: Of every picture the band below: seal, who, address, QR.
BAND_PX = {Shape.SQUARE: 270, Shape.TALL: 290, Shape.PREVIEW: 232}
#: (largest, smallest) letters of the title, and its most lines.
_TITLE_PX = {
    Shape.SQUARE: (128, 64, 4), Shape.TALL: (168, 68, 5), Shape.PREVIEW: (96, 46, 3)
}  # fmt: skip
#: (smallest, largest) letters below the title; they grow and shrink with it.
_LINE_PX = {Shape.SQUARE: (38, 48), Shape.TALL: (42, 62), Shape.PREVIEW: (30, 38)}
_PRICE_PX = {Shape.SQUARE: 72, Shape.TALL: 84, Shape.PREVIEW: 60}
#: A preview is seen small: beside title and figure it has room for little else.
_MOST_LINES = {Shape.SQUARE: 4, Shape.TALL: 6, Shape.PREVIEW: 1}
_BAND_LINE_PX = {Shape.SQUARE: 38, Shape.TALL: 40, Shape.PREVIEW: 30}
#: What a group chat takes gladly on a slow line.
MOST_BYTES = 290_000
_QUALITIES = (88, 80, 70, 55)


def draw(card: Card, shape: Shape, photo: bytes | None = None) -> bytes:
    """Return a card as a JPEG; ``photo``: the content of its picture."""
    from PIL import Image, ImageDraw  # Here: few answers need them, and they are large.

    width, height = SIZES_PX[shape]
    band = BAND_PX[shape]
    sheet = Image.new("RGB", (width, height), PLATE)
    pen = ImageDraw.Draw(sheet)
    _weave(pen, width, height - band)
    bottom = height - band - 24 - MARGIN // 2
    if photo and shape is Shape.PREVIEW:  # Seen small: beside the words, no less than they.
        side = bottom - MARGIN + 18
        _words(pen, card, shape, width - 3 * MARGIN - side, bottom)
        _picture_beside(sheet, photo, side)
    else:
        top = _words(
            pen, card, shape, width - 2 * MARGIN, round(bottom * 0.52) if photo else bottom
        )
        if photo:
            _picture(sheet, photo, top + 12, bottom)
    _band(sheet, pen, card, shape)
    return _written(sheet)


def _written(sheet: Any) -> bytes:
    """Return a sheet as a JPEG as fine as its weight allows."""
    content = b""
    for quality in _QUALITIES:
        written = io.BytesIO()
        sheet.save(written, "JPEG", quality=quality, optimize=True)
        content = written.getvalue()
        if len(content) <= MOST_BYTES:
            break
    return content


def _words(pen: Any, card: Card, shape: Shape, most_px: int, bottom: int) -> int:
    """Write kind, title, lines and the figure from above; return where they end."""
    at, above = MARGIN - 8, _LINE_PX[shape][0]
    pen.text((MARGIN, at), card.kind, font=_font("bold", above), fill=WEAVE)
    at += round(above * 1.5)
    rest = [(line, "plain") for line in card.lines[: _MOST_LINES[shape]]]
    rest += [(card.dated, "bold")] if card.dated else []
    price = _price(card, shape, most_px)
    bottom -= round(price.size * 1.3) if price else 0
    small, size = _LINE_PX[shape][0], _TITLE_PX[shape][1]
    title: list[str] = []
    below: list[list[str]] = []
    for size in range(*_sizes(shape)):
        small = max(_LINE_PX[shape][0], min(_LINE_PX[shape][1], round(size * 0.4)))
        title = _lines(card.title, "title", size, most_px)
        below = [_lines(words, kind, small, most_px) for words, kind in rest]
        height = len(title) * size * 1.14 + sum(len(part) * small * 1.42 + 10 for part in below)
        if len(title) <= _TITLE_PX[shape][2] and at + height + 24 <= bottom:
            break
    else:  # Too much to say: the title whole as far as it goes, then what finds room.
        title = shortened(title, _TITLE_PX[shape][2])
        below = [shortened(part, 2) for part in below]
    for line in title:
        pen.text((MARGIN, at), line, font=_font_for(line, "title", size), fill=INK)
        at += round(size * 1.14)
    if price:  # Name and price are never left out; what else there is goes first.
        pen.text((MARGIN, at), card.price, font=price, fill=INK)
        at, bottom = at + round(price.size * 1.3), bottom + round(price.size * 1.3)
    at += 24 if not price else 10
    kept = _that_fit(zip(below, rest, strict=True), at, bottom, small, least=0 if price else 1)
    for part, (_said, kind) in kept:
        for line in part:
            pen.text((MARGIN, at), line, font=_font(kind, small), fill=INK)
            at += round(small * 1.42)
        at += 10
    return at


def _price(card: Card, shape: Shape, most_px: int) -> Any:
    """Return the typeface in which a card's price fits its line; None without a price."""
    if not card.price:
        return None
    size = _PRICE_PX[shape]
    while size > 36 and _font("bold", size).getlength(card.price) > most_px:
        size -= 2
    return _font("bold", size)


def _sizes(shape: Shape) -> tuple[int, int, int]:
    largest, smallest, _most = _TITLE_PX[shape]
    return largest, smallest - 1, -4


def _that_fit(parts: Iterable[Any], at: float, bottom: int, small: int, *, least: int) -> list[Any]:
    """Return the parts that find room, at least so many; the figure, the last, goes last."""
    kept, left = list(parts), bottom - at
    while len(kept) > least and sum(len(part) * small * 1.42 + 10 for part, _ in kept) > left:
        kept.pop(-2 if len(kept) > 1 else 0)
    return kept


def _lines(text: str, kind: str, size: int, most_px: int) -> list[str]:
    font = _font_for(text, kind, size)
    return wrapped(text, most_px, font.getlength)


def _picture(sheet: Any, content: bytes, top: int, bottom: int) -> None:
    """Set a photo into the room below the words, whole: what is shown is not cut off."""
    from PIL import Image

    room, width = bottom - top, sheet.width - 2 * MARGIN
    if room < 120:
        return
    photo = Image.open(io.BytesIO(content)).convert("RGB")
    scale = min(width / photo.width, room / photo.height, 2)
    photo = photo.resize((round(photo.width * scale), round(photo.height * scale)))
    sheet.paste(photo, (MARGIN, top))


def _picture_beside(sheet: Any, content: bytes, side: int) -> None:
    """Set a photo to the right of the words, cut to a square."""
    from PIL import Image, ImageOps

    photo = ImageOps.fit(Image.open(io.BytesIO(content)).convert("RGB"), (side, side))
    sheet.paste(photo, (sheet.width - MARGIN - side, MARGIN - 18))


def _weave(pen: Any, width: int, bottom: int) -> None:
    """Draw the strip of bamboo weaving above the band."""
    step = 24
    for left in range(0, width, step):
        upright = (left // step) % 2
        for n in range(3):
            if upright:
                pen.rectangle((left + 2 + n * 7, bottom - step, left + 6 + n * 7, bottom), fill=INK)
            else:
                top = bottom - step + 2 + n * 8
                pen.rectangle((left, top, left + step, top + 4), fill=WEAVE)


def _band(sheet: Any, pen: Any, card: Card, shape: Shape) -> None:
    width, height = sheet.size
    band, small = BAND_PX[shape], _BAND_LINE_PX[shape]
    top = height - band
    pen.rectangle((0, top, width, height), fill=INK)
    code = _qr(card.address, band - 44)
    sheet.paste(code, (width - MARGIN - code.width, top + (band - code.height) // 2))
    seal = _seal(112 if shape is not Shape.PREVIEW else 92)
    sheet.paste(seal, (MARGIN, top + (band - seal.height) // 2), seal)
    left = MARGIN + seal.width + 36
    room = width - MARGIN - code.width - 32 - left
    said = [(line, "bold") for line in shortened(_lines(card.by, "bold", small, room), 2)]
    said += [(card.short, "plain"), (card.scan, "plain")]
    at = top + (band - round(small * 1.4) * len(said)) // 2
    for line, kind in said:
        font = _fitted(line, kind, small, room)
        pen.text((left, at), _cut(line, font, room), font=font, fill=PAPER)
        at += round(small * 1.4)


def _fitted(text: str, kind: str, size: int, most_px: int) -> Any:
    """Return a typeface in which a line fits: an address is no use with its end cut off."""
    while size > 18 and _font(kind, size).getlength(text) > most_px:
        size -= 1
    return _font(kind, size)


def _cut(text: str, font: Any, most_px: int) -> str:
    while len(text) > 1 and font.getlength(text) > most_px:
        text = f"{text[:-2]}…"
    return text


def _qr(address: str, most_px: int) -> Any:
    """Return the QR of an address, each module whole points wide, with its quiet zone."""
    import segno
    from PIL import Image

    code = segno.make(address, error="m", micro=False)
    side = code.symbol_size(scale=1, border=4)[0]
    drawn = io.BytesIO()
    code.save(drawn, kind="png", border=4, scale=max(2, most_px // side), dark=INK, light="#ffffff")
    return Image.open(drawn).convert("RGB")


@lru_cache(maxsize=64)
def _font(kind: str, size: int) -> Any:
    from PIL import ImageFont

    return ImageFont.truetype(str(_FONTS[kind]), size)


@lru_cache(maxsize=512)
def _knows(kind: str, letter: str) -> bool:
    """Tell whether a typeface has a letter: a missing one is drawn like no letter at all."""
    font = _font(kind, 32)
    return letter.isspace() or bytes(font.getmask(letter)) != bytes(font.getmask("\uffff"))


def _font_for(text: str, kind: str, size: int) -> Any:
    """Return the typeface, or the plain bold one for a text with letters that it lacks."""
    return _font(kind if all(_knows(kind, letter) for letter in text) else "bold", size)


@cache
def _seal(side: int) -> Any:
    from PIL import Image

    return Image.open(_DATA / "dau.png").convert("RGBA").resize((side, side))


def _in_svg(content: bytes) -> str:
    """Return a photo as Typst takes it beside JSON: within an SVG."""
    from PIL import Image

    photo = Image.open(io.BytesIO(content)).convert("RGB")
    photo.thumbnail((900, 900))
    small = io.BytesIO()
    photo.save(small, "JPEG", quality=80)
    told = base64.b64encode(small.getvalue()).decode()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {photo.width} {photo.height}">'
        f'<image width="{photo.width}" height="{photo.height}"'
        f' href="data:image/jpeg;base64,{told}"/></svg>'
    )


def poster(card: Card, paper: str = "a4", photo: bytes | None = None) -> bytes:
    """Return a card as a tagged page to print and hang up, A4 or A5."""
    import segno
    import typst

    code = io.BytesIO()
    segno.make(card.address, error="q", micro=False).save(
        code, kind="svg", border=4, scale=8, dark=INK, light="#ffffff", xmldecl=False
    )
    told = {
        "lang": card.locale, "kind": card.kind, "title": card.title, "lines": [line[:300] for line in card.lines[:6]],
        "dated": card.dated, "price": card.price, "paper": paper,
        "photo": _in_svg(photo) if photo else "", "photo_alt": card.title, "by": card.by, "short": card.short, "scan": card.scan,
        "address": card.address, "qr": code.getvalue().decode(),
        "seal": (ROOT / "static" / "img" / "dau.svg").read_text(),
        "plate": PLATE, "ink": INK, "ink2": INK_2, "weave": WEAVE,
    }  # fmt: skip
    fonts: list[Any] = [str(_TEXT)]
    return typst.compile(
        (_DATA / "poster.typ").read_bytes(), font_paths=fonts, ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(told, ensure_ascii=False)}, pdf_standards="ua-1",
    )  # fmt: skip
