"""Changes to carts. Nothing is promised here: stock is reserved when the order is placed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, case, delete, func, select, update
from sqlalchemy.orm import Session

from shop.accounts.models import Account
from shop.catalogue.models import Variant
from shop.catalogue.season_rules import away_of
from shop.db import upsert_into
from shop.fundraising.rules import check_gift
from shop.kernel.clock import vietnam_date
from shop.kernel.errors import NotYours
from shop.kernel.sealing import token_digest
from shop.markets.models import MarketOffer
from shop.ordering import queries
from shop.ordering.models import Cart, CartGift, CartItem, LineItem, SellerOrder
from shop.ordering.rules import (
    CART_DAYS,
    MOST_LINES,
    MOST_OF_ONE,
    CartFull,
    OutOfSeason,
    SellerAway,
    TooManyOfOne,
)
from shop.prepared import Prepared, PreparedInsert
from shop.sellers.rules import away_on
from shop.stock.preorder_rules import takes_orders
from shop.stock.rules import NotEnoughStock, Short

_items: Any = CartItem.__table__


def _adding(added: Any) -> Any:
    new = added.excluded.quantity
    # A thing lies in a cart once: from the shop or from one market, whichever was asked for last.
    elsewhere = func.coalesce(_items.c.market_offer_id, 0) != func.coalesce(
        added.excluded.market_offer_id, 0
    )
    summed = case((elsewhere, new), else_=_items.c.quantity + new)
    return added.on_conflict_do_update(
        index_elements=["cart_id", "variant_id"],
        set_={
            "quantity": case((summed > MOST_OF_ONE, MOST_OF_ONE), else_=summed),
            "seen_price_vnd": added.excluded.seen_price_vnd,
            "market_offer_id": added.excluded.market_offer_id,
        },
    )


_ADDED = PreparedInsert(CartItem, _adding)
_NEW_CART = PreparedInsert(
    Cart,
    lambda insert: insert.on_conflict_do_nothing(index_elements=["account_id"]).returning(
        Cart.__table__.c.id
    ),
)


@Prepared
def _renewed() -> Any:
    cart: Any = Cart.__table__
    return update(cart).where(cart.c.id == bindparam("cart")).values(expires_at=bindparam("until"))


@dataclass(frozen=True, slots=True)
class OrderedAgain:
    """How many things of an earlier order are in the cart again, and which variants are not."""

    added: int
    left_out: tuple[int, ...]


def open_cart(session: Session, *, token: str, account_id: int | None, now: datetime) -> int:
    """Return the account's cart, or begin one for the browser that holds this token."""
    made = _NEW_CART.scalar(
        session,
        {
            "token_digest": token_digest(token),
            "account_id": account_id,
            "created_at": now,
            "expires_at": now + timedelta(days=CART_DAYS),
        },
    )
    if made is None:
        made = session.scalars(select(Cart.id).where(Cart.account_id == account_id)).one()
    return made


