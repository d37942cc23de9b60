"""A unit's report of a quarter: the lines in which officers write it, and what the shop counts itself.

Whom it is about is asked by the structure of the quarter's last day (or of another day, when the
report goes by an earlier one), so that a merger later changes no number of before.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shop.earnings.models import SoldMonth
from shop.fundraising.models import Campaign, Disbursement, FundEntry
from shop.fundraising.queries.accounts import moved_in, stays_vnd
from shop.fundraising.rules import EntryKind
from shop.kernel.clock import VIETNAM
from shop.kernel.errors import NotYours
from shop.learning.queries import came_between
from shop.mutual_aid.models import HelpCall
from shop.ordering.models import SellerOrder
from shop.organisations.models import Member
from shop.organisations.register import count_on
from shop.organisations.structure import inside_on, structure_on, with_absorbed
from shop.organisations.telling.models import QuarterReport
from shop.sellers.models import Seller
from shop.sellers.units import units_of_sellers_on
from shop.web.words import lazy_, number

#: (line, its words, "auto": the shop counts it, "number" or "text": the officer writes it).
#: The order is that of the Union's own reports. Source: DOMAIN §4.1.
LINES: tuple[tuple[str, Any, str], ...] = (
    ("members", lazy_("Số hội viên"), "auto"),
    ("joined", lazy_("Kết nạp mới"), "auto"),
    ("left", lazy_("Hội viên thôi sinh hoạt"), "auto"),
    ("branches", lazy_("Số chi hội"), "auto"),
    ("good_branches", lazy_("Chi hội hoạt động tốt"), "number"),
    ("meetings", lazy_("Tỷ lệ sinh hoạt định kỳ, phần trăm"), "number"),
    ("learning", lazy_("Phong trào “Phụ nữ tích cực học tập, lao động sáng tạo”"), "text"),
    ("homes", lazy_("Xây dựng gia đình 5 không, 3 sạch"), "text"),
    ("loans_vnd", lazy_("Vốn vay uỷ thác, đồng"), "number"),
    ("loan_homes", lazy_("Số hộ vay"), "number"),
    ("overdue_vnd", lazy_("Nợ quá hạn, đồng"), "number"),
    ("trained", lazy_("Dạy nghề, người"), "number"),
    ("learnt", lazy_("Lượt người dự lớp tập huấn của Hội"), "auto"),
    ("jobs", lazy_("Giới thiệu việc làm, người"), "number"),
    ("models", lazy_("Mô hình kinh tế, tổ hợp tác, hợp tác xã"), "auto"),
    ("helped", lazy_("Hỗ trợ phụ nữ khó khăn, suất"), "auto"),
    ("helped_vnd", lazy_("Hỗ trợ phụ nữ khó khăn, đồng"), "auto"),
    ("fund_vnd", lazy_("Quỹ hội: thu, đồng"), "auto"),
    ("sellers", lazy_("Gian hàng của hội viên ở chợ"), "auto"),
    ("orders", lazy_("Đơn hàng đã nhận"), "auto"),
    ("sold_vnd", lazy_("Tiền hàng đã tới tay khách, bớt hàng trả lại, đồng"), "auto"),
    ("calls", lazy_("Lần gọi giúp nhau"), "auto"),
    ("other", lazy_("Việc khác"), "text"),
)


@dataclass(frozen=True)
class Quarter:
    """Three months. ``number``: 1 to 4."""

    year: int
    number: int

    @classmethod
    def of(cls, day: date) -> "Quarter":
        return cls(day.year, (day.month + 2) // 3)

    @property
    def first(self) -> date:
        return date(self.year, self.number * 3 - 2, 1)

    @property
    def last(self) -> date:
        return self.next.first - timedelta(days=1)

    @property
    def next(self) -> "Quarter":
        return Quarter(self.year + self.number // 4, self.number % 4 + 1)

    @property
    def before(self) -> "Quarter":
        return Quarter.of(self.first - timedelta(days=1))


@dataclass(frozen=True)
class Line:
    """One line of a report. ``said``: as it stands there; ``counted``: what the shop found."""

    key: str
    words: Any
    kind: str
    said: str
    counted: str
    before: str


def report_of(
    session: Session, unit_id: int, quarter: Quarter, today: date, by: date | None = None
) -> list[Line]:
    """Return the lines of a unit's report, those of the quarter before beside them.

    Args:
        by: the day whose structure says what is below the unit; the quarter's last day, or
            today in a quarter that runs, when left out.

    Raises:
        NotYours: the quarter has not begun, or the unit was not there.
    """
    if quarter.first > today:
        raise NotYours
    now = _counted(session, unit_id, quarter, today, by)
    if now is None:
        raise NotYours
    then = _counted(session, unit_id, quarter.before, today, by) or {}
    wrote, wrote_before = (_written(session, unit_id, q) for q in (quarter, quarter.before))
    return [
        Line(
            key, words, kind, wrote.get(key) or now.get(key, ""), now.get(key, ""),
            wrote_before.get(key) or then.get(key, ""),
        )
        for key, words, kind in LINES
    ]  # fmt: skip


def _written(session: Session, unit_id: int, quarter: Quarter) -> dict[str, str]:
    return (
        session.scalar(
            select(QuarterReport.lines).where(
                QuarterReport.organisation_id == unit_id, QuarterReport.year == quarter.year,
                QuarterReport.quarter == quarter.number,
            )
        )
        or {}
    )  # fmt: skip


def _counted(
    session: Session, unit_id: int, quarter: Quarter, today: date, by: date | None
) -> dict[str, str] | None:
    """Return what the shop knows of a quarter, or None when the unit was not there."""
    last = min(quarter.last, today)
    rows = structure_on(session, by or last)
    inside = inside_on(rows, {unit_id})
    if not inside:
        return None
    papers = with_absorbed(session, inside, by or last)
    kinds = [row["kind"] for row in rows if row["id"] in inside]
    of = units_of_sellers_on(session, by or last)
    sellers = [seller for seller, unit in of.items() if unit in inside]
    began, ended = _at(quarter.first), _at(quarter.last + timedelta(days=1))

    def one(statement: Any) -> int:
        return session.scalar(statement) or 0

    stalls = select(func.count()).select_from(Seller).where(
        Seller.id.in_(sellers), Seller.created_at < ended,
        Seller.closed_at.is_(None) | (Seller.closed_at >= ended),
    )  # fmt: skip
    orders = SellerOrder.seller_id.in_(sellers), SellerOrder.placed_at >= began, SellerOrder.placed_at < ended, SellerOrder.state != "cancelled"  # fmt: skip
    given = select(Disbursement).join(Campaign).where(
        Campaign.organisation_id.in_(papers), Disbursement.purpose == "hand_over",
        Disbursement.done_on >= quarter.first, Disbursement.done_on <= quarter.last,
        (Disbursement.form == "goods") | (stays_vnd > 0),
    )  # fmt: skip
    moved = moved_in(
        session, quarter.first, quarter.last, Campaign.organisation_id.in_(papers)
    ).values()
    # A slip that paid in the quarter, and whose goods stayed, is one gift like a hand-over.
    slips = select(FundEntry.slip_id).join(Campaign).where(
        Campaign.organisation_id.in_(papers), FundEntry.kind == EntryKind.SLIP,
        FundEntry.on_day >= quarter.first, FundEntry.on_day <= quarter.last,
    ).group_by(FundEntry.slip_id).having(func.sum(FundEntry.amount_vnd) < 0)  # fmt: skip
    sold = select(
        func.sum(SoldMonth.goods_vnd - SoldMonth.returns_vnd - SoldMonth.reductions_vnd)
    ).where(
        SoldMonth.seller_id.in_(sellers), SoldMonth.month.between(quarter.first, quarter.last)
    )  # fmt: skip
    numbers = {
        "members": count_on(
            session, inside, by or last, Member.joined_on <= last,
            Member.left_on.is_(None) | (Member.left_on >= last),
        ),
        "joined": count_on(
            session, papers, by or last,
            Member.joined_on >= quarter.first, Member.joined_on <= last,
        ),
        "left": count_on(
            session, papers, by or last, Member.left_on >= quarter.first, Member.left_on <= last
        ),
        "branches": kinds.count("branch"),
        "models": one(stalls.where(Seller.entity_kind.in_(("to_hop_tac", "htx")))),
        "helped": one(select(func.count()).select_from(given.subquery()))
        + one(select(func.count()).select_from(slips.subquery())),
        "helped_vnd": sum(fund.handed_over_vnd for fund in moved),
        "fund_vnd": sum(fund.came_vnd for fund in moved),
        "sellers": one(stalls),
        "orders": one(select(func.count()).select_from(SellerOrder).where(*orders)),
        "sold_vnd": one(sold),
        "learnt": came_between(session, papers, began, ended),
        "calls": one(
            select(func.count()).select_from(HelpCall).where(
                HelpCall.organisation_id.in_(papers), HelpCall.state == "open",
                HelpCall.starts_at >= began, HelpCall.starts_at < ended,
            )
        ),
    }  # fmt: skip
    return {key: f"{found:,}".replace(",", ".") for key, found in numbers.items()}


def _at(day: date) -> datetime:
    return datetime.combine(day, time(), VIETNAM)


def shown(line: Line, said: str) -> str:
    """Return what a line says on paper: numbers as the reader's language groups them."""
    cell = _cell(line.kind, said)
    return number(cell) if isinstance(cell, int) else said


def file_rows(lines: Sequence[Line]) -> list[list[object]]:
    """Return the lines for a spreadsheet: counts and sums as numbers, which it can add up."""
    return [
        [str(line.words), *(_cell(line.kind, said) for said in (line.said, line.before))]
        for line in lines
    ]


#: A whole number as people write it here: 6.400.000.
_WHOLE = re.compile(r"\d+|\d{1,3}(\.\d{3})+")


def _cell(kind: str, said: str) -> int | str:
    return int(said.replace(".", "")) if kind != "text" and _WHOLE.fullmatch(said) else said
