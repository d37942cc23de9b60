"""Statement files of invented banks, each with the habits of a real one."""

import csv
import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

ACCOUNT = "4210205123456"


def xlsx(rows: Sequence[Sequence[Any]], merged: Sequence[str] = ()) -> bytes:
    """Return a spreadsheet; ("day", 46327.5) is a number that looks like a day."""
    return book({"Sao ke": rows}, merged)


def book(sheets: Mapping[str, Sequence[Sequence[Any]]], merged: Sequence[str] = ()) -> bytes:
    """Return a workbook of some sheets; ``merged``: of each."""
    spans = "".join(f'<mergeCell ref="{ref}"/>' for ref in merged)

    def cell(at: str, value: Any) -> str:
        if value is None:
            return ""
        if isinstance(value, tuple):
            return f'<c r="{at}" s="1"><v>{value[1]}</v></c>'
        if isinstance(value, (int, float)):
            return f'<c r="{at}"><v>{value}</v></c>'
        return f'<c r="{at}" t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'

    def body(rows: Sequence[Sequence[Any]]) -> str:
        return "".join(
            f'<row r="{n}">'
            + "".join(cell(f"{chr(65 + i)}{n}", value) for i, value in enumerate(row))
            + "</row>"
            for n, row in enumerate(rows, 1)
        )

    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
        "</Types>",
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
        + "".join(
            f'<sheet name="{escape(name)}" sheetId="{n}" r:id="r{n}"/>'
            for n, name in enumerate(sheets, 1)
        )
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        + "".join(
            f'<Relationship Id="r{n}" Type="{office}/worksheet" Target="worksheets/sheet{n}.xml"/>'
            for n in range(1, len(sheets) + 1)
        )
        + f'<Relationship Id="rs" Type="{office}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{main}"><cellXfs count="2"><xf numFmtId="0"/>'
        '<xf numFmtId="22" applyNumberFormat="1"/></cellXfs></styleSheet>',
    }
    for n, rows in enumerate(sheets.values(), 1):
        parts[f"xl/worksheets/sheet{n}.xml"] = (
            f'<worksheet xmlns="{main}"><sheetData>{body(rows)}</sheetData>'
            + (f"<mergeCells>{spans}</mergeCells>" if spans else "")
            + "</worksheet>"
        )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, '<?xml version="1.0" encoding="UTF-8"?>' + text)
    return file.getvalue()


def text(rows: Sequence[Sequence[str]], division: str, encoding: str = "utf-8") -> bytes:
    file = io.StringIO()
    csv.writer(file, delimiter=division).writerows(rows)
    return file.getvalue().encode(encoding)


def lua(lines: Sequence[tuple[str, str, str, str]], account: str = ACCOUNT) -> bytes:
    """Ngân hàng Lúa: a letter head, merged heads with line breaks, day and document in one cell.

    lines: (day and document, debit, credit, text)
    """
    head = [
        ["NGÂN HÀNG LÚA (MẪU)"], ["SAO KÊ TÀI KHOẢN/ ACCOUNT STATEMENT"], [],
        ["Số tài khoản/Account No.:", account], ["Loại tiền/Currency:", "VND"],
        ["Từ/From: 01/11/2026", None, "Đến/To: 30/11/2026"], [],
        ["STT\nNo.", "Ngày\nTNX Date / Số CT\nDoc No", "Ngày hiệu lực\nEffective date",
         "Số tiền ghi nợ\nDebit", "Số tiền ghi có\nCredit", "Số dư\nBalance",
         "Nội dung chi tiết\nTransactions in detail"],
    ]  # fmt: skip
    body = [
        [n, day, day.split("\n")[0], debit, credit, "9.999.999", said]
        for n, (day, debit, credit, said) in enumerate(lines, 1)
    ]
    foot = [["Tổng số", None, None, "50.000", "1.345.000"], ["Trang 1/1"]]
    return xlsx([*head, *body, *foot], ["A1:G1", "A2:G2"])


def ngo(lines: Sequence[tuple[str, str, str, str]]) -> bytes:
    """Ngân hàng Ngô: CSV with a byte order mark, semicolons, hours, decimals that are always 00."""
    head = [
        ["Tên tài khoản", "HOI PHU NU"], ["Tài khoản số", f"{ACCOUNT} - VND"], [],
        ["Số tham chiếu", "Thời gian giao dịch", "Phát sinh nợ", "Phát sinh có", "Số dư", "Diễn giải"],
    ]  # fmt: skip
    body = [
        [f"NGO{n:09d}", at, debit, credit, "1.000.000,00", said]
        for n, (at, debit, credit, said) in enumerate(lines, 1)
    ]
    return text([*head, *body], ";", "utf-8-sig")


def khoai(lines: Sequence[tuple[str, str, str]]) -> bytes:
    """Ngân hàng Khoai: CSV with commas, one signed amount, no account, English first."""
    head = [["Transaction Date", "Amount (VND)", "Description", "Reference No"]]
    return text([*head, *([*line, ""] for line in lines)], ",")


def san(lines: Sequence[tuple[float, int | None, int | None, str]]) -> bytes:
    """Ngân hàng Sắn: heads on two merged rows, days and amounts as numbers of the spreadsheet."""
    head = [
        ["Ngân hàng Sắn"], ["Số tài khoản", ACCOUNT], [],
        ["Ngày giao dịch", "Số tiền (VND)", None, "Số dư", "Nội dung"],
        [None, "Ghi nợ", "Ghi có", None, None],
    ]  # fmt: skip
    body = [[("day", day), debit, credit, 12345, said] for day, debit, credit, said in lines]
    return xlsx([*head, *body], ["B4:C4"])


def usd(lines: Sequence[tuple[str, str, str]]) -> bytes:
    """An account in dollars, from Ngân hàng Ngô."""
    head = [
        ["Số tài khoản", ACCOUNT], ["Loại tiền", "USD"], [],
        ["Ngày giao dịch", "Số tiền", "Diễn giải"],
    ]  # fmt: skip
    return text([*head, *lines], ";", "utf-8-sig")
