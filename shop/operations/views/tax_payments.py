"""Tax that organisations withheld, and what of it they paid to the tax office."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from flask import redirect, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user

from shop.accounts.acting import acting
from shop.accounts.guards import fresh_or_ask
from shop.db import db
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.errors import NotYours
from shop.operations.forms import SentBackForm, TaxPaidForm, TaxPaymentForm, TaxReceiptForm
from shop.operations.views import blueprint
from shop.operations.views.shares import sight
from shop.organisations.acting import has_right, page_number
from shop.payouts.actions import taxes
from shop.payouts.queries.taxes import tax_payment_in, tax_payments, tax_standing
from shop.web.guards import guard
from shop.web.links import path
from shop.web.lists import cut
from shop.web.replies import try_to
from shop.web.words import tr

#: Who plans; who pays: another person (``permissions``).
PLAN, SEND = "propose_money_out", "confirm_money_out"
BASE = "/dieu-hanh/so/thue/nop"


def _row(payment_id: int, *rights: str) -> Any:
    row = tax_payment_in(db.session(), sight(), payment_id)
    if rights and not any(has_right(right, row.organisation_id) for right in rights):
        raise NotYours
    return row


def _to(address: str, said: str) -> ResponseReturnValue:
    return redirect(path(BASE + address) + f"?da={said}", 303)


@blueprint.get(BASE)
@guard("officer")
def paid_taxes() -> ResponseReturnValue:
    """What stands withheld of each organisation, and what was paid."""
    return _list()


def _list(form: TaxPaymentForm | None = None, refusal: Any = None) -> str:
    session = db.session()
    rows = tax_standing(session, sight())
    if form is None:
        last = vietnam_date(now_utc()).replace(day=1) - timedelta(days=1)
        form = TaxPaymentForm(first_on=last.replace(day=1), last_on=last)
    _offer(form, [row for row in rows if row.left_vnd > 0 and not row.planned_id])
    return render_template(
        "operations/tax_payments.html",
        rows=rows,
        form=form,
        refusal=refusal,
        found=cut(session, tax_payments(sight()), page_number()),
    )


def _offer(form: TaxPaymentForm, rows: Iterable[Any]) -> None:
    """Let an officer choose among the organisations where she may plan it."""
    form.unit.choices = [(str(row.id), tr(row, "name")) for row in rows if has_right(PLAN, row.id)]


@blueprint.post(BASE)
@guard("officer")
def plan_tax_payment() -> ResponseReturnValue:
    """One person says how much of which period; another pays it."""
    form, by = TaxPaymentForm.posted(), acting()
    _offer(form, tax_standing(db.session(), sight()))
    if not form.validate():
        return _list(form), 422
    return try_to(
        lambda session: taxes.plan_tax_payment(
            session, organisation_id=int(form.unit.data), amount_vnd=form.amount.data,
            first_on=form.first_on.data, last_on=form.last_on.data, planner_id=by["actor_id"], **by,
        ).id,
        show=lambda refusal: _list(form, refusal),
        then=lambda made: _to(f"/{made}", "dinh-chuyen"),
    )  # fmt: skip


@blueprint.get(f"{BASE}/<int:tax_payment_id>")
@guard("officer")
def tax_payment(tax_payment_id: int) -> ResponseReturnValue:
    """One payment, and the second person's fields."""
    return _page(tax_payment_id)


def _page(
    payment_id: int, form: Any = None, failed: Any = None, receipt: Any = None, refusal: Any = None
) -> str:
    row = _row(payment_id)
    sends = has_right(SEND, row.organisation_id)
    return render_template(
        "operations/tax_payment.html",
        row=row,
        form=form or TaxPaidForm(),
        failed=failed or SentBackForm(),
        receipt=receipt or TaxReceiptForm(receipt_no=row.receipt_no),
        refusal=refusal,
        may_send=sends,
        is_planner=row.planned_by_id == current_user.id,
        may_end=sends or has_right(PLAN, row.organisation_id),
    )


@blueprint.post(f"{BASE}/<int:tax_payment_id>/da-nop")
@guard("officer")
def tax_payment_sent(tax_payment_id: int) -> ResponseReturnValue:
    """The second person paid it, and says under which numbers."""
    _row(tax_payment_id, SEND)
    if ask := fresh_or_ask(f"{BASE}/{tax_payment_id}"):
        return ask
    form, by = TaxPaidForm.posted(), acting()
    if not form.validate():
        return _page(tax_payment_id, form), 422
    return try_to(
        lambda session: taxes.send_tax_payment(
            session, payment_id=tax_payment_id, reference=form.reference.data or "",
            receipt_no=form.receipt_no.data or "", paid_on=form.paid_on.data,
            sender_id=by["actor_id"], **by,
        ),
        show=lambda refusal: _page(tax_payment_id, form, refusal=refusal),
        then=lambda new: _to(f"/{tax_payment_id}", "luu" if new else "ghi-truoc"),
    )  # fmt: skip


@blueprint.post(f"{BASE}/<int:tax_payment_id>/so-giay")
@guard("officer")
def tax_receipt_corrected(tax_payment_id: int) -> ResponseReturnValue:
    """The receipt's number was typed wrongly."""
    _row(tax_payment_id, SEND)
    if ask := fresh_or_ask(f"{BASE}/{tax_payment_id}"):
        return ask
    form, by = TaxReceiptForm.posted(), acting()
    if not form.validate():
        return _page(tax_payment_id, receipt=form), 422
    return try_to(
        lambda session: taxes.correct_tax_receipt(
            session, payment_id=tax_payment_id, receipt_no=form.receipt_no.data or "",
            corrector_id=by["actor_id"], **by,
        ),
        show=lambda refusal: _page(tax_payment_id, receipt=form, refusal=refusal),
        then=lambda new: _to(f"/{tax_payment_id}", "luu" if new else "ghi-truoc"),
    )  # fmt: skip


@blueprint.post(f"{BASE}/<int:tax_payment_id>/hong")
@guard("officer")
def tax_payment_came_back(tax_payment_id: int) -> ResponseReturnValue:
    """The bank sent it back."""
    _row(tax_payment_id, SEND)
    if ask := fresh_or_ask(f"{BASE}/{tax_payment_id}"):
        return ask
    form, by = SentBackForm.posted(), acting()
    if not form.validate():
        return _page(tax_payment_id, failed=form), 422
    return try_to(
        lambda session: taxes.tax_payment_came_back(
            session, payment_id=tax_payment_id, why=form.why.data or "", **by
        ),
        show=lambda refusal: _page(tax_payment_id, refusal=refusal),
        then=lambda _: _to(f"/{tax_payment_id}", "thoi-chuyen"),
    )


@blueprint.post(f"{BASE}/<int:tax_payment_id>/thoi")
@guard("officer")
def tax_payment_dropped(tax_payment_id: int) -> ResponseReturnValue:
    """Nobody pays it: the tax stands as before."""
    _row(tax_payment_id, PLAN, SEND)
    by = acting()
    return try_to(
        lambda session: taxes.drop_tax_payment(session, payment_id=tax_payment_id, **by),
        show=lambda refusal: _page(tax_payment_id, refusal=refusal),
        then=lambda _: _to(f"/{tax_payment_id}", "thoi-chuyen"),
    )
