"""What is agreed at the sale stays on it, is posted when goods arrive, and goes back with them."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from shop.audit.models import AuditEntry
from shop.db import db, transaction
from shop.ledger.queries import accounts_of
from shop.operations.undo import undo
from shop.ordering import actions as ordering
from shop.ordering.models import LineItem, SellerOrder
from shop.ordering.queries import last_return
from shop.ordering.rules import ComingBack, ReturnReason
from shop.organisations.models import Organisation
from shop.payments.actions import confirm_received, open_payments
from shop.payments.methods import By
from shop.shares import actions
from shop.shares.models import CommissionRule
from shop.shares.queries import _KEPT, commission_rules, share_book_now
from shop.shares.rules import DayPassed, NoTaxRules, RateOutOfRange, RuleOver
from tests.conftest import NOON
from tests.engines import both_engines
from tests.payments.conftest import payments_of
from tests.shares.conftest import BY, TODAY

LATER = NOON + timedelta(hours=1)


def part(seller_order_id: int) -> SellerOrder:
    db.session.rollback()
    return db.session.get_one(SellerOrder, seller_order_id)


def kept(seller_order_id: int) -> tuple[int, int | None, int, int]:
    row = part(seller_order_id)
    return (
        row.commission_vnd, row.commission_organisation_id, row.tax_vat_vnd, row.tax_pit_vnd
    )  # fmt: skip


def lines(seller_order_id: int) -> list[LineItem]:
    db.session.rollback()
    return list(
        db.session.scalars(
            select(LineItem)
            .where(LineItem.seller_order_id == seller_order_id)
            .order_by(LineItem.id)
        )
    )


def arrive(seller_order_id: int) -> None:
    for state in ("confirmed", "packed", "handed_over", "delivered"):
        with transaction() as session:
            ordering.move_seller_order(
                session, seller_order_id=seller_order_id, to=state, actor_kind="seller",
                actor_id=None, now=LATER,
            )  # fmt: skip


def come_back(seller_order_id: int, *quantities: int) -> None:
    coming = [
        ComingBack(line.id, quantity, True)
        for line, quantity in zip(lines(seller_order_id), quantities, strict=True)
        if quantity
    ]
    order_id = part(seller_order_id).order_id
    after = last_return(db.session(), seller_order_id)
    with transaction() as session:
        ordering.return_goods(
            session, seller_order_id=seller_order_id, coming=coming, reason=ReturnReason.FAULTY,
            gives_fee_back=False, after=after, actor_kind="seller", actor_id=None, now=LATER,
        )  # fmt: skip
        open_payments(session, order_id, LATER)


def stands(owner: str) -> dict[tuple[str, str], int]:
    db.session.rollback()
    return {
        (row.kind, row.detail): row.balance_vnd
        for row in accounts_of(db.session(), [owner])
        if row.balance_vnd
    }


@both_engines
def test_nothing_is_asked_for_while_there_is_no_rule(
    a_seller, a_variant, an_order, count_queries, union
):
    seller = a_seller(organisation_id=union)
    made = an_order({a_variant(seller_id=seller): (seller, "transfer")})
    assert kept(made.parts[0]) == (0, None, 0, 0)


@both_engines
def test_a_commission_is_kept_on_the_order_and_on_each_line_and_a_later_rule_changes_nothing(
    union, a_seller, a_variant, an_order, a_rule
):
    seller = a_seller(organisation_id=union)
    first, second = a_variant(seller_id=seller), a_variant(seller_id=seller, price_vnd=33_333)
    rule = a_rule(union)
    made = an_order({first: (seller, "transfer"), second: (seller, "transfer")})
    assert kept(made.parts[0]) == (7_600 + 2_667, union, 0, 0)
    assert [(line.commission_vnd, line.commission_rate) for line in lines(made.parts[0])] == [
        (7_600, "8"), (2_667, "8"),
    ]  # fmt: skip
    with transaction() as session:
        actions.end_commission_rule(session, rule_id=rule, **BY)
    a_rule(union, hundredths=2_000)
    assert kept(made.parts[0]) == (10_267, union, 0, 0)
    arrive(made.parts[0])
    assert stands(f"organisation:{union}") == {("commission", ""): -10_267}


def test_the_rules_are_read_once_and_anew_after_each_change(
    union, a_seller, a_variant, an_order, a_rule, count_queries
):
    seller = a_seller(organisation_id=union)
    variant = a_variant(seller_id=seller, on_hand=50)

    def statements() -> int:
        with count_queries() as seen:
            an_order({variant: (seller, "transfer")})
        return len(seen)

    without = statements()
    rule = a_rule(union)
    assert statements() > without
    assert statements() == without
    with transaction() as session:
        actions.end_commission_rule(session, rule_id=rule, **BY)
    made = an_order({variant: (seller, "transfer")})
    assert kept(made.parts[0])[0] == 0


def test_a_new_name_of_a_unit_is_known_within_a_minute(union, a_rule, monkeypatch):
    a_rule(union)
    assert share_book_now(db.session()).creditors[union].name_vi == "Hội LHPN xã Sông Lành"
    db.session.rollback()
    with transaction() as session:
        session.get_one(Organisation, union).name_vi = "Hội mới"
    for edition, (_, book) in list(_KEPT.items()):
        monkeypatch.setitem(_KEPT, edition, (0.0, book))
    assert share_book_now(db.session()).creditors[union].name_vi == "Hội mới"


@both_engines
def test_the_organisation_that_collects_keeps_its_commission_and_gives_back_what_came_back(
    union, a_seller, a_variant, an_order, a_rule
):
    seller = a_seller(organisation_id=union, paid_through_organisation=True)
    variant = a_variant(seller_id=seller, price_vnd=33_333)
    a_rule(union)
    made = an_order({variant: (seller, "transfer")}, quantity=3)
    total = part(made.parts[0]).total_vnd
    with transaction() as session:
        confirm_received(
            session, payment_id=payments_of(made.order_id)[0].id, amount_vnd=total, after=0,
            by=By("officer"), now=LATER,
        )  # fmt: skip
    arrive(made.parts[0])
    with_union = f"organisation:{union}"
    assert stands(with_union) == {("commission", ""): -8_000}
    assert stands(f"seller:{seller}")["seller_payable", with_union] == -(99_999 - 8_000)
    come_back(made.parts[0], 1)
    assert part(made.parts[0]).returned_commission_vnd == 2_666
    assert stands(with_union) == {("commission", ""): -5_334}
    come_back(made.parts[0], 1)
    come_back(made.parts[0], 1)
    assert stands(with_union) == {}
    assert ("seller_payable", with_union) not in stands(f"seller:{seller}")


@both_engines
def test_who_has_the_money_herself_owes_the_commission(
    union, a_seller, a_variant, an_order, a_rule
):
    seller = a_seller(organisation_id=union)
    a_rule(union, hundredths=0, fixed_vnd=2_000)
    made = an_order({a_variant(seller_id=seller): (seller, "cod")}, quantity=2)
    assert stands(f"seller:{seller}") == {}
    arrive(made.parts[0])
    assert stands(f"seller:{seller}")["seller_receivable", f"organisation:{union}"] == 4_000
    come_back(made.parts[0], 1)
    assert stands(f"seller:{seller}")["seller_receivable", f"organisation:{union}"] == 2_000


@both_engines
def test_tax_is_withheld_of_what_an_organisation_collects_and_of_nothing_else(
    union, a_seller, a_variant, an_order, a_rule, a_tax_rule, tax_is_on
):
    """By hand: of 95.000 at 1 % and 0,5 %: 950 and 475."""
    through = a_seller(organisation_id=union, paid_through_organisation=True)
    her_own = a_seller(organisation_id=union)
    mine, hers = a_variant(seller_id=through), a_variant(seller_id=her_own)
    a_tax_rule()
    before = an_order({mine: (through, "transfer")})
    assert kept(before.parts[0]) == (0, None, 0, 0), "off until it is turned on"
    tax_is_on(union)
    a_rule(union)
    made = an_order({mine: (through, "transfer"), hers: (her_own, "transfer")})
    assert kept(made.parts[0]) == (7_600, union, 950, 475)
    assert kept(made.parts[1]) == (7_600, union, 0, 0)
    cash = an_order({mine: (through, "cod")})
    assert kept(cash.parts[0]) == (7_600, union, 0, 0)
    arrive(made.parts[0])
    assert stands(f"organisation:{union}") == {
        ("commission", ""): -7_600, ("tax_withheld", ""): -1_425,
    }  # fmt: skip
    come_back(made.parts[0], 1)
    assert stands(f"organisation:{union}") == {}


def test_goods_whose_kind_nobody_said_are_taxed_by_the_highest_rate(
    union, a_seller, a_variant, an_order, a_tax_rule, tax_is_on
):
    from shop.catalogue.models import Product

    seller = a_seller(organisation_id=union, paid_through_organisation=True)
    variant = a_variant(seller_id=seller)
    a_tax_rule()
    a_tax_rule("services", 500, 200)
    tax_is_on(union)
    with transaction() as session:
        for product in session.scalars(select(Product)):
            product.tax_category = ""
    made = an_order({variant: (seller, "transfer")})
    assert kept(made.parts[0])[2:] == (4_750, 1_900)


def test_rules_for_a_shelf_hold_for_the_shelves_below_it(
    union, a_seller, a_category, a_variant, an_order, a_rule
):
    seller = a_seller(organisation_id=union)
    top = a_category("Đồ khô")
    below = a_category("Bột", top)
    variant = a_variant(seller_id=seller, category_id=below)
    a_rule(union, category_id=top)
    assert kept(an_order({variant: (seller, "cod")}).parts[0])[0] == 7_600
    a_rule(union, hundredths=100, seller_id=seller)
    assert kept(an_order({variant: (seller, "cod")}).parts[0])[0] == 950


def test_rules_that_cannot_be_meant_are_refused_and_leave_no_line(union, a_rule, a_tax_rule):
    def refused(refusal, work) -> None:
        with pytest.raises(refusal), transaction() as session:
            work(session)

    yesterday = TODAY - timedelta(days=1)
    with pytest.raises(DayPassed):
        a_rule(union, from_on=yesterday)
    with pytest.raises(DayPassed):
        a_rule(union, until_on=yesterday)
    with pytest.raises(RateOutOfRange):
        a_rule(union, hundredths=5_001)
    with pytest.raises(RateOutOfRange):
        a_tax_rule("sugar")
    with pytest.raises(RateOutOfRange):
        a_tax_rule(vat=2_501)
    refused(NoTaxRules, lambda s: actions.withhold_tax(s, organisation_id=union, **BY))
    assert db.session.scalars(select(AuditEntry.action)).all() == []
    db.session.rollback()
    rule = a_rule(union)
    with transaction() as session:
        actions.end_commission_rule(session, rule_id=rule, **BY)
    refused(RuleOver, lambda s: actions.end_commission_rule(s, rule_id=rule, **BY))
    tax = a_tax_rule()
    with transaction() as session:
        actions.end_tax_rule(session, rule_id=tax, **BY)
    refused(RuleOver, lambda s: actions.end_tax_rule(s, rule_id=tax, **BY))
    refused(NoTaxRules, lambda s: actions.withhold_tax(s, organisation_id=union, **BY))


def test_tax_is_turned_on_once_and_off_once_and_says_who(union, a_tax_rule, tax_is_on):
    a_tax_rule()
    tax_is_on(union)
    with transaction() as session:
        assert not actions.withhold_tax(session, organisation_id=union, **BY)
        assert actions.stop_withholding(session, organisation_id=union, **BY)
        assert not actions.stop_withholding(session, organisation_id=union, **BY)
    said = db.session.execute(select(AuditEntry.action, AuditEntry.actor_name)).all()
    assert said == [
        ("tax_rule.made", "chị Hoà"), ("tax.turned_on", "chị Hoà"), ("tax.turned_off", "chị Hoà"),
    ]  # fmt: skip
    db.session.rollback()
    assert share_book_now(db.session()).collectors == frozenset()


@both_engines
def test_an_undone_end_of_a_rule_leaves_a_newer_rule_before_it(
    union, a_seller, a_variant, an_order, a_rule
):
    until = TODAY + timedelta(days=30)
    seller, other = a_seller(organisation_id=union), a_seller(organisation_id=union)
    mine, hers = a_variant(seller_id=seller), a_variant(seller_id=other)
    rule = a_rule(union, until_on=until)
    a_rule(union, hundredths=300, seller_id=seller)

    def asked() -> tuple[int, int]:
        return tuple(
            kept(an_order({variant: (whose, "cod")}).parts[0])[0]
            for variant, whose in ((mine, seller), (hers, other))
        )

    assert asked() == (2_850, 7_600)
    ended = "commission_rule.ended"
    for _ in range(2):  # The rule that was put in force again is ended and put back like the first.
        with transaction() as session:
            actions.end_commission_rule(session, rule_id=rule, **BY)
        assert asked() == (2_850, 0)
        undo_last(ended)
        assert asked() == (2_850, 7_600)
        rule = db.session.scalar(select(func.max(CommissionRule.id)))
        row = db.session.get_one(CommissionRule, rule)
        assert (row.from_on, row.until_on, row.seller_id) == (TODAY, until, None)
        db.session.rollback()
    today = commission_rules(db.session(), None, TODAY)
    assert [row.hundredths for row in today] == [300, 800]


@both_engines
def test_an_undone_end_of_a_rate_leaves_the_law_of_a_later_day_before_it(
    union, a_tax_rule, tax_is_on
):
    later = TODAY + timedelta(days=10)
    rule = a_tax_rule()
    a_tax_rule(vat=200, pit=100, from_on=later)
    tax_is_on(union)
    with transaction() as session:
        actions.end_tax_rule(session, rule_id=rule, **BY)
    undo_last("tax_rule.ended")
    book = share_book_now(db.session())
    assert (book.tax_of("goods", TODAY), book.tax_of("goods", later)) == ((100, 50), (200, 100))


def undo_last(action: str) -> None:
    db.session.rollback()
    entry = db.session.scalar(
        select(func.max(AuditEntry.id)).where(AuditEntry.action == action)
    )  # fmt: skip
    db.session.rollback()
    with transaction() as session:
        undo(session, entry_id=entry, **BY)
