"""A paper or picture as it is kept of a campaign: cleaned, and of a width that can be read."""

from shop.fundraising.paper_rules import Paper, is_picture, plain_pdf
from shop.media.reading import finish_apart

#: The letters of a voucher can be read in it.
_WIDTH_PX = 960


def read_paper(content: bytes) -> Paper:
    """Return a file as it is kept; of a picture nothing but its pixels is left.

    Raises:
        What pictures and PDFs are refused for.
    """
    if not is_picture(content):
        return plain_pdf(content)
    made = finish_apart(content)
    width = max(w for w in made.versions["webp"] if w <= _WIDTH_PX)
    kept = next(body for name, body in made.files.items() if name.endswith(f"-{width}.webp"))
    return Paper("webp", kept, width, round(made.height_px * width / made.width_px))
