"""Campaigns at the officers' desk: write, approve, open, see what came, close."""

from collections.abc import Callable
from typing import Any

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from shop.accounts.acting import acting
from shop.db import db
from shop.fundraising.actions import campaigns as actions
from shop.fundraising.actions import gifts, offers, requests
from shop.fundraising.forms import SHARE_WORDS
from shop.fundraising.models import Campaign, Gift, SharePayment
from shop.fundraising.queries.campaigns import (
    approvals_of,
    campaign_by_id,
    campaigns_of,
    deadlines_of,
    late_ones,
)
from shop.fundraising.queries.figures import figures_of
from shop.fundraising.queries.gifts import gifts_of, giver_of
from shop.fundraising.queries.offers import (
    given_back,
    offers_of,
    owed_back,
    products_to_offer,
    share_payments_of,
)
from shop.fundraising.queries.requests import requests_for
from shop.fundraising.rules import (
    CHANGEABLE,
    CampaignKind,
    CampaignState,
    may_approve,
    missing_for_submitting,
    takes_money,
)
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.errors import NotYours, Refusal
from shop.organisations.acting import (
    has_right,
    need_right,
    page_number,
    typed_words,
    unit_choices,
    units_in_sight,
)
from shop.organising.campaign_forms import (
    DUTY_WORDS,
    KIND_WORDS,
    TEXTS,
    CampaignForm,
    OfferForHerForm,
    ReceivedForm,
)
from shop.organising.views import blueprint
from shop.organising.views.handing import mine
from shop.sellers.models import Payee
from shop.web.guards import guard
from shop.web.links import path
from shop.web.lists import cut, words_of
from shop.web.replies import try_to
from shop.web.words import tr

DESK = "/dieu-hanh/gay-quy"


@blueprint.get("/dieu-hanh/gay-quy")
@guard("officer")
def campaigns() -> str:
    typed, session = typed_words(), db.session()
    found = cut(session, campaigns_of(units_in_sight("see_unit"), words_of(typed)), page_number())
    return render_template(
        "organising/campaigns_desk.html", found=found, typed=typed, kinds=KIND_WORDS,
        may_write=bool(unit_choices("run_campaigns")),
        late=late_ones(session, [row.id for row in found.rows], vietnam_date(now_utc())),
    )  # fmt: skip


def _offered(form: CampaignForm) -> CampaignForm:
    form.organisation.choices = unit_choices("run_campaigns")
    return form


@blueprint.get("/dieu-hanh/gay-quy/moi")
@guard("officer")
def new_campaign_page() -> ResponseReturnValue:
    form = _offered(CampaignForm(opens_on=vietnam_date(now_utc())))
    return _campaign_form(None, form, None, 200)


@blueprint.post("/dieu-hanh/gay-quy/moi")
@guard("officer")
def write_campaign() -> ResponseReturnValue:
    form = _offered(CampaignForm.posted())
    if not form.validate():
        return _campaign_form(None, form, None, 422)
    said, by = form.said, acting()
    return try_to(
        lambda session: (
            actions.write_campaign(
                session, organisation_id=int(form.organisation.data), said=said, **by
            ).id
        ),
        show=lambda refusal: _campaign_form(None, form, refusal, refusal.status),
        then=lambda campaign_id: redirect(path(f"{DESK}/{campaign_id}") + "?da=them", 303),
    )


@blueprint.get("/dieu-hanh/gay-quy/<int:campaign_id>/sua")
@guard("officer")
def change_campaign_page(campaign_id: int) -> ResponseReturnValue:
    row = _mine(campaign_id)
    form = CampaignForm(
        organisation=str(row.organisation_id),
        gets_back="goods" if row.kind == CampaignKind.SALE else "nothing",
        emergency="yes" if row.kind == CampaignKind.RELIEF else "no",
        document_on=row.document_on, goal=row.goal_vnd, opens_on=row.opens_on,
        closes_on=row.closes_on, distribute_by=row.distribute_by,
        **{name: getattr(row, name) for name in TEXTS},
    )  # fmt: skip
    return _campaign_form(row, _offered(form), None, 200)


@blueprint.post("/dieu-hanh/gay-quy/<int:campaign_id>/sua")
@guard("officer")
def change_campaign(campaign_id: int) -> ResponseReturnValue:
    row = _mine(campaign_id)
    form = _offered(CampaignForm.posted())
    form.organisation.data = str(row.organisation_id)  # The unit stays.
    if not form.validate():
        return _campaign_form(row, form, None, 422)
    said, by = form.said, acting()
    return try_to(
        lambda session: actions.change_campaign(session, campaign_id=campaign_id, said=said, **by),
        show=lambda refusal: _campaign_form(_mine(campaign_id), form, refusal, refusal.status),
        then=lambda _: redirect(path(f"{DESK}/{campaign_id}") + "?da=luu", 303),
    )


