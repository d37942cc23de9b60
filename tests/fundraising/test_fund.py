"""Money comes into a fund and leaves it by a posting and a public line together."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from shop.db import db, in_transaction, transaction
from shop.fundraising.actions.fund import Of, fund_bank, move_fund
from shop.fundraising.actions.gifts import forget_giver
from shop.fundraising.models import Campaign, FundEntry, Gift
from shop.fundraising.queries.figures import figures_of
from shop.fundraising.queries.gifts import giver_of
from shop.fundraising.rules import EntryKind, NotEnoughInFund, first_break
from shop.kernel.clock import now_utc
from shop.ledger.models import LedgerAccount, LedgerEntry, LedgerTransaction
from shop.ledger.queries import balance
from shop.ledger.rules import Account, Leg
from tests.engines import both_engines
from tests.fundraising.conftest import given

BANK = fund_bank(1)


def put(campaign_id: int, vnd: int, key: str, kind: EntryKind = EntryKind.GIFT, **more):
    def act(session):
        return move_fund(
            session, campaign_id=campaign_id, kind=kind, amount_vnd=vnd, against=BANK, key=key,
            of=more.pop("of", Of()), now=now_utc(), **more,
        ) is not None  # fmt: skip

    return in_transaction(act)


def figures(campaign_id: int):
    db.session.rollback()
    return figures_of(db.session(), [campaign_id])[campaign_id]


def lines(campaign_id: int) -> list[FundEntry]:
    db.session.rollback()
    return list(
        db.session.scalars(
            select(FundEntry).where(FundEntry.campaign_id == campaign_id).order_by(FundEntry.number)
        )
    )


def code_of(campaign_id: int) -> str:
    return db.session.get_one(Campaign, campaign_id).code


@both_engines
def test_what_came_and_went_is_what_the_ledger_says(a_campaign):
    one = a_campaign()
    put(one, 500_000, "fund:a", name="Cô Ba")
    put(one, 200_000, "fund:b", kind=EntryKind.SHARE)
    put(one, 30_000, "fund:c", kind=EntryKind.COST)
    put(one, 400_000, "fund:d", kind=EntryKind.HANDED_OVER)
    now = figures(one)
    assert (now.raised_vnd, now.costs_vnd, now.handed_over_vnd, now.held_vnd) == (
        700_000, 30_000, 400_000, 270_000,
    )  # fmt: skip
    assert [row.amount_vnd for row in lines(one)] == [500_000, 200_000, -30_000, -400_000]
    assert balance(db.session(), BANK) == 270_000
    assert first_break(code_of(one), lines(one)) is None


@both_engines
@pytest.mark.parametrize(
    ("kind", "vnd", "posts"),
    [
        (EntryKind.GIFT, 50_000, {"fund_bank": 50_000, "campaign_fund": -50_000}),
        (EntryKind.SHARE, 12_000, {
            "fund_bank": 12_000, "campaign_fund": -12_000, "share_due": -12_000,
            "campaign_promised": 12_000,
        }),
        (EntryKind.HANDED_OVER, 400_000, {"fund_bank": -400_000, "campaign_given": 400_000}),
        (EntryKind.COST, 30_000, {"fund_bank": -30_000, "campaign_costs": 30_000}),
        (EntryKind.GIFT, -50_000, {"fund_bank": -50_000, "campaign_fund": 50_000}),
        (EntryKind.COST, -30_000, {"fund_bank": 30_000, "campaign_costs": -30_000}),
    ],
    ids=["gift", "share", "handed over", "cost", "gift corrected", "cost corrected"],
)  # fmt: skip
def test_what_each_case_posts(a_campaign, a_seller, kind, vnd, posts):
    """README's table of the books tells the same."""
    one, seller = a_campaign(), a_seller()
    put(one, 900_000, "fund:before")
    put(one, 60_000, "fund:cost", kind=EntryKind.COST)
    also = (
        (
            Leg(Account("share_due", f"seller:{seller}", f"campaign:{one}"), -vnd),
            Leg(Account("campaign_promised", f"campaign:{one}"), vnd),
        )
        if kind == EntryKind.SHARE
        else ()
    )
    assert put(one, vnd, "fund:case", kind=kind, also=also)
    db.session.rollback()
    rows = db.session.execute(
        select(LedgerAccount.kind, LedgerEntry.amount_vnd)
        .join(LedgerAccount, LedgerAccount.id == LedgerEntry.account_id)
        .join(LedgerTransaction, LedgerTransaction.id == LedgerEntry.transaction_id)
        .where(LedgerTransaction.key == "fund:case")
    )
    assert {row.kind: row.amount_vnd for row in rows} == posts


@both_engines
def test_the_same_cause_counts_once(a_campaign):
    one = a_campaign()
    assert put(one, 500_000, "fund:a") is True
    assert put(one, 500_000, "fund:a") is False
    assert (figures(one).raised_vnd, len(lines(one))) == (500_000, 1)


