"""Files and their lines: as a preview, as they stand to their parcels, in lists."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import String, and_, case, cast, exists, func, literal, null, select, true
from sqlalchemy.orm import Session, aliased

from shop.banking.queries.owners import Sight
from shop.current import vault
from shop.fulfilment.rules import carrier_name
from shop.kernel.errors import NotYours
from shop.kernel.text import fold
from shop.ordering.models import Order, SellerOrder, SellerOrderMove
from shop.ordering.queries import WAS_TAKEN_BACK
from shop.ordering.rules import SellerOrderState
from shop.payments.methods.cod import paid_too_much
from shop.payments.models import CashMove, CodCollection, Payment, PaymentEvent
from shop.payments.queries.collected import beside_transfer
from shop.payments.queries.columns import still_with_carrier
from shop.payments.rules.cash import About, CashState
from shop.remittances.models import CarrierLayout, Remittance, RemittanceLine
from shop.remittances.queries.parcels import (
    AT_ONCE,
    cash_known,
    cash_state,
    counted_by,
    counted_otherwise,
    of_owner,
    parcels_of,
)
from shop.remittances.rules.comparing import Parcel, Verdict, verdict
from shop.remittances.rules.sheets import Layout, Line, Sheet, What, read_sheet
from shop.sellers.models import Payee, Seller

#: Lines of older files are found in their file; what waits does not wait that long.
LOOKED_BACK = timedelta(days=180)


def owner_key(owner: Any) -> str:
    """Return the name under which an owner's files, lines and tables are kept."""
    if owner.seller_id is not None:
        return f"seller:{owner.seller_id}"
    return f"unit:{owner.organisation_id}"


def carrier_key(carrier: str) -> str:
    return fold(carrier_name(carrier)).replace(" ", "-")


def known_layouts(
    session: Session, owner: Any, carrier: str
) -> dict[str, tuple[int, dict[int, What]]]:
    """Return the tables of a carrier that this owner named before: {head: (deep, columns)}."""
    mine = (
        CarrierLayout.seller_id == owner.seller_id
        if owner.seller_id is not None
        else CarrierLayout.organisation_id == owner.organisation_id
    )
    rows = session.execute(
        select(CarrierLayout.head, CarrierLayout.deep, CarrierLayout.columns).where(
            mine, CarrierLayout.carrier == carrier_name(carrier)
        )
    )
    return {row.head: (row.deep, _columns(row.columns)) for row in rows}


def layout_of(file: Remittance) -> Layout | None:
    """Return what a file's columns say, None while nobody has said."""
    if file.layout is None:
        return None
    return Layout(file.layout["at"], file.layout["deep"], _columns(file.layout["columns"]))


def _columns(stored: dict[str, str]) -> dict[int, What]:
    return {int(column): What(what) for column, what in stored.items()}


def rows_of(file: Remittance) -> list[list[Any]]:
    """Open the rows of a file that is not stored yet."""
    return vault().open(file.data_key, file.rows)["rows"]


def file_in(session: Session, sight: Sight, file_id: int) -> Remittance:
    """Return one file of a sight.

    Raises:
        NotYours
    """
    found = session.scalar(select(Remittance).where(Remittance.id == file_id, sight.of(Remittance)))
    if found is None:
        raise NotYours(what="remittance", id=file_id)
    return found


def files_in(session: Session, sight: Sight, most: int = 12) -> Sequence[Any]:
    """Return the last files of a sight with whose account was paid."""
    return session.execute(
        select(
            Remittance.id, Remittance.carrier, Remittance.reference, Remittance.line_count,
            Remittance.received_vnd, Remittance.uploaded_at, Remittance.stored_at,
            Payee.bank_name, Payee.last4,
        )
        .outerjoin(Payee, Payee.id == Remittance.payee_id)
        .where(sight.of(Remittance))
        .order_by(Remittance.id.desc())
        .limit(most)
    ).all()  # fmt: skip


def last_files(session: Session, sight: Sight) -> dict[str, datetime]:
    """Return when the last file of each carrier was stored. One query."""
    rows = session.execute(
        select(Remittance.carrier, func.max(Remittance.stored_at).label("at"))
        .where(sight.of(Remittance), Remittance.stored_at.is_not(None))
        .group_by(Remittance.carrier)
    )
    return {row.carrier: row.at for row in rows}


