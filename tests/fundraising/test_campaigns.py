"""A campaign from a draft to its end: two people open it, money has a line, nothing is edited."""

import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from shop.audit.models import AuditEntry
from shop.db import db, in_transaction
from shop.fundraising.actions import campaigns, gifts
from shop.fundraising.models import Campaign, CampaignApproval, CampaignDeadline, FundEntry, Gift
from shop.fundraising.queries.campaigns import campaigns_shown
from shop.fundraising.queries.figures import figures_of
from shop.fundraising.rules import CampaignFixed, CampaignNotOpen, IllegalCampaignMove
from shop.kernel.clock import VIETNAM, now_utc, vietnam_date
from shop.operations.undo import undo
from shop.organisations.rules import UndoTooLate
from shop.web.shown import shown_now
from tests.engines import both_engines
from tests.operations.conftest import Desk

BY = {"actor_id": None, "actor_name": "Hương"}


def day(ahead: int) -> str:
    return f"{(now_utc() + timedelta(days=ahead)).astimezone(VIETNAM):%d/%m/%Y}"


def form(**more: str) -> dict[str, str]:
    return {
        "gets_back": "goods", "emergency": "no", "title_vi": "Heo giống cho sáu chị",
        "for_whom_vi": "sáu chị ở hai chi hội", "why_vi": "Mỗi chị một cặp heo giống.",
        "beneficiary_rule_vi": "Hai chi hội họp bình xét.", "spending_vi": "Chỉ mua heo giống.",
        "legal_basis_vi": "Quy chế quỹ của Hội", "document_no": "12/QC-HPN",
        "document_on": day(-30), "goal": "18.000.000", "opens_on": day(0),
        "closes_on": day(30), "distribute_by": day(45), **more,
    }  # fmt: skip


def given(**more: str) -> dict[str, str]:
    return {
        "amount": "100000", "own": "", "name": "Cô Ba", "email": "ba@example.net",
        "message": "Chúc các chị nuôi heo mát tay", "website": "",
        "shown": shown_now(now_utc() - timedelta(seconds=5)), **more,
    }  # fmt: skip


def newest(model=Campaign):
    db.session.rollback()
    return db.session.scalars(select(model).order_by(model.id.desc())).first()


@pytest.fixture
def people(an_organisation, an_account_of, an_officer) -> dict[str, Desk]:
    """The people of one unit that has a bank account."""
    unit = an_organisation()
    an_account_of(unit)
    return {role: an_officer(unit, role) for role in ("head", "deputy", "treasurer", "officer")}


def written(desk: Desk, **more: str) -> str:
    unit = re.search(r'value="(\d+)"[^>]*>[^<]*Hội LHPN', desk.get("/dieu-hanh/gay-quy/moi").text)[
        1
    ]
    answer = desk.post("/dieu-hanh/gay-quy/moi", organisation=unit, **form(**more))
    assert answer.status_code == 303, answer.text
    return f"/dieu-hanh/gay-quy/{newest().id}"


def approve(desk: Desk, here: str):
    """Answer for what her page shows."""
    read = re.search(r'name="ban" value="(\w+)"', desk.get(here).text)
    return desk.post(f"{here}/duyet", ban=read[1] if read else "")


def opened(people: dict[str, Desk], **more: str) -> str:
    here = written(people["officer"], **more)
    assert people["officer"].post(f"{here}/buoc/gui").status_code == 303
    for role in ("head", "treasurer"):
        assert approve(people[role], here).status_code == 303
    assert newest().state == "open"
    return here


@both_engines
def test_two_different_people_open_it_and_nobody_twice(app, client, people):
    here = written(people["head"])
    public = f"/gay-quy/{newest().code}"
    assert approve(people["head"], here).status_code == 409, "It does not wait yet."
    people["head"].post(f"{here}/buoc/gui")
    page = people["treasurer"].get(here).text
    assert "Tôi duyệt đợt này" in page
    row = newest()
    for said in (row.why_vi, row.beneficiary_rule_vi, row.spending_vi):
        assert said in page, "She reads all that everybody will read."
    assert approve(people["officer"], here).status_code == 404, "No right."
    told = "đợt gây quỹ chờ chị duyệt"
    waits = {role: told in desk.get("/dieu-hanh").text for role, desk in people.items()}
    assert waits == {"head": True, "deputy": True, "treasurer": True, "officer": False}
    assert approve(people["head"], here).status_code == 303, "Its author may be one."
    assert told not in people["head"].get("/dieu-hanh").text, "It waits for another."
    assert approve(people["head"], here).status_code == 409, "But not both."
    assert len(db.session.scalars(select(CampaignApproval)).all()) == 1
    assert newest().state == "waiting"
    assert client.get(public).status_code == 404
    assert approve(people["treasurer"], here).status_code == 303
    assert newest().state == "open"
    page = client.get(public).text
    for said in ("Heo giống cho sáu chị", "12/QC-HPN", "Góp vào quỹ", "Trao hết cho người nhận"):
        assert said in page
    assert "Heo giống cho sáu chị" in client.get("/gay-quy").text
    assert "Piglets" not in client.get(f"/en{public}").text
    assert "What the money is used for" in client.get(f"/en{public}").text
    duties = db.session.scalars(select(CampaignDeadline.duty).order_by(CampaignDeadline.id)).all()
    assert duties == ["announce", "totals", "hand_over", "uses"]


