"""Papers of a campaign at the desk: documents, what is published, its own bank account, names."""

from collections.abc import Callable
from typing import Any

from flask import redirect, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from shop.accounts.acting import acting
from shop.accounts.guards import fresh_or_ask
from shop.db import db, in_transaction
from shop.fundraising.actions import duties, gifts, papers
from shop.fundraising.actions.accounts_apart import collect_apart
from shop.fundraising.models import Campaign, Gift
from shop.fundraising.queries.papers import file_of, files_of, reports_of
from shop.fundraising.rules import CHANGEABLE, SPENDING, Duty
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.errors import NotYours, Refusal
from shop.organisations.acting import has_right, need_right
from shop.organising.campaign_forms import DUTY_WORDS
from shop.organising.forms import CONSENT_WORDS
from shop.organising.handing_forms import (
    ROLE_WORDS,
    DocumentForm,
    ReasonForm,
    ShowFileForm,
)
from shop.organising.views import blueprint
from shop.organising.views.accounts import paper_answer
from shop.organising.views.handing import APPROVE, DESK, RUN, act_on, mine, paper_sent
from shop.sellers.forms import BankForm
from shop.sellers.models import Payee
from shop.web.guards import guard, takes
from shop.web.links import path
from shop.web.replies import try_to


@blueprint.get("/dieu-hanh/gay-quy/<int:campaign_id>/giay-to")
@guard("officer")
def campaign_papers(campaign_id: int) -> ResponseReturnValue:
    """Documents of a campaign, and what was published of it."""
    return _papers(campaign_id)


@blueprint.post("/dieu-hanh/gay-quy/<int:campaign_id>/giay-to")
@guard("officer")
@takes(40)
def add_paper(campaign_id: int) -> ResponseReturnValue:
    """Keep the decision, the rules of spending or another paper."""
    mine(campaign_id, RUN)
    form, by = DocumentForm.posted(), acting()
    if not form.validate():
        return _papers(campaign_id, form=form, status=422)
    try:
        paper = paper_sent()
    except Refusal as refusal:
        return _papers(campaign_id, form=form, refusal=refusal, status=refusal.status)
    return _act(
        campaign_id,
        lambda session: papers.add_file(
            session, campaign_id=campaign_id, role=form.role.data, paper=paper,
            caption_vi=form.caption_vi.data, caption_en=form.caption_en.data or "", **form.shown,
            **by,
        ),
        f"{campaign_id}/giay-to?da=them", form=form,
    )  # fmt: skip


def _act(
    campaign_id: int, work: Callable[[Session], Any], then: str, **forms: Any
) -> ResponseReturnValue:
    return try_to(
        work,
        show=lambda refusal: _papers(campaign_id, refusal=refusal, status=refusal.status, **forms),
        then=lambda _: redirect(path(f"{DESK}/{then}"), 303),
    )


@blueprint.get("/dieu-hanh/gay-quy/<int:campaign_id>/giay-to/<int:file_id>")
@guard("officer")
def campaign_paper(campaign_id: int, file_id: int) -> ResponseReturnValue:
    """The file itself."""
    mine(campaign_id, RUN, APPROVE)
    return paper_answer(file_of(db.session(), campaign_id, file_id))


@blueprint.post("/dieu-hanh/gay-quy/<int:campaign_id>/giay-to/<int:file_id>/<to>")
@guard("officer")
def show_paper(campaign_id: int, file_id: int, to: str) -> ResponseReturnValue:
    """Who may see it, from now on; or put it away and back."""
    mine(campaign_id, RUN)
    row = file_of(db.session(), campaign_id, file_id)
    if to not in ("xem", "bo", "lay-lai"):
        raise NotYours
    form, by, kept_of = ShowFileForm.posted(), acting(), row.disbursement_id
    act: dict[str, Callable[[Session], Any]] = {
        "xem": lambda session: papers.show_file(session, file_id=file_id, **form.shown, **by),
        "bo": lambda session: papers.remove_file(session, file_id=file_id, **by),
        "lay-lai": lambda session: papers.restore_file(session, file_id=file_id, **by),
    }
    if kept_of is not None:
        return act_on(campaign_id, kept_of, act[to], "luu")
    return _act(campaign_id, act[to], f"{campaign_id}/giay-to?da=luu")


@blueprint.post("/dieu-hanh/gay-quy/<int:campaign_id>/cong-bo/<duty>/<to>")
@guard("officer")
def publish_report(campaign_id: int, duty: str, to: str) -> ResponseReturnValue:
    """Publish what came or what it was used for, or take that back."""
    mine(campaign_id, RUN)
    if duty not in (Duty.TOTALS, Duty.USES) or to not in ("dang", "rut"):
        raise NotYours
    act, by = duties.publish_report if to == "dang" else duties.withdraw_report, acting()
    return _act(
        campaign_id,
        lambda session: act(session, campaign_id=campaign_id, duty=duty, **by),
        f"{campaign_id}/giay-to?da={'cong-bo' if to == 'dang' else 'luu'}",
    )


