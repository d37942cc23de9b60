"""What leaves a fund was planned, approved by another person, and done before two witnesses."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from shop.audit.models import AuditEntry
from shop.db import db, in_transaction, transaction
from shop.fundraising.actions import handing, returning
from shop.fundraising.models import Beneficiary, Disbursement, DisbursementReturn, FundEntry
from shop.fundraising.paper_rules import NamesSomebody
from shop.fundraising.rules import (
    IllegalCampaignMove,
    MoreThanHandedOver,
    NotEnoughInFund,
    NotYourCampaign,
)
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.errors import Refusal
from shop.ledger.models import LedgerTransaction
from shop.operations.proofs import broken
from shop.organisations.actions import appoint
from shop.sharing.queries import CARDS
from tests.engines import both_engines
from tests.fundraising.test_fund import code_of, figures, lines, put

NAME = "Nguyễn Thị Kín"


def do(act, **told: Any) -> Any:
    return in_transaction(lambda session: act(session, now=now_utc(), **told).id)


def by(account_id: int) -> dict[str, Any]:
    return {"actor_id": account_id, "actor_name": "Ai"}


@pytest.fixture
def world(a_campaign, an_account) -> dict[str, int]:
    """An open campaign with 500,000 đồng, a beneficiary, and two people."""
    one = a_campaign()
    put(one, 500_000, "fund:in")
    first, second = an_account("Hạnh"), an_account("Thu")
    household = do(
        handing.add_beneficiary, campaign_id=one, ward_code="20001", ward_name="Xã Sông Lành",
        contact={"name": NAME, "phone": "+84905000222", "address": "thôn Kín", "note": ""},
        households=1, consent={}, actor_id=first,
    )  # fmt: skip
    return {"campaign": one, "first": first, "second": second, "household": household}


def planned(world: dict[str, int], vnd: int = 400_000, **more: Any) -> int:
    said = {
        "purpose": "hand_over", "form": "money", "beneficiary_id": world["household"],
        "words_vi": "Một con bò giống", "amount_vnd": vnd, **more,
    }  # fmt: skip
    return do(handing.plan, campaign_id=world["campaign"], said=said, **by(world["first"]))


def approved(world: dict[str, int], vnd: int = 400_000, **more: Any) -> int:
    one = planned(world, vnd, **more)
    return do(handing.approve, disbursement_id=one, **by(world["second"]))


def done(world: dict[str, int], one: int, **more: Any) -> int:
    told = {
        "done_on": vietnam_date(now_utc()), "witnesses": ("Cô Một", "Chú Hai"),
        "voucher_no": "PC-01", **more,
    }  # fmt: skip
    return do(handing.hand_over, disbursement_id=one, **told, **by(world["first"]))


def state(one: int) -> str:
    db.session.rollback()
    return db.session.get_one(Disbursement, one).state


@both_engines
def test_money_is_handed_over_by_a_public_line_and_the_ledger(world):
    one = approved(world)
    assert figures(world["campaign"]).held_vnd == 500_000, "Only done moves money."
    done(world, one)
    now = figures(world["campaign"])
    assert (now.handed_over_vnd, now.held_vnd) == (400_000, 100_000)
    assert lines(world["campaign"])[-1].disbursement_id == one
    with pytest.raises(IllegalCampaignMove):
        done(world, one)
    assert len(lines(world["campaign"])) == 2


def test_a_cost_is_a_cost_and_goods_are_no_money(world):
    done(world, approved(world, 30_000, purpose="cost", beneficiary_id=None))
    done(
        world,
        approved(world, 0, form="goods", goods_vi="5 bao gạo", stated_value_vnd=900_000),
        voucher_no="PX-01",
    )
    now = figures(world["campaign"])
    assert (now.costs_vnd, now.handed_over_vnd, now.held_vnd) == (30_000, 0, 470_000)


@both_engines
def test_nobody_approves_her_own_plan(world):
    one = planned(world)
    with pytest.raises(NotYourCampaign):
        do(handing.approve, disbursement_id=one, **by(world["first"]))
    assert state(one) == "planned"
    with pytest.raises(IllegalCampaignMove):
        done(world, one)
    assert figures(world["campaign"]).held_vnd == 500_000


@both_engines
def test_plans_together_never_ask_for_more_than_the_fund_has(world):
    planned(world, 300_000)
    with pytest.raises(NotEnoughInFund) as refusal:
        planned(world, 200_001)
    assert refusal.value.facts["held_vnd"] == 200_000
    db.session.rollback()
    assert len(db.session.scalars(select(Disbursement)).all()) == 1


@both_engines
def test_plans_and_hand_overs_at_once_never_spend_more_than_there_is(app, world):
    def try_one(n: int) -> str:
        with app.app_context():
            try:
                done(world, approved(world, 200_000), voucher_no=f"PC-{n}")
            except Refusal:
                return "refused"
            finally:
                db.session.remove()
            return "done"

    with ThreadPoolExecutor(6) as pool:
        said = list(pool.map(try_one, range(6)))
    assert (said.count("done"), figures(world["campaign"]).held_vnd) == (2, 100_000)


@both_engines
def test_one_that_is_done_at_once_by_many_is_done_once(app, world):
    one = approved(world)

    def try_one(n: int) -> str:
        with app.app_context():
            try:
                done(world, one)
            except Refusal:
                return "refused"
            finally:
                db.session.remove()
            return "done"

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(try_one, range(6))).count("done") == 1
    assert figures(world["campaign"]).held_vnd == 100_000


def test_a_finished_campaign_is_not_spent_from(a_campaign, an_account):
    for stands in ("draft", "waiting", "finished", "cancelled"):
        one = a_campaign(state=stands)
        told = {"purpose": "cost", "form": "goods", "words_vi": "x", "goods_vi": "x"}
        with pytest.raises(IllegalCampaignMove):
            do(handing.plan, campaign_id=one, said=told, **by(an_account(stands)))
    db.session.rollback()
    assert not db.session.scalars(select(Disbursement)).all()


@both_engines
def test_the_same_witness_twice_is_refused_by_the_database(world):
    one = approved(world)
    with pytest.raises(IntegrityError):
        done(world, one, witnesses=("Cô Một", "Cô Một"))
    assert (state(one), figures(world["campaign"]).held_vnd) == ("approved", 500_000)


def test_what_moved_no_money_is_taken_back(world):
    one = approved(world)
    do(handing.unapprove, disbursement_id=one, **by(world["second"]))
    assert state(one) == "planned"
    do(handing.cancel, disbursement_id=one, **by(world["first"]))
    assert state(one) == "cancelled"
    do(handing.plan_again, disbursement_id=one, **by(world["first"]))
    assert state(one) == "planned"


def test_a_beneficiary_is_her_commune_alone_on_every_page_file_and_in_the_trail(
    app, client, world, caplog
):  # fmt: skip
    caplog.set_level("DEBUG")
    done(world, approved(world))
    code = code_of(world["campaign"])
    with app.test_request_context():
        card = CARDS["gay-quy"](db.session(), code, now_utc())
    db.session.rollback()
    assert card is not None
    assert "Kín" not in str(card), "Pictures and posters draw these words alone."
    for way in ("so-quy", "so-quy.csv", "bao-cao", "kiem-so"):
        page = client.get(f"/gay-quy/{code}/{way}").text
        assert "Kín" not in page
        assert "N. T. K." not in page
    assert "Xã Sông Lành" in client.get(f"/gay-quy/{code}/so-quy").text
    assert "Kín" not in client.get("/tim?tu=Nguyen+Thi+Kin").text.split("<main")[1].replace(
        "Nguyen Thi Kin", ""
    )
    db.session.rollback()
    assert not any("Kín" in str(row.facts) for row in db.session.scalars(select(AuditEntry)))
    assert not any("Kín" in (row.name or "") for row in db.session.scalars(select(FundEntry)))
    assert "Kín" not in caplog.text


@pytest.mark.parametrize(
    ("consent_for", "days", "shown"),
    [("initials", 5, "N. T. K."), ("name", 5, NAME), ("initials", -1, ""), ("name", -1, "")],
)
def test_more_of_her_is_shown_only_as_long_as_she_agreed(client, world, consent_for, days, shown):
    done(world, approved(world))
    today = vietnam_date(now_utc())

    def agree(session):
        row = session.get_one(Beneficiary, world["household"])
        row.consent_for, row.consent_kind = consent_for, "paper"
        row.consent_on, row.consent_until = today - timedelta(30), today + timedelta(days)

    in_transaction(agree)
    code = code_of(world["campaign"])
    page = client.get(f"/gay-quy/{code}/so-quy").text
    assert ("N. T. K." in page, NAME in page) == (shown == "N. T. K.", shown == NAME)
    assert "N. T. K." not in client.get(f"/gay-quy/{code}/so-quy.csv").text
    assert NAME not in client.get(f"/gay-quy/{code}/so-quy.csv").text


def test_commands_hand_over_by_two_people_and_undo_what_moved_nothing(
    run, a_campaign, an_organisation, an_account
):  # fmt: skip
    unit = an_organisation()
    one = a_campaign(organisation_id=unit)
    put(one, 500_000, "fund:in")
    code, phones = code_of(one), {"officer": "+84905777001", "treasurer": "+84905777002"}
    for role, phone in phones.items():
        person = an_account(role, phone=phone)
        with transaction() as session:
            appoint(
                session, organisation_id=unit, account_id=person, role=role,
                starts_on=vietnam_date(now_utc()), actor_id=None, actor_name="", now=now_utc(),
            )  # fmt: skip
    her = ("--name", NAME, "--ward", "20669")
    plan = ("campaign", "plan", code, "--by", phones["officer"], "--words", "Một con bò", *her)
    assert "không đủ" in run(*plan, "--amount", "500.001", fails=True)
    made = run(*plan, "--amount", "400.000").strip()
    assert run("campaign", "approve-plan", made, "--by", phones["officer"], fails=True)
    run("campaign", "approve-plan", made, "--by", phones["treasurer"])
    told = ("campaign", "done", made, "--on", f"{vietnam_date(now_utc())}", "--voucher", "PC-1")
    assert run(*told, "--witness", "A", "--witness", "A", fails=True)
    run(*told, "--witness", "A", "--witness", "B")
    shown = run("campaign", "hand-overs", code)
    assert "done" in shown
    assert "Kín" not in shown
    other = run(*plan, "--goods", "5 bao gạo").strip()
    run("campaign", "drop-plan", other)
    assert figures(one).held_vnd == 100_000
    db.session.rollback()
    entry = db.session.scalars(
        select(AuditEntry.id).where(AuditEntry.action == "disbursement.cancelled")
    ).one()
    db.session.rollback()
    run("undo", str(entry))
    assert "planned" in run("campaign", "hand-overs", code)
    told = ("campaign", "came-back", made, "--on", f"{vietnam_date(now_utc())}", "--why", "Sai số")
    told += ("--amount", "50000", "--by", phones["officer"])
    run("campaign", "drop-back", run(*told).strip())
    said = run(*told, "--reference", "FT7").strip()
    assert run("campaign", "note-back", said, "--by", phones["officer"], fails=True)
    assert run("campaign", "note-back", "999", "--by", phones["treasurer"], fails=True)
    run("campaign", "note-back", said, "--by", phones["treasurer"])
    assert figures(one).held_vnd == 150_000


def back(world: dict[str, int], one: int, vnd: int, **more: Any) -> int:
    told = {
        "on_day": vietnam_date(now_utc()), "reference": "FT9", "why": "Số tài khoản sai", **more,
    }  # fmt: skip
    return do(
        returning.say_returned, disbursement_id=one, amount_vnd=vnd, **told, **by(world["first"])
    )


def note_back(world: dict[str, int], said: int, who: str = "second") -> int:
    return do(returning.note_returned, return_id=said, **by(world[who]))


@both_engines
def test_money_that_comes_back_is_in_the_fund_once_another_person_notes_it(world):
    one = done(world, approved(world))
    said = back(world, one, 150_000)
    assert figures(world["campaign"]).held_vnd == 100_000, "Saying it moves nothing."
    with pytest.raises(NotYourCampaign):
        note_back(world, said, "first")
    with pytest.raises(IllegalCampaignMove):
        back(world, one, 1)
    db.session.rollback()
    note_back(world, said)
    with pytest.raises(IllegalCampaignMove):
        note_back(world, said)
    now = figures(world["campaign"])
    assert (now.handed_over_vnd, now.held_vnd) == (250_000, 250_000)
    line = lines(world["campaign"])[-1]
    assert (line.kind, line.amount_vnd, line.disbursement_id) == ("handed_over", 150_000, one)
    why = db.session.get_one(LedgerTransaction, line.transaction_id).note
    assert why == "Số tài khoản sai"
    db.session.rollback()
    with pytest.raises(MoreThanHandedOver) as refusal:
        back(world, one, 250_001)
    assert refusal.value.facts["left_vnd"] == 250_000
    db.session.rollback()
    note_back(world, back(world, one, 250_000, reference=""))
    assert figures(world["campaign"]).handed_over_vnd == 0
    done(world, approved(world, 500_000))
    assert set(broken(db.session())) <= {"two different people opened every campaign"}


@both_engines
def test_what_was_said_to_come_back_is_dropped_and_then_said_anew(world):
    one = done(world, approved(world))
    said = back(world, one, 400_000)
    do(returning.drop_returned, return_id=said, **by(world["first"]))
    with pytest.raises(IllegalCampaignMove):
        note_back(world, said)
    db.session.rollback()
    assert figures(world["campaign"]).held_vnd == 100_000
    note_back(world, back(world, one, 400_000))
    assert figures(world["campaign"]).held_vnd == 500_000


@both_engines
def test_nothing_comes_back_of_what_was_not_handed_over_in_money(world):
    goods = done(
        world,
        approved(world, 0, form="goods", goods_vi="5 bao gạo", stated_value_vnd=900_000),
    )
    for one in (goods, approved(world)):
        with pytest.raises(IllegalCampaignMove):
            back(world, one, 1_000)
        db.session.rollback()
    assert db.session.scalars(select(DisbursementReturn)).all() == []


def test_the_reason_names_nobody_who_gets_something(world):
    one = done(world, approved(world))
    with pytest.raises(NamesSomebody):
        back(world, one, 1_000, why="chị Kín trả lại")


@both_engines
def test_the_database_itself_wants_two_people_for_money_that_comes_back(world):
    one = done(world, approved(world))
    said = back(world, one, 1_000)
    entry = lines(world["campaign"])[-1].id
    db.session.rollback()
    with pytest.raises(IntegrityError), transaction() as session:
        row = session.get_one(DisbursementReturn, said)
        row.state, row.entry_id, row.decided_by_id = "noted", entry, world["first"]


def test_a_cost_that_comes_back_is_less_of_a_cost(world):
    one = done(world, approved(world, 30_000, purpose="cost", beneficiary_id=None))
    note_back(world, back(world, one, 10_000))
    now = figures(world["campaign"])
    assert (now.costs_vnd, now.held_vnd) == (20_000, 480_000)
