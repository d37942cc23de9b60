"""Dates and names that are written out here say what Babel would say."""

from datetime import UTC, date, datetime, timedelta

import pytest
from babel import Locale
from babel.dates import format_date, format_time

from shop.kernel.clock import VIETNAM
from shop.places.forms import countries
from shop.web.words import clock, day, speaking

DAYS = [date(2026, 1, 1) + timedelta(days=17 * n) for n in range(22)]
PATTERNS = {
    "vi": {"short": "d/M", "year": "d/M/y"},
    "en": {"short": "d MMM", "year": "d MMM y", "long": "EEEE, d MMMM y"},
}


@pytest.mark.parametrize(
    ("spoken", "style"), [(s, style) for s, styles in PATTERNS.items() for style in styles]
)
def test_days_are_written_as_the_language_writes_them(app, spoken, style):
    pattern = PATTERNS[spoken][style]
    with app.app_context(), speaking(spoken):
        said = [day(on, style) for on in DAYS]
    assert said == [format_date(on, pattern, locale=spoken) for on in DAYS]


def test_a_vietnamese_day_is_named_first(app):
    with app.app_context():
        assert day(date(2026, 10, 17)) == "thứ Bảy, 17/10/2026"
        # The evening of the 16th in London is the next morning here.
        assert day(datetime(2026, 10, 16, 22, tzinfo=UTC)) == "thứ Bảy, 17/10/2026"


def test_the_clock_is_that_of_vietnam():
    at = datetime(2026, 10, 17, 0, 5, tzinfo=UTC)
    assert clock(at) == format_time(at.astimezone(VIETNAM), "HH:mm", locale="en") == "07:05"


@pytest.mark.parametrize("spoken", ["vi", "en"])
def test_countries_have_their_usual_names(spoken):
    names = Locale(spoken).territories
    offered = countries(spoken)
    assert len(offered) == 29
    assert all(name == names[code] for code, name in offered)
