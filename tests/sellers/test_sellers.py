"""Member businesses: entering, opening, closing, who works there, which account is paid."""

import csv
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from shop.audit.models import AuditEntry
from shop.db import db, transaction
from shop.kernel.errors import NotYours
from shop.operations.undo import undo
from shop.organisations.rules import UndoTooLate, UnitEnded
from shop.sellers.actions import (
    appoint_member,
    approve_seller,
    change_bank_account,
    close_seller,
    create_seller,
    dismiss_member,
    edit_seller,
    reopen_seller,
)
from shop.sellers.models import Payee, Seller, SellerMember
from shop.sellers.queries import (
    account_number_of,
    banks,
    members_of,
    payee_of,
    seller_of_account,
)
from shop.sellers.rules import (
    AlreadyMember,
    LastOwner,
    MissingForApproval,
    NothingToClose,
    UnknownWard,
    WrongBankAccount,
    account_number,
    changed_lately,
    holder_name,
    initials_of,
)
from tests.conftest import NOON
from tests.engines import both_engines

BY: dict[str, Any] = {"actor_id": None, "actor_name": "Hảo", "now": NOON}
LATER: dict[str, Any] = {**BY, "now": NOON + timedelta(hours=1)}


def _bank(seller_id: int, number: str = "123456789", by: dict[str, Any] = BY) -> int:
    with transaction() as session:
        return change_bank_account(
            session, seller_id=seller_id, bank_bin="970405", holder="Trần Thị Lành",
            number=number, **by,
        ).id  # fmt: skip


@pytest.fixture
def new_seller(app: Flask, an_organisation: Callable[..., int]) -> int:
    """A seller that was entered and is not open yet."""
    unit = an_organisation("Chi hội Gò Mít", parent_id=an_organisation(), kind="branch")
    with transaction() as session:
        return create_seller(
            session, organisation_id=unit, name_vi="Bột ngũ cốc Gò Mít", entity_kind="ho_kinh_doanh",
            person="chị Lành", phone="+84905000118", ward_code="20410", hamlet_vi="thôn Gò Mít", **BY,
        ).id  # fmt: skip


@both_engines
def test_a_seller_keeps_the_names_of_its_day(new_seller: int) -> None:
    row = db.session.get_one(Seller, new_seller)
    assert [step["vi"] for step in row.organisation_path] == [
        "Hội LHPN xã Sông Lành",
        "Chi hội Gò Mít",
    ]
    assert row.initials == "GM"
    assert row.province_code == "48"
    assert row.region == "centre"
    assert row.ward_name
    assert row.approved_at is None


def test_an_unknown_place_is_refused_and_nothing_is_stored(
    app: Flask, an_organisation: Callable[..., int]
) -> None:
    unit = an_organisation()
    with pytest.raises(UnknownWard), transaction() as session:
        create_seller(
            session, organisation_id=unit, name_vi="X", entity_kind="htx", person="X",
            phone="+84905000118", ward_code="00000", **BY,
        )  # fmt: skip
    assert not db.session.scalars(select(Seller)).all()


@both_engines
def test_a_stall_opens_once_somebody_is_responsible_and_money_can_reach_it(
    new_seller: int, an_account: Callable[..., int]
) -> None:
    person = an_account("Lành")

    def approve() -> None:
        with transaction() as session:
            approve_seller(session, seller_id=new_seller, **BY)

    with pytest.raises(MissingForApproval) as refused:
        approve()
    assert refused.value.what == "bank"
    _bank(new_seller)
    with transaction() as session:
        appoint_member(session, seller_id=new_seller, account_id=person, role="staff", **BY)
    with pytest.raises(MissingForApproval) as refused:
        approve()
    assert refused.value.what == "member"
    with transaction() as session:
        dismiss_member(session, seller_id=new_seller, account_id=person, **BY)
        appoint_member(session, seller_id=new_seller, account_id=person, role="owner", **LATER)
    with transaction() as session:
        approve_seller(session, seller_id=new_seller, **LATER)
    with pytest.raises(NothingToClose):
        approve()
    with pytest.raises(LastOwner), transaction() as session:
        dismiss_member(session, seller_id=new_seller, account_id=person, **LATER)


def test_closing_and_reopening_is_refused_twice_and_under_a_closed_unit(
    a_seller: Callable[..., int], an_organisation: Callable[..., int]
) -> None:
    unit = an_organisation()
    seller = a_seller(organisation_id=unit)
    with transaction() as session:
        close_seller(session, seller_id=seller, reason="Nghỉ sinh", **BY)
    with pytest.raises(NothingToClose), transaction() as session:
        close_seller(session, seller_id=seller, **BY)
    from shop.organisations.actions import close_organisation

    with transaction() as session:
        close_organisation(session, organisation_id=unit, open_sellers=0, **BY)
    with pytest.raises(UnitEnded), transaction() as session:
        reopen_seller(session, seller_id=seller, **BY)


