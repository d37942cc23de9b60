"""Member businesses: entering, changing, opening and closing them, and who works there."""

from datetime import datetime
from functools import partial
from typing import Any

from flask import g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from shop.accounts.acting import acting
from shop.accounts.actions import give_code, revoke_devices
from shop.accounts.guards import fresh_or_ask
from shop.accounts.models import Account
from shop.accounts.queries import account, kind_of
from shop.db import db, transaction
from shop.kernel.clock import now_utc
from shop.kernel.errors import NotYours, Refusal
from shop.kernel.phones import written
from shop.operations.forms import (
    SELLER_ROLES,
    ApproveForm,
    ReasonForm,
    SellerForm,
    SellerMemberForm,
    SellerWordsForm,
)
from shop.operations.queries import sellers_page
from shop.operations.views import blueprint
from shop.organisations.acting import (
    has_right,
    need_right,
    page_number,
    person_named,
    typed_words,
    units_in_sight,
    who_is_meant,
)
from shop.organisations.queries import tree
from shop.places.forms import fill_places
from shop.sellers.actions import (
    appoint_member,
    close_seller,
    create_seller,
    dismiss_member,
    edit_seller,
    reopen_seller,
)
from shop.sellers.helping import is_helping
from shop.sellers.queries import helped_stalls_of, members_of, payee_of, seller, stalls_of
from shop.shipping.opening import say_yes
from shop.web.guards import guard
from shop.web.links import path
from shop.web.replies import try_to
from shop.web.words import _, tr


@blueprint.get("/dieu-hanh/nguoi-ban")
@guard("officer")
def sellers() -> ResponseReturnValue:
    typed = typed_words()
    found = sellers_page(db.session(), units_in_sight("see_sellers"), typed, page_number())
    return render_template(
        "operations/sellers.html", found=found, typed=typed,
        may_enter=units_in_sight("create_seller") is None or bool(g.scope["create_seller"]),
    )  # fmt: skip


def _new_form(form: SellerForm) -> Any:
    rows = [
        row
        for row in tree(db.session(), units_in_sight("create_seller"))
        if row["valid_to"] is None
    ]
    form.organisation.choices = [(str(r["id"]), "– " * r["depth"] + tr(r, "name")) for r in rows]
    form.country.data = ""  # Parcels start in Vietnam, whatever was sent.
    fill_places(form, db.session())
    return form


@blueprint.get("/dieu-hanh/nguoi-ban/moi")
@guard("officer")
def new_seller_page() -> ResponseReturnValue:
    form = _new_form(SellerForm(organisation=request.args.get("to-chuc", "")))
    return render_template("operations/seller_new.html", form=form, refusal=None)


@blueprint.post("/dieu-hanh/nguoi-ban/moi")
@guard("officer")
def new_seller() -> ResponseReturnValue:
    form = _new_form(SellerForm.posted())
    if form.is_asking or not form.validate():
        status = 200 if form.is_asking else 422
        return render_template("operations/seller_new.html", form=form, refusal=None), status
    ward, by = form.chosen.code, acting()
    return try_to(
        lambda session: create_seller(
            session, organisation_id=int(form.organisation.data), name_vi=form.name_vi.data,
            name_en=form.name_en.data, entity_kind=form.entity_kind.data,
            person=form.person.data, phone=form.phone.data, ward_code=ward,
            hamlet_vi=form.line1.data, hamlet_en=form.line1.data,
            paid_through_organisation=form.paid_through_organisation.data, **by,
        ).id,
        show=partial(render_template, "operations/seller_new.html", form=form),
        then=lambda seller_id: redirect(
            path(f"/dieu-hanh/nguoi-ban/{seller_id}") + "?da=them", 303
        ),
    )  # fmt: skip


def _mine(seller_id: int, right: str) -> Any:
    """Return a seller of a unit in which this person has a right; otherwise there is none."""
    row = seller(db.session(), seller_id)
    need_right(right, row.organisation_id)
    return row