def add_to_cart(
    session: Session, *, cart_id: int, variant_id: int, quantity: int, now: datetime,
    market_offer_id: int | None = None,
) -> None:  # fmt: skip
    """Put units of a variant into a cart; what is already there of it grows.

    A second tap without scripts counts too. Product pages are the same for everybody and carry
    no token, so it looks like one more honest wish, and a wish that is dropped unsaid is worse:
    the cart's page that follows says how many there are now, and the number is changed there,
    before anything is ordered.

    Args:
        quantity: 1 to 999.
        market_offer_id: what it is ordered from at a market; None: from the seller's shop.

    Raises:
        NotYours: no such thing is sold.
        SellerAway: not before her holiday is over. OutOfSeason: not before its season.
        NotEnoughStock: none is left at all. Fewer than wanted are said on the cart's page.
        TooManyOfOne, CartFull: the limits of a cart.
    """
    if market_offer_id is None:
        found = queries.variant_for_cart(session, cart_id, variant_id)
    else:
        found = queries.offer_for_cart(session, cart_id, market_offer_id, now)
        if found is not None and found.variant_id != variant_id:
            found = None
    if found is None or not found.on_sale:
        raise NotYours(what="variant", id=variant_id)
    if found.away_until is not None and (until := away_on(found.away_until, vietnam_date(now))):
        raise SellerAway(until=until)
    if market_offer_id is None and found.season_from is not None:
        away = away_of(
            found.season_from, found.season_to, found.season_yearly, vietnam_date(now)
        )  # fmt: skip
        if away is not None:
            raise OutOfSeason(
                returns_on=away.returns_on, title_vi=found.title_vi, title_en=found.title_en
            )
    in_cart = found.quantity if found.quantity and found.removed_at is None else 0
    in_cart = in_cart if found.market_offer_id == market_offer_id else 0
    ahead = market_offer_id is None and takes_orders(
        found.ready_on, found.places, found.available, vietnam_date(now)
    )
    if found.available <= 0 and not ahead:
        raise NotEnoughStock(short=(Short(
            variant_id, quantity, 0, found.title_vi, found.title_en, found.unit_vi, found.unit_en,
            found.variant_vi, found.variant_en,
        ),))  # fmt: skip
    if in_cart + quantity > MOST_OF_ONE:
        raise TooManyOfOne(most=MOST_OF_ONE)
    if not in_cart and found.kept >= MOST_LINES:
        raise CartFull(most=MOST_LINES)
    if found.removed:
        _forget_removed(session, cart_id)
    _ADDED.run(
        session,
        {
            "cart_id": cart_id,
            "variant_id": variant_id,
            "quantity": quantity,
            "seen_price_vnd": found.price_vnd,
            "added_at": now,
            "market_offer_id": market_offer_id,
        },
    )
    _renew(session, cart_id, now)


def cart_for_market(
    session: Session, *, token: str, goods: Mapping[int, int], now: datetime
) -> int:
    """Begin a cart of market goods that an officer writes down for somebody who rang.

    Args:
        goods: how many, by the market's offer; whether it may be ordered is asked when it is.
    """
    cart_id = open_cart(session, token=token, account_id=None, now=now)
    rows = session.execute(
        select(MarketOffer.id, MarketOffer.variant_id, MarketOffer.price_vnd)
        .where(MarketOffer.id.in_(sorted(goods)))
        .order_by(MarketOffer.id)
    )
    _put(session, cart_id, [(r.variant_id, goods[r.id], r.price_vnd, r.id) for r in rows], now)
    return cart_id


def cart_of_goods(session: Session, *, token: str, goods: Mapping[int, int], now: datetime) -> int:
    """Begin a cart of one shop's goods that a seller writes down for somebody.

    Args:
        goods: how many, by variant; whether it may be ordered is asked when it is.
    """
    cart_id = open_cart(session, token=token, account_id=None, now=now)
    rows = session.execute(
        select(Variant.id, Variant.price_vnd)
        .where(Variant.id.in_(sorted(goods)))
        .order_by(Variant.id)
    )
    _put(session, cart_id, [(r.id, goods[r.id], r.price_vnd, None) for r in rows], now)
    return cart_id


def set_quantities(
    session: Session, *, cart_id: int, quantities: Mapping[int, int], now: datetime,
    seen_vnd: Mapping[int, int] | None = None,
) -> None:  # fmt: skip
    """Set how many of each variant a cart holds; 0 takes it out, and undo brings it back.

    Args:
        seen_vnd: the price of one on the page where she chose, by variant. Only that one is known
            to her: what moved since, and what moved of other lines, is still said.

    Raises:
        TooManyOfOne: nothing is changed.
    """
    if any(quantity > MOST_OF_ONE for quantity in quantities.values()):
        raise TooManyOfOne(most=MOST_OF_ONE)
    _forget_removed(session, cart_id)
    mine = (_items.c.cart_id == cart_id, _items.c.variant_id == bindparam("v"))
    kept = [{"v": v, "n": n} for v, n in sorted(quantities.items()) if n > 0]
    if kept:
        session.connection().execute(
            update(_items).where(*mine).values(quantity=bindparam("n")), kept
        )
    out = [v for v, n in quantities.items() if n <= 0]
    if out:
        session.execute(
            update(CartItem)
            .where(CartItem.cart_id == cart_id, CartItem.variant_id.in_(out))
            .values(removed_at=now)
        )
    seen = [{"v": v, "price": price} for v, price in sorted((seen_vnd or {}).items())]
    if seen:
        session.connection().execute(
            update(_items).where(*mine).values(seen_price_vnd=bindparam("price")), seen
        )
    _renew(session, cart_id, now)


