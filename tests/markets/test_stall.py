"""The stall on market day: what phones did without a network comes in once, or becomes a task."""

import re
from datetime import timedelta
from urllib.parse import urlencode

import pytest
import time_machine
from sqlalchemy import delete, func, select

from shop.audit.models import AuditEntry
from shop.db import db, transaction
from shop.earnings.queries import cash_collected_in
from shop.earnings.rules import period_of
from shop.fundraising.actions import handing
from shop.fundraising.models import Campaign
from shop.fundraising.queries.slips import code_of
from shop.fundraising.slip_models import SlipUse
from shop.kernel.clock import now_utc, vietnam_date
from shop.ledger.models import LedgerAccount
from shop.markets.models import MarketAct, MarketOffer, MarketPickup, MarketSession
from shop.markets.rules.refusals import BagMoneyChanged, BagNotGiven
from shop.operations.undo import OPPOSITES
from shop.ordering.models import LineItem, Order, SellerOrder
from shop.ordering.queries.markets import INVARIANTS
from shop.ordering.rules import IllegalMove
from shop.organisations.queries import may
from shop.organising import market_day
from shop.organising.market_lists import market_lists
from shop.payments.models import Refund
from shop.queued.models import QueuedAct
from shop.queued.rules import MOST_ACTS, read_act
from shop.sellers.models import Payee, SellerMember
from tests.fundraising.conftest import do, give, paying_slips
from tests.fundraising.test_slips import all_true, slip
from tests.markets.conftest import BY, DAY
from tests.markets.test_day import bag, owed

pytestmark = pytest.mark.usefixtures("app")


def sent(kind: str, act: int, /, at=DAY, **facts) -> str:
    """Write an act as the phone does; ``act`` makes its name."""
    return urlencode(
        {"ten": f"{act:032x}", "viec": kind, "luc": int(at.timestamp() * 1000), **facts}
    )


def send(desk, *acts: str) -> list[tuple[str, str]]:
    answer = desk.post("/hang-cho", act=list(acts))
    assert answer.status_code == 200, answer.status_code
    return [(one["outcome"], one["says"]) for one in answer.json["results"]]


def count(model) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_an_hour_without_a_network_counts_once_however_often_it_is_sent(a_stall, an_officer):
    officer, market, (first, second), sellers = a_stall
    book = officer.get(f"/dieu-hanh/phien-cho/{market}/giao-hang/so").json
    due = {one["number"]: one["due"] for one in book["bags"]}
    line = book["bags"][1]["lines"][1][0]
    hour = [
        sent("market.hand_over", 1, market=market, number=1, due=due[1]),
        sent("market.hand_over", 2, market=market, number=2, due=due[2]),
        sent("market.goods_back", 3, market=market, number=2, line=line, n=1),
        sent("market.sell", 4, market=market, total=33_333 + 12_345,
             **{f"n{first}": 1, f"n{second}": 1}),
    ]  # fmt: skip
    assert send(officer, *hour) == [("done", "")] * 4
    assert send(officer, *hour, *hour) == [("done", "")] * 8, "Sent again, answered again."
    assert (count(QueuedAct), count(MarketAct), count(Order)) == (4, 4, 3)
    sums = {one.seller_id: one for one in market_day.sums_of_sellers(db.session(), market)}
    assert sums[sellers[0]].taken_vnd == 3 * 33_333
    assert sums[sellers[1]].taken_vnd == 2 * 12_345, "Two, one back, one sold at the stall."
    for seller in sellers:
        books = owed("seller_payable", seller) + owed("seller_receivable", seller)
        assert books == sums[seller].due_vnd, "What came back was given back out of the same till."
        assert sums[seller].other_vnd == 0
    db.session.rollback()
    days = period_of("nam-nay", vietnam_date(now_utc()))
    cash = cash_collected_in(db.session(), None, days)
    assert {row.delivery for row in cash} == {"pickup"}, "The unit's till, no carrier's account."
    assert sum(row.vnd for row in cash) == 3 * 33_333 + 2 * 12_345
    unit = db.session.scalars(
        select(Payee.organisation_id).where(Payee.organisation_id > 0)
    ).first()
    db.session.rollback()
    page = an_officer(unit, "treasurer").get("/dieu-hanh/so/thue/ky?ky=nam-nay").text
    assert "Tiền mặt khách trả ở quầy của Hội, chưa khấu trừ" in page
    assert "Lúc bán chưa biết hãng" not in page
    assert set(db.session.scalars(select(Refund.state))) == {"done"}
    db.session.rollback()
    asked = INVARIANTS["what a phone at a stall was told stands once, refused not at all"]
    assert db.session.execute(asked).all() == []
    with db.session.begin_nested() as undone:
        db.session.execute(delete(MarketAct).where(MarketAct.kind == "sold"))
        assert [row.kind for row in db.session.execute(asked)] == ["market.sell"]
        undone.rollback()
    db.session.rollback()
    with transaction() as session:
        market_day.settle_market(session, session_id=market, now=DAY, **BY)
    assert send(officer, *hour) == [("done", "")] * 4, "Settled, and asked once more."


