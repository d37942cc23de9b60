"""Reads of accounts at carriers and of the parcels sent by them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from shop.carriers.models import CarrierAccount, CarrierParcel
from shop.carriers.rules import CARRIERS
from shop.carriers.rules.boxes import Box, Measured, box_for
from shop.carriers.rules.protocol import ENDS, Party, Shipment, Thing, Trackable
from shop.catalogue.models import Variant
from shop.current import vault
from shop.fulfilment.models import HandOver
from shop.kernel.errors import NotYours
from shop.kernel.phones import written
from shop.ordering.models import LineItem, Order, SellerOrder
from shop.ordering.queries import PART_CODE, contact_of, lines_of
from shop.sellers.models import Seller

#: Of parcels that stand at a carrier, or may.
ALIVE_STATES = ("asked", "made", "cancelling")


def accounts_of(session: Session, seller_id: int) -> list[CarrierAccount]:
    """Return a stall's accounts that hold, the newest first."""
    return list(
        session.scalars(
            select(CarrierAccount)
            .where(CarrierAccount.seller_id == seller_id, CarrierAccount.ended_at.is_(None))
            .order_by(CarrierAccount.id.desc())
        )
    )


def account_of(session: Session, seller_id: int, account_id: int) -> CarrierAccount:
    """Return a stall's own account, ended ones too.

    Raises:
        NotYours
    """
    row = session.get(CarrierAccount, account_id)
    if row is None or row.seller_id != seller_id:
        raise NotYours(what="carrier_account", id=account_id)
    return row


def account_at(session: Session, address: str) -> CarrierAccount | None:
    """Return the account that a carrier calls at this address.

    One that ended is called still while a parcel of hers travels by it.
    """
    travels = (
        select(CarrierParcel.id)
        .where(
            CarrierParcel.account_id == CarrierAccount.id,
            CarrierParcel.state.in_(ALIVE_STATES),
            CarrierParcel.track.not_in(ENDS),
        )
        .exists()
    )
    return session.scalar(
        select(CarrierAccount).where(
            CarrierAccount.address == address, or_(CarrierAccount.ended_at.is_(None), travels)
        )
    )


def accounts_beside(account_id: int) -> Select[int]:
    """Return ids of all accounts a seller has or had at this account's carrier, as a query.

    After new keys the carrier may speak at either address of a parcel given by the former ones.
    """
    other = aliased(CarrierAccount)
    return (
        select(other.id)
        .join(
            CarrierAccount,
            and_(
                CarrierAccount.seller_id == other.seller_id,
                CarrierAccount.carrier == other.carrier,
                CarrierAccount.is_test == other.is_test,
            ),
        )
        .where(CarrierAccount.id == account_id)
    )


def keys_of(account: CarrierAccount) -> dict[str, str]:
    """Return what the carrier gave her, opened."""
    return vault().open(account.data_key, account.secret)


def parcels_of(session: Session, seller_order_id: int) -> list[CarrierParcel]:
    """Return every parcel of an order at carriers, the last try first."""
    return list(
        session.scalars(
            select(CarrierParcel)
            .where(CarrierParcel.seller_order_id == seller_order_id)
            .order_by(CarrierParcel.id.desc())
        )
    )


def is_on_label(session: Session, seller_order_id: int, tracking_code: str) -> bool:
    """Tell whether a carrier gave an order's parcel this code itself, and has it still.

    Labels of accounts that are only tried out stand on no parcel.
    """
    label = (
        select(CarrierParcel.id)
        .join(CarrierAccount, CarrierAccount.id == CarrierParcel.account_id)
        .where(
            CarrierParcel.seller_order_id == seller_order_id,
            CarrierParcel.state.in_(ALIVE_STATES), CarrierParcel.tracking_code != "",
            func.upper(CarrierParcel.tracking_code) == tracking_code,
            CarrierAccount.is_test.is_(False),
        )
    )  # fmt: skip
    return session.scalar(label.limit(1)) is not None


def asked_to_collect(session: Session, seller_order_id: int) -> int:
    """Return what the carrier of an order's parcel was asked to collect at the door, 0: nothing."""
    asked = session.scalar(
        select(CarrierParcel.cod_vnd).where(
            CarrierParcel.seller_order_id == seller_order_id,
            CarrierParcel.state.in_(ALIVE_STATES),
        )
    )
    return asked or 0


def left_to_collect(session: Session, seller_order_ids: Iterable[int]) -> set[int]:
    """Return the orders whose parcel left last by a label that tells its carrier to collect."""
    last = (
        select(func.max(HandOver.id))
        .where(
            HandOver.seller_order_id == CarrierParcel.seller_order_id, HandOver.undone_at.is_(None)
        )
        .correlate(CarrierParcel)
        .scalar_subquery()
    )
    sent = (
        select(CarrierParcel.seller_order_id)
        .join(HandOver, HandOver.id == last)
        .where(
            CarrierParcel.seller_order_id.in_(sorted(seller_order_ids)),
            CarrierParcel.state.in_(ALIVE_STATES), CarrierParcel.cod_vnd > 0,
            CarrierParcel.tracking_code != "",
            HandOver.tracking_code == func.upper(CarrierParcel.tracking_code),
        )
    )  # fmt: skip
    return set(session.scalars(sent))


