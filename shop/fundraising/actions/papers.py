"""Papers and evidence of campaigns, and who agreed to be shown: kept, shown, hidden at once."""

from base64 import b64encode
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from shop.audit.actions import note
from shop.current import vault
from shop.db import one_at_a_time, touch
from shop.fundraising.actions.fund import lock_campaign
from shop.fundraising.handing_rules import DisbursementState
from shop.fundraising.models import Beneficiary, Campaign, CampaignFile, Disbursement
from shop.fundraising.paper_rules import (
    MOST_FILES,
    NO_CONSENT,
    Consent,
    Paper,
    TooManyFiles,
    check_consent,
    check_names,
)
from shop.fundraising.rules import CHANGEABLE, SPENDING, IllegalCampaignMove
from shop.kernel.clock import vietnam_date
from shop.kernel.errors import NotYours


def add_file(
    session: Session, *, campaign_id: int, role: str, paper: Paper, caption_vi: str,
    caption_en: str = "", disbursement_id: int | None = None, is_public: bool = False,
    shows_people: bool = False, consent: Consent | None = None, actor_id: int | None,
    actor_name: str, now: datetime,
) -> CampaignFile:  # fmt: skip
    """Keep a paper of a campaign, or what proves one of its hand-overs.

    Args:
        role: of ``paper_rules.ROLES``; "evidence" with its ``disbursement_id``.
        is_public: everybody may see it; otherwise officers alone.
        consent: of everybody who can be recognised in it; needed to show them.

    Raises:
        IllegalCampaignMove: the campaign is finished or was given up. NotYours, TooManyFiles,
        ConsentMissing, NamesSomebody: nothing is stored.
    """
    campaign = lock_campaign(session, campaign_id)
    if campaign.state not in CHANGEABLE | SPENDING:
        raise IllegalCampaignMove(state=campaign.state)
    if disbursement_id is not None:
        _proves(session, campaign_id, disbursement_id, caption_vi, caption_en)
    if _kept(session, campaign_id) >= MOST_FILES:
        raise TooManyFiles(most=MOST_FILES)
    key = vault().new_key()
    row = CampaignFile(
        campaign_id=campaign_id, disbursement_id=disbursement_id, role=role, kind=paper.kind,
        caption_vi=caption_vi, caption_en=caption_en, size_bytes=len(paper.content),
        width_px=paper.width_px, height_px=paper.height_px, data_key=key,
        content=vault().seal(key, b64encode(paper.content).decode()), added_at=now,
        added_by_id=actor_id, **_shown(is_public, shows_people, consent, now),
    )  # fmt: skip
    session.add(row)
    session.flush()
    _note(session, "added", row, campaign, actor_id, actor_name, now)
    return row


def _proves(session: Session, campaign_id: int, disbursement_id: int, *captions: str) -> None:
    row = session.get(Disbursement, disbursement_id)
    if row is None or row.campaign_id != campaign_id:
        raise NotYours
    if row.state == DisbursementState.CANCELLED:
        raise IllegalCampaignMove(state=row.state)
    check_names(name_of(session, row.beneficiary_id), *captions)


def name_of(session: Session, beneficiary_id: int | None) -> str:
    """Open the name of who gets something, to compare public words with it; "" for nobody."""
    row = session.get(Beneficiary, beneficiary_id) if beneficiary_id else None
    return vault().open(row.data_key, row.contact)["name"] if row and row.contact else ""


def _kept(session: Session, campaign_id: int) -> int:
    wanted = select(func.count()).where(
        CampaignFile.campaign_id == campaign_id, CampaignFile.removed_at.is_(None)
    )
    return session.scalar(wanted) or 0


def _shown(
    is_public: bool, shows_people: bool, consent: Consent | None, now: datetime
) -> dict[str, Any]:
    """Return the columns that say who may see it. Raises: ConsentMissing"""
    columns: dict[str, Any] = {"is_public": is_public, "shows_people": shows_people, **NO_CONSENT}
    if is_public and shows_people:
        columns |= check_consent(consent, vietnam_date(now)).columns
    return columns


def show_file(
    session: Session, *, file_id: int, is_public: bool, shows_people: bool = False,
    consent: Consent | None = None, actor_id: int | None, actor_name: str, now: datetime,
    undoes_id: int | None = None,
) -> CampaignFile:  # fmt: skip
    """Let everybody see a file, or officers alone from this moment on.

    Raises:
        NotYours, ConsentMissing
    """
    row, campaign = _file(session, file_id)
    for name, value in _shown(is_public, shows_people or row.shows_people, consent, now).items():
        setattr(row, name, value)
    _note(
        session, "shown" if is_public else "hidden", row, campaign, actor_id, actor_name, now,
        undoes_id,
    )  # fmt: skip
    return row


