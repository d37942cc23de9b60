"""The lists of a session: what each seller brings, each buyer's bag, totals, bags by place."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.current import vault
from shop.kernel.phones import written
from shop.kernel.settings import ROOT
from shop.kernel.text import fold
from shop.markets.models import MarketOrder, MarketPickup
from shop.markets.queries.sessions import pickups_of
from shop.ordering.models import LineItem, Order, SellerOrder
from shop.ordering.rules import SellerOrderState as S
from shop.payments.queries.buyers import standings
from shop.web.tables import with_sums
from shop.web.words import _, clock, counted, day, dong, language, moment, ngettext, number, tr

#: Letters of print, the same as on other papers.
_FONTS: list[Any] = [str(ROOT / "shop" / "payouts" / "data" / "fonts")]
#: Parts in these states are in no list: nothing of them is brought.
_NOTHING = (S.CANCELLED,)
#: The steps of a part that lies in a bag, one after the other: it is still to be handed over.
WAITING = (S.PLACED, S.CONFIRMED, S.PACKED, S.READY_FOR_PICKUP)
#: The lists, by the word in their address.
KINDS = ("mang", "tui", "mon", "diem")


@dataclass
class Thing:
    """So many of one thing, by whom it is brought."""

    variant_id: int
    seller_id: int
    row: Any
    quantity: int = 0
    total_vnd: int = 0


@dataclass
class Bag:
    """One buyer's order at the session. ``due_vnd``: what she still has to pay there."""

    number: int
    order_id: int
    code: str
    name: str
    phone: str
    pickup_id: int
    late: bool
    parts: list[Any] = field(default_factory=list)
    lines: list[Any] = field(default_factory=list)
    total_vnd: int = 0
    due_vnd: int = 0

    @property
    def by_name(self) -> tuple[str, int]:
        return fold(self.name), self.number

    @property
    def collected(self) -> bool:
        """Whether she came for it, whatever she brought back of it."""
        return not (self.waits or self.not_collected or self.brought_back)

    @property
    def brought_back(self) -> bool:
        """Whether all of it came back."""
        return all(part.state == S.RETURNED for part in self.parts)

    @property
    def not_collected(self) -> bool:
        return all(part.state == S.NOT_COLLECTED for part in self.parts)

    @property
    def waits(self) -> bool:
        """Whether it is still to be handed over."""
        return any(part.state in WAITING for part in self.parts)


@dataclass
class MarketLists:
    """Everything of a session, read once. Bags stand in the order of their numbers."""

    pickups: Sequence[MarketPickup]
    bags: list[Bag]
    things: list[Thing]

    def of_sellers(self) -> list[tuple[Any, list[Thing]]]:
        """Return what each seller brings: (a row with her name, her things)."""
        found: dict[int, list[Thing]] = {}
        for thing in self.things:
            found.setdefault(thing.seller_id, []).append(thing)
        return sorted(
            ((things[0].row, things) for things in found.values()),
            key=lambda one: (fold(one[0].seller_name_vi), one[0].seller_id),
        )

    def at(self, pickup_id: int) -> list[Bag]:
        """Return the bags of a place and time, by the buyers' names."""
        return sorted((b for b in self.bags if b.pickup_id == pickup_id), key=lambda b: b.by_name)


def market_lists(session: Session, session_id: int) -> MarketLists:
    """Read a session's orders into its lists. Six queries, however many orders there are."""
    pickups = pickups_of(session, session_id)
    bags = {row.order_id: _bag(row) for row in session.execute(_bags(session_id))}
    parts: dict[int, Any] = {}
    things: dict[int, Thing] = {}
    for row in session.execute(_lines([pickup.id for pickup in pickups])):
        bag = bags[row.order_id]
        if row.id not in parts:
            parts[row.id] = row
            bag.parts.append(row)
            bag.total_vnd += row.total_vnd
        bag.lines.append(row)
        thing = things.setdefault(row.variant_id, Thing(row.variant_id, row.seller_id, row))
        thing.quantity += row.quantity
        thing.total_vnd += row.line_vnd
    for order_id, due in due_by_order(session, parts.values()).items():
        bags[order_id].due_vnd = due
    return MarketLists(
        pickups,
        sorted((bag for bag in bags.values() if bag.parts), key=lambda bag: bag.number),
        sorted(things.values(), key=lambda one: (fold(one.row.title_vi), one.variant_id)),
    )


def _bags(session_id: int) -> Any:
    return (
        select(
            MarketOrder.number, MarketOrder.order_id, MarketOrder.pickup_id, MarketOrder.late,
            Order.code, Order.data_key, Order.contact,
        )
        .join(Order, Order.id == MarketOrder.order_id)
        .where(MarketOrder.session_id == session_id)
    )  # fmt: skip


