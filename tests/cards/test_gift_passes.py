"""Gifts by card on their way to the fund's own account: followed to the đồng, by two people."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from shop.audit.models import AuditEntry
from shop.db import db, in_transaction
from shop.fundraising.actions.gifts import confirm_gift, take_back_gift
from shop.fundraising.models import Campaign, Gift
from shop.fundraising.queries.figures import figures_of
from shop.fundraising.rules import GiftByCard
from shop.kernel.clock import now_utc
from shop.kernel.errors import Refusal
from shop.ledger.models import LedgerAccount
from shop.payments.gateways.actions.passing import plan_pass, send_pass
from shop.payments.gateways.models import GiftPass, GiftPassLine, GiftVisit
from shop.payments.gateways.passes import INVARIANTS, gifts_due
from shop.payments.rules.sending import (
    SENDING_MOVES,
    PassMovedOn,
    SendingState,
    check_sending,
)
from tests.cards.test_gifts import balances, raised, sound, told
from tests.engines import both_engines

AT = "/dieu-hanh/tien-ve/the/gop"


def account(kind: str, payee_id: int) -> int:
    db.session.rollback()
    wanted = select(LedgerAccount.balance_vnd).where(
        LedgerAccount.kind == kind, LedgerAccount.owner == f"payee:{payee_id}"
    )
    return db.session.scalar(wanted) or 0


def planned() -> int:
    db.session.rollback()
    return db.session.scalars(select(GiftPass.id).order_by(GiftPass.id.desc())).first()


@pytest.mark.parametrize("state", list(SendingState))
@pytest.mark.parametrize("to", list(SendingState))
def test_a_transfer_makes_no_move_but_the_legal_ones(state, to):
    if to in SENDING_MOVES[state]:
        check_sending(state, to)
    else:
        with pytest.raises(PassMovedOn):
            check_sending(state, to)


@both_engines
def test_every_gift_by_card_reaches_the_funds_account_by_two_people(
    asked, stripe, client, campaign, unit, an_officer, operator, an_organisation,
):  # fmt: skip
    fund_unit, fund_payee, code = db.session.execute(
        select(Campaign.organisation_id, Campaign.payee_id, Campaign.code).where(
            Campaign.id == campaign
        )
    ).one()
    treasurer, head = an_officer(unit, "treasurer"), an_officer(unit, "head")
    of_fund, stranger = an_officer(fund_unit, "head"), an_officer(an_organisation("Xã xa"), "head")
    plan = f"{AT}/quy/{campaign}/dinh/1"
    _, first = asked()
    _, second = asked()
    for one in (first, second):
        stripe.pay(one)
        told(stripe, client)
    # Paid, but still with the card company: nothing is there to be passed on.
    assert "Còn ở cổng" in treasurer.get(AT).text
    assert treasurer.post(plan).status_code == 409
    assert planned() is None
    stripe.pay_out()
    told(stripe, client)
    # The organisation bears what the card company kept; the fund has all of it coming.
    assert (account("bank", 1), raised(campaign)) == (200_000 - balances()["card_fees"], 200_000)
    assert stranger.get(f"{AT}/quy/{campaign}").status_code == 404
    for other in (head, of_fund, stranger):  # Who answers for it does not plan it.
        assert other.post(plan).status_code == 404
    answer = treasurer.post(plan)
    made = planned()
    assert answer.location == f"{AT}/{made}?da=dinh-chuyen"
    assert treasurer.post(plan).status_code == 409  # It waits for its second person.
    page = head.get(f"{AT}/{made}").text
    assert f"QUY {code} DOT {made}" in page
    assert head.get(f"{AT}/{made}/qr.svg").status_code == 200
    assert "Số tài khoản" not in treasurer.get(f"{AT}/{made}").text
    assert treasurer.post(f"{AT}/{made}/chuyen", ma_giao_dich="FT1").status_code == 404
    assert head.post(f"{AT}/{made}/chuyen", ma_giao_dich=" ").status_code == 422
    assert account("fund_bank", fund_payee) == 0
    for _ in range(2):  # The same word twice is one transfer.
        assert head.post(f"{AT}/{made}/chuyen", ma_giao_dich="FT26330000001").status_code == 303
    assert head.post(f"{AT}/{made}/chuyen", ma_giao_dich="FT26330000002").status_code == 409
    assert account("fund_bank", fund_payee) == raised(campaign) == 200_000
    assert account("bank", 1) == -balances()["card_fees"]
    shown = of_fund.get(f"{AT}/quy/{campaign}").text  # Those whose fund it is follow each gift.
    memos = db.session.scalars(select(Gift.memo)).all()
    assert len(memos) == 2
    assert all(memo in shown for memo in memos)
    assert shown.count("Ở tài khoản quỹ") == 2
    assert "FT26330000001" in shown
    sound()

    # A part goes back to a card afterwards: the fund sends that much back, by its own people.
    stripe._refund({"payment_intent": stripe.sessions[first]["payment_intent"], "amount": 30_000})
    told(stripe, client)
    assert raised(campaign) == 170_000
    assert treasurer.post(plan).status_code == 404
    assert operator.post(plan).status_code == 303
    back = planned()
    assert db.session.get_one(GiftPass, back).amount_vnd == -30_000
    assert operator.post(f"{AT}/{back}/chuyen", ma_giao_dich="FT3").status_code == 409
    assert head.post(f"{AT}/{back}/chuyen", ma_giao_dich="FT3").status_code == 404
    assert of_fund.post(f"{AT}/{back}/chuyen", ma_giao_dich="FT3").status_code == 303
    assert (
        account("fund_bank", fund_payee) == figures_of(db.session(), [campaign])[campaign].held_vnd
    )
    sound()

    # The bank sends the first one back: its gifts wait again.
    assert head.post(f"{AT}/{made}/hong", vi_sao="").status_code == 422
    assert head.post(f"{AT}/{made}/hong", vi_sao="Sai tên").status_code == 303
    assert head.post(f"{AT}/{made}/hong", vi_sao="Sai tên").status_code == 409
    db.session.rollback()
    assert sum(row.due_vnd for row in gifts_due(db.session(), campaign, 1)) == 200_000
    assert account("fund_bank", fund_payee) == -30_000
    assert treasurer.post(plan).status_code == 303
    assert treasurer.post(f"{AT}/{planned()}/thoi").status_code == 303
    assert treasurer.post(f"{AT}/{planned()}/thoi").status_code == 409
    sound()
    words = db.session.scalars(
        select(AuditEntry.action)
        .where(AuditEntry.subject_kind == "gift_pass")
        .order_by(AuditEntry.id)
    ).all()
    assert [word.partition(".")[2] for word in words] == [
        "planned", "sent", "planned", "sent", "came_back", "planned", "dropped",
    ]  # fmt: skip


@both_engines
def test_of_many_who_plan_and_send_at_once_one_does(
    app, asked, stripe, client, campaign, an_account,
):  # fmt: skip
    _, session_id = asked()
    stripe.pay(session_id)
    stripe.pay_out()
    told(stripe, client)
    people = [an_account(f"Cán bộ {n}") for n in range(6)]
    db.session.rollback()

    def at_once(work) -> list[str]:
        def one(person: int) -> str:
            with app.app_context():
                try:
                    return str(in_transaction(lambda s: work(s, person)))
                except Refusal as refusal:
                    return refusal.code
                finally:
                    db.session.remove()

        with ThreadPoolExecutor(6) as pool:
            return list(pool.map(one, people))

    now = now_utc()

    def plans(session, person):
        return plan_pass(
            session, campaign_id=campaign, from_payee_id=1, planner_id=person, actor_id=person,
            actor_name="", now=now,
        ).id  # fmt: skip

    said = at_once(plans)
    assert sorted(set(said)) == [str(planned()), "pass_planned"]
    assert said.count("pass_planned") == 5
    made, by = planned(), db.session.scalars(select(GiftPass.planned_by_id)).one()
    db.session.rollback()

    def sends(session, person):
        return send_pass(
            session, pass_id=made, reference=f"FT{person}", sender_id=person, actor_id=person,
            actor_name="", now=now,
        )  # fmt: skip

    said = at_once(sends)
    assert (said.count("True"), said[people.index(by)]) == (1, "pass_needs_another")
    assert account("bank", 1) == -balances()["card_fees"]
    sound()


def test_the_self_checks_see_a_transfer_that_is_not_its_gifts_or_moved_nothing(
    asked, stripe, client, campaign, an_account,
):  # fmt: skip
    _, session_id = asked()
    stripe.pay(session_id)
    stripe.pay_out()
    told(stripe, client)
    one, other = an_account("Thu"), an_account("Hà")
    by = {"actor_id": one, "actor_name": "Thu", "now": now_utc()}
    made = in_transaction(
        lambda s: plan_pass(s, campaign_id=campaign, from_payee_id=1, planner_id=one, **by).id
    )
    in_transaction(lambda s: send_pass(s, pass_id=made, reference="FT9", sender_id=other, **by))
    sound()

    def wrong() -> set[str]:
        found = {name for name, query in INVARIANTS.items() if db.session.execute(query).all()}
        db.session.rollback()
        return found

    def spoil(table, **values):
        in_transaction(lambda s: s.query(table).update(values))

    spoil(GiftPassLine, amount_vnd=90_000)
    assert wrong() == {"a transfer of gifts by card is the sum of its gifts"}
    spoil(GiftPassLine, amount_vnd=100_000)
    spoil(GiftPass, state="planned")
    assert wrong() == {"what was passed on of gifts by card is what the books moved"}
    spoil(GiftPass, state="sent")
    spoil(GiftVisit, amount_vnd=90_000)
    assert wrong() == {"no gift by card was passed on beyond what the card paid"}
    spoil(GiftVisit, amount_vnd=100_000)
    assert wrong() == set()


def test_nobody_notes_by_hand_what_a_card_gave(asked, stripe, client, campaign):
    _, session_id = asked()
    [gift] = db.session.scalars(select(Gift.id)).all()
    by = {"gift_id": gift, "actor_id": None, "actor_name": "Thu", "now": now_utc()}
    with pytest.raises(GiftByCard):
        in_transaction(lambda s: confirm_gift(s, amount_vnd=100_000, seen_vnd=0, **by))
    assert raised(campaign) == 0
    stripe.pay(session_id)
    told(stripe, client)
    with pytest.raises(GiftByCard):
        in_transaction(lambda s: take_back_gift(s, seen_vnd=100_000, **by))
    assert raised(campaign) == 100_000
    sound()


def test_a_gift_beside_goods_and_the_goods_are_paid_by_card_each_on_its_own_page(
    stripe, client, checkout, campaign, a_variant, a_seller, orders,
):  # fmt: skip
    seller = a_seller()
    variant = a_variant(seller_id=seller, price_vnd=95_000)
    page = checkout(variant, **{f"p{seller}-method": "card"})
    code = db.session.get_one(Campaign, campaign).code
    db.session.rollback()
    assert client.post("/gio/gop", data={"dot": code, "amount": "50000"}).status_code == 303
    page.typed |= {"fund_code": code, "fund_vnd": "50000", "fund_keep": "y", "fund_by": "card"}
    assert "Đặt hàng, 160.000" in page.look()
    assert page.send().status_code == 303
    [order] = orders()
    [gift] = db.session.scalars(select(Gift)).all()
    assert (gift.method, gift.amount_vnd, gift.order_id) == ("card", 50_000, order.id)
    # Two pages at the card company, each of its own amount: no payment holds a đồng of the gift.
    html = client.get(f"/don/{order.code}").text
    assert "Khoản này trả bằng thẻ" in html
    at = html.partition('href="/dong-gop/')[2].partition('"')[0]
    assert at
    assert client.post(f"/don/{order.code}/the/1").status_code == 303
    assert client.post(f"/dong-gop/{at}/the").status_code == 303
    goods, given = stripe.sessions
    amounts = [stripe.sessions[one]["amount_total"] for one in (goods, given)]
    assert amounts == [110_000, 50_000]
    stripe.pay(given)
    told(stripe, client)
    assert raised(campaign) == 50_000
    shown = client.get(f"/don/{order.code}").text
    assert "Quỹ đã nhận" in shown
    assert "Trả bằng thẻ, chưa nhận được" in shown
    stripe.pay(goods)
    told(stripe, client, copies=2)
    assert (raised(campaign), balances()["card_clearing"]) == (50_000, 160_000)
    sound()
    # The order is cancelled: the goods' money goes back to the card, the gift stays a gift.
    assert client.post(f"/don/{order.code}/huy", data={"ly_do": ""}).status_code == 303
    told(stripe, client)
    told(stripe, client)
    assert (raised(campaign), balances()["card_clearing"]) == (50_000, 50_000)
    sound()
