"""The board and one order of it, with the money of each."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, Select, and_, case, func, literal, select, union_all
from sqlalchemy.orm import Session

from shop.accounts.models import Account
from shop.banking.models import BankNotice
from shop.banking.queries.notices import OPEN
from shop.carriers.queries import asked_to_collect, left_to_collect
from shop.catalogue.paper_queries import ending
from shop.fulfilment.queries import hand_overs_of
from shop.fulfilment.rules import CARRIED_BY_OTHERS
from shop.kernel.clock import day_begins
from shop.kernel.errors import NotYours
from shop.ordering.models import Order, SellerOrder
from shop.ordering.queries import (
    ON_THE_SPOT,
    PART_CODE,
    PartView,
    ReturnView,
    contact_of,
    lines_of,
    returns_of,
    seller_order_page,
)
from shop.ordering.rules import Contact
from shop.ordering.rules import SellerOrderState as S
from shop.payments.methods.cod import NOTHING_COMES
from shop.payments.methods.transfer import received_at
from shop.payments.models import CashMove, CodCollection, Payment, PaymentEvent
from shop.payments.queries import (
    RefundView,
    cash_moves_of,
    cash_to_give_back,
    events_of,
    late_report,
    refunds_of_cash,
    refunds_of_payment,
    surplus,
)
from shop.payments.queries.collected import beside_transfer
from shop.payments.queries.turned import transferable_vnd, turned_at
from shop.payments.rules.amounts import payment_state
from shop.payments.rules.cash import COD, Beside, CashState
from shop.sellers.models import Payee
from shop.selling.queries.unsent import LateStep, is_late, late_steps
from shop.selling.rules import (
    APART_STAGES,
    BACK_STAGE,
    CASH_STAGE,
    CASH_UNDERWAY,
    LATE_STAGE,
    LIVE,
    MONEY_STAGES,
    NEW,
    PAGE_SIZE,
    STAGES,
    TODAY_STAGE,
    UNSEEN_STAGE,
    URGENCY,
    WAIT_STAGE,
    Money,
    next_task,
    stage_counts,
)
from shop.stock.lot_queries import goods_to_see
from shop.stock.preorder_queries import waits_beyond

#: Which payment pays for a seller order.
pays_for = (
    (Payment.order_id == SellerOrder.order_id)
    & (Payment.payee_id == SellerOrder.payee_id)
    & (Payment.method == SellerOrder.method)
)


#: Counted beside the headings: it is no order's state.
BANK_TASKS, PAPERS, GOODS, LATE_STEPS = "bank", "papers", "goods", "late_steps"
#: What no state counts has no unseen, no today and no newest, and nothing that a mark is made of.
_NONE = (literal(0), literal(0), literal(0))
_NO_MARK = (literal(0), literal(0), literal(0))
_LIVE_KEY = "live:"


@dataclass(frozen=True, slots=True)
class Task:
    """One order on the board."""

    row: Row[*tuple[Any, ...]]
    contact: Contact
    lines: Sequence[Row[*tuple[Any, ...]]]
    money: Money | None
    next: str


@dataclass(frozen=True, slots=True)
class Board:
    """The board of a stall: how many under each heading, and one page of one heading."""

    stage: str
    counts: dict[str, int]
    unseen: int
    tasks: list[Task]
    page: int
    pages: int
    #: Transfers that the bank told of and that wait for a word.
    bank_tasks: int
    #: Papers that ran out or will soon.
    papers_ending: int
    #: Lots that end soon, and packs of which little is left.
    goods_to_see: int
    #: The id of the stall's newest order: what comes after it is news.
    newest: int
    #: How the orders and their money stand: other words when one moved (``live_stands``).
    stands: str
    #: Steps that a phone sent too late, order by order.
    late_steps: list[LateStep]


def board(session: Session, seller_id: int, stage: str, page: int, today: date) -> Board:
    """Return a page of the board: four queries, and two more when a phone's step did not fit.

    Args:
        stage: a key of ``STAGES`` or one of ``APART_STAGES``; anything else shows what waits for her.
        page: from 1; pages that do not exist show the last one.
    """
    if stage not in STAGES and stage not in APART_STAGES:
        stage = "can-lam"
    by_state, unseen, apart, newest, stands = _counted(session, seller_id, today)
    counts = stage_counts(by_state, apart)
    pages = max(1, -(-counts[stage] // PAGE_SIZE))
    page = min(max(1, page), pages)
    rows = session.execute(
        _rows(seller_id, stage, today).limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
    ).all()
    task = {BACK_STAGE: "give_back", LATE_STAGE: "late_money", WAIT_STAGE: "await_goods"}.get(
        stage, ""
    )
    return Board(
        stage, counts, unseen, _tasks(session, rows, task), page, pages,
        apart.get(BANK_TASKS, 0), apart.get(PAPERS, 0), apart.get(GOODS, 0), newest, stands,
        late_steps(session, seller_id) if apart.get(LATE_STEPS) else [],
    )  # fmt: skip


def unseen_count(session: Session, seller_id: int) -> int:
    """Return how many orders nobody of the stall has opened yet: the bell's number."""
    return (
        session.scalar(
            select(func.count()).where(
                SellerOrder.seller_id == seller_id,
                SellerOrder.seen_at.is_(None),
                SellerOrder.state.in_(NEW),
            )
        )
        or 0
    )


