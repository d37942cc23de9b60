"""What must always be true is asked each night and by command, and what breaks stays in sight."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from shop.catalogue.models import Product
from shop.cli.commands import register
from shop.db import db, transaction
from shop.operations.proofs import CHECKS, BrokenInvariants, ask, broken, prove
from shop.ordering.actions import expire_due
from shop.ordering.models import SellerOrder
from shop.ordering.rules import Choice
from shop.outbox.models import Job, OutboxMessage
from shop.outbox.relay import deliver_waiting
from shop.outbox.worker import run_due_jobs
from shop.payments.actions import open_payments
from shop.stock.models import StockLevel
from tests.conftest import NOON
from tests.engines import both_engines

# This folder's own ``an_order`` is another; the linter knows no fixtures (here and where it is taken).
from tests.ordering.conftest import an_order  # noqa: F401


@pytest.fixture
def placed(app, an_order):  # noqa: F811
    order = an_order()
    with transaction() as session:
        open_payments(session, order.order_id, NOON)
    return order


@both_engines
def test_all_is_well_after_an_order_and_a_wrong_number_is_named(app, placed):
    assert {name[:2] for name in CHECKS} >= {"I1", "I2", "I5", "I6", "I7", "I8"}
    assert broken(db.session()) == {}
    with transaction() as session:
        session.execute(update(StockLevel).values(on_hand=StockLevel.on_hand + 1))
    assert list(broken(db.session())) == ["I2 the moves of a variant add up to its level"]


def test_the_nightly_job_fails_in_sight_of_the_operator_and_repairs_nothing(app, placed):
    run_due_jobs(NOON)
    job = select(Job.failures, Job.last_error).where(Job.name == "desk.prove")
    assert db.session.execute(job).one() == (0, None)
    with transaction() as session:
        session.execute(update(StockLevel).values(on_hand=StockLevel.on_hand + 1))
        session.execute(update(Job).values(due_at=NOON))
    run_due_jobs(NOON)
    failures, said = db.session.execute(job).one()
    assert failures == 1
    assert "I2" in said
    with pytest.raises(BrokenInvariants):
        prove(NOON)


def test_what_the_outbox_is_about_to_put_in_step_is_no_alarm(app, an_order, a_variant):  # noqa: F811
    variant = a_variant()
    seller_id = db.session.scalar(select(Product.seller_id))
    order = an_order(variant_id=variant, choices={seller_id: Choice(method="transfer")})
    with transaction() as session:
        open_payments(session, order.order_id, NOON)
    with transaction() as session:
        expire_due(session, now=NOON + timedelta(days=30))
    assert broken(db.session()) == {}, "cancelled, and the news of it is under way"
    with transaction() as session:
        session.execute(update(OutboxMessage).values(parked_at=NOON))
    found = broken(db.session())
    assert any("ask" in name for name in found), f"news that is stuck is no excuse: {list(found)}"
    with transaction() as session:
        session.execute(update(OutboxMessage).values(parked_at=None))
    deliver_waiting(NOON + timedelta(days=30))
    assert broken(db.session()) == {}


def test_the_command_lists_everything_and_says_which_rows(app, placed):
    register(app)
    commands = app.test_cli_runner()
    run = commands.invoke(args=["prove"])
    assert run.exit_code == 0, run.output
    assert run.output.count("✔") == len(CHECKS)
    with transaction() as session:
        session.execute(update(SellerOrder).values(items_vnd=1, total_vnd=1, shipping_vnd=0))
    run = commands.invoke(args=["prove"])
    assert run.exit_code == 1
    assert "✘ I5" in run.output
    assert "id=" in run.output


@both_engines
def test_questions_of_the_night_are_not_kept_in_the_engine_s_words(app):
    kept: dict[object, object] = {}
    db.engine.update_execution_options(compiled_cache=kept)
    broken(db.session())
    assert len(kept) > 50
    kept.clear()
    assert ask("night") == {}
    assert len(kept) < 10
