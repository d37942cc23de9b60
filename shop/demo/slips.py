"""Three 0-đồng market slips of the piglets' fund: one spent by an officer for its household."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from shop.db import transaction
from shop.demo.orders import place_and_walk
from shop.fundraising.actions import slips
from shop.fundraising.actions.handing import add_beneficiary
from shop.fundraising.queries.slips import code_of, slips_of
from shop.kernel.clock import vietnam_date

#: Invented households of invented hamlets.
_HOUSEHOLDS = ("Nhà chị Thơm", "Nhà bà Ngần", "Nhà chị Lựu")
_EACH_VND = 100_000
_WALK = ["confirmed", "packed", "handed_over", "delivered"]


def load_slips(
    campaign_id: int, people: Mapping[str, int], buyers: Mapping[str, Any], now: datetime
) -> None:
    """Make three slips, approve them as another person, and spend one."""
    at = now - timedelta(days=6)
    by = {"actor_id": people["officer"], "actor_name": "Võ Thị Hạnh", "now": at}
    with transaction() as session:
        households = [
            add_beneficiary(
                session, campaign_id=campaign_id, ward_code="20410", ward_name="Xã Sông Lành",
                contact={"name": name, "phone": "", "address": "", "note": ""}, households=1,
                consent={}, actor_id=people["officer"], now=at,
            ).id
            for name in _HOUSEHOLDS
        ]  # fmt: skip
        sheet = slips.plan_slips(
            session, campaign_id=campaign_id, households=households, budget_vnd=_EACH_VND,
            valid_until=vietnam_date(now) + timedelta(days=60), **by,
        ).id  # fmt: skip
        slips.approve_slips(
            session, sheet_id=sheet, actor_id=people["operator"], actor_name="Phan Thị Hảo", now=at
        )
        code = code_of(session, slips_of(session, sheet)[0].id)
    row = {
        "buyer": "vinh", "days": 3, "lines": [["BD-ME-20", 3]], "method": "transfer", "paid": 4,
        "walk": _WALK, "voucher": code,
    }  # fmt: skip
    place_and_walk(row, buyers["vinh"], now - timedelta(days=3))
