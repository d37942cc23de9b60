"""A refund on its pages: the buyer's link, the seller's order, the mails in between."""

import io
import logging
import re

import pytest
import zxingcpp
from PIL import Image
from sqlalchemy import func, select

from shop.audit.models import AuditEntry
from shop.db import db, transaction
from shop.kernel.clock import now_utc
from shop.operations.proofs import broken as found_broken
from shop.ordering.models import LineItem
from shop.organisations.models import Organisation
from shop.payments.gateways.actions.twice import open_sent_twice
from shop.payments.gateways.models import GatewayTask
from shop.payments.gateways.tasks import tasks_waiting
from shop.payments.methods import By
from shop.payments.models import Payment, PaymentEvent, Refund
from shop.payments.queries import refund_view
from shop.payments.refunds import take_as_credit
from shop.sellers.models import Seller
from tests.engines import both_engines

HERS = {"bank": "970436", "number": "1029 384 756", "holder": "Trần Minh Châu"}
#: Of the buyer that ``in_state`` orders for.
PHONE = "0912 345 678"


def payment() -> Payment:
    db.session.rollback()
    return db.session.scalars(select(Payment)).one()


def states() -> list[tuple[int, str]]:
    db.session.rollback()
    rows = db.session.execute(select(Refund.amount_vnd, Refund.state).order_by(Refund.id)).all()
    db.session.rollback()
    return [tuple(row) for row in rows]


def twice() -> list[GatewayTask]:
    """Return the tasks about money that was sent back though it had gone another way."""
    db.session.rollback()
    return list(db.session.scalars(select(GatewayTask).order_by(GatewayTask.id)))


def mark(refund_id: int) -> str:
    """Return what the page of a refund says of where it goes."""
    found = refund_view(db.session(), refund_id).mark
    db.session.rollback()
    return found


def give(browser, address: str, nth: int = 1, **typed: str):
    fields = {f"nhan-lai{nth}-{name}": value for name, value in {**HERS, **typed}.items()}
    return browser.post(f"{address}/nhan-lai/{nth}", data=fields)


@both_engines
def test_the_link_alone_changes_no_account(cancelled, by_link):
    """A leaked link cannot lead the money elsewhere: phone or e-mail of the order is asked for."""
    browser, address = by_link()
    assert "Anh/chị nhận lại 120.000" in browser.get(address).text.replace("\u00a0", " ")
    assert give(browser, address).status_code == 422
    assert give(browser, address, proof="0905 000 999").status_code == 422
    assert states() == [(120_000, "asked")]
    answer = give(browser, address, proof=PHONE)
    assert (answer.status_code, answer.location) == (303, f"{address}?da=cho-tai-khoan")
    assert states() == [(120_000, "account_given")]
    page = browser.get(address).text
    assert "số cuối 4756" in page
    assert "1029384756" not in page.replace(" ", "")
    for wrong in ({"bank": ""}, {"number": "12"}, {"holder": ""}):
        assert give(browser, address, proof=PHONE, **wrong).status_code == 422
    assert give(browser, address, 2, proof=PHONE).status_code == 404


def test_an_account_number_is_in_no_log(cancelled, by_link, stall, caplog):
    _part, at = cancelled
    browser, address = by_link()
    with caplog.at_level(logging.DEBUG):
        give(browser, address, proof=PHONE, bank="")
        give(browser, address, proof=PHONE)
        stall.get(at)
        stall.post("/ban-hang/gian-hang/tai-khoan", bank="970436", number="99990001111", holder="X")
    said = " ".join(str(vars(record)) for record in caplog.records).replace(" ", "")
    assert "1029384756" not in said
    assert "99990001111" not in said
    assert "0912345678" not in said


@both_engines
def test_tries_with_wrong_phones_are_counted(cancelled, by_link):
    browser, address = by_link()
    codes = [give(browser, address, proof=f"0905 000 {n}").status_code for n in range(900, 911)]
    assert codes == [422] * 10 + [429]
    assert states() == [(120_000, "asked")]


