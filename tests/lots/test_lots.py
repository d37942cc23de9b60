"""Lots follow the goods: packed, opened again, sent, come back, counted; and never say more."""

import io
import re
from datetime import timedelta

import pytest
import zxingcpp
from PIL import Image
from sqlalchemy import select

from shop.db import db, transaction
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.errors import Refusal
from shop.ordering.actions import move_seller_order, return_goods
from shop.ordering.models import LineItem, SellerOrder
from shop.ordering.rules import ComingBack, ReturnReason
from shop.sellers.models import SellerMember
from shop.selling.actions.lots import begin_lot, fill_line
from shop.stock import actions, lot_actions
from shop.stock.jobs import watch_stock
from shop.stock.lot_models import Lot, LotUse
from shop.stock.lot_queries import INVARIANTS
from shop.stock.lot_rules import (
    LotFields,
    LotNameTaken,
    LotRecalled,
    MoreThanInHouse,
    MoreThanInLine,
    NotEnoughInLot,
    NotPackedYet,
)
from shop.stock.models import StockLevel
from tests.conftest import NOON
from tests.engines import both_engines

TODAY = vietnam_date(NOON)
BY = {"actor_id": None, "now": NOON}


def a_lot(stall_id, variant_id, name, quantity, days=None, *, counted=True):
    ends = TODAY + timedelta(days=days) if days is not None else None
    with transaction() as session:
        return begin_lot(
            session, seller_id=stall_id, variant_id=variant_id,
            fields=LotFields(name, None, ends), quantity=quantity, is_counted=counted,
            reason="", **BY,
        ).id  # fmt: skip


def on_hand(variant):
    return db.session.scalar(select(StockLevel.on_hand).where(StockLevel.variant_id == variant))


def left(*lots):
    db.session.rollback()
    rows = {lot.id: (lot.left_units, lot.packed_units) for lot in db.session.scalars(select(Lot))}
    return [rows[lot] for lot in lots]


def uses(line_id):
    db.session.rollback()
    rows = db.session.scalars(select(LotUse).where(LotUse.line_item_id == line_id))
    return {use.lot_id: (use.quantity, use.returned) for use in rows}


def broken():
    db.session.rollback()
    return [row for query in INVARIANTS.values() for row in db.session.execute(query)]


@pytest.fixture
def packing(app, a_seller, a_variant, an_order):
    """A stall with nine jars in two lots and an order of four, confirmed."""
    stall_id = a_seller()
    jar = a_variant(seller_id=stall_id, on_hand=9)
    late, soon = a_lot(stall_id, jar, "L2", 5, 60), a_lot(stall_id, jar, "L1", 3, 20)
    placed = an_order(4, jar)
    part = db.session.scalars(
        select(SellerOrder.id).where(SellerOrder.order_id == placed.order_id)
    ).one()
    line = db.session.scalars(select(LineItem.id).where(LineItem.seller_order_id == part)).one()
    db.session.rollback()

    def move(to):
        with transaction() as session:
            move_seller_order(session, seller_order_id=part, to=to, actor_kind="seller", **BY)

    move("confirmed")
    return stall_id, jar, soon, late, part, line, move


@both_engines
def test_lots_follow_a_parcel_out_and_home(packing):
    stall_id, _jar, soon, late, part, line, move = packing
    move("packed")
    assert uses(line) == {soon: (3, 0), late: (1, 0)}, "first expired, first out"
    assert left(soon, late) == [(0, 3), (4, 1)]
    with transaction() as session:  # One tap: from the other lot first.
        fill_line(
            session, seller_id=stall_id, seller_order_id=part, line_item_id=line, first=late,
            chosen=None, **BY,
        )  # fmt: skip
    assert uses(line) == {late: (4, 0)}
    assert left(soon, late) == [(3, 0), (1, 4)]
    assert broken() == []
    move("handed_over")
    assert left(soon, late) == [(3, 0), (1, 0)]
    move("delivered")
    with transaction() as session:
        return_goods(
            session, seller_order_id=part, coming=[ComingBack(line, 2, True), ],
            reason=ReturnReason.FAULTY, gives_fee_back=False, after=0, actor_kind="seller", **BY,
        )  # fmt: skip
    assert uses(line) == {late: (4, 2)}
    assert left(soon, late) == [(3, 0), (3, 0)]
    assert broken() == []


def test_a_parcel_that_is_opened_again_gives_its_lots_back(packing):
    _stall, _jar, soon, late, _part, line, move = packing
    move("packed")
    move("cancelled")
    assert uses(line) == {}
    assert left(soon, late) == [(3, 0), (5, 0)]
    assert broken() == []


