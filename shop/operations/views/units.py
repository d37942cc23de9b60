"""Organisations: the tree, new units, names, closing, and who serves in them."""

from functools import partial
from typing import Any

from flask import g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from shop.accounts.acting import acting
from shop.db import db, transaction
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.errors import Refusal
from shop.operations.forms import (
    ROLE_WORDS,
    UNIT_KINDS,
    AppointForm,
    HandOverForm,
    UnitForm,
    UnitNameForm,
)
from shop.operations.queries import units_page
from shop.operations.queries.units import reorderings_page
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
from shop.organisations.actions import (
    appoint,
    close_organisation,
    create_organisation,
    end_membership,
    hide_organisation,
    rename_organisation,
    show_organisation,
)
from shop.organisations.memberships import hand_over
from shop.organisations.models import Organisation
from shop.organisations.queries import memberships_in, organisation, path_of, tree
from shop.organisations.structure import became_of, history_of
from shop.sellers.queries import current_payee, open_sellers_in
from shop.web.forms import read_day
from shop.web.guards import guard
from shop.web.links import path
from shop.web.replies import try_to
from shop.web.words import _, tr

#: Two forms of the page ask for a person: their fields have names of their own.
HAND = "giao-"


@blueprint.get("/dieu-hanh/to-chuc")
@guard("officer")
def units() -> ResponseReturnValue:
    typed, asked = typed_words(), request.args.get("ngay", "")
    on = read_day(asked)
    found = units_page(db.session(), units_in_sight("see_unit"), typed, page_number(), on)
    return render_template(
        "operations/units.html", found=found, typed=typed, kinds=UNIT_KINDS, on=on, asked=asked,
        waiting=reorderings_page(db.session(), units_in_sight("edit_units"), 1),
        may_open=units_in_sight("edit_units") is None or bool(g.scope["edit_units"]),
    )  # fmt: skip


def _new_form(form: UnitForm) -> Any:
    """Offer the open units in which this person may open others; operators may open the top."""
    rows = [
        row for row in tree(db.session(), units_in_sight("edit_units")) if row["valid_to"] is None
    ]
    top = [("", _("Không thuộc tổ chức nào"))] if units_in_sight("edit_units") is None else []
    form.parent.choices = [*top, *((str(r["id"]), "– " * r["depth"] + tr(r, "name")) for r in rows)]
    return form


@blueprint.get("/dieu-hanh/to-chuc/moi")
@guard("officer")
def new_unit_page() -> ResponseReturnValue:
    form = _new_form(UnitForm(parent=request.args.get("cha", ""), kind="branch"))
    return render_template("operations/unit_new.html", form=form, refusal=None)


@blueprint.post("/dieu-hanh/to-chuc/moi")
@guard("officer")
def new_unit() -> ResponseReturnValue:
    form = _new_form(UnitForm.posted())
    if not form.validate():
        return render_template("operations/unit_new.html", form=form, refusal=None), 422
    by = acting()
    return try_to(
        lambda session: create_organisation(
            session, kind=form.kind.data, name_vi=form.name_vi.data, name_en=form.name_en.data,
            parent_id=int(form.parent.data) if form.parent.data else None, **by,
        ).id,
        show=partial(render_template, "operations/unit_new.html", form=form),
        then=lambda unit_id: redirect(path(f"/dieu-hanh/to-chuc/{unit_id}") + "?da=them", 303),
    )  # fmt: skip


@blueprint.get("/dieu-hanh/to-chuc/<int:unit_id>")
@guard("officer")
def unit(unit_id: int) -> ResponseReturnValue:
    need_right("see_unit", unit_id)
    return _unit_page(unit_id)


@blueprint.post("/dieu-hanh/to-chuc/<int:unit_id>/ten")
@guard("officer")
def rename_unit(unit_id: int) -> ResponseReturnValue:
    need_right("edit_units", unit_id)
    form = UnitNameForm.posted()
    if not form.validate():
        return _unit_page(unit_id, name_form=form, status=422)
    with transaction() as session:
        rename_organisation(
            session, organisation_id=unit_id, name_vi=form.name_vi.data,
            name_en=form.name_en.data, **acting(),
        )  # fmt: skip
    return redirect(path(f"/dieu-hanh/to-chuc/{unit_id}") + "?da=luu", 303)


@blueprint.post("/dieu-hanh/to-chuc/<int:unit_id>/an")
@guard("officer")
def hide_unit(unit_id: int) -> ResponseReturnValue:
    return _shown(unit_id, hide_organisation)


@blueprint.post("/dieu-hanh/to-chuc/<int:unit_id>/hien")
@guard("officer")
def show_unit(unit_id: int) -> ResponseReturnValue:
    return _shown(unit_id, show_organisation)


def _shown(unit_id: int, act: Any) -> ResponseReturnValue:
    """Hide a unit from everybody but officers, or show it again."""
    need_right("edit_units", unit_id)
    by = acting()
    return try_to(
        lambda session: act(session, organisation_id=unit_id, **by),
        show=lambda refusal: _unit_page(unit_id, refusal=refusal, status=refusal.status),
        then=lambda _: redirect(path(f"/dieu-hanh/to-chuc/{unit_id}") + "?da=luu", 303),
    )