def _bag(row: Any) -> Bag:
    said = vault().open(row.data_key, row.contact) if row.contact else {}
    phone = said.get("phone") or ""
    return Bag(
        row.number, row.order_id, row.code, said.get("name") or "",
        written(phone) if phone else "", row.pickup_id, row.late,
    )  # fmt: skip


def _lines(pickup_ids: Iterable[int]) -> Any:
    return (
        select(
            SellerOrder.id, SellerOrder.order_id, SellerOrder.seller_id, SellerOrder.state,
            SellerOrder.method, SellerOrder.total_vnd, SellerOrder.note,
            SellerOrder.seller_name_vi, SellerOrder.seller_name_en, LineItem.variant_id,
            LineItem.id.label("line_id"), LineItem.returned,
            LineItem.title_vi, LineItem.title_en, LineItem.variant_vi, LineItem.variant_en,
            LineItem.unit_vi, LineItem.unit_en, LineItem.quantity,
            LineItem.total_vnd.label("line_vnd"),
        )
        .join(LineItem, LineItem.seller_order_id == SellerOrder.id)
        .where(
            SellerOrder.market_pickup_id.in_(sorted(pickup_ids)),
            SellerOrder.state.not_in(_NOTHING),
        )
        .order_by(SellerOrder.id, LineItem.id)
    )  # fmt: skip


def due_by_order(session: Session, rows: Iterable[Any]) -> dict[int, int]:
    """Return what is still to be paid, by order, of these parts (id, order_id, total_vnd)."""
    parts = {part.id: part for part in rows}
    due_of: dict[int, int] = {}
    seen: set[int] = set()
    found = standings(session, sorted(parts))
    for part_id, part in parts.items():
        standing = found.get(part_id)
        if standing is None:  # Nothing was asked for yet.
            due = part.total_vnd
        elif standing.payment_id is None:
            due = standing.amount_vnd - standing.paid_vnd
        elif standing.payment_id in seen:
            due = 0  # One transfer for several parts.
        else:
            seen.add(standing.payment_id)
            due = standing.amount_vnd - (standing.received_vnd - standing.refunded_vnd)
        due_of[part.order_id] = due_of.get(part.order_id, 0) + max(0, due)
    return due_of


def thing_words(row: Any) -> str:
    """Return "Bánh tráng, xấp 20 cái"."""
    return ", ".join(said for said in (tr(row, "title"), tr(row, "variant")) if said)


def place_words(pickup: Any) -> str:
    """Return "Nhà văn hoá thôn Gò Mít, 06:30–08:00"."""
    return f"{tr(pickup, 'name')}, {clock(pickup.starts_at)}–{clock(pickup.ends_at)}"


@dataclass(frozen=True)
class Section:
    """One table of a list, ready to be shown, printed or sent: every cell is words."""

    title: str
    head: list[str]
    rows: list[list[str]]
    #: What stands below, or nothing.
    foot: list[str] = field(default_factory=list)


def list_title(kind: str) -> str:
    return {
        "mang": _("Từng chị mang gì"), "tui": _("Từng túi của khách"),
        "mon": _("Tổng từng món"), "diem": _("Túi theo điểm nhận"),
    }[kind]  # fmt: skip


def sections(lists: MarketLists, kind: str) -> list[Section]:
    """Return one of ``KINDS`` as tables."""
    if kind == "mang":
        return [
            Section(
                tr(seller, "seller_name"), [_("Món"), _("Mang"), _("Tiền")],
                [
                    [thing_words(t.row), counted(t.quantity, tr(t.row, "unit")), dong(t.total_vnd)]
                    for t in things
                ],
                [_("Cộng"), "", dong(sum(t.total_vnd for t in things))],
            )
            for seller, things in lists.of_sellers()
        ]  # fmt: skip
    if kind == "mon":
        head = [_("Món"), _("Người bán"), _("Tất cả"), _("Tiền")]
        return [
            Section(
                "", head,
                [
                    [thing_words(t.row), tr(t.row, "seller_name"),
                     counted(t.quantity, tr(t.row, "unit")), dong(t.total_vnd)]
                    for t in lists.things
                ],
            )
        ]  # fmt: skip
    places = {pickup.id: place_words(pickup) for pickup in lists.pickups}
    if kind == "tui":
        head = [_("Túi"), _("Trong túi"), _("Điểm nhận"), _("Tiền")]
        return [
            Section(
                "", head,
                [
                    [
                        f"{bag.number}. {bag.name}, {bag.phone}",
                        bag_words(bag),
                        places[bag.pickup_id], money_words(bag),
                    ]
                    for bag in lists.bags
                ],
            )
        ]  # fmt: skip
    head = [_("Tên"), _("Túi số"), _("Điện thoại"), _("Tiền")]
    return [
        Section(
            places[pickup.id],
            head,
            [[b.name, number(b.number), b.phone, money_words(b)] for b in lists.at(pickup.id)],
        )
        for pickup in lists.pickups
    ]


