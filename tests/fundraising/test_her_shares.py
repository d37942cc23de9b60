"""What a stall sells for campaigns, on its own page: ended by her, owed by her, paid in by her."""

import pytest

from shop.db import db, in_transaction
from shop.fundraising.actions import offers
from shop.fundraising.models import CampaignOffer, SharePayment
from shop.fundraising.queries.offers import owed_by
from shop.kernel.clock import now_utc, vietnam_date
from shop.sellers.helping_rules import REACH
from shop.selling.views import funds
from tests.conftest import NOON
from tests.engines import both_engines
from tests.fundraising.test_sales import BY, arrive, figures, offered
from tests.operations.conftest import Desk

PAGE = "/ban-hang/gay-quy"


@pytest.fixture
def fund(a_campaign) -> int:
    return a_campaign(opens_on=vietnam_date(NOON), closes_on=None, standing=True)


@pytest.fixture
def her(an_account, a_seller, a_variant, sign_in):
    """Return (her browser, her stall, something that she sells)."""
    owner = an_account("Sương")
    stall = a_seller(owner_id=owner)
    return Desk(sign_in(owner, "seller"), owner), stall, a_variant(seller_id=stall, on_hand=9)


@both_engines
def test_a_seller_pays_her_share_in_with_the_memo_that_her_page_shows(
    fund, her, an_order
):  # fmt: skip
    browser, stall, variant = her
    assert "Chưa bán món nào gây quỹ" in browser.get(PAGE).text
    offered(fund, variant)
    assert "Không còn nợ quỹ" in browser.get(PAGE).text
    assert browser.get(f"{PAGE}/{fund}/qr.svg").status_code == 404
    arrive(an_order({variant: (stall, "cod")}, quantity=2).parts[0])
    page = browser.get(PAGE).text
    assert "nộp vào quỹ: <b>40.000" in page
    for _ in range(2):  # Asked twice, one transfer stands open.
        assert browser.post(f"{PAGE}/{fund}/nop").status_code == 303
    db.session.rollback()
    [share] = db.session.query(SharePayment).all()
    share_id, memo = share.id, share.memo
    db.session.rollback()
    assert share.amount_vnd == 40_000
    assert memo in browser.get(PAGE).text
    for kind in ("svg", "png"):
        assert browser.get(f"{PAGE}/{fund}/qr.{kind}").status_code == 200
    in_transaction(
        lambda s: offers.confirm_share(
            s, share_payment_id=share_id, amount_vnd=40_000, now=now_utc(), **BY
        )
    )
    page = browser.get(PAGE).text
    assert "Không còn nợ quỹ" in page
    assert memo not in page
    assert figures(fund).raised_vnd == 40_000


@pytest.mark.parametrize(("due_vnd", "answer"), [(499_999_999, 200), (500_000_000, 410)])
def test_a_share_that_one_transfer_cannot_carry_has_no_picture(
    fund, her, an_order, monkeypatch, due_vnd, answer
):
    browser, stall, variant = her
    offered(fund, variant)
    arrive(an_order({variant: (stall, "cod")}).parts[0])
    assert browser.post(f"{PAGE}/{fund}/nop").status_code == 303
    monkeypatch.setattr(
        funds, "owed_by", lambda *of: [one._replace(due_vnd=due_vnd) for one in owed_by(*of)]
    )
    assert browser.get(PAGE).status_code == 200
    assert browser.get(f"{PAGE}/{fund}/qr.svg").status_code == answer


@both_engines
def test_another_stall_sees_and_ends_nothing_of_hers(
    fund, her, an_account, a_seller, sign_in
):  # fmt: skip
    browser, stall, variant = her
    offer = offered(fund, variant)
    other = an_account("Lan")
    a_seller(owner_id=other)
    stranger = Desk(sign_in(other, "seller"), other)
    assert "Bò giống" not in stranger.get(PAGE).text
    for way in (f"{PAGE}/{fund}/nop", f"{PAGE}/mon/{offer}/thoi"):
        assert stranger.post(way).status_code == 404
    db.session.rollback()
    assert db.session.get_one(CampaignOffer, offer).ended_at is None
    db.session.rollback()
    assert browser.post(f"{PAGE}/mon/{offer}/thoi").status_code == 303
    db.session.rollback()
    assert db.session.get_one(CampaignOffer, offer).ended_at is not None
    assert [one.due_vnd for one in owed_by(db.session(), stall)] == [0]


def test_nobody_who_helps_reaches_what_a_stall_gives():
    assert not [view for view in REACH if "fund" in view or "share" in view]


def test_the_officer_tells_a_seller_her_memo_by_command(
    run, fund, her, an_order
):  # fmt: skip
    from shop.fundraising.models import Campaign
    from shop.sellers.models import Seller

    _, stall, variant = her
    offered(fund, variant)
    code, slug = (
        db.session.get_one(Campaign, fund).code, db.session.get_one(Seller, stall).slug
    )  # fmt: skip
    db.session.rollback()
    assert "Không còn nợ quỹ" in run("campaign", "ask-share", code, slug)
    arrive(an_order({variant: (stall, "cod")}).parts[0])
    said = run("campaign", "ask-share", code, slug)
    db.session.rollback()
    assert db.session.query(SharePayment).one().memo in said
    assert "20.000" in said
