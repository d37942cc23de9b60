"""Market day: orders by phone, bags once, the evening exact to the đồng."""

import re
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from shop.audit.models import AuditEntry
from shop.db import db, transaction
from shop.kernel.clock import now_utc
from shop.ledger.models import LedgerAccount
from shop.markets.models import MarketAct, MarketOffer, MarketOrder, MarketSession
from shop.markets.rules.refusals import (
    BagDone,
    BagsWait,
    MarketClosed,
    MarketNotBegun,
    NothingOrdered,
)
from shop.ordering.actions.returns import return_goods
from shop.ordering.models import SellerOrder
from shop.ordering.rules import ComingBack, LineGone, ReturnReason
from shop.organising import closing, market_day, stall_undo
from shop.organising.market_lists import market_lists
from shop.payments.actions import confirm_received, open_payments
from shop.payments.methods import By
from shop.payments.models import CodCollection, Payment, Refund
from shop.payments.queries import last_money_event
from shop.payments.refunds import ask_back_of_order, note_sent
from shop.payouts.actions.drafting import draft_settlement, drop_settlement
from shop.payouts.models import PayoutStatement, Settlement
from tests.conftest import NOON
from tests.markets.conftest import BY, CLOSED, DAY, ring
from tests.old_forms import sent_late


def bag(act, market: int, number: int, key: str, now=DAY) -> bool:
    with transaction() as session:
        return act(session, session_id=market, number=number, key=key, now=now, **BY)


def owed(kind: str, seller: int) -> int:
    """Return what the unit owes a seller by the books, in đồng."""
    db.session.rollback()
    return -(
        db.session.scalar(
            select(func.coalesce(func.sum(LedgerAccount.balance_vnd), 0)).where(
                LedgerAccount.kind == kind, LedgerAccount.owner == f"seller:{seller}"
            )
        )
        or 0
    )


def test_a_late_order_is_in_the_lists_and_an_ordinary_one_is_not_late(app, a_union_market):
    market, pickup, sold = a_union_market()
    first, second = sold
    ring(market, pickup, {first: 2}, n=1)
    closing.keep_market_hours(CLOSED)
    ring(market, pickup, {first: 1, second: 3}, now=CLOSED + timedelta(hours=1), n=2)
    lists = market_lists(db.session(), market)
    assert [(b.number, b.late, b.total_vnd) for b in lists.bags] == [
        (1, False, 66_666), (2, True, 33_333 + 37_035),
    ]  # fmt: skip
    states = db.session.scalars(select(SellerOrder.state)).all()
    assert set(states) == {"confirmed"}, "What comes late is fixed too."
    with pytest.raises(NothingOrdered):
        ring(market, pickup, {first: 0}, now=CLOSED, n=3)
    with pytest.raises((LineGone, MarketClosed)):
        ring(market, pickup, {first: 1}, now=DAY + timedelta(days=1), n=4)
    assert db.session.scalar(select(func.count()).select_from(MarketOrder)) == 2
    first_again = ring(market, pickup, {first: 2}, n=1)
    assert first_again.replayed, "One rendered form is one order."


def test_each_act_at_the_stall_is_done_once_by_its_name(app, a_union_market):
    market, pickup, sold = a_union_market()
    offer = next(iter(sold))
    for n in (1, 2):
        ring(market, pickup, {offer: 1}, n=n)
    with pytest.raises(MarketNotBegun):
        bag(market_day.hand_over_bag, market, 1, "a", now=NOON)
    assert db.session.scalar(select(func.count()).select_from(MarketAct)) == 0
    closing.keep_market_hours(CLOSED)
    assert bag(market_day.hand_over_bag, market, 1, "a")
    assert not bag(market_day.hand_over_bag, market, 1, "a"), "Sent twice, done once."
    with pytest.raises(BagDone):
        bag(market_day.leave_bag, market, 1, "b")
    with pytest.raises(BagsWait), transaction() as session:
        market_day.settle_market(session, session_id=market, now=DAY, **BY)
    assert bag(market_day.leave_bag, market, 2, "c")
    db.session.rollback()
    states = db.session.scalars(select(SellerOrder.state).order_by(SellerOrder.id)).all()
    assert states == ["delivered", "not_collected"]
    taken = db.session.scalars(select(CodCollection.state).order_by(CodCollection.seller_order_id))
    assert taken.first() == "remitted"