@blueprint.get("/dieu-hanh/nguoi-ban/<int:seller_id>")
@guard("officer")
def seller_desk(seller_id: int) -> ResponseReturnValue:
    _mine(seller_id, "see_sellers")
    return _seller_page(seller_id)


@blueprint.get("/dieu-hanh/nguoi-ban/<int:seller_id>/sua")
@guard("officer")
def edit_seller_page(seller_id: int) -> ResponseReturnValue:
    row = _mine(seller_id, "edit_seller")
    form = _words_form(SellerWordsForm(obj=row, phone=written(row.phone)), row)
    return render_template("operations/seller_edit.html", form=form, seller=row)


def _words_form(form: SellerWordsForm, row: Any) -> Any:
    """Leave out where buyers' money goes, and what was checked, for those who may not say so."""
    if not has_right("change_bank_account", row.organisation_id):
        del form.paid_through_organisation
    if not has_right("approve_seller", row.organisation_id):
        del form.checked_vi, form.checked_en
    return form


@blueprint.post("/dieu-hanh/nguoi-ban/<int:seller_id>/sua")
@guard("officer")
def change_seller(seller_id: int) -> ResponseReturnValue:
    row = _mine(seller_id, "edit_seller")
    form = _words_form(SellerWordsForm.posted(), row)
    if not form.validate():
        return render_template("operations/seller_edit.html", form=form, seller=row), 422
    changes = {name: field.data for name, field in form._fields.items()}
    for kept_when_empty in ("lead_days_min", "lead_days_max"):
        if changes[kept_when_empty] is None:
            del changes[kept_when_empty]
    moved = changes.get("paid_through_organisation", row.paid_through_organisation)
    if moved != row.paid_through_organisation and (ask := fresh_or_ask()):
        return ask  # Money goes elsewhere then, as with another bank account.
    with transaction() as session:
        edit_seller(session, seller_id=seller_id, changes=changes, **acting())
    return redirect(path(f"/dieu-hanh/nguoi-ban/{seller_id}") + "?da=luu", 303)


@blueprint.post("/dieu-hanh/nguoi-ban/<int:seller_id>/duyet")
@guard("officer")
def approve(seller_id: int) -> ResponseReturnValue:
    _mine(seller_id, "approve_seller")
    form = ApproveForm.posted()
    if not form.validate():
        return _seller_page(seller_id, approve_form=form, status=422)
    return _done(
        seller_id, "duyet", say_yes,
        checked_vi=form.checked_vi.data, checked_en=form.checked_en.data,
    )  # fmt: skip


@blueprint.post("/dieu-hanh/nguoi-ban/<int:seller_id>/dong")
@guard("officer")
def close(seller_id: int) -> ResponseReturnValue:
    _mine(seller_id, "approve_seller")
    form = ReasonForm.posted()
    if not form.validate():
        return _seller_page(seller_id, reason_form=form, status=422)
    return _done(seller_id, "dong", close_seller, reason=form.reason.data)


@blueprint.post("/dieu-hanh/nguoi-ban/<int:seller_id>/mo")
@guard("officer")
def reopen(seller_id: int) -> ResponseReturnValue:
    _mine(seller_id, "approve_seller")
    return _done(seller_id, "mo", reopen_seller)


@blueprint.post("/dieu-hanh/nguoi-ban/<int:seller_id>/nguoi")
@guard("officer")
def add_member(seller_id: int) -> ResponseReturnValue:
    _mine(seller_id, "edit_seller")
    form = SellerMemberForm.posted()
    person = person_named(db.session(), form.who.data) if form.validate() else None
    herself = person is not None and person.id == current_user.id
    if person is None or (herself and current_user.kind != "operator"):
        if herself:  # An owner may change the bank account: that takes two people.
            form.who.errors = [_("Chị không tự ghi mình vào gian hàng được. Nhờ người khác ghi.")]
        elif not form.errors:
            form.who.errors = [_("Chưa ai có tài khoản bằng số hoặc thư này.")]
        return _seller_page(seller_id, member_form=form, status=422)
    if form.person.data != str(person.id):
        meant = who_is_meant(db.session(), person, form.who.data or "")
        return _seller_page(seller_id, member_form=form, meant=meant)
    return _done(seller_id, "them", appoint_member, account_id=person.id, role=form.role.data)


