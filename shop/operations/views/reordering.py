"""Units are moved, become one, are divided: one officer proposes, another looks and confirms."""

from functools import partial
from typing import Any

from flask import redirect, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user

from shop.accounts.acting import acting
from shop.accounts.guards import fresh_or_ask
from shop.db import db, in_transaction
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.errors import NotYours, Refusal
from shop.operations.forms import (
    ROLE_WORDS,
    UNIT_KINDS,
    MergeUnitsForm,
    MoveUnitForm,
    SplitUnitForm,
)
from shop.operations.queries.units import effects, named_in, reordering_in, reorderings_page
from shop.operations.views import blueprint
from shop.organisations.acting import has_right, need_right, page_number, units_in_sight
from shop.organisations.models import Organisation, Reordering
from shop.organisations.queries import organisation, path_of, tree
from shop.organisations.reordering import (
    check_plan,
    do_reordering,
    drop_reordering,
    open_below,
    propose_reordering,
)
from shop.organisations.rules import may_hang_below
from shop.sellers.units import follow_units
from shop.web.guards import guard
from shop.web.links import path
from shop.web.replies import try_to
from shop.web.words import _, tr

#: Who proposes and who confirms: each of them answers for it with her own name.
RIGHT = "edit_units"
BASE = "/dieu-hanh/to-chuc/sap-xep"
UNIT = "/dieu-hanh/to-chuc/<int:unit_id>"


@blueprint.get(BASE)
@guard("officer")
def reorderings() -> ResponseReturnValue:
    """What waits for a second person, and what was done."""
    session = db.session()
    found = reorderings_page(session, units_in_sight(RIGHT), page_number())
    return render_template(
        "operations/reorderings.html", found=found,
        units=named_in(session, [row.Reordering for row in found.rows]),
    )  # fmt: skip


def _mine(unit_id: int, *, same_kind: bool = False) -> tuple[Organisation, list[dict[str, Any]]]:
    """Return an open unit that this person may see changed, and the open ones of her sight."""
    need_right(RIGHT, unit_id)
    session = db.session()
    unit = organisation(session, unit_id)
    if unit.valid_to is not None:
        raise NotYours
    rows = [row for row in tree(session, units_in_sight(RIGHT)) if row["valid_to"] is None]
    if same_kind:
        rows = [row for row in rows if row["kind"] == unit.kind and row["id"] != unit_id]
    return unit, rows


def _named(row: dict[str, Any]) -> str:
    return "– " * row["depth"] + tr(row, "name")


def _move_form(form: MoveUnitForm, unit_id: int) -> tuple[Organisation, MoveUnitForm]:
    unit, rows = _mine(unit_id)
    top = [("", _("Không thuộc tổ chức nào"))] if units_in_sight(RIGHT) is None else []
    if not may_hang_below(unit.kind, None):
        top = []
    fitting = [row for row in rows if may_hang_below(unit.kind, row["kind"])]
    form.parent.choices = [*top, *((str(row["id"]), _named(row)) for row in fitting)]
    return unit, form


def _merge_form(form: MergeUnitsForm, unit_id: int) -> tuple[Organisation, MergeUnitsForm]:
    unit, rows = _mine(unit_id, same_kind=True)
    others = [(str(row["id"]), tr(row, "name")) for row in rows]
    form.others.choices = others
    form.into.choices = [
        ("", _("Một tổ chức mới")), (str(unit_id), tr(unit, "name")), *others,
    ]  # fmt: skip
    return unit, form


def _split_form(unit_id: int, **kwargs: Any) -> tuple[Organisation, SplitUnitForm]:
    unit, _rows = _mine(unit_id)
    return unit, SplitUnitForm.of(list(open_below(db.session(), unit_id)), **kwargs)


def _page(template: str, unit: Organisation, form: Any, refusal: Any = None) -> str:
    return render_template(
        f"operations/{template}.html", unit=unit, form=form, refusal=refusal, kinds=UNIT_KINDS,
        above=path_of(db.session(), unit.id)[:-1],
    )  # fmt: skip


@blueprint.get(f"{UNIT}/chuyen")
@guard("officer")
def move_unit_page(unit_id: int) -> ResponseReturnValue:
    return _page("unit_move", *_move_form(MoveUnitForm(), unit_id))


@blueprint.post(f"{UNIT}/chuyen")
@guard("officer")
def move_unit(unit_id: int) -> ResponseReturnValue:
    unit, form = _move_form(MoveUnitForm.posted(), unit_id)
    return _proposed("move", unit, form, lambda: {"unit_id": unit_id, **form.plan})


