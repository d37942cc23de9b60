"""What people take along: a seller's statement as PDF, CSV and XLSX, and the list for the bank."""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from shop.kernel.clock import VIETNAM, vietnam_date
from shop.kernel.errors import NotYours
from shop.kernel.text import ascii_only
from shop.payouts.queries import statements
from shop.payouts.rules import memo
from shop.payouts.words import LINES, line_words
from shop.sellers.queries import account_number_of
from shop.web.files import file_answer, table_answer
from shop.web.tables import TABLES
from shop.web.words import _, day, dong, language, moment, number, tr

_DATA = Path(__file__).parent / "data"
#: A paper shows so many lines; the table files have them all.
MOST_ON_PAPER = 2000


def file_name(statement: Any, kind: str) -> str:
    """Return "quyet-toan-12-34.pdf"."""
    return f"quyet-toan-{statement.settlement_id}-{statement.id}.{kind}"


def sums_of(statement: Any) -> list[tuple[str, int]]:
    """Return the sums of a statement in words, those that are nought left out."""
    rows = [(_("Kỳ trước chuyển sang"), statement.opening_vnd)]
    rows += [(str(LINES[kind]), getattr(statement, f"{kind}_vnd")) for kind in LINES]
    return [(words, vnd) for words, vnd in rows if vnd]


def due_words(statement: Any) -> str:
    """Return whose the due of a statement is; the sum beside it is written without a sign."""
    return _("Còn được nhận") if statement.due_vnd >= 0 else _("Còn nợ lại")


def pdf_of(session: Session, statement: Any) -> bytes:
    """Return a statement as a tagged PDF in the reader's language."""
    lines = statements.all_lines(session, statement.id, MOST_ON_PAPER)
    codes = statements.orders_of(session, statement.seller_id, {row.subject for row in lines})
    payouts = statements.payouts_of(session, statement.id)
    left = statement.line_count - len(lines)
    told = {
        "lang": language(),
        "title": _("Phiếu quyết toán số %(number)s", number=statement.id),
        "organisation": tr(statement, "unit"),
        "seller": _("Người bán: %(name)s, %(person)s", name=tr(statement, "name"), person=statement.person),
        "period": period_of(statement),
        "sums_head": [_("Khoản"), _("Số tiền")],
        "sums": [[words, dong(vnd)] for words, vnd in sums_of(statement)],
        "due": [due_words(statement), dong(abs(statement.due_vnd))],
        "what_now": what_now(statement),
        "paid_title": _("Đã chuyển"),
        "paid": [
            _("%(amount)s, %(when)s, %(bank)s số cuối %(last4)s, mã giao dịch %(reference)s",
              amount=dong(row.amount_vnd), when=moment(row.sent_at), bank=row.bank_name,
              last4=row.last4, reference=row.reference)
            for row in payouts
            if row.state != "failed"
        ],
        "lines_title": _("Từng dòng"),
        "lines_head": [_("Ngày"), _("Việc"), _("Đồng")],
        "lines": [
            [
                row.occurred_at.astimezone(VIETNAM).strftime("%d/%m/%Y"),
                _line_words(row, codes), number(row.amount_vnd),
            ]
            for row in lines
        ],
        "lines_more": _("Còn %(left)s dòng nữa trong tệp CSV.", left=number(left)) if left else "",
        "signatures": [_("Người lập"), _("Người duyệt"), _("Người nhận")],
        "foot": _("Phiếu %(number)s, kỳ %(settlement)s", number=statement.id, settlement=statement.settlement_id),
    }  # fmt: skip
    fonts: list[Any] = [str(_DATA / "fonts")]
    import typst  # Here: five megabytes for two kinds of files that few ask for.

    return typst.compile(
        _template(), font_paths=fonts, ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(told, ensure_ascii=False)}, pdf_standards="ua-1",
    )  # fmt: skip


@cache
def _template() -> bytes:
    return (_DATA / "statement.typ").read_bytes()


