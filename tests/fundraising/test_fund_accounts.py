"""What slips pay and settlements keep changes sides of the fund's account, so that each is paid out
of what is there for it."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from shop.audit.models import AuditEntry
from shop.db import db, transaction
from shop.fundraising.actions.fund import Of, move_fund
from shop.fundraising.models import Campaign, FundEntry
from shop.fundraising.rules import EntryKind
from shop.ledger.actions import post
from shop.ledger.queries import balance
from shop.ledger.rules import Account, Leg
from shop.payments.jobs import book_history
from shop.payments.methods import By
from shop.payments.models import ToBook
from shop.payouts.actions.funds import note_fund_transfer, take_fund_transfer_back
from shop.payouts.queries.owed import transfers_due
from shop.payouts.queries.proofs import INVARIANTS
from shop.payouts.queries.statements import all_lines
from shop.payouts.rules import FundMoneyFirst, FundTransferMoved, ReferenceNeeded
from shop.payouts.words import line_words
from shop.sellers.models import Payee
from tests.conftest import NOON
from tests.engines import both_engines
from tests.fundraising.test_sales import figures, offered, proved
from tests.payments.conftest import payments_of, receive
from tests.payments.test_books import move
from tests.payments.test_refunds import come_back
from tests.payouts.conftest import (
    NEXT_DAY,
    a_payee,
    approve,
    broken,
    draft,
    send,
    statements,
)

BY = {"actor_id": None, "actor_name": "Hạnh", "now": NEXT_DAY}
HELD = "what lies in banks for funds is what the funds hold"


def campaign_of(world) -> tuple[int, int]:
    """Return (unit, payee) of the campaign."""
    db.session.rollback()
    row = db.session.get_one(Campaign, world["campaign"])
    found = row.organisation_id, row.payee_id
    db.session.rollback()
    return found


def lies(payee_id: int) -> tuple[int, int]:
    """Return (for sellers, for funds) of an account."""
    db.session.rollback()
    bank, fund_bank = (
        balance(db.session(), Account(kind, f"payee:{payee_id}")) for kind in ("bank", "fund_bank")
    )
    db.session.rollback()
    return bank, fund_bank


def all_true() -> None:
    proved()
    assert broken() == {}


def sells(seller: int, a_variant, an_order, at=NOON) -> None:
    """A buyer pays 110,000 to the unit for the seller's goods, which arrive."""
    made = an_order({a_variant(seller_id=seller): (seller, "transfer")}, now=at)
    [payment] = payments_of(made.order_id)
    receive(payment.id, payment.amount_vnd, By("officer"))
    move(made.parts[0], "confirmed", "packed", "handed_over", "delivered", at=at)


@pytest.fixture
def two(world, bought, a_seller, a_variant, an_order, an_account):
    """A, whose goods a slip paid, and B, for whom the unit collected: (unit, payee, people, A, B)."""
    unit, payee = campaign_of(world)
    other = a_seller(organisation_id=unit, paid_through_organisation=True)
    _, part = bought()
    move(part, "confirmed", "packed", "handed_over", "delivered")
    sells(other, a_variant, an_order)
    return unit, payee, (an_account("Duyệt"), an_account("Chuyển")), bought.seller, other


def pay(made: int, seller: int, person: int) -> int:
    [one] = [row for row in statements(made) if row.seller_id == seller]
    return send(one.id, person)


@both_engines
def test_whom_a_slip_paid_is_paid_out_of_the_funds_money_and_the_other_of_hers(two):
    unit, payee, people, a, b = two
    assert lies(payee) == (60_000 + 110_000, 440_000)
    made = draft(unit)
    approve(made, people[0])
    pay(made, a, people[1])
    assert lies(payee) == (110_000, 440_000)
    pay(made, b, people[1])
    assert lies(payee) == (0, 440_000)
    all_true()


@both_engines
def test_what_comes_back_is_the_funds_again(world, bought):
    _, payee = campaign_of(world)
    _, part = bought(190_000, quantity=2)
    move(part, "confirmed", "packed", "handed_over", "delivered")
    assert lies(payee) == (190_000, 310_000)
    come_back(part, 1, NOON)
    assert lies(payee) == (95_000, 405_000)
    all_true()


