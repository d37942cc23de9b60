"""Pages of settlements: officers of the unit, two people, and the seller herself."""

import csv
import io
import re
from datetime import timedelta

import pypdf
import pytest
import time_machine
from python_calamine import CalamineWorkbook
from sqlalchemy import select, update

from shop.accounts.models import SignIn
from shop.audit.models import AuditEntry
from shop.db import db, transaction
from shop.kernel.clock import now_utc
from shop.ledger.actions import post
from shop.ledger.rules import Account, Leg
from shop.notifications.models import Notice, SentMail
from shop.outbox.relay import deliver_waiting
from shop.payouts.models import Payout, PayoutSetting, PayoutStatement, Settlement
from shop.sellers.models import Seller
from shop.web.words import day
from tests.engines import both_engines
from tests.operations.conftest import Desk, an_officer  # noqa: F401
from tests.payouts.conftest import NEXT_DAY, a_payee, approve, broken, draft, send, statements
from tests.payouts.test_settling import goods_come_back

BASE = "/dieu-hanh/quyet-toan"


@pytest.fixture(autouse=True)
def _the_day_after(request):
    with time_machine.travel(NEXT_DAY, tick=True):
        yield


@pytest.fixture
def head(an_officer, union) -> Desk:  # noqa: F811
    return an_officer(union, "head")


@pytest.fixture
def treasurer(an_officer, union) -> Desk:  # noqa: F811
    return an_officer(union, "treasurer")


def drafted(desk: Desk, union: int) -> int:
    answer = desk.post(f"{BASE}/moi", to_chuc=str(union), den="2026-11-23")
    assert answer.status_code == 303, answer.text
    return int(re.search(r"/(\d+)\?da=nhap", answer.headers["Location"])[1])


@both_engines
def test_two_people_settle_and_the_seller_reads_it(
    app, a_maker, sold, union, head, treasurer, an_account, sign_in
):
    owner = an_account("Mẫn", email="man@example.net")
    maker = a_maker(owner_id=owner)
    sold(maker)
    listed = head.get(BASE)
    assert "110.000" in listed.text
    made = drafted(head, union)
    page = head.get(f"{BASE}/{made}").text
    assert "Nháp, chờ duyệt" in page
    assert "110.000" in page
    herself = sign_in(owner, "seller")
    [one] = statements(made)
    address = f"/ban-hang/quyet-toan/{one.id}"
    assert herself.get(address).status_code == 404, "a draft is nobody's news"
    assert head.post(f"{BASE}/{made}/duyet").status_code == 303
    assert herself.get(address).status_code == 200
    way = f"{BASE}/phieu/{one.id}/chuyen"
    assert "người thứ hai của Hội" in head.get(way).text
    refused = head.post(way, ma_giao_dich="FT1")
    assert refused.status_code == 409
    assert "người thứ hai" in refused.text
    assert treasurer.post(way, ma_giao_dich=" ").status_code == 422
    assert not db.session.scalars(select(Payout)).all()
    db.session.rollback()
    page = treasurer.get(way).text
    assert "110.000" in page
    assert "Agribank" in page
    assert 'data-copy="110000"' in page
    drawn = treasurer.get(f"{BASE}/phieu/{one.id}/qr.svg")
    assert drawn.mimetype == "image/svg+xml"
    assert treasurer.get(f"{BASE}/phieu/{one.id}/qr.png").mimetype == "image/png"
    assert treasurer.post(way, ma_giao_dich="FT26330123456").status_code == 303
    again = treasurer.post(way, ma_giao_dich="FT26330123456")
    assert again.status_code == 409
    assert "Không ghi hai lần" in again.text
    assert "FT26330123456" in herself.get(address).text
    deliver_waiting(now_utc() + timedelta(minutes=1))
    with transaction() as session:
        assert session.scalars(select(Notice.kind)).all()[-1] == "payout_sent"
        keys = session.scalars(select(SentMail.key)).all()
    assert any(key.startswith("payout_sent:") for key in keys)
    mails = list((app.instance_path and _mails(app)) or [])
    assert any("FT26330123456" in mail for mail in mails)
    token = re.search(r'name="csrf_token" value="([^"]+)"', herself.get("/tai-khoan").text)[1]
    data = {"csrf_token": token, "chuyen": shown(herself.get(address).text)}
    got = herself.post(f"{address}/da-nhan", data=data)
    assert got.status_code == 303
    assert statements(made)[0].state == "confirmed"
    assert herself.post(f"{address}/da-nhan", data=data).status_code == 409
    acts = [
        "settlement.drafted", "settlement.approved", "payout.sent", "payout.confirmed",
    ]  # fmt: skip
    lines = db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert [line for line in lines if line in acts] == acts


