"""What somebody may do who helps at another's stall, for how long, and who said so. Plain Python."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from shop.kernel.clock import VIETNAM
from shop.kernel.errors import NotYours, Refusal

#: What can be granted. Bank account, payouts, money that goes back, people: never.
RIGHTS = (
    "see_orders", "move_orders", "answer_money", "edit_goods", "count_stock", "answer_reviews",
)  # fmt: skip
#: How the owner said yes: she granted it herself, or an officer heard, read or saw it.
CONSENT_KINDS = ("own", "voice", "paper", "in_person")
#: What an officer can write down. "own" takes the owner's own sign-in.
HEARD = CONSENT_KINDS[1:]
#: Who ended it. "phone": the owner called an officer.
REVOKED_BY = ("owner", "officer", "phone", "helper", "erased")
LONGEST = timedelta(days=366)
#: The page from which a helper sets out; where she is sent who may not see the orders.
HOME, BOARD = "selling.helping_home", "selling.board_page"

_ORDERS = ("see_orders", "move_orders", "answer_money")
_GOODS = ("edit_goods", "count_stock")
#: {view: rights of which one is enough; none: whoever helps}. A view that is not here is closed
#: to everybody who helps, so that a new page of the stall opens for nobody by accident.
REACH: dict[str, tuple[str, ...]] = {
    HOME: (),
    "selling.stop_helping": (),
    "sellers.choose_stall": (),
    "sellers.stalls_and_people": (),
    **dict.fromkeys((BOARD, "selling.board_news", "selling.board_stream", "selling.order_page", "selling.packing_slip", "selling.parcels_page", "selling.labels", "selling.print_code_page", "selling.print_code", "selling.parcel_file_sent"), _ORDERS),
    **dict.fromkeys(
        ("selling.move", "selling.step_taken_back", "selling.send", "selling.parcel_corrected", "selling.make_ready",
         "selling.answer_quote", "selling.write_order_page", "selling.order_written", "selling.carrier_quote", "selling.carrier_asked",
         "selling.carrier_label", "selling.carrier_cancelled", "selling.carrier_looked",
         "selling.late_step_seen"),
        ("move_orders",),
    ),
    **dict.fromkeys(
        ("selling.received", "selling.late_money_not_found", "selling.cash_counted"),
        ("answer_money",),
    ),
    **dict.fromkeys(
        ("selling.goods_page", "selling.goods_table_page", "selling.change_goods_table"), _GOODS
    ),
    **dict.fromkeys(
        ("selling.new_product_page", "selling.new_product", "selling.product_page",
         "selling.edit_product", "selling.copy", "selling.publish", "selling.hide", "selling.new_pack_page",
         "selling.new_pack", "selling.pack_page", "selling.edit_pack", "selling.retire_pack",
         "selling.photos_page", "selling.new_photo", "selling.describe", "selling.put_first",
         "selling.remove", "selling.quick_product", "selling.draft_saved", "selling.draft_dropped",
         "selling.photo_begun", "selling.photo_state", "selling.photo_part",
         "selling.photo_finished"),
        ("edit_goods",),
    ),
    **dict.fromkeys(
        ("selling.stock_page", "selling.count", "selling.stock_changed", "selling.warning_set",
         "selling.stock_watch", "selling.new_lot_page", "selling.new_lot", "selling.lot_page",
         "selling.edit_lot", "selling.preorder_opened", "selling.preorder_moved",
         "selling.preorder_closed"),
        ("count_stock",),
    ),
    "selling.line_filled": ("move_orders",),
    # A reply speaks in the maker's name to everybody: a right of its own.
    **dict.fromkeys(
        ("selling.reviews_page", "selling.review_page", "selling.reply_to_review",
         "selling.report_review"),
        ("answer_reviews",),
    ),
}  # fmt: skip

#: {view: why}. What the owner does not read of: nothing of hers is other than before.
NOT_TOLD: dict[str, str] = {
    "selling.draft_saved": "Kept while she types; putting the product up is told.",
    "selling.draft_dropped": "What was dropped had never stood in the stall.",
    "selling.photo_begun": "Room for pieces of a photo.",
    "selling.photo_part": "One piece of a photo.",
    "selling.photo_finished": "The photo is of no product yet; putting the product up is told.",
    "selling.late_step_seen": "She read what her phone could not do; no order moved.",
    "selling.stop_helping": "Told as the end of her leave.",
    "sellers.choose_stall": "She stands at another stall.",
}


class StandsThereNoMore(NotYours):
    """What was tapped at a stall comes when the person works and helps there no more."""

    code = "stands_there_no_more"


class NotHerself(Refusal):
    """An owner, or somebody who works there anyway, needs no leave to help."""

    code = "helper_works_there"


class AlreadyHelps(Refusal):
    """The person helps at this stall already; that is ended before it is granted anew."""

    code = "already_helps"


class NoRightNamed(Refusal):
    """Nothing was ticked that the helper may do."""

    code = "no_right_named"
    status = 422


class HelpTooLong(Refusal):
    """The last day is over, or more than a year away."""

    code = "help_too_long"
    status = 422


class ConsentMissing(Refusal):
    """When did the owner say yes? Not tomorrow."""

    code = "help_consent_missing"
    status = 422


class HelpEnded(Refusal):
    """It has ended before."""

    code = "help_ended"


@dataclass(frozen=True)
class Help:
    """Leave to help at a stall as it holds in this request."""

    grant_id: int
    owner_id: int
    owner_name: str
    rights: frozenset[str]
    ends_at: datetime

    def reaches(self, endpoint: str) -> bool:
        """Tell whether a page or an act of the stall is among what was granted."""
        wanted = REACH.get(endpoint)
        return wanted is not None and (not wanted or not self.rights.isdisjoint(wanted))


def end_of(last_day: date) -> datetime:
    """Return the last moment of a day in Vietnam."""
    return datetime.combine(last_day, time.max, VIETNAM)


def granted(rights: object, *, ends_at: datetime, now: datetime) -> list[str]:
    """Return the rights in their order, known ones only.

    Raises:
        NoRightNamed, HelpTooLong
    """
    asked = set(rights) if isinstance(rights, (list, tuple, set, frozenset)) else set()
    found = [right for right in RIGHTS if right in asked]
    if not found or len(found) < len(asked):
        raise NoRightNamed
    if not now < ends_at <= now + LONGEST:
        raise HelpTooLong
    return found
