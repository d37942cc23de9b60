"""Settlements: what the Union collected goes to its sellers, approved by one person, sent by another."""

from hashlib import sha256
from typing import Any

from flask import abort, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user

from shop.accounts.acting import acting
from shop.accounts.guards import fresh_or_ask
from shop.db import db, in_transaction
from shop.fundraising.models import Campaign
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.errors import NotYours
from shop.operations.views import blueprint
from shop.operations.views.money_out import SEE, units_in_books
from shop.organisations.acting import has_right, page_number
from shop.organisations.queries import organisation
from shop.payments.rules.vietqr import is_one_transfer, vietqr_or_none
from shop.payouts import papers
from shop.payouts.actions import deciding, drafting, funds, sending
from shop.payouts.forms import DraftForm, FailedForm, ReferenceForm, RhythmForm, SettledForm
from shop.payouts.jobs import last_on
from shop.payouts.models import PayoutSetting
from shop.payouts.queries import owed, statements
from shop.payouts.rules import PAYABLE, BankNow, NothingReady, due_period, memo, trouble
from shop.payouts.words import line_words
from shop.sellers.models import Payee
from shop.sellers.queries import account_number_of, current_payee
from shop.web.files import table_answer
from shop.web.guards import guard
from shop.web.links import path
from shop.web.qr import qr_picture
from shop.web.replies import try_to
from shop.web.tables import TABLES

#: Who prepares and transfers, and who answers for it.
ACT = ("propose_money_out", "confirm_money_out")
DECIDE = ("confirm_money_out",)
BASE = "/dieu-hanh/quyet-toan"


def _may(rights: tuple[str, ...], unit: int) -> bool:
    return any(has_right(right, unit) for right in rights)


def _need(rights: tuple[str, ...], unit: int) -> None:
    if not _may(rights, unit):
        raise NotYours


def _settlement(settlement_id: int, rights: tuple[str, ...] = SEE) -> Any:
    row = statements.settlement_row(db.session(), settlement_id, units_in_books())
    _need(rights, row.organisation_id)
    return row


def _statement(payout_statement_id: int, rights: tuple[str, ...] = SEE) -> Any:
    row = statements.statement_row(db.session(), payout_statement_id, units=units_in_books())
    _need(rights, row.organisation_id)
    return row


def _to(address: str, said: str) -> ResponseReturnValue:
    return redirect(path(BASE + address) + f"?da={said}", 303)


@blueprint.get(BASE)
@guard("officer")
def settlements() -> ResponseReturnValue:
    """What is owed to sellers now, and the settlements so far."""
    session, units = db.session(), units_in_books()
    return render_template(
        "operations/settlements.html", found=statements.settlements_page(session, units, page_number()),
        owing=owed.owed_by(session, units), may=_may, ACT=ACT, DECIDE=DECIDE,
        funds=owed.transfers_due(session, units),
    )  # fmt: skip


def _missing(unit: int) -> list[owed.FundTransferDue]:
    """Return what campaigns' own accounts have to send before all sellers can be paid."""
    return [row for row in owed.transfers_due(db.session(), [unit]) if row.due_vnd > 0]


def _fund_due(campaign_id: int) -> owed.FundTransferDue | None:
    """Return what is due between a campaign's own account and its unit's, if anything.

    Raises:
        NotYours
    """
    campaign = db.session().get(Campaign, campaign_id)
    if campaign is None:
        raise NotYours
    _need(ACT, campaign.organisation_id)
    due = owed.transfers_due(db.session(), [campaign.organisation_id])
    return next((row for row in due if row.campaign_id == campaign_id), None)


@blueprint.get(f"{BASE}/quy/<int:campaign_id>")
@guard("officer")
def fund_transfer_page(campaign_id: int) -> ResponseReturnValue:
    """What is to be transferred, from which account to which, and a field for the bank's number."""
    row = _fund_due(campaign_id)
    if row is None:  # Somebody noted it before.
        return redirect(path(BASE), 303)
    return fresh_or_ask() or _fund_transfer(row)


def _fund_transfer(row: owed.FundTransferDue, form: Any = None, refusal: Any = None) -> str:
    session = db.session()
    own = current_payee(session, organisation_id=row.organisation_id)
    apart = session.get_one(Payee, row.payee_id)
    away, to = (apart, own) if row.due_vnd > 0 else (own, apart)
    return render_template(
        "operations/fund_transfer.html", row=row, away=away, to=to, form=form or ReferenceForm(),
        account=account_number_of(to) if to is not None else "", refusal=refusal,
    )  # fmt: skip


