"""When a carrier that said nothing of a parcel is asked where it is. Plain Python."""

from datetime import datetime, timedelta

#: First after so long without a word; twice as long after each look without news.
FIRST, LONGEST = timedelta(hours=6), timedelta(hours=48)
#: So many looks without news are enough: a person asks then.
MOST_LOOKS = 20


def next_look(now: datetime, looks: int) -> datetime | None:
    """Return when to look again after so many looks without news; None: no more.

    >>> at = datetime(2026, 11, 27)
    >>> [(next_look(at, n) - at) // timedelta(hours=1) for n in (0, 1, 2, 3, 9)]
    [6, 12, 24, 48, 48]
    >>> next_look(at, MOST_LOOKS) is None
    True
    """
    return None if looks >= MOST_LOOKS else now + min(FIRST * 2 ** min(looks, 9), LONGEST)