def _parts_by_money(seller_id: int, stage: str) -> Select[Any]:
    """Return the ids of a stall's seller orders that stand under a heading by their money."""
    of_hers = select(SellerOrder.id).where(SellerOrder.seller_id == seller_id)
    cash = of_hers.join(CodCollection, CodCollection.seller_order_id == SellerOrder.id)
    if stage == CASH_STAGE:
        return cash.where(CodCollection.state.in_(CASH_UNDERWAY))
    own_transfers = of_hers.join(Payment, pays_for).join(Payee, Payee.id == Payment.payee_id)
    own_transfers = own_transfers.where(Payee.seller_id == seller_id)
    if stage == LATE_STAGE:
        return own_transfers.where(late_report())
    found = union_all(own_transfers.where(surplus()), cash.where(cash_to_give_back())).subquery()
    return select(found.c.id)


def _live(seller_id: int) -> Select[*tuple[Any, ...]]:
    """Return what changes when an order that is under way, or its money, moves: a row by state."""
    return (
        select(
            (literal(_LIVE_KEY) + SellerOrder.state).label("state"),
            func.count().label("orders"),
            func.sum(case((SellerOrder.seen_at.is_(None), 1), else_=0)).label("unseen"),
            literal(0).label("today"),
            func.max(SellerOrder.id).label("newest"),
            func.sum(SellerOrder.id).label("ids"),
            func.sum(case((Payment.reported_at.is_not(None), 1), else_=0)).label("reported"),
            func.sum(func.coalesce(Payment.received_vnd - Payment.refunded_vnd, 0)).label("paid"),
        )
        .outerjoin(Payment, pays_for)
        .where(SellerOrder.seller_id == seller_id, SellerOrder.state.in_(LIVE))
        .group_by(SellerOrder.state)
    )


def _stands(rows: Iterable[Row[*tuple[Any, ...]]]) -> str:
    return repr(sorted((row.state, *(int(value or 0) for value in row[1:])) for row in rows))


def live_stands(session: Session, seller_id: int) -> str:
    """Return how the orders of a stall and their money stand, to be compared. One query."""
    return _stands(session.execute(_live(seller_id)))


