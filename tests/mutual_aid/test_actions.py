"""Pledges take their place once, give it back, and never more than is needed."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select, text

from shop.audit.models import AuditEntry
from shop.db import db, in_transaction, transaction
from shop.kernel.clock import now_utc
from shop.kernel.errors import NotYours
from shop.mutual_aid import actions
from shop.mutual_aid.models import HelpCall, HelpNeed, Pledge
from shop.mutual_aid.queries import contact_of, needs_of, pledge_by_link, pledge_token
from shop.mutual_aid.rules import (
    CallNotOpen,
    CallNotReady,
    IllegalCallMove,
    IllegalPledgeMove,
    NeedFull,
    NeedPledged,
    NotYetBegun,
    PledgeState,
)
from shop.operations.undo import undo
from shop.organisations.rules import UndoTooLate
from tests.engines import both_engines
from tests.mutual_aid.conftest import BY, promise


def need_of(call_id: int) -> HelpNeed:
    db.session.rollback()
    return needs_of(db.session(), call_id)[0]


def at(**later):
    return time_machine.travel(now_utc() + timedelta(**later), tick=False)


@both_engines
def test_fifty_who_want_the_last_three_places_get_three(app, a_call):
    call_id = a_call(wanted=3)

    def one(n: int) -> str:
        with app.app_context():
            try:
                promise(call_id, attempt=f"attempt-{n}")
            except NeedFull:
                return "full"
            finally:
                db.session.remove()
            return "taken"

    with ThreadPoolExecutor(16) as pool:
        said = list(pool.map(one, range(50)))
    assert (said.count("taken"), said.count("full")) == (3, 47)
    assert need_of(call_id).pledged == 3
    assert len(db.session.scalars(select(Pledge.id)).all()) == 3


def test_the_database_refuses_more_than_is_needed(app, a_call):
    call_id = a_call(wanted=3)
    with pytest.raises(Exception, match="pledged_within_wanted"), transaction() as session:
        session.execute(
            text("UPDATE help_needs SET pledged = 4 WHERE call_id = :c"), {"c": call_id}
        )


def test_the_same_form_promises_once(app, a_call):
    call_id = a_call()
    assert promise(call_id, 2) == promise(call_id, 2)
    assert need_of(call_id).pledged == 2


def test_more_than_is_left_is_refused_and_stores_nothing(app, a_call):
    call_id = a_call(wanted=3)
    promise(call_id, 2)
    with pytest.raises(NeedFull) as refused:
        promise(call_id, 2, attempt="b")
    assert refused.value.left == 1
    assert need_of(call_id).pledged == 2
    assert len(db.session.scalars(select(Pledge.id)).all()) == 1


def test_who_cannot_come_gives_her_place_back_once(app, a_call):
    call_id = a_call()
    pledge_id = promise(call_id, 4)
    for _ in range(2):
        try:
            with transaction() as session:
                actions.withdraw(session, pledge_id=pledge_id, by_id=None, now=now_utc())
        except IllegalPledgeMove:
            pass
    assert need_of(call_id).pledged == 0


def test_nothing_is_promised_to_a_draft_a_cancelled_or_a_begun_call(app, a_call):
    draft, cancelled, begun = a_call(opened=False), a_call(), a_call()
    with transaction() as session:
        actions.cancel_call(session, call_id=cancelled, reason="Mưa", now=now_utc(), **BY)
    for call_id in (draft, cancelled):
        with pytest.raises(CallNotOpen):
            promise(call_id, attempt=f"a{call_id}")
    with at(days=3, minutes=1), pytest.raises(CallNotOpen):
        promise(begun, attempt="late")
    assert db.session.scalars(select(Pledge.id)).all() == []


def test_a_call_without_consent_or_needs_stays_a_draft(app, a_call):
    call_id = a_call(opened=False)
    with transaction() as session:
        session.get_one(HelpCall, call_id).consent_kind = ""
    with pytest.raises(CallNotReady) as refused, transaction() as session:
        actions.open_call(session, call_id=call_id, now=now_utc(), **BY)
    assert refused.value.missing == "consent"
    db.session.rollback()
    assert db.session.get_one(HelpCall, call_id).state == "draft"


def test_who_came_is_noted_after_the_beginning_and_can_be_put_right(app, a_call):
    call_id = a_call()
    pledge_id = promise(call_id)

    def mark(to: PledgeState) -> None:
        with transaction() as session:
            actions.note_who_came(
                session, call_id=call_id, pledge_id=pledge_id, to=to, now=now_utc(), **BY
            )

    with pytest.raises(NotYetBegun):
        mark(PledgeState.CAME)
    with at(days=3, minutes=5):
        mark(PledgeState.ABSENT)
        mark(PledgeState.CAME)
        mark(PledgeState.OFFERED)
        mark(PledgeState.CAME)
        with pytest.raises(IllegalPledgeMove):
            mark(PledgeState.CAME)
    acts = db.session.scalars(
        select(AuditEntry.action).order_by(AuditEntry.id.desc()).limit(4)
    ).all()
    assert acts == ["pledge.came", "pledge.offered", "pledge.came", "pledge.absent"]


def test_who_came_is_of_her_own_call(app, a_call):
    mine, other = a_call(), a_call()
    pledge_id = promise(other)
    with at(days=3, minutes=5), pytest.raises(NotYours), transaction() as session:
        actions.note_who_came(
            session, call_id=mine, pledge_id=pledge_id, to=PledgeState.CAME, now=now_utc(), **BY
        )
    with pytest.raises(NotYours), transaction() as session:
        actions.withdraw_for(session, call_id=mine, pledge_id=pledge_id, now=now_utc(), **BY)


def test_a_need_does_not_fall_below_what_was_promised(app, a_call):
    call_id = a_call()
    promise(call_id, 4)
    need_id = need_of(call_id).id
    for wanted in (3, 0):
        with pytest.raises(NeedPledged), transaction() as session:
            actions.resize_need(
                session, call_id=call_id, need_id=need_id, wanted=wanted, now=now_utc(), **BY
            )
    with transaction() as session:
        actions.resize_need(
            session, call_id=call_id, need_id=need_id, wanted=4, now=now_utc(), **BY
        )
    assert need_of(call_id).wanted == 4


def test_the_private_link_opens_one_pledge_and_no_other(app, a_call):
    call_id = a_call()
    row = db.session.get_one(Pledge, promise(call_id))
    assert pledge_by_link(db.session(), pledge_token(row)).id == row.id
    for wrong in ("", "x", pledge_token(row)[:-1], pledge_token(row) + "A", row.link_nonce):
        with pytest.raises(NotYours):
            pledge_by_link(db.session(), wrong)


def last(action: str) -> int:
    db.session.rollback()
    found = db.session.scalars(
        select(AuditEntry.id).where(AuditEntry.action == action).order_by(AuditEntry.id.desc())
    ).first()
    db.session.rollback()
    assert found is not None
    return found


def take_back(action: str) -> None:
    entry_id = last(action)
    with transaction() as session:
        undo(session, entry_id=entry_id, now=now_utc(), **BY)


def test_opening_is_taken_back_while_nobody_has_promised(app, a_call):
    call_id = a_call()
    take_back("help_call.opened")
    assert db.session.get_one(HelpCall, call_id).state == "draft"
    take_back("help_call.hidden")
    db.session.rollback()
    assert db.session.get_one(HelpCall, call_id).state == "open"
    promise(call_id)
    with pytest.raises(UndoTooLate):
        take_back("help_call.opened")


def test_a_cancelling_is_taken_back(app, a_call):
    call_id = a_call()
    with transaction() as session:
        actions.cancel_call(session, call_id=call_id, reason="Mưa", now=now_utc(), **BY)
    with pytest.raises(IllegalCallMove), transaction() as session:
        actions.cancel_call(session, call_id=call_id, reason="Mưa", now=now_utc(), **BY)
    take_back("help_call.cancelled")
    row = db.session.get_one(HelpCall, call_id)
    assert (row.state, row.cancel_reason) == ("open", "")


def test_a_change_and_a_size_are_taken_back(app, a_call):
    call_id = a_call()
    row = db.session.get_one(HelpCall, call_id)
    starts, ends = row.starts_at, row.ends_at
    need_id = need_of(call_id).id
    with transaction() as session:
        actions.change_call(
            session, call_id=call_id, words={"title_vi": "Gặt lúa"},
            starts_at=starts + timedelta(days=1), ends_at=ends + timedelta(days=1),
            consent_kind="paper", consent_on=None, now=now_utc(), **BY,
        )  # fmt: skip
        actions.resize_need(
            session, call_id=call_id, need_id=need_id, wanted=12, now=now_utc(), **BY
        )
    take_back("help_need.resized")
    take_back("help_call.changed")
    db.session.rollback()
    row = db.session.get_one(HelpCall, call_id)
    assert (row.title_vi, row.starts_at, row.consent_kind) == ("Cấy sáu sào lúa", starts, "voice")
    assert need_of(call_id).wanted == 10


def test_names_are_forgotten_a_year_later(app, a_call):
    call_id = a_call()
    pledge_id = promise(call_id, name="Nguyễn Thị Hoa")
    with transaction() as session:
        assert actions.forget_helpers(session, now_utc() + timedelta(days=300)) == 0
    with transaction() as session:
        assert actions.forget_helpers(session, now_utc() + timedelta(days=370)) == 1
    row = db.session.get_one(Pledge, pledge_id)
    assert (contact_of(row)["name"], row.contact, row.data_key) == ("", b"", b"")
    assert row.quantity == 1  # The help stays counted.


def test_a_person_s_contact_lies_sealed(app, a_call):
    promise(a_call(), name="Nguyễn Thị Hoa")
    raw = db.session.execute(text("SELECT contact, shown_name FROM help_pledges")).one()
    assert b"Hoa" not in bytes(raw[0])
    assert raw[1] == ""


@both_engines
def test_cancel_and_pledge_at_once_leave_no_place_behind(app, a_call):
    call_id = a_call(wanted=50)

    def one(n: int) -> None:
        with app.app_context():
            try:
                if n == 5:
                    in_transaction(
                        lambda session: actions.cancel_call(
                            session, call_id=call_id, reason="Mưa", now=now_utc(), **BY
                        )
                    )
                else:
                    promise(call_id, attempt=f"attempt-{n}")
            except CallNotOpen:
                pass
            finally:
                db.session.remove()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(20)))
    db.session.rollback()
    pledged = len(db.session.scalars(select(Pledge.id)).all())
    assert need_of(call_id).pledged == pledged
