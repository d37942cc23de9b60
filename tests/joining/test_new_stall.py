"""A woman opens her stall: by a word or by asking; officers answer; nobody else gets in."""

import io
import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from shop.accounts.models import Account, SignIn
from shop.audit.models import AuditEntry
from shop.catalogue.actions import add_paper, check_paper
from shop.catalogue.models import Paper, Product, Variant
from shop.catalogue.paper_rules import PaperFields
from shop.current import vault
from shop.db import db, transaction
from shop.kernel.clock import now_utc, vietnam_date
from shop.notifications.handlers import remind_of_papers
from shop.operations.undo import undo
from shop.outbox.relay import deliver_waiting
from shop.sellers import joining
from shop.sellers.joining import invite
from shop.sellers.models import Payee, Seller, SellerApplication, SellerMember
from shop.web.shown import shown_now
from tests.conftest import NOON
from tests.media.photos import photo
from tests.operations.conftest import Desk

WORD = re.compile(r'price--big" translate="no">(\w{4}) (\w{4})<')
HERS = {
    "phone": "0905 000 444", "person": "chị Mới", "name_vi": "Chuối sấy Bàu Sen",
    "entity_kind": "ca_nhan", "place": "Phường Hội An, Đà Nẵng", "province": "48",
    "ward": "20410", "line1": "thôn Bàu Sen",
}  # fmt: skip


@pytest.fixture
def unit(an_organisation):
    return an_organisation()


@pytest.fixture
def head(an_officer, unit):
    return an_officer(unit, "head")


def one(model=SellerApplication):
    db.session.rollback()
    return db.session.scalars(select(model).order_by(model.id.desc())).first()


def a_word(desk, unit):
    """Let an officer invite the woman of 0905 000 444; return the word of her page."""
    page = desk.post(
        "/dieu-hanh/xin-ban", organisation=str(unit), name="Mới", phone="0905 000 444"
    ).text
    return "".join(WORD.search(page).groups())


def hers(browser):
    """Return the new seller's browser with her token in its forms."""
    return Desk(browser, 0)


def furnished(seller_id):
    """Give a stall what it needs but the identity paper."""
    with transaction() as session:
        key = vault().new_key()
        session.add(
            Payee(
                seller_id=seller_id, bank_bin="970405", bank_name="Agribank", holder="MOI",
                data_key=key, account_number=vault().seal(key, "000001"), last4="0001",
                started_at=NOON,
            )
        )  # fmt: skip


