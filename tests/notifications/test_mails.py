"""Who gets which mail, once, in her language, and what happens when the server is down."""

import os
import re
import smtplib
import socket
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from aiosmtpd.controller import Controller
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from shop.accounts.actions import ask_password_link, change_contact, give_code
from shop.accounts.events import AccountDeleted
from shop.accounts.models import Account
from shop.db import db, transaction
from shop.fulfilment.actions import hand_over
from shop.fulfilment.rules import Parcel
from shop.kernel.clock import now_utc
from shop.kernel.errors import OutsideFailure
from shop.notifications import handlers
from shop.notifications.backend import CheckedSmtp
from shop.notifications.letters import buyer_of
from shop.notifications.mailing import Letter, send
from shop.notifications.models import Notice, SentMail
from shop.operations.actions import answer_complaint, receive_complaint
from shop.operations.actions.erasing import erase_order
from shop.ordering.actions import (
    accept_quote,
    expire_due,
    quote_fee,
    return_goods,
    revive_expired,
)
from shop.ordering.actions.taking_back import sold_lines
from shop.ordering.models import SellerOrder
from shop.ordering.queries import order_page
from shop.ordering.rules import ComingBack, Holds, ReturnReason
from shop.outbox.models import OutboxMessage
from shop.payments import actions as payments
from shop.payments import refunds
from shop.payments.events import PaymentReceived, PaymentReported
from shop.payments.methods import By
from shop.payments.models import Payment, Refund
from shop.payments.queries import last_cash_move, transfers_of
from shop.payments.rules.cash import CashState
from shop.payments.told import CASH, Subject
from shop.sellers.actions import appoint_member, change_bank_account
from shop.web.words import moment, speaking
from tests.conftest import NOON
from tests.engines import both_engines
from tests.notifications.conftest import part_of

Mails = Callable[[], list[Any]]


def _text(mail: Any) -> str:
    return mail.get_body(("plain",)).get_content()


@both_engines
def test_a_new_order_reaches_the_buyer_and_each_stall_once(
    app: Flask, an_account: Callable[..., int], a_seller: Callable[..., int],
    an_order: Callable[..., Any], deliver: Callable[[], int], mails: Mails,
) -> None:  # fmt: skip
    lanh = an_account("Lành", email="lanh@example.net")
    sellers = [a_seller("Bột Gò Mít", owner_id=lanh), a_seller("Trà Bến Hạ", owner_id=an_account())]
    placed = an_order(sellers)
    deliver()
    found = mails()
    assert sorted(m["To"] for m in found) == ["chau@example.net", "lanh@example.net"]
    buyer = next(m for m in found if m["To"] == "chau@example.net")
    words = _text(buyer)
    assert placed.code in buyer["Subject"]
    assert f"/d/{placed.link_token}" in words
    assert "Bột Gò Mít:" in words
    assert "Trà Bến Hạ:" in words
    assert "15 Trần Phú, Phường Hội An, Đà Nẵng" in words
    assert "bản 2026-01" in words
    assert words.count("Trả tiền mặt khi nhận hàng.\n") == 2
    html = buyer.get_body(("html",)).get_content()
    assert f'href="http://127.0.0.1:8000/d/{placed.link_token}"' in html
    notices = db.session.execute(select(Notice.seller_id, Notice.kind)).all()
    assert sorted(notices) == sorted((s, "order_new") for s in sellers)

    db.session.rollback()
    with transaction() as session:  # The worker died before it marked the messages.
        session.execute(update(OutboxMessage).values(delivered_at=None, claimed_until=None))
    deliver()
    assert len(mails()) == 2
    assert len(db.session.scalars(select(SentMail)).all()) == 2
    assert len(db.session.scalars(select(Notice)).all()) == 2


def test_a_buyer_without_a_mail_address_gets_none(
    app: Flask, a_seller: Callable[..., int], an_order: Callable[..., Any],
    deliver: Callable[[], int], mails: Mails,
) -> None:  # fmt: skip
    an_order([a_seller()], email=None)
    deliver()
    assert mails() == []


