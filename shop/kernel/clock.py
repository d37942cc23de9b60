"""Time: aware UTC inside, Vietnam's on the page. Only edges read the clock."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
#: Vietnam's time of reminders, on the evening before.
REMIND_AT = time(18, 0)


def now_utc() -> datetime:
    """Return the time now. Called by views, the worker and commands, never below them."""
    return datetime.now(UTC)


def vietnam_date(moment: datetime) -> date:
    """Return the calendar day in Vietnam at an aware moment."""
    return moment.astimezone(VIETNAM).date()


def day_begins(day: date) -> datetime:
    """Return the first moment of a day in Vietnam."""
    return datetime.combine(day, time.min, VIETNAM)


def noon_or_now(on: date, now: datetime) -> datetime:
    """Return a moment of a day in Vietnam that is not to come, for what people note by its day."""
    return now if on == vietnam_date(now) else day_begins(on) + timedelta(hours=12)


def remind_at(starts_at: datetime) -> datetime:
    """Return six o'clock, Vietnam, of the evening before."""
    before = vietnam_date(starts_at) - timedelta(days=1)
    return datetime.combine(before, REMIND_AT, VIETNAM)