def _campaign_form(
    row: Campaign | None, form: CampaignForm, refusal: Refusal | None, status: int
) -> ResponseReturnValue:
    return render_template(
        "organising/campaign_edit.html", row=row, form=form, refusal=refusal
    ), status  # fmt: skip


@blueprint.get("/dieu-hanh/gay-quy/<int:campaign_id>")
@guard("officer")
def campaign_desk(campaign_id: int) -> ResponseReturnValue:
    return _desk(campaign_id)


def _mine(campaign_id: int, right: str = "run_campaigns") -> Campaign:
    row = campaign_by_id(db.session(), campaign_id)
    need_right(right, row.organisation_id)
    return row


def _act(
    campaign_id: int, work: Callable[[Session], Any], done: str, **forms: Any
) -> ResponseReturnValue:
    """Do one act to a campaign and go back to it; a refusal shows above what was typed."""
    return try_to(
        work,
        show=lambda refusal: _desk(campaign_id, refusal=refusal, status=refusal.status, **forms),
        then=lambda _: redirect(path(f"{DESK}/{campaign_id}") + f"?da={done}", 303),
    )


#: {last part of the address: (act, what the page says afterwards)}
_STEPS: dict[str, tuple[Callable[..., Any], str]] = {
    "gui": (actions.submit_campaign, "gui-duyet"),
    "rut": (actions.withdraw_campaign, "luu"),
    "dong": (actions.close_campaign, "dong-quy"),
    "xong": (actions.finish_campaign, "luu"),
    "huy": (actions.cancel_campaign, "luu"),
}


@blueprint.post("/dieu-hanh/gay-quy/<int:campaign_id>/buoc/<step>")
@guard("officer")
def move_campaign(campaign_id: int, step: str) -> ResponseReturnValue:
    """Ask for approval, take it back, close, finish, give up."""
    _mine(campaign_id)
    if step not in _STEPS:
        raise NotYours
    (act, done), by = _STEPS[step], acting()
    return _act(campaign_id, lambda session: act(session, campaign_id=campaign_id, **by), done)


@blueprint.post("/dieu-hanh/gay-quy/<int:campaign_id>/duyet")
@guard("officer")
def approve_campaign(campaign_id: int) -> ResponseReturnValue:
    _mine(campaign_id, "approve_campaigns")
    by, read = acting(), request.form.get("ban", "")
    return _act(
        campaign_id,
        lambda session: actions.approve_campaign(session, campaign_id=campaign_id, read=read, **by),
        "duyet-quy",
    )


@blueprint.post("/dieu-hanh/gay-quy/<int:campaign_id>/hang")
@guard("officer")
def offer_for_her(campaign_id: int) -> ResponseReturnValue:
    """Write down a seller's product and share, with her consent."""
    _mine(campaign_id)
    form, by = _with_products(OfferForHerForm.posted(), campaign_id), acting()
    form.campaign.data = str(campaign_id)
    if not form.validate():
        return _desk(campaign_id, offer_form=form, status=422)
    product_id, _, seller_id = form.product.data.partition("-")
    return _act(
        campaign_id,
        lambda session: offers.offer_product(
            session, campaign_id=campaign_id, product_id=int(product_id),
            seller_id=int(seller_id), rule=form.rule(campaign_id),
            consent_kind=form.consent_kind.data, consent_by=form.consent_by.data or "",
            consent_on=form.consent_on.data, given_by=form.given_by.data or "", **by,
        ),
        "luu", offer_form=form,
    )  # fmt: skip


def _with_products(form: OfferForHerForm, campaign_id: int) -> OfferForHerForm:
    """Fill in what can be chosen: products of the officer's own sellers."""
    units = units_in_sight("run_campaigns")
    form.campaign.choices = [(str(campaign_id), str(campaign_id))]
    form.product.choices = [
        (f"{row.id}-{row.seller_id}", f"{tr(row, 'name')}: {tr(row, 'title')}")
        for row in products_to_offer(db.session(), units)
    ]
    return form


@blueprint.post("/dieu-hanh/gay-quy/<int:campaign_id>/hang/<int:offer_id>/thoi")
@guard("officer")
def end_offer_for_her(campaign_id: int, offer_id: int) -> ResponseReturnValue:
    _mine(campaign_id)
    found = next((o for o in offers_of(db.session(), campaign_id) if o.id == offer_id), None)
    if found is None:
        raise NotYours
    by, seller_id = acting(), found.seller_id
    return _act(
        campaign_id,
        lambda session: offers.end_offer(session, offer_id=offer_id, seller_id=seller_id, **by),
        "luu",
    )


