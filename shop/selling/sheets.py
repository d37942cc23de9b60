"""A stall's goods as a table: written out, read in again, compared with what stands. Knows no database.

A cell that says what the export wrote for it changes nothing, whatever it looks like: that is
what makes a file that was only looked at come back as "nothing to do".
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shop.kernel.amounts import read_dong, read_grams, read_whole
from shop.kernel.errors import Refusal
from shop.kernel.text import fold, one_line
from shop.selling.portion_rules import UNWEIGHED_G
from shop.selling.rules import parcel_weight_g
from shop.selling.season_cells import read_season
from shop.web.tables import safe_cell

#: {column: (Vietnamese head, English head)}, in the order of the file.
COLUMNS: dict[str, tuple[str, str]] = {
    "sku": ("Mã hàng", "SKU"), "title_vi": ("Tên món", "Product"), "name_vi": ("Loại", "Pack"),
    "unit_vi": ("Một phần", "Unit"), "price_vnd": ("Giá bán", "Price"),
    "on_hand": ("Có trong nhà", "On hand"), "weight_g": ("Gói nặng (g)", "Parcel (g)"),
    "net_g": ("Trong đó (g)", "Content (g)"), "net_ml": ("Trong đó (ml)", "Content (ml)"),
    "pieces": ("Trong đó (cái)", "Content (pieces)"), "summary_vi": ("Giới thiệu", "Summary"),
    "shelf": ("Xếp vào", "Category"), "season": ("Mùa bán", "Season"),
}  # fmt: skip
OF_PRODUCT = ("title_vi", "unit_vi", "summary_vi", "shelf", "season")
_LONGEST = {"sku": 60, "title_vi": 160, "name_vi": 80, "unit_vi": 30, "summary_vi": 300}
_BOUNDS = {
    "price_vnd": (1_000, 500_000_000), "on_hand": (0, 1_000_000), "weight_g": (1, 1_000_000),
    "net_g": (1, 1_000_000), "net_ml": (1, 1_000_000), "pieces": (1, 1_000_000),
}  # fmt: skip
_NETS = ("net_g", "net_ml", "pieces")
_MAY_BE_EMPTY = (*_NETS, "summary_vi", "season")
#: Rows of one file; a stall of more goods sends them in parts.
MOST_ROWS = 5_000
_GUARDED = re.compile(r"^'(?=[=+\-@\t\r\n＝＋－＠])")


class NotAGoodsTable(Refusal):
    """No row names its columns as the export does. ``heads``: what would do."""

    code = "not_a_goods_table"
    status = 422


class TooManyRows(Refusal):
    """``most``: rows of one file."""

    code = "too_many_rows"
    status = 422


class SheetMovedOn(Refusal):
    """What the file would change is not what was shown: somebody changed the goods meanwhile."""

    code = "goods_sheet_moved_on"


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a row cannot be stored. ``code``: of the words in sheet_words.html; ``said``: its cell."""

    row: int
    code: str
    column: str = ""
    said: str = ""


@dataclass(frozen=True, slots=True)
class RowChange:
    """A pack that stands and what of it becomes another: {column: (now, then)}."""

    row: int
    variant_id: int
    product_id: int
    title: str
    name: str
    values: Mapping[str, tuple[Any, Any]]


@dataclass(frozen=True, slots=True)
class NewRow:
    """A pack that is new, of the product ``product_id`` or of a new one of this title."""

    row: int
    product_id: int | None
    values: Mapping[str, Any]


@dataclass
class Plan:
    """What a file would do: all of it, or nothing while there is a fault."""

    changes: list[RowChange] = field(default_factory=list)
    new: list[NewRow] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    same: int = 0
    unknown: list[str] = field(default_factory=list)


def rows_out(packs: Iterable[Mapping[str, Any]]) -> Iterable[list[Any]]:
    """Return the cells of the packs that stand, as the export writes them."""
    for pack in packs:
        yield [pack[name] for name in COLUMNS]


