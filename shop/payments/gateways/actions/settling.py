"""How people end tasks about cards: count, give back, write off, book, or close with a few words."""

from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from shop.audit.actions import note
from shop.kernel.errors import NotYours
from shop.ledger.actions import post
from shop.ledger.rules import Account, Leg
from shop.payments import refunds
from shop.payments.actions import receive_online
from shop.payments.gateways.actions.keeping import wake_waiting
from shop.payments.gateways.models import GatewayPayout, GatewayTask, GatewayVisit
from shop.payments.gateways.tasks import (
    failed_refund,
    owner_of,
    task_in,
    uncounted,
    ways_out,
)
from shop.payments.holding import held_payment
from shop.payments.methods.giving_back import under_way_vnd
from shop.payments.methods.online import drop_visits
from shop.payments.methods.protocol import By
from shop.payments.models import Refund, RefundAllocation
from shop.payments.rules.gateways import NoSuchTask, NoSuchWayOut, Outcome, VisitState
from shop.payments.rules.refunds import RefundReason, Way
from shop.payments.told import TRANSFER, Subject
from shop.sellers.models import Payee


def close_task(
    session: Session, *, task_id: int, said: str, actor_id: int | None, actor_name: str,
    now: datetime,
) -> None:  # fmt: skip
    """Note what a person did about it elsewhere, or why nothing is to be done.

    Raises:
        NotYours, NoSuchTask
    """
    _end(session, task_id, Outcome.CLOSED, actor_id, actor_name, now, said=said)