@dataclass(frozen=True, slots=True)
class Preview:
    """What would come of a file: its lines with how each stands, and how many stand how."""

    sheet: Sheet
    #: (line, verdict, what was expected); copies of an earlier file's lines have no verdict.
    lines: list[tuple[Line, Verdict | None, int | None]]
    counts: Counter[Verdict]
    copies: int

    @property
    def received_vnd(self) -> int:
        return sum(line.received_vnd for line, verdict, _ in self.lines if verdict is not None)


def line_key(file: Any, line: Line) -> str:
    return f"{owner_key(file)}:{carrier_key(file.carrier)}:{line.key()}"


def preview_of(session: Session, file: Remittance, layout: Layout) -> Preview:
    """Read a file's lines and compare them, before anything is stored.

    Raises:
        SheetEmpty
    """
    sheet = read_sheet(rows_of(file), layout)
    known = known_keys(session, [line_key(file, line) for line in sheet.lines])
    parts = parcels_of(session, file, sheet.lines)
    cash = cash_known(session, parts, file)
    found: list[tuple[Line, Verdict | None, int | None]] = []
    seen: set[int] = set()
    for line, part in zip(sheet.lines, parts, strict=True):
        if line_key(file, line) in known:
            found.append((line, None, None))
            continue
        parcel = cash[part] if part is not None else None
        said = verdict(parcel, line.received_vnd, line.fee_vnd, line.return_fee_vnd, file.payee_id)
        if parcel is not None and part is not None:  # It explains what the next ones do not.
            told_vnd = parcel.explained_vnd + line.received_vnd
            cash[part] = replace(parcel, explained_vnd=told_vnd)
        if part in seen and said == Verdict.MATCHES:
            said = Verdict.AGAIN  # The first of two lines counts it.
        elif part is not None and said == Verdict.MATCHES:
            seen.add(part)
        found.append((line, said, _expected(parcel)))
    counts = Counter(said for _, said, _ in found if said is not None)
    return Preview(sheet, found, counts, len(known))


def _expected(parcel: Parcel | None) -> int | None:
    return None if parcel is None or not parcel.cash else parcel.open_vnd or parcel.taken_vnd


def known_keys(session: Session, keys: Sequence[str]) -> set[str]:
    """Return which of these lines were stored before."""
    found: set[str] = set()
    for start in range(0, len(keys), AT_ONCE):
        some = keys[start : start + AT_ONCE]
        found |= set(
            session.scalars(select(RemittanceLine.key).where(RemittanceLine.key.in_(some)))
        )
    return found


def _sums() -> tuple[Any, ...]:
    """Return ``rules.comparing``'s sums that may have been collected."""
    line = RemittanceLine
    with_fee = line.received_vnd + line.fee_vnd
    return (
        line.received_vnd, with_fee, line.received_vnd + line.return_fee_vnd,
        with_fee + line.return_fee_vnd,
    )  # fmt: skip


def _taken() -> Any:
    """Return what was to be paid at the door when somebody took it, 0 while nobody did."""
    return func.coalesce(CodCollection.taken_vnd, 0)


def _counts() -> Any:
    """Return how much an answer counts as what a carrier paid.

    Of a parcel that came to nothing it is what was paid before the way back was kept of it: that is
    noted as a fee of its own. A collected sum that came whole says that it was asked for apart.
    """
    line = RemittanceLine
    came_to_nothing = (cash_state() == CashState.WRITTEN_OFF) & (_taken() == 0)
    kept = (
        came_to_nothing & (line.received_vnd > 0) & line.cod_vnd.is_distinct_from(line.received_vnd)
    )
    return case((kept, line.received_vnd + line.return_fee_vnd), else_=line.received_vnd)