@both_engines
def test_whoever_only_tracks_an_order_gives_no_account(cancelled, by_link, app):
    _, address = by_link()
    browser = app.test_client()
    code = address.rsplit("/", 1)[1]
    browser.post("/tra-don", data={"code": code, "last4": "5678"})
    page = browser.get(address)
    assert page.status_code == 200
    assert "nhan-lai1-number" not in page.text
    assert give(browser, address, proof=PHONE).status_code == 404
    assert states() == [(120_000, "asked")]


@both_engines
def test_the_seller_sees_where_it_goes_sends_it_once_and_the_buyer_reads_it(
    cancelled, by_link, stall
):
    part, at = cancelled
    assert "Đã hỏi khách số tài khoản" in stall.page(at)
    browser, address = by_link()
    give(browser, address, proof=PHONE)
    page = stall.page(at)
    assert 'data-copy="1029384756"' in page
    assert "TRAN MINH CHAU" in page
    refund = db.session.scalars(select(Refund.id)).one()
    db.session.rollback()
    for kind in ("svg", "png"):
        picture = stall.get(f"{at}/tra/{refund}/qr.{kind}")
        assert picture.status_code == 200
        assert picture.headers["Cache-Control"] == "no-store"
    [read] = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture.data)))
    assert "1029384756" in read.text
    assert "5406120000" in read.text
    for _ in range(2):
        assert stall.post(f"{at}/tra/{refund}", toi=mark(refund), ma="FT26330").status_code == 303
    assert states() == [(120_000, "done")]
    assert payment().refunded_vnd == 120_000
    page = browser.get(address).text.replace("\u00a0", " ")
    assert "mã giao dịch FT26330" in page
    assert "Anh/chị nhận lại 120.000" not in page
    assert stall.get(f"{at}/tra/{refund}/qr.svg").status_code == 404
    assert part


def shown(stall, at: str, refund_id: int) -> str:
    """Return the hidden field of a refund's form as the page has it."""
    return re.search(
        rf'action="{at}/tra/{refund_id}".*?name="toi" value="([^"]+)"', stall.page(at), re.S
    )[1]


@both_engines
def test_what_went_to_an_account_that_the_buyer_changed_meanwhile_is_not_success(
    cancelled, by_link, stall
):
    """The seller is in her bank's app while the buyer names another account."""
    _, at = cancelled
    browser, address = by_link()
    give(browser, address, proof=PHONE)
    refund = db.session.scalars(select(Refund.id)).one()
    seen = shown(stall, at, refund)
    assert give(browser, address, proof=PHONE, number="2222 333 444").status_code == 303
    answer = stall.post(f"{at}/tra/{refund}", toi=seen, ma="FT1")
    assert answer.status_code == 409
    assert "khách đã đổi chỗ nhận" in answer.text
    assert 'value="FT1"' in answer.text
    assert states() == [(120_000, "account_given")]
    for _ in range(2):  # She says what she did; a second tap is no second payment.
        answer = stall.post(f"{at}/tra/{refund}", toi=mark(refund), ma="FT1", truoc="1")
        assert answer.status_code == 303
    assert states() == [(120_000, "done")]
    assert payment().refunded_vnd == 120_000
    page = browser.get(address).text
    assert "mã giao dịch FT1" in page
    assert "số cuối 3444" not in page  # It never went there.
    # What was transferred once more is told apart.
    answer = stall.post(f"{at}/tra/{refund}", toi=mark(refund), ma="FT2")
    assert answer.status_code == 409
    assert "FT2" in answer.text


