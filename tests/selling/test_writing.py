"""Orders that a seller writes for somebody: read from a message, looked at, and the buyer's own link."""

import html
import re

import pytest
from sqlalchemy import func, select

from shop.audit.models import AuditEntry
from shop.db import db, transaction
from shop.kernel.clock import now_utc, vietnam_date
from shop.media.sheets import tables_in
from shop.ordering.models import Order, SellerOrder, SellerOrderMove, WrittenOrder
from shop.ordering.queries import contact_of
from shop.sellers.helping import grant_help
from shop.sellers.models import HelperAct
from shop.selling.parcel_files import SHAPES, parcel_file
from shop.selling.queries.parcels import parcels
from shop.selling.queries.writing import FEW_GOODS
from tests.engines import both_engines
from tests.selling.conftest import StallInHand

PAGE = "/ban-hang/viet-don"
CHAT = (
    "chi oi 2 hu bot ngu coc nhe\nTên: Lan\n0905 000 123\nđịa chỉ: 15 Lê Lợi, xã Quế Phước, Đà Nẵng"
)
ATTEMPT = "ab" * 16


@pytest.fixture
def flour(stall, a_variant):
    return a_variant("Bột ngũ cốc", seller_id=stall.id, on_hand=10)


def read(stall, words=CHAT, **more):
    return stall.post(PAGE, token_from=PAGE, buoc="doc", words=words, **more)


def value(page, name):
    found = re.search(rf'<input[^>]*name="{name}"[^>]*>', page)
    assert found, name
    kept = re.search(r'value="([^"]*)"', found[0])
    return kept[1] if kept else ""


def fields(flour, **more):
    return {
        "buoc": "ghi", "words": CHAT, "channel": "chat", "name": "Lan", "phone": "0905 000 123",
        "way": "delivery", "place": "xã Quế Phước, Đà Nẵng", "line1": "15 Lê Lợi", "method": "cod",
        f"n{flour}": "2", "attempt": ATTEMPT, **more,
    }  # fmt: skip


def orders():
    db.session.rollback()
    return db.session.scalar(select(func.count(Order.id)))


def test_a_message_is_read_into_the_fields_and_stores_nothing(stall, flour):
    answer = read(stall)
    assert answer.status_code == 200
    page = answer.text
    assert (value(page, "name"), value(page, "line1"), value(page, f"n{flour}")) == (
        "Lan",
        "15 Lê Lợi",
        "2",
    )
    assert value(page, "phone").replace(" ", "") == "0905000123"
    assert "Quế Phước" in page
    assert "chi oi 2 hu" in page
    assert orders() == 0


def test_what_she_typed_herself_stays_and_what_is_not_understood_is_said(stall, flour):
    page = read(stall, "Tên: Lan, xin hỏi mai có họp không", name="Ngọc").text
    assert value(page, "name") == "Ngọc"
    assert "Chưa hiểu" in page


def again(stall, page, **more):
    """Send the page as it stands, with what she mended."""
    fields = {
        name: value(page, name) for name in ("name", "phone", "line1", "place", "place_for", "note", "attempt")
    }  # fmt: skip
    counts = dict(re.findall(r'name="(n\d+)" value="(\d*)"', page))
    said = html.unescape(value(page, "read"))
    return stall.post(
        PAGE, token_from=PAGE, **{"words": CHAT, "read": said, **fields, **counts, **more}
    )


def test_reading_again_keeps_what_she_mended_and_says_so(stall, flour):
    page = again(stall, read(stall).text, buoc="doc", **{f"n{flour}": "5", "name": "Lan Chi"}).text
    assert (value(page, f"n{flour}"), value(page, "name")) == ("5", "Lan Chi")
    assert "Giữ như chị đã ghi: Tên khách; Bột ngũ cốc" in page
    assert value(page, "line1") == "15 Lê Lợi"
    emptied = again(stall, page, buoc="doc", **{f"n{flour}": ""}).text
    assert value(emptied, f"n{flour}") == "", "She took it out."


def test_what_was_only_read_follows_the_message(stall, flour):
    page = again(stall, read(stall).text, buoc="doc", words=CHAT.replace("2 hu", "3 hu")).text
    assert value(page, f"n{flour}") == "3"
    assert "Giữ như" not in page
    assert value(again(stall, page, buoc="doc", words="Tên: Lan").text, f"n{flour}") == ""


def test_enter_changes_and_stores_nothing(stall, flour):
    page = stall.page(PAGE)
    first = re.search(r"<button[^>]*>", page[page.index("<form class") :])
    assert first is not None
    assert 'value="xem"' in first[0]
    answer = again(stall, read(stall).text, buoc="xem", **{f"n{flour}": "7", "name": "Ngọc"})
    assert answer.status_code == 200
    assert (value(answer.text, f"n{flour}"), value(answer.text, "name")) == ("7", "Ngọc")
    assert orders() == 0


