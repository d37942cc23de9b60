"""Hand-overs and costs at the officers' desk: planned, approved by a second person, done, proved.

Names of those who get something are for people who run or approve campaigns of the unit.
"""

from collections.abc import Callable
from typing import Any

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from shop.accounts.acting import acting
from shop.db import db, in_transaction
from shop.fundraising.actions import handing, papers, returning
from shop.fundraising.handing_rules import DisbursementState, SaidState
from shop.fundraising.models import Beneficiary, Campaign, Disbursement
from shop.fundraising.paper_rules import FileMissing, Paper
from shop.fundraising.queries.campaigns import campaign_by_id
from shop.fundraising.queries.figures import figures_of
from shop.fundraising.queries.papers import (
    beneficiaries_of,
    beneficiary_of,
    contact_of,
    disbursement_of,
    disbursements_of,
    files_of,
    returns_of,
    who_did,
)
from shop.fundraising.rules import SPENDING
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.errors import NotYours, Refusal
from shop.media.rules import MOST_BYTES
from shop.organisations.acting import has_right
from shop.organising.forms import CONSENT_WORDS
from shop.organising.handing_forms import (
    PLAN_WORDS,
    SHOWN_WORDS,
    ConsentForm,
    DoneForm,
    FileForm,
    PlanForm,
    ReturnForm,
    ShowFileForm,
)
from shop.organising.kept_papers import read_paper
from shop.organising.views import blueprint
from shop.places.queries import find_wards, ward
from shop.places.rules.search import only_match
from shop.web.guards import guard, takes
from shop.web.limits import limit
from shop.web.links import path
from shop.web.replies import try_to
from shop.web.words import _

DESK = "/dieu-hanh/gay-quy"
RUN, APPROVE = "run_campaigns", "approve_campaigns"


def mine(campaign_id: int, *rights: str) -> Campaign:
    """Return a campaign of a unit where this person has one of these rights.

    Raises:
        NotYours
    """
    row = campaign_by_id(db.session(), campaign_id)
    if not any(has_right(right, row.organisation_id) for right in rights):
        raise NotYours
    return row


def _to(campaign_id: int, rest: str, done: str = "") -> ResponseReturnValue:
    return redirect(path(f"{DESK}/{campaign_id}/{rest}") + (f"?da={done}" if done else ""), 303)


@blueprint.get("/dieu-hanh/gay-quy/<int:campaign_id>/trao")
@guard("officer")
def hand_overs(campaign_id: int) -> ResponseReturnValue:
    """Everything that is planned, approved, done or given up."""
    row, session = mine(campaign_id, RUN, APPROVE), db.session()
    return render_template(
        "organising/hand_overs.html", row=row, found=disbursements_of(session, campaign_id),
        figures=figures_of(session, [campaign_id])[campaign_id],
        may_plan=_may_plan(row), plans=PLAN_WORDS,
    )  # fmt: skip


def _may_plan(row: Campaign) -> bool:
    return row.state in SPENDING and has_right(RUN, row.organisation_id)


@blueprint.get("/dieu-hanh/gay-quy/<int:campaign_id>/trao/moi")
@guard("officer")
def plan_hand_over_page(campaign_id: int) -> ResponseReturnValue:
    row = mine(campaign_id, RUN)
    form = PlanForm(what="hand_over-money", households=1)
    return _plan_page(row, form, None, 200)


@blueprint.post("/dieu-hanh/gay-quy/<int:campaign_id>/trao/moi")
@guard("officer")
def plan_hand_over(campaign_id: int) -> ResponseReturnValue:
    """Plan it; who gets it is kept sealed, her commune alone is shown."""
    row, form, by = mine(campaign_id, RUN), PlanForm.posted(), acting()
    _offer_people(form, campaign_id)
    form.place = _ward_meant(form.ward.data or "")
    if not form.validate():
        return _plan_page(row, form, None, 422)

    def plan(session: Session) -> int:
        said = form.said
        if form.purpose == "hand_over":
            said["beneficiary_id"] = int(form.beneficiary.data or 0) or _kept(session, form)
        return handing.plan(session, campaign_id=campaign_id, said=said, **by).id

    def _kept(session: Session, form: PlanForm) -> int:
        return handing.add_beneficiary(
            session, campaign_id=campaign_id, contact=form.contact, ward_code=form.place.code,
            ward_name=form.place.full_name, households=form.households.data or 1, consent={},
            actor_id=by["actor_id"], now=by["now"],
        ).id  # fmt: skip

    try:
        made = in_transaction(plan)
    except Refusal as refusal:
        return _plan_page(mine(campaign_id, RUN), form, refusal, refusal.status)
    return _to(campaign_id, f"trao/{made}", "dinh-trao")


