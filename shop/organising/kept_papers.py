"""A paper or picture as it is kept of a campaign: cleaned, and of a width that can be read."""

from shop.fundraising.paper_rules import Paper, plain_pdf
from shop.media.reading import read_apart
from shop.media.rules import is_picture


def read_paper(content: bytes) -> Paper:
    """Return a file as it is kept; of a picture nothing but its pixels is left.

    Raises:
        What pictures and PDFs are refused for.
    """
    if not is_picture(content):
        return plain_pdf(content)
    return Paper("webp", *read_apart(content))
