"""Vietnamese and English: which one a request speaks, and how each writes things.

Vietnamese is the source language of every sentence; the English catalogue is
``shop/translations/en/LC_MESSAGES/messages.po``, read as it is when first needed.
The language is the address: ``/en/…`` is English, everything else Vietnamese.
"""

import re
from collections.abc import Iterable
from contextvars import ContextVar, Token
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, has_request_context, request
from markupsafe import Markup

from shop.kernel.clock import VIETNAM
from shop.kernel.currencies import DECIMALS, SIGNS
from shop.kernel.packs import counted_unit, in_running_text
from shop.web.catalogue import Catalogue

CATALOGUE = Path(__file__).parent.parent / "translations" / "en" / "LC_MESSAGES" / "messages.po"
NBSP = "\u00a0"
#: Named here: for these alone the library would read all that it knows of a language.
#: Written as inside a sentence, where these days nearly always stand.
_VIETNAMESE_DAYS = ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ Nhật")
_ENGLISH_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_ENGLISH_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


@lru_cache(maxsize=1)
def _english() -> Catalogue:
    # Here: a shop that nobody has read in English yet is two megabytes lighter.
    return Catalogue(CATALOGUE)


#: Set for a whole request by its address, or for a while by ``speaking``.
_spoken: ContextVar[str | None] = ContextVar("spoken", default=None)


def language() -> str:
    """Return "vi" or "en": of the request, or as set by ``speaking`` outside of one."""
    # Asked some thirty times for a page: one look, without asking what the request is.
    return _spoken.get() or _of_address()


def _of_address() -> str:
    return "en" if has_request_context() and request.script_root.endswith("/en") else "vi"


#: How whom we speak to is called: "chi", as nearly everybody who sells, or "anh".
CALLED = ("chi", "anh")
_called: ContextVar[str] = ContextVar("called", default=CALLED[0])
#: Whom we speak to; not "chị em", "từng chị", "anh/chị" or "Chị %(name)s", which are others.
_YOU = re.compile(
    r"(?<=Chào )chị(?= %\()|(?<![/\w])(?<![Tt]ừng )(?<![Cc]ác )(?<!sáu )[Cc]hị(?!\w| (?:em|ấy|Sương)\b| %\()"
)


class speaking:
    """Speak a language inside a ``with`` block: for requests, and for mails of another reader.

    Args:
        called: one of ``CALLED``; a request says it by ``call`` once it knows who is there.
    """

    def __init__(self, chosen: str, called: str = CALLED[0]) -> None:
        self.chosen, self.called = chosen, called

    def __enter__(self) -> None:
        self._before: tuple[Token[str | None], Token[str]] = (
            _spoken.set(self.chosen), _called.set(self.called),
        )  # fmt: skip

    def __exit__(self, *_: object) -> None:
        spoken, called = self._before
        _spoken.reset(spoken)
        _called.reset(called)


def call(called: str) -> None:
    """Call whom we speak to so, until the ``speaking`` around it ends."""
    _called.set(called)


def wording() -> str:
    """Return which of the shop's wordings is spoken: what is kept in words is kept by it."""
    spoken = language()
    return "vi-anh" if spoken == "vi" and _called.get() == "anh" else spoken


def to_whom(text: str) -> str:
    """Return a Vietnamese sentence as it is said to whom we speak to.

    >>> with speaking("vi", "anh"):
    ...     [to_whom(t) for t in ("Chị ghi số.", "Chào chị %(name)s", "Anh/chị hỏi từng chị em")]
    ['Anh ghi số.', 'Chào anh %(name)s', 'Anh/chị hỏi từng chị em']
    """
    return _to_a_man(text) if _called.get() == "anh" else text


@lru_cache(maxsize=2000)
def _to_a_man(text: str) -> str:
    return _YOU.sub(lambda found: "Anh" if found[0] == "Chị" else "anh", text)


def gettext(text: str, **variables: Any) -> str:
    """Return a sentence in the language of the request, variables filled in."""
    said = _english().gettext(text) if language() == "en" else to_whom(text)
    return said % variables if variables else said


def ngettext(one: str, many: str, num: int, **variables: Any) -> str:
    """Return the form for a number; ``%(num)s`` is the number itself."""
    said = _english().ngettext(one, many, num) if language() == "en" else to_whom(many)
    return said % {"num": num, **variables}


