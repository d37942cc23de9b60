"""What a seller's numbers are of, which days, how they add up, and how they are drawn. Plain Python.

A parcel counts on the day on which its way ended: it arrived, or it did not. That is how the
money page and the revenue book count, so that a month here and a month there are one number.
"""

import calendar
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from shop.earnings.rules import revenue_vnd

WEEK = timedelta(days=7)
#: So many months back can be picked from the list; older ones by their address.
MONTHS_TO_PICK = 24
#: Where goods were sold, and the kinds of sources each stands for.
SOURCES = {
    "gian-hang": ("shop",),
    "phien-cho": ("market_session", "market_offer"),
    "gay-quy": ("campaign",),
}
#: How the way of a parcel ended: it arrived, or why not.
ARRIVED = "arrived"
FAILED = ("refused", "not_collected", "failed", "lost")
#: Places that are no province.
COLLECTED, ABROAD, UNKNOWN = "collected", "abroad", ""


class Span(NamedTuple):
    """Some whole days in Vietnam: a day, seven days or a month. ``last`` is the last of them."""

    name: str
    kind: str
    first: date
    last: date

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]


def span_of(name: str, today: date) -> Span:
    """Return the days of a choice; today for one that is unknown or has not come.

    Choices: "hom-nay", "7-ngay", "thang-nay", a day "2026-11-27", a month "2026-11", seven days
    to the end of a day "7-ngay-2026-11-27".

    >>> span_of("7-ngay", date(2026, 3, 3))[2:]
    (datetime.date(2026, 2, 25), datetime.date(2026, 3, 3))
    """
    if name.startswith("7-ngay"):
        last = _day(name.removeprefix("7-ngay-")) or today
        return _week(min(last, today), today)
    month = today if name == "thang-nay" else _day(f"{name}-01")
    if month is not None and month.replace(day=1) <= today:
        return _month(month.replace(day=1))
    on = _day(name)
    return _one_day(on if on is not None and on <= today else today, today)


def _day(text: str) -> date | None:
    if len(text) != 10 or not text.isascii():
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if found.year >= 2000 else None


def _one_day(on: date, today: date) -> Span:
    return Span("hom-nay" if on == today else on.isoformat(), "day", on, on)


def _week(last: date, today: date) -> Span:
    name = "7-ngay" if last == today else f"7-ngay-{last.isoformat()}"
    return Span(name, "week", last - WEEK + timedelta(days=1), last)


def _month(first: date) -> Span:
    length = calendar.monthrange(first.year, first.month)[1]
    return Span(f"{first:%Y-%m}", "month", first, first.replace(day=length))


def before(span: Span, today: date) -> Span:
    """Return the days of the same kind that end just before these.

    >>> before(span_of("2026-03", date(2026, 11, 27)), date(2026, 11, 27)).last
    datetime.date(2026, 2, 28)
    """
    eve = span.first - timedelta(days=1)
    if span.kind == "month":
        return _month(eve.replace(day=1))
    return _week(eve, today) if span.kind == "week" else _one_day(eve, today)


def after(span: Span, today: date) -> Span | None:
    """Return the days that follow, or None when they have not begun."""
    if span.last >= today:
        return None
    if span.kind == "month":
        return _month(span.last + timedelta(days=1))
    if span.kind == "week":
        return _week(min(span.last + WEEK, today), today)
    return _one_day(span.last + timedelta(days=1), today)


def months_to_pick(today: date) -> list[Span]:
    """Return this month and those before it, newest first."""
    found = [_month(today.replace(day=1))]
    while len(found) < MONTHS_TO_PICK:
        found.append(before(found[-1], today))
    return found


@dataclass(slots=True)
class Tally:
    """What some parcels come to. Sums of money in đồng; vouchers that she pays are taken off."""

    orders: int = 0
    goods_vnd: int = 0
    returns_vnd: int = 0
    #: What buyers who keep their goods were let off: ``earnings.models.Reduction``.
    reductions_vnd: int = 0
    delivery_vnd: int = 0
    placed: int = 0
    placed_vnd: int = 0
    failed: int = 0

    @property
    def revenue_vnd(self) -> int:
        """What the money page and the revenue book call so too."""
        return revenue_vnd(self.goods_vnd, self.returns_vnd, self.reductions_vnd, self.delivery_vnd)

    def add(self, **sums: int) -> None:
        for name, more in sums.items():
            setattr(self, name, getattr(self, name) + more)


class Pack(NamedTuple):
    """One pack of what was sold, as it was last sold."""

    variant_id: int
    title_vi: str
    title_en: str
    variant_vi: str
    variant_en: str
    pieces: int
    vnd: int
    came_back: int