@both_engines
def test_a_change_asks_for_both_approvals_again_and_an_open_one_is_fixed(people):
    here = written(people["officer"])
    people["officer"].post(f"{here}/buoc/gui")
    approve(people["head"], here)
    assert people["officer"].post(f"{here}/sua", **form(goal="nhiều lắm")).status_code == 422
    assert people["officer"].post(f"{here}/sua", **form(goal="20.000.000")).status_code == 303
    assert (newest().state, newest().goal_vnd) == ("draft", 20_000_000)
    people["officer"].post(f"{here}/buoc/gui")
    approve(people["treasurer"], here)
    assert newest().state == "waiting", "The first approval was of something else."
    approve(people["head"], here)
    assert newest().state == "open"
    for state in ("open", "closed"):
        assert people["officer"].post(f"{here}/sua", **form(goal="1.000")).status_code == 409
        assert (newest().state, newest().goal_vnd) == (state, 20_000_000)
        people["officer"].post(f"{here}/buoc/dong")
    with pytest.raises(CampaignFixed):
        in_transaction(
            lambda session: campaigns.change_campaign(
                session, campaign_id=newest().id, said={"goal_vnd": 1}, now=now_utc(), **BY
            )
        )


@both_engines
def test_nobody_answers_for_words_that_she_did_not_read(people):
    here, writes = written(people["officer"]), people["officer"]
    writes.post(f"{here}/buoc/gui")
    read = re.search(r'name="ban" value="(\w+)"', people["head"].get(here).text)[1]
    writes.post(f"{here}/sua", **form(beneficiary_rule_vi="Nhà em tôi nhận hết."))
    writes.post(f"{here}/buoc/gui")
    for sent in (read, ""):
        answer = people["head"].post(f"{here}/duyet", ban=sent)
        assert answer.status_code == 409
        assert "vừa được sửa" in answer.text
    assert db.session.scalars(select(CampaignApproval)).all() == []
    assert approve(people["head"], here).status_code == 303


@both_engines
def test_what_one_gets_back_decides_the_kind_and_its_days(people):
    officer = people["officer"]
    here = written(officer, gets_back="nothing", emergency="yes", closes_on=day(120),
                   distribute_by=day(150))  # fmt: skip
    assert newest().kind == "relief"
    assert officer.post(f"{here}/buoc/gui").status_code == 409
    assert "nhiều nhất 90 ngày" in officer.get(here).text
    written(officer, gets_back="nothing")
    assert newest().kind == "giving"
    written(officer, closes_on="", distribute_by="")
    assert (newest().kind, newest().closes_on) == ("sale", None)
    wrong = officer.post("/dieu-hanh/gay-quy/moi", **form(gets_back="nothing", closes_on=""))
    assert wrong.status_code == 422
    assert "phải có ngày cuối" in wrong.text


@both_engines
def test_a_unit_without_an_account_raises_nothing(app, an_organisation, an_officer):
    desk = an_officer(an_organisation(), "officer")
    unit = re.search(r'value="(\d+)"[^>]*>[^<]*Hội LHPN', desk.get("/dieu-hanh/gay-quy/moi").text)[
        1
    ]
    answer = desk.post("/dieu-hanh/gay-quy/moi", organisation=unit, **form())
    assert answer.status_code == 409
    assert "chưa có tài khoản ngân hàng" in answer.text
    assert newest() is None


@both_engines
def test_another_units_officer_and_a_stranger_see_nothing(app, people, an_organisation, an_officer):
    here = written(people["officer"])
    stranger = an_officer(an_organisation("Hội xã khác"), "head")
    assert stranger.get(here).status_code == 404
    for way in ("buoc/gui", "duyet", "hang", "buoc/lung-tung"):
        assert stranger.post(f"{here}/{way}").status_code == 404
    assert newest().state == "draft"


@pytest.mark.parametrize(("amount", "answer"), [("499.999.999", 200), ("500.000.000", 404)])
@both_engines
def test_a_gift_that_one_transfer_cannot_carry_has_a_page_without_a_picture(
    client, people, amount, answer
):
    opened(people)
    sent = client.post(f"/gay-quy/{newest().code}", data=given(amount="own", own=amount)).headers[
        "Location"
    ]
    page = client.get(sent)
    assert page.status_code == 200
    assert newest(Gift).memo in page.text
    assert amount in page.text
    for kind in ("svg", "png"):
        assert client.get(f"{sent.split('?')[0]}/qr.{kind}").status_code == answer


