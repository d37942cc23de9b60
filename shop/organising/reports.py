"""Files of a campaign's account: the lines to add up again, and the report to sign."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from shop.fundraising.queries.accounts import HandedOver
from shop.fundraising.queries.campaigns import CampaignPage
from shop.fundraising.rules import SIGNS, CampaignKind, EntryKind
from shop.kernel.settings import ROOT
from shop.organising.campaign_forms import KIND_WORDS
from shop.web.words import _, day, dong, language, lazy_, number, tr

_DATA = Path(__file__).parent / "data"
#: Letters of print, the same as on other papers.
_FONTS: list[Any] = [str(ROOT / "shop" / "payouts" / "data" / "fonts")]
#: Of the CSV. Fixed names, the same in every language: programs read them, and do the chain again.
FILE_HEAD = (
    "number", "day", "kind", "amount_vnd", "code", "name", "what_for", "commune", "voucher_no",
    "commitment", "previous", "hash",
)  # fmt: skip
#: The words of each figure of DECISIONS 9, in the order in which they are read.
FIGURE_WORDS = {
    "sold_vnd": lazy_("Khách đã mua"),
    "makers_vnd": lazy_("Về người làm ra hàng"),
    "commission_vnd": lazy_("Hoa hồng"),
    "raised_vnd": lazy_("Đã vào quỹ"),
    "promised_vnd": lazy_("Đã hứa, chưa vào quỹ"),
    "owed_back_vnd": lazy_("Quỹ phải trả lại người bán"),
    "costs_vnd": lazy_("Chi phí"),
    "handed_over_vnd": lazy_("Đã trao"),
    "slips_vnd": lazy_("… bằng phiếu chợ 0 đồng"),
    "held_vnd": lazy_("Đang giữ"),
    "set_aside_vnd": lazy_("… để dành cho phiếu chợ"),
    "cash_vnd": lazy_("… tiền mặt chưa nộp"),
}
#: Said only where there is something to say.
SELDOM = ("commission_vnd", "owed_back_vnd", "slips_vnd", "set_aside_vnd", "cash_vnd")
#: Said of campaigns that sell, as the page of the account does.
OF_SALES = ("sold_vnd", "makers_vnd")


def file_rows(lines: Iterable[Any]) -> Iterator[Sequence[object]]:
    """Return the rows of the CSV. Salts stay in: they would tell erased names apart."""
    for row in lines:
        yield (
            row.number, row.on_day.isoformat(), row.kind, row.amount_vnd, row.code,
            row.name or "", _what_for(row), row.ward_name or "", row.voucher_no or "", row.commitment, row.previous, row.hash,
        )  # fmt: skip


def sheet_head() -> list[str]:
    """Return the heads of the account as people read it in a spreadsheet."""
    return [
        _("STT"), _("Ngày"), _("Việc"), _("Mã"), _("Tên"), _("Để làm gì"), _("Xã, phường"),
        _("Chứng từ"), _("Vào, ra, đồng"), _("Quỹ còn, đồng"), _("Dấu của tên"),
        _("Dấu dòng trước"), _("Dấu dòng này"),
    ]  # fmt: skip


def sheet_rows(lines: Iterable[Any]) -> Iterator[Sequence[object]]:
    """Return the lines of the account, each with what was in the fund after it."""
    after_vnd = 0
    for row in lines:
        after_vnd += row.amount_vnd
        yield (
            row.number, row.on_day, kind_said(row), row.code, row.name or "",
            _what_for(row), row.ward_name or "", row.voucher_no or "",
            row.amount_vnd, after_vnd, row.commitment, row.previous, row.hash,
        )  # fmt: skip


def _what_for(row: Any) -> str:
    return ": ".join(filter(None, [tr(row, "words") if row.words_vi else "", row.why]))


def kind_said(row: Any) -> str:
    """Return what a line of the account is, as its page says it."""
    if row.to_seller:
        return _("Trả lại người bán, khách đã trả hàng")
    kind = EntryKind(row.kind)
    words = {
        EntryKind.GIFT: _("Góp tiền mặt") if row.in_cash else _("Góp tiền"), EntryKind.SHARE: _("Phần góp của hàng bán"),
        EntryKind.COST: _("Chi phí"), EntryKind.HANDED_OVER: _("Trao"),
        EntryKind.SLIP: _("Phiếu chợ 0 đồng trả người bán"),
    }  # fmt: skip
    why = _("tiền về lại quỹ") if row.came_back else _("ghi lại cho đúng")
    right = f" ({why})" if row.amount_vnd * SIGNS[kind] < 0 else ""
    return words[kind] + right


def pdf_of(
    page: CampaignPage, given: Sequence[HandedOver], slips: Sequence[Any], today: date
) -> bytes:
    """Return the report of receipts and payments as a tagged PDF in the reader's language.

    Args:
        given: all that was handed over and spent; slips: ``slips_paid``.
    """
    row, figures = page.row, page.figures
    told = {
        "lang": language(),
        "title": _("Báo cáo thu chi"),
        "campaign": tr(row, "title"),
        "organisation": tr(page.organisation, "name"),
        "facts": [
            _("Giúp %(whom)s", whom=tr(row, "for_whom")), str(KIND_WORDS[CampaignKind(row.kind)]),
            _("Văn bản %(no)s, ngày %(day)s", no=row.document_no, day=day(row.document_on)),
            _("Lập ngày %(day)s", day=day(today)),
        ],
        "sums_head": [_("Khoản"), _("Số tiền")],
        "sums": [
            [str(words), dong(getattr(figures, name))]
            for name, words in FIGURE_WORDS.items()
            if getattr(figures, name)
            or not (name in SELDOM or (name in OF_SALES and row.kind != CampaignKind.SALE))
        ],
        "given_title": _("Đã trao và đã chi"),
        "given_head": [_("Ngày"), _("Việc"), _("Chứng từ"), _("Đồng")],
        "given": [
            *([f"{one.row.done_on:%d/%m/%Y}", said(one), one.row.voucher_no,
               number(one.row.stays_vnd) if one.row.amount_vnd else _("hiện vật")]
              for one in given),
            *([f"{line.on_day:%d/%m/%Y}", slip_said(line), line.code, number(-line.amount_vnd)]
              for line in slips),
        ],
        "given_sum": [_("Cộng"), number(figures.costs_vnd + figures.handed_over_vnd)],
        "none": _("Chưa trao, chưa chi khoản nào."),
        "signatures": [_("Người lập"), _("Kế toán"), _("Chủ tịch")],
        "foot": _("Đợt gây quỹ %(code)s, dòng cuối %(chain)s", code=row.code, chain=row.chain[:16] or "0"),
    }  # fmt: skip
    import typst  # Here: five megabytes for a file that few ask for.

    return typst.compile(
        _template(), font_paths=_FONTS, ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(told, ensure_ascii=False)}, pdf_standards="ua-1",
    )  # fmt: skip


def said(one: HandedOver) -> str:
    """Return what was handed over to whom in one line. A household is its commune alone."""
    row = one.row
    words = [tr(row, "words")]
    if row.form == "goods":
        words.append(tr(row, "goods"))
    if row.ward_name:
        words.append(row.ward_name)
    if row.stays_vnd < row.amount_vnd:
        back = dong(row.amount_vnd - row.stays_vnd)
        words.append(_("về lại quỹ %(vnd)s", vnd=back))
    return ", ".join(words)


def slip_said(line: Any) -> str:
    """Return what a slip paid for whom; what came back to it is said to put that right."""
    words = [_("Phiếu chợ 0 đồng trả người bán"), *filter(None, [line.ward_name])]
    right = f" ({_('ghi lại cho đúng')})" if line.amount_vnd > 0 else ""
    return ", ".join(words) + right


@cache
def _template() -> bytes:
    return (_DATA / "report.typ").read_bytes()