def remove_from_cart(session: Session, *, cart_id: int, variant_id: int, now: datetime) -> None:
    """Take a variant out; until the next change it can be put back."""
    set_quantities(session, cart_id=cart_id, quantities={variant_id: 0}, now=now)


def undo_removal(session: Session, *, cart_id: int, now: datetime) -> None:
    """Put back what was taken out last."""
    session.execute(
        update(CartItem)
        .where(CartItem.cart_id == cart_id, CartItem.removed_at.is_not(None))
        .values(removed_at=None)
    )
    _renew(session, cart_id, now)


def fit_cart_to_stock(session: Session, *, cart_id: int, now: datetime) -> None:
    """Lower what ran short to what is left and take out what is not sold any more."""
    fitting = {
        line.variant_id: max(0, line.available) if line.on_sale else 0
        for line in queries.cart_lines(session, cart_id, now)
        if not line.buyable
    }
    set_quantities(session, cart_id=cart_id, quantities=fitting, now=now)


def join_carts(
    session: Session, *, account_id: int, cart_id: int | None, now: datetime
) -> int | None:
    """Make the browser's cart the account's own at sign-in; return the account's cart.

    Of a thing that lies in both, the larger quantity stays: the same wish, not twice.

    Args:
        cart_id: the browser's cart (``queries.guest_cart_id``), if it has one.
    """
    # Two devices that sign in at once take turns.
    session.execute(select(Account.id).where(Account.id == account_id).with_for_update())
    mine = session.scalar(select(Cart.id).where(Cart.account_id == account_id))
    if cart_id is None or cart_id == mine:
        return mine
    if mine is None:
        taken = session.execute(
            update(Cart)
            .where(Cart.id == cart_id, Cart.account_id.is_(None))
            .values(account_id=account_id, expires_at=now + timedelta(days=CART_DAYS))
        )
        return cart_id if taken.rowcount == 1 else None  # type: ignore[attr-defined]
    # Somebody else's cart, or one that another device has just joined, is left alone.
    if (
        session.scalar(
            select(Cart.id).where(Cart.id == cart_id, Cart.account_id.is_(None)).with_for_update()
        )
        is None
    ):
        return mine
    _forget_removed(session, mine)
    guests = session.execute(
        select(
            CartItem.variant_id,
            CartItem.quantity,
            CartItem.seen_price_vnd,
            CartItem.market_offer_id,
        )
        .where(CartItem.cart_id == cart_id, CartItem.removed_at.is_(None))
        .order_by(CartItem.added_at, CartItem.variant_id)
    ).all()
    have = set(session.scalars(select(CartItem.variant_id).where(CartItem.cart_id == mine)))
    room = MOST_LINES - len(have)
    new = [row.variant_id for row in guests if row.variant_id not in have][:room]
    _put(
        session,
        mine,
        [
            (row[0], row[1], row[2], row[3])
            for row in guests
            if row.variant_id in have or row.variant_id in new
        ],
        now,
    )
    if session.get(CartGift, mine) is None:  # The one that she chose there last stays.
        session.execute(update(CartGift).where(CartGift.cart_id == cart_id).values(cart_id=mine))
    session.execute(delete(CartGift).where(CartGift.cart_id == cart_id))
    session.execute(delete(CartItem).where(CartItem.cart_id == cart_id))
    session.execute(delete(Cart).where(Cart.id == cart_id))
    _renew(session, mine, now)
    return mine


