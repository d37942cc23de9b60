"""White space that only lays out a template's source is left out of the page, as it is compiled.

Templates are indented for who reads them; who loads a page on a weak line should not pay for it.
"""

import re
from collections.abc import Iterator

from jinja2.ext import Extension
from jinja2.lexer import TOKEN_DATA, Token, TokenStream

#: Elements that begin a line of their own: browsers show no white space beside their tags.
BLOCKS = frozenset((
    "article", "aside", "body", "br", "caption", "dd", "details", "div", "dl", "dt", "fieldset",
    "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "head",
    "header", "hr", "html", "legend", "li", "link", "main", "meta", "nav", "ol", "optgroup",
    "option", "p", "section", "summary", "table", "tbody", "td", "template", "tfoot", "th",
    "thead", "title", "tr", "ul",
))  # fmt: skip
#: Elements in which every character counts.
_VERBATIM = frozenset(("pre", "script", "style", "textarea"))

# HTML's own white space: a space that must not break is none.
_OUTSIDE = re.compile(
    r"(?P<blank>[ \t\n\f\r]+)|<!--.*?-->|<(?P<end>/?)(?P<name>[a-zA-Z][\w-]*)|[^ \t\n\f\r<]+|<",
    re.DOTALL,
)
_INSIDE = re.compile(r"(?P<blank>[ \t\n\f\r]+)|(?P<quote>[\"'])|(?P<last>>)|[^ \t\n\f\r\"'>]+")


class CollapseWhitespace(Extension):
    """Takes white space beside block elements away, and lets each other run of it be one space.

    Only what a template itself writes is looked at, never what is put into it. A tag may hold
    statements and expressions: what lies between its quotes stays as it is.
    """

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        if not (stream.name or "").endswith(".html"):
            yield from stream
            return
        reading = Reading()
        for token in stream:
            if token.type == TOKEN_DATA:
                yield Token(token.lineno, TOKEN_DATA, reading.collapse(token.value))
            else:
                reading.after_block = False
                yield token


class Reading:
    """Where in a page its text has come to: a tag, its quotes, or an element kept as it is."""

    def __init__(self) -> None:
        #: The name of the tag that is open, "" outside of tags; whether it ends its element.
        self.tag, self.ends = "", False
        self.quote = ""
        #: The element whose text stays as it is.
        self.verbatim = ""
        self.after_block = False

    def collapse(self, text: str) -> str:
        """Return the next piece of a page's text, with no more white space than it needs."""
        kept: list[str] = []
        at = 0
        while at < len(text):
            if self.verbatim:
                at = self._through_verbatim(text, at, kept)
            elif self.tag:
                at = self._through_tag(text, at, kept)
            else:
                at = self._through_text(text, at, kept)
        return "".join(kept)

    def _through_verbatim(self, text: str, at: int, kept: list[str]) -> int:
        end = text.find(f"</{self.verbatim}", at)
        if end < 0:
            kept.append(text[at:])
            return len(text)
        kept.append(text[at:end])
        self.verbatim = ""
        return end

    def _through_tag(self, text: str, at: int, kept: list[str]) -> int:
        if self.quote:
            end = text.find(self.quote, at) + 1
            if end:
                self.quote = ""
            kept.append(text[at : end or None])
            return end or len(text)
        part = _INSIDE.match(text, at)
        assert part, "Every character is white space, a quote, the last or another."
        if part["quote"]:
            self.quote = part["quote"]
        elif part["last"]:
            self.after_block = self.tag in BLOCKS
            if self.tag in _VERBATIM and not self.ends:
                self.verbatim = self.tag
            self.tag = ""
        kept.append(" " if part["blank"] else part[0])
        return part.end()

    def _through_text(self, text: str, at: int, kept: list[str]) -> int:
        part = _OUTSIDE.match(text, at)
        assert part, "Every character is white space, a tag's first or another."
        if part["name"]:
            self.tag, self.ends = part["name"].lower(), bool(part["end"])
            kept.append(part[0])
        elif not part["blank"]:
            kept.append(part[0])
        elif not self.after_block and not _block_begins(text, part.end()):
            kept.append(" ")
        self.after_block = self.after_block and bool(part["blank"])
        return part.end()


def _block_begins(text: str, at: int) -> bool:
    tag = _OUTSIDE.match(text, at)
    return bool(tag and tag["name"] and tag["name"].lower() in BLOCKS)
