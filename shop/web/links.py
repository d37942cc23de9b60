"""Addresses as templates write them: of pages, of the same page in the other language, of pictures.

Pages are named by their path ("/gio"), not by endpoint, so that a page can link to a
room above its own floor. Whole addresses are built from the configured base only
(QUALITY T12).
"""

from collections.abc import Callable
from contextvars import ContextVar, Token
from functools import lru_cache
from typing import Any, Literal
from urllib.parse import quote, quote_plus, urlencode

from flask import Flask, current_app, has_request_context, request
from werkzeug.routing import IntegerConverter, Map, Rule

from shop.current import signing_keys
from shop.kernel.sealing import private_token, token_digest
from shop.kernel.settings import Settings
from shop.web.words import language

#: Characters of a query that stay as they are; everything else is percent-encoded.
_QUERY_SAFE = "=&%+;/?:@!$'()*,~-._"
#: The page number is the one question that makes another page for search engines.
PAGE = "trang"
#: The largest number of a row that both engines can look for.
MOST_ID = 2**63 - 1
#: Set for a whole request: a page has dozens of addresses.
_mount: ContextVar[str | None] = ContextVar("mount", default=None)


class RowNumber(IntegerConverter):
    """``<int:…>`` in an address. What no row can have as its number is no address at all."""

    def __init__(self, of: Map, *args: Any, **kwargs: Any) -> None:
        super().__init__(of, *args, **{"max": MOST_ID, **kwargs})


class Address(Rule):
    """A rule of the map whose way back, from values to an address, is compiled when first asked for.

    Pages are named by their path, so of some 700 rules hardly one is ever asked; compiling them
    all took three quarters of the time in which a shop is built.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        return _build_with_query if append_unknown else _build


def _build(rule: Any, /, **values: Any) -> tuple[str, str]:
    rule._build = Rule._compile_builder(rule, append_unknown=False).__get__(rule)
    return rule._build(**values)


def _build_with_query(rule: Any, /, **values: Any) -> tuple[str, str]:
    rule._build_unknown = Rule._compile_builder(rule, append_unknown=True).__get__(rule)
    return rule._build_unknown(**values)


def path(address: str) -> str:
    """Return a path of the shop in the language being spoken: "/gio" → "/en/gio"."""
    return f"{_mounted_at()}{'/en' if language() == 'en' else ''}{address}"


def absolute(address: str) -> str:
    """Return the whole address of a path, for mails and previews: "https://…/en/gio"."""
    return current_app.config["BASE_URL"] + path(address)


def language_link(other: str | None = None) -> str:
    """Return this very page in ``other`` ("vi" or "en"; the one not spoken by default)."""
    other = other or ("vi" if language() == "en" else "en")
    here = f"{_mounted_at()}{'/en' if other == 'en' else ''}{_quoted(request.path)}"
    asked = request.query_string
    return f"{here}?{quote(asked, safe=_QUERY_SAFE)}" if asked else here


def canonical(spoken: str | None = None) -> str:
    """Return the one whole address of this page in a language, without filters and notices."""
    return canonicals()[spoken or language()]


def canonicals() -> dict[str, str]:
    """Return the one whole address of this page in each language."""
    here, base = _quoted(request.path), current_app.config["BASE_URL"]
    page = request.args.get(PAGE, "") if request.query_string else ""
    if page.isdecimal() and page not in ("0", "1"):
        here = f"{here}?{urlencode({PAGE: page})}"
    return {"vi": f"{base}{here}", "en": f"{base}/en{here}"}


def with_query(**changes: object) -> str:
    """Return this page's path with some query values changed; None drops one. Notices go."""
    asked = request.args.to_dict(flat=False) if request.query_string else {}
    asked.pop("da", None)
    for name, value in changes.items():
        if value is None:
            asked.pop(name, None)
        else:
            asked[name] = [str(value)]
    query = "&".join([f"{_plus(name)}={_plus(v)}" for name, some in asked.items() for v in some])
    here = f"{request.script_root}{_quoted(request.path)}"
    return f"{here}?{query}" if query else here


# Names of questions and paths of lists come again and again.
_quoted = lru_cache(maxsize=1000)(quote)


@lru_cache(maxsize=1000)
def _plus(text: str) -> str:
    return quote_plus(text, errors="replace")


class mounted:
    """Say inside a ``with`` block where a proxy mounts the shop, without the language."""

    def __init__(self, at: str) -> None:
        self.at = at.rstrip("/")

    def __enter__(self) -> None:
        self._before: Token[str | None] = _mount.set(self.at)

    def __exit__(self, *_: object) -> None:
        _mount.reset(self._before)


def _mounted_at() -> str:
    at = _mount.get()
    if at is None:
        at = request.script_root.removesuffix("/en") if has_request_context() else ""
    return at


def init_links(app: Flask, settings: Settings) -> None:
    """Give the templates their addresses. Before any route is registered."""
    app.url_map.converters["int"] = RowNumber
    media = settings.media_base_url.rstrip("/") or "/media"

    def sound_url(file: str) -> str:
        """Return the address of a recording by the name of its file."""
        return f"{media}/{file}"

    app.jinja_env.globals["sound_url"] = sound_url

    def media_path(digest: str, width: int, kind: str) -> str:
        """Return the address of a picture at a width in px, as "avif", "webp" or "jpg"."""
        return f"{media}/{digest[:2]}/{digest}-{width}.{kind}"

    app.jinja_env.globals.update(
        path=path, absolute=absolute, language_link=language_link, canonical=canonical,
        canonicals=canonicals,
        with_query=with_query, media_path=media_path,
    )  # fmt: skip


def private_token_of(kind: Literal["order", "gift", "pledge"], row: Any) -> str:
    """Make the token of a private link again, of a row with ``link_nonce`` and ``link_digest``.

    After the secret key was changed, the earlier keys are tried.
    """
    tokens = [private_token(kind, key, row.link_nonce) for key in signing_keys()]
    return next((t for t in tokens if token_digest(t) == row.link_digest), tokens[0])