def shown(page: str) -> str:
    """Return which transfer the forms of a statement's page name."""
    return re.search(r'name="chuyen" value="([^"]+)"', page)[1]


def _mails(app):
    from pathlib import Path

    folder = Path(app.extensions["settings"].instance) / "mail"
    import email
    from email import policy

    for path in sorted(folder.rglob("*")):
        if path.is_file():
            message = email.message_from_bytes(path.read_bytes(), policy=policy.default)
            body = message.get_body(("plain",))
            yield body.get_content() if body is not None else path.read_text("utf-8", "replace")


def test_only_those_with_the_right_act(a_maker, sold, union, head, treasurer, an_officer):  # noqa: F811
    sold(a_maker())
    officer = an_officer(union, "officer")
    made = drafted(officer, union)
    for desk in (treasurer, officer):
        assert desk.post(f"{BASE}/{made}/duyet").status_code == 404
        assert desk.get(f"{BASE}/{made}/duyet").status_code == 404
        assert desk.get(f"{BASE}/dinh-ky/{union}").status_code == 404
    assert settlement_state(made) == "drafted"
    member = an_officer(union, "member")
    assert member.get(BASE).status_code == 404


def settlement_state(made: int) -> str:
    db.session.rollback()
    return db.session.get_one(Settlement, made).state


def test_another_units_officers_see_nothing_of_it(
    a_maker, sold, union, head, an_organisation, an_officer  # noqa: F811
):  # fmt: skip
    sold(a_maker())
    made = drafted(head, union)
    [one] = statements(made)
    stranger = an_officer(an_organisation(), "head")
    assert "Số 1" not in stranger.get(BASE).text
    for way in (f"/{made}", f"/{made}/duyet", f"/phieu/{one.id}", f"/phieu/{one.id}.pdf"):
        assert stranger.get(BASE + way).status_code == 404, way
    answer = stranger.post(f"{BASE}/moi", to_chuc=str(union), den="2026-11-23")
    assert answer.status_code == 422, "her list does not offer it"


def test_money_acts_ask_for_a_fresh_sign_in(a_maker, sold, union, head, treasurer):
    sold(a_maker())
    made = drafted(head, union)
    [one] = statements(made)
    with transaction() as session:
        session.execute(update(SignIn).values(proved_at=now_utc() - timedelta(minutes=11)))
    for desk, way in (
        (head, f"/{made}/duyet"), (treasurer, f"/{made}/tep"), (treasurer, f"/{made}/chuyen"),
        (treasurer, f"/phieu/{one.id}/chuyen"), (head, f"/phieu/{one.id}/tai-khoan"),
        (treasurer, f"/phieu/{one.id}/hong"),
    ):  # fmt: skip
        answer = desk.post(BASE + way, ma_giao_dich="FT1", vi_sao="x")
        assert answer.status_code == 303, way
        assert answer.headers["Location"].startswith("/xac-nhan?"), way
    assert settlement_state(made) == "drafted"


