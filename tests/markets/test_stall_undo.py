"""A wrong tap at the stall is taken back until the evening: goods, money and books as before it."""

import pytest
import time_machine
from sqlalchemy import func, select

from shop.audit.models import AuditEntry
from shop.catalogue.models import Product, Variant
from shop.db import db, transaction
from shop.earnings.models import SoldMonth
from shop.earnings.queries import revenue_book
from shop.earnings.rules import Period
from shop.fundraising.queries.slips import code_of
from shop.kernel.errors import NotYours
from shop.ledger.queries import booked
from shop.markets.models import MarketAct, MarketSession
from shop.markets.rules.refusals import BagMovedOn, SessionMoved
from shop.ordering.models import GoodsKept, LineItem, SellerOrder
from shop.ordering.queries.returns import returns_of
from shop.organising import market_day, stall_undo
from shop.payments.models import CodCollection, Payment, Refund
from shop.queued.models import QueuedAct
from shop.stock.actions import count_stock
from shop.stock.lot_actions import open_lot, put_in
from shop.stock.lot_models import Lot
from shop.stock.lot_rules import LotFields
from shop.stock.models import StockLevel
from tests.engines import both_engines
from tests.fundraising.conftest import paying_slips
from tests.fundraising.test_slips import all_true, slip
from tests.markets.conftest import BY, DAY, ring
from tests.markets.test_day import bag, taken_back
from tests.markets.test_stall import count, send, sent

pytestmark = pytest.mark.usefixtures("app")


def states() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(SellerOrder.state).order_by(SellerOrder.id)))


def levels() -> list[tuple[int, int]]:
    db.session.rollback()
    return [
        tuple(row)
        for row in db.session.execute(
            select(StockLevel.on_hand, StockLevel.reserved).order_by(StockLevel.variant_id)
        )
    ]


def book_of(desk, market: int) -> dict[int, dict]:
    page = desk.get(f"/dieu-hanh/phien-cho/{market}/giao-hang/so")
    return {one["number"]: one for one in page.json["bags"]}


@both_engines
def test_a_phone_takes_back_what_the_shop_has_already_and_the_bag_waits_as_before(a_stall):
    officer, market, _, sellers = a_stall
    before, told = levels(), book_of(officer, market)
    assert [one["last"] for one in told.values()] == [None, None]
    assert send(officer, sent("market.hand_over", 1, market=market, number=2, due=told[2]["due"]))
    assert send(officer, sent("market.leave", 2, market=market, number=1)) == [("done", "")]
    assert levels() != before
    given = book_of(officer, market)
    assert given[2]["last"]["due"] == told[2]["due"], (
        "What a phone without a network asks for again."
    )
    undo = [
        sent("market.take_back", 3, market=market, number=2, act=given[2]["last"]["id"]),
        sent("market.take_back", 4, market=market, number=1, act=given[1]["last"]["id"]),
    ]
    assert send(officer, *undo, *undo) == [("done", "")] * 4, "Sent again, answered again."
    assert set(states()) == {"ready_for_pickup"}
    assert levels() == before
    assert book_of(officer, market) == told, "As if nothing had been tapped."
    for cash in db.session.scalars(select(CodCollection)).all():
        assert (cash.state, cash.taken_vnd, cash.received_vnd, cash.payee_id) == (
            "promised", 0, 0, None,
        )  # fmt: skip
        stands = booked(db.session(), [f"cash:{cash.seller_order_id}"])
        assert not any(stands.get(f"cash:{cash.seller_order_id}", {}).values())
    sums = market_day.sums_of_sellers(db.session(), market)
    assert {(one.taken_vnd, one.due_vnd, one.left_units) for one in sums} == {(0, 0, 0)}
    months = db.session.scalars(select(SoldMonth)).all()
    assert {(one.orders, one.goods_vnd, one.commission_vnd) for one in months} == {(0, 0, 0)}
    month = Period("", DAY.date().replace(day=1), DAY.date())
    assert [revenue_book(db.session(), seller, month) for seller in sellers] == [[], []]
    lines = db.session.scalars(
        select(AuditEntry.facts).where(AuditEntry.action == "market_session.bag_taken_back")
        .order_by(AuditEntry.id)
    ).all()  # fmt: skip
    assert [(f["number"], f["what"]) for f in lines] == [(2, "handed_over"), (1, "not_collected")]
    assert bag(market_day.hand_over_bag, market, 2, "again")
    assert bag(market_day.leave_bag, market, 1, "again")
    all_true()


