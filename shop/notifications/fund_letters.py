"""The letters around a campaign's money: a receipt with thanks for each gift that came."""

from datetime import datetime

from sqlalchemy.orm import Session

from shop.fundraising.events import ShareReceived
from shop.fundraising.models import Campaign, Gift, SharePayment
from shop.fundraising.queries.gifts import gift_link_token, giver_of
from shop.notifications.letters import link
from shop.notifications.mailing import Letter, write
from shop.notifications.queries import Reader, readers_of_seller


def of_gift(
    session: Session, gift_id: int, amount_vnd: int, entry_id: int
) -> list[Letter]:  # fmt: skip
    """To whoever gave, when she left an address: what came, thanks, and her private link."""
    row = session.get(Gift, gift_id)
    giver = giver_of(row) if row is not None else {}
    if row is None or not giver.get("email") or amount_vnd <= 0:
        return []
    reader = Reader(f"gift:{row.id}", giver.get("name") or "", giver["email"], row.locale)
    return [
        write(
            "gift", f"gift-received:{entry_id}", reader, gift=row, amount_vnd=amount_vnd,
            campaign=session.get_one(Campaign, row.campaign_id),
            address=link(f"/dong-gop/{gift_link_token(row)}", row.locale),
        )
    ]  # fmt: skip


def of_share(
    session: Session, row: SharePayment, event: ShareReceived, now: datetime
) -> list[Letter]:
    """To the people of a stall: what they paid in of their shares has come."""
    campaign = session.get_one(Campaign, row.campaign_id)
    return [
        write(
            "share_received", f"share-received:{event.entry_id}", reader,
            amount_vnd=event.amount_vnd, campaign=campaign, memo=row.memo,
            address=link(f"/gay-quy/{campaign.code}", reader.locale),
        )
        for reader in readers_of_seller(session, row.seller_id, now)
    ]  # fmt: skip
