"""A share that was paid in, and its goods came back: owed to one seller, whatever another owes."""

from typing import Any

import pytest
from sqlalchemy import select

from shop.audit.models import AuditEntry
from shop.db import db, in_transaction, transaction
from shop.fundraising.actions import campaigns, offers
from shop.fundraising.actions.fund import Of, fund_bank, move_fund
from shop.fundraising.models import Campaign, FundEntry, SharePayment
from shop.fundraising.queries.figures import free_vnd
from shop.fundraising.queries.offers import due_of, share_payments_of
from shop.fundraising.rules import CampaignHasMoney, EntryKind, NotEnoughInFund
from shop.kernel.clock import now_utc, vietnam_date
from shop.ledger.actions import post
from shop.ledger.rules import Account, Leg
from shop.sellers.models import Seller, SellerMember
from tests.conftest import NOON
from tests.engines import both_engines
from tests.fundraising.test_sales import BY, arrive, figures, offered, proved
from tests.payments.test_refunds import come_back


@pytest.fixture
def sold(an_organisation, a_campaign, a_seller, a_variant, an_order) -> dict[str, Any]:
    """A owes the fund 20,000; B paid hers in, and then her goods came back."""
    unit = an_organisation()
    fund = a_campaign(
        organisation_id=unit, opens_on=vietnam_date(NOON), closes_on=None, standing=True
    )
    found = {"fund": fund, "unit": unit}
    for name in ("a", "b"):
        found[name] = seller = a_seller(f"Chị {name.upper()}")
        variant = a_variant(seller_id=seller, on_hand=9)
        offered(fund, variant)
        part = an_order({variant: (seller, "cod")}).parts[0]
        arrive(part)
        found[f"{name}_part"] = part
    pay_in(found, "b")
    come_back(found["b_part"], 1, NOON)
    return found


def pay_in(sold: dict[str, Any], name: str) -> None:
    with transaction() as session:
        share = offers.ask_for_share(
            session, campaign_id=sold["fund"], seller_id=sold[name], now=now_utc()
        )
        assert share is not None
        offers.confirm_share(
            session, share_payment_id=share.id, amount_vnd=20_000, now=now_utc(), **BY
        )


def give_back(sold: dict[str, Any], vnd: int = 20_000) -> bool:
    return in_transaction(
        lambda session: offers.give_share_back(
            session, campaign_id=sold["fund"], seller_id=sold["b"], seen_vnd=vnd, now=now_utc(),
            **BY,
        )
    )  # fmt: skip


def finish(sold: dict[str, Any]) -> None:
    in_transaction(
        lambda session: campaigns.finish_campaign(
            session, campaign_id=sold["fund"], now=now_utc(), **BY
        )
    )


def due(sold: dict[str, Any], name: str) -> int:
    db.session.rollback()
    return due_of(db.session(), sold[name], sold["fund"])


def owing(sold: dict[str, Any]) -> tuple[int, int, int]:
    now = figures(sold["fund"])
    return now.raised_vnd, now.promised_vnd, now.owed_back_vnd


@both_engines
def test_what_the_fund_owes_one_seller_pays_nothing_of_what_another_owes(sold):
    assert (due(sold, "a"), due(sold, "b")) == (20_000, -20_000)
    assert owing(sold) == (20_000, 20_000, 20_000)
    assert free_vnd(db.session(), sold["fund"]) == 0, "It is hers: nobody plans to hand it over."
    in_transaction(
        lambda s: campaigns.close_campaign(s, campaign_id=sold["fund"], now=now_utc(), **BY)
    )
    pay_in(sold, "a")
    hand_over(sold, 40_000)
    with pytest.raises(CampaignHasMoney) as refusal:
        finish(sold)
    assert refusal.value.facts["owed_back_vnd"] == 20_000
    with pytest.raises(NotEnoughInFund):
        give_back(sold)
    proved()