def test_two_phones_that_sell_the_last_piece_leave_one_task(a_stall):
    officer, market, (first, _), _ = a_stall
    with transaction() as session:
        session.get_one(MarketOffer, first).quantity = 3
    sale = {"market": market, "total": 33_333, f"n{first}": 1}
    (won, _w), (lost, says) = send(
        officer, sent("market.sell", 1, **sale), sent("market.sell", 2, **sale)
    )
    assert (won, lost) == ("done", "conflict")
    assert says
    assert send(officer, sent("market.sell", 2, **sale))[0][0] == "conflict", "Once a task, a task."
    tasks = db.session.scalars(select(QueuedAct).where(QueuedAct.outcome == "conflict")).all()
    assert [(t.why in ("market_offer_short", "line_gone", "not_enough_stock")) for t in tasks] == [
        True
    ]
    assert count(Order) == 3
    page = officer.get(f"/dieu-hanh/phien-cho/{market}/giao-hang").text
    assert "1 việc từ quầy cần xem lại" in page
    here = f"/dieu-hanh/phien-cho/{market}/viec"
    assert officer.post(f"{here}/{tasks[0].id + 99}/xong").status_code == 404
    for _n in range(2):
        assert officer.post(f"{here}/{tasks[0].id}/xong").status_code == 303
    assert "cần xem lại" not in officer.get(f"/dieu-hanh/phien-cho/{market}/giao-hang").text
    line = db.session.scalars(
        select(AuditEntry).where(AuditEntry.action == "market_session.task_settled")
    ).one()
    with transaction() as session:
        OPPOSITES[line.action](session, line, {**BY, "now": DAY, "undoes_id": line.id})
    assert (
        "1 việc từ quầy cần xem lại" in officer.get(f"/dieu-hanh/phien-cho/{market}/giao-hang").text
    )


def test_what_changed_meanwhile_is_a_task_and_nothing_is_counted(a_stall):
    officer, market, _, _ = a_stall
    wrong = sent("market.hand_over", 1, market=market, number=1, due=1)
    assert send(officer, wrong)[0][0] == "conflict"
    with pytest.raises(BagMoneyChanged), transaction() as session:
        market_day.hand_over_bag(
            session, session_id=market, number=1, key="k", shown_vnd=1, now=DAY, **BY
        )
    with pytest.raises(BagNotGiven), transaction() as session:
        line = market_lists(session, market).bags[0].lines[0].line_id
        market_day.goods_back_at_stall(
            session, session_id=market, number=1, line_id=line, quantity=1, key="k", now=DAY, **BY
        )
    assert count(MarketAct) == 0
    db.session.rollback()
    assert set(db.session.scalars(select(SellerOrder.state))) == {"confirmed"}
    bag(market_day.hand_over_bag, market, 1, "z")
    assert send(officer, sent("market.leave", 2, market=market, number=1)) == [
        ("conflict", "Túi 1 đã giao hoặc đã ghi là không đến lấy.")
    ]


