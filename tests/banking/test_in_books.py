"""Money that was counted before the bank tells of it is recognised, and pays no order of its sum."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from shop.banking.actions.answers import accept_booked, reopen
from shop.banking.models import BankNotice
from shop.banking.queries.inbox import cards_of
from shop.banking.rules.matching import NotInBooks
from shop.db import db, transaction
from shop.kernel.clock import VIETNAM, now_utc, vietnam_date
from shop.ledger.actions import post
from shop.ledger.models import LedgerTransaction
from shop.ledger.rules import Account, Leg
from shop.ordering.models import SellerOrder
from shop.payments import actions as payments
from shop.payments.gateways.models import GatewayPayout
from shop.payments.methods import By
from shop.payments.models import Payment
from shop.payouts.actions.sending import fail_payout
from shop.sellers.bank_accounts import change_bank_account
from shop.sellers.models import Payee
from tests.banking.conftest import deliver, received
from tests.banking.test_decisions import seen
from tests.conftest import NOON
from tests.engines import both_engines
from tests.payments.test_books import move
from tests.payouts.conftest import approve, draft, send, statements
from tests.remittances import sheets
from tests.remittances.conftest import a_parcel, owner, stored
from tests.remittances.test_counting import count_all, hers

__all__ = ["a_parcel"]

OFFICER = By("officer")
HERE = "/dieu-hanh/tien-ve/ngan-hang"


def card(notice: BankNotice):
    db.session.rollback()
    [one] = cards_of(db.session(), [db.session.get_one(BankNotice, notice.id)])
    return one


def booked(notice: BankNotice, kind: str, id_: int) -> bool:
    with transaction() as session:
        return accept_booked(
            session, notice_id=notice.id, kind=kind, id_=id_, by=OFFICER, now=now_utc()
        )


def take_back(notice: BankNotice) -> bool:
    with transaction() as session:
        return reopen(session, notice_id=notice.id, by=OFFICER, now=now_utc())


def postings() -> int:
    db.session.rollback()
    return len(db.session.scalars(select(LedgerTransaction.id)).all())


def account_of(unit: int) -> int:
    return db.session.scalars(select(Payee.id).where(Payee.organisation_id == unit)).one()


def a_card_payout(unit: int, order: Any) -> int:
    """Let an order be paid by card, and the gateway pay the money out to the unit's account."""
    vnd, now = order.amount_vnd, now_utc()
    with transaction() as session:
        for table, id_ in ((Payment, order.payment_id), (SellerOrder, order.part_id)):
            session.execute(update(table).where(table.id == id_).values(method="card"))
    with transaction() as session:
        payments.receive_online(
            session, payment_id=order.payment_id, visit_id=1, amount_vnd=vnd, currency="VND",
            amount_minor=vnd, now=now,
        )  # fmt: skip
        made = GatewayPayout(
            gateway="card", outside_id="po_1", organisation_id=unit, payee_id=account_of(unit),
            bank_vnd=vnd, fees_vnd=0, currency="VND", amount_minor=vnd,
            paid_at=now_utc() - timedelta(days=1),
        )  # fmt: skip
        session.add(made)
        session.flush()
        legs = [
            Leg(Account("bank", f"payee:{made.payee_id}"), vnd),
            Leg(Account("card_clearing", f"organisation:{unit}", "card"), -vnd),
        ]
        post(
            session, key=f"gateway-payout:{made.id}", kind="cleared", legs=legs, now=now,
            subject=f"gateway_payout:{made.id}", occurred_at=made.paid_at,
        )  # fmt: skip
        return made.id