def test_a_list_is_paid_as_it_was_seen(a_maker, sold, union, head, treasurer):
    makers = [a_maker(), a_maker()]
    sold(*makers)
    made = drafted(head, union)
    head.post(f"{BASE}/{made}/duyet")
    way = f"{BASE}/{made}/chuyen"
    assert "người thứ hai" in head.get(way).text
    seen = re.search(r'name="da_xem" value="(\w+)"', treasurer.get(way).text)[1]
    one, other = statements(made)
    a_payee(seller_id=one.seller_id, now=NEXT_DAY)  # She changed her account meanwhile.
    refused = treasurer.post(way, ma_giao_dich="LO1", da_xem=seen)
    assert refused.status_code == 409
    assert "chưa chuyển được" not in refused.text
    seen = re.search(r'name="da_xem" value="(\w+)"', treasurer.get(way).text)[1]
    assert treasurer.post(way, ma_giao_dich="LO1", da_xem=seen).status_code == 303
    paid = db.session.execute(select(Payout.seller_id, Payout.reference)).all()
    assert [tuple(row) for row in paid] == [(other.seller_id, "LO1")]
    page = treasurer.get(f"{BASE}/{made}").text
    assert "Đổi tài khoản sau khi duyệt" in page
    assert treasurer.post(f"{BASE}/phieu/{one.id}/chuyen", ma_giao_dich="X").status_code == 409
    assert head.post(f"{BASE}/phieu/{one.id}/tai-khoan").status_code == 303
    assert "chuyển được từ" in head.get(f"{BASE}/phieu/{one.id}").text
    assert treasurer.post(f"{BASE}/phieu/{one.id}/chuyen", ma_giao_dich="X").status_code == 409


def proved(minutes_ago: int) -> None:
    with transaction() as session:
        session.execute(update(SignIn).values(proved_at=now_utc() - timedelta(minutes=minutes_ago)))


@both_engines
def test_a_list_that_changed_while_she_proved_it_is_she_is_read_again_first(
    a_maker, sold, union, head, treasurer
):
    makers = [a_maker(), a_maker()]
    sold(*makers)
    made = drafted(head, union)
    head.post(f"{BASE}/{made}/duyet")
    way, mark = f"{BASE}/{made}/chuyen", r'name="da_xem" value="(\w+)"'
    seen = re.search(mark, treasurer.get(way).text)[1]
    one, other = statements(made)
    proved(11)
    assert treasurer.post(way, ma_giao_dich="LO1", da_xem=seen).status_code == 303
    a_payee(seller_id=one.seller_id, now=NEXT_DAY)  # She transferred to two; now it is one.
    proved(0)
    page = treasurer.get(way).text
    assert 'value="LO1"' in page
    assert re.search(mark, page)[1] == seen
    assert re.search(mark, treasurer.post(way, da_xem=seen).text)[1] == seen
    refused = treasurer.post(way, ma_giao_dich="LO1", da_xem=seen)
    assert refused.status_code == 409
    again = re.search(mark, refused.text)[1]
    assert again != seen
    assert db.session.scalars(select(Payout.id)).all() == []
    db.session.rollback()
    assert treasurer.post(way, ma_giao_dich="LO1", da_xem=again).status_code == 303
    paid = db.session.execute(select(Payout.seller_id, Payout.reference)).all()
    assert [tuple(row) for row in paid] == [(other.seller_id, "LO1")]


def test_whoever_only_tapped_a_button_is_not_told_that_what_she_wrote_is_still_there(
    a_maker, sold, union, head, treasurer
):
    sold(a_maker())
    made = drafted(head, union)
    head.post(f"{BASE}/{made}/duyet")
    for way, fields, wrote in (
        ("tep", {"loai": "xlsx"}, False), ("chuyen", {"ma_giao_dich": "LO1"}, True),
    ):  # fmt: skip
        proved(11)
        assert treasurer.post(f"{BASE}/{made}/{way}", **fields).status_code == 303
        proved(0)
        page = treasurer.get(f"{BASE}/{made}/chuyen").text
        assert "Việc vừa rồi chưa làm" in page
        assert ("Những gì đã ghi vẫn còn" in page) is wrote
        assert ("bấm lần nữa" in page) is not wrote