class Ended(NamedTuple):
    """How parcels ended their way: so many, and so many of them to be paid at the door."""

    outcome: str
    parcels: int
    cod: int


class Buyers(NamedTuple):
    """How many people got something, and how many of them had bought of her before."""

    all: int = 0
    returning: int = 0
    #: Parcels whose buyer is no longer known by a phone.
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class Numbers:
    """Everything of one span."""

    whole: Tally
    before: Tally
    pieces: int
    pieces_before: int
    by_day: Mapping[date, Tally]
    by_source: Mapping[str, Tally]
    by_place: Mapping[str, Tally]
    ended: Sequence[Ended]
    returns: Mapping[str, tuple[int, int]]
    packs: Sequence[Pack]
    buyers: Buyers

    @property
    def sold_vnd(self) -> int:
        """What the packs cost together, before her own vouchers."""
        return sum(pack.vnd for pack in self.packs)

    @property
    def reduced_vnd(self) -> int:
        """What she took off by vouchers of her own."""
        return self.sold_vnd - self.whole.goods_vnd

    @property
    def parcels_ended(self) -> int:
        return sum(row.parcels for row in self.ended)

    @property
    def parcels_failed(self) -> int:
        return sum(row.parcels for row in self.ended if row.outcome != ARRIVED)

    @property
    def is_empty(self) -> bool:
        whole = self.whole
        return not (
            whole.orders or whole.placed or whole.failed or whole.returns_vnd
            or whole.reductions_vnd
        )  # fmt: skip


def per_cent(part: int, whole: int) -> tuple[int, int]:
    """Return a share in hundredths with one decimal, rounded half up: (7, 5) is 7.5 %.

    >>> per_cent(3, 40), per_cent(2, 3), per_cent(0, 0)
    ((7, 5), (66, 7), (0, 0))
    """
    tenths = (part * 2000 + whole) // (2 * whole) if whole else 0
    return divmod(tenths, 10)


# How they are drawn. Units are those of the drawing's own box.

#: Box of the bars: they stand on BASE and are at most so high.
WIDTH, HEIGHT, BASE, HIGHEST = 360, 150, 126, 112


class Bar(NamedTuple):
    """One day's bar. ``label``: whether its day is written below; ``open``: the day goes on."""

    on: date
    x: int
    y: int
    width: int
    height: int
    label: bool
    open: bool