def _counted(
    session: Session, seller_id: int, today: date
) -> tuple[dict[str, int], int, dict[str, int], int, str]:
    """Return orders by state, how many unseen, apart, the newest, and how all stand. One query.

    Apart: by money, by the day, and what the bank told of and what runs out.
    """
    fresh = SellerOrder.placed_at >= day_begins(today)
    waits = SellerOrder.seen_at.is_(None) & SellerOrder.state.in_(NEW)
    by_money = [
        select(literal(stage), func.count(), *_NONE, *_NO_MARK).select_from(
            _parts_by_money(seller_id, stage).subquery()
        )
        for stage in MONEY_STAGES
    ]
    papers = select(literal(PAPERS), func.count(), *_NONE, *_NO_MARK).where(
        *ending(seller_id, today)
    )
    goods = goods_to_see(seller_id, today).subquery()
    seen = select(literal(GOODS), func.count(), *_NONE, *_NO_MARK).select_from(goods)
    awaiting = select(literal(WAIT_STAGE), func.count(), *_NONE, *_NO_MARK).where(
        SellerOrder.seller_id == seller_id, *_waits_for_goods(today)
    )
    told = select(literal(BANK_TASKS), func.count(), *_NONE, *_NO_MARK).where(
        BankNotice.seller_id == seller_id, BankNotice.state.in_(OPEN)
    )
    late = select(literal(LATE_STEPS), func.count(), *_NONE, *_NO_MARK).where(*is_late(seller_id))
    rows = session.execute(
        select(
            SellerOrder.state,
            func.count().label("orders"),
            func.sum(case((waits, 1), else_=0)).label("unseen"),
            func.sum(case((fresh, 1), else_=0)).label("today"),
            func.max(SellerOrder.id).label("newest"),
            *_NO_MARK,
        )
        .where(SellerOrder.seller_id == seller_id)
        .group_by(SellerOrder.state)
        .union_all(*by_money, told, papers, seen, late, awaiting, _live(seller_id))
    ).all()
    live = [row for row in rows if row.state.startswith(_LIVE_KEY)]
    rows = [row for row in rows if not row.state.startswith(_LIVE_KEY)]
    found = {row.state: int(row.orders) for row in rows}
    unseen, fresh_ones = (sum(int(row[n] or 0) for row in rows) for n in (2, 3))
    apart = found | {UNSEEN_STAGE: unseen, TODAY_STAGE: fresh_ones}
    newest = max((int(row.newest or 0) for row in rows), default=0)
    return found, unseen, apart, newest, _stands(live)


def _waits_for_goods(today: date) -> tuple[Any, Any]:
    return SellerOrder.state == S.CONFIRMED, waits_beyond(SellerOrder.id, today)


def _rows(seller_id: int, stage: str, today: date) -> Select[*tuple[Any, ...]]:
    rows = (
        select(
            SellerOrder.id,
            SellerOrder.state,
            SellerOrder.method,
            SellerOrder.delivery,
            SellerOrder.total_vnd,
            SellerOrder.placed_at,
            SellerOrder.seen_at,
            SellerOrder.reserved_until,
            SellerOrder.arrives_from,
            SellerOrder.arrives_to,
            ON_THE_SPOT.label("on_the_spot"),
            PART_CODE,
            Order.country,
            Order.ward_name,
            Order.province_name,
            Order.data_key,
            Order.contact,
        )
        .join(Order, Order.id == SellerOrder.order_id)
        .where(SellerOrder.seller_id == seller_id)
    )
    if stage in MONEY_STAGES:
        rows = rows.where(SellerOrder.id.in_(_parts_by_money(seller_id, stage)))
    elif stage == UNSEEN_STAGE:
        rows = rows.where(SellerOrder.state.in_(NEW), SellerOrder.seen_at.is_(None))
    elif stage == TODAY_STAGE:
        rows = rows.where(SellerOrder.placed_at >= day_begins(today))
    elif stage == WAIT_STAGE:
        rows = rows.where(*_waits_for_goods(today))
    else:
        rows = rows.where(SellerOrder.state.in_(STAGES[stage]))
        if S.CONFIRMED in STAGES[stage]:
            rows = rows.where(~and_(*_waits_for_goods(today)))
    if stage in ("xong", TODAY_STAGE):
        return rows.order_by(SellerOrder.id.desc())
    # Within the same kind of work, who has waited longest comes first.
    urgency = case(
        *((SellerOrder.state.in_(states), place) for place, states in enumerate(URGENCY)),
        else_=len(URGENCY),
    )
    return rows.order_by(*([urgency] if stage == "can-lam" else []), SellerOrder.id)


def _tasks(session: Session, rows: Sequence[Row[*tuple[Any, ...]]], task: str = "") -> list[Task]:
    """Return rows as tasks. ``task``: what a heading asks for, whatever comes next else."""
    if not rows:
        return []
    ids = [row.id for row in rows]
    lines: dict[int, list[Row[*tuple[Any, ...]]]] = defaultdict(list)
    for line in lines_of(session, ids):
        lines[line.seller_order_id].append(line)
    money = money_of(session, ids)
    return [
        Task(
            row=row,
            contact=contact_of(row),
            lines=lines[row.id],
            money=money.get(row.id),
            next=task or next_task(row.state, row.delivery, money.get(row.id)),
        )
        for row in rows
    ]