@both_engines
def test_mails_about_an_order_go_at_once_when_its_buyer_is_erased(
    app: Flask, an_order: Any, a_seller: Any, an_account: Any, deliver: Any, mails: Mails
) -> None:  # fmt: skip
    seller = a_seller(owner_id=an_account(name="Sương", email="suong@example.vn"))
    hers, _other = an_order([seller]), an_order([seller], email="lan@example.net")
    deliver()
    page = order_page(db.session(), hers.order_id)
    assert page is not None
    db.session.rollback()
    reader = buyer_of(page)
    assert reader is not None
    # A mail to her that says nothing of its order belongs to it all the same.
    send([Letter("x:1:buyer", reader.email, "vi", "Chào", "Chào", reader.order_code)], now_utc())
    assert {mail["To"] for mail in mails()} == {
        "chau@example.net", "lan@example.net", "suong@example.vn"
    }  # fmt: skip
    before = len(mails())
    with transaction() as session:
        session.execute(
            update(SellerOrder)
            .where(SellerOrder.order_id == hers.order_id)
            .values(state="cancelled")
        )
    with transaction() as session:
        erase_order(session, order_id=hers.order_id, actor_id=None, actor_name="", now=now_utc())
    deliver()
    left = mails()
    assert len(left) == before - 3, "Her own, the stall's of her order, and the one above."
    assert {mail["To"] for mail in left} == {"lan@example.net", "suong@example.vn"}
    assert not [mail for mail in left if page.order.code in _text(mail)]
    assert [mail for mail in left if mail["X-Order"]], "The other order's stay."


def test_mails_that_became_files_go_with_the_account_or_after_a_month(app: Flask) -> None:
    folder = Path(app.extensions["settings"].instance) / "mail"
    folder.mkdir(parents=True, exist_ok=True)
    now, names = now_utc(), ("a-account-7", "b-account-7", "a-account-17", "old", "young")
    for name in names:
        (folder / f"{name}.eml").write_text("Chào chị Sương")
    for name, days in (("old", 31), ("young", 29)):
        at = (now - timedelta(days=days)).timestamp()
        os.utime(folder / f"{name}.eml", (at, at))
    handlers.account_deleted(AccountDeleted(account_id=7))
    assert {path.stem for path in folder.iterdir()} == {"a-account-17", "old", "young"}
    app.extensions["jobs"]["mail.forget_files"][1](now)
    assert {path.stem for path in folder.iterdir()} == {"a-account-17", "young"}


def test_mails_speak_the_language_of_the_order(
    app: Flask, a_seller: Callable[..., int], an_order: Callable[..., Any],
    deliver: Callable[[], int], mails: Mails,
) -> None:  # fmt: skip
    placed = an_order([a_seller()], locale="en")
    deliver()
    [mail] = mails()
    assert f"http://127.0.0.1:8000/en/d/{placed.link_token}" in _text(mail)
    assert '<html lang="en">' in mail.get_body(("html",)).get_content()


def test_the_buyer_hears_every_change_and_the_seller_what_others_did(
    app: Flask, an_account: Callable[..., int], a_seller: Callable[..., int],
    an_order: Callable[..., Any], deliver: Callable[[], int], mails: Mails,
    move: Callable[..., None],
) -> None:  # fmt: skip
    seller = a_seller(owner_id=an_account("Lành", email="lanh@example.net"))
    first, second = an_order([seller]), an_order([seller])
    for state in ("confirmed", "packed", "handed_over", "delivered"):
        move(part_of(first.order_id), state)
    move(part_of(second.order_id), "cancelled", "buyer", note="đổi ý")
    deliver()
    to_buyer = [m["Subject"] for m in mails() if m["To"] == "chau@example.net"]
    assert len(to_buyer) == 2 + 4 + 1
    to_seller = [m for m in mails() if m["To"] == "lanh@example.net"]
    assert len(to_seller) == 2 + 1
    assert any("đổi ý" in _text(m) for m in to_seller)
    kinds = db.session.scalars(select(Notice.kind)).all()
    assert sorted(kinds) == ["cancelled_by_buyer", "order_new", "order_new"]


def test_who_collects_is_told_where_and_not_that_goods_are_sent(
    app: Flask, a_seller: Callable[..., int], an_order: Callable[..., Any],
    deliver: Callable[[], int], mails: Mails, move: Callable[..., None],
) -> None:  # fmt: skip
    placed = an_order([a_seller()], pickup=True)
    deliver()
    [first] = mails()
    lines = _text(first).splitlines()
    assert "Tới lấy ở Nhà chị Mẫu, thôn Gò Mít." in lines
    assert "Trả tiền mặt khi nhận hàng." in lines
    for state in ("confirmed", "packed", "ready_for_pickup", "delivered"):
        move(part_of(placed.order_id), state)
    deliver()
    said = " ".join(" ".join(_text(mail).split()) for mail in mails())
    assert "Người bán báo khi hàng sẵn ở điểm lấy." in said
    assert "Anh/chị đã lấy hàng của Bột ngũ cốc Gò Mít." in said
    assert "được gửi đi" not in said
    assert "đã tới nơi" not in said


