"""Goods that came back and money that goes back, on the seller's pages: two steps, one return."""

import re

import pytest
from sqlalchemy import func, select

from shop.db import db, in_transaction
from shop.ordering.models import GoodsReturn, LineItem, SellerOrder
from shop.payments.actions import move_cash, open_payments, report
from shop.payments.methods import By
from shop.payments.models import CashMove, CodCollection, Payment, PaymentEvent
from shop.payments.queries import INVARIANTS
from shop.payments.rules.cash import CashState
from tests.conftest import NOON
from tests.engines import both_engines
from tests.selling.test_orders import cash_of, payment_of, tapped


def plain(html):
    return html.replace("\u00a0", " ")


@pytest.fixture
def delivered(stall, in_state, a_variant):
    """Three jars at the buyer's, 285.000 + 35.000 đồng: (order, line id)."""

    def make(method="cod", by=CashState.WITH_CARRIER, quantity=3, seller=None):
        seller = seller or stall
        variant = a_variant(seller_id=seller.id, on_hand=9)
        order = in_state(
            "delivered", seller_id=seller.id, variant_id=variant, method=method, quantity=quantity
        )
        if method == "cod":
            in_transaction(
                lambda session: move_cash(
                    session, seller_order_id=order, to=by, by=By("seller", seller.owner_id),
                    now=NOON,
                )
            )  # fmt: skip
        line = db.session.scalar(select(LineItem.id).where(LineItem.seller_order_id == order))
        db.session.rollback()
        return order, line

    return make


def part_of(order):
    db.session.rollback()
    return db.session.execute(
        select(
            SellerOrder.state, SellerOrder.returned_items_vnd, SellerOrder.returned_shipping_vnd
        ).where(SellerOrder.id == order)
    ).one()


def fields(line, so="1", nguyen=True, **more):
    ticked = {f"d{line}-nguyen": "y"} if nguyen else {}
    return {f"d{line}-so": so, "ly_do": "faulty", "sau": "0", **ticked, **more}


def returned(stall, order, line, so="1", **more):
    return stall.post(f"/ban-hang/don/{order}/tra-hang", **fields(line, so, **more))


def money_invariants():
    db.session.rollback()
    return {name: db.session.execute(query).all() for name, query in INVARIANTS.items()}


@both_engines
def test_two_of_three_jars_come_back_in_two_steps(stall, delivered):
    order, line = delivered()
    at = f"/ban-hang/don/{order}"
    assert f'href="{at}/tra-hang"' in stall.page(at)
    first = plain(stall.page(f"{at}/tra-hang"))
    assert "Khách đang giữ 3 hũ" in first
    sums = plain(stall.post(f"{at}/tra-hang/xem", **fields(line, "2")).text)
    assert "190.000" in sums
    assert "225.000" in sums  # With the fee of 35.000.
    assert re.search(r'value="tra"[^>]* checked', sums)
    assert db.session.scalar(select(func.count()).select_from(GoodsReturn)) == 0
    for _ in range(2):
        answer = returned(stall, order, line, "2", phi="tra", ghi_chu="nắp hở")
        assert answer.headers["Location"] == f"{at}?da=hang-ve"
    assert part_of(order) == ("delivered", 190_000, 35_000)
    page = plain(stall.page(at))
    assert "Đã về lại 2 hũ" in page
    assert "nắp hở" in page
    assert "Nguyễn Thị Sương" in page
    assert money_invariants() == {name: [] for name in INVARIANTS}


@both_engines
def test_what_has_arrived_comes_back_by_its_own_page_alone(stall, delivered):
    order, _ = delivered()
    answer = stall.post(f"/ban-hang/don/{order}/buoc", toi="returned", ban_lai="y")
    assert answer.status_code == 409
    assert part_of(order) == ("delivered", 0, 0)
    assert db.session.scalar(select(func.count()).select_from(GoodsReturn)) == 0


@pytest.mark.parametrize(("why", "chosen"), [("faulty", "tra"), ("change_of_mind", "khong")])
def test_the_usual_about_the_fee_is_chosen_already(stall, delivered, why, chosen):
    order, line = delivered()
    sums = stall.post(f"/ban-hang/don/{order}/tra-hang/xem", **fields(line, ly_do=why)).text
    assert re.search(rf'value="{chosen}"[^>]* checked', sums)
    assert returned(stall, order, line, ly_do=why).status_code == 303
    assert part_of(order)[2] == (35_000 if chosen == "tra" else 0)