def tracked_parcels(
    session: Session, seller_order_ids: Iterable[int]
) -> dict[int, Row[*tuple[Any, ...]]]:
    """Return where the carrier has each order's parcel, by seller order, for the buyer. One query."""
    wanted = select(
        CarrierParcel.seller_order_id, CarrierParcel.tracking_code, CarrierParcel.track,
        CarrierParcel.tracked_at, CarrierAccount.carrier,
    ).join(CarrierAccount, CarrierAccount.id == CarrierParcel.account_id).where(
        CarrierParcel.seller_order_id.in_(sorted(seller_order_ids)),
        CarrierParcel.state.in_(ALIVE_STATES), CarrierParcel.tracking_code != "",
        CarrierAccount.is_test.is_(False),
    )  # fmt: skip
    return {row.seller_order_id: row for row in session.execute(wanted)}


def next_client_code(session: Session, seller_order_id: int) -> str:
    """Return the shop's name for the next try of an order: its code, the part and the try."""
    code, tries = session.execute(
        select(
            Order.code,
            select(func.count(CarrierParcel.id))
            .where(CarrierParcel.seller_order_id == seller_order_id)
            .scalar_subquery(),
        )
        .join(SellerOrder, SellerOrder.order_id == Order.id)
        .where(SellerOrder.id == seller_order_id)
    ).one()
    return f"{code}-{seller_order_id}-{tries + 1}"


def shipment_of(
    session: Session,
    seller_id: int,
    seller_order_id: int,
    *,
    weight_g: int | None,
    client_code: str,
    box: Box | None = None,
) -> Shipment:
    """Return an order as a carrier is told of it. Contacts are opened here. Three queries.

    Args:
        box: the one that she packed; None: the smallest that the goods fit into.

    Raises:
        NotYours
    """
    row = session.execute(
        select(
            SellerOrder.id, SellerOrder.method, SellerOrder.total_vnd, SellerOrder.items_vnd,
            SellerOrder.weight_g, SellerOrder.note, SellerOrder.seller_name_vi, PART_CODE,
            Seller.phone, Seller.hamlet_vi, Seller.ward_name.label("seller_ward"),
            Seller.province_name.label("seller_province"), Order.ward_name, Order.province_name,
            Order.data_key, Order.contact,
        )
        .join(Order, Order.id == SellerOrder.order_id)
        .join(Seller, Seller.id == SellerOrder.seller_id)
        .where(SellerOrder.id == seller_order_id, SellerOrder.seller_id == seller_id)
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotYours(what="seller_order", id=seller_order_id)
    to = contact_of(row)
    weight = weight_g or row.weight_g
    return Shipment(
        client_code=client_code,
        sender=Party(
            row.seller_name_vi, _dialled(row.phone), row.hamlet_vi or "", row.seller_ward,
            row.seller_province,
        ),
        receiver=Party(
            to.to_name, _dialled(to.to_phone), " ".join(to.street.split()), row.ward_name,
            row.province_name,
        ),
        weight_g=weight,
        box=box or box_for(_measures(session, [row.id]).get(row.id, []), weight),
        cod_vnd=row.total_vnd if row.method == "cod" else 0,
        value_vnd=row.items_vnd,
        things=tuple(
            Thing(f"{one.title_vi}, {one.variant_vi}", one.quantity, one.unit_price_vnd, one.weight_g)
            for one in lines_of(session, [row.id])
        ),
        note=" ".join((row.note or "").split())[:200],
    )  # fmt: skip


def boxes_of(session: Session, weights: Mapping[int, int]) -> dict[int, Box]:
    """Return the box of each order: the one she chose last, or the smallest its goods fit into.

    Two queries.

    Args:
        weights: what each order weighs in grams, by the id of its seller order.
    """
    chosen = {
        row.seller_order_id: Box(row.length_cm, row.width_cm, row.height_cm)
        for row in session.execute(
            select(
                CarrierParcel.seller_order_id, CarrierParcel.length_cm, CarrierParcel.width_cm,
                CarrierParcel.height_cm,
            )
            .where(CarrierParcel.seller_order_id.in_(weights))
            .order_by(CarrierParcel.id)
        )
    }  # fmt: skip
    measures = _measures(session, [one for one in weights if one not in chosen])
    return {
        one: chosen.get(one) or box_for(measures.get(one, []), weight_g)
        for one, weight_g in weights.items()
    }


def _measures(session: Session, seller_order_ids: Sequence[int]) -> dict[int, list[Measured]]:
    found: dict[int, list[Measured]] = {}
    for row in session.execute(
        select(
            LineItem.seller_order_id, LineItem.quantity, Variant.length_mm, Variant.width_mm,
            Variant.height_mm,
        )
        .join(Variant, Variant.id == LineItem.variant_id)
        .where(LineItem.seller_order_id.in_(seller_order_ids))
    ):  # fmt: skip
        sides = (row.length_mm, row.width_mm, row.height_mm)
        found.setdefault(row.seller_order_id, []).append((row.quantity, sides))
    return found


def parcels_to_look_for(session: Session, now: datetime, most: int) -> Sequence[CarrierParcel]:
    """Return parcels whose carrier said nothing for too long and can be asked, the longest first."""
    asked = [key for key, carrier in CARRIERS.items() if isinstance(carrier, Trackable)]
    return session.scalars(
        select(CarrierParcel)
        .join(CarrierAccount, CarrierAccount.id == CarrierParcel.account_id)
        .where(
            CarrierParcel.state == "made", CarrierParcel.next_look_at <= now,
            CarrierParcel.tracking_code != "", CarrierParcel.track.not_in(ENDS),
            CarrierAccount.ended_at.is_(None), CarrierAccount.carrier.in_(asked),
        )
        .order_by(CarrierParcel.next_look_at)
        .limit(most)
    ).all()  # fmt: skip


def _dialled(phone: str) -> str:
    return "".join(c for c in written(phone) if c.isdecimal() or c == "+")
