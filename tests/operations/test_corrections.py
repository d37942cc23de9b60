"""Corrections of the books: proposed by one, posted by another, and never over what stands."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from shop.audit.models import AuditEntry
from shop.db import db, in_transaction, transaction
from shop.kernel.errors import NotYours
from shop.ledger.actions import post
from shop.ledger.models import LedgerTransaction
from shop.ledger.queries import INVARIANTS, balance
from shop.ledger.rules import KINDS, Account, Leg
from shop.operations.actions import corrections
from shop.operations.correcting import (
    MAY_BE_CORRECTED,
    CorrectionMovedOn,
    SecondPerson,
    WrongCorrection,
    WrongSide,
    check_legs,
)
from shop.operations.models import Correction
from shop.operations.undo import undo
from shop.organisations.rules import UndoTooLate
from shop.payouts.models import PayoutStatement
from shop.payouts.queries.statements import all_lines
from shop.payouts.words import line_words
from tests.conftest import NOON
from tests.engines import both_engines
from tests.ordering.test_race import all_at_once
from tests.payouts.conftest import NEXT_DAY, draft

UNKNOWN, LOST = "suspense", "written_off"


@pytest.fixture
def hers(a_seller, union):
    """A seller of the union with 50,000 that nobody explained: (seller, suspense, seller_payable)."""
    seller = a_seller(organisation_id=union)
    suspense = Account(UNKNOWN, f"seller:{seller}")
    with transaction() as session:
        post(
            session, key="seed", kind="received", now=NOON, subject="",
            legs=[Leg(Account("seller_cash", f"seller:{seller}"), 50_000), Leg(suspense, -50_000)],
        )  # fmt: skip
    return seller, suspense, Account("seller_payable", f"seller:{seller}", f"organisation:{union}")


def both(debit: Account, credit: Account, vnd: int = 50_000) -> list[Leg]:
    return [Leg(debit, vnd), Leg(credit, -vnd)]


def propose(unit: int, person: int, legs: list[Leg], **more) -> int:
    words = {"reason": "Khách chuyển dư, tặng chị", "evidence": "Tin nhắn 20/11"} | more
    return in_transaction(
        lambda session: corrections.propose_correction(
            session, organisation_id=unit, legs=legs, proposer_id=person, actor_id=person,
            actor_name="", now=NOON, **words,
        ).id
    )  # fmt: skip


def confirm(correction: int, person: int, at=NOON) -> bool:
    return in_transaction(
        lambda session: corrections.confirm_correction(
            session, correction_id=correction, confirmer_id=person, actor_id=person,
            actor_name="", now=at,
        )
    )  # fmt: skip


def decline(correction: int, person: int) -> bool:
    return in_transaction(
        lambda session: corrections.decline_correction(
            session, correction_id=correction, decider_id=person, actor_id=person,
            actor_name="", now=NOON,
        )
    )  # fmt: skip


def stands(*accounts: Account) -> list[int]:
    db.session.rollback()
    found = [balance(db.session(), account) for account in accounts]
    db.session.rollback()
    return found


def posted() -> int:
    db.session.rollback()
    found = db.session.scalars(
        select(LedgerTransaction.id).where(LedgerTransaction.kind == "corrected")
    ).all()
    db.session.rollback()
    return len(found)


@both_engines
def test_one_proposes_another_posts_and_it_goes_into_the_next_settlement(hers, union, officers):
    _, suspense, payable = hers
    made = propose(union, officers["treasurer"], both(suspense, payable))
    assert stands(suspense, payable) == [-50_000, 0]
    assert confirm(made, officers["head"]) is True
    assert confirm(made, officers["head"]) is False
    assert stands(suspense, payable) == [0, -50_000]
    assert posted() == 1
    broken = [name for name, query in INVARIANTS.items() if db.session.execute(query).all()]
    db.session.rollback()
    assert broken == []
    acts = db.session.execute(select(AuditEntry.action, AuditEntry.for_id).order_by(AuditEntry.id))
    assert [tuple(row) for row in acts][-2:] == [
        ("correction.proposed", officers["treasurer"]), ("correction.posted", officers["head"]),
    ]  # fmt: skip
    db.session.rollback()
    settlement = draft(union, NEXT_DAY)
    due = db.session.scalars(
        select(PayoutStatement.pays_vnd).where(PayoutStatement.settlement_id == settlement)
    ).all()
    assert due == [50_000]


@both_engines
def test_whoever_proposed_it_does_not_post_it_not_even_past_the_program(
    hers, union, officers, engine_name
):  # fmt: skip
    _, suspense, payable = hers
    made = propose(union, officers["head"], both(suspense, payable))
    with pytest.raises(SecondPerson):
        confirm(made, officers["head"])
    assert (stands(suspense, payable), posted()) == ([-50_000, 0], 0)
    with pytest.raises(DBAPIError), transaction() as session:
        session.execute(
            text(
                "UPDATE corrections SET state = 'posted', decided_by_id = proposed_by_id,"
                " transaction_id = (SELECT max(id) FROM ledger_transactions)"
            )
        )
    db.session.rollback()


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (lambda s, p: [Leg(s, 50_000), Leg(p, -49_999)], "unbalanced"),
        (lambda s, p: [Leg(s, 50_000), Leg(s, -50_000)], "same"),
        (lambda s, p: [Leg(s, 50_000)], "same"),
        (lambda s, p: [Leg(s, 0), Leg(p, 0)], "amount"),
        (lambda s, p: both(s, p, 10**12), "amount"),
        (lambda s, p: both(Account("bank", "payee:1"), p), "account"),
        (lambda s, p: both(Account("sales", s.owner), p), "account"),
        (lambda s, p: both(Account("credit", s.owner), p), "account"),
        (lambda s, p: both(Account(UNKNOWN, "campaign:1"), p), "account"),
    ],
)
def test_what_cannot_be_posted_is_not_even_proposed(hers, union, officers, wrong, why):
    _, suspense, payable = hers
    with pytest.raises(WrongCorrection) as refused:
        propose(union, officers["treasurer"], wrong(suspense, payable))
    assert refused.value.why == why
    assert db.session.scalars(select(Correction.id)).all() == []


def test_it_says_why_and_where_one_sees_it(hers, union, officers):
    _, suspense, payable = hers
    for missing in ({"reason": " "}, {"evidence": ""}):
        with pytest.raises(WrongCorrection):
            propose(union, officers["treasurer"], both(suspense, payable), **missing)


def test_accounts_of_others_are_nobodys_to_correct(hers, union, officers, a_seller):
    _, suspense, payable = hers
    stranger = a_seller()
    for account in (
        Account(LOST, f"seller:{stranger}"), Account("seller_payable", payable.owner, "organisation:999"),
        Account(UNKNOWN, "payee:999"),
    ):  # fmt: skip
        with pytest.raises(NotYours):
            propose(union, officers["treasurer"], both(suspense, account))


@both_engines
def test_no_account_is_brought_to_its_wrong_side(hers, union, officers):
    seller, suspense, _ = hers
    lost = Account(LOST, f"seller:{seller}")
    made = propose(union, officers["treasurer"], both(suspense, lost))
    with pytest.raises(WrongSide):
        confirm(made, officers["head"])
    assert (stands(suspense, lost), posted()) == ([-50_000, 0], 0)
    assert db.session.get_one(Correction, made).state == "proposed"


def test_an_old_or_declined_proposal_is_not_posted(hers, union, officers):
    _, suspense, payable = hers
    old = propose(union, officers["treasurer"], both(suspense, payable))
    with pytest.raises(CorrectionMovedOn):
        confirm(old, officers["head"], NOON + timedelta(days=14, seconds=1))
    assert decline(old, officers["treasurer"]) is True
    assert decline(old, officers["head"]) is False
    with pytest.raises(CorrectionMovedOn):
        confirm(old, officers["head"])
    done = propose(union, officers["treasurer"], both(suspense, payable))
    confirm(done, officers["head"])
    with pytest.raises(CorrectionMovedOn):
        decline(done, officers["head"])
    assert posted() == 1


@both_engines
def test_eight_who_confirm_at_once_post_it_once(
    app, hers, union, officers
):  # fmt: skip
    _, suspense, payable = hers
    made = propose(union, officers["treasurer"], both(suspense, payable))

    def one(_: int) -> str:
        return "posted" if confirm(made, officers["head"]) else "known"

    assert all_at_once(app, one, 8) == {"posted": 1, "known": 7}
    assert (stands(suspense, payable), posted()) == ([0, -50_000], 1)


@both_engines
def test_confirmed_and_declined_at_once_one_of_them_holds(app, hers, union, officers):
    _, suspense, payable = hers
    made = propose(union, officers["treasurer"], both(suspense, payable))

    def one(number: int) -> str:
        if number:
            decline(made, officers["treasurer"])
            return "declined"
        confirm(made, officers["head"])
        return "posted"

    outcomes = all_at_once(app, one, 2)
    assert outcomes in (
        {"posted": 1, "correction_moved_on": 1}, {"declined": 1, "correction_moved_on": 1},
    )  # fmt: skip
    assert posted() == outcomes.get("posted", 0)


def test_only_accounts_of_the_list_and_all_of_them_are_known():
    assert set(KINDS) >= MAY_BE_CORRECTED
    assert {"bank", "credit", "seller_cash", "prepaid"}.isdisjoint(MAY_BE_CORRECTED)
    legs = both(Account(UNKNOWN, "seller:1"), Account("carrier_fees", "seller:1", "VNPost"))
    assert len(check_legs(legs)) == 2


def test_a_proposal_is_taken_back_in_the_trail_until_it_is_posted(hers, union, officers):
    _, suspense, payable = hers
    made = propose(union, officers["treasurer"], both(suspense, payable))
    line = db.session.scalars(select(AuditEntry.id).order_by(AuditEntry.id.desc())).first()
    db.session.rollback()

    def back():
        in_transaction(
            lambda session: undo(
                session, entry_id=line, actor_id=officers["head"], actor_name="", now=NOON
            )
        )

    back()
    assert db.session.get_one(Correction, made).state == "declined"
    db.session.rollback()
    done = propose(union, officers["treasurer"], both(suspense, payable))
    line = db.session.scalars(select(AuditEntry.id).order_by(AuditEntry.id.desc())).first()
    db.session.rollback()
    confirm(done, officers["head"])
    with pytest.raises(UndoTooLate):
        back()


@pytest.fixture
def two(an_officer, hers, union):
    """The treasurer and the head at the desk, and the address of their corrections."""
    return an_officer(union, "treasurer"), an_officer(union, "head"), "/dieu-hanh/so/dieu-chinh"


@both_engines
def test_two_people_walk_a_correction_through_its_pages(two, hers, union):
    treasurer, head, at = two
    _, suspense, payable = hers
    with transaction() as session:  # So that the account is there to be chosen.
        post(session, key="opens", kind="sold", now=NOON, legs=both(suspense, payable, 1))
    page = treasurer.get(f"{at}/moi/{union}").text
    names = re.findall(r'<option value="([a-z_]+\|[^"]*)"', page)
    assert "|".join(suspense) in names
    fields = {"amount": "20k", "debit": "|".join(suspense), "credit": "|".join(payable),
              "reason": "Khách tặng", "evidence": "Sao kê 20/11"}  # fmt: skip
    for wrong in (
        {"amount": "0"},
        {"credit": fields["debit"]},
        {"reason": ""},
        {"debit": "bank|payee:1|"},
    ):
        assert treasurer.post(f"{at}/moi/{union}", **{**fields, **wrong}).status_code == 422
    sent = treasurer.post(f"{at}/moi/{union}", **fields)
    assert sent.status_code == 303
    one = sent.headers["Location"].split("?")[0]
    assert "Chờ người khác của Hội" in treasurer.get(one).text
    assert treasurer.post(f"{one}/ghi").status_code == 404
    assert "Đã xem bằng chứng" in head.get(one).text
    assert head.post(f"{one}/ghi").status_code == 303
    assert stands(suspense) == [-29_999]
    assert "Xem trong sổ" in head.get(one).text
    book = head.get(f"/dieu-hanh/so/ve/correction/{one.rpartition('/')[2]}").text
    assert "Điều chỉnh ghi tay" in book
    assert head.post(f"{one}/thoi").status_code == 409
    assert "Đã ghi sổ" in head.get(at).text


@both_engines
def test_a_correction_is_no_goods_in_a_settlement_and_says_why(union, hers, officers):
    _, suspense, payable = hers
    made = propose(union, officers["treasurer"], both(suspense, payable))
    confirm(made, officers["head"])
    of = draft(union)
    db.session.rollback()
    session = db.session()
    one = session.scalars(select(PayoutStatement).where(PayoutStatement.settlement_id == of)).one()
    assert (one.goods_vnd, one.debts_vnd, one.due_vnd) == (0, 50_000, 50_000)
    [line] = all_lines(session, one.id)
    assert line_words(line) == "Điều chỉnh ghi tay: Khách chuyển dư, tặng chị"
    session.rollback()
