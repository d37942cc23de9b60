"""The pages of carriers' cash: sent, named, looked at, counted, answered, taken along."""

import csv
import io
import re
import zipfile

import pytest
from sqlalchemy import func, select, update

from shop.db import db, transaction
from shop.kernel.cells import MOST_ROWS
from shop.kernel.clock import now_utc, vietnam_date
from shop.media.sheets import MOST_UNPACKED, tables_in
from shop.operations.proofs import broken as found_broken
from shop.ordering import actions as ordering
from shop.ordering.models import SellerOrder
from shop.payments import actions as payments
from shop.payments.methods import By
from shop.payments.models import CodCollection, Payment
from shop.payments.rules.cash import CashState, WrittenOffFor
from shop.remittances.models import Remittance, RemittanceLine
from shop.sellers.models import Payee, Seller
from tests.conftest import NOON
from tests.engines import both_engines
from tests.remittances import sheets
from tests.remittances.conftest import NAME, cash, keep, lines_in, owner, store, stored

HERS, DESK = "/ban-hang/thu-ho", "/dieu-hanh/thu-ho"


@pytest.fixture
def stall(a_stall):
    return a_stall()


def send(stall, content: bytes, carrier: str = "ghn", **more):
    return stall.post(HERS, carrier=carrier, tep=(io.BytesIO(content), "bang.xlsx"), **more)


def newest() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.max(Remittance.id)))


@both_engines
def test_a_file_is_sent_looked_at_stored_and_counted_in_one_tap(stall, a_parcel):
    parcel = a_parcel(seller_id=stall.id)
    sent = send(stall, sheets.chim_cat([(parcel.tracking, 110_000, 5_500, 104_500)]))
    assert sent.status_code == 303
    at = f"{HERS}/tep/{newest()}"
    page = stall.page(at)
    assert "Chưa ghi gì cả" in page
    assert parcel.tracking in page
    assert cash(parcel.id).state == "with_carrier"
    assert lines_in(newest()) == []
    assert stall.post(at).status_code == 303
    page = stall.page(at)
    assert "Đếm 1 kiện khớp" in page
    assert "Phiên P0412" in page
    assert stall.post(f"{at}/dem").status_code == 303
    assert cash(parcel.id).received_vnd == 104_500
    page = stall.page(f"{at}?xem=xong")
    assert "Bấm nhầm, lấy lại" in page
    [line] = lines_in(newest())
    assert stall.post(f"{HERS}/dong/{line.id}", tra_loi="lui").status_code == 303
    assert cash(parcel.id).state == "with_carrier"


def test_a_table_whose_columns_were_guessed_wrongly_is_named_by_hand(stall, a_parcel):
    parcel = a_parcel(seller_id=stall.id)
    rows = (
        f"Mã vận đơn;Thu hộ;Phí do ai chịu;Thực nhận\n{parcel.tracking};110.000;Người gửi;88.000\n"
    )
    assert send(stall, rows.encode()).status_code == 303
    assert stall.get(f"{HERS}/tep/{newest()}").location.endswith("/cot")


@both_engines
def test_a_strange_table_is_named_with_plain_selects(stall, a_parcel):
    parcel = a_parcel(seller_id=stall.id)
    send(stall, sheets.la([(parcel.tracking, 110_000, 5_500, 104_500)]), "other", other="Lạ")
    at = f"{HERS}/tep/{newest()}"
    assert stall.get(at).location.endswith("/cot")
    page = stall.page(f"{at}/cot")
    assert parcel.tracking in page
    assert '<select class="in" id="cot-3" name="cot-3"' in page
    wrong = stall.post(f"{at}/cot", dau="1", **{"cot-1": "cod"})
    assert wrong.status_code == 422
    assert "cột ghi mã vận đơn" in wrong.text
    named = {"cot-0": "tracking", "cot-1": "cod", "cot-2": "fee", "cot-3": "paid"}
    assert stall.post(f"{at}/cot", dau="1", **named).status_code == 303
    assert "Khớp" in stall.page(at)
    stall.post(at)
    stall.post(f"{at}/dem")
    assert cash(parcel.id).fee_vnd == 5_500


