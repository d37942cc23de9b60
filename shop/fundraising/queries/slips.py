"""Reads of 0-đồng market slips: for the desk, for paper, for whoever holds one."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shop.accounts.models import Account
from shop.current import vault
from shop.fundraising.models import Beneficiary, Campaign
from shop.fundraising.slip_models import Slip, SlipSheet, SlipUse
from shop.fundraising.slip_rules import SlipState
from shop.kernel.codes import read_bearer_code
from shop.kernel.errors import NotYours
from shop.organisations.models import Organisation

MOST_SHEETS, MOST_USES = 60, 100


def code_of(session: Session, slip_id: int) -> str:
    """Return the code of a slip, which is money: for its paper and whoever may spend it for her."""
    row = session.execute(select(Slip.data_key, Slip.code).where(Slip.id == slip_id)).one()
    return vault().open(row.data_key, row.code)


def codes_of(session: Session, sheet_id: int) -> dict[int, str]:
    """Return the codes of a sheet's slips, for paper."""
    rows = session.execute(
        select(Slip.id, Slip.data_key, Slip.code).where(Slip.sheet_id == sheet_id)
    )
    return {row.id: vault().open(row.data_key, row.code) for row in rows}


def sheets_of(session: Session, campaign_id: int) -> Sequence[Any]:
    """Return a campaign's sheets, the newest first, with what they are worth and what is left."""
    planner = Account.__table__.alias("planner")
    return session.execute(
        select(
            SlipSheet.id, SlipSheet.code, SlipSheet.state, SlipSheet.valid_until,
            SlipSheet.planned_at, SlipSheet.planned_by_id, SlipSheet.approved_by_id,
            planner.c.name.label("planner"), func.count(Slip.id).label("slips"),
            func.sum(Slip.budget_vnd).label("budget_vnd"), func.sum(Slip.left_vnd).label("left_vnd"),
            func.sum(Slip.released_vnd).label("released_vnd"),
        )
        .join(Slip, Slip.sheet_id == SlipSheet.id)
        .join(planner, planner.c.id == SlipSheet.planned_by_id)
        .where(SlipSheet.campaign_id == campaign_id)
        .group_by(SlipSheet.id, planner.c.name)
        .order_by(SlipSheet.id.desc())
        .limit(MOST_SHEETS)
    ).all()  # fmt: skip


def sheet_of(session: Session, campaign_id: int, sheet_id: int) -> SlipSheet:
    """Return one sheet of a campaign.

    Raises:
        NotYours
    """
    row = session.get(SlipSheet, sheet_id)
    if row is None or row.campaign_id != campaign_id:
        raise NotYours
    return row


def slips_of(session: Session, sheet_id: int) -> Sequence[Any]:
    """Return the slips of a sheet in the order of their numbers, with each household's commune."""
    return session.execute(
        select(
            Slip.id, Slip.number, Slip.budget_vnd, Slip.left_vnd, Slip.released_vnd, Slip.state,
            Slip.valid_until, Slip.ended_how, Beneficiary.code.label("household"),
            Beneficiary.ward_name, Beneficiary.data_key, Beneficiary.contact,
        )
        .join(Beneficiary, Beneficiary.id == Slip.beneficiary_id)
        .where(Slip.sheet_id == sheet_id)
        .order_by(Slip.number)
    ).all()  # fmt: skip


def name_of(row: Any) -> str:
    """Return the household's name, for officers alone; "" once it was forgotten."""
    return vault().open(row.data_key, row.contact)["name"] if row.contact else ""


def uses_of(session: Session, sheet_id: int) -> Sequence[Any]:
    """Return where the slips of a sheet paid, the newest first, and who did it."""
    return session.execute(
        select(
            Slip.number, SlipUse.amount_vnd, SlipUse.at, SlipUse.for_her, SlipUse.order_id,
            Account.name,
        )
        .join(Slip, Slip.id == SlipUse.slip_id)
        .outerjoin(Account, Account.id == SlipUse.by_id)
        .where(Slip.sheet_id == sheet_id)
        .order_by(SlipUse.id.desc())
        .limit(MOST_USES)
    ).all()  # fmt: skip


def households_of(session: Session, campaign_id: int) -> Sequence[Any]:
    """Return the households of a campaign who can be given a slip."""
    return session.execute(
        select(
            Beneficiary.id, Beneficiary.code, Beneficiary.ward_name, Beneficiary.data_key,
            Beneficiary.contact,
        )
        .where(Beneficiary.campaign_id == campaign_id, Beneficiary.forgotten_at.is_(None))
        .order_by(Beneficiary.id)
    ).all()  # fmt: skip


def slip_shown(session: Session, typed: str) -> Any:
    """Return what whoever holds a slip reads of it; None when there is none, or it waits."""
    code = read_bearer_code(typed)
    if not code:
        return None
    return session.execute(
        select(
            Slip.budget_vnd, Slip.left_vnd, Slip.state, Slip.valid_until, Slip.ended_how,
            Campaign.code.label("campaign"), Campaign.title_vi, Campaign.title_en,
            Organisation.name_vi.label("unit_vi"), Organisation.name_en.label("unit_en"),
        )
        .join(Campaign, Campaign.id == Slip.campaign_id)
        .join(Organisation, Organisation.id == Campaign.organisation_id)
        .where(
            Slip.code_index == vault().index("slip", code), Slip.state != SlipState.WAITING
        )
    ).one_or_none()  # fmt: skip
