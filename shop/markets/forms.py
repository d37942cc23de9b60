"""What sellers and officers say of the goods of a session."""

from collections.abc import Iterable
from typing import Any

from wtforms import BooleanField
from wtforms.validators import ValidationError

from shop.markets.rules.sessions import MOST_OF_OFFER
from shop.web.forms import Choice, Dong, ShopForm, Whole
from shop.web.words import _, dong, lazy_, tr

_BAD_VND = lazy_("Số tiền chưa đúng. Ghi số, ví dụ 95.000 hoặc 95k.")


def goods_choices(goods: Iterable[Any], *, named: bool) -> list[tuple[str, str]]:
    """Return (variant id, words) of things that may be brought.

    Args:
        named: with the stall's name, for somebody who looks over many.
    """
    return [
        (
            str(one.id),
            ", ".join(
                said
                for said in (
                    tr(one, "name") if named else "", tr(one, "title"), tr(one, "variant"),
                    dong(one.price_vnd),
                )
                if said
            ),
        )
        for one in goods
    ]  # fmt: skip


class AskForm(ShopForm):
    """What a seller is asked to bring, or would bring."""

    variant = Choice(lazy_("Món nào"), choices=[])
    price = Dong(
        lazy_("Giá bán ở phiên"), least=500, most=1_000_000_000, wrong=_BAD_VND,
        need=lazy_("Chị ghi giá."),
    )  # fmt: skip
    quantity = Whole(
        lazy_("Mang bao nhiêu"), least=1, most=MOST_OF_OFFER, need=lazy_("Chị ghi một số.")
    )
    least = Whole(lazy_("Ít nhất bao nhiêu thì mang"), least=0, most=MOST_OF_OFFER)
    heard = BooleanField(lazy_("Chị ấy đã đồng ý qua điện thoại"))
    every_time = BooleanField(lazy_("Các phiên sau cũng vậy, khỏi hỏi lại"))

    def validate_least(self, field: Whole) -> None:
        if field.data and self.quantity.data and field.data > self.quantity.data:
            raise ValidationError(_("Số ít nhất không thể lớn hơn số mang."))


class QuantityForm(ShopForm):
    quantity = Whole(
        lazy_("Mang bao nhiêu"), least=1, most=MOST_OF_OFFER, need=lazy_("Chị ghi một số.")
    )
