"""A seller's money: where it is now, what she sold in some months, and her revenue book."""

from typing import Any

from flask import g, request
from flask.typing import ResponseReturnValue

from shop.db import db
from shop.earnings import queries, rules
from shop.earnings.rules import POTS, Period
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.errors import NotYours
from shop.payouts.queries.pay_days import PayDays, pay_days
from shop.sellers.queries import seller
from shop.selling.views.blueprint import blueprint, page
from shop.shares.rules import TAX_CATEGORIES
from shop.web.files import table_answer
from shop.web.guards import guard
from shop.web.lists import cut_list
from shop.web.tables import TABLES, with_sums
from shop.web.words import _, tr

#: How kinds of goods are called at the head of the book's columns; "" is not said.
CATEGORIES = (*TAX_CATEGORIES, "")


def period() -> Period:
    """Return the days that the reader chose; this month when she chose none."""
    return rules.period_of(request.args.get("ky", ""), vietnam_date(now_utc()))


@blueprint.get("/ban-hang/tien")
@guard("seller")
def earnings() -> ResponseReturnValue:
    """Where her money is now, and what she sold in a period."""
    session, chosen = db.session(), period()
    year = rules.period_of("nam-nay", vietnam_date(now_utc()))
    sold, of_year = queries.sold_in(session, g.stall.id, chosen, year)
    threshold = rules.threshold_of(year.first.year)
    kind = seller(session, g.stall.id).entity_kind
    accounts = queries.her_accounts(session, g.stall.id)
    for_funds = any(account.kind in rules.POTS["gop-quy"] for account in accounts)
    collected = any(account.kind in rules.POTS["o-hoi"] for account in accounts)
    return page(
        "earnings", pots=rules.pots_of(accounts), sold=sold,
        shared_vnd=queries.shared_in(session, g.stall.id, chosen) if for_funds else 0,
        collected=collected, pay_days=_pay_days() if collected else [],
        period=chosen, periods=rules.PERIODS, of_year=of_year, threshold=threshold,
        nears=rules.nears(threshold, kind, of_year.revenue_vnd),
        passes=rules.passes(threshold, kind, of_year.revenue_vnd),
    )  # fmt: skip


def _pay_days() -> list[PayDays]:
    return pay_days(db.session(), g.stall.id, vietnam_date(now_utc()))


@blueprint.get("/ban-hang/tien/dong")
@guard("seller")
def earnings_lines() -> ResponseReturnValue:
    """The lines behind one number, each with its order."""
    pot = request.args.get("o", "")
    if pot not in POTS:
        raise NotYours(what="pot", id=pot[:20])
    session = db.session()
    accounts = queries.her_accounts(session, g.stall.id)
    rows = queries.pot_lines(session, accounts, pot, before_id=_before())
    older = rows[queries.PAGE - 1].id if len(rows) > queries.PAGE else None
    rows = rows[: queries.PAGE]
    mine = {account.id: account for account in accounts}
    return page(
        "earnings_lines", pot=pot, left_vnd=rules.pots_of(accounts)[pot], rows=rows, older=older,
        accounts=mine, shown_vnd=rules.shown_vnd, pay_days=_pay_days() if pot == "o-hoi" else [],
        units=queries.names_of_units(session, {mine[row.account_id].detail for row in rows}),
        orders=queries.orders_about(session, g.stall.id, {row.subject for row in rows}),
    )  # fmt: skip


def _before() -> int | None:
    typed = request.args.get("truoc", "")
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 16 else None


@blueprint.get("/ban-hang/tien/so")
@guard("seller")
def revenue_book() -> ResponseReturnValue:
    """Her revenue book of a period: a page to print, or a file with ?tep=csv or xlsx."""
    chosen = period()
    book = queries.revenue_book(db.session(), g.stall.id, chosen)
    used = [name for name in CATEGORIES if any(name in line.by_category for line in book)]
    ending = request.args.get("tep", "")
    if ending in TABLES:
        return _file(ending, chosen, book, used or ["goods"])
    number = request.args.get("trang", "1")
    found = cut_list(book, int(number) if number.isdecimal() and len(number) < 6 else 1,
                     queries.BOOK_PAGE)  # fmt: skip
    return page(
        "revenue_book", found=found, period=chosen, periods=rules.PERIODS, used=used,
        category=category, sums={name: _sum(book, name) for name in used},
        delivery_vnd=sum(line.delivery_vnd for line in book),
        sum_vnd=sum(line.sum_vnd for line in book), told=told,
    )  # fmt: skip


def category(name: str) -> str:
    """Return how a kind of goods is called at the head of a column."""
    words = {
        "goods": _("Hàng hoá"),
        "goods_service": _("Sản xuất, dịch vụ có hàng"),
        "services": _("Dịch vụ"),
        "other": _("Việc khác"),
    }
    return words.get(name, _("Chưa ghi loại"))


def told(line: queries.BookLine) -> str:
    """Return what a line of the book is about."""
    titles = [tr(row, "title") for row in line.titles]
    things = ", ".join(titles[:3]) + (" …" if len(titles) > 3 else "")
    if line.is_reduction:
        return (
            _("Bớt cho khách: %(things)s", things=things)
            if line.sum_vnd < 0
            else _("Thôi bớt cho khách: %(things)s", things=things)
        )
    return _("Khách trả lại: %(things)s", things=things) if line.is_return else things


def _sum(book: list[queries.BookLine], name: str) -> int:
    return sum(line.by_category.get(name, 0) for line in book)


def _file(
    ending: str, chosen: Period, book: list[queries.BookLine], used: list[str]
) -> ResponseReturnValue:
    head = [
        _("Ngày"), _("Số chứng từ"), _("Diễn giải"),
        *(f"{category(name)}, đồng" for name in used), _("Phí giao khách trả, đồng"),
        _("Cộng, đồng"),
    ]  # fmt: skip
    rows: list[list[Any]] = [
        [
            line.on, line.code, told(line),
            *(line.by_category.get(name, 0) for name in used), line.delivery_vnd, line.sum_vnd,
        ]
        for line in book
    ]  # fmt: skip
    stem = f"so-doanh-thu-{chosen.first.isoformat()}-{chosen.last.isoformat()}"
    return table_answer(ending, head, with_sums(rows, range(3, len(head))), stem)