def hand_over(sold: dict[str, Any], vnd: int) -> None:
    with transaction() as session:
        payee = session.get_one(Campaign, sold["fund"]).payee_id
        move_fund(
            session, campaign_id=sold["fund"], kind=EntryKind.HANDED_OVER, amount_vnd=vnd,
            against=fund_bank(payee), key=f"x{vnd}", of=Of(), now=now_utc(),
        )  # fmt: skip


@both_engines
def test_a_share_is_given_back_once_and_a_wrong_note_of_it_is_put_right(sold):
    assert not give_back(sold, 19_000)
    assert [give_back(sold), give_back(sold)] == [True, False]
    assert (due(sold, "b"), owing(sold)) == (0, (0, 20_000, 0))
    line = db.session.scalars(select(FundEntry).order_by(FundEntry.id.desc()).limit(1)).one()
    assert (line.kind, line.amount_vnd, line.name) == ("share", -20_000, "Chị B")
    number = line.number
    db.session.rollback()
    for new in (True, False):
        assert new is in_transaction(
            lambda session: offers.share_not_given_back(
                session, campaign_id=sold["fund"], number=number, now=now_utc(), **BY
            )
        )
    assert (due(sold, "b"), owing(sold)) == (-20_000, (20_000, 20_000, 20_000))
    assert give_back(sold)
    pay_in(sold, "a")
    hand_over(sold, 20_000)
    in_transaction(
        lambda s: campaigns.close_campaign(s, campaign_id=sold["fund"], now=now_utc(), **BY)
    )
    finish(sold)
    proved()


def test_the_desk_and_the_command_give_it_back(sold, run, an_officer, client):
    desk = an_officer(sold["unit"], "treasurer")
    here = f"/dieu-hanh/gay-quy/{sold['fund']}"
    name = f"t{sold['b']}-seen"
    assert "Quỹ còn nợ" in desk.get(here).text
    code = db.session.get_one(Campaign, sold["fund"]).code
    slug = db.session.get_one(Seller, sold["b"]).slug
    db.session.rollback()
    assert "Quỹ phải trả lại người bán" in client.get(f"/gay-quy/{code}/so-quy").text
    stranger = an_officer(sold["unit"], "member")
    way = f"{here}/tra-lai/{sold['b']}"
    assert stranger.post(way, **{name: "20000"}).status_code in (403, 404)
    assert desk.post(f"{here}/tra-lai/999", **{"t999-seen": "20000"}).status_code == 404
    assert desk.post(way, **{name: "20000"}).status_code == 303
    assert owing(sold) == (0, 20_000, 0)
    page = desk.get(here).text
    assert "Đã trả lại" in page
    assert "Trả lại người bán, khách đã trả hàng" in client.get(f"/gay-quy/{code}/so-quy").text
    assert desk.post(f"{here}/tra-lai/dong/1/lui").status_code == 404
    assert desk.post(f"{here}/tra-lai/dong/2/lui").status_code == 303
    assert owing(sold) == (20_000, 20_000, 20_000)
    run("campaign", "give-share-back", code, slug)
    run("campaign", "share-not-given-back", code, "--line", "4")
    run("campaign", "give-share-back", code, slug)
    assert "không nợ" in run("campaign", "give-share-back", code, slug)
    db.session.rollback()
    trail = db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert [one for one in trail if "given_back" in one] == [
        "share.given_back", "share.not_given_back",
    ] * 2 + ["share.given_back"]  # fmt: skip


def take_back(sold: dict[str, Any], name: str, seen_vnd: int = 20_000) -> bool:
    db.session.rollback()
    share = db.session.scalars(
        select(SharePayment.id)
        .where(SharePayment.seller_id == sold[name])
        .order_by(SharePayment.id)
        .limit(1)
    ).one()
    db.session.rollback()
    return in_transaction(
        lambda session: offers.take_back_share(
            session, share_payment_id=share, seen_vnd=seen_vnd, now=now_utc(), **BY
        )
    )