def test_the_banks_list_is_formula_safe_and_sums_up(a_maker, sold, union, head, treasurer):
    makers = [a_maker(name="=cmd|x"), a_maker(name="Tổ đan Tay Ấm")]
    for maker in makers:
        sold(maker)
    made = drafted(head, union)
    head.post(f"{BASE}/{made}/duyet")
    got = treasurer.post(f"{BASE}/{made}/tep", loai="csv")
    assert got.mimetype == "text/csv"
    assert got.headers["Cache-Control"] == "no-store"
    head_row, *rows = csv.reader(io.StringIO(got.data.decode("utf-8-sig")))
    assert len(head_row) == 7
    assert sum(int(row[5]) for row in rows) == 220_000
    assert all(re.fullmatch(r"[0-9]{8,}", row[1]) for row in rows)
    assert {row[2] for row in rows} == {"NGUYEN THI MAU"}
    assert f"QT{made} TO DAN TAY AM" in {row[6] for row in rows}
    sheet = treasurer.post(f"{BASE}/{made}/tep", loai="xlsx")
    cells = CalamineWorkbook.from_filelike(io.BytesIO(sheet.data)).get_sheet_by_index(0).to_python()
    assert sum(row[5] for row in cells[1:]) == 220_000
    assert {str(row[1]) for row in cells[1:]} == {row[1] for row in rows}, "leading noughts stay"
    db.session.rollback()
    taken = db.session.scalars(
        select(AuditEntry).where(AuditEntry.action == "settlement.file_taken")
    ).all()
    assert [line.facts["payments"] for line in taken] == [2, 2]


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_papers_say_what_the_books_say(a_maker, sold, union, officers, an_account, sign_in, lang):
    owner = an_account("Mẫn")
    maker = a_maker(owner_id=owner, name='=Bột "ngũ cốc" #include("x")')
    for _ in range(3):
        sold(maker)
    made = draft(union)
    approve(made, officers["head"])
    [one] = statements(made)
    send(one.id, officers["treasurer"], reference="FT9")
    herself = sign_in(owner, "seller")
    prefix = "" if lang == "vi" else "/en"
    at = f"{prefix}/ban-hang/quyet-toan/{one.id}"
    got = herself.get(f"{at}.pdf")
    assert (got.status_code, got.mimetype) == (200, "application/pdf")
    paper = pypdf.PdfReader(io.BytesIO(got.data))
    root = paper.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == lang
    said = "\n".join(page.extract_text() for page in paper.pages)
    assert "FT9" in said
    assert '#include("x")' in said
    assert ("330.000" if lang == "vi" else "330,000") in said
    assert ("Người duyệt" if lang == "vi" else "Approved by") in said
    got = herself.get(f"{at}.csv")
    _head, *rows = csv.reader(io.StringIO(got.data.decode("utf-8-sig")))
    assert sum(int(row[3]) for row in rows[:-1]) == int(rows[-1][3]) == 330_000
    assert all(row[2] for row in rows[:-1]), "each line names its order"
    got = herself.get(f"{at}.xlsx")
    cells = CalamineWorkbook.from_filelike(io.BytesIO(got.data)).get_sheet_by_index(0).to_python()
    assert sum(row[3] for row in cells[1:-1]) == cells[-1][3] == 330_000
    page = herself.get(at).text
    assert page.count("/ban-hang/don/") >= 6
    assert broken() == {}


def test_a_debt_is_called_one_in_the_lists_and_the_papers(
    a_maker, sold, union, officers, an_account, sign_in, head
):
    owner = an_account("Mẫn")
    maker = a_maker(owner_id=owner)
    payment, part = sold(maker)
    first = draft(union)
    approve(first, officers["head"])
    send(statements(first)[0].id, officers["treasurer"])
    sold(a_maker())  # So that the union's bank holds what goes back.
    goods_come_back(payment, part)
    second = draft(union, at=NEXT_DAY + timedelta(days=1))
    [minus] = [one for one in statements(second) if one.seller_id == maker]
    page = head.get(f"{BASE}/{second}").text.replace("\xa0", " ")
    assert "còn nợ 110.000 đồng" in page
    assert re.search(r"Nợ để sang kỳ sau</dt><dd>110.000 đồng", page)
    approve(second, officers["head"], at=NEXT_DAY + timedelta(days=1))
    herself = sign_in(owner, "seller")
    lists = herself.get("/ban-hang/quyet-toan").text.replace("\xa0", " ")
    assert "Chị còn nợ lại 110.000 đồng" in lists
    paper = pypdf.PdfReader(io.BytesIO(herself.get(f"/ban-hang/quyet-toan/{minus.id}.pdf").data))
    said = paper.pages[0].extract_text().replace("\xa0", " ")
    assert "Còn nợ lại" in said


