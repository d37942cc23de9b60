"""The lunar calendar against published years, and the days of a series."""

from datetime import date, timedelta

import pytest

from shop.markets.holidays import holidays
from shop.markets.rules.calendar import SeriesRule, holiday_on, market_day, read_rule
from shop.markets.rules.lunar import LunarDay, is_lunar_day, lunar_of, month_length

#: {lunar year: (its first day, which month comes twice or 0, months of 30 days +, of 29 -)}.
#: Published by Hồ Ngọc Đức, "Âm lịch Việt Nam", table of the 21st century; official in Vietnam
#: by Decision 121/CP of 1967 (UTC+7).
PUBLISHED = {
    2024: ("2024-02-10", 0, "-+--+-++-++-"),
    2025: ("2025-01-29", 6, "+-+--+-+-+++-"),
    2026: ("2026-02-17", 0, "+-+--+--+++-"),
    2027: ("2027-02-06", 0, "++-+--+--++-"),
    2028: ("2028-01-26", 5, "+++-+--+--++-"),
    2029: ("2029-02-13", 0, "++-+-+-+--+-"),
    2030: ("2030-02-02", 0, "++-++-+-+-+-"),
}


def months(year: int) -> list[tuple[date, LunarDay, int]]:
    """Return (first day, its lunar day, length) of each month of a published year."""
    begins, twice, lengths = PUBLISHED[year]
    numbers = [(m, False) for m in range(1, 13)]
    if twice:
        numbers.insert(twice, (twice, True))
    found, on = [], date.fromisoformat(begins)
    for (month, leap), mark in zip(numbers, lengths, strict=True):
        days = 30 if mark == "+" else 29
        found.append((on, LunarDay(1, month, year, leap), days))
        on += timedelta(days)
    return found


@pytest.mark.parametrize("year", PUBLISHED)
def test_every_day_of_a_published_year_is_reckoned_as_published(year):
    for begins, first, days in months(year):
        for n in range(days):
            assert lunar_of(begins + timedelta(n)) == first._replace(day=n + 1)
        assert month_length(begins) == month_length(begins + timedelta(days - 1)) == days


def test_published_years_follow_one_another():
    for year in list(PUBLISHED)[:-1]:
        begins, _, days = months(year)[-1]
        assert begins + timedelta(days) == date.fromisoformat(PUBLISHED[year + 1][0])


def test_tet_2030_is_the_second_of_february_in_vietnam():
    assert lunar_of(date(2030, 2, 2)) == LunarDay(1, 1, 2030)
    assert lunar_of(date(2030, 2, 1)).month == 12


def test_the_thirtieth_is_the_last_day_of_a_short_month_too():
    for year in PUBLISHED:
        for begins, _, days in months(year):
            thirtieths = [n + 1 for n in range(days) if is_lunar_day(begins + timedelta(n), 30)]
            assert thirtieths == [days]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("weekly:6", SeriesRule(weekday=6)),
        ("lunar:30,14,14", SeriesRule(lunar_days=(14, 30))),
        *[(wrong, None) for wrong in ("weekly:0", "weekly:8", "weekly:1,2", "lunar:", "lunar:31",
                                      "lunar:1,2,3,4,5", "lunar:x", "lunar:1,", "moon:3", "")],
    ],
)  # fmt: skip
def test_rules_are_read_as_they_are_written(text, rule):
    assert read_rule(text) == rule
    assert rule is None or read_rule(rule.text) == rule


def test_a_lunar_series_comes_on_the_fourteenth_and_the_last_of_leap_months_too():
    rule, on, found = SeriesRule(lunar_days=(14, 30)), date(2028, 6, 1), []
    for _ in range(6):
        on = market_day(rule, "none", (), on).on
        found.append((on.isoformat(), lunar_of(on).day, lunar_of(on).leap))
    assert found == [
        ("2028-06-06", 14, False), ("2028-06-22", 30, False), ("2028-07-06", 14, True),
        ("2028-07-21", 29, True), ("2028-08-04", 14, False), ("2028-08-19", 29, False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("shift", "after", "on", "name"),
    [
        ("earlier", date(2027, 1, 30), date(2027, 2, 4), "Tết Nguyên đán"),
        ("later", date(2027, 1, 30), date(2027, 2, 10), "Tết Nguyên đán"),
        ("none", date(2027, 1, 30), date(2027, 2, 6), None),
        # Already held on the day to which it would be moved: the next week's counts.
        ("earlier", date(2027, 2, 4), date(2027, 2, 13), None),
        ("earlier", date(2026, 11, 27), date(2026, 11, 28), None),
    ],
)
def test_a_market_is_moved_off_holidays(shift, after, on, name):
    found = market_day(SeriesRule(weekday=6), shift, holidays(), after)
    assert found.on == on
    assert (found.moved_for.name_vi if found.moved_for else None) == name


def test_holidays_are_dated():
    assert holiday_on(holidays(), date(2026, 9, 2)).name_vi == "Quốc khánh"
    assert holiday_on(holidays(), date(2026, 4, 26)).name_vi == "Giỗ Tổ Hùng Vương"
    assert holiday_on(holidays(), date(2020, 9, 2)) is None, "Before the law held."