@both_engines
def test_a_share_that_was_not_there_is_owed_again_and_noted_once_more(sold):
    pay_in(sold, "a")
    assert (due(sold, "a"), owing(sold)) == (0, (40_000, 0, 20_000))
    assert [take_back(sold, "a", 19_000), take_back(sold, "a"), take_back(sold, "a")] == [
        False, True, False,
    ]  # fmt: skip
    assert (due(sold, "a"), owing(sold)) == (20_000, (20_000, 20_000, 20_000))
    line = db.session.scalars(select(FundEntry).order_by(FundEntry.id.desc()).limit(1)).one()
    assert (line.kind, line.amount_vnd, line.name) == ("share", -20_000, "Chị A")
    db.session.rollback()
    pay_in(sold, "a")
    shares = db.session.scalars(
        select(SharePayment.received_vnd).where(SharePayment.seller_id == sold["a"])
    ).all()
    assert (shares, due(sold, "a")) == ([20_000], 0), "The same transfer is asked for again."
    proved()


@both_engines
def test_a_share_taken_back_leaves_alone_the_transfer_that_is_asked_for_since(sold):
    """B's goods came back after she paid, and more of hers are sold: another memo is open."""
    with transaction() as session:
        post(
            session, key="more", kind="fund_share", now=now_utc(), subject="x",
            legs=[
                Leg(Account("share_due", f"seller:{sold['b']}", f"campaign:{sold['fund']}"), 25_000),
                Leg(Account("campaign_promised", f"campaign:{sold['fund']}"), -25_000),
            ],
        )  # fmt: skip
        newer = offers.ask_for_share(
            session, campaign_id=sold["fund"], seller_id=sold["b"], now=now_utc()
        )
        assert newer is not None
        assert newer.amount_vnd == 5_000
    assert take_back(sold, "b")
    assert due(sold, "b") == 25_000
    listed = share_payments_of(db.session(), sold["fund"])
    assert [(one.amount_vnd, one.received_at) for one in listed] == [(25_000, None)]


@both_engines
def test_what_nobody_owes_any_more_is_not_asked_for_again(sold):
    assert take_back(sold, "b")
    assert (due(sold, "b"), owing(sold)) == (0, (0, 20_000, 0))
    assert list(share_payments_of(db.session(), sold["fund"])) == []
    proved()


@both_engines
def test_a_share_that_was_handed_over_already_is_not_taken_back(sold):
    pay_in(sold, "a")
    hand_over(sold, 40_000)
    with pytest.raises(NotEnoughInFund):
        take_back(sold, "a")
    assert due(sold, "a") == 0


def test_the_desk_and_the_command_take_a_share_back(sold, run, an_officer, client):
    desk = an_officer(sold["unit"], "treasurer")
    here = f"/dieu-hanh/gay-quy/{sold['fund']}"
    pay_in(sold, "a")
    share = db.session.scalars(
        select(SharePayment).where(SharePayment.seller_id == sold["a"])
    ).one()
    way, seen, memo = f"{here}/phan-gop/{share.id}/lui", f"p{share.id}-seen", share.memo
    code = db.session.get_one(Campaign, sold["fund"]).code
    db.session.rollback()
    assert "Ghi nhầm, tiền không có" in desk.get(here).text
    stranger = an_officer(sold["unit"], "member")
    assert stranger.post(way, **{seen: "20000"}).status_code in (403, 404)
    assert desk.post(f"{here}/phan-gop/999/lui", **{"p999-seen": "20000"}).status_code == 404
    assert desk.post(way, **{seen: "20000"}).status_code == 303
    assert due(sold, "a") == 20_000
    assert "ghi lại cho đúng" in client.get(f"/gay-quy/{code}/so-quy").text
    run("campaign", "paid-in", memo, "--amount", "20000")
    run("campaign", "not-paid-in", memo)
    assert due(sold, "a") == 20_000
    trail = db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert trail.count("share.taken_back") == 2


def test_her_pages_say_that_the_fund_owes_her(sold, an_account, sign_in):
    owner = an_account("Sương")
    with transaction() as session:
        session.add(SellerMember(seller_id=sold["b"], account_id=owner, role="owner", since=NOON))
    page = sign_in(owner, "seller").get("/ban-hang/tien").text
    assert "Quỹ còn trả lại chị" in page
    assert "−20" not in page
