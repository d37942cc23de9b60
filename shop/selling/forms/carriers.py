"""Forms about carriers: what they gave her, and what a parcel weighs."""

from typing import Any

from wtforms import BooleanField

from shop.carriers.rules import CARRIERS
from shop.carriers.rules.boxes import BOXES, MOST_CM, Box
from shop.web.forms import Choice, Line, ShopForm, Whole
from shop.web.words import _, lazy_

__all__ = ["CarrierForm", "WeightForm"]

BOX_WORDS = [
    ("s", lazy_("Nhỏ, 20 × 15 × 10 cm")), ("m", lazy_("Vừa, 30 × 20 × 15 cm")),
    ("l", lazy_("Lớn, 40 × 30 × 25 cm")), ("own", lazy_("Cỡ khác, chị đo")),
]  # fmt: skip


class CarrierForm(ShopForm):
    """Keys of a seller's own account at a carrier. They are sealed and never shown again."""

    hang = Choice(
        lazy_("Hãng vận chuyển"), choices=[(one.key, one.name) for one in CARRIERS.values()]
    )
    token = Line(lazy_("Mã kết nối (Token)"), need=lazy_("Chị chép mã hãng cấp vào đây."), most=200)
    shop_id = Line(lazy_("Mã cửa hàng (ShopId)"), most=40)
    thu = BooleanField(lazy_("Chỉ để thử: hãng không tới lấy hàng thật"))


class WeightForm(ShopForm):
    can = Whole(
        lazy_("Gói nặng bao nhiêu gam, cả thùng"), least=1, most=50_000,
        need=lazy_("Chị ghi gói nặng bao nhiêu gam."),
        wrong=lazy_("Ghi số gam, từ 1 đến 50.000."),
    )  # fmt: skip
    co = Choice(lazy_("Thùng cỡ nào"), choices=BOX_WORDS, validate_choice=False)
    dai = Whole(lazy_("Dài (cm)"), least=1, most=MOST_CM)
    rong = Whole(lazy_("Rộng (cm)"), least=1, most=MOST_CM)
    cao = Whole(lazy_("Cao (cm)"), least=1, most=MOST_CM)
    gia = Whole(lazy_("Phí"), least=0, most=10**9)

    @property
    def box(self) -> Box | None:
        """Return the box that she chose or measured; None: neither."""
        if self.co.data == "own":
            sides = (self.dai.data, self.rong.data, self.cao.data)
            return Box(*sides) if all(sides) else None
        return BOXES.get(self.co.data or "")

    def validate(self, *more: Any, **named: Any) -> bool:
        """Ask for all three sides of a box of her own."""
        fine = super().validate(*more, **named)
        if self.co.data == "own" and self.box is None:
            missing = [one for one in (self.dai, self.rong, self.cao) if not one.data]
            if missing and not any(one.errors for one in missing):
                missing[0].errors = [_("Thùng khác cỡ thì chị đo cả dài, rộng, cao.")]
                fine = False
        return fine