def test_a_market_is_settled_once_and_taken_back_while_it_is_a_draft(app, a_union_market):
    market, pickup, sold = a_union_market()
    (offer, seller), (other, _) = sold.items()
    ring(market, pickup, {offer: 3, other: 1}, n=1)
    closing.keep_market_hours(CLOSED)
    bag(market_day.hand_over_bag, market, 1, "a")
    evening = DAY + timedelta(hours=9)
    with transaction() as session:
        market_day.settle_market(session, session_id=market, now=evening, **BY)
    row = db.session.get(MarketSession, market)
    drawn = db.session.get(Settlement, row.settlement_id)
    assert (drawn.source_kind, drawn.source_id, drawn.seller_count) == ("market", market, 2)
    due = {one.seller_id: one.due_vnd for one in market_day.sums_of_sellers(db.session(), market)}
    paid = dict(
        db.session.execute(select(PayoutStatement.seller_id, PayoutStatement.due_vnd)).all()
    )
    assert paid == due
    assert due[seller] == 99_999 - 8_000, "Eight per cent, rounded as at the sale."
    with transaction() as session:
        market_day.unsettle_market(session, session_id=market, now=evening, **BY)
    assert db.session.get(Settlement, drawn.id).state == "dropped"
    with transaction() as session:
        market_day.settle_market(session, session_id=market, now=evening, **BY)
    lines = db.session.scalars(
        select(AuditEntry.action)
        .where(AuditEntry.action.like("market_session.%settled"))
        .order_by(AuditEntry.id)
    ).all()
    assert lines == [f"market_session.{w}" for w in ("settled", "unsettled", "settled")]


def test_paid_straight_to_the_sellers_nothing_is_due_but_the_fee(app, a_union_market, an_officer):
    market, pickup, sold = a_union_market(collects=False)
    offer, seller = next(iter(sold.items()))
    ring(market, pickup, {offer: 3}, n=1)
    closing.keep_market_hours(CLOSED)
    bag(market_day.hand_over_bag, market, 1, "a")
    [one] = market_day.sums_of_sellers(db.session(), market)
    assert (one.taken_vnd, one.paid_vnd, one.due_vnd) == (99_999, 99_999, -one.fees_vnd)
    assert owed("seller_receivable", seller) == -one.fees_vnd
    unit = db.session.get(MarketSession, market).organisation_id
    db.session.rollback()
    page = an_officer(unit, "head").get(f"/dieu-hanh/phien-cho/{market}/quyet-toan").text
    assert "còn nợ 8.000\xa0đồng" in page
    with transaction() as session:
        market_day.settle_market(session, session_id=market, now=DAY, **BY)
    db.session.rollback()
    assert db.session.get(MarketSession, market).settlement_id is None


buyers = st.lists(
    st.tuples(
        st.integers(0, 4), st.integers(0, 4), st.sampled_from(["cod", "transfer"]),
        st.sampled_from(["full", "none", "half"]), st.booleans(), st.booleans(),
        # What comes back at the stall, or to the seller herself after it, and whether its money
        # has gone back.
        st.sampled_from(["", "stall", "seller", "seller, given"]),
        # Whether each tap at the stall was wrong at first, and taken back.
        st.booleans(),
    ),
    min_size=1, max_size=5,
)  # fmt: skip


# An example is a whole market: what fails is read as it came, without minutes of shrinking.
@settings(
    max_examples=5, deadline=None, suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)  # fmt: skip
