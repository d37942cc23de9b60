"""The pages of money that banks told: the inbox, the services, statement files, the open order page."""

import io
import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from sqlalchemy import select, update

from shop.accounts.models import SignIn
from shop.audit.models import AuditEntry
from shop.banking.handlers import forget_old_previews, remind_of_waiting
from shop.banking.models import BankFeed, BankNotice, BankStatement
from shop.cli.health import findings
from shop.db import db, transaction
from shop.kernel.clock import VIETNAM, now_utc
from shop.operations.undo import undo
from shop.payments.actions import confirm_received
from shop.payments.methods import By
from shop.payments.models import Payment, PaymentEvent
from shop.payments.queries import last_money_event
from tests.banking import sheets
from tests.banking.conftest import SECRET, Owed, deliver, notice_of, received
from tests.engines import both_engines
from tests.selling.conftest import StallInHand

HERS, DESK = "/ban-hang/ngan-hang", "/dieu-hanh/tien-ve/ngan-hang"


def state_of(notice: BankNotice) -> str:
    db.session.rollback()
    return db.session.get_one(BankNotice, notice.id).state


def acts() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


@pytest.fixture
def hers(a_stall: Any, owed: Any, a_service: Any) -> Any:
    """(stall, order, service) of a seller whose own account a service watches."""
    stall = a_stall()
    order = owed(seller_id=stall.id)
    return stall, order, a_service(seller_id=stall.id)


def post(stall: StallInHand, address: str, **fields: Any) -> Any:
    return stall.post(address, **fields)


def seen(order: Owed, vnd: int) -> str:
    """What a page says of an order that waits for all its money and has this of a transfer."""
    return f"{order.payment_id}:{vnd}:{order.amount_vnd}"


def shown_on(page: str) -> list[str]:
    return re.findall(r'name="da_xem" value="([0-9: ]+)"', page)


def store(stall: Any, address: str) -> Any:
    """Store a statement's lines as its page shows them."""
    seen = re.search(r'name="da_xem" value="(\w+)"', stall.get(address).text)
    return stall.post(address, da_xem=seen[1] if seen else "")


def test_a_seller_answers_with_one_tap_and_takes_it_back(hers):
    stall, order, service = hers
    short, gift = service.tell(60_000, order.memo), service.tell(50_000, "ung ho cac chi")
    assert "2 khoản ngân hàng báo" in stall.page("/ban-hang")
    page = stall.page(HERS)
    assert "Đúng, đơn" in page
    assert "đơn còn cần" in page
    assert "ung ho cac chi" in page
    for _ in range(2):
        answer = post(stall, f"{HERS}/{short.id}", tra_loi="dung", da_xem=seen(order, 60_000))
        assert answer.status_code == 303
    deliver()
    assert received(order.payment_id) == 60_000
    assert post(stall, f"{HERS}/{gift.id}", tra_loi="khong").status_code == 303
    assert state_of(gift) == "ignored"
    page = stall.page(HERS)
    assert "Không có khoản nào cần chị xem" in page
    assert "không phải tiền hàng" in page
    assert post(stall, f"{HERS}/{gift.id}", tra_loi="lui").status_code == 303
    assert state_of(gift) == "task"
    refused = post(stall, f"{HERS}/{short.id}", tra_loi="lui")
    assert refused.status_code == 409
    assert "mở đơn và lấy lại ở đó" in refused.text
    assert acts()[-3:] == ["bank_notice.accepted", "bank_notice.ignored", "bank_notice.reopened"]


def test_what_a_key_alone_told_is_one_tap_away(hers, a_service):
    stall, order, _service = hers
    by_key = a_service(seller_id=order.seller_id, kind="sepay_key")
    message = by_key.message(order.amount_vnd, order.memo)
    by_key.send(message, Authorization=f"Apikey {SECRET}")
    deliver()
    page = stall.page(HERS)
    assert "dịch vụ này không ký từng tin" in page
    assert "Đúng, đơn" in page
    assert received(order.payment_id) == 0
    told = notice_of(message)
    at = f"{HERS}/{told.id}"
    assert shown_on(page) == [seen(order, order.amount_vnd)]
    assert post(stall, at, tra_loi="dung", da_xem=shown_on(page)[0]).status_code == 303
    deliver()
    assert received(order.payment_id) == order.amount_vnd


