"""A member learns, signs up, asks; trainers and officers at their desk; nobody else sees it."""

import io
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from pypdf import PdfReader
from sqlalchemy import select

from shop.audit.models import AuditEntry
from shop.db import db, in_transaction, transaction
from shop.demo.learning import load_learning
from shop.kernel.clock import VIETNAM, now_utc, vietnam_date
from shop.learning import actions
from shop.learning.jobs import forget_seats
from shop.learning.models import Lecture, Question, Seat, WrittenLesson
from shop.learning.queries import came_between, reads_of, seats_of
from shop.learning.rules import ClassFull, SeatsTaken
from shop.operations.undo import undo
from shop.outbox.relay import deliver_waiting
from tests.engines import both_engines
from tests.operations.conftest import Desk

BY: dict[str, Any] = {"actor_id": None, "actor_name": "Hảo"}
BODY = "# Rửa tay\n\nSạch.\n\n## 1. Xà phòng\n\nHai mươi giây."


@pytest.fixture
def unit(an_organisation: Callable[..., int]) -> int:
    return an_organisation("Hội LHPN xã Bắc")


@pytest.fixture
def her(unit: int, an_account: Any, a_seller: Any, sign_in: Any) -> Desk:
    """A seller of the unit, with nothing for sale yet."""
    person = an_account("Sương", phone="+84905000555", email="suong@example.net")
    a_seller("Sương", organisation_id=unit, owner_id=person)
    return Desk(sign_in(person, "seller"), person)


def hold(unit: int, *, seats: int = 2, ahead: timedelta = timedelta(days=3)) -> int:
    now = now_utc()
    with transaction() as session:
        return actions.call_class(
            session, organisation_id=unit, now=now, **BY,
            said={
                "title_vi": "Chụp ảnh", "place_vi": "Đầu làng", "trainer_name": "Hương",
                "trainer_phone": "+84905000777", "starts_at": now + ahead, "seats": seats,
                "ends_at": now + ahead + timedelta(hours=2),
            },
        ).id  # fmt: skip


def sit(class_id: int, attempt: str, account_id: int | None = None) -> int:
    return in_transaction(
        lambda session: (
            actions.take_seat(
                session, class_id=class_id, contact={"name": f"Chị {attempt}", "phone": None},
                attempt_id=attempt, account_id=account_id, now=now_utc(),
            ).id
        )
    )  # fmt: skip


def take_back(action: str) -> None:
    db.session.rollback()
    entry = db.session.scalars(
        select(AuditEntry.id).where(AuditEntry.action == action).order_by(AuditEntry.id.desc())
    ).first()
    with transaction() as session:
        undo(session, entry_id=entry or 0, now=now_utc(), **BY)


def test_a_lesson_is_done_once_the_shop_sees_its_deed(
    client: Any, her: Desk, unit: int, a_variant: Callable[..., int], an_officer: Any
) -> None:  # fmt: skip
    assert "Đăng món đầu tiên" in client.get("/bai-hoc").text
    page = client.get("/en/bai-hoc/dang-mon-dau").text
    assert "Put up your first product" in page
    assert 'alt="A woman takes' in page
    assert client.get("/bai-hoc/khong-co").status_code == 404
    paper = client.get("/bai-hoc/goi-hang-an-toan.pdf")
    said = PdfReader(io.BytesIO(paper.data)).pages[0].extract_text()
    assert "Vặn chặt" in said
    mine = "/tai-khoan/bai-hoc"
    assert "Bài tiếp theo của chị: Đăng món đầu tiên." in her.get(mine).text
    one = her.get(f"{mine}/dang-mon-dau").text
    assert 'href="/ban-hang/hang/moi"' in one
    assert "Bài này chị đã học xong" not in one
    assert her.post(f"{mine}/dang-mon-dau").status_code == 303, "read, and still not done"
    assert "Bài tiếp theo của chị: Đăng món đầu tiên." in her.get(mine).text
    from shop.sellers.models import SellerMember

    stall = db.session.scalars(
        select(SellerMember.seller_id).where(SellerMember.account_id == her.account_id)
    ).one()
    a_variant(seller_id=stall)
    assert "Bài này chị đã học xong" in her.get(f"{mine}/dang-mon-dau").text
    assert "Bài tiếp theo của chị: Chụp ảnh" in her.get(mine).text
    for _twice in range(2):
        assert her.post(f"{mine}/tien-that-tien-gia").status_code == 303
    assert set(reads_of(db.session(), her.account_id)) == {"dang-mon-dau", "tien-that-tien-gia"}
    assert her.post(f"{mine}/khong-co").status_code == 404
    desk = an_officer(unit, "trainer").get("/dieu-hanh/bai-hoc").text
    assert "Có 1 gian hàng" in desk
    row = re.search(r'tien-that-tien-gia">.*?</tr>', desk, re.DOTALL)
    assert row
    assert "Sương" not in desk, "numbers, no names"


