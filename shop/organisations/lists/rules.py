"""Lists of members and of units as people send them: what each row says, what is wrong with it.

Plain Python: a table in, rows and faults out. A fault is (number of the row, code, what stood there).
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from shop.kernel.phones import read_phone
from shop.kernel.text import fold, one_line
from shop.organisations.rules import KINDS, may_hang_below

#: More rows than these are sent as two files.
MOST_LISTED = 20_000
#: {what a column holds: how people write its head, folded}
MEMBER_COLUMNS = {
    "name": ("ho va ten", "ho ten", "ten", "name", "full name"),
    "phone": ("dien thoai", "so dien thoai", "sdt", "phone"),
    "born": ("nam sinh", "ngay sinh", "year of birth", "born"),
    "joined": ("ngay vao hoi", "vao hoi", "ngay tham gia", "joined", "joined on"),
    "unit": ("to chuc", "chi hoi", "don vi", "organisation", "unit"),
}
UNIT_COLUMNS = {
    "name": ("ten", "ten to chuc", "name"),
    "kind": ("loai", "kind", "type"),
    "parent": ("thuoc", "thuoc to chuc", "cap tren", "part of", "parent"),
    "name_en": ("ten tieng anh", "english name", "name in english"),
    "from": ("tu ngay", "from"),
    "to": ("den het ngay", "den ngay", "to", "until the end of"),
}
#: How people write kinds, folded; their own keys are understood too.
KIND_WORDS = {
    **{kind: kind for kind in KINDS},
    "tinh": "province", "thanh pho": "province", "tinh, thanh pho": "province",
    "huyen": "district", "quan": "district", "thi xa": "district",
    "huyen, quan truoc 7/2025": "district", "xa": "commune", "phuong": "commune",
    "dac khu": "commune", "xa, phuong, dac khu": "commune", "chi hoi": "branch",
    "to": "group", "to phu nu": "group", "nhom": "club", "cau lac bo": "club",
    "cau lac bo, nhom": "club",
}  # fmt: skip

Fault = tuple[int, str, str]


@dataclass(frozen=True)
class MemberRow:
    """One woman of a list. ``unit_id``: where she is entered."""

    number: int
    name: str
    phone: str | None
    born_in: int | None
    joined_on: date | None
    unit_id: int


@dataclass(frozen=True)
class UnitRow:
    """One unit of a list. ``parent``: id of a unit, or number of the row that founds it, below 0."""

    number: int
    name_vi: str
    name_en: str
    kind: str
    parent: int | None
    valid_from: date | None
    valid_to: date | None


@dataclass
class Read:
    """What a table says. Nothing of it is stored while ``faults`` has a line."""

    rows: list[Any] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    #: Rows of people who are in the register already; they are left out.
    known: list[int] = field(default_factory=list)


def heads(table: Sequence[Sequence[Any]], columns: Mapping[str, Sequence[str]]) -> Any:
    """Return (number of the row of heads from 0, {what: column}); None when no row names people."""
    for number, row in enumerate(table[:20]):
        said = {fold(str(cell)): at for at, cell in reversed(list(enumerate(row))) if cell}
        found = {
            what: said[word]
            for what, words in columns.items()
            for word in reversed(words)
            if word in said
        }
        if "name" in found and len(found) > 1:
            return number, found
    return None


def read_members(
    table: Sequence[Sequence[Any]],
    *,
    units: Mapping[str, Sequence[int]],
    own_id: int,
    is_known: Callable[[int, str, str | None], bool],
    today: date,
) -> Read:
    """Return the women of a table.

    Args:
        units: {folded name: ids} of the units that a row may name.
        own_id: where those go whose row names none.
        is_known: whether (unit, folded name, phone) is in the register.
    """
    read, found = Read(), heads(table, MEMBER_COLUMNS)
    if found is None:
        read.faults.append((1, "no_heads", ""))
        return read
    seen: dict[tuple[int, str, str | None], int] = {}
    for number, cell in _rows(table, found):
        name = one_line(str(cell("name")))
        if not name:
            read.faults.append((number, "no_name", ""))
            continue
        phone = _phone(read, number, cell("phone"))
        born = _year(read, number, cell("born"), today)
        joined = _day(read, number, cell("joined"), today)
        unit = _unit(read, number, cell("unit"), units, own_id)
        if unit is None:
            continue
        key = (unit, fold(name), phone)
        if key in seen:
            read.faults.append((number, "twice", str(seen[key])))
            continue
        seen[key] = number
        if is_known(*key):
            read.known.append(number)
            continue
        read.rows.append(MemberRow(number, name[:120], phone, born, joined, unit))
    return read


def read_units(
    table: Sequence[Sequence[Any]],
    *,
    units: Mapping[str, Sequence[tuple[int, str]]],
    own: tuple[int, str] | None,
    today: date,
) -> Read:
    """Return the units of a table; a row may hang below one of an earlier row.

    Args:
        units: {folded name: [(id, kind)]} of the units that are there.
        own: (id, kind) of the unit below which those go whose row names none; None: the top.
    """
    read, found = Read(), heads(table, UNIT_COLUMNS)
    if found is None or "kind" not in found[1]:
        read.faults.append((1, "no_heads", ""))
        return read
    made: dict[str, tuple[int, str]] = {}
    for number, cell in _rows(table, found):
        name = one_line(str(cell("name")))[:160]
        kind = KIND_WORDS.get(fold(str(cell("kind"))))
        if not name:
            read.faults.append((number, "no_name", ""))
        elif kind is None:
            read.faults.append((number, "kind", str(cell("kind"))))
        elif fold(name) in made or fold(name) in units:
            read.faults.append((number, "unit_there", name))
        else:
            above = _above(read, number, cell("parent"), units, made, own)
            if above is False:
                continue
            if not may_hang_below(kind, above[1] if above else None):
                read.faults.append((number, "parent_kind", str(cell("parent"))))
                continue
            read.rows.append(
                UnitRow(
                    number, name, one_line(str(cell("name_en")))[:160], kind,
                    above[0] if above else None, _day(read, number, cell("from"), today),
                    _day(read, number, cell("to"), today),
                )
            )  # fmt: skip
            made[fold(name)] = (-number, kind)
    return read


def _above(
    read: Read, number: int, said: Any, units: Any, made: Any, own: tuple[int, str] | None
) -> Any:
    """Return (id, kind) of what a row hangs below, None for the top, False with a fault."""
    word = fold(str(said))
    if not word:
        return own
    if word in made:
        return made[word]
    there = units.get(word, ())
    if len(there) != 1:
        read.faults.append((number, "unit_twice" if there else "unit_unknown", str(said)))
        return False
    return there[0]


def _rows(table: Sequence[Sequence[Any]], found: Any) -> Iterable[tuple[int, Callable[[str], Any]]]:
    first, columns = found

    for at, row in enumerate(table[first + 1 :], first + 2):

        def cell(what: str, row: Sequence[Any] = row) -> Any:
            column = columns.get(what)
            value = row[column] if column is not None and column < len(row) else ""
            if isinstance(value, float) and value == int(value):
                value = int(value)
            return "" if value is None else value

        if any(str(part).strip() for part in row if part is not None):
            yield at, cell


def _phone(read: Read, number: int, said: Any) -> str | None:
    text = str(said).strip().lstrip("'")
    if not text:
        return None
    # A spreadsheet that takes a phone for a number drops its first nought.
    found = read_phone(text) or read_phone(f"0{text}")
    if found is None:
        read.faults.append((number, "phone", text))
        return None
    return found.e164


def _year(read: Read, number: int, said: Any, today: date) -> int | None:
    text = str(said).strip()
    if not text:
        return None
    years = re.findall(r"(?<![0-9])(19[0-9]{2}|20[0-9]{2})(?![0-9])", text)
    if len(years) != 1 or int(years[0]) > today.year:
        read.faults.append((number, "year", text))
        return None
    return int(years[0])


def _day(read: Read, number: int, said: Any, today: date) -> date | None:
    text = str(said).strip()
    if not text:
        return None
    iso = re.match(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?![0-9])", text)
    typed = re.match(r"([0-9]{1,2})[/.\-]([0-9]{1,2})[/.\-]([0-9]{4})(?![0-9])", text)
    try:
        if iso:
            found = date(*map(int, iso.groups()))
        elif typed:
            day, month, year = map(int, typed.groups())
            found = date(year, month, day)
        else:
            raise ValueError(text)
    except ValueError:
        read.faults.append((number, "day", text))
        return None
    if not found.year >= 1930 or found > today:
        read.faults.append((number, "day", text))
        return None
    return found


def _unit(
    read: Read, number: int, said: Any, units: Mapping[str, Sequence[int]], own_id: int
) -> int | None:
    word = fold(str(said))
    if not word:
        return own_id
    there = units.get(word, ())
    if len(there) != 1:
        read.faults.append((number, "unit_twice" if there else "unit_unknown", str(said)))
        return None
    return there[0]
