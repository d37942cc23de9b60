"""``python -m tests.bench.prints``: drawing share pictures, posters and labels, in processor ms.

Bars: a picture of 1080 × 1080 in 400 ms, labels for 50 parcels in 2 seconds.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date

from shop.app import create_app
from shop.kernel.settings import ROOT, read_settings
from shop.selling.labels import Label, Size, labels_pdf
from shop.sharing.drawing import draw, poster
from shop.sharing.rules import Card, Figure, Shape

PASSES = 9
PHOTO = ROOT / "shop" / "demo" / "pictures" / "banh-trang-me.webp"
_ADDRESS = "http://127.0.0.1:8000/gay-quy/AB12-CD34"

CARD = Card(
    kind="Gây quỹ", title="Bò giống cho mười hộ nghèo xã Sông Lành",
    lines=("Mỗi hũ mật ong góp 10.000 ₫", "Hội Phụ nữ xã Sông Lành", "Đến hết ngày 30/12/2026"),
    figure=Figure(date(2026, 11, 27), "đã có 31.250.000 ₫ trên 60.000.000 ₫"),
    by="Hội Phụ nữ xã Sông Lành", address=_ADDRESS, short="127.0.0.1/gay-quy/AB12-CD34",
    scan="Quét để xem sổ thu chi",
)  # fmt: skip
GOODS = replace(
    CARD, kind="Hàng nhà làm", title="Bánh tráng mè nướng than", figure=None,
    price="45.000 ₫ một xấp", lines=("chị Mẫn, thôn Gò Mít, Xã Sông Lành, Đà Nẵng",),
    by="Tổ bánh tráng Gò Mít", scan="Quét để xem và đặt hàng",
)  # fmt: skip
LABEL = Label(
    code="Đơn 7K2M-9PQX", day="27/11/2026", sender="Tổ bánh tráng Gò Mít",
    sender_at="Nguyễn Thị Mẫn, 0905 000 101, Xã Quế Phước, Đà Nẵng",
    name="Lê Thị Thử", phone="0900 000 101", address="12 Đường Thử Nghiệm, Phường Hải Châu, Đà Nẵng",
    note="Gọi trước khi giao giúp em nhé", money="THU HỘ 215.000 đồng",
    goods=["2 × Bột ngũ cốc, Hũ 500 g", "1 × Bánh tráng mè, Xấp 20 cái"],
    qr="http://127.0.0.1:8000/ban-hang/don/1",
)  # fmt: skip


def jobs(photo: bytes) -> Iterator[tuple[str, float | None, Callable[[], bytes]]]:
    """Yield (what, bar in ms, how to draw it)."""
    yield "picture 1080 × 1080", 400, lambda: draw(CARD, Shape.SQUARE, photo)
    yield "picture of a thing 1080 × 1080", 400, lambda: draw(GOODS, Shape.SQUARE, photo)
    yield "preview of a thing", None, lambda: draw(GOODS, Shape.PREVIEW, photo)
    yield "poster A5 of a thing", None, lambda: poster(GOODS, "a5", photo)
    yield "picture 1080 × 1350", None, lambda: draw(CARD, Shape.TALL, photo)
    yield "preview 1200 × 630", None, lambda: draw(CARD, Shape.PREVIEW)
    yield "poster A4", None, lambda: poster(CARD)
    # No two parcels are alike: what the typesetter remembers of one saves nothing for the next.
    labels = [
        replace(LABEL, code=f"Đơn 7K2M-9P{n:02}", name=f"Lê Thị Thử {n}", qr=f"{LABEL.qr}{n}")
        for n in range(50)
    ]
    for size in (Size.A6, Size.STICKER):
        yield f"50 labels {size}", 2000, lambda size=size: labels_pdf(labels, size, "Gò Mít")


def measure(draw_it: Callable[[], bytes]) -> tuple[float, float]:
    """Return (the first, the median of the others) in milliseconds of processor time."""
    took = []
    for _ in range(PASSES):
        begun = time.process_time()
        assert draw_it()
        took.append((time.process_time() - begun) * 1000)
    return took[0], sorted(took[1:])[len(took) // 2 - 1]


def main() -> None:
    with create_app(read_settings()).app_context():
        for what, bar, draw_it in jobs(PHOTO.read_bytes()):
            first, median = measure(draw_it)
            missed = " (missed)" if bar and first > bar else ""
            print(
                f"{what:<24}{first:>8.0f} ms first{median:>8.0f} ms then"
                + (f"   bar {bar:.0f}{missed}" if bar else "")
            )


if __name__ == "__main__":
    main()
