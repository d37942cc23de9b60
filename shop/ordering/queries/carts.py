"""Reads of carts. A cart is found by its cookie or, signed in, by its owner."""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, Select, and_, bindparam, case, func, select
from sqlalchemy.orm import Session, aliased

from shop.catalogue.models import Product, ProductPicture, Variant
from shop.catalogue.season_rules import Away, away_of
from shop.fundraising.models import Campaign, CampaignOffer
from shop.fundraising.rules import CampaignState, ShareRule
from shop.kernel.clock import vietnam_date
from shop.kernel.sealing import token_digest
from shop.markets.models import MarketOffer, MarketSession
from shop.markets.rules.sessions import SessionState
from shop.media.models import Picture
from shop.ordering.models import Cart, CartItem
from shop.ordering.rules import CartLine, MarketOf, SoldFor, Stall
from shop.organisations.models import OrganisationClosure
from shop.prepared import Among, Prepared, PreparedForSeveral
from shop.sellers.models import Payee, Seller
from shop.sellers.rules import away_on
from shop.shares.queries import EDITION
from shop.shipping.rules import Origin, Packed
from shop.stock.models import StockLevel
from shop.stock.preorder_models import Preorder
from shop.stock.preorder_rules import takes_orders

_open_round = and_(Preorder.variant_id == Variant.id, Preorder.ended_at.is_(None))


def _lines_of(cart_id: Any) -> Select[*tuple[Any, ...]]:
    her_payee, unit_payee = aliased(Payee), aliased(Payee)
    # The nearest account at or above her unit, as ``sellers.queries.payee_of`` reads it.
    collecting = (
        select(unit_payee.id)
        .join(OrganisationClosure, OrganisationClosure.ancestor_id == unit_payee.organisation_id)
        .where(
            OrganisationClosure.descendant_id == Seller.organisation_id,
            unit_payee.ended_at.is_(None),
        )
        .order_by(OrganisationClosure.depth)
        .limit(1)
        .correlate(Seller)
        .scalar_subquery()
    )
    return (
        select(
            CartItem.variant_id,
            CartItem.quantity,
            CartItem.seen_price_vnd,
            Variant.product_id,
            Variant.sku,
            Variant.name_vi.label("variant_vi"),
            Variant.name_en.label("variant_en"),
            Variant.price_vnd,
            Variant.weight_g,
            Variant.length_mm,
            Variant.width_mm,
            Variant.height_mm,
            Variant.restock_on,
            and_(Variant.retired_at.is_(None), Product.state == "published", Seller.is_open).label(
                "on_sale"
            ),
            Product.slug,
            Product.title_vi,
            Product.title_en,
            Product.unit_vi,
            Product.unit_en,
            Product.tax_category,
            Product.category_id,
            Product.season_from,
            Product.season_to,
            Product.season_yearly,
            func.coalesce(StockLevel.available, 0).label("available"),
            Preorder.ready_on,
            (Preorder.cap - Preorder.taken).label("places"),
            Seller.id.label("seller_id"),
            Seller.slug.label("seller_slug"),
            Seller.name_vi,
            Seller.name_en,
            Seller.initials,
            Seller.person,
            Seller.hamlet_vi,
            Seller.hamlet_en,
            Seller.ward_code,
            Seller.province_code,
            Seller.region,
            Seller.lead_days_min,
            Seller.lead_days_max,
            Seller.organisation_path,
            Seller.organisation_id,
            Seller.blind_makers,
            Seller.away_until,
            Seller.paid_through_organisation,
            case((Seller.paid_through_organisation, collecting), else_=her_payee.id).label(
                "payee_id"
            ),
            EDITION.label("share_edition"),
            Campaign.id.label("campaign_id"),
            Campaign.code.label("campaign_code"),
            Campaign.title_vi.label("campaign_vi"),
            Campaign.title_en.label("campaign_en"),
            Campaign.state.label("campaign_state"),
            Campaign.opens_on,
            Campaign.closes_on,
            CampaignOffer.share_kind,
            CampaignOffer.share_vnd,
            CampaignOffer.share_hundredths,
            CampaignOffer.cost_vnd,
            CartItem.market_offer_id,
            MarketOffer.price_vnd.label("market_price_vnd"),
            case((MarketOffer.least > 0, MarketOffer.id)).label("market_alone_id"),
            (MarketOffer.quantity - MarketOffer.taken).label("market_left"),
            and_(
                MarketOffer.seller_agreed_at.is_not(None),
                MarketOffer.officer_agreed_at.is_not(None),
                MarketOffer.ended_at.is_(None),
                MarketOffer.fell_at.is_(None),
            ).label("market_agreed"),
            MarketSession.id.label("market_id"),
            MarketSession.code.label("market_code"),
            MarketSession.title_vi.label("market_vi"),
            MarketSession.title_en.label("market_en"),
            MarketSession.opens_at.label("market_opens_at"),
            MarketSession.closes_at.label("market_closes_at"),
            MarketSession.hand_over_at.label("market_at"),
            MarketSession.ends_at.label("market_ends_at"),
            MarketSession.closed_at.label("market_closed_at"),
            MarketSession.state.label("market_state"),
            MarketSession.collects.label("market_collects"),
            MarketSession.payee_id.label("market_payee_id"),
            her_payee.id.label("her_payee_id"),
        )
        .join(Variant, Variant.id == CartItem.variant_id)
        .join(Product, Product.id == Variant.product_id)
        .join(Seller, Seller.id == Product.seller_id)
        .outerjoin(StockLevel, StockLevel.variant_id == Variant.id)
        .outerjoin(Preorder, _open_round)
        .outerjoin(her_payee, and_(her_payee.seller_id == Seller.id, her_payee.ended_at.is_(None)))
        .outerjoin(
            CampaignOffer,
            and_(CampaignOffer.product_id == Product.id, CampaignOffer.ended_at.is_(None)),
        )
        .outerjoin(Campaign, Campaign.id == CampaignOffer.campaign_id)
        .outerjoin(MarketOffer, MarketOffer.id == CartItem.market_offer_id)
        .outerjoin(MarketSession, MarketSession.id == MarketOffer.session_id)
        .where(CartItem.cart_id == cart_id)
        .order_by(Seller.id, CartItem.added_at, CartItem.variant_id)
    )