def test_what_is_no_act_or_not_hers_is_refused_and_not_kept(a_stall, a_market, an_officer):
    officer, market, (first, _), _ = a_stall
    others, *_ = a_market()
    asked = [
        "ten=x", sent("market.fly", 1, market=market), sent("market.leave", 2, market=market),
        sent("market.leave", 3, market=others, number=1),
        sent("market.leave", 4, market=10**13, number=1),
        sent("market.sell", 5, market=market, total=5, **{f"n{first}": "two"}),
        sent("market.sell", 6, market=market, total=5, slip="X", slip_vnd=6, **{f"n{first}": 1}),
    ]  # fmt: skip
    assert send(officer, *asked) == [("refused", "")] * len(asked)
    assert count(QueuedAct) == 0
    assert send(officer, sent("market.leave", 9, market=market, number=1)) == [("done", "")]
    [(outcome, says)] = send(officer, sent("market.leave", 9, market=market, number=2))
    assert (outcome, bool(says)) == ("refused", True), "One name, two acts."
    assert len(send(officer, *["ten=x"] * (MOST_ACTS + 5))) == MOST_ACTS
    assert read_act("ten=" + "a" * 32 + "&luc=1&viec=x&" + "&".join(["a=1"] * 99)) is None
    assert officer.browser.post("/hang-cho", data={"act": asked}).status_code == 400, "No token."
    stranger = an_officer(db.session.get(MarketSession, others).organisation_id, "member")
    assert stranger.post("/hang-cho", act=[sent("market.leave", 8, market=market, number=2)]).json[
        "results"
    ][0]["outcome"] == "refused"  # fmt: skip
    told = officer.get("/hang-cho")
    assert told.json["who"] == officer.account_id
    assert "no-store" in told.headers["Cache-Control"]


def test_a_sale_at_the_stall_is_of_the_day_though_it_comes_late_and_the_market_is_full(a_stall):
    officer, market, (first, _), _ = a_stall
    with transaction() as session:
        row = session.get_one(MarketSession, market)
        row.max_orders = row.orders
        session.execute(MarketPickup.__table__.update().values(max_orders=2))
    sale = sent("market.sell", 1, at=DAY + timedelta(days=400), market=market, total=33_333,
                **{f"n{first}": 1})  # fmt: skip
    ends = db.session.get(MarketSession, market).ends_at
    db.session.rollback()
    with time_machine.travel(ends + timedelta(hours=3), tick=False):
        assert send(officer, sale) == [("done", "")]
    order = db.session.scalars(select(Order).order_by(Order.id.desc()).limit(1)).one()
    assert order.placed_at < ends
    assert db.session.scalar(select(QueuedAct.at)) <= ends + timedelta(hours=3)
    assert market_lists(db.session(), market).bags[-1].collected


def test_the_page_works_as_forms_and_its_bare_copy_names_nobody(a_stall):
    officer, market, (first, second), _ = a_stall
    here = f"/dieu-hanh/phien-cho/{market}"
    assert "Người 1" in officer.get(f"{here}/giao-hang").text
    assert "Người" not in re.sub(
        "Người bán|Người 9", "", officer.get(f"{here}/giao-hang?vo=1").text
    )
    book = officer.get(f"{here}/giao-hang/so")
    assert "0905" not in book.text, "No phone is kept."
    assert "+84" not in book.text
    assert officer.post(f"{here}/ban", **{f"n{first}": "x"}).status_code == 422
    assert officer.post(f"{here}/ban").status_code == 422
    assert officer.post(f"{here}/ban", **{f"n{first}": "1", f"n{second}": "2"}).status_code == 303
    assert officer.post(f"{here}/tui/1/giao").status_code == 303
    line = db.session.scalar(select(func.min(LineItem.id)))
    db.session.rollback()
    assert officer.post(f"{here}/tui/1/tra", line=str(line), n="0").status_code == 422
    assert officer.post(f"{here}/tui/1/tra", line=str(line), n="x").status_code == 422
    assert officer.post(f"{here}/tui/1/tra", line=str(line), n="1").status_code == 303
    assert officer.post(f"{here}/tui/2/tra", line=str(line), n="1").status_code == 404
    page = officer.get(f"{here}/giao-hang").text
    assert "Khách mua tại quầy" in page


