"""What a seller owes and pays by transfer, and what a wallet pays out: answered in the inbox, booked
once, never above what is there, and taken back."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from shop.banking.actions.answers import accept_debt, accept_payout, reopen
from shop.banking.queries.units import debtors_of, wallets_of
from shop.banking.rules.matching import MoreThanHeld, MoreThanOwed
from shop.db import db, transaction
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.errors import NotYours
from shop.ledger.queries import balance
from shop.ledger.rules import Account
from shop.operations.proofs import broken
from shop.ordering.models import SellerOrder
from shop.payments import actions as payments
from shop.payments.methods import By
from shop.payments.models import Payment
from shop.payouts.actions.drafting import draft_settlement
from shop.sellers.bank_accounts import change_bank_account
from shop.sellers.models import Payee
from shop.shares.actions import add_commission_rule
from shop.shares.rules import Rate
from tests.banking.conftest import deliver
from tests.banking.test_decisions import seen, tap
from tests.engines import both_engines
from tests.ordering.test_race import all_at_once
from tests.payments.test_books import move

OFFICER = By("officer")
BY = {"actor_id": None, "actor_name": "Hương"}


@pytest.fixture
def in_debt(an_organisation, a_seller, owed, a_service):
    """A seller whom buyers pay directly and who owes the unit 8 % of 10,000,000."""
    unit = an_organisation()
    seller = a_seller(organisation_id=unit)
    with transaction() as session:
        change_bank_account(
            session, organisation_id=unit, bank_bin="970405", holder="HOI LHPN XA",
            number="4711000815", now=now_utc() - timedelta(days=9), **BY,
        )  # fmt: skip
        add_commission_rule(
            session, organisation_id=unit, rate=Rate(800),
            from_on=vietnam_date(now_utc()) - timedelta(days=5),
            now=now_utc() - timedelta(days=9), **BY,
        )  # fmt: skip
    order = owed(seller_id=seller, price_vnd=10_000_000)
    tap(order, order.amount_vnd)
    move(order.part_id, "packed", "handed_over", "delivered", at=now_utc())
    deliver()
    return unit, seller, a_service(unit_id=unit)


def owes(unit: int, seller: int) -> int:
    db.session.rollback()
    of = Account("seller_receivable", f"seller:{seller}", f"organisation:{unit}")
    return balance(db.session(), of)


def in_bank(unit: int) -> int:
    db.session.rollback()
    payee = db.session.query(Payee.id).filter_by(organisation_id=unit).one().id
    return balance(db.session(), Account("bank", f"payee:{payee}"))


def pays(notice, seller: int) -> bool:
    with transaction() as session:
        return accept_debt(
            session, notice_id=notice.id, seller_id=seller, by=OFFICER, now=now_utc()
        )


def take_back(notice) -> bool:
    with transaction() as session:
        return reopen(session, notice_id=notice.id, by=OFFICER, now=now_utc())


@both_engines
def test_a_seller_pays_what_she_owes_in_parts_and_never_more(in_debt):
    unit, seller, service = in_debt
    assert owes(unit, seller) == 800_000
    part, rest = service.tell(300_000, "gian hang tra no"), service.tell(500_000, "tra not")
    over = service.tell(1, "du")
    assert pays(part, seller)
    assert not pays(part, seller), "Said before."
    assert (owes(unit, seller), in_bank(unit)) == (500_000, 300_000)
    [debtor] = debtors_of(db.session(), [unit])[unit]
    assert (debtor.seller_id, debtor.owed_vnd) == (seller, 500_000)
    assert pays(rest, seller)
    with pytest.raises(MoreThanOwed) as refused:
        pays(over, seller)
    assert refused.value.owed_vnd == 0
    assert seen(over)[0] == "task"
    assert (owes(unit, seller), in_bank(unit)) == (0, 800_000)
    assert not broken(db.session())
    assert take_back(rest)
    assert not take_back(rest)
    assert (owes(unit, seller), in_bank(unit), seen(rest)[0]) == (500_000, 300_000, "task")
    assert pays(rest, seller)
    assert owes(unit, seller) == 0
    assert not broken(db.session())


@both_engines
def test_what_a_seller_pays_too_much_is_nobodys_until_somebody_says_whose(in_debt):
    unit, seller, service = in_debt
    notice = service.tell(800_400, "tra no tron so")

    def says(rest_vnd: int) -> bool:
        with transaction() as session:
            return accept_debt(
                session, notice_id=notice.id, seller_id=seller, rest_vnd=rest_vnd, by=OFFICER,
                now=now_utc(),
            )  # fmt: skip

    def unclear() -> int:
        db.session.rollback()
        payee = db.session.query(Payee.id).filter_by(organisation_id=unit).one().id
        return balance(db.session(), Account("suspense", f"payee:{payee}"))

    for wrong in (0, 399, 401):
        with pytest.raises(MoreThanOwed):
            says(wrong)
    assert says(400)
    assert (owes(unit, seller), in_bank(unit), abs(unclear())) == (0, 800_400, 400)
    assert not broken(db.session())
    assert take_back(notice)
    assert (owes(unit, seller), in_bank(unit), unclear()) == (800_000, 0, 0)
    assert not broken(db.session())


@both_engines
def test_two_officers_who_answer_two_notices_never_book_more_than_is_owed(app, in_debt):
    unit, seller, service = in_debt
    both = [service.tell(500_000, f"tra no {n}") for n in range(2)]
    ids = [one.id for one in both]
    db.session.rollback()

    def answer(number: int) -> str:
        with transaction() as session:
            accept_debt(session, notice_id=ids[number], seller_id=seller, by=OFFICER, now=now_utc())
        return "booked"

    assert all_at_once(app, answer, 2) == {"booked": 1, "more_than_owed": 1}
    assert owes(unit, seller) == 300_000
    assert not broken(db.session())


def test_whose_debt_it_is_not_is_refused(in_debt, a_seller, owed, a_service):
    _unit, seller, service = in_debt
    other = a_seller()
    notice = service.tell(10_000, "x")
    with pytest.raises(MoreThanOwed):
        pays(notice, other)
    hers = a_service(seller_id=owed().seller_id).tell(10_000, "x")
    with pytest.raises(NotYours):
        pays(hers, seller)


def test_a_paid_debt_is_settled_with_the_sale_that_made_it(in_debt):
    unit, seller, service = in_debt
    pays(service.tell(800_000, "tra no"), seller)
    with transaction() as session:
        made = draft_settlement(
            session, organisation_id=unit, to_on=vietnam_date(now_utc()), now=now_utc(), **BY
        )
        assert (made.pays_vnd, made.carried_vnd, made.line_count) == (0, 0, 2)
    assert not broken(db.session())


@pytest.fixture
def at_momo(collecting_unit, owed, a_service):
    """110,000 đồng that MoMo has of a unit."""
    unit, seller = collecting_unit()
    order = owed(seller_id=seller)
    with transaction() as session:
        session.execute(update(Payment).where(Payment.id == order.payment_id).values(method="momo"))
        session.execute(
            update(SellerOrder).where(SellerOrder.id == order.part_id).values(method="momo")
        )
    with transaction() as session:
        payments.receive_online(
            session, payment_id=order.payment_id, visit_id=1, amount_vnd=order.amount_vnd,
            currency="VND", amount_minor=order.amount_vnd, now=now_utc(),
        )  # fmt: skip
    return unit, a_service(unit_id=unit)


def paid_out(notice, fee: int, wallet: str = "momo") -> bool:
    with transaction() as session:
        return accept_payout(
            session, notice_id=notice.id, wallet=wallet, fee_vnd=fee, by=OFFICER, now=now_utc()
        )


@both_engines
def test_a_wallets_payout_is_booked_with_its_fee_and_never_above_what_it_has(at_momo):
    unit, service = at_momo
    db.session.rollback()
    assert wallets_of(db.session(), [unit]) == {unit: {"momo": 110_000}}
    notice, more = service.tell(98_000, "MOMO THANH TOAN"), service.tell(11_000, "MOMO")
    for wallet, fee, refused in (
        ("momo", 12_001, MoreThanHeld), ("vnpay", 0, MoreThanHeld), ("card", 0, NotYours),
        ("momo", -1, NotYours),
    ):  # fmt: skip
        with pytest.raises(refused):
            paid_out(notice, fee, wallet)
    assert paid_out(notice, 2_000)
    assert not paid_out(notice, 2_000)
    fees = Account("card_fees", f"organisation:{unit}", "momo")
    db.session.rollback()
    assert (in_bank(unit), balance(db.session(), fees)) == (98_000, 2_000)
    with pytest.raises(MoreThanHeld):
        paid_out(more, 0)
    assert not broken(db.session())
    assert take_back(notice)
    assert in_bank(unit) == 0
    assert wallets_of(db.session(), [unit]) == {unit: {"momo": 110_000}}
    assert not broken(db.session())
    assert paid_out(notice, 1_000)
    assert paid_out(more, 0)
    assert wallets_of(db.session(), [unit]) == {}
    assert not broken(db.session())


def test_an_officer_answers_on_her_page(in_debt, an_officer):
    unit, seller, service = in_debt
    notice = service.tell(800_000, "tra no hoa hong")
    desk = an_officer(unit, "treasurer")
    here = "/dieu-hanh/tien-ve/ngan-hang"
    page = desk.get(here).text
    assert "trả nợ Hội?" in page
    assert "Gian hàng còn nợ 800.000" in page
    answered = desk.post(f"{here}/{notice.id}", tra_loi="no", khoan=str(seller))
    assert answered.status_code == 303
    assert owes(unit, seller) == 0
    assert "trả nợ" in desk.get(here).text
    assert desk.post(f"{here}/{notice.id}", tra_loi="lui").status_code == 303
    assert owes(unit, seller) == 800_000
    small = service.tell(900_000, "nhieu hon")
    page = desk.get(here).text
    assert "Phần dư 100.000" in page
    assert 'name="du" value="100000"' in page
    refused = desk.post(f"{here}/{small.id}", tra_loi="no", khoan=str(seller))
    assert (refused.status_code, "chỉ còn nợ 800.000" in refused.text) == (409, True)
    told = desk.post(f"{here}/{small.id}", tra_loi="no", khoan=str(seller), du="100000")
    assert (told.status_code, owes(unit, seller), in_bank(unit)) == (303, 0, 900_000)
    assert "trả nợ" in desk.get(here).text


def test_an_officer_says_that_a_wallet_paid_out(at_momo, an_officer):
    unit, service = at_momo
    notice = service.tell(108_000, "MOMO THANH TOAN")
    desk = an_officer(unit, "treasurer")
    here = "/dieu-hanh/tien-ve/ngan-hang"
    assert "MoMo đang giữ 110.000" in desk.get(here).text
    post = {"tra_loi": "vi", "vi": "momo"}
    assert desk.post(f"{here}/{notice.id}", **post, phi="abc").status_code == 422
    assert desk.post(f"{here}/{notice.id}", **post, phi="2.001").status_code == 409
    assert desk.post(f"{here}/{notice.id}", **post, phi="2.000").status_code == 303
    assert in_bank(unit) == 108_000
    assert "MoMo chuyển về" in desk.get(here).text
