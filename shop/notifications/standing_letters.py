"""The letter to a buyer about her standing order at a market that has opened."""

from sqlalchemy.orm import Session

from shop.markets.models import MarketSession
from shop.notifications.letters import link
from shop.notifications.mailing import Letter, write
from shop.notifications.queries import reader_of_account
from shop.ordering.models import Order
from shop.organising.models import StandingOrder, StandingRun


def of_run(session: Session, run_id: int) -> list[Letter]:
    """Return what came of a standing order, for whom it is; nothing without a mail address."""
    run = session.get(StandingRun, run_id)
    if run is None:
        return []
    reader = reader_of_account(session, session.get_one(StandingOrder, run.standing_id).account_id)
    if reader is None:
        return []
    row = session.get_one(MarketSession, run.session_id)
    order = session.get(Order, run.order_id) if run.order_id else None
    way = f"/don/{order.code}" if order is not None else f"/phien-cho/{row.code}"
    return [
        write(
            "standing_run", f"standing:{run_id}", reader, row=row, ordered=order is not None,
            left_out=run.left_out, address=link(way, reader.locale),
        )
    ]  # fmt: skip
