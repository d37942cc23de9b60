"""Reads of what a seller earned: pots and their lines, months, and the revenue book."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Select, String, case, cast, func, literal, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from shop.earnings.models import Reduction, SoldMonth
from shop.earnings.rules import POTS, Period, Sold
from shop.kernel.clock import VIETNAM, day_begins, vietnam_date
from shop.kernel.money import split_vnd
from shop.ledger.models import LedgerAccount, LedgerEntry, LedgerTransaction
from shop.ordering.models import (
    GoodsKept,
    GoodsReturn,
    GoodsReturnLine,
    LineItem,
    Order,
    SellerOrder,
    SellerOrderMove,
)
from shop.ordering.queries import PART_CODE, WAS_TAKEN_BACK
from shop.ordering.rules import SellerOrderState as S
from shop.organisations.models import Organisation
from shop.payments.methods.letting_off import let_off_of
from shop.payments.models import Payment, RefundAllocation
from shop.payments.queries.refunds import decided_of_part
from shop.payments.told import CAMPAIGN, named_in
from shop.sellers.models import Payee, Seller
from shop.shares.rules import after_discount

#: Lines of a pot, and of the book, on one page.
PAGE = 50
BOOK_PAGE = 200
# What an organisation's voucher pays is revenue of hers like money: only what she takes off
# herself is none. A voucher is off the goods or off the fee, never off both.
_PAID_FOR = SellerOrder.voucher_payer_id.is_not(None)
BORNE = case((_PAID_FOR, 0), else_=SellerOrder.discount_vnd)
FEE_PAID = case((_PAID_FOR, SellerOrder.delivery_off_vnd), else_=0)
GOODS_SPARED = case((_PAID_FOR & (SellerOrder.discount_vnd > 0), GoodsReturn.off_vnd), else_=0)
FEE_SPARED = case((_PAID_FOR & (SellerOrder.discount_vnd == 0), GoodsReturn.off_vnd), else_=0)
#: Moves that let goods arrive, and those that take it back; what is kept after all arrived before.
_ARRIVED = (SellerOrderMove.to_state == S.DELIVERED) & (SellerOrderMove.from_state != S.RETURNED)
_NOT_ARRIVED = (SellerOrderMove.from_state == S.DELIVERED) & SellerOrderMove.to_state.in_(
    (S.HANDED_OVER, S.READY_FOR_PICKUP)
)
_later = aliased(SellerOrderMove)
#: When goods arrived of which a move says that they had not: the month of that day had them.
_ARRIVED_AT = case(
    (
        _NOT_ARRIVED,
        select(func.max(_later.at))
        .where(
            _later.seller_order_id == SellerOrderMove.seller_order_id,
            _later.id < SellerOrderMove.id, _later.to_state == S.DELIVERED,
        )
        .scalar_subquery(),
    ),
    else_=SellerOrderMove.at,
)  # fmt: skip
#: States in which goods that arrived are counted as sold.
SOLD = (S.DELIVERED, S.COMPLETED, S.RETURNED)
#: Goods that came back, and not by mistake.
CAME_BACK = GoodsReturn.id.not_in(select(GoodsKept.return_id))
_COUNTED = (
    "orders", "goods_vnd", "returns_vnd", "reductions_vnd", "delivery_vnd", "commission_vnd",
    "vat_vnd", "pit_vnd",
)  # fmt: skip


def her_accounts(session: Session, seller_id: int) -> Sequence[Any]:
    """Return (id, kind, detail, balance_vnd) of a seller's accounts, her banks' included. One query."""
    banks = select(literal("payee:") + cast(Payee.id, String)).where(Payee.seller_id == seller_id)
    return session.execute(
        select(
            LedgerAccount.id, LedgerAccount.kind, LedgerAccount.detail, LedgerAccount.balance_vnd
        )
        .where(or_(LedgerAccount.owner == f"seller:{seller_id}", LedgerAccount.owner.in_(banks)))
        .order_by(LedgerAccount.id)
    ).all()


def names_of_units(session: Session, details: Iterable[str]) -> dict[str, Any]:
    """Return the organisations that accounts name: {"organisation:3": row with its names}."""
    ids = {int(d.partition(":")[2]) for d in details if d.startswith("organisation:")}
    rows = session.execute(
        select(Organisation.id, Organisation.name_vi, Organisation.name_en).where(
            Organisation.id.in_(ids)
        )
    )
    return {f"organisation:{row.id}": row for row in rows}


def pot_lines(
    session: Session, accounts: Iterable[Any], pot: str, *, before_id: int | None = None
) -> Sequence[Any]:
    """Return the newest entries of a pot: (id, account_id, amount_vnd, kind, subject, occurred_at).

    Each account is read from its new end, as far as the page needs.

    Args:
        before_id: only entries older than this one: the last of the page before.
    """
    ids = [account.id for account in accounts if account.kind in POTS[pot]]
    if not ids:
        return []
    each = []
    for account_id in ids:
        newest = select(LedgerEntry.id, LedgerEntry.account_id, LedgerEntry.amount_vnd,
                        LedgerEntry.transaction_id).where(LedgerEntry.account_id == account_id)  # fmt: skip
        if before_id is not None:
            newest = newest.where(LedgerEntry.id < before_id)
        each.append(select(newest.order_by(LedgerEntry.id.desc()).limit(PAGE + 1).subquery()))
    found = union_all(*each).subquery()
    return session.execute(
        select(
            found.c.id, found.c.account_id, found.c.amount_vnd, LedgerTransaction.kind,
            LedgerTransaction.subject, LedgerTransaction.occurred_at,
        )
        .join(LedgerTransaction, LedgerTransaction.id == found.c.transaction_id)
        .order_by(found.c.id.desc())
        .limit(PAGE + 1)
    ).all()  # fmt: skip


def orders_about(
    session: Session, seller_id: int, subjects: Iterable[str]
) -> dict[str, list[tuple[int, str]]]:
    """Return her orders that lines are about: {"payment:12": [(seller order, code)]}. Two queries."""
    payments, parts = named_in(set(subjects))
    found: dict[str, list[tuple[int, str]]] = {}
    hers = select(SellerOrder.id, PART_CODE).join(Order, Order.id == SellerOrder.order_id)
    if payments:
        paid = (
            hers.add_columns(Payment.id.label("payment_id"))
            .join(
                Payment,
                (Payment.order_id == SellerOrder.order_id)
                & (Payment.payee_id == SellerOrder.payee_id)
                & (Payment.method == SellerOrder.method),
            )
            .where(Payment.id.in_(payments), SellerOrder.seller_id == seller_id)
            .order_by(SellerOrder.id)
        )
        for row in session.execute(paid):
            found.setdefault(f"payment:{row.payment_id}", []).append((row.id, row.code))
    if parts:
        mine = hers.where(SellerOrder.id.in_(parts), SellerOrder.seller_id == seller_id)
        for row in session.execute(mine):
            found |= {subject: [(row.id, row.code)] for subject in parts[row.id]}
    return found


def sold_in(session: Session, seller_id: int, *periods: Period) -> list[Sold]:
    """Return what a seller sold in each of some periods. One query, of kept months."""
    first, last = min(p.first for p in periods), max(p.last for p in periods)
    rows = session.execute(
        select(SoldMonth.month, *(getattr(SoldMonth, name) for name in _COUNTED)).where(
            SoldMonth.seller_id == seller_id, SoldMonth.month.between(first, last)
        )
    ).all()
    return [_sum(row for row in rows if p.first <= row.month <= p.last) for p in periods]


def _sum(rows: Iterable[Any]) -> Sold:
    rows = list(rows)
    return Sold(**{name: sum(getattr(row, name) for row in rows) for name in _COUNTED})


def shared_in(session: Session, seller_id: int, period: Period) -> int:
    """Return what campaigns get of what arrived in a period, less of what came back in it.

    As the books have it: what she paid of it, or a settlement kept, changes nothing. One query.
    """
    since, until = _moments(period)
    return int(
        session.scalar(
            select(func.coalesce(func.sum(LedgerEntry.amount_vnd), 0))
            .join(LedgerAccount, LedgerAccount.id == LedgerEntry.account_id)
            .join(LedgerTransaction, LedgerTransaction.id == LedgerEntry.transaction_id)
            .where(
                LedgerAccount.kind == "share_due", LedgerAccount.owner == f"seller:{seller_id}",
                LedgerTransaction.subject.startswith(f"{CAMPAIGN}:", autoescape=True),
                LedgerTransaction.occurred_at >= since, LedgerTransaction.occurred_at < until,
            )
        )
        or 0
    )  # fmt: skip


class Withheld(NamedTuple):
    """What an organisation withheld of one seller's sales, and the goods it was withheld of."""

    collector_id: int
    unit_vi: str
    unit_en: str
    seller_id: int
    name_vi: str
    name_en: str
    entity_kind: str
    orders: int
    goods_vnd: int
    returns_vnd: int
    reductions_vnd: int
    vat_vnd: int
    pit_vnd: int