@both_engines
def test_what_cards_paid_out_is_recognised_once_and_pays_no_order(collecting_unit, owed, a_service):
    unit, seller = collecting_unit()
    payout = a_card_payout(unit, owed(seller_id=seller))
    order = owed(seller_id=seller)
    service = a_service(unit_id=unit)
    notice, again = service.tell(110_000, "CONG TY X"), service.tell(110_000, "CONG TY X LAN 2")
    assert seen(notice)[:2] == ("task", "in_books")
    found = card(notice)
    assert ([one.subject for one in found.in_books], found.guesses) == ([f"card:{payout}"], [])
    before = postings()
    assert booked(notice, "card", payout)
    assert not booked(notice, "card", payout), "Said before."
    assert (seen(notice)[:2], received(order.payment_id)) == (("same", f"card:{payout}"), 0)
    assert postings() == before
    assert card(again).in_books == []
    with pytest.raises(NotInBooks):
        booked(again, "card", payout)
    assert take_back(notice)
    assert seen(notice)[:2] == ("task", "in_books")
    assert booked(again, "card", payout)


def a_bank_account_of(seller: int) -> None:
    with transaction() as session:
        change_bank_account(
            session, seller_id=seller, bank_bin="970405", holder="NGUYEN THI MAU",
            number="4711000999", now=now_utc() - timedelta(days=30), actor_id=None, actor_name="",
        )  # fmt: skip


@pytest.fixture
def paid_out(collecting_unit, owed, a_service, an_account):
    """A settlement of which the seller's transfer left, and the bank that tells of the unit's account."""
    unit, seller = collecting_unit()
    service = a_service(unit_id=unit)
    order = owed(seller_id=seller)
    service.tell(order.amount_vnd, order.memo)
    move(order.part_id, "confirmed", "packed", "handed_over", "delivered", at=now_utc())
    deliver()
    a_bank_account_of(seller)
    settlement = draft(unit, now_utc(), to_on=vietnam_date(now_utc()))
    approve(settlement, an_account("Hạnh"), now_utc())
    [slip] = statements(settlement)
    payout = send(slip.id, an_account("Lan"), now_utc())
    return unit, seller, service, settlement, slip, payout


@both_engines
def test_a_settlements_transfer_that_came_back_leads_to_its_statement_and_pays_no_order(
    paid_out, owed, an_officer
):
    unit, seller, service, settlement, slip, payout = paid_out
    order = owed(seller_id=seller)
    assert slip.pays_vnd == order.amount_vnd, "Chance makes them equal."
    notice = service.tell(order.amount_vnd, f"HOAN TRA GD QT{settlement}")
    assert seen(notice)[:2] == ("task", "in_books")
    assert card(notice).guesses == []
    desk = an_officer(unit, "treasurer")
    page = desk.get(HERE).text
    assert f"/dieu-hanh/quyet-toan/phieu/{slip.id}" in page
    assert f"Đúng, tiền QT{settlement}" not in page
    with pytest.raises(NotInBooks):
        booked(notice, "payout", payout)
    with transaction() as session:
        fail_payout(
            session, payout_id=payout, why="sai số", now=now_utc(), actor_id=None, actor_name="Lan"
        )
    assert f"Đúng, tiền QT{settlement}" in desk.get(HERE).text
    before = postings()
    answer = desk.post(f"{HERE}/{notice.id}", tra_loi="tra-ve", khoan=str(payout))
    assert answer.status_code == 303
    assert (seen(notice)[:2], received(order.payment_id)) == (("same", f"payout:{payout}"), 0)
    assert "tiền quyết toán bị trả về" in desk.get(HERE).text
    assert desk.post(f"{HERE}/{notice.id}", tra_loi="lui").status_code == 303
    assert seen(notice)[:2] == ("task", "in_books")
    assert postings() == before