@both_engines
def test_giving_by_transfer_from_the_page_to_the_private_link(app, client, people):
    here = opened(people)
    public = f"/gay-quy/{newest().code}"
    assert client.post(public, data=given(website="x")).status_code == 422
    assert client.post(public, data=given(amount="own")).status_code == 422
    assert client.post(public, data=given(amount="own", own="0")).status_code == 422
    assert newest(Gift) is None
    sent = given(show_name="y")
    answer = client.post(public, data=sent)
    assert answer.status_code == 303
    assert client.post(public, data=sent).headers["Location"] == answer.headers["Location"]
    assert len(db.session.scalars(select(Gift.id)).all()) == 1, "One form, one gift."
    link = answer.headers["Location"]
    page = client.get(link).text
    gift = newest(Gift)
    assert gift.memo in page
    assert "100.000" in page
    assert client.get(link.split("?")[0] + "/qr.svg").status_code == 200
    assert client.get(link.split("?")[0][:-3] + "abc").status_code == 404
    assert b"ba@example.net" not in gift.contact
    received = {f"g{gift.id}-amount": "100.000", f"g{gift.id}-seen": "0"}
    at = f"{here}/gop/{gift.id}/nhan"
    assert people["officer"].post(at, **received).status_code == 404, "No right to count money."
    for _ in range(2):
        assert people["treasurer"].post(at, **received).status_code == 303
    entry = newest(FundEntry)
    assert (entry.amount_vnd, entry.name, entry.number) == (100_000, "Cô Ba", 1)
    page = client.get(link).text
    assert "Quỹ đã nhận" in page
    assert entry.code in page
    assert "100.000" in client.get(public).text
    hidden = client.get(public).text
    assert "mát tay" not in hidden, "A message is read first."
    people["officer"].post(f"{here}/loi-nhan/{gift.id}/hien")
    assert "mát tay" in client.get(public).text


@both_engines
def test_a_wrong_tap_is_a_line_of_its_own(app, client, people):
    here = opened(people)
    client.post(f"/gay-quy/{newest().code}", data=given())
    gift = newest(Gift)
    name = f"g{gift.id}"
    treasurer = people["treasurer"]
    treasurer.post(f"{here}/gop/{gift.id}/nhan", **{f"{name}-amount": "90k", f"{name}-seen": "0"})
    for _ in range(2):
        treasurer.post(f"{here}/gop/{gift.id}/lui", **{f"{name}-seen": "90000"})
    db.session.rollback()
    amounts = db.session.scalars(select(FundEntry.amount_vnd).order_by(FundEntry.number)).all()
    assert amounts == [90_000, -90_000]
    assert newest(Gift).received_vnd == 0
    treasurer.post(f"{here}/gop/{gift.id}/nhan", **{f"{name}-amount": "90k", f"{name}-seen": "0"})
    assert newest(Gift).received_vnd == 90_000


@both_engines
def test_after_the_last_day_nothing_is_taken(app, client, people):
    opened(people)
    code, campaign_id = newest().code, newest().id
    client.post(f"/gay-quy/{code}", data=given())
    gift = newest(Gift)
    with time_machine.travel(now_utc() + timedelta(days=31)):
        assert client.post(f"/gay-quy/{code}", data=given()).status_code == 409
        assert len(db.session.scalars(select(Gift.id)).all()) == 1
        in_transaction(lambda session: campaigns.close_what_is_over(session, now_utc()))
        assert newest().state == "closed"
        with pytest.raises(CampaignNotOpen):
            in_transaction(
                lambda session: gifts.confirm_gift(
                    session, gift_id=gift.id, amount_vnd=100_000, seen_vnd=0, now=now_utc(), **BY
                )
            )
        db.session.rollback()
        assert newest(FundEntry) is None, "Late money is no gift."
        in_time = now_utc() - timedelta(days=2)
        assert in_transaction(
            lambda session: gifts.receive_gift(
                session, gift_id=gift.id, amount_vnd=100_000, key="gift:x", now=now_utc(),
                occurred_at=in_time,
            )
        ), "What came in time and was seen late counts."  # fmt: skip
        assert figures_of(db.session(), [campaign_id])[campaign_id].raised_vnd == 100_000


