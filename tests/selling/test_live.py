"""The board that stays open: it is told what is new, cheaply, and only of its own stall."""

import socket
import time

import pytest
from sqlalchemy import func, select, update

from shop.db import db, in_transaction, transaction
from shop.kernel.clock import now_utc
from shop.ordering.models import SellerOrder
from shop.payments.actions import report
from shop.payments.models import Payment
from shop.selling.queries.live import BoardTail
from shop.web.streams import MOST_EACH, Streams
from tests.engines import both_engines

AT = "/ban-hang/bang?xem=can-lam&trang=1"


def looked(stall, mark="", after=0, at=AT):
    return stall.get(f"{at}&tu={after}", headers={"If-None-Match": mark} if mark else {})


@both_engines
def test_an_open_board_is_told_of_a_new_order_once(stall, in_state, count_queries):
    first = in_state("placed", seller_id=stall.id)
    page = stall.page("/ban-hang")
    mark = page.split('data-mark="')[1].split('"')[0].replace("&#34;", '"')
    assert f'data-newest="{first}"' in page
    assert looked(stall, mark).status_code == 304
    with count_queries() as asked:
        assert looked(stall, mark).data == b""
    assert len(asked) <= 4, asked  # Who she is, her stall, and one look at the orders.
    second = in_state("placed", seller_id=stall.id)
    told = looked(stall, mark, first)
    assert told.status_code == 200
    assert told.json["newest"] == second
    assert told.json["unseen"] == 2
    assert f"/ban-hang/don/{second}" in told.json["html"]
    (said,) = told.json["news"]
    assert said.startswith("Đơn mới: 1\N{NO-BREAK SPACE}")
    assert said.endswith(", Đà Nẵng")
    assert looked(stall, told.headers["ETag"], second).status_code == 304
    with_nothing_known = looked(stall, "", second)
    assert with_nothing_known.json["news"] == []
    assert "no-store" in told.headers["Cache-Control"]


def test_what_is_said_aloud_names_nobody(stall, in_state):
    order = in_state("placed", seller_id=stall.id)
    (said,) = looked(stall).json["news"]
    page = stall.page(f"/ban-hang/don/{order}")
    name = page.split('<h1 class="h2">')[1].split("<")[0]
    assert name
    assert name not in said
    assert looked(stall).json["news"] == [], "She opened it: it is no news any more."


def test_every_move_and_every_word_about_money_changes_the_mark(stall, in_state):
    order = in_state("placed", seller_id=stall.id, method="transfer")
    seen = [looked(stall).headers["ETag"]]
    payment = db.session.scalar(select(Payment.id))
    db.session.rollback()
    in_transaction(lambda session: report(session, payment_id=payment, now=now_utc()))
    seen.append(looked(stall).headers["ETag"])
    stall.page(f"/ban-hang/don/{order}")
    seen.append(looked(stall).headers["ETag"])
    stall.post(f"/ban-hang/don/{order}/tien", so_tien="120k", sau="0")
    seen.append(looked(stall).headers["ETag"])
    stall.post(f"/ban-hang/don/{order}/buoc", toi="packed")
    seen.append(looked(stall).headers["ETag"])
    assert len(set(seen)) == len(seen)
    assert looked(stall, at="/en/ban-hang/bang?xem=can-lam").headers["ETag"] not in seen


def test_another_stalls_orders_are_no_news(a_stall, in_state):
    mine, hers = a_stall(), a_stall()
    before = looked(mine)
    in_state("placed", seller_id=hers.id)
    assert looked(mine, before.headers["ETag"]).status_code == 304
    assert looked(mine).json["news"] == []


def test_the_headings_tell_apart_who_looked_and_what_came_today(stall, in_state):
    old, today = (in_state("placed", seller_id=stall.id) for _ in "12")
    with transaction() as session:
        session.execute(
            update(SellerOrder).where(SellerOrder.id == today).values(placed_at=now_utc())
        )
    stall.page(f"/ban-hang/don/{today}")
    assert f"/ban-hang/don/{old}" in stall.page("/ban-hang?xem=chua-mo")
    assert f"/ban-hang/don/{today}" not in stall.page("/ban-hang?xem=chua-mo")
    assert f"/ban-hang/don/{today}" in stall.page("/ban-hang?xem=hom-nay")
    assert f"/ban-hang/don/{old}" not in stall.page("/ban-hang?xem=hom-nay")
    assert "Nguyễn Thị Sương mở xem lần đầu" in stall.page(f"/ban-hang/don/{today}")
    assert db.session.scalar(
        select(SellerOrder.seen_by_id).where(SellerOrder.id == today)
    ) == stall.owner_id  # fmt: skip


@both_engines
def test_the_tail_names_each_stall_that_moved_and_none_twice(a_stall, in_state, count_queries):
    one, other = a_stall(), a_stall()
    in_state("placed", seller_id=one.id)
    tail = BoardTail()
    assert tail(db.session()) == set()
    assert tail(db.session()) == set()
    in_state("placed", seller_id=one.id)
    db.session.rollback()
    assert tail(db.session()) == {one.id}
    order = in_state("placed", seller_id=other.id, method="transfer")
    db.session.rollback()
    assert tail(db.session()) == {other.id}
    payment = db.session.scalar(select(func.max(Payment.id)))
    db.session.rollback()
    in_transaction(lambda session: report(session, payment_id=payment, now=now_utc()))
    with count_queries() as asked:
        assert tail(db.session()) == {other.id}, order
    assert len(asked) == 1
    tail.BACK_S = -1.0
    assert tail(db.session()) == set()
    assert tail(db.session()) == set(), "What was told long ago is not read again."


def test_without_the_shops_own_server_there_is_no_stream(stall):
    answer = stall.get("/ban-hang/nghe")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]


@pytest.fixture
def lines():
    """Make a connection's two ends: ``ours, hers = lines()``; all are closed in the end."""
    made = []

    def make():
        pair = socket.socketpair()
        made.extend(pair)
        pair[1].settimeout(5)
        return pair

    yield make
    for one in made:
        one.close()


@pytest.fixture
def streams(app):
    made = Streams(app, lambda _session: [], limit=3)
    yield made
    made.end()


def test_streams_tell_only_whom_it_concerns_and_let_go_of_who_left(streams, lines):
    news = []
    streams.look = lambda _session: [news.pop()] if news else []
    (ours, hers), (also_ours, other) = lines(), lines()
    streams.take(ours, b"HEAD", topic=7, who=1)
    streams.take(also_ours, b"HEAD", topic=8, who=2)
    assert hers.recv(100) == other.recv(100) == b"HEAD"
    began = time.monotonic()
    news.append(7)
    assert hers.recv(100) == b"data: x\n\n"
    assert time.monotonic() - began < 2
    other.setblocking(False)
    with pytest.raises(BlockingIOError):
        other.recv(100)
    hers.close()
    while len(streams.lines) > 1 and time.monotonic() - began < 5:
        time.sleep(0.05)
    assert {line.topic for line in streams.lines} == {8}


def test_a_process_serves_so_many_streams_and_one_person_a_few(streams, lines):
    streams.limit = MOST_EACH + 1
    for _ in range(MOST_EACH):
        streams.take(lines()[0], b"HEAD", topic=1, who=1)
    assert streams.is_full_for(1)
    assert not streams.is_full_for(2)
    streams.take(lines()[0], b"HEAD", topic=1, who=2)
    assert streams.is_full_for(3)
