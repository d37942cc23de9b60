"""How the invented valley came to its tree: a district ended, three communes became one."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from shop.db import transaction
from shop.demo.people import ACTOR
from shop.organisations.actions import close_organisation
from shop.organisations.reordering import do_reordering, propose_reordering
from shop.sellers.units import follow_units

#: The invented district was founded that day.
_FOUNDED = datetime(2008, 1, 1, 1, 0, tzinfo=UTC)
#: The morning from which communes stand right below their city.
THEN = datetime(2025, 7, 1, 1, 0, tzinfo=UTC)


def load_history(units: Mapping[str, int], people: Mapping[str, int], now: datetime) -> None:
    """Let the tree of 2025 become today's, and leave one proposal that waits."""
    valley = units["hoi-lhpn-xa-song-lanh"]
    city, district = units["hoi-lhpn-da-nang-mau"], units["hoi-lhpn-huyen-song-lanh"]
    small = [units["hoi-lhpn-xa-dong-trang"], units["hoi-lhpn-xa-bau-sen"]]
    into = {"into_id": valley, "name_vi": "", "name_en": "", "carry": True}
    _done("move", {"unit_id": valley, "parent_id": district}, people, _FOUNDED)
    _done("move", {"unit_id": valley, "parent_id": city}, people)
    _done("merge", {"unit_ids": small, **into}, people)
    with transaction() as session:
        close_organisation(
            session, organisation_id=district, open_sellers=0, actor_id=people["city"],
            actor_name=ACTOR, now=THEN,
        )  # fmt: skip
    by_the_sea = [units["hoi-lhpn-xa-van-ghe"], units["hoi-lhpn-xa-bai-dau"]]
    new = {"name_vi": "Hội LHPN xã Biển Mẫu", "name_en": "Women's Union of Biển Mẫu commune"}
    with transaction() as session:
        propose_reordering(
            session, kind="merge", decision="Dự thảo mẫu 3/TTr-HPN", proposer_id=people["city"],
            plan={"unit_ids": by_the_sea, "into_id": None, "carry": True, **new},
            actor_id=people["city"], actor_name=ACTOR, now=now - timedelta(days=2),
        )  # fmt: skip


def _done(kind: str, plan: dict[str, Any], people: Mapping[str, int], now: datetime = THEN) -> None:
    with transaction() as session:
        made = propose_reordering(
            session, kind=kind, plan=plan, decision=f"Quyết định mẫu, {now:%d/%m/%Y}", proposer_id=people["operator"],
            actor_id=people["operator"], actor_name=ACTOR, now=now,
        )  # fmt: skip
        do_reordering(
            session, reordering_id=made.id, confirmer_id=people["city"], follow=follow_units,
            actor_id=people["city"], actor_name=ACTOR, now=now,
        )  # fmt: skip
