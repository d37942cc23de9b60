"""Reads of reviews: what of an order can be reviewed, what everybody sees, what the maker and the desk see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, bindparam, case, exists, func, or_, select
from sqlalchemy.orm import Session

from shop.accounts.models import Account
from shop.catalogue.models import Product
from shop.db import the_one
from shop.kernel.errors import NotYours
from shop.ordering.models import LineItem, Order, SellerOrder, SellerOrderMove, WrittenOrder
from shop.ordering.queries import WAS_TAKEN_BACK
from shop.ordering.rules import SellerOrderState
from shop.reviews.models import Review, ReviewSum, ReviewVersion
from shop.reviews.rules import ARRIVED, WRITE_FOR, Counts, change_until, within
from shop.sellers.models import HelperGrant, Seller, SellerMember

#: So many stand on the product's own page, and on a page of their own list.
NEWEST, PER_PAGE = 5, 20

#: What the product's page reads with its product: the numbers of all its reviews.
SUM_COLUMNS = tuple(
    func.coalesce(column, 0).label(f"reviews_{name}")
    for name, column in (
        ("1", ReviewSum.stars_1), ("2", ReviewSum.stars_2), ("3", ReviewSum.stars_3),
        ("4", ReviewSum.stars_4), ("5", ReviewSum.stars_5), ("version", ReviewSum.version),
    )
)  # fmt: skip


def counts_of(row: Any) -> Counts:
    """Return the counts of a row that was read with ``SUM_COLUMNS``."""
    return Counts(row.reviews_1, row.reviews_2, row.reviews_3, row.reviews_4, row.reviews_5)


@dataclass(frozen=True)
class Reviewable:
    """One product of one seller's part of an order, counted from 1 through the whole order."""

    number: int
    #: Its titles as sold: seller_order_id, product_id, title_vi/_en, seller_name_vi/_en, state.
    row: Any
    arrived_at: datetime | None
    review: Review | None
    #: The stall wrote this order itself.
    is_own: bool

    def may_write(self, now: datetime) -> bool:
        """Whether a first review, or a change of it, is taken now."""
        if self.review is None and (not self.has_arrived or self.is_own):
            return False
        return within(self.closes_at, now)

    @property
    def has_arrived(self) -> bool:
        return self.arrived_at is not None and self.row.state in ARRIVED

    @property
    def closes_at(self) -> datetime:
        """Until when it can be written, or changed."""
        if self.review is not None:
            return change_until(self.review.written_at, self.arrived_at or self.review.written_at)
        if self.arrived_at is None:
            raise ValueError("It has not arrived.")
        return self.arrived_at + WRITE_FOR


def reviewables(session: Session, order_id: int) -> list[Reviewable]:
    """Return all products of an order, also of parts that never came: their numbers never move.

    Four statements.
    """
    rows = session.execute(
        select(
            SellerOrder.id.label("seller_order_id"), SellerOrder.seller_id, SellerOrder.state,
            SellerOrder.seller_name_vi, SellerOrder.seller_name_en,
            LineItem.product_id, func.min(LineItem.title_vi).label("title_vi"),
            func.min(LineItem.title_en).label("title_en"),
            func.min(LineItem.product_slug).label("product_slug"),
        )
        .join(LineItem, LineItem.seller_order_id == SellerOrder.id)
        .where(SellerOrder.order_id == order_id)
        .group_by(*(SellerOrder.id, SellerOrder.seller_id, SellerOrder.state,
                    SellerOrder.seller_name_vi, SellerOrder.seller_name_en, LineItem.product_id))
        .order_by(SellerOrder.id, func.min(LineItem.id))
    ).all()  # fmt: skip
    parts = sorted({row.seller_order_id for row in rows})
    arrived: dict[int, datetime] = dict(
        session.execute(
            select(SellerOrderMove.seller_order_id, func.max(SellerOrderMove.at))
            .where(
                SellerOrderMove.seller_order_id.in_(parts),
                SellerOrderMove.to_state == SellerOrderState.DELIVERED,
                ~WAS_TAKEN_BACK,
            )
            .group_by(SellerOrderMove.seller_order_id)
        ).all()  # type: ignore[arg-type]
    )
    written = {
        (row.seller_order_id, row.product_id): row
        for row in session.scalars(select(Review).where(Review.seller_order_id.in_(parts)))
    }
    own = set(
        session.scalars(select(WrittenOrder.seller_id).where(WrittenOrder.order_id == order_id))
    )
    return [
        Reviewable(
            number, row, arrived.get(row.seller_order_id),
            written.get((row.seller_order_id, row.product_id)), row.seller_id in own,
        )
        for number, row in enumerate(rows, 1)
    ]  # fmt: skip