def test_late_money_that_takes_an_order_back_is_told_as_what_it_is(
    app: Flask, an_account: Callable[..., int], a_seller: Callable[..., int],
    an_order: Callable[..., Any], deliver: Callable[[], int], mails: Mails, client: FlaskClient,
    sign_in: Callable[..., Any],
) -> None:  # fmt: skip
    lanh = an_account("Lành", email="lanh@example.net")
    placed = an_order([a_seller(owner_id=lanh)], method="transfer")
    part = part_of(placed.order_id)
    with transaction() as session:
        expire_due(session, now=NOON + timedelta(days=3))
    with transaction() as session:
        assert revive_expired(session, seller_order_ids=[part], now=NOON + timedelta(days=3))
    deliver()
    to_buyer = [" ".join(_text(m).split()) for m in mails() if m["To"] == "chau@example.net"]
    assert not any("đồng ý tiền giao" in text for text in to_buyer)
    assert any("Tiền của anh/chị tới sau giờ giữ hàng." in text for text in to_buyer)
    to_seller = [m["Subject"].strip() for m in mails() if m["To"] == "lanh@example.net"]
    assert f"Đơn {placed.code}: tiền khách tới trễ, đơn được nhận lại" in to_seller
    kinds = db.session.scalars(select(Notice.kind)).all()
    assert sorted(kinds) == ["expired", "order_new", "paid_late"]
    client = sign_in(lanh, "seller")
    page = client.get(f"/ban-hang/don/{part}").text
    assert "Nhận lại đơn" in page
    assert "tiền tới trễ, hàng vẫn còn" in page
    assert "paid_late" not in page
    page = client.get("/ban-hang/tin").text
    assert "tiền khách tới trễ" in page
    assert re.search(r"Khách: [^<,]+, đơn [\d.]+\s+đồng", page)


def test_a_parcel_on_a_bus_says_where_it_is_fetched_and_whom_to_call(
    app: Flask, a_seller: Callable[..., int], an_order: Callable[..., Any],
    deliver: Callable[[], int], mails: Mails, move: Callable[..., None],
) -> None:  # fmt: skip
    seller = a_seller()
    part = part_of(an_order([seller]).order_id)
    move(part, "confirmed")
    move(part, "packed")
    parcel = Parcel(
        kind="bus", bus_company="Nhà xe Mai Linh", plate="43B-012.34", station="Bến xe Tam Kỳ",
        contact_phone="+84905000222", expected_on=NOON.date(),
    )  # fmt: skip
    with transaction() as session:
        hand_over(session, seller_id=seller, seller_order_id=part, parcel=parcel, last4="0123",
                  actor_id=None, now=NOON)  # fmt: skip
    deliver()
    words = _text(next(m for m in mails() if "đã gửi hàng" in m["Subject"]))
    assert "Nhà xe Mai Linh, 43B-012.34" in words
    assert "Nhận ở: Bến xe Tam Kỳ" in words
    assert "Gọi nhà xe: 0905 000 222" in words
    assert "Dự kiến tới: " in words
    assert "+84" not in words


def test_a_stall_reads_until_when_to_answer_and_where_it_goes(
    app: Flask, an_account: Callable[..., int], a_seller: Callable[..., int],
    an_order: Callable[..., Any], deliver: Callable[[], int], mails: Mails,
) -> None:  # fmt: skip
    seller = a_seller(owner_id=an_account("Lành", email="lanh@example.net"))
    placed = an_order([seller])
    with transaction() as session:
        session.execute(
            update(SellerOrder)
            .where(SellerOrder.order_id == placed.order_id)
            .values(reserved_until=NOON + timedelta(hours=5))
        )
    deliver()
    words = _text(next(m for m in mails() if m["To"] == "lanh@example.net"))
    with speaking("vi"):
        until = moment(NOON + timedelta(hours=5))
    assert f"chốt trước {until}" in words
    assert "Giao về Đà Nẵng" in words
    assert "72 giờ" not in words
    assert "Châu" not in words


def test_the_mark_of_the_clock_is_no_message(
    app: Flask, an_account: Callable[..., int], a_seller: Callable[..., int],
    an_order: Callable[..., Any], deliver: Callable[[], int], mails: Mails, move: Callable[..., None],
) -> None:  # fmt: skip
    seller = a_seller(owner_id=an_account("Lành", email="lanh@example.net"))
    move(part_of(an_order([seller]).order_id), "cancelled", "system", note="expired")
    deliver()
    gone = [m for m in mails() if "huỷ" in m["Subject"]]
    assert len(gone) == 2
    for mail in gone:
        assert "expired" not in _text(mail)
    to_seller = next(m for m in gone if m["To"] == "lanh@example.net")
    assert "chuyển khoản" not in _text(to_seller)  # It was to be paid in cash.


