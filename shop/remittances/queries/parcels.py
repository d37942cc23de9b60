"""Parcels whose cash a carrier took: found by a line's codes, summed up by carrier, exported."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, String, and_, case, cast, exists, func, literal, null, or_, select
from sqlalchemy.orm import Session, aliased

from shop.banking.queries.owners import Sight
from shop.fulfilment.models import HandOver
from shop.kernel.codes import read_code
from shop.ordering.models import Order, SellerOrder
from shop.organisations.models import OrganisationClosure
from shop.payments.methods.cod import NOTHING_COMES
from shop.payments.models import CashMove, CodCollection
from shop.payments.queries.columns import still_with_carrier
from shop.payments.rules.cash import COD, About, CashState
from shop.remittances.models import Remittance, RemittanceLine
from shop.remittances.rules.comparing import Parcel
from shop.remittances.rules.sheets import Line
from shop.sellers.models import Seller

#: Codes and ids in one statement.
AT_ONCE = 10_000
PAGE = 30


def sellers_of(owner: Any) -> Any:
    """Return the condition on seller orders that a file's owner may know: hers, or her subtree's.

    Args:
        owner: a row with ``seller_id`` and ``organisation_id``.
    """
    if owner.seller_id is not None:
        return SellerOrder.seller_id == owner.seller_id
    below = select(OrganisationClosure.descendant_id).where(
        OrganisationClosure.ancestor_id == owner.organisation_id
    )
    return SellerOrder.seller_id.in_(select(Seller.id).where(Seller.organisation_id.in_(below)))


def sellers_in(sight: Sight) -> Any:
    """Return the condition on seller orders of a whole sight."""
    if sight.seller_id is not None:
        return SellerOrder.seller_id == sight.seller_id
    if sight.units is None:
        return SellerOrder.id.is_not(None)
    units = sight.units if isinstance(sight.units, Select) else list(sight.units)
    return SellerOrder.seller_id.in_(select(Seller.id).where(Seller.organisation_id.in_(units)))


def parcels_of(session: Session, owner: Any, lines: Sequence[Line]) -> list[int | None]:
    """Return the seller order of each line, None when none of the owner's or more than one fits.

    The parcel's code goes before the order's; what is not the owner's does not exist.
    """
    by_tracking = _found(
        session, {line.tracking_code for line in lines},
        select(HandOver.tracking_code, SellerOrder.id)
        .join(HandOver, HandOver.seller_order_id == SellerOrder.id)
        .where(sellers_of(owner), HandOver.undone_at.is_(None)),
        HandOver.tracking_code,
    )  # fmt: skip
    left = [line for line in lines if len(by_tracking.get(line.tracking_code, ())) != 1]
    by_order = _found(
        session, {read_code(code) for one in left for code in (one.order_code, one.tracking_code)},
        select(Order.code, SellerOrder.id)
        .join(Order, Order.id == SellerOrder.order_id)
        .where(sellers_of(owner)),
        Order.code,
    )  # fmt: skip

    def parcel(line: Line) -> int | None:
        tracked = by_tracking.get(line.tracking_code, set())
        ordered = by_order.get(read_code(line.order_code), set()) or by_order.get(
            read_code(line.tracking_code), set()
        )
        both = tracked & ordered if tracked and ordered else tracked or ordered
        return next(iter(both)) if len(both) == 1 else None

    return [parcel(line) for line in lines]


def _found(
    session: Session, codes: Collection[str], wanted: Any, column: Any
) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {}
    for some in _some(sorted(set(codes) - {""})):
        rows: Any = session.execute(wanted.where(column.in_(some)))
        for code, parcel_id in rows:
            found.setdefault(code, set()).add(parcel_id)
    return found


def _some(things: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(things), AT_ONCE):
        yield things[start : start + AT_ONCE]


def cash_state() -> Any:
    """Return where a parcel's cash is, as far as carriers are concerned; NULL: there is none.

    For goods that were paid ahead a carrier pays or asks something once they came to nothing, like
    for others of which nobody took any cash.
    """
    paid_ahead = SellerOrder.method != COD
    return case(
        (paid_ahead & SellerOrder.state.in_(NOTHING_COMES), CashState.WRITTEN_OFF.value),
        (paid_ahead, null()),
        else_=CodCollection.state,
    )


_CASH = (
    SellerOrder.id, cash_state().label("state"), CodCollection.taken_by, CodCollection.taken_vnd,
    CodCollection.return_fee_vnd, CodCollection.payee_id, still_with_carrier().label("open_vnd"),
)  # fmt: skip


def cash_known(
    session: Session, seller_order_ids: Iterable[int | None], owner: Any = None
) -> dict[int, Parcel]:
    """Return what the shop knows of parcels' cash, by seller order.

    Args:
        owner: whose lines are to be compared; without one, what was counted otherwise and what
            earlier lines explain are left out.
    """
    found: dict[int, Parcel] = {}
    for some in _some(sorted({one for one in seller_order_ids if one is not None})):
        for row in session.execute(
            select(*_CASH)
            .outerjoin(CodCollection, CodCollection.seller_order_id == SellerOrder.id)
            .where(SellerOrder.id.in_(some))
        ):
            found[row.id] = Parcel(
                row.state or "", row.taken_by or "", row.taken_vnd or 0, row.open_vnd or 0,
                row.return_fee_vnd or 0, payee_id=row.payee_id,
            )  # fmt: skip
        if owner is not None:
            _add_told(session, found, some, owner)
    return found


def _add_told(session: Session, found: dict[int, Parcel], parts: Sequence[int], owner: Any) -> None:
    """Add what was counted otherwise than by this owner's lines, and what her lines explain of it."""
    steps = select(CashMove.seller_order_id, CashMove.amount_vnd).where(
        counted_otherwise(lambda file: of_owner(file, owner)), CashMove.seller_order_id.in_(parts)
    )
    for part, vnd in session.execute(steps):
        found[part] = replace(found[part], others=(*found[part].others, vnd))
    lines = (
        select(RemittanceLine.seller_order_id, func.sum(RemittanceLine.received_vnd))
        .join(Remittance, Remittance.id == RemittanceLine.remittance_id)
        .where(
            of_owner(Remittance, owner), ~counted_by(RemittanceLine),
            RemittanceLine.seller_order_id.in_(parts),
        )
        .group_by(RemittanceLine.seller_order_id)
    )  # fmt: skip
    explained: Any = session.execute(lines)
    for part, vnd in explained:
        found[part] = replace(found[part], explained_vnd=int(vnd))