def test_wrong_lots_are_refused_and_nothing_changes(packing, a_seller, a_variant):
    stall_id, jar, soon, late, part, line, move = packing

    def fill(chosen=None, first=None, seller=None):
        with transaction() as session:
            fill_line(
                session, seller_id=seller or stall_id, seller_order_id=part, line_item_id=line,
                first=first, chosen=chosen, **BY,
            )  # fmt: skip

    with pytest.raises(NotPackedYet):
        fill({late: 1})
    move("packed")
    other = a_seller()
    hers = a_lot(other, a_variant(seller_id=other), "L9", 4)
    for wrong, refusal in (
        ({late: 5}, MoreThanInLine), ({soon: 4}, NotEnoughInLot), ({hers: 1}, Refusal),
    ):  # fmt: skip
        with pytest.raises(refusal):
            fill(wrong)
    with pytest.raises(Refusal):
        fill({late: 1}, seller=other)
    with transaction() as session:
        lot_actions.recall_lot(session, lot_id=late, words_vi="Mốc", words_en="", **BY)
    fill({soon: 3, late: 1})  # It is in there already: that is said truly.
    fill({soon: 3})
    with pytest.raises(LotRecalled):
        fill({late: 1})
    assert uses(line) == {soon: (3, 0)}, "one jar without a lot: part of a line may say nothing"
    with pytest.raises(LotNameTaken):
        a_lot(stall_id, jar, "L1", 1)
    with pytest.raises(MoreThanInHouse) as refusal:
        a_lot(stall_id, jar, "L3", 5)
    assert refusal.value.free == 9 - 8
    assert broken() == []


def test_what_is_new_of_stock_is_told_once(stall, an_account, a_variant, mails, deliver):
    reader = an_account("Hoa", email="hoa@example.com")
    with transaction() as session:
        session.add(SellerMember(seller_id=stall.id, account_id=reader, role="staff", since=NOON))
    today = vietnam_date(now_utc())
    jar = a_variant(seller_id=stall.id, on_hand=9)
    with transaction() as session:
        begin_lot(
            session, seller_id=stall.id, variant_id=jar, quantity=2, is_counted=True, reason="",
            fields=LotFields("L1", None, today + timedelta(days=3)), actor_id=None, now=now_utc(),
        )  # fmt: skip
        actions.warn_at(session, variant_id=jar, at=9)
    assert "1 món" not in stall.page("/ban-hang")
    assert "2 món sắp hết hàng hoặc lô sắp hết hạn" in stall.page("/ban-hang")
    watch = stall.page("/ban-hang/kho")
    assert "còn 3 ngày" in watch
    assert "còn bán được 9\u00a0hũ" in watch
    for _ in range(2):
        watch_stock(now_utc())
        deliver()
    told = [mail for mail in mails() if "món cần xem" in mail["Subject"]]
    assert len(told) == 1
    assert "lô L1" in told[0].get_body(("plain",)).get_content()


def test_a_seller_without_lots_sees_one_quiet_link(stall, a_variant, in_state):
    jar = a_variant(seller_id=stall.id)
    packed = in_state("packed", seller_id=stall.id, variant_id=jar)
    page = stall.page(f"/ban-hang/loai/{jar}/kho")
    assert page.count("Ghi theo lô") == 1
    assert "Lô nào" not in page
    assert (
        "lô"
        not in stall.page(f"/ban-hang/don/{packed}").lower().split("<main")[1].split("</main")[0]
    )


def mark_of(stall, at):
    """Return the mark of the last change that the page of a stock knows of."""
    return re.search(r'name="sau" value="(\d+)"', stall.page(f"{at}/kho"))[1]


@both_engines
def test_a_change_of_stock_that_is_sent_twice_is_one_change(stall, a_variant):
    jar = a_variant(seller_id=stall.id, on_hand=5)
    at = f"/ban-hang/loai/{jar}"
    ten = {
        "way": "them",
        "quantity": "10",
        "lot_id": "0",
        "why": "Mới xay",
        "sau": mark_of(stall, at),
    }
    assert [stall.post(f"{at}/kho/doi", **ten).status_code for _ in range(2)] == [303, 303]
    assert on_hand(jar) == 15
    # A page from before does not add to what somebody counted meanwhile; what was typed stays.
    stall.post(f"{at}/kho", on_hand="4", reason="Đếm lại")
    late = stall.post(f"{at}/kho/doi", **ten)
    assert late.status_code == 409
    assert "vừa có người ghi khác đi" in late.text
    assert 'value="10"' in late.text
    assert on_hand(jar) == 4
    assert stall.post(f"{at}/kho/doi", **ten | {"sau": mark_of(stall, at)}).status_code == 303
    assert on_hand(jar) == 14


def test_more_than_is_free_is_not_taken_out_and_said_at_its_field(stall, a_variant):
    jar = a_variant(seller_id=stall.id, on_hand=5)
    at = f"/ban-hang/loai/{jar}"
    answer = stall.post(
        f"{at}/kho/doi", way="bot", quantity="10", lot_id="0", sau=mark_of(stall, at)
    )
    assert answer.status_code == 409
    assert '<a href="#quantity">' in answer.text
    assert "Trong nhà còn 5, khách đã đặt 0, nên bớt nhiều nhất 5." in answer.text
    assert on_hand(jar) == 5


