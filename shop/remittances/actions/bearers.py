"""Saying who bears the way back of a seller's refused parcels."""

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.audit.actions import note
from shop.kernel.clock import vietnam_date
from shop.kernel.errors import NotYours
from shop.remittances.models import ReturnFeeRule
from shop.remittances.queries.bearers import bearer_on
from shop.remittances.rules.bearers import BearerInThePast
from shop.sellers.models import Seller


def set_bearer(
    session: Session,
    *,
    seller_id: int,
    organisation_id: int | None,
    valid_from: date,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
    undoes_id: int | None = None,
) -> bool:
    """Note who bears return fees of a seller's parcels from a day on; False when it was so.

    Args:
        organisation_id: the organisation that bears them; None: the seller.

    Raises:
        NotYours: the seller does not belong to that organisation.
        BearerInThePast
    """
    unit = session.scalar(select(Seller.organisation_id).where(Seller.id == seller_id))
    if unit is None or organisation_id not in (None, unit):
        raise NotYours(what="seller", id=seller_id)
    if valid_from < vietnam_date(now):
        raise BearerInThePast
    before = bearer_on(session, seller_id, valid_from)
    if before == organisation_id:
        return False
    session.add(
        ReturnFeeRule(
            seller_id=seller_id, organisation_id=organisation_id, valid_from=valid_from,
            set_at=now, set_by_id=actor_id,
        )
    )  # fmt: skip
    session.flush()
    note(
        session, action="seller.return_fee_set", subject_kind="seller", subject_id=seller_id,
        now=now, actor_id=actor_id, actor_name=actor_name, organisation_id=organisation_id,
        before=before, day=valid_from.isoformat(), undoes_id=undoes_id,
    )  # fmt: skip
    return True
