"""The invented association and its member businesses."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from shop.accounts.actions import create_account
from shop.db import transaction
from shop.demo.people import ACTOR
from shop.kernel.clock import vietnam_date
from shop.organisations.actions import create_organisation
from shop.sellers.actions import appoint_member, approve_seller, create_seller
from shop.sellers.bank_accounts import change_bank_account
from shop.sellers.helping import grant_help
from shop.sellers.models import Seller
from shop.shares.actions import add_commission_rule
from shop.shares.rules import Rate as CommissionRate
from shop.shipping.actions import add_pickup_point, open_tariff
from shop.shipping.rules import Rate, Tariff, Zone

#: Zones of a parcel with the days that it is on the road.
ROADS = {
    "commune": ("same_commune_vnd", 0, 1),
    "province": ("same_province_vnd", 1, 2),
    "region": ("same_region_vnd", 2, 3),
    "country": ("country_vnd", 3, 5),
}
#: Who signs in for which stall.
OWNERS = {
    "bot-ngu-coc-go-mit": "seller",
    "to-dan-tay-am": "blind",
    "to-choi-binh-an": "blind",
}


#: When districts ended and communes became one: most units of the demo are as old as that.
REORDERED_ON = date(2025, 7, 1)


def load_organisations(content: dict[str, Any], now: datetime) -> dict[str, int]:
    """Open the tree from the top down; return ids by the slug of the file."""
    units: dict[str, int] = {}
    with transaction() as session:
        for row in content["organisation"]:
            unit = create_organisation(
                session, kind=row["kind"], name_vi=row["name_vi"], name_en=row["name_en"],
                parent_id=units.get(row.get("parent", "")), actor_id=None, actor_name=ACTOR, now=now,
                valid_from=row.get("valid_from", REORDERED_ON),
            )  # fmt: skip
            units[row["slug"]] = unit.id
    return units


def load_makers(
    content: dict[str, Any], units: dict[str, int], people: dict[str, int], now: datetime
) -> dict[str, int]:
    """Enter, furnish and approve each maker; return seller ids by slug."""
    joined = now - timedelta(days=60)
    sellers: dict[str, int] = {}
    for row in content["maker"]:
        with transaction() as session:
            seller = _enter(session, row, units, joined)
            _furnish(session, seller, row, joined)
            owner = OWNERS.get(row["slug"])
            appoint_member(
                session, seller_id=seller.id, role="owner", actor_id=people["operator"],
                actor_name=ACTOR, now=joined,
                account_id=people[owner] if owner else _open_account(session, row, joined),
            )  # fmt: skip
            approve_seller(
                session,
                seller_id=seller.id,
                actor_id=people["operator"],
                actor_name=ACTOR,
                now=joined,
            )
            sellers[row["slug"]] = seller.id
    return sellers


def _enter(session: Session, row: dict[str, Any], units: dict[str, int], now: datetime) -> Seller:
    seller = create_seller(
        session, organisation_id=units[row["organisation"]], name_vi=row["name_vi"],
        name_en=row["name_en"], entity_kind=row["kind"], person=row["person_vi"], phone=row["phone"],
        ward_code=row["ward_code"], hamlet_vi=row["hamlet"], hamlet_en=row["hamlet"],
        actor_id=None, actor_name=ACTOR, now=now,
        since_year=row["since_year"], blind_makers=row.get("blind_makers", False),
        sentence_vi=row["sentence_vi"], sentence_en=row["sentence_en"],
        story_vi=row["story_vi"].strip(), story_en=row["story_en"].strip(),
        checked_vi=row["checked_vi"], checked_en=row["checked_en"],
        dispatch_vi=row["dispatch_vi"], dispatch_en=row["dispatch_en"],
        returns_vi=row["return_vi"], returns_en=row["return_en"],
        lead_days_min=row["lead_days_min"], lead_days_max=row["lead_days_max"],
    )  # fmt: skip
    seller.slug = row["slug"]
    seller.initials = row["initials"]
    # The communes are invented; a real ward only lends its place on the carriers' maps.
    commune = next((unit for unit in seller.organisation_path if " xã " in unit["vi"]), None)
    if commune is not None:
        seller.ward_name = "Xã " + commune["vi"].split(" xã ")[1]
    return seller


def load_helper(sellers: dict[str, int], people: dict[str, int], now: datetime) -> None:
    """Let somebody pack and count for the blind weavers, as their head said before the officer."""
    since = now - timedelta(days=12)
    with transaction() as session:
        grant_help(
            session, seller_id=sellers["to-dan-tay-am"], helper_id=people["helper"],
            owner_id=people["blind"], rights=("move_orders", "count_stock"),
            last_day=vietnam_date(now + timedelta(days=120)), consent_kind="voice",
            consent_on=vietnam_date(since), consent_note="Chị Lành nói qua điện thoại, có ghi âm.",
            actor_id=people["officer"], actor_name=ACTOR, now=since,
        )  # fmt: skip


def _open_account(session: Session, row: dict[str, Any], now: datetime) -> int:
    """Return a maker's own account; she signs in with a code from her officer."""
    account = create_account(
        session, name=row["person_vi"].split(" ", 1)[1], phone=row["phone"], email=row["email"],
        actor_id=None, actor_name=ACTOR, now=now,
    )  # fmt: skip
    account.called = "anh" if row["person_vi"].startswith("chú ") else account.called
    return account.id


def _furnish(session: Session, seller: Seller, row: dict[str, Any], now: datetime) -> None:
    change_bank_account(
        session, seller_id=seller.id, bank_bin=row["bank_bin"], holder=row["bank_holder"],
        number=row["bank_account"], actor_id=None, actor_name=ACTOR, now=now,
    )  # fmt: skip
    fees = row["delivery"]
    rates = {
        Zone(zone): Rate(
            first_g=1000, first_vnd=fees[key], step_g=fees["step_g"], step_vnd=fees["step_vnd"],
            max_g=30_000, days_min=least, days_max=most,
        )
        for zone, (key, least, most) in ROADS.items()
        if key in fees
    }  # fmt: skip
    open_tariff(
        session, seller_id=seller.id, tariff=Tariff(rates, free_from_vnd=fees.get("free_from_vnd")),
        valid_from=vietnam_date(now), now=now,
    )  # fmt: skip
    for point in row.get("pickup", ()):
        words = {**point, "address_en": point.get("address_en", point["address_vi"])}
        add_pickup_point(session, seller_id=seller.id, words=words)


def load_shares(
    rows: list[dict[str, Any]], units: dict[str, int], sellers: dict[str, int], now: datetime
) -> None:
    """Let organisations keep a part of what some makers sell, since these joined."""
    joined = now - timedelta(days=60)
    with transaction() as session:
        for row in rows:
            add_commission_rule(
                session, organisation_id=units[row["organisation"]],
                seller_id=sellers[row["maker"]], rate=CommissionRate(row["hundredths"]),
                from_on=vietnam_date(joined), actor_id=None, actor_name=ACTOR, now=joined,
            )  # fmt: skip