@both_engines
def test_more_than_the_fund_has_never_leaves_it(a_campaign):
    one = a_campaign()
    put(one, 100_000, "fund:a")
    for kind in (EntryKind.HANDED_OVER, EntryKind.COST):
        with pytest.raises(NotEnoughInFund) as refusal:
            put(one, 100_001, "fund:b", kind=kind)
        assert refusal.value.facts["held_vnd"] == 100_000
    with pytest.raises(NotEnoughInFund):
        put(one, -100_001, "fund:c")  # A correction neither.
    assert (figures(one).held_vnd, len(lines(one))) == (100_000, 1)


@both_engines
def test_two_who_hand_over_the_same_money_at_once_hand_it_over_once(app, a_campaign):
    one = a_campaign()
    put(one, 100_000, "fund:a")

    def hand_over(n: int) -> str:
        with app.app_context():
            try:
                put(one, 80_000, f"fund:over:{n}", kind=EntryKind.HANDED_OVER)
            except NotEnoughInFund:
                return "refused"
            finally:
                db.session.remove()
            return "done"

    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(hand_over, range(8)))
    assert (said.count("done"), figures(one).held_vnd) == (1, 20_000)


@both_engines
def test_two_hundred_gifts_at_once_leave_exact_totals_and_a_whole_chain(app, a_campaign):
    one = a_campaign()

    def give(n: int) -> None:
        with app.app_context():
            put(one, 10_000 + n, f"fund:gift:{n}")
            db.session.remove()

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(give, range(200)))
    whole = 200 * 10_000 + sum(range(200))
    rows = lines(one)
    assert (figures(one).raised_vnd, sum(row.amount_vnd for row in rows)) == (whole, whole)
    assert [row.number for row in rows] == list(range(1, 201))
    assert first_break(code_of(one), rows) is None
    campaign = db.session.get_one(Campaign, one)
    assert (campaign.entries, campaign.chain) == (200, rows[-1].hash)


@both_engines
def test_a_name_is_erased_and_the_chain_still_verifies(a_campaign):
    one = a_campaign()
    gift, other = given(one, "Cô Ba", message="Chúc vui"), given(one, "Chú Tư")
    said = {"gift_id": gift.id, "actor_id": None, "actor_name": "x", "now": now_utc()}
    assert in_transaction(lambda session: forget_giver(session, **said))
    assert not in_transaction(lambda session: forget_giver(session, **said)), "Once is enough."
    rows = lines(one)
    assert [(row.name, row.salt is None) for row in rows] == [(None, True), ("Chú Tư", False)]
    her, him = (db.session.get_one(Gift, row.id) for row in (gift, other))
    assert (her.contact, her.data_key, her.shown_name, her.message) == (b"", b"", "", "")
    assert (giver_of(her)["email"], giver_of(him)["email"]) == (None, "ai.do@example.vn")
    assert first_break(code_of(one), rows) is None


@both_engines
@pytest.mark.parametrize(
    "change", ["amount_vnd = 51000", "name = 'Ai đó'", "salt = 'x'", "hash = 'x'", "name = NULL"]
)
def test_the_database_refuses_every_other_change_of_a_line(a_campaign, change):
    one = a_campaign()
    put(one, 50_000, "fund:a", name="Cô Ba")
    for statement in (f"UPDATE fund_entries SET {change}", "DELETE FROM fund_entries"):
        with pytest.raises(DBAPIError), transaction() as session:
            session.execute(text(statement))
    assert [(row.amount_vnd, row.name) for row in lines(one)] == [(50_000, "Cô Ba")]


def test_a_line_that_was_changed_behind_the_triggers_is_found(a_campaign):
    one = a_campaign()
    for n in range(3):
        put(one, 50_000 + n, f"fund:{n}", name="Cô Ba")
    with transaction() as session:
        for verb in ("update", "delete"):
            session.execute(text(f"DROP TRIGGER fund_entries_no_{verb}"))
    code = code_of(one)
    for change, back, what in (
        ("amount_vnd = 99", "amount_vnd = 50001", "hash"),
        ("on_day = '2020-01-01'", f"on_day = '{lines(one)[1].on_day}'", "hash"),
        ("name = 'Ai đó'", "name = 'Cô Ba'", "name"),
    ):
        with transaction() as session:
            session.execute(text(f"UPDATE fund_entries SET {change} WHERE number = 2"))
        assert first_break(code, lines(one)) == (2, what)
        with transaction() as session:
            session.execute(text(f"UPDATE fund_entries SET {back} WHERE number = 2"))
    assert first_break(code, lines(one)) is None
    with transaction() as session:
        session.execute(text("DELETE FROM fund_entries WHERE number = 2"))
    assert first_break(code, lines(one)) == (2, "number")
