"""A pack is ordered ahead: from the stall to the buyer, the board, the letter and the parcel."""

import re
from datetime import timedelta

import time_machine
from sqlalchemy import select

from shop.catalogue.models import Product, Variant
from shop.db import db, in_transaction
from shop.kernel.clock import now_utc, vietnam_date
from shop.ordering import actions
from shop.ordering.models import SellerOrder
from shop.stock.jobs import end_preorders
from tests.operations.conftest import Desk
from tests.ordering.proof import broken


def test_a_pack_is_ordered_ahead_waited_for_put_off_and_packed(
    app, client, checkout, orders, a_seller, an_account, a_variant, sign_in, mails, deliver
):  # fmt: skip
    owner, other = an_account("Sương"), an_account("Hoa")
    stall = a_seller(owner_id=owner)
    a_seller("Hoa", owner_id=other)
    jar = a_variant(seller_id=stall, on_hand=0, price_vnd=95_000)
    her = Desk(sign_in(owner, "seller"), owner)
    slug = db.session.get_one(Product, db.session.get_one(Variant, jar).product_id).slug
    db.session.rollback()
    today = vietnam_date(now_utc())
    ready, late = today + timedelta(days=3), today + timedelta(days=5)
    kho, said = f"/ban-hang/loai/{jar}", {"cap": "3", "ready_on": f"{ready}"}

    assert "Cho khách đặt trước" in her.get(f"{kho}/kho").text
    for wrong in ({"ready_on": ""}, {"ready_on": f"{today}"}, {"cap": "0"}):
        assert her.post(f"{kho}/dat-truoc", **said | wrong).status_code == 422
    strange = Desk(sign_in(other, "seller"), other)
    for way in ("", "/doi", "/dong"):
        assert strange.post(f"{kho}/dat-truoc{way}", **said, late_for="x").status_code == 404
    assert her.post(f"{kho}/dat-truoc", **said).status_code == 303
    assert her.post(f"{kho}/dat-truoc", **said).status_code == 409

    visitor = app.test_client()
    page = visitor.get(f"/san-pham/{slug}").text
    words = f"Đặt trước, giao từ {ready.day}/{ready.month}"
    assert f"{words}, còn nhận 3" in page
    assert "schema.org/PreOrder" in page
    assert f'"availabilityStarts": "{ready}"' in page or f'availabilityStarts":"{ready}"' in page
    assert words in visitor.get("/hang-hoa").text
    assert "Pre-order, sent from" in visitor.get(f"/en/san-pham/{slug}").text

    buying = checkout({jar: 2}, email="lan@example.net")
    assert words in client.get("/gio").text
    assert words in buying.look()
    refused = buying.send(shown_days="")
    assert refused.status_code == 409
    assert "nay là hàng đặt trước" in refused.text
    assert not orders()
    answer = buying.order()
    assert answer.status_code == 303, answer.text
    assert words in client.get(answer.location).text
    assert "còn nhận 1" in visitor.get(f"/san-pham/{slug}").text

    [part] = db.session.scalars(select(SellerOrder.id)).all()
    db.session.rollback()

    def move(to):
        return in_transaction(
            lambda session: actions.move_seller_order(
                session, seller_order_id=part, to=to, actor_kind="seller", actor_id=owner,
                now=now_utc(),
            )
        )  # fmt: skip

    move("confirmed")
    waiting = her.get("/ban-hang?xem=cho-hang").text
    assert words in waiting
    assert "Đã gói xong" not in waiting
    assert "Trần Minh Châu" not in her.get("/ban-hang?xem=goi").text
    assert "Trần Minh Châu" not in her.get("/ban-hang").text

    assert her.post(f"{kho}/dat-truoc/doi", ready_on=f"{late}", late_for="").status_code == 422
    moved = her.post(f"{kho}/dat-truoc/doi", ready_on=f"{late}", late_for="Mưa, phơi chưa khô.")
    assert moved.status_code == 303
    deliver()
    [letter] = [mail for mail in mails() if "giao muộn" in mail["Subject"]]
    text = letter.get_body(("plain",)).get_content()
    assert "Mưa, phơi chưa khô." in text
    assert f"lúc đặt hẹn {ready.day}/{ready.month}" in text
    order_page = client.get(answer.location).text
    assert f"giao từ {late.day}/{late.month} (lúc đặt hẹn {ready.day}/{ready.month})" in order_page
    assert "Người bán nói: “Mưa, phơi chưa khô.”" in order_page, (
        "Also who gave no e-mail reads why."
    )

    assert her.post(f"{kho}/dat-truoc/dong").status_code == 303
    assert "Hết hàng" in visitor.get(f"/san-pham/{slug}").text
    assert her.post(f"{kho}/dat-truoc/dong").status_code == 409

    with time_machine.travel(now_utc() + timedelta(days=5)):
        end_preorders(now_utc())
        her = Desk(sign_in(owner, "seller"), owner)
        packing = her.get("/ban-hang?xem=goi").text
        assert "Trần Minh Châu" in packing
        assert "Tới ngày giao rồi" in packing
        step = {"toi": "packed", "ve": "bang"}
        early = her.post(f"/ban-hang/don/{part}/buoc", **step)
        assert early.status_code == 409, early.status_code
        assert "chưa về kho, còn thiếu 2 phần" in early.text
        last = re.search(r'name="sau" value="(\d+)"', her.get(f"{kho}/kho").text)[1]
        brought = her.post(f"{kho}/kho/doi", way="them", quantity="5", lot_id="0", sau=last)
        assert brought.status_code == 303
        assert "Hàng về, giữ cho đơn đặt trước" in her.get(f"{kho}/kho").text
        assert her.post(f"/ban-hang/don/{part}/buoc", **step).status_code == 303
        assert "còn 3" in visitor.get(f"/san-pham/{slug}").text
    assert broken(db.session()) == {}
