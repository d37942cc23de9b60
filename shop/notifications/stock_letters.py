"""The daily letter to a stall whose stock is worth a look."""

from datetime import datetime

from sqlalchemy.orm import Session

from shop.kernel.clock import vietnam_date
from shop.notifications.letters import link
from shop.notifications.mailing import Letter, write
from shop.notifications.queries import readers_of_seller
from shop.stock.lot_events import StockWorthSeeing
from shop.stock.lot_queries import ending_lots, low_packs


def of_stock(session: Session, event: StockWorthSeeing, now: datetime) -> list[Letter]:
    """To the people of the stall; nothing when what it was about is over by now."""
    today = vietnam_date(now)
    lots = [row for row in ending_lots(session, today, event.seller_id) if row.id in event.lot_ids]
    low = [
        row for row in low_packs(session, event.seller_id) if row.variant_id in event.variant_ids
    ]
    if not lots and not low:
        return []
    key = f"stock:{event.seller_id}:{today}:{event.lot_ids[:1]}{event.variant_ids[:1]}"
    return [
        write(
            "stock", key, reader, lots=lots, low=low, today=today,
            address=link("/ban-hang/kho", reader.locale),
        )
        for reader in readers_of_seller(session, event.seller_id, now)
    ]  # fmt: skip