@blueprint.get(f"{UNIT}/gop")
@guard("officer")
def merge_units_page(unit_id: int) -> ResponseReturnValue:
    return _page("unit_merge", *_merge_form(MergeUnitsForm(carry=True), unit_id))


@blueprint.post(f"{UNIT}/gop")
@guard("officer")
def merge_units(unit_id: int) -> ResponseReturnValue:
    unit, form = _merge_form(MergeUnitsForm.posted(), unit_id)
    return _proposed("merge", unit, form, lambda: form.plan_of(unit_id))


@blueprint.get(f"{UNIT}/tach")
@guard("officer")
def split_unit_page(unit_id: int) -> ResponseReturnValue:
    return _page("unit_split", *_split_form(unit_id))


@blueprint.post(f"{UNIT}/tach")
@guard("officer")
def split_unit(unit_id: int) -> ResponseReturnValue:
    unit, form = _split_form(unit_id)
    return _proposed("split", unit, form, lambda: form.plan_of(unit_id))


def _proposed(kind: str, unit: Organisation, form: Any, plan_of: Any) -> ResponseReturnValue:
    """Write a proposal down, once the person leads all that it would change."""
    if not form.validate():
        return _page(f"unit_{kind}", unit, form), 422
    by, plan, unit_id = acting(), plan_of(), unit.id
    try:
        top = check_plan(db.session(), kind, plan, vietnam_date(by["now"]))
        need_right(RIGHT, top if top is not None else -1)
        made = in_transaction(
            lambda session: propose_reordering(
                session, kind=kind, plan=plan, decision=form.decision.data or "",
                proposer_id=by["actor_id"], **by,
            ).id
        )  # fmt: skip
    except NotYours:
        raise
    except Refusal as refusal:
        unit = organisation(db.session(), unit_id)
        return _page(f"unit_{kind}", unit, form, refusal), refusal.status
    return redirect(path(f"{BASE}/{made}") + "?da=xep-de-nghi", 303)


def _row(reordering_id: int) -> Any:
    found = reordering_in(db.session(), reordering_id)
    need_right(RIGHT, _top(found.Reordering))
    return found


def _top(row: Reordering) -> int:
    return row.top_id if row.top_id is not None else -1


@blueprint.get(f"{BASE}/<int:reordering_id>")
@guard("officer")
def reordering(reordering_id: int) -> ResponseReturnValue:
    """One proposal: what would change and for whom, and the second person's button."""
    return _reordering_page(reordering_id)


def _reordering_page(reordering_id: int, refusal: Any = None) -> str:
    session, found = db.session(), _row(reordering_id)
    row, today = found.Reordering, vietnam_date(now_utc())
    waits = row.state == "proposed"
    return render_template(
        "operations/reordering.html", row=row, found=found, refusal=refusal, kinds=UNIT_KINDS,
        units=named_in(session, [row]), roles=ROLE_WORDS,
        effects=effects(session, row, today) if waits else None,
        may_confirm=row.proposed_by_id != current_user.id and has_right(RIGHT, _top(row)),
    )  # fmt: skip


@blueprint.post(f"{BASE}/<int:reordering_id>/dong-y")
@guard("officer")
def reordering_confirmed(reordering_id: int) -> ResponseReturnValue:
    """The second person says that it shall be so: it holds from today on."""
    _row(reordering_id)
    if ask := fresh_or_ask():
        return ask
    by = acting()
    return _decided(
        reordering_id, "da-xep",
        lambda session: do_reordering(
            session, reordering_id=reordering_id, confirmer_id=by["actor_id"],
            follow=follow_units, **by,
        ),
    )  # fmt: skip


@blueprint.post(f"{BASE}/<int:reordering_id>/thoi")
@guard("officer")
def reordering_dropped(reordering_id: int) -> ResponseReturnValue:
    """It is not meant any more."""
    _row(reordering_id)
    by = acting()
    return _decided(
        reordering_id, "luu",
        lambda session: drop_reordering(
            session, reordering_id=reordering_id, decider_id=by["actor_id"], **by
        ),
    )  # fmt: skip


def _decided(reordering_id: int, said: str, work: Any) -> ResponseReturnValue:
    return try_to(
        work,
        show=partial(_reordering_page, reordering_id),
        then=lambda _: redirect(path(f"{BASE}/{reordering_id}") + f"?da={said}", 303),
    )