def test_of_two_phones_one_that_comes_too_late_leaves_a_task_and_no_money_moves(a_stall):
    officer, market, _, _ = a_stall
    told = book_of(officer, market)
    assert send(officer, sent("market.hand_over", 1, market=market, number=2, due=told[2]["due"]))
    act = book_of(officer, market)[2]["last"]["id"]
    line = told[2]["lines"][1][0]
    assert send(officer, sent("market.goods_back", 2, market=market, number=2, line=line, n=1)) == [
        ("done", "")
    ]
    was = states(), levels(), count(MarketAct)
    late = sent("market.take_back", 3, market=market, number=2, act=act)
    [(outcome, says)] = send(officer, late)
    assert (outcome, "lấy lại" in says) == ("conflict", True)
    assert (states(), levels(), count(MarketAct)) == was
    page = officer.get(f"/dieu-hanh/phien-cho/{market}/giao-hang").text
    assert "Lấy lại việc vừa ghi ở túi 2" in page
    assert "đã có việc khác từ máy khác" in page
    last = book_of(officer, market)[2]["last"]["id"]
    twice = [sent("market.take_back", n, market=market, number=2, act=last) for n in (4, 5)]
    assert send(officer, *twice) == [("done", "")] * 2, "Two phones that take the same back agree."
    assert count(GoodsKept) == 1
    assert send(officer, sent("market.take_back", 6, market=market, number=2, act=act)) == [
        ("done", "")
    ]
    back = sent("market.goods_back", 7, market=market, number=2, line=line, n=1)
    assert send(officer, back)[0][0] == "conflict", "Nothing comes back of a bag that waits."
    for wrong in (act + 999, last):
        of_another = sent("market.take_back", wrong, market=market, number=1, act=wrong)
        assert send(officer, of_another)[0][0] == "refused"
    assert send(officer, sent("market.take_back", 8, market=market, number=1)) == [("refused", "")]
    assert count(QueuedAct) == 7


def test_an_old_page_of_bags_sent_again_after_its_act_was_taken_back_says_so(a_stall):
    officer, market, _, _ = a_stall
    here = f"/dieu-hanh/phien-cho/{market}"
    given, left = {"ten": "a" * 32}, {"ten": "b" * 32}
    assert officer.post(f"{here}/tui/2/giao", **given).status_code == 303
    assert officer.post(f"{here}/tui/1/vang", **left).status_code == 303
    assert officer.post(f"{here}/tui/2/giao", **given).status_code == 303, "Twice is once."
    line = book_of(officer, market)[2]["lines"][1][0]
    for number in (2, 1):
        act = book_of(officer, market)[number]["last"]["id"]
        assert officer.post(f"{here}/tui/{number}/lui", act=str(act)).status_code == 303
    was = states(), levels(), count(MarketAct)
    for number, way, sent_again in ((2, "giao", given), (1, "vang", left)):
        answer = officer.post(f"{here}/tui/{number}/{way}", **sent_again)
        assert answer.status_code == 409
        assert f"Túi {number} đã có việc khác sau đó" in answer.text
    assert (states(), levels(), count(MarketAct)) == was
    # Done anew, by another page, it is done; and the old page still says what is so.
    assert officer.post(f"{here}/tui/2/giao", ten="c" * 32).status_code == 303
    assert officer.post(f"{here}/tui/2/giao", **given).status_code == 409
    back = {"ten": "d" * 32, "line": str(line), "n": "1"}
    assert officer.post(f"{here}/tui/2/tra", **back).status_code == 303
    act = book_of(officer, market)[2]["last"]["id"]
    assert officer.post(f"{here}/tui/2/lui", act=str(act)).status_code == 303
    assert officer.post(f"{here}/tui/2/tra", **back).status_code == 409
    all_true()


def test_once_the_evening_is_settled_nothing_is_taken_back(a_stall):
    officer, market, _, _ = a_stall
    for number in (1, 2):
        bag(market_day.hand_over_bag, market, number, f"k{number}")
    act = book_of(officer, market)[1]["last"]["id"]
    with transaction() as session:
        market_day.settle_market(session, session_id=market, now=DAY, **BY)
    here = f"/dieu-hanh/phien-cho/{market}"
    undo = sent("market.take_back", 1, market=market, number=1, act=act)
    [(outcome, says)] = send(officer, undo)
    assert (outcome, bool(says)) == ("conflict", True)
    assert db.session.scalar(select(QueuedAct.why)) == "market_session_moved"
    db.session.rollback()
    assert officer.post(f"{here}/tui/1/lui", act=str(act)).status_code == 409
    with pytest.raises(SessionMoved):
        taken_back(market, 1, "k")
    assert set(states()) == {"delivered"}
    with transaction() as session:
        market_day.unsettle_market(session, session_id=market, now=DAY, **BY)
    assert officer.post(f"{here}/tui/1/lui", act=str(act)).status_code == 303, "Opened again."


