"""Labels to stick on parcels: A6, 75 × 100 mm, and a roll of 58 mm. In Vietnamese: carriers read them."""

import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from shop.kernel.clock import vietnam_date
from shop.kernel.phones import written
from shop.kernel.settings import ROOT
from shop.places.forms import country_name
from shop.selling.queries.parcels import ParcelToSend
from shop.web.links import absolute
from shop.web.words import _, day, dong, speaking

_DATA = Path(__file__).parent / "data"
_FONTS: list[Any] = [str(ROOT / "shop" / "payouts" / "data" / "fonts")]
#: A label has room for so many kinds of goods and so many characters of what the buyer asked.
MOST_GOODS, MOST_NOTE = 4, 240


class Size(StrEnum):
    """What the printer takes: half a sheet of A5, the usual sticker, a till's roll."""

    A6 = "a6"
    STICKER = "75x100"
    ROLL = "58"


@dataclass(frozen=True, slots=True)
class Label:
    """The words of one label. ``qr``: what its picture says, the order's page in the stall."""

    code: str
    day: str
    sender: str
    sender_at: str
    name: str
    phone: str
    address: str
    note: str
    money: str
    goods: list[str]
    qr: str


def labels_of(parcels: Sequence[ParcelToSend]) -> list[Label]:
    """Return labels with all that a carrier needs and nothing else: no price, no e-mail."""
    with speaking("vi"):
        return [_label(parcel) for parcel in parcels]


def _label(parcel: ParcelToSend) -> Label:
    row, to = parcel.row, parcel.contact
    if row.delivery == "pickup":
        address = _("Tự đến lấy ở %(place)s", place=row.pickup_name_vi)
    else:
        country = "" if row.country == "VN" else country_name(row.country)
        # Names of places are not broken over two lines.
        names = [
            one.replace(" ", "\xa0") for one in (row.ward_name, row.province_name, country) if one
        ]
        address = ", ".join([" ".join(to.street.split()), *names])
        if to.old_place:
            address += f" ({_('cũ: %(place)s', place=to.old_place)})"
    goods = [f"{line.quantity} × {line.title_vi}, {line.variant_vi}" for line in parcel.lines]
    if len(goods) > MOST_GOODS:
        more = len(goods) - MOST_GOODS + 1
        goods = [*goods[: MOST_GOODS - 1], _("và %(count)s món nữa", count=more)]
    note = " ".join((row.note or "").split())
    return Label(
        code=_("Đơn %(code)s", code=row.code),
        day=day(vietnam_date(row.placed_at), "year"),
        sender=row.seller_name_vi,
        sender_at=f"{row.seller_person}, {written(row.seller_phone)}, {row.seller_ward}, {row.seller_province}",
        name=to.to_name,
        phone=written(to.to_phone),
        address=address,
        note=note if len(note) <= MOST_NOTE else f"{note[: MOST_NOTE - 1]}…",
        money=_("THU HỘ %(amount)s", amount=dong(row.total_vnd))
        if row.method == "cod"
        else _("KHÔNG THU TIỀN"),
        goods=goods,
        qr=absolute(f"/ban-hang/don/{row.id}"),
    )


def labels_pdf(labels: Sequence[Label], size: Size, by: str) -> bytes:
    """Return a tagged PDF with a label on each page."""
    return typeset(labels, size, by, pdf_standards="ua-1")


def typeset(labels: Sequence[Label], size: Size, by: str, **options: Any) -> Any:
    """Set labels as pages. ``options``: of ``typst.compile``, another format for example."""
    import segno  # Here, as everywhere that draws: few requests need them.
    import typst

    def drawn(label: Label) -> dict[str, Any]:
        picture = io.BytesIO()
        segno.make(label.qr, error="m", micro=False).save(picture, kind="svg", border=2, scale=6)
        return {**asdict(label), "qr": picture.getvalue().decode()}

    with speaking("vi"):
        told = {
            "size": size, "by": by, "from": _("Người gửi"), "to": _("Người nhận"),
            "asked": _("Khách dặn"),
            "title": _("Nhãn của %(count)s gói hàng", count=len(labels)),
            "labels": [
                {**drawn(label), "qr_alt": _("Mã QR mở đơn này trong gian hàng")}
                for label in labels
            ],
        }  # fmt: skip
    return typst.compile(
        _template(), font_paths=_FONTS, ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(told, ensure_ascii=False)}, **options,
    )  # fmt: skip


@cache
def _template() -> bytes:
    return (_DATA / "labels.typ").read_bytes()