#: Sales of which tax was withheld: others of the same seller and month are no base of it.
_TAXED = (SellerOrder.tax_vat_vnd != 0) | (SellerOrder.tax_pit_vnd != 0)


def withheld_in(session: Session, units: Select[int] | None, period: Period) -> list[Withheld]:
    """Return what organisations withheld, by organisation and seller: for their declarations.

    Only sales of which something was withheld are counted: the goods are the base of the tax.
    """
    begins, ends = day_begins(period.first), day_begins(period.last + timedelta(days=1))
    of = [_TAXED, SellerOrder.method != "cod", Payee.organisation_id.is_not(None)]
    if units is not None:
        of.append(Payee.organisation_id.in_(units))

    def ids(column: Any, part: Any, at: Any, *which: Any) -> Sequence[int]:
        """Return the ids of changes of such sales in the period."""
        return session.scalars(
            select(column)
            .join(SellerOrder, SellerOrder.id == part)
            .join(Payee, Payee.id == SellerOrder.payee_id)
            .where(at >= begins, at < ends, *of, *which)
        ).all()

    returns = ids(GoodsReturn.id, GoodsReturn.seller_order_id, GoodsReturn.at)
    found: dict[tuple[int, int], dict[str, int]] = {}
    for name, changed in (
        ("moves", ids(SellerOrderMove.id, SellerOrderMove.seller_order_id, _ARRIVED_AT,
                      _ARRIVED | _NOT_ARRIVED)),
        ("returns", returns),
        ("kept", session.scalars(select(GoodsKept.return_id)
                                 .where(GoodsKept.return_id.in_(returns))).all()),
        ("reductions", ids(Reduction.id, Reduction.seller_order_id, Reduction.at)),
    ):  # fmt: skip
        for some in _at_once(changed):
            given: dict[str, Any] = {
                "moves": (), "returns": (), "kept": (), "reductions": (), name: some,
            }  # fmt: skip
            for (seller_id, _month, unit_id), sums in by_month(changes(session, **given)).items():
                so_far = found.setdefault((unit_id, seller_id), dict.fromkeys(_COUNTED, 0))
                for counted, vnd in sums.items():
                    so_far[counted] += vnd
    units_named = {
        row.id: row
        for row in session.execute(
            select(Organisation.id, Organisation.name_vi, Organisation.name_en).where(
                Organisation.id.in_({unit_id for unit_id, _ in found})
            )
        )
    }
    sellers = {
        row.id: row
        for row in session.execute(
            select(Seller.id, Seller.name_vi, Seller.name_en, Seller.entity_kind).where(
                Seller.id.in_({seller_id for _, seller_id in found})
            )
        )
    }
    rows = [
        Withheld(
            unit_id, units_named[unit_id].name_vi, units_named[unit_id].name_en, seller_id,
            sellers[seller_id].name_vi, sellers[seller_id].name_en,
            sellers[seller_id].entity_kind, *(sums[name] for name in Withheld._fields[7:]),
        )
        for (unit_id, seller_id), sums in found.items()
        if any(sums.values())
    ]  # fmt: skip
    return sorted(rows, key=lambda row: (row.unit_vi, row.collector_id, row.name_vi, row.seller_id))


