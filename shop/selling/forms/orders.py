"""Forms about one order: moving it, sending it, its fee and its money."""

from typing import Any

from wtforms import BooleanField, HiddenField
from wtforms.validators import AnyOf, ValidationError

from shop.fulfilment.rules import (
    KINDS,
    OTHER_CARRIER,
    Parcel,
    WrongTrackingUrl,
    carriers,
    check_tracking_url,
    is_code,
    tracking_url,
)
from shop.kernel.phones import read_phone
from shop.ordering.rules import SellerOrderState as S
from shop.payments.forms import WRONG, GiveBackForm, NoteForm, ReceivedForm
from shop.payments.rules.cash import RestIs, WrittenOffFor
from shop.web.forms import Choice, Day, Dong, Line, ShopForm, Whole
from shop.web.words import lazy_

__all__ = [
    "CountedForm", "GiveBackForm", "HandOverForm", "MoveForm", "NoteForm", "QuoteForm", "ReadyForm",
    "ReceivedForm", "RestForm", "ReturnFeeForm", "WriteOffForm",
]  # fmt: skip

#: Moves that a button makes by itself; sending has a form of its own.
TAPPED = (
    S.CONFIRMED, S.PACKED, S.DELIVERED, S.DELIVERY_FAILED, S.REFUSED, S.RETURNED, S.LOST,
    S.NOT_COLLECTED, S.CANCELLED,
)  # fmt: skip


class MoveForm(ShopForm):
    """One step of an order."""

    toi = HiddenField(
        validators=[
            AnyOf(
                [str(state) for state in TAPPED],
                lazy_("Đơn không có bước này. Chị tải lại trang rồi bấm lại."),  # type: ignore[arg-type]
            )
        ]
    )
    ghi_chu = Line(lazy_("Ghi chú cho đơn này"), most=300, id="buoc-ghi-chu")
    #: Goods that came back go on sale again.
    ban_lai = BooleanField(lazy_("Hàng còn nguyên, bán lại được"))
    #: Where she tapped: "bang" goes back to the board.
    ve = HiddenField()


class ReadyForm(MoveForm):
    """The goods wait at the pickup point: where to is known."""

    toi = HiddenField()


class HandOverForm(ShopForm):
    """How a parcel leaves."""

    kieu = Choice(
        lazy_("Chị gửi bằng cách nào?"),
        choices=[(kind, kind) for kind in KINDS if kind != "pickup"],
        default="carrier",
    )
    hang = Choice(lazy_("Hãng vận chuyển"), default="")
    ten_hang = Line(lazy_("Tên hãng khác"), most=60)
    ma = Line(lazy_("Mã vận đơn"), most=60)
    tra_cuu = Line(lazy_("Đường dẫn tra cứu"), most=300)
    nha_xe = Line(lazy_("Tên nhà xe"), most=80)
    bien_so = Line(lazy_("Biển số xe"), most=20)
    ben = Line(lazy_("Khách nhận ở bến nào?"), most=120)
    dien_thoai = Line(lazy_("Số điện thoại nhà xe"), most=40)
    ngay = Day(lazy_("Ngày dự kiến tới"), ahead=True)
    ghi_chu = Line(lazy_("Dặn khách thêm"), most=300)
    ve = HiddenField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.hang.choices = [
            ("", lazy_("Chọn hãng")),
            *((carrier.key, carrier.name) for carrier in carriers().values()),
            (OTHER_CARRIER, lazy_("Hãng khác")),
        ]

    def validate_hang(self, field: Any) -> None:
        if self.kieu.data == "carrier" and not field.data:
            raise ValidationError(str(lazy_("Chị chọn hãng vận chuyển.")))

    def validate_ten_hang(self, field: Any) -> None:
        if self.kieu.data == "carrier" and self.hang.data == OTHER_CARRIER and not field.data:
            raise ValidationError(str(lazy_("Chị ghi tên hãng vận chuyển.")))

    def validate_ma(self, field: Any) -> None:
        if self.kieu.data == "carrier" and self.hang.data in carriers() and not field.data:
            raise ValidationError(
                str(lazy_("Chị ghi mã vận đơn hãng đưa, để khách xem hàng tới đâu."))
            )
        if self.kieu.data == "carrier" and field.data and not is_code(field.data):
            raise ValidationError(
                str(lazy_("Mã vận đơn chỉ có chữ cái và chữ số. Chị chép lại theo tờ biên nhận."))
            )

    def validate_tra_cuu(self, field: Any) -> None:
        if self.kieu.data == "carrier" and field.data:
            try:
                check_tracking_url(field.data)
            except WrongTrackingUrl:
                raise ValidationError(
                    str(
                        lazy_(
                            "Đường dẫn tra cứu bắt đầu bằng https://. Chị chép lại, hoặc để trống."
                        )
                    )
                ) from None

    def validate_nha_xe(self, field: Any) -> None:
        if self.kieu.data == "bus" and not field.data:
            raise ValidationError(str(lazy_("Chị ghi tên nhà xe.")))

    def validate_ben(self, field: Any) -> None:
        if self.kieu.data == "bus" and not field.data:
            raise ValidationError(str(lazy_("Chị ghi bến hoặc nơi khách ra nhận.")))

    def validate_dien_thoai(self, field: Any) -> None:
        if self.kieu.data != "bus":
            return
        if field.data and read_phone(field.data) is None:
            raise ValidationError(str(lazy_("Số điện thoại chưa đúng. Chị xem lại giúp.")))
        if not field.data and not self.bien_so.data:
            raise ValidationError(
                str(lazy_("Chị ghi số điện thoại nhà xe hoặc biển số xe để khách tìm được."))
            )

    @property
    def parcel(self) -> Parcel:
        phone = read_phone(self.dien_thoai.data or "")
        other = self.hang.data == OTHER_CARRIER
        return Parcel(
            kind=self.kieu.data,
            carrier=(self.ten_hang.data if other else self.hang.data) or "",
            tracking_code=self.ma.data or "",
            tracking_url=self.tra_cuu.data or "",
            bus_company=self.nha_xe.data or "",
            plate=self.bien_so.data or "",
            station=self.ben.data or "",
            contact_phone=phone.e164 if phone else "",
            expected_on=self.ngay.data,
            note=self.ghi_chu.data or "",
        )


