"""One order as its buyer sees it: how far it is, what to pay, cancel, order again."""

from itertools import compress
from typing import Any

from flask import (
    Response,
    abort,
    g,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
)
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select

from shop.accounts.queries import order_wants_news
from shop.accounts.terms import current_terms
from shop.buying import actions
from shop.buying.forms import (
    AccountForm,
    AsCreditForm,
    AsGiftForm,
    CancelForm,
    CreditForm,
    ProofForm,
    RefundForm,
)
from shop.buying.guards import OpenOrder, fill_from, give_pass
from shop.buying.queries import BuyerPage, again_lines, buyer_page, money_of_order, quoted_parts
from shop.buying.rules import (
    Level,
    WrongProof,
    given_name,
    grouped_code,
    masked_phone,
    may,
    money_mark,
    money_seen,
)
from shop.buying.views.blueprint import blueprint
from shop.current import current_settings
from shop.db import db, in_transaction
from shop.fundraising.queries.campaigns import running_campaigns
from shop.fundraising.queries.gifts import gifts_of_order
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.errors import Refusal
from shop.kernel.phones import read_phone, written
from shop.ordering import actions as ordering
from shop.ordering import browser
from shop.ordering.models import Order
from shop.ordering.queries import contact_of, link_token, order_by_link
from shop.payments import actions as payments
from shop.payments.queries import TransferView, transfers_of
from shop.payments.rules.memo import spoken
from shop.web.guards import guard
from shop.web.limits import limit, visitor_key
from shop.web.links import absolute, path
from shop.web.qr import qr_picture
from shop.web.words import tr


def opened() -> OpenOrder:
    """The order that the guard opened for this request."""
    return g.order


def order_row(order_id: int) -> Any:
    """Return what passes and links need, and where it goes to."""
    columns = (
        Order.id, Order.code, Order.account_id, Order.link_digest, Order.link_nonce,
        Order.data_key, Order.contact, Order.terms_version, Order.locale,
        Order.ward_code, Order.country,
    )  # fmt: skip
    return db.session().execute(select(*columns).where(Order.id == order_id)).one()


def actor_id() -> int | None:
    return current_user.id if current_user.is_authenticated else None


@blueprint.get("/d/<token>")
@guard("visitor")
def private_link(token: str) -> ResponseReturnValue:
    """Swap the private link for a pass to one order; the link stays good (QUALITY T41)."""
    now = now_utc()
    order_id = order_by_link(db.session(), token[:80], now)
    if order_id is None:
        limit("30 per hour", "private-link", visitor_key())
        abort(404)
    row = order_row(order_id)
    to = "/danh-gia" if request.args.get("toi") == "danh-gia" else ""
    response = make_response(redirect(path(f"/don/{row.code}{to}"), 303))
    give_pass(response, row.code, row.link_digest, Level.LINK, now)
    return response


@blueprint.get("/don/<code>")
@guard("link")
def order_page(code: str) -> ResponseReturnValue:
    return show_order()


def show_order(
    *,
    status: int = 200,
    refusal: Refusal | None = None,
    proof: ProofForm | None = None,
    account: AccountForm | None = None,
    back: RefundForm | None = None,
    as_credit: AsCreditForm | None = None,
    as_gift: AsGiftForm | None = None,
    pays: CreditForm | None = None,
    back_number: int = 0,
) -> ResponseReturnValue:
    """Return the order's page, also with a form as it was typed.

    Args:
        back_number: of which refund, or of which transfer, that form is.
    """
    mine = opened()
    page = buyer_page(db.session(), mine.id, mine.level, now_utc())
    on = vietnam_date(page.order.placed_at)
    running = running_now() if any(one.may_be_gift for one in page.to_come_back) else []
    html = render_template(
        "buying/order.html",
        page=page,
        level=mine.level,
        known=mine.level == Level.KNOWN,
        may_act=may(mine.level, Level.LINK),
        is_hers=mine.is_hers,
        quoted=quoted_parts(page),
        private_link=_private_link(page) if mine.is_hers and page.order.erased_at is None else None,
        proof=proof or ProofForm(),
        account=account or AccountForm(),
        backs={
            refund.number: back
            if back is not None and refund.number == back_number
            else RefundForm(prefix=back_prefix(refund.number))
            for refund in page.to_come_back
        },
        as_credits={
            refund.number: as_credit
            if as_credit is not None and refund.number == back_number
            else AsCreditForm(prefix=credit_prefix(refund.number))
            for refund in page.to_come_back
        },
        as_gifts={
            refund.number: as_gift
            if as_gift is not None and refund.number == back_number
            else gift_form(refund.number, running)
            for refund in page.to_come_back
            if running and refund.may_be_gift
        },
        codes={
            number: pays
            if pays is not None and number == back_number
            else CreditForm(prefix=code_prefix(number))
            for number, _ in enumerate(page.transfers, 1)
        },
        refusal=refusal,
        news=page.order.has_email
        and page.order.account_id is None
        and may(mine.level, Level.LINK)
        and order_wants_news(db.session(), mine.id),
        rules={kind: current_terms(kind, on).version for kind in ("delivery", "returns")},
        grouped_code=grouped_code(mine.code),
        to_name=given_name(page.page.contact.to_name),
        to_phone=masked_phone(page.page.contact.to_phone),
        spoken=spoken,
        written=written,
        money_mark=money_mark(page.money_vnd),
        rates=current_settings().rates,
    )
    return html, status