def test_an_edit_changes_allowed_fields_only_and_can_be_taken_back(
    a_seller: Callable[..., int],
) -> None:
    seller = a_seller("Bột Gò Mít")
    with transaction() as session:
        edit_seller(
            session, seller_id=seller, ward_code="20257", **BY,
            changes={"name_vi": "  Bột   Gò Mít\x00 mới ", "story_vi": "Chuyện", "blind_makers": True},
        )  # fmt: skip
    row = db.session.get_one(Seller, seller)
    assert (row.name_vi, row.blind_makers, row.version) == ("Bột Gò Mít mới", True, 2)
    with pytest.raises(KeyError), transaction() as session:
        edit_seller(session, seller_id=seller, changes={"approved_at": None}, **BY)
    db.session.rollback()
    entry = db.session.scalars(select(AuditEntry.id).order_by(AuditEntry.id.desc())).first()
    db.session.rollback()
    with transaction() as session:
        undo(session, entry_id=entry or 0, **BY)
    row = db.session.get_one(Seller, seller)
    assert (row.name_vi, row.story_vi, row.ward_code) == ("Bột Gò Mít", "", "20410")


@both_engines
def test_a_new_bank_account_is_a_new_row_and_the_old_one_ends(
    a_seller: Callable[..., int], app: Flask
) -> None:
    seller = a_seller()
    old = payee_of(db.session(), seller)
    assert old is not None
    old_id = old.id
    db.session.rollback()
    new_id = _bank(seller, " 1234 5678.9 ")
    payee = payee_of(db.session(), seller)
    assert payee is not None
    assert (payee.id, payee.holder, payee.last4) == (new_id, "TRAN THI LANH", "6789")
    assert account_number_of(payee) == "123456789"
    assert b"123456789" not in payee.account_number
    assert db.session.get_one(Payee, old_id).ended_at == NOON
    facts = db.session.scalars(select(AuditEntry.facts)).all()
    assert "123456789" not in str(facts)
    db.session.rollback()
    entry = db.session.scalars(select(AuditEntry.id)).one()
    db.session.rollback()
    with transaction() as session:
        undo(session, entry_id=entry, **LATER)
    again = payee_of(db.session(), seller)
    assert again is not None
    assert again.last4 == db.session.get_one(Payee, old_id).last4
    assert again.id > new_id


def test_a_bank_account_that_buyers_were_shown_stays(
    a_seller: Callable[..., int], a_variant: Callable[..., int], app: Flask
) -> None:
    from shop.operations.queries import payee_was_used

    seller = a_seller()
    payee_id = _bank(seller)
    entry = db.session.scalars(select(AuditEntry.id)).one()
    db.session.rollback()
    assert not payee_was_used(db.session(), payee_id)
    db.session.rollback()
    from shop.sellers.actions import restore_bank_account

    with pytest.raises(UndoTooLate), transaction() as session:
        restore_bank_account(session, payee_id=payee_id, was_used=True, **LATER)
    assert entry
    now = payee_of(db.session(), seller)
    assert now is not None
    assert now.id == payee_id


@pytest.mark.parametrize(
    ("bank", "number", "holder", "field"),
    [("000000", "12345678", "Lan", "bank"), ("970405", "12", "Lan", "number"),
     ("970405", "1" * 20, "Lan", "number"), ("970405", "12 34é", "Lan", "number"),
     ("970405", "12345678", "  ", "holder"), ("970405", "12345678", "🌾", "holder")],
)  # fmt: skip
def test_a_bank_account_that_cannot_be_is_refused(
    a_seller: Callable[..., int], bank: str, number: str, holder: str, field: str
) -> None:
    seller = a_seller()
    with pytest.raises(WrongBankAccount) as refused, transaction() as session:
        change_bank_account(
            session, seller_id=seller, bank_bin=bank, holder=holder, number=number, **BY
        )
    assert refused.value.field == field
    assert len(db.session.scalars(select(Payee)).all()) == 1


@both_engines
def test_an_organisation_collects_for_those_who_asked_the_nearest_one_first(
    app: Flask, an_organisation: Callable[..., int], a_seller: Callable[..., int]
) -> None:
    top = an_organisation()
    branch = an_organisation("Chi hội", parent_id=top, kind="branch")
    seller = a_seller(organisation_id=branch, paid_through_organisation=True)
    assert payee_of(db.session(), seller) is None
    db.session.rollback()
    for unit in (top, branch):
        with transaction() as session:
            change_bank_account(
                session,
                organisation_id=unit,
                bank_bin="970436",
                holder="Hoi",
                number="1234567",
                **BY,
            )
        payee = payee_of(db.session(), seller)
        assert payee is not None
        assert payee.organisation_id == unit
        db.session.rollback()
    own = a_seller(organisation_id=branch)
    payee = payee_of(db.session(), own)
    assert payee is not None
    assert payee.seller_id == own


