"""What may never be done with a campaign is refused on the page and by the command alike."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from shop.db import db, in_transaction, transaction
from shop.fundraising.actions.campaigns import version_of
from shop.fundraising.actions.gifts import confirm_gift, offer_gift, take_back_gift
from shop.fundraising.models import Campaign, CampaignApproval, Disbursement
from shop.kernel.clock import now_utc, vietnam_date
from shop.organisations.actions import appoint
from tests.engines import both_engines
from tests.fundraising.test_campaigns import form
from tests.fundraising.test_fund import code_of, figures
from tests.fundraising.test_handing_desk import HANDED, PLAN, refused, today
from tests.operations.conftest import Desk

BY: dict[str, Any] = {"actor_id": None, "actor_name": "Ai"}


PHONES = {"head": "+84905777001", "deputy": "+84905777002"}


@pytest.fixture
def heads(an_organisation, an_account, sign_in) -> tuple[int, Desk]:
    """A unit with its head, at her desk, and its deputy; both by their phones too."""
    unit, found = an_organisation(), {}
    for role, phone in PHONES.items():
        found[role] = an_account(role, phone=phone)
        with transaction() as session:
            appoint(
                session, organisation_id=unit, account_id=found[role], role=role,
                starts_on=vietnam_date(now_utc()), now=now_utc(), **BY,
            )  # fmt: skip
    return unit, Desk(sign_in(found["head"], "officer"), found["head"])


@both_engines
def test_the_same_person_never_approves_twice(run, heads, a_campaign):
    unit, head = heads
    one = a_campaign(
        state="waiting", organisation_id=unit,
        distribute_by=vietnam_date(now_utc()) + timedelta(days=30),
    )  # fmt: skip
    here, code = f"/dieu-hanh/gay-quy/{one}", code_of(one)
    run("campaign", "approve", code, "--by", PHONES["head"])
    assert "Cần một người khác" in run(
        "campaign", "approve", code, "--by", PHONES["head"], fails=True
    )
    read = version_of(db.session.get_one(Campaign, one))
    db.session.rollback()
    answer = head.post(f"{here}/duyet", ban=read)
    assert (answer.status_code, "Cần một người khác" in refused(answer)) == (409, True)
    assert len(db.session.scalars(select(CampaignApproval)).all()) == 1
    assert db.session.get_one(Campaign, one).state == "waiting"


@both_engines
def test_nobody_approves_what_she_planned_and_nobody_spends_what_is_gone(
    run, heads, a_campaign
):  # fmt: skip
    unit, head = heads
    one = a_campaign(organisation_id=unit)
    with transaction() as session:
        gift = offer_gift(
            session, campaign_id=one, amount_vnd=500_000, contact={"name": "", "email": None},
            shown_name="", message="", attempt_id="g", locale="vi", now=now_utc(),
        ).id  # fmt: skip
        confirm_gift(session, gift_id=gift, amount_vnd=500_000, seen_vnd=0, now=now_utc(), **BY)
    here, code = f"/dieu-hanh/gay-quy/{one}", code_of(one)
    way = head.post(f"{here}/trao/moi", **PLAN).headers["Location"].split("?")[0]
    made = db.session.scalars(select(Disbursement.code)).one()
    for answer in (
        refused(head.post(f"{way}/duyet")),
        run("campaign", "approve-plan", made, "--by", PHONES["head"], fails=True),
    ):
        assert "cần một người khác" in answer
    plan = ("campaign", "plan", code, "--by", PHONES["head"], "--words", "Bò", "--cost")
    for answer in (
        refused(head.post(f"{here}/trao/moi", **PLAN | {"amount": "100.001"})),
        run(*plan, "--amount", "100.001", fails=True),
    ):
        assert "Quỹ chỉ còn 100.000" in answer
    run("campaign", "approve-plan", made, "--by", PHONES["deputy"])
    in_transaction(
        lambda session: take_back_gift(session, gift_id=gift, seen_vnd=500_000, now=now_utc(), **BY)
    )
    done = ("campaign", "done", made, "--on", today(), "--voucher", "PC-1")
    for answer in (
        refused(head.post(f"{way}/xong", **HANDED, done_on=today())),
        run(*done, "--witness", "A", "--witness", "B", fails=True),
    ):
        assert "Quỹ chỉ còn 0" in answer
    assert figures(one).handed_over_vnd == 0
    assert db.session.scalars(select(Disbursement.state)).all() == ["approved"]


@pytest.mark.parametrize("state", ["open", "closed", "finished"])
def test_what_was_opened_is_not_edited_any_more(run, heads, a_campaign, state):
    unit, head = heads
    one = a_campaign(state=state, organisation_id=unit)
    answer = head.post(f"/dieu-hanh/gay-quy/{one}/sua", **form())
    assert (answer.status_code, "không sửa được nữa" in refused(answer)) == (409, True)
    assert "không sửa được nữa" in run(
        "campaign", "change", code_of(one), "--title", "Khác", fails=True
    )
    assert db.session.get_one(Campaign, one).title_vi == "Bò giống cho chị em nghèo"