def _ward_meant(typed: str) -> Any:
    """Return the one ward that words can mean, or None."""
    session = db.session()
    hit = only_match(find_wards(session, typed)) if typed else None
    return ward(session, hit.ward_code) if hit else None


def _offer_people(form: PlanForm, campaign_id: int) -> None:
    form.beneficiary.choices = [
        ("", _("Người nhận mới, ghi ở dưới")),
        *(
            (str(one.id), f"{contact_of(one)['name']}, {one.ward_name} ({one.code})")
            for one in beneficiaries_of(db.session(), campaign_id)
            if one.contact
        ),
    ]


def _plan_page(
    row: Campaign, form: PlanForm, refusal: Refusal | None, status: int
) -> ResponseReturnValue:
    _offer_people(form, row.id)
    figures = figures_of(db.session(), [row.id])[row.id]
    return (
        render_template(
            "organising/hand_over_new.html", row=row, form=form, refusal=refusal, figures=figures
        ),
        status,
    )


@blueprint.get("/dieu-hanh/gay-quy/<int:campaign_id>/trao/<int:disbursement_id>")
@guard("officer")
def hand_over_desk(campaign_id: int, disbursement_id: int) -> ResponseReturnValue:
    return _one(campaign_id, disbursement_id)


def _of(campaign_id: int, disbursement_id: int, *rights: str) -> Disbursement:
    mine(campaign_id, *rights)
    return disbursement_of(db.session(), campaign_id, disbursement_id)


def act_on(
    campaign_id: int, disbursement_id: int, work: Callable[[Session], Any], done: str,
    **forms: Any,
) -> ResponseReturnValue:  # fmt: skip
    """Do one act to a hand-over and go back to it; a refusal shows above what was typed."""
    return try_to(
        work,
        show=lambda refusal: _one(
            campaign_id, disbursement_id, refusal=refusal, status=refusal.status, **forms
        ),
        then=lambda _: _to(campaign_id, f"trao/{disbursement_id}", done),
    )


@blueprint.post("/dieu-hanh/gay-quy/<int:campaign_id>/trao/<int:disbursement_id>/duyet")
@guard("officer")
def approve_hand_over(campaign_id: int, disbursement_id: int) -> ResponseReturnValue:
    """Answer for a plan as a second person."""
    _of(campaign_id, disbursement_id, APPROVE)
    by = acting()
    return act_on(
        campaign_id, disbursement_id,
        lambda session: handing.approve(session, disbursement_id=disbursement_id, **by),
        "duyet-trao",
    )  # fmt: skip


#: {last part of the address: (act, right, what the page says afterwards)}
_STEPS: dict[str, tuple[Callable[..., Any], str, str]] = {
    "bo-duyet": (handing.unapprove, APPROVE, "luu"),
    "bo": (handing.cancel, RUN, "bo-trao"),
    "lay-lai": (handing.plan_again, RUN, "dinh-trao"),
}


@blueprint.post("/dieu-hanh/gay-quy/<int:campaign_id>/trao/<int:disbursement_id>/buoc/<step>")
@guard("officer")
def move_hand_over(campaign_id: int, disbursement_id: int, step: str) -> ResponseReturnValue:
    """Take an approval back, give a plan up, take it up again."""
    if step not in _STEPS:
        raise NotYours
    act, right, done = _STEPS[step]
    _of(campaign_id, disbursement_id, right)
    by = acting()
    return act_on(
        campaign_id, disbursement_id,
        lambda session: act(session, disbursement_id=disbursement_id, **by), done,
    )  # fmt: skip