def remove_file(
    session: Session, *, file_id: int, actor_id: int | None, actor_name: str, now: datetime,
    undoes_id: int | None = None,
) -> CampaignFile:  # fmt: skip
    """Take a file out of sight of everybody at once; it can be put back."""
    row, campaign = _file(session, file_id)
    row.removed_at = row.removed_at or now
    _note(session, "removed", row, campaign, actor_id, actor_name, now, undoes_id)
    return row


def restore_file(
    session: Session, *, file_id: int, actor_id: int | None, actor_name: str, now: datetime,
    undoes_id: int | None = None,
) -> CampaignFile:  # fmt: skip
    """Put a file back, for officers alone: who is in it may have changed her mind meanwhile."""
    row, campaign = _file(session, file_id)
    row.removed_at, row.is_public = None, False
    _note(session, "restored", row, campaign, actor_id, actor_name, now, undoes_id)
    return row


def _file(session: Session, file_id: int) -> tuple[CampaignFile, Campaign]:
    row = one_at_a_time(session, CampaignFile, file_id)
    if row is None:
        raise NotYours
    return row, session.get_one(Campaign, row.campaign_id)


def change_consent(
    session: Session, *, beneficiary_id: int, consent_for: str, consent: Consent | None = None,
    actor_id: int | None, actor_name: str, now: datetime,
) -> Beneficiary:  # fmt: skip
    """Write down what a beneficiary lets everybody read of her: "", "initials" or "name".

    From this moment on no page, picture or file says more of her than that.

    Raises:
        NotYours, ConsentMissing
    """
    row = one_at_a_time(session, Beneficiary, beneficiary_id)
    if row is None or row.forgotten_at is not None:
        raise NotYours
    columns = check_consent(consent, vietnam_date(now)).columns if consent_for else NO_CONSENT
    for name, value in columns.items():
        setattr(row, name, value)
    row.consent_for = consent_for
    touch(session, "campaigns")
    note(
        session, action=f"beneficiary.{'agreed' if consent_for else 'withdrew'}",
        subject_kind="campaign", subject_id=row.campaign_id, now=now, actor_id=actor_id,
        actor_name=actor_name, code=row.code, consent_for=consent_for,
        consent_until=row.consent_until.isoformat() if row.consent_until else "",
    )  # fmt: skip
    return row


def forget_beneficiary(
    session: Session, *, beneficiary_id: int, actor_id: int | None, actor_name: str, now: datetime
) -> bool:
    """Drop for good who got something; her commune, her code and what she got stay.

    Files in which she can be recognised are for officers alone from now on. False when she was
    forgotten before.

    Raises:
        NotYours
    """
    row = one_at_a_time(session, Beneficiary, beneficiary_id)
    if row is None:
        raise NotYours
    if row.forgotten_at is not None:
        return False
    row.data_key = row.contact = b""
    row.forgotten_at, row.consent_for = now, ""
    hers = select(Disbursement.id).where(Disbursement.beneficiary_id == row.id)
    session.execute(
        update(CampaignFile)
        .where(CampaignFile.disbursement_id.in_(hers), CampaignFile.shows_people.is_(True))
        .values(is_public=False, **NO_CONSENT)
    )
    for name, value in NO_CONSENT.items():
        setattr(row, name, value)
    touch(session, "campaigns")
    note(
        session, action="beneficiary.forgotten", subject_kind="campaign",
        subject_id=row.campaign_id, now=now, actor_id=actor_id, actor_name=actor_name,
        code=row.code,
    )  # fmt: skip
    return True


def _note(
    session: Session, word: str, row: CampaignFile, campaign: Campaign, actor_id: int | None,
    actor_name: str, now: datetime, undoes_id: int | None = None,
) -> None:  # fmt: skip
    """No caption: the trail is read by more people than the papers are."""
    touch(session, "campaigns")
    session.flush()
    note(
        session, action=f"campaign_file.{word}", subject_kind="campaign", subject_id=campaign.id,
        now=now, actor_id=actor_id, actor_name=actor_name, undoes_id=undoes_id,
        code=campaign.code, file_id=row.id, role=row.role,
    )  # fmt: skip
