"""What the clock starts: once a day each stall hears what is new of its stock."""

from datetime import datetime

from shop.db import in_transaction
from shop.kernel.clock import vietnam_date
from shop.stock.lot_actions import tell_of_stock


def watch_stock(now: datetime) -> None:
    """Tell stalls of lots that end soon and of packs of which little is left, each once."""
    in_transaction(lambda session: tell_of_stock(session, today=vietnam_date(now), now=now))
