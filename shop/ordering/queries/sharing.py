"""Who would get what of a cart, were it ordered now: for the pages before the button."""

from datetime import datetime

from sqlalchemy.orm import Session

from shop.kernel.clock import vietnam_date
from shop.ordering.rules import Draft, WhoGets, sharing_of, who_gets
from shop.shares.queries import share_book


def told_of(session: Session, draft: Draft, now: datetime) -> WhoGets | None:
    """Return who would get what of a draft's goods, None of none. No statement, as a rule."""
    if not draft.parts:
        return None
    book, on = share_book(session, draft.parts[0].stall.share_edition), vietnam_date(now)
    return who_gets(
        sharing_of(part.stall, part.lines, book, on, discount_vnd=draft.borne_vnd(part))
        for part in draft.parts
    )
