"""Agreeing with carriers, giving them parcels and taking what they say: once, in any order."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.audit.actions import note
from shop.carriers.events import CancelAsked, CarrierTold, ParcelAsked
from shop.carriers.models import CarrierAccount, CarrierParcel, CarrierWord
from shop.carriers.queries import (
    ALIVE_STATES,
    account_of,
    accounts_beside,
    next_client_code,
    parcels_of,
    shipment_of,
)
from shop.carriers.rules import CARRIERS, Made, Told, Track
from shop.carriers.rules.boxes import Box
from shop.carriers.rules.looking import next_look
from shop.carriers.rules.protocol import ENDS, KeysMissing, later
from shop.carriers.rules.refusals import NotPackedYet, ParcelAlive, ParcelFixed
from shop.current import vault
from shop.db import one_at_a_time, upsert_into
from shop.fulfilment.actions import hand_over, settle
from shop.fulfilment.rules import Parcel
from shop.kernel.codes import random_code
from shop.kernel.errors import NotYours
from shop.ordering.actions import move_seller_order
from shop.ordering.models import Order, SellerOrder
from shop.ordering.queries import contact_of
from shop.ordering.rules import SellerOrderState as S
from shop.outbox.relay import record
from shop.payments.actions import move_cash
from shop.payments.methods import By
from shop.payments.models import CodCollection
from shop.payments.rules.cash import CashState

_ADDRESS_LENGTH = 28
_MOST_KEY = 200
#: Where an order stands while its parcel travels.
_ON_THE_WAY = (S.HANDED_OVER, S.DELIVERY_FAILED)


def open_account(
    session: Session, *, seller_id: int, carrier: str, keys: Mapping[str, str], is_test: bool,
    actor_id: int | None, actor_name: str, now: datetime,
) -> CarrierAccount:  # fmt: skip
    """Keep what a carrier gave to a seller, sealed; another account at the same carrier ends.

    Raises:
        KeysMissing
    """
    known = CARRIERS[carrier]
    given = {name: keys.get(name, "").strip() for name in known.keys}
    wrong = [
        name
        for name, value in given.items()
        if not value or len(value) > _MOST_KEY or not value.isascii() or not value.isprintable()
    ]
    if wrong:
        raise KeysMissing(names=wrong)
    for row in session.scalars(
        select(CarrierAccount).where(
            CarrierAccount.seller_id == seller_id, CarrierAccount.carrier == carrier,
            CarrierAccount.ended_at.is_(None),
        )
    ):  # fmt: skip
        row.ended_at = now
    if known.proves:
        given["secret"] = random_code(32)
    key = vault().new_key()
    account = CarrierAccount(
        seller_id=seller_id, carrier=carrier, address=random_code(_ADDRESS_LENGTH), data_key=key,
        secret=vault().seal(key, given), is_test=is_test, started_at=now, started_by_id=actor_id,
    )  # fmt: skip
    session.add(account)
    session.flush()
    _note(session, "carrier_account.opened", account, actor_id, actor_name, now)
    return account


def end_account(
    session: Session, *, seller_id: int, account_id: int, actor_id: int | None, actor_name: str,
    now: datetime,
) -> bool:  # fmt: skip
    """Ask this carrier nothing more by these keys; False when it was ended before.

    Raises:
        NotYours
    """
    account = account_of(session, seller_id, account_id)
    if account.ended_at is not None:
        return False
    account.ended_at = now
    _note(session, "carrier_account.ended", account, actor_id, actor_name, now)
    return True


def _note(
    session: Session, action: str, account: CarrierAccount, actor_id: int | None, actor_name: str,
    now: datetime,
) -> None:  # fmt: skip
    note(
        session, action=action, subject_kind="seller", subject_id=account.seller_id, now=now,
        actor_id=actor_id, actor_name=actor_name, carrier=CARRIERS[account.carrier].name,
    )  # fmt: skip


def ask_for_parcel(
    session: Session, *, seller_id: int, seller_order_id: int, account_id: int,
    weight_g: int | None, quoted_vnd: int | None, actor_id: int | None, now: datetime,
    box: Box | None = None,
) -> CarrierParcel:  # fmt: skip
    """Note that a carrier is to fetch a packed parcel; the worker asks it.

    Tapped twice it is one: the second tap finds the first.

    Raises:
        NotYours, NotPackedYet, ParcelAlive
    """
    account = account_of(session, seller_id, account_id)
    if account.ended_at is not None:
        raise NotYours(what="carrier_account", id=account_id)
    part = one_at_a_time(session, SellerOrder, seller_order_id)
    if part is None or part.seller_id != seller_id:
        raise NotYours(what="seller_order", id=seller_order_id)
    abroad = session.scalar(select(Order.country).where(Order.id == part.order_id)) != "VN"
    if part.state != S.PACKED or part.delivery != "delivery" or abroad:
        raise NotPackedYet
    known = parcels_of(session, seller_order_id)
    if known and known[0].state in ALIVE_STATES:
        raise ParcelAlive
    code = next_client_code(session, seller_order_id)
    told = shipment_of(
        session, seller_id, seller_order_id, weight_g=weight_g, client_code=code, box=box
    )
    row = CarrierParcel(
        seller_id=seller_id, seller_order_id=seller_order_id, account_id=account.id,
        client_code=code, state="asked", weight_g=told.weight_g, cod_vnd=told.cod_vnd,
        length_cm=told.box.length_cm, width_cm=told.box.width_cm, height_cm=told.box.height_cm,
        quoted_vnd=quoted_vnd, asked_at=now, asked_by_id=actor_id,
    )  # fmt: skip
    session.add(row)
    session.flush()
    record(session, ParcelAsked(row.id), now)
    return row


def note_made(session: Session, *, parcel_id: int, made: Made, now: datetime) -> None:
    """Keep what the carrier made of a parcel; again changes nothing.

    An order that was cancelled while the carrier thought is taken back from it at once.
    """
    row = session.get_one(CarrierParcel, parcel_id, with_for_update=True, populate_existing=True)
    if row.state == "asked":
        row.state, row.tracking_code, row.fee_vnd = "made", made.tracking_code, made.fee_vnd
        row.track, row.settled_at, row.words = Track.MADE, now, ""
        row.next_look_at = next_look(now, 0)
        part = one_at_a_time(session, SellerOrder, row.seller_order_id)
        if part is not None and part.state == S.CANCELLED:
            _let_go(session, row, now)


def note_withdrawn(session: Session, *, parcel_id: int, now: datetime) -> None:
    """Keep that a carrier was never asked: the order was cancelled before it answered."""
    row = session.get_one(CarrierParcel, parcel_id, with_for_update=True, populate_existing=True)
    if row.state == "asked":
        row.state, row.track, row.settled_at = "cancelled", Track.CANCELLED, now


def let_go_of(session: Session, *, seller_order_id: int, now: datetime) -> None:
    """Take a cancelled order back from its carrier. One that is being asked still is not made."""
    for row in parcels_of(session, seller_order_id):
        own_parcel(session, row.seller_id, row.id, to_change=True)
        if row.state == "made" and row.track in ("", Track.MADE):
            _let_go(session, row, now)


def _let_go(session: Session, row: CarrierParcel, now: datetime) -> None:
    row.state, row.words = "cancelling", ""
    record(session, CancelAsked(row.id), now)


def note_refused(session: Session, *, parcel_id: int, words: str, now: datetime) -> None:
    """Keep that the carrier said no: to fetching it, or to letting it go again."""
    row = session.get_one(CarrierParcel, parcel_id, with_for_update=True, populate_existing=True)
    if row.state in ("asked", "cancelling"):
        row.state = "refused" if row.state == "asked" else "made"
        row.words, row.settled_at = words[:200], now


def ask_to_cancel(
    session: Session, *, seller_id: int, parcel_id: int, now: datetime
) -> CarrierParcel:
    """Note that a carrier is not to fetch a parcel after all; the worker tells it.

    Raises:
        NotYours
        ParcelFixed: it is being asked still, or the carrier has fetched it.
    """
    row = own_parcel(session, seller_id, parcel_id, to_change=True)
    if row.state == "cancelling":
        return row
    if row.state != "made" or row.track not in ("", Track.MADE):
        raise ParcelFixed
    _let_go(session, row, now)
    return row


def note_cancelled(session: Session, *, parcel_id: int, now: datetime) -> None:
    row = session.get_one(CarrierParcel, parcel_id, with_for_update=True, populate_existing=True)
    if row.state == "cancelling":
        row.state, row.track, row.settled_at = "cancelled", Track.CANCELLED, now


def own_parcel(
    session: Session, seller_id: int, parcel_id: int, *, to_change: bool = False
) -> CarrierParcel:
    """Return a stall's own parcel.

    Raises:
        NotYours
    """
    row = session.get(
        CarrierParcel, parcel_id, with_for_update=to_change or None, populate_existing=to_change
    )
    if row is None or row.seller_id != seller_id:
        raise NotYours(what="carrier_parcel", id=parcel_id)
    return row


def keep_words(session: Session, *, account_id: int, told: Sequence[Told], now: datetime) -> int:
    """Store what a callback says, each word once; return how many were new."""
    new = 0
    for one in told:
        word_id = session.scalar(
            upsert_into(session, CarrierWord)
            .values(
                account_id=account_id, key=one.key, tracking_code=one.tracking_code,
                track=one.state or "", said_at=one.at, words=one.words, came_at=now,
            )
            .on_conflict_do_nothing(index_elements=["account_id", "key"])
            .returning(CarrierWord.id)
        )  # fmt: skip
        if word_id is not None:
            record(session, CarrierTold(word_id), now)
            new += 1
    return new


def put_off_look(session: Session, *, parcel_id: int, now: datetime) -> bool:
    """Count a look that is about to be made; False when another worker makes it."""
    row = session.get_one(CarrierParcel, parcel_id, with_for_update=True, populate_existing=True)
    if row.state != "made" or row.next_look_at is None or row.next_look_at > now:
        return False
    row.looks += 1
    row.next_look_at = next_look(now, row.looks)
    return True


def follow_look(session: Session, *, account_id: int, told: Told, now: datetime) -> bool:
    """Let a parcel and its order follow what a carrier answered just now; False: no news."""
    row = _parcel_named(session, account_id, told.tracking_code)
    return row is not None and told.state is not None and _follow(session, row, told, now)


def apply_word(session: Session, *, word_id: int, told: Told, now: datetime) -> bool:
    """Let a parcel and its order follow what a carrier says; False when it was no news.

    A word is applied once. What is older than what is known, or comes after an end, moves
    nothing; where the order stands elsewhere by the seller's own hand, hers holds.

    Args:
        told: what is true now: the word itself, or what the carrier answered when asked.
    """
    word = session.get_one(CarrierWord, word_id, with_for_update=True, populate_existing=True)
    if word.applied_at is not None:
        return False
    row = _parcel_named(session, word.account_id, word.tracking_code)
    word.applied_at = now
    return row is not None and told.state is not None and _follow(session, row, told, now)


def _parcel_named(session: Session, account_id: int, code: str) -> CarrierParcel | None:
    return session.scalar(
        select(CarrierParcel)
        .where(
            CarrierParcel.account_id.in_(accounts_beside(account_id)),
            CarrierParcel.tracking_code == code,
        )
        .order_by(CarrierParcel.id.desc())
        .limit(1)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def _follow(session: Session, row: CarrierParcel, told: Told, now: datetime) -> bool:
    state = told.state
    known = Track(row.track) if row.track else None
    if state is None or not later(state, told.at, known, row.tracked_at):
        return False
    row.track, row.tracked_at, row.words = state, told.at or now, told.words[:200]
    row.looks, row.next_look_at = 0, None if state in ENDS else next_look(now, 0)
    if state is Track.CANCELLED:
        row.state, row.settled_at = "cancelled", now
        return True
    if state is not Track.MADE and row.state == "cancelling":
        row.state = "made"  # Fetched before it could be cancelled.
    part = one_at_a_time(session, SellerOrder, row.seller_order_id)
    is_test = session.get_one(CarrierAccount, row.account_id).is_test
    if part is not None and not is_test:
        _move(session, part, row, state, now)
    return True


def _move(
    session: Session, part: SellerOrder, row: CarrierParcel, state: Track, now: datetime
) -> None:
    """Take the order along its own table of moves to where its parcel is."""
    if state is Track.MADE:
        return
    if part.state == S.PACKED:
        _leave(session, part, row, now)
    if state in (Track.FAILED, Track.RETURNING, Track.RETURNED):
        # What comes home is looked at by the seller: she says what is whole.
        _step(session, part, S.HANDED_OVER, S.DELIVERY_FAILED, now)
    elif state is Track.LOST:
        _step(session, part, S.DELIVERY_FAILED, S.HANDED_OVER, now)
        _step(session, part, S.HANDED_OVER, S.LOST, now)
    elif state is Track.DELIVERED:
        _step(session, part, S.DELIVERY_FAILED, S.HANDED_OVER, now)
        arrived = _step(session, part, S.HANDED_OVER, S.DELIVERED, now)
        # A parcel that was sent as paid ahead brings nobody any cash.
        if arrived and part.method == "cod" and row.cod_vnd:
            _cash_with_carrier(session, part.id, CARRIERS[_carrier(session, row)].name, now)
    elif part.state in _ON_THE_WAY and state is Track.OUT:
        _again(session, part, now)


def _carrier(session: Session, row: CarrierParcel) -> str:
    return session.get_one(CarrierAccount, row.account_id).carrier


def _leave(session: Session, part: SellerOrder, row: CarrierParcel, now: datetime) -> None:
    order = session.get_one(Order, part.order_id)
    phone = contact_of(order).to_phone
    hand_over(
        session, seller_id=part.seller_id, seller_order_id=part.id, last4=phone[-4:],
        parcel=Parcel("carrier", carrier=_carrier(session, row), tracking_code=row.tracking_code),
        actor_kind="system", actor_id=None, now=now,
    )  # fmt: skip
    session.refresh(part)


def _again(session: Session, part: SellerOrder, now: datetime) -> None:
    _step(session, part, S.DELIVERY_FAILED, S.HANDED_OVER, now)


def _step(session: Session, part: SellerOrder, start: S, to: S, now: datetime) -> bool:
    if part.state != start:
        return False
    if to == S.HANDED_OVER:
        move_seller_order(
            session, seller_order_id=part.id, to=to, actor_kind="system", actor_id=None, now=now
        )
    else:
        settle(
            session, seller_id=part.seller_id, seller_order_id=part.id, to=to,
            actor_kind="system", actor_id=None, now=now,
        )  # fmt: skip
    session.refresh(part)
    return True


def _cash_with_carrier(session: Session, part_id: int, carrier: str, now: datetime) -> None:
    promised = session.scalar(
        select(CodCollection.state).where(CodCollection.seller_order_id == part_id)
    )
    if promised == CashState.PROMISED:
        move_cash(
            session, seller_order_id=part_id, to=CashState.WITH_CARRIER, by=By("system"),
            carrier=carrier[:60], now=now,
        )  # fmt: skip
