"""How often something may be tried. Counted before it is tried, at once for all threads.

In memory for one process; for several in Valkey or Redis, or in a table of the database.
Every try is counted in memory too: when the shared store is down, each process goes on
limiting from what it has seen itself (QUALITY §1.8, T16).
"""

import hmac
import logging
import re
import threading
import time
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from ipaddress import IPv4Address, ip_address, ip_network
from typing import Any, NamedTuple, Protocol

from flask import Flask, current_app, request
from sqlalchemy import Engine, bindparam, case, delete, func, select, true

from shop.db import db, insert_of, transaction
from shop.kernel.errors import TooMany
from shop.kernel.settings import Settings
from shop.prepared import Prepared
from shop.web.models import RateCount

#: A shared store that did not answer is not asked again for this long.
REST_S = 5.0
#: Windows that are over are dropped from memory this often.
SWEEP_S = 60.0
_RATE = re.compile(r"([0-9]+) per (?:([0-9]+) )?(second|minute|hour|day)s?")
_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}
logger = logging.getLogger(__name__)


class Rate(NamedTuple):
    """So many tries in so many seconds."""

    most: int
    seconds: int


@lru_cache(maxsize=100)
def read_rate(words: str) -> Rate:
    """Read "5 per 15 minutes" or "60 per hour"."""
    found = _RATE.fullmatch(words)
    if found is None:
        raise ValueError(f"{words!r} is no rate.")
    return Rate(int(found[1]), int(found[2] or 1) * _SECONDS[found[3]])


class Store(Protocol):
    """Where tries are counted in windows that begin with the first one."""

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count and return the new number; ``expiry`` is the window's length in seconds."""
        ...

    def get_expiry(self, key: str) -> float:
        """Return when the window ends, in seconds since 1970."""
        ...

    def check(self) -> bool: ...


class Counters:
    """Counters in the memory of one process."""

    def __init__(self) -> None:
        self._counts: dict[str, tuple[int, float]] = {}
        self._lock = threading.Lock()
        self._next_sweep = 0.0

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        now = time.time()
        with self._lock:
            if now >= self._next_sweep:
                self._next_sweep = now + SWEEP_S
                self._counts = {k: kept for k, kept in self._counts.items() if kept[1] > now}
            count, ends = self._counts.get(key, (0, 0.0))
            if ends <= now:
                count, ends = 0, now + expiry
            self._counts[key] = (count + amount, ends)
            return count + amount

    def get_expiry(self, key: str) -> float:
        return self._counts.get(key, (0, time.time()))[1]

    def check(self) -> bool:
        return True


def _counting(engine: str) -> Prepared:
    """Return the statement that counts a try and says how many there were."""
    counted = ("key", "count", "ends_at")

    def statement() -> Any:
        table: Any = RateCount.__table__
        row = select(*[bindparam(name, type_=table.c[name].type) for name in counted])
        if engine == "postgresql":
            # For this statement alone: a crash may lose the last tries, and nobody waits long
            # for a counter.
            quickly = select(
                func.set_config("synchronous_commit", "off", True),
                func.set_config("lock_timeout", "1s", True),
            ).cte("quickly")
            row = row.select_from(quickly)
        fresh = insert_of(engine)(table).from_select(counted, row.where(true()))
        over = table.c.ends_at <= bindparam("now", type_=table.c.ends_at.type)
        return fresh.on_conflict_do_update(
            index_elements=["key"],
            set_={
                name: case((over, fresh.excluded[name]), else_=later)
                for name, later in (
                    ("count", table.c.count + fresh.excluded["count"]),
                    ("ends_at", table.c.ends_at),
                )
            },
        ).returning(table.c.count)

    return Prepared(statement)


@Prepared
def _end() -> Any:
    return select(RateCount.ends_at).where(
        RateCount.key == bindparam("key"), RateCount.ends_at > bindparam("now")
    )


@Prepared
def _any() -> Any:
    return select(RateCount.key).limit(1)


