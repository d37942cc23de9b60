"""Who is told what. Plain Python."""

#: States of her part that a buyer hears about by mail; the last one closes by itself, silently.
TOLD_TO_BUYER = frozenset(
    {
        "quoted", "placed", "confirmed", "packed", "handed_over", "ready_for_pickup", "delivered",
        "not_collected", "cancelled", "delivery_failed", "refused", "returned", "lost",
    }
)  # fmt: skip

#: Steps that follow one another in a minute where a bag is handed over: no mail for each.
STEPS_AT_A_MARKET = frozenset({"confirmed", "packed", "ready_for_pickup"})

#: Moves that a seller hears about, since somebody else made them: {(state, who): kind of notice}.
TOLD_TO_SELLER = {
    ("placed", "buyer"): "quote_accepted",
    ("placed", "system"): "paid_late",
    ("cancelled", "buyer"): "cancelled_by_buyer",
    ("cancelled", "system"): "expired",
    ("cancelled", "officer"): "cancelled_by_house",
    ("cancelled", "operator"): "cancelled_by_house",
}


def notice_of_move(to_state: str, actor_kind: str) -> str | None:
    """Return the kind of notice for a seller, or None when there is no news for her."""
    return TOLD_TO_SELLER.get((to_state, actor_kind))


def is_told_to_buyer(to_state: str) -> bool:
    return to_state in TOLD_TO_BUYER