def test_an_order_written_down_by_mistake_is_taken_back_until_it_is_handed_over(a_stall):
    _officer, market, (first, _), _ = a_stall
    lines = db.session.scalars(
        select(AuditEntry).where(AuditEntry.action == "market_session.ordered_for")
        .order_by(AuditEntry.id)
    ).all()  # fmt: skip
    by = {**BY, "now": DAY}
    bag(market_day.hand_over_bag, market, 1, "z")
    with pytest.raises(IllegalMove), transaction() as session:
        OPPOSITES["market_session.ordered_for"](session, lines[0], {**by, "undoes_id": lines[0].id})
    with transaction() as session:
        OPPOSITES["market_session.ordered_for"](session, lines[1], {**by, "undoes_id": lines[1].id})
    lists = market_lists(db.session(), market)
    assert [b.number for b in lists.bags] == [1], "Its bag is gone."
    assert db.session.get(MarketOffer, first).taken == 1, "Others may have it."


def test_a_bag_that_came_back_whole_waits_no_more_and_the_evening_can_be_settled(a_stall):
    officer, market, _, _ = a_stall
    here = f"/dieu-hanh/phien-cho/{market}"
    [[line, *_]] = officer.get(f"{here}/giao-hang/so").json["bags"][0]["lines"]
    assert officer.post(f"{here}/tui/1/giao").status_code == 303
    assert officer.post(f"{here}/tui/1/tra", line=str(line), n="1").status_code == 303
    assert officer.post(f"{here}/tui/2/vang").status_code == 303
    book = officer.get(f"{here}/giao-hang/so").json
    assert [bag["state"] for bag in book["bags"]] == ["back", "left"]
    assert "Đã trả lại" in officer.get(f"{here}/giao-hang").text
    evening = officer.get(f"{here}/quyet-toan").text
    assert "chưa giao" not in evening
    assert f'action="{here}/quyet-toan"' in evening


def test_a_voucher_is_no_slip(a_stall, a_voucher):
    """Its limits count by phone, and all who stand at the stall would be one."""
    officer, market, (first, _), [seller, _] = a_stall
    code = a_voucher(market_id=market, seller_id=seller, first_order=True).code
    answer = officer.post(
        f"/dieu-hanh/phien-cho/{market}/ban", **{f"n{first}": "1"}, slip=code, slip_vnd="20.000"
    )
    assert answer.status_code == 409
    assert count(Order) == 2