@blueprint.post("/dieu-hanh/gay-quy/<int:campaign_id>/xin/<int:request_id>/<to>")
@guard("officer")
def answer_offer_request(campaign_id: int, request_id: int, to: str) -> ResponseReturnValue:
    """A seller asked to sell something for it herself: say yes or no."""
    _mine(campaign_id)
    act = {"nhan": requests.accept_request, "tu-choi": requests.decline_request}.get(to)
    if act is None or request_id not in {r.id for r in requests_for(db.session(), campaign_id)}:
        raise NotYours
    by = acting()
    return _act(campaign_id, lambda session: act(session, request_id=request_id, **by), "luu")


def _gift(campaign_id: int, gift_id: int, *rights: str) -> None:
    mine(campaign_id, *rights)
    gift = db.session().get(Gift, gift_id)
    if gift is None or gift.campaign_id != campaign_id:
        raise NotYours


@blueprint.post("/dieu-hanh/gay-quy/<int:campaign_id>/gop/<int:gift_id>/nhan")
@guard("officer")
def gift_received(campaign_id: int, gift_id: int) -> ResponseReturnValue:
    _gift(campaign_id, gift_id, "confirm_money_in")
    form, by = ReceivedForm.posted(prefix=f"g{gift_id}"), acting()
    if not form.validate():
        return _desk(campaign_id, status=422, received={gift_id: form})
    return _act(
        campaign_id,
        lambda session: gifts.confirm_gift(
            session, gift_id=gift_id, amount_vnd=form.amount.data, seen_vnd=form.seen.data or 0,
            **by,
        ),
        "luu",
    )  # fmt: skip


@blueprint.post("/dieu-hanh/gay-quy/<int:campaign_id>/gop/<int:gift_id>/lui")
@guard("officer")
def gift_taken_back(campaign_id: int, gift_id: int) -> ResponseReturnValue:
    """A wrong tap: the money is not there. A line of its own puts it right."""
    _gift(campaign_id, gift_id, "confirm_money_in")
    form, by = ReceivedForm.posted(prefix=f"g{gift_id}"), acting()
    return _act(
        campaign_id,
        lambda session: gifts.take_back_gift(
            session, gift_id=gift_id, seen_vnd=form.seen.data or 0, **by
        ),
        "luu",
    )


@blueprint.post("/dieu-hanh/gay-quy/<int:campaign_id>/gop/<int:gift_id>/bo")
@guard("officer")
def written_gift_dropped(campaign_id: int, gift_id: int) -> ResponseReturnValue:
    """An officer wrote it down wrongly, and nobody confirmed it yet."""
    _gift(campaign_id, gift_id, "run_campaigns", "confirm_money_in")
    by = acting()
    return _act(
        campaign_id, lambda session: gifts.drop_noted_gift(session, gift_id=gift_id, **by), "luu"
    )


@blueprint.post("/dieu-hanh/gay-quy/<int:campaign_id>/loi-nhan/<int:gift_id>/<to>")
@guard("officer")
def show_message(campaign_id: int, gift_id: int, to: str) -> ResponseReturnValue:
    _gift(campaign_id, gift_id, "run_campaigns")
    if to not in ("hien", "an"):
        raise NotYours
    by = acting()
    return _act(
        campaign_id,
        lambda session: gifts.show_message(session, gift_id=gift_id, shown=to == "hien", **by),
        "luu",
    )


def _share(campaign_id: int, share_id: int) -> None:
    _mine(campaign_id, "confirm_money_in")
    row = db.session().get(SharePayment, share_id)
    if row is None or row.campaign_id != campaign_id:
        raise NotYours


@blueprint.post("/dieu-hanh/gay-quy/<int:campaign_id>/phan-gop/<int:share_id>/nhan")
@guard("officer")
def share_received(campaign_id: int, share_id: int) -> ResponseReturnValue:
    """A seller paid in what she promised."""
    _share(campaign_id, share_id)
    form, by = ReceivedForm.posted(prefix=f"p{share_id}"), acting()
    if not form.validate():
        return _desk(campaign_id, status=422, paid_in={share_id: form})
    return _act(
        campaign_id,
        lambda session: offers.confirm_share(
            session, share_payment_id=share_id, amount_vnd=form.amount.data, **by
        ),
        "luu",
    )


