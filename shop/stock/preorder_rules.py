"""Rules of ordering ahead. Plain Python."""

from datetime import date, timedelta

from shop.kernel.errors import Refusal

#: Nobody waits longer for food than this.
LONGEST_DAYS = 370
MOST = 10_000


class StillInStock(Refusal):
    """There are units for sale: they go first. ``left``."""

    code = "preorder_still_in_stock"


class PreorderRuns(Refusal):
    """A round of this pack takes orders already."""

    code = "preorder_runs"


class NoPreorder(Refusal):
    """No round of this pack takes orders, or waits."""

    code = "preorder_none"


class PreorderDay(Refusal):
    """The day is not ahead, or too far: ``most`` days."""

    code = "preorder_day"
    status = 422


class PreorderNotLater(Refusal):
    """Who waits was told ``ready_on``, which is no earlier: a day is only put off."""

    code = "preorder_not_later"
    status = 422


def check_ready_on(ready_on: date, today: date) -> None:
    """Refuse a day that is no promise.

    Raises:
        PreorderDay
    """
    if not today < ready_on <= today + timedelta(days=LONGEST_DAYS):
        raise PreorderDay(most=LONGEST_DAYS)


def takes_orders(ready_on: date | None, left: int | None, free: int, today: date) -> bool:
    """Tell whether a pack is ordered ahead now: nothing of it is there, and a round has places.

    >>> [takes_orders(date(2026, 10, 20), 3, free, date(2026, 10, 1)) for free in (0, 2)]
    [True, False]
    """
    return ready_on is not None and free <= 0 and (left or 0) > 0 and today < ready_on
