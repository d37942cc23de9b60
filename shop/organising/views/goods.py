"""Goods that members give to a campaign: offered by whoever has them, answered at the desk."""

from typing import Any, NamedTuple

from flask import Response, abort, redirect, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from shop.accounts.acting import acting
from shop.catalogue.queries import category_choices
from shop.catalogue.rules import ALLERGENS
from shop.db import db, in_transaction
from shop.fundraising.actions import goods as actions
from shop.fundraising.goods_models import GoodsGift
from shop.fundraising.models import Campaign
from shop.fundraising.queries.campaigns import CampaignPage, campaign_by_id, campaign_page
from shop.fundraising.queries.goods import (
    goods_by_link,
    goods_link_token,
    goods_of,
    goods_of_attempt,
    who_gives,
)
from shop.fundraising.rules import CampaignKind, takes_money
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.errors import NotYours, Refusal
from shop.kernel.phones import written
from shop.organisations.acting import has_right, need_right, page_number, units_in_sight
from shop.organisations.models import Organisation
from shop.organising.campaign_forms import GoodsForm, SellGoodsForm
from shop.organising.views import blueprint
from shop.sellers.models import Seller
from shop.web.guards import guard
from shop.web.limits import Crowd, limit, limit_in_crowd, visitor_key
from shop.web.links import path
from shop.web.lists import cut
from shop.web.replies import try_to
from shop.web.shown import FormTooFast, looks_automatic, shown, shown_now
from shop.web.words import language, tr

RIGHT = "run_campaigns"


def _takes(code: str) -> CampaignPage:
    found = campaign_page(db.session(), code[:12], vietnam_date(now_utc()))
    if found is None or not found.takes or found.row.kind != CampaignKind.SALE:
        abort(404)
    return found


#: Goods that are given, by the phone on which an officer rings.
_GIVEN = Crowd("10 per hour", own="3 per hour", more="100 per hour")


@blueprint.get("/gay-quy/<code>/gop-hang")
@guard("visitor")
def give_goods_page(code: str) -> ResponseReturnValue:
    return _give(_takes(code), GoodsForm(), None, 200)


@blueprint.post("/gay-quy/<code>/gop-hang")
@guard("visitor")
def give_goods(code: str) -> ResponseReturnValue:
    """Keep that somebody gives goods; an officer rings her. One rendered form is one gift."""
    form, now, found = GoodsForm.posted(), now_utc(), _takes(code)
    if not form.validate():
        return _give(found, form, None, 422)
    was = shown(form.shown.data or "")
    if looks_automatic(form, was, now):
        return _give(found, form, FormTooFast(), 422)
    if goods_of_attempt(db.session(), was.attempt_id) is None:  # A second tap is no second gift.
        limit_in_crowd(_GIVEN, "goods", form.phone.data or "")
        limit("500 per 1 hour", "all-goods")
    campaign_id = found.row.id
    try:
        token = in_transaction(
            lambda session: goods_link_token(
                actions.offer_goods(
                    session, campaign_id=campaign_id, given=form.given, attempt_id=was.attempt_id,
                    locale=language(), now=now,
                )
            )
        )  # fmt: skip
    except Refusal as refusal:
        return _give(found, form, refusal, refusal.status)
    return redirect(path(f"/hang-gop/{token}") + "?da=gop-hang", 303)


def _give(
    found: CampaignPage, form: GoodsForm, refusal: Refusal | None, status: int
) -> ResponseReturnValue:
    form.shown.data = shown_now(now_utc())
    return render_template(
        "organising/give_goods.html", page=found, form=form, refusal=refusal
    ), status  # fmt: skip


@blueprint.get("/hang-gop/<token>")
@guard("visitor")
def my_goods(token: str) -> ResponseReturnValue:
    """Her receipt: what she gave, whether it was taken, who sells it."""
    limit("120 per 15 minutes", "goods-link", visitor_key())
    session = db.session()
    row = goods_by_link(session, token)
    campaign = session.get_one(Campaign, row.campaign_id)
    answer = Response(
        render_template(
            "organising/my_goods.html", row=row, campaign=campaign,
            unit=session.get_one(Organisation, campaign.organisation_id),
        )
    )  # fmt: skip
    answer.headers["X-Robots-Tag"] = "noindex"
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _mine(campaign_id: int, right: str = RIGHT) -> Campaign:
    row = campaign_by_id(db.session(), campaign_id)
    need_right(right, row.organisation_id)
    return row


