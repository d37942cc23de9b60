"""Orders of invented buyers, walked through every state by the shop's own actions."""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.accounts.actions import save_address
from shop.accounts.queries import account_by
from shop.accounts.terms import current_terms
from shop.catalogue.models import Variant
from shop.db import transaction
from shop.demo.people import e164
from shop.fulfilment.actions import hand_over
from shop.fulfilment.rules import Parcel, carrier_name
from shop.kernel.clock import vietnam_date
from shop.ordering import actions, queries
from shop.ordering.actions.taking_back import sold_lines
from shop.ordering.models import SellerOrder
from shop.ordering.rules import (
    Choice,
    ComingBack,
    Contact,
    ReturnReason,
    attempt_digest,
    draft_order,
)
from shop.payments import actions as payments
from shop.payments import refunds
from shop.payments.methods.protocol import By
from shop.payments.models import CodCollection, Payment
from shop.payments.queries import refunds_of_order
from shop.payments.rules.cash import CashState
from shop.payments.rules.refunds import RefundReason, Way
from shop.payments.told import TRANSFER, Subject
from shop.places.queries import ward
from shop.places.rules.addresses import Address
from shop.shipping.models import PickupPoint
from shop.shipping.queries import tariffs
from shop.shipping.rules import Destination

SELLER = By("seller")
#: Steps that the clock takes, not the seller.
ACTORS = {"completed": "system"}
CARRIER = "vnpost"
#: Hours from one step of a walk to the next.
STEP = timedelta(hours=7)


def load_orders(content: dict[str, Any], people: dict[str, Any], now: datetime) -> None:
    """Place and walk each order of the file, oldest first."""
    buyers = {row["slug"]: row for row in people["buyer"]}
    rows = sorted(content["order"], key=lambda row: -_age(row).total_seconds())
    for row in rows:
        place_and_walk(row, buyers[row["buyer"]], now - _age(row))


def _age(row: dict[str, Any]) -> timedelta:
    return timedelta(days=row.get("days", 0), hours=row.get("hours", 0))


def place_and_walk(
    row: dict[str, Any],
    buyer: dict[str, Any],
    at: datetime,
    *,
    online: dict[str, int] | None = None,
    pay: Callable[[int, datetime], None] = lambda _payment_id, _at: None,
) -> None:
    """Place one order and take its parts along their way.

    Args:
        online: who is paid, by each way of paying on another page.
        pay: what happens to a payment on another page, before the parts go their way.
    """
    with transaction() as session:
        order_id = _place(session, row, buyer, at, online or {})
    parts = _parts_of(order_id)
    if "quote_vnd" in row:
        with transaction() as session:
            for part_id, _ in parts:
                actions.quote_fee(
                    session, seller_order_id=part_id, fee_vnd=row["quote_vnd"], actor_kind="seller",
                    actor_id=None, holds=queries.holds(), now=at + STEP,
                )  # fmt: skip
    with transaction() as session:
        for payment_id in session.scalars(
            select(Payment.id).where(Payment.order_id == order_id)
        ).all():
            if row["method"] == "transfer" and "reported" in row:
                payments.report(
                    session, payment_id=payment_id, now=at + timedelta(hours=row["reported"])
                )
            if row["method"] == "transfer" and "paid" in row:
                _pay(session, payment_id, at + timedelta(hours=row["paid"]))
    if online:
        with transaction() as session:
            payments_online = session.scalars(
                select(Payment.id).where(Payment.order_id == order_id, Payment.method.in_(online))
            ).all()
        for payment_id in payments_online:
            pay(payment_id, at)
    if row.get("cancelled_by") == "buyer":
        with transaction() as session:
            actions.cancel_by_buyer(session, order_id=order_id, now=at + timedelta(hours=1))
            payments.open_payments(session, order_id, at + timedelta(hours=1))
    elif row.get("cancelled_by") == "expiry":
        with transaction() as session:
            actions.expire_due(session, now=at + timedelta(hours=26))
            payments.open_payments(session, order_id, at + timedelta(hours=26))
    for part_id, _ in parts:
        _walk(part_id, row, at)
    if "returned" in row:
        _some_come_back(parts[0][0], row["returned"], at + STEP * 8)
    if "late" in row:
        _say_late(order_id, at + timedelta(hours=row["late"]))
    with transaction() as session:  # What is owed follows what became of the parts.
        over = at + STEP * (len(row.get("walk", ())) + 1)
        payments.open_payments(session, order_id, over)
        refunds.ask_back_of_order(session, order_id, over)
    for back in row.get("back", ()):
        with transaction() as session:
            _give_back(session, order_id, back, buyer, over + STEP)


