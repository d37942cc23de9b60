"""Rules of people and sign-ins. Plain Python."""

import base64
import hashlib
import hmac
import re
import struct
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode

from shop.kernel.errors import Refusal
from shop.kernel.text import fold


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
#: Who may stay signed in beside another on one phone: whoever holds it goes on as either. The
#: Union's desks are not left lying about.
MAY_WAIT = frozenset({"seller", "buyer"})
#: So many others wait on one phone at most.
MOST_WAITING = 3
#: What a sign-in is for, the weightiest first: a person of several kinds gets the first.
KINDS = tuple(LIFETIMES)
#: Where each kind begins after signing in.
HOME_OF = {
    "operator": "/dieu-hanh",
    "officer": "/dieu-hanh",
    "seller": "/ban-hang",
    "buyer": "/tai-khoan",
}
#: Dangerous acts want a secret given this recently (QUALITY T05).
FRESH_FOR = timedelta(minutes=10)
#: A second factor turned on just now proves no more than the password that turned it on.
FACTOR_SETTLES = timedelta(days=1)
#: Sign-ins are marked as seen at most this often, to spare writes.
SEEN_EVERY = timedelta(minutes=5)

#: A code that an operator or officer reads out (QUALITY T17).
CODE_LENGTH = 8
CODE_FOR = timedelta(minutes=20)
#: A mailed link. ASVS 6.5.5 asks ten minutes for codes; mail is slower than that.
LINK_FOR = timedelta(minutes=30)
#: Between the password and the second factor.
STEP_FOR = timedelta(minutes=5)
RECOVERY_CODES = 10
#: Between what a phone is asked to sign and its answer.
CHALLENGE_FOR = timedelta(minutes=5)
MOST_PASSKEYS = 10
#: After so many failures in a row a device that never signed in needs a mailed link or a code.
FAILURES_BEFORE_LINK = 100

PASSWORD_BYTES = 256
#: Fewest characters: {kind: (alone, with a second factor)}. Source: QUALITY T14.
PASSWORD_LENGTHS = {"operator": (15, 8), "officer": (15, 8), "seller": (10, 10), "buyer": (10, 10)}


class WeakPassword(Refusal):
    """A password that is refused. ``reason``: "short" (with ``least``), "long", "common"."""

    code = "weak_password"
    status = 422


class ContactTaken(Refusal):
    """Phone or e-mail belongs to another account already. ``field``: "phone" or "email"."""

    code = "contact_taken"


class ContactMissing(Refusal):
    """An account needs a phone or an e-mail."""

    code = "contact_missing"
    status = 422


class WrongSecret(Refusal):
    """Person, password or code do not fit together. Never says which of them is wrong."""

    code = "wrong_secret"
    status = 422


class WrongPasskey(Refusal):
    """What a phone signed is not right, was used before or is of nobody. Never says which."""

    code = "wrong_passkey"
    status = 422


class TooManyPasskeys(Refusal):
    """A person keeps ``most`` passkeys at most."""

    code = "too_many_passkeys"


class LinkSpent(Refusal):
    """A mailed link that was used, has run out or never was."""

    code = "link_spent"
    status = 410


class TermsChanged(Refusal):
    """Other terms hold since the page was made on which she agreed."""

    code = "terms_changed"
    status = 422


class LastOperator(Refusal):
    """The shop would be left without anybody who operates it."""

    code = "last_operator"


class SecondFactorNeeded(Refusal):
    """Operators and officers of a public shop cannot be without a second factor."""

    code = "second_factor_needed"


def is_idle(kind: str, seen_at: datetime, now: datetime) -> bool:
    return now - seen_at > LIFETIMES[kind].idle


def is_fresh(proved_at: datetime | None, now: datetime) -> bool:
    return proved_at is not None and now - proved_at <= FRESH_FOR


def is_settled(second_factor_at: datetime | None, now: datetime) -> bool:
    """Tell whether a second factor stands long enough for its owner to have noticed it."""
    return second_factor_at is not None and now - second_factor_at >= FACTOR_SETTLES


def weightiest(kinds: Collection[str]) -> str:
    """Return the kind of sign-in that a person of these kinds gets; everybody may buy."""
    return next((kind for kind in KINDS if kind in kinds), "buyer")


#: Parts that make a password easy to guess in this very shop.
_SHOP_WORDS = ("chophien", "phiencho", "matkhau", "password", "quecho", "hoiphunu")


