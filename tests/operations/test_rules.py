"""Deadlines of complaints at their edges, and forms that robots send."""

from datetime import UTC, date, datetime

import pytest

from shop.operations.rules import (
    COMPLAINT_KINDS,
    Deadline,
    deadline_of,
    deadlines,
    due,
)
from shop.web.shown import was_written_by_hand

MONDAY_NOON = datetime(2026, 11, 23, 5, tzinfo=UTC)


def _due(received: datetime, answer_days: int, settle_days: int) -> tuple[str, str]:
    answer, settle = due(received, Deadline("goods", date(2026, 1, 1), answer_days, settle_days))
    return f"{answer:%a %d/%m %H:%M}", f"{settle:%a %d/%m %H:%M}"


@pytest.mark.parametrize(
    ("received", "answer", "settle"),
    [
        (MONDAY_NOON, "Thu 26/11 23:59", "Mon 30/11 23:59"),
        # 17:30 UTC on Thursday is Friday in Vietnam: three working days end on Wednesday.
        (datetime(2026, 11, 26, 17, 30, tzinfo=UTC), "Wed 02/12 23:59", "Fri 04/12 23:59"),
        (datetime(2026, 11, 28, 5, tzinfo=UTC), "Wed 02/12 23:59", "Sat 05/12 23:59"),
    ],
)  # fmt: skip
def test_working_days_are_counted_from_the_day_after_in_vietnam(
    received: datetime, answer: str, settle: str
) -> None:
    assert _due(received, 3, 7) == (answer, settle)


def test_what_is_settled_is_never_due_before_it_is_answered() -> None:
    answer, settle = _due(datetime(2026, 11, 27, 5, tzinfo=UTC), 1, 1)
    assert answer == "Mon 30/11 23:59"
    assert settle == answer


def test_a_later_row_holds_from_its_day_on() -> None:
    rows = [
        Deadline("goods", date(2027, 1, 1), 2, 5),
        Deadline("goods", date(2026, 1, 1), 3, 7),
    ]
    assert deadline_of("goods", date(2026, 12, 31), rows).answer_days == 3
    assert deadline_of("goods", date(2027, 1, 1), rows).answer_days == 2
    assert deadline_of("goods", date(2020, 1, 1), rows).answer_days == 3


def test_every_kind_has_a_deadline_of_three_working_days_at_most() -> None:
    assert {row.kind for row in deadlines()} == set(COMPLAINT_KINDS)
    assert all(1 <= row.answer_days <= 3 for row in deadlines())


@pytest.mark.parametrize(
    ("seconds", "by_hand"), [(1, False), (2, True), (24 * 3600, True), (24 * 3600 + 1, False)]
)
def test_a_form_is_open_for_two_seconds_to_a_day(seconds: int, by_hand: bool) -> None:
    shown = int(MONDAY_NOON.timestamp()) - seconds
    assert was_written_by_hand(shown, MONDAY_NOON) == by_hand
