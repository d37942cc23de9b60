"""Forms about carriers: what they gave her, and what a parcel weighs."""

from wtforms import BooleanField

from shop.carriers.rules import CARRIERS
from shop.web.forms import Choice, Line, ShopForm, Whole
from shop.web.words import lazy_

__all__ = ["CarrierForm", "WeightForm"]


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
    gia = Whole(lazy_("Phí"), least=0, most=10**9)
