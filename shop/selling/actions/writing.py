"""A seller writes an order down for somebody: on the phone, at her stall, from a chat."""

import secrets
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from shop.accounts.actions import note_consent
from shop.accounts.terms import current_terms
from shop.audit.actions import note
from shop.catalogue.models import Product, Variant
from shop.current import vault
from shop.db import whole_orders
from shop.kernel.clock import vietnam_date
from shop.kernel.errors import NotYours
from shop.markets.rules.refusals import NothingOrdered
from shop.ordering.actions import Placed, cart_of_goods, place_order
from shop.ordering.models import Cart, Order, WrittenOrder
from shop.ordering.queries import cart_lines, holds
from shop.ordering.rules import Choice, Contact, draft_order
from shop.ordering.rules import SellerOrderState as S
from shop.payments.actions import open_payments
from shop.payments.methods import By
from shop.payments.models import CodCollection
from shop.payments.noted import note_cash_counted
from shop.payments.rules.cash import CashState
from shop.selling.actions.orders import move_order
from shop.shipping.queries import tariffs
from shop.shipping.rules import Destination


def write_order(
    session: Session, *, seller_id: int, goods: Mapping[int, int], contact: Contact,
    destination: Destination | None, choice: Choice, channel: str, original: str,
    attempt_id: str, locale: str, actor_id: int, actor_name: str, now: datetime,
    counts_cash: bool = True,
) -> Placed:  # fmt: skip
    """Write down what somebody orders of a stall's goods; the same form again is the same order.

    Args:
        goods: how many, by variant.
        destination: None for what is collected.
        channel: "phone", "stall" or "chat".
        original: the words as they came, kept sealed beside the order.
        counts_cash: whether who writes may say that cash is there; what is sold on the spot is
            handed over at once, and its cash counted with it, or later by somebody who may.

    Raises:
        NothingOrdered, NotYours: something of another stall; and what ``place_order`` refuses.
        GoodsAwaited: what is to be handed over on the spot is ordered ahead.
    """
    wanted = {variant: n for variant, n in goods.items() if n > 0}
    if not wanted:
        raise NothingOrdered
    own = session.scalars(
        select(Variant.id)
        .join(Product, Product.id == Variant.product_id)
        .where(Variant.id.in_(sorted(wanted)), Product.seller_id == seller_id)
    ).all()
    if set(own) != set(wanted):
        raise NotYours(what="variant")
    # The order stands before its part does, so the second lock of PostgreSQL must let it in.
    with whole_orders(session):
        placed = _placed(
            session,
            seller_id,
            wanted,
            contact,
            destination,
            choice,
            attempt_id,
            locale,
            actor_id,
            now,
        )
        if placed.replayed:
            return placed
        open_payments(session, placed.order_id, now)
        key = session.scalars(select(Order.data_key).where(Order.id == placed.order_id)).one()
        session.add(
            WrittenOrder(
                order_id=placed.order_id, seller_id=seller_id, channel=channel, written_at=now,
                written_by_id=actor_id, original=vault().seal(key, {"words": original}),
            )
        )  # fmt: skip
        terms = current_terms("ordering", vietnam_date(now)).version
        note_consent(
            session, kind="ordering", text_version=terms, channel="phone", now=now,
            phone=contact.phone, order_id=placed.order_id,
        )  # fmt: skip
        note(
            session, action="order.written_for", subject_kind="seller_order",
            subject_id=placed.seller_order_ids[0], now=now, actor_id=actor_id,
            actor_name=actor_name, code=placed.code, channel=channel,
        )  # fmt: skip
    if choice.is_on_the_spot:
        _give(session, seller_id, placed.seller_order_ids[0], actor_id, counts_cash, now)
    return placed


def _give(
    session: Session, seller_id: int, seller_order_id: int, actor_id: int, counts_cash: bool,
    now: datetime,
) -> None:  # fmt: skip
    """Hand goods over at the stall: every step that an order goes whose buyer collects it."""
    for to in (S.CONFIRMED, S.PACKED, S.READY_FOR_PICKUP, S.DELIVERED):
        move_order(
            session, seller_id=seller_id, seller_order_id=seller_order_id, to=to,
            actor_id=actor_id, now=now,
        )  # fmt: skip
    taken = session.scalar(
        select(CodCollection.taken_vnd).where(
            CodCollection.seller_order_id == seller_order_id,
            CodCollection.state == CashState.WITH_SELLER,
        )
    )
    if taken and counts_cash:
        note_cash_counted(
            session, seller_order_id=seller_order_id, counted_vnd=taken,
            by=By("seller", actor_id), now=now,
        )  # fmt: skip


def _placed(
    session: Session, seller_id: int, goods: Mapping[int, int], contact: Contact,
    destination: Destination | None, choice: Choice, attempt_id: str, locale: str, actor_id: int,
    now: datetime,
) -> Placed:  # fmt: skip
    cart_id = cart_of_goods(session, token=secrets.token_urlsafe(24), goods=goods, now=now)
    there, on = destination or Destination(), vietnam_date(now)
    lines = cart_lines(session, cart_id, now)
    choices = {line.stall.key: choice for line in lines}
    shown = draft_order(
        lines, destination=there, choices=choices, tariffs=tariffs(session, {seller_id}, on),
        ordered_on=on, now=now,
    )  # fmt: skip
    placed = place_order(
        session, cart_id=cart_id, account_id=None, attempt_id=attempt_id,
        attempt_digest="written for somebody", contact=contact, destination=there,
        choices=choices, shown_total_vnd=shown.total_vnd, locale=locale,
        terms_version=current_terms("ordering", on).version, holds=holds(), now=now,
        actor_kind="seller", written_by_id=actor_id, at_stall=choice.is_on_the_spot,
        # She says it to the buyer herself.
        shown_days={line.variant_id: line.ready_on for line in lines if line.ready_on},
    )  # fmt: skip
    session.execute(delete(Cart).where(Cart.id == cart_id))
    return placed