@blueprint.post("/dieu-hanh/gay-quy/<int:campaign_id>/trao/<int:disbursement_id>/xong")
@guard("officer")
def hand_over_done(campaign_id: int, disbursement_id: int) -> ResponseReturnValue:
    """It is in her hands: when, before whom, by which voucher."""
    _of(campaign_id, disbursement_id, RUN, APPROVE)
    form, by = _done_form(campaign_id, posted=True), acting()
    if not form.validate():
        return _one(campaign_id, disbursement_id, done_form=form, status=422)
    return act_on(
        campaign_id, disbursement_id,
        lambda session: handing.hand_over(
            session, disbursement_id=disbursement_id, done_on=form.done_on.data,
            witnesses=(form.witness_one.data or "", form.witness_two.data or ""),
            voucher_no=form.voucher_no.data or "", **by,
        ),
        "da-trao", done_form=form,
    )  # fmt: skip


@blueprint.post("/dieu-hanh/gay-quy/<int:campaign_id>/trao/<int:disbursement_id>/ve-lai")
@guard("officer")
def hand_over_returned(campaign_id: int, disbursement_id: int) -> ResponseReturnValue:
    """Say that money of it is in the fund again; a second person notes it."""
    form, by = ReturnForm.posted(), acting()
    form.done_on = _of(campaign_id, disbursement_id, RUN, APPROVE).done_on
    if not form.validate():
        return _one(campaign_id, disbursement_id, return_form=form, status=422)
    return act_on(
        campaign_id, disbursement_id,
        lambda session: returning.say_returned(
            session, disbursement_id=disbursement_id, **form.said, **by
        ),
        "luu", return_form=form,
    )  # fmt: skip


#: {last part of the address: (act, rights)}
_RETURN_STEPS: dict[str, tuple[Callable[..., Any], tuple[str, ...]]] = {
    "nhan": (returning.note_returned, (APPROVE,)),
    "bo": (returning.drop_returned, (RUN, APPROVE)),
}


@blueprint.post(
    "/dieu-hanh/gay-quy/<int:campaign_id>/trao/<int:disbursement_id>/ve-lai/<int:return_id>/<to>"
)
@guard("officer")
def hand_over_return_answered(
    campaign_id: int, disbursement_id: int, return_id: int, to: str
) -> ResponseReturnValue:
    """Answer for it as a second person, or take back that it was said."""
    if to not in _RETURN_STEPS:
        raise NotYours
    act, rights = _RETURN_STEPS[to]
    _of(campaign_id, disbursement_id, *rights)
    if return_id not in {one.id for one in returns_of(db.session(), disbursement_id)}:
        raise NotYours
    by = acting()
    return act_on(
        campaign_id, disbursement_id, lambda session: act(session, return_id=return_id, **by), "luu"
    )


def _done_form(campaign_id: int, *, posted: bool = False, voucher_no: str = "") -> DoneForm:
    form = DoneForm.posted() if posted else DoneForm(voucher_no=voucher_no)
    opened = campaign_by_id(db.session(), campaign_id).opened_at
    form.first_day = vietnam_date(opened) if opened else None
    return form


@blueprint.post("/dieu-hanh/gay-quy/<int:campaign_id>/trao/<int:disbursement_id>/bang-chung")
@guard("officer")
@takes(40)
def add_evidence(campaign_id: int, disbursement_id: int) -> ResponseReturnValue:
    """Keep a picture or paper that proves it."""
    _of(campaign_id, disbursement_id, RUN, APPROVE)
    form, by = FileForm.posted(), acting()
    if not form.validate():
        return _one(campaign_id, disbursement_id, file_form=form, status=422)
    try:
        paper = paper_sent()
    except Refusal as refusal:
        return _one(
            campaign_id, disbursement_id, file_form=form, refusal=refusal, status=refusal.status
        )
    return act_on(
        campaign_id, disbursement_id,
        lambda session: papers.add_file(
            session, campaign_id=campaign_id, disbursement_id=disbursement_id, role="evidence",
            paper=paper, caption_vi=form.caption_vi.data, caption_en=form.caption_en.data or "",
            **form.shown, **by,
        ),
        "them", file_form=form,
    )  # fmt: skip


