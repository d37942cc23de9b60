"""News about people and sign-ins. No secret and no address travels in them."""

from dataclasses import dataclass
from typing import ClassVar

from shop.kernel.events import Event


@dataclass(frozen=True)
class PasswordLinkAsked(Event):
    """Somebody asked for a link to set a password. ``account_id`` is 0 when nobody has the mail.

    The link's token is derived from ``nonce`` and the shop's key when the mail is written.
    """

    name: ClassVar[str] = "accounts.password_link_asked"
    account_id: int
    nonce: str
    asked_at: str
    locale: str


@dataclass(frozen=True)
class NewDeviceSignedIn(Event):
    """An account was entered from a device that was never used for it before."""

    name: ClassVar[str] = "accounts.new_device_signed_in"
    account_id: int
    sign_in_id: int


@dataclass(frozen=True)
class SecretChanged(Event):
    """What opens an account changed. ``what``: password, second_factor, contact, code_given,
    passkey, devices (a lost phone was shut out).

    ``earlier_contact``: who it was before a change of contact, sealed, as hexadecimal.
    """

    name: ClassVar[str] = "accounts.secret_changed"
    account_id: int
    what: str
    audit_id: int
    earlier_contact: str = ""


@dataclass(frozen=True)
class AccountDeleted(Event):
    """A person was erased from the accounts; upper floors let go of the link to her."""

    name: ClassVar[str] = "accounts.account_deleted"
    account_id: int