def test_page_and_command_take_back_and_a_stranger_does_not(a_stall, an_officer, a_market, run):
    officer, market, _, _ = a_stall
    here = f"/dieu-hanh/phien-cho/{market}"
    code = db.session.get(MarketSession, market).code
    other_unit = db.session.get(MarketSession, a_market()[0]).organisation_id
    db.session.rollback()
    assert "/lui" not in officer.get(f"{here}/giao-hang").text
    assert officer.post(f"{here}/tui/1/giao").status_code == 303
    act = book_of(officer, market)[1]["last"]["id"]
    stranger = an_officer(other_unit)
    assert stranger.post(f"{here}/tui/1/lui", act=str(act)).status_code == 404
    assert officer.post(f"{here}/tui/1/lui").status_code == 409
    assert states()[0] == "delivered"
    page = officer.get(f"{here}/giao-hang").text
    assert f'action="{here}/tui/1/lui"' in page
    assert "Bấm nhầm, lấy lại" in page
    for _n in range(2):
        assert officer.post(f"{here}/tui/1/lui", act=str(act), ten="b" * 32).status_code == 303
    assert states()[0] == "ready_for_pickup"
    with time_machine.travel(DAY, tick=False):
        run("market", "leave", code, "1")
        run("market", "take-back", code, "1")
        assert "không có việc nào" in run("market", "take-back", code, "1", fails=True)
    assert states()[0] == "ready_for_pickup"


def test_goods_sold_to_somebody_else_meanwhile_stay_hers(a_stall):
    officer, market, _, _ = a_stall
    assert send(officer, sent("market.leave", 1, market=market, number=1)) == [("done", "")]
    act = book_of(officer, market)[1]["last"]["id"]
    variant, seller = db.session.execute(
        select(LineItem.variant_id, SellerOrder.seller_id)
        .join(SellerOrder, SellerOrder.id == LineItem.seller_order_id)
        .order_by(LineItem.id)
        .limit(1)
    ).one()
    with transaction() as session:
        held = session.get_one(StockLevel, variant).reserved
        count_stock(
            session, variant_id=variant, on_hand=held, reason="sold", now=DAY, actor_id=None
        )
    was = states(), levels()
    [(outcome, says)] = send(officer, sent("market.take_back", 2, market=market, number=1, act=act))
    assert (outcome, bool(says)) == ("conflict", True)
    assert (states(), levels()) == was
    assert seller


def test_a_transfer_paid_in_cash_at_the_stall_is_owed_again(a_stall, a_union_market):
    _, market, (first, _), _ = a_stall
    row = db.session.scalars(select(MarketSession)).one()
    pickup = db.session.scalar(select(SellerOrder.market_pickup_id).limit(1))
    assert row.id == market
    ring(market, pickup, {first: 2}, now=DAY, method="transfer", n=3)
    assert bag(market_day.hand_over_bag, market, 3, "k3")
    payment = db.session.scalars(select(Payment)).one()
    assert payment.received_vnd == payment.amount_vnd == 66_666
    db.session.rollback()
    assert taken_back(market, 3, "u3")
    db.session.rollback()
    payment = db.session.scalars(select(Payment)).one()
    assert (payment.received_vnd, payment.amount_vnd, payment.expired_at) == (0, 66_666, None)
    assert count(Refund) == 0
    assert not any(
        booked(db.session(), [f"payment:{payment.id}"]).get(f"payment:{payment.id}", {}).values()
    )
    db.session.rollback()
    all_true()