def test_a_trainer_writes_and_another_reviews(
    client: Any, unit: int, an_officer: Any, an_organisation: Any, run: Any
) -> None:  # fmt: skip
    trainer, head = an_officer(unit, "trainer"), an_officer(unit, "head")
    other = an_officer(an_organisation("Xã Nam"), "trainer")
    at = "/dieu-hanh/bai-hoc"
    said = {"organisation": str(unit), "body_vi": BODY, "body_en": BODY, "deed": ""}
    assert trainer.post(f"{at}/moi", **{**said, "body_en": "không tên"}).status_code == 422
    assert trainer.post(f"{at}/moi", **said).status_code == 303
    row = db.session.scalars(select(WrittenLesson)).one()
    one = f"{at}/{row.id}"
    assert client.get(f"/bai-hoc/{row.slug}").status_code == 404
    assert trainer.post(f"{one}/cho-doc").status_code == 409, "who wrote it does not review it"
    for way in (one, f"{one}/cho-doc"):
        assert other.post(way, **said).status_code == 404
    assert an_officer(unit, "treasurer").get(one).status_code == 404
    read = {"da-doc": row.digest}
    assert trainer.post(one, **{**said, "body_vi": BODY + "\nThêm."}).status_code == 303
    assert head.post(f"{one}/cho-doc", **read).status_code == 409, "written anew while she read"
    assert trainer.post(one, **said).status_code == 303
    assert head.post(f"{one}/cho-doc", **read).status_code == 303
    assert "Hai mươi giây" in client.get(f"/bai-hoc/{row.slug}").text
    assert trainer.post(one, **{**said, "body_vi": BODY.replace("mươi", "chục")}).status_code == 303
    assert client.get(f"/bai-hoc/{row.slug}").status_code == 404, "changed, so reviewed anew"
    run("lesson", "show", str(row.id))
    assert "Hai chục giây" in client.get(f"/bai-hoc/{row.slug}").text
    take_back("lesson.shown")
    take_back("lesson.changed")
    db.session.rollback()
    assert db.session.get_one(WrittenLesson, row.id).body_vi == BODY
    assert row.slug in run("lesson", "list")


