"""Steps tapped without a network: done once, in their order, at the stall where they were tapped."""

from datetime import timedelta
from urllib.parse import urlencode

from sqlalchemy import func, select, update

from shop.db import db, in_transaction, transaction
from shop.kernel.clock import now_utc, vietnam_date
from shop.ordering.actions import move_seller_order
from shop.ordering.models import SellerOrder, SellerOrderMove
from shop.queued.models import QueuedAct
from shop.sellers.helping import grant_help, revoke_help
from shop.sellers.models import HelperAct
from tests.conftest import NOON
from tests.engines import both_engines
from tests.selling.conftest import StallInHand


def step(act, order, to, stall):
    return urlencode({
        "ten": f"{act:032x}", "viec": "selling.step", "luc": 1_764_230_400_000, "stall": stall.id,
        "order": order, "to": to,
    })  # fmt: skip


def send(stall, *acts, token_from="/ban-hang/gian-hang/loi"):
    answer = stall.post("/hang-cho", token_from=token_from, act=list(acts))
    assert answer.status_code == 200
    return [(one["outcome"], one["says"]) for one in answer.json["results"]]


def moves():
    db.session.rollback()
    return db.session.execute(
        select(SellerOrderMove.seller_order_id, SellerOrderMove.to_state)
        .where(SellerOrderMove.actor_kind == "seller")
        .order_by(SellerOrderMove.id)
    ).all()


def count(model):
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(model))


@both_engines
def test_a_morning_without_a_network_counts_once_and_in_its_order(stall, in_state, sign_in):
    first, second = (in_state("placed", seller_id=stall.id) for _ in range(2))
    acts = [
        step(1, second, "confirmed", stall), step(2, first, "confirmed", stall),
        step(3, second, "packed", stall),
    ]  # fmt: skip
    assert send(stall, *acts) == [("done", "")] * 3
    assert send(stall, *acts, acts[2]) == [("done", "")] * 4, "The answer was lost; sent again."
    made = [(second, "confirmed"), (first, "confirmed"), (second, "packed")]
    assert moves() == made
    other = StallInHand(stall.id, stall.owner_id, sign_in(stall.owner_id, "seller"))
    assert send(other, step(9, second, "packed", stall)) == [("done", "")], "Her other phone, too."
    assert moves() == made
    assert count(QueuedAct) == 4
    assert send(stall, step(1, first, "packed", stall))[0][0] == "refused", "One name, two acts."
    assert moves() == made


@both_engines
def test_an_order_that_was_cancelled_meanwhile_is_a_task_until_somebody_looked(
    stall, a_stall, in_state
):
    order, fine = (in_state("confirmed", seller_id=stall.id) for _ in range(2))
    in_transaction(
        lambda session: move_seller_order(
            session, seller_order_id=order, to="cancelled", actor_kind="buyer", actor_id=None,
            now=NOON,
        )
    )  # fmt: skip
    before = moves()
    got = send(stall, step(1, order, "packed", stall), step(2, order, "packed", stall))
    assert [outcome for outcome, _ in got] == ["conflict", "conflict"]
    assert all(says for _, says in got)
    assert moves() == before
    assert send(stall, step(3, fine, "packed", stall)) == [("done", "")], "The next one is done."
    board = stall.page("/ban-hang")
    assert board.count("“Đã gói xong” chưa ghi được") == 1, "One order, one task."
    assert "đơn này đã huỷ" in board
    other = a_stall(name="Mật ong Suối Lở")
    assert "chưa ghi được" not in other.page("/ban-hang")
    seen = f"/ban-hang/don/{order}/viec-may/xong"
    assert other.post(seen).status_code == 404
    assert stall.post(f"/ban-hang/don/{fine}/viec-may/xong").status_code == 404
    for _ in range(2):
        assert stall.post(seen).status_code == 303
    assert "chưa ghi được" not in stall.page("/ban-hang")
    assert send(stall, step(1, order, "packed", stall)) == [("conflict", "")], "Looked at is over."
    assert "chưa ghi được" not in stall.page("/ban-hang")


def test_a_step_is_done_where_it_was_tapped_and_nowhere_else(stall, a_stall, in_state):
    other = a_stall(name="Mật ong Suối Lở")
    hers, order = (in_state("placed", seller_id=one.id) for one in (other, stall))
    asked = [
        step(1, hers, "confirmed", other),  # Another's stall.
        step(2, hers, "confirmed", stall),  # Another's order.
        step(3, order, "cancelled", stall),  # No step that phones may send.
        step(4, 10**13, "confirmed", stall),
    ]  # fmt: skip
    got = send(stall, *asked)
    assert [outcome for outcome, _ in got] == ["refused"] * 4
    assert "không còn làm ở gian này" in got[0][1]
    assert (count(QueuedAct), moves()) == (0, [])
    assert stall.browser.post("/hang-cho", data={"act": asked}).status_code == 400, "No token."