def _give_back(
    session: Session, order_id: int, step: str, buyer: dict[str, Any], at: datetime
) -> None:
    """Walk what has to go back: "goodwill" promises a little, "account" says where to, "sent" sends,
    "code" takes a code instead."""
    payment = session.scalars(select(Payment.id).where(Payment.order_id == order_id)).first()
    if payment is not None and step == "goodwill":
        refunds.refund(
            session, of=Subject(TRANSFER, payment), amount_vnd=20_000, way=Way.BANK,
            reason=RefundReason.GOODWILL, key=f"demo:{payment}", by=SELLER,
            note="Hũ mật móp nắp, khách vẫn lấy", now=at,
        )  # fmt: skip
    for refund in refunds_of_order(session, order_id):
        if not refund.is_waiting:
            continue
        if step == "account":
            refunds.give_account(
                session, order_id=order_id, refund_id=refund.id, bank_bin="970436",
                number="1029384756", holder=buyer["name"], by=By("buyer"), now=at,
            )  # fmt: skip
        elif step == "code":
            refunds.take_as_credit(
                session, order_id=order_id, refund_id=refund.id, by=By("buyer"), now=at
            )
        elif step == "sent":
            refunds.note_sent(
                session, refund_id=refund.id, reference="FT26330001MAU", by=SELLER, now=at
            )


def _some_come_back(part_id: int, units: int, at: datetime) -> None:
    """Some units of the first line come back broken; the delivery fee stays."""
    with transaction() as session:
        line = sold_lines(session, part_id)[0]
        actions.return_goods(
            session, seller_order_id=part_id, coming=[ComingBack(line.id, units, False)],
            reason=ReturnReason.FAULTY, gives_fee_back=False, after=0, actor_kind="seller",
            actor_id=None, note="Hũ nứt nắp", now=at,
        )  # fmt: skip


def _say_late(order_id: int, at: datetime) -> None:
    """The buyer says that she transferred although all is over."""
    with transaction() as session:
        for payment_id in session.scalars(
            select(Payment.id).where(Payment.order_id == order_id)
        ).all():
            payments.report(session, payment_id=payment_id, now=at)


def _place(
    session: Session,
    row: dict[str, Any],
    buyer: dict[str, Any],
    at: datetime,
    online: dict[str, int],
) -> int:
    to = buyer.get("recipient", buyer) if not row.get("abroad") else buyer
    cart_id = actions.open_cart(session, token=secrets.token_urlsafe(24), account_id=None, now=at)
    for sku, quantity in row["lines"]:
        variant = session.scalars(select(Variant).where(Variant.sku == sku)).one()
        actions.add_to_cart(
            session, cart_id=cart_id, variant_id=variant.id, quantity=quantity, now=at
        )
    lines = queries.cart_lines(session, cart_id)
    sellers = {line.stall.id for line in lines}
    pickup = row.get("delivery") == "pickup"
    points = dict(
        session.execute(
            select(PickupPoint.seller_id, PickupPoint.id).where(PickupPoint.seller_id.in_(sellers))
        ).all()  # type: ignore[arg-type]
    )
    choices = {
        seller: Choice(
            delivery="pickup" if pickup else "delivery", method=row["method"],
            pickup_point_id=points[seller] if pickup else None, note=buyer.get("note_vi", ""),
        )
        for seller in sellers
    }  # fmt: skip
    destination = _destination(session, buyer, abroad=bool(row.get("abroad")))
    contact = Contact(
        name=buyer["name"], phone=_phone(buyer["phone"]), email=buyer.get("email", ""),
        street=", ".join(filter(None, (to["line1"], to.get("city", "")))),
        receiver_name=to["name"] if to is not buyer else "",
        receiver_phone=_phone(to["phone"]) if to is not buyer else "",
    )  # fmt: skip
    account = account_by(session, phone=contact.phone)
    draft = draft_order(
        lines, destination=destination, choices=choices, ordered_on=vietnam_date(at),
        tariffs=tariffs(session, sellers, vietnam_date(at)),
        voucher=queries.voucher_for(session, queries.Named(row["voucher"]), sellers)
        if "voucher" in row
        else None,
        now=at,
    )  # fmt: skip
    placed = actions.place_order(
        session, cart_id=cart_id, account_id=account.id if account else None,
        attempt_id=secrets.token_hex(16), attempt_digest=attempt_digest([("demo", row["buyer"])]),
        contact=contact, destination=destination, choices=choices,
        shown_total_vnd=draft.total_vnd, voucher_code=row.get("voucher", ""),
        locale="vi", terms_version=current_terms("ordering", vietnam_date(at)).version, now=at,
        holds=queries.holds(), online=online,
    )  # fmt: skip
    payments.open_payments(session, placed.order_id, at)
    if account is not None and destination.ward_code:
        address = Address(
            ward_code=destination.ward_code, ward_name=destination.ward_name,
            province_code=destination.province_code or "", province_name=destination.province_name,
            line1=contact.street,
        )  # fmt: skip
        save_address(session, account_id=account.id, address=address.to_dict(), now=at)
    return placed.order_id