def test_what_is_not_sure_is_said_and_not_counted(stall, flour, a_variant):
    sauce = a_variant("Mắm nêm", seller_id=stall.id, on_hand=5)
    page = read(stall, "đừng gửi mắm nêm\n2-3 hũ bột ngũ cốc\n0905000123/0912000678").text
    assert (value(page, f"n{sauce}"), value(page, f"n{flour}")) == ("", "")
    assert "Khách bảo không lấy, hay còn hỏi: đừng gửi mắm nêm" in page
    assert "chị hỏi lại khách: 2-3 hũ bột ngũ cốc" in page
    assert value(page, "note") == "Số khác: 0912 000 678"


@pytest.mark.parametrize("step", ["doc", "ghi"])
def test_a_chat_that_is_too_long_is_said_and_stays(stall, flour, step):
    words = "chào chị " * 900
    answer = stall.post(PAGE, token_from=PAGE, **fields(flour, words=words, buoc=step))
    assert answer.status_code == 422
    assert "Dài quá, viết gọn trong 8000 chữ giúp nhé." in answer.text
    assert words.strip() in answer.text
    assert value(answer.text, f"n{flour}") == "2"
    assert orders() == 0


def test_a_long_chat_is_read_and_kept_whole(stall, flour):
    words = "chào chị\n" * 700 + CHAT
    page = read(stall, words).text
    assert value(page, f"n{flour}") == "2"
    assert stall.post(PAGE, token_from=PAGE, **fields(flour, words=words)).status_code == 303
    part = db.session.scalars(select(SellerOrder.id)).one()
    db.session.rollback()
    assert stall.page(f"/ban-hang/don/{part}").count("chào chị") == 700


def test_a_stall_of_many_looks_for_its_goods_and_reads_all_of_them(stall, flour, a_variant):
    last = [a_variant(f"Zà số {n}", seller_id=stall.id, on_hand=5) for n in range(FEW_GOODS)][-1]
    page = read(stall, f"{CHAT}\n").text
    assert value(page, f"n{flour}") == "2"
    assert f'name="n{last}"' not in page
    found = again(stall, page, buoc="xem", goods=f"za so {FEW_GOODS - 1}").text
    assert f'name="n{last}"' in found
    assert value(found, f"n{flour}") == "2"
    assert "Không thấy món nào" not in found


def test_what_a_helper_writes_is_told_to_the_owner_with_its_code(stall, flour, an_account, sign_in):
    helper, now = an_account("Lê Thị Lan"), now_utc()
    with transaction() as session:
        grant_help(
            session, seller_id=stall.id, helper_id=helper, owner_id=stall.owner_id,
            rights=["move_orders"], last_day=vietnam_date(now), consent_kind="voice",
            consent_on=vietnam_date(now), actor_id=None, actor_name="Hương", now=now,
        )  # fmt: skip
    hers = StallInHand(stall.id, helper, sign_in(helper, "seller"))
    for _ in range(2):
        assert hers.post(PAGE, token_from="/ban-hang/giup", **fields(flour)).status_code == 303
    db.session.rollback()
    act = db.session.scalars(select(HelperAct)).one()
    order = db.session.execute(select(SellerOrder.id, Order.code).join(Order)).one()
    assert (act.act, act.seller_order_id, act.facts["code"]) == (
        "selling.order_written", order.id, order.code,
    )  # fmt: skip
    db.session.rollback()
    page = stall.page(f"/ban-hang/don/{order.id}")
    assert "Lê Thị Lan làm giúp Nguyễn Thị Sương ghi giúp khách nhắn tin" in page


@both_engines
def test_the_order_is_the_buyers_with_her_link_and_the_words_are_kept(
    app, a_stall, a_variant, client
):
    stall = a_stall()
    flour = a_variant("Bột ngũ cốc", seller_id=stall.id, on_hand=10)
    answer = stall.post(PAGE, token_from=PAGE, **fields(flour))
    assert answer.status_code == 303, answer.text
    again = stall.post(PAGE, token_from=PAGE, **fields(flour))
    assert again.headers["Location"] == answer.headers["Location"]  # Sent twice, written once.
    assert orders() == 1
    order = db.session.scalars(select(Order)).one()
    contact = contact_of(order)
    assert (contact.name, contact.phone, contact.street) == ("Lan", "+84905000123", "15 Lê Lợi")
    assert (order.account_id, order.ward_code) == (None, "20669")
    part = db.session.scalars(select(SellerOrder)).one()
    assert (part.state, part.seller_id, part.method) == ("placed", stall.id, "cod")
    kept = db.session.scalars(select(WrittenOrder)).one()
    assert (kept.channel, kept.written_by_id) == ("chat", stall.owner_id)
    assert b"2 hu" not in kept.original
    lines = db.session.scalars(select(AuditEntry.action)).all()
    assert lines.count("order.written_for") == 1
    wrote = db.session.execute(select(SellerOrderMove.actor_kind, SellerOrderMove.actor_id)).one()
    assert wrote == ("seller", stall.owner_id)
    db.session.rollback()
    page = stall.page(f"/ban-hang/don/{part.id}")
    assert "Ghi đơn giúp khách" in page
    assert "Khách đặt hàng" not in page
    assert "chi oi 2 hu bot ngu coc nhe" in page
    link = re.search(r"(/d/[^\s<\"]+)", page)[1]
    shown = client.get(link, follow_redirects=True)
    assert shown.status_code == 200
    assert "Bột ngũ cốc" in shown.text