@both_engines
def test_what_is_missing_is_answered_one_by_one(stall, a_parcel):
    parcel = a_parcel(seller_id=stall.id)
    file_id = stored(owner(stall.id), sheets.chim_cat([(parcel.tracking, 110_000, 0, 100_000)]))
    page = stall.page(HERS)
    assert "Phần thiếu là phí giao" in page
    [line] = lines_in(file_id)
    assert stall.post(f"{HERS}/dong/{line.id}", tra_loi="phi").status_code == 303
    assert (cash(parcel.id).received_vnd, cash(parcel.id).fee_vnd) == (100_000, 10_000)
    again = stall.post(f"{HERS}/dong/{line.id}", tra_loi="hoan")
    assert again.status_code == 303  # Answered: nothing more happens.
    assert stall.post(f"{HERS}/dong/{line.id}", tra_loi="x").status_code == 422


@both_engines
def test_money_that_is_told_again_is_asked_about_in_its_own_list(stall, a_parcel):
    parcel = a_parcel(seller_id=stall.id)
    stall.post(f"/ban-hang/don/{parcel.id}/thu-ho", so_tien="80.000")
    file_id = stored(owner(stall.id), sheets.chim_cat([(parcel.tracking, 110_000, 0, 80_000)]))
    page = stall.page(HERS)
    assert "Trả lần nữa?" in page
    assert "đã đếm một phần, hãng còn giữ 30.000" in page
    assert "giữ riêng phần thừa 50.000" in page
    [line] = lines_in(file_id)
    assert stall.post(f"{HERS}/dong/{line.id}", tra_loi="de-do").status_code == 303
    assert cash(parcel.id).received_vnd == 80_000
    stall.post(f"{HERS}/dong/{line.id}", tra_loi="lui")
    assert stall.post(f"{HERS}/dong/{line.id}", tra_loi="tra-them").status_code == 303
    assert cash(parcel.id).received_vnd == 160_000


@both_engines
def test_the_page_says_what_carriers_hold_and_what_is_late(stall, a_parcel):
    a_parcel(seller_id=stall.id)
    late = a_parcel(seller_id=stall.id)
    with transaction() as session:
        session.execute(
            update(CodCollection)
            .where(CodCollection.seller_order_id == late.id)
            .values(taken_at=NOON.replace(year=2020))
        )
    page = stall.page(f"{HERS}?xem=cham")
    assert NAME in page
    assert "220.000" in page
    assert late.tracking in page
    assert page.count("<li><b>110.000") == 1


@both_engines
def test_the_lists_are_paged_and_cost_the_same_whatever_stands_in_them(
    stall, a_parcel, count_queries
):
    def cost(address: str) -> int:
        with count_queries() as asked:
            stall.page(address)
        return len([one for one in asked if "FROM" in one.upper()])

    parcels = [a_parcel(seller_id=stall.id) for _ in range(3)]
    few = {address: cost(f"{HERS}?xem={address}") for address in ("khop", "dang-giu")}
    lines = [(p.tracking, 110_000, 0, 110_000) for p in parcels]
    file_id = stored(owner(stall.id), sheets.chim_cat(lines))
    many = [(f"ZZ{n:06d}VN", 1_000, 0, 1_000) for n in range(70)]
    stored(owner(stall.id), sheets.chim_cat(many, "P9"))
    assert "Trang 1 trên 3" in stall.page(f"{HERS}?xem=khong-thay")
    assert "ZZ000065VN" in stall.page(f"{HERS}?xem=khong-thay&trang=3")
    for address, before in few.items():
        assert cost(f"{HERS}?xem={address}") == before
    # Who she is, her stall, what nobody opened, and eight for the page itself.
    assert max(few.values()) <= 14
    assert cost(f"{HERS}/tep/{file_id}?xem=khop") <= 14


@both_engines
def test_another_stalls_files_and_lines_do_not_exist(a_stall, a_parcel):
    mine, other = a_stall(), a_stall()
    parcel = a_parcel(seller_id=other.id)
    file_id = stored(owner(other.id), sheets.chim_cat([(parcel.tracking, 110_000, 0, 110_000)]))
    [line] = lines_in(file_id)
    for address in (f"tep/{file_id}", f"tep/{file_id}/cot"):
        assert mine.get(f"{HERS}/{address}").status_code == 404
    for address in (
        f"tep/{file_id}",
        f"tep/{file_id}/dem",
        f"tep/{file_id}/tim",
        f"dong/{line.id}",
    ):
        assert mine.post(f"{HERS}/{address}", tra_loi="dem").status_code == 404
    assert cash(parcel.id).state == "with_carrier"
    assert parcel.tracking not in mine.page(HERS)
    assert parcel.tracking not in mine.get(f"{HERS}.csv").text


def bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (MOST_UNPACKED + 1))
    return file.getvalue()


