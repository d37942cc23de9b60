"""The inbox of money that did not settle by itself, answered with one tap."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from flask import Blueprint, abort
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from shop.accounts.acting import acting
from shop.banking.actions.answers import (
    accept,
    accept_booked,
    accept_debt,
    accept_for_cash,
    accept_gift,
    accept_pass,
    accept_payout,
    close,
    note_answer,
    reopen,
)
from shop.banking.actions.codes import accept_codes
from shop.banking.forms import ANSWERS, AnswerForm
from shop.banking.queries.inbox import inbox, part_links
from shop.banking.queries.notices import PAGE, answered_in, notice_in, task_count
from shop.banking.queries.units import known_as
from shop.banking.rules.matching import codes_typed
from shop.banking.rules.shown import read_shares
from shop.banking.views.desk import Desk, page_number
from shop.db import db
from shop.web.guards import guard
from shop.web.replies import try_to

#: {answer: (state a closing answer leads to)}
_CLOSING = {"khong": "ignored", "da-tra": "given_back", "cung": "same"}
#: {answer: what was counted before, as ``rules.matching.InBooks`` names it}
_BOOKED = {
    "dot-the": "card",
    "hang": "carrier",
    "tra-ve": "payout",
    "nop": "deposit",
    "ve-lai": "returned",
}


def open_inbox(blueprint: Blueprint, desk: Desk) -> None:
    """Give a blueprint the pages of the inbox."""

    @blueprint.get(desk.base)
    @guard(desk.guard)
    def bank_notices() -> ResponseReturnValue:
        """What waits for a word, and what was answered last."""
        return show_inbox(desk)

    @blueprint.post(f"{desk.base}/<int:notice_id>")
    @guard(desk.guard)
    def bank_notice_answered(notice_id: int) -> ResponseReturnValue:
        """One tap: this order's, another order's, not ours, given back, told twice, or undo."""
        return answer(desk, notice_id)


def show_inbox(desk: Desk, **more: Any) -> str:
    session, sight = db.session(), desk.sight("answer")
    count = task_count(session, sight)
    pages = max(1, -(-count // PAGE))
    page = min(page_number(), pages)
    answered = answered_in(session, sight)
    return desk.page(
        "inbox", cards=inbox(session, sight, page=page), count=count, number=page, pages=pages,
        answered=answered, known=known_as(session, _of_units(answered)), parts=part_links(session, [r.paid_id for r in answered if r.paid_id]),
        **{"form": AnswerForm(), "refusal": None, "asked_id": None, **more},
    )  # fmt: skip


def _of_units(rows: Sequence[Any]) -> list[int]:
    """Return the answered notices that are no order's, fund's or card's: a debt, or a wallet's."""
    return [
        row.id
        for row in rows
        if row.state == "matched" and row.organisation_id is not None
        and not (row.paid_id or row.pass_id or row.title_vi)
    ]  # fmt: skip


def answer(desk: Desk, notice_id: int) -> ResponseReturnValue:
    notice = notice_in(db.session(), desk.sight("answer"), notice_id)
    form = AnswerForm.posted()
    said = form.tra_loi.data
    if said not in ANSWERS or not form.validate():
        refused = {"form": form, "asked_id": notice_id}
        return show_inbox(desk, **refused), 422
    work = _work(notice, said, form, desk)
    act = acting()

    def noted(session: Session) -> None:
        if work(session, act["now"]):
            note_answer(session, notice=notice, word=_WORDS[said], **act)

    return try_to(
        noted,
        show=partial(show_inbox, desk, form=form, asked_id=notice_id),
        then=lambda _: desk.done("hoan-tac" if said == "lui" else "khoan-xong"),
    )


#: How an answer is called in the audit trail.
_WORDS = {
    "dung": "accepted", "chia": "accepted", "ma": "accepted", "the": "recognised", "no": "debt_paid",
    "vi": "paid_out", "nhan": "accepted", "gop": "accepted", "khong": "ignored", "da-tra": "given_back", "cung": "same", "lui": "reopened",
    **dict.fromkeys(_BOOKED, "booked"),
}  # fmt: skip


def _work(
    notice: Any, said: str, form: AnswerForm, desk: Desk
) -> Callable[[Session, Any], bool]:  # fmt: skip
    by, notice_id = desk.by(), notice.id
    if said == "lui":
        return lambda session, now: reopen(session, notice_id=notice_id, by=by, now=now)
    if said in _CLOSING:
        return lambda session, now: close(
            session, notice_id=notice_id, to=_CLOSING[said], by=by, now=now
        )
    if said == "the":
        pass_id = form.khoan.data or abort(404)
        return lambda session, now: accept_pass(
            session, notice_id=notice_id, pass_id=pass_id, by=by, now=now
        )
    if said in _BOOKED:
        id_ = form.khoan.data or abort(404)
        return lambda session, now: accept_booked(
            session, notice_id=notice_id, kind=_BOOKED[said], id_=id_, by=by, now=now
        )
    if said == "no":
        seller_id = form.khoan.data or abort(404)
        return lambda session, now: accept_debt(
            session, notice_id=notice_id, seller_id=seller_id, rest_vnd=form.du.data or 0, by=by,
            now=now,
        )  # fmt: skip
    if said == "vi":
        return lambda session, now: accept_payout(
            session, notice_id=notice_id, wallet=form.vi.data or "", fee_vnd=form.phi.data or 0,
            by=by, now=now,
        )  # fmt: skip
    if said == "nhan":
        order_id = form.khoan.data or abort(404)
        return lambda session, now: accept_for_cash(
            session, notice_id=notice_id, order_id=order_id, by=by, now=now
        )
    if said == "gop":
        campaign_id = form.khoan.data or abort(404)
        return lambda session, now: accept_gift(
            session, notice_id=notice_id, campaign_id=campaign_id,
            shown_name=form.ten.data or "", by=by, actor_name=current_user.name, now=now,
        )  # fmt: skip
    if said == "ma":
        return lambda session, now: accept_codes(
            session, notice_id=notice_id, codes=codes_typed(form.ma.data or ""),
            amount_vnd=form.so_tien.data, by=by, now=now,
        )  # fmt: skip
    shown = read_shares(form.da_xem.data or "") or abort(404)
    return lambda session, now: accept(
        session, notice_id=notice_id, payment_ids=[one.payment_id for one in shown], shown=shown,
        by=by, now=now,
    )  # fmt: skip