@example([
    (2, 2, "cod", "none", True, False, "stall", True),
    (2, 1, "cod", "none", True, True, "seller", True),
    (3, 0, "cod", "none", True, False, "seller, given", False),
    (1, 2, "transfer", "full", True, False, "stall", True),
    (2, 0, "transfer", "half", True, False, "seller, given", True),
])  # fmt: skip
@given(buyers)
def test_the_evening_is_exact_to_the_dong_by_the_books(app, a_union_market, script):
    """Whoever pays how, comes or stays away, rings late or not, brings what back, and whether its
    money has gone back or is asked for still: page, books and statement agree."""
    market, pickup, sold = a_union_market(rate=777)
    first, second = sold
    told = []
    for n, (a, b, method, pays, comes, late, back, wrong) in enumerate(script):
        if a + b:
            told.append((n, {first: a, second: b}, method, pays, comes, late, back, wrong))
    for n, goods, method, pays, _, late, *_b in told:
        if not late:
            _rung(market, pickup, goods, method, pays, n, NOON)
    closing.keep_market_hours(CLOSED)
    for n, goods, method, pays, _, late, *_b in told:
        if late:
            _rung(market, pickup, goods, method, pays, n, CLOSED)
    how = {f"Người {n}": rest for n, _, _, _, *rest in told}
    for one in market_lists(db.session(), market).bags:
        db.session.rollback()
        comes, _, back, wrong = how[one.name]
        acts = [market_day.hand_over_bag, market_day.leave_bag]
        act, other = acts if comes else acts[::-1]
        for at, tapped in enumerate((other, act, act) if wrong else ()):
            assert bag(tapped, market, one.number, f"w{market}-{one.number}-{at}")
            assert taken_back(market, one.number, f"u{market}-{one.number}-{at}")
        assert bag(act, market, one.number, f"k{market}-{one.number}")
        if comes and back:
            _brought_back(market, one, back)
        if comes and wrong and back == "stall":
            assert taken_back(market, one.number, f"v{market}-{one.number}")
            _brought_back(market, one, back, "again")
    sums = {one.seller_id: one for one in market_day.sums_of_sellers(db.session(), market)}
    for seller in sold.values():
        due = sums[seller].due_vnd if seller in sums else 0
        assert owed("seller_payable", seller) + owed("seller_receivable", seller) == due
        gone = db.session.scalar(
            select(func.sum(SellerOrder.items_vnd - SellerOrder.returned_items_vnd)).where(
                SellerOrder.seller_id == seller, SellerOrder.state.in_(["delivered", "returned"])
            )
        )
        assert (sums[seller].taken_vnd if seller in sums else 0) == (gone or 0)
    drawn = {one.seller_id: one.due_vnd for one in sums.values() if one.due_vnd}
    if drawn:
        with transaction() as session:
            row = market_day.settle_market(
                session, session_id=market, now=DAY + timedelta(hours=9), **BY
            )
            statements = select(PayoutStatement.seller_id, PayoutStatement.due_vnd).where(
                PayoutStatement.settlement_id == row.settlement_id, PayoutStatement.due_vnd != 0
            )
            assert dict(session.execute(statements).all()) == drawn


def taken_back(market: int, number: int, key: str, now=DAY) -> bool:
    """Take back what the stall did with a bag last."""
    with transaction() as session:
        order = session.scalars(
            select(MarketOrder.order_id).where(
                MarketOrder.session_id == market, MarketOrder.number == number
            )
        ).one()
        last = stall_undo.standing_acts(session, market)[order]
        return stall_undo.take_act_back(
            session, session_id=market, number=number, act_id=last.id, key=key, now=now, **BY
        )


def _brought_back(market: int, one, how: str, again: str = "") -> None:
    """One of the first thing in a bag comes back, at the stall or to the seller."""
    line = one.lines[0]
    with transaction() as session:
        if how == "stall":
            market_day.goods_back_at_stall(
                session, session_id=market, number=one.number, line_id=line.line_id, quantity=1,
                key=f"b{again}{market}-{one.number}", now=DAY, **BY,
            )  # fmt: skip
            return
        return_goods(
            session, seller_order_id=line.id, coming=[ComingBack(line.line_id, 1, restock=True)],
            reason=ReturnReason.CHANGE_OF_MIND, gives_fee_back=False, after=0,
            actor_kind="seller", actor_id=None, now=DAY,
        )  # fmt: skip
        open_payments(session, one.order_id, DAY)
        ask_back_of_order(session, one.order_id, DAY)
        if how == "seller, given":
            for asked in session.scalars(
                select(Refund.id).where(Refund.state == "asked", Refund.seller_order_id == line.id)
            ):
                note_sent(session, refund_id=asked, by=By("system"), now=DAY)