def cash_collected_in(session: Session, units: Select[int] | None, period: Period) -> Sequence[Any]:
    """Return what organisations collected of sellers' cash, of which nothing was withheld.

    Rows: (delivery, unit_vi, unit_en, seller_id, name_vi, name_en, vnd); what was taken back is
    taken off. ``delivery``: "pickup" when buyers paid it at the organisation's till.
    """
    begins, ends = day_begins(period.first), day_begins(period.last + timedelta(days=1))
    hers = literal("seller:") + cast(Seller.id, String)
    unit = literal("organisation:") + cast(Organisation.id, String)
    cash = literal("cash:") + cast(SellerOrder.id, String)
    vnd = func.sum(LedgerEntry.amount_vnd)
    wanted = (
        select(
            SellerOrder.delivery, Organisation.name_vi.label("unit_vi"), Organisation.name_en.label("unit_en"),
            Seller.id.label("seller_id"), Seller.name_vi, Seller.name_en, vnd.label("vnd"),
        )
        .select_from(LedgerAccount)
        .join(LedgerEntry, LedgerEntry.account_id == LedgerAccount.id)
        .join(LedgerTransaction, LedgerTransaction.id == LedgerEntry.transaction_id)
        .outerjoin(SellerOrder, cash == LedgerTransaction.subject)
        .join(Seller, hers == LedgerAccount.owner)
        .join(Organisation, unit == LedgerAccount.detail)
        .where(
            LedgerAccount.kind == "cash_with_collector", LedgerTransaction.occurred_at >= begins,
            LedgerTransaction.occurred_at < ends,
        )
        .group_by(
            SellerOrder.delivery, Organisation.id, Organisation.name_vi, Organisation.name_en, Seller.id, Seller.name_vi,
            Seller.name_en,
        )
        .having(vnd != 0)
        .order_by(Organisation.name_vi, Organisation.id, Seller.name_vi, Seller.id)
    )  # fmt: skip
    if units is not None:
        wanted = wanted.where(Organisation.id.in_(units))
    return session.execute(wanted).all()


