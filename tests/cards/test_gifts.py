"""Gifts by card: the webhook is the only truth, and what goes back leaves the fund at once."""

from collections.abc import Callable
from datetime import timedelta
from itertools import permutations

import pytest
from sqlalchemy import select

from shop.db import db, in_transaction, transaction
from shop.fundraising.actions import handing, slips
from shop.fundraising.actions.fund import Of, fund_bank, move_fund
from shop.fundraising.models import Campaign, FundEntry, Gift
from shop.fundraising.queries.figures import figures_of
from shop.fundraising.rules import EntryKind
from shop.kernel.clock import now_utc, vietnam_date
from shop.ledger.models import LedgerAccount
from shop.operations.proofs import broken as found_broken
from shop.payments.gateways.models import GatewayMessage, GatewayPayout, GiftBack, GiftVisit
from tests.cards.worker import deliver, tasks
from tests.engines import both_engines


def raised(campaign: int) -> int:
    db.session.rollback()
    return figures_of(db.session(), [campaign])[campaign].raised_vnd


def balances() -> dict[str, int]:
    db.session.rollback()
    rows = db.session.execute(select(LedgerAccount.kind, LedgerAccount.balance_vnd))
    found: dict[str, int] = {}
    for row in rows:
        found[row.kind] = found.get(row.kind, 0) + row.balance_vnd
    return {kind: vnd for kind, vnd in found.items() if vnd}


def told(stripe, client, copies: int = 1) -> None:
    stripe.send_all(client, copies=copies)
    deliver()


def sound() -> None:
    assert found_broken(db.session()) == {}
    db.session.rollback()


def test_only_what_the_card_company_tells_counts_and_counts_once(asked, stripe, client, campaign):
    at, session_id = asked()
    assert "Trang thẻ báo về thì quỹ mới ghi" in client.get(f"{at}?tra=xong").text
    assert raised(campaign) == 0
    stripe.pay(session_id)
    assert raised(campaign) == 0
    told(stripe, client, copies=3)
    assert raised(campaign) == 100_000
    assert balances() == {"card_clearing": 100_000, "campaign_fund": -100_000}
    assert "Quỹ đã nhận" in client.get(at).text
    assert client.post(f"{at}/the").status_code == 409
    sound()


@pytest.mark.parametrize("won", [True, False])
def test_a_refund_or_a_dispute_leaves_the_figures_at_once(asked, stripe, client, campaign, won):
    _, session_id = asked()
    stripe.pay(session_id)
    told(stripe, client)
    # Somebody gives a part of it back on the card company's own page.
    stripe._refund(
        {"payment_intent": stripe.sessions[session_id]["payment_intent"], "amount": 30_000}
    )
    told(stripe, client, copies=2)
    assert raised(campaign) == 70_000
    _, other = asked()
    stripe.pay(other)
    told(stripe, client)
    dispute = stripe.dispute(other, fee=15_000)["data"]["object"]["id"]
    told(stripe, client, copies=2)
    assert raised(campaign) == 70_000
    assert balances() == {
        "card_clearing": 55_000, "campaign_fund": -70_000, "card_fees": 15_000,
    }  # fmt: skip
    sound()
    stripe.close_dispute(dispute, won)
    told(stripe, client, copies=2)
    assert raised(campaign) == (170_000 if won else 70_000)
    assert set(tasks()) == {"disputed"}
    stripe.pay_out()
    told(stripe, client)
    assert balances()["campaign_fund"] == -raised(campaign)
    assert balances().get("card_clearing", 0) == 0
    db.session.rollback()
    assert db.session.scalars(select(GatewayPayout.bank_vnd)).one() == balances()["bank"]
    sound()


