"""Closing a market: once, whatever happens to the workers; what falls, the lists, the letters."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from shop.db import db, in_transaction, transaction
from shop.markets.models import MarketNotice, MarketOffer, MarketSession
from shop.markets.rules.sessions import NoticeKind, notice_due
from shop.media.sheets import tables_in
from shop.ordering.actions import expire_due, move_seller_order
from shop.ordering.models import SellerOrder, SellerOrderMove
from shop.organisations.models import Organisation
from shop.organising import closing
from shop.organising.market_lists import KINDS, chat_text, market_lists, pdf_of, sections
from shop.outbox.models import OutboxMessage
from shop.outbox.relay import deliver_waiting
from shop.payments.methods import By
from shop.payments.wrong_steps import take_step_back
from shop.sellers.models import Seller
from shop.stock.models import StockLevel
from tests.conftest import NOON
from tests.engines import both_engines
from tests.markets.conftest import CLOSED, choice, ring
from tests.ordering.test_race import all_at_once
from tests.processes import Forked, environment

CLOSES = NOON + timedelta(days=2)
#: A worker that slept: three hours after it should have closed.
LATE = CLOSES + timedelta(hours=3)


def announced(kind: str) -> int:
    db.session.rollback()
    told = db.session.scalars(
        select(OutboxMessage.payload).where(OutboxMessage.subscriber == "mail.market_announced")
    ).all()
    return sum(one["kind"] == kind for one in told)


def closed_at(market: int):
    db.session.rollback()
    return db.session.get(MarketSession, market).closed_at


@pytest.mark.parametrize(
    ("hours_before", "window_h", "kind"),
    [
        (200, 100, None), (99, 100, "opened"), (24.1, 100, "opened"), (24, 100, "day"),
        (2.1, 100, "day"), (2, 100, "hours"), (0.1, 100, "hours"), (0, 100, None), (-3, 100, None),
        # A window shorter than a day has no reminder of a day.
        (20, 24, "opened"), (1, 24, "hours"), (1, 2, "opened"),
    ],
)  # fmt: skip
def test_what_is_announced_follows_from_the_hours_left(hours_before, window_h, kind):
    now = CLOSES - timedelta(hours=hours_before)
    assert notice_due(CLOSES - timedelta(hours=window_h), CLOSES, now) == kind


def test_a_worker_that_slept_three_hours_closes_once_and_tells_no_stale_news(app, sold):
    market, variant, cake, alone, _ = sold()
    closing.keep_market_hours(NOON)
    assert announced("opened") == 1
    assert closed_at(market) is None
    closing.keep_market_hours(LATE)
    assert closed_at(market) == LATE
    assert [announced(kind) for kind in NoticeKind] == [1, 0, 0, 1], "Reminders would be stale."
    moves = db.session.scalar(select(func.count()).select_from(SellerOrderMove))
    for at in (LATE, LATE + timedelta(days=9), NOON, CLOSES):  # The clock steps forth and back.
        closing.keep_market_hours(at)
    assert announced("closed") == announced("opened") == 1
    assert closed_at(market) == LATE
    assert db.session.scalar(select(func.count()).select_from(SellerOrderMove)) == moves
    states = dict(db.session.execute(select(SellerOrder.source_kind, SellerOrder.state)).all())
    assert states == {"market_session": "confirmed", "market_offer": "cancelled"}
    assert db.session.get(MarketOffer, alone).fell_at == LATE
    assert db.session.get(StockLevel, variant).reserved == 2
    assert db.session.get(StockLevel, cake).reserved == 0
    assert db.session.get(MarketSession, market).amount_vnd == 80_000


@both_engines
def test_two_workers_close_and_announce_once(app, sold):
    market = sold()[0]

    def work(number: int) -> str:
        closing.keep_market_hours(NOON if number % 2 else LATE)
        return "worked"

    assert all_at_once(app, work, 6) == {"worked": 6}
    assert closed_at(market) == LATE
    assert announced("closed") == 1
    assert db.session.scalar(
        select(func.count()).select_from(MarketNotice).where(MarketNotice.kind == "closed")
    ) == 1  # fmt: skip
    confirmed = select(func.count()).where(SellerOrderMove.to_state == "confirmed")
    assert db.session.scalar(confirmed) == 1


@pytest.mark.parametrize("step", ["_let_fall", "fix_orders", "announce", "touch"])
def test_who_is_killed_in_the_middle_has_done_nothing_and_the_next_does_all(
    app, sold, monkeypatch, step
):
    market, _, cake, _, _ = sold()

    def killed(*_args, **_more):
        raise SystemExit

    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(closing, step, killed)
        closing.keep_market_hours(LATE)
    db.session.rollback()
    assert closed_at(market) is None
    assert announced("closed") == 0
    assert db.session.get(StockLevel, cake).reserved == 2
    closing.keep_market_hours(LATE + timedelta(minutes=1))
    assert closed_at(market) is not None
    assert announced("closed") == 1


@pytest.mark.xdist_group("faults")
@both_engines
def test_a_worker_killed_amid_the_close_leaves_all_or_nothing_and_the_next_does_it_once(
    app, tmp_path, database_url, sold
):
    """kill -9 to a real process when all of its close is written; the next one does it again."""
    market = sold()[0]
    db.session.remove()
    worker = closes(tmp_path, database_url, STOPS="x")
    assert worker.stdout.readline() == b"amid\n"
    worker.kill()
    worker.communicate()
    all_or_nothing(market)
    assert closed_at(market) is None, "It died before anything was stored."
    db.session.remove()
    worker = closes(tmp_path, database_url)
    assert worker.communicate(timeout=60) == b"done\n"
    closing.keep_market_hours(LATE + timedelta(minutes=1))
    assert closed_at(market) == LATE
    all_or_nothing(market)
    assert announced("closed") == 1


def closes(tmp_path, url: str, **more: str) -> Forked:
    return Forked(
        "tests.faults.closing", env=environment(tmp_path, url, NOW=LATE.isoformat(), **more)
    )


def all_or_nothing(market: int) -> None:
    """The close is all there or not at all: orders, what fell, and what is announced."""
    closed = closed_at(market) is not None
    states = dict(db.session.execute(select(SellerOrder.source_kind, SellerOrder.state)).all())
    waits = {"market_session": "placed", "market_offer": "placed"}
    fixed = {"market_session": "confirmed", "market_offer": "cancelled"}
    assert states == (fixed if closed else waits)
    assert announced("closed") == int(closed)
    confirmed = select(func.count()).where(SellerOrderMove.to_state == "confirmed")
    assert db.session.scalar(confirmed) == int(closed)
    db.session.rollback()


@both_engines
def test_what_a_market_fixed_runs_out_of_no_time_once_packed_is_taken_back(app, a_union_market):
    market, pickup, sold = a_union_market()
    ring(market, pickup, {next(iter(sold)): 2}, n=1, method="transfer")
    closing.keep_market_hours(CLOSED)
    now = CLOSED + timedelta(hours=1)
    with transaction() as session:
        part = session.scalars(select(SellerOrder)).one()
        assert (part.state, part.reserved_until) == ("confirmed", None)
        packed = move_seller_order(
            session, seller_order_id=part.id, to="packed", actor_kind="seller", actor_id=None,
            now=now,
        )  # fmt: skip
        assert take_step_back(
            session, seller_order_id=part.id, move_id=packed.move_id, by=By("seller"), now=now
        )
    with transaction() as session:
        assert expire_due(session, now=now + timedelta(days=9)) == [], "It is paid at the stall."


def test_an_open_market_stands_on_the_home_page_until_it_closes(app, client, sold, count_queries):
    market = sold()[0]
    row = db.session.get(MarketSession, market)
    address, unshown = f"/phien-cho/{row.code}", CLOSES - timedelta(days=9)
    db.session.rollback()
    with time_machine.travel(NOON, tick=False):
        page = client.get("/")
        assert f'href="{address}"' in page.text
        assert "Đặt được đến" in page.text
        assert app.test_client().get("/").data == page.data, "The same page for everybody."
        assert "Set-Cookie" not in page.headers
        app.extensions["page_cache"].clear(only_stock=True)
        with count_queries() as statements:
            client.get("/")
        assert not [one for one in statements if "market_sessions" in one], "It is kept."
    with time_machine.travel(CLOSES + timedelta(seconds=61), tick=False):
        closing.keep_market_hours(CLOSES + timedelta(seconds=61))
        assert address not in client.get("/").text, "Its closing makes the page stale."
    with time_machine.travel(unshown, tick=False):
        app.extensions["page_cache"].clear()
        assert address not in client.get("/").text, "Not before it takes orders."


def test_without_the_condition_of_the_close_it_would_happen_twice(app, sold):
    """The twin: taking the mark off is what lets a second close through."""
    market = sold()[0]
    closing.keep_market_hours(LATE)
    with transaction() as session:
        session.get_one(MarketSession, market).closed_at = None
    assert in_transaction(lambda s: closing.close_market(s, session_id=market, now=LATE))
    assert announced("closed") == 1, "The note of the announcement holds all the same."


def test_the_lists_say_who_brings_what_and_whose_each_bag_is(app, sold, an_officer):
    market = sold()[0]
    closing.keep_market_hours(LATE)
    row = db.session.get(MarketSession, market)
    lists = market_lists(db.session(), market)
    [(_, things)] = lists.of_sellers()
    assert [(t.quantity, t.total_vnd) for t in things] == [(2, 80_000)], "What fell is not brought."
    [bag] = lists.bags
    assert (bag.number, bag.name, bag.total_vnd, bag.due_vnd) == (1, "Trần Thị Lan", 80_000, 80_000)
    for kind in KINDS:
        assert any(one.rows for one in sections(lists, kind)), kind
        text = chat_text(row, lists, kind)
        assert "Lan" not in text, "Buyers stay out of chat groups."
        assert "0912" not in text
    [of_seller] = sections(lists, "mang")
    assert of_seller.foot == ["Cộng", "", "80.000\u00a0đồng"]
    assert "Cộng" not in chat_text(row, lists, "mang"), "Only what is brought."
    unit = db.session.get(Organisation, row.organisation_id)
    assert pdf_of(row, unit, lists, "mang").startswith(b"%PDF")
    assert pdf_of(row, unit, lists, "diem").startswith(b"%PDF")
    head = an_officer(unit.id, "head")
    base = f"/dieu-hanh/phien-cho/{market}/danh-sach"
    assert "Trần Thị Lan" in head.get(f"{base}/diem").text
    assert head.get(f"{base}/tui.pdf").data.startswith(b"%PDF")
    [brought] = tables_in(head.get(f"{base}/mang.xlsx").data)
    assert brought[0][2:] == ["Số lượng", "Đơn vị tính", "Tiền hàng, đồng"]
    assert (brought[1][2], brought[1][4], brought[-1][4]) == (2, 80_000, 80_000), "to add up"
    for kind in ("tui", "diem"):
        [bags] = tables_in(head.get(f"{base}/{kind}.xlsx").data)
        assert "" not in bags[0]
        assert (bags[1][1], bags[1][2], *bags[1][5:]) == (1, "Trần Thị Lan", 80_000, 80_000)
        assert (bags[-1][0], *bags[-1][5:]) == ("Cộng", 80_000, 80_000)
    assert head.get(f"{base}/x").status_code == 404
    assert an_officer(unit.id, "treasurer").get(f"{base}/tui").status_code == 404


def test_the_lists_cost_the_same_statements_for_one_and_many_orders(
    app, a_market, at_market, place, count_queries
):  # fmt: skip
    market, pickup, offer, _, seller = a_market(quantity=60, on_hand=99)
    seen = []
    for many in (1, 12):
        for _ in range(many):
            place(at_market({offer: 1}), 40_000, choices=choice(seller, market, pickup))
        with count_queries() as statements:
            market_lists(db.session(), market)
        seen.append(len(statements))
    assert seen[0] == seen[1] <= 6, seen


def test_everybody_is_told_by_mail_once(app, sold, an_account, an_officer, mails):
    owner = an_account("Sương", email="suong@example.net")
    seller = sold()[4]
    from shop.sellers.models import SellerMember

    with transaction() as session:
        session.add(SellerMember(seller_id=seller, account_id=owner, role="owner", since=NOON))
    an_officer(db.session.get(Seller, seller).organisation_id, "head")
    with time_machine.travel(LATE, tick=False):
        closing.keep_market_hours(LATE)
        for _ in range(3):
            deliver_waiting(LATE)
        told = [str(mail["Subject"]) for mail in mails()]
        bag = [one for one in told if "túi số 1" in one]
        assert len(bag) == 1, told
        brings = [one for one in told if "chị mang gì" in one]
        assert len(brings) == 1, told
        assert sum("không đủ số đặt" in one for one in told) == 1, told
