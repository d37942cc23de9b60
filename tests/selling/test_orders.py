"""The board and one order: everything is one tap, checked, logged, and only one's own."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from shop.db import db, in_transaction, transaction
from shop.fulfilment.models import HandOver
from shop.kernel.clock import now_utc, vietnam_date
from shop.ordering.actions import accept_quote
from shop.ordering.models import Order, SellerOrder, SellerOrderMove
from shop.ordering.rules import Holds, PriceChanged
from shop.payments.actions import report
from shop.payments.models import CodCollection, Payment, PaymentEvent, Refund
from shop.selling.actions.orders import move_order
from shop.shipping.rules import Destination
from tests.conftest import NOON
from tests.engines import both_engines

SEND = {"kieu": "carrier", "hang": "ghtk", "ma": "s1 a2"}


def moves_of(seller_order_id):
    return db.session.execute(
        select(SellerOrderMove.to_state, SellerOrderMove.actor_kind, SellerOrderMove.actor_id)
        .where(
            SellerOrderMove.seller_order_id == seller_order_id,
            SellerOrderMove.actor_kind != "buyer",
        )
        .order_by(SellerOrderMove.id)
    ).all()


def cash_of(seller_order_id):
    db.session.rollback()
    row = db.session.get(CodCollection, seller_order_id)
    return row.state, row.received_vnd


def payment_of(seller_order_id):
    db.session.rollback()
    return db.session.scalars(
        select(Payment)
        .join(SellerOrder, SellerOrder.order_id == Payment.order_id)
        .where(SellerOrder.id == seller_order_id)
    ).one()


def tapped(stall, seller_order_id, to, **fields):
    return stall.post(f"/ban-hang/don/{seller_order_id}/buoc", toi=to, **fields)


@both_engines
def test_a_parcel_for_cash_goes_from_new_to_counted(stall, in_state, state_of):
    order = in_state("placed", seller_id=stall.id)
    at = f"/ban-hang/don/{order}"
    assert tapped(stall, order, "confirmed").headers["Location"] == f"{at}?da=da-chot"
    assert tapped(stall, order, "packed").status_code == 303
    assert stall.post(f"{at}/giao", **SEND).status_code == 303
    board = tapped(stall, order, "delivered", ve="bang").headers["Location"]
    assert board == f"/ban-hang?don={order}&da=da-giao"
    assert f'href="{at}">Xem đơn vừa ghi.' in stall.page(board)
    assert state_of(order) == "delivered"
    assert cash_of(order) == ("with_carrier", 0)
    assert stall.post(f"{at}/thu-ho", so_tien="120k").status_code == 303
    assert cash_of(order) == ("remitted", 120_000)
    assert [tuple(move) for move in moves_of(order)] == [
        (to, "seller", stall.owner_id) for to in ("confirmed", "packed", "handed_over", "delivered")
    ]
    page = stall.page(at)
    assert "https://i.ghtk.vn/S1A2" in page
    assert "Nguyễn Thị Sương" in page


@both_engines
def test_cash_taken_at_her_own_door_is_hers_to_count(stall, in_state):
    order = in_state("packed", seller_id=stall.id)
    stall.post(f"/ban-hang/don/{order}/giao", kieu="own")
    tapped(stall, order, "delivered")
    assert cash_of(order) == ("with_seller", 0)


@both_engines
def test_a_transfer_is_confirmed_in_one_tap_and_counted_once(stall, in_state, state_of):
    order = in_state("placed", seller_id=stall.id, method="transfer")
    payment = payment_of(order)
    in_transaction(lambda session: report(session, payment_id=payment.id, now=NOON))
    board = stall.page("/ban-hang")
    assert payment.memo in board
    fields = {
        name: re.search(rf'name="{name}" value="(\d+)"', board)[1] for name in ("so_tien", "sau")
    }
    for _ in range(2):
        answer = stall.post(f"/ban-hang/don/{order}/tien", ve="bang", **fields)
        assert answer.headers["Location"] == f"/ban-hang?don={order}&da=da-nhan-tien"
    assert payment_of(order).received_vnd == 120_000
    assert state_of(order) == "confirmed"


@both_engines
def test_short_money_and_too_much_money_are_said(stall, in_state):
    order = in_state("placed", seller_id=stall.id, method="transfer")
    at = f"/ban-hang/don/{order}"
    stall.post(f"{at}/tien", so_tien="100k", sau="0")
    page = stall.page(at)
    assert "Còn thiếu 20.000" in page.replace("\u00a0", " ")
    after = db.session.scalar(select(func.max(PaymentEvent.id)))
    db.session.rollback()
    stall.post(f"{at}/tien", so_tien="50k", sau=str(after))
    page = stall.page(at)
    assert "Dư 30.000" in page.replace("\u00a0", " ")
    after = db.session.scalar(select(func.max(PaymentEvent.id)))
    db.session.rollback()
    stall.post(f"{at}/tien/tra", so_tien="30.000", sau=str(after))
    assert payment_of(order).refunded_vnd == 30_000


@both_engines
def test_a_wrong_tap_on_money_is_taken_back_and_stays_readable(stall, in_state):
    order = in_state("placed", seller_id=stall.id, method="transfer")
    stall.post(f"/ban-hang/don/{order}/tien", so_tien="100k", sau="0")
    event = db.session.scalar(select(PaymentEvent.id).where(PaymentEvent.kind == "received"))
    db.session.rollback()
    stall.post(f"/ban-hang/don/{order}/tien/lui/{event}")
    assert payment_of(order).received_vnd == 0
    assert "Ghi nhầm" in stall.page(f"/ban-hang/don/{order}")


@both_engines
def test_a_tap_that_is_sent_twice_is_one_move(stall, in_state, state_of):
    order = in_state("placed", seller_id=stall.id)
    assert [tapped(stall, order, "confirmed").status_code for _ in range(2)] == [303, 303]
    assert len(moves_of(order)) == 1


@pytest.mark.parametrize(
    ("state", "to"),
    [("delivered", "packed"), ("placed", "delivered"), ("cancelled", "confirmed"),
     ("handed_over", "cancelled")],
)  # fmt: skip
def test_a_move_that_cannot_be_is_refused_in_words(stall, in_state, state_of, state, to):
    order = in_state(state, seller_id=stall.id)
    before = len(moves_of(order))
    answer = tapped(stall, order, to)
    assert answer.status_code == 409
    assert "alert--loi" in answer.text
    assert state_of(order) == state
    assert len(moves_of(order)) == before


@pytest.mark.parametrize("to", ["", "completed", "quoted", "nowhere", "handed_over"])
def test_a_move_that_no_button_makes_is_refused(stall, in_state, state_of, to):
    order = in_state("delivered", seller_id=stall.id)
    assert tapped(stall, order, to).status_code == 422
    assert state_of(order) == "delivered"


def test_a_hand_over_without_its_facts_keeps_what_was_typed(stall, in_state, state_of):
    order = in_state("packed", seller_id=stall.id)
    answer = stall.post(
        f"/ban-hang/don/{order}/giao", kieu="bus", nha_xe="Xe <Lan> Anh", ghi_chu="Dễ vỡ"
    )
    assert answer.status_code == 422
    assert "Xe &lt;Lan&gt; Anh" in answer.text
    assert "Dễ vỡ" in answer.text
    assert 'href="#ben"' in answer.text
    assert "<title>Lỗi:" in answer.text
    assert state_of(order) == "packed"
    assert db.session.scalar(select(func.count()).select_from(HandOver)) == 0


def test_a_code_that_no_carrier_prints_is_asked_for_again(stall, in_state, state_of):
    order = in_state("packed", seller_id=stall.id)
    answer = stall.post(f"/ban-hang/don/{order}/giao", **SEND | {"ma": "abc ???"})
    assert answer.status_code == 422
    assert "Mã vận đơn chỉ có chữ cái và chữ số." in answer.text
    assert 'value="abc ???"' in answer.text
    assert state_of(order) == "packed"


def test_a_link_that_leads_elsewhere_is_refused_in_words(stall, in_state, state_of):
    order = in_state("packed", seller_id=stall.id)
    answer = stall.post(
        f"/ban-hang/don/{order}/giao", **SEND, tra_cuu='http://evil.example/"><script>'
    )
    assert answer.status_code == 422
    assert "https://" in answer.text
    assert "<script>" not in answer.text.replace('<script type="module"', "")
    assert 'href="#tra_cuu"' in answer.text
    assert '<details class="more" open><summary>Có đường dẫn tra cứu riêng?' in answer.text
    assert state_of(order) == "packed"


@both_engines
def test_goods_wait_at_the_point_and_are_collected(stall, in_state, point_of, state_of):
    order = in_state("packed", seller_id=stall.id, pickup_point_id=point_of(stall.id))
    assert stall.post(f"/ban-hang/don/{order}/san-sang").status_code == 303
    assert state_of(order) == "ready_for_pickup"
    assert tapped(stall, order, "delivered").status_code == 303
    assert cash_of(order) == ("with_seller", 0)


@both_engines
def test_a_note_that_is_too_long_for_the_point_is_said_and_not_stored(
    stall, in_state, point_of, state_of
):
    order = in_state("packed", seller_id=stall.id, pickup_point_id=point_of(stall.id))
    answer = stall.post(f"/ban-hang/don/{order}/san-sang", ghi_chu="ố" * 10_000)
    assert answer.status_code == 422
    assert state_of(order) == "packed"


@both_engines
@pytest.mark.parametrize("restock", [True, False])
def test_a_refused_parcel_comes_home_and_its_cash_is_written_off(
    stall, in_state, state_of, a_variant, restock
):
    from shop.stock.queries import levels

    variant = a_variant(seller_id=stall.id, on_hand=9)
    order = in_state("handed_over", seller_id=stall.id, variant_id=variant)
    tapped(stall, order, "refused")
    assert cash_of(order)[0] == "written_off"
    tapped(stall, order, "returned", **({"ban_lai": "y"} if restock else {}))
    assert state_of(order) == "returned"
    assert levels(db.session(), [variant])[variant].on_hand == (9 if restock else 8)


@both_engines
def test_cancelling_frees_the_goods_and_asks_for_nothing(stall, in_state, state_of, a_variant):
    from shop.stock.queries import levels

    variant = a_variant(seller_id=stall.id, on_hand=9)
    order = in_state("confirmed", seller_id=stall.id, variant_id=variant, method="transfer")
    tapped(stall, order, "cancelled", ghi_chu="Hết đậu")
    assert levels(db.session(), [variant])[variant].reserved == 0
    assert payment_of(order).amount_vnd == 0
    assert "Hết đậu" in stall.page(f"/ban-hang/don/{order}")


@both_engines
def test_what_was_paid_is_promised_back_in_the_moment_her_order_is_cancelled(
    stall, in_state, by_link, deliver
):
    order = in_state("placed", seller_id=stall.id, method="transfer")
    stall.post(f"/ban-hang/don/{order}/tien", so_tien="120k", sau="0")
    deliver()
    browser, address = by_link()
    tapped(stall, order, "cancelled", ghi_chu="Hết đậu")

    def promised():
        db.session.rollback()
        return db.session.execute(select(Refund.amount_vnd, Refund.state)).all()

    assert promised() == [(120_000, "asked")]
    assert "Chỉ người trả tiền thấy số tài khoản này" in browser.get(address).text
    deliver()  # Whatever hears of it afterwards finds it done.
    assert promised() == [(120_000, "asked")]


@both_engines
def test_a_buyer_abroad_is_told_the_fee(stall, in_state, state_of):
    first = vietnam_date(now_utc()) + timedelta(days=10)
    last = first + timedelta(days=10)
    order = in_state(
        "awaiting_quote", seller_id=stall.id, method="transfer", total_vnd=95_000,
        destination=Destination("DE"),
    )  # fmt: skip
    at = f"/ban-hang/don/{order}"
    assert "Báo phí" in stall.page("/ban-hang")
    for wrong in ({"phi": "nhiều"}, {"phi": ""}, {"phi": "60 triệu"},
                  {"phi": "350k", "tu_ngay": f"{last}", "den_ngay": f"{first}"}):  # fmt: skip
        assert stall.post(f"{at}/bao-phi", **wrong).status_code == 422
    assert state_of(order) == "awaiting_quote"
    assert stall.post(
        f"{at}/bao-phi", phi="350k", tu_ngay=f"{first}", den_ngay=f"{last:%d/%m/%Y}"
    ).status_code == 303  # fmt: skip
    row = db.session.get(SellerOrder, order)
    assert (row.state, row.shipping_vnd, row.arrives_to) == ("quoted", 350_000, last)
    db.session.rollback()
    # 350.000 was a nought too few: it is told anew while the buyer has not agreed.
    assert "Báo nhầm phí? Báo lại" in stall.page(at)
    assert stall.post(f"{at}/bao-phi", phi="3.500.000").status_code == 303
    row = db.session.get(SellerOrder, order)
    whole = db.session.get(Order, row.order_id)
    assert (row.shipping_vnd, row.total_vnd) == (3_500_000, 3_595_000)
    assert (whole.shipping_vnd, whole.total_vnd) == (3_500_000, 3_595_000)
    db.session.rollback()
    with pytest.raises(PriceChanged):
        in_transaction(lambda session: accept_quote(
            session, seller_order_id=order, shown_total_vnd=445_000, holds=Holds(), now=NOON
        ))  # fmt: skip
    in_transaction(lambda session: accept_quote(
        session, seller_order_id=order, shown_total_vnd=3_595_000, holds=Holds(), now=NOON
    ))  # fmt: skip
    assert stall.post(f"{at}/bao-phi", phi="1k").status_code == 409
    assert "Báo lại" not in stall.page(at)


def test_opening_an_order_marks_it_seen_once(stall, in_state):
    order = in_state("placed", seller_id=stall.id)
    assert "Đơn hàng (1)" in stall.page("/ban-hang")
    stall.page(f"/ban-hang/don/{order}")
    seen = db.session.get(SellerOrder, order).seen_at
    assert seen is not None
    db.session.rollback()
    stall.page(f"/ban-hang/don/{order}")
    assert db.session.get(SellerOrder, order).seen_at == seen
    assert "Đơn hàng (1)" not in stall.page("/ban-hang")


@pytest.mark.parametrize(
    "state",
    ["placed", "confirmed", "packed", "handed_over", "delivery_failed", "refused", "delivered",
     "lost", "returned", "cancelled"],
)  # fmt: skip
def test_an_orders_page_reads_in_every_state_and_both_languages(stall, in_state, state):
    order = in_state(state, seller_id=stall.id)
    for prefix in ("", "/en"):
        page = stall.page(f"{prefix}/ban-hang/don/{order}")
        assert "Trần Thị Lan" in page
        assert "tel:+84912345678" in page
        assert "https://zalo.me/84912345678" in page
        assert "12 Lê Lợi" in page
        slip = stall.page(f"{prefix}/ban-hang/don/{order}/phieu")
        assert "Phường Hải Châu" in slip
    stall.page("/ban-hang?xem=xong")
    stall.page("/en/ban-hang?xem=dang-di")


def test_the_board_survives_strange_questions(stall, in_state):
    in_state("placed", seller_id=stall.id)
    for asked in ("xem=<script>", "xem=moi&trang=999999", "trang=-1", "trang=abc", "xem=%00",
                  "trang=" + "9" * 30, "xem=thu-tien"):  # fmt: skip
        assert stall.get(f"/ban-hang?{asked}").status_code == 200


@pytest.mark.parametrize("stage", ["can-lam", "moi", "dang-di", "thu-tien", "xong"])
def test_the_board_asks_the_database_eight_times_whatever_stands_on_it(
    stall, in_state, a_variant, count_queries, stage
):
    variant = a_variant(seller_id=stall.id, on_hand=900)
    seen = {}
    for size in (2, 60):
        already = db.session.scalar(select(func.count()).select_from(SellerOrder))
        db.session.rollback()
        for n in range(already, size):
            state = {"dang-di": "handed_over", "xong": "returned"}.get(stage, "placed")
            method = "cod" if n % 2 else "transfer"
            order = in_state(state, seller_id=stall.id, variant_id=variant, method=method)
            if stage == "thu-tien":
                for to in ("confirmed", "packed", "handed_over", "delivered"):
                    in_transaction(
                        lambda session, to=to: move_order_or_send(session, stall, order, to)
                    )
        stall.page(f"/ban-hang?xem={stage}")
        with count_queries() as asked:
            stall.page(f"/ban-hang?xem={stage}")
        seen[size] = len(asked)
    assert seen[60] <= 8, seen
    assert seen[60] == seen[2]


def move_order_or_send(session, stall, order, to):
    from shop.fulfilment.rules import Parcel
    from shop.selling.actions.orders import send_order

    if to == "handed_over":
        send_order(
            session, seller_id=stall.id, seller_order_id=order, parcel=Parcel(kind="own"),
            last4="", actor_id=stall.owner_id, now=NOON,
        )  # fmt: skip
    else:
        move_order(
            session, seller_id=stall.id, seller_order_id=order, to=to, actor_id=stall.owner_id,
            now=NOON,
        )  # fmt: skip


def test_a_page_of_the_board_is_twenty_orders_longest_waiting_first(stall, in_state, a_variant):
    variant = a_variant(seller_id=stall.id, on_hand=900)
    orders = [in_state("placed", seller_id=stall.id, variant_id=variant) for _ in range(25)]
    first, second = stall.page("/ban-hang"), stall.page("/ban-hang?trang=2")
    assert first.count('class="task"') == 20
    assert second.count('class="task"') == 5
    assert f"/ban-hang/don/{orders[0]}" in first
    assert f"/ban-hang/don/{orders[-1]}" in second


def test_a_gift_travels_with_a_slip_without_prices_but_never_without_the_cash(stall, in_state):
    order = in_state("packed", seller_id=stall.id)
    at = f"/ban-hang/don/{order}/phieu"
    assert "Tiền hàng" in stall.page(at)
    gift = stall.page(f"{at}?gia=khong")
    assert "Tiền hàng" not in gift
    assert gift.count(" đồng") + gift.count("\xa0đồng") == 1
    assert "Thu của người nhận" in gift


def test_a_country_is_named_not_lettered(stall, in_state):
    order = in_state("packed", seller_id=stall.id)
    with transaction() as session:
        session.execute(update(Order).values(country="DE"))
    for page in ("", "/phieu"):
        assert "Đức" in stall.page(f"/ban-hang/don/{order}{page}")
        assert "Germany" in stall.page(f"/en/ban-hang/don/{order}{page}")


def test_a_day_that_is_over_is_told_to_nobody(stall, in_state):
    order = in_state("packed", seller_id=stall.id)
    answer = stall.post(f"/ban-hang/don/{order}/giao", **SEND, ngay="2020-01-01")
    assert answer.status_code == 422
    assert 'href="#ngay"' in answer.text
    assert "Ngày này đã qua" in answer.text
    assert db.session.scalar(select(func.count()).select_from(HandOver)) == 0


@pytest.mark.parametrize("to", ["", "completed", "<b>", "x" * 5000])
def test_a_step_that_is_none_is_refused_in_words(stall, in_state, to, state_of):
    order = in_state("packed", seller_id=stall.id)
    answer = tapped(stall, order, to)
    assert answer.status_code == 422
    assert "Đơn không có bước này" in answer.text
    assert "must be" not in answer.text
    assert state_of(order) == "packed"


@both_engines
def test_an_order_whose_money_was_a_wrong_tap_asks_for_the_money_first(stall, in_state, state_of):
    order = in_state("placed", seller_id=stall.id, method="transfer")
    at = f"/ban-hang/don/{order}"
    stall.post(f"{at}/tien", so_tien="120k", sau="0")
    event = db.session.scalar(select(PaymentEvent.id).where(PaymentEvent.kind == "received"))
    db.session.rollback()
    stall.post(f"{at}/tien/lui/{event}")
    assert state_of(order) == "confirmed"
    board = stall.page("/ban-hang").replace("\u00a0", " ")
    assert "Còn thiếu 120.000 đồng" in board
    assert "Đã gói xong" not in board
    page = stall.page(at).replace("\u00a0", " ")
    assert "Còn thiếu 120.000 đồng" in page
    assert "Gửi bây giờ là gửi trước khi có đủ tiền" in page
    assert "Chưa đủ tiền, vẫn gói" in page
    assert "Đã gói xong" not in page
    assert tapped(stall, order, "packed").status_code == 303
    packed = stall.page(at).replace("\u00a0", " ")
    assert "Còn thiếu 120.000 đồng" in packed
    assert "Chưa đủ tiền, vẫn ghi đã gửi" in packed


@both_engines
def test_a_report_that_was_answered_says_what_came_and_what_is_missing(stall, in_state, by_link):
    order = in_state("placed", seller_id=stall.id, method="transfer")
    at = f"/ban-hang/don/{order}"
    payment = payment_of(order)
    in_transaction(lambda session: report(session, payment_id=payment.id, now=NOON))
    browser, address = by_link()
    assert "đang xem tài khoản" in browser.get(address).text
    stall.post(f"{at}/tien", so_tien="60k", sau="0")
    hers = browser.get(address).text.replace("\u00a0", " ")
    assert "đang xem tài khoản" not in hers
    assert "đã nhận 60.000 đồng, còn thiếu 60.000 đồng." in hers
    for page in (stall.page(at), stall.page("/ban-hang")):
        page = page.replace("\u00a0", " ")
        assert "mở ngân hàng xem tiền đã tới chưa" not in page
        assert "còn thiếu 60.000 đồng" in page
        assert "Đã nhận đủ" not in page
    in_transaction(lambda session: report(session, payment_id=payment.id, now=now_utc()))
    assert "đang xem tài khoản" in browser.get(address).text
    assert "mở ngân hàng xem tiền đã tới chưa" in stall.page("/ban-hang")