def table_in(tables: Iterable[list[list[Any]]]) -> list[list[Any]]:
    """Return the rows of a file from the one that names its columns on.

    Raises:
        NotAGoodsTable, TooManyRows
    """
    for rows in tables:
        for at, row in enumerate(rows[:20]):
            named = [name for cell in row if (name := _column(cell))]
            if len(named) >= 2 and ("sku" in named or "title_vi" in named):
                kept = [list(each) for each in rows[at:] if any(_text(c) for c in each)]
                if len(kept) - 1 > MOST_ROWS:
                    raise TooManyRows(most=MOST_ROWS)
                return kept
    raise NotAGoodsTable(heads=[vi for vi, _en in COLUMNS.values()])


def _column(cell: Any) -> str:
    said = fold(_text(cell))
    return next((n for n, heads in COLUMNS.items() if said in map(fold, heads)), "") if said else ""


def _text(cell: Any) -> str:
    """Return a cell as text; numbers of spreadsheets without their ".0"."""
    if cell is None or isinstance(cell, bool):
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


class _Reading:
    """One file against what stands."""

    def __init__(
        self, stands: Sequence[Mapping[str, Any]], shelves: Mapping[str, str], taken: set[str]
    ) -> None:
        self.by_sku = {pack["sku"]: pack for pack in stands}
        self.products = {fold(pack["title_vi"]): pack["product_id"] for pack in stands}
        self.names = {(fold(p["title_vi"]), fold(p["name_vi"])) for p in stands}
        self.shelves = {fold(name): shelf for name, shelf in shelves.items()}
        self.taken = taken
        self.plan = Plan()
        self.seen: dict[str, int] = {}
        self.said: dict[tuple[int, str], Any] = {}

    def row(self, n: int, cells: Mapping[str, Any]) -> None:
        sku = one_line(_GUARDED.sub("", _text(cells.get("sku", ""))))
        if sku and sku in self.seen:
            return self.fault(n, "sku_twice", "sku", sku)
        self.seen[sku] = n
        if sku in self.by_sku:
            return self.standing(n, self.by_sku[sku], cells)
        if sku in self.taken:
            return self.fault(n, "sku_taken", "sku", sku)
        return self.fresh(n, sku, cells)

    def fault(self, n: int, code: str, column: str = "", said: str = "") -> None:
        self.plan.faults.append(Fault(n, code, column, said[:60]))

    def standing(self, n: int, pack: Mapping[str, Any], cells: Mapping[str, Any]) -> None:
        before, values = len(self.plan.faults), {}
        for name, cell in cells.items():
            now = pack[name]
            if name == "sku" or _text(cell) == _text(safe_cell(now)):
                then = now
            else:
                then = self.value(n, name, cell)
            if name in OF_PRODUCT and self.differs(pack["product_id"], name, then):
                self.fault(n, "differs", name, _text(cell))
            if then != now:
                values[name] = (now, then)
        self.check_nets(n, {**{name: pack[name] for name in _NETS}, **_then(values)})
        on_hand = values.get("on_hand", (0, None))[1]
        if on_hand is not None and on_hand < pack["reserved"]:
            self.fault(n, "reserved", "on_hand", str(pack["reserved"]))
        if len(self.plan.faults) > before:
            return
        if values:
            self.plan.changes.append(
                RowChange(
                    n, pack["id"], pack["product_id"], pack["title_vi"], pack["name_vi"], values
                )
            )
        else:
            self.plan.same += 1

    def differs(self, product_id: int, name: str, then: Any) -> bool:
        """Tell whether another row of the same product says otherwise."""
        return self.said.setdefault((product_id, name), then) != then

    def check_nets(self, n: int, values: Mapping[str, Any]) -> None:
        if sum(values.get(name) is not None for name in _NETS) > 1:
            self.fault(n, "contents")

    def fresh(self, n: int, sku: str, cells: Mapping[str, Any]) -> None:
        before = len(self.plan.faults)
        values = {name: self.value(n, name, cell) for name, cell in cells.items() if name != "sku"}
        title, unit = values.get("title_vi") or "", values.get("unit_vi") or ""
        name = values.get("name_vi") or unit[:1].upper() + unit[1:]
        product_id = self.products.get(fold(title))
        for needed in ("title_vi", "unit_vi", "price_vnd"):
            missing = values.get(needed) in (None, "")
            if missing and not (needed == "unit_vi" and product_id) and not self.told(n, needed):
                self.fault(n, "missing", needed)
        if len(self.plan.faults) == before and (fold(title), fold(name)) in self.names:
            self.fault(n, "exists", "title_vi", f"{title}, {name}")
        self.names.add((fold(title), fold(name)))
        self.check_nets(n, values)
        if len(self.plan.faults) > before:
            return
        weight_g = values.get("weight_g") or parcel_weight_g(
            values.get("net_g"), values.get("net_ml")
        )
        self.plan.new.append(
            NewRow(
                n, product_id,
                {**values, "sku": sku, "name_vi": name, "weight_g": weight_g or UNWEIGHED_G,
                 "on_hand": values.get("on_hand") or 0},
            )
        )  # fmt: skip

    def told(self, n: int, column: str) -> bool:
        return any(f.row == n and f.column == column for f in self.plan.faults)

    def value(self, n: int, name: str, cell: Any) -> Any:
        """Return what a cell says, None for nothing; a fault is noted where it says neither."""
        text = one_line(_GUARDED.sub("", _text(cell)))
        if not text and name not in _BOUNDS:
            if name not in (*_MAY_BE_EMPTY, "name_vi", "shelf", "unit_vi", "title_vi"):
                self.fault(n, "missing", name)
            return ""
        if name == "shelf":
            found = self.shelves.get(fold(text))
            if found is None:
                self.fault(n, "shelf", name, text)
            return found
        if name == "season":
            season = read_season(text)
            if season is None:
                self.fault(n, "season", name, text)
            return season
        if name in _BOUNDS:
            return self.number(n, name, cell, text)
        if len(text) > _LONGEST[name]:
            self.fault(n, "long", name, text)
        return text

    def number(self, n: int, name: str, cell: Any, text: str) -> int | None:
        least, most = _BOUNDS[name]
        if not text:
            return None
        read = {"price_vnd": read_dong, "weight_g": read_grams, "net_g": read_grams}
        found = read.get(name, read_whole)(text)
        if isinstance(cell, float) and not cell.is_integer():
            found = None
        if found is None or not least <= found <= most:
            self.fault(n, "price" if name == "price_vnd" else "number", name, text)
            return None
        return found


def _then(values: Mapping[str, tuple[Any, Any]]) -> dict[str, Any]:
    return {name: then for name, (_now, then) in values.items()}


def plan_of(
    table: Sequence[Sequence[Any]],
    stands: Sequence[Mapping[str, Any]],
    shelves: Mapping[str, str],
    taken: set[str],
) -> Plan:
    """Return what a file would do.

    Args:
        table: of ``table_in``. stands: the stall's packs, by the names of ``COLUMNS`` with id,
            product_id and reserved. shelves: names of categories by either language's. taken: SKUs of her packs that are sold no more.
    """
    reading = _Reading(stands, shelves, taken)
    columns = [_column(cell) for cell in table[0]]
    reading.plan.unknown = [
        _text(cell)[:40] for cell, name in zip(table[0], columns, strict=True)
        if not name and _text(cell)
    ]  # fmt: skip
    for n, row in enumerate(table[1:], start=2):
        cells = {name: cell for name, cell in zip(columns, row, strict=False) if name}
        empty = {
            name: cell for name, cell in cells.items()
            if _text(cell) or name in _MAY_BE_EMPTY
        }  # fmt: skip
        reading.row(n, empty)
    return reading.plan
