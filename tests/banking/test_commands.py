"""`flask bank …`: what officers do with banks' notices by page, done by command (DECISIONS 19)."""

import re
from pathlib import Path
from typing import Any

from sqlalchemy import select

from shop.audit.models import AuditEntry
from shop.banking.models import BankFeed, BankNotice, BankStatement
from shop.current import vault
from shop.db import db
from shop.fundraising.models import Campaign
from shop.organisations.models import Organisation
from shop.sellers.models import Payee
from tests.banking import sheets
from tests.banking.conftest import deliver, received
from tests.banking.test_cash_orders import at_the_door, method, payment
from tests.banking.test_funds import a_gift, raised
from tests.engines import both_engines

__all__ = ["at_the_door"]


def state_of(notice: BankNotice) -> str:
    db.session.rollback()
    return db.session.get_one(BankNotice, notice.id).state


def last_line() -> Any:
    db.session.rollback()
    return db.session.execute(
        select(AuditEntry.id, AuditEntry.action, AuditEntry.channel, AuditEntry.actor_name)
        .order_by(AuditEntry.id.desc())
        .limit(1)
    ).one()


def slug_of(unit: int) -> str:
    db.session.rollback()
    return db.session.scalars(select(Organisation.slug).where(Organisation.id == unit)).one()


def test_a_service_is_connected_ended_and_listened_to_again(run, collecting_unit, an_organisation):
    slug = slug_of(collecting_unit()[0])
    connect = ("bank", "connect", slug, "--service", "sepay_hmac")
    assert "Khoá ngắn quá" in run(*connect, input="short\n", fails=True)
    assert run("bank", "services") == ""
    out = run(*connect, input="a-secret-typed-unseen\n")
    assert "a-secret" not in out
    feed = db.session.scalars(select(BankFeed)).one()
    assert feed.address in out
    assert vault().open(feed.data_key, feed.secret) == "a-secret-typed-unseen"
    assert last_line()[1:3] == ("bank_feed.opened", "command")
    assert feed.address in run("bank", "services")
    number = str(feed.id)
    assert "đã ngừng" in run("bank", "disconnect", number).lower()
    assert "trước đó rồi" in run("bank", "disconnect", number)
    line = last_line()
    assert line.action == "bank_feed.ended"
    run("undo", str(line.id))
    db.session.rollback()
    assert db.session.scalars(select(BankFeed.ended_at)).one() is None
    assert "Không có số 999" in run("bank", "disconnect", "999", fails=True)
    bare = slug_of(an_organisation())
    refused = run("bank", "connect", bare, "--service", "sepay_key", input="k" * 30, fails=True)
    assert "chưa có tài khoản" in refused


def test_the_columns_of_a_strange_file_are_named_once(run, tmp_path: Path, collecting_unit):
    slug = slug_of(collecting_unit()[0])
    file = tmp_path / "la.csv"
    file.write_text("Khi;Thêm;Lời\n26/11/2026;95.000;mua bot\n27/11/2026;5.000;mua mat ong\n")
    out = run("bank", "read", str(file), "--unit", slug)
    assert "1  Khi  |  Thêm  |  Lời" in out
    statement = db.session.scalars(select(BankStatement)).one()
    number = str(statement.id)
    assert f"flask bank columns {number}" in out
    assert "Không tìm thấy bảng" in run("bank", "store", number, fails=True)
    assert "A=date|text" in run("bank", "columns", number, "A=day", fails=True)
    out = run("bank", "columns", number, "A=date", "B=credit", "C=text")
    assert "2 khoản tiền vào, 2 khoản mới" in out
    assert last_line().action == "bank_statement.columns_named"
    seen = re.search(r"--seen (\w+)", out)[1]
    run("bank", "columns", number, "A=date", "B=credit", "C=text")
    assert "vừa được chỉ lại" in run("bank", "store", number, "--seen", seen, fails=True)
    run("bank", "store", number)
    assert "trước đó rồi" in run("bank", "columns", number, "A=date", "B=credit", "C=text")
    file.write_text("Khi;Thêm;Lời\n28/11/2026;7.000;them\n")
    assert "1 khoản mới" in run("bank", "read", str(file), "--unit", slug)


