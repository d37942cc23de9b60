"""A step of an order that its seller tapped wrongly, taken back by who helps her, with its audit line."""

from datetime import datetime

from sqlalchemy.orm import Session

from shop.audit.actions import note
from shop.payments.methods import By
from shop.payments.wrong_steps import take_step_back


def take_order_step_back(
    session: Session, *, seller_order_id: int, move_id: int, code: str, by: By, actor_name: str,
    now: datetime,
) -> bool:  # fmt: skip
    """Take "not accepted" or "lost" back; False, and no line, when it was taken back before.

    Args:
        code: of the order, for whoever reads the trail.

    Raises:
        NotYours, IllegalMove, MoneyWentBack
    """
    taken = take_step_back(
        session, seller_order_id=seller_order_id, move_id=move_id, by=by, now=now
    )
    if taken:
        note(
            session, action="order_step.taken_back", subject_kind="seller_order",
            subject_id=seller_order_id, now=now, actor_id=by.account_id, actor_name=actor_name,
            order_code=code,
        )  # fmt: skip
    return taken
