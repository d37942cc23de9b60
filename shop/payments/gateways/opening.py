"""Opening a gateway's page for a visit that is stored: asked outside every transaction."""

import logging
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select

from shop.current import current_settings
from shop.db import db, in_transaction
from shop.fundraising.models import Gift
from shop.kernel.clock import now_utc
from shop.kernel.errors import OutsideFailure
from shop.ordering.models import Order
from shop.payments.gateways.actions.gifts import keep_gift_page
from shop.payments.gateways.actions.visits import keep_not_opened, keep_opened
from shop.payments.gateways.models import GatewayVisit, GiftVisit
from shop.payments.methods import GATEWAYS
from shop.payments.methods.online import Asking, NotOpened
from shop.payments.models import Payment
from shop.web.links import absolute

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ways:
    """Where the buyer comes back to, done or not, and where the buyer sits."""

    back_url: str
    left_url: str
    visitor: str


def open_page(visit_id: int, ways: Ways) -> str | None:
    """Return the address of the page on which the buyer pays; None when it cannot be had now.

    Asking again within a minute is the same asking to the gateway, so a broken line opens
    no second page.
    """
    row = db.session().execute(
        select(
            GatewayVisit.gateway, GatewayVisit.key, GatewayVisit.amount_vnd, GatewayVisit.currency,
            GatewayVisit.amount_minor, GatewayVisit.locale, GatewayVisit.opened_at,
            GatewayVisit.expires_at, Payment.memo, Order.code,
        )
        .join(Payment, Payment.id == GatewayVisit.payment_id)
        .join(Order, Order.id == Payment.order_id)
        .where(GatewayVisit.id == visit_id)
    ).one()  # fmt: skip
    db.session.rollback()
    now, gateway = now_utc(), GATEWAYS[row.gateway]
    if not gateway.is_on(current_settings()):
        logger.warning("Visit %s was not opened: %s has no keys here.", visit_id, row.gateway)
        return None
    try:
        opened = gateway.begin(_asking(row, ways))
        if _origin(opened.url) not in current_settings().payment_pages:
            raise NotOpened("a page that buyers are not sent to")
    except NotOpened as refused:
        logger.warning("Visit %s to %s was not opened: %s", visit_id, row.gateway, refused)
        in_transaction(lambda session: keep_not_opened(session, visit_id=visit_id, now=now))
        return None
    except OutsideFailure as failure:
        logger.warning("Visit %s to %s was not opened: %s", visit_id, row.gateway, failure)
        return None
    url, outside_id = opened.url, opened.outside_id
    in_transaction(
        lambda session: keep_opened(
            session, visit_id=visit_id, url=url, outside_id=outside_id, now=now
        )
    )
    return url


def _asking(row: Any, ways: Ways) -> Asking:
    return Asking(
        key=row.key, memo=row.memo, amount_vnd=row.amount_vnd, currency=row.currency,
        amount_minor=row.amount_minor, locale=row.locale, order_code=row.code,
        back_url=ways.back_url, left_url=ways.left_url,
        told_url=absolute(f"/webhooks/{row.gateway}"), visitor=ways.visitor,
        opened_at=row.opened_at, expires_at=row.expires_at,
    )  # fmt: skip


def _origin(url: str) -> str:
    there = urlsplit(url)
    return f"{there.scheme}://{there.netloc}"


def open_gift_page(visit_id: int, ways: Ways, title: str, locale: str) -> str | None:
    """Return the address of the page on which a gift is paid; None when it cannot be had now."""
    row = db.session().execute(
        select(
            GiftVisit.gateway, GiftVisit.key, GiftVisit.amount_vnd, GiftVisit.opened_at,
            GiftVisit.expires_at, Gift.memo,
        )
        .join(Gift, Gift.id == GiftVisit.gift_id)
        .where(GiftVisit.id == visit_id)
    ).one()  # fmt: skip
    db.session.rollback()
    now = now_utc()
    asking = Asking(
        key=row.key, memo=row.memo, amount_vnd=row.amount_vnd, currency="VND",
        amount_minor=row.amount_vnd, locale=locale, order_code="", title=title,
        back_url=ways.back_url, left_url=ways.left_url,
        told_url=absolute(f"/webhooks/{row.gateway}"), visitor=ways.visitor,
        opened_at=row.opened_at, expires_at=row.expires_at,
    )  # fmt: skip
    url = outside_id = ""
    try:
        opened = GATEWAYS[row.gateway].begin(asking)
        if _origin(opened.url) not in current_settings().payment_pages:
            raise NotOpened("a page that buyers are not sent to")
        url, outside_id = opened.url, opened.outside_id
    except NotOpened as refused:
        logger.warning("The page of gift visit %s was not opened: %s", visit_id, refused)
    except OutsideFailure as failure:
        logger.warning("The page of gift visit %s was not opened: %s", visit_id, failure)
        return None
    in_transaction(
        lambda session: keep_gift_page(
            session, visit_id=visit_id, url=url, outside_id=outside_id, now=now
        )
    )
    return url or None