def money_of(session: Session, seller_order_ids: Iterable[int]) -> dict[int, Money]:
    """Return where the money of seller orders stands, ready to be tapped. One query."""
    last_event = (
        select(func.max(PaymentEvent.id))
        .where(
            PaymentEvent.payment_id == Payment.id,
            PaymentEvent.kind.in_(("received", "refunded")),
        )
        .correlate(Payment)
        .scalar_subquery()
    )
    last_move = (
        select(func.max(CashMove.id))
        .where(CashMove.seller_order_id == CodCollection.seller_order_id)
        .correlate(CodCollection)
        .scalar_subquery()
    )
    rows = session.execute(
        select(
            SellerOrder.id,
            Payment.id.label("payment_id"),
            Payment.method,
            Payment.memo,
            Payment.amount_vnd,
            Payment.received_vnd,
            Payment.refunded_vnd,
            Payment.reported_at,
            Payment.expired_at,
            Payment.not_found_at,
            received_at().label("received_at"),
            (Payee.seller_id == SellerOrder.seller_id).label("is_own"),
            func.coalesce(last_event, 0).label("after"),
            CodCollection.state.label("cash_state"),
            CodCollection.amount_vnd.label("cash_amount_vnd"),
            CodCollection.received_vnd.label("cash_received_vnd"),
            CodCollection.refunded_vnd.label("cash_refunded_vnd"),
            CodCollection.taken_vnd,
            CodCollection.taken_by,
            CodCollection.written_off_for,
            CodCollection.fee_vnd,
            CodCollection.off_vnd,
            CodCollection.return_fee_vnd,
            func.coalesce(last_move, 0).label("cash_after"),
        )
        .outerjoin(Payment, pays_for)
        .outerjoin(Payee, Payee.id == Payment.payee_id)
        .outerjoin(
            CodCollection,
            (CodCollection.seller_order_id == SellerOrder.id) & (SellerOrder.method == COD),
        )
        .where(SellerOrder.id.in_(sorted(seller_order_ids)))
    )
    return {row.id: money for row in rows if (money := _money(row)) is not None}


def _money(row: Row[*tuple[Any, ...]]) -> Money | None:
    if row.cash_state is not None:
        return Money(
            "cod", row.cash_state, row.cash_amount_vnd, row.cash_received_vnd,
            row.cash_refunded_vnd, after=row.cash_after, taken_vnd=row.taken_vnd,
            taken_by=row.taken_by, written_off_for=row.written_off_for, fee_vnd=row.fee_vnd,
            off_vnd=row.off_vnd, return_fee_vnd=row.return_fee_vnd,
        )  # fmt: skip
    if row.payment_id is None:
        return None
    return Money(
        method=row.method,
        state=payment_state(row.amount_vnd, row.received_vnd, row.refunded_vnd),
        amount_vnd=row.amount_vnd,
        received_vnd=row.received_vnd,
        refunded_vnd=row.refunded_vnd,
        payment_id=row.payment_id,
        memo=row.memo,
        reported_at=row.reported_at,
        expired_at=row.expired_at,
        is_own=bool(row.is_own),
        after=row.after,
        not_found_at=row.not_found_at,
        received_at=row.received_at,
    )