def test_from_the_word_that_was_read_out_to_an_open_stall(app, client, unit, head, a_variant):
    word = a_word(head, unit)
    spoken = f"{word[:4]} {word[4:]}".lower()
    led = client.post("/mo-gian-hang", data={"code": spoken})
    assert led.headers["Location"] == f"/mo-gian-hang/{word}"
    assert "Chào chị Mới" in client.get(f"/mo-gian-hang/{word}").text
    nothing = client.post(f"/mo-gian-hang/{word}", data={})
    assert nothing.status_code == 422
    assert "Chị cho biết xã, phường nơi hàng gửi đi." in nothing.text

    opened = client.post(f"/mo-gian-hang/{word}", data=HERS)
    assert opened.headers["Location"] == "/ban-hang/mo-gian"
    row, stall = one(), one(Seller)
    assert (row.state, row.seller_id, row.code_digest) == ("preparing", stall.id, None)
    assert (stall.phone, stall.approved_at) == ("+84905000444", None)
    assert one(SellerMember).role == "owner"
    assert (one(SignIn).kind, one(SignIn).strong_at is not None) == ("seller", True)
    assert client.get(f"/mo-gian-hang/{word}").status_code == 404  # Once.

    me, list_ = hers(client), "/ban-hang/mo-gian"
    assert "Còn 4 việc nữa" in client.get(list_).text
    early = me.post(list_)
    assert early.status_code == 409
    assert "còn thiếu" in early.text
    assert one().state == "preparing"
    furnished(stall.id)
    draft = a_variant(seller_id=stall.id, state="draft")
    assert "Món còn nháp thì mở ra" in client.get(list_).text
    with transaction() as session:
        session.get_one(Product, session.get_one(Variant, draft).product_id).state = "published"
    assert "Món còn nháp thì mở ra" not in client.get(list_).text
    me.post(
        "/ban-hang/gian-hang/diem-lay",
        name_vi="Nhà tôi",
        address_vi="thôn Bàu Sen",
        hours_vi="Sáng",
    )
    sent = client.post(
        "/ban-hang/giay-to",
        data={
            "csrf_token": me._token, "kind": "identity", "number": "048190001234",
            "file": (io.BytesIO(photo((1200, 800))), "cccd.jpg"),
        },
    )  # fmt: skip
    assert sent.status_code == 303, sent.text
    paper = one(Paper)
    assert (paper.number, paper.file_kind) == ("1234", "webp")
    assert b"RIFF" not in paper.file, "it lies sealed"
    assert me.post(list_).status_code == 303
    assert one().state == "sent"

    desk = f"/dieu-hanh/xin-ban/{row.id}"
    assert "Gửi Hội xem" in head.get(desk).text
    assert head.post(f"{desk}/hoi", words="Chị thêm ảnh chụp rõ hơn").status_code == 303
    assert "Chị thêm ảnh chụp rõ hơn" in client.get(list_).text
    assert me.post(list_).status_code == 303

    yes = f"/dieu-hanh/nguoi-ban/{stall.id}/duyet"
    assert head.post(yes).status_code == 409  # Nobody saw who she is.
    assert one(Seller).approved_at is None
    seen = head.get(f"/dieu-hanh/giay-to/{paper.id}/tep")
    assert (seen.mimetype, seen.data[:4]) == ("image/webp", b"RIFF")
    assert seen.headers["Content-Disposition"].startswith("attachment")
    assert "no-store" in seen.headers["Cache-Control"]
    assert head.post(f"/dieu-hanh/giay-to/{paper.id}", ban=str(paper.version)).status_code == 303
    assert one(Paper).file is None, "the photo is gone once it was seen"
    assert head.get(f"/dieu-hanh/giay-to/{paper.id}/tep").status_code == 404
    assert head.post(yes).status_code == 303
    assert one().state == "approved"
    public = client.get(f"/nguoi-lam/{stall.slug}").text
    assert "Giấy tờ tuỳ thân của người bán" in public
    assert "1234" not in public.replace(stall.slug, "")


def test_who_has_the_word_but_not_the_phone_comes_not_in_and_five_tries_end_it(
    app, client, unit, head
):
    word = a_word(head, unit)
    for _ in range(5):
        refused = client.post(f"/mo-gian-hang/{word}", data={**HERS, "phone": "0905 000 445"})
        assert refused.status_code == 422
    assert client.post(f"/mo-gian-hang/{word}", data=HERS).status_code == 404
    assert one(Seller) is None
    assert client.get("/ban-hang").status_code == 303


def test_of_many_tries_at_once_five_are_looked_at(app, client, unit, head):
    """The number of tries is read again behind the lock: what others tried meanwhile counts."""
    word, now = a_word(head, unit), now_utc()
    seen = joining.invited_with

    def tried_meanwhile(session, code, at):
        found = seen(session, code, at)
        if found is not None and session.info.pop("first", True):
            session.info["first"] = False
            found.code_tries = joining.INVITATION_TRIES
        return found

    with pytest.MonkeyPatch.context() as patch, transaction() as session:
        patch.setattr(joining, "invited_with", tried_meanwhile)
        phone = "+84905000444"
        assert joining.is_phone_of_invitation(session, code=word, phone=phone, now=now) is None


