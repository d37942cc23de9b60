"""What a card company or wallet says of a refund that it was asked for."""

from datetime import datetime

from sqlalchemy.orm import Session

from shop.kernel.errors import NotYours
from shop.payments.methods import By
from shop.payments.refunds.held import change, hold_refund, write_act
from shop.payments.refunds.moving import ask_as_let_off, note_sent, tell_moved, undo
from shop.payments.rules.refunds import RefundState, move

R = RefundState


def settled(
    session: Session, *, key: str, is_done: bool, reference: str = "", by: By, now: datetime
) -> bool:
    """Note what a card company or wallet says of a refund it was asked for; False when that was known.

    What it cannot send waits for a person: nobody else hears of it.

    Args:
        key: under which it was asked (``SendsBack.send_back``).

    Raises:
        NotYours: no such refund.
        MoreThanReceived
    """
    number = key.removeprefix("refund:")
    if not (number.isascii() and number.isdecimal()):
        raise NotYours
    held = hold_refund(session, int(number))
    if is_done:
        return note_sent(session, refund_id=held.row.id, reference=reference, by=by, now=now)
    if held.row.state == R.FAILED:
        return False
    change(session, held, R.FAILED, by, now, reference=reference)
    write_act(session, "failed", held.row.id, by, now, amount_vnd=held.row.amount_vnd)
    return True


def came_back(session: Session, *, key: str, by: By, now: datetime) -> bool:
    """Note that a card company could not bring a refund that was done; False when that was known.

    Raises:
        RefundMovedOn, NotYours
    """
    number = key.removeprefix("refund:")
    if not (number.isascii() and number.isdecimal()):
        raise NotYours
    held = hold_refund(session, int(number))
    if held.row.state == R.TAKEN_BACK:
        return False
    move(held.row.state, R.TAKEN_BACK)
    undone = undo(session, held, by, "", now)
    if undone is None:
        return False
    tell_moved(session, held, undone, -held.row.amount_vnd, now)
    change(session, held, R.TAKEN_BACK, by, now)
    ask_as_let_off(session, held, now)
    write_act(session, "taken_back", held.row.id, by, now, amount_vnd=held.row.amount_vnd)
    return True
