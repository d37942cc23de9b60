"""What the room of carriers' payments does by the clock, and says to steps that are taken back."""

from datetime import datetime, timedelta

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.db import transaction
from shop.ordering.rules import SellerOrderState as S
from shop.ordering.rules import StepStays
from shop.ordering.wrong_taps import WrongTap, follows_wrong_taps
from shop.outbox.worker import schedule
from shop.remittances.actions.files import forget_previews
from shop.remittances.models import RemittanceLine


def forget_old_previews(now: datetime) -> None:
    with transaction() as session:
        forget_previews(session, now)


def keep_what_was_paid(session: Session, tap: WrongTap) -> None:
    """A parcel of which a carrier's file says that money was collected has arrived.

    Raises:
        StepStays
    """
    told = select(RemittanceLine.id).where(
        RemittanceLine.seller_order_id == tap.seller_order_id,
        RemittanceLine.received_vnd > 0, RemittanceLine.aside_at.is_(None),
        RemittanceLine.state != "returned",
    )  # fmt: skip
    if tap.stands in (S.HANDED_OVER, S.DELIVERED) and session.scalar(told.limit(1)) is not None:
        raise StepStays(why="carrier_paid")


def init_remittances(app: Flask) -> None:
    """Listen to the clock and to wrong taps. The name is stored: keep it."""
    follows_wrong_taps(app, keep_what_was_paid)
    schedule(app, "remittances.forget_previews", timedelta(hours=6), forget_old_previews)