@blueprint.get("/dieu-hanh/gay-quy/<int:campaign_id>/hang-gop")
@guard("officer")
def given_goods(campaign_id: int) -> ResponseReturnValue:
    return _desk(campaign_id)


@blueprint.post("/dieu-hanh/gay-quy/<int:campaign_id>/hang-gop/<int:goods_id>/<to>")
@guard("officer")
def answer_goods(campaign_id: int, goods_id: int, to: str) -> ResponseReturnValue:
    """Take what somebody gives, or not."""
    _of_campaign(campaign_id, goods_id)
    act = {"nhan": actions.accept_goods, "khong": actions.decline_goods}.get(to)
    if act is None:
        raise NotYours
    by = acting()
    return _done(campaign_id, lambda session: act(session, goods_id=goods_id, **by))


def _of_campaign(campaign_id: int, goods_id: int) -> None:
    _mine(campaign_id)
    row = db.session().get(GoodsGift, goods_id)
    if row is None or row.campaign_id != campaign_id:
        raise NotYours


@blueprint.post("/dieu-hanh/gay-quy/<int:campaign_id>/hang-gop/<int:goods_id>/ban")
@guard("officer")
def sell_goods(campaign_id: int, goods_id: int) -> ResponseReturnValue:
    """Let a stall sell it, all of it for the fund, with its consent."""
    _of_campaign(campaign_id, goods_id)
    form = _choices().of(SellGoodsForm.posted(prefix=f"b{goods_id}"))
    if not form.validate():
        return _desk(campaign_id, status=422, forms={goods_id: form})
    by = acting()
    return _done(
        campaign_id,
        lambda session: actions.sell_goods(
            session, goods_id=goods_id, seller_id=int(form.seller.data),
            category_id=int(form.category.data), price_vnd=form.price.data or 0,
            weight_g=form.weight.data or 0, allergens=form.allergens.data or (),
            consent_kind=form.consent_kind.data, consent_by=form.consent_by.data or "",
            consent_on=form.consent_on.data, **by,
        ),
        {goods_id: form},
    )  # fmt: skip


class _Choices(NamedTuple):
    """What the officer can choose from, looked up once for all forms of a page."""

    stalls: list[tuple[str, str]]
    categories: list[tuple[str, str]]

    def of(self, form: SellGoodsForm) -> SellGoodsForm:
        form.seller.choices, form.category.choices = self.stalls, self.categories
        return form


def _choices() -> _Choices:
    """Return the stalls of the officer's own units, and all categories."""
    session, units, spoken = db.session(), units_in_sight(RIGHT), language()
    stalls = select(Seller.id, Seller.name_vi, Seller.name_en).where(Seller.is_open)
    if units is not None:
        stalls = stalls.where(Seller.organisation_id.in_(units))
    return _Choices(
        [(str(row.id), tr(row, "name")) for row in session.execute(stalls.order_by(Seller.name_vi))],
        [
            (str(key), en if spoken == "en" else vi)
            for key, vi, en in category_choices(session)
        ],
    )  # fmt: skip


def _done(campaign_id: int, work: Any, forms: dict[int, SellGoodsForm] | None = None) -> Any:
    return try_to(
        work,
        show=lambda refusal: _desk(
            campaign_id, refusal=refusal, status=refusal.status, forms=forms
        ),
        then=lambda _: redirect(
            path(f"/dieu-hanh/gay-quy/{campaign_id}/hang-gop") + "?da=luu", 303
        ),
    )


def _desk(
    campaign_id: int, *, refusal: Refusal | None = None, status: int = 200,
    forms: dict[int, SellGoodsForm] | None = None,
) -> ResponseReturnValue:  # fmt: skip
    row, session = _mine(campaign_id, "see_unit"), db.session()
    found = cut(session, goods_of(campaign_id), page_number())
    runs = has_right(RIGHT, row.organisation_id)
    today = vietnam_date(now_utc())
    sells = runs and takes_money(row.state, row.opens_on, row.closes_on, today)
    waiting = [one.id for one in found.rows if one.state == "accepted"] if sells else []
    choices = _choices() if waiting else None
    return render_template(
        "organising/given_goods.html", row=row, goods=found, runs=runs, written=written,
        who=who_gives if runs else None, refusal=refusal, allergens=ALLERGENS,
        forms={key: choices.of(SellGoodsForm(prefix=f"b{key}")) for key in waiting if choices}
        | (forms or {}),
    ), status  # fmt: skip
