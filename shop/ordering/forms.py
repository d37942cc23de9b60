"""What visitors may send about their cart."""

from collections.abc import Mapping
from typing import Any

from wtforms.validators import ValidationError

from shop.fundraising.rules import LEAST_GIFT_VND, MOST_GIFT_VND
from shop.kernel.amounts import read_whole
from shop.ordering.rules import MOST_OF_ONE
from shop.web.forms import Choice, Dong, Hidden, ShopForm, Whole
from shop.web.words import _, dong, lazy_

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
    #: The price of one that stood beside it.
    gia = Hidden()

    @property
    def seen_vnd(self) -> int | None:
        return read_whole(self.gia.data or "")

    @property
    def quantity(self) -> int:
        return max(0, int(self.so.data or 0) + step_of(self.buoc.data))


#: Amounts to choose with one tap, in a cart and on a campaign's page.
GIFTS = (10_000, 20_000, 50_000, 100_000, 200_000, 500_000)


class CartGiftForm(ShopForm):
    """A gift to a campaign that goes with the cart, or the rounding up of the order."""

    dot = Hidden()
    amount = Choice(lazy_("Góp bao nhiêu"), choices=[])
    own = Dong(
        lazy_("Số khác"), least=LEAST_GIFT_VND, most=MOST_GIFT_VND,
        wrong=lazy_("Số tiền chưa đúng. Anh/chị ghi số, ví dụ 75.000 hoặc 75k."),
    )  # fmt: skip
    #: "lam-tron": round up, whatever the amount says.
    gop = Hidden()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.amount.choices = [(str(vnd), dong(vnd)) for vnd in GIFTS] + [
            ("own", _("Số khác, ghi ở dưới"))
        ]

    def validate_own(self, field: Dong) -> None:
        if self.amount.data == "own" and not self.rounds_up and field.data is None:
            raise ValidationError(_("Anh/chị ghi số tiền."))

    @property
    def rounds_up(self) -> bool:
        return self.gop.data == "lam-tron"

    @property
    def vnd(self) -> int:
        """What she gives beside the rounding up; only of a form that was found right."""
        if self.rounds_up:
            return 0
        chosen = self.own.data if self.amount.data == "own" else read_whole(self.amount.data or "")
        return chosen or 0


def step_of(text: str | None) -> int:
    """Return +1 or −1 of a stepper's button, 0 when the number itself was sent."""
    return {"+1": 1, "-1": -1}.get(text or "", 0)


def chosen_variant(fields: Mapping[str, str]) -> int:
    """Return the id of the thing that a button names; 0 when it names none."""
    return read_whole(fields.get("mon", "")) or 0
