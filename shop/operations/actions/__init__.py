"""What the desk does: complaints, stuck messages, money that came, words for pictures."""

from shop.operations.actions.complaints import (
    answer_complaint,
    erase_complaint,
    receive_complaint,
    reopen_complaint,
)
from shop.operations.actions.erasing import erase_old, erase_order
from shop.operations.actions.messages import (
    drop_message,
    park_message_again,
    try_message_again,
)
from shop.operations.actions.pictures import (
    write_words,
)
from shop.operations.actions.refunds import (
    carry_out_word,
    drop_word,
    give_as_credit,
    note_account_wrong,
    note_sent_back,
    promise_back,
    record_word,
    withdraw_promise,
)
from shop.payments.noted import (
    note_given_back,
    note_not_found,
    note_received,
    note_taken_back,
)

__all__ = [
    "answer_complaint",
    "carry_out_word",
    "drop_message",
    "drop_word",
    "erase_complaint",
    "erase_old",
    "erase_order",
    "give_as_credit",
    "note_account_wrong",
    "note_given_back",
    "note_not_found",
    "note_received",
    "note_sent_back",
    "note_taken_back",
    "park_message_again",
    "promise_back",
    "receive_complaint",
    "record_word",
    "reopen_complaint",
    "try_message_again",
    "withdraw_promise",
    "write_words",
]