@dataclass(frozen=True, slots=True)
class OrderView:
    """One order as its seller sees it."""

    order: Row[*tuple[Any, ...]]
    contact: Contact
    part: PartView
    money: Money | None
    #: Of a transfer into her account, or the steps of the cash.
    money_events: Sequence[Row[*tuple[Any, ...]]]
    #: Of a parcel that was paid ahead and came to nothing: what its carrier paid or asked for.
    carrier_paid: Sequence[Row[*tuple[Any, ...]]]
    #: Of her own money: what went or is to go back.
    refunds: list[RefundView]
    returns: list[ReturnView]
    hand_overs: Sequence[Row[*tuple[Any, ...]]]
    #: Names of the people in the log, by account id.
    names: dict[int, str]
    next: str
    #: What the buyer may transfer to her own account instead of paying at the door, 0: nothing.
    transferable_vnd: int = 0
    #: When that was noted of an order that was to be paid at the door.
    turned_at: datetime | None = None
    #: What its parcel at a carrier is to collect all the same: the carrier was asked before that.
    still_asked_vnd: int = 0
    #: What a carrier collected beside the transfer is noted already, by hand or by its file.
    is_collected: bool = False
    #: Its parcel left by a label that says to collect, though that was made before.
    is_labelled_to_collect: bool = False

    @property
    def left_to_collect(self) -> bool:
        """Whether somebody who brings it was sent to collect before that, and may do so still."""
        return self.still_asked_vnd > 0 or (
            self.turned_at is not None and any(one.at < self.turned_at for one in self.hand_overs)
        )

    @property
    def left_as_paid(self) -> bool:
        """Whether it was handed over after that, so that nobody was sent to collect."""
        return bool(self.turned_at and self.hand_overs) and not self.left_unpaid

    @property
    def left_unpaid(self) -> bool:
        """Whether it was sent as one to collect for: before that, or by a label of before."""
        if self.turned_at is None or not self.hand_overs:
            return False
        return self.is_labelled_to_collect or self.hand_overs[0].at < self.turned_at

    @property
    def brought_back_by(self) -> str:
        """Who brought a refused parcel back and may ask for it, "" when nobody can any more."""
        last = self.hand_overs[0] if self.hand_overs else None
        m = self.money
        if last is None or last.kind not in CARRIED_BY_OTHERS or m is None or m.method != "cod":
            return ""
        if m.state != CashState.WRITTEN_OFF or m.taken_vnd or m.return_fee_vnd:
            return ""
        return last.carrier or last.bus_company


def order_view(session: Session, seller_id: int, seller_order_id: int) -> OrderView:
    """Return one order of a stall with everything that its page shows.

    Raises:
        NotYours: it is another stall's, or there is none.
    """
    found = seller_order_page(session, seller_id, seller_order_id)
    if found is None:
        raise NotYours(what="seller_order", id=seller_order_id)
    order, contact, part = found
    money = money_of(session, [seller_order_id]).get(seller_order_id)
    events: Sequence[Row[*tuple[Any, ...]]] = ()
    back: list[RefundView] = []
    if money is not None and money.method == "cod":
        events = cash_moves_of(session, seller_order_id)
        back = refunds_of_cash(session, seller_order_id) if money.paid_vnd else []
    elif money is not None and money.payment_id is not None and money.is_own:
        events = events_of(session, money.payment_id)
        back = refunds_of_payment(session, money.payment_id) if money.received_vnd else []
    turned = (
        turned_at(session, money.payment_id, seller_order_id)
        if money is not None and money.payment_id is not None and money.method == "transfer"
        else None
    )
    carrier_paid: Sequence[Row[*tuple[Any, ...]]] = ()
    if money is not None and money.method != COD and part.row.state in NOTHING_COMES:
        # Not what became of its cash before the buyer transferred that.
        carrier_paid = [step for step in cash_moves_of(session, seller_order_id) if step.about]
    people = {part.row.seen_by_id, *(move.actor_id for move in part.moves)} | {
        event.actor_id for event in (*events, *carrier_paid)
    }
    names = dict(
        session.execute(
            select(Account.id, Account.name).where(Account.id.in_(sorted(people - {None})))
        ).all()
    )
    return OrderView(
        order=order,
        contact=contact,
        part=part,
        money=money,
        money_events=events,
        carrier_paid=carrier_paid,
        refunds=back,
        returns=returns_of(session, seller_order_id),
        hand_overs=hand_overs_of(session, seller_order_id),
        names=names,
        next=next_task(part.row.state, part.row.delivery, money),
        transferable_vnd=(
            transferable_vnd(session, seller_order_id)
            if money is not None and money.state == CashState.PROMISED and money.amount_vnd
            else 0
        ),
        turned_at=turned,
        still_asked_vnd=0 if turned is None else asked_to_collect(session, seller_order_id),
        is_collected=turned is not None and _is_collected(session, seller_order_id),
        is_labelled_to_collect=(
            turned is not None and bool(left_to_collect(session, [seller_order_id]))
        ),
    )


def _is_collected(session: Session, seller_order_id: int) -> bool:
    beside = select(beside_transfer(None)).where(SellerOrder.id == seller_order_id)
    return session.scalar(beside) == Beside.NOTED