def reopen_task(
    session: Session, *, task_id: int, actor_id: int | None, actor_name: str, now: datetime,
    undoes_id: int | None = None,
) -> None:  # fmt: skip
    """Have people look again at what was closed with words alone: no money moved by that.

    Raises:
        NotYours: it waits, or ended otherwise.
    """
    changed = session.execute(
        update(GatewayTask)
        .where(GatewayTask.id == task_id, GatewayTask.outcome == Outcome.CLOSED)
        .values(closed_at=None, closed_by_id=None, said="", outcome="")
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        raise NotYours
    _written(session, "reopened", task_id, actor_id, actor_name, now, undoes_id=undoes_id)


def count_money(
    session: Session, *, task_id: int, actor_id: int | None, actor_name: str, now: datetime
) -> None:
    """Take what came otherwise than it was asked for as money for the order.

    More than is owed goes back by itself; less leaves the rest to be paid.

    Raises:
        NotYours, NoSuchTask, NoSuchWayOut
    """
    task = _locked(session, task_id)
    vnd = _count(session, task, now)
    _end(session, task_id, Outcome.COUNTED, actor_id, actor_name, now, amount_vnd=vnd)


def _count(session: Session, task: Any, now: datetime) -> int:
    found = uncounted(session, task)
    if found is None:
        raise NoSuchWayOut
    visit, vnd, told = found
    if visit.state == VisitState.PAID:  # It paid once already: this is another one.
        visit = GatewayVisit(
            payment_id=visit.payment_id, gateway=visit.gateway, key=f"{visit.key}+{task.id}"[:40],
            locale=visit.locale, opened_at=now, expires_at=now,
        )  # fmt: skip
        session.add(visit)
    elif not visit.outside_id:
        visit.outside_id = told.outside_id or None
    visit.state, visit.changed_at, visit.charge_id = VisitState.PAID, now, told.charge_id
    visit.amount_vnd, visit.currency, visit.amount_minor = vnd, told.currency, told.amount_minor
    session.flush()
    receive_online(
        session, payment_id=visit.payment_id, visit_id=visit.id, amount_vnd=vnd,
        currency=told.currency, amount_minor=told.amount_minor, now=now,
    )  # fmt: skip
    drop_visits(session, visit.payment_id, now)
    wake_waiting(session, visit.gateway, told.charge_id, now)
    return vnd


def give_back(
    session: Session, *, task_id: int, actor_id: int | None, actor_name: str, now: datetime
) -> None:
    """Send money back to where it came from, also what nobody had counted.

    Raises:
        NotYours, NoSuchTask, NoSuchWayOut, MoreThanReceived
    """
    task = _locked(session, task_id)
    back_vnd = ways_out(session, task).back_vnd
    if not back_vnd:
        raise NoSuchWayOut
    if uncounted(session, task) is not None:
        before_vnd = under_way_vnd(session, task.payment_id)
        _count(session, task, now)
        # What came too much went on its way when it was counted.
        back_vnd -= under_way_vnd(session, task.payment_id) - before_vnd
    if back_vnd > 0:
        refunds.refund(
            session, of=Subject(TRANSFER, task.payment_id), way=Way.CARD,
            key=f"card-task:{task_id}", now=now,
            by=By("operator" if actor_id is None else "officer", actor_id, actor_name),
            **_share(session, task, back_vnd),
        )  # fmt: skip
    _end(session, task_id, Outcome.GIVEN_BACK, actor_id, actor_name, now, amount_vnd=back_vnd)


def give_otherwise(
    session: Session, *, task_id: int, actor_id: int | None, actor_name: str, now: datetime
) -> None:
    """Promise by another way what the card did not take: the buyer is asked on her private link.

    She says which account, takes a code, or gives it to a campaign; whoever holds the money sends it.

    Raises:
        NotYours, NoSuchTask, NoSuchWayOut, MoreThanReceived
    """
    task = _locked(session, task_id)
    vnd = ways_out(session, task).other_vnd
    if not vnd:
        raise NoSuchWayOut
    refunds.refund(
        session, of=Subject(TRANSFER, task.payment_id), way=Way.BANK, otherwise=True,
        key=f"card-task:{task_id}", now=now,
        by=By("operator" if actor_id is None else "officer", actor_id, actor_name),
        **_share(session, task, vnd),
    )  # fmt: skip
    _end(session, task_id, Outcome.OTHERWISE, actor_id, actor_name, now, amount_vnd=vnd)


def _share(session: Session, task: Any, back_vnd: int) -> dict[str, Any]:
    """Return whose sale it is taken from: what failed is asked for as it was."""
    failed = failed_refund(session, task)
    if failed is None:
        return {"amount_vnd": back_vnd}
    number = failed.key.removeprefix("refund:")
    was = session.get(Refund, int(number)) if number.isdecimal() else None
    if was is None or was.amount_vnd != back_vnd:
        return {"amount_vnd": back_vnd}
    shares = session.execute(
        select(RefundAllocation.seller_order_id, RefundAllocation.amount_vnd).where(
            RefundAllocation.refund_id == was.id
        )
    )
    return {
        "by_part": {row.seller_order_id: row.amount_vnd for row in shares},
        "reason": RefundReason(was.reason),
    }


def write_off(
    session: Session, *, task_id: int, actor_id: int | None, actor_name: str, now: datetime
) -> None:
    """Give up what left the gateway beyond what came: the organisation bears it.

    Raises:
        NotYours, NoSuchTask, NoSuchWayOut
    """
    task = _locked(session, task_id)
    lost_vnd = ways_out(session, task).lost_vnd
    if not lost_vnd:
        raise NoSuchWayOut
    unit = f"organisation:{owner_of(session, task_id)}"
    legs = [
        Leg(Account("card_lost", unit, task.gateway), lost_vnd),
        Leg(Account("card_clearing", unit, task.gateway), -lost_vnd),
    ]
    post(
        session, key=f"card-task:{task_id}", kind="card_lost", legs=legs,
        subject=f"card_task:{task_id}", now=now,
    )  # fmt: skip
    session.execute(update(GatewayTask).where(GatewayTask.id == task_id).values(lost_vnd=lost_vnd))
    _end(session, task_id, Outcome.WRITTEN_OFF, actor_id, actor_name, now, amount_vnd=lost_vnd)


def book_payout(
    session: Session, *, task_id: int, actor_id: int | None, actor_name: str, now: datetime
) -> None:
    """Book a payout that reached the bank though not all of its lines are known.

    What the gateway kept for itself stays with it until somebody posts it by hand.

    Raises:
        NotYours, NoSuchTask, NoSuchWayOut
    """
    task = _locked(session, task_id)
    bank_vnd = ways_out(session, task).payout_vnd
    unit = owner_of(session, task_id)
    payee_id = session.scalar(
        select(Payee.id).where(Payee.organisation_id == unit, Payee.ended_at.is_(None))
    )
    if not bank_vnd or payee_id is None:
        raise NoSuchWayOut
    made = GatewayPayout(
        gateway=task.gateway, outside_id=task.outside_id, organisation_id=unit, payee_id=payee_id,
        bank_vnd=bank_vnd, fees_vnd=0, currency=task.currency, amount_minor=task.amount_minor,
        paid_at=now,
    )  # fmt: skip
    session.add(made)
    session.flush()
    foreign = (task.currency, task.amount_minor) if task.currency != "VND" else (None, None)
    legs = [
        Leg(Account("bank", f"payee:{payee_id}"), bank_vnd, *foreign),
        Leg(Account("card_clearing", f"organisation:{unit}", task.gateway), -bank_vnd),
    ]
    wake_waiting(session, task.gateway, task.outside_id, now)
    post(
        session, key=f"gateway-payout:{made.id}", kind="cleared", legs=legs,
        subject=f"gateway_payout:{made.id}", now=now,
    )  # fmt: skip
    _end(session, task_id, Outcome.BOOKED, actor_id, actor_name, now, amount_vnd=bank_vnd)


def _locked(session: Session, task_id: int) -> Any:
    """Return a task that waits, held: of two people who end it, one waits and finds it ended.

    Raises:
        NotYours, NoSuchTask
    """
    held = session.scalar(select(GatewayTask.id).where(GatewayTask.id == task_id).with_for_update())
    if held is None:
        raise NotYours
    task = task_in(session, None, task_id)
    if task.closed_at is not None:
        raise NoSuchTask
    if task.payment_id is not None:
        held_payment(session, task.payment_id)
    return task


def _end(
    session: Session, task_id: int, outcome: Outcome, actor_id: int | None, actor_name: str,
    now: datetime, *, said: str = "", **facts: Any,
) -> None:  # fmt: skip
    changed = session.execute(
        update(GatewayTask)
        .where(GatewayTask.id == task_id, GatewayTask.closed_at.is_(None))
        .values(closed_at=now, closed_by_id=actor_id, said=said[:300], outcome=outcome)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        raise NoSuchTask
    _written(session, outcome, task_id, actor_id, actor_name, now, **facts)


def _written(
    session: Session, act: str, task_id: int, actor_id: int | None, actor_name: str, now: datetime,
    **facts: Any,
) -> None:  # fmt: skip
    note(
        session, action=f"card_task.{act}", subject_kind="card_task", subject_id=task_id, now=now,
        actor_id=actor_id, actor_name=actor_name, **facts,
    )  # fmt: skip