@blueprint.post("/dieu-hanh/nguoi-ban/<int:seller_id>/nguoi/<int:account_id>/thoi")
@guard("officer")
def remove_member(seller_id: int, account_id: int) -> ResponseReturnValue:
    _mine(seller_id, "edit_seller")
    return _done(seller_id, "luu", dismiss_member, account_id=account_id)


@blueprint.post("/dieu-hanh/nguoi-ban/<int:seller_id>/nguoi/<int:account_id>/ma")
@guard("officer")
def member_code(seller_id: int, account_id: int) -> ResponseReturnValue:
    """Read out a code to somebody who works there. Never one that opens more than one's stalls."""
    by = acting()
    with transaction() as session:
        person = _in_ones_care(session, seller_id, account_id, by["now"])
        name, code = person.name, give_code(session, account_id=account_id, **by)
    return render_template(
        "operations/code.html", name=name, code=code, back=f"/dieu-hanh/nguoi-ban/{seller_id}"
    )


@blueprint.post("/dieu-hanh/nguoi-ban/<int:seller_id>/nguoi/<int:account_id>/mat-may")
@guard("officer")
def member_lost_phone(seller_id: int, account_id: int) -> ResponseReturnValue:
    """Shut out the lost phone of somebody who works there; a code lets her in on another."""
    by = acting()
    with transaction() as session:
        _in_ones_care(session, seller_id, account_id, by["now"])
        revoke_devices(session, account_id=account_id, **by)
    return redirect(path(f"/dieu-hanh/nguoi-ban/{seller_id}") + "?da=mat-may", 303)


def _in_ones_care(session: Session, seller_id: int, account_id: int, now: datetime) -> Account:
    """Return a person whose ways in are this officer's business.

    Raises:
        NotYours: she does not work there, or her account opens more than one's own stalls.
    """
    _mine(seller_id, "give_code")
    works_there = {row.account_id for row in members_of(session, seller_id, now)}
    if account_id not in works_there and not is_helping(session, seller_id, account_id, now):
        raise NotYours
    person = account(session, account_id)
    if current_user.kind != "operator" and (
        kind_of(session, person, now) != "seller"
        or not all(
            has_right("give_code", seller(session, stall.id).organisation_id)
            for stall in (
                *stalls_of(session, account_id, now),
                *helped_stalls_of(session, account_id, now),
            )
        )
    ):
        raise NotYours
    return person


def _done(seller_id: int, notice: str, act: Any, **more: Any) -> ResponseReturnValue:
    """Do one act to a seller and come back to her page, or say there why not."""
    by = acting()
    return try_to(
        lambda session: act(session, seller_id=seller_id, **more, **by),
        show=lambda refusal: _seller_page(seller_id, refusal=refusal, status=refusal.status),
        then=lambda _: redirect(path(f"/dieu-hanh/nguoi-ban/{seller_id}") + f"?da={notice}", 303),
    )


def _seller_page(
    seller_id: int,
    *,
    approve_form: ApproveForm | None = None,
    reason_form: ReasonForm | None = None,
    member_form: SellerMemberForm | None = None,
    meant: dict[str, Any] | None = None,
    refusal: Refusal | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    session = db.session()
    row = seller(session, seller_id)
    unit = row.organisation_id
    return (
        render_template(
            "operations/seller.html", seller=row, phone=written(row.phone),
            members=members_of(session, seller_id, now_utc()), payee=payee_of(session, seller_id),
            approve_form=approve_form or ApproveForm(), reason_form=reason_form or ReasonForm(),
            member_form=member_form or SellerMemberForm(), meant=meant, roles=SELLER_ROLES, refusal=refusal,
            may_edit=has_right("edit_seller", unit), may_approve=has_right("approve_seller", unit),
            may_orders=has_right("move_orders", unit), may_code=has_right("give_code", unit),
            may_bank=has_right("change_bank_account", unit),
        ),
        status,
    )  # fmt: skip
