"""Rules of delivery: which zone, which weight, which fee, which days.

Plain Python: no Flask, no database, no clock. Source: DOMAIN 2.4.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

from shop.kernel.errors import Refusal


class Zone(StrEnum):
    """How far a parcel goes, seen from the seller."""

    COMMUNE = "commune"
    PROVINCE = "province"
    REGION = "region"
    COUNTRY = "country"
    ABROAD = "abroad"


#: Every place in Vietnam lies in one of these.
INNER_ZONES = (Zone.COMMUNE, Zone.PROVINCE, Zone.REGION, Zone.COUNTRY)


class TariffInPast(Refusal):
    """A tariff begins today or later: fees that were agreed are not rewritten. ``valid_from``."""

    code = "tariff_in_past"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a seller's parcels start."""

    ward_code: str
    province_code: str
    region: str


@dataclass(frozen=True, slots=True)
class Destination:
    """Where an order goes. Inside Vietnam with ward, province and region; names as they are today.

    An order that is only collected has neither ward nor province.
    """

    country: str = "VN"
    ward_code: str | None = None
    province_code: str | None = None
    region: str = ""
    ward_name: str = ""
    province_name: str = ""
    units_version: str = ""

    @property
    def is_abroad(self) -> bool:
        return self.country != "VN"


@dataclass(frozen=True, slots=True)
class Packed:
    """So many units of one variant in the parcel: grams and millimetres of one unit."""

    quantity: int
    weight_g: int
    length_mm: int | None = None
    width_mm: int | None = None
    height_mm: int | None = None


@dataclass(frozen=True, slots=True)
class Rate:
    """The price for one zone: a first step and equal steps after it."""

    first_g: int
    first_vnd: int
    step_g: int
    step_vnd: int
    max_g: int
    days_min: int
    days_max: int


@dataclass(frozen=True, slots=True)
class Tariff:
    """What one seller asks on one day, by zone. Without any rate everything goes by quote."""

    rates: Mapping[Zone, Rate] = field(default_factory=dict)
    volume_divisor: int = 6000
    free_from_vnd: int | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """What bringing one parcel costs and when it arrives.

    ``fee_vnd`` is None when the seller must be asked (abroad, too heavy, no rate).
    ``free`` tells that goods for so much travel free.
    """

    zone: Zone
    weight_g: int
    fee_vnd: int | None
    free: bool = False
    arrives_from: date | None = None
    arrives_to: date | None = None


class FeeRange(NamedTuple):
    """What bringing one parcel costs inside Vietnam while nobody knows the ward.

    ``everywhere`` is False when the seller must be asked for some of the places.
    """

    least_vnd: int
    most_vnd: int
    everywhere: bool


def zone_of(origin: Origin, destination: Destination) -> Zone:
    """Return how far it is from a seller to a destination."""
    if destination.is_abroad:
        return Zone.ABROAD
    if destination.ward_code and destination.ward_code == origin.ward_code:
        return Zone.COMMUNE
    if destination.province_code == origin.province_code:
        return Zone.PROVINCE
    if destination.region == origin.region:
        return Zone.REGION
    return Zone.COUNTRY


def chargeable_g(items: Iterable[Packed], volume_divisor: int) -> int:
    """Return the grams that a carrier charges for one parcel.

    The larger of what it weighs and of what its size counts as: cubic centimetres
    divided by the divisor are kilograms, so cubic millimetres divided by it are grams.
    A unit without known size counts with its weight in both sums.
    """
    real_g = 0
    volume_mm3 = 0
    for each in items:
        real_g += each.quantity * each.weight_g
        if each.length_mm and each.width_mm and each.height_mm:
            volume_mm3 += each.quantity * each.length_mm * each.width_mm * each.height_mm
        else:
            volume_mm3 += each.quantity * each.weight_g * volume_divisor
    return max(real_g, _round_up(volume_mm3, volume_divisor))


def step_fee_vnd(rate: Rate, weight_g: int) -> int | None:
    """Return the fee of a weight; None above the heaviest parcel of the rate."""
    if weight_g > rate.max_g:
        return None
    further_steps = _round_up(max(0, weight_g - rate.first_g), rate.step_g)
    return rate.first_vnd + further_steps * rate.step_vnd


def delivery_of(
    tariff: Tariff,
    zone: Zone,
    items: Iterable[Packed],
    *,
    goods_vnd: int,
    ordered_on: date,
    lead_days: tuple[int, int],
) -> Delivery:
    """Return fee and days of one seller's parcel to a zone.

    Args:
        goods_vnd: what the goods in it cost, for the free-delivery threshold.
        ordered_on: the day in Vietnam on which it is ordered.
        lead_days: days that the seller needs before the parcel leaves, least and most.
    """
    weight_g = chargeable_g(items, tariff.volume_divisor)
    rate = tariff.rates.get(zone)
    fee_vnd = step_fee_vnd(rate, weight_g) if rate else None
    if rate is None or fee_vnd is None:
        return Delivery(zone, weight_g, None)
    free = tariff.free_from_vnd is not None and goods_vnd >= tariff.free_from_vnd
    return Delivery(
        zone,
        weight_g,
        0 if free else fee_vnd,
        free,
        ordered_on + timedelta(days=lead_days[0] + rate.days_min),
        ordered_on + timedelta(days=lead_days[1] + rate.days_max),
    )


def fee_range(tariff: Tariff, items: Iterable[Packed], goods_vnd: int) -> FeeRange | None:
    """Return the lowest and the highest fee inside Vietnam, while nobody knows the ward yet.

    None when the seller must be asked wherever it goes: no rate carries so much, free or not.
    """
    weight_g = chargeable_g(items, tariff.volume_divisor)
    rates = [tariff.rates.get(zone) for zone in INNER_ZONES]
    fees = [step_fee_vnd(rate, weight_g) for rate in rates if rate is not None]
    known = [fee for fee in fees if fee is not None]
    if not known:
        return None
    everywhere = len(known) == len(INNER_ZONES)
    if tariff.free_from_vnd is not None and goods_vnd >= tariff.free_from_vnd:
        return FeeRange(0, 0, everywhere)
    return FeeRange(min(known), max(known), everywhere)


def _round_up(amount: int, by: int) -> int:
    return -(-amount // by)