def test_a_class_from_calling_it_to_the_certificate(
    app: Flask, client: Any, her: Desk, unit: int, an_officer: Any, mails: Any, run: Any,
    an_organisation: Any, sign_in: Any,
) -> None:  # fmt: skip
    trainer = an_officer(unit, "trainer")
    other = an_officer(an_organisation("Xã Nam"), "head")
    at, day = "/dieu-hanh/lop-hoc", (now_utc() + timedelta(days=3)).astimezone(VIETNAM)
    said = {
        "organisation": str(unit), "title_vi": "Chụp ảnh", "on": f"{day:%d/%m/%Y}",
        "starts": "19:00", "ends": "21:00", "place_vi": "Đầu làng", "trainer_name": "Hương",
        "trainer_phone": "0905 000 777", "seats": "2", "link": "https://example.net/lop",
    }  # fmt: skip
    assert trainer.post(f"{at}/moi", **{**said, "ends": "18:00"}).status_code == 422
    assert trainer.post(f"{at}/moi", **said).status_code == 303
    row = db.session.scalars(select(Lecture)).one()
    class_id, mine, one = row.id, f"/tai-khoan/lop-hoc/{row.code}", f"{at}/{row.id}"
    assert "Còn 2 chỗ" in client.get("/lop-hoc").text
    assert "example.net/lop" not in her.get(mine).text
    for _twice in range(2):
        assert her.post(mine, name="Sương", phone="", attempt="a" * 32).status_code == 303
    assert "example.net/lop" in her.get(mine).text
    assert "Còn 1 chỗ" in client.get("/lop-hoc").text
    assert her.post(mine, name="", attempt="b" * 32).status_code == 422
    seat = db.session.scalars(select(Seat)).one()
    assert her.post(f"/tai-khoan/lop-hoc/cho/{seat.id}/thoi").status_code == 303
    assert "Còn 2 chỗ" in client.get("/lop-hoc").text
    assert her.post(mine, name="Sương", attempt="c" * 32).status_code == 303
    run("class", "sign-up", row.code, "--name", "Lý")
    assert her.post(mine, name="Mai", attempt="d" * 32).status_code == 409, "full"
    assert trainer.post(f"{one}/sua", **{**said, "seats": "1"}).status_code == 409
    ids = [s.id for s, who in seats_of(db.session(), class_id) if s.state == "taken"]
    assert trainer.post(f"{one}/nguoi/{ids[0]}/den").status_code == 409, "not begun"
    for way in (one, f"{one}/sua", f"{one}/nguoi/{ids[0]}/chung-nhan.pdf"):
        assert other.get(way).status_code == 404
    for way in (f"{one}/huy", f"{one}/ghi", f"{one}/nguoi/{ids[0]}/vang"):
        assert other.post(way, reason="x", name="x").status_code == 404
    evening = day.replace(hour=18, minute=5) - timedelta(days=1)
    with time_machine.travel(evening, tick=False):
        deliver_waiting(now_utc())
    assert [mail["Subject"] for mail in mails()] == ["Mai có lớp: Chụp ảnh"]
    with time_machine.travel(day.replace(hour=20), tick=False):
        begun = Desk(sign_in(trainer.account_id, "officer"), trainer.account_id)
        later = sign_in(her.account_id, "seller")
        for number, to in zip(ids, ("den", "vang"), strict=True):
            assert begun.post(f"{one}/nguoi/{number}/{to}").status_code == 303
        now = now_utc()
        span = (now - timedelta(days=1), now + timedelta(days=1))
        assert came_between(db.session(), {unit}, *span) == 1
        paper = later.get(f"/tai-khoan/lop-hoc/cho/{ids[0]}/chung-nhan.pdf")
        assert "Sương" in PdfReader(io.BytesIO(paper.data)).pages[0].extract_text()
        assert begun.get(f"{one}/nguoi/{ids[1]}/chung-nhan.pdf").status_code == 404
        take_back("class.seat_came")
        assert came_between(db.session(), {unit}, *span) == 0
    db.session.rollback()
    forget_seats(now_utc() + timedelta(days=370))
    db.session.rollback()
    assert {who["name"] for _seat, who in seats_of(db.session(), class_id)} == {""}


def test_a_cancelled_class_tells_who_signed_up_and_can_be_taken_back(
    her: Desk, unit: int, an_officer: Any, mails: Any
) -> None:  # fmt: skip
    class_id = hold(unit)
    sit(class_id, "a", her.account_id)
    trainer = an_officer(unit, "trainer")
    one = f"/dieu-hanh/lop-hoc/{class_id}"
    assert trainer.post(f"{one}/huy", reason="").status_code == 422
    assert trainer.post(f"{one}/huy", reason="Mưa to").status_code == 303
    assert trainer.post(f"{one}/huy", reason="Mưa to").status_code == 409
    deliver_waiting(now_utc())
    assert "Mưa to" in mails()[0].get_body(("plain",)).get_content()
    code = db.session.get_one(Lecture, class_id).code
    assert her.post(f"/tai-khoan/lop-hoc/{code}", name="X", attempt="e" * 32).status_code == 409
    take_back("class.cancelled")
    assert her.post(f"/tai-khoan/lop-hoc/{code}", name="X", attempt="f" * 32).status_code == 303


@both_engines
def test_the_last_seat_goes_to_one_and_none_is_lost(app: Flask, unit: int) -> None:
    class_id = hold(unit, seats=1)
    first = sit(class_id, "a")
    assert sit(class_id, "a") == first, "the same form again"
    with pytest.raises(ClassFull):
        sit(class_id, "b")
    row = db.session.get_one(Lecture, class_id)
    said = {"starts_at": row.starts_at, "ends_at": row.ends_at, "seats": 0}
    with pytest.raises(SeatsTaken), transaction() as session:
        actions.change_class(session, class_id=class_id, said=said, now=now_utc(), **BY)
    assert len(seats_of(db.session(), class_id)) == 1