HOSTILE = {
    "bomb": (bomb(), "Tệp lớn quá"),
    "rows": (b"ma van don;cod\n" + b"A1000;1000\n" * (MOST_ROWS + 1), "Tệp lớn quá"),
    "bytes": (b"x" * (5 * 1024 * 1024 + 1), "Tệp lớn quá"),
    "password": (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "Tệp có mật khẩu"),
    "broken": (b"PK\x03\x04 and nothing", "Không mở được tệp này"),
    "empty": (b"", "Tệp trống thì không đọc được"),
    "picture": (b"\x89PNG\r\n\x1a\n\0\0\0", "Tệp này không phải bảng"),
    "words": (b"xin chao cac chi\nchung toi la hang\n", "Tệp này không phải bảng"),
    "no lines": (b"ma van don;cod\ntong cong;95.000\n", "không có dòng nào ghi mã kiện"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_gets_one_clear_sentence_and_nothing_is_stored(stall, name):
    content, sentence = HOSTILE[name]
    answer = send(stall, content)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert db.session.scalar(select(func.count()).select_from(Remittance)) == 0


@both_engines
def test_formulas_stay_text_in_what_is_taken_along(stall, a_parcel):
    parcel = a_parcel(seller_id=stall.id)
    with transaction() as session:
        session.execute(update(CodCollection).values(carrier="=HYPERLINK(1)"))
    rows = list(csv.reader(io.StringIO(stall.get(f"{HERS}.csv").text.lstrip("\ufeff"))))
    assert rows[1][0] == "'=HYPERLINK(1)"
    assert rows[1][5:8] == ["110000", "0", "0"]
    sheet = stall.get(f"{HERS}.xlsx")
    assert sheet.headers["Cache-Control"] == "no-store"
    [table] = list(tables_in(sheet.data))
    assert table[1][0] == "'=HYPERLINK(1)"
    assert table[1][9] == 110_000
    with zipfile.ZipFile(io.BytesIO(sheet.data)) as parts:
        assert b"<f>" not in parts.read("xl/worksheets/sheet1.xml")
    with transaction() as session:
        session.execute(update(CodCollection).values(carrier=NAME))
    assert parcel.order in rows[1][2]


@both_engines
def test_the_treasurer_counts_what_a_carrier_paid_into_the_units_account(
    an_officer, a_seller, a_parcel, union
):  # fmt: skip
    seller = a_seller(organisation_id=union)
    parcel, foreign = a_parcel(seller_id=seller), a_parcel()
    with transaction() as session:
        account = session.scalars(select(Payee.id).where(Payee.organisation_id == union)).one()
    treasurer = an_officer(union, "treasurer")
    content = sheets.chim_cat([
        (parcel.tracking, 110_000, 5_500, 104_500), (foreign.tracking, 110_000, 0, 110_000),
    ])  # fmt: skip
    sent = treasurer.post(
        DESK, carrier="ghn", account=f"payee:{account}", tep=(io.BytesIO(content), "a.xlsx")
    )
    assert sent.status_code == 303
    at = f"{DESK}/tep/{newest()}"
    assert treasurer.post(at).status_code == 303
    assert "Không thấy kiện" in treasurer.get(at).text
    treasurer.post(f"{at}/dem")
    assert (cash(parcel.id).state, cash(parcel.id).payee_id) == ("remitted", account)
    assert cash(foreign.id).state == "with_carrier"
    assert an_officer(union, "officer").get(DESK).status_code == 404
    lines = db.session.scalars(select(RemittanceLine.seller_order_id)).all()
    assert foreign.id not in lines


@both_engines
def test_a_file_that_is_sent_again_with_another_account_says_so_and_is_taken_back(
    an_officer, a_seller, a_parcel, union
):
    """She chose her unit's account and meant each seller's own hand."""
    parcel = a_parcel(seller_id=a_seller(organisation_id=union))
    with transaction() as session:
        account = session.scalars(select(Payee).where(Payee.organisation_id == union)).one()
        into, last4 = f"payee:{account.id}", account.last4
    treasurer = an_officer(union, "treasurer")
    content = sheets.chim_cat([(parcel.tracking, 110_000, 0, 110_000)])

    def sent(where: str, carrier: str = "ghn"):
        tep = (io.BytesIO(content), "a.xlsx")
        return treasurer.post(DESK, carrier=carrier, account=where, tep=tep)

    assert sent(into).status_code == 303
    at = f"{DESK}/tep/{newest()}"
    assert f"số cuối {last4}" in treasurer.get(at).text
    assert sent(f"unit:{union}", "ghtk").status_code == 303  # A preview follows what she says.
    assert f"{DESK}/tep/{newest()}" == at
    page = treasurer.get(at).text
    assert f"số cuối {last4}" not in page
    assert "Giao Hàng Tiết Kiệm" in page
    assert sent(into).status_code == 303
    assert treasurer.post(at).status_code == 303
    assert sent(into).status_code == 303  # Nothing else was said: it is the same file.
    answer = sent(f"unit:{union}")
    assert answer.status_code == 409
    assert "đã gửi và lưu rồi" in answer.text
    assert "Lấy lại bảng này" in answer.text
    treasurer.post(f"{at}/dem")
    assert cash(parcel.id).state == "remitted"
    assert treasurer.post(f"{at}/lui").status_code == 409
    assert "Lấy lại bảng này" not in treasurer.get(at).text
    [line] = lines_in(newest())
    treasurer.post(f"{DESK}/dong/{line.id}", tra_loi="lui")
    assert treasurer.post(f"{at}/lui").status_code == 303
    assert treasurer.post(f"{at}/lui").status_code == 404
    assert lines_in(newest() or 0) == []
    assert sent(f"unit:{union}").status_code == 303
    at = f"{DESK}/tep/{newest()}"
    treasurer.post(at)
    treasurer.post(f"{at}/dem")
    assert (cash(parcel.id).state, cash(parcel.id).payee_id) == ("remitted", None)


@both_engines
def test_an_account_or_unit_of_others_is_not_offered_nor_taken(
    an_officer, an_organisation, union
):  # fmt: skip
    other = an_organisation()
    treasurer = an_officer(union, "treasurer")
    answer = treasurer.post(
        DESK, carrier="ghn", account=f"unit:{other}", tep=(io.BytesIO(b"x"), "a.csv")
    )
    assert answer.status_code == 422
    assert newest() is None


@both_engines
def test_a_helper_of_the_stall_counts_too(a_stall, a_parcel):
    helper = a_stall(role="staff")
    parcel = a_parcel(seller_id=helper.id)
    send(helper, sheets.chim_cat([(parcel.tracking, 110_000, 0, 110_000)]))
    assert helper.post(f"{HERS}/tep/{newest()}").status_code == 303


@both_engines
def test_parcels_whose_seller_is_closed_do_not_break_the_desk(operator, a_parcel):
    a_parcel()
    with transaction() as session:
        session.execute(update(Seller).values(closed_at=NOON))
    assert operator.get(DESK).status_code == 200
    assert db.session.scalar(select(func.count()).select_from(SellerOrder)) == 1


@both_engines
def test_head_says_who_bears_the_way_back_and_the_seller_reads_it(
    an_officer, a_seller, an_account, sign_in, union
):  # fmt: skip
    owner = an_account("Chủ gian")
    seller = a_seller(organisation_id=union, owner_id=owner)
    head, treasurer = an_officer(union, "head"), an_officer(union, "treasurer")
    at = f"/dieu-hanh/nguoi-ban/{seller}/phi-hoan"
    today = vietnam_date(now_utc()).isoformat()
    assert "Nay người bán chịu" in head.get(at).text
    assert "<form" not in treasurer.get(at).text.partition("<main")[2].partition("</main>")[0]
    assert treasurer.post(at, bearer="unit", from_on=today).status_code == 404
    assert head.post(at, bearer="nobody", from_on=today).status_code == 422
    assert head.post(at, bearer="unit", from_on="x").status_code == 422
    assert head.post(at, bearer="unit", from_on="2020-01-01").status_code == 422
    stall = sign_in(owner, "seller")
    assert "chị chịu" in stall.get("/ban-hang/gian-hang/phi-giao").text
    assert head.post(at, bearer="unit", from_on=today).status_code == 303
    assert "chịu." in head.get(at).text
    assert "Phí hãng mang hàng về: Hội chịu" in stall.get("/ban-hang/gian-hang/phi-giao").text


@both_engines
def test_buyers_read_that_the_way_back_costs_them_nothing(client):
    assert "cả phí đưa hàng về" in client.get("/giao-hang").text
    assert "không tính cho anh/chị" in client.get("/doi-tra").text


@both_engines
def test_a_line_with_money_and_a_way_back_shows_what_was_paid_and_is_noted_as_both(stall, a_parcel):
    parcel = a_parcel("lost", seller_id=stall.id)
    row = (parcel.tracking, 0, 0, 12_000, 48_000)
    file_id = keep(owner(stall.id), sheets.cu_meo([row]))
    preview = stall.page(f"{HERS}/tep/{file_id}")
    assert "48.000" in preview
    assert "12.000" in preview
    store(file_id)
    page = stall.page(f"{HERS}/tep/{file_id}?xem=da-xoa")
    figures = re.findall(r"<dt>([^<]+)</dt><dd>([0-9.]+)", page.split('id="dong-')[1])
    assert figures == [
        ("Hãng tính cho kiện", "60.000"), ("Phí hoàn hàng", "12.000"),
        ("Hãng trả, đã trừ phí hoàn", "48.000"),
    ]  # fmt: skip
    assert "chỉ ghi phí hoàn hàng 12.000" in page
    [line] = lines_in(file_id)
    assert stall.post(f"{HERS}/dong/{line.id}", tra_loi="den").status_code == 303
    assert (cash(parcel.id).received_vnd, cash(parcel.id).return_fee_vnd) == (60_000, 12_000)
    order = stall.page(f"/ban-hang/don/{parcel.id}")
    assert "Bên giao đền hàng mất, hỏng" in order
    assert found_broken(db.session()) == {}


@both_engines
def test_compensation_for_goods_that_were_paid_ahead_is_booked_and_read_at_the_order(
    stall, a_parcel
):
    parcel = a_parcel("lost", seller_id=stall.id, method="transfer")
    file_id = stored(owner(stall.id), sheets.chim_cat([(parcel.tracking, 0, 0, 60_000)]))
    page = stall.page(f"{HERS}/tep/{file_id}?xem=da-xoa")
    assert "tiền của khách không đổi" in page
    [line] = lines_in(file_id)
    assert stall.post(f"{HERS}/dong/{line.id}", tra_loi="den").status_code == 303
    page = stall.page(f"/ban-hang/don/{parcel.id}")
    assert "Bên giao đền hàng mất, hỏng 60.000" in page
    assert "Trả khi nhận hàng" not in page
    assert "Nhà vận chuyển đền hàng mất, hỏng" in stall.page("/ban-hang/tien")
    step = re.search(r"/thu-ho/lui/(\d+)", page)[1]
    assert stall.post(f"/ban-hang/don/{parcel.id}/thu-ho/lui/{step}").status_code == 303
    assert "Hãng đền hàng mất, hỏng: đếm" in stall.page(f"{HERS}/tep/{file_id}?xem=da-xoa")
    assert found_broken(db.session()) == {}


def test_what_was_given_up_or_came_elsewhere_is_told_with_what_to_do(stall, a_parcel, union):
    given_up, refused, twice = (
        a_parcel(to, seller_id=stall.id) for to in ("delivered", "refused", "delivered")
    )
    with transaction() as session:
        payments.write_cash_off(
            session, seller_order_id=given_up.id, reason=WrittenOffFor.UNPAID, by=By("seller"),
            note="", now=NOON,
        )  # fmt: skip
        account = session.scalars(select(Payee.id).where(Payee.organisation_id == union)).one()
        payments.move_cash(
            session, seller_order_id=twice.id, to=CashState.REMITTED, counted_vnd=80_000,
            payee_id=account, by=By("seller"), now=NOON,
        )  # fmt: skip
    rows = [(one.tracking, 110_000, 0, 110_000) for one in (given_up, refused, twice)]
    file_id = stored(owner(stall.id), sheets.chim_cat(rows))
    at = f"{HERS}/tep/{file_id}"
    page = stall.page(f"{at}?xem=da-xoa")
    assert "Tiền về thật, đếm" in page
    assert "lấy lại bước ấy trước" in page
    assert "Hãng đền hàng mất, hỏng: đếm" in page
    assert "Chưa rõ tiền gì: đếm" in page
    page = stall.page(f"{at}?xem=noi-khac")
    assert "Lần trước tiền về nơi khác" in page
    first, second, third = lines_in(file_id)
    assert stall.post(f"{HERS}/dong/{second.id}", tra_loi="den").status_code == 303
    assert "Bên giao đền hàng mất, hỏng" in stall.page(f"/ban-hang/don/{refused.id}")
    assert "Nhà vận chuyển đền hàng mất, hỏng" in stall.page("/ban-hang/tien")
    assert "110.000" in stall.page("/ban-hang/tien/dong?o=hang-den")
    assert stall.post(f"{HERS}/dong/{first.id}", tra_loi="da-ve").status_code == 303
    assert stall.post(f"{HERS}/dong/{third.id}", tra_loi="tra-them").status_code == 303
    page = stall.page(f"{at}?xem=tra-lai")
    assert "Đã chuyển trả hãng" in page
    # Its figures add up: 110 were due, 80 came before, 110 now, so 80 are too much.
    figures = re.findall(r"<dt>([^<]+)</dt><dd>([0-9.]+)", page.split('id="dong-')[1])
    assert [(words, vnd) for words, vnd in figures][-4:] == [
        ("Phải về", "110.000"), ("Lần trước đã đếm", "80.000"), ("Lần này hãng trả", "110.000"),
        ("Thừa", "80.000"),
    ]  # fmt: skip
    assert "Phải trả lại hãng" in stall.page(HERS)
    assert stall.post(f"{HERS}/dong/{third.id}", tra_loi="tra-lai").status_code == 303
    assert (cash(given_up.id).received_vnd, cash(twice.id).received_vnd) == (110_000, 110_000)
    page = stall.page(f"/ban-hang/don/{twice.id}")
    assert "Trả lại bên giao phần trả thừa" in page
    assert found_broken(db.session()) == {}


def test_a_line_of_a_transferred_order_says_whose_money_it_is(stall, a_parcel, union):
    """What can be tapped can be done; what is noted already, or is the order's own, is said."""
    paid, unpaid = (a_parcel(method="transfer", seller_id=stall.id) for _ in range(2))
    with transaction() as session:
        wanted = (
            select(Payment.id)
            .join(SellerOrder, SellerOrder.order_id == Payment.order_id)
            .where(SellerOrder.id == paid.id)
        )
        payments.confirm_received(
            session, payment_id=session.scalars(wanted).one(), amount_vnd=110_000, after=0,
            by=By("seller"), now=NOON,
        )  # fmt: skip
        account = session.scalars(select(Payee.id).where(Payee.organisation_id == union)).one()
    rows = [(one.tracking, 110_000, 0, 110_000) for one in (paid, unpaid)]
    file_id = stored(owner(stall.id), sheets.chim_cat(rows))
    at = f"{HERS}/tep/{file_id}?xem=khong-thu"
    page = stall.page(at)
    assert page.count('value="hai-lan"') == 1
    assert "chợ chưa thấy tiền về đủ" in page
    first, _second = lines_in(file_id)
    assert stall.post(f"{HERS}/dong/{first.id}", tra_loi="hai-lan").status_code == 303
    rows = [(paid.tracking, 109_000, 0, 109_000)]
    again = stored(owner(stall.id), sheets.chim_cat(rows))
    at = f"{HERS}/tep/{again}?xem=khong-thu"
    page = stall.page(at)
    assert "Là tiền đã ghi rồi, không ghi nữa" in page
    assert 'value="hai-lan"' not in page
    [line] = lines_in(again)
    assert stall.post(f"{HERS}/dong/{line.id}", tra_loi="hai-lan").status_code == 409
    assert stall.post(f"{HERS}/dong/{line.id}", tra_loi="de-do").status_code == 303
    # A file that says that the organisation was paid: the transfer is not there.
    rows = [(unpaid.tracking, 108_000, 0, 108_000)]
    there = stored(owner(stall.id), sheets.chim_cat(rows), payee_id=account)
    page = stall.page(f"{HERS}/tep/{there}?xem=khong-thu")
    assert "vào nơi khác với nơi bảng này ghi" in page
    assert 'value="hai-lan"' not in page
    # Goods that the buyer had and sent back: first of all it is hers.
    with transaction() as session:
        ordering.move_seller_order(
            session, seller_order_id=paid.id, to="returned", actor_kind="seller", actor_id=None,
            now=NOON,
        )  # fmt: skip
    rows = [(paid.tracking, 107_000, 0, 107_000)]
    last = stored(owner(stall.id), sheets.chim_cat(rows))
    page = stall.page(f"{HERS}/tep/{last}?xem=da-xoa")
    assert "đã ghi rồi, ở trang đơn hay từ một bảng khác" in page
    assert stall.post(f"{HERS}/dong/{first.id}", tra_loi="lui").status_code == 303
    page = stall.page(f"{HERS}/tep/{last}?xem=da-xoa")
    assert "tiền ấy là của khách" in page
    assert "không tới tay khách" not in page
    assert 0 < page.index('value="hai-lan"') < page.index('value="den"')
