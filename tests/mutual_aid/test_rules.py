"""Who may pledge when, what opens a call, and when people are reminded."""

from datetime import UTC, datetime, timedelta

import pytest

from shop.kernel.clock import remind_at
from shop.mutual_aid.rules import (
    CALL_MOVES,
    PLEDGE_MOVES,
    CallState,
    PledgeState,
    may_move_call,
    may_move_pledge,
    missing_for_opening,
    takes_pledges,
)
from shop.organising.forms import read_time

NOON = datetime(2026, 11, 23, 5, tzinfo=UTC)


@pytest.mark.parametrize("state", CallState)
@pytest.mark.parametrize("to", CallState)
def test_every_move_of_a_call_is_decided(state, to):
    assert may_move_call(state, to) is (to in CALL_MOVES[state])
    assert not may_move_call(state, state)


@pytest.mark.parametrize("state", PledgeState)
@pytest.mark.parametrize("to", PledgeState)
def test_every_move_of_a_pledge_is_decided(state, to):
    assert may_move_pledge(state, to) is (to in PLEDGE_MOVES[state])


def test_who_withdrew_pledges_anew():
    assert not PLEDGE_MOVES[PledgeState.WITHDRAWN]


def test_pledges_are_taken_until_it_begins():
    begins = NOON + timedelta(hours=1)
    assert takes_pledges("open", begins, NOON)
    assert not takes_pledges("open", NOON, NOON)
    assert not takes_pledges("draft", begins, NOON)
    assert not takes_pledges("cancelled", begins, NOON)


@pytest.mark.parametrize(
    ("needs", "hours", "consent", "missing"),
    [(0, 1, "voice", "needs"), (1, 0, "voice", "time"), (1, 1, "", "consent"), (1, 1, "paper", None)],
)  # fmt: skip
def test_a_call_opens_once_nothing_is_missing(needs, hours, consent, missing):
    assert missing_for_opening(needs, NOON + timedelta(hours=hours), consent, NOON) == missing


def test_the_reminder_is_of_six_the_evening_before():
    sunday_six = datetime(2026, 11, 28, 23, tzinfo=UTC)  # Six in the morning of the 29th.
    assert remind_at(sunday_six).astimezone(UTC) == datetime(2026, 11, 28, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "read"),
    [("6:00", "06:00"), ("6h30", "06:30"), ("18 giờ", "18:00"), ("5g15", "05:15"), ("23.59", "23:59"),
     ("24:00", None), ("6:60", None), ("sáng", None), ("", None), ("１２:００", None)],
)  # fmt: skip
def test_times_are_read_as_people_write_them(typed, read):
    found = read_time(typed)
    assert (found and f"{found:%H:%M}") == read