@both_engines
def test_a_settlements_code_with_another_sum_names_its_transfer_and_what_to_do(
    paid_out, an_officer
):
    unit, _seller, service, settlement, slip, payout = paid_out
    vnd = slip.pays_vnd
    notice = service.tell(vnd - 11_000, f"HOAN TRA GD QT{settlement} TRU PHI")
    assert seen(notice)[:2] == ("task", "in_books")
    [one] = card(notice).other_sum
    assert (one.id, one.amount_vnd, one.waits) == (payout, vnd, True)
    desk = an_officer(unit, "treasurer")

    def said():
        return desk.get(HERE).text.replace("\u00a0", " ")

    assert "khoản này ít hơn 11.000 đồng" in said()
    assert "chị mở phiếu ghi là bị trả về" in said()
    assert f"/dieu-hanh/quyet-toan/phieu/{slip.id}" in said()
    with pytest.raises(NotInBooks):  # Another sum is never taken for the same money.
        booked(notice, "payout", payout)
    with transaction() as session:
        fail_payout(
            session, payout_id=payout, why="sai số", now=now_utc(), actor_id=None, actor_name="Lan"
        )
    assert "Phiếu đã ghi là bị trả về" in said()
    assert desk.post(f"{HERE}/{notice.id}", tra_loi="khong").status_code == 303
    more = service.tell(vnd + 5_000, f"QT{settlement}")
    assert "khoản này nhiều hơn 5.000 đồng" in said()
    assert card(more).other_sum
    for text in ("HOAN TRA GD QT9999", "tien"):
        assert not card(service.tell(vnd - 9_000, text)).other_sum
    assert not card(service.tell(vnd, f"HOAN TRA QT{settlement}")).other_sum, "Its very sum."


@both_engines
def test_a_carriers_money_is_its_counted_file_and_pays_no_order(a_parcel, owed, a_service):
    parcel = a_parcel()
    row = (parcel.tracking, 110_000, 0, 110_000)
    file = stored(owner(parcel.seller_id), sheets.chim_cat([row]))
    order = owed(seller_id=parcel.seller_id, now=NOON)
    service = a_service(seller_id=parcel.seller_id)
    at = {"transactionDate": NOON.astimezone(VIETNAM).strftime("%Y-%m-%d %H:%M:%S")}
    early = service.tell(110_000, "tien", **at)
    assert seen(early)[:2] == ("task", "likely"), "Nothing of the file is counted yet."
    count_all(hers(parcel), file)
    found = card(early)
    assert ([one.subject for one in found.in_books], found.guesses) == ([f"carrier:{file}"], [])
    assert found.no_sale
    assert booked(early, "carrier", file)
    assert (seen(early)[:2], received(order.payment_id)) == (("same", f"carrier:{file}"), 0)


@pytest.mark.parametrize("text", ["STRIPE PAYMENTS", "GHN CHUYEN TIEN COD", "HOAN TRA GD QT77"])
def test_words_of_cards_carriers_and_settlements_are_no_guess_for_an_order(owed, a_service, text):
    order = owed()
    service = a_service(seller_id=order.seller_id)
    notice = service.tell(order.amount_vnd, text)
    assert seen(notice)[:2] == ("task", "in_books")
    assert card(notice).guesses == []
    named = service.tell(order.amount_vnd, f"{text} {order.memo}")
    assert seen(named)[0] == "matched", "A code is a code."


def test_a_seller_reads_the_answer_of_her_carriers_file(a_stall, a_parcel, a_service):
    stall = a_stall()
    parcel = a_parcel(seller_id=stall.id)
    file = stored(owner(stall.id), sheets.chim_cat([(parcel.tracking, 110_000, 0, 110_000)]))
    count_all(hers(parcel), file)
    at = {"transactionDate": NOON.astimezone(VIETNAM).strftime("%Y-%m-%d %H:%M:%S")}
    notice = a_service(seller_id=stall.id).tell(110_000, "GHN COD", **at)
    here = "/ban-hang/ngan-hang"
    page = stall.get(here).text
    assert f"/ban-hang/thu-ho/tep/{file}" in page
    answer = stall.post(f"{here}/{notice.id}", tra_loi="hang", khoan=str(file))
    assert answer.status_code == 303
    assert f"tiền hãng trả theo bảng số {file}" in stall.get(here).text
