"""What the worker does for sellers."""

from shop.db import db, the_one, transaction
from shop.kernel.clock import now_utc
from shop.kernel.errors import Refusal
from shop.outbox.progress import teller
from shop.selling.actions.sheets import progress_name, store_rows
from shop.selling.events import GoodsSheetAccepted
from shop.selling.models import GoodsSheet


def store_goods_sheet(event: GoodsSheetAccepted) -> None:
    """Store all of a list, or none of it; begun before and cut off, it begins anew.

    How many rows are written is told beside the transaction that nobody sees into.
    """
    with transaction() as session:
        sheet = session.get(GoodsSheet, event.sheet_id)
        if sheet is None or sheet.state not in ("waiting", "storing"):
            return
        sheet.state = "storing"
    tell = teller(progress_name(event.sheet_id))
    try:
        with transaction() as session:
            sheet = the_one(session, GoodsSheet, event.sheet_id, to_change=True)
            if sheet.state == "storing":
                store_rows(session, sheet, now_utc(), tell)
    except Refusal as refusal:
        with transaction() as session:
            sheet = the_one(session, GoodsSheet, event.sheet_id, to_change=True)
            sheet.state, sheet.told = "refused", {"why": refusal.code}
            sheet.changed_at = now_utc()
    db.session.rollback()
