"""Who bears the way back of a seller's refused parcels."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.organisations.models import Organisation
from shop.remittances.models import ReturnFeeRule


def bearer_on(session: Session, seller_id: int, day: date) -> int | None:
    """Return the organisation that bears a seller's return fees on a day, None: she does."""
    return session.scalar(
        select(ReturnFeeRule.organisation_id)
        .where(ReturnFeeRule.seller_id == seller_id, ReturnFeeRule.valid_from <= day)
        .order_by(ReturnFeeRule.valid_from.desc(), ReturnFeeRule.id.desc())
        .limit(1)
    )


def bearers_of(session: Session, seller_id: int) -> Sequence[Any]:
    """Return a seller's rules with the organisation's names, the newest first."""
    return session.execute(
        select(
            ReturnFeeRule.id, ReturnFeeRule.organisation_id, ReturnFeeRule.valid_from,
            ReturnFeeRule.set_at, Organisation.name_vi, Organisation.name_en,
        )
        .outerjoin(Organisation, Organisation.id == ReturnFeeRule.organisation_id)
        .where(ReturnFeeRule.seller_id == seller_id)
        .order_by(ReturnFeeRule.valid_from.desc(), ReturnFeeRule.id.desc())
    ).all()  # fmt: skip