class BookLine(NamedTuple):
    """One line of the revenue book. ``by_category``: đồng by kind of goods, "" for not said."""

    on: date
    code: str
    seller_order_id: int
    is_return: bool
    titles: list[Any]
    by_category: Mapping[str, int]
    delivery_vnd: int
    #: The buyer keeps the goods and was let off so much, or was not after all.
    is_reduction: bool = False

    @property
    def sum_vnd(self) -> int:
        return sum(self.by_category.values()) + self.delivery_vnd


def revenue_book(session: Session, seller_id: int, period: Period) -> list[BookLine]:
    """Return what arrived, what came back and what buyers were let off, day by day.

    As a revenue book has it. Five queries, six when somebody was let off something.
    What was noted by mistake and taken back is in no line.
    """
    since, until = _moments(period)
    sold = session.execute(
        select(
            SellerOrder.id, BORNE.label("borne_vnd"),
            (SellerOrder.shipping_vnd + FEE_PAID).label("delivery_vnd"), PART_CODE,
            SellerOrderMove.at,
        )
        .join(Order, Order.id == SellerOrder.order_id)
        .join(SellerOrderMove, SellerOrderMove.seller_order_id == SellerOrder.id)
        .where(
            SellerOrder.seller_id == seller_id, _ARRIVED, ~WAS_TAKEN_BACK,
            SellerOrderMove.at >= since, SellerOrderMove.at < until,
        )
        .order_by(SellerOrderMove.at, SellerOrderMove.id)
    ).all()  # fmt: skip
    back = session.execute(
        select(
            GoodsReturn.id, (GoodsReturn.items_vnd + GOODS_SPARED).label("goods_vnd"),
            (GoodsReturn.shipping_vnd + FEE_SPARED).label("delivery_vnd"), GoodsReturn.at,
            SellerOrder.id.label("seller_order_id"), PART_CODE,
        )
        .join(SellerOrder, SellerOrder.id == GoodsReturn.seller_order_id)
        .join(Order, Order.id == SellerOrder.order_id)
        .where(
            SellerOrder.seller_id == seller_id, GoodsReturn.at >= since, GoodsReturn.at < until,
            had_arrived(), CAME_BACK,
        )
        .order_by(GoodsReturn.at, GoodsReturn.id)
    ).all()  # fmt: skip
    less = session.execute(
        select(Reduction.seller_order_id, Reduction.vnd, Reduction.at, PART_CODE)
        .join(SellerOrder, SellerOrder.id == Reduction.seller_order_id)
        .join(Order, Order.id == SellerOrder.order_id)
        .where(
            Reduction.seller_id == seller_id, Reduction.at >= since, Reduction.at < until
        )
        .order_by(Reduction.at, Reduction.id)
    ).all()  # fmt: skip
    lines = _lines_of(session, [row.id for row in sold])
    reduced = _lines_of(session, sorted({row.seller_order_id for row in less}))
    returned = _returned_lines(session, [row.id for row in back])
    book = [_sale(row, lines.get(row.id, [])) for row in sold]
    book += [_coming_back(row, returned.get(row.id, [])) for row in back]
    book += [_reduction(row, reduced.get(row.seller_order_id, [])) for row in less]
    return sorted(
        book, key=lambda line: (line.on, line.code, line.is_return or line.is_reduction)
    )  # fmt: skip