def _papers(
    campaign_id: int, *, form: DocumentForm | None = None, refusal: Refusal | None = None,
    status: int = 200,
) -> ResponseReturnValue:  # fmt: skip
    row, session = mine(campaign_id, RUN, APPROVE), db.session()
    reports = {one.duty: one for one in reports_of(session, campaign_id)}
    return (
        render_template(
            "organising/campaign_papers.html", row=row, form=form or DocumentForm(),
            show_form=ShowFileForm(), refusal=refusal, files=files_of(session, campaign_id),
            roles=ROLE_WORDS, ways=CONSENT_WORDS, duties=DUTY_WORDS, reports=reports,
            publishable=(Duty.TOTALS, Duty.USES), runs=has_right(RUN, row.organisation_id),
            takes_more=row.state in CHANGEABLE | SPENDING, today=vietnam_date(now_utc()),
        ),
        status,
    )  # fmt: skip


@blueprint.post("/dieu-hanh/gay-quy/<int:campaign_id>/ten/<int:gift_id>/<to>")
@guard("officer")
def hide_giver_name(campaign_id: int, gift_id: int, to: str) -> ResponseReturnValue:
    """Keep an improper name out of the public account, with the reason; or show it again."""
    mine(campaign_id, RUN)
    gift = db.session().get(Gift, gift_id)
    if gift is None or gift.campaign_id != campaign_id or to not in ("an", "hien"):
        raise NotYours
    form, by = ReasonForm.posted(), acting()
    if to == "an" and not form.validate():
        return _name_page(campaign_id, gift, form, 422)
    reason = form.reason.data or ""

    def hide(session: Session) -> None:
        gifts.hide_name(session, gift_id=gift_id, hidden=to == "an", reason=reason, **by)
        if to == "an":  # An improper name's message is not read on without it.
            gifts.show_message(session, gift_id=gift_id, shown=False, reason=reason, **by)

    in_transaction(hide)
    return redirect(path(f"{DESK}/{campaign_id}") + "?da=luu", 303)


@blueprint.post("/dieu-hanh/gay-quy/<int:campaign_id>/ten/<int:gift_id>/xoa")
@guard("officer")
def forget_giver(campaign_id: int, gift_id: int) -> ResponseReturnValue:
    """Drop for good who gave, because she asks for it."""
    mine(campaign_id, RUN)
    gift, by = db.session().get(Gift, gift_id), acting()
    if gift is None or gift.campaign_id != campaign_id:
        raise NotYours
    in_transaction(lambda session: gifts.forget_giver(session, gift_id=gift_id, **by))
    return redirect(path(f"{DESK}/{campaign_id}") + "?da=luu", 303)


@blueprint.get("/dieu-hanh/gay-quy/<int:campaign_id>/ten/<int:gift_id>")
@guard("officer")
def giver_name(campaign_id: int, gift_id: int) -> ResponseReturnValue:
    """The name and message of one gift, to keep them out of sight."""
    mine(campaign_id, RUN)
    gift = db.session().get(Gift, gift_id)
    if gift is None or gift.campaign_id != campaign_id:
        raise NotYours
    return _name_page(campaign_id, gift, ReasonForm(), 200)


def _name_page(campaign_id: int, gift: Gift, form: ReasonForm, status: int) -> ResponseReturnValue:
    row = mine(campaign_id, RUN)
    return (
        render_template("organising/giver_name.html", row=row, gift=gift, form=form),
        status,
    )


@blueprint.get("/dieu-hanh/gay-quy/<int:campaign_id>/tai-khoan")
@guard("officer")
def account_apart_page(campaign_id: int) -> ResponseReturnValue:
    row = mine(campaign_id, RUN)
    need_right("change_bank_account", row.organisation_id)
    return fresh_or_ask() or _apart_page(row, BankForm(), None, 200)


@blueprint.post("/dieu-hanh/gay-quy/<int:campaign_id>/tai-khoan")
@guard("officer")
def account_apart(campaign_id: int) -> ResponseReturnValue:
    """Collect for this campaign on a bank account of its own."""
    row = mine(campaign_id, RUN)
    need_right("change_bank_account", row.organisation_id)
    ask = fresh_or_ask()
    if ask is not None:
        return ask
    form, by = BankForm.posted(), acting()
    if not form.validate():
        return _apart_page(row, form, None, 422)
    try:
        in_transaction(
            lambda session: collect_apart(
                session, campaign_id=campaign_id, bank_bin=form.bank.data,
                holder=form.holder.data or "", number=form.number.data or "", **by,
            )
        )  # fmt: skip
    except Refusal as refusal:
        return _apart_page(mine(campaign_id, RUN), form, refusal, refusal.status)
    return redirect(path(f"{DESK}/{campaign_id}") + "?da=luu", 303)


def _apart_page(
    row: Campaign, form: BankForm, refusal: Refusal | None, status: int
) -> ResponseReturnValue:
    payee = db.session().get_one(Payee, row.payee_id)
    return (
        render_template(
            "organising/account_apart.html",
            row=row,
            form=form,
            refusal=refusal,
            payee=payee,
        ),
        status,
    )
