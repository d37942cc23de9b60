"""Reads about what people have to look at: which tasks wait, whose they are, how they can end."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, String, bindparam, cast, func, literal, select
from sqlalchemy.orm import Session

from shop.current import current_settings, vault
from shop.kernel.clock import now_utc
from shop.kernel.currencies import DECIMALS
from shop.kernel.errors import NotYours
from shop.ordering.models import Order, SellerOrder
from shop.payments.gateways.models import (
    GatewayMessage,
    GatewayRefund,
    GatewayTask,
    GatewayVisit,
)
from shop.payments.methods import GATEWAYS
from shop.payments.methods.giving_back import taken_of, under_way_vnd
from shop.payments.models import Payment, Refund
from shop.payments.refunds.whose import left_to_go_vnd
from shop.payments.rules.amounts import surplus_vnd
from shop.payments.rules.gateways import SENT_TWICE, Told, Unreadable, VisitState, vnd_of
from shop.payments.told import TRANSFER, Subject
from shop.prepared import Prepared
from shop.sellers.models import Payee, Seller

#: Organisations: a select of ids, or None for all.
Units = Select[int] | None


@dataclass(frozen=True, slots=True)
class WaysOut:
    """What each way out of a task would move, in đồng; 0: that way is not there."""

    count_vnd: int = 0
    back_vnd: int = 0
    #: What a card did not take and may go back by the bank, as a code, or to a campaign.
    other_vnd: int = 0
    lost_vnd: int = 0
    payout_vnd: int = 0
    #: What goes back of its payment already.
    under_way_vnd: int = 0


def _owner() -> Any:
    """Return whose task it is: the payee's, the paying seller's, or who owns the accounts."""
    owns = literal(current_settings().online_organisation)
    return func.coalesce(Payee.organisation_id, Seller.organisation_id, owns)


def _with_owner(wanted: Any) -> Any:
    """Join what a task is about: a payment, or the refund that was sent twice."""
    twice = literal(f"{SENT_TWICE}:") + cast(Refund.id, String)
    is_its = (GatewayTask.key == twice) | GatewayTask.key.like(twice + ":%")
    return (
        wanted.outerjoin(Payment, Payment.id == GatewayTask.payment_id)
        .outerjoin(Payee, Payee.id == Payment.payee_id)
        .outerjoin(Refund, (GatewayTask.reason == SENT_TWICE) & is_its)
        .outerjoin(SellerOrder, SellerOrder.id == Refund.seller_order_id)
        .outerjoin(Seller, Seller.id == func.coalesce(Payee.seller_id, SellerOrder.seller_id))
    )


def _tasks(units: Units) -> Select[*tuple[Any, ...]]:
    found = (
        _with_owner(
            select(
                *GatewayTask.__table__.c, Order.code.label("order_code"),
                _owner().label("organisation_id"), Payee.organisation_id.label("paid_to"),
            ).select_from(GatewayTask)
        )
        .outerjoin(Order, Order.id == func.coalesce(Payment.order_id, SellerOrder.order_id))
    )  # fmt: skip
    return found if units is None else found.where(_owner().in_(units))


def tasks_of(units: Units, *, closed: bool = False) -> Select[*tuple[Any, ...]]:
    """Return the statement of tasks: waiting ones, the oldest first; closed ones, the newest first."""
    if closed:
        return (
            _tasks(units)
            .where(GatewayTask.closed_at.is_not(None))
            .order_by(GatewayTask.closed_at.desc(), GatewayTask.id.desc())
        )
    return _tasks(units).where(GatewayTask.closed_at.is_(None)).order_by(GatewayTask.id)


def tasks_waiting(session: Session, units: Units) -> int:
    wanted = select(func.count(GatewayTask.id)).where(GatewayTask.closed_at.is_(None))
    if units is not None:
        wanted = _with_owner(wanted.select_from(GatewayTask))
        wanted = wanted.where(_owner().in_(units))
    return session.scalar(wanted) or 0


def task_in(session: Session, units: Units, task_id: int) -> Any:
    """Return one task with ``order_code`` and ``organisation_id``.

    Raises:
        NotYours
    """
    row = session.execute(_tasks(units).where(GatewayTask.id == task_id)).one_or_none()
    if row is None:
        raise NotYours
    return row


def owner_of(session: Session, task_id: int) -> int:
    """Return the organisation whose people see to a task; 0 for none."""
    wanted = _tasks(None).where(GatewayTask.id == task_id)
    return int(session.execute(wanted).one().organisation_id or 0)


def asked_for(session: Session, gateway: str, key: str) -> tuple[str, int] | None:
    """Return (currency, amount) that a visit was to bring; None when there is none."""
    row = _asked.first(session, {"gateway": gateway, "key": key})
    return None if row is None else (row.currency, row.amount_minor)


@Prepared
def _asked() -> Any:
    return select(GatewayVisit.currency, GatewayVisit.amount_minor).where(
        GatewayVisit.gateway == bindparam("gateway"), GatewayVisit.key == bindparam("key")
    )


def visits_of(session: Session, payment_id: int) -> list[Any]:
    """Return every try to pay a payment on another page, the newest first."""
    return list(
        session.execute(
            select(
                GatewayVisit.gateway, GatewayVisit.state, GatewayVisit.currency,
                GatewayVisit.amount_minor, GatewayVisit.charge_id, GatewayVisit.opened_at,
            )
            .where(GatewayVisit.payment_id == payment_id)
            .order_by(GatewayVisit.id.desc())
            .limit(20)
        )
    )  # fmt: skip


def ways_out(session: Session, task: Any) -> WaysOut:
    """Return how a task can end beside being closed with a few words."""
    if task.closed_at is not None:
        return WaysOut()
    going = under_way_vnd(session, task.payment_id) if task.payment_id else 0
    found = uncounted(session, task)
    count = found[1] if found else 0
    back = count or _back_vnd(session, task, going)
    return WaysOut(
        count_vnd=count,
        back_vnd=back,
        other_vnd=back if task.reason == "refund_failed" else 0,
        lost_vnd=_lost_vnd(session, task),
        payout_vnd=_payout_vnd(session, task),
        under_way_vnd=going,
    )


def uncounted(session: Session, task: Any) -> tuple[GatewayVisit, int, Told] | None:
    """Return the visit by which money came that nobody counted, how much in đồng, and what was told."""
    if task.reason not in ("wrong_amount", "paid_twice") or not task.payment_id:
        return None
    told = _told(session, task)
    if told is None or told.about != "paid" or told.amount_minor <= 0:
        return None
    visit = session.scalar(
        select(GatewayVisit).where(
            GatewayVisit.gateway == task.gateway, GatewayVisit.key == told.key
        )
    )
    if visit is None or _is_counted(session, task.gateway, told.charge_id):
        return None
    asked = (visit.currency, visit.amount_minor, visit.amount_vnd)
    vnd = vnd_of(told.currency, told.amount_minor, asked)
    return None if not vnd else (visit, vnd, told)


def _told(session: Session, task: Any) -> Told | None:
    kind, _, number = task.key.partition(":")
    message = session.get(GatewayMessage, int(number)) if kind == "message" else None
    if message is None:
        return None
    body = vault().open(message.data_key, message.sealed).encode()
    try:
        return GATEWAYS[message.gateway].told(body)
    except Unreadable:
        return None


def _is_counted(session: Session, gateway: str, charge_id: str) -> bool:
    wanted = select(GatewayVisit.id).where(
        GatewayVisit.gateway == gateway,
        GatewayVisit.charge_id == charge_id,
        GatewayVisit.state == VisitState.PAID,
    )
    return session.scalar(wanted) is not None


def _back_vnd(session: Session, task: Any, going_vnd: int) -> int:
    """Return what could be sent back once more: what failed, or what is there beyond what is owed."""
    if task.payment_id is None or task.reason not in ("paid_twice", "came_late", "refund_failed"):
        return 0
    row = session.execute(
        select(Payment.amount_vnd, Payment.received_vnd, Payment.refunded_vnd).where(
            Payment.id == task.payment_id
        )
    ).one()
    taken = taken_of(session, task.payment_id)
    going_vnd += taken.open_vnd + taken.lost_vnd
    there_vnd = row.received_vnd - row.refunded_vnd - going_vnd
    if task.reason == "refund_failed":
        failed = failed_refund(session, task)
        to_go_vnd = 0 if failed is None else _to_go_vnd(session, task.payment_id, failed)
        return max(0, min(to_go_vnd, there_vnd))
    more = surplus_vnd(row.amount_vnd, row.received_vnd, row.refunded_vnd)
    return max(0, more - going_vnd)


def _to_go_vnd(session: Session, payment_id: int, failed: GatewayRefund) -> int:
    """Return what of a refund that failed nothing else has paid back since."""
    number = failed.key.removeprefix("refund:")
    if not number.isdecimal():  # Made on the gateway's own pages: nobody promised it here.
        return failed.amount_vnd
    return left_to_go_vnd(session, Subject(TRANSFER, payment_id), int(number))


def failed_refund(session: Session, task: Any) -> GatewayRefund | None:
    """Return the refund that a task is about."""
    kind, _, number = task.key.partition(":")
    return session.get(GatewayRefund, int(number)) if kind == "refund" else None


def _lost_vnd(session: Session, task: Any) -> int:
    """Return what somebody sent back at the gateway beyond what came, in đồng."""
    if task.reason != "refund_too_much" or task.amount_minor <= 0 or not task.payment_id:
        return 0
    for visit in visits_worth(session, task.payment_id):
        vnd = vnd_of(task.currency, task.amount_minor, visit)
        if vnd:
            return vnd
    return 0


def visits_worth(session: Session, payment_id: int) -> list[tuple[str, int, int]]:
    """Return (currency, amount, the same in đồng) of the visits that paid."""
    rows = session.execute(
        select(GatewayVisit.currency, GatewayVisit.amount_minor, GatewayVisit.amount_vnd)
        .where(GatewayVisit.payment_id == payment_id, GatewayVisit.state == VisitState.PAID)
        .order_by(GatewayVisit.id.desc())
    )
    return [(row.currency, row.amount_minor, row.amount_vnd) for row in rows]


def _payout_vnd(session: Session, task: Any) -> int:
    """Return what a payout that is not clear is in đồng; in another currency, by the newest rate."""
    if task.reason != "payout_unclear" or task.amount_minor <= 0:
        return 0
    for known in [*_newest_charge(session, task), *_rates(task.currency)]:
        if vnd := vnd_of(task.currency, task.amount_minor, known):
            return vnd
    return task.amount_minor if task.currency == "VND" else 0


def _newest_charge(session: Session, task: Any) -> list[tuple[str, int, int]]:
    """Return (currency, amount, the same in đồng) of the last charge in a payout's currency."""
    rows = session.execute(
        select(GatewayVisit.currency, GatewayVisit.amount_minor, GatewayVisit.amount_vnd)
        .where(
            GatewayVisit.gateway == task.gateway, GatewayVisit.state == VisitState.PAID,
            GatewayVisit.currency == task.currency,
        )
        .order_by(GatewayVisit.id.desc())
        .limit(1)
    )  # fmt: skip
    return [(row.currency, row.amount_minor, row.amount_vnd) for row in rows]


def _rates(currency: str) -> list[tuple[str, int, int]]:
    """Return the same of the rate that the shop offers that currency at."""
    rate = current_settings().rates.get(currency)
    return [] if rate is None else [(currency, 10 ** DECIMALS[currency], rate.vnd)]


#: Longer than a message waits before a person is asked (``keeping.WAITS_FOR``).
UNAPPLIED_AFTER = timedelta(hours=48)


def unapplied(session: Session) -> Iterator[dict[str, Any]]:
    """Return what gateways told two days ago and nobody acted on, and no person was asked about."""
    rows = session.execute(
        select(GatewayMessage.id, GatewayMessage.gateway, GatewayMessage.kind, GatewayMessage.state)
        .where(
            GatewayMessage.state.in_(("new", "waiting")),
            GatewayMessage.received_at < now_utc() - UNAPPLIED_AFTER,
        )
        .order_by(GatewayMessage.id)
    )
    return (dict(row._mapping) for row in rows)
