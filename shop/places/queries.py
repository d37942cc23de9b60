"""Provinces, wards, and the search for a ward by any name it ever had."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import and_, case, or_, select
from sqlalchemy.orm import Session

from shop.places.models import PlacesRelease, Province, ProvinceName, Ward, WardName
from shop.places.rules.names import accented, key
from shop.places.rules.search import Likeness, ProvinceHit, Question, Span, WardHit, provinces_named
from shop.prepared import Prepared

#: Names that begin as typed; only the first of them are shown.
MOST_BEGINNINGS = 40
#: Today's wards of the largest old district (a test counts them).
MOST_OF_DISTRICT = 14
_KINDS = {"today": 0, "old": 1, "earlier": 2, "district": 3}


class ProvinceRow(NamedTuple):
    """One of the 34 provinces."""

    code: str
    name: str
    full_name: str
    region: str


class WardRow(NamedTuple):
    """A ward with its province."""

    code: str
    name: str
    full_name: str
    province_code: str
    province_name: str
    region: str


@dataclass(frozen=True, eq=False)
class Units:
    """All units of a release, kept in memory: they change with a release only."""

    version: str
    provinces: tuple[ProvinceRow, ...]
    wards: dict[str, WardRow]
    by_province: dict[str, tuple[WardRow, ...]]
    #: By the key of each of its names, today's own first.
    province_names: dict[str, tuple[ProvinceHit, ...]]


@Prepared
def _release() -> Any:
    return select(PlacesRelease.version)


# Put together once: building a statement costs more than sending it.
_PROVINCES = select(Province.code, Province.name, Province.full_name, Province.region).order_by(
    Province.folded
)
_WARDS = select(Ward.code, Ward.name, Ward.full_name, Ward.province_code).order_by(
    Ward.folded, Ward.code
)
_PROVINCE_NAMES = (
    select(ProvinceName.key, ProvinceName.province_code, ProvinceName.former)
    .join(Province, Province.code == ProvinceName.province_code)
    .order_by(ProvinceName.former != "", Province.folded, ProvinceName.former)
)
#: The units of the release that was asked for last. Only ever replaced as a whole.
_kept: list[Units] = [Units("", (), {}, {}, {})]


def units(session: Session) -> Units:
    """Return the units that are loaded. One light statement, for their version."""
    version = units_version(session)
    found = _kept[0]
    if found.version != version:
        found = _kept[0] = _read(session, version)
    return found


def _read(session: Session, version: str) -> Units:
    provinces = {row.code: ProvinceRow(*row) for row in session.execute(_PROVINCES)}
    wards: dict[str, WardRow] = {}
    by_province: dict[str, list[WardRow]] = defaultdict(list)
    for code, name, full_name, province_code in session.execute(_WARDS):
        # The province's own texts, not a copy of them for each of its wards.
        above = provinces[province_code]
        row = WardRow(code, name, full_name, above.code, above.name, above.region)
        wards[code] = row
        by_province[above.code].append(row)
    named: dict[str, list[ProvinceHit]] = defaultdict(list)
    for name_key, code, former in session.execute(_PROVINCE_NAMES):
        named[name_key].append(ProvinceHit(code, provinces[code].name, former))
    return Units(
        version,
        tuple(provinces.values()),
        wards,
        {code: tuple(rows) for code, rows in by_province.items()},
        {name_key: tuple(hits) for name_key, hits in named.items()},
    )


def units_version(session: Session) -> str:
    """Return the release that is loaded, such as "2026-07"; empty when none is."""
    return _release.scalar(session) or ""


def provinces(session: Session) -> Sequence[ProvinceRow]:
    """Return the 34 provinces, by name."""
    return units(session).provinces


def wards_of(session: Session, province_code: str) -> Sequence[WardRow]:
    """Return a province's wards, by name; none if unknown."""
    return units(session).by_province.get(province_code, ())


def ward(session: Session, code: str) -> WardRow | None:
    """Return a ward, or None."""
    return units(session).wards.get(code)


def find_provinces(known: Units, text: str) -> tuple[ProvinceHit, ...]:
    """Return the provinces of today that a text names, by their own name or one of before.

    More than one when a short way is said of several ("qn"); none when it says more.
    """
    return known.province_names.get(Question(text).province(), ())


