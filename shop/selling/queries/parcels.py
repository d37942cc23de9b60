"""What is to be packed and what is to be labelled: of many orders at once."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from shop.carriers.queries import boxes_of
from shop.carriers.rules.boxes import Box
from shop.ordering.models import Order, SellerOrder
from shop.ordering.queries import PART_CODE, contact_of, lines_of
from shop.ordering.rules import Contact
from shop.ordering.rules import SellerOrderState as S
from shop.sellers.models import Seller
from shop.shipping.models import PickupPoint

#: So many parcels at once; who has more packs the rest afterwards.
MOST_PARCELS = 200
#: Orders that lie in the house.
IN_THE_HOUSE = (S.CONFIRMED, S.PACKED)


@dataclass(frozen=True, slots=True)
class ParcelToSend:
    """One order of a stall. ``row``: state, method, sums, sender and place; ``contact``: opened.

    ``box``: what it travels in; only where ``in_their_boxes`` asked for it.
    """

    row: Row[*tuple[Any, ...]]
    contact: Contact
    lines: Sequence[Row[*tuple[Any, ...]]]
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """So many of one pack are needed. ``line``: title and pack as they were sold."""

    line: Row[*tuple[Any, ...]]
    quantity: int
    orders: int


def parcels(
    session: Session, seller_id: int, only: Collection[int] | None = None
) -> list[ParcelToSend]:
    """Return a stall's orders that are to be packed or sent, the oldest first. Two queries.

    Args:
        only: ids of seller orders; another stall's, and those that left, are not among the answer.
    """
    wanted = (
        select(
            SellerOrder.id, SellerOrder.state, SellerOrder.method, SellerOrder.delivery,
            SellerOrder.total_vnd, SellerOrder.items_vnd, SellerOrder.weight_g, SellerOrder.note, SellerOrder.placed_at,
            SellerOrder.seller_name_vi, SellerOrder.seller_name_en,
            Seller.person.label("seller_person"), Seller.phone.label("seller_phone"),
            Seller.hamlet_vi.label("seller_hamlet"), Seller.ward_name.label("seller_ward"),
            Seller.province_name.label("seller_province"),
            PickupPoint.name_vi.label("pickup_name_vi"),
            PickupPoint.name_en.label("pickup_name_en"),
            PART_CODE, Order.country, Order.ward_name, Order.province_name, Order.data_key,
            Order.contact,
        )
        .join(Order, Order.id == SellerOrder.order_id)
        .join(Seller, Seller.id == SellerOrder.seller_id)
        .outerjoin(PickupPoint, PickupPoint.id == SellerOrder.pickup_point_id)
        .where(SellerOrder.seller_id == seller_id, SellerOrder.state.in_(IN_THE_HOUSE))
        .order_by(SellerOrder.id)
        .limit(MOST_PARCELS)
    )  # fmt: skip
    if only is not None:
        wanted = wanted.where(SellerOrder.id.in_(only))
    rows = session.execute(wanted).all()
    lines: dict[int, list[Row[*tuple[Any, ...]]]] = defaultdict(list)
    if rows:
        for line in lines_of(session, [row.id for row in rows]):
            lines[line.seller_order_id].append(line)
    return [
        ParcelToSend(row, contact_of(row), lines[row.id])
        for row in rows
        # What was ordered ahead and is not there yet is nothing to pack or to label.
        if not any(line.waits_until for line in lines[row.id])
    ]


def in_their_boxes(session: Session, found: Sequence[ParcelToSend]) -> list[ParcelToSend]:
    """Return parcels with the boxes that they travel in. Two queries."""
    boxes = boxes_of(session, {one.row.id: one.row.weight_g for one in found})
    return [replace(one, box=boxes[one.row.id]) for one in found]


def needed(found: Sequence[ParcelToSend]) -> list[Wanted]:
    """Return what the orders that are not packed yet need, by pack, in the order of the shelf."""
    by_pack: dict[int, list[Row[*tuple[Any, ...]]]] = defaultdict(list)
    for parcel in found:
        if parcel.row.state == S.CONFIRMED:
            for line in parcel.lines:
                by_pack[line.variant_id].append(line)
    return sorted(
        (
            Wanted(
                lines[0], sum(line.quantity for line in lines),
                len({line.seller_order_id for line in lines}),
            )
            for lines in by_pack.values()
        ),
        key=lambda one: (one.line.title_vi, one.line.variant_vi),
    )  # fmt: skip
