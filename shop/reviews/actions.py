"""Reviews are written and changed by who ordered, answered by the maker, and judged at the desk."""

from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from shop.audit.actions import note
from shop.catalogue.models import Product
from shop.db import one_at_a_time, the_one, touch, upsert_into
from shop.kernel.errors import NotYours
from shop.ordering.models import Order, SellerOrder
from shop.outbox.relay import record
from shop.reviews.events import ReviewAnswered, ReviewJudged, ReviewReported, ReviewWritten
from shop.reviews.models import Review, ReviewSum, ReviewVersion
from shop.reviews.queries import is_of_the_stall, review, reviewable
from shop.reviews.rules import (
    CHANGE_FOR,
    HIDEABLE,
    ReviewFixed,
    ReviewMovedOn,
    ReviewOfOwn,
    change_until,
    may_report,
    need_open,
    need_reason,
    within,
)
from shop.reviews.rules import (
    ReviewReported as ReportedBefore,
)


def write_review(
    session: Session,
    *,
    order_id: int,
    number: int,
    stars: int,
    text: str,
    shown_name: str,
    place: str,
    locale: str,
    writer_id: int | None,
    now: datetime,
) -> Review:
    """Keep what a buyer says of the n-th product of her order; said again, it is changed.

    One order has one review of a product, however often and from wherever the form is sent.

    Args:
        writer_id: whoever is signed in while she writes.

    Raises:
        NotYours, NotArrivedYet, ReviewTooLate
        ReviewOfOwn: the stall wrote the order, or somebody of it ordered or is signed in.
        ReviewFixed: it was written too long ago to be changed.
    """
    of = reviewable(session, order_id, number)
    said = {"stars": stars, "text": text, "shown_name": shown_name, "place": place}
    if of.is_own or is_of_the_stall(
        session, order_id=order_id, seller_id=of.row.seller_id, writer_id=writer_id
    ):
        raise ReviewOfOwn
    if of.review is None:
        # Held, as by whoever takes the arrival back meanwhile: one of the two sees the other.
        part = the_one(session, SellerOrder, of.row.seller_order_id, to_change=True)
        need_open(part.state, of.arrived_at, now)
        review_id = session.scalar(
            upsert_into(session, Review)
            .values(
                seller_id=of.row.seller_id, product_id=of.row.product_id,
                seller_order_id=of.row.seller_order_id, locale=locale, written_at=now,
                reply="", hidden_reason="", reply_hidden_reason="", report_reason="",
                report_text="", report_answer="", **said,
            )
            .on_conflict_do_nothing(index_elements=["seller_order_id", "product_id"])
            .returning(Review.id)
        )  # fmt: skip
        if review_id is not None:
            row = review(session, review_id)
            _count(session, row, added=stars)
            record(session, ReviewWritten(review_id, 0), now)
            return row
    # It stands already, perhaps since the other copy of this very form a moment ago.
    found = session.scalar(
        select(Review.id).where(
            Review.seller_order_id == of.row.seller_order_id,
            Review.product_id == of.row.product_id,
        )
    )
    row = review(session, found or 0, to_change=True)
    if text != row.text:
        said["locale"] = locale
    return _change(session, row, said, now, of.arrived_at or row.written_at)


def _change(
    session: Session, row: Review, said: dict[str, Any], now: datetime, arrived_at: datetime
) -> Review:
    if all(getattr(row, name) == value for name, value in said.items()):
        return row
    if not within(change_until(row.written_at, arrived_at), now):
        raise ReviewFixed(days=CHANGE_FOR.days)
    earlier = ReviewVersion(
        review_id=row.id, seller_id=row.seller_id, is_reply=False, stars=row.stars, text=row.text,
        until=now,
    )  # fmt: skip
    session.add(earlier)
    had = row.stars
    for name, value in said.items():
        setattr(row, name, value)
    row.changed_at = now
    session.flush()
    _count(session, row, added=row.stars, removed=had)
    if (earlier.stars, earlier.text) != (row.stars, row.text):
        record(session, ReviewWritten(row.id, earlier.id), now)
    return row