def find_wards(session: Session, text: str, limit: int = 10) -> list[WardHit]:
    """Return the wards that somebody may mean, best first.

    Reads today's and old names, with or without accents and kinds ("p.", "xã"), with
    districts and provinces beside them, old or new, spelled out or shortened. Behind those
    that are called so stand the wards where an old district of that name was.
    """
    question = Question(text)
    if not question.is_long_enough:
        return []
    spans = question.spans()
    rows = session.execute(_NAMES.where(WardName.key.in_(spans))).all()
    found: _Found = {}
    _add(found, _whole_names(rows, question, spans))
    if len(found) < limit:
        _add(found, _beginnings(session, question))
    best = sorted(found.values(), key=lambda hit: hit[0])[:limit]
    grounds: _Found = {}
    _add(grounds, _districts(rows, question, among_names=bool(found)))
    others = [
        hit for code, hit in grounds.items() if code not in {row.ward_code for _, row in best}
    ]
    best += sorted(others, key=lambda hit: hit[0])[:MOST_OF_DISTRICT]
    made_of = _made_of(session, [row.ward_code for _, row in best])
    return [_hit(Likeness(rank[0]), row, made_of) for rank, row in best]


_Found = dict[str, tuple[tuple[Any, ...], Any]]

_COLUMNS = (
    WardName.ward_code, WardName.kind, WardName.name, WardName.full_name, WardName.district,
    WardName.province, WardName.split, WardName.key, WardName.districts, WardName.provinces,
    Ward.full_name.label("ward_name"), Province.code.label("province_code"),
    Province.name.label("province_name"), Province.folded.label("province_folded"),
)  # fmt: skip
_NAMES = (
    select(*_COLUMNS)
    .join(Ward, Ward.code == WardName.ward_code)
    .join(Province, Province.code == Ward.province_code)
)


def _add(found: _Found, hits: Iterable[tuple[Likeness, bool, Any]]) -> None:
    """Keep the best hit of each ward. A hit: its likeness, whether accents differ, its row."""
    for likeness, differs, row in hits:
        rank = (likeness, differs, _KINDS[row.kind], row.key, row.province_folded, row.ward_code)
        if row.ward_code not in found or rank < found[row.ward_code][0]:
            found[row.ward_code] = (rank, row)


def _whole_names(
    rows: Sequence[Any], question: Question, spans: dict[str, list[Span]]
) -> Iterator[tuple[Likeness, bool, Any]]:
    for row in rows:
        if row.kind == "district":
            continue
        around = (row.districts + row.provinces).split()
        written = row.name if key(row.name) == row.key else None
        for span in spans[row.key]:
            likeness = question.likeness(span, written, around)
            if likeness is not None:
                yield likeness, False, row


def _beginnings(session: Session, question: Question) -> Iterator[tuple[Likeness, bool, Any]]:
    spans = question.beginnings()
    if not spans:
        return
    keys = ["".join(question.words[span.start :]) for span in spans]
    statement = (
        _NAMES.where(
            or_(*(and_(WardName.key >= k, WardName.key < k + "{") for k in keys)),
            WardName.kind != "district",
        )
        .order_by(case(_KINDS, value=WardName.kind), WardName.key)
        .limit(MOST_BEGINNINGS)
    )
    typed = tuple("".join(accented(p) for p in question.typed[span.start :]) for span in spans)
    for row in session.execute(statement):
        if row.key not in keys:
            yield Likeness.BEGINS, not accented(row.name).startswith(typed), row


def _districts(
    rows: Sequence[Any], question: Question, *, among_names: bool
) -> Iterator[tuple[Likeness, bool, Any]]:
    """Yield today's wards where an old district was that may be meant.

    Args:
        among_names: wards were found by their names: the district of a longer address is
            only what lies around one of them.
    """
    districts = question.districts()
    for row in rows:
        meant = districts.get(row.key) if row.kind == "district" else None
        if meant is None or (among_names and not meant.whole):
            continue
        if provinces_named(meant.rest, row.provinces.split()):
            yield Likeness.DISTRICT, False, row


def _made_of(session: Session, codes: list[str]) -> dict[str, tuple[str, ...]]:
    """Return the old units of each ward, each once."""
    rows = session.execute(
        select(WardName.ward_code, WardName.full_name)
        .where(WardName.ward_code.in_(codes), WardName.kind == "old")
        .order_by(WardName.id)
    )
    found: dict[str, dict[str, None]] = {}
    for code, name in rows:
        found.setdefault(code, {})[name] = None
    return {code: tuple(names) for code, names in found.items()}


def _hit(likeness: Likeness, row: Any, made_of: dict[str, tuple[str, ...]]) -> WardHit:
    old = row.kind in ("old", "earlier")
    return WardHit(
        ward_code=row.ward_code,
        ward_name=row.ward_name,
        province_code=row.province_code,
        province_name=row.province_name,
        likeness=likeness,
        old_name=row.full_name if old else "",
        old_district=row.district,
        old_province=row.province,
        made_of=made_of.get(row.ward_code, ()),
        split=row.split,
    )