@both_engines
def test_what_was_sent_though_the_buyer_took_a_code_is_kept_until_somebody_says_what_became_of_it(
    cancelled, by_link, stall, operator, deliver
):
    _, at = cancelled
    browser, address = by_link()
    give(browser, address, proof=PHONE)
    refund = db.session.scalars(select(Refund.id)).one()
    seen = shown(stall, at, refund)
    order = db.session.scalars(select(Payment.order_id)).one()
    db.session.rollback()
    with transaction() as session:
        take_as_credit(
            session, order_id=order, refund_id=refund, by=By("buyer"), now=now_utc()
        )  # fmt: skip
    for more in ({}, {"truoc": "1"}):
        answer = stall.post(f"{at}/tra/{refund}", toi=seen, ma="FT1", **more)
        assert answer.status_code == 409
        assert "Khách đã lấy mã mua hàng thay tiền." in answer.text
        assert "FT1" in answer.text
        assert "cho Hội theo dõi" in answer.text
    assert stall.post(f"{at}/tra/{refund}", ma="FT1").status_code == 409
    # The transfer leaves a trail that stays until somebody says what became of it.
    deliver()
    [task] = twice()
    assert (task.reason, task.amount_minor, task.outside_id) == ("sent_twice", 120_000, "FT1")
    kept = db.session.scalars(
        select(AuditEntry.facts).where(AuditEntry.action == "refund.sent_twice")
    ).all()
    assert {facts["reference"] for facts in kept} == {"FT1"}
    unit = db.session.scalars(select(Seller.organisation_id)).first()
    assert tasks_waiting(db.session(), select(Organisation.id).where(Organisation.id == unit)) == 1
    assert tasks_waiting(db.session(), select(Organisation.id).where(Organisation.id != unit)) == 0
    at = f"/dieu-hanh/tien-ve/the/{task.id}"
    page = operator.get(at).text
    assert "đã chuyển trả khách, mà khách đã nhận cách khác" in page
    assert "FT1" in page
    assert operator.post(f"{at}/xong", da_lam="").status_code == 422
    assert operator.post(f"{at}/xong", da_lam="Khách đã chuyển lại ngày 20/11").status_code == 303
    assert "Khách đã chuyển lại ngày 20/11" in operator.get(at).text
    assert [one.outcome for one in twice()] == ["closed"]
    db.session.rollback()
    # Another number of the bank is other money; the same one, or none, is told again.
    for number in ("FT2", "FT1", "FT2", ""):
        with transaction() as session:
            open_sent_twice(session, refund_id=refund, reference=number, now=now_utc())
    assert sorted((one.outside_id, one.outcome) for one in twice()) == [
        ("FT1", "closed"), ("FT2", ""),
    ]  # fmt: skip
    assert tasks_waiting(db.session(), select(Organisation.id).where(Organisation.id == unit)) == 1
    db.session.rollback()
    assert found_broken(db.session()) == {}


@both_engines
def test_one_transfer_that_two_noted_is_not_told_as_two(cancelled, by_link, stall, deliver):
    _, at = cancelled
    browser, address = by_link()
    give(browser, address, proof=PHONE)
    refund = db.session.scalars(select(Refund.id)).one()
    seen = shown(stall, at, refund)
    assert stall.post(f"{at}/tra/{refund}", toi=seen, ma="FT1").status_code == 303
    assert stall.post(f"{at}/tra/{refund}", toi="other", ma="FT1").status_code == 409
    assert stall.post(f"{at}/tra/{refund}", toi="other", ma="").status_code == 409
    deliver()
    assert twice() == []
    assert stall.post(f"{at}/tra/{refund}", toi=seen, ma="FT2").status_code == 409
    deliver()
    assert [task.outside_id for task in twice()] == ["FT2"]


@both_engines
def test_what_was_sent_while_somebody_asks_the_buyer_anew_is_noted_as_it_went(
    cancelled, by_link, stall
):
    _, at = cancelled
    browser, address = by_link()
    give(browser, address, proof=PHONE)
    refund = db.session.scalars(select(Refund.id)).one()
    seen = shown(stall, at, refund)
    stall.post(f"{at}/tra/{refund}/sai")
    answer = stall.post(f"{at}/tra/{refund}", toi=seen, ma="FT1")
    assert answer.status_code == 409
    assert "Đã chuyển theo chỗ cũ" in answer.text
    assert "Đã chuyển theo chỗ mới" not in answer.text
    assert (
        stall.post(f"{at}/tra/{refund}", toi=mark(refund), ma="FT1", truoc="1").status_code == 303
    )
    assert states() == [(120_000, "done")]
    db.session.rollback()
    assert db.session.scalars(
        select(AuditEntry.facts).where(AuditEntry.action == "refund.done")
    ).one()["is_before"]


