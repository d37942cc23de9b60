"""Who gave is forgotten in time: how to reach her goes, what she gave stays counted."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from shop.fundraising.actions.gifts import drop_giver
from shop.fundraising.goods_models import GoodsGift
from shop.fundraising.models import Campaign, Gift
from shop.fundraising.rules import KEEP_GIVERS, CampaignState

#: A job forgets so many at once.
_AT_ONCE = 200


def forget_goods_givers(session: Session, now: datetime) -> int:
    """Drop names and phones of those who gave goods a year ago; how many: until none.

    A name that she let everybody read stays beside the goods, as those of givers of money do.
    """
    old = _kept(GoodsGift).where(GoodsGift.given_at < now - KEEP_GIVERS)
    return _drop(session, GoodsGift, session.scalars(old).all())


def forget_money_givers(session: Session, now: datetime) -> int:
    """Drop names and letters' addresses of those who gave money; how many: until none.

    Of money that never came, all that she wrote goes a year after. Of money that came, she is
    written to while its fund hands over: a year after, and once the campaign is over.
    """
    before = now - KEEP_GIVERS
    over = Campaign.state.in_((CampaignState.CLOSED, CampaignState.FINISHED))
    old = (
        _kept(Gift)
        .add_columns(Gift.received_vnd)
        .join(Campaign, Campaign.id == Gift.campaign_id)
        .where(
            Gift.offered_at < before,
            or_(Gift.received_at.is_(None), over & (Gift.received_at < before)),
        )
    )
    rows = session.execute(old).all()
    for row in rows:
        if not row.received_vnd:
            drop_giver(session, gift_id=row.id, now=now)
    return _drop(session, Gift, [row.id for row in rows])


def _kept(table: Any) -> Any:
    """Return the select of rows that say how to reach somebody, the oldest first."""
    return select(table.id).where(func.length(table.contact) > 0).order_by(table.id).limit(_AT_ONCE)


def _drop(session: Session, table: Any, ids: Any) -> int:
    nothing = {"contact": b"", "data_key": b""} | ({"has_email": False} if table is Gift else {})
    session.execute(update(table).where(table.id.in_(ids)).values(nothing))
    return len(ids)