def test_a_lot_goes_its_whole_way_on_the_pages(app, client, stall, a_stall, a_variant, in_state):
    jar = a_variant(seller_id=stall.id, on_hand=9)
    at = f"/ban-hang/loai/{jar}"
    assert stall.post(f"{at}/lo", name="", quantity="3").status_code == 422
    wrong = {"name": "L1", "made_on": "2026-11-20", "best_before": "2026-11-01", "quantity": "3"}
    assert stall.post(f"{at}/lo", **wrong).status_code == 422
    ends = {"made_on": "2026-11-01", "best_before": "2099-11-01"}
    made = {**ends, "name": "L1", "quantity": "3", "from_vi": "Đậu đen Gò Mít"}
    assert stall.post(f"{at}/lo", **made, counted="1").status_code == 303
    assert stall.post(f"{at}/lo", **made, counted="1").status_code == 409
    assert stall.post(f"{at}/lo", **{**made, "name": "L2", "quantity": "2"}).status_code == 303
    one, two = db.session.scalars(select(Lot.id).order_by(Lot.id)).all()
    assert (
        stall.post(
            f"{at}/kho/doi",
            way="them",
            quantity="4",
            lot_id=str(two),
            why="Mới làm",
            sau=mark_of(stall, at),
        ).status_code
        == 303
    )
    assert (
        stall.post(
            f"{at}/kho/doi",
            way="bot",
            quantity="1",
            lot_id=str(one),
            why="Bể",
            sau=mark_of(stall, at),
        ).status_code
        == 303
    )
    assert left(one, two) == [(2, 0), (6, 0)]
    level = stall.page(f"{at}/kho")
    assert "<b>14</b>" in level
    packed = in_state("packed", seller_id=stall.id, variant_id=jar, quantity=2)
    order = stall.page(f"/ban-hang/don/{packed}")
    assert re.search(r'Lô <b translate="no">L1</b>', order)
    line = db.session.scalars(select(LineItem.id).where(LineItem.seller_order_id == packed)).one()
    tapped = stall.post(f"/ban-hang/don/{packed}/lo", hang=str(line), lo=str(two))
    assert tapped.status_code == 303
    assert uses(line) == {two: (2, 0)}
    split = {f"lo-{one}": "1", f"lo-{two}": "1"}
    assert stall.post(f"/ban-hang/don/{packed}/lo", hang=str(line), **split).status_code == 303
    assert uses(line) == {one: (1, 0), two: (1, 0)}

    lot = f"/ban-hang/lo/{one}"
    assert stall.post(f"{lot}/thu-hoi", recall_vi="").status_code == 422
    called = stall.post(f"{lot}/thu-hoi", recall_vi="Có mốc. Đừng ăn.")
    assert called.location.startswith(f"{lot}/nguoi-mua")
    buyers = stall.page(f"{lot}/nguoi-mua")
    assert "Trần Thị Lan" in buyers
    assert "còn 1 khách chưa báo" in buyers
    assert "tel:+84912345678" in buyers
    assert "https://zalo.me/84912345678" in buyers
    assert "Chào Trần Thị Lan, lô L1" in buyers
    file = stall.get(f"{lot}/nguoi-mua.csv").text
    assert "Trần Thị Lan" in file
    assert stall.post(f"{lot}/nguoi-mua/{packed}", da_bao="1").status_code == 303
    assert "còn 0 khách chưa báo" in stall.page(f"{lot}/nguoi-mua")
    assert stall.post(f"{lot}/nguoi-mua/{packed}", da_bao="0").status_code == 303
    assert stall.post(f"{lot}/nguoi-mua/{packed + 1}", da_bao="1").status_code == 404

    code = db.session.scalars(select(Lot.code).where(Lot.id == one)).one()
    shown = client.get(f"/lo/{code}")
    assert "public" in shown.headers["Cache-Control"]
    for words in (
        "đang được thu hồi",
        "Có mốc. Đừng ăn.",
        "1/11/2099",
        "Đậu đen Gò Mít",
        "thôn Gò Mít",
    ):
        assert words in shown.text
    for hidden in ("Lan", "912345678", "còn trong nhà"):
        assert hidden not in shown.text, "it says nothing of who bought, nor how much there is"
    assert client.get(f"/lo/{code.lower()}").status_code == 404
    picture = Image.open(io.BytesIO(stall.get(f"{lot}/qr.png").data))
    assert [found.text for found in zxingcpp.read_barcodes(picture)] == [
        f"{app.config['BASE_URL']}/lo/{code}"
    ]
    assert client.get(f"/lo/{code}/qr.svg").mimetype == "image/svg+xml"
    assert stall.post(f"{lot}/thu-hoi/thoi").status_code == 303
    assert "đang được thu hồi" not in client.get(f"/lo/{code}").text
    other = a_stall(phone="+84905000199")
    for address in (lot, f"{lot}/nguoi-mua", f"{lot}/nguoi-mua.csv", f"{lot}/qr.png"):
        assert other.get(address).status_code == 404
    assert broken() == []
