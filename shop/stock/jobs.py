"""What the clock starts: once a day each stall hears what is new of its stock."""

from datetime import datetime

from shop.db import in_transaction
from shop.kernel.clock import vietnam_date
from shop.stock.lot_actions import tell_of_stock
from shop.stock.preorder_actions import end_due


def end_preorders(now: datetime) -> None:
    """End rounds whose day is there. Asked often, so that midnight is not missed."""
    in_transaction(lambda session: end_due(session, today=vietnam_date(now), now=now))


def watch_stock(now: datetime) -> None:
    """Tell stalls of lots that end soon and of packs of which little is left, each once."""
    in_transaction(lambda session: tell_of_stock(session, today=vietnam_date(now), now=now))