def apart(world) -> int:
    """Let the campaign's account be its own, and give its unit another one; return the unit's."""
    unit, payee = campaign_of(world)
    with transaction() as session:
        session.execute(update(Payee).where(Payee.id == payee).values(is_apart=True, ended_at=NOON))
    return a_payee(organisation_id=unit)


def due_of(unit: int) -> list[int]:
    db.session.rollback()
    found = [row.due_vnd for row in transfers_due(db.session(), [unit])]
    db.session.rollback()
    return found


def transferred(campaign_id: int, vnd: int, reference: str = "FT9") -> int:
    with transaction() as session:
        return note_fund_transfer(
            session, campaign_id=campaign_id, amount_vnd=vnd, reference=reference, **BY
        )


@both_engines
def test_a_campaigns_own_account_sends_first_what_its_slips_paid(
    world, bought, a_seller, a_variant, an_order, an_account
):
    own = apart(world)
    unit, payee = campaign_of(world)
    other = a_seller(organisation_id=unit, paid_through_organisation=True)
    sells(other, a_variant, an_order)
    _, part = bought()
    move(part, "confirmed", "packed", "handed_over", "delivered")
    head, sender = an_account("Duyệt"), an_account("Chuyển")
    made = draft(unit)
    approve(made, head)
    assert due_of(unit) == [60_000]
    pay(made, other, sender)
    with pytest.raises(FundMoneyFirst) as refused:
        pay(made, bought.seller, sender)
    assert refused.value.facts == {"waits_vnd": 60_000, "held_vnd": 0, "wanted_vnd": 60_000}
    for vnd, wrong in ((59_999, FundTransferMoved), (-60_000, FundTransferMoved)):
        with pytest.raises(wrong):
            transferred(world["campaign"], vnd)
    with pytest.raises(ReferenceNeeded):
        transferred(world["campaign"], 60_000, "  ")
    posted = transferred(world["campaign"], 60_000)
    assert (lies(payee), lies(own), due_of(unit)) == ((0, 440_000), (60_000, 0), [])
    with pytest.raises(FundTransferMoved):  # The same tap twice.
        transferred(world["campaign"], 60_000)
    all_true()
    with transaction() as session:
        take_fund_transfer_back(session, campaign_id=world["campaign"], transaction_id=posted, **BY)
    assert (lies(own), due_of(unit)) == ((0, 0), [60_000])
    transferred(world["campaign"], 60_000, "FT10")
    pay(made, bought.seller, sender)
    assert (lies(payee), lies(own)) == ((0, 440_000), (0, 0))
    all_true()
    said = db.session.scalars(
        select(AuditEntry.action).where(AuditEntry.action.like("fund_transfer.%"))
    ).all()
    assert sorted(said) == ["fund_transfer.sent", "fund_transfer.sent", "fund_transfer.taken_back"]


@pytest.fixture
def keeps(union, a_campaign, a_maker, a_variant):
    """A campaign on the union's account and goods sold for it: (union, payee, fund, seller, variant)."""
    payee = db.session.scalars(select(Payee.id).where(Payee.organisation_id == union)).one()
    fund = a_campaign(
        organisation_id=union, payee_id=payee, opens_on=NOON.date() - timedelta(days=3),
        standing=True,
    )  # fmt: skip
    seller = a_maker()
    variant = a_variant(seller_id=seller, on_hand=9)
    offered(fund, variant)
    return union, payee, fund, seller, variant


def sells_for_it(keeps, an_order, at=NOON) -> None:
    _, _, _, seller, variant = keeps
    made = an_order({variant: (seller, "transfer")}, now=at)
    [payment] = payments_of(made.order_id)
    receive(payment.id, payment.amount_vnd, By("officer"))
    move(made.parts[0], "confirmed", "packed", "handed_over", "delivered", at=at)


@both_engines
def test_a_share_that_a_settlement_keeps_lies_with_the_funds(keeps, an_order):
    union, payee, *_ = keeps
    sells_for_it(keeps, an_order)
    draft(union)
    assert lies(payee) == (90_000, 20_000)
    all_true()


@both_engines
def test_a_kept_share_is_to_be_sent_to_a_campaigns_own_account(keeps, an_order):
    union, payee, fund, *_ = keeps
    own = apart({"campaign": fund})
    sells_for_it(keeps, an_order)
    draft(union)
    assert (lies(payee), lies(own), due_of(union)) == ((-20_000, 20_000), (110_000, 0), [-20_000])
    transferred(fund, -20_000)
    assert (lies(payee), lies(own), due_of(union)) == ((0, 20_000), (90_000, 0), [])
    all_true()