def back_prefix(number: int) -> str:
    """Return how the fields of a refund's form begin: a page may hold several."""
    return f"nhan-lai{number}-"


def credit_prefix(number: int) -> str:
    """Return the same of the form that asks for a code instead."""
    return f"lay-ma{number}-"


def running_now() -> list[tuple[str, str]]:
    """Return the campaigns that money can be given to today: (code, title) pairs. One query."""
    rows = running_campaigns(db.session(), vietnam_date(now_utc()))
    return [(row.code, tr(row, "title")) for row in rows]


def gift_form(number: int, running: list[tuple[str, str]], *, posted: bool = False) -> AsGiftForm:
    """Return the form by which a refund becomes a gift, with the campaigns that run."""
    make = AsGiftForm.posted if posted else AsGiftForm
    form = make(prefix=f"gop-quy{number}-")
    form.quy.choices = running
    return form


def code_prefix(number: int) -> str:
    """Return the same of the form that pays a transfer with a code."""
    return f"tra-bang-ma{number}-"


def _private_link(page: BuyerPage) -> str:
    return absolute(f"/d/{link_token(page.order)}")


@blueprint.post("/don/<code>/mo")
@guard("link")
def show_address(code: str) -> ResponseReturnValue:
    """Phone or e-mail of the order, typed whole, shows everything in it."""
    form = ProofForm.posted()
    if not form.validate():
        return show_order(status=422, proof=form)
    limit("10 per hour", "proof", str(opened().id))
    row = order_row(opened().id)
    if not proves(form.proof.data, contact_of(row)):
        return show_order(status=422, proof=form, refusal=WrongProof())
    response = make_response(redirect(path(f"/don/{row.code}") + "#giao-den", 303))
    give_pass(response, row.code, row.link_digest, Level.PROVED, now_utc())
    return response


def proves(typed: str, contact: Any) -> bool:
    if "@" in typed:
        return bool(contact.email) and typed.strip().lower() == contact.email
    phone = read_phone(typed)
    return phone is not None and phone.e164 == contact.phone


@blueprint.post("/don/<code>/da-chuyen/<int:number>")
@guard("link")
def report_transfer(code: str, number: int) -> ResponseReturnValue:
    payment_id = transfer_of(number).id
    now = now_utc()
    try:
        in_transaction(lambda session: payments.report(session, payment_id=payment_id, now=now))
    except Refusal as refusal:
        return show_order(status=refusal.status, refusal=refusal)
    return redirect(path(f"/don/{code}") + "?da=bao-chuyen", 303)


def transfer_of(number: int) -> TransferView:
    """Return the order's n-th transfer, counted from 1."""
    found = transfers_of(db.session(), opened().id)
    if not 1 <= number <= len(found):
        abort(404)
    return found[number - 1]


@blueprint.get("/don/<code>/tien")
@guard("link")
def money_now(code: str) -> ResponseReturnValue:
    """What came since the page was made, for the page that is still open; 304 while nothing did."""
    mine = opened()
    money = money_of_order(db.session(), mine.id)
    mark = money_mark(money)
    asked = request.headers.get("If-None-Match", "")
    if asked.removeprefix("W/") == mark:
        answer = Response(status=304)
    else:
        page = buyer_page(db.session(), mine.id, mine.level, now_utc())
        # What was not read for the page is not held against what it had seen.
        before = money_seen(asked, len(page.money_vnd))
        more = [now > was for now, was in zip(page.money_vnd, before, strict=True)]
        answer = jsonify(
            says=render_template(
                "buying/money_news.txt",
                news=list(compress(page.payments, more)),
                gifts=list(compress(page.gifts, more[len(page.payments):])),
                sellers_of=page.sellers_of,
            ).strip(),
            headline=render_template("buying/headline.txt", summary=page.page.summary).strip(),
            settled=page.settled,
        )  # fmt: skip
    answer.headers["ETag"] = mark
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.get("/don/<code>/qr/<int:number>.svg")
@guard("link")
def qr_svg(code: str, number: int) -> ResponseReturnValue:
    return _picture(number, "svg")