def _phone(text: str) -> str:
    return text if text.startswith("+") else e164(text)


def _destination(session: Session, buyer: dict[str, Any], *, abroad: bool) -> Destination:
    to = buyer.get("recipient", buyer)
    if abroad:
        return Destination(country=buyer["country"])
    place = ward(session, to["ward_code"])
    if place is None:
        raise LookupError(to["ward_code"])
    return Destination(
        country="VN", ward_code=place.code, province_code=place.province_code, region=place.region,
        ward_name=place.full_name, province_name=place.province_name,
    )  # fmt: skip


def _parts_of(order_id: int) -> list[tuple[int, str]]:
    with transaction() as session:
        found = session.execute(
            select(SellerOrder.id, SellerOrder.state).where(SellerOrder.order_id == order_id)
        ).all()
    return [(row.id, row.state) for row in found]


def _pay(session: Session, payment_id: int, at: datetime) -> None:
    payment = session.get_one(Payment, payment_id)
    payments.confirm_received(
        session, payment_id=payment_id, amount_vnd=payment.amount_vnd, after=0, by=SELLER, now=at
    )  # fmt: skip


def _walk(part_id: int, row: dict[str, Any], at: datetime) -> None:
    for n, to in enumerate(row.get("walk", ())):
        when = at + STEP * (n + 1)
        with transaction() as session:
            part = session.get_one(SellerOrder, part_id)
            if part.state == to:
                continue
            if to in ("handed_over", "ready_for_pickup"):
                hand_over(
                    session, seller_id=part.seller_id, seller_order_id=part_id, parcel=_parcel(to, part_id),
                    actor_kind="seller", actor_id=None, now=when,
                )  # fmt: skip
            else:
                actions.move_seller_order(
                    session,
                    seller_order_id=part_id,
                    to=to,
                    actor_kind=ACTORS.get(to, "seller"),
                    actor_id=None,
                    now=when,
                )
            payments.open_payments(session, part.order_id, when)
    for n, state in enumerate(row.get("cash", ())):
        with transaction() as session:
            cash = session.get(CodCollection, part_id)
            if cash is not None:
                payments.move_cash(
                    session, seller_order_id=part_id, to=CashState(state), by=SELLER,
                    counted_vnd=cash.amount_vnd if state == "remitted" else 0,
                    carrier=carrier_name(CARRIER) if state == "with_carrier" else "",
                    now=at + STEP * (n + 6),
                )  # fmt: skip


def _parcel(to: str, part_id: int) -> Parcel:
    if to == "ready_for_pickup":
        return Parcel(kind="pickup")
    return Parcel(kind="carrier", carrier=CARRIER, tracking_code=f"MAU{part_id:06d}VN")