def test_her_helper_is_the_nearest_on_duty_and_answers(
    client: Any, her: Desk, unit: int, an_officer: Any, an_account: Any, sign_in: Any,
    a_seller: Any, an_organisation: Any, mails: Any, run: Any,
) -> None:  # fmt: skip
    mine, desk = "/tai-khoan/nguoi-giup", "/dieu-hanh/hoi-dap"
    assert "chưa có người giúp" in her.get(mine).text
    an_officer(unit, "head")
    helper = an_officer(unit, "helper")
    assert helper.post(f"{desk}/gio", words="7 giờ đến 17 giờ").status_code == 303
    page = her.get(mine).text
    assert page.index("Cán bộ helper") < page.index("Cán bộ head")
    assert 'Gọi được lúc: <span lang="vi">7 giờ đến 17 giờ</span>' in page
    assert f'href="{mine}"' in her.get("/ban-hang").text, "from every page of the stall"
    assert her.post(mine, text="").status_code == 422
    assert her.post(mine, text="Gửi xe khách thế nào?", wants_call="y").status_code == 303
    question = db.session.scalars(select(Question)).one()
    assert question.organisation_id == unit
    other = an_officer(an_organisation("Xã Nam"), "helper")
    assert "xe khách" not in other.get(desk).text
    assert other.post(f"{desk}/{question.id}", answer="x").status_code == 404
    field = f"q{question.id}-"
    assert helper.post(f"{desk}/{question.id}", **{f"{field}answer": ""}).status_code == 422
    sent = {f"{field}answer": "Hỏi nhà xe.", f"{field}is_shared": "y"}
    assert helper.post(f"{desk}/{question.id}", **sent).status_code == 303
    assert "Hỏi nhà xe." in her.get(mine).text
    deliver_waiting(now_utc())
    assert any("Hội đã trả lời" in mail["Subject"] for mail in mails())
    second = an_account("Lan")
    a_seller("Lan", organisation_id=unit, owner_id=second)
    beside = sign_in(second, "seller").get(mine).text
    assert "Hỏi nhà xe." in beside
    assert "Sương" not in beside
    stranger = sign_in(an_account("Lạ"), "buyer")
    assert "Hỏi nhà xe." not in stranger.get(mine).text
    take_back("question.answered")
    assert "Hỏi nhà xe." not in her.get(mine).text
    assert "xe khách" in run("question", "list")
    run("question", "answer", str(question.id), "Gọi rồi.")
    for _more in range(10):
        her.post(mine, text="Nữa?")
    assert her.post(mine, text="Nữa?").status_code == 409
    assert Desk(stranger, 0).post(mine, text="Ai?").status_code == 409


def test_lists_of_many_ask_no_more_than_of_few(
    her: Desk, unit: int, an_officer: Any, count_queries: Any
) -> None:  # fmt: skip
    trainer, now = an_officer(unit, "head"), now_utc()
    ways = ("/dieu-hanh/lop-hoc", "/dieu-hanh/hoi-dap", "/dieu-hanh/bai-hoc")

    def fill() -> None:
        class_id = hold(unit, seats=9)
        sit(class_id, f"x{class_id}", her.account_id)
        with transaction() as session:
            actions.ask(
                session, account_id=her.account_id, organisation_id=unit, text="Sao?",
                wants_call=False, now=now,
            )  # fmt: skip

    def asked() -> list[int]:
        found = []
        for way in ways:
            with count_queries() as counted:
                trainer.get(way)
            found.append(len(counted))
        with count_queries() as counted:
            her.get("/tai-khoan/lop-hoc")
        return [*found, len(counted)]

    fill()
    few = asked()
    for _ in range(5):
        fill()
    assert asked() == few
    assert vietnam_date(now)


def test_the_demo_holds_two_classes_and_answers_a_question(
    unit: int, an_organisation: Any, an_account: Any
) -> None:
    units = {
        "hoi-lhpn-xa-song-lanh": unit, "chi-hoi-go-mit": an_organisation("A", unit, "branch"),
        "chi-hoi-ben-do": an_organisation("B", unit, "branch"),
    }  # fmt: skip
    people = {name: an_account(name) for name in ("officer", "seller", "blind")}
    load_learning(units, people, now_utc())
    held = db.session.scalars(select(Lecture).order_by(Lecture.starts_at)).all()
    assert [row.ends_at < now_utc() for row in held] == [True, False]
    assert [row.taken for row in held] == [3, 1]
    asked = db.session.scalars(select(Question).order_by(Question.id)).all()
    assert [row.is_shared for row in asked] == [True, False]
