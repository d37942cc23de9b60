"""By when a complaint is answered or settled, in words."""

from datetime import datetime

from shop.kernel.clock import vietnam_date
from shop.web.words import _, day, ngettext


def at_latest(by: datetime, now: datetime) -> str:
    """Return "chậm nhất ngày 30/11/2026 (còn 2 ngày)".

    Args:
        by: the end of the last day, as ``rules.due`` counts it: that day is still in time.
    """
    left = (vietnam_date(by) - vietnam_date(now)).days
    last = day(by, "year")
    if left == 0:
        return _("chậm nhất ngày %(day)s (hết hôm nay)", day=last)
    if left < 0:
        return ngettext("chậm nhất ngày %(day)s (quá %(num)s ngày)",
                        "chậm nhất ngày %(day)s (quá %(num)s ngày)", -left, day=last)  # fmt: skip
    return ngettext("chậm nhất ngày %(day)s (còn %(num)s ngày)",
                    "chậm nhất ngày %(day)s (còn %(num)s ngày)", left, day=last)  # fmt: skip
