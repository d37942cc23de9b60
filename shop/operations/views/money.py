"""Money into an organisation's account: whoever keeps its books notes what came and went back."""

from functools import partial
from typing import Any

from flask import g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select

from shop.accounts.acting import acting
from shop.accounts.models import Account
from shop.banking.queries.notices import task_count
from shop.banking.queries.owners import Sight
from shop.db import db
from shop.fundraising.queries.campaigns import campaign_by_id, running_campaigns
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.errors import NotYours
from shop.operations import actions as desk
from shop.operations.queries import transfers_page
from shop.operations.views import blueprint
from shop.ordering.queries import lines_of
from shop.organisations.acting import page_number, typed_words, units_in_sight
from shop.payments import given_word, queries
from shop.payments.forms import (
    HOWS,
    GiveBackForm,
    GivenWordForm,
    NoteForm,
    PromiseForm,
    ReceivedForm,
    SentBackForm,
    for_each,
    sent_back_form,
)
from shop.payments.gateways.actions.twice import keep_sent_twice
from shop.payments.gateways.tasks import tasks_waiting
from shop.payments.methods import By
from shop.payments.queries import RefundView
from shop.payments.rules.amounts import missing_vnd, surplus_vnd
from shop.web.guards import guard
from shop.web.links import path
from shop.web.replies import try_to
from shop.web.words import tr

RIGHT = "confirm_money_in"


def in_sight(payment_id: int) -> Any:
    """Return a payment into the account of one of her units.

    Raises:
        NotYours
    """
    return queries.payment_of_organisations(db.session(), units_in_sight(RIGHT), payment_id)


@blueprint.get("/dieu-hanh/tien-ve")
@guard("officer")
def money() -> ResponseReturnValue:
    """What to look for in the bank, and what to give back: one heading at a time."""
    units = units_in_sight(RIGHT)
    if units is not None and not g.scope[RIGHT]:
        raise NotYours
    session, typed = db.session(), typed_words()
    counts = queries.transfer_counts(session, units)
    asked = request.args.get("muc", "")
    first = next((name for name in queries.HEADINGS if counts[name]), "reported")
    heading = asked if asked in queries.HEADINGS else first
    found = transfers_page(session, units, heading, typed, page_number())
    people = queries.people_of(session, [row.id for row in found.rows])
    return render_template(
        "operations/money.html", found=found, counts=counts, heading=heading, typed=typed,
        people=people, missing_vnd=missing_vnd, surplus_vnd=surplus_vnd,
        bank_tasks=task_count(session, Sight(units=units)),
        card_tasks=tasks_waiting(session, units),
    )  # fmt: skip


@blueprint.get("/dieu-hanh/tien-ve/<int:payment_id>")
@guard("officer")
def transfer(payment_id: int) -> ResponseReturnValue:
    """One transfer, with all that happened to it."""
    return transfer_page(payment_id)


@blueprint.post("/dieu-hanh/tien-ve/<int:payment_id>")
@guard("officer")
def transfer_received(payment_id: int) -> ResponseReturnValue:
    """Money reached the account: all of it, less, or more."""
    in_sight(payment_id)
    form = ReceivedForm.posted()
    if not form.validate():
        return transfer_page(payment_id, received=form), 422
    return note_at(
        payment_id, desk.note_received, "da-nhan-tien", {"received": form},
        amount_vnd=form.so_tien.data, after=form.sau.data, words=form.ghi_chu.data or "",
    )  # fmt: skip


@blueprint.post("/dieu-hanh/tien-ve/<int:payment_id>/lui/<int:event_id>")
@guard("officer")
def transfer_taken_back(payment_id: int, event_id: int) -> ResponseReturnValue:
    """A confirmation was wrong: it is taken back and stays readable."""
    in_sight(payment_id)
    return note_at(payment_id, desk.note_taken_back, "hoan-tac", event_id=event_id)


@blueprint.post("/dieu-hanh/tien-ve/<int:payment_id>/khong-thay")
@guard("officer")
def transfer_not_found(payment_id: int) -> ResponseReturnValue:
    """A buyer said that she transferred for an order that is over; it did not come."""
    in_sight(payment_id)
    form = NoteForm.posted()
    if not form.validate():
        return transfer_page(payment_id, late=form), 422
    return note_at(
        payment_id, desk.note_not_found, "luu", {"late": form}, words=form.ghi_chu.data or ""
    )