def test_another_order_is_named_by_its_code(hers):
    stall, order, service = hers
    notice = service.tell(33_000, "mua bot")
    code = re.search(r"/ban-hang/don/\d+", stall.page("/ban-hang"))
    assert code
    wrong = post(stall, f"{HERS}/{notice.id}", tra_loi="ma", ma="KHONGCO1")
    assert wrong.status_code == 422
    assert "Không thấy đơn nào mang mã “KHONGCO1”" in wrong.text
    assert received(order.payment_id) == 0
    assert (
        post(stall, f"{HERS}/{notice.id}", tra_loi="ma", ma=order.memo.lower()).status_code == 303
    )
    assert received(order.payment_id) == 33_000


def test_two_orders_in_one_transfer_are_paid_by_one_tap(hers, owed):
    stall, order, service = hers
    second = owed(seller_id=stall.id, price_vnd=50_000)
    notice = service.tell(order.amount_vnd + second.amount_vnd, f"{order.memo} {second.memo}")
    page = stall.page(HERS)
    assert "trả đủ cho cả 2 đơn" in page
    shares = shown_on(page)[0]
    assert post(stall, f"{HERS}/{notice.id}", tra_loi="chia", da_xem=shares).status_code == 303
    assert (received(order.payment_id), received(second.payment_id)) == (
        order.amount_vnd, second.amount_vnd,
    )  # fmt: skip


def test_a_transfer_shared_between_two_orders_is_shown_before_the_tap(hers, owed):
    stall, order, service = hers
    second = owed(seller_id=stall.id)
    notice = service.tell(order.amount_vnd + 98_000, f"{order.memo} {second.memo}")
    page = stall.page(HERS)
    assert "nhận 98.000" in page
    assert "còn thiếu 12.000" in page
    assert "chia cho cả 2 đơn" in page
    shares = shown_on(page)[0]
    assert post(stall, f"{HERS}/{notice.id}", tra_loi="chia", da_xem=shares).status_code == 303
    assert (received(order.payment_id), received(second.payment_id)) == (order.amount_vnd, 98_000)


@both_engines
@pytest.mark.parametrize("moved", ["first", "last"])
def test_a_page_that_shows_other_shares_than_there_are_books_nothing(hers, owed, moved):
    stall, order, service = hers
    second = owed(seller_id=stall.id)
    notice = service.tell(order.amount_vnd + 98_000, f"{order.memo} {second.memo}")
    stale = shown_on(stall.page(HERS))[0]
    one = order if moved == "first" else second
    with transaction() as session:
        confirm_received(
            session, payment_id=one.payment_id, amount_vnd=30_000,
            after=last_money_event(session, one.payment_id), by=By("seller"), note="",
            now=now_utc(),
        )  # fmt: skip
    before = (received(order.payment_id), received(second.payment_id))
    answer = post(stall, f"{HERS}/{notice.id}", tra_loi="chia", da_xem=stale)
    assert answer.status_code == 409
    words = re.sub(r"\s+", " ", unescape(answer.text))
    assert "chưa ghi gì cả. Lúc chị xem:" in words
    assert "nhận 110.000 đồng, đủ tiền;" in words
    assert "nhận 98.000 đồng, còn thiếu 12.000 đồng." in words
    if moved == "first":
        assert "nhận 80.000 đồng, đủ tiền;" in words
        assert "nhận 128.000 đồng, dư 18.000 đồng." in words
    else:
        assert "nhận 98.000 đồng, dư 18.000 đồng." in words
    assert (received(order.payment_id), received(second.payment_id)) == before
    assert state_of(notice) == "task"
    fresh = shown_on(answer.text)[0]
    assert fresh != stale
    assert post(stall, f"{HERS}/{notice.id}", tra_loi="chia", da_xem=fresh).status_code == 303
    assert received(order.payment_id) == 110_000


@both_engines
def test_one_tap_on_a_page_that_is_older_than_the_orders_money_books_nothing(hers):
    stall, order, service = hers
    notice = service.tell(60_000, order.memo)
    stale = shown_on(stall.page(HERS))[0]
    with transaction() as session:
        confirm_received(
            session, payment_id=order.payment_id, amount_vnd=order.amount_vnd,
            after=last_money_event(session, order.payment_id), by=By("seller"), note="",
            now=now_utc(),
        )  # fmt: skip
    answer = post(stall, f"{HERS}/{notice.id}", tra_loi="dung", da_xem=stale)
    assert answer.status_code == 409
    assert "dư 60.000" in answer.text
    assert (received(order.payment_id), state_of(notice)) == (order.amount_vnd, "task")