@blueprint.post(f"{BASE}/quy/<int:campaign_id>")
@guard("officer")
def fund_transfer(campaign_id: int) -> ResponseReturnValue:
    """It was transferred, under this number of the bank."""
    row = _fund_due(campaign_id)
    if row is None:  # Tapped twice, or somebody was faster.
        return redirect(path(BASE), 303)
    if ask := fresh_or_ask():
        return ask
    form, act = ReferenceForm.posted(), acting()
    if not form.validate():
        return _fund_transfer(row, form), 422
    shown = form.mark.data or ""
    return try_to(
        lambda session: funds.note_fund_transfer(
            session, campaign_id=campaign_id, reference=form.reference.data,
            amount_vnd=row.due_vnd if shown == str(row.due_vnd) else 0, **act,
        ),
        show=lambda refusal: _fund_transfer(row, form, refusal),
        then=lambda _: _to("", "chuyen-quy-ban"),
    )  # fmt: skip


def _offered() -> list[Any]:
    return [row for row in owed.owed_by(db.session(), units_in_books()) if _may(ACT, row.id)]


@blueprint.get(f"{BASE}/moi")
@guard("officer")
def settlement_new_page() -> ResponseReturnValue:
    """Which organisation, and up to which day."""
    return _new_page()


def _new_page(form: Any = None, refusal: Any = None) -> str:
    rows = _offered()
    form = form or DraftForm.asked()
    form.offer(rows, vietnam_date(now_utc()))
    return render_template("operations/settlement_new.html", form=form, rows=rows, refusal=refusal)


@blueprint.post(f"{BASE}/moi")
@guard("officer")
def settlement_new() -> ResponseReturnValue:
    """Draft it: nothing is paid by that."""
    form = DraftForm.posted()
    form.offer(_offered(), vietnam_date(now_utc()))
    if not form.validate():
        return _new_page(form), 422
    unit, act = int(form.unit.data), acting()
    _need(ACT, unit)
    return try_to(
        lambda session: (
            drafting.draft_settlement(
                session,
                organisation_id=unit,
                to_on=form.to_on.data,
                least_vnd=form.least.data,
                **act,
            ).id
        ),
        show=lambda refusal: _new_page(form, refusal),
        then=lambda made: _to(f"/{made}", "nhap"),
    )


@blueprint.get(f"{BASE}/<int:settlement_id>")
@guard("officer")
def settlement_page(settlement_id: int) -> ResponseReturnValue:
    """One settlement: its sums, its sellers, and what stands in the way."""
    return _page(settlement_id)


def _page(settlement_id: int, refusal: Any = None) -> str:
    row, session = _settlement(settlement_id), db.session()
    return render_template(
        "operations/settlement.html", row=row, refusal=refusal,
        found=statements.statements_of(session, settlement_id, page_number()),
        progress=statements.progress(session, settlement_id, now_utc()),
        missing=_missing(row.organisation_id), may_act=_may(ACT, row.organisation_id), may_decide=_may(DECIDE, row.organisation_id),
    )  # fmt: skip


@blueprint.get(f"{BASE}/<int:settlement_id>/duyet")
@guard("officer")
def settlement_approve_page(settlement_id: int) -> ResponseReturnValue:
    """What approving means, before it is done."""
    row = _settlement(settlement_id, DECIDE)
    return fresh_or_ask() or render_template(
        "operations/settlement_approve.html", row=row,
        progress=statements.progress(db.session(), settlement_id, now_utc()),
    )  # fmt: skip


@blueprint.post(f"{BASE}/<int:settlement_id>/duyet")
@guard("officer")
def settlement_approve(settlement_id: int) -> ResponseReturnValue:
    """A person answers for a draft."""
    _settlement(settlement_id, DECIDE)
    if ask := fresh_or_ask():
        return ask
    act = acting()
    return try_to(
        lambda session: deciding.approve_settlement(
            session, settlement_id=settlement_id, approver_id=act["actor_id"], **act
        ),
        show=lambda refusal: _page(settlement_id, refusal),
        then=lambda _: _to(f"/{settlement_id}", "duyet-quyet-toan"),
    )


@blueprint.post(f"{BASE}/<int:settlement_id>/bo-duyet")
@guard("officer")
def settlement_unapprove(settlement_id: int) -> ResponseReturnValue:
    """Make a draft of it again, while nobody was paid."""
    _settlement(settlement_id, DECIDE)
    act = acting()
    return try_to(
        lambda session: deciding.unapprove_settlement(session, settlement_id=settlement_id, **act),
        show=lambda refusal: _page(settlement_id, refusal),
        then=lambda _: _to(f"/{settlement_id}", "hoan-tac"),
    )


