"""What invented buyers said of what reached them: praise, criticism, replies, words that were hidden."""

from datetime import datetime, timedelta

from sqlalchemy import func, select

from shop.db import transaction
from shop.ordering.models import Order, SellerOrder, SellerOrderMove
from shop.ordering.queries import contact_of
from shop.reviews.actions import hide_words, reply_to, report, write_review
from shop.reviews.queries import reviewables
from shop.reviews.rules import shown_name

#: (stars, words, the maker's reply), in the order in which goods arrived. The last of all is hidden.
SAID = (
    (5, "Thơm, rang vừa tới, pha sữa nóng là cả nhà uống. Hũ gói hai lớp giấy, không móp.",
     "Cảm ơn chị nhiều. Mẻ nào tôi cũng rang chậm lửa như vậy."),
    (4, "Ngon, nhưng giao trễ một hôm so với ngày hẹn.", ""),
    (5, "", ""),
    (2, "Nắp vặn không kín, đổ ra một ít trong thùng.",
     "Tôi xin lỗi, đã gửi anh hũ khác và đổi loại nắp."),
    (5, "Mẹ tôi ở quê khen hoài. Sẽ mua tiếp dịp Tết.", ""),
    (4, "Vị hơi nhạt so với lần trước. Hũ và nhãn thì đẹp.",
     "Mẻ này tôi bớt đường theo lời khách, lần sau chị dặn giúp là tôi làm vị cũ."),
    (4, "Đúng như hình, ăn ổn.", ""),
    (1, "Cái bà này nói năng mất dạy.", ""),
)  # fmt: skip
REPORTED = "Khách bực vì hàng tới trễ, nhưng câu này là chửi chứ không nói về hàng."


def load_reviews(now: datetime) -> None:
    """Let those who have their goods say something, a day after each arrived."""
    with transaction() as session:
        arrived = session.execute(
            select(Order.id, func.max(SellerOrderMove.at).label("at"))
            .join(SellerOrder, SellerOrder.order_id == Order.id)
            .join(SellerOrderMove, SellerOrderMove.seller_order_id == SellerOrder.id)
            .where(SellerOrderMove.to_state == "delivered")
            .group_by(Order.id)
            .order_by(func.max(SellerOrderMove.at), Order.id)
        ).all()
    said = iter(SAID)
    for order_id, at in arrived:
        when = min(at + timedelta(days=1), now)
        with transaction() as session:
            order = session.get_one(Order, order_id)
            name = shown_name("initial", contact_of(order).name)
            for one in reviewables(session, order_id):
                words = next(said, None) if one.may_write(when) else None
                if words is None:
                    continue
                stars, text, reply = words
                row = write_review(
                    session, order_id=order_id, number=one.number, stars=stars, text=text,
                    shown_name=name, place=order.province_name, locale="vi", writer_id=None,
                    now=when,
                )  # fmt: skip
                after = min(when + timedelta(hours=5), now)
                her = {"actor_id": None, "actor_name": "", "now": after}
                if reply:
                    reply_to(session, review_id=row.id, seller_id=row.seller_id, text=reply, **her)
                if words == SAID[-1]:
                    report(
                        session, review_id=row.id, seller_id=row.seller_id, reason="insult",
                        text=REPORTED, **her,
                    )  # fmt: skip
                    hide_words(
                        session, review_id=row.id, what="words", reason="insult", actor_id=None,
                        actor_name="Phan Thị Hảo", now=after,
                    )  # fmt: skip
