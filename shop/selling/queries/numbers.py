"""What a stall sold in some days, to where, to whom again, and what did not arrive.

Every read is one statement over all of the days, so that a stall with many orders asks as
often as one with few.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Select, and_, case, func, or_, select
from sqlalchemy.orm import Session, aliased

from shop.earnings.models import Reduction
from shop.earnings.queries import BORNE, CAME_BACK, FEE_PAID, FEE_SPARED, GOODS_SPARED, had_arrived
from shop.kernel.clock import VIETNAM
from shop.ordering.models import (
    GoodsReturn,
    GoodsReturnLine,
    LineItem,
    Order,
    SellerOrder,
    SellerOrderMove,
)
from shop.ordering.rules import SellerOrderState as S
from shop.selling.number_rules import (
    ABROAD,
    ARRIVED,
    COLLECTED,
    SOURCES,
    UNKNOWN,
    Buyers,
    Numbers,
    Pack,
    Span,
    gathered,
)

_EVER = datetime(2000, 1, 1, tzinfo=UTC)
_BACK = aliased(SellerOrderMove)
#: A step that was tapped wrongly: the parcel went on its way again from where it stood, or waits
#: at the market's stall again.
_TAKEN_BACK = (
    select(_BACK.id)
    .where(
        _BACK.seller_order_id == SellerOrderMove.seller_order_id,
        _BACK.to_state.in_((S.HANDED_OVER, S.READY_FOR_PICKUP)),
        _BACK.from_state == SellerOrderMove.to_state,
        _BACK.id > SellerOrderMove.id,
    )
    .exists()
)
#: How a move ends a parcel's way. What a carrier could not deliver ended when it came home.
_OUTCOME = case(
    (SellerOrderMove.to_state == S.DELIVERED, ARRIVED),
    (SellerOrderMove.to_state == S.RETURNED, "failed"),
    else_=SellerOrderMove.to_state,
)
_ENDS = or_(
    and_(
        SellerOrderMove.to_state.in_((S.DELIVERED, S.NOT_COLLECTED, S.REFUSED, S.LOST)),
        SellerOrderMove.from_state != S.RETURNED,
        ~_TAKEN_BACK,
    ),
    and_(SellerOrderMove.to_state == S.RETURNED, SellerOrderMove.from_state == S.DELIVERY_FAILED),
)
_ENDING = (S.DELIVERED, S.NOT_COLLECTED, S.REFUSED, S.LOST, S.RETURNED)
_PLACE = case(
    (SellerOrder.delivery == "pickup", COLLECTED),
    (Order.country != "VN", ABROAD),
    else_=func.coalesce(Order.province_code, UNKNOWN),
)


def numbers_of(
    session: Session, seller_id: int, span: Span, earlier: Span, source: str = ""
) -> Numbers:
    """Return everything of a span, beside the span before it. Eight statements.

    Args:
        source: one of ``SOURCES``, or "" for all.
    """
    hers = [SellerOrder.seller_id == seller_id]
    if source:
        hers.append(SellerOrder.source_kind.in_(SOURCES[source]))
    since, until = _midnight(earlier.first), _midnight(span.last + timedelta(days=1))
    begins = _midnight(span.first)
    sums = gathered(
        session.execute(_ended(hers, span, since, until)),
        session.execute(_returned(hers, span, since, until)),
        session.execute(_reduced(hers, span, since, until)),
        session.execute(_placed(hers, span, since, until)),
        span.days,
    )
    packs, pieces_before = _packs(session, hers, since, begins, until)
    return Numbers(
        **sums, packs=packs, pieces=sum(pack.pieces for pack in packs),
        pieces_before=pieces_before, buyers=_buyers(session, hers, begins, until),
    )  # fmt: skip


def _midnight(on: date) -> datetime:
    return datetime.combine(on, time(), VIETNAM).astimezone(UTC)


def _bucket(column: Any, span: Span) -> Any:
    """Return which day of the span a moment is in, from 0; −1 before it."""
    ends = [(column < _midnight(on), n - 1) for n, on in enumerate(span.days)]
    return case(*ends, else_=len(span.days) - 1).label("bucket")


def _ended(
    hers: Sequence[Any], span: Span, since: datetime, until: datetime
) -> Select[*tuple[Any, ...]]:
    rows = (
        select(
            _bucket(SellerOrderMove.at, span), _OUTCOME.label("outcome"),
            SellerOrder.source_kind.label("source"), _PLACE.label("place"),
            (SellerOrder.method == "cod").label("cod"),
            (SellerOrder.items_vnd - BORNE).label("goods_vnd"),
            (SellerOrder.shipping_vnd + FEE_PAID).label("delivery_vnd"),
        )
        .join(SellerOrder, SellerOrder.id == SellerOrderMove.seller_order_id)
        .join(Order, Order.id == SellerOrder.order_id)
        .where(
            *hers, SellerOrderMove.to_state.in_(_ENDING), SellerOrderMove.at >= since,
            SellerOrderMove.at < until, _ENDS,
        )
        .subquery()
    )  # fmt: skip
    keys = (rows.c.bucket, rows.c.outcome, rows.c.source, rows.c.place, rows.c.cod)
    return select(
        *keys, func.count().label("parcels"), func.sum(rows.c.goods_vnd).label("goods_vnd"),
        func.sum(rows.c.delivery_vnd).label("delivery_vnd"),
    ).group_by(*keys)  # fmt: skip


def _returned(
    hers: Sequence[Any], span: Span, since: datetime, until: datetime
) -> Select[*tuple[Any, ...]]:
    rows = (
        select(
            _bucket(GoodsReturn.at, span), SellerOrder.source_kind.label("source"),
            _PLACE.label("place"), GoodsReturn.reason,
            (GoodsReturn.items_vnd + GOODS_SPARED).label("goods_vnd"),
            (GoodsReturn.shipping_vnd + FEE_SPARED).label("delivery_vnd"),
        )
        .join(SellerOrder, SellerOrder.id == GoodsReturn.seller_order_id)
        .join(Order, Order.id == SellerOrder.order_id)
        .where(*hers, GoodsReturn.at >= since, GoodsReturn.at < until, had_arrived(), CAME_BACK)
        .subquery()
    )  # fmt: skip
    keys = (rows.c.bucket, rows.c.source, rows.c.place, rows.c.reason)
    return select(
        *keys, func.count().label("times"), func.sum(rows.c.goods_vnd).label("goods_vnd"),
        func.sum(rows.c.delivery_vnd).label("delivery_vnd"),
    ).group_by(*keys)  # fmt: skip


def _reduced(
    hers: Sequence[Any], span: Span, since: datetime, until: datetime
) -> Select[*tuple[Any, ...]]:
    rows = (
        select(
            _bucket(Reduction.at, span), SellerOrder.source_kind.label("source"),
            _PLACE.label("place"), Reduction.vnd,
        )
        .join(SellerOrder, SellerOrder.id == Reduction.seller_order_id)
        .join(Order, Order.id == SellerOrder.order_id)
        .where(*hers, Reduction.at >= since, Reduction.at < until)
        .subquery()
    )  # fmt: skip
    keys = (rows.c.bucket, rows.c.source, rows.c.place)
    return select(*keys, func.sum(rows.c.vnd).label("vnd")).group_by(*keys)


def _placed(
    hers: Sequence[Any], span: Span, since: datetime, until: datetime
) -> Select[*tuple[Any, ...]]:
    rows = (
        select(
            _bucket(SellerOrder.placed_at, span), SellerOrder.source_kind.label("source"),
            (SellerOrder.items_vnd - BORNE).label("goods_vnd"),
        )
        .where(
            *hers, SellerOrder.placed_at >= since, SellerOrder.placed_at < until,
            SellerOrder.state != S.CANCELLED,
        )
        .subquery()
    )  # fmt: skip
    return select(
        rows.c.bucket, rows.c.source, func.count().label("parcels"),
        func.sum(rows.c.goods_vnd).label("goods_vnd"),
    ).group_by(rows.c.bucket, rows.c.source)  # fmt: skip


def _arrived(
    *columns: Any, hers: Sequence[Any], since: datetime, until: datetime
) -> Select[*tuple[Any, ...]]:
    """Select of her parcels that arrived between two moments."""
    return (
        select(*columns)
        .select_from(SellerOrderMove)
        .join(SellerOrder, SellerOrder.id == SellerOrderMove.seller_order_id)
        .where(
            *hers, SellerOrderMove.to_state == S.DELIVERED, SellerOrderMove.from_state != S.RETURNED,
            ~_TAKEN_BACK, SellerOrderMove.at >= since, SellerOrderMove.at < until,
        )
    )  # fmt: skip


def _packs(
    session: Session, hers: Sequence[Any], since: datetime, begins: datetime, until: datetime
) -> tuple[list[Pack], int]:
    """Return the packs of the span, most money first, and how many pieces went before it."""
    now = case((SellerOrderMove.at >= begins, 1), else_=0).label("now")
    lines = (
        _arrived(
            now, LineItem.variant_id, LineItem.quantity, LineItem.total_vnd, LineItem.id,
            hers=hers, since=since, until=until,
        )
        .join(LineItem, LineItem.seller_order_id == SellerOrder.id)
        .subquery()
    )  # fmt: skip
    sold = session.execute(
        select(
            lines.c.now, lines.c.variant_id, func.sum(lines.c.quantity).label("pieces"),
            func.sum(lines.c.total_vnd).label("vnd"), func.max(lines.c.id).label("last_id"),
        ).group_by(lines.c.now, lines.c.variant_id)
    ).all()  # fmt: skip
    back = dict(
        session.execute(
            select(LineItem.variant_id, func.sum(GoodsReturnLine.quantity))
            .join(GoodsReturnLine, GoodsReturnLine.line_item_id == LineItem.id)
            .join(GoodsReturn, GoodsReturn.id == GoodsReturnLine.return_id)
            .join(SellerOrder, SellerOrder.id == GoodsReturn.seller_order_id)
            .where(
                *hers, GoodsReturn.at >= begins, GoodsReturn.at < until, had_arrived(), CAME_BACK
            )
            .group_by(LineItem.variant_id)
        ).all()  # type: ignore[arg-type]
    )
    last = {row.variant_id: row for row in sold if row.now}
    names = _names(session, hers, [row.last_id for row in last.values()], set(back) - set(last))
    packs = [
        Pack(
            variant_id, *names[variant_id][1:],
            pieces=int(last[variant_id].pieces) if variant_id in last else 0,
            vnd=int(last[variant_id].vnd) if variant_id in last else 0,
            came_back=int(back.get(variant_id, 0)),
        )
        for variant_id in names
    ]  # fmt: skip
    packs.sort(key=lambda pack: (-pack.vnd, -pack.pieces, pack.variant_id))
    return packs, sum(int(row.pieces) for row in sold if not row.now)


def _names(
    session: Session, hers: Sequence[Any], line_ids: Sequence[int], others: set[int]
) -> dict[int, Any]:
    """Return how packs were called when they were last sold, by variant.

    Args:
        line_ids: of those that were sold; others: variants that only came back.
    """
    columns = (
        LineItem.variant_id, LineItem.title_vi, LineItem.title_en, LineItem.variant_vi,
        LineItem.variant_en,
    )  # fmt: skip
    wanted = select(*columns).where(LineItem.id.in_(line_ids))
    if others:
        newest = (
            select(func.max(LineItem.id))
            .join(SellerOrder, SellerOrder.id == LineItem.seller_order_id)
            .where(*hers, LineItem.variant_id.in_(others))
            .group_by(LineItem.variant_id)
        )
        wanted = select(*columns).where(or_(LineItem.id.in_(line_ids), LineItem.id.in_(newest)))
    return {row.variant_id: row for row in session.execute(wanted)}


def _buyers(session: Session, hers: Sequence[Any], begins: datetime, until: datetime) -> Buyers:
    """Count buyers by the keyed index of their phone: guests too, no name and no number is read.

    One walk over all that ever arrived: who bought before is among them.
    """
    now = SellerOrderMove.at >= begins
    one = (
        _arrived(
            Order.phone_index.label("who"),
            func.count(case((now, SellerOrder.order_id)).distinct()).label("orders"),
            func.count(case((now, 1))).label("parcels"),
            func.count(case((~now, 1))).label("earlier"),
            hers=hers, since=_EVER, until=until,
        )
        .join(Order, Order.id == SellerOrder.order_id)
        .group_by(Order.phone_index)
        .subquery()
    )  # fmt: skip
    named = and_(one.c.who != "", one.c.orders > 0)
    unnamed = case((one.c.who == "", one.c.parcels), else_=0)
    row = session.execute(
        select(
            func.count(case((named, 1))),
            func.count(case((and_(named, or_(one.c.orders > 1, one.c.earlier > 0)), 1))),
            func.coalesce(func.sum(unnamed), 0),
        )
    ).one()
    return Buyers(int(row[0]), int(row[1]), int(row[2]))