@blueprint.post("/dieu-hanh/gay-quy/<int:campaign_id>/phan-gop/<int:share_id>/lui")
@guard("officer")
def share_taken_back(campaign_id: int, share_id: int) -> ResponseReturnValue:
    """A wrong tap: her share is not there. A line of its own puts it right, and she owes it again."""
    _share(campaign_id, share_id)
    form, by = ReceivedForm.posted(prefix=f"p{share_id}"), acting()
    return _act(
        campaign_id,
        lambda session: offers.take_back_share(
            session, share_payment_id=share_id, seen_vnd=form.seen.data or 0, **by
        ),
        "luu",
    )


@blueprint.post("/dieu-hanh/gay-quy/<int:campaign_id>/tra-lai/<int:seller_id>")
@guard("officer")
def share_given_back(campaign_id: int, seller_id: int) -> ResponseReturnValue:
    """The fund paid a seller back whose goods came back after she had paid in."""
    _mine(campaign_id, "confirm_money_in")
    if seller_id not in {o.seller_id for o in offers_of(db.session(), campaign_id, ended=True)}:
        raise NotYours
    form, by = ReceivedForm.posted(prefix=f"t{seller_id}"), acting()
    return _act(
        campaign_id,
        lambda session: offers.give_share_back(
            session, campaign_id=campaign_id, seller_id=seller_id, seen_vnd=form.seen.data or 0,
            **by,
        ),
        "luu",
    )  # fmt: skip


@blueprint.post("/dieu-hanh/gay-quy/<int:campaign_id>/tra-lai/dong/<int:number>/lui")
@guard("officer")
def share_not_given_back(campaign_id: int, number: int) -> ResponseReturnValue:
    """A wrong tap: she was not paid back. A line of its own puts it right."""
    _mine(campaign_id, "confirm_money_in")
    by = acting()
    return _act(
        campaign_id,
        lambda session: offers.share_not_given_back(
            session, campaign_id=campaign_id, number=number, **by
        ),
        "luu",
    )


def _desk(
    campaign_id: int, *, refusal: Refusal | None = None, status: int = 200, **forms: Any
) -> ResponseReturnValue:
    row, session = _mine(campaign_id, "see_unit"), db.session()
    today, unit = vietnam_date(now_utc()), row.organisation_id
    given = cut(session, gifts_of(campaign_id), page_number())
    approved = approvals_of(session, campaign_id)
    mine = has_right("approve_campaigns", unit) and may_approve(
        current_user.id, row.created_by_id, [one.account_id for one in approved]
    )
    runs = has_right("run_campaigns", unit)
    takes = takes_money(row.state, row.opens_on, row.closes_on, today)
    paid, owed = share_payments_of(session, campaign_id), owed_back(session, campaign_id)
    counts = has_right("confirm_money_in", unit)
    received = {
        one.id: ReceivedForm(prefix=f"g{one.id}", amount=one.amount_vnd, seen=one.received_vnd)
        for one in given.rows
    } | forms.get("received", {})
    paid_in = {
        one.id: ReceivedForm(prefix=f"p{one.id}", amount=one.amount_vnd, seen=one.received_vnd)
        for one in paid
    } | forms.get("paid_in", {})
    paid_back = {
        one.seller_id: ReceivedForm(prefix=f"t{one.seller_id}", seen=one.vnd) for one in owed
    }
    offer_form = forms.get("offer_form")
    if offer_form is None and takes and runs and row.kind == CampaignKind.SALE:
        offer_form = _with_products(OfferForHerForm(), campaign_id)
    return (
        render_template(
            "organising/campaign_desk.html", row=row, refusal=refusal, kinds=KIND_WORDS,
            figures=figures_of(session, [campaign_id])[campaign_id], approved=approved,
            may_approve=mine and row.state == CampaignState.WAITING,
            version=actions.version_of(row), runs=runs, counts=counts,
            approves=has_right("approve_campaigns", unit),
            changes_account=runs and has_right("change_bank_account", unit),
            needs_account=row.kind == CampaignKind.RELIEF
            and row.state in CHANGEABLE
            and not session.get_one(Payee, row.payee_id).is_apart,
            gifts=given, giver_of=giver_of if counts else None, received=received,
            paid=paid, paid_in=paid_in, owed=owed, paid_back=paid_back,
            given_back=given_back(session, campaign_id), offers=offers_of(session, campaign_id, ended=True), asked_for=requests_for(session, campaign_id),
            offer_form=offer_form, deadlines=deadlines_of(session, campaign_id),
            duties=DUTY_WORDS, shares=SHARE_WORDS, today=today, asked=request.args.get("da", ""),
            missing=missing_for_submitting(row, today) if row.state == "draft" else [],
        ),
        status,
    )  # fmt: skip
