"""Corrections of the books: proposed by one person, confirmed by another."""

from functools import partial
from typing import Any

from flask import g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select

from shop.accounts.acting import acting
from shop.accounts.guards import fresh_or_ask
from shop.db import db, in_transaction
from shop.kernel.clock import now_utc
from shop.kernel.errors import NotYours, Refusal
from shop.ledger.rules import Account, Leg, shown_vnd
from shop.operations import book_words as words
from shop.operations import bookkeeping, correcting
from shop.operations.actions import corrections as acts
from shop.operations.forms import CorrectionForm
from shop.operations.queries.corrections import (
    accounts_to_correct,
    correction_in,
    corrections_page,
)
from shop.operations.views import blueprint
from shop.organisations.acting import has_right, page_number, units_in_sight
from shop.organisations.models import Organisation
from shop.organisations.queries import organisation
from shop.sellers.models import Payee
from shop.web.guards import guard
from shop.web.links import path
from shop.web.replies import try_to

#: Who may look, propose, and answer for it with her own name.
SEE, PROPOSE, CONFIRM = "see_books", "confirm_money_in", "confirm_money_out"
BASE = "/dieu-hanh/so/dieu-chinh"


def _units() -> Any:
    """Return the units whose corrections are shown; None for all.

    Raises:
        NotYours: she keeps nobody's books.
    """
    units = units_in_sight(SEE)
    if units is not None and not g.scope[SEE]:
        raise NotYours
    return units


def _row(correction_id: int, right: str = SEE) -> Any:
    row = correction_in(db.session(), _units(), correction_id)
    if right != SEE and not has_right(right, row.organisation_id):
        raise NotYours
    return row


@blueprint.get(BASE)
@guard("officer")
def corrections() -> ResponseReturnValue:
    """What waits for a second person, and what was decided."""
    session, units = db.session(), _units()
    # Whoever never had an account of its own keeps no money that could stand wrongly.
    wanted = select(Organisation.id, Organisation.name_vi, Organisation.name_en).where(
        Organisation.valid_to.is_(None),
        select(Payee.id).where(Payee.organisation_id == Organisation.id).exists(),
    )
    own = session.execute(
        (wanted if units is None else wanted.where(Organisation.id.in_(units))).order_by(
            Organisation.id
        )
    )
    return render_template(
        "operations/corrections.html", found=corrections_page(session, units, page_number()),
        mine=[unit for unit in own if has_right(PROPOSE, unit.id)],
    )  # fmt: skip


@blueprint.get(f"{BASE}/moi/<int:unit_id>")
@guard("officer")
def correction_new_page(unit_id: int) -> ResponseReturnValue:
    return _new_page(unit_id)


def _new_page(unit_id: int, form: Any = None, refusal: Any = None) -> str:
    _units()
    if not has_right(PROPOSE, unit_id):
        raise NotYours
    session = db.session()
    rows = accounts_to_correct(session, unit_id)
    names = bookkeeping.names_of_owners(
        session, {row.owner for row in rows} | {row.detail for row in rows}
    )
    form = form or CorrectionForm(data={"debit": request.args.get("no", "")})
    form.offer(rows, names)
    return render_template(
        "operations/correction_new.html", unit=organisation(session, unit_id), form=form,
        any_account=bool(rows), refusal=refusal,
    )  # fmt: skip


@blueprint.post(f"{BASE}/moi/<int:unit_id>")
@guard("officer")
def correction_new(unit_id: int) -> ResponseReturnValue:
    form = CorrectionForm.posted()
    page = _new_page(unit_id, form)  # Offers the accounts, so that one of others' is no choice.
    if not form.validate():
        page = _new_page(unit_id, form)
        return page, 422
    amount = form.amount.data
    legs = [Leg(Account(*form.debit.data.split("|")), amount),
            Leg(Account(*form.credit.data.split("|")), -amount)]  # fmt: skip
    by = acting()
    try:
        made = in_transaction(
            lambda session: acts.propose_correction(
                session, organisation_id=unit_id, legs=legs, reason=form.reason.data or "",
                evidence=form.evidence.data or "", proposer_id=by["actor_id"], **by,
            ).id
        )  # fmt: skip
    except NotYours:
        raise
    except Refusal as refusal:
        return _new_page(unit_id, form, refusal), refusal.status
    return redirect(path(f"{BASE}/{made}") + "?da=de-nghi", 303)


@blueprint.get(f"{BASE}/<int:correction_id>")
@guard("officer")
def correction(correction_id: int) -> ResponseReturnValue:
    """One correction: both sides, why, and the second person's buttons."""
    return _page(correction_id)


def _page(correction_id: int, refusal: Any = None) -> str:
    session, row = db.session(), _row(correction_id)
    owners = {part for leg in row.legs for part in (leg[1], leg[2])}
    return render_template(
        "operations/correction.html", row=row, words=words, shown_vnd=shown_vnd,
        names=bookkeeping.names_of_owners(session, owners), refusal=refusal,
        may_confirm=has_right(CONFIRM, row.organisation_id)
        and row.proposed_by_id != current_user.id,
        may_decline=has_right(CONFIRM, row.organisation_id)
        or row.proposed_by_id == current_user.id,
        too_old=correcting.is_too_old(row.proposed_at, now_utc()),
    )  # fmt: skip


@blueprint.post(f"{BASE}/<int:correction_id>/ghi")
@guard("officer")
def correction_confirmed(correction_id: int) -> ResponseReturnValue:
    """The second person says that it is right: it is posted."""
    _row(correction_id, CONFIRM)
    if ask := fresh_or_ask():
        return ask
    by = acting()
    return _decided(
        correction_id, "da-ghi-so",
        lambda session: acts.confirm_correction(
            session, correction_id=correction_id, confirmer_id=by["actor_id"], **by
        ),
    )  # fmt: skip


@blueprint.post(f"{BASE}/<int:correction_id>/thoi")
@guard("officer")
def correction_declined(correction_id: int) -> ResponseReturnValue:
    """It is not right, or not meant any more."""
    row = _row(correction_id)
    if row.proposed_by_id != current_user.id and not has_right(CONFIRM, row.organisation_id):
        raise NotYours
    by = acting()
    return _decided(
        correction_id, "hoan-tac",
        lambda session: acts.decline_correction(
            session, correction_id=correction_id, decider_id=by["actor_id"], **by
        ),
    )  # fmt: skip


def _decided(correction_id: int, said: str, work: Any) -> ResponseReturnValue:
    return try_to(
        work,
        show=partial(_page, correction_id),
        then=lambda _: redirect(path(f"{BASE}/{correction_id}") + f"?da={said}", 303),
    )
