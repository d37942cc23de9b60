"""Calls for help in the invented commune: one to come, one that is over and thanked for."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta

from sqlalchemy.orm import Session

from shop.db import transaction
from shop.kernel.clock import VIETNAM, vietnam_date
from shop.mutual_aid import actions
from shop.mutual_aid.rules import PledgeState

_RICE = {
    "title_vi": "Cấy sáu sào lúa", "title_en": "Transplanting six sào of rice",
    "for_whom_vi": "một gia đình ở thôn Gò Mít",
    "for_whom_en": "a family in Gò Mít hamlet",
    "story_vi": "Anh nhà phải nằm viện đúng vụ cấy, một mình chị không kịp.\n"
    "Sáu sào, mười người cấy một buổi sáng là xong. Ai bận thì góp cơm nước.",
    "story_en": "The husband is in hospital just in planting time, and his wife cannot do it alone.\n"
    "Six sào are a morning's work for ten. Whoever cannot come brings a meal or drinks.",
    "place_vi": "Nhà văn hoá thôn Gò Mít, xã Sông Lành",
    "place_en": "Gò Mít hamlet house, Sông Lành commune",
    "contact_name": "Chị Võ Thị Hạnh", "contact_phone": "+84905000117",
}  # fmt: skip
_NEEDS = (
    ("labour", "Người cấy, từ 6 giờ sáng", "People to transplant, from 6 in the morning", 10,
     "người", "person"),
    ("meals", "Cơm trưa", "Lunches", 20, "suất", "portion"),
    ("tools", "Xe bò chở mạ", "Ox cart to carry seedlings", 1, "xe", "cart"),
)  # fmt: skip
#: (need, how many, name, whether others may read it)
_HELPERS = (
    (0, 1, "Chị Tâm", True), (0, 2, "Chị Bưởi và con gái", True), (0, 1, "Nguyễn Thị Mẫu", False),
    (0, 3, "Chi hội thôn Bến Đò", True), (1, 12, "Bà Xuyến", True), (2, 1, "Anh Khởi", True),
)  # fmt: skip
_WALL = {
    "title_vi": "Dựng lại bức tường bếp", "title_en": "Rebuilding a kitchen wall",
    "for_whom_vi": "một bà cụ sống một mình ở thôn Bến Đò",
    "for_whom_en": "an old woman who lives alone in Bến Đò hamlet",
    "story_vi": "Mưa bão làm đổ bức tường bếp.", "story_en": "The storm took the kitchen wall down.",
    "place_vi": "Đầu thôn Bến Đò", "place_en": "At the entrance of Bến Đò hamlet",
    "contact_name": "Chị Võ Thị Hạnh", "contact_phone": "+84905000117",
}  # fmt: skip


def load_calls(units: Mapping[str, int], people: Mapping[str, int], now: datetime) -> None:
    """Write both calls in the name of the commune's Union."""
    by = {"actor_id": people["officer"], "actor_name": "Võ Thị Hạnh"}
    unit = units["hoi-lhpn-xa-song-lanh"]
    today = vietnam_date(now)
    sunday = today + timedelta(days=(6 - today.weekday()) % 7 or 7)
    starts = datetime.combine(sunday, time(6), VIETNAM)
    with transaction() as session:
        rice = _call(session, unit, _RICE, starts, now - timedelta(days=2), by)
        needs = [_need(session, rice, *need, now - timedelta(days=2), by) for need in _NEEDS]
        actions.open_call(session, call_id=rice, now=now - timedelta(days=2), **by)
        for n, (need, quantity, name, shown) in enumerate(_HELPERS):
            _promise(session, rice, needs[need], quantity, name, shown, f"demo-rice-{n}",
                     now - timedelta(days=1, hours=n))  # fmt: skip

        before = starts - timedelta(days=21)
        wall = _call(session, unit, _WALL, before, before - timedelta(days=5), by)
        need = _need(session, wall, "labour", "Người phụ hồ", "Hands to build", 4, "người", "person",
                     before - timedelta(days=5), by)  # fmt: skip
        actions.open_call(session, call_id=wall, now=before - timedelta(days=5), **by)
        for n, name in enumerate(("Anh Khởi", "Chú Lực", "Chị Tâm")):
            promised = _promise(session, wall, need, 1, name, True, f"demo-wall-{n}",
                                before - timedelta(days=3))  # fmt: skip
            actions.note_who_came(
                session, call_id=wall, pledge_id=promised, to=PledgeState.CAME,
                now=before + timedelta(hours=4), **by,
            )  # fmt: skip
        actions.thank_for_call(
            session, call_id=wall, thanks_vi="Ba người xây một buổi, tường đã đứng. Bà cụ nấu cơm được rồi.",
            thanks_en="Three people built for half a day and the wall stands. She can cook again.",
            now=before + timedelta(hours=6), **by,
        )  # fmt: skip


def _call(session: Session, unit: int, words: dict[str, str], starts: datetime, now: datetime,
          by: dict[str, object]) -> int:  # fmt: skip
    return actions.write_call(
        session, organisation_id=unit, words=words, starts_at=starts,
        ends_at=starts + timedelta(hours=5), consent_kind="in_person",
        consent_on=vietnam_date(now), now=now, **by,  # type: ignore[arg-type]
    ).id  # fmt: skip


def _need(session: Session, call: int, kind: str, vi: str, en: str, wanted: int, unit_vi: str,
          unit_en: str, now: datetime, by: dict[str, object]) -> int:  # fmt: skip
    return actions.add_need(
        session, call_id=call, kind=kind, words_vi=vi, words_en=en, wanted=wanted, unit_vi=unit_vi,
        unit_en=unit_en, now=now, **by,  # type: ignore[arg-type]
    ).id  # fmt: skip


def _promise(session: Session, call: int, need: int, quantity: int, name: str, shown: bool,
             attempt: str, now: datetime) -> int:  # fmt: skip
    return actions.pledge(
        session, call_id=call, need_id=need, quantity=quantity,
        contact={"name": name, "phone": "+84900000199", "email": None, "note": ""},
        shown_name=name if shown else "", attempt_id=attempt, locale="vi", now=now,
    ).id  # fmt: skip