def test_another_seller_sees_nothing_of_it(a_maker, sold, union, officers, an_account, sign_in):
    sold(a_maker(owner_id=an_account("Mẫn")))
    made = draft(union)
    approve(made, officers["head"])
    [one] = statements(made)
    other = an_account("Hoa")
    a_maker(owner_id=other)
    stranger = sign_in(other, "seller")
    for ending in ("", ".pdf", ".csv"):
        assert stranger.get(f"/ban-hang/quyet-toan/{one.id}{ending}").status_code == 404
    assert "Chưa có phiếu nào" in stranger.get("/ban-hang/quyet-toan").text


@pytest.mark.parametrize("engine_name", ["postgresql"])
def test_the_database_keeps_statements_of_sellers_apart(app, a_maker, sold, union, officers):
    from sqlalchemy import func

    from shop.db import act_for_nobody, act_for_seller
    from shop.payouts.models import PayoutLine

    makers = [a_maker(), a_maker()]
    sold(*makers)
    made = draft(union)
    approve(made, officers["head"])
    for one in statements(made):
        send(one.id, officers["treasurer"], reference="FT1")
    counted = []
    for maker in makers:
        act_for_seller(db.session(), maker)
        counted.append(
            [
                db.session.scalar(select(func.count()).select_from(table))
                for table in (PayoutStatement, PayoutLine, Payout)
            ]
        )
        db.session.rollback()
        act_for_nobody()
    assert counted == [[1, 2, 1]] * 2


def test_a_failed_transfer_is_told_and_paid_again(a_maker, sold, union, head, treasurer):
    sold(a_maker())
    made = drafted(head, union)
    head.post(f"{BASE}/{made}/duyet")
    [one] = statements(made)
    way = f"{BASE}/phieu/{one.id}"
    treasurer.post(f"{way}/chuyen", ma_giao_dich="FT1")
    first = shown(treasurer.get(way).text)
    assert treasurer.post(f"{way}/hong", chuyen=first, vi_sao="").status_code == 422
    assert treasurer.post(f"{way}/hong", chuyen=first, vi_sao="Sai tên").status_code == 303
    page = treasurer.get(way).text
    assert "Ngân hàng trả lại" in page
    assert "Sai tên" in page
    assert treasurer.post(f"{way}/hong", chuyen=first, vi_sao="Sai tên").status_code == 409
    assert treasurer.post(f"{way}/chuyen", ma_giao_dich="FT2").status_code == 303
    # What stood on a page before says nothing about the second transfer.
    stale = treasurer.post(f"{way}/hong", chuyen=first, vi_sao="Trả lại lúc trước")
    assert stale.status_code == 409
    assert "Trả lại lúc trước" in stale.text
    assert treasurer.post(f"{way}/da-nhan", chuyen=first).status_code == 409
    second = shown(treasurer.get(way).text)
    assert second != first
    assert treasurer.post(f"{way}/da-nhan", chuyen=second).status_code == 303
    # She has it: what the bank said of a transfer on its way is read again first.
    assert treasurer.post(f"{way}/hong", chuyen=second, vi_sao="Sai tên").status_code == 409
    assert statements(made)[0].state == "confirmed"


def test_what_the_bank_said_of_one_transfer_is_not_said_of_the_next_after_a_proof(
    a_maker, sold, union, head, treasurer
):
    sold(a_maker())
    made = drafted(head, union)
    head.post(f"{BASE}/{made}/duyet")
    [one] = statements(made)
    way = f"{BASE}/phieu/{one.id}"
    treasurer.post(f"{way}/chuyen", ma_giao_dich="FT1")
    first = shown(treasurer.get(way).text)
    proved(11)
    assert treasurer.post(f"{way}/hong", chuyen=first, vi_sao="Sai tên").status_code == 303
    proved(0)
    assert head.post(f"{way}/hong", chuyen=first, vi_sao="Sai số").status_code == 303
    assert treasurer.post(f"{way}/chuyen", ma_giao_dich="FT2").status_code == 303
    page = treasurer.get(way).text
    form = page[page.index(f"{way}/hong") :]
    assert 'value="Sai tên"' in form
    assert shown(form) == first
    refused = treasurer.post(f"{way}/hong", chuyen=first, vi_sao="Sai tên")
    assert refused.status_code == 409
    assert shown(refused.text[refused.text.index(f"{way}/hong") :]) != first
    assert statements(made)[0].state == "sent"