class _Whose:
    """The statements about a visitor's cart, by what the cart is found with."""

    def __init__(self, cart: Callable[[], Select[int]]) -> None:
        self.id = Prepared(cart)
        self.whole = Prepared(
            lambda: _lines_of(cart().scalar_subquery()).add_columns(
                CartItem.cart_id, CartItem.removed_at
            )
        )
        self.count = Prepared(
            lambda: (
                select(func.count())
                .select_from(CartItem)
                .where(CartItem.cart_id == cart().scalar_subquery(), CartItem.removed_at.is_(None))
            )
        )


def account_cart() -> Select[int]:
    return select(Cart.id).where(Cart.account_id == bindparam("account_id"))


def guest_cart() -> Select[int]:
    return select(Cart.id).where(
        Cart.token_digest == bindparam("digest"),
        Cart.account_id.is_(None),
        Cart.expires_at > bindparam("now"),
    )


def finds_cart(token: str | None, account_id: int | None, now: datetime) -> dict[str, Any]:
    """Return the values by which ``account_cart`` or, without an account, ``guest_cart`` finds it."""
    if account_id is not None:
        return {"account_id": account_id}
    return {"digest": token_digest(token or ""), "now": now}


_OF_ACCOUNT, _OF_GUEST = _Whose(account_cart), _Whose(guest_cart)


@Prepared
def _kept() -> Any:
    return _lines_of(bindparam("cart_id")).where(CartItem.removed_at.is_(None))


@Prepared
def _removed() -> Any:
    return _lines_of(bindparam("cart_id")).where(CartItem.removed_at.is_not(None))


def cart_lines(
    session: Session, cart_id: int, now: datetime | None = None, *, late: bool = False
) -> list[CartLine]:
    """Return a cart at today's prices, seller by seller, as the lines were put in. One query.

    Args:
        now: whether markets take orders then; None: whether they are not closed yet.
        late: an officer writes it down for somebody who rang after the close.
    """
    stalls: _Stalls = {}
    return [_line(row, stalls, now, late) for row in _kept.all(session, {"cart_id": cart_id})]


def removed_lines(session: Session, cart_id: int) -> list[CartLine]:
    """Return what was just taken out and may still be put back."""
    stalls: _Stalls = {}
    return [_line(row, stalls, None) for row in _removed.all(session, {"cart_id": cart_id})]


class WholeCart(NamedTuple):
    """A cart as its page shows it. ``id``: 0 when nothing is in it."""

    id: int
    lines: list[CartLine]
    just_removed: list[CartLine]