@pytest.mark.parametrize(
    "typed", ["-1", "4", "999999999999999", "12,5", "1.5", "🫙", "ba hũ", "1e3", "٣"]
)
def test_a_number_that_cannot_be_is_said_and_kept(stall, delivered, typed):
    order, line = delivered()
    for way in ("/tra-hang/xem", "/tra-hang"):
        answer = stall.post(
            f"/ban-hang/don/{order}{way}", **fields(line, typed, ghi_chu="Dễ vỡ <b>")
        )
        assert answer.status_code == 422
        assert "Khách còn giữ 3" in plain(answer.text)
        assert f'href="#d{line}-so"' in answer.text
        assert f'value="{typed}"' in answer.text
        assert "Dễ vỡ &lt;b&gt;" in answer.text
        assert "<title>Lỗi:" in answer.text
        assert re.search(r'value="faulty"[^>]* checked', answer.text)
    assert part_of(order) == ("delivered", 0, 0)


@pytest.mark.parametrize(
    "wrong",
    [{"ly_do": ""}, {"ly_do": "not_accepted"}, {"ly_do": "x\x00"}, {"sau": ""}, {"sau": "-1"},
     {"phi": "vàng"}, {"ghi_chu": "ố" * 400}],
)  # fmt: skip
def test_what_is_left_out_or_made_up_is_refused(stall, delivered, wrong):
    order, line = delivered()
    answer = stall.post(f"/ban-hang/don/{order}/tra-hang", **{**fields(line), **wrong})
    assert answer.status_code == 422
    assert part_of(order) == ("delivered", 0, 0)


def test_nothing_chosen_is_said(stall, delivered):
    order, line = delivered()
    answer = stall.post(f"/ban-hang/don/{order}/tra-hang/xem", **fields(line, "0"))
    assert answer.status_code == 422
    assert "Chị ghi món nào về" in answer.text


def test_she_goes_back_from_the_sums_to_what_she_typed(stall, delivered):
    order, line = delivered()
    page = stall.post(f"/ban-hang/don/{order}/tra-hang/xem", **fields(line, "2"), buoc="sua").text
    assert re.search(rf'name="d{line}-so"[^>]* value="2"', page)


def test_a_second_return_from_an_old_page_is_refused_in_words(stall, delivered):
    order, line = delivered()
    returned(stall, order, line, "1")
    answer = returned(stall, order, line, "2")
    assert answer.status_code == 409
    assert "Vừa có một lần hàng về khác" in answer.text
    assert part_of(order)[1] == 95_000
    # The page that came with the refusal counts from what stands now.
    after = re.search(r'name="sau" value="(\d+)"', answer.text)[1]
    assert returned(stall, order, line, "2", sau=after).status_code == 303
    assert part_of(order).state == "returned"


@pytest.mark.parametrize("state", ["placed", "handed_over", "returned"])
def test_there_is_nothing_to_return_of_what_is_not_with_the_buyer(stall, in_state, state):
    order = in_state(state, seller_id=stall.id)
    assert "Món nào về lại?" not in stall.page(f"/ban-hang/don/{order}/tra-hang")
    line = db.session.scalar(select(LineItem.id).where(LineItem.seller_order_id == order))
    db.session.rollback()
    before = part_of(order)
    assert returned(stall, order, line).status_code in (409, 422)
    assert part_of(order) == before


# --- Cash that has to go back ---------------------------------------------------------------


@both_engines
def test_cash_at_the_carriers_is_counted_then_given_back_and_a_wrong_tap_undone(stall, delivered):
    order, line = delivered()
    at = f"/ban-hang/don/{order}"
    returned(stall, order, line, "3", phi="khong")
    assert part_of(order).state == "returned"
    assert cash_of(order) == ("with_carrier", 0)
    page = plain(stall.page(at))
    assert "Đã nhận tiền thu hộ" in page
    assert 'value="320.000"' in page
    stall.post(f"{at}/thu-ho", so_tien="320k")
    board = plain(stall.page("/ban-hang?xem=tra-lai"))
    assert "Ghi đã trả lại 285.000 đồng" in board
    assert re.search(r"<b>1</b>trả lại tiền", board)
    page = stall.page(at)
    assert "Chị trả lại khách" in page
    after = re.search(r'/thu-ho/tra".*?name="sau" value="(\d+)"', page, re.DOTALL)[1]
    for _ in range(2):
        answer = stall.post(f"{at}/thu-ho/tra", so_tien="285.000", sau=after, ghi_chu="Đưa tận tay")
        assert answer.headers["Location"] == f"{at}?da=tra-tien"
    db.session.rollback()
    assert db.session.get(CodCollection, order).refunded_vnd == 285_000
    page = plain(stall.page(at))
    assert "Trả lại khách 285.000 đồng" in page
    assert "Đưa tận tay" in page
    assert "Không có đơn nào ở mục này" in stall.page("/ban-hang?xem=tra-lai")
    move = db.session.scalar(select(func.max(CashMove.id)))
    db.session.rollback()
    for _ in range(2):
        assert stall.post(f"{at}/thu-ho/lui/{move}").status_code == 303
    db.session.rollback()
    assert db.session.get(CodCollection, order).refunded_vnd == 0
    page = plain(stall.page(at))
    assert "Ghi nhầm, chưa trả lại khách 285.000 đồng" in page
    assert "Đưa tận tay" in page
    assert money_invariants() == {name: [] for name in INVARIANTS}