@pytest.mark.parametrize(
    ("wrong", "status"),
    [({"name": ""}, 422), ({"phone": "12"}, 422), ({"place": ""}, 422), ({"method": "card"}, 422),
     ({"channel": "x"}, 422)],
)  # fmt: skip
def test_what_is_missing_is_asked_and_nothing_is_stored(stall, flour, wrong, status):
    assert stall.post(PAGE, token_from=PAGE, **fields(flour, **wrong)).status_code == status
    assert orders() == 0


@pytest.mark.parametrize("count", ["0", "", "x", "1000"])
def test_without_goods_there_is_no_order(stall, flour, count):
    answer = stall.post(PAGE, token_from=PAGE, **fields(flour, **{f"n{flour}": count}))
    assert answer.status_code in (409, 422)
    assert orders() == 0


def test_more_than_there_is_is_refused(stall, flour):
    assert (
        stall.post(PAGE, token_from=PAGE, **fields(flour, **{f"n{flour}": "11"})).status_code == 409
    )
    assert orders() == 0


def test_another_stalls_goods_are_not_hers_to_sell(stall, flour, a_seller, a_variant):
    foreign = a_variant(seller_id=a_seller(), on_hand=10)
    answer = stall.post(PAGE, token_from=PAGE, **fields(flour, **{f"n{foreign}": "1"}))
    assert answer.status_code == 404
    assert orders() == 0


def test_who_comes_herself_needs_no_address(stall, flour, point_of):
    point = point_of(stall.id)
    more = {"way": str(point), "place": "", "line1": "", "channel": "stall", "words": ""}
    answer = stall.post(PAGE, token_from=PAGE, **fields(flour, **more))
    assert answer.status_code == 303, answer.text
    assert db.session.scalar(select(SellerOrder.delivery)) == "pickup"


def test_the_old_name_of_the_place_goes_along_to_whoever_brings_it(stall, flour):
    """On the order's page, the packing slip, the label and where a carrier has a column for it."""
    more = {"place": "Phước Ninh, Nông Sơn"}
    assert stall.post(PAGE, token_from=PAGE, **fields(flour, **more)).status_code == 303
    order = db.session.scalars(select(Order)).one()
    contact, sealed = contact_of(order), order.contact
    assert (contact.old_place, contact.old_district) == (
        "Xã Phước Ninh, Huyện Quế Sơn", "Huyện Quế Sơn",
    )  # fmt: skip
    assert b"Ninh" not in sealed
    part = db.session.scalars(select(SellerOrder.id)).one()
    db.session.rollback()
    for address in (f"/ban-hang/don/{part}", f"/ban-hang/don/{part}/phieu"):
        assert "cũ: Xã Phước Ninh, Huyện Quế Sơn" in stall.page(address)
    for to in ("confirmed", "packed"):
        assert stall.post(f"/ban-hang/don/{part}/buoc", toi=to).status_code == 303
    assert "(cũ: Xã Phước Ninh, Huyện Quế Sơn)" in stall.page(
        f"/ban-hang/goi/nhan?don={part}&co=58"
    )
    found = parcels(db.session(), stall.id, only=[part])
    [rows] = tables_in(parcel_file(SHAPES["ghtk"], found).read())
    assert dict(zip(*rows, strict=True))["Quận/Huyện"] == "Huyện Quế Sơn"


def test_how_a_message_pays_is_chosen_and_said_and_her_own_choice_stays(stall, flour):
    def chosen(page):
        return re.search(r'<option selected value="(\w+)"', page.split('id="method"')[1])[1]

    page = read(stall, f"{CHAT}\nem ck trước", method="cod").text
    assert chosen(page) == "transfer"
    assert "Khách muốn chuyển khoản" in page
    assert "Chưa hiểu" not in page
    again = read(
        stall, f"{CHAT}\nem ck trước", method="cod", read=html.unescape(value(page, "read"))
    )
    assert chosen(again.text) == "cod", "she chose it after it was read"
    assert "Khách muốn chuyển khoản" not in again.text
    cash = read(stall, f"{CHAT}\nship cod nhé", method="transfer").text
    assert chosen(cash) == "transfer"
    assert "Giữ như chị đã ghi: Trả tiền thế nào" in cash
    assert chosen(read(stall, method="transfer").text) == "transfer"
    assert (
        "Buyer wants to pay on delivery"
        in stall.post(
            "/en" + PAGE, token_from=PAGE, buoc="doc", words=f"{CHAT}\nship cod", method="cod"
        ).text
    )