def test_a_mail_about_a_fee_that_nobody_knows_promises_no_total(
    app: Flask, a_seller: Callable[..., int], an_order: Callable[..., Any],
    deliver: Callable[[], int], mails: Mails,
) -> None:  # fmt: skip
    placed = an_order([a_seller()], method="transfer")
    with transaction() as session:
        session.execute(
            update(SellerOrder)
            .where(SellerOrder.order_id == placed.order_id)
            .values(state="awaiting_quote")
        )
    deliver()
    words = _text(next(m for m in mails() if m["To"] == "chau@example.net"))
    assert "đã gồm tiền giao" not in words
    assert "chưa gồm phần tiền giao" in words
    assert "Chưa phải trả gì" in words
    assert "số tài khoản" not in words


def test_a_reported_transfer_reaches_the_payee_and_a_received_one_the_buyer(
    app: Flask, an_account: Callable[..., int], a_seller: Callable[..., int],
    an_order: Callable[..., Any], mails: Mails, deliver: Callable[[], int],
) -> None:  # fmt: skip
    seller = a_seller(owner_id=an_account("Lành", email="lanh@example.net"))
    placed = an_order([seller], method="transfer")
    deliver()
    payment = db.session.scalars(select(Payment)).one()
    db.session.rollback()
    for _ in range(2):
        handlers.payment_reported(PaymentReported(payment.id, placed.order_id, event_id=7))
        handlers.payment_received(
            PaymentReceived(payment.id, placed.order_id, event_id=8, amount_vnd=50_000)
        )
    reported = [m for m in mails() if "báo đã chuyển" in m["Subject"]]
    assert [m["To"] for m in reported] == ["lanh@example.net"]
    assert payment.memo in _text(reported[0])
    received = [m for m in mails() if "đã nhận 50.000" in m["Subject"].replace("\xa0", " ")]
    assert [m["To"] for m in received] == ["chau@example.net"]
    assert "payment_reported" in db.session.scalars(select(Notice.kind)).all()


def test_an_organisations_money_is_told_to_who_may_confirm_it(
    app: Flask, an_account: Callable[..., int], an_organisation: Callable[..., int],
    a_seller: Callable[..., int], an_order: Callable[..., Any], mails: Mails,
    deliver: Callable[[], int], move: Callable[..., None],
) -> None:  # fmt: skip
    from shop.organisations.actions import appoint

    unit = an_organisation()
    by = {"actor_id": None, "actor_name": "Hảo", "now": NOON}
    with transaction() as session:
        change_bank_account(
            session, organisation_id=unit, bank_bin="970405", holder="Hoi", number="123456789", **by
        )
    for role in ("treasurer", "officer"):
        person = an_account(role, email=f"{role}@example.net")
        with transaction() as session:
            appoint(
                session, organisation_id=unit, account_id=person, role=role,
                starts_on=NOON.date(), **by,
            )  # fmt: skip
    owner = an_account("Lành", email="lanh@example.net")
    seller = a_seller(organisation_id=unit, paid_through_organisation=True, owner_id=owner)
    placed = an_order([seller], method="transfer")
    deliver()
    asked = next(" ".join(_text(m).split()) for m in mails() if m["To"] == "lanh@example.net")
    assert "chuyển khoản cho Hội LHPN xã Sông Lành, không vào tài khoản của chị" in asked
    assert "xem tài khoản" not in asked
    payment = db.session.scalars(select(Payment)).one()
    db.session.rollback()
    with time_machine.travel(NOON):
        handlers.payment_reported(PaymentReported(payment.id, placed.order_id, event_id=9))
    told = [m["To"] for m in mails() if "báo đã chuyển" in m["Subject"]]
    assert told == ["treasurer@example.net"]
    move(part_of(placed.order_id), "cancelled", "buyer")
    deliver()
    gone = next(
        _text(m) for m in mails() if m["To"] == "lanh@example.net" and "huỷ" in m["Subject"]
    )
    assert "chị không phải chuyển lại" in gone
    assert "chị chuyển lại cho khách" not in gone