def _count(session: Session, row: Review, *, added: int = 0, removed: int = 0) -> None:
    """Keep the product's numbers, and let its pages be made anew."""
    changes = {
        f"stars_{stars}": (stars == added) - (stars == removed)
        for stars in range(1, 6)
        if (stars == added) != (stars == removed)
    }
    first = {f"stars_{stars}": max(0, changes.get(f"stars_{stars}", 0)) for stars in range(1, 6)}
    session.execute(
        upsert_into(session, ReviewSum)
        .values(product_id=row.product_id, seller_id=row.seller_id, version=1, **first)
        .on_conflict_do_update(
            index_elements=["product_id"],
            set_={name: getattr(ReviewSum, name) + by for name, by in changes.items()}
            | {"version": ReviewSum.version + 1},
        )
    )
    touch(session, "reviews")


def reply_to(
    session: Session, *, review_id: int, seller_id: int, text: str, actor_id: int | None,
    actor_name: str, now: datetime,
) -> Review:  # fmt: skip
    """Keep the maker's reply below a review; changed, the old one stays as a version; "" takes it back.

    Raises:
        NotYours: it is not about her goods.
    """
    row = _of_maker(session, review_id, seller_id)
    if text == row.reply:
        return row
    first = row.replied_at is None
    if not first:
        session.add(
            ReviewVersion(
                review_id=row.id, seller_id=seller_id, is_reply=True, stars=None, text=row.reply,
                until=now,
            )
        )  # fmt: skip
    row.reply, row.replied_by_id = text, actor_id if text else None
    row.replied_at = (row.replied_at or now) if text else None
    if not text:  # Nothing is left that could be hidden.
        row.reply_hidden_at, row.reply_hidden_reason = None, ""
    session.flush()
    _count(session, row)
    _note(session, "replied" if text else "reply_taken_back", row, actor_id, actor_name, now)
    if first and text:
        record(session, ReviewAnswered(row.id), now)
    return row


def report(
    session: Session, *, review_id: int, seller_id: int, reason: str, text: str,
    actor_id: int | None, actor_name: str, now: datetime,
) -> Review:  # fmt: skip
    """Ask the desk to look at the words of a review. They stay as they are until it has looked.

    Raises:
        NotYours, NoLegalReason
        ReviewMovedOn: there are no words to be read.
        ReviewReported: these words were reported before.
    """
    need_reason(reason)
    row = _of_maker(session, review_id, seller_id)
    if not row.text or row.hidden_at is not None:
        raise ReviewMovedOn
    if not may_report(row.reported_at, row.report_answered_at, row.changed_at):
        raise ReportedBefore
    row.reported_at, row.report_reason, row.report_text = now, reason, text
    row.report_answered_at, row.report_answer = None, ""
    _note(session, "reported", row, actor_id, actor_name, now, reason=reason)
    record(session, ReviewReported(row.id), now)
    return row


def _of_maker(session: Session, review_id: int, seller_id: int) -> Review:
    row = one_at_a_time(session, Review, review_id)
    if row is None or row.seller_id != seller_id:
        raise NotYours
    return row


def hide_words(
    session: Session, *, review_id: int, what: str, reason: str, actor_id: int | None,
    actor_name: str, now: datetime, undoes_id: int | None = None,
) -> Review:  # fmt: skip
    """Hide the words of a review, or the reply to it, for a reason that its page then names.

    Its stars stay and count. A waiting report is answered by that.

    Args:
        what: one of ``rules.HIDEABLE``.

    Raises:
        NotYours, NoLegalReason
        ReviewMovedOn: they are hidden already, or there are none.
    """
    need_reason(reason)
    row = _to_judge(session, review_id, what)
    if _hidden_at(row, what) is not None or not (row.text if what == "words" else row.reply):
        raise ReviewMovedOn
    if what == "words":
        row.hidden_at, row.hidden_reason = now, reason
        row.report_answered_at, row.report_answer = (now if row.reported_at else None), ""
    else:
        row.reply_hidden_at, row.reply_hidden_reason = now, reason
    _judged(
        session, "hidden", row, actor_id, actor_name, now, undoes_id, what=what, reason=reason
    )  # fmt: skip
    return row


