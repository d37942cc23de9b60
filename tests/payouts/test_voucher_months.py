"""A voucher's order through the months: sold, settled, some of it back, a line below nought."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from shop.db import db, transaction
from shop.operations.bookkeeping import codes_about
from shop.operations.proofs import broken
from shop.ordering import actions as ordering
from shop.ordering.models import LineItem, Order
from shop.ordering.queries import last_return
from shop.ordering.rules import Choice, ComingBack, ReturnReason
from shop.payments import actions, refunds
from shop.payments.methods import By
from shop.payments.models import Payment
from shop.payouts.models import PayoutStatement
from shop.payouts.queries.statements import all_lines, all_statements, orders_of
from tests.conftest import NOON
from tests.engines import both_engines
from tests.payments.conftest import receive
from tests.payments.test_books import move
from tests.payouts.conftest import approve, draft, send

OFFICER = By("officer")
DECEMBER = NOON + timedelta(days=30)
AFTER_NOVEMBER, AFTER_DECEMBER = NOON + timedelta(days=14), NOON + timedelta(days=45)


def slips(settlement: int) -> list[tuple[int, int, int, int]]:
    """Return (opening, goods and delivery less returns, due, pays) of each statement."""
    db.session.rollback()
    found = [
        (one.opening_vnd, one.goods_vnd + one.delivery_vnd + one.returns_vnd, one.due_vnd, one.pays_vnd)
        for one in db.session.scalars(
            select(PayoutStatement)
            .where(PayoutStatement.settlement_id == settlement)
            .order_by(PayoutStatement.id)
        )
    ]  # fmt: skip
    db.session.rollback()
    return found


def code_of(order: int) -> str:
    db.session.rollback()
    return db.session.scalars(select(Order.code).where(Order.id == order)).one()


def ordered(settlement: int, seller: int) -> set[str | None]:
    """Return the orders that the lines of a statement name, None for a line without one."""
    db.session.rollback()
    [slip] = all_statements(db.session(), settlement)
    lines = all_lines(db.session(), slip.id)
    found = orders_of(db.session(), seller, {line.subject for line in lines})
    return {found.get(line.subject, (None, 0))[0] for line in lines}


def pay_out(settlement: int, officers: dict[str, int], at) -> None:
    approve(settlement, officers["head"], at)
    slip = db.session.scalars(
        select(PayoutStatement.id).where(PayoutStatement.settlement_id == settlement)
    ).one()
    db.session.rollback()
    send(slip, officers["treasurer"], at)


def buy(variant: int, code: str, place, a_cart, seller: int, total: int, at) -> tuple[int, int]:
    """Order two with the voucher, pay the union, let it arrive; return (order, part)."""
    placed = place(
        a_cart({variant: 2}), total, voucher_code=code, now=at,
        choices={seller: Choice(method="transfer")},
    )  # fmt: skip
    with transaction() as session:
        actions.open_payments(session, placed.order_id, at)
    payment = db.session.scalars(select(Payment).where(Payment.order_id == placed.order_id)).one()
    number, due = payment.id, payment.amount_vnd
    db.session.rollback()
    receive(number, due, OFFICER)
    part = placed.seller_order_ids[0]
    move(part, "confirmed", "packed", "handed_over", "delivered", at=at)
    return placed.order_id, part


def bring_back(order: int, part: int, at) -> None:
    """One of the two comes back, and the union sends the buyer her money."""
    with transaction() as session:
        line = session.scalars(select(LineItem.id).where(LineItem.seller_order_id == part)).one()
        ordering.return_goods(
            session, seller_order_id=part, coming=[ComingBack(line, 1, True)],
            reason=ReturnReason.FAULTY, gives_fee_back=False, after=last_return(session, part),
            actor_kind="officer", actor_id=None, now=at,
        )  # fmt: skip
        actions.open_payments(session, order, at)
        refunds.ask_back_of_order(session, order, at)


@both_engines
@pytest.mark.parametrize("pays_itself", [True, False])
def test_what_comes_back_next_month_is_taken_off_with_the_vouchers_part_of_it(
    a_maker, a_variant, a_voucher, a_cart, place, union, officers, an_organisation, pays_itself
):  # fmt: skip
    seller = a_maker(free_from_vnd=1)
    jar = a_variant(seller_id=seller, price_vnd=100_000, on_hand=20)
    voucher = a_voucher(
        most_off_vnd=40_000, seller_id=seller,
        payer_id=union if pays_itself else an_organisation("Hội khác"),
    )  # fmt: skip
    order, part = buy(jar, voucher.code, place, a_cart, seller, 160_000, NOON)

    # November: what buyers paid the union, and, where the union pays the voucher, that too.
    november = draft(union, AFTER_NOVEMBER)
    due = 200_000 if pays_itself else 160_000
    assert slips(november) == [(0, due, due, due)]
    assert ordered(november, seller) == {code_of(order)}
    pay_out(november, officers, AFTER_NOVEMBER)

    # December: one of the two comes back. She gives back her half, the voucher's payer is spared
    # its half, and nothing else is sold.
    bring_back(order, part, DECEMBER)
    december = draft(union, AFTER_DECEMBER)
    back = -100_000 if pays_itself else -80_000
    assert slips(december) == [(0, back, back, 0)]
    assert ordered(december, seller) == {code_of(order)}
    if pays_itself:
        named = codes_about(db.session(), [f"voucher:{part}", f"campaign_sale:{part}"])
        assert set(named.values()) == {code_of(order)}
        assert len(named) == 2

    # January opens with it, and a new sale pays it off.
    approve(december, officers["head"], AFTER_DECEMBER)
    later = AFTER_DECEMBER + timedelta(days=2)
    buy(jar, voucher.code, place, a_cart, seller, 160_000, later)
    january = draft(union, AFTER_DECEMBER + timedelta(days=30))
    assert slips(january) == [(back, due, due + back, due + back)]
    assert broken(db.session()) == {}
    db.session.rollback()