def form_of_parcel(parcel: Any, last4: str) -> HandOverForm:
    """Return the form as it was filled in when this parcel left, to be put right.

    Args:
        parcel: a row of hand-overs; a link that follows from its carrier and code is left out.
    """
    key = next((one.key for one in carriers().values() if one.name == parcel.carrier), "")
    by_itself = tracking_url(key, parcel.tracking_code, last4)
    return HandOverForm(
        kieu=parcel.kind, hang=key or (OTHER_CARRIER if parcel.carrier else ""),
        ten_hang="" if key else parcel.carrier, ma=parcel.tracking_code,
        tra_cuu="" if parcel.tracking_url == by_itself else parcel.tracking_url,
        nha_xe=parcel.bus_company, bien_so=parcel.plate, ben=parcel.station,
        dien_thoai=parcel.contact_phone, ngay=parcel.expected_on, ghi_chu=parcel.note,
    )  # fmt: skip


class QuoteForm(ShopForm):
    """The answer to a buyer who asked what delivery costs."""

    phi = Dong(lazy_("Phí giao"), least=0, most=50_000_000, need=lazy_("Chị ghi phí giao."))
    tu_ngay = Day(lazy_("Tới sớm nhất ngày"), ahead=True)
    den_ngay = Day(lazy_("Tới trễ nhất ngày"), ahead=True)
    ghi_chu = Line(lazy_("Lời nhắn cho khách"), most=300)

    def validate_den_ngay(self, field: Any) -> None:
        if field.data and self.tu_ngay.data and field.data < self.tu_ngay.data:
            raise ValidationError(str(lazy_("Ngày trễ nhất phải sau ngày sớm nhất.")))


class CountedForm(ShopForm):
    """Cash on delivery that arrived: what she counted."""

    so_tien = Dong(
        lazy_("Tiền thu hộ đã đếm"),
        least=1,
        most=499_999_999,
        need=lazy_("Chị ghi số tiền đếm được."),
        wrong=WRONG,
        id="da-dem",
    )
    ve = HiddenField()


class RestForm(ShopForm):
    """What became of cash that a carrier kept back of a counted parcel."""

    la_gi = Choice(
        lazy_("Phần thiếu là gì?"),
        choices=[("", "")] + [(str(what), str(what)) for what in RestIs],
        default="",
        id="con-lai-la-gi",
    )
    so_tien = Dong(
        lazy_("Số tiền"),
        least=1,
        most=499_999_999,
        need=lazy_("Chị ghi số tiền."),
        wrong=WRONG,
        id="con-lai",
    )
    sau = Whole(least=0, most=2**53, need=lazy_("Chị tải lại trang rồi bấm lần nữa."), id="con-lai")

    def validate_la_gi(self, field: Any) -> None:
        if not field.data:
            raise ValidationError(str(lazy_("Chị chọn phần thiếu là gì.")))


class ReturnFeeForm(ShopForm):
    """What a carrier asked for bringing a refused parcel back."""

    so_tien = Dong(
        lazy_("Bên giao tính phí hoàn"),
        least=1,
        most=499_999_999,
        need=lazy_("Chị ghi số tiền."),
        wrong=WRONG,
        id="phi-hoan",
    )
    sau = Whole(
        least=0, most=2**53, need=lazy_("Chị tải lại trang rồi bấm lần nữa."), id="phi-hoan"
    )


class WriteOffForm(ShopForm):
    """Cash that was taken at the door and will not come: why not."""

    ly_do = Choice(
        lazy_("Vì sao tiền không về?"),
        choices=[("", "")] + [(str(why), str(why)) for why in WrittenOffFor],
        default="",
        id="khong-ve",
    )
    ghi_chu = Line(lazy_("Ghi chú"), most=300, id="khong-ve-ghi-chu")

    def validate_ly_do(self, field: Any) -> None:
        if not field.data:
            raise ValidationError(str(lazy_("Chị chọn vì sao tiền không về.")))