def of_owner(file: Any, owner: Any) -> Any:
    """Return the condition that a file is an owner's. ``owner``: a row, or another file's columns."""
    return (file.seller_id == owner.seller_id) | (file.organisation_id == owner.organisation_id)


def counted_by(line: Any) -> Any:
    """Return the condition that a line was counted or answered, and that it was not taken back."""
    undo = aliased(CashMove)
    taken_back = exists().where(undo.key == literal("cash-undo:") + cast(line.move_id, String))
    return and_(line.move_id.is_not(None), ~taken_back)


def counted_otherwise(is_owners: Callable[[Any], Any]) -> Any:
    """Return the condition on ``CashMove``: it counted cash, stands, and no line of an owner made it.

    Args:
        is_owners: the condition that a file, given as an alias, is that owner's.
    """
    undo, line, file = aliased(CashMove), aliased(RemittanceLine), aliased(Remittance)
    taken_back = exists().where(undo.key == literal("cash-undo:") + cast(CashMove.id, String))
    told = (
        exists()
        .where(line.move_id == CashMove.id, file.id == line.remittance_id, is_owners(file))
        .correlate_except(line, file)
    )
    return and_(
        CashMove.amount_vnd > 0,
        (CashMove.about == About.REST)
        | ((CashMove.to_state == CashState.REMITTED) & (CashMove.from_state != CashMove.to_state)),
        ~taken_back,
        ~told,
    )