@both_engines
@pytest.mark.parametrize(("why", "due"), [("gone", True), ("unpaid", False)])
def test_cash_that_never_came_is_given_up_with_a_reason(stall, delivered, why, due):
    order, line = delivered()
    at = f"/ban-hang/don/{order}"
    returned(stall, order, line, "3", phi="tra")
    for wrong in ("", "mất", "unpaid\x00x"):
        assert stall.post(f"{at}/thu-ho/khong-ve", ly_do=wrong).status_code == 422
    assert cash_of(order)[0] == "with_carrier"
    stall.post(f"{at}/thu-ho/khong-ve", ly_do=why, ghi_chu="Hãng đóng cửa")
    assert cash_of(order)[0] == "written_off"
    page = plain(stall.page(at))
    assert "Hãng đóng cửa" in page
    assert ("Chị trả lại khách 320.000 đồng" in page) is due


@pytest.mark.parametrize("typed", ["", "-5k", "0", "12,5", "999999999999", "🍚", "x\x00y"])
@pytest.mark.parametrize("way", ["thu-ho", "thu-ho/tra"])
def test_an_amount_that_cannot_be_is_said_and_kept(stall, delivered, way, typed):
    order, line = delivered()
    returned(stall, order, line, "3", phi="tra")
    answer = stall.post(
        f"/ban-hang/don/{order}/{way}", so_tien=typed, sau="0", ghi_chu="Gửi <i> sau"
    )
    assert answer.status_code == 422
    assert "alert--loi" in answer.text
    shown = typed.replace("\x00", "")
    assert not shown or f'value="{shown}"' in answer.text
    if way.endswith("tra"):
        assert "Gửi &lt;i&gt; sau" in answer.text
    assert cash_of(order) == ("with_carrier", 0)


def test_more_than_the_buyer_paid_does_not_go_back(stall, delivered):
    order, line = delivered()
    returned(stall, order, line, "3", phi="tra")
    answer = stall.post(f"/ban-hang/don/{order}/thu-ho/tra", so_tien="321k", sau="0")
    assert answer.status_code == 409
    assert 'value="321k"' in answer.text


# --- Transfers --------------------------------------------------------------------------


@both_engines
def test_a_transfer_for_goods_that_came_back_in_part_is_given_back_in_part(stall, delivered):
    order, line = delivered("transfer")
    at = f"/ban-hang/don/{order}"
    stall.post(f"{at}/tien", so_tien="320k", sau="0")
    returned(stall, order, line, "1", phi="khong")
    assert payment_of(order).amount_vnd == 225_000
    page = plain(stall.page(at))
    assert "Chị trả lại khách 95.000 đồng" in page
    assert 'value="95.000"' in page
    after = db.session.scalar(select(func.max(PaymentEvent.id)))
    db.session.rollback()
    stall.post(f"{at}/tien/tra", so_tien="95k", sau=str(after), ghi_chu="ck sáng nay")
    assert payment_of(order).refunded_vnd == 95_000
    wrong = db.session.scalar(select(func.max(PaymentEvent.id)))
    db.session.rollback()
    assert "ck sáng nay" in stall.page(at)
    stall.post(f"{at}/tien/lui/{wrong}")
    assert payment_of(order).refunded_vnd == 0
    assert "Ghi nhầm, chưa trả lại khách" in stall.page(at)


@both_engines
@pytest.mark.parametrize("end", ["refused", "lost", "not_collected", "returned"])
def test_money_of_what_came_to_nothing_is_a_task_that_ends(
    stall, in_state, point_of, end
):  # fmt: skip
    pickup = {"pickup_point_id": point_of(stall.id)} if end == "not_collected" else {}
    order = in_state(end, seller_id=stall.id, method="transfer", **pickup)
    part = db.session.get(SellerOrder, order)
    order_id, total = part.order_id, part.total_vnd
    db.session.rollback()
    at = f"/ban-hang/don/{order}"
    in_transaction(lambda session: open_payments(session, order_id, NOON))
    stall.post(f"{at}/tien", so_tien=str(total), sau="0")
    page = plain(stall.page(at))
    assert "chị trả lại khách" in page
    assert "Còn thiếu" not in page
    assert f"/ban-hang/don/{order}" in stall.page("/ban-hang?xem=tra-lai")
    after = db.session.scalar(select(func.max(PaymentEvent.id)))
    db.session.rollback()
    stall.post(f"{at}/tien/tra", so_tien=str(total), sau=str(after))
    page = plain(stall.page(at))
    assert "Đã trả lại khách đủ." in page
    assert "Còn thiếu" not in page
    assert f"/ban-hang/don/{order}" not in stall.page("/ban-hang?xem=tra-lai")