@both_engines
def test_every_step_is_in_the_trail_and_is_taken_back_while_nothing_was_built_on_it(
    app, a_campaign
):
    one = a_campaign(state="open")

    def last(action: str) -> int:
        db.session.rollback()
        wanted = select(AuditEntry.id).where(AuditEntry.action == action)
        return db.session.scalars(wanted.order_by(AuditEntry.id.desc())).first()

    def take_back(action: str) -> None:
        entry = last(action)
        in_transaction(lambda s: undo(s, entry_id=entry, now=now_utc(), **BY))

    def act(what) -> None:
        in_transaction(lambda s: what(s, campaign_id=one, now=now_utc(), **BY))

    act(campaigns.close_campaign)
    take_back("campaign.closed")
    assert newest().state == "open"
    act(campaigns.close_campaign)
    act(campaigns.finish_campaign)
    take_back("campaign.finished")
    assert newest().state == "closed"
    with pytest.raises(IllegalCampaignMove):
        act(campaigns.hide_campaign)
    two = a_campaign(state="draft", opened_at=None)
    one = two
    act(campaigns.submit_campaign)
    take_back("campaign.submitted")
    assert newest().state == "draft"
    act(campaigns.cancel_campaign)
    take_back("campaign.cancelled")
    in_transaction(
        lambda s: campaigns.change_campaign(
            s, campaign_id=one, said={"title_vi": "Khác", "goal_vnd": 7}, now=now_utc(), **BY
        )
    )
    take_back("campaign.changed")
    assert (newest().title_vi, newest().goal_vnd) == ("Bò giống cho chị em nghèo", 50_000_000)
    act(campaigns.cancel_campaign)
    with pytest.raises(UndoTooLate):
        take_back("campaign.submitted")


@both_engines
def test_the_whole_way_by_command(run, people, app):
    unit = "hoi"
    from shop.organisations.models import Organisation

    unit = db.session.scalars(select(Organisation.slug)).first()
    today = vietnam_date(now_utc())
    said = run(
        "campaign", "write", unit, "--kind", "sale", "--title", "Heo giống", "--for", "sáu chị",
        "--why", "Cần heo.", "--goal", "18.000.000", "--chosen", "Họp bình xét.", "--spending",
        "Mua heo.", "--basis", "Quy chế", "--document", "1/QC", "--document-on", "2026-01-05",
        "--from", f"{today}", "--to", f"{today + timedelta(days=30)}", "--hand-over-by",
        f"{today + timedelta(days=40)}",
    )  # fmt: skip
    code = newest().code
    assert code in said
    run("campaign", "change", code, "--goal", "20.000.000")
    run("campaign", "submit", code)
    run("campaign", "withdraw", code)
    run("campaign", "submit", code)
    from shop.accounts.models import Account
    from shop.accounts.queries import contact_of

    def phone(role: str) -> str:
        db.session.rollback()
        return contact_of(db.session.get_one(Account, people[role].account_id))["phone"]

    assert "không có quyền" in run(
        "campaign", "approve", code, "--by", phone("officer"), fails=True
    )
    run("campaign", "approve", code, "--by", phone("head"))
    assert "người khác" in run("campaign", "approve", code, "--by", phone("head"), fails=True)
    run("campaign", "approve", code, "--by", phone("deputy"))
    assert newest().state == "open"
    assert code in run("campaign", "list")
    assert "raised_vnd" in run("campaign", "show", code)
    run("campaign", "close", code)
    run("campaign", "finish", code)
    assert newest().state == "finished"


@both_engines
def test_a_list_of_campaigns_asks_three_times_however_many_there_are(
    app, a_campaign, count_queries
):
    for _ in range(3):
        a_campaign()
    a_campaign(state="finished")
    with count_queries() as seen:
        running, over = campaigns_shown(db.session(), vietnam_date(now_utc()))
    assert (len(running), len(over), len(seen)) == (3, 1, 3)


def test_neighbours_behind_one_address_do_not_take_each_others_turns(app, client, a_campaign):
    one = a_campaign()
    address, limits = f"/gay-quy/{newest().code}", app.extensions["limits"]
    for _ in range(30):
        limits.hit("30 per hour", "gift", "127.0.0.1")
    answers = [client.post(address, data=given()).status_code for _ in range(7)]
    assert answers == [303] * 6 + [429]
    elsewhere = {"REMOTE_ADDR": "203.0.113.9"}
    for _ in range(30):
        limits.hit("30 per hour", "gift", elsewhere["REMOTE_ADDR"])
    answer = client.post(address, data=given(), environ_overrides=elsewhere)
    assert answer.status_code == 303, "Who used her name here used up no turns of hers there."
    nobody = {"name": "", "email": ""}
    answers = [client.post(address, data=given(**nobody)).status_code for _ in range(8)]
    assert answers == [303] * 8, "Who says neither is told apart from nobody."
    for _ in range(300):
        limits.hit("300 per hour", "gift-more", "127.0.0.1")
    assert client.post(address, data=given(**nobody)).status_code == 429
    db.session.rollback()
    assert len(db.session.scalars(select(Gift.id).where(Gift.campaign_id == one)).all()) == 15