def had_arrived() -> Any:
    """Condition: goods that came back had arrived before; others were never sold."""
    return (
        select(SellerOrderMove.id)
        .where(
            SellerOrderMove.seller_order_id == GoodsReturn.seller_order_id,
            SellerOrderMove.to_state == S.DELIVERED,
            ~WAS_TAKEN_BACK,
        )
        .exists()
    )


def _moments(period: Period) -> tuple[datetime, datetime]:
    first, after = (
        datetime.combine(day, time(), VIETNAM).astimezone(UTC)
        for day in (period.first, period.last + timedelta(days=1))
    )
    return first, after


def _at_once(ids: Sequence[int], size: int = 500) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


def _lines_of(session: Session, seller_order_ids: Sequence[int]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for some in _at_once(seller_order_ids):
        for line in session.execute(
            select(
                LineItem.seller_order_id, LineItem.title_vi, LineItem.title_en,
                LineItem.tax_category, LineItem.total_vnd,
            )
            .where(LineItem.seller_order_id.in_(some))
            .order_by(LineItem.id)
        ):  # fmt: skip
            found.setdefault(line.seller_order_id, []).append(line)
    return found


def _returned_lines(session: Session, return_ids: Sequence[int]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for some in _at_once(return_ids):
        for line in session.execute(
            select(
                GoodsReturnLine.return_id, LineItem.title_vi, LineItem.title_en,
                LineItem.tax_category,
                (GoodsReturnLine.quantity * LineItem.unit_price_vnd).label("total_vnd"),
            )
            .join(LineItem, LineItem.id == GoodsReturnLine.line_item_id)
            .where(GoodsReturnLine.return_id.in_(some))
            .order_by(LineItem.id)
        ):  # fmt: skip
            found.setdefault(line.return_id, []).append(line)
    return found


def _by_category(lines: Sequence[Any], discount_vnd: int, sign: int) -> dict[str, int]:
    found: dict[str, int] = {}
    goods = after_discount([line.total_vnd for line in lines], discount_vnd)
    for line, vnd in zip(lines, goods, strict=True):
        found[line.tax_category] = found.get(line.tax_category, 0) + sign * vnd
    return found


def _sale(row: Any, lines: Sequence[Any]) -> BookLine:
    kinds = _by_category(lines, row.borne_vnd, 1)
    return BookLine(
        vietnam_date(row.at), row.code, row.id, False, list(lines), kinds, row.delivery_vnd
    )


def _coming_back(row: Any, lines: Sequence[Any]) -> BookLine:
    kinds = _by_category(lines, sum(line.total_vnd for line in lines) - row.goods_vnd, -1)
    return BookLine(
        vietnam_date(row.at), row.code, row.seller_order_id, True, list(lines), kinds,
        -row.delivery_vnd,
    )  # fmt: skip


def _reduction(row: Any, lines: Sequence[Any]) -> BookLine:
    """Share what she let the buyer off among what was sold: of which goods it is nobody need say."""
    kinds: dict[str, int] = {}
    parts = split_vnd(abs(row.vnd), [line.total_vnd for line in lines])
    for line, vnd in zip(lines, parts, strict=True):
        kinds[line.tax_category] = kinds.get(line.tax_category, 0) - (vnd if row.vnd > 0 else -vnd)
    return BookLine(
        vietnam_date(row.at), row.code, row.seller_order_id, False, list(lines), kinds, 0, True
    )


class LetOff(NamedTuple):
    """What the buyer of one part is let off now, and what of it is counted."""

    seller_order_id: int
    seller_id: int
    vnd: int
    counted_vnd: int


_COUNTED_OFF = (
    select(func.coalesce(func.sum(Reduction.vnd), 0))
    .where(Reduction.seller_order_id == SellerOrder.id)
    .correlate(SellerOrder)
    .scalar_subquery()
)


_LET_OFF, _AHEAD = (
    decided_of_part(RefundAllocation.let_off_vnd),
    decided_of_part(RefundAllocation.ahead_vnd),
)
_HAS_ARRIVED = SellerOrder.state.in_(sorted(SOLD)) & (
    select(SellerOrderMove.id)
    .where(SellerOrderMove.seller_order_id == SellerOrder.id, _ARRIVED)
    .exists()
)  # fmt: skip
_IS_LET_OFF = or_(_LET_OFF != 0, _AHEAD != 0, _COUNTED_OFF != 0)


def let_off(session: Session, order_ids: Collection[int] | None = None) -> list[LetOff]:
    """Return what buyers are let off of parts that arrived, as refunds that are done say.

    Args:
        order_ids: of these orders, whose parts are held until the transaction ends; None: of all.
            One statement when nobody is let off anything, else up to four.
    """
    wanted = select(
        SellerOrder.id, SellerOrder.seller_id, SellerOrder.state, SellerOrder.total_vnd,
        SellerOrder.returned_items_vnd, SellerOrder.returned_shipping_vnd,
        _HAS_ARRIVED.label("has_arrived"), _LET_OFF.label("let_off_vnd"), _AHEAD.label("ahead_vnd"),
        _COUNTED_OFF.label("counted_vnd"),
    )  # fmt: skip
    if order_ids is None:
        rows = session.execute(wanted.where(_IS_LET_OFF)).all()
    else:
        held = session.scalars(
            select(SellerOrder.id)
            .where(SellerOrder.order_id.in_(sorted(order_ids)), _IS_LET_OFF)
            .order_by(SellerOrder.id)
            .with_for_update()
        ).all()
        rows = session.execute(wanted.where(SellerOrder.id.in_(held))).all() if held else []
    return [
        LetOff(row.id, row.seller_id, vnd if row.has_arrived else 0, int(row.counted_vnd))
        for row, vnd in zip(rows, let_off_of(session, rows), strict=True)
    ]


def wrong_reductions(session: Session) -> Iterator[dict[str, Any]]:
    """Return every part whose counted reductions are not what its buyer is let off."""
    for one in let_off(session):
        if one.vnd != one.counted_vnd:
            yield {
                "seller_order_id": one.seller_order_id, "let_off_vnd": one.vnd,
                "counted_vnd": one.counted_vnd,
            }  # fmt: skip


def changes(
    session: Session, *, moves: Iterable[int], returns: Iterable[int], kept: Iterable[int],
    reductions: Iterable[int],
) -> Sequence[Any]:  # fmt: skip
    """Return what changes months: rows of ``_COUNTED`` with who and when.

    Args:
        moves: ids of moves that let goods arrive, or take it back; returns: ids of goods returns;
            kept: those of which it was said that they were none; reductions: ids of those.
    """
    collector = func.coalesce(Payee.organisation_id, 0).label("collector_id")
    arrived = (
        select(
            SellerOrder.seller_id, _ARRIVED_AT.label("at"), collector, SellerOrder.method,
            _NOT_ARRIVED.label("is_undone"),
            (SellerOrder.items_vnd - BORNE).label("goods_vnd"),
            (SellerOrder.shipping_vnd + FEE_PAID).label("delivery_vnd"),
            SellerOrder.commission_vnd,
            SellerOrder.tax_vat_vnd.label("vat_vnd"), SellerOrder.tax_pit_vnd.label("pit_vnd"),
        )
        .join(SellerOrder, SellerOrder.id == SellerOrderMove.seller_order_id)
        .outerjoin(Payee, Payee.id == SellerOrder.payee_id)
        .where(_ARRIVED | _NOT_ARRIVED)
    )  # fmt: skip
    came_back = (
        select(
            SellerOrder.seller_id, GoodsReturn.at, collector, SellerOrder.method,
            (GoodsReturn.items_vnd + GOODS_SPARED).label("returns_vnd"),
            (-GoodsReturn.shipping_vnd - FEE_SPARED).label("delivery_vnd"),
            (-GoodsReturn.commission_vnd).label("commission_vnd"),
            (-GoodsReturn.tax_vat_vnd).label("vat_vnd"), (-GoodsReturn.tax_pit_vnd).label("pit_vnd"),
        )
        .join(SellerOrder, SellerOrder.id == GoodsReturn.seller_order_id)
        .outerjoin(Payee, Payee.id == SellerOrder.payee_id)
        .where(had_arrived())
    )  # fmt: skip
    less = (
        select(
            SellerOrder.seller_id, Reduction.at, collector, SellerOrder.method,
            literal(False).label("is_undone"), Reduction.vnd.label("reductions_vnd"),
        )
        .join(SellerOrder, SellerOrder.id == Reduction.seller_order_id)
        .outerjoin(Payee, Payee.id == SellerOrder.payee_id)
    )  # fmt: skip
    moves, returns, kept, reductions = list(moves), list(returns), list(kept), list(reductions)
    found: list[Any] = []
    if moves:
        found += session.execute(arrived.where(SellerOrderMove.id.in_(moves))).all()
    if returns:
        found += session.execute(
            came_back.add_columns(literal(False).label("is_undone")).where(
                GoodsReturn.id.in_(returns)
            )
        ).all()
    if kept:
        found += session.execute(
            came_back.add_columns(literal(True).label("is_undone")).where(GoodsReturn.id.in_(kept))
        ).all()
    if reductions:
        found += session.execute(less.where(Reduction.id.in_(reductions))).all()
    return found


def by_month(rows: Iterable[Any]) -> dict[tuple[int, date, int], dict[str, int]]:
    """Add changes up: {(seller, month, collector): sums}."""
    found: dict[tuple[int, date, int], dict[str, int]] = {}
    for row in rows:
        collector = 0 if row.method == "cod" else row.collector_id
        key = (row.seller_id, vietnam_date(row.at).replace(day=1), collector)
        sums = found.setdefault(key, dict.fromkeys(_COUNTED, 0))
        sign = -1 if row.is_undone else 1
        sums["orders"] += sign * hasattr(row, "goods_vnd")
        for name in _COUNTED[1:]:
            sums[name] += sign * getattr(row, name, 0)
    return found


def wrong_months(session: Session, at_once: int = 500) -> Iterator[dict[str, Any]]:
    """Return every kept month that is not what arrivals, returns and reductions come to.

    Reads all of them, so many at a time: for the night.
    """
    should: dict[tuple[int, date, int], dict[str, int]] = {}
    for column, name, where in (
        (SellerOrderMove.id, "moves", _ARRIVED | _NOT_ARRIVED),
        (GoodsReturn.id, "returns", GoodsReturn.id.is_not(None)),
        (GoodsKept.return_id, "kept", GoodsKept.return_id.is_not(None)),
        (Reduction.id, "reductions", Reduction.id.is_not(None)),
    ):
        last = 0
        while ids := session.scalars(
            select(column).where(column > last, where).order_by(column).limit(at_once)
        ).all():
            last = ids[-1]
            given: dict[str, Any] = {
                "moves": [], "returns": [], "kept": [], "reductions": [], name: ids,
            }  # fmt: skip
            for key, sums in by_month(changes(session, **given)).items():
                kept = should.setdefault(key, dict.fromkeys(_COUNTED, 0))
                for counted, vnd in sums.items():
                    kept[counted] += vnd
    stands = {
        (row.seller_id, row.month, row.collector_id): {n: getattr(row, n) for n in _COUNTED}
        for row in session.execute(select(*SoldMonth.__table__.c))
    }
    for seller_id, month, collector_id in sorted({*should, *stands}):
        key = (seller_id, month, collector_id)
        if should.get(key) != stands.get(key):
            yield {"seller_id": seller_id, "month": month.isoformat(), "collector_id": collector_id}


def last_returns(session: Session, seller_order_ids: Iterable[int]) -> list[int]:
    """Return the last return of each of these parts."""
    return list(
        session.scalars(
            select(func.max(GoodsReturn.id))
            .where(GoodsReturn.seller_order_id.in_(list(seller_order_ids)))
            .group_by(GoodsReturn.seller_order_id)
        )
    )
