"""Who gets what of a sale: commission of organisations, rates of tax, and who withholds."""

from functools import partial
from typing import Any

from flask import g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from shop.accounts.acting import acting
from shop.catalogue.queries import category_choices
from shop.db import db, transaction
from shop.earnings.queries import cash_collected_in, withheld_in
from shop.earnings.rules import Period, period_of
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.errors import NotYours, Refusal
from shop.operations.forms import ENTITY_WORDS, TAX_WORDS, CommissionForm, TaxRuleForm
from shop.operations.views import blueprint
from shop.organisations.acting import has_right, need_right, units_in_sight
from shop.organisations.queries import tree
from shop.shares import actions, queries
from shop.shares.rules import Rate
from shop.web.files import table_answer
from shop.web.guards import guard
from shop.web.links import path
from shop.web.replies import try_to
from shop.web.tables import TABLES, with_sums
from shop.web.words import _, ngettext, tr

SEES, SETS = "see_books", "set_shares"


def sight() -> Any:
    """Return the units whose rules are shown; None for all.

    Raises:
        NotYours: she keeps nobody's books.
    """
    units = units_in_sight(SEES)
    if units is not None and not g.scope[SEES]:
        raise NotYours
    return units


@blueprint.get("/dieu-hanh/so/hoa-hong")
@guard("officer")
def commissions() -> ResponseReturnValue:
    """What organisations keep, in the order in which it is asked, and a form for more."""
    return _commissions()


@blueprint.post("/dieu-hanh/so/hoa-hong")
@guard("officer")
def new_commission() -> ResponseReturnValue:
    """An organisation keeps a part from a day on."""
    sight()
    form = _offered(CommissionForm.posted())
    if not form.validate():
        return _commissions(form), 422
    unit_id = int(form.unit.data)
    need_right(SETS, unit_id)
    seller_id = int(form.seller.data) if form.seller.data else None
    if seller_id is not None and not queries.is_below(db.session(), seller_id, unit_id):
        form.seller.errors = [_("Người bán này không thuộc tổ chức được giữ.")]
        return _commissions(form), 422
    by = acting()
    return try_to(
        lambda session: actions.add_commission_rule(
            session, organisation_id=unit_id, rate=form.rate, seller_id=seller_id,
            category_id=int(form.shelf.data) if form.shelf.data else None,
            from_on=form.from_on.data or vietnam_date(by["now"]),
            until_on=form.until_on.data, **by,
        ),
        show=partial(_commissions, form),
        then=lambda _: redirect(path("/dieu-hanh/so/hoa-hong") + "?da=them", 303),
    )  # fmt: skip


@blueprint.post("/dieu-hanh/so/hoa-hong/<int:rule_id>/thoi")
@guard("officer")
def end_commission(rule_id: int) -> ResponseReturnValue:
    """A rule holds for nothing that is sold from now on."""
    need_right(SETS, queries.commission_rule(db.session(), rule_id).organisation_id)
    by = acting()
    return try_to(
        lambda session: actions.end_commission_rule(session, rule_id=rule_id, **by),
        show=_commissions,
        then=lambda _: redirect(path("/dieu-hanh/so/hoa-hong") + "?da=luu", 303),
    )


def _offered(form: CommissionForm) -> CommissionForm:
    """Fill in units where she may set it, their sellers and the shelves."""
    session, units = db.session(), units_in_sight(SETS)
    rows = [row for row in tree(session, units) if row["valid_to"] is None]
    form.unit.choices = [
        ("", _("Chọn tổ chức")), *((str(r["id"]), "– " * r["depth"] + tr(r, "name")) for r in rows)
    ]  # fmt: skip
    sellers = queries.sellers_below(session, units)
    form.seller.choices = [
        ("", _("Mọi người bán của tổ chức")), *((str(s.id), tr(s, "name")) for s in sellers)
    ]  # fmt: skip
    shelves = [
        (str(key), tr({"n_vi": vi, "n_en": en}, "n")) for key, vi, en in category_choices(session)
    ]
    form.shelf.choices = [("", _("Mọi loại hàng")), *shelves]
    return form


def _commissions(form: CommissionForm | None = None, refusal: Refusal | None = None) -> str:
    units, session, today = sight(), db.session(), vietnam_date(now_utc())
    sets = units_in_sight(SETS) is None or bool(g.scope[SETS])
    return render_template(
        "operations/commissions.html", refusal=refusal, Rate=Rate, may_set=_may_set,
        rows=queries.commission_rules(session, units, today), today=today,
        over=queries.commission_rules(session, units, today, over=True),
        form=(form or _offered(CommissionForm())) if sets else None,
    )  # fmt: skip


def _may_set(organisation_id: int) -> bool:
    return has_right(SETS, organisation_id)


@blueprint.get("/dieu-hanh/so/thue")
@guard("officer")
def tax() -> ResponseReturnValue:
    """The rates of the law, and which organisations withhold."""
    return _tax()


