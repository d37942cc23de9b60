"""What a seller should do next, for every state of an order and its money."""

import pytest

from shop.ordering.rules import SellerOrderState as S
from shop.payments.rules.cash import CashState
from shop.selling.rules import STAGES, Money, next_task, parcel_weight_g, stage_counts
from tests.conftest import NOON


def transfer(received=0, *, reported=False, own=True, amount=120_000, refunded=0):
    return Money(
        "transfer", "x", amount, received, refunded, payment_id=1, memo="CP1",
        reported_at=NOON if reported else None, is_own=own,
    )  # fmt: skip


def answered(received):
    """A transfer that was reported before money was noted; nothing: that was a wrong tap."""
    return Money(
        "transfer", "x", 120_000, received, 0, payment_id=1, reported_at=NOON, received_at=NOON
    )


def cash(state, *, owed=120_000, received=0, refunded=0, why=""):
    """Cash of a parcel for which a carrier took 120.000 đồng at the door."""
    return Money(
        "cod", state, owed, received, refunded, taken_vnd=120_000, taken_by="carrier",
        written_off_for=why,
    )  # fmt: skip


def late(own=True, looked=False):
    return Money(
        "transfer", "x", 0, 0, 0, payment_id=1, reported_at=NOON, expired_at=NOON, is_own=own,
        not_found_at=NOON if looked else None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("state", "delivery", "money", "task"),
    [
        (S.AWAITING_QUOTE, "delivery", None, "answer_quote"),
        (S.QUOTED, "delivery", None, "await_answer"),
        (S.PLACED, "delivery", cash(CashState.PROMISED), "confirm"),
        (S.PLACED, "delivery", transfer(), "await_money"),
        (S.PLACED, "delivery", transfer(reported=True), "confirm_money"),
        (S.PLACED, "delivery", transfer(reported=True, own=False), "await_money"),
        (S.PLACED, "delivery", transfer(120_000), "confirm"),
        (S.PLACED, "delivery", transfer(120_000, own=False), "confirm"),
        (S.PLACED, "delivery", transfer(50_000, reported=True), "confirm_money"),
        (S.CONFIRMED, "delivery", None, "pack"),
        (S.PACKED, "delivery", None, "send"),
        (S.CONFIRMED, "delivery", transfer(120_000), "pack"),
        (S.CONFIRMED, "delivery", transfer(), "money_missing"),
        (S.PACKED, "delivery", transfer(50_000), "money_missing"),
        (S.PACKED, "pickup", transfer(own=False), "money_missing"),
        (S.CONFIRMED, "delivery", transfer(reported=True), "confirm_money"),
        (S.CONFIRMED, "delivery", transfer(reported=True, own=False), "money_missing"),
        # 20.000 of it was given back by goodwill: nobody asks for that anew.
        (S.CONFIRMED, "delivery", transfer(120_000, refunded=20_000), "pack"),
        (S.CONFIRMED, "delivery", cash(CashState.PROMISED), "pack"),
        # The report was answered: what came is noted, and less than all.
        (S.PLACED, "delivery", answered(50_000), "await_money"),
        (S.PLACED, "delivery", answered(0), "confirm_money"),
        (S.PACKED, "pickup", None, "make_ready"),
        (S.HANDED_OVER, "delivery", None, "delivered"),
        (S.READY_FOR_PICKUP, "pickup", None, "collected"),
        (S.DELIVERY_FAILED, "delivery", None, "retry"),
        (S.REFUSED, "delivery", None, "take_back"),
        (S.DELIVERED, "delivery", cash(CashState.WITH_CARRIER), "count_cash"),
        (S.COMPLETED, "delivery", cash(CashState.WITH_SELLER), "count_cash"),
        (S.DELIVERED, "delivery", cash(CashState.REMITTED), ""),
        (S.DELIVERED, "delivery", transfer(120_000), ""),
        (S.CANCELLED, "delivery", transfer(120_000, amount=0), "give_back"),
        (S.CANCELLED, "delivery", transfer(120_000, amount=0, own=False), ""),
        (S.CANCELLED, "delivery", transfer(), ""),
        (S.RETURNED, "delivery", cash(CashState.WRITTEN_OFF), ""),
        (S.RETURNED, "delivery", cash(CashState.WITH_CARRIER, owed=0), "count_cash"),
        (S.RETURNED, "delivery", cash(CashState.REMITTED, owed=0, received=120_000), "give_back"),
        (S.RETURNED, "delivery", cash(CashState.REMITTED, owed=0, received=90_000), "give_back"),
        (
            S.RETURNED,
            "delivery",
            cash(CashState.REMITTED, owed=0, received=120_000, refunded=120_000),
            "",
        ),
        (S.RETURNED, "delivery", cash(CashState.WRITTEN_OFF, owed=0, why="gone"), "give_back"),
        (S.RETURNED, "delivery", cash(CashState.WRITTEN_OFF, owed=0, why="unpaid"), ""),
        (
            S.DELIVERED,
            "delivery",
            cash(CashState.REMITTED, owed=25_000, received=120_000),
            "give_back",
        ),
        (S.DELIVERED, "delivery", transfer(120_000, amount=25_000), "give_back"),
        (S.LOST, "delivery", transfer(120_000, amount=0), "give_back"),
        (S.NOT_COLLECTED, "pickup", transfer(120_000, amount=0), "give_back"),
        (S.NOT_COLLECTED, "pickup", transfer(120_000, amount=0, own=False), ""),
        (S.CANCELLED, "delivery", late(), "late_money"),
        (S.CANCELLED, "delivery", late(own=False), ""),
        (S.CANCELLED, "delivery", late(looked=True), ""),
        (S.LOST, "delivery", None, ""),
        (S.NOT_COLLECTED, "pickup", None, ""),
    ],
)
def test_there_is_one_thing_to_do_next(state, delivery, money, task):
    assert next_task(state, delivery, money) == task


def test_every_state_stands_under_a_heading_beside_everything_that_waits():
    headings = [s for name, states in STAGES.items() if name != "can-lam" for s in states]
    assert sorted(headings) == sorted(S)
    counts = stage_counts(
        {"placed": 2, "quoted": 1, "packed": 3, "delivered": 4}, {"thu-tien": 5, "tra-lai": 1}
    )
    assert counts == {
        "can-lam": 5, "moi": 3, "goi": 0, "gui": 3, "dang-di": 0, "vuong": 0, "xong": 4,
        "thu-tien": 5, "tra-lai": 1, "tien-muon": 0, "chua-mo": 0, "hom-nay": 0, "cho-hang": 0,
    }  # fmt: skip


def test_a_parcel_nobody_weighed_is_a_little_heavier_than_what_is_in_it():
    assert parcel_weight_g(500, None) == 600
    assert parcel_weight_g(1, None) == 50
    assert parcel_weight_g(None, 1000) == 1150
    assert parcel_weight_g(None, None) is None