def test_asking_for_a_password_mails_a_link_that_works(
    app: Flask, client: Any, an_account: Callable[..., int], mails: Mails,
    deliver: Callable[[], int],
) -> None:  # fmt: skip
    an_account("Lành", email="lanh@example.net")
    for address in ("lanh@example.net", "nobody@example.net"):
        client.post("/en/quen-mat-khau", data={"email": address})
    deliver()
    [mail] = mails()
    way = next(w for w in _text(mail).split() if "/dat-mat-khau/" in w)
    assert way.startswith("http://127.0.0.1:8000/en/dat-mat-khau/")
    answer = client.post(
        way.removeprefix("http://127.0.0.1:8000"), data={"password": "mot mat khau khac han"}
    )
    assert answer.status_code == 303
    deliver()
    assert any(
        "password" in m["Subject"].lower() or "mật khẩu đã đổi" in m["Subject"] for m in mails()
    )


def test_no_secret_travels_through_the_outbox(
    app: Flask, an_account: Callable[..., int], deliver: Callable[[], int]
) -> None:
    person_id = an_account("Lành", email="lanh@example.net")
    with transaction() as session:
        person = session.get_one(Account, person_id)
        ask_password_link(session, person=person, nonce="n-1", locale="vi", now=now_utc())
        code = give_code(session, account_id=person_id, actor_id=None, actor_name="", now=now_utc())
        change_contact(
            session, account_id=person_id, phone=None, email="moi@example.net", actor_id=None,
            actor_name="", now=now_utc(),
        )  # fmt: skip
    from shop.accounts.queries import link_token

    stored = str(db.session.scalars(select(OutboxMessage.payload)).all())
    for secret in (code, link_token("n-1"), "lanh@example.net", "moi@example.net"):
        assert secret not in stored


def test_a_change_of_address_is_told_at_the_old_one(
    app: Flask, an_account: Callable[..., int], mails: Mails, deliver: Callable[[], int]
) -> None:
    person_id = an_account("Lành", email="lanh@example.net")
    with transaction() as session:
        change_contact(
            session, account_id=person_id, phone=None, email="moi@example.net", actor_id=person_id,
            actor_name="Lành", now=now_utc(),
        )  # fmt: skip
    deliver()
    assert sorted(m["To"] for m in mails()) == ["lanh@example.net", "moi@example.net"]


def test_a_changed_bank_account_is_told_to_the_stall_and_the_operator(
    app: Flask, an_account: Callable[..., int], a_seller: Callable[..., int], mails: Mails,
    deliver: Callable[[], int],
) -> None:  # fmt: skip
    seller = a_seller(owner_id=an_account("Lành", email="lanh@example.net"))
    helper = an_account("Hoa", email="hoa@example.net")
    with transaction() as session:
        appoint_member(
            session, seller_id=seller, account_id=helper, role="staff", actor_id=None,
            actor_name="Hảo", now=NOON,
        )  # fmt: skip
        change_bank_account(
            session, seller_id=seller, bank_bin="970436", holder="Lành", number="0071001234567",
            actor_id=None, actor_name="Hảo", now=now_utc(),
        )  # fmt: skip
    deliver()
    found = mails()
    assert sorted(m["To"] for m in found) == [
        "giup@example.com", "hoa@example.net", "lanh@example.net",
    ]  # fmt: skip
    assert "0071001234567" not in "".join(_text(m) for m in found)
    assert "4567" in _text(found[0])
    assert db.session.scalars(select(Notice.kind)).all() == ["bank_changed"]


def test_a_complaint_is_receipted_answered_and_reminded_of(
    app: Flask, mails: Mails, deliver: Callable[[], int]
) -> None:
    now = now_utc()
    with transaction() as session:
        row = receive_complaint(
            session, kind="goods", name="Châu", phone=None, email="chau@example.net",
            order_code="", text="Hũ bị nứt.", locale="vi", now=now,
        )  # fmt: skip
        complaint_id, answer_by = row.id, row.answer_by
    deliver()
    assert sorted(m["To"] for m in mails()) == ["chau@example.net", "giup@example.com"]
    assert "Hũ bị nứt" not in "".join(_text(m) for m in mails())
    for _ in range(2):
        handlers.remind_of_complaints(answer_by - timedelta(hours=2))
    handlers.remind_of_complaints(answer_by + timedelta(hours=2))
    due = [m["Subject"] for m in mails() if "hạn" in m["Subject"]]
    assert len(due) == 2
    with transaction() as session:
        for words in ("Chợ đang hỏi.", "Người bán gửi lại hũ mới."):
            answer_complaint(
                session, complaint_id=complaint_id, answer=words, settled=False, actor_id=None,
                actor_name="Hảo", now=now,
            )  # fmt: skip
            session.flush()
    deliver()
    answers = [m for m in mails() if "trả lời khiếu nại" in m["Subject"]]
    assert len(answers) == 1  # Both events find the last words: one mail.
    assert "Người bán gửi lại hũ mới." in _text(answers[0])