def bag_words(bag: Bag) -> str:
    """Return what is in a bag in one line."""
    return "; ".join(f"{counted(x.quantity, tr(x, 'unit'))} {thing_words(x)}" for x in bag.lines)


def money_words(bag: Bag) -> str:
    if bag.due_vnd:
        return _("%(total)s, còn thu %(due)s", total=dong(bag.total_vnd), due=dong(bag.due_vnd))
    return _("%(total)s, đã trả", total=dong(bag.total_vnd))


def chat_text(row: Any, lists: MarketLists, kind: str) -> str:
    """Return a list as words for a chat group. Names of buyers stay out of it, and phones."""
    lines = [f"{tr(row, 'title')}: {list_title(kind).lower()}"]
    if kind in ("tui", "diem"):
        for pickup in lists.pickups:
            bags = lists.at(pickup.id)
            lines.append(f"{place_words(pickup)}: {_('%(n)s túi', n=number(len(bags)))}")
            lines.append(", ".join(number(n) for n in sorted(bag.number for bag in bags)))
        return "\n".join(line for line in lines if line)
    for section in sections(lists, kind):
        if section.title:
            lines.append(section.title)
        lines += [f"- {cells[0]}: {cells[-2]}" for cells in section.rows]
    lines.append(
        _("Mang tới %(day)s, từ %(time)s.", day=day(row.hand_over_at), time=clock(row.hand_over_at))
    )
    return "\n".join(lines)


def pdf_of(row: Any, organisation: Any, lists: MarketLists, kind: str) -> bytes:
    """Return a list as a tagged PDF in the reader's language."""
    told = {
        "lang": language(),
        "title": list_title(kind),
        "market": tr(row, "title"),
        "organisation": tr(organisation, "name"),
        "when": _("Nhận hàng %(at)s", at=moment(row.hand_over_at)),
        "sections": [
            {"title": one.title, "head": one.head, "rows": one.rows, "foot": one.foot}
            for one in sections(lists, kind)
            if one.rows
        ],
        "none": _("Chưa có đơn nào."),
        "foot": _("Phiên chợ %(code)s", code=row.code),
    }  # fmt: skip
    import typst  # Here: five megabytes for a file that few ask for.

    return typst.compile(
        _template(), font_paths=_FONTS, ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(told, ensure_ascii=False)}, pdf_standards="ua-1",
    )  # fmt: skip


def file_rows(lists: MarketLists, kind: str) -> tuple[list[str], Iterable[Sequence[object]]]:
    """Return (head, rows) for a spreadsheet: counts and money as numbers, their sums below."""
    if kind in ("mang", "mon"):
        things = (
            [t for _row, its in lists.of_sellers() for t in its] if kind == "mang" else lists.things
        )
        head = [
            ngettext("Người bán", "Người bán", 1), _("Món"), _("Số lượng"), _("Đơn vị tính"),
            _("Tiền hàng, đồng"),
        ]  # fmt: skip
        rows: list[list[object]] = [
            [tr(t.row, "seller_name"), thing_words(t.row), t.quantity, tr(t.row, "unit"), t.total_vnd]
            for t in things
        ]  # fmt: skip
        return head, with_sums(rows, [4])
    places = {pickup.id: place_words(pickup) for pickup in lists.pickups}
    bags = lists.bags if kind == "tui" else [b for p in lists.pickups for b in lists.at(p.id)]
    head = [
        _("Điểm nhận"), _("Túi số"), _("Tên"), _("Điện thoại"), _("Trong túi"),
        _("Tiền hàng, đồng"), _("Còn thu, đồng"),
    ]  # fmt: skip
    rows = [
        [
            places[bag.pickup_id], bag.number, bag.name, bag.phone, bag_words(bag), bag.total_vnd,
            bag.due_vnd,
        ]
        for bag in bags
    ]  # fmt: skip
    return head, with_sums(rows, [5, 6])


@cache
def _template() -> bytes:
    return (Path(__file__).parent / "data" / "market_list.typ").read_bytes()
