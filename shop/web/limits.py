"""How often something may be tried. Counted before it is tried, at once for all threads.

In memory for one process; for several in Valkey or Redis, or in a table of the database.
Every try is counted in memory too: when the shared store is down, each process goes on
limiting from what it has seen itself (QUALITY §1.8, T16).
"""

import hmac
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from typing import Any

from flask import Flask, current_app, request
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage, Storage, storage_from_string
from limits.strategies import FixedWindowRateLimiter
from sqlalchemy import Engine, case, delete, select, text

from shop.db import db, transaction, upsert_into
from shop.kernel.errors import TooMany
from shop.kernel.settings import Settings
from shop.web.models import RateCount

#: The rates of the shop are few, and reading one costs more than counting a try.
_read = lru_cache(maxsize=100)(parse)
#: A shared store that did not answer is not asked again for this long.
REST_S = 5.0
_QUICKLY = text(
    "SELECT set_config('synchronous_commit', 'off', true), set_config('lock_timeout', '1s', true)"
)
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


class SharedCounters(Storage):
    """Counters in a table, for server processes without Valkey or Redis.

    Each try is one statement in a transaction of its own, on a connection of its own: what
    the request does is not touched, and a try counts although its request fails.
    """

    STORAGE_SCHEME = None

    def __init__(self, app: Flask) -> None:
        super().__init__()
        self._app = app

    @property
    def base_exceptions(self) -> type[Exception]:
        return Exception

    @cached_property
    def _engine(self) -> Engine:
        with self._app.app_context():
            return db.engine.execution_options(begin="IMMEDIATE")

    def _run(self, work: Callable[[Any], Any]) -> Any:
        with self._engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                # A crash may lose the last tries, and nobody waits long for a counter.
                connection.execute(_QUICKLY)
            return work(connection)

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        now = time.time()
        started = {"key": key, "count": amount, "ends_at": _at(now + expiry)}

        def count(connection: Any) -> int:
            over = RateCount.ends_at <= _at(now)
            return connection.execute(
                upsert_into(connection, RateCount)
                .values(**started)
                .on_conflict_do_update(
                    index_elements=["key"],
                    set_={
                        "count": case((over, amount), else_=RateCount.count + amount),
                        "ends_at": case((over, started["ends_at"]), else_=RateCount.ends_at),
                    },
                )
                .returning(RateCount.count)
            ).scalar_one()

        return self._run(count)

    def _standing(self, key: str) -> Any:
        wanted = select(RateCount.count, RateCount.ends_at).where(
            RateCount.key == key, RateCount.ends_at > _at(time.time())
        )
        return self._run(lambda connection: connection.execute(wanted).one_or_none())

    def get(self, key: str) -> int:
        row = self._standing(key)
        return row.count if row is not None else 0

    def get_expiry(self, key: str) -> float:
        row = self._standing(key)
        return row.ends_at.timestamp() if row is not None else time.time()

    def check(self) -> bool:
        self._run(lambda connection: connection.execute(select(RateCount.key).limit(1)))
        return True

    def reset(self) -> int | None:
        return self._run(lambda connection: connection.execute(delete(RateCount)).rowcount)

    def clear(self, key: str) -> None:
        gone = delete(RateCount).where(RateCount.key == key)
        self._run(lambda connection: connection.execute(gone))


def _at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def forget_counts(now: datetime) -> None:
    """Delete the counters whose window is over."""
    with transaction() as session:
        session.execute(delete(RateCount).where(RateCount.ends_at <= now))


class Limits:
    """Counts tries in fixed windows.

    Args:
        shared: the store that all server processes see; None when there is one process.
        key: hides in the shared store who tries.
    """

    def __init__(self, shared: Storage | None = None, key: str = "") -> None:
        self._memory = FixedWindowRateLimiter(Counters())
        self._shared = FixedWindowRateLimiter(shared) if shared is not None else None
        self._key = key.encode()
        self._rests_until = 0.0

    def hit(self, rate: str, *keys: str) -> bool:
        """Count one try of ``rate`` ("5 per 15 minutes"); False when there were too many."""
        item = _read(rate)
        here = self._memory.hit(item, *keys)
        there = self._ask_shared("hit", item, *keys)
        return here if there is None else bool(there)

    def wait_s(self, rate: str, *keys: str) -> int:
        """Seconds until tries count again."""
        item = _read(rate)
        stats = self._ask_shared("get_window_stats", item, *keys)
        stats = stats or self._memory.get_window_stats(item, *keys)
        return max(1, int(stats.reset_time - time.time()))

    def shares(self) -> bool:
        """Tell whether there is a shared store and it answers."""
        try:
            return self._shared is not None and self._shared.storage.check()
        except Exception:  # What does not answer is what the doctor asks about.
            return False

    def _ask_shared(self, method: str, item: RateLimitItem, *keys: str) -> Any:
        """Return what the shared store says, or None without one or while it is down."""
        if self._shared is None or time.monotonic() < self._rests_until:
            return None
        hidden = hmac.new(self._key, "\0".join(keys).encode("utf-8", "surrogatepass"), "sha256")
        try:
            return getattr(self._shared, method)(item, hidden.hexdigest()[:32])
        except Exception as error:  # Any fault of the store: limit on, alone.
            self._rests_until = time.monotonic() + REST_S
            logger.warning("The store of rate limits does not answer: %s", type(error).__name__)
            return None


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


def init_limits(app: Flask, settings: Settings) -> None:
    app.extensions["limits"] = Limits(_shared_store(app, settings), settings.secret_key)


def _shared_store(app: Flask, settings: Settings) -> Storage | None:
    if settings.redis_url:
        from redis.backoff import NoBackoff  # Small shops are installed without it.
        from redis.retry import Retry

        # Without retries, which would make each request wait for seconds.
        waits: dict[str, Any] = {
            "socket_timeout": 0.2, "socket_connect_timeout": 0.2, "retry": Retry(NoBackoff(), 0),
        }  # fmt: skip
        return storage_from_string(settings.redis_url, **waits)  # type: ignore[return-value]
    return SharedCounters(app) if settings.has_several_servers else None