def whole_cart(
    session: Session, *, token: str | None, account_id: int | None, now: datetime
) -> WholeCart:
    """Return what is in a visitor's cart, and what she just took out. One query."""
    if account_id is None and not token:
        return WholeCart(0, [], [])
    whose, values = _cart_of(token, account_id, now)
    stalls: _Stalls = {}
    kept: list[CartLine] = []
    removed: list[CartLine] = []
    cart_id = 0
    for row in whose.whole.all(session, values):
        cart_id = row.cart_id
        (kept if row.removed_at is None else removed).append(_line(row, stalls, now))
    return WholeCart(cart_id, kept, removed)


#: By seller, market session, and what stands or falls alone there.
_Stalls = dict[tuple[int, int | None, int | None], Stall]


def _line(
    row: Row[*tuple[Any, ...]], stalls: _Stalls, now: datetime | None, late: bool = False
) -> CartLine:
    where = row.seller_id, row.market_id, row.market_alone_id
    stall = stalls.get(where)
    if stall is None:
        stall = stalls[where] = _stall(row, None if late else now)
    at_market = row.market_offer_id is not None
    # What is ordered ahead is ordered from the shop; a market sells what is there.
    ahead = (
        row.ready_on is not None
        and not at_market
        and now is not None
        and takes_orders(row.ready_on, row.places, row.available, vietnam_date(now))
    )
    off_season = None
    if row.season_from is not None and not at_market and not late:
        off_season = _season_of(row, now)
    return CartLine(
        variant_id=row.variant_id,
        product_id=row.product_id,
        stall=stall,
        slug=row.slug,
        sku=row.sku,
        title_vi=row.title_vi,
        title_en=row.title_en,
        variant_vi=row.variant_vi,
        variant_en=row.variant_en,
        unit_vi=row.unit_vi,
        unit_en=row.unit_en,
        quantity=row.quantity,
        unit_price_vnd=row.market_price_vnd if at_market else row.price_vnd,
        seen_price_vnd=row.seen_price_vnd,
        available=row.places
        if ahead
        else min(row.available, row.market_left)
        if at_market
        else row.available,
        on_sale=bool(row.on_sale)
        and stall.away_until is None
        and off_season is None
        and (not at_market or _market_takes(row, now, late)),
        restock_on=None if at_market else row.restock_on,
        packed=Packed(row.quantity, row.weight_g, row.length_mm, row.width_mm, row.height_mm),
        tax_category=row.tax_category,
        category_id=row.category_id,
        sold_for=_sold_for(row) if row.campaign_id is not None and not at_market else None,
        market_offer_id=row.market_offer_id,
        off_season=off_season,
        ready_on=row.ready_on if ahead else None,
    )


def _season_of(row: Row[*tuple[Any, ...]], now: datetime | None) -> Away | None:
    if now is None:
        return None
    return away_of(row.season_from, row.season_to, row.season_yearly, vietnam_date(now))


def _stall(row: Row[*tuple[Any, ...]], now: datetime | None) -> Stall:
    """``now``: None when a holiday does not matter: an officer writes down what was agreed."""
    market = None
    if row.market_id is not None:
        market = MarketOf(
            row.market_id, row.market_code, row.market_vi, row.market_en, row.market_opens_at,
            row.market_closes_at, row.market_at, row.market_ends_at, row.market_collects,
        )  # fmt: skip
    payee_id = row.payee_id
    if market is not None:  # The unit's account, or her own: a market knows no third.
        payee_id = row.market_payee_id if market.collects else row.her_payee_id
    return Stall(
        id=row.seller_id,
        slug=row.seller_slug,
        name_vi=row.name_vi,
        name_en=row.name_en,
        initials=row.initials,
        person=row.person,
        hamlet_vi=row.hamlet_vi,
        hamlet_en=row.hamlet_en,
        origin=Origin(row.ward_code, row.province_code, row.region),
        lead_days=(row.lead_days_min, row.lead_days_max),
        organisation_path=row.organisation_path,
        payee_id=payee_id,
        blind_makers=row.blind_makers,
        share_edition=row.share_edition,
        organisation_id=row.organisation_id,
        market=market,
        offer_id=row.market_alone_id,
        away_until=away_on(row.away_until, vietnam_date(now)) if now and row.away_until else None,
        paid_through_organisation=row.paid_through_organisation,
    )


def _market_takes(row: Row[*tuple[Any, ...]], now: datetime | None, late: bool) -> bool:
    """Tell whether the market of a line takes orders; ``take_order`` asks again as it counts."""
    if not row.market_agreed or row.market_state != SessionState.SHOWN:
        return False
    if late:
        return now is None or now < row.market_ends_at
    if row.market_closed_at is not None:
        return False
    return now is None or row.market_opens_at <= now < row.market_closes_at