@blueprint.post(f"{BASE}/<int:settlement_id>/bo")
@guard("officer")
def settlement_drop(settlement_id: int) -> ResponseReturnValue:
    """Throw a draft away."""
    _settlement(settlement_id, ACT)
    act = acting()
    return try_to(
        lambda session: drafting.drop_settlement(session, settlement_id=settlement_id, **act),
        show=lambda refusal: _page(settlement_id, refusal),
        then=lambda _: _to("", "xoa"),
    )


def _mark(ids: list[int]) -> str:
    """Return what a list of statements is recognised by, so that what was seen is what is done."""
    return sha256(",".join(map(str, sorted(ids))).encode()).hexdigest()[:16]


@blueprint.get(f"{BASE}/<int:settlement_id>/chuyen")
@guard("officer")
def settlement_send_page(settlement_id: int) -> ResponseReturnValue:
    """Pay all that can be paid by one list for the bank."""
    row = _settlement(settlement_id, ACT)
    return fresh_or_ask() or _send_all_page(row)


def _send_all_page(row: Any, form: Any = None, refusal: Any = None) -> str:
    progress, form = _hers_to_send(row.id), form or ReferenceForm()
    # What she typed belongs to the list that she saw; only a refusal makes her look again.
    mark = _mark(progress.ready) if refusal else form.mark.data or _mark(progress.ready)
    return render_template(
        "operations/settlement_send.html", row=row, progress=progress, refusal=refusal,
        form=form, mark=mark, is_approver=_is_approver(row), missing=_missing(row.organisation_id),
    )  # fmt: skip


def _hers_to_send(settlement_id: int) -> statements.Progress:
    return statements.progress(db.session(), settlement_id, now_utc(), current_user.id)


def _is_approver(row: Any) -> bool:
    """Tell whether she approved it: a settlement, or the amount or account of a statement."""
    return current_user.id in (row.approved_by_id, getattr(row, "account_by_id", None))


@blueprint.post(f"{BASE}/<int:settlement_id>/tep")
@guard("officer")
def settlement_file(settlement_id: int) -> ResponseReturnValue:
    """The list for the bank: whole account numbers, so it is written down who took it."""
    _settlement(settlement_id, ACT)
    if ask := fresh_or_ask(f"{BASE}/{settlement_id}/chuyen"):
        return ask
    form, act = ReferenceForm.posted(), acting()
    kind = form.kind.data if form.kind.data in TABLES else "xlsx"
    ready = _hers_to_send(settlement_id).ready
    db.session.rollback()

    def taken(session: Any) -> papers.Sheet:
        if not ready:
            raise NothingReady
        deciding.note_file_taken(session, settlement_id=settlement_id, payments=len(ready), **act)
        return papers.bank_sheet(session, ready)

    return try_to(
        taken,
        show=lambda refusal: _page(settlement_id, refusal),
        then=lambda sheet: table_answer(kind, *sheet, f"chuyen-tien-{settlement_id}"),
    )


@blueprint.post(f"{BASE}/<int:settlement_id>/chuyen")
@guard("officer")
def settlement_send(settlement_id: int) -> ResponseReturnValue:
    """All of the list was transferred, under one number of the bank."""
    row = _settlement(settlement_id, ACT)
    if ask := fresh_or_ask():
        return ask
    form, act = ReferenceForm.posted(), acting()
    if not form.validate():
        return _send_all_page(row, form), 422
    ready = _hers_to_send(settlement_id).ready
    db.session.rollback()
    wanted = ready if form.mark.data == _mark(ready) else []
    return try_to(
        lambda session: sending.send_all_payouts(
            session, settlement_id=settlement_id, statement_ids=wanted,
            reference=form.reference.data, sender_id=act["actor_id"], **act,
        ),
        show=lambda refusal: _send_all_page(_settlement(settlement_id), form, refusal),
        then=lambda _: _to(f"/{settlement_id}", "chuyen"),
    )  # fmt: skip


@blueprint.get(f"{BASE}/phieu/<int:payout_statement_id>")
@guard("officer")
def payout_page(payout_statement_id: int) -> ResponseReturnValue:
    """One seller's statement, its lines to their orders, and what became of it."""
    return _one(payout_statement_id)