def test_a_transfer_of_another_statement_is_not_settled_here(a_maker, sold, union, head, treasurer):
    for _ in range(2):
        sold(a_maker())
    made = drafted(head, union)
    head.post(f"{BASE}/{made}/duyet")
    one, other = statements(made)
    for row in (one, other):
        treasurer.post(f"{BASE}/phieu/{row.id}/chuyen", ma_giao_dich=f"FT{row.id}")
    hers = shown(treasurer.get(f"{BASE}/phieu/{other.id}").text)
    for typed in (hers, "", "x", f"{hers}1"):
        for act in ("da-nhan", "hong"):
            answer = treasurer.post(f"{BASE}/phieu/{one.id}/{act}", chuyen=typed, vi_sao="Sai tên")
            assert answer.status_code == 409
    assert {row.state for row in statements(made)} == {"sent"}


@both_engines
def test_a_statement_whose_goods_came_back_is_shown_so_left_out_and_put_off(
    a_maker, sold, union, head, treasurer
):
    payment, part = sold(a_maker())
    sold(a_maker())
    made = drafted(head, union)
    head.post(f"{BASE}/{made}/duyet")
    one, other = statements(made)
    goods_come_back(payment, part)
    assert "Hàng trả về sau khi lập phiếu" in treasurer.get(f"{BASE}/{made}").text
    way = f"{BASE}/phieu/{one.id}"
    page = treasurer.get(way).text.replace("\u00a0", " ")
    assert "là tiền của người bán khác" in page
    assert f"{way}/chuyen" not in page
    assert f"{way}/ky-sau" not in page, "whoever approves decides"
    assert "không chuyển được" in treasurer.get(f"{way}/chuyen").text
    refused = treasurer.post(f"{way}/chuyen", ma_giao_dich="FT1")
    assert refused.status_code == 409
    assert "người bán khác" in refused.text
    seen = re.search(r'name="da_xem" value="(\w+)"', treasurer.get(f"{BASE}/{made}/chuyen").text)[1]
    all_together = treasurer.post(f"{BASE}/{made}/chuyen", ma_giao_dich="LO1", da_xem=seen)
    assert all_together.status_code == 303
    assert [row.state for row in statements(made)] == ["approved", "sent"]
    assert treasurer.post(f"{way}/ky-sau").status_code == 404
    assert f"{way}/ky-sau" in head.get(way).text
    assert head.post(f"{way}/ky-sau").status_code == 303
    assert head.post(f"{way}/ky-sau").status_code == 409
    assert "Sang kỳ sau" in head.get(way).text
    assert [row.state for row in statements(made)] == ["carried", "sent"]
    assert other.id


def test_an_approval_is_taken_back_by_its_page_and_by_the_trail(
    a_maker, sold, union, head, an_account, sign_in
):
    sold(a_maker())
    made = drafted(head, union)
    head.post(f"{BASE}/{made}/duyet")
    assert head.post(f"{BASE}/{made}/bo-duyet").status_code == 303
    head.post(f"{BASE}/{made}/duyet")
    operator = Desk(sign_in(an_account("Hảo", operator=True), "operator"), 0)
    db.session.rollback()
    line = db.session.scalars(
        select(AuditEntry.id)
        .where(AuditEntry.action == "settlement.approved")
        .order_by(AuditEntry.id.desc())
    ).first()
    db.session.rollback()
    assert operator.post(f"/dieu-hanh/nhat-ky/{line}/tra-lai").status_code == 303
    assert settlement_state(made) == "drafted"
    assert head.post(f"{BASE}/{made}/bo").status_code == 303
    assert settlement_state(made) == "dropped"