def bars(amounts: Sequence[tuple[date, int]], today: date) -> list[Bar]:
    """Return a bar for each day; the highest fills the box, what is sold is never without a bar."""
    step = WIDTH / max(1, len(amounts))
    most = max((amount for _on, amount in amounts), default=0)
    found = []
    for n, (on, amount) in enumerate(amounts):
        height = max(2, amount * HIGHEST // most) if amount > 0 else 0
        label = len(amounts) <= 7 or on.day == 1 or on.day % 5 == 0
        gap = 2 if len(amounts) > 7 else 8
        x = round(n * step) + gap // 2
        width = max(1, round((n + 1) * step) - round(n * step) - gap)
        found.append(Bar(on, x, BASE - height, width, height, label, on == today))
    return found


#: Where a province stands in the drawing, (column, row), from north-west to south: no borders,
#: but neighbours stand side by side as far as squares can. Laid by hand for the 34 provinces.
TILES: dict[str, tuple[int, int]] = {
    "12": (0, 0), "15": (1, 0), "08": (2, 0), "04": (3, 0),
    "11": (0, 1), "14": (1, 1), "25": (2, 1), "19": (3, 1), "20": (4, 1),
    "01": (2, 2), "24": (3, 2), "22": (4, 2),
    "37": (2, 3), "33": (3, 3), "31": (4, 3),
    "38": (2, 4),
    "40": (1, 5), "42": (2, 5),
    "44": (2, 6), "46": (3, 6),
    "48": (3, 7), "51": (4, 7),
    "52": (4, 8),
    "66": (3, 9), "56": (4, 9),
    "75": (2, 10), "68": (3, 10),
    "80": (1, 11), "79": (2, 11),
    "91": (0, 12), "82": (1, 12), "86": (2, 12),
    "96": (0, 13), "92": (1, 13),
}  # fmt: skip
TILE_WIDTH, TILE_HEIGHT = 70, 56
MAP_WIDTH, MAP_HEIGHT = 5 * TILE_WIDTH, 14 * TILE_HEIGHT
#: Shades from none to most.
STEPS = 4
_SHORT = {"79": ("TP.", "HCM")}


class Tile(NamedTuple):
    """One province's square: its corner, its name in two lines, how many went there, how dark."""

    code: str
    x: int
    y: int
    lines: tuple[str, ...]
    orders: int
    shade: int


def tiles(names: Mapping[str, str], orders: Mapping[str, int]) -> list[Tile]:
    """Return the square of each province."""
    most = max((orders.get(code, 0) for code in TILES), default=0)
    found = []
    for code, (column, row) in TILES.items():
        count = orders.get(code, 0)
        lines = _SHORT.get(code) or tuple(names.get(code, code).split(" ", 1))
        found.append(
            Tile(code, column * TILE_WIDTH, row * TILE_HEIGHT, lines, count, shade(count, most))
        )
    return found


def shade(count: int, most: int) -> int:
    """Return how dark a square is: 0 for none, else 1 to ``STEPS``, of the most there are.

    >>> [shade(n, 8) for n in (0, 1, 2, 3, 5, 8)], shade(1, 1)
    ([0, 1, 1, 2, 3, 4], 4)
    """
    return -(-count * STEPS // most) if count > 0 else 0


def most_first(tallies: Mapping[str, Tally]) -> list[tuple[str, Tally]]:
    """Return what has the most parcels first."""
    return sorted(tallies.items(), key=lambda row: (-row[1].orders, -row[1].goods_vnd, row[0]))


def summed(tallies: Iterable[Tally]) -> Tally:
    """Return the sum of some tallies."""
    found = Tally()
    for one in tallies:
        found.add(**{name: getattr(one, name) for name in Tally.__slots__})
    return found


def source_of(kind: str) -> str:
    """Return by which name of ``SOURCES`` a source of an order is shown."""
    return next((name for name, kinds in SOURCES.items() if kind in kinds), "gian-hang")


def gathered(
    rows: Iterable[Any],
    returned: Iterable[Any],
    reduced: Iterable[Any],
    placed: Iterable[Any],
    days: Sequence[date],
) -> dict[str, Any]:
    """Add up counted rows by day, source and place.

    Args:
        rows: (bucket, outcome, source, place, cod, parcels, goods_vnd, delivery_vnd) of ended parcels.
        returned: (bucket, source, place, reason, times, goods_vnd, delivery_vnd) of what came back.
        reduced: (bucket, source, place, vnd) of what buyers were let off.
        placed: (bucket, source, parcels, goods_vnd) of orders placed.
        days: what a bucket from 0 up is of; −1 is all of the span before.
    """
    whole, earlier = Tally(), Tally()
    by_day = {on: Tally() for on in days}
    by_source: dict[str, Tally] = {}
    by_place: dict[str, Tally] = {}
    ended: dict[str, list[int]] = {}
    returns: dict[str, list[int]] = {}

    def add(bucket: int, source: str, place: str | None, **sums: int) -> None:
        if bucket < 0:
            earlier.add(**sums)
            return
        whole.add(**sums)
        by_day[days[bucket]].add(**sums)
        by_source.setdefault(source_of(source), Tally()).add(**sums)
        if place is not None:
            by_place.setdefault(place, Tally()).add(**sums)

    for row in rows:
        if row.outcome == ARRIVED:
            add(row.bucket, row.source, row.place, orders=row.parcels, goods_vnd=int(row.goods_vnd),
                delivery_vnd=int(row.delivery_vnd))  # fmt: skip
        else:
            add(row.bucket, row.source, row.place, failed=row.parcels)
        if row.bucket >= 0:
            counts = ended.setdefault(row.outcome, [0, 0])
            counts[0] += row.parcels
            counts[1] += row.parcels if row.cod else 0
    for row in returned:
        add(row.bucket, row.source, row.place, returns_vnd=int(row.goods_vnd),
            delivery_vnd=-int(row.delivery_vnd))  # fmt: skip
        if row.bucket >= 0:
            sums = returns.setdefault(row.reason, [0, 0])
            sums[0] += row.times
            sums[1] += int(row.goods_vnd)
    for row in reduced:
        add(row.bucket, row.source, row.place, reductions_vnd=int(row.vnd))
    for row in placed:
        add(row.bucket, row.source, None, placed=row.parcels, placed_vnd=int(row.goods_vnd))
    in_order = (ARRIVED, *FAILED)
    return {
        "whole": whole, "before": earlier, "by_day": by_day, "by_source": by_source,
        "by_place": by_place, "returns": {name: (n, vnd) for name, (n, vnd) in returns.items()},
        "ended": [Ended(name, *ended[name]) for name in in_order if name in ended],
    }  # fmt: skip
