"""What the banking room tells the rest of the shop."""

from dataclasses import dataclass

from shop.kernel.events import Event


@dataclass(frozen=True)
class NoticeKept(Event):
    """A bank told of money that came; it is stored and nobody has looked for its order yet."""

    name = "bank.notice_kept"

    notice_id: int


@dataclass(frozen=True)
class NoticeWaits(Event):
    """Money came a day ago and nobody has said what it is for."""

    name = "bank.notice_waits"

    notice_id: int
