"""How the invented valley came to its tree: a district ended, three communes became one."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from shop.db import transaction
from shop.demo.people import ACTOR
from shop.kernel.clock import vietnam_date
from shop.organisations.actions import close_organisation
from shop.organisations.members import (
    Person,
    add_member,
    ask_to_join,
    new_join_code,
)
from shop.organisations.reordering import do_reordering, propose_reordering
from shop.organisations.telling.actions import add_group, announce
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


#: Invented women of the valley: (branch, name, year of birth, when she joined).
_WOMEN = (
    ("chi-hoi-go-mit", "Nguyễn Thị Mẫn", 1968, 1996), ("chi-hoi-go-mit", "Lê Thị Bưởi", 1975, 2001),
    ("chi-hoi-go-mit", "Trần Thị Tâm Mẫu", 1982, 2010), ("chi-hoi-ben-do", "Huỳnh Thị Lành", 1961, 1990),
    ("chi-hoi-ben-do", "Phan Thị Xuyến", 1958, 1988), ("chi-hoi-bau-sen", "Đỗ Thị Sen Mẫu", 1990, 2015),
    ("chi-hoi-bau-sen", "Võ Thị Chổi", 1979, 2004), ("chi-hoi-dong-trang", "Bùi Thị Mạ", 1985, 2012),
    ("chi-hoi-dong-trang", "Hồ Thị Gạo", 1972, 1999), ("chi-hoi-xom-lo", "Ngô Thị Lửa", 1988, 2026),
)  # fmt: skip
#: (unit, kind, name, link, how many, for whom)
_GROUPS = (
    ("hoi-lhpn-xa-song-lanh", "facebook", "Phụ nữ Sông Lành (mẫu)", "facebook.com/groups/songlanhmau", 412, "public"),
    ("chi-hoi-go-mit", "zalo", "Chị em Gò Mít (mẫu)", "zalo.me/g/gomitmau", 46, "members"),
    ("chi-hoi-ben-do", "zalo", "Chợ Bến Đò (mẫu)", "zalo.me/g/bendomau", 88, "public"),
)  # fmt: skip


def load_people_of_units(
    units: Mapping[str, int], people: Mapping[str, int], now: datetime
) -> None:
    """Fill the register, list groups and send an announcement, as the commune's officer would."""
    by: dict[str, Any] = {"actor_id": people["officer"], "actor_name": "Võ Thị Hạnh", "now": now}
    with transaction() as session:
        for number, (branch, name, born, joined) in enumerate(_WOMEN):
            day = vietnam_date(now).replace(month=1, day=8, year=joined)
            add_member(
                session, organisation_id=units[branch],
                person=Person(name, f"+849000004{number:02d}", born, min(day, vietnam_date(now))), **by,
            )  # fmt: skip
        ask_to_join(
            session, organisation_id=units["chi-hoi-go-mit"], attempt_id="demo-join",
            person=Person("Đặng Thị Mới", "+84900000450"), now=now - timedelta(hours=5),
        )  # fmt: skip
        new_join_code(session, organisation_id=units["chi-hoi-go-mit"], **by)
        for unit, kind, name, link, size, for_whom in _GROUPS:
            add_group(
                session, organisation_id=units[unit], kind=kind, name=name, link=link, size=size,
                for_whom=for_whom, **by,
            )  # fmt: skip
        announce(
            session, organisation_id=units["hoi-lhpn-xa-song-lanh"], title="Họp chi hội tháng này",
            text="Các chi hội họp lúc 19 giờ thứ Bảy tại nhà văn hoá thôn.\nAi bận thì nhắn chi hội trưởng.",
            is_open=True, **by,
        )  # fmt: skip
