"""The campaign that a cart gives to, or that its owner is asked about."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, bindparam, not_, or_, select
from sqlalchemy.orm import Session

from shop.fundraising.models import Campaign
from shop.fundraising.rules import CampaignState, round_up_vnd, takes_money
from shop.kernel.clock import vietnam_date
from shop.ordering.models import CartGift
from shop.ordering.queries.carts import account_cart, finds_cart, guest_cart
from shop.prepared import Among, PreparedForSeveral


@dataclass(frozen=True, slots=True)
class GiftBeside:
    """A campaign, and what she gives it with this cart: an amount, the rounding up, or nothing yet."""

    campaign_id: int
    code: str
    title_vi: str
    title_en: str
    payee_id: int
    organisation_id: int
    #: It counts gifts today.
    takes: bool
    #: It lies in the cart; otherwise she is only asked.
    in_cart: bool = False
    amount_vnd: int = 0
    rounds_up: bool = False

    def rounding_vnd(self, total_vnd: int) -> int:
        """Return what rounds up an order with the amount that is given anyway."""
        return round_up_vnd(total_vnd + self.amount_vnd)

    def total_vnd(self, order_vnd: int) -> int:
        """Return all that is given with an order of so much."""
        rounding_vnd = self.rounding_vnd(order_vnd) if self.rounds_up else 0
        return self.amount_vnd + rounding_vnd


_COLUMNS = (
    Campaign.id, Campaign.code, Campaign.title_vi, Campaign.title_en, Campaign.payee_id,
    Campaign.organisation_id, Campaign.state, Campaign.opens_on, Campaign.closes_on,
)  # fmt: skip


def _best_of(cart: Callable[[], Select[int]]) -> PreparedForSeveral:
    """Return the statement about a cart; what it is sent with are campaigns asked about first."""

    def statement(near: Among) -> Any:
        mine = CartGift.cart_id == cart().scalar_subquery()
        runs = and_(
            Campaign.state == CampaignState.OPEN, Campaign.opens_on <= bindparam("today"),
            or_(Campaign.closes_on.is_(None), Campaign.closes_on >= bindparam("today")),
        )  # fmt: skip
        return (
            select(*_COLUMNS, CartGift.amount_vnd, CartGift.rounds_up)
            .outerjoin(CartGift, and_(CartGift.campaign_id == Campaign.id, mine))
            .where(or_(CartGift.cart_id.is_not(None), runs))
            .order_by(
                CartGift.cart_id.is_(None), not_(near(Campaign.id)),
                Campaign.closes_on.is_(None), Campaign.closes_on, Campaign.id,
            )
            .limit(1)
        )  # fmt: skip

    return PreparedForSeveral(statement)


_OF_ACCOUNT, _OF_GUEST = _best_of(account_cart), _best_of(guest_cart)


def gift_beside(
    session: Session, *, token: str | None, account_id: int | None, now: datetime,
    near: Iterable[int] = (),
) -> GiftBeside | None:  # fmt: skip
    """Return what goes with a visitor's cart; else the running campaign that she may be asked about.

    One query, and none for a visitor who has no cart.

    Args:
        near: campaigns that goods of the cart are sold for: asked about before others.
    """
    if account_id is None and not token:
        return None
    statement = _OF_GUEST if account_id is None else _OF_ACCOUNT
    values = finds_cart(token, account_id, now)
    rows = statement.all(session, sorted(set(near)) or [0], {**values, "today": vietnam_date(now)})
    row = rows[0] if rows else None
    return _beside(row, now, row.amount_vnd, row.rounds_up) if row is not None else None


def gift_named(
    session: Session, *, code: str, amount_vnd: int, rounds_up: bool, now: datetime
) -> GiftBeside | None:
    """Return the same as a sent page says it; None when there is no such campaign."""
    shown = Campaign.state.in_((CampaignState.OPEN, CampaignState.CLOSED, CampaignState.FINISHED))
    row = session.execute(select(*_COLUMNS).where(Campaign.code == code, shown)).first()
    return _beside(row, now, amount_vnd, rounds_up) if row is not None else None


def _beside(row: Any, now: datetime, amount_vnd: int | None, rounds_up: bool | None) -> GiftBeside:
    return GiftBeside(
        row.id, row.code, row.title_vi, row.title_en, row.payee_id, row.organisation_id,
        takes_money(row.state, row.opens_on, row.closes_on, vietnam_date(now)),
        in_cart=amount_vnd is not None, amount_vnd=amount_vnd or 0, rounds_up=bool(rounds_up),
    )  # fmt: skip