def reviewable(session: Session, order_id: int, number: int) -> Reviewable:
    """Return the n-th product of an order.

    Raises:
        NotYours: it has fewer.
    """
    found = reviewables(session, order_id)
    if not 1 <= number <= len(found):
        raise NotYours
    return found[number - 1]


def is_of_the_stall(
    session: Session, *, order_id: int, seller_id: int, writer_id: int | None
) -> bool:
    """Tell whether who ordered or who writes works at the stall, by account or by phone.

    Two statements.
    """
    order = session.execute(
        select(Order.account_id, Order.phone_index).where(Order.id == order_id)
    ).one()
    people = (
        select(SellerMember.account_id.label("id"))
        .where(SellerMember.seller_id == seller_id)
        .union(select(HelperGrant.helper_id).where(HelperGrant.seller_id == seller_id))
        .subquery()
    )
    mine = [one for one in (order.account_id, writer_id) if one is not None]
    return (
        session.scalar(
            select(Account.id)
            .join(people, people.c.id == Account.id)
            .where(or_(Account.id.in_(mine), Account.phone_index == order.phone_index))
            .limit(1)
        )
        is not None
    )


#: Whether some of it came back: said beside the review, which stays.
_CAME_BACK = exists().where(
    LineItem.seller_order_id == Review.seller_order_id,
    LineItem.product_id == Review.product_id,
    LineItem.returned > 0,
)
#: What everybody may read. Hidden words never leave the database by this.
_PUBLIC = (
    Review.id, Review.product_id, Review.stars, Review.shown_name, Review.place, Review.locale,
    Review.written_at, Review.changed_at, Review.hidden_at, Review.hidden_reason,
    Review.replied_at, Review.reply_hidden_at, Review.reply_hidden_reason,
    case((Review.hidden_at.is_(None), Review.text), else_="").label("text"),
    case((Review.reply_hidden_at.is_(None), Review.reply), else_="").label("reply"),
    _CAME_BACK.label("came_back"),
)  # fmt: skip
_NEWEST_FIRST = (Review.written_at.desc(), Review.id.desc())


def reviews_of_product(product_id: int) -> Select[*tuple[Any, ...]]:
    """Return the statement of a product's reviews as everybody reads them, newest first."""
    return select(*_PUBLIC).where(Review.product_id == product_id).order_by(*_NEWEST_FIRST)


def newest_of_product(session: Session, product_id: int) -> Sequence[Any]:
    """Return the last reviews of a product. One statement."""
    return session.execute(reviews_of_product(product_id).limit(NEWEST)).all()


_SUMS_OF_SELLER = select(
    *(
        func.coalesce(func.sum(column), 0)
        for column in (
            ReviewSum.stars_1, ReviewSum.stars_2, ReviewSum.stars_3, ReviewSum.stars_4,
            ReviewSum.stars_5,
        )
    )
).where(ReviewSum.seller_id == bindparam("seller"))  # fmt: skip


def counts_of_seller(session: Session, seller_id: int) -> Counts:
    """Return the counts over all goods of a maker. One statement."""
    return Counts(*map(int, session.execute(_SUMS_OF_SELLER, {"seller": seller_id}).one()))


def newest_of_seller(session: Session, seller_id: int, limit: int) -> tuple[Sequence[Any], Counts]:
    """Return (the last reviews of a maker's goods, the counts of all). One statement.

    Each row has title, address and state of its good.
    """
    rows = session.execute(
        select(
            *_PUBLIC, Product.title_vi, Product.title_en, Product.slug, Product.state,
            *(
                select(func.sum(getattr(ReviewSum, f"stars_{stars}")))
                .where(ReviewSum.seller_id == seller_id)
                .scalar_subquery()
                .label(f"reviews_{stars}")
                for stars in range(1, 6)
            ),
        )
        .join(Product, Product.id == Review.product_id)
        .where(Review.seller_id == seller_id)
        .order_by(*_NEWEST_FIRST)
        .limit(limit)
    ).all()  # fmt: skip
    counts = counts_of(rows[0]) if rows else Counts()
    return rows, Counts(*map(int, counts))


#: For the maker and the desk: everything, with the good it is about.
_WHOLE = (
    *Review.__table__.c, _CAME_BACK.label("came_back"), Product.title_vi, Product.title_en,
    Product.slug,
)  # fmt: skip


