"""Which lot goes out first, when one is near its end, and which one goods came back to."""

from datetime import date, timedelta

import pytest

from shop.stock.lot_rules import NEAR, OnShelf, fitting, nearness, proposed, returned_from

TODAY = date(2026, 11, 27)
SOON, LATER = TODAY + timedelta(days=3), TODAY + timedelta(days=60)


def test_what_ends_first_goes_out_first_and_what_has_no_day_last():
    shelf = [OnShelf(1, 5, None), OnShelf(2, 2, LATER), OnShelf(3, 2, SOON)]
    assert proposed(shelf, 6, TODAY) == {3: 2, 2: 2, 1: 2}


def test_lots_reach_only_so_far():
    assert proposed([OnShelf(1, 2, SOON)], 5, TODAY) == {1: 2}


def test_what_is_over_or_called_back_goes_to_nobody():
    shelf = [
        OnShelf(1, 5, TODAY - timedelta(days=1)), OnShelf(2, 5, SOON, is_recalled=True),
        OnShelf(3, 5, TODAY),
    ]  # fmt: skip
    assert proposed(shelf, 3, TODAY) == {3: 3}


def test_she_may_take_from_another_lot_first():
    shelf = [OnShelf(1, 5, SOON), OnShelf(2, 2, LATER)]
    assert proposed(shelf, 3, TODAY, first=2) == {2: 2, 1: 1}


def test_what_nobody_counted_is_taken_from_what_ends_first():
    assert fitting([OnShelf(1, 5, LATER), OnShelf(2, 3, SOON)], 4) == {2: 3, 1: 1}


@pytest.mark.parametrize(
    ("last_day", "said"),
    [
        (None, ""), (TODAY + NEAR + timedelta(days=1), ""), (TODAY + NEAR, "near"),
        (TODAY, "near"), (TODAY - timedelta(days=1), "over"),
    ],
)  # fmt: skip
def test_a_lot_is_near_its_end_two_weeks_before(last_day, said):
    assert nearness(last_day, TODAY) == said


def test_what_comes_back_belongs_to_the_lot_that_went_in_last():
    assert returned_from({1: 2, 2: 1}, 2) == {2: 1, 1: 1}
    assert returned_from({1: 2}, 5) == {1: 2}
