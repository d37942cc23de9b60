"""How a parcel leaves the seller's hands, what must be known of it, and where it is followed."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from shop.kernel.errors import Refusal

#: "carrier": a delivery company; "bus": a parcel on a coach; "own": the seller brings it;
#: "pickup": it waits for the buyer at a point.
KINDS = ("carrier", "bus", "own", "pickup")
#: Who holds the cash once it is delivered: these carry it for the seller.
CARRIED_BY_OTHERS = frozenset({"carrier", "bus"})
OTHER_CARRIER = "other"
MOST_URL = 300


class HandOverIncomplete(Refusal):
    """Something that the buyer needs is missing.

    ``missing``: names of fields, "carrier", "tracking_code", "bus_company", "station" or
    "contact" (a phone or a number plate).
    """

    code = "hand_over_incomplete"
    status = 422


class WrongTrackingUrl(Refusal):
    """A link to follow a parcel begins with https:// and leads to a site on the internet."""

    code = "wrong_tracking_url"
    status = 422


class WrongWayOut(Refusal):
    """Parcels for collection wait at the point, others are sent. ``delivery``: what was ordered."""

    code = "wrong_way_out"


class NotUnderWay(Refusal):
    """How a parcel left is put right while it is under way, as long as nobody else did so."""

    code = "not_under_way"


@dataclass(frozen=True, slots=True)
class Carrier:
    """A delivery company. ``track`` has {code} and perhaps {last4}; "" means look at ``site``."""

    key: str
    name: str
    site: str
    track: str = ""


@dataclass(frozen=True, slots=True)
class Parcel:
    """How one parcel leaves. Only the fields of its kind are kept. Phone: E.164."""

    kind: str
    carrier: str = ""
    tracking_code: str = ""
    tracking_url: str = ""
    bus_company: str = ""
    plate: str = ""
    station: str = ""
    contact_phone: str = ""
    expected_on: date | None = None
    note: str = ""


#: By these a buyer finds her parcel.
_WHERE = frozenset(
    {"kind", "carrier", "tracking_code", "tracking_url", "bus_company", "plate", "station",
     "contact_phone"}
)  # fmt: skip

#: Links hold digits of her phone, notes and stations anything.
_PLAIN = frozenset({"carrier", "tracking_code"})


def changed(was: Any, now: Parcel) -> dict[str, list[str]]:
    """Return what differs between how a parcel was said to have left and how it did, by field.

    Args:
        was: a row with the fields of ``Parcel``.
    """
    both = {one.name: (getattr(was, one.name), getattr(now, one.name)) for one in fields(Parcel)}
    return {
        name: ["" if value is None else str(value) for value in pair]
        for name, pair in both.items()
        if pair[0] != pair[1]
    }


def without_persons(differs: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Return what differs as a trail may tell it: values that tell nothing of a person, else none."""
    return {name: pair if name in _PLAIN else [] for name, pair in differs.items()}


def is_found_elsewhere(differs: Iterable[str]) -> bool:
    """Tell whether a buyer who goes by what she was told would look in the wrong place."""
    return not _WHERE.isdisjoint(differs)


@lru_cache(maxsize=1)
def carriers() -> dict[str, Carrier]:
    """Return the known carriers by key."""
    path = Path(__file__).parent / "data" / "carriers.toml"
    rows = tomllib.loads(path.read_text("utf-8"))["carriers"]
    return {row["key"]: Carrier(**row) for row in rows}


def carrier_name(key_or_name: str) -> str:
    """Return the name of a carrier by its key; a name that somebody typed is itself."""
    known = carriers().get(key_or_name)
    return known.name if known else key_or_name


def tracking_url(carrier: str, code: str, last4: str = "") -> str:
    """Return where a buyer follows a parcel: with its code, else the carrier's page, else "".

    >>> tracking_url("ghtk", "S1.A 2")
    'https://i.ghtk.vn/S1.A%202'
    """
    known = carriers().get(carrier)
    if known is None:
        return ""
    if not known.track or not code or ("{last4}" in known.track and not last4):
        return known.site
    return known.track.format(code=quote(code, safe=""), last4=quote(last4, safe=""))


def check_tracking_url(url: str) -> str:
    """Return a link that somebody pasted, or refuse it. Nothing here ever opens it.

    Raises:
        WrongTrackingUrl
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = parts.port
    except ValueError:
        raise WrongTrackingUrl from None
    good_host = re.fullmatch(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}", host)
    if (
        parts.scheme != "https"
        or not good_host
        or port not in (None, 443)
        or parts.username is not None
        or len(url) > MOST_URL
        or not re.fullmatch(r"[!-~]+", url)
        or re.search(r"[\"<>\\^`{|}]", url)
    ):
        raise WrongTrackingUrl
    return url


def tidy_code(text: str) -> str:
    """Return a parcel's code as carriers print it: no spaces, capitals."""
    return re.sub(r"\s+", "", text).upper()[:60]


def is_code(text: str) -> bool:
    """Tell whether a carrier may print such a code: a slip of the thumb leads a buyer nowhere.

    >>> is_code("eb 123456789 vn"), is_code("S1.A2-33"), is_code("ABC???")
    (True, True, False)
    """
    return re.fullmatch(r"[A-Z0-9][A-Z0-9./_-]*", tidy_code(text)) is not None


def complete(parcel: Parcel, delivery: str, last4: str = "") -> Parcel:
    """Return the parcel with its tracking link and nothing that another kind would need.

    Args:
        delivery: how it was ordered, "delivery" or "pickup".
        last4: of the receiver's phone, which some carriers ask for.

    Raises:
        HandOverIncomplete, WrongTrackingUrl, WrongWayOut
    """
    if parcel.kind not in KINDS or (parcel.kind == "pickup") != (delivery == "pickup"):
        raise WrongWayOut(delivery=delivery)
    missing: list[str] = []
    if parcel.kind == "carrier":
        code = tidy_code(parcel.tracking_code)
        known = parcel.carrier in carriers()
        if not parcel.carrier or parcel.carrier == OTHER_CARRIER:
            missing.append("carrier")
        elif known and not code:
            missing.append("tracking_code")
        if missing:
            raise HandOverIncomplete(missing=missing)
        pasted = parcel.tracking_url
        url = check_tracking_url(pasted) if pasted else tracking_url(parcel.carrier, code, last4)
        return Parcel(
            kind="carrier", carrier=carrier_name(parcel.carrier), tracking_code=code, tracking_url=url,
            expected_on=parcel.expected_on, note=parcel.note,
        )  # fmt: skip
    if parcel.kind == "bus":
        for name in ("bus_company", "station"):
            if not getattr(parcel, name):
                missing.append(name)
        if not parcel.plate and not parcel.contact_phone:
            missing.append("contact")
        if missing:
            raise HandOverIncomplete(missing=missing)
        return Parcel(
            kind="bus", bus_company=parcel.bus_company, plate=parcel.plate.upper(),
            station=parcel.station, contact_phone=parcel.contact_phone,
            expected_on=parcel.expected_on, note=parcel.note,
        )  # fmt: skip
    return Parcel(
        kind=parcel.kind, contact_phone=parcel.contact_phone, expected_on=parcel.expected_on,
        note=parcel.note,
    )  # fmt: skip
