"""Cards of what can be shared, written from what its public page says and nothing else."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.fundraising.models import Campaign
from shop.fundraising.queries.figures import figures_of
from shop.fundraising.rules import CampaignState
from shop.kernel.clock import vietnam_date
from shop.kernel.codes import read_code
from shop.markets.models import MarketSession
from shop.markets.queries.shown import market_page
from shop.markets.rules.sessions import Phase, SessionState, phase_of
from shop.media.files import MASTER, file_name
from shop.media.models import Picture
from shop.mutual_aid.models import HelpCall
from shop.mutual_aid.queries import call_page
from shop.mutual_aid.rules import CallState
from shop.organisations.models import Organisation
from shop.organisations.telling.queries import open_announcement
from shop.sharing.models import SharePicture
from shop.sharing.rules import Card, Figure, Shape
from shop.web.links import absolute
from shop.web.words import _, counted, day, dong, language, moment, number, tr

#: Finds a card by its key, or None when nothing by that key is public.
CardOf = Callable[[Session, str, datetime], Card | None]


def short(address: str) -> str:
    """Return an address as people type it: without "https://"."""
    return address.partition("://")[2] or address


def card_of_call(session: Session, code: str, now: datetime) -> Card | None:
    """Return the card of a call for help that takes place; drafts and cancelled ones have none.

    Who pledged is never on it: pictures go on when a name is taken back.
    """
    if read_code(code)[:12] != code:
        return None
    found = call_page(session, code, now)
    if found is None or found.row.state != CallState.OPEN:
        return None
    row, address = found.row, absolute(f"/giup-nhau/{code}")
    had = ", ".join(
        _("%(n)s trên %(all)s", n=number(need.pledged), all=counted(need.wanted, tr(need, "unit")))
        for need in found.needs
    )
    return Card(
        kind=_("Giúp nhau"), title=tr(row, "title"),
        lines=(
            _("Giúp %(whom)s", whom=tr(row, "for_whom")), moment(row.starts_at), tr(row, "place"),
        ),
        figure=Figure(vietnam_date(now), _("đã có %(had)s", had=had)) if had else None,
        by=tr(found.organisation, "name"), address=address, short=short(address),
        scan=_("Quét để xem và nhận lời"), locale=language(),
    )  # fmt: skip


def card_of_campaign(session: Session, code: str, now: datetime) -> Card | None:
    """Return the card of a campaign that two people opened; its figure is the ledger's of today.

    For whom is what the public page says; households and givers are never on it.
    """
    row = session.execute(
        select(Campaign, Organisation, Picture.digest)
        .join(Organisation, Organisation.id == Campaign.organisation_id)
        .outerjoin(Picture, Picture.id == Campaign.picture_id)
        .where(Campaign.code == code, Campaign.state.in_(_PUBLIC))
    ).one_or_none()
    if row is None:
        return None
    campaign, unit, digest = row
    raised, address = (
        figures_of(session, [campaign.id])[campaign.id].raised_vnd,
        absolute(f"/gay-quy/{code}"),
    )
    lines = [_("Giúp %(whom)s", whom=tr(campaign, "for_whom"))]
    if campaign.state == CampaignState.OPEN and campaign.closes_on:
        lines.append(_("Nhận tới hết ngày %(day)s", day=day(campaign.closes_on, "year")))
    return Card(
        kind=_("Gây quỹ"), title=tr(campaign, "title"), lines=tuple(lines),
        figure=Figure(
            vietnam_date(now),
            _("đã gây được %(raised)s, cần %(goal)s", raised=dong(raised), goal=dong(campaign.goal_vnd)),
        ),
        by=tr(unit, "name"), address=address, short=short(address),
        scan=_("Quét để xem sổ quỹ và góp"), locale=language(),
        picture=file_name(digest, MASTER, "jpg") if digest else "",
    )  # fmt: skip


def card_of_market(session: Session, code: str, now: datetime) -> Card | None:
    """Return the card of a market that is shown: until when, what there is, where to collect."""
    if read_code(code)[:12] != code:
        return None
    page = market_page(session, code)
    if page is None:
        return None
    row, address = page.row, absolute(f"/phien-cho/{code}")
    takes = phase_of(row, now) in (Phase.COMING, Phase.TAKING)
    names = [tr(goods, "title") for goods in page.goods]
    places = dict.fromkeys(tr(pickup, "name") for pickup in page.pickups)
    lines = (
        _("Nhận hàng %(at)s", at=moment(row.hand_over_at)),
        _("Chốt đơn %(at)s", at=moment(row.closes_at)) if takes else _("Phiên này đã chốt đơn."),
        ", ".join(names[:6]), ", ".join(places),
    )  # fmt: skip
    return Card(
        kind=_("Phiên chợ"), title=tr(row, "title"), lines=tuple(said for said in lines if said),
        figure=None, by=tr(page.organisation, "name"), address=address, short=short(address),
        scan=_("Quét để xem hàng và đặt trước"), locale=language(),
    )  # fmt: skip


def card_of_announcement(session: Session, code: str, now: datetime) -> Card | None:
    """Return the card of an announcement that everybody with its address may read."""
    found = open_announcement(session, code)
    if found is None:
        return None
    row, unit = found
    first = next((line for line in row.text.split("\n") if line.strip()), "")
    address = absolute(f"/thong-bao/{code}")
    return Card(
        kind=_("Thông báo"), title=row.title, lines=(first[:160],) if first else (), figure=None,
        by=tr(unit, "name"), address=address, short=short(address), scan=_("Quét để đọc cả bài"),
        locale=language(),
    )  # fmt: skip


_PUBLIC = (CampaignState.OPEN, CampaignState.CLOSED, CampaignState.FINISHED)
#: By the first part of a subject's own address.
CARDS: dict[str, CardOf] = {
    "giup-nhau": card_of_call,
    "gay-quy": card_of_campaign,
    "phien-cho": card_of_market,
    "thong-bao": card_of_announcement,
}


def card(session: Session, kind: str, key: str, now: datetime) -> Card | None:
    """Return the card of a subject by its kind and key, or None."""
    return CARDS[kind](session, key, now) if kind in CARDS else None


def kept_digest(
    session: Session, kind: str, key: str, shape: Shape, locale: str, *, to_change: bool = False
) -> SharePicture | None:
    """Return what is kept of a subject's picture."""
    wanted = select(SharePicture).where(
        SharePicture.kind == kind, SharePicture.key == key, SharePicture.shape == shape,
        SharePicture.locale == locale,
    )  # fmt: skip
    return session.scalar(wanted.with_for_update() if to_change else wanted)


def to_make_ahead(session: Session, now: datetime, most: int = 40) -> Sequence[tuple[str, str]]:
    """Return (kind, key) of what people share these days: calls, campaigns and markets that run."""
    codes = session.scalars(
        select(HelpCall.code)
        .where(HelpCall.state == CallState.OPEN, HelpCall.ends_at > now)
        .order_by(HelpCall.starts_at)
        .limit(most)
    )
    running = session.scalars(
        select(Campaign.code)
        .where(Campaign.state == CampaignState.OPEN)
        .order_by(Campaign.closes_on)
        .limit(most)
    )
    markets = session.scalars(
        select(MarketSession.code)
        .where(MarketSession.state == SessionState.SHOWN, MarketSession.closes_at > now)
        .order_by(MarketSession.closes_at)
        .limit(most)
    )
    return [
        *(("giup-nhau", code) for code in codes), *(("gay-quy", code) for code in running),
        *(("phien-cho", code) for code in markets),
    ]  # fmt: skip