def put_gift(
    session: Session, *, cart_id: int, campaign_id: int, amount_vnd: int, rounds_up: bool,
    now: datetime,
) -> None:  # fmt: skip
    """Let a gift to a campaign go with a cart, instead of the one that did.

    Args:
        amount_vnd: 0 when only the order is to be rounded up.

    Raises:
        GiftOutOfRange
    """
    if amount_vnd or not rounds_up:
        check_gift(amount_vnd)
    put = upsert_into(session, CartGift).values(
        cart_id=cart_id, campaign_id=campaign_id, amount_vnd=amount_vnd, rounds_up=rounds_up,
        added_at=now,
    )  # fmt: skip
    names = ("campaign_id", "amount_vnd", "rounds_up", "added_at")
    session.execute(
        put.on_conflict_do_update(
            index_elements=["cart_id"], set_={name: put.excluded[name] for name in names}
        )
    )
    _renew(session, cart_id, now)


def take_gift_out(session: Session, *, cart_id: int) -> None:
    """Let no gift go with a cart."""
    session.execute(delete(CartGift).where(CartGift.cart_id == cart_id))


def order_again(session: Session, *, cart_id: int, order_id: int, now: datetime) -> OrderedAgain:
    """Put what an earlier order held into the cart, as far as it may be ordered now.

    What is sold out or out of season, or whose maker is on holiday, would hold up the whole
    checkout: it stays out, and of what is short only what is there goes in. Twice is like once:
    of a thing that is already there the larger quantity stays.

    Raises:
        CartFull: nothing is changed.
    """
    wanted = session.execute(
        select(LineItem.variant_id, func.sum(LineItem.quantity), func.max(Variant.price_vnd))
        .join(SellerOrder, SellerOrder.id == LineItem.seller_order_id)
        .join(Variant, Variant.id == LineItem.variant_id)
        .where(SellerOrder.order_id == order_id)
        .group_by(LineItem.variant_id)
        .order_by(LineItem.variant_id)
    ).all()
    found = queries.sold_again(session, [row[0] for row in wanted], vietnam_date(now))
    sold = {variant_id for variant_id, today in found.items() if today.orderable}
    _forget_removed(session, cart_id)
    have = set(session.scalars(select(CartItem.variant_id).where(CartItem.cart_id == cart_id)))
    if len(have | sold) > MOST_LINES:
        raise CartFull(most=MOST_LINES)
    _put(
        session,
        cart_id,
        [
            (v, found[v].at_most(min(int(n), MOST_OF_ONE)), price, None)
            for v, n, price in wanted
            if v in sold
        ],
        now,
    )
    _renew(session, cart_id, now)
    return OrderedAgain(len(sold), tuple(row[0] for row in wanted if row[0] not in sold))


def forget_carts(session: Session, *, now: datetime, limit: int = 500) -> int:
    """Delete carts that nobody came back to for a month; return how many."""
    over = session.scalars(select(Cart.id).where(Cart.expires_at <= now).limit(limit)).all()
    if over:
        session.execute(delete(CartItem).where(CartItem.cart_id.in_(over)))
        session.execute(delete(CartGift).where(CartGift.cart_id.in_(over)))
        session.execute(delete(Cart).where(Cart.id.in_(over)))
    return len(over)


def _put(
    session: Session, cart_id: int, rows: Iterable[tuple[int, int, int, int | None]], now: datetime
) -> None:
    """Put (variant id, quantity, price, market's offer) rows into a cart; the larger quantity stays."""
    rows = list(rows)
    if not rows:
        return
    put = upsert_into(session, CartItem)
    new = put.excluded.quantity
    session.execute(
        put.values(
            [
                {"cart_id": cart_id, "variant_id": v, "quantity": n, "seen_price_vnd": price,
                 "added_at": now, "market_offer_id": offer}
                for v, n, price, offer in rows
            ]
        ).on_conflict_do_update(
            index_elements=["cart_id", "variant_id"],
            set_={"quantity": case((new > CartItem.quantity, new), else_=CartItem.quantity)},
        )
    )  # fmt: skip


def _forget_removed(session: Session, cart_id: int) -> None:
    session.execute(
        delete(CartItem).where(CartItem.cart_id == cart_id, CartItem.removed_at.is_not(None))
    )


def _renew(session: Session, cart_id: int, now: datetime) -> None:
    until = now + timedelta(days=CART_DAYS)
    _renewed.run(session, {"cart": cart_id, "until": until})