@both_engines
def test_a_wrong_account_is_asked_for_anew(cancelled, by_link, stall):
    _, at = cancelled
    browser, address = by_link()
    give(browser, address, proof=PHONE)
    refund = db.session.scalars(select(Refund.id)).one()
    db.session.rollback()
    assert stall.post(f"{at}/tra/{refund}/sai").status_code == 303
    assert states() == [(120_000, "asked")]
    assert "nhan-lai1-number" in browser.get(address).text


@both_engines
def test_another_stall_reaches_none_of_it(cancelled, by_link, stall, a_stall):
    part, _ = cancelled
    browser, address = by_link()
    give(browser, address, proof=PHONE)
    refund = db.session.scalars(select(Refund.id)).one()
    db.session.rollback()
    other = a_stall()
    at = f"/ban-hang/don/{part}"
    assert other.get(f"{at}/tra/{refund}/qr.svg").status_code == 404
    for way in (f"{at}/tra/{refund}", f"{at}/tra/{refund}/sai", f"{at}/hua-tra"):
        assert other.post(way, so_tien="1000", sau="0").status_code == 404
    assert states() == [(120_000, "account_given")]


@both_engines
def test_the_seller_lets_the_buyer_have_some_back_of_lines_or_an_amount(stall, in_state):
    part = in_state("placed", seller_id=stall.id, method="transfer")
    at = f"/ban-hang/don/{part}"
    assert stall.post(f"{at}/hua-tra", so_tien="5k", sau="0").status_code == 409
    stall.post(f"{at}/tien", so_tien="120k", sau="0")
    assert "Trả lại khách một phần tiền?" in stall.page(at)
    line = db.session.scalars(select(LineItem.id)).one()
    db.session.rollback()
    assert stall.post(f"{at}/hua-tra", sau="0").status_code == 422
    assert stall.post(f"{at}/hua-tra", so_tien="120001", sau="0").status_code == 409
    assert states() == []
    for _ in range(2):
        assert stall.post(f"{at}/hua-tra", sau="0", **{f"dong-{line}": "1"}).status_code == 303
    assert states() == [(95_000, "asked")]
    last = db.session.scalar(select(func.max(Refund.id)))
    db.session.rollback()
    stall.post(f"{at}/hua-tra", so_tien="5k", sau=str(last), ghi_chu="Nắp móp")
    assert states() == [(95_000, "asked"), (5_000, "asked")]
    assert "Nắp móp" in stall.page(at)
    stall.post(f"{at}/tra/{last}/thoi")
    assert states() == [(95_000, "taken_back"), (5_000, "asked")]
    stall.post(f"{at}/tra/{last + 1}", toi=mark(last + 1))
    assert payment().refunded_vnd == 5_000
    board = stall.page("/ban-hang?xem=can-lam").replace("\u00a0", " ")
    assert "đã trả lại khách 5.000" in board
    # What is not goodwill is not withdrawn by a tap.
    assert stall.post(f"{at}/tra/{last + 1}/thoi").status_code in (404, 409)


@both_engines
@pytest.mark.parametrize(
    ("units", "more", "at", "says"),
    [
        ("1 hộp", {}, "dong", "Chưa rõ mấy món"), ("1/2", {}, "dong", "Chưa rõ mấy món"),
        ("-1", {}, "dong", "Chưa rõ mấy món"), ("10000", {}, "dong", "Chưa rõ mấy món"),
        ("1", {"so_tien": "20k"}, "hua-tra", "đừng ghi cả hai"),
        ("x", {"so_tien": "20k"}, "hua-tra", "đừng ghi cả hai"),
    ],
)  # fmt: skip
def test_what_is_not_clear_promises_nothing_and_stays_as_it_was_written(
    stall, in_state, units, more, at, says
):
    part = in_state("placed", seller_id=stall.id, method="transfer")
    way = f"/ban-hang/don/{part}"
    stall.post(f"{way}/tien", so_tien="120k", sau="0")
    line = db.session.scalars(select(LineItem.id)).one()
    db.session.rollback()
    answer = stall.post(f"{way}/hua-tra", sau="0", **{f"dong-{line}": units}, **more)
    assert answer.status_code == 422
    assert states() == []
    wrong = {"dong": f"dong-{line}"}.get(at, at)
    assert f'id="{wrong}-loi"' in answer.text
    assert says in answer.text
    assert f'value="{units}"' in answer.text
    if more:
        assert 'value="20k"' in answer.text
    english = stall.post(f"/en{way}/hua-tra", sau="0", **{f"dong-{line}": units}, **more)
    assert english.status_code == 422
    assert says not in english.text
    assert stall.post(
        f"{way}/hua-tra", sau="0", so_tien="20k", **{f"dong-{line}": "0"}
    ).status_code == 303  # fmt: skip
    assert states() == [(20_000, "asked")]


