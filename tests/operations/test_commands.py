"""Commands do what the pages do: the same actions, audit lines, refusals and undo."""

from collections.abc import Callable
from typing import Any

from flask import Flask
from sqlalchemy import select

from shop.accounts.models import Account
from shop.audit.models import AuditEntry
from shop.db import db
from shop.organisations.models import Membership, Organisation
from shop.sellers.models import Seller
from tests.operations.conftest import Desk


def test_a_whole_stall_is_set_up_by_commands(run: Callable[..., Any], app: Flask) -> None:
    assert "Mã cho Hảo" in run("operator", "create", "--name", "Hảo", "--phone", "0905000999")
    run("organisation", "create", "--kind", "commune", "--name", "Hội LHPN xã Sông Lành")
    unit = db.session.scalars(select(Organisation.slug)).one()
    out = run(
        "account", "create", "--name", "Lành", "--phone", "0905 000 555", "--password",
        input="mot cau dai cho de nho\nmot cau dai cho de nho\n",
    )  # fmt: skip
    assert "Mã cho" not in out
    asked = run(
        "organisation", "appoint", unit, "0905000555", "--role", "head", input="n\n", fails=True
    )
    assert "Tài khoản của Lành" in asked
    assert "Chưa ai chứng tỏ" in asked
    assert not db.session.scalars(select(Membership)).all()
    db.session.rollback()
    run("organisation", "appoint", unit, "0905000555", "--role", "head", input="y\n")
    made = ("--organisation", unit, "--name", "Bột Gò Mít", "--person", "chị Lành", "--phone",
            "0905000118", "--owner", "0905000555", "--yes")  # fmt: skip
    assert "nhiều nơi" in run("seller", "create", *made, "--place", "Hoà", fails=True)
    assert not db.session.scalars(select(Seller)).all()
    db.session.rollback()
    run("seller", "create", *made, "--place", "Phước Ninh, Nông Sơn, Quảng Nam")
    seller = db.session.scalars(select(Seller.slug)).one()
    assert "chưa có tài khoản ngân hàng" in run("seller", "approve", seller, fails=True)
    run(
        "seller",
        "bank",
        seller,
        "--bank",
        "agribank",
        "--holder",
        "Trần Lành",
        "--number",
        "123456",
    )
    run("seller", "approve", seller, "--checked", "Hội tới xem ngày 1/11/2026")
    assert "(đang mở)" in run("seller", "list")
    assert "đang hoạt động" in run("organisation", "list")
    assert "Bột Gò Mít" in run("audit", "--kind", "seller")
    channels = set(db.session.scalars(select(AuditEntry.channel)))
    assert channels == {"command"}
    assert all(db.session.scalars(select(AuditEntry.actor_name)))


def test_commands_and_pages_leave_the_same_lines(
    run: Callable[..., Any], operator: Desk, an_account: Callable[..., int]
) -> None:
    person = an_account("Lành", phone="+84905000555")

    def lines() -> list[tuple[str, str, int | None, dict[str, Any]]]:
        db.session.rollback()
        rows = db.session.scalars(
            select(AuditEntry).where(AuditEntry.action.not_like("sign_in%")).order_by(AuditEntry.id)
        )
        return [(r.action, r.subject_kind, r.subject_id, r.facts) for r in rows]

    for act in ("tat", "bat", "ma"):
        operator.post(f"/dieu-hanh/tai-khoan/{person}/{act}")
    by_page = lines()
    for act in ("disable", "enable", "code"):
        run("account", act, "0905000555")
    assert lines()[len(by_page) :] == by_page


def test_what_a_command_did_is_taken_back_by_a_command_and_by_the_page(
    run: Callable[..., Any], operator: Desk, an_account: Callable[..., int]
) -> None:
    person = an_account("Lành", phone="+84905000555")
    run("account", "disable", "0905000555")
    entry = db.session.scalars(select(AuditEntry.id).order_by(AuditEntry.id.desc())).first()
    run("undo", str(entry))
    assert db.session.get_one(Account, person).disabled_at is None
    assert "Không trả lại được nữa" in run("undo", str(entry), fails=True)
    run("account", "disable", "0905000555")
    entry = db.session.scalars(select(AuditEntry.id).order_by(AuditEntry.id.desc())).first()
    db.session.rollback()
    assert operator.post(f"/dieu-hanh/nhat-ky/{entry}/tra-lai").status_code == 303
    db.session.rollback()
    assert db.session.get_one(Account, person).disabled_at is None


def test_refusals_are_sentences_in_both_languages(run: Callable[..., Any], operator: Desk) -> None:
    vietnamese = run("account", "disable", "0905000999", fails=True)
    assert "người điều hành cuối cùng" in vietnamese
    english = run("account", "disable", "0905000999", "--lang", "en", fails=True)
    assert english != vietnamese
    assert "Traceback" not in english
    assert "Chưa ai có tài khoản" in run("account", "code", "0905111222", fails=True)
