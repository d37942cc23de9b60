"""The Union collects for two makers: one settlement that was paid, and one that waits as a draft."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from shop.db import transaction
from shop.demo.orders import place_and_walk
from shop.demo.people import ACTOR
from shop.kernel.clock import vietnam_date
from shop.payouts.actions.deciding import approve_settlement, change_rhythm
from shop.payouts.actions.drafting import draft_settlement
from shop.payouts.actions.sending import confirm_payout, send_payout
from shop.payouts.models import PayoutStatement
from shop.sellers.bank_accounts import change_bank_account
from shop.sellers.models import Seller

UNION = "hoi-lhpn-xa-song-lanh"
MAKERS = ("to-dan-tay-am", "gao-dong-trang")
_WALK = ["confirmed", "packed", "handed_over", "delivered"]
#: (days ago, buyer, lines)
_SOLD = (
    (44, "chau", [["TA-RO-V", 1], ["DT-NEP-2K", 1]]),
    (41, "vinh", [["DT-LUT-2K", 2]]),
    (36, "chau", [["TA-KHAY-N", 1]]),
    (9, "my", [["DT-NEP-2K", 2], ["TA-RO-V", 1]]),
    (7, "vinh", [["TA-RONHO-23", 1]]),
)


def load_payouts(
    units: dict[str, int], people: dict[str, int], sellers: dict[str, int],
    buyers: dict[str, Any], now: datetime,
) -> None:  # fmt: skip
    """Let the Union collect from here on, sell for it, and settle."""
    union = units[UNION]
    with transaction() as session:
        change_bank_account(
            session, organisation_id=union, bank_bin="970405", holder="HOI LHPN XA SONG LANH",
            number="0000000000117", actor_id=None, actor_name=ACTOR, now=now - timedelta(days=60),
        )  # fmt: skip
        for slug in MAKERS:
            session.get_one(Seller, sellers[slug]).paid_through_organisation = True
        change_rhythm(
            session, organisation_id=union, rhythm="monthly", least_vnd=20_000,
            actor_id=people["operator"], actor_name=ACTOR, now=now - timedelta(days=60),
        )  # fmt: skip
    for days, buyer, lines in _SOLD:
        row = {"buyer": buyer, "days": days, "lines": lines, "method": "transfer", "paid": 4, "walk": _WALK}  # fmt: skip
        place_and_walk(row, buyers[buyer], now - timedelta(days=days))
    _settle(union, people, now - timedelta(days=20))
    with transaction() as session:
        draft_settlement(
            session, organisation_id=union, to_on=vietnam_date(now) - timedelta(days=1),
            actor_id=people["officer"], actor_name=ACTOR, now=now - timedelta(hours=3),
        )  # fmt: skip


def _settle(union: int, people: dict[str, int], now: datetime) -> None:
    """The head approves, the officer transfers; one of the two makers says that she has it."""
    head, officer = people["operator"], people["officer"]
    with transaction() as session:
        made = draft_settlement(
            session, organisation_id=union, to_on=vietnam_date(now) - timedelta(days=1),
            actor_id=officer, actor_name=ACTOR, now=now,
        )  # fmt: skip
        approve_settlement(
            session, settlement_id=made.id, approver_id=head, actor_id=head, actor_name=ACTOR,
            now=now + timedelta(hours=1),
        )  # fmt: skip
        statements = session.scalars(
            select(PayoutStatement.id).where(PayoutStatement.settlement_id == made.id)
        ).all()
        for number, statement in enumerate(sorted(statements), 1):
            payout = send_payout(
                session, statement_id=statement, reference=f"FTMAU{number:06d}",
                sender_id=officer, actor_id=officer, actor_name=ACTOR,
                now=now + timedelta(hours=3),
            )  # fmt: skip
            if number == 1:
                confirm_payout(
                    session, payout_id=payout.id, actor_id=officer, actor_name=ACTOR,
                    now=now + timedelta(hours=9),
                )  # fmt: skip
