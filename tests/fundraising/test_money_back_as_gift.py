"""Money that was to go back to a buyer goes to a campaign, by her own word or as the desk was told."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from shop.audit.models import AuditEntry
from shop.db import db, in_transaction, transaction
from shop.fundraising.actions.fund import Of, fund_bank, move_fund
from shop.fundraising.actions.gifts import receive_gift, take_back_gift
from shop.fundraising.models import Campaign, Gift
from shop.fundraising.queries.figures import figures_of
from shop.fundraising.rules import (
    CampaignNotOpen,
    EntryKind,
    GiftCame,
    GiftOfRefund,
    NotEnoughInFund,
    NotYourCampaign,
)
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.errors import NotYours
from shop.ledger.models import LedgerAccount
from shop.operations.proofs import broken as found_broken
from shop.payments import given_word, refunds
from shop.payments.actions import take_back_confirmation
from shop.payments.methods import By
from shop.payments.models import Payment, Refund, RefundWord
from shop.payments.queries import last_money_event, refunds_of_payment
from shop.payments.rules.refunds import NoSuchWay, RefundMovedOn
from shop.payments.told import TRANSFER, Subject
from shop.sellers.models import Payee
from tests.engines import both_engines
from tests.fundraising.conftest import approved

# This folder's own ``union`` is another; the linter knows no fixtures: ``together`` takes this one.
from tests.payments.conftest import SELLER, union  # noqa: F401
from tests.payments.test_refunds import HERS, cancel

BUYER = By("buyer")


def to_campaign(order: int, refund: int, campaign: int, by: By = BUYER, **more: Any) -> int:
    return in_transaction(
        lambda session: refunds.take_as_gift(
            session, order_id=order, refund_id=refund, campaign_id=campaign, by=by, now=now_utc(),
            **more,
        )
    )  # fmt: skip


def sent(refund: int) -> bool:
    return in_transaction(
        lambda session: refunds.note_sent(session, refund_id=refund, by=SELLER, now=now_utc())
    )


def came(gift: int, vnd: int) -> bool:
    return in_transaction(
        lambda session: receive_gift(
            session, gift_id=gift, amount_vnd=vnd, key=f"gift:{gift}:x", now=now_utc()
        )
    )


def raised(campaign: int) -> int:
    db.session.rollback()
    return figures_of(db.session(), [campaign])[campaign].raised_vnd


def the_refund(of: Subject) -> Any:
    db.session.rollback()
    return [one for one in refunds_of_payment(db.session(), of.id) if one.state != "taken_back"][-1]


def balances() -> dict[str, int]:
    db.session.rollback()
    found: dict[str, int] = {}
    for row in db.session.execute(select(LedgerAccount.kind, LedgerAccount.balance_vnd)):
        found[row.kind] = found.get(row.kind, 0) + row.balance_vnd
    return {kind: vnd for kind, vnd in found.items() if vnd}


@both_engines
def test_what_was_to_come_back_reaches_the_fund_from_the_payees_account(paid, a_campaign):
    of, part, order = paid()
    campaign = a_campaign()
    cancel(part)
    waiting = the_refund(of)
    gift = to_campaign(order, waiting.id, campaign, named=True)
    assert to_campaign(order, waiting.id, campaign) == gift  # Twice is like once.
    row = the_refund(of)
    stored = db.session.get_one(Gift, gift)
    assert (row.way, row.state, row.memo, stored.method) == (
        "campaign", "account_given", stored.memo, "refund",
    )  # fmt: skip
    assert stored.shown_name == "Châu"
    # The payee is shown the fund's account, and nothing counts before the fund has it.
    assert row.account.holder == "HOI LHPN XA SONG LANH"
    assert raised(campaign) == 0
    assert balances() == {"bank": 110_000, "refunds_payable": -110_000}
    assert sent(row.id)
    assert (raised(campaign), balances()) == (0, {})
    assert came(gift, 110_000)
    assert raised(campaign) == 110_000
    assert balances() == {"fund_bank": 110_000, "campaign_fund": -110_000}
    # A wrong "sent" is not taken back any more, since the money is there.
    with pytest.raises(GiftCame):
        in_transaction(
            lambda session: refunds.take_back(session, refund_id=row.id, by=SELLER, now=now_utc())
        )


def test_until_it_is_sent_she_may_want_it_herself_after_all(paid, a_campaign):
    of, part, order = paid()
    campaign = a_campaign()
    cancel(part)
    gift = to_campaign(order, the_refund(of).id, campaign)
    in_transaction(
        lambda session: refunds.give_account(
            session, order_id=order, refund_id=the_refund(of).id, by=BUYER, now=now_utc(), **HERS
        )
    )
    back = the_refund(of)
    assert (back.way, back.account.number, back.memo[:9]) == ("bank", "1029384756", "HOAN TIEN")
    assert db.session.get_one(Gift, gift).withdrawn_at is not None
    # And to a fund again, whose name the page asks about anew: another gift.
    again = to_campaign(order, back.id, campaign)
    assert again != gift
    # There is no such account any more: she is asked, and no fund's account stays behind.
    in_transaction(
        lambda session: refunds.ask_for_account_again(
            session, refund_id=back.id, by=SELLER, now=now_utc()
        )
    )
    assert (the_refund(of).way, the_refund(of).account) == ("bank", None)
    assert db.session.get_one(Gift, again).withdrawn_at is not None


def test_more_that_has_to_go_back_never_goes_where_she_did_not_say(paid, a_campaign):
    of, part, order = paid(150_000)  # 40.000 too much.
    over = the_refund(of)
    assert over.amount_vnd == 40_000
    gift = to_campaign(order, over.id, a_campaign())
    cancel(part)
    rest = the_refund(of)
    assert (rest.amount_vnd, rest.way, rest.account) == (110_000, "bank", None)
    # Noted by the general form, the answer to her gift stays a gift.
    after = last_money_event(db.session(), of.id)
    db.session.rollback()
    in_transaction(
        lambda session: refunds.give_back(
            session, of=of, amount_vnd=40_000, after=after, by=SELLER, now=now_utc()
        )
    )
    db.session.rollback()
    done = db.session.get_one(Refund, over.id)
    assert (done.state, done.way, done.gift_id) == ("done", "campaign", gift)


def test_what_cannot_be_given_is_refused_and_stores_nothing(paid, a_campaign):
    of, part, order = paid()
    campaign = a_campaign()
    cancel(part)
    back = the_refund(of)
    with pytest.raises(NotYours):
        to_campaign(order + 1, back.id, campaign)
    with pytest.raises(CampaignNotOpen):
        to_campaign(order, back.id, a_campaign(state="closed"))
    late = a_campaign(closes_on=vietnam_date(now_utc()) - timedelta(days=1))
    with pytest.raises(CampaignNotOpen):
        to_campaign(order, back.id, late)
    with pytest.raises(NotYours):
        to_campaign(order, back.id, 999)
    assert db.session.scalars(select(Gift.id)).all() == []
    gift = to_campaign(order, back.id, campaign)
    with transaction() as session:
        session.get_one(Campaign, campaign).state = "closed"
    with pytest.raises(CampaignNotOpen):
        sent(back.id)  # The fund would have to give it back.
    with transaction() as session:
        session.get_one(Campaign, campaign).state = "open"
    assert sent(back.id)
    with pytest.raises(RefundMovedOn):
        in_transaction(
            lambda session: refunds.take_as_credit(
                session, order_id=order, refund_id=back.id, by=BUYER, now=now_utc()
            )
        )
    assert to_campaign(order, back.id, campaign) == gift


@both_engines
def test_where_payee_and_fund_have_one_account_it_is_there_at_once(
    together, a_campaign
):  # fmt: skip
    of, parts, _ = together
    db.session.rollback()
    payee = db.session.get_one(Payment, of.id).payee_id
    order = db.session.get_one(Payment, of.id).order_id
    campaign = a_campaign(organisation_id=unit_of(payee), payee_id=payee)
    cancel(parts[0])
    back = the_refund(of)
    to_campaign(order, back.id, campaign)
    assert the_refund(of).state == "done"
    assert raised(campaign) == back.amount_vnd
    assert balances() == {
        "bank": 900_000 - back.amount_vnd, "prepaid": -(900_000 - back.amount_vnd),
        "fund_bank": back.amount_vnd, "campaign_fund": -back.amount_vnd,
    }  # fmt: skip


def unit_of(payee_id: int) -> int:
    """Return the organisation whose account it is."""
    found = db.session.get_one(Payee, payee_id).organisation_id
    assert found is not None
    return found


@pytest.fixture
def given_at_once(together, a_campaign, an_account):
    """A buyer gave what was to go back to her to a fund on the same account: (payment, campaign, gift)."""
    of, parts, _ = together
    db.session.rollback()
    payment = db.session.get_one(Payment, of.id)
    order, payee = payment.order_id, payment.payee_id
    campaign = a_campaign(organisation_id=unit_of(payee), payee_id=payee)
    approved(campaign, an_account(), an_account())
    cancel(parts[0])
    return of, campaign, to_campaign(order, the_refund(of).id, campaign)


def taken_back(gift: int, seen_vnd: int) -> bool:
    return in_transaction(
        lambda session: take_back_gift(
            session, gift_id=gift, seen_vnd=seen_vnd, actor_id=None, actor_name="Ai", now=now_utc()
        )
    )


@both_engines
def test_what_lay_on_the_funds_account_leaves_it_only_with_the_refund(given_at_once):
    of, campaign, gift = given_at_once
    back, before = the_refund(of), balances()
    with pytest.raises(GiftOfRefund):
        taken_back(gift, back.amount_vnd)
    assert (raised(campaign), balances(), the_refund(of).state) == (
        back.amount_vnd, before, "done",
    )  # fmt: skip
    in_transaction(
        lambda session: take_back_confirmation(
            session, payment_id=of.id, event_id=last_money_event(session, of.id), by=SELLER,
            now=now_utc(),
        )
    )  # fmt: skip
    waiting = the_refund(of)
    assert (waiting.state, waiting.way, waiting.amount_vnd) == ("asked", "bank", back.amount_vnd)
    assert balances() == {
        "bank": 900_000, "prepaid": -(900_000 - back.amount_vnd),
        "refunds_payable": -back.amount_vnd,
    }  # fmt: skip
    stored = db.session.get_one(Gift, gift)
    assert (raised(campaign), stored.received_vnd) == (0, 0)
    assert found_broken(db.session()) == {}
    # Money of it that comes after all is noted, and a wrong tap of that taken back, as ever.
    assert came(gift, 5_000)
    assert taken_back(gift, 5_000)
    assert (raised(campaign), found_broken(db.session())) == (0, {})


@both_engines
def test_the_night_sees_money_that_left_such_a_fund_alone(given_at_once):
    of, campaign, gift = given_at_once
    vnd = the_refund(of).amount_vnd

    def move(by_vnd: int, left_vnd: int) -> None:
        with transaction() as session:
            stored = session.get_one(Gift, gift)
            move_fund(
                session, campaign_id=campaign, kind=EntryKind.GIFT, amount_vnd=by_vnd,
                against=fund_bank(stored.payee_id), key=f"x{by_vnd}", of=Of(gift_id=gift),
                now=now_utc(),
            )  # fmt: skip
            stored.received_vnd, stored.received_at = left_vnd, now_utc() if left_vnd else None

    move(-vnd, 0)
    assert list(found_broken(db.session())) == [
        "what a fund has instead of a buyer, on one account, is in that fund"
    ]
    move(vnd, vnd)
    assert found_broken(db.session()) == {}


@both_engines
def test_what_such_a_fund_handed_over_is_not_taken_back(given_at_once):
    of, campaign, gift = given_at_once
    with transaction() as session:
        payee = session.get_one(Gift, gift).payee_id
        move_fund(
            session, campaign_id=campaign, kind=EntryKind.HANDED_OVER, amount_vnd=1_000,
            against=fund_bank(payee), key="x", of=Of(), now=now_utc(),
        )  # fmt: skip
    with pytest.raises(NotEnoughInFund):
        in_transaction(
            lambda session: take_back_confirmation(
                session, payment_id=of.id, event_id=last_money_event(session, of.id), by=SELLER,
                now=now_utc(),
            )
        )  # fmt: skip
    assert the_refund(of).state == "done"


@both_engines
def test_a_word_told_to_the_desk_takes_two_people(together, a_campaign, an_account):
    of, parts, _ = together
    campaign, one, other = a_campaign(), By("officer", an_account()), By("officer", an_account())
    cancel(parts[0])
    back = the_refund(of)

    def record(by: By) -> int:
        return in_transaction(
            lambda session: given_word.record_word(
                session, refund_id=back.id, campaign_id=campaign, said_by="cô Châu",
                words="Góp giúp tôi", said_on=vietnam_date(now_utc()), said_how="phone",
                named=False, by=by, now=now_utc(),
            )
        )  # fmt: skip

    def carry_out(by: By) -> int:
        return in_transaction(
            lambda session: given_word.carry_out_word(
                session, refund_id=back.id, by=by, now=now_utc()
            )
        )

    with pytest.raises(NotYours):
        carry_out(other)
    word = record(one)
    assert record(other) == word  # One word waits; the second person reads that one.
    assert the_refund(of).way == "bank"
    with pytest.raises(NotYourCampaign):
        carry_out(one)
    gift = carry_out(other)
    assert (the_refund(of).way, db.session.get_one(Gift, gift).amount_vnd) == (
        "campaign", back.amount_vnd,
    )  # fmt: skip
    with pytest.raises(NotYours):
        carry_out(other)
    trail = db.session.scalars(
        select(AuditEntry.action).where(AuditEntry.subject_kind == "refund").order_by(AuditEntry.id)
    ).all()
    assert trail[-3:] == ["refund_word.recorded", "refund.to_campaign", "refund_word.carried_out"]
    stored = db.session.get_one(RefundWord, word)
    assert b"Ch\xc3\xa2u" not in stored.said
    # The database holds two people apart as well.
    with pytest.raises(IntegrityError), transaction() as session:
        session.execute(text("UPDATE refund_words SET ended_by_id = recorded_by_id"))


def test_she_gives_on_her_orders_page_after_proof_that_it_is_hers(
    app, client, paid, a_campaign
):  # fmt: skip
    from shop.ordering.models import Order
    from shop.ordering.queries import link_token

    of, part, order = paid()
    campaign = a_campaign()
    cancel(part)
    row = db.session.get_one(Order, order)
    code, link, fund = row.code, link_token(row), db.session.get_one(Campaign, campaign).code
    db.session.rollback()
    client.get(f"/d/{link}")
    page = client.get(f"/don/{code}").text
    assert "Hoặc góp vào một quỹ" in page
    at, form = f"/don/{code}/nhan-lai/1/gop", {"gop-quy1-quy": fund}
    assert client.post(at, data=form).status_code == 422
    assert client.post(at, data={**form, "gop-quy1-proof": "0999 999 999"}).status_code == 422
    assert the_refund(of).way == "bank"
    odd = client.post(at, data={"gop-quy1-quy": "KHONGCO1", "gop-quy1-proof": "0905 000 123"})
    assert odd.status_code == 422
    stranger = app.test_client().post(at, data=form)
    assert stranger.status_code in (302, 303, 404)
    answer = client.post(at, data={**form, "gop-quy1-proof": "0905 000 123"})
    assert answer.location == f"/don/{code}?da=gop-tien-lai", answer.text
    page = client.get(f"/don/{code}").text
    memo = the_refund(of).memo
    assert f"nội dung {memo}" in page
    assert "Chưa tới quỹ" in page
    assert "Đổi ý, nhận tiền" in page
    sent(the_refund(of).id)
    page = client.get(f"/don/{code}").text
    assert "Tiền đã trả lại anh/chị" in page


def test_cards_go_back_to_the_card(paid, a_campaign):
    of, part, order = paid()
    cancel(part)
    refund = the_refund(of).id
    with transaction() as session:
        session.get_one(Payment, of.id).method = "card"
        session.get_one(Refund, refund).way = "card"
    with pytest.raises(NoSuchWay):
        to_campaign(order, refund, a_campaign())
    with transaction() as session:
        session.get_one(Payment, of.id).method = "transfer"
        session.get_one(Refund, refund).way = "bank"


def test_the_desk_writes_down_and_another_carries_out_by_page_and_command(
    run, collected, a_campaign, monkeypatch
):  # fmt: skip
    _, payment = collected
    memo, due = db.session.execute(
        select(Payment.memo, Payment.amount_vnd).where(Payment.id == payment)
    ).one()
    fund = db.session.get_one(Campaign, a_campaign()).code
    db.session.rollback()
    run("money", "received", memo, "--amount", str(due), "--after", "0")
    run("money", "promise-back", memo, "--after", "0", "--amount", "30k")
    refund = str(the_refund(Subject(TRANSFER, payment)).id)
    said = (
        "money", "record-gift", memo, "--refund", refund, "--campaign", fund.lower(), "--by",
        "cô Châu", "--on", "2026-11-20", "--how", "voice",
    )  # fmt: skip
    assert "Ngày chưa đúng" in run(*said[:-3], "hôm qua", *said[-2:], fails=True)
    run(*said)
    mine = ("money", "give-as-said", memo, "--refund", refund)
    assert "một người khác" in run(*mine, fails=True)
    run("money", "drop-gift", memo, "--refund", refund)
    run(*said)
    monkeypatch.setattr("getpass.getuser", lambda: "người khác")
    run(*mine)
    assert the_refund(Subject(TRANSFER, payment)).way == "campaign"
