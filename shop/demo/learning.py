"""Training in the invented valley: two classes, one of them over, and a question with its answer."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

from shop.db import transaction
from shop.kernel.clock import VIETNAM, vietnam_date
from shop.learning import actions
from shop.learning.rules import SeatState

_PHOTOS = {
    "title_vi": "Chụp ảnh hàng bằng điện thoại", "title_en": "Photos of goods with a phone",
    "about_vi": "Mang theo điện thoại và một món hàng nhà mình.",
    "about_en": "Bring your phone and one thing that you make.",
}  # fmt: skip
_TRANSFERS = {
    "title_vi": "Nhận ra ảnh chuyển khoản giả", "title_en": "Spotting fake transfers",
    "about_vi": "", "about_en": "",
}  # fmt: skip
_WHERE = {
    "place_vi": "Nhà văn hoá thôn Gò Mít, xã Sông Lành",
    "place_en": "Gò Mít hamlet house, Sông Lành commune", "link": "",
    "trainer_name": "Chị Võ Thị Hạnh", "trainer_phone": "+84905000117",
}  # fmt: skip
_WHO = ("Lê Thị Bưởi", "Trần Thị Tâm Mẫu", "Phan Thị Xuyến")


def load_learning(units: Mapping[str, int], people: Mapping[str, int], now: datetime) -> None:
    """Hold both classes in the name of the commune's Union, and let a seller ask."""
    by: dict[str, Any] = {"actor_id": people["officer"], "actor_name": "Võ Thị Hạnh"}
    unit, today = units["hoi-lhpn-xa-song-lanh"], vietnam_date(now)
    evening = datetime.combine(today + timedelta(days=6), time(19), VIETNAM)
    with transaction() as session:
        coming = _hold(session, unit, _PHOTOS, evening, now - timedelta(days=1), by)
        actions.take_seat(
            session, class_id=coming, attempt_id="demo-seat-0", account_id=people["seller"],
            contact={"name": "Nguyễn Thị Mẫn", "phone": "+84905000101"}, now=now - timedelta(hours=9),
        )  # fmt: skip
        before = evening - timedelta(days=27)
        over = _hold(session, unit, _TRANSFERS, before, before - timedelta(days=7), by)
        for number, name in enumerate(_WHO, 1):
            seat = actions.sign_up_for(
                session, class_id=over, attempt_id=f"demo-seat-{number}", now=before - timedelta(days=2),
                contact={"name": name, "phone": None}, **by,
            )  # fmt: skip
            actions.note_attendance(
                session, class_id=over, seat_id=seat.id, to=SeatState.CAME,
                now=before + timedelta(hours=2), **by,
            )  # fmt: skip
        asked = actions.ask(
            session, account_id=people["seller"], organisation_id=units["chi-hoi-go-mit"],
            text="Khách ở Sài Gòn hỏi gửi xe khách được không, tôi tính phí thế nào?",
            wants_call=False, now=now - timedelta(days=3),
        )  # fmt: skip
        actions.answer_question(
            session, question_id=asked.id, is_shared=True, now=now - timedelta(days=2), **by,
            answer="Được chị nhé. Chị hỏi nhà xe bao nhiêu một thùng, rồi báo phí ấy cho khách trong đơn.",
        )  # fmt: skip
        actions.ask(
            session, account_id=people["blind"], organisation_id=units["chi-hoi-ben-do"],
            text="Nhờ Hội chỉ cách ghi âm lời giới thiệu.", wants_call=True,
            now=now - timedelta(hours=4),
        )  # fmt: skip
        actions.say_hours(
            session, account_id=people["officer"], words="thứ Hai đến thứ Sáu, 7 giờ đến 17 giờ",
            now=now - timedelta(days=3), **by,
        )  # fmt: skip


def _hold(
    session: Any, unit: int, words: dict[str, str], at: datetime, now: datetime, by: Any
) -> int:
    said = words | _WHERE | {"starts_at": at, "ends_at": at + timedelta(hours=2), "seats": 20}
    return actions.call_class(session, organisation_id=unit, said=said, now=now, **by).id