def _beside() -> Any:
    """Return how what a line tells of stands to the transfer that its parcel is paid by.

    Of a parcel that came to nothing only where the buyer may have paid at the door: she had it, or
    the line says that money was collected. NULL: nothing of it can be hers.
    """
    line = RemittanceLine
    had_it = exists().where(
        SellerOrderMove.seller_order_id == SellerOrder.id,
        SellerOrderMove.to_state.in_((SellerOrderState.DELIVERED, SellerOrderState.COMPLETED)),
        ~WAS_TAKEN_BACK,
    ).correlate_except(SellerOrderMove)  # fmt: skip
    had_it = (SellerOrder.state == SellerOrderState.RETURNED) & had_it
    may_be_hers = cash_state().is_(None) | (func.coalesce(line.cod_vnd, 0) > 0) | had_it
    return case(
        ((line.received_vnd > 0) & may_be_hers, beside_transfer(Remittance.payee_id)), else_=null()
    )


def _is_again(expected: Any) -> Any:
    """Return ``rules.comparing.verdict``'s question whether money came twice or is told twice."""
    line, earlier, file = RemittanceLine, aliased(RemittanceLine), aliased(Remittance)
    otherwise = [
        counted_otherwise(lambda one: of_owner(one, Remittance)),
        CashMove.seller_order_id == line.seller_order_id,
    ]
    others = (
        select(func.coalesce(func.sum(CashMove.amount_vnd), 0))
        .where(*otherwise)
        .correlate(line, Remittance)
        .scalar_subquery()
    )
    same = exists().where(*otherwise, CashMove.amount_vnd.in_(_sums())).correlate(line, Remittance)
    explained = (
        select(func.coalesce(func.sum(earlier.received_vnd), 0))
        .join(file, file.id == earlier.remittance_id)
        .where(
            earlier.seller_order_id == line.seller_order_id, earlier.id < line.id,
            of_owner(file, Remittance), ~counted_by(earlier),
        )
        .correlate(line, Remittance)
        .scalar_subquery()
    )  # fmt: skip
    untold = others - explained
    return (line.received_vnd > 0) & case(
        (expected <= 0, line.received_vnd > untold),
        (line.received_vnd > expected, true()),
        else_=(untold > 0) & same,
    )


def _is_owed_back() -> Any:
    """Return whether a line's own step counted what is too much elsewhere than the first part, or
    of a parcel that came to nothing."""
    made_elsewhere = exists().where(
        CashMove.id == RemittanceLine.move_id, CashMove.about == About.REST,
        CashMove.payee_id.is_distinct_from(CodCollection.payee_id)
        | (CodCollection.state == CashState.WRITTEN_OFF),
    )  # fmt: skip
    return (paid_too_much() > 0) & made_elsewhere.correlate(RemittanceLine, CodCollection)


def _came_undone() -> Any:
    """Return whether what a line counted for the buyer was taken back elsewhere: it waits again."""
    event, later, undo = (aliased(PaymentEvent) for _ in range(3))
    its = literal("carrier-line:") + cast(RemittanceLine.id, String) + ":%"
    counted_anew = (
        exists()
        .where(later.payment_id == event.payment_id, later.id > event.id, later.key.like(its))
        .correlate_except(later)
    )
    return (
        exists()
        .where(
            Payment.order_id == SellerOrder.order_id, event.payment_id == Payment.id,
            event.key.like(its), ~counted_anew,
            # Set aside later by a tap of its own, it stays so.
            event.at == RemittanceLine.aside_at,
            undo.key == literal("undo:") + cast(event.id, String),
        )
        .correlate_except(Payment, event, undo)
    )  # fmt: skip


