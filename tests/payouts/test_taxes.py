"""Tax that was withheld is paid to the tax office by two people, and never more than stands."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from shop.audit.models import AuditEntry
from shop.db import db, in_transaction, transaction
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.errors import Refusal
from shop.ledger.models import LedgerTransaction
from shop.ledger.queries import balance
from shop.ledger.rules import Account
from shop.operations.proofs import broken
from shop.ordering import actions as ordering
from shop.organisations.actions import appoint
from shop.organisations.models import Organisation
from shop.payments.rules.sending import PassMovedOn, PassNeedsAnother, PassReferenceNeeded
from shop.payouts.actions import taxes
from shop.payouts.models import TaxPayment
from shop.payouts.queries.taxes import tax_left
from shop.payouts.rules import MoreThanWithheld, NoAccountToPay, TaxPaymentPlanned
from tests.engines import both_engines
from tests.operations.conftest import an_officer, run
from tests.ordering.test_race import all_at_once
from tests.payments.test_refunds import come_back
from tests.shares.conftest import a_rule, a_tax_rule, tax_is_on

__all__ = ["a_rule", "a_tax_rule", "an_officer", "run", "tax_is_on"]

TODAY = vietnam_date(now_utc())
BY = {"actor_id": None, "actor_name": "Lan"}


@pytest.fixture
def world(union, a_seller, a_variant, an_order, a_tax_rule, tax_is_on, an_account):
    """A unit that withheld 1,425 đồng of one sale; a planner and another person."""
    a_tax_rule()
    tax_is_on(union)
    seller = a_seller(organisation_id=union, paid_through_organisation=True)
    made = an_order({a_variant(seller_id=seller, on_hand=9): (seller, "transfer")})
    arrive(made.parts[0])
    return {
        "unit": union, "part": made.parts[0], "one": an_account("Hạnh"), "two": an_account("Thu"),
    }  # fmt: skip


def arrive(part: int) -> None:
    with transaction() as session:
        for to in ("confirmed", "packed", "handed_over", "delivered"):
            ordering.move_seller_order(
                session, seller_order_id=part, to=to, actor_kind="seller", actor_id=None,
                now=now_utc(),
            )  # fmt: skip


def stands(world: dict[str, Any]) -> int:
    db.session.rollback()
    return -balance(db.session(), Account("tax_withheld", f"organisation:{world['unit']}"))


def plan(world: dict[str, Any], vnd: int = 1_425, last_on: date | None = None) -> int:
    return in_transaction(
        lambda session: taxes.plan_tax_payment(
            session, organisation_id=world["unit"], amount_vnd=vnd,
            first_on=TODAY - timedelta(days=40), last_on=last_on or TODAY,
            planner_id=world["one"], now=now_utc(), **BY,
        ).id
    )  # fmt: skip


def pay(world: dict[str, Any], payment: int, who: str = "two", **more: Any) -> bool:
    said = {"reference": "FT1", "receipt_no": "GNT-1", "paid_on": TODAY, **more}
    return in_transaction(
        lambda session: taxes.send_tax_payment(
            session, payment_id=payment, sender_id=world[who], now=now_utc(), **said, **BY
        )
    )


def refused(refusal: type[Refusal], act: Any, *given: Any, **more: Any) -> dict[str, Any]:
    with pytest.raises(refusal) as caught:
        act(*given, **more)
    db.session.rollback()
    return caught.value.facts


@both_engines
def test_withheld_tax_leaves_the_books_when_a_second_person_paid_it(world):
    assert stands(world) == 1_425
    one = plan(world)
    assert stands(world) == 1_425, "A plan moves nothing."
    refused(PassNeedsAnother, pay, world, one, "one")
    refused(PassReferenceNeeded, pay, world, one, receipt_no=" ")
    assert [pay(world, one), pay(world, one)] == [True, False]
    assert stands(world) == 0
    refused(PassMovedOn, pay, world, one, reference="FT2")
    posted = db.session.scalars(
        select(LedgerTransaction).where(LedgerTransaction.subject == f"tax_payment:{one}")
    ).one()
    assert (posted.kind, posted.note) == ("tax_paid", "FT1")
    db.session.rollback()
    assert refused(MoreThanWithheld, plan, world, 1) == {"left_vnd": 0}
    assert broken(db.session()) == {}


@both_engines
def test_never_more_is_paid_than_was_withheld_until_the_periods_end(world):
    assert refused(MoreThanWithheld, plan, world, 1_426) == {"left_vnd": 1_425}
    long_ago = TODAY - timedelta(days=3)
    assert refused(MoreThanWithheld, plan, world, 1, long_ago) == {"left_vnd": 0}
    assert stands(world) == 1_425
    one = plan(world, 1_000)
    assert refused(TaxPaymentPlanned, plan, world, 425) == {"payment_id": one}
    pay(world, one)
    assert tax_left(db.session(), world["unit"], TODAY) == 425
    db.session.rollback()
    refused(MoreThanWithheld, plan, world, 426)


@both_engines
def test_goods_that_come_back_meanwhile_leave_less_to_pay_and_later_too_much_paid(world):
    one = plan(world)
    come_back(world["part"], 1, now_utc())
    assert stands(world) == 0
    assert refused(MoreThanWithheld, pay, world, one) == {"left_vnd": 0}
    assert broken(db.session()) == {}


@both_engines
def test_goods_that_come_back_after_it_was_paid_are_taken_off_the_next_time(world):
    pay(world, plan(world))
    come_back(world["part"], 1, now_utc())
    assert stands(world) == -1_425
    assert broken(db.session()) == {}


@both_engines
def test_what_the_bank_sends_back_stands_withheld_again_and_a_dropped_plan_moved_nothing(world):
    one = plan(world)
    pay(world, one)
    for _ in range(2):
        try:
            in_transaction(
                lambda s: taxes.tax_payment_came_back(
                    s, payment_id=one, why="Sai mã số thuế", now=now_utc(), **BY
                )
            )
        except PassMovedOn:
            db.session.rollback()
    assert stands(world) == 1_425
    assert broken(db.session()) == {}
    db.session.rollback()
    other = plan(world)
    in_transaction(lambda s: taxes.drop_tax_payment(s, payment_id=other, now=now_utc(), **BY))
    refused(PassMovedOn, pay, world, other)
    assert pay(world, plan(world))


@both_engines
def test_a_wrong_receipt_number_is_put_right_and_the_books_stay(world):
    def correct(receipt_no: str, who: str = "two") -> bool:
        return in_transaction(
            lambda session: taxes.correct_tax_receipt(
                session, payment_id=one, receipt_no=receipt_no, corrector_id=world[who],
                now=now_utc(), **BY,
            )
        )  # fmt: skip

    one = plan(world)
    assert refused(PassMovedOn, correct, "GNT-2") == {"state": "planned"}
    pay(world, one)
    refused(PassNeedsAnother, correct, "GNT-2", "one")
    refused(PassReferenceNeeded, correct, " ")
    assert [correct("GNT-2"), correct("GNT-2")] == [True, False]
    row = db.session.get_one(TaxPayment, one)
    assert (row.state, row.receipt_no, row.paid_on) == ("sent", "GNT-2", TODAY)
    (line,) = db.session.scalars(
        select(AuditEntry).where(AuditEntry.action == "tax_payment.corrected")
    )
    assert (line.facts["before"], line.facts["receipt_no"]) == ("GNT-1", "GNT-2")
    assert stands(world) == 0
    assert broken(db.session()) == {}


@both_engines
def test_a_payment_that_many_note_at_once_is_paid_once(app, world):
    one = plan(world)
    said = all_at_once(app, lambda n: str(pay(world, one)), 4)
    assert said == {"True": 1, "False": 3}
    assert stands(world) == 0


@both_engines
def test_the_database_itself_wants_two_people(world):
    one = plan(world)
    with pytest.raises(IntegrityError), transaction() as session:
        row = session.get_one(TaxPayment, one)
        row.state, row.sent_by_id, row.sent_at = "sent", world["one"], now_utc()
        row.reference, row.receipt_no, row.paid_on = "FT1", "GNT-1", TODAY


def test_a_unit_without_an_account_pays_from_nowhere(an_organisation, an_account):
    world = {"unit": an_organisation(), "one": an_account("Hạnh")}
    refused(NoAccountToPay, plan, world)


def test_a_self_check_finds_tax_that_left_without_two_people(world):
    one = plan(world)
    pay(world, one)
    with transaction() as session:
        session.get_one(TaxPayment, one).state = "came_back"
    assert list(broken(db.session())) == ["I8 tax paid to the tax office is what two people paid"]
    db.session.rollback()
    with transaction() as session:
        session.get_one(TaxPayment, one).state = "sent"


def test_the_desk_plans_it_and_another_officer_pays_it(world, an_officer):
    treasurer, head = (an_officer(world["unit"], role) for role in ("treasurer", "head"))
    here = "/dieu-hanh/so/thue/nop"
    assert "1.425" in treasurer.get(here).text
    said = {
        "to_chuc": str(world["unit"]), "so_tien": "1425", "tu": TODAY.isoformat(),
        "den": TODAY.isoformat(),
    }  # fmt: skip
    for wrong, words in (
        ({"den": ""}, "ngày cuối"), ({"tu": ""}, "ngày đầu"), ({"so_tien": ""}, "số tiền"),
        ({"den": (TODAY - timedelta(days=1)).isoformat()}, "trước ngày đầu"),
        ({"so_tien": "9000"}, "chỉ còn giữ"),
    ):  # fmt: skip
        answer = treasurer.post(here, **said | wrong)
        assert (answer.status_code, words in answer.text) == (422, True), wrong
    answer = treasurer.post(here, **said)
    assert answer.status_code == 303
    one = answer.headers["Location"].split("?")[0]
    paid = {"ngay": TODAY.isoformat(), "ma_giao_dich": "FT5", "so_giay": "GNT-5"}
    for wrong, words in (
        ({"ngay": (TODAY + timedelta(days=1)).isoformat()}, "chưa tới"),
        ({"so_giay": ""}, "số giấy"), ({"ma_giao_dich": ""}, "mã giao dịch"),
    ):  # fmt: skip
        answer = head.post(f"{one}/da-nop", **paid | wrong)
        assert (answer.status_code, words in answer.text) == (422, True), wrong
    assert stands(world) == 1_425
    assert head.post(f"{one}/da-nop", **paid).headers["Location"] == f"{one}?da=luu"
    again = head.post(f"{one}/da-nop", **paid | {"so_giay": "GNT-6"})
    assert again.headers["Location"] == f"{one}?da=ghi-truoc"
    assert "Việc này đã ghi trước đó rồi." in head.get(f"{one}?da=ghi-truoc").text
    assert stands(world) == 0
    wrong = head.post(f"{one}/so-giay", so_giay="")
    assert (wrong.status_code, "số giấy nộp tiền vào" in wrong.text) == (422, True)
    for said in ("luu", "ghi-truoc"):
        answer = head.post(f"{one}/so-giay", so_giay="GNT-7")
        assert answer.headers["Location"] == f"{one}?da={said}"
    assert treasurer.post(f"{one}/so-giay", so_giay="GNT-8").status_code in (404, 409)
    assert "so-giay" not in treasurer.get(one).text
    page = head.get(one).text
    assert "GNT-7" in page
    assert "GNT-5" not in page
    assert "FT5" in page
    assert an_officer(world["unit"], "member").get(here).status_code in (403, 404)


def test_the_commands_do_the_same_by_two_people(world, run, an_account):
    phones = {"treasurer": "+84905000911", "head": "+84905000912"}
    for role, phone in phones.items():
        person = an_account(role, phone=phone)
        with transaction() as session:
            appoint(
                session, organisation_id=world["unit"], account_id=person, role=role,
                starts_on=TODAY, actor_id=None, actor_name="", now=now_utc(),
            )  # fmt: skip
    with transaction() as session:
        unit = session.get_one(Organisation, world["unit"]).slug
    told = (
        "tax",
        "plan-payment",
        unit,
        "--amount",
        "1425",
        "--from",
        f"{TODAY}",
        "--to",
        f"{TODAY}",
    )
    dropped = run(*told, "--by", phones["treasurer"]).strip()
    run("tax", "drop-payment", dropped)
    made = run(*told, "--by", phones["treasurer"]).strip()
    paid = ("tax", "paid", made, "--on", f"{TODAY}", "--reference", "FT5", "--receipt", "GNT-5")
    assert run(*paid, "--by", phones["treasurer"], fails=True)
    run(*paid, "--by", phones["head"])
    assert stands(world) == 0
    right = ("tax", "correct-receipt", made, "--receipt", "GNT-6", "--by")
    run(*right, phones["treasurer"], fails=True)
    run(*right, phones["head"])
    run("tax", "payment-back", made, "--why", "Sai mã số thuế")
    assert stands(world) == 1_425
    assert "1.425" in run("tax", "payments")