@dataclass(frozen=True, slots=True)
class AtCarrier:
    """What one carrier has of this sight's cash, and how much of it is late."""

    carrier: str
    parcels: int
    vnd: int
    late: int
    late_vnd: int


def _is_open() -> Any:
    """Return the condition of parcels of whose cash a carrier has something; an index begins it."""
    return (
        CodCollection.state.in_((CashState.WITH_CARRIER, CashState.REMITTED))
        & (CodCollection.taken_by == "carrier")
        & (still_with_carrier() > 0)
    )


def at_carriers(session: Session, sight: Sight, late_before: datetime) -> list[AtCarrier]:
    """Return what each carrier has, the largest sums first. One query."""
    late = CodCollection.taken_at < late_before
    open_vnd = still_with_carrier()
    rows = session.execute(
        select(
            CodCollection.carrier,
            func.count().label("parcels"),
            func.sum(open_vnd).label("vnd"),
            func.sum(case((late, 1), else_=0)).label("late"),
            func.sum(case((late, open_vnd), else_=0)).label("late_vnd"),
        )
        .join(SellerOrder, SellerOrder.id == CodCollection.seller_order_id)
        .where(sellers_in(sight), _is_open())
        .group_by(CodCollection.carrier)
        .order_by(func.sum(open_vnd).desc(), CodCollection.carrier)
    )
    return [
        AtCarrier(row.carrier, row.parcels, int(row.vnd), int(row.late), int(row.late_vnd))
        for row in rows
    ]


_last_hand_over = (
    select(func.max(HandOver.id))
    .where(HandOver.seller_order_id == SellerOrder.id, HandOver.undone_at.is_(None))
    .correlate(SellerOrder)
    .scalar_subquery()
)
PARCEL = (
    SellerOrder.id.label("part_id"), SellerOrder.seller_id, Order.code.label("order"),
    Seller.name_vi, Seller.name_en, CodCollection.carrier, CodCollection.taken_at,
    CodCollection.taken_vnd, CodCollection.received_vnd, CodCollection.fee_vnd,
    CodCollection.off_vnd, CodCollection.return_fee_vnd, CodCollection.state,
    still_with_carrier().label("open_vnd"), HandOver.tracking_code,
)  # fmt: skip


def open_parcels(sight: Sight, late_before: datetime | None = None) -> Any:
    """Return a statement of parcels of whose cash a carrier has something, the oldest first.

    Args:
        late_before: only those taken before then.
    """
    wanted = _parcels(sight).where(_is_open())
    if late_before is not None:
        wanted = wanted.where(CodCollection.taken_at < late_before)
    return wanted.order_by(CodCollection.taken_at, SellerOrder.id)


def _parcels(sight: Sight) -> Any:
    return (
        select(*PARCEL)
        .join(CodCollection, CodCollection.seller_order_id == SellerOrder.id)
        .join(Order, Order.id == SellerOrder.order_id)
        .join(Seller, Seller.id == SellerOrder.seller_id)
        .outerjoin(HandOver, HandOver.id == _last_hand_over)
        .where(sellers_in(sight))
    )


def reconciliation(
    session: Session, sight: Sight, since: datetime, at_once: int = 500
) -> Iterator[Any]:
    """Return every parcel whose cash a carrier took since then, or that it brought back for a fee
    or paid for though it came to nothing.

    Read a little at a time, the oldest first.
    """
    last = 0
    wanted = _parcels(sight).where(
        or_(
            (CodCollection.taken_by == "carrier")
            & ((CodCollection.taken_at >= since) | _is_open()),
            ((CodCollection.return_fee_vnd > 0) | (CodCollection.taken_vnd == 0))
            & (CodCollection.return_fee_vnd + CodCollection.received_vnd > 0)
            & (CodCollection.changed_at >= since),
        )
    )
    while rows := session.execute(
        wanted.where(SellerOrder.id > last).order_by(SellerOrder.id).limit(at_once)
    ).all():
        yield from rows
        last = rows[-1].part_id


def late_before(now: datetime, days: int) -> datetime:
    return now - timedelta(days=days)