def test_goods_that_did_not_come_back_after_all_are_paid_again_also_by_a_slip(a_stall, world):
    officer, market, (first, second), sellers = a_stall
    one = paying_slips(world, 60_000)[0]
    code = code_of(db.session(), one)
    db.session.rollback()
    sale = {"market": market, "total": 33_333 + 2 * 12_345, f"n{first}": 1, f"n{second}": 2}
    assert send(officer, sent("market.sell", 1, **sale, slip=code, slip_vnd=40_000)) == [
        ("done", "")
    ]
    before = levels(), slip(one).left_vnd, market_day.sums_of_sellers(db.session(), market)
    lines = {line[0]: line[1] for line in book_of(officer, market)[3]["lines"]}
    for n, (line, units) in enumerate(lines.items()):
        coming = {"market": market, "number": 3, "line": line, "n": units}
        assert send(officer, sent("market.goods_back", 10 + n, **coming)) == [("done", "")]
    assert states()[-2:] == ["returned", "returned"]
    assert slip(one).left_vnd > before[1]
    while last := book_of(officer, market)[3]["last"]:
        assert "Trả lại là bấm nhầm" in officer.get(f"/dieu-hanh/phien-cho/{market}/giao-hang").text
        assert officer.post(
            f"/dieu-hanh/phien-cho/{market}/tui/3/lui", act=str(last["id"])
        ).status_code == 303  # fmt: skip
    assert states()[-2:] == ["delivered", "delivered"]
    assert (
        levels(), slip(one).left_vnd, market_day.sums_of_sellers(db.session(), market)
    ) == before  # fmt: skip
    assert {line[0]: line[1] for line in book_of(officer, market)[3]["lines"]} == lines
    parts = db.session.scalars(
        select(SellerOrder.id).order_by(SellerOrder.id.desc()).limit(2)
    ).all()
    assert [returns_of(db.session(), part) for part in parts] == [[], []], "Nobody reads of it."
    assert set(db.session.scalars(select(Refund.state))) <= {"taken_back"}
    assert {one.returns_vnd for one in db.session.scalars(select(SoldMonth))} == {0}
    assert sellers
    all_true()


def test_lots_are_as_they_were(a_stall):
    officer, market, _, _ = a_stall
    variant = db.session.scalar(select(LineItem.variant_id).order_by(LineItem.id).limit(1))
    on_hand = db.session.scalar(select(StockLevel.on_hand).where(StockLevel.variant_id == variant))
    db.session.rollback()
    with transaction() as session:
        product = session.get_one(Variant, variant).product_id
        seller = session.get_one(Product, product).seller_id
        lot_id = open_lot(
            session, seller_id=seller, product_id=product, variant_id=variant,
            fields=LotFields("L1", DAY.date(), None), actor_id=None, now=DAY,
        ).id  # fmt: skip
        put_in(session, lot_id=lot_id, quantity=on_hand, actor_id=None, now=DAY)

    def lot() -> tuple[int, int]:
        db.session.rollback()
        row = db.session.scalars(select(Lot)).one()
        return row.left_units, row.packed_units

    assert bag(market_day.hand_over_bag, market, 1, "a")
    assert lot() == (on_hand - 1, 0)
    assert taken_back(market, 1, "b")
    assert lot() == (on_hand - 1, 1), "It lies in its bag."
    assert bag(market_day.hand_over_bag, market, 1, "c")
    line = book_of(officer, market)[1]["lines"][0][0]
    coming = {"market": market, "number": 1, "line": line, "n": 1}
    assert send(officer, sent("market.goods_back", 1, **coming)) == [("done", "")]
    assert lot() == (on_hand, 0)
    assert taken_back(market, 1, "d")
    assert lot() == (on_hand - 1, 0)
    assert taken_back(market, 1, "e")
    assert bag(market_day.leave_bag, market, 1, "f")
    assert lot() == (on_hand, 0), "Opened again."
    assert taken_back(market, 1, "g")
    assert lot() == (on_hand - 1, 1), "Packed once more: a recall would find this buyer."
    assert bag(market_day.hand_over_bag, market, 1, "h")
    assert lot() == (on_hand - 1, 0)
    all_true()


def test_an_act_of_another_bag_or_one_that_is_not_the_last_is_left_alone(a_stall):
    _, market, _, _ = a_stall
    for number in (1, 2):
        assert bag(market_day.hand_over_bag, market, number, f"k{number}")
    first = db.session.scalar(select(func.min(MarketAct.id)))
    db.session.rollback()
    asked = {"session_id": market, "now": DAY, **BY}
    with pytest.raises(NotYours), transaction() as session:
        stall_undo.take_act_back(session, number=2, act_id=first, key="x", **asked)
    with transaction() as session:  # Goods were moved past the stall meanwhile.
        part = session.scalar(select(func.min(SellerOrder.id)))
        session.get_one(SellerOrder, part).state = "completed"
    with pytest.raises(BagMovedOn), transaction() as session:
        stall_undo.take_act_back(session, number=1, act_id=first, key="x", **asked)
    with transaction() as session:
        session.get_one(SellerOrder, part).state = "delivered"
