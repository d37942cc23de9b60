"""Cards of what can be shared, written from what its public page says and nothing else."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from shop.catalogue.models import Product, ProductPicture, Variant
from shop.fundraising.models import Campaign
from shop.fundraising.queries.figures import figures_of
from shop.fundraising.rules import CampaignState
from shop.kernel.clock import vietnam_date
from shop.kernel.codes import read_code
from shop.markets.models import MarketOffer, MarketSession
from shop.markets.queries.shown import market_page
from shop.markets.rules.sessions import Phase, SessionState, phase_of
from shop.media.files import master_of
from shop.media.models import Picture
from shop.mutual_aid.models import HelpCall
from shop.mutual_aid.queries import call_page
from shop.mutual_aid.rules import CallState
from shop.organisations.models import Organisation
from shop.organisations.telling.queries import open_announcement
from shop.sellers.models import Seller
from shop.sharing.models import SharePicture, ShareVisits
from shop.sharing.rules import Card, Figure, Shape, Source, short_code
from shop.web.links import absolute
from shop.web.words import _, counted, day, dong, language, moment, number, tr

#: Finds a card by its key, or None when nothing by that key is public.
CardOf = Callable[[Session, str, datetime], Card | None]


#: The first picture of a product.
_FACE = (
    select(Picture.digest)
    .join(ProductPicture, ProductPicture.picture_id == Picture.id)
    .where(ProductPicture.product_id == Product.id)
    .order_by(ProductPicture.position, Picture.id)
    .limit(1)
    .correlate(Product)
    .scalar_subquery()
)


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
        picture=master_of(digest) if digest else "",
    )  # fmt: skip


def card_of_market(session: Session, code: str, now: datetime) -> Card | None:
    """Return the card of a market that is shown: until when, what there is, where to collect."""
    if read_code(code)[:12] != code:
        return None
    page = market_page(session, code)
    if page is None:
        return None
    row = page.row
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
        figure=None, by=tr(page.organisation, "name"), locale=language(),
        scan=_("Quét để xem hàng và đặt trước"), picture=_picture_of_goods(session, row.id),
        **_links("phien-cho", row.id, f"/phien-cho/{code}"),
    )  # fmt: skip


def _picture_of_goods(session: Session, session_id: int) -> str:
    """Return the file of a photo of something that is brought to a market, or ""."""
    digest = session.scalar(
        select(_FACE)
        .select_from(MarketOffer)
        .join(Variant, Variant.id == MarketOffer.variant_id)
        .join(Product, Product.id == Variant.product_id)
        .where(MarketOffer.session_id == session_id, _FACE.is_not(None))
        .order_by(MarketOffer.id)
        .limit(1)
    )
    return master_of(digest) if digest else ""


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


def _links(kind: str, subject_id: int, where: str) -> dict[str, str]:
    """Return the addresses of a card whose visits are counted."""
    in_picture, in_words = (
        _short_link(kind, subject_id, source) for source in (Source.PICTURE, Source.WORDS)
    )
    return {
        "address": in_picture, "short": short(in_picture), "in_words": in_words,
        "page": absolute(where),
    }  # fmt: skip


def _short_link(kind: str, subject_id: int, source: Source) -> str:
    return absolute(f"/s/{short_code(kind, subject_id, source)}")


def on_poster(card: Card) -> Card:
    """Return a card as it is printed: whoever scans it there is counted apart."""
    end = f"-{Source.PICTURE}"
    if not card.in_words or not card.address.endswith(end):
        return card
    address = f"{card.address.removesuffix(end)}-{Source.POSTER}"
    return replace(card, address=address, short=short(address))


_ON_SHOW = (
    Product.state == "published", Seller.is_open
)  # fmt: skip


def card_of_product(session: Session, slug: str, now: datetime) -> Card | None:
    """Return the card of a thing on show: photo, name, price, maker."""
    row = session.execute(
        select(Product, Seller, _FACE.label("digest"))
        .join(Seller, Seller.id == Product.seller_id)
        .where(Product.slug == slug, *_ON_SHOW)
    ).one_or_none()
    if row is None or row.Product.price_vnd is None:
        return None
    product, maker = row.Product, row.Seller
    from_price = _(
        "%(price)s một %(unit)s", price=dong(product.price_vnd), unit=tr(product, "unit")
    )
    return Card(
        kind=_("Hàng nhà làm"), title=tr(product, "title"), price=from_price,
        lines=(_("%(who)s, %(where)s", who=maker.person, where=_place(maker)),),
        figure=None, by=tr(maker, "name"), scan=_("Quét để xem và đặt hàng"), locale=language(),
        picture=master_of(row.digest) if row.digest else "",
        **_links("san-pham", product.id, f"/san-pham/{slug}"),
    )  # fmt: skip


def card_of_stall(session: Session, slug: str, now: datetime) -> Card | None:
    """Return the card of a stall; its photo is that of the newest thing on show."""
    newest = (
        select(_FACE)
        .where(Product.seller_id == Seller.id, Product.state == "published")
        .order_by(Product.published_at.desc(), Product.id.desc())
        .limit(1)
        .correlate(Seller)
        .scalar_subquery()
    )
    row = session.execute(
        select(Seller, newest.label("digest")).where(Seller.slug == slug, Seller.is_open)
    ).one_or_none()
    if row is None:
        return None
    maker = row.Seller
    said = tr(maker, "sentence")
    return Card(
        kind=_("Gian hàng"), title=tr(maker, "name"),
        lines=(*((said,) if said else ()), _("%(who)s, %(where)s", who=maker.person, where=_place(maker))),
        figure=None, by=tr(maker, "name"), scan=_("Quét để xem hàng đang bày"), locale=language(),
        picture=master_of(row.digest) if row.digest else "",
        **_links("nguoi-lam", maker.id, f"/nguoi-lam/{slug}"),
    )  # fmt: skip


def _place(maker: Seller) -> str:
    return ", ".join(
        part for part in (tr(maker, "hamlet"), maker.ward_name, maker.province_name) if part
    )


def page_of(session: Session, kind: str, subject_id: int) -> str | None:
    """Return the path of what a short link leads to, or None."""
    if kind == "san-pham":
        found = session.scalar(select(Product.slug).where(Product.id == subject_id))
    elif kind == "nguoi-lam":
        found = session.scalar(select(Seller.slug).where(Seller.id == subject_id))
    else:
        found = session.scalar(
            select(MarketSession.code).where(
                MarketSession.id == subject_id, MarketSession.state == SessionState.SHOWN
            )
        )
    return f"/{kind}/{found}" if found else None


def names_of_goods(session: Session, product_ids: Sequence[int]) -> dict[int, Any]:
    """Return titles of products by id."""
    rows = session.execute(
        select(Product.id, Product.title_vi, Product.title_en).where(Product.id.in_(product_ids))
    )
    return {row.id: row for row in rows}


def goods_to_share(session: Session, seller_id: int, most: int = 12) -> Sequence[Any]:
    """Return what a stall has on show, the newest first: slug and title of each."""
    return session.execute(
        select(Product.slug, Product.title_vi, Product.title_en)
        .join(Seller, Seller.id == Product.seller_id)
        .where(Product.seller_id == seller_id, *_ON_SHOW, Product.price_vnd.is_not(None))
        .order_by(Product.published_at.desc(), Product.id.desc())
        .limit(most)
    ).all()


def stall_to_share(session: Session, seller_id: int) -> str | None:
    """Return the slug of a stall that buyers see, or None."""
    return session.scalar(select(Seller.slug).where(Seller.id == seller_id, Seller.is_open))


def visits_of_stall(session: Session, seller_id: int) -> dict[tuple[str, int, str], int]:
    """Return how many came by short links, by (kind, id, source), of a stall and its goods."""
    goods = select(Product.id).where(Product.seller_id == seller_id)
    hers = or_(
        and_(ShareVisits.kind == "san-pham", ShareVisits.subject_id.in_(goods)),
        and_(ShareVisits.kind == "nguoi-lam", ShareVisits.subject_id == seller_id),
    )
    rows = session.execute(
        select(
            ShareVisits.kind, ShareVisits.subject_id, ShareVisits.source,
            func.sum(ShareVisits.visits).label("visits"),
        )
        .where(hers)
        .group_by(ShareVisits.kind, ShareVisits.subject_id, ShareVisits.source)
    )  # fmt: skip
    return {(row.kind, row.subject_id, row.source): int(row.visits) for row in rows}


def visits_of(session: Session, kind: str, subject_id: int) -> dict[str, int]:
    """Return how many came by the short links of one subject, by where they found them."""
    rows = session.execute(
        select(ShareVisits.source, func.sum(ShareVisits.visits).label("visits"))
        .where(ShareVisits.kind == kind, ShareVisits.subject_id == subject_id)
        .group_by(ShareVisits.source)
    )
    return {row.source: int(row.visits) for row in rows}


_PUBLIC = (CampaignState.OPEN, CampaignState.CLOSED, CampaignState.FINISHED)
#: By the first part of a subject's own address.
CARDS: dict[str, CardOf] = {
    "giup-nhau": card_of_call,
    "gay-quy": card_of_campaign,
    "phien-cho": card_of_market,
    "thong-bao": card_of_announcement,
    "san-pham": card_of_product,
    "nguoi-lam": card_of_stall,
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


def kept_of(session: Session, kind: str, key: str, locale: str) -> Sequence[SharePicture]:
    """Return all pictures that are kept of a subject in a language."""
    return session.scalars(
        select(SharePicture).where(
            SharePicture.kind == kind, SharePicture.key == key, SharePicture.locale == locale
        )
    ).all()


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


#: As ``SharePicture.key`` takes them; longer slugs are drawn when they are asked for.
_LONGEST_KEY = 80


def goods_to_make(session: Session, locale: str, most: int = 8) -> list[tuple[str, str]]:
    """Return (kind, key) of goods and stalls on show that have no picture or changed since.

    The newest first, a few at a time: a sheet of thousands must not keep the worker from its
    other work.
    """
    thing = _kept_since("san-pham", Product.slug, locale)
    goods = session.scalars(
        select(Product.slug)
        .join(Seller, Seller.id == Product.seller_id)
        .where(
            *_ON_SHOW,
            func.length(Product.slug) <= _LONGEST_KEY,
            ~thing.where(SharePicture.made_at >= Product.updated_at).exists(),
        )
        .order_by(Product.updated_at.desc(), Product.id.desc())
        .limit(most)
    )
    newest = (
        select(func.max(Product.updated_at))
        .where(Product.seller_id == Seller.id, Product.state == "published")
        .correlate(Seller)
        .scalar_subquery()
    )
    place = _kept_since("nguoi-lam", Seller.slug, locale)
    stalls = session.scalars(
        select(Seller.slug)
        .where(
            Seller.is_open,
            ~place.where(SharePicture.made_at >= func.coalesce(newest, Seller.approved_at)).exists(),
        )
        .order_by(Seller.approved_at.desc(), Seller.id.desc())
        .limit(most)
    )  # fmt: skip
    return [*(("san-pham", slug) for slug in goods), *(("nguoi-lam", slug) for slug in stalls)]


def _kept_since(kind: str, key: Any, locale: str) -> Any:
    """Select the preview that is kept of a row; the other shapes are made with it."""
    return select(SharePicture.id).where(
        SharePicture.kind == kind, SharePicture.key == key, SharePicture.locale == locale,
        SharePicture.shape == Shape.PREVIEW,
    )  # fmt: skip


def no_longer_shown(session: Session, most: int = 100) -> Sequence[SharePicture]:
    """Return pictures of goods and stalls that are not on show any more."""
    shown = (
        select(Product.id)
        .join(Seller, Seller.id == Product.seller_id)
        .where(Product.slug == SharePicture.key, *_ON_SHOW)
    )
    open_stall = select(Seller.id).where(Seller.slug == SharePicture.key, Seller.is_open)
    return session.scalars(
        select(SharePicture)
        .where(
            or_(
                and_(SharePicture.kind == "san-pham", ~shown.exists()),
                and_(SharePicture.kind == "nguoi-lam", ~open_stall.exists()),
            )
        )
        .order_by(SharePicture.id)
        .limit(most)
    ).all()
