"""What a bank told of one maker's account: one transfer that settled by itself, three that ask."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from shop.banking.actions.feeds import open_feed
from shop.banking.actions.keeping import keep_told
from shop.banking.actions.matching import look_at
from shop.banking.models import BankFeed
from shop.banking.rules.movements import Movement
from shop.db import transaction
from shop.demo.people import ACTOR
from shop.payments.models import Payment
from shop.sellers.models import Payee
from shop.sellers.queries import account_number_of

MAKER = "bot-ngu-coc-go-mit"


def load_bank(sellers: dict[str, int], now: datetime) -> None:
    """Connect the maker's account and let its service tell of a morning's transfers."""
    with transaction() as session:
        feed = open_feed(
            session, kind="sepay_hmac", secret="khoa-mau-cua-cho-phien",  # noqa: S106
            seller_id=sellers[MAKER], actor_id=None, actor_name=ACTOR, now=now - timedelta(days=2),
        )  # fmt: skip
        payee = session.scalars(select(Payee).where(Payee.seller_id == sellers[MAKER])).one()
        feed_id, account = feed.id, account_number_of(payee)
        owed = session.execute(
            select(Payment.memo, Payment.amount_vnd, Payment.received_vnd)
            .where(Payment.payee_id == payee.id, Payment.expired_at.is_(None))
            .order_by(Payment.id.desc())
        ).all()
    paid = next(row for row in owed if row.received_vnd)
    waits = next(row for row in owed if not row.received_vnd)
    told = (
        (26, paid.amount_vnd, f"MBVCB.3278.{paid.memo}.CT tu 0000000000001 NGUYEN HA MY"),
        (4, waits.amount_vnd - 20_000, f"{waits.memo} chuyen tien hop sang"),
        (3, waits.amount_vnd, "PHAM THI QUYNH chuyen tien mua bot"),
        (2, 50_000, "Ung ho cac chi"),
    )
    for number, (hours, amount, text) in enumerate(told, 1):
        _tell(feed_id, number, account, amount, text, now - timedelta(hours=hours))


def _tell(feed_id: int, number: int, account: str, amount: int, text: str, at: datetime) -> None:
    movement = Movement(
        str(number), (account,), amount, "VND", str(amount), at, False, text, f"MAU{number:09d}"
    )
    with transaction() as session:
        feed: Any = session.get(BankFeed, feed_id)
        notice_id = keep_told(session, feed=feed, movement=movement, now=at)
        if notice_id is not None:
            look_at(session, notice_id=notice_id, now=at)
