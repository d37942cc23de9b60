"""Time: aware UTC inside, Vietnam's on the page. Only edges read the clock."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")


def now_utc() -> datetime:
    """Return the time now. Called by views, the worker and commands, never below them."""
    return datetime.now(UTC)


def vietnam_date(moment: datetime) -> date:
    """Return the calendar day in Vietnam at an aware moment."""
    return moment.astimezone(VIETNAM).date()
