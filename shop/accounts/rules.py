"""Rules of people and sign-ins. Plain Python."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Lifetime:
    """How long a sign-in lives without use, and at most. Source: QUALITY T04."""

    idle: timedelta
    absolute: timedelta


LIFETIMES = {
    "operator": Lifetime(timedelta(minutes=30), timedelta(hours=12)),
    "officer": Lifetime(timedelta(hours=12), timedelta(days=7)),
    "seller": Lifetime(timedelta(days=90), timedelta(days=365)),
    "buyer": Lifetime(timedelta(days=30), timedelta(days=180)),
}
#: Dangerous acts want a secret given this recently (QUALITY T05).
FRESH_FOR = timedelta(minutes=10)
#: Sign-ins are marked as seen at most this often, to spare writes.
SEEN_EVERY = timedelta(minutes=5)


def is_idle(kind: str, seen_at: datetime, now: datetime) -> bool:
    return now - seen_at > LIFETIMES[kind].idle


@dataclass(frozen=True)
class SignedIn:
    """The person behind this request. ``kind`` is that of the sign-in."""

    id: int
    name: str
    locale: str
    kind: str
    sign_in_id: int
    proved_at: datetime
    is_operator: bool

    #: What flask-login asks of a user.
    is_authenticated = True
    is_active = True
    is_anonymous = False

    def get_id(self) -> str:
        return str(self.id)
