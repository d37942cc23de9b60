"""What the room of carriers' payments does by the clock."""

from datetime import datetime, timedelta

from flask import Flask

from shop.db import transaction
from shop.outbox.worker import schedule
from shop.remittances.actions.files import forget_previews


def forget_old_previews(now: datetime) -> None:
    with transaction() as session:
        forget_previews(session, now)


def init_remittances(app: Flask) -> None:
    """Listen to the clock. The name is stored: keep it."""
    schedule(app, "remittances.forget_previews", timedelta(hours=6), forget_old_previews)
