"""What the buyer does, over ordering, payments and accounts, in one transaction each."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from shop.accounts.actions import move_consents, note_consent, save_address
from shop.accounts.rules import TermsChanged
from shop.fundraising.actions import gifts
from shop.fundraising.actions.gifts import offer_gift
from shop.fundraising.models import Gift
from shop.kernel.errors import NotYours
from shop.ordering import actions as ordering
from shop.ordering.actions import Placed
from shop.ordering.models import Order, SellerOrder
from shop.ordering.queries import GiftBeside, contact_of
from shop.ordering.rules import Choice, Contact, Holds, MethodNotOffered, SellerOrderState
from shop.payments.actions import ask_for_less, open_payments
from shop.payments.gateways.actions.visits import locked_online, stop_asking
from shop.payments.holding import hold_order
from shop.payments.methods.online import check_amounts, offered
from shop.payments.queries import seller_orders_of
from shop.payments.rules.gateways import ONLINE
from shop.places.rules.addresses import Address
from shop.sellers.queries import payee_of
from shop.shipping.rules import Destination


@dataclass(frozen=True, slots=True)
class GiftWish:
    """What a buyer gives to a campaign beside her goods.

    ``gift.takes`` is of the page: whether the campaign counts it is looked at when it is stored.
    """

    gift: GiftBeside
    named: bool
    message: str
    method: str = "transfer"


def order_from_checkout(
    session: Session,
    *,
    cart_id: int,
    account_id: int | None,
    attempt_id: str,
    attempt_digest: str,
    contact: Contact,
    address: Address | None,
    destination: Destination,
    choices: Mapping[Any, Choice],
    shown_total_vnd: int,
    locale: str,
    terms_version: str,
    shown_terms: str,
    marketing_version: str | None,
    holds: Holds,
    voucher_code: str = "",
    gift: GiftWish | None = None,
    declines_gift: bool = False,
    shown_days: Mapping[int, date] | None = None,
    now: datetime,
) -> Placed:
    """Place the order, ask for its money, and keep what the buyer agreed to.

    Args:
        address: kept for the next time when she is signed in; None for pickup.
        shown_days: what the page said is ordered ahead, and from which day it is sent.
        terms_version: of the terms that hold now. ``shown_terms``: of those her page named.
        marketing_version: of the text about news that she ticked, or None. Without an account
            and without a mail address nothing could reach her, so nothing is kept.
        declines_gift: one lay in the cart, and she unticked it.

    Raises:
        TermsChanged: other terms hold since her page was made; nothing is ordered.
        CampaignNotOpen, GiftOutOfRange: of the gift; nothing is ordered either.
        Everything that ``ordering.actions.place_order`` refuses, and AmountNotTaken; nothing is
        stored.
    """
    placed = ordering.place_order(
        session, cart_id=cart_id, account_id=account_id, attempt_id=attempt_id,
        attempt_digest=attempt_digest, contact=contact, destination=destination,
        choices=choices, shown_total_vnd=shown_total_vnd, locale=locale,
        terms_version=terms_version, holds=holds, voucher_code=voucher_code, now=now,
        online=offered(session), shown_days=shown_days,
    )  # fmt: skip
    if placed.replayed:
        return placed
    if shown_terms != terms_version:
        raise TermsChanged(version=terms_version)
    chosen = {choice.method for choice in choices.values()}
    open_payments(session, placed.order_id, now, methods=chosen)
    if not chosen.isdisjoint(ONLINE):
        check_amounts(session, placed.order_id)
    reachable = account_id is not None or bool(contact.email)
    texts = {"ordering": terms_version, "marketing": marketing_version if reachable else None}
    for kind, version in texts.items():
        if version is not None:
            note_consent(
                session, kind=kind, text_version=version, channel="checkout", now=now,
                account_id=account_id, phone=contact.phone, order_id=placed.order_id,
                email=contact.email or None,
            )  # fmt: skip
    if gift is not None:
        _give(session, placed, gift, contact, shown_total_vnd, attempt_id, locale, now)
    if gift is not None or declines_gift:
        ordering.take_gift_out(session, cart_id=cart_id)
    if account_id is not None and address is not None:
        save_address(session, account_id=account_id, address=address.to_dict(), now=now)
    return placed


def keep_in_account(session: Session, *, order_id: int, account_id: int, now: datetime) -> bool:
    """Let an order show in an account, with what was agreed to and where it goes beside it.

    Returns:
        False: it is in an account already.
    """
    claimed = ordering.claim_order(session, order_id=order_id, account_id=account_id)
    if claimed:
        move_consents(session, order_id=order_id, account_id=account_id)
        address = _address_of(session, order_id)
        if address is not None:
            save_address(session, account_id=account_id, address=address.to_dict(), now=now)
    return claimed


def _address_of(session: Session, order_id: int) -> Address | None:
    """Return where an order goes, as she would write it again; None: she collects it."""
    order = session.get_one(Order, order_id)
    contact = contact_of(order)
    if not contact.street:
        return None
    if order.country != "VN":
        street = contact.street.removesuffix(f", {order.country}")
        return Address(country=order.country, foreign_lines=street)
    return Address(
        ward_code=order.ward_code or "", ward_name=order.ward_name, line1=contact.street,
        province_code=order.province_code or "", province_name=order.province_name,
        legacy_text=contact.old_place, units_version=order.units_version,
    )  # fmt: skip


def _give(
    session: Session, placed: Placed, wish: GiftWish, contact: Contact, order_vnd: int,
    attempt_id: str, locale: str, now: datetime,
) -> None:  # fmt: skip
    """Keep the gift of an order; it is asked for beside the goods, into the fund's own account."""
    beside = wish.gift
    if beside.rounds_up and _waits_for_quote(session, placed.order_id):
        beside = replace(beside, rounds_up=False)  # Nobody knows yet what would be rounded up.
    amount_vnd = beside.total_vnd(order_vnd)
    if not amount_vnd:
        return
    offer_gift(
        session, campaign_id=beside.campaign_id, amount_vnd=amount_vnd,
        contact={"name": contact.name, "email": contact.email or None},
        shown_name=contact.name[:60] if wish.named else "", message=wish.message,
        attempt_id=f"order:{attempt_id}", locale=locale, now=now, order_id=placed.order_id,
        rounds_up=beside.rounds_up, method=wish.method,
    )  # fmt: skip
    session.execute(update(Order).where(Order.id == placed.order_id).values(gift_vnd=amount_vnd))


