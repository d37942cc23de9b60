"""Tasks about cards and wallets: what the shop cannot decide by itself, and how each ends."""

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.accounts.acting import acting
from shop.audit.models import AuditEntry
from shop.db import db
from shop.kernel.errors import NotYours
from shop.operations.views import blueprint
from shop.organisations.acting import has_right, page_number, units_in_sight
from shop.payments.forms import CloseTaskForm
from shop.payments.gateways import tasks
from shop.payments.gateways.actions import settling
from shop.web.guards import guard
from shop.web.links import path
from shop.web.lists import cut
from shop.web.replies import try_to

SEE, ACT = ("see_books", "confirm_money_in"), "confirm_money_in"
BASE = "/dieu-hanh/tien-ve/the"


def sight() -> Any:
    """Return the units whose tasks are shown; None for all.

    Raises:
        NotYours: she keeps nobody's money or books.
    """
    if current_user.kind == "operator":
        return None
    for right in SEE:
        if g.scope[right]:
            return units_in_sight(right)
    raise NotYours


@blueprint.get(BASE)
@guard("officer")
def card_tasks() -> ResponseReturnValue:
    """What waits, or what is done."""
    units, session = sight(), db.session()
    closed = request.args.get("xem") == "xong"
    return render_template(
        "operations/card_tasks.html", closed=closed, waiting=tasks.tasks_waiting(session, units),
        found=cut(session, tasks.tasks_of(units, closed=closed), page_number()),
    )  # fmt: skip


@blueprint.get(f"{BASE}/<int:task_id>")
@guard("officer")
def card_task(task_id: int) -> ResponseReturnValue:
    """One task, and the buttons that end it."""
    return _page(task_id)


def _page(task_id: int, form: Any = None, refusal: Any = None) -> str:
    session = db.session()
    row = tasks.task_in(session, sight(), task_id)
    acts = session.scalars(
        select(AuditEntry)
        .where(AuditEntry.subject_kind == "card_task", AuditEntry.subject_id == task_id)
        .order_by(AuditEntry.id)
    ).all()
    return render_template(
        "operations/card_task.html", row=row, ways=tasks.ways_out(session, row), acts=acts,
        visits=tasks.visits_of(session, row.payment_id) if row.payment_id else [],
        may_act=_may_act(row), form=form or CloseTaskForm(), refusal=refusal,
    )  # fmt: skip


def _may_act(row: Any) -> bool:
    return has_right(ACT, row.organisation_id or 0)


def _end(task_id: int, work: Callable[..., Any], notice: str, **what: Any) -> ResponseReturnValue:
    """End a task one way and come back to the list, or say at the task why not."""
    if not _may_act(tasks.task_in(db.session(), sight(), task_id)):
        raise NotYours
    by = acting()

    def ended(session: Session) -> None:
        work(session, task_id=task_id, **what, **by)

    return try_to(
        ended,
        show=partial(_page, task_id),
        then=lambda _: redirect(path(BASE) + f"?da={notice}", 303),
    )


@blueprint.post(f"{BASE}/<int:task_id>/ghi")
@guard("officer")
def card_money_counted(task_id: int) -> ResponseReturnValue:
    """It is the order's money after all."""
    return _end(task_id, settling.count_money, "da-nhan-tien")


@blueprint.post(f"{BASE}/<int:task_id>/tra")
@guard("officer")
def card_money_given_back(task_id: int) -> ResponseReturnValue:
    """It goes back to where it came from."""
    return _end(task_id, settling.give_back, "the-tra")


@blueprint.post(f"{BASE}/<int:task_id>/khac")
@guard("officer")
def card_money_otherwise(task_id: int) -> ResponseReturnValue:
    """The card takes nothing more: the buyer is asked where to."""
    return _end(task_id, settling.give_otherwise, "tra-cach-khac")


@blueprint.post(f"{BASE}/<int:task_id>/mat")
@guard("officer")
def card_money_written_off(task_id: int) -> ResponseReturnValue:
    """It left the gateway for good."""
    return _end(task_id, settling.write_off, "viec-the")


@blueprint.post(f"{BASE}/<int:task_id>/ve")
@guard("officer")
def card_payout_booked(task_id: int) -> ResponseReturnValue:
    """It reached the bank though not all of it is known."""
    return _end(task_id, settling.book_payout, "viec-the")


@blueprint.post(f"{BASE}/<int:task_id>/xong")
@guard("officer")
def card_task_closed(task_id: int) -> ResponseReturnValue:
    """Nothing more is to be done here; she says why."""
    if not _may_act(tasks.task_in(db.session(), sight(), task_id)):
        raise NotYours
    form = CloseTaskForm.posted()
    if not form.validate():
        return _page(task_id, form), 422
    return _end(task_id, settling.close_task, "viec-the", said=form.da_lam.data or "")
