"""Who ordered, the private link, and what one attempt to order said."""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Contact:
    """Who ordered, who receives it and where: sealed in the order.

    Phones are E.164, e-mail lower case, everything else one line of NFC text; "" is "not
    given". ``street``: house and hamlet inside Vietnam, the whole address abroad.
    """

    name: str
    phone: str
    email: str = ""
    street: str = ""
    #: Somebody else receives it (a gift, a payer abroad).
    receiver_name: str = ""
    receiver_phone: str = ""
    #: The place as it was called before, when it was given so: "Xã Phước Ninh, Huyện Quế Sơn";
    #: as it was typed when nothing is called so. Drivers and old maps know it.
    old_place: str = ""
    #: "Huyện Quế Sơn"
    old_district: str = ""

    @property
    def to_name(self) -> str:
        return self.receiver_name or self.name

    @property
    def to_phone(self) -> str:
        return self.receiver_phone or self.phone


def news_token(private: str) -> str:
    """Return what the letters to a guest stop the news with; it opens nothing else.

    Args:
        private: the token of the order's private link.
    """
    return hmac.new(private.encode(), b"news", hashlib.sha256).hexdigest()[:32]


def attempt_digest(fields: Iterable[tuple[str, str]]) -> str:
    """Return the digest of what was sent with one attempt, whatever the order of its fields."""
    text = "\x00".join(f"{name}\x01{value}" for name, value in sorted(fields))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