def _line_words(row: Any, codes: dict[str, tuple[str, int]]) -> str:
    words = line_words(row)
    if row.subject in codes:
        words = _("%(what)s, đơn %(code)s", what=words, code=codes[row.subject][0])
    if kept := _kept(row):
        words = _("%(what)s, đã trừ %(kept)s", what=words, kept=dong(kept))
    return words


def _kept(row: Any) -> int:
    """Return what was taken off a line already: of goods alone, others are all of it themselves."""
    return row.commission_vnd + row.tax_vnd if row.kind in ("goods", "returns") else 0


def period_of(row: Any) -> str:
    """Return the days of a settlement in words."""
    return _("Từ %(first)s đến hết %(last)s", first=day(row.from_on, "year"), last=day(row.to_on, "year"))  # fmt: skip


def what_now(statement: Any) -> str:
    """Return what becomes of a statement's due, as one sentence for the seller."""
    if statement.pays_vnd:
        return {
            "sent": _("Hội đã chuyển khoản cho chị."),
            "confirmed": _("Chị đã nhận đủ."),
            "failed": _("Ngân hàng trả lại lần chuyển trước. Hội sẽ chuyển lại."),
        }.get(statement.state, _("Hội sẽ chuyển khoản cho chị."))
    if statement.due_vnd < 0:
        return _("Số nợ này trừ vào kỳ sau.")
    if statement.due_vnd == 0:
        return _("Kỳ này không phải chuyển.")
    return _("Chưa tới mức chuyển mỗi lần là %(least)s, nên để sang kỳ sau.", least=dong(statement.least_vnd))  # fmt: skip


#: (head, rows) of a table to take along.
Sheet = tuple[list[str], Sequence[Sequence[object]]]


def sheet_of(session: Session, statement: Any) -> Sheet:
    """Return every line of a statement as a table, its sums below."""
    lines = statements.all_lines(session, statement.id)
    codes: dict[str, tuple[str, int]] = {}
    subjects = sorted({row.subject for row in lines})
    for start in range(0, len(subjects), 500):
        codes |= statements.orders_of(session, statement.seller_id, subjects[start : start + 500])
    head = [_("Ngày"), _("Khoản"), _("Mã đơn"), _("Số tiền, đồng"), _("Trong đó đã trừ, đồng")]
    rows: list[list[object]] = []
    if statement.opening_vnd:
        rows.append(["", _("Kỳ trước chuyển sang"), "", statement.opening_vnd, 0])
    rows += [
        [
            vietnam_date(row.occurred_at), line_words(row),
            codes.get(row.subject, ("", 0))[0], row.amount_vnd, _kept(row),
        ]
        for row in lines
    ]  # fmt: skip
    if statement.due_vnd < 0:  # The sum of the column above, then the debt as people say it.
        rows.append(["", _("Cộng"), "", statement.due_vnd, ""])
    rows.append(["", due_words(statement), "", abs(statement.due_vnd), ""])
    return head, rows


def bank_sheet(session: Session, statement_ids: Sequence[int]) -> Sheet:
    """Return the list of transfers that a bank's bulk form wants, names without accents."""
    head = [
        _("STT"), _("Số tài khoản"), _("Tên người nhận"), _("Ngân hàng"), _("Mã ngân hàng (BIN)"),
        _("Số tiền"), _("Nội dung chuyển khoản"),
    ]  # fmt: skip
    rows = statements.transfers_to_make(session, statement_ids)
    return head, [
        [
            n, account_number_of(row), ascii_only(row.holder).upper(), row.bank_name, row.bank_bin,
            row.pays_vnd, memo(row.settlement_id, row.name_vi),
        ]
        for n, row in enumerate(rows, 1)
    ]  # fmt: skip


def paper(session: Session, statement: Any, kind: str) -> Response:
    """Return a statement as a file to take along: pdf, csv or xlsx.

    Raises:
        NotYours: there is no such kind.
    """
    if kind not in ("pdf", *TABLES):
        raise NotYours(what="paper", id=kind)
    if kind == "pdf":
        return file_answer(pdf_of(session, statement), file_name(statement, kind))
    return table_answer(kind, *sheet_of(session, statement), file_name(statement, "")[:-1])