def test_people_are_warned_for_a_day_after_a_change() -> None:
    assert changed_lately(NOON, True, NOON + timedelta(hours=23))
    assert not changed_lately(NOON, True, NOON + timedelta(hours=24))
    assert not changed_lately(NOON, False, NOON)


def test_numbers_holders_and_initials_are_read_as_people_write_them() -> None:
    assert account_number("0071 0012.34-567") == "0071001234567"
    assert account_number("VQRQ ab12") == "VQRQAB12"
    assert holder_name("Nguyễn Thị Sương") == "NGUYEN THI SUONG"
    assert [initials_of(n) for n in ("Bột ngũ cốc Gò Mít", "Đào", "")] == ["GM", "DA", "CP"]


def test_our_banks_agree_with_a_second_list() -> None:
    """Against the list handed over for checking, where it is at hand."""
    ours = banks()
    assert len(ours) == 57
    assert all(len(b) == 6 and b.isdigit() for b in ours)
    other = Path("/work/shared/data/banks.csv")
    theirs = (
        {r["bin"]: r["short"] for r in csv.DictReader(other.open(encoding="utf-8")) if not r["dep"]}
        if other.exists()
        else {}
    )
    assert all(theirs.get(bin_, bank.short_name) == bank.short_name for bin_, bank in ours.items())


@both_engines
def test_a_dismissed_helper_is_out_with_her_next_page(
    app: Flask, a_seller: Callable[..., int], an_account: Callable[..., int],
    sign_in: Callable[..., Any],
) -> None:  # fmt: skip
    person = an_account("Hoa")
    seller = a_seller(owner_id=an_account())
    with transaction() as session:
        appoint_member(session, seller_id=seller, account_id=person, role="staff", **BY)
    browser = sign_in(person, "seller")
    assert browser.get("/ban-hang/tin").status_code == 200
    with transaction() as session:
        dismiss_member(session, seller_id=seller, account_id=person, **LATER)
    assert browser.get("/ban-hang/tin").status_code == 404
    with transaction() as session, pytest.raises(AlreadyMember):
        appoint_member(session, seller_id=seller, account_id=person, role="staff", **LATER)
        appoint_member(session, seller_id=seller, account_id=person, role="owner", **LATER)
    with pytest.raises(NotYours), transaction() as session:
        dismiss_member(session, seller_id=seller, account_id=9999, **LATER)


def test_somebody_with_two_stalls_stands_in_the_one_she_chose_and_never_in_anothers(
    app: Flask, a_seller: Callable[..., int], an_account: Callable[..., int],
    sign_in: Callable[..., Any],
) -> None:  # fmt: skip
    import re

    person = an_account("Lành")
    first, second = a_seller("Bột", owner_id=person), a_seller("Trà", owner_id=person)
    foreign = a_seller("Của người khác", owner_id=an_account())
    assert seller_of_account(db.session(), person, NOON).id == first
    assert seller_of_account(db.session(), person, NOON, second).id == second
    assert seller_of_account(db.session(), person, NOON, foreign).id == first
    browser = sign_in(person, "seller")
    page = browser.get("/tai-khoan/thiet-bi").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]

    def choose(stall: object) -> int:
        data = {"csrf_token": token, "stall": str(stall)}
        return browser.post("/ban-hang/gian-khac", data=data).status_code

    assert choose(second) == 303
    assert "Trà" in browser.get("/ban-hang/tin").text
    assert choose(foreign) == 404
    assert choose("x") == 404
    browser.set_cookie("stall", str(foreign))
    assert "Của người khác" not in browser.get("/ban-hang/tin").text


def test_members_who_left_are_not_listed(
    a_seller: Callable[..., int], an_account: Callable[..., int]
) -> None:
    owner, helper = an_account("Lành"), an_account("Hoa")
    seller = a_seller(owner_id=owner)
    with transaction() as session:
        appoint_member(session, seller_id=seller, account_id=helper, role="staff", **BY)
        dismiss_member(session, seller_id=seller, account_id=helper, **LATER)
    names = [m.name for m in members_of(db.session(), seller, LATER["now"] + timedelta(seconds=1))]
    assert names == ["Lành"]
    assert len(db.session.scalars(select(SellerMember)).all()) == 2
