"""Goods sold for a campaign: the share is frozen, owed when they arrive, back when they return."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from shop.catalogue.models import Variant
from shop.db import Busy, db, in_transaction, transaction
from shop.fundraising.actions import campaigns, offers
from shop.fundraising.actions.fund import Of, fund_bank, move_fund
from shop.fundraising.actions.gifts import offer_gift, receive_gift
from shop.fundraising.models import Campaign, CampaignOffer, FundEntry, SharePayment
from shop.fundraising.queries.figures import figures_of
from shop.fundraising.queries.offers import due_of
from shop.fundraising.queries.proofs import INVARIANTS, broken_chains
from shop.fundraising.rules import (
    CampaignNotOpen,
    EntryKind,
    NotASale,
    ShareOutOfRange,
    ShareRule,
    SoldForAnother,
)
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.errors import NotYours
from shop.ordering.models import LineItem, SellerOrder
from shop.payments.methods import By
from shop.payouts.actions.drafting import drop_settlement
from shop.payouts.models import PayoutStatement
from shop.sellers.models import Seller
from shop.shares.actions import add_commission_rule
from shop.shares.rules import Rate
from tests.conftest import NOON
from tests.engines import both_engines
from tests.payments.conftest import receive
from tests.payments.test_books import move
from tests.payments.test_refunds import come_back
from tests.payouts.conftest import NEXT_DAY, approve, draft, payments_of, send, statements

BY = {"actor_id": None, "actor_name": "Hương"}


def offered(campaign_id: int, variant_id: int, **share) -> int:
    """Sell a variant's product for a campaign; return the offer's id."""
    db.session.rollback()
    product_id = db.session.get_one(Variant, variant_id).product_id
    from shop.catalogue.models import Product

    seller_id = db.session.get_one(Product, product_id).seller_id
    rule = ShareRule(campaign_id, **(share or {"kind": "fixed", "vnd": 20_000}))
    return in_transaction(
        lambda session: offers.offer_product(
            session, campaign_id=campaign_id, product_id=product_id, seller_id=seller_id,
            rule=rule, consent_kind="self", consent_by="chị Mẫu", consent_on=vietnam_date(NOON),
            now=NOON, **BY,
        ).id
    )  # fmt: skip


def figures(campaign_id: int):
    db.session.rollback()
    return figures_of(db.session(), [campaign_id])[campaign_id]


def proved() -> None:
    session = db.session()
    session.rollback()
    skipped = "two different people opened every campaign"  # The fixture writes them down.
    for name, query in INVARIANTS.items():
        assert name == skipped or session.execute(query).all() == [], name
    assert list(broken_chains(session)) == []


@pytest.fixture
def fund(a_campaign) -> int:
    return a_campaign(opens_on=vietnam_date(NOON), closes_on=None, standing=True)


def arrive(part: int) -> None:
    move(part, "confirmed", "packed", "handed_over", "delivered")


@both_engines
def test_a_share_is_owed_when_goods_arrive_and_less_for_what_comes_back(
    fund, a_seller, a_variant, an_order
):  # fmt: skip
    seller = a_seller()
    variant = a_variant(seller_id=seller, on_hand=9)
    offered(fund, variant)
    made = an_order({variant: (seller, "transfer")}, quantity=3)
    [payment] = payments_of(made.order_id)
    line = db.session.scalars(select(LineItem)).one()
    assert (line.campaign_id, line.campaign_share_vnd) == (fund, 60_000)
    assert db.session.scalars(select(SellerOrder.campaign_vnd)).one() == 60_000
    assert figures(fund)[:6] == (0, 0, 0, 0, 0, 0), "Nothing is sold before it arrives."
    receive(payment.id, payment.amount_vnd, By("officer"))
    arrive(made.parts[0])
    goods = 3 * 95_000
    assert figures(fund)[:6] == (goods, goods - 60_000, 0, 60_000, 0, 0)
    db.session.rollback()
    come_back(made.parts[0], 1, NOON)
    assert figures(fund)[:6] == (190_000, 150_000, 0, 40_000, 0, 0), "It leaves the totals at once."
    db.session.rollback()
    assert due_of(db.session(), seller, fund) == 40_000
    paid = in_transaction(
        lambda s: offers.ask_for_share(s, campaign_id=fund, seller_id=seller, now=NOON).id
    )
    for said in (True, False):  # The same tap twice counts once.
        assert said is in_transaction(
            lambda s: offers.confirm_share(
                s, share_payment_id=paid, amount_vnd=40_000, now=NOON, **BY
            )
        )
    assert figures(fund)[:6] == (190_000, 150_000, 40_000, 0, 0, 0)
    assert (
        in_transaction(
            lambda s: offers.ask_for_share(s, campaign_id=fund, seller_id=seller, now=NOON)
        )
        is None
    )
    proved()


@both_engines
def test_all_that_was_paid_for_goods_is_told_with_what_organisations_keep(
    client, fund, a_seller, a_variant, an_order
):
    seller = a_seller()
    unit = db.session.get_one(Seller, seller).organisation_id
    in_transaction(
        lambda s: add_commission_rule(
            s, organisation_id=unit, rate=Rate(800), from_on=vietnam_date(NOON), now=NOON, **BY
        )
    )
    variant = a_variant(seller_id=seller, on_hand=9)
    offered(fund, variant)
    arrive(an_order({variant: (seller, "cod")}, quantity=2).parts[0])
    now = figures(fund)
    assert now.commission_vnd > 0
    assert now.sold_vnd == now.makers_vnd + now.commission_vnd + now.promised_vnd
    code = db.session.get_one(Campaign, fund).code
    for page, said in ((f"/gay-quy/{code}", "hoa hồng"), (f"/gay-quy/{code}/so-quy", "Hoa hồng")):
        assert said in client.get(page).text


@both_engines
def test_her_money_of_a_month_is_without_what_funds_get_of_it_however_that_was_paid(
    fund, a_seller, an_account, sign_in, a_variant, an_order
):  # fmt: skip
    owner = an_account("Sương")
    seller = a_seller(owner_id=owner)
    desk = sign_in(owner, "seller")
    variant = a_variant(seller_id=seller, on_hand=9)
    plain = "/ban-hang/tien?ky=2026-11"
    assert "Phần góp quỹ" not in desk.get(plain).text
    offered(fund, variant)
    made = an_order({variant: (seller, "cod")}, quantity=3)
    arrive(made.parts[0])
    come_back(made.parts[0], 1, NOON)
    in_transaction(lambda s: offers.ask_for_share(s, campaign_id=fund, seller_id=seller, now=NOON))
    paid = db.session.scalars(select(SharePayment.id)).one()
    db.session.rollback()
    for _before_and_after in range(2):
        page = desk.get(plain).text.replace("\xa0", " ")
        assert "Phần góp quỹ</dt><dd>−40.000 đồng" in page
        assert "Của chị</dt><dd>175.000 đồng" in page, "two of 95.000 and the fee of 25.000"
        in_transaction(
            lambda s: offers.confirm_share(
                s, share_payment_id=paid, amount_vnd=40_000, now=NOON, **BY
            )
        )
    assert "Phần góp quỹ" not in desk.get("/ban-hang/tien?ky=2026-10").text


@both_engines
def test_a_cancelled_order_never_counts_and_one_that_was_closed_keeps_its_share(
    fund, a_seller, a_variant, an_order
):  # fmt: skip
    seller = a_seller()
    variant = a_variant(seller_id=seller, on_hand=9)
    offer = offered(fund, variant, kind="percent", hundredths=1_000)
    one = an_order({variant: (seller, "cod")})
    two = an_order({variant: (seller, "cod")})
    in_transaction(lambda s: campaigns.close_campaign(s, campaign_id=fund, now=now_utc(), **BY))
    three = an_order({variant: (seller, "cod")})
    move(one.parts[0], "cancelled")
    for made in (two, three):
        arrive(made.parts[0])
    assert figures(fund)[:6] == (95_000, 85_500, 0, 9_500, 0, 0)
    assert db.session.get_one(CampaignOffer, offer).ended_at is not None
    proved()


@both_engines
def test_a_settlement_takes_the_share_out_when_the_organisation_collects(
    union, a_campaign, a_maker, a_variant, an_order
):  # fmt: skip
    from shop.sellers.models import Payee

    payee = db.session.scalars(select(Payee.id).where(Payee.organisation_id == union)).one()
    fund = a_campaign(
        organisation_id=union, payee_id=payee, opens_on=vietnam_date(NOON), standing=True
    )
    seller = a_maker()
    variant = a_variant(seller_id=seller, on_hand=9)
    offered(fund, variant)
    made = an_order({variant: (seller, "transfer")})
    [payment] = payments_of(made.order_id)
    receive(payment.id, payment.amount_vnd, By("officer"))
    arrive(made.parts[0])
    assert figures(fund).promised_vnd == 20_000
    draft(union)
    assert figures(fund)[:6] == (95_000, 75_000, 20_000, 0, 0, 0)
    entry = db.session.scalars(select(FundEntry)).one()
    assert (entry.kind, entry.amount_vnd) == ("share", 20_000)
    db.session.rollback()
    paid = db.session.execute(
        select(PayoutStatement.goods_vnd, PayoutStatement.debts_vnd, PayoutStatement.due_vnd)
    ).one()
    assert tuple(paid) == (95_000, -20_000, 90_000), "It stands as a debt, not as a return."
    proved()


@both_engines
def test_a_draft_takes_no_share_out_of_what_is_approved_for_payout(
    union, a_campaign, a_maker, a_variant, an_order, an_account
):  # fmt: skip
    """The goods were paid to her at the door: what the union holds of her is another sale's."""
    from shop.sellers.models import Payee

    payee = db.session.scalars(select(Payee.id).where(Payee.organisation_id == union)).one()
    fund = a_campaign(
        organisation_id=union, payee_id=payee, opens_on=vietnam_date(NOON), standing=True
    )
    seller = a_maker()
    first = an_order({a_variant(seller_id=seller): (seller, "transfer")})
    [payment] = payments_of(first.order_id)
    receive(payment.id, payment.amount_vnd, By("officer"))
    arrive(first.parts[0])
    made = draft(union)
    approve(made, an_account("Hạnh"))
    variant = a_variant(seller_id=seller, on_hand=9)
    offered(fund, variant)
    second = an_order({variant: (seller, "cod")}, now=NEXT_DAY)
    arrive(second.parts[0])
    assert figures(fund)[:6] == (95_000, 75_000, 0, 20_000, 0, 0)
    days = [NEXT_DAY + timedelta(days=n) for n in (1, 2, 3)]
    other = a_maker()
    third = an_order({a_variant(seller_id=other): (other, "transfer")}, now=NEXT_DAY)
    [payment] = payments_of(third.order_id)
    receive(payment.id, payment.amount_vnd, By("officer"))
    move(third.parts[0], "confirmed", "packed", "handed_over", "delivered", at=NEXT_DAY)
    draft(union, days[0])
    assert figures(fund)[:6] == (95_000, 75_000, 0, 20_000, 0, 0), "No bank holds it."
    [one] = statements(made)
    send(one.id, an_account("Lan"), days[0])
    with transaction() as session:
        drop_settlement(session, settlement_id=made + 1, now=days[0], **BY)
    # What she sells next through the union is hers: the share is taken out of that.
    again = an_order({a_variant(seller_id=seller): (seller, "transfer")}, now=days[0])
    [payment] = payments_of(again.order_id)
    receive(payment.id, payment.amount_vnd, By("officer"))
    move(again.parts[0], "confirmed", "packed", "handed_over", "delivered", at=days[0])
    last = draft(union, days[1])
    assert figures(fund)[:6] == (95_000, 75_000, 20_000, 0, 0, 0)
    due = {row.seller_id: row.due_vnd for row in statements(last)}
    assert due == {seller: 90_000, other: 110_000}
    proved()


