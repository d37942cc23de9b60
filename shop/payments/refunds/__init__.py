"""Money goes back to the buyer: the one path, whatever the reason and the way.

A refund is asked for, perhaps given an account by the buyer, and done; only then has money
moved, and the payment or the cash of the parcel says so by an event of its own. Whoever acts
on the money of one payment or parcel holds its row, so that two refunds follow each other.

``promising`` → ``wishes`` → ``moving``; ``by_hand`` does it all in one tap, ``outside`` is what a
gateway says of it. ``held`` and ``whose`` are what these stand on.
"""

from shop.payments.refunds.by_hand import give_back, give_back_from_till
from shop.payments.refunds.moving import note_sent, note_sent_as_seen, refund_of, take_back
from shop.payments.refunds.outside import came_back, settled
from shop.payments.refunds.promising import (
    ask_back,
    ask_back_of_order,
    make_room,
    refund,
    take_back_promise,
)
from shop.payments.refunds.wishes import (
    ask_for_account_again,
    give_account,
    take_as_credit,
    take_as_gift,
)

__all__ = [
    "ask_back",
    "ask_back_of_order",
    "ask_for_account_again",
    "came_back",
    "give_account",
    "give_back",
    "give_back_from_till",
    "make_room",
    "note_sent",
    "note_sent_as_seen",
    "refund",
    "refund_of",
    "settled",
    "take_as_credit",
    "take_as_gift",
    "take_back",
    "take_back_promise",
]