class _Refusing:
    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, _: Any
    ) -> str:
        if address.startswith("broken"):
            return "451 Try later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.got = [*getattr(self, "got", []), envelope.content]
        return "250 OK"


@pytest.fixture
def smtp(make_app: Callable[..., Flask]) -> Any:
    handler = _Refusing()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    shop = make_app(mail_url=f"smtp://127.0.0.1:{port}")
    with shop.app_context():
        yield handler
        db.session.remove()
        db.engine.dispose()
    controller.stop()


def _letter(key: str, to: str, subject: str = "Đơn mới") -> Letter:
    return Letter(key, to, "vi", subject, "Chào chị Sương,\n\nCó đơn mới: https://cho.vn/a?b=1.")


def test_a_server_that_refuses_one_mail_gets_the_others_and_the_one_again_later(smtp: Any) -> None:
    letters = [_letter("a", "broken@example.net"), _letter("b", "fine@example.net")]
    with pytest.raises(OutsideFailure):
        send(letters, NOON)
    assert len(smtp.got) == 1
    with pytest.raises(OutsideFailure):
        send(letters, NOON)  # At once: the first is free again, the second went out.
    assert len(smtp.got) == 1
    assert db.session.get_one(SentMail, "a").sent_at is None
    assert b"Message-ID: <" in smtp.got[0]
    assert b"Subject: =?utf-8?" in smtp.got[0]


def test_a_mail_that_another_worker_is_sending_waits(smtp: Any) -> None:
    with transaction() as session:
        session.add(SentMail(key="a", claimed_at=NOON, sent_at=None))
    with pytest.raises(OutsideFailure):
        send([_letter("a", "fine@example.net")], NOON + timedelta(minutes=1))
    assert not hasattr(smtp, "got")
    send([_letter("a", "fine@example.net")], NOON + timedelta(minutes=5))  # That worker died.
    assert len(smtp.got) == 1


def test_no_line_of_a_name_becomes_a_header(smtp: Any) -> None:
    send([_letter("a", "fine@example.net", "Đơn của A Bcc: x@evil.vn")], NOON)
    assert b"\r\nBcc:" not in smtp.got[0]
    from flask_mailman import BadHeaderError

    with pytest.raises(BadHeaderError):
        send([_letter("b", "fine@example.net", "Đơn\nBcc: x@evil.vn")], NOON)


def test_a_subject_is_one_line_whatever_stands_in_a_name(
    app: Flask, a_seller: Callable[..., int], an_order: Callable[..., Any],
    deliver: Callable[[], int], mails: Mails,
) -> None:  # fmt: skip
    an_order([a_seller("Bột\r\nBcc: x@evil.vn")])
    deliver()
    assert all("\n" not in m["Subject"] and m["Bcc"] is None for m in mails())


def test_starttls_looks_at_the_certificate(monkeypatch: pytest.MonkeyPatch) -> None:
    import ssl

    seen: list[ssl.SSLContext] = []
    monkeypatch.setattr(
        smtplib.SMTP, "starttls", lambda self, *, context=None: seen.append(context)
    )
    CheckedSmtp().starttls(context=None)
    assert seen[0].verify_mode is ssl.CERT_REQUIRED
    assert seen[0].check_hostname


def test_a_stall_reads_its_notices_and_not_anothers(
    app: Flask, an_account: Callable[..., int], a_seller: Callable[..., int],
    an_order: Callable[..., Any], deliver: Callable[[], int], sign_in: Callable[..., Any],
) -> None:  # fmt: skip
    lanh, hoa = an_account("Lành"), an_account("Hoa")
    first, second = a_seller(owner_id=lanh), a_seller(owner_id=hoa)
    placed = an_order([first])
    deliver()
    browser = sign_in(lanh, "seller")
    page = browser.get("/ban-hang/tin").text
    assert placed.code in page
    assert "Khách: Châu" in page
    assert "Buyer: Châu" in browser.get("/en/ban-hang/tin").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
    up_to = re.search(r'name="den" value="(\d+)"', page)[1]
    other = sign_in(hoa, "seller")
    assert placed.code not in other.get("/ban-hang/tin").text
    assert (
        browser.post("/ban-hang/tin", data={"csrf_token": token, "den": up_to}).status_code == 303
    )
    db.session.rollback()
    assert db.session.scalars(select(Notice.read_at)).one() is not None
    assert second


