"""Files of invented carriers, each with the habits of a real one. Lines: (code, COD, fee, paid)."""

from collections.abc import Sequence
from typing import Any

from tests.banking.sheets import text, xlsx

Line = tuple[str, int, int, int]


def dots(vnd: int) -> str:
    return f"{vnd:,}".replace(",", ".")


def chim_cat(lines: Sequence[Line], batch: str = "P0412") -> bytes:
    """Chim Cắt: a spreadsheet with lines above, heads over two merged rows, a sum below."""
    rows: list[list[Any]] = [
        ["CÔNG TY CHUYỂN PHÁT CHIM CẮT (mẫu)"],
        ["Mã phiên chuyển tiền:", batch],
        [],
        ["STT", "Mã vận đơn", "Ngày giao", "Tiền", None, None, "Trạng thái"],
        [None, None, None, "Tiền thu hộ", "Tổng phí", "Thực nhận", None],
    ]
    for n, (code, cod, fee, paid) in enumerate(lines, 1):
        state = "Giao thành công" if cod else "Đã hoàn"
        rows.append([n, code, "24/11/2026", dots(cod), dots(fee), dots(paid), state])
    rows.append(
        ["Tổng cộng", None, None, dots(sum(c for _, c, _, _ in lines)), None, "1.000", None]
    )
    return xlsx(rows, merged=("D4:F4",))


def con_thoi(lines: Sequence[Line]) -> bytes:
    """Con Thoi: CSV with semicolons and a mark; two fees apart; numbers with commas."""
    rows = [
        [
            "Mã đơn KH",
            "Mã phiếu gửi",
            "COD",
            "Phí dịch vụ",
            "Phí bảo hiểm",
            "Thanh toán",
            "Ngày đối soát",
            "Số phiếu",
        ]
    ]
    rows += [
        ["", code, f"{cod:,}", f"{fee - 1000:,}" if fee else "0", "1,000" if fee else "0", f"{paid:,}", "25/11/2026 09:30", "CT-77"]
        for code, cod, fee, paid in lines
    ]  # fmt: skip
    return text(rows, ";", "utf-8-sig")


def cu_meo(lines: Sequence[tuple[str, int, int, int, int]], batch: str = "CM1") -> bytes:
    """Cú Mèo: names the fee of the way back apart. Lines: (code, COD, fee, return fee, paid)."""
    rows = [["Mã vận đơn", "Tiền thu hộ", "Cước phí", "Phí hoàn", "Thực nhận", "Số phiếu"]]
    rows += [[code, *map(dots, sums), batch] for code, *sums in lines]
    return text(rows, ";", "utf-8")


def dom_dom(lines: Sequence[Line]) -> bytes:
    """Đom Đóm: English heads, tabs, names the shop's own order code, no fee, no day."""
    rows = [["Order code", "Collected", "Payout", "Status"]]
    rows += [[code, str(cod), str(paid), "delivered"] for code, cod, _, paid in lines]
    return text(rows, "\t", "utf-16")


def la(lines: Sequence[Line]) -> bytes:
    """Lạ: a table whose heads say nothing that is known."""
    rows = [["Bang ke tuan 47"], ["A", "B", "C", "D"]]
    rows += [[code, dots(cod), dots(fee), dots(paid)] for code, cod, fee, paid in lines]
    return text(rows, ",", "utf-8")