def test_several_codes_are_typed_at_once(hers, owed):
    stall, order, service = hers
    second = owed(seller_id=stall.id)
    notice = service.tell(2 * order.amount_vnd, "hai don")
    way = f"{HERS}/{notice.id}"
    wrong = post(stall, way, tra_loi="ma", ma=f"{order.memo}, KHONGCO1")
    assert (wrong.status_code, "“KHONGCO1”" in wrong.text) == (422, True)
    typed = f"{order.memo} {second.memo}"
    assert post(stall, way, tra_loi="ma", ma=typed).status_code == 303
    assert (received(order.payment_id), received(second.payment_id)) == (110_000, 110_000)


def test_strange_answers_change_nothing(hers, owed):
    stall, order, service = hers
    beside = owed()
    notice = service.tell(order.amount_vnd, "khong ma")
    way = f"{HERS}/{notice.id}"
    assert post(stall, way, tra_loi="").status_code == 422
    assert post(stall, way, tra_loi="bua").status_code == 422
    assert post(stall, way, tra_loi="dung").status_code == 404
    assert post(stall, way, tra_loi="chia").status_code == 404
    other = seen(beside, order.amount_vnd)
    assert post(stall, way, tra_loi="dung", da_xem=other).status_code == 404
    assert post(stall, way, tra_loi="dung", da_xem=f"{seen(order, 1)} x").status_code == 404
    assert state_of(notice) == "task"
    assert (received(order.payment_id), received(beside.payment_id)) == (0, 0)


def test_a_neighbour_and_a_stranger_see_nothing(hers, a_stall, client):
    _, order, service = hers
    beside = a_stall()
    notice = service.tell(60_000, order.memo)
    assert "Không có khoản nào cần chị xem" in beside.page(HERS)
    assert post(beside, f"{HERS}/{notice.id}", tra_loi="khong").status_code == 404
    assert client.get(HERS).status_code == 303
    assert state_of(notice) == "task"


def test_a_helper_answers_but_sees_no_statement_and_no_secret(a_stall, owed, a_service):
    helper = a_stall(role="staff")
    order = owed(seller_id=helper.id)
    notice = a_service(seller_id=helper.id).tell(60_000, order.memo)
    page = helper.page(HERS)
    assert "/sao-ke" not in page
    assert "/ket-noi" not in page
    for below in ("/sao-ke", "/ket-noi"):
        assert helper.get(HERS + below).status_code == 404
        assert post(helper, HERS + below).status_code == 404
    answer = post(helper, f"{HERS}/{notice.id}", tra_loi="dung", da_xem=seen(order, 60_000))
    assert answer.status_code == 303
    assert received(order.payment_id) == 60_000


@pytest.mark.parametrize("role", ["head", "treasurer"])
def test_who_keeps_the_books_answers_for_the_units_account(
    collecting_unit, owed, a_service, an_officer, role
):  # fmt: skip
    unit, seller = collecting_unit()
    order = owed(seller_id=seller)
    notice = a_service(unit_id=unit).tell(60_000, order.memo)
    desk = an_officer(unit, role)
    assert DESK in desk.get("/dieu-hanh/tien-ve").text
    assert "Đúng, đơn" in desk.get(DESK).text
    way = f"{DESK}/{notice.id}"
    assert desk.post(way, tra_loi="dung", da_xem=seen(order, 60_000)).status_code == 303
    assert received(order.payment_id) == 60_000
    events = select(PaymentEvent.actor_kind).where(PaymentEvent.kind == "received")
    assert db.session.scalars(events).all() == ["officer"]