def test_a_buyer_reads_what_came_back_and_that_her_cash_went_back(
    app: Flask, a_seller: Callable[..., int], an_order: Callable[..., Any], mails: Mails,
    deliver: Callable[[], int], move: Callable[..., None],
) -> None:  # fmt: skip
    placed = an_order([a_seller(person="chị Mẫu")])
    part = part_of(placed.order_id)
    for state in ("confirmed", "packed", "handed_over", "delivered"):
        move(part, state)
    with transaction() as session:
        payments.move_cash(
            session, seller_order_id=part, to=CashState.WITH_CARRIER, by=By("seller"), now=NOON
        )
        (line,) = sold_lines(session, part)
        return_goods(
            session, seller_order_id=part, coming=[ComingBack(line.id, 1, True)],
            reason=ReturnReason.FAULTY, gives_fee_back=False, after=0, actor_kind="seller",
            actor_id=None, note="nắp hở", now=NOON,
        )  # fmt: skip
        payments.open_payments(session, placed.order_id, NOON)
    deliver()
    [back] = [m for m in mails() if "nhận lại hàng" in m["Subject"]]
    words = _text(back).replace("\u00a0", " ")
    assert "- 1 hũ Bột" in words
    assert "Bớt cho anh/chị: 95.000 đồng." in words
    assert "Phí giao không trả lại." in words
    assert "Người bán trả lại anh/chị 95.000 đồng." in words
    assert "nắp hở" in words
    with transaction() as session:
        refunds.give_back(
            session, of=Subject(CASH, part), amount_vnd=95_000, after=1, by=By("seller"), now=NOON
        )
    deliver()
    [told] = [m for m in mails() if "đã trả lại" in m["Subject"]]
    assert "Chị Mẫu ghi là đã trả lại 95.000 đồng" in _text(told).replace("\u00a0", " ")
    with transaction() as session:
        payments.take_back_cash_step(
            session, seller_order_id=part, move_id=last_cash_move(session, part),
            by=By("seller"), now=NOON,
        )  # fmt: skip
    deliver()
    [wrong] = [m for m in mails() if "tiền chưa trả lại" in m["Subject"]]
    assert "bấm nhầm" in _text(wrong)
    for mail in (back, told, wrong):
        assert mail["To"] == "chau@example.net"


def test_a_buyer_reads_that_her_late_transfer_was_not_found(
    app: Flask, a_seller: Callable[..., int], an_order: Callable[..., Any], mails: Mails,
    deliver: Callable[[], int], move: Callable[..., None],
) -> None:  # fmt: skip
    placed = an_order([a_seller()], method="transfer", locale="en")
    move(part_of(placed.order_id), "cancelled", "buyer")
    deliver()
    now = now_utc()
    with transaction() as session:
        payment = session.scalars(select(Payment.id)).one()
        payments.report(session, payment_id=payment, now=now)
    with transaction() as session:
        payments.close_late_report(session, payment_id=payment, by=By("seller"), now=now_utc())
    deliver()
    [mail] = [m for m in mails() if "did not find your money" in m["Subject"]]
    assert "NGUYEN THI MAU" in _text(mail)


@pytest.mark.parametrize("locale", ["vi", "en"])
def test_a_buyer_is_asked_where_her_money_goes_and_told_where_it_will(
    app: Flask, an_account: Callable[..., int], a_seller: Callable[..., int],
    an_order: Callable[..., Any], mails: Mails, deliver: Callable[[], int],
    move: Callable[..., None], locale: str,
) -> None:  # fmt: skip
    lanh = an_account("Lành", email="lanh@example.net")
    placed = an_order([a_seller(owner_id=lanh)], method="transfer", locale=locale)
    with transaction() as session:
        payment = session.scalars(select(Payment)).one()
        payments.confirm_received(
            session, payment_id=payment.id, amount_vnd=payment.amount_vnd, after=0,
            by=By("officer"), now=now_utc(),
        )  # fmt: skip
    move(part_of(placed.order_id), "cancelled", "buyer")
    deliver()
    asked = [m for m in mails() if f"/d/{placed.link_token}" in _text(m) and "OTP" in _text(m)]
    asked += [m for m in mails() if "one-time code" in _text(m)]
    assert len(asked) == 1
    assert asked[0]["To"] == "chau@example.net"
    with transaction() as session:
        refund = session.scalars(select(Refund.id)).one()
        refunds.give_account(
            session, order_id=placed.order_id, refund_id=refund, bank_bin="970436",
            number="1029384756", holder="Châu", by=By("buyer"), now=now_utc(),
        )  # fmt: skip
    before = len(mails())
    deliver()
    told = [m for m in mails() if "4756" in _text(m)]
    assert len(mails()) == before + 2
    assert sorted(m["To"] for m in told) == ["chau@example.net", "lanh@example.net"]
    assert not any("1029384756" in _text(m) for m in mails())