def test_a_market_slip_pays_at_the_stall_once_by_form_and_by_phone(a_stall, world):
    officer, market, (first, second), sellers = a_stall
    here = f"/dieu-hanh/phien-cho/{market}/ban"
    one, two = paying_slips(world, 60_000)[0], paying_slips(world, 40_000)[0]
    codes = {n: code_of(db.session(), n) for n in (one, two)}
    bought = {f"n{first}": "2", "slip": codes[one]}
    refused = officer.post(here, ten="a" * 32, **bought, slip_vnd="66.666")
    assert refused.status_code == 409, "It pays 60,000 and no more."
    assert "60.000" in refused.text, "She reads how much it pays."
    assert (count(Order), slip(one).left_vnd) == (2, 60_000)
    for _n in range(2):
        assert officer.post(here, ten="a" * 32, **bought, slip_vnd="60.000").status_code == 303
    assert (count(Order), slip(one).left_vnd) == (3, 0), "Sent twice, spent once."
    sale = {"market": market, "total": 33_333 + 12_345, f"n{first}": 1, f"n{second}": 1}
    with_slip = sent("market.sell", 1, **sale, slip=codes[two].lower(), slip_vnd=40_000)
    assert send(officer, with_slip, with_slip) == [("done", ""), ("done", "")]
    assert (count(Order), slip(two).left_vnd) == (4, 0)
    kept = db.session.scalars(select(QueuedAct.facts)).one()
    assert codes[two] not in str(kept).upper().replace("-", ""), "A slip is money: it is not kept."
    gone = sent("market.sell", 2, **sale, slip=codes[two], slip_vnd=40_000)
    strange = sent("market.sell", 3, **sale, slip="ABCD-EFGH-JKMN", slip_vnd=40_000)
    (empty, says), (unknown, says_too) = send(officer, gone, strange)
    assert (empty, unknown) == ("conflict", "conflict")
    assert "hết tiền" in says
    assert "bấm đặt" not in says, "Who stands at a stall orders nothing by herself."
    assert says_too
    assert says_too != says
    assert officer.post(here, **{f"n{first}": "1"}, slip="ABCDEFGH").status_code == 409
    assert count(Order) == 4
    three = paying_slips(world, 50_000)[0]
    some = {**sale, "slip": code_of(db.session(), three), "slip_vnd": 20_000}
    assert send(officer, sent("market.sell", 5, **some)) == [("done", "")]
    assert slip(three).left_vnd == 30_000, "The household keeps the rest for another day."
    assert set(db.session.scalars(select(SlipUse.by_id))) == {officer.account_id}, "Who did it."
    sums = {one.seller_id: one for one in market_day.sums_of_sellers(db.session(), market)}
    for seller in sellers:
        due = owed("seller_payable", seller) + owed("seller_receivable", seller)
        of_unit = due - from_fund(seller, world["campaign"])
        assert sums[seller].due_vnd == of_unit
    all_true()


def test_the_evening_names_what_slips_of_the_units_own_fund_pay(a_stall, a_campaign, an_account):
    officer, market, (first, _), [seller, _] = a_stall
    row = db.session.get(MarketSession, market)
    unit, payee = row.organisation_id, row.payee_id
    db.session.rollback()
    evening = f"/dieu-hanh/phien-cho/{market}/quyet-toan"
    assert "Bù trừ khác" not in officer.get(evening).text, "nothing to name"
    fund = a_campaign(organisation_id=unit, payee_id=payee, opens_on=DAY.date(), standing=True)
    give(fund, 500_000)
    household = do(
        handing.add_beneficiary, campaign_id=fund, ward_code="20001", ward_name="Xã Sông Lành",
        contact={"name": "N. T. K.", "phone": "", "address": "", "note": ""}, households=1,
        consent={}, actor_id=officer.account_id,
    )  # fmt: skip
    mine = {
        "campaign": fund, "households": [household], "first": an_account("Hạnh"),
        "second": an_account("Thu"),
    }  # fmt: skip
    code = code_of(db.session(), paying_slips(mine, 30_000)[0])
    db.session.rollback()
    sold = officer.post(
        f"/dieu-hanh/phien-cho/{market}/ban", ten="b" * 32, slip=code, slip_vnd="30.000",
        **{f"n{first}": "1"},
    )  # fmt: skip
    assert sold.status_code == 303
    sums = {one.seller_id: one for one in market_day.sums_of_sellers(db.session(), market)}
    db.session.rollback()
    assert (sums[seller].slips_vnd, sums[seller].vouchers_vnd, sums[seller].other_vnd) == (
        30_000, 0, 0,
    )  # fmt: skip
    page = officer.get(evening).text
    assert "Quỹ trả phiếu chợ" in page
    assert "Bù trừ khác" not in page
    all_true()


def from_fund(seller: int, campaign: int) -> int:
    """Return what the fund's unit owes a seller for slips, when that is not the market's unit."""
    unit = db.session.get(Campaign, campaign).organisation_id
    balance = db.session.scalar(
        select(func.coalesce(func.sum(LedgerAccount.balance_vnd), 0)).where(
            LedgerAccount.kind == "seller_payable", LedgerAccount.owner == f"seller:{seller}",
            LedgerAccount.detail == f"organisation:{unit}",
        )
    )  # fmt: skip
    return -(balance or 0)