def check_password(
    password: str,
    *,
    kind: str,
    second_factor: bool,
    common: Collection[str],
    about: Collection[str] = (),
) -> None:
    """Refuse a password that is too short, too long or easily guessed. No composition rules.

    Args:
        common: lower-case words that are tried first by everybody who guesses.
        about: the person's own name, phone and mail, which do not count as secret.

    Raises:
        WeakPassword
    """
    if len(password.encode("utf-8", "surrogatepass")) > PASSWORD_BYTES:
        raise WeakPassword(reason="long", most=PASSWORD_BYTES)
    least = PASSWORD_LENGTHS[kind][1 if second_factor else 0]
    if len(password) < least:
        raise WeakPassword(reason="short", least=least)
    plain = fold(password).replace(" ", "")
    if password.lower() in common or plain in common or len(set(plain or password)) < 4:
        raise WeakPassword(reason="common")
    left = plain
    for part in (*_SHOP_WORDS, *(fold(text).replace(" ", "") for text in about)):
        if len(part) >= 4:
            left = left.replace(part, "")
    # The name of the shop and a year leave four digits: that is what guessers try next.
    if left != plain and len(left) <= 4:
        raise WeakPassword(reason="common")


# The second factor. Source: RFC 6238 with SHA-1, six digits, thirty seconds.

TOTP_STEP_S = 30


def totp_code(secret: bytes, step: int) -> str:
    """Return the six digits of a time step (seconds since 1970 // 30)."""
    return hotp(secret, step, 6)


def hotp(secret: bytes, counter: int, digits: int) -> str:
    """Return the code of a counter. Source: RFC 4226."""
    mac = hmac.new(secret, struct.pack(">Q", counter), hashlib.sha1).digest()
    offset = mac[-1] & 15
    number = struct.unpack(">I", mac[offset : offset + 4])[0] & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)


def matching_step(secret_base32: str, typed: str, now: datetime, last_step: int) -> int | None:
    """Return the time step whose code was typed, or None.

    One step of clock drift is forgiven either way. A step up to ``last_step`` was used
    before and does not count, so that a code seen over a shoulder is worth nothing.
    """
    code = re.sub(r"\s", "", typed)
    if not re.fullmatch(r"[0-9]{6}", code):
        return None
    secret = base64.b32decode(secret_base32)
    today = int(now.timestamp()) // TOTP_STEP_S
    for step in (today - 1, today, today + 1):
        if step > last_step and hmac.compare_digest(totp_code(secret, step), code):
            return step
    return None


def totp_address(secret_base32: str, who: str, shop: str) -> str:
    """Return the ``otpauth://`` address that authenticator apps read from a QR code."""
    query = urlencode({"secret": secret_base32, "issuer": shop}, quote_via=quote)
    return f"otpauth://totp/{quote(shop)}:{quote(who)}?{query}"


def device_of(user_agent: str) -> str:
    """Return a name that people recognise: "Chrome, Android"."""
    browser = next(
        (
            name
            for sign, name in (
                ("Zalo", "Zalo"), ("FBAN", "Facebook"), ("FBAV", "Facebook"), ("Edg", "Edge"),
                ("OPR", "Opera"), ("coc_coc", "Cốc Cốc"), ("SamsungBrowser", "Samsung Internet"),
                ("Firefox", "Firefox"), ("CriOS", "Chrome"), ("Chrome", "Chrome"),
                ("Safari", "Safari"),
            )
            if sign in user_agent
        ),
        "",
    )  # fmt: skip
    system = next(
        (
            name
            for sign, name in (
                ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"),
                ("Windows", "Windows"), ("Mac OS", "Mac"), ("Linux", "Linux"),
            )
            if sign in user_agent
        ),
        "",
    )  # fmt: skip
    return ", ".join(part for part in (browser, system) if part)


_LOCAL_PATH = re.compile(r"/(?![/\\])[\w/.-]*(\?[\w=&%.+-]*)?", re.ASCII)


def safe_path(asked: str, otherwise: str) -> str:
    """Return the path to go on to, or ``otherwise`` when it could lead out of the shop (T11)."""
    return asked if len(asked) <= 500 and _LOCAL_PATH.fullmatch(asked) else otherwise


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
    has_second_factor: bool = False
    strong_at: datetime | None = None

    #: What flask-login asks of a user.
    is_authenticated = True
    is_active = True
    is_anonymous = False

    def get_id(self) -> str:
        return str(self.id)