def show_words(
    session: Session, *, review_id: int, what: str, actor_id: int | None, actor_name: str,
    now: datetime, undoes_id: int | None = None,
) -> Review:  # fmt: skip
    """Show again what was hidden.

    Raises:
        NotYours
        ReviewMovedOn: nothing is hidden.
    """
    row = _to_judge(session, review_id, what)
    if _hidden_at(row, what) is None:
        raise ReviewMovedOn
    if what == "words":
        reason, row.hidden_at, row.hidden_reason = row.hidden_reason, None, ""
    else:
        reason, row.reply_hidden_at, row.reply_hidden_reason = row.reply_hidden_reason, None, ""
    _judged(session, "shown", row, actor_id, actor_name, now, undoes_id, what=what, reason=reason)
    return row


def let_stand(
    session: Session, *, review_id: int, answer: str, actor_id: int | None, actor_name: str,
    now: datetime,
) -> Review:  # fmt: skip
    """Answer a report: the words stay. The maker reads why.

    Raises:
        NotYours
        ReviewMovedOn: no report waits.
    """
    row = review(session, review_id, to_change=True)
    if row.reported_at is None or row.report_answered_at is not None:
        raise ReviewMovedOn
    row.report_answered_at, row.report_answer = now, answer
    _judged(
        session, "kept", row, actor_id, actor_name, now, None, what="words",
        reason=row.report_reason,
    )  # fmt: skip
    return row


def _to_judge(session: Session, review_id: int, what: str) -> Review:
    if what not in HIDEABLE:
        raise NotYours
    return review(session, review_id, to_change=True)


def _hidden_at(row: Review, what: str) -> datetime | None:
    return row.hidden_at if what == "words" else row.reply_hidden_at


def _judged(
    session: Session, step: str, row: Review, actor_id: int | None, actor_name: str,
    now: datetime, undoes_id: int | None, *, what: str, reason: str,
) -> None:  # fmt: skip
    session.flush()
    _count(session, row)
    line = _note(
        session, step, row, actor_id, actor_name, now, undoes_id=undoes_id, what=what,
        reason=reason,
    )  # fmt: skip
    record(session, ReviewJudged(row.id, line.id, step, what), now)


def _note(
    session: Session, step: str, row: Review, actor_id: int | None, actor_name: str,
    now: datetime, **facts: Any,
) -> Any:  # fmt: skip
    title = session.scalar(select(Product.title_vi).where(Product.id == row.product_id))
    return note(
        session, action=f"review.{step}", subject_kind="review", subject_id=row.id, now=now,
        actor_id=actor_id, actor_name=actor_name, name=title, stars=row.stars, **facts,
    )  # fmt: skip


def forget_writer(session: Session, *, account_id: int) -> int:
    """Drop the names below the reviews of an erased person's orders; what she said of goods stays."""
    hers = (
        select(SellerOrder.id)
        .join(Order, Order.id == SellerOrder.order_id)
        .where(Order.account_id == account_id)
    )
    return _forget_names(session, hers)


def forget_writer_of_order(session: Session, *, order_id: int) -> int:
    """Drop the names below the reviews of one order, whose buyer is forgotten."""
    return _forget_names(session, select(SellerOrder.id).where(SellerOrder.order_id == order_id))


def _forget_names(session: Session, hers: Any) -> int:
    products = session.scalars(select(Review.product_id).where(Review.seller_order_id.in_(hers)))
    found = sorted(set(products))
    if not found:
        return 0
    session.execute(
        update(Review)
        .where(Review.seller_order_id.in_(hers))
        .values(shown_name="", place="")
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(ReviewSum)
        .where(ReviewSum.product_id.in_(found))
        .values(version=ReviewSum.version + 1)
    )
    touch(session, "reviews")
    return len(found)
