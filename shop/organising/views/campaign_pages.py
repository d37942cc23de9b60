"""Campaigns as everybody sees them, giving to one, and the page of one's own gift."""

from typing import Any

from flask import Response, abort, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue

from shop.db import db, in_transaction
from shop.fundraising.actions.gifts import offer_gift
from shop.fundraising.models import Campaign, Gift
from shop.fundraising.queries.campaigns import CampaignPage, campaign_page, campaigns_shown
from shop.fundraising.queries.figures import figures_of
from shop.fundraising.queries.gifts import (
    entries_of_gift,
    gift_by_link,
    gift_link_token,
    gift_of_attempt,
    handed_over_since,
    messages_of,
)
from shop.fundraising.queries.goods import goods_shown
from shop.fundraising.queries.offers import offers_of
from shop.fundraising.rules import LEAST_GIFT_VND, MOST_GIFT_VND, CampaignKind
from shop.kernel.amounts import read_whole
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.codes import read_code
from shop.kernel.errors import Refusal
from shop.kernel.memos import spoken
from shop.organisations.models import Organisation
from shop.organising.campaign_forms import AMOUNTS, DUTY_WORDS, KIND_WORDS, GiftForm
from shop.organising.views import blueprint
from shop.payments.gateways.actions.gifts import want_gift_visit
from shop.payments.gateways.opening import Ways, open_gift_page
from shop.payments.methods.online import offered
from shop.payments.rules.vietqr import vietqr_or_none
from shop.sellers.models import Payee
from shop.sellers.queries import account_number_of
from shop.web.guards import guard
from shop.web.limits import Crowd, limit, limit_in_crowd, visitor_key
from shop.web.links import absolute, path
from shop.web.qr import qr_picture
from shop.web.shown import FormTooFast, looks_automatic, shown, shown_now
from shop.web.words import _, dong, language, tr

#: Gifts, by the e-mail or name of whoever gives.
_GIFTS = Crowd("30 per hour", own="6 per hour", more="300 per hour")


@blueprint.get("/gay-quy")
@guard("anyone")
def campaign_list() -> str:
    today = vietnam_date(now_utc())
    running, over = campaigns_shown(db.session(), today)
    return render_template(
        "organising/campaigns.html", running=running, over=over, kinds=KIND_WORDS, year=today.year
    )  # fmt: skip


@blueprint.get("/gay-quy/<code>")
@guard("visitor")
def campaign(code: str) -> ResponseReturnValue:
    found = campaign_page(db.session(), read_code(code)[:12], vietnam_date(now_utc()))
    if found is None:
        abort(404)
    if found.row.code != code:
        return redirect(path(f"/gay-quy/{found.row.code}"), 301)
    return _page(found, GiftForm(**_asked_for()), None, 200)


def _asked_for() -> dict[str, Any]:
    """Return what the form begins with: an amount from a cart without goods, else a usual one."""
    asked_vnd = read_whole(request.args.get("gop", "")) or 0
    if not LEAST_GIFT_VND <= asked_vnd <= MOST_GIFT_VND:
        return {"amount": "100000"}
    if asked_vnd in AMOUNTS:
        return {"amount": str(asked_vnd)}
    return {"amount": "own", "own": asked_vnd}


@blueprint.post("/gay-quy/<code>")
@guard("visitor")
def give(code: str) -> ResponseReturnValue:
    """Keep that somebody wants to give, and show her how. One rendered form is one gift."""
    form, now = GiftForm.posted(), now_utc()
    found = campaign_page(db.session(), code[:12], vietnam_date(now))
    if found is None:
        abort(404)
    if not form.validate():
        return _page(found, form, None, 422)
    was = shown(form.shown.data or "")
    if looks_automatic(form, was, now):
        return _page(found, form, FormTooFast(), 422)
    if gift_of_attempt(db.session(), was.attempt_id) is None:  # A second tap is no second gift.
        # Whoever says neither is counted among all of the address alone.
        limit_in_crowd(_GIFTS, "gift", form.email.data or form.name.data or was.attempt_id)
        limit("2000 per 1 hour", "gifts")
    campaign_id = found.row.id
    way = "card" if form.how.data == "card" and _takes_cards() else "transfer"
    try:
        token = in_transaction(
            lambda session: gift_link_token(
                offer_gift(
                    session, campaign_id=campaign_id, amount_vnd=form.vnd, contact=form.contact,
                    shown_name=form.name.data if form.show_name.data else "",
                    message=form.message.data, attempt_id=was.attempt_id, locale=language(),
                    now=now, method=way,
                )
            )
        )  # fmt: skip
    except Refusal as refusal:
        found = campaign_page(db.session(), code[:12], vietnam_date(now)) or found
        return _page(found, form, refusal, refusal.status)
    return redirect(path(f"/dong-gop/{token}") + "?da=gop-quy", 303)


def _takes_cards() -> bool:
    """Tell whether gifts by card are offered: an organisation takes cards, and its keys are there."""
    return "card" in offered(db.session())