@both_engines
def test_late_money_is_a_heading_of_its_own_with_two_ways_out(stall, in_state):
    orders = [in_state("placed", seller_id=stall.id, method="transfer") for _ in range(2)]
    for order in orders:
        payment = payment_of(order).id
        in_transaction(
            lambda session, payment=payment: report(session, payment_id=payment, now=NOON)
        )
        tapped(stall, order, "cancelled")
    came, not_there = orders
    board = stall.page("/ban-hang?xem=tien-muon")
    assert board.count('class="task"') == 2
    assert re.search(r"<b>2</b>tiền muộn", board)
    at = f"/ban-hang/don/{not_there}"
    assert stall.post(f"{at}/tien/khong-thay", ghi_chu="ố" * 400).status_code == 422
    for _ in range(2):
        assert stall.post(f"{at}/tien/khong-thay", ghi_chu="Xem hai lần").status_code == 303
    page = stall.page(at)
    assert "Đã xem tài khoản, tiền không tới" in page
    assert "Xem hai lần" in page
    assert "Nguyễn Thị Sương" in page
    stall.post(f"/ban-hang/don/{came}/tien", so_tien="120k", sau="0")
    assert "Không có đơn nào ở mục này" in stall.page("/ban-hang?xem=tien-muon")
    assert f"/ban-hang/don/{came}" in stall.page("/ban-hang?xem=tra-lai")


@pytest.mark.parametrize("state", ["returned", "delivered"])
def test_money_that_the_union_holds_is_the_unions_to_give_back(stall, in_state, state):
    from sqlalchemy import update

    from shop.payments.actions import confirm_received
    from shop.sellers.models import Payee, Seller

    order = in_state(state, seller_id=stall.id, method="transfer")
    payment = payment_of(order).id
    db.session.rollback()

    def collect(session):
        unit = session.scalar(select(Seller.organisation_id).where(Seller.id == stall.id))
        session.execute(
            update(Payee)
            .where(Payee.seller_id == stall.id)
            .values(seller_id=None, organisation_id=unit)
        )
        confirm_received(
            session, payment_id=payment, amount_vnd=120_000, after=0, by=By("officer"), now=NOON
        )
        order_id = session.scalar(select(Payment.order_id).where(Payment.id == payment))
        open_payments(session, order_id, NOON)

    in_transaction(collect)
    page = plain(stall.page(f"/ban-hang/don/{order}"))
    assert "Ghi đã trả lại khách" not in page
    expected = "Hội trả lại khách 120.000 đồng" if state == "returned" else "Hội đã nhận đủ"
    assert expected in page
    assert f"/ban-hang/don/{order}" not in stall.page("/ban-hang?xem=tra-lai")


@pytest.mark.parametrize("stage", ["tra-lai", "tien-muon"])
def test_the_headings_of_money_ask_as_little_for_many_as_for_few(
    stall, in_state, a_variant, count_queries, stage
):
    variant = a_variant(seller_id=stall.id, on_hand=900)
    seen = {}
    for size in (2, 30):
        already = db.session.scalar(select(func.count()).select_from(SellerOrder))
        db.session.rollback()
        for _ in range(already, size):
            order = in_state(
                "placed", seller_id=stall.id, variant_id=variant, method="transfer"
            )  # fmt: skip
            payment = payment_of(order).id
            in_transaction(
                lambda session, payment=payment: report(session, payment_id=payment, now=NOON)
            )
            tapped(stall, order, "cancelled")
            if stage == "tra-lai":
                stall.post(f"/ban-hang/don/{order}/tien", so_tien="120k", sau="0")
        stall.page(f"/ban-hang?xem={stage}")
        with count_queries() as asked:
            page = stall.page(f"/ban-hang?xem={stage}")
        assert page.count('class="task"') == min(size, 20)
        seen[size] = len(asked)
    assert seen[30] <= 8, seen
    assert seen[30] == seen[2]


def test_every_page_reads_in_english_too(stall, delivered):
    order, line = delivered()
    at = f"/en/ban-hang/don/{order}"
    assert "What came back?" in stall.page(f"{at}/tra-hang")
    assert "Give the delivery fee back too" in stall.post(f"{at}/tra-hang/xem", **fields(line)).text
    returned(stall, order, line, "3")
    stall.post(f"{at}/thu-ho/khong-ve", ly_do="gone")
    assert "the carrier did not hand it on to you" in stall.page(at)
    stall.page("/en/ban-hang?xem=tra-lai")