class Later:
    """A sentence that is put into words when it is shown."""

    __slots__ = ("text", "variables")

    def __init__(self, text: str, variables: dict[str, Any]) -> None:
        self.text, self.variables = text, variables

    def __str__(self) -> str:
        return gettext(self.text, **self.variables)

    def __repr__(self) -> str:
        return f"Later({self.text!r})"

    def __mod__(self, values: Any) -> str:
        return str(self) % values

    def __add__(self, other: object) -> str:
        return f"{self}{other}"

    def __radd__(self, other: object) -> str:
        return f"{other}{self}"

    def __eq__(self, other: object) -> bool:
        return str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))

    def __bool__(self) -> bool:
        return bool(self.text)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(str(self), name)


def lazy_(text: str, **variables: Any) -> Any:
    """Return a sentence that is put into words when it is shown: for forms and tables."""
    return Later(text, variables)


_ = gettext


def tr(row: Any, name: str) -> str:
    """Return ``row.name_vi`` or ``row.name_en``; the Vietnamese where no English stands."""
    read: Any = row.get if isinstance(row, dict) else lambda key: getattr(row, key)
    return (read(f"{name}_en") or read(f"{name}_vi")) if language() == "en" else read(f"{name}_vi")


def lang_attr(row: Any, name: str) -> Markup:
    """Return `` lang="vi"`` when ``tr`` gives Vietnamese on an English page, else nothing."""
    read = row.get if isinstance(row, dict) else lambda key: getattr(row, key)
    vietnamese = language() == "en" and not read(f"{name}_en")
    return Markup(' lang="vi"') if vietnamese else Markup("")


def number(amount: int) -> str:
    """Return 1.250.000 or 1,250,000, below nought with a real minus: files for machines do without."""
    grouped = f"{amount:,}".replace("-", "−")
    return grouped if language() == "en" else grouped.replace(",", ".")


def dong(amount_vnd: int) -> str:
    """Return "95.000 đồng" / "95,000 đồng" with a space that does not break."""
    return f"{number(amount_vnd)}{NBSP}{'đồng'}"


def dong_aloud(amount_vnd: int) -> str:
    """Return an amount as people say it, so that a nought too many is seen: "1 triệu 250 ngàn đồng"."""
    rest, parts = amount_vnd, []
    for size, word in ((10**6, _("triệu")), (1_000, _("ngàn"))):
        if rest >= size:
            parts.append(f"{number(rest // size)} {word}")
            rest %= size
    if rest or not parts:
        parts.append(number(rest))
    return nb(" ".join([*parts, "đồng"]))


def vnd(amount_vnd: int) -> str:
    """Return "95.000 ₫" for tight places."""
    return f"{number(amount_vnd)}{NBSP}₫"


def foreign(amount_minor: int, currency: str) -> str:
    """Return "4,00 €" / "4.00 €" of a currency's smallest unit; đồng as ``dong``."""
    if currency == "VND":
        return dong(amount_minor)
    decimals = DECIMALS.get(currency, 2)
    whole, rest = divmod(abs(amount_minor), 10**decimals)
    point = "." if language() == "en" else ","
    tail = f"{point}{rest:0{decimals}d}" if decimals else ""
    sign = "−" if amount_minor < 0 else ""
    return f"{sign}{number(whole)}{tail}{NBSP}{SIGNS.get(currency, currency)}"


def day(moment: date | datetime, style: str = "long") -> str:
    """Return a day in words.

    Styles: long "thứ Bảy, 17/10/2026" / "Saturday, 17 October 2026", year "17/10/2026" /
    "17 Oct 2026", short "17/10" / "17 Oct", month "tháng 10/2026" / "October 2026".
    """
    on = moment.astimezone(VIETNAM).date() if isinstance(moment, datetime) else moment
    if language() == "en":
        month = _ENGLISH_MONTHS[on.month - 1]
        if style == "long":
            return f"{_ENGLISH_DAYS[on.weekday()]}, {on.day} {month} {on.year}"
        if style == "month":
            return f"{month} {on.year}"
        return f"{on.day} {month[:3]}" + (f" {on.year}" if style == "year" else "")
    if style == "month":
        return f"tháng {on.month}/{on.year}"
    written = f"{on.day}/{on.month}" + ("" if style == "short" else f"/{on.year}")
    return f"{_VIETNAMESE_DAYS[on.weekday()]}, {written}" if style == "long" else written


