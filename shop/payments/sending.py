"""What was sent by a person's bank, or was to be, ends: given up, or come back."""

from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Mapped, Session

from shop.kernel.text import one_line
from shop.payments.rules.sending import SendingState, check_sending


class Sending(Protocol):
    """A row of what is sent."""

    state: Mapped[str]
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[int | None]
    ended_for: Mapped[str]


def end_sending(
    session: Session, held: Sending, to: SendingState, by_id: int | None, now: datetime,
    why: str = "",
) -> None:  # fmt: skip
    """End it. Raises: PassMovedOn"""
    check_sending(held.state, to)
    held.state, held.ended_at, held.ended_by_id = to, now, by_id
    held.ended_for = one_line(why)[:200]
    session.flush()
