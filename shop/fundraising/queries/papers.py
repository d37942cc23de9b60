"""Papers and evidence of campaigns: for officers all of them, for everybody what may be shown."""

from base64 import b64decode
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, aliased, undefer

from shop.accounts.models import Account
from shop.current import vault
from shop.fundraising.handing_rules import WAITING, SaidState
from shop.fundraising.models import (
    Beneficiary,
    CampaignFile,
    CampaignReport,
    Disbursement,
    DisbursementReturn,
)
from shop.fundraising.paper_rules import is_public
from shop.kernel.errors import NotYours

_SHOWN = (
    CampaignFile.id, CampaignFile.disbursement_id, CampaignFile.role, CampaignFile.kind,
    CampaignFile.caption_vi, CampaignFile.caption_en, CampaignFile.size_bytes,
    CampaignFile.width_px, CampaignFile.height_px, CampaignFile.is_public,
    CampaignFile.shows_people, CampaignFile.consent_kind, CampaignFile.consent_on,
    CampaignFile.consent_until, CampaignFile.added_at, CampaignFile.removed_at,
)  # fmt: skip


def files_of(session: Session, campaign_id: int, *, of: int | None = None) -> Sequence[Any]:
    """Return the papers of a campaign, or what proves one hand-over (``of``), for officers."""
    return session.execute(
        select(*_SHOWN)
        .where(
            CampaignFile.campaign_id == campaign_id,
            CampaignFile.disbursement_id.is_(None)
            if of is None
            else CampaignFile.disbursement_id == of,
        )
        .order_by(CampaignFile.removed_at.is_not(None), CampaignFile.id)
    ).all()


def files_shown(session: Session, campaign_id: int, today: date) -> list[Any]:
    """Return every file of a campaign that everybody may see today, the first first."""
    agreed = or_(
        CampaignFile.shows_people.is_(False),
        and_(CampaignFile.consent_until.is_not(None), CampaignFile.consent_until >= today),
    )
    rows = session.execute(
        select(*_SHOWN)
        .where(
            CampaignFile.campaign_id == campaign_id, CampaignFile.removed_at.is_(None),
            CampaignFile.is_public.is_(True), agreed,
        )
        .order_by(CampaignFile.id)
    )  # fmt: skip
    return [row for row in rows if is_public(row, today)]


def file_of(session: Session, campaign_id: int, file_id: int) -> CampaignFile:
    """Return a file of a campaign with its content still sealed.

    Raises:
        NotYours
    """
    row = session.scalar(
        select(CampaignFile)
        .where(CampaignFile.id == file_id, CampaignFile.campaign_id == campaign_id)
        .options(undefer(CampaignFile.data_key), undefer(CampaignFile.content))
    )
    if row is None:
        raise NotYours
    return row


def content_of(row: CampaignFile) -> bytes:
    """Open a file."""
    return b64decode(vault().open(row.data_key, row.content))


def reports_of(session: Session, campaign_id: int) -> Sequence[CampaignReport]:
    """Return what was published of a campaign, the first first."""
    return session.scalars(
        select(CampaignReport)
        .where(CampaignReport.campaign_id == campaign_id, CampaignReport.withdrawn_at.is_(None))
        .order_by(CampaignReport.id)
    ).all()


def disbursements_of(session: Session, campaign_id: int) -> Sequence[Any]:
    """Return every hand-over and cost of a campaign for its officers, what waits first."""
    return session.execute(
        select(
            Disbursement.id, Disbursement.code, Disbursement.purpose, Disbursement.form,
            Disbursement.state, Disbursement.words_vi, Disbursement.words_en,
            Disbursement.amount_vnd, Disbursement.goods_vi, Disbursement.goods_en,
            Disbursement.stated_value_vnd, Disbursement.done_on, Disbursement.voucher_no,
            Disbursement.planned_at, Disbursement.planned_by_id, Beneficiary.ward_name,
            Beneficiary.households,
        )
        .outerjoin(Beneficiary, Beneficiary.id == Disbursement.beneficiary_id)
        .where(Disbursement.campaign_id == campaign_id)
        .order_by(Disbursement.state.not_in(WAITING), Disbursement.id.desc())
        .limit(500)
    ).all()  # fmt: skip


def disbursement_of(session: Session, campaign_id: int, disbursement_id: int) -> Disbursement:
    """Return one of a campaign.

    Raises:
        NotYours
    """
    row = session.get(Disbursement, disbursement_id)
    if row is None or row.campaign_id != campaign_id:
        raise NotYours
    return row


def returns_of(session: Session, disbursement_id: int) -> Sequence[Any]:
    """Return what was said and noted to be in the fund again, the newest first, with who did."""
    said, decided = aliased(Account), aliased(Account)
    return session.execute(
        select(
            DisbursementReturn.id, DisbursementReturn.amount_vnd, DisbursementReturn.on_day,
            DisbursementReturn.reference, DisbursementReturn.why, DisbursementReturn.state,
            DisbursementReturn.said_by_id, said.name.label("said_by"),
            decided.name.label("decided_by"),
        )
        .join(said, said.id == DisbursementReturn.said_by_id)
        .outerjoin(decided, decided.id == DisbursementReturn.decided_by_id)
        .where(
            DisbursementReturn.disbursement_id == disbursement_id,
            DisbursementReturn.state != SaidState.DROPPED,
        )
        .order_by(DisbursementReturn.id.desc())
    ).all()  # fmt: skip


def beneficiaries_of(session: Session, campaign_id: int) -> Sequence[Beneficiary]:
    return session.scalars(
        select(Beneficiary)
        .where(Beneficiary.campaign_id == campaign_id, Beneficiary.forgotten_at.is_(None))
        .order_by(Beneficiary.id.desc())
        .limit(500)
    ).all()


def beneficiary_of(session: Session, campaign_id: int, beneficiary_id: int) -> Beneficiary:
    """Return one of a campaign.

    Raises:
        NotYours
    """
    row = session.get(Beneficiary, beneficiary_id)
    if row is None or row.campaign_id != campaign_id:
        raise NotYours
    return row


def contact_of(row: Any) -> dict[str, Any]:
    """Open what is known of a beneficiary; empty words once she was forgotten."""
    if not row.contact:
        return {"name": "", "phone": "", "address": "", "note": ""}
    return vault().open(row.data_key, row.contact)


def who_did(session: Session, row: Disbursement) -> dict[str, str]:
    """Return the names of who planned, approved and noted it, by "planned", "approved", "done"."""
    ids = {"planned": row.planned_by_id, "approved": row.approved_by_id, "done": row.done_by_id}
    found = session.execute(
        select(Account.id, Account.name).where(Account.id.in_([n for n in ids.values() if n]))
    )
    names = {one.id: one.name for one in found}
    return {word: names.get(number, "") for word, number in ids.items() if number}
