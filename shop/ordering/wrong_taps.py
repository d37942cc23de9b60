"""What other rooms say to a step that is taken back: what keeps it, and what goes back with it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask import Flask, current_app
from sqlalchemy.orm import Session

from shop.db import whole_orders
from shop.ordering.rules import SellerOrderState


@dataclass(frozen=True, slots=True)
class WrongTap:
    """A step that is being taken back. ``stands``: where it led; ``back``: where it came from."""

    move_id: int
    order_id: int
    seller_order_id: int
    stands: SellerOrderState
    back: SellerOrderState
    #: When it was tapped, and when that turned out to be wrong.
    at: datetime
    now: datetime


#: ``follow(session, tap)``: refuses with ``StepStays``, or lets what hangs on the step go back too.
Follow = Callable[[Session, WrongTap], None]
_KEY = "follows_wrong_taps"


def follows_wrong_taps(app: Flask, follow: Follow) -> None:
    """Ask ``follow`` whenever a step is taken back, in its transaction, the part being held."""
    app.extensions.setdefault(_KEY, []).append(follow)


def follow_wrong_tap(session: Session, tap: WrongTap) -> None:
    """Ask every room.

    Raises:
        Refusal: of the room that keeps the step as it is.
    """
    with whole_orders(session):  # What keeps it may be an organisation's, or the buyer's.
        for follow in current_app.extensions.get(_KEY, ()):
            follow(session, tap)
