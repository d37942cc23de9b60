"""Money that came without a code: written down, counted by another, paid into the bank."""

import csv
import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from shop.accounts.models import Account as Person
from shop.audit.models import AuditEntry
from shop.current import vault
from shop.db import db, transaction
from shop.fundraising.actions import campaigns
from shop.fundraising.actions.cash import say_paid_in
from shop.fundraising.actions.gifts import confirm_gift, note_gift
from shop.fundraising.models import Campaign, CashDeposit, Gift
from shop.fundraising.rules import CampaignHasMoney, CampaignNotOpen, MoreThanInCash
from shop.kernel.clock import now_utc, vietnam_date
from shop.ledger.queries import balance
from shop.ledger.rules import Account
from shop.operations.proofs import broken
from shop.operations.undo import undo
from tests.engines import both_engines
from tests.fundraising.conftest import approved
from tests.fundraising.test_fund import code_of, figures, lines
from tests.operations.conftest import Desk
from tests.ordering.test_race import all_at_once


class World:
    """A campaign with its officer and its treasurer."""

    def __init__(self, campaign: int, officer: Desk, treasurer: Desk) -> None:
        self.campaign, self.officer, self.treasurer = campaign, officer, treasurer
        self.desk = f"/dieu-hanh/gay-quy/{campaign}"

    def written(self, **more: str) -> int:
        said = {"how": "cash", "amount": "300k", "on_day": today(), "name": "Cô Ba"} | more
        answer = self.officer.post(f"{self.desk}/tien-mat/gop", **said)
        assert answer.status_code == 303, refused(answer)
        db.session.rollback()
        return db.session.scalars(select(Gift.id).order_by(Gift.id.desc())).first()

    def confirm(self, gift: int, by: Desk, vnd: str = "300k") -> Any:
        told = {f"g{gift}-amount": vnd, f"g{gift}-seen": "0"}
        return by.post(f"{self.desk}/gop/{gift}/nhan", **told)

    def counted(self, **more: str) -> int:
        gift = self.written(**more)
        assert self.confirm(gift, self.treasurer, more.get("amount", "300k")).status_code == 303
        return gift

    def paid_in(self, vnd: str = "300k") -> int:
        answer = self.officer.post(
            f"{self.desk}/tien-mat/nop",
            **{"nop-amount": vnd, "nop-on_day": today(), "nop-reference": "GNT-7"},
        )
        assert answer.status_code == 303, refused(answer)
        db.session.rollback()
        return db.session.scalars(select(CashDeposit.id).order_by(CashDeposit.id.desc())).first()

    def answer(self, deposit: int, to: str, by: Desk) -> int:
        return by.post(f"{self.desk}/tien-mat/nop/{deposit}/{to}").status_code


def today(days: int = 0) -> str:
    return (vietnam_date(now_utc()) + timedelta(days)).isoformat()


def refused(answer: Any) -> str:
    return " ".join(re.findall(r'role="alert"[^>]*>(.*?)</div>', answer.text, re.DOTALL))


@pytest.fixture
def world(a_campaign, an_organisation, an_officer) -> World:
    unit = an_organisation()
    one = a_campaign(organisation_id=unit)
    officer, treasurer = an_officer(unit, "officer"), an_officer(unit, "treasurer")
    approved(one, officer.account_id, treasurer.account_id)
    return World(one, officer, treasurer)


def lies(campaign: int) -> tuple[int, int]:
    """Return what lies in the bank and in cash; every self-check holds."""
    db.session.rollback()
    assert broken(db.session()) == {}
    payee = db.session.get_one(Campaign, campaign).payee_id
    return (
        balance(db.session(), Account("fund_bank", f"payee:{payee}")),
        balance(db.session(), Account("campaign_cash", f"campaign:{campaign}")),
    )


@both_engines
def test_cash_is_counted_by_another_and_paid_into_the_bank_by_two(client, world):
    gift = world.written()
    assert (figures(world.campaign).raised_vnd, lines(world.campaign)) == (0, [])
    waits = "Đã ghi, chưa vào sổ"
    assert waits in world.officer.get(f"{world.desk}/tien-mat").text, "She sees that it waits."
    assert world.confirm(gift, world.officer).status_code == 404, "She may not count money at all."
    assert world.confirm(gift, world.treasurer).status_code == 303
    assert waits not in world.officer.get(f"{world.desk}/tien-mat").text
    now = figures(world.campaign)
    assert (now.raised_vnd, now.held_vnd, now.cash_vnd, now.free_vnd) == (
        300_000,
        300_000,
        300_000,
        0,
    )
    assert lies(world.campaign) == (0, 300_000)
    public = client.get(f"/gay-quy/{code_of(world.campaign)}/so-quy").text
    assert "Góp tiền mặt" in public
    assert "Cô Ba" in public
    assert "tiền mặt chưa nộp" in public
    deposit = world.paid_in()
    assert lies(world.campaign) == (0, 300_000)
    assert world.answer(deposit, "nhan", world.officer) == 404
    assert world.answer(deposit, "nhan", world.treasurer) == 303
    assert world.answer(deposit, "nhan", world.treasurer) == 409, "Noted once."
    assert lies(world.campaign) == (300_000, 0)
    now = figures(world.campaign)
    assert (now.held_vnd, now.cash_vnd, now.free_vnd, len(lines(world.campaign))) == (
        300_000,
        0,
        300_000,
        1,
    )
    assert "Tiền mặt đã nộp" in client.get(f"/gay-quy/{code_of(world.campaign)}/so-quy").text


