"""What ordering does not allow, and the facts that a sentence about it needs."""

from shop.kernel.errors import Refusal


class EmptyCart(Refusal):
    """There is nothing to order."""

    code = "empty_cart"


class CartFull(Refusal):
    """A cart holds at most ``most`` different things."""

    code = "cart_full"


class TooManyOfOne(Refusal):
    """At most ``most`` units of one thing fit into a cart."""

    code = "too_many_of_one"


class LineGone(Refusal):
    """Some things are not sold any more. ``lines``: tuple of ``CartLine``."""

    code = "line_gone"


class SellerAway(Refusal):
    """The seller has a holiday. ``until``: its last day."""

    code = "seller_away"


class OrderedAhead(Refusal):
    """Some things are ordered ahead since she looked, or come later. ``lines``: of ``CartLine``."""

    code = "ordered_ahead"


class OutOfSeason(Refusal):
    """It is not its season: ``returns_on``: a day or None; ``title_vi``, ``title_en``."""

    code = "out_of_season"


class PriceChanged(Refusal):
    """The buyer agreed to another total than holds now: ``shown_vnd``, ``actual_vnd``."""

    code = "price_changed"


class AttemptReused(Refusal):
    """This rendered checkout already made an order, from other input."""

    code = "attempt_reused"
    status = 422


class AddressNeeded(Refusal):
    """Something is to be delivered, but nobody said where."""

    code = "address_needed"
    status = 422


class MethodNotOffered(Refusal):
    """A seller does not take this way of paying here: ``seller_id``, ``method``."""

    code = "method_not_offered"


class PickupNotOffered(Refusal):
    """The chosen pickup point is not (any longer) one of this seller: ``seller_id``."""

    code = "pickup_not_offered"


class IllegalMove(Refusal):
    """A seller order cannot go there: ``from_state``, ``to_state``, ``actor_kind``."""

    code = "illegal_move"


class StepStays(Refusal):
    """A step cannot be taken back or put right: something hangs on it by now.

    ``why``: "too_late", "goods_back", "refund_open", "cash_counted", "carrier_asked",
    "carrier_arrived", "carrier_knows", "carrier_paid", "settled", "reviewed" or "complained".
    """

    code = "step_stays"


class GoodsAwaited(Refusal):
    """What was ordered ahead is not there yet: ``pieces`` are missing, due on ``ready_on``."""

    code = "goods_awaited"


class FeeOutOfRange(Refusal):
    """A quoted fee is 0 to ``most_vnd``."""

    code = "fee_out_of_range"
    status = 422


class NothingCameBack(Refusal):
    """A return without any goods in it."""

    code = "nothing_came_back"
    status = 422


class MoreThanSold(Refusal):
    """More units would come back than were sold and are not back yet.

    ``line_id``, ``title_vi``, ``title_en``, ``left``: how many may come back still.
    """

    code = "more_than_sold"


class ReturnChanged(Refusal):
    """From the same page another return was stored before this one."""

    code = "return_changed"