class SharedCounters:
    """Counters in a table, for server processes without Valkey or Redis.

    Each try is one statement, stored at once, on a connection of its own: what the request
    does is not touched, and a try counts although its request fails.
    """

    def __init__(self, app: Flask) -> None:
        self._app = app

    @cached_property
    def _engine(self) -> Engine:
        with self._app.app_context():
            return db.engine

    @cached_property
    def _count(self) -> Prepared:
        return _counting(self._engine.dialect.name)

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        now = time.time()
        values = {"key": key, "count": amount, "ends_at": _at(now + expiry), "now": _at(now)}
        return int(self._count.at_once(self._engine, values)[0][0])

    def get_expiry(self, key: str) -> float:
        found = _end.at_once(self._engine, {"key": key, "now": _at(time.time())})
        return found[0].ends_at.timestamp() if found else time.time()

    def check(self) -> bool:
        _any.at_once(self._engine)
        return True


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

    def __init__(self, shared: Store | None = None, key: str = "") -> None:
        self._memory = Counters()
        self._shared = shared
        self._key = key.encode()
        self._rests_until = 0.0

    def hit(self, rate: str, *keys: str, amount: int = 1) -> bool:
        """Count one try of ``rate`` ("5 per 15 minutes"); False when there were too many."""
        most, seconds = read_rate(rate)
        here = self._memory.incr(_named(rate, keys), seconds, amount)
        there = self._ask_shared("incr", rate, keys, seconds, amount)
        return (here if there is None else there) <= most

    def give_back(self, rate: str, *keys: str) -> None:
        """Take one try back that was counted before it turned out to be right."""
        _most, seconds = read_rate(rate)
        self._memory.incr(_named(rate, keys), seconds, -1)
        self._ask_shared("incr", rate, keys, seconds, -1)

    def wait_s(self, rate: str, *keys: str) -> int:
        """Seconds until tries count again."""
        ends = self._ask_shared("get_expiry", rate, keys)
        ends = ends or self._memory.get_expiry(_named(rate, keys))
        return max(1, int(ends - time.time()))

    def shares(self) -> bool:
        """Tell whether there is a shared store and it answers."""
        try:
            return self._shared is not None and self._shared.check()
        except Exception:  # What does not answer is what the doctor asks about.
            return False

    def _ask_shared(self, method: str, rate: str, keys: tuple[str, ...], *more: Any) -> Any:
        """Return what the shared store says, or None without one or while it is down."""
        if self._shared is None or time.monotonic() < self._rests_until:
            return None
        named = _named(rate, keys).encode("utf-8", "surrogatepass")
        hidden = hmac.new(self._key, named, "sha256").hexdigest()[:32]
        try:
            return getattr(self._shared, method)(f"tries:{hidden}", *more)
        except Exception as error:  # Any fault of the store: limit on, alone.
            self._rests_until = time.monotonic() + REST_S
            logger.warning("The store of rate limits does not answer: %s", type(error).__name__)
            return None


def _named(rate: str, keys: tuple[str, ...]) -> str:
    return "\0".join((rate, *keys))


def limit(rate: str, *keys: str, amount: int = 1) -> None:
    """Count one try or refuse it.

    Args:
        amount: how much of the rate one try uses up.

    Raises:
        TooMany: with ``retry_after_s``.
    """
    limits: Limits = current_app.extensions["limits"]
    if not limits.hit(rate, *keys, amount=amount):
        raise TooMany(retry_after_s=limits.wait_s(rate, *keys))


class Crowd(NamedTuple):
    """Rates of what hundreds may do behind one address, as customers of one mobile carrier."""

    #: Of the address, as long as nobody has to be told apart there.
    address: str
    #: When neighbours have used that up: of one of them …
    own: str
    #: … and of all such at the address: whoever floods can name one after another.
    more: str


def limit_in_crowd(rates: Crowd, kind: str, whose: str) -> None:
    """Count one try of somebody at this address, or refuse it.

    Args:
        whose: what tells her from her neighbours: her cart, her phone.

    Raises:
        TooMany: of the address, and then of her or of all such there.
    """
    try:
        limit(rates.address, kind, visitor_key())
    except TooMany:
        # A phone or name is no secret: whoever uses it elsewhere must not use up its owner's tries.
        limit(rates.own, f"{kind}-own", whose, visitor_key())
        limit(rates.more, f"{kind}-more", visitor_key())


def count(rate: str, *keys: str) -> None:
    """Count one try that is let through in any case."""
    limits: Limits = current_app.extensions["limits"]
    limits.hit(rate, *keys)


def uncount(rate: str, *keys: str) -> None:
    """Take back what ``limit`` counted, where only wrong tries count."""
    limits: Limits = current_app.extensions["limits"]
    limits.give_back(rate, *keys)


def visitor_key() -> str:
    """Return what counts as one visitor: an IPv4 address or an IPv6 /64."""
    address = request.remote_addr or "unknown"
    try:
        ip = ip_address(address)
    except ValueError:  # Behind a socket that knows no addresses.
        return address
    if isinstance(ip, IPv4Address):
        return str(ip)
    return str(ip.ipv4_mapped or ip_network((ip.packed, 64), strict=False))


def init_limits(app: Flask, settings: Settings) -> None:
    app.extensions["limits"] = Limits(_shared_store(app, settings), settings.secret_key)


def _shared_store(app: Flask, settings: Settings) -> Store | None:
    if settings.redis_url:
        # Here: small shops are installed without Redis, and its counters fill two megabytes.
        from limits.storage import storage_from_string
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        # Without retries, which would make each request wait for seconds.
        waits: dict[str, Any] = {
            "socket_timeout": 0.2, "socket_connect_timeout": 0.2, "retry": Retry(NoBackoff(), 0),
        }  # fmt: skip
        return storage_from_string(settings.redis_url, **waits)  # type: ignore[return-value]
    return SharedCounters(app) if settings.has_several_servers else None
