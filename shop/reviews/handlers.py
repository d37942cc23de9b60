"""What happens to reviews when something else happens."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from shop.db import touch
from shop.ordering.events import GoodsCameBack, ReturnTakenBack, SellerOrderMoved
from shop.ordering.rules import SellerOrderState, StepStays
from shop.ordering.wrong_taps import WrongTap
from shop.outbox.relay import recorded
from shop.reviews.models import Review, ReviewSum


def keep_what_was_reviewed(session: Session, tap: WrongTap) -> None:
    """Goods of which their buyer wrote have arrived.

    Raises:
        StepStays
    """
    said = select(Review.id).where(Review.seller_order_id == tap.seller_order_id)
    if tap.stands == SellerOrderState.DELIVERED and session.scalar(said.limit(1)) is not None:
        raise StepStays(why="reviewed")


def follow_goods(session: Session) -> None:
    """Show anew what stands beside a review: that its goods came back, or are with their buyer still.

    Runs at the end of each transaction, inside it.
    """
    parts = {
        event.seller_order_id
        for event in recorded(session)
        if isinstance(event, GoodsCameBack | ReturnTakenBack)
        or (
            isinstance(event, SellerOrderMoved)
            and SellerOrderState.RETURNED in (event.from_state, event.to_state)
        )
    }
    if not parts:
        return
    said = select(Review.product_id).where(Review.seller_order_id.in_(sorted(parts)))
    found = session.execute(
        update(ReviewSum)
        .where(ReviewSum.product_id.in_(said))
        .values(version=ReviewSum.version + 1)
        .execution_options(synchronize_session=False)
    )
    if found.rowcount:  # type: ignore[attr-defined]
        touch(session, "reviews")