def _sold_for(row: Row[*tuple[Any, ...]]) -> SoldFor | None:
    if row.campaign_state != CampaignState.OPEN:
        return None
    rule = ShareRule(
        row.campaign_id, row.share_kind, row.share_vnd, row.share_hundredths, row.cost_vnd
    )
    return SoldFor(
        rule, row.campaign_code, row.campaign_vi, row.campaign_en, row.opens_on, row.closes_on
    )


def cart_id_of(
    session: Session, *, token: str | None, account_id: int | None, now: datetime
) -> int | None:
    """Return the cart of a signed-in account, else the one that the cookie names."""
    if account_id is None and not token:
        return None
    whose, values = _cart_of(token, account_id, now)
    return whose.id.scalar(session, values)


def guest_cart_id(session: Session, token: str | None, now: datetime) -> int | None:
    """Return the cart that a cookie names, unless it belongs to an account or is over."""
    return cart_id_of(session, token=token, account_id=None, now=now)


def _cart_of(
    token: str | None, account_id: int | None, now: datetime
) -> tuple[_Whose, dict[str, Any]]:
    """Return the statements that find a visitor's cart, and its values."""
    whose = _OF_GUEST if account_id is None else _OF_ACCOUNT
    return whose, finds_cart(token, account_id, now)


def lines_in_cart(
    session: Session, *, token: str | None, account_id: int | None, now: datetime
) -> int:
    """Return how many different things are in the cart, for the header. One light query."""
    if account_id is None and not token:
        return 0
    whose, values = _cart_of(token, account_id, now)
    return whose.count.scalar(session, values) or 0


@PreparedForSeveral
def _faces(among: Among) -> Any:
    return (
        select(ProductPicture.product_id, Picture.digest, Picture.versions)
        .join(Picture, Picture.id == ProductPicture.picture_id)
        .where(among(ProductPicture.product_id))
        .order_by(ProductPicture.product_id, ProductPicture.position, Picture.id)
    )


def faces(session: Session, product_ids: Iterable[int]) -> dict[int, Row[*tuple[Any, ...]]]:
    """Return the first picture (digest, versions) of each product, by product id. One query."""
    found: dict[int, Row[*tuple[Any, ...]]] = {}
    for row in _faces.all(session, sorted(set(product_ids))):
        found.setdefault(row.product_id, row)
    return found


@Prepared
def _adding() -> Any:
    in_cart = (
        select(func.count()).select_from(CartItem).where(CartItem.cart_id == bindparam("cart"))
    )
    return (
        select(
            Variant.price_vnd,
            Product.title_vi,
            Product.title_en,
            Product.unit_vi,
            Product.unit_en,
            Variant.name_vi.label("variant_vi"),
            Variant.name_en.label("variant_en"),
            and_(Variant.retired_at.is_(None), Product.state == "published", Seller.is_open).label(
                "on_sale"
            ),
            Seller.away_until,
            Seller.paid_through_organisation,
            Product.season_from,
            Product.season_to,
            Product.season_yearly,
            func.coalesce(StockLevel.available, 0).label("available"),
            Preorder.ready_on,
            (Preorder.cap - Preorder.taken).label("places"),
            CartItem.quantity,
            CartItem.removed_at,
            CartItem.market_offer_id,
            in_cart.where(CartItem.removed_at.is_(None)).scalar_subquery().label("kept"),
            in_cart.where(CartItem.removed_at.is_not(None)).scalar_subquery().label("removed"),
        )
        .join(Product, Product.id == Variant.product_id)
        .join(Seller, Seller.id == Product.seller_id)
        .outerjoin(StockLevel, StockLevel.variant_id == Variant.id)
        .outerjoin(Preorder, _open_round)
        .outerjoin(
            CartItem, and_(CartItem.variant_id == Variant.id, CartItem.cart_id == bindparam("cart"))
        )
        .where(Variant.id == bindparam("variant"))
    )