def test_what_was_handed_over_already_is_the_organisations_loss(asked, stripe, client, campaign):
    _, session_id = asked()
    stripe.pay(session_id)
    told(stripe, client)
    payee_id = db.session.get_one(Campaign, campaign).payee_id
    in_transaction(
        lambda session: move_fund(
            session, campaign_id=campaign, kind=EntryKind.HANDED_OVER, amount_vnd=80_000,
            against=fund_bank(payee_id), key="x", of=Of(), now=now_utc(),
        ).id
    )  # fmt: skip
    stripe.dispute(session_id)
    told(stripe, client)
    found = balances()
    assert (found["campaign_fund"], found["card_lost"]) == (-80_000, 80_000)
    assert figures_of(db.session(), [campaign])[campaign].held_vnd == 0
    assert tasks() == ["gift_lost", "disputed"]
    sound()


@pytest.fixture
def kept_for_a_household(campaign, an_account) -> Callable[[int], None]:
    """Approve a market slip of so much for one household of the campaign."""

    def make(budget_vnd: int) -> None:
        act = {"actor_name": "Ai", "now": now_utc()}
        first, second = an_account(), an_account()
        with transaction() as session:
            household = handing.add_beneficiary(
                session, campaign_id=campaign, contact={"name": "Kín"}, ward_code="00001",
                ward_name="Sông Lành", households=1, consent={}, actor_id=first, now=now_utc(),
            )  # fmt: skip
            sheet = slips.plan_slips(
                session, campaign_id=campaign, households=[household.id], budget_vnd=budget_vnd,
                valid_until=vietnam_date(now_utc()) + timedelta(days=30), actor_id=first, **act,
            )  # fmt: skip
            slips.approve_slips(session, sheet_id=sheet.id, actor_id=second, **act)

    return make


@both_engines
@pytest.mark.parametrize("how", ["dispute", "won", "refund"])
def test_what_is_set_aside_for_slips_stays_and_is_the_organisations_loss(
    asked, stripe, client, campaign, kept_for_a_household, how
):
    _, session_id = asked()
    stripe.pay(session_id)
    told(stripe, client)
    kept_for_a_household(80_000)
    if how == "refund":
        stripe._refund({"payment_intent": stripe.sessions[session_id]["payment_intent"]})
    else:
        dispute = stripe.dispute(session_id, fee=0)["data"]["object"]["id"]
    told(stripe, client, copies=2)
    found = balances()
    assert (found["campaign_fund"], found["card_lost"]) == (-80_000, 80_000)
    figures = figures_of(db.session(), [campaign])[campaign]
    assert (figures.raised_vnd, figures.free_vnd) == (80_000, 0)
    assert tasks() == ["gift_lost"] + ["disputed"] * (how != "refund")
    assert db.session.scalars(select(GatewayMessage.id).filter_by(state="new")).all() == []
    sound()
    if how == "won":
        stripe.close_dispute(dispute, True)
        told(stripe, client)
        again = balances()
        assert (again["campaign_fund"], again["card_clearing"]) == (-100_000, 100_000)
        assert "card_lost" not in again
    stripe.pay_out()
    told(stripe, client)
    assert "payout_unclear" not in tasks()
    sound()