@both_engines
def test_the_self_check_sees_cash_that_the_books_do_not_have(world):
    world.counted()
    deposit = world.paid_in()
    with transaction() as session:
        session.execute(
            update(CashDeposit).where(CashDeposit.id == deposit).values(
                state="noted", decided_by_id=world.treasurer.account_id
            )
        )  # fmt: skip
    db.session.rollback()
    (found,) = broken(db.session()).items()
    assert found[0] == "the cash of a fund is what was counted of it, less what was paid in"
    assert (found[1][0]["paid_in_vnd"], found[1][0]["booked_vnd"]) == (300_000, 300_000)


@both_engines
def test_nobody_counts_the_cash_that_she_wrote_down_herself(world, an_officer):
    unit = db.session.get_one(Campaign, world.campaign).organisation_id
    world.officer = an_officer(unit, "head")  # She may do either, and not both.
    gift = world.written()
    answer = world.confirm(gift, world.officer)
    assert (answer.status_code, "cần một người khác" in refused(answer)) == (409, True)
    assert "Đã đếm đủ" not in world.officer.get(world.desk).text
    assert "Đã đếm đủ" in world.treasurer.get(world.desk).text
    assert world.confirm(gift, world.treasurer).status_code == 303
    assert world.confirm(gift, world.treasurer).status_code == 303, "The same tap counts once."
    assert figures(world.campaign).raised_vnd == 300_000
    deposit = world.paid_in()
    answer = world.officer.post(f"{world.desk}/tien-mat/nop/{deposit}/nhan")
    assert (answer.status_code, "cần một người khác" in refused(answer)) == (409, True)
    assert lies(world.campaign) == (0, 300_000)


@both_engines
def test_who_counts_cash_alone_decides_no_sum(world):
    """Two people answer for one sum: neither more nor less, nor again once it is counted."""
    gift = world.written()
    for other in ("100k", "900k"):
        answer = world.confirm(gift, world.treasurer, other)
        assert (answer.status_code, "Hai người đếm lại" in refused(answer)) == (422, True)
    assert world.confirm(gift, world.treasurer).status_code == 303
    again = {f"g{gift}-amount": "300k", f"g{gift}-seen": "300000"}
    assert world.treasurer.post(f"{world.desk}/gop/{gift}/nhan", **again).status_code == 422
    assert lies(world.campaign) == (0, 300_000)


@both_engines
def test_a_transfer_without_a_code_is_confirmed_by_whoever_sees_the_account(world):
    gift = world.written(how="transfer", name="", on_day=today(-2))
    assert world.confirm(gift, world.treasurer).status_code == 303
    assert lies(world.campaign) == (300_000, 0)
    (line,) = lines(world.campaign)
    assert (line.name, line.on_day.isoformat()) == ("", today(-2))


@both_engines
def test_what_was_written_wrongly_is_taken_back(world):
    first = world.written()
    assert world.officer.post(f"{world.desk}/gop/{first}/bo").status_code == 303
    assert world.confirm(first, world.treasurer).status_code == 303
    assert figures(world.campaign).raised_vnd == 0, "It was given up."
    second = world.counted()
    told = {f"g{second}-amount": "300k", f"g{second}-seen": "300000"}
    assert world.treasurer.post(f"{world.desk}/gop/{second}/lui", **told).status_code == 303
    assert lies(world.campaign) == (0, 0)
    assert [line.amount_vnd for line in lines(world.campaign)] == [300_000, -300_000]
    assert world.officer.post(f"{world.desk}/gop/{second}/bo").status_code == 303
    third = world.counted()
    answer = world.officer.post(f"{world.desk}/gop/{third}/bo")
    assert (answer.status_code, figures(world.campaign).raised_vnd) == (409, 300_000)
    deposit = world.paid_in()
    assert world.answer(deposit, "bo", world.officer) == 303
    deposit = world.paid_in()
    assert world.answer(deposit, "nhan", world.treasurer) == 303
    told = {f"g{third}-amount": "300k", f"g{third}-seen": "300000"}
    answer = world.treasurer.post(f"{world.desk}/gop/{third}/lui", **told)
    assert (answer.status_code, "Tiền mặt của quỹ chỉ còn" in refused(answer)) == (422, True)
    assert world.answer(deposit, "khong-co", world.officer) == 404
    assert world.answer(deposit, "khong-co", world.treasurer) == 303
    assert lies(world.campaign) == (0, 300_000)