@Prepared
def _adding_from_market() -> Any:
    in_cart = (
        select(func.count()).select_from(CartItem).where(CartItem.cart_id == bindparam("cart"))
    )
    stock = func.coalesce(StockLevel.available, 0)
    left = MarketOffer.quantity - MarketOffer.taken
    return (
        select(
            MarketOffer.variant_id,
            MarketOffer.price_vnd,
            Product.title_vi,
            Product.title_en,
            Product.unit_vi,
            Product.unit_en,
            Variant.name_vi.label("variant_vi"),
            Variant.name_en.label("variant_en"),
            and_(
                Variant.retired_at.is_(None),
                Product.state == "published",
                Seller.is_open,
                MarketOffer.seller_agreed_at.is_not(None),
                MarketOffer.officer_agreed_at.is_not(None),
                MarketOffer.ended_at.is_(None),
                MarketOffer.fell_at.is_(None),
                MarketSession.state == SessionState.SHOWN,
                MarketSession.closed_at.is_(None),
                MarketSession.opens_at <= bindparam("now"),
                MarketSession.closes_at > bindparam("now"),
            ).label("on_sale"),
            Seller.away_until,
            Seller.paid_through_organisation,
            case((stock < left, stock), else_=left).label("available"),
            CartItem.quantity,
            CartItem.removed_at,
            CartItem.market_offer_id,
            in_cart.where(CartItem.removed_at.is_(None)).scalar_subquery().label("kept"),
            in_cart.where(CartItem.removed_at.is_not(None)).scalar_subquery().label("removed"),
        )
        .join(MarketSession, MarketSession.id == MarketOffer.session_id)
        .join(Variant, Variant.id == MarketOffer.variant_id)
        .join(Product, Product.id == Variant.product_id)
        .join(Seller, Seller.id == Product.seller_id)
        .outerjoin(StockLevel, StockLevel.variant_id == Variant.id)
        .outerjoin(
            CartItem, and_(CartItem.variant_id == Variant.id, CartItem.cart_id == bindparam("cart"))
        )
        .where(MarketOffer.id == bindparam("offer"))
    )


def offer_for_cart(
    session: Session, cart_id: int, offer_id: int, now: datetime
) -> Row[*tuple[Any, ...]] | None:
    """Return what adding from a market needs, as ``variant_for_cart``, with the variant."""
    return _adding_from_market.first(session, {"cart": cart_id, "offer": offer_id, "now": now})


def variant_for_cart(
    session: Session, cart_id: int, variant_id: int
) -> Row[*tuple[Any, ...]] | None:
    """Return what adding needs: price, whether it is sold, what the cart already holds."""
    return _adding.first(session, {"cart": cart_id, "variant": variant_id})


class SoldAgain(NamedTuple):
    """How a thing of an earlier order is sold today."""

    price_vnd: int
    available: int
    #: The last day of its seller's holiday, while that lasts.
    away_until: date | None
    #: Out of season, and when it comes again.
    off_season: Away | None
    #: Nothing is there, but it is ordered ahead.
    is_ahead: bool

    @property
    def orderable(self) -> bool:
        """Whether some of it may go into a cart now."""
        return (
            self.away_until is None and self.off_season is None
            and (self.available > 0 or self.is_ahead)
        )  # fmt: skip

    def at_most(self, wanted: int) -> int:
        """Return how many of so many may go into a cart."""
        return wanted if self.is_ahead else min(wanted, self.available)


def sold_again(session: Session, variant_ids: Iterable[int], today: date) -> dict[int, SoldAgain]:
    """Return how these variants are sold, by variant; without those that are not sold any more."""
    rows = session.execute(
        select(
            Variant.id,
            Variant.price_vnd,
            func.coalesce(StockLevel.available, 0).label("available"),
            Seller.away_until,
            Seller.paid_through_organisation,
            Product.season_from,
            Product.season_to,
            Product.season_yearly,
            Preorder.ready_on,
            (Preorder.cap - Preorder.taken).label("places"),
        )
        .join(Product, Product.id == Variant.product_id)
        .join(Seller, Seller.id == Product.seller_id)
        .outerjoin(StockLevel, StockLevel.variant_id == Variant.id)
        .outerjoin(Preorder, _open_round)
        .where(
            Variant.id.in_(sorted(set(variant_ids))),
            Variant.retired_at.is_(None),
            Product.state == "published",
            Seller.is_open,
        )
    )
    return {
        row.id: SoldAgain(
            row.price_vnd,
            max(0, row.available),
            away_on(row.away_until, today),
            away_of(row.season_from, row.season_to, row.season_yearly, today),
            takes_orders(row.ready_on, row.places, row.available, today),
        )
        for row in rows
    }


def names_of_goods(session: Session, variant_ids: Iterable[int]) -> list[Row[*tuple[Any, ...]]]:
    """Return what these are called, in id order; nothing of goods that are not on show."""
    rows = session.execute(
        select(
            Product.title_vi, Product.title_en,
            Variant.name_vi.label("variant_vi"), Variant.name_en.label("variant_en"),
        )
        .join(Product, Product.id == Variant.product_id)
        .where(Variant.id.in_(sorted(set(variant_ids))), Product.state == "published")
        .order_by(Variant.id)
    )  # fmt: skip
    return list(rows)
