"""News from the operator's desk."""

from dataclasses import dataclass
from typing import ClassVar

from shop.kernel.events import Event


@dataclass(frozen=True)
class OrderErased(Event):
    """Nobody knows any more who placed an order: what was written about it elsewhere goes too."""

    name: ClassVar[str] = "operations.order_erased"
    order_id: int


@dataclass(frozen=True)
class ComplaintReceived(Event):
    """Somebody is unhappy: she gets a receipt and the operator a mail."""

    name: ClassVar[str] = "operations.complaint_received"
    complaint_id: int


@dataclass(frozen=True)
class ComplaintAnswered(Event):
    """A complaint was answered or settled. ``step``: "answered" or "settled"."""

    name: ClassVar[str] = "operations.complaint_answered"
    complaint_id: int
    step: str