@both_engines
def test_cash_is_not_spent_before_it_is_in_the_bank_nor_paid_in_twice(world):
    world.counted()
    assert "Nộp rồi mới trao hay chi được" in world.officer.get(f"{world.desk}/trao/moi").text
    assert "tiền mặt chưa nộp" in world.officer.get(f"{world.desk}/phieu").text
    plan = {"what": "cost-money", "words_vi": "Xe chở", "amount": "100k", "households": "1"}
    answer = world.officer.post(f"{world.desk}/trao/moi", **plan)
    assert (answer.status_code, "Quỹ chỉ còn" in refused(answer)) == (409, True)
    answer = world.officer.post(
        f"{world.desk}/tien-mat/nop", **{"nop-amount": "300.001", "nop-on_day": today()}
    )
    assert (answer.status_code, "chỉ còn" in refused(answer)) == (422, True)
    early = {"nop-amount": "200k", "nop-on_day": today(-11)}
    assert world.officer.post(f"{world.desk}/tien-mat/nop", **early).status_code == 422
    deposit = world.paid_in("200k")
    answer = world.officer.post(
        f"{world.desk}/tien-mat/nop", **{"nop-amount": "100k", "nop-on_day": today()}
    )
    assert answer.status_code == 409, "One waits for its second person."
    assert world.answer(deposit, "nhan", world.treasurer) == 303
    answer = world.officer.post(f"{world.desk}/trao/moi", **plan)
    assert answer.status_code == 303
    assert lies(world.campaign) == (200_000, 100_000)
    way = answer.headers["Location"].split("?")[0]
    assert world.treasurer.post(f"{way}/duyet").status_code == 303
    done = {"done_on": today(), "witness_one": "Một", "witness_two": "Hai", "voucher_no": "PC1"}
    assert world.officer.post(f"{way}/xong", **done).status_code == 303
    answer = world.treasurer.post(f"{world.desk}/tien-mat/nop/{deposit}/khong-co")
    assert (answer.status_code, "Quỹ chỉ còn" in refused(answer)) == (409, True)
    assert lies(world.campaign) == (100_000, 100_000)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"amount": ""}, "Chị ghi số tiền"),
        ({"amount": "500"}, "Số tiền chưa đúng"),
        ({"on_day": ""}, "ngày nhận tiền"),
        ({"on_day": today(1)}, "chưa tới"),
        ({"on_day": today(-11)}, "trước khi đợt gây quỹ mở"),
    ],
)
def test_a_form_that_cannot_be_right_stores_nothing(world, wrong, words):
    said = {"how": "cash", "amount": "300k", "on_day": today(), "name": ""} | wrong
    answer = world.officer.post(f"{world.desk}/tien-mat/gop", **said)
    assert (answer.status_code, words in answer.text) == (422, True)
    assert db.session.scalars(select(Gift.id)).all() == []


@both_engines
def test_what_came_in_time_is_written_down_after_the_last_day_and_later_money_is_not(world):
    with transaction() as session:
        campaign = session.get_one(Campaign, world.campaign)
        campaign.closes_on, campaign.state = vietnam_date(now_utc()) - timedelta(1), "closed"
    gift = world.written(on_day=today(-1))
    assert world.confirm(gift, world.treasurer).status_code == 303
    assert figures(world.campaign).raised_vnd == 300_000
    with transaction() as session, pytest.raises(CampaignNotOpen):
        note_gift(
            session, campaign_id=world.campaign, amount_vnd=1_000, in_cash=True, shown_name="",
            came_on=vietnam_date(now_utc()), attempt_id="late", actor_id=1, actor_name="",
            now=now_utc(),
        )  # fmt: skip
    with transaction() as session, pytest.raises(CampaignHasMoney):  # The cash is the fund's.
        campaigns.finish_campaign(
            session, campaign_id=world.campaign, actor_id=None, actor_name="", now=now_utc()
        )