@pytest.mark.parametrize("role", ["deputy", "officer", "member"])
def test_other_roles_and_other_units_find_no_bank_page(
    collecting_unit, owed, a_service, an_officer, an_organisation, role
):  # fmt: skip
    unit, seller = collecting_unit()
    notice = a_service(unit_id=unit).tell(60_000, owed(seller_id=seller).memo)
    for desk in (an_officer(unit, role),):
        for below in ("", "/sao-ke", "/ket-noi"):
            assert desk.get(DESK + below).status_code == 404
        assert desk.post(f"{DESK}/{notice.id}", tra_loi="khong").status_code == 404
    elsewhere = an_officer(an_organisation("Hội xã khác"), "treasurer")
    assert "Không có khoản nào cần chị xem" in elsewhere.get(DESK).text
    assert elsewhere.post(f"{DESK}/{notice.id}", tra_loi="khong").status_code == 404
    assert state_of(notice) == "task"


def test_an_operator_takes_a_service_and_an_answer_back(hers, operator):
    stall, _, service = hers
    gift = service.tell(50_000, "ung ho")
    post(stall, f"{HERS}/{gift.id}", tra_loi="khong")
    post(stall, f"{HERS}/ket-noi/{service.feed_id}/ngung")
    by = {"actor_id": operator.account_id, "actor_name": "Hảo", "now": now_utc()}
    db.session.rollback()
    for action in ("bank_notice.ignored", "bank_feed.ended"):
        entry = db.session.scalars(select(AuditEntry.id).where(AuditEntry.action == action)).one()
        with transaction() as session:
            undo(session, entry_id=entry, **by)
    assert state_of(gift) == "task"
    assert db.session.get_one(BankFeed, service.feed_id).ended_at is None
    trail = operator.get("/dieu-hanh/nhat-ky").text
    assert "Nghe lại sepay" in trail


@both_engines
def test_a_secret_that_a_proof_came_between_is_pasted_again_and_no_other_is_drafted(hers):
    stall, *_ = hers
    way = f"{HERS}/ket-noi"

    def proved(minutes_ago):
        with transaction() as session:
            session.execute(
                update(SignIn).values(proved_at=now_utc() - timedelta(minutes=minutes_ago))
            )

    def field_of(page):
        return re.search(r'<input[^>]*name="secret"[^>]*>', page)[0]

    page = stall.page(way)
    drafted = re.search(r'value="([^"]+)"', field_of(page))[1]
    owner = re.search(r'name="owner".*?value="([^"]+)"', page, re.DOTALL)[1]
    proved(11)
    fields = {"kind": "sepay_key", "owner": owner, "secret": drafted}
    assert stall.post(way, **fields).status_code == 303
    proved(0)
    page = stall.page(way)
    assert re.search(r"<option selected value=\"sepay_key", page)
    assert not re.search(r'value="[^"]', field_of(page))
    assert "dán lại đúng khoá ấy" in page
    assert drafted not in page
    refused = stall.post(way, **fields | {"secret": ""})
    assert refused.status_code == 422
    assert stall.post(way, **fields).status_code == 303
    again = stall.page(way)
    assert re.search(r'value="[^"]', field_of(again))
    assert "dán lại đúng khoá ấy" not in again


def test_a_service_is_connected_freshly_proved_and_its_secret_is_never_shown(hers):
    stall, _, service = hers
    page = stall.page(f"{HERS}/ket-noi")
    drafted = re.search(r'name="secret"[^>]*value="([^"]+)"', page) or re.search(
        r'value="([^"]+)"[^>]*name="secret"', page
    )
    assert drafted
    owner = re.search(r'name="owner" value="([^"]+)"', page)[1]
    way = f"{HERS}/ket-noi"
    weak = post(stall, way, kind="casso_hmac", owner=owner, secret="short")
    assert weak.status_code == 422
    assert "Khoá ngắn quá" in weak.text
    secret = "khoa-dai-cua-toi-1234"
    assert post(stall, way, kind="casso_hmac", owner=owner, secret=secret).status_code == 303
    shown = stall.page(way)
    assert secret not in shown
    feed = db.session.scalars(select(BankFeed).where(BankFeed.kind == "casso_hmac")).one()
    assert feed.seller_id == stall.id
    assert f"/hook/ngan-hang/{feed.address}" in shown
    assert secret.encode() not in feed.secret
    assert post(stall, f"{way}/{feed.id}/ngung").status_code == 303
    with transaction() as session:
        long_ago = now_utc() - timedelta(hours=1)
        session.execute(update(SignIn).values(proved_at=long_ago))
    for answer in (
        stall.get(way), post(stall, way, kind="casso_hmac", owner=owner, secret=secret),
        post(stall, f"{way}/{service.feed_id}/ngung"),
    ):  # fmt: skip
        assert answer.status_code == 303
        assert "/xac-nhan" in answer.headers["Location"]
    assert (
        db.session.scalar(select(BankFeed.ended_at).where(BankFeed.id == service.feed_id)) is None
    )