@blueprint.post("/dieu-hanh/to-chuc/<int:unit_id>/khep")
@guard("officer")
def close_unit(unit_id: int) -> ResponseReturnValue:
    parent_id = organisation(db.session(), unit_id).parent_id
    need_right("edit_units", parent_id if parent_id is not None else -1)
    by = acting()
    return try_to(
        lambda session: close_organisation(
            session, organisation_id=unit_id, open_sellers=open_sellers_in(session, unit_id), **by
        ),
        show=lambda refusal: _unit_page(unit_id, refusal=refusal, status=refusal.status),
        then=lambda _: redirect(path("/dieu-hanh/to-chuc") + "?da=dong", 303),
    )


@blueprint.post("/dieu-hanh/to-chuc/<int:unit_id>/bo-nhiem")
@guard("officer")
def appoint_in_unit(unit_id: int) -> ResponseReturnValue:
    need_right("appoint", unit_id)
    form = AppointForm.posted()
    if not form.validate():
        return _unit_page(unit_id, appoint_form=form, status=422)
    person = person_named(db.session(), form.who.data or "")
    if person is None:
        form.who.errors = [_("Chưa ai có tài khoản bằng số hoặc thư này.")]
        return _unit_page(unit_id, appoint_form=form, status=422)
    if form.person.data != str(person.id):
        meant = who_is_meant(db.session(), person, form.who.data or "")
        return _unit_page(unit_id, appoint_form=form, meant=meant)
    person_id, by = person.id, acting()
    return try_to(
        lambda session: appoint(
            session, organisation_id=unit_id, account_id=person_id, role=form.role.data,
            starts_on=form.starts_on.data or vietnam_date(by["now"]),
            ends_on=form.ends_on.data, **by,
        ),
        show=lambda refusal: _unit_page(
            unit_id, appoint_form=form, refusal=refusal, status=refusal.status
        ),
        then=lambda _: redirect(path(f"/dieu-hanh/to-chuc/{unit_id}") + "?da=them", 303),
    )  # fmt: skip


def _hand_form(form: HandOverForm, unit_id: int) -> HandOverForm:
    today = vietnam_date(now_utc())
    form.term.choices = [
        (str(term.id), f"{ROLE_WORDS[term.role]}, {term.name}")
        for term in memberships_in(db.session(), unit_id)
        if term.ends_on is None or term.ends_on >= today
    ]
    return form


@blueprint.post("/dieu-hanh/to-chuc/<int:unit_id>/ban-giao")
@guard("officer")
def hand_over_term(unit_id: int) -> ResponseReturnValue:
    """Give a role from one person to another, in one act."""
    need_right("appoint", unit_id)
    form = _hand_form(HandOverForm.posted(prefix=HAND), unit_id)
    if not form.validate():
        return _unit_page(unit_id, hand_form=form, status=422)
    person = person_named(db.session(), form.who.data or "")
    if person is None:
        form.who.errors = [_("Chưa ai có tài khoản bằng số hoặc thư này.")]
        return _unit_page(unit_id, hand_form=form, status=422)
    if form.person.data != str(person.id):
        meant = who_is_meant(db.session(), person, form.who.data or "")
        return _unit_page(unit_id, hand_form=form, meant=meant)
    person_id, by = person.id, acting()
    return try_to(
        lambda session: hand_over(
            session, membership_id=int(form.term.data), organisation_id=unit_id,
            account_id=person_id, **by,
        ),
        show=lambda refusal: _unit_page(
            unit_id, hand_form=form, refusal=refusal, status=refusal.status
        ),
        then=lambda _: redirect(path(f"/dieu-hanh/to-chuc/{unit_id}") + "?da=luu", 303),
    )  # fmt: skip


@blueprint.post("/dieu-hanh/to-chuc/<int:unit_id>/thoi/<int:membership_id>")
@guard("officer")
def end_term(unit_id: int, membership_id: int) -> ResponseReturnValue:
    need_right("appoint", unit_id)
    with transaction() as session:
        end_membership(session, membership_id=membership_id, organisation_id=unit_id, **acting())
    return redirect(path(f"/dieu-hanh/to-chuc/{unit_id}") + "?da=luu", 303)


def _unit_page(
    unit_id: int,
    *,
    name_form: UnitNameForm | None = None,
    appoint_form: AppointForm | None = None,
    hand_form: HandOverForm | None = None,
    meant: dict[str, Any] | None = None,
    refusal: Refusal | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    session = db.session()
    row: Organisation = organisation(session, unit_id)
    may_edit = has_right("edit_units", unit_id)
    return (
        render_template(
            "operations/unit.html", unit=row, above=path_of(session, unit_id)[:-1],
            members=memberships_in(session, unit_id), today=vietnam_date(now_utc()),
            payee=current_payee(session, organisation_id=unit_id), kinds=UNIT_KINDS,
            roles=ROLE_WORDS,
            name_form=name_form or UnitNameForm(name_vi=row.name_vi, name_en=row.name_en),
            appoint_form=appoint_form or AppointForm(role="officer"), refusal=refusal,
            meant=meant, may_edit=may_edit, may_appoint=has_right("appoint", unit_id),
            may_close=has_right("edit_units", row.parent_id or -1),
            may_bank=has_right("change_bank_account", unit_id),
            hand_form=hand_form or _hand_form(HandOverForm(prefix=HAND), unit_id),
            may_members=has_right("see_members", unit_id),
            may_report=has_right("write_reports", unit_id),
            may_announce=has_right("announce", unit_id),
            history=history_of(session, unit_id), became=became_of(session, row),
        ),
        status,
    )  # fmt: skip