@both_engines
def test_a_settlement_keeps_shares_of_its_own_period_alone(keeps, an_order, an_account):
    union, _, fund, *_ = keeps
    december, january = (datetime(2026, 12, 29, 5, tzinfo=UTC), datetime(2027, 1, 3, 5, tzinfo=UTC))
    for at in (december, january):
        sells_for_it(keeps, an_order, at)
    made = draft(union, january + timedelta(days=2), to_on=december.date() + timedelta(days=2))

    def kept() -> list[tuple[str, int]]:
        db.session.rollback()
        rows = db.session.scalars(
            select(FundEntry).where(FundEntry.campaign_id == fund).order_by(FundEntry.number)
        ).all()
        found = [(row.on_day.isoformat(), row.amount_vnd) for row in rows]
        db.session.rollback()
        return found

    assert kept() == [("2026-12-31", 20_000)]
    assert figures(fund).promised_vnd == 20_000
    [one] = statements(made)
    assert one.due_vnd == 90_000
    approve(one.settlement_id, an_account("Duyệt"), january + timedelta(days=2))
    draft(union, january + timedelta(days=3), to_on=january.date() + timedelta(days=1))
    assert kept() == [("2026-12-31", 20_000), ("2027-01-04", 20_000)]
    all_true()


def waits(subject: str) -> None:
    with transaction() as session:
        session.add(ToBook(subject=subject))


def held_check() -> list:
    db.session.rollback()
    found = [tuple(row) for row in db.session.execute(INVARIANTS[HELD])]
    db.session.rollback()
    return found


@both_engines
def test_books_of_an_older_rule_are_brought_in_step_once(world, bought):
    unit, payee = campaign_of(world)
    _, part = bought()
    move(part, "confirmed", "packed", "handed_over", "delivered")
    with transaction() as session:  # As it stood: nothing had changed sides.
        post(
            session, key="older", kind="sold", subject=f"voucher:{part}", now=NOON,
            legs=[
                Leg(Account("bank", f"payee:{payee}"), -60_000),
                Leg(Account("fund_bank", f"payee:{payee}"), 60_000),
            ],
        )  # fmt: skip
    assert (lies(payee), held_check()) == ((0, 500_000), [(unit, 440_000, 500_000)])
    waits(f"voucher:{part}")
    for _ in range(2):
        book_history(NOON)
    assert lies(payee) == (60_000, 440_000)
    all_true()


@both_engines
def test_shares_kept_by_an_older_rule_are_brought_to_the_funds_once(keeps, an_order):
    union, payee, fund, seller, _ = keeps
    sells_for_it(keeps, an_order)
    with transaction() as session:
        entry = move_fund(
            session, campaign_id=fund, kind=EntryKind.SHARE, amount_vnd=20_000, key="older",
            against=Account("seller_payable", f"seller:{seller}", f"organisation:{union}"),
            of=Of(), now=NOON,
            also=(
                Leg(Account("share_due", f"seller:{seller}", f"campaign:{fund}"), -20_000),
                Leg(Account("campaign_promised", f"campaign:{fund}"), 20_000),
            ),
        )  # fmt: skip
        assert entry is not None
        number = entry.transaction_id
    assert (lies(payee), held_check()) == ((110_000, 0), [(union, 20_000, 0)])
    for _ in range(2):
        waits(f"kept_share:{number}")
        book_history(NOON)
    assert lies(payee) == (90_000, 20_000)
    all_true()


@both_engines
def test_a_line_of_a_kept_share_names_its_campaign(keeps, an_order):
    union, *_ = keeps
    sells_for_it(keeps, an_order)
    [one] = statements(draft(union))
    db.session.rollback()
    assert {line_words(row): row.amount_vnd for row in all_lines(db.session(), one.id)} == {
        "Tiền hàng": 95_000, "Phí giao": 15_000,
        "Phần góp quỹ “Bò giống cho chị em nghèo”": -20_000,
    }  # fmt: skip
    assert (one.goods_vnd, one.debts_vnd) == (95_000, -20_000)
    db.session.rollback()