def test_refused_messages_show_at_their_service(hers):
    stall, _, service = hers
    service.send(service.message(1, "x"), **{"X-SePay-Signature": "sha256=ab"})
    service.tell(1_000, "x", accountNumber="000011112222")
    page = stall.page(f"{HERS}/ket-noi")
    assert "1 tin sai chữ ký hoặc sai khoá" in page
    assert "1 tin về tài khoản chợ không biết" in page


def file(content: bytes, name: str = "sao-ke.xlsx") -> tuple[io.BytesIO, str]:
    return io.BytesIO(content), name


def test_a_statement_is_looked_at_before_it_is_stored(hers):
    stall, order, service = hers
    told = service.message(order.amount_vnd, order.memo)
    service.send(told)
    deliver()
    day = now_utc().astimezone(VIETNAM).strftime("%d/%m/%Y")
    content = sheets.lua(
        [
            (f"{day}\n5078 - 1", "", "110.000", f"MBVCB.{order.memo}.{told['referenceCode']}"),
            (f"{day}\n5078 - 2", "", "50.000", "ung ho"), (f"{day}", "20.000", "", "phi"),
        ],
        service.account,
    )  # fmt: skip
    page = stall.page(f"{HERS}/sao-ke")
    account = re.search(r'<option[^>]*value="(\d+)"', page)[1]
    answer = post(stall, f"{HERS}/sao-ke", account=account, tep=file(content))
    assert answer.status_code == 303
    way = answer.headers["Location"].partition("?")[0]
    preview = stall.page(way)
    assert "2 khoản tiền vào: 1 khoản mới, 1 khoản báo rồi. 1 khoản tiền ra" in preview
    assert db.session.scalars(select(BankNotice.source)).all() == ["sepay"]
    for _ in range(2):
        assert store(stall, way).status_code == 303
    deliver()
    assert sorted(db.session.scalars(select(BankNotice.state))) == ["matched", "same", "task"]
    assert received(order.payment_id) == order.amount_vnd
    assert "1 khoản chưa ai báo trước đó" in stall.page(way)
    assert acts().count("bank_statement.stored") == 1
    inbox = stall.page(HERS)
    copy = db.session.scalars(select(BankNotice.id).where(BankNotice.state == "same")).one()
    assert re.search(rf'action="[^"]*/{copy}">[^/]*value="lui"', inbox)
    assert post(stall, f"{HERS}/{copy}", tra_loi="lui").status_code == 303
    db.session.rollback()
    assert "same" not in db.session.scalars(select(BankNotice.state)).all()


def test_lines_that_say_nothing_certain_are_named_and_left_out(hers):
    stall, *_ = hers
    account = re.search(r'<option[^>]*value="(\d+)"', stall.page(f"{HERS}/sao-ke"))[1]
    content = sheets.khoai([("01/11/2026", "5,000", "x"), *[("01/11/2026", "95,5", "x")] * 20])
    answer = post(stall, f"{HERS}/sao-ke", account=account, tep=file(content, "a.csv"))
    page = stall.page(answer.headers["Location"])
    assert "20 dòng đọc không chắc nên chợ bỏ ra: dòng 3, 4, 5, 6," in page
    assert "14…" in page


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "Chị chọn tệp sao kê trước."),
        (b"%PDF-1.7 \0", "Không mở được tệp này"),
        (b"a;b\n1;2\n", "Không tìm thấy bảng giao dịch"),
        (sheets.lua([("01/11/2026", "", "1.000", "x")], "999988887777"), "số cuối 7777"),
    ],
    ids=["none", "pdf", "no table", "other account"],
)
def test_files_that_are_no_statement_are_refused_with_words(hers, content, says):
    stall, *_ = hers
    account = re.search(r'<option[^>]*value="(\d+)"', stall.page(f"{HERS}/sao-ke"))[1]
    answer = post(stall, f"{HERS}/sao-ke", account=account, tep=file(content))
    assert answer.status_code == 422
    assert says in answer.text
    assert db.session.scalars(select(BankStatement.id)).all() == []


