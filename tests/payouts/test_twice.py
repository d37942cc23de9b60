"""Nobody is paid twice: not by many clicks, not by a machine that dies. Each guard has its twin."""

import os
import random
import signal
import time

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from shop.db import db, in_transaction, transaction
from shop.ledger.models import LedgerTransaction
from shop.payouts.actions import drafting, sending
from shop.payouts.models import Payout, PayoutStatement
from shop.payouts.rules import DraftWaits, StatementMoved
from tests.buying.test_races import at_once
from tests.conftest import NOON
from tests.engines import both_engines, run_as_owner
from tests.faults.test_kill import began
from tests.payouts.conftest import NEXT_DAY, approve, bank_of, broken, draft, send, statements
from tests.processes import Forked, environment

pytestmark = pytest.mark.xdist_group("races")
HANDS = 6
ROUNDS = 12 if os.environ.get("SOAK") else 3


def in_thread(app, work):
    """Return a job that works in a context of its own, as a request does."""

    def go():
        with app.app_context():
            try:
                return in_transaction(work)
            finally:
                db.session.remove()

    return go


def sends(statement: int, person: int, reference: str = "FT1"):
    return lambda session: sending.send_payout(
        session, statement_id=statement, reference=reference, sender_id=person, actor_id=person,
        actor_name="Lan", now=NEXT_DAY,
    ).id  # fmt: skip


@both_engines
def test_many_clicks_at_once_pay_once(app, a_maker, sold, union, officers):
    sold(a_maker())
    made = draft(union)
    approve(made, officers["head"])
    [one] = statements(made)
    db.session.remove()
    job = in_thread(app, sends(one.id, officers["treasurer"]))
    answers = at_once(app, [job] * HANDS)
    assert sum(isinstance(a, int) for a in answers) == 1, answers
    assert sum(isinstance(a, StatementMoved) for a in answers) == HANDS - 1, answers
    assert bank_of(union) == 0


@both_engines
def test_one_by_one_and_all_together_at_once_pay_each_once(app, a_maker, sold, union, officers):
    sold(*(a_maker() for _ in range(4)))
    made = draft(union)
    approve(made, officers["head"])
    ids = [one.id for one in statements(made)]
    person = officers["treasurer"]
    db.session.remove()
    together = in_thread(
        app,
        lambda session: len(sending.send_all_payouts(
            session, settlement_id=made, statement_ids=ids, reference="LO1", sender_id=person,
            actor_id=person, actor_name="Lan", now=NEXT_DAY,
        )),
    )  # fmt: skip
    answers = at_once(app, [together, together, *(in_thread(app, sends(i, person)) for i in ids)])
    assert not [a for a in answers if not isinstance(a, int | StatementMoved)], answers
    counted = db.session.execute(
        select(Payout.statement_id, func.count()).group_by(Payout.statement_id)
    ).all()
    assert all(times == 1 for _, times in counted)


@both_engines
def test_two_who_draft_at_once_make_one_draft(app, a_maker, sold, union, officers):
    sold(a_maker())
    db.session.remove()

    def drafts(session):
        return drafting.draft_settlement(
            session, organisation_id=union, to_on=NOON.date(), actor_id=None, actor_name="",
            now=NEXT_DAY,
        ).id  # fmt: skip

    answers = at_once(app, [in_thread(app, drafts)] * HANDS)
    assert sum(isinstance(a, int) for a in answers) == 1, answers
    assert sum(isinstance(a, DraftWaits) for a in answers) == HANDS - 1, answers


@pytest.fixture
def careless(monkeypatch):
    """Nobody looks whether a statement was paid before."""
    monkeypatch.setattr(sending, "PAYABLE", tuple(sending.StatementState))
    monkeypatch.setattr(sending, "_claim", lambda session, found: None)


@both_engines
def test_behind_a_careless_program_the_database_refuses_the_second_payout(
    app, a_maker, sold, union, officers, careless
):
    sold(a_maker())
    sold(a_maker())  # So that the bank could pay it twice.
    made = draft(union)
    approve(made, officers["head"])
    one = statements(made)[0]
    send(one.id, officers["treasurer"])
    with pytest.raises(IntegrityError):
        send(one.id, officers["treasurer"])
    with transaction() as session:  # What the careless program did not write down.
        session.execute(text("UPDATE payout_statements SET state = 'sent' WHERE id = :i"), {"i": one.id})  # fmt: skip


@both_engines
def test_without_either_guard_it_is_paid_twice_and_the_checks_say_so(
    app, a_maker, sold, union, officers, careless, request
):
    """The twin: what holds above is the two guards, and the nightly look finds what passed them."""
    run_as_owner("DROP INDEX uq_payouts_one_stands")
    sold(a_maker())
    sold(a_maker())
    made = draft(union)
    approve(made, officers["head"])
    one = statements(made)[0]
    for _ in range(2):
        send(one.id, officers["treasurer"])
    assert db.session.scalar(select(func.count()).select_from(Payout)) == 2
    found = list(broken())
    assert "a payout is what its statement says" in found
    request.node.payouts_broken = found


@pytest.mark.xdist_group("faults")
@both_engines
def test_whoever_dies_amid_paying_pays_each_once(
    app, tmp_path, database_url, a_maker, sold, union, officers
):
    sold(*(a_maker() for _ in range(16)))
    made = draft(union)
    approve(made, officers["head"])
    db.session.remove()
    dice = random.Random(11)
    for _ in range(ROUNDS):
        process = paying(tmp_path, database_url, officers["treasurer"])
        began(process)
        time.sleep(dice.uniform(0.0, 1.2 / ROUNDS))  # Wherever she is amid her work by then.
        process.send_signal(signal.SIGKILL)
        process.communicate()
    last = paying(tmp_path, database_url, officers["treasurer"])
    last.communicate(timeout=120)
    assert last.returncode == 0
    db.session.rollback()
    counted = db.session.execute(
        select(Payout.statement_id, func.count(), func.sum(Payout.amount_vnd)).group_by(
            Payout.statement_id
        )
    ).all()
    assert len(counted) == 16
    assert all((times, vnd) == (1, 110_000) for _, times, vnd in counted)
    posted = db.session.scalar(select(func.count()).where(LedgerTransaction.kind == "paid_out"))
    assert posted == 16
    assert {one.state for one in db.session.scalars(select(PayoutStatement))} == {"sent"}
    assert bank_of(union) == 0


def paying(tmp_path, url: str, person: int) -> Forked:
    return Forked("tests.faults.paying", env=environment(tmp_path, url, PAYS=str(person)))