def test_a_file_is_read_looked_at_and_stored_once(run, tmp_path: Path, collecting_unit):
    slug = slug_of(collecting_unit()[0])
    file = tmp_path / "thang-11.csv"
    file.write_bytes(
        sheets.khoai([("26/11/2026", "95,000", "mua bot"), ("26/11/2026", "-10,000", "phi")])
    )
    last4 = db.session.scalars(select(Payee.last4)).one()
    assert "chưa có tài khoản" in run(
        "bank", "read", str(file), "--unit", slug, "--last4", "0000", fails=True
    )
    out = run("bank", "read", str(file), "--unit", slug, "--last4", last4)
    assert "mua bot" in out
    assert "1 khoản tiền vào, 1 khoản mới" in out
    assert last_line().action == "bank_statement.read"
    statement = db.session.scalars(select(BankStatement)).one()
    assert statement.stored_at is None
    assert not db.session.scalars(select(BankNotice)).all(), "Nothing comes of looking."
    number = str(statement.id)
    assert "1 khoản mới" in run("bank", "store", number)
    assert last_line().action == "bank_statement.stored"
    assert "trước đó rồi" in run("bank", "store", number)
    assert len(db.session.scalars(select(BankNotice)).all()) == 1
    assert "Không có số 77" in run("bank", "store", "77", fails=True)
    (tmp_path / "anh.csv").write_bytes(b"\x89PNG\r\n\0\0")
    assert run("bank", "read", str(tmp_path / "anh.csv"), "--unit", slug, fails=True).startswith(
        "Error:"
    )


def test_money_is_given_to_its_order_once(run, collecting_unit, a_service, owed):
    unit, seller = collecting_unit()
    order, service = owed(seller_id=seller), a_service(unit_id=unit)
    short = service.tell(60_000, "chuyen tien bot")
    listed = run("bank", "list")
    assert f"{short.id}  60.000" in listed
    assert "chuyen tien bot" in listed
    accept = ("bank", "accept", str(short.id), order.memo.lower())
    assert "Không thấy đơn" in run("bank", "accept", str(short.id), "KHONGCO1", fails=True)
    assert run("bank", "accept", str(short.id), fails=True).startswith("Error:"), "No order named."
    assert received(order.payment_id) == 0
    run(*accept)
    deliver()
    assert received(order.payment_id) == 60_000
    assert last_line().action == "bank_notice.accepted"
    assert "trước đó rồi" in run(*accept)
    assert received(order.payment_id) == 60_000
    assert run("bank", "list") == ""


@both_engines
def test_a_code_means_by_command_whose_money_it_means_in_the_inbox(
    run, a_campaign, a_service, collecting_unit, at_the_door
):
    fund = a_campaign()
    unit = db.session.get_one(Campaign, fund).organisation_id
    db.session.rollback()
    gift = a_gift(fund)
    given = a_service(unit_id=unit).tell(100_000, "chuyen tien gop")
    run("bank", "accept", str(given.id), gift.memo.lower())
    deliver()
    assert raised(fund) == 100_000
    unit, seller = collecting_unit()
    order = at_the_door(seller)
    paid = a_service(unit_id=unit).tell(110_000, "chuyen tien hang")
    run("bank", "accept", str(paid.id), order.code)
    deliver()
    assert (method(order), payment(order).received_vnd) == ("transfer", 110_000)
    assert (state_of(given), state_of(paid)) == ("matched", "matched")
    assert "trước đó rồi" in run("bank", "accept", str(paid.id), order.code)
    assert payment(order).received_vnd == 110_000


def test_answers_that_move_no_money_are_taken_back(run, collecting_unit, a_service):
    service = a_service(unit_id=collecting_unit()[0])
    for name, state in (("ignore", "ignored"), ("given-back", "given_back"), ("same", "same")):
        notice = service.tell(33_000, f"qua tang {name}")
        run("bank", name, str(notice.id))
        assert state_of(notice) == state
        line = last_line()
        assert line[1:3] == (f"bank_notice.{state}", "command")
        assert line.actor_name
        assert "trước đó rồi" in run("bank", name, str(notice.id))
        run("undo", str(line.id))
        assert state_of(notice) == "task"
    assert "Không có số 999" in run("bank", "ignore", "999", fails=True)


def test_a_sellers_own_account_is_no_matter_of_the_desk(run, a_seller, a_service):
    notice = a_service(seller_id=a_seller()).tell(33_000, "qua tang")
    assert run("bank", "list") == ""
    run("bank", "ignore", str(notice.id), fails=True)
    assert state_of(notice) == "task"