def test_right_words_are_not_counted_as_guesses(app, client, unit, head):
    word = a_word(head, unit)
    for _ in range(70):
        assert client.get(f"/mo-gian-hang/{word}").status_code == 200
    answers = {client.get(f"/mo-gian-hang/SA1SA1{n:02}").status_code for n in range(62)}
    assert answers == {404, 429}


def test_a_word_ends_after_a_week_and_when_it_is_taken_back_or_given_anew(app, client, unit, head):
    first = a_word(head, unit)
    at = f"/dieu-hanh/xin-ban/{one().id}"
    second = "".join(WORD.search(head.post(f"{at}/moi").text).groups())
    assert client.get(f"/mo-gian-hang/{first}").status_code == 404
    assert client.get(f"/mo-gian-hang/{second}").status_code == 200
    with time_machine.travel(now_utc() + timedelta(days=7, seconds=1)):
        assert client.get(f"/mo-gian-hang/{second}").status_code == 404
    assert head.post(f"{at}/rut").status_code == 303
    assert client.get(f"/mo-gian-hang/{second}").status_code == 404
    assert head.post(f"{at}/rut").status_code == 409


def test_a_phone_with_an_account_is_asked_to_sign_in_first(
    app, client, unit, head, an_account, sign_in
):
    person = an_account("Mới", phone="+84905000444")
    word = a_word(head, unit)
    refused = client.post(f"/mo-gian-hang/{word}", data=HERS)
    assert refused.status_code == 409
    assert "đăng nhập trước" in refused.text
    assert one(Seller) is None
    herself = sign_in(person, "buyer")
    assert herself.post(f"/mo-gian-hang/{word}", data=HERS).status_code == 303
    assert one(SellerMember).account_id == person
    assert db.session.scalar(select(func.count(Account.id)).where(Account.id > person)) == 0


def test_who_asks_is_rung_and_told_why_not_and_that_is_taken_back(
    app,
    client,
    unit,
    head,
    an_account,
    mails,
):
    form = {
        "unit": str(unit), "name": "Lê Thị Hỏi", "phone": "0905 000 446", "email": "hoi@example.net",
        "offers": "Nón lá", "shown": shown_now(now_utc() - timedelta(minutes=1)),
    }  # fmt: skip
    nowhere = client.post("/mo-gian-hang/xin", data={**form, "unit": ""})
    assert nowhere.status_code == 422
    assert "Chị chọn tổ chức." in nowhere.text
    assert "Lê Thị Hỏi" in nowhere.text
    for _ in range(2):  # Twice is once.
        assert client.post("/mo-gian-hang/xin", data=form).status_code == 303
    assert db.session.scalar(select(func.count(SellerApplication.id))) == 1
    robot = {**form, "shown": shown_now(now_utc() - timedelta(minutes=1)), "website": "x"}
    assert client.post("/mo-gian-hang/xin", data=robot).status_code == 422
    at = f"/dieu-hanh/xin-ban/{one().id}"
    assert "Nón lá" in head.get("/dieu-hanh/xin-ban").text
    assert head.post(f"{at}/tu-choi", reason="Xã bên mới nhận nón lá").status_code == 303
    deliver_waiting(now_utc())
    letter = next(m for m in mails() if "hoi@example.net" in m["To"])
    assert "Xã bên mới nhận nón lá" in letter.get_body(("plain",)).get_content()
    with transaction() as session:
        line = session.scalars(
            select(AuditEntry.id).where(AuditEntry.action == "seller_application.declined")
        ).one()
        undo(session, entry_id=line, actor_id=None, actor_name="", now=now_utc())
    assert one().state == "asked"
    assert WORD.search(head.post(f"{at}/moi").text), "and she is invited after all"


