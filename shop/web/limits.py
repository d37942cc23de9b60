"""How often something may be tried. Counted before it is tried, at once for all threads.

In memory for one process, in Valkey or Redis for several; when that store is down,
memory keeps counting (QUALITY §1.8).
"""

import logging
import time
from functools import lru_cache
from typing import Any

from flask import Flask, current_app, request
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import FixedWindowRateLimiter

from shop.kernel.errors import TooMany

#: The rates of the shop are few, and reading one costs more than counting a try.
_read = lru_cache(maxsize=100)(parse)
logger = logging.getLogger(__name__)


class Counters(MemoryStorage):
    """Counters in memory that drop what is over once a minute.

    The package starts a thread for that at every try, which costs more than the try.
    """

    _next_look = 0.0

    def _MemoryStorage__schedule_expiry(self) -> None:
        if time.monotonic() >= self._next_look:
            self._next_look = time.monotonic() + 60
            getattr(self, "_MemoryStorage__expire_events", int)()


class Limits:
    """Counts tries in fixed windows."""

    def __init__(self, redis_url: str) -> None:
        self._memory = FixedWindowRateLimiter(Counters())
        self._shared: FixedWindowRateLimiter | None = None
        if redis_url:
            storage = storage_from_string(redis_url, socket_timeout=0.2, socket_connect_timeout=0.2)
            self._shared = FixedWindowRateLimiter(storage)

    def _first_working(self, method: str, item: RateLimitItem, *keys: str) -> Any:
        if self._shared is not None:
            try:
                return getattr(self._shared, method)(item, *keys)
            except Exception as error:  # Any fault of the store: limit on, alone.
                logger.warning("The store of rate limits does not answer: %r", error)
        return getattr(self._memory, method)(item, *keys)

    def hit(self, rate: str, *keys: str) -> bool:
        """Count one try of ``rate`` ("5 per 15 minutes"); False when there were too many."""
        return bool(self._first_working("hit", _read(rate), *keys))

    def wait_s(self, rate: str, *keys: str) -> int:
        """Seconds until tries count again."""
        reset_at = self._first_working("get_window_stats", _read(rate), *keys).reset_time
        return max(1, int(reset_at - time.time()))


def limit(rate: str, *keys: str) -> None:
    """Count one try or refuse it.

    Raises:
        TooMany: with ``retry_after_s``.
    """
    limits: Limits = current_app.extensions["limits"]
    if not limits.hit(rate, *keys):
        raise TooMany(retry_after_s=limits.wait_s(rate, *keys))


def visitor_key() -> str:
    """Return what counts as one visitor: an IPv4 address or an IPv6 /64."""
    address = request.remote_addr or "unknown"
    return ":".join(address.split(":")[:4]) if ":" in address else address


def init_limits(app: Flask, redis_url: str) -> None:
    app.extensions["limits"] = Limits(redis_url)