def kept_day(text: str) -> str:
    """Return a day that is kept as text, "2026-12-20", as people write it: "20/12/2026"."""
    return day(date.fromisoformat(text), "year") if text else ""


def clock(moment: datetime) -> str:
    """Return the time of day in Vietnam, "19:00"."""
    return f"{moment.astimezone(VIETNAM):%H:%M}"


def moment(at: datetime) -> str:
    """Return "19:00, thứ Bảy, 17/10/2026"."""
    return f"{clock(at)}, {day(at)}"


def listing(parts: Iterable[str]) -> str:
    """Return "a, b và c" / "a, b and c"; parts that are marked up stay so."""
    words = list(parts)
    if len(words) < 2:
        return words[0] if words else ""
    if not any(isinstance(one, Markup) for one in words):
        return _("%(many)s và %(last)s", many=", ".join(words[:-1]), last=words[-1])
    pattern = Markup(_("%(many)s và %(last)s", many="%(many)s", last="%(last)s"))  # noqa: S704 - our own words.
    return pattern % {"many": Markup(", ").join(words[:-1]), "last": words[-1]}


def nb(text: str) -> str:
    """Bind numbers to their units: "500 g" becomes one word for line breaking."""
    out, words = [], text.split(" ")
    for i, word in enumerate(words):
        out.append(word)
        if i + 1 < len(words):
            out.append(NBSP if word and word[-1].isdigit() else " ")
    return "".join(out)


def counted(n: int, unit: str) -> str:
    """Return "24 hũ" / "24 jars": a number bound to what is counted.

    English units are stored in the singular and get their plural here; in "bundle of
    20 sheets" it is the bundle that grows.
    """
    if language() == "en" and n != 1:
        head, of, rest = unit.partition(" of ")
        unit = f"{_plural(head)}{of}{rest}"
    return f"{number(n)}{NBSP}{unit}"


def goods_unit(row: Any, pack: Any = None) -> str:
    """Return what one of a line is called, "túi" / "bag": of a bag never the product's "hũ".

    Args:
        row: with unit_vi, unit_en and, without ``pack``, variant_vi, variant_en, as kept at the sale.
        pack: a pack size, with name_vi, name_en, of the product in ``row``.
    """
    read: Any = row.get if isinstance(row, dict) else lambda key: getattr(row, key)
    names = (
        (read("variant_vi"), read("variant_en")) if pack is None else (pack.name_vi, pack.name_en)
    )
    unit_vi, unit_en = read("unit_vi"), read("unit_en") or read("unit_vi")
    own = counted_unit(unit_vi, names[0])
    if language() == "vi":
        return own
    if names[1]:
        return counted_unit(unit_en, names[1])
    return unit_en if own.lower() == unit_vi.lower() else own


def goods_count(n: int, row: Any, pack: Any = None) -> str:
    """Return how many of a line, "2 túi" / "2 bags". ``row`` and ``pack`` as of ``goods_unit``."""
    return counted(n, goods_unit(row, pack))


def goods_name(row: Any) -> str:
    """Return what a line is, with its pack size: "Bột mè đen, túi 500 g".

    The size is named also where it is the only one: an order stays what it was when others come.
    """
    pack = tr(row, "variant")
    return f"{tr(row, 'title')}, {nb(in_running_text(pack))}" if pack else tr(row, "title")


_IRREGULAR = {"person": "people", "loaf": "loaves", "knife": "knives"}


def _plural(word: str) -> str:
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word.endswith(("s", "x", "ch", "sh")):
        return f"{word}es"
    if word.endswith("y") and word[-2:-1] not in ("a", "e", "o", "u"):
        return f"{word[:-1]}ies"
    return f"{word}s" if word else word


def init_words(app: Flask) -> None:
    """Teach the templates to speak."""
    env = app.jinja_env
    env.add_extension("jinja2.ext.i18n")
    env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda text: _english().gettext(text) if language() == "en" else text,
        lambda one, many, num: _english().ngettext(one, many, num) if language() == "en" else many,
        newstyle=True,
    )
    env.filters.update(
        tr=tr, lang_attr=lang_attr, number=number, dong=dong, foreign=foreign, vnd=vnd, day=day, kept_day=kept_day, clock=clock,
        moment=moment, listing=listing, nb=nb,
    )  # fmt: skip
    env.globals.update(
        language=language, counted=counted,
        goods_unit=goods_unit, goods_count=goods_count, goods_name=goods_name,
    )  # fmt: skip