def test_a_mail_of_a_transfer_says_where_to_how_much_and_until_when(
    app: Flask, a_seller: Callable[..., int], an_order: Callable[..., Any],
    deliver: Callable[[], int], mails: Mails,
) -> None:  # fmt: skip
    placed = an_order([a_seller(), a_seller(person="chị Sương")], method="transfer")
    deliver()
    transfers = transfers_of(db.session(), placed.order_id)
    until = db.session.scalars(select(SellerOrder.reserved_until)).first()
    db.session.rollback()
    [mail] = mails()
    text = _text(mail)
    words = " ".join(text.split())
    with speaking("vi"):
        assert until is not None
        deadline = " ".join(moment(until).split())
    for one, name in zip(transfers, ("chị Mẫu", "chị Sương"), strict=True):
        amount = f"{one.missing_vnd:,}".replace(",", ".")
        assert f"chuyển {amount} đồng cho {name} trước {deadline}" in words
        for line in ("Ngân hàng: Agribank", f"Chủ tài khoản: {one.holder}",
                     f"Số tài khoản: {one.account_number}", f"Nội dung: {one.memo}"):  # fmt: skip
            assert line in text.splitlines()


def test_money_that_is_short_is_told_as_short(
    app: Flask, a_seller: Callable[..., int], an_order: Callable[..., Any],
    deliver: Callable[[], int], mails: Mails,
) -> None:  # fmt: skip
    placed = an_order([a_seller()], method="transfer")
    [payment] = transfers_of(db.session(), placed.order_id)
    db.session.rollback()
    with transaction() as session:
        payments.confirm_received(
            session, payment_id=payment.id, amount_vnd=60_000, after=0,
            by=By("seller"), now=NOON,
        )  # fmt: skip
    deliver()
    mail = next(m for m in mails() if ": đã nhận" in m["Subject"])
    words = " ".join(f"{mail['Subject']} {_text(mail)}".split())
    missing = f"{payment.amount_vnd - 60_000:,}".replace(",", ".")
    assert words.count(f"còn thiếu {missing} đồng") == 2
    assert payment.memo in words
    assert "Cảm ơn" not in words


def test_who_accepts_a_quote_reads_what_to_transfer_and_her_seller_waits_for_it(
    app: Flask, an_account: Callable[..., int], a_seller: Callable[..., int],
    an_order: Callable[..., Any], deliver: Callable[[], int], mails: Mails,
) -> None:  # fmt: skip
    seller = a_seller(owner_id=an_account("Lành", email="lanh@example.net"))
    placed = an_order([seller], method="transfer")
    part = part_of(placed.order_id)
    with transaction() as session:
        session.execute(update(SellerOrder).values(state="awaiting_quote"))
        quote_fee(
            session, seller_order_id=part, fee_vnd=350_000, actor_kind="seller", actor_id=None,
            holds=Holds(), now=NOON,
        )  # fmt: skip
    with transaction() as session:
        shown = session.scalars(select(SellerOrder.total_vnd)).one()
        accept_quote(
            session, seller_order_id=part, shown_total_vnd=shown, actor_id=None, holds=Holds(),
            now=NOON,
        )  # fmt: skip
        payments.open_payments(session, placed.order_id, NOON)
    deliver()
    found = [
        m for m in mails() if "đồng ý tiền giao" in m["Subject"] or "đã được tính" in m["Subject"]
    ]
    said = {m["To"]: " ".join(_text(m).split()) for m in found}
    amount = f"{shown:,}".replace(",", ".")
    assert "Người bán sẽ chốt đơn" not in said["chau@example.net"]
    assert f"chuyển {amount} đồng cho chị Mẫu trước" in said["chau@example.net"]
    assert "Số tài khoản: " in said["chau@example.net"]
    assert "Chị chốt đơn rồi chuẩn bị hàng nhé" not in said["lanh@example.net"]
    assert f"Khách còn phải chuyển {amount} đồng trước" in said["lanh@example.net"]