def _rung(market, pickup, goods, method, pays, n, now) -> None:
    placed = ring(market, pickup, goods, now=now, method=method, n=n)
    if method != "transfer" or pays == "none":
        return
    with transaction() as session:
        for payment in session.scalars(select(Payment).where(Payment.order_id == placed.order_id)):
            vnd = payment.amount_vnd if pays == "full" else max(1, payment.amount_vnd // 2)
            confirm_received(
                session,
                payment_id=payment.id,
                amount_vnd=vnd,
                after=last_money_event(session, payment.id),
                by=By("system"),
                now=now,
            )


def test_the_desk_rings_hands_over_and_settles(app, a_union_market, an_officer):
    import time_machine

    market, pickup, sold = a_union_market()
    offer = next(iter(sold))
    unit = db.session.get(MarketSession, market).organisation_id
    here = f"/dieu-hanh/phien-cho/{market}"
    with time_machine.travel(NOON, tick=False):
        head = an_officer(unit, "officer")
        form = {"name": "Trần Lan", "phone": "0905 000 123", "pickup": str(pickup), "method": "cod"}
        assert head.post(f"{here}/dat-ho", **form).status_code == 422
        assert head.post(f"{here}/dat-ho", **form, **{f"n{offer}": "x"}).status_code == 422
        late = sent_late(head.browser, f"{here}/dat-ho", **form, **{f"n{offer}": "3"})
        assert re.search(rf'name="n{offer}" value="3"', late)
        assert 'value="Trần Lan"' in late
        assert head.post(f"{here}/dat-ho", **form, **{f"n{offer}": "2"}).status_code == 303
        assert head.post(f"{here}/tui/1/giao").status_code == 409
    closing.keep_market_hours(CLOSED)
    with time_machine.travel(DAY, tick=False):
        head = an_officer(unit, "officer")  # Who signed in days ago signs in anew.
        assert "Trần Lan" in head.get(f"{here}/giao-hang").text
        assert "Trần Lan" not in head.get(f"{here}/giao-hang?tim=khong").text
        assert head.post(f"{here}/quyet-toan").status_code == 409, "A bag waits."
        assert head.post(f"{here}/tui/1/giao", ten="a" * 32).status_code == 303
        assert head.post(f"{here}/tui/1/giao", ten="a" * 32).status_code == 303, "Sent again."
    with time_machine.travel(DAY + timedelta(minutes=5), tick=False):
        assert "66.666" in head.get(f"{here}/quyet-toan").text
        with transaction() as session:  # Somebody drew one up by hand and nobody approved it.
            draft = draft_settlement(
                session, organisation_id=unit, to_on=DAY.date(), now=now_utc(), **BY
            ).id
        assert head.post(f"{here}/quyet-toan").status_code == 303, "It keeps no market from ending."
        db.session.rollback()
        ended = db.session.get(MarketSession, market)
        assert (ended.settled_at is None, ended.settlement_id) == (False, None), (
            "It holds all of it."
        )
        assert head.post(f"{here}/quyet-toan/mo-lai").status_code == 303
        with transaction() as session:
            drop_settlement(session, settlement_id=draft, now=now_utc(), **BY)
        assert head.post(f"{here}/quyet-toan").status_code == 303
        assert "Xem bản quyết toán" in head.get(f"{here}/quyet-toan").text
        assert head.post(f"{here}/quyet-toan/mo-lai").status_code == 303
        assert an_officer(unit, "head").post(f"{here}/quyet-toan").status_code == 404
    assert db.session.get(MarketOffer, offer).taken == 2