@both_engines
def test_nobody_takes_cash_once_a_campaign_was_closed_before_its_last_day(world):
    with transaction() as session:
        campaign = session.get_one(Campaign, world.campaign)
        campaign.state, campaign.closed_at = "closed", now_utc() - timedelta(days=2)
    said = {"how": "cash", "amount": "300k", "name": ""}
    answer = world.officer.post(f"{world.desk}/tien-mat/gop", **said, on_day=today())
    assert (answer.status_code, db.session.scalars(select(Gift.id)).all()) == (409, [])
    db.session.rollback()
    assert world.confirm(world.written(on_day=today(-2)), world.treasurer).status_code == 303
    assert world.confirm(world.written(how="transfer"), world.treasurer).status_code == 303
    assert lies(world.campaign) == (300_000, 300_000)


@both_engines
def test_one_form_is_one_gift_and_two_who_count_at_once_count_once(app, world):
    said = {"how": "cash", "amount": "300k", "on_day": today(), "name": "", "shown": "a" * 32}
    for _ in range(2):
        assert world.officer.post(f"{world.desk}/tien-mat/gop", **said).status_code == 303
    db.session.rollback()
    (gift,) = db.session.scalars(select(Gift.id)).all()
    db.session.rollback()
    other = said | {"amount": "400k"}  # She went back to the form and wrote the next one.
    assert world.officer.post(f"{world.desk}/tien-mat/gop", **other).status_code == 303
    db.session.rollback()
    assert db.session.scalars(select(Gift.amount_vnd).order_by(Gift.id)).all() == [300_000, 400_000]
    db.session.rollback()

    def count(_: int) -> str:
        with transaction() as session:
            counted = confirm_gift(
                session, gift_id=gift, amount_vnd=300_000, seen_vnd=0,
                actor_id=world.treasurer.account_id, actor_name="", now=now_utc(),
            )  # fmt: skip
        return "counted" if counted else "before"

    assert all_at_once(app, count, 4) == {"counted": 1, "before": 3}
    assert lies(world.campaign) == (0, 300_000)


@both_engines
def test_files_say_that_it_was_cash_and_the_trail_undoes_a_note(client, world):
    gift = world.counted()
    code = code_of(world.campaign)
    rows = list(csv.DictReader(client.get(f"/gay-quy/{code}/so-quy.csv").text.splitlines()))
    assert [(row["kind"], row["amount_vnd"]) for row in rows] == [("gift", "300000")]
    assert client.get(f"/gay-quy/{code}/so-quy.xlsx").status_code == 200
    assert client.get(f"/gay-quy/{code}/bao-cao.pdf").data.startswith(b"%PDF")
    assert "tiền mặt chưa nộp" in client.get(f"/gay-quy/{code}/bao-cao").text
    other = world.written(amount="50k")
    trail = select(AuditEntry).where(AuditEntry.action == "gift.noted").order_by(AuditEntry.id)
    with transaction() as session:
        first, last = session.scalars(trail)
        assert (first.facts["gift_id"], last.facts["gift_id"]) == (gift, other)
        undo(session, entry_id=last.id, actor_id=None, actor_name="", now=now_utc())
    db.session.rollback()
    assert db.session.get_one(Gift, other).withdrawn_at is not None


def test_the_same_is_done_on_the_command_line(world, run):
    code = code_of(world.campaign)
    first, second = "0905000770", "0905000771"
    with transaction() as session:
        for phone, desk in ((first, world.officer), (second, world.treasurer)):
            person = session.get_one(Person, desk.account_id)
            person.phone_index = vault().index("phone", "+84" + phone[1:])
    memo = run(
        "campaign", "write-gift", code, "--by", first, "--amount", "300k", "--on", today(), "--cash"
    ).strip()
    run("campaign", "received", memo, "--amount", "300k", fails=True)
    run("campaign", "received", memo, "--amount", "300k", "--by", second)
    gone = run(
        "campaign", "write-gift", code, "--by", first, "--amount", "9k", "--on", today()
    ).strip()
    run("campaign", "drop-gift", gone)
    say = ("campaign", "cash-paid-in", code, "--by", first, "--amount", "300k", "--on", today())
    run("campaign", "drop-cash-paid-in", run(*say).strip())
    number = run(*say).strip()
    run("campaign", "note-cash-paid-in", number, "--by", second)
    assert lies(world.campaign) == (300_000, 0)
    run("campaign", "cash-not-paid-in", number)
    assert lies(world.campaign) == (0, 300_000)
    with transaction() as session, pytest.raises(MoreThanInCash):
        say_paid_in(
            session, campaign_id=world.campaign, amount_vnd=300_001, reference="", actor_id=1,
            on_day=vietnam_date(now_utc()), actor_name="", now=now_utc(),
        )  # fmt: skip
