"""What visitors may send about their cart."""

from collections.abc import Mapping

from shop.ordering.rules import MOST_OF_ONE
from shop.web.forms import Hidden, ShopForm, Whole, read_whole
from shop.web.words import lazy_

_WRONG = lazy_("Số lượng chưa đúng. Anh/chị ghi một số từ 1 đến %(most)s.", most=MOST_OF_ONE)


class AddForm(ShopForm):
    """Put so many of one thing into the cart; one when nothing is said."""

    mon = Whole(least=1, most=2**53)
    #: What a market offers of it; nothing: from the seller's shop.
    phien = Whole(least=1, most=2**53)
    so = Whole(lazy_("Số lượng"), least=1, most=MOST_OF_ONE, wrong=_WRONG, default=1)
    buoc = Hidden()

    @property
    def quantity(self) -> int:
        """What was typed, one step up or down, at least 1."""
        return min(MOST_OF_ONE, max(1, int(self.so.data or 1) + step_of(self.buoc.data)))


class ChangeForm(ShopForm):
    """Set how many of one thing the cart holds; 0 takes it out."""

    mon = Whole(least=1, most=2**53)
    so = Whole(lazy_("Số lượng"), least=0, most=MOST_OF_ONE, wrong=_WRONG, need=_WRONG)
    buoc = Hidden()

    @property
    def quantity(self) -> int:
        return max(0, int(self.so.data or 0) + step_of(self.buoc.data))


def step_of(text: str | None) -> int:
    """Return +1 or −1 of a stepper's button, 0 when the number itself was sent."""
    return {"+1": 1, "-1": -1}.get(text or "", 0)


def chosen_variant(fields: Mapping[str, str]) -> int:
    """Return the id of the thing that a button names; 0 when it names none."""
    return read_whole(fields.get("mon", "")) or 0
