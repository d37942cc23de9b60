"""A market is announced and settled once: two at the same time, kill -9, clocks that step."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from shop.audit.models import AuditEntry
from shop.db import db, in_transaction, transaction
from shop.markets.actions import notices
from shop.markets.models import MarketNotice, MarketSession
from shop.markets.rules.refusals import SessionMoved
from shop.organising import closing, market_day
from shop.outbox.models import OutboxMessage
from shop.payouts.models import PayoutStatement, Settlement
from tests.conftest import NOON
from tests.engines import both_engines
from tests.markets.conftest import BY, CLOSED, DAY
from tests.markets.test_closing import announced
from tests.ordering.test_race import all_at_once
from tests.processes import Forked, environment

EVENING = DAY + timedelta(hours=9)


def settle(market: int, now=EVENING) -> str:
    in_transaction(
        lambda session: market_day.settle_market(session, session_id=market, now=now, **BY)
    )
    return "settled"


def settled_once(market: int, many: int = 1) -> None:
    """All of it is there as often as said, and no part of it alone."""
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(Settlement)) == many
    assert db.session.scalar(select(func.count()).select_from(PayoutStatement)) == 2 * many
    row = db.session.get(MarketSession, market)
    assert (row.settled_at is None, row.settlement_id is None) == (not many, not many)
    lines = select(func.count()).where(AuditEntry.action == "market_session.settled")
    assert db.session.scalar(lines) == many
    db.session.rollback()


@both_engines
def test_two_who_settle_at_the_same_time_settle_once(app, an_evening):
    found = all_at_once(app, lambda _number: settle(an_evening), 4)
    assert found == {"settled": 1, "market_session_moved": 3}
    settled_once(an_evening)


def test_whatever_the_clock_says_it_is_settled_once(app, an_evening):
    settle(an_evening, EVENING + timedelta(hours=3))
    for now in (DAY, DAY + timedelta(days=40), NOON, CLOSED):  # It steps forth and back.
        with pytest.raises(SessionMoved):
            settle(an_evening, now)
        closing.keep_market_hours(now)
    settled_once(an_evening)


@pytest.mark.parametrize("step", ["draft_settlement", "note_session"])
def test_who_is_stopped_amid_it_has_settled_nothing(app, an_evening, monkeypatch, step):
    real = getattr(market_day, step)

    def killed(*told, **more):
        real(*told, **more)
        raise SystemExit

    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(market_day, step, killed)
        settle(an_evening)
    settled_once(an_evening, 0)
    settle(an_evening)
    settled_once(an_evening)


@pytest.mark.xdist_group("faults")
@both_engines
def test_a_server_killed_amid_the_settling_leaves_nothing_and_the_next_tap_settles_once(
    app, tmp_path, database_url, an_evening
):
    """kill -9 to a real process when all of it is written."""
    told = {"NOW": EVENING.isoformat(), "MARKET": str(an_evening)}
    db.session.remove()
    server = Forked(
        "tests.faults.settling", env=environment(tmp_path, database_url, STOPS="x", **told)
    )
    assert server.stdout.readline() == b"amid\n"
    server.kill()
    server.communicate()
    settled_once(an_evening, 0)
    db.session.remove()
    settle(an_evening)
    settled_once(an_evening)
    with pytest.raises(SessionMoved), transaction() as session:
        market_day.settle_market(session, session_id=an_evening, now=EVENING, **BY)


@pytest.mark.parametrize("told_first", [False, True])
def test_who_is_stopped_amid_an_announcement_has_told_nobody_and_the_next_tells_all(
    app, sold, monkeypatch, told_first
):  # fmt: skip
    market, real = sold()[0], notices.record

    def killed(*told, **more):
        if told_first:
            real(*told, **more)
        raise SystemExit

    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(notices, "record", killed)
        closing.keep_market_hours(NOON)
    db.session.rollback()
    assert db.session.scalars(select(MarketNotice)).all() == []
    assert announced("opened") == 0
    for now in (NOON, NOON - timedelta(minutes=50), NOON + timedelta(hours=3), NOON):
        closing.keep_market_hours(now)
    assert announced("opened") == 1
    told = select(MarketNotice.kind).where(MarketNotice.session_id == market)
    assert list(db.session.scalars(told)) == ["opened"]
    assert db.session.scalar(select(func.count()).select_from(OutboxMessage)) > 0