@blueprint.post("/dieu-hanh/tien-ve/<int:payment_id>/tra")
@guard("officer")
def transfer_given_back(payment_id: int) -> ResponseReturnValue:
    """Money was transferred back to the buyer."""
    in_sight(payment_id)
    form = GiveBackForm.posted()
    if not form.validate():
        return transfer_page(payment_id, back=form), 422
    return note_at(
        payment_id, desk.note_given_back, "luu", {"back": form},
        amount_vnd=form.so_tien.data, after=form.sau.data, words=form.ghi_chu.data or "",
    )  # fmt: skip


def note_at(
    payment_id: int, act: Any, said: str, forms: dict[str, Any] | None = None, **what: Any
) -> ResponseReturnValue:
    """Do one act to a transfer and come back to its page, or say there why not."""
    who = acting()
    kind = "operator" if current_user.kind == "operator" else "officer"
    by = By(kind, who["actor_id"], who["actor_name"])
    return try_to(
        lambda session: act(session, payment_id=payment_id, by=by, now=who["now"], **what),
        show=partial(transfer_page, payment_id, **(forms or {})),
        then=lambda _: redirect(path(f"/dieu-hanh/tien-ve/{payment_id}") + f"?da={said}", 303),
        keep=partial(keep_sent_twice, refund_id=what.get("refund_id", 0), by=by, now=who["now"]),
    )


def word_form(*, posted: bool = False) -> GivenWordForm:
    """Return the form of a buyer's word, with the campaigns that run."""
    form = GivenWordForm.posted() if posted else GivenWordForm()
    running = running_campaigns(db.session(), vietnam_date(now_utc()))
    form.quy.choices = [(row.code, tr(row, "title")) for row in running]
    return form


def _like(word: GivenWordForm) -> GivenWordForm:
    """Return an empty form with the same campaigns to choose from."""
    form = GivenWordForm()
    form.quy.choices = word.quy.choices
    return form


def _word_for(back: list[RefundView]) -> GivenWordForm | None:
    """Return the empty form when something waits that could go to a campaign."""
    return word_form() if any(one.may_be_gift for one in back) else None


def _words_of(back: list[RefundView]) -> dict[int, Any]:
    """Return what buyers said of money that waits, by refund: who, when, how, for which campaign."""
    session, found = db.session(), {}
    for one in back:
        word = given_word.waiting_word(session, one.id) if one.is_waiting else None
        if word is not None:
            found[one.id] = (
                word,
                given_word.said_in(session, word),
                campaign_by_id(session, word.campaign_id),
            )
    return found


def transfer_page(payment_id: int, **more: Any) -> str:
    row, session = in_sight(payment_id), db.session()
    events = queries.events_of(session, payment_id)
    back = queries.refunds_of_payment(session, payment_id) if row.received_vnd else []
    parts = queries.sold_parts_of(session, payment_id) if row.received_vnd else []
    missing = missing_vnd(row.amount_vnd, row.received_vnd, row.refunded_vnd)
    surplus = surplus_vnd(row.amount_vnd, row.received_vnd, row.refunded_vnd)
    actors = {event.actor_id for event in events if event.actor_id}
    names = session.execute(select(Account.id, Account.name).where(Account.id.in_(actors)))
    forms = {
        "received": ReceivedForm(sent_to=f"/{payment_id}"),
        "back": GiveBackForm(so_tien=surplus or None, sent_to="/tra"),
        "late": NoteForm(sent_to="/khong-thay"), "sent": SentBackForm(sent_to="/tra"), "sent_of": 0,
        "promise": PromiseForm(sent_to="/hua-tra"),
        "word": None if "word" in more else _word_for(back), "word_of": 0, "refusal": None, **more,
    }  # fmt: skip
    word = forms["word"]
    return render_template(
        "operations/transfer.html", row=row, events=events, missing=missing, surplus=surplus,
        is_late=queries.is_late(row), people=queries.people_of(session, [row.id])[row.id],
        names={row.id: row.name for row in names}, refunds=back,
        promised=queries.promised_so_far(back), words=_words_of(back), hows=HOWS,
        at_market=bool(back) and queries.is_of_market(session, payment_id),
        parts=parts, lines=lines_of(session, [part.id for part in parts]) if parts else [],
        left=queries.units_left(session, [part.id for part in parts]) if parts else {},
        sent_for=for_each(sent_back_form, forms["sent"], forms["sent_of"]),
        word_for=word and for_each(lambda _refund: _like(word), word, forms["word_of"]), **forms,
    )  # fmt: skip