def test_who_is_on_duty_runs_the_stall_on_market_day_and_nothing_else_of_it(a_stall, an_officer):
    _, market, (first, _), _ = a_stall
    row = db.session.get(MarketSession, market)
    unit, hand_over, opens = row.organisation_id, row.hand_over_at, row.opens_at
    db.session.rollback()
    here = f"/dieu-hanh/phien-cho/{market}"
    helper = an_officer(unit, "helper")
    desk = helper.get("/dieu-hanh/phien-cho").text
    assert f'href="{here}/giao-hang"' in desk
    assert f'href="{here}"' not in desk, "The market itself is not hers."
    assert "Người 1" in helper.get(f"{here}/giao-hang").text
    assert helper.get(f"{here}/giao-hang/so").json["bags"]
    assert helper.post(f"{here}/tui/1/giao", ten="a" * 32).status_code == 303
    assert send(helper, sent("market.leave", 1, market=market, number=2)) == [("done", "")]
    assert helper.post(f"{here}/ban", **{f"n{first}": "1"}).status_code == 303
    for closed in ("", "/dat-ho", "/quyet-toan", "/danh-sach/tui", "/sua"):
        assert helper.get(here + closed).status_code == 404, closed
    assert helper.post(f"{here}/quyet-toan").status_code == 404
    for other in ("treasurer", "trainer", "member"):
        assert an_officer(unit, other).get(f"{here}/giao-hang").status_code == 404, other
    with transaction() as session:
        market_day.settle_market(session, session_id=market, now=hand_over, **BY)
    assert helper.get(f"{here}/giao-hang").status_code == 404, "Settled: names are not hers."
    [(outcome, says)] = send(helper, sent("market.leave", 2, market=market, number=1))
    assert (outcome, bool(says)) == ("conflict", True), "What her phone kept is not lost."
    with time_machine.travel(opens + timedelta(minutes=5), tick=False):
        early = an_officer(unit, "helper")
        with transaction() as session:
            row = session.get_one(MarketSession, market)
            row.closed_at = row.settled_at = None
        assert early.get(f"{here}/giao-hang").status_code == 404, "Not before the close."


def test_a_makers_helper_is_no_helper_on_duty(a_stall, an_account, client):
    _, market, _, sellers = a_stall
    helper = an_account("Nhàn")
    with transaction() as session:
        session.add(SellerMember(seller_id=sellers[0], account_id=helper, role="owner", since=DAY))
    assert not may(db.session(), helper, "run_stall",
                   db.session.get(MarketSession, market).organisation_id, DAY.date())  # fmt: skip


def test_the_stalls_page_costs_the_same_statements_for_few_and_many_tasks(a_stall, count_queries):
    officer, market, (first, _), _ = a_stall
    here, seen = f"/dieu-hanh/phien-cho/{market}/giao-hang", []
    wrong = {"market": market, "total": 1, f"n{first}": 1}
    for many in (range(1, 2), range(2, 9)):
        assert {
            one for one, _ in send(officer, *(sent("market.sell", n, **wrong) for n in many))
        } == {"conflict"}
        with count_queries() as statements:
            assert officer.get(here).status_code == 200
        seen.append(len(statements))
    assert seen[0] == seen[1] <= 20, seen


def test_the_worker_is_served_and_can_be_called_off(app, client):
    answer = client.get("/worker.js")
    made = app.view_functions["organising.worker_script"]
    assert answer.headers["Service-Worker-Allowed"] == "/"
    assert "caches.match" in answer.text
    settings = app.extensions["settings"]
    try:
        object.__setattr__(settings, "offline", False)
        with app.test_request_context("/worker.js"):
            assert b"unregister" in made().data
    finally:
        object.__setattr__(settings, "offline", True)


def test_signing_out_wipes_what_the_phone_keeps(a_stall):
    officer, *_ = a_stall
    assert officer.post("/dang-xuat").headers["Clear-Site-Data"] == '"storage"'