def _one(payout_statement_id: int, refusal: Any = None, failed: Any = None) -> str:
    row, session = _statement(payout_statement_id), db.session()
    found = statements.lines_page(session, row, page_number())
    bank, short_vnd = _in_the_way(row)
    return render_template(
        "operations/payout.html", row=row, refusal=refusal, found=found, line_words=line_words,
        sums=papers.sums_of(row), period=papers.period_of(row),
        what_now=papers.what_now(row), payouts=statements.payouts_of(session, payout_statement_id),
        codes=statements.orders_of(session, row.seller_id, {line.subject for line in found.rows}),
        trouble=trouble(row.payee_id, bank, now_utc(), short_vnd) if row.state in PAYABLE else None,
        bank=bank, short_vnd=short_vnd, payable=row.state in PAYABLE, failed=failed or FailedForm(),
        may_act=_may(ACT, row.organisation_id), may_decide=_may(DECIDE, row.organisation_id),
    )  # fmt: skip


def _in_the_way(row: Any) -> tuple[BankNow, int]:
    """Return what a statement's payout depends on: her account now, and what it would lack."""
    session = db.session()
    bank = statements.banks_now(session, [row.seller_id]).get(row.seller_id, BankNow(None))
    return bank, owed.short_of(session, [row]).get(row.id, 0) if row.state in PAYABLE else 0


@blueprint.get(f"{BASE}/phieu/<int:payout_statement_id>.<kind>")
@guard("officer")
def payout_paper(payout_statement_id: int, kind: str) -> ResponseReturnValue:
    """The same to take along."""
    return papers.paper(db.session(), _statement(payout_statement_id), kind)


def _transfer(payout_statement_id: int) -> Any:
    """Return where the money of a statement goes, by the approved account.

    Raises:
        NotYours: there is no account, or nothing to pay.
    """
    rows = statements.transfers_to_make(db.session(), [payout_statement_id])
    if not rows:
        raise NotYours
    return rows[0]


@blueprint.get(f"{BASE}/phieu/<int:payout_statement_id>/chuyen")
@guard("officer")
def payout_send_page(payout_statement_id: int) -> ResponseReturnValue:
    """Where the money goes, as text and as VietQR, and a field for the bank's number."""
    row = _statement(payout_statement_id, ACT)
    _transfer(payout_statement_id)
    return fresh_or_ask() or _send_page(row)


def _send_page(row: Any, form: Any = None, refusal: Any = None) -> str:
    to = _transfer(row.id)
    bank, short_vnd = _in_the_way(row)
    return render_template(
        "operations/payout_send.html", row=row, to=to, account=account_number_of(to),
        memo=memo(row.settlement_id, to.name_vi), form=form or ReferenceForm(), refusal=refusal,
        trouble=trouble(row.payee_id, bank, now_utc(), short_vnd), bank=bank, payable=row.state in PAYABLE,
        is_approver=_is_approver(row), has_qr=is_one_transfer(row.pays_vnd),
        missing=_missing(row.organisation_id),
    )  # fmt: skip


@blueprint.get(f"{BASE}/phieu/<int:payout_statement_id>/qr.<kind>")
@guard("officer")
def payout_qr(payout_statement_id: int, kind: str) -> ResponseReturnValue:
    """The transfer as a picture that a bank's app reads; drawn here."""
    if kind not in ("svg", "png"):
        abort(404)
    row = _statement(payout_statement_id, ACT)
    to = _transfer(payout_statement_id)
    if ask := fresh_or_ask():
        return ask
    if row.state not in PAYABLE:
        abort(404)
    text = memo(row.settlement_id, to.name_vi)
    payload = vietqr_or_none(to.bank_bin, account_number_of(to), row.pays_vnd, text)
    return qr_picture(payload or abort(404), kind, f"phieu-{payout_statement_id}")


@blueprint.post(f"{BASE}/phieu/<int:payout_statement_id>/chuyen")
@guard("officer")
def payout_send(payout_statement_id: int) -> ResponseReturnValue:
    """The second person transferred it, and says under which number of the bank."""
    row = _statement(payout_statement_id, ACT)
    if ask := fresh_or_ask():
        return ask
    form, act = ReferenceForm.posted(), acting()
    if not form.validate():
        return _send_page(row, form), 422
    return try_to(
        lambda session: sending.send_payout(
            session, statement_id=payout_statement_id, reference=form.reference.data,
            sender_id=act["actor_id"], **act,
        ),
        show=lambda refusal: _one(payout_statement_id, refusal),
        then=lambda _: _to(f"/phieu/{payout_statement_id}", "chuyen"),
    )  # fmt: skip