@both_engines
def test_what_cannot_be_sold_for_a_campaign(a_campaign, fund, a_seller, a_variant):
    seller, other = a_seller(), a_seller("Khác")
    variant = a_variant(seller_id=seller)
    for share in (
        {"kind": "fixed", "vnd": 95_001}, {"kind": "percent", "hundredths": 10_001},
        {"kind": "after_cost", "cost_vnd": 95_000},
    ):  # fmt: skip
        with pytest.raises(ShareOutOfRange):
            offered(fund, variant, **share)
    with pytest.raises(NotASale):
        offered(a_campaign(kind="giving", opens_on=vietnam_date(NOON)), variant)
    with pytest.raises(CampaignNotOpen):
        offered(a_campaign(state="closed", opens_on=vietnam_date(NOON)), variant)
    first = offered(fund, variant, kind="all")
    with pytest.raises(SoldForAnother):
        offered(fund, variant)
    with pytest.raises(NotYours):
        in_transaction(
            lambda s: offers.end_offer(s, offer_id=first, seller_id=other, now=NOON, **BY)
        )
    db.session.rollback()
    assert [one.share_kind for one in db.session.scalars(select(CampaignOffer))] == ["all"]


@settings(deadline=None)
@given(
    price=st.integers(1, 10**9), quantity=st.integers(1, 999), vnd=st.integers(1, 10**9),
    hundredths=st.integers(1, 10_000), off=st.integers(0, 10**9),
)  # fmt: skip
def test_a_share_is_between_nothing_and_what_was_paid(price, quantity, vnd, hundredths, off):
    paid = max(0, price * quantity - off)
    for rule in (
        ShareRule(1, "fixed", vnd=vnd), ShareRule(1, "percent", hundredths=hundredths),
        ShareRule(1, "after_cost", cost_vnd=vnd), ShareRule(1, "all"),
    ):  # fmt: skip
        assert 0 <= rule.of(paid, quantity) <= paid
    assert ShareRule(1, "percent", hundredths=10_000).of(paid, quantity) == paid