def test_a_rhythm_is_set_and_shown(a_maker, sold, union, head):
    sold(a_maker())
    way = f"{BASE}/dinh-ky/{union}"
    assert "Chưa quyết toán lần nào" in head.get(way).text
    assert head.post(way, nhip="weekly", it_nhat="50k").status_code == 303
    setting = db.session.get_one(PayoutSetting, union)
    assert (setting.rhythm, setting.least_vnd) == ("weekly", 50_000)
    db.session.rollback()
    assert head.post(way, nhip="hourly", it_nhat="x").status_code == 422
    assert "Tự lập mỗi tuần" in head.get(BASE).text


def test_pages_ask_the_database_no_oftener_for_more_sellers(
    a_maker, sold, union, head, count_queries
):
    counted = []
    for number in (1, 6):
        for _ in range(number):
            sold(a_maker())
        made = drafted(head, union)
        [first, *_] = statements(made)
        asked = []
        for way in (BASE, f"{BASE}/{made}", f"{BASE}/phieu/{first.id}"):
            head.get(way)
            with count_queries() as seen:
                assert head.get(way).status_code == 200
            asked.append(len(seen))
        counted.append(asked)
        head.post(f"{BASE}/{made}/bo")
    assert counted[0] == counted[1]
    assert max(counted[1]) <= 14, counted


def test_names_of_sellers_stand_as_they_are(a_maker, sold, union, head):
    maker = a_maker(name="<b>Bột</b>")
    sold(maker)
    made = drafted(head, union)
    page = head.get(f"{BASE}/{made}").text
    assert "<b>Bột</b>" not in page
    assert db.session.scalar(select(Seller.name_vi).where(Seller.id == maker)) == "<b>Bột</b>"


def test_a_seller_reads_which_debt_was_taken_off_what_is_held_for_her(
    a_maker, sold, union, an_account, sign_in, request
):
    owner = an_account("Mẫn")
    maker = a_maker(owner_id=owner)
    sold(maker)
    herself = sign_in(owner, "seller")
    assert "còn nợ Hội" not in herself.get("/ban-hang/quyet-toan").text
    with transaction() as session:
        debt = Account("seller_receivable", f"seller:{maker}", f"organisation:{union}")
        legs = [Leg(debt, 9_000), Leg(Account("suspense", f"seller:{maker}"), -9_000)]
        post(session, key="a-debt", kind="commission", legs=legs, now=NEXT_DAY)
    page = herself.get("/ban-hang/quyet-toan").text.replace("\xa0", " ")
    assert "101.000 đồng" in page
    assert "Đã bớt 9.000 đồng chị còn nợ Hội." in page
    page = herself.get("/en/ban-hang/quyet-toan").text.replace("\xa0", " ")
    assert "9,000 đồng that you owe the Union is taken off already." in page


@both_engines
def test_she_reads_when_what_is_held_for_her_is_paid(
    app, a_maker, sold, union, officers, an_account, sign_in
):
    owner = an_account("Mẫn", email="man@example.net")
    sold(a_maker(owner_id=owner))
    herself = sign_in(owner, "seller")

    def said(address: str, lang: str = "") -> str:
        return " ".join(herself.get(f"{lang}{address}").text.split())

    assert "Hội chưa trả chị kỳ nào. Hội chưa hẹn ngày trả kỳ tới" in said("/ban-hang/tien")
    with transaction() as session:
        session.add(PayoutSetting(organisation_id=union, rhythm="monthly", changed_at=NEXT_DAY))
    assert "kỳ tới tính từ thứ Ba, 1/12/2026" in said("/ban-hang/tien")
    made = draft(union)
    assert "Kỳ này đang chờ duyệt." in said("/ban-hang/tien")
    approve(made, officers["head"])
    assert "Kỳ này đã duyệt, đang chờ chuyển tiền." in said("/ban-hang/tien/dong?o=o-hoi")
    send(statements(made)[0].id, officers["treasurer"])
    for address in ("/ban-hang/tien", "/ban-hang/tien/dong?o=o-hoi", "/ban-hang/quyet-toan"):
        page = said(address)
        assert f"Hội trả kỳ trước ngày {day(NEXT_DAY, 'year')}." in page, address
        assert "Kỳ này" not in page, address
        assert "The Union paid the last period on" in said(address, "/en"), address
    assert "Hội trả kỳ trước" not in said("/ban-hang/tien/dong?o=toi-no")