@blueprint.post(f"{BASE}/phieu/<int:payout_statement_id>/ky-sau")
@guard("officer")
def payout_put_off(payout_statement_id: int) -> ResponseReturnValue:
    """It is not paid: the next settlement takes up its lines."""
    _statement(payout_statement_id, DECIDE)
    act = acting()
    return try_to(
        lambda session: drafting.put_off(session, statement_id=payout_statement_id, **act),
        show=lambda refusal: _one(payout_statement_id, refusal),
        then=lambda _: _to(f"/phieu/{payout_statement_id}", "luu"),
    )


@blueprint.post(f"{BASE}/phieu/<int:payout_statement_id>/tai-khoan")
@guard("officer")
def payout_account(payout_statement_id: int) -> ResponseReturnValue:
    """The seller changed her account after the approval: somebody answers for the new one."""
    _statement(payout_statement_id, DECIDE)
    if ask := fresh_or_ask(f"{BASE}/phieu/{payout_statement_id}"):
        return ask
    act = acting()
    return try_to(
        lambda session: deciding.approve_account(
            session, statement_id=payout_statement_id, approver_id=act["actor_id"], **act
        ),
        show=lambda refusal: _one(payout_statement_id, refusal),
        then=lambda _: _to(f"/phieu/{payout_statement_id}", "luu"),
    )


@blueprint.post(f"{BASE}/phieu/<int:payout_statement_id>/da-nhan")
@guard("officer")
def payout_received(payout_statement_id: int) -> ResponseReturnValue:
    """The seller has it."""
    _statement(payout_statement_id, ACT)
    form, act = SettledForm.posted(), acting()
    return try_to(
        lambda session: sending.confirm_payout(
            session, **statements.payout_seen(session, payout_statement_id, form.payout.data), **act
        ),
        show=lambda refusal: _one(payout_statement_id, refusal),
        then=lambda _: _to(f"/phieu/{payout_statement_id}", "luu"),
    )


@blueprint.post(f"{BASE}/phieu/<int:payout_statement_id>/hong")
@guard("officer")
def payout_failed(payout_statement_id: int) -> ResponseReturnValue:
    """The bank sent it back."""
    _statement(payout_statement_id, ACT)
    if ask := fresh_or_ask(f"{BASE}/phieu/{payout_statement_id}"):
        return ask
    form, act = FailedForm.posted(), acting()
    if not form.validate():
        return _one(payout_statement_id, failed=form), 422
    return try_to(
        lambda session: sending.fail_payout(
            session, **statements.payout_seen(session, payout_statement_id, form.payout.data),
            why=form.why.data, **act,
        ),
        show=lambda refusal: _one(payout_statement_id, refusal, form),
        then=lambda _: _to(f"/phieu/{payout_statement_id}", "luu"),
    )  # fmt: skip


@blueprint.get(f"{BASE}/dinh-ky/<int:unit_id>")
@guard("officer")
def settlement_rhythm_page(unit_id: int) -> ResponseReturnValue:
    """How often an organisation's settlements are drafted by themselves."""
    _need(DECIDE, organisation(db.session(), unit_id).id)
    return _rhythm_page(unit_id)


def _rhythm_page(unit_id: int, form: Any = None) -> str:
    session = db.session()
    setting = session.get(PayoutSetting, unit_id)
    held = {"rhythm": setting.rhythm, "least": setting.least_vnd} if setting else {}
    last = last_on(session, unit_id)
    return render_template(
        "operations/settlement_rhythm.html", unit=organisation(session, unit_id), setting=setting,
        form=form or RhythmForm(data=held), last=last,
        due=due_period(setting.rhythm, last, vietnam_date(now_utc())) if setting else None,
    )  # fmt: skip


@blueprint.post(f"{BASE}/dinh-ky/<int:unit_id>")
@guard("officer")
def settlement_rhythm(unit_id: int) -> ResponseReturnValue:
    """Draft by the week, by the month, or by hand."""
    _need(DECIDE, organisation(db.session(), unit_id).id)
    form, act = RhythmForm.posted(), acting()
    if not form.validate():
        return _rhythm_page(unit_id, form), 422
    in_transaction(
        lambda session: deciding.change_rhythm(
            session, organisation_id=unit_id, rhythm=form.rhythm.data,
            least_vnd=form.least.data or 0, **act,
        )
    )  # fmt: skip
    return _to("", "luu")
