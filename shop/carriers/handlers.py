"""The worker speaks with carriers: what does not come through is tried again by the outbox."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.carriers import actions
from shop.carriers.asking import line_of
from shop.carriers.events import CancelAsked, CarrierTold, ParcelAsked
from shop.carriers.jobs import look_after_parcels
from shop.carriers.models import CarrierAccount, CarrierParcel, CarrierWord
from shop.carriers.queries import (
    ALIVE_STATES,
    accounts_beside,
    left_to_collect,
    parcels_of,
    shipment_of,
)
from shop.carriers.rules import CarrierRefused, Told, Track
from shop.carriers.rules.boxes import Box
from shop.db import db, in_transaction
from shop.kernel.clock import now_utc
from shop.kernel.errors import OutsideFailure
from shop.ordering.events import SellerOrderMoved
from shop.ordering.models import SellerOrder
from shop.ordering.rules import TAKEN_BACK, SellerOrderState, StepStays
from shop.ordering.wrong_taps import WrongTap, follows_wrong_taps
from shop.outbox.relay import subscribe
from shop.outbox.worker import schedule
from shop.payments.events import PaymentReceived
from shop.payments.queries.turned import turned_parts, unpaid_transfers
from shop.payments.turned import ask_cash_again

#: Where a carrier that comes to fetch the parcel would not find it.
_CALLED_OFF_FIRST = (SellerOrderState.CONFIRMED, SellerOrderState.PACKED)


def make_parcel(event: ParcelAsked) -> None:
    """Ask the carrier to fetch a parcel, by its client code: asked twice, it is fetched once."""
    session, now = db.session(), now_utc()
    row = session.get_one(CarrierParcel, event.parcel_id)
    if row.state != "asked":
        return
    if session.scalar(select(SellerOrder.state).where(SellerOrder.id == row.seller_order_id)) == (
        SellerOrderState.CANCELLED
    ):
        in_transaction(
            lambda session: actions.note_withdrawn(session, parcel_id=event.parcel_id, now=now)
        )
        return
    line = line_of(session.get_one(CarrierAccount, row.account_id))
    shipment = shipment_of(
        session, row.seller_id, row.seller_order_id, weight_g=row.weight_g,
        client_code=row.client_code, box=Box(row.length_cm, row.width_cm, row.height_cm),
    )  # fmt: skip
    # Told again it is the same parcel: what it collects is what was asked, as her page says.
    shipment = replace(shipment, cod_vnd=row.cod_vnd)
    db.session.rollback()  # Nothing is held while the carrier thinks.
    try:
        made = line.create(shipment)
    except CarrierRefused as refusal:
        _note_refused(event.parcel_id, refusal, now)
        return
    in_transaction(
        lambda session: actions.note_made(session, parcel_id=event.parcel_id, made=made, now=now)
    )


def cancel_parcel(event: CancelAsked) -> None:
    """Tell the carrier not to fetch a parcel after all."""
    session, now = db.session(), now_utc()
    row = session.get_one(CarrierParcel, event.parcel_id)
    if row.state != "cancelling":
        return
    line, code = line_of(session.get_one(CarrierAccount, row.account_id)), row.tracking_code
    db.session.rollback()
    try:
        line.cancel(code)
    except CarrierRefused as refusal:
        _note_refused(event.parcel_id, refusal, now)
        return
    in_transaction(
        lambda session: actions.note_cancelled(session, parcel_id=event.parcel_id, now=now)
    )


def let_go(event: SellerOrderMoved) -> None:
    """Take a parcel back from its carrier when its order is cancelled."""
    if event.to_state == SellerOrderState.CANCELLED:
        now = now_utc()
        in_transaction(
            lambda session: actions.let_go_of(
                session, seller_order_id=event.seller_order_id, now=now
            )
        )


def _note_refused(parcel_id: int, refusal: CarrierRefused, now: datetime) -> None:
    in_transaction(
        lambda session: actions.note_refused(
            session, parcel_id=parcel_id, words=refusal.words, now=now
        )
    )


def follow_word(event: CarrierTold) -> None:
    """Find out what is true of a parcel that a carrier spoke of, and follow it.

    A carrier that proves itself is believed; of the others a word is a hint, and they are asked.
    """
    session, now = db.session(), now_utc()
    word = session.get_one(CarrierWord, event.word_id)
    if word.applied_at is not None:
        return
    account = session.get_one(CarrierAccount, word.account_id)
    line, code = line_of(account), word.tracking_code
    told = Told(word.key, code, Track(word.track) if word.track else None, word.said_at, word.words)
    of_hers = select(CarrierParcel.id).where(
        CarrierParcel.account_id.in_(accounts_beside(account.id))
    )
    known = session.scalar(of_hers.where(CarrierParcel.tracking_code == code).limit(1))
    asked = session.scalar(of_hers.where(CarrierParcel.state == "asked").limit(1))
    db.session.rollback()
    if known is None and asked is not None:
        raise OutsideFailure("A carrier speaks of a parcel whose code has not come yet.")
    if known is not None and not line.carrier.proves:
        try:
            told = line.track(code) or told
        except CarrierRefused:
            told = Told(told.key, code, None, None)  # It knows no such parcel: nothing moves.
    in_transaction(
        lambda session: actions.apply_word(session, word_id=event.word_id, told=told, now=now)
    )


def follow_taken_back(event: PaymentReceived) -> None:
    """Wait for cash again that a buyer did not transfer, and that the carrier is to collect.

    Payments know of no labels: they leave a parcel alone that was sent after the transfer.
    """
    if event.amount_vnd < 0:
        in_transaction(lambda session: _wait_for_cash(session, [event.payment_id]))


def follow_move(event: SellerOrderMoved) -> None:
    """Do the same once "lost" was taken back."""
    if (event.from_state, event.to_state) in TAKEN_BACK:
        in_transaction(
            lambda session: _wait_for_cash(session, unpaid_transfers(session, event.order_id))
        )


def _wait_for_cash(session: Session, payment_ids: Iterable[int]) -> None:
    for payment_id in payment_ids:
        collected = left_to_collect(session, turned_parts(session, payment_id))
        if collected:
            ask_cash_again(session, payment_id=payment_id, collected=collected, now=now_utc())


def keep_what_carriers_know(session: Session, tap: WrongTap) -> None:
    """A parcel that a carrier is to fetch stays packed; one that it says it brought, delivered.

    Raises:
        StepStays
    """
    if tap.back not in _CALLED_OFF_FIRST and tap.stands != SellerOrderState.DELIVERED:
        return
    for one in parcels_of(session, tap.seller_order_id):
        if one.state not in ALIVE_STATES or session.get_one(CarrierAccount, one.account_id).is_test:
            continue
        if tap.back in _CALLED_OFF_FIRST:
            raise StepStays(why="carrier_asked")
        if one.track == Track.DELIVERED:
            raise StepStays(why="carrier_arrived")


def ask_by_itself(now: datetime) -> None:
    """Ask carriers about parcels of which they said nothing for hours."""
    look_after_parcels(now)


def init_carriers(app: Flask) -> None:
    subscribe(app, ParcelAsked, "carriers.make_parcel", make_parcel)
    subscribe(app, CancelAsked, "carriers.cancel_parcel", cancel_parcel)
    subscribe(app, CarrierTold, "carriers.follow_word", follow_word)
    subscribe(app, SellerOrderMoved, "carriers.let_go", let_go)
    subscribe(app, SellerOrderMoved, "carriers.follow_move", follow_move)
    subscribe(app, PaymentReceived, "carriers.follow_taken_back", follow_taken_back)
    follows_wrong_taps(app, keep_what_carriers_know)
    schedule(app, "carriers.look_after_parcels", timedelta(minutes=30), ask_by_itself)