@both_engines
def test_what_she_let_the_buyer_have_is_not_asked_for_again(stall, in_state, by_link):
    part = in_state("packed", seller_id=stall.id, method="transfer")
    at = f"/ban-hang/don/{part}"
    stall.post(f"{at}/tien", so_tien="120k", sau="0")
    stall.post(f"{at}/hua-tra", so_tien="5k", sau="0")
    refund = db.session.scalars(select(Refund.id)).one()
    db.session.rollback()
    stall.post(f"{at}/tra/{refund}", toi=mark(refund))
    browser, address = by_link()
    assert "data-transfer" not in browser.get(address).text


@both_engines
def test_the_bank_does_not_say_where_it_goes_in_any_mail_in_full(
    cancelled, by_link, deliver, mails, stall
):  # fmt: skip
    """The buyer is told when her account was given, since others may hold her link."""
    browser, address = by_link()
    give(browser, address, proof=PHONE)
    deliver()
    for mail in mails():
        text = mail.get_body(("plain",)).get_content()
        assert "1029384756" not in text.replace(" ", "")
    page = stall.page("/ban-hang/tin").replace("\u00a0", " ")
    assert re.search(r"khách cho số tài khoản, chị chuyển trả 120\.000", page)
    assert db.session.scalars(select(PaymentEvent.kind).order_by(PaymentEvent.id.desc())).first()
    db.session.rollback()


def fields_of(page: str) -> tuple[list[str], list[str]]:
    """Return the ids of a page, and the ids that its labels and descriptions name."""
    named = re.findall(r'(?:for|aria-describedby|aria-labelledby)="([^"]+)"', page)
    return re.findall(r'\sid="([^"]+)"', page), [one for many in named for one in many.split()]


@both_engines
def test_each_of_two_refunds_on_a_page_has_a_field_of_its_own(stall, in_state, by_link):
    part = in_state("confirmed", seller_id=stall.id, method="transfer")
    at = f"/ban-hang/don/{part}"
    stall.post(f"{at}/tien", so_tien="120k", sau="0")
    browser, address = by_link()
    for number in (1, 2):
        last = db.session.scalar(select(func.max(Refund.id))) or 0
        db.session.rollback()
        assert stall.post(f"{at}/hua-tra", so_tien=f"{number}0k", sau=str(last)).status_code == 303
        assert give(browser, address, number, proof=PHONE).status_code == 303
    first, second = db.session.scalars(select(Refund.id).order_by(Refund.id)).all()
    db.session.rollback()
    wrong = stall.post(f"{at}/tra/{second}", ma="x" * 61, toi=mark(second))
    assert wrong.status_code == 422
    for page in (stall.page(at), wrong.text):
        ids, named = fields_of(page)
        assert sorted(ids) == sorted(set(ids))
        assert set(named) <= set(ids)
        for refund in (first, second):
            assert page.count(f'for="ma-giao-dich-{refund}"') == 1
    # What is wrong, and what was typed, stand at the one that was sent.
    assert f'href="#ma-giao-dich-{second}"' in wrong.text
    assert f'id="ma-giao-dich-{second}-loi"' in wrong.text
    assert f'id="ma-giao-dich-{first}-loi"' not in wrong.text
    assert wrong.text.count("x" * 61) == 1
