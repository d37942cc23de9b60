"""Files by which a carrier's site takes many parcels at once, in the shapes that it imports.

GHN's headings are those that public tools fill (its light parcels, 2023): the whole address in one
column, as GHN's own help page says. Viettel Post's 22 are those that two public programs write
letter for letter, two blanks before some "(*)" included, and a third reads; its template puts them
below five lines of title. Both read on 27/11/2026. Of GHTK no public template was found: its are as
they are commonly known, by the fields that its API takes (DOMAIN §2.3). A carrier may change them;
its import page names a column that it misses. In Vietnamese: carriers read them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import IO, Any

from shop.kernel.phones import written
from shop.selling.queries.parcels import ParcelToSend
from shop.web.tables import xlsx_file

_MOST_NOTE = 200

Cell = Callable[[int, ParcelToSend], object]


@dataclass(frozen=True, slots=True)
class Shape:
    """What one carrier imports. ``columns``: heading and what stands under it."""

    key: str
    name: str
    columns: tuple[tuple[str, Cell], ...]


def _always(value: object) -> Cell:
    return lambda _number, _parcel: value


def _number(number: int, _parcel: ParcelToSend) -> object:
    return number


def _row(name: str) -> Cell:
    return lambda _number, parcel: getattr(parcel.row, name)


def _side(name: str) -> Cell:
    return lambda _number, parcel: getattr(parcel.box, name, "")


def _name(_number: int, parcel: ParcelToSend) -> object:
    return parcel.contact.to_name


def _phone(_number: int, parcel: ParcelToSend) -> object:
    """The number without spaces, as it is dialled here: carriers refuse "+84"."""
    return "".join(c for c in written(parcel.contact.to_phone) if c.isdecimal() or c == "+")


def _street(_number: int, parcel: ParcelToSend) -> object:
    street, country = " ".join(parcel.contact.street.split()), parcel.row.country
    return (
        street if country in ("VN", "ZZ") else f"{street.removesuffix(f', {country}')}, {country}"
    )


def _district(_number: int, parcel: ParcelToSend) -> object:
    """The district as it was, when the place was given by its old name; none is now."""
    return parcel.contact.old_district


def _whole_address(number: int, parcel: ParcelToSend) -> object:
    row = parcel.row
    return ", ".join(x for x in (_street(number, parcel), row.ward_name, row.province_name) if x)  # type: ignore[misc]


def _goods(_number: int, parcel: ParcelToSend) -> object:
    return "; ".join(f"{x.quantity} × {x.title_vi}, {x.variant_vi}" for x in parcel.lines)[:200]


def _pieces(_number: int, parcel: ParcelToSend) -> object:
    return sum(line.quantity for line in parcel.lines)


def _kilograms(_number: int, parcel: ParcelToSend) -> object:
    """Kilograms as Vietnamese write them, "0,85": as text, since a cell holds no float."""
    whole, part = divmod(parcel.row.weight_g, 1000)
    return f"{whole},{part:03d}".rstrip("0").rstrip(",") if part else whole


def collects_vnd(parcel: ParcelToSend) -> int:
    """Return what the carrier is to take at the door: all of it, or nothing when it is paid."""
    return parcel.row.total_vnd if parcel.row.method == "cod" else 0


def _cod(_number: int, parcel: ParcelToSend) -> object:
    return collects_vnd(parcel)


def _note(_number: int, parcel: ParcelToSend) -> object:
    return " ".join((parcel.row.note or "").split())[:_MOST_NOTE]


SHAPES: dict[str, Shape] = {
    shape.key: shape
    for shape in (
        Shape(
            "ghn", "Giao Hàng Nhanh (GHN)",
            (
                ("Họ tên người nhận", _name), ("Số điện thoại người nhận", _phone),
                ("Địa chỉ", _whole_address), ("Gói cước", _always(2)),
                ("Yêu cầu đơn hàng", _always(2)), ("Tên sản phẩm", _goods),
                ("Số lượng", _always(1)), ("Khối lượng (gram)", _row("weight_g")),
                ("Chiều dài (cm)", _side("length_cm")), ("Chiều rộng (cm)", _side("width_cm")),
                ("Chiều cao (cm)", _side("height_cm")), ("Giá trị hàng hóa", _row("items_vnd")),
                ("Khai giá (Có/Không)", _always("")), ("Tiền thu hộ (COD)", _cod),
                ("Shop trả phí vận chuyển", _always("x")), ("Gửi hàng tại bưu cục", _always("")),
                ("Mã hàng riêng của shop", _row("code")), ("Ghi chú thêm", _note),
                ("Ca lấy hàng", _always(1)), ("Giao thất bại thu tiền", _always(0)),
            ),
        ),
        Shape(
            "ghtk", "Giao Hàng Tiết Kiệm (GHTK)",
            (
                ("STT", _number), ("Mã đơn hàng", _row("code")), ("Tên khách hàng", _name),
                ("Số điện thoại", _phone), ("Địa chỉ chi tiết", _street),
                ("Phường/Xã", _row("ward_name")), ("Quận/Huyện", _district),
                ("Tỉnh/Thành phố", _row("province_name")), ("Tên sản phẩm", _goods),
                ("Số lượng", _pieces), ("Khối lượng (kg)", _kilograms),
                ("Giá trị hàng hoá", _row("items_vnd")), ("Tiền thu hộ", _cod),
                ("Người trả phí ship", _always("Shop trả")),
                ("Hình thức vận chuyển", _always("Đường bộ")), ("Ghi chú", _note),
            ),
        ),
        Shape(
            "viettelpost", "Viettel Post",
            (
                ("STT", _number), ("Mã đơn hàng", _row("code")), ("Tên người nhận (*)", _name),
                ("Số ĐT người nhận (*)", _phone), ("Địa chỉ nhận (*)", _whole_address),
                ("Tên hàng hóa (*)", _goods), ("Số lượng", _pieces),
                ("Trọng lượng (gram)  (*)", _row("weight_g")),
                ("Giá trị hàng (VND) (*)", _row("items_vnd")), ("Tiền thu hộ COD (VND)", _cod),
                ("Loại hàng hóa (*)", _always("Bưu kiện")),
                ("Tính chất hàng hóa đặc biệt", _always("")), ("Dịch vụ  (*)", _always("VSL7")),
                ("Dịch vụ cộng thêm", _always("")), ("Thu tiền xem hàng", _always("")),
                ("Dài (cm)", _side("length_cm")), ("Rộng (cm)", _side("width_cm")),
                ("Cao (cm)", _side("height_cm")), ("Người trả cước", _always("Người gửi trả")),
                ("Yêu cầu khác", _note), ("Thời gian hẹn lấy", _always("")),
                ("Thời gian giao", _always("")),
            ),
        ),
    )
}  # fmt: skip


def parcel_file(shape: Shape, parcels: Sequence[ParcelToSend]) -> IO[bytes]:
    """Return a spreadsheet that the carrier's site imports; nothing in it is a formula."""
    rows: list[list[Any]] = [
        [cell(number, parcel) for _head, cell in shape.columns]
        for number, parcel in enumerate(parcels, 1)
    ]
    return xlsx_file([head for head, _cell in shape.columns], rows, grouped=False)
