"""The form of an order that a seller writes for somebody."""

from typing import Any

from wtforms.validators import ValidationError

from shop.ordering.rules import Contact
from shop.ordering.rules.dictated import MOST_TEXT
from shop.places.forms import AddressFields, PhoneField
from shop.shipping.rules import Destination
from shop.web.forms import Choice, Hidden, Line, Lines, ShopForm
from shop.web.words import _, lazy_

CHANNELS = (
    ("chat", lazy_("Nhắn tin: Zalo, Facebook")), ("phone", lazy_("Gọi điện")),
    ("stall", lazy_("Mua ở sạp")),
)  # fmt: skip
#: The first is chosen until she or a message says another.
METHODS = (("cod", lazy_("Khi nhận hàng")), ("transfer", lazy_("Chuyển khoản")))
#: A way of giving the goods: she has them already.
HERE = "here"


class WrittenForm(AddressFields, ShopForm):
    """Who, where to and how; what is ordered stands in inputs of its own."""

    words = Lines(lazy_("Tin nhắn của khách"), most=MOST_TEXT)
    channel = Choice(lazy_("Khách đặt bằng cách nào"), choices=list(CHANNELS))
    name = Line(lazy_("Tên khách"), need=lazy_("Chị ghi tên khách."), most=80)
    phone = PhoneField(lazy_("Điện thoại của khách"), need=lazy_("Chị ghi điện thoại của khách."))
    way = Choice(lazy_("Giao thế nào"), choices=[])
    method = Choice(lazy_("Trả tiền thế nào"), choices=list(METHODS))
    note = Line(lazy_("Dặn thêm"), most=250)
    attempt = Hidden()
    #: What was read from the message last, as JSON {field: value}: what differs, she typed herself.
    read = Hidden()
    #: Words that goods are looked for by, at a stall of many.
    goods = Line(lazy_("Tìm món"), most=80)

    beside = r"n\d+|buoc"
    above_address = ("words", "channel", "name", "phone", "way")

    def validate_way(self, field: Any) -> None:
        if self.is_abroad:
            raise ValidationError(_("Gửi ra nước ngoài thì khách tự đặt để chị báo phí."))
        if self.is_here and self.channel.data != "stall":
            raise ValidationError(
                _("Đã giao tại chỗ là của khách mua ở sạp. Chị xem lại khách đặt bằng cách nào.")
            )

    @property
    def is_here(self) -> bool:
        """Whether the buyer stands at the stall and has her goods."""
        return self.way.data == HERE

    @property
    def is_collected(self) -> bool:
        return self.is_here or self.pickup_id is not None

    @property
    def pickup_id(self) -> int | None:
        way = self.way.data or ""
        return int(way) if way.isascii() and way.isdecimal() and len(way) < 10 else None

    @property
    def destination(self) -> Destination | None:
        if self.is_collected or self.chosen is None:
            return None
        return Destination(
            "VN", self.chosen.code, self.chosen.province_code, self.chosen.region,
            self.chosen.full_name, self.chosen.province_name, self.units_version,
        )  # fmt: skip

    @property
    def contact(self) -> Contact:
        name, phone = self.name.data or "", self.phone.data.e164 if self.phone.data else ""
        if self.is_collected:
            return Contact(name, phone)
        return Contact(
            name, phone, street=self.line1.data or "", old_place=self.old_place,
            old_district=self.old_district,
        )  # fmt: skip
