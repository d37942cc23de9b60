"""The clock drafts settlements for organisations that want it. It approves and pays nothing."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shop.db import db, in_transaction
from shop.kernel.clock import vietnam_date
from shop.payouts.actions.drafting import draft_settlement
from shop.payouts.models import PayoutSetting, Settlement
from shop.payouts.queries.owed import owed_by
from shop.payouts.rules import DraftWaits, NothingToSettle, due_period

#: The job's name, where its last run is kept.
DRAFT_DUE = "payouts.draft_due"
#: A period that ended so long ago without a settlement is named by `flask doctor`.
TOO_LONG = timedelta(days=3)


def draft_due(now: datetime) -> None:
    """Draft each settlement whose week or month is over, however long ago."""
    wanted = select(PayoutSetting.organisation_id).where(PayoutSetting.rhythm != "by_hand")
    units = db.session.scalars(wanted.order_by(PayoutSetting.organisation_id)).all()
    db.session.rollback()
    for unit in units:
        in_transaction(lambda session, one=unit: _draft(session, one, now))


def _draft(session: Session, organisation_id: int, now: datetime) -> None:
    setting = session.get(PayoutSetting, organisation_id, with_for_update=True)
    if setting is None:
        return
    setting.looked_at = now
    session.flush()
    period = due_period(setting.rhythm, last_on(session, organisation_id), vietnam_date(now))
    if period is None:
        return
    try:
        with session.begin_nested():
            draft_settlement(
                session, organisation_id=organisation_id, from_on=period[0], to_on=period[1],
                actor_id=None, actor_name="", now=now,
            )  # fmt: skip
    except (DraftWaits, NothingToSettle):
        return  # The one before waits for a person, or nobody sold anything: looked at again.


def last_on(session: Session, organisation_id: int) -> date | None:
    """Return the last day of an organisation's settled periods, or None; markets are apart."""
    return session.scalar(
        select(func.max(Settlement.to_on)).where(
            Settlement.organisation_id == organisation_id, Settlement.state != "dropped",
            Settlement.source_kind == "period",
        )
    )  # fmt: skip


def not_drafted(session: Session, now: datetime) -> list[Any] | None:
    """Return the organisations whose period ended days ago and that owe sellers, without a settlement.

    None: nobody lets the clock draft.
    """
    settings = session.execute(
        select(PayoutSetting.organisation_id, PayoutSetting.rhythm).where(
            PayoutSetting.rhythm != "by_hand"
        )
    ).all()
    if not settings:
        return None
    today = vietnam_date(now - TOO_LONG)
    late = [
        row.organisation_id
        for row in settings
        if due_period(row.rhythm, last_on(session, row.organisation_id), today) is not None
    ]
    return [row for row in owed_by(session, late) if row.owed_vnd > 0]