@pytest.mark.parametrize("won", [True, False])
@pytest.mark.parametrize("order", ["told", "late_first", "old_last"])
def test_a_fee_that_is_told_after_a_gifts_dispute_ended_is_booked(
    asked, stripe, client, campaign, won, order
):
    _, session_id = asked()
    stripe.pay(session_id)
    told(stripe, client)
    opened = stripe.dispute(session_id, fee=0)
    dispute = stripe.disputes[opened["data"]["object"]["id"]]
    closed = stripe.close_dispute(dispute["id"], won)
    late = stripe.tell("charge.dispute.updated", dispute)
    late["data"]["object"]["balance_transactions"].append(
        {"id": "txn_fee", "amount": 0, "fee": 15_000, "net": -15_000, "currency": "vnd"}
    )
    stripe.events = []
    for event in {
        "told": (opened, closed, late), "late_first": (late, opened, closed),
        "old_last": (closed, late, opened),
    }[order]:  # fmt: skip
        for _ in range(2):
            assert stripe.send(client, event).status_code == 200
        deliver()
    found = balances()
    assert found["card_fees"] == 15_000
    assert raised(campaign) == (100_000 if won else 0)
    assert found["card_clearing"] == (85_000 if won else -15_000)
    sound()


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_of_fees_told_out_of_order_the_last_of_the_card_companys_account_stands(
    asked, stripe, client, order
):
    """A fee of 15, given back, and asked for again: the first message and the last tell the same."""
    _, session_id = asked()
    stripe.pay(session_id)
    told(stripe, client)
    messages = [stripe.dispute(session_id, fee=15_000)]
    dispute = stripe.disputes[messages[0]["data"]["object"]["id"]]
    for name, fee in (("txn_back", -15_000), ("txn_again", 15_000)):
        line = {"id": name, "amount": 0, "fee": fee, "net": -fee, "currency": "vnd"}
        dispute["balance_transactions"] = [*dispute["balance_transactions"], line]
        messages.append(stripe.tell("charge.dispute.updated", dispute))
    stripe.events = []
    for number in order:
        assert stripe.send(client, messages[number]).status_code == 200
        deliver()
    assert balances()["card_fees"] == 15_000
    sound()


def test_a_dispute_of_a_gift_in_other_money_is_a_persons(asked, stripe, client, campaign):
    _, session_id = asked()
    stripe.pay(session_id)
    told(stripe, client)
    dispute = stripe.dispute(session_id)
    dispute["data"]["object"].update(currency="usd", amount=400)
    told(stripe, client)
    assert (raised(campaign), tasks()) == (100_000, ["dispute_unclear"])
    sound()


def test_a_gift_that_is_paid_after_the_last_day_goes_back_to_the_card(
    asked, stripe, client, campaign
):
    _, session_id = asked()
    with transaction() as session:
        session.get_one(Campaign, campaign).closes_on = vietnam_date(now_utc()) - timedelta(days=1)
    stripe.pay(session_id)
    told(stripe, client)
    told(stripe, client)  # What became of the refund.
    assert (raised(campaign), balances()) == (0, {})
    db.session.rollback()
    assert db.session.scalars(select(GiftBack.state)).all() == ["succeeded"]
    assert db.session.scalars(select(Gift.received_vnd)).all() == [0]
    sound()


@both_engines
def test_a_gift_that_was_paid_on_the_last_day_counts_whenever_it_is_told(
    asked, stripe, client, campaign
):
    _, session_id = asked()
    last = vietnam_date(now_utc()) - timedelta(days=1)
    with transaction() as session:  # As the clock closed it at midnight.
        row = session.get_one(Campaign, campaign)
        row.closes_on, row.state, row.closed_at = last, "closed", now_utc()
    event = stripe.pay(session_id)
    event["created"] = int((now_utc() - timedelta(days=1)).timestamp())
    told(stripe, client, copies=2)
    assert raised(campaign) == 100_000
    assert db.session.scalars(select(GiftBack.id)).all() == []
    assert db.session.scalars(select(FundEntry.on_day)).all() == [last]
    sound()


def test_an_expired_page_asks_for_another_and_a_wrong_amount_is_a_persons(
    asked, stripe, client, campaign
):
    at, session_id = asked()
    stripe._expire({}, session_id)
    told(stripe, client)
    again = client.post(f"{at}/the").location.rsplit("/", 1)[-1]
    assert again != session_id
    stripe.sessions[again]["amount_total"] = 90_000
    stripe.pay(again)
    told(stripe, client)
    assert (raised(campaign), tasks()) == (0, ["wrong_amount"])
    db.session.rollback()
    assert db.session.scalars(select(GiftVisit.state).order_by(GiftVisit.id)).all()[0] == "expired"


def test_without_keys_or_an_organisation_no_card_is_offered(make_app, stripe):
    built = make_app()
    with built.app_context():
        from shop.payments.methods.online import offered

        assert offered(db.session()) == {}
