"""What organisers have to do by a day is marked by doing it; officers are told before and after."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from shop.db import db, in_transaction, transaction
from shop.fundraising.actions import campaigns, duties, handing, offers
from shop.fundraising.actions.accounts_apart import collect_apart
from shop.fundraising.jobs import remind_of_duties
from shop.fundraising.models import Campaign, CampaignDeadline, CampaignReport, SharePayment
from shop.fundraising.paper_rules import (
    AccountUsed,
    MoreThanOwed,
    NeedsOwnAccount,
    NotHandedOver,
    ReportTooEarly,
)
from shop.fundraising.rules import Duty, deadlines
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.errors import Refusal
from shop.organisations.actions import appoint
from shop.outbox.relay import deliver_waiting
from shop.sellers.models import Payee
from shop.sellers.queries import account_number_of, current_payee
from tests.engines import both_engines
from tests.fundraising.test_fund import code_of, figures, put
from tests.fundraising.test_handing import do

BY: dict[str, Any] = {"actor_id": None, "actor_name": "Ai"}


@pytest.fixture
def one(a_campaign) -> int:
    """A campaign with its duties, a fund of 500,000 đồng, and its last day ahead."""
    made = a_campaign()
    with transaction() as session:
        row = session.get_one(Campaign, made)
        for duty, due_on in deadlines(row.kind, row.opens_on, row.closes_on, row.distribute_by):
            session.add(CampaignDeadline(campaign_id=made, duty=duty, due_on=due_on))
    put(made, 500_000, "fund:in")
    return made


def day(campaign_id: int, duty: Duty) -> date | None:
    db.session.rollback()
    return db.session.scalars(
        select(CampaignDeadline.done_on).where(
            CampaignDeadline.campaign_id == campaign_id, CampaignDeadline.duty == duty
        )
    ).one()


def handed_over(campaign_id: int, vnd: int, an_account, on: date | None = None) -> None:
    first, second = an_account("Hạnh"), an_account("Thu")
    said = {"purpose": "cost", "form": "money", "words_vi": "Bò", "amount_vnd": vnd}
    plan = do(handing.plan, campaign_id=campaign_id, said=said, actor_id=first, actor_name="Hạnh")
    do(handing.approve, disbursement_id=plan, actor_id=second, actor_name="Thu")
    do(
        handing.hand_over, disbursement_id=plan, done_on=on or vietnam_date(now_utc()),
        witnesses=("A", "B"), voucher_no="PC-1", **BY,
    )  # fmt: skip


def published(campaign_id: int, duty: str) -> int:
    return do(duties.publish_report, campaign_id=campaign_id, duty=duty, **BY)


@both_engines
def test_a_hand_over_that_empties_a_closed_fund_does_the_duty_and_late_money_undoes_it(
    one, an_account
):
    handed_over(one, 200_000, an_account)
    do(campaigns.close_campaign, campaign_id=one, **BY)
    assert day(one, Duty.HAND_OVER) is None, "300,000 are left."
    yesterday = vietnam_date(now_utc()) - timedelta(1)
    handed_over(one, 300_000, an_account, yesterday)
    assert day(one, Duty.HAND_OVER) == yesterday
    put(one, 50_000, "fund:late")
    assert day(one, Duty.HAND_OVER) is None
    handed_over(one, 50_000, an_account)
    assert day(one, Duty.HAND_OVER) == vietnam_date(now_utc())
    do(campaigns.reopen_campaign, campaign_id=one, **BY)
    assert day(one, Duty.HAND_OVER) is None


@both_engines
def test_reports_are_published_in_their_time_with_the_ledgers_figures_and_can_be_withdrawn(
    client, one, an_account
):
    with pytest.raises(ReportTooEarly):
        published(one, "totals")
    do(campaigns.close_campaign, campaign_id=one, **BY)
    with pytest.raises(NotHandedOver) as refusal:
        published(one, "uses")
    assert refusal.value.facts["held_vnd"] == 500_000
    published(one, "totals")
    with pytest.raises(Refusal):
        published(one, "totals")
    handed_over(one, 500_000, an_account)
    published(one, "uses")
    today = vietnam_date(now_utc())
    assert (day(one, Duty.TOTALS), day(one, Duty.USES)) == (today, today)
    db.session.rollback()
    first = db.session.scalars(select(CampaignReport).order_by(CampaignReport.id)).first()
    assert (first.figures["raised_vnd"], first.entries) == (500_000, 1)
    page = client.get(f"/gay-quy/{code_of(one)}/bao-cao").text
    assert first.chain[:16] in page
    assert "Đúng hạn" in client.get(f"/gay-quy/{code_of(one)}/so-quy").text
    do(duties.withdraw_report, campaign_id=one, duty="uses", **BY)
    assert day(one, Duty.USES) is None


def test_a_late_duty_is_a_red_flag_in_public_and_at_the_desk(
    client, one, an_officer, sign_in
):  # fmt: skip
    row = db.session.get_one(Campaign, one)
    head, code, last = an_officer(row.organisation_id, "head"), row.code, row.distribute_by
    db.session.rollback()
    late = datetime.combine(last, datetime.min.time(), now_utc().tzinfo) + timedelta(days=3)
    with time_machine.travel(late, tick=False):
        for way in (f"/gay-quy/{code}", f"/gay-quy/{code}/so-quy"):
            assert "Trễ hạn" in client.get(way).text, way
        again = sign_in(head.account_id, "officer")
        for way in ("/dieu-hanh/gay-quy", f"/dieu-hanh/gay-quy/{one}"):
            assert "Trễ hạn" in again.get(way).text, way


@both_engines
def test_officers_are_told_a_week_before_and_once_when_it_is_late(one, an_account, mails):
    person = an_account("Hạnh", email="hanh@example.net")
    with transaction() as session:
        row = session.get_one(Campaign, one)
        due = row.distribute_by
        appoint(
            session, organisation_id=row.organisation_id, account_id=person, role="officer",
            starts_on=vietnam_date(now_utc()), now=now_utc(), **BY,
        )  # fmt: skip
    for duty in (Duty.ANNOUNCE, Duty.TOTALS, Duty.USES):
        in_transaction(
            lambda session, duty=duty: duties.mark(
                session, one, duty, vietnam_date(now_utc()), None
            )
        )
    noon = datetime.combine(due, time(5), now_utc().tzinfo)
    told = []
    for days in (-9, -7, -6, 1, 2, 9):
        with time_machine.travel(noon + timedelta(days), tick=False):
            remind_of_duties(now_utc())
            while deliver_waiting(now_utc()):
                pass
            told.append(sorted(mail["Subject"].strip() for mail in mails()))
    assert [len(found) for found in told] == [0, 1, 1, 2, 2, 2]
    assert told[-1] == ["Sắp tới hạn: Trao hết cho người nhận", "Trễ hạn: Trao hết cho người nhận"]


@both_engines
def test_relief_is_opened_on_an_account_of_its_own_alone(a_campaign, an_account, an_account_of,
                                                         an_organisation):  # fmt: skip
    unit = an_organisation()
    common = an_account_of(unit)
    one = a_campaign(
        state="draft", kind="relief", organisation_id=unit, payee_id=common,
        distribute_by=vietnam_date(now_utc()) + timedelta(days=30),
    )  # fmt: skip
    with pytest.raises(NeedsOwnAccount):
        do(campaigns.submit_campaign, campaign_id=one, **BY)
    with transaction() as session:
        session.get_one(Campaign, one).state = "waiting"
    with pytest.raises(NeedsOwnAccount):
        do(campaigns.approve_campaign, campaign_id=one, actor_id=an_account("A"), actor_name="A")
    number = account_number_of(db.session.get_one(Payee, common))
    db.session.rollback()
    told = {"campaign_id": one, "bank_bin": "970405", "holder": "HOI LHPN", **BY}
    with pytest.raises(AccountUsed):
        do(collect_apart, number=number, **told)
    own = do(collect_apart, number="00000009999", **told)
    db.session.rollback()
    row = db.session.get_one(Campaign, one)
    assert (row.payee_id, row.state) == (own, "draft")
    payee = current_payee(db.session(), organisation_id=unit)
    assert payee.id == common, "It is nobody's account for anything else."
    db.session.rollback()
    do(campaigns.change_campaign, campaign_id=one, said={"title_vi": "Lũ"}, **BY)
    assert db.session.get_one(Campaign, one).payee_id == own
    db.session.rollback()
    do(campaigns.submit_campaign, campaign_id=one, **BY)
    for name in ("A", "B"):
        do(campaigns.approve_campaign, campaign_id=one, actor_id=an_account(name), actor_name=name)
    assert db.session.get_one(Campaign, one).state == "open"


def test_a_page_and_a_command_give_a_campaign_its_own_account(
    run, a_campaign, an_organisation, an_officer
):  # fmt: skip
    unit = an_organisation()
    one = a_campaign(state="draft", kind="relief", organisation_id=unit)
    head, way = an_officer(unit, "head"), f"/dieu-hanh/gay-quy/{one}/tai-khoan"
    assert "Tài khoản riêng" in head.get(f"/dieu-hanh/gay-quy/{one}").text
    assert head.post(way, bank="", number="1", holder="").status_code == 422
    told = {"bank": "970405", "number": "0000 0008 888", "holder": "Hoi LHPN"}
    assert head.post(way, **told).status_code == 303
    assert "8888" in head.get(way).text
    run("campaign", "own-account", code_of(one), "Agribank", "00000007777", "HOI LHPN")
    assert db.session.get_one(Payee, db.session.get_one(Campaign, one).payee_id).last4 == "7777"


def test_nobody_counts_by_hand_more_than_a_seller_owes(one, a_seller, an_account_of):
    seller = a_seller()
    with transaction() as session:
        row = SharePayment(
            campaign_id=one, seller_id=seller, payee_id=session.get_one(Campaign, one).payee_id,
            memo="CPSHARE001", amount_vnd=10_000, received_vnd=0, opened_at=now_utc(),
        )  # fmt: skip
        session.add(row)
        session.flush()
        number = row.id
    with pytest.raises(MoreThanOwed) as refusal:
        in_transaction(
            lambda session: offers.confirm_share(
                session, share_payment_id=number, amount_vnd=10_000, now=now_utc(), **BY
            )
        )
    assert refusal.value.facts["due_vnd"] == 0
    assert figures(one).raised_vnd == 500_000


def test_reports_are_published_on_the_page_and_by_command(run, one, an_officer):
    head = an_officer(db.session.get_one(Campaign, one).organisation_id, "head")
    way = f"/dieu-hanh/gay-quy/{one}/cong-bo"
    answer = head.post(f"{way}/totals/dang")
    assert (answer.status_code, "còn nhận tiền" in answer.text) == (409, True)
    do(campaigns.close_campaign, campaign_id=one, **BY)
    answer = head.post(f"{way}/uses/dang")
    assert (answer.status_code, "Trao hết rồi" in answer.text) == (409, True)
    assert head.post(f"{way}/totals/dang").status_code == 303
    assert "Rút lại" in head.get(f"/dieu-hanh/gay-quy/{one}/giay-to").text
    assert head.post(f"{way}/totals/rut").status_code == 303
    assert head.post(f"{way}/announce/dang").status_code == 404
    code = code_of(one)
    run("campaign", "publish", code, "totals")
    run("campaign", "publish", code, "totals", "--withdraw")
    assert run("campaign", "publish", code, "uses", fails=True)