@blueprint.get("/don/<code>/qr/<int:number>.png")
@guard("link")
def qr_png(code: str, number: int) -> ResponseReturnValue:
    return _picture(number, "png")


def _picture(number: int, kind: str) -> Response:
    """Draw the VietQR of a transfer."""
    transfer = transfer_of(number)
    return qr_picture(transfer.payload or abort(404), kind, transfer.memo)


@blueprint.get("/don/<code>/huy")
@guard("link")
def cancel_page(code: str) -> ResponseReturnValue:
    return _cancel_page(CancelForm(data={"part": request.args.get("phan", "")}))


def _cancel_page(
    form: CancelForm, *, status: int = 200, refusal: Refusal | None = None
) -> ResponseReturnValue:
    mine = opened()
    if not may(mine.level, Level.LINK):
        abort(404)
    page = buyer_page(db.session(), mine.id, mine.level, now_utc())
    wanted = form.part.data or ""
    parts = [p for p in page.cancellable if wanted in ("", str(p.row.id))]
    html = render_template(
        "buying/cancel.html", page=page, parts=parts, form=form, refusal=refusal,
        grouped_code=grouped_code(mine.code),
    )  # fmt: skip
    return html, status


@blueprint.post("/don/<code>/huy")
@guard("link")
def cancel(code: str) -> ResponseReturnValue:
    mine = opened()
    form = CancelForm.posted()
    if not may(mine.level, Level.LINK):
        abort(404)
    part = (form.part.data or "").strip()
    if part and not (part.isascii() and part.isdecimal() and len(part) < 18):
        abort(404)
    if not form.validate():
        return _cancel_page(form, status=422)
    who, now = actor_id(), now_utc()
    try:
        in_transaction(
            lambda session: actions.cancel(
                session, order_id=mine.id, seller_order_id=int(part) if part else None,
                actor_id=who, note=form.reason.data or "", now=now,
            )
        )  # fmt: skip
    except Refusal as refusal:
        return _cancel_page(form, status=refusal.status, refusal=refusal)
    return redirect(path(f"/don/{code}") + "?da=huy-don", 303)


@blueprint.post("/don/<code>/gop/<int:number>/thoi")
@guard("link")
def withdraw_gift(code: str, number: int) -> ResponseReturnValue:
    """She gives the order's n-th gift no more; whoever only knows its code cannot say so."""
    mine, now = opened(), now_utc()
    found = gifts_of_order(db.session(), mine.id, vietnam_date(now))
    if not may(mine.level, Level.LINK) or not 1 <= number <= len(found):
        abort(404)
    gift_id = found[number - 1].id
    try:
        in_transaction(
            lambda session: actions.withdraw_gift(
                session, order_id=mine.id, gift_id=gift_id, now=now
            )
        )
    except Refusal as refusal:
        return show_order(status=refusal.status, refusal=refusal)
    return redirect(path(f"/don/{code}") + "?da=thoi-gop", 303)


@blueprint.get("/don/<code>/dat-lai")
@guard("link")
def again_page(code: str) -> ResponseReturnValue:
    return _again_page()


def _again_page(refusal: Refusal | None = None) -> str:
    mine = opened()
    masked = mine.is_hers and not mine.is_known_to_be_hers and not current_user.is_authenticated
    row = order_row(mine.id)
    return render_template(
        "buying/again.html", lines=again_lines(db.session(), mine.id, now_utc()),
        grouped_code=grouped_code(mine.code), order_code=mine.code, refusal=refusal,
        must_prove=masked and (row.ward_code or row.country != "VN"),
    )  # fmt: skip


@blueprint.post("/don/<code>/dat-lai")
@guard("link")
def again(code: str) -> ResponseReturnValue:
    order_id, now = opened().id, now_utc()

    def put(session: Any) -> ordering.OrderedAgain:
        mine = browser.open_cart(session)
        return ordering.order_again(session, cart_id=mine, order_id=order_id, now=now)

    try:
        done = in_transaction(put)
    except Refusal as refusal:
        return _again_page(refusal), refusal.status
    said = "dat-lai"
    if done.left_out:
        said = "dat-lai-bot&thieu=" + ".".join(map(str, done.left_out))
    response = make_response(redirect(path("/gio") + f"?da={said}", 303))
    if opened().is_known_to_be_hers and not current_user.is_authenticated:
        fill_from(response, code, order_row(order_id).link_digest, now)
    return browser.keep_cart(response)