def test_a_statement_of_somebody_elses_account_cannot_be_chosen(hers, owed):
    stall, *_ = hers
    beside = db.session.get_one(Payment, owed().payment_id).payee_id
    content = sheets.khoai([("01/11/2026", "5,000", "x")])
    assert post(stall, f"{HERS}/sao-ke", account=str(beside), tep=file(content)).status_code == 422
    assert db.session.scalars(select(BankStatement.id)).all() == []


def test_previews_that_nobody_stores_are_forgotten(hers):
    stall, *_ = hers
    account = re.search(r'<option[^>]*value="(\d+)"', stall.page(f"{HERS}/sao-ke"))[1]
    content = sheets.khoai([("01/11/2026", "5,000", "x")])
    post(stall, f"{HERS}/sao-ke", account=account, tep=file(content))
    forget_old_previews(now_utc() + timedelta(hours=23))
    assert len(db.session.scalars(select(BankStatement.id)).all()) == 1
    db.session.rollback()
    forget_old_previews(now_utc() + timedelta(hours=25))
    assert db.session.scalars(select(BankStatement.id)).all() == []


def test_what_waits_for_a_day_is_told_once(hers, operator):
    stall, order, service = hers
    service.tell(60_000, order.memo)
    for hours in (23, 25, 26):
        remind_of_waiting(now_utc() + timedelta(hours=hours))
        with transaction() as session:
            from shop.outbox.models import OutboxMessage

            session.execute(update(OutboxMessage).values(due_at=now_utc()))
        deliver()
    news = stall.page("/ban-hang/tin")
    assert news.count("ngân hàng báo chờ chị trả lời từ hôm qua") == 1
    with transaction() as session:
        session.execute(update(BankNotice).values(received_at=now_utc() - timedelta(hours=25)))
    assert "khoản ngân hàng báo chờ quá một ngày" in operator.get("/dieu-hanh").text


def test_the_doctor_tells_how_old_each_services_last_word_is(hers):
    _, order, service = hers
    service.tell(60_000, order.memo)
    now = now_utc() + timedelta(hours=30)

    def said() -> dict[str, tuple[bool, str]]:
        db.session.rollback()
        return {f.what: (f.healthy, f.says) for f in findings(now)}

    assert said()["Ngân hàng báo"] == (True, "sepay, Bột ngũ cốc Gò Mít: tin cuối cách đây 30 giờ")
    assert said()["Tiền chưa rõ"] == (False, "1 khoản chờ quá một ngày")
    service.send(service.message(1, "x"), **{"X-SePay-Signature": "sha256=ab"})
    assert said()["Ngân hàng báo"][0] is False


def test_the_buyers_open_page_learns_of_the_money_once(app, a_seller, a_variant, a_service, client):
    from shop.catalogue.models import Product, Variant
    from tests.buying.conftest import Checkout

    variant = a_variant()
    seller = db.session.scalar(select(Product.seller_id).join(Variant).where(Variant.id == variant))
    service = a_service(seller_id=seller)
    client.post("/gio/them", data={"mon": variant, "so": 1})
    bought = Checkout(client, [seller]).order(**{f"p{seller}-method": "transfer"})
    way = bought.headers["Location"].partition("?")[0]
    page = client.get(way).text
    mark = re.search(r"data-mark=\"([^\"]+)\"", page)[1].replace("&#34;", '"')
    watched = re.search(r'data-watch="([^"]+)"', page)[1]
    assert client.get(watched, headers={"If-None-Match": mark}).status_code == 304
    db.session.rollback()
    payment = db.session.scalars(select(Payment)).one()
    service.tell(payment.amount_vnd, payment.memo)
    news = client.get(watched, headers={"If-None-Match": mark})
    assert news.status_code == 200
    assert news.json["settled"] == ["1"]
    assert "nhận đủ" in news.json["says"]
    assert news.headers["Cache-Control"] == "no-store"
    for again in (news.headers["ETag"], "W/" + news.headers["ETag"]):
        assert client.get(watched, headers={"If-None-Match": again}).status_code == 304
    assert "data-watch" not in client.get(way).text, "Nothing is to be paid any more."
    assert app.test_client().get(watched).status_code in (303, 404)