def reviews_for_maker(seller_id: int) -> Select[*tuple[Any, ...]]:
    """Return the statement of a maker's reviews: those without a reply first, then the newest."""
    return (
        select(*_WHOLE)
        .join(Product, Product.id == Review.product_id)
        .where(Review.seller_id == seller_id)
        .order_by(Review.replied_at.is_not(None), *_NEWEST_FIRST)
    )


def unanswered(session: Session, seller_id: int) -> int:
    """Return how many reviews of a maker's goods have no reply."""
    return (
        session.scalar(
            select(func.count()).where(Review.seller_id == seller_id, Review.replied_at.is_(None))
        )
        or 0
    )


#: What waits for the desk: a report without an answer, words that were changed while hidden.
WAITS = or_(
    and_(Review.reported_at.is_not(None), Review.report_answered_at.is_(None)),
    and_(Review.hidden_at.is_not(None), Review.changed_at > Review.hidden_at),
)
_TOUCHED = or_(
    Review.reported_at.is_not(None),
    Review.hidden_at.is_not(None),
    Review.reply_hidden_at.is_not(None),
)


def reviews_for_desk(units: Select[int] | None, *, all_of_them: bool) -> Select[*tuple[Any, ...]]:
    """Return the statement of what the desk looks at, what waits first; None: of all units.

    Args:
        all_of_them: also reviews that nobody reported and nobody hid.
    """
    wanted = (
        select(
            *_WHOLE, Seller.name_vi.label("seller_vi"), Seller.name_en.label("seller_en"),
            WAITS.label("waits"),
        )
        .join(Product, Product.id == Review.product_id)
        .join(Seller, Seller.id == Review.seller_id)
        .order_by(case((WAITS, 0), else_=1), *_NEWEST_FIRST)
    )  # fmt: skip
    if units is not None:
        wanted = wanted.where(Seller.organisation_id.in_(units))
    return wanted if all_of_them else wanted.where(_TOUCHED)


def review(session: Session, review_id: int, *, to_change: bool = False) -> Review:
    """Return a review.

    Args:
        to_change: held until the transaction ends.

    Raises:
        NotYours: there is none.
    """
    return the_one(session, Review, review_id, to_change=to_change)


def whole_review(session: Session, review_id: int) -> Any:
    """Return one review as ``reviews_for_desk`` returns it.

    Raises:
        NotYours: there is none.
    """
    row = session.execute(
        reviews_for_desk(None, all_of_them=True).where(Review.id == review_id)
    ).one_or_none()
    if row is None:
        raise NotYours
    return row


def versions_of(session: Session, review_id: int) -> Sequence[ReviewVersion]:
    """Return the words as they stood before each change, the last first: for the desk alone."""
    return session.scalars(
        select(ReviewVersion)
        .where(ReviewVersion.review_id == review_id)
        .order_by(ReviewVersion.id.desc())
    ).all()


_counted = (
    select(
        Review.product_id,
        *(
            func.sum(case((Review.stars == stars, 1), else_=0)).label(f"stars_{stars}")
            for stars in range(1, 6)
        ),
    )
    .group_by(Review.product_id)
    .subquery()
)
INVARIANTS: dict[str, Any] = {
    "the stars kept of each product are those of its reviews": (
        select(
            func.coalesce(ReviewSum.product_id, _counted.c.product_id).label("product_id"),
            *(
                column
                for stars in range(1, 6)
                for column in (
                    getattr(ReviewSum, f"stars_{stars}").label(f"kept_{stars}"),
                    _counted.c[f"stars_{stars}"].label(f"found_{stars}"),
                )
            ),
        )
        .select_from(ReviewSum)
        .join(_counted, _counted.c.product_id == ReviewSum.product_id, full=True)
        .where(
            or_(
                *(
                    func.coalesce(getattr(ReviewSum, f"stars_{stars}"), 0)
                    != func.coalesce(_counted.c[f"stars_{stars}"], 0)
                    for stars in range(1, 6)
                )
            )
        )
    ),
    "every review is of goods that its order bought of that seller": (
        select(Review.id, Review.seller_order_id, Review.product_id)
        .outerjoin(SellerOrder, SellerOrder.id == Review.seller_order_id)
        .where(
            or_(
                SellerOrder.id.is_(None),
                SellerOrder.seller_id != Review.seller_id,
                ~exists().where(
                    LineItem.seller_order_id == Review.seller_order_id,
                    LineItem.product_id == Review.product_id,
                ),
            )
        )
    ),
}