def test_a_step_of_one_stall_is_done_while_she_stands_in_her_other_one(
    stall, a_seller, in_state, a_variant
):
    second = a_seller(name="Mật ong Suối Lở", owner_id=stall.owner_id)
    order = in_state("placed", seller_id=stall.id)
    stall.browser.set_cookie("stall", str(second), domain="localhost")
    assert f'value="{stall.id}"' in stall.page("/ban-hang/gian-khac")
    assert send(stall, step(1, order, "confirmed", stall)) == [("done", "")]
    assert moves() == [(order, "confirmed")]


@both_engines
def test_a_helpers_step_is_read_back_and_refused_once_her_leave_is_over(
    stall, in_state, an_account, sign_in
):
    helper_id = an_account("Lê Thị Lan")
    first, second, gone = (in_state("placed", seller_id=stall.id) for _ in range(3))
    in_transaction(
        lambda session: move_seller_order(
            session, seller_order_id=gone, to="cancelled", actor_kind="buyer", actor_id=None,
            now=NOON,
        )
    )  # fmt: skip
    with transaction() as session:
        leave = grant_help(
            session, seller_id=stall.id, helper_id=helper_id, owner_id=stall.owner_id,
            rights=["move_orders"], last_day=vietnam_date(now_utc() + timedelta(9)),
            consent_kind="voice", consent_on=vietnam_date(now_utc()), actor_id=None,
            actor_name="Hương", now=now_utc(),
        ).id  # fmt: skip
    helper = StallInHand(stall.id, helper_id, sign_in(helper_id, "seller"))
    home = {"token_from": "/ban-hang/giup"}
    got = send(helper, step(1, first, "confirmed", stall), step(2, gone, "packed", stall), **home)
    assert [outcome for outcome, _ in got] == ["done", "conflict"]
    # The answer was lost, and somebody made the step meanwhile: neither is read back once more.
    again = send(
        helper, step(1, first, "confirmed", stall), step(7, first, "confirmed", stall), **home
    )
    assert [outcome for outcome, _ in again] == ["done", "done"]
    db.session.rollback()
    acts = db.session.scalars(select(HelperAct)).all()
    assert [(a.act, a.seller_order_id, a.helper_id) for a in acts] == [
        ("selling.move", first, helper_id)
    ], "What came to nothing is not read back as done."
    db.session.rollback()
    with transaction() as session:
        revoke_help(
            session, seller_id=stall.id, grant_id=leave, how="owner", actor_id=stall.owner_id,
            actor_name="Sương", now=now_utc(),
        )  # fmt: skip
    [(outcome, says)] = send(helper, step(3, second, "confirmed", stall), token_from="/tai-khoan")
    assert (outcome, "không còn được ghi việc" in says) == ("refused", True)
    # The answer to what she did while she still might was lost: she hears it, and nobody else.
    late = [
        step(1, first, "confirmed", stall), step(2, gone, "packed", stall),
        step(1, second, "confirmed", stall),
    ]  # fmt: skip
    told = send(helper, *late, token_from="/tai-khoan")
    assert [outcome for outcome, _ in told] == ["done", "conflict", "refused"]
    assert [says for _, says in told][:2] == ["", ""]
    other_id = an_account("Trần Thị Mận")
    other = StallInHand(stall.id, other_id, sign_in(other_id, "seller"))
    strange = send(other, *late, token_from="/tai-khoan")
    assert [outcome for outcome, _ in strange] == ["refused"] * 3
    db.session.rollback()
    assert len(db.session.scalars(select(HelperAct)).all()) == 1
    assert moves() == [(first, "confirmed")]
    assert count(QueuedAct) == 3


def test_a_phone_that_keeps_an_order_has_not_looked_at_it(stall, in_state):
    order = in_state("placed", seller_id=stall.id)
    kept = stall.page(f"/ban-hang/don/{order}?giu=1")
    db.session.rollback()
    assert db.session.get(SellerOrder, order).seen_at is None
    assert f'data-step="{order}"' in kept
    assert f"/ban-hang/don/{order}" in stall.page("/ban-hang").split("data-to-keep")[1]
    stall.page(f"/ban-hang/don/{order}")
    db.session.rollback()
    assert db.session.get(SellerOrder, order).seen_at is not None


def test_the_board_asks_no_more_while_no_step_came_too_late(stall, in_state, count_queries):
    order = in_state("confirmed", seller_id=stall.id)
    stall.page("/ban-hang")
    with count_queries() as calm:
        stall.page("/ban-hang")
    send(stall, step(1, order, "packed", stall))
    with transaction() as session:
        session.execute(update(QueuedAct).values(outcome="conflict", why="illegal_move"))
    with count_queries() as late:
        assert "chưa ghi được" in stall.page("/ban-hang")
    assert len(late) == len(calm) + 2
