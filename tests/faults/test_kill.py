"""kill -9 at any point: nothing lost, nothing done twice (QUALITY I11, I13)."""

import os
import random
import signal
import time
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from shop.db import db, transaction
from shop.kernel.clock import now_utc
from shop.outbox import relay
from shop.outbox.models import OutboxMessage
from tests.engines import SHOP, both_engines, run_as_owner
from tests.faults.counted import Counted
from tests.processes import Forked, environment

ROUNDS = 25 if os.environ.get("SOAK") else 6
MESSAGES = 500 if os.environ.get("SOAK") else 120


def start_worker(tmp_path: Path, url: str) -> Forked:
    return Forked("tests.faults.counted", env=environment(tmp_path, url))


def began(process: Forked) -> None:
    """Wait until it says that its work begins, however long starting takes."""
    assert process.stdout.readline() == b"begins\n"


@pytest.mark.xdist_group("faults")
@both_engines
def test_a_worker_killed_at_any_point_loses_and_repeats_nothing(
    app, tmp_path, database_url, engine_name
):
    run_as_owner("CREATE TABLE counted (number INTEGER PRIMARY KEY, times INTEGER)")
    if engine_name == "postgresql":
        run_as_owner(f"GRANT SELECT, INSERT, UPDATE ON counted TO {SHOP}")
    relay.subscribe(app, Counted, "counter", lambda event: None)
    with transaction() as session:
        for number in range(MESSAGES):
            relay.record(session, Counted(number), now_utc())
    db.session.remove()
    dice = random.Random(7)
    for _ in range(ROUNDS):
        process = start_worker(tmp_path, database_url)
        began(process)
        time.sleep(dice.uniform(0.0, 0.4))  # Wherever it is amid its work by then.
        process.send_signal(signal.SIGKILL)
        process.communicate()
        with transaction() as session:  # Claims of the dead run out; here the clock is turned.
            session.execute(OutboxMessage.__table__.update().values(claimed_until=None))
    survivor = start_worker(tmp_path, database_url)
    try:
        for _ in range(900):
            db.session.rollback()
            left = db.session.scalar(
                select(func.count()).where(OutboxMessage.delivered_at.is_(None))
            )
            if left == 0:
                break
            time.sleep(0.1)
    finally:
        survivor.send_signal(signal.SIGTERM)
        survivor.communicate(timeout=60)
    db.session.rollback()
    assert left == 0
    rows = db.session.execute(text("SELECT number, times FROM counted ORDER BY number")).all()
    assert [tuple(row) for row in rows] == [(number, 1) for number in range(MESSAGES)]
