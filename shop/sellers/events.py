"""News about member businesses."""

from dataclasses import dataclass
from typing import ClassVar

from shop.kernel.events import Event


@dataclass(frozen=True)
class SellerChanged(Event):
    """What buyers see of a seller changed. ``what``: approved, edited, closed or reopened."""

    name: ClassVar[str] = "sellers.seller_changed"
    seller_id: int
    what: str


@dataclass(frozen=True)
class BankAccountChanged(Event):
    """Buyers' transfers go to another account from now on. ``earlier_id``: the one before, or 0."""

    name: ClassVar[str] = "sellers.bank_account_changed"
    payee_id: int
    earlier_id: int


@dataclass(frozen=True)
class HelperChanged(Event):
    """Somebody may help at a stall from now on, or no more. ``what``: granted or revoked."""

    name: ClassVar[str] = "sellers.helper_changed"
    grant_id: int
    what: str


@dataclass(frozen=True)
class HelperActed(Event):
    """A helper did something; the owner is told."""

    name: ClassVar[str] = "sellers.helper_acted"
    act_id: int


@dataclass(frozen=True)
class ApplicationMoved(Event):
    """Somebody wants to sell here, or was answered. ``to``: the state; ``audit_id``: its line."""

    name: ClassVar[str] = "sellers.application_moved"
    application_id: int
    to: str
    audit_id: int


@dataclass(frozen=True)
class StallLeft(Event):
    """A stall closed since the only person who answered for it deleted her account."""

    name: ClassVar[str] = "sellers.stall_left"
    seller_id: int