def paper_sent() -> Paper:
    """Return the file of a post, cleaned: of a picture nothing but its pixels is left.

    Raises:
        FileMissing, or what pictures and PDFs are refused for.
    """
    sent = request.files.get("tep")
    if sent is None or not sent.filename:
        raise FileMissing
    limit("120 per hour", "campaign-file", str(current_user.id))
    db.session.rollback()  # Nothing is held while the file waits its turn and is read.
    return read_paper(sent.stream.read(MOST_BYTES + 1))


@blueprint.post("/dieu-hanh/gay-quy/<int:campaign_id>/trao/<int:disbursement_id>/dong-y")
@guard("officer")
def beneficiary_consent(campaign_id: int, disbursement_id: int) -> ResponseReturnValue:
    """What who gets it lets everybody read of her, or that she does not any more."""
    her = _of(campaign_id, disbursement_id, RUN).beneficiary_id
    if her is None:
        raise NotYours
    form, by = ConsentForm.posted(), acting()
    if not form.validate():
        return _one(campaign_id, disbursement_id, consent_form=form, status=422)
    return act_on(
        campaign_id, disbursement_id,
        lambda session: papers.change_consent(
            session, beneficiary_id=her, consent_for=form.consent_for.data,
            consent=form.consent, **by,
        ),
        "dong-y", consent_form=form,
    )  # fmt: skip


@blueprint.post("/dieu-hanh/gay-quy/<int:campaign_id>/trao/<int:disbursement_id>/xoa-ten")
@guard("officer")
def forget_beneficiary(campaign_id: int, disbursement_id: int) -> ResponseReturnValue:
    """Drop for good who got it, because she asks for it."""
    her, by = _of(campaign_id, disbursement_id, RUN).beneficiary_id, acting()
    if her is None:
        raise NotYours
    return act_on(
        campaign_id, disbursement_id,
        lambda session: papers.forget_beneficiary(session, beneficiary_id=her, **by), "luu",
    )  # fmt: skip


def _consent_of(her: Beneficiary) -> ConsentForm:
    return ConsentForm(
        consent_for=her.consent_for, consent_kind=her.consent_kind, consent_on=her.consent_on,
        consent_until=her.consent_until,
    )  # fmt: skip


def _one(
    campaign_id: int, disbursement_id: int, *, refusal: Refusal | None = None, status: int = 200,
    **forms: Any,
) -> ResponseReturnValue:  # fmt: skip
    campaign, session = mine(campaign_id, RUN, APPROVE), db.session()
    row = disbursement_of(session, campaign_id, disbursement_id)
    her = beneficiary_of(session, campaign_id, row.beneficiary_id) if row.beneficiary_id else None
    unit, today = campaign.organisation_id, vietnam_date(now_utc())
    runs, approves = has_right(RUN, unit), has_right(APPROVE, unit)
    spends = campaign.state in SPENDING
    consent_form = forms.get("consent_form") or (
        _consent_of(her) if her and her.forgotten_at is None else None
    )
    for field in consent_form or ():  # Beside the file's form, which asks the same.
        field.id = f"her-{field.id}"
    returns = returns_of(session, row.id)
    said = next((one for one in returns if one.state == SaidState.SAID), None)
    stays_vnd = row.amount_vnd - sum(
        one.amount_vnd for one in returns if one.state == SaidState.NOTED
    )
    return_form = forms.get("return_form")
    if (
        return_form is None
        and spends
        and row.state == DisbursementState.DONE
        and not said
        and stays_vnd
    ):
        return_form = ReturnForm(amount=stays_vnd)
    return (
        render_template(
            "organising/hand_over.html", row=row, campaign=campaign, her=her, refusal=refusal,
            contact=contact_of(her) if her else None, plans=PLAN_WORDS, runs=runs,
            approves=approves, spends=spends, people=who_did(session, row),
            may_approve=approves and spends and row.state == DisbursementState.PLANNED
            and row.planned_by_id != current_user.id,
            files=files_of(session, campaign_id, of=row.id), today=today,
            ways=CONSENT_WORDS, shown_words=SHOWN_WORDS,
            done_form=forms.get("done_form")
            or _done_form(campaign_id, voucher_no=row.voucher_no),
            file_form=forms.get("file_form") or FileForm(), show_form=ShowFileForm(),
            consent_form=consent_form, returns=returns, return_form=return_form,
            may_note=approves and spends and said and said.said_by_id != current_user.id,
        ),
        status,
    )  # fmt: skip
