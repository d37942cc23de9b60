"""What a market does not allow, and the facts that a sentence about it needs."""

from shop.kernel.errors import Refusal


class SeriesEnded(Refusal):
    """The series has ended; no session comes of it."""

    code = "series_ended"


class SessionMoved(Refusal):
    """The session is not in a state for that any more. ``state``."""

    code = "market_session_moved"


class SessionNotReady(Refusal):
    """It cannot be shown yet. ``missing``: "time", "pickups", "offers" or "payee"."""

    code = "market_session_not_ready"


class SessionOrdered(Refusal):
    """Somebody has ordered: this cannot be changed any more."""

    code = "market_session_ordered"


class NothingToCopy(Refusal):
    """The series has no session yet that another could be copied from."""

    code = "nothing_to_copy"


class DayTaken(Refusal):
    """The series has a session on that day. ``on``."""

    code = "market_day_taken"


class TooManyPickups(Refusal):
    """At most ``most`` places and times."""

    code = "too_many_pickups"


class PickupTaken(Refusal):
    """Buyers chose this place and time: it stays."""

    code = "market_pickup_taken"


class OfferedAlready(Refusal):
    """The session has this thing already."""

    code = "market_offered_already"


class OfferSold(Refusal):
    """So much was ordered that the offer cannot become smaller or go. ``taken``."""

    code = "market_offer_sold"


class MarketClosed(Refusal):
    """The session takes no orders now. ``title_vi``, ``title_en``, ``closes_at``."""

    code = "market_closed"


class MarketFull(Refusal):
    """The session has as many orders, or as much, as it can carry. ``title_vi``, ``title_en``."""

    code = "market_full"


class PickupFull(Refusal):
    """That place and time has as many orders as it can carry. ``name_vi``, ``name_en``."""

    code = "market_pickup_full"


class OfferShort(Refusal):
    """Fewer are left at the market than wanted, or it is not sold there as shown any more."""

    code = "market_offer_short"


class OrdersFixed(Refusal):
    """Orders of the market are closed: ring the organiser."""

    code = "market_orders_fixed"


class MarketNotBegun(Refusal):
    """Bags are handed over once orders are closed. ``closes_at``."""

    code = "market_not_begun"


class BagDone(Refusal):
    """The bag was handed over, or noted as not collected, already. ``number``."""

    code = "market_bag_done"


class BagMoneyChanged(Refusal):
    """The phone asked for another amount than is due now. ``number``, ``shown_vnd``, ``due_vnd``."""

    code = "market_bag_money"


class BagNotGiven(Refusal):
    """Goods come back of a bag that was handed over. ``number``."""

    code = "market_bag_not_given"


class BagMovedOn(Refusal):
    """What a page shows of a bag is not the last that happened to it. ``number``."""

    code = "market_bag_moved"


class SlipPaysLess(Refusal):
    """A market slip does not pay what the stall noted. ``asked_vnd``; ``pays_vnd``: all that it pays."""

    code = "market_slip_less"


class SlipNotTaken(Refusal):
    """A market slip pays nothing of a sale at the stall. ``reason``: a refusal, of the slip itself."""

    code = "market_slip_not_taken"


class BagsWait(Refusal):
    """The market is settled once every bag is handed over or noted. ``waiting``: how many are not."""

    code = "market_bags_wait"


class NothingOrdered(Refusal):
    """Nothing is in the order."""

    code = "market_nothing_ordered"
    status = 422


class NoNextMarket(Refusal):
    """No market of that series takes orders now. ``title_vi``, ``title_en`` of the one before."""

    code = "no_next_market"


class NotAtNextMarket(Refusal):
    """The next market has not enough of it, or no place with room. ``title_vi``, ``title_en``."""

    code = "not_at_next_market"