def _waits_for_quote(session: Session, order_id: int) -> bool:
    wanted = select(SellerOrder.id).where(
        SellerOrder.order_id == order_id, SellerOrder.state == SellerOrderState.AWAITING_QUOTE
    )
    return session.scalar(wanted.limit(1)) is not None


def withdraw_gift(session: Session, *, order_id: int, gift_id: int, now: datetime) -> bool:
    """Ask no more for a gift that she added to an order; False when it was withdrawn before.

    Raises:
        NotYours, GiftCame
    """
    mine = select(Gift.id).where(Gift.id == gift_id, Gift.order_id == order_id)
    if session.scalar(mine) is None:
        raise NotYours
    return gifts.withdraw_gift(session, gift_id=gift_id, now=now)


def cancel(
    session: Session,
    *,
    order_id: int,
    seller_order_id: int | None,
    actor_id: int | None,
    note: str,
    now: datetime,
) -> list[int]:
    """Cancel one part or all that still can be, ask for less money, and promise what came too much.

    Raises:
        IllegalMove, NotYours
    """
    hold_order(session, order_id)
    cancelled = ordering.cancel_by_buyer(
        session, order_id=order_id, seller_order_id=seller_order_id, actor_id=actor_id,
        note=note, now=now,
    )  # fmt: skip
    ask_for_less(session, order_id, now)  # The page after this one asks where to.
    return cancelled


def transfers_to(session: Session, seller_ids: list[int]) -> dict[int, int] | None:
    """Return the accounts that these sellers' transfers go to; None when some take none."""
    found = {seller_id: payee_of(session, seller_id) for seller_id in sorted(set(seller_ids))}
    if not found or None in found.values():
        return None
    return {seller_id: payee.id for seller_id, payee in found.items() if payee is not None}


def pay_by_transfer(
    session: Session, *, order_id: int, payment_id: int, holds: Holds, now: datetime
) -> None:
    """Let parts that were to be paid on another page be paid by transfer, and ask for it.

    Raises:
        NotPaidOnline: it is not to be paid on another page any more, or some of it is there.
        MethodNotOffered: a seller takes no transfers.
    """
    payment = locked_online(session, payment_id)
    parts = seller_orders_of(session, payment_id)
    accounts = transfers_to(session, [part.seller_id for part in parts])
    if accounts is None:
        raise MethodNotOffered(seller_id=parts[0].seller_id if parts else 0, method="transfer")
    ordering.change_method(
        session, payees={part.id: accounts[part.seller_id] for part in parts}, method="transfer",
        holds=holds, now=now,
    )  # fmt: skip
    stop_asking(session, payment, now)
    open_payments(session, order_id, now)


def accept_quote(
    session: Session,
    *,
    order_id: int,
    seller_order_id: int,
    shown_total_vnd: int,
    actor_id: int | None,
    holds: Holds,
    now: datetime,
) -> None:
    """Agree to the fee that a maker named, and ask for the money.

    Raises:
        NotYours: the part is not of this order.
        IllegalMove, PriceChanged
    """
    of_order = select(SellerOrder.id).where(
        SellerOrder.id == seller_order_id, SellerOrder.order_id == order_id
    )
    if session.scalar(of_order) is None:
        raise NotYours
    ordering.accept_quote(
        session, seller_order_id=seller_order_id, shown_total_vnd=shown_total_vnd,
        actor_id=actor_id, holds=holds, now=now,
    )  # fmt: skip
    open_payments(session, order_id, now)
