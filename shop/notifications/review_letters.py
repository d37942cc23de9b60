"""The letters around reviews: to the maker, to the desk, and to who wrote one."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.catalogue.models import Product
from shop.notifications.letters import buyer_of, link, operator, private_link
from shop.notifications.mailing import Letter, write
from shop.notifications.queries import readers_of_seller, readers_with_right
from shop.ordering.models import SellerOrder
from shop.ordering.queries import order_page
from shop.reviews.forms import REASON_WORDS
from shop.reviews.models import Review
from shop.sellers.models import Seller


def of_new(session: Session, review_id: int, number: int, now: datetime) -> list[Letter]:
    """To the people of a stall: somebody wrote, or changed what she wrote."""
    row = session.get(Review, review_id)
    if row is None:
        return []
    product = session.get_one(Product, row.product_id)
    return [
        write(
            "review_new", f"review:{review_id}:{number}", reader, row=row, product=product,
            changed=number > 0, address=link(f"/ban-hang/danh-gia/{row.id}", reader.locale),
        )
        for reader in readers_of_seller(session, row.seller_id, now)
    ]  # fmt: skip


def of_report(session: Session, review_id: int, now: datetime) -> list[Letter]:
    """To the operator, and to who may judge in the maker's unit: a maker asks to look at words."""
    row = session.get(Review, review_id)
    if row is None or row.reported_at is None:
        return []
    seller = session.get_one(Seller, row.seller_id)
    readers = [
        *readers_with_right(session, "judge_reviews", seller.organisation_id, now),
        operator(),
    ]
    return [
        write(
            "review_reported", f"review-report:{review_id}:{row.reported_at:%y%m%d%H%M%S}", reader,
            row=row, seller=seller, product=session.get_one(Product, row.product_id),
            why=REASON_WORDS[row.report_reason],
            address=link(f"/dieu-hanh/danh-gia/{row.id}", reader.locale),
        )
        for reader in readers
    ]  # fmt: skip


def to_writer(session: Session, review_id: int, kind: str, key: str) -> list[Letter]:
    """To who wrote a review, if she left an address. kind: "answered", "hidden" or "shown"."""
    row = session.get(Review, review_id)
    order_id = (
        session.scalar(select(SellerOrder.order_id).where(SellerOrder.id == row.seller_order_id))
        if row is not None
        else None
    )
    page = order_page(session, order_id) if order_id is not None else None
    reader = buyer_of(page) if page is not None else None
    if row is None or page is None or reader is None or _moved_on(row, kind):
        return []
    return [
        write(
            "review_told", key, reader, row=row, kind=kind,
            product=session.get_one(Product, row.product_id),
            seller=session.get_one(Seller, row.seller_id),
            why=REASON_WORDS.get(row.hidden_reason, ""),
            address=f"{private_link(page)}?toi=danh-gia",
        )
    ]  # fmt: skip


def _moved_on(row: Review, kind: str) -> bool:
    """Tell whether something else was decided before this was told: that has a letter of its own."""
    if kind == "answered":
        return row.replied_at is None or row.reply_hidden_at is not None
    hidden_at = row.reply_hidden_at if kind.startswith("reply") else row.hidden_at
    return (hidden_at is None) == kind.endswith("hidden")


def to_maker(session: Session, review_id: int, kind: str, key: str, now: datetime) -> list[Letter]:
    """To the people of a stall: what the desk decided. kind: "kept", "hidden", "reply_hidden", "reply_shown"."""
    row = session.get(Review, review_id)
    if row is None or _moved_on(row, kind):
        return []
    reason = row.reply_hidden_reason if kind == "reply_hidden" else row.hidden_reason
    return [
        write(
            "review_judged", key, reader, row=row, kind=kind,
            product=session.get_one(Product, row.product_id), why=REASON_WORDS.get(reason, ""),
            address=link(f"/ban-hang/danh-gia/{row.id}", reader.locale),
        )
        for reader in readers_of_seller(session, row.seller_id, now)
    ]  # fmt: skip
