"""Rules of member businesses and the accounts that are paid. Plain Python."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from shop.kernel.errors import Refusal
from shop.kernel.text import ascii_only, fold
from shop.sellers.helping_rules import Help

#: Legal forms. Source: DOMAIN §3.3 and the Union's own groups.
ENTITY_KINDS = ("ca_nhan", "ho_kinh_doanh", "to_hop_tac", "htx", "doanh_nghiep")
ROLES = ("owner", "staff")
#: What a member may do beside the daily work on orders and goods.
OWNER_ONLY = frozenset({"change_bank_account", "appoint_member", "grant_help"})
#: A longer holiday is a stall that closes.
MOST_DAYS_AWAY = 180
#: For this long a changed account is pointed out to everybody who sends or confirms money.
WARN_AFTER_CHANGE = timedelta(hours=24)
_NUMBER = re.compile(r"[0-9A-Z]{4,19}")


class NothingToClose(Refusal):
    """The stall is closed, or open, already."""

    code = "seller_as_asked"


class MissingForApproval(Refusal):
    """What a stall lacks before buyers may see it. ``what``: "bank" or "member"."""

    code = "missing_for_approval"


class AlreadyMember(Refusal):
    """The person works for this seller already."""

    code = "already_member"


class LastOwner(Refusal):
    """A stall needs somebody who is responsible for it."""

    code = "last_owner"


class WrongBankAccount(Refusal):
    """Bank, number or holder cannot be right. ``field``: "bank", "number" or "holder"."""

    code = "wrong_bank_account"
    status = 422


class AwayTooLong(Refusal):
    """A holiday begins today and lasts ``most`` days at most; its last day is not over."""

    code = "away_too_long"
    status = 422


class UnknownWard(Refusal):
    """No ward has this code."""

    code = "unknown_ward"
    status = 422


@dataclass(frozen=True)
class Bank:
    """A bank that transfers can go to. ``bin``: six digits."""

    bin: str
    short_name: str
    name: str
    receives_vietqr: bool


@dataclass(frozen=True)
class Stall:
    """The seller that a signed-in person works for in this request."""

    id: int
    slug: str
    name_vi: str
    name_en: str
    #: "owner", "staff" or "helper".
    role: str
    is_open: bool
    #: (id, name_vi, name_en) of the other stalls of this person.
    others: tuple[tuple[int, str, str], ...] = ()
    #: Leave to help, for somebody who does not work here herself.
    help: Help | None = None

    def may(self, act: str) -> bool:
        """Tell whether this person may do an act of her stall: a right or one of the owner's."""
        if self.help is not None:
            return act in self.help.rights
        return self.role == "owner" or act not in OWNER_ONLY

    def reaches(self, endpoint: str) -> bool:
        """Tell whether a page or an act is open to this person at all."""
        return self.help is None or self.help.reaches(endpoint)


def account_number(typed: str) -> str | None:
    """Return a bank account's number without spaces and dots, or None when it cannot be one."""
    bare = re.sub(r"[\s.\-]", "", typed).upper()
    return bare if bare.isascii() and _NUMBER.fullmatch(bare) else None


def holder_name(typed: str) -> str:
    """Return a holder as banks print it: "NGUYEN THI SUONG"."""
    return ascii_only(typed).upper()[:80]


def initials_of(name: str) -> str:
    """Return two letters for a seal: "Bột ngũ cốc Gò Mít" gives "GM", "Lành" gives "LA"."""
    words = fold(name).split()
    if not words:
        return "CP"
    letters = words[-1][:2] if len(words) == 1 else words[-2][0] + words[-1][0]
    return letters.upper()


def changed_lately(started_at: datetime, had_earlier: bool, now: datetime) -> bool:
    """Tell whether people should be warned that money now goes elsewhere than before."""
    return had_earlier and now - started_at < WARN_AFTER_CHANGE


def away_on(away_until: date | None, today: date) -> date | None:
    """Return the last day of a holiday while it lasts, or None: it ends by itself.

    >>> [away_on(date(2026, 12, 24), date(2026, 12, day)) is None for day in (23, 24, 25)]
    [False, False, True]
    """
    return away_until if away_until is not None and today <= away_until else None


def seller_search_text(*, name_vi: str, name_en: str, person: str, phone: str) -> str:
    """Return what the desk's search looks through: "bot go mit chi suong 0905000118".

    >>> seller_search_text(name_vi="Bột", name_en="", person="chị Sương", phone="+84905000118")
    'bot chi suong 0905000118'
    """
    return f"{fold(f'{name_vi} {name_en} {person}')} 0{phone.removeprefix('+84')}"[:500]