def test_an_officer_of_another_unit_and_one_without_the_right_do_not_answer(
    app, unit, head, an_organisation, an_officer
):  # fmt: skip
    a_word(head, unit)
    at = f"/dieu-hanh/xin-ban/{one().id}"
    beside, officer = an_officer(an_organisation("Xã bên"), "head"), an_officer(unit, "officer")
    treasurer = an_officer(unit, "treasurer")
    for person in (beside, treasurer):
        assert person.get(at).status_code == 404
        for act in ("moi", "rut", "hoi", "tu-choi"):
            assert person.post(f"{at}/{act}", words="x", reason="x").status_code == 404
    assert beside.post(
        "/dieu-hanh/xin-ban", organisation=str(unit), name="x", phone="0905 000 447"
    ).status_code in (404, 422)
    assert officer.get(at).status_code == 200
    assert officer.post(f"{at}/tu-choi", reason="x").status_code == 404
    assert one().state == "invited"


def test_the_list_asks_the_database_as_often_for_many_as_for_few(app, unit, head, count_queries):
    a_word(head, unit)
    with count_queries() as few:
        head.get("/dieu-hanh/xin-ban?xem=cho")
    with transaction() as session:
        for n in range(12):
            invite(
                session, organisation_id=unit, name=f"Chị {n}", phone=f"+84905001{n:03d}",
                actor_id=None, actor_name="", now=now_utc(),
            )  # fmt: skip
    with count_queries() as many:
        head.get("/dieu-hanh/xin-ban?xem=cho")
    assert len(many) == len(few)


def test_a_paper_s_file_is_its_maker_s_and_its_officer_s_alone_and_hostile_ones_are_refused(
    app, client, a_seller, an_account, sign_in, head
):
    mine, other = an_account("Sương"), an_account("Hoa")
    stall = a_seller(owner_id=mine)
    a_seller("Hoa", owner_id=other)
    her, beside = Desk(sign_in(mine, "seller"), mine), sign_in(other, "seller")
    her.post("/ban-hang/giay-to")
    form = {
        "csrf_token": her._token,
        "kind": "food_safety",
        "number": "05/ATTP",
        "expires_on": "2030-01-01",
    }

    def send(content, name):
        return her.browser.post(
            "/ban-hang/giay-to", data={**form, "file": (io.BytesIO(content), name)}
        )

    for content, name in (
        (b"<svg onload=alert(1)>", "giay.jpg"), (b"GIF89a" + b"x" * 40, "giay.png"),
        (b"%PDF-1.4 /JavaScript (x) %%EOF", "giay.pdf"), (b"\xff\xd8\xff", "giay.jpg"),
    ):  # fmt: skip
        assert send(content, name).status_code == 422
    assert one(Paper) is None
    assert send(b"%PDF-1.4 to giay %%EOF", "giay.pdf").status_code == 303
    at = f"/ban-hang/giay-to/{one(Paper).id}/tep"
    assert her.get(at).data.startswith(b"%PDF-1.4")
    assert beside.get(at).status_code == 404
    assert client.get(at).status_code == 303
    assert (
        head.get(f"/dieu-hanh/giay-to/{one(Paper).id}/tep").status_code == 404
    )  # Of another unit.
    assert stall


def test_a_maker_is_told_before_a_paper_runs_out_once_early_and_once_late(
    app, a_seller, an_account, mails
):  # fmt: skip
    owner = an_account("Sương", email="suong@example.net")
    stall, now = a_seller(owner_id=owner), now_utc()
    with transaction() as session:
        add_paper(
            session, seller_id=stall, now=now, actor_id=None, actor_name="",
            fields=PaperFields(
                kind="food_safety", number="05/ATTP",
                expires_on=vietnam_date(now + timedelta(days=70)),
            ),
        )  # fmt: skip
        row = session.scalars(select(Paper)).one()
        check_paper(
            session, paper_id=row.id, version=row.version, actor_id=None, actor_name="", now=now
        )
    told = []
    for days in (0, 11, 12, 57, 58, 71):
        with time_machine.travel(now + timedelta(days=days), tick=False):
            remind_of_papers(now_utc())
        told.append(len([m for m in mails() if "hết hạn" in m["Subject"]]))
    assert told == [0, 1, 1, 2, 2, 2]
