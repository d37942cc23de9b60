"""What a stall sells for campaigns, and what it still has to pay into their funds."""

from flask import Response, abort, g
from flask.typing import ResponseReturnValue

from shop.accounts.acting import acting
from shop.db import db
from shop.fundraising.actions.offers import ask_for_share, end_offer
from shop.fundraising.actions.requests import ask_to_sell, withdraw_request
from shop.fundraising.queries.offers import Owed, offers_of_seller, owed_by
from shop.fundraising.queries.requests import goods_to_offer, requests_of, sales_that_run
from shop.kernel.clock import now_utc, vietnam_date
from shop.payments.rules.vietqr import vietqr_or_none
from shop.sellers.queries import account_number_of
from shop.selling.forms.funds import FundOfferForm
from shop.selling.views.blueprint import blueprint, done, page
from shop.web.guards import guard
from shop.web.qr import qr_picture
from shop.web.replies import try_to
from shop.web.words import tr

BASE = "/ban-hang/gay-quy"


def show_funds(*, form: FundOfferForm | None = None, **more: object) -> str:
    session = db.session()
    return page(
        "funds", form=form or _offered(FundOfferForm()), asked=requests_of(session, g.stall.id),
        offers=offers_of_seller(session, g.stall.id), owed=owed_by(session, g.stall.id),
        account_of=account_number_of, payload=_payload, **{"refusal": None, **more},
    )  # fmt: skip


@blueprint.get("/ban-hang/gay-quy")
@guard("seller")
def funds() -> ResponseReturnValue:
    return show_funds()


def _offered(form: FundOfferForm) -> FundOfferForm:
    """Fill in what can be chosen: campaigns that run, and goods that no campaign has."""
    session, today = db.session(), vietnam_date(now_utc())
    form.campaign.choices = [(str(r.id), tr(r, "title")) for r in sales_that_run(session, today)]
    form.product.choices = [
        (str(r.id), tr(r, "title")) for r in goods_to_offer(session, g.stall.id)
    ]
    return form


@blueprint.post("/ban-hang/gay-quy/mon")
@guard("seller")
def ask_to_sell_for_fund() -> ResponseReturnValue:
    """She asks to sell something for a campaign and consents to the share; an officer accepts."""
    form = _offered(FundOfferForm.posted())
    if not form.validate():
        return show_funds(form=form), 422
    return try_to(
        lambda session: ask_to_sell(
            session, campaign_id=int(form.campaign.data), product_id=int(form.product.data),
            seller_id=g.stall.id, rule=form.rule(int(form.campaign.data)), **acting(),
        ),
        show=lambda **more: show_funds(form=form, **more),
        then=lambda _: done(BASE, "them"),
    )  # fmt: skip


@blueprint.post("/ban-hang/gay-quy/xin/<int:request_id>/rut")
@guard("seller")
def withdraw_fund_request(request_id: int) -> ResponseReturnValue:
    return try_to(
        lambda session: withdraw_request(
            session, request_id=request_id, seller_id=g.stall.id, **acting()
        ),
        show=show_funds,
        then=lambda _: done(BASE, "luu"),
    )


@blueprint.post("/ban-hang/gay-quy/mon/<int:offer_id>/thoi")
@guard("seller")
def stop_selling_for_fund(offer_id: int) -> ResponseReturnValue:
    return try_to(
        lambda session: end_offer(session, offer_id=offer_id, seller_id=g.stall.id, **acting()),
        show=show_funds,
        then=lambda _: done(BASE, "luu"),
    )


@blueprint.post("/ban-hang/gay-quy/<int:campaign_id>/nop")
@guard("seller")
def pay_share_in(campaign_id: int) -> ResponseReturnValue:
    """Show her where to transfer what she owes; the treasurer notes it once it is there."""
    _mine(campaign_id)
    return try_to(
        lambda session: ask_for_share(
            session, campaign_id=campaign_id, seller_id=g.stall.id, **acting()
        ),
        show=show_funds,
        then=lambda _: done(BASE, "luu", f"#quy-{campaign_id}"),
    )


def _mine(campaign_id: int) -> Owed:
    """Return what she has with a campaign that she sold for; 404 for any other."""
    mine = owed_by(db.session(), g.stall.id)
    return next((one for one in mine if one.campaign_id == campaign_id), None) or abort(404)


def _payload(owed: Owed) -> str | None:
    """Return what the QR picture of her transfer says; None when no bank takes so much."""
    if owed.share is None:
        return None
    number = account_number_of(owed.payee)
    return vietqr_or_none(owed.payee.bank_bin, number, owed.due_vnd, owed.share.memo)


@blueprint.get("/ban-hang/gay-quy/<int:campaign_id>/qr.svg")
@guard("seller")
def share_qr_svg(campaign_id: int) -> ResponseReturnValue:
    return _picture(campaign_id, "svg")


@blueprint.get("/ban-hang/gay-quy/<int:campaign_id>/qr.png")
@guard("seller")
def share_qr_png(campaign_id: int) -> ResponseReturnValue:
    return _picture(campaign_id, "png")


def _picture(campaign_id: int, kind: str) -> Response:
    owed = _mine(campaign_id)
    if owed.share is None:
        abort(404)
    payload = _payload(owed) or abort(410)  # Nothing is owed any more.
    return qr_picture(payload, kind, owed.share.memo)