def _page(
    found: CampaignPage, form: GiftForm, refusal: Refusal | None, status: int
) -> ResponseReturnValue:
    session = db.session()
    form.shown.data = shown_now(now_utc())
    return (
        render_template(
            "organising/campaign.html", page=found, form=form, refusal=refusal, kinds=KIND_WORDS,
            duties=DUTY_WORDS, offers=offers_of(session, found.row.id),
            given=goods_shown(session, found.row.id) if found.row.kind == CampaignKind.SALE else (),
            messages=messages_of(session, found.row.id), cards=_takes_cards(), today=vietnam_date(now_utc()),
        ),
        status,
    )  # fmt: skip


@blueprint.get("/dong-gop/<token>")
@guard("visitor")
def my_gift(token: str) -> ResponseReturnValue:
    """What became of one's gift: how to pay it, that it came, what was handed over since."""
    limit("120 per 15 minutes", "gift-link", visitor_key())
    return _gift_page(token)


def _card_holder() -> Organisation | None:
    """Return the organisation that has the money of cards, as the page names it."""
    payee_id = offered(db.session()).get("card")
    payee = db.session().get(Payee, payee_id) if payee_id is not None else None
    return db.session().get(Organisation, payee.organisation_id) if payee is not None else None


@blueprint.post("/dong-gop/<token>/the")
@guard("visitor")
def pay_gift(token: str) -> ResponseReturnValue:
    """Send the giver to the card company's page. What it tells later is what counts."""
    limit("30 per 15 minutes", "gift-card", visitor_key())
    row, now, spoken_here = gift_by_link(db.session(), token), now_utc(), language()
    gift_id = row.id
    title = _(
        "Góp vào quỹ: %(title)s", title=tr(db.session().get_one(Campaign, row.campaign_id), "title")
    )
    db.session.rollback()
    try:
        wanted = in_transaction(lambda session: want_gift_visit(session, gift_id=gift_id, now=now))
    except Refusal as refusal:
        return _gift_page(token, refusal=refusal, status=refusal.status)
    back = absolute(f"/dong-gop/{token}")
    ways = Ways(f"{back}?tra=xong", f"{back}?tra=thoi", request.remote_addr or "127.0.0.1")
    url = wanted.url or open_gift_page(wanted.id, ways, title[:120], spoken_here)
    if url is None:
        return _gift_page(token, down=True, status=503)
    return redirect(url, 303)


def _gift_page(
    token: str, *, refusal: Refusal | None = None, down: bool = False, status: int = 200
) -> Response:
    session = db.session()
    row = gift_by_link(session, token)
    page = _private(
        render_template(
            "organising/gift.html", row=row, token=token, payee=session.get_one(Payee, row.payee_id),
            campaign=session.get_one(Campaign, row.campaign_id), payload=_payload(row),
            account=account_number_of(session.get_one(Payee, row.payee_id)), spoken=spoken,
            figures=figures_of(session, [row.campaign_id])[row.campaign_id],
            lines=entries_of_gift(session, row.id), since=handed_over_since(session, row),
            by_card=row.method == "card", mark=gift_mark(row), cards=row.method == "card" and _takes_cards(), refusal=refusal,
            came="down" if down else request.args.get("tra", ""), holder=_card_holder() if row.method == "card" else None,
        )
    )  # fmt: skip
    page.status_code = status
    return page


@blueprint.get("/dong-gop/<token>/tien")
@guard("visitor")
def gift_money_now(token: str) -> ResponseReturnValue:
    """Whether it came since the page was made, for the page that is still open; 304 while not."""
    limit("400 per 15 minutes", "gift-watch", visitor_key())
    row = gift_by_link(db.session(), token)
    mark = gift_mark(row)
    came = row.received_vnd > 0
    if request.headers.get("If-None-Match", "").removeprefix("W/") == mark:
        answer = Response(status=304)
    else:
        says = _("Quỹ đã nhận %(vnd)s của anh/chị. Cảm ơn anh/chị.", vnd=dong(row.received_vnd))
        waits = _("Quỹ chưa nhận được khoản này.")
        answer = jsonify(
            says=says if came else waits, headline=_("Khoản góp của anh/chị"),
            settled=["1"] if came else [],
        )  # fmt: skip
    answer.headers["ETag"] = mark
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


def gift_mark(row: Gift) -> str:
    """Return what an open page knows of a gift's money."""
    return f'"{row.received_vnd}"'


def _private(page: str) -> Response:
    answer = Response(page)
    answer.headers["X-Robots-Tag"] = "noindex"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def _payload(row: Gift) -> str | None:
    """Return what the QR picture of a gift's transfer says; None when no bank takes so much."""
    if row.received_vnd or row.method == "card":
        return None
    payee = db.session().get_one(Payee, row.payee_id)
    return vietqr_or_none(payee.bank_bin, account_number_of(payee), row.amount_vnd, row.memo)


@blueprint.get("/dong-gop/<token>/qr.svg")
@guard("visitor")
def gift_qr_svg(token: str) -> ResponseReturnValue:
    return _picture(token, "svg")


@blueprint.get("/dong-gop/<token>/qr.png")
@guard("visitor")
def gift_qr_png(token: str) -> ResponseReturnValue:
    return _picture(token, "png")


def _picture(token: str, kind: str) -> Response:
    limit("120 per 15 minutes", "gift-link", visitor_key())
    row = gift_by_link(db.session(), token)
    return qr_picture(_payload(row) or abort(404), kind, row.memo)