@blueprint.post("/dieu-hanh/so/thue")
@guard("operator")
def new_tax_rule() -> ResponseReturnValue:
    """A rate of the law holds from a day on."""
    form = TaxRuleForm.posted()
    if not form.validate():
        return _tax(form), 422
    by = acting()
    return try_to(
        lambda session: actions.add_tax_rule(
            session, category=form.category.data, vat=form.vat.data, pit=form.pit.data,
            from_on=form.from_on.data or vietnam_date(by["now"]), until_on=form.until_on.data,
            legal_ref=form.legal_ref.data, **by,
        ),
        show=partial(_tax, form),
        then=lambda _: redirect(path("/dieu-hanh/so/thue") + "?da=them", 303),
    )  # fmt: skip


@blueprint.post("/dieu-hanh/so/thue/<int:tax_rule_id>/thoi")
@guard("operator")
def end_tax_rule(tax_rule_id: int) -> ResponseReturnValue:
    """A rate holds for nothing that is sold from now on."""
    by = acting()
    return try_to(
        lambda session: actions.end_tax_rule(session, rule_id=tax_rule_id, **by),
        show=_tax,
        then=lambda _: redirect(path("/dieu-hanh/so/thue") + "?da=luu", 303),
    )


@blueprint.post("/dieu-hanh/so/thue/to-chuc/<int:unit_id>/bat")
@guard("officer")
def tax_on(unit_id: int) -> ResponseReturnValue:
    """An organisation withholds from what it collects, from now on."""
    need_right(SETS, unit_id)
    by = acting()
    return try_to(
        lambda session: actions.withhold_tax(session, organisation_id=unit_id, **by),
        show=_tax,
        then=lambda _: redirect(path("/dieu-hanh/so/thue") + "?da=luu", 303),
    )


@blueprint.post("/dieu-hanh/so/thue/to-chuc/<int:unit_id>/tat")
@guard("officer")
def tax_off(unit_id: int) -> ResponseReturnValue:
    """An organisation withholds nothing of what is sold from now on."""
    need_right(SETS, unit_id)
    with transaction() as session:
        actions.stop_withholding(session, organisation_id=unit_id, **acting())
    return redirect(path("/dieu-hanh/so/thue") + "?da=luu", 303)


@blueprint.get("/dieu-hanh/so/thue/ky")
@guard("officer")
def withheld() -> ResponseReturnValue:
    """What was withheld in a period, seller by seller: a page, or a file with ?tep=csv or xlsx."""
    chosen = period_of(request.args.get("ky", "thang-truoc"), vietnam_date(now_utc()))
    rows = withheld_in(db.session(), sight(), chosen)
    counted = ("goods_vnd", "returns_vnd", "reductions_vnd", "vat_vnd", "pit_vnd")
    ending = request.args.get("tep", "")
    if ending in TABLES:
        return _withheld_file(ending, chosen, rows)
    periods = {
        "thang-nay": _("Tháng này"), "thang-truoc": _("Tháng trước"), "quy-nay": _("Quý này"),
        "nam-nay": _("Năm nay"), "nam-truoc": _("Năm trước"),
    }  # fmt: skip
    return render_template(
        "operations/withheld.html", rows=rows, period=chosen, entities=ENTITY_WORDS,
        periods=list(periods.items()),
        sums=[sum(int(getattr(row, name)) for row in rows) for name in counted],
        cash=cash_collected_in(db.session(), sight(), chosen),
    )  # fmt: skip


def _withheld_file(ending: str, chosen: Period, rows: Any) -> ResponseReturnValue:
    head = [
        _("Tổ chức thu hộ"), ngettext("Người bán", "Người bán", 1), _("Hình thức"), _("Đơn"),
        _("Tiền hàng, đồng"), _("Hàng trả, đồng"), _("Bớt cho khách, đồng"),
        _("Thuế GTGT, đồng"), _("Thuế TNCN, đồng"),
    ]  # fmt: skip
    cells: list[list[object]] = [
        [
            tr(row, "unit"), tr(row, "name"), str(ENTITY_WORDS[row.entity_kind]), int(row.orders),
            int(row.goods_vnd), int(row.returns_vnd), int(row.reductions_vnd),
            int(row.vat_vnd), int(row.pit_vnd),
        ]
        for row in rows
    ]  # fmt: skip
    stem = f"thue-{chosen.first.isoformat()}-{chosen.last.isoformat()}"
    return table_answer(ending, head, with_sums(cells, range(3, 9)), stem)


def _tax(form: TaxRuleForm | None = None, refusal: Refusal | None = None) -> str:
    units, session = sight(), db.session()
    collecting = queries.collecting_units(session, units)
    return render_template(
        "operations/tax.html", rules=queries.tax_rules(session), words=TAX_WORDS,
        units=collecting, on=queries.withholdings(session, [unit.id for unit in collecting]),
        form=form or TaxRuleForm(), runs_all=units is None, refusal=refusal, may_set=_may_set,
        today=vietnam_date(now_utc()),
    )  # fmt: skip