def stands() -> Any:
    """Return how a stored line stands, as SQL: ``rules.comparing.verdict`` for lines that wait.

    ``tests/remittances/test_comparing.py`` holds the two together.
    """
    line, cash, expected = RemittanceLine, CodCollection, still_with_carrier()
    state = cash_state()
    unpaid = (state == CashState.WRITTEN_OFF) & (_taken() == 0)
    asked = (line.return_fee_vnd > 0) & (func.coalesce(cash.return_fee_vnd, 0) == 0)
    agrees = (line.received_vnd > 0) & expected.in_(_sums())
    carried = (state == CashState.REMITTED) & (cash.taken_by == "carrier")
    paid = line.received_vnd > 0
    elsewhere = carried & paid & cash.payee_id.is_distinct_from(Remittance.payee_id)
    given_up = (
        (state == CashState.WRITTEN_OFF) & paid & ((_taken() == 0) | (cash.taken_by == "carrier"))
    )
    return case(
        (and_(counted_by(line), line.aside_at.is_(None), _is_owed_back()), Verdict.OWED_BACK),
        (counted_by(line), Verdict.DONE),
        (line.aside_at.is_not(None) & ~_came_undone(), Verdict.ASIDE),
        (line.seller_order_id.is_(None), Verdict.NOT_FOUND),
        (state.is_(None), Verdict.NO_CASH),
        (state == CashState.PROMISED, Verdict.NOT_DELIVERED),
        (given_up, Verdict.GIVEN_UP),
        (unpaid & asked, Verdict.WAY_BACK),
        (carried & _is_again(expected), case((elsewhere, Verdict.ELSEWHERE), else_=Verdict.AGAIN)),
        (unpaid | (expected <= 0), Verdict.COUNTED),
        (elsewhere, Verdict.ELSEWHERE),
        (agrees, Verdict.MATCHES),
        (line.received_vnd > expected, Verdict.MORE),
        else_=Verdict.LESS,
    )


def _beside_parcels(sight: Sight) -> Any:
    return (
        select()
        .select_from(RemittanceLine)
        .join(Remittance, Remittance.id == RemittanceLine.remittance_id)
        .outerjoin(SellerOrder, SellerOrder.id == RemittanceLine.seller_order_id)
        .outerjoin(CodCollection, CodCollection.seller_order_id == RemittanceLine.seller_order_id)
        .where(sight.of(Remittance))
    )


def _lines(sight: Sight, file_id: int | None, now: datetime) -> Any:
    wanted = _beside_parcels(sight)
    if file_id is not None:
        return wanted.where(Remittance.id == file_id)
    return wanted.where(Remittance.uploaded_at >= now - LOOKED_BACK)


def line_counts(
    session: Session, sight: Sight, now: datetime, file_id: int | None = None
) -> dict[Verdict, int]:
    """Return how many lines stand how, in one file or in those of the last months. One query."""
    how = stands().label("how")
    some = _lines(sight, file_id, now).add_columns(how).subquery()
    rows = session.execute(select(some.c.how, func.count()).group_by(some.c.how))
    return {Verdict(how): number for how, number in rows}


def lines_standing(sight: Sight, how: Verdict, now: datetime, file_id: int | None = None) -> Any:
    """Return a statement of lines that stand so, with their parcels; the newest file first."""
    return (
        line_rows(_lines(sight, file_id, now))
        .where(stands() == how)
        .order_by(Remittance.id.desc(), RemittanceLine.number)
    )


def line_rows(wanted: Any) -> Any:
    return (
        wanted.add_columns(
            *RemittanceLine.__table__.c, Remittance.carrier, Remittance.payee_id,
            Remittance.seller_id, Remittance.organisation_id, Remittance.reference,
            still_with_carrier().label("open_vnd"), cash_state().label("cash_state"),
            _taken().label("taken_vnd"), CodCollection.taken_by, paid_too_much().label("over_vnd"),
            func.coalesce(CodCollection.return_fee_vnd, 0).label("noted_fee_vnd"),
            SellerOrder.method.label("paid_by"), stands().label("how"),
            _counts().label("counts_vnd"), _beside().label("beside"),
            SellerOrder.seller_id.label("parcel_seller_id"), SellerOrder.state.label("order_state"),
            Order.code.label("code"), Seller.name_vi, Seller.name_en,
        )
        .outerjoin(Order, Order.id == SellerOrder.order_id)
        .outerjoin(Seller, Seller.id == SellerOrder.seller_id)
    )  # fmt: skip


def line_in(session: Session, sight: Sight, line_id: int, now: datetime) -> Any:
    """Return one stored line of a sight.

    Raises:
        NotYours
    """
    wanted = _beside_parcels(sight).where(RemittanceLine.id == line_id)
    found = session.execute(line_rows(wanted)).one_or_none()
    if found is None:
        raise NotYours(what="remittance_line", id=line_id)
    return found
