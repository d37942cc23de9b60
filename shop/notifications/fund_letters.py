"""The letters around a campaign's money: a receipt with thanks for each gift that came."""

from datetime import datetime

from sqlalchemy.orm import Session

from shop.fundraising.events import ShareReceived
from shop.fundraising.models import Campaign, CampaignDeadline, Gift, SharePayment
from shop.fundraising.queries.gifts import gift_link_token, giver_of
from shop.notifications.letters import link
from shop.notifications.mailing import Letter, write
from shop.notifications.queries import Reader, readers_of_seller, readers_with_right
from shop.web.words import lazy_, speaking


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


DUTY_WORDS = {
    "announce": lazy_("Nói rõ mục đích, tài khoản, thời gian"),
    "totals": lazy_("Công bố đã nhận bao nhiêu"),
    "hand_over": lazy_("Trao hết cho người nhận"),
    "uses": lazy_("Công bố đã dùng vào việc gì"),
}


def of_duty(session: Session, deadline_id: int, stage: str, now: datetime) -> list[Letter]:
    """To organisers, of the unit and of those above: what is near or late, unless it was done."""
    row = session.get(CampaignDeadline, deadline_id)
    if row is None or row.done_on is not None:
        return []
    campaign = session.get_one(Campaign, row.campaign_id)
    letters = []
    for reader in readers_with_right(session, "run_campaigns", campaign.organisation_id, now):
        with speaking(reader.locale):
            duty = str(DUTY_WORDS[row.duty])
        letters.append(
            write(
                "duty_due", f"duty:{row.id}:{stage}", reader, campaign=campaign, deadline=row,
                duty=duty, stage=stage,
                address=link(f"/dieu-hanh/gay-quy/{campaign.id}", reader.locale),
            )
        )  # fmt: skip
    return letters


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
