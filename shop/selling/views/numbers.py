"""A seller's numbers: what sold in some days, where to, to whom again, and what did not arrive."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from flask import g, request
from flask.typing import ResponseReturnValue

from shop.db import db
from shop.kernel.clock import now_utc, vietnam_date
from shop.places.queries import provinces
from shop.selling import number_rules as rules
from shop.selling.number_rules import Numbers, Pack, Span, Tally
from shop.selling.queries.numbers import numbers_of
from shop.selling.views.blueprint import blueprint, page
from shop.web.files import table_answer
from shop.web.guards import guard
from shop.web.limits import limit
from shop.web.tables import TABLES
from shop.web.words import _, day, language, tr

AT = "/ban-hang/so-lieu"
#: Packs shown on the page; what more there is stands in one line, and whole in the file.
MOST_PACKS = 40


@blueprint.get(AT)
@guard("seller")
def numbers() -> ResponseReturnValue:
    """Her numbers of some days as a page, or as a file with ?tep=csv or xlsx."""
    session, today = db.session(), vietnam_date(now_utc())
    span = rules.span_of(request.args.get("ky", ""), today)
    source = request.args.get("nguon", "")
    source = source if source in rules.SOURCES else ""
    earlier = rules.before(span, today)
    ending = request.args.get("tep", "")
    if ending in TABLES:
        limit("60 per 1 hour", "numbers-file", str(g.stall.id))
    found = numbers_of(session, g.stall.id, span, earlier, source)
    names = {row.code: row.name for row in provinces(session)}
    if ending in TABLES:
        return _file(ending, span, found, names)
    return page(
        "numbers", found=found, span=span, earlier=earlier, following=rules.after(span, today),
        today=today, source=source, sources=rules.SOURCES, months=rules.months_to_pick(today),
        bars=rules.bars([(on, tally.goods_vnd) for on, tally in found.by_day.items()], today),
        tiles=rules.tiles(names, {place: t.orders for place, t in found.by_place.items()}),
        rules=rules, span_words=span_words, place_words=lambda place: place_words(place, names),
        per_cent=per_cent, outcome=outcome, reason=reason, source_words=source_words,
        pack_words=pack_words, most_packs=MOST_PACKS,
    )  # fmt: skip


def span_words(span: Span, today: Any) -> str:
    """Return how a span is called: "Hôm nay", "Tháng 11/2026", "7 ngày, từ … đến …"."""
    if span.kind == "day":
        return _("Hôm nay") if span.first == today else _("Ngày %(day)s", day=day(span.first, "year"))  # fmt: skip
    if span.kind == "month":
        return _("Tháng %(month)s", month=month_words(span))
    return _("7 ngày, %(first)s đến %(last)s", first=day(span.first, "short"), last=day(span.last, "year"))  # fmt: skip


def month_words(span: Span) -> str:
    """Return "11/2026" / "Nov 2026"."""
    if language() == "en":
        return day(span.first, "year").partition(" ")[2]
    return f"{span.first.month}/{span.first.year}"


def per_cent(part: int, whole: int) -> str:
    """Return "7,5 %" / "7.5%"."""
    ones, tenths = rules.per_cent(part, whole)
    if language() == "en":
        return f"{ones}.{tenths}%" if tenths else f"{ones}%"
    return f"{ones},{tenths}\xa0%" if tenths else f"{ones}\xa0%"


def place_words(place: str, names: dict[str, str]) -> str:
    """Return the name of a province, or what it is that is none."""
    words = {
        rules.COLLECTED: _("Khách tới lấy, phiên chợ"),
        rules.ABROAD: _("Nước ngoài"),
        rules.UNKNOWN: _("Chưa rõ tỉnh"),
    }
    return words.get(place) or names.get(place, place)


def outcome(name: str) -> str:
    """Return how the way of a parcel ended, in a seller's words."""
    return {
        rules.ARRIVED: _("Tới tay khách"),
        "refused": _("Khách không nhận"),
        "not_collected": _("Khách không đến lấy"),
        "failed": _("Giao không được, hàng về lại"),
        "lost": _("Thất lạc trên đường"),
    }[name]


def reason(name: str) -> str:
    """Return why goods came back after they had arrived."""
    words = {"faulty": _("Hàng hỏng, sai, thiếu"), "change_of_mind": _("Khách đổi ý")}
    return words.get(name, _("Hàng về lại, chưa rõ vì sao"))


def source_words(name: str) -> str:
    """Return where goods were sold."""
    return {
        "gian-hang": _("Tại gian hàng"), "phien-cho": _("Phiên chợ"), "gay-quy": _("Gây quỹ"),
    }[name]  # fmt: skip


def pack_words(pack: Pack) -> str:
    """Return product and pack."""
    title, variant = tr(pack, "title"), tr(pack, "variant")
    return f"{title}, {variant}" if variant else title


def _rows(found: Numbers, span: Span, names: dict[str, str]) -> Iterator[list[Any]]:
    """Return every table of the page in one: what it is of, the line, its numbers."""

    def tally(of: str, line: str | date, sums: Tally, pieces: int | None = None) -> list[Any]:
        return [
            of, line, sums.orders, pieces, sums.goods_vnd, sums.returns_vnd, sums.reductions_vnd,
            sums.delivery_vnd, sums.revenue_vnd, sums.failed, sums.placed,
        ]  # fmt: skip

    whole = tally(_("Cả kỳ"), span_words(span, None), found.whole, found.pieces)
    yield whole
    for on, sums in found.by_day.items():
        yield tally(_("Từng ngày"), on, sums)
    for pack in found.packs:
        yield [_("Từng món"), pack_words(pack), None, pack.pieces, pack.vnd]
    if found.reduced_vnd:
        yield [_("Từng món"), _("Giảm giá chị chịu"), None, None, -found.reduced_vnd]
    for place, sums in rules.most_first(found.by_place):
        yield [*tally(_("Nơi gửi tới"), place_words(place, names), sums)[:-1], None]
    for source, sums in rules.most_first(found.by_source):
        yield tally(_("Bán ở đâu"), source_words(source), sums)
    for row in found.ended:
        yield [_("Gói hàng đi tới đâu"), outcome(row.outcome), row.parcels]
    for name, (times, vnd) in found.returns.items():
        yield [_("Khách trả lại"), reason(name), times, None, None, vnd]
    yield [_("Khách mua"), _("Tất cả khách"), found.buyers.all]
    yield [_("Khách mua"), _("Khách quay lại"), found.buyers.returning]


def _file(ending: str, span: Span, found: Numbers, names: dict[str, str]) -> ResponseReturnValue:
    head = [
        _("Bảng số liệu"), _("Dòng"), _("Số đơn, số khách"), _("Bán ra"), _("Tiền hàng, đồng"),
        _("Khách trả lại, đồng"), _("Bớt cho khách, đồng"), _("Phí giao khách trả, đồng"),
        _("Doanh thu, đồng"), _("Không tới tay"), _("Đơn mới đặt"),
    ]  # fmt: skip
    rows = [[*row, *[None] * (len(head) - len(row))] for row in _rows(found, span, names)]
    stem = f"so-lieu-{span.first.isoformat()}-{span.last.isoformat()}"
    return table_answer(ending, head, rows, stem)