@both_engines
def test_two_hundred_gifts_and_purchases_at_once_leave_exact_totals(
    app, fund, a_seller, a_variant, an_order
):  # fmt: skip
    seller = a_seller()
    variant = a_variant(seller_id=seller, on_hand=100)
    offered(fund, variant)
    made = [an_order({variant: (seller, "transfer")}) for _ in range(100)]
    bought = [(one.parts[0], payments_of(one.order_id)[0]) for one in made]
    paid = [(part, payment.id, payment.amount_vnd) for part, payment in bought]
    db.session.rollback()

    def arrives(part: int, payment_id: int, vnd: int) -> None:
        receive(payment_id, vnd, By("officer"))
        arrive(part)

    def gives(n: int) -> None:
        """Alone; or beside an order, offered and received, the bank telling twice."""
        if n % 2:
            in_transaction(
                lambda session: move_fund(
                    session, campaign_id=fund, kind=EntryKind.GIFT, amount_vnd=10_000 + n,
                    against=fund_bank(1), key=f"fund:gift:{n}", of=Of(), now=NOON,
                ).id
            )  # fmt: skip
            return
        for _ in range(2):
            in_transaction(
                lambda session: receive_gift(
                    session, amount_vnd=10_000 + n, key=f"fund:gift:{n}", now=NOON,
                    gift_id=offer_gift(
                        session, campaign_id=fund, amount_vnd=10_000 + n, contact={},
                        shown_name="", message="", attempt_id=f"order:{n}", locale="vi", now=NOON,
                        order_id=made[n].order_id,
                    ).id,
                )
            )  # fmt: skip

    def work(n: int) -> None:
        with app.app_context():
            try:
                while True:
                    try:
                        gives(n // 2) if n % 2 else arrives(*paid[n // 2])
                        return
                    except Busy:  # As whoever is told so tries again: it counts once.
                        db.session.rollback()
            finally:
                db.session.remove()

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(work, range(200)))
    gifts_vnd = 100 * 10_000 + sum(range(100))
    assert figures(fund)[:6] == (
        100 * 95_000, 100 * 75_000, gifts_vnd, 100 * 20_000, 0, 0,
    )  # fmt: skip
    db.session.rollback()
    assert due_of(db.session(), seller, fund) == 100 * 20_000
    proved()
